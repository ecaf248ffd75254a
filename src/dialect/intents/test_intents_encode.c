/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outcomes to replies, compared byte by byte with what the dialect's documents
 * print, and a reply for every error of the core.
 */
#include "dialect/intents/test_call.h"

#include "base/limits.h"

#include <stdio.h>

#define TARGET "/api/v1/intents/intent_67890"
#define IPHONE \
	"\"id\":\"intent_67890\",\"userId\":\"user_001\"," \
	"\"platform\":\"TAOBAO\"," \
	"\"productUrl\":\"https://item.taobao.com/item.htm?id=123456\"," \
	"\"title\":\"Apple iPhone 15 Pro 256GB\",\"price\":8999,"

static struct test_call t;

int
teardown(void **state)
{
	(void)state;
	call_fini(&t);
	return 0;
}

/* A decoded call, carried out on `before`; the reply's body. */
static struct str
answer(const char *method, const char *target, const char *body,
    const struct order *before)
{
	call_init(&t, method, target, body);
	check_err(call_decode(&t), ERR_OK);
	call_apply(&t, before);
	return call_encode(&t);
}

/* An order that lives longer than the call. */
static struct order *
must_make_order(struct arena *a)
{
	arena_init(a, 1024 * 1024);
	return call_order(a);
}

void
test_update_answers_as_the_seed_prints(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);
	struct str body;

	(void)state;
	body = answer("PUT", TARGET, "{ \"quantity\": 2 }", before);
	check_str(body,
	    "{\"code\":0,\"message\":\"操作成功\",\"data\":{" IPHONE
	    "\"quantity\":2,\"totalAmount\":17998,"
	    "\"recipientName\":\"张三\","
	    "\"address\":\"北京市朝阳区望京SOHO T1 1001\","
	    "\"phone\":\"13800138000\",\"remarks\":\"请在工作日送达\","
	    "\"status\":\"SUBMITTED\","
	    "\"createdAt\":\"2026-02-25T10:30:00.000Z\","
	    "\"updatedAt\":\"2026-02-25T11:00:00.000Z\"}}");
	assert_int_equal(t.call.reply.status, 200);
	assert_int_equal(t.call.reply.code, 0);
	assert_string_equal(t.call.reply.content_type,
	    "application/json; charset=utf-8");
	check_str(call_reply_header(&t, "ETag"), "\"2\"");
	check_str(call_reply_header(&t, "X-Request-Id"), "req-1");
	check_str(call_reply_header(&t, "X-RateLimit-Limit"), NULL);
	arena_fini(&a);
}

void
test_dry_run_has_no_etag(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);

	(void)state;
	(void)answer("PUT", TARGET "?dryRun=true", "{\"quantity\":2}", before);
	assert_int_equal(t.call.reply.status, 200);
	check_str(call_reply_header(&t, "ETag"), NULL);
	arena_fini(&a);
}

void
test_bad_state_answers_as_the_seed_prints(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);

	(void)state;
	before->status = ORDER_PROCESSING;
	check_str(answer("PUT", TARGET, "{\"quantity\":2}", before),
	    "{\"code\":40002,\"message\":\"当前状态不允许更新\",\"data\":"
	    "{\"currentStatus\":\"PROCESSING\","
	    "\"allowedStatuses\":[\"DRAFT\",\"SUBMITTED\"]}}");
	assert_int_equal(t.call.reply.status, 400);
	assert_int_equal(t.call.reply.code, 40002);
	check_str(call_reply_header(&t, "ETag"), NULL);
	arena_fini(&a);
}

void
test_bad_state_of_each_move(void **state)
{
	static const struct {
		const char *method;
		const char *tail;
		enum order_status at;
		const char *body;
	} rows[] = {
	    {"POST", "/cancel", ORDER_DRAFT,
		"{\"code\":40003,\"message\":\"当前状态不允许取消\",\"data\":"
		"{\"currentStatus\":\"DRAFT\","
		"\"allowedStatuses\":[\"SUBMITTED\",\"PROCESSING\"]}}"},
	    {"POST", "/execute", ORDER_COMPLETED,
		"{\"code\":40004,\"message\":\"当前状态不允许执行\",\"data\":"
		"{\"currentStatus\":\"COMPLETED\","
		"\"allowedStatuses\":[\"SUBMITTED\"]}}"},
	    {"POST", "/submit", ORDER_FAILED,
		"{\"code\":40005,\"message\":\"当前状态不允许提交\",\"data\":"
		"{\"currentStatus\":\"FAILED\","
		"\"allowedStatuses\":[\"DRAFT\"]}}"},
	    {"POST", "/complete", ORDER_SUBMITTED,
		"{\"code\":40006,\"message\":\"当前状态不允许完成\",\"data\":"
		"{\"currentStatus\":\"SUBMITTED\","
		"\"allowedStatuses\":[\"PROCESSING\"]}}"},
	    {"POST", "/fail", ORDER_SUBMITTED,
		"{\"code\":40006,\"message\":\"当前状态不允许标记失败\","
		"\"data\":{\"currentStatus\":\"SUBMITTED\","
		"\"allowedStatuses\":[\"PROCESSING\"]}}"},
	    {"DELETE", "", ORDER_CANCELLED,
		"{\"code\":40007,\"message\":\"当前状态不允许删除\",\"data\":"
		"{\"currentStatus\":\"CANCELLED\","
		"\"allowedStatuses\":[\"DRAFT\"]}}"},
	};
	struct arena a;
	struct order *before = must_make_order(&a);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char target[100];

		(void)snprintf(target, sizeof(target), TARGET "%s",
		    rows[i].tail);
		before->status = rows[i].at;
		check_str(answer(rows[i].method, target, NULL, before),
		    rows[i].body);
		call_fini(&t);
	}
	arena_fini(&a);
}

void
test_cancel_answers_four_keys(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);

	(void)state;
	check_str(answer("POST", TARGET "/cancel", NULL, before),
	    "{\"code\":0,\"message\":\"操作成功\",\"data\":"
	    "{\"id\":\"intent_67890\",\"status\":\"CANCELLED\","
	    "\"updatedAt\":\"2026-02-25T11:00:00.000Z\","
	    "\"cancelledAt\":\"2026-02-25T11:00:00.000Z\"}}");
	check_str(call_reply_header(&t, "ETag"), "\"2\"");
	arena_fini(&a);
}

void
test_delete_answers_null(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);

	(void)state;
	before->status = ORDER_DRAFT;
	check_str(answer("DELETE", TARGET, NULL, before),
	    "{\"code\":0,\"message\":\"操作成功\",\"data\":null}");
	arena_fini(&a);
}

void
test_bad_field_answers_as_the_seed_prints(void **state)
{
	(void)state;
	call_init(&t, "PUT", TARGET, "{\"quantity\":0}");
	check_err(call_decode(&t), ERR_BAD_FIELD);
	check_str(call_encode(&t),
	    "{\"code\":40001,\"message\":\"参数验证失败\",\"data\":{\"errors\":"
	    "[{\"field\":\"quantity\",\"message\":\"数量必须为正整数\"}]}}");
	assert_int_equal(t.call.reply.status, 400);
}

void
test_bad_body_names_the_body(void **state)
{
	(void)state;
	call_init(&t, "PUT", TARGET, "{\n");
	check_err(call_decode(&t), ERR_BAD_BODY);
	check_str(call_encode(&t),
	    "{\"code\":40001,\"message\":\"参数验证失败\",\"data\":{\"errors\":"
	    "[{\"field\":\"body\",\"message\":\"请求体第2行第1列:"
	    "JSON不完整\"}]}}");
	call_fini(&t);
	call_init(&t, "PUT", TARGET, "[]");
	check_err(call_decode(&t), ERR_BAD_BODY);
	check_str(call_encode(&t),
	    "{\"code\":40001,\"message\":\"参数验证失败\",\"data\":{\"errors\":"
	    "[{\"field\":\"body\",\"message\":\"请求体必须是一个JSON对象:"
	    "UTF-8编码,无重复键,无多余内容\"}]}}");
}

void
test_core_faults_get_wire_names(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);
	struct line lines[2] = {before->lines[0], before->lines[0]};

	(void)state;
	before->lines = lines;
	before->line_count = 2;
	check_err(order_sum(before), ERR_OK);
	check_str(answer("PUT", TARGET, "{\"quantity\":2}", before),
	    "{\"code\":40001,\"message\":\"参数验证失败\",\"data\":{\"errors\":"
	    "[{\"field\":\"quantity\","
	    "\"message\":\"多行明细的订单不可更新数量\"}]}}");
	arena_fini(&a);
}

void
test_conflict_tells_both_sides(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);

	(void)state;
	before->version = 5;
	before->province = STR("北京");
	before->remarks = STR_NONE;
	call_init(&t, "PUT", TARGET,
	    "{\"quantity\":7,\"address\":\"上海市浦东新区\","
	    "\"phone\":\"13800138000\",\"remarks\":\"x\"}");
	call_header(&t, "If-Match", "\"4\"");
	check_err(call_decode(&t), ERR_OK);
	call_apply(&t, before);
	check_str(call_encode(&t),
	    "{\"code\":40901,\"message\":\"数据已被修改,请重新获取后再试\","
	    "\"data\":{\"currentVersion\":5,\"yourVersion\":4,\"conflicts\":["
	    "{\"field\":\"quantity\",\"theirs\":1,\"yours\":7},"
	    "{\"field\":\"address\","
	    "\"theirs\":\"北京北京市朝阳区望京SOHO T1 1001\","
	    "\"yours\":\"上海市浦东新区\"},"
	    "{\"field\":\"remarks\",\"theirs\":null,\"yours\":\"x\"}]}}");
	assert_int_equal(t.call.reply.status, 409);
	arena_fini(&a);
}

void
test_orders_of_other_dialects(void **state)
{
	struct line lines[2] = {
	    {.product = STR_INIT("ERP_1113005"),
		.price_e4 = 12345,
		.quantity = 3},
	    {.title = STR_INIT("b"), .price_e4 = 10000, .quantity = 4},
	};
	struct order o = {
	    .id = 12,
	    .version = 3,
	    .status = ORDER_DRAFT,
	    .created_ms = CALL_CREATED_MS,
	    .updated_ms = CALL_CREATED_MS,
	    .province = STR_INIT("上海"),
	    .city = STR_INIT("上海市"),
	    .district = STR_INIT("嘉定区"),
	    .address = STR_INIT("商城路738号"),
	    .lines = lines,
	    .line_count = 2,
	};

	(void)state;
	check_err(order_sum(&o), ERR_OK);
	call_init(&t, "GET", "/api/v1/intents/intent_12", NULL);
	check_err(call_decode(&t), ERR_OK);
	t.call.outcome.order = &o;
	check_str(call_encode(&t),
	    "{\"code\":0,\"message\":\"操作成功\",\"data\":"
	    "{\"id\":\"intent_12\",\"userId\":null,\"platform\":null,"
	    "\"productUrl\":null,\"title\":\"ERP_1113005 等2件\","
	    "\"price\":null,\"quantity\":7,\"totalAmount\":7.7,"
	    "\"recipientName\":null,"
	    "\"address\":\"上海上海市嘉定区商城路738号\",\"phone\":null,"
	    "\"remarks\":null,\"status\":\"DRAFT\","
	    "\"createdAt\":\"2026-02-25T10:30:00.000Z\","
	    "\"updatedAt\":\"2026-02-25T10:30:00.000Z\"}}");
	check_str(call_reply_header(&t, "ETag"), "\"3\"");
}

void
test_health(void **state)
{
	(void)state;
	call_init(&t, "GET", "/health", NULL);
	check_err(dialect_intents.open(&t.call), ERR_OK);
	check_err(dialect_intents.decode(&t.call), ERR_OK);
	check_str(call_encode(&t),
	    "{\"code\":0,\"message\":\"服务正常运行\",\"data\":"
	    "{\"status\":\"healthy\","
	    "\"timestamp\":\"2026-02-25T11:00:00.000Z\","
	    "\"service\":\"procure-api\",\"uptime\":12}}");
	t.call.outcome.code = ERR_STORE_FAILED;
	(void)call_encode(&t);
	assert_int_equal(t.call.reply.status, 503);
	check_str(call_reply_header(&t, "Retry-After"), "5");
}

/* --- amendments ---------------------------------------------------------- */

static const struct amendment_change sample_changes[] = {
    {.field = STR_INIT("quantity"), .from = STR_INIT("1"), .to = STR_INIT("2")},
    {.field = STR_INIT("total"),
	.from = STR_INIT("899950"),
	.to = STR_INIT("1799900")},
    {.field = STR_INIT("price"), .to = STR_INIT("999900")},
    {.field = STR_INIT("lines[12].price"), .from = STR_INIT("12345")},
    {.field = STR_INIT("attributes.price"), .to = STR_INIT("5")},
    {.field = STR_INIT("status"),
	.from = STR_INIT("DRAFT"),
	.to = STR_INIT("SUBMITTED")},
    {.field = STR_INIT("cancelledAt"), .to = STR_INIT("1772017200000")},
    {.field = STR_INIT("recipient.name"),
	.from = STR_INIT("00ff"),
	.to = STR_INIT("李四"),
	.personal = true,
	.erased_from = true},
};

#define SAMPLE_REST \
	"\"version\":2,\"at\":\"2026-02-25T11:00:00.000Z\"," \
	"\"dialect\":\"intents\",\"method\":\"update\"," \
	"\"app\":\"dev_app_local\",\"requestId\":\"req-9\",\"note\":null," \
	"\"changes\":[{\"field\":\"quantity\",\"from\":1,\"to\":2}," \
	"{\"field\":\"total\",\"from\":8999.5,\"to\":17999}," \
	"{\"field\":\"price\",\"from\":null,\"to\":99.99}," \
	"{\"field\":\"lines[12].price\",\"from\":1.2345,\"to\":null}," \
	"{\"field\":\"attributes.price\",\"from\":null,\"to\":\"5\"}," \
	"{\"field\":\"status\",\"from\":\"DRAFT\",\"to\":\"SUBMITTED\"}," \
	"{\"field\":\"cancelledAt\",\"from\":null," \
	"\"to\":\"2026-02-25T11:00:00.000Z\"}," \
	"{\"field\":\"recipient.name\",\"from\":null,\"to\":\"李四\"," \
	"\"erased\":true}]," \
	"\"hash\":\"01" ZEROS "\",\"previousHash\":\"00" ZEROS "\"}"
#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"

static struct feed_item
sample_item(void)
{
	return (struct feed_item){
	    .order = 67890,
	    .amendment =
		{
		    .seq = 41,
		    .order = 67890,
		    .app = 7,
		    .version = 2,
		    .at_ms = CALL_NOW_MS,
		    .dialect = STR_INIT("intents"),
		    .method = STR_INIT("update"),
		    .request_id = STR_INIT("req-9"),
		    .changes = sample_changes,
		    .change_count = sizeof(sample_changes) /
			sizeof(sample_changes[0]),
		    .hash = {1},
		},
	};
}

void
test_history_shows_typed_values(void **state)
{
	struct feed_item item = sample_item();
	struct outcome *out = &t.call.outcome;

	(void)state;
	call_init(&t, "GET", TARGET "/amendments", NULL);
	check_err(call_decode(&t), ERR_OK);
	out->items = &item;
	out->item_count = 1;
	out->next = -1;
	check_str(call_encode(&t),
	    "{\"code\":0,\"message\":\"操作成功\",\"data\":"
	    "{\"next\":null,\"items\":[{" SAMPLE_REST "]}}");
	check_str(call_reply_header(&t, "ETag"), NULL);
}

void
test_feed_names_orders(void **state)
{
	struct feed_item item = sample_item();
	struct outcome *out = &t.call.outcome;

	(void)state;
	call_init(&t, "GET", "/api/v1/changes", NULL);
	check_err(call_decode(&t), ERR_OK);
	out->items = &item;
	out->item_count = 1;
	out->next = 41;
	check_str(call_encode(&t),
	    "{\"code\":0,\"message\":\"操作成功\",\"data\":"
	    "{\"next\":41,\"items\":[{\"seq\":41,"
	    "\"intentId\":\"intent_67890\"," SAMPLE_REST "]}}");
	out->item_count = 0;
	check_str(call_encode(&t),
	    "{\"code\":0,\"message\":\"操作成功\",\"data\":"
	    "{\"next\":41,\"items\":[]}}");
}

void
test_other_apps_are_not_named(void **state)
{
	struct feed_item item = sample_item();
	struct str body;

	(void)state;
	item.amendment.app = 8;
	call_init(&t, "GET", "/api/v1/changes", NULL);
	check_err(call_decode(&t), ERR_OK);
	t.call.outcome.items = &item;
	t.call.outcome.item_count = 1;
	body = call_encode(&t);
	assert_non_null(memmem(body.p, body.n, "\"app\":null", 10));
}

/* --- errors --------------------------------------------------------------- */

void
test_every_error_has_a_reply(void **state)
{
	(void)state;
	for (int code = ERR_OK + 1; code < ERR__COUNT; code++) {
		const struct intents_error *row = &intents_errors[code];
		struct order *order;
		struct err err;
		json_t *tree;

		call_init(&t, "PUT", TARGET, "{\"quantity\":2}");
		order = call_order(&t.arena);
		check_err(call_decode(&t), ERR_OK);
		t.call.outcome.code = (enum err_code)code;
		t.call.outcome.order = order;
		check_err(json_read(&t.arena, call_encode(&t), JSON_READ_EXACT,
			      &tree, &err),
		    ERR_OK);
		assert_int_equal(t.call.reply.status, row->status);
		assert_int_equal(row->status, row->code / 100);
		assert_int_equal(
		    json_integer_value(json_object_get(tree, "code")),
		    row->code);
		check_str(json_text(json_object_get(tree, "message")),
		    row->message);
		assert_non_null(json_object_get(tree, "data"));
		check_str(call_reply_header(&t, "X-Request-Id"), "req-1");
		assert_int_equal(
		    !str_is_null(call_reply_header(&t, "Retry-After")),
		    row->status == 503 || row->status == 429);
		call_fini(&t);
	}
}

/* The reply to a refusal before any operation was found. */
static void
check_early(enum err_code code, const char *body)
{
	call_init(&t, "GET", "/api/v1/nothing", NULL);
	call_header(&t, "X-App-Id", "a");
	outcome_fail(&t.call.outcome, code, NULL);
	check_str(call_encode(&t), body);
	call_fini(&t);
}

void
test_early_refusals(void **state)
{
	(void)state;
	check_early(ERR_NO_ROUTE,
	    "{\"code\":40400,\"message\":\"接口不存在\",\"data\":null}");
	check_early(ERR_BODY_TOO_LARGE,
	    "{\"code\":41301,\"message\":\"请求体过大\","
	    "\"data\":{\"maxBytes\":1048576}}");
	check_early(ERR_URL_TOO_LONG,
	    "{\"code\":41401,\"message\":\"请求地址过长\","
	    "\"data\":{\"maxBytes\":8192}}");
	check_early(ERR_NO_CREDENTIALS,
	    "{\"code\":40102,\"message\":\"缺少认证请求头\","
	    "\"data\":{\"missing\":[\"X-Timestamp\",\"X-Signature\"]}}");
	check_early(ERR_BAD_TIME,
	    "{\"code\":40103,\"message\":\"请求时间戳无效或已过期\","
	    "\"data\":{\"serverTime\":1772017200000}}");
	check_early(ERR_DISABLED,
	    "{\"code\":40301,\"message\":\"无权访问该资源\","
	    "\"data\":{\"reason\":\"应用已停用\"}}");
	check_early(ERR_BAD_REQUEST,
	    "{\"code\":40000,\"message\":\"请求格式错误\","
	    "\"data\":{\"requestId\":\"req-1\"}}");
	check_early(ERR_STORE_UNSURE,
	    "{\"code\":50001,"
	    "\"message\":\"处理结果未知,请原样重发该请求以确认\","
	    "\"data\":{\"requestId\":\"req-1\"}}");
}

static void
set_rate(bool refused)
{
	t.call.rate = (struct rate_state){
	    .limited = true,
	    .refused = refused,
	    .name = "put",
	    .limit = 20,
	    .per_ms = 1000,
	    .remaining = refused ? -1 : 19,
	    .reset_ms = refused ? 1001 : 50,
	    .retry_ms = refused ? 50 : 0,
	};
}

void
test_rate_headers(void **state)
{
	(void)state;
	call_init(&t, "PUT", TARGET, "{\"quantity\":2}");
	check_err(call_decode(&t), ERR_OK);
	set_rate(true);
	outcome_fail(&t.call.outcome, ERR_RATE_LIMITED, NULL);
	check_str(call_encode(&t),
	    "{\"code\":42901,\"message\":\"请求过于频繁,请稍后再试\","
	    "\"data\":null}");
	assert_int_equal(t.call.reply.status, 429);
	check_str(call_reply_header(&t, "Retry-After"), "1");
	check_str(call_reply_header(&t, "RateLimit"), "\"put\";r=0;t=2");
	check_str(call_reply_header(&t, "RateLimit-Policy"),
	    "\"put\";q=20;w=1");
	check_str(call_reply_header(&t, "X-RateLimit-Limit"), "20");
	check_str(call_reply_header(&t, "X-RateLimit-Remaining"), "0");
	check_str(call_reply_header(&t, "X-RateLimit-Reset"), "1772017202");
}

void
test_rate_headers_of_a_success(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);

	(void)state;
	call_init(&t, "PUT", TARGET, "{\"quantity\":2}");
	check_err(call_decode(&t), ERR_OK);
	set_rate(false);
	call_apply(&t, before);
	(void)call_encode(&t);
	assert_int_equal(t.call.reply.status, 200);
	check_str(call_reply_header(&t, "RateLimit"), NULL);
	check_str(call_reply_header(&t, "X-RateLimit-Remaining"), "19");
	check_str(call_reply_header(&t, "X-RateLimit-Reset"), "1772017201");
	arena_fini(&a);
}

/* --- limits ----------------------------------------------------------------- */

void
test_full_arena_becomes_an_error(void **state)
{
	struct arena a;
	struct order *before = must_make_order(&a);

	(void)state;
	call_init(&t, "PUT", TARGET, "{\"quantity\":2}");
	check_err(call_decode(&t), ERR_OK);
	call_apply(&t, before);
	t.arena.cap_bytes = t.arena.used_bytes + 300;
	check_str(call_encode(&t),
	    "{\"code\":50001,\"message\":\"服务器内部错误\","
	    "\"data\":{\"requestId\":\"req-1\"}}");
	assert_int_equal(t.call.reply.status, 500);
	assert_int_equal(t.call.reply.code, 50001);
	assert_int_equal(t.call.reply.header_count, 1);
	/* Not even open found memory for its notes. */
	t.call.state = NULL;
	check_str(call_encode(&t),
	    "{\"code\":50001,\"message\":\"服务器内部错误\",\"data\":null}");
	arena_fini(&a);
}

void
test_open_without_memory_is_answered(void **state)
{
	(void)state;
	call_init(&t, "GET", TARGET, NULL);
	t.arena.cap_bytes = t.arena.used_bytes;
	check_err(dialect_intents.open(&t.call), ERR_NO_MEMORY);
	(void)call_encode(&t);
	assert_int_equal(t.call.reply.status, 500);
}
