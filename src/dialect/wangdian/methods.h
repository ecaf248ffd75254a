/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of the wangdian dialect, one row each. Counts and types of
 * arguments, paging, rates and what a wrong state answers come from here;
 * docs/dialect-wangdian.md tells each of them (`make lint` looks).
 */
#ifndef DIALECT_WANGDIAN_METHODS_H
#define DIALECT_WANGDIAN_METHODS_H

#define WANGDIAN_FAMILY "purchase.PurchaseOrder."
#define NOT_EDITING "采购单不是编辑中状态"

/* clang-format off */
/*
 * name, the one argument it takes (NONE, OBJECT, TEXT, TEXTS: a list of texts),
 * PAGED or PLAIN, kind of command, decode_…, put_… (what is in `data` of a
 * success; nothing: no `data`), what a wrong state answers.
 */
#define WANGDIAN_METHOD_TABLE(X)                                               \
	X("purchase.PurchaseOrder.updatePurchaseInfo", OBJECT, PLAIN,          \
	  CHANGE, update,         nothing,        NULL)                        \
	X("purchase.PurchaseOrder.createOrder",        OBJECT, PLAIN,          \
	  CREATE, create,         created,        NULL)                        \
	X("purchase.PurchaseOrder.queryWithDetail",    OBJECT, PAGED,          \
	  LIST,   query,          orders,         NULL)                        \
	X("purchase.PurchaseOrder.cancelOrder",        TEXT,   PLAIN,          \
	  MOVE,   cancel,         nothing,        NOT_EDITING)                 \
	X("purchase.PurchaseOrder.cancelByType",       OBJECT, PLAIN,          \
	  BATCH,  cancel_by_type, cancelled,      NOT_EDITING)                 \
	X("purchase.PurchaseOrder.pending",            TEXTS,  PLAIN,          \
	  LIST,   pending,        pending,        NULL)                        \
	X("system.Core.now",                           NONE,   PLAIN,          \
	  NONE,   now,            now,            NULL)
/* clang-format on */

#endif
