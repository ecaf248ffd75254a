/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An order's row: one column per row of ORDER_FIELD_TABLE, treated by its kind,
 * so that a new field needs no code here.
 */
#include "store/row.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"

#define LINE_PARTS 6 /* members of a line in JSON */

static enum err_code
damaged(struct err *err, const struct order *o, const char *what)
{
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "order %lld: the stored %s cannot be true", (long long)o->id, what);
}

static enum err_code
no_memory(struct err *err, const struct order *o)
{
	return err_set(err, ERR_NO_MEMORY, NULL, "order %lld: no room for it",
	    (long long)o->id);
}

void
row_text_init(struct row_text *t)
{
	buf_init(&t->lines, NULL, LIMIT_COLUMN_BYTES);
	buf_init(&t->attributes, NULL, LIMIT_COLUMN_BYTES);
	buf_init(&t->changes, NULL, LIMIT_COLUMN_BYTES);
}

void
row_text_fini(struct row_text *t)
{
	buf_fini(&t->lines);
	buf_fini(&t->attributes);
	buf_fini(&t->changes);
}

/* --- out of an order ------------------------------------------------------ */

static void
write_lines(const struct order *o, struct buf *b)
{
	struct json_out json;

	buf_reset(b);
	json_out_init(&json, b);
	json_open(&json, '[');
	for (size_t i = 0; i < o->line_count; i++) {
		const struct line *l = &o->lines[i];

		json_open(&json, '[');
		json_put_str(&json, l->product);
		json_put_int(&json, l->sku);
		json_put_str(&json, l->title);
		json_put_int(&json, l->price_e4);
		json_put_int(&json, l->quantity);
		json_put_str(&json, l->remark);
		json_close(&json, ']');
	}
	json_close(&json, ']');
}

static void
write_attributes(const struct order *o, struct buf *b)
{
	struct json_out json;

	buf_reset(b);
	json_out_init(&json, b);
	json_open(&json, '{');
	for (size_t i = 0; i < o->attribute_count; i++) {
		/* A name is a client's text, which json_key would not escape. */
		json_put_str(&json, o->attributes[i].name);
		buf_char(b, ':');
		json.comma = false;
		json_put_str(&json, o->attributes[i].value);
	}
	json_close(&json, '}');
}

static struct sql_value
field_value(const struct order *o, enum order_field f, const struct row_text *t)
{
	switch (order_fields[f].kind) {
	case FIELD_STR:
		return sql_text(order_get_str(o, f));
	case FIELD_LINES:
		return sql_text(buf_view(&t->lines));
	case FIELD_ATTRIBUTES:
		return sql_text(o->attribute_count > 0
			? buf_view(&t->attributes)
			: STR_NONE);
	default:
		return sql_int(order_get_int(o, f));
	}
}

/* The values of these fields, in the order of the table. */
static enum err_code
put_fields(const struct order *o, uint64_t fields, struct row_text *t,
    struct sql_value *out, struct err *err)
{
	assert(o->id > 0);
	assert(o->app > 0);
	order_check(o);
	if ((fields & BIT64(F_LINES)) != 0)
		write_lines(o, &t->lines);
	if ((fields & BIT64(F_ATTRIBUTES)) != 0 && o->attribute_count > 0)
		write_attributes(o, &t->attributes);
	if (buf_failed(&t->lines) || buf_failed(&t->attributes))
		return no_memory(err, o);
	for (; fields != 0; fields &= fields - 1)
		*out++ = field_value(o,
		    (enum order_field)__builtin_ctzll(fields), t);
	return ERR_OK;
}

/* The order's own columns but its app, which never changes. */
static void
put_fixed(const struct order *o, struct sql_value out[ORDER_ROW_FIXED - 1])
{
	struct str hash = {(const char *)o->last_hash, sizeof(o->last_hash)};

	out[0] = sql_int(o->version);
	out[1] = sql_int(o->updated_ms);
	out[2] = sql_int(o->last_seq);
	out[3] = sql_bytes(hash);
}

enum err_code
order_row_values(const struct order *o, struct row_text *t,
    struct sql_value out[ORDER_ROW_COLUMNS], struct err *err)
{
	out[0] = sql_int(o->app);
	put_fixed(o, out + 1);
	out[ORDER_ROW_COLUMNS - 1] = sql_int(o->id);
	return put_fields(o, ORDER_ALL_FIELDS, t, out + ORDER_ROW_FIXED, err);
}

enum err_code
order_update_values(const struct order *o, uint64_t fields, struct row_text *t,
    struct sql_value *out, struct err *err)
{
	struct sql_value *behind = out + ORDER_ROW_FIXED - 1 +
	    __builtin_popcountll(fields);

	put_fixed(o, out);
	behind[0] = sql_int(o->id);
	behind[1] = sql_int(o->app);
	return put_fields(o, fields, t, out + ORDER_ROW_FIXED - 1, err);
}

/* --- into an order ---------------------------------------------------------- */

/* A string or null; false for anything else. */
static bool
read_text(const json_t *v, struct str *out)
{
	*out = json_text(v);
	return json_is_null(v) || json_is_string(v);
}

static bool
read_number(const json_t *v, int64_t min, int64_t max, int64_t *out)
{
	*out = json_integer_value(v);
	return json_is_integer(v) && *out >= min && *out <= max;
}

static bool
read_line(const json_t *v, struct line *l)
{
	return json_array_size(v) == LINE_PARTS &&
	    read_text(json_array_get(v, 0), &l->product) &&
	    read_number(json_array_get(v, 1), INT64_MIN, INT64_MAX, &l->sku) &&
	    read_text(json_array_get(v, 2), &l->title) &&
	    read_number(json_array_get(v, 3), 0, INT64_MAX, &l->price_e4) &&
	    read_number(json_array_get(v, 4), 1, INT64_MAX, &l->quantity) &&
	    read_text(json_array_get(v, 5), &l->remark);
}

/* The tree's strings are in the arena and are used where they are. */
static enum err_code
read_lines(struct order *o, struct arena *a, struct str text, struct err *err)
{
	json_t *tree;
	enum err_code code;
	size_t count;

	if (row_lines_scan(o, a, text))
		return ERR_OK;
	code = json_read(a, text, JSON_READ_EXACT, &tree, NULL);
	if (code == ERR_NO_MEMORY)
		return no_memory(err, o);
	count = code == ERR_OK ? json_array_size(tree) : 0;
	if (count < 1 || count > LIMIT_LINES)
		return damaged(err, o, "list of lines");
	o->lines = ARENA_ARRAY(a, count, struct line);
	if (o->lines == NULL)
		return no_memory(err, o);
	o->line_count = count;
	for (size_t i = 0; i < count; i++) {
		if (!read_line(json_array_get(tree, i), &o->lines[i]))
			return damaged(err, o, "list of lines");
	}
	return ERR_OK;
}

/* Appends one; they are stored sorted, so each must follow the one before. */
static bool
take_attribute(struct order *o, const char *name, const json_t *value)
{
	struct attribute *at = &o->attributes[o->attribute_count];

	at->name = str_from(name);
	at->value = json_text(value);
	if (str_is_null(at->value))
		return false;
	if (o->attribute_count > 0 && str_cmp(at[-1].name, at->name) >= 0)
		return false;
	o->attribute_count++;
	return true;
}

static enum err_code
read_attributes(struct order *o, struct arena *a, struct str text,
    struct err *err)
{
	json_t *tree, *value;
	const char *name;
	enum err_code code;
	size_t count;

	if (str_is_null(text))
		return ERR_OK;
	code = json_read(a, text, JSON_READ_EXACT, &tree, NULL);
	if (code == ERR_NO_MEMORY)
		return no_memory(err, o);
	count = code == ERR_OK ? json_object_size(tree) : 0;
	if (count < 1 || count > LIMIT_ATTRIBUTES)
		return damaged(err, o, "attributes");
	o->attributes = ARENA_ARRAY(a, count, struct attribute);
	if (o->attributes == NULL)
		return no_memory(err, o);
	json_object_foreach(tree, name, value)
	{
		if (!take_attribute(o, name, value))
			return damaged(err, o, "attributes");
	}
	return ERR_OK;
}

static enum err_code
read_field(struct order *o, enum order_field f, struct sql_cursor *c,
    struct arena *a, struct err *err)
{
	int column = ORDER_ROW_FIXED + (int)f;

	switch (order_fields[f].kind) {
	case FIELD_STR:
		*order_str(o, f) = arena_dup(a, sql_get_str(c, column));
		return ERR_OK;
	case FIELD_LINES:
		return read_lines(o, a, sql_get_str(c, column), err);
	case FIELD_ATTRIBUTES:
		return read_attributes(o, a, sql_get_str(c, column), err);
	case FIELD_STATUS:
		o->status = (enum order_status)sql_get_int(c, column);
		return ERR_OK;
	case FIELD_STAGE:
		o->stage = (enum vendor_stage)sql_get_int(c, column);
		return ERR_OK;
	default:
		*order_int(o, f) = sql_get_int(c, column);
		return ERR_OK;
	}
}

/* What order_check would assert, told instead: a file can be damaged. */
static enum err_code
check_read(struct order *o, struct err *err)
{
	int64_t total = o->total_fen;

	if ((unsigned)o->status >= ORDER__COUNT ||
	    (unsigned)o->stage >= STAGE__COUNT)
		return damaged(err, o, "status");
	if (o->app < 1)
		return damaged(err, o, "app");
	if (o->version < 1 || o->version > LIMIT_COUNTED)
		return damaged(err, o, "version");
	if (o->last_seq < 1 || o->last_seq > LIMIT_COUNTED)
		return damaged(err, o, "place in the log");
	if (order_sum(o) != ERR_OK || o->total_fen != total)
		return damaged(err, o, "total");
	return ERR_OK;
}

enum err_code
order_row_read(struct sql_cursor *c, struct arena *a, struct order *out,
    struct err *err)
{
	struct str hash = sql_get_str(c, 4);
	enum err_code code = ERR_OK;

	*out = (struct order){
	    .id = sql_get_int(c, ORDER_ROW_COLUMNS - 1),
	    .app = sql_get_int(c, 0),
	    .version = sql_get_int(c, 1),
	    .updated_ms = sql_get_int(c, 2),
	    .last_seq = sql_get_int(c, 3),
	};
	if (hash.n != sizeof(out->last_hash))
		return damaged(err, out, "hash");
	memcpy(out->last_hash, hash.p, sizeof(out->last_hash));
	for (int f = 0; f < F__COUNT && code == ERR_OK; f++)
		code = read_field(out, (enum order_field)f, c, a, err);
	if (code == ERR_OK && arena_failed(a))
		return no_memory(err, out);
	if (code == ERR_OK)
		code = check_read(out, err);
	if (code == ERR_OK)
		order_check(out);
	return code;
}
