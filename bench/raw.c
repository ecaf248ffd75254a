/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the database does without us: the rows of one change (the order's, an
 * amendment, a stored answer) written straight through SQLite, synchronous FULL,
 * in a copy of a store that `procured` made, `--group` changes per commit, from
 * one thread. Same file layout, same sizes; no HTTP, no signature, no rules.
 *
 *	raw --db FILE --orders FILE [--group 1] [--seconds 5]
 *
 * The result is one line of JSON on stdout.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/when.h"

/* Checkpoints half as often as the server: raw is given that. */
#define WAL_BYTES (64 * 1024 * 1024)

struct raw {
	sqlite3 *db;
	sqlite3_stmt *update, *amend, *answer;
	int64_t *ids;
	int id_count;
	int64_t seq;
	int64_t n;
	uint64_t seed;
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

int
main(int argc, char **argv)
{
	struct raw r = {.seed = 42};
	const char *db_path = NULL, *orders_path = NULL;
	int group = 1, pages = 0;
	double seconds = 5, took;
	int64_t page_bytes, start, end, commits = 0, done = 0;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--db") == 0)
			db_path = argv[i + 1];
		else if (strcmp(argv[i], "--orders") == 0)
			orders_path = argv[i + 1];
		else if (strcmp(argv[i], "--group") == 0)
			group = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seconds") == 0)
			seconds = strtod(argv[i + 1], NULL);
	}
	if (db_path == NULL || orders_path == NULL || group < 1) {
		fprintf(stderr,
		    "usage: raw --db FILE --orders FILE "
		    "[--group N] [--seconds S]\n");
		return 2;
	}
	read_ids(&r, orders_path);
	check(&r, sqlite3_open(db_path, &r.db), db_path);
	exec(&r,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-65536;");
	sqlite3_wal_hook(r.db, wal_pages, &pages);
	page_bytes = query_int(&r, "PRAGMA page_size");
	r.seq = query_int(&r, "SELECT coalesce(max(seq), 0) FROM amendments");
	r.update = prepare(&r,
	    "UPDATE orders SET version=?1, updated_ms=?2, last_seq=?3,"
	    " last_hash=?4, lines=?5, total_fen=?6 WHERE id=?7");
	r.amend = prepare(&r,
	    "INSERT INTO amendments(seq, app, order_id, prev_seq, version,"
	    " at_ms, dialect, method, request_id, changes, hash) VALUES(?1, 1,"
	    " ?2, ?3, ?4, ?5, 'intents', 'update', '0123456789abcdef',"
	    " ?6, ?7)");
	r.answer = prepare(&r,
	    "INSERT INTO answers(at_ms, app, digest, order_id, version, body,"
	    " kept_ms) VALUES(?1, 1, ?2, ?3, ?4, ?5, ?6)");
	start = when_monotonic_us();
	end = start + (int64_t)(seconds * 1e6);
	while (when_monotonic_us() < end) {
		exec(&r, "BEGIN IMMEDIATE");
		for (int i = 0; i < group; i++)
			change(&r);
		exec(&r, "COMMIT");
		commits++;
		done += group;
		if (pages * page_bytes > WAL_BYTES)
			check(&r,
			    sqlite3_wal_checkpoint_v2(r.db, NULL,
				SQLITE_CHECKPOINT_RESTART, NULL, NULL),
			    "checkpoint");
	}
	took = (double)(when_monotonic_us() - start) / 1e6;
	printf("{\"group\":%d,\"changes\":%lld,\"per_second\":%.0f,"
	       "\"commit_us\":%.1f}\n",
	    group, (long long)done, (double)done / took,
	    took * 1e6 / (double)commits);
	sqlite3_finalize(r.update);
	sqlite3_finalize(r.amend);
	sqlite3_finalize(r.answer);
	sqlite3_close(r.db);
	return 0;
}
