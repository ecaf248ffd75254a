/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks before the business: each with its error, and in the platform's
 * order, told by requests with everything wrong from one point on.
 */
#include "dialect/top/test_call.h"

#include "base/limits.h"

static struct test_call t;

int
teardown(void **state)
{
	(void)state;
	call_fini(&t);
	return 0;
}

#define TIME_GET "method=taobao.time.get&format=json"

/* The platform's code of the answer; 0 is a success. */
static int64_t
answer_code(const char *pairs)
{
	call_post_signed(&t, pairs);
	(void)call_answer(&t);
	call_fini(&t);
	return t.call.reply.code;
}

void
test_top_order_of_checks(void **state)
{
	(void)state;
	/* Each row mends the mistake that the row before was refused for. */
	static const struct {
		int64_t code;
		const char *pairs;
	} rows[] = {
	    {21, "method=&app_key=&format=f&v=&timestamp=&sign="},
	    {28, "method=x&app_key=&format=f&v=&timestamp=&sign="},
	    {23, "method=x&format=f&v=&timestamp=&sign=&session=y"},
	    {32, "method=x&format=json&v=&timestamp=&sign=&session=y"},
	    {33, "method=x&format=json&v=3&timestamp=&sign=&session=y"},
	    {30, "method=x&format=json&timestamp=&sign=&session=y"},
	    {31, "method=x&format=json&timestamp=1&sign=&session=y"},
	    {24, "method=x&format=json&sign=&session=y"},
	    {25, "method=x&format=json&sign=ab&session=y"},
	    {22, "method=x&format=json&session=y"},
	    {27, TIME_GET "&session=y"},
	    {0, TIME_GET "&session=dev_top_session"},
	    {0, TIME_GET},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(answer_code(rows[i].pairs), rows[i].code);
	call_init(&t);
}

void
test_top_unknown_app_comes_before_everything_else(void **state)
{
	(void)state;
	call_post_signed(&t, "method=x&format=f&v=&timestamp=&sign=");
	t.call.known = false;
	check_str(call_answer(&t),
	    "<?xml version=\"1.0\" encoding=\"utf-8\" ?><error_response>"
	    "<code>29</code><msg>Invalid app Key</msg>"
	    "<sub_code>isv.appkey-not-exists</sub_code>"
	    "<request_id>0a1b2c3d4e5f</request_id></error_response>");
	check_err(t.call.outcome.code, ERR_DENIED);
}

void
test_top_timestamps(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t code;
	} rows[] = {
	    {"2026-02-25 19:00:00", 0},
	    {"2026-02-25+19:10:00", 0},
	    {"2026-02-25 18:50:00", 0},
	    {"2026-02-25 19:10:01", 31},
	    {"2026-02-25 18:49:59", 31},
	    {"2026-02-25 11:00:00", 31}, /* UTC */
	    {"1772017200000", 0},
	    {"1772017800000", 0},
	    {"1772017800001", 31},
	    {"1772016600000", 0},
	    {"1772016599999", 31},
	    {"1772017200", 0},
	    {"1772017801", 31},
	    {"177201720", 31},
	    {"17720172000", 31},
	    {"2026-02-30 19:00:00", 31},
	    {"2026-02-25 19:00", 31},
	    {"-772017200000", 31},
	    {"now", 31},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char pairs[128];

		snprintf(pairs, sizeof(pairs), TIME_GET "&timestamp=%s",
		    rows[i].text);
		assert_int_equal(answer_code(pairs), rows[i].code);
	}
	call_init(&t);
}

void
test_top_session_by_policy(void **state)
{
	(void)state;
	call_post_signed(&t, TIME_GET);
	t.credential.policy.top_session = TOP_SESSION_REQUIRED;
	(void)call_answer(&t);
	assert_int_equal(t.call.reply.code, 26);
	call_fini(&t);

	/* Of an app that has none, no session is known. */
	call_post_signed(&t, TIME_GET "&session=dev_top_session");
	t.credential.session = STR_NONE;
	(void)call_answer(&t);
	assert_int_equal(t.call.reply.code, 27);
}

void
test_top_create_needs_a_session(void **state)
{
	(void)state;
	assert_int_equal(
	    answer_code("method=taobao.itemmarket.purchase.distributor.create"
			"&sub_order_id_list=1&format=json"),
	    26);
	call_init(&t);
}

void
test_top_claims_the_apps_rate(void **state)
{
	(void)state;
	call_post_signed(&t, TIME_GET);
	t.credential.policy.rate = 17;
	check_err(call_decode(&t), ERR_OK);
	assert_int_equal(t.call.claim_count, 1);
	assert_string_equal(t.call.claims[0].name, "app");
	assert_int_equal(t.call.claims[0].limit, 17);
	assert_int_equal(t.call.claims[0].per_ms, 1000);
	assert_int_equal(t.call.claims[0].tokens, 1);
	assert_false(t.call.command.identity.present);
}

void
test_top_paths(void **state)
{
	(void)state;
	call_init(&t);
	assert_true(dialect_top.claims_path(STR("/router/rest")));
	assert_true(dialect_top.claims_path(STR("/router")));
	assert_true(dialect_top.claims_path(STR("/router/x")));
	assert_false(dialect_top.claims_path(STR("/routers")));
	assert_false(dialect_top.claims_path(STR("/")));
}

static int64_t
open_code(struct test_call *c)
{
	(void)call_answer(c);
	return c->call.reply.code;
}

void
test_top_requests_of_another_kind(void **state)
{
	(void)state;
	call_post(&t, TIME_GET);
	t.call.request.path = STR("/router/other");
	assert_int_equal(open_code(&t), 22);
	call_fini(&t);

	call_post(&t, TIME_GET);
	t.call.request.method = STR("PUT");
	assert_int_equal(open_code(&t), 9);
	call_fini(&t);

	call_init(&t);
	call_header(&t, "Content-Type", "application/json");
	t.call.request.body = STR("{}");
	assert_int_equal(open_code(&t), 41);
	call_fini(&t);

	/* Twice, once in the query and once in the body. */
	call_post(&t, TIME_GET);
	t.call.request.query = STR("format=json");
	check_str(call_answer(&t),
	    "<?xml version=\"1.0\" encoding=\"utf-8\" ?><error_response>"
	    "<code>41</code><msg>Invalid arguments:format</msg>"
	    "<sub_code>isv.invalid-parameter:format</sub_code>"
	    "<sub_msg>参数重复</sub_msg>"
	    "<request_id>0a1b2c3d4e5f</request_id></error_response>");
}

void
test_top_encoding(void **state)
{
	(void)state;
	static const char *const rows[] = {
	    TIME_GET "&x=%ff",
	    TIME_GET "&%ff=1",
	    TIME_GET "&x=%",
	    TIME_GET "&x=%00",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call_post(&t, rows[i]);
		assert_int_equal(open_code(&t), 47);
		call_fini(&t);
	}
	call_init(&t);
}

/* What http refuses before there is a body is answered in the query's form. */
void
test_top_refused_before_open(void **state)
{
	(void)state;
	call_init(&t);
	t.call.request.query = STR("format=json");
	outcome_fail(&t.call.outcome, ERR_BODY_TOO_LARGE, NULL);
	check_str(call_encode(&t),
	    "{\"error_response\":{\"code\":41,"
	    "\"msg\":\"Invalid arguments:body\","
	    "\"sub_code\":\"isv.invalid-parameter:body\","
	    "\"sub_msg\":\"请求体超过 1 MiB\"," CALL_REQUEST_ID "}}");
	call_fini(&t);

	call_init(&t);
	outcome_fail(&t.call.outcome, ERR_URL_TOO_LONG, NULL);
	assert_true(str_starts(call_encode(&t), STR("<?xml")));
	assert_int_equal(t.call.reply.code, 41);
}

/* Clients that post multipart, and those that send GET with a body or with a
 * content type and nothing behind it. */
void
test_top_ways_to_send(void **state)
{
	(void)state;
	struct str pairs, body = STR("");

	call_post_signed(&t, TIME_GET);
	t.call.request.method = STR("GET");
	check_err(call_decode(&t), ERR_OK);
	call_fini(&t);

	call_post_signed(&t, TIME_GET);
	t.call.request.query = t.call.request.body;
	t.call.request.body = STR("");
	t.call.request.method = STR("GET");
	t.headers[0].value = STR("application/json");
	check_err(call_decode(&t), ERR_OK);
	call_fini(&t);

	call_post_signed(&t, "method=taobao.time.get&timestamp=1772017200000");
	for (pairs = t.call.request.body; !str_is_null(pairs);) {
		struct str value = str_cut(&pairs, '&');
		struct str name = str_cut(&value, '=');

		body = arena_printf(&t.arena,
		    "%.*s--b\r\nContent-Disposition: form-data;name=\"%.*s\""
		    "\r\n\r\n%.*s\r\n",
		    STR_ARG(body), STR_ARG(name), STR_ARG(value));
	}
	t.call.request.body = arena_printf(&t.arena, "%.*s--b--\r\n",
	    STR_ARG(body));
	t.headers[0].value = STR("multipart/form-data; boundary=b");
	check_err(call_decode(&t), ERR_OK);
}
