/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters that hold lists, in the spellings clients use:
 *
 *   logistics_order_id_list  ["YT175361", "SF534400"]  or  YT175361,SF534400
 *   sku_info                 {"sku_list":[{"id":109,"quantity":5}]}
 *   sub_order_id_list        5404041050,5404041065
 *
 * JSON is parsed, never compared as text: clients put blanks and \/ into it.
 */
#include "dialect/top/top_impl.h"

#include "base/limits.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define WAYBILL_CHARACTERS_MAX 64 /* the longest in use have 24 */

/* NULL when it is not JSON. A full arena shows in its mark. */
static json_t *
read_json(struct top_reader *r, struct str text)
{
	struct err why;
	json_t *tree;

	if (json_read(r->arena, text, JSON_READ_EXACT, &tree, &why) != ERR_OK)
		return NULL;
	return tree;
}

/* The core joins waybills with commas, so none can hold one. */
static bool
add_waybill(struct buf *list, struct str waybill)
{
	waybill = str_trim(waybill);
	if (!top_is_text(waybill) ||
	    memchr(waybill.p, ',', waybill.n) != NULL ||
	    str_code_points(waybill) > WAYBILL_CHARACTERS_MAX)
		return false;
	if (list->n > 0)
		buf_char(list, ',');
	buf_str(list, waybill);
	return true;
}

static bool
add_waybills_json(struct top_reader *r, struct buf *list, struct str text)
{
	json_t *tree = read_json(r, text), *item;
	size_t i;

	if (!json_is_array(tree))
		return false;
	json_array_foreach(tree, i, item)
	{
		if (!json_is_string(item) ||
		    !add_waybill(list, json_text(item)))
			return false;
	}
	return true;
}

static bool
add_waybills_text(struct buf *list, struct str text)
{
	while (!str_is_null(text)) {
		struct str piece = str_trim(str_cut(&text, ','));

		if (piece.n > 0 && !add_waybill(list, piece))
			return false;
	}
	return true;
}

bool
top_read_waybills(struct top_reader *r, const struct top_param *p,
    struct str value)
{
	struct str text = str_trim(value);
	struct buf list;
	bool good;

	buf_init(&list, r->arena, LIMIT_TEXT_BYTES);
	if (str_starts(text, STR("[")))
		good = add_waybills_json(r, &list, text);
	else
		good = add_waybills_text(&list, text);
	if (!good || buf_failed(&list))
		return false;
	if (list.n > 0)
		change_set_str(r->change, p->field, buf_view(&list));
	return true;
}

/* --- skus ---------------------------------------------------------------- */

struct sku {
	int64_t id;
	int64_t quantity;
};

/* A positive number, in quotes too: some languages have no other. */
static bool
get_positive(const json_t *object, const char *key, int64_t *out)
{
	const json_t *v = json_object_get(object, key);

	if (json_is_integer(v))
		*out = json_integer_value(v);
	else if (!json_is_string(v) || !str_parse_int(json_text(v), out))
		return false;
	return *out > 0;
}

static int
compare_skus(const void *a, const void *b)
{
	const struct sku *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static bool
get_skus(const json_t *list, struct sku *skus, int64_t *sum)
{
	size_t count = json_array_size(list);

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);

		if (!get_positive(item, "id", &skus[i].id) ||
		    !get_positive(item, "quantity", &skus[i].quantity) ||
		    skus[i].quantity > LIMIT_QUANTITY)
			return false;
		*sum += skus[i].quantity;
	}
	qsort(skus, count, sizeof(*skus), compare_skus);
	for (size_t i = 1; i < count; i++) {
		if (skus[i].id == skus[i - 1].id)
			return false;
	}
	return true;
}

/* Sorted, so that the same skus are the same fact in whatever order. */
static bool
keep_skus(struct top_reader *r, const struct sku *skus, size_t count)
{
	struct buf text;

	buf_init(&text, r->arena, LIMIT_TEXT_BYTES);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%" PRId64 ":%" PRId64, i == 0 ? "" : ",",
		    skus[i].id, skus[i].quantity);
	if (buf_failed(&text))
		return false;
	top_reader_attribute(r, TOP_ATTRIBUTE_SKUS, buf_view(&text));
	return true;
}

bool
top_read_skus(struct top_reader *r, const struct top_param *p, struct str value)
{
	json_t *tree = read_json(r, value);
	json_t *list = json_object_get(tree, "sku_list");
	struct sku *skus;
	size_t count;

	(void)p;
	if (!json_is_object(tree))
		return false;
	if (list == NULL || json_is_null(list))
		return true;
	count = json_array_size(list);
	if (!json_is_array(list) || count > LIMIT_LINES)
		return false;
	if (count == 0)
		return true;
	skus = ARENA_ARRAY(r->arena, count, struct sku);
	if (skus == NULL || !get_skus(list, skus, &r->sku_sum))
		return false;
	r->has_skus = true;
	return keep_skus(r, skus, count);
}

void
top_check_sku_sum(struct top_reader *r)
{
	const struct policy *policy = &r->call->credential->policy;

	if (policy->top_sku_sum != TOP_SKU_SUM_STRICT || !r->has_skus ||
	    !change_has(r->change, F_VENDOR_QUANTITY) ||
	    r->change->to.vendor_quantity == r->sku_sum)
		return;
	outcome_add_fault(&r->call->outcome,
	    (struct fault){
		.rule = RULE_RANGE,
		.field = F_VENDOR_QUANTITY,
		.text = "sku_info 的数量之和须等于 total_quantity",
	    });
}

/* --- sub orders ---------------------------------------------------------- */

/* Whether a number is among the first `count` lines' titles. */
static bool
has_line(const struct line *lines, size_t count, struct str title)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(lines[i].title, title))
			return true;
	}
	return false;
}

static size_t
count_pieces(struct str text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',';
	return n;
}

/* Each sub order is a line of one piece, whose price nobody has told yet. */
bool
top_read_sub_orders(struct top_reader *r, const struct top_param *p,
    struct str value)
{
	size_t count = count_pieces(value);
	struct line *lines;
	struct buf list;
	int64_t id;

	(void)p;
	if (count > LIMIT_LINES)
		return false;
	lines = ARENA_ARRAY(r->arena, count, struct line);
	if (lines == NULL)
		return false;
	buf_init(&list, r->arena, LIMIT_TEXT_BYTES);
	for (size_t i = 0; i < count; i++) {
		struct str piece = str_trim(str_cut(&value, ','));

		if (!str_parse_int(piece, &id) || id <= 0)
			return false;
		lines[i].title = piece;
		lines[i].quantity = 1;
		if (has_line(lines, i, lines[i].title))
			return false;
		buf_printf(&list, "%s%.*s", i == 0 ? "" : ",", STR_ARG(piece));
	}
	if (buf_failed(&list))
		return false;
	r->change->to.lines = lines;
	r->change->to.line_count = count;
	top_reader_attribute(r, TOP_ATTRIBUTE_SUB_ORDERS, buf_view(&list));
	return true;
}
