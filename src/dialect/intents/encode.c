/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outcomes of the intents dialect to replies: the envelope
 *
 *   {"code":0,"message":"操作成功","data":{…}}
 *
 * and the headers around it. A reply that grows too large, or a full arena,
 * becomes an error that needs no memory.
 */
#include "dialect/intents/intents_impl.h"

#include "base/buf.h"
#include "base/limits.h"

#include <assert.h>

#define CONTENT_TYPE "application/json; charset=utf-8"

struct intents_verdict
intents_judge(const struct call *call)
{
	const struct operation *op = call->operation;
	enum err_code code = call->outcome.code;
	const struct intents_error *row = &intents_errors[code];
	struct intents_verdict v = {
	    row, row->code, row->message, row->put_data};

	if (op != NULL && code == ERR_BAD_STATE && op->state_code != 0) {
		v.code = op->state_code;
		v.message = op->state_message;
	}
	if (code == ERR_OK) {
		assert(op != NULL);
		v.message = op->message != NULL ? op->message : row->message;
		v.put_data = op->put_data;
	}
	if (intents_has_batch(call))
		v.put_data = intents_put_batch;
	return v;
}

static void
put_envelope(struct buf *body, const struct intents_verdict *v,
    const struct call *call)
{
	struct json_out o;

	json_out_init(&o, body);
	json_open(&o, '{');
	json_key(&o, "code");
	json_put_int(&o, v->code);
	json_key(&o, "message");
	json_put_str(&o, str_from(v->message));
	json_key(&o, "data");
	v->put_data(&o, call);
	json_close(&o, '}');
}

/* --- headers ------------------------------------------------------------- */

/* Any integer with what may stand around it. */
#define INT_TEXT_BYTES 24

static struct str
int_text(struct arena *a, int64_t value)
{
	char *room = arena_alloc(a, INT_TEXT_BYTES);
	struct buf b;

	if (room == NULL)
		return STR_NONE;
	buf_init_fixed(&b, room, INT_TEXT_BYTES);
	buf_int(&b, value);
	return buf_view(&b);
}

static struct str
version_text(struct arena *a, int64_t version)
{
	char *room = arena_alloc(a, INT_TEXT_BYTES);
	struct buf b;

	if (room == NULL)
		return STR_NONE;
	buf_init_fixed(&b, room, INT_TEXT_BYTES);
	buf_char(&b, '"');
	buf_int(&b, version);
	buf_char(&b, '"');
	return buf_view(&b);
}

static int64_t
seconds_up(int64_t ms)
{
	return (ms + 999) / 1000;
}

static void
put_rate_headers(struct call *call)
{
	const struct rate_state *rate = &call->rate;
	struct reply *r = &call->reply;
	struct arena *a = call->arena;

	reply_header(r, "X-RateLimit-Limit", int_text(a, rate->limit));
	reply_header(r, "X-RateLimit-Remaining",
	    int_text(a, rate->remaining > 0 ? rate->remaining : 0));
	reply_header(r, "X-RateLimit-Reset",
	    int_text(
		a, seconds_up(call->request.received_ms + rate->reset_ms)));
}

/* draft-ietf-httpapi-ratelimit-headers: a policy by name, and its state. */
static void
put_refusal_headers(struct call *call)
{
	const struct rate_state *rate = &call->rate;
	struct reply *r = &call->reply;
	struct arena *a = call->arena;
	int64_t retry_s = seconds_up(rate->retry_ms);

	reply_header(r, "Retry-After", int_text(a, retry_s > 0 ? retry_s : 1));
	if (!rate->limited)
		return;
	reply_header(r, "RateLimit",
	    arena_printf(a, "\"%s\";r=%lld;t=%lld", rate->name,
		(long long)(rate->remaining > 0 ? rate->remaining : 0),
		(long long)seconds_up(rate->reset_ms)));
	reply_header(r, "RateLimit-Policy",
	    arena_printf(a, "\"%s\";q=%lld;w=%lld", rate->name,
		(long long)rate->limit, (long long)seconds_up(rate->per_ms)));
}

/* The version of the stored order; a dry run's is not stored. */
static void
put_etag(struct call *call)
{
	const struct outcome *out = &call->outcome;
	const struct operation *op = call->operation;

	if (out->code != ERR_OK || out->order == NULL ||
	    call->command.dry_run || op->kind == COMMAND_HISTORY)
		return;
	reply_header(&call->reply, "ETag",
	    version_text(call->arena, out->order->version));
}

static void
put_headers(struct call *call, const struct intents_verdict *v)
{
	const struct intents_state *state = call->state;
	struct reply *r = &call->reply;

	reply_header(r, "X-Request-Id", call->request.request_id);
	put_etag(call);
	if (call->outcome.code == ERR_BAD_METHOD)
		reply_header(r, "Allow",
		    intents_print_methods(call->arena, state->methods));
	if (v->row->retry_s > 0)
		reply_header(r, "Retry-After",
		    int_text(call->arena, v->row->retry_s));
	if (call->outcome.code == ERR_RATE_LIMITED)
		put_refusal_headers(call);
	if (call->rate.limited)
		put_rate_headers(call);
}

/* --- the whole reply ------------------------------------------------------ */

/* An error in memory that was set aside, or in none at all. */
static void
encode_broken(struct call *call)
{
	static char last_resort[] =
	    "{\"code\":50001,"
	    "\"message\":\"服务器内部错误\",\"data\":null}";
	const struct intents_error *row = &intents_errors[ERR_NO_MEMORY];
	const struct intents_verdict v = {
	    row, row->code, row->message, row->put_data};
	struct intents_state *state = call->state;
	struct reply *r = &call->reply;

	r->body = (struct buf){.p = last_resort,
	    .n = sizeof(last_resort) - 1,
	    .room = sizeof(last_resort) - 1,
	    .max = sizeof(last_resort) - 1,
	    .fixed = true};
	if (state != NULL) {
		struct buf spare;

		buf_init_fixed(&spare, state->spare, sizeof(state->spare));
		put_envelope(&spare, &v, call);
		r->body = buf_failed(&spare) ? r->body : spare;
	}
	r->status = row->status;
	r->code = row->code;
	r->header_count = 0;
	reply_header(r, "X-Request-Id", call->request.request_id);
}

void
intents_encode(struct call *call)
{
	struct reply *r = &call->reply;
	struct intents_verdict v;

	assert(call != NULL);
	assert((unsigned)call->outcome.code < ERR__COUNT);
	v = intents_judge(call);
	r->status = v.row->status;
	r->code = v.code;
	r->content_type = CONTENT_TYPE;
	r->header_count = 0;
	buf_init(&r->body, call->arena, LIMIT_REPLY_BYTES);
	put_envelope(&r->body, &v, call);
	put_headers(call, &v);
	if (buf_failed(&r->body) || arena_failed(call->arena))
		encode_broken(call);
}

/* --- data of successes ---------------------------------------------------- */

void
intents_put_null(struct json_out *o, const struct call *call)
{
	(void)call;
	json_put_null(o);
}

void
intents_put_health(struct json_out *o, const struct call *call)
{
	json_open(o, '{');
	json_key(o, "status");
	json_put_str(o, STR("healthy"));
	json_key(o, "timestamp");
	json_put_time(o, call->request.received_ms);
	json_key(o, "service");
	json_put_str(o, STR("procure-api"));
	json_key(o, "uptime");
	json_put_int(o, call->request.uptime_ms / 1000);
	json_close(o, '}');
}

void
intents_put_order(struct json_out *o, const struct call *call)
{
	intents_order_json(o, call->outcome.order);
}

void
intents_put_cancelled(struct json_out *o, const struct call *call)
{
	const struct order *order = call->outcome.order;

	assert(order != NULL);
	json_open(o, '{');
	json_key(o, "id");
	intents_id_json(o, order->id);
	json_key(o, "status");
	json_put_str(o, str_from(order_status_name(order->status)));
	json_key(o, "updatedAt");
	json_put_time(o, order->updated_ms);
	json_key(o, "cancelledAt");
	json_put_time(o, order->cancelled_ms);
	json_close(o, '}');
}

static void
open_items(struct json_out *o, const struct outcome *out)
{
	json_open(o, '{');
	json_key(o, "next");
	if (out->next < 0)
		json_put_null(o);
	else
		json_put_int(o, out->next);
	json_key(o, "items");
	json_open(o, '[');
}

static void
close_items(struct json_out *o)
{
	json_close(o, ']');
	json_close(o, '}');
}

void
intents_put_history(struct json_out *o, const struct call *call)
{
	const struct outcome *out = &call->outcome;

	open_items(o, out);
	for (size_t i = 0; i < out->item_count; i++) {
		json_open(o, '{');
		intents_amendment_json(o, &out->items[i].amendment,
		    call->credential);
		json_close(o, '}');
	}
	close_items(o);
}

void
intents_put_feed(struct json_out *o, const struct call *call)
{
	const struct outcome *out = &call->outcome;

	open_items(o, out);
	for (size_t i = 0; i < out->item_count; i++) {
		const struct feed_item *item = &out->items[i];

		json_open(o, '{');
		json_key(o, "seq");
		json_put_int(o, item->amendment.seq);
		json_key(o, "intentId");
		intents_id_json(o, item->order);
		intents_amendment_json(o, &item->amendment, call->credential);
		json_close(o, '}');
	}
	close_items(o);
}
