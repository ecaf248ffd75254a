/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stock: what a warehouse has of a product, and how much of that orders hold.
 *
 * An order holds stock when it `reserves`, has a warehouse, and as far as its
 * lines name products. What it holds follows from its status alone:
 *
 *	SUBMITTED, PROCESSING         its lines' quantities are reserved
 *	COMPLETED                     they have left the warehouse
 *	DRAFT, CANCELLED, FAILED      nothing
 *
 * Invariants, at every commit
 *   1. A row's `reserved` is what all orders hold of it together.
 *   2. 0 <= reserved <= on_hand.
 */
#ifndef ORDER_STOCK_H
#define ORDER_STOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "order/order.h"

struct stock_row {
	int64_t app;
	int64_t warehouse;
	struct str product;
	int64_t on_hand;
	int64_t reserved;
};

/* What one change of an order does to a row. */
struct stock_change {
	int64_t warehouse;
	struct str product;
	int64_t on_hand;  /* to add */
	int64_t reserved; /* to add */
};

/*
 * Whether an order's change from `before` to `after` (NULL: there is none)
 * may touch stock at all; costs nothing.
 */
bool stock_may_change(const struct order *before, const struct order *after);

/*
 * What it touches, each row once and only those that differ: those of `after`
 * in the order of its lines, then the others of `before`. Borrows from both.
 * ERR_NO_MEMORY when the arena is full.
 */
MUST_CHECK enum err_code stock_changes(struct arena *a,
    const struct order *before, const struct order *after,
    struct stock_change **out, size_t *count);

/* Whether the row has what the change wants reserved besides. */
bool stock_suffices(const struct stock_row *row, const struct stock_change *c);
/* False, and the row as it was, when it would not be sound afterwards: what
 * orders hold and what the row says do not belong together. */
MUST_CHECK bool stock_apply(struct stock_row *row,
    const struct stock_change *c);
bool stock_is_sound(const struct stock_row *row);

/* app, warehouse and product as a map's key; absent when the arena is full. */
struct str stock_key(struct arena *a, int64_t app, int64_t warehouse,
    struct str product);

#endif
