/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a secret somebody has already, and refusing what can be none.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/secret_file.h"
#include "base/limits.h"

/* A secret, a line break of two bytes, and one byte that tells of more. */
#define FILE_BYTES (LIMIT_SECRET_BYTES + 3)

/* False: errno says why. */
static bool
read_start(const char *path, char bytes[FILE_BYTES], size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int why;
	ssize_t got = 0;

	*n = 0;
	if (fd < 0)
		return false;
	do {
		got = read(fd, bytes + *n, FILE_BYTES - *n);
		if (got > 0)
			*n += (size_t)got;
	} while (*n < FILE_BYTES && (got > 0 || (got < 0 && errno == EINTR)));
	why = errno;
	(void)close(fd);
	errno = why;
	return got >= 0;
}

static bool
is_secret(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return false;
	}
	return text.n >= SECRET_BYTES_MIN && text.n <= LIMIT_SECRET_BYTES;
}

/* wangdian's is a secret and a salt. */
static bool
has_salt(struct str text)
{
	struct str salt = text;
	struct str secret = str_cut(&salt, ':');

	return secret.n > 0 && salt.n > 0 &&
	    memchr(salt.p, ':', salt.n) == NULL;
}

bool
secret_file_read(struct invocation *inv, const char *path, enum access access,
    struct str *out, int *code)
{
	const char *file = path_from_cwd(inv, path).p;
	char bytes[FILE_BYTES];
	size_t n;

	if (!read_start(file, bytes, &n)) {
		*code = fail(inv,
		    TR(inv->language,
			"cannot read the secret file %s: %s; name a file that "
			"is there with --secret-file",
			"无法读取密钥文件 %s:%s;请用 --secret-file 指定存在的文件"),
		    file, strerror(errno));
		return false;
	}
	if (n > 0 && bytes[n - 1] == '\n')
		n--;
	if (n > 0 && bytes[n - 1] == '\r')
		n--;
	*out = arena_printf(inv->arena, "%.*s", (int)n, bytes);
	/* A NUL byte would end the copy early. */
	if (out->n != n || !is_secret(*out)) {
		*code = misuse(inv,
		    TR(inv->language,
			"%s: a secret is one line of %d to %d visible "
			"characters without blanks",
			"%s:密钥应为一行 %d 到 %d 个可见字符,不含空格"),
		    file, SECRET_BYTES_MIN, LIMIT_SECRET_BYTES);
		return false;
	}
	if (access == ACCESS_WANGDIAN && !has_salt(*out)) {
		*code = misuse(inv,
		    TR(inv->language, "%s: wangdian's secret is SECRET:SALT",
			"%s:旺店通的密钥格式为 SECRET:SALT"),
		    file);
		return false;
	}
	return true;
}
