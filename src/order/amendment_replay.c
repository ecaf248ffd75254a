/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amendments put onto an order, and taken back. Both are the same walk with the
 * sides of each change swapped. It works on a copy of the order's lists, so
 * that a damaged log leaves the order as it was.
 */
#include <assert.h>

#include "base/limits.h"
#include "order/amendment.h"
#include "order/amendment_field.h"

/* Where a value is put: a member of an order or of a line. */
struct slot {
	void *member;
	enum field_kind kind;
};

/* One side of a change. */
struct side {
	struct str value;
	bool erased;
};

struct replay {
	const struct amendment *m;
	bool back;
	struct arena *arena;
	struct err *err;
	struct order next;
};

static enum err_code
damaged(const struct replay *r, struct str field, const char *why)
{
	return err_set(r->err, ERR_STORE_FAILED, "amendment",
	    "order %lld, amendment of version %lld, field \"%.*s\": %s",
	    (long long)r->m->order, (long long)r->m->version, STR_ARG(field),
	    why);
}

static enum err_code
no_memory(const struct replay *r)
{
	return err_set(r->err, ERR_NO_MEMORY, "amendment",
	    "order %lld, amendment of version %lld: no room to replay it",
	    (long long)r->m->order, (long long)r->m->version);
}

/* The number a text stands for; absent is zero in every kind. */
static bool
parse_number(enum field_kind kind, struct str text, int64_t *out)
{
	enum order_status status;
	enum vendor_stage stage;

	*out = 0;
	if (str_is_null(text))
		return true;
	switch (kind) {
	case FIELD_STATUS:
		if (!order_status_parse(text, &status))
			return false;
		*out = (int64_t)status;
		return true;
	case FIELD_STAGE:
		if (!vendor_stage_parse(text, &stage))
			return false;
		*out = (int64_t)stage;
		return true;
	default:
		return str_parse_int(text, out);
	}
}

static int64_t
get_number(struct slot s)
{
	if (s.kind == FIELD_STATUS)
		return (int64_t) * (enum order_status *)s.member;
	if (s.kind == FIELD_STAGE)
		return (int64_t) * (enum vendor_stage *)s.member;
	return *(int64_t *)s.member;
}

static void
set_number(struct slot s, int64_t value)
{
	if (s.kind == FIELD_STATUS)
		*(enum order_status *)s.member = (enum order_status)value;
	else if (s.kind == FIELD_STAGE)
		*(enum vendor_stage *)s.member = (enum vendor_stage)value;
	else
		*(int64_t *)s.member = value;
}

static enum err_code
replay_number(const struct replay *r, struct str field, struct slot slot,
    struct side from, struct side to)
{
	int64_t old, new;

	if (from.erased || to.erased)
		return damaged(r, field, "a number can't be erased");
	if (!parse_number(slot.kind, from.value, &old) ||
	    !parse_number(slot.kind, to.value, &new))
		return damaged(r, field, "a value is not of the field's kind");
	if (get_number(slot) != old)
		return damaged(r, field, "the order holds another value");
	set_number(slot, new);
	return ERR_OK;
}

static enum err_code
replay_text(const struct replay *r, struct str field, struct str *member,
    struct side from, struct side to)
{
	if (!from.erased && !str_eq(*member, from.value))
		return damaged(r, field, "the order holds another value");
	*member = to.erased ? STR_NONE : arena_dup(r->arena, to.value);
	return ERR_OK;
}

static enum err_code
replay_slot(const struct replay *r, struct str field, struct slot slot,
    struct side from, struct side to)
{
	if (slot.kind == FIELD_STR)
		return replay_text(r, field, slot.member, from, to);
	return replay_number(r, field, slot, from, to);
}

static enum err_code
replay_attribute(struct replay *r, struct str field, struct str name,
    struct side from, struct side to)
{
	struct str value = order_attribute(&r->next, name);
	enum err_code rc = replay_text(r, field, &value, from, to);

	if (rc != ERR_OK)
		return rc;
	name = arena_dup(r->arena, name);
	if (arena_failed(r->arena))
		return no_memory(r);
	order_attribute_put(&r->next, name, value);
	return ERR_OK;
}

static enum err_code
replay_line(struct replay *r, struct str field, const struct field_ref *ref,
    struct side from, struct side to)
{
	const struct line_member_row *row = &line_members[ref->member];

	if (ref->is_plain && r->next.line_count > 1)
		return damaged(r, field, "the order has several lines");

	char *line = (void *)&r->next.lines[ref->line];
	struct slot slot = {line + row->offset, row->kind};

	return replay_slot(r, field, slot, from, to);
}

static enum err_code
replay_change(struct replay *r, const struct amendment_change *c)
{
	struct side a = {c->from, c->erased_from};
	struct side b = {c->to, c->erased_to};
	struct side from = r->back ? b : a;
	struct side to = r->back ? a : b;
	struct field_ref ref;

	if (!field_ref_parse(c->field, &ref))
		return damaged(r, c->field, "no such field");
	if (ref.place == IN_ATTRIBUTE)
		return replay_attribute(r, c->field, ref.attribute, from, to);
	if (ref.place == IN_LINE)
		return replay_line(r, c->field, &ref, from, to);

	char *order = (void *)&r->next;
	struct slot slot = {order + order_fields[ref.field].offset,
	    order_fields[ref.field].kind};

	return replay_slot(r, c->field, slot, from, to);
}

/* How many lines and attributes the walk may need room for. */
static void
count_room(const struct replay *r, size_t *lines, size_t *attributes)
{
	struct field_ref ref;

	*lines = r->next.line_count;
	*attributes = r->next.attribute_count;
	for (size_t i = 0; i < r->m->change_count; i++) {
		if (!field_ref_parse(r->m->changes[i].field, &ref))
			continue;
		if (ref.place == IN_ATTRIBUTE)
			(*attributes)++;
		else if (ref.place == IN_LINE && ref.line >= *lines)
			*lines = ref.line + 1;
	}
}

/* Own lists with room for what comes; new lines stand there as zeros. */
static enum err_code
copy_lists(struct replay *r)
{
	struct order *o = &r->next;
	size_t line_room, attribute_room;

	count_room(r, &line_room, &attribute_room);

	struct line *lines = ARENA_ARRAY(r->arena, line_room, struct line);
	struct attribute *attributes = ARENA_ARRAY(r->arena, attribute_room,
	    struct attribute);

	if (arena_failed(r->arena))
		return no_memory(r);
	if (o->line_count > 0)
		memcpy(lines, o->lines, o->line_count * sizeof(*lines));
	if (o->attribute_count > 0)
		memcpy(attributes, o->attributes,
		    o->attribute_count * sizeof(*attributes));
	o->lines = lines;
	o->line_count = line_room;
	o->attributes = attributes;
	return ERR_OK;
}

/* No line is without a quantity, so one that has none is gone. */
static bool
line_is_gone(const struct line *l)
{
	return l->quantity == 0 && l->sku == 0 && l->price_e4 == 0 &&
	    str_is_null(l->product) && str_is_null(l->title) &&
	    str_is_null(l->remark);
}

static enum err_code
check_lines(struct replay *r)
{
	struct order *o = &r->next;
	int64_t total = o->total_fen;

	while (o->line_count > 0 && line_is_gone(&o->lines[o->line_count - 1]))
		o->line_count--;
	for (size_t i = 0; i < o->line_count; i++) {
		if (o->lines[i].quantity < 1 || o->lines[i].price_e4 < 0)
			return damaged(r, STR("lines"), "a line is broken");
	}
	if (order_sum(o) != ERR_OK || o->total_fen != total)
		return damaged(r, STR("total"), "the lines add up to another");
	if (o->attribute_count > LIMIT_ATTRIBUTES)
		return damaged(r, STR("attributes"), "there are too many");
	return ERR_OK;
}

static enum err_code
replay(struct replay *r)
{
	enum err_code rc = copy_lists(r);

	for (size_t i = 0; rc == ERR_OK && i < r->m->change_count; i++)
		rc = replay_change(r, &r->m->changes[i]);
	if (rc == ERR_OK)
		rc = check_lines(r);
	return rc == ERR_OK && arena_failed(r->arena) ? no_memory(r) : rc;
}

enum err_code
amendment_apply(const struct amendment *m, struct arena *a, struct order *order,
    struct err *err)
{
	struct replay r = {.m = m, .arena = a, .err = err, .next = *order};
	enum err_code rc;

	if (m->version != order->version + 1)
		return damaged(&r, STR_NONE, "the order has another version");
	if (memcmp(m->prev_hash, order->last_hash, AMENDMENT_HASH_BYTES) != 0)
		return damaged(&r, STR_NONE, "the chain of hashes is broken");
	rc = replay(&r);
	if (rc != ERR_OK)
		return rc;
	*order = r.next;
	order->id = m->order;
	order->app = m->app;
	order->version = m->version;
	order->updated_ms = m->at_ms;
	order->last_seq = m->seq;
	memcpy(order->last_hash, m->hash, AMENDMENT_HASH_BYTES);
	return ERR_OK;
}

enum err_code
amendment_undo(const struct amendment *m, const struct amendment *before,
    struct arena *a, struct order *order, struct err *err)
{
	struct replay r = {
	    .m = m, .back = true, .arena = a, .err = err, .next = *order};
	struct amendment none = {.version = 0};
	enum err_code rc;

	if (before == NULL)
		before = &none;
	if (m->version != order->version || before->version + 1 != m->version)
		return damaged(&r, STR_NONE, "the order has another version");
	if (memcmp(m->hash, order->last_hash, AMENDMENT_HASH_BYTES) != 0 ||
	    memcmp(m->prev_hash, before->hash, AMENDMENT_HASH_BYTES) != 0)
		return damaged(&r, STR_NONE, "the chain of hashes is broken");
	rc = replay(&r);
	if (rc != ERR_OK)
		return rc;
	*order = r.next;
	order->version = before->version;
	order->updated_ms = before->at_ms;
	order->last_seq = before->seq;
	memcpy(order->last_hash, before->hash, AMENDMENT_HASH_BYTES);
	return ERR_OK;
}
