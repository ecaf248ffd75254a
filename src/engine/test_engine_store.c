/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine and a store in trouble: faults, a lost connection, a log that
 * readers keep from beginning anew.
 */
#include "engine/engine.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

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

int
setup(void **state)
{
	struct engine_config config = {.queue_max = LIMIT_QUEUE,
	    .group_max = LIMIT_GROUP,
	    .reader_threads = LIMIT_READERS};
	struct err err = {0};

	(void)state;
	log_set_sink(ignore_log, NULL);
	world_open(&world);
	config.store = world.store;
	config.clock = world_clock(&world);
	check_err(engine_open(&config, &engine, &err), ERR_OK);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	sql_fault_set(0, ERR_OK);
	sql_fault_hold_beside(false);
	sql_fault_hold_flush(false);
	engine_drain(engine);
	engine_reap(engine);
	engine_close(&engine);
	world_check(&world);
	store_close(&world.store);
	return 0;
}

static void
turn(void)
{
	struct pollfd p = {.fd = engine_fd(engine), .events = POLLIN};

	engine_rest(engine);
	assert_int_equal(poll(&p, 1, 30000), 1);
	engine_reap(engine);
}

static enum err_code
run(struct call *c)
{
	enum err_code code;

	c->is_done = engine_run(engine, &c->task);
	while (!c->is_done)
		turn();
	code = c->outcome.code;
	call_free(c);
	return code;
}

static enum err_code
run_read(void)
{
	struct call *c = call_new(&world, COMMAND_READ);

	call_name(c, NAME_PURCHASE_NO, "A");
	return run(c);
}

/* After each fault the next change works: nobody has to restart anything. */
void
test_engine_recovers_from_each_fault(void **state)
{
	static const enum err_code codes[] = {
	    ERR_STORE_FAILED, ERR_STORE_FULL, ERR_STORE_BUSY};
	struct engine_stats stats;
	int64_t quantity = 1;

	(void)state;
	check_err(run(call_create(&world, "A")), ERR_OK);
	for (int i = 0; i < 3; i++) {
		for (int n = 1; n <= 6; n++) {
			sql_fault_set(n, codes[i]);
			check_err(run(call_quantity(&world, "A", ++quantity)),
			    codes[i]);
			check_err(run_read(), ERR_OK);
			check_err(run(call_quantity(&world, "A", quantity)),
			    ERR_OK);
		}
	}
	engine_stats(engine, &stats);
	assert_int_equal(stats.store_errors, 18);
	assert_int_equal(world_check(&world), 19);
}

/* What a failed flush left in the file may never reach the disk, so nothing
 * that would stand on it is acknowledged. */
void
test_engine_acknowledges_nothing_after_a_failed_flush(void **state)
{
	(void)state;
	check_err(run(call_create(&world, "A")), ERR_OK);
	sql_fault_set(1, ERR_STORE_UNSURE);
	check_err(run(call_quantity(&world, "A", 2)), ERR_STORE_UNSURE);
	check_err(run(call_quantity(&world, "A", 2)), ERR_STORE_FAILED);
	check_err(run(call_create(&world, "B")), ERR_STORE_FAILED);
	check_err(run_read(), ERR_OK);
}

/* A replay is answered whatever came after it, and the committer is not held up
 * by long histories. */
void
test_engine_replays_from_far_back(void **state)
{
	struct call *c = call_create(&world, "A");
	struct engine_stats stats;

	(void)state;
	call_identity(c, WORLD_NOW_MS, 1, 0);
	check_err(run(c), ERR_OK);
	for (int i = 0; i < LIMIT_REWIND; i++)
		check_err(run(call_quantity(&world, "A", i + 2)), ERR_OK);
	for (int far = 0; far < 2; far++) {
		c = call_create(&world, "A");
		call_identity(c, WORLD_NOW_MS, 1, 0);
		c->is_done = engine_run(engine, &c->task);
		while (!c->is_done)
			turn();
		check_err(c->outcome.code, ERR_OK);
		assert_true(c->outcome.replayed);
		assert_int_equal(c->outcome.order->version, 1);
		assert_int_equal(c->outcome.order->lines[0].quantity, 1);
		call_free(c);
		engine_stats(engine, &stats);
		assert_int_equal(stats.replays, 1);
		check_err(run(call_quantity(&world, "A", 1 + far)), ERR_OK);
	}
}

/* Until a new connection can be made, changes are refused and reads go on. */
void
test_engine_refuses_changes_without_a_connection(void **state)
{
	(void)state;
	check_err(run(call_create(&world, "A")), ERR_OK);
	assert_int_equal(rename("test.db", "away.db"), 0);
	sql_fault_set(1, ERR_STORE_FAILED);
	check_err(run(call_quantity(&world, "A", 2)), ERR_STORE_FAILED);
	for (int i = 0; i < 3; i++) {
		check_err(run(call_quantity(&world, "A", 2)), ERR_STORE_FAILED);
		check_err(run_read(), ERR_OK);
	}
	assert_int_equal(rename("away.db", "test.db"), 0);
	check_err(run(call_quantity(&world, "A", 2)), ERR_OK);
	assert_int_equal(world_check(&world), 2);
}

/* --- the log --------------------------------------------------------------------- */

#define IN_FLIGHT 64
#define LISTS 8

static char text[4000];

static void
make_orders(void)
{
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < IN_FLIGHT; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "A%d", i);
		check_err(run(call_create(&world, name)), ERR_OK);
	}
}

static struct call *
next_change(int i)
{
	struct call *c = call_new(&world, COMMAND_CHANGE);
	char name[8];

	(void)snprintf(name, sizeof(name), "A%d", i % IN_FLIGHT);
	call_name(c, NAME_PURCHASE_NO, name);
	(void)snprintf(text, sizeof(text), "%d", i);
	text[strlen(text)] = ' ';
	c->command.has_version = false;
	change_set_str(&c->command.change, F_REMARKS,
	    arena_dup(&c->arena, (struct str){text, sizeof(text)}));
	return c;
}

static struct call *
next_list(void)
{
	struct call *c = call_new(&world, COMMAND_FEED);

	c->command.limit = 200;
	return c;
}

static int64_t
file_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* Sends the next call as soon as one is done; lists overlap all the time. */
static int64_t
write_under_readers(int64_t bytes)
{
	struct call *calls[IN_FLIGHT], *lists[LISTS];
	int64_t written = 0, longest = 0;
	int sent = 0;

	for (int i = 0; i < IN_FLIGHT; i++)
		check_err(
		    engine_run(engine, &(calls[i] = next_change(sent++))->task),
		    ERR_OK);
	for (int i = 0; i < LISTS; i++)
		assert_false(
		    engine_run(engine, &(lists[i] = next_list())->task));
	while (written < bytes) {
		int64_t size;

		turn();
		for (int i = 0; i < IN_FLIGHT; i++) {
			if (!calls[i]->is_done)
				continue;
			check_err(calls[i]->outcome.code, ERR_OK);
			written += (int64_t)sizeof(text);
			call_free(calls[i]);
			calls[i] = next_change(sent++);
			assert_false(engine_run(engine, &calls[i]->task));
			check_err(run_read(), ERR_NOT_FOUND);
		}
		for (int i = 0; i < LISTS; i++) {
			if (!lists[i]->is_done)
				continue;
			check_err(lists[i]->outcome.code, ERR_OK);
			call_free(lists[i]);
			lists[i] = next_list();
			assert_false(engine_run(engine, &lists[i]->task));
		}
		size = file_bytes("test.db-wal");
		longest = size > longest ? size : longest;
	}
	engine_drain(engine);
	engine_reap(engine);
	for (int i = 0; i < IN_FLIGHT; i++)
		call_free(calls[i]);
	for (int i = 0; i < LISTS; i++)
		call_free(lists[i]);
	return longest;
}

void
test_engine_log_stays_bounded_under_readers(void **state)
{
	struct engine_stats stats;
	int64_t longest;

	(void)state;
	make_orders();
	longest = write_under_readers(LIMIT_WAL_BYTES * INT64_C(3) / 4);
	engine_stats(engine, &stats);
	print_message("log at most %lld bytes, %lld checkpoints\n",
	    (long long)longest, (long long)stats.checkpoints);
	assert_true(stats.checkpoints >= 2);
	/* What a group of the largest size here adds comes on top. */
	assert_true(longest > LIMIT_CHECKPOINT_BYTES / 2);
	assert_true(longest < LIMIT_WAL_BYTES + 4 * 1024 * 1024);
}

/* The log is moved while changes go on, and begins anew once it has its length. */
void
test_engine_log_begins_anew(void **state)
{
	int64_t until = when_monotonic_us() + 120 * 1000 * 1000, longest = 0;
	struct engine_stats stats = {.checkpoints = 0};
	int sent = 0;

	(void)state;
	make_orders();
	while (stats.wal_bytes >= longest) {
		assert_true(when_monotonic_us() < until);
		longest = stats.wal_bytes;
		check_err(run(next_change(sent++)), ERR_OK);
		engine_stats(engine, &stats);
	}
	assert_int_equal(stats.checkpoints, 1);
	assert_true(longest >= LIMIT_CHECKPOINT_BYTES);
	assert_true(longest < LIMIT_WAL_BYTES);
}

/* A pass that does not get on, and changes that wait the longer for it the longer
 * the log is: there is room left in it when the pass ends at last. */
void
test_engine_changes_are_held_back_while_a_pass_is_slow(void **state)
{
	const int64_t over = LIMIT_WAL_BYTES / 8;
	const int changes = 20;
	struct engine_stats stats = {.wal_bytes = 0};
	int64_t until = when_monotonic_us() + 120 * 1000 * 1000, began_us;
	int sent = 0;

	(void)state;
	make_orders();
	sql_fault_hold_beside(true);
	while (stats.wal_bytes < LIMIT_WAL_BYTES / 2 + over) {
		assert_true(when_monotonic_us() < until);
		check_err(run(next_change(sent++)), ERR_OK);
		engine_stats(engine, &stats);
	}
	assert_int_equal(stats.checkpoints, 0);
	began_us = when_monotonic_us();
	for (int i = 0; i < changes; i++)
		check_err(run(next_change(sent++)), ERR_OK);
	assert_true(when_monotonic_us() - began_us >= (changes - 1) * over *
		LIMIT_CHECKPOINT_WAIT_US / (LIMIT_WAL_BYTES / 2));
	sql_fault_hold_beside(false);
	while (stats.checkpoints == 0) {
		assert_true(when_monotonic_us() < until);
		check_err(run(next_change(sent++)), ERR_OK);
		engine_stats(engine, &stats);
	}
	assert_true(stats.wal_bytes < LIMIT_WAL_BYTES);
}

/* A flush that goes as slowly as it can, until the next pass waits for it. */
void
test_engine_a_flush_hurries_when_a_pass_is_due(void **state)
{
	struct engine_stats stats = {.checkpoints = 0};
	int sent = 0;

	(void)state;
	make_orders();
	sql_fault_hold_flush(true);
	while (stats.checkpoints < 2) {
		assert_true(stats.wal_bytes < LIMIT_WAL_BYTES / 2);
		check_err(run(next_change(sent++)), ERR_OK);
		engine_stats(engine, &stats);
	}
	sql_fault_hold_flush(false);
}

/* What was moved may be lost then, and the system tells so only once. */
void
test_engine_accepts_nothing_after_a_failed_checkpoint(void **state)
{
	int64_t until = when_monotonic_us() + 120 * 1000 * 1000;
	enum err_code code = ERR_OK;
	int sent = 0;

	(void)state;
	make_orders();
	sql_fault_fail_beside(true);
	while (code == ERR_OK) {
		assert_true(when_monotonic_us() < until);
		code = run(next_change(sent++));
	}
	check_err(code, ERR_STORE_FAILED);
	sql_fault_fail_beside(false);
	for (int i = 0; i < 3; i++) {
		check_err(run(call_create(&world, "B")), ERR_STORE_FAILED);
		check_err(run_read(), ERR_NOT_FOUND);
	}
}

/* The file alone has everything then. */
void
test_engine_moves_all_of_the_log_at_its_end(void **state)
{
	int64_t amendments = 1;

	(void)state;
	check_err(run(call_create(&world, "A")), ERR_OK);
	for (; amendments < 50; amendments++)
		check_err(run(call_quantity(&world, "A", amendments + 1)),
		    ERR_OK);
	engine_drain(engine);
	engine_reap(engine);
	engine_close(&engine);
	store_close(&world.store);
	assert_int_equal(unlink("test.db-wal"), 0);
	(void)unlink("test.db-shm");
	assert_int_equal(setup(state), 0);
	assert_int_equal(world_check(&world), amendments);
}
