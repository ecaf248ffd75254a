/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table, statements with and without sets, and connections, for the tests of
 * the PostgreSQL driver.
 */
#ifndef SQL_TEST_POSTGRES_WORLD_H
#define SQL_TEST_POSTGRES_WORLD_H

#include <stdio.h>
#include <string.h>

#include "sql/sql.h"
#include "sql/sql_postgres.h"
#include "tests/postgres.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	PUT,
	PUT_SET,
	GET,
	GET_SET,
	ALL,
	RAISE,
	SLOW,
	SERIAL,
	LOCK,
	WHERE_AM_I,
	MANY,
};

#define PUT_TEXT "INSERT INTO t(id, a, b) VALUES($1, $2, $3)"
#define GET_TEXT "SELECT id, a, b FROM t WHERE id = $1"

static const struct sql_statement rows[] = {
    [PUT] = {"PUT", "isb", "", PUT_TEXT},
    [PUT_SET] = {"PUT_SET", "isb", "", PUT_TEXT},
    [GET] = {"GET", "i", "isb", GET_TEXT},
    [GET_SET] = {"GET_SET", "i", "isb", GET_TEXT},
    [ALL] = {"ALL", "", "isb", "SELECT id, a, b FROM t ORDER BY id"},
    [RAISE] = {"RAISE", "s", "i", "SELECT raise_state($1)"},
    [SLOW] = {"SLOW", "", "", "SELECT pg_sleep(60)"},
    [SERIAL] = {"SERIAL", "", "",
	"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"},
    [LOCK] = {"LOCK", "i", "i", "SELECT id FROM t WHERE id = $1 FOR UPDATE"},
    [WHERE_AM_I] = {"WHERE_AM_I", "", "s",
	"SELECT current_setting('transaction_isolation') || ' ' ||"
	" current_setting('transaction_read_only')"},
    [MANY] = {"MANY", "i", "i", "SELECT generate_series(1, $1::int8)"},
};

static const struct sql_override overrides[] = {
    {PUT_SET, NULL,
	"INSERT INTO t(id, a, b) SELECT id, a, b FROM"
	" unnest($1::int8[], $2::text[], $3::bytea[]) AS v(id, a, b)"},
    {GET_SET, NULL,
	"SELECT t.id, t.a, t.b, v.n"
	" FROM unnest($1::int8[]) WITH ORDINALITY AS v(id, n)"
	" JOIN t ON t.id = v.id"},
    {SLOW, "SELECT FROM pg_sleep(60)", NULL},
    {99, "nothing of this table", NULL},
};

static const struct sql_table table = {.rows = rows,
    .count = COUNT(rows),
    .postgres = overrides,
    .postgres_count = COUNT(overrides)};

static const char schema[] =
    "CREATE TABLE t(id bigint PRIMARY KEY, a text, b bytea);"
    "CREATE TABLE late(id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED);"
    "CREATE FUNCTION raise_state(s text) RETURNS bigint LANGUAGE plpgsql AS $$"
    " BEGIN RAISE EXCEPTION USING ERRCODE = s, MESSAGE = 'planted'; END $$";

static char url[POSTGRES_URL_BYTES];

static inline struct sql_db *
must_open_at(const char *at, enum sql_mode mode)
{
	struct sql_db *db;
	struct err err = {0};
	enum err_code code = sql_open(str_from(at), mode, &table, &db, &err);

	if (code == ERR_OK)
		code = sql_prepare(db, &err);
	if (code != ERR_OK)
		fail_msg("%s: %s", err_name(code), err.detail);
	return db;
}

static inline struct sql_db *
must_open(enum sql_mode mode)
{
	if (url[0] == '\0') {
		postgres_schema(url, "%20-clock_timeout%3D100");
		postgres_must(url, schema);
	}
	return must_open_at(url, mode);
}

static inline void
check_detail(const struct err *err, const char *part)
{
	if (strstr(err->detail, part) == NULL)
		print_error("got  \"%s\"\nwant …%s…\n", err->detail, part);
	assert_non_null(strstr(err->detail, part));
}

static inline void
must_begin(struct sql_db *db)
{
	struct err err;

	check_err(sql_begin(db, &err), ERR_OK);
}

static inline void
must_commit(struct sql_db *db)
{
	struct err err = {0};
	enum err_code code = sql_commit(db, &err);

	if (code != ERR_OK)
		fail_msg("%s: %s", err_name(code), err.detail);
}

static inline enum err_code
put(struct sql_db *db, int64_t id, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(id), sql_text(STR("甲")), sql_bytes(STR("\0\1"))};

	return sql_run(db, PUT, args, 3, err);
}

static inline enum err_code
raise(struct sql_db *db, const char *state, struct err *err)
{
	struct sql_value arg[] = {sql_text(str_from(state))};

	return sql_run(db, RAISE, arg, 1, err);
}

/* How many rows there are, by stepping. */
static inline int64_t
must_count(struct sql_db *db)
{
	struct sql_cursor *c;
	bool row = true;
	struct err err;
	int64_t n = -1;

	check_err(sql_start(db, ALL, NULL, 0, &c, &err), ERR_OK);
	for (; row; n++)
		check_err(sql_next(c, &row, &err), ERR_OK);
	sql_done(&c);
	return n;
}

static inline void
check_where(struct sql_db *db, const char *wanted)
{
	struct sql_cursor *c;
	struct err err;
	bool row;

	must_begin(db);
	check_err(sql_start(db, WHERE_AM_I, NULL, 0, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	check_str(sql_get_str(c, 0), wanted);
	sql_done(&c);
	must_commit(db);
}

#endif
