/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite driver: statements and transactions. One connection owns all
 * writes of a file; readers cannot write at all. Another one checkpoints beside
 * it only while a mark keeps the log from beginning anew, see
 * sql_sqlite_file.c. No memory map: an I/O error must come back as an error and
 * not as SIGBUS.
 *
 * A statement is prepared once and its cursor lives with the connection, so
 * running one allocates nothing here.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"
#include "sql/sql_sqlite.h"
#include "sql/sqlite_memory.h"

/* How many of SQLite's virtual instructions pass between two looks at the
 * clock: some 20 microseconds. */
#define DEADLINE_OPS 1000

static pthread_once_t sqlite_once = PTHREAD_ONCE_INIT;

static void
configure_sqlite(void)
{
	/* A connection is one thread's at a time. Nothing locks it then, and a
	 * column's value may be looked at where it stands. */
	(void)sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	/* Memory statistics take a lock at each allocation of any thread. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite_memory_configure();
}

static bool
is_out_of_space(const struct sqlite_db *d, int rc)
{
	int number = d->handle ? sqlite3_system_errno(d->handle) : 0;

	if ((rc & 0xff) == SQLITE_FULL)
		return true;
	return (rc & 0xff) == SQLITE_IOERR &&
	    (number == ENOSPC || number == EDQUOT);
}

enum err_code
sqlite_fail(struct sqlite_db *d, int rc, const char *doing, struct err *err)
{
	const char *text = d->handle ? sqlite3_errmsg(d->handle)
				     : sqlite3_errstr(rc);
	int number = d->handle ? sqlite3_system_errno(d->handle) : 0;
	enum err_code code = ERR_STORE_FAILED;

	assert(rc != SQLITE_OK);
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
		code = ERR_STORE_BUSY;
		break;
	case SQLITE_CONSTRAINT:
		/* What a server calls a unique violation. */
		if (rc == SQLITE_CONSTRAINT_UNIQUE ||
		    rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
		    rc == SQLITE_CONSTRAINT_ROWID)
			code = ERR_STORE_CONFLICT;
		break;
	default:
		if (is_out_of_space(d, rc))
			code = ERR_STORE_FULL;
	}
	return err_set(err, code, NULL, "%s: %s (sqlite %d, errno %d)", doing,
	    text, rc, number);
}

void
sqlite_kill(struct sqlite_db *d)
{
	atomic_store(&d->is_dead, true);
}

enum err_code
sqlite_refuse_dead(struct err *err)
{
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "the database connection was given up after an I/O error;"
	    " restart when the disk is sound");
}

/* --- opening and closing ----------------------------------------------- */

static void
driver_close(struct sql_db *db)
{
	struct sqlite_db *d = sqlite_of(db);

	for (size_t i = 0; i < d->cursor_count; i++) {
		(void)sqlite3_finalize(d->cursors[i].one);
		(void)sqlite3_finalize(d->cursors[i].set);
	}
	(void)sqlite3_finalize(d->begin);
	(void)sqlite3_finalize(d->commit);
	(void)sqlite3_finalize(d->rollback);
	sqlite_file_close(d);
	free(d->cursors);
	free(d);
}

static enum err_code
prepare_one(struct sqlite_db *d, const char *text, sqlite3_stmt **out,
    struct err *err)
{
	int rc = sqlite3_prepare_v3(d->handle, text, -1,
	    SQLITE_PREPARE_PERSISTENT, out, NULL);

	return rc == SQLITE_OK ? ERR_OK : sqlite_fail(d, rc, text, err);
}

static enum err_code
prepare_transactions(struct sqlite_db *d, struct err *err)
{
	/* A writer takes its lock at once: a transaction that begins by reading
	 * could find out at its first write that it must not. */
	const char *begin = d->mode == SQL_READER ? "BEGIN" : "BEGIN IMMEDIATE";
	enum err_code code = prepare_one(d, begin, &d->begin, err);

	if (code == ERR_OK)
		code = prepare_one(d, "COMMIT", &d->commit, err);
	if (code == ERR_OK)
		code = prepare_one(d, "ROLLBACK", &d->rollback, err);
	return code;
}

static enum err_code
open_file(struct sqlite_db *d, const char *path, struct err *err)
{
	static const int mode_flags[] = {
	    [SQL_READER] = SQLITE_OPEN_READONLY,
	    [SQL_WRITER] = SQLITE_OPEN_READWRITE,
	    [SQL_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	};
	int flags = mode_flags[d->mode] | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_EXRESCODE;
	enum err_code code;
	int rc;

	if (d->mode == SQL_CREATE) {
		code = sqlite_file_create(path, err);
		if (code == ERR_OK)
			code = sql_recover_file(path, err);
		if (code != ERR_OK)
			return code;
	}
	rc = sqlite3_open_v2(path, &d->handle, flags,
	    d->mode == SQL_READER ? sqlite_wal_vfs()
				  : sqlite_move_vfs(MOVER_WRITER));
	if (rc != SQLITE_OK)
		return sqlite_fail(d, rc, path, err);
	rc = sqlite_given_register(d->handle);
	if (rc != SQLITE_OK)
		return sqlite_fail(d, rc, path, err);
	code = sqlite_file_settings(d, err);
	if (code != ERR_OK && sqlite3_errcode(d->handle) == SQLITE_NOTADB)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "%s is not a SQLite database", path);
	return code == ERR_OK ? prepare_transactions(d, err) : code;
}

static void
index_sets(struct sqlite_db *d, const struct sql_table *table)
{
	for (size_t i = 0; i < table->sqlite_count; i++) {
		const struct sql_override *o = &table->sqlite[i];

		assert(o->text == NULL);
		if ((size_t)o->number < d->cursor_count)
			d->cursors[o->number].set_text = o->set;
	}
}

static enum err_code
driver_open(struct str rest, enum sql_mode mode, const struct sql_table *table,
    struct sql_db **out, struct err *err)
{
	struct sqlite_db *d;
	enum err_code code;
	char *path;

	if (rest.n == 0 || memchr(rest.p, '\0', rest.n) != NULL)
		return err_set(err, ERR_USAGE, "store",
		    "sqlite: needs the path of a file behind it");
	(void)pthread_once(&sqlite_once, configure_sqlite);
	d = calloc(1, sizeof(*d));
	path = strndup(rest.p, rest.n);
	if (d != NULL)
		d->cursors = calloc(table->count, sizeof(*d->cursors));
	if (d == NULL || path == NULL || d->cursors == NULL) {
		code = err_set(err, ERR_STORE_FAILED, NULL, "out of memory");
	} else {
		d->mode = mode;
		d->cursor_count = table->count;
		index_sets(d, table);
		code = open_file(d, path, err);
	}
	free(path);
	if (code != ERR_OK && d != NULL)
		driver_close(&d->base);
	else
		*out = &d->base;
	return code;
}

/* --- preparing ----------------------------------------------------------- */

static enum err_code
misfit(const struct sql_statement *s, const char *what, struct err *err)
{
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "statement %s: its text does not have the %s its letters say",
	    s->name, what);
}

/* SQLite numbers $x by first appearance whatever x is; that parameter k is
 * named $k makes $1, $2 mean here what they mean elsewhere. */
static bool
parameters_are_in_order(sqlite3_stmt *stmt, int count)
{
	char name[16];

	for (int k = 1; k <= count; k++) {
		const char *actual = sqlite3_bind_parameter_name(stmt, k);

		(void)snprintf(name, sizeof(name), "$%d", k);
		if (actual == NULL || strcmp(actual, name) != 0)
			return false;
	}
	return true;
}

static bool
letters_are_known(const char *letters)
{
	return letters[strspn(letters, "isb")] == '\0';
}

static enum err_code
check_letters(const struct sql_statement *s, sqlite3_stmt *stmt,
    struct err *err)
{
	int count = sqlite3_bind_parameter_count(stmt);

	if (!letters_are_known(s->args) || (size_t)count != strlen(s->args))
		return misfit(s, "parameters", err);
	if (!parameters_are_in_order(stmt, count))
		return misfit(s, "parameters in the order", err);
	if (!letters_are_known(s->result) ||
	    (size_t)sqlite3_column_count(stmt) != strlen(s->result))
		return misfit(s, "columns", err);
	return ERR_OK;
}

/* The number of the input row stands behind the columns, if there are any. */
static enum err_code
check_set(const struct sql_statement *s, sqlite3_stmt *stmt, struct err *err)
{
	size_t columns = strlen(s->result);

	if (sqlite3_bind_parameter_count(stmt) != 1)
		return misfit(s, "parameter of a set", err);
	if ((size_t)sqlite3_column_count(stmt) != columns + (columns > 0))
		return misfit(s, "columns of a set", err);
	return ERR_OK;
}

static enum err_code
prepare_statement(struct sqlite_db *d, size_t number, struct err *err)
{
	const struct sql_statement *s = &d->base.table[number];
	struct sqlite_cursor *c = &d->cursors[number];
	enum err_code code;

	assert(c->one == NULL);
	code = prepare_one(d, s->text, &c->one, err);
	if (code == ERR_OK)
		code = check_letters(s, c->one, err);
	if (code == ERR_OK && c->set_text != NULL)
		code = prepare_one(d, c->set_text, &c->set, err);
	if (code == ERR_OK && c->set_text != NULL)
		code = check_set(s, c->set, err);
	if (code != ERR_OK) {
		(void)sqlite3_finalize(c->one);
		(void)sqlite3_finalize(c->set);
		c->one = c->set = NULL;
	}
	return code;
}

/* A prepared statement takes some 10 KB, and a reader uses few of them: it
 * prepares those at their first use. The writer has looked at all. */
static enum err_code
driver_prepare(struct sql_db *db, struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	enum err_code code = ERR_OK;

	if (d->mode == SQL_READER)
		return ERR_OK;
	for (size_t i = 0; i < d->cursor_count && code == ERR_OK; i++)
		code = prepare_statement(d, i, err);
	return code;
}

/* --- transactions -------------------------------------------------------- */

/* Steps one of BEGIN, COMMIT and ROLLBACK. */
static int
step_once(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	/* An error is told by step already; reset would only repeat it. */
	if (rc == SQLITE_DONE)
		(void)sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static enum err_code
driver_begin(struct sql_db *db, struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	enum err_code code;
	int rc;

	if (d->is_dead)
		return sqlite_refuse_dead(err);
	rc = step_once(d->begin);
	if (rc == SQLITE_OK)
		return ERR_OK;
	code = sqlite_fail(d, rc, "begin", err);
	(void)sqlite3_reset(d->begin);
	return code;
}

static void
driver_rollback(struct sql_db *db)
{
	struct sqlite_db *d = sqlite_of(db);

	/* Some errors have rolled back by themselves. */
	if (sqlite3_get_autocommit(d->handle))
		return;
	if (step_once(d->rollback) != SQLITE_OK)
		(void)sqlite3_reset(d->rollback);
	/* Left open, it would carry into the next transaction. */
	if (!sqlite3_get_autocommit(d->handle))
		sqlite_kill(d);
}

static enum err_code
driver_commit(struct sql_db *db, struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	int rc = step_once(d->commit);
	enum err_code code;

	if (rc == SQLITE_OK)
		return ERR_OK;
	code = sqlite_fail(d, rc, "commit", err);
	(void)sqlite3_reset(d->commit);
	driver_rollback(db);
	if ((rc & 0xff) != SQLITE_IOERR)
		return code;
	/* Written but not flushed: recovery may find it whole, or not. */
	sqlite_kill(d);
	return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC
	    ? ERR_STORE_UNSURE
	    : ERR_STORE_FAILED;
}

/* --- statements ---------------------------------------------------------- */

static int
bind_one(sqlite3_stmt *stmt, int k, const struct sql_value *v)
{
	switch (v->kind) {
	case SQL_INT:
		return sqlite3_bind_int64(stmt, k, v->i);
	case SQL_TEXT:
		return sqlite3_bind_text64(stmt, k, v->s.p, v->s.n,
		    SQLITE_STATIC, SQLITE_UTF8);
	case SQL_BYTES:
		return sqlite3_bind_blob64(stmt, k, v->s.p, v->s.n,
		    SQLITE_STATIC);
	case SQL_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, k);
}

static enum err_code
check_deadline(const struct sqlite_db *d, struct err *err)
{
	if (d->deadline_us == 0 || when_monotonic_us() < d->deadline_us)
		return ERR_OK;
	return err_set(err, ERR_STORE_BUSY, NULL, "the read took too long");
}

/* Gives the statement its next row of values. */
static enum err_code
bind_next(struct sqlite_db *d, struct sqlite_cursor *c, const char *name,
    struct err *err)
{
	const struct sql_value *values = c->values + c->bound * c->count;

	for (size_t i = 0; i < c->count; i++) {
		int rc = bind_one(c->stmt, (int)i + 1, &values[i]);

		if (rc != SQLITE_OK)
			return sqlite_fail(d, rc, name, err);
	}
	c->base.input = c->bound++;
	return ERR_OK;
}

static enum err_code
bind_set(struct sqlite_db *d, struct sqlite_cursor *c, const char *name,
    struct err *err)
{
	int rc;

	c->given = (struct sqlite_given){c->values, c->count, c->rows};
	c->bound = c->rows;
	rc = sqlite_given_bind(c->set, &c->given);
	return rc == SQLITE_OK ? ERR_OK : sqlite_fail(d, rc, name, err);
}

static enum err_code
driver_start(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, size_t rows, struct sql_cursor **out, struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	struct sqlite_cursor *c = &d->cursors[number];
	enum err_code code = ERR_OK;

	assert(!c->is_busy);
	if (d->is_dead)
		return sqlite_refuse_dead(err);
	if (check_deadline(d, err) != ERR_OK)
		return ERR_STORE_BUSY;
	c->values = values;
	c->count = count;
	c->rows = rows;
	c->bound = 0;
	if (c->one == NULL)
		code = prepare_statement(d, (size_t)number, err);
	c->stmt = rows > 1 && c->set != NULL ? c->set : c->one;
	if (code == ERR_OK && c->stmt == c->set)
		code = bind_set(d, c, db->table[number].name, err);
	else if (code == ERR_OK && rows > 0)
		code = bind_next(d, c, db->table[number].name, err);
	if (code != ERR_OK)
		return code;
	c->is_busy = true;
	*out = &c->base;
	return ERR_OK;
}

static struct sqlite_cursor *
cursor_of(struct sql_cursor *c)
{
	return (struct sqlite_cursor *)(void *)c;
}

static enum err_code
driver_next(struct sql_cursor *cursor, bool *row, struct err *err)
{
	struct sqlite_db *d = sqlite_of(cursor->db);
	const char *name = cursor->db->table[cursor->number].name;
	struct sqlite_cursor *c = cursor_of(cursor);

	assert(c->is_busy);
	while (c->rows > 0) {
		int rc = sqlite3_step(c->stmt);
		enum err_code code;

		*row = rc == SQLITE_ROW;
		if (*row && c->stmt == c->set)
			cursor->input = (size_t)sqlite3_column_int64(
					    c->stmt, cursor->columns) -
			    1;
		if (*row)
			return ERR_OK;
		if (rc != SQLITE_DONE)
			return sqlite_fail(d, rc, name, err);
		if (c->bound == c->rows)
			break;
		(void)sqlite3_reset(c->stmt);
		code = bind_next(d, c, name, err);
		if (code != ERR_OK)
			return code;
	}
	return ERR_OK;
}

static int64_t
driver_get_int(struct sql_cursor *cursor, int column)
{
	return sqlite3_column_int64(cursor_of(cursor)->stmt, column);
}

static struct str
driver_get_str(struct sql_cursor *cursor, int column)
{
	/* One look-up instead of three: most columns of most rows are texts. */
	sqlite3_value *value = sqlite3_column_value(cursor_of(cursor)->stmt,
	    column);
	const void *p;

	if (sqlite3_value_type(value) == SQLITE_NULL)
		return STR_NONE;
	/* Text is stored as UTF-8, so its bytes are the text: no conversion,
	 * and an empty value comes as NULL. */
	p = sqlite3_value_blob(value);
	return (struct str){
	    p != NULL ? p : "", (size_t)sqlite3_value_bytes(value)};
}

static void
driver_done(struct sql_cursor *cursor)
{
	struct sqlite_cursor *c = cursor_of(cursor);

	assert(c->is_busy);
	(void)sqlite3_reset(c->stmt);
	c->is_busy = false;
}

static enum err_code
driver_script_run(struct sql_db *db, const char *script, struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	int rc;

	if (d->is_dead)
		return sqlite_refuse_dead(err);
	rc = sqlite3_exec(d->handle, script, NULL, NULL, NULL);
	return rc == SQLITE_OK ? ERR_OK : sqlite_fail(d, rc, "script", err);
}

static int
on_progress(void *arg)
{
	const struct sqlite_db *d = arg;

	return when_monotonic_us() >= d->deadline_us;
}

static void
driver_set_deadline(struct sql_db *db, int64_t at_us)
{
	struct sqlite_db *d = sqlite_of(db);

	d->deadline_us = at_us;
	sqlite3_progress_handler(d->handle, at_us > 0 ? DEADLINE_OPS : 0,
	    at_us > 0 ? on_progress : NULL, d);
}

const struct sql_driver sql_driver_sqlite = {
    .scheme = "sqlite:",
    .open = driver_open,
    .close = driver_close,
    .prepare = driver_prepare,
    .begin = driver_begin,
    .commit = driver_commit,
    .rollback = driver_rollback,
    .start = driver_start,
    .next = driver_next,
    .get_int = driver_get_int,
    .get_str = driver_get_str,
    .done = driver_done,
    .script_run = driver_script_run,
    .set_deadline = driver_set_deadline,
    .wal_bytes = sqlite_file_wal_bytes,
    .checkpoint = sqlite_file_checkpoint,
    .checkpoint_mark = sqlite_file_mark,
    .checkpoint_unmark = sqlite_file_unmark,
    .checkpoint_beside = sqlite_file_checkpoint_beside,
    .checkpoint_flush = sqlite_file_checkpoint_flush,
    .copy = sqlite_file_copy,
    .integrity = sqlite_file_integrity,
};

const char *
sql_library_version(void)
{
	return sqlite3_libversion();
}
