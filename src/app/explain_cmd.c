/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a request, finds the credential it names, and tells what dialect/
 * explain.h finds.
 */
#include "app/explain_cmd.h"

#include <assert.h>

#include "app/credentials.h"
#include "app/input.h"
#include "app/raw_request.h"
#include "base/when.h"

struct explaining {
	struct invocation *inv;
	struct request request;
	const struct dialect *dialect;
	struct credentials credentials;
	struct examined examined;
	struct explanation found;
};

/* --- the request ---------------------------------------------------------------------- */

static int
refuse_request(struct invocation *inv, const struct err *err)
{
	return fail(inv,
	    TR(inv->language,
		"this is no request that can be read: %s\n  It takes raw "
		"HTTP/1.1 (a start line, headers, a blank line, the body) or a "
		"curl command line",
		"无法读取该请求:%s\n  应为原始 HTTP/1.1(起始行、请求头、空行、"
		"请求体)或 curl 命令行"),
	    err->detail);
}

static int
read_request(struct explaining *e)
{
	struct invocation *inv = e->inv;
	const char *path = arg_word(inv, 0);
	struct str text = input_read(inv, path != NULL ? path : "-");
	struct err err = {.code = ERR_OK};

	if (str_is_null(text))
		return EXIT_FAILED;
	if (raw_request_read(inv->arena, text, &e->request, &err) != ERR_OK)
		return refuse_request(inv, &err);
	e->dialect = dialect_route(e->request.path);
	if (e->dialect == NULL)
		return fail(inv,
		    TR(inv->language,
			"no dialect has the path %.*s: it is answered 404 "
			"before any signature is looked at",
			"没有接口使用路径 %.*s:在校验签名之前即返回 404"),
		    STR_ARG(e->request.path));
	return EXIT_OK;
}

/* Which app it names; then, with its credential, all of it. */
static int
examine(struct explaining *e)
{
	struct invocation *inv = e->inv;
	struct credential none = {.secret = STR(""), .key = STR("")};
	struct err err = {.code = ERR_OK};
	enum access access;
	bool known = access_parse(str_from(e->dialect->name), &access);
	struct str key;
	int code;

	assert(known);
	policy_init(&none.policy);
	if (e->dialect->examine(
		inv->arena, &e->request, &none, &e->examined, &err) != ERR_OK)
		return refuse_request(inv, &err);
	key = arena_dup(inv->arena, e->examined.key);
	if (key.n == 0 && arg_option(inv, "app") == NULL)
		return fail(inv, "%s",
		    TR(inv->language,
			"the request names no app; --app says which it should be",
			"请求中没有应用标识;可用 --app 指定"));
	code = credentials_find(inv, access,
	    arg_option(inv, "app") != NULL ? arg_option(inv, "app") : key.p,
	    &e->credentials);
	if (code != EXIT_OK)
		return code;
	if (e->dialect->examine(inv->arena, &e->request,
		&e->credentials.of[access], &e->examined, &err) != ERR_OK)
		return refuse_request(inv, &err);
	return EXIT_OK;
}

/* --- the answer ------------------------------------------------------------------------ */

static void
print_line(struct invocation *inv, const char *what, struct str value)
{
	buf_str(&inv->out, str_from(what));
	buf_str(&inv->out, value);
	buf_char(&inv->out, '\n');
}

static void
print_words(struct invocation *inv, const struct explain_words *words,
    struct str note)
{
	buf_printf(&inv->out, "  [%s] %s", words->name,
	    TR(inv->language, words->en, words->zh));
	if (note.n > 0) {
		buf_str(&inv->out, STR(" ("));
		buf_str(&inv->out, note);
		buf_char(&inv->out, ')');
	}
	buf_char(&inv->out, '\n');
}

static void
print_time(struct explaining *e)
{
	struct invocation *inv = e->inv;
	int64_t off_s = e->found.off_ms / 1000;

	if (e->found.time == NULL)
		return;
	say(inv, "%s", TR(inv->language, "time:\n", "时间:\n"));
	print_words(inv, e->found.time, STR_NONE);
	if (e->examined.has_time)
		say(inv,
		    TR(inv->language,
			"  it is off by %lld s, and %lld s are allowed; --at MS "
			"says when the request arrived\n",
			"  相差 %lld 秒,允许 %lld 秒;可用 --at 毫秒 指定请求到达时间\n"),
		    (long long)off_s,
		    (long long)(e->examined.window_ms / 1000));
}

static void
print_verdict(struct explaining *e)
{
	struct invocation *inv = e->inv;
	const struct explanation *f = &e->found;

	if (!f->has_signature)
		say(inv, "%s",
		    TR(inv->language, "there is no signature in the request.\n",
			"请求中没有签名。\n"));
	else if (f->holds)
		say(inv, "%s",
		    TR(inv->language, "the signature holds.\n",
			"签名正确。\n"));
	else
		say(inv, "%s",
		    TR(inv->language, "the signature does not hold.\n",
			"签名不正确。\n"));
	if (e->examined.objection != NULL)
		print_words(inv, e->examined.objection, STR_NONE);
	if (f->remark != NULL)
		print_words(inv, f->remark, STR_NONE);
	if (f->mistake_count > 0)
		say(inv, "%s",
		    TR(inv->language, "it was made like this:\n",
			"它是这样得到的:\n"));
	for (size_t i = 0; i < f->mistake_count; i++)
		print_words(inv, f->mistakes[i].words, f->mistakes[i].note);
	if (f->has_signature && !f->holds && f->mistake_count == 0)
		say(inv, "%s",
		    TR(inv->language,
			"no usual mistake gives this signature; compare your own "
			"string to sign with the server's, byte by byte:\n",
			"常见错误均无法得到该签名;请将自己的待签名串与下面服务端的"
			"逐字节比较:\n"));
}

static int
print(struct explaining *e)
{
	struct invocation *inv = e->inv;
	enum language l = inv->language;
	const struct explanation *f = &e->found;
	struct str shown = signing_shown(inv->arena, &e->examined.signing,
	    SIZE_MAX);

	print_line(inv, TR(l, "dialect         ", "接口      "),
	    str_from(e->dialect->name));
	print_line(inv, TR(l, "app             ", "应用      "),
	    e->credentials.app);
	print_verdict(e);
	print_time(e);
	print_line(inv, TR(l, "server signs    ", "服务端签  "), shown);
	if (f->has_signature)
		print_line(inv, TR(l, "signature sent  ", "收到签名  "),
		    e->examined.signature);
	print_line(inv, TR(l, "server expects  ", "应为签名  "), f->expected);
	return f->holds && f->time == NULL && e->examined.objection == NULL
	    ? EXIT_OK
	    : EXIT_REFUSED;
}

int
explain_run(struct invocation *inv)
{
	struct explaining e = {.inv = inv};
	struct explain_input in = {.request = &e.examined};
	int code;

	if (arg_word(inv, 1) != NULL)
		return misuse(inv, "%s",
		    TR(inv->language,
			"--explain takes one file, or the request on stdin",
			"--explain 只接受一个文件,或从标准输入读取请求"));
	if (!arg_number(inv, "at", 0, INT64_MAX / 2,
		clock_now_ms(&clock_system), &in.now_ms))
		return EXIT_USAGE;
	code = read_request(&e);
	if (code == EXIT_OK)
		code = examine(&e);
	if (code != EXIT_OK)
		return code;
	in.others = e.credentials.others;
	in.other_count = e.credentials.other_count;
	if (!explain(inv->arena, &in, &e.found))
		return fail(inv, "%s",
		    TR(inv->language, "the request is too large", "请求过大"));
	return print(&e);
}
