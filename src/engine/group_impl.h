/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of a group share; nobody else includes this.
 *
 *	group.c  one command after the other, and the transaction around them
 *	batch.c  commands that are several
 */
#ifndef ENGINE_GROUP_IMPL_H
#define ENGINE_GROUP_IMPL_H

#include <stdbool.h>

#include "engine/group.h"
#include "engine/scope.h"

/* Refusals of one item: the group goes on, so these give ERR_OK. */
enum err_code group_refuse(const struct scope_item *item, enum err_code code);
enum err_code group_refuse_memory(const struct scope_item *item);

/* Who asks for a damaged record is refused, with what is wrong with it. */
enum err_code group_refuse_damage(const struct scope_item *item,
    const struct err *err);

bool group_is_delete(const struct command *c);

/* What differs is told in texts of the order it was compared with, which does
 * not outlive the group: copies them. False when the arena is full. */
bool group_own_conflicts(struct arena *a, struct outcome *o);

/* One command of kind CREATE to EVENT, whose answer is not known. */
MUST_CHECK enum err_code group_carry_out(struct group *g, struct scope *s,
    const struct scope_item *item, struct err *err);
/* Notes that an item with an identity was accepted. */
void group_keep_answer(struct group *g, const struct scope_item *item,
    int64_t id, int64_t version, const struct order *order);

/* A BATCH whose answer is not known, and one whose answer is. */
MUST_CHECK enum err_code batch_run(struct group *g, struct scope *s,
    const struct scope_item *item, struct err *err);
MUST_CHECK enum err_code batch_replay(struct group *g,
    const struct scope_item *item, struct err *err);

#endif
