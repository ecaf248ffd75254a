/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo world: two apps and a handful of orders that every example of the
 * documents works against. It is rows in demo_world.c; demo.c puts in what is
 * missing and touches nothing that is there.
 */
#ifndef APP_DEMO_H
#define APP_DEMO_H

#include <stddef.h>
#include <stdint.h>

#include "app/app_records.h"
#include "app/backend.h"
#include "base/buf.h"
#include "base/err.h"
#include "order/catalog.h"
#include "order/life.h"
#include "order/stock.h"

struct demo_credential {
	enum access access;
	const char *key;
	const char *scope;
	const char *secret;
	const char *session;
};

struct demo_app {
	const char *id;
	const char *name;
	struct demo_credential credentials[ACCESS__COUNT];
};

#define DEMO_LINES_MAX 2
#define DEMO_MOVES_MAX 2

struct demo_line {
	const char *product;
	const char *title;
	int64_t price_e4;
	int64_t quantity;
	const char *remark;
};

/* NULL and 0 mean "none". */
struct demo_order {
	int64_t id;
	const char *app;
	const char *created;
	enum order_status status; /* it begins with: DRAFT or SUBMITTED */
	enum order_move moves[DEMO_MOVES_MAX]; /* made one after another */
	size_t move_count;
	const char *purchase_no;
	const char *purchase_order;
	const char *user;
	const char *platform;
	const char *product_url;
	const char *recipient_name;
	const char *phone;
	const char *province;
	const char *city;
	const char *district;
	const char *address;
	int64_t warehouse;
	int64_t transport_way;
	int64_t logistics_company;
	const char *delivery_date;
	const char *remarks;
	struct demo_line lines[DEMO_LINES_MAX];
};

/* The catalog of the first app. */
extern const struct flag demo_flags[];
extern const size_t demo_flag_count;
extern const struct warehouse demo_warehouses[];
extern const size_t demo_warehouse_count;
extern const struct provider demo_providers[];
extern const size_t demo_provider_count;
extern const struct product demo_products[];
extern const size_t demo_product_count;
/* What is on hand; whose it is, and what is reserved, is not said here. */
extern const struct stock_row demo_stock[];
extern const size_t demo_stock_count;

extern const struct demo_app demo_apps[];
extern const size_t demo_app_count;
extern const struct demo_order demo_orders[];
extern const size_t demo_order_count;

/* Puts in what is missing, in one transaction. Errors are the store's. */
MUST_CHECK enum err_code demo_create(struct backend *b, struct err *err);

/*
 * Moves an embedded store with a demo world out of the way, to its name with
 * ".before-reset" at the end, so that a fresh one can be made. The data
 * directory must be held and the store closed. ERR_USAGE: it is no demo store.
 */
MUST_CHECK enum err_code demo_reset(const struct settings *s, struct err *err);

/* Whether the store has one of the demo's apps, not disabled: anybody knows its
 * secrets. */
MUST_CHECK enum err_code demo_is_there(struct backend *b, bool *there,
    struct err *err);

/* The published credentials of the demo's first app as JSON, by dialect, never
 * what the store has; absent: no memory. */
struct str demo_print_credentials(struct arena *a);

/* What to paste into a shell, for a server at `url`. */
void demo_print_hints(enum language language, struct str url, struct str admin,
    struct buf *out);

#endif
