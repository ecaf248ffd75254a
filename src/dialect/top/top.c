/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The top dialect as struct dialect, and its first hook: the parameters, which
 * may stand in the query, in the body or in both, and the two checks that come
 * before the app is known.
 */
#include "dialect/top/top.h"

#include "dialect/top/top_impl.h"

#include <assert.h>

static bool
top_claims_path(struct str path)
{
	return str_eq(path, STR("/router")) ||
	    str_starts(path, STR("/router/"));
}

struct str
top_param_find(const struct call *call, const char *name)
{
	const struct top_state *state = call->state;
	struct str value = form_find(&state->form, str_from(name));

	return value.n == 0 ? STR_NONE : value;
}

enum err_code
top_refuse(struct call *call, enum top_error error, struct str argument,
    enum err_code code)
{
	struct top_state *state = call->state;

	assert(error != TOP_NONE);
	state->error = error;
	state->argument = argument;
	err_set(&call->err, code, NULL, "%s%.*s", top_errors[error].msg,
	    argument.n > 64 ? 64 : (int)argument.n,
	    argument.p ? argument.p : "");
	outcome_fail(&call->outcome, code, &call->err);
	return code;
}

/* What the form reader said, in the platform's words. */
static enum err_code
refuse_form(struct call *call, enum err_code rc)
{
	struct err why = call->err;

	if (rc == ERR_BAD_TYPE)
		rc = top_refuse(call, TOP_BAD_ARGUMENT, STR("content-type"),
		    rc);
	else if (rc == ERR_BAD_BODY)
		rc = top_refuse(call, TOP_BAD_ENCODING, STR_NONE, rc);
	else
		outcome_fail(&call->outcome, rc, &call->err);
	call->err = why;
	return rc;
}

/* Clients send GET with a JSON content type and nothing behind it: a body that
 * is not there has no type. */
static enum err_code
read_parameters(struct call *call, struct form *form)
{
	const struct request *r = &call->request;
	struct str type = request_header(r, "Content-Type");
	enum err_code rc = form_read_pairs(form, r->query, &call->err);

	if (rc != ERR_OK || r->body.n == 0)
		return rc;
	if (type.n == 0)
		return form_read_pairs(form, r->body, &call->err);
	return form_read_body(form, type, r->body, &call->err);
}

static bool
is_utf8(const struct form *form)
{
	for (size_t i = 0; i < form->count; i++) {
		const struct form_field *f = &form->fields[i];

		if (str_code_points(f->name) < 0 ||
		    (!f->is_file && str_code_points(f->value) < 0))
			return false;
	}
	return true;
}

static enum err_code
check_parameters(struct call *call, const struct form *form)
{
	struct str twice;

	if (!is_utf8(form))
		return top_refuse(call, TOP_BAD_ENCODING, STR_NONE,
		    ERR_BAD_BODY);
	twice = form_find_duplicate(form);
	if (!str_is_null(twice))
		return top_refuse(call, TOP_BAD_ARGUMENT, twice, ERR_BAD_FIELD);
	return ERR_OK;
}

static enum err_code
open_call(struct call *call, struct top_state *state)
{
	const struct request *r = &call->request;
	struct str method;
	enum err_code rc;

	rc = read_parameters(call, &state->form);
	if (rc != ERR_OK)
		return refuse_form(call, rc);
	if (!str_eq(r->path, STR(TOP_PATH)))
		return top_refuse(call, TOP_BAD_METHOD, STR_NONE, ERR_NO_ROUTE);
	if (!str_eq(r->method, STR("POST")) && !str_eq(r->method, STR("GET")))
		return top_refuse(call, TOP_HTTP_ACTION, STR_NONE,
		    ERR_BAD_METHOD);
	rc = check_parameters(call, &state->form);
	if (rc != ERR_OK)
		return rc;
	method = top_param_find(call, "method");
	if (str_is_null(method))
		return top_refuse(call, TOP_NO_METHOD, STR_NONE, ERR_NO_ROUTE);
	call->operation = top_method_find(method);
	call->credential_key = top_param_find(call, "app_key");
	if (str_is_null(call->credential_key))
		return top_refuse(call, TOP_NO_APP_KEY, STR_NONE,
		    ERR_NO_CREDENTIALS);
	return ERR_OK;
}

static enum err_code
top_open(struct call *call)
{
	struct top_state *state;

	assert(call != NULL);
	assert(call->arena != NULL);
	state = ARENA_NEW(call->arena, struct top_state);
	if (state == NULL) {
		(void)err_set(&call->err, ERR_NO_MEMORY, NULL,
		    "the arena is full");
		outcome_fail(&call->outcome, ERR_NO_MEMORY, &call->err);
		return ERR_NO_MEMORY;
	}
	form_init(&state->form, call->arena);
	call->state = state;
	return open_call(call, state);
}

static const char *
top_method(const struct call *call)
{
	const struct top_method *m = call->operation;

	return m == NULL ? "unknown" : m->name;
}

const struct dialect dialect_top = {
    .name = "top",
    .about = &top_about,
    .claims_path = top_claims_path,
    .open = top_open,
    .open_needs_body = true,
    .verify = top_verify,
    .decode = top_decode,
    .encode = top_encode,
    .prepare = top_prepare,
    .method = top_method,
    .sign = top_sign,
    .example =
	"taobao.itemmarket.order.info.update purchase_order_id=67892 vendor_order_id=3047544471326439704 event=VENDOR_PAID",
    .compose = top_compose,
    .succeeded = top_succeeded,
    .examine = top_examine,
    .describe = top_describe,
};
