/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outcomes of the franchiser dialect to replies: always HTTP 200, and
 *
 *   {"statusCode":0,"message":"修改成功","data":"DD202409260001"}
 *   {"statusCode":1001,"message":"签名验证失败","data":null}
 */
#include "dialect/franchiser/franchiser_impl.h"

#include <assert.h>

#define CONTENT_TYPE "application/json;charset=UTF-8"

/* An error that needs no memory. */
static void
encode_broken(struct reply *r)
{
	static char text[] = "{\"statusCode\":-1,"
			     "\"message\":\"系统繁忙,请稍后重试\","
			     "\"data\":null}";

	r->body = (struct buf){.p = text,
	    .n = sizeof(text) - 1,
	    .room = sizeof(text) - 1,
	    .max = sizeof(text) - 1,
	    .fixed = true};
	r->code = -1;
}

static void
put_envelope(struct json_out *o, const struct call *call, int64_t *code)
{
	const struct franchiser_call *c = call->operation;
	bool done = call->outcome.code == ERR_OK;
	struct str message;

	*code = 0;
	if (done)
		message = str_from(c->message);
	else
		*code = franchiser_failure(call, &message);
	json_open(o, '{');
	json_key(o, "statusCode");
	json_put_int(o, *code);
	json_key(o, "message");
	json_put_str(o, message);
	json_key(o, "data");
	if (done)
		c->put_data(o, call);
	else
		json_put_null(o);
	if (!str_is_null(call->signed_text)) {
		json_key(o, "stringToSign");
		json_put_str(o, call->signed_text);
	}
	json_close(o, '}');
}

void
franchiser_encode(struct call *call)
{
	struct reply *r = &call->reply;
	struct json_out o;

	assert(call != NULL);
	assert((unsigned)call->outcome.code < ERR__COUNT);
	r->status = 200;
	r->content_type = CONTENT_TYPE;
	r->header_count = 0;
	reply_header(r, "X-Request-Id", call->request.request_id);
	buf_init(&r->body, call->arena, LIMIT_REPLY_BYTES);
	json_out_init(&o, &r->body);
	put_envelope(&o, call, &r->code);
	if (buf_failed(&r->body) || arena_failed(call->arena))
		encode_broken(r);
}

void
franchiser_put_tradeno(struct json_out *o, const struct call *call)
{
	char name[ORDER_NAME_BYTES];

	assert(call->outcome.order != NULL);
	order_name_print(call->outcome.order, NAME_TRADE_NO, name);
	json_put_str(o, str_from(name));
}

void
franchiser_put_warehouses(struct json_out *o, const struct call *call)
{
	const struct catalog *c = call->credential->catalog;

	json_open(o, '[');
	for (size_t i = 0; i < c->warehouse_count; i++) {
		const struct warehouse *w = &c->warehouses[i];

		json_open(o, '{');
		json_key(o, "id");
		json_put_int(o, w->id);
		json_key(o, "name");
		json_put_str(o, w->name.n > 0 ? w->name : w->no);
		json_close(o, '}');
	}
	json_close(o, ']');
}
