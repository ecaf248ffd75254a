/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carrying out one group of commands in one transaction. Rules run before
 * anything is written, so a command that is refused costs its neighbours
 * nothing; what the store refuses, it refuses to the whole group.
 *
 * Invariants, for every task when group_run returns
 *   1. Its outcome is set and everything it shows lies in the task's arena.
 *   2. An outcome that says ERR_OK is on disk, with the orders, amendments and
 *      answers of all others that say so.
 *   3. Nothing is stored of an outcome that says otherwise.
 */
#ifndef ENGINE_GROUP_H
#define ENGINE_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "order/order.h"
#include "store/store.h"

struct group {
	struct store_conn *conn;
	struct arena *arena; /* reset when group_run returns */
	struct order_ids *ids;
	int64_t now_ms;
	int64_t prune_rows; /* old answers to delete on the way; 0: none */
	struct group_result result;
};

/*
 * Carries out the commands of these tasks (CREATE, CHANGE, MOVE, EVENT) in
 * order. ERR_OK, or the error of the store that some or all of them got.
 *
 * A group that does not fit its arena, or that has a name which is taken after
 * all, is carried out in halves: in the end the command at fault stands alone.
 */
MUST_CHECK enum err_code group_run(struct group *g, struct task *const *tasks,
    size_t count, struct err *err);

/*
 * A group takes back no more than LIMIT_REWIND amendments for its replays; a
 * task that needs more is refused with ERR_BUSY, and nothing else is. This
 * answers it in a read of its own, on any connection and thread.
 */
MUST_CHECK enum err_code group_replay(struct store_conn *c, int64_t now_ms,
    struct task *task, struct err *err);

/* Tells every task this error and nothing else. */
void group_fail(struct task *const *tasks, size_t count, enum err_code code,
    const struct err *err);

#endif
