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

#include "base/limits.h"
#include "store/store_impl.h"

enum err_code
store_begin(struct store_conn *c, struct err *err)
{
	enum err_code code;
	int64_t last = 0;
	bool found;

	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	code = sql_begin(c->db, err);
	if (code != ERR_OK)
		return code;
	code = store_ask_int(c, ST_AMENDMENT_LAST, NULL, 0, &found, &last, err);
	if (code == ERR_OK && (last < 0 || last >= LIMIT_COUNTED))
		code = err_set(err, ERR_STORE_FAILED, NULL,
		    "the log's last number, %lld, cannot be true",
		    (long long)last);
	if (code != ERR_OK)
		sql_rollback(c->db);
	c->next_seq = last + 1;
	return code;
}

int64_t
store_next_seq(struct store_conn *c)
{
	assert(c != NULL);
	assert(c->next_seq > 0);
	return c->next_seq++;
}

void
store_seq_back(struct store_conn *c, int64_t seq)
{
	assert(c != NULL);
	assert(seq > 0);
	assert(seq <= c->next_seq);
	c->next_seq = seq;
}

enum err_code
store_commit(struct store_conn *c, struct err *err)
{
	assert(c != NULL);
	c->next_seq = 0;
	return sql_commit(c->db, err);
}

void
store_rollback(struct store_conn *c)
{
	assert(c != NULL);
	c->next_seq = 0;
	sql_rollback(c->db);
}

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

static enum err_code
find_answer(struct store_conn *c, struct arena *a, int64_t now_ms,
    struct store_answer *answer, struct err *err)
{
	const struct identity *i = &answer->identity;
	struct sql_value args[] = {sql_int(i->at_ms), sql_int(answer->app),
	    sql_bytes(digest_view(i->digest))};
	struct sql_cursor *cursor;
	enum err_code code;

	answer->found = false;
	code = sql_start(c->db, ST_ANSWER_FIND, args, 3, &cursor, err);
	if (code == ERR_OK)
		code = sql_next(cursor, &answer->found, err);
	/* Signed bytes can't be sent again once their answer has expired. */
	answer->expired = answer->found && i->at_ms == 0 &&
	    sql_get_int(cursor, 4) < now_ms;
	if (answer->expired)
		answer->found = false;
	if (answer->found) {
		struct str body = sql_get_str(cursor, 2);

		answer->order = sql_get_int(cursor, 0);
		answer->version = sql_get_int(cursor, 1);
		answer->items = arena_dup(a, sql_get_str(cursor, 3));
		if (body.n == sizeof(answer->body))
			memcpy(answer->body, body.p, sizeof(answer->body));
	}
	sql_done(&cursor);
	return code;
}

enum err_code
store_answers_find(struct store_conn *c, struct arena *a, int64_t now_ms,
    struct store_answer *answers, size_t count, struct err *err)
{
	enum err_code code = ERR_OK;

	assert(c != NULL);
	assert(answers != NULL || count == 0);
	for (size_t i = 0; i < count && code == ERR_OK; i++) {
		answers[i].found = false;
		if (answers[i].identity.present)
			code = find_answer(c, a, now_ms, &answers[i], err);
	}
	if (code == ERR_OK && arena_failed(a))
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "no room for stored answers");
	return code;
}

static enum err_code
write_answer(struct store_conn *c, const struct store_answer *answer,
    struct err *err)
{
	const struct identity *i = &answer->identity;
	struct sql_value args[] = {sql_int(i->at_ms), sql_int(answer->app),
	    sql_bytes(digest_view(i->digest)), sql_int(answer->order),
	    sql_int(answer->version), sql_bytes(body_view(i)),
	    sql_text(answer->items), sql_int(i->kept_ms)};

	enum err_code code = ERR_OK;

	assert(i->present);
	assert(i->at_ms >= 0);
	if (answer->expired)
		code = sql_run(c->db, ST_ANSWER_DELETE, args, 3, err);
	return code != ERR_OK ? code
			      : sql_run(c->db, ST_ANSWER_INSERT, args, 8, err);
}

enum err_code
store_prune(struct store_conn *c, int64_t now_ms, int64_t limit,
    struct err *err)
{
	struct sql_value signed_args[] = {
	    sql_int(now_ms - LIMIT_ANSWER_KEPT_MS), sql_int(limit - limit / 2)};
	struct sql_value keyed_args[] = {sql_int(now_ms), sql_int(limit / 2)};
	enum err_code code;

	assert(c != NULL);
	assert(limit >= 2);
	code = sql_run(c->db, ST_ANSWERS_PRUNE_SIGNED, signed_args, 2, err);
	if (code == ERR_OK)
		code = sql_run(c->db, ST_ANSWERS_PRUNE_KEYED, keyed_args, 2,
		    err);
	return code;
}

/* --- orders and amendments -------------------------------------------------- */

static enum err_code
write_name(struct store_conn *c, const struct order *o, enum name_kind kind,
    struct str name, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(o->app), sql_int(kind), sql_text(name), sql_int(o->id)};
	enum err_code code;
	int64_t id;
	bool written;

	code = store_ask_int(c, ST_NAME_INSERT, args, 4, &written, &id, err);
	if (code == ERR_OK && !written)
		return err_set(err, ERR_NAME_TAKEN, NULL,
		    "another order has the name \"%.*s\"", STR_ARG(name));
	return code;
}

static enum err_code
delete_name(struct store_conn *c, const struct order *o, enum name_kind kind,
    struct str name, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(o->app), sql_int(kind), sql_text(name)};

	return sql_run(c->db, ST_NAME_DELETE, args, 3, err);
}

static enum err_code
write_names(struct store_conn *c, const struct order *o,
    enum store_order_write how, struct err *err)
{
	enum err_code code = ERR_OK;

	for (int k = 0; k < NAME__COUNT && code == ERR_OK; k++) {
		enum name_kind kind = (enum name_kind)k;
		struct str name = store_given_name(o, kind);

		if (str_is_null(name))
			continue;
		code = how == STORE_INSERT ? write_name(c, o, kind, name, err)
					   : delete_name(c, o, kind, name, err);
	}
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

/* How the order is to be found, compared with how it is. */
struct key_change {
	bool found; /* it is stored; one that came and went in a group is not */
	bool differs;
	int64_t status; /* the stored one */
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

/* With the order as it was loaded, where the caller has that. */
static enum err_code
find_key_change(struct store_conn *c, const struct order *o,
    const struct order *before, struct key_change *out, struct err *err)
{
	struct sql_value args[] = {sql_int(o->id)};
	struct order_keys stored;
	struct sql_cursor *cursor;
	enum err_code code;
	bool row = false;

	*out = (struct key_change){0};
	if (before != NULL) {
		stored = keys_of(before);
		compare_keys(out, &stored, o);
		return ERR_OK;
	}
	code = sql_start(c->db, ST_ORDER_KEYS, args, 1, &cursor, err);
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

static enum err_code
count_order(struct store_conn *c, int64_t app, int64_t status, int64_t n,
    struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(status), sql_int(n)};

	return sql_run(c->db, ST_COUNT_ADD, args, 3, err);
}

/* Only a move, or another price, touches an index or a counter. */
static enum err_code
write_keys(struct store_conn *c, const struct order *o,
    const struct key_change *k, struct err *err)
{
	struct order_keys is = keys_of(o);
	struct sql_value args[] = {sql_int(is.status), sql_int(is.price_e4),
	    sql_int(is.created_ms), sql_text(is.user), sql_text(is.platform),
	    sql_int(o->id)};
	enum err_code code;

	if (!k->differs)
		return ERR_OK;
	code = sql_run(c->db, ST_ORDER_KEYS_SET, args, 6, err);
	if (code != ERR_OK || is.status == k->status)
		return code;
	code = count_order(c, o->app, k->status, -1, err);
	return code == ERR_OK ? count_order(c, o->app, is.status, 1, err)
			      : code;
}

static enum err_code
insert_order(struct store_conn *c, const struct order *o, struct err *err)
{
	struct sql_value values[ORDER_INSERT_COLUMNS_COUNT];
	enum err_code code = order_row_values(o, &c->text, values, err);

	if (code != ERR_OK)
		return code;
	values[ORDER_ROW_COLUMNS] = sql_int(order_list_price(o));
	code = sql_run(c->db, ST_ORDER_INSERT, values,
	    ORDER_INSERT_COLUMNS_COUNT, err);
	if (code == ERR_OK)
		code = count_order(c, o->app, (int64_t)o->status, 1, err);
	return code == ERR_OK ? write_names(c, o, STORE_INSERT, err) : code;
}

static enum err_code
update_order(struct store_conn *c, const struct order *o,
    const struct order *before, struct err *err)
{
	struct sql_value values[ORDER_ROW_COLUMNS];
	struct key_change k;
	size_t n = 0;
	enum err_code code = find_key_change(c, o, before, &k, err);

	if (code == ERR_OK && !k.found)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "order %lld is to be changed and is not there",
		    (long long)o->id);
	if (code == ERR_OK)
		code = order_row_values(o, &c->text, values, err);
	if (code != ERR_OK)
		return code;
	for (int i = 0; i < ORDER_ROW_COLUMNS; i++)
		if (!ORDER_UPDATE_SKIPS(i))
			values[n++] = values[i];
	assert(n == ORDER_UPDATE_COLUMNS_COUNT);
	code = sql_run(c->db, ST_ORDER_UPDATE, values, n, err);
	return code == ERR_OK ? write_keys(c, o, &k, err) : code;
}

/* An order that is deleted has its last amendment in last_seq: the tombstone
 * is how its history is found again. */
static enum err_code
delete_order(struct store_conn *c, const struct order *o,
    const struct order *before, struct err *err)
{
	struct sql_value id[] = {sql_int(o->id)};
	struct sql_value tomb[] = {
	    sql_int(o->id), sql_int(o->app), sql_int(o->last_seq)};
	struct key_change k;
	enum err_code code = find_key_change(c, o, before, &k, err);

	if (code == ERR_OK)
		code = write_names(c, o, STORE_DELETE, err);
	if (code == ERR_OK)
		code = sql_run(c->db, ST_ORDER_DELETE, id, 1, err);
	if (code == ERR_OK && k.found)
		code = count_order(c, o->app, k.status, -1, err);
	if (code == ERR_OK)
		code = sql_run(c->db, ST_TOMB_INSERT, tomb, 3, err);
	return code;
}

static enum err_code
write_order(struct store_conn *c, const struct order *o,
    const struct order *before, enum store_order_write how, struct err *err)
{
	switch (how) {
	case STORE_INSERT:
		return insert_order(c, o, err);
	case STORE_UPDATE:
		return update_order(c, o, before, err);
	case STORE_DELETE:
		return delete_order(c, o, before, err);
	default:
		assert(how == STORE_KEEP);
		return ERR_OK;
	}
}

static enum err_code
write_amendment(struct store_conn *c, const struct amendment *m,
    struct err *err)
{
	struct sql_value values[AMENDMENT_ROW_COLUMNS];
	enum err_code code = amendment_row_values(m, &c->text, values, err);

	if (code != ERR_OK)
		return code;
	return sql_run(c->db, ST_AMENDMENT_INSERT, values, AMENDMENT_ROW_COLUMNS,
	    err);
}

enum err_code
store_write(struct store_conn *c, const struct store_write *w, struct err *err)
{
	enum err_code code = ERR_OK;

	assert(c != NULL);
	assert(w != NULL);
	assert(c->next_seq > 0);
	for (size_t i = 0; i < w->order_count && code == ERR_OK; i++)
		code = write_order(c, w->orders[i],
		    w->befores != NULL ? w->befores[i] : NULL,
		    w->order_writes[i], err);
	for (size_t i = 0; i < w->amendment_count && code == ERR_OK; i++)
		code = write_amendment(c, w->amendments[i], err);
	for (size_t i = 0; i < w->answer_count && code == ERR_OK; i++)
		code = write_answer(c, &w->answers[i], err);
	for (size_t i = 0; i < w->stock_count && code == ERR_OK; i++)
		code = store_stock_write(c, w->stock[i], err);
	return code;
}
