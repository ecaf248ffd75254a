/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine with its threads. The case's own thread is the loop.
 */
#include "engine/engine.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/log.h"
#include "engine/test_world.h"
#include "sql/sql_fault.h"

static struct world world;
static struct engine *engine;

static void
ignore_log(void *arg, struct str lines)
{
	(void)arg;
	(void)lines;
}

static void
start(int queue_max, int group_max)
{
	struct engine_config config = {.store = world.store,
	    .clock = world_clock(&world),
	    .queue_max = queue_max,
	    .group_max = group_max,
	    .reader_threads = LIMIT_READERS};
	struct err err = {0};

	check_err(engine_open(&config, &engine, &err), ERR_OK);
}

int
setup(void **state)
{
	(void)state;
	log_set_sink(ignore_log, NULL);
	world_open(&world);
	start(LIMIT_QUEUE, LIMIT_GROUP);
	return 0;
}

static void
stop(void)
{
	engine_drain(engine);
	engine_reap(engine);
	engine_close(&engine);
}

int
teardown(void **state)
{
	(void)state;
	sql_fault_set(0, ERR_OK);
	stop();
	world_check(&world);
	store_close(&world.store);
	return 0;
}

/* One turn of the loop: waits for something finished and reaps it. */
static void
turn(void)
{
	struct pollfd p = {.fd = engine_fd(engine), .events = POLLIN};

	engine_rest(engine);
	assert_int_equal(poll(&p, 1, 30000), 1);
	engine_reap(engine);
}

static void
run(struct call *c)
{
	c->is_done = engine_run(engine, &c->task);
}

static void
wait_for(struct call *c)
{
	while (!c->is_done)
		turn();
}

static enum err_code
run_and_free(struct call *c)
{
	enum err_code code;

	run(c);
	wait_for(c);
	code = c->outcome.code;
	call_free(c);
	return code;
}

static struct call *
call_read(const char *purchase_no)
{
	struct call *c = call_new(&world, COMMAND_READ);

	call_name(c, NAME_PURCHASE_NO, purchase_no);
	return c;
}

static void
check_stored(const char *purchase_no, int64_t version, int64_t quantity)
{
	struct call *c = call_read(purchase_no);

	run(c);
	/* A read of one order is the loop's own, but across a network. */
	assert_true(c->is_done || store_is_remote(world.store));
	wait_for(c);
	check_err(c->outcome.code, ERR_OK);
	assert_int_equal(c->outcome.order->version, version);
	assert_int_equal(c->outcome.order->lines[0].quantity, quantity);
	call_free(c);
}

void
test_engine_create_read_change(void **state)
{
	struct call *c;

	(void)state;
	c = call_create(&world, "A");
	run(c);
	assert_false(c->is_done);
	wait_for(c);
	check_err(c->outcome.code, ERR_OK);
	assert_true(c->task.finished_us >= c->task.queued_us);
	call_free(c);
	check_stored("A", 1, 1);
	check_err(run_and_free(call_quantity(&world, "A", 2)), ERR_OK);
	check_stored("A", 2, 2);
	c = call_read("B");
	run(c);
	wait_for(c);
	check_err(c->outcome.code, ERR_NOT_FOUND);
	call_free(c);
	check_err(engine_ping(engine, NULL), ERR_OK);
	c = call_new(&world, COMMAND_HEALTH);
	run(c);
	wait_for(c);
	check_err(c->outcome.code, ERR_OK);
	call_free(c);
}

/* Without a rest in between: reads of one turn may share what they see, but not
 * across an answer. */
void
test_engine_read_sees_what_was_told_before(void **state)
{
	struct call *c;

	(void)state;
	check_err(run_and_free(call_create(&world, "A")), ERR_OK);
	for (int64_t quantity = 2; quantity < 6; quantity++) {
		check_stored("A", quantity - 1, quantity - 1);
		c = call_quantity(&world, "A", quantity);
		run(c);
		while (!c->is_done)
			engine_reap(engine);
		check_err(c->outcome.code, ERR_OK);
		call_free(c);
		check_stored("A", quantity, quantity);
	}
}

void
test_engine_dry_run_stores_nothing(void **state)
{
	struct call *c;

	(void)state;
	check_err(run_and_free(call_create(&world, "A")), ERR_OK);
	c = call_quantity(&world, "A", 3);
	c->command.dry_run = true;
	call_identity(c, WORLD_NOW_MS, 1, 0);
	run(c);
	wait_for(c);
	check_err(c->outcome.code, ERR_OK);
	assert_false(c->outcome.changed);
	assert_int_equal(c->outcome.order->total_fen, 2699700);
	call_free(c);
	check_stored("A", 1, 1);
	/* The same request without it is not answered already. */
	c = call_quantity(&world, "A", 3);
	call_identity(c, WORLD_NOW_MS, 1, 0);
	run(c);
	wait_for(c);
	assert_true(c->outcome.changed);
	call_free(c);
	c = call_move(&world, "A", MOVE_COMPLETE);
	c->command.dry_run = true;
	run(c);
	wait_for(c);
	check_err(c->outcome.code, ERR_BAD_STATE);
	assert_int_equal(c->outcome.order->version, 2);
	call_free(c);
	c = call_create(&world, "A");
	c->command.dry_run = true;
	check_err(run_and_free(c), ERR_NAME_TAKEN);
	c = call_create(&world, "B");
	c->command.dry_run = true;
	check_err(run_and_free(c), ERR_OK);
	check_err(run_and_free(call_read("B")), ERR_NOT_FOUND);
}

void
test_engine_history_and_feed(void **state)
{
	struct call *c;

	(void)state;
	check_err(run_and_free(call_create(&world, "A")), ERR_OK);
	for (int i = 2; i <= 5; i++)
		check_err(run_and_free(call_quantity(&world, "A", i)), ERR_OK);
	c = call_new(&world, COMMAND_HISTORY);
	call_name(c, NAME_PURCHASE_NO, "A");
	c->command.limit = 3;
	run(c);
	assert_false(c->is_done);
	wait_for(c);
	check_err(c->outcome.code, ERR_OK);
	assert_int_equal(c->outcome.item_count, 3);
	assert_int_equal(c->outcome.items[0].amendment.version, 1);
	assert_int_equal(c->outcome.next, 3);
	c->command.after = 3;
	c->task.link = (struct list){0};
	run(c);
	wait_for(c);
	assert_int_equal(c->outcome.item_count, 2);
	assert_int_equal(c->outcome.next, -1);
	call_free(c);
	c = call_new(&world, COMMAND_FEED);
	c->command.after = 3;
	run(c);
	wait_for(c);
	assert_int_equal(c->outcome.item_count, 2);
	assert_int_equal(c->outcome.next, 5);
	c->command.after = 5;
	run(c);
	wait_for(c);
	assert_int_equal(c->outcome.item_count, 0);
	assert_int_equal(c->outcome.next, 5);
	call_free(c);
	c = call_new(&world, COMMAND_HISTORY);
	call_name(c, NAME_PURCHASE_NO, "B");
	check_err(run_and_free(c), ERR_NOT_FOUND);
}

/* --- many clients ------------------------------------------------------------ */

#define CLIENTS 48
#define CHANGES_EACH 12
#define ORDERS 4

static struct {
	struct call *call;
	int order;
	int done;
} clients[CLIENTS];
static int64_t changes[ORDERS];
static int clients_active;

/* Adds one to the quantity that was read, if nobody else has since. */
static void
client_send(int i)
{
	static const char *const names[ORDERS] = {"A", "B", "C", "D"};
	const char *name = names[clients[i].order];
	struct call *read = call_read(name);
	struct call *c;

	run(read);
	wait_for(read);
	check_err(read->outcome.code, ERR_OK);
	c = call_quantity(&world, name,
	    read->outcome.order->lines[0].quantity + 1);
	c->command.has_version = true;
	c->command.version = read->outcome.order->version;
	call_free(read);
	clients[i].call = c;
	run(c);
	assert_false(c->is_done);
}

static void
client_look(int i)
{
	struct call *c = clients[i].call;
	enum err_code code;

	if (!c->is_done)
		return;
	code = c->outcome.code;
	call_free(c);
	if (code == ERR_OK) {
		clients[i].done++;
		changes[clients[i].order]++;
	} else {
		check_err(code, ERR_CONFLICT);
	}
	if (clients[i].done < CHANGES_EACH)
		client_send(i);
	else
		clients_active--;
	if (clients[i].done == CHANGES_EACH)
		clients[i].call = NULL;
}

void
test_engine_loses_no_update(void **state)
{
	static const char *const names[ORDERS] = {"A", "B", "C", "D"};
	struct engine_stats stats;

	(void)state;
	for (int i = 0; i < ORDERS; i++)
		check_err(run_and_free(call_create(&world, names[i])), ERR_OK);
	clients_active = CLIENTS;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].order = i % ORDERS;
		client_send(i);
	}
	while (clients_active > 0) {
		turn();
		for (int i = 0; i < CLIENTS; i++)
			if (clients[i].call != NULL)
				client_look(i);
	}
	for (int i = 0; i < ORDERS; i++) {
		assert_int_equal(changes[i], CLIENTS / ORDERS * CHANGES_EACH);
		check_stored(names[i], changes[i] + 1, changes[i] + 1);
	}
	engine_stats(engine, &stats);
	assert_int_equal(stats.amendments, CLIENTS * CHANGES_EACH + ORDERS);
	assert_int_equal(stats.group_size.sum, stats.group_commands);
	assert_int_equal(stats.queued_us.count, stats.group_commands);
	assert_true(stats.groups < stats.group_commands);
	assert_int_equal(stats.queue_depth, 0);
	assert_int_equal(stats.store_errors, 0);
	assert_true(stats.wal_bytes > 0 || store_is_remote(world.store));
}

/* --- jobs ---------------------------------------------------------------------- */

struct door {
	atomic_bool is_inside;
	atomic_bool may_leave;
	enum err_code code;
	struct app_record app;
	pthread_t thread;
	engine_job_f *fn;
	bool apps_changed;
};

static enum err_code
stand_in_door(struct store_conn *c, void *arg, struct err *err)
{
	struct door *d = arg;

	(void)c;
	(void)err;
	atomic_store(&d->is_inside, true);
	while (!atomic_load(&d->may_leave))
		sched_yield();
	return ERR_OK;
}

static void *
do_job(void *arg)
{
	struct door *d = arg;
	struct err err = {0};

	d->code = engine_job(engine, d->fn, d, d->apps_changed, &err);
	return NULL;
}

static void
begin_job(struct door *d, engine_job_f *fn, bool apps_changed)
{
	d->fn = fn;
	d->apps_changed = apps_changed;
	assert_int_equal(pthread_create(&d->thread, NULL, do_job, d), 0);
}

static enum err_code
end_job(struct door *d)
{
	pthread_join(d->thread, NULL);
	return d->code;
}

/* Keeps the committer busy until let_go. */
static void
hold_committer(struct door *d)
{
	begin_job(d, stand_in_door, false);
	while (!atomic_load(&d->is_inside))
		sched_yield();
}

static void
let_go(struct door *d)
{
	atomic_store(&d->may_leave, true);
	check_err(end_job(d), ERR_OK);
}

void
test_engine_full_queue_is_busy_at_once(void **state)
{
	struct call *calls[4], *one_more;
	struct door door = {.code = ERR_OK};

	(void)state;
	stop();
	start(4, 2);
	hold_committer(&door);
	for (int i = 0; i < 4; i++) {
		calls[i] = call_create(&world, NULL);
		run(calls[i]);
		assert_false(calls[i]->is_done);
	}
	one_more = call_create(&world, NULL);
	run(one_more);
	assert_true(one_more->is_done);
	check_err(one_more->outcome.code, ERR_BUSY);
	let_go(&door);
	for (int i = 0; i < 4; i++) {
		wait_for(calls[i]);
		check_err(calls[i]->outcome.code, ERR_OK);
		call_free(calls[i]);
	}
	check_err(run_and_free(one_more), ERR_OK);
}

void
test_engine_drain_finishes_what_it_took(void **state)
{
	struct call *calls[100], *late;
	struct door door = {.code = ERR_OK};
	struct err err = {0};

	(void)state;
	hold_committer(&door);
	for (int i = 0; i < 100; i++) {
		calls[i] = i % 10 == 0 ? call_new(&world, COMMAND_FEED)
				       : call_create(&world, NULL);
		run(calls[i]);
	}
	let_go(&door);
	engine_drain(engine);
	late = call_create(&world, NULL);
	run(late);
	assert_true(late->is_done);
	check_err(late->outcome.code, ERR_STOPPING);
	call_free(late);
	check_err(engine_job(engine, stand_in_door, &door, false, &err),
	    ERR_STOPPING);
	/* Reads of single orders still pass where they are the loop's own, for
	 * those on their way. */
	check_err(run_and_free(call_read("A")),
	    store_is_remote(world.store) ? ERR_STOPPING : ERR_NOT_FOUND);
	engine_reap(engine);
	for (int i = 0; i < 100; i++) {
		assert_true(calls[i]->is_done);
		check_err(calls[i]->outcome.code, ERR_OK);
		call_free(calls[i]);
	}
	assert_int_equal(world_check(&world), 90);
}

static enum err_code
put_app(struct store_conn *c, void *arg, struct err *err)
{
	struct door *d = arg;
	struct credential_record credential = {
	    .dialect = STR("test"), .key = STR("key"), .secret = STR("secret")};
	enum err_code code = store_app_put(c, &d->app, err);

	credential.app = d->app.no;
	return code == ERR_OK ? store_credential_put(c, &credential, err)
			      : code;
}

static enum err_code
put_app_and_fail(struct store_conn *c, void *arg, struct err *err)
{
	enum err_code code = put_app(c, arg, err);

	return code == ERR_OK ? ERR_USAGE : code;
}

static const void *
prepare_length(struct arena *a, const struct credential *c)
{
	size_t *n = ARENA_NEW(a, size_t);

	if (n != NULL)
		*n = c->secret.n + 1;
	return n;
}

static void
start_with_dialect(void)
{
	static const struct engine_dialect dialects[] = {
	    {"other", NULL}, {"test", prepare_length}};
	struct engine_config config = {.store = world.store,
	    .dialects = dialects,
	    .dialect_count = 2,
	    .clock = world_clock(&world),
	    .queue_max = 10,
	    .group_max = 10,
	    .reader_threads = 1};
	struct err err = {0};

	check_err(engine_open(&config, &engine, &err), ERR_OK);
}

static struct door
app_job(void)
{
	return (struct door){.app = {.id = STR("app"),
				 .name = STR("App"),
				 .rate = 50,
				 .policy = STR("")}};
}

void
test_engine_takes_changed_apps_up(void **state)
{
	const struct credential *before, *after;
	struct door job = app_job();
	bool known;

	(void)state;
	stop();
	start_with_dialect();
	before = engine_credential(engine, "test", STR("key"), &known);
	assert_false(known);
	check_str(before->key, "");
	check_str(before->secret, "");
	assert_int_equal(*(const size_t *)before->prepared, 1);
	begin_job(&job, put_app, true);
	check_err(end_job(&job), ERR_OK);
	turn();
	after = engine_credential(engine, "test", STR("key"), &known);
	assert_true(known);
	assert_int_equal(after->app, job.app.no);
	check_str(after->app_id, "app");
	check_str(after->secret, "secret");
	assert_int_equal(after->policy.rate, 50);
	assert_int_equal(*(const size_t *)after->prepared, 7);
	/* What was held before is still there. */
	check_str(before->secret, "");
	engine_credential_release(engine, before);
	engine_credential_release(engine, after);
	after = engine_credential(engine, "other", STR("key"), &known);
	assert_false(known);
	assert_null(after->prepared);
	engine_credential_release(engine, after);
	after = engine_credential(engine, "test", STR_NONE, &known);
	assert_false(known);
	engine_credential_release(engine, after);
}

void
test_engine_verifies_with_changed_apps_at_once(void **state)
{
	const struct credential *c;
	struct door job = app_job();
	bool known;

	(void)state;
	stop();
	start_with_dialect();
	begin_job(&job, put_app, true);
	check_err(end_job(&job), ERR_OK);
	job.app.disabled = true;
	begin_job(&job, put_app, true);
	check_err(end_job(&job), ERR_OK);
	c = engine_credential(engine, "test", STR("key"), &known);
	assert_true(known);
	assert_true(c->disabled);
	engine_credential_release(engine, c);
}

/* The commit works, reading the apps again after it does not. */
static enum err_code
put_app_and_break(struct store_conn *c, void *arg, struct err *err)
{
	enum err_code code = put_app(c, arg, err);

	/* Counting the change, in two calls, and the commit come before. */
	sql_fault_set(4, ERR_STORE_BUSY);
	return code;
}

void
test_engine_keeps_old_apps_when_it_cannot_read_them(void **state)
{
	const struct credential *c;
	struct door job = app_job();
	bool known;

	(void)state;
	stop();
	start_with_dialect();
	begin_job(&job, put_app_and_break, true);
	check_err(end_job(&job), ERR_OK);
	assert_int_equal(sql_fault_left(), 0);
	sql_fault_set(1, ERR_STORE_BUSY);
	c = engine_credential(engine, "test", STR("key"), &known);
	assert_int_equal(sql_fault_left(), 0);
	assert_false(known);
	engine_credential_release(engine, c);
	/* It tries again by itself, a little later. */
	while (!known) {
		c = engine_credential(engine, "test", STR("key"), &known);
		engine_credential_release(engine, c);
	}
}

/* Policies nobody can read must not open an app more widely. */
void
test_engine_disables_an_app_with_unknown_policies(void **state)
{
	const struct credential *c;
	struct door job = app_job(), mended = app_job();
	bool known;

	(void)state;
	stop();
	start_with_dialect();
	job.app.policy = STR("no.such.policy=1");
	begin_job(&job, put_app, true);
	check_err(end_job(&job), ERR_OK);
	c = engine_credential(engine, "test", STR("key"), &known);
	assert_true(known);
	assert_true(c->disabled);
	engine_credential_release(engine, c);
	mended.app = job.app;
	mended.app.policy = STR("");
	begin_job(&mended, put_app, true);
	check_err(end_job(&mended), ERR_OK);
	c = engine_credential(engine, "test", STR("key"), &known);
	assert_false(c->disabled);
	engine_credential_release(engine, c);
}

void
test_engine_failed_job_leaves_nothing(void **state)
{
	const struct credential *c;
	struct door job = app_job();
	bool known;

	(void)state;
	stop();
	start_with_dialect();
	begin_job(&job, put_app_and_fail, true);
	check_err(end_job(&job), ERR_USAGE);
	c = engine_credential(engine, "test", STR("key"), &known);
	assert_false(known);
	engine_credential_release(engine, c);
}

void
test_engine_jobs_between_groups(void **state)
{
	struct call *calls[200];
	struct door jobs[4];

	(void)state;
	for (int i = 0; i < 200; i++) {
		if (i % 50 == 10) {
			jobs[i / 50] = (struct door){.may_leave = true};
			begin_job(&jobs[i / 50], stand_in_door, false);
		}
		calls[i] = call_create(&world, NULL);
		run(calls[i]);
	}
	for (int i = 0; i < 200; i++) {
		wait_for(calls[i]);
		check_err(calls[i]->outcome.code, ERR_OK);
		call_free(calls[i]);
	}
	for (int i = 0; i < 4; i++)
		check_err(end_job(&jobs[i]), ERR_OK);
}

static void
no_admission(struct admission *a)
{
	fail_msg("nobody waits: %d", (int)a->code);
}

void
test_engine_rates_by_its_clock(void **state)
{
	struct rate_claim claim = {"put", 1, 1000, 1, false};
	struct rate_state told;
	struct admission a = {.app = 1,
	    .claims = &claim,
	    .count = 1,
	    .state = &told,
	    .done = no_admission};

	(void)state;
	assert_true(engine_admit(engine, &a));
	check_err(a.code, ERR_OK);
	assert_true(engine_admit(engine, &a));
	check_err(a.code, ERR_RATE_LIMITED);
	assert_true(told.refused);
	assert_int_equal(told.retry_ms, 1000);
	world.now_ms += 1000;
	assert_true(engine_admit(engine, &a));
	check_err(a.code, ERR_OK);
	claim.tokens = 4;
	engine_owe(engine, 1, &claim, 1, &told);
	assert_int_equal(told.reset_ms, 1000);
}
