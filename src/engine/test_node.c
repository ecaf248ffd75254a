/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids of nodes that come, go, fall silent and have wrong clocks: never one
 * twice, and none without a lease.
 */
#include "engine/node.h"

#include "engine/test_world.h"

#define US_PER_MS INT64_C(1000)
#define NODES 3

/* A node with a clock of its own beside the database's. */
struct fake {
	struct world clock;
	struct ids ids;
	struct node node;
	struct store_conn *conn;
	int64_t last;
};

static struct world world;
static struct fake fakes[NODES];
static int64_t db_ms;
static int64_t *seen;
static size_t seen_count;

#define SEEN_MAX 400000

int
setup(void **state)
{
	(void)state;
	world_open(&world);
	db_ms = WORLD_NOW_MS;
	seen = calloc(SEEN_MAX, sizeof(*seen));
	seen_count = 0;
	for (int i = 0; i < NODES; i++) {
		struct fake *f = &fakes[i];

		*f = (struct fake){.clock = {.now_ms = WORLD_NOW_MS}};
		ids_init(&f->ids, 0);
		node_init(&f->node, &f->ids, world_clock(&f->clock));
		check_err(
		    store_connect(world.store, STORE_WRITER, &f->conn, NULL),
		    ERR_OK);
	}
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < NODES; i++) {
		store_disconnect(&fakes[i].conn);
		ids_fini(&fakes[i].ids);
	}
	free(seen);
	store_close(&world.store);
	return 0;
}

static void
must_keep(struct fake *f)
{
	struct err err = {0};

	check_err(node_keep(&f->node, f->conn, db_ms,
		      (db_ms - WORLD_NOW_MS) * US_PER_MS, &err),
	    ERR_OK);
}

static int64_t
make(struct fake *f)
{
	int64_t id = ids_next(&f->ids, f->clock.now_ms);

	if (id == 0)
		return 0;
	assert_true(id > f->last);
	assert_true(seen_count < SEEN_MAX);
	f->last = id;
	seen[seen_count++] = id;
	return id;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
check_all_unique(void)
{
	qsort(seen, seen_count, sizeof(*seen), compare);
	for (size_t i = 1; i < seen_count; i++)
		assert_true(seen[i] > seen[i - 1]);
}

/* A process that starts again: nothing but the store knows of the former one. */
static void
start_again(struct fake *f)
{
	int64_t last = f->last;

	ids_fini(&f->ids);
	ids_init(&f->ids, 0);
	node_init(&f->node, &f->ids, world_clock(&f->clock));
	f->last = 0;
	must_keep(f);
	assert_true(f->node.held);
	(void)last;
}

void
test_node_has_no_ids_before_it_has_a_number(void **state)
{
	(void)state;
	assert_int_equal(make(&fakes[0]), 0);
	must_keep(&fakes[0]);
	assert_int_not_equal(make(&fakes[0]), 0);
	assert_int_equal(fakes[0].node.lease.node, 0);
	must_keep(&fakes[1]);
	assert_int_equal(make(&fakes[1]) >> 12 & 1023, 1);
}

void
test_node_goes_on_until_its_stretch_ends(void **state)
{
	struct fake *f = &fakes[0];

	(void)state;
	must_keep(f);
	f->clock.now_ms += LIMIT_NODE_LEASE_MS - 1;
	assert_int_not_equal(make(f), 0);
	f->clock.now_ms += 1;
	assert_int_equal(make(f), 0);
	/* Renewed late, but nobody had taken it. */
	db_ms += 3 * LIMIT_NODE_LEASE_MS;
	must_keep(f);
	assert_int_not_equal(make(f), 0);
	assert_int_equal(f->node.lease.node, 0);
	check_all_unique();
}

void
test_node_number_is_taken_over(void **state)
{
	struct fake *a = &fakes[0], *b = &fakes[1];

	(void)state;
	must_keep(a);
	assert_int_not_equal(make(a), 0);
	/* It falls silent, and is not dead: its clock stands still. */
	db_ms += LIMIT_NODE_LEASE_MS;
	must_keep(b);
	assert_int_equal(b->node.lease.node, 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_not_equal(make(a), 0);
		assert_int_not_equal(make(b), 0);
	}
	check_all_unique();
	/* Now it hears of it, and takes another. */
	a->clock.now_ms = db_ms;
	must_keep(a);
	assert_int_equal(a->node.lease.node, 1);
	for (int i = 0; i < 1000; i++)
		assert_int_not_equal(make(a), 0);
	check_all_unique();
}

void
test_node_clock_that_steps_back_is_harmless(void **state)
{
	struct fake *f = &fakes[0];

	(void)state;
	must_keep(f);
	assert_int_not_equal(make(f), 0);
	f->clock.now_ms -= 3600000;
	for (int i = 0; i < 10000; i++)
		assert_int_not_equal(make(f), 0);
	/* Also of a process that starts again with it. */
	db_ms += LIMIT_NODE_LEASE_MS;
	start_again(f);
	assert_int_equal(f->node.lease.node, 0);
	for (int i = 0; i < 10000; i++)
		assert_int_not_equal(make(f), 0);
	check_all_unique();
}

void
test_node_given_back_is_taken_at_once(void **state)
{
	struct fake *a = &fakes[0], *b = &fakes[1];

	(void)state;
	must_keep(a);
	for (int i = 0; i < 5000; i++)
		assert_int_not_equal(make(a), 0);
	node_release(&a->node, a->conn);
	assert_int_equal(make(a), 0);
	must_keep(b);
	assert_int_equal(b->node.lease.node, 0);
	for (int i = 0; i < 5000; i++)
		assert_int_not_equal(make(b), 0);
	check_all_unique();
}

/* Random lives: silence, restarts, releases, clocks that step by an hour, and
 * a database whose clock jumps. */
void
test_node_ids_are_unique_whatever_happens(void **state)
{
	unsigned seed = 7;
	int64_t made = 0;

	(void)state;
	for (int i = 0; i < NODES; i++)
		must_keep(&fakes[i]);
	for (int step = 0; step < 3000; step++) {
		struct fake *f = &fakes[rand_r(&seed) % NODES];

		switch (rand_r(&seed) % 12) {
		case 0:
			f->clock.now_ms += rand_r(&seed) % 7200000 - 3600000;
			break;
		case 1:
			db_ms += rand_r(&seed) % (2 * LIMIT_NODE_LEASE_MS);
			break;
		case 2:
			start_again(f);
			break;
		case 3:
			node_release(&f->node, f->conn);
			break;
		case 4:
			f->clock.now_ms = db_ms;
			break;
		case 5:
		case 6:
			must_keep(f);
			break;
		default:
			for (int i = rand_r(&seed) % 100; i > 0; i--)
				made += make(f) != 0;
		}
	}
	assert_true(made > 10000);
	check_all_unique();
}
