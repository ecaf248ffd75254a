/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the errors of a real server become: each row of the table, conflicts
 * between two sessions, locks, deadlines, and every way a COMMIT can end.
 */
#include "base/when.h"
#include "sql/test_postgres_world.h"

void
test_every_state_has_its_code(void **state)
{
	static const struct {
		const char *state;
		enum err_code code;
	} wanted[] = {
	    {"40001", ERR_STORE_CONFLICT},
	    {"40P01", ERR_STORE_CONFLICT},
	    {"40002", ERR_STORE_CONFLICT},
	    {"23505", ERR_STORE_CONFLICT},
	    /* Only of a COMMIT does it leave anything open. */
	    {"40003", ERR_STORE_AWAY},
	    {"55P03", ERR_STORE_BUSY},
	    {"57014", ERR_STORE_BUSY},
	    {"53100", ERR_STORE_FULL},
	    {"53200", ERR_STORE_BUSY},
	    {"53300", ERR_STORE_AWAY},
	    {"53400", ERR_STORE_BUSY},
	    {"25006", ERR_STORE_AWAY},
	    {"25P03", ERR_STORE_AWAY},
	    {"0A000", ERR_STORE_FAILED},
	    {"26000", ERR_STORE_FAILED},
	    {"57P01", ERR_STORE_AWAY},
	    {"57P02", ERR_STORE_AWAY},
	    {"57P03", ERR_STORE_AWAY},
	    {"08006", ERR_STORE_AWAY},
	    {"08003", ERR_STORE_AWAY},
	    {"23503", ERR_STORE_FAILED},
	    {"42501", ERR_STORE_FAILED},
	    {"58030", ERR_STORE_FAILED},
	    {"XX001", ERR_STORE_FAILED},
	};
	struct sql_db *db = must_open(SQL_WRITER);
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		enum err_code code;

		must_begin(db);
		check_err(put(db, 1, &err), ERR_OK);
		check_err(raise(db, wanted[i].state, &err), ERR_OK);
		code = sql_commit(db, &err);
		if (code != wanted[i].code)
			print_error("%s: %s\n", wanted[i].state, err.detail);
		check_err(code, wanted[i].code);
		check_err(err.code, wanted[i].code);
		check_detail(&err, wanted[i].state);
		check_detail(&err, "planted");
	}
	assert_int_equal(postgres_ask(url, "SELECT count(*) FROM t"), 0);
	sql_close(&db);
}

void
test_commit_that_fails_has_not_happened(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	PGconn *conn = postgres_of(db)->conn;
	struct err err;

	(void)state;
	check_err(sql_script_run(db, "INSERT INTO late VALUES(1)", &err),
	    ERR_OK);
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_script_run(db, "INSERT INTO late VALUES(1)", &err),
	    ERR_OK);
	check_err(sql_commit(db, &err), ERR_STORE_CONFLICT);
	check_detail(&err, "commit");
	check_detail(&err, "23505");
	/* A server that answers COMMIT with ROLLBACK: something failed that we
	 * were not told of. */
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_script_run(db, "SELECT", &err), ERR_OK);
	assert_int_equal(PQexitPipelineMode(conn), 1);
	PQclear(PQexec(conn, "SELECT nothing"));
	assert_int_equal(PQenterPipelineMode(conn), 1);
	check_err(sql_commit(db, &err), ERR_STORE_FAILED);
	check_detail(&err, "rolled back");
	assert_int_equal(postgres_ask(url, "SELECT count(*) FROM t"), 0);
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	must_commit(db);
	sql_close(&db);
}

static void
make_commits_say(const char *what)
{
	char script[512];

	(void)snprintf(script, sizeof(script),
	    "CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$"
	    " BEGIN %s; RETURN NULL; END $$;"
	    "CREATE CONSTRAINT TRIGGER say AFTER INSERT ON t DEFERRABLE"
	    " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION say()",
	    what);
	postgres_must(url, script);
}

void
test_commit_that_warns_is_unsure(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct err err;

	(void)state;
	make_commits_say("RAISE WARNING 'only local'");
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_STORE_UNSURE);
	check_err(err.code, ERR_STORE_UNSURE);
	check_detail(&err, "only local");
	/* A warning of anything else is no matter, and this is forgotten. */
	must_begin(db);
	check_err(sql_script_run(db,
		      "DO $$ BEGIN RAISE WARNING 'no matter'; END $$", &err),
	    ERR_OK);
	must_commit(db);
	sql_close(&db);
}

void
test_commit_of_unknown_completion_is_unsure(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct err err;

	(void)state;
	make_commits_say("RAISE EXCEPTION USING ERRCODE = '40003'");
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_STORE_UNSURE);
	check_detail(&err, "40003");
	sql_close(&db);
}

/* Of a server that has others behind it: they may have done it. */
void
test_commit_whose_servers_were_lost_is_unsure(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct err err;

	(void)state;
	make_commits_say("RAISE EXCEPTION USING ERRCODE = '08006'");
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_STORE_UNSURE);
	check_detail(&err, "08006");
	sql_close(&db);
}

/* Nobody may have silenced it: a COMMIT that no standby has says only this. */
void
test_warnings_of_commits_come_always(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	char quiet[POSTGRES_URL_BYTES + 64];
	struct err err;

	(void)state;
	sql_close(&db);
	(void)snprintf(quiet, sizeof(quiet), "%s%s", url,
	    "%20-cclient_min_messages%3Derror");
	db = must_open_at(quiet, SQL_WRITER);
	make_commits_say("RAISE WARNING 'only local'");
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_STORE_UNSURE);
	check_detail(&err, "only local");
	sql_close(&db);
}

/* Whether its end came before or after the commit was on disk, it can't say. */
void
test_session_ended_by_commit_is_unsure(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct err err;

	(void)state;
	make_commits_say("PERFORM pg_terminate_backend(pg_backend_pid())");
	must_begin(db);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_STORE_UNSURE);
	check_detail(&err, "57P01");
	must_begin(db);
	sql_rollback(db);
	sql_close(&db);
}

/* An error that nobody waited for is not the next transaction's. */
void
test_errors_stay_in_their_transaction(void **state)
{
	struct sql_db *db = must_open(SQL_WRITER);
	struct err err;

	(void)state;
	for (int i = 0; i < 10; i++) {
		must_begin(db);
		check_err(put(db, 1, &err), ERR_OK);
		check_err(put(db, 1, &err), ERR_OK);
		sql_rollback(db);
		must_begin(db);
		check_err(put(db, 10 + i, &err), ERR_OK);
		check_err(sql_script_run(db, "SELECT", &err), ERR_OK);
		check_err(put(db, 30 + i, &err), ERR_OK);
		must_commit(db);
	}
	assert_int_equal(postgres_ask(url, "SELECT count(*) FROM t"), 20);
	sql_close(&db);
}

void
test_serialization_failure_is_a_conflict(void **state)
{
	struct sql_db *db[] = {must_open(SQL_WRITER), must_open(SQL_WRITER)};
	enum err_code codes[2];
	struct err err;

	(void)state;
	/* Both count, and both add as many as they saw. */
	for (int i = 0; i < 2; i++) {
		struct sql_cursor *c;
		bool row;

		must_begin(db[i]);
		check_err(sql_run(db[i], SERIAL, NULL, 0, &err), ERR_OK);
		check_err(sql_start(db[i], ALL, NULL, 0, &c, &err), ERR_OK);
		check_err(sql_next(c, &row, &err), ERR_OK);
		sql_done(&c);
		check_err(put(db[i], i, &err), ERR_OK);
	}
	for (int i = 0; i < 2; i++)
		codes[i] = sql_commit(db[i], &err);
	check_err(codes[0], ERR_OK);
	check_err(codes[1], ERR_STORE_CONFLICT);
	check_detail(&err, "40001");
	assert_int_equal(postgres_ask(url, "SELECT count(*) FROM t"), 1);
	for (int i = 0; i < 2; i++)
		sql_close(&db[i]);
}

void
test_waiting_for_a_lock_ends(void **state)
{
	struct sql_db *a = must_open(SQL_WRITER), *b = must_open(SQL_WRITER);
	struct sql_value one[] = {sql_int(1)};
	struct sql_cursor *c, *late;
	struct err err;
	bool row;

	(void)state;
	must_begin(a);
	check_err(put(a, 1, &err), ERR_OK);
	must_commit(a);
	must_begin(a);
	check_err(sql_start(a, LOCK, one, 1, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_OK);
	assert_true(row);
	must_begin(b);
	check_err(sql_start(b, LOCK, one, 1, &late, &err), ERR_OK);
	check_err(sql_next(late, &row, &err), ERR_STORE_BUSY);
	check_detail(&err, "55P03");
	sql_done(&late);
	sql_rollback(b);
	sql_done(&c);
	must_commit(a);
	must_begin(b);
	check_err(sql_start(b, LOCK, one, 1, &late, &err), ERR_OK);
	check_err(sql_next(late, &row, &err), ERR_OK);
	assert_true(row);
	sql_done(&late);
	must_commit(b);
	sql_close(&a);
	sql_close(&b);
}

void
test_a_deadline_cuts_and_the_server_notices(void **state)
{
	struct sql_db *db = must_open(SQL_READER);
	int64_t start_us = when_monotonic_us();
	struct sql_cursor *c;
	struct err err;
	bool row;

	(void)state;
	sql_set_deadline(db, start_us + 200000);
	must_begin(db);
	check_err(sql_start(db, SLOW, NULL, 0, &c, &err), ERR_OK);
	check_err(sql_next(c, &row, &err), ERR_STORE_BUSY);
	sql_done(&c);
	sql_rollback(db);
	assert_true(when_monotonic_us() - start_us >= 200000);
	assert_true(when_monotonic_us() - start_us < 10 * 1000000);
	check_err(sql_begin(db, &err), ERR_STORE_BUSY);
	/* Afterwards it works as before, on a connection of its own making. */
	sql_set_deadline(db, 0);
	check_where(db, "repeatable read on");
	while (postgres_ask(url,
		   "SELECT count(*), pg_sleep(0.02) FROM pg_stat_activity WHERE"
		   " query LIKE '%pg_sleep(60)%' AND state = 'active'"
		   " AND pid <> pg_backend_pid()") > 0)
		continue;
	sql_close(&db);
}
