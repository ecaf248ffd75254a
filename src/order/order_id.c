/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids of orders: 41 bits of milliseconds since 2020 (until 2089), 10 of node,
 * 12 of counter. They sort by time, and so fill the store from one end.
 */
#include <assert.h>

#include "order/order.h"

#define ID_EPOCH_MS INT64_C(1577836800000) /* 2020-01-01T00:00:00Z */
#define ID_COUNTER_BITS 12
#define ID_NODE_BITS 10
#define ID_MS_BITS 41
#define ID_MS_SHIFT (ID_COUNTER_BITS + ID_NODE_BITS)

static_assert(ID_MS_BITS + ID_MS_SHIFT == 63, "an id is a positive int64_t");

int64_t
order_id_next(struct order_ids *ids, int64_t now_ms)
{
	assert(ids->node >= 0);
	assert(ids->node < INT64_C(1) << ID_NODE_BITS);
	assert(ids->last >= 0);

	int64_t ms = now_ms - ID_EPOCH_MS;
	int64_t last_ms = ids->last >> ID_MS_SHIFT;
	int64_t counter = 0;

	/* A clock before 2020 must not give the ids that are never made. */
	if (ms < ORDER_ID_FIRST >> ID_MS_SHIFT)
		ms = ORDER_ID_FIRST >> ID_MS_SHIFT;
	if (ms <= last_ms) {
		ms = last_ms;
		counter = (ids->last & ((1 << ID_COUNTER_BITS) - 1)) + 1;
	}
	/* More in a millisecond than the counter holds: borrow the next one. */
	if (counter == 1 << ID_COUNTER_BITS) {
		ms++;
		counter = 0;
	}
	assert(ms < INT64_C(1) << ID_MS_BITS);
	ids->last = ms << ID_MS_SHIFT | ids->node << ID_COUNTER_BITS | counter;
	return ids->last;
}

int64_t
order_id_ms(int64_t id)
{
	assert(id >= 0);
	return (id >> ID_MS_SHIFT) + ID_EPOCH_MS;
}

/* As if the last counter of the millisecond before had been given away. */
struct order_ids
order_ids_from(int64_t node, int64_t first_ms)
{
	int64_t before = first_ms - ID_EPOCH_MS - 1;

	assert(node >= 0);
	assert(node < INT64_C(1) << ID_NODE_BITS);
	assert(before < INT64_C(1) << ID_MS_BITS);
	if (before < 0)
		return (struct order_ids){.node = node};
	return (struct order_ids){
	    .node = node,
	    .last = before << ID_MS_SHIFT | node << ID_COUNTER_BITS |
		((1 << ID_COUNTER_BITS) - 1),
	};
}
