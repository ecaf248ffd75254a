/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements that SQLite is given a whole group's rows for at once: those
 * of every change. All others are carried out once for each row. What saves
 * is the registers of the columns, which are kept from row to row, and the
 * cursors, which stay where the last row went.
 *
 *	X(name, text of the set)
 */
#ifndef STORE_STATEMENTS_SQLITE_H
#define STORE_STATEMENTS_SQLITE_H

#include "store/statements.h"

/* clang-format off */
#define STATEMENT_SQLITE_TABLE(X)                                             \
	X(ORDER_BY_ID,                                                        \
	  "SELECT " ORDER_COLUMNS ", place FROM given($1)"                    \
	  " CROSS JOIN orders"                                                \
	  " ON " ORDER_LAST_COLUMN_FIRST "app = p1 AND id = p2")                       \
	X(AMENDMENT_INSERT,                                                   \
	  "INSERT INTO amendments(" AMENDMENT_COLUMNS ")"                     \
	  " SELECT p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13"    \
	  " FROM given($1)")                                                  \
	X(ANSWER_FIND,                                                        \
	  "SELECT order_id, version, body, items, kept_ms, place"             \
	  " FROM given($1) CROSS JOIN answers"                                \
	  " ON at_ms = p1 AND app = p2 AND digest = p3")                      \
	X(ANSWER_INSERT,                                                      \
	  "INSERT INTO answers(at_ms, app, digest, order_id, version, body,"  \
	  " items, kept_ms)"                                                  \
	  " SELECT p1, p2, p3, p4, p5, p6, p7, p8 FROM given($1)")
/* clang-format on */

#endif
