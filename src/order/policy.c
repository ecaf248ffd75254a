/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies as text: read from an operator or the store, checked against
 * POLICY_TABLE, and written back. What a policy means is decided where it is
 * looked at, by the member of struct policy.
 */
#include <assert.h>

#include "base/buf.h"
#include "base/limits.h"
#include "order/policy.h"

/* A bucket counts thousandths of a request per millisecond; a rate of 31 bits
 * leaves its int64_t room for a month. */
#define RATE_MAX INT32_MAX

/* A text of policies is bounded by what an operator may write at once. */
#define POLICY_TEXT_BYTES LIMIT_TEXT_BYTES

#define FRANCHISER_ERROR_KEYS "franchiser.error."

enum policy_kind { POLICY_CHOICE, POLICY_RATE, POLICY_NUMBER, POLICY_LIST };

struct policy_place {
	enum policy_kind kind;
	size_t offset;
};

/* clang-format off */
#define KIND_FITS(member, kind)                                            \
	_Generic(((struct policy *)0)->member,                             \
	    int64_t: (kind) == POLICY_CHOICE || (kind) == POLICY_RATE ||   \
		(kind) == POLICY_NUMBER,                                   \
	    struct str: (kind) == POLICY_LIST)
/* clang-format on */

#define X(member, kind, key, value, values, en, zh) \
	static_assert(KIND_FITS(member, POLICY_##kind), \
	    "the kind of " key " does not fit its member");
POLICY_TABLE(X)
#undef X

const struct policy_row policy_rows[] = {
#define X(member, kind, key, value, values, en, zh) \
	{key, value, values, en, zh},
    POLICY_TABLE(X)
#undef X
};
const size_t policy_row_count = sizeof(policy_rows) / sizeof(policy_rows[0]);

static const struct policy_place places[] = {
#define X(member, type, key, value, values, en, zh) \
	{POLICY_##type, offsetof(struct policy, member)},
    POLICY_TABLE(X)
#undef X
};

static int64_t *
number_at(struct policy *p, size_t row)
{
	return (void *)((char *)p + places[row].offset);
}

static struct str *
list_at(struct policy *p, size_t row)
{
	return (void *)((char *)p + places[row].offset);
}

static bool
parse_choice(struct str value, const char *values, int64_t *out)
{
	struct str rest = str_from(values);

	for (int64_t i = 0; !str_is_null(rest); i++) {
		if (str_eq(str_cut(&rest, '|'), value)) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool
parse_rate(struct str value, int64_t *out)
{
	int64_t rate;

	if (str_eq(value, STR("unlimited"))) {
		*out = RATE_UNLIMITED;
		return true;
	}
	if (!str_parse_int(value, &rate) || rate < 1 || rate > RATE_MAX)
		return false;
	*out = rate;
	return true;
}

/* An integer of the range, written as str_parse_int's opposite would. */
static bool
parse_number(struct str value, const char *range, int64_t *out)
{
	struct str high = str_from(range);
	struct str low = str_cut(&high, '.');
	int64_t from = 0, to = 0, number;
	bool read = str_parse_int(low, &from) &&
	    str_parse_int(str_sub(high, 1, SIZE_MAX), &to);

	assert(read);
	(void)read;
	if (!str_parse_int(value, &number) || number < from || number > to)
		return false;
	*out = number;
	return true;
}

/* Words of printable ASCII between commas, none of them empty. Nothing at all
 * is the empty list. */
static bool
is_list(struct str value)
{
	struct str rest = value;

	if (value.n == 0)
		return true;
	while (!str_is_null(rest)) {
		struct str word = str_cut(&rest, ',');

		if (word.n == 0)
			return false;
		for (size_t i = 0; i < word.n; i++) {
			if (word.p[i] <= ' ' || word.p[i] > '~')
				return false;
		}
	}
	return true;
}

/* Reads a value into row i; a list is borrowed. False when it is not one. */
static bool
put_value(struct policy *p, size_t i, struct str value)
{
	switch (places[i].kind) {
	case POLICY_CHOICE:
		return parse_choice(value, policy_rows[i].values,
		    number_at(p, i));
	case POLICY_RATE:
		return parse_rate(value, number_at(p, i));
	case POLICY_NUMBER:
		return parse_number(value, policy_rows[i].values,
		    number_at(p, i));
	case POLICY_LIST:
		if (!is_list(value))
			return false;
		*list_at(p, i) = value.n == 0 ? STR_NONE : value;
		return true;
	}
	return false;
}

static void
put_defaults(struct policy *p)
{
	for (size_t i = 0; i < policy_row_count; i++) {
		bool taken = put_value(p, i,
		    str_from(policy_rows[i].default_value));

		assert(taken);
	}
}

void
policy_init(struct policy *p)
{
	*p = (struct policy){.rate = LIMIT_RATE_APP};
	put_defaults(p);
}

static enum err_code
unknown_key(struct arena *a, struct str key, struct err *err)
{
	struct buf known;
	bool told = false;

	buf_init(&known, a, sizeof(err->detail));
	for (size_t i = 0; i < policy_row_count; i++) {
		struct str row = str_from(policy_rows[i].key);
		struct str many = STR(FRANCHISER_ERROR_KEYS);

		/* One of a family stands for all. */
		if (str_starts(row, many) && told)
			continue;
		buf_str(&known, i == 0 ? STR("") : STR(", "));
		buf_str(&known, str_starts(row, many) ? many : row);
		told = told || str_starts(row, many);
	}

	struct str list = buf_view(&known);

	return err_set(err, ERR_USAGE, "policy",
	    "there is no policy \"%.*s\"; there are %.*s", STR_ARG(key),
	    STR_ARG(list));
}

static enum err_code
bad_value(size_t i, struct str value, struct err *err)
{
	const char *key = policy_rows[i].key;

	switch (places[i].kind) {
	case POLICY_CHOICE:
		return err_set(err, ERR_USAGE, key,
		    "policy %s is one of %s, not \"%.*s\"", key,
		    policy_rows[i].values, STR_ARG(value));
	case POLICY_RATE:
		return err_set(err, ERR_USAGE, key,
		    "policy %s is a number from 1 to %d or the word unlimited, "
		    "not \"%.*s\"",
		    key, RATE_MAX, STR_ARG(value));
	case POLICY_NUMBER:
		return err_set(err, ERR_USAGE, key,
		    "policy %s is a number of %s, not \"%.*s\"", key,
		    policy_rows[i].values, STR_ARG(value));
	default:
		return err_set(err, ERR_USAGE, key,
		    "policy %s is a list of words with commas between them and "
		    "no blanks, not \"%.*s\"",
		    key, STR_ARG(value));
	}
}

enum err_code
policy_set(struct policy *p, struct arena *a, struct str key, struct str value,
    struct err *err)
{
	size_t i = 0;

	while (i < policy_row_count &&
	    !str_eq(key, str_from(policy_rows[i].key)))
		i++;
	if (i == policy_row_count)
		return unknown_key(a, key, err);
	if (value.n > LIMIT_TEXT_BYTES)
		return bad_value(i, str_sub(value, 0, 64), err);
	if (places[i].kind == POLICY_LIST && value.n > 0) {
		value = arena_dup(a, value);
		if (str_is_null(value))
			return err_set(err, ERR_NO_MEMORY, policy_rows[i].key,
			    "no room for the policy's value");
	}
	return put_value(p, i, value) ? ERR_OK : bad_value(i, value, err);
}

/* The word of `values` with this number. */
static struct str
choice_word(const char *values, int64_t number)
{
	struct str rest = str_from(values);
	struct str word = STR_NONE;

	for (int64_t i = 0; i <= number; i++)
		word = str_cut(&rest, '|');
	assert(!str_is_null(word));
	return word;
}

struct str
policy_get(const struct policy *p, struct arena *a, size_t row)
{
	assert(row < policy_row_count);

	struct policy copy = *p;

	switch (places[row].kind) {
	case POLICY_CHOICE:
		return choice_word(policy_rows[row].values,
		    *number_at(&copy, row));
	case POLICY_RATE:
		if (*number_at(&copy, row) == RATE_UNLIMITED)
			return STR("unlimited");
		return arena_printf(a, "%lld",
		    (long long)*number_at(&copy, row));
	case POLICY_NUMBER:
		return arena_printf(a, "%lld",
		    (long long)*number_at(&copy, row));
	default:
		if (str_is_null(*list_at(&copy, row)))
			return STR("");
		return *list_at(&copy, row);
	}
}

struct str
policy_print(const struct policy *p, struct arena *a)
{
	struct buf text;

	buf_init(&text, a, POLICY_TEXT_BYTES);
	for (size_t i = 0; i < policy_row_count; i++) {
		struct str value = policy_get(p, a, i);

		if (str_eq(value, str_from(policy_rows[i].default_value)))
			continue;
		buf_str(&text, str_from(policy_rows[i].key));
		buf_char(&text, '=');
		buf_str(&text, value);
		buf_char(&text, '\n');
	}
	return buf_failed(&text) ? STR_NONE : buf_view(&text);
}

enum err_code
policy_parse(struct policy *p, struct arena *a, struct str text,
    struct err *err)
{
	struct str rest = text;

	put_defaults(p);
	while (!str_is_null(rest)) {
		struct str value = str_cut(&rest, '\n');

		if (value.n == 0)
			continue;

		struct str key = str_cut(&value, '=');
		enum err_code rc = policy_set(p, a, key,
		    str_is_null(value) ? STR("") : value, err);

		if (rc != ERR_OK)
			return rc;
	}
	return ERR_OK;
}
