/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a request's time: read in the way the dialect does not, it
 * is often good.
 */
#include "base/when.h"
#include "dialect/explain_impl.h"

#define HOUR_MS (3600 * INT64_C(1000))
#define ZONE_MS (8 * HOUR_MS)
/* 2012-01-01 00:00:00 +08:00, from which one dialect counts. */
#define EPOCH_2012_MS (INT64_C(1325347200) * 1000)

struct reading {
	const struct examined *x;
	int64_t now_ms;
	bool is_number;
	int64_t number;
};

static bool
is_near(const struct reading *r, int64_t at_ms)
{
	int64_t off_ms = at_ms - r->now_ms;

	return off_ms <= r->x->window_ms && off_ms >= -r->x->window_ms;
}

static bool
is_missing(const struct reading *r)
{
	return r->x->timestamp.n == 0;
}

/* A number so large is none of these; it must not overflow either. */
static bool
is_sane(const struct reading *r)
{
	return r->is_number && r->number > 0 &&
	    r->number < INT64_C(100000000000000);
}

static bool
is_seconds(const struct reading *r)
{
	return is_sane(r) && r->x->time == EXPLAIN_MS &&
	    is_near(r, r->number * 1000);
}

static bool
is_milliseconds(const struct reading *r)
{
	if (!is_sane(r))
		return false;
	if (r->x->time == EXPLAIN_S)
		return is_near(r, r->number);
	return r->x->time == EXPLAIN_S_2012 &&
	    is_near(r, r->number + EPOCH_2012_MS);
}

static bool
is_unix(const struct reading *r)
{
	return is_sane(r) && r->x->time == EXPLAIN_S_2012 &&
	    (is_near(r, r->number) || is_near(r, r->number * 1000));
}

static bool
is_utc(const struct reading *r)
{
	return r->x->has_time &&
	    (is_near(r, r->x->at_ms + ZONE_MS) ||
		is_near(r, r->x->at_ms - ZONE_MS));
}

static bool
is_no_time(const struct reading *r)
{
	return !r->x->has_time;
}

static bool
is_old(const struct reading *r)
{
	return r->x->at_ms < r->now_ms;
}

static bool
is_ahead(const struct reading *r)
{
	return r->x->at_ms > r->now_ms;
}

static const struct {
	struct explain_words words;
	bool (*is)(const struct reading *r);
} faults[] = {
    {{"time-missing", "there is no timestamp: send one", "缺少时间戳:请发送"},
	is_missing},
    {{"time-in-seconds",
	 "the timestamp is in seconds; this dialect wants milliseconds, 13 digits",
	 "时间戳单位是秒;此接口要求毫秒(13 位)"},
	is_seconds},
    {{"time-in-milliseconds",
	 "the timestamp is in milliseconds; this dialect wants seconds",
	 "时间戳单位是毫秒;此接口要求秒"},
	is_milliseconds},
    {{"time-since-1970",
	 "the timestamp counts from 1970; this dialect wants the seconds since "
	 "2012-01-01 00:00:00 +08:00: subtract 1325347200",
	 "时间戳从 1970 年起算;此接口要求自北京时间 2012-01-01 00:00:00 起的秒数:"
	 "请减去 1325347200"},
	is_unix},
    {{"time-zone",
	 "the time is eight hours off, the distance of UTC and +08:00: a written "
	 "time is in +08:00 here, and a number of seconds knows no zone",
	 "时间相差八小时,正是 UTC 与 +08:00 之差:文本时间应为北京时间,"
	 "而时间戳数字与时区无关"},
	is_utc},
    {{"time-form", "the timestamp is not written as this dialect wants it",
	 "时间戳格式不符合此接口的要求"},
	is_no_time},
    {{"time-old",
	 "the time is too old: sign again for each attempt, and set the clock "
	 "of the machine that signs",
	 "时间已过期:每次发送前应重新签名,并校准签名机器的时钟"},
	is_old},
    {{"time-ahead",
	 "the time lies in the future: set the clock of the machine "
	 "that signs",
	 "时间在未来:请校准签名机器的时钟"},
	is_ahead},
};

const struct explain_words *
explain_time_fault(const struct examined *x, int64_t now_ms)
{
	struct reading r = {.x = x, .now_ms = now_ms};

	r.is_number = str_parse_int(x->timestamp, &r.number);
	if (x->has_time && is_near(&r, x->at_ms))
		return NULL;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (faults[i].is(&r))
			return &faults[i].words;
	}
	return NULL;
}
