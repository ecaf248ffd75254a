/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wangdian dialect as struct dialect, and its first hook. Nearly nothing
 * can be told without the credential here: their order of checks begins with
 * sid and key, so open only reads the query.
 */
#include "dialect/wangdian/wangdian.h"

#include "dialect/wangdian/wangdian_impl.h"

#include <assert.h>

static bool
wangdian_claims_path(struct str path)
{
	struct str base = STR(WANGDIAN_PATH);

	return str_starts(path, base) &&
	    (path.n == base.n || path.p[base.n] == '/');
}

/* With a slash at its end a base URL is as good as without. */
static bool
is_route(struct str path)
{
	if (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	return str_eq(path, STR(WANGDIAN_PATH)) ||
	    str_eq(path, STR(WANGDIAN_PATH_TWICE));
}

static struct str
parameter(const struct form *query, struct str name)
{
	struct str value = form_find(query, name);

	return str_is_null(value) ? STR("") : value;
}

static enum err_code
open_call(struct call *call, struct wangdian_state *state)
{
	const struct request *r = &call->request;

	if (!is_route(r->path))
		return wangdian_refuse(call, ERR_NO_ROUTE, WANGDIAN_REFUSED,
		    "请求地址不存在，应为" WANGDIAN_PATH);
	if (!str_eq(r->method, STR("POST")))
		return wangdian_refuse(call, ERR_BAD_METHOD, 0, NULL);
	form_init(&state->query, call->arena);
	if (form_read_pairs(&state->query, r->query, &call->err) != ERR_OK)
		return wangdian_refuse(call, ERR_BAD_REQUEST, WANGDIAN_REFUSED,
		    "URL中的参数格式错误");
	state->sid = parameter(&state->query, STR("sid"));
	state->salt = parameter(&state->query, STR("salt"));
	state->timestamp = parameter(&state->query, STR("timestamp"));
	state->version = parameter(&state->query, STR("v"));
	state->sign = parameter(&state->query, STR("sign"));
	state->method = parameter(&state->query, STR("method"));
	call->operation = wangdian_find_method(state->method);
	/* Never absent: no method of theirs is public. */
	call->credential_key = parameter(&state->query, STR("key"));
	return ERR_OK;
}

static enum err_code
wangdian_open(struct call *call)
{
	struct wangdian_state *state;

	assert(call != NULL);
	assert(call->arena != NULL);
	state = ARENA_NEW(call->arena, struct wangdian_state);
	call->state = state;
	if (state == NULL)
		return wangdian_refuse(call, ERR_NO_MEMORY, 0, NULL);
	return open_call(call, state);
}

static const char *
wangdian_method_name(const struct call *call)
{
	const struct wangdian_method *m = call->operation;

	return m == NULL ? "unknown" : m->name;
}

const struct dialect dialect_wangdian = {
    .name = "wangdian",
    .about = &wangdian_about,
    .claims_path = wangdian_claims_path,
    .open = wangdian_open,
    .open_needs_body = false,
    .verify = wangdian_verify,
    .decode = wangdian_decode,
    .encode = wangdian_encode,
    .prepare = wangdian_prepare,
    .method = wangdian_method_name,
    .sign = wangdian_sign,
    .example =
	"purchase.PurchaseOrder.updatePurchaseInfo purchase_no=CG2204130001 flag_name=aa",
    .compose = wangdian_compose,
    .succeeded = wangdian_succeeded,
    .examine = wangdian_examine,
    .describe = wangdian_describe,
};
