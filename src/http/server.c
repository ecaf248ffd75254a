/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop. One turn: wait; reap what the engine has finished; let libmicrohttpd
 * read, call the handlers, which answer what is finished, and write; end who is
 * too slow; write the log. Both of libmicrohttpd's daemons, the engine's eventfd
 * and our own are in one epoll set.
 */
#include "http/server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "http/server_impl.h"

/* What an event of our epoll set means. */
enum event {
	EVENT_FRONT = 1 << 0,
	EVENT_ADMIN = 1 << 1,
	EVENT_ENGINE = 1 << 2,
	EVENT_STOP = 1 << 3,
	EVENT_WAKE = 1 << 4,
	EVENT_ACCEPT = 1 << 5,
};

#define EVENTS_PER_TURN 8
/* Abandoned connections go in one run; some runs more clear the rest. */
#define LAST_RUNS 8
#define MHD_LINE_BYTES 512

static int64_t
monotonic_ms(void)
{
	return when_monotonic_us() / 1000;
}

static void
mhd_log(void *cls, const char *fmt, va_list ap)
{
	char text[MHD_LINE_BYTES];
	int n;

	(void)cls;
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		return;
	log_message(LOG_INFO, "libmicrohttpd", "%.*s",
	    STR_ARG(str_trim(str_from(text))));
}

/* libmicrohttpd found a bug, its own or ours: there is no way on. */
static void
mhd_panic(void *cls, const char *file, unsigned int line, const char *reason)
{
	(void)cls;
	log_message(LOG_ERROR, "libmicrohttpd_panic", "%s:%u: %s", file, line,
	    reason != NULL ? reason : "");
	abort();
}

static enum err_code
watch(struct server *s, int fd, enum event event, struct err *err)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = event};

	if (epoll_ctl(s->poll_fd, EPOLL_CTL_ADD, fd, &e) == 0)
		return ERR_OK;
	return err_set(err, ERR_USAGE, NULL, "cannot watch a descriptor: %s",
	    strerror(errno));
}

static int
daemon_epoll_fd(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon,
	    MHD_DAEMON_INFO_EPOLL_FD);

	assert(info != NULL);
	return info->epoll_fd;
}

#define DAEMON_FLAGS \
	(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG)

/* handler_access looks at the raw target only, so nothing is decoded. */
static size_t
leave_encoded(void *cls, struct MHD_Connection *mhd, char *text)
{
	(void)cls;
	(void)mhd;
	return strlen(text);
}

/*
 * Strict is 0: what 1 would add (no blanks in the target or before a colon, no
 * HTTP/1.1 without Host) is in head.c, where it gets a dialect's envelope, and
 * that refusal of libmicrohttpd 0.9.75 sends its head twice. The timeout is 0:
 * see conn.c.
 */
static struct MHD_Daemon *
start_front(struct server *s, int fd)
{
	unsigned int flags = DAEMON_FLAGS;
	struct MHD_OptionItem listen[2] = {
	    {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
	    {MHD_OPTION_END, 0, NULL},
	};

	if (s->config.one_byte_reads) {
		flags |= MHD_USE_NO_LISTEN_SOCKET;
		s->accept_fd = fd;
		listen[0] = listen[1];
	}
	return MHD_start_daemon(flags, 0, NULL, NULL, handler_access, s,
	    MHD_OPTION_EXTERNAL_LOGGER, mhd_log, NULL, MHD_OPTION_ARRAY, listen,
	    MHD_OPTION_URI_LOG_CALLBACK, handler_uri, s,
	    MHD_OPTION_NOTIFY_COMPLETED, handler_completed, s,
	    MHD_OPTION_NOTIFY_CONNECTION, conn_notify, s,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned int)s->connections_max,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)LIMIT_CONNECTION_POOL_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
	    0u, MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_END);
}

static struct MHD_Daemon *
start_admin(struct server *s, int fd)
{
	return MHD_start_daemon(DAEMON_FLAGS, 0, NULL, NULL, admin_access, s,
	    MHD_OPTION_EXTERNAL_LOGGER, mhd_log, NULL, MHD_OPTION_LISTEN_SOCKET,
	    fd, MHD_OPTION_URI_LOG_CALLBACK, admin_uri, s,
	    MHD_OPTION_NOTIFY_COMPLETED, admin_completed, s,
	    MHD_OPTION_NOTIFY_CONNECTION, conn_notify, s,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned int)LIMIT_ADMIN_CONNECTIONS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)LIMIT_CONNECTION_POOL_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
	    0u, MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_END);
}

static enum err_code
no_daemon(int fd, struct err *err)
{
	(void)close(fd);
	return err_set(err, ERR_USAGE, NULL,
	    "libmicrohttpd does not start: out of memory or descriptors");
}

static enum err_code
open_front(struct server *s, struct err *err)
{
	enum err_code code;
	int fd;

	code = listen_open(s->config.listen, &fd, &s->front_port, err);
	if (code != ERR_OK)
		return code;
	s->front = start_front(s, fd);
	if (s->front == NULL) {
		s->accept_fd = -1;
		return no_daemon(fd, err);
	}
	if (s->accept_fd >= 0)
		code = watch(s, s->accept_fd, EVENT_ACCEPT, err);
	if (code != ERR_OK)
		return code;
	return watch(s, daemon_epoll_fd(s->front), EVENT_FRONT, err);
}

static enum err_code
open_admin(struct server *s, struct err *err)
{
	enum err_code code;
	int fd;

	if (str_is_null(s->config.admin))
		return ERR_OK;
	code = listen_open(s->config.admin, &fd, &s->admin_port, err);
	if (code != ERR_OK)
		return code;
	s->admin = start_admin(s, fd);
	if (s->admin == NULL)
		return no_daemon(fd, err);
	return watch(s, daemon_epoll_fd(s->admin), EVENT_ADMIN, err);
}

static enum err_code
read_proxies(struct server *s, struct err *err)
{
	assert(s->config.trusted_proxy_count >= 0);
	assert(s->config.trusted_proxy_count <= SERVER_PROXIES_MAX);
	for (int i = 0; i < s->config.trusted_proxy_count; i++) {
		struct str text = s->config.trusted_proxies[i];

		if (!cidr_parse(text, &s->trusted[i]))
			return err_set(err, ERR_USAGE, NULL,
			    "\"%.*s\" is no address range; write 10.0.0.0/8 or "
			    "192.0.2.7",
			    STR_ARG(text));
	}
	return ERR_OK;
}

static struct server *
server_new(const struct server_config *config)
{
	struct server *s = calloc(1, sizeof(*s));
	int64_t now_ms = clock_now_ms(&config->clock);

	if (s == NULL)
		return NULL;
	s->config = *config;
	s->accept_fd = -1;
	s->rest_fd = -1;
	s->now_ms = monotonic_ms();
	metrics_init(&s->metrics, now_ms);
	s->pipeline = (struct pipeline){.engine = config->engine,
	    .metrics = &s->metrics,
	    .clock = config->clock,
	    .started_ms = now_ms,
	    .shows_signing = config->shows_signing};
	for (int i = 0; i < WAIT__COUNT; i++)
		list_init(&s->waits[i]);
	list_init(&s->working);
	list_init(&s->free_visits);
	list_init(&s->trickles);
	s->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s;
}

static enum err_code
open_all(struct server *s, struct err *err)
{
	enum err_code code;
	int most = s->config.connections_max;

	if (s->poll_fd < 0 || s->stop_fd < 0)
		return err_set(err, ERR_USAGE, NULL,
		    "no descriptors are left: %s", strerror(errno));
	s->connections_max = listen_connections_max(
	    most > 0 ? most : LIMIT_CONNECTIONS);
	MHD_set_panic_func(mhd_panic, NULL);
	code = read_proxies(s, err);
	if (code == ERR_OK)
		code = open_front(s, err);
	if (code == ERR_OK)
		code = open_admin(s, err);
	if (code == ERR_OK)
		code = watch(s, s->stop_fd, EVENT_STOP, err);
	if (code == ERR_OK)
		code = watch(s, engine_fd(s->config.engine), EVENT_ENGINE, err);
	return code;
}

enum err_code
server_open(const struct server_config *config, struct server **out,
    struct err *err)
{
	enum err_code code;
	struct server *s;

	assert(config != NULL);
	assert(config->engine != NULL);
	assert(out != NULL);
	s = server_new(config);
	if (s == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no memory");
	code = open_all(s, err);
	if (code != ERR_OK) {
		server_close(&s);
		return code;
	}
	*out = s;
	return ERR_OK;
}

static void
rest_close(struct server *s)
{
	if (s->rest_fd >= 0)
		(void)close(s->rest_fd);
	s->rest_fd = -1;
}

void
server_close(struct server **server)
{
	struct server *s;

	assert(server != NULL);
	s = *server;
	*server = NULL;
	if (s == NULL)
		return;
	/* Requests that the drain gave up: the engine still writes into
	 * their memory. */
	if (!list_is_empty(&s->working)) {
		engine_drain(s->config.engine);
		engine_reap(s->config.engine);
	}
	if (s->front != NULL)
		MHD_stop_daemon(s->front);
	if (s->admin != NULL)
		MHD_stop_daemon(s->admin);
	trickles_free(s);
	visits_free(s);
	metrics_fini(&s->metrics);
	if (s->accept_fd >= 0)
		(void)close(s->accept_fd);
	rest_close(s);
	if (s->stop_fd >= 0)
		(void)close(s->stop_fd);
	if (s->poll_fd >= 0)
		(void)close(s->poll_fd);
	free(s);
}

int
server_port(const struct server *s)
{
	assert(s != NULL);
	return s->front_port;
}

int
server_admin_port(const struct server *s)
{
	assert(s != NULL);
	return s->admin_port;
}

void
server_stop(struct server *s)
{
	const uint64_t one = 1;
	ssize_t n;

	assert(s != NULL);
	/* It fails only when it is as full of stops as it can be. */
	n = write(s->stop_fd, &one, sizeof(one));
	(void)n;
}

/* The sooner of two times, of which -1 is never. */
static int64_t
sooner(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int64_t
daemon_due_ms(struct MHD_Daemon *daemon)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (daemon == NULL || MHD_get_timeout(daemon, &ms) != MHD_YES)
		return -1;
	return (int64_t)ms;
}

/* What libmicrohttpd may have left over without a call of ours is looked at soon,
 * for it can't be told from requests it asks about. */
static int64_t
front_due_ms(struct server *s)
{
	int64_t due = daemon_due_ms(s->front);

	return due == 0 && s->asked_count > 0 && !s->front_moved ? LIMIT_ASK_MS
								 : due;
}

static int64_t
turn_due_ms(struct server *s, bool trickled)
{
	int64_t due = sooner(front_due_ms(s), daemon_due_ms(s->admin));

	due = sooner(due, conns_due_ms(s));
	due = sooner(due, visits_trim_due_ms(s));
	if (s->front_waits || s->admin_waits || trickled)
		due = 0;
	/* Trickling sockets are in no epoll set: they are looked at often. */
	if (!list_is_empty(&s->trickles))
		due = sooner(due, 1);
	if (s->drain_until != 0)
		due = sooner(due,
		    s->drain_until > s->now_ms ? s->drain_until - s->now_ms
					       : 0);
	return due;
}

/* The events of one wait, as a mask. */
static unsigned
wait_events(struct server *s, int64_t due_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	unsigned mask = 0;
	int n = epoll_wait(s->poll_fd, events, EVENTS_PER_TURN,
	    due_ms > INT32_MAX ? INT32_MAX : (int)due_ms);

	for (int i = 0; i < n; i++)
		mask |= events[i].data.u32;
	s->now_ms = monotonic_ms();
	return mask;
}

static void
run_daemons(struct server *s, unsigned events)
{
	bool front = (events & EVENT_FRONT) || s->front_waits ||
	    daemon_due_ms(s->front) == 0;
	bool admin = (events & EVENT_ADMIN) || s->admin_waits ||
	    daemon_due_ms(s->admin) == 0;

	s->front_moved = false;
	s->front_waits = false;
	s->admin_waits = false;
	if (front)
		(void)MHD_run(s->front);
	if (admin && s->admin != NULL)
		(void)MHD_run(s->admin);
}

/*
 * Takes what the kernel had accepted for us when the drain began: closing the
 * listener resets it, with whole requests in it. Of more than the limit of
 * connections the rest waits for a later turn. No more than a backlog is taken,
 * or clients who go on connecting would keep us from ending.
 */
static void
rest_accept(struct server *s)
{
	struct sockaddr_storage peer;
	socklen_t bytes;
	int fd;

	while (s->rest_fd >= 0 && s->open_conns < s->connections_max) {
		bytes = sizeof(peer);
		fd = accept4(s->rest_fd, (struct sockaddr *)&peer, &bytes,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0 || s->rest_left-- == 0) {
			if (fd >= 0)
				(void)close(fd);
			rest_close(s);
			return;
		}
		/* It closes what it can't take. */
		(void)MHD_add_connection(s->front, fd, (struct sockaddr *)&peer,
		    bytes);
		s->front_waits = true;
	}
}

static void
drain_begin(struct server *s)
{
	int ms = s->config.stop_ms > 0 ? s->config.stop_ms
				       : LIMIT_DRAIN_STOP_MS;
	uint64_t count;
	ssize_t n = read(s->stop_fd, &count, sizeof(count));

	(void)n;
	if (s->drain_until != 0)
		return;
	engine_stop_waiting(s->config.engine);
	s->drain_until = s->now_ms + ms;
	if (s->accept_fd >= 0) {
		trickles_accept(s);
		(void)close(s->accept_fd);
		s->accept_fd = -1;
		return;
	}
	s->rest_fd = MHD_quiesce_daemon(s->front);
	s->rest_left = LIMIT_BACKLOG + 1;
	rest_accept(s);
}

static bool
is_drained(struct server *s)
{
	if (s->drain_until == 0)
		return false;
	conns_kill_idle(s);
	rest_accept(s);
	/* Requests of /docs/try/ are nobody's in open_conns. */
	return (s->open_conns == 0 && s->rest_fd < 0 &&
		   list_is_empty(&s->trickles) && list_is_empty(&s->working)) ||
	    s->now_ms >= s->drain_until;
}

/* libmicrohttpd must not be stopped while a connection is suspended. */
static void
abandon_rest(struct server *s)
{
	for (struct list *at = s->working.next; at != &s->working;
	     at = at->next) {
		struct visit *v = LIST_ENTRY(at, struct visit, link);

		visit_abandon(v);
	}
	conns_kill_all(s);
	for (int i = 0; i < LAST_RUNS && s->open_conns > 0; i++)
		(void)MHD_run(s->front);
	for (int i = 0; i < LAST_RUNS && s->admin != NULL; i++)
		(void)MHD_run(s->admin);
}

void
server_loop(struct server *s, int wake_fd,
    void (*on_wake)(struct server *s, void *arg), void *arg)
{
	struct err err = {.code = ERR_OK};
	bool trickled = false;

	assert(s != NULL);
	assert(wake_fd < 0 || on_wake != NULL);
	if (wake_fd >= 0 && watch(s, wake_fd, EVENT_WAKE, &err) != ERR_OK)
		log_message(LOG_ERROR, "no_wake", "%s", err.detail);
	while (!is_drained(s)) {
		unsigned events;

		engine_rest(s->config.engine);
		events = wait_events(s, turn_due_ms(s, trickled));
		if (events & EVENT_ENGINE)
			engine_reap(s->config.engine);
		if (events & EVENT_WAKE)
			on_wake(s, arg);
		if (events & EVENT_ACCEPT)
			trickles_accept(s);
		run_daemons(s, events);
		if (events & EVENT_STOP)
			drain_begin(s);
		conns_sweep(s);
		trickled = trickles_run(s);
		visits_trim(s);
		log_flush();
	}
	abandon_rest(s);
	if (wake_fd >= 0)
		(void)epoll_ctl(s->poll_fd, EPOLL_CTL_DEL, wake_fd, NULL);
	log_flush();
}

const char *
server_library_version(void)
{
	return MHD_get_version();
}
