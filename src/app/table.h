/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain tables for a terminal: columns as wide as their widest cell, Chinese
 * characters counted as two.
 */
#ifndef APP_TABLE_H
#define APP_TABLE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define TABLE_COLUMNS_MAX 8

struct table {
	struct arena *arena;
	size_t columns;
	struct str *cells; /* row after row */
	size_t used;
	size_t room;
};

void table_init(struct table *t, struct arena *a, size_t columns);
/* The next cell, row by row; the text is borrowed. Control characters and cells
 * past the arena's room come out as blanks. */
void table_cell(struct table *t, struct str text);
/* What was put in, the last row complete (asserted). */
void table_print(const struct table *t, struct buf *out);

#endif
