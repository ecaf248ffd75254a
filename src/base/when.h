/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. Moments are int64_t milliseconds since 1970 UTC (`_ms`); durations that
 * are measured use the monotonic clock in microseconds (`_us`). Whoever needs
 * the current moment is given a struct clock, so that tests can set it.
 * China time is UTC+08:00 without daylight saving, whatever TZ says.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct clock {
	int64_t (*now_ms)(void *arg); /* MUST. Wall clock. */
	void *arg;
};

extern const struct clock clock_system;

static inline int64_t
clock_now_ms(const struct clock *c)
{
	return c->now_ms(c->arg);
}

int64_t when_monotonic_us(void);

#define WHEN_ISO_BYTES 25   /* "2026-02-25T10:30:00.000Z" and a NUL */
#define WHEN_CHINA_BYTES 20 /* "2026-02-25 18:30:00" and a NUL */

/* Both print years 0000–9999 and clamp what lies outside. */
void when_print_iso(int64_t at_ms, char out[WHEN_ISO_BYTES]);
void when_print_china(int64_t at_ms, char out[WHEN_CHINA_BYTES]);

/*
 * ISO 8601 as when_print_iso writes it; also without fraction, with ±hh:mm, or
 * a bare date (midnight UTC). False for anything else, or a date that is none.
 */
bool when_parse_iso(struct str s, int64_t *at_ms_out);
/* Exactly "yyyy-MM-dd HH:mm:ss" in China time. */
bool when_parse_china(struct str s, int64_t *at_ms_out);
/* Exactly "yyyy-MM-dd" and a real day of the Gregorian calendar. */
bool when_is_date(struct str s);

#endif
