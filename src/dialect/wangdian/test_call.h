/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls for the tests of this folder: a request made by hand, signed as the
 * demo client signs, taken through the dialect's hooks one by one; a catalog;
 * and an order.
 */
#ifndef DIALECT_WANGDIAN_TEST_CALL_H
#define DIALECT_WANGDIAN_TEST_CALL_H

#include "dialect/wangdian/wangdian.h"
#include "dialect/wangdian/wangdian_impl.h"
#include "order/rules.h"
#include "tests/check.h"

#define CALL_NOW_MS INT64_C(1772017200500) /* 2026-02-25 19:00:00.5 +08:00 */
#define CALL_NOW_TEXT "446670000"	   /* the same in their seconds */
#define CALL_CREATED_MS INT64_C(1772015400000)
#define CALL_UPDATE WANGDIAN_FAMILY "updatePurchaseInfo"

static const struct flag call_flags[] = {
    {1, STR_INIT("aa"), FLAG_PURCHASE, true, false},
    {2, STR_INIT("加急"), FLAG_PURCHASE, true, false},
    {3, STR_INIT("采购量和到货量一致"), FLAG_PURCHASE, true, false},
    {4, STR_INIT("旧标记"), FLAG_PURCHASE, false, false},
    {5, STR_INIT("退货"), FLAG_OTHER, true, false},
};
static const struct warehouse call_warehouses[] = {
    {5, STR_INIT("5"), STR_INIT("北京仓")},
    {22, STR_INIT("22"), STR_INIT("上海仓")},
};
static const struct provider call_providers[] = {
    {STR_INIT("P1"), STR_INIT("供应商一")},
};
static const struct catalog call_catalog = {
    .flags = call_flags,
    .flag_count = sizeof(call_flags) / sizeof(call_flags[0]),
    .warehouses = call_warehouses,
    .warehouse_count = 2,
    .providers = call_providers,
    .provider_count = 1,
};

struct test_call {
	struct arena arena;
	struct call call;
	struct credential credential;
	struct map scopes;
	struct header headers[4];
};

static inline void
call_init_credential(struct test_call *t)
{
	t->credential = (struct credential){
	    .app = 7,
	    .app_id = STR("dev_app_local"),
	    .key = STR("dev_wdt_key"),
	    .scope = STR("wdtapi3"),
	    .secret = STR("dev_wdt_secret:dev_wdt_salt"),
	    .catalog = &call_catalog,
	    .scopes = &t->scopes,
	};
	policy_init(&t->credential.policy);
	t->credential.policy.rate = 100;
	t->credential.prepared = wangdian_prepare(&t->arena, &t->credential);
	map_init(&t->scopes, &t->arena);
	check_err(map_put(&t->scopes, STR("wdtapi3"), t), ERR_OK);
	check_err(map_put(&t->scopes, STR("wdtapi3_other"), t), ERR_OK);
}

static inline void
call_set_target(struct test_call *t, struct str target)
{
	struct request *r = &t->call.request;

	r->target = target;
	r->path = str_cut(&target, '?');
	r->query = target;
}

/* An unsigned request to this target; body may be NULL. */
static inline void
call_init(struct test_call *t, const char *target, const char *body)
{
	struct request *r = &t->call.request;

	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, (size_t)24 * 1024 * 1024);
	call_init_credential(t);
	t->call.arena = &t->arena;
	t->call.dialect = &dialect_wangdian;
	t->call.credential = &t->credential;
	t->call.known = true;
	t->call.command.app = 7;
	t->call.command.policy = &t->credential.policy;
	t->call.command.dialect = "wangdian";
	r->method = STR("POST");
	call_set_target(t, str_from(target));
	r->body = body == NULL ? STR("") : str_from(body);
	r->headers = t->headers;
	r->request_id = STR("req-1");
	r->received_ms = CALL_NOW_MS;
}

static inline void
call_fini(struct test_call *t)
{
	arena_fini(&t->arena);
}

/* Signs the target as it is, adding what it lacks. */
static inline void
call_sign(struct test_call *t, int64_t at_ms)
{
	struct sign_input in = {.method = t->call.request.method,
	    .target = t->call.request.target,
	    .body = t->call.request.body,
	    .at_ms = at_ms};
	struct sign_output out;

	check_err(wangdian_sign(&t->arena, &t->credential, &in, &out, NULL),
	    ERR_OK);
	call_set_target(t, out.target);
}

/* A signed call of a method; `query` is more of the target, or "". */
static inline void
call_method(struct test_call *t, const char *method, const char *query,
    const char *body)
{
	struct str target;

	call_init(t, "/openapi", body);
	target = arena_printf(&t->arena, "/openapi?method=%s&v=1.0%s", method,
	    query);
	call_set_target(t, target);
	call_sign(t, CALL_NOW_MS);
}

/* Through open, verify and decode; the code of the first that refuses. */
static inline enum err_code
call_decode(struct test_call *t)
{
	enum err_code rc = dialect_wangdian.open(&t->call);

	if (rc == ERR_OK)
		rc = dialect_wangdian.verify(&t->call);
	if (rc == ERR_OK)
		rc = dialect_wangdian.decode(&t->call);
	return rc;
}

/* The reply's body after encode. */
static inline struct str
call_encode(struct test_call *t)
{
	dialect_wangdian.encode(&t->call);
	assert_int_equal(t->call.reply.status, 200);
	assert_string_equal(t->call.reply.content_type, "application/json");
	return buf_view(&t->call.reply.body);
}

/* Sends it and compares the whole answer of a refusal before the engine. */
static inline void
call_refused(struct test_call *t, const char *expected)
{
	assert_int_not_equal(call_decode(t), ERR_OK);
	check_str(call_encode(t), expected);
	call_fini(t);
}

/* The demo world's order as version 1. */
static inline struct order *
call_order(struct arena *a)
{
	static struct line line = {
	    .title = STR_INIT("Apple iPhone 15 Pro 256GB"),
	    .price_e4 = 89990000,
	    .quantity = 1,
	};
	static const struct order order = {
	    .id = 67890,
	    .app = 7,
	    .version = 1,
	    .updated_ms = CALL_CREATED_MS,
	    .created_ms = CALL_CREATED_MS,
	    .status = ORDER_SUBMITTED,
	    .purchase_no = STR_INIT("CG2204130001"),
	    .recipient_name = STR_INIT("张三"),
	    .phone = STR_INIT("13800138000"),
	    .province = STR_INIT("北京市"),
	    .address = STR_INIT("朝阳区望京SOHO T1 1001"),
	    .lines = &line,
	    .line_count = 1,
	};
	struct order *o = order_copy(a, &order);

	assert_non_null(o);
	check_err(order_sum(o), ERR_OK);
	return o;
}

/* Carries the decoded command out on `before`, as the engine would. */
static inline enum err_code
call_apply(struct test_call *t, const struct order *before)
{
	return order_apply(before, &t->call.command, CALL_NOW_MS, &t->arena,
	    &t->call.outcome);
}

#endif
