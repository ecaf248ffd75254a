/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing as a client: the parameters that every call has are added to the
 * target's query where it does not have them yet, so that a test can send a
 * wrong one; then all of it is signed.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"

#include <assert.h>

#define TARGET_BYTES_MAX LIMIT_URL_BYTES

/* A target that grows. */
struct draft {
	struct form query;
	struct buf target;
	bool has_query;
};

/* What needs no escape in a query; a client may escape more. */
static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

static void
add_escaped(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (is_plain(text.p[i]))
			buf_char(b, text.p[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)text.p[i]);
	}
}

static void
put_parameter(struct draft *d, const char *name, struct str value)
{
	buf_char(&d->target, d->has_query ? '&' : '?');
	buf_printf(&d->target, "%s=", name);
	add_escaped(&d->target, value);
	d->has_query = true;
}

static void
add_parameter(struct draft *d, const char *name, struct str value)
{
	if (str_is_null(form_find(&d->query, str_from(name))))
		put_parameter(d, name, value);
}

/* A method's name has dots, HTTP's have none. */
static bool
is_api_method(struct str method)
{
	return method.n > 0 && memchr(method.p, '.', method.n) != NULL;
}

static void
add_public(struct draft *d, const struct credential *c,
    const struct wangdian_key *key, const struct sign_input *in)
{
	char at[24];
	struct buf b;

	buf_init_fixed(&b, at, sizeof(at));
	buf_int(&b, in->at_ms / 1000 - WANGDIAN_EPOCH_S);
	add_parameter(d, "sid", c->scope);
	add_parameter(d, "key", c->key);
	add_parameter(d, "salt", key->salt);
	if (is_api_method(in->method)) {
		add_parameter(d, "method", in->method);
		add_parameter(d, "v", STR("1.0"));
	}
	add_parameter(d, "timestamp", buf_view(&b));
}

static enum err_code
begin(struct draft *d, struct arena *a, struct str target, struct err *err)
{
	struct str query = target;

	if (target.n == 0)
		target = STR(WANGDIAN_PATH);
	(void)str_cut(&query, '?');
	form_init(&d->query, a);
	buf_init(&d->target, a, TARGET_BYTES_MAX);
	buf_str(&d->target, target);
	d->has_query = !str_is_null(query);
	return form_read_pairs(&d->query, query, err);
}

static void
make_signature(struct arena *a, const struct wangdian_key *key,
    const struct wangdian_parameters *p, struct sign_output *out)
{
	char *hex = arena_alloc(a, 2 * DIGEST_MD5_BYTES + 1);
	const struct signing s = wangdian_signing(p, key->secret);
	uint8_t sum[DIGEST_BYTES_MAX];

	out->string_to_sign = signing_text(a, &s);
	out->shown = signing_shown(a, &s, SIZE_MAX);
	if (hex == NULL || str_is_null(out->string_to_sign))
		return;
	digest_hex_lower(sum, signing_digest(&s, sum), hex);
	out->signature = str_from(hex);
}

enum err_code
wangdian_sign(struct arena *a, const struct credential *c,
    const struct sign_input *in, struct sign_output *out, struct err *err)
{
	struct header *headers = ARENA_ARRAY(a, 1, struct header);
	struct wangdian_parameters parameters;
	struct wangdian_key key;
	struct draft d;
	struct str query;
	enum err_code rc;

	assert(c != NULL);
	*out = (struct sign_output){.headers = headers, .header_count = 1};
	if (in->method.n == 0 ||
	    (in->target.n > 0 && !str_starts(in->target, STR("/"))) ||
	    (in->target.n == 0 && !is_api_method(in->method)))
		return err_set(err, ERR_USAGE, NULL,
		    "wangdian signs a method"
		    " like " WANGDIAN_FAMILY "updatePurchaseInfo, or POST and"
		    " a path with its query");
	wangdian_split_secret(c->secret, &key);
	rc = begin(&d, a, in->target, err);
	if (rc != ERR_OK)
		return rc;
	add_public(&d, c, &key, in);
	query = buf_view(&d.target);
	(void)str_cut(&query, '?');
	form_init(&d.query, a);
	rc = form_read_pairs(&d.query, query, err);
	if (rc != ERR_OK)
		return rc;
	wangdian_parameters_sort(&parameters, &d.query, in->body);
	make_signature(a, &key, &parameters, out);
	add_parameter(&d, "sign", out->signature);
	if (arena_failed(a) || buf_failed(&d.target) ||
	    str_is_null(out->signature))
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "the request is too large");
	headers[0] = (struct header){
	    STR("Content-Type"), STR("application/json")};
	out->target = buf_view(&d.target);
	out->body = in->body;
	out->http_method = is_api_method(in->method) ? STR("POST") : in->method;
	return ERR_OK;
}
