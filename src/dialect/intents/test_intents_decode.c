/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to commands: what each call asks of the core, and which refusals
 * come before it, in the documented order.
 */
#include "dialect/intents/test_call.h"

#include "base/limits.h"

#include <stdio.h>

#define TARGET "/api/v1/intents/intent_67890"
#define FULL \
	"{\"userId\":\"user_002\",\"platform\":\"JD\"," \
	"\"productUrl\":\"https://item.jd.com/1.html\"," \
	"\"title\":\"机械键盘\",\"price\":99.99,\"quantity\":3," \
	"\"recipientName\":\"李四\",\"address\":\"上海市浦东新区1号\"," \
	"\"phone\":\"13900139000\""

static struct test_call t;

int
teardown(void **state)
{
	(void)state;
	call_fini(&t);
	return 0;
}

static void
must_decode(const char *method, const char *target, const char *body)
{
	call_init(&t, method, target, body);
	check_err(call_decode(&t), ERR_OK);
}

/* The call is refused for exactly this field. */
static void
must_fault(const char *method, const char *target, const char *body,
    const char *field)
{
	call_init(&t, method, target, body);
	check_err(call_decode(&t), ERR_BAD_FIELD);
	assert_int_equal(t.call.outcome.fault_count, 1);
	check_str(t.call.outcome.faults[0].wire, field);
	call_fini(&t);
}

/* Each item of a batch takes a token, also of one that is refused. */
void
test_a_batch_claims_for_its_items(void **state)
{
	static const struct {
		const char *body;
		enum err_code code;
		int64_t tokens;
	} rows[] = {
	    {"{\"items\":[{\"id\":\"a\",\"quantity\":1},{},{}]}", ERR_OK, 3},
	    {"{\"items\":[{},{}],\"more\":1}", ERR_BAD_FIELD, 2},
	    {"{\"items\":[]}", ERR_BAD_FIELD, 1},
	    {"[]", ERR_BAD_BODY, 1},
	    {"{", ERR_BAD_BODY, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call_init(&t, "POST", "/api/v1/intents/batch", rows[i].body);
		check_err(call_decode(&t), rows[i].code);
		assert_int_equal(t.call.claims[0].tokens, 1);
		assert_int_equal(t.call.claims[1].tokens, rows[i].tokens);
		call_fini(&t);
	}
	must_decode("PUT", TARGET, "{\"quantity\":2}");
}

void
test_update_is_a_change(void **state)
{
	const struct command *c = &t.call.command;

	(void)state;
	must_decode("PUT", TARGET, "{\"quantity\":2,\"remarks\":null}");
	assert_int_equal(c->kind, COMMAND_CHANGE);
	assert_string_equal(c->method, "update");
	assert_int_equal(c->name_kind, NAME_INTENT);
	check_str(c->name, "intent_67890");
	assert_true(c->change.has_quantity);
	assert_int_equal(c->change.quantity, 2);
	assert_true(c->change.set == BIT64(F_REMARKS));
	assert_false(c->has_version);
	assert_false(c->dry_run);
	assert_true(c->identity.present);
}

void
test_update_address_is_the_whole_address(void **state)
{
	const struct change *c = &t.call.command.change;

	(void)state;
	must_decode("PUT", TARGET, "{\"address\":\"上海市浦东新区\"}");
	assert_true(c->set ==
	    (BIT64(F_ADDRESS) | BIT64(F_PROVINCE) | BIT64(F_CITY) |
		BIT64(F_DISTRICT)));
	check_str(c->to.address, "上海市浦东新区");
	check_str(c->to.province, NULL);
}

void
test_update_needs_a_field(void **state)
{
	(void)state;
	must_fault("PUT", TARGET, "{}", "body");
}

void
test_bodies_that_are_no_object(void **state)
{
	static const char *const bodies[] = {"", "null", "[]", "2", "\"x\"",
	    "{", "{\"quantity\":2}x", "{\"quantity\":2,\"quantity\":2}",
	    "{\"remarks\":\"\xFF\"}", "{\"remarks\":\"\\u0000\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		call_init(&t, "PUT", TARGET, bodies[i]);
		check_err(call_decode(&t), ERR_BAD_BODY);
		check_err(t.call.outcome.code, ERR_BAD_BODY);
		call_fini(&t);
	}
}

void
test_create_makes_a_submitted_order(void **state)
{
	const struct order *o = &t.call.command.change.to;

	(void)state;
	must_decode("POST", "/api/v1/intents", FULL "}");
	assert_int_equal(t.call.command.kind, COMMAND_CREATE);
	assert_int_equal(o->status, ORDER_SUBMITTED);
	assert_int_equal(o->line_count, 1);
	check_str(o->lines[0].title, "机械键盘");
	assert_int_equal(o->lines[0].price_e4, 999900);
	assert_int_equal(o->lines[0].quantity, 3);
	check_str(o->user, "user_002");
	check_str(o->product_url, "https://item.jd.com/1.html");
	check_str(o->remarks, NULL);
	call_apply(&t, NULL);
	check_err(t.call.outcome.code, ERR_OK);
	assert_int_equal(t.call.outcome.order->total_fen, 29997);
}

void
test_create_may_make_a_draft(void **state)
{
	(void)state;
	must_decode("POST", "/api/v1/intents", FULL ",\"status\":\"DRAFT\"}");
	assert_int_equal(t.call.command.change.to.status, ORDER_DRAFT);
	call_fini(&t);
	must_fault("POST", "/api/v1/intents",
	    FULL ",\"status\":\"PROCESSING\"}", "status");
}

void
test_moves(void **state)
{
	static const struct {
		const char *method;
		const char *tail;
		enum order_move move;
	} rows[] = {
	    {"POST", "/cancel", MOVE_CANCEL},
	    {"POST", "/execute", MOVE_EXECUTE},
	    {"POST", "/submit", MOVE_SUBMIT},
	    {"POST", "/complete", MOVE_COMPLETE},
	    {"POST", "/fail", MOVE_FAIL},
	    {"DELETE", "", MOVE_DELETE},
	};
	char target[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(target, sizeof(target), TARGET "%s",
		    rows[i].tail);
		must_decode(rows[i].method, target, NULL);
		assert_int_equal(t.call.command.kind, COMMAND_MOVE);
		assert_int_equal(t.call.command.change.move, rows[i].move);
		assert_true(t.call.command.identity.present);
		call_fini(&t);
		must_decode(rows[i].method, target, "{}");
		call_fini(&t);
		must_fault(rows[i].method, target, "{\"x\":1}", "x");
	}
}

void
test_fail_keeps_the_reason(void **state)
{
	(void)state;
	must_decode("POST", TARGET "/fail", "{\"reason\":\"缺货\"}");
	check_str(t.call.command.change.note, "缺货");
	assert_true(t.call.command.change.set == 0);
}

void
test_content_type_counts_only_with_a_body(void **state)
{
	static const struct {
		const char *type;
		const char *body;
		enum err_code code;
	} rows[] = {
	    {"application/json", "{\"quantity\":2}", ERR_OK},
	    {"Application/JSON;charset=utf-8", "{\"quantity\":2}", ERR_OK},
	    {"text/json", "{\"quantity\":2}", ERR_BAD_TYPE},
	    {"application/jsonx", "{\"quantity\":2}", ERR_BAD_TYPE},
	    {"", "{\"quantity\":2}", ERR_BAD_TYPE},
	    {NULL, "{\"quantity\":2}", ERR_BAD_TYPE},
	    {"text/plain", NULL, ERR_BAD_BODY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call_init(&t, "PUT", TARGET, rows[i].body);
		/* The first of equal headers counts: ours before sign's. */
		call_header(&t, "Content-Type",
		    rows[i].type == NULL ? "" : rows[i].type);
		check_err(call_decode(&t), rows[i].code);
		call_fini(&t);
	}
	call_init(&t, "POST", TARGET "/cancel", NULL);
	call_header(&t, "Content-Type", "text/plain");
	check_err(call_decode(&t), ERR_OK);
	call_fini(&t);
	call_init(&t, "GET", TARGET, "not json");
	check_err(call_decode(&t), ERR_OK);
}

void
test_dry_run_has_no_identity(void **state)
{
	(void)state;
	must_decode("PUT", TARGET "?dryRun=true", "{\"quantity\":2}");
	assert_true(t.call.command.dry_run);
	assert_false(t.call.command.identity.present);
	call_fini(&t);
	must_decode("PUT", TARGET "?dryRun=false", "{\"quantity\":2}");
	assert_false(t.call.command.dry_run);
	assert_true(t.call.command.identity.present);
}

#define LIST "/api/v1/intents"
#define U10 "uuuuuuuuuu"
#define U100 U10 U10 U10 U10 U10 U10 U10 U10 U10 U10

void
test_query_parameters_are_checked(void **state)
{
	static const struct {
		const char *method;
		const char *target;
		const char *field;
	} rows[] = {
	    {"PUT", TARGET "?dryRun=1", "dryRun"},
	    {"PUT", TARGET "?dryRun=True", "dryRun"},
	    {"PUT", TARGET "?dryRun=true&dryRun=true", "dryRun"},
	    {"PUT", TARGET "?limit=1", "limit"},
	    {"PUT", TARGET "?x", "x"},
	    {"PUT", TARGET "?%zz", "query"},
	    {"PUT", TARGET "?a=%00", "query"},
	    {"GET", TARGET "?dryRun=true", "dryRun"},
	    {"GET", TARGET "/amendments?after=-1", "after"},
	    {"GET", TARGET "/amendments?after=x", "after"},
	    {"GET", TARGET "/amendments?limit=0", "limit"},
	    {"GET", TARGET "/amendments?limit=1001", "limit"},
	    {"GET", "/api/v1/changes?wait=31", "wait"},
	    {"GET", "/api/v1/changes?wait=-1", "wait"},
	    {"GET", TARGET "/amendments?wait=1", "wait"},
	    {"GET", LIST "?page=0", "page"},
	    {"GET", LIST "?page=", "page"},
	    {"GET", LIST "?page=101&pageSize=100", "page"},
	    {"GET", LIST "?page=501", "page"},
	    {"GET", LIST "?page=9223372036854775807", "page"},
	    {"GET", LIST "?pageSize=0", "pageSize"},
	    {"GET", LIST "?pageSize=101", "pageSize"},
	    {"GET", LIST "?pageSize=x", "pageSize"},
	    {"GET", LIST "?status=submitted", "status"},
	    {"GET", LIST "?status=", "status"},
	    {"GET", LIST "?userId=", "userId"},
	    {"GET", LIST "?userId=" U100 "1", "userId"},
	    {"GET", LIST "?userId=%ff", "userId"},
	    {"GET", LIST "?platform=jd", "platform"},
	    {"GET", LIST "?startDate=2026-02-30", "startDate"},
	    {"GET", LIST "?startDate=1969-12-31", "startDate"},
	    {"GET", LIST "?endDate=yesterday", "endDate"},
	    {"GET", LIST "?startDate=2026-02-02&endDate=2026-02-01", "endDate"},
	    {"GET", LIST "?sortBy=title", "sortBy"},
	    {"GET", LIST "?order=DESC", "order"},
	    {"GET", LIST "?cursor=x", "cursor"},
	    {"GET", LIST "?cursor=b1z1&order=asc", "cursor"},
	    {"GET", LIST "?cursor=&page=1", "cursor"},
	    {"GET", LIST "?limit=1", "limit"},
	    {"GET", "/api/v1/changes?after=9223372036854775808", "after"},
	    {"POST", TARGET "/cancel?x=1", "x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		must_fault(rows[i].method, rows[i].target,
		    rows[i].method[1] == 'U' ? "{\"quantity\":2}" : NULL,
		    rows[i].field);
}

void
test_faults_of_query_headers_and_body_come_together(void **state)
{
	const struct outcome *o = &t.call.outcome;

	(void)state;
	call_init(&t, "PUT", TARGET "?a=1", "{\"quantity\":0}");
	call_header(&t, "If-Match", "W/\"1\"");
	call_header(&t, "Idempotency-Key", "");
	check_err(call_decode(&t), ERR_BAD_FIELD);
	assert_int_equal(o->fault_count, 4);
	check_str(o->faults[0].wire, "quantity");
	check_str(o->faults[1].wire, "a");
	check_str(o->faults[2].wire, "If-Match");
	check_str(o->faults[3].wire, "Idempotency-Key");
}

void
test_history_and_feed(void **state)
{
	const struct command *c = &t.call.command;

	(void)state;
	must_decode("GET", TARGET "/amendments", NULL);
	assert_int_equal(c->kind, COMMAND_HISTORY);
	check_str(c->name, "intent_67890");
	assert_int_equal(c->after, 0);
	assert_int_equal(c->limit, LIMIT_PAGE_DEFAULT);
	assert_false(c->identity.present);
	call_fini(&t);
	must_decode("GET", "/api/v1/changes?after=12&limit=1000", NULL);
	assert_int_equal(c->kind, COMMAND_FEED);
	check_str(c->name, NULL);
	assert_int_equal(c->after, 12);
	assert_int_equal(c->limit, 1000);
}

void
test_health_ignores_its_query(void **state)
{
	(void)state;
	call_init(&t, "GET", "/health?probe=%zz", NULL);
	check_err(dialect_intents.open(&t.call), ERR_OK);
	check_str(t.call.credential_key, NULL);
	check_err(dialect_intents.decode(&t.call), ERR_OK);
	assert_int_equal(t.call.command.kind, COMMAND_HEALTH);
}

void
test_if_match_spellings(void **state)
{
	static const struct {
		const char *value;
		int64_t version; /* 0: none; -1: refused */
	} rows[] = {
	    {"*", 0},
	    {"\"1\"", 1},
	    {"\"120\"", 120},
	    {"1", -1},
	    {"W/\"1\"", -1},
	    {"\"0\"", -1},
	    {"\"01\"", -1},
	    {"\"-1\"", -1},
	    {"\"\"", -1},
	    {"\"", -1},
	    {"", -1},
	    {"\"1\",\"2\"", -1},
	    {"\"9223372036854775808\"", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum err_code rc;

		call_init(&t, "PUT", TARGET, "{\"quantity\":2}");
		call_header(&t, "If-Match", rows[i].value);
		rc = call_decode(&t);
		check_err(rc, rows[i].version < 0 ? ERR_BAD_FIELD : ERR_OK);
		if (rc == ERR_OK) {
			assert_int_equal(t.call.command.has_version,
			    rows[i].version > 0);
			assert_int_equal(t.call.command.version,
			    rows[i].version);
		}
		call_fini(&t);
	}
}

void
test_repeated_conditions_are_refused(void **state)
{
	(void)state;
	call_init(&t, "PUT", TARGET, "{\"quantity\":2}");
	call_header(&t, "If-Match", "\"1\"");
	call_header(&t, "if-match", "*");
	call_header(&t, "Idempotency-Key", "a");
	call_header(&t, "Idempotency-Key", "a");
	check_err(call_decode(&t), ERR_BAD_FIELD);
	assert_int_equal(t.call.outcome.fault_count, 2);
}

void
test_idempotency_key_length(void **state)
{
	char key[LIMIT_IDEMPOTENCY_KEY_BYTES + 2];

	(void)state;
	memset(key, 'k', sizeof(key));
	key[LIMIT_IDEMPOTENCY_KEY_BYTES] = '\0';
	call_init(&t, "POST", TARGET "/cancel", NULL);
	call_header(&t, "Idempotency-Key", key);
	check_err(call_decode(&t), ERR_OK);
	call_fini(&t);
	key[LIMIT_IDEMPOTENCY_KEY_BYTES] = 'k';
	key[LIMIT_IDEMPOTENCY_KEY_BYTES + 1] = '\0';
	call_init(&t, "POST", TARGET "/cancel", NULL);
	call_header(&t, "Idempotency-Key", key);
	check_err(call_decode(&t), ERR_BAD_FIELD);
	call_fini(&t);
	/* Reads have no identity, so the key means nothing to them. */
	call_init(&t, "GET", TARGET, NULL);
	call_header(&t, "Idempotency-Key", key);
	check_err(call_decode(&t), ERR_OK);
}

void
test_full_arena_is_told(void **state)
{
	struct str body;
	struct buf b;

	(void)state;
	call_init(&t, "PUT", TARGET, NULL);
	buf_init(&b, &t.arena, 4096);
	buf_str(&b, STR("{\"quantity\":2,\"remarks\":[0"));
	for (int i = 0; i < 1000; i++)
		buf_str(&b, STR(",0"));
	buf_str(&b, STR("]}"));
	body = buf_view(&b);
	t.call.request.body = body;
	call_sign(&t, CALL_NOW_MS);
	check_err(dialect_intents.open(&t.call), ERR_OK);
	t.arena.cap_bytes = t.arena.used_bytes + 2000;
	check_err(dialect_intents.decode(&t.call), ERR_NO_MEMORY);
	check_err(t.call.outcome.code, ERR_NO_MEMORY);
}
