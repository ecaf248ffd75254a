/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue between threads, the way back, and the gate.
 */
#include "engine/queue.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"
#include "engine/finished.h"
#include "engine/gate.h"
#include "tests/check.h"

#define PRODUCERS 4
#define EACH 5000

void
test_queue_keeps_order_and_count(void **state)
{
	struct task tasks[5] = {0};
	struct task *out[8];
	struct queue q;

	(void)state;
	queue_init(&q, 5);
	for (int i = 0; i < 5; i++)
		check_err(queue_push(&q, &tasks[i]), ERR_OK);
	assert_int_equal(queue_depth(&q), 5);
	assert_int_equal(queue_take(&q, out, 3), 3);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(out[i], &tasks[i]);
	assert_int_equal(queue_take(&q, out, 8), 2);
	assert_ptr_equal(out[0], &tasks[3]);
	assert_ptr_equal(out[1], &tasks[4]);
	queue_done(&q, 5);
	queue_wait_idle(&q);
	queue_fini(&q);
}

void
test_queue_long_is_taken_in_halves(void **state)
{
	enum { ALL = 3 * LIMIT_GROUP_WHOLE };
	static struct task tasks[ALL];
	struct task *out[ALL];
	struct queue q;

	(void)state;
	queue_init(&q, ALL);
	for (int i = 0; i < ALL; i++)
		check_err(queue_push(&q, &tasks[i]), ERR_OK);
	assert_int_equal(queue_take(&q, out, ALL), ALL / 2);
	assert_ptr_equal(out[0], &tasks[0]);
	/* Of what is left half is fewer than a group is worth. */
	assert_int_equal(queue_take(&q, out, ALL), LIMIT_GROUP_WHOLE);
	assert_int_equal(queue_take(&q, out, ALL), LIMIT_GROUP_WHOLE / 2);
	assert_ptr_equal(out[LIMIT_GROUP_WHOLE / 2 - 1], &tasks[ALL - 1]);
	for (int i = 0; i <= LIMIT_GROUP_WHOLE; i++)
		check_err(queue_push(&q, &tasks[i]), ERR_OK);
	assert_int_equal(queue_take(&q, out, ALL), LIMIT_GROUP_WHOLE);
	assert_int_equal(queue_take(&q, out, ALL), 1);
	queue_done(&q, ALL + LIMIT_GROUP_WHOLE + 1);
	queue_fini(&q);
}

void
test_queue_full_is_busy_at_once(void **state)
{
	struct task tasks[4] = {0};
	struct task *out[4];
	struct queue q;

	(void)state;
	queue_init(&q, 2);
	check_err(queue_push(&q, &tasks[0]), ERR_OK);
	check_err(queue_push(&q, &tasks[1]), ERR_OK);
	check_err(queue_push(&q, &tasks[2]), ERR_BUSY);
	check_err(queue_push_always(&q, &tasks[3]), ERR_OK);
	assert_int_equal(queue_take(&q, out, 4), 3);
	assert_ptr_equal(out[2], &tasks[3]);
	/* What is taken takes no room any more, done or not. */
	check_err(queue_push(&q, &tasks[2]), ERR_OK);
	assert_int_equal(queue_take(&q, out, 4), 1);
	queue_done(&q, 4);
	queue_fini(&q);
}

void
test_queue_closed_gives_what_it_holds(void **state)
{
	struct task tasks[2] = {0};
	struct task *out[2];
	struct queue q;

	(void)state;
	queue_init(&q, 2);
	check_err(queue_push(&q, &tasks[0]), ERR_OK);
	queue_close(&q);
	check_err(queue_push(&q, &tasks[1]), ERR_STOPPING);
	check_err(queue_push_always(&q, &tasks[1]), ERR_STOPPING);
	assert_int_equal(queue_take(&q, out, 2), 1);
	assert_int_equal(queue_take(&q, out, 2), 0);
	queue_done(&q, 1);
	queue_fini(&q);
}

struct producer {
	struct queue *queue;
	struct task tasks[EACH];
	pthread_t thread;
};

static void *
produce(void *arg)
{
	struct producer *p = arg;

	for (int i = 0; i < EACH; i++)
		while (queue_push(p->queue, &p->tasks[i]) == ERR_BUSY)
			sched_yield();
	return NULL;
}

void
test_queue_loses_nothing_between_threads(void **state)
{
	struct producer *producers = calloc(PRODUCERS, sizeof(*producers));
	int next[PRODUCERS] = {0};
	struct task *out[16];
	struct queue q;

	(void)state;
	queue_init(&q, 32);
	for (int i = 0; i < PRODUCERS; i++) {
		producers[i].queue = &q;
		assert_int_equal(pthread_create(&producers[i].thread, NULL,
				     produce, &producers[i]),
		    0);
	}
	for (int seen = 0; seen < PRODUCERS * EACH;) {
		size_t n = queue_take(&q, out, 16);

		for (size_t k = 0; k < n; k++) {
			int p = 0;

			while (out[k] < producers[p].tasks ||
			    out[k] >= producers[p].tasks + EACH)
				p++;
			assert_ptr_equal(out[k], &producers[p].tasks[next[p]]);
			next[p]++;
		}
		seen += (int)n;
		queue_done(&q, n);
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(producers[i].thread, NULL);
	queue_wait_idle(&q);
	queue_fini(&q);
	free(producers);
}

static void *
consume_all(void *arg)
{
	struct queue *q = arg;
	struct task *out[4];
	size_t n;

	while ((n = queue_take(q, out, 4)) > 0)
		queue_done(q, n);
	return NULL;
}

void
test_queue_wait_idle_waits_for_the_taken(void **state)
{
	struct task tasks[64] = {0};
	pthread_t threads[2];
	struct queue q;

	(void)state;
	queue_init(&q, 64);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, consume_all, &q);
	for (int i = 0; i < 64; i++)
		check_err(queue_push(&q, &tasks[i]), ERR_OK);
	queue_close(&q);
	queue_wait_idle(&q);
	assert_int_equal(q.taken_count, 0);
	assert_int_equal(queue_depth(&q), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	queue_fini(&q);
}

static bool
is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

void
test_finished_wakes_once_per_batch(void **state)
{
	struct task tasks[3] = {0};
	struct task *batch[] = {&tasks[0], &tasks[1], &tasks[2]};
	struct finished f;
	struct list list;

	(void)state;
	check_err(finished_init(&f, NULL), ERR_OK);
	assert_false(is_readable(f.fd));
	finished_publish(&f, batch, 2);
	finished_publish(&f, batch + 2, 1);
	assert_true(is_readable(f.fd));
	list_init(&list);
	finished_take(&f, &list);
	assert_false(is_readable(f.fd));
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(list_take_first(&list), &tasks[i].link);
		assert_true(tasks[i].finished_us > 0);
	}
	finished_take(&f, &list);
	assert_true(list_is_empty(&list));
	finished_publish(&f, batch, 1);
	assert_true(is_readable(f.fd));
	list_init(&list);
	finished_take(&f, &list);
	finished_wake(&f);
	assert_true(is_readable(f.fd));
	finished_fini(&f);
}

struct gate_user {
	struct gate gate;
	atomic_int inside;
	atomic_bool closed;
	atomic_bool stop;
};

static void *
pass_gate(struct gate_user *u, enum gate_class who)
{
	while (!atomic_load(&u->stop)) {
		gate_enter(&u->gate, who);
		atomic_fetch_add(&u->inside, 1);
		assert_false(atomic_load(&u->closed));
		atomic_fetch_sub(&u->inside, 1);
		gate_leave(&u->gate, who);
	}
	return NULL;
}

static void *
pass_point(void *arg)
{
	return pass_gate(arg, GATE_POINT);
}

static void *
pass_list(void *arg)
{
	return pass_gate(arg, GATE_LIST);
}

void
test_gate_keeps_everybody_out(void **state)
{
	void *(*const users[])(void *) = {pass_point, pass_list, pass_list};
	struct gate_user u = {.inside = 0};
	pthread_t threads[3];

	(void)state;
	gate_init(&u.gate);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, users[i], &u);
	for (int i = 0; i < 500; i++) {
		gate_close(&u.gate);
		atomic_store(&u.closed, true);
		assert_int_equal(atomic_load(&u.inside), 0);
		sched_yield();
		assert_int_equal(atomic_load(&u.inside), 0);
		atomic_store(&u.closed, false);
		gate_open(&u.gate);
	}
	atomic_store(&u.stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	gate_fini(&u.gate);
}

static void *
close_gate(void *arg)
{
	struct gate_user *u = arg;

	gate_close(&u->gate);
	atomic_store(&u->closed, true);
	gate_open(&u->gate);
	return NULL;
}

/* While somebody's list is waited for, single orders can still be read. */
void
test_gate_lets_points_pass_while_it_waits_for_a_list(void **state)
{
	struct gate_user u = {.inside = 0};
	pthread_t thread;
	bool closing = false;

	(void)state;
	gate_init(&u.gate);
	gate_enter(&u.gate, GATE_LIST);
	pthread_create(&thread, NULL, close_gate, &u);
	while (!closing) {
		pthread_mutex_lock(&u.gate.lock);
		closing = u.gate.closed[GATE_LIST];
		pthread_mutex_unlock(&u.gate.lock);
	}
	gate_enter(&u.gate, GATE_POINT);
	gate_leave(&u.gate, GATE_POINT);
	assert_false(atomic_load(&u.closed));
	gate_leave(&u.gate, GATE_LIST);
	pthread_join(thread, NULL);
	assert_true(atomic_load(&u.closed));
	gate_fini(&u.gate);
}
