/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket's framing and its asking end.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/control.h"
#include "base/json.h"

#define SOCKET_NAME "procured.sock"
#define LENGTH_BYTES 4

/*
 * A socket's address holds 107 bytes of path, a data directory's may be longer:
 * so the path leads through the open directory's entry in /proc.
 */
static void
fill_address(const struct data_dir *dir, struct sockaddr_un *address)
{
	int n;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(address->sun_path, sizeof(address->sun_path),
	    "/proc/self/fd/%d/" SOCKET_NAME, dir->fd);
	assert(n > 0);
	assert((size_t)n < sizeof(address->sun_path));
}

static bool
bind_and_listen(const struct data_dir *dir, int fd,
    const struct sockaddr_un *address)
{
	/* Ours to remove: the directory is held, so who made it is gone. */
	if (unlinkat(dir->fd, SOCKET_NAME, 0) != 0 && errno != ENOENT)
		return false;
	return bind(fd, (const struct sockaddr *)address, sizeof(*address)) ==
	    0 &&
	    fchmodat(dir->fd, SOCKET_NAME, 0600, 0) == 0 && listen(fd, 16) == 0;
}

int
control_socket(const struct data_dir *dir, bool do_listen)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool done;
	int why;

	assert(dir->fd >= 0);
	if (fd < 0)
		return -1;
	fill_address(dir, &address);
	done = do_listen ? bind_and_listen(dir, fd, &address)
			 : connect(fd, (const struct sockaddr *)&address,
			       sizeof(address)) == 0;
	if (done)
		return fd;
	why = errno;
	(void)close(fd);
	errno = why;
	return -1;
}

static bool
read_all(int fd, void *out, size_t n)
{
	char *p = out;

	while (n > 0) {
		ssize_t got = recv(fd, p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

struct str
control_read(int fd, struct arena *a, size_t most)
{
	uint8_t length[LENGTH_BYTES];
	size_t n = 0;
	char *text;

	if (!read_all(fd, length, sizeof(length)))
		return STR_NONE;
	for (int i = 0; i < LENGTH_BYTES; i++)
		n = n << 8 | length[i];
	if (n > most)
		return STR_NONE;
	text = arena_alloc(a, n + 1);
	if (text == NULL || !read_all(fd, text, n))
		return STR_NONE;
	return (struct str){text, n};
}

bool
control_write(int fd, struct str text)
{
	uint8_t length[LENGTH_BYTES];

	assert(text.n <= LIMIT_CONTROL_REPLY_BYTES);
	for (int i = 0; i < LENGTH_BYTES; i++)
		length[i] = (uint8_t)(text.n >> (8 * (LENGTH_BYTES - 1 - i)));
	return write_all(fd, length, sizeof(length)) &&
	    write_all(fd, text.p, text.n);
}

/* The question; absent when it does not fit. */
static struct str
print_question(struct arena *a, enum language language, const char *const *argv,
    int argc)
{
	char cwd[PATH_MAX];
	struct buf text;
	struct json_out json;

	buf_init(&text, a, LIMIT_CONTROL_REQUEST_BYTES);
	json_out_init(&json, &text);
	json_open(&json, '{');
	json_key(&json, "argv");
	json_open(&json, '[');
	for (int i = 0; i < argc; i++)
		json_put_str(&json, str_from(argv[i]));
	json_close(&json, ']');
	json_key(&json, "cwd");
	json_put_str(&json, str_from(getcwd(cwd, sizeof(cwd))));
	json_key(&json, "language");
	json_put_str(&json, str_from(language_name(language)));
	json_close(&json, '}');
	return buf_failed(&text) ? STR_NONE : buf_view(&text);
}

/* On a line of its own that the next one overwrites, for a person who waits. */
static void
print_progress(struct str text)
{
	if (isatty(STDERR_FILENO))
		(void)dprintf(STDERR_FILENO, "\r%.*s ", STR_ARG(text));
}

/* What a reply says beside progress, which is shown. */
static struct str
read_reply(int fd, struct arena *a)
{
	for (;;) {
		struct str text = control_read(fd, a,
		    LIMIT_CONTROL_REPLY_BYTES);
		json_t *root = NULL;
		struct str progress;

		if (!str_starts(text, STR("{\"progress\":")) ||
		    json_read(a, text, JSON_READ_EXACT, &root, NULL) != ERR_OK)
			return text;
		progress = json_text(json_object_get(root, "progress"));
		print_progress(progress);
	}
}

static bool
take_reply(struct arena *a, struct str text, struct control_reply *out)
{
	json_t *root = NULL;
	json_t *code;

	if (str_is_null(text) ||
	    json_read(a, text, JSON_READ_EXACT, &root, NULL) != ERR_OK)
		return false;
	code = json_object_get(root, "exit");
	out->exit = (int)json_integer_value(code);
	out->out = json_text(json_object_get(root, "out"));
	out->err = json_text(json_object_get(root, "err"));
	return json_is_integer(code) && !str_is_null(out->out) &&
	    !str_is_null(out->err);
}

enum err_code
control_ask(const struct data_dir *dir, enum language language,
    const char *const *argv, int argc, struct arena *a,
    struct control_reply *out, struct err *err)
{
	struct str question;
	bool done;
	int fd;

	for (int i = 0; i < argc; i++) {
		if (str_code_points(str_from(argv[i])) < 0)
			return err_set(err, ERR_USAGE, "argv",
			    TR(language, "\"%s\" is not UTF-8",
				"\"%s\" 不是 UTF-8"),
			    argv[i]);
	}
	question = print_question(a, language, argv, argc);
	if (str_is_null(question))
		return err_set(err, ERR_USAGE, "argv",
		    TR(language, "the command line is too long", "命令行过长"));
	fd = control_socket(dir, false);
	if (fd < 0)
		return err_set(err, ERR_NOT_FOUND, "socket", "%s/%s: %s",
		    dir->path, SOCKET_NAME, strerror(errno));
	done = control_write(fd, question) &&
	    take_reply(a, read_reply(fd, a), out);
	(void)close(fd);
	return done
	    ? ERR_OK
	    : err_set(err, ERR_BUSY, "socket",
		  TR(language,
		      "the server of %s went away before it answered; look "
		      "whether the change was made before you repeat it",
		      "%s 的服务在应答前断开;请确认变更是否已生效后再重试"),
		  dir->path);
}
