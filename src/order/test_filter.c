/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of filters and cursors. */
#include "order/filter.h"

#include "tests/check.h"

static struct line one_line = {.price_e4 = 89990000, .quantity = 1};

static struct order
sample(void)
{
	return (struct order){
	    .id = 7,
	    .app = 1,
	    .version = 1,
	    .created_ms = 1000,
	    .updated_ms = 2000,
	    .status = ORDER_SUBMITTED,
	    .user = STR("u1"),
	    .platform = STR("JD"),
	    .lines = &one_line,
	    .line_count = 1,
	};
}

void
test_filter_begins_with_everything(void **state)
{
	struct order o = sample();
	struct order_filter f;

	(void)state;
	order_filter_init(&f, 20);
	assert_true(order_filter_fits(&f, &o));
	assert_true(order_filter_is_by_state(&f));
	assert_int_equal(f.sort, SORT_CREATED);
	assert_true(f.descending);
	assert_int_equal(f.page_size, 20);
}

void
test_filter_parts_narrow(void **state)
{
	struct order o = sample();
	struct order_filter f;

	(void)state;
	order_filter_init(&f, 1);
	f.statuses = ORDER_ANY & ~BIT(ORDER_SUBMITTED);
	assert_false(order_filter_fits(&f, &o));
	assert_true(order_filter_is_by_state(&f));
	order_filter_init(&f, 1);
	f.user = STR("u1");
	assert_true(order_filter_fits(&f, &o));
	assert_false(order_filter_is_by_state(&f));
	f.user = STR("u");
	assert_false(order_filter_fits(&f, &o));
	order_filter_init(&f, 1);
	f.platform = STR("PDD");
	assert_false(order_filter_fits(&f, &o));
	assert_false(order_filter_is_by_state(&f));
	o.platform = STR_NONE;
	assert_false(order_filter_fits(&f, &o));
}

void
test_filter_times_are_half_open(void **state)
{
	struct order o = sample();
	struct order_filter f;

	(void)state;
	order_filter_init(&f, 1);
	f.created_from_ms = 1000;
	f.created_to_ms = 1001;
	assert_true(order_filter_fits(&f, &o));
	f.created_from_ms = 1001;
	f.created_to_ms = 0;
	assert_false(order_filter_fits(&f, &o));
	f.created_from_ms = 0;
	f.created_to_ms = 1000;
	assert_false(order_filter_fits(&f, &o));
	order_filter_init(&f, 1);
	f.updated_from_ms = 2000;
	f.updated_to_ms = 2001;
	assert_true(order_filter_fits(&f, &o));
	f.updated_to_ms = 2000;
	assert_false(order_filter_fits(&f, &o));
	f.updated_to_ms = 0;
	f.updated_from_ms = 2001;
	assert_false(order_filter_fits(&f, &o));
	assert_false(order_filter_is_by_state(&f));
}

void
test_list_price_is_of_the_only_line(void **state)
{
	struct line two[2] = {{.price_e4 = 1}, {.price_e4 = 2}};
	struct order o = sample();

	(void)state;
	assert_int_equal(order_list_price(&o), 89990000);
	o.lines = two;
	o.line_count = 2;
	assert_int_equal(order_list_price(&o), -1);
}

static void
check_round_trip(enum order_sort sort, bool descending, int64_t key, int64_t id)
{
	struct order_cursor c = {sort, descending, key, id}, back;
	char text[ORDER_CURSOR_BYTES];

	order_cursor_print(&c, text);
	assert_true(
	    order_cursor_parse(str_from(text), sort, descending, &back));
	assert_int_equal(back.key, key);
	assert_int_equal(back.id, id);
	assert_false(
	    order_cursor_parse(str_from(text), sort, !descending, &back));
	assert_false(order_cursor_parse(str_from(text),
	    (enum order_sort)((sort + 1) % SORT__COUNT), descending, &back));
}

void
test_cursors_come_back(void **state)
{
	(void)state;
	for (int sort = 0; sort < SORT__COUNT; sort++) {
		for (int down = 0; down < 2; down++) {
			enum order_sort s = (enum order_sort)sort;

			check_round_trip(s, down, -1, 1);
			check_round_trip(s, down, 0, 0);
			check_round_trip(s, down, 1772015400000, INT64_MAX);
			check_round_trip(s, down, INT64_MAX - 1, 67890);
		}
	}
}

void
test_cursors_that_are_none(void **state)
{
	static const char *const texts[] = {"", "b", "b1", "bz", "b1z", "bz1",
	    "b01z1", "b1z01", "b1z1 ", "b1z1z1", "B1z1", "b1Fz1", "b-1z1",
	    "bfffffffffffffffffz1", "bffffffffffffffffz1", "b1zg"};
	struct order_cursor c;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(order_cursor_parse(str_from(texts[i]), SORT_CREATED,
		    true, &c));
	assert_true(order_cursor_parse(STR("b1z1"), SORT_CREATED, true, &c));
}
