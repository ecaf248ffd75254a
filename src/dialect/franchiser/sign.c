/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing as a client: the body given is request_data, sent byte for byte as a
 * field of a urlencoded form beside appid, timestamp and sign.
 */
#include "dialect/franchiser/franchiser_impl.h"

#include "base/digest.h"

#include <assert.h>

#define BODY_BYTES_MAX (4 * LIMIT_BODY_BYTES) /* every byte as %XX */

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
	    c == '*';
}

static void
put_field(struct buf *b, const char *name, struct str value)
{
	if (b->n > 0)
		buf_char(b, '&');
	buf_printf(b, "%s=", name);
	for (size_t i = 0; i < value.n; i++) {
		if (is_plain(value.p[i]))
			buf_char(b, value.p[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)value.p[i]);
	}
}

static enum err_code
make_form(struct arena *a, const struct credential *c,
    const struct sign_input *in, struct buf *body, struct form *form,
    struct err *err)
{
	struct str at = arena_printf(a, "%lld", (long long)(in->at_ms / 1000));

	buf_init(body, a, BODY_BYTES_MAX);
	put_field(body, "appid", c->key);
	if (in->body.n > 0)
		put_field(body, "request_data", in->body);
	put_field(body, "timestamp", at);
	form_init(form, a);
	return form_read_pairs(form, buf_view(body), err);
}

static void
make_signature(struct arena *a, const struct credential *c,
    const struct form *form, struct sign_output *out)
{
	int64_t way = c->policy.franchiser_sign;
	char *hex = arena_alloc(a, 2 * DIGEST_BYTES_MAX + 1);
	uint8_t sum[DIGEST_BYTES_MAX];
	struct form_field fields[LIMIT_FORM_FIELDS];
	struct signing s;
	size_t n;

	franchiser_signing(&s, fields, form, c->secret, way);
	out->string_to_sign = signing_text(a, &s);
	out->shown = signing_shown(a, &s, SIZE_MAX);
	if (hex == NULL || str_is_null(out->string_to_sign))
		return;
	n = signing_digest(&s, sum);
	if (way == FRANCHISER_SIGN_SANDWICH_LOWER ||
	    way == FRANCHISER_SIGN_HMAC)
		digest_hex_lower(sum, n, hex);
	else
		digest_hex_upper(sum, n, hex);
	out->signature = str_from(hex);
}

/* "trade/modify" alone, or POST and its whole path. */
static struct str
target_of(struct arena *a, const struct sign_input *in)
{
	if (in->target.n > 0)
		return in->target;
	if (in->method.n == 0 ||
	    memchr(in->method.p, '/', in->method.n) == NULL)
		return STR_NONE;
	return arena_printf(a, FRANCHISER_BASE "%.*s", STR_ARG(in->method));
}

enum err_code
franchiser_sign(struct arena *a, const struct credential *c,
    const struct sign_input *in, struct sign_output *out, struct err *err)
{
	struct header *headers = ARENA_ARRAY(a, 1, struct header);
	struct str target = target_of(a, in);
	struct form form;
	struct buf body;
	enum err_code rc;

	assert(c != NULL);
	*out = (struct sign_output){.headers = headers, .header_count = 1};
	if (!str_starts(target, STR("/")))
		return err_set(err, ERR_USAGE, NULL,
		    "franchiser signs a call like trade/modify, or POST and a"
		    " path");
	rc = make_form(a, c, in, &body, &form, err);
	if (rc != ERR_OK)
		return rc;
	make_signature(a, c, &form, out);
	put_field(&body, "sign", out->signature);
	if (arena_failed(a) || buf_failed(&body) || str_is_null(out->signature))
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "the request is too large");
	headers[0] = (struct header){
	    STR("Content-Type"), STR("application/x-www-form-urlencoded")};
	out->target = target;
	out->body = buf_view(&body);
	out->http_method = in->target.n > 0 ? in->method : STR("POST");
	return ERR_OK;
}
