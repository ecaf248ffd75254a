/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spine of a request. Each step below stops with an err_code, and every
 * code goes the one way out: refuse → the dialect's encode.
 *
 *	prepare → open ─ body ─ identify → admit → decode → carry out → encode
 *
 * Nothing here allocates but from the exchange's arena. A call waits at two
 * places at most: while the store is asked for its app's tokens (admit), and
 * while the engine carries it out.
 */
#include "http/pipeline.h"

#include <assert.h>

#include "base/limits.h"
#include "http/access_log.h"
#include "http/cidr.h"
#include "http/head.h"
#include "http/ids.h"

/* The outcome of a request whose client left before there was one. */
#define OUTCOME_ABORTED "aborted"

static void admitted(struct admission *a);

void
exchange_init(struct exchange *x, struct pipeline *p)
{
	assert(x != NULL);
	assert(p != NULL);
	*x = (struct exchange){.pipeline = p};
	arena_init(&x->arena, LIMIT_REQUEST_ARENA_BYTES);
	x->call.arena = &x->arena;
}

void
exchange_fini(struct exchange *x)
{
	assert(x != NULL);
	exchange_reset(x);
	arena_fini(&x->arena);
}

void
exchange_reset(struct exchange *x)
{
	assert(x != NULL);
	assert(x->state != EXCHANGE_WAITING);
	if (x->holds_credential)
		engine_credential_release(x->pipeline->engine,
		    x->call.credential);
	x->holds_credential = false;
	x->unrouted = false;
	x->started_us = 0;
	x->state = EXCHANGE_NEW;
	arena_reset(&x->arena);
	x->arena.cap_bytes = LIMIT_REQUEST_ARENA_BYTES;
	memset(&x->call, 0, sizeof(x->call));
	memset(&x->task, 0, sizeof(x->task));
	memset(&x->admission, 0, sizeof(x->admission));
	x->call.arena = &x->arena;
}

static void
route(struct exchange *x)
{
	struct request *r = &x->call.request;
	struct str rest = head_origin_form(r->target);

	r->path = str_cut(&rest, '?');
	r->query = rest;
	x->call.dialect = dialect_route(r->path);
	x->unrouted = x->call.dialect == NULL;
	if (x->unrouted)
		x->call.dialect = dialects[0];
	assert(x->call.dialect != NULL);
}

/* All that the request says of itself without any dialect. */
static void
prepare(struct exchange *x)
{
	struct request *r = &x->call.request;

	assert(x->state == EXCHANGE_NEW);
	assert(!str_is_null(r->method));
	assert(!str_is_null(r->target));
	if (x->started_us == 0)
		x->started_us = when_monotonic_us();
	r->received_ms = clock_now_ms(&x->pipeline->clock);
	r->uptime_ms = r->received_ms - x->pipeline->started_ms;
	r->request_id = request_id_choose(&x->arena,
	    request_header(r, "x-request-id"));
	r->trace_id = trace_id_find(request_header(r, "traceparent"));
	r->body = STR("");
	x->call.shows_signing = x->pipeline->shows_signing;
	route(x);
	x->state = EXCHANGE_OPENED;
}

static bool
is_unwritten(const struct reply *reply)
{
	return reply->status == 0 || buf_failed(&reply->body);
}

/* Where memory has ended, a refusal still finds some. */
static void
make_room(struct exchange *x)
{
	x->arena.cap_bytes = LIMIT_REQUEST_ARENA_BYTES + LIMIT_LAST_WORDS_BYTES;
	x->arena.failed = false;
}

static void
encode(struct exchange *x)
{
	static char empty_object[] = "{}";
	struct reply *reply = &x->call.reply;

	if (arena_failed(&x->arena))
		make_room(x);
	x->call.dialect->encode(&x->call);
	if (is_unwritten(reply)) {
		make_room(x);
		memset(reply, 0, sizeof(*reply));
		outcome_fail(&x->call.outcome, ERR_NO_MEMORY, NULL);
		x->call.dialect->encode(&x->call);
	}
	if (is_unwritten(reply)) {
		reply->status = 500;
		reply->content_type = "application/json";
		buf_init_fixed(&reply->body, empty_object,
		    sizeof(empty_object));
		reply->body.n = sizeof(empty_object) - 1;
	}
	x->state = EXCHANGE_READY;
}

void
exchange_refuse(struct exchange *x, enum err_code code, const struct err *err)
{
	assert(x != NULL);
	assert(code != ERR_OK);
	assert(x->state == EXCHANGE_NEW || x->state == EXCHANGE_OPENED);
	if (x->state == EXCHANGE_NEW)
		prepare(x);
	outcome_fail(&x->call.outcome, code, err);
	encode(x);
}

static enum err_code
open_call(struct exchange *x)
{
	struct call *call = &x->call;

	if (x->unrouted)
		return ERR_NO_ROUTE;
	return call->dialect->open(call);
}

bool
exchange_open(struct exchange *x)
{
	enum err_code code = ERR_OK;
	struct head_body body;

	assert(x != NULL);
	prepare(x);
	body = head_body(&x->call.request);
	if (body.bytes > LIMIT_BODY_BYTES)
		code = ERR_BODY_TOO_LARGE;
	else if (body.is_coded)
		code = ERR_BAD_TYPE;
	else if (x->unrouted || !x->call.dialect->open_needs_body)
		code = open_call(x);
	if (code != ERR_OK)
		exchange_refuse(x, code, &x->call.err);
	return x->state == EXCHANGE_READY;
}

/* Whose request is it? Until verify has held, nothing about the app may show,
 * in words or in time. */
static enum err_code
identify(struct exchange *x)
{
	struct call *call = &x->call;
	enum err_code code;

	call->credential = engine_credential(x->pipeline->engine,
	    call->dialect->name, call->credential_key, &call->known);
	x->holds_credential = true;
	code = call->dialect->verify(call);
	if (code != ERR_OK)
		return code;
	/* A stand-in never verifies; this is the second lock on that door. */
	return call->known ? ERR_OK : ERR_DENIED;
}

static bool
address_is_allowed(const struct call *call)
{
	struct str list = call->credential->policy.allow_ip;
	struct address client;

	if (str_is_null(list) || list.n == 0)
		return true;
	return address_parse(call->request.client_ip, &client) &&
	    cidr_list_has(list, &client);
}

/* May the app call, and from there? *waits: the store is asked about its rates,
 * and admitted will be called. */
static enum err_code
admit(struct exchange *x, bool *waits)
{
	struct call *call = &x->call;
	struct admission *a = &x->admission;

	*waits = false;
	if (call->credential->disabled)
		return ERR_DISABLED;
	if (!address_is_allowed(call))
		return ERR_IP_DENIED;
	if (call->claim_count == 0)
		return ERR_OK;
	assert(call->claim_count <= RATE_CLAIMS_MAX);
	for (size_t i = 0; i < call->claim_count; i++)
		x->taken[i] = call->claims[i].tokens;
	*a = (struct admission){
	    .app = call->credential->app,
	    .claims = call->claims,
	    .count = call->claim_count,
	    .state = &call->rate,
	    .done = admitted,
	};
	x->state = EXCHANGE_WAITING;
	if (!engine_admit(x->pipeline->engine, a)) {
		*waits = true;
		return ERR_OK;
	}
	x->state = EXCHANGE_OPENED;
	return a->code;
}

/*
 * How many tokens a call takes may be in its body, and no body is read before
 * the rate has let it pass: verify claims one of each, decode raises the claims,
 * and the difference is taken here, of a call that is refused as well.
 */
static void
settle(struct exchange *x)
{
	struct call *call = &x->call;
	struct rate_claim owed[RATE_CLAIMS_MAX];
	int64_t more = 0;

	for (size_t i = 0; i < call->claim_count; i++) {
		owed[i] = call->claims[i];
		owed[i].owed = true;
		owed[i].tokens -= x->taken[i];
		assert(owed[i].tokens >= 0);
		more += owed[i].tokens;
	}
	if (more > 0)
		engine_owe(x->pipeline->engine, call->credential->app, owed,
		    call->claim_count, &call->rate);
}

static enum err_code
decode(struct exchange *x)
{
	struct call *call = &x->call;
	struct command *command = &call->command;
	enum err_code code;

	command->app = call->credential ? call->credential->app : 0;
	command->policy = call->credential ? &call->credential->policy : NULL;
	command->dialect = call->dialect->name;
	command->method = call->dialect->method(call);
	command->request_id = call->request.request_id;
	command->trace_id = call->request.trace_id;
	code = call->dialect->decode(call);
	settle(x);
	if (code == ERR_OK && arena_failed(&x->arena))
		return ERR_NO_MEMORY;
	return code;
}

static void
task_done(struct task *task)
{
	struct exchange *x = LIST_ENTRY(task, struct exchange, task);

	assert(x->state == EXCHANGE_WAITING);
	encode(x);
	assert(x->reply_ready != NULL);
	x->reply_ready(x);
}

static void
carry_out(struct exchange *x)
{
	struct call *call = &x->call;
	struct outcome *outcome = &call->outcome;
	struct engine *engine = x->pipeline->engine;
	enum err_code code;

	switch (call->command.kind) {
	case COMMAND_NONE:
		break;
	case COMMAND_HEALTH:
		code = engine_ping(engine, &outcome->err);
		if (code != ERR_OK)
			outcome_fail(outcome, code, NULL);
		break;
	default:
		if (call->command.kind <= COMMAND_BATCH)
			entropy_take(call->command.entropy,
			    sizeof(call->command.entropy));
		x->task.command = &call->command;
		x->task.outcome = outcome;
		x->task.arena = &x->arena;
		x->task.done = task_done;
		x->state = EXCHANGE_WAITING;
		if (!engine_run(engine, &x->task))
			return;
		break;
	}
	encode(x);
}

/* From the decoding on; the code is what came of all before. */
static void
go_on(struct exchange *x, enum err_code code)
{
	if (code == ERR_OK)
		code = decode(x);
	if (code == ERR_OK)
		carry_out(x);
	else
		exchange_refuse(x, code, &x->call.err);
}

static void
admitted(struct admission *a)
{
	struct exchange *x = LIST_ENTRY(a, struct exchange, admission);

	assert(x->state == EXCHANGE_WAITING);
	x->state = EXCHANGE_OPENED;
	go_on(x, a->code);
	assert(x->reply_ready != NULL);
	if (x->state == EXCHANGE_READY)
		x->reply_ready(x);
}

bool
exchange_run(struct exchange *x)
{
	struct call *call;
	enum err_code code = ERR_OK;
	bool waits = false;

	assert(x != NULL);
	assert(x->state == EXCHANGE_OPENED);
	call = &x->call;
	if (call->request.body.n > LIMIT_BODY_BYTES)
		code = ERR_BODY_TOO_LARGE;
	else if (call->dialect->open_needs_body)
		code = open_call(x);
	if (code == ERR_OK && !str_is_null(call->credential_key)) {
		code = identify(x);
		if (code == ERR_OK)
			code = admit(x, &waits);
	}
	if (!waits)
		go_on(x, code);
	return x->state == EXCHANGE_READY;
}

void
exchange_account(struct exchange *x, bool sent)
{
	const char *outcome, *method, *dialect;
	int64_t took_us;

	assert(x != NULL);
	assert(x->state == EXCHANGE_OPENED || x->state == EXCHANGE_READY);
	took_us = when_monotonic_us() - x->started_us;
	dialect = x->unrouted ? DIALECT_NONE : x->call.dialect->name;
	method = x->unrouted ? "unknown" : x->call.dialect->method(&x->call);
	outcome = x->state == EXCHANGE_READY ? err_name(x->call.outcome.code)
					     : OUTCOME_ABORTED;
	metrics_request(x->pipeline->metrics, dialect, method, outcome,
	    took_us);
	access_log_request(x, method, outcome, took_us, sent);
}
