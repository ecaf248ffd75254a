/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the driver of a URL and passes calls on to it. What holds for every
 * database is looked after here: the order of calls, the letters of values,
 * and that nothing but a rollback follows an error inside a transaction.
 */
#include "sql/sql.h"

#include <assert.h>
#include <string.h>

#include "sql/sql_driver.h"
#include "sql/sql_fault.h"

static const struct sql_driver *const sql_drivers[] = {
    &sql_driver_sqlite,
    &sql_driver_script,
};

#define DRIVER_COUNT (sizeof(sql_drivers) / sizeof(sql_drivers[0]))

enum err_code
sql_open(struct str url, enum sql_mode mode, const struct sql_statement *table,
    size_t count, struct sql_db **out, struct err *err)
{
	assert(url.p != NULL);
	assert(table != NULL);
	assert(count > 0);
	assert(out != NULL);
	for (size_t i = 0; i < DRIVER_COUNT; i++) {
		const struct sql_driver *driver = sql_drivers[i];
		struct str scheme = str_from(driver->scheme);
		enum err_code code;

		if (!str_starts(url, scheme))
			continue;
		*out = NULL;
		code = driver->open(str_sub(url, scheme.n, url.n), mode, table,
		    count, out, err);
		if (code != ERR_OK)
			return code;
		(*out)->driver = driver;
		(*out)->table = table;
		(*out)->count = count;
		return ERR_OK;
	}
	return err_set(err, ERR_USAGE, "store",
	    "no database driver for \"%.*s\"; try sqlite:PATH", STR_ARG(url));
}

void
sql_close(struct sql_db **db)
{
	assert(db != NULL);
	if (*db == NULL)
		return;
	(*db)->driver->close(*db);
	*db = NULL;
}

enum err_code
sql_prepare(struct sql_db *db, struct err *err)
{
	enum err_code code;

	assert(db != NULL);
	assert(!db->is_prepared);
	code = db->driver->prepare(db, err);
	db->is_prepared = code == ERR_OK;
	return code;
}

enum err_code
sql_begin(struct sql_db *db, struct err *err)
{
	enum err_code code;

	assert(db != NULL);
	assert(!db->in_transaction);
	code = db->driver->begin(db, err);
	db->in_transaction = code == ERR_OK;
	db->must_roll_back = false;
	return code;
}

static enum err_code
planted(struct err *err, enum err_code code)
{
	return err_set(err, code, NULL, "a planted fault");
}

enum err_code
sql_commit(struct sql_db *db, struct err *err)
{
	enum err_code code;

	assert(db != NULL);
	assert(db->in_transaction);
	assert(!db->must_roll_back);
	code = sql_fault_check();
	if (code != ERR_OK) {
		sql_rollback(db);
		return planted(err, code);
	}
	db->in_transaction = false;
	return db->driver->commit(db, err);
}

void
sql_rollback(struct sql_db *db)
{
	assert(db != NULL);
	if (!db->in_transaction)
		return;
	db->in_transaction = false;
	db->must_roll_back = false;
	db->driver->rollback(db);
}

bool
sql_must_roll_back(const struct sql_db *db)
{
	assert(db != NULL);
	return db->must_roll_back;
}

static bool
value_fits(char letter, enum sql_kind kind)
{
	if (letter == 'i')
		return kind == SQL_INT;
	if (letter == 's')
		return kind == SQL_TEXT || kind == SQL_NULL;
	return letter == 'b' && (kind == SQL_BYTES || kind == SQL_NULL);
}

/* Keeps the first error of a transaction in mind. */
static enum err_code
note_error(struct sql_db *db, enum err_code code)
{
	if (code != ERR_OK && db->in_transaction)
		db->must_roll_back = true;
	return code;
}

enum err_code
sql_start(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, struct sql_cursor **out, struct err *err)
{
	const char *letters;
	enum err_code code;

	assert(db != NULL);
	assert(db->is_prepared);
	assert(!db->must_roll_back);
	assert(number >= 0 && (size_t)number < db->count);
	assert(out != NULL);
	letters = db->table[number].args;
	assert(strlen(letters) == count);
	for (size_t i = 0; i < count; i++)
		assert(value_fits(letters[i], values[i].kind));
	*out = NULL;
	code = sql_fault_check();
	if (code != ERR_OK)
		return note_error(db, planted(err, code));
	code = db->driver->start(db, number, values, count, out, err);
	if (code != ERR_OK)
		return note_error(db, code);
	(*out)->db = db;
	(*out)->number = number;
	(*out)->columns = (int)strlen(db->table[number].result);
	return ERR_OK;
}

enum err_code
sql_next(struct sql_cursor *c, bool *row, struct err *err)
{
	enum err_code code;

	assert(c != NULL);
	assert(row != NULL);
	*row = false;
	code = sql_fault_check();
	if (code != ERR_OK)
		return note_error(c->db, planted(err, code));
	return note_error(c->db, c->db->driver->next(c, row, err));
}

static char
column_letter(const struct sql_cursor *c, int column)
{
	assert(column >= 0);
	assert(column < c->columns);
	return c->db->table[c->number].result[column];
}

int64_t
sql_get_int(struct sql_cursor *c, int column)
{
	assert(c != NULL);
	assert(column_letter(c, column) == 'i');
	return c->db->driver->get_int(c, column);
}

struct str
sql_get_str(struct sql_cursor *c, int column)
{
	assert(c != NULL);
	assert(column_letter(c, column) != 'i');
	return c->db->driver->get_str(c, column);
}

void
sql_done(struct sql_cursor **c)
{
	assert(c != NULL);
	if (*c == NULL)
		return;
	(*c)->db->driver->done(*c);
	*c = NULL;
}

enum err_code
sql_run(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, struct err *err)
{
	struct sql_cursor *c;
	enum err_code code;
	bool row = true;

	code = sql_start(db, number, values, count, &c, err);
	while (code == ERR_OK && row)
		code = sql_next(c, &row, err);
	sql_done(&c);
	return code;
}

enum err_code
sql_script_run(struct sql_db *db, const char *script, struct err *err)
{
	assert(db != NULL);
	assert(script != NULL);
	assert(!db->must_roll_back);
	return note_error(db, db->driver->script_run(db, script, err));
}

void
sql_set_deadline(struct sql_db *db, int64_t at_us)
{
	assert(db != NULL);
	assert(at_us >= 0);
	if (db->driver->set_deadline != NULL)
		db->driver->set_deadline(db, at_us);
}

int64_t
sql_wal_bytes(struct sql_db *db)
{
	assert(db != NULL);
	return db->driver->wal_bytes ? db->driver->wal_bytes(db) : 0;
}

enum err_code
sql_checkpoint(struct sql_db *db, enum sql_checkpoint how, struct err *err)
{
	assert(db != NULL);
	assert(!db->in_transaction);
	if (db->driver->checkpoint == NULL)
		return ERR_OK;
	return db->driver->checkpoint(db, how, err);
}

enum err_code
sql_copy(struct sql_db *db, const char *path, struct err *err)
{
	assert(db != NULL);
	assert(path != NULL);
	assert(!db->in_transaction);
	if (db->driver->copy == NULL)
		return ERR_OK;
	return db->driver->copy(db, path, err);
}

enum err_code
sql_integrity(struct sql_db *db, struct err *err)
{
	assert(db != NULL);
	assert(!db->in_transaction);
	if (db->driver->integrity == NULL)
		return ERR_OK;
	return db->driver->integrity(db, err);
}
