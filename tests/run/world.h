/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole server in this process, over a fresh store with the demo world, with
 * a clock that tests set: where golden conversations take place.
 */
#ifndef TESTS_RUN_WORLD_H
#define TESTS_RUN_WORLD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "order/order.h"

struct world;

struct world_config {
	bool one_byte_reads;
	bool shows_signing; /* see http/server.h */
	bool on_postgres;   /* PROCURED_TEST_POSTGRES says where */
};

/* Ends the process with a message when it can't be made. */
struct world *world_new(const struct world_config *config);
void world_free(struct world **world);

/* Milliseconds since 1970; moving it back is allowed. */
int64_t world_now_ms(const struct world *w);
void world_set_now_ms(struct world *w, int64_t at_ms);

/* Runs a command line of the program as its socket would; false with a message
 * on stderr when it fails. */
bool world_command(struct world *w, struct str line);

/* Sends raw bytes on a new connection and reads until the server closes or one
 * answer is complete. Absent when there was none. */
struct str world_exchange(struct world *w, struct arena *a, struct str bytes,
    bool is_head);

/* The demo world's credential of an app for signing in a dialect. */
struct credential;
const struct credential *world_credential(struct world *w, struct arena *a,
    const char *dialect, struct str app);

/* The order of this name of any kind; NULL when there is none. */
struct order *world_order(struct world *w, struct arena *a, struct str name);
/* How many amendments the order has, -1 when it is gone or unknown. */
int64_t world_amendments(struct world *w, struct arena *a, struct str name);
int64_t world_order_count(struct world *w, struct arena *a);

/* What the demo's first app has of a product. */
void world_stock(struct world *w, int64_t warehouse, struct str product,
    int64_t *on_hand, int64_t *reserved);

/* Chains, totals and replay of everything stored; prints what is wrong. */
bool world_check(struct world *w);

#endif
