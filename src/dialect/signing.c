/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashing and showing what is signed.
 */
#include "dialect/signing.h"

#include "base/buf.h"
#include "base/limits.h"
#include "dialect/dialect.h"

#include <assert.h>

#define MASK STR("***")
/* Room for one request: everything a client may send, with separators. */
#define TEXT_BYTES_MAX (4 * LIMIT_BODY_BYTES)

void
signing_to_digest(void *to, struct str bytes)
{
	digest_add(to, bytes);
}

void
signing_to_hmac(void *to, struct str bytes)
{
	hmac_add(to, bytes);
}

static void
to_buf(void *to, struct str bytes)
{
	buf_str(to, bytes);
}

void
signing_feed(const struct signing *s, signing_add_f *add, void *to)
{
	bool begun = false;

	assert(s != NULL);
	for (size_t i = 0; i < s->count; i++) {
		const struct form_field *f = &s->fields[i];

		if (s->skips_empty && f->value.n == 0)
			continue;
		if (begun && s->and.n > 0)
			add(to, s->and);
		begun = true;
		if (!s->only_values) {
			add(to, f->name);
			if (s->is.n > 0)
				add(to, s->is);
		}
		add(to, f->value);
	}
}

static void
feed_all(const struct signing *s, signing_add_f *add, void *to)
{
	if (s->head.n > 0)
		add(to, s->head);
	signing_feed(s, add, to);
	if (s->mark.n > 0)
		add(to, s->mark);
	if (s->tail.n > 0)
		add(to, s->tail);
}

size_t
signing_digest(const struct signing *s, uint8_t out[DIGEST_BYTES_MAX])
{
	static const enum digest_kind kinds[SIGNING__COUNT] = {
	    [SIGNING_MD5] = DIGEST_MD5,
	    [SIGNING_SHA256] = DIGEST_SHA256,
	    [SIGNING_HMAC_MD5] = DIGEST_MD5,
	    [SIGNING_HMAC_SHA256] = DIGEST_SHA256,
	};
	struct hmac_key key;
	struct digest d;
	struct hmac h;
	size_t n;

	assert((unsigned)s->hash < SIGNING__COUNT);
	if (s->hash == SIGNING_MD5 || s->hash == SIGNING_SHA256) {
		digest_init(&d, kinds[s->hash]);
		feed_all(s, signing_to_digest, &d);
		return digest_end(&d, out);
	}
	hmac_key_init(&key, kinds[s->hash], s->key);
	hmac_init(&h, &key);
	feed_all(s, signing_to_hmac, &h);
	n = hmac_end(&h, out);
	digest_wipe(&key, sizeof(key));
	return n;
}

struct str
signing_text(struct arena *a, const struct signing *s)
{
	struct buf b;

	buf_init(&b, a, TEXT_BYTES_MAX);
	feed_all(s, to_buf, &b);
	return buf_failed(&b) ? STR_NONE : buf_view(&b);
}

/* Whether the text goes on with the secret. */
static bool
is_at(struct str text, struct str secret)
{
	return secret.n >= SIGNING_SECRET_LEAST && str_starts(text, secret);
}

/* The next piece of the text that can be shown as one; moves on behind it. */
static void
show_piece(struct buf *out, const struct signing *s, struct str *rest)
{
	const struct str secrets[] = {s->key, s->head, s->tail};
	size_t n = str_utf8_length(*rest);

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (!is_at(*rest, secrets[i]))
			continue;
		buf_str(out, MASK);
		*rest = str_sub(*rest, secrets[i].n, SIZE_MAX);
		return;
	}
	if (n > 0 && rest->p[0] != '\0')
		buf_add(out, rest->p, n);
	else
		buf_printf(out, "\\x%02x", (unsigned char)rest->p[0]);
	*rest = str_sub(*rest, n > 0 ? n : 1, SIZE_MAX);
}

struct str
signing_shown(struct arena *a, const struct signing *s, size_t most)
{
	struct buf text, out;
	struct str rest;

	buf_init(&text, a, TEXT_BYTES_MAX);
	buf_init(&out, a, TEXT_BYTES_MAX);
	signing_feed(s, to_buf, &text);
	rest = buf_view(&text);
	if (s->head.n > 0)
		buf_str(&out, MASK);
	while (rest.n > 0 && out.n < most && !buf_failed(&out))
		show_piece(&out, s, &rest);
	if (rest.n > 0)
		buf_printf(&out, "…(%zu bytes more)", rest.n);
	if (s->tail.n > 0) {
		buf_str(&out, s->mark);
		buf_str(&out, MASK);
	}
	if (buf_failed(&text) || buf_failed(&out))
		return STR_NONE;
	return buf_view(&out);
}

void
signing_note(struct call *call, const struct signing *s)
{
	if (!call->shows_signing || !call->known)
		return;
	call->signed_text = signing_shown(call->arena, s,
	    LIMIT_SIGNED_TEXT_BYTES);
}
