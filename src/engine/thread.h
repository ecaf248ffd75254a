/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting and joining the engine's threads, and their waits that end by the
 * monotonic clock. They block all signals, so that SIGTERM and its like always
 * reach the loop's thread.
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

/* For thread_wait_until. */
void thread_cond_init(pthread_cond_t *cond);
/* With the lock held: false when it is at_us of when_monotonic_us and nothing
 * was told before. */
bool thread_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock,
    int64_t at_us);

#endif
