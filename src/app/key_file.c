/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master key's file: 64 hex digits, so that it can be copied through a
 * terminal and looks like what it is. It appears whole or not at all: written
 * under another name, flushed, then linked to its own.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/data_dir.h"

#define KEY_TEXT_BYTES (2 * BOX_KEY_BYTES + 1) /* with its line end */

static enum err_code
refuse(struct err *err, enum language language, const char *path, int why)
{
	return err_set(err, ERR_USAGE, "key",
	    TR(language, "cannot use the key file %s: %s",
		"无法使用密钥文件 %s:%s"),
	    path, strerror(why));
}

/* Writes text to a new file at `path`; false with errno. */
static bool
write_new(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool done;

	if (fd < 0)
		return false;
	done = fchmod(fd, 0600) == 0 && write(fd, text, n) == (ssize_t)n &&
	    fsync(fd) == 0;
	return close(fd) == 0 && done;
}

static enum err_code
make_key(const char *path, enum language language, struct err *err)
{
	uint8_t key[BOX_KEY_BYTES];
	char text[KEY_TEXT_BYTES + 1];
	char fresh[PATH_MAX];
	int why = 0;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >=
	    (int)sizeof(fresh))
		return refuse(err, language, path, ENAMETOOLONG);
	random_bytes(key, sizeof(key));
	digest_hex_lower(key, sizeof(key), text);
	text[KEY_TEXT_BYTES - 1] = '\n';
	if (!write_new(fresh, text, KEY_TEXT_BYTES) || link(fresh, path) != 0)
		why = errno;
	(void)unlink(fresh);
	if (why == 0 && !sync_parent(path))
		why = errno;
	digest_wipe(key, sizeof(key));
	digest_wipe(text, sizeof(text));
	return why == 0 ? ERR_OK : refuse(err, language, path, why);
}

static enum err_code
check_file(int fd, const char *path, enum language language, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return refuse(err, language, path, errno);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "key",
		    TR(language, "the key file %s is not a file",
			"密钥文件 %s 不是普通文件"),
		    path);
	if ((st.st_mode & 077) == 0)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "key",
	    TR(language,
		"the key file %s can be read by others (mode %03o); "
		"run `chmod 600 %s`",
		"密钥文件 %s 可被其他用户读取(权限 %03o);请执行 `chmod 600 %s`"),
	    path, (unsigned)(st.st_mode & 0777), path);
}

static enum err_code
read_key(int fd, const char *path, enum language language,
    uint8_t key[BOX_KEY_BYTES], struct err *err)
{
	char text[KEY_TEXT_BYTES + 64];
	ssize_t n = read(fd, text, sizeof(text));
	bool good;

	if (n < 0)
		return refuse(err, language, path, errno);
	good = digest_hex_parse(str_trim((struct str){text, (size_t)n}), key,
	    BOX_KEY_BYTES);
	digest_wipe(text, sizeof(text));
	if (good)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "key",
	    TR(language,
		"the key file %s does not hold a key: it must be %d hex "
		"digits, and is %zd bytes; put the right file back, or name it "
		"with --key",
		"密钥文件 %s 中不是密钥:应为 %d 位十六进制数字,现有 %zd 字节;"
		"请放回正确的文件,或用 --key 指定"),
	    path, 2 * BOX_KEY_BYTES, n);
}

enum err_code
key_file_read(const char *path, bool make, enum language language,
    uint8_t key[BOX_KEY_BYTES], struct err *err)
{
	enum err_code rc;
	int fd;

	assert(path != NULL);
	if (make && access(path, F_OK) != 0 && errno == ENOENT) {
		rc = make_key(path, language, err);
		if (rc != ERR_OK)
			return rc;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_USAGE, "key",
		    TR(language,
			"there is no key file %s, and the store's "
			"secrets can only be read with it; put it back, or name "
			"it with --key",
			"找不到密钥文件 %s,没有它无法读取存储中的密钥;请放回该文件,"
			"或用 --key 指定"),
		    path);
	if (fd < 0)
		return refuse(err, language, path, errno);
	rc = check_file(fd, path, language, err);
	if (rc == ERR_OK)
		rc = read_key(fd, path, language, key, err);
	(void)close(fd);
	return rc;
}
