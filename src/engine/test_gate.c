/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many lists pass the gate at once: any number on a quiet store, one while
 * changes are carried out, and never none for good.
 */
#include <sched.h>
#include <stdatomic.h>

#include "engine/gate.h"
#include "tests/check.h"

#define THREADS 4
#define READS 300

static struct {
	struct gate gate;
	atomic_int inside, most, done;
	int wanted; /* how many must meet inside; 0: nobody waits */
} w;

static void *
read_often(void *arg)
{
	(void)arg;
	for (int i = 0; i < READS; i++) {
		int inside, most;

		gate_enter(&w.gate, GATE_LIST);
		inside = atomic_fetch_add(&w.inside, 1) + 1;
		most = atomic_load(&w.most);
		while (inside > most &&
		    !atomic_compare_exchange_weak(&w.most, &most, inside))
			;
		while (atomic_load(&w.most) < w.wanted)
			(void)sched_yield();
		(void)sched_yield();
		atomic_fetch_sub(&w.inside, 1);
		gate_leave(&w.gate, GATE_LIST);
	}
	atomic_fetch_add(&w.done, 1);
	return NULL;
}

static void
run_threads(bool busy)
{
	pthread_t threads[THREADS];

	gate_init(&w.gate);
	gate_set_busy(&w.gate, busy);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, read_often, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(w.done, THREADS);
	gate_fini(&w.gate);
}

void
test_lists_pass_one_at_a_time_beside_changes(void **state)
{
	(void)state;
	run_threads(true);
	assert_int_equal(w.most, 1);
}

void
test_lists_pass_side_by_side_on_a_quiet_store(void **state)
{
	(void)state;
	w.wanted = THREADS;
	run_threads(false);
	assert_int_equal(w.most, THREADS);
}

void
test_points_pass_beside_a_list_and_changes(void **state)
{
	(void)state;
	gate_init(&w.gate);
	gate_set_busy(&w.gate, true);
	gate_enter(&w.gate, GATE_LIST);
	gate_enter(&w.gate, GATE_POINT);
	gate_leave(&w.gate, GATE_POINT);
	gate_leave(&w.gate, GATE_LIST);
	gate_fini(&w.gate);
}
