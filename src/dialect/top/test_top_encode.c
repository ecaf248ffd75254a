/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers byte by byte: successes, refusals and errors in the three forms.
 */
#include "dialect/top/test_call.h"

#include "base/limits.h"

#include <libxml/parser.h>

static struct test_call t;

int
teardown(void **state)
{
	(void)state;
	if (t.call.arena != NULL)
		call_fini(&t);
	return 0;
}

#define XML "<?xml version=\"1.0\" encoding=\"utf-8\" ?>"
#define XML_ID "<request_id>0a1b2c3d4e5f</request_id>"
#define PAID CALL_UPDATE "&event=VENDOR_PAID"
#define QUERY \
	"method=taobao.itemmarket.order.info.query" \
	"&purchase_order_id=3045861756863154425"

/* Through everything but the store, on the seed's order. */
static struct str
answer(const char *pairs)
{
	struct order *order;

	if (t.call.arena != NULL)
		call_fini(&t);
	call_post_signed(&t, pairs);
	check_err(call_decode(&t), ERR_OK);
	order = call_order(&t.arena);
	if (t.call.command.kind == COMMAND_EVENT)
		call_apply(&t, order);
	else if (t.call.command.kind == COMMAND_READ)
		t.call.outcome.order = order;
	return call_encode(&t);
}

static struct str
answer_failed(const char *pairs, enum err_code code)
{
	if (t.call.arena != NULL)
		call_fini(&t);
	call_post_signed(&t, pairs);
	check_err(call_decode(&t), ERR_OK);
	outcome_fail(&t.call.outcome, code, NULL);
	return call_encode(&t);
}

void
test_top_success(void **state)
{
	(void)state;
	check_str(answer(PAID "&format=json"),
	    "{\"itemmarket_order_info_update_response\":"
	    "{\"call_success\":true," CALL_REQUEST_ID "}}");
	assert_string_equal(t.call.reply.content_type,
	    "text/javascript;charset=UTF-8");
	assert_int_equal(t.call.reply.code, 0);
	check_str(answer(PAID),
	    XML "<itemmarket_order_info_update_response>"
		"<call_success>true</call_success>" XML_ID
		"</itemmarket_order_info_update_response>");
	assert_string_equal(t.call.reply.content_type,
	    "text/xml;charset=UTF-8");
	check_str(answer(PAID "&format=xml&simplify=true"),
	    XML "<itemmarket_order_info_update_response>"
		"<call_success>true</call_success>" XML_ID
		"</itemmarket_order_info_update_response>");
}

/* Exactly "true" makes it simple. */
void
test_top_simplify(void **state)
{
	(void)state;
	check_str(answer(PAID "&format=json&simplify=true"),
	    "{\"call_success\":true," CALL_REQUEST_ID "}");
	assert_true(str_starts(answer(PAID "&format=json&simplify=TRUE"),
	    STR("{\"itemmarket")));
	assert_true(str_starts(answer(PAID "&format=json&simplify=1"),
	    STR("{\"itemmarket")));
	call_fini(&t);

	call_post_signed(&t, "method=x&format=json&simplify=true");
	check_str(call_answer(&t),
	    "{\"error_response\":{\"code\":22,\"msg\":\"Invalid method\"," CALL_REQUEST_ID
	    "}}");
}

void
test_top_lists(void **state)
{
	(void)state;
	check_str(answer(QUERY "&format=json"),
	    "{\"itemmarket_order_info_query_response\":{\"result\":"
	    "{\"content_list\":{\"im_purchase_order_v_o\":[{\"meta\":"
	    "{\"purchase_order_id\":3045861756863154425},\"sub_meta_list\":"
	    "{\"im_sub_purchase_order_meta\":[{\"purchase_order_id\":"
	    "3045861756863154425}]}}]}},\"call_success\":true," CALL_REQUEST_ID
	    "}}");
	check_str(answer(QUERY "&format=json&simplify=true"),
	    "{\"result\":{\"content_list\":[{\"meta\":"
	    "{\"purchase_order_id\":3045861756863154425},\"sub_meta_list\":"
	    "[{\"purchase_order_id\":3045861756863154425}]}]},"
	    "\"call_success\":true," CALL_REQUEST_ID "}");
	check_str(answer(QUERY),
	    XML "<itemmarket_order_info_query_response><result>"
		"<content_list><im_purchase_order_v_o><meta>"
		"<purchase_order_id>3045861756863154425</purchase_order_id>"
		"</meta><sub_meta_list><im_sub_purchase_order_meta>"
		"<purchase_order_id>3045861756863154425</purchase_order_id>"
		"</im_sub_purchase_order_meta></sub_meta_list>"
		"</im_purchase_order_v_o></content_list></result>"
		"<call_success>true</call_success>" XML_ID
		"</itemmarket_order_info_query_response>");
}

/* An order made of sub orders, bound to a vendor's order. */
void
test_top_sub_orders(void **state)
{
	(void)state;
	struct attribute subs = {STR("top.sub_orders"), STR("5,6")};
	struct order *order;

	call_post_signed(&t, QUERY "&format=json&simplify=true");
	check_err(call_decode(&t), ERR_OK);
	order = call_order(&t.arena);
	order->attributes = &subs;
	order->attribute_count = 1;
	order->vendor_order = STR("V<1>");
	t.call.outcome.order = order;
	check_str(call_encode(&t),
	    "{\"result\":{\"content_list\":[{\"meta\":"
	    "{\"purchase_order_id\":3045861756863154425},\"sub_meta_list\":"
	    "[{\"purchase_order_id\":5,\"distribution_order_id\":\"V<1>\"},"
	    "{\"purchase_order_id\":6,\"distribution_order_id\":\"V<1>\"}]}]},"
	    "\"call_success\":true," CALL_REQUEST_ID "}");
}

void
test_top_created(void **state)
{
	(void)state;
	call_post_signed(&t,
	    "method=taobao.itemmarket.purchase.distributor.create"
	    "&sub_order_id_list=5&session=dev_top_session&format=json");
	check_err(call_decode(&t), ERR_OK);
	call_apply(&t, NULL);
	/* The engine gives the id. */
	((struct order *)(uintptr_t)t.call.outcome.order)->id = INT64_C(
	    3045861756863154426);
	check_str(call_encode(&t),
	    "{\"itemmarket_purchase_distributor_create_response\":{\"result\":"
	    "{\"purchase_order_id\":3045861756863154426,"
	    "\"mobile_path_url\":\"/console/#/orders/3045861756863154426\","
	    "\"pc_path_url\":\"/console/#/orders/3045861756863154426\"},"
	    "\"call_success\":true," CALL_REQUEST_ID "}}");
}

void
test_top_time(void **state)
{
	(void)state;
	check_str(answer("method=taobao.time.get&format=json"),
	    "{\"time_get_response\":{\"time\":\"2026-02-25 19:00:00\"," CALL_REQUEST_ID
	    "}}");
	check_str(answer("method=taobao.time.get"),
	    XML "<time_get_response><time>2026-02-25 19:00:00</time>" XML_ID
		"</time_get_response>");
}

void
test_top_refusals(void **state)
{
	(void)state;
	check_str(answer_failed(PAID "&format=json", ERR_NOT_FOUND),
	    "{\"itemmarket_order_info_update_response\":"
	    "{\"call_success\":false,\"call_error_code\":\"1002\","
	    "\"call_error_msg\":\"采购单不存在\"," CALL_REQUEST_ID "}}");
	assert_int_equal(t.call.reply.code, 1002);
	check_str(answer_failed(PAID, ERR_NOT_YOURS),
	    XML "<itemmarket_order_info_update_response>"
		"<call_success>false</call_success>"
		"<call_error_code>1002</call_error_code>"
		"<call_error_msg>采购单不存在</call_error_msg>" XML_ID
		"</itemmarket_order_info_update_response>");
	check_str(answer_failed(PAID "&format=json", ERR_STORE_UNSURE),
	    "{\"itemmarket_order_info_update_response\":"
	    "{\"call_success\":false,\"call_error_code\":\"1001\","
	    "\"call_error_msg\":\"SystemError\"," CALL_REQUEST_ID "}}");
	check_str(
	    answer_failed(QUERY "&format=json&simplify=true", ERR_NOT_FOUND),
	    "{\"call_success\":false,\"call_error_code\":\"1002\","
	    "\"call_error_msg\":\"采购单不存在\"," CALL_REQUEST_ID "}");
	check_str(answer(CALL_UPDATE "&format=json&event=VENDOR_REFUND"),
	    "{\"itemmarket_order_info_update_response\":"
	    "{\"call_success\":false,\"call_error_code\":\"1003\","
	    "\"call_error_msg\":\"当前状态不允许该事件:VENDOR_REFUND("
	    "状态 SUBMITTED,阶段 NONE)\"," CALL_REQUEST_ID "}}");
}

void
test_top_bound_to_another_vendor_order(void **state)
{
	(void)state;
	struct order *order;

	call_post_signed(&t, PAID "&format=json");
	check_err(call_decode(&t), ERR_OK);
	order = call_order(&t.arena);
	order->vendor_order = STR("1");
	call_apply(&t, order);
	check_str(call_encode(&t),
	    "{\"itemmarket_order_info_update_response\":"
	    "{\"call_success\":false,\"call_error_code\":\"1004\","
	    "\"call_error_msg\":\"采购单已绑定其他服务商订单\"," CALL_REQUEST_ID
	    "}}");
}

void
test_top_errors_of_arguments(void **state)
{
	(void)state;
	call_post_signed(&t,
	    "method=taobao.itemmarket.order.info.update&format=json"
	    "&total_quantity=0&event=VENDOR_PAID&purchase_order_id=1");
	check_str(call_answer(&t),
	    "{\"error_response\":{\"code\":40,"
	    "\"msg\":\"Missing required arguments:vendor_order_id\","
	    "\"sub_code\":\"isv.missing-parameter:vendor_order_id\","
	    "\"sub_msg\":\"vendor_order_id:必填;total_quantity:1 到 99999999 "
	    "的整数\"," CALL_REQUEST_ID "}}");
	call_fini(&t);

	call_post_signed(&t, CALL_UPDATE "&event=x&total_fee=-1");
	check_str(call_answer(&t),
	    XML "<error_response><code>41</code>"
		"<msg>Invalid arguments:total_fee,event</msg>"
		"<sub_code>isv.invalid-parameter:total_fee,event</sub_code>"
		"<sub_msg>total_fee:0 到 99999999999.99 的金额,最多 2 位小数;"
		"event:VENDOR_PAID, VENDOR_DELIVERING, VENDOR_DELIVERED, "
		"VENDOR_REFUND 之一</sub_msg>" XML_ID "</error_response>");
}

/* What only the core objects to is the seed's error. */
void
test_top_error_of_the_core(void **state)
{
	(void)state;
	call_post_signed(&t, PAID "&format=json");
	check_err(call_decode(&t), ERR_OK);
	outcome_add_fault(&t.call.outcome,
	    (struct fault){.rule = RULE_LENGTH, .field = F_LOGISTICS_NUMBERS});
	check_str(call_encode(&t),
	    "{\"error_response\":{\"code\":50,"
	    "\"msg\":\"Remote service error\","
	    "\"sub_code\":\"isv.invalid-parameter\","
	    "\"sub_msg\":\"非法参数:logistics_order_id_list:太多或太长\"," CALL_REQUEST_ID
	    "}}");
}

void
test_top_errors_of_admission(void **state)
{
	(void)state;
	check_str(answer_failed(PAID "&format=json", ERR_IP_DENIED),
	    "{\"error_response\":{\"code\":11,"
	    "\"msg\":\"Insufficient isv permissions\","
	    "\"sub_code\":\"isv.permission-ip-whitelist-limit\","
	    "\"sub_msg\":\"IP 不在白名单\"," CALL_REQUEST_ID "}}");
	(void)answer_failed(PAID, ERR_DISABLED);
	assert_int_equal(t.call.reply.code, 11);
	call_fini(&t);

	call_post_signed(&t, PAID "&format=json");
	check_err(call_decode(&t), ERR_OK);
	t.call.rate = (struct rate_state){.refused = true, .retry_ms = 1200};
	outcome_fail(&t.call.outcome, ERR_RATE_LIMITED, NULL);
	check_str(call_encode(&t),
	    "{\"error_response\":{\"code\":7,\"msg\":\"App Call Limited\","
	    "\"sub_code\":\"accesscontrol.limited-by-app-access-count\","
	    "\"sub_msg\":\"This ban will last for 2 more seconds\"," CALL_REQUEST_ID
	    "}}");
}

void
test_top_error_of_the_store(void **state)
{
	(void)state;
	check_str(answer_failed(PAID "&format=json", ERR_STORE_FULL),
	    "{\"error_response\":{\"code\":10,"
	    "\"msg\":\"Service currently unavailable\","
	    "\"sub_code\":\"isp.store-full\","
	    "\"sub_msg\":\"服务暂时不可用,未做任何修改,请稍后重试\"," CALL_REQUEST_ID
	    "}}");
	assert_int_equal(t.call.reply.code, 10);
}

/* Every outcome, with and without a method, is one whole text in every form. */
void
test_top_every_outcome_has_an_answer(void **state)
{
	(void)state;
	static const char *const forms[] = {
	    "", "&format=json", "&format=json&simplify=true"};

	for (int code = 1; code < ERR__COUNT; code++) {
		for (size_t f = 0; f < 3; f++) {
			char pairs[512];
			struct str body;
			struct err err;
			json_t *tree;

			snprintf(pairs, sizeof(pairs), PAID "%s", forms[f]);
			body = answer_failed(pairs, (enum err_code)code);
			assert_true(body.n >= 20);
			if (f > 0) {
				check_err(
				    json_read(&t.arena, body, 0, &tree, &err),
				    ERR_OK);
				continue;
			}

			xmlDocPtr doc = xmlReadMemory(body.p, (int)body.n, NULL,
			    NULL, XML_PARSE_NONET);

			assert_non_null(doc);
			xmlFreeDoc(doc);
		}
		call_fini(&t);
		call_init(&t);
		outcome_fail(&t.call.outcome, (enum err_code)code, NULL);
		assert_true(call_encode(&t).n >= 20);
		assert_true(t.call.reply.code > 0);
	}
	xmlCleanupParser();
}

/* XML has no way to write most control characters. */
void
test_top_xml_takes_any_text(void **state)
{
	(void)state;
	call_post(&t, "a%01%3C%26%0A%7F=1&a%01%3C%26%0A%7F=2");
	check_str(call_answer(&t),
	    XML "<error_response><code>41</code>"
		"<msg>Invalid arguments:a\xef\xbf\xbd&lt;&amp;\n\x7f</msg>"
		"<sub_code>isv.invalid-parameter:a\xef\xbf\xbd&lt;&amp;\n\x7f"
		"</sub_code><sub_msg>参数重复</sub_msg>" XML_ID
		"</error_response>");
}

void
test_top_request_ids(void **state)
{
	(void)state;
	static const char *const rows[] = {"", "req-1", "0A1B2C3D4E5F",
	    "0a1b2c3d4e5", "0a1b2c3d4e5f6g7",
	    "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str body, id;

		call_post(&t, "format=json");
		t.call.request.request_id = str_from(rows[i]);
		body = call_answer(&t);
		id = str_sub(body, body.n - 13 - 3, 13);
		for (size_t k = 0; k < id.n; k++)
			assert_non_null(
			    memchr("0123456789abcdefghijklmnopqrstuvwxyz",
				id.p[k], 36));
		assert_memory_equal(id.p - 14, "\"request_id\":\"", 14);
		call_fini(&t);
	}
	call_init(&t);
}

/* docs/dialect-top.md is what the tables say. */
void
test_top_page(void **state)
{
	(void)state;
	static char room[64 * 1024];
	FILE *f = fopen(SOURCE_ROOT "/docs/dialect-top.md", "rb");
	struct str have;
	struct buf page;

	call_init(&t);
	buf_init(&page, &t.arena, sizeof(room));
	top_print_page(&page);
	assert_false(buf_failed(&page));
	assert_non_null(f);
	have = (struct str){room, fread(room, 1, sizeof(room), f)};
	fclose(f);
	if (!str_eq(have, buf_view(&page))) {
		print_error("docs/dialect-top.md must be:\n%.*s\n",
		    STR_ARG(buf_view(&page)));
		fail();
	}
}
