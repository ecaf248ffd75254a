/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite driver: values, letters, settings, transactions between two
 * connections, what errors become, copies, damage. What it asks of the disk is in
 * test_sql_sqlite_disk.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/when.h"
#include "sql/sql_driver.h"
#include "sql/sql_sqlite.h"
#include "sql/test_sqlite_world.h"

void
test_values_come_back_as_they_went(void **state)
{
	static const struct str texts[] = {
	    STR_INIT("甲\0乙"), STR_INIT(""), STR_NONE};
	struct sql_db *db = must_open_writer();
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	check_err(sql_begin(db, &err), ERR_OK);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct sql_value args[] = {sql_int(INT64_MIN + (int64_t)i),
		    sql_text(texts[i]), sql_bytes(texts[i])};

		check_err(sql_run(db, PUT, args, 3, &err), ERR_OK);
		check_err(sql_start(db, GET, args, 1, &c, &err), ERR_OK);
		check_err(sql_next(c, &row, &err), ERR_OK);
		assert_true(row);
		assert_true(sql_get_int(c, 0) == args[0].i);
		assert_true(str_eq(sql_get_str(c, 1), texts[i]));
		assert_true(str_eq(sql_get_str(c, 2), texts[i]));
		check_err(sql_next(c, &row, &err), ERR_OK);
		assert_false(row);
		sql_done(&c);
	}
	check_err(sql_commit(db, &err), ERR_OK);
	sql_close(&db);
}

/* By two statements, each either a row at a time or as a set. */
static void
check_many_rows(int put_number, int get_number)
{
	struct sql_db *db = must_open_writer();
	struct sql_value put[3 * 3], get[4];
	struct sql_cursor *c;
	struct err err;
	bool row;

	for (int i = 0; i < 3; i++) {
		put[3 * i] = sql_int(10 + i);
		put[3 * i + 1] = sql_text(i == 1 ? STR_NONE : STR("x"));
		put[3 * i + 2] = sql_bytes(STR("y"));
	}
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(sql_run_each(db, put_number, put, 3, 3, &err), ERR_OK);
	check_err(sql_run_each(db, put_number, NULL, 3, 0, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_OK);
	get[0] = sql_int(9);
	get[1] = sql_int(12);
	get[2] = sql_int(13);
	get[3] = sql_int(11);
	check_err(sql_start_each(db, get_number, get, 1, 4, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_true(row);
	assert_int_equal(sql_get_input(c), 1);
	assert_int_equal(sql_get_int(c, 0), 12);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_true(row);
	assert_int_equal(sql_get_input(c), 3);
	check_str(sql_get_str(c, 1), NULL);
	check_str(sql_get_str(c, 2), "y");
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	check_err(sql_start_each(db, get_number, NULL, 1, 0, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	/* The second of them is there already. */
	put[0] = sql_int(1);
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(sql_run_each(db, put_number, put, 3, 3, &err),
	    ERR_STORE_CONFLICT);
	assert_true(sql_must_roll_back(db));
	sql_rollback(db);
	sql_close(&db);
}

void
test_many_rows_of_values(void **state)
{
	(void)state;
	check_many_rows(PUT, GET);
}

void
test_many_rows_as_a_set(void **state)
{
	(void)state;
	check_many_rows(SET_PUT, SET_GET);
}

void
test_a_set_keeps_every_value(void **state)
{
	static const struct str texts[] = {
	    STR_INIT("甲\0乙"), STR_INIT(""), STR_NONE};
	struct sql_db *db = must_open_writer();
	struct sql_value args[COUNT(texts) * 3], ids[COUNT(texts)];
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		args[3 * i] = ids[i] = sql_int(INT64_MIN + (int64_t)i);
		args[3 * i + 1] = sql_text(texts[i]);
		args[3 * i + 2] = sql_bytes(texts[i]);
	}
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(sql_run_each(db, SET_PUT, args, 3, COUNT(texts), &err),
	    ERR_OK);
	check_err(sql_commit(db, &err), ERR_OK);
	check_err(sql_start_each(db, SET_GET, ids, 1, COUNT(texts), &c, &err),
	    ERR_OK);
	for (size_t i = 0; i < COUNT(texts); i++) {
		check_err(sql_next(c, &row, &err), ERR_OK);
		assert_true(row);
		assert_int_equal(sql_get_input(c), i);
		assert_true(sql_get_int(c, 0) == ids[i].i);
		assert_true(str_eq(sql_get_str(c, 1), texts[i]));
		assert_true(str_eq(sql_get_str(c, 2), texts[i]));
	}
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	sql_close(&db);
}

static void
check_set_refused(const char *set, const char *part)
{
	static const struct sql_statement get = {
	    "GET", "i", "i", "SELECT id FROM t WHERE id = $1"};
	struct sql_override override = {0, NULL, set};
	struct sql_table one = {
	    .rows = &get, .count = 1, .sqlite = &override, .sqlite_count = 1};
	struct sql_db *db;
	struct err err;

	check_err(sql_open(URL, SQL_WRITER, &one, &db, &err), ERR_OK);
	check_err(sql_prepare(db, &err), ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, part));
	sql_close(&db);
}

void
test_a_set_must_fit(void **state)
{
	struct sql_db *db = must_open(SQL_CREATE);

	(void)state;
	sql_close(&db);
	check_set_refused("SELECT id, $2 FROM given($1), t WHERE id = p1",
	    "GET: its text does not have the parameter of a set");
	check_set_refused("SELECT id FROM given($1), t WHERE id = p1",
	    "GET: its text does not have the columns of a set");
	/* Nothing is given to it. */
	check_set_refused("SELECT id, $1 FROM given, t", "no query solution");
}

static void
check_refused(const struct sql_statement *statement, const char *part)
{
	struct sql_table one = {.rows = statement, .count = 1};
	struct sql_db *db;
	struct err err;

	check_err(sql_open(URL, SQL_WRITER, &one, &db, &err), ERR_OK);
	check_err(sql_prepare(db, &err), ERR_STORE_FAILED);
	if (strstr(err.detail, part) == NULL)
		print_error("got  \"%s\"\nwant …%s…\n", err.detail, part);
	assert_non_null(strstr(err.detail, part));
	sql_close(&db);
}

void
test_letters_must_fit(void **state)
{
	static const struct sql_statement swapped = {
	    "SWAPPED", "is", "i", "SELECT id FROM t WHERE a = $2 AND id = $1"};
	static const struct sql_statement few = {
	    "FEW", "", "i", "SELECT id FROM t WHERE id = $1"};
	static const struct sql_statement columns = {
	    "COLUMNS", "i", "is", "SELECT id FROM t WHERE id = $1"};
	static const struct sql_statement letter = {
	    "LETTER", "x", "i", "SELECT id FROM t WHERE id = $1"};
	static const struct sql_statement broken = {
	    "BROKEN", "", "", "SELECT id FROM nowhere"};
	struct sql_db *db = must_open(SQL_CREATE);

	(void)state;
	sql_close(&db);
	check_refused(&swapped,
	    "SWAPPED: its text does not have the"
	    " parameters in the order");
	check_refused(&few, "FEW: its text does not have the parameters");
	check_refused(&columns, "COLUMNS: its text does not have the columns");
	check_refused(&letter, "LETTER");
	check_refused(&broken, "no such table: nowhere");
}

/* A setting, as the connection itself has it. */
static void
check_setting(struct sql_db *db, const char *question, const char *answer)
{
	sqlite3 *handle = sqlite_of(db)->handle;
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(handle, question, -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	check_str(str_from((const char *)sqlite3_column_text(stmt, 0)), answer);
	sqlite3_finalize(stmt);
}

void
test_settings_are_the_safe_ones(void **state)
{
	struct sql_db *w = must_open_writer();
	struct sql_db *r = must_open(SQL_READER);
	struct stat st;

	(void)state;
	check_setting(w, "PRAGMA journal_mode", "wal");
	check_setting(w, "PRAGMA synchronous", "2"); /* FULL */
	check_setting(w, "PRAGMA wal_autocheckpoint", "0");
	check_setting(w, "PRAGMA locking_mode", "normal");
	check_setting(w, "PRAGMA page_size", "4096");
	check_setting(w, "PRAGMA mmap_size", "0");
	check_setting(r, "PRAGMA mmap_size", "0");
	check_setting(w, "PRAGMA cache_size", "-65536");
	check_setting(r, "PRAGMA cache_size", "-16384");
	assert_int_equal(stat("test.db", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	sql_close(&r);
	sql_close(&w);
}

void
test_reader_sees_one_state_and_cannot_write(void **state)
{
	struct sql_db *w = must_open_writer();
	struct sql_db *r = must_open(SQL_READER);
	struct err err;

	(void)state;
	must_put(w, 1);
	check_err(sql_begin(r, &err), ERR_OK);
	assert_int_equal(must_ask(r, LAST), 1);
	must_put(w, 2);
	assert_int_equal(must_ask(r, LAST), 1);
	sql_rollback(r);
	assert_int_equal(must_ask(r, LAST), 2);
	check_err(put(r, 3, &err), ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, "readonly"));
	sql_close(&r);
	sql_close(&w);
}

void
test_error_in_a_transaction_changes_nothing(void **state)
{
	struct sql_db *w = must_open_writer();
	struct err err;

	(void)state;
	must_put(w, 1);
	check_err(sql_begin(w, &err), ERR_OK);
	check_err(put(w, 2, &err), ERR_OK);
	check_err(put(w, 1, &err), ERR_STORE_CONFLICT);
	assert_non_null(strstr(err.detail, "PUT"));
	assert_non_null(strstr(err.detail, "UNIQUE"));
	sql_rollback(w);
	assert_int_equal(must_ask(w, LAST), 1);
	must_put(w, 2);
	sql_close(&w);
}

void
test_locked_file_is_busy(void **state)
{
	struct sql_db *w = must_open_writer();
	struct sql_db *other = must_open(SQL_WRITER);
	struct err err;

	(void)state;
	check_err(sql_begin(other, &err), ERR_OK);
	check_err(sql_begin(w, &err), ERR_STORE_BUSY);
	sql_rollback(other);
	check_err(sql_begin(w, &err), ERR_OK);
	sql_rollback(w);
	sql_close(&other);
	sql_close(&w);
}

void
test_deadline_cuts_a_statement(void **state)
{
	struct sql_db *r = must_open(SQL_CREATE);
	struct sql_value many[] = {sql_int(INT64_C(1) << 40)};
	struct sql_value few[] = {sql_int(10)};
	int64_t start = when_monotonic_us();
	struct sql_cursor *c;
	struct err err;

	(void)state;
	sql_set_deadline(r, start + 50000);
	check_err(sql_run(r, SLOW, many, 1, &err), ERR_STORE_BUSY);
	assert_true(when_monotonic_us() - start < 2000000);
	check_err(sql_start(r, SLOW, few, 1, &c, &err), ERR_STORE_BUSY);
	sql_set_deadline(r, 0);
	check_err(sql_run(r, SLOW, few, 1, &err), ERR_OK);
	sql_close(&r);
}

void
test_log_is_counted_and_begun_again(void **state)
{
	struct sql_db *w = must_open_writer();
	struct sql_db *r = must_open(SQL_READER);
	struct stat st;
	struct err err;

	(void)state;
	for (int64_t id = 1; id <= 20; id++)
		must_put(w, id);
	assert_int_equal(stat("test.db-wal", &st), 0);
	assert_int_equal(sql_wal_bytes(w), st.st_size);

	check_err(sql_begin(r, &err), ERR_OK);
	assert_int_equal(must_ask(r, LAST), 20);
	must_put(w, 21);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_PASSIVE, &err), ERR_OK);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_RESTART, &err),
	    ERR_STORE_BUSY);
	assert_true(sql_wal_bytes(w) > 0);
	sql_rollback(r);
	check_err(sql_checkpoint(w, SQL_CHECKPOINT_RESTART, &err), ERR_OK);
	assert_int_equal(sql_wal_bytes(w), 0);
	must_put(w, 22);
	assert_true(sql_wal_bytes(w) < 20000);
	assert_int_equal(must_ask(r, LAST), 22);
	sql_close(&r);
	sql_close(&w);
	/* The writer, closed last, leaves one file behind. */
	assert_int_equal(access("test.db-wal", F_OK), -1);
}

void
test_copy_is_whole_and_overwrites_nothing(void **state)
{
	struct sql_db *w = must_open_writer(), *copy;
	struct stat st;
	struct err err;

	(void)state;
	must_put(w, 5);
	check_err(sql_copy(w, "copy.db", &err), ERR_OK);
	assert_int_equal(access("copy.db-wal", F_OK), -1);
	assert_int_equal(stat("copy.db", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	check_err(sql_copy(w, "copy.db", &err), ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, "copy.db"));
	check_err(sql_copy(w, "no/where.db", &err), ERR_STORE_FAILED);
	must_put(w, 6);
	sql_close(&w);
	check_err(
	    sql_open(STR("sqlite:copy.db"), SQL_WRITER, &table, &copy, &err),
	    ERR_OK);
	check_err(sql_prepare(copy, &err), ERR_OK);
	assert_int_equal(must_ask(copy, LAST), 5);
	check_err(sql_integrity(copy, &err), ERR_OK);
	sql_close(&copy);
}

void
test_damaged_file_is_noticed(void **state)
{
	struct sql_db *w = must_open_writer();
	static const char garbage[64] = "this is no page of a database";
	struct err err;
	int fd;

	(void)state;
	check_err(sql_begin(w, &err), ERR_OK);
	for (int64_t id = 1; id <= 2000; id++)
		check_err(put(w, id, &err), ERR_OK);
	check_err(sql_commit(w, &err), ERR_OK);
	check_err(sql_integrity(w, &err), ERR_OK);
	sql_close(&w);
	fd = open("test.db", O_WRONLY);
	assert_true(pwrite(fd, garbage, sizeof(garbage), 3 * 4096) > 0);
	close(fd);
	w = must_open(SQL_WRITER);
	check_err(sql_integrity(w, &err), ERR_STORE_FAILED);
	sql_close(&w);
}

void
test_missing_file_is_told_with_its_path(void **state)
{
	struct sql_db *db;
	struct err err;

	(void)state;
	check_err(
	    sql_open(STR("sqlite:no/test.db"), SQL_CREATE, &table, &db, &err),
	    ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, "no/test.db"));
	assert_null(db);
	check_err(sql_open(URL, SQL_WRITER, &table, &db, &err),
	    ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, "test.db"));
	assert_int_equal(access("test.db", F_OK), -1);
}
