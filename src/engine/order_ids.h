/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids of a node's orders: one generator for all its committers, which stays
 * inside the stretch of time the node's number was leased for (store/nodes.h).
 * Past its end there are no ids until there is another stretch. Any thread.
 */
#ifndef ENGINE_ORDER_IDS_H
#define ENGINE_ORDER_IDS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "order/order.h"

struct ids {
	pthread_mutex_t lock;
	struct order_ids made;
	int64_t end_ms; /* no id of this millisecond or a later one */
};

/* Without a stretch: of a store that no other node uses, `node` for good. */
void ids_init(struct ids *ids, int64_t node);
void ids_fini(struct ids *ids);

/* A stretch of another number, or the next one of the same holder's. */
void ids_begin(struct ids *ids, int64_t node, int64_t begin_ms, int64_t end_ms);
void ids_extend(struct ids *ids, int64_t end_ms);
/* There are none for now. */
void ids_stop(struct ids *ids);

/* 0: there is none now. */
int64_t ids_next(struct ids *ids, int64_t now_ms);
/* The millisecond behind the last id that was made, and behind which every
 * later one is. */
int64_t ids_reached_ms(struct ids *ids);
/* Would there be one? */
bool ids_has_next(struct ids *ids, int64_t now_ms);

#endif
