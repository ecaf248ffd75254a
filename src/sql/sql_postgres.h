/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the PostgreSQL driver share, from the socket upwards:
 *
 *	sql_postgres_error.c    what a server's errors become here
 *	sql_postgres_link.c     finding a server, the session's settings
 *	sql_postgres_pipe.c     sending commands and taking their results in turn
 *	sql_postgres_prepare.c  statements and their letters
 *	sql_postgres_value.c    values, arrays and columns in binary form
 *	sql_postgres.c          the driver: transactions, statements, cursors
 *
 * Every command that is sent stands in a queue until its results have come, in
 * the order of sending. Nothing waits but pipe_wait and link_open, by poll().
 */
#ifndef SQL_SQL_POSTGRES_H
#define SQL_SQL_POSTGRES_H

#include <libpq-fe.h>

#include <stdbool.h>
#include <stdint.h>

#include "sql/sql_driver.h"

enum postgres_op_kind {
	OP_PREPARE,
	OP_DESCRIBE,
	OP_BEGIN,
	OP_RUN, /* whose rows nobody reads */
	OP_ROWS,
	OP_COMMIT,
	OP_END, /* of a transaction whose outcome nobody waits for */
	OP_SYNC,
};

struct postgres_cursor {
	struct sql_cursor base; /* first: the two are cast into each other */
	PGresult **results;	/* in order of coming */
	size_t *inputs;		/* the input row of each */
	size_t result_count, result_room;
	size_t result;	    /* the one that is being read */
	int row;	    /* of it; -1: before the first */
	size_t outstanding; /* commands whose results have not all come */
	enum err_code code; /* of one of them */
	bool is_set;	    /* rows tell their input in the last column */
	bool is_busy;
};

struct postgres_op {
	enum postgres_op_kind kind;
	int number; /* of the statement, if any */
	bool is_set;
	bool is_stream;			/* row by row */
	struct postgres_cursor *cursor; /* NULL: nobody reads it (any more) */
	size_t input;
	uint64_t turn; /* of the transaction */
};

/* The statements of the driver itself, behind those of the table. */
enum { OWN_BEGIN, OWN_COMMIT, OWN_ROLLBACK, OWN__COUNT };

struct postgres_db {
	struct sql_db base; /* first, as above */
	const struct sql_table *table;
	const struct sql_override **overrides; /* by number; NULL: none */
	enum sql_mode mode;
	char *url;
	size_t host_count, host_last; /* of the URL; the one we are at */

	PGconn *conn;		 /* NULL: there is none */
	bool was_prepared;	 /* letters have been compared once */
	struct postgres_op *ops; /* outstanding, from `first` on */
	size_t op_first, op_count, op_room;
	bool is_unsynced;  /* commands were sent since the last sync */
	bool is_lost;	   /* libpq says so, and the link is to be closed */
	bool is_giving_up; /* an error says that the session is of no use */

	uint64_t turn;	      /* counts transactions, and statements outside */
	bool has_begun;	      /* BEGIN was sent in this turn */
	enum err_code code;   /* the first error of the turn */
	struct err failure;   /* the last error, for its text */
	bool commit_warned;   /* a warning came with COMMIT */
	enum err_code commit; /* how it ended; ERR_STORE_UNSURE: not told */

	int64_t deadline_us;		 /* monotonic; 0: none */
	struct postgres_cursor *cursors; /* one per statement */
	/* One call's parameters. */
	const char **values;
	int *lengths, *formats;
	uint64_t *ints;
	char *arrays; /* of a set */
	size_t arrays_room;
};

static inline struct postgres_db *
postgres_of(struct sql_db *db)
{
	return (struct postgres_db *)(void *)db;
}

/* --- errors --------------------------------------------------------------- */

#define SQLSTATE_BYTES 6

struct postgres_error {
	const char *state; /* or the first two characters of its class */
	enum err_code code;
	bool gives_up; /* another session may do what this one can't */
};

/* The row of a state; never NULL. `state` may be NULL or "". */
const struct postgres_error *postgres_error_find(const char *state);
/* Fills *err from a failed result; `doing` stands before its text. */
const struct postgres_error *postgres_error_read(const PGresult *result,
    const char *doing, struct err *err);
/* Of a connection that was not made: its SQLSTATE is only in the text. */
enum err_code postgres_error_connect(PGconn *conn, struct err *err);
bool postgres_is_fatal(const PGresult *result);

/* --- the link ------------------------------------------------------------- */

/* Reads the URL and looks how many servers it names. */
enum err_code link_init(struct postgres_db *d, struct str rest,
    struct err *err);
/* Makes the connection, if there is none that works; statements included when
 * they had been prepared. Outside transactions only. */
enum err_code link_open(struct postgres_db *d, struct err *err);
/* Ends it; what is outstanding fails with what stands in d->failure. */
void link_close(struct postgres_db *d);
/* Takes what has come by itself: perhaps the server's farewell. False when the
 * link is of no more use. */
bool link_is_sound(struct postgres_db *d);
/* Several statements in one text, waited for. */
enum err_code link_script(struct postgres_db *d, const char *script,
    struct err *err);
/* Waits for the socket: ERR_STORE_BUSY after until_us (0: never). */
enum err_code link_wait(const struct postgres_db *d, bool for_writing,
    int64_t until_us, struct err *err);

/* --- the pipe ------------------------------------------------------------- */

/* Each puts the command in the queue, unless the link is lost. */
enum err_code pipe_prepare(struct postgres_db *d, const char *name,
    const char *text, const struct postgres_op *op);
enum err_code pipe_execute(struct postgres_db *d, const char *name, int count,
    const struct postgres_op *op);
void pipe_sync(struct postgres_db *d);
/* Takes what has come, without waiting, as far as `cursor` has a row to give;
 * NULL: all. */
void pipe_take(struct postgres_db *d, const struct postgres_cursor *cursor);
/*
 * Sends all, and waits: for one more result of `cursor`, or its end; NULL: for
 * everything. After ERR_STORE_BUSY (until_us passed) the link is closed. Other
 * errors are found in d->code and the cursor's.
 */
enum err_code pipe_wait(struct postgres_db *d, struct postgres_cursor *cursor,
    int64_t until_us, struct err *err);
/* Closes a link that is lost; d->failure tells why. */
void pipe_lose(struct postgres_db *d);
/* Sends all that is queued, within LIMIT_POSTGRES_END_MS or not at all. */
void pipe_flush(struct postgres_db *d);
/* What an error becomes for its command, and for the whole turn. */
void pipe_fail(struct postgres_db *d, const struct postgres_op *op,
    enum err_code code);

/* --- statements ------------------------------------------------------------ */

#define STATEMENT_NAME_BYTES 16

/* "s7", and "e7" of its set. */
void statement_name(int number, bool is_set, char out[STATEMENT_NAME_BYTES]);
/* NULL where there is none for sets. */
const char *statement_text(const struct postgres_db *d, int number,
    bool is_set);
const char *statement_label(const struct postgres_db *d, int number);
/* All of them, compared with their letters. */
enum err_code statements_prepare(struct postgres_db *d, struct err *err);
/* What the server says of one: ERR_STORE_FAILED when it does not fit. */
enum err_code statement_compare(const struct postgres_db *d,
    const struct postgres_op *op, const PGresult *described, struct err *err);

/* --- values ---------------------------------------------------------------- */

/* One row's as the parameters of the next pipe_execute; borrowed till then. */
void values_put_row(struct postgres_db *d, const struct sql_value *values,
    size_t count);
/* Every parameter an array. ERR_NO_MEMORY when they are too large. */
enum err_code values_put_set(struct postgres_db *d, const char *letters,
    const struct sql_value *values, size_t count, size_t rows);
int64_t value_get_int(const PGresult *result, int row, int column);
struct str value_get_str(const PGresult *result, int row, int column);
/* Do a type's values fit a letter; as an array of them? */
bool value_type_fits(Oid type, char letter, bool is_result, bool is_array);

#endif
