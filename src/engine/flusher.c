/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that waits to be asked. What it says of a flush stands until it is
 * asked again.
 */
#include "engine/flusher.h"

#include <assert.h>

#include "base/log.h"
#include "engine/thread.h"

static void
must(int failed)
{
	assert(failed == 0);
}

static enum flusher_state
flush(struct store_conn *conn)
{
	struct err err = {.code = ERR_OK};
	enum err_code code = store_flush_file(conn, &err);

	if (code == ERR_OK)
		return FLUSHER_DONE;
	log_message(LOG_ERROR, "checkpoint_failed", "%s: %s", err_name(code),
	    err.detail);
	return FLUSHER_FAILED;
}

static void *
run(void *arg)
{
	struct flusher *f = arg;

	must(pthread_mutex_lock(&f->lock));
	while (!f->is_closed || f->state == FLUSHER_ASKED) {
		enum flusher_state state;

		if (f->state != FLUSHER_ASKED) {
			must(pthread_cond_wait(&f->changed, &f->lock));
			continue;
		}
		must(pthread_mutex_unlock(&f->lock));
		state = flush(f->conn);
		must(pthread_mutex_lock(&f->lock));
		f->state = state;
		must(pthread_cond_broadcast(&f->changed));
	}
	must(pthread_mutex_unlock(&f->lock));
	return NULL;
}

enum err_code
flusher_start(struct flusher *f, struct err *err)
{
	enum err_code code;

	assert(f != NULL);
	assert(!f->is_running);
	*f = (struct flusher){.state = FLUSHER_IDLE};
	must(pthread_mutex_init(&f->lock, NULL));
	must(pthread_cond_init(&f->changed, NULL));
	code = thread_start(&f->thread, run, f, err);
	f->is_running = code == ERR_OK;
	return code;
}

void
flusher_stop(struct flusher *f)
{
	assert(f != NULL);
	if (!f->is_running)
		return;
	must(pthread_mutex_lock(&f->lock));
	f->is_closed = true;
	must(pthread_cond_broadcast(&f->changed));
	must(pthread_mutex_unlock(&f->lock));
	thread_join(f->thread);
	must(pthread_cond_destroy(&f->changed));
	must(pthread_mutex_destroy(&f->lock));
	f->is_running = false;
}

void
flusher_ask(struct flusher *f, struct store_conn *conn)
{
	assert(f != NULL);
	assert(f->is_running);
	assert(conn != NULL);
	must(pthread_mutex_lock(&f->lock));
	assert(f->state != FLUSHER_ASKED);
	if (f->state != FLUSHER_FAILED)
		f->state = FLUSHER_ASKED;
	f->conn = conn;
	must(pthread_cond_broadcast(&f->changed));
	must(pthread_mutex_unlock(&f->lock));
}

enum flusher_state
flusher_look(struct flusher *f)
{
	enum flusher_state state;

	assert(f != NULL);
	must(pthread_mutex_lock(&f->lock));
	state = f->state;
	must(pthread_mutex_unlock(&f->lock));
	return state;
}

void
flusher_settle(struct flusher *f)
{
	assert(f != NULL);
	if (!f->is_running)
		return;
	must(pthread_mutex_lock(&f->lock));
	while (f->state == FLUSHER_ASKED)
		must(pthread_cond_wait(&f->changed, &f->lock));
	if (f->state == FLUSHER_DONE)
		f->state = FLUSHER_IDLE;
	must(pthread_mutex_unlock(&f->lock));
}
