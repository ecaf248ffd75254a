/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leasing a number. A renewal reserves the next stretch before any id is made
 * of it, so a node that can't reach the store goes on for what is left of its
 * stretch and then makes no orders; what needs no id it does as ever.
 */
#include "engine/node.h"

#include <sys/random.h>

#include <assert.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"

#define HOLDER_BYTES ((NODE_HOLDER_BYTES - 1) / 2)

void
node_init(struct node *n, struct ids *ids, struct clock clock)
{
	uint8_t bytes[HOLDER_BYTES];
	ssize_t got = getrandom(bytes, sizeof(bytes), 0);

	assert(n != NULL);
	assert(ids != NULL);
	*n = (struct node){.ids = ids, .clock = clock};
	/* So few bytes are always given whole. */
	assert(got == (ssize_t)sizeof(bytes));
	digest_hex_lower(bytes, sizeof(bytes), n->holder);
	n->lease.holder = str_from(n->holder);
	n->lease.node = -1;
	ids_stop(ids);
}

/* Where the stretch should end if nothing stands against it. */
static int64_t
wanted_end_ms(struct node *n)
{
	int64_t now_ms = clock_now_ms(&n->clock);
	int64_t reached_ms = ids_reached_ms(n->ids);

	/* A clock that was set back is not followed: ids never go back. */
	return (now_ms > reached_ms ? now_ms : reached_ms) +
	    LIMIT_NODE_LEASE_MS;
}

/* Signatures are checked against this clock: a wrong one refuses clients. */
static void
compare_clocks(const struct node *n, int64_t db_ms)
{
	int64_t ahead_ms = clock_now_ms(&n->clock) - n->lease.db_ms;

	if (db_ms == 0 && llabs(ahead_ms) > LIMIT_NODE_SKEW_MS)
		log_message(LOG_WARN, "clock_differs",
		    "this machine's clock is %lld ms %s the database's: "
		    "synchronize both",
		    llabs(ahead_ms), ahead_ms > 0 ? "ahead of" : "behind");
}

static enum err_code
take_number(struct node *n, struct store_conn *c, int64_t db_ms,
    struct err *err)
{
	int64_t begin_ms;
	enum err_code code;

	n->lease.ids_end_ms = wanted_end_ms(n);
	code = store_node_lease(c, db_ms, LIMIT_NODE_LEASE_MS, &n->lease, err);
	if (code != ERR_OK)
		return code;
	n->held = true;
	/* Another number's ids may lie behind those made until now; the feed
	 * and clients like them rising all the same. */
	begin_ms = ids_reached_ms(n->ids);
	if (begin_ms < n->lease.ids_begin_ms)
		begin_ms = n->lease.ids_begin_ms;
	ids_begin(n->ids, n->lease.node, begin_ms, n->lease.ids_end_ms);
	log_message(LOG_INFO, "node_leased", "this is node %lld",
	    (long long)n->lease.node);
	compare_clocks(n, db_ms);
	return ERR_OK;
}

static enum err_code
renew(struct node *n, struct store_conn *c, int64_t db_ms, bool *lost,
    struct err *err)
{
	int64_t before_ms = n->lease.ids_end_ms, wanted_ms = wanted_end_ms(n);
	enum err_code code;

	*lost = false;
	/* What was reserved once may have been used: it stays reserved. */
	if (wanted_ms > before_ms)
		n->lease.ids_end_ms = wanted_ms;
	code = store_node_renew(c, db_ms, LIMIT_NODE_LEASE_MS, &n->lease, lost,
	    err);
	if (code != ERR_OK) {
		n->lease.ids_end_ms = before_ms;
		return code;
	}
	if (!*lost) {
		ids_extend(n->ids, n->lease.ids_end_ms);
		return ERR_OK;
	}
	n->held = false;
	ids_stop(n->ids);
	log_message(LOG_ERROR, "node_lost",
	    "number %lld is another node's now; no order is made until there "
	    "is a new one",
	    (long long)n->lease.node);
	return ERR_OK;
}

enum err_code
node_keep(struct node *n, struct store_conn *c, int64_t db_ms, int64_t now_us,
    struct err *err)
{
	enum err_code code = ERR_OK;
	bool lost = false;

	assert(n != NULL);
	if (n->held && now_us < n->due_us)
		return ERR_OK;
	n->due_us = now_us + LIMIT_NODE_RETRY_MS * INT64_C(1000);
	if (n->held)
		code = renew(n, c, db_ms, &lost, err);
	if (code == ERR_OK && !n->held)
		code = take_number(n, c, db_ms, err);
	if (code != ERR_OK)
		return code;
	n->renewed_us = now_us;
	n->due_us = now_us + LIMIT_NODE_RENEW_MS * INT64_C(1000);
	n->told_end = false;
	return ERR_OK;
}

void
node_watch(struct node *n)
{
	assert(n != NULL);
	if (n->told_end || ids_has_next(n->ids, clock_now_ms(&n->clock)))
		return;
	n->told_end = true;
	log_message(LOG_ERROR, "node_expired",
	    "the lease of number %lld could not be renewed for too long; no "
	    "order is made until it can",
	    (long long)n->lease.node);
}

void
node_release(struct node *n, struct store_conn *c)
{
	struct err err = {.code = ERR_OK};
	int64_t reached_ms;

	assert(n != NULL);
	if (!n->held)
		return;
	ids_stop(n->ids);
	n->held = false;
	if (c == NULL)
		return;
	reached_ms = ids_reached_ms(n->ids);
	n->lease.ids_end_ms = reached_ms;
	if (store_node_release(c, &n->lease, &err) != ERR_OK)
		log_message(LOG_WARN, "node_kept",
		    "number %lld was not given back, it is free when its lease "
		    "ends: %s",
		    (long long)n->lease.node, err.detail);
}
