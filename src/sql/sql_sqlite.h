/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the SQLite driver share: sql_sqlite.c runs statements and
 * transactions, sql_sqlite_file.c looks after the database file,
 * sql_sqlite_wal.c gathers the writes to its log, and sql_sqlite_move.c looks after
 * those to the file while the log is moved into it.
 */
#ifndef SQL_SQL_SQLITE_H
#define SQL_SQL_SQLITE_H

#include <sqlite3.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sql/sql_driver.h"
#include "sql/sqlite_doublewrite.h"
#include "sql/sqlite_given.h"

struct sqlite_cursor {
	struct sql_cursor base;	 /* first: the two are cast into each other */
	const char *set_text;	 /* NULL: a row is carried out at a time */
	sqlite3_stmt *one, *set; /* the statement for a row, and for many */
	sqlite3_stmt *stmt;	 /* that of the two which runs */
	struct sqlite_given given;
	/* The caller's rows of values, of which the first `bound` have been
	 * given to the statement. */
	const struct sql_value *values;
	size_t count, rows, bound;
	bool is_busy;
};

struct sqlite_db {
	struct sql_db base; /* first, as above */
	sqlite3 *handle;
	enum sql_mode mode;
	sqlite3_stmt *begin, *commit, *rollback;
	struct sqlite_cursor *cursors; /* one per statement of the table */
	size_t cursor_count;
	int64_t deadline_us; /* monotonic; 0: none */
	int64_t page_bytes;
	int64_t wal_bytes;
	/* Reads for as long as a mark stands; NULL until the first one. */
	sqlite3 *mark;
	bool is_marked;
	/* Checkpoints on another thread; NULL until the first one. And how many
	 * pages of the log it has moved since that began. */
	sqlite3 *beside;
	int beside_pages;
	/* Where both of them put what they move; NULL until the first mark. */
	struct doublewrite *doublewrite;
	/* An fsync failed: nothing it says can be trusted. Another thread may
	 * find out. */
	atomic_bool is_dead;
};

static inline struct sqlite_db *
sqlite_of(struct sql_db *db)
{
	return (struct sqlite_db *)(void *)db;
}

/*
 * The error of the call that just failed, read before any other call on the
 * handle can replace it. `rc` is what the call returned.
 */
enum err_code sqlite_fail(struct sqlite_db *d, int rc, const char *doing,
    struct err *err);
/* After an I/O error in a commit or checkpoint: no call succeeds any more. */
void sqlite_kill(struct sqlite_db *d);
enum err_code sqlite_refuse_dead(struct err *err);

/* The names of the system calls to open a connection with, see the files: of one that
 * reads, of one that writes, and of one that moves the log beside that. */
enum sqlite_mover { MOVER_WRITER, MOVER_BESIDE };

const char *sqlite_wal_vfs(void);
const char *sqlite_move_vfs(enum sqlite_mover by);

/* For the last two; errors are SQLite's. */

/* What its checkpoints move goes into this one too. */
void sqlite_move_into(sqlite3 *handle, struct doublewrite *to);
/* A checkpoint of SQLite's mode; how many frames of the log are in the file. */
int sqlite_move(sqlite3 *handle, int mode, int *frames);
/* Flushes the database file, in pieces, if what was moved is sealed. */
int sqlite_move_flush(sqlite3 *handle, const atomic_bool *hurry);
/* Flushes the database file at once. */
int sqlite_move_flush_now(sqlite3 *handle);
/* The same, and from now on it checkpoints as SQLite does. */
int sqlite_move_end(sqlite3 *handle);

/* Makes an empty file, readable by its owner only, where there is none. */
enum err_code sqlite_file_create(const char *path, struct err *err);
enum err_code sqlite_file_settings(struct sqlite_db *d, struct err *err);
int64_t sqlite_file_wal_bytes(struct sql_db *db);
enum err_code sqlite_file_checkpoint(struct sql_db *db, enum sql_checkpoint how,
    struct err *err);
enum err_code sqlite_file_mark(struct sql_db *db, struct err *err);
void sqlite_file_unmark(struct sql_db *db);
void sqlite_file_close_mark(struct sqlite_db *d);
enum err_code sqlite_file_checkpoint_beside(struct sql_db *db,
    int64_t *moved_bytes, struct err *err);
enum err_code sqlite_file_checkpoint_flush(struct sql_db *db,
    const atomic_bool *hurry, struct err *err);
void sqlite_file_close_beside(struct sqlite_db *d);
/* The handle goes too. */
void sqlite_file_close(struct sqlite_db *d);
enum err_code sqlite_file_copy(struct sql_db *db, const char *path,
    struct err *err);
enum err_code sqlite_file_integrity(struct sql_db *db, struct err *err);

#endif
