/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on borrowed bytes. Nothing here allocates, and nothing depends on the
 * locale: letters are ASCII letters, text is UTF-8.
 */
#include "base/str.h"

#include <assert.h>

int
str_cmp(struct str a, struct str b)
{
	size_t common = a.n < b.n ? a.n : b.n;
	int order;

	if (a.p == NULL || b.p == NULL)
		return (a.p != NULL) - (b.p != NULL);
	order = memcmp(a.p, b.p, common);
	if (order != 0)
		return order < 0 ? -1 : 1;
	return (a.n > b.n) - (a.n < b.n);
}

static unsigned char
ascii_lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

bool
str_same_letters(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] && ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

bool
str_starts(struct str s, struct str prefix)
{
	assert(prefix.p != NULL);
	return s.p != NULL && s.n >= prefix.n &&
	    memcmp(s.p, prefix.p, prefix.n) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	return s;
}

struct str
str_cut(struct str *rest, char separator)
{
	struct str piece;
	const char *at;

	assert(rest != NULL);
	piece = *rest;
	if (piece.p == NULL)
		return STR_NONE;
	at = piece.n == 0 ? NULL : memchr(piece.p, separator, piece.n);
	if (at == NULL) {
		*rest = STR_NONE;
		return piece;
	}
	piece.n = (size_t)(at - piece.p);
	*rest = str_sub(*rest, piece.n + 1, SIZE_MAX);
	return piece;
}

/* Is p[i] for all i in [from, to) a continuation byte? */
static bool
are_continuations(const unsigned char *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if ((p[i] & 0xC0) != 0x80)
			return false;
	return true;
}

/*
 * Overlong forms, surrogates and values over U+10FFFF all show in the second
 * byte, whose range the first one narrows.
 */
size_t
str_utf8_length(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n;

	if (s.n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (s.n < n || !are_continuations(p, 1, n))
		return 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return n;
}

int64_t
str_code_points(struct str s)
{
	int64_t count = 0;

	while (s.n > 0) {
		size_t n = str_utf8_length(s);

		if (n == 0)
			return -1;
		s.p += n;
		s.n -= n;
		count++;
	}
	return count;
}

/* clang-format off */
const char str_digit_pairs[201] =
    "00010203040506070809"
    "10111213141516171819"
    "20212223242526272829"
    "30313233343536373839"
    "40414243444546474849"
    "50515253545556575859"
    "60616263646566676869"
    "70717273747576777879"
    "80818283848586878889"
    "90919293949596979899";
/* clang-format on */

/* So many digits fit whatever they are. */
#define SAFE_DIGITS 18

static bool
parse_short(struct str digits, bool negative, int64_t *out)
{
	int64_t v = 0;

	for (size_t i = 0; i < digits.n; i++) {
		unsigned digit = (unsigned char)digits.p[i] - '0';

		if (digit > 9)
			return false;
		v = v * 10 + digit;
	}
	*out = negative ? -v : v;
	return true;
}

bool
str_parse_int(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	int64_t v = 0;
	size_t i = negative;

	assert(out != NULL);
	if (i == s.n || (s.p[i] == '0' && s.n > i + 1))
		return false;
	if (s.n <= SAFE_DIGITS)
		return parse_short(str_sub(s, i, SIZE_MAX), negative, out);
	for (; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9)
			return false;
		/* Counting downwards for negatives reaches INT64_MIN. */
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, negative ? -digit : digit, &v))
			return false;
	}
	*out = v;
	return true;
}
