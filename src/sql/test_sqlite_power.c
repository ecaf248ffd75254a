/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts while the log is moved into the file. A disk that keeps what was
 * flushed, and of what was written since any sectors, is looked at every few calls:
 * at the next start it must have every row that was acknowledged by then.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sql/test_sqlite_world.h"

#define SECTOR 512
#define ROWS 400
#define CUTS 40
#define STEPS 2000

/* --- the disk -------------------------------------------------------------------- */

enum { MAIN_FILE, LOG_FILE, DOUBLEWRITE_FILE, FILE_COUNT };

static const char *const endings[] = {"", "-wal", "-doublewrite"};

/* Written or cut, not flushed. */
struct op {
	sqlite3_int64 at;
	int n; /* -1: cut at `at` */
	unsigned char *bytes;
};

static struct disk_file {
	bool exists;
	unsigned char *bytes; /* on disk for sure */
	size_t n, room;
	struct op *ops;
	size_t op_count, op_room;
} disk[FILE_COUNT];

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_io_methods methods[2];
	const sqlite3_io_methods *real_methods[2]; /* with and without locks */
	struct {
		sqlite3_file *f;
		int which;
	} open[32];
	bool doublewrite_is_full;
	bool log_fails;
	int until_cut; /* calls */
} system_;

/* What the store holds: values of rows, as acknowledged and as being written. */
static int acknowledged[ROWS], written[ROWS];

static struct {
	int before[ROWS], after[ROWS];
} cuts[CUTS];
static int cut_count;

static uint64_t seed;

static unsigned
chance(unsigned below)
{
	seed = seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % below;
}

static void
grow(struct disk_file *d, size_t n)
{
	if (n > d->room) {
		d->room = 2 * n;
		d->bytes = realloc(d->bytes, d->room);
		assert_non_null(d->bytes);
	}
	if (n > d->n)
		memset(d->bytes + d->n, 0, n - d->n);
	d->n = n;
}

static void
apply(struct disk_file *d, const struct op *op, unsigned percent)
{
	if (op->n < 0) {
		if (chance(100) < percent)
			grow(d, (size_t)op->at);
		return;
	}
	for (int i = 0; i < op->n;) {
		int n = SECTOR - (int)((op->at + i) % SECTOR);
		size_t at = (size_t)op->at + (size_t)i;

		if (n > op->n - i)
			n = op->n - i;
		if (chance(100) < percent) {
			if (at + (size_t)n > d->n)
				grow(d, at + (size_t)n);
			memcpy(d->bytes + at, op->bytes + i, (size_t)n);
		}
		i += n;
	}
}

static void
write_file(const char *name, const struct disk_file *d)
{
	FILE *f = fopen(name, "wb");

	assert_non_null(f);
	if (d->n > 0)
		assert_int_equal(fwrite(d->bytes, 1, d->n, f), d->n);
	assert_int_equal(fclose(f), 0);
}

/* The power goes: what is on the disk then, in files of its own. */
static void
cut(void)
{
	static const unsigned percents[] = {0, 10, 50, 90, 100};
	char name[64];

	if (cut_count == CUTS)
		return;
	(void)snprintf(name, sizeof(name), "cut%d", cut_count);
	assert_int_equal(mkdir(name, 0700), 0);
	for (int i = 0; i < FILE_COUNT; i++) {
		struct disk_file copy = {0};
		unsigned percent = percents[chance(COUNT(percents))];

		if (!disk[i].exists)
			continue;
		grow(&copy, disk[i].n);
		if (copy.n > 0)
			memcpy(copy.bytes, disk[i].bytes, copy.n);
		for (size_t k = 0; k < disk[i].op_count; k++)
			apply(&copy, &disk[i].ops[k], percent);
		(void)snprintf(name, sizeof(name), "cut%d/test.db%s", cut_count,
		    endings[i]);
		write_file(name, &copy);
		free(copy.bytes);
	}
	memcpy(cuts[cut_count].before, acknowledged, sizeof(acknowledged));
	memcpy(cuts[cut_count].after, written, sizeof(written));
	cut_count++;
}

static void
note_call(void)
{
	if (--system_.until_cut > 0)
		return;
	cut();
	system_.until_cut = 1 + (int)chance(80);
}

static void
forget_ops(struct disk_file *d)
{
	for (size_t i = 0; i < d->op_count; i++)
		free(d->ops[i].bytes);
	d->op_count = 0;
}

static void
note_op(int which, const void *bytes, int n, sqlite3_int64 at)
{
	struct disk_file *d = &disk[which];
	struct op op = {at, n, NULL};

	if (n > 0) {
		op.bytes = malloc((size_t)n);
		assert_non_null(op.bytes);
		memcpy(op.bytes, bytes, (size_t)n);
	}
	if (d->op_count == d->op_room) {
		d->op_room = 2 * d->op_room + 64;
		d->ops = realloc(d->ops, d->op_room * sizeof(*d->ops));
		assert_non_null(d->ops);
	}
	d->ops[d->op_count++] = op;
	note_call();
}

static void
flush_file(int which)
{
	struct disk_file *d = &disk[which];

	note_call();
	for (size_t i = 0; i < d->op_count; i++)
		apply(d, &d->ops[i], 100);
	forget_ops(d);
}

/* --- SQLite's calls -------------------------------------------------------------- */

static int
which_is(sqlite3_file *f)
{
	for (size_t i = 0; i < COUNT(system_.open); i++) {
		if (system_.open[i].f == f)
			return system_.open[i].which;
	}
	fail();
	return 0;
}

static const sqlite3_io_methods *
real_of(sqlite3_file *f)
{
	return system_.real_methods[which_is(f) == MAIN_FILE ? 0 : 1];
}

static int
power_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
	int which = which_is(f);

	if (which == DOUBLEWRITE_FILE && system_.doublewrite_is_full)
		return SQLITE_FULL;
	if (which == LOG_FILE && system_.log_fails)
		return SQLITE_IOERR_WRITE;
	note_op(which, bytes, n, at);
	return real_of(f)->xWrite(f, bytes, n, at);
}

static int
power_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	note_op(which_is(f), NULL, -1, size);
	return real_of(f)->xTruncate(f, size);
}

static int
power_sync(sqlite3_file *f, int flags)
{
	flush_file(which_is(f));
	return real_of(f)->xSync(f, flags);
}

static int
power_close(sqlite3_file *f)
{
	const sqlite3_io_methods *real = real_of(f);

	for (size_t i = 0; i < COUNT(system_.open); i++) {
		if (system_.open[i].f == f)
			system_.open[i].f = NULL;
	}
	return real->xClose(f);
}

static int
power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out)
{
	int rc = system_.real->xOpen(system_.real, name, f, flags, out);
	int kind = flags & SQLITE_OPEN_MAIN_DB ? 0 : 1;
	int which = kind == 0	      ? MAIN_FILE
	    : flags & SQLITE_OPEN_WAL ? LOG_FILE
				      : DOUBLEWRITE_FILE;
	size_t i = 0;

	(void)vfs;
	if (rc != SQLITE_OK)
		return rc;
	while (system_.open[i].f != NULL)
		i++;
	system_.open[i].f = f;
	system_.open[i].which = which;
	disk[which].exists = true;
	system_.real_methods[kind] = f->pMethods;
	system_.methods[kind] = *f->pMethods;
	system_.methods[kind].xWrite = power_write;
	system_.methods[kind].xTruncate = power_truncate;
	system_.methods[kind].xSync = power_sync;
	system_.methods[kind].xClose = power_close;
	f->pMethods = &system_.methods[kind];
	return rc;
}

static int
power_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	for (int i = 1; i < FILE_COUNT; i++) {
		const char *ending = strrchr(name, '-');

		if (ending == NULL || strcmp(ending, endings[i]) != 0)
			continue;
		note_call();
		forget_ops(&disk[i]);
		disk[i].n = 0;
		disk[i].exists = false;
	}
	return system_.real->xDelete(system_.real, name, sync);
}

static void
forget_disk(void)
{
	for (int i = 0; i < FILE_COUNT; i++) {
		forget_ops(&disk[i]);
		free(disk[i].ops);
		free(disk[i].bytes);
	}
	memset(disk, 0, sizeof(disk));
}

/* What is in the file now is on disk. */
static void
take_file(void)
{
	FILE *f = fopen("test.db", "rb");
	struct stat is;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &is), 0);
	grow(&disk[MAIN_FILE], (size_t)is.st_size);
	assert_int_equal(fread(disk[MAIN_FILE].bytes, 1, disk[MAIN_FILE].n, f),
	    disk[MAIN_FILE].n);
	(void)fclose(f);
	disk[MAIN_FILE].exists = true;
}

static void
use_disk(void)
{
	if (system_.real == NULL) {
		system_.real = sqlite3_vfs_find(NULL);
		system_.vfs = *system_.real;
		system_.vfs.zName = "power";
		system_.vfs.xOpen = power_open;
		system_.vfs.xDelete = power_delete;
	}
	assert_int_equal(sqlite3_vfs_register(&system_.vfs, 1), SQLITE_OK);
	system_.until_cut = 1 + (int)chance(80);
}

static void
leave_disk(void)
{
	assert_int_equal(sqlite3_vfs_register(system_.real, 1), SQLITE_OK);
}

/* --- changes ------------------------------------------------------------------- */

static void
change(struct sql_db *w)
{
	struct err err;
	char text[160];

	check_err(sql_begin(w, &err), ERR_OK);
	for (unsigned n = chance(20) == 0 ? 300 : 1 + chance(8); n > 0; n--) {
		unsigned row = chance(ROWS);

		written[row]++;
		(void)snprintf(text, sizeof(text),
		    "INSERT INTO t VALUES(%u, '%d', zeroblob(900))"
		    " ON CONFLICT(id) DO UPDATE SET a = excluded.a",
		    row + 1, written[row]);
		check_err(sql_script_run(w, text, &err), ERR_OK);
	}
	check_err(sql_commit(w, &err), ERR_OK);
	memcpy(acknowledged, written, sizeof(written));
}

static void
reopen(struct sql_db **w)
{
	sql_close(w);
	*w = must_open(SQL_WRITER);
}

/* A change that the disk does not take; the writer is given up, as the engine does. */
static void
fail_to_change(struct sql_db **w)
{
	struct err err;

	check_err(sql_begin(*w, &err), ERR_OK);
	check_err(sql_script_run(*w,
		      "INSERT INTO t VALUES(1000000, '-1', zeroblob(9))", &err),
	    ERR_OK);
	system_.log_fails = true;
	assert_int_not_equal(sql_commit(*w, &err), ERR_OK);
	system_.log_fails = false;
	reopen(w);
}

static void
pass(struct sql_db *w)
{
	int64_t moved;
	struct err err;

	change(w);
	check_err(sql_checkpoint_mark(w, &err), ERR_OK);
	for (unsigned n = chance(4); n > 0; n--)
		change(w);
	check_err(sql_checkpoint_beside(w, &moved, &err), ERR_OK);
	for (unsigned n = chance(4); n > 0; n--)
		change(w);
	sql_checkpoint_unmark(w);
}

static void
step(struct sql_db **w)
{
	struct err err;

	switch (chance(13)) {
	case 0:
		pass(*w);
		break;
	case 1:
		check_err(sql_checkpoint(*w, SQL_CHECKPOINT_PASSIVE, &err),
		    ERR_OK);
		break;
	case 2:
		check_err(sql_checkpoint_flush(*w, &slowly, &err), ERR_OK);
		break;
	case 3:
		if (chance(8) == 0)
			reopen(w);
		break;
	case 4:
		system_.doublewrite_is_full = chance(4) == 0;
		break;
	case 5:
		if (chance(4) == 0)
			fail_to_change(w);
		break;
	default:
		change(*w);
	}
}

/* A reader in the way, now and then: then not all of the log can be moved. */
static void
step_reader(struct sql_db **r)
{
	struct err err;

	if (chance(10) != 0)
		return;
	if (*r != NULL) {
		sql_rollback(*r);
		sql_close(r);
		return;
	}
	*r = must_open(SQL_READER);
	check_err(sql_begin(*r, &err), ERR_OK);
	(void)must_ask(*r, LAST);
}

/* --- the next start -------------------------------------------------------------- */

static int
value_of(struct sql_db *db, int row)
{
	struct sql_value args[] = {sql_int(row + 1)};
	struct sql_cursor *c;
	struct err err;
	int64_t value = 0;
	bool found;

	check_err(sql_start(db, GET, args, 1, &c, &err), ERR_OK);
	check_err(sql_next(c, &found, &err), ERR_OK);
	if (found)
		assert_true(str_parse_int(sql_get_str(c, 1), &value));
	sql_done(&c);
	return (int)value;
}

/* A store may be reached by a link, and the other files lie beside the store. */
static void
go_to_link(const char *folder)
{
	char to[128], from[128];

	(void)snprintf(to, sizeof(to), "../%s/test.db", folder);
	(void)snprintf(from, sizeof(from), "%s-link", folder);
	assert_int_equal(mkdir(from, 0700), 0);
	assert_int_equal(chdir(from), 0);
	assert_int_equal(symlink(to, "test.db"), 0);
}

static void
check_cut(int of_seed, int i)
{
	int before = 0, after = 0, row;
	struct sql_db *db;
	struct err err;
	char name[64];

	(void)snprintf(name, sizeof(name), "cut%d", i);
	if (i % 2 == 1)
		go_to_link(name);
	else
		assert_int_equal(chdir(name), 0);
	db = must_open(SQL_CREATE);
	check_err(sql_integrity(db, &err), ERR_OK);
	for (row = 0; row < ROWS; row++) {
		int value = value_of(db, row);

		before += value != cuts[i].before[row];
		after += value != cuts[i].after[row];
	}
	/* A change is there or not, and not in part. */
	if (before > 0 && after > 0)
		fail_msg(
		    "seed %d, cut %d: of %d rows %d are not as acknowledged,"
		    " %d not as written",
		    of_seed, i, ROWS, before, after);
	sql_close(&db);
	assert_int_equal(chdir(".."), 0);
	(void)snprintf(name, sizeof(name), "cut%d/test.db-doublewrite", i);
	assert_int_not_equal(access(name, F_OK), 0);
}

static void
run_and_check(int of_seed)
{
	struct sql_db *w, *r = NULL;

	seed = (uint64_t)of_seed;
	cut_count = 0;
	memset(acknowledged, 0, sizeof(acknowledged));
	memset(written, 0, sizeof(written));
	/* The last one to write moves the log and removes it. */
	w = must_open_writer();
	sql_close(&w);
	take_file();
	use_disk();
	w = must_open(SQL_WRITER);
	for (int i = 0; i < STEPS && cut_count < CUTS; i++) {
		step(&w);
		step_reader(&r);
	}
	sql_close(&r);
	sql_close(&w);
	leave_disk();
	forget_disk();
	assert_true(cut_count >= CUTS / 2);
	for (int i = 0; i < cut_count; i++)
		check_cut(of_seed, i);
}

static void
run_in_folder(int64_t of_seed)
{
	char folder[32];

	(void)snprintf(folder, sizeof(folder), "seed%d", (int)of_seed);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(chdir(folder), 0);
	run_and_check((int)of_seed);
	assert_int_equal(chdir(".."), 0);
}

/* POWER_SEED is the only one, for `make check-power`. */
void
test_no_acknowledged_row_is_lost_in_a_power_cut(void **state)
{
	const char *text = getenv("POWER_SEED");
	int64_t only;

	(void)state;
	if (text != NULL) {
		assert_true(str_parse_int(str_from(text), &only));
		run_in_folder(only);
		return;
	}
	for (int64_t i = 1; i <= 8; i++)
		run_in_folder(i);
}
