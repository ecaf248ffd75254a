/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Money between text and scaled integers. A number is read as its significant
 * digits and a power of ten, so that "1e2", "100.00" and "10000e-2" are one
 * value, and nothing is rounded on the way.
 */
#include "base/money.h"

#include <assert.h>

#define DECIMALS_MAX 18 /* the digits that any int64_t has room for */

/* An exponent stops growing here: far past any text's length, far from
 * overflow in the sums below. */
#define EXPONENT_MAX (INT64_C(1) << 60)

/* A number as text: digits, of which `fraction` are behind the point. */
struct decimal {
	bool negative;
	struct str whole;
	struct str fraction;
	int64_t exponent;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes the digits at the front of *rest off; empty when there are none. */
static struct str
take_digits(struct str *rest)
{
	struct str digits = *rest;

	while (rest->n > 0 && is_digit(rest->p[0])) {
		rest->p++;
		rest->n--;
	}
	digits.n -= rest->n;
	return digits;
}

static bool
take_char(struct str *rest, char c)
{
	if (rest->n == 0 || rest->p[0] != c)
		return false;
	rest->p++;
	rest->n--;
	return true;
}

static bool
take_exponent(struct str *rest, int64_t *out)
{
	bool negative = take_char(rest, '-');
	struct str digits;

	if (!negative)
		(void)take_char(rest, '+');
	digits = take_digits(rest);
	if (digits.n == 0)
		return false;
	*out = 0;
	for (size_t i = 0; i < digits.n && *out < EXPONENT_MAX / 16; i++)
		*out = *out * 10 + (digits.p[i] - '0');
	if (negative)
		*out = -*out;
	return true;
}

static bool
decimal_parse(struct str text, struct decimal *d)
{
	*d = (struct decimal){.negative = take_char(&text, '-')};
	d->whole = take_digits(&text);
	if (d->whole.n == 0 || (d->whole.n > 1 && d->whole.p[0] == '0'))
		return false;
	if (take_char(&text, '.')) {
		d->fraction = take_digits(&text);
		if (d->fraction.n == 0)
			return false;
	}
	if (take_char(&text, 'e') || take_char(&text, 'E'))
		if (!take_exponent(&text, &d->exponent))
			return false;
	return text.n == 0;
}

/* The digit at place i of the whole and the fraction written together. */
static unsigned
digit_at(const struct decimal *d, size_t i)
{
	if (i < d->whole.n)
		return (unsigned)(d->whole.p[i] - '0');
	return (unsigned)(d->fraction.p[i - d->whole.n] - '0');
}

static bool
push_digit(uint64_t *v, unsigned digit)
{
	return !__builtin_mul_overflow(*v, 10u, v) &&
	    !__builtin_add_overflow(*v, digit, v);
}

/* digits × 10^shift; fails at the first digit too many, so it ends soon. */
static bool
decimal_scale(const struct decimal *d, int decimals, uint64_t *out)
{
	size_t end = d->whole.n + d->fraction.n;
	int64_t shift = d->exponent - (int64_t)d->fraction.n + decimals;
	uint64_t v = 0;

	while (end > 0 && digit_at(d, end - 1) == 0) {
		end--;
		shift++;
	}
	if (end == 0)
		shift = 0; /* zero is zero at any scale */
	if (shift < 0)
		return false;
	for (size_t i = 0; i < end; i++)
		if (!push_digit(&v, digit_at(d, i)))
			return false;
	for (; shift > 0; shift--)
		if (!push_digit(&v, 0))
			return false;
	*out = v;
	return true;
}

bool
money_parse(struct str text, int decimals, int64_t *out)
{
	struct decimal d;
	uint64_t v;

	assert(decimals >= 0);
	assert(decimals <= DECIMALS_MAX);
	assert(out != NULL);
	if (!decimal_parse(text, &d) || !decimal_scale(&d, decimals, &v))
		return false;
	if (v > (uint64_t)INT64_MAX + d.negative)
		return false;
	/* Negated while unsigned: INT64_MIN has no positive counterpart. */
	*out = (int64_t)(d.negative ? 0 - v : v);
	return true;
}

static void
print(struct buf *out, int64_t value, int decimals, bool trim)
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char text[24]; /* sign, 19 digits, point */
	size_t at = sizeof(text);
	bool started = !trim;

	assert(decimals >= 0);
	assert(decimals <= DECIMALS_MAX);
	for (int i = 0; i < decimals; i++, rest /= 10) {
		started = started || rest % 10 != 0;
		if (started)
			text[--at] = (char)('0' + rest % 10);
	}
	if (at < sizeof(text))
		text[--at] = '.';
	do {
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		text[--at] = '-';
	buf_add(out, text + at, sizeof(text) - at);
}

void
money_print(struct buf *out, int64_t value, int decimals)
{
	assert(out != NULL);
	print(out, value, decimals, true);
}

void
money_print_fixed(struct buf *out, int64_t value, int decimals)
{
	assert(out != NULL);
	print(out, value, decimals, false);
}

bool
money_line_total(int64_t price_e4, int64_t quantity, int64_t *fen_out)
{
	unsigned __int128 fen;

	assert(price_e4 >= 0);
	assert(quantity >= 0);
	assert(fen_out != NULL);
	fen = ((unsigned __int128)price_e4 * (uint64_t)quantity + 50) / 100;
	if (fen > INT64_MAX)
		return false;
	*fen_out = (int64_t)fen;
	return true;
}

bool
money_add(int64_t *sum_fen, int64_t fen)
{
	int64_t sum;

	assert(sum_fen != NULL);
	if (__builtin_add_overflow(*sum_fen, fen, &sum))
		return false;
	*sum_fen = sum;
	return true;
}
