/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the wangdian dialect from a request's bytes to the reply's. The input:
 *
 *   options byte, "TARGET\n", body
 *
 * The request is signed here unless the options say otherwise, so that it gets
 * behind the signature. A command that comes out is carried out by the core's
 * rules on an order whose state the options pick; a list finds that order, and
 * each part of a batch is carried out on it.
 *
 *   1. Every reply is HTTP 200 and one JSON object with an integer status; it
 *      has a message exactly when the status is not 0.
 *   2. Verify takes what sign made, unless the input's own parameters are what
 *      is wrong; unsigned it takes nothing.
 *   3. What decode accepts, the core's rules take (their asserts are the test).
 */
#include "base/limits.h"
#include "dialect/wangdian/wangdian.h"
#include "dialect/wangdian/wangdian_impl.h"
#include "order/rules.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define SMALL_ARENA_BYTES ((size_t)12 * 1024)
#define NOW_MS INT64_C(1772017200000)

/* What the options byte says. */
enum option {
	OPTION_STATUS = 7,    /* mask: the order's state */
	OPTION_FORM = 8,      /* the body is said to be a form */
	OPTION_OUTCOME = 16,  /* the outcome is an error by the body's length */
	OPTION_SMALL = 32,    /* the arena ends soon */
	OPTION_UNSIGNED = 64, /* as it came */
	OPTION_UNKNOWN = 128, /* by a key that nobody has */
};

struct bench {
	struct arena arena;
	struct call call;
	struct credential credential;
	struct header header;
	const struct order *orders[1];
};

static const struct flag flags[] = {
    {1, STR_INIT("aa"), FLAG_PURCHASE, true, false},
    {2, STR_INIT("old"), FLAG_PURCHASE, false, false},
};
static const struct warehouse warehouses[] = {{5, STR_INIT("5"), {NULL, 0}}};
static const struct provider providers[] = {{STR_INIT("P1"), {NULL, 0}}};
static const struct catalog catalog = {.flags = flags, .flag_count = 2,
    .warehouses = warehouses, .warehouse_count = 1,
    .providers = providers, .provider_count = 1};

/* False when the HTTP layer would not let such a request come here. */
static bool
read_request(struct bench *b, struct str rest, unsigned options)
{
	struct request *r = &b->call.request;
	struct str target = str_cut(&rest, '\n');

	if (str_is_null(target) || target.n > LIMIT_URL_BYTES ||
	    memchr(target.p, '\0', target.n) != NULL)
		return false;
	r->method = STR("POST");
	r->target = target;
	r->body = str_is_null(rest) ? STR("") : rest;
	r->request_id = STR("req-1");
	r->received_ms = NOW_MS;
	b->header.name = STR("Content-Type");
	b->header.value = options & OPTION_FORM
	    ? STR("application/x-www-form-urlencoded")
	    : STR("application/json");
	r->headers = &b->header;
	r->header_count = 1;
	r->path = str_cut(&target, '?');
	r->query = target;
	return dialect_wangdian.claims_path(r->path);
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
	    .scope = STR("s"),
	    .secret = STR("secret:salt"),
	    .catalog = &catalog,
	};
	policy_init(&b->credential.policy);
	b->call.arena = &b->arena;
	b->call.dialect = &dialect_wangdian;
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
	struct str target;

	if (wangdian_sign(&b->arena, &b->credential, &in, &out, NULL) != ERR_OK)
		return false;
	target = out.target;
	r->target = target;
	r->path = str_cut(&target, '?');
	r->query = target;
	return true;
}

static const struct order *
make_order(struct arena *a, unsigned options)
{
	struct line lines[2] = {
	    {.title = STR_INIT("t"), .price_e4 = 12345, .quantity = 2},
	    {.product = STR_INIT("p"), .price_e4 = 5, .quantity = 1},
	};
	struct order order = {.id = 1,
	    .app = 7,
	    .version = 3,
	    .created_ms = NOW_MS - 5000,
	    .updated_ms = NOW_MS - 1000,
	    .status = (enum order_status)(
		(options & OPTION_STATUS) % ORDER__COUNT),
	    .flag = options % 3,
	    .lines = lines,
	    .line_count = 2};
	struct order *o = order_copy(a, &order);

	if (o != NULL && order_sum(o) != ERR_OK)
		abort();
	return o;
}

static void
carry_out(struct bench *b, const struct command *c, const struct order *before,
    struct outcome *out)
{
	bool creates = c->kind == COMMAND_CREATE;

	(void)!order_apply(creates ? NULL : before, c, NOW_MS, &b->arena, out);
}

static void
carry_out_batch(struct bench *b, const struct order *before)
{
	struct call *call = &b->call;
	const struct command *c = &call->command;
	struct outcome *outcomes = ARENA_ARRAY(&b->arena, c->batch_count,
	    struct outcome);

	assert(c->batch_count >= 1);
	assert(c->batch_count <= LIMIT_BATCH);
	for (size_t i = 0; outcomes != NULL && i < c->batch_count; i++) {
		assert(c->batch[i].kind == COMMAND_MOVE);
		carry_out(b, &c->batch[i], before, &outcomes[i]);
	}
	if (outcomes == NULL)
		outcome_fail(&call->outcome, ERR_NO_MEMORY, NULL);
	call->outcome.batch = outcomes;
	call->outcome.batch_count = c->batch_count;
}

static void
check_filter(const struct order_filter *f)
{
	assert(f->page >= 0);
	assert(f->page_size >= 1 && f->page_size <= LIMIT_ORDER_PAGE);
	assert(f->name_count <= LIMIT_BATCH);
	assert((f->statuses & ~ORDER_ANY) == 0);
	for (size_t i = 0; i < f->name_count; i++)
		assert(f->names[i].n > 0);
}

/* Puts an outcome where the engine would have put one. */
static void
answer(struct bench *b, unsigned options)
{
	struct call *call = &b->call;
	const struct command *c = &call->command;
	size_t code = call->request.body.n % ERR__COUNT;

	b->orders[0] = make_order(&b->arena, options);
	if ((options & OPTION_OUTCOME) && code != ERR_OK &&
	    c->kind != COMMAND_NONE) {
		outcome_fail(&call->outcome, (enum err_code)code, NULL);
		if (code == ERR_BAD_FIELD)
			outcome_add_fault(&call->outcome,
			    (struct fault){
				.rule = RULE_RANGE, .field = F_LINES});
	} else if (b->orders[0] == NULL) {
		outcome_fail(&call->outcome, ERR_NO_MEMORY, NULL);
	} else if (c->kind == COMMAND_LIST) {
		check_filter(&c->filter);
		call->outcome.orders = b->orders;
		call->outcome.order_count = call->outcome.total = 1;
	} else if (c->kind == COMMAND_BATCH) {
		carry_out_batch(b, b->orders[0]);
	} else if (c->kind != COMMAND_NONE) {
		carry_out(b, c, b->orders[0], &call->outcome);
	}
}

static void
check_reply(struct bench *b)
{
	struct reply *r = &b->call.reply;
	struct str body;
	json_t *tree;
	struct err err;
	struct arena a;
	int64_t status;

	dialect_wangdian.encode(&b->call);
	body = buf_view(&r->body);
	arena_init(&a, (size_t)64 * 1024 * 1024);
	if (json_read(&a, body, JSON_READ_EXACT, &tree, &err) != ERR_OK)
		abort();
	assert(r->status == 200);
	assert(json_is_integer(json_object_get(tree, "status")));
	status = json_integer_value(json_object_get(tree, "status"));
	assert(status == r->code);
	assert((status == 0) == (json_object_get(tree, "message") == NULL));
	assert(status == 0 ||
	    json_string_length(json_object_get(tree, "message")) > 0);
	assert(status == 0 || json_object_size(tree) == 2);
	arena_fini(&a);
}

static enum err_code
take(struct bench *b, unsigned options)
{
	bool is_signed = (options & OPTION_UNSIGNED) == 0 && sign(b);
	enum err_code rc = dialect_wangdian.open(&b->call);

	if (rc != ERR_OK)
		return rc;
	rc = dialect_wangdian.verify(&b->call);
	/* An input cannot hold a signature that is right but by a finding. */
	assert(rc != ERR_OK || is_signed);
	assert(rc != ERR_OK || b->call.known);
	return rc == ERR_OK ? dialect_wangdian.decode(&b->call) : rc;
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
		b.credential.prepared = wangdian_prepare(&b.arena,
		    &b.credential);
		if (take(&b, options) == ERR_OK)
			answer(&b, options);
		check_reply(&b);
	}
	arena_fini(&b.arena);
	return 0;
}
