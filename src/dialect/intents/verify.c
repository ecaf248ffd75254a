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

static void
add_signed_parts(struct hmac *h, struct str method, struct str target,
    struct str timestamp, struct str body)
{
	hmac_add(h, method);
	hmac_add(h, target);
	hmac_add(h, timestamp);
	hmac_add(h, body);
}

/* The same work whatever the credential and the signature sent are. */
static bool
holds(const struct call *call, uint8_t mac[DIGEST_BYTES_MAX])
{
	const struct intents_state *state = call->state;
	const struct request *r = &call->request;
	uint8_t sent[DIGEST_SHA256_BYTES] = {0};
	struct hmac_key own;
	const struct hmac_key *key = call->credential->prepared;
	struct hmac h;
	bool is_hex;

	if (key == NULL) {
		hmac_key_init(&own, DIGEST_SHA256, call->credential->secret);
		key = &own;
	}
	hmac_init(&h, key);
	add_signed_parts(&h, r->method, r->target, state->timestamp, r->body);
	(void)hmac_end(&h, mac);
	is_hex = digest_hex_parse(state->signature, sent, sizeof(sent));
	return digest_equal(mac, sent, sizeof(sent)) & is_hex & call->known;
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
	uint8_t mac[DIGEST_BYTES_MAX];
	struct hmac_key key;
	struct hmac h;

	if (in->method.n == 0 || !str_starts(in->target, STR("/")))
		return err_set(err, ERR_USAGE, NULL,
		    "intents signs an HTTP "
		    "method and a path, like PUT " INTENTS_BASE "/intents/ID");
	out->string_to_sign = arena_printf(a, "%.*s%.*s%.*s%.*s",
	    STR_ARG(in->method), STR_ARG(in->target), STR_ARG(at),
	    STR_ARG(in->body));
	if (arena_failed(a))
		return err_set(err, ERR_NO_MEMORY, NULL, "the arena is full");
	hmac_key_init(&key, DIGEST_SHA256, c->secret);
	hmac_init(&h, &key);
	add_signed_parts(&h, in->method, in->target, at, in->body);
	digest_hex_lower(mac, hmac_end(&h, mac), hex);
	digest_wipe(&key, sizeof(key));
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
