/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured catalog …: an app's flags, warehouses, providers, products, carriers
 * and stock. A change reads, decides and writes inside one transaction, and a server takes the apps'
 * catalogs up with it.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "app/app_records.h"
#include "app/catalog_file.h"
#include "app/table.h"
#include "base/money.h"

/* One subcommand at work on one app's catalog. */
struct catalog_work {
	struct invocation *inv;
	struct app_list list;
	const struct app_view *app;
	struct catalog catalog;
	struct stock_row *stock; /* by warehouse and product */
	size_t stock_count;
	struct stock_row adjusted;     /* of adjust */
	struct catalog_entry *entries; /* of import */
	size_t entry_count;
	struct flag flag; /* of flag: as it is to be, or is now */
	const char *action;
	bool unknown; /* refused because there is no such app */
	bool misused; /* refused because of the words */
};

/* The app that --app names, or the only one. */
static enum err_code
find_app(struct catalog_work *w, struct err *err)
{
	const char *id = arg_option(w->inv, "app");

	w->app = id != NULL ? app_list_find(&w->list, str_from(id))
			    : w->list.apps;
	if (id == NULL && w->list.count != 1) {
		w->misused = true;
		return err_set(err, ERR_USAGE, "app",
		    TR(w->inv->language,
			"there are %zu apps: say which with --app ID",
			"共有 %zu 个应用:请用 --app ID 指明"),
		    w->list.count);
	}
	w->unknown = w->app == NULL;
	return w->app == NULL
	    ? err_set(err, ERR_NOT_FOUND, "app", "no app \"%s\"", id)
	    : ERR_OK;
}

static enum err_code
read_catalog(struct store_conn *c, struct catalog_work *w, struct err *err)
{
	struct store_catalogs all;
	enum err_code rc = store_catalogs_load(c, w->inv->arena,
	    w->app->record.no, &all, err);

	if (rc == ERR_OK)
		store_catalog_of(&all, w->app->record.no, &w->catalog);
	if (rc == ERR_OK)
		rc = store_stock(c, w->inv->arena, w->app->record.no, &w->stock,
		    &w->stock_count, err);
	return rc;
}

static enum err_code
read_job(struct store_conn *c, void *arg, struct err *err)
{
	struct catalog_work *w = arg;
	enum err_code rc = app_list_read(c, w->inv->arena, &w->list, err);

	if (rc == ERR_OK)
		rc = find_app(w, err);
	return rc == ERR_OK ? read_catalog(c, w, err) : rc;
}

/* The same for a job that changes something: nobody else does meanwhile. */
static enum err_code
hold_and_read(struct store_conn *c, struct catalog_work *w, struct err *err)
{
	enum err_code rc = app_list_read(c, w->inv->arena, &w->list, err);

	if (rc == ERR_OK)
		rc = find_app(w, err);
	if (rc == ERR_OK)
		rc = store_hold(c, &w->app->record.no, 1, err);
	return rc == ERR_OK ? read_catalog(c, w, err) : rc;
}

static int
refuse(struct catalog_work *w, enum err_code rc, const struct err *err)
{
	if (w->unknown)
		return app_unknown(w->inv, &w->list, arg_option(w->inv, "app"));
	if (w->misused)
		return misuse(w->inv, "%s", err->detail);
	return fail_err(w->inv, rc, err);
}

/* --- show ------------------------------------------------------------------ */

static void
flags_json(struct json_out *json, const struct catalog *c)
{
	json_key(json, "flags");
	json_open(json, '[');
	for (size_t i = 0; i < c->flag_count; i++) {
		const struct flag *f = &c->flags[i];

		json_open(json, '{');
		json_key(json, "id");
		json_put_int(json, f->id);
		json_key(json, "name");
		json_put_str(json, f->name);
		json_key(json, "kind");
		json_put_str(json, str_from(flag_kind_name(f->kind)));
		json_key(json, "enabled");
		json_put_bool(json, f->enabled);
		json_key(json, "builtIn");
		json_put_bool(json, f->built_in);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void
places_json(struct json_out *json, const struct catalog *c)
{
	json_key(json, "warehouses");
	json_open(json, '[');
	for (size_t i = 0; i < c->warehouse_count; i++) {
		json_open(json, '{');
		json_key(json, "id");
		json_put_int(json, c->warehouses[i].id);
		json_key(json, "no");
		json_put_str(json, c->warehouses[i].no);
		json_key(json, "name");
		json_put_str(json, c->warehouses[i].name);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_key(json, "providers");
	json_open(json, '[');
	for (size_t i = 0; i < c->provider_count; i++) {
		json_open(json, '{');
		json_key(json, "no");
		json_put_str(json, c->providers[i].no);
		json_key(json, "name");
		json_put_str(json, c->providers[i].name);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void
goods_json(struct json_out *json, const struct catalog_work *w)
{
	const struct catalog *c = &w->catalog;

	json_key(json, "products");
	json_open(json, '[');
	for (size_t i = 0; i < c->product_count; i++) {
		json_open(json, '{');
		json_key(json, "code");
		json_put_str(json, c->products[i].code);
		json_key(json, "title");
		json_put_str(json, c->products[i].title);
		json_key(json, "price");
		json_put_money(json, c->products[i].price_e4,
		    MONEY_E4_DECIMALS);
		json_key(json, "enabled");
		json_put_bool(json, c->products[i].enabled);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_key(json, "carriers");
	json_open(json, '[');
	for (size_t i = 0; i < c->carrier_count; i++) {
		json_open(json, '{');
		json_key(json, "way");
		json_put_int(json, c->carriers[i].way);
		json_key(json, "id");
		json_put_int(json, c->carriers[i].id);
		json_key(json, "name");
		json_put_str(json, c->carriers[i].name);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void
stock_json(struct json_out *json, const struct catalog_work *w)
{
	json_key(json, "stock");
	json_open(json, '[');
	for (size_t i = 0; i < w->stock_count; i++) {
		json_open(json, '{');
		json_key(json, "warehouse");
		json_put_int(json, w->stock[i].warehouse);
		json_key(json, "code");
		json_put_str(json, w->stock[i].product);
		json_key(json, "onHand");
		json_put_int(json, w->stock[i].on_hand);
		json_key(json, "reserved");
		json_put_int(json, w->stock[i].reserved);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void
show_json(struct catalog_work *w)
{
	struct json_out json;

	json_out_init(&json, &w->inv->out);
	json_open(&json, '{');
	json_key(&json, "app");
	json_put_str(&json, w->app->record.id);
	flags_json(&json, &w->catalog);
	places_json(&json, &w->catalog);
	goods_json(&json, w);
	stock_json(&json, w);
	json_close(&json, '}');
	buf_char(&w->inv->out, '\n');
}

static void
add_row(struct table *t, const char *type, struct str no, struct str name,
    const char *state)
{
	table_cell(t, str_from(type));
	table_cell(t, no);
	table_cell(t, str_is_null(name) ? STR("") : name);
	table_cell(t, str_from(state));
}

static void
add_flags(struct catalog_work *w, struct table *t)
{
	enum language l = w->inv->language;

	for (size_t i = 0; i < w->catalog.flag_count; i++) {
		const struct flag *f = &w->catalog.flags[i];
		struct str id = arena_printf(w->inv->arena, "%lld",
		    (long long)f->id);
		const char *state = !f->enabled ? TR(l, "disabled", "已停用")
		    : f->kind == FLAG_PURCHASE
		    ? TR(l, "enabled", "启用")
		    : TR(l, "not of purchase orders", "非采购单标记");

		add_row(t, TR(l, "flag", "标记"), id, f->name, state);
	}
}

static void
add_goods(struct catalog_work *w, struct table *t)
{
	enum language l = w->inv->language;
	const struct catalog *c = &w->catalog;
	struct arena *a = w->inv->arena;

	for (size_t i = 0; i < c->product_count; i++) {
		char room[32];
		struct buf b;

		buf_init_fixed(&b, room, sizeof(room));
		money_print(&b, c->products[i].price_e4, MONEY_E4_DECIMALS);
		add_row(t, TR(l, "product", "产品"), c->products[i].code,
		    arena_printf(a, "%.*s, %.*s", STR_ARG(c->products[i].title),
			STR_ARG(buf_view(&b))),
		    c->products[i].enabled ? TR(l, "enabled", "启用")
					   : TR(l, "disabled", "已停用"));
	}
	for (size_t i = 0; i < w->stock_count; i++) {
		struct str state = arena_printf(a,
		    TR(l, "%lld on hand, %lld reserved", "现有 %lld,占用 %lld"),
		    (long long)w->stock[i].on_hand,
		    (long long)w->stock[i].reserved);

		add_row(t, TR(l, "stock", "库存"),
		    arena_printf(a, "%lld", (long long)w->stock[i].warehouse),
		    w->stock[i].product, str_is_null(state) ? "" : state.p);
	}
	for (size_t i = 0; i < c->carrier_count; i++)
		add_row(t, TR(l, "carrier", "物流公司"),
		    arena_printf(a, "%lld/%lld", (long long)c->carriers[i].way,
			(long long)c->carriers[i].id),
		    c->carriers[i].name, "");
}

static void
show_text(struct catalog_work *w)
{
	enum language l = w->inv->language;
	const struct catalog *c = &w->catalog;
	struct table t;

	table_init(&t, w->inv->arena, 4);
	add_row(&t, TR(l, "KIND", "类别"), str_from(TR(l, "NO", "编号")),
	    str_from(TR(l, "NAME", "名称")), TR(l, "STATE", "状态"));
	add_flags(w, &t);
	for (size_t i = 0; i < c->warehouse_count; i++)
		add_row(&t, TR(l, "warehouse", "仓库"), c->warehouses[i].no,
		    c->warehouses[i].name, "");
	for (size_t i = 0; i < c->provider_count; i++)
		add_row(&t, TR(l, "provider", "供应商"), c->providers[i].no,
		    c->providers[i].name, "");
	add_goods(w, &t);
	table_print(&t, &w->inv->out);
}

int
catalog_show_run(struct invocation *inv)
{
	struct catalog_work w = {.inv = inv};
	struct err err = {.code = ERR_OK};
	enum err_code rc = backend_read(inv->backend, read_job, &w, &err);

	if (rc != ERR_OK)
		return refuse(&w, rc, &err);
	if (arg_option(inv, "json") != NULL)
		show_json(&w);
	else
		show_text(&w);
	return EXIT_OK;
}

/* --- import ---------------------------------------------------------------- */

/* The file's text; absent with errno set. */
static struct str
read_file(struct arena *a, const char *path)
{
	char *room = arena_alloc(a, LIMIT_CATALOG_FILE_BYTES + 1);
	FILE *f = fopen(path, "re");
	struct str text = STR_NONE;
	size_t n;

	if (f == NULL)
		return STR_NONE;
	if (room == NULL) {
		errno = ENOMEM;
	} else {
		n = fread(room, 1, LIMIT_CATALOG_FILE_BYTES + 1, f);
		if (ferror(f))
			errno = EIO;
		else if (n > LIMIT_CATALOG_FILE_BYTES)
			errno = EFBIG;
		else
			text = (struct str){room, n};
	}
	(void)fclose(f);
	return text;
}

/* Stock is of a warehouse that is there, and of a product that is or that an
 * earlier line brings. */
static enum err_code
put_stock(struct store_conn *c, struct catalog_work *w, struct stock_row *row,
    const struct catalog_entry *until, struct err *err)
{
	bool place = catalog_warehouse(&w->catalog, row->warehouse) != NULL;
	bool product = catalog_product(&w->catalog, row->product) != NULL;

	for (const struct catalog_entry *e = w->entries; e < until; e++) {
		place = place ||
		    (e->type == ENTRY_WAREHOUSE &&
			e->warehouse.id == row->warehouse);
		product = product ||
		    (e->type == ENTRY_PRODUCT &&
			str_eq(e->product.code, row->product));
	}
	if (!place)
		return err_set(err, ERR_USAGE, "warehouse",
		    "warehouse: there is none with the id %lld",
		    (long long)row->warehouse);
	if (!product)
		return err_set(err, ERR_USAGE, "code",
		    "code: there is no product \"%.*s\"",
		    STR_ARG(row->product));
	row->app = w->app->record.no;
	return store_stock_put(c, row, err);
}

static enum err_code
put_entry(struct store_conn *c, struct catalog_work *w, struct catalog_entry *e,
    struct err *err)
{
	int64_t app = w->app->record.no;
	const struct flag *there;

	switch (e->type) {
	case ENTRY_WAREHOUSE:
		return store_warehouse_put(c, app, &e->warehouse, err);
	case ENTRY_PROVIDER:
		return store_provider_put(c, app, &e->provider, err);
	case ENTRY_PRODUCT:
		return store_product_put(c, app, &e->product, err);
	case ENTRY_STOCK:
		return put_stock(c, w, &e->stock, e, err);
	case ENTRY_CARRIER:
		return store_carrier_put(c, app, &e->carrier, err);
	case ENTRY_FLAG:
		break;
	}
	there = catalog_flag_named(&w->catalog, e->flag.name);
	if (there != NULL) {
		e->flag.id = there->id;
		e->flag.built_in = there->built_in;
	}
	return store_flag_put(c, app, &e->flag, err);
}

static enum err_code
import_job(struct store_conn *c, void *arg, struct err *err)
{
	struct catalog_work *w = arg;
	enum err_code rc = hold_and_read(c, w, err);

	for (size_t i = 0; rc == ERR_OK && i < w->entry_count; i++) {
		struct err why = {.code = ERR_OK};

		rc = put_entry(c, w, &w->entries[i], &why);
		if (rc == ERR_OK)
			continue;
		(void)err_set(err, rc, "file",
		    TR(w->inv->language, "line %d: %s", "第 %d 行:%s"),
		    w->entries[i].line, why.detail);
		w->misused = rc == ERR_USAGE || rc == ERR_NAME_TAKEN;
	}
	if (rc == ERR_OK) {
		rc = store_products_check(c, w->app->record.no, err);
		w->misused = rc == ERR_USAGE;
	}
	return rc;
}

int
catalog_import_run(struct invocation *inv)
{
	const char *word = arg_word(inv, 0);
	struct catalog_work w = {.inv = inv};
	struct err err = {.code = ERR_OK};
	struct str path = word[0] == '/'
	    ? str_from(word)
	    : arena_printf(inv->arena, "%s/%s", inv->cwd, word);
	struct str text;
	enum err_code rc;

	if (str_is_null(path))
		return fail_err(inv, ERR_NO_MEMORY, &err);
	text = read_file(inv->arena, path.p);
	if (str_is_null(text))
		return fail(inv,
		    TR(inv->language,
			"cannot read %s: %s; name a file that is there",
			"无法读取 %s:%s;请指定存在的文件"),
		    path.p, strerror(errno));
	rc = catalog_file_read(inv->arena, text, inv->language, &w.entries,
	    &w.entry_count, &err);
	if (rc == ERR_USAGE)
		return misuse(inv, "%s", err.detail);
	if (rc == ERR_OK)
		rc = backend_change(inv->backend, import_job, &w, true, &err);
	if (rc != ERR_OK)
		return refuse(&w, rc, &err);
	say(inv,
	    TR(inv->language, "%zu entries are in the catalog of %.*s\n",
		"已将 %zu 项写入应用 %.*s 的目录\n"),
	    w.entry_count, STR_ARG(w.app->record.id));
	return EXIT_OK;
}

/* --- flag ------------------------------------------------------------------ */

static enum err_code
edit_flag(struct catalog_work *w, struct err *err)
{
	const struct flag *there = catalog_flag_named(&w->catalog,
	    w->flag.name);
	const char *name = arg_word(w->inv, 2);

	if (strcmp(w->action, "add") == 0)
		return ERR_OK; /* a taken name is the store's to tell */
	if (there == NULL)
		return err_set(err, ERR_NOT_FOUND, "name",
		    TR(w->inv->language,
			"the app has no flag \"%.*s\"; see `procured catalog "
			"show`",
			"应用没有标记 \"%.*s\";请执行 `procured catalog show` "
			"查看"),
		    STR_ARG(w->flag.name));
	w->flag = *there;
	if (strcmp(w->action, "rename") != 0) {
		w->flag.enabled = strcmp(w->action, "enable") == 0;
		return ERR_OK;
	}
	w->misused = there->built_in;
	if (there->built_in)
		return err_set(err, ERR_USAGE, "name", "%s",
		    TR(w->inv->language, "a built-in flag keeps its name",
			"内置标记不能改名"));
	w->flag.name = str_from(name);
	return ERR_OK;
}

static enum err_code
flag_job(struct store_conn *c, void *arg, struct err *err)
{
	struct catalog_work *w = arg;
	enum err_code rc = hold_and_read(c, w, err);

	if (rc == ERR_OK)
		rc = edit_flag(w, err);
	return rc == ERR_OK
	    ? store_flag_put(c, w->app->record.no, &w->flag, err)
	    : rc;
}

static bool
is_action(const char *action, bool renames)
{
	if (renames)
		return strcmp(action, "rename") == 0;
	return strcmp(action, "add") == 0 || strcmp(action, "enable") == 0 ||
	    strcmp(action, "disable") == 0;
}

int
catalog_flag_run(struct invocation *inv)
{
	const char *kind = arg_option(inv, "kind");
	struct catalog_work w = {.inv = inv,
	    .action = arg_word(inv, 0),
	    .flag = {.name = str_from(arg_word(inv, 1)), .enabled = true}};
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	if (!is_action(w.action, arg_word(inv, 2) != NULL))
		return misuse(inv,
		    TR(inv->language,
			"add NAME, enable NAME, disable NAME or rename NAME "
			"NEW; not \"%s\"",
			"应为 add 名称、enable 名称、disable 名称 或 rename "
			"名称 新名称,而不是 \"%s\""),
		    w.action);
	if (kind != NULL && !flag_kind_parse(str_from(kind), &w.flag.kind))
		return misuse(inv,
		    TR(inv->language, "--kind is purchase or other, not \"%s\"",
			"--kind 应为 purchase 或 other,而不是 \"%s\""),
		    kind);
	rc = backend_change(inv->backend, flag_job, &w, true, &err);
	if (rc != ERR_OK)
		return refuse(&w, rc, &err);
	say(inv,
	    TR(inv->language, "flag %lld \"%.*s\" is %s\n",
		"标记 %lld \"%.*s\" %s\n"),
	    (long long)w.flag.id, STR_ARG(w.flag.name),
	    w.flag.enabled ? TR(inv->language, "enabled", "已启用")
			   : TR(inv->language, "disabled", "已停用"));
	return EXIT_OK;
}

/* --- adjust ---------------------------------------------------------------- */

/* "+3", "-3" or "=3" of what is there. */
static bool
parse_amount(const char *word, int64_t have, int64_t *out)
{
	struct str text = str_from(word);
	int64_t number;

	if (text.n < 2 || strchr("+-=", text.p[0]) == NULL ||
	    text.p[1] == '-' ||
	    !str_parse_int(str_sub(text, 1, SIZE_MAX), &number) ||
	    number > LIMIT_STOCK)
		return false;
	if (text.p[0] == '=')
		*out = number;
	else
		*out = text.p[0] == '+' ? have + number : have - number;
	return true;
}

static enum err_code
adjust_job(struct store_conn *c, void *arg, struct err *err)
{
	struct catalog_work *w = arg;
	struct stock_row *row = &w->adjusted;
	enum err_code rc = hold_and_read(c, w, err);

	if (rc != ERR_OK)
		return rc;
	row->app = w->app->record.no;
	rc = store_stock_load(c, row, 1, err);
	if (rc != ERR_OK)
		return rc;
	w->misused = true;
	if (!parse_amount(arg_word(w->inv, 2), row->on_hand, &row->on_hand))
		return err_set(err, ERR_USAGE, "amount",
		    TR(w->inv->language,
			"the amount is +N, -N or =N, not \"%s\"",
			"数量应为 +N、-N 或 =N,而不是 \"%s\""),
		    arg_word(w->inv, 2));
	rc = put_stock(c, w, row, w->entries, err);
	w->misused = rc == ERR_USAGE;
	return rc;
}

int
catalog_adjust_run(struct invocation *inv)
{
	struct catalog_work w = {
	    .inv = inv, .adjusted = {.product = str_from(arg_word(inv, 1))}};
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	if (!str_parse_int(str_from(arg_word(inv, 0)), &w.adjusted.warehouse) ||
	    w.adjusted.warehouse < 1)
		return misuse(inv,
		    TR(inv->language,
			"a warehouse's id is expected, not \"%s\"",
			"应为仓库 id,而不是 \"%s\""),
		    arg_word(inv, 0));
	rc = backend_change(inv->backend, adjust_job, &w, true, &err);
	if (rc != ERR_OK)
		return refuse(&w, rc, &err);
	say(inv,
	    TR(inv->language,
		"warehouse %lld has %lld of %.*s, %lld of them reserved\n",
		"仓库 %lld 现有 %lld 件 %.*s,其中已占用 %lld 件\n"),
	    (long long)w.adjusted.warehouse, (long long)w.adjusted.on_hand,
	    STR_ARG(w.adjusted.product), (long long)w.adjusted.reserved);
	return EXIT_OK;
}
