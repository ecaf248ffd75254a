/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All apps and their credentials as they stood at one moment, read-only and
 * found by dialect and key. A change of apps makes a new snapshot; the old one
 * lives until the last call that verifies against it has let go.
 *
 * A snapshot belongs to the loop thread; counts are not atomic. The thread that
 * changes apps makes the next one and hands it over, so that the loop neither
 * reads the store for it nor answers from an old one once a change is told to
 * its operator.
 */
#ifndef ENGINE_APPS_H
#define ENGINE_APPS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "engine/engine.h"
#include "store/store.h"

struct apps;

/*
 * Reads everything, over this connection. An app whose policies can't be read
 * is logged and disabled, the others are not held up. Errors of the store, and
 * ERR_NO_MEMORY; *out is set on success only and held once.
 */
MUST_CHECK enum err_code apps_load(struct store_conn *c,
    const struct engine_dialect *dialects, int dialect_count, struct apps **out,
    struct err *err);

/* The credential with this key, or the dialect's stand-in; held until
 * apps_release. The dialect must be one of those loaded with. */
const struct credential *apps_find(struct apps *a, const char *dialect,
    struct str key, bool *known);
void apps_release(const struct credential *c);

/* How a fresh snapshot gets from any thread to the loop. */
struct apps_handover {
	const struct engine_dialect *dialects;
	int dialect_count;
	_Atomic(struct apps *)
	    fresh;	      /* the newest that the loop has not taken */
	atomic_bool missed;   /* one could not be made; it is tried again */
	pthread_mutex_t lock; /* one at a time, so that none is older than
			       * what was offered before */
};

/* Makes a snapshot over this connection and offers it; what the loop has not
 * taken yet is replaced. A failure is logged and leaves `missed` set. */
void apps_offer(struct apps_handover *h, struct store_conn *c);

/* Lets go of the snapshot itself; accepts NULL, nulls the pointer. */
void apps_free(struct apps **a);

#endif
