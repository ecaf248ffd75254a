/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids of orders that a tool makes. An embedded store has one such tool at a
 * time, with a number that no server has; on a shared one each tool leases a
 * number as nodes do, as several may run at once.
 */
#ifndef APP_IMPORT_IDS_H
#define APP_IMPORT_IDS_H

#include "store/nodes.h"

#define IMPORT_NODE (STORE_NODE_MAX + 1)

struct import_ids {
	struct order_ids made;
	struct store_conn *conn; /* NULL: an embedded store's */
	struct store_node node;
	char holder[33];
};

/* Errors of store_node_lease and store_connect. */
MUST_CHECK enum err_code import_ids_open(struct import_ids *ids,
    struct store *store, struct err *err);
/* Gives the number back. Accepts a zeroed one. */
void import_ids_close(struct import_ids *ids);

/* Now and then, on the thread that opened it and not beside import_ids_next:
 * ids may go on for a minute from here. */
MUST_CHECK enum err_code import_ids_renew(struct import_ids *ids,
    struct err *err);
/* 0: it was not renewed for too long. */
int64_t import_ids_next(struct import_ids *ids, int64_t now_ms);

#endif
