/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate before the readers of an embedded store. A write-ahead log can only
 * begin anew at a moment when no reader looks into it, and overlapping readers
 * may leave no such moment for good. So when the log has passed its limit the
 * committer closes the gate for one checkpoint.
 *
 * It closes in two steps, so that the loop is not held up by somebody's list:
 * first to lists, waiting for those that are inside (each is cut after
 * LIMIT_READ_MS), while point reads still pass; then to point reads as well,
 * of which at most one is inside, for the checkpoint alone.
 *
 * While the committer is at work lists also pass one at a time, however many
 * reader threads there are: so all of them together take no more than a part of
 * one processor from the changes. None starves, for each is cut.
 */
#ifndef ENGINE_GATE_H
#define ENGINE_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* A read of one order by the loop, or a list by a reader thread. */
enum gate_class { GATE_POINT, GATE_LIST, GATE__COUNT };

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int inside[GATE__COUNT];
	bool closed[GATE__COUNT];
	atomic_bool busy;
};

void gate_init(struct gate *g);
void gate_fini(struct gate *g);

/* Whether changes are being carried out, told by whoever does. That they have
 * ended lets nobody in by itself: who waits looks again when one leaves. */
void gate_set_busy(struct gate *g, bool busy);

/* Around each read. Waits while the gate is closed to this class. */
void gate_enter(struct gate *g, enum gate_class who);
void gate_leave(struct gate *g, enum gate_class who);

/* Returns when nobody is inside, and nobody gets in until gate_open. One
 * thread closes and opens. */
void gate_close(struct gate *g);
void gate_open(struct gate *g);

#endif
