/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The committer's thread. No timer makes groups: while one is being flushed
 * the next one gathers in the queue.
 */
#include "engine/committer.h"

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "engine/group.h"
#include "engine/thread.h"

#define AWAY_FIRST_MS 50

/* An operator's job, on the stack of the thread that waits for it. */
struct job {
	struct task task; /* how it is queued */
	engine_job_f *fn;
	void *arg;
	bool apps_changed;
	struct err *err;
	enum err_code code;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	bool is_finished;
};

/* A store that is broken fails every group: one line a second says so too. */
static void
log_error(struct committer *c, const char *event, enum err_code code,
    const struct err *err)
{
	int64_t now_us = when_monotonic_us();

	if (now_us < c->log_again_us)
		return;
	c->log_again_us = now_us + (int64_t)LIMIT_LOG_AGAIN_MS * 1000;
	log_message(LOG_ERROR, event, "%s: %s", err_name(code), err->detail);
}

/* --- the connection -------------------------------------------------------- */

static void
note_failed_flush(struct committer *c)
{
	if (!c->flush_failed)
		log_message(LOG_ERROR, "flush_failed",
		    "the disk did not take what was written: no change is "
		    "accepted until the server is started again; check the disk "
		    "first");
	c->flush_failed = true;
}

/* After these a connection may be dead, and a fresh one is never worse. */
static void
doubt_connection(struct committer *c, enum err_code code)
{
	if (c->is_shared)
		return;
	if (code == ERR_STORE_FAILED || code == ERR_STORE_UNSURE)
		c->connection_doubted = true;
	if (code == ERR_STORE_FULL)
		c->store_full = true;
	if (code == ERR_STORE_UNSURE)
		note_failed_flush(c);
}

static enum err_code
make_sure_of_connection(struct committer *c, struct err *err)
{
	if (!c->is_shared &&
	    checkpointer_look(&c->checkpointer) == CHECKPOINTER_FAILED)
		note_failed_flush(c);
	if (c->flush_failed)
		return err_set(err, ERR_STORE_FAILED, "",
		    "a flush failed earlier; check the disk, start again");
	if (c->connection_doubted) {
		checkpointer_settle(&c->checkpointer);
		store_disconnect(&c->conn);
		c->connection_doubted = false;
		c->whole_bytes = c->marked_bytes = 0;
		c->passes = 0;
	}
	if (when_monotonic_us() < c->away_until_us)
		return err_set(err, ERR_STORE_AWAY, "",
		    "the store could not be reached a moment ago");
	if (c->conn != NULL)
		return ERR_OK;
	return store_connect(c->store, STORE_WRITER, &c->conn, err);
}

/* Each failure doubles the time until the next try. */
static void
note_away(struct committer *c, enum err_code code)
{
	if (code != ERR_STORE_AWAY && code != ERR_STORE_UNSURE) {
		c->away_until_us = c->away_ms = 0;
		return;
	}
	if (!c->is_shared || when_monotonic_us() < c->away_until_us)
		return;
	c->away_ms = c->away_ms == 0 ? AWAY_FIRST_MS : 2 * c->away_ms;
	if (c->away_ms > LIMIT_AWAY_AGAIN_MS)
		c->away_ms = LIMIT_AWAY_AGAIN_MS;
	c->away_until_us = when_monotonic_us() + c->away_ms * 1000;
}

/* --- groups ---------------------------------------------------------------- */

/* Every so many new answers, twice as many old ones may go; where few come,
 * every so often. */
static int64_t
prune_rows(const struct committer *c)
{
	bool is_due = when_monotonic_us() >= c->prune_again_us ||
	    c->answers_unpruned >= LIMIT_PRUNE_ROWS / 2;

	return is_due ? LIMIT_PRUNE_ROWS : 0;
}

static enum err_code
run_commands(struct committer *c, struct task *const *tasks, size_t count,
    struct group_result *result)
{
	struct err err = {0};
	struct group g = {
	    .arena = &c->arena,
	    .ids = c->ids,
	    .now_ms = clock_now_ms(&c->clock),
	    .prune_rows = prune_rows(c),
	};
	enum err_code code = make_sure_of_connection(c, &err);

	if (code == ERR_OK) {
		g.conn = c->conn;
		code = group_run(&g, tasks, count, &err);
	} else {
		g.result.store_failed = true;
		group_fail(tasks, count, code, &err);
	}
	if (g.result.commits > 0 && g.prune_rows > 0 && code == ERR_OK) {
		c->answers_unpruned = 0;
		c->prune_again_us = when_monotonic_us() +
		    (int64_t)LIMIT_PRUNE_MS * 1000;
	}
	c->answers_unpruned += g.result.answers;
	if (code != ERR_OK)
		log_error(c, "group_failed", code, &err);
	doubt_connection(c, code);
	note_away(c, code);
	*result = g.result;
	return code;
}

/* Neighbours of one app are told of once. */
static void
wake_waiting(struct committer *c, struct task *const *tasks, size_t count)
{
	int64_t told = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t app = tasks[i]->command->app;

		if (!tasks[i]->outcome->changed || app == told)
			continue;
		parked_wake(c->parked, app);
		told = app;
	}
}

/* To those who wait, or to a reader that finds their answer. */
static void
give_back(struct committer *c, struct task **tasks, size_t count)
{
	size_t done = 0;

	for (size_t i = 0; i < count; i++) {
		if (tasks[i]->outcome->code == ERR_BUSY)
			readers_replay(c->readers, tasks[i]);
		else
			tasks[done++] = tasks[i];
	}
	if (done > 0)
		finished_publish(c->finished, tasks, done);
}

/* The first ones have waited longest. How many are refused. */
static size_t
refuse_old(struct committer *c, struct task **tasks, size_t count)
{
	int64_t now_us = when_monotonic_us();
	struct err err;
	size_t old = 0;

	while (c->is_shared && old < count &&
	    queue_was_slow(tasks[old], now_us))
		old++;
	if (old == 0)
		return 0;
	(void)err_set(&err, ERR_STORE_AWAY, "",
	    "the store is slow or away; nothing was tried");
	group_fail(tasks, old, ERR_STORE_AWAY, &err);
	log_error(c, "group_late", ERR_STORE_AWAY, &err);
	finished_publish(c->finished, tasks, old);
	return old;
}

static void
run_group(struct committer *c, struct task **tasks, size_t count)
{
	int64_t began_us = when_monotonic_us();
	struct group_result result = {0};
	size_t old = refuse_old(c, tasks, count);

	tasks += old;
	count -= old;
	if (count == 0)
		return;
	(void)run_commands(c, tasks, count, &result);
	stats_group(c->stats, &result, tasks, count, began_us);
	if (result.commits > 0)
		view_outdate(c->view);
	/* Before the tasks are given back: their commands are theirs. */
	wake_waiting(c, tasks, count);
	give_back(c, tasks, count);
}

/* --- jobs ------------------------------------------------------------------ */

static enum err_code
run_job_in_transaction(struct committer *c, struct job *job)
{
	enum err_code code = store_begin(c->conn, NULL, 0, job->err);

	if (code != ERR_OK)
		return code;
	code = job->fn(c->conn, job->arg, job->err);
	if (code == ERR_OK)
		return store_commit(c->conn, job->err);
	store_rollback(c->conn);
	return code;
}

static void
run_job(struct committer *c, struct job *job)
{
	enum err_code code = make_sure_of_connection(c, job->err);

	if (code == ERR_OK)
		code = run_job_in_transaction(c, job);
	doubt_connection(c, code);
	view_outdate(c->view);
	if (code == ERR_OK && job->apps_changed) {
		apps_offer(c->apps, c->conn);
		finished_wake(c->finished);
	}
	/* The waiting thread's stack holds the job: no touch after unlock. */
	(void)pthread_mutex_lock(&job->lock);
	job->code = code;
	job->is_finished = true;
	(void)pthread_cond_signal(&job->finished);
	(void)pthread_mutex_unlock(&job->lock);
}

enum err_code
committer_job(struct committer *c, engine_job_f *fn, void *arg,
    bool apps_changed, struct err *err)
{
	struct err unused;
	struct job job = {
	    .fn = fn,
	    .arg = arg,
	    .apps_changed = apps_changed,
	    .err = err != NULL ? err : &unused,
	    .lock = PTHREAD_MUTEX_INITIALIZER,
	    .finished = PTHREAD_COND_INITIALIZER,
	};
	enum err_code code;

	assert(c != NULL);
	assert(fn != NULL);
	code = queue_push_always(&c->queue, &job.task);
	if (code != ERR_OK)
		return err_set(err, code, "", "the server is shutting down");
	(void)pthread_mutex_lock(&job.lock);
	while (!job.is_finished)
		(void)pthread_cond_wait(&job.finished, &job.lock);
	(void)pthread_mutex_unlock(&job.lock);
	(void)pthread_cond_destroy(&job.finished);
	(void)pthread_mutex_destroy(&job.lock);
	return job.code;
}

/* --- the log ----------------------------------------------------------------- */

static void
checkpoint(struct committer *c, enum store_checkpoint how)
{
	struct err err = {0};
	int64_t began_us = when_monotonic_us();
	enum err_code code = store_checkpoint(c->conn, how, &err);

	if (code == ERR_OK)
		stats_checkpoint(c->stats, when_monotonic_us() - began_us);
	/* A reader in the way is no fault: the next one gets further. */
	else if (code != ERR_STORE_BUSY || how == STORE_RESTART)
		log_error(c, "checkpoint_failed", code, &err);
	doubt_connection(c, code);
	/* What was moved before may be lost, and a fresh connection would not move
	 * it again. */
	if (code == ERR_STORE_FAILED)
		note_failed_flush(c);
}

static void
unmark(struct committer *c)
{
	if (c->marked_bytes > 0)
		store_checkpoint_unmark(c->conn);
	c->marked_bytes = 0;
}

/* All of it, and then the log can begin anew. Only when readers overlap so that
 * it never does it grows past its limit; then the gate is closed, and since
 * nearly all has been moved just before, not for long. */
static void
move_all(struct committer *c, int64_t wal_bytes)
{
	c->store_full = false;
	c->whole_bytes = wal_bytes;
	c->passes = 0;
	checkpointer_settle(&c->checkpointer);
	unmark(c);
	checkpoint(c, STORE_PASSIVE);
	if (wal_bytes <= LIMIT_WAL_BYTES || c->connection_doubted)
		return;
	gate_close(c->gate);
	checkpoint(c, STORE_RESTART);
	gate_open(c->gate);
}

static bool
can_move(const struct committer *c)
{
	return !c->is_shared && c->conn != NULL && !c->connection_doubted &&
	    !c->flush_failed;
}

/* All of what there is now, by the other thread. Between two marks nothing is
 * committed, so the log does not begin anew. */
static void
move_beside(struct committer *c, int64_t wal_bytes)
{
	struct err err = {0};
	enum err_code code;

	checkpointer_settle(&c->checkpointer);
	unmark(c);
	code = store_checkpoint_mark(c->conn, &err);
	if (code != ERR_OK) {
		log_error(c, "checkpoint_failed", code, &err);
		return;
	}
	c->marked_bytes = wal_bytes;
	c->passes++;
	checkpointer_ask(&c->checkpointer, c->conn, CHECKPOINTER_MOVE);
}

/* The last pass and what it left; the file is flushed while changes go on. */
static void
end_passes(struct committer *c, int64_t wal_bytes)
{
	move_all(c, wal_bytes);
	if (can_move(c))
		checkpointer_ask(&c->checkpointer, c->conn, CHECKPOINTER_FLUSH);
}

/* So that the first pass is due. */
static bool
is_log_long(const struct committer *c, int64_t wal_bytes)
{
	return wal_bytes - c->whole_bytes >= LIMIT_CHECKPOINT_BYTES;
}

/* While a pass moves what there was more is committed, but less. */
static bool
is_pass_due(struct committer *c, int64_t wal_bytes,
    enum checkpointer_state state)
{
	if (state == CHECKPOINTER_IDLE)
		return is_log_long(c, wal_bytes);
	return state == CHECKPOINTER_DONE &&
	    checkpointer_moved(&c->checkpointer) >
	    LIMIT_CHECKPOINT_LEFT_BYTES &&
	    wal_bytes > c->marked_bytes && c->passes < LIMIT_CHECKPOINT_PASSES;
}

/* So that the other thread gets ahead of what is added, before the log has its
 * limit. */
static void
hold_back(struct committer *c, int64_t wal_bytes)
{
	int64_t over = wal_bytes - LIMIT_WAL_BYTES / 2;

	if (is_log_long(c, wal_bytes))
		checkpointer_hurry(&c->checkpointer);
	if (over > 0)
		checkpointer_wait(&c->checkpointer,
		    over * LIMIT_CHECKPOINT_WAIT_US / (LIMIT_WAL_BYTES / 2));
}

/* On a full disk room in the log is the room there is. */
static bool
is_whole_due(const struct committer *c, int64_t wal_bytes)
{
	return c->store_full ||
	    (wal_bytes > LIMIT_WAL_BYTES && c->whole_bytes <= LIMIT_WAL_BYTES);
}

/*
 * A checkpoint holds up what is queued behind it. So another thread moves what the
 * log holds, beside the changes that go on, in passes until one has found little;
 * then all of it is moved in a moment, the log begins anew, and that thread flushes
 * the file.
 */
static void
look_after_log(struct committer *c)
{
	enum checkpointer_state state;
	int64_t wal_bytes;

	if (!can_move(c))
		return;
	wal_bytes = store_wal_bytes(c->conn);
	stats_wal(c->stats, wal_bytes);
	if (wal_bytes < c->whole_bytes)
		c->whole_bytes = 0;
	state = checkpointer_look(&c->checkpointer);
	if (state == CHECKPOINTER_DONE &&
	    checkpointer_work(&c->checkpointer) == CHECKPOINTER_FLUSH)
		state = CHECKPOINTER_IDLE;
	if (is_whole_due(c, wal_bytes))
		end_passes(c, wal_bytes);
	else if (is_pass_due(c, wal_bytes, state))
		move_beside(c, wal_bytes);
	else if (state == CHECKPOINTER_DONE)
		end_passes(c, wal_bytes);
	else if (state == CHECKPOINTER_ASKED)
		hold_back(c, wal_bytes);
}

/* --- the thread -------------------------------------------------------------- */

static void
carry_out(struct committer *c, size_t count)
{
	size_t i = 0;

	while (i < count) {
		size_t n = 0;

		while (i + n < count && c->tasks[i + n]->command != NULL)
			n++;
		if (n > 0) {
			run_group(c, &c->tasks[i], n);
			i += n;
		} else {
			run_job(c, (struct job *)(void *)c->tasks[i]);
			i++;
		}
	}
}

static void *
run(void *arg)
{
	struct committer *c = arg;
	size_t count;

	while ((count = queue_take(&c->queue, c->tasks, c->group_max)) > 0) {
		/* Lists on a shared store are read elsewhere. */
		gate_set_busy(c->gate, !c->is_shared);
		carry_out(c, count);
		gate_set_busy(c->gate, false);
		queue_done(&c->queue, count);
		look_after_log(c);
	}
	/* Who copies the file of a server that has ended has all of it. */
	if (can_move(c))
		move_all(c, store_wal_bytes(c->conn));
	return NULL;
}

enum err_code
committer_start(struct committer *c, size_t queue_max, struct err *err)
{
	enum err_code code;

	assert(c != NULL);
	assert(c->store != NULL);
	assert(c->group_max > 0);
	assert(c->ids != NULL);
	c->tasks = calloc(c->group_max, sizeof(struct task *));
	if (c->tasks == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no memory to start");
	arena_init(&c->arena, LIMIT_GROUP_ARENA_BYTES);
	queue_init(&c->queue, queue_max);
	code = store_connect(c->store, STORE_WRITER, &c->conn, err);
	if (code == ERR_OK && !c->is_shared)
		code = checkpointer_start(&c->checkpointer, err);
	if (code == ERR_OK)
		code = thread_start(&c->thread, run, c, err);
	if (code == ERR_OK)
		return code;
	checkpointer_stop(&c->checkpointer);
	store_disconnect(&c->conn);
	queue_fini(&c->queue);
	free(c->tasks);
	c->tasks = NULL;
	return code;
}

void
committer_stop(struct committer *c)
{
	assert(c != NULL);
	if (c->tasks == NULL)
		return;
	queue_close(&c->queue);
	thread_join(c->thread);
	checkpointer_stop(&c->checkpointer);
	store_disconnect(&c->conn);
	queue_fini(&c->queue);
	arena_fini(&c->arena);
	free(c->tasks);
	c->tasks = NULL;
}
