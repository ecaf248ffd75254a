/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intents dialect for those who call it: a person's words to a request, an
 * answer judged, and somebody's request taken apart.
 */
#include "dialect/intents/intents_impl.h"

#include "base/json_text.h"
#include "base/limits.h"
#include "dialect/client.h"
#include "dialect/explain.h"
#include "dialect/intents/intents.h"

#include <assert.h>

/* Pairs of a GET are its query. */
static struct str
add_query(struct arena *a, struct str target, const struct call_words *w)
{
	bool has_query = memchr(target.p, '?', target.n) != NULL;

	return arena_printf(a, "%.*s%s%.*s", STR_ARG(target),
	    has_query ? "&" : "?", STR_ARG(client_pairs(a, w)));
}

enum err_code
intents_compose(struct arena *a, const struct call_words *w,
    struct sign_input *in, struct err *err)
{
	struct str path = w->target;
	bool reads = str_eq(w->method, STR("GET")) ||
	    str_eq(w->method, STR("HEAD"));

	if (w->method.n == 0 || !str_starts(w->target, STR("/")) ||
	    (reads && !str_is_null(w->body)))
		return err_set(err, ERR_USAGE, NULL,
		    "an HTTP method and a path");
	in->method = w->method;
	in->target = w->target;
	in->body = str_is_null(w->body) ? STR("") : w->body;
	path = str_cut(&path, '?');
	if (!dialect_intents.claims_path(path))
		in->target = arena_printf(a, INTENTS_BASE "%.*s",
		    STR_ARG(w->target));
	if (w->pair_count > 0 && reads)
		in->target = add_query(a, in->target, w);
	else if (w->pair_count > 0)
		in->body = client_object(a, w);
	return arena_failed(a) ? err_set(err, ERR_NO_MEMORY, NULL, "too long")
			       : ERR_OK;
}

bool
intents_succeeded(int status, struct str body)
{
	return status >= 200 && status < 300 &&
	    str_eq(json_text_member(body, STR("code")), STR("0"));
}

enum err_code
intents_examine(struct arena *a, const struct request *r,
    const struct credential *c, struct examined *out, struct err *err)
{
	struct form_field *parts = ARENA_ARRAY(a, INTENTS_PART__COUNT,
	    struct form_field);

	assert(c != NULL);
	if (parts == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "the arena is full");
	*out = (struct examined){
	    .key = request_header(r, "X-App-Id"),
	    .signature = request_header(r, "X-Signature"),
	    .timestamp = request_header(r, "X-Timestamp"),
	    .method_name = STR("method"),
	    .target_name = STR("target"),
	    .time_name = STR("timestamp"),
	    .body_name = STR("body"),
	    .appsecret = c->secret,
	    .secret = c->secret,
	    .host = request_header(r, "Host"),
	    .base = STR(INTENTS_BASE),
	    .time = EXPLAIN_MS,
	    .window_ms = LIMIT_INTENTS_WINDOW_MS,
	};
	out->signing = intents_signing(parts, r, out->timestamp, c->secret);
	out->has_time = intents_parse_time(out->timestamp, &out->at_ms);
	return ERR_OK;
}
