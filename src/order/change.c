/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single fields of a change: compared with an order, put into one, and told as
 * conflicts. Fields are told apart by kind only; the two exceptions are lists
 * that are merged: attributes, and the logistics numbers of an event.
 */
#include <assert.h>
#include <inttypes.h>

#include "base/buf.h"
#include "order/change.h"

/* The first attribute of the change that the order lacks; NULL: none. */
static const struct attribute *
find_new_attribute(const struct change *c, const struct order *o)
{
	for (size_t i = 0; i < c->to.attribute_count; i++) {
		const struct attribute *at = &c->to.attributes[i];

		if (!str_eq(order_attribute(o, at->name), at->value))
			return at;
	}
	return NULL;
}

/* Whether `word` is one of the comma-separated words of `list`. */
static bool
has_word(struct str list, struct str word)
{
	while (!str_is_null(list)) {
		if (str_eq(str_cut(&list, ','), word))
			return true;
	}
	return false;
}

static bool
has_new_word(struct str list, struct str words)
{
	while (!str_is_null(words)) {
		struct str word = str_cut(&words, ',');

		if (word.n > 0 && !has_word(list, word))
			return true;
	}
	return false;
}

bool
change_differs(const struct change *c, const struct order *o,
    enum order_field f, bool adds)
{
	assert(change_has(c, f));

	if (f == F_ATTRIBUTES)
		return find_new_attribute(c, o) != NULL;
	if (f == F_LOGISTICS_NUMBERS && adds)
		return has_new_word(o->logistics_numbers,
		    c->to.logistics_numbers);
	return !order_field_is_equal(&c->to, o, f);
}

bool
change_quantity_differs(const struct change *c, const struct order *o)
{
	return c->has_quantity && c->quantity != order_quantity(o);
}

bool
change_put_attributes(const struct change *c, struct order *o, struct arena *a,
    struct fault *fault)
{
	struct attribute *kept = o->attributes;
	size_t room = o->attribute_count + c->to.attribute_count;

	if (c->to.attribute_count == 0)
		return true;
	o->attributes = ARENA_ARRAY(a, room, struct attribute);
	if (o->attributes == NULL)
		return true;
	if (o->attribute_count > 0)
		memcpy(o->attributes, kept, o->attribute_count * sizeof(*kept));
	for (size_t i = 0; i < c->to.attribute_count; i++)
		order_attribute_put(o, c->to.attributes[i].name,
		    c->to.attributes[i].value);
	if (o->attribute_count <= LIMIT_ATTRIBUTES)
		return true;
	*fault = (struct fault){.rule = RULE_LENGTH, .field = F_ATTRIBUTES};
	return false;
}

static bool
put_new_numbers(const struct change *c, struct order *o, struct arena *a,
    struct fault *fault)
{
	struct str words = c->to.logistics_numbers;
	struct buf list;

	if (!has_new_word(o->logistics_numbers, words))
		return true;
	buf_init(&list, a, LIMIT_TEXT_BYTES);
	buf_str(&list, o->logistics_numbers);
	while (!str_is_null(words)) {
		struct str word = str_cut(&words, ',');

		if (word.n == 0 || has_word(buf_view(&list), word))
			continue;
		if (list.n > 0)
			buf_char(&list, ',');
		buf_str(&list, word);
	}
	if (buf_failed(&list) && !arena_failed(a)) {
		*fault = (struct fault){
		    .rule = RULE_LENGTH, .field = F_LOGISTICS_NUMBERS};
		return false;
	}
	o->logistics_numbers = buf_view(&list);
	return true;
}

static void
put_lines(const struct change *c, struct order *o)
{
	assert(c->to.line_count >= 1);
	assert(c->to.line_count <= LIMIT_LINES);

	o->lines = c->to.lines;
	o->line_count = c->to.line_count;
}

static void
put_number(const struct change *c, struct order *o, enum order_field f)
{
	/* The total follows from the lines, and is never told. */
	assert(f != F_TOTAL);
	*order_int(o, f) = order_get_int(&c->to, f);
}

static bool
put_field(const struct change *c, struct order *o, enum order_field f,
    bool adds, struct arena *a, struct fault *fault)
{
	enum field_kind kind = order_fields[f].kind;

	/* Only the functions of life.h move a state, only rules set times. */
	assert(kind != FIELD_STATUS);
	assert(kind != FIELD_STAGE);
	assert(kind != FIELD_TIME);

	if (f == F_LOGISTICS_NUMBERS && adds)
		return put_new_numbers(c, o, a, fault);
	if (kind == FIELD_ATTRIBUTES)
		return change_put_attributes(c, o, a, fault);
	if (kind == FIELD_LINES)
		put_lines(c, o);
	else if (kind == FIELD_STR)
		*order_str(o, f) = order_get_str(&c->to, f);
	else
		put_number(c, o, f);
	return true;
}

bool
change_put(const struct change *c, struct order *o, bool adds, struct arena *a,
    struct fault *fault)
{
	for (int f = 0; f < F__COUNT; f++) {
		if (change_has(c, (enum order_field)f) &&
		    !put_field(c, o, (enum order_field)f, adds, a, fault))
			return false;
	}
	return true;
}

/* As amendments write values: zero and absent are both "none". */
static struct str
number_text(int64_t value, struct arena *a)
{
	return value == 0 ? STR_NONE : arena_printf(a, "%" PRId64, value);
}

static struct str
value_text(const struct order *o, enum order_field f, struct arena *a)
{
	switch (order_fields[f].kind) {
	case FIELD_STR:
		return order_get_str(o, f);
	case FIELD_LINES:
		return number_text(order_quantity(o), a);
	case FIELD_STATUS:
		return str_from(order_status_name(o->status));
	case FIELD_STAGE:
		return str_from(vendor_stage_name(o->stage));
	default:
		return number_text(order_get_int(o, f), a);
	}
}

static bool
is_number(enum order_field f)
{
	switch (order_fields[f].kind) {
	case FIELD_INT:
	case FIELD_FEN:
	case FIELD_TIME:
	case FIELD_LINES:
		return true;
	default:
		return false;
	}
}

static struct conflict
conflict_of(const struct change *c, const struct order *o, enum order_field f,
    struct arena *a)
{
	const struct attribute *at;

	if (f != F_ATTRIBUTES)
		return (struct conflict){
		    .field = f,
		    .theirs = value_text(o, f, a),
		    .yours = value_text(&c->to, f, a),
		    .is_number = is_number(f),
		};
	at = find_new_attribute(c, o);
	return (struct conflict){
	    .field = f,
	    .theirs = order_attribute(o, at->name),
	    .yours = at->value,
	};
}

const struct conflict *
change_conflicts(const struct change *c, const struct order *o, bool adds,
    struct arena *a, size_t *count)
{
	struct conflict *list = ARENA_ARRAY(a, F__COUNT + 1, struct conflict);
	size_t n = 0;

	*count = 0;
	if (list == NULL)
		return NULL;
	if (change_quantity_differs(c, o))
		list[n++] = (struct conflict){
		    .field = F_LINES,
		    .theirs = number_text(order_quantity(o), a),
		    .yours = number_text(c->quantity, a),
		    .is_number = true,
		};
	for (int f = 0; f < F__COUNT; f++) {
		if (change_has(c, (enum order_field)f) &&
		    change_differs(c, o, (enum order_field)f, adds))
			list[n++] = conflict_of(c, o, (enum order_field)f, a);
	}
	*count = n;
	return n == 0 ? NULL : list;
}
