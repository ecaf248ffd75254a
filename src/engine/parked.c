/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where long polls wait. A task is in two lists: that of its place, by which a
 * commit finds it, and that of its length, by which the timer does.
 */
#include "engine/parked.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "base/when.h"
#include "engine/thread.h"

static_assert((PARKED_PLACES & (PARKED_PLACES - 1)) == 0,
    "places are found by a mask");

static size_t
place_of(int64_t app)
{
	return (size_t)app & (PARKED_PLACES - 1);
}

/* Out of both lists, into `out`. */
static void
take_out(struct parked *p, struct task *task, struct list *out)
{
	list_remove(&task->link);
	list_remove(&task->wait_link);
	p->count--;
	list_append(out, &task->link);
}

static void
resume_all(struct parked *p, struct list *tasks, bool again)
{
	struct list *node;

	while ((node = list_take_first(tasks)) != NULL)
		p->resume(p->arg, LIST_ENTRY(node, struct task, link), again);
}

/* --- the timer ------------------------------------------------------------- */

/* Those whose time is over into `out`; when the next one's is, 0: none. */
static int64_t
take_due(struct parked *p, struct list *out)
{
	int64_t now_us = when_monotonic_us(), next_us = 0;

	for (size_t i = 0; i <= LIMIT_WAIT_S; i++) {
		struct list *head = &p->waits[i];

		while (!list_is_empty(head)) {
			struct task *first = LIST_ENTRY(head->next, struct task,
			    wait_link);

			if (first->until_us <= now_us) {
				take_out(p, first, out);
				continue;
			}
			if (next_us == 0 || first->until_us < next_us)
				next_us = first->until_us;
			break;
		}
	}
	return next_us;
}

static void
sleep_until(struct parked *p, int64_t until_us)
{
	if (until_us == 0)
		(void)pthread_cond_wait(&p->changed, &p->lock);
	else
		(void)thread_wait_until(&p->changed, &p->lock, until_us);
}

static void *
run(void *arg)
{
	struct parked *p = arg;
	struct list due;

	list_init(&due);
	(void)pthread_mutex_lock(&p->lock);
	while (!p->closed) {
		int64_t next_us = take_due(p, &due);

		if (list_is_empty(&due)) {
			sleep_until(p, next_us);
			continue;
		}
		(void)pthread_mutex_unlock(&p->lock);
		resume_all(p, &due, false);
		(void)pthread_mutex_lock(&p->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* --- waiting ----------------------------------------------------------------- */

enum err_code
parked_start(struct parked *p, struct err *err)
{
	enum err_code code;
	int failed;

	assert(p != NULL);
	assert(p->resume != NULL);
	for (size_t i = 0; i < PARKED_PLACES; i++)
		list_init(&p->places[i]);
	for (size_t i = 0; i <= LIMIT_WAIT_S; i++)
		list_init(&p->waits[i]);
	thread_cond_init(&p->changed);
	failed = pthread_mutex_init(&p->lock, NULL);
	assert(failed == 0);
	code = thread_start(&p->timer, run, p, err);
	p->is_running = code == ERR_OK;
	if (code != ERR_OK) {
		(void)pthread_cond_destroy(&p->changed);
		(void)pthread_mutex_destroy(&p->lock);
	}
	return code;
}

void
parked_stop(struct parked *p)
{
	assert(p != NULL);
	if (!p->is_running)
		return;
	parked_close(p);
	thread_join(p->timer);
	(void)pthread_cond_destroy(&p->changed);
	(void)pthread_mutex_destroy(&p->lock);
	p->is_running = false;
}

/* Whole seconds, up: in which list of waits. */
static size_t
length_of(const struct command *c)
{
	int64_t seconds = (c->wait_ms + 999) / 1000;

	assert(seconds >= 1 && seconds <= LIMIT_WAIT_S);
	return (size_t)seconds;
}

void
parked_before_read(struct parked *p, struct task *task)
{
	assert(p != NULL);
	if (task->command->wait_ms == 0)
		return;
	(void)pthread_mutex_lock(&p->lock);
	task->seen_news = p->news[place_of(task->command->app)];
	(void)pthread_mutex_unlock(&p->lock);
}

enum parking
parked_take(struct parked *p, struct task *task)
{
	const struct command *c = task->command;
	enum parking parking = PARKED;
	size_t place = place_of(c->app);

	assert(p != NULL);
	assert(c->kind == COMMAND_FEED);
	if (c->wait_ms == 0)
		return NOT_PARKED;
	(void)pthread_mutex_lock(&p->lock);
	if (task->until_us == 0)
		task->until_us = when_monotonic_us() + c->wait_ms * 1000;
	if (p->closed || p->count == LIMIT_WAITING) {
		parking = NOT_PARKED;
	} else if (p->news[place] != task->seen_news) {
		parking = READ_AGAIN;
	} else if (task->until_us <= when_monotonic_us()) {
		parking = NOT_PARKED;
	} else {
		list_append(&p->places[place], &task->link);
		list_append(&p->waits[length_of(c)], &task->wait_link);
		p->count++;
		(void)pthread_cond_signal(&p->changed);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return parking;
}

/* Those of this app that wait for a number up to `last`. With the lock. */
static void
take_of_app(struct parked *p, int64_t app, int64_t last, struct list *out)
{
	struct list *head = &p->places[place_of(app)], *next;

	for (struct list *at = head->next; at != head; at = next) {
		struct task *task = LIST_ENTRY(at, struct task, link);

		next = at->next;
		if (task->command->app == app && task->command->after < last)
			take_out(p, task, out);
	}
}

void
parked_wake(struct parked *p, int64_t app)
{
	struct list woken;

	assert(p != NULL);
	list_init(&woken);
	(void)pthread_mutex_lock(&p->lock);
	p->news[place_of(app)]++;
	take_of_app(p, app, INT64_MAX, &woken);
	(void)pthread_mutex_unlock(&p->lock);
	resume_all(p, &woken, true);
}

void
parked_tell(struct parked *p, int64_t app, int64_t last)
{
	struct list woken;

	assert(p != NULL);
	list_init(&woken);
	(void)pthread_mutex_lock(&p->lock);
	take_of_app(p, app, last, &woken);
	(void)pthread_mutex_unlock(&p->lock);
	resume_all(p, &woken, true);
}

/* Adds the apps of one place behind those there are. */
static size_t
add_apps(struct list *head, int64_t *apps, size_t count, size_t max)
{
	size_t first = count;

	for (struct list *at = head->next; at != head && count < max;
	     at = at->next) {
		int64_t app = LIST_ENTRY(at, struct task, link)->command->app;
		size_t i = first;

		while (i < count && apps[i] != app)
			i++;
		if (i == count)
			apps[count++] = app;
	}
	return count;
}

size_t
parked_apps(struct parked *p, int64_t *apps, size_t max)
{
	size_t count = 0;

	assert(p != NULL);
	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; p->count > 0 && i < PARKED_PLACES; i++)
		count = add_apps(&p->places[i], apps, count, max);
	(void)pthread_mutex_unlock(&p->lock);
	return count;
}

void
parked_close(struct parked *p)
{
	struct list all;

	assert(p != NULL);
	if (!p->is_running)
		return;
	list_init(&all);
	(void)pthread_mutex_lock(&p->lock);
	p->closed = true;
	for (size_t i = 0; i <= LIMIT_WAIT_S; i++)
		while (!list_is_empty(&p->waits[i]))
			take_out(p,
			    LIST_ENTRY(
				p->waits[i].next, struct task, wait_link),
			    &all);
	(void)pthread_cond_signal(&p->changed);
	(void)pthread_mutex_unlock(&p->lock);
	resume_all(p, &all, false);
}

size_t
parked_count(struct parked *p)
{
	size_t count;

	assert(p != NULL);
	(void)pthread_mutex_lock(&p->lock);
	count = p->count;
	(void)pthread_mutex_unlock(&p->lock);
	return count;
}
