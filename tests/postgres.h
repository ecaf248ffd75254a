/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For unit tests that want a PostgreSQL: the server that tests/cluster.py has
 * started. A case gets a schema of its own there, so that cases can run side by
 * side; without a server it is skipped, and says so.
 */
#ifndef TESTS_POSTGRES_H
#define TESTS_POSTGRES_H

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/check.h"
#include "tools/testrun.h"

#define POSTGRES_URL_BYTES 512

static inline const char *
postgres_server(void)
{
	const char *url = getenv("PROCURED_TEST_POSTGRES");

	if (url != NULL && url[0] != '\0')
		return url;
	print_message("no server: PROCURED_TEST_POSTGRES is not set\n");
	exit(TESTRUN_SKIPPED);
}

/* Runs a script on a connection of its own and ends the test if it fails. */
static inline void
postgres_must(const char *url, const char *script)
{
	PGconn *conn = PQconnectdb(url);
	PGresult *result = PQexec(conn, script);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", script, PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

/* The first column of the first row. */
static inline int64_t
postgres_ask(const char *url, const char *question)
{
	PGconn *conn = PQconnectdb(url);
	PGresult *result = PQexec(conn, question);
	int64_t answer;

	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) < 1)
		fail_msg("%s: %s", question, PQerrorMessage(conn));
	answer = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	PQfinish(conn);
	return answer;
}

/* A new, empty schema as the only one in the path. `more` are more settings,
 * as "%20-clock_timeout%3D100", or "". */
static inline void
postgres_schema(char url[POSTGRES_URL_BYTES], const char *more)
{
	const char *server = postgres_server();
	char script[64];

	/* Of a process that had the same number before, in a server that lives
	 * longer than a run. */
	(void)snprintf(script, sizeof(script),
	    "DROP SCHEMA IF EXISTS t%d CASCADE", (int)getpid());
	postgres_must(server, script);
	(void)snprintf(script, sizeof(script), "CREATE SCHEMA t%d",
	    (int)getpid());
	postgres_must(server, script);
	(void)snprintf(url, POSTGRES_URL_BYTES,
	    "%s%coptions=-csearch_path%%3Dt%d%s", server,
	    strchr(server, '?') ? '&' : '?', (int)getpid(), more);
}

#endif
