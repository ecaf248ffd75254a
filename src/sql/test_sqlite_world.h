/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table, some statements, and connections, for the tests of the SQLite driver.
 */
#ifndef SQL_TEST_SQLITE_WORLD_H
#define SQL_TEST_SQLITE_WORLD_H

#include "sql/sql.h"
#include "tests/check.h"

#define URL STR("sqlite:test.db")
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Nobody waits for a flush. */
static const atomic_bool slowly __attribute__((unused));

enum { PUT, GET, LAST, SLOW, BLOAT, SET_PUT, SET_GET };

static const struct sql_statement rows[] = {
    [PUT] = {"PUT", "isb", "", "INSERT INTO t(id, a, b) VALUES($1, $2, $3)"},
    [GET] = {"GET", "i", "isb", "SELECT id, a, b FROM t WHERE id = $1"},
    [LAST] = {"LAST", "", "i", "SELECT coalesce(max(id), 0) FROM t"},
    [SLOW] = {"SLOW", "i", "i",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
	" SELECT i + 1 FROM n WHERE i < $1) SELECT count(*) FROM n"},
    [BLOAT] = {"BLOAT", "i", "",
	"INSERT INTO t(id, b) VALUES($1, zeroblob(1000000))"},
    [SET_PUT] = {"SET_PUT", "isb", "",
	"INSERT INTO t(id, a, b) VALUES($1, $2, $3)"},
    [SET_GET] = {"SET_GET", "i", "isb", "SELECT id, a, b FROM t WHERE id = $1"},
};

static const struct sql_override sets[] = {
    {SET_PUT, NULL, "INSERT INTO t(id, a, b) SELECT p1, p2, p3 FROM given($1)"},
    {SET_GET, NULL,
	"SELECT id, a, b, place FROM given($1) CROSS JOIN t ON id = p1"},
};

static const struct sql_table table = {.rows = rows,
    .count = COUNT(rows),
    .sqlite = sets,
    .sqlite_count = COUNT(sets)};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, a TEXT, b BLOB)"
    " STRICT";

static inline struct sql_db *
must_open(enum sql_mode mode)
{
	struct sql_db *db;
	struct err err;

	check_err(sql_open(URL, mode, &table, &db, &err), ERR_OK);
	if (mode == SQL_CREATE)
		check_err(sql_script_run(db, schema, &err), ERR_OK);
	check_err(sql_prepare(db, &err), ERR_OK);
	return db;
}

static inline struct sql_db *
must_open_writer(void)
{
	struct sql_db *db = must_open(SQL_CREATE);

	sql_close(&db);
	return must_open(SQL_WRITER);
}

static inline enum err_code
put(struct sql_db *db, int64_t id, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(id), sql_text(STR("甲")), sql_bytes(STR("\0\1"))};

	return sql_run(db, PUT, args, 3, err);
}

static inline void
must_put(struct sql_db *db, int64_t id)
{
	struct err err;

	check_err(sql_begin(db, &err), ERR_OK);
	check_err(put(db, id, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_OK);
}

static inline int64_t
must_ask(struct sql_db *db, int number)
{
	struct sql_cursor *c;
	struct err err;
	int64_t answer;
	bool row;

	check_err(sql_start(db, number, NULL, 0, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_true(row);
	answer = sql_get_int(c, 0);
	sql_done(&c);
	return answer;
}

#endif
