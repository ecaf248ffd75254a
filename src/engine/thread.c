/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads. A new one inherits the mask of the one that makes it, so signals are
 * blocked around the call and there is no moment when they are not.
 */
#include "engine/thread.h"

#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* A tenth of a processor (10) was tried: on a machine that others kept busy lists took
 * so long that they were cut (LIMIT_READ_MS), and with 1,000 connections the log grew
 * to 220 MiB before it was moved. */
#define NICE 5

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

/* On Linux that is one thread's own; a system that does not let us is no fault. */
void
thread_give_way(void)
{
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICE);
}

int
thread_processor(void)
{
	return sched_getcpu();
}

void
thread_keep_off(int processor)
{
	cpu_set_t others;

	/* Of the main thread, for our own are fewer after an earlier wish. */
	if (sched_getaffinity(getpid(), sizeof(others), &others) != 0)
		return;
	if (processor >= 0)
		CPU_CLR(processor, &others);
	/* None left is refused, and nothing changes. */
	(void)sched_setaffinity(0, sizeof(others), &others);
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
