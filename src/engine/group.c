/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where orders change. Per command, in order of arrival: is its
 * answer known? which order is meant? what do the rules say? The orders that
 * rules return are deep copies in the task's arena, so they serve both as the
 * outcome and as the next command's starting point.
 */
#include "engine/group.h"

#include <sys/random.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/when.h"
#include "engine/group_impl.h"
#include "order/rules.h"

enum err_code
group_refuse(const struct scope_item *item, enum err_code code)
{
	outcome_fail(item->outcome, code, NULL);
	return ERR_OK;
}

enum err_code
group_refuse_memory(const struct scope_item *item)
{
	*item->outcome = (struct outcome){0};
	return group_refuse(item, ERR_NO_MEMORY);
}

enum err_code
group_refuse_damage(const struct scope_item *item, const struct err *err)
{
	*item->outcome = (struct outcome){0};
	outcome_fail(item->outcome, ERR_STORE_FAILED, err);
	return ERR_OK;
}

static enum err_code
refuse_by_name(const struct scope_item *item, const struct scope_name *name)
{
	struct err err;

	if (name->code != ERR_STORE_FAILED)
		return group_refuse(item, name->code);
	(void)err_set(&err, name->code, NULL, "%.*s", STR_ARG(name->detail));
	return group_refuse_damage(item, &err);
}

/* --- answers --------------------------------------------------------------- */

bool
group_is_delete(const struct command *c)
{
	return c->kind == COMMAND_MOVE && c->change.move == MOVE_DELETE;
}

/* The order as it was when the answer was given first. What is stored may have
 * moved on, in this group or before; undoing leads back to the version. */
static enum err_code
replay(struct group *g, const struct scope_item *item, struct err *err)
{
	const struct scope_answer *answer = item->answer;
	const struct store_answer *stored = answer->stored;
	struct outcome *o = item->outcome;
	struct order *order = NULL;
	enum err_code code = ERR_OK;

	if (item->command->kind == COMMAND_BATCH)
		code = batch_replay(g, item, err);
	else if (group_is_delete(item->command))
		order = NULL;
	else if (answer->is_new)
		order = order_copy(item->arena, answer->order);
	else
		code = store_order_at(g->conn, item->arena, item->command->app,
		    stored->order, stored->version, &order, err);
	if (arena_failed(item->arena))
		return group_refuse_memory(item);
	if (code == ERR_NOT_FOUND)
		return group_refuse(item, code);
	if (store_is_damage(g->conn, code))
		return group_refuse_damage(item, err);
	if (code == ERR_BUSY) {
		*o = (struct outcome){0};
		return group_refuse(item, code);
	}
	if (code != ERR_OK)
		return code;
	o->order = order;
	o->replayed = true;
	g->result.replays++;
	return ERR_OK;
}

/* Under a key another request may come by mistake; signed bytes are the
 * request, so they can't. */
static bool
is_same_request(const struct store_answer *stored, const struct identity *i)
{
	return i->at_ms != 0 ||
	    memcmp(stored->body, i->body, IDENTITY_BYTES) == 0;
}

static bool
is_known(const struct scope_answer *answer)
{
	return answer != NULL && (answer->stored->found || answer->is_new);
}

/* Its answer, if it is known: *answered tells. */
static enum err_code
look_for_answer(struct group *g, const struct scope_item *item, bool *answered,
    struct err *err)
{
	const struct identity *identity = &item->command->identity;
	struct scope_item by_bytes = *item;

	*answered = true;
	if (is_known(item->answer)) {
		if (!is_same_request(item->answer->stored, identity))
			return group_refuse(item, ERR_KEY_REUSED);
		return replay(g, item, err);
	}
	by_bytes.answer = item->twin;
	if (is_known(item->twin))
		return replay(g, &by_bytes, err);
	*answered = false;
	return ERR_OK;
}

static void
keep_answer(struct group *g, struct scope_answer *answer,
    const struct identity *identity, int64_t id, int64_t version,
    const struct order *order)
{
	assert(!answer->is_new);
	assert(!answer->stored->found);
	/* An earlier command with this identity may have been refused. */
	answer->stored->identity = *identity;
	memcpy(answer->stored->body, identity->body, IDENTITY_BYTES);
	answer->stored->order = id;
	answer->stored->version = version;
	answer->order = order;
	answer->is_new = true;
	g->result.answers++;
}

void
group_keep_answer(struct group *g, const struct scope_item *item, int64_t id,
    int64_t version, const struct order *order)
{
	struct scope_answer *answer = item->answer, *twin = item->twin;

	if (answer == NULL)
		return;
	keep_answer(g, answer, &item->command->identity, id, version, order);
	if (twin == NULL)
		return;
	keep_answer(g, twin, &item->command->signed_identity, id, version,
	    order);
	twin->stored->items = answer->stored->items;
	twin->outcome = answer->outcome;
}

/* --- changes ---------------------------------------------------------------- */

/* An amendment of everything but the changes themselves. */
static void
describe(struct amendment *m, const struct command *c,
    const struct order *before, const struct order *after)
{
	m->order = after->id;
	m->app = after->app;
	m->version = after->version;
	m->at_ms = after->updated_ms;
	m->dialect = str_from(c->dialect);
	m->method = str_from(c->method);
	m->request_id = c->request_id;
	m->trace_id = c->trace_id;
	m->note = c->change.note;
	if (before == NULL)
		return;
	m->prev_seq = before->last_seq;
	memcpy(m->prev_hash, before->last_hash, sizeof(m->prev_hash));
}

/* The amendment of a change, sealed and numbered; `after` takes its hash. */
static enum err_code
amend(struct group *g, struct scope *s, const struct command *c,
    const struct order *before, struct order *after, struct err *err)
{
	struct amendment *m = ARENA_NEW(g->arena, struct amendment);

	if (m == NULL ||
	    amendment_diff(g->arena, before, group_is_delete(c) ? NULL : after,
		c->entropy, m) != ERR_OK)
		return err_set(err, ERR_NO_MEMORY, "",
		    "a group's amendments need too much memory");
	assert(m->change_count > 0);
	describe(m, c, before, after);
	amendment_seal(m);
	m->seq = store_next_seq(g->conn, m->app);
	after->last_seq = m->seq;
	memcpy(after->last_hash, m->hash, sizeof(after->last_hash));
	s->amendments[s->amendment_count++] = m;
	g->result.amendments++;
	return ERR_OK;
}

/* The state after a change that we may still write to: what the rules gave, or
 * for a deleted order the state its tombstone has. */
static struct order *
after_of(const struct scope_item *item, const struct order *before,
    int64_t now_ms)
{
	const struct order *given = item->outcome->order;
	struct order *after = ARENA_NEW(item->arena, struct order);

	if (after == NULL)
		return NULL;
	if (given != NULL) {
		*after = *given;
		return after;
	}
	*after = *before;
	after->version++;
	if (now_ms > after->updated_ms)
		after->updated_ms = now_ms;
	return after;
}

bool
group_own_conflicts(struct arena *a, struct outcome *o)
{
	struct conflict *list;

	if (o->conflict_count == 0)
		return true;
	list = ARENA_ARRAY(a, o->conflict_count, struct conflict);
	if (list == NULL)
		return false;
	for (size_t i = 0; i < o->conflict_count; i++) {
		list[i] = o->conflicts[i];
		list[i].theirs = arena_dup(a, list[i].theirs);
		list[i].yours = arena_dup(a, list[i].yours);
	}
	o->conflicts = list;
	return !arena_failed(a);
}

/* Moves the stock the order holds. False when it was refused, which shows the
 * order as it stands. */
static enum err_code
move_stock(struct scope *s, const struct scope_item *item,
    const struct order *before, const struct order *after, bool *moved,
    struct err *err)
{
	struct outcome said = {0};
	enum err_code code;

	*moved = true;
	if (!stock_may_change(before, after))
		return ERR_OK;
	code = stock_book_move(&s->stock, before, after, &said, err);
	*moved = said.code == ERR_OK;
	if (code != ERR_OK || *moved)
		return code;
	said.product = arena_dup(item->arena, said.product);
	if (before != NULL)
		said.order = order_copy(item->arena, before);
	*item->outcome = said;
	return arena_failed(item->arena) ? group_refuse_memory(item) : ERR_OK;
}

/* A node whose lease has ended makes no orders; nothing else needs an id. */
static bool
give_id(struct group *g, const struct scope_item *item, struct order *order)
{
	struct err err = {.code = ERR_OK};

	order->id = ids_next(g->ids, g->now_ms);
	if (order->id != 0)
		return true;
	(void)err_set(&err, ERR_STORE_BUSY, NULL,
	    "this node has no number now, so it makes no orders");
	*item->outcome = (struct outcome){0};
	outcome_fail(item->outcome, ERR_STORE_BUSY, &err);
	return false;
}

/* Runs the rules and takes up what they allow; `at` is where the order lives
 * in the scope, still empty for a new one. */
static enum err_code
carry_out(struct group *g, struct scope *s, const struct scope_item *item,
    struct scope_order *at, struct err *err)
{
	const struct command *c = item->command;
	struct outcome *o = item->outcome;
	const struct order *before = at->order;
	struct order *after;
	enum err_code code;
	bool moved;

	code = order_apply(before, c, g->now_ms, item->arena, o);
	if (code != ERR_OK)
		return group_own_conflicts(item->arena, o)
		    ? ERR_OK
		    : group_refuse_memory(item);
	if (!o->changed) {
		group_keep_answer(g, item, before->id, before->version,
		    o->order);
		return ERR_OK;
	}
	after = after_of(item, before, g->now_ms);
	if (after == NULL)
		return group_refuse_memory(item);
	/* Before anything is moved: there may be none. */
	if (before == NULL && !give_id(g, item, after))
		return ERR_OK;
	code = move_stock(s, item, before, after, &moved, err);
	if (code != ERR_OK || !moved)
		return code;
	code = amend(g, s, c, before, after, err);
	if (code != ERR_OK)
		return code;
	at->order = after;
	at->is_changed = true;
	at->is_gone = group_is_delete(c);
	o->order = at->is_gone ? NULL : after;
	group_keep_answer(g, item, after->id, after->version, o->order);
	return ERR_OK;
}

static bool
is_free(const struct scope_name *name)
{
	return name->code == ERR_NOT_FOUND ||
	    (name->code == ERR_OK && name->order->is_gone);
}

static enum err_code
create(struct group *g, struct scope *s, const struct scope_item *item,
    struct err *err)
{
	struct scope_order made = {.is_new = true};
	struct scope_order *kept;
	enum err_code code;

	for (size_t i = 0; i < item->name_count; i++)
		if (item->names[i]->code == ERR_STORE_FAILED)
			return refuse_by_name(item, item->names[i]);
		else if (!is_free(item->names[i]))
			return group_refuse(item, ERR_NAME_TAKEN);
	code = carry_out(g, s, item, &made, err);
	if (code != ERR_OK || !made.is_changed)
		return code;
	kept = scope_order_new(s);
	*kept = made;
	for (size_t i = 0; i < item->name_count; i++)
		*item->names[i] = (struct scope_name){.order = kept};
	return ERR_OK;
}

static enum err_code
change(struct group *g, struct scope *s, const struct scope_item *item,
    struct err *err)
{
	const struct scope_name *name = item->names[0];

	assert(item->name_count == 1);
	if (name->code != ERR_OK)
		return refuse_by_name(item, name);
	if (name->order->is_gone)
		return group_refuse(item, ERR_NOT_FOUND);
	return carry_out(g, s, item, name->order, err);
}

enum err_code
group_carry_out(struct group *g, struct scope *s, const struct scope_item *item,
    struct err *err)
{
	assert(item->command->kind >= COMMAND_CREATE);
	assert(item->command->kind <= COMMAND_EVENT);
	return item->command->kind == COMMAND_CREATE ? create(g, s, item, err)
						     : change(g, s, item, err);
}

static enum err_code
run_command(struct group *g, struct scope *s, const struct scope_item *item,
    struct err *err)
{
	bool answered;
	enum err_code code;

	*item->outcome = (struct outcome){0};
	code = look_for_answer(g, item, &answered, err);
	if (code != ERR_OK || answered)
		return code;
	return item->command->kind == COMMAND_BATCH
	    ? batch_run(g, s, item, err)
	    : group_carry_out(g, s, item, err);
}

/* --- the transaction -------------------------------------------------------- */

/* What the commit would be found by, if its answer were lost. */
static void
note_commit(struct group *g, const struct scope *s)
{
	struct group_doubt *d = &g->doubt;

	d->result = g->result;
	d->seq = 0;
	if (s->amendment_count == 0)
		return;
	d->app = s->amendments[0]->app;
	d->seq = s->amendments[0]->seq;
	memcpy(d->hash, s->amendments[0]->hash, sizeof(d->hash));
}

/* A commit may wait for a standby that is gone, while the line stays locked:
 * some of the time is kept for finding out. */
static enum err_code
commit_in_time(struct group *g, struct err *err)
{
	int64_t until_us = when_monotonic_us() +
	    (int64_t)LIMIT_COMMIT_MS * 1000;
	enum err_code code;

	if (!g->is_shared)
		return store_commit(g->conn, err);
	store_set_deadline(g->conn,
	    until_us < g->until_us ? until_us : g->until_us);
	code = store_commit(g->conn, err);
	store_set_deadline(g->conn, g->until_us);
	return code;
}

static enum err_code
commit(struct group *g, struct scope *s, struct err *err)
{
	int64_t began_us;
	enum err_code code = scope_has_news(s)
	    ? scope_save(s, err)
	    : store_lines_touch(g->conn, err);

	if (code == ERR_OK && g->prune_rows > 0)
		code = store_prune(g->conn, g->now_ms, g->prune_rows, err);
	if (code != ERR_OK) {
		store_rollback(g->conn);
		return code;
	}
	began_us = when_monotonic_us();
	code = commit_in_time(g, err);
	g->result.flush_us += when_monotonic_us() - began_us;
	g->result.commits++;
	note_commit(g, s);
	return code;
}

/*
 * Without anything new, what is told as done may be what a commit left behind
 * that was given up while it waited for its standby: it is there, and a
 * failover would lose it. So the lines are written, as settle does it.
 */
static bool
is_told_as_done(const struct group *g, struct task *const *tasks, size_t count)
{
	for (size_t i = 0; i < count && g->is_shared; i++)
		/* Busy: a reader will tell it. */
		if (tasks[i]->outcome->code == ERR_OK ||
		    tasks[i]->outcome->code == ERR_BUSY)
			return true;
	return false;
}

static enum err_code
run_in_transaction(struct group *g, struct task *const *tasks, size_t count,
    struct err *err)
{
	struct scope s;
	enum err_code code = scope_load(&s, g->conn, g->arena, g->now_ms, tasks,
	    count, err);

	for (size_t i = 0; i < count && code == ERR_OK; i++)
		code = run_command(g, &s, &s.items[i], err);
	if (code == ERR_OK &&
	    (scope_has_news(&s) || is_told_as_done(g, tasks, count)))
		return commit(g, &s, err);
	store_rollback(g->conn);
	return code;
}

static int
compare_apps(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Holds the lines of the tasks' apps. An embedded store has none. */
static enum err_code
begin(struct group *g, struct task *const *tasks, size_t count, struct err *err)
{
	int64_t *apps;
	size_t n = 0;

	if (!g->is_shared)
		return store_begin(g->conn, NULL, 0, err);
	apps = ARENA_ARRAY(g->arena, count, int64_t);
	if (apps == NULL)
		return err_set(err, ERR_NO_MEMORY, "",
		    "a group of commands needs too much memory");
	for (size_t i = 0; i < count; i++)
		apps[i] = tasks[i]->command->app;
	qsort(apps, count, sizeof(*apps), compare_apps);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || apps[n - 1] != apps[i])
			apps[n++] = apps[i];
	return store_begin_load(g->conn, apps, n, err);
}

/*
 * Inside a transaction that holds the lines again, which waits for whoever was
 * still committing: did it happen? Then the outcomes are what they were. The
 * lines are written all the same, so that the answer waits until what was
 * committed is as safe as any other commit.
 */
static enum err_code
settle(struct group *g, bool *happened, struct err *err)
{
	struct group_doubt *d = &g->doubt;
	enum err_code code = ERR_OK;

	*happened = false;
	if (d->seq != 0)
		code = store_has_amendment(g->conn, d->app, d->seq, d->hash,
		    happened, err);
	if (code == ERR_OK && *happened)
		code = store_lines_touch(g->conn, err);
	if (code != ERR_OK) {
		store_rollback(g->conn);
		return code;
	}
	/* Not happened, and it never will: from here on it is as any other. */
	if (!*happened) {
		d->is_open = false;
		return ERR_OK;
	}
	code = commit_in_time(g, err);
	if (code == ERR_OK)
		g->result = d->result;
	d->is_open = code != ERR_OK;
	return code;
}

/* All of these in one transaction, or none of them. */
static enum err_code
run_once(struct group *g, struct task *const *tasks, size_t count,
    struct err *err)
{
	struct group_result before = g->result;
	enum err_code code = begin(g, tasks, count, err);
	bool happened = false;

	store_rewind_allow(g->conn, LIMIT_REWIND);
	if (code == ERR_OK && g->doubt.is_open)
		code = settle(g, &happened, err);
	if (code == ERR_OK && !happened)
		code = run_in_transaction(g, tasks, count, err);
	store_rewind_allow(g->conn, INT64_MAX);
	arena_reset(g->arena);
	if (code != ERR_OK)
		g->result = before;
	return code;
}

void
group_fail(struct task *const *tasks, size_t count, enum err_code code,
    const struct err *err)
{
	assert(code != ERR_OK);
	for (size_t i = 0; i < count; i++) {
		*tasks[i]->outcome = (struct outcome){0};
		outcome_fail(tasks[i]->outcome, code, err);
	}
}

/* --- again ------------------------------------------------------------------- */

/* How often these tasks have been tried. */
struct tries {
	int conflicts;
	int aways;
	int doubts;
};

/* Others who met us try again as well, at another moment. */
static void
pause_a_while(int tried)
{
	int64_t most_us = INT64_C(1000) << (tried < 6 ? tried : 6);
	uint32_t random = 0;
	struct timespec pause;

	/* Without randomness it is the longest pause. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = 0;
	most_us -= (int64_t)(random % (uint64_t)most_us) / 2;
	pause = (struct timespec){
	    .tv_sec = most_us / 1000000, .tv_nsec = most_us % 1000000 * 1000};
	(void)nanosleep(&pause, NULL);
}

/* While a doubt is open nothing may be told but what settles it. */
static bool
is_doubted_again(struct group *g, struct tries *t, enum err_code code)
{
	struct group_doubt *d = &g->doubt;

	if (code == ERR_STORE_UNSURE && !d->is_open) {
		d->is_open = true;
		log_message(LOG_WARN, "commit_unsure",
		    "a commit was not answered: finding out");
	}
	if (!d->is_open || when_monotonic_us() >= g->until_us)
		return false;
	pause_a_while(++t->doubts);
	return true;
}

/* Whether the same is to be tried again. */
static bool
is_tried_again(struct group *g, struct tries *t, enum err_code code)
{
	if (!g->is_shared || code == ERR_OK)
		return false;
	if (g->doubt.is_open || code == ERR_STORE_UNSURE)
		return is_doubted_again(g, t, code);
	g->conflicts += code == ERR_STORE_CONFLICT;
	if (code == ERR_STORE_CONFLICT && t->conflicts < LIMIT_CONFLICT_TRIES) {
		pause_a_while(++t->conflicts);
		return true;
	}
	/* A link that was lost while nobody looked is made anew once. */
	return code == ERR_STORE_AWAY && t->aways++ == 0;
}

/* With tries, until it is decided. */
static enum err_code
run_surely(struct group *g, struct task *const *tasks, size_t count,
    struct err *err)
{
	struct tries t = {0};
	enum err_code code;

	g->doubt = (struct group_doubt){.is_open = false};
	do {
		code = run_once(g, tasks, count, err);
	} while (is_tried_again(g, &t, code));
	if (t.doubts > 0 && code == ERR_OK)
		log_message(LOG_INFO, "commit_settled",
		    "the commit in doubt was found out");
	if (g->doubt.is_open && code != ERR_STORE_UNSURE)
		return err_set(err, ERR_STORE_UNSURE, "",
		    "a commit was not answered, and what became of it could not"
		    " be found out in time");
	return code;
}

static bool
is_fault_of_one(const struct group *g, enum err_code code)
{
	if (code == ERR_NO_MEMORY || code == ERR_NAME_TAKEN)
		return true;
	/* A server may refuse one row for what it is. */
	return g->is_shared &&
	    (code == ERR_STORE_CONFLICT || code == ERR_STORE_FAILED);
}

/* What came behind those that are in doubt was never tried. */
static void
fail_rest(struct group *g, struct task *const *tasks, size_t tried,
    size_t count, enum err_code code, const struct err *err)
{
	struct err away = {.code = ERR_OK};

	if (!g->is_shared || code != ERR_STORE_UNSURE) {
		group_fail(tasks, count, code, err);
		return;
	}
	group_fail(tasks, tried, code, err);
	(void)err_set(&away, ERR_STORE_AWAY, "",
	    "the store does not answer; nothing was tried");
	group_fail(tasks + tried, count - tried, ERR_STORE_AWAY, &away);
}

static enum err_code
run_parts(struct group *g, struct task *const *tasks, size_t count,
    struct err *err)
{
	size_t done = 0, n = count, failed_alone = 0;

	while (done < count) {
		enum err_code code = run_surely(g, tasks + done, n, err);

		if (is_fault_of_one(g, code) && n > 1) {
			n = n / 2;
			continue;
		}
		/* One after the other: then it is the store's. */
		failed_alone = code == ERR_STORE_FAILED ? failed_alone + 1 : 0;
		if (is_fault_of_one(g, code) && failed_alone < 2) {
			group_fail(tasks + done, n, code, err);
		} else if (code != ERR_OK) {
			g->result.store_failed = true;
			fail_rest(g, tasks + done, n, count - done, code, err);
			return code;
		}
		done += n;
		n = count - done;
	}
	return ERR_OK;
}

enum err_code
group_run(struct group *g, struct task *const *tasks, size_t count,
    struct err *err)
{
	enum err_code code;

	assert(g != NULL);
	assert(g->conn != NULL);
	assert(count > 0);
	g->result = (struct group_result){0};
	g->is_shared = store_conn_is_remote(g->conn);
	g->until_us = when_monotonic_us() + (int64_t)LIMIT_GROUP_MS * 1000;
	if (g->is_shared)
		store_set_deadline(g->conn, g->until_us);
	code = run_parts(g, tasks, count, err);
	if (g->is_shared)
		store_set_deadline(g->conn, 0);
	return code;
}

enum err_code
group_replay(struct store_conn *c, int64_t now_ms, struct task *t,
    struct err *err)
{
	struct group g = {.conn = c, .arena = t->arena, .now_ms = now_ms};
	struct scope s;
	bool answered = true;
	enum err_code code = scope_load(&s, c, t->arena, now_ms, &t, 1, err);

	assert(t->command->kind >= COMMAND_CREATE);
	if (code == ERR_OK)
		code = look_for_answer(&g, &s.items[0], &answered, err);
	/* Its time was over meanwhile: sent again, it is a new request. */
	return answered ? code : ERR_BUSY;
}
