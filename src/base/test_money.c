/* SPDX-License-Identifier: Apache-2.0 */
#include "base/money.h"

#include "tests/check.h"

static char room[64];
static struct buf out;

int
setup(void **state)
{
	(void)state;
	buf_init_fixed(&out, room, sizeof(room));
	return 0;
}

static void
check_parse(const char *text, int decimals, int64_t expected)
{
	int64_t v = 42;

	if (!money_parse(str_from(text), decimals, &v) || v != expected)
		fail_msg("%s with %d decimals gave %lld", text, decimals,
		    (long long)v);
}

static void
check_refused(struct str text, int decimals)
{
	int64_t v = 42;

	if (money_parse(text, decimals, &v))
		fail_msg("%.*s was taken", STR_ARG(text));
	assert_int_equal(v, 42);
}

void
test_money_parse_scales(void **state)
{
	(void)state;
	check_parse("0", 2, 0);
	check_parse("-0", 2, 0);
	check_parse("0.00", 0, 0);
	check_parse("99.9", 2, 9990);
	check_parse("8999", 2, 899900);
	check_parse("0.01", 2, 1);
	check_parse("-0.01", 2, -1);
	check_parse("12.3456", 4, 123456);
	check_parse("7", 0, 7);
	check_parse("9.990", 2, 999);
	check_parse("9.99000000000000000000000000000", 2, 999);
}

void
test_money_parse_reads_exponents(void **state)
{
	(void)state;
	check_parse("1e2", 2, 10000);
	check_parse("1E+2", 2, 10000);
	check_parse("1.5e-1", 2, 15);
	check_parse("12300e-2", 2, 12300);
	check_parse("12300e-4", 2, 123);
	check_parse("9.99E+1", 2, 9990);
	check_parse("0.001e1", 2, 1);
	check_parse("1e-2", 2, 1);
	check_parse("1e00000000000000000000000002", 2, 10000);
	check_parse("1000000000000000000000000000000e-30", 2, 100);
	check_parse("0e999999999999999999999", 2, 0);
	check_parse("0.0e-999999999999999999999", 2, 0);
}

void
test_money_parse_knows_the_limits(void **state)
{
	(void)state;
	check_parse("92233720368547758.07", 2, INT64_MAX);
	check_parse("-92233720368547758.08", 2, INT64_MIN);
	check_parse("9223372036854775807", 0, INT64_MAX);
	check_parse("0.000000000000000001", 18, 1);
	check_refused(STR("92233720368547758.08"), 2);
	check_refused(STR("-92233720368547758.09"), 2);
	check_refused(STR("184467440737095516.16"), 2);
	check_refused(STR("184467440737095516.17"), 2);
	check_refused(STR("1e17"), 2);
	check_refused(STR("1e999999999999999999999"), 2);
	check_refused(STR("99999999999999999999999999999999"), 0);
}

void
test_money_parse_refuses_what_is_not_exact(void **state)
{
	(void)state;
	check_refused(STR("9.999"), 2);
	check_refused(STR("0.001"), 2);
	check_refused(STR("1e-3"), 2);
	check_refused(STR("1e-999999999999999999999"), 2);
	check_refused(STR("2.5"), 0);
}

void
test_money_parse_refuses_other_texts(void **state)
{
	static const struct str bad[] = {
	    {NULL, 0},
	    STR_INIT(""),
	    STR_INIT("-"),
	    STR_INIT(".5"),
	    STR_INIT("5."),
	    STR_INIT("+5"),
	    STR_INIT("007"),
	    STR_INIT("00"),
	    STR_INIT("-01"),
	    STR_INIT("00.5"),
	    STR_INIT("--1"),
	    STR_INIT(" 1"),
	    STR_INIT("1 "),
	    STR_INIT("1e"),
	    STR_INIT("1e+"),
	    STR_INIT("1e-"),
	    STR_INIT("1e1.5"),
	    STR_INIT("1e2e3"),
	    STR_INIT("1.2.3"),
	    STR_INIT("1,000"),
	    STR_INIT("0x10"),
	    STR_INIT("NaN"),
	    STR_INIT("inf"),
	    STR_INIT("1\0"),
	    STR_INIT("1e+-2"),
	    STR_INIT("e5"),
	    STR_INIT("-.5"),
	    STR_INIT("1.e5"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_refused(bad[i], 2);
}

static void
check_print(int64_t value, int decimals, const char *trimmed, const char *fixed)
{
	buf_reset(&out);
	money_print(&out, value, decimals);
	check_str(buf_view(&out), trimmed);
	buf_reset(&out);
	money_print_fixed(&out, value, decimals);
	check_str(buf_view(&out), fixed);
}

void
test_money_print_with_and_without_zeros(void **state)
{
	(void)state;
	check_print(8999, 2, "89.99", "89.99");
	check_print(899900, 2, "8999", "8999.00");
	check_print(8990, 2, "89.9", "89.90");
	check_print(0, 2, "0", "0.00");
	check_print(5, 2, "0.05", "0.05");
	check_print(-5, 2, "-0.05", "-0.05");
	check_print(-500, 2, "-5", "-5.00");
	check_print(70, 0, "70", "70");
	check_print(123400, 4, "12.34", "12.3400");
	check_print(INT64_MAX, 2, "92233720368547758.07",
	    "92233720368547758.07");
	check_print(INT64_MIN, 18, "-9.223372036854775808",
	    "-9.223372036854775808");
}

static void
check_total(int64_t price_e4, int64_t quantity, int64_t expected)
{
	int64_t fen = 42;

	assert_true(money_line_total(price_e4, quantity, &fen));
	assert_true(fen == expected);
}

void
test_money_line_total_rounds_half_up(void **state)
{
	int64_t fen = 42;

	(void)state;
	check_total(0, 5, 0);
	check_total(89990000, 2, 1799800);
	check_total(49, 1, 0);
	check_total(50, 1, 1);
	check_total(149, 1, 1);
	check_total(33, 3, 1);
	check_total(999999999900, 99999999, 999999989900000001);
	check_total(INT64_MAX, 100, INT64_MAX);
	assert_false(money_line_total(INT64_MAX, 101, &fen));
	assert_false(money_line_total(INT64_MAX, INT64_MAX, &fen));
	assert_int_equal(fen, 42);
}

void
test_money_add_refuses_overflow(void **state)
{
	int64_t sum = INT64_MAX - 1;

	(void)state;
	assert_true(money_add(&sum, 1));
	assert_true(sum == INT64_MAX);
	assert_false(money_add(&sum, 1));
	assert_true(sum == INT64_MAX);
	assert_true(money_add(&sum, -INT64_MAX));
	assert_true(sum == 0);
	assert_true(money_add(&sum, INT64_MIN));
	assert_false(money_add(&sum, -1));
}
