/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a dialect as an operation of the OpenAPI document. */
#include "dialect/form.h"
#include "http/openapi_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *
openapi_place(enum spec_place place)
{
	static const char *const names[] = {
	    [SPEC_IN_PATH] = "path",
	    [SPEC_IN_QUERY] = "query",
	    [SPEC_IN_HEADER] = "header",
	};

	assert((unsigned)place < sizeof(names) / sizeof(names[0]));
	return names[place];
}

static bool
is_of(const struct openapi_example *e, const struct dialect *dialect,
    const struct spec_call *call)
{
	return strcmp(e->dialect, dialect->name) == 0 &&
	    strcmp(e->call, call->name) == 0;
}

/* --- requests --------------------------------------------------------------- */

static void
put_param(struct openapi *d, const struct spec_param *p)
{
	struct spec bare = p->value;

	/* The words are the parameter's. */
	bare.en = bare.zh = NULL;
	json_open(&d->out, '{');
	openapi_put_text(d, "name", p->value.name);
	openapi_put_text(d, "in", openapi_place(p->place));
	json_key(&d->out, "required");
	json_put_bool(&d->out, (p->value.flags & SPEC_REQUIRED) != 0);
	openapi_put_texts(d, "description", p->value.en, p->value.zh);
	json_key(&d->out, "schema");
	openapi_put_schema(d, &bare);
	json_close(&d->out, '}');
}

static void
put_params(struct openapi *d, const struct spec_call *call)
{
	if (call->param_count == 0)
		return;
	json_key(&d->out, "parameters");
	json_open(&d->out, '[');
	for (size_t i = 0; i < call->param_count; i++)
		put_param(d, &call->params[i]);
	json_close(&d->out, ']');
}

/* A form's fields as their schema has them. */
static void
put_form(struct openapi *d, const struct spec_call *call, const char *content)
{
	struct form form;
	struct err err;

	form_init(&form, d->arena);
	if (form_read_pairs(&form, str_from(content), &err) != ERR_OK)
		form.count = 0;
	json_open(&d->out, '{');
	openapi_put_text(d, "v", "2.0"); /* the signer's to add */
	for (size_t i = 0; i < form.count; i++) {
		const struct form_field *f = &form.fields[i];
		struct str name = arena_dup(d->arena, f->name);
		const struct spec *s = call->body.members;

		while (s < call->body.members + call->body.member_count &&
		    !str_eq(str_from(s->name), f->name))
			s++;
		if (s == call->body.members + call->body.member_count)
			continue;
		json_key(&d->out, str_is_null(name) ? "" : name.p);
		if (s->type == SPEC_INT || s->type == SPEC_DECIMAL)
			json_put_raw(&d->out, f->value);
		else
			json_put_str(&d->out, f->value);
	}
	json_close(&d->out, '}');
}

/* Whether the conversation is an example of what is sent (0), or of an answer
 * with this status. */
static bool
shows(const struct openapi_example *e, const struct spec_call *call, int status)
{
	if (status != 0)
		return e->status == status;
	return e->status == 200 && e->content != NULL &&
	    call->body_type != NULL;
}

static void
put_example(struct openapi *d, const struct spec_call *call,
    const struct openapi_example *e, int status)
{
	json_key(&d->out, e->name);
	json_open(&d->out, '{');
	openapi_put_texts(d, "summary", e->en, e->zh);
	json_key(&d->out, "value");
	if (status != 0)
		json_put_raw(&d->out, str_from(e->reply));
	else if (e->request != NULL)
		json_put_raw(&d->out, str_from(e->request));
	else
		put_form(d, call, e->content);
	json_close(&d->out, '}');
}

static void
put_examples(struct openapi *d, const struct dialect *dialect,
    const struct spec_call *call, int status)
{
	bool begun = false;

	for (const struct openapi_example *e = openapi_examples;
	     e->dialect != NULL; e++) {
		if (!is_of(e, dialect, call) || !shows(e, call, status))
			continue;
		if (!begun) {
			json_key(&d->out, "examples");
			json_open(&d->out, '{');
			begun = true;
		}
		put_example(d, call, e, status);
	}
	if (begun)
		json_close(&d->out, '}');
}

static void
put_body(struct openapi *d, const struct dialect *dialect,
    const struct spec_call *call)
{
	if (call->body_type == NULL)
		return;
	json_key(&d->out, "requestBody");
	json_open(&d->out, '{');
	json_key(&d->out, "required");
	json_put_bool(&d->out, call->body_required);
	json_key(&d->out, "content");
	json_open(&d->out, '{');
	json_key(&d->out, call->body_type);
	json_open(&d->out, '{');
	json_key(&d->out, "schema");
	openapi_put_schema(d, &call->body);
	put_examples(d, dialect, call, 0);
	json_close(&d->out, '}');
	json_close(&d->out, '}');
	json_close(&d->out, '}');
}

/* --- answers ---------------------------------------------------------------- */

/* "40001 参数验证失败; 40002 …", each once. */
static struct str
list_errors(struct openapi *d, const struct spec_call *call, int status)
{
	struct buf b;

	buf_init(&b, d->arena, 8192);
	for (size_t i = 0; i < call->error_count; i++) {
		const struct spec_error *e = &call->errors[i];
		bool told = false;

		for (size_t k = 0; k < i; k++)
			told = told ||
			    (call->errors[k].http == e->http &&
				strcmp(call->errors[k].code, e->code) == 0 &&
				strcmp(call->errors[k].message, e->message) ==
				    0);
		if (e->http != status || told)
			continue;
		buf_printf(&b, "%s%s %s", b.n > 0 ? "; " : "", e->code,
		    e->message);
	}
	return buf_view(&b);
}

static void
put_answer_schema(struct openapi *d, const struct spec_call *call, int status,
    bool fails)
{
	json_key(&d->out, "schema");
	if (status != 200) {
		openapi_put_schema(d, &call->failure);
	} else if (!fails) {
		openapi_put_schema(d, &call->answer);
	} else {
		json_open(&d->out, '{');
		json_key(&d->out, "anyOf");
		json_open(&d->out, '[');
		openapi_put_schema(d, &call->answer);
		openapi_put_schema(d, &call->failure);
		json_close(&d->out, ']');
		json_close(&d->out, '}');
	}
}

static void
put_answer(struct openapi *d, const struct dialect *dialect,
    const struct spec_call *call, int status)
{
	struct str errors = list_errors(d, call, status);
	char key[16];

	(void)snprintf(key, sizeof(key), "%d", status);
	json_key(&d->out, key);
	json_open(&d->out, '{');
	json_key(&d->out, "description");
	if (status != 200)
		json_put_str(&d->out, errors);
	else if (errors.n == 0)
		json_put_str(&d->out, STR("success"));
	else
		json_put_str(&d->out,
		    arena_printf(
			d->arena, "success, or: %.*s", STR_ARG(errors)));
	json_key(&d->out, "content");
	json_open(&d->out, '{');
	json_key(&d->out, call->answer_type);
	json_open(&d->out, '{');
	put_answer_schema(d, call, status, errors.n > 0);
	put_examples(d, dialect, call, status);
	json_close(&d->out, '}');
	json_close(&d->out, '}');
	json_close(&d->out, '}');
}

static void
put_answers(struct openapi *d, const struct dialect *dialect,
    const struct spec_call *call)
{
	json_key(&d->out, "responses");
	json_open(&d->out, '{');
	for (int status = 200; status < 600; status++) {
		bool used = status == 200;

		for (size_t i = 0; !used && i < call->error_count; i++)
			used = call->errors[i].http == status;
		if (used)
			put_answer(d, dialect, call, status);
	}
	json_close(&d->out, '}');
	json_key(&d->out, "x-errors");
	json_open(&d->out, '[');
	for (size_t i = 0; i < call->error_count; i++) {
		const struct spec_error *e = &call->errors[i];

		json_open(&d->out, '{');
		json_key(&d->out, "http");
		json_put_int(&d->out, e->http);
		openapi_put_text(d, "code", e->code);
		openapi_put_text(d, "message", e->message);
		openapi_put_text(d, "name", err_name(e->when));
		openapi_put_texts(d, "when", err_text(e->when),
		    err_text_zh(e->when));
		json_close(&d->out, '}');
	}
	json_close(&d->out, ']');
}

/* --- the whole -------------------------------------------------------------- */

static void
put_keys(struct openapi *d, const struct dialect *dialect,
    const struct dialect_spec *spec, bool optional)
{
	json_open(&d->out, '{');
	for (size_t i = 0; i < spec->key_count; i++) {
		struct str name;

		if (spec->keys[i].optional && !optional)
			continue;
		name = arena_printf(d->arena, "%s.%s", dialect->name,
		    spec->keys[i].name);
		json_key(&d->out, str_is_null(name) ? "" : name.p);
		json_open(&d->out, '[');
		json_close(&d->out, ']');
	}
	json_close(&d->out, '}');
}

/* All keys together, or without the optional ones. */
static void
put_security(struct openapi *d, const struct dialect *dialect,
    const struct dialect_spec *spec, const struct spec_call *call)
{
	bool has_optional = false;

	for (size_t i = 0; i < spec->key_count; i++)
		has_optional = has_optional || spec->keys[i].optional;
	json_key(&d->out, "security");
	json_open(&d->out, '[');
	if (!call->is_public && spec->key_count > 0) {
		put_keys(d, dialect, spec, false);
		if (has_optional)
			put_keys(d, dialect, spec, true);
	}
	json_close(&d->out, ']');
}

static void
put_raw_example(struct openapi *d, const struct dialect *dialect,
    const struct spec_call *call)
{
	const struct openapi_example *e = openapi_examples;

	while (e->dialect != NULL && !is_of(e, dialect, call))
		e++;
	if (e->dialect == NULL)
		return;
	json_key(&d->out, "x-example");
	json_open(&d->out, '{');
	openapi_put_text(d, "target", e->target);
	openapi_put_text(d, "content", e->content);
	json_close(&d->out, '}');
}

static struct str
operation_id(struct openapi *d, const char *dialect, const char *call)
{
	struct str id = arena_printf(d->arena, "%s.%s", dialect, call);
	struct buf b;

	buf_init(&b, d->arena, 256);
	for (size_t i = 0; i < id.n; i++)
		buf_char(&b, id.p[i] == '/' ? '.' : id.p[i]);
	return buf_view(&b);
}

void
openapi_put_call(struct openapi *d, const struct dialect *dialect,
    const struct dialect_spec *spec, const struct spec_call *call)
{
	static const struct {
		const char *upper, *lower;
	} methods[] = {{"GET", "get"}, {"POST", "post"}, {"PUT", "put"},
	    {"DELETE", "delete"}};
	size_t i = 0;

	while (strcmp(methods[i].upper, call->http_method) != 0)
		i++;
	json_key(&d->out, methods[i].lower);
	json_open(&d->out, '{');
	json_key(&d->out, "operationId");
	json_put_str(&d->out, operation_id(d, dialect->name, call->name));
	json_key(&d->out, "tags");
	json_open(&d->out, '[');
	json_put_str(&d->out, str_from(dialect->name));
	json_close(&d->out, ']');
	openapi_put_texts(d, "summary", call->en, call->zh);
	openapi_put_text(d, "x-call", call->name);
	put_security(d, dialect, spec, call);
	put_params(d, call);
	put_body(d, dialect, call);
	put_answers(d, dialect, call);
	put_raw_example(d, dialect, call);
	json_close(&d->out, '}');
}
