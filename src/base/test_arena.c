/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "tests/check.h"

#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ASAN 1
#endif
#endif
#ifdef TEST_ASAN
#include <sanitizer/asan_interface.h>
#endif

#define CAP ((size_t)8 * 1024 * 1024)

static struct arena arena;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, CAP);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static void
check_zeroed(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
}

void
test_arena_takes_nothing_before_first_use(void **state)
{
	(void)state;
	assert_null(arena.blocks);
	arena_reset(&arena);
	assert_null(arena.blocks);
}

void
test_arena_fini_accepts_zeroed(void **state)
{
	struct arena zeroed = {0};

	(void)state;
	arena_fini(&zeroed);
}

/* All sizes around the block limits; each object stays its owner's. */
void
test_arena_objects_are_zeroed_aligned_and_apart(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 4000, 8000, 8143,
	    8144, 8145, 8192, 9000, 16300, 100000, 262144, 262145, 1048576};
	enum { COUNT = sizeof(sizes) / sizeof(sizes[0]), ROUNDS = 3 };
	char *objects[ROUNDS][COUNT];

	(void)state;
	for (int r = 0; r < ROUNDS; r++) {
		for (size_t i = 0; i < COUNT; i++) {
			char *p = arena_alloc(&arena, sizes[i]);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % 16, 0);
			check_zeroed(p, sizes[i]);
			memset(p, (int)i + 1, sizes[i]);
			objects[r][i] = p;
		}
	}
	for (int r = 0; r < ROUNDS; r++)
		for (size_t i = 0; i < COUNT; i++)
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(objects[r][i][k], i + 1);
	assert_false(arena_failed(&arena));
}

void
test_arena_zeroes_what_it_reuses(void **state)
{
	char *first = arena_alloc(&arena, 4000);
	char *again;

	(void)state;
	memset(first, 'x', 4000);
	arena_reset(&arena);
	again = arena_alloc(&arena, 4000);
	assert_ptr_equal(first, again);
	check_zeroed(again, 4000);
}

void
test_arena_reset_keeps_the_first_block_only(void **state)
{
	void *first = arena_alloc(&arena, 16);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_non_null(arena_alloc(&arena, 5000));
	assert_non_null(arena_alloc(&arena, 500000));
	arena_reset(&arena);
	assert_int_equal(arena.used_bytes, 0);
	assert_ptr_equal(arena_alloc(&arena, 16), first);
}

void
test_arena_large_object_leaves_block_in_use(void **state)
{
	char *small = arena_alloc(&arena, 16);
	char *large = arena_alloc(&arena, 500000);
	char *next = arena_alloc(&arena, 16);

	(void)state;
	assert_non_null(large);
	assert_true(next > small && next - small <= 64);
}

void
test_arena_over_cap_is_sticky(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1000);
	assert_non_null(arena_alloc(&a, 900));
	assert_false(arena_failed(&a));
	assert_null(arena_alloc(&a, 100));
	assert_true(arena_failed(&a));
	assert_null(arena_alloc(&a, 1));
	arena_reset(&a);
	assert_false(arena_failed(&a));
	assert_non_null(arena_alloc(&a, 992));
	assert_null(arena_alloc(&a, 1));
	arena_fini(&a);
}

void
test_arena_array_refuses_overflow(void **state)
{
	(void)state;
	assert_non_null(ARENA_ARRAY(&arena, 0, int64_t));
	assert_non_null(ARENA_ARRAY(&arena, 10, int64_t));
	assert_null(ARENA_ARRAY(&arena, SIZE_MAX / 4, int64_t));
	assert_true(arena_failed(&arena));
	arena_reset(&arena);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	arena_reset(&arena);
	assert_null(arena_alloc(&arena, SIZE_MAX / 2));
}

/* A buffer's life: small in a block, moved, then in an own block. */
void
test_arena_grow_keeps_bytes_and_zeroes_the_rest(void **state)
{
	size_t n = 1;
	char *p = arena_grow(&arena, NULL, 0, n);

	(void)state;
	p[0] = 'a';
	while (n < 1000000) {
		size_t more = n * 3;

		if (n > 100 && n < 20000)
			assert_non_null(arena_alloc(&arena, 16));
		p = arena_grow(&arena, p, n, more);
		assert_non_null(p);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 'a');
		check_zeroed(p + n, more - n);
		memset(p, 'a', more);
		n = more;
	}
}

void
test_arena_grow_in_place_costs_only_the_growth(void **state)
{
	char *p = arena_alloc(&arena, 100);
	size_t used;

	(void)state;
	assert_ptr_equal(arena_grow(&arena, p, 100, 1000), p);
	assert_int_equal(arena.used_bytes, 1008);
	p = arena_alloc(&arena, 300000);
	used = arena.used_bytes;
	p = arena_grow(&arena, p, 300000, 3000000);
	assert_non_null(p);
	assert_int_equal(arena.used_bytes, used + 2700000);
	assert_non_null(arena_alloc(&arena, 16));
}

void
test_arena_grow_past_its_block_moves(void **state)
{
	char *p = arena_alloc(&arena, 100);
	char *grown = arena_grow(&arena, p, 100, 7000);

	(void)state;
	assert_ptr_equal(grown, p);
	memset(grown, 'a', 7000);
	grown = arena_grow(&arena, grown, 7000, 9000);
	assert_non_null(grown);
	assert_ptr_not_equal(grown, p);
	assert_int_equal(grown[6999], 'a');
	check_zeroed(grown + 7000, 2000);
}

void
test_arena_grow_into_dirty_memory_zeroes_the_rest(void **state)
{
	char *p = arena_alloc(&arena, 7000), *between;

	(void)state;
	memset(p, 'x', 7000);
	arena_reset(&arena);
	p = arena_alloc(&arena, 100);
	memset(p, 'a', 100);
	between = arena_alloc(&arena, 16);
	p = arena_grow(&arena, p, 100, 3000);
	assert_true(p > between);
	assert_int_equal(p[99], 'a');
	check_zeroed(p + 100, 2900);
}

/* The heap is made dirty first: fresh pages would be zero by themselves. */
void
test_arena_grow_own_block_zeroes_dirty_heap(void **state)
{
	char *dirt = malloc(100000);
	char *p;

	(void)state;
	assert_non_null(arena_alloc(&arena, 1));
	assert_non_null(dirt);
	memset(dirt, 'x', 100000);
	/* So that the compiler keeps what is about to be freed. */
	__asm__ volatile("" : : "r"(dirt) : "memory");
	free(dirt);
	p = arena_alloc(&arena, 10000);
	p = arena_grow(&arena, p, 10000, 50000);
	assert_non_null(p);
	check_zeroed(p, 50000);
}

void
test_arena_grow_over_cap_fails(void **state)
{
	char *p = arena_alloc(&arena, 100);

	(void)state;
	p[99] = 'z';
	assert_null(arena_grow(&arena, p, 100, CAP + 1));
	assert_true(arena_failed(&arena));
	assert_int_equal(p[99], 'z');
}

void
test_arena_dup_ends_in_nul(void **state)
{
	struct str s = arena_dup(&arena, str_sub(STR("hello"), 0, 4));

	(void)state;
	check_str(s, "hell");
	assert_int_equal(s.p[4], '\0');
	check_str(arena_dup(&arena, STR("")), "");
	arena_reset(&arena);
	memset(arena_alloc(&arena, 1000), 'x', 1000);
	arena_reset(&arena);
	s = arena_dup(&arena, STR("again"));
	assert_int_equal(s.p[5], '\0');
	check_str(arena_dup(&arena, STR_NONE), NULL);
	assert_null(arena_alloc(&arena, CAP));
	check_str(arena_dup(&arena, STR("x")), NULL);
}

void
test_arena_printf_fits_its_text(void **state)
{
	struct str s = arena_printf(&arena, "%s-%d", "a", 12);

	(void)state;
	check_str(s, "a-12");
	assert_int_equal(s.p[4], '\0');
	s = arena_printf(&arena, "%9000d", 1);
	assert_int_equal(s.n, 9000);
	assert_null(arena_alloc(&arena, CAP));
	check_str(arena_printf(&arena, "x"), NULL);
}

void
test_arena_red_zones_are_poisoned(void **state)
{
	(void)state;
#ifdef TEST_ASAN
	char *p = arena_alloc(&arena, 20);
	char *q = arena_alloc(&arena, 20);

	assert_false(__asan_address_is_poisoned(p + 19));
	assert_true(__asan_address_is_poisoned(p + 20));
	assert_true(__asan_address_is_poisoned(q - 1));
	assert_true(__asan_address_is_poisoned(q + 32));
	arena_reset(&arena);
	assert_true(__asan_address_is_poisoned(p));
#else
	skip();
#endif
}
