/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of tasks between threads: one lock, no memory of its own (a
 * task is its own node). Consumers take what has gathered at once, which is how
 * groups form. It also counts what was taken and is not done yet, so that
 * a drain can wait for the last one.
 */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/list.h"
#include "engine/engine.h"

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled; /* something waits, or the queue was closed */
	pthread_cond_t idle; /* nothing waits and all that was taken is done */
	struct list waiting;
	size_t waiting_count;
	size_t taken_count;
	size_t max;
	bool closed;
};

void queue_init(struct queue *q, size_t max);
void queue_fini(struct queue *q);

/* ERR_BUSY when `max` tasks wait, ERR_STOPPING when it is closed; the task is
 * then still the caller's. */
MUST_CHECK enum err_code queue_push(struct queue *q, struct task *task);
/* The same without a limit: for the few tasks an operator causes. */
MUST_CHECK enum err_code queue_push_always(struct queue *q, struct task *task);

/*
 * Waits until there is a task and moves into `out`, oldest first, all that wait,
 * or of more than LIMIT_GROUP_WHOLE half, but that many at least; never more than
 * `max`. 0: the queue is closed and empty.
 */
size_t queue_take(struct queue *q, struct task **out, size_t max);
/* So many of the taken tasks are done: their results are where others see
 * them. */
void queue_done(struct queue *q, size_t count);

/* No more tasks are let in; what waits is still taken. */
void queue_close(struct queue *q);
void queue_wait_idle(struct queue *q);
size_t queue_depth(struct queue *q);
/* A task that was taken now has waited longer than LIMIT_QUEUED_MS. */
bool queue_was_slow(const struct task *task, int64_t now_us);

#endif
