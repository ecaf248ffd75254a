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
#include "engine/order_ids.h"
#include "engine/stats.h"
#include "store/store.h"

/*
 * A commit that was not answered. It has happened if the log of its first
 * amendment's app has that amendment at its place; without one (answers alone
 * were to be stored) it may be carried out again, since what is then found is
 * what was stored.
 */
struct group_doubt {
	bool is_open;
	int64_t app;
	int64_t seq; /* 0: there is no amendment */
	uint8_t hash[AMENDMENT_HASH_BYTES];
	struct group_result result;
};

struct group {
	struct store_conn *conn;
	struct arena *arena; /* reset when group_run returns */
	struct ids *ids;
	int64_t now_ms;
	int64_t prune_rows; /* old answers to delete on the way; 0: none */
	struct group_result result;
	/* group_run's own. A shared store is one that others write too: what it
	 * did not answer is found out, what met theirs is done again. */
	bool is_shared;
	int64_t until_us; /* monotonic: then it is given up */
	struct group_doubt doubt;
	int64_t conflicts; /* met so far, of all groups that were run with it */
};

/*
 * Carries out the commands of these tasks (CREATE, CHANGE, MOVE, EVENT) in
 * order. ERR_OK, or the error of the store that some or all of them got.
 *
 * A group that does not fit its arena, or that has a name which is taken after
 * all, is carried out in halves: in the end the command at fault stands alone.
 *
 * Where the store is shared, a group that met another node's is carried out
 * again, some times; one whose commit was not answered is settled on
 * whichever server then answers: under the apps' lines, so that what the old one
 * has not finished by then it never will. What can't be settled is
 * ERR_STORE_UNSURE to those it concerns. All of this takes LIMIT_GROUP_MS at
 * most, whatever the store does.
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
