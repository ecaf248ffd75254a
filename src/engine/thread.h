/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting and joining the engine's threads, their waits that end by the
 * monotonic clock, and where they run. They block all signals, so that SIGTERM and
 * its like always reach the loop's thread.
 */
#ifndef ENGINE_THREAD_H
#define ENGINE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* ERR_USAGE when the system allows no more threads. */
MUST_CHECK enum err_code thread_start(pthread_t *out, void *(*run)(void *arg),
    void *arg, struct err *err);
void thread_join(pthread_t thread);

/* From now on the calling thread gives way to the others: where two want one
 * processor it has a quarter of it (more, when this process was as nice before). */
void thread_give_way(void);
/* The processor the calling thread is on; -1: the system does not say. */
int thread_processor(void);
/* From now on the calling thread runs on the others that the main thread may use, if
 * there are any; -1: on any of those. */
void thread_keep_off(int processor);

/* For thread_wait_until. */
void thread_cond_init(pthread_cond_t *cond);
/* With the lock held: false when it is at_us of when_monotonic_us and nothing
 * was told before. */
bool thread_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock,
    int64_t at_us);

#endif
