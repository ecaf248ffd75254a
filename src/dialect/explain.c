/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search. A match is a proof, because it is a hash: what is found is what
 * the client did, up to mistakes that come to the same text.
 */
#include "dialect/explain.h"

#include "base/buf.h"
#include "dialect/explain_impl.h"

#include <assert.h>

/* Pairs of mistakes are some ten thousand texts; of one this long they take a
 * second. */
#define PAIRS_TEXT_BYTES_MAX (32 * 1024)
#define TRIAL_ARENA_BYTES (64 * 1024 * 1024)
#define VARIANTS_MAX 512

struct form_field *
trial_field(struct trial *t, struct str name)
{
	if (str_is_null(name))
		return NULL;
	for (size_t i = 0; i < t->s.count; i++) {
		if (str_eq(t->fields[i].name, name))
			return &t->fields[i];
	}
	return NULL;
}

void
trial_drop(struct trial *t, const struct form_field *field)
{
	size_t i = (size_t)(field - t->fields);

	assert(i < t->s.count);
	memmove(&t->fields[i], &t->fields[i + 1],
	    (t->s.count - i - 1) * sizeof(t->fields[0]));
	t->s.count--;
}

bool
trial_add(struct trial *t, struct str name, struct str value)
{
	if (t->s.count == TRIAL_FIELDS_MAX)
		return false;
	t->fields[t->s.count++] = (struct form_field){
	    .name = name, .value = value};
	return true;
}

void
trial_set_secret(struct trial *t, struct str secret)
{
	if (!str_is_null(t->s.key))
		t->s.key = secret;
	if (!str_is_null(t->s.head))
		t->s.head = secret;
	if (!str_is_null(t->s.tail))
		t->s.tail = secret;
}

static void
begin_trial(struct trial *t, struct arena *a, const struct explain_input *in)
{
	const struct signing *own = &in->request->signing;

	assert(own->count <= TRIAL_FIELDS_MAX);
	t->arena = a;
	t->in = in;
	t->x = in->request;
	t->s = *own;
	if (own->count > 0)
		memcpy(t->fields, own->fields,
		    own->count * sizeof(t->fields[0]));
	t->s.fields = t->fields;
	t->coding = CODING_HEX;
	t->note = STR_NONE;
}

/* --- does it come to the signature that was sent? -------------------------------- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* Of either alphabet, with '+' that a form made a blank; padding is not looked
 * at. */
static bool
is_base64_of(struct str sent, const uint8_t *bytes, size_t n)
{
	size_t digits = (8 * n + 5) / 6;

	while (sent.n > 0 && sent.p[sent.n - 1] == '=')
		sent.n--;
	if (sent.n != digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		size_t bit = 6 * i, byte = bit / 8;
		unsigned two = (unsigned)bytes[byte] << 8 |
		    (byte + 1 < n ? bytes[byte + 1] : 0U);
		char want = base64_digits[two >> (10 - bit % 8) & 63];
		char c = sent.p[i];

		c = c == '-' || c == ' ' ? '+' : c == '_' ? '/' : c;
		if (c != want)
			return false;
	}
	return true;
}

static bool
matches(const struct trial *t)
{
	uint8_t sum[DIGEST_BYTES_MAX], sent[DIGEST_BYTES_MAX];
	char hex[2 * DIGEST_BYTES_MAX + 1];
	struct str given = t->x->signature;
	size_t n = signing_digest(&t->s, sum);

	switch (t->coding) {
	case CODING_HEX:
		return digest_hex_parse(given, sent, n) &&
		    memcmp(sum, sent, n) == 0;
	case CODING_BASE64:
		return is_base64_of(given, sum, n);
	case CODING_BASE64_HEX:
		digest_hex_lower(sum, n, hex);
		return is_base64_of(given, (const uint8_t *)hex, 2 * n);
	default:
		return n == DIGEST_MD5_BYTES &&
		    digest_hex_parse(given, sent, n / 2) &&
		    memcmp(sum + n / 4, sent, n / 2) == 0;
	}
}

static bool
holds(struct trial *t)
{
	if (matches(t))
		return true;
	if (!t->x->empty_is_none)
		return false;
	t->s.skips_empty = !t->s.skips_empty;
	return matches(t);
}

/* --- the search ------------------------------------------------------------------ */

struct search {
	const struct explain_input *in;
	struct arena scratch;
	struct arena *kept; /* for what is found */
	struct trial trial;
	struct explanation *out;
};

/* Variant v of row i, on top of what the trial has. */
static enum build
build(struct search *s, size_t i, int v)
{
	return explain_hypotheses[i].build(&s->trial, v);
}

static void
found(struct search *s, size_t row, struct str note)
{
	struct explanation *out = s->out;

	assert(out->mistake_count < EXPLAIN_MISTAKES_MAX);
	out->mistakes[out->mistake_count].words =
	    &explain_hypotheses[row].words;
	out->mistakes[out->mistake_count].note = arena_dup(s->kept, note);
	out->mistake_count++;
}

static bool
find_one(struct search *s)
{
	for (size_t i = 0; i < explain_hypothesis_count; i++) {
		for (int v = 0; v < VARIANTS_MAX; v++) {
			enum build b;

			arena_reset(&s->scratch);
			begin_trial(&s->trial, &s->scratch, s->in);
			b = build(s, i, v);
			if (b == BUILD_END)
				break;
			if (b == BUILD_SKIP || arena_failed(&s->scratch) ||
			    !matches(&s->trial))
				continue;
			found(s, i, s->trial.note);
			return true;
		}
	}
	return false;
}

/* Row j in all variants behind variant v of row i. */
static bool
find_second(struct search *s, size_t i, int v, size_t j)
{
	for (int w = 0; w < VARIANTS_MAX; w++) {
		struct str first;
		enum build b;

		arena_reset(&s->scratch);
		begin_trial(&s->trial, &s->scratch, s->in);
		if (build(s, i, v) != BUILD_TRY)
			return false;
		first = s->trial.note;
		s->trial.note = STR_NONE;
		b = build(s, j, w);
		if (b == BUILD_END)
			return false;
		if (b == BUILD_SKIP || arena_failed(&s->scratch) ||
		    !matches(&s->trial))
			continue;
		found(s, i, first);
		found(s, j, s->trial.note);
		return true;
	}
	return false;
}

static bool
find_two(struct search *s)
{
	for (size_t i = 0; i < explain_hypothesis_count; i++) {
		for (int v = 0; v < VARIANTS_MAX; v++) {
			enum build b;

			arena_reset(&s->scratch);
			begin_trial(&s->trial, &s->scratch, s->in);
			b = build(s, i, v);
			if (b == BUILD_END)
				break;
			for (size_t j = i + 1;
			     b == BUILD_TRY && j < explain_hypothesis_count;
			     j++) {
				if (find_second(s, i, v, j))
					return true;
			}
		}
	}
	return false;
}

/* One that another server of the dialect may refuse. */
static const struct explain_words *
find_remark(const struct explanation *out, const struct examined *x)
{
	static const struct explain_words hex_case = {"hex-case",
	    "its hex digits are in the other case than the dialect's documents "
	    "write them; this server takes both, others may not",
	    "其十六进制大小写与接口文档不同;此服务两者皆可,其他服务未必"};

	return out->holds && str_eq_nocase(out->expected, x->signature) &&
		!str_eq(out->expected, x->signature)
	    ? &hex_case
	    : NULL;
}

static bool
print_expected(struct arena *a, const struct examined *x,
    struct explanation *out)
{
	uint8_t sum[DIGEST_BYTES_MAX];
	char *hex = arena_alloc(a, 2 * DIGEST_BYTES_MAX + 1);
	size_t n = signing_digest(&x->signing, sum);

	if (hex == NULL)
		return false;
	if (x->upper)
		digest_hex_upper(sum, n, hex);
	else
		digest_hex_lower(sum, n, hex);
	out->expected = str_from(hex);
	return true;
}

static size_t
text_bytes(const struct signing *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->fields[i].name.n + s->fields[i].value.n;
	return n;
}

bool
explain(struct arena *a, const struct explain_input *in,
    struct explanation *out)
{
	struct search *s = ARENA_NEW(a, struct search);
	const struct examined *x = in->request;

	assert(out != NULL);
	*out = (struct explanation){.has_signature = x->signature.n > 0};
	if (s == NULL || !print_expected(a, x, out))
		return false;
	out->time = explain_time_fault(x, in->now_ms);
	out->off_ms = x->has_time ? x->at_ms - in->now_ms : 0;
	if (!out->has_signature)
		return true;
	*s = (struct search){.in = in, .kept = a, .out = out};
	arena_init(&s->scratch, TRIAL_ARENA_BYTES);
	begin_trial(&s->trial, &s->scratch, in);
	out->holds = holds(&s->trial);
	out->remark = find_remark(out, x);
	if (!out->holds && !find_one(s) &&
	    text_bytes(&x->signing) <= PAIRS_TEXT_BYTES_MAX)
		(void)find_two(s);
	arena_fini(&s->scratch);
	return true;
}
