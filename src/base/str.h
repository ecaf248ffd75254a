/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed bytes with a length. A struct str never owns what it points to; the
 * memory belongs to an arena, a buffer or the program text. p == NULL means
 * "absent", which is different from the empty string.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p; /* NULL: absent; not NUL-terminated unless said so */
	size_t n;      /* bytes */
};

/* A string literal as a struct str; usable in static initialisers. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
/* clang-format off */
#define STR_INIT(literal) {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define STR_NONE ((struct str){NULL, 0})

/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* From a C string; NULL gives an absent string. */
static inline struct str
str_from(const char *c_string)
{
	if (c_string == NULL)
		return STR_NONE;
	return (struct str){c_string, strlen(c_string)};
}

static inline bool
str_is_null(struct str s)
{
	return s.p == NULL;
}

/* Equal when both are absent or both hold the same bytes. */
static inline bool
str_eq(struct str a, struct str b)
{
	if (a.p == NULL || b.p == NULL)
		return a.p == b.p;
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* Byte order, shorter first on a common prefix; absent sorts first. */
int str_cmp(struct str a, struct str b);
/* The same letter by letter, of two strings of n bytes. */
bool str_same_letters(const char *a, const char *b, size_t n);

/* Without regard to case, ASCII only. Most of what is compared so has another
 * length. */
static inline bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	if (a.p == NULL || b.p == NULL)
		return a.p == b.p;
	return str_same_letters(a.p, b.p, a.n);
}

bool str_starts(struct str s, struct str prefix);
/* The part from `from` on, `n` bytes at most; clamped to s. */
static inline struct str
str_sub(struct str s, size_t from, size_t n)
{
	if (s.p == NULL)
		return STR_NONE;
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	return (struct str){s.p + from, n};
}

/* Without ASCII blanks (space, \t, \r, \n) at both ends. */
struct str str_trim(struct str s);
/*
 * Cuts the first piece of *rest before `separator` off and returns it; *rest
 * becomes what follows, absent after the last piece. Absent in, absent out.
 */
struct str str_cut(struct str *rest, char separator);

/*
 * Length in Unicode code points, or -1 when s is not valid UTF-8 (overlong
 * forms, surrogates and values over U+10FFFF are not).
 */
int64_t str_code_points(struct str s);

/*
 * The bytes of the code point that s begins with (1-4), or 0 when s is empty
 * or does not begin with valid UTF-8.
 */
size_t str_utf8_length(struct str s);

/* "000102…99" */
extern const char str_digit_pairs[201];

/* 0..99 as two digits. */
static inline void
str_put_two(char out[2], unsigned v)
{
	memcpy(out, str_digit_pairs + 2 * v, 2);
}

/*
 * A decimal integer with an optional '-', no blanks, no '+', at least one
 * digit and nothing after it. False when it is not that or does not fit.
 */
bool str_parse_int(struct str s, int64_t *out);

#endif
