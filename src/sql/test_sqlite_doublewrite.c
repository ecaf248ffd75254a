/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "sql/sqlite_doublewrite.h"
#include "tests/check.h"

#define PAGE 1024

static const unsigned char salts[] = {0, 0, 0, 7, 1, 2, 3, 4};

/* A database file of four pages of dots, and the head of its log. */
static void
make_files(uint32_t log_number, unsigned char last)
{
	unsigned char log[32] = {0};
	char page[PAGE];
	FILE *f = fopen("test.db", "wb");

	assert_non_null(f);
	memset(page, '.', sizeof(page));
	for (int i = 0; i < 4; i++)
		assert_int_equal(fwrite(page, 1, PAGE, f), PAGE);
	assert_int_equal(fclose(f), 0);
	memcpy(log + 16, salts, sizeof(salts));
	log[19] = (unsigned char)log_number;
	log[23] = last;
	f = fopen("test.db-wal", "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(log, 1, sizeof(log), f), sizeof(log));
	assert_int_equal(fclose(f), 0);
}

static struct doublewrite *
must_make(void)
{
	struct doublewrite *d;

	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	d = doublewrite_make(sqlite3_vfs_find(NULL), "test.db");
	assert_non_null(d);
	assert_int_equal(d->state, DOUBLEWRITE_UNSURE);
	assert_int_equal(doublewrite_done(d), SQLITE_OK);
	return d;
}

static void
add(struct doublewrite *d, uint32_t page, char of)
{
	char bytes[PAGE];

	memset(bytes, of, sizeof(bytes));
	doublewrite_add(d, page, bytes, PAGE);
	assert_false(d->is_short);
}

/* Pages 2 and 4, the second one twice, sealed. */
static void
leave_sealed(void)
{
	struct doublewrite *d = must_make();

	doublewrite_begin(d, salts);
	add(d, 4, 'a');
	add(d, 2, 'b');
	add(d, 4, 'c');
	doublewrite_seal(d);
	assert_int_equal(d->state, DOUBLEWRITE_SEALED);
	doublewrite_free(d);
}

/* The first byte of each page of the file. */
static void
must_recover(size_t pages, const char *expected)
{
	enum doublewrite_found found;
	size_t n = 99;
	char got[16] = "";
	struct err err;
	int fd;

	check_err(doublewrite_recover("test.db", &found, &n, &err), ERR_OK);
	assert_int_equal(n, pages);
	assert_int_equal(found == DOUBLEWRITE_RECOVERED, pages > 0);
	assert_int_not_equal(access("test.db-doublewrite", F_OK), 0);
	fd = open("test.db", O_RDONLY);
	assert_true(fd >= 0);
	for (int i = 0; i < 15 && pread(fd, got + i, 1, i * PAGE) == 1; i++)
		;
	(void)close(fd);
	assert_string_equal(got, expected);
}

void
test_sealed_pages_are_put_in_place(void **state)
{
	(void)state;
	make_files(7, 4);
	must_recover(0, "....");
	leave_sealed();
	must_recover(3, ".b.c");
	must_recover(0, ".b.c");
	/* The log has begun anew: its first salt is one more. */
	make_files(8, 99);
	leave_sealed();
	must_recover(3, ".b.c");
}

static void
must_set_aside(void)
{
	must_recover(0, "....");
	assert_int_equal(unlink("test.db-doublewrite.aside"), 0);
}

/* Somebody else has moved a later log into the file, or removed it. */
void
test_pages_of_another_log_are_set_aside(void **state)
{
	(void)state;
	make_files(9, 4);
	leave_sealed();
	must_set_aside();
	make_files(6, 4);
	leave_sealed();
	must_set_aside();
	make_files(7, 5);
	leave_sealed();
	must_set_aside();
	make_files(7, 4);
	leave_sealed();
	assert_int_equal(unlink("test.db-wal"), 0);
	must_set_aside();
}

void
test_what_is_not_sealed_is_not_put_in_place(void **state)
{
	struct doublewrite *d;

	(void)state;
	make_files(7, 4);
	d = must_make();
	doublewrite_begin(d, salts);
	for (uint32_t i = 1; i < 400; i++)
		add(d, 1 + i % 4, 'a');
	doublewrite_free(d);
	must_recover(0, "....");
}

void
test_a_damaged_byte_is_seen(void **state)
{
	(void)state;
	for (long at = 0; at < 3 * PAGE; at += 97) {
		FILE *f;
		int byte;

		make_files(7, 4);
		leave_sealed();
		f = fopen("test.db-doublewrite", "r+b");
		assert_non_null(f);
		assert_int_equal(fseek(f, at, SEEK_SET), 0);
		byte = fgetc(f);
		assert_int_equal(fseek(f, at, SEEK_SET), 0);
		assert_int_equal(fputc(byte ^ 1, f), byte ^ 1);
		assert_int_equal(fclose(f), 0);
		must_recover(0, "....");
	}
}

/* What a longer generation has left behind a shorter one is not of it. */
void
test_generations_are_told_apart(void **state)
{
	struct doublewrite *d;

	(void)state;
	make_files(7, 4);
	d = must_make();
	doublewrite_begin(d, salts);
	for (uint32_t i = 1; i <= 3; i++)
		add(d, i, 'a');
	doublewrite_seal(d);
	assert_int_equal(d->state, DOUBLEWRITE_SEALED);
	assert_int_equal(doublewrite_done(d), SQLITE_OK);
	doublewrite_begin(d, salts);
	add(d, 1, 'b');
	doublewrite_seal(d);
	assert_int_equal(d->state, DOUBLEWRITE_SEALED);
	doublewrite_free(d);
	must_recover(1, "b...");
}

/* A seal may turn out not to be the last. */
void
test_a_sealed_one_goes_on(void **state)
{
	struct doublewrite *d;

	(void)state;
	make_files(7, 4);
	d = must_make();
	doublewrite_begin(d, salts);
	add(d, 1, 'a');
	doublewrite_seal(d);
	assert_int_equal(d->state, DOUBLEWRITE_SEALED);
	doublewrite_go_on(d);
	add(d, 5, 'b');
	doublewrite_seal(d);
	assert_int_equal(d->state, DOUBLEWRITE_SEALED);
	doublewrite_free(d);
	/* The file grows as the pages want it. */
	must_recover(2, "a...b");
}

/* Nothing is in it when the file was flushed, and then it goes. */
void
test_an_empty_one_is_removed(void **state)
{
	struct doublewrite *d;

	(void)state;
	make_files(7, 4);
	d = must_make();
	doublewrite_begin(d, salts);
	add(d, 1, 'a');
	doublewrite_seal(d);
	assert_int_equal(d->state, DOUBLEWRITE_SEALED);
	assert_int_equal(doublewrite_done(d), SQLITE_OK);
	doublewrite_free(d);
	assert_int_not_equal(access("test.db-doublewrite", F_OK), 0);
	d = must_make();
	doublewrite_begin(d, salts);
	add(d, 1, 'a');
	/* Flushed before it was sealed: what is in the file must not count. */
	assert_int_equal(doublewrite_done(d), SQLITE_OK);
	doublewrite_begin(d, salts);
	doublewrite_free(d);
	must_recover(0, "....");
}

/* Another process that is connected, as SQLite says it: until `until` is closed. */
static pid_t
connect_another(int until[2])
{
	struct flock held = {.l_type = F_RDLCK,
	    .l_whence = SEEK_SET,
	    .l_start = 128,
	    .l_len = 1};
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(until), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open("test.db-shm", O_RDWR | O_CREAT, 0600);

		(void)close(until[1]);
		if (fcntl(fd, F_SETLK, &held) != 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		(void)(read(until[0], &byte, 1) == 0);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return pid;
}

/* It would go on to read from the file what is newer in the log. */
void
test_nothing_is_put_in_place_while_others_are_connected(void **state)
{
	enum doublewrite_found found;
	struct err err;
	size_t pages;
	int until[2];
	pid_t pid;

	(void)state;
	make_files(7, 4);
	leave_sealed();
	pid = connect_another(until);
	check_err(doublewrite_recover("test.db", &found, &pages, &err),
	    ERR_STORE_BUSY);
	assert_non_null(strstr(err.detail, "close that program"));
	/* A log of theirs: nothing is due, and the file may be theirs, too. */
	make_files(9, 4);
	check_err(doublewrite_recover("test.db", &found, &pages, &err), ERR_OK);
	assert_int_equal(found, DOUBLEWRITE_NOTHING);
	assert_int_equal(access("test.db-doublewrite", F_OK), 0);
	(void)close(until[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(until[0]);
	make_files(7, 4);
	must_recover(3, ".b.c");
}

/* The head of the file again, with another number of its version and its hash. */
static void
make_later(void)
{
	unsigned char head[40];
	int fd = open("test.db-doublewrite", O_RDWR);

	assert_int_equal(pread(fd, head, sizeof(head), 0), sizeof(head));
	head[11]++;
	XXH64_canonicalFromHash((void *)(head + 32),
	    XXH3_64bits_withSeed(head, 32, 0));
	assert_int_equal(pwrite(fd, head, sizeof(head), 0), sizeof(head));
	assert_int_equal(close(fd), 0);
}

/* Its pages could be needed; what it means only that version knows. */
void
test_a_later_version_is_refused(void **state)
{
	enum doublewrite_found found;
	struct err err;
	size_t pages;

	(void)state;
	make_files(7, 4);
	leave_sealed();
	make_later();
	check_err(doublewrite_recover("test.db", &found, &pages, &err),
	    ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, "later version"));
	assert_int_equal(access("test.db-doublewrite", F_OK), 0);
}
