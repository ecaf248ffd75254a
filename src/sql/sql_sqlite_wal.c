/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fewer writes to the write-ahead log. SQLite writes each page of a commit in
 * two calls, 24 bytes of head and the page, one behind the other; here they are
 * gathered and written in pieces of up to 128 KiB: two or three calls a group
 * instead of a hundred.
 *
 * Invariants
 *   1. What was gathered is written before the log is flushed, read, cut,
 *      measured or closed, and before a write to any other place.
 *   2. A commit flushes the log before others are shown its pages: that is
 *      synchronous = FULL, which sql_sqlite_file.c sets on each connection that
 *      writes, and must. So nobody looks for a page that is still here.
 *   3. A write that fails is told by the call that needed it; the commit fails
 *      then as it would have, and what was gathered is forgotten.
 *
 * All other files are the system's own, untouched.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sql/sql_sqlite.h"

/* What SQLite's own call to the system writes at most: it keeps 17 bits of a
 * length. */
#define GATHERED_BYTES 0x1ffff

struct wal_file {
	sqlite3_file base;  /* first: what SQLite sees */
	sqlite3_file *real; /* behind this struct */
	char *gathered;	    /* NULL until the first write */
	int n;
	sqlite3_int64 at; /* where gathered[0] goes */
	bool is_flushed;  /* nothing was written since; not of a log that was
			     found, for its end may not be on disk */
};

static struct wal_file *
wal_of(sqlite3_file *f)
{
	return (struct wal_file *)(void *)f;
}

static int
write_gathered(struct wal_file *w)
{
	int n = w->n;

	if (n == 0)
		return SQLITE_OK;
	w->n = 0;
	return w->real->pMethods->xWrite(w->real, w->gathered, n, w->at);
}

static int
wal_close(sqlite3_file *f)
{
	struct wal_file *w = wal_of(f);
	int written = write_gathered(w);
	int closed = w->real->pMethods->xClose(w->real);

	free(w->gathered);
	w->gathered = NULL;
	return written != SQLITE_OK ? written : closed;
}

static int
wal_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
	struct wal_file *w = wal_of(f);
	int rc = write_gathered(w);

	return rc != SQLITE_OK ? rc
			       : w->real->pMethods->xRead(w->real, out, n, at);
}

static int
wal_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
	struct wal_file *w = wal_of(f);
	int rc = SQLITE_OK;

	assert(n >= 0);
	w->is_flushed = false;
	if (w->gathered == NULL)
		w->gathered = malloc(GATHERED_BYTES);
	if (at != w->at + w->n || n > GATHERED_BYTES - w->n)
		rc = write_gathered(w);
	if (rc != SQLITE_OK)
		return rc;
	if (w->gathered == NULL || n > GATHERED_BYTES)
		return w->real->pMethods->xWrite(w->real, bytes, n, at);
	if (w->n == 0)
		w->at = at;
	memcpy(w->gathered + w->n, bytes, (size_t)n);
	w->n += n;
	return SQLITE_OK;
}

static int
wal_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct wal_file *w = wal_of(f);
	int rc = write_gathered(w);

	w->is_flushed = false;
	return rc != SQLITE_OK ? rc
			       : w->real->pMethods->xTruncate(w->real, size);
}

static int
wal_sync(sqlite3_file *f, int flags)
{
	struct wal_file *w = wal_of(f);
	int rc = write_gathered(w);

	/* A checkpoint flushes what the last commit has flushed. */
	if (rc != SQLITE_OK || w->is_flushed)
		return rc;
	rc = w->real->pMethods->xSync(w->real, flags);
	w->is_flushed = rc == SQLITE_OK;
	return rc;
}

static int
wal_size(sqlite3_file *f, sqlite3_int64 *out)
{
	struct wal_file *w = wal_of(f);
	int rc = write_gathered(w);

	return rc != SQLITE_OK ? rc
			       : w->real->pMethods->xFileSize(w->real, out);
}

static int
wal_lock(sqlite3_file *f, int lock)
{
	return wal_of(f)->real->pMethods->xLock(wal_of(f)->real, lock);
}

static int
wal_unlock(sqlite3_file *f, int lock)
{
	return wal_of(f)->real->pMethods->xUnlock(wal_of(f)->real, lock);
}

static int
wal_check_lock(sqlite3_file *f, int *out)
{
	return wal_of(f)->real->pMethods->xCheckReservedLock(wal_of(f)->real,
	    out);
}

static int
wal_control(sqlite3_file *f, int op, void *arg)
{
	return wal_of(f)->real->pMethods->xFileControl(wal_of(f)->real, op,
	    arg);
}

static int
wal_sector(sqlite3_file *f)
{
	return wal_of(f)->real->pMethods->xSectorSize(wal_of(f)->real);
}

static int
wal_traits(sqlite3_file *f)
{
	return wal_of(f)->real->pMethods->xDeviceCharacteristics(
	    wal_of(f)->real);
}

/* A log needs none of the later versions' calls. */
static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_unlock,
    .xCheckReservedLock = wal_check_lock,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector,
    .xDeviceCharacteristics = wal_traits,
};

static int
open_any(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *flags_out)
{
	sqlite3_vfs *real = vfs->pAppData;
	struct wal_file *w = wal_of(f);
	int rc;

	if ((flags & SQLITE_OPEN_WAL) == 0)
		return real->xOpen(real, name, f, flags, flags_out);
	*w = (struct wal_file){.real = (sqlite3_file *)(void *)(w + 1)};
	rc = real->xOpen(real, name, w->real, flags, flags_out);
	/* A file that did not open may still want to be closed. */
	w->base.pMethods = w->real->pMethods != NULL ? &wal_methods : NULL;
	return rc;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs gathering; /* guarded by the lock */

const char *
sqlite_wal_vfs(void)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	assert(real != NULL);
	(void)pthread_mutex_lock(&lock);
	/* Tests put a system of their own in the real one's place. */
	if (gathering.pAppData != real) {
		(void)sqlite3_vfs_unregister(&gathering);
		gathering = *real;
		gathering.zName = "procured";
		gathering.pNext = NULL;
		gathering.pAppData = real;
		gathering.xOpen = open_any;
		gathering.szOsFile += (int)sizeof(struct wal_file);
		(void)sqlite3_vfs_register(&gathering, 0);
	}
	(void)pthread_mutex_unlock(&lock);
	return gathering.zName;
}
