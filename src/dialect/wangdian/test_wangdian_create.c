/* SPDX-License-Identifier: Apache-2.0 */
/* createOrder: where its members go, and what is refused. */
#include "dialect/test_walk.h"
#include "dialect/wangdian/test_call.h"

#define CREATE WANGDIAN_FAMILY "createOrder"
#define LINE "{\"spec_no\":\"S1\",\"num\":2,\"price\":1.5}"
#define LEAST "\"provider_no\":\"P1\",\"purchase_details\":[" LINE "]"

static void
begin(struct test_call *t, const char *members)
{
	struct str body;

	call_init(t, "/openapi?v=1.0&method=" CREATE, NULL);
	body = arena_printf(&t->arena, "[{%s}]", members);
	t->call.request.body = body;
	call_sign(t, CALL_NOW_MS);
}

static void
create(struct test_call *t, const char *members)
{
	begin(t, members);
	check_err(call_decode(t), ERR_OK);
	check_err(call_apply(t, NULL), ERR_OK);
}

static void
check_message(const char *members, const char *message)
{
	struct test_call t;
	char expected[1000];
	enum err_code rc;

	begin(&t, members);
	rc = call_decode(&t);
	if (rc == ERR_OK)
		rc = call_apply(&t, NULL);
	check_err(rc, ERR_BAD_FIELD);
	snprintf(expected, sizeof(expected),
	    "{\"status\":100,\"message\":\"%s\"}", message);
	check_str(call_encode(&t), expected);
	call_fini(&t);
}

static struct str
attribute(const struct test_call *t, const char *name)
{
	return order_attribute(t->call.outcome.order, str_from(name));
}

void
test_wangdian_create_the_least(void **state)
{
	const struct order *o;
	struct test_call t;

	(void)state;
	create(&t, LEAST);
	o = t.call.outcome.order;
	assert_int_equal(o->status, ORDER_DRAFT);
	assert_int_equal(o->reserves, 0);
	assert_int_equal(o->warehouse, 0);
	assert_int_equal(o->flag, FLAG_NONE);
	assert_int_equal(o->line_count, 1);
	check_str(o->lines[0].product, "S1");
	assert_int_equal(o->lines[0].quantity, 2);
	assert_int_equal(o->lines[0].price_e4, 15000);
	assert_int_equal(o->total_fen, 300);
	assert_int_equal(o->attribute_count, 1);
	check_str(attribute(&t, "wangdian.provider_no"), "P1");
	check_str(o->purchase_no, NULL);
	call_fini(&t);
}

void
test_wangdian_create_everything(void **state)
{
	const struct order *o;
	struct test_call t;

	(void)state;
	create(&t,
	    "\"purchase_no\":\"PO-2026-1\",\"provider_no\":\"P1\","
	    "\"receive_warehouse_nos\":\"5,22\","
	    "\"expect_warehouse_no\":\"5\",\"purchaser_name\":\"李四\","
	    "\"is_check\":true,\"contact\":\"王五\",\"telno\":\"010-1\","
	    "\"receive_address\":\"杭州\",\"flag_name\":\"加急\","
	    "\"remark\":\"r\",\"post_fee\":\"12.5\",\"other_fee\":3,"
	    "\"discount\":0.0001,\"logistics_no\":\"SF1\","
	    "\"expect_time\":\"2026-03-01 00:00:00\",\"prop2\":\"p\","
	    "\"unknown\":{},\"purchase_details\":[{\"spec_no\":\"S1\","
	    "\"num\":\"2.0000\",\"price\":\"0.1234\",\"discount\":\"1\","
	    "\"remark\":\"x\"}," LINE "]");
	o = t.call.outcome.order;
	assert_int_equal(o->status, ORDER_SUBMITTED);
	assert_int_equal(o->flag, 2);
	check_str(o->purchase_no, "PO-2026-1");
	check_str(o->recipient_name, "王五");
	check_str(o->phone, "010-1");
	check_str(o->address, "杭州");
	check_str(o->remarks, "r");
	assert_int_equal(o->lines[0].quantity, 2);
	assert_int_equal(o->lines[0].price_e4, 1234);
	check_str(o->lines[0].remark, "x");
	check_str(attribute(&t, "wangdian.receive_warehouse_nos"), "5,22");
	check_str(attribute(&t, "wangdian.expect_warehouse_no"), "5");
	check_str(attribute(&t, "wangdian.purchaser_name"), "李四");
	check_str(attribute(&t, "wangdian.post_fee"), "12.5000");
	check_str(attribute(&t, "wangdian.other_fee"), "3.0000");
	check_str(attribute(&t, "wangdian.discount"), "0.0001");
	check_str(attribute(&t, "wangdian.logistics_no"), "SF1");
	check_str(attribute(&t, "wangdian.expect_time"), "2026-03-01 00:00:00");
	check_str(attribute(&t, "wangdian.prop2"), "p");
	check_str(attribute(&t, WANGDIAN_LINE_DISCOUNTS), "1.0000,");
	check_str(call_encode(&t),
	    "{\"status\":0,\"data\":"
	    "{\"message\":\"PO-2026-1\",\"status\":0}}");
	call_fini(&t);
}

void
test_wangdian_create_derives_a_name(void **state)
{
	struct test_call t;
	struct order *o;

	(void)state;
	create(&t, LEAST ",\"purchase_no\":\"\"");
	o = order_copy(&t.arena, t.call.outcome.order);
	o->id = 12345;
	t.call.outcome.order = o;
	check_str(call_encode(&t),
	    "{\"status\":0,\"data\":"
	    "{\"message\":\"CG12345\",\"status\":0}}");
	call_fini(&t);
}

void
test_wangdian_create_is_check_in_many_ways(void **state)
{
	static const struct {
		const char *value;
		enum order_status status;
	} rows[] = {{"true", ORDER_SUBMITTED}, {"1", ORDER_SUBMITTED},
	    {"\"1\"", ORDER_SUBMITTED}, {"\"true\"", ORDER_SUBMITTED},
	    {"false", ORDER_DRAFT}, {"0", ORDER_DRAFT}, {"\"0\"", ORDER_DRAFT},
	    {"\"\"", ORDER_DRAFT}, {"null", ORDER_DRAFT}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_call t;
		char members[200];

		snprintf(members, sizeof(members), LEAST ",\"is_check\":%s",
		    rows[i].value);
		create(&t, members);
		assert_int_equal(t.call.outcome.order->status, rows[i].status);
		call_fini(&t);
	}
	check_message(LEAST ",\"is_check\":2", "is_check类型错误");
	check_message(LEAST ",\"is_check\":[]", "is_check类型错误");
}

void
test_wangdian_create_warehouses_as_list(void **state)
{
	struct test_call t;

	(void)state;
	create(&t, LEAST ",\"receive_warehouse_nos\":[\"22\",\"5\"]");
	check_str(attribute(&t, "wangdian.receive_warehouse_nos"), "22,5");
	call_fini(&t);
	check_message(LEAST ",\"receive_warehouse_nos\":[22]",
	    "receive_warehouse_nos格式错误");
}

void
test_wangdian_create_asks_the_catalog(void **state)
{
	(void)state;
	check_message("\"provider_no\":\"P2\",\"purchase_details\":[" LINE "]",
	    "供应商不存在");
	check_message(LEAST ",\"expect_warehouse_no\":\"6\"", "仓库不存在:6");
	check_message(LEAST ",\"receive_warehouse_nos\":\"5,7\"",
	    "仓库不存在:7");
	check_message(LEAST ",\"flag_name\":\"旧标记\"",
	    "采购标记不存在:旧标记");
	check_message("\"provider_no\":\"P2\",\"flag_name\":\"x\","
		      "\"purchase_details\":[" LINE "]",
	    "采购标记不存在:x;供应商不存在");
}

void
test_wangdian_create_tells_all_faults(void **state)
{
	(void)state;
	check_message("", "provider_no不能为空;purchase_details不能为空");
	check_message("\"provider_no\":\"P2\",\"purchase_details\":[{},5]",
	    "purchase_details[0].spec_no不能为空;"
	    "purchase_details[0].num不能为空;"
	    "purchase_details[0].price不能为空;"
	    "purchase_details[1]类型错误;供应商不存在");
	check_message("\"provider_no\":\"P1\",\"purchase_details\":{}",
	    "purchase_details类型错误");
	check_message("\"provider_no\":\"P1\",\"purchase_details\":[]",
	    "purchase_details不能为空");
	check_message(LEAST ",\"post_fee\":\"x\"", "post_fee格式错误");
	check_message(LEAST ",\"post_fee\":0.00001", "post_fee格式错误");
	check_message(LEAST ",\"expect_time\":\"morgen\"",
	    "expect_time格式错误");
	check_message(LEAST ",\"prop1\":5", "prop1类型错误");
	check_message(LEAST ",\"purchase_no\":\"CG4503599627370496\"",
	    "purchase_no不能为CG加16位以上数字，该形式由系统分配");
}

static void
check_line(const char *member, const char *value, const char *message)
{
	char members[300], expected[300];

	snprintf(members, sizeof(members),
	    "\"provider_no\":\"P1\","
	    "\"purchase_details\":[{%s\"spec_no\":\"S\"%s%s,\"%s\":%s}]",
	    "", strcmp(member, "num") == 0 ? "" : ",\"num\":1",
	    strcmp(member, "price") == 0 ? "" : ",\"price\":1", member, value);
	if (message == NULL) {
		struct test_call t;

		create(&t, members);
		call_fini(&t);
		return;
	}
	snprintf(expected, sizeof(expected), "purchase_details[0].%s%s", member,
	    message);
	check_message(members, expected);
}

void
test_wangdian_create_numbers(void **state)
{
	static const char *const whole = "应为1到99999999的整数";
	static const char *const price = "应为0到99999999.99的数，最多四位小数";

	(void)state;
	check_line("num", "1", NULL);
	check_line("num", "\"1\"", NULL);
	check_line("num", "\"1.0000\"", NULL);
	check_line("num", "99999999", NULL);
	check_line("num", "0", whole);
	check_line("num", "-1", whole);
	check_line("num", "0.5", whole);
	check_line("num", "1.00001", whole);
	check_line("num", "100000000", whole);
	check_line("num", "99999999999999999999", whole);
	check_line("num", "\"\"", whole);
	check_line("num", "null", whole);
	check_line("num", "true", whole);
	check_line("price", "0", NULL);
	check_line("price", "\"0.0001\"", NULL);
	check_line("price", "99999999.99", NULL);
	check_line("price", "100000000", price);
	check_line("price", "0.00001", price);
	check_line("price", "-1", price);
	check_line("price", "[]", price);
	check_line("discount", "\"x\"", "格式错误");
}

void
test_wangdian_create_texts_keep_their_bounds(void **state)
{
	static struct walk w;

	(void)state;
	walk_init(&w);
	for (size_t i = 0; i < wangdian_create_fields.count; i++)
		walk_row(&w, &wangdian_create_fields,
		    &wangdian_create_fields.rows[i]);
	walk_row(&w, &wangdian_line_fields, &wangdian_line_fields.rows[0]);
	walk_fini(&w);
}

void
test_wangdian_create_takes_500_lines(void **state)
{
	for (size_t n = LIMIT_LINES; n <= LIMIT_LINES + 1; n++) {
		struct test_call t;
		struct buf b;

		(void)state;
		call_init(&t, "/openapi?v=1.0&method=" CREATE, NULL);
		buf_init(&b, &t.arena, LIMIT_BODY_BYTES);
		buf_str(&b,
		    STR("[{\"provider_no\":\"P1\","
			"\"purchase_details\":["));
		for (size_t i = 0; i < n; i++) {
			buf_str(&b, i == 0 ? STR("") : STR(","));
			buf_str(&b, STR(LINE));
		}
		buf_str(&b, STR("]}]"));
		t.call.request.body = buf_view(&b);
		call_sign(&t, CALL_NOW_MS);
		check_err(call_decode(&t),
		    n == LIMIT_LINES ? ERR_OK : ERR_BAD_FIELD);
		call_fini(&t);
	}
}

void
test_wangdian_create_name_taken(void **state)
{
	struct test_call t;

	(void)state;
	begin(&t, LEAST ",\"purchase_no\":\"PO-1\"");
	check_err(call_decode(&t), ERR_OK);
	outcome_fail(&t.call.outcome, ERR_NAME_TAKEN, NULL);
	check_str(call_encode(&t),
	    "{\"status\":100,"
	    "\"message\":\"采购单号 PO-1 已存在\"}");
	call_fini(&t);
}
