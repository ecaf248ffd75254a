/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token buckets, one per app and class of calls. A bucket holds `limit` tokens,
 * begins full and gains `limit` tokens in `per_ms`. Integers only: a level is
 * counted in tokens × per_ms, of which each millisecond brings `limit`, so
 * nothing is ever rounded.
 *
 * A call passes when there is a whole token for it in each of its buckets. One
 * that takes several tokens (a batch) takes them all and may leave the bucket
 * below zero: calls after it wait until the debt is paid, so the rate holds in
 * the long run and a batch larger than the bucket is possible.
 *
 * One thread at a time.
 */
#ifndef ENGINE_RATE_H
#define ENGINE_RATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "order/access.h"

struct rate {
	struct arena arena;
	struct map buckets;
};

void rate_init(struct rate *r);
void rate_fini(struct rate *r);

/*
 * Takes all claims of a call at now_ms or, when one is refused, none. *state
 * tells of the claim that has least left; of a refused call, of the claim that
 * has to wait longest. A clock that steps back stops the refill, no more.
 */
void rate_take(struct rate *r, int64_t now_ms, int64_t app,
    const struct rate_claim *claims, size_t count, struct rate_state *state);

/* Of two states of one call: keeps in *all the one that tells more. */
void rate_state_join(struct rate_state *all, const struct rate_state *one);
/* What a / b is, rounded up; a not below, b above zero. */
int64_t rate_divide_up(int64_t a, int64_t b);

#endif
