/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes at once, against the same looked at one by one. */
#include "base/word.h"

#include "tests/check.h"

static const unsigned char bounds[] = {
    0, 1, 9, 0x1F, 0x20, 0x21, '"', '#', '\\', 0x7E, 0x7F};

#define BOUND_COUNT (sizeof(bounds) / sizeof(bounds[0]))

/* Each place with each byte, among neighbours that could lend and borrow. */
static void
check_all(bool (*told)(uint64_t w), bool (*is_kind)(unsigned char u))
{
	for (size_t n = 0; n < BOUND_COUNT; n++) {
		for (int i = 0; i < 8 * 256; i++) {
			char text[WORD_BYTES];
			unsigned char u = (unsigned char)(i & 255);

			memset(text, bounds[n], sizeof(text));
			text[i >> 8] = (char)u;
			assert_int_equal(told(word_at(text)),
			    is_kind(u) || is_kind(bounds[n]));
		}
	}
}

static bool
told_blank_or_less(uint64_t w)
{
	return word_is_marked(w | word_under(w, 0x21));
}

static bool
is_blank_or_less(unsigned char u)
{
	return u < 0x21 || u >= 0x80;
}

static bool
told_quote_or_end(uint64_t w)
{
	return word_is_marked(
	    w | word_equal(w, '"') | word_equal(w, 0x7F) | word_equal(w, 0));
}

static bool
is_quote_or_end(unsigned char u)
{
	return u == '"' || u == 0x7F || u == 0 || u >= 0x80;
}

static bool
told_ascii(uint64_t w)
{
	return word_is_marked(w | word_under(w, 0x80));
}

static bool
is_byte(unsigned char u)
{
	(void)u;
	return true;
}

void
test_a_word_is_marked_when_one_of_its_bytes_is(void **state)
{
	(void)state;
	check_all(told_blank_or_less, is_blank_or_less);
	check_all(told_quote_or_end, is_quote_or_end);
	check_all(told_ascii, is_byte);
}
