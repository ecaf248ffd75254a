/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: the time, then the signature. An unknown appid and a wrong
 * signature are told alike, in words and in time. The signature covers neither
 * path nor call, so what makes two arrivals one request has the path besides.
 */
#include "dialect/franchiser/franchiser_impl.h"

#include "base/digest.h"

#include <assert.h>

/* Keeps the identities of dialects apart; see struct identity. */
#define DIALECT_TAG 'f'

#define APP_PERIOD_MS 1000
#define MS_DIGITS 13

/* Seconds since 1970; 13 digits are milliseconds. */
bool
franchiser_parse_time(struct str text, int64_t *at_ms)
{
	if (text.n == 0 || text.n > MS_DIGITS || text.p[0] == '-' ||
	    !str_parse_int(text, at_ms))
		return false;
	if (text.n < MS_DIGITS)
		*at_ms *= 1000;
	return true;
}

static enum err_code
check_time(struct call *call, int64_t *at_ms)
{
	const struct franchiser_state *state = call->state;
	int64_t window_ms = call->credential->policy.franchiser_window_s * 1000;
	int64_t off_ms;

	if (franchiser_parse_time(state->timestamp, at_ms)) {
		off_ms = *at_ms - call->request.received_ms;
		if (*at_ms > 0 && off_ms <= window_ms && off_ms >= -window_ms)
			return ERR_OK;
	}
	(void)err_set(&call->err, ERR_BAD_TIME, "timestamp", "%s",
	    "the timestamp is none, or out of its window");
	outcome_fail(&call->outcome, ERR_BAD_TIME, &call->err);
	return ERR_BAD_TIME;
}

/* The same work whatever credential and signature are. */
static bool
sign_holds(struct call *call)
{
	const struct franchiser_state *state = call->state;
	const struct credential *c = call->credential;
	uint8_t own[DIGEST_BYTES_MAX], sent[DIGEST_BYTES_MAX] = {0};
	struct form_field fields[LIMIT_FORM_FIELDS];
	struct signing s;
	bool is_hex, holds;
	size_t n;

	franchiser_signing(&s, fields, &state->form, c->secret,
	    c->policy.franchiser_sign);
	n = signing_digest(&s, own);
	is_hex = digest_hex_parse(state->sign, sent, n);
	holds = digest_equal(own, sent, n) & is_hex & call->known;
	if (!holds)
		signing_note(call, &s);
	return holds;
}

static void
claim_rates(struct call *call)
{
	const struct policy *p = &call->credential->policy;
	/* An app without a rate has none at all. */
	bool unlimited = p->rate == RATE_UNLIMITED;

	call->claims[call->claim_count++] = (struct rate_claim){
	    .name = "app",
	    .limit = p->rate,
	    .per_ms = APP_PERIOD_MS,
	    .tokens = 1,
	};
	call->claims[call->claim_count++] = (struct rate_claim){
	    .name = "franchiser",
	    .limit = unlimited ? RATE_UNLIMITED : p->rate_franchiser,
	    .per_ms = APP_PERIOD_MS,
	    .tokens = 1,
	};
}

static void
add_part(struct digest *d, struct str part)
{
	const struct str separator = {"", 1}; /* no field has a NUL */

	digest_add(d, part);
	digest_add(d, separator);
}

static void
identify(struct call *call, int64_t at_ms)
{
	const struct franchiser_state *state = call->state;
	struct form_field fields[LIMIT_FORM_FIELDS];
	size_t count = franchiser_sort(&state->form, fields);
	struct identity *id = &call->command.identity;
	uint8_t whole[DIGEST_BYTES_MAX];
	struct digest d;

	digest_init(&d, DIGEST_SHA256);
	add_part(&d, call->request.path);
	for (size_t i = 0; i < count; i++) {
		add_part(&d, fields[i].name);
		add_part(&d, fields[i].value);
	}
	(void)digest_end(&d, whole);
	id->present = true;
	id->at_ms = at_ms;
	id->kept_ms = call->request.received_ms + LIMIT_ANSWER_KEPT_MS;
	id->digest[0] = DIALECT_TAG;
	memcpy(id->digest + 1, whole, IDENTITY_BYTES - 1);
}

enum err_code
franchiser_verify(struct call *call)
{
	const struct franchiser_call *c = call->operation;
	int64_t at_ms = 0;
	enum err_code rc;

	assert(call->state != NULL);
	assert(call->credential != NULL);
	assert(c != NULL);
	rc = check_time(call, &at_ms);
	if (rc != ERR_OK)
		return rc;
	if (!sign_holds(call)) {
		(void)err_set(&call->err, ERR_DENIED, "sign", "%s",
		    err_text(ERR_DENIED));
		outcome_fail(&call->outcome, ERR_DENIED, &call->err);
		return ERR_DENIED;
	}
	claim_rates(call);
	if (c->kind >= COMMAND_CREATE && c->kind <= COMMAND_EVENT)
		identify(call, at_ms);
	return ERR_OK;
}
