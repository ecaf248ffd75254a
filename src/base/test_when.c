/* SPDX-License-Identifier: Apache-2.0 */
#include "base/when.h"

#include "tests/check.h"

#include <stdio.h>
#include <time.h>

static void
check_moment(int64_t at_ms, const char *iso, const char *china)
{
	char text[WHEN_ISO_BYTES];
	int64_t back = 42;

	when_print_iso(at_ms, text);
	assert_string_equal(text, iso);
	assert_true(when_parse_iso(str_from(text), &back));
	assert_true(back == at_ms);
	when_print_china(at_ms, text);
	assert_string_equal(text, china);
	if (at_ms % 1000 == 0) {
		assert_true(when_parse_china(str_from(text), &back));
		assert_true(back == at_ms);
	}
}

void
test_when_prints_known_moments(void **state)
{
	(void)state;
	check_moment(0, "1970-01-01T00:00:00.000Z", "1970-01-01 08:00:00");
	check_moment(-1, "1969-12-31T23:59:59.999Z", "1970-01-01 07:59:59");
	check_moment(1772015400000, "2026-02-25T10:30:00.000Z",
	    "2026-02-25 18:30:00");
	check_moment(951782399999, "2000-02-28T23:59:59.999Z",
	    "2000-02-29 07:59:59");
	check_moment(1325347200000, "2011-12-31T16:00:00.000Z",
	    "2012-01-01 00:00:00");
	check_moment(-62167219200000, "0000-01-01T00:00:00.000Z",
	    "0000-01-01 08:00:00");
}

void
test_when_print_clamps(void **state)
{
	char text[WHEN_ISO_BYTES];

	(void)state;
	when_print_iso(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	when_print_iso(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
	when_print_china(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31 23:59:59");
	when_print_china(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01 00:00:00");
}

/* Every day of the printable years against the C library's calendar. */
void
test_when_agrees_with_gmtime(void **state)
{
	(void)state;
	for (int64_t day = -719528; day <= 2932896; day++) {
		time_t t = (time_t)(day * 86400 + 3723);
		struct tm tm;
		char text[WHEN_ISO_BYTES], expected[64];
		int64_t back;

		assert_non_null(gmtime_r(&t, &tm));
		(void)snprintf(expected, sizeof(expected),
		    "%04d-%02d-%02dT01:02:03.004Z", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday);
		when_print_iso((int64_t)t * 1000 + 4, text);
		assert_string_equal(text, expected);
		assert_true(when_parse_iso(str_from(text), &back));
		assert_true(back == (int64_t)t * 1000 + 4);
	}
}

static void
check_iso(const char *text, int64_t expected)
{
	int64_t at_ms = 42;

	if (!when_parse_iso(str_from(text), &at_ms) || at_ms != expected)
		fail_msg("%s gave %lld", text, (long long)at_ms);
}

void
test_when_parse_iso_takes_its_forms(void **state)
{
	(void)state;
	check_iso("2026-02-25T10:30:00.123Z", 1772015400123);
	check_iso("2026-02-25T10:30:00Z", 1772015400000);
	check_iso("2026-02-25T18:30:00+08:00", 1772015400000);
	check_iso("2026-02-25T18:30:00.500+08:00", 1772015400500);
	check_iso("2026-02-25T05:00:00-05:30", 1772015400000);
	check_iso("2026-02-25", 1771977600000);
	check_iso("2024-02-29", 1709164800000);
	check_iso("2000-02-29", 951782400000);
}

void
test_when_parse_iso_refuses_the_rest(void **state)
{
	static const char *const bad[] = {NULL, "", "2026", "2026-02",
	    "2026-2-25", "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01",
	    "2026-00-01", "2026-01-00", "2026-01-32", "26-01-01", "2026/01/01",
	    "2026-02-25T", "2026-02-25T10:30Z", "2026-02-25T10:30:00",
	    "2026-02-25 10:30:00Z", "2026-02-25T24:00:00Z",
	    "2026-02-25T10:60:00Z", "2026-02-25T10:30:60Z",
	    "2026-02-25T10:30:00.Z", "2026-02-25T10:30:00.1Z",
	    "2026-02-25T10:30:00.1234Z", "2026-02-25T10:30:00+0800",
	    "2026-02-25T10:30:00+24:00", "2026-02-25T10:30:00+08:60",
	    "2026-02-25T10:30:00z", "2026-02-25T10:30:00ZZ",
	    "2026-02-25T10:30:00Z ", " 2026-02-25", "2026-02-25Z", "-026-02-25",
	    "+026-02-25"};
	int64_t at_ms = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (when_parse_iso(str_from(bad[i]), &at_ms))
			fail_msg("%s was taken", bad[i]);
	assert_int_equal(at_ms, 42);
}

void
test_when_parse_china_takes_one_form(void **state)
{
	static const char *const bad[] = {NULL, "", "2026-02-25",
	    "2026-02-25 18:30", "2026-02-25T18:30:00", "2026-02-25 18:30:00 ",
	    "2026-02-25 18:30:00Z", "2026-02-30 18:30:00",
	    "2026-02-25 24:30:00", "2026-02-25  8:30:00",
	    "2026-02-25+18:30:00"};
	int64_t at_ms = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(when_parse_china(str_from(bad[i]), &at_ms));
	assert_int_equal(at_ms, 42);
	assert_true(when_parse_china(STR("2026-02-25 18:30:00"), &at_ms));
	assert_true(at_ms == 1772015400000);
}

void
test_when_is_date_knows_the_calendar(void **state)
{
	(void)state;
	assert_true(when_is_date(STR("2024-02-29")));
	assert_true(when_is_date(STR("2026-12-31")));
	assert_false(when_is_date(STR("2023-02-29")));
	assert_false(when_is_date(STR("2100-02-29")));
	assert_false(when_is_date(STR("2026-12-31 ")));
	assert_false(when_is_date(STR("2026-12-3")));
	assert_false(when_is_date(STR("")));
	assert_false(when_is_date(STR_NONE));
}

void
test_when_clocks_run(void **state)
{
	int64_t before_us = when_monotonic_us();
	int64_t now_ms = clock_now_ms(&clock_system);

	(void)state;
	assert_true(when_monotonic_us() >= before_us);
	assert_true(now_ms / 1000 - (int64_t)time(NULL) <= 1);
	assert_true((int64_t)time(NULL) - now_ms / 1000 <= 1);
}
