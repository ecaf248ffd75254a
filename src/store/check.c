/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifies a whole store, page by page, in memory that does not grow with it.
 *
 *   1. The database's own check of its file.
 *   2. Each order reads well, has its names, and taking back all its amendments
 *      leaves nothing: then putting them on again gives what is stored.
 *   3. The same for each order that was deleted.
 *   4. Each amendment is sealed, follows one of the same order, and there are
 *      as many as the versions of all orders: none is left over.
 *   5. The counters of orders by state are what is counted.
 *   6. What is reserved of each product is what orders hold of it (stock.c).
 *   7. Each name leads to the order that has it.
 *   8. Each secret opens, each app's rate and policies can be read.
 *   9. Each stored answer tells of a version that its app's order has had.
 *
 * Each page is one statement that is stepped, not a transaction: a check must
 * not hold up a server's checkpoints, and goes on after an error. What a server
 * writes meanwhile cannot look like damage: an order is read before its
 * amendments, which never change, and step 4 looks only at those that were
 * there before step 2 began.
 */
#include <assert.h>
#include <stdio.h>

#include "base/limits.h"
#include "store/store_impl.h"

#define PAGE 256 /* rows looked at by one statement */

struct check {
	struct store_conn *conn;
	struct arena arena; /* one page */
	store_report_f *report;
	void *report_arg;
	int64_t orders;
	int64_t amendments;
	int64_t log;	  /* the app of the log at work, 0: all apps' */
	int64_t last_seq; /* of it when the check came to it */
	int64_t versions; /* of its orders and deleted ones, up to last_seq */
	/* An order that a server deletes after the check began may have been
	 * counted, or not: versions then says nothing. */
	bool deleted_meanwhile;
	int64_t faults;	  /* reported, of this log */
	int64_t unsealed; /* amendments seen on the way that are not whole */
};

static void report(struct check *k, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
report(struct check *k, const char *fmt, ...)
{
	char sentence[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	k->report(k->report_arg, sentence);
	k->faults++;
}

/* Damage is reported and the check goes on; anything else ends it. */
static enum err_code
take_damage(struct check *k, enum err_code code, const struct err *err)
{
	if (code != ERR_STORE_FAILED)
		return code;
	report(k, "%s.", err->detail);
	return ERR_OK;
}

/* --- orders ---------------------------------------------------------------- */

static enum err_code
check_names(struct check *k, const struct order *o, struct err *err)
{
	enum err_code code = ERR_OK;

	for (int n = 0; n < NAME__COUNT && code == ERR_OK; n++) {
		struct str name = store_given_name(o, (enum name_kind)n);
		struct sql_value args[] = {
		    sql_int(o->app), sql_int(n), sql_text(name)};
		int64_t id = 0;
		bool found;

		if (str_is_null(name))
			continue;
		code = store_ask_int(k->conn, ST_NAME_FIND, args, 3, &found, &id,
		    err);
		if (code == ERR_OK && id != o->id)
			report(k,
			    "Order %lld is not found by its name"
			    " \"%.*s\".",
			    (long long)o->id, STR_ARG(name));
	}
	return code;
}

static enum err_code
check_price(struct check *k, const struct order *o, struct err *err)
{
	struct sql_value args[] = {sql_int(o->app), sql_int(o->id)};
	int64_t price_e4 = 0;
	bool found;
	enum err_code code = store_ask_int(k->conn, ST_ORDER_PRICE, args, 2,
	    &found, &price_e4, err);

	/* A page is stepped through in one state of the store: both are. */
	if (code == ERR_OK && found && price_e4 != order_list_price(o))
		report(k, "Order %lld is sorted by another price than it has.",
		    (long long)o->id);
	return code;
}

static void
check_is_empty(struct check *k, const struct order *o)
{
	static const struct order nothing;

	for (int f = 0; f < F__COUNT; f++) {
		if (!order_field_is_equal(o, &nothing, (enum order_field)f))
			report(k,
			    "Order %lld: no amendment gave \"%s\" the"
			    " value it began with.",
			    (long long)o->id, order_fields[f].name);
	}
}

/* How many of its amendments belong to this check: those a server has added
 * since it began are the newest ones. */
static enum err_code
count_versions(struct check *k, const struct order *o, struct err *err)
{
	struct order then = *o;
	int64_t seq = o->last_seq, newer = 0;
	enum err_code code = ERR_OK;
	bool found = true;

	while (seq > k->last_seq && code == ERR_OK && found) {
		struct sql_value args[] = {sql_int(o->app), sql_int(seq)};

		code = store_ask_int(k->conn, ST_AMENDMENT_PREV, args, 2, &found,
		    &seq, err);
		newer++;
	}
	k->versions += then.version - newer;
	return code;
}

static enum err_code
check_chain(struct check *k, const struct order *o, struct err *err)
{
	struct order then = *o;
	enum err_code code = count_versions(k, o, err);

	if (code == ERR_OK)
		code = store_rewind(k->conn, &then, 0, err);
	if (code == ERR_OK)
		check_is_empty(k, &then);
	return take_damage(k, code, err);
}

/* A row that can't be read still has an id, by which the page goes on. */
static enum err_code
check_order(struct check *k, struct sql_cursor *cursor, int64_t *id,
    struct err *err)
{
	struct order o;
	enum err_code code = order_row_read(cursor, &k->arena, &o, err);

	*id = o.id;
	k->orders++;
	if (code == ERR_STORE_FAILED && o.version <= LIMIT_COUNTED)
		k->versions += o.version;
	if (code != ERR_OK)
		return take_damage(k, code, err);
	code = check_names(k, &o, err);
	if (code == ERR_OK)
		code = check_price(k, &o, err);
	return code == ERR_OK ? check_chain(k, &o, err) : code;
}

static enum err_code
check_order_page(struct check *k, int64_t *after, bool *more, struct err *err)
{
	struct sql_value all[] = {sql_int(*after), sql_int(PAGE)};
	struct sql_value of_app[] = {
	    sql_int(k->log), sql_int(*after), sql_int(PAGE)};
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = k->log == 0
	    ? sql_start(k->conn->db, ST_ORDERS_AFTER, all, 2, &cursor, err)
	    : sql_start(k->conn->db, ST_ORDERS_OF_APP, of_app, 3, &cursor, err);

	*more = false;
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		*more = true;
		arena_reset(&k->arena);
		code = check_order(k, cursor, after, err);
	}
	sql_done(&cursor);
	return code;
}

static enum err_code
check_tomb_page(struct check *k, int64_t *after, bool *more, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(k->log), sql_int(*after), sql_int(PAGE)};
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = sql_start(k->conn->db, ST_TOMBS_AFTER, args, 3,
	    &cursor, err);

	*more = false;
	while (code == ERR_OK) {
		struct order o;
		bool found;

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		*more = true;
		arena_reset(&k->arena);
		*after = sql_get_int(cursor, 0);
		code = store_tomb_load(k->conn, &k->arena,
		    sql_get_int(cursor, 1), *after, &o, &found, err);
		k->deleted_meanwhile |= o.last_seq > k->last_seq;
		if (code == ERR_OK)
			code = check_chain(k, &o, err);
		else
			code = take_damage(k, code, err);
	}
	sql_done(&cursor);
	return code;
}

/* --- amendments ------------------------------------------------------------ */

/* A link to another order's amendment shows in the hash as well, but this says
 * what it is. */
static void
check_amendment(struct check *k, const struct amendment *m)
{
	if (!amendment_is_sealed(m))
		report(k,
		    "Amendment %lld of order %lld is not what was"
		    " sealed.",
		    (long long)m->seq, (long long)m->order);
	if ((m->prev_seq == 0) != (m->version == 1))
		report(k,
		    "Amendment %lld of order %lld, version %lld, does"
		    " not link to the version before.",
		    (long long)m->seq, (long long)m->order,
		    (long long)m->version);
}

static enum err_code
check_amendment_page(struct check *k, int64_t *after, bool *more,
    struct err *err)
{
	struct sql_value args[] = {
	    sql_int(k->log), sql_int(*after), sql_int(PAGE)};
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = sql_start(k->conn->db, ST_AMENDMENTS_AFTER, args, 3,
	    &cursor, err);

	*more = false;
	while (code == ERR_OK) {
		struct amendment m;

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row ||
		    sql_get_int(cursor, 0) > k->last_seq)
			break;
		*more = true;
		arena_reset(&k->arena);
		k->amendments++;
		*after = sql_get_int(cursor, 0);
		code = amendment_row_read(cursor, &k->arena, &m, err);
		if (code == ERR_OK)
			check_amendment(k, &m);
		else
			code = take_damage(k, code, err);
	}
	sql_done(&cursor);
	return code;
}

/* --- names and apps ------------------------------------------------------- */

struct name_row {
	int64_t app;
	int64_t kind;
	struct str name;
	int64_t order;
};

static enum err_code
check_name(struct check *k, const struct name_row *n, struct err *err)
{
	struct order *o;
	enum err_code code = store_order_load(k->conn, &k->arena, n->app,
	    n->order, &o, err);
	bool fits = false;

	/* Step 2 has reported an order that can't be read. */
	if (code != ERR_OK)
		return code == ERR_STORE_FAILED ? ERR_OK : code;
	if (o != NULL && n->kind > NAME_INTENT && n->kind < NAME__COUNT)
		fits = o->app == n->app &&
		    str_eq(
			n->name, store_given_name(o, (enum name_kind)n->kind));
	if (!fits)
		report(k,
		    "The name \"%.*s\" leads to order %lld, which does"
		    " not have it.",
		    STR_ARG(n->name), (long long)n->order);
	return ERR_OK;
}

/* The rows of one page, in the arena: the key of the last begins the next. */
static enum err_code
read_name_page(struct check *k, const struct name_row *after,
    struct name_row *rows, size_t *count, struct err *err)
{
	struct sql_value args[] = {sql_int(after->app), sql_int(after->kind),
	    sql_text(after->name), sql_int(PAGE)};
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = sql_start(k->conn->db, ST_NAMES_AFTER, args, 4,
	    &cursor, err);

	for (*count = 0; code == ERR_OK && *count < PAGE; ++*count) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		rows[*count] = (struct name_row){
		    .app = sql_get_int(cursor, 0),
		    .kind = sql_get_int(cursor, 1),
		    .name = arena_dup(&k->arena, sql_get_str(cursor, 2)),
		    .order = sql_get_int(cursor, 3),
		};
	}
	sql_done(&cursor);
	return code;
}

static enum err_code
check_all_names(struct check *k, struct err *err)
{
	struct name_row rows[PAGE], last = {.name = STR("")};
	char key[LIMIT_TEXT_BYTES];
	size_t count = 1;
	enum err_code code = ERR_OK;

	while (count > 0 && code == ERR_OK) {
		arena_reset(&k->arena);
		code = read_name_page(k, &last, rows, &count, err);
		for (size_t i = 0; i < count && code == ERR_OK; i++)
			code = check_name(k, &rows[i], err);
		if (code != ERR_OK || count == 0)
			break;
		last = rows[count - 1];
		last.name.n = last.name.n < sizeof(key) ? last.name.n
							: sizeof(key);
		memcpy(key, last.name.p, last.name.n);
		last.name.p = key;
	}
	return code;
}

static enum err_code
check_apps(struct check *k, struct err *err)
{
	struct credential_record *credentials;
	struct app_record *apps;
	size_t app_count, credential_count;
	struct arena a;
	enum err_code code;

	arena_init(&a, LIMIT_GROUP_ARENA_BYTES);
	code = store_apps(k->conn, &a, &apps, &app_count, &credentials,
	    &credential_count, err);
	for (size_t i = 0; i < app_count && code == ERR_OK; i++) {
		arena_reset(&k->arena);
		store_check_app(&apps[i], &k->arena, k->report, k->report_arg);
	}
	arena_fini(&a);
	return take_damage(k, code, err);
}

/* --- all of it --------------------------------------------------------------- */

typedef enum err_code page_f(struct check *k, int64_t *after, bool *more,
    struct err *err);

/* A page that can't be read to its end ends the step. */
static enum err_code
check_pages(struct check *k, page_f *page, struct err *err)
{
	enum err_code code = ERR_OK;
	int64_t after = 0;
	bool more = true;

	while (more && code == ERR_OK)
		code = page(k, &after, &more, err);
	return take_damage(k, code, err);
}

/*
 * Taking all orders back has looked at each amendment that belongs to one. Only
 * when something was wrong, or there are others, all are looked at once more to
 * tell which: that takes as long again.
 */
static enum err_code
check_amendments(struct check *k, struct err *err)
{
	struct sql_value args[] = {sql_int(k->log), sql_int(k->last_seq)};
	int64_t count = 0;
	bool found;
	enum err_code code = store_ask_int(k->conn, ST_AMENDMENT_COUNT, args, 2,
	    &found, &count, err);

	if (code != ERR_OK)
		return take_damage(k, code, err);
	if (k->faults == 0 && k->unsealed == 0 && count == k->versions) {
		k->amendments = count;
		return ERR_OK;
	}
	return check_pages(k, check_amendment_page, err);
}

static void
compare_counts(struct check *k)
{
	if (k->amendments == k->versions || k->deleted_meanwhile)
		return;
	report(k,
	    "The log has %lld amendments, the orders have %lld versions:"
	    " some belong to no order, or are missing.",
	    (long long)k->amendments, (long long)k->versions);
}

static enum err_code
check_counters(struct check *k, struct err *err)
{
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = sql_start(k->conn->db, ST_COUNTS_WRONG, NULL, 0,
	    &cursor, err);

	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		report(k,
		    "App %lld: its orders in state %lld are miscounted"
		    " by %lld.",
		    (long long)sql_get_int(cursor, 0),
		    (long long)sql_get_int(cursor, 1),
		    (long long)sql_get_int(cursor, 2));
	}
	sql_done(&cursor);
	return code;
}

/* Steps 2 to 4 for one log: all apps', or one app's. */
static enum err_code
check_log(struct check *k, struct err *err)
{
	int64_t before = k->faults, amendments = k->amendments;
	enum err_code code;

	k->versions = k->unsealed = k->amendments = k->faults = 0;
	k->deleted_meanwhile = false;
	code = check_pages(k, check_order_page, err);
	if (code == ERR_OK)
		code = check_pages(k, check_tomb_page, err);
	if (code == ERR_OK)
		code = check_amendments(k, err);
	if (code == ERR_OK)
		compare_counts(k);
	k->faults += before;
	k->amendments += amendments;
	return code;
}

static enum err_code
next_log(struct check *k, bool *more, struct err *err)
{
	struct sql_value args[] = {sql_int(k->log), sql_int(1)};
	struct sql_cursor *cursor;
	enum err_code code = sql_start(k->conn->db, ST_LINES_AFTER, args, 2,
	    &cursor, err);

	*more = false;
	if (code == ERR_OK)
		code = sql_next(cursor, more, err);
	if (*more) {
		k->log = sql_get_int(cursor, 0);
		k->last_seq = sql_get_int(cursor, 1);
	}
	sql_done(&cursor);
	return code;
}

static enum err_code
check_logs(struct check *k, struct err *err)
{
	struct sql_value all[] = {sql_int(0)};
	bool more = true;
	enum err_code code = ERR_OK;

	if (!k->conn->store->is_remote) {
		code = store_ask_int(k->conn, ST_LOG_LAST, all, 1, &more,
		    &k->last_seq, err);
		return code == ERR_OK ? check_log(k, err) : code;
	}
	while (more && code == ERR_OK) {
		code = next_log(k, &more, err);
		if (code == ERR_OK && more)
			code = check_log(k, err);
	}
	return code;
}

/* A log that no line leads to is not looked at above. */
static enum err_code
check_lines(struct check *k, struct err *err)
{
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code;

	if (!k->conn->store->is_remote)
		return ERR_OK;
	code = sql_start(k->conn->db, ST_LINES_WRONG, NULL, 0, &cursor, err);
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		report(k,
		    "App %lld: its line says that the log ends at %lld, and"
		    " it ends at %lld.",
		    (long long)sql_get_int(cursor, 0),
		    (long long)sql_get_int(cursor, 1),
		    (long long)sql_get_int(cursor, 2));
	}
	sql_done(&cursor);
	return code;
}

static enum err_code
check_all(struct check *k, struct err *err)
{
	enum err_code code = take_damage(k, sql_integrity(k->conn->db, err),
	    err);

	if (code == ERR_OK)
		code = check_logs(k, err);
	if (code == ERR_OK)
		code = take_damage(k, check_lines(k, err), err);
	if (code == ERR_OK)
		code = take_damage(k, check_counters(k, err), err);
	if (code == ERR_OK)
		code = take_damage(k,
		    store_stock_check(k->conn, k->report, k->report_arg, err),
		    err);
	if (code == ERR_OK)
		code = take_damage(k, check_all_names(k, err), err);
	if (code == ERR_OK)
		code = check_apps(k, err);
	if (code == ERR_OK)
		code = take_damage(k,
		    store_check_answers(k->conn, k->report, k->report_arg, err),
		    err);
	return code;
}

enum err_code
store_check(struct store_conn *c, store_report_f *report_to, void *arg,
    int64_t *orders, int64_t *amendments, struct err *err)
{
	struct check k = {.conn = c, .report = report_to, .report_arg = arg};
	struct err own;
	enum err_code code;

	assert(c != NULL);
	assert(report_to != NULL);
	assert(orders != NULL);
	assert(amendments != NULL);
	arena_init(&k.arena, STORE_REWIND_ARENA_BYTES);
	c->unsealed = &k.unsealed;
	code = check_all(&k, err != NULL ? err : &own);
	c->unsealed = NULL;
	arena_fini(&k.arena);
	*orders = k.orders;
	*amendments = k.amendments;
	return code;
}
