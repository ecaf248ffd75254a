/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app's orders may speak of: flags, warehouses, providers, products
 * and carriers. A struct catalog is an immutable snapshot of one app's entries; it hangs on the app's
 * credentials (order/access.h), so that a dialect turns names into ids while it
 * decodes, without asking the store. An order keeps only a flag's id.
 *
 * To add a kind of entry: its struct, an array with its order below, a find
 * function, a check, and a table in the store.
 */
#ifndef ORDER_CATALOG_H
#define ORDER_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* What a flag marks. Stored: append only. */
#define FLAG_KIND_TABLE(X) \
	X(PURCHASE, "purchase") \
	X(OTHER, "other")

enum flag_kind {
#define X(name, text) FLAG_##name,
	FLAG_KIND_TABLE(X)
#undef X
	FLAG_KIND__COUNT
};

/* The id of no flag; what an order without one has in F_FLAG. */
#define FLAG_NONE 0

struct flag {
	int64_t id; /* > 0, never given twice within an app */
	struct str name;
	enum flag_kind kind;
	bool enabled;  /* otherwise no order can be given it any more */
	bool built_in; /* comes with the app: may be disabled, not renamed */
};

struct warehouse {
	int64_t id; /* > 0 */
	struct str no;
	struct str name; /* absent: none */
};

struct provider {
	struct str no;
	struct str name; /* absent: none */
};

struct product {
	struct str code;
	struct str title;
	int64_t price_e4;
	bool enabled; /* otherwise no order can be given it any more */
};

/* A logistics company that carries by a transport way. */
struct carrier {
	int64_t way;
	int64_t id; /* > 0 */
	struct str name;
};

/* Texts in byte order (str_cmp); nothing occurs twice. */
struct catalog {
	const struct flag *flags; /* by id; names differ, too */
	size_t flag_count;
	const struct warehouse *warehouses; /* by id; numbers differ, too */
	size_t warehouse_count;
	const struct provider *providers; /* by number */
	size_t provider_count;
	const struct product *products; /* by code */
	size_t product_count;
	const struct carrier *carriers; /* by way, then id */
	size_t carrier_count;
};

/* Of an app that has none. */
extern const struct catalog catalog_empty;
/* What an app without carriers of its own has. */
extern const struct carrier catalog_default_carriers[];
extern const size_t catalog_default_carrier_count;

/* All of these give NULL when there is none. */
const struct flag *catalog_flag(const struct catalog *c, int64_t id);
const struct flag *catalog_flag_named(const struct catalog *c, struct str name);
const struct warehouse *catalog_warehouse(const struct catalog *c, int64_t id);
const struct warehouse *catalog_warehouse_numbered(const struct catalog *c,
    struct str no);
const struct provider *catalog_provider(const struct catalog *c, struct str no);
const struct product *catalog_product(const struct catalog *c, struct str code);
const struct carrier *catalog_carrier(const struct catalog *c, int64_t way,
    int64_t id);

/* Whether anybody carries by this way; by others an order has no company. */
bool catalog_way_has_carriers(const struct catalog *c, int64_t way);
/* Whether an order that goes by this way can have this company (0: none). */
bool catalog_carrier_fits(const struct catalog *c, int64_t way, int64_t id);

/* The flag an order can be given by this name: known, enabled, and one of
 * purchase orders; else NULL. */
const struct flag *catalog_purchase_flag(const struct catalog *c,
    struct str name);

const char *flag_kind_name(enum flag_kind kind); /* "purchase" */
bool flag_kind_parse(struct str name, enum flag_kind *out);

/* Asserts the orders above; after building one. */
void catalog_check(const struct catalog *c);

#endif
