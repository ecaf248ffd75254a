/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bucket here is what this node knows of the store's: what it holds of it,
 * what stood in it after the last turn, and until when it is surely empty.
 */
#include "engine/leases.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "engine/rate.h"

struct lease_bucket {
	struct list link; /* of leases.busy */
	int64_t app;
	struct str name;
	int64_t limit;
	int64_t per_ms;
	int64_t held;	  /* tokens; below zero: spent, not yet taken */
	int64_t until_us; /* they are good before it */
	int64_t level;	  /* the store's, after the last turn … */
	int64_t level_us; /* … that began then */
	int64_t empty_us; /* no whole token is there before it */
	int64_t need;	  /* calls that wait for a token of it */
	int64_t used;	  /* tokens since the last turn */
	bool is_stored;	  /* its row was there */
	bool fell_short;  /* of this turn: less was given than wanted */
};

#define KEY_BYTES_MAX (8 + LIMIT_RATE_NAME_BYTES)
/* Of the limit, how much is asked for in advance at most. */
#define AHEAD_PART 10

enum decision { PASSES, REFUSED, WAITS };

void
leases_init(struct leases *l)
{
	assert(l != NULL);
	*l = (struct leases){.asking = false};
	arena_init(&l->arena, LIMIT_RATE_ARENA_BYTES);
	map_init(&l->by_key, &l->arena);
	list_init(&l->busy);
	list_init(&l->waiting);
	list_init(&l->decided);
}

void
leases_fini(struct leases *l)
{
	assert(l != NULL);
	assert(list_is_empty(&l->waiting));
	assert(list_is_empty(&l->decided));
	arena_fini(&l->arena);
}

/* --- buckets --------------------------------------------------------------- */

static struct lease_bucket *
bucket_new(struct leases *l, struct str key, int64_t app)
{
	struct lease_bucket *b = ARENA_NEW(&l->arena, struct lease_bucket);
	struct str kept = arena_dup(&l->arena, key);

	if (b == NULL || kept.p == NULL ||
	    map_put(&l->by_key, kept, b) != ERR_OK)
		return NULL;
	*b = (struct lease_bucket){
	    .app = app, .name = {kept.p + 8, kept.n - 8}};
	return b;
}

/* The bucket of this claim; NULL without room. */
static struct lease_bucket *
bucket_get(struct leases *l, int64_t app, const char *name)
{
	char bytes[KEY_BYTES_MAX];
	size_t n = strlen(name);
	struct str key = {bytes, 8 + n};
	struct lease_bucket *b;

	assert(n <= LIMIT_RATE_NAME_BYTES);
	memcpy(bytes, &app, 8);
	memcpy(bytes + 8, name, n);
	b = map_find(&l->by_key, key);
	return b != NULL ? b : bucket_new(l, key, app);
}

static bool
is_limited(const struct rate_claim *c)
{
	assert(c->limit >= 0);
	assert(c->tokens >= 0);
	return c->limit != RATE_UNLIMITED;
}

/* A limit that was changed is the store's matter from the next turn on. */
static void
bucket_follow(struct lease_bucket *b, const struct rate_claim *c)
{
	int64_t limit = c->limit < LIMIT_RATE_MAX ? c->limit : LIMIT_RATE_MAX;

	assert(c->per_ms > 0 && c->per_ms <= LIMIT_RATE_PER_MS);
	if (b->limit == limit && b->per_ms == c->per_ms)
		return;
	/* One that was more than there is now begins full. */
	b->level = limit * c->per_ms;
	b->level_us = 0;
	b->empty_us = 0;
	b->limit = limit;
	b->per_ms = c->per_ms;
}

/* The buckets of all claims that have a limit; false without room. */
static bool
find_buckets(struct leases *l, int64_t app, const struct rate_claim *claims,
    size_t count, struct lease_bucket **out)
{
	assert(count <= RATE_CLAIMS_MAX);
	for (size_t i = 0; i < count; i++) {
		out[i] = NULL;
		if (!is_limited(&claims[i]))
			continue;
		out[i] = bucket_get(l, app, claims[i].name);
		if (out[i] == NULL)
			return false;
		bucket_follow(out[i], &claims[i]);
	}
	return true;
}

/* Memory is used up: while nobody waits, all may be forgotten. What is held is
 * lost then, which is on the safe side; the store's rows are as they were. */
static bool
make_room(struct leases *l)
{
	int64_t waits = l->waits, tokens = l->tokens;
	bool away = l->away;

	if (l->asking || !list_is_empty(&l->waiting) ||
	    !list_is_empty(&l->decided))
		return false;
	leases_fini(l);
	leases_init(l);
	l->waits = waits;
	l->tokens = tokens;
	l->away = away;
	return true;
}

static void
make_busy(struct leases *l, struct lease_bucket *b)
{
	if (b->link.next == NULL)
		list_append(&l->busy, &b->link);
}

/* What may be spent now. */
static int64_t
spendable(const struct lease_bucket *b, int64_t now_us)
{
	return b->held > 0 && now_us >= b->until_us ? 0 : b->held;
}

static void
bucket_spend(struct leases *l, struct lease_bucket *b, int64_t tokens)
{
	int64_t most = STORE_RATE_OWED_MAX / 2;

	if (tokens > most)
		tokens = most;
	if (b->held > -most)
		b->held -= tokens;
	b->used += tokens;
	make_busy(l, b);
}

/* What the store's row holds by now, if nobody else has taken of it. */
static int64_t
level_now(const struct lease_bucket *b, int64_t now_us)
{
	int64_t full = b->limit * b->per_ms;
	int64_t elapsed_ms = (now_us - b->level_us) / 1000;
	int64_t level = b->held * b->per_ms + b->level;

	if (level >= full ||
	    elapsed_ms >= rate_divide_up(full - level, b->limit))
		return full;
	return elapsed_ms > 0 ? level + elapsed_ms * b->limit : level;
}

static void
bucket_tell(const struct lease_bucket *b, const char *name, int64_t now_us,
    bool refused, struct rate_state *all)
{
	int64_t full = b->limit * b->per_ms;
	int64_t level = level_now(b, now_us);
	struct rate_state s = {
	    .limited = true,
	    .refused = refused,
	    .name = name,
	    .limit = b->limit,
	    .per_ms = b->per_ms,
	    .remaining = refused || level < 0 ? 0 : level / b->per_ms,
	    .reset_ms = rate_divide_up(full - level, b->limit),
	};

	if (refused) {
		s.retry_ms = (b->empty_us - now_us + 999) / 1000;
		if (s.retry_ms < 1)
			s.retry_ms = 1;
		if (s.reset_ms < s.retry_ms)
			s.reset_ms = s.retry_ms;
	}
	rate_state_join(all, &s);
}

/* --- calls ------------------------------------------------------------------ */

/* `in_turn`: the store has just been asked on behalf of this call. */
static enum decision
decide(struct leases *l, int64_t now_us, struct admission *a, bool in_turn)
{
	bool refused[RATE_CLAIMS_MAX] = {false};
	enum decision decision = PASSES;

	for (size_t i = 0; i < a->count; i++) {
		struct lease_bucket *b = a->buckets[i];
		int64_t others;

		if (b == NULL || a->claims[i].tokens == 0)
			continue;
		/* Who came first goes first. */
		others = in_turn ? 0 : b->need;
		if (spendable(b, now_us) > others)
			continue;
		refused[i] = now_us < b->empty_us || (in_turn && b->fell_short);
		if (refused[i])
			decision = REFUSED;
		else if (decision == PASSES)
			decision = WAITS;
	}
	if (decision == WAITS)
		return WAITS;
	*a->state = (struct rate_state){.limited = false};
	for (size_t i = 0; i < a->count; i++) {
		if (a->buckets[i] == NULL)
			continue;
		if (decision == PASSES)
			bucket_spend(l, a->buckets[i], a->claims[i].tokens);
		bucket_tell(a->buckets[i], a->claims[i].name, now_us,
		    refused[i], a->state);
	}
	return decision;
}

/* Counts a call among those that wait for its buckets, or (-1) no more. */
static void
count_need(struct leases *l, struct admission *a, int64_t by)
{
	for (size_t i = 0; i < a->count; i++) {
		struct lease_bucket *b = a->buckets[i];

		if (b == NULL || a->claims[i].tokens == 0)
			continue;
		b->need += by;
		assert(b->need >= 0);
		make_busy(l, b);
	}
}

bool
leases_admit(struct leases *l, int64_t now_us, struct admission *a)
{
	enum decision decision;

	assert(l != NULL);
	a->code = ERR_OK;
	if (!find_buckets(l, a->app, a->claims, a->count, a->buckets) &&
	    (!make_room(l) ||
		!find_buckets(l, a->app, a->claims, a->count, a->buckets))) {
		a->code = ERR_BUSY;
		return true;
	}
	decision = decide(l, now_us, a, false);
	if (decision != WAITS) {
		a->code = decision == PASSES ? ERR_OK : ERR_RATE_LIMITED;
		return true;
	}
	if (l->away) {
		a->code = ERR_STORE_BUSY;
		return true;
	}
	a->until_us = now_us + LIMIT_RATE_WAIT_MS * INT64_C(1000);
	count_need(l, a, 1);
	list_append(&l->waiting, &a->link);
	l->waits++;
	return false;
}

void
leases_owe(struct leases *l, int64_t now_us, int64_t app,
    const struct rate_claim *claims, size_t count, struct rate_state *state)
{
	struct lease_bucket *buckets[RATE_CLAIMS_MAX];

	assert(l != NULL);
	if (!find_buckets(l, app, claims, count, buckets))
		return;
	*state = (struct rate_state){.limited = false};
	for (size_t i = 0; i < count; i++) {
		if (buckets[i] == NULL)
			continue;
		if (claims[i].tokens > 0)
			bucket_spend(l, buckets[i], claims[i].tokens);
		bucket_tell(buckets[i], claims[i].name, now_us, false, state);
	}
}

/* --- turns ------------------------------------------------------------------- */

/* What the store owes us or we owe it; leaves only what is good. */
static int64_t
settle(struct lease_bucket *b, int64_t now_us)
{
	int64_t held = b->held;

	if (held < 0) {
		b->held = 0;
		return -held;
	}
	if (held == 0 || now_us < b->until_us)
		return 0;
	b->held = 0;
	/* Much later the bucket may have been filled in their place. */
	if (now_us >= b->until_us + LIMIT_RATE_HOLD_MS * INT64_C(1000))
		return 0;
	return -held;
}

static int64_t
wanted(const struct lease_bucket *b, int64_t now_us)
{
	int64_t missing = b->need - b->held, ahead = b->used;

	if (missing <= 0 || now_us < b->empty_us)
		return 0;
	if (ahead > b->limit / AHEAD_PART)
		ahead = b->limit / AHEAD_PART;
	return missing + ahead;
}

bool
leases_turn_begin(struct leases *l, int64_t now_us, struct lease_turn *turn)
{
	struct list *next;

	assert(l != NULL);
	if (l->asking || l->away)
		return false;
	turn->count = 0;
	turn->began_us = now_us;
	for (struct list *at = l->busy.next; at != &l->busy; at = next) {
		struct lease_bucket *b = LIST_ENTRY(at, struct lease_bucket,
		    link);
		struct store_rate rate = {.app = b->app,
		    .name = b->name,
		    .limit = b->limit,
		    .per_ms = b->per_ms,
		    .is_new = !b->is_stored,
		    .asker = b};

		next = at->next;
		if (turn->count == STORE_RATES_MAX)
			break;
		rate.owed = settle(b, now_us);
		rate.want = wanted(b, now_us);
		if (rate.owed != 0 || rate.want > 0)
			turn->rates[turn->count++] = rate;
		else if (b->held == 0 && b->need == 0)
			list_remove(&b->link);
	}
	l->asking = turn->count > 0;
	return l->asking;
}

static void
take_up(struct leases *l, int64_t now_us, const struct lease_turn *t,
    const struct store_rate *rate)
{
	struct lease_bucket *b = rate->asker;
	int64_t until_us = t->began_us + LIMIT_RATE_HOLD_MS * INT64_C(1000);

	b->is_stored = rate->found;
	b->used = 0;
	if (!rate->found) {
		b->held -= rate->owed; /* there was no row to take it from */
		return;
	}
	/* Older ones that are left set the time for all. */
	if (b->held <= 0 || b->until_us > until_us)
		b->until_us = until_us;
	b->held += rate->granted;
	l->tokens += rate->granted;
	/* Another limit has come meanwhile: the next turn is by that one. */
	if (b->limit != rate->limit || b->per_ms != rate->per_ms)
		return;
	b->level = rate->level;
	b->level_us = t->began_us;
	/* What came too late goes back, and so is there again. */
	if (rate->granted >= rate->want ||
	    (rate->granted > 0 && now_us >= until_us))
		return;
	b->fell_short = true;
	b->empty_us = t->began_us +
	    1000 * rate_divide_up(b->per_ms - rate->level, b->limit);
}

/* What was spent stays owed; what was to go back is gone. */
static void
put_back(const struct store_rate *rate)
{
	struct lease_bucket *b = rate->asker;

	if (rate->owed > 0)
		b->held -= rate->owed;
}

static void
conclude(struct leases *l, struct admission *a, enum err_code code)
{
	count_need(l, a, -1);
	list_remove(&a->link);
	a->code = code;
	list_append(&l->decided, &a->link);
}

static void
refuse_all(struct leases *l, enum err_code code)
{
	while (!list_is_empty(&l->waiting))
		conclude(l, LIST_ENTRY(l->waiting.next, struct admission, link),
		    code);
}

static void
decide_waiting(struct leases *l, int64_t now_us)
{
	struct list *next;

	for (struct list *at = l->waiting.next; at != &l->waiting; at = next) {
		struct admission *a = LIST_ENTRY(at, struct admission, link);

		next = at->next;
		switch (decide(l, now_us, a, true)) {
		case PASSES:
			conclude(l, a, ERR_OK);
			break;
		case REFUSED:
			conclude(l, a, ERR_RATE_LIMITED);
			break;
		case WAITS:
			/* It came after the turn had begun, or the answer came
			 * too late to be used. */
			if (now_us >= a->until_us)
				conclude(l, a, ERR_STORE_BUSY);
			break;
		}
	}
}

void
leases_turn_end(struct leases *l, int64_t now_us, const struct lease_turn *turn,
    enum err_code code)
{
	assert(l != NULL);
	assert(l->asking);
	l->asking = false;
	for (size_t i = 0; i < turn->count; i++)
		if (code == ERR_OK)
			take_up(l, now_us, turn, &turn->rates[i]);
		else
			put_back(&turn->rates[i]);
	if (code != ERR_OK) {
		l->away = true;
		refuse_all(l, ERR_STORE_BUSY);
		return;
	}
	decide_waiting(l, now_us);
	for (size_t i = 0; i < turn->count; i++) {
		struct lease_bucket *b = turn->rates[i].asker;

		b->fell_short = false;
	}
}

void
leases_back(struct leases *l)
{
	assert(l != NULL);
	l->away = false;
}

void
leases_stop(struct leases *l, enum err_code code)
{
	assert(l != NULL);
	assert(!l->asking);
	l->away = true;
	refuse_all(l, code);
}

bool
leases_hold(const struct leases *l)
{
	assert(l != NULL);
	return !list_is_empty(&l->busy);
}
