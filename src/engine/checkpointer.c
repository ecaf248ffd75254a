/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that waits to be asked. What it says of its work stands until it is
 * asked again.
 */
#include "engine/checkpointer.h"

#include <assert.h>

#include "base/log.h"
#include "base/when.h"
#include "engine/thread.h"

static void
must(int failed)
{
	assert(failed == 0);
}

static enum checkpointer_state
do_work(struct checkpointer *c, int64_t *moved_bytes)
{
	struct err err = {.code = ERR_OK};
	enum err_code code = c->work == CHECKPOINTER_MOVE
	    ? store_checkpoint_beside(c->conn, moved_bytes, &err)
	    : store_checkpoint_flush(c->conn, &c->is_urgent, &err);

	if (code != ERR_OK)
		log_message(LOG_ERROR, "checkpoint_failed", "%s: %s",
		    err_name(code), err.detail);
	return code == ERR_STORE_FAILED ? CHECKPOINTER_FAILED
					: CHECKPOINTER_DONE;
}

static void *
run(void *arg)
{
	struct checkpointer *c = arg;
	int kept_off = -1;

	thread_give_way();
	must(pthread_mutex_lock(&c->lock));
	while (!c->is_closed || c->state == CHECKPOINTER_ASKED) {
		enum checkpointer_state state;
		int64_t moved_bytes = 0;

		if (c->state != CHECKPOINTER_ASKED) {
			must(pthread_cond_wait(&c->changed, &c->lock));
			continue;
		}
		must(pthread_mutex_unlock(&c->lock));
		if (c->processor != kept_off)
			thread_keep_off(kept_off = c->processor);
		state = do_work(c, &moved_bytes);
		must(pthread_mutex_lock(&c->lock));
		c->state = state;
		c->moved_bytes = moved_bytes;
		must(pthread_cond_broadcast(&c->changed));
	}
	must(pthread_mutex_unlock(&c->lock));
	return NULL;
}

enum err_code
checkpointer_start(struct checkpointer *c, struct err *err)
{
	enum err_code code;

	assert(c != NULL);
	assert(!c->is_running);
	*c = (struct checkpointer){.state = CHECKPOINTER_IDLE};
	must(pthread_mutex_init(&c->lock, NULL));
	thread_cond_init(&c->changed);
	code = thread_start(&c->thread, run, c, err);
	c->is_running = code == ERR_OK;
	return code;
}

void
checkpointer_stop(struct checkpointer *c)
{
	assert(c != NULL);
	if (!c->is_running)
		return;
	checkpointer_hurry(c);
	must(pthread_mutex_lock(&c->lock));
	c->is_closed = true;
	must(pthread_cond_broadcast(&c->changed));
	must(pthread_mutex_unlock(&c->lock));
	thread_join(c->thread);
	must(pthread_cond_destroy(&c->changed));
	must(pthread_mutex_destroy(&c->lock));
	c->is_running = false;
}

void
checkpointer_ask(struct checkpointer *c, struct store_conn *conn,
    enum checkpointer_work work)
{
	assert(c != NULL);
	assert(c->is_running);
	assert(conn != NULL);
	must(pthread_mutex_lock(&c->lock));
	assert(c->state != CHECKPOINTER_ASKED);
	if (c->state != CHECKPOINTER_FAILED)
		c->state = CHECKPOINTER_ASKED;
	c->conn = conn;
	c->work = work;
	c->processor = thread_processor();
	c->is_urgent = false;
	must(pthread_cond_broadcast(&c->changed));
	must(pthread_mutex_unlock(&c->lock));
}

void
checkpointer_hurry(struct checkpointer *c)
{
	assert(c != NULL);
	c->is_urgent = true;
}

enum checkpointer_state
checkpointer_look(struct checkpointer *c)
{
	enum checkpointer_state state;

	assert(c != NULL);
	must(pthread_mutex_lock(&c->lock));
	state = c->state;
	must(pthread_mutex_unlock(&c->lock));
	return state;
}

enum checkpointer_work
checkpointer_work(const struct checkpointer *c)
{
	assert(c != NULL);
	return c->work;
}

int64_t
checkpointer_moved(struct checkpointer *c)
{
	int64_t moved_bytes;

	assert(c != NULL);
	must(pthread_mutex_lock(&c->lock));
	moved_bytes = c->moved_bytes;
	must(pthread_mutex_unlock(&c->lock));
	return moved_bytes;
}

void
checkpointer_wait(struct checkpointer *c, int64_t us)
{
	int64_t at_us = when_monotonic_us() + us;
	bool early = true;

	assert(c != NULL);
	assert(us >= 0);
	must(pthread_mutex_lock(&c->lock));
	while (c->state == CHECKPOINTER_ASKED && early)
		early = thread_wait_until(&c->changed, &c->lock, at_us);
	must(pthread_mutex_unlock(&c->lock));
}

void
checkpointer_settle(struct checkpointer *c)
{
	assert(c != NULL);
	if (!c->is_running)
		return;
	checkpointer_hurry(c);
	must(pthread_mutex_lock(&c->lock));
	while (c->state == CHECKPOINTER_ASKED)
		must(pthread_cond_wait(&c->changed, &c->lock));
	if (c->state == CHECKPOINTER_DONE)
		c->state = CHECKPOINTER_IDLE;
	must(pthread_mutex_unlock(&c->lock));
}
