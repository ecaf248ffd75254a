/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting and joining the engine's threads. They block all signals, so that
 * SIGTERM and its like always reach the loop's thread.
 */
#ifndef ENGINE_THREAD_H
#define ENGINE_THREAD_H

#include <pthread.h>

#include "base/err.h"

/* ERR_USAGE when the system allows no more threads. */
MUST_CHECK enum err_code thread_start(pthread_t *out, void *(*run)(void *arg),
    void *arg, struct err *err);
void thread_join(pthread_t thread);

#endif
