/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks between the app key and the business, each with the platform's
 * error and in the platform's order: 29, 23, 32 33, 30 31, 24 25, 22, 26 27.
 * They need the app, because 29 comes before them; that an app key is unknown
 * is the one thing this dialect tells before a signature holds.
 */
#include "dialect/top/top_impl.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/when.h"

#include <assert.h>

#define RATE_PERIOD_MS 1000
#define SECOND_DIGITS 10 /* from 2001 to 2286 */
#define MS_DIGITS 13

static enum err_code
check_app(struct call *call)
{
	if (call->known)
		return ERR_OK;
	return top_refuse(call, TOP_BAD_APP_KEY, STR_NONE, ERR_DENIED);
}

static enum err_code
check_format(struct call *call)
{
	struct str format = top_param_find(call, "format");

	if (str_is_null(format) || str_eq(format, STR("json")) ||
	    str_eq(format, STR("xml")))
		return ERR_OK;
	return top_refuse(call, TOP_BAD_FORMAT, STR_NONE, ERR_BAD_FIELD);
}

static enum err_code
check_version(struct call *call)
{
	struct str version = top_param_find(call, "v");

	if (str_is_null(version))
		return top_refuse(call, TOP_NO_VERSION, STR_NONE,
		    ERR_BAD_FIELD);
	if (!str_eq(version, STR("2.0")))
		return top_refuse(call, TOP_BAD_VERSION, STR_NONE,
		    ERR_BAD_FIELD);
	return ERR_OK;
}

/* "2026-02-25 18:30:00" in China, 13 digits of milliseconds or 10 of seconds. */
bool
top_parse_time(struct str text, int64_t *at_ms)
{
	if (text.n == MS_DIGITS && text.p[0] != '-')
		return str_parse_int(text, at_ms);
	if (text.n == SECOND_DIGITS && text.p[0] != '-') {
		if (!str_parse_int(text, at_ms))
			return false;
		*at_ms *= 1000;
		return true;
	}
	return when_parse_china(text, at_ms);
}

static enum err_code
check_time(struct call *call)
{
	struct top_state *state = call->state;
	struct str text = top_param_find(call, "timestamp");
	int64_t off_ms;

	if (str_is_null(text))
		return top_refuse(call, TOP_NO_TIMESTAMP, STR_NONE,
		    ERR_NO_CREDENTIALS);
	if (!top_parse_time(text, &state->at_ms))
		return top_refuse(call, TOP_BAD_TIMESTAMP, STR_NONE,
		    ERR_BAD_TIME);
	off_ms = state->at_ms - call->request.received_ms;
	if (off_ms > LIMIT_TOP_WINDOW_MS || off_ms < -LIMIT_TOP_WINDOW_MS)
		return top_refuse(call, TOP_BAD_TIMESTAMP, STR_NONE,
		    ERR_BAD_TIME);
	return ERR_OK;
}

static enum err_code
check_method(struct call *call)
{
	if (call->operation != NULL)
		return ERR_OK;
	return top_refuse(call, TOP_BAD_METHOD, STR_NONE, ERR_NO_ROUTE);
}

static enum err_code
check_session(struct call *call)
{
	const struct top_method *m = call->operation;
	const struct credential *c = call->credential;
	struct str session = top_param_find(call, "session");

	if (str_is_null(session)) {
		if (!m->needs_session &&
		    c->policy.top_session != TOP_SESSION_REQUIRED)
			return ERR_OK;
		return top_refuse(call, TOP_NO_SESSION, STR_NONE,
		    ERR_NO_CREDENTIALS);
	}
	if (session.n == c->session.n &&
	    digest_equal(session.p, c->session.p, session.n))
		return ERR_OK;
	return top_refuse(call, TOP_BAD_SESSION, STR_NONE, ERR_DENIED);
}

static enum err_code (*const checks[])(struct call *call) = {
    check_app,
    check_format,
    check_version,
    check_time,
    top_verify_signature,
    check_method,
    check_session,
};

enum err_code
top_verify(struct call *call)
{
	const struct top_method *m;

	assert(call->state != NULL);
	assert(call->credential != NULL);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		enum err_code rc = checks[i](call);

		if (rc != ERR_OK)
			return rc;
	}
	call->claims[call->claim_count++] = (struct rate_claim){
	    .name = "app",
	    .limit = call->credential->policy.rate,
	    .per_ms = RATE_PERIOD_MS,
	    .tokens = 1,
	};
	m = call->operation;
	if (m->kind >= COMMAND_CREATE && m->kind <= COMMAND_EVENT)
		top_identify(call);
	return ERR_OK;
}
