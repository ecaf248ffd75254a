/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of the wangdian dialect to commands. The body is the list of the
 * method's positional arguments; every method takes one at most, so two records
 * are two arguments and refused as such.
 *
 *	no arguments      (no body), null, [], [{}]
 *	one argument      [{…}], {…}, ["CG1"], [["CG1","CG2"]]
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define OBJECTION_BYTES 1024 /* several names of the catalog */

/* --- what the methods share ------------------------------------------------ */

struct wire_sink
wangdian_sink(struct call *call)
{
	return (struct wire_sink){
	    .arena = call->arena,
	    .change = &call->command.change,
	    .outcome = &call->outcome,
	};
}

struct str
wangdian_text(const struct wire_sink *sink, const json_t *object,
    const struct wangdian_text_row *row)
{
	const json_t *member = json_object_get(object, row->name);
	struct str text = json_text(member);
	enum rule rule = RULE_NONE;

	if (member == NULL || json_is_null(member) ||
	    (json_is_string(member) && text.n == 0))
		rule = row->required ? RULE_REQUIRED : RULE_NONE;
	else if (!json_is_string(member))
		rule = RULE_TYPE;
	else if (str_code_points(text) > row->max || text.n > LIMIT_TEXT_BYTES)
		rule = RULE_LENGTH;
	else
		return text;
	if (rule != RULE_NONE)
		fields_fault(sink, rule, str_from(row->name), NULL);
	return STR_NONE;
}

void
wangdian_object(struct call *call, const char *fmt, ...)
{
	struct wangdian_state *state = call->state;
	char text[OBJECTION_BYTES];
	struct str all;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	all = arena_printf(call->arena, "%.*s%s%s", STR_ARG(state->objection),
	    str_is_null(state->objection) ? "" : ";", text);
	/* With a NUL behind it, as a fault's text has. */
	state->objection = all;
	call->command.objection = (struct fault){
	    .rule = RULE_UNKNOWN, .field = F_FLAG, .text = all.p};
}

void
wangdian_put_flag(struct call *call, struct str name)
{
	const struct flag *flag;

	if (str_is_null(name))
		return;
	if (str_eq(name, STR(WANGDIAN_NO_FLAG))) {
		change_set_int(&call->command.change, F_FLAG, FLAG_NONE);
		return;
	}
	flag = catalog_purchase_flag(call->credential->catalog, name);
	if (flag == NULL)
		wangdian_object(call, "采购标记不存在:%.*s", STR_ARG(name));
	else
		change_set_int(&call->command.change, F_FLAG, flag->id);
}

/* --- the short methods ----------------------------------------------------- */

const struct wangdian_text_row wangdian_update_purchase_no = {
    "purchase_no", true, LIMIT_NAME_BYTES};
const struct wangdian_text_row wangdian_update_flag_name = {
    "flag_name", true, LIMIT_CATALOG_TEXT_BYTES};

enum err_code
wangdian_decode_update(struct call *call, json_t *argument)
{
	struct wire_sink sink = wangdian_sink(call);

	call->command.name = wangdian_text(&sink, argument,
	    &wangdian_update_purchase_no);
	wangdian_put_flag(call,
	    wangdian_text(&sink, argument, &wangdian_update_flag_name));
	return ERR_OK;
}

enum err_code
wangdian_decode_cancel(struct call *call, json_t *argument)
{
	struct wire_sink sink = wangdian_sink(call);

	call->command.name = json_text(argument);
	call->command.change.move = MOVE_WITHDRAW;
	if (call->command.name.n == 0)
		fields_fault(&sink, RULE_REQUIRED, STR("purchase_no"), NULL);
	return ERR_OK;
}

enum err_code
wangdian_decode_now(struct call *call, json_t *argument)
{
	(void)call;
	assert(argument == NULL);
	return ERR_OK;
}

/* --- the body -------------------------------------------------------------- */

/* Whether the app's policy lets it call the method. */
static bool
is_granted(const struct call *call, const struct wangdian_method *m)
{
	struct str rest = call->credential->policy.wangdian_methods;

	if (rest.n == 0)
		return true;
	while (!str_is_null(rest)) {
		if (str_eq(str_cut(&rest, ','), str_from(m->name)))
			return true;
	}
	return false;
}

/* No content type is as good as theirs; a form is none of ours. */
static enum err_code
read_body(struct call *call, json_t **out)
{
	struct str body = call->request.body;
	struct str type = request_header(&call->request, "Content-Type");
	enum err_code rc;

	*out = NULL;
	if (!str_is_null(type) &&
	    !str_eq_nocase(form_media_type(type), STR("application/json")))
		return wangdian_refuse(call, ERR_BAD_TYPE, 0, NULL);
	if (body.n == 0)
		return ERR_OK;
	rc = json_read(call->arena, body, JSON_READ_NUMBERS_AS_REAL, out,
	    &call->err);
	if (rc != ERR_OK)
		outcome_fail(&call->outcome, rc, &call->err);
	return rc;
}

static bool
is_list_of_texts(const json_t *json)
{
	if (!json_is_array(json))
		return false;
	for (size_t i = 0; i < json_array_size(json); i++) {
		if (!json_is_string(json_array_get(json, i)))
			return false;
	}
	return true;
}

static bool
fits(enum argument kind, const json_t *json)
{
	switch (kind) {
	case ARGUMENT_OBJECT:
		return json_is_object(json);
	case ARGUMENT_TEXT:
		return json_is_string(json);
	case ARGUMENT_TEXTS:
		return is_list_of_texts(json);
	case ARGUMENT_NONE:
		break;
	}
	return false;
}

static bool
is_empty_object(const json_t *json)
{
	return json_is_object(json) && json_object_size(json) == 0;
}

/* The method's argument out of the body; NULL for none. */
static enum err_code
find_argument(struct call *call, const struct wangdian_method *m, json_t *body,
    json_t **out)
{
	size_t wanted = m->argument == ARGUMENT_NONE ? 0 : 1;
	size_t count = 0;

	*out = NULL;
	if (json_is_array(body)) {
		count = json_array_size(body);
		*out = json_array_get(body, 0);
	} else if (json_is_object(body)) {
		count = 1;
		*out = body;
	} else if (body != NULL && !json_is_null(body)) {
		return wangdian_refuse(call, ERR_BAD_BODY, 0, NULL);
	}
	if (wanted == 0 && count == 1 && is_empty_object(*out))
		count = 0;
	if (count != wanted)
		return wangdian_refuse(call, ERR_BAD_BODY, WANGDIAN_REFUSED,
		    "invalid argument count");
	if (wanted == 0)
		*out = NULL;
	else if (!fits(m->argument, *out))
		return wangdian_refuse(call, ERR_BAD_BODY, 0, NULL);
	return ERR_OK;
}

static enum err_code
decode_call(struct call *call, const struct wangdian_method *m)
{
	struct command *c = &call->command;
	json_t *body, *argument;
	enum err_code rc = ERR_OK;

	c->kind = m->kind;
	c->method = m->name;
	c->name_kind = NAME_PURCHASE_NO;
	if (m->paging == PAGING_PAGED)
		rc = wangdian_decode_paging(call);
	if (rc == ERR_OK)
		rc = read_body(call, &body);
	if (rc == ERR_OK)
		rc = find_argument(call, m, body, &argument);
	if (rc == ERR_OK)
		rc = m->decode(call, argument);
	if (rc != ERR_OK)
		return rc;
	if (arena_failed(call->arena))
		return wangdian_refuse(call, ERR_NO_MEMORY, 0, NULL);
	/* All that is wrong is told at once. */
	if (call->outcome.code == ERR_BAD_FIELD &&
	    c->objection.rule != RULE_NONE)
		outcome_add_fault(&call->outcome, c->objection);
	return call->outcome.code;
}

enum err_code
wangdian_decode(struct call *call)
{
	const struct wangdian_method *m = call->operation;
	enum err_code rc;

	assert(call->state != NULL);
	assert(call->credential != NULL);
	assert(call->credential->catalog != NULL);
	assert(call->outcome.code == ERR_OK);
	if (m == NULL || !is_granted(call, m))
		return wangdian_refuse(call, ERR_NO_ROUTE, 0, NULL);
	rc = decode_call(call, m);
	if (rc == ERR_BAD_FIELD)
		(void)err_set(&call->err, rc, "", "%zu fields",
		    call->outcome.fault_count);
	return rc;
}
