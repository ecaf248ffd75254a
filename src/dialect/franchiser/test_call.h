/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls for the tests of this folder: a form made by hand or signed as a client
 * signs, taken through the dialect's hooks one by one, and a catalog.
 */
#ifndef DIALECT_FRANCHISER_TEST_CALL_H
#define DIALECT_FRANCHISER_TEST_CALL_H

#include "dialect/franchiser/franchiser.h"
#include "dialect/franchiser/franchiser_impl.h"
#include "order/rules.h"
#include "tests/check.h"

#define CALL_NOW_MS INT64_C(1727164800500)
#define CALL_MODIFY FRANCHISER_BASE "trade/modify"

static const struct warehouse call_warehouses[] = {
    {5, STR_INIT("5"), STR_INIT("上海仓")},
    {22, STR_INIT("22"), {NULL, 0}},
};
static const struct product call_products[] = {
    {STR_INIT("ERP_1113004"), STR_INIT("甲"), 750000, true},
    {STR_INIT("ERP_1113005"), STR_INIT("乙"), 980000, true},
    {STR_INIT("ERP_OLD"), STR_INIT("丙"), 10000, false},
};

struct test_call {
	struct arena arena;
	struct call call;
	struct credential credential;
	struct catalog catalog;
	struct header header;
};

static inline void
call_init(struct test_call *t, const char *path, struct str body)
{
	struct request *r = &t->call.request;

	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, (size_t)24 * 1024 * 1024);
	t->catalog = (struct catalog){.warehouses = call_warehouses,
	    .warehouse_count = 2,
	    .products = call_products,
	    .product_count = 3,
	    .carriers = catalog_default_carriers,
	    .carrier_count = catalog_default_carrier_count};
	t->credential = (struct credential){.app = 7,
	    .app_id = STR("app"),
	    .key = STR("EM10001"),
	    .secret = STR("em-test-secret-1"),
	    .catalog = &t->catalog};
	policy_init(&t->credential.policy);
	t->call.arena = &t->arena;
	t->call.dialect = &dialect_franchiser;
	t->call.credential = &t->credential;
	t->call.known = true;
	t->call.command.app = 7;
	t->call.command.policy = &t->credential.policy;
	t->call.command.dialect = "franchiser";
	t->header = (struct header){
	    STR("Content-Type"), STR("application/x-www-form-urlencoded")};
	r->method = STR("POST");
	r->target = r->path = str_from(path);
	r->body = body;
	r->headers = &t->header;
	r->header_count = 1;
	r->request_id = STR("req-1");
	r->received_ms = CALL_NOW_MS;
}

static inline void
call_fini(struct test_call *t)
{
	arena_fini(&t->arena);
}

/* The body, signed as request_data. */
static inline void
call_sign(struct test_call *t, int64_t at_ms, struct sign_output *out)
{
	struct sign_input in = {.method = t->call.request.method,
	    .target = t->call.request.target,
	    .body = t->call.request.body,
	    .at_ms = at_ms};
	struct err err = {0};

	check_err(franchiser_sign(&t->arena, &t->credential, &in, out, &err),
	    ERR_OK);
	t->call.request.body = out->body;
}

/* Signed and decoded: the command that comes of this request_data. */
static inline enum err_code
call_decode(struct test_call *t, const char *path, const char *request_data)
{
	struct sign_output out;

	call_init(t, path, str_from(request_data));
	call_sign(t, CALL_NOW_MS, &out);
	check_err(dialect_franchiser.open(&t->call), ERR_OK);
	check_err(dialect_franchiser.verify(&t->call), ERR_OK);
	return dialect_franchiser.decode(&t->call);
}

/* The reply's body after the outcome that is there. */
static inline struct str
call_reply(struct test_call *t)
{
	dialect_franchiser.encode(&t->call);
	assert_int_equal(t->call.reply.status, 200);
	return buf_view(&t->call.reply.body);
}

#endif
