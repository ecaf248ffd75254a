/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients of this dialect are told of each error: the one table, with a
 * row for every code of the core (counted when compiling), and the words of
 * those that name an order or a field.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define REFUSAL_BYTES 1024 /* a message with a few names in it */

enum err_code
wangdian_refuse(struct call *call, enum err_code code, int64_t status,
    const char *fmt, ...)
{
	struct wangdian_state *state = call->state;
	char text[REFUSAL_BYTES] = "";
	va_list args;

	if (fmt != NULL) {
		va_start(args, fmt);
		(void)vsnprintf(text, sizeof(text), fmt, args);
		va_end(args);
	}
	if (fmt != NULL && state != NULL) {
		state->status = status;
		state->message = arena_dup(call->arena, str_from(text));
	}
	(void)err_set(&call->err, code, "", "%s",
	    fmt != NULL ? text : err_text(code));
	outcome_fail(&call->outcome, code, &call->err);
	return code;
}

/* --- words that name something -------------------------------------------- */

static struct str
say_not_found(const struct call *call)
{
	return arena_printf(call->arena, "采购单号为 %.*s 的单据不存在",
	    STR_ARG(call->command.name));
}

static struct str
say_taken(const struct call *call)
{
	return arena_printf(call->arena, "采购单号 %.*s 已存在",
	    STR_ARG(call->command.change.to.purchase_no));
}

static struct str
say_state(const struct call *call)
{
	const struct wangdian_method *m = call->operation;

	if (m == NULL || m->bad_state == NULL)
		return STR("单据状态不允许此操作");
	return str_from(m->bad_state);
}

/* A text without a name is a sentence of its own; what the core refuses is
 * named here. */
static struct str
field_name(const struct fault *f)
{
	if (f->rule == RULE_TOO_DEEP)
		return STR("page_no");
	if (!str_is_null(f->wire) || f->text != NULL)
		return f->wire;
	if (f->field == F_LINES)
		return STR("purchase_details");
	return str_from(order_fields[f->field].name);
}

static const char *
rule_text(enum rule rule)
{
	switch (rule) {
	case RULE_REQUIRED:
		return "不能为空";
	case RULE_TYPE:
		return "类型错误";
	case RULE_RANGE:
		return "超出允许范围";
	case RULE_LENGTH:
		return "长度超出限制";
	case RULE_TOO_DEEP:
		return "过大，请缩小查询时间范围";
	default:
		return "格式错误";
	}
}

/* All that is wrong, in one sentence. */
static struct str
say_faults(const struct call *call)
{
	const struct outcome *out = &call->outcome;
	struct buf b;

	buf_init(&b, call->arena, (size_t)LIMIT_FAULTS * REFUSAL_BYTES);
	for (size_t i = 0; i < out->fault_count; i++) {
		const struct fault *f = &out->faults[i];

		if (i > 0)
			buf_str(&b, STR(";"));
		buf_str(&b, field_name(f));
		buf_str(&b,
		    str_from(f->text != NULL ? f->text : rule_text(f->rule)));
	}
	return buf_view(&b);
}

/* --- the table ------------------------------------------------------------ */

#define BROKEN "服务器内部错误"
#define MISMATCH "argument type mismatch"
#define NO_STORE "数据库错误"
#define UNSURE "处理结果未知，请原样重发该请求以确认"

/* clang-format off */
/*
 * name, status, message or NULL, the function that words it or NULL. Another
 * app's order is as good as none. STORE_UNSURE is not 数据库错误, which means
 * that nothing was written.
 */
#define WANGDIAN_ERRORS(X)                                                    \
	X(OK,             DONE,     "",                           NULL)       \
	X(BAD_REQUEST,    REFUSED,  "请求格式错误",               NULL)       \
	X(NO_ROUTE,       BUSINESS, "权限不足",                   NULL)       \
	X(BAD_METHOD,     REFUSED,  "只支持POST请求",             NULL)       \
	X(BODY_TOO_LARGE, REFUSED,  "请求体过大，不能超过1048576字节", NULL)  \
	X(URL_TOO_LONG,   REFUSED,  "请求地址过长，不能超过8192字节", NULL)   \
	X(BAD_TYPE,       REFUSED,  MISMATCH,                     NULL)       \
	X(BAD_BODY,       REFUSED,  MISMATCH,                     NULL)       \
	X(NO_CREDENTIALS, REFUSED,  "验证失败",                   NULL)       \
	X(BAD_TIME,       TIME,     "时间戳错误",                 NULL)       \
	X(DENIED,         REFUSED,  "验证失败",                   NULL)       \
	X(DISABLED,       REFUSED,  "app auth fail",              NULL)       \
	X(IP_DENIED,      IP,       "ip限制",                     NULL)       \
	X(RATE_LIMITED,   BUSINESS, "超过每分钟最大调用频率限制，请稍后重试", NULL) \
	X(BAD_FIELD,      BUSINESS, NULL,                         say_faults) \
	X(NOT_FOUND,      BUSINESS, NULL,                         say_not_found) \
	X(NOT_YOURS,      BUSINESS, NULL,                         say_not_found) \
	X(BAD_STATE,      BUSINESS, NULL,                         say_state)  \
	X(CONFLICT,       BUSINESS, "单据已被修改，请重新获取后再试", NULL)   \
	X(KEY_REUSED,     BUSINESS, "同一请求标识已用于另一请求", NULL)       \
	X(NEED_VERSION,   BUSINESS, "应用策略要求更新携带版本号，此接口不支持", NULL) \
	X(NAME_TAKEN,     BUSINESS, NULL,                         say_taken)  \
	X(NO_STOCK,       BUSINESS, "库存不足",                   NULL)       \
	X(BUSY,           STORE,    NO_STORE,                     NULL)       \
	X(STORE_BUSY,     STORE,    NO_STORE,                     NULL)       \
	X(STORE_AWAY,     STORE,    NO_STORE,                     NULL)       \
	X(STORE_CONFLICT, STORE,    NO_STORE,                     NULL)       \
	X(STORE_FULL,     STORE,    NO_STORE,                     NULL)       \
	X(STORE_FAILED,   STORE,    NO_STORE,                     NULL)       \
	X(STORE_UNSURE,   REFUSED,  UNSURE,                       NULL)       \
	X(NO_MEMORY,      REFUSED,  BROKEN,                       NULL)       \
	X(USAGE,          REFUSED,  BROKEN,                       NULL)       \
	X(STOPPING,       STORE,    NO_STORE,                     NULL)
/* clang-format on */

static_assert(LIMIT_BODY_BYTES == 1048576, "told to clients above");
static_assert(LIMIT_URL_BYTES == 8192, "told to clients above");

enum {
	error_rows = 0
#define X(name, status, message, say) +1
	WANGDIAN_ERRORS(X)
#undef X
};

static_assert((int)error_rows == (int)ERR__COUNT,
    "wangdian must answer every error of the core");

static const struct {
	int64_t status;
	const char *message;
	struct str (*say)(const struct call *call);
} errors[ERR__COUNT] = {
#define X(name, status, message, say) \
	[ERR_##name] = {WANGDIAN_##status, message, say},
    WANGDIAN_ERRORS(X)
#undef X
};

void
wangdian_error_row(enum err_code code, int64_t *status, const char **message)
{
	assert((unsigned)code < ERR__COUNT);
	*status = errors[code].status;
	*message = errors[code].message;
}

int64_t
wangdian_failure(const struct call *call, struct str *message)
{
	const struct wangdian_state *state = call->state;
	enum err_code code = call->outcome.code;

	assert(code != ERR_OK);
	assert((unsigned)code < ERR__COUNT);
	if (state != NULL && !str_is_null(state->message)) {
		*message = state->message;
		return state->status;
	}
	*message = errors[code].say != NULL ? errors[code].say(call)
					    : str_from(errors[code].message);
	return errors[code].status;
}

struct str
wangdian_order_failure(const struct call *call, enum err_code code)
{
	assert(code != ERR_OK);
	assert((unsigned)code < ERR__COUNT);
	if (code == ERR_NOT_FOUND || code == ERR_NOT_YOURS)
		return STR("采购单号不存在");
	if (code == ERR_BAD_STATE)
		return say_state(call);
	return str_from(
	    errors[code].message != NULL ? errors[code].message : BROKEN);
}
