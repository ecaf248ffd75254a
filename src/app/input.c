/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading what a command line names.
 */
#include "app/input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct str
refuse(struct invocation *inv, const char *path, int why)
{
	(void)fail(inv,
	    TR(inv->language, "cannot read %s: %s", "无法读取 %s:%s"),
	    strcmp(path, "-") == 0 ? TR(inv->language, "stdin", "标准输入")
				   : path,
	    strerror(why));
	return STR_NONE;
}

static struct str
read_all(struct invocation *inv, const char *path, int fd)
{
	struct buf b;
	char piece[16 * 1024];
	ssize_t n;

	buf_init(&b, inv->arena, LIMIT_INPUT_BYTES + 1);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse(inv, path, errno);
		buf_add(&b, piece, (size_t)n);
		if (b.n <= LIMIT_INPUT_BYTES && !buf_failed(&b))
			continue;
		(void)fail(inv,
		    TR(inv->language,
			"%s is larger than %d bytes, more than any request is",
			"%s 超过 %d 字节,比任何请求都大"),
		    path, LIMIT_INPUT_BYTES);
		return STR_NONE;
	}
	return arena_dup(inv->arena, buf_view(&b));
}

struct str
input_read(struct invocation *inv, const char *path)
{
	struct str whole;
	struct str text;
	int fd;

	if (strcmp(path, "-") == 0)
		return read_all(inv, path, STDIN_FILENO);
	whole = path_from_cwd(inv, path);
	if (str_is_null(whole))
		return refuse(inv, path, ENOMEM);
	fd = open(whole.p, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refuse(inv, path, errno);
	text = read_all(inv, path, fd);
	(void)close(fd);
	return text;
}
