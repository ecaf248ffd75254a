/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured send: a call to a server as a client of its dialect makes it, signed
 * afresh. The answer is on stdout, everything about it on stderr; the exit code
 * tells a success, a refusal and silence apart.
 */
#include <unistd.h>

#include "app/call_line.h"
#include "app/http_client.h"
#include "base/json_text.h"
#include "base/when.h"

#define HEADERS_MAX 48

struct sending {
	struct invocation *inv;
	struct signed_call call;
	struct str url;
	struct header headers[HEADERS_MAX];
	size_t header_count;
	int64_t timeout_ms;
	struct buf raw;
};

/* What a person gives goes before what the dialect would send. */
static int
add_header(struct sending *s, struct str name, struct str value)
{
	for (size_t i = 0; i < s->header_count; i++) {
		if (!str_eq_nocase(s->headers[i].name, name))
			continue;
		s->headers[i].value = value;
		return EXIT_OK;
	}
	if (s->header_count == HEADERS_MAX)
		return misuse(s->inv,
		    TR(s->inv->language, "more than %d headers",
			"请求头超过 %d 个"),
		    HEADERS_MAX);
	s->headers[s->header_count++] = (struct header){name, value};
	return EXIT_OK;
}

/* "Name: value", without anything that would make two of it. */
static int
take_header(struct sending *s, const char *text)
{
	struct str value = str_from(text);
	struct str name = str_cut(&value, ':');

	if (str_is_null(value) || name.n == 0 ||
	    strpbrk(text, "\r\n") != NULL ||
	    memchr(name.p, ' ', name.n) != NULL)
		return misuse(s->inv,
		    TR(s->inv->language, "-H takes 'Name: value', not \"%s\"",
			"-H 应为 '名称: 值',而不是 \"%s\""),
		    text);
	return add_header(s, name, str_trim(value));
}

static int
take_named(struct sending *s, const char *option, struct str name)
{
	const char *value = arg_option(s->inv, option);

	if (value == NULL)
		return EXIT_OK;
	if (value[0] == '\0' || strpbrk(value, "\r\n") != NULL)
		return misuse(s->inv,
		    TR(s->inv->language, "--%s takes one line",
			"--%s 应为一行文本"),
		    option);
	return add_header(s, name, str_from(value));
}

/* A version is quoted on the wire, and nobody wants to quote it for a shell. */
static int
take_if_match(struct sending *s)
{
	const char *value = arg_option(s->inv, "if-match");
	int64_t version;

	if (value == NULL || !str_parse_int(str_from(value), &version))
		return take_named(s, "if-match", STR("If-Match"));
	return add_header(s, STR("If-Match"),
	    arena_printf(s->inv->arena, "\"%s\"", value));
}

static int
take_headers(struct sending *s)
{
	const struct sign_output *r = &s->call.request;
	const struct args *args = &s->inv->args;
	int code = EXIT_OK;

	for (size_t i = 0; code == EXIT_OK && i < r->header_count; i++)
		code = add_header(s, r->headers[i].name, r->headers[i].value);
	for (size_t i = 0; code == EXIT_OK && i < args->count; i++) {
		if (args->items[i].name != NULL &&
		    strcmp(args->items[i].name, "header") == 0)
			code = take_header(s, args->items[i].value);
	}
	if (code == EXIT_OK)
		code = take_named(s, "idempotency-key", STR("Idempotency-Key"));
	return code == EXIT_OK ? take_if_match(s) : code;
}

/* --- the answer --------------------------------------------------------------------- */

static void
print_answer(struct invocation *inv, struct str body)
{
	struct str pretty = STR_NONE;

	if (isatty(STDOUT_FILENO) || arg_option(inv, "pretty") != NULL)
		pretty = json_text_spell(inv->arena, body, JSON_SPELL_INDENT_2);
	buf_str(&inv->out, str_is_null(pretty) ? body : pretty);
	if (body.n > 0)
		buf_char(&inv->out, '\n');
}

static void
show(struct sending *s)
{
	struct buf *err = &s->inv->err;

	if (arg_option(s->inv, "show") == NULL)
		return;
	buf_str(err,
	    str_from(TR(s->inv->language, "string to sign  ", "待签名串  ")));
	buf_str(err, s->call.request.shown);
	buf_char(err, '\n');
	buf_str(err, buf_view(&s->raw));
}

static int
tell_silence(struct sending *s, const struct http_reply *reply,
    const struct err *err)
{
	struct invocation *inv = s->inv;

	if (reply->tls_failed)
		(void)fail(inv,
		    TR(inv->language,
			"no TLS with %.*s: %s; procured itself speaks plain "
			"HTTP, TLS is its proxy's: is http:// meant?",
			"无法与 %.*s 建立 TLS:%s;procured 本身只用明文 HTTP,"
			"TLS 由代理提供:是否应为 http://?"),
		    STR_ARG(s->url), err->detail);
	else if (reply->connected)
		(void)fail(inv,
		    TR(inv->language,
			"%.*s gave no whole answer: %s; a change may have been "
			"made: send the same with --idempotency-key, or look",
			"%.*s 没有完整应答:%s;变更可能已生效:"
			"请用 --idempotency-key 重试,或先查询"),
		    STR_ARG(s->url), err->detail);
	else
		(void)fail(inv,
		    TR(inv->language,
			"cannot reach %.*s: %s; is the server running "
			"(`procured serve`)? --url names another one",
			"无法连接 %.*s:%s;服务是否已启动(`procured serve`)?"
			"可用 --url 指定其他地址"),
		    STR_ARG(s->url), err->detail);
	return EXIT_UNHEARD;
}

static int
judge(struct sending *s, const struct http_reply *reply)
{
	struct invocation *inv = s->inv;

	if (s->call.dialect->succeeded(reply->status, reply->body))
		return EXIT_OK;
	(void)fail(inv,
	    TR(inv->language, "the server refused it (HTTP %d)%s",
		"服务拒绝了该请求(HTTP %d)%s"),
	    reply->status,
	    reply->body.n > 0
		? ""
		: TR(inv->language, " without a word", ",没有说明"));
	return EXIT_REFUSED;
}

static int
exchange(struct sending *s)
{
	const struct sign_output *r = &s->call.request;
	struct http_question question = {.method = r->http_method,
	    .url = s->url,
	    .target = r->target,
	    .body = r->body,
	    .headers = s->headers,
	    .header_count = s->header_count,
	    .timeout_ms = s->timeout_ms,
	    .raw = &s->raw};
	struct http_reply reply;
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	buf_init(&s->raw, s->inv->arena, LIMIT_CONTROL_REPLY_BYTES);
	rc = http_ask(s->inv->arena, &question, &reply, &err);
	show(s);
	if (rc == ERR_BUSY)
		return tell_silence(s, &reply, &err);
	if (rc != ERR_OK)
		return fail_err(s->inv, rc, &err);
	print_answer(s->inv, reply.body);
	return judge(s, &reply);
}

int
send_run(struct invocation *inv)
{
	struct sending s = {.inv = inv};
	int64_t timeout_s;
	int code;

	if (!arg_number(inv, "timeout", 1, 3600, LIMIT_SEND_ANSWER_MS / 1000,
		&timeout_s))
		return EXIT_USAGE;
	s.timeout_ms = timeout_s * 1000;
	code = call_line_sign(inv, &s.call);
	if (code == EXIT_OK)
		code = take_headers(&s);
	if (code != EXIT_OK)
		return code;
	s.url = call_line_url(inv, &s.call);
	return str_is_null(s.url) ? EXIT_USAGE : exchange(&s);
}
