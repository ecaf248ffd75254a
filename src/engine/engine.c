/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's front: where a command goes, and what the loop's thread owns
 * itself (its reader connection, the apps, the rates). Everything else belongs
 * to the committer or to a reader thread.
 */
#include "engine/engine.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "engine/apps.h"
#include "engine/committer.h"
#include "engine/finished.h"
#include "engine/gate.h"
#include "engine/parked.h"
#include "engine/rate.h"
#include "engine/reader.h"
#include "engine/stats.h"

struct engine {
	struct clock clock;
	struct engine_dialect *dialects;
	int dialect_count;

	struct gate gate;
	struct stats stats;
	struct finished finished;
	struct committer committer;
	struct readers readers;
	struct parked parked;

	/* The loop's own. */
	struct store_conn *conn;
	struct apps *apps;
	int64_t apps_retry_us; /* when a missed snapshot is tried again */
	struct rate rate;

	struct apps_handover handover; /* from the committer's jobs */
};

/* --- opening and closing ------------------------------------------------------ */

static enum err_code
copy_dialects(struct engine *e, const struct engine_config *config,
    struct err *err)
{
	size_t count = (size_t)config->dialect_count;

	/* One more: a count of zero is no reason to fail. */
	e->dialects = calloc(count + 1, sizeof(*e->dialects));
	if (e->dialects == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no memory to start");
	for (size_t i = 0; i < count; i++)
		e->dialects[i] = config->dialects[i];
	e->dialect_count = config->dialect_count;
	return ERR_OK;
}

static enum err_code
start(struct engine *e, const struct engine_config *config, struct err *err)
{
	enum err_code code = copy_dialects(e, config, err);

	if (code == ERR_OK)
		code = store_connect(config->store, STORE_READER, &e->conn,
		    err);
	if (code == ERR_OK)
		code = apps_load(e->conn, e->dialects, e->dialect_count,
		    &e->apps, err);
	if (code != ERR_OK)
		return code;
	e->parked.resume = reader_resume;
	e->parked.arg = &e->readers;
	code = parked_start(&e->parked, err);
	if (code != ERR_OK)
		return code;
	e->readers.clock = config->clock;
	e->readers.gate = &e->gate;
	e->readers.parked = &e->parked;
	e->readers.finished = &e->finished;
	code = readers_start(&e->readers, config->store,
	    (size_t)config->reader_threads, err);
	if (code != ERR_OK)
		return code;
	e->committer.store = config->store;
	e->committer.clock = config->clock;
	e->committer.gate = &e->gate;
	e->committer.finished = &e->finished;
	e->committer.stats = &e->stats;
	e->committer.parked = &e->parked;
	e->committer.readers = &e->readers;
	e->handover.dialects = e->dialects;
	e->handover.dialect_count = e->dialect_count;
	e->committer.apps = &e->handover;
	e->committer.group_max = (size_t)config->group_max;
	return committer_start(&e->committer, (size_t)config->queue_max,
	    config->node, err);
}

enum err_code
engine_open(const struct engine_config *config, struct engine **out,
    struct err *err)
{
	struct engine *e;
	enum err_code code;

	assert(config != NULL);
	assert(config->store != NULL);
	assert(config->dialect_count >= 0);
	assert(config->queue_max > 0);
	assert(config->group_max > 0);
	assert(config->reader_threads > 0);
	assert(out != NULL);
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no memory to start");
	code = finished_init(&e->finished, err);
	if (code != ERR_OK) {
		free(e);
		return code;
	}
	e->clock = config->clock;
	atomic_init(&e->handover.fresh, NULL);
	atomic_init(&e->handover.missed, false);
	gate_init(&e->gate);
	stats_init(&e->stats);
	rate_init(&e->rate);
	code = start(e, config, err);
	if (code == ERR_OK)
		*out = e;
	else
		engine_close(&e);
	return code;
}

void
engine_close(struct engine **engine)
{
	struct engine *e;
	struct apps *fresh;

	assert(engine != NULL);
	e = *engine;
	*engine = NULL;
	if (e == NULL)
		return;
	parked_close(&e->parked);
	committer_stop(&e->committer);
	readers_stop(&e->readers);
	parked_stop(&e->parked);
	store_disconnect(&e->conn);
	apps_free(&e->apps);
	fresh = atomic_load(&e->handover.fresh);
	apps_free(&fresh);
	rate_fini(&e->rate);
	stats_fini(&e->stats);
	gate_fini(&e->gate);
	finished_fini(&e->finished);
	free(e->dialects);
	free(e);
}

/* --- commands -------------------------------------------------------------------- */

/* Where a command is carried out; NULL: at once, on the loop's thread. */
static struct queue *
find_queue(struct engine *e, const struct command *c)
{
	assert(c->kind != COMMAND_NONE);
	switch (c->kind) {
	case COMMAND_CREATE:
	case COMMAND_CHANGE:
	case COMMAND_MOVE:
	case COMMAND_EVENT:
		return c->dry_run ? NULL : &e->committer.queue;
	case COMMAND_BATCH:
		/* Its commands may build on each other, in a dry run too. */
		return &e->committer.queue;
	case COMMAND_LIST:
	case COMMAND_HISTORY:
	case COMMAND_FEED:
		return &e->readers.queue;
	case COMMAND_NONE:
	case COMMAND_HEALTH:
	case COMMAND_READ:
		break;
	}
	return NULL;
}

bool
engine_run(struct engine *e, struct task *task)
{
	struct queue *queue;
	enum err_code code;

	assert(e != NULL);
	assert(task->command != NULL);
	assert(task->outcome != NULL);
	assert(task->arena != NULL);
	assert(task->done != NULL);
	task->queued_us = when_monotonic_us();
	queue = find_queue(e, task->command);
	if (queue == NULL) {
		reader_point(e->conn, &e->gate, clock_now_ms(&e->clock), task);
		return true;
	}
	code = queue_push(queue, task);
	if (code == ERR_OK)
		return false;
	*task->outcome = (struct outcome){0};
	outcome_fail(task->outcome, code, NULL);
	return true;
}

int
engine_fd(const struct engine *e)
{
	assert(e != NULL);
	return e->finished.fd;
}

void
engine_stop_waiting(struct engine *e)
{
	assert(e != NULL);
	parked_close(&e->parked);
}

void
engine_drain(struct engine *e)
{
	assert(e != NULL);
	parked_close(&e->parked);
	queue_close(&e->committer.queue);
	queue_close(&e->readers.queue);
	queue_wait_idle(&e->committer.queue);
	queue_wait_idle(&e->readers.queue);
}

enum err_code
engine_job(struct engine *e, engine_job_f *fn, void *arg, bool apps_changed,
    struct err *err)
{
	assert(e != NULL);
	return committer_job(&e->committer, fn, arg, apps_changed, err);
}

enum err_code
engine_ping(struct engine *e, struct err *err)
{
	enum err_code code;

	assert(e != NULL);
	gate_enter(&e->gate, GATE_POINT);
	code = store_ping(e->conn, err);
	gate_leave(&e->gate, GATE_POINT);
	return code;
}

/* --- apps and rates --------------------------------------------------------------- */

/* Takes a fresh snapshot up; makes one where that failed, a little later. */
static void
follow_apps(struct engine *e)
{
	struct apps *fresh;
	int64_t now_us;

	if (atomic_load_explicit(&e->handover.missed, memory_order_relaxed)) {
		now_us = when_monotonic_us();
		if (now_us < e->apps_retry_us)
			return;
		e->apps_retry_us = now_us + (int64_t)LIMIT_APPS_RETRY_MS * 1000;
		gate_enter(&e->gate, GATE_POINT);
		apps_offer(&e->handover, e->conn);
		gate_leave(&e->gate, GATE_POINT);
	}
	if (atomic_load_explicit(&e->handover.fresh, memory_order_relaxed) ==
	    NULL)
		return;
	fresh = atomic_exchange(&e->handover.fresh, NULL);
	apps_free(&e->apps);
	e->apps = fresh;
}

void
engine_reap(struct engine *e)
{
	struct list tasks;
	struct list *node;

	assert(e != NULL);
	list_init(&tasks);
	finished_take(&e->finished, &tasks);
	follow_apps(e);
	while ((node = list_take_first(&tasks)) != NULL) {
		struct task *task = LIST_ENTRY(node, struct task, link);

		task->done(task);
	}
}

const struct credential *
engine_credential(struct engine *e, const char *dialect, struct str key,
    bool *known)
{
	assert(e != NULL);
	follow_apps(e);
	return apps_find(e->apps, dialect, key, known);
}

void
engine_credential_release(struct engine *e, const struct credential *c)
{
	assert(e != NULL);
	apps_release(c);
}

void
engine_rate(struct engine *e, int64_t app, const struct rate_claim *claims,
    size_t count, struct rate_state *state)
{
	assert(e != NULL);
	rate_take(&e->rate, clock_now_ms(&e->clock), app, claims, count, state);
}

void
engine_stats(struct engine *e, struct engine_stats *out)
{
	assert(e != NULL);
	stats_copy(&e->stats, out);
	out->queue_depth = (int64_t)queue_depth(&e->committer.queue);
	out->waiting = (int64_t)parked_count(&e->parked);
}
