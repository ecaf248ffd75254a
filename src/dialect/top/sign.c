/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of the top dialect. All text parameters but `sign`, sorted by
 * name, give s = name value name value …, without separators, as decoded UTF-8:
 *
 *   md5          MD5(secret + s + secret)
 *   hmac         HMAC-MD5(secret, s)
 *   hmac-sha256  HMAC-SHA256(secret, s)
 *
 * in hex. Some clients sign the names of empty parameters, some do not; either
 * reading verifies, and everywhere else an empty parameter is as good as none.
 */
#include "dialect/top/top_impl.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/when.h"

#include <assert.h>
#include <stdlib.h>

/* Keeps the identities of dialects apart; see struct identity. */
#define DIALECT_TAG STR("top")

static const struct str sign_names[TOP_SIGN__COUNT] = {
    [TOP_SIGN_MD5] = STR_INIT("md5"),
    [TOP_SIGN_HMAC_MD5] = STR_INIT("hmac"),
    [TOP_SIGN_HMAC_SHA256] = STR_INIT("hmac-sha256"),
};

/* A secret, ready for every method. */
struct keys {
	struct digest md5; /* the secret is in it */
	struct hmac_key hmac[DIGEST__COUNT];
};

static void
keys_init(struct keys *k, struct str secret)
{
	digest_init(&k->md5, DIGEST_MD5);
	digest_add(&k->md5, secret);
	hmac_key_init(&k->hmac[DIGEST_MD5], DIGEST_MD5, secret);
	hmac_key_init(&k->hmac[DIGEST_SHA256], DIGEST_SHA256, secret);
}

const void *
top_prepare(struct arena *a, const struct credential *c)
{
	struct keys *k = ARENA_NEW(a, struct keys);

	assert(c != NULL);
	if (k != NULL)
		keys_init(k, c->secret);
	return k;
}

bool
top_sign_method_parse(struct str name, enum top_sign_method *out)
{
	if (str_is_null(name))
		name = sign_names[TOP_SIGN_MD5];
	for (int i = 0; i < TOP_SIGN__COUNT; i++) {
		if (str_eq(name, sign_names[i])) {
			*out = (enum top_sign_method)i;
			return true;
		}
	}
	return false;
}

static int
compare_names(const void *a, const void *b)
{
	return str_cmp(((const struct form_field *)a)->name,
	    ((const struct form_field *)b)->name);
}

enum err_code
top_list_signed(struct arena *a, const struct form *form,
    struct top_signed *out)
{
	*out = (struct top_signed){0};
	out->fields = ARENA_ARRAY(a, form->count + 1, struct form_field);
	if (out->fields == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < form->count; i++) {
		const struct form_field *f = &form->fields[i];

		if (f->is_file || str_eq(f->name, STR("sign")))
			continue;
		out->fields[out->count++] = *f;
		out->has_empty |= f->value.n == 0;
	}
	qsort(out->fields, out->count, sizeof(*out->fields), compare_names);
	return ERR_OK;
}

struct signing
top_signing(const struct top_signed *list, enum top_sign_method method,
    struct str secret)
{
	bool is_md5 = method == TOP_SIGN_MD5;

	return (struct signing){
	    .hash = is_md5		      ? SIGNING_MD5
		: method == TOP_SIGN_HMAC_MD5 ? SIGNING_HMAC_MD5
					      : SIGNING_HMAC_SHA256,
	    .key = is_md5 ? STR_NONE : secret,
	    .head = is_md5 ? secret : STR_NONE,
	    .tail = is_md5 ? secret : STR_NONE,
	    .fields = list->fields,
	    .count = list->count,
	};
}

/* The signature of one reading; returns its length. */
static size_t
compute(const struct keys *k, const struct signing *s,
    uint8_t out[DIGEST_BYTES_MAX])
{
	struct digest d;
	struct hmac h;

	if (s->hash == SIGNING_MD5) {
		d = k->md5;
		signing_feed(s, signing_to_digest, &d);
		digest_add(&d, s->tail);
		return digest_end(&d, out);
	}
	hmac_init(&h,
	    &k->hmac[s->hash == SIGNING_HMAC_MD5 ? DIGEST_MD5 : DIGEST_SHA256]);
	signing_feed(s, signing_to_hmac, &h);
	return hmac_end(&h, out);
}

static bool
holds(const struct keys *k, struct signing *s, bool has_empty, struct str sent)
{
	uint8_t sent_bytes[DIGEST_BYTES_MAX] = {0};
	uint8_t own[DIGEST_BYTES_MAX];
	size_t n = compute(k, s, own);
	bool is_hex = digest_hex_parse(sent, sent_bytes, n);
	bool good = digest_equal(own, sent_bytes, n);

	if (has_empty) {
		s->skips_empty = true;
		n = compute(k, s, own);
		s->skips_empty = false;
		good |= digest_equal(own, sent_bytes, n);
	}
	return good && is_hex;
}

enum err_code
top_verify_signature(struct call *call)
{
	const struct credential *c = call->credential;
	struct top_state *state = call->state;
	const struct keys *keys = c->prepared;
	struct str sent = top_param_find(call, "sign");
	struct top_signed *list = &state->listed;
	enum top_sign_method method;
	struct signing s;
	struct keys own;

	if (str_is_null(sent))
		return top_refuse(call, TOP_NO_SIGN, STR_NONE,
		    ERR_NO_CREDENTIALS);
	if (!top_sign_method_parse(
		top_param_find(call, "sign_method"), &method))
		return top_refuse(call, TOP_BAD_SIGN, STR_NONE, ERR_DENIED);
	if (top_list_signed(call->arena, &state->form, list) != ERR_OK) {
		outcome_fail(&call->outcome, ERR_NO_MEMORY, NULL);
		return ERR_NO_MEMORY;
	}
	if (keys == NULL) {
		keys_init(&own, c->secret);
		keys = &own;
	}
	s = top_signing(list, method, c->secret);
	if (holds(keys, &s, list->has_empty, sent))
		return ERR_OK;
	signing_note(call, &s);
	return top_refuse(call, TOP_BAD_SIGN, STR_NONE, ERR_DENIED);
}

/*
 * The digest is over what was signed, with ends of names and values marked: s
 * alone is the same for different parameters. Empty ones are left out, because
 * whoever resends the request could add some.
 */
void
top_identify(struct call *call)
{
	const struct top_state *state = call->state;
	struct identity *id = &call->command.identity;
	uint8_t whole[DIGEST_BYTES_MAX];
	struct top_signed list = state->listed;
	struct digest d;

	/* A full arena is found out after decode, before anything is done. */
	if (list.fields == NULL &&
	    top_list_signed(call->arena, &state->form, &list) != ERR_OK)
		return;
	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, DIALECT_TAG);
	digest_add(&d,
	    (struct str){(const char *)&call->credential->app,
		sizeof(call->credential->app)});
	for (size_t i = 0; i < list.count; i++) {
		if (list.fields[i].value.n == 0)
			continue;
		digest_add(&d, list.fields[i].name);
		digest_add(&d, STR("\0"));
		digest_add(&d, list.fields[i].value);
		digest_add(&d, STR("\0"));
	}
	(void)digest_end(&d, whole);
	id->present = true;
	id->at_ms = state->at_ms;
	id->kept_ms = call->request.received_ms + LIMIT_ANSWER_KEPT_MS;
	memcpy(id->digest, whole, IDENTITY_BYTES);
}

/* --- making -------------------------------------------------------------- */

/* As application/x-www-form-urlencoded, with every byte but letters, digits
 * and -._~ escaped. */
static void
put_encoded(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr("-._~", c) != NULL);

		if (plain)
			buf_char(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static void
put_pair(struct buf *b, struct str name, struct str value)
{
	if (b->n > 0)
		buf_char(b, '&');
	put_encoded(b, name);
	buf_char(b, '=');
	put_encoded(b, value);
}

/* What is in the input under this name stays as it is, empty or wrong: that is
 * how a test sends what no client would. */
static enum err_code
add_default(struct form *form, const char *name, struct str value,
    struct err *err)
{
	struct buf pair;

	if (str_is_null(value) || !str_is_null(form_find(form, str_from(name))))
		return ERR_OK;
	buf_init(&pair, form->arena, LIMIT_TEXT_BYTES);
	put_pair(&pair, str_from(name), value);
	if (buf_failed(&pair))
		return err_set(err, ERR_NO_MEMORY, name, "the arena is full");
	return form_read_pairs(form, buf_view(&pair), err);
}

/* Whether the input is a whole request, or a method of the platform with its
 * parameters. Those of HTTP are capitals. */
static bool
is_http_method(struct str method)
{
	for (size_t i = 0; i < method.n; i++) {
		if (method.p[i] < 'A' || method.p[i] > 'Z')
			return false;
	}
	return true;
}

static enum err_code
add_defaults(struct form *form, const struct credential *c,
    const struct sign_input *in, struct err *err)
{
	bool whole = is_http_method(in->method);
	char at[WHEN_CHINA_BYTES];
	const struct {
		const char *name;
		struct str value;
	} rows[] = {
	    {"method", whole ? STR_NONE : in->method},
	    {"app_key", c->key},
	    {"session", whole ? STR_NONE : c->session},
	    {"timestamp", {at, sizeof(at) - 1}},
	    {"format", whole ? STR_NONE : STR("json")},
	    {"v", STR("2.0")},
	    {"sign_method", sign_names[TOP_SIGN_MD5]},
	};
	enum err_code rc = ERR_OK;

	when_print_china(in->at_ms, at);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rc == ERR_OK)
			rc = add_default(form, rows[i].name, rows[i].value,
			    err);
	}
	return rc;
}

static struct str
make_signature(struct arena *a, const struct credential *c,
    const struct form *form, const struct top_signed *list,
    struct sign_output *out)
{
	uint8_t mac[DIGEST_BYTES_MAX];
	char *hex = arena_alloc(a, 2 * sizeof(mac) + 1);
	enum top_sign_method method;
	struct signing s;
	size_t n;

	/* An unknown method is the server's to refuse. */
	if (!top_sign_method_parse(
		form_find(form, STR("sign_method")), &method))
		method = TOP_SIGN_MD5;
	s = top_signing(list, method, c->secret);
	out->shown = signing_shown(a, &s, SIZE_MAX);
	if (hex == NULL)
		return STR_NONE;
	n = signing_digest(&s, mac);
	digest_hex_upper(mac, n, hex);
	/* As the platform's documents show it: without the secret. */
	s.head = s.tail = STR_NONE;
	out->string_to_sign = signing_text(a, &s);
	return (struct str){hex, 2 * n};
}

/* The pairs from `first` on, as they are sent. */
static void
put_pairs(struct buf *b, const struct form *form, size_t first)
{
	for (size_t i = first; i < form->count; i++)
		put_pair(b, form->fields[i].name, form->fields[i].value);
}

static void
put_request(struct arena *a, const struct sign_input *in, struct str path,
    struct str pairs, struct sign_output *out)
{
	static const struct header form_type[] = {
	    {STR_INIT("Content-Type"),
		STR_INIT("application/x-www-form-urlencoded;"
			 "charset=UTF-8")},
	};

	out->headers = form_type;
	if (str_eq(in->method, STR("GET"))) {
		out->header_count = 0;
		out->http_method = STR("GET");
		out->target = arena_printf(a, "%.*s?%.*s", STR_ARG(path),
		    STR_ARG(pairs));
		out->body = STR("");
		return;
	}
	out->header_count = 1;
	out->http_method = is_http_method(in->method) ? in->method
						      : STR("POST");
	out->target = is_http_method(in->method) ? in->target : path;
	out->body = pairs;
}

/*
 * The input's method is either one of the platform's, with its own parameters
 * as body, or one of HTTP: then query and body hold a whole request, of which only
 * what is missing is added.
 */
enum err_code
top_sign(struct arena *a, const struct credential *c,
    const struct sign_input *in, struct sign_output *out, struct err *err)
{
	bool whole = is_http_method(in->method);
	struct str query = whole ? in->target : STR_NONE, path;
	struct top_signed list;
	struct buf pairs;
	size_t in_query;
	struct form form;
	enum err_code rc;

	if (in->method.n == 0)
		return err_set(err, ERR_USAGE, NULL,
		    "top signs a method and its parameters, like "
		    "taobao.time.get name=value&name=value");
	path = str_cut(&query, '?');
	form_init(&form, a);
	rc = form_read_pairs(&form, query, err);
	in_query = str_eq(in->method, STR("GET")) ? 0 : form.count;
	if (rc == ERR_OK)
		rc = form_read_pairs(&form, in->body, err);
	if (rc == ERR_OK)
		rc = add_defaults(&form, c, in, err);
	if (rc != ERR_OK)
		return rc;
	buf_init(&pairs, a, LIMIT_REPLY_BYTES);
	if (top_list_signed(a, &form, &list) == ERR_OK) {
		out->signature = make_signature(a, c, &form, &list, out);
		rc = add_default(&form, "sign", out->signature, err);
	}
	put_pairs(&pairs, &form, in_query);
	put_request(a, in, path.n > 0 ? path : STR(TOP_PATH), buf_view(&pairs),
	    out);
	if (arena_failed(a) || buf_failed(&pairs))
		return err_set(err, ERR_NO_MEMORY, NULL, "the arena is full");
	return rc;
}
