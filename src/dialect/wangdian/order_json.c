/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An order as queryWithDetail shows it. One that was born in another dialect
 * has the same members: its attributes are empty texts, its address is in one
 * piece, a line without a product code shows its title.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"
#include "base/money.h"

#include <assert.h>

const int wangdian_status_of[ORDER__COUNT] = {
    [ORDER_DRAFT] = 20,
    [ORDER_SUBMITTED] = 30,
    [ORDER_PROCESSING] = 40,
    [ORDER_COMPLETED] = 90,
    [ORDER_FAILED] = 10,
    [ORDER_CANCELLED] = 10,
};

/* Their texts are never null. */
static void
put_text(struct json_out *o, const char *key, struct str text)
{
	json_key(o, key);
	json_put_str(o, str_is_null(text) ? STR("") : text);
}

/* A number as their text with four decimals: "0.0000". */
static void
put_amount(struct json_out *o, const char *key, int64_t value, int decimals)
{
	char room[32];
	struct buf b;

	buf_init_fixed(&b, room, sizeof(room));
	money_print_fixed(&b, value, decimals);
	for (int i = decimals; i < MONEY_E4_DECIMALS; i++)
		buf_char(&b, '0');
	put_text(o, key, buf_view(&b));
}

/* A flag that is gone from the catalog still has its id. */
static void
put_flag(struct json_out *o, int64_t id, const struct catalog *catalog)
{
	const struct flag *flag = catalog_flag(catalog, id);

	json_key(o, "flag_id");
	json_put_int(o, id);
	if (id == FLAG_NONE)
		put_text(o, "flag_name", STR(WANGDIAN_NO_FLAG));
	else
		put_text(o, "flag_name", flag != NULL ? flag->name : STR(""));
}

static void
put_provider_name(struct json_out *o, struct str no,
    const struct catalog *catalog)
{
	const struct provider *p = catalog_provider(catalog, no);

	put_text(o, "provider_name", p != NULL ? p->name : STR(""));
}

static void
put_attributes(struct json_out *o, const struct order *order,
    const struct catalog *catalog)
{
	for (size_t i = 0; i < wangdian_attribute_count; i++) {
		const struct wangdian_attribute *row = &wangdian_attributes[i];
		struct str value = order_attribute(order, str_from(row->name));

		if (str_is_null(value) && row->kind == ATTRIBUTE_MONEY)
			value = STR("0.0000");
		put_text(o, row->wire, value);
		if (i == 0)
			put_provider_name(o, value, catalog);
	}
}

static struct str
whole_address(struct arena *a, const struct order *order)
{
	return arena_printf(a, "%.*s%.*s%.*s%.*s", STR_ARG(order->province),
	    STR_ARG(order->city), STR_ARG(order->district),
	    STR_ARG(order->address));
}

/* The discounts of the lines as they were made; absent when the lines are
 * others now. */
static struct str
line_discounts(const struct order *order)
{
	struct str list = order_attribute(order, STR(WANGDIAN_LINE_DISCOUNTS));
	struct str rest = list;
	size_t count = 0;

	while (!str_is_null(rest)) {
		(void)str_cut(&rest, ',');
		count++;
	}
	return count == order->line_count ? list : STR_NONE;
}

static void
put_line(struct json_out *o, const struct line *line, struct str discount)
{
	bool coded = !str_is_null(line->product);

	json_open(o, '{');
	put_text(o, "spec_no", coded ? line->product : line->title);
	put_text(o, "goods_name", line->title);
	json_key(o, "num");
	json_put_int(o, line->quantity);
	put_amount(o, "purchase_price", line->price_e4, MONEY_E4_DECIMALS);
	put_amount(o, "price", line->price_e4, MONEY_E4_DECIMALS);
	put_amount(o, "amount", line->total_fen, MONEY_FEN_DECIMALS);
	put_text(o, "discount", discount.n > 0 ? discount : STR("0.0000"));
	put_text(o, "remark", line->remark);
	json_close(o, '}');
}

static void
put_lines(struct json_out *o, const struct order *order)
{
	struct str discounts = line_discounts(order);

	json_key(o, "detail_list");
	json_open(o, '[');
	for (size_t i = 0; i < order->line_count; i++)
		put_line(o, &order->lines[i], str_cut(&discounts, ','));
	json_close(o, ']');
}

static void
put_sums(struct json_out *o, const struct order *order)
{
	json_key(o, "num");
	json_put_int(o, order_quantity(order));
	put_amount(o, "goods_fee", order->total_fen, MONEY_FEN_DECIMALS);
	json_key(o, "created");
	json_put_int(o, order->created_ms);
	json_key(o, "modified");
	json_put_int(o, order->updated_ms);
}

void
wangdian_order_json(struct json_out *o, const struct order *order,
    const struct catalog *catalog)
{
	assert(order != NULL);
	assert(catalog != NULL);
	json_open(o, '{');
	json_key(o, "purchase_no");
	wangdian_purchase_no(o, order);
	json_key(o, "status");
	json_put_int(o, wangdian_status_of[order->status]);
	put_flag(o, order->flag, catalog);
	put_attributes(o, order, catalog);
	put_text(o, "contact", order->recipient_name);
	put_text(o, "telno", order->phone);
	put_text(o, "receive_address", whole_address(o->buf->arena, order));
	put_text(o, "remark", order->remarks);
	put_sums(o, order);
	put_lines(o, order);
	json_close(o, '}');
}
