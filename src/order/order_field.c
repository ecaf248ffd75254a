/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ORDER_FIELD_TABLE as an array, and access to an order's members by field, so
 * that rules, amendments and the store treat fields alike without naming them.
 */
#include <assert.h>

#include "order/order.h"

/* Whether a member's type can hold a kind; decided when compiling. */
/* clang-format off */
#define KIND_FITS(member, kind)                                       \
	_Generic(((struct order *)0)->member,                         \
	    struct str: (kind) == FIELD_STR,                          \
	    int64_t: (kind) == FIELD_INT || (kind) == FIELD_FEN ||    \
		(kind) == FIELD_TIME,                                 \
	    enum order_status: (kind) == FIELD_STATUS,                \
	    enum vendor_stage: (kind) == FIELD_STAGE,                 \
	    struct line *: (kind) == FIELD_LINES,                     \
	    struct attribute *: (kind) == FIELD_ATTRIBUTES)
/* clang-format on */

#define X(name, member, kind, neutral, privacy, editable) \
	static_assert(KIND_FITS(member, FIELD_##kind), \
	    "the kind of " neutral " does not fit its member");
ORDER_FIELD_TABLE(X)
#undef X
static_assert(F__COUNT < 64, "a set of fields has a bit for every field");

const struct order_field_row order_fields[F__COUNT] = {
#define X(id, member, type, neutral, who, states) \
	[F_##id] = { \
	    .name = (neutral), \
	    .offset = offsetof(struct order, member), \
	    .kind = FIELD_##type, \
	    .privacy = FIELD_##who, \
	    .editable = (states), \
	},
    ORDER_FIELD_TABLE(X)
#undef X
};

static void *
member_of(struct order *o, enum order_field f)
{
	return (char *)o + order_fields[f].offset;
}

static const void *
const_member_of(const struct order *o, enum order_field f)
{
	return (const char *)o + order_fields[f].offset;
}

static bool
is_int64(enum field_kind kind)
{
	return kind == FIELD_INT || kind == FIELD_FEN || kind == FIELD_TIME;
}

struct str *
order_str(struct order *o, enum order_field f)
{
	assert((unsigned)f < F__COUNT);
	assert(order_fields[f].kind == FIELD_STR);
	return member_of(o, f);
}

int64_t *
order_int(struct order *o, enum order_field f)
{
	assert((unsigned)f < F__COUNT);
	assert(is_int64(order_fields[f].kind));
	return member_of(o, f);
}

struct str
order_get_str(const struct order *o, enum order_field f)
{
	assert((unsigned)f < F__COUNT);
	assert(order_fields[f].kind == FIELD_STR);
	return *(const struct str *)const_member_of(o, f);
}

int64_t
order_get_int(const struct order *o, enum order_field f)
{
	assert((unsigned)f < F__COUNT);

	enum field_kind kind = order_fields[f].kind;

	if (kind == FIELD_STATUS)
		return (int64_t)o->status;
	if (kind == FIELD_STAGE)
		return (int64_t)o->stage;
	assert(is_int64(kind));
	return *(const int64_t *)const_member_of(o, f);
}

/* Totals are left out: they follow from price and quantity. */
static bool
line_is_equal(const struct line *a, const struct line *b)
{
	return a->sku == b->sku && a->price_e4 == b->price_e4 &&
	    a->quantity == b->quantity && str_eq(a->product, b->product) &&
	    str_eq(a->title, b->title) && str_eq(a->remark, b->remark);
}

static bool
lines_are_equal(const struct order *a, const struct order *b)
{
	if (a->line_count != b->line_count)
		return false;
	for (size_t i = 0; i < a->line_count; i++) {
		if (!line_is_equal(&a->lines[i], &b->lines[i]))
			return false;
	}
	return true;
}

static bool
attributes_are_equal(const struct order *a, const struct order *b)
{
	if (a->attribute_count != b->attribute_count)
		return false;
	for (size_t i = 0; i < a->attribute_count; i++) {
		const struct attribute *x = &a->attributes[i];
		const struct attribute *y = &b->attributes[i];

		if (!str_eq(x->name, y->name) || !str_eq(x->value, y->value))
			return false;
	}
	return true;
}

bool
order_field_is_equal(const struct order *a, const struct order *b,
    enum order_field f)
{
	const void *x = const_member_of(a, f), *y = const_member_of(b, f);

	assert((unsigned)f < F__COUNT);
	switch (order_fields[f].kind) {
	case FIELD_STR:
		return str_eq(*(const struct str *)x, *(const struct str *)y);
	case FIELD_INT:
	case FIELD_FEN:
	case FIELD_TIME:
		return *(const int64_t *)x == *(const int64_t *)y;
	case FIELD_LINES:
		return lines_are_equal(a, b);
	case FIELD_ATTRIBUTES:
		return attributes_are_equal(a, b);
	default:
		return order_get_int(a, f) == order_get_int(b, f);
	}
}

/* Every change asks this twice, so it is written out, a comparison for each row
 * of the table, instead of going through it. */
uint64_t
order_differences(const struct order *a, const struct order *b)
{
	uint64_t fields = 0;

#define EQUAL_STR(member) str_eq(a->member, b->member)
#define EQUAL_INT(member) (a->member == b->member)
#define EQUAL_FEN(member) EQUAL_INT(member)
#define EQUAL_TIME(member) EQUAL_INT(member)
#define EQUAL_STATUS(member) EQUAL_INT(member)
#define EQUAL_STAGE(member) EQUAL_INT(member)
#define EQUAL_LINES(member) lines_are_equal(a, b)
#define EQUAL_ATTRIBUTES(member) attributes_are_equal(a, b)
#define X(name, member, kind, neutral, privacy, editable) \
	if (!EQUAL_##kind(member)) \
		fields |= BIT64(F_##name);
	ORDER_FIELD_TABLE(X)
#undef X
	return fields;
}

/* Where an attribute stands, or would stand; *found tells which. */
static size_t
attribute_place(const struct order *o, struct str name, bool *found)
{
	size_t i = 0;

	while (i < o->attribute_count &&
	    str_cmp(o->attributes[i].name, name) < 0)
		i++;
	*found = i < o->attribute_count && str_eq(o->attributes[i].name, name);
	return i;
}

struct str
order_attribute(const struct order *o, struct str name)
{
	bool found;
	size_t i = attribute_place(o, name, &found);

	return found ? o->attributes[i].value : STR_NONE;
}

void
order_attribute_put(struct order *o, struct str name, struct str value)
{
	assert(!str_is_null(name));

	bool found;
	size_t i = attribute_place(o, name, &found);
	struct attribute *at = o->attributes == NULL ? NULL : o->attributes + i;
	size_t behind = o->attribute_count - i;

	if (found && str_is_null(value)) {
		memmove(at, at + 1, (behind - 1) * sizeof(*at));
		o->attribute_count--;
	} else if (found) {
		at->value = value;
	} else if (!str_is_null(value)) {
		assert(at != NULL);
		memmove(at + 1, at, behind * sizeof(*at));
		*at = (struct attribute){name, value};
		o->attribute_count++;
	}
}
