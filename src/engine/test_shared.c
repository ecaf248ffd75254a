/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups on a store that others write too: over a PostgreSQL of the tests' own,
 * skipped without one. Answers that are lost, conflicts, and two writers at
 * once on the same orders.
 */
#include <poll.h>
#include <pthread.h>

#include "engine/group.h"
#include "engine/test_world.h"
#include "sql/sql_fault.h"

#define FAULTS_MAX 200
#define WRITERS 3
#define CHANGES_EACH 60
#define ORDERS 4

/* One that writes: a thread, or the test itself. */
struct writer {
	struct store_conn *conn;
	struct arena arena;
	struct group group;
	pthread_t thread;
	int number;
	int ended; /* changes that were accepted */
};

static struct world world;
static int64_t fault_left; /* calls until the planted fault, after a group */
static struct writer writers[WRITERS];
static struct ids ids = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .end_ms = INT64_MAX};

int
setup(void **state)
{
	(void)state;
	(void)setenv("PROCURED_TEST_ON_POSTGRES", "1", 1);
	world_open(&world);
	for (int i = 0; i < WRITERS; i++) {
		struct writer *w = &writers[i];

		arena_init(&w->arena, LIMIT_GROUP_ARENA_BYTES);
		check_err(
		    store_connect(world.store, STORE_WRITER, &w->conn, NULL),
		    ERR_OK);
		w->number = i;
		w->group = (struct group){.conn = w->conn,
		    .arena = &w->arena,
		    .ids = &ids,
		    .now_ms = WORLD_NOW_MS};
	}
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		store_disconnect(&writers[i].conn);
		arena_fini(&writers[i].arena);
	}
	store_close(&world.store);
	return 0;
}

static enum err_code
run_calls(struct writer *w, struct call **calls, size_t count)
{
	struct task *tasks[8];
	struct err err = {0};

	assert_true(count <= 8);
	for (size_t i = 0; i < count; i++)
		tasks[i] = &calls[i]->task;
	return group_run(&w->group, tasks, count, &err);
}

static void
must_create(const char *name)
{
	struct call *c = call_create(&world, name);

	check_err(run_calls(&writers[0], &c, 1), ERR_OK);
	check_err(c->outcome.code, ERR_OK);
	call_free(c);
}

/* Two changes of "A" and a new order, carried out once whatever happens. */
static void
check_carried_out_once(const char *fresh, int64_t quantity, int64_t amendments)
{
	struct call *calls[] = {call_quantity(&world, "A", quantity),
	    call_create(&world, fresh),
	    call_quantity(&world, "A", quantity + 1)};

	check_err(run_calls(&writers[0], calls, 3), ERR_OK);
	fault_left = sql_fault_left();
	sql_fault_set(0, ERR_OK);
	for (int i = 0; i < 3; i++) {
		check_err(calls[i]->outcome.code, ERR_OK);
		assert_true(calls[i]->outcome.changed);
		assert_false(calls[i]->outcome.replayed);
		call_free(calls[i]);
	}
	assert_int_equal(world_check(&world), amendments + 3);
}

void
test_shared_lost_answer_is_found_out(void **state)
{
	(void)state;
	must_create("A");
	sql_fault_lose_commit(1);
	check_carried_out_once("B", 2, 1);
	/* The settling commit's answer, too. */
	sql_fault_lose_commit(1);
	check_carried_out_once("C", 10, 4);
	assert_true(writers[0].group.result.commits > 0);
}

void
test_shared_answer_without_a_change_is_found_out(void **state)
{
	struct call *same;

	(void)state;
	must_create("A");
	same = call_quantity(&world, "A", 1);
	call_identity(same, WORLD_NOW_MS, 9, 0);
	sql_fault_lose_commit(1);
	check_err(run_calls(&writers[0], &same, 1), ERR_OK);
	check_err(same->outcome.code, ERR_OK);
	assert_false(same->outcome.changed);
	call_free(same);
	assert_int_equal(world_check(&world), 1);
}

/* Each call of the database in its turn says this; all is carried out once. */
static void
check_all_faults(enum err_code code)
{
	char name[32];
	int64_t n = 1;

	must_create("A");
	for (; n <= FAULTS_MAX; n++) {
		(void)snprintf(name, sizeof(name), "N%lld", (long long)n);
		sql_fault_set(n, code);
		check_carried_out_once(name, 10 * n, 3 * n - 2);
		if (fault_left > 0)
			break;
	}
	assert_true(n > 5 && n < FAULTS_MAX);
}

void
test_shared_doubt_about_what_did_not_happen(void **state)
{
	(void)state;
	check_all_faults(ERR_STORE_UNSURE);
}

void
test_shared_conflict_is_tried_again(void **state)
{
	(void)state;
	check_all_faults(ERR_STORE_CONFLICT);
}

void
test_shared_link_that_is_lost_is_made_anew(void **state)
{
	(void)state;
	check_all_faults(ERR_STORE_AWAY);
}

/* The answer that a reader will tell may be of a commit that no standby has. */
void
test_shared_answer_from_far_back_waits_for_a_commit(void **state)
{
	struct call *first = call_create(&world, "A"), *calls[8];
	int64_t quantity = 1;

	(void)state;
	call_identity(first, WORLD_NOW_MS, 1, 0);
	check_err(run_calls(&writers[0], &first, 1), ERR_OK);
	for (int i = 0; i < LIMIT_REWIND / 8 + 1; i++) {
		for (int k = 0; k < 8; k++)
			calls[k] = call_quantity(&world, "A", ++quantity);
		check_err(run_calls(&writers[0], calls, 8), ERR_OK);
		for (int k = 0; k < 8; k++)
			call_free(calls[k]);
	}
	check_err(run_calls(&writers[0], &first, 1), ERR_OK);
	check_err(first->outcome.code, ERR_BUSY);
	assert_int_equal(writers[0].group.result.commits, 1);
	call_free(first);
}

/* --- what does not answer ------------------------------------------------------ */

static struct engine *engine;

static void
wait_done(struct call *c)
{
	struct pollfd p = {.fd = engine_fd(engine), .events = POLLIN};

	while (!c->is_done) {
		assert_int_equal(poll(&p, 1, 30000), 1);
		engine_reap(engine);
	}
}

/* Somebody else holds the app's line. */
static PGconn *
hold_line(void)
{
	PGconn *conn = PQconnectdb(world_url().p);
	/* lint: allow sql — what another program would do to the store */
	PGresult *r = PQexec(conn, "BEGIN; LOCK TABLE lines");

	assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
	PQclear(r);
	return conn;
}

void
test_shared_what_waits_behind_a_slow_store_is_refused(void **state)
{
	struct engine_config config = {.queue_max = LIMIT_QUEUE,
	    .group_max = 1,
	    .reader_threads = 1,
	    .committers = 1,
	    .store = world.store,
	    .clock = world_clock(&world)};
	struct call *a, *b;
	int64_t began_us;
	struct err err;
	PGconn *other;

	(void)state;
	check_err(engine_open(&config, &engine, &err), ERR_OK);
	must_create("A");
	other = hold_line();
	a = call_quantity(&world, "A", 2);
	b = call_quantity(&world, "A", 3);
	began_us = when_monotonic_us();
	a->is_done = engine_run(engine, &a->task);
	b->is_done = engine_run(engine, &b->task);
	wait_done(a);
	wait_done(b);
	check_err(a->outcome.code, ERR_STORE_BUSY);
	check_err(b->outcome.code, ERR_STORE_AWAY);
	assert_true(when_monotonic_us() - began_us <
	    (LIMIT_GROUP_MS + LIMIT_QUEUED_MS) * INT64_C(1000));
	PQfinish(other);
	call_free(a);
	call_free(b);
	engine_drain(engine);
	engine_close(&engine);
}

/* --- several at once --------------------------------------------------------- */

static void *
change_orders(void *arg)
{
	static const char *const names[ORDERS] = {"A", "B", "C", "D"};
	struct writer *w = arg;

	for (int i = 0; i < CHANGES_EACH; i++) {
		struct call *calls[2] = {
		    call_quantity(
			&world, names[i % ORDERS], 1000 * (w->number + 1) + i),
		    call_quantity(&world, names[(i + w->number) % ORDERS],
			1000000 * (w->number + 1) + i)};

		/* A second app, which another writer names first. */
		calls[w->number % 2]->command.app = WORLD_APP + 1;
		check_err(run_calls(w, calls, 2), ERR_OK);
		for (int k = 0; k < 2; k++) {
			check_err(calls[k]->outcome.code, ERR_OK);
			w->ended++;
			call_free(calls[k]);
		}
	}
	return NULL;
}

/* Follows an app's log as a client does: nothing twice, nothing back, nothing
 * left out. */
static int64_t
follow(struct store_conn *c, int64_t app, int64_t after)
{
	struct feed_item *items;
	struct arena a;
	size_t count;

	arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
	check_err(
	    store_feed(c, &a, app, after, LIMIT_PAGE, &items, &count, NULL),
	    ERR_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(items[i].amendment.seq, ++after);
	arena_fini(&a);
	return after;
}

void
test_shared_writers_lose_nothing_and_the_log_is_in_order(void **state)
{
	static const char *const names[ORDERS] = {"A", "B", "C", "D"};
	int64_t seen[2] = {0, 0}, made = 2 * ORDERS, ended = 0;
	struct store_conn *reader;

	(void)state;
	check_err(store_connect(world.store, STORE_READER, &reader, NULL),
	    ERR_OK);
	for (int64_t app = WORLD_APP; app <= WORLD_APP + 1; app++)
		for (int i = 0; i < ORDERS; i++) {
			struct call *c = call_create(&world, names[i]);

			c->command.app = app;
			check_err(run_calls(&writers[0], &c, 1), ERR_OK);
			check_err(c->outcome.code, ERR_OK);
			call_free(c);
		}
	writers[0].group.conflicts = 0; /* both apps' lines were made */
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i].thread, NULL,
				     change_orders, &writers[i]),
		    0);
	while (seen[0] + seen[1] < made + WRITERS * CHANGES_EACH)
		for (int k = 0; k < 2; k++)
			seen[k] = follow(reader, WORLD_APP + k, seen[k]);
	for (int i = 0; i < WRITERS; i++) {
		(void)pthread_join(writers[i].thread, NULL);
		ended += writers[i].ended;
		/* They waited for each other's lines and met nowhere else. */
		assert_int_equal(writers[i].group.conflicts, 0);
	}
	for (int k = 0; k < 2; k++)
		seen[k] = follow(reader, WORLD_APP + k, seen[k]);
	store_disconnect(&reader);
	assert_int_equal(ended, 2 * WRITERS * CHANGES_EACH);
	assert_int_equal(seen[0] + seen[1], made + ended);
	assert_int_equal(world_check(&world), made + ended);
}

/* --- apps -------------------------------------------------------------------- */

static void *
make_apps(void *arg)
{
	struct writer *w = arg;
	struct err err = {0};

	for (int i = 0; i < CHANGES_EACH; i++) {
		char id[32];
		struct app_record app = {.name = STR("an app"),
		    .policy = STR("{}"),
		    .created_ms = WORLD_NOW_MS};

		(void)snprintf(id, sizeof(id), "app%d-%d", w->number, i);
		app.id = str_from(id);
		check_err(store_begin(w->conn, NULL, 0, &err), ERR_OK);
		check_err(store_app_put(w->conn, &app, &err), ERR_OK);
		check_err(store_commit(w->conn, &err), ERR_OK);
	}
	return NULL;
}

void
test_shared_apps_are_made_by_many_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i].thread, NULL,
				     make_apps, &writers[i]),
		    0);
	for (int i = 0; i < WRITERS; i++)
		(void)pthread_join(writers[i].thread, NULL);
}
