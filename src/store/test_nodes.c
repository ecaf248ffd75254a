/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of nodes, buckets in the store and the revision of apps, by a clock
 * that the test sets.
 */
#include "store/nodes.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/when.h"
#include "store/test_world.h"

#define NOW_MS INT64_C(1772015400000)
#define LEASE_MS 10000

static struct world world;

int
setup(void **state)
{
	(void)state;
	must_open_world(&world);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	close_world(&world);
	return 0;
}

static struct store_node
lease(const char *holder, int64_t now_ms)
{
	struct store_node n = {
	    .holder = str_from(holder), .ids_end_ms = now_ms + LEASE_MS};

	check_err(store_node_lease(world.w, now_ms, LEASE_MS, &n, &world.err),
	    ERR_OK);
	assert_int_equal(n.db_ms, now_ms);
	return n;
}

void
test_nodes_have_numbers_of_their_own(void **state)
{
	struct store_node a = lease("a", NOW_MS), b = lease("b", NOW_MS);

	(void)state;
	assert_int_equal(a.node, 0);
	assert_int_equal(b.node, 1);
	assert_int_equal(lease("c", NOW_MS + LEASE_MS - 1).node, 2);
	/* By the millisecond in which its lease is over. */
	assert_int_equal(lease("d", NOW_MS + LEASE_MS).node, 0);
	assert_int_equal(lease("e", NOW_MS + LEASE_MS).node, 1);
	assert_int_equal(lease("f", NOW_MS + LEASE_MS).node, 3);
}

void
test_node_that_renews_keeps_its_number(void **state)
{
	struct store_node a = lease("a", NOW_MS);
	bool lost;

	(void)state;
	for (int i = 1; i < 10; i++) {
		a.ids_end_ms += LEASE_MS / 2;
		check_err(store_node_renew(world.w, NOW_MS + i * LEASE_MS / 2,
			      LEASE_MS, &a, &lost, &world.err),
		    ERR_OK);
		assert_false(lost);
		assert_int_equal(lease("b", NOW_MS + i * LEASE_MS / 2).node > 0,
		    1);
	}
}

void
test_node_successor_begins_behind_and_the_former_one_hears_of_it(void **state)
{
	struct store_node a = lease("a", NOW_MS), b;
	bool lost;

	(void)state;
	a.ids_end_ms = NOW_MS + 3600000; /* its clock ran an hour ahead */
	check_err(
	    store_node_renew(world.w, NOW_MS, LEASE_MS, &a, &lost, &world.err),
	    ERR_OK);
	b = lease("b", NOW_MS + LEASE_MS);
	assert_int_equal(b.node, a.node);
	assert_int_equal(b.ids_begin_ms, NOW_MS + 3600000);
	assert_int_equal(b.ids_end_ms, NOW_MS + 3600000 + LEASE_MS);
	check_err(store_node_renew(world.w, NOW_MS + LEASE_MS, LEASE_MS, &a,
		      &lost, &world.err),
	    ERR_OK);
	assert_true(lost);
}

void
test_node_late_but_not_taken_stays(void **state)
{
	struct store_node a = lease("a", NOW_MS);
	bool lost;

	(void)state;
	check_err(store_node_renew(world.w, NOW_MS + 5 * LEASE_MS, LEASE_MS, &a,
		      &lost, &world.err),
	    ERR_OK);
	assert_false(lost);
	assert_int_equal(lease("b", NOW_MS + 5 * LEASE_MS).node, 1);
}

void
test_node_given_back_is_free_behind_its_last_id(void **state)
{
	struct store_node a = lease("a", NOW_MS), b;

	(void)state;
	a.ids_end_ms = NOW_MS + 17;
	check_err(store_node_release(world.w, &a, &world.err), ERR_OK);
	b = lease("b", NOW_MS + 1);
	assert_int_equal(b.node, 0);
	assert_int_equal(b.ids_begin_ms, NOW_MS + 17);
	/* Giving back what is another's is nothing. */
	check_err(store_node_release(world.w, &a, &world.err), ERR_OK);
	assert_int_equal(lease("c", NOW_MS + 1).node, 1);
}

void
test_nodes_use_the_databases_clock(void **state)
{
	struct store_node n = {.holder = STR("a"), .ids_end_ms = 1};
	int64_t now_ms = clock_now_ms(&clock_system);

	(void)state;
	check_err(store_node_lease(world.w, 0, LEASE_MS, &n, &world.err),
	    ERR_OK);
	assert_true(n.db_ms >= now_ms - 2 && n.db_ms < now_ms + 10000);
}

void
test_nodes_come_to_an_end(void **state)
{
	struct store_node n = {.ids_end_ms = 1};
	char holder[16];

	(void)state;
	for (int i = 0; i <= STORE_NODE_MAX; i++) {
		(void)snprintf(holder, sizeof(holder), "h%d", i);
		assert_int_equal(lease(holder, NOW_MS).node, i);
	}
	n.holder = STR("late");
	check_err(store_node_lease(world.w, NOW_MS, LEASE_MS, &n, &world.err),
	    ERR_BUSY);
}

/* --- rates ----------------------------------------------------------------- */

static struct store_rate
take(int64_t now_ms, int64_t limit, int64_t per_ms, int64_t owed, int64_t want)
{
	struct store_rate r = {.app = 7,
	    .name = STR("put"),
	    .limit = limit,
	    .per_ms = per_ms,
	    .owed = owed,
	    .want = want,
	    .is_new = true};

	check_err(store_rates_take(world.w, now_ms, &r, 1, &world.err), ERR_OK);
	assert_true(r.found);
	return r;
}

void
test_rate_row_is_an_exact_bucket(void **state)
{
	struct store_rate r = take(NOW_MS, 20, 1000, 0, 5);

	(void)state;
	assert_int_equal(r.granted, 5);
	assert_int_equal(r.level, 15000);
	r = take(NOW_MS, 20, 1000, 0, 100);
	assert_int_equal(r.granted, 15);
	assert_int_equal(r.level, 0);
	assert_int_equal(take(NOW_MS + 49, 20, 1000, 0, 1).granted, 0);
	r = take(NOW_MS + 50, 20, 1000, 0, 9);
	assert_int_equal(r.granted, 1);
	assert_int_equal(r.level, 0);
	/* It fills up and not beyond. */
	r = take(NOW_MS + 100000, 20, 1000, 0, 0);
	assert_int_equal(r.level, 20000);
}

void
test_rate_row_takes_debts_and_gifts(void **state)
{
	struct store_rate r = take(NOW_MS, 20, 1000, 30, 5);

	(void)state;
	assert_int_equal(r.granted, 0);
	assert_int_equal(r.level, -10000);
	assert_int_equal(take(NOW_MS + 549, 20, 1000, 0, 1).granted, 0);
	assert_int_equal(take(NOW_MS + 550, 20, 1000, 0, 1).granted, 1);
	r = take(NOW_MS + 550, 20, 1000, -7, 2);
	assert_int_equal(r.granted, 2);
	assert_int_equal(r.level, 5000);
	assert_int_equal(take(NOW_MS + 550, 20, 1000, -100, 0).level, 20000);
}

void
test_rate_row_of_another_limit_and_clock(void **state)
{
	(void)state;
	assert_int_equal(take(NOW_MS, 20, 1000, 0, 20).granted, 20);
	/* Less: no more than the bucket holds. More: what comes from now on. */
	assert_int_equal(take(NOW_MS + 1000, 5, 1000, 0, 99).granted, 5);
	assert_int_equal(take(NOW_MS + 1000, 100, 1000, 0, 99).granted, 0);
	assert_int_equal(take(NOW_MS + 1000, 60, 60000, 0, 99).granted, 60);
	/* A node behind the others in time brings nothing, an hour is a step. */
	assert_int_equal(take(NOW_MS + 3000, 60, 60000, 0, 9).granted, 2);
	assert_int_equal(take(NOW_MS + 2500, 60, 60000, 0, 9).granted, 0);
	assert_int_equal(take(NOW_MS + 4000, 60, 60000, 0, 9).granted, 1);
	assert_int_equal(take(NOW_MS - 3600000, 60, 60000, 0, 9).granted, 0);
	assert_int_equal(take(NOW_MS - 3599000, 60, 60000, 0, 9).granted, 1);
}

void
test_rate_rows_are_taken_together(void **state)
{
	static char names[STORE_RATES_MAX][8];
	struct store_rate r[STORE_RATES_MAX] = {{.app = 0}};

	(void)state;
	for (int i = 0; i < STORE_RATES_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "n%d", i % 7);
		r[i] = (struct store_rate){.app = 1000 - i / 7,
		    .name = str_from(names[i]),
		    .limit = 10,
		    .per_ms = 1000,
		    .want = i % 20,
		    .is_new = true};
	}
	check_err(
	    store_rates_take(world.w, NOW_MS, r, STORE_RATES_MAX, &world.err),
	    ERR_OK);
	for (int i = 0; i < STORE_RATES_MAX; i++) {
		int64_t granted = i % 20 < 10 ? i % 20 : 10;

		assert_true(r[i].found);
		assert_int_equal(r[i].granted, granted);
		assert_int_equal(r[i].level, (10 - granted) * 1000);
	}
	/* A row that was there is gone: told, not made up. */
	r[0].app = 5;
	r[0].is_new = false;
	check_err(store_rates_take(world.w, NOW_MS, r, 2, &world.err), ERR_OK);
	assert_false(r[0].found);
	assert_true(r[1].found);
}

/* One of several nodes that want what there is, one bucket or two at once. */
static void *
take_many(void *arg)
{
	int64_t *granted = arg;
	struct store_conn *c;
	struct err err = {0};

	check_err(store_connect(world.store, STORE_WRITER, &c, &err), ERR_OK);
	for (size_t i = 0; i < 300; i++) {
		struct store_rate r[2] = {
		    {.app = 7, .name = STR("put"), .is_new = true},
		    {.app = 7, .name = STR("other"), .is_new = true}};
		enum err_code code = ERR_STORE_BUSY;
		size_t count = 1;

		for (int k = 0; k < 2; k++) {
			r[k].limit = 200;
			r[k].per_ms = 1000;
			r[k].want = 1;
		}
		/* An embedded store has one writer and tells the others so;
		 * it takes rows one by one, so of two the first may be
		 * taken. */
		if (store_is_remote(world.store))
			count += i % 2;
		while (code == ERR_STORE_BUSY)
			code = store_rates_take(c, NOW_MS, r, count, &err);
		check_err(code, ERR_OK);
		*granted += r[0].granted;
	}
	store_disconnect(&c);
	return NULL;
}

void
test_rate_row_gives_each_token_once(void **state)
{
	int64_t granted[3] = {0};
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, take_many, &granted[i]),
		    0);
	for (int i = 0; i < 3; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(granted[0] + granted[1] + granted[2], 200);
}

/* --- news ------------------------------------------------------------------ */

static int64_t
revision(void)
{
	int64_t n = -1;

	check_err(store_apps_revision(world.r, &n, &world.err), ERR_OK);
	return n;
}

void
test_revision_counts_what_was_committed(void **state)
{
	struct app_record app = {.id = STR("a1"),
	    .name = STR("a"),
	    .policy = STR(""),
	    .created_ms = 1};
	struct warehouse warehouse = {.id = 3, .no = STR("W3")};

	(void)state;
	assert_int_equal(revision(), 0);
	check_err(store_begin(world.w, world_apps, WORLD_APPS, &world.err),
	    ERR_OK);
	check_err(store_app_put(world.w, &app, &world.err), ERR_OK);
	store_rollback(world.w);
	check_err(store_begin(world.w, world_apps, WORLD_APPS, &world.err),
	    ERR_OK);
	check_err(store_commit(world.w, &world.err), ERR_OK);
	assert_int_equal(revision(), 0);
	app.no = 0;
	check_err(store_begin(world.w, world_apps, WORLD_APPS, &world.err),
	    ERR_OK);
	check_err(store_app_put(world.w, &app, &world.err), ERR_OK);
	assert_int_equal(revision(), 0);
	check_err(store_commit(world.w, &world.err), ERR_OK);
	assert_int_equal(revision(), 1);
	check_err(store_begin(world.w, world_apps, WORLD_APPS, &world.err),
	    ERR_OK);
	check_err(store_warehouse_put(world.w, app.no, &warehouse, &world.err),
	    ERR_OK);
	check_err(store_commit(world.w, &world.err), ERR_OK);
	assert_int_equal(revision(), 2);
}

void
test_feed_last_of_apps_without_one(void **state)
{
	int64_t apps[1200], lasts[1200];

	(void)state;
	for (int i = 0; i < 1200; i++) {
		apps[i] = i + 1;
		lasts[i] = -1;
	}
	check_err(store_feed_last(world.r, apps, 1200, lasts, &world.err),
	    ERR_OK);
	for (int i = 0; i < 1200; i++)
		assert_int_equal(lasts[i], 0);
}
