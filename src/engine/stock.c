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

static enum err_code
load(struct stock_book *b, int64_t app, const struct stock_change *c,
    struct str key, struct stock_copy **out, struct err *err)
{
	struct stock_copy *copy = ARENA_NEW(b->arena, struct stock_copy);
	enum err_code code;

	if (copy == NULL)
		return ERR_NO_MEMORY;
	copy->row = (struct stock_row){.app = app,
	    .warehouse = c->warehouse,
	    .product = str_sub(key, key.n - c->product.n, c->product.n)};
	code = store_stock_load(b->conn, &copy->row, 1, err);
	if (code == ERR_OK)
		code = map_put(&b->by_key, key, copy);
	if (code != ERR_OK)
		return code;
	copy->older = b->newest;
	b->newest = copy;
	b->count++;
	*out = copy;
	return ERR_OK;
}

static enum err_code
find(struct stock_book *b, int64_t app, const struct stock_change *c,
    struct stock_copy **out, struct err *err)
{
	struct str key = stock_key(b->arena, app, c->warehouse, c->product);

	if (str_is_null(key))
		return ERR_NO_MEMORY;
	*out = map_find(&b->by_key, key);
	return *out != NULL ? ERR_OK : load(b, app, c, key, out, err);
}

static enum err_code
look_up(struct stock_book *b, int64_t app, struct move *m, struct err *err)
{
	enum err_code code = ERR_OK;

	m->copies = ARENA_ARRAY(b->arena, m->count, struct stock_copy *);
	if (m->copies == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < m->count && code == ERR_OK; i++)
		code = find(b, app, &m->changes[i], &m->copies[i], err);
	return code;
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
