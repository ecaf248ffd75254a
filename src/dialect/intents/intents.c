/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intents dialect as struct dialect, and its first hook: what can be told
 * from a request's head without a secret. The order of all checks is that of
 * docs/conformance.md.
 */
#include "dialect/intents/intents.h"

#include "base/limits.h"
#include "dialect/intents/intents_impl.h"

#include <assert.h>

static bool
intents_claims_path(struct str path)
{
	struct str base = STR(INTENTS_BASE);

	if (str_eq(path, STR(INTENTS_HEALTH)))
		return true;
	return str_starts(path, base) &&
	    (path.n == base.n || path.p[base.n] == '/');
}

bool
intents_parse_time(struct str text, int64_t *at_ms)
{
	return text.n == TIMESTAMP_DIGITS && text.p[0] != '-' &&
	    str_parse_int(text, at_ms);
}

/* Exactly 13 digits, and within the window. */
static enum err_code
check_time(struct call *call, struct intents_state *state)
{
	int64_t off_ms;

	if (!intents_parse_time(state->timestamp, &state->at_ms))
		return err_set(&call->err, ERR_BAD_TIME, "X-Timestamp",
		    "not 13 digits");
	off_ms = state->at_ms - call->request.received_ms;
	if (off_ms > LIMIT_INTENTS_WINDOW_MS ||
	    off_ms < -LIMIT_INTENTS_WINDOW_MS)
		return err_set(&call->err, ERR_BAD_TIME, "X-Timestamp",
		    "off by %lld ms", (long long)off_ms);
	return ERR_OK;
}

static enum err_code
open_call(struct call *call, struct intents_state *state)
{
	const struct request *r = &call->request;
	const struct operation *op;
	enum err_code rc;

	rc = intents_find_operation(r->method, r->path, &state->id,
	    &state->methods, &op);
	call->operation = op;
	if (rc != ERR_OK)
		return err_set(&call->err, rc, NULL, "no call has this %s",
		    rc == ERR_NO_ROUTE ? "path" : "path and method");
	if (op->is_public)
		return ERR_OK;
	call->credential_key = request_header(r, "X-App-Id");
	state->timestamp = request_header(r, "X-Timestamp");
	state->signature = request_header(r, "X-Signature");
	if (call->credential_key.n == 0 || state->timestamp.n == 0 ||
	    state->signature.n == 0)
		return err_set(&call->err, ERR_NO_CREDENTIALS, NULL,
		    "a signature header is missing");
	return check_time(call, state);
}

static enum err_code
intents_open(struct call *call)
{
	struct intents_state *state;
	enum err_code rc;

	assert(call != NULL);
	assert(call->arena != NULL);
	state = ARENA_NEW(call->arena, struct intents_state);
	if (state == NULL)
		rc = err_set(&call->err, ERR_NO_MEMORY, NULL,
		    "the arena is full");
	else
		rc = open_call(call, state);
	call->state = state;
	if (rc != ERR_OK) {
		call->credential_key = STR_NONE;
		outcome_fail(&call->outcome, rc, &call->err);
	}
	return rc;
}

static const char *
intents_method(const struct call *call)
{
	const struct operation *op = call->operation;

	return op == NULL ? "unknown" : op->name;
}

const struct dialect dialect_intents = {
    .name = "intents",
    .about = &intents_about,
    .claims_path = intents_claims_path,
    .open = intents_open,
    .open_needs_body = false,
    .verify = intents_verify,
    .decode = intents_decode,
    .encode = intents_encode,
    .prepare = intents_prepare,
    .method = intents_method,
    .sign = intents_sign,
    .example = "PUT /intents/intent_67890 '{\"quantity\":2}'",
    .compose = intents_compose,
    .succeeded = intents_succeeded,
    .examine = intents_examine,
    .describe = intents_describe,
};
