/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of a copy as an array, for sql_open, and its tables.
 */
#include "store/copy_statements.h"

/* clang-format off */
#define ROWS(table) "SELECT count(*) FROM " table
#define PAGE(table, columns, condition, order) \
	"SELECT " columns " FROM " table " WHERE " condition " ORDER BY " order
#define WRITE(table, columns, places) \
	"INSERT INTO " table "(" columns ") VALUES(" places ")"

static const struct sql_statement statement_rows[CS__COUNT] = {
#define X(name_, table_, letters_, columns_, places_, key_, condition_, \
    order_, at_, but_)                                                      \
	{"COPY_" #name_, key_ "i", letters_,                             \
	    PAGE(table_, columns_, condition_, order_)},                 \
	{"COPY_" #name_ "_WRITE", letters_, "",                          \
	    WRITE(table_, columns_, places_)},                           \
	{"COPY_" #name_ "_CLEAR", "", "", "DELETE FROM " table_ but_},        \
	{"COPY_" #name_ "_ROWS", "", "i", ROWS(table_)},
	COPY_TABLE(X)
#undef X
#define X(name_, args_, result_, text_) {#name_, args_, result_, text_},
	COPY_OTHER_TABLE(X)
#undef X
};

static const struct sql_override postgres_rows[] = {
#define X(number_, text_) {.number = number_, .text = text_},
	COPY_PG_TABLE(X)
#undef X
};

const struct copy_row copy_rows[COPY__COUNT] = {
#define X(name_, table_, letters_, columns_, places_, key_, condition_, \
    order_, at_, but_)                                                      \
	{table_, letters_, key_, at_},
	COPY_TABLE(X)
#undef X
};
/* clang-format on */

const struct sql_table copy_statements = {
    .rows = statement_rows,
    .count = CS__COUNT,
    .postgres = postgres_rows,
    .postgres_count = sizeof(postgres_rows) / sizeof(postgres_rows[0]),
};
