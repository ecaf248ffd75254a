/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialect as data: its calls, fields, bounds and errors, out of the tables
 * that decode and encode. Only the words are here, and the shape of an answer.
 */
#include "dialect/intents/intents_impl.h"

#include "base/limits.h"

#include <assert.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct spec_words field_words[] = {
    {"userId", "the buyer", "用户 ID"},
    {"platform", "the shop's platform", "电商平台"},
    {"productUrl", "an http or https URL of the product", "商品链接，http 或 https"},
    {"title", "the product's title", "商品标题"},
    {"price", "yuan, more than 0, at most two decimals", "单价（元），大于 0，最多两位小数"},
    {"quantity", "pieces; of an order of several lines it can't be changed", "数量；多行明细的订单不可更新"},
    {"recipientName", "the recipient", "收货人姓名"},
    {"address", "the whole address; province, city and district are cleared", "完整收货地址；会清除省市区"},
    {"phone", "a Chinese mobile number", "联系电话，11 位手机号码"},
    {"remarks", "remarks; null clears them", "备注；null 表示清空"},
    {"status", "the state of the order", "状态"},
    {"totalAmount", "price × quantity, computed by the server", "总金额，由服务器计算"},
    {"createdAt", "when it was made", "创建时间"},
    {"updatedAt", "when it was last changed", "更新时间"},
    {"id", "the intent", "采购意图 ID"},
    {"items", "what is to be changed, each as in an update", "要更新的各项，字段同更新接口"},
    {"atomic", "all items or none", "是否全部成功才生效"},
    {"ifMatch", "the version that the item must have: 3, \"\\\"3\\\"\" or \"*\"", "该项须匹配的版本号"},
    {"reason", "why it failed", "失败原因"},
    /* of the query */
    {"dryRun", "answer as usual, store nothing", "仅试算，不保存"},
    {"after", "what was the last one seen", "从该位置之后开始"},
    {"limit", "how many at most", "最多返回条数"},
    {"wait", "seconds to wait for something new", "没有新变更时等待的秒数"},
    {"page", "page number from 1; page × pageSize is 10000 at most", "页码，从 1 开始；page×pageSize 不超过 10000"},
    {"pageSize", "intents on a page", "每页条数"},
    {"startDate", "made at or after: ISO 8601, or a day", "创建时间下限，ISO 8601 或日期"},
    {"endDate", "made at or before: ISO 8601, or a day, which is taken whole", "创建时间上限（含），ISO 8601 或日期"},
    {"sortBy", "the key of the order", "排序字段"},
    {"order", "rising or falling", "升序或降序"},
    {"cursor", "empty for the first page, then the nextCursor of the last; cheap at any depth", "首页为空，之后用上一页的 nextCursor；任意深度都快"},
    {NULL, NULL, NULL},
};

static const struct spec_words call_words[] = {
    {"health", "Whether the service and its store are there", "健康检查"},
    {"create", "Create an intent", "创建采购意图"},
    {"get", "Read an intent", "查询采购意图"},
    {"update", "Change an intent: only what is sent changes", "更新采购意图：只更新传入的字段"},
    {"list", "List intents", "查询采购意图列表"},
    {"batch", "Change up to 500 intents at once", "批量更新，最多 500 项"},
    {"delete", "Delete a draft", "删除草稿"},
    {"cancel", "Cancel an intent", "取消采购意图"},
    {"execute", "Begin to process an intent", "开始执行采购意图"},
    {"submit", "Submit a draft", "提交草稿"},
    {"complete", "Complete an intent", "完成采购意图"},
    {"fail", "Mark an intent as failed", "标记采购意图失败"},
    {"amendments", "Every change of an intent, oldest first", "采购意图的变更记录，由旧到新"},
    {"changes", "Every change of the app's orders, as a feed", "应用全部订单的变更流"},
    {NULL, NULL, NULL},
};

#define STATES "DRAFT|SUBMITTED|PROCESSING|COMPLETED|FAILED|CANCELLED"
#define MUST .flags = SPEC_REQUIRED
#define MAY_NULL .flags = SPEC_REQUIRED | SPEC_NULLABLE

static const struct spec order_members[] = {
    {.name = "id", .type = SPEC_TEXT, MUST},
    {.name = "userId", .type = SPEC_TEXT, MAY_NULL},
    {.name = "platform", .type = SPEC_TEXT, MAY_NULL},
    {.name = "productUrl", .type = SPEC_TEXT, MAY_NULL},
    {.name = "title", .type = SPEC_TEXT, MAY_NULL},
    {.name = "price", .type = SPEC_DECIMAL, .decimals = 4, MAY_NULL},
    {.name = "quantity", .type = SPEC_INT, MUST},
    {.name = "totalAmount", .type = SPEC_DECIMAL, .decimals = 2, MUST},
    {.name = "recipientName", .type = SPEC_TEXT, MAY_NULL},
    {.name = "address", .type = SPEC_TEXT, MAY_NULL},
    {.name = "phone", .type = SPEC_TEXT, MAY_NULL},
    {.name = "remarks", .type = SPEC_TEXT, MAY_NULL},
    {.name = "status", .type = SPEC_TEXT, .choices = STATES, MUST},
    {.name = "createdAt", .type = SPEC_TEXT, MUST},
    {.name = "updatedAt", .type = SPEC_TEXT, MUST},
};

static const struct spec cancelled_members[] = {
    {.name = "id", .type = SPEC_TEXT, MUST},
    {.name = "status", .type = SPEC_TEXT, .fixed = "CANCELLED", MUST},
    {.name = "updatedAt", .type = SPEC_TEXT, MUST},
    {.name = "cancelledAt", .type = SPEC_TEXT, MUST},
};

static const struct spec health_members[] = {
    {.name = "status", .type = SPEC_TEXT, MUST},
    {.name = "timestamp", .type = SPEC_ANY, MUST},
    {.name = "service", .type = SPEC_TEXT, .fixed = "procure-api", MUST},
    {.name = "uptime", .type = SPEC_DECIMAL, .decimals = 4, MUST},
};

static const struct spec change_members[] = {
    {.name = "field", .type = SPEC_TEXT, MUST},
    {.name = "from", .type = SPEC_ANY, MUST},
    {.name = "to", .type = SPEC_ANY, MUST},
    {.name = "erased", .type = SPEC_BOOL},
};

/* The feed's have seq and intentId too. */
static const struct spec amendment_members[] = {
    {.name = "seq", .type = SPEC_INT},
    {.name = "intentId", .type = SPEC_TEXT},
    {.name = "version", .type = SPEC_INT, MUST},
    {.name = "at", .type = SPEC_TEXT, MUST},
    {.name = "dialect", .type = SPEC_TEXT, MAY_NULL},
    {.name = "method", .type = SPEC_TEXT, MAY_NULL},
    {.name = "app", .type = SPEC_TEXT, MAY_NULL},
    {.name = "requestId", .type = SPEC_TEXT, MAY_NULL},
    {.name = "note", .type = SPEC_TEXT, MAY_NULL},
    {.name = "changes", .type = SPEC_LIST, MUST},
    {.name = "hash", .type = SPEC_TEXT, MUST},
    {.name = "previousHash", .type = SPEC_TEXT, MAY_NULL},
};

static const struct spec list_members[] = {
    {.name = "items", .type = SPEC_LIST, MUST},
    {.name = "total", .type = SPEC_INT, MAY_NULL},
    {.name = "page", .type = SPEC_INT},
    {.name = "pageSize", .type = SPEC_INT, MUST},
    {.name = "totalPages", .type = SPEC_INT},
    {.name = "totalIsExact", .type = SPEC_BOOL},
    {.name = "nextCursor", .type = SPEC_TEXT, .flags = SPEC_NULLABLE},
};

static const struct spec page_members[] = {
    {.name = "next", .type = SPEC_INT, MAY_NULL},
    {.name = "items", .type = SPEC_LIST, MUST},
};

static const struct spec result_members[] = {
    {.name = "id", .type = SPEC_TEXT, MAY_NULL},
    {.name = "code", .type = SPEC_INT, MUST},
    {.name = "message", .type = SPEC_TEXT, MUST},
    {.name = "version", .type = SPEC_INT},
    {.name = "data", .type = SPEC_ANY, MUST},
};

static const struct spec_key keys[] = {
    {"X-App-Id", SPEC_IN_HEADER, false, "the app", "应用 ID"},
    {"X-Timestamp", SPEC_IN_HEADER, false, "now in milliseconds, 13 digits; five minutes off at most",
     "当前毫秒时间戳，13 位，误差不超过 5 分钟"},
    {"X-Signature", SPEC_IN_HEADER, false,
     "hex HMAC-SHA256 of METHOD + PATH + TIMESTAMP + BODY under the app's secret; PATH with its query, BODY as sent",
     "以密钥对 METHOD + PATH + TIMESTAMP + BODY 计算 HMAC-SHA256 的十六进制；PATH 含查询串，BODY 为原始字节"},
};

static const struct spec_param if_match = {SPEC_IN_HEADER,
    {.name = "If-Match", .type = SPEC_TEXT, .pattern = "^(\\*|\"[1-9][0-9]*\")$",
     .en = "the version that is to be changed, in quotes, or *",
     .zh = "要更新的版本号（带引号），或 *"}};
static const struct spec_param idempotency_key = {SPEC_IN_HEADER,
    {.name = "Idempotency-Key", .type = SPEC_TEXT, .flags = SPEC_BOUNDED,
     .min = 1, .max = LIMIT_IDEMPOTENCY_KEY_BYTES,
     .en = "the same key has one effect and one answer for 24 hours",
     .zh = "同一键在 24 小时内只生效一次"}};
/* clang-format on */

/* --- requests --------------------------------------------------------------- */

static bool
is_change(const struct operation *op)
{
	return op->kind >= COMMAND_CREATE && op->kind <= COMMAND_BATCH;
}

static struct spec_param
path_param(void)
{
	struct spec_param p = {SPEC_IN_PATH,
	    {.name = "id", .type = SPEC_TEXT, .flags = SPEC_REQUIRED}};

	spec_say(&p.value, field_words);
	return p;
}

static struct spec_param
query_param(const struct intents_query *row)
{
	struct spec_param p = {SPEC_IN_QUERY,
	    {.name = row->name,
		.type = row->kind == QUERY_IS_INT ? SPEC_INT : SPEC_TEXT,
		.min = row->min,
		.max = row->max,
		.choices = row->choices}};

	if (row->kind == QUERY_IS_INT || row->kind == QUERY_IS_TEXT)
		p.value.flags = SPEC_BOUNDED;
	if (row->kind == QUERY_IS_TIME)
		p.value.pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
				  "([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$";
	spec_say(&p.value, field_words);
	return p;
}

static void
add_params(struct arena *a, const struct operation *op, struct spec_call *c)
{
	struct spec_param *p = ARENA_ARRAY(a, QUERY__COUNT + 3,
	    struct spec_param);

	c->params = p;
	if (p == NULL)
		return;
	if (strstr(op->path, "{id}") != NULL)
		*p++ = path_param();
	for (int i = 0; i < QUERY__COUNT; i++)
		if (op->query & BIT(i))
			*p++ = query_param(&intents_queries[i]);
	if (op->kind == COMMAND_CHANGE || op->kind == COMMAND_MOVE)
		*p++ = if_match;
	if (is_change(op))
		*p++ = idempotency_key;
	c->param_count = (size_t)(p - c->params);
}

/* A batch's own table leaves its members to batch.c. */
static void
describe_batch(struct arena *a, struct spec *body)
{
	struct spec item = spec_of_table(a, &intents_item_fields, field_words);
	struct spec *members = ARENA_ARRAY(a, body->member_count, struct spec);

	if (members == NULL)
		return;
	memcpy(members, body->members, body->member_count * sizeof(*members));
	for (size_t i = 0; i < body->member_count; i++) {
		struct spec *m = &members[i];
		struct spec was = *m;

		if (strcmp(m->name, "items") == 0)
			*m = spec_list(a, m->name, item, 1, LIMIT_BATCH_ITEMS);
		else
			m->type = SPEC_BOOL;
		m->flags |= was.flags;
		m->en = was.en;
		m->zh = was.zh;
	}
	body->members = members;
}

static void
add_body(struct arena *a, const struct operation *op, struct spec_call *c)
{
	if (op->body == BODY_IGNORED)
		return;
	c->body_type = "application/json";
	c->body_required = op->body == BODY_REQUIRED;
	c->body = spec_of_table(a, op->fields, field_words);
	if (op->kind == COMMAND_BATCH)
		describe_batch(a, &c->body);
	if (op->kind == COMMAND_CHANGE) {
		c->body.flags |= SPEC_BOUNDED; /* {} changes nothing */
		c->body.min = 1;
		c->body.max = INT64_MAX;
	}
}

/* --- answers ---------------------------------------------------------------- */

static struct spec
named(const char *name, struct spec s, unsigned flags)
{
	s.name = name;
	s.flags |= flags;
	return s;
}

static struct spec
order_spec(struct arena *a)
{
	struct spec s = spec_object(a, "Intent", order_members,
	    COUNT(order_members));

	s.flags |= SPEC_CLOSED;
	return s;
}

/* A list's member `at` becomes one of these items. */
static struct spec
with_items(struct arena *a, const char *component, const struct spec *members,
    size_t count, size_t at, struct spec item)
{
	struct spec s = spec_object(a, component, members, count);
	struct spec *own = ARENA_ARRAY(a, count, struct spec);

	if (own == NULL)
		return s;
	memcpy(own, members, count * sizeof(*own));
	own[at] = named(members[at].name,
	    spec_list(a, NULL, item, 0, INT64_MAX), SPEC_REQUIRED);
	s.members = own;
	s.flags |= SPEC_CLOSED;
	return s;
}

static struct spec
amendment_spec(struct arena *a)
{
	struct spec change = spec_object(a, NULL, change_members,
	    COUNT(change_members));

	return with_items(a, "Amendment", amendment_members,
	    COUNT(amendment_members), 9, change);
}

static struct spec
data_spec(struct arena *a, const struct operation *op)
{
	if (op->put_data == intents_put_order)
		return order_spec(a);
	if (op->put_data == intents_put_cancelled)
		return spec_object(a, NULL, cancelled_members,
		    COUNT(cancelled_members));
	if (op->put_data == intents_put_health)
		return spec_object(a, NULL, health_members,
		    COUNT(health_members));
	if (op->put_data == intents_put_list)
		return with_items(a, "IntentPage", list_members,
		    COUNT(list_members), 0, order_spec(a));
	if (op->put_data == intents_put_batch)
		return with_items(a, "BatchResult",
		    (const struct spec[]){{.name = "items", MUST}}, 1, 0,
		    spec_object(
			a, NULL, result_members, COUNT(result_members)));
	if (op->put_data == intents_put_history ||
	    op->put_data == intents_put_feed)
		return with_items(a, "AmendmentPage", page_members,
		    COUNT(page_members), 1, amendment_spec(a));
	assert(op->put_data == intents_put_null);
	return (struct spec){.type = SPEC_ANY, .flags = SPEC_NULLABLE};
}

static struct spec
envelope(struct arena *a, const char *component, struct spec data)
{
	const struct spec members[] = {
	    {.name = "code", .type = SPEC_INT, MUST},
	    {.name = "message", .type = SPEC_TEXT, MUST},
	    named("data", data, SPEC_REQUIRED),
	};
	struct spec s = spec_object(a, component, members, COUNT(members));

	s.flags |= SPEC_CLOSED;
	return s;
}

/* --- errors ----------------------------------------------------------------- */

static unsigned
traits_of(const struct operation *op)
{
	unsigned traits = SPEC_TRAIT_STORE;

	if (!op->is_public)
		traits |= SPEC_TRAIT_SIGNED;
	if (op->body != BODY_IGNORED)
		traits |= SPEC_TRAIT_BODY | SPEC_TRAIT_FIELDS;
	if (op->query != 0)
		traits |= SPEC_TRAIT_FIELDS;
	if (strstr(op->path, "{id}") != NULL)
		traits |= SPEC_TRAIT_ORDER;
	if (op->state_code != 0)
		traits |= SPEC_TRAIT_STATE;
	if (is_change(op))
		traits |= SPEC_TRAIT_WRITE | SPEC_TRAIT_KEY;
	if (op->kind == COMMAND_CHANGE || op->kind == COMMAND_MOVE)
		traits |= SPEC_TRAIT_VERSION;
	/* All or nothing: it answers what its first refused item does. */
	if (op->kind == COMMAND_BATCH)
		traits |= SPEC_TRAIT_VERSION | SPEC_TRAIT_ORDER |
		    SPEC_TRAIT_STOCK;
	if (op->kind == COMMAND_CHANGE || op->move == MOVE_SUBMIT)
		traits |= SPEC_TRAIT_STOCK;
	return traits;
}

static void
add_errors(struct arena *a, const struct operation *op, struct spec_call *c)
{
	struct spec_error *e = ARENA_ARRAY(a, ERR__COUNT, struct spec_error);

	c->errors = e;
	for (int i = ERR_OK + 1; e != NULL && i < ERR__COUNT; i++) {
		const struct intents_error *row = &intents_errors[i];
		bool of_state = i == ERR_BAD_STATE;
		int64_t code = of_state ? op->state_code : row->code;

		if (!spec_can_fail(traits_of(op), (enum err_code)i))
			continue;
		e[c->error_count++] = (struct spec_error){
		    .when = (enum err_code)i,
		    .http = row->status,
		    .code = arena_printf(a, "%d", (int)code).p,
		    .message = of_state ? op->state_message : row->message,
		};
	}
}

static struct spec_call
call_spec(struct arena *a, const struct operation *op)
{
	bool at_root = strcmp(op->path, INTENTS_HEALTH) == 0;
	struct spec name = {.name = op->name};
	struct spec any = {.type = SPEC_ANY, .flags = SPEC_NULLABLE};
	struct spec_call c = {
	    .name = op->name,
	    .http_method = intents_http_methods[op->method].p,
	    .path = arena_printf(
		a, "%s%s", at_root ? "" : INTENTS_BASE, op->path)
			.p,
	    .is_public = op->is_public,
	    .answer_type = "application/json",
	};

	spec_say(&name, call_words);
	c.en = name.en;
	c.zh = name.zh;
	add_params(a, op, &c);
	add_body(a, op, &c);
	c.answer = envelope(a, NULL, data_spec(a, op));
	c.failure = envelope(a, "IntentsFailure", any);
	add_errors(a, op, &c);
	return c;
}

void
intents_describe(struct arena *a, struct dialect_spec *out)
{
	struct spec_call *calls = ARENA_ARRAY(a, intents_operation_count,
	    struct spec_call);

	assert(out != NULL);
	*out = (struct dialect_spec){
	    .keys = keys,
	    .key_count = COUNT(keys),
	    .calls = calls,
	};
	for (size_t i = 0; calls != NULL && i < intents_operation_count; i++)
		calls[out->call_count++] = call_spec(a, &intents_operations[i]);
}
