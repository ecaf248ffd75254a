/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates leased from one store by three nodes, in simulated time: never more in
 * any window than the bound says, and no less than there is.
 */
#include "engine/leases.h"

#include "engine/test_world.h"

#define NODES 3
#define LIMIT 20
#define PER_MS 1000
#define CALLS_MAX 200000

struct fake {
	struct leases leases;
	struct lease_turn turn;
	bool asked;	     /* the turn is at the store … */
	int64_t answered_ms; /* … which answers then */
};

static struct world world;
static struct store_conn *conn;
static struct fake nodes[NODES];
static struct rate_claim claims[RATE_CLAIMS_MAX];
static struct rate_state told;
static int64_t now_ms, turn_ms;
static enum err_code store_says;
/* When calls passed, in milliseconds. */
static int64_t *passed_ms;
static size_t passed_count, refused_count, failed_count;

struct fake_call {
	struct admission a;
	struct rate_state state;
};

static void
count_call(enum err_code code)
{
	assert_true(passed_count < CALLS_MAX);
	if (code == ERR_OK)
		passed_ms[passed_count++] = now_ms;
	else if (code == ERR_RATE_LIMITED)
		refused_count++;
	else
		failed_count++;
}

static void
fake_done(struct admission *a)
{
	struct fake_call *c = (void *)a;

	told = c->state;
	count_call(a->code);
	free(c);
}

int
setup(void **state)
{
	(void)state;
	world_open(&world);
	check_err(store_connect(world.store, STORE_WRITER, &conn, NULL),
	    ERR_OK);
	for (int i = 0; i < NODES; i++) {
		nodes[i].asked = false;
		leases_init(&nodes[i].leases);
	}
	claims[0] = (struct rate_claim){"put", LIMIT, PER_MS, 1, false};
	passed_ms = calloc(CALLS_MAX, sizeof(*passed_ms));
	passed_count = refused_count = failed_count = 0;
	now_ms = WORLD_NOW_MS;
	turn_ms = 2;
	store_says = ERR_OK;
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < NODES; i++)
		leases_fini(&nodes[i].leases);
	store_disconnect(&conn);
	store_close(&world.store);
	free(passed_ms);
	return 0;
}

static int64_t
now_us(void)
{
	return (now_ms - WORLD_NOW_MS + 5000) * 1000;
}

static void
call(struct fake *f, size_t claim_count)
{
	struct fake_call *c = calloc(1, sizeof(*c));

	c->a = (struct admission){.app = WORLD_APP,
	    .claims = claims,
	    .count = claim_count,
	    .state = &c->state,
	    .done = fake_done};
	if (leases_admit(&f->leases, now_us(), &c->a))
		fake_done(&c->a);
}

static void
tell_decided(struct fake *f)
{
	struct list *node;

	while ((node = list_take_first(&f->leases.decided)) != NULL)
		fake_done(LIST_ENTRY(node, struct admission, link));
}

/* The store carries a turn out when it is half over. */
static void
run_turns(void)
{
	for (int i = 0; i < NODES; i++) {
		struct fake *f = &nodes[i];

		if (f->asked && now_ms == f->answered_ms - turn_ms / 2 &&
		    store_says == ERR_OK)
			check_err(store_rates_take(conn, now_ms, f->turn.rates,
				      f->turn.count, NULL),
			    ERR_OK);
		if (f->asked && now_ms >= f->answered_ms) {
			f->asked = false;
			leases_turn_end(&f->leases, now_us(), &f->turn,
			    store_says);
			tell_decided(f);
		}
		if (!f->asked &&
		    leases_turn_begin(&f->leases, now_us(), &f->turn)) {
			f->asked = true;
			f->answered_ms = now_ms + turn_ms;
		}
	}
}

static void
finish(void)
{
	for (int i = 0; i < 2000; i++, now_ms++)
		run_turns();
	for (int i = 0; i < NODES; i++)
		assert_false(leases_hold(&nodes[i].leases));
}

/* In every window of this length, at most so many calls passed. */
static void
check_window(int64_t window_ms, int64_t limit, int64_t per_ms)
{
	int64_t most = limit +
	    limit * (window_ms + LIMIT_RATE_HOLD_MS) / per_ms;
	size_t first = 0;

	for (size_t i = 0; i < passed_count; i++) {
		while (passed_ms[i] - passed_ms[first] >= window_ms)
			first++;
		if ((int64_t)(i - first + 1) > most)
			fail_msg(
			    "%zu calls passed in %lld ms, at most %lld may",
			    i - first + 1, (long long)window_ms,
			    (long long)most);
	}
}

static void
check_windows(int64_t limit, int64_t per_ms)
{
	static const int64_t windows_ms[] = {
	    1, 10, 50, 100, 200, 500, 1000, 2000, 5000, 20000};

	for (size_t i = 0; i < sizeof(windows_ms) / sizeof(*windows_ms); i++)
		check_window(windows_ms[i], limit, per_ms);
}

static int64_t
passed_between(int64_t from_ms, int64_t to_ms)
{
	int64_t n = 0;

	for (size_t i = 0; i < passed_count; i++)
		n += passed_ms[i] >= from_ms && passed_ms[i] < to_ms;
	return n;
}

void
test_leases_flood_of_three_nodes(void **state)
{
	(void)state;
	for (int ms = 0; ms < 20000; ms++, now_ms++) {
		for (int i = 0; i < NODES; i++)
			call(&nodes[i], 1);
		run_turns();
	}
	check_windows(LIMIT, PER_MS);
	/* A full bucket and then the rate, to a token or two. */
	assert_in_range(passed_count, LIMIT * 21 - 5, LIMIT * 21);
	assert_true(refused_count > 50000);
	assert_int_equal(failed_count, 0);
	finish();
}

void
test_leases_one_node_has_the_whole_limit(void **state)
{
	(void)state;
	for (int ms = 0; ms < 5000; ms++, now_ms++) {
		call(&nodes[ms / 100 % NODES], 1);
		run_turns();
	}
	assert_in_range(passed_count, LIMIT * 6 - 5, LIMIT * 6);
	for (int ms = 0; ms < 5000; ms++, now_ms++) {
		call(&nodes[1], 1);
		run_turns();
	}
	assert_in_range(passed_between(now_ms - 5000, now_ms), LIMIT * 5 - 4,
	    LIMIT * 5 + 2);
	check_windows(LIMIT, PER_MS);
	finish();
}

void
test_leases_below_the_limit_all_pass(void **state)
{
	unsigned seed = 3;
	size_t calls = 0;

	(void)state;
	claims[0].limit = 1000;
	for (int ms = 0; ms < 10000; ms++, now_ms++) {
		if (rand_r(&seed) % 10 < 8) {
			call(&nodes[rand_r(&seed) % NODES], 1);
			calls++;
		}
		run_turns();
	}
	for (int i = 0; i < 10; i++, now_ms++)
		run_turns();
	assert_int_equal(passed_count, calls);
	check_windows(1000, PER_MS);
	/* Most find their token here. */
	assert_true((size_t)(nodes[0].leases.waits + nodes[1].leases.waits +
			nodes[2].leases.waits) < calls / 2);
	finish();
}

/* Nothing is held back for long by a node that got more than it used. */
void
test_leases_unused_tokens_go_back(void **state)
{
	(void)state;
	claims[1] = (struct rate_claim){"app", 100, PER_MS, 1, false};
	for (int i = 0; i < 100; i++)
		call(&nodes[0], 2);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	assert_int_equal(passed_count, LIMIT);
	assert_int_equal(refused_count, 100 - LIMIT);
	for (int i = 0; i < LIMIT_RATE_HOLD_MS + 5; i++, now_ms++)
		run_turns();
	/* The other bucket is as full as if nothing but those was taken. */
	claims[0] = claims[1];
	passed_count = 0;
	for (int i = 0; i < 100; i++)
		call(&nodes[1], 1);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	assert_in_range(passed_count, 100 - LIMIT + 20, 100);
	finish();
}

void
test_leases_refuse_without_asking_while_it_is_empty(void **state)
{
	int64_t turns = 0;

	(void)state;
	for (int ms = 0; ms < 1000; ms++, now_ms++) {
		bool asked = nodes[0].asked;

		for (int i = 0; i < 20; i++)
			call(&nodes[0], 1);
		run_turns();
		turns += !asked && nodes[0].asked;
	}
	assert_in_range(turns, LIMIT, 3 * LIMIT);
	assert_true(told.refused);
	assert_int_equal(told.remaining, 0);
	assert_int_equal(told.limit, LIMIT);
	assert_int_equal(told.per_ms, PER_MS);
	assert_in_range(told.retry_ms, 1, 50);
	assert_in_range(told.reset_ms, 900, 1000);
	finish();
}

/* A turn for another bucket says nothing about this one. */
void
test_leases_of_one_bucket_are_not_anothers(void **state)
{
	struct rate_claim other = {"app", 1000, PER_MS, 1, false};
	struct rate_claim put = claims[0];

	(void)state;
	for (int i = 0; i <= LIMIT; i++)
		call(&nodes[0], 1);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	assert_int_equal(refused_count, 1); /* the last one fell short */
	now_ms += 100;
	claims[0] = other;
	call(&nodes[0], 1);
	run_turns();
	assert_true(nodes[0].asked);
	claims[0] = put;
	call(&nodes[0], 1); /* too late for this turn */
	for (int i = 0; i < 6; i++, now_ms++)
		run_turns();
	assert_int_equal(refused_count, 1);
	assert_int_equal(passed_count, LIMIT + 2);
	finish();
}

/* What other nodes have taken since this one's last turn it does not know. */
void
test_leases_tell_what_is_left(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		call(&nodes[i % 2], 1);
		for (int k = 0; k <= turn_ms; k++)
			run_turns(), now_ms++;
		assert_true(told.limited);
		assert_false(told.refused);
		assert_in_range(told.remaining, LIMIT - i - 2, LIMIT - i);
	}
	finish();
}

void
test_leases_batch_takes_more_than_there_is(void **state)
{
	struct rate_claim owed = {"put", LIMIT, PER_MS, 39, true};

	(void)state;
	call(&nodes[0], 1);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	assert_int_equal(passed_count, 1);
	leases_owe(&nodes[0].leases, now_us(), WORLD_APP, &owed, 1, &told);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	/* 40 of 20: a second until there is one again, on every node. */
	for (int ms = 0; ms < 990; ms++, now_ms++) {
		call(&nodes[1 + ms % 2], 1);
		run_turns();
	}
	assert_int_equal(passed_count, 1);
	for (int ms = 0; ms < 100; ms++, now_ms++) {
		call(&nodes[1 + ms % 2], 1);
		run_turns();
	}
	assert_in_range(passed_count, 2, 3);
	finish();
}

/* What a batch owes is taken when the store is back, from whoever has it. */
void
test_leases_debts_outlive_a_failed_turn(void **state)
{
	struct rate_claim owed = {"put", LIMIT, PER_MS, 39, true};

	(void)state;
	call(&nodes[0], 1);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	store_says = ERR_STORE_FAILED;
	leases_owe(&nodes[0].leases, now_us(), WORLD_APP, &owed, 1, &told);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	store_says = ERR_OK;
	leases_back(&nodes[0].leases);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	call(&nodes[1], 1);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	assert_int_equal(passed_count, 1);
	assert_int_equal(refused_count, 1);
	finish();
}

void
test_leases_store_away(void **state)
{
	(void)state;
	store_says = ERR_STORE_FAILED;
	call(&nodes[0], 1);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	assert_int_equal(failed_count, 1);
	call(&nodes[0], 1); /* at once */
	assert_int_equal(failed_count, 2);
	assert_int_equal(passed_count, 0);
	store_says = ERR_OK;
	leases_back(&nodes[0].leases);
	call(&nodes[0], 1);
	for (int i = 0; i < 3; i++, now_ms++)
		run_turns();
	assert_int_equal(passed_count, 1);
	call(&nodes[0], 1);
	leases_stop(&nodes[1].leases, ERR_STOPPING);
	finish();
}

/* Its answers come too late to be used: refused, and nothing passes. */
void
test_leases_slow_store_stays_within_the_bound(void **state)
{
	(void)state;
	turn_ms = LIMIT_RATE_HOLD_MS + 50;
	for (int ms = 0; ms < 5000; ms++, now_ms++) {
		if (ms % 10 == 0)
			call(&nodes[ms % NODES], 1);
		run_turns();
	}
	check_windows(LIMIT, PER_MS);
	assert_int_equal(passed_count, 0);
	assert_true(failed_count > 0);
	finish();
	turn_ms = LIMIT_RATE_HOLD_MS - 20;
	for (int ms = 0; ms < 10000; ms++, now_ms++) {
		for (int i = 0; i < NODES; i++)
			call(&nodes[i], 1);
		run_turns();
	}
	check_windows(LIMIT, PER_MS);
	assert_true(passed_count > LIMIT * 8);
	finish();
}

/* Bursts, pauses, two limits, batches and changing turns. */
void
test_leases_random_traffic_stays_within_the_bound(void **state)
{
	unsigned seed = 11;
	int64_t busy = 0;

	(void)state;
	claims[0].limit = 200;
	for (int ms = 0; ms < 60000; ms++, now_ms++) {
		if (rand_r(&seed) % 400 == 0) {
			busy = rand_r(&seed) % 4;
			turn_ms = 2 * (1 + rand_r(&seed) % 40);
		}
		for (int64_t i = 0; i < busy; i++)
			call(&nodes[rand_r(&seed) % NODES], 1);
		run_turns();
	}
	check_windows(200, PER_MS);
	assert_true(passed_count > 6000);
	finish();
}

void
test_leases_unlimited_never_wait(void **state)
{
	(void)state;
	claims[0].limit = RATE_UNLIMITED;
	for (int i = 0; i < 1000; i++)
		call(&nodes[0], 1);
	assert_int_equal(passed_count, 1000);
	assert_int_equal(nodes[0].leases.waits, 0);
	assert_false(told.limited);
}
