/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed strings, and the error table, which is made of them. */
#include "tests/check.h"

#include <stdlib.h>

void
test_str_absent_is_not_empty(void **state)
{
	(void)state;
	assert_true(str_is_null(str_from(NULL)));
	assert_false(str_is_null(str_from("")));
	assert_false(str_eq(STR_NONE, STR("")));
	assert_true(str_eq(STR_NONE, STR_NONE));
	assert_false(str_eq_nocase(STR_NONE, STR("")));
	assert_true(str_cmp(STR_NONE, STR("")) < 0);
	assert_true(str_cmp(STR(""), STR_NONE) > 0);
	assert_int_equal(str_cmp(STR_NONE, STR_NONE), 0);
	check_str(str_trim(STR_NONE), NULL);
	check_str(str_sub(STR_NONE, 1, 1), NULL);
	assert_false(str_starts(STR_NONE, STR("")));
}

void
test_str_compares_bytes(void **state)
{
	(void)state;
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_false(str_eq(STR("ab"), STR("abc")));
	assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
	assert_int_equal(str_cmp(STR("ab"), STR("abc")), -1);
	assert_int_equal(str_cmp(STR("abc"), STR("ab")), 1);
	assert_int_equal(str_cmp(STR("\x7F"), STR("\x80")), -1);
	assert_true(str_eq_nocase(STR("X-App-Id[@"), STR("x-aPP-iD[@")));
	assert_false(str_eq_nocase(STR("["), STR("{")));
	assert_false(str_eq_nocase(STR("a"), STR("ab")));
	assert_true(str_starts(STR("/api/v1"), STR("/api")));
	assert_true(str_starts(STR("/api"), STR("")));
	assert_false(str_starts(STR("/ap"), STR("/api")));
	assert_false(str_starts(STR("/apj"), STR("/api")));
}

void
test_str_sub_is_clamped(void **state)
{
	(void)state;
	check_str(str_sub(STR("hello"), 1, 3), "ell");
	check_str(str_sub(STR("hello"), 3, SIZE_MAX), "lo");
	check_str(str_sub(STR("hello"), 5, 1), "");
	check_str(str_sub(STR("hello"), 9, 1), "");
}

void
test_str_trim_takes_ascii_blanks_only(void **state)
{
	(void)state;
	check_str(str_trim(STR(" \t\r\n a b \n")), "a b");
	check_str(str_trim(STR("   ")), "");
	check_str(str_trim(STR("\v a")), "\v a");
}

void
test_str_cut_yields_every_piece(void **state)
{
	struct str rest = STR("a,,b,");

	(void)state;
	check_str(str_cut(&rest, ','), "a");
	check_str(str_cut(&rest, ','), "");
	check_str(str_cut(&rest, ','), "b");
	check_str(rest, "");
	check_str(str_cut(&rest, ','), "");
	check_str(rest, NULL);
	check_str(str_cut(&rest, ','), NULL);
}

void
test_str_code_points_counts_characters(void **state)
{
	(void)state;
	assert_int_equal(str_code_points(STR_NONE), 0);
	assert_int_equal(str_code_points(STR("a\0b")), 3);
	assert_int_equal(str_code_points(STR("中文é😀")), 4);
	assert_int_equal(str_code_points(STR("\xC2\x80")), 1);
	assert_int_equal(str_code_points(STR("\xE0\xA0\x80")), 1);
	assert_int_equal(str_code_points(STR("\xED\x9F\xBF")), 1);
	assert_int_equal(str_code_points(STR("\xEE\x80\x80")), 1);
	assert_int_equal(str_code_points(STR("\xF0\x90\x80\x80")), 1);
	assert_int_equal(str_code_points(STR("\xF4\x8F\xBF\xBF")), 1);
}

void
test_str_code_points_refuses_bad_utf8(void **state)
{
	static const struct str bad[] = {
	    STR_INIT("\x80"),
	    STR_INIT("\xBF"),
	    STR_INIT("\xC0\x80"),
	    STR_INIT("\xC1\xBF"),
	    STR_INIT("\xC2"),
	    STR_INIT("\xC2 "),
	    STR_INIT("\xE0\x9F\xBF"),
	    STR_INIT("\xED\xA0\x80"),
	    STR_INIT("\xE4\xB8"),
	    STR_INIT("\xE4\xB8 "),
	    STR_INIT("\xF0\x8F\xBF\xBF"),
	    STR_INIT("\xF4\x90\x80\x80"),
	    STR_INIT("\xF5\x80\x80\x80"),
	    STR_INIT("\xFF"),
	    STR_INIT("abc\xE4"),
	    STR_INIT("\xF0\x90\x80"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(str_code_points(bad[i]), -1);
}

void
test_str_utf8_length_of_first_character(void **state)
{
	(void)state;
	assert_int_equal(str_utf8_length(STR_NONE), 0);
	assert_int_equal(str_utf8_length(STR("ab")), 1);
	assert_int_equal(str_utf8_length(STR("éa")), 2);
	assert_int_equal(str_utf8_length(STR("中a")), 3);
	assert_int_equal(str_utf8_length(STR("😀a")), 4);
}

static void
must_be_int(struct str s, int64_t expected)
{
	int64_t v = 42;

	assert_true(str_parse_int(s, &v));
	assert_true(v == expected);
}

void
test_str_parse_int_takes_all_of_int64(void **state)
{
	(void)state;
	must_be_int(STR("0"), 0);
	must_be_int(STR("-0"), 0);
	must_be_int(STR("10"), 10);
	must_be_int(STR("-17"), -17);
	must_be_int(STR("999999999999999999"), 999999999999999999);
	must_be_int(STR("-99999999999999999"), -99999999999999999);
	must_be_int(STR("1000000000000000000"), 1000000000000000000);
	must_be_int(STR("9223372036854775807"), INT64_MAX);
	must_be_int(STR("-9223372036854775808"), INT64_MIN);
}

void
test_str_parse_int_refuses_the_rest(void **state)
{
	static const struct str bad[] = {
	    STR_INIT(""),
	    STR_INIT("-"),
	    STR_INIT("+5"),
	    STR_INIT(" 5"),
	    STR_INIT("5 "),
	    STR_INIT("007"),
	    STR_INIT("-01"),
	    STR_INIT("00"),
	    STR_INIT("5.0"),
	    STR_INIT("5a"),
	    STR_INIT("0x5"),
	    STR_INIT("--5"),
	    STR_INIT("5\0"),
	    STR_INIT("9223372036854775808"),
	    STR_INIT("-9223372036854775809"),
	    STR_INIT("18446744073709551616"),
	    STR_INIT("99999999999999999999"),
	    {NULL, 0},
	};
	int64_t v = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(str_parse_int(bad[i], &v));
	assert_int_equal(v, 42);
}

/* As long as what fits without being looked at, and longer. */
void
test_str_parse_int_looks_at_every_digit(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 19; n++) {
		for (size_t at = 0; at < n; at++) {
			char text[] = "1111111111111111111";
			int64_t v;

			text[at] = '/';
			assert_false(str_parse_int((struct str){text, n}, &v));
			text[at] = ':';
			assert_false(str_parse_int((struct str){text, n}, &v));
			text[at] = '7';
			assert_true(str_parse_int((struct str){text, n}, &v));
			text[n] = '\0';
			assert_int_equal(v, strtoll(text, NULL, 10));
		}
	}
}

void
test_err_set_fills_and_returns_the_code(void **state)
{
	struct err e;

	(void)state;
	check_err(err_set(&e, ERR_BAD_FIELD, "lines[0].qty", "was %d", 0),
	    ERR_BAD_FIELD);
	check_err(e.code, ERR_BAD_FIELD);
	assert_string_equal(e.field, "lines[0].qty");
	assert_string_equal(e.detail, "was 0");
	check_err(err_set(&e, ERR_BUSY, NULL, "%s", "full"), ERR_BUSY);
	assert_string_equal(e.field, "");
	check_err(err_set(NULL, ERR_BUSY, NULL, "nobody reads this"), ERR_BUSY);
}

void
test_err_set_cuts_at_a_character(void **state)
{
	struct err e;
	char text[301];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i += 3)
		memcpy(text + i, "中", 3);
	text[300] = '\0';
	(void)err_set(&e, ERR_BUSY, text, "ab%s", text);
	assert_int_equal(strlen(e.field), 63);
	assert_int_equal(strlen(e.detail), 254);
	assert_int_equal(str_code_points(str_from(e.detail)), 2 + 84);
	(void)err_set(&e, ERR_BUSY, text, "abc%s", text);
	assert_int_equal(strlen(e.detail), 255);
}

void
test_err_table_has_names_and_texts(void **state)
{
	(void)state;
	assert_string_equal(err_name(ERR_OK), "ok");
	assert_string_equal(err_name(ERR_BAD_FIELD), "bad_field");
	assert_string_equal(err_text(ERR_BUSY), "a queue is full");
	for (int i = 0; i < ERR__COUNT; i++) {
		assert_true(strlen(err_name((enum err_code)i)) > 0);
		assert_true(strlen(err_text((enum err_code)i)) > 0);
	}
}

void
test_err_is_transient_names_what_may_pass(void **state)
{
	(void)state;
	assert_true(err_is_transient(ERR_RATE_LIMITED));
	assert_true(err_is_transient(ERR_STORE_BUSY));
	assert_true(err_is_transient(ERR_STORE_AWAY));
	assert_true(err_is_transient(ERR_STORE_CONFLICT));
	assert_true(err_is_transient(ERR_STOPPING));
	assert_false(err_is_transient(ERR_OK));
	assert_false(err_is_transient(ERR_BAD_STATE));
	assert_false(err_is_transient(ERR_NO_MEMORY));
}
