/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An order as query shows it, under the names of modify. One that was born in
 * another dialect has the same members: what it lacks is null, its address is
 * in one piece, and a line without a product code says so with null.
 */
#include "dialect/franchiser/franchiser_impl.h"

#include "base/money.h"
#include "base/when.h"

#include <assert.h>

static void
put_items(struct json_out *o, const struct order *order)
{
	json_open(o, '[');
	for (size_t i = 0; i < order->line_count; i++) {
		const struct line *l = &order->lines[i];

		json_open(o, '{');
		json_key(o, "outerpcode");
		json_put_str(o, l->product);
		json_key(o, "mainmeasunitqty");
		json_put_int(o, l->quantity);
		json_key(o, "remark");
		json_put_str(o, l->remark);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void
put_field(struct json_out *o, const struct order *order,
    const struct franchiser_field *row)
{
	json_key(o, row->name);
	if (row->field == F_LINES)
		put_items(o, order);
	else if (order_fields[row->field].kind == FIELD_INT)
		json_put_int(o, order_get_int(order, row->field));
	else
		json_put_str(o, order_get_str(order, row->field));
}

void
franchiser_put_order(struct json_out *o, const struct call *call)
{
	const struct order *order = call->outcome.order;
	char created[WHEN_CHINA_BYTES];

	assert(order != NULL);
	json_open(o, '{');
	json_key(o, "tradeno");
	franchiser_put_tradeno(o, call);
	for (size_t i = 0; i < franchiser_field_count; i++)
		put_field(o, order, &franchiser_fields[i]);
	json_key(o, "status");
	json_put_str(o, str_from(order_status_name(order->status)));
	json_key(o, "totalamount");
	json_put_money(o, order->total_fen, MONEY_FEN_DECIMALS);
	json_key(o, "createdate");
	when_print_china(order->created_ms, created);
	json_put_str(o, str_from(created));
	json_close(o, '}');
}
