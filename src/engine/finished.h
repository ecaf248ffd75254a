/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finished tasks on their way back to the loop: a list under a lock and an
 * eventfd that is written once per published batch, however many tasks are in
 * it. One wake-up per group is what makes grouping pay.
 */
#ifndef ENGINE_FINISHED_H
#define ENGINE_FINISHED_H

#include <pthread.h>
#include <stddef.h>

#include "base/err.h"
#include "base/list.h"
#include "engine/engine.h"

struct finished {
	pthread_mutex_t lock;
	struct list tasks;
	int fd;
};

/* ERR_USAGE when the process has no file descriptor left. */
MUST_CHECK enum err_code finished_init(struct finished *f, struct err *err);
void finished_fini(struct finished *f);

/* From any thread: these are done; sets finished_us. */
void finished_publish(struct finished *f, struct task *const *tasks,
    size_t count);
/* From any thread: wakes the loop for something else than a task. */
void finished_wake(struct finished *f);
/* On the loop: moves all into `out` (an empty list) and resets the eventfd. */
void finished_take(struct finished *f, struct list *out);

#endif
