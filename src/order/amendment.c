/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal of an amendment: a SHA-256 over everything it says and the seal of
 * the one before it. Each part is written with its length, so that no two
 * amendments have the same bytes; the form begins with its own number, so that
 * another one can follow it.
 */
#include <assert.h>

#include "base/digest.h"
#include "order/amendment.h"

static_assert(AMENDMENT_HASH_BYTES == DIGEST_SHA256_BYTES, "hashes fit");

static const struct str seal_form = STR_INIT("procured amendment 1\n");

static struct str
bytes_view(const void *bytes, size_t n)
{
	return (struct str){bytes, n};
}

/* Eight bytes, the highest first. */
static void
add_int(struct digest *d, int64_t value)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
	digest_add(d, bytes_view(bytes, sizeof(bytes)));
}

/* Its length plus one, then the text; absent is zero. */
static void
add_str(struct digest *d, struct str s)
{
	if (str_is_null(s)) {
		add_int(d, 0);
		return;
	}
	add_int(d, (int64_t)s.n + 1);
	digest_add(d, s);
}

void
amendment_hide(const uint8_t salt[AMENDMENT_SALT_BYTES], struct str value,
    uint8_t out[AMENDMENT_HASH_BYTES])
{
	assert(!str_is_null(value));

	struct digest d;

	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, bytes_view(salt, AMENDMENT_SALT_BYTES));
	digest_add(&d, value);
	digest_end(&d, out);
}

/* A personal value, or its hash where it is erased: both give the same. */
static void
add_personal(struct digest *d, struct str value, const uint8_t *salt,
    bool erased)
{
	uint8_t hidden[AMENDMENT_HASH_BYTES];

	if (str_is_null(value) || erased) {
		add_str(d, value);
		return;
	}
	amendment_hide(salt, value, hidden);
	add_str(d, bytes_view(hidden, sizeof(hidden)));
}

static void
add_change(struct digest *d, const struct amendment_change *c)
{
	add_str(d, c->field);
	add_int(d, c->personal);
	if (c->personal) {
		add_personal(d, c->from, c->salt_from, c->erased_from);
		add_personal(d, c->to, c->salt_to, c->erased_to);
	} else {
		add_str(d, c->from);
		add_str(d, c->to);
	}
}

static void
compute_hash(const struct amendment *m, uint8_t out[AMENDMENT_HASH_BYTES])
{
	struct digest d;

	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, seal_form);
	digest_add(&d, bytes_view(m->prev_hash, sizeof(m->prev_hash)));
	add_int(&d, m->order);
	add_int(&d, m->app);
	add_int(&d, m->version);
	add_int(&d, m->at_ms);
	add_str(&d, m->dialect);
	add_str(&d, m->method);
	add_str(&d, m->request_id);
	add_str(&d, m->trace_id);
	add_str(&d, m->note);
	add_int(&d, (int64_t)m->change_count);
	for (size_t i = 0; i < m->change_count; i++)
		add_change(&d, &m->changes[i]);
	digest_end(&d, out);
}

void
amendment_seal(struct amendment *m)
{
	compute_hash(m, m->hash);
}

/* What the hash does not see must say nothing: salts of values that have none,
 * and marks of erasure on values that can't be erased. */
static bool
is_clean(struct str value, const uint8_t *salt, bool personal, bool erased)
{
	static const uint8_t zeros[AMENDMENT_SALT_BYTES];

	if (erased &&
	    (!personal || value.n != AMENDMENT_HASH_BYTES ||
		str_is_null(value)))
		return false;
	if (personal && !erased && !str_is_null(value))
		return true;
	return memcmp(salt, zeros, sizeof(zeros)) == 0;
}

bool
amendment_is_sealed(const struct amendment *m)
{
	uint8_t hash[AMENDMENT_HASH_BYTES];

	for (size_t i = 0; i < m->change_count; i++) {
		const struct amendment_change *c = &m->changes[i];

		if (!is_clean(
			c->from, c->salt_from, c->personal, c->erased_from))
			return false;
		if (!is_clean(c->to, c->salt_to, c->personal, c->erased_to))
			return false;
	}
	compute_hash(m, hash);
	return memcmp(hash, m->hash, sizeof(hash)) == 0;
}
