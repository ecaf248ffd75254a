/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements on a connection: each is prepared once under a short name, its
 * set under another, and what the server says of its parameters and columns is
 * compared with the letters of its row. The server is not told the letters, so
 * what it finds by itself is a check.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sql/sql_postgres.h"

void
statement_name(int number, bool is_set, char out[STATEMENT_NAME_BYTES])
{
	(void)snprintf(out, STATEMENT_NAME_BYTES, "%c%d", is_set ? 'e' : 's',
	    number);
}

const char *
statement_text(const struct postgres_db *d, int number, bool is_set)
{
	const struct sql_override *o = d->overrides[number];

	if (is_set)
		return o != NULL ? o->set : NULL;
	return o != NULL && o->text != NULL ? o->text
					    : d->table->rows[number].text;
}

const char *
statement_label(const struct postgres_db *d, int number)
{
	return d->table->rows[number].name;
}

static enum err_code
misfit(const struct sql_statement *s, bool is_set, const char *what,
    size_t number, Oid type, struct err *err)
{
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "statement %s%s: its %s %zu has not the type its letter says"
	    " (but that with the number %u)",
	    s->name, is_set ? " (set)" : "", what, number, type);
}

static enum err_code
miscount(const struct sql_statement *s, bool is_set, const char *what,
    int actual, size_t wanted, struct err *err)
{
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "statement %s%s: its text does not have the %s its letters say"
	    " (%d, not %zu)",
	    s->name, is_set ? " (set)" : "", what, actual, wanted);
}

static enum err_code
compare_parameters(const struct sql_statement *s, bool is_set,
    const PGresult *r, struct err *err)
{
	size_t wanted = strlen(s->args);

	if ((size_t)PQnparams(r) != wanted)
		return miscount(s, is_set, "parameters", PQnparams(r), wanted,
		    err);
	for (size_t i = 0; i < wanted; i++)
		if (!value_type_fits(
			PQparamtype(r, (int)i), s->args[i], false, is_set))
			return misfit(s, is_set, "parameter", i + 1,
			    PQparamtype(r, (int)i), err);
	return ERR_OK;
}

/* A set's result has one more column, the number of the input row. */
static enum err_code
compare_columns(const struct sql_statement *s, bool is_set, const PGresult *r,
    struct err *err)
{
	size_t own = strlen(s->result), wanted = own + (own > 0 && is_set);

	if ((size_t)PQnfields(r) != wanted)
		return miscount(s, is_set, "columns", PQnfields(r), wanted,
		    err);
	for (size_t i = 0; i < wanted; i++)
		if (!value_type_fits(PQftype(r, (int)i),
			i < own ? s->result[i] : 'i', true, false))
			return misfit(s, is_set, "column", i + 1,
			    PQftype(r, (int)i), err);
	return ERR_OK;
}

enum err_code
statement_compare(const struct postgres_db *d, const struct postgres_op *op,
    const PGresult *described, struct err *err)
{
	const struct sql_statement *s = &d->table->rows[op->number];
	enum err_code code = compare_parameters(s, op->is_set, described, err);

	return code == ERR_OK ? compare_columns(s, op->is_set, described, err)
			      : code;
}

static enum err_code
send_one(struct postgres_db *d, int number, bool is_set)
{
	struct postgres_op op = {
	    .kind = OP_PREPARE,
	    .number = number,
	    .is_set = is_set,
	    .turn = d->turn,
	};
	const char *text = statement_text(d, number, is_set);
	char name[STATEMENT_NAME_BYTES];
	enum err_code code;

	if (text == NULL)
		return ERR_OK;
	statement_name(number, is_set, name);
	code = pipe_prepare(d, name, text, &op);
	op.kind = OP_DESCRIBE;
	if (code == ERR_OK)
		code = pipe_prepare(d, name, NULL, &op);
	return code;
}

enum err_code
statements_prepare(struct postgres_db *d, struct err *err)
{
	enum err_code code = ERR_OK;

	assert(d->op_count == 0);
	d->turn++;
	d->code = ERR_OK;
	for (size_t i = 0; i < d->table->count && code == ERR_OK; i++) {
		code = send_one(d, (int)i, false);
		if (code == ERR_OK)
			code = send_one(d, (int)i, true);
	}
	if (code == ERR_OK)
		code = pipe_wait(d, NULL, d->deadline_us, err);
	if (code == ERR_STORE_BUSY)
		return code;
	if (code == ERR_OK)
		code = d->code;
	if (code != ERR_OK && err != NULL)
		*err = d->failure;
	d->was_prepared |= code == ERR_OK;
	return code;
}
