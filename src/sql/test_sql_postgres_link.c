/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL driver when the server is not there, refuses, or goes away at
 * the worst moment. A proxy between the two cuts the link where a test wants.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/when.h"
#include "sql/sql.h"
#include "sql/sql_postgres.h"
#include "tests/postgres.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { PUT, COUNT_ALL, END_ME, SLOW };

static const struct sql_statement rows[] = {
    [PUT] = {"PUT", "i", "", "INSERT INTO t(id) VALUES($1)"},
    [COUNT_ALL] = {"COUNT_ALL", "", "i", "SELECT count(*) FROM t"},
    [END_ME] = {"END_ME", "", "",
	"SELECT FROM pg_terminate_backend(pg_backend_pid())"},
    [SLOW] = {"SLOW", "", "", "SELECT FROM pg_sleep(60)"},
};

static const struct sql_table table = {.rows = rows, .count = COUNT(rows)};

static char url[POSTGRES_URL_BYTES];

/* --- the proxy -------------------------------------------------------------- */

enum { PASS, CUT_BEFORE, CUT_AFTER, HOLD };

struct proxy {
	int listener, server_port;
	atomic_int mode;
	const char *pattern; /* with its NUL: what the cut is about */
	pthread_t thread;
};

static struct proxy proxy;

static bool
send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* Forwards what the client sent; false: the link is to be cut. */
static bool
forward(struct proxy *x, int server, const char *p, size_t n)
{
	int mode = atomic_load(&x->mode);
	char answer[4096];

	if (mode == PASS || mode == HOLD ||
	    memmem(p, n, x->pattern, strlen(x->pattern) + 1) == NULL)
		return send_all(server, p, n);
	atomic_store(&x->mode, PASS);
	/* Once it has answered, the server has done it. */
	if (mode == CUT_AFTER && send_all(server, p, n) &&
	    recv(server, answer, sizeof(answer), 0) < 0)
		print_error("the server did not answer\n");
	return false;
}

static void
carry(struct proxy *x, int client, int server)
{
	struct pollfd p[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
	char chunk[65536];

	while (poll(p, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (p[i].revents == 0)
				continue;
			n = recv(p[i].fd, chunk, sizeof(chunk), 0);
			if (n <= 0)
				return;
			if (i == 0 ? !forward(x, server, chunk, (size_t)n)
				   : !send_all(client, chunk, (size_t)n))
				return;
		}
	}
}

static void *
run_proxy(void *arg)
{
	struct proxy *x = arg;

	for (;;) {
		struct sockaddr_in to = {.sin_family = AF_INET,
		    .sin_port = htons((uint16_t)x->server_port),
		    .sin_addr = {htonl(INADDR_LOOPBACK)}};
		int client = accept(x->listener, NULL, NULL);
		int server = socket(AF_INET, SOCK_STREAM, 0);

		/* A server that is there, and says nothing. */
		if (atomic_load(&x->mode) == HOLD) {
			close(server);
			continue;
		}
		if (connect(server, (struct sockaddr *)&to, sizeof(to)) == 0)
			carry(x, client, server);
		close(client);
		close(server);
	}
	return NULL;
}

static int
must_listen(int *port_out)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*port_out = ntohs(at.sin_port);
	return fd;
}

struct server {
	char user[64], database[64];
	int port;
};

static struct server
find_server(void)
{
	PQconninfoOption *all = PQconninfoParse(postgres_server(), NULL);
	struct server s = {.port = 0};

	for (const PQconninfoOption *o = all; o->keyword != NULL; o++) {
		const char *value = o->val ? o->val : "";

		if (strcmp(o->keyword, "user") == 0)
			snprintf(s.user, sizeof(s.user), "%s", value);
		if (strcmp(o->keyword, "dbname") == 0)
			snprintf(s.database, sizeof(s.database), "%s", value);
		if (strcmp(o->keyword, "port") == 0)
			s.port = (int)strtol(value, NULL, 10);
	}
	PQconninfoFree(all);
	return s;
}

/* Schema and table, straight to the server; `url` gets there too. */
static void
make_world(const char *more)
{
	postgres_schema(url, more);
	postgres_must(url, "CREATE TABLE t(id bigint PRIMARY KEY)");
}

static void
through_proxy(char out[POSTGRES_URL_BYTES])
{
	struct server s = find_server();
	int port;

	proxy.server_port = s.port;
	proxy.listener = must_listen(&port);
	assert_int_equal(pthread_create(&proxy.thread, NULL, run_proxy, &proxy),
	    0);
	(void)snprintf(out, POSTGRES_URL_BYTES,
	    "postgresql://%s@127.0.0.1:%d/%s?options=-csearch_path%%3Dt%d",
	    s.user, port, s.database, (int)getpid());
}

static void
add(char at[POSTGRES_URL_BYTES], const char *more)
{
	size_t n = strlen(at);

	(void)snprintf(at + n, POSTGRES_URL_BYTES - n, "%s", more);
}

/* --- helpers ------------------------------------------------------------------ */

static struct sql_db *
must_open(const char *at, enum sql_mode mode)
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

static void
check_detail(const struct err *err, const char *part)
{
	if (strstr(err->detail, part) == NULL)
		print_error("got  \"%s\"\nwant …%s…\n", err->detail, part);
	assert_non_null(strstr(err->detail, part));
}

static void
check_not_open(const char *at, enum err_code wanted, const char *part)
{
	struct sql_db *db;
	struct err err;
	enum err_code code = sql_open(str_from(at), SQL_WRITER, &table, &db,
	    &err);

	check_err(code, wanted);
	check_detail(&err, part);
	if (strstr(err.detail, "Gehe1m") != NULL)
		fail_msg("the password is in \"%s\"", err.detail);
}

static enum err_code
put(struct sql_db *db, int64_t id, struct err *err)
{
	struct sql_value arg[] = {sql_int(id)};

	return sql_run(db, PUT, arg, 1, err);
}

static enum err_code
count_all(struct sql_db *db, int64_t *out, struct err *err)
{
	struct sql_cursor *c;
	bool row = false;
	enum err_code code = sql_start(db, COUNT_ALL, NULL, 0, &c, err);

	if (code == ERR_OK)
		code = sql_next(c, &row, err);
	if (code == ERR_OK)
		*out = sql_get_int(c, 0);
	sql_done(&c);
	return code;
}

static int64_t
stored(void)
{
	return postgres_ask(url, "SELECT count(*) FROM t");
}

/* One change after all that has happened. */
static void
check_works(struct sql_db *db, int64_t id)
{
	struct err err = {0};
	enum err_code code = sql_begin(db, &err);

	if (code == ERR_OK)
		code = put(db, id, &err);
	if (code == ERR_OK)
		code = sql_commit(db, &err);
	if (code != ERR_OK)
		fail_msg("%s: %s", err_name(code), err.detail);
}

/* --- addresses --------------------------------------------------------------- */

void
test_addresses_that_are_none(void **state)
{
	static const char *const bad[] = {
	    "postgresql:",
	    "postgresql:host/database",
	    "postgres://u:Gehe1m@h:port:more/x",
	    "postgresql://u:Gehe1m@h/x?nothing=1",
	    "postgresql://u:Gehe1m%zz@h/x",
	    "postgresql://u@h/x?password=Gehe1m=2",
	    "postgresql://u@h/x?Gehe1m",
	    "postgresql://u:Gehe1m@[::1/x",
	    "postgresql://u:Gehe1m/@h/x",
	    "postgresql://u:?Gehe1m@h/x",
	    "postgresql://u:@Gehe1m@h/x",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		check_not_open(bad[i], ERR_USAGE, "address");
	check_not_open("postgresq://u:Gehe1m@h/x", ERR_USAGE, "postgresq");
}

void
test_addresses_are_shown_without_passwords(void **state)
{
	static const char *const shown[][2] = {
	    {"sqlite:/a/b@c:d.db", "sqlite:/a/b@c:d.db"},
	    {"postgresql://h/x", "postgresql://h/x"},
	    {"postgresql://u@h:1,i:2/x?sslmode=require",
		"postgresql://u@h:1,i:2/x?sslmode=require"},
	    {"postgres://u:Gehe1m@h/x", "postgres://u:***@h/x"},
	    {"postgres://u:Ge@Gehe1m/?:1@h/x", "postgres://u:***@h/x"},
	    {"postgresql://h/x?user=u&password=Gehe1m&port=5",
		"postgresql://h/x?user=u&***&port=5"},
	    {"postgresql://h/x?%70assword=Gehe1m", "postgresql://h/x?***"},
	    {"postgresql://h/x?sslpassword=Gehe1m&user=a@b",
		"postgresql://***@b"},
	    {"postgresql:Gehe1m", "postgresql:***"},
	    {"Gehe1m@h", "***"},
	    {"user=u password=Gehe1m", "***"},
	    {"user=u password=Gehe1m:2 host=h", "***:***"},
	    {"a.db", "a.db"},
	    {"/a/b-c.db", "/a/b-c.db"},
	};
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(shown); i++) {
		sql_url_mask(str_from(shown[i][0]), out, sizeof(out));
		assert_string_equal(out, shown[i][1]);
	}
	sql_url_mask(STR("postgresql://u@h/x"), out, 8);
	assert_true(strlen(out) < 8);
}

void
test_no_server_is_away(void **state)
{
	char at[POSTGRES_URL_BYTES], part[32];
	int port;

	(void)state;
	close(must_listen(&port));
	(void)snprintf(at, sizeof(at), "postgresql://u:Gehe1m@127.0.0.1:%d/x",
	    port);
	(void)snprintf(part, sizeof(part), "%d", port);
	check_not_open(at, ERR_STORE_AWAY, part);
}

void
test_refusals_say_why(void **state)
{
	struct server s = find_server();
	char at[POSTGRES_URL_BYTES];

	(void)state;
	(void)snprintf(at, sizeof(at), "postgresql://%s:Gehe1m@127.0.0.1:%d/no",
	    s.user, s.port);
	check_not_open(at, ERR_STORE_FAILED, "\"no\" does not exist");
	check_not_open(at, ERR_STORE_FAILED, "3D000");
	(void)snprintf(at, sizeof(at),
	    "postgresql://locked:Gehe1m@127.0.0.1:%d/%s", s.port, s.database);
	check_not_open(at, ERR_STORE_FAILED, "password authentication failed");
	check_not_open(at, ERR_STORE_FAILED, "28P01");
	check_not_open(at, ERR_STORE_FAILED, "\"locked\"");
}

void
test_full_server_is_away(void **state)
{
	struct server s = find_server();
	char at[POSTGRES_URL_BYTES], script[128];
	PGconn *first;

	(void)state;
	(void)snprintf(script, sizeof(script),
	    "CREATE DATABASE full%d CONNECTION LIMIT 1", (int)getpid());
	postgres_must(postgres_server(), script);
	(void)snprintf(at, sizeof(at), "postgresql://%s@127.0.0.1:%d/full%d",
	    s.user, s.port, (int)getpid());
	first = PQconnectdb(at);
	assert_int_equal(PQstatus(first), CONNECTION_OK);
	check_not_open(at, ERR_STORE_AWAY, "53300");
	PQfinish(first);
	(void)snprintf(script, sizeof(script), "DROP DATABASE full%d",
	    (int)getpid());
	postgres_must(postgres_server(), script);
}

void
test_other_encodings_are_refused(void **state)
{
	struct server s = find_server();
	char at[POSTGRES_URL_BYTES], script[160];

	(void)state;
	(void)snprintf(script, sizeof(script),
	    "CREATE DATABASE latin%d ENCODING 'LATIN1' LOCALE 'C'"
	    " TEMPLATE template0",
	    (int)getpid());
	postgres_must(postgres_server(), script);
	(void)snprintf(at, sizeof(at), "postgresql://%s@127.0.0.1:%d/latin%d",
	    s.user, s.port, (int)getpid());
	check_not_open(at, ERR_STORE_FAILED, "LATIN1");
	(void)snprintf(script, sizeof(script), "DROP DATABASE latin%d",
	    (int)getpid());
	postgres_must(postgres_server(), script);
}

void
test_a_read_only_server_is_passed_over(void **state)
{
	struct sql_db *db;
	struct err err;

	(void)state;
	make_world("");
	add(url, "%20-cdefault_transaction_read_only%3Don");
	/* Found out by the first change: an old primary that is back. */
	db = must_open(url, SQL_WRITER);
	for (int i = 0; i < 2; i++) {
		const PGconn *before;

		check_err(sql_begin(db, &err), ERR_OK);
		before = postgres_of(db)->conn;
		check_err(put(db, 1, &err), ERR_OK);
		check_err(sql_commit(db, &err), ERR_STORE_AWAY);
		check_detail(&err, "25006");
		assert_true(postgres_of(db)->conn == NULL ||
		    postgres_of(db)->is_giving_up);
		assert_non_null(before);
	}
	sql_close(&db);
	add(url, "&target_session_attrs=read-write");
	check_not_open(url, ERR_STORE_AWAY, "read-only");
}

void
test_the_host_that_answers_is_found(void **state)
{
	struct server s = find_server();
	char at[POSTGRES_URL_BYTES];
	struct pollfd asked;
	struct sql_db *db;
	int dead, silent, fd;

	(void)state;
	make_world("");
	close(must_listen(&dead));
	fd = must_listen(&silent);
	(void)snprintf(at, sizeof(at),
	    "postgresql://%s@127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/%s"
	    "?target_session_attrs=read-write&connect_timeout=1"
	    "&options=-csearch_path%%3Dt%d",
	    s.user, dead, silent, s.port, s.database, (int)getpid());
	db = must_open(at, SQL_WRITER);
	check_works(db, 1);
	/* From then on it is the first that is asked. */
	assert_int_equal(postgres_of(db)->host_last, 2);
	link_close(postgres_of(db));
	asked = (struct pollfd){fd, POLLIN, 0};
	assert_int_equal(poll(&asked, 1, 0), 1);
	close(accept(fd, NULL, NULL));
	check_works(db, 2);
	assert_int_equal(poll(&asked, 1, 0), 0);
	sql_close(&db);
	close(fd);
	(void)snprintf(at, sizeof(at),
	    "postgresql://127.0.0.1:%d,127.0.0.1:%d/x?connect_timeout=1", dead,
	    dead);
	check_not_open(at, ERR_STORE_AWAY, "refused");
}

void
test_the_address_may_set_what_we_set(void **state)
{
	PGresult *r;
	struct sql_db *db;

	(void)state;
	make_world("%20-clock_timeout%3D1234");
	db = must_open(url, SQL_WRITER);
	assert_int_equal(PQexitPipelineMode(postgres_of(db)->conn), 1);
	r = PQexec(postgres_of(db)->conn,
	    "SELECT current_setting('lock_timeout') || ' ' ||"
	    " current_setting('statement_timeout') || ' ' ||"
	    " current_setting('idle_in_transaction_session_timeout') || ' ' ||"
	    " current_setting('client_connection_check_interval') || ' ' ||"
	    " current_setting('application_name')");
	assert_string_equal(PQgetvalue(r, 0, 0),
	    "1234ms 10s 10s 500ms procured");
	PQclear(r);
	sql_close(&db);
}

/* --- links that break ---------------------------------------------------------- */

void
test_a_session_that_was_ended_is_made_anew(void **state)
{
	struct sql_db *w, *r;
	int64_t n = 0;
	struct err err;

	(void)state;
	make_world("");
	w = must_open(url, SQL_WRITER);
	r = must_open(url, SQL_READER);
	for (int i = 0; i < 3; i++) {
		char script[96];
		int pids[] = {PQbackendPID(postgres_of(w)->conn),
		    PQbackendPID(postgres_of(r)->conn)};

		(void)snprintf(script, sizeof(script),
		    "SELECT pg_terminate_backend(%d, 5000),"
		    " pg_terminate_backend(%d, 5000)",
		    pids[0], pids[1]);
		postgres_must(url, script);
		check_works(w, i);
		check_err(count_all(r, &n, &err), ERR_OK);
		assert_int_equal(n, i + 1);
	}
	sql_close(&w);
	sql_close(&r);
}

void
test_a_session_that_ends_inside_a_transaction(void **state)
{
	struct sql_db *db;
	char script[64];
	struct err err;
	int64_t n;

	(void)state;
	make_world("");
	db = must_open(url, SQL_WRITER);
	/* By itself, with COMMIT sent behind it: passed over. */
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_run(db, END_ME, NULL, 0, &err), ERR_OK);
	check_err(sql_commit(db, &err), ERR_STORE_AWAY);
	check_detail(&err, "57P01");
	assert_int_equal(stored(), 0);
	/* Before COMMIT was sent. */
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(count_all(db, &n, &err), ERR_OK);
	assert_int_equal(n, 1);
	(void)snprintf(script, sizeof(script),
	    "SELECT pg_terminate_backend(%d, 5000)",
	    PQbackendPID(postgres_of(db)->conn));
	postgres_must(url, script);
	check_err(sql_commit(db, &err), ERR_STORE_AWAY);
	assert_int_equal(stored(), 0);
	/* Before a statement. */
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(count_all(db, &n, &err), ERR_OK);
	(void)snprintf(script, sizeof(script),
	    "SELECT pg_terminate_backend(%d, 5000)",
	    PQbackendPID(postgres_of(db)->conn));
	postgres_must(url, script);
	check_err(count_all(db, &n, &err), ERR_STORE_AWAY);
	sql_rollback(db);
	assert_int_equal(stored(), 0);
	check_works(db, 1);
	sql_close(&db);
}

static void
check_cut_commit(int mode, enum err_code wanted, int64_t then)
{
	char at[POSTGRES_URL_BYTES];
	struct sql_db *db;
	struct err err;
	int64_t n;

	make_world("");
	through_proxy(at);
	db = must_open(at, SQL_WRITER);
	proxy.pattern = "commit";
	/* With the change in the same flush, and with nothing but itself. */
	for (int alone = 0; alone < 2; alone++) {
		postgres_must(url, "DELETE FROM t");
		check_err(sql_begin(db, &err), ERR_OK);
		check_err(put(db, 1, &err), ERR_OK);
		if (alone)
			check_err(count_all(db, &n, &err), ERR_OK);
		atomic_store(&proxy.mode, mode);
		check_err(sql_commit(db, &err), wanted);
		check_err(err.code, wanted);
		assert_int_equal(stored(), then);
	}
	postgres_must(url, "DELETE FROM t");
	check_works(db, 1);
	sql_close(&db);
}

void
test_link_cut_before_commit_arrives_is_unsure(void **state)
{
	(void)state;
	check_cut_commit(CUT_BEFORE, ERR_STORE_UNSURE, 0);
}

void
test_link_cut_after_commit_is_unsure(void **state)
{
	(void)state;
	check_cut_commit(CUT_AFTER, ERR_STORE_UNSURE, 1);
}

void
test_link_cut_in_a_statement_is_away(void **state)
{
	static const int modes[] = {CUT_BEFORE, CUT_AFTER};
	char at[POSTGRES_URL_BYTES];
	struct sql_db *db;
	struct err err;
	int64_t n;

	(void)state;
	make_world("");
	through_proxy(at);
	db = must_open(at, SQL_WRITER);
	proxy.pattern = "s1";
	for (size_t i = 0; i < COUNT(modes); i++) {
		check_err(sql_begin(db, &err), ERR_OK);
		check_err(put(db, 1, &err), ERR_OK);
		atomic_store(&proxy.mode, modes[i]);
		check_err(count_all(db, &n, &err), ERR_STORE_AWAY);
		check_detail(&err, "link");
		assert_true(sql_must_roll_back(db));
		sql_rollback(db);
	}
	check_works(db, 1);
	assert_int_equal(stored(), 1);
	sql_close(&db);
}

void
test_a_deadline_holds_for_connecting_too(void **state)
{
	char at[POSTGRES_URL_BYTES];
	int64_t start_us;
	struct sql_db *db;
	struct err err;

	(void)state;
	make_world("");
	through_proxy(at);
	add(at, "&connect_timeout=40");
	db = must_open(at, SQL_READER);
	atomic_store(&proxy.mode, HOLD);
	link_close(postgres_of(db));
	start_us = when_monotonic_us();
	sql_set_deadline(db, start_us + 200000);
	check_err(sql_begin(db, &err), ERR_STORE_AWAY);
	assert_true(when_monotonic_us() - start_us < 30 * 1000000);
	sql_set_deadline(db, 0);
	atomic_store(&proxy.mode, PASS);
	check_err(sql_begin(db, &err), ERR_OK);
	sql_rollback(db);
	sql_close(&db);
}

/* The machine of the first host is gone without a word: nothing refuses. */
void
test_a_silent_host_does_not_hide_the_others(void **state)
{
	struct server s = find_server();
	char at[POSTGRES_URL_BYTES];
	struct sql_db *db;
	struct err err;
	int silent, fd;

	(void)state;
	make_world("");
	fd = must_listen(&silent);
	(void)snprintf(at, sizeof(at),
	    "postgresql://%s@127.0.0.1:%d,127.0.0.1:%d/%s"
	    "?target_session_attrs=read-write&connect_timeout=40"
	    "&options=-csearch_path%%3Dt%d",
	    s.user, s.port, silent, s.database, (int)getpid());
	db = must_open(at, SQL_WRITER);
	/* It was the one we were at, until now. */
	postgres_of(db)->host_last = 1;
	link_close(postgres_of(db));
	sql_set_deadline(db, when_monotonic_us() + 300000);
	check_err(sql_begin(db, &err), ERR_STORE_AWAY);
	check_detail(&err, "does not answer");
	sql_set_deadline(db, when_monotonic_us() + 10 * 1000000);
	check_works(db, 1);
	assert_int_equal(postgres_of(db)->host_last, 0);
	sql_close(&db);
	close(fd);
}

void
test_a_commit_that_comes_too_late_is_not_sent(void **state)
{
	struct sql_db *db;
	struct err err;

	(void)state;
	make_world("");
	db = must_open(url, SQL_WRITER);
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(put(db, 1, &err), ERR_OK);
	sql_set_deadline(db, when_monotonic_us() - 1);
	check_err(sql_commit(db, &err), ERR_STORE_BUSY);
	sql_set_deadline(db, 0);
	check_works(db, 2);
	assert_int_equal(stored(), 1);
	sql_close(&db);
}

static void *
cancel_slow(void *arg)
{
	char script[128];

	(void)snprintf(script, sizeof(script),
	    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity,"
	    " pg_sleep(0.01) WHERE pid = %d AND wait_event = 'PgSleep'",
	    *(int *)arg);
	/* Until there was something to cancel. */
	for (int64_t n = 0; n == 0;) {
		PGconn *conn = PQconnectdb(url);
		PGresult *r = PQexec(conn, script);

		n = PQntuples(r);
		PQclear(r);
		PQfinish(conn);
	}
	return NULL;
}

void
test_a_cancelled_statement_is_busy(void **state)
{
	struct sql_db *db;
	pthread_t thread;
	struct err err;
	int64_t n;
	int pid;

	(void)state;
	make_world("");
	db = must_open(url, SQL_WRITER);
	pid = PQbackendPID(postgres_of(db)->conn);
	assert_int_equal(pthread_create(&thread, NULL, cancel_slow, &pid), 0);
	check_err(sql_begin(db, &err), ERR_OK);
	check_err(put(db, 1, &err), ERR_OK);
	check_err(sql_run(db, SLOW, NULL, 0, &err), ERR_OK);
	check_err(count_all(db, &n, &err), ERR_STORE_BUSY);
	check_detail(&err, "57014");
	sql_rollback(db);
	assert_int_equal(pthread_join(thread, NULL), 0);
	/* The session itself is as good as before. */
	check_works(db, 1);
	assert_int_equal(PQbackendPID(postgres_of(db)->conn), pid);
	sql_close(&db);
}
