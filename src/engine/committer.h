/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The committer: the thread that owns the writing connection. It takes what is
 * queued as one group, publishes the group's outcomes, and only then looks
 * after the log. Jobs of operators come through the same queue and run between
 * groups.
 *
 * An embedded store's log is moved into its file by a checkpointer, and what is
 * left in the end between two groups (see committer.c).
 *
 * When the connection is lost it opens a new one before the next group; until
 * that works every change is refused with the error. After a flush that failed
 * nothing is acknowledged any more until the program is started again: what the
 * system still shows of the file may never reach the disk.
 *
 * A store that is shared has several committers, each with its own connection,
 * and an app's tasks always go to the same one. There a lost connection is made
 * anew by the store; while none can be made, groups are refused at once, but for
 * a try now and then.
 */
#ifndef ENGINE_COMMITTER_H
#define ENGINE_COMMITTER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/when.h"
#include "engine/apps.h"
#include "engine/checkpointer.h"
#include "engine/engine.h"
#include "engine/finished.h"
#include "engine/gate.h"
#include "engine/order_ids.h"
#include "engine/parked.h"
#include "engine/queue.h"
#include "engine/reader.h"
#include "engine/stats.h"
#include "engine/view.h"
#include "store/store.h"

struct committer {
	struct store *store;
	struct clock clock;
	struct gate *gate;
	struct finished *finished;
	struct view *view; /* the loop's */
	struct stats *stats;
	struct parked *parked;
	struct apps_handover *apps;
	struct readers *readers; /* for replays from far back */
	struct ids *ids;
	size_t group_max;
	bool is_shared; /* the store is written by others as well */

	struct queue queue; /* tasks; one without a command is a job's */

	/* From here on the thread's own. */
	struct store_conn *conn;	  /* NULL: lost */
	struct checkpointer checkpointer; /* of an embedded store */
	struct arena arena;
	struct task **tasks; /* room for group_max */
	int64_t answers_unpruned;
	int64_t prune_again_us;
	/* Bytes of the log: when all of it was moved last; at the mark (0: none
	 * stands). And how often it was moved up to a mark since the former. */
	int64_t whole_bytes;
	int64_t marked_bytes;
	int passes;
	int64_t log_again_us;
	bool store_full;
	bool connection_doubted;
	bool flush_failed;
	int64_t
	    away_until_us; /* the store is not asked before; 0: it is there */
	int64_t away_ms;   /* how long the last such pause was */

	pthread_t thread;
};

/* Fills what is not set yet, connects and starts the thread. */
MUST_CHECK enum err_code committer_start(struct committer *c, size_t queue_max,
    struct err *err);
/* Closes the queue, lets the thread finish what is in it, frees. */
void committer_stop(struct committer *c);

/* As engine_job says. */
MUST_CHECK enum err_code committer_job(struct committer *c, engine_job_f *fn,
    void *arg, bool apps_changed, struct err *err);

#endif
