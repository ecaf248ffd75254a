/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured sign: a request signed as a client of the dialect would, for those
 * who write such a client and wonder why their signature is refused.
 */
#include <assert.h>

#include "app/app_records.h"
#include "base/when.h"
#include "dialect/dialect.h"

struct sign_work {
	struct invocation *inv;
	const struct dialect *dialect;
	struct app_list list;
	struct credential credential;
	bool unknown;
};

/* The app's credential for the dialect. */
static enum err_code
read_job(struct store_conn *c, void *arg, struct err *err)
{
	struct sign_work *w = arg;
	const char *id = arg_option(w->inv, "app");
	const struct app_view *app;
	enum access access;
	bool known = access_parse(str_from(w->dialect->name), &access);
	enum err_code rc = app_list_read(c, w->inv->arena, &w->list, err);

	assert(known);
	if (rc != ERR_OK)
		return rc;
	if (id == NULL && w->list.count == 0)
		return err_set(err, ERR_NOT_FOUND, "app",
		    TR(w->inv->language,
			"there is no app to sign for; make one "
			"with `procured app create`",
			"还没有可用的应用;请先执行 `procured app create`"));
	app = id == NULL ? &w->list.apps[0]
			 : app_list_find(&w->list, str_from(id));
	w->unknown = app == NULL;
	if (app == NULL)
		return err_set(err, ERR_NOT_FOUND, "app", "no such app");
	w->credential = (struct credential){.app = app->record.no,
	    .app_id = app->record.id,
	    .key = app->credentials[access].key,
	    .scope = app->credentials[access].scope,
	    .secret = app->credentials[access].secret,
	    .session = app->credentials[access].session};
	return ERR_OK;
}

/* A word of a POSIX shell. */
static void
add_quoted(struct buf *out, struct str text)
{
	buf_char(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_str(out, STR("'\\''"));
		else
			buf_char(out, text.p[i]);
	}
	buf_char(out, '\'');
}

static void
print_curl(struct invocation *inv, const struct sign_output *signed_request)
{
	struct str listen = setting_text(inv->settings, SETTING_LISTEN);
	struct buf *out = &inv->out;

	buf_printf(out, "curl -sS -X %.*s ",
	    STR_ARG(signed_request->http_method));
	add_quoted(out,
	    arena_printf(inv->arena, "http://%.*s%.*s", STR_ARG(listen),
		STR_ARG(signed_request->target)));
	for (size_t i = 0; i < signed_request->header_count; i++) {
		const struct header *h = &signed_request->headers[i];

		buf_str(out, STR(" -H "));
		add_quoted(out,
		    arena_printf(inv->arena, "%.*s: %.*s", STR_ARG(h->name),
			STR_ARG(h->value)));
	}
	if (signed_request->body.n > 0) {
		buf_str(out, STR(" --data-binary "));
		add_quoted(out, signed_request->body);
	}
	buf_char(out, '\n');
}

static void
print_signature(struct invocation *inv, const struct sign_work *w,
    const struct sign_output *signed_request)
{
	say(inv,
	    TR(inv->language, "app             %.*s\n", "应用      %.*s\n"),
	    STR_ARG(w->credential.key));
	/* Not by say(), which would cut a long body. */
	buf_str(&inv->out,
	    str_from(TR(inv->language, "string to sign  ", "待签名串  ")));
	buf_str(&inv->out, signed_request->string_to_sign);
	say(inv,
	    TR(inv->language, "\nsignature       %.*s\n", "\n签名      %.*s\n"),
	    STR_ARG(signed_request->signature));
	for (size_t i = 0; i < signed_request->header_count; i++)
		say(inv,
		    TR(inv->language, "header          %.*s: %.*s\n",
			"请求头    %.*s: %.*s\n"),
		    STR_ARG(signed_request->headers[i].name),
		    STR_ARG(signed_request->headers[i].value));
}

static const char *
dialect_name_at(const void *arg, size_t i)
{
	(void)arg;
	return dialects[i] != NULL ? dialects[i]->name : NULL;
}

static int
refuse_dialect(struct invocation *inv, const char *name)
{
	const char *meant = nearest(name, dialect_name_at, NULL);

	return misuse(inv,
	    TR(inv->language, "there is no dialect \"%s\"; try %s",
		"没有接口 \"%s\";可用 %s"),
	    name, meant != NULL ? meant : dialects[0]->name);
}

/* The credential: from the words alone, or out of the store. */
static int
find_credential(struct sign_work *w)
{
	struct invocation *inv = w->inv;
	const char *secret = arg_option(inv, "secret");
	const char *id = arg_option(inv, "app");
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	if (secret != NULL) {
		struct str key = str_from(id != NULL ? id : "app");

		w->credential = (struct credential){.app_id = key,
		    .key = key,
		    .secret = str_from(secret),
		    .scope = STR(""),
		    .session = STR("")};
		return EXIT_OK;
	}
	rc = backend_read(inv->backend, read_job, w, &err);
	if (rc == ERR_OK)
		return EXIT_OK;
	return w->unknown ? app_unknown(inv, &w->list, id)
			  : fail_err(inv, rc, &err);
}

int
sign_run(struct invocation *inv)
{
	const char *body = arg_word(inv, 3);
	struct sign_work w = {
	    .inv = inv, .dialect = dialect_find(str_from(arg_word(inv, 0)))};
	struct sign_input in = {.method = str_from(arg_word(inv, 1)),
	    .target = str_from(arg_word(inv, 2)),
	    .body = str_from(body != NULL ? body : "")};
	struct sign_output out = {.header_count = 0};
	struct err err = {.code = ERR_OK};
	enum err_code rc;
	int code;

	if (w.dialect == NULL)
		return refuse_dialect(inv, arg_word(inv, 0));
	if (!arg_number(inv, "at", 0, INT64_MAX / 2,
		clock_now_ms(&clock_system), &in.at_ms))
		return EXIT_USAGE;
	code = find_credential(&w);
	if (code != EXIT_OK)
		return code;
	if (w.dialect->prepare != NULL)
		w.credential.prepared = w.dialect->prepare(inv->arena,
		    &w.credential);
	rc = w.dialect->sign(inv->arena, &w.credential, &in, &out, &err);
	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	if (arg_option(inv, "curl") != NULL)
		print_curl(inv, &out);
	else
		print_signature(inv, &w, &out);
	return EXIT_OK;
}
