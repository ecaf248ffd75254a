/* SPDX-License-Identifier: Apache-2.0 */
/* Where a thread runs, and how much it gives way; others are left as they were. */
#include "engine/thread.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/check.h"

static cpu_set_t ours;

int
setup(void **state)
{
	(void)state;
	return sched_getaffinity(0, sizeof(ours), &ours);
}

int
teardown(void **state)
{
	(void)state;
	return sched_setaffinity(0, sizeof(ours), &ours);
}

static void
in_a_thread(void *(*run)(void *arg))
{
	struct err err = {0};
	pthread_t thread;

	check_err(thread_start(&thread, run, NULL, &err), ERR_OK);
	thread_join(thread);
}

static cpu_set_t
processors(void)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	return set;
}

static int
niceness(void)
{
	return getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
}

static void *
give_way(void *arg)
{
	int before = niceness();

	(void)arg;
	thread_give_way();
	assert_int_equal(niceness(), before < 15 ? before + 5 : 19);
	return NULL;
}

void
test_a_thread_gives_way_alone(void **state)
{
	int before = niceness();

	(void)state;
	in_a_thread(give_way);
	assert_int_equal(niceness(), before);
}

static void *
keep_off_each(void *arg)
{
	cpu_set_t all;

	(void)arg;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		cpu_set_t left = ours, set;

		if (!CPU_ISSET(i, &ours))
			continue;
		thread_keep_off(i);
		CPU_CLR(i, &left);
		set = processors();
		assert_true(CPU_EQUAL(&set, &left));
		assert_int_not_equal(thread_processor(), i);
	}
	thread_keep_off(-1);
	all = processors();
	assert_true(CPU_EQUAL(&all, &ours));
	return NULL;
}

void
test_a_thread_keeps_off_a_processor_alone(void **state)
{
	cpu_set_t set;

	(void)state;
	if (CPU_COUNT(&ours) < 2)
		skip();
	in_a_thread(keep_off_each);
	set = processors();
	assert_true(CPU_EQUAL(&set, &ours));
}

static void *
keep_off_the_only_one(void *arg)
{
	cpu_set_t before = processors(), set;

	(void)arg;
	thread_keep_off(thread_processor());
	set = processors();
	assert_true(CPU_EQUAL(&set, &before));
	return NULL;
}

void
test_the_only_processor_is_used(void **state)
{
	cpu_set_t one;

	(void)state;
	CPU_ZERO(&one);
	CPU_SET(thread_processor(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	in_a_thread(keep_off_the_only_one);
}
