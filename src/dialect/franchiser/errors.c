/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients of this dialect are told of each error: the one table, with a
 * row for every code of the core (counted when compiling), and the words of
 * those that name something. All codes but the published three can be
 * renumbered for an app by its policies.
 */
#include "dialect/franchiser/franchiser_impl.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define REFUSAL_BYTES 512
#define FORMAT_PREFIX "请求参数格式错误:"

struct str
franchiser_cut(struct str text)
{
	size_t n = 0;

	if (text.n <= LIMIT_NAME_BYTES)
		return text;
	for (;;) {
		size_t step = str_utf8_length(str_sub(text, n, 4));

		if (step == 0 || n + step > LIMIT_NAME_BYTES)
			return str_sub(text, 0, n);
		n += step;
	}
}

enum err_code
franchiser_refuse(struct call *call, enum err_code code,
    enum franchiser_what what, const char *fmt, ...)
{
	struct franchiser_state *state = call->state;
	char text[REFUSAL_BYTES];
	va_list args;

	assert(state != NULL);
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	state->refusal.what = what;
	state->refusal.message = arena_printf(call->arena, "%s%s",
	    what == WHAT_FORMAT ? FORMAT_PREFIX : "", text);
	(void)err_set(&call->err, code, "", "%s", text);
	outcome_fail(&call->outcome, code, &call->err);
	return code;
}

/* --- codes ----------------------------------------------------------------- */

static_assert(sizeof(struct franchiser_error) / sizeof(int64_t) == WHAT_ADDRESS,
    "each code that has a policy has a kind of fault");

/* By the app's policy, or the defaults where there is no app. */
static int64_t
code_by(const struct policy *p, enum franchiser_what what)
{
	struct policy defaults;

	assert((unsigned)what < WHAT__COUNT);
	if (what == WHAT_ADDRESS)
		return 1002;
	if (what == WHAT_STOCK)
		return -10;
	if (what == WHAT_UNSURE)
		return -2;
	policy_init(&defaults);
	if (p == NULL)
		p = &defaults;
	/* One after the other, in the order of enum franchiser_what. */
	return ((const int64_t *)(const void *)&p->franchiser_error)[what];
}

static int64_t
code_of(const struct call *call, enum franchiser_what what)
{
	return code_by(
	    call->credential != NULL ? &call->credential->policy : NULL, what);
}

/* --- words that name something --------------------------------------------- */

static struct str
say_not_found(const struct call *call)
{
	struct str name = franchiser_cut(call->command.name);

	return arena_printf(call->arena, "订单[%.*s]不存在", STR_ARG(name));
}

static struct str
say_state(const struct call *call)
{
	const struct order *order = call->outcome.order;
	struct str name = franchiser_cut(call->command.name);

	return arena_printf(call->arena, "订单[%.*s]当前状态[%s]不允许修改",
	    STR_ARG(name),
	    order == NULL ? "" : order_status_name(order->status));
}

static struct str
say_no_stock(const struct call *call)
{
	return arena_printf(call->arena, "产品[%.*s]库存不足",
	    STR_ARG(call->outcome.product));
}

/* Way and company as the order would have had them. */
static struct str
say_misfit(const struct call *call)
{
	const struct change *c = &call->command.change;
	const struct order *o = call->outcome.order;
	bool way = o == NULL || change_has(c, F_TRANSPORT_WAY);
	bool company = o == NULL || change_has(c, F_LOGISTICS_COMPANY);

	return arena_printf(call->arena, "物流公司[%lld]与运输方式[%lld]不匹配",
	    (long long)(company ? c->to.logistics_company
				: o->logistics_company),
	    (long long)(way ? c->to.transport_way : o->transport_way));
}

/* --- the table ------------------------------------------------------------- */

#define BUSY_TEXT "系统繁忙,请稍后重试"

/* clang-format off */
/* name, what, message or NULL, the function that words it or NULL. Another app's
 * order is as good as none. */
#define FRANCHISER_ERRORS(X)                                                   \
	X(OK,             SYSTEM,    "",                          NULL)        \
	X(BAD_REQUEST,    FORMAT,    FORMAT_PREFIX "HTTP请求格式错误或有歧义", NULL) \
	X(NO_ROUTE,       FORMAT,    FORMAT_PREFIX "接口不存在",  NULL)        \
	X(BAD_METHOD,     FORMAT,    FORMAT_PREFIX "只支持POST请求", NULL)     \
	X(BODY_TOO_LARGE, FORMAT,    FORMAT_PREFIX "请求体不能超过1048576字节", NULL) \
	X(URL_TOO_LONG,   FORMAT,    FORMAT_PREFIX "请求地址不能超过8192字节", NULL) \
	X(BAD_TYPE,       FORMAT,    FORMAT_PREFIX "请求体须为application/x-www-form-urlencoded或multipart/form-data", NULL) \
	X(BAD_BODY,       FORMAT,    FORMAT_PREFIX "请求体不是合法的表单", NULL) \
	X(NO_CREDENTIALS, FORMAT,    FORMAT_PREFIX "缺少appid",   NULL)        \
	X(BAD_TIME,       TIME,      "时间戳无效或已过期",        NULL)        \
	X(DENIED,         BAD_SIGN,  "签名验证失败",              NULL)        \
	X(DISABLED,       BAD_SIGN,  "应用已停用",                NULL)        \
	X(IP_DENIED,      BAD_SIGN,  "IP地址不在允许范围内",      NULL)        \
	X(RATE_LIMITED,   RATE,      "请求过于频繁,请稍后再试",   NULL)        \
	X(BAD_FIELD,      FIELD,     "items格式错误",             NULL)        \
	X(NOT_FOUND,      NOT_FOUND, NULL,                        say_not_found) \
	X(NOT_YOURS,      NOT_FOUND, NULL,                        say_not_found) \
	X(BAD_STATE,      STATE,     NULL,                        say_state)   \
	X(CONFLICT,       STATE,     "订单已被修改,请重新获取后再试", NULL)    \
	X(KEY_REUSED,     FORMAT,    FORMAT_PREFIX "请求标识已用于另一请求", NULL) \
	X(NEED_VERSION,   FORMAT,    FORMAT_PREFIX "应用策略要求更新携带版本号,此接口不支持", NULL) \
	X(NAME_TAKEN,     SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(NO_STOCK,       STOCK,     NULL,                        say_no_stock) \
	X(BUSY,           SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(STORE_BUSY,     SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(STORE_AWAY,     SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(STORE_CONFLICT, SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(STORE_FULL,     SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(STORE_FAILED,   SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(STORE_UNSURE,   UNSURE,    "处理结果未知,请原样重发该请求以确认", NULL) \
	X(NO_MEMORY,      SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(USAGE,          SYSTEM,    BUSY_TEXT,                   NULL)        \
	X(STOPPING,       SYSTEM,    BUSY_TEXT,                   NULL)
/* clang-format on */

static_assert(LIMIT_BODY_BYTES == 1048576, "told to clients above");
static_assert(LIMIT_URL_BYTES == 8192, "told to clients above");

enum {
	error_rows = 0
#define X(name, what, message, say) +1
	FRANCHISER_ERRORS(X)
#undef X
};

static_assert((int)error_rows == (int)ERR__COUNT,
    "franchiser must answer every error of the core");

static const struct {
	enum franchiser_what what;
	const char *message;
	struct str (*say)(const struct call *call);
} errors[ERR__COUNT] = {
#define X(name, kind, message, say) [ERR_##name] = {WHAT_##kind, message, say},
    FRANCHISER_ERRORS(X)
#undef X
};

void
franchiser_error_row(enum err_code code, int64_t *status_code,
    const char **message)
{
	assert((unsigned)code < ERR__COUNT);
	*status_code = code_by(NULL, errors[code].what);
	*message = errors[code].message;
}

/* What the core found wrong with a field, or had been told to find. */
static int64_t
field_failure(const struct call *call, struct str *message)
{
	const struct franchiser_state *state = call->state;
	const struct fault *f = &call->outcome.faults[0];

	if (call->outcome.fault_count > 0 && f->text != NULL &&
	    f->text == state->objection.message.p) {
		*message = state->objection.message;
		return code_of(call, state->objection.what);
	}
	if (call->outcome.fault_count > 0 && f->field == F_LOGISTICS_COMPANY) {
		*message = say_misfit(call);
		return code_of(call, WHAT_TRANSPORT);
	}
	*message = str_from(errors[ERR_BAD_FIELD].message);
	return code_of(call, WHAT_FIELD);
}

int64_t
franchiser_failure(const struct call *call, struct str *message)
{
	const struct franchiser_state *state = call->state;
	enum err_code code = call->outcome.code;

	assert(code != ERR_OK);
	if (state != NULL && !str_is_null(state->refusal.message)) {
		*message = state->refusal.message;
		return code_of(call, state->refusal.what);
	}
	if (code == ERR_BAD_FIELD)
		return field_failure(call, message);
	*message = errors[code].say != NULL ? errors[code].say(call)
					    : str_from(errors[code].message);
	return code_of(call, errors[code].what);
}
