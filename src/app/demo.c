/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the demo world. Orders go through the same rules and amendments as any
 * other: created, then moved to where their row wants them, each step sealed.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/data_dir.h"
#include "app/demo.h"
#include "base/when.h"
#include "order/rules.h"

/* A move comes this long after what was before it. */
#define STEP_MS (10 * 60 * 1000)

struct demo_work {
	struct arena arena;
	struct app_list apps;
};

/* --- apps ---------------------------------------------------------------- */

static enum err_code
put_credential(struct store_conn *c, const struct app_view *app,
    const struct demo_credential *row, struct err *err)
{
	struct credential_record record = {
	    .app = app->record.no,
	    .dialect = str_from(access_name(row->access)),
	    .key = str_from(row->key),
	    .scope = str_from(row->scope),
	    .secret = str_from(row->secret),
	    .session = str_from(row->session),
	};

	if (!str_is_null(app->credentials[row->access].key))
		return ERR_OK;
	return store_credential_put(c, &record, err);
}

static enum err_code
put_app(struct store_conn *c, struct demo_work *w, const struct demo_app *row,
    struct err *err)
{
	struct app_view *there = app_list_find(&w->apps, str_from(row->id));
	struct app_view fresh = {
	    .record = {.id = str_from(row->id),
		.name = str_from(row->name),
		.rate = LIMIT_RATE_APP,
		.policy = STR(""),
		.created_ms = clock_now_ms(&clock_system)}};
	enum err_code rc = ERR_OK;

	if (there == NULL)
		rc = store_app_put(c, &fresh.record, err);
	for (int i = 0; rc == ERR_OK && i < ACCESS__COUNT; i++)
		rc = put_credential(c, there != NULL ? there : &fresh,
		    &row->credentials[i], err);
	return rc;
}

/* --- the catalog ---------------------------------------------------------- */

/* What is there stays as it is, a flag that was disabled too. */
static enum err_code
put_flags(struct store_conn *c, int64_t app, const struct catalog *there,
    struct err *err)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < demo_flag_count; i++) {
		struct flag flag = demo_flags[i];

		if (catalog_flag_named(there, flag.name) == NULL)
			rc = store_flag_put(c, app, &flag, err);
	}
	return rc;
}

static bool
has_stock(const struct stock_row *rows, size_t count,
    const struct stock_row *wanted)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].warehouse == wanted->warehouse &&
		    str_eq(rows[i].product, wanted->product))
			return true;
	}
	return false;
}

static enum err_code
put_stock(struct store_conn *c, struct demo_work *w, int64_t app,
    struct err *err)
{
	struct stock_row *rows;
	size_t count;
	enum err_code rc = store_stock(c, &w->arena, app, &rows, &count, err);

	for (size_t i = 0; rc == ERR_OK && i < demo_stock_count; i++) {
		struct stock_row row = demo_stock[i];

		row.app = app;
		if (!has_stock(rows, count, &row))
			rc = store_stock_put(c, &row, err);
	}
	return rc;
}

static enum err_code
put_catalog(struct store_conn *c, struct demo_work *w, struct err *err)
{
	const struct app_view *first = app_list_find(&w->apps,
	    str_from(demo_apps[0].id));
	struct store_catalogs all;
	struct catalog there;
	int64_t app = first->record.no;
	enum err_code rc = store_catalogs_load(c, &w->arena, app, &all, err);

	if (rc != ERR_OK)
		return rc;
	store_catalog_of(&all, app, &there);
	rc = put_flags(c, app, &there, err);
	for (size_t i = 0; rc == ERR_OK && i < demo_warehouse_count; i++) {
		const struct warehouse *row = &demo_warehouses[i];

		if (catalog_warehouse(&there, row->id) == NULL)
			rc = store_warehouse_put(c, app, row, err);
	}
	for (size_t i = 0; rc == ERR_OK && i < demo_provider_count; i++) {
		const struct provider *row = &demo_providers[i];

		if (catalog_provider(&there, row->no) == NULL)
			rc = store_provider_put(c, app, row, err);
	}
	for (size_t i = 0; rc == ERR_OK && i < demo_product_count; i++) {
		const struct product *row = &demo_products[i];

		if (catalog_product(&there, row->code) == NULL)
			rc = store_product_put(c, app, row, err);
	}
	return rc == ERR_OK ? put_stock(c, w, app, err) : rc;
}

/* --- orders -------------------------------------------------------------- */

static void
fill_lines(const struct demo_order *row, struct line *lines, size_t *count)
{
	for (*count = 0; *count < DEMO_LINES_MAX; (*count)++) {
		const struct demo_line *from = &row->lines[*count];

		if (from->title == NULL)
			return;
		lines[*count] = (struct line){
		    .product = str_from(from->product),
		    .title = str_from(from->title),
		    .price_e4 = from->price_e4,
		    .quantity = from->quantity,
		    .remark = str_from(from->remark),
		};
	}
}

static void
fill_order(const struct demo_order *row, struct line *lines, struct order *o)
{
	*o = (struct order){
	    .id = row->id,
	    .status = row->status,
	    .purchase_no = str_from(row->purchase_no),
	    .purchase_order = str_from(row->purchase_order),
	    .user = str_from(row->user),
	    .platform = str_from(row->platform),
	    .product_url = str_from(row->product_url),
	    .recipient_name = str_from(row->recipient_name),
	    .phone = str_from(row->phone),
	    .province = str_from(row->province),
	    .city = str_from(row->city),
	    .district = str_from(row->district),
	    .address = str_from(row->address),
	    .warehouse = row->warehouse,
	    .transport_way = row->transport_way,
	    .logistics_company = row->logistics_company,
	    .delivery_date = str_from(row->delivery_date),
	    .remarks = str_from(row->remarks),
	    .reserves = row->warehouse > 0,
	    .lines = lines,
	};
	fill_lines(row, lines, &o->line_count);
}

/* An order on its way to what its row says. */
struct demo_making {
	struct store_conn *conn;
	struct arena *arena;
	const struct demo_order *row;
	int64_t now_ms;
	struct command command;
	struct order *order; /* NULL before it is created */
	struct amendment *amendments[1 + DEMO_MOVES_MAX];
	size_t amendment_count;
};

/* Seals what changed from `before` to m->order as one amendment. */
static enum err_code
add_amendment(struct demo_making *m, const struct order *before,
    struct err *err)
{
	struct amendment *made = ARENA_NEW(m->arena, struct amendment);

	if (made == NULL ||
	    amendment_diff(
		m->arena, before, m->order, m->command.entropy, made) != ERR_OK)
		return err_set(err, ERR_NO_MEMORY, "",
		    "the demo world is too "
		    "large");
	made->dialect = str_from(m->command.dialect);
	made->method = str_from(m->command.method);
	made->request_id = m->command.request_id;
	amendment_seal(made);
	made->seq = store_next_seq(m->conn, made->app);
	m->order->last_seq = made->seq;
	memcpy(m->order->last_hash, made->hash, sizeof(m->order->last_hash));
	m->amendments[m->amendment_count++] = made;
	return ERR_OK;
}

/* One command of the core on the order. */
static enum err_code
step(struct demo_making *m, struct err *err)
{
	struct outcome *out = ARENA_NEW(m->arena, struct outcome);
	const struct order *before = m->order;
	enum err_code rc;

	if (out == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no room for the demo");
	random_bytes(m->command.entropy, sizeof(m->command.entropy));
	rc = order_apply(before, &m->command, m->now_ms, m->arena, out);
	if (rc != ERR_OK)
		return err_set(err, rc, "", "demo order %lld: %s",
		    (long long)m->row->id, err_text(rc));
	m->order = order_copy(m->arena, out->order);
	if (m->order == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no room for the demo");
	m->order->id = m->row->id;
	return add_amendment(m, before, err);
}

static enum err_code
write_order(struct demo_making *m, struct err *err)
{
	static const enum store_order_write insert = STORE_INSERT;
	struct store_write w = {
	    .orders = &m->order,
	    .order_writes = &insert,
	    .order_count = 1,
	    .amendments = m->amendments,
	    .amendment_count = m->amendment_count,
	};
	enum err_code rc;

	rc = store_write(m->conn, &w, err);
	return rc == ERR_OK
	    ? store_stock_take_up(m->conn, m->arena, &m->order, 1, err)
	    : rc;
}

static enum err_code
make_order(struct demo_making *m, struct err *err)
{
	struct line lines[DEMO_LINES_MAX];
	enum err_code rc;

	m->command.kind = COMMAND_CREATE;
	m->command.method = "create";
	fill_order(m->row, lines, &m->command.change.to);
	rc = step(m, err);
	m->command.kind = COMMAND_MOVE;
	memset(&m->command.change, 0, sizeof(m->command.change));
	for (size_t i = 0; rc == ERR_OK && i < m->row->move_count; i++) {
		m->command.change.move = m->row->moves[i];
		m->command.method = order_move_name(m->row->moves[i]);
		m->now_ms += STEP_MS;
		rc = step(m, err);
	}
	return rc == ERR_OK ? write_order(m, err) : rc;
}

/* Whether there is, or once was, an order of this id: what was deleted in a
 * demo stays deleted. */
static enum err_code
was_made(struct store_conn *c, struct arena *a, int64_t app, int64_t id,
    bool *made, struct err *err)
{
	struct order *order;
	enum err_code rc = store_order_at(c, a, app, id, 1, &order, err);

	*made = rc == ERR_OK;
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err_code
put_order(struct store_conn *c, struct demo_work *w,
    const struct demo_order *row, struct err *err)
{
	const struct app_view *app = app_list_find(&w->apps,
	    str_from(row->app));
	struct policy policy;
	struct demo_making m = {.conn = c, .arena = &w->arena, .row = row};
	bool made;
	bool dated = when_parse_iso(str_from(row->created), &m.now_ms);
	enum err_code rc;

	assert(app != NULL);
	assert(dated);
	rc = was_made(c, &w->arena, app->record.no, row->id, &made, err);
	if (rc != ERR_OK || made)
		return rc;
	policy_init(&policy);
	m.command = (struct command){.app = app->record.no,
	    .policy = &policy,
	    .dialect = "procured",
	    .request_id = STR("demo")};
	return make_order(&m, err);
}

/* --- all of it ------------------------------------------------------------- */

static int
compare_numbers(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* What is there and what is not is looked at while nobody else makes it. */
static enum err_code
hold_apps(struct store_conn *c, struct demo_work *w, struct err *err)
{
	int64_t *apps = ARENA_ARRAY(&w->arena, demo_app_count, int64_t);

	if (apps == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no room for the demo");
	for (size_t i = 0; i < demo_app_count; i++)
		apps[i] = app_list_find(&w->apps, str_from(demo_apps[i].id))
			      ->record.no;
	qsort(apps, demo_app_count, sizeof(*apps), compare_numbers);
	return store_hold(c, apps, demo_app_count, err);
}

static enum err_code
create_job(struct store_conn *c, void *arg, struct err *err)
{
	struct demo_work *w = arg;
	enum err_code rc = app_list_read(c, &w->arena, &w->apps, err);

	for (size_t i = 0; rc == ERR_OK && i < demo_app_count; i++)
		rc = put_app(c, w, &demo_apps[i], err);
	/* Again, with the numbers of those that are new. */
	if (rc == ERR_OK)
		rc = app_list_read(c, &w->arena, &w->apps, err);
	if (rc == ERR_OK)
		rc = hold_apps(c, w, err);
	if (rc == ERR_OK)
		rc = put_catalog(c, w, err);
	for (size_t i = 0; rc == ERR_OK && i < demo_order_count; i++)
		rc = put_order(c, w, &demo_orders[i], err);
	return rc;
}

enum err_code
demo_create(struct backend *b, struct err *err)
{
	struct demo_work w = {.apps = {.count = 0}};
	enum err_code rc;

	arena_init(&w.arena, LIMIT_COMMAND_ARENA_BYTES);
	rc = backend_change(b, create_job, &w, true, err);
	arena_fini(&w.arena);
	return rc;
}

static enum err_code
look_for_demo(struct store_conn *c, void *arg, struct err *err)
{
	struct demo_work *w = arg;

	return app_list_read(c, &w->arena, &w->apps, err);
}

enum err_code
demo_is_there(struct backend *b, bool *there, struct err *err)
{
	struct demo_work w = {.apps = {.count = 0}};
	enum err_code rc;

	arena_init(&w.arena, LIMIT_COMMAND_ARENA_BYTES);
	*there = false;
	rc = backend_read(b, look_for_demo, &w, err);
	for (size_t i = 0; rc == ERR_OK && i < demo_app_count; i++) {
		const struct app_view *app = app_list_find(&w.apps,
		    str_from(demo_apps[i].id));

		*there = *there || (app != NULL && !app->record.disabled);
	}
	arena_fini(&w.arena);
	return rc;
}

/* A store that has apps, and none of them the demo's, is somebody's work. */
static enum err_code
check_is_demo(const struct settings *s, struct err *err)
{
	struct demo_work w = {.apps = {.count = 0}};
	struct backend b = {.engine = NULL};
	uint8_t key[BOX_KEY_BYTES];
	enum err_code rc = key_file_read(setting_text(s, SETTING_KEY).p, false,
	    s->language, key, err);

	arena_init(&w.arena, LIMIT_COMMAND_ARENA_BYTES);
	if (rc == ERR_OK)
		rc = backend_open(&b, s, key, err);
	if (rc == ERR_OK)
		rc = backend_read(&b, look_for_demo, &w, err);
	if (rc == ERR_OK && w.apps.count > 0 &&
	    app_list_find(&w.apps, str_from(demo_apps[0].id)) == NULL)
		rc = err_set(err, ERR_USAGE, "demo",
		    TR(s->language,
			"the store %s was not made by --demo (it has "
			"the app \"%s\"); --demo=reset leaves it alone; choose "
			"another --data",
			"存储 %s 不是由 --demo 创建的(其中有应用 \"%s\"),"
			"--demo=reset 不会动它;请用 --data 指定其他目录"),
		    setting_text(s, SETTING_STORE).p,
		    w.apps.apps[0].record.id.p);
	backend_close(&b);
	digest_wipe(key, sizeof(key));
	arena_fini(&w.arena);
	return rc;
}

enum err_code
demo_reset(const struct settings *s, struct err *err)
{
	struct str url = setting_text(s, SETTING_STORE);
	const char *path = store_path(url);
	char shown[128];
	enum err_code rc;

	store_url_show(url, shown, sizeof(shown));
	if (path == NULL)
		return err_set(err, ERR_USAGE, "demo",
		    TR(s->language,
			"--demo=reset works on an embedded store "
			"(sqlite:PATH) only, not on %s",
			"--demo=reset 仅用于内嵌存储(sqlite:路径),不能用于 %s"),
		    shown);
	if (!store_is_there(url))
		return ERR_OK;
	rc = check_is_demo(s, err);
	return rc == ERR_OK ? store_set_aside(path, "before-reset", err) : rc;
}
