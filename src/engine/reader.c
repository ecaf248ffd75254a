/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading. Each read sees one state of the store, and stands behind the gate
 * for as long as it looks at it.
 */
#include "engine/reader.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>

#include "base/limits.h"
#include "engine/group.h"
#include "engine/stock.h"
#include "engine/thread.h"
#include "order/rules.h"

typedef enum err_code read_f(struct store_conn *c, int64_t now_ms,
    struct task *task, struct err *err);

/* --- one order --------------------------------------------------------------- */

static enum err_code
find_order(struct store_conn *c, struct task *t, struct order **out,
    struct err *err)
{
	const struct command *cmd = t->command;

	return store_order_find(c, t->arena, cmd->app, cmd->name_kind, cmd->name,
	    out, err);
}

static enum err_code
read_order(struct store_conn *c, int64_t now_ms, struct task *t,
    struct err *err)
{
	struct order *order = NULL;
	enum err_code code = find_order(c, t, &order, err);

	(void)now_ms;
	if (code == ERR_OK)
		t->outcome->order = order;
	return code;
}

static enum err_code
ping(struct store_conn *c, int64_t now_ms, struct task *t, struct err *err)
{
	(void)now_ms;
	(void)t;
	return store_ping(c, err);
}

/* Would the names that a new order is given be free? */
static enum err_code
look_for_names(struct store_conn *c, struct task *t, struct err *err)
{
	const struct order *to = &t->command->change.to;
	const struct str names[NAME__COUNT] = {
	    [NAME_PURCHASE_NO] = to->purchase_no,
	    [NAME_TRADE_NO] = to->trade_no,
	    [NAME_PURCHASE_ORDER] = to->purchase_order,
	};
	struct order *found;
	enum err_code code;

	for (int k = 0; k < NAME__COUNT; k++) {
		if (str_is_null(names[k]))
			continue;
		code = store_order_find(c, t->arena, t->command->app,
		    (enum name_kind)k, names[k], &found, err);
		if (code == ERR_OK || code == ERR_NOT_YOURS)
			return ERR_NAME_TAKEN;
		if (code != ERR_NOT_FOUND)
			return code;
	}
	return ERR_OK;
}

/* Whether there would be the stock it needs. */
static enum err_code
look_for_stock(struct store_conn *c, struct task *t, const struct order *before,
    struct err *err)
{
	struct outcome *o = t->outcome, said = {0};
	struct stock_book book;
	enum err_code code;

	if (!stock_may_change(before, o->order))
		return ERR_OK;
	stock_book_init(&book, c, t->arena);
	code = stock_book_move(&book, before, o->order, &said, err);
	if (code != ERR_OK || said.code == ERR_OK)
		return code;
	*o = said;
	o->order = before;
	return ERR_OK;
}

/* What a change would lead to. The rules tell refusals into the outcome
 * themselves; everything they borrow lives in the task's arena. */
static enum err_code
dry_run(struct store_conn *c, int64_t now_ms, struct task *t, struct err *err)
{
	struct order *before = NULL;
	enum err_code code;

	if (t->command->kind == COMMAND_CREATE)
		code = look_for_names(c, t, err);
	else
		code = find_order(c, t, &before, err);
	if (code != ERR_OK)
		return code;
	if (order_apply(before, t->command, now_ms, t->arena, t->outcome) !=
	    ERR_OK)
		return ERR_OK;
	t->outcome->changed = false;
	return look_for_stock(c, t, before, err);
}

/* --- lists ---------------------------------------------------------------------- */

static enum err_code
read_history(struct store_conn *c, int64_t now_ms, struct task *t,
    struct err *err)
{
	struct outcome *o = t->outcome;
	struct order *order = NULL;
	struct feed_item *items = NULL;
	bool more = false;
	enum err_code code = find_order(c, t, &order, err);

	(void)now_ms;
	/* The audit trail outlives its order. */
	if (code == ERR_NOT_FOUND && t->command->name_kind == NAME_INTENT)
		code = store_gone_find(c, t->arena, t->command->app,
		    t->command->name, &order, err);
	if (code != ERR_OK)
		return code;
	code = store_history(c, t->arena, order, t->command->after,
	    t->command->limit, &items, &o->item_count, &more, err);
	if (code != ERR_OK)
		return code;
	o->items = items;
	o->next = more ? items[o->item_count - 1].amendment.version : -1;
	return ERR_OK;
}

static enum err_code
read_feed(struct store_conn *c, int64_t now_ms, struct task *t, struct err *err)
{
	const struct command *cmd = t->command;
	struct outcome *o = t->outcome;
	struct feed_item *items = NULL;
	enum err_code code = store_feed(c, t->arena, cmd->app, cmd->after,
	    cmd->limit, &items, &o->item_count, err);

	(void)now_ms;
	if (code != ERR_OK)
		return code;
	o->items = items;
	/* A feed has no end: who has read all asks again from here. */
	o->next = o->item_count == 0 ? cmd->after
				     : items[o->item_count - 1].amendment.seq;
	return ERR_OK;
}

/* A page that can't be reached by number is the asker's fault, not ours. */
static enum err_code
read_list(struct store_conn *c, int64_t now_ms, struct task *t, struct err *err)
{
	const struct command *cmd = t->command;
	struct outcome *o = t->outcome;
	struct store_page page;
	enum err_code code = store_list(c, t->arena, cmd->app, &cmd->filter,
	    &page, err);

	(void)now_ms;
	if (code == ERR_BAD_FIELD) {
		outcome_add_fault(o,
		    (struct fault){.rule = RULE_TOO_DEEP, .wire = STR("page")});
		return ERR_OK;
	}
	if (code != ERR_OK)
		return code;
	o->orders = (const struct order *const *)page.orders;
	o->order_count = page.count;
	o->total = page.total;
	o->total_is_exact = page.total_is_exact;
	o->has_cursor = page.has_cursor;
	o->cursor = page.cursor;
	return ERR_OK;
}

/* --- around every read ---------------------------------------------------------- */

static bool
is_change(enum command_kind kind)
{
	return kind >= COMMAND_CREATE && kind <= COMMAND_BATCH;
}

static read_f *
find_read(const struct command *c)
{
	/* A change that is to happen has come back from the committer. */
	if (is_change(c->kind) && !c->dry_run)
		return group_replay;
	switch (c->kind) {
	case COMMAND_HEALTH:
		return ping;
	case COMMAND_READ:
		return read_order;
	case COMMAND_LIST:
		return read_list;
	case COMMAND_HISTORY:
		return read_history;
	case COMMAND_FEED:
		return read_feed;
	case COMMAND_CREATE:
	case COMMAND_CHANGE:
	case COMMAND_MOVE:
	case COMMAND_EVENT:
		return dry_run;
	case COMMAND_BATCH:
		/* A dry run of one is no read; its answer may be. */
		return group_replay;
	case COMMAND_NONE:
		break;
	}
	return NULL;
}

/* The code is what came of a read. */
static void
tell_outcome(struct task *t, enum err_code code, const struct err *err)
{
	if (code == ERR_OK && arena_failed(t->arena))
		code = ERR_NO_MEMORY;
	if (code == ERR_OK)
		return;
	*t->outcome = (struct outcome){0};
	outcome_fail(t->outcome, code, err);
}

/* On a thread of its own, in a state of the store of its own. */
static void
read_apart(struct store_conn *c, struct gate *gate, int64_t now_ms,
    struct task *t)
{
	read_f *read = find_read(t->command);
	struct err err = {0};
	enum err_code code;
	int tries = 0;

	assert(read != NULL);
	gate_enter(gate, GATE_LIST);
	do {
		*t->outcome = (struct outcome){0};
		code = store_read_begin(c, &err);
		if (code == ERR_OK) {
			code = read(c, now_ms, t, &err);
			store_read_end(c);
		}
		/* A link that was lost while nobody looked. */
	} while (code == ERR_STORE_AWAY && tries++ == 0);
	gate_leave(gate, GATE_LIST);
	tell_outcome(t, code, &err);
}

void
reader_point(struct view *v, int64_t now_ms, struct task *task)
{
	struct err err = {0};
	enum err_code code;
	read_f *read;

	assert(v != NULL);
	assert(task != NULL);
	read = find_read(task->command);
	assert(read != NULL);
	*task->outcome = (struct outcome){0};
	code = view_open(v, &err);
	if (code == ERR_OK)
		code = read(v->conn, now_ms, task, &err);
	/* After an error a transaction may be of no more use. */
	if (code != ERR_OK)
		view_close(v);
	tell_outcome(task, code, &err);
}

/* True: the task waits for something to read, and is no more ours. */
static bool
read_or_park(struct reader *self, struct task *task)
{
	struct readers *r = self->owner;

	/* Behind reads that were cut it would wait for minutes. */
	if (r->is_remote && queue_was_slow(task, when_monotonic_us())) {
		*task->outcome = (struct outcome){0};
		outcome_fail(task->outcome, ERR_STORE_AWAY, NULL);
		return false;
	}
	for (;;) {
		enum parking parking;

		parked_before_read(r->parked, task);
		read_apart(self->conn, r->gate, clock_now_ms(&r->clock), task);
		if (task->command->kind != COMMAND_FEED ||
		    task->outcome->code != ERR_OK ||
		    task->outcome->item_count > 0)
			return false;
		parking = parked_take(r->parked, task);
		if (parking != READ_AGAIN)
			return parking == PARKED;
	}
}

/* Of this thread alone: where there are fewer processors than threads, lists
 * give way to changes. As a batch, waking up never takes a processor away. */
static void
give_way(void)
{
	const struct sched_param none = {.sched_priority = 0};

	(void)sched_setscheduler(0, SCHED_BATCH, &none);
	thread_give_way();
}

static void *
run(void *arg)
{
	struct reader *self = arg;
	struct readers *r = self->owner;
	struct task *task;

	/* What is read elsewhere takes no processor from changes here. */
	if (!r->is_remote)
		give_way();
	while (queue_take(&r->queue, &task, 1) > 0) {
		if (!read_or_park(self, task))
			finished_publish(r->finished, &task, 1);
		queue_done(&r->queue, 1);
	}
	return NULL;
}

/* A task may be parked before this reader is done with it: the last look at it
 * is in parked_take. */
void
reader_resume(void *arg, struct task *task, bool again)
{
	struct readers *r = arg;

	assert(r != NULL);
	task->queued_us = when_monotonic_us();
	if (!again || queue_push_always(&r->queue, task) != ERR_OK)
		finished_publish(r->finished, &task, 1);
}

void
readers_replay(struct readers *r, struct task *task)
{
	enum err_code code;

	assert(r != NULL);
	assert(is_change(task->command->kind));
	task->queued_us = when_monotonic_us();
	code = queue_push(&r->queue, task);
	if (code == ERR_OK)
		return;
	*task->outcome = (struct outcome){0};
	outcome_fail(task->outcome, code, NULL);
	finished_publish(r->finished, &task, 1);
}

static enum err_code
start_one(struct readers *r, struct reader *reader, struct store *store,
    struct err *err)
{
	enum err_code code;

	reader->owner = r;
	code = store_connect(store, STORE_READER, &reader->conn, err);
	if (code == ERR_OK)
		code = thread_start(&reader->thread, run, reader, err);
	reader->is_running = code == ERR_OK;
	return code;
}

enum err_code
readers_start(struct readers *r, struct store *store, size_t count,
    struct err *err)
{
	enum err_code code = ERR_OK;

	assert(r != NULL);
	assert(r->gate != NULL);
	assert(count > 0);
	r->readers = calloc(count, sizeof(*r->readers));
	if (r->readers == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no memory to start");
	r->count = count;
	queue_init(&r->queue, LIMIT_READ_QUEUE);
	for (size_t i = 0; i < count && code == ERR_OK; i++)
		code = start_one(r, &r->readers[i], store, err);
	if (code != ERR_OK)
		readers_stop(r);
	return code;
}

void
readers_stop(struct readers *r)
{
	assert(r != NULL);
	if (r->readers == NULL)
		return;
	queue_close(&r->queue);
	for (size_t i = 0; i < r->count; i++) {
		if (r->readers[i].is_running)
			thread_join(r->readers[i].thread);
		store_disconnect(&r->readers[i].conn);
	}
	queue_fini(&r->queue);
	free(r->readers);
	r->readers = NULL;
}
