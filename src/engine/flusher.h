/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flushes the file of an embedded store ahead of the checkpoint that must do so,
 * on a thread of its own, so that the committer goes on meanwhile and then finds
 * little to flush. One flush at a time; the committer asks and looks.
 */
#ifndef ENGINE_FLUSHER_H
#define ENGINE_FLUSHER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "store/store.h"

enum flusher_state {
	FLUSHER_IDLE,
	FLUSHER_ASKED, /* it flushes, or is about to */
	FLUSHER_DONE,
	FLUSHER_FAILED, /* for good: what was moved may never be on disk */
};

struct flusher {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum flusher_state state;
	struct store_conn *conn; /* of who asked, who keeps it open */
	bool is_closed;
	bool is_running;
	pthread_t thread;
};

/* Starts the thread. ERR_USAGE when the system allows no more. */
MUST_CHECK enum err_code flusher_start(struct flusher *f, struct err *err);
/* Finishes what was asked; accepts one that was not started. */
void flusher_stop(struct flusher *f);

/* What was moved into the file so far. Until it is no more ASKED the connection
 * may neither be closed nor make a checkpoint that flushes. */
void flusher_ask(struct flusher *f, struct store_conn *conn);
enum flusher_state flusher_look(struct flusher *f);
/* Waits while it is ASKED; then it is IDLE, unless it has failed. */
void flusher_settle(struct flusher *f);

#endif
