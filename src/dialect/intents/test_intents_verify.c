/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands before a command: route, method, headers, time, signature, rates
 * and identity. The vectors are the published ones of the dialect.
 */
#include "dialect/intents/test_call.h"

#include "base/limits.h"

#include <stdio.h>

static const struct {
	const char *secret;
	const char *method;
	const char *target;
	const char *body;
	const char *string_to_sign;
	const char *signature;
} vectors[] = {
    {"your_app_secret", "POST", "/api/v1/intents",
	"{\"userId\":\"user_001\",\"platform\":\"TAOBAO\"}",
	"POST/api/v1/intents1708851000000"
	"{\"userId\":\"user_001\",\"platform\":\"TAOBAO\"}",
	"247014753c58bbbea7d88d41aeb338cb4806f87746b036b9ee578afdfede322e"},
    {CALL_SECRET, "GET", "/api/v1/intents?status=SUBMITTED", "",
	"GET/api/v1/intents?status=SUBMITTED1708851000000",
	"4b319fd8ffb5b748b0a80dbc42eefd6dd5f09eb721ef57d278c5df379c15eb67"},
    {CALL_SECRET, "PUT", "/api/v1/intents/intent_67890", "{\"quantity\":2}",
	"PUT/api/v1/intents/intent_678901708851000000{\"quantity\":2}",
	"5aed83fbf7997cb87ded9e195c605be44478dee1ff9ffcf627bc909861bcff68"},
    {CALL_SECRET, "PUT", "/api/v1/intents/intent_67890",
	"{\"recipientName\":\"李四\",\"address\":\"上海市浦东新区陆家嘴环路"
	"1000号\",\"phone\":\"13900139000\"}",
	"PUT/api/v1/intents/intent_678901708851000000"
	"{\"recipientName\":\"李四\",\"address\":\"上海市浦东新区陆家嘴环路"
	"1000号\",\"phone\":\"13900139000\"}",
	"8e2acedd5e0dfe22cb8e8faad5dd35862f3eba93844fe5ab0e0fafb97bc33f40"},
    {CALL_SECRET, "POST", "/api/v1/intents/intent_67890/cancel", "",
	"POST/api/v1/intents/intent_67890/cancel1708851000000",
	"3e195e3c5635c02ce2933c0bbda7115c3d34eb0f12844df7bf103a693ed0023b"},
};

#define VECTOR_COUNT (sizeof(vectors) / sizeof(vectors[0]))
#define VECTOR_MS INT64_C(1708851000000)

/* A request with the vector's bytes and signature, opened by hand: not every
 * vector is a call that exists. */
static void
must_make_vector(struct test_call *t, size_t i)
{
	struct intents_state *state;

	call_init(t, vectors[i].method, vectors[i].target, vectors[i].body);
	t->credential.secret = str_from(vectors[i].secret);
	t->credential.prepared = intents_prepare(&t->arena, &t->credential);
	state = ARENA_NEW(&t->arena, struct intents_state);
	assert_non_null(state);
	state->timestamp = STR("1708851000000");
	state->at_ms = VECTOR_MS;
	state->signature = str_from(vectors[i].signature);
	t->call.state = state;
	t->call.operation = &intents_operations[1];
}

/* The result of verify, over and over on one call. */
static enum err_code
verify(struct test_call *t)
{
	t->call.claim_count = 0;
	memset(&t->call.command.identity, 0, sizeof(t->call.command.identity));
	return dialect_intents.verify(&t->call);
}

void
test_vectors_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct test_call t;

		must_make_vector(&t, i);
		check_err(verify(&t), ERR_OK);
		t.credential.prepared = NULL;
		check_err(verify(&t), ERR_OK);
		call_fini(&t);
	}
}

void
test_vectors_are_what_we_sign(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct sign_input in = {.at_ms = VECTOR_MS};
		struct sign_output out;
		struct test_call t;

		must_make_vector(&t, i);
		in.method = str_from(vectors[i].method);
		in.target = str_from(vectors[i].target);
		in.body = str_from(vectors[i].body);
		check_err(dialect_intents.sign(
			      &t.arena, &t.credential, &in, &out, NULL),
		    ERR_OK);
		check_str(out.string_to_sign, vectors[i].string_to_sign);
		check_str(out.signature, vectors[i].signature);
		assert_int_equal(out.header_count, in.body.n > 0 ? 4 : 3);
		check_str(out.headers[0].value, "dev_app_local");
		check_str(out.headers[1].value, "1708851000000");
		check_str(out.headers[2].value, vectors[i].signature);
		check_str(out.target, vectors[i].target);
		call_fini(&t);
	}
}

void
test_sign_wants_a_path(void **state)
{
	struct sign_input in = {
	    .method = STR_INIT("PUT"), .target = STR_INIT("intents")};
	struct sign_output out;
	struct test_call t;
	struct err err;

	(void)state;
	call_init(&t, "GET", "/api/v1", NULL);
	check_err(intents_sign(&t.arena, &t.credential, &in, &out, &err),
	    ERR_USAGE);
	call_fini(&t);
}

/* Flips a bit of each byte of a part in turn. */
static void
tamper(struct test_call *t, struct str *part)
{
	struct str whole = *part;
	char *copy = arena_alloc(&t->arena, whole.n + 1);

	assert_non_null(copy);
	memcpy(copy, whole.p, whole.n);
	for (size_t i = 0; i < whole.n; i++) {
		copy[i] ^= 1;
		*part = (struct str){copy, whole.n};
		check_err(verify(t), ERR_DENIED);
		copy[i] ^= 1;
		*part = (struct str){copy, i};
		check_err(verify(t), ERR_DENIED);
	}
	*part = (struct str){copy, whole.n};
	check_err(verify(t), ERR_OK);
	*part = whole;
}

void
test_each_signed_byte_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct intents_state *opened;
		struct test_call t;

		must_make_vector(&t, i);
		opened = t.call.state;
		tamper(&t, &t.call.request.method);
		tamper(&t, &t.call.request.target);
		tamper(&t, &t.call.request.body);
		tamper(&t, &opened->timestamp);
		call_fini(&t);
	}
}

void
test_signature_spellings(void **state)
{
	struct intents_state *opened;
	struct test_call t;
	char upper[65];

	(void)state;
	must_make_vector(&t, 2);
	opened = t.call.state;
	for (size_t i = 0; i < sizeof(upper); i++) {
		char c = vectors[2].signature[i];

		upper[i] = c >= 'a' ? (char)(c - 'a' + 'A') : c;
	}
	opened->signature = str_from(upper);
	check_err(verify(&t), ERR_OK);
	opened->signature.n--;
	check_err(verify(&t), ERR_DENIED);
	opened->signature = arena_printf(&t.arena, "%s0", upper);
	check_err(verify(&t), ERR_DENIED);
	upper[5] = 'x';
	opened->signature = str_from(upper);
	check_err(verify(&t), ERR_DENIED);
	call_fini(&t);
}

void
test_unknown_app_never_verifies(void **state)
{
	struct test_call t;

	(void)state;
	must_make_vector(&t, 2);
	t.call.known = false;
	check_err(verify(&t), ERR_DENIED);
	assert_int_equal(t.call.claim_count, 0);
	assert_false(t.call.command.identity.present);
	check_err(t.call.outcome.code, ERR_DENIED);
	call_fini(&t);
}

/* --- open ------------------------------------------------------------------ */

static enum err_code
open_at(int64_t at_ms)
{
	struct test_call t;
	enum err_code rc;

	call_init(&t, "GET", "/api/v1/intents/intent_1", NULL);
	call_sign(&t, at_ms);
	rc = dialect_intents.open(&t.call);
	check_err(t.call.outcome.code, rc);
	call_fini(&t);
	return rc;
}

void
test_window_is_inclusive(void **state)
{
	(void)state;
	check_err(open_at(CALL_NOW_MS), ERR_OK);
	check_err(open_at(CALL_NOW_MS - LIMIT_INTENTS_WINDOW_MS), ERR_OK);
	check_err(open_at(CALL_NOW_MS + LIMIT_INTENTS_WINDOW_MS), ERR_OK);
	check_err(open_at(CALL_NOW_MS - LIMIT_INTENTS_WINDOW_MS - 1),
	    ERR_BAD_TIME);
	check_err(open_at(CALL_NOW_MS + LIMIT_INTENTS_WINDOW_MS + 1),
	    ERR_BAD_TIME);
}

static enum err_code
open_with(const char *app, const char *timestamp, const char *signature)
{
	struct test_call t;
	enum err_code rc;

	call_init(&t, "GET", "/api/v1/intents/intent_1", NULL);
	if (app != NULL)
		call_header(&t, "x-app-id", app);
	if (timestamp != NULL)
		call_header(&t, "x-timestamp", timestamp);
	if (signature != NULL)
		call_header(&t, "x-signature", signature);
	rc = dialect_intents.open(&t.call);
	call_fini(&t);
	return rc;
}

void
test_timestamps_have_13_digits(void **state)
{
	static const char *const bad[] = {"177201720000", "01772017200000",
	    "177201720000x", "-177201720000", "1772017200.00", "0x19c94a6f480",
	    " 177201720000", "17720172000000"};

	(void)state;
	check_err(open_with("a", "1772017200000", "s"), ERR_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_err(open_with("a", bad[i], "s"), ERR_BAD_TIME);
}

void
test_timestamps_have_13_digits_whatever_the_clock_says(void **state)
{
	struct test_call t;

	(void)state;
	call_init(&t, "GET", "/api/v1/intents/intent_1", NULL);
	t.call.request.received_ms = 999999999999;
	call_header(&t, "X-App-Id", "a");
	call_header(&t, "X-Timestamp", "999999999999");
	call_header(&t, "X-Signature", "s");
	check_err(dialect_intents.open(&t.call), ERR_BAD_TIME);
	call_fini(&t);
}

void
test_each_header_is_needed(void **state)
{
	(void)state;
	check_err(open_with(NULL, "1772017200000", "s"), ERR_NO_CREDENTIALS);
	check_err(open_with("a", NULL, "s"), ERR_NO_CREDENTIALS);
	check_err(open_with("a", "1772017200000", NULL), ERR_NO_CREDENTIALS);
	check_err(open_with("", "1772017200000", "s"), ERR_NO_CREDENTIALS);
	/* Missing headers come before a bad time. */
	check_err(open_with("a", "1", ""), ERR_NO_CREDENTIALS);
}

void
test_routes(void **state)
{
	static const struct {
		const char *method;
		const char *path;
		const char *name; /* of the operation; NULL: none */
		enum err_code code;
	} rows[] = {
	    {"GET", "/api/v1/health", "health", ERR_OK},
	    {"GET", "/health", "health", ERR_OK},
	    {"HEAD", "/health", "health", ERR_OK},
	    {"POST", "/health", NULL, ERR_BAD_METHOD},
	    {"POST", "/api/v1/intents", "create", ERR_OK},
	    {"GET", "/api/v1/intents/x", "get", ERR_OK},
	    {"PUT", "/api/v1/intents/x", "update", ERR_OK},
	    {"DELETE", "/api/v1/intents/x", "delete", ERR_OK},
	    {"POST", "/api/v1/intents/x/cancel", "cancel", ERR_OK},
	    {"POST", "/api/v1/intents/x/execute", "execute", ERR_OK},
	    {"POST", "/api/v1/intents/x/submit", "submit", ERR_OK},
	    {"POST", "/api/v1/intents/x/complete", "complete", ERR_OK},
	    {"POST", "/api/v1/intents/x/fail", "fail", ERR_OK},
	    {"GET", "/api/v1/intents/x/amendments", "amendments", ERR_OK},
	    {"GET", "/api/v1/changes", "changes", ERR_OK},
	    {"PATCH", "/api/v1/intents/x", NULL, ERR_BAD_METHOD},
	    {"put", "/api/v1/intents/x", NULL, ERR_BAD_METHOD},
	    {"GET", "/api/v1/intents/x/cancel", NULL, ERR_BAD_METHOD},
	    {"PUT", "/api/v1/intents/", NULL, ERR_NO_ROUTE},
	    {"PUT", "/api/v1/intents//cancel", NULL, ERR_NO_ROUTE},
	    {"PUT", "/api/v1/intents/x/", NULL, ERR_NO_ROUTE},
	    {"PUT", "/api/v1//intents/x", NULL, ERR_NO_ROUTE},
	    {"GET", "/api/v1", NULL, ERR_NO_ROUTE},
	    {"GET", "/api/v1/", NULL, ERR_NO_ROUTE},
	    {"GET", "/api/v1/Health", NULL, ERR_NO_ROUTE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = rows[i].name;
		const struct operation *op;
		unsigned methods;
		struct str id;

		assert_true(
		    dialect_intents.claims_path(str_from(rows[i].path)));
		assert_ptr_equal(dialect_route(str_from(rows[i].path)),
		    &dialect_intents);
		check_err(intents_find_operation(str_from(rows[i].method),
			      str_from(rows[i].path), &id, &methods, &op),
		    rows[i].code);
		assert_int_equal(methods != 0, rows[i].code == ERR_BAD_METHOD);
		assert_int_equal(op != NULL, name != NULL);
		if (op != NULL)
			assert_string_equal(op->name, name);
	}
}

void
test_other_paths_are_not_claimed(void **state)
{
	static const char *const paths[] = {"/", "/api/v10/intents", "/api",
	    "/healthy", "/openapi", "/api/v1intents"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_false(dialect_intents.claims_path(str_from(paths[i])));
	assert_ptr_equal(dialect_find(STR("intents")), &dialect_intents);
	assert_null(dialect_find(STR("intent")));
}

void
test_wrong_method_comes_before_credentials(void **state)
{
	struct test_call t;

	(void)state;
	call_init(&t, "PATCH", "/api/v1/intents/intent_1", NULL);
	check_err(dialect_intents.open(&t.call), ERR_BAD_METHOD);
	assert_string_equal(dialect_intents.method(&t.call), "unknown");
	(void)call_encode(&t);
	assert_int_equal(t.call.reply.status, 405);
	check_str(call_reply_header(&t, "Allow"), "GET, HEAD, PUT, DELETE");
	call_fini(&t);
}

/* --- rates and identity ---------------------------------------------------- */

void
test_claims(void **state)
{
	struct test_call t;

	(void)state;
	must_make_vector(&t, 2);
	for (size_t i = 0; i < intents_operation_count; i++) {
		const struct operation *op = &intents_operations[i];

		if (op->is_public)
			continue;
		t.call.operation = op;
		check_err(verify(&t), ERR_OK);
		assert_int_equal(t.call.claim_count, op->is_put ? 2 : 1);
		assert_string_equal(t.call.claims[0].name, "app");
		assert_int_equal(t.call.claims[0].limit, LIMIT_RATE_APP);
		assert_int_equal(t.call.claims[0].per_ms, 1000);
		assert_int_equal(t.call.claims[0].tokens, 1);
		if (op->is_put)
			assert_int_equal(t.call.claims[1].limit,
			    LIMIT_RATE_PUT);
		assert_int_equal(t.call.command.identity.present,
		    op->kind == COMMAND_CREATE || op->kind == COMMAND_CHANGE ||
			op->kind == COMMAND_MOVE || op->kind == COMMAND_BATCH);
	}
	t.credential.policy.rate = RATE_UNLIMITED;
	t.call.operation = &intents_operations[3];
	check_err(verify(&t), ERR_OK);
	assert_int_equal(t.call.claims[1].limit, RATE_UNLIMITED);
	call_fini(&t);
}

/* The identity of a signed request. */
static struct identity
identity_of(const char *target, const char *body, int64_t at_ms,
    const char *key)
{
	struct identity id;
	struct test_call t;

	call_init(&t, "PUT", target, body);
	if (key != NULL)
		call_header(&t, "idempotency-key", key);
	call_sign(&t, at_ms);
	check_err(dialect_intents.open(&t.call), ERR_OK);
	check_err(dialect_intents.verify(&t.call), ERR_OK);
	id = t.call.command.identity;
	call_fini(&t);
	return id;
}

static bool
same(struct identity a, struct identity b)
{
	return a.at_ms == b.at_ms &&
	    memcmp(a.digest, b.digest, sizeof(a.digest)) == 0;
}

void
test_identity_is_what_was_signed(void **state)
{
	const char *x = "/api/v1/intents/x", *y = "/api/v1/intents/y";
	struct identity id = identity_of(x, "{}", CALL_NOW_MS - 7, NULL);

	(void)state;
	assert_true(id.present);
	assert_int_equal(id.at_ms, CALL_NOW_MS - 7);
	assert_int_equal(id.kept_ms, CALL_NOW_MS + LIMIT_ANSWER_KEPT_MS);
	assert_true(same(id, identity_of(x, "{}", CALL_NOW_MS - 7, NULL)));
	assert_false(same(id, identity_of(x, "{}", CALL_NOW_MS, NULL)));
	assert_false(same(id, identity_of(x, "{ }", CALL_NOW_MS - 7, NULL)));
	assert_false(same(id, identity_of(y, "{}", CALL_NOW_MS - 7, NULL)));
}

void
test_identity_by_key(void **state)
{
	const char *x = "/api/v1/intents/x";
	struct identity id = identity_of(x, "{}", CALL_NOW_MS, "k");
	struct identity later = identity_of(x, "{}", CALL_NOW_MS + 9, "k");
	struct identity other = identity_of(x, "{ }", CALL_NOW_MS, "k");

	(void)state;
	assert_int_equal(id.at_ms, 0);
	assert_int_equal(id.kept_ms, CALL_NOW_MS + LIMIT_KEY_KEPT_MS);
	assert_true(same(id, later));
	assert_memory_equal(id.body, later.body, IDENTITY_BYTES);
	assert_true(same(id, other));
	assert_memory_not_equal(id.body, other.body, IDENTITY_BYTES);
	assert_false(same(id, identity_of(x, "{}", CALL_NOW_MS, "K")));
}
