/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change says about single fields: whether an order has it already, and
 * how it is put into one. Inner part of the rules, see rules.h.
 */
#ifndef ORDER_CHANGE_H
#define ORDER_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "order/command.h"

/*
 * Whether the order lacks what the change asks of field f. Vendors tell
 * logistics numbers piece by piece: `adds` asks whether one of them is new.
 */
bool change_differs(const struct change *c, const struct order *o,
    enum order_field f, bool adds);
/* The same of `quantity`: whether the order's lines add up to another one. */
bool change_quantity_differs(const struct change *c, const struct order *o);

/*
 * Puts all fields that are set, but not `quantity`, into the order. Texts and
 * lines are borrowed from the change, lists that are merged lie in the arena.
 * False, with the fault in *fault, when a merged list gets too long; with a
 * full arena the order is not usable.
 */
bool change_put(const struct change *c, struct order *o, bool adds,
    struct arena *a, struct fault *fault);
/* Puts the change's attributes over those of the order, sorted. */
bool change_put_attributes(const struct change *c, struct order *o,
    struct arena *a, struct fault *fault);

/* The differing fields as conflicts; their number in *count. NULL with a full
 * arena, or without any. */
const struct conflict *change_conflicts(const struct change *c,
    const struct order *o, bool adds, struct arena *a, size_t *count);

#endif
