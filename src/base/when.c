/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moments between milliseconds and text, by arithmetic alone: the C library's
 * calendar depends on TZ and locks. Years are counted from 1 March, so that a
 * leap day is the last of its year.
 */
#include "base/when.h"

#include <assert.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)
#define CHINA_MS (INT64_C(8) * 3600 * 1000)
#define YEAR_0000_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define YEAR_9999_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */
#define DAYS_OF_400_YEARS 146097
#define EPOCH_DAY 719468 /* 1970-01-01 counted from 0000-03-01 */

struct date {
	int year, month, day;
};

struct time_of_day {
	int hour, minute, second, ms;
};

static int64_t
system_now_ms(void *arg)
{
	struct timespec now;
	int rc = clock_gettime(CLOCK_REALTIME, &now);

	(void)arg;
	assert(rc == 0);
	(void)rc;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const struct clock clock_system = {.now_ms = system_now_ms};

int64_t
when_monotonic_us(void)
{
	struct timespec now;
	int rc = clock_gettime(CLOCK_MONOTONIC, &now);

	assert(rc == 0);
	(void)rc;
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
days_of_month(int year, int month)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	assert(month >= 1 && month <= 12);
	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1 March to the first of the month, March being 0. The months run
 * 31 30 31 30 31 twice and once more, which this line hits exactly. */
static int
days_before_month(int march_month)
{
	return (153 * march_month + 2) / 5;
}

/* Days since 1970-01-01; year 0 or later. */
static int64_t
day_of_date(struct date d)
{
	int64_t year = d.month > 2 ? d.year : d.year - 1;
	int march_month = d.month > 2 ? d.month - 3 : d.month + 9;
	int64_t cycle, year_of_cycle;

	year += 400; /* January of year 0 belongs to the year before it */
	cycle = year / 400;
	year_of_cycle = year % 400;
	return (cycle - 1) * DAYS_OF_400_YEARS + year_of_cycle * 365 +
	    year_of_cycle / 4 - year_of_cycle / 100 +
	    days_before_month(march_month) + d.day - 1 - EPOCH_DAY;
}

static struct date
date_of_day(int64_t day)
{
	int64_t from_march = day + EPOCH_DAY + DAYS_OF_400_YEARS;
	int64_t cycle = from_march / DAYS_OF_400_YEARS - 1;
	int rest = (int)(from_march % DAYS_OF_400_YEARS);
	/* Take the leap days off (one in 1461, none in 36524, one in 146096)
	 * and what is left are years of 365. */
	int year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int day_of_year = rest - (365 * year + year / 4 - year / 100);
	int march_month = (5 * day_of_year + 2) / 153;
	struct date d;

	d.day = day_of_year - days_before_month(march_month) + 1;
	d.month = march_month < 10 ? march_month + 3 : march_month - 9;
	d.year = (int)(cycle * 400) + year + (d.month <= 2);
	return d;
}

/* 0..99 as two digits. */
static void
put_two(char *out, int value)
{
	str_put_two(out, (unsigned)value);
}

/* "yyyy-MM-dd?HH:mm:ss" without a NUL; returns the milliseconds left over. */
static int
print_moment(int64_t at_ms, char separator, char out[19])
{
	int64_t day;
	int rest;
	struct date d;

	if (at_ms < YEAR_0000_MS)
		at_ms = YEAR_0000_MS;
	if (at_ms > YEAR_9999_MS)
		at_ms = YEAR_9999_MS;
	/* Moved up first: C divides towards zero, days are cut downwards. */
	day = (at_ms - YEAR_0000_MS) / DAY_MS + YEAR_0000_MS / DAY_MS;
	rest = (int)((at_ms - YEAR_0000_MS) % DAY_MS);
	d = date_of_day(day);
	put_two(out, d.year / 100);
	put_two(out + 2, d.year % 100);
	put_two(out + 5, d.month);
	put_two(out + 8, d.day);
	put_two(out + 11, rest / 3600000);
	put_two(out + 14, rest / 60000 % 60);
	put_two(out + 17, rest / 1000 % 60);
	out[4] = out[7] = '-';
	out[10] = separator;
	out[13] = out[16] = ':';
	return rest % 1000;
}

void
when_print_iso(int64_t at_ms, char out[WHEN_ISO_BYTES])
{
	int ms;

	assert(out != NULL);
	ms = print_moment(at_ms, 'T', out);
	out[20] = (char)('0' + ms / 100);
	put_two(out + 21, ms % 100);
	out[19] = '.';
	out[23] = 'Z';
	out[24] = '\0';
}

void
when_print_china(int64_t at_ms, char out[WHEN_CHINA_BYTES])
{
	assert(out != NULL);
	if (at_ms > YEAR_9999_MS)
		at_ms = YEAR_9999_MS; /* adding must not overflow */
	(void)print_moment(at_ms + CHINA_MS, ' ', out);
	out[19] = '\0';
}

/* Takes `width` digits of value low..high off the front. */
static bool
take_number(struct str *rest, size_t width, int low, int high, int *out)
{
	int v = 0;

	if (rest->n < width)
		return false;
	for (size_t i = 0; i < width; i++) {
		if (rest->p[i] < '0' || rest->p[i] > '9')
			return false;
		v = v * 10 + (rest->p[i] - '0');
	}
	*rest = str_sub(*rest, width, SIZE_MAX);
	*out = v;
	return v >= low && v <= high;
}

static bool
take_char(struct str *rest, char c)
{
	if (rest->n == 0 || rest->p[0] != c)
		return false;
	*rest = str_sub(*rest, 1, SIZE_MAX);
	return true;
}

static bool
take_date(struct str *rest, struct date *d)
{
	return take_number(rest, 4, 0, 9999, &d->year) &&
	    take_char(rest, '-') && take_number(rest, 2, 1, 12, &d->month) &&
	    take_char(rest, '-') && take_number(rest, 2, 1, 31, &d->day) &&
	    d->day <= days_of_month(d->year, d->month);
}

/* HH:mm:ss; a leap second is none of our moments. */
static bool
take_time(struct str *rest, struct time_of_day *t)
{
	return take_number(rest, 2, 0, 23, &t->hour) && take_char(rest, ':') &&
	    take_number(rest, 2, 0, 59, &t->minute) && take_char(rest, ':') &&
	    take_number(rest, 2, 0, 59, &t->second);
}

/* "Z" or "±hh:mm", as the milliseconds that local time is ahead. */
static bool
take_offset(struct str *rest, int64_t *out)
{
	int hours, minutes;
	bool negative;

	*out = 0;
	if (take_char(rest, 'Z'))
		return true;
	negative = take_char(rest, '-');
	if (!negative && !take_char(rest, '+'))
		return false;
	if (!take_number(rest, 2, 0, 23, &hours) || !take_char(rest, ':') ||
	    !take_number(rest, 2, 0, 59, &minutes))
		return false;
	*out = (hours * 60 + minutes) * INT64_C(60000);
	if (negative)
		*out = -*out;
	return true;
}

static int64_t
moment(struct date d, struct time_of_day t)
{
	return day_of_date(d) * DAY_MS +
	    ((t.hour * 60 + t.minute) * 60 + t.second) * INT64_C(1000) + t.ms;
}

bool
when_parse_iso(struct str s, int64_t *at_ms_out)
{
	struct date d;
	struct time_of_day t = {0};
	int64_t ahead_ms = 0;

	assert(at_ms_out != NULL);
	if (!take_date(&s, &d))
		return false;
	if (s.n > 0) {
		if (!take_char(&s, 'T') || !take_time(&s, &t))
			return false;
		if (take_char(&s, '.') && !take_number(&s, 3, 0, 999, &t.ms))
			return false;
		if (!take_offset(&s, &ahead_ms) || s.n > 0)
			return false;
	}
	*at_ms_out = moment(d, t) - ahead_ms;
	return true;
}

bool
when_parse_china(struct str s, int64_t *at_ms_out)
{
	struct date d;
	struct time_of_day t = {0};

	assert(at_ms_out != NULL);
	if (!take_date(&s, &d) || !take_char(&s, ' ') || !take_time(&s, &t) ||
	    s.n > 0)
		return false;
	*at_ms_out = moment(d, t) - CHINA_MS;
	return true;
}

bool
when_is_date(struct str s)
{
	struct date d;

	return take_date(&s, &d) && s.n == 0;
}
