/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is signed: every decoded field but `sign`, by name, empty ones included.
 *
 *   md5-sandwich-*       md5(secret name value name value … secret)
 *   md5-kv-amp-key-upper md5(name=value&…&key=secret)
 *   hmac-sha256-kv-amp   hmac(secret, name=value&…)
 */
#include "dialect/franchiser/franchiser_impl.h"

#include "base/digest.h"

#include <assert.h>
#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
	return str_cmp(((const struct form_field *)a)->name,
	    ((const struct form_field *)b)->name);
}

size_t
franchiser_sort(const struct form *form,
    struct form_field out[LIMIT_FORM_FIELDS])
{
	size_t count = 0;

	assert(form != NULL);
	assert(form->count <= LIMIT_FORM_FIELDS);
	for (size_t i = 0; i < form->count; i++) {
		if (!str_eq(form->fields[i].name, STR("sign")))
			out[count++] = form->fields[i];
	}
	if (count > 1)
		qsort(out, count, sizeof(out[0]), compare);
	return count;
}

static void
add(struct franchiser_signed *s, struct str piece)
{
	s->pieces[s->count++] = piece;
}

void
franchiser_sign_pieces(struct franchiser_signed *s, const struct form *form,
    struct str secret, int64_t way)
{
	struct form_field fields[LIMIT_FORM_FIELDS];
	size_t count = franchiser_sort(form, fields);
	bool sandwich = way == FRANCHISER_SIGN_SANDWICH_LOWER ||
	    way == FRANCHISER_SIGN_SANDWICH_UPPER;

	assert(way >= 0 && way < FRANCHISER_SIGN__COUNT);
	s->count = 0;
	s->key = way == FRANCHISER_SIGN_HMAC ? secret : STR_NONE;
	if (sandwich)
		add(s, secret);
	for (size_t i = 0; i < count; i++) {
		if (!sandwich && i > 0)
			add(s, STR("&"));
		add(s, fields[i].name);
		if (!sandwich)
			add(s, STR("="));
		add(s, fields[i].value);
	}
	if (way == FRANCHISER_SIGN_KV_KEY_UPPER)
		add(s, STR("&key="));
	if (way != FRANCHISER_SIGN_HMAC)
		add(s, secret);
}

size_t
franchiser_sign_digest(const struct franchiser_signed *s,
    uint8_t out[FRANCHISER_SIGN_BYTES_MAX])
{
	struct digest d;
	struct hmac_key key;
	struct hmac h;

	if (str_is_null(s->key)) {
		digest_init(&d, DIGEST_MD5);
		for (size_t i = 0; i < s->count; i++)
			digest_add(&d, s->pieces[i]);
		return digest_end(&d, out);
	}
	hmac_key_init(&key, DIGEST_SHA256, s->key);
	hmac_init(&h, &key);
	for (size_t i = 0; i < s->count; i++)
		hmac_add(&h, s->pieces[i]);
	return hmac_end(&h, out);
}
