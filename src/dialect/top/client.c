/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The top dialect for those who call it: a person's words to a request, an
 * answer judged, and somebody's request taken apart.
 */
#include "dialect/client.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "dialect/explain.h"
#include "dialect/top/top_impl.h"

#include <assert.h>

/* A body that is a JSON object: its texts as they are, all else as JSON. */
static enum err_code
compose_object(struct arena *a, struct str object, struct sign_input *in,
    struct err *err)
{
	struct json_member m;
	struct buf b;

	buf_init(&b, a, 4 * (size_t)LIMIT_BODY_BYTES);
	while (json_text_next(&object, &m)) {
		struct str value = m.value;
		json_t *text;

		if (value.p[0] == '"') {
			if (json_read(a, value, JSON_READ_EXACT, &text, err) !=
			    ERR_OK)
				return ERR_USAGE;
			value = json_text(text);
		}
		client_put_pair(&b, m.key, value);
	}
	in->body = buf_view(&b);
	return buf_failed(&b) ? ERR_NO_MEMORY : ERR_OK;
}

enum err_code
top_compose(struct arena *a, const struct call_words *w, struct sign_input *in,
    struct err *err)
{
	struct str body = str_trim(w->body);

	if (w->method.n == 0 ||
	    (str_is_null(w->target) &&
		memchr(w->method.p, '.', w->method.n) == NULL))
		return err_set(err, ERR_USAGE, NULL, "there is no method %.*s",
		    STR_ARG(w->method));
	in->method = w->method;
	in->target = w->target;
	if (str_starts(w->target, STR("?")))
		in->target = arena_printf(a, TOP_PATH "%.*s",
		    STR_ARG(w->target));
	in->body = str_is_null(w->body) ? client_pairs(a, w) : w->body;
	/* A whole request, whose body is a form already. */
	if (str_is_null(w->body) && !str_is_null(w->only) &&
	    memchr(w->method.p, '.', w->method.n) == NULL)
		in->body = w->only;
	if (body.n > 0 && body.p[0] == '{')
		return compose_object(a, body, in, err);
	return arena_failed(a) ? err_set(err, ERR_NO_MEMORY, NULL, "too long")
			       : ERR_OK;
}

static bool
has_text(struct str body, const char *text)
{
	return body.n > 0 && memmem(body.p, body.n, text, strlen(text)) != NULL;
}

/* An answer in XML or JSON, with its root or simplified. */
bool
top_succeeded(int status, struct str body)
{
	struct str rest = body;
	struct json_member root;
	struct str told;

	if (status != 200)
		return false;
	if (str_starts(body, STR("<")))
		return !has_text(body, "<error_response>") &&
		    !has_text(body, "<call_success>false");
	if (!json_text_next(&rest, &root) ||
	    str_eq(root.key, STR("error_response")))
		return false;
	told = json_text_member(body, STR("call_success"));
	if (str_is_null(told))
		told = json_text_member(root.value, STR("call_success"));
	if (str_is_null(told))
		told = json_text_member(
		    json_text_member(root.value, STR("result")),
		    STR("call_success"));
	return !str_eq(told, STR("false"));
}

static const struct explain_words unknown_method = {"sign-method-unknown",
    "sign_method is none of md5, hmac and hmac-sha256; name one of them, or send "
    "none for md5",
    "sign_method 不是 md5、hmac 或 hmac-sha256;请改为其中之一,不发送则为 md5"};

enum err_code
top_examine(struct arena *a, const struct request *r,
    const struct credential *c, struct examined *out, struct err *err)
{
	struct str type = request_header(r, "Content-Type");
	enum top_sign_method method = TOP_SIGN_MD5;
	struct top_signed list;
	struct form form;
	enum err_code rc;
	bool known;

	assert(c != NULL);
	form_init(&form, a);
	rc = form_read_pairs(&form, r->query, err);
	if (rc == ERR_OK && r->body.n > 0)
		rc = type.n == 0 ? form_read_pairs(&form, r->body, err)
				 : form_read_body(&form, type, r->body, err);
	if (rc != ERR_OK || top_list_signed(a, &form, &list) != ERR_OK)
		return err_set(err, ERR_BAD_BODY, NULL, "%s",
		    "query or body is no form of its Content-Type");
	known = top_sign_method_parse(form_find(&form, STR("sign_method")),
	    &method);
	*out = (struct examined){
	    .key = form_find(&form, STR("app_key")),
	    .signature = form_find(&form, STR("sign")),
	    .timestamp = form_find(&form, STR("timestamp")),
	    .time_name = STR("timestamp"),
	    .sign_name = STR("sign"),
	    .sent = form.fields,
	    .sent_count = form.count,
	    .appsecret = c->secret,
	    .secret = c->secret,
	    .host = request_header(r, "Host"),
	    .time = EXPLAIN_CHINA,
	    .window_ms = LIMIT_TOP_WINDOW_MS,
	    .upper = true,
	    .empty_is_none = true,
	    .signing = top_signing(&list, method, c->secret),
	    .objection = known ? NULL : &unknown_method,
	};
	out->has_time = top_parse_time(out->timestamp, &out->at_ms);
	return ERR_OK;
}
