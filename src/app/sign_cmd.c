/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured sign: a request signed as a client of the dialect would, for those
 * who write such a client and wonder why their signature is refused.
 */
#include "app/call_line.h"
#include "app/explain_cmd.h"

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

static int
print_curl(struct invocation *inv, const struct signed_call *c)
{
	const struct sign_output *r = &c->request;
	struct str url = call_line_url(inv, c);
	struct buf *out = &inv->out;

	if (str_is_null(url))
		return EXIT_USAGE;
	buf_printf(out, "curl -sS -X %.*s ", STR_ARG(r->http_method));
	add_quoted(out,
	    arena_printf(
		inv->arena, "%.*s%.*s", STR_ARG(url), STR_ARG(r->target)));
	for (size_t i = 0; i < r->header_count; i++) {
		const struct header *h = &r->headers[i];

		buf_str(out, STR(" -H "));
		add_quoted(out,
		    arena_printf(inv->arena, "%.*s: %.*s", STR_ARG(h->name),
			STR_ARG(h->value)));
	}
	if (r->body.n > 0) {
		buf_str(out, STR(" --data-binary "));
		add_quoted(out, r->body);
	}
	buf_char(out, '\n');
	return EXIT_OK;
}

/* One thing and its value; not by say(), which would cut a long one. */
static void
print_line(struct invocation *inv, const char *what, struct str value)
{
	buf_str(&inv->out, str_from(what));
	buf_str(&inv->out, value);
	buf_char(&inv->out, '\n');
}

static void
print_signature(struct invocation *inv, const struct signed_call *c)
{
	const struct sign_output *r = &c->request;
	enum language l = inv->language;

	print_line(inv, TR(l, "app             ", "应用      "),
	    c->credential.key);
	print_line(inv, TR(l, "string to sign  ", "待签名串  "),
	    r->string_to_sign);
	print_line(inv, TR(l, "signature       ", "签名      "), r->signature);
	print_line(inv, TR(l, "request         ", "请求      "),
	    arena_printf(inv->arena, "%.*s %.*s", STR_ARG(r->http_method),
		STR_ARG(r->target)));
	for (size_t i = 0; i < r->header_count; i++)
		print_line(inv, TR(l, "header          ", "请求头    "),
		    arena_printf(inv->arena, "%.*s: %.*s",
			STR_ARG(r->headers[i].name),
			STR_ARG(r->headers[i].value)));
	if (r->body.n > 0)
		print_line(inv, TR(l, "body            ", "请求体    "),
		    r->body);
}

int
sign_run(struct invocation *inv)
{
	struct signed_call call;
	int code;

	if (arg_option(inv, "explain") != NULL)
		return explain_run(inv);
	if (arg_word(inv, 1) == NULL)
		return misuse(inv, "%s",
		    TR(inv->language, "something is missing", "缺少参数"));
	code = call_line_sign(inv, &call);
	if (code != EXIT_OK)
		return code;
	if (arg_option(inv, "curl") != NULL)
		return print_curl(inv, &call);
	print_signature(inv, &call);
	return EXIT_OK;
}
