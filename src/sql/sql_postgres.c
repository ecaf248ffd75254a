/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL driver: transactions, statements and cursors, over the pipe.
 *
 * BEGIN goes out with the first statement. Nothing waits for an answer but
 * stepping a cursor, sql_commit of a writer, and a statement without a
 * transaction. So a transaction that writes a set, and another, and commits, is
 * one journey to the server and back.
 */
#include "sql/sql_postgres.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"

static struct postgres_cursor *
cursor_of(struct sql_cursor *c)
{
	return (struct postgres_cursor *)(void *)c;
}

/* --- opening and closing ----------------------------------------------- */

static void
driver_close(struct sql_db *db)
{
	struct postgres_db *d = postgres_of(db);

	link_close(d);
	for (size_t i = 0; d->cursors != NULL && i < d->table->count; i++) {
		free((void *)d->cursors[i].results);
		free(d->cursors[i].inputs);
	}
	if (d->url != NULL)
		explicit_bzero(d->url, strlen(d->url));
	free(d->url);
	free((void *)d->overrides);
	free(d->cursors);
	free(d->ops);
	free((void *)d->values);
	free(d->lengths);
	free(d->formats);
	free(d->ints);
	free(d->arrays);
	free(d);
}

static size_t
args_max(const struct sql_table *table)
{
	size_t most = 1;

	for (size_t i = 0; i < table->count; i++)
		if (strlen(table->rows[i].args) > most)
			most = strlen(table->rows[i].args);
	return most;
}

static bool
make_room(struct postgres_db *d)
{
	size_t args = args_max(d->table), count = d->table->count;

	d->overrides = calloc(count, sizeof(*d->overrides));
	d->cursors = calloc(count, sizeof(*d->cursors));
	d->values = calloc(args, sizeof(*d->values));
	d->lengths = calloc(args, sizeof(*d->lengths));
	d->formats = calloc(args, sizeof(*d->formats));
	d->ints = calloc(args, sizeof(*d->ints));
	return d->overrides != NULL && d->cursors != NULL &&
	    d->values != NULL && d->lengths != NULL && d->formats != NULL &&
	    d->ints != NULL;
}

static void
index_overrides(struct postgres_db *d)
{
	for (size_t i = 0; i < d->table->postgres_count; i++) {
		const struct sql_override *o = &d->table->postgres[i];

		assert(o->number >= 0);
		if ((size_t)o->number >= d->table->count)
			continue;
		assert(d->overrides[o->number] == NULL);
		d->overrides[o->number] = o;
	}
}

static enum err_code
driver_open(struct str rest, enum sql_mode mode, const struct sql_table *table,
    struct sql_db **out, struct err *err)
{
	struct postgres_db *d = calloc(1, sizeof(*d));
	enum err_code code = ERR_OK;

	if (d == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	d->table = table;
	d->mode = mode;
	if (!make_room(d)) {
		code = err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	} else {
		index_overrides(d);
		code = link_init(d, rest, err);
	}
	if (code == ERR_OK)
		code = link_open(d, err);
	if (code == ERR_OK)
		*out = &d->base;
	else
		driver_close(&d->base);
	return code;
}

static enum err_code
driver_prepare(struct sql_db *db, struct err *err)
{
	struct postgres_db *d = postgres_of(db);
	enum err_code code = link_open(d, err);

	return code == ERR_OK ? statements_prepare(d, err) : code;
}

/* --- transactions -------------------------------------------------------- */

/* Before anything that waits: the text of the first error is the reason. */
static enum err_code
tell_failure(const struct postgres_db *d, enum err_code code, struct err *err)
{
	if (err == NULL)
		return code;
	*err = d->failure;
	err->code = code;
	return code;
}

static enum err_code
refuse_lost(struct err *err)
{
	return err_set(err, ERR_STORE_AWAY, NULL,
	    "the link to the database was lost");
}

static enum err_code
refuse_late(const struct postgres_db *d, struct err *err)
{
	if (d->deadline_us == 0 || when_monotonic_us() < d->deadline_us)
		return ERR_OK;
	return err_set(err, ERR_STORE_BUSY, NULL, "it took too long");
}

static void
begin_turn(struct postgres_db *d)
{
	d->turn++;
	d->code = ERR_OK;
	d->failure = (struct err){.code = ERR_OK};
	d->has_begun = false;
	d->commit_warned = false;
}

static enum err_code
driver_begin(struct sql_db *db, struct err *err)
{
	struct postgres_db *d = postgres_of(db);
	enum err_code code = refuse_late(d, err);

	if (code == ERR_OK)
		code = link_open(d, err);
	if (code == ERR_OK)
		begin_turn(d);
	return code;
}

static enum err_code
send_own(struct postgres_db *d, const char *name, enum postgres_op_kind kind)
{
	struct postgres_op op = {.kind = kind, .number = -1, .turn = d->turn};

	return pipe_execute(d, name, 0, &op);
}

/* Ends what the server holds, and does not wait for it. */
static void
end_quietly(struct postgres_db *d, const char *name)
{
	bool had_begun = d->has_begun;

	/* The results of what was started are nobody's from now on. */
	for (size_t i = 0; i < d->op_count; i++)
		if (d->ops[d->op_first + i].turn == d->turn)
			d->ops[d->op_first + i].cursor = NULL;
	d->has_begun = false;
	if (d->conn == NULL || !had_begun)
		return;
	/* The rest of a segment that has failed is passed over, this too. */
	pipe_sync(d);
	if (d->conn != NULL && send_own(d, name, OP_END) == ERR_OK)
		pipe_flush(d);
}

static void
driver_rollback(struct sql_db *db)
{
	end_quietly(postgres_of(db), "rollback");
}

/* Until when an answer is waited for: a writer's for a bounded time, a tool's
 * read or a schema's change for as long as the server lives. */
static int64_t
answer_until_us(const struct postgres_db *d)
{
	int64_t until_us = d->deadline_us;

	if (d->mode == SQL_WRITER) {
		int64_t limit_us = when_monotonic_us() +
		    (int64_t)LIMIT_POSTGRES_ANSWER_MS * 1000;

		if (until_us == 0 || limit_us < until_us)
			until_us = limit_us;
	}
	return until_us;
}

static enum err_code
driver_commit(struct sql_db *db, struct err *err)
{
	struct postgres_db *d = postgres_of(db);

	if (d->code == ERR_OK && !d->has_begun)
		return ERR_OK;
	if (d->mode == SQL_READER && d->code == ERR_OK) {
		end_quietly(d, "commit");
		return ERR_OK;
	}
	/* A server that has left already did not get it. */
	if (!link_is_sound(d))
		pipe_lose(d);
	if (d->conn == NULL && d->code == ERR_OK)
		d->code = ERR_STORE_AWAY;
	/* Nobody would wait for its answer. */
	if (d->code == ERR_OK)
		d->code = refuse_late(d, &d->failure);
	if (d->code != ERR_OK) {
		end_quietly(d, "rollback");
		return tell_failure(d, d->code, err);
	}
	d->commit = ERR_STORE_UNSURE;
	if (send_own(d, "commit", OP_COMMIT) == ERR_OK)
		(void)pipe_wait(d, NULL, answer_until_us(d), &d->failure);
	if (d->commit == ERR_OK) {
		d->has_begun = false;
		return ERR_OK;
	}
	end_quietly(d, "rollback");
	return tell_failure(d, d->commit, err);
}

/* --- statements ---------------------------------------------------------- */

/* Makes ready for a statement of this number: a link, BEGIN before the first. */
static enum err_code
make_ready(struct postgres_db *d, struct err *err)
{
	enum err_code code = refuse_late(d, err);

	if (code != ERR_OK)
		return code;
	if (!d->base.in_transaction) {
		code = link_open(d, err);
		if (code == ERR_OK)
			begin_turn(d);
		return code;
	}
	if (d->code != ERR_OK)
		return tell_failure(d, d->code, err);
	if (d->conn == NULL)
		return refuse_lost(err);
	if (d->has_begun)
		return ERR_OK;
	code = send_own(d, "begin", OP_BEGIN);
	d->has_begun = code == ERR_OK;
	return code == ERR_OK ? code : tell_failure(d, code, err);
}

static enum err_code
send_set(struct postgres_db *d, struct postgres_op *op,
    const struct sql_value *values, size_t count, size_t rows)
{
	const char *letters = d->table->rows[op->number].args;
	char name[STATEMENT_NAME_BYTES];
	enum err_code code = values_put_set(d, letters, values, count, rows);

	if (code != ERR_OK)
		return err_set(&d->failure, code, NULL, "%s: too much at once",
		    statement_label(d, op->number));
	op->is_set = true;
	statement_name(op->number, true, name);
	return pipe_execute(d, name, (int)count, op);
}

/* Queues the executions; what went wrong stands in d->failure. */
static enum err_code
send_rows(struct postgres_db *d, struct postgres_op *op,
    const struct sql_value *values, size_t count, size_t rows)
{
	struct postgres_cursor *cursor = op->cursor;
	char name[STATEMENT_NAME_BYTES];
	enum err_code code = ERR_OK;

	/* One row has no use for arrays. */
	if (rows > 1 && statement_text(d, op->number, true) != NULL) {
		if (cursor != NULL) {
			cursor->outstanding = 1;
			cursor->is_set = true;
		}
		return send_set(d, op, values, count, rows);
	}
	statement_name(op->number, false, name);
	if (cursor != NULL)
		cursor->outstanding = rows;
	for (size_t r = 0; r < rows && code == ERR_OK; r++) {
		op->input = r;
		values_put_row(d, values + r * count, count);
		code = pipe_execute(d, name, (int)count, op);
	}
	return code;
}

static void
cursor_clear(struct postgres_cursor *c)
{
	for (size_t i = c->result; i < c->result_count; i++)
		PQclear(c->results[i]);
	c->result = c->result_count = 0;
	c->row = -1;
	c->outstanding = 0;
	c->code = ERR_OK;
	c->is_set = false;
}

static enum err_code
driver_start(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, size_t rows, struct sql_cursor **out, struct err *err)
{
	struct postgres_db *d = postgres_of(db);
	struct postgres_cursor *c = &d->cursors[number];
	struct postgres_op op = {
	    .kind = OP_ROWS, .number = number, .cursor = c};
	enum err_code code = make_ready(d, err);

	assert(!c->is_busy);
	if (code != ERR_OK)
		return code;
	cursor_clear(c);
	op.turn = d->turn;
	/* A tool reads all there is, and must not hold it all. */
	op.is_stream = d->mode == SQL_READER && d->deadline_us == 0;
	code = send_rows(d, &op, values, count, rows);
	if (code != ERR_OK) {
		cursor_clear(c);
		return tell_failure(d, code, err);
	}
	c->is_busy = true;
	*out = &c->base;
	return ERR_OK;
}

static enum err_code
driver_run(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, size_t rows, struct err *err)
{
	struct postgres_db *d = postgres_of(db);
	struct postgres_op op = {.kind = OP_RUN, .number = number};
	enum err_code code = make_ready(d, err);

	if (code != ERR_OK)
		return code;
	op.turn = d->turn;
	code = send_rows(d, &op, values, count, rows);
	if (code == ERR_OK && !db->in_transaction) {
		code = pipe_wait(d, NULL, answer_until_us(d), &d->failure);
		if (code == ERR_OK)
			code = d->code;
	}
	return code == ERR_OK ? code : tell_failure(d, code, err);
}

/* --- cursors ---------------------------------------------------------------- */

/* Goes to the next row of the results that are here. */
static bool
step_here(struct postgres_cursor *c)
{
	while (c->result < c->result_count) {
		if (++c->row < PQntuples(c->results[c->result]))
			return true;
		PQclear(c->results[c->result++]);
		c->row = -1;
	}
	c->result = c->result_count = 0;
	return false;
}

static enum err_code
driver_next(struct sql_cursor *cursor, bool *row, struct err *err)
{
	struct postgres_db *d = postgres_of(cursor->db);
	struct postgres_cursor *c = cursor_of(cursor);
	const PGresult *result;

	assert(c->is_busy);
	while (!(*row = step_here(c)) && c->outstanding > 0) {
		enum err_code code = pipe_wait(d, c, answer_until_us(d), err);

		if (code != ERR_OK)
			return code;
	}
	if (!*row)
		return c->code == ERR_OK ? ERR_OK
					 : tell_failure(d, c->code, err);
	result = c->results[c->result];
	cursor->input = c->is_set
	    ? (size_t)value_get_int(result, c->row, cursor->columns) - 1
	    : c->inputs[c->result];
	return ERR_OK;
}

static int64_t
driver_get_int(struct sql_cursor *cursor, int column)
{
	const struct postgres_cursor *c = cursor_of(cursor);

	return value_get_int(c->results[c->result], c->row, column);
}

static struct str
driver_get_str(struct sql_cursor *cursor, int column)
{
	const struct postgres_cursor *c = cursor_of(cursor);

	return value_get_str(c->results[c->result], c->row, column);
}

static void
driver_done(struct sql_cursor *cursor)
{
	struct postgres_db *d = postgres_of(cursor->db);
	struct postgres_cursor *c = cursor_of(cursor);

	assert(c->is_busy);
	for (size_t i = 0; c->outstanding > 0 && i < d->op_count; i++)
		if (d->ops[d->op_first + i].cursor == c)
			d->ops[d->op_first + i].cursor = NULL;
	cursor_clear(c);
	c->is_busy = false;
}

static enum err_code
driver_script_run(struct sql_db *db, const char *script, struct err *err)
{
	struct postgres_db *d = postgres_of(db);
	enum err_code code = make_ready(d, err);

	if (code == ERR_OK)
		code = link_script(d, script, err);
	if (code != ERR_OK && d->code == ERR_OK) {
		d->code = code;
		if (err != NULL)
			d->failure = *err;
	}
	return code;
}

static void
driver_set_deadline(struct sql_db *db, int64_t at_us)
{
	postgres_of(db)->deadline_us = at_us;
}

static enum err_code
driver_copy(struct sql_db *db, const char *path, struct err *err)
{
	(void)db;
	(void)path;
	return err_set(err, ERR_USAGE, "store",
	    "a PostgreSQL database is backed up with its own tools: pg_dump,"
	    " pg_basebackup");
}

const struct sql_driver sql_driver_postgres = {
    .scheme = "postgresql:",
    .alias = "postgres:",
    .is_remote = true,
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
    .run = driver_run,
    .set_deadline = driver_set_deadline,
    .copy = driver_copy,
};
