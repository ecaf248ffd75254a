/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL driver on a real server: values, sets and their arrays,
 * letters, transactions. What errors become is in test_sql_postgres_errors.c,
 * what a broken link does in test_sql_postgres_link.c.
 */
#include "sql/test_postgres_world.h"

/* --- values ------------------------------------------------------------- */

static char big[3 * 1024 * 1024];

static const struct str strings[] = {
    STR_INIT("甲 乙"),
    STR_INIT(""),
    {NULL, 0},
    STR_INIT("{\"NULL\",NULL,\\}"),
    {big, sizeof(big)},
};

#define STRINGS ((int)COUNT(strings))

static const struct str bytes[] = {
    STR_INIT("\0\1\377"),
    {NULL, 0},
    STR_INIT(""),
    {big, sizeof(big)},
    STR_INIT("\\x00"),
};

static const int64_t ints[] = {INT64_MIN, -1, 0, 1, INT64_MAX};

static void
fill_values(struct sql_value values[3 * STRINGS])
{
	memset(big, 'x', sizeof(big));
	for (int i = 0; i < STRINGS; i++) {
		values[3 * i] = sql_int(ints[i]);
		values[3 * i + 1] = sql_text(strings[i]);
		values[3 * i + 2] = sql_bytes(bytes[i]);
	}
}

/* Asks for all of them at once, and for one that is not there. */
static void
check_values(struct sql_db *db, int number)
{
	struct sql_value keys[STRINGS + 1];
	unsigned seen = 0;
	struct sql_cursor *c;
	struct err err;
	bool row;

	for (int i = 0; i < STRINGS; i++)
		keys[i] = sql_int(ints[i]);
	keys[STRINGS] = sql_int(77);
	check_err(sql_start_each(db, number, keys, 1, STRINGS + 1, &c, &err),
	    ERR_OK);
	for (;;) {
		size_t i;

		check_err(sql_next(c, &row, &err), ERR_OK);
		if (!row)
			break;
		i = sql_get_input(c);
		assert_true(i < STRINGS);
		seen |= 1u << i;
		assert_true(sql_get_int(c, 0) == ints[i]);
		assert_true(str_eq(sql_get_str(c, 1), strings[i]));
		assert_true(str_eq(sql_get_str(c, 2), bytes[i]));
	}
	sql_done(&c);
	assert_int_equal(seen, (1u << STRINGS) - 1);
}

static void
check_round_trip(int put_number)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct sql_value values[3 * STRINGS];
	struct err err;

	fill_values(values);
	must_begin(db);
	check_err(sql_run_each(db, put_number, values, 3, STRINGS, &err),
	    ERR_OK);
	check_values(db, GET);
	must_commit(db);
	check_values(db, GET);
	check_values(db, GET_SET);
	assert_int_equal(postgres_ask(url, "SELECT count(*) FROM t"), STRINGS);
	sql_close(&db);
}

void
test_values_of_single_executions(void **state)
{
	(void)state;
	check_round_trip(PUT);
}

void
test_values_of_a_set(void **state)
{
	(void)state;
	check_round_trip(PUT_SET);
}

void
test_sets_of_one_and_of_none(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct sql_value values[] = {
	    sql_int(5), sql_text(STR("x")), sql_bytes(STR_NONE)};
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	assert_true(sql_is_remote(db));
	must_begin(db);
	check_err(sql_run_each(db, PUT_SET, values, 3, 1, &err), ERR_OK);
	check_err(sql_run_each(db, PUT_SET, NULL, 3, 0, &err), ERR_OK);
	check_err(sql_start_each(db, GET_SET, NULL, 1, 0, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	check_err(sql_start_each(db, GET_SET, values, 1, 1, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_true(row);
	assert_int_equal(sql_get_input(c), 0);
	check_str(sql_get_str(c, 1), "x");
	sql_done(&c);
	must_commit(db);
	sql_close(&db);
}

void
test_statements_share_an_exchange(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct sql_value one[] = {sql_int(1)}, two[] = {sql_int(2)};
	struct sql_cursor *a, *b, *all;
	struct err err;
	bool row;

	(void)state;
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(put(db, 2, &err), ERR_OK);
	check_err(sql_start(db, GET, one, 1, &a, &err), ERR_OK);
	check_err(sql_start(db, GET_SET, two, 1, &b, &err), ERR_OK);
	check_err(sql_start(db, ALL, NULL, 0, &all, &err), ERR_OK);
	/* Stepped in another order than sent, and one of them not at all. */
	check_err(sql_next(b, &row, &err), ERR_OK);
	assert_true(row);
	assert_int_equal(sql_get_int(b, 0), 2);
	sql_done(&all);
	check_err(put(db, 3, &err), ERR_OK);
	check_err(sql_next(a, &row, &err), ERR_OK);
	assert_true(row);
	assert_int_equal(sql_get_int(a, 0), 1);
	check_err(sql_next(a, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&a);
	sql_done(&b);
	must_commit(db);
	assert_int_equal(postgres_ask(url, "SELECT sum(id) FROM t"), 6);
	sql_close(&db);
}

/* What an earlier start of the statement has left on its way is nobody's. */
void
test_a_cursor_given_up_leaves_nothing(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct sql_value keys[] = {sql_int(1), sql_int(2)};
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(put(db, 2, &err), ERR_OK);
	check_err(sql_start_each(db, GET, keys, 1, 2, &c, &err), ERR_OK);
	sql_done(&c);
	check_err(sql_start(db, GET, &keys[1], 1, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_true(row);
	assert_int_equal(sql_get_int(c, 0), 2);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	must_commit(db);
	sql_close(&db);
}

/* Nobody waits for the end of these, but the server must get it at once. */
void
test_ends_are_sent_at_once(void **state)
{
	struct sql_db *w = must_open(SQL_WRITER), *r = must_open(SQL_READER);
	char question[128];
	int64_t n;

	(void)state;
	must_begin(w);
	n = must_count(w);
	assert_int_equal(n, 0);
	sql_rollback(w);
	must_begin(r);
	n = must_count(r);
	assert_int_equal(n, 0);
	must_commit(r);
	(void)snprintf(question, sizeof(question),
	    "SELECT count(*), pg_sleep(0.01) FROM pg_stat_activity"
	    " WHERE pid IN (%d, %d)"
	    " AND state <> 'idle'",
	    PQbackendPID(postgres_of(w)->conn),
	    PQbackendPID(postgres_of(r)->conn));
	while (postgres_ask(url, question) > 0)
		continue;
	sql_close(&w);
	sql_close(&r);
}

/* A tool's read comes row by row: the server goes on while we are reading. */
void
test_a_large_result_is_not_held(void **state)
{
	struct sql_db *db = must_open(SQL_READER);
	struct sql_value arg[] = {sql_int(300000)};
	const struct postgres_cursor *held;
	struct sql_cursor *c, *other;
	int64_t sum = 0;
	struct err err;
	bool row;

	(void)state;
	check_err(sql_start(db, MANY, arg, 1, &c, &err), ERR_OK);
	held = (const struct postgres_cursor *)(const void *)c;
	for (int i = 0; i < 300000; i++) {
		check_err(sql_next(c, &row, &err), ERR_OK);
		assert_true(row);
		sum += sql_get_int(c, 0);
		assert_int_equal(held->result_count, 1);
		assert_int_equal(PQntuples(held->results[0]), 1);
		if (i == 100)
			break;
	}
	assert_int_equal(sum, 101 * 102 / 2);
	/* Another one has to wait for all of it. */
	check_err(sql_start(db, WHERE_AM_I, NULL, 0, &other, &err), ERR_OK);
	check_err(sql_next(other, &row, &err), ERR_OK);
	assert_true(row);
	sql_done(&other);
	for (int i = 101; i < 300000; i++) {
		check_err(sql_next(c, &row, &err), ERR_OK);
		assert_true(row);
		assert_int_equal(sql_get_int(c, 0), i + 1);
	}
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_false(row);
	sql_done(&c);
	sql_close(&db);
}

/* --- letters -------------------------------------------------------------- */

static void
check_refused(struct sql_statement statement, const char *set, const char *part)
{
	struct sql_override override = {0, NULL, set};
	struct sql_table one = {.rows = &statement,
	    .count = 1,
	    .postgres = &override,
	    .postgres_count = set != NULL};
	struct sql_db *db;
	struct err err;

	check_err(sql_open(str_from(url), SQL_WRITER, &one, &db, &err), ERR_OK);
	check_err(sql_prepare(db, &err), ERR_STORE_FAILED);
	check_detail(&err, "X");
	check_detail(&err, part);
	sql_close(&db);
}

#define X(args, result, text) ((struct sql_statement){"X", args, result, text})

void
test_letters_must_fit(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);

	(void)state;
	sql_close(&db);
	check_refused(X("s", "isb", GET_TEXT), NULL, "parameter 1");
	check_refused(X("ii", "isb", GET_TEXT), NULL, "parameters");
	check_refused(X("", "isb", GET_TEXT), NULL, "parameters");
	check_refused(X("i", "iss", GET_TEXT), NULL, "column 3");
	check_refused(X("i", "is", GET_TEXT), NULL, "columns");
	check_refused(X("i", "ixb", GET_TEXT), NULL, "column 2");
	check_refused(X("i", "isb", "SELECT nothing"), NULL, "nothing");
	check_refused(X("isb", "", PUT_TEXT), PUT_TEXT, "(set): its parameter");
	check_refused(X("i", "isb", GET_TEXT),
	    "SELECT id, a, b FROM t WHERE id = ANY($1)", "(set)");
	check_refused(X("i", "isb", GET_TEXT),
	    "SELECT id, a, b, a FROM t WHERE id = ANY($1)",
	    "(set): its column 4");
}

#undef X

/* --- transactions ------------------------------------------------------------ */

void
test_readers_and_writers_begin_differently(void **state)
{
	struct sql_db *w = must_open(SQL_WRITER), *r = must_open(SQL_READER);
	struct err err;

	(void)state;
	check_where(w, "read committed off");
	check_where(r, "repeatable read on");
	/* Outside transactions too a reader changes nothing. */
	check_err(put(r, 1, &err), ERR_STORE_AWAY);
	check_detail(&err, "25006");
	sql_close(&w);
	sql_close(&r);
}

void
test_an_empty_transaction_asks_nothing(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct postgres_db *d = postgres_of(db);

	(void)state;
	must_begin(db);
	must_commit(db);
	must_begin(db);
	sql_rollback(db);
	assert_false(d->has_begun);
	assert_int_equal(d->op_count, 0);
	sql_close(&db);
}

void
test_rollback_undoes_and_waits_for_nothing(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	for (int i = 0; i < 3; i++) {
		must_begin(db);
		check_err(put(db, 1, &err), ERR_OK);
		check_err(sql_start(db, ALL, NULL, 0, &c, &err), ERR_OK);
		check_err(sql_next(c, &row, &err), ERR_OK);
		assert_true(row);
		sql_done(&c);
		sql_rollback(db);
	}
	must_begin(db);
	check_err(put(db, 2, &err), ERR_OK);
	must_commit(db);
	assert_int_equal(postgres_ask(url, "SELECT sum(id) FROM t"), 2);
	sql_close(&db);
}

void
test_an_error_in_the_middle_comes_out_at_the_next_wait(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct sql_value one[] = {sql_int(1)};
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(put(db, 2, &err), ERR_OK);
	check_err(sql_start(db, GET, one, 1, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_STORE_CONFLICT);
	check_detail(&err, "PUT");
	check_detail(&err, "23505");
	sql_done(&c);
	assert_true(sql_must_roll_back(db));
	sql_rollback(db);
	/* At the latest, of the commit. */
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_STORE_CONFLICT);
	check_detail(&err, "23505");
	assert_int_equal(postgres_ask(url, "SELECT count(*) FROM t"), 0);
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	must_commit(db);
	sql_close(&db);
}

void
test_a_script_has_several_statements(void **state)
{
	struct sql_db *db = must_open(SQL_CREATE);
	struct err err;

	(void)state;
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_script_run(db,
		      "INSERT INTO t(id) VALUES(2); CREATE TABLE u(i bigint);"
		      "INSERT INTO u SELECT id FROM t;",
		      &err),
	    ERR_OK);
	check_err(put(db, 3, &err), ERR_OK);
	must_commit(db);
	assert_int_equal(postgres_ask(url, "SELECT sum(i) FROM u"), 3);
	must_begin(db);
	check_err(sql_script_run(
		      db, "INSERT INTO t(id) VALUES(7); SELECT nothing", &err),
	    ERR_STORE_FAILED);
	check_detail(&err, "nothing");
	sql_rollback(db);
	assert_int_equal(postgres_ask(url, "SELECT count(*) FROM t"), 3);
	check_err(sql_script_run(db, "INSERT INTO t(id) VALUES(7)", &err),
	    ERR_OK);
	assert_int_equal(postgres_ask(url, "SELECT count(*) FROM t"), 4);
	sql_close(&db);
}

void
test_embedded_matters_are_none(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct err err;

	(void)state;
	assert_int_equal(sql_wal_bytes(db), 0);
	check_err(sql_checkpoint(db, SQL_CHECKPOINT_RESTART, &err), ERR_OK);
	check_err(sql_integrity(db, &err), ERR_OK);
	check_err(sql_copy(db, "copy.db", &err), ERR_USAGE);
	check_detail(&err, "pg_dump");
	sql_close(&db);
}
