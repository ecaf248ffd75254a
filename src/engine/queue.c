/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue: a list under a mutex. A push signals one consumer; a consumer that
 * is at work is not waiting, and then the signal costs no system call.
 */
#include "engine/queue.h"

#include <assert.h>

#include "base/limits.h"

static void
must(int failed)
{
	assert(failed == 0);
}

void
queue_init(struct queue *q, size_t max)
{
	assert(q != NULL);
	assert(max > 0);
	*q = (struct queue){.max = max};
	must(pthread_mutex_init(&q->lock, NULL));
	must(pthread_cond_init(&q->filled, NULL));
	must(pthread_cond_init(&q->idle, NULL));
	list_init(&q->waiting);
}

void
queue_fini(struct queue *q)
{
	assert(q != NULL);
	assert(q->waiting_count == 0);
	assert(q->taken_count == 0);
	must(pthread_cond_destroy(&q->idle));
	must(pthread_cond_destroy(&q->filled));
	must(pthread_mutex_destroy(&q->lock));
}

static enum err_code
push(struct queue *q, struct task *task, size_t max)
{
	enum err_code code = ERR_OK;

	assert(task != NULL);
	must(pthread_mutex_lock(&q->lock));
	if (q->closed) {
		code = ERR_STOPPING;
	} else if (q->waiting_count >= max) {
		code = ERR_BUSY;
	} else {
		list_append(&q->waiting, &task->link);
		q->waiting_count++;
		must(pthread_cond_signal(&q->filled));
	}
	must(pthread_mutex_unlock(&q->lock));
	return code;
}

enum err_code
queue_push(struct queue *q, struct task *task)
{
	assert(q != NULL);
	return push(q, task, q->max);
}

enum err_code
queue_push_always(struct queue *q, struct task *task)
{
	assert(q != NULL);
	return push(q, task, SIZE_MAX);
}

/*
 * How many make a group. Clients that wait for their answers come back together:
 * taken whole they would stay one group, and while it is flushed nobody would have
 * anything to do. Two halves keep out of each other's way.
 */
static size_t
group_of(size_t waiting)
{
	size_t half = (waiting + 1) / 2;

	if (waiting <= LIMIT_GROUP_WHOLE)
		return waiting;
	return half < LIMIT_GROUP_WHOLE ? LIMIT_GROUP_WHOLE : half;
}

size_t
queue_take(struct queue *q, struct task **out, size_t max)
{
	size_t count = 0, group;

	assert(q != NULL);
	assert(max > 0);
	must(pthread_mutex_lock(&q->lock));
	while (q->waiting_count == 0 && !q->closed)
		must(pthread_cond_wait(&q->filled, &q->lock));
	group = group_of(q->waiting_count);
	while (count < group && count < max)
		out[count++] = LIST_ENTRY(list_take_first(&q->waiting),
		    struct task, link);
	q->waiting_count -= count;
	q->taken_count += count;
	must(pthread_mutex_unlock(&q->lock));
	return count;
}

void
queue_done(struct queue *q, size_t count)
{
	assert(q != NULL);
	must(pthread_mutex_lock(&q->lock));
	assert(count <= q->taken_count);
	q->taken_count -= count;
	if (q->taken_count == 0 && q->waiting_count == 0)
		must(pthread_cond_broadcast(&q->idle));
	must(pthread_mutex_unlock(&q->lock));
}

void
queue_close(struct queue *q)
{
	assert(q != NULL);
	must(pthread_mutex_lock(&q->lock));
	q->closed = true;
	must(pthread_cond_broadcast(&q->filled));
	must(pthread_mutex_unlock(&q->lock));
}

void
queue_wait_idle(struct queue *q)
{
	assert(q != NULL);
	must(pthread_mutex_lock(&q->lock));
	while (q->taken_count > 0 || q->waiting_count > 0)
		must(pthread_cond_wait(&q->idle, &q->lock));
	must(pthread_mutex_unlock(&q->lock));
}

size_t
queue_depth(struct queue *q)
{
	size_t depth;

	assert(q != NULL);
	must(pthread_mutex_lock(&q->lock));
	depth = q->waiting_count;
	must(pthread_mutex_unlock(&q->lock));
	return depth;
}

bool
queue_was_slow(const struct task *task, int64_t now_us)
{
	assert(task != NULL);
	return now_us - task->queued_us > (int64_t)LIMIT_QUEUED_MS * 1000;
}
