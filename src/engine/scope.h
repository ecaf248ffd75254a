/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group knows while it is carried out: the answers its identities
 * already have, and one working copy of every order its commands speak of,
 * whatever name they use. All reading happens in scope_load, all writing in
 * scope_save; in between the group works on these copies alone.
 *
 * Lives in the group's arena. Working copies point into the arenas of the tasks
 * that made them, which outlive the group.
 */
#ifndef ENGINE_SCOPE_H
#define ENGINE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "engine/engine.h"
#include "engine/stock.h"
#include "store/store.h"

/* An order as it stands after the commands so far. */
struct scope_order {
	struct order *order;	    /* the last state, also when it is gone */
	const struct order *loaded; /* as it is stored; NULL: it is not */
	bool is_new;		    /* made by this group */
	bool is_changed;
	bool is_gone; /* deleted by this group */
};

/* What is known of an identity. */
struct scope_answer {
	struct store_answer *stored; /* found: it was there before the group */
	bool is_new; /* a command of this group has been accepted with it */
	const struct order *order; /* of a new one: as it was then, or NULL */
	const struct outcome *outcome; /* of a new one of a batch */
};

/* A name, and what it stands for now; NULL with a code when for nothing. */
struct scope_name {
	enum err_code code; /* OK, NOT_FOUND, NOT_YOURS, STORE_FAILED */
	struct scope_order *order;
	struct str detail; /* of STORE_FAILED: what is wrong with the order */
};

/* A created order can be given a name of each kind but the intent's. */
#define SCOPE_NAMES_MAX (NAME__COUNT - 1)

/* One command and what it needs. */
struct scope_item {
	const struct command *command;
	struct outcome *outcome;
	struct arena *arena;	     /* of its task */
	struct scope_answer *answer; /* NULL: it has no identity */
	struct scope_answer *twin;   /* of signed_identity; NULL without */
	struct scope_name *names[SCOPE_NAMES_MAX]; /* CREATE: names given */
	size_t name_count; /* others: 1, or 0 when it is answered already */
	struct scope_item *parts; /* BATCH: its commands; else NULL */
	size_t part_count;
};

struct scope {
	struct store_conn *conn;
	struct arena *arena;

	struct scope_item *items; /* one per task */
	size_t item_count;
	struct scope_item *parts; /* of all batches, one behind the other */
	struct command *part_commands; /* the same, complete */
	size_t command_count;	       /* batches counted by their parts */

	struct scope_answer *answers;
	struct store_answer *stored_answers; /* the same, as the store reads */
	size_t answer_count;

	struct scope_name *names;
	struct store_ref *refs; /* the same, as the store reads */
	size_t name_count;

	struct scope_order *orders;
	size_t order_count;

	struct amendment **amendments;
	size_t amendment_count;

	struct stock_book stock;
};

/*
 * Reads what the commands of these tasks need, in the transaction that is open.
 * Errors of the store; ERR_NO_MEMORY when the arena is full.
 */
MUST_CHECK enum err_code scope_load(struct scope *s, struct store_conn *c,
    struct arena *a, int64_t now_ms, struct task *const *tasks, size_t count,
    struct err *err);

/* A place for an order that is being made; there is always room. */
struct scope_order *scope_order_new(struct scope *s);

/* Whether there is anything to write. */
bool scope_has_news(const struct scope *s);
/* Writes orders, amendments, answers and stock. Errors of the store. */
MUST_CHECK enum err_code scope_save(struct scope *s, struct err *err);

#endif
