/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One interface over the databases the program can stand on. Statements are a
 * closed, numbered table given at open: no SQL text is made at run time. Every
 * row is prepared and its letters are compared with what the database says of
 * it before the first use; a mismatch refuses to open.
 *
 * A connection belongs to one thread at a time. One statement of a connection
 * may be stepped at a time per number.
 *
 * A database across a network is asked in as few exchanges as can be: what has
 * no rows is only queued inside a transaction, and its error comes out of the
 * next call that waits for an answer, at the latest of sql_commit. Statements
 * that are started before the first of them is stepped share one exchange.
 *
 * Parameters are written $1 $2 … in order of first use, so that one text does
 * for SQLite and PostgreSQL.
 */
#ifndef SQL_SQL_H
#define SQL_SQL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct sql_db;
struct sql_cursor;

struct sql_statement {
	const char *name;
	const char *args;   /* a letter each: i int64, s text, b bytes */
	const char *result; /* the same for the columns; "" for none */
	const char *text;
};

/*
 * What a database needs for one statement, where it needs anything else. A
 * set's text takes many rows at once, and a result has one more column behind
 * the row's own: the number of the input row, from 1. In PostgreSQL's every
 * parameter is an array of its letter's type, all of one length. SQLite's has
 * one parameter, of the table given($1), whose columns p1, p2 … are the values
 * of a row, and whose column place is its number.
 */
struct sql_override {
	int number;	  /* of the statement */
	const char *text; /* NULL: the same text */
	const char *set;  /* many rows at once; NULL: one execution for each */
};

/* All statements of a connection. */
struct sql_table {
	const struct sql_statement *rows;
	size_t count;
	/* Those of numbers that are not below `count` are passed over. */
	const struct sql_override *postgres;
	size_t postgres_count;
	const struct sql_override *sqlite; /* sets only */
	size_t sqlite_count;
};

enum sql_mode {
	SQL_READER, /* never writes, never checkpoints */
	SQL_WRITER, /* the only writing connection of an embedded file */
	SQL_CREATE, /* like WRITER, and makes the file */
};

enum sql_kind { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BYTES };

struct sql_value {
	enum sql_kind kind;
	int64_t i;
	struct str s;
};

/* Values for a call; an absent string is SQL NULL. */
static inline struct sql_value
sql_int(int64_t i)
{
	return (struct sql_value){.kind = SQL_INT, .i = i};
}

static inline struct sql_value
sql_text(struct str s)
{
	return (struct sql_value){.kind = s.p ? SQL_TEXT : SQL_NULL, .s = s};
}

static inline struct sql_value
sql_bytes(struct str s)
{
	return (struct sql_value){.kind = s.p ? SQL_BYTES : SQL_NULL, .s = s};
}

/*
 * Opens "sqlite:PATH", "postgresql://…" as libpq reads it with several hosts
 * and all (and "script:" in tests, see sql_script.h). The table is borrowed for
 * the connection's life. No statement is prepared yet: a fresh file has no
 * tables. Call sql_prepare once the schema is there.
 *
 * A connection to a server that is lost is made anew, statements and all, by
 * the next call that begins something; such calls may then take as long as
 * LIMIT_POSTGRES_CONNECT_MS for each host, or until the deadline.
 *
 * ERR_USAGE         a URL no driver knows, or that is malformed
 * ERR_STORE_FAILED  with the path and the reason
 * ERR_STORE_AWAY    no server of the URL can be reached and does as it asks
 */
MUST_CHECK enum err_code sql_open(struct str url, enum sql_mode mode,
    const struct sql_table *table, struct sql_db **out, struct err *err);
void sql_close(struct sql_db **db);
/* Does every call cost a journey, so that none may be made on a thread that
 * others wait for? */
bool sql_is_remote(const struct sql_db *db);

/* Prepares the whole table and compares letters; ERR_STORE_FAILED names the
 * first statement that does not fit. A reader of an embedded file does so at a
 * statement's first use instead: sql_start fails then. */
MUST_CHECK enum err_code sql_prepare(struct sql_db *db, struct err *err);

/*
 * Transactions. sql_begin of a writer takes the write lock at once. After any
 * error of a statement inside one, only sql_rollback is allowed.
 *
 * ERR_STORE_BUSY    locked by another process, or it took too long
 * ERR_STORE_AWAY    the server is not there (any more), or takes no changes;
 *                   nothing of the transaction has happened
 * ERR_STORE_CONFLICT  others did the same at the same time: nothing has
 *                   happened, and running the whole transaction again may work
 * ERR_STORE_FULL    the disk is full; rolled back
 * ERR_STORE_FAILED  rolled back; an I/O error at commit closes the connection
 *                   for good: nothing is acknowledged after a failed fsync
 * ERR_STORE_UNSURE  of sql_commit: it may have happened. An embedded file's
 *                   flush failed, and nothing later may be acknowledged; a
 *                   server did not say how it ended, or that it is on its own
 *                   disk only: to be found out on a new connection
 *
 * Changes are made inside transactions: of a change without one, a lost link
 * leaves open whether it has happened.
 *
 * A server's reader begins REPEATABLE READ READ ONLY, its writer READ COMMITTED
 * with the first statement and not before.
 */
MUST_CHECK enum err_code sql_begin(struct sql_db *db, struct err *err);
MUST_CHECK enum err_code sql_commit(struct sql_db *db, struct err *err);
void sql_rollback(struct sql_db *db);
/* Has a call in this transaction failed, so that only a rollback is left? */
bool sql_must_roll_back(const struct sql_db *db);

/*
 * Starts statement `number` with as many values as its row has letters
 * (asserted). Values are borrowed until sql_done. Errors as above.
 */
MUST_CHECK enum err_code sql_start(struct sql_db *db, int number,
    const struct sql_value *values, size_t count, struct sql_cursor **out,
    struct err *err);
/*
 * The same for `rows` rows of `count` values each, one row behind the other;
 * `rows` may be 0. Results of different input rows come in no promised order;
 * sql_get_input tells whose they are, counted from 0.
 */
MUST_CHECK enum err_code sql_start_each(struct sql_db *db, int number,
    const struct sql_value *values, size_t count, size_t rows,
    struct sql_cursor **out, struct err *err);
size_t sql_get_input(const struct sql_cursor *c);
/* ERR_OK: *row tells whether there is one more row. */
MUST_CHECK enum err_code sql_next(struct sql_cursor *c, bool *row,
    struct err *err);
/* Columns of the present row; strings live until the next step. NULL reads as
 * 0 or absent. Text and bytes are both read with sql_get_str. */
int64_t sql_get_int(struct sql_cursor *c, int column);
struct str sql_get_str(struct sql_cursor *c, int column);
/* Ends the statement; accepts NULL; sets the pointer to NULL. */
void sql_done(struct sql_cursor **c);

/* Start, step to the end, done: for statements whose rows nobody reads. Inside
 * a transaction the error may come later, as the head of this file says. */
MUST_CHECK enum err_code sql_run(struct sql_db *db, int number,
    const struct sql_value *values, size_t count, struct err *err);
MUST_CHECK enum err_code sql_run_each(struct sql_db *db, int number,
    const struct sql_value *values, size_t count, size_t rows, struct err *err);

/* Runs a migration's script of several statements. */
MUST_CHECK enum err_code sql_script_run(struct sql_db *db, const char *script,
    struct err *err);

/* Cuts every statement started from now on at this monotonic time (0: never);
 * it then fails with ERR_STORE_BUSY. */
void sql_set_deadline(struct sql_db *db, int64_t at_us);

/*
 * The URL for people to see: without passwords. Writes at most out_bytes with
 * the NUL; what is odd about it is left out rather than shown.
 */
void sql_url_mask(struct str url, char *out, size_t out_bytes);

/* --- what only an embedded file has; no-ops elsewhere ------------------- */

/* How much of the log a checkpoint moves into the file. */
enum sql_checkpoint {
	/* All that no reader is in the way of; if that is everything it is on
	 * disk, and the log begins anew when nobody looks into it. */
	SQL_CHECKPOINT_PASSIVE,
	/* Everything, and the log begins anew; waits for readers. */
	SQL_CHECKPOINT_RESTART,
};

/* Bytes in the write-ahead log after the last commit; 0 where there is none. */
int64_t sql_wal_bytes(struct sql_db *db);
/* ERR_STORE_BUSY when a reader was in the way (RESTART). */
MUST_CHECK enum err_code sql_checkpoint(struct sql_db *db,
    enum sql_checkpoint how, struct err *err);
/*
 * A mark keeps the log from beginning anew, until sql_checkpoint_unmark, and stands
 * in the way of both kinds like a reader. It holds only when something was committed
 * since the last checkpoint or mark.
 */
MUST_CHECK enum err_code sql_checkpoint_mark(struct sql_db *db,
    struct err *err);
void sql_checkpoint_unmark(struct sql_db *db);
/*
 * Moves what the log held at the mark, by a connection of its own, on another
 * thread, while this connection is used; slowly, so as not to be in the way. Tells
 * how much it was. Until it returns the mark must stand (SQLite before 3.51.3 can
 * corrupt a log that begins anew while it is checkpointed), and this connection be
 * neither checkpointed nor closed.
 *
 * ERR_STORE_FAILED  a read, a write or a flush failed: this connection is given
 *                   up, as at a checkpoint
 */
MUST_CHECK enum err_code sql_checkpoint_beside(struct sql_db *db,
    int64_t *moved_bytes, struct err *err);
/*
 * After a mark what is moved out of the log goes into a doublewrite file, which is
 * on disk before the log begins anew (sqlite_doublewrite.h). This flushes it in its
 * place, on the same thread as the passes, with pauses until *hurry is set because
 * the next move waits for it. Before it has returned this connection must neither be
 * checkpointed nor closed.
 *
 * ERR_STORE_FAILED  the flush failed: this connection is given up
 */
MUST_CHECK enum err_code sql_checkpoint_flush(struct sql_db *db,
    const atomic_bool *hurry, struct err *err);
/*
 * Puts into an embedded file what a power cut has left in the doublewrite file; the
 * first thing an SQL_CREATE does. No connection of this process may be open.
 *
 * ERR_STORE_BUSY    pages must be put into it, and another process has it open
 * ERR_STORE_FAILED, ERR_NO_MEMORY
 */
MUST_CHECK enum err_code sql_recover_file(const char *path, struct err *err);
/* A consistent copy into a new file; ERR_STORE_FAILED when it exists, ERR_USAGE
 * of a server, which has tools of its own for that. */
MUST_CHECK enum err_code sql_copy(struct sql_db *db, const char *path,
    struct err *err);
/* The database's own check of its file. */
MUST_CHECK enum err_code sql_integrity(struct sql_db *db, struct err *err);

/* SQLite's, "3.40.1". */
const char *sql_library_version(void);

#endif
