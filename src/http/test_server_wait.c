/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that the engine works on for a while: libmicrohttpd asks about them, and
 * those it has asked about often enough are suspended. */
#include "http/test_world.h"

#include <sys/resource.h>

#include "base/limits.h"

#define HEALTH "GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"

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

static int
held_put(int quantity)
{
	int fd = dial(world);

	say(fd, put_request(world, quantity, ""));
	return fd;
}

/* Each one is at least one turn of the loop. */
static void
turn(int times)
{
	int fd = dial(world);

	for (int i = 0; i < times; i++) {
		say(fd, STR(HEALTH));
		check_status(hear(world, fd), 200);
	}
	(void)close(fd);
}

static void
check_all_answered(int *fds, int count)
{
	for (int i = 0; i < count; i++) {
		check_status(hear(world, fds[i]), 200);
		/* The connection is as good as before. */
		say(fds[i], STR(HEALTH));
		check_status(hear(world, fds[i]), 200);
		(void)close(fds[i]);
	}
	server_stop(world->server);
	world_join(world);
}

static void
check_answered_after(int turns)
{
	int fds[20];

	world_start(world);
	world_make_order(world);
	world_hold(world);
	for (int i = 0; i < 20; i++)
		fds[i] = held_put(50 + i);
	turn(turns);
	world_let_go(world);
	check_all_answered(fds, 20);
}

void
test_what_is_asked_about_is_answered(void **state)
{
	(void)state;
	check_answered_after(LIMIT_ASKED / 2);
}

void
test_what_was_asked_about_often_is_answered(void **state)
{
	(void)state;
	check_answered_after(2 * LIMIT_ASKED);
}

void
test_more_than_are_asked_about_at_once_are_answered(void **state)
{
	enum { COUNT = LIMIT_ASKED_AT_ONCE + 20 };
	static int fds[COUNT];

	(void)state;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	for (int i = 0; i < COUNT; i++)
		fds[i] = held_put(50 + i);
	turn(1);
	world_let_go(world);
	check_all_answered(fds, COUNT);
}

static int64_t
processor_us(void)
{
	struct rusage used;

	assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
	    used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

/* libmicrohttpd says all the while that there is more to do. */
void
test_the_loop_rests_while_a_request_waits(void **state)
{
	int64_t before;
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	fd = held_put(7);
	turn(1);
	before = processor_us();
	(void)poll(NULL, 0, 1000);
	assert_true(processor_us() - before < 200 * 1000);
	world_let_go(world);
	check_all_answered(&fd, 1);
}

void
test_a_client_may_go_while_it_waits(void **state)
{
	struct linger reset = {.l_onoff = 1};
	int fd, other;

	(void)state;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	other = held_put(8);
	fd = held_put(7);
	turn(1);
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	(void)close(fd);
	turn(2);
	world_let_go(world);
	check_all_answered(&other, 1);
	/* Its change was made, and told to nobody. */
	world_check_log(world, "\"out\":0,");
}

void
test_half_a_close_is_answered(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	fd = held_put(7);
	turn(1);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	turn(2);
	world_let_go(world);
	check_status(hear(world, fd), 200);
	check_closed(fd);
	server_stop(world->server);
	world_join(world);
}

/* What was sent behind it is read after it was answered. */
void
test_what_comes_behind_a_waiting_request_waits_too(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	fd = held_put(7);
	turn(1);
	say(fd, STR(HEALTH));
	turn(2);
	world_let_go(world);
	check_status(hear(world, fd), 200);
	check_all_answered(&fd, 1);
}
