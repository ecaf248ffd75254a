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

/* The order of the row a cursor is at, in the arena. */
static enum err_code
read_order(struct sql_cursor *cursor, struct arena *a, struct order **out,
    struct err *err)
{
	struct order *o = ARENA_NEW(a, struct order);
	enum err_code code;

	if (o == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "no room for an order");
	code = order_row_read(cursor, a, o, err);
	if (code == ERR_OK)
		*out = o;
	return code;
}

enum err_code
store_order_load(struct store_conn *c, struct arena *a, int64_t app, int64_t id,
    struct order **out, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(id)};
	struct sql_cursor *cursor;
	enum err_code code;
	bool row = false;

	*out = NULL;
	code = sql_start(c->db, ST_ORDER_BY_ID, args, 2, &cursor, err);
	if (code == ERR_OK)
		code = sql_next(cursor, &row, err);
	if (row)
		code = read_order(cursor, a, out, err);
	sql_done(&cursor);
	return code;
}

/* --- by name ---------------------------------------------------------------- */

/* Several look-ups that share what they load. Each step asks for those that the
 * one before has left, all in one statement. */
struct finder {
	struct store_conn *conn;
	struct arena *arena;
	struct map loaded; /* order by the bytes of its id */
	struct store_ref *refs;
	size_t count;
	struct err *err;
};

/* One statement of a look-up, under way. */
struct asking {
	struct store_ref **asked;
	struct sql_value *values;
	size_t count;
	struct sql_cursor *cursor; /* NULL: nothing is asked */
};

/* What kept an order from being read is told in its reference: others are not
 * hurt by it. */
static enum err_code
tell_damage(struct finder *f, struct store_ref *ref, enum err_code code)
{
	if (!store_is_damage(f->conn, code))
		return code;
	ref->code = code;
	ref->detail = arena_dup(f->arena, str_from(f->err->detail));
	return ERR_OK;
}

/* The order of the row, or the one of the same id that was read before. */
static enum err_code
share_order(struct finder *f, struct sql_cursor *cursor, struct order **out)
{
	int64_t id = sql_get_int(cursor, ORDER_ROW_COLUMNS - 1);
	struct str key = {(const char *)&id, sizeof(id)};
	enum err_code code;

	*out = map_find(&f->loaded, key);
	if (*out != NULL)
		return ERR_OK;
	code = read_order(cursor, f->arena, out, f->err);
	if (code != ERR_OK)
		return code;
	key.p = (const char *)&(*out)->id;
	return map_put(&f->loaded, key, *out);
}

static void
take_order(struct store_ref *ref, struct order *order)
{
	ref->code = ERR_OK;
	ref->order = order;
}

/* An order that was given a name does not answer to its derived one. */
static enum err_code
take_by_id(struct finder *f, struct sql_cursor *cursor, struct store_ref *ref)
{
	struct order *order = NULL;
	enum err_code code = share_order(f, cursor, &order);

	if (code != ERR_OK)
		return tell_damage(f, ref, code);
	if (str_is_null(store_given_name(order, ref->kind)))
		take_order(ref, order);
	return ERR_OK;
}

static enum err_code
take_by_name(struct finder *f, struct sql_cursor *cursor, struct store_ref *ref)
{
	int64_t named = sql_get_int(cursor, ORDER_ROW_COLUMNS);
	struct order *order = NULL;
	enum err_code code;

	/* A reference that was answered by id may be asked for all the same. */
	if (ref->code != ERR_NOT_FOUND)
		return ERR_OK;
	if (sql_get_int(cursor, ORDER_ROW_COLUMNS - 1) != named)
		code = err_set(f->err, ERR_STORE_FAILED, NULL,
		    "the name \"%.*s\" is of order %lld, which is not there",
		    STR_ARG(ref->name), (long long)named);
	else
		code = share_order(f, cursor, &order);
	if (code != ERR_OK)
		return tell_damage(f, ref, code);
	take_order(ref, order);
	return ERR_OK;
}

/* The columns behind the app are the given names, by kind. */
static_assert(NAME_INTENT == 0 && NAME_PURCHASE_NO == 1 && NAME_TRADE_NO == 2 &&
	NAME_PURCHASE_ORDER == 3 && NAME__COUNT == 4,
    "ORDER_APP has the names in their order");

static enum err_code
take_owner(struct finder *f, struct sql_cursor *cursor, struct store_ref *ref)
{
	bool was_given = ref->kind != NAME_INTENT &&
	    !str_is_null(sql_get_str(cursor, (int)ref->kind));

	(void)f;
	if (sql_get_int(cursor, 0) != ref->app && !was_given)
		ref->code = ERR_NOT_YOURS;
	return ERR_OK;
}

/* --- the steps ---- */

/* Fills the parameters for a reference; false: it is not asked for. */
typedef bool ask_f(const struct store_ref *ref, struct sql_value *values);
typedef enum err_code take_f(struct finder *f, struct sql_cursor *cursor,
    struct store_ref *ref);

static bool
ask_by_id(const struct store_ref *ref, struct sql_value *values)
{
	int64_t id;

	if (!order_name_parse(ref->kind, ref->name, &id))
		return false;
	values[0] = sql_int(ref->app);
	values[1] = sql_int(id);
	return true;
}

static bool
ask_by_name(const struct store_ref *ref, struct sql_value *values)
{
	values[0] = sql_int(ref->app);
	values[1] = sql_int(ref->kind);
	values[2] = sql_text(ref->name);
	return ref->kind != NAME_INTENT;
}

static bool
ask_owner(const struct store_ref *ref, struct sql_value *values)
{
	int64_t id;

	if (!order_name_parse(ref->kind, ref->name, &id))
		return false;
	values[0] = sql_int(id);
	return true;
}

static const struct step {
	enum statement statement;
	size_t width;
	ask_f *ask;
	take_f *take;
} steps[] = {
    {ST_ORDER_BY_ID, 2, ask_by_id, take_by_id},
    {ST_ORDER_BY_NAME, 3, ask_by_name, take_by_name},
    {ST_ORDER_APP, 1, ask_owner, take_owner},
};

#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

/* Asks for all that were not found so far. */
static enum err_code
ask(struct finder *f, const struct step *step, struct asking *q)
{
	*q = (struct asking){
	    .asked = ARENA_ARRAY(f->arena, f->count, struct store_ref *),
	    .values = ARENA_ARRAY(
		f->arena, step->width * f->count, struct sql_value),
	};
	if (q->asked == NULL || q->values == NULL)
		return err_set(f->err, ERR_NO_MEMORY, NULL,
		    "no room for names");
	for (size_t i = 0; i < f->count; i++) {
		struct sql_value *values = &q->values[step->width * q->count];

		if (f->refs[i].code == ERR_NOT_FOUND &&
		    step->ask(&f->refs[i], values))
			q->asked[q->count++] = &f->refs[i];
	}
	if (q->count == 0)
		return ERR_OK;
	return sql_start_each(f->conn->db, (int)step->statement, q->values,
	    step->width, q->count, &q->cursor, f->err);
}

static enum err_code
take(struct finder *f, const struct step *step, struct asking *q)
{
	enum err_code code = ERR_OK;
	bool row = q->cursor != NULL;

	while (row && code == ERR_OK) {
		code = sql_next(q->cursor, &row, f->err);
		if (code == ERR_OK && row)
			code = step->take(f, q->cursor,
			    q->asked[sql_get_input(q->cursor)]);
	}
	sql_done(&q->cursor);
	return code;
}

static void
finder_begin(struct finder *f)
{
	map_init(&f->loaded, f->arena);
	for (size_t i = 0; i < f->count; i++) {
		assert((unsigned)f->refs[i].kind < NAME__COUNT);
		assert(!str_is_null(f->refs[i].name));
		f->refs[i].order = NULL;
		f->refs[i].code = ERR_NOT_FOUND;
	}
}

/* The steps from `first` on, one after the other. */
static enum err_code
find_from(struct finder *f, size_t first)
{
	enum err_code code = ERR_OK;

	for (size_t i = first; i < STEP_COUNT && code == ERR_OK; i++) {
		struct asking q;

		code = ask(f, &steps[i], &q);
		if (code == ERR_OK)
			code = take(f, &steps[i], &q);
	}
	return code;
}

/* By id and by name at once. */
#define STEPS_AT_ONCE 2

static enum err_code
load_at_once(struct finder *f, int64_t now_ms, struct store_answer *answers,
    size_t answer_count)
{
	struct asking q[STEPS_AT_ONCE] = {{.count = 0}};
	struct answer_keys k = {.count = 0};
	enum err_code code = store_answers_ask(f->conn, f->arena, answers,
	    answer_count, &k, f->err);

	finder_begin(f);
	for (size_t i = 0; i < STEPS_AT_ONCE && code == ERR_OK; i++)
		code = ask(f, &steps[i], &q[i]);
	if (code == ERR_OK)
		code = store_lines_take(f->conn, f->err);
	if (code == ERR_OK)
		code = store_answers_take(f->arena, now_ms, &k, f->err);
	for (size_t i = 0; i < STEPS_AT_ONCE && code == ERR_OK; i++)
		code = take(f, &steps[i], &q[i]);
	sql_done(&k.cursor);
	for (size_t i = 0; i < STEPS_AT_ONCE; i++)
		sql_done(&q[i].cursor);
	return code == ERR_OK ? find_from(f, STEPS_AT_ONCE) : code;
}

enum err_code
store_load(struct store_conn *c, struct arena *a, int64_t now_ms,
    struct store_answer *answers, size_t answer_count, struct store_ref *refs,
    size_t ref_count, struct err *err)
{
	struct err own = {0};
	struct finder f = {.conn = c,
	    .arena = a,
	    .refs = refs,
	    .count = ref_count,
	    .err = err != NULL ? err : &own};

	assert(c != NULL);
	assert(a != NULL);
	return load_at_once(&f, now_ms, answers, answer_count);
}

enum err_code
store_order_find(struct store_conn *c, struct arena *a, int64_t app,
    enum name_kind kind, struct str name, struct order **out, struct err *err)
{
	struct store_ref ref = {.app = app, .kind = kind, .name = name};
	enum err_code code;

	assert(out != NULL);
	*out = NULL;
	code = store_refs_load(c, a, &ref, 1, err);
	if (code != ERR_OK)
		return code;
	*out = ref.order;
	if (ref.code == ERR_OK)
		return ERR_OK;
	if (ref.code == ERR_STORE_FAILED)
		return err_set(err, ref.code, NULL, "%.*s",
		    STR_ARG(ref.detail));
	return err_set(err, ref.code, NULL, "order \"%.*s\"", STR_ARG(name));
}

bool
store_is_damage(const struct store_conn *c, enum err_code code)
{
	assert(c != NULL);
	return code == ERR_STORE_FAILED && !sql_must_roll_back(c->db);
}

enum err_code
store_refs_load(struct store_conn *c, struct arena *a, struct store_ref *refs,
    size_t count, struct err *err)
{
	struct err own = {0};
	struct finder f = {.conn = c,
	    .arena = a,
	    .refs = refs,
	    .count = count,
	    .err = err != NULL ? err : &own};

	assert(c != NULL);
	assert(a != NULL);
	assert(refs != NULL || count == 0);
	assert(c->locking == NULL);
	if (count == 0)
		return ERR_OK;
	finder_begin(&f);
	return find_from(&f, 0);
}

/* --- pages ------------------------------------------------------------------ */

enum err_code
store_orders(struct store_conn *c, struct arena *a, int64_t app, int64_t after,
    int64_t limit, struct order **orders, size_t *count, struct err *err)
{
	struct sql_value all[] = {sql_int(after), sql_int(limit)};
	struct sql_value of_app[] = {
	    sql_int(app), sql_int(after), sql_int(limit)};
	struct sql_cursor *cursor;
	enum err_code code;
	bool row = true;

	assert(c != NULL);
	assert(limit >= 1 && limit <= LIMIT_PAGE);
	*count = 0;
	*orders = ARENA_ARRAY(a, (size_t)limit, struct order);
	if (*orders == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for orders");
	code = app == 0
	    ? sql_start(c->db, ST_ORDERS_AFTER, all, 2, &cursor, err)
	    : sql_start(c->db, ST_ORDERS_OF_APP, of_app, 3, &cursor, err);
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
	code = store_ask_int(c, ST_ORDER_APP, args, 1, taken, &any, err);
	if (code != ERR_OK || *taken)
		return code;
	return store_ask_int(c, ST_TOMB_APP, args, 1, taken, &any, err);
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
