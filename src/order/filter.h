/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which orders of an app a list shows, in which order, and which part of it.
 *
 * Two ways to page. By number: page × page_size may go LIMIT_LIST_DEPTH deep,
 * since what lies before the page has to be passed. By cursor: each page says
 * where the next one begins, at the same cost however deep; such a page may be
 * shorter than asked for, even empty, and is the last only when it has no
 * cursor behind it.
 */
#ifndef ORDER_FILTER_H
#define ORDER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "order/order.h"

/* Ties are broken by id, in the same direction. UPDATED is the order of the
 * log: an order stands where its last amendment does. PRICE is that of an
 * order's only line; orders of several lines come before all others. The rows'
 * order is in cursors: append only. */
enum order_sort { SORT_CREATED, SORT_UPDATED, SORT_PRICE, SORT__COUNT };

/* What is to be known of the number of orders that fit, on all pages. */
enum list_total {
	TOTAL_NONE,
	TOTAL_CHEAP, /* only where it is known without counting */
	TOTAL_COUNT, /* counted, as far as LIMIT_LIST_COUNT */
};

/* A place in a list: behind the order with this key and id. */
struct order_cursor {
	enum order_sort sort;
	bool descending;
	int64_t key; /* created_ms, the log's number, price_e4 */
	int64_t id;
};

/* Parts that are zero or absent do not narrow, `statuses` excepted. Texts are
 * borrowed. */
struct order_filter {
	/* Any of these names; NULL: not by name. The list is then in their
	 * order, whatever `sort` says, and has no cursor. Names that are no
	 * order of this app are left out; a name may occur once. */
	enum name_kind name_kind;
	const struct str *names;
	size_t name_count; /* <= LIMIT_BATCH */

	unsigned statuses; /* mask of BIT(status); ORDER_ANY: all, 0: none */
	struct str user;
	struct str platform;
	int64_t created_from_ms; /* inclusive; 0: from the beginning */
	int64_t created_to_ms;	 /* exclusive; 0: no end */
	int64_t updated_from_ms;
	int64_t updated_to_ms;

	enum order_sort sort;
	bool descending;

	bool by_cursor;		    /* page by cursor; `page` means nothing */
	bool has_cursor;	    /* else from the beginning */
	struct order_cursor cursor; /* of this sort and direction */
	int64_t page;		    /* from 0 */
	int64_t page_size;	    /* 1..LIMIT_ORDER_PAGE */
	enum list_total total;
};

/* All orders, newest first, the first `page_size` of them by number. */
void order_filter_init(struct order_filter *f, int64_t page_size);

/* Whether an order fits; names, sort and paging are not looked at. */
bool order_filter_fits(const struct order_filter *f, const struct order *o);
/* Whether the filter narrows by nothing but states. */
bool order_filter_is_by_state(const struct order_filter *f);

/* The price a list is sorted by: that of the only line, -1 for several. */
int64_t order_list_price(const struct order *o);

#define ORDER_CURSOR_BYTES 48

/* A cursor as the short text that clients hand back, and back. False when the
 * text is none, or is one of another list. */
void order_cursor_print(const struct order_cursor *c,
    char out[ORDER_CURSOR_BYTES]);
bool order_cursor_parse(struct str text, enum order_sort sort, bool descending,
    struct order_cursor *out);

#endif
