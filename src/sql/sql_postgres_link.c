/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection: which of the URL's servers, and the session's settings.
 *
 * libpq tries several hosts by itself, but when it is polled it has no time
 * limit for one of them: a server that accepts and does not answer would hide
 * the others. So each host is tried here, with libpq's own meaning of
 * target_session_attrs, the one that was good last time first.
 */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"
#include "sql/sql_postgres.h"

#define PARAMETERS_MAX 64 /* libpq 15 has 41 */

/* --- the URL -------------------------------------------------------------- */

/* Ours where the URL is silent. */
static const struct {
	const char *key, *value;
} defaults[] = {
    {"keepalives_idle", LIMIT_POSTGRES_KEEPALIVE_S},
    {"keepalives_interval", LIMIT_POSTGRES_KEEPALIVE_AGAIN_S},
    {"keepalives_count", LIMIT_POSTGRES_KEEPALIVE_COUNT},
    {"tcp_user_timeout", LIMIT_POSTGRES_UNACKNOWLEDGED_MS},
    {"fallback_application_name", "procured"},
};

#define DEFAULT_COUNT (sizeof(defaults) / sizeof(defaults[0]))

/* What libpq is given for one attempt. */
struct attempt {
	const char *keys[PARAMETERS_MAX + 1], *values[PARAMETERS_MAX + 1];
	size_t count;
	char host[3][256]; /* the one of the lists of host, hostaddr, port */
	int64_t limit_ms;
};

static const char *const lists[] = {"host", "hostaddr", "port"};

#define LIST_COUNT (sizeof(lists) / sizeof(lists[0]))

static const char *
option_value(const PQconninfoOption *options, const char *key)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, key) == 0)
			return options->val;
	return NULL;
}

/* How many servers the URL names; 1: libpq is to find out. */
static size_t
count_hosts(const PQconninfoOption *options)
{
	const char *list = option_value(options, "hostaddr");
	size_t count = 1;

	if (list == NULL)
		list = option_value(options, "host");
	for (; list != NULL && *list != '\0'; list++)
		count += *list == ',';
	return count;
}

/* What libpq finds wrong ends with the part of the URL that it is about, which
 * may be the password. */
static enum err_code
refuse_url(const char *message, struct err *err)
{
	const char *quoted = message ? strstr(message, " \"") : NULL;
	int n = quoted != NULL ? (int)(quoted - message)
			       : (int)strcspn(message ? message : "", "\n");

	while (n > 0 && strchr(": ", message[n - 1]) != NULL)
		n--;
	return err_set(err, ERR_USAGE, "store.address",
	    "the store's address cannot be read: %.*s; write"
	    " postgresql://USER@HOST:PORT/DATABASE",
	    n, message ? message : "");
}

/* A password with one of these as it is would be read as something else, and
 * then be told of in errors. */
static bool
is_well_parted(struct str rest)
{
	const char *at = memchr(rest.p, '@', rest.n);
	struct str before;

	if (at == NULL)
		return true;
	before = str_sub(rest, 2, (size_t)(at - rest.p) - 2);
	return memrchr(rest.p, '@', rest.n) == at &&
	    memchr(before.p, '/', before.n) == NULL &&
	    memchr(before.p, '?', before.n) == NULL;
}

static enum err_code
check_options(struct postgres_db *d, const PQconninfoOption *options,
    struct err *err)
{
	const char *port = option_value(options, "port");

	if (port != NULL && port[strspn(port, "0123456789,")] != '\0')
		return refuse_url("a port is a number", err);
	d->host_count = count_hosts(options);
	return ERR_OK;
}

enum err_code
link_init(struct postgres_db *d, struct str rest, struct err *err)
{
	PQconninfoOption *options;
	char *message = NULL;
	enum err_code code = ERR_OK;

	if (memchr(rest.p, '\0', rest.n) != NULL)
		return refuse_url("it holds a NUL", err);
	if (asprintf(&d->url, "postgresql:%.*s", STR_ARG(rest)) < 0) {
		d->url = NULL;
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	}
	if (!str_starts(rest, STR("//")))
		return refuse_url("there is no // in it", err);
	if (!is_well_parted(rest))
		return refuse_url("write %40, %2F and %3F for @, / and ? that"
				  " are part of a name or password",
		    err);
	options = PQconninfoParse(d->url, &message);
	if (options == NULL)
		code = refuse_url(message, err);
	else
		code = check_options(d, options, err);
	PQconninfoFree(options);
	PQfreemem(message);
	return code;
}

static void
attempt_add(struct attempt *a, const char *key, const char *value)
{
	assert(a->count < PARAMETERS_MAX);
	a->keys[a->count] = key;
	a->values[a->count++] = value;
}

/* The `host`-th of a list; a list of one is for all. */
static const char *
pick_host(const char *list, size_t host, char *out, size_t out_bytes)
{
	struct str rest = str_from(list), piece = str_cut(&rest, ',');

	for (size_t i = 0; i < host && !str_is_null(rest); i++)
		piece = str_cut(&rest, ',');
	(void)snprintf(out, out_bytes, "%.*s", STR_ARG(piece));
	return out;
}

static void
attempt_fill(struct attempt *a, const PQconninfoOption *options, size_t host,
    bool is_several, const char *attrs)
{
	const char *limit = option_value(options, "connect_timeout");

	*a = (struct attempt){.limit_ms = LIMIT_POSTGRES_CONNECT_MS};
	if (limit != NULL)
		a->limit_ms = strtol(limit, NULL, 10) * 1000;
	for (; options->keyword != NULL; options++) {
		const char *value = options->val;

		for (size_t i = 0; i < DEFAULT_COUNT && value == NULL; i++)
			if (strcmp(options->keyword, defaults[i].key) == 0)
				value = defaults[i].value;
		for (size_t i = 0; i < LIST_COUNT && is_several; i++)
			if (value != NULL &&
			    strcmp(options->keyword, lists[i]) == 0)
				value = pick_host(value, host, a->host[i],
				    sizeof(a->host[i]));
		if (strcmp(options->keyword, "client_encoding") == 0)
			value = "UTF8";
		if (attrs != NULL &&
		    strcmp(options->keyword, "target_session_attrs") == 0)
			value = attrs;
		if (value != NULL)
			attempt_add(a, options->keyword, value);
	}
}

/* --- waiting --------------------------------------------------------------- */

enum err_code
link_wait(const struct postgres_db *d, bool for_writing, int64_t until_us,
    struct err *err)
{
	struct pollfd p = {.fd = PQsocket(d->conn),
	    .events = (short)(POLLIN | (for_writing ? POLLOUT : 0))};
	int64_t left_us = until_us > 0 ? until_us - when_monotonic_us() : 0;
	int left_ms = -1;

	if (until_us > 0 && left_us <= 0)
		return err_set(err, ERR_STORE_BUSY, NULL,
		    "the database did not answer in time");
	/* Rounded up: no turns of nothing before the end; signals only make it
	 * turn once more. */
	if (until_us > 0)
		left_ms = left_us < INT64_C(3600) * 1000000
		    ? (int)((left_us + 999) / 1000)
		    : 3600 * 1000;
	(void)poll(&p, 1, left_ms);
	return ERR_OK;
}

static int64_t
earlier_us(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

/* As long as the handshake wants to read or write. */
static enum err_code
shake_hands(struct postgres_db *d, int64_t until_us, struct err *err)
{
	for (;;) {
		PostgresPollingStatusType s = PQconnectPoll(d->conn);
		struct pollfd p = {.fd = PQsocket(d->conn)};
		int64_t left_us = until_us - when_monotonic_us();

		if (s == PGRES_POLLING_OK)
			return ERR_OK;
		if (s == PGRES_POLLING_FAILED)
			return postgres_error_connect(d->conn, err);
		if (until_us > 0 && left_us <= 0)
			return err_set(err, ERR_STORE_AWAY, "store",
			    "%s: the database does not answer",
			    PQhost(d->conn) ? PQhost(d->conn) : "");
		p.events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		(void)poll(&p, 1,
		    until_us > 0 ? (int)((left_us + 999) / 1000) : -1);
	}
}

/* --- the session ------------------------------------------------------------ */

/*
 * Statements go by whole keys or along an index, whatever a new table's
 * statistics make the server believe, and are planned once. Only settings the
 * server knows, and only where neither the URL nor whoever
 * looks after the role or the database has said otherwise. But warnings must
 * come: a COMMIT that no standby has says so by nothing else.
 */
static const char settings_text[] =
    /* lint: allow sql — the session's own settings, of no table of ours */
    "SELECT set_config(s.name, w.value, false) FROM pg_settings s JOIN"
    " (VALUES ('jit', 'off'), ('plan_cache_mode', 'force_generic_plan'),"
    " ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'),"
    " ('enable_mergejoin', 'off'), ('default_transaction_read_only', $1),"
    " ('statement_timeout', $2), ('lock_timeout', $3),"
    " ('idle_in_transaction_session_timeout', $4),"
    " ('client_connection_check_interval', $5),"
    " ('client_min_messages', 'warning')) w(name, value)"
    " ON s.name = w.name WHERE w.value <> '' AND (s.source NOT IN"
    " ('client', 'user', 'database', 'database user')"
    " OR s.name = 'client_min_messages')";

#define SETTING_COUNT 5

static const char *const own_texts[][2] = {
    [OWN_BEGIN] = {"begin", "BEGIN ISOLATION LEVEL READ COMMITTED"},
    [OWN_COMMIT] = {"commit", "COMMIT"},
    [OWN_ROLLBACK] = {"rollback", "ROLLBACK"},
};

/* What writers wait for is bounded by the server too, which can tell why. Who
 * makes the schema waits for whoever makes it already. */
static bool
send_settings(struct postgres_db *d)
{
	char statement[24], lock[24], idle[24], gone[24];
	const char *values[SETTING_COUNT] = {
	    d->mode == SQL_READER ? "on" : "", "", "", "", gone};

	(void)snprintf(statement, sizeof(statement), "%d",
	    LIMIT_POSTGRES_STATEMENT_MS);
	(void)snprintf(lock, sizeof(lock), "%d", LIMIT_POSTGRES_LOCK_MS);
	(void)snprintf(idle, sizeof(idle), "%d", LIMIT_POSTGRES_IDLE_MS);
	(void)snprintf(gone, sizeof(gone), "%d", LIMIT_POSTGRES_GONE_MS);
	if (d->mode == SQL_WRITER) {
		values[1] = statement;
		values[2] = lock;
		values[3] = idle;
	}
	return PQsendQueryParams(d->conn, settings_text, SETTING_COUNT, NULL,
		   values, NULL, NULL, 0) == 1;
}

static enum err_code
prepare_own(struct postgres_db *d)
{
	struct postgres_op op = {
	    .kind = OP_PREPARE, .number = -1, .turn = d->turn};
	enum err_code code = ERR_OK;

	for (int i = 0; i < OWN__COUNT && code == ERR_OK; i++) {
		const char *text = own_texts[i][1];

		if (i == OWN_BEGIN && d->mode == SQL_READER)
			text = "BEGIN ISOLATION LEVEL REPEATABLE READ"
			       " READ ONLY";
		code = pipe_prepare(d, own_texts[i][0], text, &op);
	}
	return code;
}

/* Waits for all results of what is no pipeline. */
static enum err_code
take_plain(struct postgres_db *d, const char *doing, int64_t until_us,
    struct err *err)
{
	enum err_code code = ERR_OK;
	PGresult *result;

	for (;;) {
		int flush = PQflush(d->conn);

		if (flush == 0 && !PQisBusy(d->conn)) {
			result = PQgetResult(d->conn);
			if (result == NULL)
				return code;
			if (PQresultStatus(result) == PGRES_FATAL_ERROR &&
			    code == ERR_OK)
				code = postgres_error_read(result, doing, err)
					   ->code;
			PQclear(result);
			continue;
		}
		if (link_wait(d, flush == 1, until_us, err) != ERR_OK)
			return ERR_STORE_BUSY;
		/* What a broken link has still to say comes as a result. */
		(void)PQconsumeInput(d->conn);
	}
}

/* Texts are compared and cut by bytes as UTF-8 everywhere in the program. */
static enum err_code
check_encoding(const struct postgres_db *d, struct err *err)
{
	const char *encoding = PQparameterStatus(d->conn, "server_encoding");

	if (encoding == NULL || strcmp(encoding, "UTF8") == 0)
		return ERR_OK;
	return err_set(err, ERR_STORE_FAILED, "store",
	    "the database is encoded in %s and must be in UTF8", encoding);
}

static void
take_notice(void *arg, const PGresult *result)
{
	struct postgres_db *d = arg;
	const char *severity = PQresultErrorField(result,
	    PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity != NULL && strcmp(severity, "FATAL") == 0)
		d->is_giving_up = true;
	/* A COMMIT that stopped waiting for its standby says so by a warning,
	 * and then succeeds, or not even that. Results are taken in turn, so
	 * what is first in the queue is what the warning is about. */
	if (d->op_count == 0 || d->ops[d->op_first].kind != OP_COMMIT ||
	    severity == NULL || strcmp(severity, "WARNING") != 0)
		return;
	d->commit_warned = true;
	(void)postgres_error_read(result, "commit", &d->failure);
}

static enum err_code
start_session(struct postgres_db *d, int64_t until_us, struct err *err)
{
	enum err_code code = check_encoding(d, err);

	if (code != ERR_OK)
		return code;
	(void)PQsetNoticeReceiver(d->conn, take_notice, d);
	(void)PQsetErrorVerbosity(d->conn, PQERRORS_DEFAULT);
	if (PQsetnonblocking(d->conn, 1) != 0 || !send_settings(d))
		return postgres_error_connect(d->conn, err);
	code = take_plain(d, "settings", until_us, err);
	if (code != ERR_OK)
		return code == ERR_STORE_BUSY ? ERR_STORE_AWAY : code;
	if (PQenterPipelineMode(d->conn) != 1)
		return postgres_error_connect(d->conn, err);
	d->turn++;
	d->code = ERR_OK;
	d->has_begun = false;
	code = prepare_own(d);
	if (code == ERR_OK)
		code = pipe_wait(d, NULL, until_us, err);
	if (code == ERR_OK && d->code != ERR_OK) {
		*err = d->failure;
		code = d->code;
	}
	return code;
}

/* --- making and ending ------------------------------------------------------- */

static enum err_code
connect_to(struct postgres_db *d, const PQconninfoOption *options, size_t host,
    const char *attrs, struct err *err)
{
	int64_t until_us = 0;
	enum err_code code;
	struct attempt a;

	attempt_fill(&a, options, host, d->host_count > 1, attrs);
	if (a.limit_ms > 0)
		until_us = when_monotonic_us() + a.limit_ms * 1000;
	until_us = earlier_us(until_us, d->deadline_us);
	d->conn = PQconnectStartParams(a.keys, a.values, 0);
	if (d->conn == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	/* The only way to learn the SQLSTATE of a refusal. */
	(void)PQsetErrorVerbosity(d->conn, PQERRORS_VERBOSE);
	if (PQstatus(d->conn) == CONNECTION_BAD)
		code = postgres_error_connect(d->conn, err);
	else
		code = shake_hands(d, until_us, err);
	if (code == ERR_OK)
		code = start_session(d, until_us, err);
	if (code != ERR_OK)
		link_close(d);
	return code;
}

static bool
is_late(const struct postgres_db *d)
{
	return d->deadline_us != 0 && when_monotonic_us() >= d->deadline_us;
}

/* One round over the hosts. A refusal is told rather than an absence. A host
 * that took all the time is the last of the next round: a machine that is gone
 * without a word would hide the others for ever. */
static enum err_code
try_hosts(struct postgres_db *d, const PQconninfoOption *options,
    const char *attrs, struct err *err)
{
	enum err_code told = ERR_OK;

	for (size_t i = 0; i < d->host_count; i++) {
		size_t host = (d->host_last + i) % d->host_count;
		struct err why;
		enum err_code code = connect_to(d, options, host, attrs, &why);

		if (code == ERR_OK) {
			d->host_last = host;
			return ERR_OK;
		}
		if (told == ERR_OK || told == ERR_STORE_AWAY) {
			told = code;
			if (err != NULL)
				*err = why;
		}
		if (is_late(d)) {
			d->host_last = (host + 1) % d->host_count;
			break;
		}
	}
	return told;
}

static enum err_code
connect_any(struct postgres_db *d, struct err *err)
{
	PQconninfoOption *options = PQconninfoParse(d->url, NULL);
	const char *attrs;
	enum err_code code;

	if (options == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	attrs = option_value(options, "target_session_attrs");
	if (d->host_count > 1 && attrs != NULL &&
	    strcmp(attrs, "prefer-standby") == 0) {
		code = try_hosts(d, options, "standby", err);
		if (code != ERR_OK)
			code = try_hosts(d, options, "any", err);
	} else {
		code = try_hosts(d, options, NULL, err);
	}
	PQconninfoFree(options);
	return code;
}

bool
link_is_sound(struct postgres_db *d)
{
	struct pollfd p = {.fd = PQsocket(d->conn), .events = POLLIN};

	while (!d->is_lost && !d->is_giving_up && poll(&p, 1, 0) > 0) {
		d->is_lost = PQconsumeInput(d->conn) != 1;
		pipe_take(d, NULL);
		/* With nothing outstanding a server only speaks of settings,
		 * and of its end, which libpq takes for a notice. */
		if (d->op_count == 0)
			(void)PQisBusy(d->conn);
	}
	return !d->is_lost && !d->is_giving_up &&
	    PQstatus(d->conn) == CONNECTION_OK;
}

enum err_code
link_open(struct postgres_db *d, struct err *err)
{
	enum err_code code;

	if (d->conn != NULL && !link_is_sound(d))
		link_close(d);
	if (d->conn != NULL)
		return ERR_OK;
	code = connect_any(d, err);
	if (code == ERR_OK && d->was_prepared)
		code = statements_prepare(d, err);
	if (code != ERR_OK)
		link_close(d);
	return code;
}

void
link_close(struct postgres_db *d)
{
	/* Nothing before it has failed, and it was not answered. */
	bool is_unsure = d->code == ERR_OK;
	enum err_code code = d->failure.code != ERR_OK ? d->failure.code
						       : ERR_STORE_AWAY;

	if (d->conn == NULL)
		return;
	for (size_t i = 0; i < d->op_count; i++) {
		const struct postgres_op *op = &d->ops[d->op_first + i];

		pipe_fail(d, op, code);
		if (op->kind == OP_COMMIT && is_unsure)
			d->commit = ERR_STORE_UNSURE;
		if (op->cursor != NULL)
			op->cursor->outstanding = 0;
	}
	d->op_first = d->op_count = 0;
	d->is_unsynced = d->has_begun = false;
	d->is_lost = d->is_giving_up = false;
	PQfinish(d->conn);
	d->conn = NULL;
}

/* --- scripts ------------------------------------------------------------------ */

enum err_code
link_script(struct postgres_db *d, const char *script, struct err *err)
{
	enum err_code code = pipe_wait(d, NULL, d->deadline_us, err);

	if (code == ERR_OK && d->code != ERR_OK) {
		*err = d->failure;
		code = d->code;
	}
	if (code != ERR_OK)
		return code;
	/* Several statements in one text are no matter of a pipeline. */
	if (PQexitPipelineMode(d->conn) != 1 ||
	    PQsendQuery(d->conn, script) != 1)
		code = err_set(err, ERR_STORE_AWAY, NULL, "script: %s",
		    PQerrorMessage(d->conn));
	if (code == ERR_OK)
		code = take_plain(d, "script", d->deadline_us, err);
	if (PQstatus(d->conn) != CONNECTION_OK ||
	    (code == ERR_STORE_BUSY && PQisBusy(d->conn)) ||
	    PQenterPipelineMode(d->conn) != 1) {
		if (code == ERR_OK)
			code = err_set(err, ERR_STORE_AWAY, NULL,
			    "script: the link was lost");
		link_close(d);
	}
	return code;
}
