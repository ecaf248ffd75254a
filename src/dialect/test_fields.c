/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field decoder on tables of its own; what the dialects' tables say is
 * tested beside them.
 */
#include "dialect/fields.h"

#include "base/limits.h"
#include "dialect/test_walk.h"

static struct walk w;

int
setup(void **state)
{
	(void)state;
	walk_init(&w);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	walk_fini(&w);
	return 0;
}

static const struct wire_field loose_rows[] = {
    {.name = "n",
	.kind = WIRE_INT,
	.place = WIRE_TO_FIELD,
	.field = F_TRANSPORT_WAY,
	.min = 0,
	.max = 5,
	.message = "bad"},
    {.name = "p",
	.kind = WIRE_PRICE,
	.place = WIRE_TO_LINE,
	.offset = offsetof(struct line, price_e4),
	.max = LIMIT_PRICE_E4,
	.decimals = 4,
	.message = "bad"},
};

/* One row of each kind. */
static const struct wire_field all_rows[] = {
    {.name = "text",
	.kind = WIRE_TEXT,
	.place = WIRE_TO_FIELD,
	.field = F_USER,
	.required = true,
	.min = 2,
	.max = 4,
	.message = "bad"},
    {.name = "note",
	.kind = WIRE_TEXT,
	.place = WIRE_TO_NOTE,
	.nullable = true,
	.max = 2000,
	.message = "bad"},
    {.name = "choice",
	.kind = WIRE_CHOICE,
	.place = WIRE_TO_STATUS,
	.choices = "DRAFT|SUBMITTED",
	.message = "bad"},
    {.name = "int",
	.kind = WIRE_INT,
	.place = WIRE_TO_QUANTITY,
	.min = 1,
	.max = 1000,
	.message = "bad"},
    {.name = "price",
	.kind = WIRE_PRICE,
	.place = WIRE_TO_LINE,
	.offset = offsetof(struct line, price_e4),
	.required = true,
	.min = 1,
	.max = 990000,
	.decimals = 2,
	.message = "bad"},
    {.name = "fixed", .kind = WIRE_READ_ONLY},
};

static const struct wire_table all = {.rows = all_rows,
    .count = 6,
    .required = "required",
    .unknown = "unknown",
    .read_only = "read only"};

static const struct wire_table strict = {.rows = loose_rows,
    .count = 2,
    .required = "required",
    .unknown = "unknown",
    .read_only = "read only"};

void
test_every_kind_keeps_its_bounds(void **state)
{
	(void)state;
	walk_table(&w, &all);
}

void
test_every_place_is_reached(void **state)
{
	(void)state;
	assert_int_equal(walk_decode(&w, &all,
			     "{\"price\":1.5,\"note\":\"x\",\"text\":\"国国\","
			     "\"int\":7,\"choice\":\"SUBMITTED\"}"),
	    0x1F);
	check_err(w.outcome.code, ERR_OK);
	check_str(w.change.to.user, "国国");
	assert_true(w.change.set == BIT64(F_USER));
	check_str(w.change.note, "x");
	assert_int_equal(w.change.to.status, ORDER_SUBMITTED);
	assert_true(w.change.has_quantity);
	assert_int_equal(w.change.quantity, 7);
	assert_int_equal(w.line.price_e4, 15000);
}

void
test_words_of_the_table(void **state)
{
	(void)state;
	(void)walk_decode(&w, &all, "{\"fixed\":1,\"x\":1,\"price\":1}");
	assert_int_equal(w.outcome.fault_count, 3);
	assert_string_equal(w.outcome.faults[0].text, "read only");
	assert_string_equal(w.outcome.faults[1].text, "unknown");
	assert_int_equal(w.outcome.faults[1].rule, RULE_UNKNOWN);
	assert_string_equal(w.outcome.faults[2].text, "required");
	check_str(w.outcome.faults[2].wire, "text");
}

void
test_texts_of_blanks_are_none(void **state)
{
	(void)state;
	walk_expect(&w, &all, &all_rows[0], STR("\"  \""), false);
	walk_expect(&w, &all, &all_rows[0], STR("\" \\t\\r\\n\""), false);
	walk_expect(&w, &all, &all_rows[0], STR("\"\u3000\u00A0\""), false);
	walk_expect(&w, &all, &all_rows[0], STR("\" \u3000x\""), true);
	walk_expect(&w, &all, &all_rows[0], STR("\" \u3001\""), true);
	walk_expect(&w, &all, &all_rows[1], STR("\"  \""), true);
}

void
test_texts_are_bounded_in_bytes_too(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, &w.arena, 64 * 1024);
	buf_char(&b, '"');
	for (int i = 0; i < 2000; i++)
		buf_str(&b, STR("\xF0\x9F\x98\x80"));
	buf_char(&b, '"');
	walk_expect(&w, &all, &all_rows[1], buf_view(&b), true);
	walk_expect(&w, &all, &all_rows[1],
	    walk_text_of(&w, &all_rows[1], 2001), false);
}

void
test_unknown_names_are_cut_to_a_limit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, &w.arena, 1024);
	buf_str(&b, STR("{\"x"));
	for (int i = 0; i < 100; i++)
		buf_str(&b, STR("国"));
	buf_str(&b, STR("\":1}"));
	(void)walk_decode_with(&w, &strict, NULL, buf_view(&b));
	assert_int_equal(w.outcome.fault_count, 1);
	assert_int_equal(w.outcome.faults[0].wire.n, LIMIT_NAME_BYTES);
	assert_int_equal(str_code_points(w.outcome.faults[0].wire), 54);
}

void
test_faults_are_limited(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, &w.arena, 4096);
	buf_char(&b, '{');
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "%s\"x%d\":1", i ? "," : "", i);
	buf_char(&b, '}');
	(void)walk_decode_with(&w, &strict, NULL, buf_view(&b));
	assert_int_equal(w.outcome.fault_count, LIMIT_FAULTS);
}

void
test_prefix_leads_names_of_faults(void **state)
{
	(void)state;
	(void)walk_decode_with(&w, &strict, "items[2].",
	    STR("{\"n\":9,\"x\":1}"));
	check_str(w.outcome.faults[0].wire, "items[2].n");
	check_str(w.outcome.faults[1].wire, "items[2].x");
}

void
test_numbers_as_text_where_a_table_takes_them(void **state)
{
	static const char *const bad[] = {"\"5a\"", "\"\"", "\"5.0\"", "\" 5\"",
	    "\"6\"", "\"-1\"", "\"5e0\""};
	const struct wire_table t = {.rows = loose_rows,
	    .count = 2,
	    .takes_text_numbers = true,
	    .ignores_unknown = true,
	    .required = "r",
	    .unknown = "u",
	    .read_only = "o"};

	(void)state;
	(void)walk_decode(&w, &t, "{\"n\":\"5\",\"p\":\"0.1234\",\"other\":1}");
	assert_int_equal(w.outcome.code, ERR_OK);
	assert_int_equal(w.change.to.transport_way, 5);
	assert_int_equal(w.line.price_e4, 1234);
	(void)walk_decode(&w, &t, "{\"n\":4}");
	assert_int_equal(w.change.to.transport_way, 4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		walk_expect(&w, &t, &loose_rows[0], str_from(bad[i]), false);
}

void
test_mobile_numbers(void **state)
{
	(void)state;
	assert_true(wire_is_mobile(STR("13800138000")));
	assert_false(wire_is_mobile(STR("23800138000")));
	assert_false(wire_is_mobile(STR("1380013800")));
	assert_false(wire_is_mobile(STR("138001380000")));
	assert_false(wire_is_mobile(STR("1380013800a")));
	assert_false(wire_is_mobile(STR("1380013800\xEF\xBC\x91")));
}

void
test_urls(void **state)
{
	(void)state;
	assert_true(wire_is_url(STR("http://a")));
	assert_true(wire_is_url(STR("HTTPS://item.jd.com/1.html?x=国")));
	assert_false(wire_is_url(STR("ftp://a")));
	assert_false(wire_is_url(STR("http://")));
	assert_false(wire_is_url(STR("https://")));
	assert_false(wire_is_url(STR("https:///path")));
	assert_false(wire_is_url(STR("http://a b")));
	assert_false(wire_is_url(STR("javascript:alert(1)")));
	assert_false(wire_is_url(STR("//a")));
	assert_false(wire_is_url(STR("http://a\n")));
}
