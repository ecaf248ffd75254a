/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long polls that wait for an amendment of their app: tasks, and nothing else;
 * ten thousand of them cost no thread. Whoever commits wakes those of the apps
 * concerned, a timer thread those whose time is over, a drain all of them.
 *
 * A task is read first and parked when there was nothing to tell. A commit in
 * between is not missed: commits are counted, and a task that was read before
 * the last one is not taken.
 */
#ifndef ENGINE_PARKED_H
#define ENGINE_PARKED_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/list.h"
#include "engine/engine.h"

/* Apps share a place by their number: those who wait there are few, or of one
 * app. A power of two. */
#define PARKED_PLACES 1024

struct parked {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* the timer has something to look at */
	struct list places[PARKED_PLACES]; /* struct task, by app */
	uint64_t news[PARKED_PLACES];	   /* commits of apps of the place */
	/* By length of the wait, so that each list is in order of time. */
	struct list waits[LIMIT_WAIT_S + 1];
	size_t count;
	bool closed;
	bool is_running;
	pthread_t timer;

	/* MUST. What becomes of tasks that wait no more: `again` is to be read
	 * once more, else its time is over. Called without the lock. */
	void (*resume)(void *arg, struct task *task, bool again);
	void *arg;
};

enum parking {
	PARKED,	    /* it will be resumed */
	NOT_PARKED, /* closed, full, or it does not wait: answer it */
	READ_AGAIN, /* something was committed since it was read */
};

/* Fills all but resume and arg, which are set before, and starts the timer. */
MUST_CHECK enum err_code parked_start(struct parked *p, struct err *err);
void parked_stop(struct parked *p);

/* Before a FEED is read: what is committed from now on may be missed. */
void parked_before_read(struct parked *p, struct task *task);
/* Takes a FEED that found nothing, for what is left of its time. */
enum parking parked_take(struct parked *p, struct task *task);
/* Amendments of this app are on disk. */
void parked_wake(struct parked *p, int64_t app);
/* The apps that somebody waits for, each once, `max` at most; how many. */
size_t parked_apps(struct parked *p, int64_t *apps, size_t max);
/* The last number of this app's log, as another node may have left it: resumes
 * those who have not read that far. */
void parked_tell(struct parked *p, int64_t app, int64_t last);
/* Resumes all as if their time were over, and takes no more. */
void parked_close(struct parked *p);
size_t parked_count(struct parked *p);

#endif
