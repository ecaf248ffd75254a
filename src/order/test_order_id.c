/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids rise, whatever the clock does, and differ between nodes.
 */
#include "order/order.h"
#include "tests/check.h"

#define NOW_MS INT64_C(1772015400000)

void
test_order_id_rises_within_a_millisecond_and_beyond(void **state)
{
	(void)state;
	struct order_ids ids = {.node = 1023};
	int64_t last = 0;

	for (int i = 0; i < 10000; i++) {
		int64_t id = order_id_next(&ids, NOW_MS);

		assert_true(id > last);
		assert_int_equal(id >> 12 & 1023, 1023);
		last = id;
	}
}

void
test_order_id_rises_when_the_clock_steps_back(void **state)
{
	(void)state;
	struct order_ids ids = {.node = 3};
	int64_t first = order_id_next(&ids, NOW_MS);
	int64_t second = order_id_next(&ids, NOW_MS - 60000);
	int64_t third = order_id_next(&ids, NOW_MS + 1);

	assert_true(second > first);
	assert_true(third > second);
	assert_int_equal(third >> 22, (first >> 22) + 1);
}

void
test_order_id_before_2020_is_not_small(void **state)
{
	(void)state;
	static const int64_t clocks[] = {0, INT64_C(1577836800000)};

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct order_ids ids = {.node = 0};

		assert_true(order_id_next(&ids, clocks[i]) >= ORDER_ID_FIRST);
	}
}

void
test_order_id_of_nodes_differ(void **state)
{
	(void)state;
	struct order_ids a = {.node = 0};
	struct order_ids b = {.node = 1};

	for (int i = 0; i < 5000; i++)
		assert_int_not_equal(order_id_next(&a, NOW_MS) >> 12 & 1023,
		    order_id_next(&b, NOW_MS) >> 12 & 1023);
}

void
test_order_id_of_a_successor_is_behind_its_predecessors(void **state)
{
	(void)state;
	struct order_ids a = {.node = 5}, b;
	int64_t last = 0, first;

	for (int i = 0; i < 5000; i++)
		last = order_id_next(&a, NOW_MS);
	b = order_ids_from(5, order_id_ms(last) + 1);
	first = order_id_next(&b, NOW_MS - 60000);
	assert_true(first > last);
	assert_int_equal(order_id_ms(first), order_id_ms(last) + 1);
	assert_int_equal(first >> 12 & 1023, 5);
	b = order_ids_from(5, 0);
	assert_true(order_id_next(&b, 0) >= ORDER_ID_FIRST);
	b = order_ids_from(5, NOW_MS);
	first = order_id_next(&b, NOW_MS + 7);
	assert_int_equal(order_id_ms(first), NOW_MS + 7);
}
