/* SPDX-License-Identifier: Apache-2.0 */
/* Finding entries of a catalog, and which flags an order can be given. */
#include "order/catalog.h"
#include "tests/check.h"

static const struct flag flags[] = {
    {1, STR_INIT("加急"), FLAG_PURCHASE, true, true},
    {2, STR_INIT("旧标记"), FLAG_PURCHASE, false, false},
    {5, STR_INIT("退货"), FLAG_OTHER, true, false},
};
static const struct warehouse warehouses[] = {
    {5, STR_INIT("WH5"), STR_INIT("北京仓")},
    {22, STR_INIT("WH22"), {NULL, 0}},
};
static const struct provider providers[] = {
    {STR_INIT("P1"), STR_INIT("供应商一")},
    {STR_INIT("P10"), {NULL, 0}},
    {STR_INIT("P2"), {NULL, 0}},
};
static const struct catalog catalog = {
    .flags = flags,
    .flag_count = 3,
    .warehouses = warehouses,
    .warehouse_count = 2,
    .providers = providers,
    .provider_count = 3,
};

void
test_catalog_finds_flags(void **state)
{
	(void)state;
	catalog_check(&catalog);
	for (size_t i = 0; i < catalog.flag_count; i++) {
		assert_ptr_equal(catalog_flag(&catalog, flags[i].id),
		    &flags[i]);
		assert_ptr_equal(catalog_flag_named(&catalog, flags[i].name),
		    &flags[i]);
	}
	assert_null(catalog_flag(&catalog, FLAG_NONE));
	assert_null(catalog_flag(&catalog, 3));
	assert_null(catalog_flag_named(&catalog, STR("加")));
	assert_null(catalog_flag_named(&catalog, STR_NONE));
}

void
test_catalog_gives_only_enabled_purchase_flags(void **state)
{
	(void)state;
	assert_ptr_equal(catalog_purchase_flag(&catalog, STR("加急")),
	    &flags[0]);
	assert_null(catalog_purchase_flag(&catalog, STR("旧标记")));
	assert_null(catalog_purchase_flag(&catalog, STR("退货")));
	assert_null(catalog_purchase_flag(&catalog, STR("无")));
}

void
test_catalog_finds_warehouses_and_providers(void **state)
{
	(void)state;
	assert_ptr_equal(catalog_warehouse(&catalog, 22), &warehouses[1]);
	assert_null(catalog_warehouse(&catalog, 6));
	assert_ptr_equal(catalog_warehouse_numbered(&catalog, STR("WH5")),
	    &warehouses[0]);
	assert_null(catalog_warehouse_numbered(&catalog, STR("5")));
	for (size_t i = 0; i < catalog.provider_count; i++)
		assert_ptr_equal(catalog_provider(&catalog, providers[i].no),
		    &providers[i]);
	assert_null(catalog_provider(&catalog, STR("P")));
	assert_null(catalog_provider(&catalog, STR("P3")));
}

void
test_catalog_empty_has_nothing(void **state)
{
	(void)state;
	catalog_check(&catalog_empty);
	assert_null(catalog_flag(&catalog_empty, 1));
	assert_null(catalog_purchase_flag(&catalog_empty, STR("加急")));
	assert_null(catalog_warehouse(&catalog_empty, 5));
	assert_null(catalog_provider(&catalog_empty, STR("P1")));
}

void
test_catalog_kinds_have_names(void **state)
{
	enum flag_kind kind;

	(void)state;
	for (int i = 0; i < FLAG_KIND__COUNT; i++) {
		assert_true(flag_kind_parse(
		    str_from(flag_kind_name((enum flag_kind)i)), &kind));
		assert_int_equal(kind, i);
	}
	assert_false(flag_kind_parse(STR("PURCHASE"), &kind));
}
