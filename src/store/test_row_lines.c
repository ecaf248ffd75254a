/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quick reader of lines takes what is written here and nothing else: all
 * other texts are for the full reader, which knows what is damage.
 */
#include "base/limits.h"
#include "store/row.h"
#include "tests/check.h"

static bool
scan(struct arena *a, struct order *o, const char *text)
{
	*o = (struct order){.id = 1};
	return row_lines_scan(o, a, str_from(text));
}

void
test_row_lines_takes_what_is_written(void **state)
{
	struct arena a;
	struct order o;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_true(scan(&a, &o,
	    "[[\"ERP[1],[\",-7,\"苹果 iPhone\",89990000,3,null],"
	    "[null,9223372036854775807,null,0,1,\"\"]]"));
	assert_int_equal(o.line_count, 2);
	check_str(o.lines[0].product, "ERP[1],[");
	assert_int_equal(o.lines[0].sku, -7);
	check_str(o.lines[0].title, "苹果 iPhone");
	assert_int_equal(o.lines[0].price_e4, 89990000);
	assert_int_equal(o.lines[0].quantity, 3);
	check_str(o.lines[0].remark, NULL);
	check_str(o.lines[1].product, NULL);
	assert_int_equal(o.lines[1].sku, INT64_MAX);
	check_str(o.lines[1].title, NULL);
	assert_int_equal(o.lines[1].price_e4, 0);
	assert_int_equal(o.lines[1].quantity, 1);
	check_str(o.lines[1].remark, "");
	arena_fini(&a);
}

void
test_row_lines_leaves_all_else(void **state)
{
	static const char *const texts[] = {
	    "",
	    "[",
	    "[]",
	    "[[]]",
	    "null",
	    "[[null,0,null,1,1,null]",
	    "[[null,0,null,1,1,null]]]",
	    "[[null,0,null,1,1,null]],",
	    "[[null,0,null,1,1,null],]",
	    "[[null,0,null,1,1,null] ]",
	    "[[null,0,null,1,1]]",
	    "[[null,0,null,1,1,null,null]]",
	    "[[null,0,null,-1,1,null]]",
	    "[[null,0,null,1,0,null]]",
	    "[[null,0,null,01,1,null]]",
	    "[[null,0,null,1.0,1,null]]",
	    "[[null,0,null,1e1,1,null]]",
	    "[[null,,null,1,1,null]]",
	    "[[null,9223372036854775808,null,1,1,null]]",
	    "[[1,0,null,1,1,null]]",
	    "[[nul,0,null,1,1,null]]",
	    "[[\"a\\n\",0,null,1,1,null]]",
	    "[[\"a\n\",0,null,1,1,null]]",
	    "[[\"\xff\",0,null,1,1,null]]",
	    "[[\"\xe5\xbc\",0,null,1,1,null]]",
	    "[[\"open,0,null,1,1,null]]",
	};
	struct arena a;
	struct order o;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (scan(&a, &o, texts[i]))
			fail_msg("taken: %s", texts[i]);
		assert_null(o.lines);
		assert_int_equal(o.line_count, 0);
	}
	arena_fini(&a);
}

void
test_row_lines_keeps_the_limit(void **state)
{
	struct arena a;
	struct order o;
	struct buf b;

	(void)state;
	arena_init(&a, 1 << 22);
	for (int extra = 0; extra <= 1; extra++) {
		buf_init(&b, &a, 1 << 20);
		for (int i = 0; i < LIMIT_LINES + extra; i++)
			buf_printf(&b, "%c[null,%d,null,1,1,null]",
			    i == 0 ? '[' : ',', i);
		buf_char(&b, ']');
		buf_char(&b, '\0');
		assert_int_equal(scan(&a, &o, b.p), extra == 0);
	}
	arena_fini(&a);
}

void
test_row_lines_without_memory(void **state)
{
	struct arena a;
	struct order o;

	(void)state;
	arena_init(&a, 64);
	assert_false(scan(&a, &o, "[[null,0,null,1,1,null]]"));
	arena_fini(&a);
}
