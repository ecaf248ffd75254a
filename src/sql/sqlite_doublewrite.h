/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A doublewrite file: what checkpoints copy into the database file goes here too,
 * one page behind the other. Pages of the database lie apart, and a disk takes a
 * hundred that do in the time of thousands that do not; so this file is flushed
 * before the log begins anew, and the database file at leisure after it.
 *
 * A generation is begun, pages are added, it is sealed, and when the database file
 * is flushed the next one may be begun in its place. Power that goes before the
 * seal takes nothing: the log has every page. What is sealed is put into the
 * database file at the next start, when the log is the one the pages were copied
 * from or the next one behind it. No other log tells so; then what is here is old.
 *
 * The file: a head of 40 bytes (magic, version, size of a page, the log's salts,
 * a number by chance), and entries: number of the page or, in the last one, 0;
 * number of entries before it; the page, in the last one nothing; and a hash of
 * all that with the hash before it, so that no two generations can be mixed up.
 * All numbers have their high byte first.
 *
 * Errors are SQLite's. Used by one thread at a time.
 */
#ifndef SQL_SQLITE_DOUBLEWRITE_H
#define SQL_SQLITE_DOUBLEWRITE_H

#include <sqlite3.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DOUBLEWRITE_ENDING "-doublewrite"
#define SQLITE_SALT_BYTES 8 /* two numbers in the head of a log */

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
	/* There was no room for a page: the database file must be flushed before
	 * the log begins anew. */
	bool is_short;
	unsigned char salts[SQLITE_SALT_BYTES]; /* of this generation's log */
	/* Frames of that log that are in the database file; who checkpoints tells. */
	uint32_t frames;
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
/* Accepts NULL. Its file is closed, and removed if nothing is in it. */
void doublewrite_free(struct doublewrite *d);

/* Of a log with these salts. What was moved before must be flushed: EMPTY. */
void doublewrite_begin(struct doublewrite *d,
    const unsigned char salts[SQLITE_SALT_BYTES]);
/* Where there is no room it `is_short`, and SQLITE_OK. */
int doublewrite_add(struct doublewrite *d, uint32_t page, const void *bytes,
    int n);
/* Flushed. SQLITE_FULL: it `is_short` from now on. */
int doublewrite_seal(struct doublewrite *d);
/* More of the same log is added, be it sealed or not; then it is not. */
void doublewrite_go_on(struct doublewrite *d);
/* The database file was flushed with all that was moved: EMPTY. A generation that
 * was not sealed is cut off, for the file may hold older pages of the same log. */
int doublewrite_done(struct doublewrite *d);

/*
 * Before anybody opens the database file at `path`: puts what was sealed into it,
 * flushes it, and removes the doublewrite file. How many pages it were; 0 where
 * there is nothing to do. No connection of this process may be open: to close the
 * file would drop its locks.
 *
 * ERR_STORE_FAILED  a file could not be read, written, flushed or removed
 * ERR_NO_MEMORY
 */
MUST_CHECK enum err_code doublewrite_recover(const char *path, size_t *pages,
    struct err *err);

#endif
