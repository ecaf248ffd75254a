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
    &sql_driver_postgres,
    &sql_driver_script,
};

#define DRIVER_COUNT (sizeof(sql_drivers) / sizeof(sql_drivers[0]))

static bool
cut_scheme(struct str *url, const char *scheme)
{
	struct str s = str_from(scheme);

	if (scheme == NULL || !str_starts(*url, s))
		return false;
	*url = str_sub(*url, s.n, url->n);
	return true;
}

/* Cuts the scheme off that it is found by. */
static const struct sql_driver *
find_driver(struct str *url)
{
	for (size_t i = 0; i < DRIVER_COUNT; i++)
		if (cut_scheme(url, sql_drivers[i]->scheme) ||
		    cut_scheme(url, sql_drivers[i]->alias))
			return sql_drivers[i];
	return NULL;
}

enum err_code
sql_open(struct str url, enum sql_mode mode, const struct sql_table *table,
    struct sql_db **out, struct err *err)
{
	const struct sql_driver *driver;
	struct str rest = url;
	enum err_code code;

	assert(url.p != NULL);
	assert(table != NULL);
	assert(table->count > 0);
	assert(out != NULL);
	*out = NULL;
	driver = find_driver(&rest);
	if (driver == NULL) {
		char shown[128];

		sql_url_mask(url, shown, sizeof(shown));
		return err_set(err, ERR_USAGE, "store",
		    "no database driver for \"%s\"; try sqlite:PATH or"
		    " postgresql://HOST/DATABASE",
		    shown);
	}
	code = driver->open(rest, mode, table, out, err);
	if (code != ERR_OK)
		return code;
	(*out)->driver = driver;
	(*out)->table = table->rows;
	(*out)->count = table->count;
	return ERR_OK;
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

bool
sql_is_remote(const struct sql_db *db)
{
	assert(db != NULL);
	return db->driver->is_remote;
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
	code = db->driver->commit(db, err);
	return code == ERR_OK && sql_fault_is_lost()
	    ? planted(err, ERR_STORE_UNSURE)
	    : code;
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

/* The kinds a letter's value may have, a bit each: every value of every call is
 * looked up here. */
static const uint8_t letter_kinds[UINT8_MAX + 1] = {
    ['b'] = 1 << SQL_BYTES | 1 << SQL_NULL,
    ['i'] = 1 << SQL_INT,
    ['s'] = 1 << SQL_TEXT | 1 << SQL_NULL,
};

/* A driver's prepare knows no other letters. */
static bool
value_fits(char letter, enum sql_kind kind)
{
	return (letter_kinds[(unsigned char)letter] >> kind & 1) != 0;
}

/* Keeps the first error of a transaction in mind. */
static enum err_code
note_error(struct sql_db *db, enum err_code code)
{
	if (code != ERR_OK && db->in_transaction)
		db->must_roll_back = true;
	return code;
}

/* What must hold of a call that starts a statement. */
static void
assert_call_fits(const struct sql_db *db, int number,
    const struct sql_value *values, size_t count, size_t rows)
{
	const char *letters;

	assert(db != NULL);
	assert(db->is_prepared);
	assert(!db->must_roll_back);
	assert(number >= 0 && (size_t)number < db->count);
	letters = db->table[number].args;
	assert(strlen(letters) == count);
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < count; i++)
			assert(
			    value_fits(letters[i], values[r * count + i].kind));
}

/* Drivers step from row to row, which C allows of no null pointer, not even by
 * nothing. */
static const struct sql_value *
some_values(const struct sql_value *values)
{
	static const struct sql_value none;

	return values != NULL ? values : &none;
}

static enum err_code
start(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, size_t rows, struct sql_cursor **out, struct err *err)
{
	enum err_code code = sql_fault_check();

	*out = NULL;
	if (code != ERR_OK)
		return note_error(db, planted(err, code));
	code = db->driver->start(db, number, some_values(values), count, rows,
	    out, err);
	if (code != ERR_OK)
		return note_error(db, code);
	(*out)->db = db;
	(*out)->number = number;
	(*out)->letters = db->table[number].result;
	(*out)->columns = (int)strlen((*out)->letters);
	return ERR_OK;
}

enum err_code
sql_start(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, struct sql_cursor **out, struct err *err)
{
	return sql_start_each(db, number, values, count, 1, out, err);
}

enum err_code
sql_start_each(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, size_t rows, struct sql_cursor **out, struct err *err)
{
	assert_call_fits(db, number, values, count, rows);
	assert(out != NULL);
	return start(db, number, values, count, rows, out, err);
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

size_t
sql_get_input(const struct sql_cursor *c)
{
	assert(c != NULL);
	return c->input;
}

static char
column_letter(const struct sql_cursor *c, int column)
{
	assert(column >= 0);
	assert(column < c->columns);
	return c->letters[column];
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
	return sql_run_each(db, number, values, count, 1, err);
}

/* A run by the driver counts as the start and the one step that it replaces. */
static enum err_code
run_by_driver(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, size_t rows, struct err *err)
{
	enum err_code code = sql_fault_check();

	if (code == ERR_OK)
		code = sql_fault_check();
	if (code != ERR_OK)
		return note_error(db, planted(err, code));
	return note_error(db,
	    db->driver->run(db, number, some_values(values), count, rows, err));
}

enum err_code
sql_run_each(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, size_t rows, struct err *err)
{
	struct sql_cursor *c;
	enum err_code code;
	bool row = true;

	assert_call_fits(db, number, values, count, rows);
	if (rows == 0)
		return ERR_OK;
	if (db->driver->run != NULL)
		return run_by_driver(db, number, values, count, rows, err);
	code = start(db, number, values, count, rows, &c, err);
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
sql_checkpoint_mark(struct sql_db *db, struct err *err)
{
	assert(db != NULL);
	assert(!db->in_transaction);
	if (db->driver->checkpoint_mark == NULL)
		return ERR_OK;
	return db->driver->checkpoint_mark(db, err);
}

void
sql_checkpoint_unmark(struct sql_db *db)
{
	assert(db != NULL);
	if (db->driver->checkpoint_unmark != NULL)
		db->driver->checkpoint_unmark(db);
}

enum err_code
sql_checkpoint_beside(struct sql_db *db, int64_t *moved_bytes, struct err *err)
{
	assert(db != NULL);
	assert(moved_bytes != NULL);
	*moved_bytes = 0;
	if (db->driver->checkpoint_beside == NULL)
		return ERR_OK;
	if (sql_fault_beside_fails())
		return planted(err, ERR_STORE_FAILED);
	return db->driver->checkpoint_beside(db, moved_bytes, err);
}

enum err_code
sql_checkpoint_flush(struct sql_db *db, const atomic_bool *hurry,
    struct err *err)
{
	assert(db != NULL);
	assert(hurry != NULL);
	if (db->driver->checkpoint_flush == NULL)
		return ERR_OK;
	sql_fault_wait_for_hurry(hurry);
	return db->driver->checkpoint_flush(db, hurry, err);
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
