/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outcomes of the wangdian dialect to replies: always HTTP 200, and
 *
 *   {"status":0}   {"status":0,"data":…}   {"status":100,"message":"…"}
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"
#include "base/when.h"

#include <assert.h>

static void
put_failure(struct json_out *o, const struct call *call, int64_t *status)
{
	struct str message;

	*status = wangdian_failure(call, &message);
	json_key(o, "status");
	json_put_int(o, *status);
	json_key(o, "message");
	json_put_str(o, message);
	if (str_is_null(call->signed_text))
		return;
	json_key(o, "string_to_sign");
	json_put_str(o, call->signed_text);
}

static void
put_success(struct json_out *o, const struct call *call)
{
	const struct wangdian_method *m = call->operation;

	assert(m != NULL);
	json_key(o, "status");
	json_put_int(o, WANGDIAN_DONE);
	if (m->put_data == NULL)
		return;
	json_key(o, "data");
	m->put_data(o, call);
}

/* An error that needs no memory. */
static void
encode_broken(struct reply *r)
{
	static char text[] = "{\"status\":1,"
			     "\"message\":\"服务器内部错误\"}";

	r->body = (struct buf){.p = text,
	    .n = sizeof(text) - 1,
	    .room = sizeof(text) - 1,
	    .max = sizeof(text) - 1,
	    .fixed = true};
	r->code = WANGDIAN_REFUSED;
}

void
wangdian_encode(struct call *call)
{
	struct reply *r = &call->reply;
	int64_t status = WANGDIAN_DONE;
	struct json_out o;

	assert(call != NULL);
	assert((unsigned)call->outcome.code < ERR__COUNT);
	r->status = 200;
	r->content_type = "application/json";
	r->header_count = 0;
	reply_header(r, "X-Request-Id", call->request.request_id);
	buf_init(&r->body, call->arena, LIMIT_REPLY_BYTES);
	json_out_init(&o, &r->body);
	json_open(&o, '{');
	if (call->outcome.code == ERR_OK)
		put_success(&o, call);
	else
		put_failure(&o, call, &status);
	json_close(&o, '}');
	r->code = status;
	if (buf_failed(&r->body) || arena_failed(call->arena))
		encode_broken(r);
}

void
wangdian_purchase_no(struct json_out *o, const struct order *order)
{
	char name[ORDER_NAME_BYTES];

	order_name_print(order, NAME_PURCHASE_NO, name);
	json_put_str(o, str_from(name));
}

void
wangdian_put_created(struct json_out *o, const struct call *call)
{
	assert(call->outcome.order != NULL);
	json_open(o, '{');
	json_key(o, "message");
	wangdian_purchase_no(o, call->outcome.order);
	json_key(o, "status");
	json_put_int(o, WANGDIAN_DONE);
	json_close(o, '}');
}

void
wangdian_put_now(struct json_out *o, const struct call *call)
{
	char text[WHEN_CHINA_BYTES];

	when_print_china(call->request.received_ms, text);
	json_put_str(o, str_from(text));
}
