/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planted faults, for tests: the n-th call of a driver's start, next or commit
 * from now on fails, in whichever thread it comes. Costs one relaxed read per
 * call when off, and a lock per sql_checkpoint_beside, so it is always there and
 * what is tested is what is shipped.
 */
#ifndef SQL_SQL_FAULT_H
#define SQL_SQL_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The n-th call (from 1) fails once with `code`; n = 0 turns it off. */
void sql_fault_set(int64_t n, enum err_code code);
/* Calls left until the fault; 0 when it has come or was never set. */
int64_t sql_fault_left(void);

/* The n-th commit from now on happens, and is told as ERR_STORE_UNSURE: its
 * answer is lost. 0 turns it off. */
void sql_fault_lose_commit(int64_t n);

/* Whether every sql_checkpoint_beside from now on fails. */
void sql_fault_fail_beside(bool fails);
/* Whether every one from now on waits before it does anything, until the same
 * thread says that it need not. Saying either twice is saying it once. */
void sql_fault_hold_beside(bool holds);
/* Whether every sql_checkpoint_flush from now on waits until it is told to hurry, or
 * this says no. */
void sql_fault_hold_flush(bool holds);
/* For sql.c alone. Waits as long as it is held. */
bool sql_fault_beside_fails(void);
void sql_fault_wait_for_hurry(const atomic_bool *hurry);

extern _Atomic int64_t sql_fault_countdown;
/* For sql.c alone: is the answer to this commit lost? */
bool sql_fault_is_lost(void);

/* For sql.c alone. The slow path counts down; ERR_OK: this call may go on. */
enum err_code sql_fault_count(void);

static inline enum err_code
sql_fault_check(void)
{
	if (atomic_load_explicit(&sql_fault_countdown, memory_order_relaxed) ==
	    0)
		return ERR_OK;
	return sql_fault_count();
}

#endif
