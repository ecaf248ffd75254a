/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The countdown behind sql_fault.h.
 */
#include "sql/sql_fault.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <time.h>

_Atomic int64_t sql_fault_countdown;
static _Atomic int64_t commits_left;
static _Atomic int fault_code;
static atomic_bool beside_fails;
static pthread_mutex_t beside_lock = PTHREAD_MUTEX_INITIALIZER;
static bool beside_is_held; /* of the one thread that holds */
static atomic_bool flush_is_held;

void
sql_fault_set(int64_t n, enum err_code code)
{
	assert(n >= 0);
	assert(n == 0 || code != ERR_OK);
	atomic_store(&fault_code, (int)code);
	atomic_store(&sql_fault_countdown, n);
}

int64_t
sql_fault_left(void)
{
	return atomic_load(&sql_fault_countdown);
}

enum err_code
sql_fault_count(void)
{
	int64_t left = atomic_load(&sql_fault_countdown);

	/* Exactly one thread takes the countdown from 1 to 0. */
	while (left > 0) {
		if (!atomic_compare_exchange_weak(
			&sql_fault_countdown, &left, left - 1))
			continue;
		return left == 1 ? (enum err_code)atomic_load(&fault_code)
				 : ERR_OK;
	}
	return ERR_OK;
}

void
sql_fault_lose_commit(int64_t n)
{
	assert(n >= 0);
	atomic_store(&commits_left, n);
}

bool
sql_fault_is_lost(void)
{
	int64_t left = atomic_load_explicit(&commits_left,
	    memory_order_relaxed);

	while (left > 0)
		if (atomic_compare_exchange_weak(
			&commits_left, &left, left - 1))
			return left == 1;
	return false;
}

void
sql_fault_fail_beside(bool fails)
{
	atomic_store(&beside_fails, fails);
}

void
sql_fault_hold_beside(bool holds)
{
	if (holds == beside_is_held)
		return;
	beside_is_held = holds;
	(void)(holds ? pthread_mutex_lock(&beside_lock)
		     : pthread_mutex_unlock(&beside_lock));
}

void
sql_fault_hold_flush(bool holds)
{
	atomic_store(&flush_is_held, holds);
}

void
sql_fault_wait_for_hurry(const atomic_bool *hurry)
{
	static const struct timespec a_while = {.tv_nsec = 100000};

	while (atomic_load_explicit(&flush_is_held, memory_order_relaxed) &&
	    !*hurry)
		(void)nanosleep(&a_while, NULL);
}

bool
sql_fault_beside_fails(void)
{
	(void)pthread_mutex_lock(&beside_lock);
	(void)pthread_mutex_unlock(&beside_lock);
	return atomic_load_explicit(&beside_fails, memory_order_relaxed);
}
