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
}
