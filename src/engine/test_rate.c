/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates: exact at the boundary, in debt, over several buckets.
 */
#include "engine/rate.h"

#include "base/limits.h"
#include "tests/check.h"

static struct rate rate;
static struct rate_state told;

int
setup(void **state)
{
	(void)state;
	rate_init(&rate);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	rate_fini(&rate);
	return 0;
}

/* One call of `tokens` against `limit` a second. */
static bool
passes(int64_t now_ms, int64_t app, int64_t limit, int64_t tokens)
{
	struct rate_claim claim = {"put", limit, 1000, tokens, false};

	rate_take(&rate, now_ms, app, &claim, 1, &told);
	return !told.refused;
}

void
test_rate_bucket_begins_full_and_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_true(passes(5000, 1, 20, 1));
		assert_int_equal(told.remaining, 19 - i);
		assert_int_equal(told.reset_ms, 50 * (i + 1));
		assert_int_equal(told.retry_ms, 0);
	}
	assert_false(passes(5000, 1, 20, 1));
	assert_true(told.limited);
	assert_int_equal(told.limit, 20);
	assert_int_equal(told.per_ms, 1000);
	assert_int_equal(told.remaining, 0);
	assert_int_equal(told.retry_ms, 50);
	assert_int_equal(told.reset_ms, 1000);
	assert_string_equal(told.name, "put");
}

void
test_rate_passes_at_the_very_millisecond(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(passes(0, 1, 3, 1));
	/* A token each 333.3 ms: there at 334, not at 333. */
	assert_false(passes(333, 1, 3, 1));
	assert_int_equal(told.retry_ms, 1);
	assert_true(passes(334, 1, 3, 1));
	assert_false(passes(666, 1, 3, 1));
	assert_true(passes(667, 1, 3, 1));
	/* No third is lost: the third one is there at 1000 sharp. */
	assert_false(passes(999, 1, 3, 1));
	assert_true(passes(1000, 1, 3, 1));
}

void
test_rate_is_exact_in_the_long_run(void **state)
{
	int64_t passed = 0;

	(void)state;
	for (int64_t ms = 0; ms <= 700000; ms++)
		passed += passes(ms, 1, 7, 1);
	assert_int_equal(passed, 7 + 7 * 700);
}

void
test_rate_does_not_fill_over_its_limit(void **state)
{
	(void)state;
	assert_true(passes(0, 1, 2, 1));
	assert_true(passes(INT64_C(1) << 50, 1, 2, 1));
	assert_true(passes(INT64_C(1) << 50, 1, 2, 1));
	assert_false(passes(INT64_C(1) << 50, 1, 2, 1));
}

void
test_rate_clock_that_steps_back_only_stops_refill(void **state)
{
	(void)state;
	assert_true(passes(10000, 1, 1, 1));
	assert_false(passes(4000, 1, 1, 1));
	assert_int_equal(told.retry_ms, 1000);
	assert_false(passes(4999, 1, 1, 1));
	assert_true(passes(5000, 1, 1, 1));
}

void
test_rate_without_limit_tells_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(passes(0, 1, RATE_UNLIMITED, 1000));
	assert_false(told.limited);
	assert_null(told.name);
	rate_take(&rate, 0, 1, NULL, 0, &told);
	assert_false(told.limited);
}

void
test_rate_apps_and_classes_have_their_own_buckets(void **state)
{
	struct rate_claim other = {"get", 1, 1000, 1, false};

	(void)state;
	assert_true(passes(0, 1, 1, 1));
	assert_false(passes(0, 1, 1, 1));
	assert_true(passes(0, 2, 1, 1));
	rate_take(&rate, 0, 1, &other, 1, &told);
	assert_false(told.refused);
	rate_take(&rate, 0, 1, &other, 1, &told);
	assert_true(told.refused);
}

/* A batch passes with one token left and leaves a debt that later calls wait
 * out to the millisecond. */
void
test_rate_batch_goes_below_zero(void **state)
{
	(void)state;
	assert_true(passes(0, 1, 20, 500));
	assert_int_equal(told.remaining, 0);
	assert_int_equal(told.reset_ms, 25000);
	assert_false(passes(0, 1, 20, 1));
	/* 480 in debt and one to have: 481 tokens of 50 ms. */
	assert_int_equal(told.retry_ms, 481 * 50);
	assert_false(passes(481 * 50 - 1, 1, 20, 1));
	assert_true(passes(481 * 50, 1, 20, 1));
	assert_false(passes(481 * 50, 1, 20, 500));
	assert_true(passes(482 * 50, 1, 20, 500));
	assert_int_equal(told.reset_ms, 519 * 50);
}

/* A call that has passed pays what is found out later, whatever is left. */
void
test_rate_what_is_owed_is_never_refused(void **state)
{
	struct rate_claim owed = {.name = "put",
	    .limit = 1,
	    .per_ms = 1000,
	    .tokens = 4,
	    .owed = true};

	(void)state;
	assert_true(passes(0, 1, 1, 1));
	rate_take(&rate, 0, 1, &owed, 1, &told);
	assert_false(told.refused);
	assert_int_equal(told.remaining, 0);
	assert_false(passes(0, 1, 1, 1));
	assert_int_equal(told.retry_ms, 5 * 1000);
}

void
test_rate_call_without_tokens_always_passes(void **state)
{
	(void)state;
	assert_true(passes(0, 1, 1, 1));
	assert_true(passes(0, 1, 1, 0));
	assert_false(passes(0, 1, 1, 1));
}

void
test_rate_takes_all_claims_or_none(void **state)
{
	struct rate_claim claims[] = {
	    {"app", 3, 1000, 1, false}, {"put", 1, 1000, 1, false}};

	(void)state;
	rate_take(&rate, 0, 1, claims, 2, &told);
	assert_false(told.refused);
	assert_string_equal(told.name, "put");
	assert_int_equal(told.remaining, 0);
	for (int i = 0; i < 5; i++) {
		rate_take(&rate, 0, 1, claims, 2, &told);
		assert_true(told.refused);
		assert_string_equal(told.name, "put");
		assert_int_equal(told.retry_ms, 1000);
	}
	/* The refused ones took nothing of "app". */
	for (int i = 0; i < 2; i++) {
		rate_take(&rate, 0, 1, claims, 1, &told);
		assert_false(told.refused);
	}
	rate_take(&rate, 0, 1, claims, 1, &told);
	assert_true(told.refused);
}

void
test_rate_tells_the_tightest_claim(void **state)
{
	struct rate_claim claims[] = {
	    {"app", 5, 1000, 1, false}, {"put", 100, 1000, 1, false}};

	(void)state;
	rate_take(&rate, 0, 1, claims, 2, &told);
	assert_string_equal(told.name, "app");
	assert_int_equal(told.remaining, 4);
	claims[0].limit = RATE_UNLIMITED;
	rate_take(&rate, 0, 1, claims, 2, &told);
	assert_string_equal(told.name, "put");
	assert_int_equal(told.remaining, 98);
}

void
test_rate_refused_tells_the_longest_wait(void **state)
{
	struct rate_claim claims[] = {
	    {"app", 1, 1000, 1, false}, {"minute", 1, 60000, 1, false}};

	(void)state;
	rate_take(&rate, 0, 1, claims, 2, &told);
	assert_false(told.refused);
	rate_take(&rate, 500, 1, claims, 2, &told);
	assert_true(told.refused);
	assert_string_equal(told.name, "minute");
	assert_int_equal(told.retry_ms, 59500);
}

void
test_rate_follows_a_changed_limit(void **state)
{
	(void)state;
	assert_true(passes(0, 1, 100, 1));
	/* A smaller bucket holds less at once. */
	assert_true(passes(0, 1, 2, 1));
	assert_int_equal(told.remaining, 1);
	assert_true(passes(0, 1, 2, 1));
	assert_false(passes(0, 1, 2, 1));
	/* A larger one fills up faster from where it stands. */
	assert_false(passes(0, 1, 1000, 1));
	assert_int_equal(told.retry_ms, 1);
	assert_true(passes(1, 1, 1000, 1));
}

void
test_rate_survives_absurd_numbers(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(passes(i, 1, INT64_MAX, 1));
	assert_true(passes(20, 1, INT64_MAX, INT64_MAX));
	for (int i = 0; i < 10; i++)
		(void)passes(INT64_MAX, 1, 1, INT64_MAX);
	assert_true(passes(0, 2, 1, INT64_MAX));
	assert_false(passes(INT64_MAX / 4, 2, 1, INT64_MAX) &&
	    passes(INT64_MAX / 4, 2, 1, 1));
	assert_true(told.retry_ms > 0);
}
