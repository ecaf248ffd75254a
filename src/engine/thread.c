/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads. A new one inherits the mask of the one that makes it, so signals are
 * blocked around the call and there is no moment when they are not.
 */
#include "engine/thread.h"

#include <assert.h>
#include <signal.h>
#include <string.h>

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
