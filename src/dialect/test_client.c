/* SPDX-License-Identifier: Apache-2.0 */
#include "dialect/client.h"
#include "dialect/dialect.h"
#include "tests/check.h"

static struct arena arena;
static struct err err;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 16 * 1024 * 1024);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct sign_input
composed(const char *dialect, struct call_words w)
{
	struct sign_input in = {.at_ms = 0};

	check_err(
	    dialect_find(str_from(dialect))->compose(&arena, &w, &in, &err),
	    ERR_OK);
	return in;
}

static void
refused(const char *dialect, struct call_words w)
{
	struct sign_input in;

	check_err(
	    dialect_find(str_from(dialect))->compose(&arena, &w, &in, &err),
	    ERR_USAGE);
}

static const struct call_pair pairs[] = {
    {STR_INIT("a b"), STR_INIT("1&\"2"), false},
    {STR_INIT("n"), STR_INIT("[1,2]"), true},
};

void
test_intents_has_a_base_and_a_query(void **state)
{
	struct call_words w = {
	    .method = STR("PUT"), .target = STR("/intents/x"), .pairs = pairs};
	struct sign_input in = composed("intents", w);

	(void)state;
	check_str(in.target, "/api/v1/intents/x");
	check_str(in.body, "");
	w.target = STR("/api/v1/intents/x?dryRun=true");
	w.pair_count = 2;
	in = composed("intents", w);
	check_str(in.target, "/api/v1/intents/x?dryRun=true");
	check_str(in.body, "{\"a b\":\"1&\\\"2\",\"n\":[1,2]}");
	w.method = STR("GET");
	in = composed("intents", w);
	check_str(in.target,
	    "/api/v1/intents/x?dryRun=true&a%20b=1%26%222&n=%5B1%2C2%5D");
	check_str(in.body, "");
	w.target = STR("/health");
	w.pair_count = 0;
	check_str(composed("intents", w).target, "/health");
	w.target = STR_NONE;
	refused("intents", w);
}

void
test_wangdian_has_a_list_of_arguments(void **state)
{
	struct call_words w = {.method = STR("updatePurchaseInfo"),
	    .pairs = pairs,
	    .pair_count = 1};
	struct sign_input in = composed("wangdian", w);

	(void)state;
	check_str(in.method, "purchase.PurchaseOrder.updatePurchaseInfo");
	check_str(in.body, "[{\"a b\":\"1&\\\"2\"}]");
	w.pair_count = 0;
	check_str(composed("wangdian", w).body, "[]");
	w.body = STR("null");
	w.target = STR("?page_no=0");
	in = composed("wangdian", w);
	check_str(in.body, "null");
	check_str(in.target, "/openapi?page_no=0");
	/* What the platform has and we do not is the server's to refuse. */
	w.method = STR("some.other.Method");
	check_str(composed("wangdian", w).method, "some.other.Method");
	w = (struct call_words){.method = STR("nothing")};
	refused("wangdian", w);
	w.method = STR("POST");
	refused("wangdian", w);
	w.target = STR("?x=1");
	refused("wangdian", w);
}

void
test_franchiser_has_calls_by_their_end(void **state)
{
	struct call_words w = {
	    .method = STR("modify"), .pairs = pairs, .pair_count = 1};
	struct sign_input in = composed("franchiser", w);

	(void)state;
	check_str(in.method, "trade/modify");
	check_str(in.body, "{\"a b\":\"1&\\\"2\"}");
	w.method = STR("list");
	w.pair_count = 0;
	in = composed("franchiser", w);
	check_str(in.method, "warehouse/list");
	check_str(in.body, "{}");
	w.method = STR("odify");
	refused("franchiser", w);
	w.method = STR("");
	refused("franchiser", w);
}

void
test_top_has_a_form(void **state)
{
	struct call_words w = {
	    .method = STR("a.b"), .pairs = pairs, .pair_count = 2};

	(void)state;
	check_str(composed("top", w).body, "a%20b=1%26%222&n=%5B1%2C2%5D");
	w.pair_count = 0;
	w.body = STR(" {\"a\":\"\\u0031 \",\"s\":{\"k\": [1]},\"n\":10.50}");
	check_str(composed("top", w).body,
	    "a=1%20&s=%7B%22k%22%3A%20%5B1%5D%7D&n=10.50");
	w = (struct call_words){.method = STR("POST"),
	    .target = STR("/router/rest"),
	    .only = STR("a=b&c=d"),
	    .pairs = pairs,
	    .pair_count = 1};
	check_str(composed("top", w).body, "a=b&c=d");
	w = (struct call_words){.method = STR("time")};
	refused("top", w);
}

void
test_answers_are_judged(void **state)
{
	static const struct {
		const char *dialect;
		int status;
		const char *body;
		bool good;
	} rows[] = {
	    {"intents", 200, "{\"code\":0,\"message\":\"\",\"data\":{}}", true},
	    {"intents", 200, "{\"code\":40001}", false},
	    {"intents", 500, "{\"code\":0}", false},
	    {"intents", 200, "", false},
	    {"wangdian", 200, "{\"status\":0}", true},
	    {"wangdian", 200, "{\"status\":100,\"message\":\"x\"}", false},
	    {"wangdian", 200, "<html>", false},
	    {"franchiser", 200, "{ \"statusCode\" : 0 }", true},
	    {"franchiser", 200, "{\"statusCode\":-10}", false},
	    {"top", 200, "{\"x_response\":{\"call_success\":true}}", true},
	    {"top", 200, "{\"x_response\":{\"time\":\"now\"}}", true},
	    {"top", 200, "{\"x_response\":{\"call_success\":false}}", false},
	    {"top", 200,
		"{\"x_response\":{\"result\":{\"call_success\":false}}}",
		false},
	    {"top", 200, "{\"error_response\":{\"code\":25}}", false},
	    {"top", 200, "{\"call_success\":false}", false},
	    {"top", 200, "<?xml?><error_response></error_response>", false},
	    {"top", 200, "<r><call_success>false</call_success></r>", false},
	    {"top", 200, "<r><call_success>true</call_success></r>", true},
	    {"top", 502, "<r/>", false},
	    {"top", 200, "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct dialect *d = dialect_find(
		    str_from(rows[i].dialect));

		if (d->succeeded(rows[i].status, str_from(rows[i].body)) !=
		    rows[i].good)
			fail_msg("%s: %s", rows[i].dialect, rows[i].body);
	}
}
