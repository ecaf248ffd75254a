/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite driver and the disk: flushes and writes that are counted, and that
 * fail; the log, and how it is moved into the file.
 */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "sql/test_sqlite_world.h"

/* --- pauses, counted: ours comes before the system's -------------------------- */

static int pauses;

int
nanosleep(const struct timespec *for_so_long, struct timespec *left)
{
	pauses++;
	return clock_nanosleep(CLOCK_MONOTONIC, 0, for_so_long, left);
}

/* --- a virtual file system whose fsync and write can fail ------------------- */

/* The database file and its log have methods of their own. */
enum { MAIN_FILE, OTHER_FILE, KIND_COUNT };

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_io_methods methods[KIND_COUNT];
	const sqlite3_io_methods *real_methods[KIND_COUNT];
	int write_fails;
	int other_write_fails; /* not the database's */
	int sync_fails;
	/* Since they were last set to 0, by the file's kind. */
	int writes[KIND_COUNT];
	int syncs[KIND_COUNT];
} fake;

static int
count_sync(int kind, sqlite3_file *f, int flags)
{
	fake.syncs[kind]++;
	return fake.sync_fails ? SQLITE_IOERR_FSYNC
			       : fake.real_methods[kind]->xSync(f, flags);
}

static int
count_write(int kind, sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	fake.writes[kind]++;
	if (fake.write_fails)
		return SQLITE_FULL;
	return fake.other_write_fails && kind == OTHER_FILE
	    ? SQLITE_IOERR_WRITE
	    : fake.real_methods[kind]->xWrite(f, p, n, at);
}

static int
main_sync(sqlite3_file *f, int flags)
{
	return count_sync(MAIN_FILE, f, flags);
}

static int
other_sync(sqlite3_file *f, int flags)
{
	return count_sync(OTHER_FILE, f, flags);
}

static int
main_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	return count_write(MAIN_FILE, f, p, n, at);
}

static int
other_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	return count_write(OTHER_FILE, f, p, n, at);
}

static int
fake_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out)
{
	int rc = fake.real->xOpen(fake.real, name, f, flags, out);
	int kind = flags & SQLITE_OPEN_MAIN_DB ? MAIN_FILE : OTHER_FILE;

	(void)vfs;
	if (rc == SQLITE_OK && f->pMethods != NULL) {
		fake.real_methods[kind] = f->pMethods;
		fake.methods[kind] = *f->pMethods;
		fake.methods[kind].xSync = kind == MAIN_FILE ? main_sync
							     : other_sync;
		fake.methods[kind].xWrite = kind == MAIN_FILE ? main_write
							      : other_write;
		f->pMethods = &fake.methods[kind];
	}
	return rc;
}

static void
use_fake_files(void)
{
	fake.real = sqlite3_vfs_find(NULL);
	fake.vfs = *fake.real;
	fake.vfs.zName = "fake";
	fake.vfs.xOpen = fake_open;
	assert_int_equal(sqlite3_vfs_register(&fake.vfs, 1), SQLITE_OK);
}

static void
count_afresh(void)
{
	memset(fake.writes, 0, sizeof(fake.writes));
	memset(fake.syncs, 0, sizeof(fake.syncs));
}

/* A writer on files that are counted. */
static struct sql_db *
must_open_counted(void)
{
	/* The first one configures SQLite before it is used here. */
	struct sql_db *w = must_open(SQL_CREATE);

	sql_close(&w);
	use_fake_files();
	w = must_open(SQL_WRITER);
	must_put(w, 1);
	count_afresh();
	return w;
}

void
test_failed_fsync_ends_the_connection(void **state)
{
	struct sql_db *w;
	struct err err;

	(void)state;
	w = must_open_counted();
	check_err(sql_begin(w, &err), ERR_OK);
	check_err(put(w, 2, &err), ERR_OK);
	fake.sync_fails = 1;
	check_err(sql_commit(w, &err), ERR_STORE_UNSURE);
	fake.sync_fails = 0;
	check_err(sql_begin(w, &err), ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, "given up"));
	check_err(put(w, 3, &err), ERR_STORE_FAILED);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err),
	    ERR_STORE_FAILED);
	sql_close(&w);
}

void
test_failed_checkpoint_ends_the_connection(void **state)
{
	struct sql_db *w;
	struct err err;

	(void)state;
	w = must_open_counted();
	fake.sync_fails = 1;
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_RESTART, &err),
	    ERR_STORE_FAILED);
	fake.sync_fails = 0;
	check_err(sql_begin(w, &err), ERR_STORE_FAILED);
	sql_close(&w);
	w = must_open(SQL_WRITER);
	assert_int_equal(must_ask(w, LAST), 1);
	sql_close(&w);
}

void
test_full_disk_refuses_and_recovers(void **state)
{
	struct sql_db *w;
	struct err err;

	(void)state;
	w = must_open_counted();
	check_err(sql_begin(w, &err), ERR_OK);
	check_err(put(w, 2, &err), ERR_OK);
	fake.write_fails = 1;
	check_err(sql_commit(w, &err), ERR_STORE_FULL);
	assert_int_equal(must_ask(w, LAST), 1); /* reads go on */
	fake.write_fails = 0;
	must_put(w, 2);
	assert_int_equal(must_ask(w, LAST), 2);
	sql_close(&w);
}

void
test_file_size_limit_is_full_too(void **state)
{
	struct rlimit limit = {300000, RLIM_INFINITY};
	struct sql_value arg[] = {sql_int(9)};
	struct sql_db *w = must_open_writer();
	enum err_code code;
	struct err err;

	(void)state;
	must_put(w, 1);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	check_err(sql_begin(w, &err), ERR_OK);
	check_err(sql_run(w, BLOAT, arg, 1, &err), ERR_OK);
	code = sql_commit(w, &err);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	/* EFBIG is no lack of space to SQLite: an I/O error, told as such. */
	assert_true(code == ERR_STORE_FULL || code == ERR_STORE_FAILED);
	sql_close(&w);
	w = must_open(SQL_WRITER);
	assert_int_equal(must_ask(w, LAST), 1);
	sql_close(&w);
}

/* A megabyte is some 250 pages, each with a head of its own. */
void
test_log_is_written_in_few_calls(void **state)
{
	struct sql_value arg[] = {sql_int(9)};
	struct sql_db *w, *r;
	struct err err;

	(void)state;
	w = must_open_counted();
	r = must_open(SQL_READER);
	check_err(sql_begin(w, &err), ERR_OK);
	check_err(sql_run(w, BLOAT, arg, 1, &err), ERR_OK);
	check_err(sql_commit(w, &err), ERR_OK);
	assert_in_range(fake.writes[OTHER_FILE], 8, 12);
	assert_int_equal(must_ask(r, LAST), 9);
	check_err(sql_integrity(r, &err), ERR_OK);
	sql_close(&r);
	sql_close(&w);
}

/* Pages that leave a small cache before the commit go to the log, are read
 * back from it and changed again: what is gathered must not be missed. */
void
test_gathered_pages_are_read_back(void **state)
{
	struct sql_db *w = must_open_writer(), *r;
	struct err err;

	(void)state;
	check_err(sql_script_run(w, "PRAGMA cache_size = 10", &err), ERR_OK);
	r = must_open(SQL_READER);
	for (int round = 0; round < 2; round++) {
		check_err(sql_begin(w, &err), ERR_OK);
		for (int64_t id = 1; id <= 80; id++)
			check_err(put(w, round * 80 + id, &err), ERR_OK);
		for (int again = 0; again < 2; again++)
			check_err(sql_script_run(w,
				      "UPDATE t SET b = zeroblob(900 + id % 7)",
				      &err),
			    ERR_OK);
		assert_int_equal(must_ask(w, LAST), round * 80 + 80);
		assert_int_equal(must_ask(r, LAST), round == 1 ? 80 : 0);
		if (round == 0)
			check_err(sql_commit(w, &err), ERR_OK);
		else
			sql_rollback(w);
		assert_int_equal(must_ask(r, LAST), 80);
	}
	check_err(sql_integrity(r, &err), ERR_OK);
	sql_close(&r);
	sql_close(&w);
	w = must_open(SQL_WRITER);
	assert_int_equal(must_ask(w, LAST), 80);
	sql_close(&w);
}

/* --- checkpoints -------------------------------------------------------------- */

static int64_t
must_move(struct sql_db *w)
{
	struct err err;
	int64_t moved;

	check_err(sql_checkpoint_beside(w, &moved, &err), ERR_OK);
	return moved;
}

/* One more row, and the whole log is moved: what was moved is sealed. */
static void
must_seal(struct sql_db *w, int64_t id)
{
	struct err err;

	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	must_put(w, id);
	(void)must_move(w);
	sql_checkpoint_unmark(w);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
}

/* The writer is in a transaction meanwhile, as it may be on its own thread. */
void
test_a_checkpoint_beside_moves_what_was_committed(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;
	int64_t full;

	(void)state;
	for (int64_t id = 2; id <= 200; id++)
		must_put(w, id);
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	check_err(sql_begin(w, &err), ERR_OK);
	check_err(put(w, 201, &err), ERR_OK);
	count_afresh();
	assert_true(must_move(w) >= 200 * INT64_C(4096));
	assert_true(fake.writes[MAIN_FILE] > 0);
	check_err(sql_commit(w, &err), ERR_OK);
	/* Behind the mark nothing is moved. */
	assert_int_equal(must_move(w), 0);
	sql_checkpoint_unmark(w);
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	assert_in_range(must_move(w), 4096, 4 * 4096);
	sql_checkpoint_unmark(w);
	/* Everything was moved and flushed: the log begins anew, and is counted
	 * from its beginning. */
	full = sql_wal_bytes(w);
	must_put(w, 202);
	assert_true(sql_wal_bytes(w) < full);
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	assert_in_range(must_move(w), 4096, 4 * 4096);
	assert_int_equal(must_ask(w, LAST), 202);
	check_err(sql_integrity(w, &err), ERR_OK);
	sql_close(&w);
}

/* Or a log could begin anew while another checkpoint is about to begin. */
void
test_the_log_does_not_begin_anew_while_a_mark_stands(void **state)
{
	struct sql_db *w = must_open_counted();
	int64_t before;
	struct err err;

	(void)state;
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	for (int64_t id = 2; id <= 20; id++) {
		before = sql_wal_bytes(w);
		/* From the second on there is nothing left to move. */
		(void)must_move(w);
		(void)must_move(w);
		must_put(w, id);
		assert_true(sql_wal_bytes(w) > before);
		sql_checkpoint_unmark(w);
		check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	}
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_RESTART, &err),
	    ERR_STORE_BUSY);
	sql_checkpoint_unmark(w);
	before = sql_wal_bytes(w);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	must_put(w, 21);
	assert_true(sql_wal_bytes(w) < before);
	sql_close(&w);
}

/* What is moved goes to the doublewrite file, which is flushed every 512 KiB and at
 * the end; the database file is flushed when that is asked for. */
void
test_moved_pages_are_flushed_in_their_place_later(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;
	int pages;

	(void)state;
	check_err(sql_begin(w, &err), ERR_OK);
	for (int64_t id = 2; id <= 80000; id++)
		check_err(put(w, id, &err), ERR_OK);
	check_err(sql_commit(w, &err), ERR_OK);
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	must_put(w, 80001);
	count_afresh();
	(void)must_move(w);
	pages = fake.writes[MAIN_FILE];
	assert_true(pages > 160);
	/* Of what others may have moved before. */
	assert_int_equal(fake.syncs[MAIN_FILE], 1);
	assert_int_equal(fake.writes[OTHER_FILE], pages / 31);
	/* And of the log, which the mover has not seen yet. */
	assert_int_equal(fake.syncs[OTHER_FILE], pages / 31 / 5 + 1);
	sql_checkpoint_unmark(w);
	count_afresh();
	check_err(sql_checkpoint_flush(w, &slowly, &err), ERR_OK);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	assert_int_equal(fake.syncs[MAIN_FILE], 0);
	assert_int_equal(fake.syncs[OTHER_FILE], 1);
	pauses = 0;
	check_err(sql_checkpoint_flush(w, &slowly, &err), ERR_OK);
	assert_int_equal(pauses, pages / 32 + 1);
	assert_int_equal(fake.syncs[MAIN_FILE], 1);
	check_err(sql_checkpoint_flush(w, &slowly, &err), ERR_OK);
	assert_int_equal(fake.syncs[MAIN_FILE], 1);
	assert_int_equal(access("test.db-doublewrite", F_OK), 0);
	sql_close(&w);
	assert_int_not_equal(access("test.db-doublewrite", F_OK), 0);
}

void
test_a_flush_that_is_waited_for_makes_no_pauses(void **state)
{
	const atomic_bool at_once = true;
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		check_err(sql_begin(w, &err), ERR_OK);
		for (int64_t id = 0; id < 20000; id++)
			check_err(put(w, 2 + i * 20000 + id, &err), ERR_OK);
		check_err(sql_commit(w, &err), ERR_OK);
		check_err(sql_checkpoint_mark(w, &err), ERR_OK);
		(void)must_move(w);
		sql_checkpoint_unmark(w);
		check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err),
		    ERR_OK);
		count_afresh();
		pauses = 0;
		check_err(
		    sql_checkpoint_flush(w, i == 0 ? &slowly : &at_once, &err),
		    ERR_OK);
		assert_int_equal(fake.syncs[MAIN_FILE], 1);
		assert_true(i == 0 ? pauses > 1 : pauses == 0);
	}
	sql_close(&w);
}

/* Another program may move pages too: what it has moved is in the file, and nobody
 * knows whether it was flushed. Not even when a checkpoint of ours found nothing. */
void
test_what_others_have_moved_is_flushed_first(void **state)
{
	struct sql_db *w = must_open_counted(), *r;
	sqlite3 *other;
	struct err err;

	(void)state;
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	must_put(w, 2);
	(void)must_move(w);
	sql_checkpoint_unmark(w);
	must_put(w, 3);
	r = must_open(SQL_READER);
	check_err(sql_begin(r, &err), ERR_OK);
	assert_int_equal(must_ask(r, LAST), 3);
	must_put(w, 4);
	assert_int_equal(sqlite3_open("test.db", &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "PRAGMA schema_version", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_wal_checkpoint_v2(other, NULL,
			     SQLITE_CHECKPOINT_PASSIVE, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	sql_rollback(r);
	sql_close(&r);
	count_afresh();
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	assert_int_equal(fake.writes[MAIN_FILE], 1);
	assert_int_equal(fake.syncs[MAIN_FILE], 1);
	sql_close(&w);
}

/* A doublewrite file that can't be written is done without. */
void
test_a_doublewrite_file_that_fails_is_done_without(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	must_put(w, 2);
	sql_checkpoint_unmark(w);
	fake.other_write_fails = 1;
	count_afresh();
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	fake.other_write_fails = 0;
	/* Before the first generation, and instead of the seal. */
	assert_int_equal(fake.syncs[MAIN_FILE], 2);
	must_put(w, 3);
	check_err(sql_checkpoint_flush(w, &slowly, &err), ERR_OK);
	assert_int_equal(must_ask(w, LAST), 3);
	sql_close(&w);
	assert_int_not_equal(access("test.db-doublewrite", F_OK), 0);
}

/* One that a writer has left which was given up is dealt with by the next one. */
void
test_what_a_writer_left_behind_is_flushed(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	must_seal(w, 2);
	check_err(sql_begin(w, &err), ERR_OK);
	check_err(put(w, 3, &err), ERR_OK);
	fake.sync_fails = 1;
	check_err(sql_commit(w, &err), ERR_STORE_UNSURE);
	fake.sync_fails = 0;
	sql_close(&w);
	assert_int_equal(access("test.db-doublewrite", F_OK), 0);
	count_afresh();
	w = must_open(SQL_WRITER);
	assert_int_equal(fake.syncs[MAIN_FILE], 1);
	assert_int_not_equal(access("test.db-doublewrite", F_OK), 0);
	sql_close(&w);
}

/* A flush that fails is the end of it, as one of the log is. */
void
test_a_failed_flush_in_place_ends_the_connection(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	must_seal(w, 2);
	fake.sync_fails = 1;
	check_err(sql_checkpoint_flush(w, &slowly, &err), ERR_STORE_FAILED);
	fake.sync_fails = 0;
	check_err(sql_begin(w, &err), ERR_STORE_FAILED);
	sql_close(&w);
	assert_int_equal(access("test.db-doublewrite", F_OK), 0);
	w = must_open(SQL_CREATE);
	sql_close(&w);
	assert_int_not_equal(access("test.db-doublewrite", F_OK), 0);
}

/* A checkpoint flushes the log first, which the last commit has done. */
void
test_a_flushed_log_is_not_flushed_again(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	assert_int_equal(fake.syncs[OTHER_FILE], 0);
	must_put(w, 2);
	/* The head of the log that begins anew, and its first pages. */
	assert_int_equal(fake.syncs[OTHER_FILE], 2);
	must_put(w, 3);
	assert_int_equal(fake.syncs[OTHER_FILE], 3);
	sql_close(&w);
}

static void
copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	char bytes[4096];
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, n, out), n);
	assert_int_equal(fclose(in), 0);
	assert_int_equal(fclose(out), 0);
}

/* Power goes when much was moved but not everything: the file is what it was at
 * its last flush, at worst, and the log is whole. */
void
test_moved_pages_that_a_power_cut_takes_are_moved_again(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_RESTART, &err), ERR_OK);
	copy_file("test.db", "flushed.db");
	for (int64_t id = 2; id <= 300; id++) {
		must_put(w, id);
		if (id % 100 == 50)
			check_err(sql_checkpoint_mark(w, &err), ERR_OK);
		if (id % 100 != 80)
			continue;
		assert_true(must_move(w) > 0);
		sql_checkpoint_unmark(w);
	}
	copy_file("test.db-wal", "flushed.db-wal");
	sql_close(&w);
	(void)unlink("test.db-wal");
	(void)unlink("test.db-shm");
	assert_int_equal(rename("flushed.db", "test.db"), 0);
	assert_int_equal(rename("flushed.db-wal", "test.db-wal"), 0);
	w = must_open(SQL_WRITER);
	assert_int_equal(must_ask(w, LAST), 300);
	check_err(sql_integrity(w, &err), ERR_OK);
	sql_close(&w);
}

void
test_a_failed_checkpoint_beside_ends_the_connection(void **state)
{
	struct sql_db *w = must_open_counted();
	int64_t moved;
	struct err err;

	(void)state;
	must_put(w, 2);
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	fake.sync_fails = 1;
	check_err(sql_checkpoint_beside(w, &moved, &err), ERR_STORE_FAILED);
	fake.sync_fails = 0;
	check_err(sql_begin(w, &err), ERR_STORE_FAILED);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err),
	    ERR_STORE_FAILED);
	check_err(sql_checkpoint_beside(w, &moved, &err), ERR_STORE_FAILED);
	sql_close(&w);
	w = must_open(SQL_WRITER);
	assert_int_equal(must_ask(w, LAST), 2);
	sql_close(&w);
}

/* Nothing is lost by it: the log keeps its pages until there is room. */
void
test_a_checkpoint_beside_on_a_full_disk_is_tried_again(void **state)
{
	struct sql_db *w = must_open_counted();
	int64_t moved;
	struct err err;

	(void)state;
	must_put(w, 2);
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	fake.write_fails = 1;
	check_err(sql_checkpoint_beside(w, &moved, &err), ERR_STORE_FULL);
	fake.write_fails = 0;
	must_put(w, 3);
	check_err(sql_checkpoint_beside(w, &moved, &err), ERR_OK);
	assert_true(moved > 0);
	assert_int_equal(must_ask(w, LAST), 3);
	sql_close(&w);
}
