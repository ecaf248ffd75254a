/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server over real sockets: how requests arrive and answers leave. What
 * is hostile or slow is in test_server_abuse.c, stopping in test_server_stop.c.
 */
#include "http/test_world.h"

#include "base/digest.h"

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
test_a_signed_put_changes_the_order(void **state)
{
	struct heard h;

	(void)state;
	world_start(world);
	world_make_order(world);
	h = ask(world, put_request(world, 2, ""));
	check_status(h, 200);
	assert_true(body_has(h, "\"quantity\":2"));
	assert_true(body_has(h, "\"totalAmount\":17998"));
	check_str(head_value(h.head, "Content-Type"),
	    "application/json; charset=utf-8");
	assert_int_equal(head_value(h.head, "X-Request-Id").n, 16);
	assert_false(str_is_null(head_value(h.head, "Date")));
	h = ask(world, signed_request(world, "GET", world->order, STR(""), ""));
	check_status(h, 200);
	assert_true(body_has(h, "\"quantity\":2"));
}

void
test_http_1_0_without_host_is_answered(void **state)
{
	struct heard h;
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd, STR("GET /api/v1/health HTTP/1.0\r\n\r\n"));
	h = hear(world, fd);
	check_status(h, 200);
	assert_true(body_has(h, "\"healthy\""));
	check_closed(fd);
}

void
test_http_1_1_without_host_is_refused(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd, STR("GET /api/v1/health HTTP/1.1\r\n\r\n"));
	check_status(hear(world, fd), 400);
	check_closed(fd);
}

void
test_a_connection_serves_one_request_after_another(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	fd = dial(world);
	for (int i = 2; i < 12; i++) {
		say(fd, put_request(world, i, ""));
		check_status(hear(world, fd), 200);
		say(fd, STR("GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n"));
		check_status(hear(world, fd), 404);
	}
	(void)close(fd);
}

void
test_pipelined_requests_are_answered_in_order(void **state)
{
	struct buf all;
	struct heard h;
	char text[32];
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	buf_init(&all, &world->arena, 1 << 20);
	for (int i = 2; i < 22; i++)
		buf_str(&all, put_request(world, i, ""));
	fd = dial(world);
	say(fd, buf_view(&all));
	for (int i = 2; i < 22; i++) {
		h = hear(world, fd);
		check_status(h, 200);
		(void)snprintf(text, sizeof(text), "\"quantity\":%d,", i);
		assert_true(body_has(h, text));
	}
	(void)close(fd);
}

void
test_connection_close_is_obeyed(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	fd = dial(world);
	say(fd, put_request(world, 3, "Connection: close\r\n"));
	check_status(hear(world, fd), 200);
	check_closed(fd);
}

void
test_head_has_no_body(void **state)
{
	struct heard h;
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	fd = dial(world);
	say(fd, STR("HEAD /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"));
	h = hear_as(world, fd, true);
	check_status(h, 200);
	assert_false(str_eq(head_value(h.head, "Content-Length"), STR("0")));
	say(fd, signed_request(world, "HEAD", world->order, STR(""), ""));
	check_status(hear_as(world, fd, true), 200);
	/* The next answer begins where a body would have. */
	say(fd, STR("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_status(hear(world, fd), 200);
	(void)close(fd);
}

void
test_expect_is_answered_with_100_and_the_body_taken(void **state)
{
	struct str request, head;
	size_t body = strlen("{\"quantity\":4}");
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	request = put_request(world, 4, "Expect: 100-continue\r\n");
	head = str_sub(request, 0, request.n - body);
	fd = dial(world);
	say(fd, head);
	check_status(hear(world, fd), 100);
	say(fd, str_sub(request, head.n, SIZE_MAX));
	check_status(hear(world, fd), 200);
	(void)close(fd);
}

/* The answer ends the connection, and says so: a request behind it is lost. */
static void
check_expecting(struct str request, int status)
{
	struct heard h;
	int fd = dial(world);

	say(fd, request);
	say(fd, STR("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"));
	h = hear(world, fd);
	check_status(h, status);
	check_str(head_value(h.head, "Connection"), "close");
	check_closed(fd);
}

/* There is nothing to go on with, and the next request is there already. */
void
test_expect_without_a_body_is_answered(void **state)
{
	(void)state;
	world_start(world);
	world_make_order(world);
	check_expecting(STR("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n"
			    "Expect: 100-continue\r\n\r\n"),
	    200);
	check_expecting(STR("PUT /api/v1/nothing HTTP/1.1\r\nHost: x\r\n"
			    "Expect: 100-continue\r\n\r\n"),
	    404);
	/* A thread of the engine has this one for a while. */
	check_expecting(signed_request(world, "GET",
			    arena_printf(&world->arena, "%.*s/amendments",
				STR_ARG(world->order)),
			    STR(""), "Expect: 100-continue\r\n"),
	    200);
	check_expecting(signed_request(world, "PUT", world->order, STR(""),
			    "Expect: 100-continue\r\nContent-Length: 0\r\n"),
	    400);
}

/* Signed by hand: no client of ours sends such a target. */
static struct str
absolute_request(struct str target)
{
	struct str at = arena_printf(&world->arena, "%lld",
	    (long long)clock_now_ms(&clock_system));
	uint8_t mac[DIGEST_BYTES_MAX];
	char hex[2 * DIGEST_BYTES_MAX + 1];
	struct hmac_key key;
	struct hmac h;

	hmac_key_init(&key, DIGEST_SHA256, world->credential.secret);
	hmac_init(&h, &key);
	hmac_add(&h, STR("GET"));
	hmac_add(&h, target);
	hmac_add(&h, at);
	for (size_t i = 0, n = hmac_end(&h, mac); i < n; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", mac[i]);
	return arena_printf(&world->arena,
	    "GET %.*s HTTP/1.1\r\nHost: x\r\nX-App-Id: app_key\r\n"
	    "X-Timestamp: %.*s\r\nX-Signature: %s\r\n\r\n",
	    STR_ARG(target), STR_ARG(at), hex);
}

/* RFC 9112, 3.2.2: a server accepts it, though only proxies are sent it. */
void
test_an_absolute_target_is_routed_by_its_path(void **state)
{
	struct heard h;

	(void)state;
	world_start(world);
	world_make_order(world);
	check_status(
	    ask(world,
		STR("GET http://x:80/api/v1/health?a HTTP/1.1\r\nHost: x\r\n"
		    "\r\n")),
	    200);
	/* The signature is over the target as it was sent. */
	h = ask(world,
	    absolute_request(arena_printf(
		&world->arena, "HTTPS://x%.*s", STR_ARG(world->order))));
	check_status(h, 200);
	check_status(
	    ask(world, STR("GET http://x?a HTTP/1.1\r\nHost: x\r\n\r\n")), 404);
	check_status(
	    ask(world, STR("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n")), 404);
}

void
test_a_coded_body_is_415(void **state)
{
	struct heard h;

	(void)state;
	world_start(world);
	world_make_order(world);
	h = ask(world, put_request(world, 4, "Content-Encoding: gzip\r\n"));
	check_status(h, 415);
	check_status(
	    ask(world, put_request(world, 4, "Content-Encoding: identity\r\n")),
	    200);
	/* Of no body there is no coding. */
	check_status(ask(world,
			 signed_request(world, "GET", world->order, STR(""),
			     "Content-Encoding: gzip\r\n")),
	    200);
}

void
test_a_chunked_body_is_put_together(void **state)
{
	const char *chunked = "5\r\n{\"qua\r\n4;a=b\r\nntit\r\n5\r\ny\":7}\r\n"
			      "0\r\nX-App-Id: trailer\r\n\r\n";
	struct heard h;
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	fd = dial(world);
	say(fd, put_request(world, 7, "Transfer-Encoding: chunked\r\n"));
	say(fd, str_from(chunked));
	h = hear(world, fd);
	check_status(h, 200);
	assert_true(body_has(h, "\"quantity\":7"));
	(void)close(fd);
}

void
test_a_request_may_come_byte_by_byte(void **state)
{
	struct str request;
	int fd;

	(void)state;
	world_start(world);
	world_make_order(world);
	request = put_request(world, 5, "");
	fd = dial(world);
	for (size_t i = 0; i < request.n; i++)
		say(fd, str_sub(request, i, 1));
	check_status(hear(world, fd), 200);
	(void)close(fd);
}

void
test_one_byte_reads_change_nothing(void **state)
{
	struct str request;
	int fd;

	(void)state;
	world->config.one_byte_reads = true;
	world_start(world);
	world_make_order(world);
	fd = dial(world);
	for (int i = 2; i < 5; i++) {
		request = put_request(world, i, "");
		say(fd, request);
		check_status(hear(world, fd), 200);
	}
	say(fd, put_request(world, 9, "Connection: close\r\n"));
	check_status(hear(world, fd), 200);
	check_closed(fd);
	check_status(ask(world, STR("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 404);
}

void
test_what_no_dialect_claims_is_answered_in_an_envelope(void **state)
{
	struct heard h;

	(void)state;
	world_start(world);
	h = ask(world, STR("GET /favicon.ico?x HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_status(h, 404);
	assert_true(body_has(h, "40400"));
	world_check_log(world, "\"dialect\":\"none\"");
	h = ask(world, STR("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_status(h, 404);
}

/* A refusal that needs no body leaves the connection usable. */
void
test_an_early_refusal_reads_the_body_and_goes_on(void **state)
{
	struct heard h;
	int fd;

	(void)state;
	world_start(world);
	fd = dial(world);
	say(fd,
	    STR("PUT /api/v1/intents/1 HTTP/1.1\r\nHost: x\r\n"
		"Content-Length: 14\r\n\r\n{\"quantity\":2}"));
	h = hear(world, fd);
	check_status(h, 401);
	assert_true(body_has(h, "40102"));
	say(fd, STR("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_status(hear(world, fd), 200);
	(void)close(fd);
}

void
test_a_body_of_1_mib_is_taken(void **state)
{
	struct buf body;
	struct heard h;

	(void)state;
	world_start(world);
	world_make_order(world);
	buf_init(&body, &world->arena, 2 << 20);
	buf_str(&body, STR("{\"quantity\":6"));
	while (body.n < LIMIT_BODY_BYTES - 1)
		buf_char(&body, ' ');
	buf_char(&body, '}');
	h = ask(world,
	    signed_request(world, "PUT", world->order, buf_view(&body), ""));
	check_status(h, 200);
}

void
test_request_ids_come_back(void **state)
{
	struct heard h;

	(void)state;
	world_start(world);
	world_make_order(world);
	h = ask(world,
	    put_request(world, 2,
		"X-Request-Id: my-id.1\r\ntraceparent: "
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
	check_status(h, 200);
	check_str(head_value(h.head, "X-Request-Id"), "my-id.1");
	world_check_log(world,
	    "\"request_id\":\"my-id.1\",\"trace_id\":"
	    "\"0af7651916cd43dd8448eb211c80319c\"");
	h = ask(world, put_request(world, 3, "X-Request-Id: a b\r\n"));
	check_status(h, 200);
	assert_int_equal(head_value(h.head, "X-Request-Id").n, 16);
	h = ask(world,
	    STR("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: n1\r\n\r\n"));
	check_str(head_value(h.head, "X-Request-Id"), "n1");
}

void
test_the_access_log_has_one_line_without_secrets(void **state)
{
	(void)state;
	world->config.trusted_proxies[0] = STR("127.0.0.0/8");
	world->config.trusted_proxy_count = 1;
	world_start(world);
	world_make_order(world);
	check_status(ask(world,
			 put_request(world, 2,
			     "X-Forwarded-For: 203.0.113.5, 192.0.2.9\r\n")),
	    200);
	world_check_log(world, "\"client\":\"192.0.2.9\"");
	world_check_log(world, "\"app\":\"app_1\"");
	world_check_log(world, "\"outcome\":\"ok\"");
	check_status(ask(world,
			 STR("GET /api/v1/intents/13800138000?sign=abc&page=2&"
			     "phone=13800138000&name=%E5%BC%A0 HTTP/1.1\r\n"
			     "Host: x\r\n\r\n")),
	    401);
	world_check_log(world,
	    "\"target\":\"/api/v1/intents/138**00?sign=***&page=2&"
	    "phone=138**00&name=***\"");
	assert_false(world_logged(world, "13800138000"));
	assert_false(world_logged(world, "app_secret"));
}

void
test_an_apps_allow_list_is_enforced(void **state)
{
	struct err err = {.code = ERR_OK};

	(void)state;
	world->config.trusted_proxies[0] = STR("127.0.0.1");
	world->config.trusted_proxy_count = 1;
	check_err(policy_set(&world->policy, &world->arena, STR("allow_ip"),
		      STR("192.0.2.0/24"), &err),
	    ERR_OK);
	world_change_app(world);
	world_start(world);
	check_status(ask(world,
			 signed_request(world, "POST", STR("/api/v1/intents"),
			     STR(WORLD_ORDER_BODY), "")),
	    403);
	check_status(
	    ask(world,
		signed_request(world, "POST", STR("/api/v1/intents"),
		    STR(WORLD_ORDER_BODY), "X-Forwarded-For: 192.0.2.4\r\n")),
	    200);
}

static struct heard
ask_admin(const char *method, const char *path)
{
	int fd = dial_port(server_admin_port(world->server));
	struct heard h;

	say(fd,
	    arena_printf(&world->arena,
		"%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method, path));
	h = hear_as(world, fd, strcmp(method, "HEAD") == 0);
	(void)close(fd);
	return h;
}

void
test_the_admin_listener_refuses_a_body_in_words(void **state)
{
	int fd;

	(void)state;
	world_start(world);
	fd = dial_port(server_admin_port(world->server));
	for (int i = 0; i < 2; i++) {
		struct heard h;

		say(fd,
		    STR("POST /livez HTTP/1.1\r\nHost: localhost\r\n"
			"Content-Length: 5\r\n\r\nhello"));
		h = hear(world, fd);
		check_status(h, 405);
		assert_true(body_has(h, "only_get"));
	}
	(void)close(fd);
}

void
test_the_admin_listener_routes_what_was_sent(void **state)
{
	(void)state;
	world_start(world);
	check_status(ask_admin("GET", "/liv%65z"), 404);
	check_status(ask_admin("GET", "/livez%3f"), 404);
	check_status(ask_admin("GET", "/livez?a=%20"), 200);
	check_status(ask_admin("GET", "http://localhost/livez"), 200);
}

/* A page of another site may have its name resolved to our address. */
void
test_the_admin_listener_answers_to_addresses_only(void **state)
{
	static const struct {
		const char *host;
		int status;
	} rows[] = {
	    {"localhost", 200},
	    {"LOCALHOST:80", 200},
	    {"127.0.0.1", 200},
	    {"10.1.2.3:3001", 200},
	    {"[::1]:3001", 200},
	    {"[::1]", 200},
	    {"x", 421},
	    {"evil.example:3001", 421},
	    {"127.0.0.1.evil.example", 421},
	    {"localhost.evil.example", 421},
	    {"", 421},
	};

	(void)state;
	world_start(world);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = dial_port(server_admin_port(world->server));

		say(fd,
		    arena_printf(&world->arena,
			"GET /livez HTTP/1.1\r\nHost: %s\r\n\r\n",
			rows[i].host));
		check_status(hear(world, fd), rows[i].status);
		(void)close(fd);
	}
}

void
test_the_admin_listener_tells_how_the_server_is(void **state)
{
	struct heard h;

	(void)state;
	world_start(world);
	world_make_order(world);
	check_status(ask_admin("GET", "/livez"), 200);
	check_status(ask_admin("HEAD", "/livez"), 200);
	check_status(ask_admin("GET", "/readyz"), 200);
	check_status(ask_admin("GET", "/"), 404);
	check_status(ask_admin("GET", "/livez/x"), 404);
	check_status(ask_admin("GET", "/api/v1/health"), 404);
	h = ask_admin("DELETE", "/livez");
	check_status(h, 405);
	check_str(head_value(h.head, "Allow"), "GET, HEAD");
	h = ask_admin("GET", "/metrics?x=y");
	check_status(h, 200);
	check_str(head_value(h.head, "Content-Type"),
	    "application/openmetrics-text; version=1.0.0; charset=utf-8");
	assert_true(body_has(h, "outcome=\"ok\"} 1\n"));
	assert_true(body_has(h, "procured_amendments_total 1\n"));
	assert_true(body_has(h, "\n# EOF\n"));
	/* The public listener knows none of it. */
	h = ask(world, STR("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_status(h, 404);
}

void
test_a_place_that_cannot_be_listened_on_is_explained(void **state)
{
	static const char *const bad[] = {"", "3000", ":3000", "127.0.0.1",
	    "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x", "::1:80",
	    "256.1.1.1.1:80", "127.0.0.1:-1"};
	struct server *s = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		world->config.listen = str_from(bad[i]);
		check_err(server_open(&world->config, &s, &err), ERR_USAGE);
		assert_null(s);
		assert_true(err.detail[0] != '\0');
	}
	world->config.listen = STR("127.0.0.1:0");
	world_start(world);
	world->config.listen = arena_printf(&world->arena, "127.0.0.1:%d",
	    server_port(world->server));
	check_err(server_open(&world->config, &s, &err), ERR_USAGE);
	assert_non_null(strstr(err.detail, "in use"));
	world->config.listen = STR("127.0.0.1:0");
	world->config.trusted_proxies[0] = STR("10.0.0.0/99");
	world->config.trusted_proxy_count = 1;
	check_err(server_open(&world->config, &s, &err), ERR_USAGE);
	assert_non_null(strstr(err.detail, "10.0.0.0/99"));
}

void
test_ipv6_is_listened_on(void **state)
{
	struct sockaddr_in6 to = {
	    .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd;

	(void)state;
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		skip();
	(void)close(fd);
	world->config.listen = STR("[::1]:0");
	world_start(world);
	to.sin6_port = htons((uint16_t)server_port(world->server));
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	say(fd, STR("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"));
	check_status(hear(world, fd), 200);
	world_check_log(world, "\"client\":\"::1\"");
	(void)close(fd);
}
