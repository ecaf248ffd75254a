/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of a catalog in a file: one JSON object a line, or CSV whose first
 * line names the columns. Both have the same members:
 *
 *	type      flag, warehouse, provider, product, stock, carrier
 *	id        of a warehouse or carrier
 *	no        number of a warehouse (default: its id) or provider
 *	name      of all but products and stock
 *	kind      of a flag: purchase (default), other
 *	enabled   of a flag or product: true (default), false
 *	code      of a product; of stock: whose
 *	title     of a product
 *	price     of a product, in yuan
 *	way       of a carrier: the transport way it carries by
 *	warehouse of stock: the id of where it is
 *	on_hand   of stock: how much there is
 */
#ifndef APP_CATALOG_FILE_H
#define APP_CATALOG_FILE_H

#include <stddef.h>

#include "app/language.h"
#include "base/arena.h"
#include "base/err.h"
#include "order/catalog.h"
#include "order/stock.h"

enum entry_type {
	ENTRY_FLAG,
	ENTRY_WAREHOUSE,
	ENTRY_PROVIDER,
	ENTRY_PRODUCT,
	ENTRY_STOCK,
	ENTRY_CARRIER,
};

struct catalog_entry {
	enum entry_type type;
	int line; /* of the file, for messages */
	struct flag flag;
	struct warehouse warehouse;
	struct provider provider;
	struct product product;
	struct stock_row stock; /* without its app */
	struct carrier carrier;
};

/*
 * Reads the whole text; *entries lie in the arena. ERR_USAGE with a sentence
 * that names the line, ERR_NO_MEMORY.
 */
MUST_CHECK enum err_code catalog_file_read(struct arena *a, struct str text,
    enum language language, struct catalog_entry **entries, size_t *count,
    struct err *err);

#endif
