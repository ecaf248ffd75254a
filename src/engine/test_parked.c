/* SPDX-License-Identifier: Apache-2.0 */
/* Long polls: parked, woken by their app's commits, ended by time or drain. */
#include "engine/parked.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/when.h"
#include "tests/check.h"

#define TASKS 5000

static struct parked *lot;
static struct command commands[TASKS];
static struct task tasks[TASKS];
static atomic_int agains, ends;

static void
resume(void *arg, struct task *task, bool again)
{
	assert_ptr_equal(arg, &agains);
	assert_null(task->link.next);
	assert_null(task->wait_link.next);
	atomic_fetch_add(again ? &agains : &ends, 1);
}

int
setup(void **state)
{
	(void)state;
	lot = calloc(1, sizeof(*lot));
	lot->resume = resume;
	lot->arg = &agains;
	atomic_store(&agains, 0);
	atomic_store(&ends, 0);
	memset(tasks, 0, sizeof(tasks));
	for (int i = 0; i < TASKS; i++) {
		commands[i] = (struct command){
		    .kind = COMMAND_FEED, .app = 1 + i % 50, .wait_ms = 20000};
		tasks[i].command = &commands[i];
	}
	check_err(parked_start(lot, NULL), ERR_OK);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	parked_stop(lot);
	free(lot);
	return 0;
}

static enum parking
park(int i)
{
	parked_before_read(lot, &tasks[i]);
	return parked_take(lot, &tasks[i]);
}

void
test_parked_wakes_its_app_only(void **state)
{
	(void)state;
	for (int i = 0; i < TASKS; i++)
		assert_int_equal(park(i), PARKED);
	assert_int_equal(parked_count(lot), TASKS);
	parked_wake(lot, 7);
	assert_int_equal(atomic_load(&agains), TASKS / 50);
	parked_wake(lot, 7);
	/* Another app in the same place. */
	parked_wake(lot, 8 + PARKED_PLACES);
	assert_int_equal(atomic_load(&agains), TASKS / 50);
	assert_int_equal(parked_count(lot), TASKS - TASKS / 50);
}

void
test_parked_misses_no_commit(void **state)
{
	(void)state;
	parked_before_read(lot, &tasks[0]);
	parked_wake(lot, commands[0].app);
	assert_int_equal(parked_take(lot, &tasks[0]), READ_AGAIN);
	assert_int_equal(park(0), PARKED);
	assert_int_equal(atomic_load(&agains), 0);
	parked_wake(lot, commands[0].app);
	assert_int_equal(atomic_load(&agains), 1);
}

void
test_parked_drains_all(void **state)
{
	(void)state;
	for (int i = 0; i < TASKS; i++)
		assert_int_equal(park(i), PARKED);
	parked_close(lot);
	assert_int_equal(atomic_load(&ends), TASKS);
	assert_int_equal(parked_count(lot), 0);
	assert_int_equal(park(0), NOT_PARKED);
}

static void
wait_for_ends(int wanted)
{
	int64_t until_us = when_monotonic_us() + 10000000;

	while (atomic_load(&ends) < wanted && when_monotonic_us() < until_us)
		(void)poll(NULL, 0, 1);
	assert_int_equal(atomic_load(&ends), wanted);
}

void
test_parked_time_ends(void **state)
{
	int64_t began_us = when_monotonic_us();

	(void)state;
	commands[1].wait_ms = 150;
	commands[2].wait_ms = 60;
	assert_int_equal(park(0), PARKED);
	assert_int_equal(park(1), PARKED);
	assert_int_equal(park(2), PARKED);
	wait_for_ends(2);
	assert_true(when_monotonic_us() - began_us >= 150000);
	assert_int_equal(parked_count(lot), 1);
}

void
test_parked_time_goes_on_over_reads(void **state)
{
	(void)state;
	commands[0].wait_ms = 30;
	assert_int_equal(park(0), PARKED);
	parked_wake(lot, commands[0].app);
	(void)poll(NULL, 0, 40);
	assert_int_equal(park(0), NOT_PARKED);
}

void
test_parked_takes_so_many(void **state)
{
	static struct task more[LIMIT_WAITING + 1];
	int i;

	(void)state;
	memset(more, 0, sizeof(more));
	for (i = 0; i <= LIMIT_WAITING; i++) {
		more[i].command = &commands[0];
		parked_before_read(lot, &more[i]);
		if (parked_take(lot, &more[i]) != PARKED)
			break;
	}
	assert_int_equal(i, LIMIT_WAITING);
}

void
test_parked_is_not_for_all(void **state)
{
	(void)state;
	commands[0].wait_ms = 0;
	assert_int_equal(park(0), NOT_PARKED);
}
