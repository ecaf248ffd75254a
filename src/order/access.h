/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and how often they may: types that the engine fills and dialects
 * read. An app is one user of the server; it has one credential per dialect.
 */
#ifndef ORDER_ACCESS_H
#define ORDER_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "order/catalog.h"
#include "order/policy.h"

/* An app's access through one dialect. Read-only and shared by all calls. */
struct credential {
	int64_t app; /* its number */
	struct str app_id;
	bool disabled;
	struct policy policy;
	struct str key;	  /* public: app id, app key, appid */
	struct str scope; /* public: a second name some dialects have (sid) */
	struct str secret;
	struct str session; /* some dialects' session token */
	/* What the app's orders may speak of; a stand-in's is empty. */
	const struct catalog *catalog;
	/* The scopes of all credentials of this dialect, by name: tells an
	 * unknown scope from an unknown key. NULL: none. */
	const struct map *scopes;
	/* What the dialect's prepare hook made of it; NULL without one. */
	const void *prepared;
};

/* Makes what a dialect wants ready per credential (expanded keys), in the
 * arena of the cache; NULL when the arena is full. */
typedef const void *credential_prepare_f(struct arena *a,
    const struct credential *c);

/* Requests of this class are limited to `limit` in `per_ms`; a call takes
 * `tokens` of them. */
struct rate_claim {
	const char *name; /* "app", "put": one bucket per app and name */
	int64_t limit;	  /* RATE_UNLIMITED: none */
	int64_t per_ms;
	int64_t tokens;
	bool owed; /* taken whatever the bucket holds; the call has passed */
};

#define RATE_CLAIMS_MAX 2

/* Where the claim that has least left stands after the request. */
struct rate_state {
	bool limited; /* false: no claim had a limit, the rest is zero */
	bool refused;
	const char *name;
	int64_t limit;
	int64_t per_ms;
	int64_t remaining;
	int64_t reset_ms; /* until the bucket is full again */
	int64_t retry_ms; /* refused: until the same request would pass */
};

#endif
