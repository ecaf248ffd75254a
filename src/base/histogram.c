/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets 0, 1, 2, 3, 4, 6, 8, 12 …: see histogram.h. */
#include "base/histogram.h"

#include <assert.h>

int64_t
histogram_bound(int i)
{
	assert(i >= 0);
	assert(i < HISTOGRAM_BUCKETS);
	if (i == HISTOGRAM_BUCKETS - 1)
		return INT64_MAX;
	if (i < 2)
		return i;
	return (i % 2 == 0 ? INT64_C(2) : INT64_C(3)) << (i / 2 - 1);
}

static int
bucket_of(int64_t value)
{
	int low = 0, high = HISTOGRAM_BUCKETS - 1;

	while (low < high) {
		int middle = (low + high) / 2;

		if (value <= histogram_bound(middle))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void
histogram_add(struct histogram *h, int64_t value)
{
	if (value < 0)
		value = 0;
	h->counts[bucket_of(value)]++;
	h->count++;
	h->sum += value;
}

int64_t
histogram_quantile(const struct histogram *h, int permille)
{
	int64_t seen = 0;

	assert(permille >= 0);
	assert(permille <= 1000);
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->counts[i];
		if (seen > 0 && seen * 1000 >= h->count * permille)
			return histogram_bound(i);
	}
	return 0;
}
