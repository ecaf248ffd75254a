/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answering end of the control socket: one thread, one question at a time.
 * It changes the store through the engine's jobs and reads on a connection of
 * its own, so that it never stands in the way of requests.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "app/command.h"
#include "app/control.h"
#include "base/json.h"
#include "base/log.h"

struct control {
	struct control_config config;
	struct backend backend;
	int fd;
	int stop_fd;
	pthread_t thread;
	struct arena arena; /* of one question */
};

/* One question, taken apart. */
struct question {
	const char *argv[ARGS_MAX + 2];
	int argc;
	const char *cwd;
	enum language language;
};

static bool
read_question(struct arena *a, struct str text, struct question *q)
{
	json_t *root = NULL;
	json_t *argv;
	const char *language;

	if (str_is_null(text) ||
	    json_read(a, text, JSON_READ_EXACT, &root, NULL) != ERR_OK)
		return false;
	argv = json_object_get(root, "argv");
	language = json_string_value(json_object_get(root, "language"));
	q->cwd = json_string_value(json_object_get(root, "cwd"));
	if (!json_is_array(argv) || json_array_size(argv) > ARGS_MAX + 1 ||
	    q->cwd == NULL || language == NULL)
		return false;
	q->language = language_of(language);
	q->argc = (int)json_array_size(argv);
	for (int i = 0; i < q->argc; i++) {
		q->argv[i] = json_string_value(json_array_get(argv, (size_t)i));
		if (q->argv[i] == NULL)
			return false;
	}
	return true;
}

static int
carry_out(struct control *control, const struct question *q,
    struct invocation *inv)
{
	int used;

	if (q->argc == 0)
		return version_run(inv);
	inv->row = subcommand_find(q->argv, q->argc, &used);
	if (inv->row == NULL)
		return fail(inv,
		    TR(q->language,
			"the server (version %s) has no "
			"command \"%s\"; is it older than this program?",
			"服务(版本 %s)没有命令 \"%s\";是否比本程序旧?"),
		    PROCURED_VERSION, q->argv[0]);
	if (inv->row->where != WHERE_STORE)
		return fail(inv,
		    TR(q->language,
			"`procured %s` does not work "
			"through a server",
			"`procured %s` 不能通过服务执行"),
		    inv->row->name);
	inv->backend = &control->backend;
	if (!args_parse(inv, q->argv + used, q->argc - used))
		return EXIT_USAGE;
	return inv->row->run(inv);
}

static struct str
print_reply(struct arena *a, struct invocation *inv, int code)
{
	struct buf text;
	struct json_out json;

	if (buf_failed(&inv->out) || buf_failed(&inv->err)) {
		buf_reset(&inv->out);
		buf_reset(&inv->err);
		code = fail(inv,
		    TR(inv->language,
			"the answer is too large; ask "
			"for less at once",
			"结果过大;请减少一次查询的数量"));
	}
	buf_init(&text, a, LIMIT_CONTROL_REPLY_BYTES);
	json_out_init(&json, &text);
	json_open(&json, '{');
	json_key(&json, "exit");
	json_put_int(&json, code);
	json_key(&json, "out");
	json_put_str(&json, buf_view(&inv->out));
	json_key(&json, "err");
	json_put_str(&json, buf_view(&inv->err));
	json_close(&json, '}');
	return buf_failed(&text) ? STR_NONE : buf_view(&text);
}

static void
log_question(const struct question *q, int code)
{
	struct log_line line;

	log_begin(&line, LOG_INFO, "control");
	log_str(&line, "command", str_from(q->argc > 0 ? q->argv[0] : "ping"));
	log_str(&line, "word", str_from(q->argc > 1 ? q->argv[1] : NULL));
	log_int(&line, "exit", code);
	log_end(&line);
	log_flush();
}

/* False: who asked has gone. */
static bool
send_progress(void *arg, const char *text)
{
	char room[128];
	struct json_out json;
	struct buf b;

	buf_init_fixed(&b, room, sizeof(room));
	json_out_init(&json, &b);
	json_open(&json, '{');
	json_key(&json, "progress");
	json_put_str(&json, str_from(text));
	json_close(&json, '}');
	return control_write(*(const int *)arg, buf_view(&b));
}

static void
answer(struct control *control, int fd)
{
	struct question q = {.argc = 0};
	struct invocation inv = {
	    .arena = &control->arena, .settings = control->config.settings};
	struct str reply;
	int code;

	if (!read_question(&control->arena,
		control_read(fd, &control->arena, LIMIT_CONTROL_REQUEST_BYTES),
		&q))
		return;
	invocation_init(&inv);
	inv.language = q.language;
	inv.cwd = q.cwd;
	inv.progress = send_progress;
	inv.progress_arg = &fd;
	code = carry_out(control, &q, &inv);
	reply = print_reply(&control->arena, &inv, code);
	/* The log says what was done even when nobody waits for the answer. */
	if (q.argc > 0)
		log_question(&q, code);
	if (!str_is_null(reply))
		(void)control_write(fd, reply);
	invocation_fini(&inv);
}

static void
take_one(struct control *control)
{
	struct timeval patience = {
	    .tv_sec = LIMIT_CONTROL_MS / 1000,
	};
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		sizeof(patience)) == 0 &&
	    setsockopt(
		fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0)
		answer(control, fd);
	(void)close(fd);
	arena_reset(&control->arena);
}

static void *
control_thread(void *arg)
{
	struct control *control = arg;
	struct pollfd fds[] = {
	    {.fd = control->stop_fd, .events = POLLIN},
	    {.fd = control->fd, .events = POLLIN},
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents != 0)
			break;
		if (fds[1].revents != 0)
			take_one(control);
	}
	return NULL;
}

static enum err_code
refuse(struct control *control, struct err *err)
{
	int why = errno;

	control_close(&control);
	return err_set(err, ERR_USAGE, "data",
	    "cannot make the control socket in the data directory: %s",
	    strerror(why));
}

enum err_code
control_open(const struct control_config *config, struct control **out,
    struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));
	enum err_code rc;

	assert(config->dir->lock_fd >= 0);
	if (control == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no memory to start");
	control->config = *config;
	control->backend = (struct backend){
	    .store = config->store, .engine = config->engine};
	control->fd = control->stop_fd = -1;
	arena_init(&control->arena, LIMIT_COMMAND_ARENA_BYTES);
	rc = store_connect(config->store, STORE_READER, &control->backend.conn,
	    err);
	if (rc != ERR_OK) {
		control_close(&control);
		return rc;
	}
	control->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (control->stop_fd < 0)
		return refuse(control, err);
	control->fd = control_socket(config->dir, true);
	if (control->fd < 0)
		return refuse(control, err);
	errno = pthread_create(&control->thread, NULL, control_thread, control);
	if (errno != 0) {
		(void)close(control->fd);
		control->fd = -1;
		return refuse(control, err);
	}
	*out = control;
	return ERR_OK;
}

void
control_close(struct control **control)
{
	struct control *c = *control;
	uint64_t one = 1;

	if (c == NULL)
		return;
	if (c->fd >= 0) {
		ssize_t n = write(c->stop_fd, &one, sizeof(one));

		assert(n == sizeof(one));
		(void)pthread_join(c->thread, NULL);
		(void)unlinkat(c->config.dir->fd, "procured.sock", 0);
		(void)close(c->fd);
	}
	if (c->stop_fd >= 0)
		(void)close(c->stop_fd);
	if (c->backend.conn != NULL)
		store_disconnect(&c->backend.conn);
	arena_fini(&c->arena);
	free(c);
	*control = NULL;
}
