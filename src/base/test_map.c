/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "tests/check.h"

#define COUNT 5000

static struct arena arena;
static struct map map;
static int values[COUNT];

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 4 << 20);
	map_init(&map, &arena);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

void
test_map_empty_finds_nothing(void **state)
{
	size_t at = 0;

	(void)state;
	assert_null(map_find(&map, STR("a")));
	assert_null(map_find(&map, STR("")));
	assert_null(map_find(&map, STR_NONE));
	assert_null(map_next(&map, &at));
}

void
test_map_put_replaces(void **state)
{
	(void)state;
	check_err(map_put(&map, STR("a"), &values[0]), ERR_OK);
	check_err(map_put(&map, STR(""), &values[1]), ERR_OK);
	check_err(map_put(&map, STR("a\0"), &values[2]), ERR_OK);
	check_err(map_put(&map, STR("a"), &values[3]), ERR_OK);
	assert_int_equal(map.used, 3);
	assert_ptr_equal(map_find(&map, STR("a")), &values[3]);
	assert_ptr_equal(map_find(&map, STR("")), &values[1]);
	assert_ptr_equal(map_find(&map, STR("a\0")), &values[2]);
	assert_null(map_find(&map, STR("b")));
}

/* Keys of many lengths, so that all of the hash's tails are seen. */
static struct str
key_of(int i)
{
	return arena_printf(&arena, "%0*d", i % 40 + 5, i);
}

void
test_map_grows_and_walks_everything(void **state)
{
	const struct map_slot *slot;
	size_t at, walked = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		values[i] = 0;
		check_err(map_put(&map, key_of(i), &values[i]), ERR_OK);
	}
	for (int i = 0; i < COUNT; i++)
		assert_ptr_equal(map_find(&map, key_of(i)), &values[i]);
	assert_null(map_find(&map, STR("nobody")));
	for (at = 0; (slot = map_next(&map, &at)) != NULL; walked++)
		*(int *)slot->value += 1;
	assert_int_equal(walked, COUNT);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(values[i], 1);
}

/* A map that hashes badly still finds, but by walking: count the walk. */
void
test_map_spreads_keys(void **state)
{
	size_t steps = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		check_err(map_put(&map, key_of(i), &values[i]), ERR_OK);
	for (size_t i = 0; i < map.slot_count; i++)
		if (map.slots[i].value != NULL)
			steps += (i - map.slots[i].hash) & (map.slot_count - 1);
	/* Linear probing at 5000/8192 expects 0.8 steps a key. */
	assert_true(steps < 2 * COUNT);
}

void
test_map_without_memory_is_as_before(void **state)
{
	struct arena small;
	struct map m;
	enum err_code rc;
	int i = 0;

	(void)state;
	arena_init(&small, 3000);
	map_init(&m, &small);
	while ((rc = map_put(&m, key_of(i), &values[i])) == ERR_OK)
		i++;
	check_err(rc, ERR_NO_MEMORY);
	assert_true(i >= 12);
	assert_int_equal(m.used, i);
	assert_null(map_find(&m, key_of(i)));
	for (int k = 0; k < i; k++)
		assert_ptr_equal(map_find(&m, key_of(k)), &values[k]);
	check_err(map_put(&m, key_of(0), &values[9]), ERR_OK);
	arena_fini(&small);
}
