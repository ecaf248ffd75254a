/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole server for the tests of this folder: a store in the test's folder,
 * one app, the engine, and the loop in a thread of its own. And a client of raw
 * sockets, which can do what no HTTP library would.
 */
#ifndef HTTP_TEST_WORLD_H
#define HTTP_TEST_WORLD_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "dialect/dialect.h"
#include "engine/engine.h"
#include "http/server.h"
#include "store/store.h"
#include "tests/check.h"

/* Longer than any answer takes, under sanitizers on a busy machine. */
#define WORLD_PATIENCE_MS 20000
#define WORLD_LOG_BYTES (256 * 1024)
#define WORLD_ORDER_BODY \
	"{\"userId\":\"user_001\",\"platform\":\"TAOBAO\",\"productUrl\":" \
	"\"https://item.taobao.com/item.htm?id=1\",\"title\":\"iPhone\"," \
	"\"price\":8999,\"quantity\":1,\"recipientName\":\"Zhang San\"," \
	"\"address\":\"Beijing Chaoyang 1\",\"phone\":\"13800138000\"}"

struct world {
	struct server_config config; /* may be changed before world_start */
	struct store *store;
	struct engine *engine;
	struct server *server;
	pthread_t loop;
	bool looping;
	struct arena arena;
	struct credential credential;
	struct policy policy;
	int64_t app;
	struct str order; /* the path of one order */
	pthread_mutex_t log_lock;
	char log[WORLD_LOG_BYTES];
	size_t log_bytes;
	/* A job that holds the committer until it is let go. */
	pthread_t holder;
	sem_t held, let_go;
};

static inline void
world_log(void *arg, struct str lines)
{
	struct world *w = arg;

	(void)pthread_mutex_lock(&w->log_lock);
	if (lines.n < sizeof(w->log) - w->log_bytes) {
		memcpy(w->log + w->log_bytes, lines.p, lines.n);
		w->log_bytes += lines.n;
	}
	(void)pthread_mutex_unlock(&w->log_lock);
}

static inline bool
world_logged(struct world *w, const char *text)
{
	bool found;

	log_flush();
	(void)pthread_mutex_lock(&w->log_lock);
	found = memmem(w->log, w->log_bytes, text, strlen(text)) != NULL;
	(void)pthread_mutex_unlock(&w->log_lock);
	return found;
}

/* Waits for a line that the loop may still be about to write. */
static inline void
world_check_log(struct world *w, const char *text)
{
	int64_t until = when_monotonic_us() + WORLD_PATIENCE_MS * 1000;

	while (!world_logged(w, text)) {
		if (when_monotonic_us() > until)
			fail_msg("not logged: %s\n%.*s", text,
			    (int)w->log_bytes, w->log);
		(void)poll(NULL, 0, 2);
	}
}

static inline enum err_code
world_put_app(struct store_conn *c, void *arg, struct err *err)
{
	struct world *w = arg;
	struct app_record app = {.id = STR("app_1"),
	    .name = STR("test"),
	    .no = w->app,
	    .rate = RATE_UNLIMITED,
	    .policy = policy_print(&w->policy, &w->arena)};
	struct credential_record credential = {.dialect = STR("intents"),
	    .key = w->credential.key,
	    .secret = w->credential.secret};
	enum err_code code = store_app_put(c, &app, err);

	w->app = credential.app = app.no;
	return code != ERR_OK ? code
			      : store_credential_put(c, &credential, err);
}

/* Stores the app as w->policy has it. */
static inline void
world_change_app(struct world *w)
{
	struct err err = {.code = ERR_OK};

	check_err(engine_job(w->engine, world_put_app, w, true, &err), ERR_OK);
}

/* Everything but the server. */
static inline void
world_init(struct world *w)
{
	static const uint8_t key[BOX_KEY_BYTES] = {1};
	struct err err = {.code = ERR_OK};
	const struct engine_dialect intents = {
	    "intents", dialect_find(STR("intents"))->prepare};
	const struct store_config store = {
	    .url = STR("sqlite:test.db"), .master_key = key, .backup_dir = "."};
	struct engine_config engine = {.dialects = &intents,
	    .dialect_count = 1,
	    .clock = clock_system,
	    .queue_max = LIMIT_QUEUE,
	    .group_max = LIMIT_GROUP,
	    .reader_threads = 1};

	memset(w, 0, sizeof(*w));
	arena_init(&w->arena, 64 << 20);
	(void)pthread_mutex_init(&w->log_lock, NULL);
	log_set_sink(world_log, w);
	w->credential.key = STR("app_key");
	w->credential.secret = STR("app_secret");
	policy_init(&w->policy);
	check_err(store_open(&store, &w->store, &err), ERR_OK);
	engine.store = w->store;
	check_err(engine_open(&engine, &w->engine, &err), ERR_OK);
	world_change_app(w);
	w->config = (struct server_config){.engine = w->engine,
	    .clock = clock_system,
	    .listen = STR("127.0.0.1:0"),
	    .admin = STR("127.0.0.1:0"),
	    .connections_max = 2000};
}

static inline void *
world_loop(void *arg)
{
	struct world *w = arg;

	server_loop(w->server, -1, NULL, NULL);
	return NULL;
}

static inline void
world_loop_start(struct world *w)
{
	assert_int_equal(pthread_create(&w->loop, NULL, world_loop, w), 0);
	w->looping = true;
}

static inline void
world_start(struct world *w)
{
	struct err err = {.code = ERR_OK};

	check_err(server_open(&w->config, &w->server, &err), ERR_OK);
	world_loop_start(w);
}

/* Until the loop has returned. */
static inline void
world_join(struct world *w)
{
	assert_true(w->looping);
	assert_int_equal(pthread_join(w->loop, NULL), 0);
	w->looping = false;
}

static inline void
world_fini(struct world *w)
{
	if (w->looping) {
		server_stop(w->server);
		world_join(w);
	}
	server_close(&w->server);
	engine_drain(w->engine);
	engine_reap(w->engine);
	engine_close(&w->engine);
	store_close(&w->store);
	log_set_sink(NULL, NULL);
	arena_fini(&w->arena);
}

static inline enum err_code
world_hold_job(struct store_conn *c, void *arg, struct err *err)
{
	struct world *w = arg;

	(void)c;
	(void)err;
	(void)sem_post(&w->held);
	(void)sem_wait(&w->let_go);
	return ERR_OK;
}

static inline void *
world_hold_thread(void *arg)
{
	struct world *w = arg;
	struct err err;

	check_err(engine_job(w->engine, world_hold_job, w, false, &err),
	    ERR_OK);
	return NULL;
}

/* Nothing is committed until world_let_go. */
static inline void
world_hold(struct world *w)
{
	assert_int_equal(sem_init(&w->held, 0, 0), 0);
	assert_int_equal(sem_init(&w->let_go, 0, 0), 0);
	assert_int_equal(pthread_create(&w->holder, NULL, world_hold_thread, w),
	    0);
	assert_int_equal(sem_wait(&w->held), 0);
}

static inline void
world_let_go(struct world *w)
{
	(void)sem_post(&w->let_go);
	assert_int_equal(pthread_join(w->holder, NULL), 0);
}

/* --- the client ---------------------------------------------------------- */

static inline int
dial_port(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static inline int
dial(struct world *w)
{
	return dial_port(server_port(w->server));
}

static inline void
say(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		assert_true(n > 0);
		bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
	}
}

/* One answer. */
struct heard {
	int status; /* 0: the connection ended without one */
	struct str head;
	struct str body;
};

static inline ssize_t
hear_some(int fd, char *out, size_t room)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, WORLD_PATIENCE_MS) != 1)
		fail_msg("nothing came for %d ms", WORLD_PATIENCE_MS);
	return recv(fd, out, room, 0);
}

static inline struct str
head_value(struct str head, const char *name)
{
	while (!str_is_null(head)) {
		struct str value = str_cut(&head, '\n');

		if (str_eq_nocase(str_cut(&value, ':'), str_from(name)))
			return str_trim(value);
	}
	return STR_NONE;
}

/* Reads one answer byte by byte, so that the next one stays in the socket.
 * `bodyless`: HEAD, or 100. */
static inline struct heard
hear_as(struct world *w, int fd, bool bodyless)
{
	struct heard h = {.status = 0};
	struct buf b;
	int64_t length = 0;
	char c;

	buf_init(&b, &w->arena, 32 << 20);
	while (b.n < 4 || memcmp(b.p + b.n - 4, "\r\n\r\n", 4) != 0) {
		if (hear_some(fd, &c, 1) <= 0) {
			assert_int_equal(b.n, 0);
			return h;
		}
		buf_char(&b, c);
	}
	h.head = arena_dup(&w->arena, buf_view(&b));
	assert_int_equal(sscanf(h.head.p, "HTTP/1.1 %d ", &h.status), 1);
	if (bodyless || h.status == 100)
		return h;
	assert_true(
	    str_parse_int(head_value(h.head, "Content-Length"), &length));
	buf_init(&b, &w->arena, 32 << 20);
	while ((int64_t)b.n < length) {
		assert_int_equal(hear_some(fd, &c, 1), 1);
		buf_char(&b, c);
	}
	h.body = buf_view(&b);
	return h;
}

static inline struct heard
hear(struct world *w, int fd)
{
	return hear_as(w, fd, false);
}

static inline void
check_status(struct heard h, int status)
{
	if (h.status != status)
		fail_msg("got %d, want %d\n%.*s%.*s", h.status, status,
		    STR_ARG(h.head), STR_ARG(h.body));
}

static inline bool
body_has(struct heard h, const char *text)
{
	return h.body.n > 0 &&
	    memmem(h.body.p, h.body.n, text, strlen(text)) != NULL;
}

/* The other side has closed, orderly or not, and nothing more came. */
static inline void
check_closed(int fd)
{
	char c;

	assert_true(hear_some(fd, &c, 1) <= 0);
	(void)close(fd);
}

/* A signed request; `more` are further header lines, each with its CRLF. */
static inline struct str
signed_request(struct world *w, const char *method, struct str target,
    struct str body, const char *more)
{
	struct sign_input in = {.method = str_from(method),
	    .target = target,
	    .body = body,
	    .at_ms = clock_now_ms(&clock_system)};
	struct sign_output out;
	struct err err;
	struct buf b;

	memset(&out, 0, sizeof(out));
	check_err(dialect_find(STR("intents"))
		      ->sign(&w->arena, &w->credential, &in, &out, &err),
	    ERR_OK);
	buf_init(&b, &w->arena, 8 << 20);
	buf_printf(&b, "%s %.*s HTTP/1.1\r\nHost: x\r\n%s", method,
	    STR_ARG(out.target), more);
	for (size_t i = 0; i < out.header_count; i++)
		buf_printf(&b, "%.*s: %.*s\r\n", STR_ARG(out.headers[i].name),
		    STR_ARG(out.headers[i].value));
	if (strstr(more, "Transfer-Encoding") == NULL && body.n > 0)
		buf_printf(&b, "Content-Length: %zu\r\n", body.n);
	buf_str(&b, STR("\r\n"));
	if (strstr(more, "Transfer-Encoding") == NULL)
		buf_str(&b, body);
	assert_false(buf_failed(&b));
	return buf_view(&b);
}

/* On a connection of its own. */
static inline struct heard
ask(struct world *w, struct str bytes)
{
	struct heard h;
	int fd = dial(w);

	say(fd, bytes);
	h = hear(w, fd);
	(void)close(fd);
	return h;
}

/* Makes w->order. */
static inline void
world_make_order(struct world *w)
{
	struct heard h = ask(w,
	    signed_request(
		w, "POST", STR("/api/v1/intents"), STR(WORLD_ORDER_BODY), ""));
	const char *id, *end;

	check_status(h, 200);
	id = memmem(h.body.p, h.body.n, "\"id\":\"", 6);
	assert_non_null(id);
	id += 6;
	end = strchr(id, '"');
	assert_non_null(end);
	w->order = arena_printf(&w->arena, "/api/v1/intents/%.*s",
	    (int)(end - id), id);
}

static inline struct str
put_request(struct world *w, int quantity, const char *more)
{
	return signed_request(w, "PUT", w->order,
	    arena_printf(&w->arena, "{\"quantity\":%d}", quantity), more);
}

#endif
