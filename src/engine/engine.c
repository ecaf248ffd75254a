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
#include "engine/order_ids.h"
#include "engine/parked.h"
#include "engine/peers.h"
#include "engine/rate.h"
#include "engine/reader.h"
#include "engine/stats.h"
#include "engine/turns.h"

struct engine {
	struct clock clock;
	struct engine_dialect *dialects;
	int dialect_count;

	struct gate gate;
	struct stats stats;
	struct finished finished;
	struct committer *committers; /* an app's tasks go to the same one */
	size_t committer_count;
	bool is_remote; /* no call to the store on the loop's thread */
	struct readers readers;
	struct parked parked;
	struct ids ids;

	/* Of a store that other nodes use. */
	int64_t node;
	bool is_shared;
	struct peers peers;
	struct turns turns;

	/* The loop's own. */
	struct store_conn *conn;
	struct view view; /* of an embedded store, through conn */
	struct apps *apps;
	int64_t apps_retry_us; /* when a missed snapshot is tried again */
	struct rate rate;      /* of a store that is ours alone */

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

/* The number before anything that makes ids; what the loop asks of the store is
 * asked by others. */
static enum err_code
start_sharing(struct engine *e, const struct engine_config *config,
    struct err *err)
{
	enum err_code code;

	if (!config->is_shared)
		return ERR_OK;
	e->peers.store = config->store;
	e->peers.finished = &e->finished;
	e->peers.parked = &e->parked;
	e->peers.apps = &e->handover;
	code = peers_start(&e->peers, &e->ids, config->clock, err);
	if (code != ERR_OK)
		return code;
	e->turns.store = config->store;
	e->turns.finished = &e->finished;
	return turns_start(&e->turns, err);
}

static enum err_code
start_committer(struct engine *e, const struct engine_config *config,
    struct committer *c, struct err *err)
{
	size_t queue_max = (size_t)config->queue_max / e->committer_count;

	c->store = config->store;
	c->clock = config->clock;
	c->gate = &e->gate;
	c->finished = &e->finished;
	c->view = &e->view;
	c->stats = &e->stats;
	c->parked = &e->parked;
	c->readers = &e->readers;
	c->ids = &e->ids;
	c->apps = &e->handover;
	c->is_shared = e->is_remote;
	c->group_max = (size_t)config->group_max;
	if (queue_max < c->group_max)
		queue_max = c->group_max;
	return committer_start(c, queue_max, err);
}

static enum err_code
start_committers(struct engine *e, const struct engine_config *config,
    struct err *err)
{
	enum err_code code = ERR_OK;

	/* An embedded store has one writer. */
	e->committer_count = e->is_remote && config->committers > 1
	    ? (size_t)config->committers
	    : 1;
	e->committers = calloc(e->committer_count, sizeof(*e->committers));
	if (e->committers == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no memory to start");
	for (size_t i = 0; i < e->committer_count && code == ERR_OK; i++)
		code = start_committer(e, config, &e->committers[i], err);
	return code;
}

static void
stop_committers(struct engine *e)
{
	for (size_t i = 0; e->committers != NULL && i < e->committer_count; i++)
		committer_stop(&e->committers[i]);
	free(e->committers);
	e->committers = NULL;
}

static enum err_code
start(struct engine *e, const struct engine_config *config, struct err *err)
{
	enum err_code code = copy_dialects(e, config, err);

	if (code == ERR_OK)
		code = store_connect(config->store, STORE_READER, &e->conn,
		    err);
	e->view.conn = e->conn;
	e->view.gate = &e->gate;
	/* Before the apps: what is changed while they are read is read again. */
	if (code == ERR_OK)
		code = store_apps_revision(e->conn, &e->peers.revision, err);
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
	e->handover.dialects = e->dialects;
	e->handover.dialect_count = e->dialect_count;
	code = start_sharing(e, config, err);
	if (code != ERR_OK)
		return code;
	return start_committers(e, config, err);
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
	(void)pthread_mutex_init(&e->handover.lock, NULL);
	e->is_shared = config->is_shared;
	e->is_remote = store_is_remote(config->store);
	e->readers.is_remote = e->is_remote;
	e->node = config->node;
	ids_init(&e->ids, config->node);
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
	engine_rest(e);
	parked_close(&e->parked);
	stop_committers(e);
	readers_stop(&e->readers);
	turns_stop(&e->turns);
	turns_fini(&e->turns);
	/* After the committer, which makes ids. */
	peers_stop(&e->peers);
	parked_stop(&e->parked);
	store_disconnect(&e->conn);
	apps_free(&e->apps);
	fresh = atomic_load(&e->handover.fresh);
	apps_free(&fresh);
	(void)pthread_mutex_destroy(&e->handover.lock);
	rate_fini(&e->rate);
	ids_fini(&e->ids);
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
	struct queue *writers =
	    &e->committers[(uint64_t)c->app % e->committer_count].queue;

	assert(c->kind != COMMAND_NONE);
	switch (c->kind) {
	case COMMAND_CREATE:
	case COMMAND_CHANGE:
	case COMMAND_MOVE:
	case COMMAND_EVENT:
		if (!c->dry_run)
			return writers;
		break;
	case COMMAND_BATCH:
		/* Its commands may build on each other, in a dry run too. */
		return writers;
	case COMMAND_LIST:
	case COMMAND_HISTORY:
	case COMMAND_FEED:
		return &e->readers.queue;
	case COMMAND_NONE:
	case COMMAND_HEALTH:
	case COMMAND_READ:
		break;
	}
	return e->is_remote ? &e->readers.queue : NULL;
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
		reader_point(&e->view, clock_now_ms(&e->clock), task);
		return true;
	}
	code = queue_push(queue, task);
	if (code == ERR_OK)
		return false;
	*task->outcome = (struct outcome){0};
	outcome_fail(task->outcome, code, NULL);
	return true;
}

void
engine_rest(struct engine *e)
{
	assert(e != NULL);
	view_close(&e->view);
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
	engine_rest(e);
	turns_stop(&e->turns);
	parked_close(&e->parked);
	for (size_t i = 0; i < e->committer_count; i++)
		queue_close(&e->committers[i].queue);
	queue_close(&e->readers.queue);
	for (size_t i = 0; i < e->committer_count; i++)
		queue_wait_idle(&e->committers[i].queue);
	queue_wait_idle(&e->readers.queue);
}

enum err_code
engine_job(struct engine *e, engine_job_f *fn, void *arg, bool apps_changed,
    struct err *err)
{
	assert(e != NULL);
	return committer_job(&e->committers[0], fn, arg, apps_changed, err);
}

enum err_code
engine_ping(struct engine *e, struct err *err)
{
	enum err_code code;
	int64_t silent_us;

	assert(e != NULL);
	if (e->is_remote && e->is_shared) {
		silent_us = when_monotonic_us() -
		    atomic_load(&e->peers.looked_us);
		return silent_us < (int64_t)LIMIT_HEALTH_MS * 1000
		    ? ERR_OK
		    : err_set(err, ERR_STORE_AWAY, "",
			  "nothing was heard of the store for %lld ms",
			  (long long)(silent_us / 1000));
	}
	view_close(&e->view);
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

	/* Where there are peers, their thread tries again. */
	if (!e->is_shared &&
	    atomic_load_explicit(&e->handover.missed, memory_order_relaxed)) {
		now_us = when_monotonic_us();
		if (now_us < e->apps_retry_us)
			return;
		e->apps_retry_us = now_us + (int64_t)LIMIT_APPS_RETRY_MS * 1000;
		view_close(&e->view);
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
	if (e->is_shared)
		turns_reap(&e->turns);
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

bool
engine_admit(struct engine *e, struct admission *a)
{
	assert(e != NULL);
	assert(a->done != NULL);
	if (e->is_shared)
		return turns_admit(&e->turns, a);
	rate_take(&e->rate, clock_now_ms(&e->clock), a->app, a->claims,
	    a->count, a->state);
	a->code = a->state->refused ? ERR_RATE_LIMITED : ERR_OK;
	return true;
}

void
engine_owe(struct engine *e, int64_t app, const struct rate_claim *claims,
    size_t count, struct rate_state *state)
{
	assert(e != NULL);
	if (e->is_shared)
		turns_owe(&e->turns, app, claims, count, state);
	else
		rate_take(&e->rate, clock_now_ms(&e->clock), app, claims, count,
		    state);
}

static void
add_shared(struct engine *e, struct engine_stats *out)
{
	int64_t now_us = when_monotonic_us();

	out->node = atomic_load(&e->peers.number);
	out->node_age_ms = (now_us - atomic_load(&e->peers.renewed_us)) / 1000;
	out->peers_lag_ms = (now_us - atomic_load(&e->peers.looked_us)) / 1000;
	out->rate_turns = atomic_load(&e->turns.count);
	out->rate_tokens = atomic_load(&e->turns.tokens);
	out->rate_waits = atomic_load(&e->turns.waits);
}

void
engine_stats(struct engine *e, struct engine_stats *out)
{
	assert(e != NULL);
	stats_copy(&e->stats, out);
	for (size_t i = 0; i < e->committer_count; i++)
		out->queue_depth += (int64_t)queue_depth(
		    &e->committers[i].queue);
	out->waiting = (int64_t)parked_count(&e->parked);
	out->node = e->node;
	if (e->is_shared)
		add_shared(e, out);
}
