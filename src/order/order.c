/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An order as a whole: its sums, its invariants, and its copy.
 */
#include <assert.h>

#include "base/limits.h"
#include "base/money.h"
#include "order/order.h"

enum err_code
order_sum(struct order *o)
{
	int64_t total = 0;

	for (size_t i = 0; i < o->line_count; i++) {
		struct line *l = &o->lines[i];

		assert(l->price_e4 >= 0);
		assert(l->quantity >= 0);
		if (!money_line_total(l->price_e4, l->quantity, &l->total_fen))
			return ERR_BAD_FIELD;
		if (!money_add(&total, l->total_fen) || total > LIMIT_TOTAL_FEN)
			return ERR_BAD_FIELD;
	}
	o->total_fen = total;
	return ERR_OK;
}

static void
check_lines(const struct order *o)
{
	int64_t total = 0;

	assert(o->line_count >= 1);
	assert(o->line_count <= LIMIT_LINES);
	for (size_t i = 0; i < o->line_count; i++) {
		const struct line *l = &o->lines[i];
		int64_t fen = 0;
		bool fits = money_line_total(l->price_e4, l->quantity, &fen);

		assert(l->quantity >= 1);
		assert(fits);
		assert(l->total_fen == fen);
		fits = money_add(&total, fen);
		assert(fits);
	}
	assert(o->total_fen == total);
}

static void
check_attributes(const struct order *o)
{
	assert(o->attribute_count <= LIMIT_ATTRIBUTES);
	for (size_t i = 0; i < o->attribute_count; i++) {
		assert(!str_is_null(o->attributes[i].name));
		assert(!str_is_null(o->attributes[i].value));
		assert(i == 0 ||
		    str_cmp(o->attributes[i - 1].name, o->attributes[i].name) <
			0);
	}
}

void
order_check(const struct order *o)
{
	assert((unsigned)o->status < ORDER__COUNT);
	assert((unsigned)o->stage < STAGE__COUNT);
	assert(o->version >= 1);
	check_lines(o);
	check_attributes(o);
}

int64_t
order_quantity(const struct order *o)
{
	int64_t sum = 0;

	/* LIMIT_LINES times LIMIT_QUANTITY is far below what int64_t holds. */
	for (size_t i = 0; i < o->line_count; i++)
		sum += o->lines[i].quantity;
	return sum;
}

/* What copy_str will take: the text and a NUL; an absent one takes nothing. */
static size_t
copy_room(struct str s)
{
	return str_is_null(s) ? 0 : s.n + 1;
}

static size_t
copy_room_of_texts(const struct order *o)
{
	size_t bytes = 0;

	for (int f = 0; f < F__COUNT; f++) {
		if (order_fields[f].kind == FIELD_STR)
			bytes += copy_room(
			    order_get_str(o, (enum order_field)f));
	}
	for (size_t i = 0; i < o->line_count; i++) {
		bytes += copy_room(o->lines[i].product);
		bytes += copy_room(o->lines[i].title);
		bytes += copy_room(o->lines[i].remark);
	}
	for (size_t i = 0; i < o->attribute_count; i++) {
		bytes += copy_room(o->attributes[i].name);
		bytes += copy_room(o->attributes[i].value);
	}
	return bytes;
}

/* Moves *s into the room at *to, which is zeroed and so ends it with a NUL. */
static void
copy_str(struct str *s, char **to)
{
	if (str_is_null(*s))
		return;
	memcpy(*to, s->p, s->n);
	s->p = *to;
	*to += s->n + 1;
}

static void
copy_texts(struct order *o, char *room)
{
	for (int f = 0; f < F__COUNT; f++) {
		if (order_fields[f].kind == FIELD_STR)
			copy_str(order_str(o, (enum order_field)f), &room);
	}
	for (size_t i = 0; i < o->line_count; i++) {
		copy_str(&o->lines[i].product, &room);
		copy_str(&o->lines[i].title, &room);
		copy_str(&o->lines[i].remark, &room);
	}
	for (size_t i = 0; i < o->attribute_count; i++) {
		copy_str(&o->attributes[i].name, &room);
		copy_str(&o->attributes[i].value, &room);
	}
}

/* One block holds order, lines, attributes and texts, in this order: a copy is
 * made for every change, and one allocation is what it may cost. */
struct order *
order_copy(struct arena *a, const struct order *o)
{
	size_t lines_bytes = o->line_count * sizeof(*o->lines);
	size_t attributes_bytes = o->attribute_count * sizeof(*o->attributes);
	size_t fixed_bytes = sizeof(*o) + lines_bytes + attributes_bytes;
	char *room = arena_alloc(a, fixed_bytes + copy_room_of_texts(o));
	struct order *copy = (void *)room;

	if (copy == NULL)
		return NULL;
	*copy = *o;
	copy->lines = (void *)(room + sizeof(*o));
	copy->attributes = (void *)(room + sizeof(*o) + lines_bytes);
	if (o->line_count > 0)
		memcpy(copy->lines, o->lines, lines_bytes);
	if (o->attribute_count > 0)
		memcpy(copy->attributes, o->attributes, attributes_bytes);
	copy_texts(copy, room + fixed_bytes);
	return copy;
}
static_assert(sizeof(struct order) % _Alignof(struct line) == 0,
    "lines may stand behind an order");
static_assert(sizeof(struct line) % _Alignof(struct attribute) == 0,
    "attributes may stand behind lines");
