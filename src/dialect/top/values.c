/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the members of an answer say: the getters that the shapes of methods.c
 * point to. They borrow from the outcome or print into the call's arena.
 */
#include "dialect/top/top_impl.h"

#include "base/when.h"

#include <assert.h>
#include <inttypes.h>

bool
top_get_success(const struct call *call, size_t i, struct top_value *v)
{
	(void)i;
	v->truth = call->outcome.code == ERR_OK;
	return true;
}

bool
top_get_error_code(const struct call *call, size_t i, struct top_value *v)
{
	(void)i;
	v->text = str_from(top_verdicts[call->outcome.code].refusal);
	return !str_is_null(v->text);
}

/* A state that forbids is told with the event it forbids. */
bool
top_get_error_msg(const struct call *call, size_t i, struct top_value *v)
{
	const struct outcome *out = &call->outcome;
	const struct order *o = out->order;

	(void)i;
	v->text = str_from(top_verdicts[out->code].refusal_msg);
	if (out->code == ERR_BAD_STATE && o != NULL)
		v->text = arena_printf(call->arena,
		    "%.*s:%.*s(状态 %s,阶段 %s)", STR_ARG(v->text),
		    STR_ARG(top_param_find(call, "event")),
		    order_status_name(o->status), vendor_stage_name(o->stage));
	return !str_is_null(v->text);
}

bool
top_get_time(const struct call *call, size_t i, struct top_value *v)
{
	char text[WHEN_CHINA_BYTES];

	(void)i;
	when_print_china(call->request.received_ms, text);
	v->text = arena_dup(call->arena, str_from(text));
	return true;
}

/* The number of the order. One that was given a name which is no number is
 * called by its id. */
static int64_t
order_number(const struct order *o)
{
	char name[ORDER_NAME_BYTES];
	int64_t number;

	order_name_print(o, NAME_PURCHASE_ORDER, name);
	return str_parse_int(str_from(name), &number) ? number : o->id;
}

bool
top_get_order_id(const struct call *call, size_t i, struct top_value *v)
{
	(void)i;
	v->number = order_number(call->outcome.order);
	return true;
}

size_t
top_count_order(const struct call *call)
{
	return call->outcome.code == ERR_OK && call->outcome.order != NULL;
}

static struct str
sub_orders(const struct call *call)
{
	return order_attribute(call->outcome.order,
	    STR(TOP_ATTRIBUTE_SUB_ORDERS));
}

/* An order that was made elsewhere is its own only sub order. */
size_t
top_count_subs(const struct call *call)
{
	struct str rest = sub_orders(call);
	size_t n = 0;

	if (rest.n == 0)
		return 1;
	for (; !str_is_null(rest); n++)
		(void)str_cut(&rest, ',');
	return n;
}

bool
top_get_sub_id(const struct call *call, size_t i, struct top_value *v)
{
	struct str rest = sub_orders(call), piece = STR_NONE;

	if (rest.n == 0)
		return top_get_order_id(call, i, v);
	for (size_t k = 0; k <= i; k++)
		piece = str_cut(&rest, ',');
	return str_parse_int(piece, &v->number);
}

bool
top_get_vendor_order(const struct call *call, size_t i, struct top_value *v)
{
	(void)i;
	v->text = call->outcome.order->vendor_order;
	return !str_is_null(v->text);
}

bool
top_get_page_url(const struct call *call, size_t i, struct top_value *v)
{
	(void)i;
	v->text = arena_printf(call->arena, "/console/#/orders/%" PRId64,
	    order_number(call->outcome.order));
	return true;
}
