/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The franchiser dialect for those who call it: a person's words to a request,
 * an answer judged, and somebody's request taken apart.
 */
#include "dialect/client.h"
#include "base/json_text.h"
#include "dialect/explain.h"
#include "dialect/franchiser/franchiser_impl.h"

#include <assert.h>

/* A call's path behind the base, or the end of one; absent: there is none. */
static struct str
find_call(struct str word)
{
	for (size_t i = 0; i < franchiser_call_count; i++) {
		struct str path = str_from(franchiser_calls[i].path);

		if (str_eq(path, word) ||
		    (word.n > 0 && path.n > word.n &&
			path.p[path.n - word.n - 1] == '/' &&
			str_eq(str_sub(path, path.n - word.n, word.n), word)))
			return path;
	}
	return memchr(word.p, '/', word.n) != NULL ? word : STR_NONE;
}

enum err_code
franchiser_compose(struct arena *a, const struct call_words *w,
    struct sign_input *in, struct err *err)
{
	in->method = w->method;
	in->target = w->target;
	if (str_is_null(w->target))
		in->method = find_call(w->method);
	if (in->method.n == 0 || str_starts(w->target, STR("?")))
		return err_set(err, ERR_USAGE, NULL, "there is no call %.*s",
		    STR_ARG(w->method));
	in->body = str_is_null(w->body) ? client_object(a, w) : w->body;
	return arena_failed(a) ? err_set(err, ERR_NO_MEMORY, NULL, "too long")
			       : ERR_OK;
}

bool
franchiser_succeeded(int status, struct str body)
{
	return status == 200 &&
	    str_eq(json_text_member(body, STR("statusCode")), STR("0"));
}

enum err_code
franchiser_examine(struct arena *a, const struct request *r,
    const struct credential *c, struct examined *out, struct err *err)
{
	struct form_field *fields = ARENA_ARRAY(a, LIMIT_FORM_FIELDS,
	    struct form_field);
	struct str type = request_header(r, "Content-Type");
	struct form form;
	enum err_code rc;

	assert(c != NULL);
	form_init(&form, a);
	if (fields == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "the arena is full");
	rc = type.n == 0 ? form_read_pairs(&form, r->body, err)
			 : form_read_body(&form, type, r->body, err);
	if (rc != ERR_OK)
		return err_set(err, ERR_BAD_BODY, NULL, "%s",
		    "the body is no form of its Content-Type");
	*out = (struct examined){
	    .key = form_find(&form, STR("appid")),
	    .signature = form_find(&form, STR("sign")),
	    .timestamp = form_find(&form, STR("timestamp")),
	    .time_name = STR("timestamp"),
	    .body_name = STR("request_data"),
	    .sign_name = STR("sign"),
	    .sent = form.fields,
	    .sent_count = form.count,
	    .appsecret = c->secret,
	    .secret = c->secret,
	    .host = request_header(r, "Host"),
	    .time = EXPLAIN_S,
	    .window_ms = c->policy.franchiser_window_s * 1000,
	    .upper = c->policy.franchiser_sign ==
		    FRANCHISER_SIGN_SANDWICH_UPPER ||
		c->policy.franchiser_sign == FRANCHISER_SIGN_KV_KEY_UPPER,
	};
	franchiser_signing(&out->signing, fields, &form, c->secret,
	    c->policy.franchiser_sign);
	out->has_time = franchiser_parse_time(out->timestamp, &out->at_ms);
	return ERR_OK;
}
