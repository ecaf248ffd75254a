/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads. One order is read at once on the loop's own connection: it takes
 * microseconds. Lists go to reader threads with connections of their own and
 * come back the way changes do; so does every read of a store that is across a
 * network.
 */
#ifndef ENGINE_READER_H
#define ENGINE_READER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/when.h"
#include "engine/engine.h"
#include "engine/finished.h"
#include "engine/gate.h"
#include "engine/parked.h"
#include "engine/queue.h"
#include "engine/view.h"
#include "store/store.h"

/* READ, HEALTH and dry runs of changes, on this thread. The view stays open. */
void reader_point(struct view *v, int64_t now_ms, struct task *task);

/* One reader thread. */
struct reader {
	struct readers *owner;
	struct store_conn *conn;
	pthread_t thread;
	bool is_running;
};

struct readers {
	bool is_remote; /* all reads come here, not only slow ones */
	struct clock clock;
	struct gate *gate;
	struct finished *finished;
	struct parked *parked;
	struct queue queue;
	struct reader *readers;
	size_t count;
};

/* Connects and starts `count` threads for LIST, HISTORY and FEED. */
MUST_CHECK enum err_code readers_start(struct readers *r, struct store *store,
    size_t count, struct err *err);
/* Lets them finish what is queued. */
void readers_stop(struct readers *r);
/* Takes a change whose answer is stored too far back for the committer; it is
 * refused when too many wait. */
void readers_replay(struct readers *r, struct task *task);
/* Of parked tasks: arg is the readers. */
void reader_resume(void *arg, struct task *task, bool again);

#endif
