/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the errors of a PostgreSQL server become: one table by SQLSTATE, the
 * most exact row first. Its class is the first two characters.
 *
 * A transaction that failed by such an error has not happened. What becomes of
 * a COMMIT without an answer is not decided here, but where it is waited for.
 */
#include <assert.h>
#include <string.h>

#include "sql/sql_postgres.h"

/* clang-format off */
static const struct postgres_error errors[] = {
    /* state    code                gives up */
    {"40001", ERR_STORE_CONFLICT, false}, /* serialization failure */
    {"40P01", ERR_STORE_CONFLICT, false}, /* deadlock */
    {"40003", ERR_STORE_UNSURE,   true},  /* of a COMMIT: outcome unknown */
    {"40",    ERR_STORE_CONFLICT, false}, /* rolled back for another reason */
    {"23505", ERR_STORE_CONFLICT, false}, /* another node was first */
    {"55P03", ERR_STORE_BUSY,     false}, /* lock_timeout */
    {"57014", ERR_STORE_BUSY,     false}, /* statement_timeout, or cancelled */
    {"53100", ERR_STORE_FULL,     false}, /* disk full */
    {"53200", ERR_STORE_BUSY,     false}, /* out of memory */
    {"53300", ERR_STORE_AWAY,     true},  /* too many connections */
    {"53",    ERR_STORE_BUSY,     false},
    {"25006", ERR_STORE_AWAY,     true},  /* read-only: an old primary */
    {"25P03", ERR_STORE_AWAY,     true},  /* idle in transaction for too long */
    {"0A000", ERR_STORE_FAILED,   true},  /* also: tables are others now */
    {"26000", ERR_STORE_FAILED,   true},  /* a pooler lost the statement */
    {"57P",   ERR_STORE_AWAY,     true},  /* shutdown, crash, starting up */
    {"08",    ERR_STORE_AWAY,     true},  /* the link */
    {"",      ERR_STORE_FAILED,   false}, /* the last: all others */
};
/* clang-format on */

const struct postgres_error *
postgres_error_find(const char *state)
{
	const struct postgres_error *e = errors;

	while (strncmp(
		   state != NULL ? state : "", e->state, strlen(e->state)) != 0)
		e++;
	return e;
}

/* The first line of what libpq says. */
static int
line_length(const char *message)
{
	return (int)strcspn(message, "\n");
}

const struct postgres_error *
postgres_error_read(const PGresult *result, const char *doing, struct err *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const struct postgres_error *e = postgres_error_find(state);

	/* Made by libpq itself, which has no states: the link is broken. */
	if (state == NULL) {
		e = postgres_error_find("08006");
		state = "no answer";
	}
	if (text == NULL)
		text = PQresultErrorMessage(result);
	(void)err_set(err, e->code, NULL, "%s: %.*s (postgresql %s)", doing,
	    line_length(text), text, state);
	return e;
}

bool
postgres_is_fatal(const PGresult *result)
{
	const char *s = PQresultErrorField(result,
	    PG_DIAG_SEVERITY_NONLOCALIZED);

	return s == NULL || strcmp(s, "ERROR") != 0;
}

/* "…: FATAL:  28P01: password authentication failed …", in any language: two
 * blanks, five characters, a colon. Cuts it out of the text. */
static bool
cut_state(const char *message, int length, char state[SQLSTATE_BYTES],
    int *before)
{
	static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (int i = 0; i + 8 < length; i++) {
		const char *p = message + i;

		if (p[0] != ' ' || p[1] != ' ' || p[7] != ':' ||
		    strspn(p + 2, allowed) != 5)
			continue;
		memcpy(state, p + 2, 5);
		state[5] = '\0';
		*before = i;
		return true;
	}
	return false;
}

enum err_code
postgres_error_connect(PGconn *conn, struct err *err)
{
	const char *message = PQerrorMessage(conn);
	int length = line_length(message), before = 0;
	char state[SQLSTATE_BYTES];
	const struct postgres_error *e;

	if (PQconnectionNeedsPassword(conn))
		return err_set(err, ERR_STORE_FAILED, "store.login", "%.*s",
		    length, message);
	if (!cut_state(message, length, state, &before))
		return err_set(err, ERR_STORE_AWAY, "store", "%.*s", length,
		    message);
	/* A refusal by name, password or database stays one; all else may be
	 * different at the next try. */
	e = postgres_error_find(state);
	return err_set(err,
	    e->code == ERR_STORE_FAILED ? e->code : ERR_STORE_AWAY,
	    e->code == ERR_STORE_FAILED ? "store.login" : "store",
	    "%.*s %.*s (postgresql %s)", before, message, length - before - 9,
	    message + before + 9, state);
}
