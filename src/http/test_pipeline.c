/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a request, their order and what each may know, with an engine
 * and a dialect that do as the test says and note what was asked of them.
 */
#include "http/pipeline.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "tests/check.h"

#define NOW_MS INT64_C(1772015400000)

/* --- the fakes ---------------------------------------------------------- */

static struct {
	bool known;
	struct credential credential;
	enum err_code open, verify, decode, ping;
	enum command_kind kind;
	bool needs_body;
	bool waits; /* engine_run gives a task that finishes later */
	bool rate_refuses;
	bool rate_waits;	 /* engine_admit decides later, … */
	enum err_code rate_code; /* … or this */
	struct admission *admission;
	bool encode_fails;
	bool fills_arena;
	bool is_public;
	size_t claims;
	int64_t worth; /* tokens that decode finds the call to take */
	int64_t taken, owed;
	struct task *task;
	int held;
	int replies_ready;
	char steps[256]; /* what was called, in order */
} fake;

static void
note(const char *step)
{
	size_t n = strlen(fake.steps);

	(void)snprintf(fake.steps + n, sizeof(fake.steps) - n, "%s ", step);
}

const struct credential *
engine_credential(struct engine *e, const char *dialect, struct str key,
    bool *known)
{
	(void)e;
	assert_string_equal(dialect, "fake");
	check_str(key, "key");
	note("credential");
	*known = fake.known;
	fake.held++;
	return &fake.credential;
}

void
engine_credential_release(struct engine *e, const struct credential *c)
{
	(void)e;
	assert_ptr_equal(c, &fake.credential);
	fake.held--;
}

bool
engine_admit(struct engine *e, struct admission *a)
{
	(void)e;
	assert_int_equal(a->app, fake.credential.app);
	assert_int_equal(a->count, fake.claims);
	assert_null(a->link.next);
	note("rate");
	fake.taken += a->claims[0].tokens;
	a->state->limited = true;
	a->state->refused = fake.rate_refuses;
	a->code = fake.rate_refuses ? ERR_RATE_LIMITED : fake.rate_code;
	fake.admission = a;
	return !fake.rate_waits;
}

void
engine_owe(struct engine *e, int64_t app, const struct rate_claim *claims,
    size_t count, struct rate_state *state)
{
	(void)e;
	assert_int_equal(app, fake.credential.app);
	assert_int_equal(count, fake.claims);
	note("owe");
	fake.owed += claims[0].tokens;
	assert_true(claims[0].owed);
	state->limited = true;
}

bool
engine_run(struct engine *e, struct task *task)
{
	(void)e;
	note("run");
	assert_true(fake.held == 1 || fake.is_public);
	assert_null(task->link.next);
	fake.task = task;
	return !fake.waits;
}

enum err_code
engine_ping(struct engine *e, struct err *err)
{
	(void)e;
	note("ping");
	if (fake.ping == ERR_OK)
		return ERR_OK;
	return err_set(err, fake.ping, NULL, "the disk is gone");
}

static bool
fake_claims_path(struct str path)
{
	return str_starts(path, STR("/fake"));
}

static enum err_code
fake_open(struct call *call)
{
	note("open");
	if (fake.needs_body)
		check_str(call->request.body, "body");
	if (fake.open != ERR_OK)
		return err_set(&call->err, fake.open, "f", "why");
	call->operation = &fake;
	if (!fake.is_public)
		call->credential_key = STR("key");
	return ERR_OK;
}

static enum err_code
fake_verify(struct call *call)
{
	note("verify");
	assert_ptr_equal(call->credential, &fake.credential);
	call->claim_count = fake.claims;
	call->claims[0].tokens = 1;
	return fake.verify;
}

static enum err_code
fake_decode(struct call *call)
{
	note("decode");
	if (fake.worth > 0)
		call->claims[0].tokens = fake.worth;
	call->command.kind = fake.kind;
	if (fake.fills_arena)
		(void)arena_alloc(call->arena, LIMIT_REQUEST_ARENA_BYTES);
	if (fake.decode == ERR_BAD_FIELD)
		outcome_add_fault(&call->outcome,
		    (struct fault){.rule = RULE_REQUIRED, .wire = STR("w")});
	return fake.decode;
}

static void
fake_encode(struct call *call)
{
	note("encode");
	if (fake.encode_fails)
		return;
	call->reply.status = call->outcome.code == ERR_OK ? 200 : 400;
	call->reply.content_type = "text/plain";
	buf_init(&call->reply.body, call->arena, LIMIT_REPLY_BYTES);
	buf_str(&call->reply.body, str_from(err_name(call->outcome.code)));
}

static const char *
fake_method(const struct call *call)
{
	return call->operation != NULL ? "do" : "unknown";
}

static struct dialect fake_dialect = {
    .name = "fake",
    .claims_path = fake_claims_path,
    .open = fake_open,
    .verify = fake_verify,
    .decode = fake_decode,
    .encode = fake_encode,
    .method = fake_method,
};

const struct dialect *const dialects[] = {&fake_dialect, NULL};

const struct dialect *
dialect_route(struct str path)
{
	return fake_claims_path(path) ? &fake_dialect : NULL;
}

struct str
request_header_find(const struct request *r, struct str name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(r->headers[i].name, name))
			return r->headers[i].value;
	return STR_NONE;
}

/* --- the tests ------------------------------------------------------------ */

static struct metrics metrics;
static struct pipeline pipeline;
static struct exchange exchange;
static char logged[8192];

static int64_t
fake_now(void *arg)
{
	(void)arg;
	return NOW_MS;
}

static void
take_log(void *arg, struct str lines)
{
	(void)arg;
	assert_true(lines.n < sizeof(logged));
	memcpy(logged, lines.p, lines.n);
	logged[lines.n] = '\0';
}

static void
ready(struct exchange *x)
{
	assert_ptr_equal(x, &exchange);
	assert_int_equal(x->state, EXCHANGE_READY);
	fake.replies_ready++;
}

int
setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.known = true;
	fake.kind = COMMAND_CHANGE;
	fake.claims = 1;
	fake.credential.app = 7;
	fake.credential.app_id = STR("app_7");
	fake_dialect.open_needs_body = false;
	log_set_sink(take_log, NULL);
	metrics_init(&metrics, NOW_MS - 5000);
	pipeline = (struct pipeline){.metrics = &metrics,
	    .clock = {.now_ms = fake_now},
	    .started_ms = NOW_MS - 5000};
	exchange_init(&exchange, &pipeline);
	exchange.reply_ready = ready;
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	exchange_fini(&exchange);
	assert_int_equal(fake.held, 0);
	metrics_fini(&metrics);
	log_set_sink(NULL, NULL);
	return 0;
}

static void
fill(const char *target)
{
	struct request *r = &exchange.call.request;

	r->method = STR("PUT");
	r->target = str_from(target);
	r->client_ip = STR("192.0.2.7");
}

/* The whole way; "body" is the body. */
static void
pass(const char *target)
{
	fill(target);
	if (exchange_open(&exchange))
		return;
	exchange.call.request.body = STR("body");
	(void)exchange_run(&exchange);
}

static void
check_reply(enum err_code code, const char *steps)
{
	assert_int_equal(exchange.state, EXCHANGE_READY);
	check_err(exchange.call.outcome.code, code);
	check_str(buf_view(&exchange.call.reply.body), err_name(code));
	assert_string_equal(fake.steps, steps);
}

void
test_a_change_passes_every_step_in_order(void **state)
{
	const struct command *c = &exchange.call.command;
	static const uint8_t zeros[32];

	(void)state;
	pass("/fake/1?a=b");
	check_reply(ERR_OK, "open credential verify rate decode run encode ");
	check_str(exchange.call.request.path, "/fake/1");
	check_str(exchange.call.request.query, "a=b");
	assert_int_equal(exchange.call.request.received_ms, NOW_MS);
	assert_int_equal(exchange.call.request.uptime_ms, 5000);
	assert_int_equal(c->app, 7);
	assert_ptr_equal(c->policy, &fake.credential.policy);
	assert_string_equal(c->dialect, "fake");
	assert_string_equal(c->method, "do");
	assert_int_equal(c->request_id.n, 16);
	assert_true(str_is_null(c->trace_id));
	assert_memory_not_equal(c->entropy, zeros, sizeof(zeros));
	assert_ptr_equal(fake.task->command, c);
	assert_int_equal(fake.held, 1);
	exchange_reset(&exchange);
	assert_int_equal(fake.held, 0);
}

/* A read has no salts to make. */
void
test_a_read_takes_no_entropy(void **state)
{
	const struct command *c = &exchange.call.command;
	static const uint8_t zeros[32];

	(void)state;
	fake.kind = COMMAND_READ;
	pass("/fake/1");
	check_reply(ERR_OK, "open credential verify rate decode run encode ");
	assert_memory_equal(c->entropy, zeros, sizeof(zeros));
}

void
test_a_target_without_a_query_has_none(void **state)
{
	(void)state;
	pass("/fake");
	assert_true(str_is_null(exchange.call.request.query));
	check_str(exchange.call.request.path, "/fake");
	exchange_reset(&exchange);
	pass("/fake?");
	check_str(exchange.call.request.query, "");
}

void
test_a_task_that_waits_is_answered_once_it_is_done(void **state)
{
	(void)state;
	fake.waits = true;
	pass("/fake");
	assert_int_equal(exchange.state, EXCHANGE_WAITING);
	assert_int_equal(fake.replies_ready, 0);
	assert_int_equal(fake.held, 1);
	exchange.call.outcome.code = ERR_CONFLICT;
	fake.task->done(fake.task);
	assert_int_equal(fake.replies_ready, 1);
	check_reply(ERR_CONFLICT,
	    "open credential verify rate decode run encode ");
}

void
test_an_unknown_app_is_verified_and_denied(void **state)
{
	(void)state;
	fake.known = false;
	fake.verify = ERR_DENIED;
	pass("/fake");
	check_reply(ERR_DENIED, "open credential verify encode ");
	assert_string_equal(logged, "");
	exchange_reset(&exchange);
	/* Even if a dialect's verify were wrong. */
	fake.verify = ERR_OK;
	fake.steps[0] = '\0';
	pass("/fake");
	check_reply(ERR_DENIED, "open credential verify encode ");
}

void
test_a_bad_signature_takes_no_rate(void **state)
{
	(void)state;
	fake.verify = ERR_DENIED;
	fake.credential.disabled = true;
	pass("/fake");
	check_reply(ERR_DENIED, "open credential verify encode ");
}

void
test_admission_is_disabled_then_address_then_rate(void **state)
{
	(void)state;
	fake.rate_refuses = true;
	fake.credential.policy.allow_ip = STR("10.0.0.0/8");
	fake.credential.disabled = true;
	pass("/fake");
	check_reply(ERR_DISABLED, "open credential verify encode ");
	exchange_reset(&exchange);
	fake.steps[0] = '\0';
	fake.credential.disabled = false;
	pass("/fake");
	check_reply(ERR_IP_DENIED, "open credential verify encode ");
	exchange_reset(&exchange);
	fake.steps[0] = '\0';
	fake.credential.policy.allow_ip = STR("10.0.0.0/8,192.0.2.7");
	pass("/fake");
	check_reply(ERR_RATE_LIMITED, "open credential verify rate encode ");
	assert_true(exchange.call.rate.refused);
	exchange_reset(&exchange);
	fake.steps[0] = '\0';
	fake.claims = 0;
	pass("/fake");
	check_reply(ERR_OK, "open credential verify decode run encode ");
}

/* The store is asked what is left to the app: decided later, then as ever. */
void
test_admission_waits_and_goes_on(void **state)
{
	(void)state;
	fake.claims = 1;
	fake.rate_waits = true;
	fake.waits = true;
	fake.kind = COMMAND_READ;
	pass("/fake");
	assert_string_equal(fake.steps, "open credential verify rate ");
	assert_int_equal(exchange.state, EXCHANGE_WAITING);
	fake.admission->done(fake.admission);
	assert_int_equal(exchange.state, EXCHANGE_WAITING);
	assert_int_equal(fake.replies_ready, 0);
	fake.task->done(fake.task);
	assert_int_equal(fake.replies_ready, 1);
	check_reply(ERR_OK, "open credential verify rate decode run encode ");
}

void
test_admission_waits_and_is_refused(void **state)
{
	(void)state;
	fake.claims = 1;
	fake.rate_waits = true;
	fake.kind = COMMAND_READ;
	fake.rate_code = ERR_STORE_BUSY;
	pass("/fake");
	fake.admission->done(fake.admission);
	assert_int_equal(fake.replies_ready, 1);
	check_reply(ERR_STORE_BUSY, "open credential verify rate encode ");
}

/* The body is not read before the rate has let the call pass. */
void
test_what_a_body_is_worth_is_taken_after_it_was_read(void **state)
{
	(void)state;
	fake.worth = 500;
	pass("/fake");
	check_reply(ERR_OK,
	    "open credential verify rate decode owe run encode ");
	assert_int_equal(fake.taken, 1);
	assert_int_equal(fake.owed, 499);
	exchange_reset(&exchange);
	fake.steps[0] = '\0';
	fake.decode = ERR_BAD_FIELD;
	pass("/fake");
	check_reply(ERR_BAD_FIELD,
	    "open credential verify rate decode owe encode ");
	assert_int_equal(fake.owed, 2 * 499);
	exchange_reset(&exchange);
	fake.steps[0] = '\0';
	fake.rate_refuses = true;
	pass("/fake");
	check_reply(ERR_RATE_LIMITED, "open credential verify rate encode ");
}

void
test_what_decode_finds_wrong_is_kept(void **state)
{
	(void)state;
	fake.decode = ERR_BAD_FIELD;
	pass("/fake");
	check_reply(ERR_BAD_FIELD,
	    "open credential verify rate decode encode ");
	assert_int_equal(exchange.call.outcome.fault_count, 1);
	check_str(exchange.call.outcome.faults[0].wire, "w");
}

void
test_an_early_refusal_needs_no_body(void **state)
{
	(void)state;
	fake.open = ERR_NO_CREDENTIALS;
	fill("/fake");
	assert_true(exchange_open(&exchange));
	check_reply(ERR_NO_CREDENTIALS, "open encode ");
	assert_string_equal(exchange.call.outcome.err.field, "f");
}

void
test_open_may_need_the_body(void **state)
{
	(void)state;
	fake.needs_body = true;
	fake_dialect.open_needs_body = true;
	fill("/fake");
	assert_false(exchange_open(&exchange));
	assert_string_equal(fake.steps, "");
	exchange.call.request.body = STR("body");
	assert_true(exchange_run(&exchange));
	check_reply(ERR_OK, "open credential verify rate decode run encode ");
}

void
test_a_path_nobody_claims_is_refused_by_the_first_dialect(void **state)
{
	static struct engine_stats stats;
	struct buf page;

	(void)state;
	fill("/nothing");
	assert_true(exchange_open(&exchange));
	check_reply(ERR_NO_ROUTE, "encode ");
	exchange_account(&exchange, true);
	buf_init(&page, NULL, 1 << 20);
	metrics_print(&metrics, &stats, NOW_MS, &page);
	buf_char(&page, '\0');
	assert_non_null(strstr(page.p,
	    "procured_requests_total{dialect=\"none\",method=\"unknown\","
	    "outcome=\"no_route\"} 1\n"));
	buf_fini(&page);
}

void
test_a_body_over_the_limit_is_refused_before_anything(void **state)
{
	struct header length = {STR("Content-Length"), STR("1048577")};
	char *body;

	(void)state;
	fill("/fake");
	exchange.call.request.headers = &length;
	exchange.call.request.header_count = 1;
	assert_true(exchange_open(&exchange));
	check_reply(ERR_BODY_TOO_LARGE, "encode ");
	exchange_reset(&exchange);
	fake.steps[0] = '\0';
	length.value = STR("1048576");
	fill("/fake");
	exchange.call.request.headers = &length;
	exchange.call.request.header_count = 1;
	assert_false(exchange_open(&exchange));
	body = calloc(1, LIMIT_BODY_BYTES + 1);
	assert_non_null(body);
	exchange.call.request.body = (struct str){body, LIMIT_BODY_BYTES + 1};
	assert_true(exchange_run(&exchange));
	check_reply(ERR_BODY_TOO_LARGE, "open encode ");
	free(body);
}

void
test_refusing_what_was_never_opened(void **state)
{
	struct err err;

	(void)state;
	fill("/fake?x");
	(void)err_set(&err, ERR_BAD_REQUEST, NULL, "two lengths");
	exchange_refuse(&exchange, ERR_BAD_REQUEST, &err);
	check_reply(ERR_BAD_REQUEST, "encode ");
	exchange_account(&exchange, true);
	log_flush();
	assert_non_null(strstr(logged, "\"detail\":\"two lengths\""));
	assert_non_null(strstr(logged, "\"outcome\":\"bad_request\""));
}

void
test_health_asks_the_store_without_credentials(void **state)
{
	(void)state;
	fake.is_public = true;
	fake.kind = COMMAND_HEALTH;
	pass("/fake");
	check_reply(ERR_OK, "open decode ping encode ");
	assert_int_equal(fake.held, 0);
	exchange_reset(&exchange);
	fake.steps[0] = '\0';
	fake.ping = ERR_STORE_FAILED;
	pass("/fake");
	check_reply(ERR_STORE_FAILED, "open decode ping encode ");
	exchange_account(&exchange, true);
	log_flush();
	assert_non_null(strstr(logged, "\"detail\":\"the disk is gone\""));
	assert_non_null(strstr(logged, "\"level\":\"warn\""));
}

void
test_what_needs_no_engine_is_answered_by_the_dialect(void **state)
{
	(void)state;
	fake.is_public = true;
	fake.kind = COMMAND_NONE;
	pass("/fake");
	check_reply(ERR_OK, "open decode encode ");
}

void
test_a_full_arena_is_an_error_not_a_half_command(void **state)
{
	(void)state;
	fake.fills_arena = true;
	pass("/fake");
	check_reply(ERR_NO_MEMORY,
	    "open credential verify rate decode encode ");
	exchange_reset(&exchange);
	fake.fills_arena = false;
	fake.steps[0] = '\0';
	pass("/fake");
	check_reply(ERR_OK, "open credential verify rate decode run encode ");
}

void
test_an_answer_that_could_not_be_written_is_still_one(void **state)
{
	(void)state;
	fake.encode_fails = true;
	pass("/fake");
	assert_int_equal(exchange.state, EXCHANGE_READY);
	assert_int_equal(exchange.call.reply.status, 500);
	check_str(buf_view(&exchange.call.reply.body), "{}");
}

void
test_a_request_without_an_answer_is_accounted_for(void **state)
{
	(void)state;
	fill("/fake?phone=13800138000&sign=abc&page=2");
	assert_false(exchange_open(&exchange));
	exchange_account(&exchange, false);
	log_flush();
	assert_non_null(strstr(logged, "\"outcome\":\"aborted\""));
	assert_non_null(strstr(logged, "\"status\":0"));
	assert_non_null(strstr(logged, "/fake?phone=138**00&sign=***&page=2"));
}

void
test_the_app_is_logged_only_once_it_is_proven(void **state)
{
	(void)state;
	fake.verify = ERR_DENIED;
	pass("/fake");
	exchange_account(&exchange, true);
	log_flush();
	assert_null(strstr(logged, "app_7"));
	exchange_reset(&exchange);
	fake.verify = ERR_OK;
	pass("/fake");
	exchange_account(&exchange, true);
	log_flush();
	assert_non_null(strstr(logged, "\"app\":\"app_7\""));
}

/* The second request sees nothing of the first. */
void
test_an_exchange_is_as_good_as_new_after_reset(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		fake.steps[0] = '\0';
		fake.decode = i % 2 == 0 ? ERR_OK : ERR_BAD_FIELD;
		pass("/fake");
		check_err(exchange.call.outcome.code, fake.decode);
		assert_int_equal(exchange.call.outcome.fault_count, i % 2);
		exchange_reset(&exchange);
		assert_null(exchange.call.dialect);
		assert_null(exchange.call.credential);
		assert_int_equal(exchange.state, EXCHANGE_NEW);
	}
}
