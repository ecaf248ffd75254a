/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipe: commands go in, their results come out in the same order. A sync
 * ends a segment: after an error the server passes over all commands up to the
 * next one. Here every wait sends a sync, so a segment is what was queued since
 * the last wait.
 *
 * The rule for COMMIT, which all of its caution stands on: results come in the
 * order of the commands. So an error of a command before COMMIT means that
 * COMMIT was passed over; COMMIT may have happened exactly when it was given to
 * libpq, none before it failed, and no answer of its own says how it ended.
 */
#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"
#include "sql/sql_postgres.h"

#define OPS_ROOM_MIN 64

/* --- the queue ------------------------------------------------------------- */

static bool
push_op(struct postgres_db *d, const struct postgres_op *op)
{
	size_t room = d->op_room ? d->op_room * 2 : OPS_ROOM_MIN;
	struct postgres_op *ops;

	if (d->op_first + d->op_count == d->op_room && d->op_first > 0) {
		memmove(d->ops, d->ops + d->op_first,
		    d->op_count * sizeof(*d->ops));
		d->op_first = 0;
	}
	if (d->op_count == d->op_room) {
		ops = realloc(d->ops, room * sizeof(*ops));
		if (ops == NULL)
			return false;
		d->ops = ops;
		d->op_room = room;
	}
	d->ops[d->op_first + d->op_count++] = *op;
	return true;
}

static struct postgres_op *
first_op(struct postgres_db *d)
{
	return d->op_count > 0 ? &d->ops[d->op_first] : NULL;
}

/* libpq takes the mode of a result just before it reads the first of it. */
static void
set_stream(struct postgres_db *d)
{
	const struct postgres_op *op = first_op(d);

	if (op != NULL && op->is_stream)
		(void)PQsetSingleRowMode(d->conn);
}

static void
pop_op(struct postgres_db *d)
{
	assert(d->op_count > 0);
	d->op_first++;
	d->op_count--;
	if (d->op_count == 0)
		d->op_first = 0;
	set_stream(d);
}

/* What was given to libpq but could not be noted, or the reverse, would mix up
 * all that follows. */
static enum err_code
sent(struct postgres_db *d, bool is_noted, int is_taken)
{
	if (is_noted && is_taken == 1) {
		if (d->op_count == 1)
			set_stream(d);
		return ERR_OK;
	}
	(void)err_set(&d->failure, is_noted ? ERR_STORE_AWAY : ERR_NO_MEMORY,
	    NULL, "%s", is_noted ? PQerrorMessage(d->conn) : "out of memory");
	link_close(d);
	return d->failure.code;
}

enum err_code
pipe_prepare(struct postgres_db *d, const char *name, const char *text,
    const struct postgres_op *op)
{
	bool is_noted = push_op(d, op);
	int rc = 0;

	d->is_unsynced = true;
	if (op->kind == OP_DESCRIBE)
		rc = PQsendDescribePrepared(d->conn, name);
	else
		rc = PQsendPrepare(d->conn, name, text, 0, NULL);
	return sent(d, is_noted, rc);
}

enum err_code
pipe_execute(struct postgres_db *d, const char *name, int count,
    const struct postgres_op *op)
{
	bool is_noted = push_op(d, op);

	d->is_unsynced = true;
	return sent(d, is_noted,
	    PQsendQueryPrepared(
		d->conn, name, count, d->values, d->lengths, d->formats, 1));
}

void
pipe_sync(struct postgres_db *d)
{
	struct postgres_op op = {.kind = OP_SYNC, .turn = d->turn};
	bool is_noted;

	if (d->conn == NULL || !d->is_unsynced)
		return;
	d->is_unsynced = false;
	is_noted = push_op(d, &op);
	if (sent(d, is_noted, PQpipelineSync(d->conn)) != ERR_OK)
		return;
}

/* --- results --------------------------------------------------------------- */

void
pipe_fail(struct postgres_db *d, const struct postgres_op *op,
    enum err_code code)
{
	/* Only of a COMMIT does an error leave open whether it has happened,
	 * and of what was sent without a transaction. */
	if (op->kind == OP_COMMIT)
		d->commit = d->code == ERR_OK ? code : d->code;
	else if (code == ERR_STORE_UNSURE)
		code = ERR_STORE_AWAY;
	if (op->cursor != NULL && op->cursor->code == ERR_OK)
		op->cursor->code = code;
	if (op->turn == d->turn && d->code == ERR_OK)
		d->code = code;
}

static const char *
op_label(const struct postgres_db *d, const struct postgres_op *op)
{
	static const char *const labels[] = {
	    [OP_BEGIN] = "begin",
	    [OP_COMMIT] = "commit",
	    [OP_END] = "end",
	    [OP_SYNC] = "sync",
	};

	if (op->number >= 0 &&
	    (op->kind == OP_PREPARE || op->kind == OP_DESCRIBE ||
		op->kind == OP_RUN || op->kind == OP_ROWS))
		return statement_label(d, op->number);
	return labels[op->kind] != NULL ? labels[op->kind] : "prepare";
}

/* The first error of a segment: what comes behind it is passed over. */
static void
take_error(struct postgres_db *d, const struct postgres_op *op,
    const PGresult *result)
{
	const struct postgres_error *e;
	struct err failure;
	enum err_code code;

	e = postgres_error_read(result, op_label(d, op), &failure);
	code = e->code;
	d->is_giving_up |= e->gives_up || postgres_is_fatal(result);
	/* A rollback of nothing, and what an earlier turn has left. */
	if (op->kind == OP_END)
		return;
	/* The server may have said this with the COMMIT on its disk, and one
	 * that has servers behind it of a link to them. */
	if (op->kind == OP_COMMIT &&
	    (postgres_is_fatal(result) || code == ERR_STORE_AWAY))
		code = ERR_STORE_UNSURE;
	if (d->code == ERR_OK || op->turn != d->turn)
		d->failure = failure;
	pipe_fail(d, op, code);
}

/* What was sent in a segment after its error. */
static void
take_aborted(struct postgres_db *d, const struct postgres_op *op)
{
	if (op->kind == OP_SYNC || op->kind == OP_END)
		return;
	pipe_fail(d, op,
	    d->failure.code != ERR_OK ? d->failure.code : ERR_STORE_AWAY);
}

static bool
keep_result(struct postgres_cursor *c, PGresult *result, size_t input)
{
	if (c->result_count == c->result_room) {
		size_t room = c->result_room ? c->result_room * 2 : 4;
		PGresult **results = realloc(c->results,
		    room * sizeof(PGresult *));
		size_t *inputs;

		if (results == NULL)
			return false;
		c->results = results;
		inputs = realloc(c->inputs, room * sizeof(*inputs));
		if (inputs == NULL)
			return false;
		c->inputs = inputs;
		c->result_room = room;
	}
	c->results[c->result_count] = result;
	c->inputs[c->result_count++] = input;
	return true;
}

/* Takes the result: it is the cursor's, or freed. */
static void
take_rows(struct postgres_db *d, const struct postgres_op *op, PGresult *result)
{
	if (op->cursor == NULL || PQntuples(result) == 0) {
		PQclear(result);
		return;
	}
	if (keep_result(op->cursor, result, op->input))
		return;
	PQclear(result);
	(void)err_set(&d->failure, ERR_NO_MEMORY, NULL, "out of memory");
	pipe_fail(d, op, ERR_NO_MEMORY);
}

static void
take_done(struct postgres_db *d, const struct postgres_op *op,
    const PGresult *result)
{
	if (op->kind == OP_DESCRIBE) {
		struct err failure;
		enum err_code code = statement_compare(d, op, result, &failure);

		if (code == ERR_OK)
			return;
		if (d->code == ERR_OK)
			d->failure = failure;
		pipe_fail(d, op, code);
	}
	if (op->kind != OP_COMMIT)
		return;
	if (strcmp(PQcmdStatus((PGresult *)(uintptr_t)result), "COMMIT") != 0) {
		(void)err_set(&d->failure, ERR_STORE_FAILED, NULL,
		    "commit: the server has rolled back");
		pipe_fail(d, op, ERR_STORE_FAILED);
	} else if (d->commit_warned) {
		pipe_fail(d, op, ERR_STORE_UNSURE);
	} else {
		d->commit = ERR_OK;
	}
}

/* libpq's own word that the link is gone says nothing of the command. */
static bool
is_word_of_loss(const PGresult *result)
{
	return result == NULL ||
	    (PQresultStatus(result) == PGRES_FATAL_ERROR &&
		PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL);
}

/* One result; true when its command has no more. */
static bool
take_result(struct postgres_db *d, PGresult *result)
{
	const struct postgres_op *op = first_op(d);

	switch (PQresultStatus(result)) {
	case PGRES_PIPELINE_SYNC:
		assert(op->kind == OP_SYNC);
		break;
	case PGRES_SINGLE_TUPLE:
		take_rows(d, op, result);
		return false;
	case PGRES_TUPLES_OK:
		take_rows(d, op, result);
		return true;
	case PGRES_COMMAND_OK:
		take_done(d, op, result);
		break;
	case PGRES_PIPELINE_ABORTED:
		take_aborted(d, op);
		break;
	default:
		take_error(d, op, result);
	}
	PQclear(result);
	return true;
}

/* The end of a command's results; a sync has no NULL behind it. */
static void
end_op(struct postgres_db *d)
{
	struct postgres_op *op = first_op(d);

	if (op->kind != OP_SYNC) {
		PGresult *nothing = PQgetResult(d->conn);

		assert(nothing == NULL);
	}
	if (op->cursor != NULL)
		op->cursor->outstanding--;
	pop_op(d);
}

static bool
is_there(const struct postgres_db *d, const struct postgres_cursor *cursor)
{
	if (cursor == NULL)
		return d->op_count == 0;
	return cursor->outstanding == 0 ||
	    cursor->result_count > cursor->result;
}

void
pipe_take(struct postgres_db *d, const struct postgres_cursor *cursor)
{
	while (d->op_count > 0 && !is_there(d, cursor) && !PQisBusy(d->conn)) {
		PGresult *result = PQgetResult(d->conn);

		if (is_word_of_loss(result)) {
			d->is_lost = true;
			PQclear(result);
			return;
		}
		if (take_result(d, result))
			end_op(d);
	}
}

/* --- waiting --------------------------------------------------------------- */

void
pipe_lose(struct postgres_db *d)
{
	if (d->failure.code == ERR_OK || d->code == ERR_OK)
		(void)err_set(&d->failure, ERR_STORE_AWAY, NULL,
		    "the link to the database was lost: %.*s",
		    (int)strcspn(PQerrorMessage(d->conn), "\n"),
		    PQerrorMessage(d->conn));
	link_close(d);
}

enum err_code
pipe_wait(struct postgres_db *d, struct postgres_cursor *cursor,
    int64_t until_us, struct err *err)
{
	pipe_sync(d);
	while (d->conn != NULL && !is_there(d, cursor)) {
		int flush = PQflush(d->conn);

		pipe_take(d, cursor);
		if (is_there(d, cursor))
			break;
		if (flush < 0 || d->is_lost ||
		    PQstatus(d->conn) != CONNECTION_OK) {
			pipe_lose(d);
			break;
		}
		if (link_wait(d, flush == 1, until_us, err) != ERR_OK) {
			if (err != NULL)
				d->failure = *err;
			link_close(d);
			return ERR_STORE_BUSY;
		}
		/* What a broken link has still to say comes as results. */
		if (PQconsumeInput(d->conn) != 1) {
			pipe_take(d, cursor);
			if (!is_there(d, cursor))
				pipe_lose(d);
		}
	}
	return ERR_OK;
}

void
pipe_flush(struct postgres_db *d)
{
	int64_t until_us = when_monotonic_us() +
	    (int64_t)LIMIT_POSTGRES_END_MS * 1000;

	pipe_sync(d);
	while (d->conn != NULL) {
		int rc = PQflush(d->conn);

		if (rc == 0)
			return;
		if (rc < 0 || link_wait(d, true, until_us, NULL) != ERR_OK) {
			pipe_lose(d);
			return;
		}
		/* A server that is busy with its answers reads nothing. */
		if (PQconsumeInput(d->conn) == 1)
			pipe_take(d, NULL);
	}
}
