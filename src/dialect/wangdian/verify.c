/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks. The order of the checks is theirs: sid, key, timestamp, v, sign.
 * That an unknown sid or key is told before the signature is looked at is
 * theirs, too; the signature is computed all the same, so that time tells no
 * more than the words do. A sid is known when any app has it, a key is good
 * when it is of that sid.
 *
 *   sign = md5(secret + name + value + … + secret), see parameters.c
 *
 * An appsecret is "secret:salt". The salt is sent and signed like any other
 * parameter and must be the app's.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"

#include <assert.h>

/* Keeps the identities of dialects apart; see struct identity. */
#define DIALECT_TAG 'w'

#define APP_PERIOD_MS 1000
#define METHOD_PERIOD_MS (60 * 1000)

/* What is repeated of a timestamp that is none. */
#define ECHO_BYTES 64

void
wangdian_split_secret(struct str appsecret, struct wangdian_key *out)
{
	struct str rest = appsecret;

	out->secret = str_cut(&rest, ':');
	out->salt = str_is_null(rest) ? STR("") : rest;
}

static void
make_key(struct str appsecret, struct wangdian_key *key)
{
	struct digest d;

	wangdian_split_secret(appsecret, key);
	digest_init(&key->begun, DIGEST_MD5);
	digest_add(&key->begun, key->secret);
	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, key->salt);
	(void)digest_end(&d, key->salt_digest);
}

const void *
wangdian_prepare(struct arena *a, const struct credential *c)
{
	struct wangdian_key *key = ARENA_NEW(a, struct wangdian_key);

	assert(c != NULL);
	if (key != NULL)
		make_key(c->secret, key);
	return key;
}

/* Compares digests, because salts may differ in length. */
static bool
salt_holds(struct str sent, const struct wangdian_key *key)
{
	uint8_t digest[DIGEST_BYTES_MAX];
	struct digest d;

	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, sent);
	(void)digest_end(&d, digest);
	return digest_equal(digest, key->salt_digest, DIGEST_SHA256_BYTES) &
	    (sent.n > 0);
}

/* The same work whatever the credential and the signature sent are. */
static bool
sign_holds(const struct call *call, const struct wangdian_parameters *p)
{
	const struct wangdian_state *state = call->state;
	const struct wangdian_key *key = call->credential->prepared;
	uint8_t sent[DIGEST_MD5_BYTES] = {0};
	uint8_t own[DIGEST_BYTES_MAX];
	struct wangdian_key made;
	struct signing s;
	struct digest d;
	bool is_hex, has_salt;

	if (key == NULL) {
		make_key(call->credential->secret, &made);
		key = &made;
	}
	s = wangdian_signing(p, key->secret);
	d = key->begun;
	signing_feed(&s, signing_to_digest, &d);
	digest_add(&d, s.tail);
	(void)digest_end(&d, own);
	is_hex = digest_hex_parse(state->sign, sent, sizeof(sent));
	has_salt = salt_holds(state->salt, key);
	return digest_equal(own, sent, sizeof(sent)) & is_hex & has_salt &
	    !p->ambiguous & call->known;
}

/* Only once the signature is known to be what the request is refused for. */
static enum err_code
refuse_sign(struct call *call, const struct wangdian_parameters *p)
{
	struct wangdian_key key;
	struct signing s;

	wangdian_split_secret(call->credential->secret, &key);
	s = wangdian_signing(p, key.secret);
	signing_note(call, &s);
	return wangdian_refuse(call, ERR_DENIED, 0, NULL);
}

static bool
sid_is_known(const struct call *call, struct str sid)
{
	const struct credential *c = call->credential;

	if (sid.n == 0)
		return false;
	if (call->known && str_eq(c->scope, sid))
		return true;
	return c->scopes != NULL && map_find(c->scopes, sid) != NULL;
}

bool
wangdian_parse_time(struct str text, int64_t *at_ms)
{
	int64_t theirs;

	if (!str_parse_int(text, &theirs) || theirs > INT32_MAX ||
	    theirs < INT32_MIN)
		return false;
	*at_ms = (theirs + WANGDIAN_EPOCH_S) * 1000;
	return true;
}

/* Milliseconds since 1970 of a timestamp that is one, and in its window. */
static enum err_code
check_time(struct call *call, int64_t *at_ms)
{
	const struct wangdian_state *state = call->state;
	struct str text = state->timestamp;
	int64_t now_s = call->request.received_ms / 1000;
	int64_t off_s;

	if (!wangdian_parse_time(text, at_ms))
		return wangdian_refuse(call, ERR_BAD_TIME, WANGDIAN_REFUSED,
		    "For input string: \"%.*s\"",
		    STR_ARG(str_sub(text, 0, ECHO_BYTES)));
	off_s = *at_ms / 1000 - now_s;
	if (off_s > LIMIT_WANGDIAN_WINDOW_S || off_s < -LIMIT_WANGDIAN_WINDOW_S)
		return wangdian_refuse(call, ERR_BAD_TIME, 0, NULL);
	return ERR_OK;
}

static void
claim_rates(struct call *call)
{
	const struct wangdian_method *m = call->operation;
	const struct policy *p = &call->credential->policy;
	/* An app without a rate has none at all. */
	bool unlimited = p->rate == RATE_UNLIMITED;

	call->claims[call->claim_count++] = (struct rate_claim){
	    .name = "app",
	    .limit = p->rate,
	    .per_ms = APP_PERIOD_MS,
	    .tokens = 1,
	};
	if (m == NULL)
		return;
	call->claims[call->claim_count++] = (struct rate_claim){
	    .name = m->name,
	    .limit = unlimited ? RATE_UNLIMITED : p->rate_wangdian,
	    .per_ms = METHOD_PERIOD_MS,
	    .tokens = 1,
	};
}

/* Over all that was signed; unlike the signature with separators, of which no
 * name and no value but the body's holds one. */
static void
identify(struct call *call, const struct wangdian_parameters *p, int64_t at_ms)
{
	struct identity *id = &call->command.identity;
	const struct str separator = {"", 1};
	uint8_t whole[DIGEST_BYTES_MAX];
	struct digest d;

	digest_init(&d, DIGEST_SHA256);
	for (size_t i = 0; i < p->count; i++) {
		digest_add(&d, p->rows[i].name);
		digest_add(&d, separator);
		digest_add(&d, p->rows[i].value);
		digest_add(&d, separator);
	}
	(void)digest_end(&d, whole);
	id->present = true;
	id->at_ms = at_ms;
	id->kept_ms = call->request.received_ms + LIMIT_ANSWER_KEPT_MS;
	id->digest[0] = DIALECT_TAG;
	memcpy(id->digest + 1, whole, IDENTITY_BYTES - 1);
}

static bool
is_change(const struct wangdian_method *m)
{
	return m != NULL && m->kind >= COMMAND_CREATE &&
	    m->kind <= COMMAND_BATCH;
}

enum err_code
wangdian_verify(struct call *call)
{
	const struct wangdian_state *state = call->state;
	struct wangdian_parameters parameters;
	const struct credential *c = call->credential;
	int64_t at_ms = 0;
	enum err_code rc;
	bool good;

	assert(state != NULL);
	assert(c != NULL);
	wangdian_parameters_sort(&parameters, &state->query,
	    call->request.body);
	good = sign_holds(call, &parameters);
	if (!sid_is_known(call, state->sid))
		return wangdian_refuse(call, ERR_DENIED, WANGDIAN_REFUSED,
		    "sid is not found");
	if (!call->known || c->disabled || !str_eq(c->scope, state->sid))
		return wangdian_refuse(call, ERR_DENIED, WANGDIAN_REFUSED,
		    "app auth fail");
	rc = check_time(call, &at_ms);
	if (rc != ERR_OK)
		return rc;
	if (!str_eq(state->version, STR("1.0")))
		return wangdian_refuse(call, ERR_BAD_REQUEST, WANGDIAN_VERSION,
		    "版本错误");
	if (!good)
		return refuse_sign(call, &parameters);
	claim_rates(call);
	if (is_change(call->operation))
		identify(call, &parameters, at_ms);
	return ERR_OK;
}
