/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing orders: a walk over ORDER_FIELD_TABLE, so that a new field shows up
 * by itself.
 */
#include <assert.h>

#include "app/order_view.h"
#include "app/table.h"
#include "base/digest.h"
#include "base/money.h"
#include "base/when.h"

static const char *const name_labels[NAME__COUNT] = {
    [NAME_INTENT] = "intent",
    [NAME_PURCHASE_NO] = "purchase",
    [NAME_TRADE_NO] = "trade",
    [NAME_PURCHASE_ORDER] = "purchaseOrder",
};

static void
put_names(const struct order *order, struct json_out *json)
{
	json_key(json, "names");
	json_open(json, '{');
	for (int kind = 0; kind < NAME__COUNT; kind++) {
		char name[ORDER_NAME_BYTES];

		order_name_print(order, (enum name_kind)kind, name);
		json_key(json, name_labels[kind]);
		json_put_str(json, str_from(name));
	}
	json_close(json, '}');
}

static void
put_lines(const struct order *order, struct json_out *json)
{
	json_open(json, '[');
	for (size_t i = 0; i < order->line_count; i++) {
		const struct line *line = &order->lines[i];

		json_open(json, '{');
		json_key(json, "product");
		json_put_str(json, line->product);
		json_key(json, "sku");
		json_put_int(json, line->sku);
		json_key(json, "title");
		json_put_str(json, line->title);
		json_key(json, "price");
		json_put_money(json, line->price_e4, MONEY_E4_DECIMALS);
		json_key(json, "quantity");
		json_put_int(json, line->quantity);
		json_key(json, "remark");
		json_put_str(json, line->remark);
		json_key(json, "total");
		json_put_money(json, line->total_fen, MONEY_FEN_DECIMALS);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void
put_attributes(const struct order *order, struct json_out *json)
{
	json_open(json, '[');
	for (size_t i = 0; i < order->attribute_count; i++) {
		json_open(json, '{');
		json_key(json, "name");
		json_put_str(json, order->attributes[i].name);
		json_key(json, "value");
		json_put_str(json, order->attributes[i].value);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void
order_print_field(const struct order *order, enum order_field f,
    struct json_out *json)
{
	switch (order_fields[f].kind) {
	case FIELD_STR:
		json_put_str(json, order_get_str(order, f));
		return;
	case FIELD_FEN:
		json_put_money(json, order_get_int(order, f),
		    MONEY_FEN_DECIMALS);
		return;
	case FIELD_E4:
		json_put_money(json, order_get_int(order, f),
		    MONEY_E4_DECIMALS);
		return;
	case FIELD_INT:
		json_put_int(json, order_get_int(order, f));
		return;
	case FIELD_TIME:
		json_put_time(json, order_get_int(order, f));
		return;
	case FIELD_STATUS:
		json_put_str(json, str_from(order_status_name(order->status)));
		return;
	case FIELD_STAGE:
		json_put_str(json, str_from(vendor_stage_name(order->stage)));
		return;
	case FIELD_LINES:
		put_lines(order, json);
		return;
	case FIELD_ATTRIBUTES:
		put_attributes(order, json);
		return;
	}
}

void
order_print_json(const struct order *order, struct str app,
    struct json_out *json)
{
	json_open(json, '{');
	json_key(json, "id");
	json_put_int(json, order->id);
	json_key(json, "app");
	json_put_str(json, app);
	put_names(order, json);
	json_key(json, "version");
	json_put_int(json, order->version);
	json_key(json, "updatedAt");
	json_put_time(json, order->updated_ms);
	for (int f = 0; f < F__COUNT; f++) {
		json_key(json, order_fields[f].name);
		order_print_field(order, (enum order_field)f, json);
	}
	json_close(json, '}');
}

/* A value of an amendment, or of a field, as people read it; absent: "-". */
static struct str
value_text(struct arena *a, enum field_kind kind, struct str raw)
{
	struct buf text;
	int64_t n;
	bool is_number = !str_is_null(raw) && str_parse_int(raw, &n);

	if (str_is_null(raw))
		return STR("-");
	if (!is_number ||
	    (kind != FIELD_FEN && kind != FIELD_E4 && kind != FIELD_TIME))
		return raw;
	buf_init(&text, a, 64);
	if (kind == FIELD_TIME) {
		char at[WHEN_ISO_BYTES];

		when_print_iso(n, at);
		buf_str(&text, str_from(at));
	} else {
		money_print(&text, n,
		    kind == FIELD_FEN ? MONEY_FEN_DECIMALS : MONEY_E4_DECIMALS);
	}
	return buf_view(&text);
}

/* A single field as raw text; absent when it is empty or not a single one. */
static struct str
raw_text(struct arena *a, const struct order *order, enum order_field f)
{
	switch (order_fields[f].kind) {
	case FIELD_STR:
		return order_get_str(order, f);
	case FIELD_STATUS:
		return str_from(order_status_name(order->status));
	case FIELD_STAGE:
		return order->stage == STAGE_NONE
		    ? STR_NONE
		    : str_from(vendor_stage_name(order->stage));
	case FIELD_LINES:
	case FIELD_ATTRIBUTES:
		return STR_NONE;
	default:
		return order_get_int(order, f) == 0 && f != F_TOTAL
		    ? STR_NONE
		    : arena_printf(
			  a, "%lld", (long long)order_get_int(order, f));
	}
}

static void
add_pair(struct table *t, const char *name, struct str value)
{
	table_cell(t, str_from(name));
	table_cell(t, value);
}

static void
print_lines(struct invocation *inv, const struct order *order)
{
	struct arena *a = inv->arena;
	struct table t;

	say(inv, "\n");
	table_init(&t, a, 5);
	for (size_t i = 0; i < order->line_count; i++) {
		const struct line *line = &order->lines[i];

		table_cell(&t,
		    str_is_null(line->product) ? STR("-") : line->product);
		table_cell(&t,
		    value_text(a, FIELD_E4,
			arena_printf(a, "%lld", (long long)line->price_e4)));
		table_cell(&t,
		    arena_printf(a, "x %lld", (long long)line->quantity));
		table_cell(&t,
		    value_text(a, FIELD_FEN,
			arena_printf(a, "%lld", (long long)line->total_fen)));
		table_cell(&t, line->title);
	}
	table_print(&t, &inv->out);
}

void
order_print_text(struct invocation *inv, const struct order *order,
    struct str app)
{
	struct arena *a = inv->arena;
	char names[NAME__COUNT][ORDER_NAME_BYTES];
	struct table t;

	table_init(&t, a, 2);
	add_pair(&t, "app", app);
	for (int kind = 0; kind < NAME__COUNT; kind++) {
		order_name_print(order, (enum name_kind)kind, names[kind]);
		add_pair(&t, name_labels[kind], str_from(names[kind]));
	}
	add_pair(&t, "version",
	    arena_printf(a, "%lld", (long long)order->version));
	add_pair(&t, "updatedAt",
	    value_text(a, FIELD_TIME,
		arena_printf(a, "%lld", (long long)order->updated_ms)));
	for (int f = 0; f < F__COUNT; f++) {
		struct str raw = raw_text(a, order, (enum order_field)f);

		if (str_is_null(raw) || f == F_PURCHASE_NO || f == F_TRADE_NO ||
		    f == F_PURCHASE_ORDER)
			continue;
		add_pair(&t, order_fields[f].name,
		    value_text(a, order_fields[f].kind, raw));
	}
	for (size_t i = 0; i < order->attribute_count; i++)
		add_pair(&t, order->attributes[i].name.p,
		    order->attributes[i].value);
	table_print(&t, &inv->out);
	print_lines(inv, order);
}

static void
put_value(struct json_out *json, enum field_kind kind, struct str raw)
{
	int64_t n;

	if (str_is_null(raw) || kind == FIELD_STR || !str_parse_int(raw, &n)) {
		json_put_str(json, raw);
		return;
	}
	if (kind == FIELD_FEN)
		json_put_money(json, n, MONEY_FEN_DECIMALS);
	else if (kind == FIELD_E4)
		json_put_money(json, n, MONEY_E4_DECIMALS);
	else if (kind == FIELD_TIME)
		json_put_time(json, n);
	else
		json_put_int(json, n);
}

static void
put_hash(struct json_out *json, const char *key, const uint8_t *hash)
{
	char text[2 * AMENDMENT_HASH_BYTES + 1];

	digest_hex_lower(hash, AMENDMENT_HASH_BYTES, text);
	json_key(json, key);
	json_put_str(json, str_from(text));
}

static void
put_text(struct json_out *json, const char *key, struct str text)
{
	json_key(json, key);
	json_put_str(json, text);
}

void
amendment_print_json(const struct amendment *m, struct json_out *json)
{
	json_open(json, '{');
	json_key(json, "seq");
	json_put_int(json, m->seq);
	json_key(json, "version");
	json_put_int(json, m->version);
	json_key(json, "at");
	json_put_time(json, m->at_ms);
	put_text(json, "dialect", m->dialect);
	put_text(json, "method", m->method);
	put_text(json, "requestId", m->request_id);
	put_text(json, "traceId", m->trace_id);
	put_text(json, "note", m->note);
	json_key(json, "changes");
	json_open(json, '[');
	for (size_t i = 0; i < m->change_count; i++) {
		const struct amendment_change *c = &m->changes[i];
		enum field_kind kind = amendment_field_kind(c->field);

		json_open(json, '{');
		put_text(json, "field", c->field);
		json_key(json, "from");
		put_value(json, kind, c->from);
		json_key(json, "to");
		put_value(json, kind, c->to);
		json_close(json, '}');
	}
	json_close(json, ']');
	put_hash(json, "hash", m->hash);
	put_hash(json, "previousHash", m->prev_hash);
	json_close(json, '}');
}

void
amendment_print_text(struct invocation *inv, const struct amendment *m)
{
	char at[WHEN_ISO_BYTES];
	struct table t;

	when_print_iso(m->at_ms, at);
	say(inv, "%lld  %s  %.*s %.*s  %.*s%s%.*s\n", (long long)m->version, at,
	    STR_ARG(m->dialect), STR_ARG(m->method), STR_ARG(m->request_id),
	    str_is_null(m->note) ? "" : "  ", STR_ARG(m->note));
	table_init(&t, inv->arena, 4);
	for (size_t i = 0; i < m->change_count; i++) {
		const struct amendment_change *c = &m->changes[i];
		enum field_kind kind = amendment_field_kind(c->field);

		table_cell(&t, STR("  "));
		table_cell(&t, c->field);
		table_cell(&t, value_text(inv->arena, kind, c->from));
		table_cell(&t,
		    arena_printf(inv->arena, "-> %.*s",
			STR_ARG(value_text(inv->arena, kind, c->to))));
	}
	table_print(&t, &inv->out);
}
