/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that moves the log: what is asked of it, and what it says. */
#include "engine/checkpointer.h"

#include <sched.h>

#include "base/when.h"
#include "engine/test_world.h"
#include "engine/thread.h"
#include "sql/sql_fault.h"

#define PATIENCE_US (60 * 1000 * 1000)

static struct world world;
static struct store_conn *writer;
static struct checkpointer checkpointer;

int
setup(void **state)
{
	struct err err = {0};

	(void)state;
	world_open(&world);
	check_err(store_connect(world.store, STORE_WRITER, &writer, &err),
	    ERR_OK);
	check_err(checkpointer_start(&checkpointer, &err), ERR_OK);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	sql_fault_fail_beside(false);
	sql_fault_hold_flush(false);
	checkpointer_stop(&checkpointer);
	/* Twice is once. */
	checkpointer_stop(&checkpointer);
	store_disconnect(&writer);
	store_close(&world.store);
	return 0;
}

static void
put_and_ask(int64_t value)
{
	struct err err = {0};

	check_err(store_begin(writer, NULL, 0, &err), ERR_OK);
	check_err(store_mark_put(writer, "value", value, &err), ERR_OK);
	check_err(store_commit(writer, &err), ERR_OK);
	check_err(store_checkpoint_mark(writer, &err), ERR_OK);
	checkpointer_ask(&checkpointer, writer, CHECKPOINTER_MOVE);
}

void
test_a_pass_moves_what_was_committed(void **state)
{
	(void)state;
	if (store_is_remote(world.store))
		skip();
	assert_int_equal(checkpointer_look(&checkpointer), CHECKPOINTER_IDLE);
	for (int64_t i = 1; i <= 3; i++) {
		put_and_ask(i);
		checkpointer_wait(&checkpointer, PATIENCE_US);
		assert_int_equal(checkpointer_look(&checkpointer),
		    CHECKPOINTER_DONE);
		assert_true(checkpointer_moved(&checkpointer) >= 4096);
		checkpointer_settle(&checkpointer);
		assert_int_equal(checkpointer_look(&checkpointer),
		    CHECKPOINTER_IDLE);
		store_checkpoint_unmark(writer);
	}
}

/* Nobody waits for a thread that does nothing. */
void
test_an_idle_one_is_not_waited_for(void **state)
{
	int64_t began = when_monotonic_us();

	(void)state;
	checkpointer_wait(&checkpointer, PATIENCE_US);
	checkpointer_settle(&checkpointer);
	assert_true(when_monotonic_us() - began < PATIENCE_US / 2);
}

void
test_a_failure_stands(void **state)
{
	(void)state;
	if (store_is_remote(world.store))
		skip();
	sql_fault_fail_beside(true);
	put_and_ask(1);
	checkpointer_settle(&checkpointer);
	assert_int_equal(checkpointer_look(&checkpointer), CHECKPOINTER_FAILED);
	sql_fault_fail_beside(false);
	checkpointer_ask(&checkpointer, writer, CHECKPOINTER_MOVE);
	checkpointer_settle(&checkpointer);
	assert_int_equal(checkpointer_look(&checkpointer), CHECKPOINTER_FAILED);
}

/* One that ends only when it is told to hurry, of what a pass has moved. */
static void
ask_for_held_flush(void)
{
	put_and_ask(1);
	checkpointer_settle(&checkpointer);
	store_checkpoint_unmark(writer);
	sql_fault_hold_flush(true);
	checkpointer_ask(&checkpointer, writer, CHECKPOINTER_FLUSH);
}

/* The pass before it was hurried: that is over when it is asked anew. */
void
test_a_flush_hurries_when_it_is_told_to(void **state)
{
	(void)state;
	if (store_is_remote(world.store))
		skip();
	ask_for_held_flush();
	checkpointer_wait(&checkpointer, 20 * 1000);
	assert_int_equal(checkpointer_look(&checkpointer), CHECKPOINTER_ASKED);
	checkpointer_hurry(&checkpointer);
	checkpointer_wait(&checkpointer, PATIENCE_US);
	assert_int_equal(checkpointer_look(&checkpointer), CHECKPOINTER_DONE);
}

void
test_who_waits_without_an_end_hurries_it(void **state)
{
	(void)state;
	if (store_is_remote(world.store))
		skip();
	ask_for_held_flush();
	checkpointer_settle(&checkpointer);
	assert_int_equal(checkpointer_look(&checkpointer), CHECKPOINTER_IDLE);
	checkpointer_ask(&checkpointer, writer, CHECKPOINTER_FLUSH);
	checkpointer_stop(&checkpointer);
	assert_int_equal(checkpointer.state, CHECKPOINTER_DONE);
}

/* A pass that was asked for is made before the end. */
void
test_what_was_asked_is_finished(void **state)
{
	(void)state;
	if (store_is_remote(world.store))
		skip();
	put_and_ask(1);
	checkpointer_stop(&checkpointer);
	assert_int_equal(checkpointer.state, CHECKPOINTER_DONE);
}

/* Who asks goes on meanwhile. */
void
test_it_keeps_off_the_processor_of_who_asks(void **state)
{
	cpu_set_t ours, its;

	(void)state;
	if (store_is_remote(world.store))
		skip();
	assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
	thread_keep_off(sched_getcpu());
	assert_int_equal(sched_getaffinity(0, sizeof(its), &its), 0);
	(void)sched_setaffinity(0, sizeof(ours), &ours);
	/* One processor, or a system that does not let us choose. */
	if (CPU_EQUAL(&ours, &its))
		skip();
	put_and_ask(1);
	checkpointer_settle(&checkpointer);
	assert_int_equal(
	    pthread_getaffinity_np(checkpointer.thread, sizeof(its), &its), 0);
	assert_true(CPU_ISSET(checkpointer.processor, &ours));
	CPU_CLR(checkpointer.processor, &ours);
	assert_true(CPU_EQUAL(&its, &ours));
}
