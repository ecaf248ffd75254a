/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of a catalog in a file: one JSON object a line, or CSV whose first
 * line names the columns. Both have the same members:
 *
 *	type      flag, warehouse, provider
 *	id        of a warehouse
 *	no        number of a warehouse (default: its id) or provider
 *	name
 *	kind      of a flag: purchase (default), other
 *	enabled   of a flag: true (default), false
 */
#ifndef APP_CATALOG_FILE_H
#define APP_CATALOG_FILE_H

#include <stddef.h>

#include "app/language.h"
#include "base/arena.h"
#include "base/err.h"
#include "order/catalog.h"

enum entry_type { ENTRY_FLAG, ENTRY_WAREHOUSE, ENTRY_PROVIDER };

struct catalog_entry {
	enum entry_type type;
	int line; /* of the file, for messages */
	struct flag flag;
	struct warehouse warehouse;
	struct provider provider;
};

/*
 * Reads the whole text; *entries lie in the arena. ERR_USAGE with a sentence
 * that names the line, ERR_NO_MEMORY.
 */
MUST_CHECK enum err_code catalog_file_read(struct arena *a, struct str text,
    enum language language, struct catalog_entry **entries, size_t *count,
    struct err *err);

#endif
