/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group of commands, in one transaction: what was answered before, what is
 * to be written, and forgetting old answers.
 *
 * What a change costs is decided here: one random page (its order's), and rows
 * at the ends of the log and of the answers. A move also costs its entries in
 * the indexes of lists, and two counters.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/store_impl.h"

/* --- stored answers -------------------------------------------------------- */

static struct str
digest_view(const uint8_t bytes[IDENTITY_BYTES])
{
	return (struct str){(const char *)bytes, IDENTITY_BYTES};
}

/* A signed request's digest is over its body too: only a key's row needs it. */
static struct str
body_view(const struct identity *i)
{
	return i->at_ms == 0 ? digest_view(i->body) : STR_NONE;
}

/* The row a cursor is at. Signed bytes can't be sent again once their answer has
 * expired. */
static void
read_answer(struct sql_cursor *cursor, struct arena *a, int64_t now_ms,
    struct store_answer *answer)
{
	struct str body = sql_get_str(cursor, 2);

	answer->expired = answer->identity.at_ms == 0 &&
	    sql_get_int(cursor, 4) < now_ms;
	answer->found = !answer->expired;
	if (answer->expired)
		return;
	answer->order = sql_get_int(cursor, 0);
	answer->version = sql_get_int(cursor, 1);
	answer->items = arena_dup(a, sql_get_str(cursor, 3));
	if (body.n == sizeof(answer->body))
		memcpy(answer->body, body.p, sizeof(answer->body));
}

static bool
list_answer_keys(struct arena *a, struct store_answer *answers, size_t count,
    struct answer_keys *k)
{
	k->values = ARENA_ARRAY(a, 3 * count, struct sql_value);
	k->answers = ARENA_ARRAY(a, count, struct store_answer *);
	k->count = 0;
	k->cursor = NULL;
	if (k->values == NULL || k->answers == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct identity *identity = &answers[i].identity;
		struct sql_value *v = &k->values[3 * k->count];

		answers[i].found = answers[i].expired = false;
		if (!identity->present)
			continue;
		v[0] = sql_int(identity->at_ms);
		v[1] = sql_int(answers[i].app);
		v[2] = sql_bytes(digest_view(identity->digest));
		k->answers[k->count++] = &answers[i];
	}
	return true;
}

enum err_code
store_answers_ask(struct store_conn *c, struct arena *a,
    struct store_answer *answers, size_t count, struct answer_keys *k,
    struct err *err)
{
	if (!list_answer_keys(a, answers, count, k))
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "no room for stored answers");
	if (k->count == 0)
		return ERR_OK;
	return sql_start_each(c->db, ST_ANSWER_FIND, k->values, 3, k->count,
	    &k->cursor, err);
}

enum err_code
store_answers_take(struct arena *a, int64_t now_ms, struct answer_keys *k,
    struct err *err)
{
	enum err_code code = ERR_OK;
	bool row = k->cursor != NULL;

	while (row && code == ERR_OK) {
		code = sql_next(k->cursor, &row, err);
		if (code == ERR_OK && row)
			read_answer(k->cursor, a, now_ms,
			    k->answers[sql_get_input(k->cursor)]);
	}
	sql_done(&k->cursor);
	if (code == ERR_OK && arena_failed(a))
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "no room for stored answers");
	return code;
}

enum err_code
store_answers_find(struct store_conn *c, struct arena *a, int64_t now_ms,
    struct store_answer *answers, size_t count, struct err *err)
{
	struct answer_keys k;
	enum err_code code;

	assert(c != NULL);
	assert(c->locking == NULL);
	assert(answers != NULL || count == 0);
	code = store_answers_ask(c, a, answers, count, &k, err);
	return code == ERR_OK ? store_answers_take(a, now_ms, &k, err) : code;
}

static enum err_code
delete_answers(struct store_conn *c, const struct store_write *w,
    struct err *err)
{
	struct store_rows rows;
	enum err_code code = ERR_OK;

	store_rows_init(&rows, c, ST_ANSWER_DELETE);
	for (size_t i = 0; i < w->answer_count && code == ERR_OK; i++) {
		const struct store_answer *answer = &w->answers[i];
		const struct identity *k = &answer->identity;
		struct sql_value key[] = {sql_int(k->at_ms),
		    sql_int(answer->app), sql_bytes(digest_view(k->digest))};

		if (answer->expired)
			code = store_rows_put(&rows, key, 3, err);
	}
	return code == ERR_OK ? store_rows_flush(&rows, err) : code;
}

static enum err_code
write_answers(struct store_conn *c, const struct store_write *w,
    struct err *err)
{
	struct store_rows rows;
	enum err_code code = delete_answers(c, w, err);

	store_rows_init(&rows, c, ST_ANSWER_INSERT);
	for (size_t i = 0; i < w->answer_count && code == ERR_OK; i++) {
		const struct store_answer *answer = &w->answers[i];
		const struct identity *k = &answer->identity;
		struct sql_value values[] = {sql_int(k->at_ms),
		    sql_int(answer->app), sql_bytes(digest_view(k->digest)),
		    sql_int(answer->order), sql_int(answer->version),
		    sql_bytes(body_view(k)), sql_text(answer->items),
		    sql_int(k->kept_ms)};

		assert(k->present);
		assert(k->at_ms >= 0);
		code = store_rows_put(&rows, values, 8, err);
	}
	return code == ERR_OK ? store_rows_flush(&rows, err) : code;
}

/* Of one app, or of all (0). */
static enum err_code
prune(struct store_conn *c, int64_t app, int64_t now_ms, int64_t limit,
    struct err *err)
{
	struct sql_value signed_args[] = {sql_int(app),
	    sql_int(now_ms - LIMIT_ANSWER_KEPT_MS), sql_int(limit - limit / 2)};
	struct sql_value keyed_args[] = {
	    sql_int(app), sql_int(now_ms), sql_int(limit / 2)};
	enum err_code code = sql_run(c->db, ST_ANSWERS_PRUNE_SIGNED, signed_args,
	    3, err);

	return code == ERR_OK
	    ? sql_run(c->db, ST_ANSWERS_PRUNE_KEYED, keyed_args, 3, err)
	    : code;
}

enum err_code
store_prune(struct store_conn *c, int64_t now_ms, int64_t limit,
    struct err *err)
{
	enum err_code code = ERR_OK;

	assert(c != NULL);
	assert(limit >= 2);
	if (!c->store->is_remote)
		return prune(c, 0, now_ms, limit, err);
	for (size_t i = 0; i < c->line_count && code == ERR_OK; i++)
		code = prune(c, c->lines[i].app, now_ms, limit, err);
	return code;
}

/* --- orders and amendments -------------------------------------------------- */

/* Names of the orders that are inserted, or deleted. */
static enum err_code
write_names(struct store_conn *c, const struct store_write *w,
    enum store_order_write how, struct err *err)
{
	bool inserts = how == STORE_INSERT;
	struct store_rows rows;
	enum err_code code = ERR_OK;

	store_rows_init(&rows, c, inserts ? ST_NAME_INSERT : ST_NAME_DELETE);
	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++) {
		const struct order *o = w->orders[i];

		for (int k = 0; k < NAME__COUNT && code == ERR_OK &&
		     w->order_writes[i] == how;
		     k++) {
			struct str name = store_given_name(o,
			    (enum name_kind)k);
			struct sql_value values[] = {sql_int(o->app),
			    sql_int(k), sql_text(name), sql_int(o->id)};

			if (!str_is_null(name))
				code = store_rows_put(&rows, values,
				    inserts ? 4 : 3, err);
		}
	}
	if (code == ERR_OK)
		code = store_rows_flush(&rows, err);
	/* A server may tell it later, at the commit. */
	if (inserts && code == ERR_STORE_CONFLICT)
		return err_set(err, ERR_NAME_TAKEN, NULL,
		    "another order has one of the names");
	return code;
}

/* What indexes and counters have of an order. */
struct order_keys {
	int64_t status;
	int64_t price_e4;
	int64_t created_ms;
	struct str user;
	struct str platform;
};

static struct order_keys
keys_of(const struct order *o)
{
	return (struct order_keys){o->status, order_list_price(o),
	    o->created_ms, o->user, o->platform};
}

static bool
keys_are_equal(const struct order_keys *a, const struct order_keys *b)
{
	return a->status == b->status && a->price_e4 == b->price_e4 &&
	    a->created_ms == b->created_ms && str_eq(a->user, b->user) &&
	    str_eq(a->platform, b->platform);
}

/* The statements that update an order's row, by the fields they set; the first
 * that sets all that differ is taken. */
static const struct order_update {
	enum statement statement;
	uint64_t fields;
} order_updates[] = {
    {ST_ORDER_UPDATE_LINES, BIT64(F_LINES) | BIT64(F_TOTAL)},
    {ST_ORDER_UPDATE, ORDER_ALL_FIELDS & ~ORDER_KEY_FIELDS},
};

#define ORDER_UPDATE_COUNT (sizeof(order_updates) / sizeof(order_updates[0]))

/* How the order is to be found, compared with how it is. */
struct key_change {
	bool found; /* it is stored; one that came and went in a group is not */
	bool differs;
	int64_t status; /* the stored one */
	const struct order_update *update;
};

static void
compare_keys(struct key_change *k, const struct order_keys *stored,
    const struct order *o)
{
	struct order_keys wanted = keys_of(o);

	k->found = true;
	k->differs = !keys_are_equal(stored, &wanted);
	k->status = stored->status;
}

/* Without the order as it was, anything may differ. */
static const struct order_update *
update_for(const struct order *before, const struct order *o)
{
	const struct order_update *u = order_updates;
	uint64_t fields = before == NULL ? ORDER_ALL_FIELDS
					 : order_differences(before, o);

	while ((fields & ~ORDER_KEY_FIELDS & ~u->fields) != 0)
		u++;
	return u;
}

/* With the order as it was loaded, where the caller has that. */
static enum err_code
find_key_change(struct store_conn *c, const struct order *o,
    const struct order *before, struct key_change *out, struct err *err)
{
	struct sql_value args[] = {sql_int(o->app), sql_int(o->id)};
	struct order_keys stored;
	struct sql_cursor *cursor;
	enum err_code code;
	bool row = false;

	*out = (struct key_change){.update = update_for(before, o)};
	if (before != NULL) {
		stored = keys_of(before);
		compare_keys(out, &stored, o);
		return ERR_OK;
	}
	code = sql_start(c->db, ST_ORDER_KEYS, args, 2, &cursor, err);
	if (code == ERR_OK)
		code = sql_next(cursor, &row, err);
	if (row) {
		stored = (struct order_keys){sql_get_int(cursor, 0),
		    sql_get_int(cursor, 1), sql_get_int(cursor, 2),
		    sql_get_str(cursor, 3), sql_get_str(cursor, 4)};
		compare_keys(out, &stored, o);
	}
	sql_done(&cursor);
	return code;
}

/* --- counters ------------------------------------------------------------- */

/* How many more or fewer orders of an app are in each state. A group may be of
 * many apps: when there is no room for one more, the rest is written first. */
#define COUNTED_APPS 32

struct counts {
	int64_t apps[COUNTED_APPS];
	int64_t more[COUNTED_APPS][ORDER__COUNT];
	size_t app_count;
};

static enum err_code
counts_write(struct store_conn *c, struct counts *k, struct err *err)
{
	struct store_rows rows;
	enum err_code code = ERR_OK;

	store_rows_init(&rows, c, ST_COUNT_ADD);
	for (size_t a = 0; a < k->app_count; a++)
		for (int s = 0; s < ORDER__COUNT && code == ERR_OK; s++) {
			struct sql_value values[] = {sql_int(k->apps[a]),
			    sql_int(s), sql_int(k->more[a][s])};

			if (k->more[a][s] != 0)
				code = store_rows_put(&rows, values, 3, err);
		}
	k->app_count = 0;
	return code == ERR_OK ? store_rows_flush(&rows, err) : code;
}

static enum err_code
counts_add(struct store_conn *c, struct counts *k, int64_t app, int64_t status,
    int64_t n, struct err *err)
{
	enum err_code code = ERR_OK;
	size_t a = 0;

	assert(status >= 0 && status < ORDER__COUNT);
	while (a < k->app_count && k->apps[a] != app)
		a++;
	if (a == COUNTED_APPS) {
		code = counts_write(c, k, err);
		a = 0;
	}
	if (a == k->app_count) {
		k->apps[a] = app;
		memset(k->more[a], 0, sizeof(k->more[a]));
		k->app_count++;
	}
	k->more[a][status] += n;
	return code;
}

static enum err_code
write_counts(struct store_conn *c, const struct store_write *w,
    const struct key_change *changes, struct err *err)
{
	struct counts k = {.app_count = 0};
	enum err_code code = ERR_OK;

	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++) {
		const struct order *o = w->orders[i];
		enum store_order_write how = w->order_writes[i];
		bool comes = how == STORE_INSERT, goes = false;

		if (how == STORE_UPDATE)
			comes = goes = changes[i].status != (int64_t)o->status;
		if (how == STORE_DELETE)
			goes = changes[i].found;
		if (goes)
			code = counts_add(c, &k, o->app, changes[i].status, -1,
			    err);
		if (comes && code == ERR_OK)
			code = counts_add(c, &k, o->app, (int64_t)o->status, 1,
			    err);
	}
	return code == ERR_OK ? counts_write(c, &k, err) : code;
}

/* --- rows of orders ---------------------------------------------------------- */

static enum err_code
insert_orders(struct store_conn *c, const struct store_write *w,
    struct err *err)
{
	struct store_rows rows;
	enum err_code code = ERR_OK;

	store_rows_init(&rows, c, ST_ORDER_INSERT);
	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++) {
		const struct order *o = w->orders[i];
		struct sql_value *values = store_rows_next(&rows);

		if (w->order_writes[i] != STORE_INSERT)
			continue;
		code = order_row_values(o, &c->texts[rows.count], values, err);
		if (code != ERR_OK)
			break;
		values[ORDER_ROW_COLUMNS] = sql_int(order_list_price(o));
		code = store_rows_add(&rows, err);
	}
	if (code == ERR_OK)
		code = store_rows_flush(&rows, err);
	return code == ERR_OK ? write_names(c, w, STORE_INSERT, err) : code;
}

/* Only a move, or another price, touches an index. */
static enum err_code
write_keys(struct store_conn *c, const struct store_write *w,
    const struct key_change *changes, struct err *err)
{
	struct store_rows rows;
	enum err_code code = ERR_OK;

	store_rows_init(&rows, c, ST_ORDER_KEYS_SET);
	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++) {
		const struct order *o = w->orders[i];
		struct order_keys is = keys_of(o);
		struct sql_value values[] = {sql_int(is.status),
		    sql_int(is.price_e4), sql_int(is.created_ms),
		    sql_text(is.user), sql_text(is.platform), sql_int(o->app),
		    sql_int(o->id)};

		if (w->order_writes[i] == STORE_UPDATE && changes[i].differs)
			code = store_rows_put(&rows, values, 7, err);
	}
	return code == ERR_OK ? store_rows_flush(&rows, err) : code;
}

/* Those whose row this statement updates. */
static enum err_code
update_by(struct store_conn *c, const struct store_write *w,
    const struct key_change *changes, const struct order_update *u,
    struct err *err)
{
	struct store_rows rows;
	enum err_code code = ERR_OK;

	store_rows_init(&rows, c, u->statement);
	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++) {
		if (w->order_writes[i] != STORE_UPDATE ||
		    changes[i].update != u)
			continue;
		code = order_update_values(w->orders[i], u->fields,
		    &c->texts[rows.count], store_rows_next(&rows), err);
		if (code == ERR_OK)
			code = store_rows_add(&rows, err);
	}
	return code == ERR_OK ? store_rows_flush(&rows, err) : code;
}

static enum err_code
update_orders(struct store_conn *c, const struct store_write *w,
    const struct key_change *changes, struct err *err)
{
	enum err_code code = ERR_OK;

	for (size_t u = 0; u < ORDER_UPDATE_COUNT && code == ERR_OK; u++)
		code = update_by(c, w, changes, &order_updates[u], err);
	return code == ERR_OK ? write_keys(c, w, changes, err) : code;
}

/* An order that is deleted has its last amendment in last_seq: the tombstone
 * is how its history is found again. */
static enum err_code
delete_orders(struct store_conn *c, const struct store_write *w,
    struct err *err)
{
	struct store_rows rows;
	enum err_code code = write_names(c, w, STORE_DELETE, err);

	store_rows_init(&rows, c, ST_ORDER_DELETE);
	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++) {
		const struct order *o = w->orders[i];
		struct sql_value key[] = {sql_int(o->app), sql_int(o->id)};

		if (w->order_writes[i] == STORE_DELETE)
			code = store_rows_put(&rows, key, 2, err);
	}
	if (code == ERR_OK)
		code = store_rows_flush(&rows, err);
	store_rows_init(&rows, c, ST_TOMB_INSERT);
	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++) {
		const struct order *o = w->orders[i];
		struct sql_value tomb[] = {
		    sql_int(o->id), sql_int(o->app), sql_int(o->last_seq)};

		if (w->order_writes[i] == STORE_DELETE)
			code = store_rows_put(&rows, tomb, 3, err);
	}
	return code == ERR_OK ? store_rows_flush(&rows, err) : code;
}

/* What is stored of the keys of each order that is there. */
static enum err_code
find_key_changes(struct store_conn *c, const struct store_write *w,
    struct key_change *changes, struct err *err)
{
	enum err_code code = ERR_OK;

	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++) {
		const struct order *o = w->orders[i];
		enum store_order_write how = w->order_writes[i];

		if (how != STORE_UPDATE && how != STORE_DELETE)
			continue;
		code = find_key_change(c, o,
		    w->befores != NULL ? w->befores[i] : NULL, &changes[i],
		    err);
		if (code == ERR_OK && how == STORE_UPDATE && !changes[i].found)
			return err_set(err, ERR_STORE_FAILED, NULL,
			    "order %lld is to be changed and is not there",
			    (long long)o->id);
	}
	return code;
}

/* Orders that go make room for names that come. */
static enum err_code
write_orders(struct store_conn *c, const struct store_write *w, struct err *err)
{
	struct key_change *changes = calloc(w->order_count + 1,
	    sizeof(*changes));
	enum err_code code;

	if (changes == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for orders");
	code = find_key_changes(c, w, changes, err);
	if (code == ERR_OK)
		code = delete_orders(c, w, err);
	if (code == ERR_OK)
		code = insert_orders(c, w, err);
	if (code == ERR_OK)
		code = update_orders(c, w, changes, err);
	if (code == ERR_OK)
		code = write_counts(c, w, changes, err);
	free(changes);
	return code;
}

static enum err_code
write_amendments(struct store_conn *c, const struct store_write *w,
    struct err *err)
{
	struct store_rows rows;
	enum err_code code = ERR_OK;

	store_rows_init(&rows, c, ST_AMENDMENT_INSERT);
	for (size_t i = 0; i < w->amendment_count && code == ERR_OK; i++) {
		code = amendment_row_values(w->amendments[i],
		    &c->texts[rows.count], store_rows_next(&rows), err);
		if (code == ERR_OK)
			code = store_rows_add(&rows, err);
	}
	return code == ERR_OK ? store_rows_flush(&rows, err) : code;
}

enum err_code
store_write(struct store_conn *c, const struct store_write *w, struct err *err)
{
	enum err_code code;

	assert(c != NULL);
	assert(w != NULL);
	assert(c->is_writing);
	code = write_orders(c, w, err);
	if (code == ERR_OK)
		code = write_amendments(c, w, err);
	if (code == ERR_OK)
		code = write_answers(c, w, err);
	return code == ERR_OK
	    ? store_stock_write(c, w->stock, w->stock_count, err)
	    : code;
}
