/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of nodes, tokens of rates, and what was changed by somebody else.
 */
#include "store/nodes.h"

#include <assert.h>

#include "base/limits.h"
#include "store/store_impl.h"

/* Each try that fails means that another node was quicker and has a number. */
#define LEASE_TRIES 64

/* --- numbers --------------------------------------------------------------- */

/* A row of `nodes` whose lease is over. */
struct free_node {
	bool found;
	int64_t node;
	int64_t until_ms;
	int64_t ids_ms;
	char holder[64];
};

static enum err_code
find_free(struct store_conn *c, int64_t now_ms, struct free_node *out,
    struct err *err)
{
	struct sql_value args[] = {sql_int(now_ms)};
	struct sql_cursor *cursor;
	enum err_code code;
	struct str holder;

	*out = (struct free_node){.found = false};
	code = sql_start(c->db, ST_NODE_FREE, args, 1, &cursor, err);
	if (code == ERR_OK)
		code = sql_next(cursor, &out->found, err);
	if (out->found) {
		out->node = sql_get_int(cursor, 0);
		holder = sql_get_str(cursor, 1);
		out->until_ms = sql_get_int(cursor, 2);
		out->ids_ms = sql_get_int(cursor, 3);
		if (holder.n >= sizeof(out->holder))
			code = err_set(err, ERR_STORE_FAILED, NULL,
			    "the holder of node %lld is too long a text",
			    (long long)out->node);
		else if (holder.n > 0)
			memcpy(out->holder, holder.p, holder.n);
	}
	sql_done(&cursor);
	return code;
}

/* A number that nobody has had yet; *got tells whether we were first. */
static enum err_code
insert_node(struct store_conn *c, int64_t now_ms, int64_t lease_ms,
    struct store_node *n, bool *got, struct err *err)
{
	enum err_code code;
	int64_t next = 0;

	code = store_ask_int(c, ST_NODE_NEXT, NULL, 0, got, &next, err);
	if (code != ERR_OK)
		return code;
	if (next > STORE_NODE_MAX)
		return err_set(err, ERR_BUSY, NULL,
		    "all %d node numbers are held", STORE_NODE_MAX + 1);
	n->ids_begin_ms = 0;
	struct sql_value args[] = {sql_int(next), sql_text(n->holder),
	    sql_int(now_ms), sql_int(lease_ms), sql_int(n->ids_end_ms)};

	return store_ask_int(c, ST_NODE_INSERT, args, 5, got, &n->node, err);
}

/* It is as it was read, or it is not ours. */
static enum err_code
take_node(struct store_conn *c, int64_t now_ms, int64_t lease_ms,
    const struct free_node *from, struct store_node *n, bool *got,
    struct err *err)
{
	int64_t end_ms = n->ids_end_ms;

	if (end_ms < from->ids_ms + lease_ms)
		end_ms = from->ids_ms + lease_ms;
	struct sql_value args[] = {sql_text(n->holder), sql_int(now_ms),
	    sql_int(lease_ms), sql_int(end_ms), sql_int(from->node),
	    sql_text(str_from(from->holder)), sql_int(from->until_ms)};
	enum err_code code = store_ask_int(c, ST_NODE_TAKE, args, 7, got,
	    &n->node, err);

	if (code == ERR_OK && *got) {
		n->ids_begin_ms = from->ids_ms;
		n->ids_end_ms = end_ms;
	}
	return code;
}

static enum err_code
try_lease(struct store_conn *c, int64_t now_ms, int64_t lease_ms,
    struct store_node *n, bool *got, struct err *err)
{
	struct free_node from;
	enum err_code code = sql_begin(c->db, err);

	if (code != ERR_OK)
		return code;
	code = find_free(c, now_ms, &from, err);
	if (code == ERR_OK && from.found)
		code = take_node(c, now_ms, lease_ms, &from, n, got, err);
	else if (code == ERR_OK)
		code = insert_node(c, now_ms, lease_ms, n, got, err);
	if (code == ERR_OK)
		return sql_commit(c->db, err);
	sql_rollback(c->db);
	return code;
}

enum err_code
store_node_lease(struct store_conn *c, int64_t now_ms, int64_t lease_ms,
    struct store_node *node, struct err *err)
{
	enum err_code code = ERR_OK;
	bool got = false, lost = false;

	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	assert(lease_ms > 0);
	assert(node->holder.n > 0 && node->holder.n < 64);
	for (int i = 0; i < LEASE_TRIES && code == ERR_OK && !got; i++)
		code = try_lease(c, now_ms, lease_ms, node, &got, err);
	if (code == ERR_OK && !got)
		return err_set(err, ERR_BUSY, NULL,
		    "other nodes were quicker with every number");
	/* Tells the database's time as well. */
	if (code == ERR_OK)
		code = store_node_renew(c, now_ms, lease_ms, node, &lost, err);
	if (code == ERR_OK && lost)
		return err_set(err, ERR_BUSY, NULL,
		    "the number was taken away at once");
	return code;
}

enum err_code
store_node_renew(struct store_conn *c, int64_t now_ms, int64_t lease_ms,
    struct store_node *node, bool *lost, struct err *err)
{
	struct sql_value args[] = {sql_int(now_ms), sql_int(lease_ms),
	    sql_int(node->ids_end_ms), sql_int(node->node),
	    sql_text(node->holder)};
	int64_t until_ms = 0;
	enum err_code code;
	bool found;

	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	*lost = false;
	code = sql_begin(c->db, err);
	if (code != ERR_OK)
		return code;
	code = store_ask_int(c, ST_NODE_RENEW, args, 5, &found, &until_ms, err);
	if (code != ERR_OK) {
		sql_rollback(c->db);
		return code;
	}
	*lost = !found;
	node->db_ms = until_ms - lease_ms;
	return sql_commit(c->db, err);
}

enum err_code
store_node_release(struct store_conn *c, const struct store_node *node,
    struct err *err)
{
	struct sql_value args[] = {sql_int(node->ids_end_ms),
	    sql_int(node->node), sql_text(node->holder)};

	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	return sql_run(c->db, ST_NODE_RELEASE, args, 3, err);
}

/* --- rates ----------------------------------------------------------------- */

#define ADD_VALUES 5
#define TAKE_VALUES 7

static enum err_code
add_rates(struct store_conn *c, int64_t now_ms, const struct store_rate *rates,
    size_t count, struct err *err)
{
	struct sql_value values[STORE_RATES_MAX * ADD_VALUES];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct store_rate *r = &rates[i];
		struct sql_value *v = &values[n * ADD_VALUES];

		if (!r->is_new)
			continue;
		v[0] = sql_int(r->app);
		v[1] = sql_text(r->name);
		v[2] = sql_int(r->limit);
		v[3] = sql_int(r->per_ms);
		v[4] = sql_int(now_ms);
		n++;
	}
	if (n == 0)
		return ERR_OK;
	return sql_run_each(c->db, ST_RATE_ADD, values, ADD_VALUES, n, err);
}

static enum err_code
take_rates(struct store_conn *c, int64_t now_ms, struct store_rate *rates,
    size_t count, struct err *err)
{
	struct sql_value values[STORE_RATES_MAX * TAKE_VALUES];
	struct sql_cursor *cursor = NULL;
	bool row = true;
	enum err_code code;

	for (size_t i = 0; i < count; i++) {
		struct store_rate *r = &rates[i];
		struct sql_value *v = &values[i * TAKE_VALUES];

		r->found = false;
		v[0] = sql_int(r->app);
		v[1] = sql_text(r->name);
		v[2] = sql_int(r->limit);
		v[3] = sql_int(r->per_ms);
		v[4] = sql_int(now_ms);
		v[5] = sql_int(r->owed);
		v[6] = sql_int(r->want);
	}
	code = sql_start_each(c->db, ST_RATE_TAKE, values, TAKE_VALUES, count,
	    &cursor, err);
	while (code == ERR_OK) {
		struct store_rate *r;

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		r = &rates[sql_get_input(cursor)];
		r->found = true;
		r->granted = sql_get_int(cursor, 0);
		r->level = sql_get_int(cursor, 1);
	}
	sql_done(&cursor);
	return code;
}

enum err_code
store_rates_take(struct store_conn *c, int64_t now_ms, struct store_rate *rates,
    size_t count, struct err *err)
{
	enum err_code code;

	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	assert(count <= STORE_RATES_MAX);
	for (size_t i = 0; i < count; i++) {
		assert(rates[i].limit > 0);
		assert(rates[i].limit <= LIMIT_RATE_MAX);
		assert(rates[i].per_ms > 0);
		assert(rates[i].per_ms <= LIMIT_RATE_PER_MS);
		assert(rates[i].want >= 0);
		assert(rates[i].owed <= STORE_RATE_OWED_MAX);
		assert(rates[i].owed >= -STORE_RATE_OWED_MAX);
	}
	code = add_rates(c, now_ms, rates, count, err);
	if (code == ERR_OK)
		code = take_rates(c, now_ms, rates, count, err);
	return code;
}

enum err_code
store_relax(struct store_conn *c, struct err *err)
{
	assert(c != NULL);
	if (!sql_is_remote(c->db))
		return ERR_OK;
	return sql_script_run(c->db, "SET synchronous_commit = off", err);
}

/* --- news ------------------------------------------------------------------ */

#define APPS_REVISION "apps"

enum err_code
store_apps_revision(struct store_conn *c, int64_t *out, struct err *err)
{
	struct sql_value args[] = {sql_text(STR(APPS_REVISION))};
	bool found;

	assert(c != NULL);
	*out = 0;
	return store_ask_int(c, ST_REVISION_GET, args, 1, &found, out, err);
}

enum err_code
store_count_revision(struct store_conn *c, struct err *err)
{
	struct sql_value args[] = {sql_text(STR(APPS_REVISION))};

	if (!c->apps_changed)
		return ERR_OK;
	c->apps_changed = false;
	return sql_run(c->db, ST_REVISION_BUMP, args, 1, err);
}

static enum err_code
feed_last(struct store_conn *c, const int64_t *apps, size_t count,
    int64_t *lasts, struct err *err)
{
	struct sql_value values[STORE_RATES_MAX];
	struct sql_cursor *cursor = NULL;
	bool row = true;
	enum err_code code;

	for (size_t i = 0; i < count; i++) {
		values[i] = sql_int(apps[i]);
		lasts[i] = 0;
	}
	code = sql_start_each(c->db, ST_FEED_LAST, values, 1, count, &cursor,
	    err);
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		lasts[sql_get_input(cursor)] = sql_get_int(cursor, 0);
	}
	sql_done(&cursor);
	return code;
}

enum err_code
store_feed_last(struct store_conn *c, const int64_t *apps, size_t count,
    int64_t *lasts, struct err *err)
{
	enum err_code code = ERR_OK;

	assert(c != NULL);
	for (size_t i = 0; i < count && code == ERR_OK; i += STORE_RATES_MAX) {
		size_t n = count - i < STORE_RATES_MAX ? count - i
						       : STORE_RATES_MAX;

		code = feed_last(c, &apps[i], n, &lasts[i], err);
	}
	return code;
}
