/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal of an amendment: a SHA-256 over everything it says and the seal of
 * the one before it. Each part is written with its length, so that no two
 * amendments have the same bytes; the form begins with its own number, so that
 * another one can follow it.
 */
#include <assert.h>
#include <endian.h>

#include "base/digest.h"
#include "order/amendment.h"

static_assert(AMENDMENT_HASH_BYTES == DIGEST_SHA256_BYTES, "hashes fit");

static const struct str seal_form = STR_INIT("procured amendment 1\n");

static struct str
bytes_view(const void *bytes, size_t n)
{
	return (struct str){bytes, n};
}

/* A seal being made. Its many small parts are gathered, for each one the digest
 * is given costs more than its bytes. */
struct sealing {
	struct digest digest;
	size_t gathered;
	uint8_t room[512];
};

static void
flush(struct sealing *s)
{
	digest_add(&s->digest, bytes_view(s->room, s->gathered));
	s->gathered = 0;
}

static void
add_bytes(struct sealing *s, const void *bytes, size_t n)
{
	if (n > sizeof(s->room) - s->gathered)
		flush(s);
	if (n > sizeof(s->room)) {
		digest_add(&s->digest, bytes_view(bytes, n));
		return;
	}
	if (n > 0)
		memcpy(s->room + s->gathered, bytes, n);
	s->gathered += n;
}

/* Eight bytes, the highest first. */
static void
add_int(struct sealing *s, int64_t value)
{
	uint64_t bytes = htobe64((uint64_t)value);

	add_bytes(s, &bytes, sizeof(bytes));
}

/* Its length plus one, then the text; absent is zero. */
static void
add_str(struct sealing *s, struct str text)
{
	if (str_is_null(text)) {
		add_int(s, 0);
		return;
	}
	add_int(s, (int64_t)text.n + 1);
	add_bytes(s, text.p, text.n);
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
add_personal(struct sealing *s, struct str value, const uint8_t *salt,
    bool erased)
{
	uint8_t hidden[AMENDMENT_HASH_BYTES];

	if (str_is_null(value) || erased) {
		add_str(s, value);
		return;
	}
	amendment_hide(salt, value, hidden);
	add_str(s, bytes_view(hidden, sizeof(hidden)));
}

static void
add_change(struct sealing *s, const struct amendment_change *c)
{
	add_str(s, c->field);
	add_int(s, c->personal);
	if (c->personal) {
		add_personal(s, c->from, c->salt_from, c->erased_from);
		add_personal(s, c->to, c->salt_to, c->erased_to);
	} else {
		add_str(s, c->from);
		add_str(s, c->to);
	}
}

static void
compute_hash(const struct amendment *m, uint8_t out[AMENDMENT_HASH_BYTES])
{
	struct sealing s;

	s.gathered = 0;
	digest_init(&s.digest, DIGEST_SHA256);
	add_bytes(&s, seal_form.p, seal_form.n);
	add_bytes(&s, m->prev_hash, sizeof(m->prev_hash));
	add_int(&s, m->order);
	add_int(&s, m->app);
	add_int(&s, m->version);
	add_int(&s, m->at_ms);
	add_str(&s, m->dialect);
	add_str(&s, m->method);
	add_str(&s, m->request_id);
	add_str(&s, m->trace_id);
	add_str(&s, m->note);
	add_int(&s, (int64_t)m->change_count);
	for (size_t i = 0; i < m->change_count; i++)
		add_change(&s, &m->changes[i]);
	flush(&s);
	digest_end(&s.digest, out);
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
