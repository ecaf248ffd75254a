/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The franchiser dialect as struct dialect, and its first hook: the four fields
 * of a call, which come as a form of either kind.
 */
#include "dialect/franchiser/franchiser.h"

#include "dialect/franchiser/franchiser_impl.h"

#include <assert.h>

static bool
franchiser_claims_path(struct str path)
{
	return str_eq(path, STR("/franchiser")) ||
	    str_starts(path, STR("/franchiser/"));
}

/* No content type is as good as a form's. */
static enum err_code
read_form(struct call *call, struct form *form)
{
	struct str type = request_header(&call->request, "Content-Type");
	struct str body = call->request.body;
	enum err_code rc;
	struct str twice;

	if (body.n == 0)
		return ERR_OK;
	if (type.n == 0)
		rc = form_read_pairs(form, body, &call->err);
	else
		rc = form_read_body(form, type, body, &call->err);
	if (rc == ERR_BAD_BODY)
		return franchiser_refuse(call, rc, WHAT_FORMAT, "%s",
		    "请求体不是合法的表单");
	if (rc != ERR_OK) {
		outcome_fail(&call->outcome, rc, &call->err);
		return rc;
	}
	twice = form_find_duplicate(form);
	if (str_is_null(twice))
		return ERR_OK;
	twice = franchiser_cut(twice);
	return franchiser_refuse(call, ERR_BAD_BODY, WHAT_FORMAT, "参数重复:%.*s",
	    STR_ARG(twice));
}

static enum err_code
take_field(struct call *call, const char *name, struct str *out)
{
	struct franchiser_state *state = call->state;

	*out = form_find(&state->form, str_from(name));
	if (out->n > 0)
		return ERR_OK;
	return franchiser_refuse(call, ERR_NO_CREDENTIALS, WHAT_FORMAT, "缺少%s",
	    name);
}

static enum err_code
open_call(struct call *call, struct franchiser_state *state)
{
	const struct request *r = &call->request;
	enum err_code rc;

	call->operation = franchiser_find_call(r->path);
	if (call->operation == NULL)
		return franchiser_refuse(call, ERR_NO_ROUTE, WHAT_FORMAT, "%s",
		    "接口不存在");
	if (!str_eq(r->method, STR("POST")))
		return franchiser_refuse(call, ERR_BAD_METHOD, WHAT_FORMAT, "%s",
		    "只支持POST请求");
	form_init(&state->form, call->arena);
	rc = read_form(call, &state->form);
	if (rc == ERR_OK)
		rc = take_field(call, "appid", &call->credential_key);
	if (rc == ERR_OK)
		rc = take_field(call, "timestamp", &state->timestamp);
	if (rc == ERR_OK)
		rc = take_field(call, "request_data", &state->request_data);
	if (rc == ERR_OK)
		rc = take_field(call, "sign", &state->sign);
	return rc;
}

static enum err_code
franchiser_open(struct call *call)
{
	struct franchiser_state *state;

	assert(call != NULL);
	assert(call->arena != NULL);
	state = ARENA_NEW(call->arena, struct franchiser_state);
	call->state = state;
	if (state == NULL) {
		outcome_fail(&call->outcome, ERR_NO_MEMORY, NULL);
		return ERR_NO_MEMORY;
	}
	return open_call(call, state);
}

static const char *
franchiser_method(const struct call *call)
{
	const struct franchiser_call *c = call->operation;

	return c == NULL ? "unknown" : c->path;
}

const struct dialect dialect_franchiser = {
    .name = "franchiser",
    .about = &franchiser_about,
    .claims_path = franchiser_claims_path,
    .open = franchiser_open,
    .open_needs_body = true,
    .verify = franchiser_verify,
    .decode = franchiser_decode,
    .encode = franchiser_encode,
    .method = franchiser_method,
    .sign = franchiser_sign,
    .example = "modify tradeno=DD202409260001 traderemark=demo",
    .compose = franchiser_compose,
    .succeeded = franchiser_succeeded,
    .examine = franchiser_examine,
    .describe = franchiser_describe,
};
