/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the log of an embedded store into its file on a thread of its own, while
 * the committer goes on: one pass at a time, up to a mark that the committer has
 * set, and when all is moved the file is flushed. The committer asks and looks.
 *
 * While the committer waits for its flush its processor is free, and the system likes
 * to put this thread there; when the flush is over the committer then waits for the
 * rest of a page or more (0.2 ms a group). So this thread keeps off the processor of
 * who asked, and gives way.
 */
#ifndef ENGINE_CHECKPOINTER_H
#define ENGINE_CHECKPOINTER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

enum checkpointer_work {
	CHECKPOINTER_MOVE, /* what the log holds up to the mark */
	CHECKPOINTER_FLUSH,
};

enum checkpointer_state {
	CHECKPOINTER_IDLE,
	CHECKPOINTER_ASKED, /* it is at it, or about to be */
	CHECKPOINTER_DONE,
	CHECKPOINTER_FAILED, /* for good: what was moved may never be on disk */
};

struct checkpointer {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum checkpointer_state state;
	enum checkpointer_work work; /* what was asked for last */
	struct store_conn *conn;     /* of who asked, who keeps it open */
	int64_t moved_bytes;	     /* by the last pass */
	int processor;		     /* of who asked */
	atomic_bool is_urgent; /* it was told to hurry since it was asked */
	bool is_closed;
	bool is_running;
	pthread_t thread;
};

/* Starts the thread. ERR_USAGE when the system allows no more. */
MUST_CHECK enum err_code checkpointer_start(struct checkpointer *c,
    struct err *err);
/* Finishes what was asked; accepts one that was not started. */
void checkpointer_stop(struct checkpointer *c);

/* As long as it is ASKED the mark must stand, if it moves, and the connection neither
 * be closed nor make a checkpoint. */
void checkpointer_ask(struct checkpointer *c, struct store_conn *conn,
    enum checkpointer_work work);
/* What was asked for is waited for: a flush makes no more pauses. Also said by those
 * below that wait without an end, and by checkpointer_stop. */
void checkpointer_hurry(struct checkpointer *c);
enum checkpointer_state checkpointer_look(struct checkpointer *c);
/* What it was asked for last; for the thread that asks. */
enum checkpointer_work checkpointer_work(const struct checkpointer *c);
/* How much the last pass has moved. */
int64_t checkpointer_moved(struct checkpointer *c);
/* Waits while it is ASKED, but no longer than so many microseconds. */
void checkpointer_wait(struct checkpointer *c, int64_t us);
/* Waits while it is ASKED; then it is IDLE, unless it has failed. */
void checkpointer_settle(struct checkpointer *c);

#endif
