/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Working copies of stock. A move is looked at as a whole before any of its
 * rows is touched.
 */
#include "engine/stock.h"

#include <assert.h>

/* One move at work. */
struct move {
	struct stock_change *changes;
	struct stock_copy **copies; /* one for each change */
	size_t count;
};

void
stock_book_init(struct stock_book *b, struct store_conn *c, struct arena *a)
{
	*b = (struct stock_book){.conn = c, .arena = a};
	map_init(&b->by_key, a);
}

static struct stock_copy *
find(const struct stock_book *b, int64_t app, const struct stock_change *c,
    struct str *key)
{
	*key = stock_key(b->arena, app, c->warehouse, c->product);
	return str_is_null(*key) ? NULL : map_find(&b->by_key, *key);
}

static enum err_code
keep(struct stock_book *b, const struct stock_row *row)
{
	struct stock_copy *copy = ARENA_NEW(b->arena, struct stock_copy);
	struct str key = stock_key(b->arena, row->app, row->warehouse,
	    row->product);

	if (copy == NULL || str_is_null(key))
		return ERR_NO_MEMORY;
	copy->row = *row;
	/* The row's own text may not live as long as the book. */
	copy->row.product = str_sub(key, key.n - row->product.n,
	    row->product.n);
	copy->older = b->newest;
	b->newest = copy;
	b->count++;
	return map_put(&b->by_key, key, copy);
}

/* Loads what the move touches and the book does not have, in one go. */
static enum err_code
load_missing(struct stock_book *b, int64_t app, const struct move *m,
    struct err *err)
{
	struct stock_row *rows = ARENA_ARRAY(b->arena, m->count,
	    struct stock_row);
	size_t missing = 0;
	struct str key;
	enum err_code code;

	if (rows == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < m->count; i++) {
		const struct stock_change *c = &m->changes[i];

		if (find(b, app, c, &key) == NULL)
			rows[missing++] = (struct stock_row){.app = app,
			    .warehouse = c->warehouse,
			    .product = c->product};
	}
	code = store_stock_load(b->conn, rows, missing, err);
	for (size_t i = 0; i < missing && code == ERR_OK; i++)
		code = keep(b, &rows[i]);
	return code;
}

static enum err_code
look_up(struct stock_book *b, int64_t app, struct move *m, struct err *err)
{
	enum err_code code = load_missing(b, app, m, err);
	struct str key;

	if (code != ERR_OK)
		return code;
	m->copies = ARENA_ARRAY(b->arena, m->count, struct stock_copy *);
	if (m->copies == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < m->count; i++) {
		m->copies[i] = find(b, app, &m->changes[i], &key);
		if (m->copies[i] == NULL)
			return ERR_NO_MEMORY;
	}
	return ERR_OK;
}

static bool
refuse_lack(const struct move *m, struct outcome *o)
{
	for (size_t i = 0; i < m->count; i++) {
		if (stock_suffices(&m->copies[i]->row, &m->changes[i]))
			continue;
		outcome_fail(o, ERR_NO_STOCK, NULL);
		o->product = m->copies[i]->row.product;
		return true;
	}
	return false;
}

/* Rows that would not be sound say something else than the orders do. */
static bool
refuse_damage(const struct move *m, struct outcome *o)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct stock_row *row = &m->copies[i]->row;
		struct stock_row next = *row;
		struct err err;

		if (stock_is_sound(row) && stock_apply(&next, &m->changes[i]))
			continue;
		(void)err_set(&err, ERR_STORE_FAILED, "",
		    "warehouse %lld has %lld of \"%.*s\", %lld reserved, which"
		    " is not what orders hold: run procured check",
		    (long long)row->warehouse, (long long)row->on_hand,
		    STR_ARG(row->product), (long long)row->reserved);
		outcome_fail(o, ERR_STORE_FAILED, &err);
		return true;
	}
	return false;
}

static bool
all_sound(const struct move *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (!stock_is_sound(&m->copies[i]->row))
			return false;
	}
	return true;
}

static void
carry_out(const struct move *m)
{
	for (size_t i = 0; i < m->count; i++) {
		bool fits = stock_apply(&m->copies[i]->row, &m->changes[i]);

		assert(fits);
		(void)fits;
		m->copies[i]->is_changed = true;
	}
}

static enum err_code
no_memory(struct err *err)
{
	return err_set(err, ERR_NO_MEMORY, "",
	    "a group's stock needs too much memory");
}

enum err_code
stock_book_move(struct stock_book *b, const struct order *before,
    const struct order *after, struct outcome *outcome, struct err *err)
{
	int64_t app = after != NULL ? after->app : before->app;
	struct move m = {0};
	enum err_code code;

	assert(b != NULL);
	if (!stock_may_change(before, after))
		return ERR_OK;
	if (stock_changes(b->arena, before, after, &m.changes, &m.count) !=
	    ERR_OK)
		return no_memory(err);
	if (m.count == 0)
		return ERR_OK;
	code = look_up(b, app, &m, err);
	if (code != ERR_OK)
		return code == ERR_NO_MEMORY ? no_memory(err) : code;
	if (all_sound(&m) && refuse_lack(&m, outcome))
		return ERR_OK;
	if (refuse_damage(&m, outcome))
		return ERR_OK;
	carry_out(&m);
	return ERR_OK;
}

const struct stock_row **
stock_book_news(const struct stock_book *b, size_t *count)
{
	const struct stock_row **list = ARENA_ARRAY(b->arena, b->count,
	    const struct stock_row *);

	*count = 0;
	if (list == NULL)
		return NULL;
	for (const struct stock_copy *c = b->newest; c != NULL; c = c->older) {
		if (c->is_changed)
			list[(*count)++] = &c->row;
	}
	return list;
}
