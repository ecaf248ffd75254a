/* SPDX-License-Identifier: Apache-2.0 */
/* queryWithDetail, cancelByType and pending. */
#include "dialect/wangdian/test_call.h"

#define QUERY WANGDIAN_FAMILY "queryWithDetail"
#define BY_TYPE WANGDIAN_FAMILY "cancelByType"
#define PENDING WANGDIAN_FAMILY "pending"
#define PAGE "&page_size=2&page_no=0&calc_total=1"
#define TIMES \
	"\"start_time\":\"2026-02-01 00:00:00\"," \
	"\"end_time\":\"2026-02-25 00:00:00\""

static void
check_refused(const char *method, const char *query, const char *body,
    const char *message)
{
	struct test_call t;
	char expected[400];

	snprintf(expected, sizeof(expected),
	    "{\"status\":100,\"message\":\"%s\"}", message);
	call_method(&t, method, query, body);
	call_refused(&t, expected);
}

static void
check_has(struct str body, const char *piece)
{
	if (memmem(body.p, body.n, piece, strlen(piece)) != NULL)
		return;
	print_error("%s\nis not in\n%.*s\n", piece, STR_ARG(body));
	fail();
}

/* --- queryWithDetail -------------------------------------------------------- */

void
test_wangdian_query_needs_paging(void **state)
{
	static const char *const queries[] = {
	    "", "&page_size=2", "&page_no=0", "&page_size=&page_no="};

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		check_refused(QUERY, queries[i], "nonsense",
		    "此方法仅支持分页查询");
	check_refused(QUERY, "&page_size=0&page_no=0", "[{}]",
	    "page_size应为1到200的整数");
	check_refused(QUERY, "&page_size=201&page_no=0", "[{}]",
	    "page_size应为1到200的整数");
	check_refused(QUERY, "&page_size=2&page_no=-1", "[{}]",
	    "page_no应为从0开始的整数");
	check_refused(QUERY, "&page_size=2&page_no=x", "[{}]",
	    "page_no应为从0开始的整数");
}

void
test_wangdian_query_times(void **state)
{
	struct order_filter *f;
	struct test_call t;

	(void)state;
	call_method(&t, QUERY, "&page_size=200&page_no=7", "[{" TIMES "}]");
	check_err(call_decode(&t), ERR_OK);
	f = &t.call.command.filter;
	assert_int_equal(t.call.command.kind, COMMAND_LIST);
	assert_int_equal(f->page, 7);
	assert_int_equal(f->page_size, 200);
	assert_int_equal(f->statuses, ORDER_ANY);
	assert_int_equal(f->updated_from_ms, INT64_C(1769875200000));
	assert_int_equal(f->updated_to_ms, INT64_C(1771948801000));
	assert_int_equal(f->total, TOTAL_COUNT);
	assert_null(f->names);
	call_fini(&t);
	check_refused(QUERY, PAGE, "[{}]", "参数中必须包含起止时间");
	check_refused(QUERY, PAGE, "[{\"start_time\":\"\"}]",
	    "参数中必须包含起止时间");
	check_refused(QUERY, PAGE,
	    "[{\"start_time\":\"2026-01-01 00:00:00\",\"end_time\":null}]",
	    "参数中必须包含起止时间");
	check_refused(QUERY, PAGE,
	    "[{\"start_time\":\"2026-01-01 00:00:00\","
	    "\"end_time\":\"2026-01-31 00:00:01\"}]",
	    "您的查询时间过宽,查询时间不能大于30天");
	check_refused(QUERY, PAGE,
	    "[{\"start_time\":\"2026-01-02 00:00:00\","
	    "\"end_time\":\"2026-01-01 00:00:00\"}]",
	    "end_time不能早于start_time");
	check_refused(QUERY, PAGE,
	    "[{\"start_time\":\"2026-01-01\",\"end_time\":\"x\"}]",
	    "start_time格式错误;end_time格式错误");
	call_method(&t, QUERY, PAGE,
	    "[{\"start_time\":\"2026-01-01 00:00:00\","
	    "\"end_time\":\"2026-01-31 00:00:00\"}]");
	check_err(call_decode(&t), ERR_OK);
	call_fini(&t);
}

void
test_wangdian_query_by_name_needs_no_times(void **state)
{
	struct test_call t;

	(void)state;
	call_method(&t, QUERY, PAGE,
	    "[{\"purchase_no\":\"CG2204130001\",\"start_time\":\"x\"}]");
	check_err(call_decode(&t), ERR_OK);
	assert_int_equal(t.call.command.filter.name_count, 1);
	check_str(t.call.command.filter.names[0], "CG2204130001");
	assert_int_equal(t.call.command.filter.updated_from_ms, 0);
	call_fini(&t);
}

static unsigned
statuses_of(const char *value)
{
	struct test_call t;
	char body[200];
	unsigned mask;

	snprintf(body, sizeof(body), "[{" TIMES ",\"status\":%s}]", value);
	call_method(&t, QUERY, PAGE, body);
	check_err(call_decode(&t), ERR_OK);
	mask = t.call.command.filter.statuses;
	call_fini(&t);
	return mask;
}

void
test_wangdian_query_statuses(void **state)
{
	(void)state;
	assert_int_equal(statuses_of("null"), ORDER_ANY);
	assert_int_equal(statuses_of("\"\""), ORDER_ANY);
	assert_int_equal(statuses_of("\"20,40\""),
	    BIT(ORDER_DRAFT) | BIT(ORDER_PROCESSING));
	assert_int_equal(statuses_of("30"), BIT(ORDER_SUBMITTED));
	assert_int_equal(statuses_of("\"10\""),
	    BIT(ORDER_CANCELLED) | BIT(ORDER_FAILED));
	assert_int_equal(statuses_of("\"90, 20\""),
	    BIT(ORDER_COMPLETED) | BIT(ORDER_DRAFT));
	assert_int_equal(statuses_of("\"50,60\""), 0);
	check_refused(QUERY, PAGE, "[{" TIMES ",\"status\":\"21\"}]",
	    "status格式错误");
	check_refused(QUERY, PAGE, "[{" TIMES ",\"status\":\"20,\"}]",
	    "status格式错误");
	check_refused(QUERY, PAGE, "[{" TIMES ",\"status\":[20]}]",
	    "status类型错误");
}

void
test_wangdian_query_drops_no_filter(void **state)
{
	(void)state;
	check_refused(QUERY, PAGE, "[{" TIMES ",\"provider_no\":\"P1\"}]",
	    "provider_no不支持作为查询条件");
}

void
test_wangdian_query_answers_without_orders(void **state)
{
	struct test_call t;

	(void)state;
	call_method(&t, QUERY, PAGE, "[{" TIMES "}]");
	check_err(call_decode(&t), ERR_OK);
	check_str(call_encode(&t),
	    "{\"status\":0,\"data\":{\"total_count\":0,\"order\":[]}}");
	call_fini(&t);
}

#define MEMBERS_BEHIND_FLAG \
	"\"provider_no\":\"\",\"provider_name\":\"\"," \
	"\"receive_warehouse_nos\":\"\",\"expect_warehouse_no\":\"\"," \
	"\"purchaser_name\":\"\",\"post_fee\":\"0.0000\"," \
	"\"other_fee\":\"0.0000\",\"discount\":\"0.0000\"," \
	"\"logistics_no\":\"\",\"expect_time\":\"\",\"prop1\":\"\"," \
	"\"prop2\":\"\",\"prop3\":\"\",\"prop4\":\"\",\"prop5\":\"\"," \
	"\"prop6\":\"\",\"contact\":\"张三\",\"telno\":\"13800138000\"," \
	"\"receive_address\":\"北京市朝阳区望京SOHO T1 1001\"," \
	"\"remark\":\"\",\"num\":1,\"goods_fee\":\"8999.0000\"," \
	"\"created\":1772015400000,\"modified\":1772015400000," \
	"\"detail_list\":[{\"spec_no\":\"Apple iPhone 15 Pro 256GB\"," \
	"\"goods_name\":\"Apple iPhone 15 Pro 256GB\",\"num\":1," \
	"\"purchase_price\":\"8999.0000\",\"price\":\"8999.0000\"," \
	"\"amount\":\"8999.0000\",\"discount\":\"0.0000\",\"remark\":\"\"}]}"

static void
check_shown(int64_t flag, const char *shown)
{
	const struct order *orders[1];
	struct order *o;
	struct test_call t;
	struct str expected;

	call_method(&t, QUERY, PAGE, "[{" TIMES "}]");
	check_err(call_decode(&t), ERR_OK);
	o = call_order(&t.arena);
	o->flag = flag;
	orders[0] = o;
	t.call.outcome.orders = orders;
	t.call.outcome.order_count = 1;
	t.call.outcome.total = 5;
	expected = arena_printf(&t.arena,
	    "{\"status\":0,\"data\":"
	    "{\"total_count\":5,\"order\":[{\"purchase_no\":\"CG2204130001\","
	    "\"status\":30,%s," MEMBERS_BEHIND_FLAG "]}}",
	    shown);
	check_str(call_encode(&t), expected.p);
	call_fini(&t);
}

void
test_wangdian_query_shows_a_foreign_order(void **state)
{
	(void)state;
	check_shown(0, "\"flag_id\":0,\"flag_name\":\"无\"");
	check_shown(2, "\"flag_id\":2,\"flag_name\":\"加急\"");
	check_shown(4, "\"flag_id\":4,\"flag_name\":\"旧标记\"");
	check_shown(99, "\"flag_id\":99,\"flag_name\":\"\"");
}

void
test_wangdian_query_shows_what_was_created(void **state)
{
	static struct attribute attributes[] = {
	    {STR_INIT(WANGDIAN_LINE_DISCOUNTS), STR_INIT(",1.5000")},
	    {STR_INIT("wangdian.post_fee"), STR_INIT("12.5000")},
	    {STR_INIT("wangdian.provider_no"), STR_INIT("P1")},
	};
	static struct line lines[] = {
	    {.product = STR_INIT("S1"), .price_e4 = 1234, .quantity = 3},
	    {.product = STR_INIT("S2"), .quantity = 1},
	};
	const struct order *orders[1];
	struct test_call t;
	struct order *o;
	struct str body;

	(void)state;
	call_method(&t, QUERY, PAGE, "[{" TIMES "}]");
	check_err(call_decode(&t), ERR_OK);
	o = call_order(&t.arena);
	o->attributes = attributes;
	o->attribute_count = 3;
	o->lines = lines;
	o->line_count = 2;
	check_err(order_sum(o), ERR_OK);
	orders[0] = o;
	t.call.outcome.orders = orders;
	t.call.outcome.order_count = 1;
	body = call_encode(&t);
	check_has(body,
	    ",\"provider_no\":\"P1\","
	    "\"provider_name\":\"供应商一\",");
	check_has(body, ",\"post_fee\":\"12.5000\",");
	check_has(body,
	    "[{\"spec_no\":\"S1\",\"goods_name\":\"\","
	    "\"num\":3,\"purchase_price\":\"0.1234\","
	    "\"price\":\"0.1234\",\"amount\":\"0.3700\","
	    "\"discount\":\"0.0000\",\"remark\":\"\"}");
	check_has(body, "\"discount\":\"1.5000\",\"remark\":\"\"}]");
	o->line_count = 1;
	check_err(order_sum(o), ERR_OK);
	body = call_encode(&t);
	check_has(body, "\"discount\":\"0.0000\",\"remark\":\"\"}]");
	call_fini(&t);
}

/* --- cancelByType ----------------------------------------------------------- */

void
test_wangdian_cancel_by_type_is_a_batch(void **state)
{
	struct outcome outcomes[3] = {
	    {.code = ERR_OK}, {.code = ERR_NOT_FOUND}, {.code = ERR_BAD_STATE}};
	struct test_call t;

	(void)state;
	call_method(&t, BY_TYPE, "",
	    "[{\"operate_type\":0,"
	    "\"purchase_no_list\":[\"A\",\"B\",\"A\",\"C\"],"
	    "\"allow_cancel_checked_order\":true}]");
	check_err(call_decode(&t), ERR_OK);
	assert_int_equal(t.call.command.kind, COMMAND_BATCH);
	assert_true(t.call.command.identity.present);
	assert_false(t.call.command.atomic);
	assert_int_equal(t.call.command.batch_count, 3);
	check_str(t.call.command.batch[2].name, "C");
	assert_int_equal(t.call.command.batch[2].kind, COMMAND_MOVE);
	assert_int_equal(t.call.command.batch[2].change.move, MOVE_WITHDRAW);
	t.call.outcome.batch = outcomes;
	t.call.outcome.batch_count = 3;
	check_str(call_encode(&t),
	    "{\"status\":0,\"data\":{\"code\":1,"
	    "\"message\":\"[{\\\"error\\\":\\\"B:采购单号不存在\\\"},"
	    "{\\\"error\\\":\\\"C:采购单不是编辑中状态\\\"}]\","
	    "\"error_count\":2}}");
	outcomes[1].code = ERR_OK;
	check_str(call_encode(&t),
	    "{\"status\":0,\"data\":{\"code\":1,"
	    "\"message\":\"[{\\\"error\\\":\\\"C:采购单不是编辑中状态\\\"}]\","
	    "\"error_count\":1}}");
	outcomes[2].code = ERR_OK;
	check_str(call_encode(&t),
	    "{\"status\":0,\"data\":{\"code\":0,"
	    "\"message\":\"\",\"error_count\":0}}");
	call_fini(&t);
}

void
test_wangdian_cancel_by_type_1_and_2_only_ask(void **state)
{
	static const char *const types[] = {"1", "2", "\"1\"", "2.0"};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct order *orders[1];
		struct test_call t;
		char body[200];

		snprintf(body, sizeof(body),
		    "[{\"operate_type\":%s,"
		    "\"purchase_no_list\":[\"A\",\"CG2204130001\"]}]",
		    types[i]);
		call_method(&t, BY_TYPE, "", body);
		check_err(call_decode(&t), ERR_OK);
		assert_int_equal(t.call.command.kind, COMMAND_LIST);
		assert_false(t.call.command.identity.present);
		assert_int_equal(t.call.command.filter.name_count, 2);
		orders[0] = call_order(&t.arena);
		t.call.outcome.orders = orders;
		t.call.outcome.order_count = 1;
		check_str(call_encode(&t),
		    "{\"status\":0,\"data\":{\"code\":1,"
		    "\"message\":\"[{\\\"error\\\":\\\"A:采购单号不存在\\\"},"
		    "{\\\"error\\\":\\\"CG2204130001:采购单非部分入库状态\\\"}"
		    "]\",\"error_count\":2}}");
		call_fini(&t);
	}
}

void
test_wangdian_cancel_by_type_refusals(void **state)
{
	(void)state;
	check_refused(BY_TYPE, "", "[{}]",
	    "purchase_no_list不能为空;operate_type不能为空");
	check_refused(BY_TYPE, "",
	    "[{\"operate_type\":3,\"purchase_no_list\":[\"A\"]}]",
	    "operate_type超出允许范围");
	check_refused(BY_TYPE, "",
	    "[{\"operate_type\":0,\"purchase_no_list\":\"A\"}]",
	    "purchase_no_list类型错误");
	check_refused(BY_TYPE, "",
	    "[{\"operate_type\":0,\"purchase_no_list\":[]}]",
	    "purchase_no_list不能为空");
	check_refused(BY_TYPE, "",
	    "[{\"operate_type\":0,\"purchase_no_list\":[5]}]",
	    "purchase_no_list格式错误");
}

/* --- pending ---------------------------------------------------------------- */

void
test_wangdian_pending_answers_per_order(void **state)
{
	const struct order *orders[1];
	struct test_call t;

	(void)state;
	call_method(&t, PENDING, "", "[[\"CG2204130001\",\"A\"]]");
	check_err(call_decode(&t), ERR_OK);
	assert_int_equal(t.call.command.kind, COMMAND_LIST);
	orders[0] = call_order(&t.arena);
	t.call.outcome.orders = orders;
	t.call.outcome.order_count = 1;
	check_str(call_encode(&t),
	    "{\"status\":0,\"data\":{\"error_info\":["
	    "{\"order_no\":\"CG2204130001\","
	    "\"message\":\"采购单非部分入库状态\"},"
	    "{\"order_no\":\"A\",\"message\":\"采购单号不存在\"}],"
	    "\"status\":0}}");
	call_fini(&t);
	check_refused(PENDING, "", "[[]]", "purchase_no_list不能为空");
	check_refused(PENDING, "", "[[\"\"]]", "purchase_no_list格式错误");
}

void
test_wangdian_lists_are_bounded(void **state)
{
	for (size_t n = LIMIT_BATCH; n <= LIMIT_BATCH + 1; n++) {
		struct test_call t;
		struct buf b;

		(void)state;
		call_init(&t, "/openapi?v=1.0&method=" PENDING, NULL);
		buf_init(&b, &t.arena, LIMIT_BODY_BYTES);
		buf_str(&b, STR("[["));
		for (size_t i = 0; i < n; i++)
			buf_printf(&b, "%s\"A%zu\"", i == 0 ? "" : ",", i);
		buf_str(&b, STR("]]"));
		t.call.request.body = buf_view(&b);
		call_sign(&t, CALL_NOW_MS);
		check_err(call_decode(&t),
		    n == LIMIT_BATCH ? ERR_OK : ERR_BAD_FIELD);
		call_fini(&t);
	}
}
