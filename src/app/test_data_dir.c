/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/data_dir.h"
#include "tests/check.h"

static char folder[] = "/tmp/procured-data-XXXXXX";
static struct err err;

int
setup(void **state)
{
	(void)state;
	err = (struct err){.code = ERR_OK};
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int
teardown(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *
in_folder(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
must_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static enum err_code
read_key(const char *path, bool make, uint8_t key[BOX_KEY_BYTES])
{
	return key_file_read(path, make, LANGUAGE_EN, key, &err);
}

void
test_directory_is_made_for_its_owner_alone(void **state)
{
	struct data_dir d;
	struct stat st;

	(void)state;
	check_err(data_dir_open(&d, in_folder("a/b"), false, LANGUAGE_EN, &err),
	    ERR_NOT_FOUND);
	check_err(data_dir_open(&d, in_folder("a/b"), true, LANGUAGE_EN, &err),
	    ERR_OK);
	assert_int_equal(stat(in_folder("a/b"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	data_dir_close(&d);
	assert_int_equal(chmod(in_folder("a/b"), 0750), 0);
	check_err(data_dir_open(&d, in_folder("a/b"), false, LANGUAGE_EN, &err),
	    ERR_USAGE);
	assert_non_null(strstr(err.detail, "chmod 700"));
}

void
test_directory_that_is_a_file_is_refused(void **state)
{
	struct data_dir d;

	(void)state;
	must_write(in_folder("f"), "");
	check_err(data_dir_open(&d, in_folder("f"), true, LANGUAGE_EN, &err),
	    ERR_USAGE);
	check_err(data_dir_open(&d, in_folder("f/g"), true, LANGUAGE_EN, &err),
	    ERR_USAGE);
}

static struct str
store_url(const char *name)
{
	static char url[160];

	(void)snprintf(url, sizeof(url), "sqlite:%s/%s", folder, name);
	return str_from(url);
}

void
test_lock_is_one_holders_until_closed(void **state)
{
	struct data_dir a;
	struct data_dir b;
	char pid[24];

	(void)state;
	check_err(data_dir_open(&a, folder, false, LANGUAGE_EN, &err), ERR_OK);
	check_err(data_dir_open(&b, folder, false, LANGUAGE_EN, &err), ERR_OK);
	check_err(data_dir_lock(&a, store_url("x.db"), &err), ERR_OK);
	check_err(data_dir_lock(&b, store_url("x.db"), &err), ERR_BUSY);
	(void)snprintf(pid, sizeof(pid), "process %ld)", (long)getpid());
	assert_non_null(strstr(err.detail, pid));
	data_dir_close(&a);
	check_err(data_dir_lock(&b, store_url("x.db"), &err), ERR_OK);
	data_dir_close(&b);
}

/* Two directories, one store by two names. */
void
test_lock_covers_the_store_too(void **state)
{
	struct data_dir a;
	struct data_dir b;

	(void)state;
	check_err(data_dir_open(&a, in_folder("a"), true, LANGUAGE_EN, &err),
	    ERR_OK);
	check_err(data_dir_lock(&a, store_url("new.db"), &err), ERR_OK);
	must_write(in_folder("new.db"), "");
	assert_int_equal(symlink("new.db", in_folder("link.db")), 0);
	check_err(data_dir_open(&b, in_folder("b"), true, LANGUAGE_EN, &err),
	    ERR_OK);
	check_err(data_dir_lock(&b, store_url("link.db"), &err),
	    ERR_STORE_BUSY);
	assert_non_null(strstr(err.detail, "/new.db.lock"));
	assert_int_equal(b.lock_fd, -1);
	check_err(data_dir_lock(&b, store_url("other.db"), &err), ERR_OK);
	data_dir_close(&b);
	data_dir_close(&a);
	check_err(data_dir_open(&b, in_folder("b"), true, LANGUAGE_EN, &err),
	    ERR_OK);
	check_err(data_dir_lock(&b, store_url("link.db"), &err), ERR_OK);
	data_dir_close(&b);
}

void
test_key_is_made_once_and_stays(void **state)
{
	uint8_t first[BOX_KEY_BYTES];
	uint8_t again[BOX_KEY_BYTES];
	struct stat st;

	(void)state;
	check_err(read_key(in_folder("k"), false, first), ERR_USAGE);
	assert_non_null(strstr(err.detail, "there is no key file"));
	check_err(read_key(in_folder("k"), true, first), ERR_OK);
	assert_int_equal(stat(in_folder("k"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(access(in_folder("k.new"), F_OK), -1);
	check_err(read_key(in_folder("k"), true, again), ERR_OK);
	assert_memory_equal(first, again, sizeof(first));
}

void
test_key_file_that_is_wrong_is_explained(void **state)
{
	uint8_t key[BOX_KEY_BYTES];

	(void)state;
	must_write(in_folder("k"), "abc\n");
	check_err(read_key(in_folder("k"), true, key), ERR_USAGE);
	assert_non_null(strstr(err.detail, "64 hex digits, and is 4 bytes"));
	check_err(read_key(folder, true, key), ERR_USAGE);
	assert_non_null(strstr(err.detail, "is not a file"));
	assert_int_equal(unlink(in_folder("k")), 0);
	check_err(read_key(in_folder("k"), true, key), ERR_OK);
	assert_int_equal(chmod(in_folder("k"), 0640), 0);
	check_err(read_key(in_folder("k"), true, key), ERR_USAGE);
	assert_non_null(strstr(err.detail, "chmod 600"));
}

void
test_setting_aside_moves_the_log_too(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", in_folder("s.db"));
	must_write(in_folder("s.db"), "new");
	must_write(in_folder("s.db-wal"), "log");
	must_write(in_folder("s.db-doublewrite"), "pages");
	/* Left from an earlier time: it must not stand beside the new file. */
	must_write(in_folder("s.db.old-shm"), "old");
	check_err(store_set_aside(path, "old", &err), ERR_OK);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(in_folder("s.db.old"), F_OK), 0);
	assert_int_equal(access(in_folder("s.db.old-wal"), F_OK), 0);
	/* Nothing was sealed in it. */
	assert_int_equal(access(in_folder("s.db-doublewrite"), F_OK), -1);
	assert_int_equal(access(in_folder("s.db.old-doublewrite"), F_OK), -1);
	assert_int_equal(access(in_folder("s.db.old-shm"), F_OK), -1);
}
