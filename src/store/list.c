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
#include "store/walk.h"

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

/* The page's orders, by their ids. */
static enum err_code
show_all(struct store_conn *c, struct arena *a, int64_t app, const int64_t *ids,
    size_t count, struct store_page *out, struct err *err)
{
	struct sql_value *keys = ARENA_ARRAY(a, 2 * count, struct sql_value);
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code;

	out->count = count;
	if (count == 0)
		return ERR_OK;
	if (keys == NULL)
		return no_room(err);
	for (size_t i = 0; i < count; i++) {
		keys[2 * i] = sql_int(app);
		keys[2 * i + 1] = sql_int(ids[i]);
		out->orders[i] = NULL;
	}
	code = sql_start_each(c->db, ST_ORDER_BY_ID, keys, 2, count, &cursor,
	    err);
	while (code == ERR_OK) {
		struct order *order = ARENA_NEW(a, struct order);

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		if (order == NULL)
			code = no_room(err);
		else
			code = order_row_read(cursor, a, order, err);
		out->orders[sql_get_input(cursor)] = order;
	}
	sql_done(&cursor);
	for (size_t i = 0; i < count && code == ERR_OK; i++)
		if (out->orders[i] == NULL)
			code = err_set(err, ERR_STORE_FAILED, NULL,
			    "a list leads to order %lld, which is not there",
			    (long long)ids[i]);
	return code;
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
	int64_t ids[LIMIT_ORDER_PAGE];
	enum err_code code = ERR_OK;
	size_t count = 0;
	bool found = true;

	while (code == ERR_OK && found && count < (size_t)f->page_size) {
		code = walk_next(w, &found, err);
		if (code != ERR_OK || !found)
			break;
		if (skip > 0)
			skip--;
		else
			ids[count++] = w->last.id;
	}
	if (code == ERR_OK)
		code = show_all(w->conn, w->arena, w->app, ids, count, out,
		    err);
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
	bool asks = f->sort == SORT_UPDATED || walk_is_by_update(f);

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
	    .path = walk_sorted_path(f),
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
sort_keys(const struct walk *w, const struct gathered *g, struct err *err)
{
	enum statement statement = w->filter->sort == SORT_PRICE
	    ? ST_ORDER_PRICE
	    : ST_ORDER_LAST_SEQ;
	struct sql_value *keys = ARENA_ARRAY(w->arena, 2 * g->count,
	    struct sql_value);
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code;

	if (g->count == 0)
		return ERR_OK;
	if (keys == NULL)
		return no_room(err);
	for (size_t i = 0; i < g->count; i++) {
		keys[2 * i] = sql_int(w->app);
		keys[2 * i + 1] = sql_int(g->entries[i].id);
	}
	code = sql_start_each(w->conn->db, (int)statement, keys, 2, g->count,
	    &cursor, err);
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		g->entries[sql_get_input(cursor)].key = sql_get_int(cursor, 0);
	}
	sql_done(&cursor);
	return code;
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
	    .path = walk_narrow_path(f),
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
	return code == ERR_OK && g->all ? sort_keys(&w, g, err) : code;
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
show_gathered(struct store_conn *c, struct arena *a, int64_t app,
    const struct order_filter *f, const struct gathered *g,
    struct store_page *out, struct err *err)
{
	int64_t ids[LIMIT_ORDER_PAGE];
	size_t i, count = 0;

	qsort(g->entries, g->count, sizeof(*g->entries),
	    f->descending ? compare_down : compare_up);
	for (i = first_of_page(g, f);
	     i < g->count && count < (size_t)f->page_size; i++)
		ids[count++] = g->entries[i].id;
	if (f->by_cursor && i < g->count)
		set_cursor(out, f, g->entries[i - 1]);
	return show_all(c, a, app, ids, count, out, err);
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
	    .path = walk_is_by_update(f) && str_is_null(f->user)
		? PATH_LOG
		: walk_narrow_path(f),
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
	if (f->sort != SORT_CREATED && walk_narrow_path(f) != PATH_CREATED)
		code = gather(c, a, app, f, &g, err);
	if (code != ERR_OK)
		return code;
	return g.all ? show_gathered(c, a, app, f, &g, out, err)
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
