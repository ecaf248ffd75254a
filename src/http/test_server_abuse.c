/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libmicrohttpd leaves open, each trap by its name: shapes that two HTTP
 * programs read differently, bodies over the limit, clients that are slow.
 */
#include "http/test_world.h"

#define HEALTH "GET /api/v1/health HTTP/1.1\r\nHost: x\r\n"
#define PUT "PUT /api/v1/intents/1 HTTP/1.1\r\nHost: x\r\n"
/* Would be answered if the connection went on behind a refusal. */
#define SMUGGLED HEALTH "\r\n"
#define SWEEP_MS 300
/* The server's other limits are in proportion. */
#define DROP_MS (SWEEP_MS * LIMIT_DRAIN_MS / LIMIT_REQUEST_MS)
#define SEND_MS (SWEEP_MS * LIMIT_SEND_MS / LIMIT_REQUEST_MS)
#define MIB ((size_t)1024 * 1024)

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

/* The sweeper counts whole milliseconds, begun ones too. */
static void
check_waited(int64_t begin_us, int64_t ms)
{
	assert_true(when_monotonic_us() - begin_us > (ms - 1) * 1000);
}

/* Answered with 400 in an envelope, and the connection ends there. */
static void
check_refused(struct str bytes)
{
	int fd = dial(world);
	struct heard h;

	say(fd, bytes);
	h = hear(world, fd);
	check_status(h, 400);
	assert_true(body_has(h, "\"code\":40000"));
	check_str(head_value(h.head, "Connection"), "close");
	check_closed(fd);
}

void
test_two_content_lengths(void **state)
{
	(void)state;
	world_start(world);
	check_refused(STR(PUT "Content-Length: 2\r\nContent-Length: 2\r\n\r\n"
			      "{}" SMUGGLED));
	check_refused(STR(PUT "Content-Length: 2\r\nContent-Length: 54\r\n\r\n"
			      "{}" SMUGGLED));
	world_check_log(world, "header Content-Length comes twice");
}

/* libmicrohttpd's own answer, and no handler of ours: nothing is read behind
 * it. That its head comes twice is told in docs/conformance.md. */
void
test_content_lengths_that_are_no_number(void **state)
{
	static const char *const lengths[] = {
	    "+2", "0x2", "-2", "2, 2", "", "99999999999999999999"};

	(void)state;
	world_start(world);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int fd = dial(world);
		char all[8192];
		size_t n = 0;
		ssize_t got;

		say(fd,
		    arena_printf(&world->arena,
			PUT "Content-Length: %s\r\n\r\n{}" SMUGGLED,
			lengths[i]));
		while (n < sizeof(all) - 1 &&
		    (got = hear_some(fd, all + n, sizeof(all) - 1 - n)) > 0)
			n += (size_t)got;
		all[n] = '\0';
		assert_true(strncmp(all, "HTTP/1.1 4", 10) == 0);
		assert_null(strstr(all, "HTTP/1.1 200"));
		(void)close(fd);
	}
	assert_false(world_logged(world, "/api/v1/health"));
}

void
test_content_length_with_transfer_encoding(void **state)
{
	(void)state;
	world_start(world);
	check_refused(
	    STR(PUT "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "0\r\n\r\n" SMUGGLED));
	check_refused(
	    STR(PUT "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
		    "0\r\n\r\n" SMUGGLED));
}

void
test_transfer_encodings_but_chunked(void **state)
{
	(void)state;
	world_start(world);
	check_refused(STR(PUT "Transfer-Encoding: gzip\r\n\r\n" SMUGGLED));
	check_refused(
	    STR(PUT "Transfer-Encoding: gzip, chunked\r\n\r\n" SMUGGLED));
	check_refused(STR(PUT "Transfer-Encoding: chunked\r\n"
			      "Transfer-Encoding: identity\r\n\r\n" SMUGGLED));
}

void
test_a_blank_before_the_colon(void **state)
{
	(void)state;
	world_start(world);
	check_refused(STR(HEALTH "Content-Length : 54\r\n\r\n" SMUGGLED));
	check_refused(
	    STR(HEALTH "Transfer-Encoding : chunked\r\n\r\n" SMUGGLED));
}

void
test_a_repeated_auth_header(void **state)
{
	(void)state;
	world_start(world);
	check_refused(STR(PUT "X-App-Id: a\r\nX-App-Id: a\r\n\r\n"));
	check_refused(STR(PUT "X-Signature: a\r\nx-signature: b\r\n\r\n"));
	check_refused(STR(PUT "If-Match: \"1\"\r\nIf-Match: \"2\"\r\n\r\n"));
}

void
test_an_encoded_nul_in_the_target(void **state)
{
	(void)state;
	world_start(world);
	check_refused(
	    STR("GET /api/v1/health%00/x HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_refused(
	    STR("GET /api/v1/health?a=%00 HTTP/1.1\r\nHost: x\r\n\r\n"));
}

void
test_a_raw_nul_anywhere(void **state)
{
	(void)state;
	world_start(world);
	check_refused(
	    STR("GET /api/v1/health\0/x HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_refused(STR("GET\0 /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_refused(STR(HEALTH "X-A: b\0c\r\nAccept: d\r\n\r\n"));
	check_refused(STR(HEALTH "X-A: b\0\r\n\r\n"));
	/* libmicrohttpd's own answer: it finds no colon. */
	check_status(ask(world, STR(HEALTH "X-A\0b: c\r\nX-B: d\r\n\r\n")),
	    400);
}

void
test_lines_that_end_or_go_on_oddly(void **state)
{
	(void)state;
	world_start(world);
	check_refused(STR("GET /api/v1/health HTTP/1.1\nHost: x\n\n"));
	check_refused(STR(HEALTH "A: b\nC: d\r\n\r\n"));
	check_refused(STR(HEALTH "A: b\rC: d\r\n\r\n"));
	check_refused(STR(HEALTH "A: b\r\n folded\r\n\r\n"));
	check_refused(STR("GET /api/v1/health HTTP/1.1\r\n"
			  " Content-Length: 9\r\nHost: x\r\n\r\n"));
	check_refused(STR("GET  /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_refused(STR("GET /api/v1/health  HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_refused(STR("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"));
}

void
test_empty_values_and_blanks_around_values_are_honest(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd, STR("\r\n" HEALTH "A:\r\nB: \r\nC:\t c \t\r\nD:d\r\n\r\n"));
	check_status(hear(world, fd), 200);
	say(fd, STR(HEALTH "Cookie: a=b; c=d\r\nA:\r\n\r\n"));
	check_status(hear(world, fd), 200);
	say(fd, STR("GET /api/v1/health HTTP/1.0\r\n\r\n"));
	check_status(hear(world, fd), 200);
	check_closed(fd);
}

static struct str
long_target(size_t bytes)
{
	struct buf b;

	buf_init(&b, &world->arena, 1 << 20);
	buf_str(&b, STR("/api/v1/health?"));
	while (b.n < bytes)
		buf_char(&b, 'a');
	return arena_printf(&world->arena,
	    "GET %.*s HTTP/1.1\r\nHost: x\r\n\r\n", STR_ARG(buf_view(&b)));
}

void
test_the_longest_target(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd, long_target(LIMIT_URL_BYTES));
	check_status(hear(world, fd), 200);
	/* The pool is as good as new for the next one. */
	say(fd, long_target(LIMIT_URL_BYTES));
	check_status(hear(world, fd), 200);
	say(fd, long_target(LIMIT_URL_BYTES + 1));
	check_status(hear(world, fd), 414);
	check_closed(fd);
	/* libmicrohttpd's own answer: it fits no pool. */
	check_status(ask(world, long_target(2 * LIMIT_URL_BYTES)), 414);
}

static struct str
zeros(size_t bytes)
{
	char *p = arena_alloc(&world->arena, bytes);

	assert_non_null(p);
	memset(p, '0', bytes);
	return (struct str){p, bytes};
}

static void
check_413(int fd)
{
	struct heard h = hear(world, fd);

	check_status(h, 413);
	assert_true(body_has(h, "41301"));
	assert_false(str_is_null(head_value(h.head, "X-Request-Id")));
	check_str(head_value(h.head, "Connection"), "close");
	check_closed(fd);
}

void
test_413_at_once_for_who_asks_first(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd,
	    STR(PUT "Expect: 100-continue\r\nContent-Length: 1048577\r\n"
		    "\r\n"));
	check_413(fd);
}

void
test_413_after_2_mib_were_read(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd, STR(PUT "Content-Length: 2097152\r\n\r\n"));
	say(fd, str_sub(zeros(2 * MIB), 0, 2 * MIB - 1));
	/* Nothing came while the body did. */
	assert_int_equal(
	    poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 50), 0);
	say(fd, STR("0"));
	check_413(fd);
}

void
test_413_one_byte_over(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd, STR(PUT "Content-Length: 1048577\r\n\r\n"));
	say(fd, zeros(MIB + 1));
	check_413(fd);
}

void
test_413_for_chunks(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd,
	    signed_request(world, "PUT", STR("/api/v1/intents/1"), STR("{}"),
		"Transfer-Encoding: chunked\r\n"));
	for (int i = 0; i < 3; i++) {
		say(fd, STR("80000\r\n"));
		say(fd, zeros(MIB / 2));
		say(fd, STR("\r\n"));
	}
	say(fd, STR("0\r\n\r\n"));
	check_413(fd);
}

/* A client that sends all before it reads gets its answer, too. */
void
test_413_in_the_middle_of_more_than_8_mib(void **state)
{
	size_t sent = 0, all = 24 * MIB;
	struct str body;
	int fd;

	(void)state;
	world_start(world);
	body = zeros(MIB);
	fd = dial(world);
	say(fd, STR(PUT "Content-Length: 1000000000\r\n\r\n"));
	for (; sent < all; sent += MIB)
		say(fd, body);
	check_413(fd);
}

void
test_413_when_an_overlong_body_stops_coming(void **state)
{
	int64_t begin = when_monotonic_us();
	int fd;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	fd = dial(world);
	say(fd, STR(PUT "Content-Length: 2097152\r\n\r\n"));
	say(fd, zeros(MIB));
	check_413(fd);
	check_waited(begin, DROP_MS);
}

void
test_a_stalled_refusal_is_answered_too(void **state)
{
	int fd;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	fd = dial(world);
	say(fd, STR(PUT "Content-Length: 10\r\n\r\n12345"));
	check_status(hear(world, fd), 401);
	check_closed(fd);
}

static struct str
unsigned_put_head(size_t body_bytes)
{
	return arena_printf(&world->arena,
	    PUT "X-App-Id: nobody\r\nX-Timestamp: %lld\r\nX-Signature: %064d"
		"\r\nContent-Length: %zu\r\n\r\n",
	    (long long)clock_now_ms(&clock_system), 0, body_bytes);
}

/* Memory for bodies is bounded over all connections, for whoever they are. */
void
test_503_when_too_many_bodies_are_held(void **state)
{
	struct pollfd fds[4];
	struct str body, full;
	int refused = 0;

	(void)state;
	world->config.bodies_bytes = 3 * MIB;
	/* A refused one is answered after a second, the others wait six. */
	world->config.sweep_ms = 6000;
	world_start(world);
	body = zeros(MIB);
	full = arena_printf(&world->arena, "%.*s%.*s",
	    STR_ARG(unsigned_put_head(MIB)), STR_ARG(body));
	for (int i = 0; i < 4; i++) {
		fds[i].fd = dial(world);
		fds[i].events = POLLIN;
		say(fds[i].fd, unsigned_put_head(MIB));
		say(fds[i].fd, str_sub(body, 1, SIZE_MAX));
	}
	assert_true(poll(fds, 4, WORLD_PATIENCE_MS) > 0);
	for (int i = 0; i < 4; i++) {
		struct heard h;

		(void)send(fds[i].fd, "0", 1, MSG_NOSIGNAL);
		h = hear(world, fds[i].fd);
		check_status(h, h.status == 503 ? 503 : 401);
		if (h.status == 503) {
			assert_true(body_has(h, "50301"));
			check_str(head_value(h.head, "Connection"), "close");
			refused++;
		}
		(void)close(fds[i].fd);
	}
	assert_in_range(refused, 1, 4);
	/* What was held is free again, once the server saw the clients go. */
	for (int i = 0; i < 4; i++) {
		int64_t until = when_monotonic_us() + WORLD_PATIENCE_MS * 1000;
		int status;

		do {
			status = ask(world, full).status;
			assert_true(when_monotonic_us() < until);
		} while (status == 503);
		assert_int_equal(status, 401);
	}
}

/* A byte now and then keeps libmicrohttpd's own timeout away for ever. */
static void
drip_until_closed(int fd, struct str bytes, int every_ms)
{
	int64_t until = when_monotonic_us() + WORLD_PATIENCE_MS * 1000;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (size_t i = 0; poll(&p, 1, every_ms) == 0; i = (i + 1) % bytes.n) {
		(void)send(fd, bytes.p + i, 1, MSG_NOSIGNAL);
		assert_true(when_monotonic_us() < until);
	}
	check_closed(fd);
}

void
test_slowloris_in_the_head(void **state)
{
	int fd;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	fd = dial(world);
	say(fd, STR("GET / HT"));
	drip_until_closed(fd, STR("A"), 20);
	fd = dial(world);
	say(fd, STR(HEALTH));
	drip_until_closed(fd, STR("A: b\r\n"), 20);
}

void
test_slowloris_in_the_body(void **state)
{
	int fd;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	fd = dial(world);
	say(fd,
	    signed_request(world, "PUT", STR("/api/v1/intents/1"), STR("{}"),
		"Transfer-Encoding: chunked\r\n"));
	drip_until_closed(fd, STR("1\r\n \r\n"), 20);
	world_check_log(world, "\"outcome\":\"aborted\"");
}

void
test_a_silent_connection_is_closed(void **state)
{
	int64_t begin = when_monotonic_us();
	int fd;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	fd = dial(world);
	check_closed(fd);
	check_waited(begin, SWEEP_MS);
}

void
test_an_idle_connection_is_closed_after_its_last_answer(void **state)
{
	int64_t begin;
	int fd;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	fd = dial(world);
	say(fd, STR(SMUGGLED));
	begin = when_monotonic_us();
	check_status(hear(world, fd), 200);
	check_closed(fd);
	assert_true(when_monotonic_us() - begin < SEND_MS * 1000);
}

/* An answer that nobody takes is not kept for ever. */
void
test_a_client_that_never_reads_is_closed(void **state)
{
	int small = 4096, fd;
	struct buf all;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	world_make_order(world);
	for (int i = 0; i < 60; i++)
		check_status(ask(world, put_request(world, 100 + i, "")), 200);
	buf_init(&all, &world->arena, 8 << 20);
	for (int i = 0; i < 2000; i++)
		buf_str(&all,
		    signed_request(world, "GET",
			arena_printf(&world->arena, "%.*s/amendments",
			    STR_ARG(world->order)),
			STR(""), ""));
	fd = dial(world);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	/* Until the server, which can't write, reads no more. */
	while (send(fd, all.p, all.n, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		(void)poll(NULL, 0, 20);
	(void)poll(NULL, 0, SEND_MS + SWEEP_MS);
	world_check_log(world, "\"out\":0");
	(void)close(fd);
}

/* The clock of a connection begins anew with each answer. */
void
test_a_busy_connection_stays(void **state)
{
	int64_t end = when_monotonic_us() + 4 * SWEEP_MS * 1000;
	int fd;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	fd = dial(world);
	while (when_monotonic_us() < end) {
		(void)poll(NULL, 0, SWEEP_MS / 6);
		say(fd, STR(SMUGGLED));
		check_status(hear(world, fd), 200);
	}
	check_closed(fd);
}

/* What the engine has is never swept, however long it takes. */
void
test_a_request_at_work_is_not_swept(void **state)
{
	int fd;

	(void)state;
	world->config.sweep_ms = SWEEP_MS;
	world_start(world);
	world_make_order(world);
	world_hold(world);
	fd = dial(world);
	say(fd, put_request(world, 8, ""));
	assert_int_equal(
	    poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 3 * SWEEP_MS),
	    0);
	world_let_go(world);
	check_status(hear(world, fd), 200);
	(void)close(fd);
}

void
test_a_client_that_leaves_costs_nothing(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	fd = dial(world);
	say(fd, str_sub(put_request(world, 3, ""), 0, 40));
	(void)close(fd);
	world_hold(world);
	fd = dial(world);
	say(fd, put_request(world, 4, ""));
	(void)close(fd);
	world_let_go(world);
	check_status(ask(world, put_request(world, 5, "")), 200);
	check_status(
	    ask(world, signed_request(world, "GET", world->order, STR(""), "")),
	    200);
}

void
test_a_thousand_idle_connections(void **state)
{
	enum { COUNT = 1000 };
	static int fds[COUNT];

	(void)state;
	world_start(world);
	world_make_order(world);
	for (int i = 0; i < COUNT; i++)
		fds[i] = dial(world);
	for (int i = 0; i < 20; i++)
		check_status(ask(world, put_request(world, 100 + i, "")), 200);
	for (int i = 0; i < COUNT; i++) {
		say(fds[i], STR(SMUGGLED));
		check_status(hear(world, fds[i]), 200);
	}
	for (int i = 0; i < COUNT; i++)
		(void)close(fds[i]);
	check_status(ask(world, put_request(world, 99, "")), 200);
}

void
test_connections_over_the_limit_wait(void **state)
{
	int fds[3];

	(void)state;
	world->config.connections_max = 2;
	world_start(world);
	for (int i = 0; i < 3; i++)
		fds[i] = dial(world);
	for (int i = 0; i < 3; i++)
		say(fds[i], STR(SMUGGLED));
	check_status(hear(world, fds[0]), 200);
	check_status(hear(world, fds[1]), 200);
	assert_int_equal(
	    poll(&(struct pollfd){.fd = fds[2], .events = POLLIN}, 1, 50), 0);
	(void)close(fds[0]);
	check_status(hear(world, fds[2]), 200);
	(void)close(fds[1]);
	(void)close(fds[2]);
}
