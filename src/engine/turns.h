/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The turns of leases.h: a thread with a connection of its own asks the store
 * what the loop wants to know, one statement at a time. While one is under way
 * the next one gathers, as with groups.
 *
 * When the store does not answer, what waits is refused at once, and so is what
 * would have to wait, until the thread has reached the store again.
 */
#ifndef ENGINE_TURNS_H
#define ENGINE_TURNS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "engine/finished.h"
#include "engine/leases.h"
#include "store/nodes.h"

enum turn_state {
	TURN_FREE,     /* the loop may fill it */
	TURN_ASKED,    /* the thread has it */
	TURN_ANSWERED, /* the loop may take it up */
};

struct turns {
	struct store *store;
	struct finished *finished; /* how the loop is woken */

	struct leases leases; /* the loop's own */
	bool stopped;	      /* likewise */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct lease_turn turn; /* whose it is, says the state */
	enum turn_state state;
	enum err_code code; /* of ANSWERED */
	bool is_back;	    /* the store was reached again */
	bool holds;	    /* tokens; wake the loop now and then */
	bool stopping;

	struct store_conn *conn; /* the thread's own; NULL: lost */
	pthread_t thread;
	bool is_running;

	/* For the metrics. */
	atomic_llong count;
	atomic_llong tokens;
	atomic_llong waits;
};

/* Fills all but store and finished, connects and starts the thread. */
MUST_CHECK enum err_code turns_start(struct turns *t, struct err *err);
/* On the loop or when there is no loop any more. The thread ends; who waits is
 * refused by the next turns_reap. */
void turns_stop(struct turns *t);
/* Nobody waits any more. */
void turns_fini(struct turns *t);

/* As engine_admit and engine_owe say; on the loop. */
bool turns_admit(struct turns *t, struct admission *a);
void turns_owe(struct turns *t, int64_t app, const struct rate_claim *claims,
    size_t count, struct rate_state *state);
/* On the loop, when it was woken: takes the answer up and tells who waited. */
void turns_reap(struct turns *t);

#endif
