/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stock while a group is carried out: one working copy of each row that an
 * order's change touches, so that the commands of a group see each other.
 * Rows are read when they are first needed; a group of orders that hold no
 * stock reads none.
 */
#ifndef ENGINE_STOCK_H
#define ENGINE_STOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "order/command.h"
#include "order/stock.h"
#include "store/store.h"

struct stock_copy {
	struct stock_row row; /* as it stands after the commands so far */
	bool is_changed;
	struct stock_copy *older;
};

struct stock_book {
	struct store_conn *conn;
	struct arena *arena;
	struct map by_key;	   /* of struct stock_copy */
	struct stock_copy *newest; /* all of them, a list */
	size_t count;
};

void stock_book_init(struct stock_book *b, struct store_conn *c,
    struct arena *a);

/*
 * Moves what an order holds from `before` to `after` (NULL: there is none) in
 * the working copies. A refusal moves nothing and is told in the outcome:
 *
 * ERR_NO_STOCK      with the product of the first line that lacks some
 * ERR_STORE_FAILED  the rows are not what orders hold; `procured check` tells
 *
 * What is returned is the store's and the arena's trouble only.
 */
MUST_CHECK enum err_code stock_book_move(struct stock_book *b,
    const struct order *before, const struct order *after,
    struct outcome *outcome, struct err *err);

/* The rows that changed, for store_write. NULL when the arena is full. */
const struct stock_row **stock_book_news(const struct stock_book *b,
    size_t *count);

#endif
