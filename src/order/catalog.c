/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding entries of a catalog. What is in order is found by halving; names of
 * flags and numbers of warehouses are looked through, there are few of them
 * (LIMIT_FLAGS, LIMIT_WAREHOUSES).
 */
#include <assert.h>
#include <stdlib.h>

#include "order/catalog.h"

const struct catalog catalog_empty = {0};

/* As franchisers' platforms have them: 2 a company's own line, 4 an express. */
const struct carrier catalog_default_carriers[] = {
    {2, 6, STR_INIT("德邦物流")},
    {2, 7, STR_INIT("天天物流")},
    {2, 9, STR_INIT("同润物流")},
    {2, 10, STR_INIT("安能物流")},
    {2, 11, STR_INIT("货拉拉")},
    {4, 5, STR_INIT("圆通快递")},
    {4, 8, STR_INIT("申通快递")},
};
const size_t catalog_default_carrier_count = sizeof(catalog_default_carriers) /
    sizeof(catalog_default_carriers[0]);

static const char *const kind_names[FLAG_KIND__COUNT] = {
#define X(name, text) [FLAG_##name] = text,
    FLAG_KIND_TABLE(X)
#undef X
};

static int
compare_ids(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_flag(const void *id, const void *flag)
{
	return compare_ids(*(const int64_t *)id,
	    ((const struct flag *)flag)->id);
}

static int
compare_warehouse(const void *id, const void *warehouse)
{
	return compare_ids(*(const int64_t *)id,
	    ((const struct warehouse *)warehouse)->id);
}

static int
compare_provider(const void *no, const void *provider)
{
	return str_cmp(*(const struct str *)no,
	    ((const struct provider *)provider)->no);
}

static int
compare_product(const void *code, const void *product)
{
	return str_cmp(*(const struct str *)code,
	    ((const struct product *)product)->code);
}

static int
compare_carrier(const void *key, const void *row)
{
	const struct carrier *a = key, *b = row;

	return a->way != b->way ? compare_ids(a->way, b->way)
				: compare_ids(a->id, b->id);
}

/* bsearch that takes an empty array's NULL. */
static const void *
find(const void *key, const void *rows, size_t count, size_t row_bytes,
    int (*compare)(const void *, const void *))
{
	if (count == 0)
		return NULL;
	return bsearch(key, rows, count, row_bytes, compare);
}

const struct flag *
catalog_flag(const struct catalog *c, int64_t id)
{
	assert(c != NULL);
	return find(&id, c->flags, c->flag_count, sizeof(*c->flags),
	    compare_flag);
}

const struct flag *
catalog_flag_named(const struct catalog *c, struct str name)
{
	assert(c != NULL);
	for (size_t i = 0; i < c->flag_count; i++) {
		if (str_eq(c->flags[i].name, name))
			return &c->flags[i];
	}
	return NULL;
}

const struct warehouse *
catalog_warehouse(const struct catalog *c, int64_t id)
{
	assert(c != NULL);
	return find(&id, c->warehouses, c->warehouse_count,
	    sizeof(*c->warehouses), compare_warehouse);
}

const struct warehouse *
catalog_warehouse_numbered(const struct catalog *c, struct str no)
{
	assert(c != NULL);
	for (size_t i = 0; i < c->warehouse_count; i++) {
		if (str_eq(c->warehouses[i].no, no))
			return &c->warehouses[i];
	}
	return NULL;
}

const struct provider *
catalog_provider(const struct catalog *c, struct str no)
{
	assert(c != NULL);
	return find(&no, c->providers, c->provider_count, sizeof(*c->providers),
	    compare_provider);
}

const struct product *
catalog_product(const struct catalog *c, struct str code)
{
	assert(c != NULL);
	return find(&code, c->products, c->product_count, sizeof(*c->products),
	    compare_product);
}

const struct carrier *
catalog_carrier(const struct catalog *c, int64_t way, int64_t id)
{
	const struct carrier key = {.way = way, .id = id};

	assert(c != NULL);
	return find(&key, c->carriers, c->carrier_count, sizeof(*c->carriers),
	    compare_carrier);
}

bool
catalog_way_has_carriers(const struct catalog *c, int64_t way)
{
	assert(c != NULL);
	for (size_t i = 0; i < c->carrier_count; i++) {
		if (c->carriers[i].way == way)
			return true;
	}
	return false;
}

bool
catalog_carrier_fits(const struct catalog *c, int64_t way, int64_t id)
{
	assert(c != NULL);
	if (id == 0)
		return !catalog_way_has_carriers(c, way);
	return catalog_carrier(c, way, id) != NULL;
}

const struct flag *
catalog_purchase_flag(const struct catalog *c, struct str name)
{
	const struct flag *flag = catalog_flag_named(c, name);

	if (flag == NULL || !flag->enabled || flag->kind != FLAG_PURCHASE)
		return NULL;
	return flag;
}

const char *
flag_kind_name(enum flag_kind kind)
{
	assert((unsigned)kind < FLAG_KIND__COUNT);
	return kind_names[kind];
}

bool
flag_kind_parse(struct str name, enum flag_kind *out)
{
	assert(out != NULL);
	for (int i = 0; i < FLAG_KIND__COUNT; i++) {
		if (str_eq(str_from(kind_names[i]), name)) {
			*out = (enum flag_kind)i;
			return true;
		}
	}
	return false;
}

void
catalog_check(const struct catalog *c)
{
	assert(c != NULL);
	for (size_t i = 0; i < c->flag_count; i++) {
		assert(c->flags[i].name.n > 0);
		assert(c->flags[i].id > (i == 0 ? 0 : c->flags[i - 1].id));
		assert((unsigned)c->flags[i].kind < FLAG_KIND__COUNT);
	}
	for (size_t i = 0; i < c->warehouse_count; i++) {
		assert(c->warehouses[i].no.n > 0);
		assert(c->warehouses[i].id >
		    (i == 0 ? 0 : c->warehouses[i - 1].id));
	}
	for (size_t i = 0; i < c->provider_count; i++) {
		assert(c->providers[i].no.n > 0);
		assert(i == 0 ||
		    str_cmp(c->providers[i - 1].no, c->providers[i].no) < 0);
	}
	for (size_t i = 0; i < c->product_count; i++) {
		assert(c->products[i].code.n > 0);
		assert(c->products[i].price_e4 >= 0);
		assert(i == 0 ||
		    str_cmp(c->products[i - 1].code, c->products[i].code) < 0);
	}
	for (size_t i = 0; i < c->carrier_count; i++) {
		assert(c->carriers[i].id > 0);
		assert(i == 0 ||
		    compare_carrier(&c->carriers[i - 1], &c->carriers[i]) < 0);
	}
}
