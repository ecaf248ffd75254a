/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This node's number: leased from the store, renewed in good time, given back
 * at the end. Who calls (peers.c's thread) brings the connection and the time.
 *
 * Two clocks that disagree, or one that steps, do no harm: how ids stay unique
 * rests on the stretches in store/nodes.h alone. Whether a lease is over is
 * judged by the database's clock, the one that all nodes share; the worst that
 * a wrong one does is that a living node loses its number and takes another.
 */
#ifndef ENGINE_NODE_H
#define ENGINE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/when.h"
#include "engine/order_ids.h"
#include "store/nodes.h"

#define NODE_HOLDER_BYTES 33

struct node {
	struct ids *ids;
	struct clock clock;
	char holder[NODE_HOLDER_BYTES];
	struct store_node lease;
	bool held;
	bool told_end;	    /* that there are no more ids, in the log */
	int64_t renewed_us; /* monotonic */
	int64_t due_us;	    /* of the next renewal */
};

/* A holder unlike all others. */
void node_init(struct node *n, struct ids *ids, struct clock clock);

/*
 * Renews the lease when it is due at now_us, or takes a number. db_ms is the
 * database's time in tests, 0 otherwise. Errors of store/nodes.h; then it is
 * due again a little later.
 */
MUST_CHECK enum err_code node_keep(struct node *n, struct store_conn *c,
    int64_t db_ms, int64_t now_us, struct err *err);
/* Logs, once, that the stretch has ended and orders are refused. */
void node_watch(struct node *n);
/* Gives the number back, behind the last id. */
void node_release(struct node *n, struct store_conn *c);

#endif
