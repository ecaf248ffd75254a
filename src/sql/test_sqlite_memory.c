/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#include "sql/sqlite_memory.h"
#include "tests/check.h"

int
setup(void **state)
{
	(void)state;
	/* As the driver has it; with them SQLite rounds sizes itself. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite_memory_configure();
	return sqlite3_initialize() == SQLITE_OK ? 0 : -1;
}

static void
fill(unsigned char *p, size_t n, unsigned char with)
{
	memset(p, with, n);
}

static bool
holds(const unsigned char *p, size_t n, unsigned char what)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != what)
			return false;
	return true;
}

void
test_blocks_hold_what_was_asked_for(void **state)
{
	(void)state;
	for (int n = 1; n < 5000; n += n < 70 ? 1 : 61) {
		unsigned char *p = sqlite3_malloc(n);

		assert_non_null(p);
		assert_true(sqlite3_msize(p) >= (sqlite3_uint64)n);
		assert_int_equal((uintptr_t)p % sizeof(double), 0);
		fill(p, (size_t)n, 0x5a);
		sqlite3_free(p);
	}
}

void
test_a_freed_block_serves_again(void **state)
{
	void *first = sqlite3_malloc(100);
	void *again, *larger;

	(void)state;
	sqlite3_free(first);
	again = sqlite3_malloc(128);
	assert_ptr_equal(first, again);
	/* The larger class has blocks of its own. */
	larger = sqlite3_malloc(129);
	assert_ptr_not_equal(larger, again);
	sqlite3_free(again);
	sqlite3_free(larger);
}

void
test_live_blocks_are_apart(void **state)
{
	unsigned char *p[300];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 300; i++) {
			p[i] = sqlite3_malloc(40 + i * 9);
			assert_non_null(p[i]);
			fill(p[i], (size_t)(40 + i * 9), (unsigned char)i);
		}
		for (int i = 0; i < 300; i++) {
			assert_true(holds(p[i], (size_t)(40 + i * 9),
			    (unsigned char)i));
			sqlite3_free(p[i]);
		}
	}
}

void
test_resizing_keeps_the_content(void **state)
{
	static const int sizes[] = {
	    10, 64, 65, 2000, 2048, 2049, 9000, 3000, 100, 5};
	unsigned char *p = sqlite3_malloc(10);
	size_t had = 10;

	(void)state;
	fill(p, had, 7);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = (size_t)sizes[i];

		p = sqlite3_realloc(p, sizes[i]);
		assert_non_null(p);
		assert_true(holds(p, n < had ? n : had, 7));
		fill(p, n, 7);
		had = n;
	}
	sqlite3_free(p);
}

static void *
free_all(void *arg)
{
	void **p = arg;

	for (int i = 0; i < 200; i++)
		sqlite3_free(p[i]);
	/* Kept by this thread, and let go when it ends: leaks show. */
	return sqlite3_malloc(300);
}

void
test_another_thread_may_free(void **state)
{
	void *p[200], *made;
	pthread_t thread;

	(void)state;
	for (int i = 0; i < 200; i++)
		p[i] = sqlite3_malloc(300);
	assert_int_equal(pthread_create(&thread, NULL, free_all, p), 0);
	assert_int_equal(pthread_join(thread, &made), 0);
	sqlite3_free(made);
}
