/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients of this dialect are told of each error: the one table, with a
 * row for every code of the core (counted when compiling), and the functions
 * that write the details of some.
 */
#include "dialect/intents/intents_impl.h"

#include "base/limits.h"

#include <assert.h>
#include <stdio.h>

/* Who may not ask at all, for lack of which headers. */
static void
put_missing(struct json_out *o, const struct call *call)
{
	static const char *const names[] = {
	    "X-App-Id", "X-Timestamp", "X-Signature"};

	json_open(o, '{');
	json_key(o, "missing");
	json_open(o, '[');
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (request_header(&call->request, names[i]).n == 0)
			json_put_str(o, str_from(names[i]));
	}
	json_close(o, ']');
	json_close(o, '}');
}

static void
put_server_time(struct json_out *o, const struct call *call)
{
	json_open(o, '{');
	json_key(o, "serverTime");
	json_put_int(o, call->request.received_ms);
	json_close(o, '}');
}

/* Who left the base path out sees what it is. */
static void
put_base(struct json_out *o, const struct call *call)
{
	if (str_starts(call->request.path, STR(INTENTS_BASE))) {
		intents_put_null(o, call);
		return;
	}
	json_open(o, '{');
	json_key(o, "basePath");
	json_put_str(o, STR(INTENTS_BASE));
	json_close(o, '}');
}

/* Nothing, except in a demo. */
static void
put_signed(struct json_out *o, const struct call *call)
{
	if (str_is_null(call->signed_text)) {
		json_put_null(o);
		return;
	}
	json_open(o, '{');
	json_key(o, "stringToSign");
	json_put_str(o, call->signed_text);
	json_close(o, '}');
}

static void
put_disabled(struct json_out *o, const struct call *call)
{
	(void)call;
	json_open(o, '{');
	json_key(o, "reason");
	json_put_str(o, STR("应用已停用"));
	json_close(o, '}');
}

static void
put_request_id(struct json_out *o, const struct call *call)
{
	json_open(o, '{');
	json_key(o, "requestId");
	json_put_str(o, call->request.request_id);
	json_close(o, '}');
}

static void
put_max_bytes(struct json_out *o, int64_t max)
{
	json_open(o, '{');
	json_key(o, "maxBytes");
	json_put_int(o, max);
	json_close(o, '}');
}

static void
put_max_body(struct json_out *o, const struct call *call)
{
	(void)call;
	put_max_bytes(o, LIMIT_BODY_BYTES);
}

static void
put_max_url(struct json_out *o, const struct call *call)
{
	(void)call;
	put_max_bytes(o, LIMIT_URL_BYTES);
}

static void
put_one_error(struct json_out *o, struct str field, const char *message)
{
	json_open(o, '{');
	json_key(o, "field");
	json_put_str(o, field);
	json_key(o, "message");
	json_put_str(o, str_from(message));
	json_close(o, '}');
}

static const char *const json_faults[JSON_FAULT__COUNT] = {
    [JSON_FAULT_SYNTAX] = "JSON语法错误",
    [JSON_FAULT_UNFINISHED] = "JSON不完整",
    [JSON_FAULT_TRAILING] = "JSON之后有多余内容",
    [JSON_FAULT_DUPLICATE_KEY] = "重复的键",
    [JSON_FAULT_UTF8] = "不是有效的UTF-8",
    [JSON_FAULT_NUL] = "不允许NUL字符",
    [JSON_FAULT_TOO_DEEP] = "嵌套过深",
    [JSON_FAULT_TOO_MANY] = "值过多",
};

/* The reader's place and reason, where it was the reader that stopped. */
static void
put_bad_body(struct json_out *o, const struct call *call)
{
	const struct err_place *place = &call->outcome.err.place;
	char text[128] =
	    "请求体必须是一个JSON对象:UTF-8编码,无重复键,无多余内容";

	if (place->line > 0) {
		assert(place->why < JSON_FAULT__COUNT);
		(void)snprintf(text, sizeof(text), "请求体第%d行第%d列:%s",
		    place->line, place->column, json_faults[place->why]);
	}
	json_open(o, '{');
	json_key(o, "errors");
	json_open(o, '[');
	put_one_error(o, STR("body"), text);
	json_close(o, ']');
	json_close(o, '}');
}

/* The core's faults in the dialect's words. */
static const char *
rule_text(enum rule rule)
{
	switch (rule) {
	case RULE_SINGLE_LINE:
		return "多行明细的订单不可更新数量";
	case RULE_TOO_DEEP:
		return "需要检查的订单过多,请缩小筛选范围或改用cursor翻页";
	case RULE_RANGE:
		return "数值超出允许范围";
	case RULE_LENGTH:
		return "长度超出允许范围";
	default:
		return "字段值无效";
	}
}

static void
put_faults(struct json_out *o, const struct call *call)
{
	const struct outcome *out = &call->outcome;

	json_open(o, '{');
	json_key(o, "errors");
	json_open(o, '[');
	for (size_t i = 0; i < out->fault_count; i++) {
		const struct fault *f = &out->faults[i];
		struct str name = f->wire;

		if (str_is_null(name))
			name = str_from(intents_field_name(f->field));
		put_one_error(o, name,
		    f->text != NULL ? f->text : rule_text(f->rule));
	}
	json_close(o, ']');
	json_close(o, '}');
}

static void
put_states(struct json_out *o, const struct call *call)
{
	const struct outcome *out = &call->outcome;

	assert(out->order != NULL);
	json_open(o, '{');
	json_key(o, "currentStatus");
	json_put_str(o, str_from(order_status_name(out->order->status)));
	json_key(o, "allowedStatuses");
	json_open(o, '[');
	for (int i = 0; i < ORDER__COUNT; i++) {
		if (out->allowed & BIT(i))
			json_put_str(o,
			    str_from(order_status_name((enum order_status)i)));
	}
	json_close(o, ']');
	json_close(o, '}');
}

static void
put_conflict(struct json_out *o, const char *field, struct str theirs,
    struct str yours, bool is_number)
{
	json_open(o, '{');
	json_key(o, "field");
	json_put_str(o, str_from(field));
	json_key(o, "theirs");
	if (is_number && theirs.n > 0)
		json_put_raw(o, theirs);
	else
		json_put_str(o, theirs);
	json_key(o, "yours");
	if (is_number && yours.n > 0)
		json_put_raw(o, yours);
	else
		json_put_str(o, yours);
	json_close(o, '}');
}

static bool
is_address(enum order_field f)
{
	return f == F_PROVINCE || f == F_CITY || f == F_DISTRICT ||
	    f == F_ADDRESS;
}

/* The four fields of an address are one here. */
static void
put_conflicts(struct json_out *o, const struct call *call)
{
	const struct outcome *out = &call->outcome;
	bool address_told = false;

	json_open(o, '[');
	for (size_t i = 0; i < out->conflict_count; i++) {
		const struct conflict *c = &out->conflicts[i];

		if (!is_address(c->field)) {
			put_conflict(o, intents_field_name(c->field), c->theirs,
			    c->yours, c->is_number);
		} else if (!address_told) {
			put_conflict(o, "address",
			    intents_whole_address(call->arena, out->order),
			    call->command.change.to.address, false);
			address_told = true;
		}
	}
	json_close(o, ']');
}

static void
put_conflict_versions(struct json_out *o, const struct call *call)
{
	assert(call->outcome.order != NULL);
	json_open(o, '{');
	json_key(o, "currentVersion");
	json_put_int(o, call->outcome.order->version);
	json_key(o, "yourVersion");
	json_put_int(o, call->command.version);
	json_key(o, "conflicts");
	put_conflicts(o, call);
	json_close(o, '}');
}

/* A quantity is all of this dialect that can ask for more stock. */
static void
put_no_stock(struct json_out *o, const struct call *call)
{
	struct str text = arena_printf(call->arena, "产品[%.*s]库存不足",
	    STR_ARG(call->outcome.product));

	json_open(o, '{');
	json_key(o, "errors");
	json_open(o, '[');
	put_one_error(o, STR("quantity"),
	    str_is_null(text) ? "库存不足" : text.p);
	json_close(o, ']');
	json_close(o, '}');
}

#define BAD "参数验证失败"
#define BROKEN "服务器内部错误"
#define BUSY "服务繁忙,请稍后重试"

/* clang-format off */
/*
 * name, HTTP status, code, Retry-After in seconds, message, details. STORE_UNSURE
 * is told as an error and not as "try later": what was asked may have been
 * done, and only the same request again finds out.
 */
#define INTENTS_ERRORS(X)                                                            \
	X(OK,             200,     0,  0, "操作成功",                intents_put_null) \
	X(BAD_REQUEST,    400, 40000,  0, "请求格式错误",            put_request_id) \
	X(NO_ROUTE,       404, 40400,  0, "接口不存在",              put_base) \
	X(BAD_METHOD,     405, 40501,  0, "请求方法不支持",          intents_put_null) \
	X(BODY_TOO_LARGE, 413, 41301,  0, "请求体过大",              put_max_body) \
	X(URL_TOO_LONG,   414, 41401,  0, "请求地址过长",            put_max_url) \
	X(BAD_TYPE,       415, 41501,  0, "请求体类型必须为application/json", intents_put_null) \
	X(BAD_BODY,       400, 40001,  0, BAD,                       put_bad_body) \
	X(NO_CREDENTIALS, 401, 40102,  0, "缺少认证请求头",          put_missing) \
	X(BAD_TIME,       401, 40103,  0, "请求时间戳无效或已过期",  put_server_time) \
	X(DENIED,         401, 40101,  0, "签名验证失败",            put_signed) \
	X(DISABLED,       403, 40301,  0, "无权访问该资源",          put_disabled) \
	X(IP_DENIED,      403, 40302,  0, "IP 不在白名单",           intents_put_null) \
	X(RATE_LIMITED,   429, 42901,  0, "请求过于频繁,请稍后再试", intents_put_null) \
	X(BAD_FIELD,      400, 40001,  0, BAD,                       put_faults) \
	X(NOT_FOUND,      404, 40401,  0, "采购意图不存在",          intents_put_null) \
	X(NOT_YOURS,      403, 40301,  0, "无权访问该资源",          intents_put_null) \
	X(BAD_STATE,      400, 40002,  0, "当前状态不允许更新",      put_states) \
	X(CONFLICT,       409, 40901,  0, "数据已被修改,请重新获取后再试", put_conflict_versions) \
	X(KEY_REUSED,     422, 42201,  0, "Idempotency-Key已用于另一请求", intents_put_null) \
	X(NEED_VERSION,   428, 42801,  0, "更新时必须携带If-Match版本号", intents_put_null) \
	X(NAME_TAKEN,     500, 50001,  0, BROKEN,                    put_request_id) \
	X(NO_STOCK,       400, 40001,  0, BAD,                       put_no_stock) \
	X(BUSY,           503, 50301,  1, BUSY,                      put_request_id) \
	X(STORE_BUSY,     503, 50301,  1, BUSY,                      put_request_id) \
	X(STORE_AWAY,     503, 50301,  2, "存储暂不可用,请稍后重试", put_request_id) \
	X(STORE_CONFLICT, 503, 50301,  1, BUSY,                      put_request_id) \
	X(STORE_FULL,     503, 50301, 10, "存储空间不足,暂时无法写入", put_request_id) \
	X(STORE_FAILED,   503, 50301,  5, "存储暂不可用,请稍后重试", put_request_id) \
	X(STORE_UNSURE,   500, 50001,  0, "处理结果未知,请原样重发该请求以确认", put_request_id) \
	X(NO_MEMORY,      500, 50001,  0, BROKEN,                    put_request_id) \
	X(USAGE,          500, 50001,  0, BROKEN,                    put_request_id) \
	X(STOPPING,       503, 50301,  2, BUSY,                      put_request_id)
/* clang-format on */

enum {
	error_rows = 0
#define X(name, status, code, retry_s, message, put_data) +1
	INTENTS_ERRORS(X)
#undef X
};

static_assert((int)error_rows == (int)ERR__COUNT,
    "intents must answer every error of the core");

const struct intents_error intents_errors[ERR__COUNT] = {
#define X(name, status, code, retry_s, message, put_data) \
	[ERR_##name] = {status, code, retry_s, message, put_data},
    INTENTS_ERRORS(X)
#undef X
};
