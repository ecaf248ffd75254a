/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buckets live in a map that only grows. Should apps come and go until its
 * memory is used up, all buckets are forgotten at once and begin full: a moment
 * of generosity every some hundred thousand apps.
 */
#include "engine/rate.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"

struct bucket {
	int64_t limit;
	int64_t per_ms;
	int64_t level; /* tokens × per_ms, below zero in debt */
	int64_t at_ms; /* when level was right */
};

/* "app" in 8 bytes and the class's name. */
#define KEY_BYTES_MAX (8 + LIMIT_RATE_NAME_BYTES)

void
rate_init(struct rate *r)
{
	assert(r != NULL);
	arena_init(&r->arena, LIMIT_RATE_ARENA_BYTES);
	map_init(&r->buckets, &r->arena);
}

void
rate_fini(struct rate *r)
{
	assert(r != NULL);
	arena_fini(&r->arena);
}

/* What a full bucket holds. */
static int64_t
full_level(const struct bucket *b)
{
	return b->limit * b->per_ms;
}

int64_t
rate_divide_up(int64_t a, int64_t b)
{
	assert(a >= 0);
	assert(b > 0);
	return a / b + (a % b != 0);
}

static struct bucket *
bucket_new(struct rate *r, struct str key)
{
	struct bucket *b = ARENA_NEW(&r->arena, struct bucket);
	struct str kept = arena_dup(&r->arena, key);

	if (b == NULL || kept.p == NULL ||
	    map_put(&r->buckets, kept, b) != ERR_OK)
		return NULL;
	return b;
}

/* The bucket of this claim, a new one with no limit yet; NULL without room. */
static struct bucket *
bucket_get(struct rate *r, int64_t app, const char *name)
{
	char bytes[KEY_BYTES_MAX];
	size_t n = strlen(name);
	struct str key = {bytes, 8 + n};
	struct bucket *b;

	assert(n <= LIMIT_RATE_NAME_BYTES);
	memcpy(bytes, &app, 8);
	memcpy(bytes + 8, name, n);
	b = map_find(&r->buckets, key);
	return b != NULL ? b : bucket_new(r, key);
}

/* The buckets of all claims that have a limit; false without room. */
static bool
buckets_get(struct rate *r, int64_t app, const struct rate_claim *claims,
    size_t count, struct bucket **out)
{
	for (size_t i = 0; i < count; i++) {
		assert(claims[i].limit >= 0);
		assert(claims[i].tokens >= 0);
		out[i] = NULL;
		if (claims[i].limit == RATE_UNLIMITED)
			continue;
		assert(claims[i].per_ms > 0);
		out[i] = bucket_get(r, app, claims[i].name);
		if (out[i] == NULL)
			return false;
	}
	return true;
}

/* Adds what has come since and takes over a limit that was changed. */
static void
bucket_refill(struct bucket *b, const struct rate_claim *claim, int64_t now_ms)
{
	int64_t elapsed_ms = now_ms - b->at_ms;
	/* No bucket is so large that its sums could overflow. */
	int64_t limit_max = INT64_MAX / 4 / claim->per_ms;
	int64_t limit = claim->limit < limit_max ? claim->limit : limit_max;
	bool is_new = b->limit == 0 || b->per_ms != claim->per_ms;

	b->limit = limit;
	b->per_ms = claim->per_ms;
	b->at_ms = now_ms;
	if (is_new || b->level > full_level(b)) {
		b->level = full_level(b);
	} else if (elapsed_ms > 0) {
		int64_t missing = full_level(b) - b->level;

		if (elapsed_ms >= rate_divide_up(missing, limit))
			b->level = full_level(b);
		else
			b->level += elapsed_ms * limit;
	}
}

/* Milliseconds until the claim passes; 0: now. */
static int64_t
bucket_wait_ms(const struct bucket *b, const struct rate_claim *claim)
{
	if (claim->tokens == 0 || claim->owed || b->level >= b->per_ms)
		return 0;
	return rate_divide_up(b->per_ms - b->level, b->limit);
}

static void
bucket_tell(const struct bucket *b, const char *name, int64_t wait_ms,
    struct rate_state *out)
{
	*out = (struct rate_state){
	    .limited = true,
	    .refused = wait_ms > 0,
	    .name = name,
	    .limit = b->limit,
	    .per_ms = b->per_ms,
	    .remaining = b->level > 0 ? b->level / b->per_ms : 0,
	    .reset_ms = rate_divide_up(full_level(b) - b->level, b->limit),
	    .retry_ms = wait_ms,
	};
}

static bool
is_tighter(const struct rate_state *a, const struct rate_state *than)
{
	if (!than->limited)
		return true;
	if (a->retry_ms != than->retry_ms)
		return a->retry_ms > than->retry_ms;
	if (a->remaining != than->remaining)
		return a->remaining < than->remaining;
	return a->reset_ms > than->reset_ms;
}

void
rate_state_join(struct rate_state *all, const struct rate_state *one)
{
	assert(all != NULL);
	assert(one != NULL);
	if (is_tighter(one, all))
		*all = *one;
}

/* A bucket that is so deep in debt that its level could overflow stays there. */
static void
bucket_take(struct bucket *b, int64_t tokens)
{
	int64_t cost;

	if (__builtin_mul_overflow(tokens, b->per_ms, &cost) ||
	    cost > INT64_MAX / 4)
		cost = INT64_MAX / 4;
	if (b->level > -(INT64_MAX / 4))
		b->level -= cost;
}

void
rate_take(struct rate *r, int64_t now_ms, int64_t app,
    const struct rate_claim *claims, size_t count, struct rate_state *state)
{
	struct bucket *buckets[RATE_CLAIMS_MAX] = {NULL};
	int64_t waits[RATE_CLAIMS_MAX] = {0};
	bool refused = false;

	assert(r != NULL);
	assert(count <= RATE_CLAIMS_MAX);
	*state = (struct rate_state){0};
	if (!buckets_get(r, app, claims, count, buckets)) {
		rate_fini(r);
		rate_init(r);
		if (!buckets_get(r, app, claims, count, buckets))
			return; /* no memory at all is no reason to refuse */
	}
	for (size_t i = 0; i < count; i++) {
		if (buckets[i] == NULL)
			continue;
		bucket_refill(buckets[i], &claims[i], now_ms);
		waits[i] = bucket_wait_ms(buckets[i], &claims[i]);
		refused = refused || waits[i] > 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct rate_state s;

		if (buckets[i] == NULL)
			continue;
		if (!refused)
			bucket_take(buckets[i], claims[i].tokens);
		bucket_tell(buckets[i], claims[i].name, waits[i], &s);
		rate_state_join(state, &s);
	}
}
