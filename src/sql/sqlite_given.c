/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table `given` of sqlite_given.h, as SQLite wants a virtual table to be:
 * one hidden column takes the pointer, and a scan goes from row to row.
 */
#include "sql/sqlite_given.h"

#include <assert.h>
#include <stdlib.h>

#define POINTER_TYPE "given"

/* Columns: the place, p1 to p13, and the hidden one. */
#define COLUMN_HIDDEN (SQLITE_GIVEN_MAX + 1)

/* lint: allow sql — how a virtual table tells SQLite its columns */
static const char declaration[] = "CREATE TABLE given(place, p1, p2, p3, p4,"
				  " p5, p6, p7, p8, p9, p10, p11, p12, p13,"
				  " row_values HIDDEN)";

struct given_cursor {
	sqlite3_vtab_cursor base; /* first: the two are cast into each other */
	const struct sqlite_given *given;
	size_t row;
};

static struct given_cursor *
given_of(sqlite3_vtab_cursor *c)
{
	return (struct given_cursor *)(void *)c;
}

static int
given_connect(sqlite3 *db, void *arg, int argc, const char *const *argv,
    sqlite3_vtab **out, char **message)
{
	int rc = sqlite3_declare_vtab(db, declaration);

	(void)arg;
	(void)argc;
	(void)argv;
	(void)message;
	*out = rc == SQLITE_OK ? sqlite3_malloc(sizeof(**out)) : NULL;
	if (*out == NULL)
		return rc == SQLITE_OK ? SQLITE_NOMEM : rc;
	**out = (sqlite3_vtab){.pModule = NULL};
	return SQLITE_OK;
}

static int
given_disconnect(sqlite3_vtab *t)
{
	sqlite3_free(t);
	return SQLITE_OK;
}

/* Only the whole of what is given can be gone through. */
static int
given_best_index(sqlite3_vtab *t, sqlite3_index_info *info)
{
	(void)t;
	info->estimatedCost = 1;
	info->estimatedRows = 1;
	for (int i = 0; i < info->nConstraint; i++) {
		if (info->aConstraint[i].iColumn != COLUMN_HIDDEN ||
		    info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ ||
		    !info->aConstraint[i].usable)
			continue;
		info->aConstraintUsage[i].argvIndex = 1;
		info->aConstraintUsage[i].omit = 1;
		return SQLITE_OK;
	}
	return SQLITE_CONSTRAINT;
}

static int
given_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
	struct given_cursor *c = sqlite3_malloc(sizeof(*c));

	(void)t;
	if (c == NULL)
		return SQLITE_NOMEM;
	*c = (struct given_cursor){.given = NULL};
	*out = &c->base;
	return SQLITE_OK;
}

static int
given_close(sqlite3_vtab_cursor *c)
{
	sqlite3_free(given_of(c));
	return SQLITE_OK;
}

static int
given_filter(sqlite3_vtab_cursor *cursor, int index, const char *name, int argc,
    sqlite3_value **argv)
{
	struct given_cursor *c = given_of(cursor);

	(void)index;
	(void)name;
	assert(argc == 1);
	c->given = sqlite3_value_pointer(argv[0], POINTER_TYPE);
	c->row = 0;
	return c->given != NULL ? SQLITE_OK : SQLITE_MISUSE;
}

static int
given_next(sqlite3_vtab_cursor *c)
{
	given_of(c)->row++;
	return SQLITE_OK;
}

static int
given_eof(sqlite3_vtab_cursor *c)
{
	return given_of(c)->row == given_of(c)->given->rows;
}

static int
given_column(sqlite3_vtab_cursor *cursor, sqlite3_context *to, int column)
{
	const struct given_cursor *c = given_of(cursor);
	const struct sql_value *v;

	if (column == 0) {
		sqlite3_result_int64(to, (sqlite3_int64)c->row + 1);
		return SQLITE_OK;
	}
	assert((size_t)column <= c->given->count);
	v = &c->given->values[c->row * c->given->count + (size_t)column - 1];
	switch (v->kind) {
	case SQL_INT:
		sqlite3_result_int64(to, v->i);
		break;
	case SQL_TEXT:
		sqlite3_result_text64(to, v->s.p, v->s.n, SQLITE_STATIC,
		    SQLITE_UTF8);
		break;
	case SQL_BYTES:
		sqlite3_result_blob64(to, v->s.p, v->s.n, SQLITE_STATIC);
		break;
	case SQL_NULL:
		break;
	}
	return SQLITE_OK;
}

static int
given_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)given_of(c)->row;
	return SQLITE_OK;
}

/* Without xCreate it is there by its name and in no schema. */
static const sqlite3_module given_module = {
    .xConnect = given_connect,
    .xBestIndex = given_best_index,
    .xDisconnect = given_disconnect,
    .xOpen = given_open,
    .xClose = given_close,
    .xFilter = given_filter,
    .xNext = given_next,
    .xEof = given_eof,
    .xColumn = given_column,
    .xRowid = given_rowid,
};

int
sqlite_given_register(sqlite3 *handle)
{
	return sqlite3_create_module(handle, "given", &given_module, NULL);
}

int
sqlite_given_bind(sqlite3_stmt *stmt, struct sqlite_given *given)
{
	assert(given->count <= SQLITE_GIVEN_MAX);
	return sqlite3_bind_pointer(stmt, 1, given, POINTER_TYPE, NULL);
}
