/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of an order. Those sent take the place of all it had; price and
 * title are the catalog's. An order whose lines were made here holds stock.
 */
#include "dialect/franchiser/franchiser_impl.h"

#include "base/map.h"

/* No product has a longer code, but one that is none is told as such. */
const struct franchiser_item_field franchiser_items[ITEM__COUNT] = {
    [ITEM_CODE] = {"outerpcode", 1, INT64_MAX},
    [ITEM_QUANTITY] = {"mainmeasunitqty", 1, LIMIT_QUANTITY},
    [ITEM_REMARK] = {"remark", 0, 500},
};

bool
franchiser_is_item_field(const char *name)
{
	for (int i = 0; i < ITEM__COUNT; i++) {
		if (strcmp(name, franchiser_items[i].name) == 0)
			return true;
	}
	return false;
}

static const json_t *
member(const json_t *item, enum franchiser_item i)
{
	return json_object_get(item, franchiser_items[i].name);
}

/* The product of a line that no line before it has. */
static void
read_product(struct franchiser_decoding *d, const json_t *item,
    struct map *seen, struct line *line)
{
	struct str code = json_text(member(item, ITEM_CODE));
	struct str shown = franchiser_cut(code);
	const struct product *product;

	if (code.n == 0) {
		franchiser_bad_field(d, franchiser_items[ITEM_CODE].name);
		return;
	}
	if (map_find(seen, code) != NULL) {
		franchiser_fault(d, WHAT_ITEMS, "订单明细重复:%.*s",
		    STR_ARG(shown));
		return;
	}
	if (map_put(seen, code, line) != ERR_OK)
		return; /* the arena tells */
	product = catalog_product(d->catalog, code);
	if (product == NULL || !product->enabled) {
		franchiser_fault(d, WHAT_PRODUCT, "产品[%.*s]不存在",
		    STR_ARG(shown));
		return;
	}
	line->product = product->code;
	line->title = product->title;
	line->price_e4 = product->price_e4;
}

static void
read_item(struct franchiser_decoding *d, const json_t *item, struct map *seen,
    struct line *line)
{
	const struct franchiser_item_field *number =
	    &franchiser_items[ITEM_QUANTITY];
	const struct franchiser_item_field *text =
	    &franchiser_items[ITEM_REMARK];
	const json_t *remark = member(item, ITEM_REMARK);

	if (!json_is_object(item)) {
		franchiser_bad_field(d, "items");
		return;
	}
	read_product(d, item, seen, line);
	if (!franchiser_int(member(item, ITEM_QUANTITY), &line->quantity) ||
	    line->quantity < number->min || line->quantity > number->max)
		franchiser_bad_field(d, number->name);
	if (remark == NULL || json_is_null(remark))
		return;
	line->remark = franchiser_text(remark, text->min, text->max);
	if (str_is_null(line->remark))
		franchiser_bad_field(d, text->name);
	else if (line->remark.n == 0)
		line->remark = STR_NONE;
}

static void
read_list(struct franchiser_decoding *d, const json_t *items, size_t count)
{
	struct order *to = &d->change->to;
	struct map seen;

	map_init(&seen, d->call->arena);
	to->lines = ARENA_ARRAY(d->call->arena, count, struct line);
	if (to->lines == NULL)
		return;
	to->line_count = count;
	for (size_t i = 0; i < count; i++)
		read_item(d, json_array_get(items, i), &seen, &to->lines[i]);
}

void
franchiser_read_items(struct franchiser_decoding *d,
    const struct franchiser_field *row, const json_t *json)
{
	size_t count = json_array_size(json);

	if (json == NULL) {
		if (d->creates)
			franchiser_fault(d, WHAT_ITEMS, "%s",
			    "订单明细不能为空");
		return;
	}
	/* Asked for, whatever comes of it: some states forbid even that. */
	d->change->set |= BIT64(F_LINES);
	change_set_int(d->change, F_RESERVES, 1);
	if (!json_is_array(json) || count > LIMIT_LINES)
		franchiser_bad_field(d, row->name);
	else if (count == 0)
		franchiser_fault(d, WHAT_ITEMS, "%s", "订单明细不能为空");
	else
		read_list(d, json, count);
}
