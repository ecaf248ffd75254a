/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the store and the structs of order/: values to bind, and back. Lists
 * are kept as compact JSON, readable by people and by the database's own JSON
 * functions:
 *
 *   lines       [["ERP_1113005",0,"iPhone",89990000,1,null],…]
 *               product, sku, title, price in 1/10000 yuan, quantity, remark
 *   attributes  {"provider":"P1",…}, NULL when there are none
 *   changes     [["quantity","1","2"],
 *                ["recipient.name","张三",["<hash>"],"<salt>",null],…]
 *               field, before, after; of a personal value also both salts, in
 *               hex; an erased value is a list of its hash
 *
 * What cannot be read is ERR_STORE_FAILED: the store is damaged. A row that was
 * read satisfies order_check.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "order/amendment.h"
#include "order/order.h"
#include "sql/sql.h"

/* Columns before those of ORDER_FIELD_TABLE; the id is behind them. */
#define ORDER_ROW_FIXED 5
#define ORDER_ROW_COLUMNS (ORDER_ROW_FIXED + F__COUNT + 1)
/* Behind them in an INSERT: the price lists are sorted by. */
#define ORDER_INSERT_COLUMNS_COUNT (ORDER_ROW_COLUMNS + 1)
/* The fields that indexes have: no UPDATE sets them, see statements.h. */
#define ORDER_KEY_FIELDS \
	(BIT64(F_CREATED) | BIT64(F_STATUS) | BIT64(F_USER) | BIT64(F_PLATFORM))
#define AMENDMENT_ROW_COLUMNS 13

/* Where JSON of a row is written; heap buffers that are used again. */
struct row_text {
	struct buf lines;
	struct buf attributes;
	struct buf changes;
};

void row_text_init(struct row_text *t);
void row_text_fini(struct row_text *t);

/* All borrow from their arguments. ERR_NO_MEMORY: a list is too long. */
MUST_CHECK enum err_code order_row_values(const struct order *o,
    struct row_text *t, struct sql_value out[ORDER_ROW_COLUMNS],
    struct err *err);
/* Of an UPDATE that sets these fields: the order's own columns but its app, the
 * fields in the order of the table, id and app. */
MUST_CHECK enum err_code order_update_values(const struct order *o,
    uint64_t fields, struct row_text *t, struct sql_value *out,
    struct err *err);
MUST_CHECK enum err_code amendment_row_values(const struct amendment *m,
    struct row_text *t, struct sql_value out[AMENDMENT_ROW_COLUMNS],
    struct err *err);

/* Lines of the very form that order_row_values writes, escapes excepted; false,
 * and nothing told, for any other text. Borrows nothing. */
MUST_CHECK bool row_lines_scan(struct order *o, struct arena *a,
    struct str text);

/* From the present row of a cursor; everything is copied into the arena. */
MUST_CHECK enum err_code order_row_read(struct sql_cursor *c, struct arena *a,
    struct order *out, struct err *err);
MUST_CHECK enum err_code amendment_row_read(struct sql_cursor *c,
    struct arena *a, struct amendment *out, struct err *err);

#endif
