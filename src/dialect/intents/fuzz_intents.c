/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the intents dialect from a request's bytes to the reply's. The input:
 *
 *   options byte, "METHOD TARGET\n", "Name: value\n" …, "\n", body
 *
 * The request is signed here, so that it always gets behind the signature. A
 * command that comes out is carried out by the core's rules on an order whose
 * state and form the options pick.
 *
 *   1. Every reply is one JSON object with code, message and data, and the
 *      HTTP status fits the code.
 *   2. Verify takes what sign made.
 *   3. What decode accepts, the core's rules take (their asserts are the test).
 */
#include "base/limits.h"
#include "dialect/intents/intents.h"
#include "dialect/intents/intents_impl.h"
#include "order/rules.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define SMALL_ARENA_BYTES ((size_t)12 * 1024)
#define NOW_MS INT64_C(1772017200000)
#define HEADERS_MAX 8

/* What the options byte says. */
enum option {
	OPTION_STATUS = 7,   /* mask: the order's state */
	OPTION_LINES = 8,    /* two lines, an address in parts */
	OPTION_OUTCOME = 16, /* the outcome is an error by the body's length */
	OPTION_SMALL = 32,   /* the arena ends soon */
	OPTION_STRICT = 64,  /* the app's policies are the strict ones */
};

struct bench {
	struct arena arena;
	struct call call;
	struct credential credential;
	struct header headers[HEADERS_MAX + 4];
};

/* Headers up to the empty line; what is no header is left out. */
static void
read_headers(struct bench *b, struct str *rest)
{
	struct request *r = &b->call.request;

	while (!str_is_null(*rest)) {
		struct str value = str_cut(rest, '\n');
		struct str name;

		if (value.n == 0)
			return;
		name = str_cut(&value, ':');
		if (!str_is_null(value) && r->header_count < HEADERS_MAX)
			b->headers[r->header_count++] = (struct header){
			    name, str_trim(value)};
	}
}

/* False when the HTTP layer would not let such a request come here. */
static bool
read_request(struct bench *b, struct str rest)
{
	struct request *r = &b->call.request;
	struct str target = str_cut(&rest, '\n');

	r->method = str_cut(&target, ' ');
	if (str_is_null(target) || target.n > LIMIT_URL_BYTES ||
	    memchr(target.p, '\0', target.n) != NULL)
		return false;
	r->target = target;
	r->path = str_cut(&target, '?');
	r->query = target;
	r->headers = b->headers;
	read_headers(b, &rest);
	r->body = str_is_null(rest) ? STR("") : rest;
	r->request_id = STR("req-1");
	r->received_ms = NOW_MS;
	return dialect_intents.claims_path(r->path);
}

static void
init_bench(struct bench *b, unsigned options)
{
	memset(b, 0, sizeof(*b));
	arena_init(&b->arena,
	    options & OPTION_SMALL ? SMALL_ARENA_BYTES : ARENA_BYTES);
	b->credential = (struct credential){
	    .app = 7,
	    .app_id = STR("fuzz"),
	    .key = STR("fuzz"),
	    .secret = STR("secret"),
	};
	policy_init(&b->credential.policy);
	if (options & OPTION_STRICT) {
		b->credential.policy.submitted_editable = EDITABLE_SHIPPING;
		b->credential.policy.require_if_match = 1;
	}
	b->call.arena = &b->arena;
	b->call.dialect = &dialect_intents;
	b->call.credential = &b->credential;
	b->call.known = true;
	b->call.command.app = 7;
	b->call.command.policy = &b->credential.policy;
}

/* Puts the signature's headers before those of the input. */
static bool
sign(struct bench *b)
{
	struct request *r = &b->call.request;
	struct sign_input in = {.method = r->method,
	    .target = r->target,
	    .body = r->body,
	    .at_ms = NOW_MS};
	struct sign_output out;

	if (in.method.n == 0 ||
	    intents_sign(&b->arena, &b->credential, &in, &out, NULL) != ERR_OK)
		return false;
	memmove(b->headers + 3, b->headers,
	    r->header_count * sizeof(b->headers[0]));
	memcpy(b->headers, out.headers, 3 * sizeof(b->headers[0]));
	r->header_count += 3;
	/* Half of all bodies come with the right type by themselves. */
	if (r->body.n % 2 == 0 && out.header_count > 3)
		b->headers[r->header_count++] = out.headers[3];
	return true;
}

static const struct order *
make_order(struct arena *a, unsigned options)
{
	struct line lines[2] = {
	    {.title = STR_INIT("t"), .price_e4 = 12345, .quantity = 2},
	    {.product = STR_INIT("p"), .price_e4 = 100, .quantity = 3},
	};
	struct order made = {
	    .id = 1,
	    .app = 7,
	    .version = 2,
	    .created_ms = NOW_MS - 9,
	    .updated_ms = NOW_MS - 5,
	    .status = (enum order_status)(
		(options & OPTION_STATUS) % ORDER__COUNT),
	    .address = STR_INIT("address"),
	    .remarks = STR_INIT("remarks"),
	    .lines = lines,
	    .line_count = 1,
	};
	struct order *order;

	if (options & OPTION_LINES) {
		made.line_count = 2;
		made.province = STR("province");
	}
	order = order_copy(a, &made);
	assert(order != NULL);
	assert(order_sum(order) == ERR_OK);
	return order;
}

static void
carry_out(struct bench *b, unsigned options, struct arena *order_arena)
{
	struct call *call = &b->call;
	const struct command *c = &call->command;
	const struct order *order = make_order(order_arena, options);
	enum err_code rc;

	if (options & OPTION_OUTCOME) {
		call->outcome.code = (enum err_code)(
		    call->request.body.n % ERR__COUNT);
		call->outcome.order = order;
		return;
	}
	if (c->kind >= COMMAND_CREATE && c->kind <= COMMAND_EVENT) {
		rc = order_apply(c->kind == COMMAND_CREATE ? NULL : order, c,
		    NOW_MS, &b->arena, &call->outcome);
		assert(rc == call->outcome.code);
	} else if (c->kind == COMMAND_READ) {
		call->outcome.order = order;
	}
}

static void
check_reply(struct bench *b)
{
	const struct reply *r = &b->call.reply;
	struct arena arena;
	json_t *tree;
	int64_t code;

	arena_init(&arena, ARENA_BYTES);
	assert(json_read(&arena, buf_view(&r->body), JSON_READ_EXACT, &tree,
		   NULL) == ERR_OK);
	assert(json_is_object(tree));
	assert(json_object_size(tree) == 3);
	code = json_integer_value(json_object_get(tree, "code"));
	assert(code == r->code);
	assert(r->status == (code == 0 ? 200 : code / 100));
	assert(json_is_string(json_object_get(tree, "message")));
	assert(json_object_get(tree, "data") != NULL);
	assert(r->header_count <= REPLY_HEADERS_MAX);
	for (size_t i = 0; i < r->header_count; i++)
		assert(r->headers[i].value.p != NULL);
	arena_fini(&arena);
}

static void
run(struct bench *b, unsigned options, struct arena *order_arena)
{
	struct call *call = &b->call;
	enum err_code rc = dialect_intents.open(call);

	if (rc == ERR_OK && !str_is_null(call->credential_key)) {
		rc = dialect_intents.verify(call);
		assert(rc == ERR_OK);
	}
	if (rc == ERR_OK)
		rc = dialect_intents.decode(call);
	assert(rc == call->outcome.code);
	if (rc == ERR_OK)
		carry_out(b, options, order_arena);
	dialect_intents.encode(call);
	check_reply(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena order_arena;
	struct bench b;
	unsigned options;

	if (size == 0)
		return 0;
	options = data[0];
	init_bench(&b, options);
	arena_init(&order_arena, ARENA_BYTES);
	if (read_request(&b, (struct str){(const char *)data + 1, size - 1}) &&
	    sign(&b))
		run(&b, options, &order_arena);
	arena_fini(&order_arena);
	arena_fini(&b.arena);
	return 0;
}
