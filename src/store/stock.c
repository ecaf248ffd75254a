/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stock as rows, and the check that what is reserved is what orders hold.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "store/store_impl.h"

enum err_code
store_stock_load(struct store_conn *c, struct stock_row *rows, size_t count,
    struct err *err)
{
	struct sql_value *values = calloc(count + 1, 3 * sizeof(*values));
	struct sql_cursor *cursor = NULL;
	bool row = true;
	enum err_code code = ERR_OK;

	assert(c != NULL);
	assert(rows != NULL || count == 0);
	if (values == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for stock");
	for (size_t i = 0; i < count; i++) {
		rows[i].on_hand = rows[i].reserved = 0;
		values[3 * i] = sql_int(rows[i].app);
		values[3 * i + 1] = sql_int(rows[i].warehouse);
		values[3 * i + 2] = sql_text(rows[i].product);
	}
	if (count > 0)
		code = sql_start_each(c->db, ST_STOCK_GET, values, 3, count,
		    &cursor, err);
	while (count > 0 && code == ERR_OK) {
		struct stock_row *found;

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		found = &rows[sql_get_input(cursor)];
		found->on_hand = sql_get_int(cursor, 0);
		found->reserved = sql_get_int(cursor, 1);
	}
	sql_done(&cursor);
	free(values);
	return code;
}

enum err_code
store_stock_write(struct store_conn *c, const struct stock_row *const *rows,
    size_t count, struct err *err)
{
	struct store_rows set;
	enum err_code code = ERR_OK;

	store_rows_init(&set, c, ST_STOCK_PUT);
	for (size_t i = 0; i < count && code == ERR_OK; i++) {
		const struct stock_row *row = rows[i];
		struct sql_value values[] = {sql_int(row->app),
		    sql_int(row->warehouse), sql_text(row->product),
		    sql_int(row->on_hand), sql_int(row->reserved)};

		assert(row->app > 0);
		assert(row->warehouse > 0);
		assert(!str_is_null(row->product));
		assert(stock_is_sound(row));
		code = store_rows_put(&set, values, 5, err);
	}
	return code == ERR_OK ? store_rows_flush(&set, err) : code;
}

static enum err_code
write_row(struct store_conn *c, const struct stock_row *row, struct err *err)
{
	return store_stock_write(c, &row, 1, err);
}

enum err_code
store_stock_put(struct store_conn *c, const struct stock_row *row,
    struct err *err)
{
	struct stock_row next = *row;
	enum err_code code;

	assert(c != NULL);
	code = store_stock_load(c, &next, 1, err);
	if (code != ERR_OK)
		return code;
	if (row->on_hand < 0 || row->on_hand > LIMIT_STOCK)
		return err_set(err, ERR_USAGE, "on_hand",
		    "on_hand is not from 0 to %lld", LIMIT_STOCK);
	if (row->on_hand < next.reserved)
		return err_set(err, ERR_USAGE, "on_hand",
		    "orders hold %lld of \"%.*s\" in warehouse %lld: on_hand"
		    " can't be %lld",
		    (long long)next.reserved, STR_ARG(row->product),
		    (long long)row->warehouse, (long long)row->on_hand);
	next.on_hand = row->on_hand;
	return write_row(c, &next, err);
}

static enum err_code
take_up_row(struct store_conn *c, int64_t app, const struct stock_change *held,
    struct err *err)
{
	struct stock_row row = {
	    .app = app, .warehouse = held->warehouse, .product = held->product};
	enum err_code code = store_stock_load(c, &row, 1, err);

	if (code != ERR_OK)
		return code;
	row.reserved += held->reserved;
	if (row.on_hand < row.reserved)
		row.on_hand = row.reserved;
	return write_row(c, &row, err);
}

enum err_code
store_stock_take_up(struct store_conn *c, struct arena *a,
    struct order *const *orders, size_t count, struct err *err)
{
	enum err_code code = ERR_OK;

	assert(c != NULL);
	for (size_t i = 0; i < count && code == ERR_OK; i++) {
		struct stock_change *list;
		size_t n;

		if (!stock_may_change(NULL, orders[i]))
			continue;
		if (stock_changes(a, NULL, orders[i], &list, &n) != ERR_OK)
			return err_set(err, ERR_NO_MEMORY, NULL,
			    "no room for stock");
		/* What was completed elsewhere was never here. */
		for (size_t k = 0; k < n && code == ERR_OK; k++) {
			if (list[k].reserved > 0)
				code = take_up_row(c, orders[i]->app, &list[k],
				    err);
		}
	}
	return code;
}

/* The row the cursor is at; the product is borrowed. */
static struct stock_row
read_row(struct sql_cursor *cursor)
{
	return (struct stock_row){
	    .app = sql_get_int(cursor, 0),
	    .warehouse = sql_get_int(cursor, 1),
	    .product = sql_get_str(cursor, 2),
	    .on_hand = sql_get_int(cursor, 3),
	    .reserved = sql_get_int(cursor, 4),
	};
}

static enum err_code
read_rows(struct store_conn *c, struct arena *a,
    const struct sql_value range[2], struct stock_row *rows, size_t room,
    size_t *count, struct err *err)
{
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = sql_start(c->db, ST_STOCKS, range, 2, &cursor,
	    err);

	for (*count = 0; code == ERR_OK && *count < room; ++*count) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		rows[*count] = read_row(cursor);
		rows[*count].product = arena_dup(a, rows[*count].product);
	}
	sql_done(&cursor);
	return code;
}

enum err_code
store_stock(struct store_conn *c, struct arena *a, int64_t app,
    struct stock_row **rows, size_t *count, struct err *err)
{
	struct sql_value range[] = {sql_int(app), sql_int(app)};
	int64_t room = 0;
	bool found;
	enum err_code code;

	assert(app > 0);
	code = store_ask_int(c, ST_STOCK_COUNT, range, 2, &found, &room, err);
	if (code != ERR_OK)
		return code;
	*rows = ARENA_ARRAY(a, (size_t)room, struct stock_row);
	*count = 0;
	if (*rows != NULL)
		code = read_rows(c, a, range, *rows, (size_t)room, count, err);
	if (code == ERR_OK && arena_failed(a))
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for stock");
	return code;
}

/* --- the check ------------------------------------------------------------- */

#define PAGE 256 /* rows looked at by one statement */

struct stock_check {
	struct store_conn *conn;
	char key[LIMIT_TEXT_BYTES]; /* a product: where the next page begins */
	struct arena held_arena;    /* of `held` */
	struct arena arena;	    /* of one order */
	struct map held; /* what orders hold: key -> struct stock_row */
	store_report_f *report;
	void *report_arg;
};

static void
report_row(struct stock_check *k, const struct stock_row *row, int64_t held)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "Stock of \"%.*s\" in warehouse %lld of app %lld: %lld reserved of "
	    "%lld on hand, and orders hold %lld.",
	    STR_ARG(row->product), (long long)row->warehouse,
	    (long long)row->app, (long long)row->reserved,
	    (long long)row->on_hand, (long long)held);
	k->report(k->report_arg, text);
}

/* Adds what one order holds. */
static enum err_code
add_held(struct stock_check *k, const struct order *o,
    const struct stock_change *c)
{
	struct str key = stock_key(&k->arena, o->app, c->warehouse, c->product);
	struct stock_row *held = str_is_null(key) ? NULL
						  : map_find(&k->held, key);

	if (held == NULL) {
		held = ARENA_NEW(&k->held_arena, struct stock_row);
		key = arena_dup(&k->held_arena, key);
		if (held == NULL || str_is_null(key))
			return ERR_NO_MEMORY;
		*held = (struct stock_row){.app = o->app,
		    .warehouse = c->warehouse,
		    .product = str_sub(
			key, key.n - c->product.n, c->product.n)};
		if (map_put(&k->held, key, held) != ERR_OK)
			return ERR_NO_MEMORY;
	}
	held->reserved += c->reserved;
	return ERR_OK;
}

static enum err_code
add_order(struct stock_check *k, const struct order *o, struct err *err)
{
	struct stock_change *list;
	size_t count;
	enum err_code code = stock_changes(&k->arena, NULL, o, &list, &count);

	for (size_t i = 0; i < count && code == ERR_OK; i++)
		code = add_held(k, o, &list[i]);
	if (code != ERR_OK)
		return err_set(err, code, NULL,
		    "too much stock to be checked at once");
	return ERR_OK;
}

/* An order that can't be read was reported before. */
static enum err_code
add_page(struct stock_check *k, int64_t *after, bool *more, struct err *err)
{
	struct sql_value args[] = {sql_int(*after), sql_int(PAGE)};
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = sql_start(k->conn->db, ST_HOLDERS, args, 2, &cursor,
	    err);

	*more = false;

	while (code == ERR_OK) {
		struct order o;

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		arena_reset(&k->arena);
		*more = true;
		code = order_row_read(cursor, &k->arena, &o, err);
		*after = o.id;
		if (code == ERR_OK)
			code = add_order(k, &o, err);
		else if (code == ERR_STORE_FAILED)
			code = ERR_OK;
	}
	sql_done(&cursor);
	return code;
}

static enum err_code
add_orders(struct stock_check *k, struct err *err)
{
	enum err_code code = ERR_OK;
	int64_t after = INT64_MIN;
	bool more = true;

	while (more && code == ERR_OK)
		code = add_page(k, &after, &more, err);
	return code;
}

static enum err_code
compare_row(struct stock_check *k, const struct stock_row *row)
{
	struct str key = stock_key(&k->arena, row->app, row->warehouse,
	    row->product);
	struct stock_row *held;

	if (str_is_null(key))
		return ERR_NO_MEMORY;
	held = map_find(&k->held, key);
	if (!stock_is_sound(row) ||
	    row->reserved != (held == NULL ? 0 : held->reserved))
		report_row(k, row, held == NULL ? 0 : held->reserved);
	if (held != NULL)
		held->reserved = 0; /* told, or as it should be */
	return ERR_OK;
}

/* A product is never so long; if it is, it is cut, and some are seen again. */
static void
keep_key(struct stock_check *k, struct stock_row *last,
    const struct stock_row *stored)
{
	*last = *stored;
	if (last->product.n > sizeof(k->key))
		last->product.n = sizeof(k->key);
	memcpy(k->key, stored->product.p, last->product.n);
	last->product.p = k->key;
}

static enum err_code
compare_page(struct stock_check *k, struct stock_row *last, bool *more,
    struct err *err)
{
	struct sql_value after[] = {sql_int(last->app),
	    sql_int(last->warehouse), sql_text(last->product), sql_int(PAGE)};
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = sql_start(k->conn->db, ST_STOCKS_AFTER, after, 4,
	    &cursor, err);
	struct stock_row stored = *last;

	*more = false;
	arena_reset(&k->arena);
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		*more = true;
		stored = read_row(cursor);
		stored.product = arena_dup(&k->arena, stored.product);
		if (str_is_null(stored.product))
			code = err_set(err, ERR_NO_MEMORY, NULL,
			    "no room for a row of stock");
		else
			code = compare_row(k, &stored);
	}
	sql_done(&cursor);
	if (code == ERR_OK && *more)
		keep_key(k, last, &stored);
	return code;
}

static enum err_code
compare_rows(struct stock_check *k, struct err *err)
{
	struct stock_row last = {.app = INT64_MIN, .product = STR("")};
	enum err_code code = ERR_OK;
	bool more = true;

	while (more && code == ERR_OK)
		code = compare_page(k, &last, &more, err);
	return code;
}

/* What orders hold of rows that are not there. */
static void
report_rest(struct stock_check *k)
{
	const struct map_slot *slot;
	size_t at = 0;

	while ((slot = map_next(&k->held, &at)) != NULL) {
		struct stock_row missing = *(struct stock_row *)slot->value;
		int64_t held = missing.reserved;

		missing.reserved = 0;
		if (held != 0)
			report_row(k, &missing, held);
	}
}

enum err_code
store_stock_check(struct store_conn *c, store_report_f *report, void *arg,
    struct err *err)
{
	struct stock_check k = {.conn = c, .report = report, .report_arg = arg};
	enum err_code code;

	assert(c != NULL);
	assert(report != NULL);
	arena_init(&k.arena, STORE_REWIND_ARENA_BYTES);
	arena_init(&k.held_arena, LIMIT_STOCK_ARENA_BYTES);
	map_init(&k.held, &k.held_arena);
	/* Orders and rows must be of one moment; no deadline cuts a check. */
	code = sql_begin(c->db, err);
	if (code == ERR_OK) {
		code = add_orders(&k, err);
		if (code == ERR_OK)
			code = compare_rows(&k, err);
		sql_rollback(c->db);
	}
	if (code == ERR_OK)
		report_rest(&k);
	arena_fini(&k.held_arena);
	arena_fini(&k.arena);
	return code;
}
