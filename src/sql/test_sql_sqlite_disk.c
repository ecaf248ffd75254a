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
#include <unistd.h>

#include "sql/test_sqlite_world.h"

/* --- a virtual file system whose fsync and write can fail ------------------- */

/* The database file and its log have methods of their own. */
enum { MAIN_FILE, OTHER_FILE, KIND_COUNT };

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_io_methods methods[KIND_COUNT];
	const sqlite3_io_methods *real_methods[KIND_COUNT];
	int write_fails;
	int sync_fails;
	/* Since they were last set to 0, by the file's kind. */
	int writes[KIND_COUNT];
	int syncs[KIND_COUNT];
} fake;

static int
kind_of(const sqlite3_file *f)
{
	return (int)(f->pMethods - fake.methods);
}

static const sqlite3_io_methods *
real_of(const sqlite3_file *f)
{
	return fake.real_methods[kind_of(f)];
}

static int
fake_sync(sqlite3_file *f, int flags)
{
	fake.syncs[kind_of(f)]++;
	return fake.sync_fails ? SQLITE_IOERR_FSYNC
			       : real_of(f)->xSync(f, flags);
}

static int
fake_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	fake.writes[kind_of(f)]++;
	return fake.write_fails ? SQLITE_FULL : real_of(f)->xWrite(f, p, n, at);
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
		fake.methods[kind].xSync = fake_sync;
		fake.methods[kind].xWrite = fake_write;
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

void
test_a_part_is_moved_up_to_its_mark_without_a_flush(void **state)
{
	struct sql_db *w = must_open_counted();
	int64_t full;
	struct err err;

	(void)state;
	for (int64_t id = 2; id <= 200; id++)
		must_put(w, id);
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	must_put(w, 201);
	count_afresh();
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PART, &err), ERR_OK);
	assert_true(fake.writes[MAIN_FILE] > 0);
	assert_int_equal(fake.syncs[MAIN_FILE], 0);
	/* The log has not begun anew, for not everything was moved. */
	full = sql_wal_bytes(w);
	must_put(w, 202);
	assert_true(sql_wal_bytes(w) > full);
	/* What is left, and now the file is flushed. */
	count_afresh();
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	assert_int_equal(fake.syncs[MAIN_FILE], 1);
	must_put(w, 203);
	assert_true(sql_wal_bytes(w) < full);
	assert_int_equal(must_ask(w, LAST), 203);
	check_err(sql_integrity(w, &err), ERR_OK);
	sql_close(&w);
}

/* Without a commit behind the mark everything is moved, and flushed. */
void
test_a_part_of_everything_is_flushed(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PART, &err), ERR_OK);
	assert_int_equal(fake.syncs[MAIN_FILE], 1);
	sql_close(&w);
}

void
test_a_mark_is_in_the_way_until_it_is_taken_back(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;
	int64_t full;

	(void)state;
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	for (int64_t id = 2; id <= 20; id++)
		must_put(w, id);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_RESTART, &err),
	    ERR_STORE_BUSY);
	sql_checkpoint_unmark(w);
	full = sql_wal_bytes(w);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	must_put(w, 21);
	assert_true(sql_wal_bytes(w) < full);
	/* It can be set again. */
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	sql_close(&w);
	w = must_open(SQL_WRITER);
	assert_int_equal(must_ask(w, LAST), 21);
	sql_close(&w);
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

/* Power goes when parts were moved but not flushed: the file is what it was at
 * its last flush, and the log is whole. */
void
test_parts_that_a_power_cut_takes_are_moved_again(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_RESTART, &err), ERR_OK);
	copy_file("test.db", "flushed.db");
	for (int64_t id = 2; id <= 300; id++) {
		if (id % 100 == 50)
			check_err(sql_checkpoint_mark(w, &err), ERR_OK);
		must_put(w, id);
		if (id % 100 == 50)
			check_err(sql_checkpoint(w, SQL_CHECKPOINT_PART, &err),
			    ERR_OK);
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
test_a_flush_of_the_file_goes_ahead_of_the_checkpoint(void **state)
{
	struct sql_db *w = must_open_counted();
	struct err err;

	(void)state;
	check_err(sql_flush_file(w, &err), ERR_OK);
	assert_int_equal(fake.syncs[MAIN_FILE], 1);
	must_put(w, 2);
	fake.sync_fails = 1;
	check_err(sql_flush_file(w, &err), ERR_STORE_FAILED);
	fake.sync_fails = 0;
	check_err(sql_begin(w, &err), ERR_STORE_FAILED);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err),
	    ERR_STORE_FAILED);
	check_err(sql_checkpoint_mark(w, &err), ERR_STORE_FAILED);
	sql_close(&w);
	w = must_open(SQL_WRITER);
	assert_int_equal(must_ask(w, LAST), 2);
	sql_close(&w);
}
