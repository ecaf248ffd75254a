/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders in files: one JSON object a line (NDJSON), or a table with a heading
 * (CSV). Fields have the core's neutral names; `order export` writes what
 * `order import` reads.
 *
 * In CSV an order's only line has columns of its own (product, sku, title,
 * price, quantity, remark); `lines` and `attributes` hold JSON, as in NDJSON.
 */
#ifndef APP_ORDER_RECORD_H
#define APP_ORDER_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "order/order.h"

enum record_format { RECORD_NDJSON, RECORD_CSV };

/* By the option's word, else by the file's ending; false: no such word. */
bool record_format_of(const char *word, const char *path,
    enum record_format *out);

#define RECORD_COLUMNS_MAX 64

/* One record as it was read. */
struct record {
	json_t *object;		 /* of NDJSON, else NULL */
	const struct str *names; /* CSV: the heading */
	const struct str *cells;
	size_t count;
};

/* Told once for each thing that is wrong. */
typedef void record_fault_f(void *arg, struct str field, const char *why);

/* What is needed to tell whether a record is good. */
struct record_reader {
	struct arena *arena;
	record_fault_f *fault;
	void *arg;
	bool is_bad;
};

/* The record as an order (id 0: it has none); texts are borrowed or in the
 * arena. False when something was wrong. */
bool record_read(struct record_reader *r, const struct record *record,
    struct order *out);

/* Splits CSV: the cells of the next row into `cells`, at most
 * RECORD_COLUMNS_MAX; *rest moves behind it, *lines counts its lines. -1: the
 * row has no end or too many cells. */
int record_split(struct arena *a, struct str *rest, struct str *cells,
    int *lines);

void record_print_heading(enum record_format format, struct buf *out);
void record_print(enum record_format format, const struct order *order,
    struct str app, struct buf *out);

#endif
