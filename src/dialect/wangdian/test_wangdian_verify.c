/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the checks, one request that fails all of them from some point
 * on for each; windows; identity and rates.
 */
#include "dialect/wangdian/test_call.h"

#define CALL "/openapi?method=" CALL_UPDATE
#define BODY "[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"aa\"}]"

/* A signed call with these parameters already in the query. */
static void
begin(struct test_call *t, const char *target)
{
	call_init(t, target, BODY);
	call_sign(t, CALL_NOW_MS);
}

/* What the credential cache gives for an unknown key. */
static void
unknown(struct test_call *t)
{
	t->call.known = false;
	t->credential.secret = t->credential.key = STR("");
	t->credential.scope = t->credential.app_id = STR("");
	t->credential.prepared = wangdian_prepare(&t->arena, &t->credential);
}

void
test_wangdian_sid_comes_first(void **state)
{
	static const char *const targets[] = {"/openapi", CALL,
	    CALL "&sid=nobody&key=x&timestamp=x&v=2", CALL "&sid=&v=1.0",
	    "/openapi/openapi?sid=nobody"};

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct test_call t;

		call_init(&t, targets[i], BODY);
		unknown(&t);
		call_refused(&t,
		    "{\"status\":1,\"message\":\"sid is not found\"}");
	}
}

void
test_wangdian_key_comes_second(void **state)
{
	struct test_call t;

	(void)state;
	begin(&t, CALL "&key=nobody&timestamp=x&v=2");
	unknown(&t);
	call_refused(&t, "{\"status\":1,\"message\":\"app auth fail\"}");

	/* Of another sid that is known. */
	begin(&t, CALL "&sid=wdtapi3_other&timestamp=x");
	call_refused(&t, "{\"status\":1,\"message\":\"app auth fail\"}");

	begin(&t, CALL "&timestamp=x&v=2");
	t.credential.disabled = true;
	call_refused(&t, "{\"status\":1,\"message\":\"app auth fail\"}");

	call_init(&t, CALL "&sid=wdtapi3", BODY);
	unknown(&t);
	call_refused(&t, "{\"status\":1,\"message\":\"app auth fail\"}");
}

void
test_wangdian_timestamp_comes_third(void **state)
{
	static const struct {
		const char *sent, *echo;
	} rows[] = {{"x", "x"}, {"", ""}, {"1772017200500", "1772017200500"},
	    {"446670000.0", "446670000.0"}, {"2147483648", "2147483648"},
	    {"%22", "\\\""}, {"%2B446670000", "+446670000"},
	    {"-2147483649", "-2147483649"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_call t;
		char expected[200];

		call_init(&t, CALL, BODY);
		call_set_target(&t,
		    arena_printf(&t.arena, CALL "&timestamp=%s&v=2&sign=0",
			rows[i].sent));
		call_sign(&t, CALL_NOW_MS);
		snprintf(expected, sizeof(expected),
		    "{\"status\":1,\"message\":\"For input string: "
		    "\\\"%s\\\"\"}",
		    rows[i].echo);
		call_refused(&t, expected);
	}
}

void
test_wangdian_window_is_two_minutes(void **state)
{
	static const struct {
		int64_t off_s;
		bool taken;
	} rows[] = {{0, true}, {120, true}, {-120, true}, {121, false},
	    {-121, false}, {-446670000, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_call t;

		call_init(&t, CALL "&v=1.0", BODY);
		call_sign(&t, CALL_NOW_MS + rows[i].off_s * 1000);
		if (rows[i].taken) {
			check_err(call_decode(&t), ERR_OK);
			call_fini(&t);
		} else {
			call_refused(&t,
			    "{\"status\":7,"
			    "\"message\":\"时间戳错误\"}");
		}
	}
}

void
test_wangdian_version_comes_fourth(void **state)
{
	static const char *const versions[] = {
	    "", "&v=", "&v=2.0", "&v=1", "&v=1.0&v=1.0%20", "&v=1.00"};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct test_call t;
		bool twice = i == 4;

		call_init(&t, CALL, BODY);
		call_set_target(&t,
		    arena_printf(&t.arena, CALL "&sign=0%s", versions[i]));
		call_sign(&t, CALL_NOW_MS);
		call_refused(&t,
		    twice ? "{\"status\":1,\"message\":\"验证失败\"}"
			  : "{\"status\":8,\"message\":\"版本错误\"}");
	}
}

void
test_wangdian_sign_comes_fifth(void **state)
{
	static const char *const signs[] = {"&sign=", "&sign=0",
	    "&sign=98421154e48d616164bacac3c8a3ae9f", "&salt=", "&salt=x"};

	(void)state;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		struct test_call t;

		call_init(&t, CALL, "nonsense");
		call_set_target(&t,
		    arena_printf(&t.arena, CALL "&v=1.0%s", signs[i]));
		call_sign(&t, CALL_NOW_MS);
		call_refused(&t, "{\"status\":1,\"message\":\"验证失败\"}");
	}
}

/* An unknown key never verifies, even where its stand-in's secret would. */
void
test_wangdian_stand_in_never_verifies(void **state)
{
	struct test_call t;

	(void)state;
	call_init(&t, CALL "&v=1.0", BODY);
	unknown(&t);
	t.credential.scope = STR("wdtapi3");
	call_sign(&t, CALL_NOW_MS);
	call_refused(&t, "{\"status\":1,\"message\":\"app auth fail\"}");
}

void
test_wangdian_method_comes_behind_the_sign(void **state)
{
	struct test_call t;

	(void)state;
	call_method(&t, "purchase.PurchaseOrder.destroy", "", "nonsense");
	assert_string_equal(dialect_wangdian.method(&t.call), "unknown");
	call_refused(&t, "{\"status\":100,\"message\":\"权限不足\"}");
	call_method(&t, CALL_UPDATE, "", "nonsense");
	t.credential.policy.wangdian_methods = STR("system.Core.now");
	call_refused(&t, "{\"status\":100,\"message\":\"权限不足\"}");
	call_method(&t, CALL_UPDATE, "", BODY);
	t.credential.policy.wangdian_methods = STR(
	    "system.Core.now," CALL_UPDATE);
	check_err(call_decode(&t), ERR_OK);
	assert_string_equal(dialect_wangdian.method(&t.call), CALL_UPDATE);
	call_fini(&t);
}

void
test_wangdian_claims_app_and_method(void **state)
{
	struct test_call t;

	(void)state;
	call_method(&t, CALL_UPDATE, "", BODY);
	check_err(call_decode(&t), ERR_OK);
	assert_int_equal(t.call.claim_count, 2);
	assert_string_equal(t.call.claims[0].name, "app");
	assert_int_equal(t.call.claims[0].limit, 100);
	assert_int_equal(t.call.claims[0].per_ms, 1000);
	assert_string_equal(t.call.claims[1].name, CALL_UPDATE);
	assert_int_equal(t.call.claims[1].limit, 60);
	assert_int_equal(t.call.claims[1].per_ms, 60000);
	call_fini(&t);

	call_method(&t, CALL_UPDATE, "", BODY);
	t.credential.policy.rate = RATE_UNLIMITED;
	check_err(call_decode(&t), ERR_OK);
	assert_int_equal(t.call.claims[0].limit, RATE_UNLIMITED);
	assert_int_equal(t.call.claims[1].limit, RATE_UNLIMITED);
	call_fini(&t);
}

static struct identity
identity_of(const char *method, const char *query, const char *body,
    int64_t at_ms)
{
	struct identity id;
	struct test_call t;

	call_init(&t, "/openapi", body);
	call_set_target(&t,
	    arena_printf(
		&t.arena, "/openapi?v=1.0&method=%s%s", method, query));
	call_sign(&t, at_ms);
	check_err(dialect_wangdian.open(&t.call), ERR_OK);
	check_err(dialect_wangdian.verify(&t.call), ERR_OK);
	id = t.call.command.identity;
	call_fini(&t);
	return id;
}

static bool
same(struct identity a, struct identity b)
{
	return a.at_ms == b.at_ms &&
	    memcmp(a.digest, b.digest, IDENTITY_BYTES) == 0;
}

void
test_wangdian_identity_is_what_was_signed(void **state)
{
	struct identity id = identity_of(CALL_UPDATE, "", BODY, CALL_NOW_MS);

	(void)state;
	assert_true(id.present);
	assert_int_equal(id.at_ms, CALL_NOW_MS - 500);
	assert_true(id.kept_ms > CALL_NOW_MS + 240 * 1000);
	assert_true(
	    same(id, identity_of(CALL_UPDATE, "", BODY, CALL_NOW_MS + 499)));
	assert_false(
	    same(id, identity_of(CALL_UPDATE, "", BODY, CALL_NOW_MS + 500)));
	assert_false(same(id, identity_of(CALL_UPDATE, "", "[]", CALL_NOW_MS)));
	assert_false(
	    same(id, identity_of(CALL_UPDATE, "&x=1", BODY, CALL_NOW_MS)));
	assert_false(
	    identity_of("system.Core.now", "", "[]", CALL_NOW_MS).present);
	assert_false(
	    identity_of(WANGDIAN_FAMILY "pending", "", "[]", CALL_NOW_MS)
		.present);
}

void
test_wangdian_claims_its_paths(void **state)
{
	static const struct {
		const char *path;
		bool claimed;
	} rows[] = {{"/openapi", true}, {"/openapi/", true},
	    {"/openapi/openapi", true}, {"/openapi/x", true},
	    {"/openapi.json", false}, {"/openapix", false}, {"/", false},
	    {"/api/v1", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    dialect_wangdian.claims_path(str_from(rows[i].path)),
		    rows[i].claimed);
}

void
test_wangdian_wrong_routes_and_methods(void **state)
{
	static const char *const routes[] = {
	    "/openapi", "/openapi/", "/openapi/openapi", "/openapi/openapi/"};
	struct test_call t;

	(void)state;
	call_init(&t, "/openapi/x?sid=wdtapi3", NULL);
	call_refused(&t,
	    "{\"status\":1,"
	    "\"message\":\"请求地址不存在，应为/openapi\"}");
	call_init(&t, CALL, NULL);
	t.call.request.method = STR("GET");
	call_refused(&t, "{\"status\":1,\"message\":\"只支持POST请求\"}");
	call_init(&t, "/openapi?sid=%zz", NULL);
	call_refused(&t,
	    "{\"status\":1,"
	    "\"message\":\"URL中的参数格式错误\"}");
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		call_init(&t, "/", BODY);
		call_set_target(&t,
		    arena_printf(
			&t.arena, "%s?v=1.0&method=" CALL_UPDATE, routes[i]));
		call_sign(&t, CALL_NOW_MS);
		check_err(call_decode(&t), ERR_OK);
		call_fini(&t);
	}
}
