/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting, and OpenMetrics text. Each row of METRIC_TABLE has one case in
 * print_samples, so that a metric without a value does not compile.
 *
 *	# TYPE name counter
 *	# HELP name Text
 *	name_total{label="value"} 1
 *	# EOF
 */
#include "http/metrics.h"

#include <sys/types.h>

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"

/* 4 dialects × some 20 methods × some 30 outcomes, at the very most. */
#define METRICS_ARENA_BYTES LIMIT_METRICS_BYTES
#define KEY_BYTES_MAX 160
#define US_PER_S 1000000

struct counter {
	const char *dialect;
	const char *method;
	const char *outcome;
	int64_t value;
	struct histogram *seconds; /* the dialect's; NULL: no memory */
};

struct metric_row {
	const char *name;
	const char *type;
	const char *help;
};

static const struct metric_row rows[METRIC__COUNT] = {
#define X(symbol, name, type, help) [METRIC_##symbol] = {name, type, help},
    METRIC_TABLE(X)
#undef X
};

void
metrics_init(struct metrics *m, int64_t started_ms)
{
	assert(m != NULL);
	*m = (struct metrics){.started_ms = started_ms};
	arena_init(&m->arena, METRICS_ARENA_BYTES);
	map_init(&m->requests, &m->arena);
	map_init(&m->seconds, &m->arena);
}

void
metrics_fini(struct metrics *m)
{
	assert(m != NULL);
	arena_fini(&m->arena);
	*m = (struct metrics){.started_ms = 0};
}

static struct histogram *
find_histogram(struct metrics *m, const char *dialect)
{
	struct str key = str_from(dialect);
	struct histogram *h = map_find(&m->seconds, key);

	if (h != NULL)
		return h;
	h = ARENA_NEW(&m->arena, struct histogram);
	if (h == NULL || map_put(&m->seconds, key, h) != ERR_OK)
		return NULL;
	return h;
}

/* The counter of this key, made at its first use; NULL when memory ended. */
static struct counter *
find_counter(struct metrics *m, const char *dialect, const char *method,
    const char *outcome)
{
	char room[KEY_BYTES_MAX];
	struct counter *counter;
	struct str kept;
	struct buf key;

	buf_init_fixed(&key, room, sizeof(room));
	buf_str(&key, str_from(dialect));
	buf_char(&key, '\0');
	buf_str(&key, str_from(method));
	buf_char(&key, '\0');
	buf_str(&key, str_from(outcome));
	assert(!buf_failed(&key));
	counter = map_find(&m->requests, buf_view(&key));
	if (counter != NULL)
		return counter;
	counter = ARENA_NEW(&m->arena, struct counter);
	if (counter == NULL)
		return NULL;
	*counter = (struct counter){
	    dialect, method, outcome, 0, find_histogram(m, dialect)};
	kept = arena_dup(&m->arena, buf_view(&key));
	if (str_is_null(kept) || map_put(&m->requests, kept, counter) != ERR_OK)
		return NULL;
	return counter;
}

/* Where such a counter is kept among the recent ones. */
static struct counter **
recent_place(struct metrics *m, const char *method, const char *outcome)
{
	uintptr_t mixed = (uintptr_t)method * 31 + (uintptr_t)outcome;

	return &m->recent[(mixed ^ mixed >> 5) % METRICS_RECENT];
}

void
metrics_request(struct metrics *m, const char *dialect, const char *method,
    const char *outcome, int64_t took_us)
{
	struct counter **recent, *c;
	struct histogram *h;

	assert(m != NULL);
	assert(dialect != NULL);
	assert(method != NULL);
	assert(outcome != NULL);
	recent = recent_place(m, method, outcome);
	c = *recent;
	if (c == NULL || c->dialect != dialect || c->method != method ||
	    c->outcome != outcome) {
		c = find_counter(m, dialect, method, outcome);
		if (c != NULL)
			*recent = c;
	}
	if (c != NULL)
		c->value++;
	h = c != NULL ? c->seconds : find_histogram(m, dialect);
	if (h != NULL)
		histogram_add(h, took_us);
}

static int64_t
resident_bytes(void)
{
	long long pages = 0;
	char text[64];
	ssize_t n;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%*s %lld", &pages) != 1)
		return 0;
	return pages * sysconf(_SC_PAGESIZE);
}

static void
put_label(struct buf *out, const char *name, const char *value)
{
	buf_str(out, str_from(name));
	buf_str(out, STR("=\""));
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buf_char(out, '\\');
		if (*value == '\n')
			buf_str(out, STR("\\n"));
		else
			buf_char(out, *value);
	}
	buf_char(out, '"');
}

static void
put_int(struct buf *out, const char *name, const char *suffix, int64_t value)
{
	buf_printf(out, "%s%s %lld\n", name, suffix, (long long)value);
}

/* Milliseconds, as seconds. */
static void
put_ms(struct buf *out, const char *name, int64_t ms)
{
	buf_printf(out, "%s %lld.%03lld\n", name, (long long)(ms / 1000),
	    (long long)(ms % 1000));
}

/* A value that is kept scaled, as a decimal fraction. */
static void
put_scaled(struct buf *out, int64_t value, int64_t scale)
{
	if (scale == 1)
		buf_printf(out, "%lld.0", (long long)value);
	else
		buf_printf(out, "%lld.%06lld", (long long)(value / scale),
		    (long long)(value % scale));
}

/*
 * Buckets are cumulative; every second bound (the powers of two) is enough to
 * look at. `dialect` may be NULL: no label.
 */
static void
put_histogram(struct buf *out, const char *name, const char *dialect,
    const struct histogram *h, int64_t scale)
{
	char room[KEY_BYTES_MAX];
	struct buf label;
	int64_t seen = 0;

	buf_init_fixed(&label, room, sizeof(room));
	if (dialect != NULL)
		put_label(&label, "dialect", dialect);
	assert(!buf_failed(&label));
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->counts[i];
		if (i % 2 != 0 || i == HISTOGRAM_BUCKETS - 1)
			continue;
		buf_printf(out, "%s_bucket{%.*s%sle=\"", name,
		    STR_ARG(buf_view(&label)), dialect ? "," : "");
		put_scaled(out, histogram_bound(i), scale);
		buf_printf(out, "\"} %lld\n", (long long)seen);
	}
	buf_printf(out, "%s_bucket{%.*s%sle=\"+Inf\"} %lld\n", name,
	    STR_ARG(buf_view(&label)), dialect ? "," : "", (long long)seen);
	for (int i = 0; i < 2; i++) {
		buf_printf(out, "%s_%s", name, i == 0 ? "sum" : "count");
		if (dialect != NULL)
			buf_printf(out, "{%.*s}", STR_ARG(buf_view(&label)));
		buf_char(out, ' ');
		if (i == 0)
			put_scaled(out, h->sum, scale);
		else
			buf_int(out, seen);
		buf_char(out, '\n');
	}
}

static void
put_requests(const struct metrics *m, const char *name, struct buf *out)
{
	const struct map_slot *slot;
	size_t at = 0;

	while ((slot = map_next(&m->requests, &at)) != NULL) {
		const struct counter *c = slot->value;

		buf_printf(out, "%s_total{", name);
		put_label(out, "dialect", c->dialect);
		buf_char(out, ',');
		put_label(out, "method", c->method);
		buf_char(out, ',');
		put_label(out, "outcome", c->outcome);
		buf_printf(out, "} %lld\n", (long long)c->value);
	}
}

static void
put_request_seconds(const struct metrics *m, const char *name, struct buf *out)
{
	const struct map_slot *slot;
	size_t at = 0;

	while ((slot = map_next(&m->seconds, &at)) != NULL)
		put_histogram(out, name, slot->key.p, slot->value, US_PER_S);
}

/* What a node has with others on one store. */
static void
put_shared(enum metric metric, const char *name, const struct engine_stats *e,
    struct buf *out)
{
	if (metric == METRIC_NODE)
		put_int(out, name, "", e->node);
	else if (metric == METRIC_NODE_SECONDS)
		put_ms(out, name, e->node_age_ms);
	else if (metric == METRIC_PEERS_LAG)
		put_ms(out, name, e->peers_lag_ms);
	else if (metric == METRIC_RATE_TURNS)
		put_int(out, name, "_total", e->rate_turns);
	else if (metric == METRIC_RATE_TOKENS)
		put_int(out, name, "_total", e->rate_tokens);
	else
		put_int(out, name, "_total", e->rate_waits);
}

static void
print_samples(const struct metrics *m, enum metric metric,
    const struct engine_stats *e, int64_t now_ms, struct buf *out)
{
	const char *name = rows[metric].name;

	switch (metric) {
	case METRIC_REQUESTS:
		put_requests(m, name, out);
		break;
	case METRIC_REQUEST_SECONDS:
		put_request_seconds(m, name, out);
		break;
	case METRIC_CONNECTIONS:
		put_int(out, name, "", m->connections);
		break;
	case METRIC_GROUP_SIZE:
		put_histogram(out, name, NULL, &e->group_size, 1);
		break;
	case METRIC_FLUSH_SECONDS:
		put_histogram(out, name, NULL, &e->flush_us, US_PER_S);
		break;
	case METRIC_QUEUED_SECONDS:
		put_histogram(out, name, NULL, &e->queued_us, US_PER_S);
		break;
	case METRIC_QUEUE_DEPTH:
		put_int(out, name, "", e->queue_depth);
		break;
	case METRIC_WAITING:
		put_int(out, name, "", e->waiting);
		break;
	case METRIC_AMENDMENTS:
		put_int(out, name, "_total", e->amendments);
		break;
	case METRIC_REPLAYS:
		put_int(out, name, "_total", e->replays);
		break;
	case METRIC_STORE_ERRORS:
		put_int(out, name, "_total", e->store_errors);
		break;
	case METRIC_NODE:
	case METRIC_NODE_SECONDS:
	case METRIC_PEERS_LAG:
	case METRIC_RATE_TURNS:
	case METRIC_RATE_TOKENS:
	case METRIC_RATE_WAITS:
		put_shared(metric, name, e, out);
		break;
	case METRIC_LOG_DROPPED:
		put_int(out, name, "_total", log_dropped_lines());
		break;
	case METRIC_WAL_BYTES:
		put_int(out, name, "", e->wal_bytes);
		break;
	case METRIC_CHECKPOINTS:
		put_int(out, name, "_total", e->checkpoints);
		break;
	case METRIC_CHECKPOINT_SECONDS:
		put_histogram(out, name, NULL, &e->checkpoint_us, US_PER_S);
		break;
	case METRIC_RESIDENT_BYTES:
		put_int(out, name, "", resident_bytes());
		break;
	case METRIC_UPTIME_SECONDS:
		put_int(out, name, "", (now_ms - m->started_ms) / 1000);
		break;
	case METRIC__COUNT:
		break;
	}
}

void
metrics_print(struct metrics *m, const struct engine_stats *engine,
    int64_t now_ms, struct buf *out)
{
	assert(m != NULL);
	assert(engine != NULL);
	assert(out != NULL);
	for (int i = 0; i < METRIC__COUNT; i++) {
		buf_printf(out, "# TYPE %s %s\n", rows[i].name, rows[i].type);
		buf_printf(out, "# HELP %s %s\n", rows[i].name, rows[i].help);
		print_samples(m, (enum metric)i, engine, now_ms, out);
	}
	buf_str(out, STR("# EOF\n"));
}
