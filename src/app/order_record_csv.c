/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of orders as RFC 4180 has them: cells apart by commas, those with a
 * comma, a quote or a line end in quotes, quotes doubled. Lines may end in
 * "\n" too. And printing, of both formats.
 */
#include <assert.h>

#include "app/order_record.h"
#include "app/order_view.h"
#include "base/json.h"
#include "base/money.h"
#include "base/when.h"

/* The length of the quoted cell that s begins with, its quotes included; 0: it
 * has no end. */
static size_t
quoted_length(struct str s, bool *doubled, int *lines)
{
	*doubled = false;
	for (size_t i = 1; i < s.n; i++) {
		*lines += s.p[i] == '\n';
		if (s.p[i] != '"')
			continue;
		if (i + 1 == s.n || s.p[i + 1] != '"')
			return i + 1;
		*doubled = true;
		i++;
	}
	return 0;
}

static struct str
undouble(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n);
	size_t n = 0;

	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++) {
		p[n++] = s.p[i];
		i += s.p[i] == '"';
	}
	return (struct str){p, n};
}

/* One cell off *rest; false when it is malformed. */
static bool
take_cell(struct arena *a, struct str *rest, struct str *out, int *lines)
{
	size_t n = 0;
	bool doubled;

	if (rest->n == 0 || rest->p[0] != '"') {
		while (n < rest->n && rest->p[n] != ',' && rest->p[n] != '\n')
			n++;
		*out = str_sub(*rest, 0, n);
		*rest = str_sub(*rest, n, SIZE_MAX);
		if (out->n > 0 && out->p[out->n - 1] == '\r')
			out->n--;
		return true;
	}
	n = quoted_length(*rest, &doubled, lines);
	if (n == 0)
		return false;
	*out = str_sub(*rest, 1, n - 2);
	if (doubled)
		*out = undouble(a, *out);
	*rest = str_sub(*rest, n, SIZE_MAX);
	if (rest->n > 1 && rest->p[0] == '\r' && rest->p[1] == '\n')
		*rest = str_sub(*rest, 1, SIZE_MAX);
	return rest->n == 0 || rest->p[0] == ',' || rest->p[0] == '\n';
}

int
record_split(struct arena *a, struct str *rest, struct str *cells, int *lines)
{
	int count = 0;

	assert(a != NULL);
	assert(rest->n > 0);
	*lines = 1;
	for (;;) {
		bool more;

		if (count == RECORD_COLUMNS_MAX ||
		    !take_cell(a, rest, &cells[count], lines))
			return -1;
		count++;
		more = rest->n > 0 && rest->p[0] == ',';
		*rest = str_sub(*rest, 1, SIZE_MAX);
		if (!more)
			return count;
	}
}

/* --- printing ------------------------------------------------------------------ */

static const char *const line_columns[] = {
    "product", "sku", "title", "price", "quantity", "remark"};

#define LINE_COLUMNS (sizeof(line_columns) / sizeof(line_columns[0]))

static bool
is_column(int f)
{
	return order_fields[f].kind != FIELD_LINES &&
	    order_fields[f].kind != FIELD_ATTRIBUTES;
}

void
record_print_heading(enum record_format format, struct buf *out)
{
	if (format == RECORD_NDJSON)
		return;
	buf_str(out, STR("id,app"));
	for (int f = 0; f < F__COUNT; f++)
		if (is_column(f))
			buf_printf(out, ",%s", order_fields[f].name);
	for (size_t i = 0; i < LINE_COLUMNS; i++)
		buf_printf(out, ",%s", line_columns[i]);
	buf_str(out, STR(",lines,attributes\r\n"));
}

/* A text as a cell, its comma before it. */
static void
put_cell(struct buf *out, struct str s)
{
	bool plain = true;

	buf_char(out, ',');
	for (size_t i = 0; i < s.n && plain; i++)
		plain = strchr(",\"\r\n", s.p[i]) == NULL;
	if (plain) {
		buf_str(out, s);
		return;
	}
	buf_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_char(out, '"');
		buf_char(out, s.p[i]);
	}
	buf_char(out, '"');
}

static void
put_money(struct buf *out, int64_t value, int decimals)
{
	buf_char(out, ',');
	money_print(out, value, decimals);
}

static void
put_field(struct buf *out, const struct order *o, enum order_field f)
{
	char at[WHEN_ISO_BYTES];
	int64_t n;

	switch (order_fields[f].kind) {
	case FIELD_STR:
		put_cell(out, order_get_str(o, f));
		return;
	case FIELD_FEN:
		put_money(out, order_get_int(o, f), MONEY_FEN_DECIMALS);
		return;
	case FIELD_STATUS:
		put_cell(out, str_from(order_status_name(o->status)));
		return;
	case FIELD_STAGE:
		put_cell(out, str_from(vendor_stage_name(o->stage)));
		return;
	case FIELD_TIME:
		when_print_iso(order_get_int(o, f), at);
		put_cell(out,
		    order_get_int(o, f) == 0 ? STR_NONE : str_from(at));
		return;
	default:
		n = order_get_int(o, f);
		buf_char(out, ',');
		if (n != 0)
			buf_int(out, n);
		return;
	}
}

static void
put_only_line(struct buf *out, const struct line *l)
{
	put_cell(out, l->product);
	buf_char(out, ',');
	if (l->sku != 0)
		buf_int(out, l->sku);
	put_cell(out, l->title);
	put_money(out, l->price_e4, MONEY_E4_DECIMALS);
	buf_char(out, ',');
	buf_int(out, l->quantity);
	put_cell(out, l->remark);
}

/* A list as JSON in a cell; `json` is its own buffer. */
static void
put_list(struct buf *out, const struct order *o, enum order_field f)
{
	struct json_out json;
	struct buf text;

	buf_init(&text, NULL, LIMIT_COLUMN_BYTES);
	json_out_init(&json, &text);
	order_print_field(o, f, &json);
	put_cell(out, buf_view(&text));
	out->failed = out->failed || buf_failed(&text);
	buf_fini(&text);
}

static void
print_row(const struct order *o, struct str app, struct buf *out)
{
	buf_int(out, o->id);
	put_cell(out, app);
	for (int f = 0; f < F__COUNT; f++)
		if (is_column(f))
			put_field(out, o, (enum order_field)f);
	if (o->line_count == 1)
		put_only_line(out, &o->lines[0]);
	else
		buf_str(out, STR(",,,,,,"));
	if (o->line_count == 1)
		buf_char(out, ',');
	else
		put_list(out, o, F_LINES);
	if (o->attribute_count == 0)
		buf_char(out, ',');
	else
		put_list(out, o, F_ATTRIBUTES);
	buf_str(out, STR("\r\n"));
}

void
record_print(enum record_format format, const struct order *order,
    struct str app, struct buf *out)
{
	struct json_out json;

	assert(order != NULL);
	if (format == RECORD_CSV) {
		print_row(order, app, out);
		return;
	}
	json_out_init(&json, out);
	order_print_json(order, app, &json);
	buf_char(out, '\n');
}
