/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What orders hold, and the difference between two states of one. An order may
 * name a product on several lines, so quantities are added up by product.
 */
#include "order/stock.h"

#include <assert.h>

/* Of one unit in a line. */
struct hold {
	int64_t reserved;
	int64_t consumed;
};

static struct hold
hold_of(const struct order *o)
{
	struct hold none = {0, 0};

	if (o == NULL || o->reserves != 1 || o->warehouse <= 0)
		return none;
	switch (o->status) {
	case ORDER_SUBMITTED:
	case ORDER_PROCESSING:
		return (struct hold){.reserved = 1};
	case ORDER_COMPLETED:
		return (struct hold){.consumed = 1};
	case ORDER_DRAFT:
	case ORDER_FAILED:
	case ORDER_CANCELLED:
	case ORDER__COUNT:
		break;
	}
	return none;
}

static bool
holds_anything(struct hold h)
{
	return h.reserved != 0 || h.consumed != 0;
}

static bool
is_equal(struct hold a, struct hold b)
{
	return a.reserved == b.reserved && a.consumed == b.consumed;
}

bool
stock_may_change(const struct order *before, const struct order *after)
{
	return holds_anything(hold_of(before)) ||
	    holds_anything(hold_of(after));
}

/* No order holds something else than before: the common case of a change. */
static bool
holds_the_same(const struct order *before, const struct order *after)
{
	struct hold was = hold_of(before), is = hold_of(after);

	if (!holds_anything(was) && !holds_anything(is))
		return true;
	return before != NULL && after != NULL && is_equal(was, is) &&
	    before->warehouse == after->warehouse &&
	    order_field_is_equal(before, after, F_LINES);
}

struct str
stock_key(struct arena *a, int64_t app, int64_t warehouse, struct str product)
{
	char *p = arena_alloc(a, 2 * sizeof(int64_t) + product.n);

	if (p == NULL)
		return STR_NONE;
	memcpy(p, &app, sizeof(app));
	memcpy(p + sizeof(app), &warehouse, sizeof(warehouse));
	if (product.n > 0)
		memcpy(p + 2 * sizeof(int64_t), product.p, product.n);
	return (struct str){p, 2 * sizeof(int64_t) + product.n};
}

/* Changes that are being added up. */
struct sums {
	struct arena *arena;
	struct map by_key; /* of the changes in `list` */
	struct stock_change *list;
	size_t count;
};

static enum err_code
find_sum(struct sums *s, int64_t warehouse, struct str product,
    struct stock_change **out)
{
	struct str key = stock_key(s->arena, 0, warehouse, product);

	if (str_is_null(key))
		return ERR_NO_MEMORY;
	*out = map_find(&s->by_key, key);
	if (*out != NULL)
		return ERR_OK;
	*out = &s->list[s->count++];
	**out = (struct stock_change){
	    .warehouse = warehouse, .product = product};
	return map_put(&s->by_key, key, *out);
}

/* Adds what the order holds, `sign` times. */
static enum err_code
add_order(struct sums *s, const struct order *o, int64_t sign)
{
	struct hold h = hold_of(o);
	enum err_code rc = ERR_OK;

	if (!holds_anything(h))
		return ERR_OK;
	for (size_t i = 0; i < o->line_count && rc == ERR_OK; i++) {
		const struct line *l = &o->lines[i];
		struct stock_change *sum = NULL;

		if (str_is_null(l->product))
			continue;
		rc = find_sum(s, o->warehouse, l->product, &sum);
		if (rc != ERR_OK)
			break;
		/* LIMIT_LINES times LIMIT_QUANTITY is far below 2^63. */
		sum->reserved += sign * h.reserved * l->quantity;
		sum->on_hand -= sign * h.consumed * l->quantity;
	}
	return rc;
}

static size_t
drop_zeros(struct stock_change *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (list[i].reserved != 0 || list[i].on_hand != 0)
			list[kept++] = list[i];
	}
	return kept;
}

enum err_code
stock_changes(struct arena *a, const struct order *before,
    const struct order *after, struct stock_change **out, size_t *count)
{
	struct sums s = {.arena = a};
	size_t room = 0;
	enum err_code rc;

	assert(out != NULL);
	assert(count != NULL);
	*out = NULL;
	*count = 0;
	if (holds_the_same(before, after))
		return ERR_OK;
	room += before == NULL ? 0 : before->line_count;
	room += after == NULL ? 0 : after->line_count;
	map_init(&s.by_key, a);
	s.list = ARENA_ARRAY(a, room, struct stock_change);
	if (s.list == NULL)
		return ERR_NO_MEMORY;
	rc = add_order(&s, after, 1);
	if (rc == ERR_OK)
		rc = add_order(&s, before, -1);
	*out = s.list;
	*count = drop_zeros(s.list, s.count);
	return rc;
}

bool
stock_suffices(const struct stock_row *row, const struct stock_change *c)
{
	assert(stock_is_sound(row));
	return c->reserved <= 0 || c->reserved <= row->on_hand - row->reserved;
}

bool
stock_apply(struct stock_row *row, const struct stock_change *c)
{
	struct stock_row next = *row;

	next.on_hand += c->on_hand;
	next.reserved += c->reserved;
	if (!stock_is_sound(&next))
		return false;
	*row = next;
	return true;
}

bool
stock_is_sound(const struct stock_row *row)
{
	return row->reserved >= 0 && row->reserved <= row->on_hand;
}
