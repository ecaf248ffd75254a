/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nodes that share a store find out from it: which number each has, how
 * many requests are left to an app, and that somebody else changed something.
 *
 * Wherever a moment is asked for as `now_ms`, 0 means the database's own clock:
 * nodes have that one in common. Tests give another.
 *
 * All of it is on a connection that writes and outside a transaction. Errors
 * are those of store.h; after any of them nothing is known to have happened.
 */
#ifndef STORE_NODES_H
#define STORE_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* --- numbers ------------------------------------------------------------ */

/* The last one is for tools that make orders without a server. */
#define STORE_NODE_MAX 1022

/*
 * A number, and the stretch of time its holder may put into ids. What keeps
 * ids unique is the stretch alone, not a clock: each holder's begins where the
 * former one's ended, and it was written before the first id was made of it.
 * The lease decides only who may go on, by the database's clock.
 */
struct store_node {
	int64_t node;
	struct str holder;    /* whoever it is, unlike all others; borrowed */
	int64_t ids_begin_ms; /* out of store_node_lease */
	int64_t ids_end_ms;   /* no id of this millisecond or a later one */
	int64_t db_ms;	      /* out: the database's clock then */
};

/*
 * Takes a number whose lease is over, else a new one, for lease_ms. holder and
 * ids_end_ms are given; the latter is where the caller's own clock would have
 * the stretch end, and is moved back by lease_ms behind a stretch of the former
 * holder that ends later.
 *
 * ERR_BUSY  all numbers are held
 */
MUST_CHECK enum err_code store_node_lease(struct store_conn *c, int64_t now_ms,
    int64_t lease_ms, struct store_node *node, struct err *err);
/*
 * Renews the lease and moves ids_end_ms, as far as it was set by the caller.
 * *lost: the number is another's now, or nobody's.
 */
MUST_CHECK enum err_code store_node_renew(struct store_conn *c, int64_t now_ms,
    int64_t lease_ms, struct store_node *node, bool *lost, struct err *err);
/* Gives it up; ids_end_ms is behind the last id that was made. */
MUST_CHECK enum err_code store_node_release(struct store_conn *c,
    const struct store_node *node, struct err *err);

/* --- rates ---------------------------------------------------------------- */

/* A bucket of engine/rate.h that is kept in the store, and what a node asks of
 * it: what is owed is taken whatever there is, what is wanted only as far as
 * there are whole tokens. */
struct store_rate {
	int64_t app;
	struct str name;
	int64_t limit;	/* > 0, at most LIMIT_RATE_MAX … */
	int64_t per_ms; /* … in at most LIMIT_RATE_PER_MS */
	int64_t owed;	/* below zero: given back */
	int64_t want;
	bool is_new; /* may have no row yet; then it begins full */
	void *asker; /* the caller's */
	/* Out. */
	bool found;
	int64_t granted;
	int64_t level; /* what is left: tokens × per_ms, below zero in debt */
};

/* In one call at most; and the most that one bucket can be owed, so that no sum
 * overflows. */
#define STORE_RATES_MAX 512
#define STORE_RATE_OWED_MAX (INT64_C(1) << 31)

/* All in one statement, where the database can; each bucket once. It commits by
 * itself. */
MUST_CHECK enum err_code store_rates_take(struct store_conn *c, int64_t now_ms,
    struct store_rate *rates, size_t count, struct err *err);
/*
 * From now on commits of this connection need not be on a disk before they are
 * answered: for one that does nothing but store_rates_take. What a crash of the
 * database takes back are the last few milliseconds' tokens.
 */
MUST_CHECK enum err_code store_relax(struct store_conn *c, struct err *err);

/* --- news ------------------------------------------------------------------ */

/* How often apps, credentials or catalogs have been changed; every transaction
 * that does counts itself. */
MUST_CHECK enum err_code store_apps_revision(struct store_conn *c, int64_t *out,
    struct err *err);
/* The last number in the log of each of these apps, 0 without one. */
MUST_CHECK enum err_code store_feed_last(struct store_conn *c,
    const int64_t *apps, size_t count, int64_t *lasts, struct err *err);

#endif
