/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders by id, by name, and page by page.
 *
 * An order has one name of each kind: the one it was given, which is a row of
 * `names`, or the one derived from its id, which is not stored. So a name that
 * has the derived form is tried as an id first, and an order that was given
 * another name of that kind does not answer to its derived one.
 */
#include <assert.h>

#include "base/limits.h"
#include "base/map.h"
#include "store/store_impl.h"

/* The field a name of a kind is kept in; intents' names are always derived. */
static const enum order_field name_fields[NAME__COUNT] = {
    [NAME_INTENT] = F__COUNT,
    [NAME_PURCHASE_NO] = F_PURCHASE_NO,
    [NAME_TRADE_NO] = F_TRADE_NO,
    [NAME_PURCHASE_ORDER] = F_PURCHASE_ORDER,
};

struct str
store_given_name(const struct order *o, enum name_kind kind)
{
	assert((unsigned)kind < NAME__COUNT);
	if (name_fields[kind] == F__COUNT)
		return STR_NONE;
	return order_get_str(o, name_fields[kind]);
}

enum err_code
store_order_load(struct store_conn *c, struct arena *a, int64_t id,
    struct order **out, struct err *err)
{
	struct sql_value args[] = {sql_int(id)};
	struct sql_cursor *cursor;
	enum err_code code;
	bool row = false;

	*out = NULL;
	code = sql_start(c->db, ST_ORDER_BY_ID, args, 1, &cursor, err);
	if (code == ERR_OK)
		code = sql_next(cursor, &row, err);
	if (row) {
		*out = ARENA_NEW(a, struct order);
		code = *out == NULL
		    ? err_set(err, ERR_NO_MEMORY, NULL, "no room for an order")
		    : order_row_read(cursor, a, *out, err);
	}
	sql_done(&cursor);
	return code;
}

/* One look-up of names, or several that share what they load. */
struct finder {
	struct store_conn *conn;
	struct arena *arena;
	struct map *loaded; /* order by the bytes of its id; NULL: none kept */
	struct err *err;
};

static enum err_code
load(struct finder *f, int64_t id, struct order **out)
{
	struct str key = {(const char *)&id, sizeof(id)};
	enum err_code code;

	*out = f->loaded != NULL ? map_find(f->loaded, key) : NULL;
	if (*out != NULL)
		return ERR_OK;
	code = store_order_load(f->conn, f->arena, id, out, f->err);
	if (code != ERR_OK || *out == NULL || f->loaded == NULL)
		return code;
	key.p = (const char *)&(*out)->id;
	return map_put(f->loaded, key, *out);
}

static enum err_code
find_given(struct finder *f, const struct store_ref *ref, struct order **out)
{
	struct sql_value args[] = {
	    sql_int(ref->app), sql_int(ref->kind), sql_text(ref->name)};
	enum err_code code;
	int64_t id;
	bool found;

	*out = NULL;
	code = store_ask_int(f->conn, ST_NAME_FIND, args, 3, &found, &id,
	    f->err);
	if (code != ERR_OK || !found)
		return code;
	code = load(f, id, out);
	if (code == ERR_OK && *out == NULL)
		return err_set(f->err, ERR_STORE_FAILED, NULL,
		    "the name \"%.*s\" is of order %lld, which is not there",
		    STR_ARG(ref->name), (long long)id);
	return code;
}

/* Fills code and order of the reference; returns operating faults. */
static enum err_code
find(struct finder *f, struct store_ref *ref)
{
	enum err_code code = ERR_OK;
	struct order *order = NULL;
	int64_t id;

	assert((unsigned)ref->kind < NAME__COUNT);
	assert(!str_is_null(ref->name));
	ref->order = NULL;
	ref->code = ERR_NOT_FOUND;
	if (order_name_parse(ref->kind, ref->name, &id))
		code = load(f, id, &order);
	if (order != NULL && !str_is_null(store_given_name(order, ref->kind)))
		order = NULL;
	if (order != NULL && order->app != ref->app) {
		ref->code = ERR_NOT_YOURS;
		order = NULL;
	}
	if (code == ERR_OK && order == NULL && ref->kind != NAME_INTENT)
		code = find_given(f, ref, &order);
	if (code != ERR_OK || order == NULL)
		return code;
	ref->code = ERR_OK;
	ref->order = order;
	return ERR_OK;
}

enum err_code
store_order_find(struct store_conn *c, struct arena *a, int64_t app,
    enum name_kind kind, struct str name, struct order **out, struct err *err)
{
	struct finder f = {.conn = c, .arena = a, .err = err};
	struct store_ref ref = {.app = app, .kind = kind, .name = name};
	enum err_code code;

	assert(c != NULL);
	assert(a != NULL);
	assert(out != NULL);
	code = find(&f, &ref);
	*out = ref.order;
	if (code != ERR_OK || ref.code == ERR_OK)
		return code;
	return err_set(err, ref.code, NULL, "order \"%.*s\"", STR_ARG(name));
}

bool
store_is_damage(const struct store_conn *c, enum err_code code)
{
	assert(c != NULL);
	return code == ERR_STORE_FAILED && !sql_must_roll_back(c->db);
}

/* Damage of one order is told in its reference: others are not hurt by it. */
static enum err_code
find_or_tell(struct finder *f, struct store_ref *ref)
{
	enum err_code code = find(f, ref);

	if (!store_is_damage(f->conn, code))
		return code;
	ref->code = code;
	ref->detail = arena_dup(f->arena, str_from(f->err->detail));
	return ERR_OK;
}

enum err_code
store_refs_load(struct store_conn *c, struct arena *a, struct store_ref *refs,
    size_t count, struct err *err)
{
	struct map loaded;
	struct err own = {0};
	struct finder f = {.conn = c,
	    .arena = a,
	    .loaded = &loaded,
	    .err = err != NULL ? err : &own};
	enum err_code code = ERR_OK;

	assert(c != NULL);
	assert(a != NULL);
	assert(refs != NULL || count == 0);
	map_init(&loaded, a);
	for (size_t i = 0; i < count && code == ERR_OK; i++)
		code = find_or_tell(&f, &refs[i]);
	return code;
}

enum err_code
store_orders(struct store_conn *c, struct arena *a, int64_t app, int64_t after,
    int64_t limit, struct order **orders, size_t *count, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(after), sql_int(app), sql_int(limit)};
	struct sql_cursor *cursor;
	enum err_code code;
	bool row = true;

	assert(c != NULL);
	assert(limit >= 1 && limit <= LIMIT_PAGE);
	*count = 0;
	*orders = ARENA_ARRAY(a, (size_t)limit, struct order);
	if (*orders == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for orders");
	code = sql_start(c->db, ST_ORDERS_AFTER, args, 3, &cursor, err);
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		assert(*count < (size_t)limit);
		code = order_row_read(cursor, a, &(*orders)[(*count)++], err);
	}
	sql_done(&cursor);
	return code;
}

enum err_code
store_id_is_taken(struct store_conn *c, int64_t id, bool *taken,
    struct err *err)
{
	struct sql_value args[] = {sql_int(id)};
	enum err_code code;
	int64_t any;

	assert(c != NULL);
	assert(taken != NULL);
	code = store_ask_int(c, ST_ORDER_UPDATED, args, 1, taken, &any, err);
	if (code != ERR_OK || *taken)
		return code;
	return store_ask_int(c, ST_TOMB_FIND, args, 1, taken, &any, err);
}

enum err_code
store_name_is_taken(struct store_conn *c, int64_t app, enum name_kind kind,
    struct str name, bool *taken, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(kind), sql_text(name)};
	int64_t any;

	assert(c != NULL);
	assert(taken != NULL);
	return store_ask_int(c, ST_NAME_FIND, args, 3, taken, &any, err);
}
