/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Catalogs as rows. All apps' catalogs are read at once, one statement per kind
 * of entry, and cut into single ones without copying: they are read again with
 * the apps whenever an operator changes something.
 */
#include <assert.h>

#include "base/limits.h"
#include "store/store_impl.h"

/* --- reading --------------------------------------------------------------- */

/* One kind of entry: its statements, and its row after the app's column. */
struct table {
	enum statement count;
	enum statement rows;
	size_t row_bytes;
	void (*read)(struct sql_cursor *cursor, struct arena *a, void *row);
};

static void
read_flag(struct sql_cursor *cursor, struct arena *a, void *row)
{
	int64_t kind = sql_get_int(cursor, 3);

	*(struct flag *)row = (struct flag){
	    .id = sql_get_int(cursor, 1),
	    .name = arena_dup(a, sql_get_str(cursor, 2)),
	    .kind = kind == FLAG_PURCHASE ? FLAG_PURCHASE : FLAG_OTHER,
	    .enabled = sql_get_int(cursor, 4) != 0,
	    .built_in = sql_get_int(cursor, 5) != 0,
	};
}

static void
read_warehouse(struct sql_cursor *cursor, struct arena *a, void *row)
{
	*(struct warehouse *)row = (struct warehouse){
	    .id = sql_get_int(cursor, 1),
	    .no = arena_dup(a, sql_get_str(cursor, 2)),
	    .name = arena_dup(a, sql_get_str(cursor, 3)),
	};
}

static void
read_provider(struct sql_cursor *cursor, struct arena *a, void *row)
{
	*(struct provider *)row = (struct provider){
	    .no = arena_dup(a, sql_get_str(cursor, 1)),
	    .name = arena_dup(a, sql_get_str(cursor, 2)),
	};
}

static void
read_product(struct sql_cursor *cursor, struct arena *a, void *row)
{
	*(struct product *)row = (struct product){
	    .code = arena_dup(a, sql_get_str(cursor, 1)),
	    .title = arena_dup(a, sql_get_str(cursor, 2)),
	    .price_e4 = sql_get_int(cursor, 3),
	    .enabled = sql_get_int(cursor, 4) != 0,
	};
}

static void
read_carrier(struct sql_cursor *cursor, struct arena *a, void *row)
{
	*(struct carrier *)row = (struct carrier){
	    .way = sql_get_int(cursor, 1),
	    .id = sql_get_int(cursor, 2),
	    .name = arena_dup(a, sql_get_str(cursor, 3)),
	};
}

static const struct table flag_table = {
    ST_FLAG_COUNT, ST_FLAGS, sizeof(struct flag), read_flag};
static const struct table warehouse_table = {ST_WAREHOUSE_COUNT, ST_WAREHOUSES,
    sizeof(struct warehouse), read_warehouse};
static const struct table provider_table = {
    ST_PROVIDER_COUNT, ST_PROVIDERS, sizeof(struct provider), read_provider};
static const struct table product_table = {
    ST_PRODUCT_COUNT, ST_PRODUCTS, sizeof(struct product), read_product};
static const struct table carrier_table = {
    ST_CARRIER_COUNT, ST_CARRIERS, sizeof(struct carrier), read_carrier};

/* The apps that are asked for, as the statements take them. */
static void
app_range(int64_t app, struct sql_value range[2])
{
	range[0] = sql_int(app);
	range[1] = sql_int(app == 0 ? INT64_MAX : app);
}

/* Where the rows of one table go. */
struct rows {
	void *rows;
	int64_t *apps;
	size_t count;
};

/* Rows that came since they were counted are left for the next time. */
static enum err_code
read_rows(struct store_conn *c, struct arena *a, const struct table *t,
    const struct sql_value range[2], size_t room, struct rows *out,
    struct err *err)
{
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code = sql_start(c->db, t->rows, range, 2, &cursor, err);

	for (out->count = 0; code == ERR_OK && out->count < room;
	     out->count++) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		out->apps[out->count] = sql_get_int(cursor, 0);
		t->read(cursor, a,
		    (char *)out->rows + out->count * t->row_bytes);
	}
	sql_done(&cursor);
	return code;
}

static enum err_code
read_table(struct store_conn *c, struct arena *a, const struct table *t,
    int64_t app, struct rows *out, struct err *err)
{
	struct sql_value range[2];
	int64_t count = 0;
	enum err_code code;
	bool found;

	app_range(app, range);
	code = store_ask_int(c, t->count, range, 2, &found, &count, err);
	if (code != ERR_OK)
		return code;
	out->rows = arena_array(a, (size_t)count, t->row_bytes);
	out->apps = ARENA_ARRAY(a, (size_t)count, int64_t);
	if (!arena_failed(a))
		code = read_rows(c, a, t, range, (size_t)count, out, err);
	if (code == ERR_OK && arena_failed(a))
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "no room for the catalogs");
	return code;
}

enum err_code
store_catalogs_load(struct store_conn *c, struct arena *a, int64_t app,
    struct store_catalogs *out, struct err *err)
{
	struct rows flags, warehouses, providers, products, carriers;
	enum err_code code;

	assert(c != NULL);
	assert(a != NULL);
	assert(app >= 0);
	code = read_table(c, a, &flag_table, app, &flags, err);
	if (code == ERR_OK)
		code = read_table(c, a, &warehouse_table, app, &warehouses,
		    err);
	if (code == ERR_OK)
		code = read_table(c, a, &provider_table, app, &providers, err);
	if (code == ERR_OK)
		code = read_table(c, a, &product_table, app, &products, err);
	if (code == ERR_OK)
		code = read_table(c, a, &carrier_table, app, &carriers, err);
	if (code != ERR_OK)
		return code;
	*out = (struct store_catalogs){
	    .flags = flags.rows,
	    .flag_apps = flags.apps,
	    .flag_count = flags.count,
	    .warehouses = warehouses.rows,
	    .warehouse_apps = warehouses.apps,
	    .warehouse_count = warehouses.count,
	    .providers = providers.rows,
	    .provider_apps = providers.apps,
	    .provider_count = providers.count,
	    .products = products.rows,
	    .product_apps = products.apps,
	    .product_count = products.count,
	    .carriers = carriers.rows,
	    .carrier_apps = carriers.apps,
	    .carrier_count = carriers.count,
	};
	return ERR_OK;
}

/* The first place of `apps` with an app >= `app`. */
static size_t
first_of(const int64_t *apps, size_t count, int64_t app)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (apps[middle] < app)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the app's entries begin; *count is how many there are. */
static size_t
part_of(const int64_t *apps, size_t all, int64_t app, size_t *count)
{
	size_t first = first_of(apps, all, app);

	*count = first_of(apps, all, app + 1) - first;
	return first;
}

void
store_catalog_of(const struct store_catalogs *all, int64_t app,
    struct catalog *out)
{
	size_t first;

	assert(all != NULL);
	assert(app > 0);
	*out = catalog_empty;
	first = part_of(all->flag_apps, all->flag_count, app, &out->flag_count);
	out->flags = out->flag_count > 0 ? all->flags + first : NULL;
	first = part_of(all->warehouse_apps, all->warehouse_count, app,
	    &out->warehouse_count);
	out->warehouses = out->warehouse_count > 0 ? all->warehouses + first
						   : NULL;
	first = part_of(all->provider_apps, all->provider_count, app,
	    &out->provider_count);
	out->providers = out->provider_count > 0 ? all->providers + first
						 : NULL;
	first = part_of(all->product_apps, all->product_count, app,
	    &out->product_count);
	out->products = out->product_count > 0 ? all->products + first : NULL;
	first = part_of(all->carrier_apps, all->carrier_count, app,
	    &out->carrier_count);
	if (out->carrier_count > 0) {
		out->carriers = all->carriers + first;
	} else {
		out->carriers = catalog_default_carriers;
		out->carrier_count = catalog_default_carrier_count;
	}
	catalog_check(out);
}

/* --- writing --------------------------------------------------------------- */

static enum err_code
check_text(struct str text, const char *what, bool required, struct err *err)
{
	if (required && text.n == 0)
		return err_set(err, ERR_USAGE, what, "it has no %s", what);
	if (text.n > LIMIT_CATALOG_TEXT_BYTES ||
	    (text.n > 0 && str_code_points(text) < 0))
		return err_set(err, ERR_USAGE, what,
		    "the %s is longer than %d bytes, or not UTF-8", what,
		    LIMIT_CATALOG_TEXT_BYTES);
	return ERR_OK;
}

/* Whether the app can have one more of them. */
static enum err_code
check_room(struct store_conn *c, enum statement count, int64_t app,
    int64_t limit, struct err *err)
{
	struct sql_value range[2];
	int64_t have = 0;
	enum err_code code;
	bool found;

	app_range(app, range);
	code = store_ask_int(c, count, range, 2, &found, &have, err);
	if (code == ERR_OK && have >= limit)
		return err_set(err, ERR_USAGE, NULL,
		    "an app can have %lld of them, and has", (long long)limit);
	return code;
}

/* ERR_NAME_TAKEN when another entry than `id` has the text. */
static enum err_code
check_taken(struct store_conn *c, enum statement by_text, int64_t app,
    struct str text, int64_t id, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_text(text)};
	int64_t owner = 0;
	enum err_code code;
	bool found;

	code = store_ask_int(c, by_text, args, 2, &found, &owner, err);
	if (code == ERR_OK && found && owner != id)
		return err_set(err, ERR_NAME_TAKEN, NULL,
		    "number %lld is called \"%.*s\" already", (long long)owner,
		    STR_ARG(text));
	return code;
}

enum err_code
store_flag_put(struct store_conn *c, int64_t app, struct flag *flag,
    struct err *err)
{
	struct sql_value whose[] = {sql_int(app)};
	enum err_code code;
	int64_t last = 0;
	bool found;

	c->apps_changed = true;
	assert(app > 0);
	assert(flag->id >= 0);
	assert((unsigned)flag->kind < FLAG_KIND__COUNT);
	code = check_text(flag->name, "name", true, err);
	if (code == ERR_OK)
		code = check_taken(c, ST_FLAG_BY_NAME, app, flag->name, flag->id,
		    err);
	if (code == ERR_OK && flag->id == 0)
		code = check_room(c, ST_FLAG_COUNT, app, LIMIT_FLAGS, err);
	if (code == ERR_OK && flag->id == 0)
		code = store_ask_int(c, ST_FLAG_LAST, whose, 1, &found, &last,
		    err);
	if (code != ERR_OK)
		return code;
	/* Flags are disabled and never deleted, so no id comes back. */
	if (flag->id == 0)
		flag->id = last + 1;
	struct sql_value args[] = {sql_int(app), sql_int(flag->id),
	    sql_text(flag->name), sql_int(flag->kind), sql_int(flag->enabled),
	    sql_int(flag->built_in)};

	return sql_run(c->db, ST_FLAG_PUT, args, 6, err);
}

enum err_code
store_warehouse_put(struct store_conn *c, int64_t app,
    const struct warehouse *warehouse, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(warehouse->id),
	    sql_text(warehouse->no), sql_text(warehouse->name)};
	enum err_code code;

	c->apps_changed = true;
	assert(app > 0);
	assert(warehouse->id > 0);
	code = check_text(warehouse->no, "number", true, err);
	if (code == ERR_OK)
		code = check_text(warehouse->name, "name", false, err);
	if (code == ERR_OK)
		code = check_taken(c, ST_WAREHOUSE_BY_NO, app, warehouse->no,
		    warehouse->id, err);
	if (code == ERR_OK)
		code = check_room(c, ST_WAREHOUSE_COUNT, app, LIMIT_WAREHOUSES,
		    err);
	return code == ERR_OK ? sql_run(c->db, ST_WAREHOUSE_PUT, args, 4, err)
			      : code;
}

enum err_code
store_provider_put(struct store_conn *c, int64_t app,
    const struct provider *provider, struct err *err)
{
	struct sql_value args[] = {
	    sql_int(app), sql_text(provider->no), sql_text(provider->name)};
	enum err_code code;

	c->apps_changed = true;
	assert(app > 0);
	code = check_text(provider->no, "number", true, err);
	if (code == ERR_OK)
		code = check_text(provider->name, "name", false, err);
	if (code == ERR_OK)
		code = check_room(c, ST_PROVIDER_COUNT, app, LIMIT_PROVIDERS,
		    err);
	return code == ERR_OK ? sql_run(c->db, ST_PROVIDER_PUT, args, 3, err)
			      : code;
}

enum err_code
store_product_put(struct store_conn *c, int64_t app,
    const struct product *product, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_text(product->code),
	    sql_text(product->title), sql_int(product->price_e4),
	    sql_int(product->enabled)};
	enum err_code code;

	c->apps_changed = true;
	assert(app > 0);
	code = check_text(product->code, "code", true, err);
	if (code == ERR_OK && product->code.n > LIMIT_PRODUCT_BYTES)
		code = err_set(err, ERR_USAGE, "code",
		    "the code is longer than %d bytes", LIMIT_PRODUCT_BYTES);
	if (code == ERR_OK)
		code = check_text(product->title, "title", true, err);
	if (code == ERR_OK &&
	    (product->price_e4 < 0 || product->price_e4 > LIMIT_PRICE_E4))
		code = err_set(err, ERR_USAGE, "price",
		    "the price is not from 0 to 99999999.99");
	return code == ERR_OK ? sql_run(c->db, ST_PRODUCT_PUT, args, 5, err)
			      : code;
}

enum err_code
store_products_check(struct store_conn *c, int64_t app, struct err *err)
{
	/* One more than there may be is one too many. */
	return check_room(c, ST_PRODUCT_COUNT, app, LIMIT_PRODUCTS + 1, err);
}

enum err_code
store_carrier_put(struct store_conn *c, int64_t app,
    const struct carrier *carrier, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(carrier->way),
	    sql_int(carrier->id), sql_text(carrier->name)};
	enum err_code code;

	c->apps_changed = true;
	assert(app > 0);
	assert(carrier->id > 0);
	code = check_text(carrier->name, "name", false, err);
	if (code == ERR_OK)
		code = check_room(c, ST_CARRIER_COUNT, app, LIMIT_CARRIERS,
		    err);
	return code == ERR_OK ? sql_run(c->db, ST_CARRIER_PUT, args, 4, err)
			      : code;
}
