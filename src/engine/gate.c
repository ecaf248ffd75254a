/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: two counters and two flags under one lock, which a point read takes
 * twice and nobody holds for longer than that.
 */
#include "engine/gate.h"

#include <assert.h>

static void
must(int failed)
{
	assert(failed == 0);
}

void
gate_init(struct gate *g)
{
	assert(g != NULL);
	*g = (struct gate){0};
	must(pthread_mutex_init(&g->lock, NULL));
	must(pthread_cond_init(&g->changed, NULL));
}

void
gate_fini(struct gate *g)
{
	assert(g != NULL);
	assert(g->inside[GATE_POINT] == 0);
	assert(g->inside[GATE_LIST] == 0);
	must(pthread_cond_destroy(&g->changed));
	must(pthread_mutex_destroy(&g->lock));
}

void
gate_set_busy(struct gate *g, bool busy)
{
	assert(g != NULL);
	atomic_store(&g->busy, busy);
}

static bool
must_wait(const struct gate *g, enum gate_class who)
{
	if (g->closed[who])
		return true;
	return who == GATE_LIST && g->inside[who] > 0 && atomic_load(&g->busy);
}

void
gate_enter(struct gate *g, enum gate_class who)
{
	assert(g != NULL);
	assert(who < GATE__COUNT);
	must(pthread_mutex_lock(&g->lock));
	while (must_wait(g, who))
		must(pthread_cond_wait(&g->changed, &g->lock));
	g->inside[who]++;
	must(pthread_mutex_unlock(&g->lock));
}

void
gate_leave(struct gate *g, enum gate_class who)
{
	assert(g != NULL);
	assert(who < GATE__COUNT);
	must(pthread_mutex_lock(&g->lock));
	assert(g->inside[who] > 0);
	g->inside[who]--;
	if (who == GATE_LIST || (g->closed[who] && g->inside[who] == 0))
		must(pthread_cond_broadcast(&g->changed));
	must(pthread_mutex_unlock(&g->lock));
}

static void
close_to(struct gate *g, enum gate_class who)
{
	assert(!g->closed[who]);
	g->closed[who] = true;
	while (g->inside[who] > 0)
		must(pthread_cond_wait(&g->changed, &g->lock));
}

void
gate_close(struct gate *g)
{
	assert(g != NULL);
	must(pthread_mutex_lock(&g->lock));
	close_to(g, GATE_LIST);
	close_to(g, GATE_POINT);
	must(pthread_mutex_unlock(&g->lock));
}

void
gate_open(struct gate *g)
{
	assert(g != NULL);
	must(pthread_mutex_lock(&g->lock));
	assert(g->closed[GATE_POINT]);
	assert(g->closed[GATE_LIST]);
	g->closed[GATE_POINT] = false;
	g->closed[GATE_LIST] = false;
	must(pthread_cond_broadcast(&g->changed));
	must(pthread_mutex_unlock(&g->lock));
}
