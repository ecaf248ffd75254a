/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the dialect from the request's bytes to the reply. The first byte
 * picks how the rest is sent:
 *
 *	bit 0  signed as a client would, so that decoding is reached
 *	bit 1  multipart, with the boundary "x"
 *	bit 2  a small arena
 *	bit 3  in the query instead of the body
 *	bit 4  policy top.sku_sum=strict
 *
 *   1. Every request has one whole answer of at least 20 bytes, which is JSON
 *      or XML as its content type says, and HTTP 200.
 *   2. A command is one that the core takes.
 *   3. What was signed verifies.
 */
#include "dialect/top/top.h"
#include "dialect/top/top_impl.h"
#include "order/rules.h"

#include <libxml/parser.h>

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES ((size_t)24 * 1024 * 1024)
#define SMALL_ARENA_BYTES 16384
#define NOW_MS INT64_C(1772017200000)

enum flags {
	FLAG_SIGNED = 1,
	FLAG_MULTIPART = 2,
	FLAG_SMALL = 4,
	FLAG_QUERY = 8,
	FLAG_STRICT = 16,
};

/* Whether this is a whole XML text. */
static bool
is_xml(struct str body)
{
	xmlDocPtr doc = xmlReadMemory(body.p, (int)body.n, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	bool good = doc != NULL;

	xmlFreeDoc(doc);
	return good;
}

static void
check_reply(const struct reply *r)
{
	struct str body = buf_view(&r->body);
	struct arena arena;
	json_t *tree;
	struct err err;

	assert(r->status == 200);
	assert(!buf_failed(&r->body));
	assert(body.n >= 20);
	if (strstr(r->content_type, "xml") != NULL) {
		assert(is_xml(body));
		return;
	}
	arena_init(&arena, ARENA_BYTES);
	if (json_read(&arena, body, JSON_READ_EXACT, &tree, &err) != ERR_OK)
		abort();
	assert(json_is_object(tree));
	arena_fini(&arena);
}

/* Carries it out on a plain order, as the engine would. */
static void
apply(struct call *call)
{
	static struct line line = {.title = STR_INIT("x"), .quantity = 1};
	static const struct order plain = {
	    .id = 1,
	    .app = 7,
	    .version = 1,
	    .created_ms = NOW_MS,
	    .updated_ms = NOW_MS,
	    .status = ORDER_SUBMITTED,
	    .lines = &line,
	    .line_count = 1,
	};
	struct command *c = &call->command;

	if (c->kind == COMMAND_READ)
		call->outcome.order = &plain;
	if (c->kind != COMMAND_EVENT && c->kind != COMMAND_CREATE)
		return;
	if (order_apply(c->kind == COMMAND_EVENT ? &plain : NULL, c, NOW_MS,
		call->arena, &call->outcome) != ERR_OK)
		assert(call->outcome.code != ERR_OK);
}

static void
run(struct call *call, bool is_signed)
{
	enum err_code rc = dialect_top.open(call);

	if (rc == ERR_OK)
		rc = dialect_top.verify(call);
	if (is_signed && rc != ERR_OK) {
		const struct top_state *state = call->state;

		assert(state == NULL || state->error != TOP_BAD_SIGN ||
		    !str_is_null(top_param_find(call, "sign")));
	}
	if (rc == ERR_OK)
		rc = dialect_top.decode(call);
	if (rc == ERR_OK)
		apply(call);
	else
		outcome_fail(&call->outcome, rc, &call->err);
	dialect_top.encode(call);
	check_reply(&call->reply);
}

/* The input as a client sends it; false when no client would. */
static bool
complete(struct arena *a, const struct credential *c, struct str *pairs)
{
	struct sign_input in = {.method = STR("POST"),
	    .target = STR("/router/rest"),
	    .body = *pairs,
	    .at_ms = NOW_MS};
	struct sign_output out;
	struct err err;

	if (top_sign(a, c, &in, &out, &err) != ERR_OK)
		return false;
	*pairs = out.body;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct credential credential = {.app = 7,
	    .key = STR("10000001"),
	    .secret = STR("dev_top_secret"),
	    .session = STR("dev_top_session")};
	struct str text = {(const char *)data + 1, size - 1};
	struct arena arena, small;
	struct call call = {0};
	struct header header = {
	    STR("Content-Type"), STR("application/x-www-form-urlencoded")};
	unsigned flags;

	if (size == 0)
		return 0;
	flags = data[0];
	policy_init(&credential.policy);
	if (flags & FLAG_STRICT)
		credential.policy.top_sku_sum = TOP_SKU_SUM_STRICT;
	arena_init(&arena, ARENA_BYTES);
	arena_init(&small, SMALL_ARENA_BYTES);
	if (flags & FLAG_SIGNED)
		(void)complete(&arena, &credential, &text);
	else if (flags & FLAG_MULTIPART)
		header.value = STR("multipart/form-data; boundary=x");
	call.arena = flags & FLAG_SMALL ? &small : &arena;
	call.dialect = &dialect_top;
	call.credential = &credential;
	call.known = true;
	call.command.app = 7;
	call.command.policy = &credential.policy;
	call.request = (struct request){.method = STR("POST"),
	    .target = STR("/router/rest"),
	    .path = STR("/router/rest"),
	    .query = flags & FLAG_QUERY ? text : STR_NONE,
	    .body = flags & FLAG_QUERY ? STR("") : text,
	    .headers = &header,
	    .header_count = 1,
	    .request_id = STR("fuzz"),
	    .received_ms = NOW_MS};
	run(&call, flags & FLAG_SIGNED);
	arena_fini(&small);
	arena_fini(&arena);
	return 0;
}
