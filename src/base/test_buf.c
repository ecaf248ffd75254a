/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "tests/check.h"

#include <stdio.h>

static struct buf heap;

int
setup(void **state)
{
	(void)state;
	buf_init(&heap, NULL, 10000);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	buf_fini(&heap);
	return 0;
}

void
test_buf_empty_is_not_absent(void **state)
{
	struct buf zeroed = {0};

	(void)state;
	check_str(buf_view(&heap), "");
	buf_str(&heap, STR_NONE);
	buf_add(&heap, NULL, 0);
	buf_printf(&heap, "%s", "");
	check_str(buf_view(&heap), "");
	assert_false(buf_failed(&heap));
	buf_fini(&zeroed);
}

void
test_buf_writes_are_appended(void **state)
{
	(void)state;
	buf_add(&heap, "ab", 2);
	buf_str(&heap, STR("cd"));
	buf_char(&heap, 'e');
	buf_int(&heap, -12);
	buf_printf(&heap, "%03d%s", 7, "x");
	check_str(buf_view(&heap), "abcde-12007x");
}

void
test_buf_int_prints_all_of_int64(void **state)
{
	(void)state;
	buf_int(&heap, INT64_MIN);
	buf_char(&heap, ' ');
	buf_int(&heap, INT64_MAX);
	buf_char(&heap, ' ');
	buf_int(&heap, 0);
	check_str(buf_view(&heap),
	    "-9223372036854775808 9223372036854775807 0");
}

static void
check_int(int64_t v)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%lld", (long long)v);
	buf_reset(&heap);
	buf_int(&heap, v);
	check_str(buf_view(&heap), text);
}

void
test_buf_int_prints_every_length(void **state)
{
	int64_t v = 1;

	(void)state;
	for (int i = 0; i < 18; i++, v *= 10) {
		for (int64_t near = -1; near <= 1; near++) {
			check_int(v + near);
			check_int(-v - near);
		}
	}
	for (v = 0; v < 1000; v++)
		check_int(v);
}

void
test_buf_printf_grows_past_its_room(void **state)
{
	(void)state;
	buf_printf(&heap, "%s", "head");
	buf_printf(&heap, "%2000d", 5);
	assert_int_equal(heap.n, 2004);
	assert_int_equal(heap.p[2003], '5');
	buf_printf(&heap, "%7996d", 5);
	assert_int_equal(heap.n, 10000);
	assert_false(buf_failed(&heap));
}

/* Exactly full is fine; a byte more fails, whole writes only, and sticks. */
static void
check_limit(struct buf *b, size_t max)
{
	for (size_t i = 0; i < max - 1; i++)
		buf_char(b, 'x');
	buf_add(b, "yz", 2);
	assert_true(buf_failed(b));
	assert_int_equal(b->n, max - 1);
	buf_char(b, 'y');
	assert_int_equal(b->n, max - 1);
	buf_reset(b);
	assert_false(buf_failed(b));
	assert_int_equal(b->n, 0);
	buf_printf(b, "%*d", (int)max, 1);
	assert_false(buf_failed(b));
	assert_int_equal(b->n, max);
	buf_printf(b, "%d", 1);
	assert_true(buf_failed(b));
	assert_int_equal(b->n, max);
}

void
test_buf_heap_limit_is_sticky(void **state)
{
	(void)state;
	check_limit(&heap, 10000);
}

void
test_buf_arena_limit_is_sticky(void **state)
{
	struct arena a;
	struct buf b;

	(void)state;
	arena_init(&a, 1 << 20);
	buf_init(&b, &a, 300);
	check_limit(&b, 300);
	arena_fini(&a);
}

void
test_buf_fixed_limit_is_sticky(void **state)
{
	char room[33];
	struct buf b;

	(void)state;
	buf_init_fixed(&b, room, sizeof(room));
	check_limit(&b, 32);
	buf_fini(&b);
}

void
test_buf_fails_with_its_arena(void **state)
{
	struct arena a;
	struct buf b;

	(void)state;
	arena_init(&a, 1000);
	buf_init(&b, &a, 100000);
	for (int i = 0; i < 2000; i++)
		buf_char(&b, 'x');
	assert_true(buf_failed(&b));
	assert_true(arena_failed(&a));
	assert_true(b.n < 1000);
	arena_fini(&a);
}

void
test_buf_large_in_arena_wastes_little(void **state)
{
	struct arena a;
	struct buf b;

	(void)state;
	arena_init(&a, 24 << 20);
	buf_init(&b, &a, 16 << 20);
	for (int i = 0; i < (16 << 20) / 64; i++) {
		char line[64] = "some bytes that are there again at the end";

		line[63] = (char)(i % 100);
		buf_add(&b, line, sizeof(line));
	}
	assert_false(buf_failed(&b));
	assert_int_equal(b.n, 16 << 20);
	for (int i = 0; i < (16 << 20) / 64; i++)
		assert_int_equal(b.p[64 * i + 63], i % 100);
	arena_fini(&a);
}
