/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls for the tests of this folder: a request made by hand, signed as the
 * demo client signs, taken through the dialect's hooks one by one; and the
 * order of the documents' examples.
 */
#ifndef DIALECT_INTENTS_TEST_CALL_H
#define DIALECT_INTENTS_TEST_CALL_H

#include "dialect/intents/intents.h"
#include "dialect/intents/intents_impl.h"
#include "order/rules.h"
#include "tests/check.h"

#define CALL_NOW_MS INT64_C(1772017200000) /* 2026-02-25T11:00:00.000Z */
#define CALL_CREATED_MS INT64_C(1772015400000)
#define CALL_SECRET "dev_secret_local_do_not_use_in_production"

struct test_call {
	struct arena arena;
	struct call call;
	struct credential credential;
	struct header headers[12];
};

/* An unsigned request; parts may be NULL. */
static inline void
call_init(struct test_call *t, const char *method, const char *target,
    const char *body)
{
	struct request *r = &t->call.request;
	struct str whole = str_from(target);

	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, (size_t)24 * 1024 * 1024);
	t->credential = (struct credential){
	    .app = 7,
	    .app_id = STR("dev_app_local"),
	    .key = STR("dev_app_local"),
	    .secret = STR(CALL_SECRET),
	};
	policy_init(&t->credential.policy);
	t->credential.prepared = intents_prepare(&t->arena, &t->credential);
	t->call.arena = &t->arena;
	t->call.dialect = &dialect_intents;
	t->call.credential = &t->credential;
	t->call.known = true;
	t->call.command.app = 7;
	t->call.command.policy = &t->credential.policy;
	t->call.command.dialect = "intents";
	r->method = str_from(method);
	r->target = whole;
	r->path = str_cut(&whole, '?');
	r->query = whole;
	r->body = body == NULL ? STR("") : str_from(body);
	r->headers = t->headers;
	r->request_id = STR("req-1");
	r->received_ms = CALL_NOW_MS;
	r->uptime_ms = 12345;
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

	assert_true(r->header_count < 12);
	t->headers[r->header_count++] = (struct header){
	    str_from(name), str_from(value)};
}

/* Adds the headers a client would, signed at_ms. */
static inline void
call_sign(struct test_call *t, int64_t at_ms)
{
	struct request *r = &t->call.request;
	struct sign_input in = {.method = r->method,
	    .target = r->target,
	    .body = r->body,
	    .at_ms = at_ms};
	struct sign_output out;

	check_err(intents_sign(&t->arena, &t->credential, &in, &out, NULL),
	    ERR_OK);
	for (size_t i = 0; i < out.header_count; i++)
		t->headers[r->header_count++] = out.headers[i];
}

/* Through open, verify and decode; the code of the first that refuses. */
static inline enum err_code
call_decode(struct test_call *t)
{
	enum err_code rc;

	call_sign(t, CALL_NOW_MS);
	rc = dialect_intents.open(&t->call);
	if (rc == ERR_OK && !str_is_null(t->call.credential_key))
		rc = dialect_intents.verify(&t->call);
	if (rc == ERR_OK)
		rc = dialect_intents.decode(&t->call);
	return rc;
}

/* The reply's body after encode. */
static inline struct str
call_encode(struct test_call *t)
{
	dialect_intents.encode(&t->call);
	return buf_view(&t->call.reply.body);
}

/* The reply's header; absent without it. */
static inline struct str
call_reply_header(const struct test_call *t, const char *name)
{
	const struct reply *r = &t->call.reply;

	for (size_t i = 0; i < r->header_count; i++) {
		if (strcmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	}
	return STR_NONE;
}

/* The seed's order as version 1, with quantity 1. */
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
	    .user = STR_INIT("user_001"),
	    .platform = STR_INIT("TAOBAO"),
	    .product_url = STR_INIT(
		"https://item.taobao.com/item.htm?id=123456"),
	    .recipient_name = STR_INIT("张三"),
	    .phone = STR_INIT("13800138000"),
	    .address = STR_INIT("北京市朝阳区望京SOHO T1 1001"),
	    .remarks = STR_INIT("请在工作日送达"),
	    .lines = &line,
	    .line_count = 1,
	};
	struct order *o = order_copy(a, &order);

	assert_non_null(o);
	check_err(order_sum(o), ERR_OK);
	return o;
}

/* Carries the decoded command out on `before`, as the engine would. */
static inline void
call_apply(struct test_call *t, const struct order *before)
{
	(void)!order_apply(before, &t->call.command, CALL_NOW_MS, &t->arena,
	    &t->call.outcome);
}

#endif
