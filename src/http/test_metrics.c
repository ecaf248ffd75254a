/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics page, read line by line as a scraper would. */
#include "http/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/check.h"

static struct metrics metrics;
static struct engine_stats stats;
static struct buf page;

int
setup(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof(stats));
	metrics_init(&metrics, 1000);
	buf_init(&page, NULL, 1 << 22);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	metrics_fini(&metrics);
	buf_fini(&page);
	return 0;
}

static struct str
print(void)
{
	buf_reset(&page);
	metrics_print(&metrics, &stats, 61000, &page);
	assert_false(buf_failed(&page));
	return buf_view(&page);
}

static bool
has_line(struct str text, const char *line)
{
	while (!str_is_null(text))
		if (str_eq(str_cut(&text, '\n'), str_from(line)))
			return true;
	return false;
}

static void
check_line(struct str text, const char *line)
{
	if (!has_line(text, line))
		fail_msg("no line \"%s\" in\n%.*s", line, STR_ARG(text));
}

void
test_requests_are_counted_by_dialect_method_and_outcome(void **state)
{
	struct str text;

	(void)state;
	metrics_request(&metrics, "intents", "update", "ok", 100);
	metrics_request(&metrics, "intents", "update", "ok", 100);
	metrics_request(&metrics, "intents", "update", "denied", 100);
	metrics_request(&metrics, "other", "update", "ok", 100);
	text = print();
	check_line(text, "# TYPE procured_requests counter");
	check_line(text,
	    "procured_requests_total{dialect=\"intents\",method="
	    "\"update\",outcome=\"ok\"} 2");
	check_line(text,
	    "procured_requests_total{dialect=\"intents\",method="
	    "\"update\",outcome=\"denied\"} 1");
	check_line(text,
	    "procured_requests_total{dialect=\"other\",method="
	    "\"update\",outcome=\"ok\"} 1");
}

void
test_labels_are_escaped(void **state)
{
	(void)state;
	metrics_request(&metrics, "a\"b\\c\nd", "m", "ok", 1);
	check_line(print(),
	    "procured_requests_total{dialect=\"a\\\"b\\\\c\\nd\","
	    "method=\"m\",outcome=\"ok\"} 1");
}

void
test_many_labels_keep_their_own_counts(void **state)
{
	static char names[500][16];
	char line[128];
	struct str text;

	(void)state;
	for (int i = 0; i < 500; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "m%d", i);
		for (int n = 0; n <= i % 7; n++)
			metrics_request(&metrics, "d", names[i], "ok", 1);
	}
	text = print();
	for (int i = 0; i < 500; i += 83) {
		(void)snprintf(line, sizeof(line),
		    "procured_requests_total{dialect=\"d\",method=\"m%d\","
		    "outcome=\"ok\"} %d",
		    i, i % 7 + 1);
		check_line(text, line);
	}
}

/* In turn, so that each finds another's place taken. */
void
test_counts_stay_apart_however_they_alternate(void **state)
{
	static char names[100][8];
	char line[128];
	struct str text;

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)snprintf(names[i], sizeof(names[i]), "m%d", i);
	for (int i = 0; i < 300; i++) {
		metrics_request(&metrics, "d", names[i % 100], "ok", 1);
		metrics_request(&metrics, "e", names[i % 100], "ok", 1);
		metrics_request(&metrics, "d", "m", names[i % 100], 1);
	}
	text = print();
	for (int i = 0; i < 100; i++) {
		(void)snprintf(line, sizeof(line),
		    "procured_requests_total{dialect=\"d\",method=\"m%d\","
		    "outcome=\"ok\"} 3",
		    i);
		check_line(text, line);
		(void)snprintf(line, sizeof(line),
		    "procured_requests_total{dialect=\"d\",method=\"m\","
		    "outcome=\"m%d\"} 3",
		    i);
		check_line(text, line);
	}
	check_line(text, "procured_request_seconds_count{dialect=\"d\"} 600");
	check_line(text, "procured_request_seconds_count{dialect=\"e\"} 300");
}

/* Microseconds are shown as seconds; what is over all bounds is in +Inf. */
void
test_a_histogram_is_cumulative_and_in_seconds(void **state)
{
	struct str text;

	(void)state;
	metrics_request(&metrics, "d", "m", "ok", 100);
	metrics_request(&metrics, "d", "m", "ok", 1000);
	metrics_request(&metrics, "d", "m", "ok", INT64_C(3600000000));
	text = print();
	check_line(text,
	    "procured_request_seconds_bucket{dialect=\"d\",le=\"0.000064\"} 0");
	check_line(text,
	    "procured_request_seconds_bucket{dialect=\"d\",le=\"0.000128\"} 1");
	check_line(text,
	    "procured_request_seconds_bucket{dialect=\"d\",le=\"0.001024\"} 2");
	check_line(text,
	    "procured_request_seconds_bucket{dialect=\"d\",le=\"+Inf\"} 3");
	check_line(text, "procured_request_seconds_count{dialect=\"d\"} 3");
	check_line(text,
	    "procured_request_seconds_sum{dialect=\"d\"} 3600.001100");
}

void
test_the_engines_numbers_are_shown(void **state)
{
	struct str text;

	(void)state;
	stats.amendments = 7;
	stats.replays = 2;
	stats.store_errors = 1;
	stats.queue_depth = 3;
	stats.wal_bytes = 4096;
	stats.checkpoints = 5;
	histogram_add(&stats.group_size, 64);
	histogram_add(&stats.flush_us, 250);
	metrics.connections = 9;
	text = print();
	check_line(text, "procured_amendments_total 7");
	check_line(text, "procured_replays_total 2");
	check_line(text, "procured_log_lines_dropped_total 0");
	check_line(text, "procured_store_errors_total 1");
	check_line(text, "procured_queue_depth 3");
	check_line(text, "procured_wal_bytes 4096");
	check_line(text, "procured_checkpoints_total 5");
	check_line(text, "procured_connections 9");
	check_line(text, "procured_uptime_seconds 60");
	check_line(text, "procured_group_commands_bucket{le=\"64.0\"} 1");
	check_line(text, "procured_group_commands_sum 64.0");
	check_line(text, "procured_flush_seconds_count 1");
	assert_false(has_line(text, "procured_resident_bytes 0"));
}

/* What one family's lines must look like. */
struct family {
	char name[64];
	char type[16];
	double last_le;
	long long last_count;
};

static void
check_bucket(struct family *f, struct str sample)
{
	const char *le = memmem(sample.p, sample.n, "le=\"", 4);
	const char *value;
	double bound;
	long long count;

	assert_non_null(le);
	value = memchr(le, ' ', (size_t)(sample.p + sample.n - le));
	assert_non_null(value);
	bound = strncmp(le + 4, "+Inf", 4) == 0 ? 1e300 : strtod(le + 4, NULL);
	count = strtoll(value, NULL, 10);
	/* A new label set begins with its smallest bound. */
	if (f->last_le < 1e299) {
		assert_true(bound > f->last_le);
		assert_true(count >= f->last_count);
	}
	f->last_le = bound;
	f->last_count = count;
}

static void
check_sample(struct family *f, struct str line)
{
	size_t n = strlen(f->name);
	struct str rest;
	bool suffixed = false;

	assert_true(str_starts(line, str_from(f->name)));
	rest = str_sub(line, n, SIZE_MAX);
	if (strcmp(f->type, "counter") == 0) {
		assert_true(str_starts(rest, STR("_total")));
	} else if (strcmp(f->type, "gauge") == 0) {
		assert_true(rest.p[0] == ' ' || rest.p[0] == '{');
	} else {
		suffixed = str_starts(rest, STR("_bucket{")) ||
		    str_starts(rest, STR("_sum")) ||
		    str_starts(rest, STR("_count"));
		assert_true(suffixed);
		if (str_starts(rest, STR("_bucket{")))
			check_bucket(f, rest);
	}
}

/* TYPE, HELP, samples, family by family, no blank line, and the end. */
void
test_the_page_is_open_metrics(void **state)
{
	struct family f = {.name = ""};
	struct str text, line = STR_NONE, last = STR_NONE;
	int families = 0;

	(void)state;
	metrics_request(&metrics, "d", "m", "ok", 100);
	metrics_request(&metrics, "e", "m", "ok", 5000);
	histogram_add(&stats.queued_us, 17);
	text = print();
	assert_true(text.p[text.n - 1] == '\n');
	text.n--;
	while (!str_is_null(text)) {
		last = line = str_cut(&text, '\n');
		assert_true(line.n > 0);
		if (str_starts(line, STR("# TYPE "))) {
			char copy[256];

			assert_true(line.n < sizeof(copy));
			memcpy(copy, line.p, line.n);
			copy[line.n] = '\0';
			assert_int_equal(
			    sscanf(copy, "# TYPE %63s %15s", f.name, f.type),
			    2);
			f.last_le = 1e300;
			families++;
		} else if (line.p[0] != '#') {
			check_sample(&f, line);
		} else if (!str_eq(line, STR("# EOF"))) {
			assert_true(str_starts(line, STR("# HELP ")));
			assert_true(str_starts(str_sub(line, 7, SIZE_MAX),
			    str_from(f.name)));
		}
	}
	check_str(last, "# EOF");
	assert_int_equal(families, METRIC__COUNT);
}
