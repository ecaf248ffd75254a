/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mistakes in how it is signed: which fields, in which order, with what between
 * them, with which secret and which hash, and in which writing.
 */
#include "base/buf.h"
#include "dialect/explain_impl.h"

#include <assert.h>
#include <stdlib.h>

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* --- fields ---------------------------------------------------------------------- */

enum build
build_salt_left_out(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->salt_name);

	if (variant > 0 || f == NULL)
		return BUILD_END;
	trial_drop(t, f);
	return BUILD_TRY;
}

static int
compare_names(const void *a, const void *b)
{
	return str_cmp(((const struct form_field *)a)->name,
	    ((const struct form_field *)b)->name);
}

/* An empty one, as a client has that sorts its parameters once it has put in
 * where the signature will be. */
enum build
build_sign_included(struct trial *t, int variant)
{
	static const struct str values[] = {STR_INIT(""), STR_INIT("null"),
	    STR_INIT("None"), STR_INIT("undefined")};

	if (variant >= COUNT(values) || str_is_null(t->x->sign_name) ||
	    !trial_add(t, t->x->sign_name, values[variant]))
		return BUILD_END;
	qsort(t->fields, t->s.count, sizeof(t->fields[0]), compare_names);
	return BUILD_TRY;
}

enum build
build_empty(struct trial *t, int variant)
{
	bool has_empty = false;

	for (size_t i = 0; i < t->s.count; i++)
		has_empty = has_empty || t->fields[i].value.n == 0;
	if (variant > 0 || !has_empty || t->s.only_values)
		return BUILD_END;
	t->s.skips_empty = !t->s.skips_empty;
	return BUILD_TRY;
}

enum build
build_field_left_out(struct trial *t, int variant)
{
	if ((size_t)variant >= t->s.count)
		return BUILD_END;
	t->note = t->fields[variant].name;
	trial_drop(t, &t->fields[variant]);
	return BUILD_TRY;
}

/* --- order ------------------------------------------------------------------------ */

static int
compare_nocase(const void *a, const void *b)
{
	struct str x = ((const struct form_field *)a)->name;
	struct str y = ((const struct form_field *)b)->name;

	for (size_t i = 0; i < x.n && i < y.n; i++) {
		int p = (unsigned char)x.p[i] | 0x20;
		int q = (unsigned char)y.p[i] | 0x20;

		if (p != q)
			return p - q;
	}
	return x.n < y.n ? -1 : x.n > y.n;
}

static int
compare_values(const void *a, const void *b)
{
	return str_cmp(((const struct form_field *)a)->value,
	    ((const struct form_field *)b)->value);
}

static void
reverse(struct form_field *fields, size_t count)
{
	for (size_t i = 0; i + 1 < count - i; i++) {
		struct form_field f = fields[i];

		fields[i] = fields[count - 1 - i];
		fields[count - 1 - i] = f;
	}
}

/* The field of that place to where it is wanted; those between move up. */
static void
move(struct form_field *fields, size_t from, size_t to)
{
	struct form_field f = fields[from];

	for (; from < to; from++)
		fields[from] = fields[from + 1];
	for (; from > to; from--)
		fields[from] = fields[from - 1];
	fields[to] = f;
}

/* As the fields came in; what did not come as a field goes behind them. */
static void
order_as_sent(struct trial *t)
{
	size_t done = 0;

	for (size_t i = 0; i < t->x->sent_count; i++) {
		for (size_t k = done; k < t->s.count; k++) {
			if (!str_eq(t->fields[k].name, t->x->sent[i].name))
				continue;
			move(t->fields, k, done++);
			break;
		}
	}
}

static void
move_body(struct trial *t, bool first)
{
	struct form_field *f = trial_field(t, t->x->body_name);

	if (f != NULL)
		move(t->fields, (size_t)(f - t->fields),
		    first ? 0 : t->s.count - 1);
}

/* Permutation number n of the parts, 0 being as they are. */
static void
permute(struct form_field *fields, size_t count, size_t n)
{
	for (size_t i = 0; i + 1 < count; i++) {
		size_t left = count - i;

		move(fields, i + n % left, i);
		n /= left;
	}
}

enum build
build_order(struct trial *t, int variant)
{
	size_t count = t->s.count;

	if (count < 2)
		return BUILD_END;
	if (t->s.only_values) {
		if (variant > 22 || count > 4)
			return BUILD_END;
		permute(t->fields, count, (size_t)variant + 1);
		return BUILD_TRY;
	}
	switch (variant) {
	case 0:
		order_as_sent(t);
		return BUILD_TRY;
	case 1:
		order_as_sent(t);
		move_body(t, true);
		return BUILD_TRY;
	case 2:
		qsort(t->fields, count, sizeof(t->fields[0]), compare_nocase);
		return BUILD_TRY;
	case 3:
		reverse(t->fields, count);
		return BUILD_TRY;
	case 4:
		move_body(t, false);
		return BUILD_TRY;
	case 5:
		move_body(t, true);
		return BUILD_TRY;
	case 6:
		qsort(t->fields, count, sizeof(t->fields[0]), compare_values);
		return BUILD_TRY;
	default:
		return BUILD_END;
	}
}

/* --- between the fields -------------------------------------------------------------- */

enum build
build_names(struct trial *t, int variant)
{
	if (variant > 0 || t->s.only_values)
		return BUILD_END;
	t->s.only_values = true;
	return BUILD_TRY;
}

enum build
build_separators(struct trial *t, int variant)
{
	static const struct {
		struct str is, and;
	} pairs[] = {
	    {STR_INIT("="), STR_INIT("&")},
	    {STR_INIT(""), STR_INIT("")},
	    {STR_INIT("="), STR_INIT("")},
	    {STR_INIT(""), STR_INIT("&")},
	    {STR_INIT(":"), STR_INIT(",")},
	    {STR_INIT("="), STR_INIT(",")},
	    {STR_INIT(""), STR_INIT("\n")},
	    {STR_INIT("="), STR_INIT("\n")},
	    {STR_INIT(""), STR_INIT("|")},
	    {STR_INIT(""), STR_INIT(",")},
	    {STR_INIT(""), STR_INIT(" ")},
	    {STR_INIT(""), STR_INIT(":")},
	};

	if (variant >= COUNT(pairs))
		return BUILD_END;
	if (str_eq(t->s.and.n > 0 ? t->s.and : STR(""), pairs[variant].and) &&
	    str_eq(t->s.is.n > 0 ? t->s.is : STR(""), pairs[variant].is))
		return BUILD_SKIP;
	t->s.is = pairs[variant].is;
	t->s.and = pairs[variant].and;
	return BUILD_TRY;
}

/* --- the secret ---------------------------------------------------------------------- */

enum build
build_secret_front(struct trial *t, int variant)
{
	if (variant > 0 || t->s.head.n == 0 || t->s.tail.n == 0)
		return BUILD_END;
	t->s.head = STR_NONE;
	return BUILD_TRY;
}

enum build
build_secret_end(struct trial *t, int variant)
{
	if (variant > 0 || t->s.head.n == 0 || t->s.tail.n == 0)
		return BUILD_END;
	t->s.tail = STR_NONE;
	return BUILD_TRY;
}

enum build
build_secret_nowhere(struct trial *t, int variant)
{
	if (variant > 1 || t->s.tail.n == 0)
		return BUILD_END;
	t->s.head = t->s.tail = STR_NONE;
	if (variant == 0)
		t->s.mark = STR_NONE;
	return BUILD_TRY;
}

enum build
build_secret_blank(struct trial *t, int variant)
{
	static const struct {
		const char *before, *behind;
	} rows[] = {
	    {"", "\n"},
	    {"", "\r\n"},
	    {"", " "},
	    {" ", ""},
	    {"\xef\xbb\xbf", ""},
	    {"\"", "\""},
	    {"'", "'"},
	};

	if (variant >= COUNT(rows))
		return BUILD_END;
	trial_set_secret(t,
	    arena_printf(t->arena, "%s%.*s%s", rows[variant].before,
		STR_ARG(t->x->secret), rows[variant].behind));
	return BUILD_TRY;
}

/* Of an appsecret that has a part to hash and one to send. */
enum build
build_secret_whole(struct trial *t, int variant)
{
	if (variant > 1 || str_eq(t->x->appsecret, t->x->secret) ||
	    t->x->salt.n == 0)
		return BUILD_END;
	trial_set_secret(t, variant == 0 ? t->x->appsecret : t->x->salt);
	return BUILD_TRY;
}

enum build
build_secret_decoded(struct trial *t, int variant)
{
	size_t n = t->x->secret.n / 2;
	uint8_t *bytes = arena_alloc(t->arena, n + 1);

	if (variant > 0 || n == 0 || bytes == NULL ||
	    !digest_hex_parse(t->x->secret, bytes, n))
		return BUILD_END;
	trial_set_secret(t, (struct str){(const char *)bytes, n});
	return BUILD_TRY;
}

/* As a whole, and what is before its colon. */
enum build
build_secret_other(struct trial *t, int variant)
{
	size_t i = (size_t)variant / 2;
	const struct explain_secret *other;
	struct str secret, rest;

	if (i >= t->in->other_count)
		return BUILD_END;
	other = &t->in->others[i];
	rest = secret = other->secret;
	if (variant % 2 == 1) {
		secret = str_cut(&rest, ':');
		if (str_is_null(rest))
			return BUILD_SKIP;
	}
	if (str_eq(secret, t->x->secret))
		return BUILD_SKIP;
	trial_set_secret(t, secret);
	t->note = arena_printf(t->arena, "%.*s, %.*s", STR_ARG(other->app),
	    STR_ARG(other->dialect));
	return BUILD_TRY;
}

/* --- the hash ------------------------------------------------------------------------ */

enum build
build_hash(struct trial *t, int variant)
{
	static const struct {
		enum signing_hash hash;
		bool key, head, tail;
		struct str mark;
		const char *name;
	} ways[] = {
	    {SIGNING_MD5, false, true, true, STR_INIT(""),
		"md5(secret + text + secret)"},
	    {SIGNING_HMAC_MD5, true, false, false, STR_INIT(""),
		"hmac-md5(secret, text)"},
	    {SIGNING_HMAC_SHA256, true, false, false, STR_INIT(""),
		"hmac-sha256(secret, text)"},
	    {SIGNING_MD5, false, false, true, STR_INIT("&key="),
		"md5(text + &key=secret)"},
	    {SIGNING_MD5, false, false, true, STR_INIT(""),
		"md5(text + secret)"},
	    {SIGNING_MD5, false, true, false, STR_INIT(""),
		"md5(secret + text)"},
	    {SIGNING_SHA256, false, true, true, STR_INIT(""),
		"sha256(secret + text + secret)"},
	    {SIGNING_SHA256, false, false, true, STR_INIT(""),
		"sha256(text + secret)"},
	    {SIGNING_SHA256, false, true, false, STR_INIT(""),
		"sha256(secret + text)"},
	    {SIGNING_HMAC_SHA256, true, true, true, STR_INIT(""),
		"hmac-sha256(secret, secret + text + secret)"},
	    {SIGNING_HMAC_MD5, true, true, true, STR_INIT(""),
		"hmac-md5(secret, secret + text + secret)"},
	};
	/* Another mistake may have changed the secret before. */
	struct str secret = t->s.key.n > 0 ? t->s.key
	    : t->s.tail.n > 0		   ? t->s.tail
					   : t->s.head;

	if (variant >= COUNT(ways))
		return BUILD_END;
	if (ways[variant].hash == t->s.hash &&
	    ways[variant].key == (t->s.key.n > 0) &&
	    ways[variant].head == (t->s.head.n > 0) &&
	    ways[variant].tail == (t->s.tail.n > 0))
		return BUILD_SKIP;
	t->s.hash = ways[variant].hash;
	t->s.key = ways[variant].key ? secret : STR_NONE;
	t->s.head = ways[variant].head ? secret : STR_NONE;
	t->s.tail = ways[variant].tail ? secret : STR_NONE;
	t->s.mark = ways[variant].mark;
	t->note = str_from(ways[variant].name);
	return BUILD_TRY;
}

/* --- the writing --------------------------------------------------------------------- */

enum build
build_base64(struct trial *t, int variant)
{
	if (variant > 1)
		return BUILD_END;
	t->coding = variant == 0 ? CODING_BASE64 : CODING_BASE64_HEX;
	return BUILD_TRY;
}

enum build
build_middle(struct trial *t, int variant)
{
	if (variant > 0)
		return BUILD_END;
	t->coding = CODING_HEX_MIDDLE;
	return BUILD_TRY;
}
