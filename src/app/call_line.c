/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a command line to a signed request.
 */
#include "app/call_line.h"

#include <assert.h>

#include "app/http_client.h"
#include "app/input.h"
#include "base/json_text.h"
#include "base/when.h"
#include "dialect/client.h"

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
	    TR(inv->language,
		"there is no dialect \"%s\"; try %s, or another of intents, "
		"wangdian, franchiser, top",
		"没有接口 \"%s\";可用 %s,或 intents、wangdian、franchiser、top "
		"之一"),
	    name, meant != NULL ? meant : dialects[0]->name);
}

/* --- the pieces behind method and target ------------------------------------------ */

/* name=value and name:=json; false: it is neither. */
static bool
read_pair(struct str word, struct call_pair *out)
{
	struct str value = word;
	struct str name = str_cut(&value, '=');

	if (str_is_null(value) || name.n == 0 ||
	    memchr("{[\"", name.p[0], 3) != NULL)
		return false;
	*out = (struct call_pair){.name = name, .value = value};
	if (name.p[name.n - 1] == ':') {
		out->is_json = true;
		out->name.n--;
	}
	return out->name.n > 0;
}

/* A line feed at the end of a file is the editor's. */
static struct str
body_of_file(struct invocation *inv, const char *path)
{
	struct str text = input_read(inv, path);

	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	if (text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	return text;
}

static int
take_body(struct invocation *inv, const char *word, struct call_words *w)
{
	if (!str_is_null(w->body) || w->pair_count > 0)
		return misuse(inv,
		    TR(inv->language,
			"\"%s\" is a second body; give one body, or NAME=VALUE "
			"pairs",
			"\"%s\" 是第二个请求体;只能给出一个请求体,或若干 名称=值"),
		    word);
	w->body = word[0] == '@' ? body_of_file(inv, word + 1) : str_from(word);
	return str_is_null(w->body) ? EXIT_FAILED : EXIT_OK;
}

static int
take_pair(struct invocation *inv, const char *word, struct call_pair pair,
    struct call_words *w, struct call_pair *pairs)
{
	if (!str_is_null(w->body))
		return misuse(inv,
		    TR(inv->language,
			"\"%s\" stands beside a body; put it into the body",
			"\"%s\" 与请求体并列;请写入请求体"),
		    word);
	if (pair.is_json && !json_text_is_nested(pair.value)) {
		struct err err;
		json_t *root;

		if (json_read(inv->arena, pair.value, JSON_READ_EXACT, &root,
			&err) != ERR_OK)
			return misuse(inv,
			    TR(inv->language,
				"\"%s\": what is behind := is no JSON; for a "
				"text write = alone",
				"\"%s\"::= 之后不是 JSON;文本请用 ="),
			    word);
	}
	pairs[w->pair_count++] = pair;
	return EXIT_OK;
}

static int
take_words(struct invocation *inv, struct call_words *w)
{
	struct call_pair *pairs = ARENA_ARRAY(inv->arena, ARGS_MAX,
	    struct call_pair);
	const char *target = arg_word(inv, 2);
	size_t i = 2;
	int code = EXIT_OK;

	*w = (struct call_words){
	    .method = str_from(arg_word(inv, 1)), .pairs = pairs};
	if (pairs == NULL)
		return EXIT_FAILED;
	if (target != NULL && (target[0] == '/' || target[0] == '?')) {
		w->target = str_from(target);
		i++;
	}
	if (arg_word(inv, i) != NULL && arg_word(inv, i + 1) == NULL)
		w->only = str_from(arg_word(inv, i));
	for (; code == EXIT_OK && arg_word(inv, i) != NULL; i++) {
		const char *word = arg_word(inv, i);
		struct call_pair pair;

		if (word[0] != '@' && read_pair(str_from(word), &pair))
			code = take_pair(inv, word, pair, w, pairs);
		else
			code = take_body(inv, word, w);
	}
	return code;
}

/* --- signing ------------------------------------------------------------------------- */

static int
refuse_call(struct invocation *inv, const struct dialect *d,
    const struct err *err)
{
	return misuse(inv,
	    TR(inv->language,
		"%s has no such call (%s); one is: procured %s %s %s",
		"%s 没有这样的调用(%s);例如:procured %s %s %s"),
	    d->name, err->detail, inv->row->name, d->name, d->example);
}

static int
find_credential(struct invocation *inv, struct signed_call *c)
{
	enum access access;
	bool known = access_parse(str_from(c->dialect->name), &access);
	int code;

	assert(known);
	code = credentials_find(inv, access, NULL, &c->credentials);
	c->credential = c->credentials.of[access];
	if (code != EXIT_OK || c->credential.key.n > 0)
		return code;
	return fail(inv,
	    TR(inv->language,
		"the app %.*s has no credential for %s; `procured app rotate "
		"%.*s %s` makes one",
		"应用 %.*s 没有 %s 的凭据;`procured app rotate %.*s %s` 可生成"),
	    STR_ARG(c->credentials.app), c->dialect->name,
	    STR_ARG(c->credentials.app), c->dialect->name);
}

int
call_line_sign(struct invocation *inv, struct signed_call *out)
{
	struct sign_input in = {.at_ms = 0};
	struct call_words words;
	struct err err = {.code = ERR_OK};
	enum err_code rc;
	int code;

	*out = (struct signed_call){
	    .dialect = dialect_find(str_from(arg_word(inv, 0)))};
	if (out->dialect == NULL)
		return refuse_dialect(inv, arg_word(inv, 0));
	if (!arg_number(inv, "at", 0, INT64_MAX / 2,
		clock_now_ms(&clock_system), &in.at_ms))
		return EXIT_USAGE;
	code = take_words(inv, &words);
	if (code != EXIT_OK)
		return code;
	rc = out->dialect->compose(inv->arena, &words, &in, &err);
	if (rc != ERR_OK)
		return refuse_call(inv, out->dialect, &err);
	code = find_credential(inv, out);
	if (code != EXIT_OK)
		return code;
	rc = out->dialect->sign(inv->arena, &out->credential, &in, &out->request,
	    &err);
	if (rc == ERR_USAGE)
		return refuse_call(inv, out->dialect, &err);
	return rc == ERR_OK ? EXIT_OK : fail_err(inv, rc, &err);
}

/* A base URL as its dialect's documents print it, http://HOST/router/rest, says
 * already how the target begins: it is said once. */
static struct str
without_target(struct str url, struct str target)
{
	struct str path = url;
	struct str begin;

	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	(void)str_cut(&path, '/');
	(void)str_cut(&path, '/');
	path.n = url.n - (size_t)(path.p - url.p);
	(void)str_cut(&path, '/');
	if (str_is_null(path) || path.n == 0)
		return url;
	begin = (struct str){path.p - 1, path.n + 1};
	if (str_starts(target, begin) &&
	    (target.n == begin.n || strchr("/?", target.p[begin.n]) != NULL))
		url.n -= begin.n;
	return url;
}

struct str
call_line_url(struct invocation *inv, const struct signed_call *c)
{
	const char *given = arg_option(inv, "url");

	if (given == NULL)
		return arena_printf(inv->arena, "http://%.*s",
		    STR_ARG(c->credentials.listen.n > 0
			    ? c->credentials.listen
			    : setting_text(inv->settings, SETTING_LISTEN)));
	if (http_url_is_good(given))
		return arena_dup(inv->arena,
		    without_target(str_from(given), c->request.target));
	(void)misuse(inv,
	    TR(inv->language,
		"--url takes http://HOST:PORT or https://HOST:PORT, not \"%s\"",
		"--url 应为 http://主机:端口 或 https://主机:端口,而不是 \"%s\""),
	    given);
	return STR_NONE;
}
