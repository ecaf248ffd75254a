/* SPDX-License-Identifier: Apache-2.0 */
/* Catalogs: written entry by entry, read at once, cut by app. */
#include "store/test_world.h"

static struct world world;
static struct store_catalogs all;
static struct catalog catalog;

int
setup(void **state)
{
	(void)state;
	must_open_world(&world);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	close_world(&world);
	return 0;
}

static enum err_code
put_flag(int64_t app, struct flag *flag)
{
	enum err_code code;

	must_begin(&world);
	code = store_flag_put(world.w, app, flag, &world.err);
	must_commit(&world);
	return code;
}

static enum err_code
put_warehouse(int64_t app, int64_t id, const char *no, const char *name)
{
	struct warehouse w = {id, str_from(no), str_from(name)};
	enum err_code code;

	must_begin(&world);
	code = store_warehouse_put(world.w, app, &w, &world.err);
	must_commit(&world);
	return code;
}

static enum err_code
put_provider(int64_t app, const char *no, const char *name)
{
	struct provider p = {str_from(no), str_from(name)};
	enum err_code code;

	must_begin(&world);
	code = store_provider_put(world.w, app, &p, &world.err);
	must_commit(&world);
	return code;
}

static void
load(int64_t only, int64_t app)
{
	check_err(
	    store_catalogs_load(world.r, &world.a, only, &all, &world.err),
	    ERR_OK);
	store_catalog_of(&all, app, &catalog);
}

void
test_catalogs_of_nobody_are_empty(void **state)
{
	(void)state;
	load(0, 1);
	assert_int_equal(catalog.flag_count, 0);
	assert_int_equal(catalog.warehouse_count, 0);
	assert_int_equal(catalog.provider_count, 0);
}

void
test_flags_get_ids_and_change(void **state)
{
	struct flag aa = {.name = STR("aa"), .enabled = true};
	struct flag old = {
	    .name = STR("旧"), .kind = FLAG_OTHER, .built_in = true};
	struct flag others = {.name = STR("aa"), .enabled = true};

	(void)state;
	check_err(put_flag(7, &aa), ERR_OK);
	check_err(put_flag(7, &old), ERR_OK);
	check_err(put_flag(8, &others), ERR_OK);
	assert_int_equal(aa.id, 1);
	assert_int_equal(old.id, 2);
	assert_int_equal(others.id, 1);
	aa.name = STR("bb");
	aa.enabled = false;
	check_err(put_flag(7, &aa), ERR_OK);
	load(0, 7);
	assert_int_equal(all.flag_count, 3);
	assert_int_equal(catalog.flag_count, 2);
	check_str(catalog.flags[0].name, "bb");
	assert_false(catalog.flags[0].enabled);
	assert_int_equal(catalog.flags[0].kind, FLAG_PURCHASE);
	assert_false(catalog.flags[0].built_in);
	check_str(catalog.flags[1].name, "旧");
	assert_int_equal(catalog.flags[1].kind, FLAG_OTHER);
	assert_true(catalog.flags[1].built_in);
	load(8, 8);
	assert_int_equal(all.flag_count, 1);
	check_str(catalog.flags[0].name, "aa");
	load(0, 9);
	assert_int_equal(catalog.flag_count, 0);
}

void
test_flags_names_differ(void **state)
{
	struct flag one = {.name = STR("aa")}, two = {.name = STR("aa")};

	(void)state;
	check_err(put_flag(7, &one), ERR_OK);
	check_err(put_flag(7, &two), ERR_NAME_TAKEN);
	two.name = STR("bb");
	check_err(put_flag(7, &two), ERR_OK);
	two.name = STR("aa");
	check_err(put_flag(7, &two), ERR_NAME_TAKEN);
	two.name = STR("");
	check_err(put_flag(7, &two), ERR_USAGE);
	two.name = STR("\xff");
	check_err(put_flag(7, &two), ERR_USAGE);
}

void
test_flags_are_bounded(void **state)
{
	struct flag flag;

	(void)state;
	must_begin(&world);
	for (int64_t i = 0; i <= LIMIT_FLAGS; i++) {
		flag = (struct flag){
		    .name = arena_printf(&world.a, "%lld", (long long)i)};
		check_err(store_flag_put(world.w, 7, &flag, &world.err),
		    i < LIMIT_FLAGS ? ERR_OK : ERR_USAGE);
	}
	flag.id = 5;
	check_err(store_flag_put(world.w, 7, &flag, &world.err), ERR_OK);
	must_commit(&world);
}

void
test_warehouses_and_providers(void **state)
{
	(void)state;
	check_err(put_warehouse(7, 22, "W22", "上海"), ERR_OK);
	check_err(put_warehouse(7, 5, "W5", NULL), ERR_OK);
	check_err(put_warehouse(7, 6, "W5", NULL), ERR_NAME_TAKEN);
	check_err(put_warehouse(7, 5, "W5", "北京"), ERR_OK);
	check_err(put_warehouse(8, 5, "W5", NULL), ERR_OK);
	check_err(put_warehouse(7, 9, "", NULL), ERR_USAGE);
	check_err(put_provider(7, "P2", "二"), ERR_OK);
	check_err(put_provider(7, "P10", NULL), ERR_OK);
	check_err(put_provider(7, "P2", "贰"), ERR_OK);
	check_err(put_provider(7, "", NULL), ERR_USAGE);
	load(0, 7);
	assert_int_equal(catalog.warehouse_count, 2);
	assert_int_equal(catalog.warehouses[0].id, 5);
	check_str(catalog.warehouses[0].name, "北京");
	check_str(catalog.warehouses[1].no, "W22");
	assert_int_equal(catalog.provider_count, 2);
	check_str(catalog.providers[0].no, "P10");
	check_str(catalog.providers[0].name, NULL);
	check_str(catalog.providers[1].name, "贰");
	load(0, 8);
	assert_int_equal(catalog.warehouse_count, 1);
	assert_int_equal(catalog.provider_count, 0);
}

/* Whichever call of the database fails, loading says so. */
void
test_catalogs_fail_with_the_store(void **state)
{
	struct flag aa = {.name = STR("aa")};
	int64_t calls = 0;
	enum err_code code;

	(void)state;
	check_err(put_flag(7, &aa), ERR_OK);
	check_err(put_provider(7, "P1", NULL), ERR_OK);
	for (int64_t n = 1;; n++) {
		sql_fault_set(n, ERR_STORE_FAILED);
		code = store_catalogs_load(world.r, &world.a, 0, &all,
		    &world.err);
		if (sql_fault_left() > 0)
			break;
		check_err(code, ERR_STORE_FAILED);
		calls++;
	}
	sql_fault_set(0, ERR_OK);
	check_err(code, ERR_OK);
	assert_true(calls >= 6);
}
