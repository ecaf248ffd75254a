/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders and amendments as JSON, with the keys in the documented order. An
 * order that was born in another dialect may have several lines and an address
 * in parts; here it shows one title, one quantity and one address.
 */
#include "dialect/intents/intents_impl.h"

#include "base/money.h"

#include <assert.h>

struct str
intents_whole_address(struct arena *a, const struct order *order)
{
	assert(a != NULL);
	assert(order != NULL);
	if (str_is_null(order->province) && str_is_null(order->city) &&
	    str_is_null(order->district))
		return order->address;
	return arena_printf(a, "%.*s%.*s%.*s%.*s", STR_ARG(order->province),
	    STR_ARG(order->city), STR_ARG(order->district),
	    STR_ARG(order->address));
}

static struct str
title_of(struct arena *a, const struct order *order)
{
	struct str first = order->lines[0].title;

	if (str_is_null(first))
		first = order->lines[0].product;
	if (order->line_count == 1)
		return first;
	return arena_printf(a, "%.*s 等%zu件", STR_ARG(first),
	    order->line_count);
}

void
intents_id_json(struct json_out *o, int64_t order)
{
	const struct order with_id = {.id = order};
	char name[ORDER_NAME_BYTES];

	order_name_print(&with_id, NAME_INTENT, name);
	json_put_word(o, str_from(name));
}

static void
put_goods(struct json_out *o, const struct order *order)
{
	json_key(o, "title");
	json_put_str(o, title_of(o->buf->arena, order));
	json_key(o, "price");
	if (order->line_count == 1)
		json_put_money(o, order->lines[0].price_e4, MONEY_E4_DECIMALS);
	else
		json_put_null(o);
	json_key(o, "quantity");
	json_put_int(o, order_quantity(order));
	json_key(o, "totalAmount");
	json_put_money(o, order->total_fen, MONEY_FEN_DECIMALS);
}

void
intents_order_json(struct json_out *o, const struct order *order)
{
	assert(order != NULL);
	assert(order->line_count >= 1);
	json_open(o, '{');
	json_key(o, "id");
	intents_id_json(o, order->id);
	json_key(o, "userId");
	json_put_str(o, order->user);
	json_key(o, "platform");
	json_put_str(o, order->platform);
	json_key(o, "productUrl");
	json_put_str(o, order->product_url);
	put_goods(o, order);
	json_key(o, "recipientName");
	json_put_str(o, order->recipient_name);
	json_key(o, "address");
	json_put_str(o, intents_whole_address(o->buf->arena, order));
	json_key(o, "phone");
	json_put_str(o, order->phone);
	json_key(o, "remarks");
	json_put_str(o, order->remarks);
	json_key(o, "status");
	json_put_word(o, str_from(order_status_name(order->status)));
	json_key(o, "createdAt");
	json_put_time(o, order->created_ms);
	json_key(o, "updatedAt");
	json_put_time(o, order->updated_ms);
	json_close(o, '}');
}

/* --- amendments ---------------------------------------------------------- */

/* "price" and "lines[2].price": in 1/10000 yuan, unlike all other numbers. */
static bool
is_price(struct str field)
{
	const struct str end = STR("].price");

	if (str_eq(field, STR("price")))
		return true;
	return str_starts(field, STR("lines[")) && field.n > end.n &&
	    str_eq(str_sub(field, field.n - end.n, end.n), end);
}

static void
put_number(struct json_out *o, struct str field, int64_t number)
{
	enum field_kind kind = amendment_field_kind(field);

	if (is_price(field))
		json_put_money(o, number, MONEY_E4_DECIMALS);
	else if (kind == FIELD_FEN)
		json_put_money(o, number, MONEY_FEN_DECIMALS);
	else if (kind == FIELD_TIME)
		json_put_time(o, number);
	else
		json_put_int(o, number);
}

/* A value of an amendment, which keeps all of them as text. */
static void
put_value(struct json_out *o, struct str field, struct str value, bool erased)
{
	enum field_kind kind = amendment_field_kind(field);
	bool is_number = is_price(field) || kind == FIELD_INT ||
	    kind == FIELD_FEN || kind == FIELD_TIME;
	int64_t number;

	if (erased)
		json_put_null(o);
	else if (is_number && str_parse_int(value, &number))
		put_number(o, field, number);
	else
		json_put_str(o, value);
}

static void
put_change(struct json_out *o, const struct amendment_change *c)
{
	json_open(o, '{');
	json_key(o, "field");
	json_put_str(o, c->field);
	json_key(o, "from");
	put_value(o, c->field, c->from, c->erased_from);
	json_key(o, "to");
	put_value(o, c->field, c->to, c->erased_to);
	if (c->erased_from || c->erased_to) {
		json_key(o, "erased");
		json_put_bool(o, true);
	}
	json_close(o, '}');
}

static void
put_hash(struct json_out *o, const uint8_t hash[AMENDMENT_HASH_BYTES])
{
	char hex[2 * AMENDMENT_HASH_BYTES + 1];

	digest_hex_lower(hash, AMENDMENT_HASH_BYTES, hex);
	json_put_str(o, str_from(hex));
}

void
intents_amendment_json(struct json_out *o, const struct amendment *m,
    const struct credential *c)
{
	assert(m != NULL);
	json_key(o, "version");
	json_put_int(o, m->version);
	json_key(o, "at");
	json_put_time(o, m->at_ms);
	json_key(o, "dialect");
	json_put_str(o, m->dialect);
	json_key(o, "method");
	json_put_str(o, m->method);
	json_key(o, "app");
	/* Only the asker's own id is known here, and is nobody's secret. */
	json_put_str(o, c != NULL && c->app == m->app ? c->app_id : STR_NONE);
	json_key(o, "requestId");
	json_put_str(o, m->request_id);
	json_key(o, "note");
	json_put_str(o, m->note);
	json_key(o, "changes");
	json_open(o, '[');
	for (size_t i = 0; i < m->change_count; i++)
		put_change(o, &m->changes[i]);
	json_close(o, ']');
	json_key(o, "hash");
	put_hash(o, m->hash);
	json_key(o, "previousHash");
	put_hash(o, m->prev_hash);
}
