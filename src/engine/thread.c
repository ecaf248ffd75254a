/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads. A new one inherits the mask of the one that makes it, so signals are
 * blocked around the call and there is no moment when they are not.
 */
#include "engine/thread.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum err_code
thread_start(pthread_t *out, void *(*run)(void *arg), void *arg,
    struct err *err)
{
	sigset_t all, before;
	int failed;

	assert(out != NULL);
	assert(run != NULL);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(out, NULL, run, arg);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0)
		return err_set(err, ERR_USAGE, "", "a thread: %s",
		    strerror(failed));
	return ERR_OK;
}

void
thread_join(pthread_t thread)
{
	int failed = pthread_join(thread, NULL);

	assert(failed == 0);
}

void
thread_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;
	int failed;

	assert(cond != NULL);
	(void)pthread_condattr_init(&monotonic);
	failed = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	assert(failed == 0);
	(void)pthread_cond_init(cond, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

bool
thread_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t at_us)
{
	struct timespec at = {
	    .tv_sec = (time_t)(at_us / 1000000),
	    .tv_nsec = (long)(at_us % 1000000) * 1000,
	};

	return pthread_cond_timedwait(cond, lock, &at) == 0;
}
