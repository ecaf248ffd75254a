/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wangdian dialect for those who call it: a person's words to a request, an
 * answer judged, and somebody's request taken apart.
 */
#include "dialect/client.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "dialect/explain.h"
#include "dialect/wangdian/wangdian_impl.h"

#include <assert.h>

/* A method's name, also without what is before its last dot. */
static struct str
whole_method(struct str word)
{
	for (size_t i = 0; i < wangdian_method_count; i++) {
		struct str name = str_from(wangdian_methods[i].name);

		if (name.n > word.n && word.n > 0 &&
		    name.p[name.n - word.n - 1] == '.' &&
		    str_eq(str_sub(name, name.n - word.n, word.n), word))
			return name;
	}
	return word;
}

static bool
is_http_method(struct str word)
{
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < 'A' || word.p[i] > 'Z')
			return false;
	}
	return word.n > 0;
}

enum err_code
wangdian_compose(struct arena *a, const struct call_words *w,
    struct sign_input *in, struct err *err)
{
	struct str object = client_object(a, w);

	in->method = whole_method(w->method);
	in->target = w->target;
	in->body = STR("[]");
	if (str_is_null(w->target) &&
	    memchr(in->method.p, '.', in->method.n) == NULL)
		return err_set(err, ERR_USAGE, NULL, "there is no method %.*s",
		    STR_ARG(w->method));
	if (!str_is_null(w->target) && is_http_method(w->method) &&
	    !str_starts(w->target, STR("/")))
		return err_set(err, ERR_USAGE, NULL, "a path is missing");
	if (str_starts(w->target, STR("?")))
		in->target = arena_printf(a, WANGDIAN_PATH "%.*s",
		    STR_ARG(w->target));
	if (!str_is_null(w->body))
		in->body = w->body;
	else if (w->pair_count > 0)
		in->body = arena_printf(a, "[%.*s]", STR_ARG(object));
	return arena_failed(a) ? err_set(err, ERR_NO_MEMORY, NULL, "too long")
			       : ERR_OK;
}

bool
wangdian_succeeded(int status, struct str body)
{
	return status == 200 &&
	    str_eq(json_text_member(body, STR("status")), STR("0"));
}

/* What the hash does not tell. */
static const struct explain_words *
find_objection(const struct examined *x, const struct wangdian_parameters *p,
    struct str salt)
{
	static const struct explain_words ambiguous = {"name-twice",
	    "a parameter is there twice, has no name, or is called \"body\": "
	    "such a request is never taken; send each parameter once",
	    "有参数重复、没有名称或名为 \"body\",这样的请求一律拒绝;每个参数只发送一次"};
	static const struct explain_words other_salt = {"salt-differs",
	    "the parameter salt is missing or not the app's: send what is behind "
	    "the first colon of its appsecret",
	    "参数 salt 缺失或与应用不符:应发送 appsecret 中第一个冒号之后的部分"};

	if (p->ambiguous)
		return &ambiguous;
	return str_eq(salt, x->salt) ? NULL : &other_salt;
}

enum err_code
wangdian_examine(struct arena *a, const struct request *r,
    const struct credential *c, struct examined *out, struct err *err)
{
	struct wangdian_parameters *p = ARENA_NEW(a,
	    struct wangdian_parameters);
	struct wangdian_key key;
	struct form query;
	enum err_code rc;

	assert(c != NULL);
	form_init(&query, a);
	rc = p == NULL ? ERR_NO_MEMORY : form_read_pairs(&query, r->query, err);
	if (rc != ERR_OK)
		return err_set(err, ERR_BAD_REQUEST, NULL, "%s",
		    "the query of the URL can't be read");
	wangdian_split_secret(c->secret, &key);
	wangdian_parameters_sort(p, &query, r->body);
	*out = (struct examined){
	    .key = form_find(&query, STR("key")),
	    .signature = form_find(&query, STR("sign")),
	    .timestamp = form_find(&query, STR("timestamp")),
	    .time_name = STR("timestamp"),
	    .body_name = STR("body"),
	    .salt_name = STR("salt"),
	    .sign_name = STR("sign"),
	    .sent = query.fields,
	    .sent_count = query.count,
	    .appsecret = c->secret,
	    .secret = key.secret,
	    .salt = key.salt,
	    .host = request_header(r, "Host"),
	    .time = EXPLAIN_S_2012,
	    .window_ms = LIMIT_WANGDIAN_WINDOW_S * 1000,
	    .signing = wangdian_signing(p, key.secret),
	};
	out->objection = find_objection(out, p, form_find(&query, STR("salt")));
	out->has_time = wangdian_parse_time(out->timestamp, &out->at_ms);
	return ERR_OK;
}
