/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lease without a thread: whoever makes orders renews it between two
 * transactions.
 */
#include "app/import_ids.h"

#include <sys/random.h>

#include <assert.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/when.h"

/* How far ids may go beyond now: longer than a transaction takes. */
#define STRETCH_MS 60000

static int64_t
wanted_end_ms(const struct import_ids *ids)
{
	int64_t now_ms = clock_now_ms(&clock_system);
	int64_t reached_ms = order_id_ms(ids->made.last);

	return (now_ms > reached_ms ? now_ms : reached_ms) + STRETCH_MS;
}

static enum err_code
lease(struct import_ids *ids, struct err *err)
{
	enum err_code rc;
	int64_t begin_ms = order_id_ms(ids->made.last) + 1;

	ids->node.ids_end_ms = wanted_end_ms(ids);
	rc = store_node_lease(ids->conn, 0, STRETCH_MS, &ids->node, err);
	if (rc != ERR_OK)
		return rc;
	if (begin_ms < ids->node.ids_begin_ms)
		begin_ms = ids->node.ids_begin_ms;
	ids->made = order_ids_from(ids->node.node, begin_ms);
	return ERR_OK;
}

enum err_code
import_ids_open(struct import_ids *ids, struct store *store, struct err *err)
{
	uint8_t bytes[(sizeof(ids->holder) - 1) / 2];
	ssize_t got = getrandom(bytes, sizeof(bytes), 0);
	enum err_code rc;

	assert(got == (ssize_t)sizeof(bytes));
	*ids = (struct import_ids){.made = {.node = IMPORT_NODE}};
	if (!store_is_remote(store))
		return ERR_OK;
	digest_hex_lower(bytes, sizeof(bytes), ids->holder);
	ids->node.holder = str_from(ids->holder);
	rc = store_connect(store, STORE_WRITER, &ids->conn, err);
	return rc == ERR_OK ? lease(ids, err) : rc;
}

void
import_ids_close(struct import_ids *ids)
{
	struct err err;

	if (ids->conn == NULL)
		return;
	ids->node.ids_end_ms = order_id_ms(ids->made.last) + 1;
	/* Should that fail, the number is free when its lease ends. */
	(void)(store_node_release(ids->conn, &ids->node, &err) == ERR_OK);
	store_disconnect(&ids->conn);
}

enum err_code
import_ids_renew(struct import_ids *ids, struct err *err)
{
	bool lost = false;
	enum err_code rc;

	if (ids->conn == NULL)
		return ERR_OK;
	ids->node.ids_end_ms = wanted_end_ms(ids);
	rc = store_node_renew(ids->conn, 0, STRETCH_MS, &ids->node, &lost, err);
	return rc == ERR_OK && lost ? lease(ids, err) : rc;
}

int64_t
import_ids_next(struct import_ids *ids, int64_t now_ms)
{
	int64_t id = order_id_next(&ids->made, now_ms);

	return ids->conn == NULL || order_id_ms(id) < ids->node.ids_end_ms ? id
									   : 0;
}
