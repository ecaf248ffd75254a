/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database file while the log is moved into it. With a doublewrite file a page
 * that a checkpoint copies goes there and into the database file, which is not
 * flushed: where SQLite would do that, before the log begins anew, the doublewrite
 * file is sealed. Without one nothing is changed.
 *
 * The database file is flushed later, in pieces and, until it is hurried, with pauses,
 * so that flushes of the log do not wait behind thousands of pages. (Measured at 80 %
 * of the peak on a machine whose disk takes 40 us for a page: p99 of a change 117 ms
 * when each pass over the log flushed its pages in the file, 32 ms with the
 * doublewrite file.)
 *
 * Invariants
 *   1. The log begins anew only when what was moved out of it is on disk, in the
 *      doublewrite file or in the database file.
 *   2. A generation is begun only when all that was moved before it is flushed in
 *      the database file.
 *   3. That others have moved pages is seen by the number of frames in the file,
 *      which SQLite keeps in the index of the log; then the file is flushed first.
 */
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/when.h"
#include "sql/sql_sqlite.h"

/* A pass beside the writer pauses after so many bytes: 20 to 50 us of a processor. */
#define BURST_BYTES (64 * 1024)
/* The kernel makes some 60 us of it: enough to let others in. */
#define PAUSE_NS 1000
/* Pages of the file that are flushed at once, 0.3 to 1.3 ms of the disk, and how long
 * the pause behind them is at most. */
#define FLUSH_PAGES 32
#define FLUSH_PAUSE_US 500

/* Where the index of the log has its salts and the number of frames that are in the
 * file (sqlite.org/walformat.html), and how much of it SQLite maps at once. */
#define INDEX_SALTS_AT 32
#define INDEX_FRAMES_AT 96
#define INDEX_BYTES 32768

/* Stands behind the system's own struct of the file. */
struct moved_file {
	const sqlite3_io_methods *real;
	sqlite3_io_methods methods; /* those, but for a few */
	struct doublewrite *to;	    /* NULL: none */
	bool is_moving;		    /* a checkpoint copies pages */
	bool has_begun;		    /* in this checkpoint */
	int begun;		    /* how the last beginning went */
	bool is_beside;
	sqlite3_int64 written; /* bytes, since it was opened */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs of_writers, of_movers; /* guarded by the lock */

static struct moved_file *
moved_of(sqlite3_file *f)
{
	size_t behind = (size_t)of_writers.szOsFile - sizeof(struct moved_file);

	return (struct moved_file *)(void *)((char *)f + behind);
}

static int
flush(sqlite3_file *f)
{
	struct moved_file *m = moved_of(f);
	int rc = m->real->xSync(f, SQLITE_SYNC_NORMAL);

	return rc == SQLITE_OK ? doublewrite_done(m->to) : rc;
}

/* A checkpoint is about to copy pages, and no other can. */
static int
begin(sqlite3_file *f)
{
	struct moved_file *m = moved_of(f);
	struct doublewrite *to = m->to;
	unsigned char salts[DOUBLEWRITE_SALT_BYTES];
	volatile void *index = NULL;
	uint32_t frames;
	int rc = m->real->xShmMap(f, 0, INDEX_BYTES, 0, &index);
	bool goes_on;

	if (rc != SQLITE_OK)
		return rc;
	assert(index != NULL);
	memcpy(salts, (char *)(uintptr_t)index + INDEX_SALTS_AT, sizeof(salts));
	memcpy(&frames, (char *)(uintptr_t)index + INDEX_FRAMES_AT,
	    sizeof(frames));
	goes_on = frames == to->frames &&
	    memcmp(to->salts, salts, sizeof(salts)) == 0;
	if (goes_on &&
	    (to->state == DOUBLEWRITE_OPEN ||
		to->state == DOUBLEWRITE_SEALED)) {
		doublewrite_go_on(to);
		return SQLITE_OK;
	}
	if (to->state != DOUBLEWRITE_EMPTY || frames != 0)
		rc = flush(f);
	if (rc == SQLITE_OK)
		doublewrite_begin(to, salts);
	return rc;
}

static int
move_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct moved_file *m = moved_of(f);
	sqlite3_int64 before = m->written;
	int rc;

	if (m->is_moving && m->begun != SQLITE_OK)
		return m->begun;
	if (m->is_moving)
		doublewrite_add(m->to, (uint32_t)(at / n) + 1, bytes, n);
	rc = m->real->xWrite(f, bytes, n, at);
	m->written += n;
	if (m->is_beside && m->written / BURST_BYTES != before / BURST_BYTES)
		(void)nanosleep(&pause, NULL);
	return rc;
}

static int
move_sync(sqlite3_file *f, int flags)
{
	struct moved_file *m = moved_of(f);

	if (m->to == NULL)
		return m->real->xSync(f, flags);
	/* A flush that comes after one that failed would tell nothing. */
	if (m->begun != SQLITE_OK)
		return m->begun;
	if (m->to->state == DOUBLEWRITE_OPEN)
		doublewrite_seal(m->to);
	return m->to->state == DOUBLEWRITE_SEALED ? SQLITE_OK : flush(f);
}

static int
move_control(sqlite3_file *f, int op, void *arg)
{
	struct moved_file *m = moved_of(f);

	switch (op) {
	case SQLITE_FCNTL_CKPT_START:
		m->is_moving = m->has_begun = m->to != NULL;
		m->begun = m->is_moving ? begin(f) : SQLITE_OK;
		break;
	case SQLITE_FCNTL_CKPT_DONE:
		m->is_moving = false;
		break;
	default:
		break;
	}
	return m->real->xFileControl(f, op, arg);
}

static int
open_moving(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *flags_out)
{
	sqlite3_vfs *real = vfs->pAppData;
	int rc = real->xOpen(real, name, f, flags, flags_out);
	struct moved_file *m = moved_of(f);

	if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || f->pMethods == NULL)
		return rc;
	*m = (struct moved_file){.real = f->pMethods,
	    .methods = *f->pMethods,
	    .is_beside = vfs == &of_movers};
	m->methods.xWrite = move_write;
	m->methods.xSync = move_sync;
	m->methods.xFileControl = move_control;
	f->pMethods = &m->methods;
	return rc;
}

static void
register_one(sqlite3_vfs *vfs, sqlite3_vfs *real, const char *name)
{
	*vfs = *real;
	vfs->zName = name;
	vfs->pNext = NULL;
	vfs->pAppData = real;
	vfs->xOpen = open_moving;
	vfs->szOsFile += (int)sizeof(struct moved_file);
	(void)sqlite3_vfs_register(vfs, 0);
}

const char *
sqlite_move_vfs(enum sqlite_mover by)
{
	sqlite3_vfs *real = sqlite3_vfs_find(sqlite_wal_vfs());

	assert(real != NULL);
	assert(real->szOsFile % (int)sizeof(void *) == 0);
	(void)pthread_mutex_lock(&lock);
	if (of_writers.pAppData == NULL) {
		register_one(&of_writers, real, "procured-writer");
		register_one(&of_movers, real, "procured-mover");
	}
	(void)pthread_mutex_unlock(&lock);
	/* Tests put another system below, whose files may not be larger. */
	assert(of_writers.szOsFile ==
	    real->szOsFile + (int)sizeof(struct moved_file));
	return by == MOVER_BESIDE ? of_movers.zName : of_writers.zName;
}

/* --- what the driver asks for ------------------------------------------------- */

static sqlite3_file *
file_of(sqlite3 *handle)
{
	sqlite3_file *f = NULL;

	(void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER,
	    &f);
	assert(f != NULL);
	return f;
}

void
sqlite_move_into(sqlite3 *handle, struct doublewrite *to)
{
	moved_of(file_of(handle))->to = to;
}

int
sqlite_move(sqlite3 *handle, int mode, int *frames)
{
	struct moved_file *m = moved_of(file_of(handle));
	int rc;

	m->has_begun = false;
	rc = sqlite3_wal_checkpoint_v2(handle, NULL, mode, NULL, frames);
	/* What others have moved must not count as ours. */
	if (rc == SQLITE_OK && m->has_begun && m->begun == SQLITE_OK)
		m->to->frames = (uint32_t)*frames;
	return rc;
}

int
sqlite_move_flush_now(sqlite3 *handle)
{
	sqlite3_file *f = file_of(handle);

	return moved_of(f)->real->xSync(f, SQLITE_SYNC_NORMAL);
}

/*
 * Descriptors that are never closed, one of a file: to close one would drop all locks
 * that this process has on the file, those of SQLite's connections.
 */
static struct kept {
	dev_t device;
	ino_t number;
	int fd;
	struct kept *next;
} * kept; /* guarded by the lock */

static struct kept *
keep(const char *path, const struct stat *is)
{
	struct kept *k = malloc(sizeof(*k));

	if (k == NULL)
		return NULL;
	*k = (struct kept){
	    is->st_dev, is->st_ino, open(path, O_WRONLY | O_CLOEXEC), kept};
	if (k->fd < 0) {
		free(k);
		return NULL;
	}
	kept = k;
	return k;
}

/* -1: none; then the file is flushed in one go. */
static int
kept_descriptor(const char *path)
{
	struct kept *k;
	struct stat is;

	if (stat(path, &is) != 0)
		return -1;
	(void)pthread_mutex_lock(&lock);
	k = kept;
	while (k != NULL && (k->device != is.st_dev || k->number != is.st_ino))
		k = k->next;
	if (k == NULL)
		k = keep(path, &is);
	(void)pthread_mutex_unlock(&lock);
	return k != NULL ? k->fd : -1;
}

static int
compare_pages(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

/* As long as the piece took, if that was not long: half of a quick disk is for
 * others. */
static void
pause_for(int64_t us)
{
	struct timespec pause = {
	    .tv_nsec = (us < FLUSH_PAUSE_US ? us : FLUSH_PAUSE_US) * 1000};

	(void)nanosleep(&pause, NULL);
}

/* Whether it went well is told by the flush that follows. */
static void
write_in_pieces(int fd, struct doublewrite *d, const atomic_bool *hurry)
{
	size_t i = 0;

	if (d->count == 0)
		return;
	qsort(d->pages, d->count, sizeof(*d->pages), compare_pages);
	while (i < d->count) {
		off_t from = (off_t)(d->pages[i] - 1) * d->page_bytes;
		size_t last = i, n = 1;
		int64_t began_us = when_monotonic_us();

		while (last + 1 < d->count && n <= FLUSH_PAGES) {
			if (d->pages[last + 1] != d->pages[last])
				n++;
			if (n <= FLUSH_PAGES)
				last++;
		}
		(void)sync_file_range(fd, from,
		    (off_t)d->pages[last] * d->page_bytes - from,
		    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
			SYNC_FILE_RANGE_WAIT_AFTER);
		if (!*hurry)
			pause_for(when_monotonic_us() - began_us);
		i = last + 1;
	}
}

int
sqlite_move_flush(sqlite3 *handle, const atomic_bool *hurry)
{
	sqlite3_file *f = file_of(handle);
	struct doublewrite *to = moved_of(f)->to;
	int fd;

	if (to == NULL || to->state != DOUBLEWRITE_SEALED)
		return SQLITE_OK;
	fd = kept_descriptor(sqlite3_db_filename(handle, "main"));
	if (fd >= 0)
		write_in_pieces(fd, to, hurry);
	return flush(f);
}

int
sqlite_move_end(sqlite3 *handle)
{
	sqlite3_file *f = file_of(handle);
	struct moved_file *m = moved_of(f);
	int rc = SQLITE_OK;

	if (m->to != NULL && m->to->state != DOUBLEWRITE_EMPTY)
		rc = flush(f);
	m->to = NULL;
	return rc;
}
