/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the database does without us: the rows of one change (the order's, an
 * amendment, a stored answer) written straight through SQLite, synchronous FULL,
 * in a copy of a store that `procured` made, `--group` changes per commit, from
 * one thread. Same file layout, same sizes; no HTTP, no signature, no rules.
 *
 *	raw --db FILE --orders FILE [--group 1] [--seconds 5] [--rate N] [--warmup S]
 *	    [--log-mib 64]
 *
 * The log is moved into the file when it is longer than --log-mib. With --rate N
 * changes are due at N a second whatever the commits do (open loop), what is due is
 * one commit, of up to --group, and latency counts from when a change was due. With
 * --warmup S it first does S seconds more without a rate, which no figure counts. The
 * result is one line of JSON on stdout.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/when.h"

/* Less often than the server: raw is given that. */
#define LOG_MIB 64

struct options {
	const char *db_path;
	const char *orders_path;
	int group;
	double seconds;
	double rate; /* 0: closed loop */
	double warmup;
	int64_t log_mib;
};

struct raw {
	struct options o;
	sqlite3 *db;
	sqlite3_stmt *update, *amend, *answer;
	int64_t *ids;
	int id_count;
	int64_t seq;
	int64_t n;
	uint64_t seed;
	int pages; /* of the log */
	int64_t page_bytes;
	int64_t commits;
	int64_t done;
	int64_t *latencies_us; /* of those done, in an open loop */
};

static void
check(struct raw *r, int rc, const char *what)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "raw: %s: %s\n", what, sqlite3_errmsg(r->db));
	exit(2);
}

static void
exec(struct raw *r, const char *sql)
{
	check(r, sqlite3_exec(r->db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *
prepare(struct raw *r, const char *sql)
{
	sqlite3_stmt *s = NULL;

	check(r,
	    sqlite3_prepare_v3(
		r->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL),
	    sql);
	return s;
}

static int64_t
query_int(struct raw *r, const char *sql)
{
	sqlite3_stmt *s = prepare(r, sql);
	int64_t v = 0;

	if (sqlite3_step(s) == SQLITE_ROW)
		v = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return v;
}

static void
read_ids(struct raw *r, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[128];
	int room = 0;

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		const char *digits = strpbrk(line, "0123456789");

		if (digits == NULL)
			continue;
		if (r->id_count == room) {
			room = room ? room * 2 : 1024;
			r->ids = realloc(r->ids,
			    (size_t)room * sizeof(int64_t));
			if (r->ids == NULL)
				exit(2);
		}
		r->ids[r->id_count++] = strtoll(digits, NULL, 10);
	}
	fclose(f);
}

static void
step(struct raw *r, sqlite3_stmt *s, const char *what)
{
	check(r, sqlite3_step(s), what);
	check(r, sqlite3_reset(s), what);
}

/* One change: the three rows a PUT of a quantity writes. */
static void
change(struct raw *r)
{
	static const char lines[] =
	    "[[null,0,\"Apple iPhone 15 Pro 256GB\",89990000,1234567,null]]";
	static const char changes[] =
	    "[[\"quantity\",\"1\",\"1234567\"],[\"total\",\"899900\","
	    "\"1110987650\"]]";
	int64_t now = clock_now_ms(&clock_system), id;
	uint8_t hash[32];

	r->seed = r->seed * UINT64_C(6364136223846793005) +
	    1442695040888963407u;
	id = r->ids[(r->seed >> 33) % (uint64_t)r->id_count];
	for (size_t i = 0; i < sizeof(hash); i++)
		hash[i] = (uint8_t)(r->seed >> (i % 8 * 8));
	r->seq++;
	r->n++;
	sqlite3_bind_int64(r->update, 1, r->n);
	sqlite3_bind_int64(r->update, 2, now);
	sqlite3_bind_int64(r->update, 3, r->seq);
	sqlite3_bind_blob(r->update, 4, hash, 32, SQLITE_STATIC);
	sqlite3_bind_text(r->update, 5, lines, -1, SQLITE_STATIC);
	sqlite3_bind_int64(r->update, 6, r->n);
	sqlite3_bind_int64(r->update, 7, id);
	step(r, r->update, "update");
	sqlite3_bind_int64(r->amend, 1, r->seq);
	sqlite3_bind_int64(r->amend, 2, id);
	sqlite3_bind_int64(r->amend, 3, r->seq - 1);
	sqlite3_bind_int64(r->amend, 4, r->n);
	sqlite3_bind_int64(r->amend, 5, now);
	sqlite3_bind_text(r->amend, 6, changes, -1, SQLITE_STATIC);
	sqlite3_bind_blob(r->amend, 7, hash, 32, SQLITE_STATIC);
	step(r, r->amend, "amendment");
	sqlite3_bind_int64(r->answer, 1, now + r->n / 8);
	sqlite3_bind_blob(r->answer, 2, hash, 16, SQLITE_STATIC);
	sqlite3_bind_int64(r->answer, 3, id);
	sqlite3_bind_int64(r->answer, 4, r->n);
	sqlite3_bind_blob(r->answer, 5, hash + 16, 16, SQLITE_STATIC);
	sqlite3_bind_int64(r->answer, 6, now);
	step(r, r->answer, "answer");
}

static int
wal_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)db;
	(void)name;
	*(int *)arg = pages;
	return SQLITE_OK;
}

static void
commit(struct raw *r, int count)
{
	exec(r, "BEGIN IMMEDIATE");
	for (int i = 0; i < count; i++)
		change(r);
	exec(r, "COMMIT");
	r->commits++;
	r->done += count;
}

static void
checkpoint(struct raw *r)
{
	if (r->pages * r->page_bytes > r->o.log_mib << 20)
		check(r,
		    sqlite3_wal_checkpoint_v2(
			r->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL),
		    "checkpoint");
}

static void
run_closed(struct raw *r, double seconds)
{
	int64_t end = when_monotonic_us() + (int64_t)(seconds * 1e6);

	while (when_monotonic_us() < end) {
		commit(r, r->o.group);
		checkpoint(r);
	}
}

static void
sleep_until(int64_t us)
{
	struct timespec at = {us / 1000000, us % 1000000 * 1000};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void
run_open(struct raw *r)
{
	int64_t start = when_monotonic_us(), now = start;
	int64_t all = (int64_t)(r->o.rate * r->o.seconds);

	r->latencies_us = calloc((size_t)all, sizeof(int64_t));
	if (r->latencies_us == NULL) {
		perror("raw");
		exit(2);
	}
	while (r->done < all) {
		int64_t at = r->done, due;

		sleep_until(start + (int64_t)((double)at * 1e6 / r->o.rate));
		now = when_monotonic_us();
		due = (int64_t)((double)(now - start) * r->o.rate / 1e6) + 1;
		due = due > all ? all : due;
		due = due - at > r->o.group ? at + r->o.group : due;
		/* It woke a microsecond early. */
		if (due <= at)
			continue;
		commit(r, (int)(due - at));
		now = when_monotonic_us();
		for (; at < due; at++)
			r->latencies_us[at] = now - start -
			    (int64_t)((double)at * 1e6 / r->o.rate);
		checkpoint(r);
	}
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
tell(struct raw *r, double took)
{
	printf("{\"group\":%d,\"changes\":%lld,\"per_second\":%.0f,"
	       "\"commit_us\":%.1f",
	    r->o.group, (long long)r->done, (double)r->done / took,
	    took * 1e6 / (double)r->commits);
	if (r->latencies_us != NULL) {
		qsort(r->latencies_us, (size_t)r->done, sizeof(int64_t),
		    compare);
		printf(",\"p50_us\":%lld,\"p99_us\":%lld",
		    (long long)r->latencies_us[r->done / 2],
		    (long long)r->latencies_us[r->done * 99 / 100]);
	}
	printf("}\n");
}

static void
open_store(struct raw *r)
{
	check(r, sqlite3_open(r->o.db_path, &r->db), r->o.db_path);
	exec(r,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-65536;");
	sqlite3_wal_hook(r->db, wal_pages, &r->pages);
	r->page_bytes = query_int(r, "PRAGMA page_size");
	r->seq = query_int(r, "SELECT coalesce(max(seq), 0) FROM amendments");
	r->update = prepare(r,
	    "UPDATE orders SET version=?1, updated_ms=?2, last_seq=?3,"
	    " last_hash=?4, lines=?5, total_fen=?6 WHERE id=?7");
	r->amend = prepare(r,
	    "INSERT INTO amendments(seq, app, order_id, prev_seq, version,"
	    " at_ms, dialect, method, request_id, changes, hash) VALUES(?1, 1,"
	    " ?2, ?3, ?4, ?5, 'intents', 'update', '0123456789abcdef',"
	    " ?6, ?7)");
	r->answer = prepare(r,
	    "INSERT INTO answers(at_ms, app, digest, order_id, version, body,"
	    " kept_ms) VALUES(?1, 1, ?2, ?3, ?4, ?5, ?6)");
}

static void
close_store(struct raw *r)
{
	sqlite3_finalize(r->update);
	sqlite3_finalize(r->amend);
	sqlite3_finalize(r->answer);
	sqlite3_close(r->db);
}

static struct options
parse_options(int argc, char **argv)
{
	struct options o = {.group = 1, .seconds = 5, .log_mib = LOG_MIB};

	for (int i = 1; i + 1 < argc; i += 2) {
		const char *value = argv[i + 1];

		if (strcmp(argv[i], "--db") == 0)
			o.db_path = value;
		else if (strcmp(argv[i], "--orders") == 0)
			o.orders_path = value;
		else if (strcmp(argv[i], "--group") == 0)
			o.group = (int)strtol(value, NULL, 10);
		else if (strcmp(argv[i], "--seconds") == 0)
			o.seconds = strtod(value, NULL);
		else if (strcmp(argv[i], "--rate") == 0)
			o.rate = strtod(value, NULL);
		else if (strcmp(argv[i], "--warmup") == 0)
			o.warmup = strtod(value, NULL);
		else if (strcmp(argv[i], "--log-mib") == 0)
			o.log_mib = strtoll(value, NULL, 10);
	}
	if (o.db_path == NULL || o.orders_path == NULL || o.group < 1 ||
	    o.log_mib < 1 || o.seconds <= 0 ||
	    (o.rate > 0 && o.rate * o.seconds < 100)) {
		fprintf(stderr,
		    "usage: raw --db FILE --orders FILE [--group N]\n"
		    "    [--seconds S] [--rate N] [--warmup S] "
		    "[--log-mib N]\n"
		    "at a rate, 100 changes or more\n");
		exit(2);
	}
	return o;
}

int
main(int argc, char **argv)
{
	struct raw r = {.o = parse_options(argc, argv), .seed = 42};
	int64_t start;

	read_ids(&r, r.o.orders_path);
	open_store(&r);
	run_closed(&r, r.o.warmup);
	r.commits = r.done = 0;
	start = when_monotonic_us();
	if (r.o.rate > 0)
		run_open(&r);
	else
		run_closed(&r, r.o.seconds);
	tell(&r, (double)(when_monotonic_us() - start) / 1e6);
	free(r.latencies_us);
	close_store(&r);
	return 0;
}
