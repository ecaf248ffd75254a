/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A doublewrite file: what checkpoints copy into the database file goes here too,
 * one page behind the other. Pages of the database lie apart, and a disk takes a
 * hundred that do in the time of thousands that do not; so this file is flushed
 * before the log begins anew, and the database file at leisure after it.
 *
 * A generation is begun, pages are added, it is sealed, and when the database file
 * is flushed it is voided, and the next one may be begun in its place. Power that
 * goes before the seal takes nothing: the log has every page. What is sealed is put
 * into the database file at the next start, when the log is the one the pages were
 * copied from or the next one behind it; what is newer is in that log, from which
 * SQLite reads at the start as if nothing of it had been moved. With any other log,
 * or none, some other program has been at the files: what is sealed is set aside.
 *
 * The file: a head of 40 bytes (magic, version, size of a page, the log's salts,
 * a number by chance), and entries: number of the page or, in the last one, 0;
 * number of entries before it; the page, in the last one nothing; and a hash of
 * all that with the hash before it, so that no two generations can be mixed up.
 * All numbers have their high byte first.
 *
 * As long as it is not sealed nothing depends on it: a write or a flush that fails,
 * or a full disk, only means that the database file must be flushed before the log
 * begins anew. Errors are SQLite's. Used by one thread at a time.
 */
#ifndef SQL_SQLITE_DOUBLEWRITE_H
#define SQL_SQLITE_DOUBLEWRITE_H

#include <sqlite3.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DOUBLEWRITE_ENDING "-doublewrite"
#define DOUBLEWRITE_SALT_BYTES 8 /* two numbers in the head of a log */

enum doublewrite_state {
	DOUBLEWRITE_UNSURE, /* pages of others may be in the database file, unflushed */
	DOUBLEWRITE_EMPTY, /* what was moved is flushed */
	DOUBLEWRITE_OPEN,
	DOUBLEWRITE_SEALED,
};

struct doublewrite {
	sqlite3_vfs *vfs;
	const char *name;   /* sqlite3_free_filename */
	sqlite3_file *file; /* NULL until the first generation */
	enum doublewrite_state state;
	bool is_short; /* a page is not in it: it can't be sealed */
	unsigned char
	    salts[DOUBLEWRITE_SALT_BYTES]; /* of this generation's log */
	uint32_t
	    frames; /* sql_sqlite_move.c: of that log, in the database file */
	int page_bytes; /* 0 until the first page */
	uint64_t hash;
	sqlite3_int64 at; /* where `gathered` goes */
	unsigned char *gathered;
	int n;
	int unflushed;	 /* bytes written since the last flush */
	uint32_t *pages; /* the numbers of those added, as they came */
	size_t count, room;
};

/* Of the database file `path`; touches no file. NULL: no memory. */
struct doublewrite *doublewrite_make(sqlite3_vfs *vfs, const char *path);
/* Accepts NULL. Its file is closed, and removed unless something depends on it. */
void doublewrite_free(struct doublewrite *d);

/* Of a log with these salts. What was moved before must be flushed: EMPTY. */
void doublewrite_begin(struct doublewrite *d,
    const unsigned char salts[DOUBLEWRITE_SALT_BYTES]);
/* It may be `is_short` after it. */
void doublewrite_add(struct doublewrite *d, uint32_t page, const void *bytes,
    int n);
/* SEALED and on disk, or `is_short`. */
void doublewrite_seal(struct doublewrite *d);
/* More of the same log is added, be it sealed or not; then it is not. */
void doublewrite_go_on(struct doublewrite *d);
/* The database file was flushed with all that was moved: EMPTY. What is in the file
 * is voided on disk, for soon it is older than what others read. */
int doublewrite_done(struct doublewrite *d);

/*
 * Before this process opens the database file at `path`, its real name: puts what
 * was sealed into it, flushes it, and removes the doublewrite file. No connection of
 * this process may be open: to close the file would drop its locks.
 *
 * ERR_STORE_BUSY    another process is connected, for which the log would not be
 *                   read from its beginning
 * ERR_STORE_FAILED  a file could not be read, written, flushed, set aside or
 *                   removed, or was made by a later version
 * ERR_NO_MEMORY
 */
enum doublewrite_found {
	DOUBLEWRITE_NOTHING,
	DOUBLEWRITE_RECOVERED,
	DOUBLEWRITE_SET_ASIDE, /* of another log; `path` DOUBLEWRITE_ASIDE */
};

#define DOUBLEWRITE_ASIDE "-doublewrite.aside"

MUST_CHECK enum err_code doublewrite_recover(const char *path,
    enum doublewrite_found *found, size_t *pages, struct err *err);

#endif
