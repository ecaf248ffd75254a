/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"
#include "tests/check.h"

void
test_histogram_bounds_rise(void **state)
{
	(void)state;
	for (int i = 1; i < HISTOGRAM_BUCKETS; i++)
		assert_true(histogram_bound(i) > histogram_bound(i - 1));
	assert_int_equal(histogram_bound(2), 2);
	assert_int_equal(histogram_bound(3), 3);
	assert_int_equal(histogram_bound(4), 4);
	assert_int_equal(histogram_bound(5), 6);
}

void
test_histogram_quantile_is_the_bound_above(void **state)
{
	struct histogram h = {0};

	(void)state;
	assert_int_equal(histogram_quantile(&h, 500), 0);
	for (int64_t v = 1; v <= 1000; v++)
		histogram_add(&h, v);
	assert_int_equal(h.count, 1000);
	assert_int_equal(h.sum, 500500);
	assert_int_equal(histogram_quantile(&h, 500), 512);
	assert_int_equal(histogram_quantile(&h, 1000), 1024);
	histogram_add(&h, INT64_MAX / 2);
	assert_true(histogram_quantile(&h, 1000) == INT64_MAX);
}
