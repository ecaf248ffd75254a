/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the franchiser dialect from a request's bytes to the reply's. The
 * input:
 *
 *   options byte, "PATH\n", request_data or a whole body
 *
 * What is behind the path is signed as request_data unless the options say that
 * it is a body of its own. A command that comes out is carried out by the
 * core's rules on an order whose state the options pick, and what that does to
 * stock is worked out.
 *
 *   1. Every reply is HTTP 200 and an object of statusCode, message and data.
 *   2. Verify takes what sign made; unsigned it takes nothing.
 *   3. What decode accepts, the core's rules take (their asserts are the test),
 *      and no line without a product holds stock.
 */
#include "dialect/franchiser/franchiser.h"
#include "dialect/franchiser/franchiser_impl.h"
#include "order/rules.h"
#include "order/stock.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define SMALL_ARENA_BYTES ((size_t)12 * 1024)
#define NOW_MS INT64_C(1772017200000)

/* What the options byte says. */
enum option {
	OPTION_STATUS = 7,    /* mask: the order's state */
	OPTION_MULTIPART = 8, /* of an unsigned body */
	OPTION_OUTCOME = 16,  /* the outcome is an error by the body's length */
	OPTION_SMALL = 32,    /* the arena ends soon */
	OPTION_UNSIGNED = 64, /* the body as it came */
	OPTION_UNKNOWN = 128, /* by an appid that nobody has */
};

struct bench {
	struct arena arena;
	struct call call;
	struct credential credential;
	struct header header;
};

static const struct warehouse warehouses[] = {{5, STR_INIT("5"), {NULL, 0}}};
static const struct product products[] = {
    {STR_INIT("A"), STR_INIT("a"), 10000, true},
    {STR_INIT("B"), STR_INIT("b"), LIMIT_PRICE_E4, true},
    {STR_INIT("C"), STR_INIT("c"), 0, false},
};

static const struct catalog *
make_catalog(void)
{
	static struct catalog c;

	c = (struct catalog){.warehouses = warehouses,
	    .warehouse_count = 1,
	    .products = products,
	    .product_count = 3,
	    .carriers = catalog_default_carriers,
	    .carrier_count = catalog_default_carrier_count};
	return &c;
}

/* False when the HTTP layer would not let such a request come here. */
static bool
read_request(struct bench *b, struct str rest, unsigned options)
{
	struct request *r = &b->call.request;
	struct str path = str_cut(&rest, '\n');

	if (str_is_null(path) || path.n > LIMIT_URL_BYTES ||
	    memchr(path.p, '\0', path.n) != NULL)
		return false;
	r->method = STR("POST");
	r->target = r->path = path;
	r->body = str_is_null(rest) ? STR("") : rest;
	r->request_id = STR("req-1");
	r->received_ms = NOW_MS;
	b->header.name = STR("Content-Type");
	b->header.value = options & OPTION_MULTIPART
	    ? STR("multipart/form-data; boundary=x")
	    : STR("application/x-www-form-urlencoded");
	r->headers = &b->header;
	r->header_count = 1;
	return dialect_franchiser.claims_path(path);
}

static void
init_bench(struct bench *b, unsigned options)
{
	bool small = (options & OPTION_SMALL) != 0;

	memset(b, 0, sizeof(*b));
	arena_init(&b->arena, small ? SMALL_ARENA_BYTES : ARENA_BYTES);
	b->credential = (struct credential){
	    .app = 7,
	    .app_id = STR("fuzz"),
	    .key = STR("k"),
	    .secret = STR("secret"),
	    .catalog = make_catalog(),
	};
	policy_init(&b->credential.policy);
	b->credential.policy.franchiser_sign = (int64_t)(options &
						   OPTION_STATUS) %
	    FRANCHISER_SIGN__COUNT;
	b->call.arena = &b->arena;
	b->call.dialect = &dialect_franchiser;
	b->call.credential = &b->credential;
	b->call.known = (options & OPTION_UNKNOWN) == 0;
	b->call.command.app = 7;
	b->call.command.policy = &b->credential.policy;
}

static bool
sign(struct bench *b)
{
	struct request *r = &b->call.request;
	struct sign_input in = {.method = r->method,
	    .target = r->target,
	    .body = r->body,
	    .at_ms = NOW_MS};
	struct sign_output out;

	if (franchiser_sign(&b->arena, &b->credential, &in, &out, NULL) !=
	    ERR_OK)
		return false;
	b->header.value = STR("application/x-www-form-urlencoded");
	r->body = out.body;
	return true;
}

static const struct order *
make_order(struct arena *a, unsigned options)
{
	struct line line = {.product = STR_INIT("A"),
	    .title = STR_INIT("t"),
	    .price_e4 = 12345,
	    .quantity = 2};
	struct order order = {.id = 1,
	    .app = 7,
	    .version = 3,
	    .created_ms = NOW_MS - 5000,
	    .updated_ms = NOW_MS - 1000,
	    .status = (enum order_status)(
		(options & OPTION_STATUS) % ORDER__COUNT),
	    .reserves = options % 2,
	    .warehouse = options % 3 == 0 ? 5 : 0,
	    .transport_way = 2,
	    .logistics_company = 10,
	    .lines = &line,
	    .line_count = 1};
	struct order *o = order_copy(a, &order);

	if (o != NULL && order_sum(o) != ERR_OK)
		abort();
	return o;
}

static void
work_out_stock(struct arena *a, const struct order *before,
    const struct order *after)
{
	struct stock_change *list;
	size_t count;

	if (stock_changes(a, before, after, &list, &count) != ERR_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		assert(list[i].product.n > 0);
		assert(list[i].warehouse > 0);
		assert(list[i].reserved != 0 || list[i].on_hand != 0);
	}
}

/* Puts an outcome where the engine would have put one. */
static void
answer(struct bench *b, unsigned options)
{
	struct call *call = &b->call;
	const struct command *c = &call->command;
	size_t code = call->request.body.n % ERR__COUNT;
	const struct order *before = make_order(&b->arena, options);

	if (c->kind == COMMAND_NONE)
		return;
	if ((options & OPTION_OUTCOME) && code != ERR_OK) {
		outcome_fail(&call->outcome, (enum err_code)code, NULL);
	} else if (before == NULL) {
		outcome_fail(&call->outcome, ERR_NO_MEMORY, NULL);
	} else if (c->kind == COMMAND_READ) {
		call->outcome.order = before;
	} else {
		before = c->kind == COMMAND_CREATE ? NULL : before;
		if (order_apply(before, c, NOW_MS, &b->arena, &call->outcome) ==
		    ERR_OK)
			work_out_stock(&b->arena, before, call->outcome.order);
	}
}

static void
check_reply(struct bench *b)
{
	struct reply *r = &b->call.reply;
	json_t *tree;
	struct err err;
	struct arena a;
	int64_t code;

	dialect_franchiser.encode(&b->call);
	arena_init(&a, (size_t)64 * 1024 * 1024);
	if (json_read(&a, buf_view(&r->body), JSON_READ_EXACT, &tree, &err) !=
	    ERR_OK)
		abort();
	assert(r->status == 200);
	assert(json_object_size(tree) == 3);
	assert(json_is_integer(json_object_get(tree, "statusCode")));
	code = json_integer_value(json_object_get(tree, "statusCode"));
	assert(code == r->code);
	assert(json_string_length(json_object_get(tree, "message")) > 0);
	assert((code == 0) != json_is_null(json_object_get(tree, "data")));
	arena_fini(&a);
}

static enum err_code
take(struct bench *b, unsigned options)
{
	bool is_signed = (options & OPTION_UNSIGNED) == 0 && sign(b);
	enum err_code rc = dialect_franchiser.open(&b->call);

	if (rc != ERR_OK)
		return rc;
	rc = dialect_franchiser.verify(&b->call);
	/* An input cannot hold a signature that is right but by a finding. */
	assert(rc != ERR_OK || is_signed);
	assert(rc != ERR_OK || b->call.known);
	return rc == ERR_OK ? dialect_franchiser.decode(&b->call) : rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = {(const char *)data, size};
	struct bench b;
	unsigned options;

	if (size < 2 || size > LIMIT_BODY_BYTES)
		return 0;
	options = data[0];
	init_bench(&b, options);
	if (read_request(&b, str_sub(input, 1, SIZE_MAX), options)) {
		if (take(&b, options) == ERR_OK)
			answer(&b, options);
		check_reply(&b);
	}
	arena_fini(&b.arena);
	return 0;
}
