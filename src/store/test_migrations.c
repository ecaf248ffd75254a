/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migrations: a fresh schema, a later one over data that is there, one that
 * fails, one from the future; and that the schema serves every statement
 * without walking through a whole table.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/migrations.h"
#include "store/statements.h"
#include "store/test_world.h"

#define COPY "before-migration-2-99.db"

static const struct migration good[] = {
    {1, "CREATE TABLE t(a INTEGER) STRICT; INSERT INTO t VALUES(5);", NULL},
    {2, "ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 6;", NULL},
    {3, "UPDATE t SET b = a + b;", NULL},
};
static const struct migration bad[] = {
    {1, "CREATE TABLE t(a INTEGER) STRICT; INSERT INTO t VALUES(5);", NULL},
    {2, "UPDATE t SET a = 7; UPDATE nowhere SET b = 1;", NULL},
};

static enum err_code
run(const char *url, const struct migration *list, size_t count,
    struct err *err)
{
	struct migrating how = {
	    .list = list, .count = count, .backup_dir = ".", .now_ms = 99};
	struct sql_db *db;
	enum err_code code;

	check_err(
	    sql_open(str_from(url), SQL_CREATE, &statements_boot, &db, err),
	    ERR_OK);
	code = migrate(db, &how, err);
	sql_close(&db);
	return code;
}

static int64_t
ask(const char *path, const char *question)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int64_t answer;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, question, -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	answer = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

#define VERSION "SELECT value FROM meta WHERE key = 'schema_version'"

void
test_fresh_file_gets_everything_and_no_copy(void **state)
{
	struct err err;

	(void)state;
	check_err(run("sqlite:m.db", good, 3, &err), ERR_OK);
	assert_int_equal(ask("m.db", VERSION), 3);
	assert_int_equal(ask("m.db", "SELECT b FROM t"), 11);
	assert_int_equal(access("before-migration-1-99.db", F_OK), -1);
	check_err(run("sqlite:m.db", good, 3, &err), ERR_OK);
	assert_int_equal(ask("m.db", "SELECT b FROM t"), 11);
}

void
test_data_is_copied_and_then_carried_over(void **state)
{
	struct err err;

	(void)state;
	check_err(run("sqlite:m.db", good, 1, &err), ERR_OK);
	check_err(run("sqlite:m.db", good, 3, &err), ERR_OK);
	assert_int_equal(ask("m.db", VERSION), 3);
	assert_int_equal(ask("m.db", "SELECT b FROM t"), 11);
	assert_int_equal(ask(COPY, VERSION), 1);
	assert_int_equal(ask(COPY, "SELECT a FROM t"), 5);
}

void
test_failed_migration_changes_nothing(void **state)
{
	struct err err;

	(void)state;
	check_err(run("sqlite:m.db", bad, 1, &err), ERR_OK);
	check_err(run("sqlite:m.db", bad, 2, &err), ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, "nowhere"));
	assert_int_equal(ask("m.db", VERSION), 1);
	assert_int_equal(ask("m.db", "SELECT a FROM t"), 5);
}

void
test_copy_that_cannot_be_made_stops_the_migration(void **state)
{
	struct err err;
	FILE *f = fopen(COPY, "w");

	(void)state;
	fclose(f);
	check_err(run("sqlite:m.db", good, 1, &err), ERR_OK);
	check_err(run("sqlite:m.db", good, 2, &err), ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, COPY));
	assert_int_equal(ask("m.db", VERSION), 1);
}

void
test_newer_schema_is_refused(void **state)
{
	struct err err;

	(void)state;
	check_err(run("sqlite:m.db", good, 3, &err), ERR_OK);
	check_err(run("sqlite:m.db", good, 2, &err), ERR_USAGE);
	assert_non_null(strstr(err.detail, "schema 3"));
	assert_int_equal(ask("m.db", VERSION), 3);
}

void
test_numbers_have_no_gaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < migration_count; i++)
		assert_int_equal(migrations[i].number, i + 1);
}

/* These are for tools and for starting, and read whole tables on purpose. */
static bool
may_scan(size_t number)
{
	return number == ST_PING || number == ST_APPS ||
	    number == ST_APP_COUNT || number == ST_CREDENTIALS ||
	    number == ST_CREDENTIAL_COUNT || number == ST_COUNTS_WRONG ||
	    number == ST_HOLDERS ||
	    /* as many rows as there are nodes; what a call speaks of */
	    number == ST_NODE_FREE || number == ST_NODE_NEXT ||
	    number == ST_RATE_TAKE ||
	    /* what it scans is its own queue, as long as was asked for */
	    number == ST_AMENDMENT_CHAIN ||
	    /* rare: an operator gives an app another secret */
	    number == ST_CREDENTIALS_DELETE;
}

static void
check_plan(sqlite3 *db, size_t number)
{
	char question[4096];
	sqlite3_stmt *stmt;

	(void)snprintf(question, sizeof(question), "EXPLAIN QUERY PLAN %s",
	    statements.rows[number].text);
	assert_int_equal(sqlite3_prepare_v2(db, question, -1, &stmt, NULL),
	    SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *plan = (const char *)sqlite3_column_text(stmt, 3);
		bool is_bad = (strstr(plan, "SCAN") != NULL &&
				  strstr(plan, "CONSTANT ROW") == NULL) ||
		    strstr(plan, "TEMP B-TREE") != NULL;

		if (is_bad)
			print_error("%s: %s\n", statements.rows[number].name,
			    plan);
		assert_false(is_bad);
	}
	sqlite3_finalize(stmt);
}

void
test_no_statement_walks_through_a_table(void **state)
{
	struct world world;
	sqlite3 *db;

	(void)state;
	must_open_world(&world);
	assert_int_equal(sqlite3_open("test.db", &db), SQLITE_OK);
	for (size_t i = 0; i < ST__EMBEDDED_COUNT; i++) {
		if (!may_scan(i))
			check_plan(db, i);
	}
	sqlite3_close(db);
	close_world(&world);
}

/* A list by an index never reads an order it does not show. */
void
test_lists_read_indexes_alone(void **state)
{
	struct world world;
	sqlite3 *db;

	(void)state;
	must_open_world(&world);
	assert_int_equal(sqlite3_open("test.db", &db), SQLITE_OK);
	for (size_t i = ST_LIST_CREATED_UP; i <= ST_LIST_PRICE_DOWN; i++) {
		char question[4096];
		sqlite3_stmt *stmt;
		const char *plan;

		(void)snprintf(question, sizeof(question),
		    "EXPLAIN QUERY PLAN %s", statements.rows[i].text);
		assert_int_equal(
		    sqlite3_prepare_v2(db, question, -1, &stmt, NULL),
		    SQLITE_OK);
		assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
		plan = (const char *)sqlite3_column_text(stmt, 3);
		if (strstr(plan, "USING COVERING INDEX") == NULL)
			fail_msg("%s: %s", statements.rows[i].name, plan);
		assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	close_world(&world);
}
