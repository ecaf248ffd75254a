/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other nodes on the same store: a thread that keeps this node's number, looks
 * whether apps or catalogs were changed elsewhere, and, while somebody waits
 * for amendments, whether other nodes have made some.
 */
#ifndef ENGINE_PEERS_H
#define ENGINE_PEERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "engine/apps.h"
#include "engine/finished.h"
#include "engine/node.h"
#include "engine/parked.h"

struct peers {
	struct store *store;
	struct finished *finished;
	struct parked *parked;
	struct apps_handover *apps;
	int64_t revision; /* of the apps that were loaded last */

	/* The thread's own. */
	struct node node;
	struct store_conn *conn; /* NULL: lost */
	int64_t apps_due_us;
	bool told_away;
	int64_t *waiting; /* apps that are waited for, room for all … */
	int64_t *lasts;	  /* … and the last number of each */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	pthread_t thread;
	bool is_running;

	/* For the metrics. */
	atomic_llong number;	 /* -1: none */
	atomic_llong renewed_us; /* monotonic */
	atomic_llong looked_us;	 /* likewise */
};

/*
 * `store` to `revision` are set. Takes a number and starts the thread. Errors
 * of the store; ERR_BUSY when all numbers are held.
 */
MUST_CHECK enum err_code peers_start(struct peers *p, struct ids *ids,
    struct clock clock, struct err *err);
/* Gives the number back: no order is made afterwards. */
void peers_stop(struct peers *p);

#endif
