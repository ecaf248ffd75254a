/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured order …: looking at orders, across all apps.
 */
#include <assert.h>

#include "app/app_records.h"
#include "app/order_view.h"
#include "app/table.h"
#include "base/money.h"
#include "base/when.h"

/* One subcommand at work. */
struct order_work {
	struct invocation *inv;
	const char *app_id; /* --app; NULL: any */
	struct str name;
	int64_t after;
	int64_t limit;
	struct app_list list;

	struct str unknown_app; /* absent: it is there */
	const struct app_view *owner;
	struct order *order;
	struct order *orders;
	size_t count;
	struct feed_item *items;
	bool more;
};

/* The apps to look through: all of them, or the one that --app names. */
static enum err_code
read_apps(struct store_conn *c, struct order_work *w, struct err *err)
{
	struct app_view *only;
	enum err_code rc = app_list_read(c, w->inv->arena, &w->list, err);

	if (rc != ERR_OK || w->app_id == NULL)
		return rc;
	only = app_list_find(&w->list, str_from(w->app_id));
	if (only != NULL) {
		w->list.apps = only;
		w->list.count = 1;
		return ERR_OK;
	}
	w->unknown_app = str_from(w->app_id);
	return err_set(err, ERR_NOT_FOUND, "app", "no such app");
}

static enum err_code
find_as(struct store_conn *c, struct order_work *w, const struct app_view *app,
    enum name_kind kind, struct str name, struct err *err)
{
	enum err_code rc = store_order_find(c, w->inv->arena, app->record.no,
	    kind, name, &w->order, err);

	if (rc == ERR_OK)
		w->owner = app;
	return rc == ERR_NOT_YOURS ? ERR_NOT_FOUND : rc;
}

/* By any of the four names, and by the bare id. */
static enum err_code
find_in(struct store_conn *c, struct order_work *w, const struct app_view *app,
    struct err *err)
{
	struct str by_id = arena_printf(w->inv->arena, "intent_%.*s",
	    STR_ARG(w->name));
	enum err_code rc = ERR_NOT_FOUND;

	for (int kind = 0; rc == ERR_NOT_FOUND && kind < NAME__COUNT; kind++)
		rc = find_as(c, w, app, (enum name_kind)kind, w->name, err);
	if (rc == ERR_NOT_FOUND)
		rc = find_as(c, w, app, NAME_INTENT, by_id, err);
	return rc;
}

static enum err_code
find_job(struct store_conn *c, void *arg, struct err *err)
{
	struct order_work *w = arg;
	enum err_code rc = read_apps(c, w, err);

	if (rc != ERR_OK)
		return rc;
	rc = ERR_NOT_FOUND;
	for (size_t i = 0; rc == ERR_NOT_FOUND && i < w->list.count; i++)
		rc = find_in(c, w, &w->list.apps[i], err);
	return rc;
}

static int
refuse(struct order_work *w, enum err_code rc, const struct err *err)
{
	struct invocation *inv = w->inv;

	if (!str_is_null(w->unknown_app))
		return app_unknown(inv, &w->list, w->unknown_app.p);
	if (rc == ERR_NOT_FOUND)
		return fail(inv,
		    TR(inv->language,
			"there is no order \"%.*s\"; "
			"`procured order list` shows them",
			"没有订单 \"%.*s\";`procured order list` 列出订单"),
		    STR_ARG(w->name));
	return fail_err(inv, rc, err);
}

static void
begin(struct order_work *w, struct invocation *inv)
{
	const char *name = arg_word(inv, 0);

	*w = (struct order_work){.inv = inv,
	    .app_id = arg_option(inv, "app"),
	    .name = str_from(name)};
}

int
order_show_run(struct invocation *inv)
{
	struct order_work w;
	struct json_out json;
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	begin(&w, inv);
	rc = backend_read(inv->backend, find_job, &w, &err);
	if (rc != ERR_OK)
		return refuse(&w, rc, &err);
	if (arg_option(inv, "json") == NULL) {
		order_print_text(inv, w.order, w.owner->record.id);
		return EXIT_OK;
	}
	json_out_init(&json, &inv->out);
	order_print_json(w.order, w.owner->record.id, &json);
	buf_char(&inv->out, '\n');
	return EXIT_OK;
}

static enum err_code
history_job(struct store_conn *c, void *arg, struct err *err)
{
	struct order_work *w = arg;
	enum err_code rc = find_job(c, w, err);

	if (rc != ERR_OK)
		return rc;
	return store_history(c, w->inv->arena, w->order, w->after, w->limit,
	    &w->items, &w->count, &w->more, err);
}

static void
print_history(struct invocation *inv, const struct order_work *w)
{
	struct json_out json;

	if (arg_option(inv, "json") == NULL) {
		for (size_t i = 0; i < w->count; i++)
			amendment_print_text(inv, &w->items[i].amendment);
		return;
	}
	json_out_init(&json, &inv->out);
	json_open(&json, '[');
	for (size_t i = 0; i < w->count; i++)
		amendment_print_json(&w->items[i].amendment, &json);
	json_close(&json, ']');
	buf_char(&inv->out, '\n');
}

int
order_history_run(struct invocation *inv)
{
	struct order_work w;
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	begin(&w, inv);
	if (!arg_number(inv, "after", 0, INT64_MAX, 0, &w.after) ||
	    !arg_number(inv, "limit", 1, LIMIT_PAGE, LIMIT_PAGE, &w.limit))
		return EXIT_USAGE;
	rc = backend_read(inv->backend, history_job, &w, &err);
	if (rc != ERR_OK)
		return refuse(&w, rc, &err);
	print_history(inv, &w);
	if (w.more)
		buf_printf(&inv->err,
		    TR(inv->language, "there are more: --after %lld\n",
			"后面还有:--after %lld\n"),
		    (long long)w.items[w.count - 1].amendment.version);
	return EXIT_OK;
}

static enum err_code
list_job(struct store_conn *c, void *arg, struct err *err)
{
	struct order_work *w = arg;
	enum err_code rc = read_apps(c, w, err);
	int64_t app = rc == ERR_OK && w->app_id != NULL
	    ? w->list.apps[0].record.no
	    : 0;

	if (rc != ERR_OK)
		return rc;
	return store_orders(c, w->inv->arena, app, w->after, w->limit,
	    &w->orders, &w->count, err);
}

static struct str
owner_id(const struct order_work *w, const struct order *order)
{
	for (size_t i = 0; i < w->list.count; i++) {
		if (w->list.apps[i].record.no == order->app)
			return w->list.apps[i].record.id;
	}
	return STR("?");
}

static void
add_row(struct table *t, struct arena *a, const struct order *order,
    struct str app)
{
	char updated[WHEN_ISO_BYTES];
	struct buf total;

	buf_init(&total, a, 64);
	money_print_fixed(&total, order->total_fen, MONEY_FEN_DECIMALS);
	when_print_iso(order->updated_ms, updated);
	table_cell(t, arena_printf(a, "%lld", (long long)order->id));
	table_cell(t, app);
	table_cell(t, str_from(order_status_name(order->status)));
	table_cell(t, arena_printf(a, "%lld", (long long)order->version));
	table_cell(t, buf_view(&total));
	table_cell(t, arena_dup(a, str_from(updated)));
	table_cell(t, order->lines[0].title);
}

static void
list_text(struct invocation *inv, const struct order_work *w)
{
	static const char *const heads[][2] = {{"ID", "ID"}, {"APP", "应用"},
	    {"STATUS", "状态"}, {"VERSION", "版本"}, {"TOTAL", "金额"},
	    {"UPDATED", "更新于"}, {"TITLE", "标题"}};
	struct table t;

	table_init(&t, inv->arena, 7);
	for (size_t i = 0; i < 7; i++)
		table_cell(&t, str_from(heads[i][inv->language]));
	for (size_t i = 0; i < w->count; i++)
		add_row(&t, inv->arena, &w->orders[i],
		    owner_id(w, &w->orders[i]));
	table_print(&t, &inv->out);
}

static void
list_json(struct invocation *inv, const struct order_work *w)
{
	struct json_out json;

	json_out_init(&json, &inv->out);
	json_open(&json, '[');
	for (size_t i = 0; i < w->count; i++)
		order_print_json(&w->orders[i], owner_id(w, &w->orders[i]),
		    &json);
	json_close(&json, ']');
	buf_char(&inv->out, '\n');
}

int
order_list_run(struct invocation *inv)
{
	struct order_work w;
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	begin(&w, inv);
	if (!arg_number(inv, "after", 0, INT64_MAX, 0, &w.after) ||
	    !arg_number(
		inv, "limit", 1, LIMIT_PAGE, LIMIT_PAGE_DEFAULT, &w.limit))
		return EXIT_USAGE;
	rc = backend_read(inv->backend, list_job, &w, &err);
	if (rc != ERR_OK)
		return refuse(&w, rc, &err);
	if (arg_option(inv, "json") != NULL)
		list_json(inv, &w);
	else
		list_text(inv, &w);
	if (w.count == (size_t)w.limit)
		buf_printf(&inv->err,
		    TR(inv->language, "there may be more: --after %lld\n",
			"后面可能还有:--after %lld\n"),
		    (long long)w.orders[w.count - 1].id);
	return EXIT_OK;
}
