/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates of a store that several nodes use. The buckets of rate.h are rows of the
 * store; a node takes tokens out of them in turns (one statement for all
 * buckets that something is wanted of) and spends only what it was given.
 *
 * A call finds its tokens here, or is refused because the store said a moment
 * ago when there will be the next one, or waits for the next turn. What is given
 * for it is used within LIMIT_RATE_HOLD_MS of asking or goes back. So all nodes
 * together let pass, in any window, what one exact bucket lets pass in a window
 * longer by LIMIT_RATE_HOLD_MS, however many they are.
 *
 * Never more than is wanted now is asked for, but for as many tokens as the last
 * turn's time used up, a tenth of the limit at most.
 *
 * No thread, no clock, no store here: now_us is monotonic. One thread at a time.
 */
#ifndef ENGINE_LEASES_H
#define ENGINE_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "engine/engine.h"
#include "store/nodes.h"

/* What is asked of the store at once. */
struct lease_turn {
	struct store_rate rates[STORE_RATES_MAX];
	size_t count;
	int64_t began_us;
};

struct leases {
	struct arena arena;
	struct map by_key;   /* struct lease_bucket */
	struct list busy;    /* buckets that may have to be asked for */
	struct list waiting; /* struct admission, oldest first */
	struct list decided; /* the same, to be told */
	bool asking;	     /* a turn is under way */
	bool away;	     /* the store does not answer */
	int64_t waits;	     /* calls that had to wait, for the metrics */
	int64_t tokens;	     /* that the store gave */
};

void leases_init(struct leases *l);
void leases_fini(struct leases *l);

/* As engine_admit says; what it leaves waiting comes out by leases_turn_end, in
 * `decided`. */
bool leases_admit(struct leases *l, int64_t now_us, struct admission *a);
/* Takes the claims whatever there is, of a call that was admitted. */
void leases_owe(struct leases *l, int64_t now_us, int64_t app,
    const struct rate_claim *claims, size_t count, struct rate_state *state);

/* Is there anything to ask for? Fills the turn, which is then under way. */
bool leases_turn_begin(struct leases *l, int64_t now_us,
    struct lease_turn *turn);
/* The answer to it; with any code but ERR_OK all that waits is refused. */
void leases_turn_end(struct leases *l, int64_t now_us,
    const struct lease_turn *turn, enum err_code code);

/* The store answers again. */
void leases_back(struct leases *l);
/* Nothing is leased any more: refuses all that waits. */
void leases_stop(struct leases *l, enum err_code code);
/* Are there tokens that may have to go back? */
bool leases_hold(const struct leases *l);

#endif
