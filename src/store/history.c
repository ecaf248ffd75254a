/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: amendments of an order, which are linked from the newest back, those
 * of an app, and orders as they were.
 *
 * There is no index by order and version: it would cost every change a second
 * random page. An order's history is walked from order.last_seq instead.
 */
#include <assert.h>

#include "base/limits.h"
#include "store/store_impl.h"

/* So many amendments are taken back between two copies of the order. */
#define REWIND_STEPS 64

enum err_code
store_amendment_load(struct store_conn *c, struct arena *a, int64_t app,
    int64_t seq, struct amendment *out, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(seq)};
	struct sql_cursor *cursor;
	enum err_code code;
	bool row = false;

	code = sql_start(c->db, ST_AMENDMENT_BY_SEQ, args, 2, &cursor, err);
	if (code == ERR_OK)
		code = sql_next(cursor, &row, err);
	if (row)
		code = amendment_row_read(cursor, a, out, err);
	else if (code == ERR_OK)
		code = err_set(err, ERR_STORE_FAILED, NULL,
		    "amendment %lld is not there", (long long)seq);
	sql_done(&cursor);
	return code;
}

/* --- what an order went through -------------------------------------------- */

/* Follows the links from `seq` back, `steps` times. */
static enum err_code
walk_back(struct store_conn *c, int64_t app, int64_t seq, int64_t steps,
    int64_t *out, struct err *err)
{
	enum err_code code = ERR_OK;
	bool found = true;

	for (; steps > 0 && code == ERR_OK && found; steps--) {
		struct sql_value args[] = {sql_int(app), sql_int(seq)};

		code = store_ask_int(c, ST_AMENDMENT_PREV, args, 2, &found, &seq,
		    err);
	}
	*out = seq;
	if (code == ERR_OK && !found)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "amendment %lld is not there", (long long)seq);
	return code;
}

/* Fills items from the last to the first, so that the oldest comes first. */
static enum err_code
fill_back(struct store_conn *c, struct arena *a, int64_t app, int64_t seq,
    struct feed_item *items, size_t count, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(app), sql_int(seq), sql_int((int64_t)count)};
	struct sql_cursor *cursor;
	bool row = true;
	size_t left = count;
	enum err_code code;

	if (count == 0)
		return ERR_OK;
	code = sql_start(c->db, ST_AMENDMENT_CHAIN, args, 3, &cursor, err);
	while (code == ERR_OK && left > 0) {
		struct feed_item *item = &items[left - 1];

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		code = amendment_row_read(cursor, a, &item->amendment, err);
		item->order = item->amendment.order;
		seq = item->amendment.prev_seq;
		left--;
	}
	sql_done(&cursor);
	if (code == ERR_OK && left > 0)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "amendment %lld is not there", (long long)seq);
	return code;
}

enum err_code
store_history(struct store_conn *c, struct arena *a, const struct order *order,
    int64_t after, int64_t limit, struct feed_item **items, size_t *count,
    bool *more, struct err *err)
{
	int64_t wanted, seq;
	enum err_code code;

	assert(c != NULL);
	assert(order != NULL);
	assert(after >= 0);
	assert(limit >= 1 && limit <= LIMIT_PAGE);
	/* Versions have no gaps: how many there are is known beforehand. */
	wanted = order->version > after ? order->version - after : 0;
	*more = wanted > limit;
	*count = (size_t)(*more ? limit : wanted);
	*items = ARENA_ARRAY(a, *count, struct feed_item);
	if (*items == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "no room for a history");
	code = walk_back(c, order->app, order->last_seq,
	    wanted - (int64_t)*count, &seq, err);
	return code == ERR_OK
	    ? fill_back(c, a, order->app, seq, *items, *count, err)
	    : code;
}

enum err_code
store_feed(struct store_conn *c, struct arena *a, int64_t app, int64_t after,
    int64_t limit, struct feed_item **items, size_t *count, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(app), sql_int(after), sql_int(limit)};
	struct sql_cursor *cursor;
	enum err_code code;
	bool row;

	assert(c != NULL);
	assert(after >= 0);
	assert(limit >= 1 && limit <= LIMIT_PAGE);
	*count = 0;
	*items = ARENA_ARRAY(a, (size_t)limit, struct feed_item);
	if (*items == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for a feed");
	code = sql_start(c->db, ST_FEED, args, 3, &cursor, err);
	while (code == ERR_OK) {
		struct feed_item *item = &(*items)[*count];

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		assert(*count < (size_t)limit);
		code = amendment_row_read(cursor, a, &item->amendment, err);
		item->order = item->amendment.order;
		++*count;
	}
	sql_done(&cursor);
	return code;
}

/* --- an order as it was ---------------------------------------------------- */

/* Loads the amendment the order stands at, or says why it can't be that. */
static enum err_code
load_top(struct store_conn *c, struct arena *a, const struct order *order,
    struct amendment *out, struct err *err)
{
	enum err_code code = store_amendment_load(c, a, order->app,
	    order->last_seq, out, err);

	if (code != ERR_OK)
		return code;
	if (out->order != order->id || out->app != order->app)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "order %lld: amendment %lld is of another order",
		    (long long)order->id, (long long)out->seq);
	if (out->prev_seq >= out->seq)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "order %lld: amendment %lld links forward",
		    (long long)order->id, (long long)out->seq);
	if (out->at_ms != order->updated_ms)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "order %lld: not updated when amendment %lld was made",
		    (long long)order->id, (long long)out->seq);
	return ERR_OK;
}

bool
store_amendment_is_whole(const struct amendment *m)
{
	return amendment_is_sealed(m) &&
	    (m->prev_seq == 0) == (m->version == 1);
}

/* Takes one back; *top becomes the one before it, if there is one. */
static enum err_code
step_back(struct store_conn *c, struct arena *a, struct order *order,
    struct amendment *top, struct err *err)
{
	struct amendment before;
	bool is_first = top->prev_seq == 0;
	enum err_code code = ERR_OK;

	if (c->unsealed != NULL)
		*c->unsealed += !store_amendment_is_whole(top);
	if (!is_first)
		code = store_amendment_load(c, a, top->app, top->prev_seq,
		    &before, err);
	if (code == ERR_OK)
		code = amendment_undo(top, is_first ? NULL : &before, a, order,
		    err);
	if (code == ERR_OK && !is_first)
		*top = before;
	return code;
}

static enum err_code
no_room(struct err *err)
{
	return err_set(err, ERR_NO_MEMORY, NULL, "no room for an old version");
}

enum err_code
store_rewind(struct store_conn *c, struct order *order, int64_t version,
    struct err *err)
{
	struct arena *to = &c->rewind[0], *from = &c->rewind[1];

	assert(version >= 0);
	arena_reset(from);
	while (order->version > version) {
		struct arena *other = from;
		struct order *copy;
		struct amendment top;
		enum err_code code;

		arena_reset(to);
		copy = order_copy(to, order);
		if (copy == NULL)
			return no_room(err);
		*order = *copy;
		code = load_top(c, to, order, &top, err);
		for (int i = 0; i < REWIND_STEPS && code == ERR_OK &&
		     order->version > version;
		     i++)
			code = step_back(c, to, order, &top, err);
		if (code != ERR_OK)
			return code;
		from = to;
		to = other;
	}
	return ERR_OK;
}

enum err_code
store_tomb_load(struct store_conn *c, struct arena *a, int64_t app, int64_t id,
    struct order *out, bool *found, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(id)};
	struct sql_cursor *cursor;
	struct amendment last;
	enum err_code code;

	*found = false;
	*out = (struct order){.id = id};
	code = sql_start(c->db, ST_TOMB_FIND, args, 2, &cursor, err);
	if (code == ERR_OK)
		code = sql_next(cursor, found, err);
	if (*found) {
		out->app = sql_get_int(cursor, 1);
		out->last_seq = sql_get_int(cursor, 2);
	}
	sql_done(&cursor);
	if (code != ERR_OK || !*found)
		return code;
	code = store_amendment_load(c, a, out->app, out->last_seq, &last, err);
	if (code != ERR_OK)
		return code;
	out->version = last.version;
	out->updated_ms = last.at_ms;
	memcpy(out->last_hash, last.hash, sizeof(out->last_hash));
	return ERR_OK;
}

enum err_code
store_gone_find(struct store_conn *c, struct arena *a, int64_t app,
    struct str name, struct order **out, struct err *err)
{
	struct order *tomb = ARENA_NEW(a, struct order);
	enum err_code code = ERR_OK;
	bool found = false;
	int64_t id;

	assert(c != NULL);
	assert(out != NULL);
	*out = NULL;
	if (tomb == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "no room for an order");
	if (order_name_parse(NAME_INTENT, name, &id))
		code = store_tomb_load(c, a, app, id, tomb, &found, err);
	if (code != ERR_OK)
		return code;
	if (!found || tomb->app != app)
		return err_set(err, ERR_NOT_FOUND, NULL, "order \"%.*s\"",
		    STR_ARG(name));
	*out = tomb;
	return ERR_OK;
}

static enum err_code
rewind_into(struct store_conn *c, struct arena *a, const struct order *now,
    int64_t version, struct order **out, struct err *err)
{
	struct order then = *now;
	enum err_code code = store_rewind(c, &then, version, err);

	if (code != ERR_OK)
		return code;
	*out = order_copy(a, &then);
	if (*out == NULL)
		return no_room(err);
	order_check(*out);
	return ERR_OK;
}

void
store_rewind_allow(struct store_conn *c, int64_t steps)
{
	assert(c != NULL);
	assert(steps >= 0);
	c->rewind_left = steps;
}

enum err_code
store_order_at(struct store_conn *c, struct arena *a, int64_t app, int64_t id,
    int64_t version, struct order **out, struct err *err)
{
	struct order tomb, *now;
	bool is_there, is_gone = false;
	enum err_code code;

	assert(c != NULL);
	assert(out != NULL);
	*out = NULL;
	code = store_order_load(c, a, app, id, &now, err);
	is_there = now != NULL;
	if (code == ERR_OK && !is_there) {
		now = &tomb;
		code = store_tomb_load(c, a, app, id, now, &is_gone, err);
	}
	if (code != ERR_OK)
		return code;
	/* The version that deleting led to is none that can be shown. */
	if ((!is_there && !is_gone) || now->app != app || version < 1 ||
	    version > now->version - (is_gone ? 1 : 0))
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "order %lld has no version %lld", (long long)id,
		    (long long)version);
	if (is_there && version == now->version) {
		*out = now;
		return ERR_OK;
	}
	if (now->version - version > c->rewind_left)
		return err_set(err, ERR_BUSY, NULL,
		    "version %lld of order %lld lies too far back",
		    (long long)version, (long long)id);
	if (c->rewind_left < INT64_MAX)
		c->rewind_left -= now->version - version;
	return rewind_into(c, a, now, version, out, err);
}
