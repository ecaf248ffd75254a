/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PostgreSQL schema of a conversation's own, in the database that the environment
 * names (tests/cluster.py): what a new file is to one on an embedded store.
 */
#ifndef TESTS_RUN_SCHEMA_H
#define TESTS_RUN_SCHEMA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sql/sql.h"

#define SCHEMA_ENV "PROCURED_TEST_POSTGRES"
#define SCHEMA_URL_BYTES 512

struct test_schema {
	char name[64];
	char url[SCHEMA_URL_BYTES]; /* of a store in it */
};

/* Runs a script in the database itself; a test can't go on without. */
static inline void
schema_script(const char *script)
{
	static const struct sql_statement one[] = {
	    {"ONE", "", "i", "SELECT CAST(1 AS BIGINT)"}};
	static const struct sql_table table = {.rows = one, .count = 1};
	struct err err = {.code = ERR_OK};
	struct sql_db *db = NULL;

	if (sql_open(str_from(getenv(SCHEMA_ENV)), SQL_CREATE, &table, &db,
		&err) != ERR_OK ||
	    sql_prepare(db, &err) != ERR_OK ||
	    sql_script_run(db, script, &err) != ERR_OK) {
		fprintf(stderr, "test schema: %s\n", err.detail);
		exit(2);
	}
	sql_close(&db);
}

/* Every process and moment has another one. */
static inline void
schema_make(struct test_schema *s)
{
	const char *database = getenv(SCHEMA_ENV);
	struct timespec now;
	char script[128];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(s->name, sizeof(s->name), "t%ld_%lld%09ld",
	    (long)getpid(), (long long)now.tv_sec, now.tv_nsec);
	(void)snprintf(s->url, sizeof(s->url),
	    "%s%soptions=-csearch_path%%3D%s", database,
	    strchr(database, '?') != NULL ? "&" : "?", s->name);
	(void)snprintf(script, sizeof(script), "CREATE SCHEMA %s", s->name);
	schema_script(script);
}

static inline void
schema_drop(const struct test_schema *s)
{
	char script[128];

	(void)snprintf(script, sizeof(script), "DROP SCHEMA %s CASCADE",
	    s->name);
	schema_script(script);
}

#endif
