/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface itself, against the scripted driver: dispatch, the script's
 * comparison of calls, planted faults, and what must not be called when.
 */
#include <string.h>

#include "sql/sql.h"
#include "sql/sql_fault.h"
#include "sql/sql_script.h"
#include "tests/check.h"

enum { GET, PUT };

static const struct sql_statement rows[] = {
    [GET] = {"GET", "i", "is", "SELECT a, b FROM t WHERE a = $1"},
    [PUT] = {"PUT", "isb", "", "INSERT INTO t VALUES($1, $2, $3)"},
};

static const struct sql_table table = {.rows = rows, .count = 2};

static struct sql_db *
must_open(struct sql_script *script)
{
	struct sql_db *db;
	struct err err;

	sql_script_use(script);
	check_err(sql_open(STR("script:"), SQL_WRITER, &table, &db, &err),
	    ERR_OK);
	check_err(sql_prepare(db, &err), ERR_OK);
	return db;
}

void
test_unknown_url_is_a_mistake_of_use(void **state)
{
	struct sql_db *db;
	struct err err;

	(void)state;
	check_err(sql_open(STR("oracle:x"), SQL_WRITER, &table, &db, &err),
	    ERR_USAGE);
	assert_non_null(strstr(err.detail, "oracle:"));
	assert_non_null(strstr(err.detail, "sqlite:PATH"));
	check_err(sql_open(STR("sqlite:"), SQL_CREATE, &table, &db, &err),
	    ERR_USAGE);
}

void
test_script_gives_rows_and_errors(void **state)
{
	static const struct sql_value found[] = {
	    {.kind = SQL_INT, .i = 7},
	    {SQL_TEXT, 0, STR_INIT("x")},
	    {.kind = SQL_INT, .i = 8},
	    {.kind = SQL_NULL},
	};
	static const struct sql_script_step steps[] = {
	    {.name = "begin"},
	    {.name = "GET", .rows = found, .row_count = 2},
	    {.name = "commit", .fails = ERR_STORE_UNSURE},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct sql_db *db = must_open(&script);
	struct sql_value arg[] = {sql_int(7)};
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(sql_start(db, GET, arg, 1, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_true(row);
	assert_int_equal(sql_get_int(c, 0), 7);
	check_str(sql_get_str(c, 1), "x");
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_int_equal(sql_get_int(c, 0), 8);
	check_str(sql_get_str(c, 1), NULL);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	assert_null(c);
	check_err(sql_commit(db, &err), ERR_STORE_UNSURE);
	sql_rollback(db); /* nothing is left to roll back */
	check_str(sql_script_fault(&script), NULL);
	sql_close(&db);
	assert_null(db);
}

void
test_script_refuses_what_is_not_written(void **state)
{
	static const struct sql_value args[] = {
	    {.kind = SQL_INT, .i = 1},
	    {SQL_TEXT, 0, STR_INIT("a")},
	    {SQL_BYTES, 0, STR_INIT("b")},
	};
	static const struct sql_script_step steps[] = {
	    {.name = "PUT", .args = args},
	    {.name = "begin"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct sql_db *db = must_open(&script);
	struct sql_value other[] = {
	    sql_int(1), sql_text(STR("a")), sql_bytes(STR("c"))};
	struct err err;

	(void)state;
	check_err(sql_run(db, PUT, other, 3, &err), ERR_STORE_FAILED);
	check_str(sql_script_fault(&script),
	    "step 1: got PUT with other values, want begin");
	sql_close(&db);

	db = must_open(&script);
	check_err(sql_begin(db, &err), ERR_STORE_FAILED);
	check_str(sql_script_fault(&script), "step 0: got begin, want PUT");
	sql_close(&db);

	db = must_open(&script);
	check_err(sql_run(db, PUT, args, 3, &err), ERR_OK);
	check_str(sql_script_fault(&script), "step 1, begin, never came");
	sql_close(&db);
}

void
test_script_takes_many_rows_as_one_step(void **state)
{
	static const struct sql_value args[] = {
	    {.kind = SQL_INT, .i = 1},
	    {.kind = SQL_INT, .i = 2},
	};
	static const struct sql_value found[] = {
	    {.kind = SQL_INT, .i = 2},
	    {SQL_TEXT, 0, STR_INIT("x")},
	};
	static const size_t inputs[] = {1};
	static const struct sql_script_step steps[] = {
	    {"GET", args, found, 1, inputs, ERR_OK},
	    {.name = "PUT", .fails = ERR_STORE_FULL},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct sql_db *db = must_open(&script);
	struct sql_value put[] = {
	    sql_int(1), sql_text(STR("a")), sql_bytes(STR_NONE)};
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	assert_false(sql_is_remote(db));
	check_err(sql_start_each(db, GET, NULL, 1, 0, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	check_err(sql_run_each(db, PUT, NULL, 3, 0, &err), ERR_OK);
	check_err(sql_start_each(db, GET, args, 1, 2, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_true(row);
	assert_int_equal(sql_get_input(c), 1);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	check_err(sql_run_each(db, PUT, put, 3, 1, &err), ERR_STORE_FULL);
	check_str(sql_script_fault(&script), NULL);
	sql_close(&db);
}

void
test_nth_call_fails(void **state)
{
	static const struct sql_script_step steps[] = {
	    {.name = "begin"},
	    {.name = "PUT"},
	    {.name = "rollback"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct sql_db *db = must_open(&script);
	struct sql_value args[] = {
	    sql_int(1), sql_text(STR("a")), sql_bytes(STR_NONE)};
	struct err err;

	(void)state;
	check_err(sql_begin(db, &err), ERR_OK);
	sql_fault_set(3, ERR_STORE_FULL);
	/* start, next, and the commit is the third. */
	check_err(sql_run(db, PUT, args, 3, &err), ERR_OK);
	assert_int_equal(sql_fault_left(), 1);
	check_err(sql_commit(db, &err), ERR_STORE_FULL);
	assert_int_equal(sql_fault_left(), 0);
	check_str(sql_script_fault(&script), NULL);
	sql_close(&db);
}

void
test_only_a_rollback_follows_an_error(void **state)
{
	static const struct sql_script_step steps[] = {
	    {.name = "begin"},
	    {.name = "rollback"},
	    {.name = "begin"},
	    {.name = "rollback"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct sql_db *db = must_open(&script);
	struct sql_value arg[] = {sql_int(1)};
	struct sql_cursor *c;
	struct err err;

	(void)state;
	check_err(sql_begin(db, &err), ERR_OK);
	sql_fault_set(1, ERR_STORE_FAILED);
	check_err(sql_start(db, GET, arg, 1, &c, &err), ERR_STORE_FAILED);
	assert_null(c);
	sql_rollback(db);
	check_err(sql_begin(db, &err), ERR_OK);
	sql_rollback(db);
	check_str(sql_script_fault(&script), NULL);
	sql_close(&db);
}
