/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists: one page of the orders that fit a filter, and how many fit.
 *
 * A list walks one access path, which gives keys and ids in the order asked
 * for, and tries what else is asked on the way:
 *
 *   created, status, user   an index each, (…, created_ms, id, …): what a
 *                           filter asks of an order is in the entry, the order
 *                           itself is only read when it is shown
 *   price                   the same by the price of the only line
 *   log                     by update: amendments from the newest back; an
 *                           order stands where its last amendment does
 *   gather                  few orders found by user or state, sorted here
 *
 * No index holds what a change of quantity, text or time alters, so lists cost
 * such a change nothing. Every walk is bounded by the number of entries looked
 * at (base/limits.h), whatever the filter.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "store/store_impl.h"

enum path {
	PATH_CREATED,
	PATH_STATUS,
	PATH_USER,
	PATH_PRICE,
	PATH_LOG,
	PATH__COUNT
};

/* [path][descending] */
static const enum statement path_statements[PATH__COUNT][2] = {
    [PATH_CREATED] = {ST_LIST_CREATED_UP, ST_LIST_CREATED_DOWN},
    [PATH_STATUS] = {ST_LIST_STATUS_UP, ST_LIST_STATUS_DOWN},
    [PATH_USER] = {ST_LIST_USER_UP, ST_LIST_USER_DOWN},
    [PATH_PRICE] = {ST_LIST_PRICE_UP, ST_LIST_PRICE_DOWN},
    [PATH_LOG] = {ST_LIST_LOG_UP, ST_LIST_LOG_DOWN},
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
};

static bool
is_by_update(const struct order_filter *f)
{
	return f->updated_from_ms != 0 || f->updated_to_ms != 0;
}

static bool
is_one_state(unsigned statuses)
{
	return (statuses & (statuses - 1)) == 0;
}

static int64_t
only_state(unsigned statuses)
{
	int64_t status = 0;

	assert(statuses != 0);
	while ((statuses & BIT(status)) == 0)
		status++;
	return status;
}

/* The path for a list by creation, and for counting. */
static enum path
narrow_path(const struct order_filter *f)
{
	if (!str_is_null(f->user))
		return PATH_USER;
	return is_one_state(f->statuses) ? PATH_STATUS : PATH_CREATED;
}

static enum path
sorted_path(const struct order_filter *f)
{
	switch (f->sort) {
	case SORT_UPDATED:
		return PATH_LOG;
	case SORT_PRICE:
		return PATH_PRICE;
	default:
		assert(f->sort == SORT_CREATED);
		return narrow_path(f);
	}
}

/* --- windows of time in the log --------------------------------------------- */

/* The moment of the first amendment from `seq` on; *found: there is one. */
static enum err_code
ask_moment(struct store_conn *c, int64_t seq, bool *found, int64_t *at_ms,
    struct err *err)
{
	struct sql_value args[] = {sql_int(seq)};

	return store_ask_int(c, ST_AMENDMENT_MOMENT, args, 1, found, at_ms,
	    err);
}

/*
 * The first number of the log whose amendment was made at this time or later.
 * Times rise with the numbers as long as the clock is not set back, so halving
 * finds it; callers allow for LIMIT_CLOCK_STEP_MS and look at each time again.
 */
static enum err_code
find_moment(struct store_conn *c, int64_t at_ms, int64_t *seq_out,
    struct err *err)
{
	int64_t low = 1, high = 0;
	bool found;
	enum err_code code = store_ask_int(c, ST_AMENDMENT_LAST, NULL, 0, &found,
	    &high, err);

	high++;
	while (code == ERR_OK && low < high) {
		int64_t middle = low + (high - low) / 2, then = 0;

		code = ask_moment(c, middle, &found, &then, err);
		if (!found || then >= at_ms)
			high = middle;
		else
			low = middle + 1;
	}
	*seq_out = low;
	return code;
}

static enum err_code
window_of_log(struct walk *w, struct err *err)
{
	const struct order_filter *f = w->filter;
	enum err_code code = ERR_OK;

	w->from_key = 1;
	w->to_key = INT64_MAX - 1;
	if (f->updated_from_ms > LIMIT_CLOCK_STEP_MS)
		code = find_moment(w->conn,
		    f->updated_from_ms - LIMIT_CLOCK_STEP_MS, &w->from_key,
		    err);
	if (code == ERR_OK && f->updated_to_ms > 0)
		code = find_moment(w->conn,
		    f->updated_to_ms + LIMIT_CLOCK_STEP_MS, &w->to_key, err);
	return code;
}

/* --- walking ------------------------------------------------------------------ */

static enum err_code
find_window(struct walk *w, struct err *err)
{
	const struct order_filter *f = w->filter;

	if (w->path == PATH_LOG)
		return window_of_log(w, err);
	w->from_key = -1;
	w->to_key = INT64_MAX - 1;
	if (w->path == PATH_PRICE)
		return ERR_OK;
	w->from_key = f->created_from_ms;
	if (f->created_to_ms != 0)
		w->to_key = f->created_to_ms - 1;
	return ERR_OK;
}

/* Begins behind `after` (NULL: at the window's near end). */
static enum err_code
walk_start(struct walk *w, const struct order_cursor *after, struct err *err)
{
	struct sql_value args[5];
	struct entry begin = {w->from_key - 1, INT64_MAX};
	size_t n = 0;

	if (w->descending)
		begin = (struct entry){w->to_key + 1, 0};
	if (after != NULL &&
	    (w->descending ? after->key <= w->to_key
			   : after->key >= w->from_key))
		begin = (struct entry){after->key, after->id};
	w->last = begin;
	args[n++] = sql_int(w->app);
	if (w->path == PATH_STATUS)
		args[n++] = sql_int(only_state(w->filter->statuses));
	if (w->path == PATH_USER)
		args[n++] = sql_text(w->filter->user);
	args[n++] = sql_int(begin.key);
	if (w->path != PATH_LOG)
		args[n++] = sql_int(begin.id);
	args[n++] = sql_int(w->looked_max + 1);
	return sql_start(w->conn->db,
	    (int)path_statements[w->path][w->descending], args, n, &w->cursor,
	    err);
}

static enum err_code
walk_begin(struct walk *w, const struct order_cursor *after, struct err *err)
{
	enum err_code code = find_window(w, err);

	return code == ERR_OK ? walk_start(w, after, err) : code;
}

/* Whether the entry's own columns fit; those that a path does not have are
 * asked by the path itself. */
static bool
entry_fits(const struct walk *w)
{
	const struct order_filter *f = w->filter;
	struct sql_cursor *c = w->cursor;
	int64_t created_ms;

	if ((f->statuses & BIT(sql_get_int(c, 2))) == 0)
		return false;
	if (!str_is_null(f->platform) &&
	    !str_eq(f->platform, sql_get_str(c, 3)))
		return false;
	if (w->path != PATH_PRICE && w->path != PATH_LOG)
		return true;
	if (!str_is_null(f->user) && !str_eq(f->user, sql_get_str(c, 4)))
		return false;
	created_ms = sql_get_int(c, 5);
	return created_ms >= f->created_from_ms &&
	    (f->created_to_ms == 0 || created_ms < f->created_to_ms);
}

/* Whether the order was updated in time: the log's entry tells, else the order
 * must be asked. */
static enum err_code
is_updated_in_time(struct walk *w, bool *fits, struct err *err)
{
	const struct order_filter *f = w->filter;
	int64_t updated_ms = 0;
	enum err_code code = ERR_OK;
	bool found;

	*fits = true;
	if (!is_by_update(f))
		return ERR_OK;
	if (w->path == PATH_LOG) {
		updated_ms = sql_get_int(w->cursor, 6);
	} else {
		struct sql_value args[] = {sql_int(w->last.id)};

		code = store_ask_int(w->conn, ST_ORDER_UPDATED, args, 1, &found,
		    &updated_ms, err);
	}
	*fits = updated_ms >= f->updated_from_ms &&
	    (f->updated_to_ms == 0 || updated_ms < f->updated_to_ms);
	return code;
}

/* The next entry that fits; *found is false at the end, and when so many
 * entries were looked at that the walk is given up (w->ended tells). */
static enum err_code
walk_next(struct walk *w, bool *found, struct err *err)
{
	enum err_code code = ERR_OK;

	*found = false;
	while (code == ERR_OK && !*found && !w->ended) {
		bool row;

		if (w->looked == w->looked_max)
			return ERR_OK;
		code = sql_next(w->cursor, &row, err);
		if (code != ERR_OK)
			return code;
		w->ended = !row ||
		    (w->descending ? sql_get_int(w->cursor, 0) < w->from_key
				   : sql_get_int(w->cursor, 0) > w->to_key);
		if (w->ended)
			return ERR_OK;
		w->looked++;
		w->last = (struct entry){
		    sql_get_int(w->cursor, 0), sql_get_int(w->cursor, 1)};
		if (w->last.id != 0 && entry_fits(w))
			code = is_updated_in_time(w, found, err);
	}
	return code;
}

/* --- a page ------------------------------------------------------------------- */

static enum err_code
no_room(struct err *err)
{
	return err_set(err, ERR_NO_MEMORY, NULL, "no room for a list");
}

static enum err_code
too_deep(struct err *err)
{
	return err_set(err, ERR_BAD_FIELD, "page",
	    "too many orders to pass: page by cursor");
}

static enum err_code
show(struct store_conn *c, struct arena *a, int64_t id, struct store_page *out,
    struct err *err)
{
	struct order *order;
	enum err_code code = store_order_load(c, a, id, &order, err);

	if (code != ERR_OK)
		return code;
	if (order == NULL)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "a list leads to order %lld, which is not there",
		    (long long)id);
	out->orders[out->count++] = order;
	return ERR_OK;
}

static void
set_cursor(struct store_page *out, const struct order_filter *f,
    struct entry last)
{
	out->has_cursor = true;
	out->cursor = (struct order_cursor){.sort = f->sort,
	    .descending = f->descending,
	    .key = last.key,
	    .id = last.id};
}

/* Fills the page from where the walk stands. */
static enum err_code
fill(struct walk *w, struct store_page *out, struct err *err)
{
	const struct order_filter *f = w->filter;
	int64_t skip = f->by_cursor ? 0 : f->page * f->page_size;
	enum err_code code = ERR_OK;
	bool found = true;

	while (code == ERR_OK && found && out->count < (size_t)f->page_size) {
		code = walk_next(w, &found, err);
		if (code != ERR_OK || !found)
			break;
		if (skip > 0)
			skip--;
		else
			code = show(w->conn, w->arena, w->last.id, out, err);
	}
	if (code != ERR_OK || w->ended)
		return code;
	if (f->by_cursor)
		set_cursor(out, f, w->last);
	else if (!found)
		return too_deep(err);
	return ERR_OK;
}

/* How many entries one page may cost: those whose orders must be asked cost
 * some times as much. */
static int64_t
looks_of(const struct order_filter *f)
{
	bool asks = f->sort == SORT_UPDATED || is_by_update(f);

	if (!f->by_cursor)
		return LIMIT_LIST_SCAN;
	return asks ? LIMIT_LIST_SCAN_CURSOR / 4 : LIMIT_LIST_SCAN_CURSOR;
}

static enum err_code
list_by_path(struct store_conn *c, struct arena *a, int64_t app,
    const struct order_filter *f, struct store_page *out, struct err *err)
{
	struct walk w = {
	    .conn = c,
	    .arena = a,
	    .filter = f,
	    .app = app,
	    .path = sorted_path(f),
	    .descending = f->descending,
	    .looked_max = looks_of(f),
	};
	const struct order_cursor *after = f->by_cursor && f->has_cursor
	    ? &f->cursor
	    : NULL;
	enum err_code code = walk_begin(&w, after, err);

	if (code == ERR_OK)
		code = fill(&w, out, err);
	sql_done(&w.cursor);
	return code;
}

/* --- few orders, sorted here ---------------------------------------------------- */

struct gathered {
	struct entry *entries;
	size_t count;
	bool all; /* there are no more than these */
};

static enum err_code
sort_key(struct store_conn *c, enum order_sort sort, struct entry *e,
    struct err *err)
{
	struct sql_value args[] = {sql_int(e->id)};
	bool found;

	return store_ask_int(c,
	    sort == SORT_PRICE ? ST_ORDER_PRICE : ST_ORDER_LAST_SEQ, args, 1,
	    &found, &e->key, err);
}

static int
compare_up(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int
compare_down(const void *a, const void *b)
{
	return compare_up(b, a);
}

/* All that fit, if they are few. */
static enum err_code
gather(struct store_conn *c, struct arena *a, int64_t app,
    const struct order_filter *f, struct gathered *g, struct err *err)
{
	struct walk w = {
	    .conn = c,
	    .arena = a,
	    .filter = f,
	    .app = app,
	    .path = narrow_path(f),
	    .descending = true,
	    .looked_max = LIMIT_LIST_SORTED,
	};
	bool found = true;
	enum err_code code;

	g->entries = ARENA_ARRAY(a, LIMIT_LIST_SORTED, struct entry);
	if (g->entries == NULL)
		return no_room(err);
	code = walk_begin(&w, NULL, err);
	while (code == ERR_OK && found) {
		code = walk_next(&w, &found, err);
		if (code == ERR_OK && found)
			g->entries[g->count++] = w.last;
	}
	sql_done(&w.cursor);
	/* A list that is exactly as long is taken for a longer one. */
	g->all = w.ended;
	for (size_t i = 0; i < g->count && g->all && code == ERR_OK; i++)
		code = sort_key(c, f->sort, &g->entries[i], err);
	return code;
}

/* Where the page begins among the sorted ones. */
static size_t
first_of_page(const struct gathered *g, const struct order_filter *f)
{
	struct entry after = {f->cursor.key, f->cursor.id};
	size_t i = 0;

	if (!f->by_cursor)
		return f->page * f->page_size < (int64_t)g->count
		    ? (size_t)(f->page * f->page_size)
		    : g->count;
	while (f->has_cursor && i < g->count &&
	    (f->descending ? compare_down : compare_up)(
		&g->entries[i], &after) <= 0)
		i++;
	return i;
}

static enum err_code
show_gathered(struct store_conn *c, struct arena *a,
    const struct order_filter *f, const struct gathered *g,
    struct store_page *out, struct err *err)
{
	enum err_code code = ERR_OK;
	size_t i;

	qsort(g->entries, g->count, sizeof(*g->entries),
	    f->descending ? compare_down : compare_up);
	for (i = first_of_page(g, f); i < g->count && code == ERR_OK &&
	     out->count < (size_t)f->page_size;
	     i++)
		code = show(c, a, g->entries[i].id, out, err);
	if (f->by_cursor && i < g->count)
		set_cursor(out, f, g->entries[i - 1]);
	return code;
}

/* --- by name ---------------------------------------------------------------------- */

static enum err_code
list_by_name(struct store_conn *c, struct arena *a, int64_t app,
    const struct order_filter *f, struct store_page *out, struct err *err)
{
	int64_t skip = f->page * f->page_size;
	enum err_code code;

	out->total = 0;
	out->total_is_exact = true;
	for (size_t i = 0; i < f->name_count; i++) {
		struct order *order;

		code = store_order_find(c, a, app, f->name_kind, f->names[i],
		    &order, err);
		if (code == ERR_NOT_FOUND || code == ERR_NOT_YOURS)
			continue;
		if (code != ERR_OK)
			return code;
		if (!order_filter_fits(f, order))
			continue;
		out->total++;
		if (skip-- <= 0 && out->count < (size_t)f->page_size)
			out->orders[out->count++] = order;
	}
	return ERR_OK;
}

/* --- how many ---------------------------------------------------------------------- */

static enum err_code
sum_counters(struct store_conn *c, int64_t app, unsigned statuses, int64_t *out,
    struct err *err)
{
	struct sql_value args[] = {sql_int(app)};
	struct sql_cursor *cursor;
	enum err_code code;
	bool row = true;

	*out = 0;
	code = sql_start(c->db, ST_COUNTS, args, 1, &cursor, err);
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		if (statuses & BIT(sql_get_int(cursor, 0)))
			*out += sql_get_int(cursor, 1);
	}
	sql_done(&cursor);
	return code;
}

static enum err_code
count_on_path(struct store_conn *c, struct arena *a, int64_t app,
    const struct order_filter *f, struct store_page *out, struct err *err)
{
	struct walk w = {
	    .conn = c,
	    .arena = a,
	    .filter = f,
	    .app = app,
	    .path = is_by_update(f) && str_is_null(f->user) ? PATH_LOG
							    : narrow_path(f),
	    .descending = true,
	    .looked_max = LIMIT_LIST_SCAN,
	};
	bool found = true;
	enum err_code code = walk_begin(&w, NULL, err);

	out->total = 0;
	while (code == ERR_OK && found && out->total < LIMIT_LIST_COUNT) {
		code = walk_next(&w, &found, err);
		out->total += code == ERR_OK && found;
	}
	sql_done(&w.cursor);
	out->total_is_exact = w.ended;
	return code;
}

static enum err_code
count(struct store_conn *c, struct arena *a, int64_t app,
    const struct order_filter *f, struct store_page *out, struct err *err)
{
	out->total = -1;
	if (f->total == TOTAL_NONE)
		return ERR_OK;
	if (order_filter_is_by_state(f)) {
		out->total_is_exact = true;
		return sum_counters(c, app, f->statuses, &out->total, err);
	}
	return f->total == TOTAL_COUNT ? count_on_path(c, a, app, f, out, err)
				       : ERR_OK;
}

/* --- all of it ----------------------------------------------------------------------- */

static enum err_code
list_by_place(struct store_conn *c, struct arena *a, int64_t app,
    const struct order_filter *f, struct store_page *out, struct err *err)
{
	struct gathered g = {.count = 0};
	enum err_code code = count(c, a, app, f, out, err);

	if (code != ERR_OK)
		return code;
	if (f->sort != SORT_CREATED && narrow_path(f) != PATH_CREATED)
		code = gather(c, a, app, f, &g, err);
	if (code != ERR_OK)
		return code;
	return g.all ? show_gathered(c, a, f, &g, out, err)
		     : list_by_path(c, a, app, f, out, err);
}

enum err_code
store_list(struct store_conn *c, struct arena *a, int64_t app,
    const struct order_filter *f, struct store_page *out, struct err *err)
{
	assert(c != NULL);
	assert(f->page_size >= 1 && f->page_size <= LIMIT_ORDER_PAGE);
	assert(f->by_cursor || f->page >= 0);
	assert(!f->has_cursor || f->cursor.sort == f->sort);
	*out = (struct store_page){.total = -1};
	if (!f->by_cursor && f->page >= LIMIT_LIST_DEPTH / f->page_size)
		return too_deep(err);
	out->orders = ARENA_ARRAY(a, (size_t)f->page_size, struct order *);
	if (out->orders == NULL)
		return no_room(err);
	if (f->statuses == 0) {
		out->total = 0;
		out->total_is_exact = true;
		return ERR_OK;
	}
	return f->names != NULL ? list_by_name(c, a, app, f, out, err)
				: list_by_place(c, a, app, f, out, err);
}
