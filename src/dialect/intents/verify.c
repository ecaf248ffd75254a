/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of the intents dialect:
 *
 *   X-Signature = hex(HMAC-SHA256(secret, METHOD + TARGET + TIMESTAMP + BODY))
 *
 * without separators, over the bytes as they were received. A timestamp has
 * exactly 13 digits and the target ends before it, so that no digit can move
 * from one to the other.
 */
#include "dialect/intents/intents_impl.h"

#include "base/limits.h"

#include <assert.h>

/* Keeps the identities of dialects apart; see struct identity. */
#define DIALECT_TAG 'i'

#define RATE_PERIOD_MS 1000

const void *
intents_prepare(struct arena *a, const struct credential *c)
{
	struct hmac_key *key = ARENA_NEW(a, struct hmac_key);

	assert(c != NULL);
	if (key != NULL)
		hmac_key_init(key, DIGEST_SHA256, c->secret);
	return key;
}

struct signing
intents_signing(struct form_field parts[INTENTS_PART__COUNT],
    const struct request *r, struct str timestamp, struct str secret)
{
	parts[INTENTS_PART_METHOD] = (struct form_field){
	    .name = STR("method"), .value = r->method};
	parts[INTENTS_PART_TARGET] = (struct form_field){
	    .name = STR("target"), .value = r->target};
	parts[INTENTS_PART_TIMESTAMP] = (struct form_field){
	    .name = STR("timestamp"), .value = timestamp};
	parts[INTENTS_PART_BODY] = (struct form_field){
	    .name = STR("body"), .value = r->body};
	return (struct signing){.hash = SIGNING_HMAC_SHA256,
	    .key = secret,
	    .only_values = true,
	    .fields = parts,
	    .count = INTENTS_PART__COUNT};
}

/* The same work whatever the credential and the signature sent are. */
static bool
holds(struct call *call, uint8_t mac[DIGEST_BYTES_MAX])
{
	const struct intents_state *state = call->state;
	const struct credential *c = call->credential;
	uint8_t sent[DIGEST_SHA256_BYTES] = {0};
	struct form_field parts[INTENTS_PART__COUNT];
	struct signing s;
	struct hmac_key own;
	const struct hmac_key *key = c->prepared;
	struct hmac h;
	bool is_hex, good;

	if (key == NULL) {
		hmac_key_init(&own, DIGEST_SHA256, c->secret);
		key = &own;
	}
	s = intents_signing(parts, &call->request, state->timestamp, c->secret);
	hmac_init(&h, key);
	signing_feed(&s, signing_to_hmac, &h);
	(void)hmac_end(&h, mac);
	is_hex = digest_hex_parse(state->signature, sent, sizeof(sent));
	good = digest_equal(mac, sent, sizeof(sent)) & is_hex & call->known;
	if (!good)
		signing_note(call, &s);
	return good;
}

static void
claim_rates(struct call *call, const struct operation *op)
{
	const struct policy *p = &call->credential->policy;
	/* An app without a rate has none at all. */
	bool unlimited = p->rate == RATE_UNLIMITED;

	call->claims[call->claim_count++] = (struct rate_claim){
	    .name = "app",
	    .limit = p->rate,
	    .per_ms = RATE_PERIOD_MS,
	    .tokens = 1,
	};
	if (!op->is_put)
		return;
	call->claims[call->claim_count++] = (struct rate_claim){
	    .name = "put",
	    .limit = unlimited ? RATE_UNLIMITED : p->rate_put,
	    .per_ms = RATE_PERIOD_MS,
	    .tokens = 1,
	};
}

static void
short_digest(const struct str *parts, size_t count, uint8_t out[IDENTITY_BYTES])
{
	uint8_t whole[DIGEST_BYTES_MAX];
	struct digest d;

	digest_init(&d, DIGEST_SHA256);
	for (size_t i = 0; i < count; i++) {
		digest_add(&d, parts[i]);
		/* No part holds a NUL but the last. */
		digest_add(&d, STR("\0"));
	}
	(void)digest_end(&d, whole);
	memcpy(out, whole, IDENTITY_BYTES);
}

/* By the client's key, or by what was signed: the signature covers route and
 * bytes, and the time makes it unique. */
static void
identify(struct call *call, const uint8_t mac[DIGEST_BYTES_MAX])
{
	const struct intents_state *state = call->state;
	const struct request *r = &call->request;
	struct identity *id = &call->command.identity;
	struct identity by_bytes = {.present = true,
	    .at_ms = state->at_ms,
	    .kept_ms = r->received_ms + LIMIT_ANSWER_KEPT_MS};
	struct str key = request_header(r, "Idempotency-Key");

	by_bytes.digest[0] = DIALECT_TAG;
	memcpy(by_bytes.digest + 1, mac, IDENTITY_BYTES - 1);
	if (str_is_null(key)) {
		*id = by_bytes;
		return;
	}
	/* The signature does not cover the key: the bytes count as well. */
	call->command.signed_identity = by_bytes;
	id->present = true;
	id->at_ms = 0;
	id->kept_ms = r->received_ms + LIMIT_KEY_KEPT_MS;
	short_digest((struct str[]){STR("intents"), key}, 2, id->digest);
	short_digest((struct str[]){r->method, r->target, r->body}, 3,
	    id->body);
}

enum err_code
intents_verify(struct call *call)
{
	const struct operation *op = call->operation;
	uint8_t mac[DIGEST_BYTES_MAX];

	assert(op != NULL);
	assert(!op->is_public);
	assert(call->credential != NULL);
	if (!holds(call, mac)) {
		outcome_fail(&call->outcome, ERR_DENIED, NULL);
		return err_set(&call->err, ERR_DENIED, "X-Signature",
		    call->known ? "the signature differs"
				: "no app has this id");
	}
	claim_rates(call, op);
	if (op->kind >= COMMAND_CREATE && op->kind <= COMMAND_BATCH)
		identify(call, mac);
	return ERR_OK;
}

enum err_code
intents_sign(struct arena *a, const struct credential *c,
    const struct sign_input *in, struct sign_output *out, struct err *err)
{
	struct str at = arena_printf(a, "%0*lld", TIMESTAMP_DIGITS,
	    (long long)in->at_ms);
	struct header *headers = ARENA_ARRAY(a, 4, struct header);
	char *hex = arena_alloc(a, 2 * DIGEST_SHA256_BYTES + 1);
	const struct request r = {
	    .method = in->method, .target = in->target, .body = in->body};
	struct form_field parts[INTENTS_PART__COUNT];
	const struct signing s = intents_signing(parts, &r, at, c->secret);
	uint8_t mac[DIGEST_BYTES_MAX];

	if (in->method.n == 0 || !str_starts(in->target, STR("/")))
		return err_set(err, ERR_USAGE, NULL,
		    "intents signs an HTTP "
		    "method and a path, like PUT " INTENTS_BASE "/intents/ID");
	out->string_to_sign = signing_text(a, &s);
	out->shown = signing_shown(a, &s, SIZE_MAX);
	if (arena_failed(a))
		return err_set(err, ERR_NO_MEMORY, NULL, "the arena is full");
	digest_hex_lower(mac, signing_digest(&s, mac), hex);
	headers[0] = (struct header){STR("X-App-Id"), c->key};
	headers[1] = (struct header){STR("X-Timestamp"), at};
	headers[2] = (struct header){STR("X-Signature"), str_from(hex)};
	headers[3] = (struct header){
	    STR("Content-Type"), STR("application/json")};
	out->signature = headers[2].value;
	out->headers = headers;
	out->header_count = in->body.n > 0 ? 4 : 3;
	out->target = in->target;
	out->body = in->body;
	out->http_method = in->method;
	return ERR_OK;
}
