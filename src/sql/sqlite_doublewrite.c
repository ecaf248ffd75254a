/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Written through the system that SQLite uses, read at the start through files.
 * Entries are gathered and written in pieces of up to 128 KiB, and those are flushed
 * now and then, so that the seal has little left to flush.
 */
#include "sql/sqlite_doublewrite.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

/* What SQLite's own call to the system writes at most: it keeps 17 bits of a
 * length. */
#define GATHERED_BYTES 0x1ffff
/* About 1 ms of the disk. Twice as many flushes of half as much make a pass take up
 * to twice as long, for each waits behind one of the log. */
#define FLUSH_BYTES (512 * 1024)

#define MAGIC "procured"
#define MAGIC_BYTES 8
#define VERSION 1

#define HASH_BYTES 8
#define HEAD_BYTES 40
#define ENTRY_HEAD_BYTES 8
#define ENTRY_BYTES(page_bytes) (ENTRY_HEAD_BYTES + (page_bytes) + HASH_BYTES)
#define PAGE_BYTES_MIN 512
#define PAGE_BYTES_MAX 65536

/* Of a log, from SQLite's file format. */
#define LOG_HEAD_BYTES 32
#define LOG_SALTS_AT 16
/* The byte of its index that each process locks which is connected. */
#define INDEX_LOCK_AT 128

static void
put32(unsigned char *to, uint32_t value)
{
	value = htobe32(value);
	memcpy(to, &value, sizeof(value));
}

static uint32_t
get32(const unsigned char *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return be32toh(value);
}

/* Hashes the bytes with what was hashed before, and puts it behind them. */
static uint64_t
put_hash(unsigned char *bytes, int n, uint64_t before)
{
	uint64_t hash = XXH3_64bits_withSeed(bytes, (size_t)n, before);

	XXH64_canonicalFromHash((void *)(bytes + n), hash);
	return hash;
}

static bool
has_hash(const unsigned char *bytes, int n, uint64_t *hash)
{
	uint64_t before = *hash;

	*hash = XXH3_64bits_withSeed(bytes, (size_t)n, before);
	return XXH64_hashFromCanonical((const void *)(bytes + n)) == *hash;
}

/* --- writing ----------------------------------------------------------------- */

struct doublewrite *
doublewrite_make(sqlite3_vfs *vfs, const char *path)
{
	struct doublewrite *d = calloc(1, sizeof(*d));
	char name[PATH_MAX + sizeof(DOUBLEWRITE_ENDING)];

	assert(vfs != NULL);
	if (d == NULL)
		return NULL;
	d->vfs = vfs;
	d->gathered = malloc(GATHERED_BYTES);
	assert(strlen(path) < PATH_MAX); /* SQLite's own limit is less */
	(void)snprintf(name, sizeof(name), "%s" DOUBLEWRITE_ENDING, path);
	d->name = sqlite3_create_filename(name, "", "", 0, NULL);
	if (d->gathered != NULL && d->name != NULL)
		return d;
	doublewrite_free(d);
	return NULL;
}

void
doublewrite_free(struct doublewrite *d)
{
	if (d == NULL)
		return;
	if (d->file != NULL) {
		(void)d->file->pMethods->xClose(d->file);
		if (d->state == DOUBLEWRITE_EMPTY)
			(void)d->vfs->xDelete(d->vfs, d->name, 1);
	}
	free(d->file);
	sqlite3_free_filename(d->name);
	free(d->gathered);
	free(d->pages);
	free(d);
}

/* As a journal, so that its entry in the folder is flushed with it. */
static int
open_file(struct doublewrite *d)
{
	sqlite3_file *f = calloc(1, (size_t)d->vfs->szOsFile);
	int rc;

	if (f == NULL)
		return SQLITE_NOMEM;
	rc = d->vfs->xOpen(d->vfs, d->name, f,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		SQLITE_OPEN_MAIN_JOURNAL,
	    NULL);
	if (rc != SQLITE_OK && f->pMethods != NULL)
		(void)f->pMethods->xClose(f);
	if (rc != SQLITE_OK)
		free(f);
	else
		d->file = f;
	return rc;
}

void
doublewrite_begin(struct doublewrite *d,
    const unsigned char salts[DOUBLEWRITE_SALT_BYTES])
{
	assert(d->state == DOUBLEWRITE_EMPTY);
	memcpy(d->salts, salts, sizeof(d->salts));
	d->state = DOUBLEWRITE_OPEN;
	d->page_bytes = 0;
	d->at = 0;
	d->n = 0;
	d->unflushed = 0;
	d->count = 0;
	d->is_short = d->file == NULL && open_file(d) != SQLITE_OK;
}

static void
begin_file(struct doublewrite *d, int page_bytes)
{
	unsigned char *head = d->gathered;

	memcpy(head, MAGIC, MAGIC_BYTES);
	put32(head + 8, VERSION);
	put32(head + 12, (uint32_t)page_bytes);
	memcpy(head + 16, d->salts, sizeof(d->salts));
	sqlite3_randomness(8, head + 24);
	d->hash = put_hash(head, HEAD_BYTES - HASH_BYTES, 0);
	d->n = HEAD_BYTES;
	d->page_bytes = page_bytes;
}

/* Nothing depends on it before the seal: it is as good as not there. */
static bool
flush(struct doublewrite *d)
{
	d->unflushed = 0;
	if (d->file->pMethods->xSync(d->file, SQLITE_SYNC_NORMAL) != SQLITE_OK)
		d->is_short = true;
	return !d->is_short;
}

static bool
write_gathered(struct doublewrite *d)
{
	if (d->file->pMethods->xWrite(d->file, d->gathered, d->n, d->at) !=
	    SQLITE_OK) {
		d->is_short = true;
		return false;
	}
	d->at += d->n;
	d->unflushed += d->n;
	d->n = 0;
	return true;
}

static bool
note_page(struct doublewrite *d, uint32_t page)
{
	if (d->count == d->room) {
		size_t room = d->room == 0 ? 1024 : 2 * d->room;
		uint32_t *more = realloc(d->pages, room * sizeof(*more));

		if (more == NULL)
			return false;
		d->pages = more;
		d->room = room;
	}
	d->pages[d->count++] = page;
	return true;
}

/* An entry behind the gathered ones: `n` bytes of page, or none. */
static bool
append(struct doublewrite *d, uint32_t page, uint32_t before, const void *bytes,
    int n)
{
	unsigned char *entry;

	if (d->n + ENTRY_BYTES(n) > GATHERED_BYTES && !write_gathered(d))
		return false;
	if (d->unflushed >= FLUSH_BYTES && !flush(d))
		return false;
	entry = d->gathered + d->n;
	put32(entry, page);
	put32(entry + 4, before);
	if (n > 0)
		memcpy(entry + ENTRY_HEAD_BYTES, bytes, (size_t)n);
	d->hash = put_hash(entry, ENTRY_HEAD_BYTES + n, d->hash);
	d->n += ENTRY_BYTES(n);
	return true;
}

void
doublewrite_add(struct doublewrite *d, uint32_t page, const void *bytes, int n)
{
	uint32_t before = (uint32_t)d->count;

	assert(d->state == DOUBLEWRITE_OPEN);
	assert(page > 0);
	assert(n >= PAGE_BYTES_MIN && n <= PAGE_BYTES_MAX);
	if (d->is_short)
		return;
	if (d->page_bytes == 0)
		begin_file(d, n);
	assert(n == d->page_bytes);
	if (!append(d, page, before, bytes, n) || !note_page(d, page))
		d->is_short = true;
}

void
doublewrite_seal(struct doublewrite *d)
{
	uint64_t hash = d->hash;

	assert(d->state == DOUBLEWRITE_OPEN);
	if (d->is_short)
		return;
	if (d->count > 0) {
		if (!append(d, 0, (uint32_t)d->count, NULL, 0) ||
		    !write_gathered(d) || !flush(d))
			return;
		/* What is added after all takes the seal's place. */
		d->at -= ENTRY_BYTES(0);
		d->hash = hash;
	}
	d->state = DOUBLEWRITE_SEALED;
}

void
doublewrite_go_on(struct doublewrite *d)
{
	assert(d->state == DOUBLEWRITE_OPEN || d->state == DOUBLEWRITE_SEALED);
	d->state = DOUBLEWRITE_OPEN;
}

/* Without its head a file says nothing. Where the disk is full its room is given
 * back, too; and if all fails it must go. */
static int
void_file(struct doublewrite *d)
{
	static const unsigned char zeroes[HEAD_BYTES];
	const sqlite3_io_methods *m = d->file->pMethods;
	int rc = d->is_short ? m->xTruncate(d->file, 0)
			     : m->xWrite(d->file, zeroes, HEAD_BYTES, 0);

	if (rc == SQLITE_OK)
		rc = m->xSync(d->file, SQLITE_SYNC_NORMAL);
	if (rc == SQLITE_OK)
		return rc;
	(void)m->xClose(d->file);
	free(d->file);
	d->file = NULL;
	return d->vfs->xDelete(d->vfs, d->name, 1);
}

int
doublewrite_done(struct doublewrite *d)
{
	int rc = SQLITE_OK;

	if (d->state != DOUBLEWRITE_EMPTY && d->file != NULL)
		rc = void_file(d);
	if (rc == SQLITE_OK)
		d->state = DOUBLEWRITE_EMPTY;
	return rc;
}

/* --- at the start ------------------------------------------------------------- */

struct recovery {
	const char *path; /* of the database file */
	bool is_in_use;
	int fd, db_fd;
	unsigned char *entry;
	unsigned char salts[DOUBLEWRITE_SALT_BYTES];
	int page_bytes;
	uint64_t hash;
	uint32_t count; /* entries read */
};

static enum err_code
fail(const char *what, const char *path, struct err *err)
{
	return err_set(err, ERR_STORE_FAILED, "store", "cannot %s %s%s: %s",
	    what, path, DOUBLEWRITE_ENDING, strerror(errno));
}

/* False at the end of the file, and with errno when it cannot be read. */
static bool
read_whole(int fd, void *to, size_t n, off_t at)
{
	ssize_t got = pread(fd, to, n, at);

	if (got >= 0)
		errno = 0;
	return got == (ssize_t)n;
}

/* A log in which the pages are still, or which has begun after they were sealed. */
static bool
is_of_log(const char *path, const unsigned char *salts)
{
	char name[PATH_MAX];
	unsigned char head[LOG_HEAD_BYTES];
	const unsigned char *of_log = head + LOG_SALTS_AT;
	bool is_read;
	int fd;

	(void)snprintf(name, sizeof(name), "%s-wal", path);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	is_read = read_whole(fd, head, sizeof(head), 0);
	(void)close(fd);
	if (!is_read)
		return false;
	/* The first salt grows by one with each beginning. */
	return memcmp(of_log, salts, DOUBLEWRITE_SALT_BYTES) == 0 ||
	    get32(of_log) == get32(salts) + 1;
}

enum head { HEAD_NONE, HEAD_READ, HEAD_LATER };

static enum head
read_head(struct recovery *r)
{
	unsigned char head[HEAD_BYTES];

	r->hash = 0;
	r->count = 0;
	if (!read_whole(r->fd, head, sizeof(head), 0) ||
	    memcmp(head, MAGIC, MAGIC_BYTES) != 0 ||
	    !has_hash(head, HEAD_BYTES - HASH_BYTES, &r->hash))
		return HEAD_NONE;
	if (get32(head + 8) != VERSION)
		return HEAD_LATER;
	r->page_bytes = (int)get32(head + 12);
	memcpy(r->salts, head + 16, sizeof(r->salts));
	return r->page_bytes >= PAGE_BYTES_MIN &&
		r->page_bytes <= PAGE_BYTES_MAX
	    ? HEAD_READ
	    : HEAD_NONE;
}

/* The next entry; its page is 0 at the seal. False: it is none. */
static bool
read_entry(struct recovery *r, uint32_t *page)
{
	off_t at = HEAD_BYTES + (off_t)r->count * ENTRY_BYTES(r->page_bytes);
	int n = r->page_bytes;

	if (!read_whole(r->fd, r->entry, ENTRY_HEAD_BYTES, at))
		return false;
	*page = get32(r->entry);
	if (get32(r->entry + 4) != r->count)
		return false;
	if (*page == 0)
		n = 0;
	r->count++;
	return read_whole(r->fd, r->entry, (size_t)ENTRY_BYTES(n), at) &&
	    has_hash(r->entry, ENTRY_HEAD_BYTES + n, &r->hash);
}

static bool
is_sealed(struct recovery *r)
{
	uint32_t page;

	while (read_entry(r, &page)) {
		if (page == 0)
			return true;
	}
	return false;
}

static bool
write_whole(int fd, const unsigned char *from, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t wrote = pwrite(fd, from, n, at);

		if (wrote <= 0)
			return false;
		from += wrote;
		n -= (size_t)wrote;
		at += wrote;
	}
	return true;
}

static bool
put_pages(struct recovery *r)
{
	uint32_t page = 1;

	r->db_fd = open(r->path, O_WRONLY | O_CLOEXEC);
	if (r->db_fd < 0)
		return false;
	errno = EIO;
	if (read_head(r) != HEAD_READ)
		return false;
	while (read_entry(r, &page) && page != 0) {
		if (!write_whole(r->db_fd, r->entry + ENTRY_HEAD_BYTES,
			(size_t)r->page_bytes,
			(off_t)(page - 1) * r->page_bytes))
			return false;
	}
	if (page != 0)
		errno = EIO; /* it was sealed a moment ago */
	return page == 0 && fdatasync(r->db_fd) == 0;
}

/* Is another process connected? It would keep SQLite's index of the log, by which
 * pages are read from the file that are newer in the log. */
static bool
is_in_use(const char *path)
{
	struct flock held = {.l_type = F_WRLCK,
	    .l_whence = SEEK_SET,
	    .l_start = INDEX_LOCK_AT,
	    .l_len = 1};
	char name[PATH_MAX];
	int fd;

	(void)snprintf(name, sizeof(name), "%s-shm", path);
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fcntl(fd, F_GETLK, &held) != 0)
		held.l_type = F_UNLCK;
	(void)close(fd);
	return held.l_type != F_UNLCK;
}

static enum err_code
recover(struct recovery *r, enum doublewrite_found *found, size_t *pages,
    struct err *err)
{
	enum head head;

	r->entry = malloc(ENTRY_BYTES(PAGE_BYTES_MAX));
	if (r->entry == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	errno = 0;
	head = read_head(r);
	if (head == HEAD_LATER)
		return err_set(err, ERR_STORE_FAILED, "store",
		    "%s" DOUBLEWRITE_ENDING " was made by a later version;"
		    " start that one",
		    r->path);
	if (head == HEAD_NONE || !is_sealed(r))
		return errno == 0 ? ERR_OK : fail("read", r->path, err);
	if (!is_of_log(r->path, r->salts)) {
		*found = DOUBLEWRITE_SET_ASIDE;
		return ERR_OK;
	}
	if (r->is_in_use)
		return err_set(err, ERR_STORE_BUSY, "store",
		    "another program has %s open, and pages must be put into"
		    " it; close that program first",
		    r->path);
	*found = DOUBLEWRITE_RECOVERED;
	*pages = r->count - 1;
	return put_pages(r) ? ERR_OK
			    : fail("put the pages in place of", r->path, err);
}

/* On disk: what comes back after a power cut is old by then. */
static bool
take_away(const char *path, const char *name, bool aside)
{
	char to[PATH_MAX];
	char folder[PATH_MAX];
	const char *slash = strrchr(name, '/');
	bool is_away;
	int fd;

	(void)snprintf(to, sizeof(to), "%s" DOUBLEWRITE_ASIDE, path);
	is_away = (aside ? rename(name, to) : unlink(name)) == 0;
	(void)snprintf(folder, sizeof(folder), "%.*s",
	    slash != NULL ? (int)(slash - name) + 1 : 1,
	    slash != NULL ? name : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	is_away = is_away && fsync(fd) == 0;
	(void)close(fd);
	return is_away;
}

enum err_code
doublewrite_recover(const char *path, enum doublewrite_found *found,
    size_t *pages, struct err *err)
{
	struct recovery r = {.path = path, .db_fd = -1};
	char name[PATH_MAX];
	enum err_code code;

	assert(path != NULL);
	assert(found != NULL);
	assert(pages != NULL);
	*found = DOUBLEWRITE_NOTHING;
	*pages = 0;
	if (snprintf(name, sizeof(name), "%s" DOUBLEWRITE_ASIDE, path) >=
	    (int)sizeof(name))
		return ERR_OK; /* and no such file can be */
	(void)snprintf(name, sizeof(name), "%s" DOUBLEWRITE_ENDING, path);
	r.fd = open(name, O_RDONLY | O_CLOEXEC);
	if (r.fd < 0)
		return errno == ENOENT ? ERR_OK : fail("open", path, err);
	r.is_in_use = is_in_use(path);
	code = recover(&r, found, pages, err);
	free(r.entry);
	(void)close(r.fd);
	if (r.db_fd >= 0 && close(r.db_fd) != 0 && code == ERR_OK)
		code = fail("put the pages in place of", path, err);
	/* Nothing of it is needed, and it may be somebody's. */
	if (code == ERR_OK && r.is_in_use)
		*found = DOUBLEWRITE_NOTHING;
	else if (code == ERR_OK &&
	    !take_away(path, name, *found == DOUBLEWRITE_SET_ASIDE))
		code = fail("remove", path, err);
	return code;
}
