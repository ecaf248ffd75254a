/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk along an access path: where it begins and ends, one entry after the
 * other, and whether an entry fits. An embedded store is stepped; a shared one
 * is asked for a chunk at a time.
 */
#include "store/walk.h"

#include <assert.h>

#include "base/limits.h"

/* [path][descending] */
static const enum statement path_statements[PATH__COUNT][2] = {
    [PATH_CREATED] = {ST_LIST_CREATED_UP, ST_LIST_CREATED_DOWN},
    [PATH_STATUS] = {ST_LIST_STATUS_UP, ST_LIST_STATUS_DOWN},
    [PATH_USER] = {ST_LIST_USER_UP, ST_LIST_USER_DOWN},
    [PATH_PRICE] = {ST_LIST_PRICE_UP, ST_LIST_PRICE_DOWN},
    [PATH_LOG] = {ST_LIST_LOG_UP, ST_LIST_LOG_DOWN},
};

/* Entries a shared store is asked for at once: first, and at most. */
#define CHUNK_MIN 128
#define CHUNK_MAX 4096

bool
walk_is_by_update(const struct order_filter *f)
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
enum path
walk_narrow_path(const struct order_filter *f)
{
	if (!str_is_null(f->user))
		return PATH_USER;
	return is_one_state(f->statuses) ? PATH_STATUS : PATH_CREATED;
}

enum path
walk_sorted_path(const struct order_filter *f)
{
	switch (f->sort) {
	case SORT_UPDATED:
		return PATH_LOG;
	case SORT_PRICE:
		return PATH_PRICE;
	default:
		assert(f->sort == SORT_CREATED);
		return walk_narrow_path(f);
	}
}

/* --- windows of time in the log --------------------------------------------- */

/* The moment of the first amendment from `seq` on; *found: there is one. */
static enum err_code
ask_moment(struct store_conn *c, int64_t app, int64_t seq, bool *found,
    int64_t *at_ms, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(seq)};

	return store_ask_int(c, ST_AMENDMENT_MOMENT, args, 2, found, at_ms,
	    err);
}

/*
 * The first number of the log whose amendment was made at this time or later.
 * Times rise with the numbers as long as the clock is not set back, so halving
 * finds it; callers allow for LIMIT_CLOCK_STEP_MS and look at each time again.
 */
static enum err_code
find_moment(struct store_conn *c, int64_t app, int64_t at_ms, int64_t *seq_out,
    struct err *err)
{
	struct sql_value log[] = {sql_int(app)};
	int64_t low = 1, high = 0;
	bool found;
	enum err_code code = store_ask_int(c, ST_LOG_LAST, log, 1, &found, &high,
	    err);

	high++;
	while (code == ERR_OK && low < high) {
		int64_t middle = low + (high - low) / 2, then = 0;

		code = ask_moment(c, app, middle, &found, &then, err);
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
		code = find_moment(w->conn, w->app,
		    f->updated_from_ms - LIMIT_CLOCK_STEP_MS, &w->from_key,
		    err);
	if (code == ERR_OK && f->updated_to_ms > 0)
		code = find_moment(w->conn, w->app,
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
static void
walk_place(struct walk *w, const struct order_cursor *after)
{
	w->last = w->descending ? (struct entry){w->to_key + 1, 0}
				: (struct entry){w->from_key - 1, INT64_MAX};
	if (after != NULL &&
	    (w->descending ? after->key <= w->to_key
			   : after->key >= w->from_key))
		w->last = (struct entry){after->key, after->id};
}

/* Starts the path's statement behind the last entry. */
static enum err_code
start_path(struct walk *w, struct err *err)
{
	struct sql_value args[5];
	size_t n = 0;

	args[n++] = sql_int(w->app);
	if (w->path == PATH_STATUS)
		args[n++] = sql_int(only_state(w->filter->statuses));
	if (w->path == PATH_USER)
		args[n++] = sql_text(w->filter->user);
	args[n++] = sql_int(w->last.key);
	if (w->path != PATH_LOG)
		args[n++] = sql_int(w->last.id);
	args[n++] = sql_int(w->chunk);
	return sql_start(w->conn->db,
	    (int)path_statements[w->path][w->descending], args, n, &w->cursor,
	    err);
}

/* Whether the order behind an entry must be asked when it was updated. */
static bool
asks_orders(const struct walk *w)
{
	return walk_is_by_update(w->filter) && w->path != PATH_LOG;
}

/* The orders of the coming chunk are asked all at once: the statement is run
 * twice, in one state of the store. */
static enum err_code
ask_updates(struct walk *w, struct err *err)
{
	struct sql_value *keys = ARENA_ARRAY(w->arena, 2 * (size_t)w->chunk,
	    struct sql_value);
	struct sql_cursor *cursor = NULL;
	size_t count = 0;
	bool row = true;
	enum err_code code;

	w->updated_ms = ARENA_ARRAY(w->arena, (size_t)w->chunk, int64_t);
	if (keys == NULL || w->updated_ms == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for a list");
	code = start_path(w, err);
	while (code == ERR_OK) {
		code = sql_next(w->cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		assert(count < (size_t)w->chunk);
		keys[2 * count] = sql_int(w->app);
		keys[2 * count + 1] = sql_int(sql_get_int(w->cursor, 1));
		w->updated_ms[count++] = 0;
	}
	sql_done(&w->cursor);
	if (code != ERR_OK || count == 0)
		return code;
	code = sql_start_each(w->conn->db, ST_ORDER_UPDATED, keys, 2, count,
	    &cursor, err);
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		w->updated_ms[sql_get_input(cursor)] = sql_get_int(cursor, 0);
	}
	sql_done(&cursor);
	return code;
}

/* An embedded store is stepped as far as need be; a shared one sends all that
 * it was asked for, so it is asked for little at first. */
static enum err_code
start_chunk(struct walk *w, struct err *err)
{
	int64_t left = w->looked_max - w->looked + 1;
	enum err_code code = ERR_OK;

	w->chunk_looked = 0;
	if (!w->conn->store->is_remote)
		w->chunk = left;
	else if (w->chunk == 0)
		w->chunk = CHUNK_MIN;
	else if (w->chunk < CHUNK_MAX)
		w->chunk *= 2;
	if (w->chunk > left)
		w->chunk = left;
	if (w->conn->store->is_remote && asks_orders(w))
		code = ask_updates(w, err);
	return code == ERR_OK ? start_path(w, err) : code;
}

enum err_code
walk_begin(struct walk *w, const struct order_cursor *after, struct err *err)
{
	enum err_code code = find_window(w, err);

	if (code != ERR_OK)
		return code;
	walk_place(w, after);
	return start_chunk(w, err);
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
	if (!walk_is_by_update(f))
		return ERR_OK;
	if (w->path == PATH_LOG) {
		updated_ms = sql_get_int(w->cursor, 6);
	} else if (w->updated_ms != NULL) {
		updated_ms = w->updated_ms[w->chunk_looked - 1];
	} else {
		struct sql_value args[] = {
		    sql_int(w->app), sql_int(w->last.id)};

		code = store_ask_int(w->conn, ST_ORDER_UPDATED, args, 2, &found,
		    &updated_ms, err);
	}
	*fits = updated_ms >= f->updated_from_ms &&
	    (f->updated_to_ms == 0 || updated_ms < f->updated_to_ms);
	return code;
}

/* To the next entry, in the next chunk where this one has no more. */
static enum err_code
step(struct walk *w, bool *row, struct err *err)
{
	enum err_code code = sql_next(w->cursor, row, err);

	if (code != ERR_OK || *row || w->chunk_looked < w->chunk)
		return code;
	sql_done(&w->cursor);
	code = start_chunk(w, err);
	return code == ERR_OK ? sql_next(w->cursor, row, err) : code;
}

enum err_code
walk_next(struct walk *w, bool *found, struct err *err)
{
	enum err_code code = ERR_OK;

	*found = false;
	while (code == ERR_OK && !*found && !w->ended) {
		bool row;

		if (w->looked == w->looked_max)
			return ERR_OK;
		code = step(w, &row, err);
		if (code != ERR_OK)
			return code;
		w->ended = !row ||
		    (w->descending ? sql_get_int(w->cursor, 0) < w->from_key
				   : sql_get_int(w->cursor, 0) > w->to_key);
		if (w->ended)
			return ERR_OK;
		w->looked++;
		w->chunk_looked++;
		w->last = (struct entry){
		    sql_get_int(w->cursor, 0), sql_get_int(w->cursor, 1)};
		if (w->last.id != 0 && entry_fits(w))
			code = is_updated_in_time(w, found, err);
	}
	return code;
}
