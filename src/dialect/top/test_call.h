/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls for the tests of this folder: a request made by hand, signed as the
 * demo client signs, taken through the dialect's hooks one by one; and the
 * order of the seed's example.
 */
#ifndef DIALECT_TOP_TEST_CALL_H
#define DIALECT_TOP_TEST_CALL_H

#include "dialect/top/top.h"
#include "dialect/top/top_impl.h"
#include "order/rules.h"
#include "tests/check.h"

#define CALL_NOW_MS INT64_C(1772017200000) /* 2026-02-25 19:00:00 in China */
#define CALL_FORM "application/x-www-form-urlencoded; charset=utf-8"
#define CALL_UPDATE \
	"method=taobao.itemmarket.order.info.update" \
	"&vendor_order_id=3047544471326439704" \
	"&purchase_order_id=3045861756863154425"
#define CALL_REQUEST_ID "\"request_id\":\"0a1b2c3d4e5f\""

struct test_call {
	struct arena arena;
	struct call call;
	struct credential credential;
	struct header headers[4];
};

static inline void
call_init(struct test_call *t)
{
	struct request *r = &t->call.request;

	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, (size_t)24 * 1024 * 1024);
	t->credential = (struct credential){
	    .app = 7,
	    .app_id = STR("dev_app_local"),
	    .key = STR("10000001"),
	    .secret = STR("dev_top_secret"),
	    .session = STR("dev_top_session"),
	};
	policy_init(&t->credential.policy);
	t->credential.prepared = top_prepare(&t->arena, &t->credential);
	t->call.arena = &t->arena;
	t->call.dialect = &dialect_top;
	t->call.credential = &t->credential;
	t->call.known = true;
	t->call.command.app = 7;
	t->call.command.policy = &t->credential.policy;
	t->call.command.dialect = "top";
	r->method = STR("POST");
	r->target = r->path = STR("/router/rest");
	r->body = STR("");
	r->headers = t->headers;
	r->request_id = STR("0a1b2c3d4e5f");
	r->received_ms = CALL_NOW_MS;
}

static inline void
call_fini(struct test_call *t)
{
	arena_fini(&t->arena);
}

static inline void
call_header(struct test_call *t, const char *name, const char *value)
{
	struct request *r = &t->call.request;

	assert_true(r->header_count < 4);
	t->headers[r->header_count++] = (struct header){
	    str_from(name), str_from(value)};
}

/* A POST of these pairs as they stand. */
static inline void
call_post(struct test_call *t, const char *pairs)
{
	call_init(t);
	call_header(t, "Content-Type", CALL_FORM);
	t->call.request.body = str_from(pairs);
}

/* A POST of these pairs, completed and signed at CALL_NOW_MS. */
static inline void
call_post_signed(struct test_call *t, const char *pairs)
{
	struct sign_input in = {.method = STR("POST"),
	    .target = STR("/router/rest"),
	    .body = str_from(pairs),
	    .at_ms = CALL_NOW_MS};
	struct sign_output out;
	struct err err = {0};

	call_init(t);
	check_err(top_sign(&t->arena, &t->credential, &in, &out, &err), ERR_OK);
	call_header(t, "Content-Type", CALL_FORM);
	t->call.request.body = out.body;
}

/* Through open, verify and decode; the code of the first that refuses, which
 * is the call's outcome then. */
static inline enum err_code
call_decode(struct test_call *t)
{
	enum err_code rc = dialect_top.open(&t->call);

	if (rc == ERR_OK)
		rc = dialect_top.verify(&t->call);
	if (rc == ERR_OK)
		rc = dialect_top.decode(&t->call);
	if (rc != ERR_OK)
		outcome_fail(&t->call.outcome, rc, &t->call.err);
	return rc;
}

/* Carries the decoded command out on `before`, as the engine would. */
static inline void
call_apply(struct test_call *t, const struct order *before)
{
	if (order_apply(before, &t->call.command, CALL_NOW_MS, &t->arena,
		&t->call.outcome) != ERR_OK)
		assert_int_not_equal(t->call.outcome.code, ERR_OK);
}

/* The reply's body. */
static inline struct str
call_encode(struct test_call *t)
{
	dialect_top.encode(&t->call);
	assert_int_equal(t->call.reply.status, 200);
	return buf_view(&t->call.reply.body);
}

/* Decodes what can be decoded and answers it; the seed's order is read. */
static inline struct str
call_answer(struct test_call *t)
{
	(void)call_decode(t);
	return call_encode(t);
}

/* The demo world's order of the seed, as version 1. */
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
	    .updated_ms = 1772015400000,
	    .created_ms = 1772015400000,
	    .status = ORDER_SUBMITTED,
	    .purchase_order = STR_INIT("3045861756863154425"),
	    .lines = &line,
	    .line_count = 1,
	};
	struct order *o = order_copy(a, &order);

	assert_non_null(o);
	check_err(order_sum(o), ERR_OK);
	return o;
}

#endif
