/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows a set statement is given, as a table that SQL can read: `given($1)`
 * has the columns p1, p2 … of the parameters, and `place`, the number of the
 * row from 1. Nothing is copied: values stay where the caller of sql_start_each
 * has them. One execution for a whole group of rows spares SQLite what a
 * statement costs before its first row and behind its last.
 */
#ifndef SQL_SQLITE_GIVEN_H
#define SQL_SQLITE_GIVEN_H

#include <sqlite3.h>

#include "sql/sql.h"

/* Values of a row at most: as many as a set has needed so far. */
#define SQLITE_GIVEN_MAX 13

struct sqlite_given {
	const struct sql_value *values; /* `rows` rows of `count` */
	size_t count, rows;
};

/* Both return what SQLite says. The rows are borrowed until the statement's
 * reset. */
int sqlite_given_register(sqlite3 *handle);
int sqlite_given_bind(sqlite3_stmt *stmt, struct sqlite_given *given);

#endif
