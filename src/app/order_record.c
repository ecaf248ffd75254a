/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records to orders. Every field goes through text, so that a number may stand
 * in quotes and a table needs no types.
 */
#include "app/order_record.h"

#include <assert.h>
#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/when.h"

bool
record_format_of(const char *word, const char *path, enum record_format *out)
{
	struct str w = str_from(word), p = str_from(path);

	*out = RECORD_NDJSON;
	if (word == NULL) {
		if (p.n > 4 &&
		    str_eq_nocase(str_sub(p, p.n - 4, 4), STR(".csv")))
			*out = RECORD_CSV;
		return true;
	}
	if (str_eq(w, STR("csv")))
		*out = RECORD_CSV;
	return str_eq(w, STR("csv")) || str_eq(w, STR("ndjson"));
}

static void
fault(struct record_reader *r, struct str field, const char *why)
{
	r->is_bad = true;
	r->fault(r->arg, field, why);
}

/* --- values ----------------------------------------------------------------- */

static struct str
cell(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->count; i++)
		if (str_eq(record->names[i], str_from(name)))
			return record->cells[i].n > 0 ? record->cells[i]
						      : STR_NONE;
	return STR_NONE;
}

/* A JSON value as text; false when it is neither text, number nor null. */
static bool
json_as_text(const json_t *v, char room[32], struct str *out)
{
	*out = STR_NONE;
	if (v == NULL || json_is_null(v))
		return true;
	if (json_is_integer(v)) {
		int n = snprintf(room, 32, "%lld",
		    (long long)json_integer_value(v));

		*out = (struct str){room, (size_t)n};
		return true;
	}
	*out = json_is_number(v) ? json_number_text(v, room) : json_text(v);
	return !str_is_null(*out);
}

static struct str
text_of(struct record_reader *r, const struct record *record, const char *name,
    char room[32])
{
	struct str text;

	if (record->object == NULL)
		return cell(record, name);
	if (!json_as_text(json_object_get(record->object, name), room, &text))
		fault(r, str_from(name), "must be text or a number");
	return text;
}

static json_t *
tree_of(struct record_reader *r, const struct record *record, const char *name)
{
	json_t *tree = NULL;
	struct str text;

	if (record->object != NULL)
		return json_object_get(record->object, name);
	text = cell(record, name);
	if (!str_is_null(text) &&
	    json_read(r->arena, text, JSON_READ_EXACT, &tree, NULL) != ERR_OK)
		fault(r, str_from(name), "is not JSON");
	return tree;
}

/* Text kept beyond the buffer it may stand in. */
static struct str
keep(struct record_reader *r, struct str text, const char *room)
{
	return text.p == room ? arena_dup(r->arena, text) : text;
}

static void
take_text(struct record_reader *r, struct str name, struct str text,
    struct str *out)
{
	if (text.n > LIMIT_TEXT_BYTES)
		fault(r, name, "is longer than 8192 bytes");
	else if (str_code_points(text) < 0)
		fault(r, name, "is not UTF-8");
	else
		*out = text.n > 0 ? text : STR_NONE;
}

static void
take_number(struct record_reader *r, struct str name, struct str text,
    int decimals, int64_t min, int64_t max, int64_t *out)
{
	int64_t n;
	bool good = decimals == 0 ? str_parse_int(text, &n)
				  : money_parse(text, decimals, &n);

	if (!good)
		fault(r, name, "is not a number of this kind");
	else if (n < min || n > max)
		fault(r, name, "is out of range");
	else
		*out = n;
}

static void
take_field(struct record_reader *r, enum order_field f, struct str text,
    const char *room, struct order *o)
{
	struct str name = str_from(order_fields[f].name);

	switch (order_fields[f].kind) {
	case FIELD_STR:
		take_text(r, name, keep(r, text, room), order_str(o, f));
		return;
	case FIELD_INT:
		take_number(r, name, text, 0, INT64_MIN, INT64_MAX,
		    order_int(o, f));
		return;
	case FIELD_FEN:
		take_number(r, name, text, MONEY_FEN_DECIMALS, 0, INT64_MAX,
		    order_int(o, f));
		return;
	case FIELD_TIME:
		if (!when_parse_iso(text, order_int(o, f)) ||
		    *order_int(o, f) < 0)
			fault(r, name, "is not an ISO 8601 time");
		return;
	case FIELD_STATUS:
		if (!order_status_parse(text, &o->status))
			fault(r, name, "is no state of an order");
		return;
	case FIELD_STAGE:
		if (!vendor_stage_parse(text, &o->stage))
			fault(r, name, "is no stage of a vendor");
		return;
	default:
		return;
	}
}

/* --- lines and attributes ------------------------------------------------------ */

static struct str
name_of_member(struct record_reader *r, size_t line, const char *member)
{
	struct str name = arena_printf(r->arena, "lines[%zu].%s", line, member);

	return str_is_null(name) ? str_from(member) : name;
}

/* The members of a line, by name out of a record. */
static void
read_line(struct record_reader *r, const struct record *record, size_t i,
    struct line *l)
{
	char room[32];
	struct str text;

	text = text_of(r, record, "product", room);
	take_text(r, name_of_member(r, i, "product"), keep(r, text, room),
	    &l->product);
	text = text_of(r, record, "title", room);
	take_text(r, name_of_member(r, i, "title"), keep(r, text, room),
	    &l->title);
	text = text_of(r, record, "remark", room);
	take_text(r, name_of_member(r, i, "remark"), keep(r, text, room),
	    &l->remark);
	text = text_of(r, record, "sku", room);
	if (!str_is_null(text))
		take_number(r, name_of_member(r, i, "sku"), text, 0, 0,
		    INT64_MAX, &l->sku);
	text = text_of(r, record, "price", room);
	take_number(r, name_of_member(r, i, "price"), text, MONEY_E4_DECIMALS,
	    0, LIMIT_PRICE_E4, &l->price_e4);
	text = text_of(r, record, "quantity", room);
	take_number(r, name_of_member(r, i, "quantity"), text, 0, 1,
	    LIMIT_QUANTITY, &l->quantity);
}

static void
read_lines(struct record_reader *r, const struct record *record,
    struct order *o)
{
	json_t *tree = tree_of(r, record, "lines");
	size_t count = json_array_size(tree);
	bool own_columns = tree == NULL && record->object == NULL;

	if (own_columns)
		count = 1;
	if (count < 1 || count > LIMIT_LINES ||
	    (!own_columns && !json_is_array(tree))) {
		fault(r, STR("lines"), "must be a list of 1 to 500 lines");
		return;
	}
	o->lines = ARENA_ARRAY(r->arena, count, struct line);
	if (o->lines == NULL)
		return;
	o->line_count = count;
	for (size_t i = 0; i < count; i++) {
		struct record line = {.object = json_array_get(tree, i)};

		if (!own_columns && !json_is_object(line.object))
			fault(r, name_of_member(r, i, ""), "is no object");
		else
			read_line(r, own_columns ? record : &line, i,
			    &o->lines[i]);
	}
}

static int
compare_attributes(const void *a, const void *b)
{
	const struct attribute *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static void
read_attributes(struct record_reader *r, const struct record *record,
    struct order *o)
{
	json_t *tree = tree_of(r, record, "attributes");
	size_t count = json_array_size(tree);

	if (count > LIMIT_ATTRIBUTES ||
	    (tree != NULL && !json_is_null(tree) && !json_is_array(tree))) {
		fault(r, STR("attributes"), "must be a list of 64 at most");
		return;
	}
	o->attributes = ARENA_ARRAY(r->arena, count, struct attribute);
	if (o->attributes == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		json_t *one = json_array_get(tree, i);
		struct attribute *a = &o->attributes[o->attribute_count++];

		a->name = json_text(json_object_get(one, "name"));
		a->value = json_text(json_object_get(one, "value"));
		if (a->name.n < 1 || a->name.n > LIMIT_NAME_BYTES ||
		    a->value.n < 1 || a->value.n > LIMIT_TEXT_BYTES)
			fault(r, STR("attributes"),
			    "each needs a name and a value");
	}
	qsort(o->attributes, o->attribute_count, sizeof(*o->attributes),
	    compare_attributes);
	for (size_t i = 1; i < o->attribute_count; i++)
		if (str_eq(o->attributes[i - 1].name, o->attributes[i].name))
			fault(r, STR("attributes"), "a name is there twice");
}

/* --- a record -------------------------------------------------------------------- */

/* Names that say nothing an order would be made of. */
static bool
is_derived(struct str name)
{
	static const char *const names[] = {"id", "app", "names", "version",
	    "updatedAt", "product", "sku", "title", "price", "quantity",
	    "remark"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(name, str_from(names[i])))
			return true;
	return false;
}

static void
check_name(struct record_reader *r, struct str name, bool is_table)
{
	for (int f = 0; f < F__COUNT; f++)
		if (str_eq(name, str_from(order_fields[f].name)))
			return;
	/* The line's own columns mean nothing in an object. */
	if (!is_derived(name) || (!is_table && str_eq(name, STR("quantity"))))
		fault(r, name, "is no field of an order");
}

static void
check_all_names(struct record_reader *r, const struct record *record)
{
	json_t *object = record->object;

	if (object == NULL) {
		for (size_t i = 0; i < record->count; i++)
			check_name(r, record->names[i], true);
		return;
	}
	for (void *at = json_object_iter(object); at != NULL;
	     at = json_object_iter_next(object, at))
		check_name(r, str_from(json_object_iter_key(at)), false);
}

static void
check_given_name(struct record_reader *r, enum order_field f,
    enum name_kind kind, const struct order *o)
{
	struct str name = order_get_str(o, f);

	if (name.n > LIMIT_NAME_BYTES)
		fault(r, str_from(order_fields[f].name),
		    "is longer than 64 bytes");
	if (order_name_is_reserved(kind, name))
		fault(r, str_from(order_fields[f].name),
		    "has the form of names that are made by the server");
}

bool
record_read(struct record_reader *r, const struct record *record,
    struct order *out)
{
	char room[32];
	struct str text;
	int64_t total;

	assert(r != NULL);
	assert(r->fault != NULL);
	r->is_bad = false;
	*out = (struct order){.status = ORDER_SUBMITTED, .version = 1};
	check_all_names(r, record);
	text = text_of(r, record, "id", room);
	if (!str_is_null(text))
		take_number(r, STR("id"), text, 0, 1, INT64_MAX - 1, &out->id);
	for (int f = 0; f < F__COUNT; f++) {
		enum field_kind kind = order_fields[f].kind;

		if (kind == FIELD_LINES || kind == FIELD_ATTRIBUTES)
			continue;
		text = text_of(r, record, order_fields[f].name, room);
		if (!str_is_null(text))
			take_field(r, (enum order_field)f, text, room, out);
	}
	check_given_name(r, F_PURCHASE_NO, NAME_PURCHASE_NO, out);
	check_given_name(r, F_TRADE_NO, NAME_TRADE_NO, out);
	check_given_name(r, F_PURCHASE_ORDER, NAME_PURCHASE_ORDER, out);
	read_lines(r, record, out);
	read_attributes(r, record, out);
	if (r->is_bad)
		return false;
	total = out->total_fen;
	if (order_sum(out) != ERR_OK)
		fault(r, STR("total"), "is too large");
	else if (!str_is_null(text_of(r, record, "total", room)) &&
	    total != out->total_fen)
		fault(r, STR("total"), "is not the sum of the lines");
	return !r->is_bad && !arena_failed(r->arena);
}
