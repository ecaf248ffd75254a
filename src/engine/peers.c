/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking is polling: it needs nothing of a database but rows, goes on by
 * itself after a failover, and costs a node some twenty small reads a second
 * while clients wait and four when none does.
 */
#include "engine/peers.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"
#include "engine/thread.h"

#define STATEMENT_MS 1000
/* All apps are read: some hundred thousand rows at most. */
#define APPS_MS 20000

static void
set_deadline(struct peers *p, int64_t ms)
{
	store_set_deadline(p->conn, when_monotonic_us() + ms * 1000);
}

/* --- what is looked at --------------------------------------------------------- */

static enum err_code
keep_number(struct peers *p, struct err *err)
{
	enum err_code code;

	set_deadline(p, LIMIT_NODE_RENEW_MS);
	code = node_keep(&p->node, p->conn, 0, when_monotonic_us(), err);
	atomic_store(&p->number, p->node.held ? p->node.lease.node : -1);
	atomic_store(&p->renewed_us, p->node.renewed_us);
	return code;
}

static enum err_code
look_for_apps(struct peers *p, struct err *err)
{
	int64_t now_us = when_monotonic_us(), revision = 0;
	enum err_code code;

	if (now_us < p->apps_due_us)
		return ERR_OK;
	p->apps_due_us = now_us + LIMIT_PEER_APPS_MS * INT64_C(1000);
	set_deadline(p, STATEMENT_MS);
	code = store_apps_revision(p->conn, &revision, err);
	if (code != ERR_OK)
		return code;
	atomic_store(&p->looked_us, now_us);
	if (revision == p->revision && !atomic_load(&p->apps->missed))
		return ERR_OK;
	set_deadline(p, APPS_MS);
	apps_offer(p->apps, p->conn);
	if (atomic_load(&p->apps->missed))
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "the apps could not be read");
	p->revision = revision;
	finished_wake(p->finished);
	return ERR_OK;
}

static enum err_code
look_for_amendments(struct peers *p, struct err *err)
{
	size_t count = parked_apps(p->parked, p->waiting, LIMIT_WAITING);
	enum err_code code;

	if (count == 0)
		return ERR_OK;
	set_deadline(p, STATEMENT_MS);
	code = store_feed_last(p->conn, p->waiting, count, p->lasts, err);
	for (size_t i = 0; i < count && code == ERR_OK; i++)
		parked_tell(p->parked, p->waiting[i], p->lasts[i]);
	return code;
}

/* --- the thread ------------------------------------------------------------------ */

static enum err_code
look(struct peers *p, struct err *err)
{
	enum err_code code = ERR_OK;

	if (p->conn == NULL)
		code = store_connect(p->store, STORE_WRITER, &p->conn, err);
	if (code == ERR_OK)
		code = keep_number(p, err);
	if (code == ERR_OK)
		code = look_for_apps(p, err);
	if (code == ERR_OK)
		code = look_for_amendments(p, err);
	return code;
}

/* How long until the next look. */
static int64_t
turn(struct peers *p)
{
	struct err err = {.code = ERR_OK};
	enum err_code code = look(p, &err);

	node_watch(&p->node);
	if (code == ERR_OK) {
		if (p->told_away)
			log_message(LOG_INFO, "peers_back",
			    "the store tells again what other nodes do");
		p->told_away = false;
		return LIMIT_PEER_FEED_MS;
	}
	store_disconnect(&p->conn);
	if (!p->told_away)
		log_message(LOG_ERROR, "peers_away",
		    "what other nodes change is not known for now: %s: %s",
		    err_name(code), err.detail);
	p->told_away = true;
	return LIMIT_PEER_APPS_MS;
}

static bool
is_stopped_within(struct peers *p, int64_t ms)
{
	int64_t at_us = when_monotonic_us() + ms * 1000;
	bool stopping, early = true;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->stopping && early)
		early = thread_wait_until(&p->changed, &p->lock, at_us);
	stopping = p->stopping;
	(void)pthread_mutex_unlock(&p->lock);
	return stopping;
}

static void *
run(void *arg)
{
	struct peers *p = arg;
	int64_t ms = LIMIT_PEER_FEED_MS;

	while (!is_stopped_within(p, ms))
		ms = turn(p);
	return NULL;
}

static enum err_code
begin(struct peers *p, struct ids *ids, struct clock clock, struct err *err)
{
	enum err_code code;

	p->waiting = calloc(LIMIT_WAITING, sizeof(*p->waiting));
	p->lasts = calloc(LIMIT_WAITING, sizeof(*p->lasts));
	if (p->waiting == NULL || p->lasts == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no memory to start");
	node_init(&p->node, ids, clock);
	code = store_connect(p->store, STORE_WRITER, &p->conn, err);
	if (code == ERR_OK)
		code = keep_number(p, err);
	atomic_store(&p->looked_us, when_monotonic_us());
	return code;
}

static void
end(struct peers *p)
{
	store_disconnect(&p->conn);
	free(p->waiting);
	free(p->lasts);
	p->waiting = p->lasts = NULL;
	(void)pthread_cond_destroy(&p->changed);
	(void)pthread_mutex_destroy(&p->lock);
}

enum err_code
peers_start(struct peers *p, struct ids *ids, struct clock clock,
    struct err *err)
{
	enum err_code code;
	int failed;

	assert(p != NULL);
	assert(p->store != NULL);
	assert(p->parked != NULL);
	assert(p->apps != NULL);
	atomic_init(&p->number, -1);
	thread_cond_init(&p->changed);
	failed = pthread_mutex_init(&p->lock, NULL);
	assert(failed == 0);
	code = begin(p, ids, clock, err);
	if (code == ERR_OK)
		code = thread_start(&p->thread, run, p, err);
	p->is_running = code == ERR_OK;
	if (code != ERR_OK) {
		node_release(&p->node, p->conn);
		end(p);
	}
	return code;
}

void
peers_stop(struct peers *p)
{
	assert(p != NULL);
	if (!p->is_running)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->stopping = true;
	(void)pthread_cond_signal(&p->changed);
	(void)pthread_mutex_unlock(&p->lock);
	thread_join(p->thread);
	p->is_running = false;
	if (p->conn != NULL)
		set_deadline(p, STATEMENT_MS);
	node_release(&p->node, p->conn);
	atomic_store(&p->number, -1);
	end(p);
}
