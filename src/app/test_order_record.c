/* SPDX-License-Identifier: Apache-2.0 */
/* Orders in files: what is written is read back, and what is wrong is told. */
#include "app/order_record.h"

#include "base/json.h"
#include "base/limits.h"
#include "order/test_sample.h"

static struct arena arena;
static char told[4096];

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, SAMPLE_ARENA_BYTES);
	told[0] = '\0';
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static void
tell(void *arg, struct str field, const char *why)
{
	size_t n = strlen(told);

	(void)arg;
	(void)why;
	(void)snprintf(told + n, sizeof(told) - n, "%.*s;", STR_ARG(field));
}

static bool
read_json(const char *text, struct order *out)
{
	struct record_reader reader = {.arena = &arena, .fault = tell};
	struct record record = {0};

	told[0] = '\0';
	check_err(json_read(&arena, str_from(text), JSON_READ_EXACT,
		      &record.object, NULL),
	    ERR_OK);
	return record_read(&reader, &record, out);
}

#define LINES "\"lines\":[{\"title\":\"t\",\"price\":9.99,\"quantity\":2}]"

void
test_least_of_all_records(void **state)
{
	struct order o;

	(void)state;
	assert_true(read_json("{" LINES "}", &o));
	assert_int_equal(o.id, 0);
	assert_int_equal(o.status, ORDER_SUBMITTED);
	assert_int_equal(o.line_count, 1);
	assert_int_equal(o.lines[0].price_e4, 99900);
	assert_int_equal(o.total_fen, 1998);
	assert_int_equal(o.created_ms, 0);
}

void
test_faults_are_told_by_field(void **state)
{
	static const struct {
		const char *text;
		const char *told;
	} rows[] = {
	    {"{}", "lines;"},
	    {"{\"lines\":[]}", "lines;"},
	    {"{\"lines\":{}}", "lines;"},
	    {"{\"lines\":[1]}", "lines[0].;"},
	    {"{\"lines\":[{\"price\":1}]}", "lines[0].quantity;"},
	    {"{\"lines\":[{\"price\":\"x\",\"quantity\":0}]}",
		"lines[0].price;lines[0].quantity;"},
	    {"{\"lines\":[{\"price\":100000000,\"quantity\":100000000}]}",
		"lines[0].price;lines[0].quantity;"},
	    {"{\"lines\":[{\"price\":1.00001,\"quantity\":1.5}]}",
		"lines[0].price;lines[0].quantity;"},
	    {"{" LINES ",\"status\":\"x\",\"createdAt\":\"x\"}",
		"createdAt;status;"},
	    {"{" LINES ",\"colour\":\"x\"}", "colour;"},
	    {"{" LINES ",\"quantity\":2}", "quantity;"},
	    {"{" LINES ",\"user\":[]}", "user;"},
	    {"{" LINES ",\"id\":0}", "id;"},
	    {"{" LINES ",\"id\":1.5}", "id;"},
	    {"{" LINES ",\"total\":19.99}", "total;"},
	    {"{" LINES ",\"name.purchase\":\"CG4503599627370496\"}",
		"name.purchase;"},
	    {"{" LINES ",\"attributes\":[{\"name\":\"a\"}]}", "attributes;"},
	    {"{" LINES ",\"attributes\":[{\"name\":\"a\",\"value\":\"1\"},"
	     "{\"name\":\"a\",\"value\":\"2\"}]}",
		"attributes;"},
	};
	struct order o;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(read_json(rows[i].text, &o));
		assert_string_equal(told, rows[i].told);
	}
}

static int
split(const char *text, struct str *cells, struct str *rest, int *lines)
{
	*rest = str_from(text);
	return record_split(&arena, rest, cells, lines);
}

void
test_tables_are_split(void **state)
{
	struct str cells[RECORD_COLUMNS_MAX], rest;
	int lines;

	(void)state;
	assert_int_equal(
	    split("a,\"b,\"\"c\nd\",,e\r\nnext", cells, &rest, &lines), 4);
	check_str(cells[0], "a");
	check_str(cells[1], "b,\"c\nd");
	check_str(cells[2], "");
	check_str(cells[3], "e");
	check_str(rest, "next");
	assert_int_equal(lines, 2);
	assert_int_equal(split("x", cells, &rest, &lines), 1);
	assert_int_equal(rest.n, 0);
	assert_int_equal(split("\"x\"\r\n\"y\"", cells, &rest, &lines), 1);
	check_str(cells[0], "x");
	check_str(rest, "\"y\"");
	assert_int_equal(split("\"x", cells, &rest, &lines), -1);
	assert_int_equal(split("\"x\"y", cells, &rest, &lines), -1);
	assert_int_equal(
	    split(",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
		  ",,,,,,,,,,,,,,,,,,,,,,,,",
		cells, &rest, &lines),
	    -1);
}

static void
check_equal(const struct order *a, const struct order *b)
{
	assert_int_equal(a->id, b->id);
	for (int f = 0; f < F__COUNT; f++)
		if (!order_field_is_equal(a, b, (enum order_field)f)) {
			print_error("differs: %s\n", order_fields[f].name);
			fail();
		}
}

static void
check_csv(struct str text, const struct order *wanted)
{
	struct record_reader reader = {.arena = &arena, .fault = tell};
	struct str names[RECORD_COLUMNS_MAX], cells[RECORD_COLUMNS_MAX];
	struct record record = {.names = names, .cells = cells};
	struct order o;
	int lines;

	record.count = (size_t)record_split(&arena, &text, names, &lines);
	assert_int_equal(record_split(&arena, &text, cells, &lines),
	    record.count);
	assert_int_equal(text.n, 0);
	if (!record_read(&reader, &record, &o))
		fail_msg("%s", told);
	check_equal(&o, wanted);
}

/* An order with something odd in any of its fields. */
static struct order *
random_order(struct sample_random *r)
{
	static const char *const texts[] = {"plain", "a,b", "say \"x\"",
	    "two\nlines", "北京", " blanks ", "\r\n", NULL};
	struct order *o = sample_order_of_lines(&arena,
	    1 + (size_t)sample_below(r, 3));

	o->id = 1 + sample_below(r, 1000000);
	for (int f = 0; f < F__COUNT; f++) {
		const char *text = texts[sample_below(r, 8)];

		if (order_fields[f].kind == FIELD_STR)
			*order_str(o, (enum order_field)f) = str_from(text);
		else if (order_fields[f].kind == FIELD_INT)
			*order_int(o, (enum order_field)f) = sample_below(
								 r, 2) *
			    sample_below(r, INT32_MAX);
		else if (order_fields[f].kind == FIELD_TIME)
			*order_int(o, (enum order_field)f) = sample_below(r,
			    SAMPLE_NOW_MS);
	}
	o->vendor_fee_fen = sample_below(r, 100000);
	o->status = (enum order_status)sample_below(r, ORDER__COUNT);
	o->stage = (enum vendor_stage)sample_below(r, STAGE__COUNT);
	for (size_t i = 0; i < o->line_count; i++) {
		o->lines[i].remark = str_from(texts[sample_below(r, 8)]);
		o->lines[i].price_e4 = sample_below(r, LIMIT_PRICE_E4);
		o->lines[i].sku = sample_below(r, 2) * sample_below(r, 99999);
	}
	if (sample_below(r, 2) > 0) {
		o->attributes = ARENA_ARRAY(&arena, 1, struct attribute);
		o->attributes[0] = (struct attribute){STR("k,"), STR("v\"")};
		o->attribute_count = 1;
	}
	check_err(order_sum(o), ERR_OK);
	return o;
}

void
test_orders_come_back_in_both_formats(void **state)
{
	struct sample_random random = {.state = 11};

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct order *wanted, o;
		struct buf text;

		arena_reset(&arena);
		wanted = random_order(&random);
		/* Names made by the server are never given. */
		wanted->purchase_no = wanted->trade_no = STR_NONE;
		wanted->purchase_order = STR_NONE;
		buf_init(&text, &arena, LIMIT_COLUMN_BYTES);
		record_print(RECORD_NDJSON, wanted, STR("app"), &text);
		assert_false(buf_failed(&text));
		buf_char(&text, '\0');
		if (!read_json(text.p, &o))
			fail_msg("%s", told);
		check_equal(&o, wanted);
		buf_reset(&text);
		record_print_heading(RECORD_CSV, &text);
		record_print(RECORD_CSV, wanted, STR("app"), &text);
		check_csv(buf_view(&text), wanted);
	}
}
