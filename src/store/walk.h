/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking an access path of a list (list.c tells which there are): from a place
 * on, up or down, as far as a number of entries, past those that don't fit.
 */
#ifndef STORE_WALK_H
#define STORE_WALK_H

#include "store/store_impl.h"

enum path {
	PATH_CREATED,
	PATH_STATUS,
	PATH_USER,
	PATH_PRICE,
	PATH_LOG,
	PATH__COUNT
};

/* What an entry of a path tells. */
struct entry {
	int64_t key;
	int64_t id; /* 0: an amendment that is not its order's last one */
};

/* A walk along a path, from a place on. */
struct walk {
	struct store_conn *conn;
	struct arena *arena;
	const struct order_filter *filter;
	int64_t app;
	enum path path;
	bool descending;
	struct sql_cursor *cursor;
	int64_t from_key, to_key; /* within these, both inclusive */
	int64_t looked;		  /* entries so far */
	int64_t looked_max;
	struct entry last; /* the one looked at last */
	bool ended;	   /* nothing is left */
	/* A shared store gives so many entries at once, which may be fewer than
	 * are looked at. */
	int64_t chunk;
	int64_t chunk_looked; /* entries of it */
	int64_t *updated_ms;  /* of each, where orders must be asked */
};

/* Does the filter ask when orders were updated? */
bool walk_is_by_update(const struct order_filter *f);
/* The path for a list by creation, and for counting; the one for a sort. */
enum path walk_narrow_path(const struct order_filter *f);
enum path walk_sorted_path(const struct order_filter *f);

/* `conn` to `descending` and looked_max are set. Begins behind `after` (NULL: at
 * the near end). sql_done of w->cursor ends it, whatever came. */
MUST_CHECK enum err_code walk_begin(struct walk *w,
    const struct order_cursor *after, struct err *err);
/* The next entry that fits; *found is false at the end, and when so many
 * entries were looked at that the walk is given up (w->ended tells). */
MUST_CHECK enum err_code walk_next(struct walk *w, bool *found,
    struct err *err);

#endif
