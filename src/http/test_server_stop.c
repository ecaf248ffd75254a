/* SPDX-License-Identifier: Apache-2.0 */
/* Stopping: everything accepted is answered, and nothing waits for ever. */
#include "http/test_world.h"

#include <sys/eventfd.h>

#define HEALTH "GET /api/v1/health HTTP/1.1\r\nHost: x\r\n"

static struct world *world;

int
setup(void **state)
{
	(void)state;
	world = calloc(1, sizeof(*world));
	assert_non_null(world);
	world_init(world);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	world_fini(world);
	free(world);
	return 0;
}

void
test_a_server_that_never_looped_closes(void **state)
{
	struct err err;

	(void)state;
	check_err(server_open(&world->config, &world->server, &err), ERR_OK);
	assert_true(server_port(world->server) > 0);
	assert_true(server_admin_port(world->server) > 0);
}

void
test_an_idle_server_stops_at_once(void **state)
{
	int64_t begin;
	int fds[10];

	(void)state;
	world->config.admin = STR_NONE;
	world_start(world);
	assert_int_equal(server_admin_port(world->server), 0);
	for (int i = 0; i < 10; i++) {
		fds[i] = dial(world);
		say(fds[i], STR(HEALTH "\r\n"));
		check_status(hear(world, fds[i]), 200);
	}
	begin = when_monotonic_us();
	server_stop(world->server);
	world_join(world);
	assert_true(when_monotonic_us() - begin < LIMIT_DRAIN_STOP_MS * 1000);
	for (int i = 0; i < 10; i++)
		check_closed(fds[i]);
}

static int
ready_status(void)
{
	int fd = dial_port(server_admin_port(world->server));
	struct heard h;

	say(fd, STR("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	h = hear(world, fd);
	(void)close(fd);
	return h.status;
}

void
test_suspended_requests_are_answered_before_the_end(void **state)
{
	enum { COUNT = 40 };
	int fds[COUNT];

	(void)state;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	for (int i = 0; i < COUNT; i++) {
		fds[i] = dial(world);
		say(fds[i], put_request(world, 50 + i, ""));
	}
	assert_int_equal(ready_status(), 200);
	server_stop(world->server);
	/* No new connection, but the admin listener tells why. */
	while (ready_status() != 503)
		(void)poll(NULL, 0, 2);
	world_let_go(world);
	for (int i = 0; i < COUNT; i++) {
		struct heard h = hear(world, fds[i]);

		check_status(h, 200);
		check_str(head_value(h.head, "Connection"), "close");
		check_closed(fds[i]);
	}
	world_join(world);
}

/* Connections that lie in the backlog, each with a whole request. */
static void
check_backlog(int connections_max)
{
	enum { COUNT = 400 };
	struct err err;
	int fds[COUNT];

	world->config.connections_max = connections_max;
	check_err(server_open(&world->config, &world->server, &err), ERR_OK);
	for (int i = 0; i < COUNT; i++) {
		fds[i] = dial(world);
		say(fds[i], STR(HEALTH "\r\n"));
	}
	server_stop(world->server);
	world_loop_start(world);
	for (int i = 0; i < COUNT; i++) {
		check_status(hear(world, fds[i]), 200);
		check_closed(fds[i]);
	}
	world_join(world);
}

void
test_what_the_kernel_had_accepted_is_answered(void **state)
{
	(void)state;
	check_backlog(2000);
}

void
test_a_drain_keeps_to_the_limit_of_connections(void **state)
{
	(void)state;
	check_backlog(7);
}

void
test_a_request_under_way_is_waited_for(void **state)
{
	struct str request;
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	request = put_request(world, 6, "");
	fd = dial(world);
	say(fd, str_sub(request, 0, request.n - 5));
	/* It was read once another one, sent later, is answered. */
	check_status(ask(world, STR(HEALTH "\r\n")), 200);
	server_stop(world->server);
	while (ready_status() != 503)
		(void)poll(NULL, 0, 2);
	say(fd, str_sub(request, request.n - 5, 5));
	check_status(hear(world, fd), 200);
	check_closed(fd);
	world_join(world);
}

/* The committer stands still: the loop gives up in time, and the memory of
 * what was given up stays until the engine is done with it. */
void
test_a_drain_ends_when_the_engine_does_not(void **state)
{
	int fds[5];

	(void)state;
	world->config.stop_ms = 200;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	for (int i = 0; i < 5; i++) {
		fds[i] = dial(world);
		say(fds[i], put_request(world, 60 + i, ""));
	}
	check_status(ask(world, STR(HEALTH "\r\n")), 200);
	server_stop(world->server);
	world_join(world);
	for (int i = 0; i < 5; i++)
		check_closed(fds[i]);
	world_let_go(world);
	server_close(&world->server);
	assert_null(world->server);
}

void
test_a_drain_ends_when_a_client_does_not(void **state)
{
	int fd;

	(void)state;
	world->config.stop_ms = 200;
	world_start(world);
	fd = dial(world);
	say(fd, STR(HEALTH));
	check_status(ask(world, STR(HEALTH "\r\n")), 200);
	server_stop(world->server);
	world_join(world);
	check_closed(fd);
}

void
test_no_connection_is_taken_while_draining(void **state)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int held, fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	to.sin_port = htons((uint16_t)server_port(world->server));
	world_hold(world);
	held = dial(world);
	say(held, put_request(world, 7, ""));
	check_status(ask(world, STR(HEALTH "\r\n")), 200);
	server_stop(world->server);
	while (ready_status() != 503)
		(void)poll(NULL, 0, 2);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)),
	    0);
	(void)close(fd);
	world_let_go(world);
	check_status(hear(world, held), 200);
	(void)close(held);
	world_join(world);
}

void
test_stopping_works_with_one_byte_reads(void **state)
{
	int fd;

	(void)state;
	world->config.one_byte_reads = true;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	fd = dial(world);
	say(fd, put_request(world, 7, ""));
	while (!world_logged(world, "\"method\":\"create\""))
		(void)poll(NULL, 0, 2);
	(void)poll(NULL, 0, 300);
	server_stop(world->server);
	world_let_go(world);
	check_status(hear(world, fd), 200);
	check_closed(fd);
	world_join(world);
}

struct wake {
	int fd;
	int count;
};

static void
on_wake(struct server *s, void *arg)
{
	struct wake *wake = arg;
	uint64_t n;

	assert_int_equal(read(wake->fd, &n, sizeof(n)), sizeof(n));
	if (++wake->count == 3)
		server_stop(s);
}

static void *
wake_thrice(void *arg)
{
	const struct wake *wake = arg;
	const uint64_t one = 1;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(write(wake->fd, &one, sizeof(one)),
		    sizeof(one));
		(void)poll(NULL, 0, 20);
	}
	return NULL;
}

void
test_the_wake_fd_is_watched(void **state)
{
	struct wake wake = {.fd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE)};
	pthread_t thread;
	struct err err;

	(void)state;
	assert_true(wake.fd >= 0);
	check_err(server_open(&world->config, &world->server, &err), ERR_OK);
	assert_int_equal(pthread_create(&thread, NULL, wake_thrice, &wake), 0);
	server_loop(world->server, wake.fd, on_wake, &wake);
	assert_int_equal(wake.count, 3);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(wake.fd);
}
