/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases are the loop's; the thread knows only the turn that it was handed.
 */
#include "engine/turns.h"

#include <assert.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/when.h"
#include "engine/thread.h"

/* Held tokens are looked at twice while they are good. */
#define TICK_MS (LIMIT_RATE_HOLD_MS / 2)
#define RECONNECT_MS 250

/* --- the thread -------------------------------------------------------------- */

static enum err_code
connect_store(struct turns *t, struct err *err)
{
	enum err_code code = store_connect(t->store, STORE_WRITER, &t->conn,
	    err);

	if (code == ERR_OK)
		code = store_relax(t->conn, err);
	if (code != ERR_OK)
		store_disconnect(&t->conn);
	return code;
}

/* Without the lock. */
static enum err_code
ask(struct turns *t)
{
	struct err err = {.code = ERR_OK};
	enum err_code code;

	assert(t->conn != NULL);
	store_set_deadline(t->conn,
	    when_monotonic_us() + LIMIT_RATE_WAIT_MS * INT64_C(1000));
	code = store_rates_take(t->conn, 0, t->turn.rates, t->turn.count, &err);
	atomic_fetch_add(&t->count, 1);
	if (code == ERR_OK)
		return code;
	log_message(LOG_ERROR, "rates_away",
	    "calls of apps with a limit are refused until the store tells what "
	    "is left to them: %s: %s",
	    err_name(code), err.detail);
	store_disconnect(&t->conn);
	return code;
}

/* False: nothing was told within this time. */
static bool
wait_ms(struct turns *t, int64_t ms)
{
	return thread_wait_until(&t->changed, &t->lock,
	    when_monotonic_us() + ms * 1000);
}

/* With the lock, which is let go meanwhile. */
static void
answer(struct turns *t)
{
	enum err_code code;

	(void)pthread_mutex_unlock(&t->lock);
	code = ask(t);
	(void)pthread_mutex_lock(&t->lock);
	t->state = TURN_ANSWERED;
	t->code = code;
	finished_wake(t->finished);
}

static void
reconnect(struct turns *t)
{
	struct err err = {.code = ERR_OK};
	enum err_code code;

	(void)pthread_mutex_unlock(&t->lock);
	code = connect_store(t, &err);
	(void)pthread_mutex_lock(&t->lock);
	if (code == ERR_OK) {
		t->is_back = true;
		finished_wake(t->finished);
		log_message(LOG_INFO, "rates_back",
		    "calls of apps with a limit are answered again");
	} else if (!t->stopping) {
		(void)wait_ms(t, RECONNECT_MS);
	}
}

static void *
run(void *arg)
{
	struct turns *t = arg;

	(void)pthread_mutex_lock(&t->lock);
	for (;;) {
		if (t->state == TURN_ASKED)
			answer(t);
		else if (t->stopping)
			break;
		else if (t->conn == NULL)
			reconnect(t);
		else if (!t->holds)
			(void)pthread_cond_wait(&t->changed, &t->lock);
		else if (!wait_ms(t, TICK_MS))
			finished_wake(t->finished);
	}
	(void)pthread_mutex_unlock(&t->lock);
	return NULL;
}

enum err_code
turns_start(struct turns *t, struct err *err)
{
	enum err_code code;
	int failed;

	assert(t != NULL);
	assert(t->store != NULL);
	assert(t->finished != NULL);
	leases_init(&t->leases);
	thread_cond_init(&t->changed);
	failed = pthread_mutex_init(&t->lock, NULL);
	assert(failed == 0);
	code = connect_store(t, err);
	if (code == ERR_OK)
		code = thread_start(&t->thread, run, t, err);
	t->is_running = code == ERR_OK;
	if (code == ERR_OK)
		return code;
	store_disconnect(&t->conn);
	turns_fini(t);
	return code;
}

void
turns_stop(struct turns *t)
{
	assert(t != NULL);
	if (!t->is_running)
		return;
	(void)pthread_mutex_lock(&t->lock);
	t->stopping = true;
	(void)pthread_cond_signal(&t->changed);
	(void)pthread_mutex_unlock(&t->lock);
	thread_join(t->thread);
	t->is_running = false;
	t->stopped = true;
	store_disconnect(&t->conn);
	finished_wake(t->finished);
}

void
turns_fini(struct turns *t)
{
	assert(t != NULL);
	if (t->store == NULL)
		return;
	assert(!t->is_running);
	leases_fini(&t->leases);
	(void)pthread_cond_destroy(&t->changed);
	(void)pthread_mutex_destroy(&t->lock);
	t->store = NULL;
}

/* --- the loop ------------------------------------------------------------------ */

/* Hands the thread what there is to ask. */
static void
push(struct turns *t, int64_t now_us)
{
	bool held;

	atomic_store(&t->tokens, t->leases.tokens);
	atomic_store(&t->waits, t->leases.waits);
	if (t->stopped)
		return;
	(void)pthread_mutex_lock(&t->lock);
	held = t->holds;
	if (t->state == TURN_FREE &&
	    leases_turn_begin(&t->leases, now_us, &t->turn))
		t->state = TURN_ASKED;
	t->holds = leases_hold(&t->leases);
	if (t->state == TURN_ASKED || t->holds != held)
		(void)pthread_cond_signal(&t->changed);
	(void)pthread_mutex_unlock(&t->lock);
}

static void
take_answer(struct turns *t)
{
	(void)pthread_mutex_lock(&t->lock);
	if (t->state == TURN_ANSWERED) {
		t->state = TURN_FREE;
		leases_turn_end(&t->leases, when_monotonic_us(), &t->turn,
		    t->code);
	}
	/* After the answer that told it was away. */
	if (t->is_back)
		leases_back(&t->leases);
	t->is_back = false;
	(void)pthread_mutex_unlock(&t->lock);
}

bool
turns_admit(struct turns *t, struct admission *a)
{
	int64_t now_us = when_monotonic_us();
	bool decided;

	assert(t != NULL);
	decided = leases_admit(&t->leases, now_us, a);
	if (t->stopped && !decided) {
		take_answer(t);
		leases_stop(&t->leases, ERR_STOPPING);
		list_remove(&a->link);
		return true;
	}
	if (!decided)
		push(t, now_us);
	return decided;
}

void
turns_owe(struct turns *t, int64_t app, const struct rate_claim *claims,
    size_t count, struct rate_state *state)
{
	int64_t now_us = when_monotonic_us();

	assert(t != NULL);
	leases_owe(&t->leases, now_us, app, claims, count, state);
	push(t, now_us);
}

void
turns_reap(struct turns *t)
{
	struct list *node;

	assert(t != NULL);
	take_answer(t);
	if (t->stopped)
		leases_stop(&t->leases, ERR_STOPPING);
	else
		push(t, when_monotonic_us());
	while ((node = list_take_first(&t->leases.decided)) != NULL) {
		struct admission *a = LIST_ENTRY(node, struct admission, link);

		a->done(a);
	}
}
