/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of changing an order: pure functions from an order and a wish to a
 * new order or a refusal. No I/O, no clock, no randomness.
 */
#ifndef ORDER_RULES_H
#define ORDER_RULES_H

#include <stdint.h>

#include "base/arena.h"
#include "order/command.h"

/*
 * Carries a command of kind CREATE, CHANGE, MOVE or EVENT out on `before`
 * (NULL exactly for CREATE) at now_ms.
 *
 * ERR_OK: out->order is the order after it, in the arena, with version, time
 * and totals set (id, seq and hash are the caller's); NULL for MOVE_DELETE.
 * out->changed is false, and the order equal to before, when nothing differs.
 * The outcome need not be initialised, what only reads fill is left alone.
 * Rules do not know of dry runs.
 *
 * Refusals, before untouched, in the order they are looked for:
 * ERR_BAD_FIELD     (not of CHANGE) what the catalog says, see below
 * ERR_NEED_VERSION  policy require_if_match and a CHANGE without a version
 * ERR_CONFLICT      another version: order, conflicts; or, without conflicts,
 *                   an event of another vendor's order than the one bound
 * ERR_BAD_STATE     order, allowed
 * ERR_BAD_FIELD     (of CHANGE) what the catalog says: a company that does not
 *                   carry by the order's way (FORMAT of F_LOGISTICS_COMPANY),
 *                   then the command's objection
 * ERR_BAD_FIELD     faults: a quantity for several lines (SINGLE_LINE), a sum
 *                   too large (RANGE, both of F_LINES), too many attributes or
 *                   logistics numbers (LENGTH)
 * ERR_NO_MEMORY     the arena is full
 */
MUST_CHECK enum err_code order_apply(const struct order *before,
    const struct command *command, int64_t now_ms, struct arena *a,
    struct outcome *out);

/*
 * The states in which all fields of the change may be touched, and which the
 * change is for, under the policy: the answer to "what would be allowed". What a MOVE or an EVENT brings
 * along is guarded by the move's or event's own states instead.
 */
unsigned order_editable(const struct change *change,
    const struct policy *policy);

#endif
