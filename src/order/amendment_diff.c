/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two orders. Every accepted change comes through here, so
 * it allocates twice: the walk over the fields is made once to count, and once
 * more to write the changes and, into one block, the texts made for them.
 */
#include <assert.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/digest.h"
#include "order/amendment.h"
#include "order/amendment_field.h"
#include "order/command.h"

#define INT_TEXT_BYTES 21 /* "-9223372036854775808" and a NUL */

struct diff {
	const struct order *before;
	const struct order *after;
	bool was;	 /* there was an order before */
	bool is;	 /* there is one after */
	uint64_t fields; /* BIT64 of those that differ */
	const uint8_t *entropy;

	struct amendment_change *changes; /* NULL while counting */
	size_t count;
	char *text; /* NULL while counting */
	size_t text_bytes;
};

static const struct order no_order;
static const struct line no_line;

/* One digest gives both salts of a change. */
static void
put_salts(const struct diff *d, struct amendment_change *c)
{
	uint8_t number[8];
	uint8_t salts[DIGEST_BYTES_MAX];
	struct digest digest;

	static_assert(2 * AMENDMENT_SALT_BYTES == DIGEST_SHA256_BYTES,
	    "a digest is cut into two salts");
	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = (uint8_t)((uint64_t)d->count >> (8 * i));
	digest_init(&digest, DIGEST_SHA256);
	digest_add(&digest, (struct str){(const char *)d->entropy, 32});
	digest_add(&digest, (struct str){(const char *)number, sizeof(number)});
	digest_end(&digest, salts);
	if (!str_is_null(c->from))
		memcpy(c->salt_from, salts, AMENDMENT_SALT_BYTES);
	if (!str_is_null(c->to))
		memcpy(c->salt_to, salts + AMENDMENT_SALT_BYTES,
		    AMENDMENT_SALT_BYTES);
}

static void
add_change(struct diff *d, struct str field, enum field_privacy privacy,
    struct str from, struct str to)
{
	if (d->changes != NULL) {
		struct amendment_change *c = &d->changes[d->count];

		c->field = field;
		c->from = from;
		c->to = to;
		c->personal = privacy == FIELD_PERSONAL;
		if (c->personal)
			put_salts(d, c);
	}
	d->count++;
}

/* Room for a text of at most `bytes` with its NUL; NULL while counting. */
static char *
text_room(struct diff *d, size_t bytes)
{
	char *room = d->text == NULL ? NULL : d->text + d->text_bytes;

	d->text_bytes += bytes;
	return room;
}

static struct str
int_text(struct diff *d, int64_t value)
{
	struct buf b;
	char *room;

	if (value == 0)
		return STR_NONE;
	room = text_room(d, INT_TEXT_BYTES);
	if (room == NULL)
		return STR_NONE;
	buf_init_fixed(&b, room, INT_TEXT_BYTES);
	buf_int(&b, value);
	return buf_view(&b);
}

/* A field's value; `there` tells whether the order is. */
static struct str
field_text(struct diff *d, const struct order *o, bool there,
    enum order_field f)
{
	switch (order_fields[f].kind) {
	case FIELD_STR:
		return order_get_str(o, f);
	case FIELD_STATUS:
		/* DRAFT is zero and yet a state: only no order has none. */
		if (!there)
			return STR_NONE;
		return str_from(order_status_name(o->status));
	case FIELD_STAGE:
		if (o->stage == STAGE_NONE)
			return STR_NONE;
		return str_from(vendor_stage_name(o->stage));
	default:
		return int_text(d, order_get_int(o, f));
	}
}

static void
walk_field(struct diff *d, enum order_field f)
{
	struct str from = field_text(d, d->before, d->was, f);
	struct str to = field_text(d, d->after, d->is, f);

	add_change(d, str_from(order_fields[f].name), order_fields[f].privacy,
	    from, to);
}

/* The name of a member of line i. */
static struct str
line_field(struct diff *d, size_t i, enum line_member m)
{
	char *room;

	if (d->before->line_count <= 1 && d->after->line_count <= 1)
		return str_from(line_members[m].name);
	room = text_room(d, LINE_FIELD_BYTES);
	if (room == NULL)
		return STR_NONE;
	return (struct str){room,
	    (size_t)snprintf(room, LINE_FIELD_BYTES, "lines[%zu].%s", i,
		line_members[m].name)};
}

static void
walk_line(struct diff *d, size_t i, const struct line *before,
    const struct line *after)
{
	for (int n = 0; n < LINE__COUNT; n++) {
		const struct line_member_row *row = &line_members[n];
		const void *a = (const char *)before + row->offset;
		const void *b = (const char *)after + row->offset;
		enum line_member m = (enum line_member)n;

		if (row->kind == FIELD_STR) {
			struct str from = *(const struct str *)a;
			struct str to = *(const struct str *)b;

			if (!str_eq(from, to))
				add_change(d, line_field(d, i, m), row->privacy,
				    from, to);
		} else {
			int64_t from = *(const int64_t *)a;
			int64_t to = *(const int64_t *)b;

			if (from != to)
				add_change(d, line_field(d, i, m), row->privacy,
				    int_text(d, from), int_text(d, to));
		}
	}
}

static void
walk_lines(struct diff *d)
{
	size_t before = d->before->line_count;
	size_t after = d->after->line_count;

	for (size_t i = 0; i < before || i < after; i++)
		walk_line(d, i, i < before ? &d->before->lines[i] : &no_line,
		    i < after ? &d->after->lines[i] : &no_line);
}

static void
add_attribute(struct diff *d, struct str name, struct str from, struct str to)
{
	size_t prefix = sizeof(ATTRIBUTE_PREFIX) - 1;
	char *room;

	if (str_eq(from, to))
		return;
	room = text_room(d, prefix + name.n + 1);
	if (room != NULL) {
		memcpy(room, ATTRIBUTE_PREFIX, prefix);
		memcpy(room + prefix, name.p, name.n);
		name = (struct str){room, prefix + name.n};
	}
	add_change(d, name, FIELD_PLAIN, from, to);
}

/* Both lists are sorted by name: they are gone through side by side. */
static void
walk_attributes(struct diff *d)
{
	const struct attribute *a = d->before->attributes;
	const struct attribute *b = d->after->attributes;
	size_t a_left = d->before->attribute_count;
	size_t b_left = d->after->attribute_count;

	while (a_left > 0 || b_left > 0) {
		int order = a_left == 0 ? 1
		    : b_left == 0	? -1
					: str_cmp(a->name, b->name);

		if (order < 0)
			add_attribute(d, a->name, a->value, STR_NONE);
		else if (order > 0)
			add_attribute(d, b->name, STR_NONE, b->value);
		else
			add_attribute(d, b->name, a->value, b->value);
		if (order <= 0) {
			a++;
			a_left--;
		}
		if (order >= 0) {
			b++;
			b_left--;
		}
	}
}

static void
walk(struct diff *d)
{
	d->count = 0;
	d->text_bytes = 0;
	for (uint64_t left = d->fields; left != 0; left &= left - 1) {
		enum order_field f = (enum order_field)__builtin_ctzll(left);

		if (order_fields[f].kind == FIELD_LINES)
			walk_lines(d);
		else if (order_fields[f].kind == FIELD_ATTRIBUTES)
			walk_attributes(d);
		else
			walk_field(d, f);
	}
}

static uint64_t
differing_fields(const struct diff *d)
{
	/* DRAFT is zero, as is the status of no order at all. */
	uint64_t existence = d->was == d->is ? 0 : BIT64(F_STATUS);

	return existence | order_differences(d->before, d->after);
}

/* What the amendment takes from the orders besides the changes. */
static void
begin_amendment(const struct diff *d, struct amendment *m)
{
	const struct order *known = d->is ? d->after : d->before;

	*m = (struct amendment){
	    .prev_seq = d->before->last_seq,
	    .order = known->id,
	    .app = known->app,
	    .version = d->is ? d->after->version : d->before->version + 1,
	    .at_ms = known->updated_ms,
	};
	memcpy(m->prev_hash, d->before->last_hash, sizeof(m->prev_hash));
}

enum err_code
amendment_diff(struct arena *a, const struct order *before,
    const struct order *after, const uint8_t entropy[32], struct amendment *out)
{
	assert(before != NULL || after != NULL);

	struct diff d = {
	    .before = before == NULL ? &no_order : before,
	    .after = after == NULL ? &no_order : after,
	    .was = before != NULL,
	    .is = after != NULL,
	    .entropy = entropy,
	};

	begin_amendment(&d, out);
	d.fields = differing_fields(&d);
	walk(&d);
	if (d.count == 0)
		return ERR_OK;

	size_t count = d.count;
	size_t text_bytes = d.text_bytes;

	d.changes = ARENA_ARRAY(a, count, struct amendment_change);
	d.text = arena_alloc(a, text_bytes + 1);
	if (d.changes == NULL || d.text == NULL)
		return ERR_NO_MEMORY;
	walk(&d);
	assert(d.count == count);
	assert(d.text_bytes == text_bytes);
	out->changes = d.changes;
	out->change_count = count;
	return ERR_OK;
}
