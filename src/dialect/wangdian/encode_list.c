/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that speak of several orders. What went wrong with single ones is
 * part of an answer that is a success as a whole.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"

#include <assert.h>

#define NOT_PARTIAL "采购单非部分入库状态"

void
wangdian_put_orders(struct json_out *o, const struct call *call)
{
	const struct outcome *out = &call->outcome;

	json_open(o, '{');
	json_key(o, "total_count");
	json_put_int(o, out->total > 0 ? out->total : 0);
	json_key(o, "order");
	json_open(o, '[');
	for (size_t i = 0; i < out->order_count; i++)
		wangdian_order_json(o, out->orders[i],
		    call->credential->catalog);
	json_close(o, ']');
	json_close(o, '}');
}

static bool
is_found(const struct outcome *out, struct str name)
{
	char text[ORDER_NAME_BYTES];

	for (size_t i = 0; i < out->order_count; i++) {
		order_name_print(out->orders[i], NAME_PURCHASE_NO, text);
		if (str_eq(str_from(text), name))
			return true;
	}
	return false;
}

/* Why nothing was done with an order that was only asked about. */
static struct str
not_pending(const struct call *call, struct str name)
{
	if (is_found(&call->outcome, name))
		return STR(NOT_PARTIAL);
	return wangdian_order_failure(call, ERR_NOT_FOUND);
}

void
wangdian_put_pending(struct json_out *o, const struct call *call)
{
	const struct wangdian_state *state = call->state;

	json_open(o, '{');
	json_key(o, "error_info");
	json_open(o, '[');
	for (size_t i = 0; i < state->name_count; i++) {
		json_open(o, '{');
		json_key(o, "order_no");
		json_put_str(o, state->names[i]);
		json_key(o, "message");
		json_put_str(o, not_pending(call, state->names[i]));
		json_close(o, '}');
	}
	json_close(o, ']');
	json_key(o, "status");
	json_put_int(o, WANGDIAN_DONE);
	json_close(o, '}');
}

/* Absent: it was cancelled. */
static struct str
cancel_failure(const struct call *call, size_t i)
{
	const struct wangdian_state *state = call->state;
	enum err_code code;

	if (call->command.kind == COMMAND_LIST)
		return not_pending(call, state->names[i]);
	assert(i < call->outcome.batch_count);
	code = call->outcome.batch[i].code;
	return code == ERR_OK ? STR_NONE : wangdian_order_failure(call, code);
}

static void
put_error(struct json_out *errors, struct str name, struct str failure)
{
	struct str text = arena_printf(errors->buf->arena, "%.*s:%.*s",
	    STR_ARG(name), STR_ARG(failure));

	json_open(errors, '{');
	json_key(errors, "error");
	json_put_str(errors, text);
	json_close(errors, '}');
}

/* The errors are a text that is JSON itself. */
void
wangdian_put_cancelled(struct json_out *o, const struct call *call)
{
	const struct wangdian_state *state = call->state;
	struct json_out errors;
	struct buf text;
	int64_t count = 0;

	buf_init(&text, call->arena, LIMIT_REPLY_BYTES);
	json_out_init(&errors, &text);
	json_open(&errors, '[');
	for (size_t i = 0; i < state->name_count; i++) {
		struct str failure = cancel_failure(call, i);

		if (str_is_null(failure))
			continue;
		put_error(&errors, state->names[i], failure);
		count++;
	}
	json_close(&errors, ']');
	json_open(o, '{');
	json_key(o, "code");
	json_put_int(o, count > 0);
	json_key(o, "message");
	json_put_str(o, count > 0 ? buf_view(&text) : STR(""));
	json_key(o, "error_count");
	json_put_int(o, count);
	json_close(o, '}');
}
