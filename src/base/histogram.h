/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A histogram of non-negative integers in buckets whose bounds grow by powers
 * of two with one step between (1 2 3 4 6 8 12 16 … ): 25 to 50 % wide, enough
 * for latencies. Plain data; whoever shares it locks.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 52 /* the last holds everything over its bound */

struct histogram {
	int64_t counts[HISTOGRAM_BUCKETS];
	int64_t count;
	int64_t sum;
};

void histogram_add(struct histogram *h, int64_t value);
/* The inclusive upper bound of bucket i; INT64_MAX for the last. */
int64_t histogram_bound(int i);
/* The bound under which `permille` of 1000 values lie; 0 when empty. */
int64_t histogram_quantile(const struct histogram *h, int permille);

#endif
