/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite driver: settings of a database file, its write-ahead log, copies
 * and the database's own check.
 *
 * The log is emptied only when the engine says so (no automatic checkpoints),
 * and only by the writer.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "sql/sql_sqlite.h"

/* The log's own parts, from SQLite's file format. */
#define WAL_HEADER_BYTES 32
#define WAL_FRAME_HEADER_BYTES 24

/*
 * A change dirties one random page, its order's, and every dirty page is
 * written whole: small pages win (measured in docs/store.md). No memory map:
 * see sql_sqlite.c.
 */
static const char settings_all[] = "PRAGMA page_size = 4096;"
				   "PRAGMA mmap_size = 0;"
				   "PRAGMA foreign_keys = OFF;"
				   "PRAGMA trusted_schema = OFF;"
				   "PRAGMA temp_store = MEMORY;";

static const char settings_writer[] = "PRAGMA journal_mode = WAL;"
				      "PRAGMA synchronous = FULL;"
				      "PRAGMA locking_mode = NORMAL;"
				      "PRAGMA wal_autocheckpoint = 0;";

static enum err_code
run(struct sqlite_db *d, const char *script, struct err *err)
{
	int rc = sqlite3_exec(d->handle, script, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ERR_OK : sqlite_fail(d, rc, script, err);
}

/* The first row of a statement that is asked once; cut to fit `out`. */
static enum err_code
ask(struct sqlite_db *d, const char *question, char *out, size_t out_bytes,
    struct err *err)
{
	sqlite3_stmt *stmt;
	enum err_code code = ERR_OK;
	int rc;

	out[0] = '\0';
	rc = sqlite3_prepare_v2(d->handle, question, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return sqlite_fail(d, rc, question, err);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_text(stmt, 0) != NULL)
		(void)snprintf(out, out_bytes, "%s",
		    (const char *)sqlite3_column_text(stmt, 0));
	else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		code = sqlite_fail(d, rc, question, err);
	(void)sqlite3_finalize(stmt);
	return code;
}

static enum err_code
set_numbers(struct sqlite_db *d, struct err *err)
{
	char script[128];
	int kib = d->mode == SQL_READER ? LIMIT_READER_CACHE_KIB
					: LIMIT_WRITER_CACHE_KIB;

	/* A negative size counts KiB. The second setting cuts a log that once
	 * grew long when it is begun again. */
	(void)snprintf(script, sizeof(script),
	    "PRAGMA cache_size = -%d; PRAGMA journal_size_limit = %d;", kib,
	    LIMIT_WAL_BYTES);
	return run(d, script, err);
}

static int
on_commit(void *arg, sqlite3 *handle, const char *name, int pages)
{
	struct sqlite_db *d = arg;
	int64_t before = d->wal_bytes;

	(void)handle;
	(void)name;
	d->wal_bytes = WAL_HEADER_BYTES +
	    (int64_t)pages * (d->page_bytes + WAL_FRAME_HEADER_BYTES);
	/* It has begun anew; no other thread looks, for no mark stands. */
	if (d->wal_bytes <= before)
		d->beside_pages = 0;
	return SQLITE_OK;
}

static enum err_code
set_writer(struct sqlite_db *d, struct err *err)
{
	char answer[32];
	enum err_code code = run(d, settings_writer, err);

	if (code == ERR_OK)
		code = ask(d, "PRAGMA journal_mode", answer, sizeof(answer),
		    err);
	if (code == ERR_OK && strcmp(answer, "wal") != 0)
		code = err_set(err, ERR_STORE_FAILED, NULL,
		    "the file cannot have a write-ahead log here; use a local"
		    " file system");
	/* sql_sqlite_wal.c relies on it, as does every acknowledgement. */
	if (code == ERR_OK)
		code = ask(d, "PRAGMA synchronous", answer, sizeof(answer),
		    err);
	assert(code != ERR_OK || strcmp(answer, "2") == 0);
	if (code == ERR_OK)
		code = ask(d, "PRAGMA page_size", answer, sizeof(answer), err);
	if (code != ERR_OK)
		return code;
	(void)str_parse_int(str_from(answer), &d->page_bytes);
	(void)sqlite3_wal_hook(d->handle, on_commit, d);
	return ERR_OK;
}

/* A writer that was given up has left it, and only its log could tell what its pages
 * are worth: they are flushed in their place, and it goes. */
static enum err_code
flush_left_behind(struct sqlite_db *d, struct err *err)
{
	const char *name = sqlite3_db_filename(d->handle, "main");
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	char left[PATH_MAX];
	int rc;

	(void)snprintf(left, sizeof(left), "%s" DOUBLEWRITE_ENDING, name);
	if (access(left, F_OK) != 0)
		return ERR_OK;
	rc = sqlite_move_flush_now(d->handle);
	if (rc == SQLITE_OK)
		rc = vfs->xDelete(vfs, left, 1);
	return rc == SQLITE_OK ? ERR_OK : sqlite_fail(d, rc, left, err);
}

enum err_code
sqlite_file_settings(struct sqlite_db *d, struct err *err)
{
	enum err_code code;

	(void)sqlite3_busy_timeout(d->handle, LIMIT_STORE_BUSY_MS);
	/* Only the one writer may checkpoint, at its last moment too. */
	if (d->mode != SQL_WRITER)
		(void)sqlite3_db_config(d->handle,
		    SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	code = run(d, settings_all, err);
	if (code == ERR_OK)
		code = set_numbers(d, err);
	if (code == ERR_OK && d->mode != SQL_READER)
		code = set_writer(d, err);
	if (code == ERR_OK && d->mode == SQL_WRITER)
		code = flush_left_behind(d, err);
	return code;
}

int64_t
sqlite_file_wal_bytes(struct sql_db *db)
{
	return sqlite_of(db)->wal_bytes;
}

/* --- checkpoints ----------------------------------------------------------- */

/* Another connection to the same file, which does not checkpoint by itself. */
static int
open_aside(const struct sqlite_db *d, int flags, const char *vfs, sqlite3 **out)
{
	int rc = sqlite3_open_v2(sqlite3_db_filename(d->handle, "main"), out,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);

	return rc == SQLITE_OK
	    ? sqlite3_db_config(*out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL)
	    : rc;
}

/*
 * A mark is a read that has begun and not ended: a checkpoint moves nothing that
 * was committed behind it, and a commit does not begin the log anew. When the log
 * holds nothing that is not in the file SQLite lets a read do without the log, and
 * that keeps nobody from anything; so there must be something. It has its own
 * connection, for it reads while others are written.
 */
static enum err_code
open_mark(struct sqlite_db *d, struct err *err)
{
	int rc = open_aside(d, SQLITE_OPEN_READONLY, sqlite_wal_vfs(),
	    &d->mark);

	return rc == SQLITE_OK
	    ? ERR_OK
	    : sqlite_fail(d, rc, sqlite3_db_filename(d->handle, "main"), err);
}

/* Only who marks needs it: for others the file is flushed as SQLite does. */
static enum err_code
open_doublewrite(struct sqlite_db *d, struct err *err)
{
	d->doublewrite = doublewrite_make(sqlite3_vfs_find(NULL),
	    sqlite3_db_filename(d->handle, "main"));
	if (d->doublewrite == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	sqlite_move_into(d->handle, d->doublewrite);
	return ERR_OK;
}

void
sqlite_file_close_mark(struct sqlite_db *d)
{
	(void)sqlite3_close(d->mark);
	d->mark = NULL;
	d->is_marked = false;
}

enum err_code
sqlite_file_mark(struct sql_db *db, struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	enum err_code code = ERR_OK;
	int rc;

	assert(d->mode != SQL_READER);
	assert(!d->is_marked);
	if (d->is_dead)
		return sqlite_refuse_dead(err);
	if (d->mark == NULL)
		code = open_mark(d, err);
	if (d->doublewrite == NULL && code == ERR_OK)
		code = open_doublewrite(d, err);
	if (code != ERR_OK) {
		sqlite_file_close_mark(d);
		return code;
	}
	/* The page it reads is the one every reader begins with. */
	rc = sqlite3_exec(d->mark, "BEGIN; PRAGMA schema_version", NULL, NULL,
	    NULL);
	d->is_marked = rc == SQLITE_OK;
	if (rc == SQLITE_OK)
		return ERR_OK;
	code = err_set(err, ERR_STORE_FAILED, NULL,
	    "checkpoint: %s (sqlite %d)", sqlite3_errmsg(d->mark), rc);
	sqlite_file_close_mark(d);
	return code;
}

void
sqlite_file_unmark(struct sql_db *db)
{
	struct sqlite_db *d = sqlite_of(db);

	if (!d->is_marked)
		return;
	d->is_marked = false;
	(void)sqlite3_exec(d->mark, "ROLLBACK", NULL, NULL, NULL);
	/* It must not stay for good. */
	if (!sqlite3_get_autocommit(d->mark))
		sqlite_file_close_mark(d);
}

/*
 * A connection for checkpoints alone. It works only while a mark stands: SQLite
 * before 3.51.3 can corrupt a log that a commit begins anew while a checkpoint of
 * another connection begins (sqlite.org/wal.html, "the WAL-reset bug").
 *
 * What it sees was committed and so flushed, but for what was left by a crash:
 * it flushes the log once.
 */
static int
open_beside(struct sqlite_db *d)
{
	int rc = open_aside(d, SQLITE_OPEN_READWRITE,
	    sqlite_move_vfs(MOVER_BESIDE), &d->beside);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(d->beside, LIMIT_STORE_BUSY_MS);
	/* Without the last one it would not look whether there is a log. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(d->beside,
		    "PRAGMA mmap_size = 0; PRAGMA synchronous = FULL;"
		    "PRAGMA schema_version",
		    NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		sqlite_move_into(d->beside, d->doublewrite);
	return rc;
}

void
sqlite_file_close_beside(struct sqlite_db *d)
{
	(void)sqlite3_close(d->beside);
	d->beside = NULL;
	d->beside_pages = 0;
}

static enum err_code
fail_beside(struct sqlite_db *d, int rc, struct err *err)
{
	enum err_code code = ERR_STORE_FAILED;

	/* Another process is at it: that does as well. */
	if ((rc & 0xff) == SQLITE_BUSY)
		return ERR_OK;
	if ((rc & 0xff) == SQLITE_FULL)
		code = ERR_STORE_FULL;
	else if ((rc & 0xff) == SQLITE_NOMEM)
		code = ERR_NO_MEMORY;
	/* A second try could succeed without the pages of the first. */
	else
		sqlite_kill(d);
	return err_set(err, code, NULL, "checkpoint: %s (sqlite %d)",
	    sqlite3_errstr(rc), rc);
}

/* Touches nothing of the writer's connection but what is the beside's own. */
enum err_code
sqlite_file_checkpoint_beside(struct sql_db *db, int64_t *moved_bytes,
    struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	int pages = 0, before = d->beside_pages;
	int rc = SQLITE_OK;

	assert(d->mode != SQL_READER);
	assert(d->is_marked);
	*moved_bytes = 0;
	if (d->is_dead)
		return sqlite_refuse_dead(err);
	if (d->beside == NULL)
		rc = open_beside(d);
	if (rc == SQLITE_OK)
		rc = sqlite_move(d->beside, SQLITE_CHECKPOINT_PASSIVE, &pages);
	if (rc != SQLITE_OK) {
		sqlite_file_close_beside(d);
		return fail_beside(d, rc, err);
	}
	*moved_bytes = (pages - before) * d->page_bytes;
	d->beside_pages = pages;
	return ERR_OK;
}

enum err_code
sqlite_file_checkpoint_flush(struct sql_db *db, const atomic_bool *hurry,
    struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	int rc;

	assert(d->mode != SQL_READER);
	if (d->is_dead)
		return sqlite_refuse_dead(err);
	if (d->beside == NULL)
		return ERR_OK;
	rc = sqlite_move_flush(d->beside, hurry);
	return rc == SQLITE_OK ? ERR_OK : fail_beside(d, rc, err);
}

enum err_code
sqlite_file_checkpoint(struct sql_db *db, enum sql_checkpoint how,
    struct err *err)
{
	struct sqlite_db *d = sqlite_of(db);
	int mode = how == SQL_CHECKPOINT_RESTART ? SQLITE_CHECKPOINT_RESTART
						 : SQLITE_CHECKPOINT_PASSIVE;
	enum err_code code;
	int frames = 0;
	int rc;

	assert(d->mode != SQL_READER);
	if (d->is_dead)
		return sqlite_refuse_dead(err);
	rc = sqlite_move(d->handle, mode, &frames);
	if (rc == SQLITE_OK) {
		/* The next commit begins the log again. */
		if (how == SQL_CHECKPOINT_RESTART)
			d->wal_bytes = d->beside_pages = 0;
		return ERR_OK;
	}
	code = sqlite_fail(d, rc, "checkpoint", err);
	/* A second try could succeed without the pages of the first. */
	if ((rc & 0xff) == SQLITE_IOERR)
		sqlite_kill(d);
	return code;
}

/*
 * The last connection that closes moves the log and removes it. Pages that are in
 * the file and not on disk must not depend on the doublewrite file any more then,
 * for without the log nobody could tell what it belongs to. Nothing is removed when
 * a flush fails, and after one that failed: pages the kernel could not write are no
 * longer marked as such.
 */
void
sqlite_file_close(struct sqlite_db *d)
{
	bool is_flushed = !d->is_dead;

	sqlite_file_close_mark(d);
	sqlite_file_close_beside(d);
	if (d->handle != NULL && d->doublewrite != NULL && is_flushed)
		is_flushed = sqlite_move_end(d->handle) == SQLITE_OK;
	if (d->handle != NULL && !is_flushed)
		(void)sqlite3_db_config(d->handle,
		    SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_close(d->handle);
	doublewrite_free(d->doublewrite);
}

/* --- a copy ------------------------------------------------------------- */

static enum err_code
copy_pages(struct sqlite_db *from, struct sqlite_db *to, struct err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main",
	    from->handle, "main");
	int rc;

	if (backup == NULL)
		return sqlite_fail(to, sqlite3_errcode(to->handle), "copy",
		    err);
	/* In one step: another connection's commit would start it afresh. */
	(void)sqlite3_backup_step(backup, -1);
	rc = sqlite3_backup_finish(backup);
	if (rc != SQLITE_OK)
		return sqlite_fail(to, rc, "copy", err);
	/* A copy is one file: without a log beside it. */
	return run(to, "PRAGMA journal_mode = DELETE", err);
}

/* Makes the file, which must not be there, for its owner only. */
static enum err_code
make_file(const char *path, struct err *err)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "cannot make %s: %s", path, strerror(errno));
	(void)close(fd);
	return ERR_OK;
}

enum err_code
sqlite_file_create(const char *path, struct err *err)
{
	/* To open a file that is in use and close it again would drop this
	 * process's locks on it; O_EXCL opens none that is there. */
	if (access(path, F_OK) == 0)
		return ERR_OK;
	return make_file(path, err);
}

/* Files beside the database are named after it, not after a link to it. */
enum err_code
sql_recover_file(const char *path, struct err *err)
{
	enum doublewrite_found found;
	char name[PATH_MAX];
	size_t pages;
	enum err_code code;

	assert(path != NULL);
	if (realpath(path, name) == NULL)
		return errno == ENOENT
		    ? ERR_OK
		    : err_set(err, ERR_STORE_FAILED, "store",
			  "cannot find %s: %s", path, strerror(errno));
	code = doublewrite_recover(name, &found, &pages, err);
	if (code == ERR_OK && found == DOUBLEWRITE_RECOVERED)
		log_message(LOG_INFO, "doublewrite_recovered",
		    "%zu pages of %s%s were put in their place", pages, name,
		    DOUBLEWRITE_ENDING);
	if (code == ERR_OK && found == DOUBLEWRITE_SET_ASIDE)
		log_message(LOG_ERROR, "doublewrite_aside",
		    "another program has moved or removed the log of %s since"
		    " the server ended; if the power was cut before that,"
		    " pages are missing: run `procured check`; they are in"
		    " %s%s",
		    name, name, DOUBLEWRITE_ASIDE);
	return code;
}

enum err_code
sqlite_file_copy(struct sql_db *db, const char *path, struct err *err)
{
	struct sqlite_db to = {.mode = SQL_CREATE};
	enum err_code code;
	int rc;

	if (sqlite_of(db)->is_dead)
		return sqlite_refuse_dead(err);
	code = make_file(path, err);
	if (code != ERR_OK)
		return code;
	rc = sqlite3_open_v2(path, &to.handle,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc == SQLITE_OK)
		code = copy_pages(sqlite_of(db), &to, err);
	else
		code = sqlite_fail(&to, rc, path, err);
	(void)sqlite3_close(to.handle);
	if (code != ERR_OK)
		(void)unlink(path);
	return code;
}

enum err_code
sqlite_file_integrity(struct sql_db *db, struct err *err)
{
	char answer[160];
	enum err_code code = ask(sqlite_of(db), "PRAGMA integrity_check(1)",
	    answer, sizeof(answer), err);

	if (code != ERR_OK || strcmp(answer, "ok") == 0)
		return code;
	return err_set(err, ERR_STORE_FAILED, NULL, "the file is damaged: %s",
	    answer);
}
