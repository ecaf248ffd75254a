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
	/* Left empty on a system that does not say. */
	CPU_ZERO(&ours);
	(void)sched_getaffinity(0, sizeof(ours), &ours);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	(void)sched_setaffinity(0, sizeof(ours), &ours);
	return 0;
}

/* What a thread is asked, and found. */
struct asked {
	int keep_off;
	int before, after; /* nice */
	cpu_set_t left;
};

static void
in_a_thread(void *(*run)(void *arg), struct asked *a)
{
	struct err err = {0};
	pthread_t thread;

	check_err(thread_start(&thread, run, a, &err), ERR_OK);
	thread_join(thread);
}

static bool
may_choose(void)
{
	cpu_set_t one;
	int processor = thread_processor();
	bool may;

	if (processor < 0 || CPU_COUNT(&ours) < 2)
		return false;
	CPU_ZERO(&one);
	CPU_SET(processor, &one);
	may = sched_setaffinity(0, sizeof(one), &one) == 0;
	return may && sched_setaffinity(0, sizeof(ours), &ours) == 0;
}

static int
niceness(void)
{
	return getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
}

static void *
give_way(void *arg)
{
	struct asked *a = arg;

	a->before = niceness();
	thread_give_way();
	a->after = niceness();
	return NULL;
}

void
test_a_thread_gives_way_alone(void **state)
{
	int before = niceness();
	struct asked a;

	(void)state;
	in_a_thread(give_way, &a);
	assert_int_equal(a.before, before);
	assert_int_equal(a.after, before < 15 ? before + 5 : 19);
	assert_int_equal(niceness(), before);
}

static void *
keep_off(void *arg)
{
	struct asked *a = arg;

	thread_keep_off(a->keep_off);
	(void)sched_getaffinity(0, sizeof(a->left), &a->left);
	return NULL;
}

/* A wish that replaces an earlier one. */
static void *
keep_off_twice(void *arg)
{
	struct asked *a = arg;

	thread_keep_off(a->keep_off == 0 ? 1 : 0);
	return keep_off(a);
}

void
test_a_thread_keeps_off_a_processor_alone(void **state)
{
	(void)state;
	if (!may_choose())
		skip();
	for (int i = -1; i < CPU_SETSIZE; i++) {
		struct asked a = {.keep_off = i};
		cpu_set_t left = ours;

		if (i >= 0 && !CPU_ISSET(i, &ours))
			continue;
		if (i >= 0)
			CPU_CLR(i, &left);
		in_a_thread(keep_off, &a);
		assert_true(CPU_EQUAL(&a.left, &left));
		in_a_thread(keep_off_twice, &a);
		assert_true(CPU_EQUAL(&a.left, &left));
	}
	assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
	assert_true(CPU_COUNT(&ours) >= 2);
}

void
test_the_only_processor_is_used(void **state)
{
	struct asked a = {.keep_off = thread_processor()};
	cpu_set_t one;

	(void)state;
	if (!may_choose())
		skip();
	CPU_ZERO(&one);
	CPU_SET(a.keep_off, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	in_a_thread(keep_off, &a);
	assert_true(CPU_EQUAL(&a.left, &one));
}
