/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back. The reader resets the eventfd before it takes the list, so a
 * task that is appended in between is either taken or announced anew; a batch
 * that meets a list which nobody has taken yet need not announce itself again.
 */
#include "engine/finished.h"

#include <sys/eventfd.h>

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/when.h"

enum err_code
finished_init(struct finished *f, struct err *err)
{
	int failed;

	assert(f != NULL);
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->fd < 0)
		return err_set(err, ERR_USAGE, "", "eventfd: %s",
		    strerror(errno));
	failed = pthread_mutex_init(&f->lock, NULL);
	assert(failed == 0);
	list_init(&f->tasks);
	return ERR_OK;
}

void
finished_fini(struct finished *f)
{
	assert(f != NULL);
	(void)pthread_mutex_destroy(&f->lock);
	(void)close(f->fd);
	f->fd = -1;
}

void
finished_publish(struct finished *f, struct task *const *tasks, size_t count)
{
	int64_t now_us = when_monotonic_us();
	bool was_empty;

	assert(f != NULL);
	assert(count > 0);
	for (size_t i = 0; i < count; i++)
		tasks[i]->finished_us = now_us;
	(void)pthread_mutex_lock(&f->lock);
	was_empty = list_is_empty(&f->tasks);
	for (size_t i = 0; i < count; i++)
		list_append(&f->tasks, &tasks[i]->link);
	(void)pthread_mutex_unlock(&f->lock);
	if (was_empty)
		finished_wake(f);
}

void
finished_wake(struct finished *f)
{
	uint64_t one = 1;
	ssize_t n;

	assert(f != NULL);
	do
		n = write(f->fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
	/* EAGAIN: it is readable as it can be. */
	assert(n == sizeof(one) || errno == EAGAIN);
}

void
finished_take(struct finished *f, struct list *out)
{
	uint64_t count;
	ssize_t n;

	assert(f != NULL);
	assert(list_is_empty(out));
	do
		n = read(f->fd, &count, sizeof(count));
	while (n < 0 && errno == EINTR);
	(void)pthread_mutex_lock(&f->lock);
	list_move_all(out, &f->tasks);
	(void)pthread_mutex_unlock(&f->lock);
}
