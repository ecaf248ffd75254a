/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's memory: taken when its first line is there, so that an idle
 * connection has none, and kept for the next one when it ends.
 */
#include <assert.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/server_impl.h"

static void
stop_asking(struct visit *v)
{
	v->server->asked_count -= v->is_asked;
	v->is_asked = false;
}

void
visit_suspend(struct visit *v)
{
	stop_asking(v);
	v->is_suspended = true;
	MHD_suspend_connection(v->mhd);
}

static void
resume(struct visit *v)
{
	if (v->is_suspended)
		MHD_resume_connection(v->mhd);
	v->is_suspended = false;
}

void
visit_wait(struct visit *v)
{
	struct server *s = v->server;

	list_append(&s->working, &v->link);
	if (v->conn->is_admin || s->asked_count == LIMIT_ASKED_AT_ONCE) {
		visit_suspend(v);
		return;
	}
	v->is_asked = true;
	s->asked_count++;
}

void
visit_abandon(struct visit *v)
{
	v->abandoned = true;
	if (v->conn != NULL)
		resume(v);
}

/* The engine is done with a request whose connection may have ended. */
static void
visit_ready(struct exchange *x)
{
	struct visit *v = x->owner;

	assert(v->magic == VISIT_MAGIC);
	list_remove(&v->link);
	stop_asking(v);
	if (v->conn == NULL) {
		visit_end(v, false);
		return;
	}
	if (v->conn->is_admin)
		v->server->admin_waits = true;
	else
		v->server->front_waits = true;
	resume(v);
}

static struct visit *
visit_make(struct server *s)
{
	struct visit *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->magic = VISIT_MAGIC;
	v->server = s;
	exchange_init(&v->exchange, &s->pipeline);
	v->exchange.owner = v;
	v->exchange.reply_ready = visit_ready;
	return v;
}

struct visit *
visit_new(struct conn *c, struct MHD_Connection *mhd)
{
	struct server *s;
	struct list *kept;
	struct visit *v;

	assert(c != NULL);
	assert(c->visit == NULL);
	s = c->server;
	kept = list_take_first(&s->free_visits);
	if (kept != NULL) {
		v = LIST_ENTRY(kept, struct visit, link);
		s->free_visit_count--;
	} else {
		v = visit_make(s);
	}
	if (v == NULL)
		return NULL;
	v->step = VISIT_HEAD;
	v->conn = c;
	v->mhd = mhd;
	v->body_bytes = 0;
	assert(v->kept_bytes == 0);
	v->closes = false;
	v->abandoned = false;
	v->times_asked = 0;
	assert(!v->is_asked);
	v->is_suspended = false;
	buf_init(&v->body, &v->exchange.arena, LIMIT_BODY_BYTES);
	c->visit = v;
	return v;
}

static void
visit_free(struct visit *v)
{
	exchange_fini(&v->exchange);
	v->magic = 0;
	free(v);
}

void
visit_end(struct visit *v, bool sent)
{
	struct server *s;

	assert(v != NULL);
	assert(v->magic == VISIT_MAGIC);
	s = v->server;
	if (v->conn != NULL)
		v->conn->visit = NULL;
	v->conn = NULL;
	v->mhd = NULL;
	stop_asking(v);
	/* The engine still writes into it: visit_ready comes back here. */
	if (v->exchange.state == EXCHANGE_WAITING)
		return;
	if (v->exchange.state != EXCHANGE_NEW)
		exchange_account(&v->exchange, sent);
	exchange_reset(&v->exchange);
	s->bodies_bytes -= v->kept_bytes;
	v->kept_bytes = 0;
	assert(s->bodies_bytes >= 0);
	if (s->free_visit_count >= LIMIT_VISITS_KEPT) {
		visit_free(v);
		return;
	}
	/* The last one used is the warmest. */
	s->free_visit_count++;
	list_append(s->free_visits.next, &v->link);
}

void
visits_free(struct server *s)
{
	struct list *kept;

	assert(s != NULL);
	assert(list_is_empty(&s->working));
	while ((kept = list_take_first(&s->free_visits)) != NULL)
		visit_free(LIST_ENTRY(kept, struct visit, link));
	s->free_visit_count = 0;
}

bool
visit_reserve(struct visit *v, size_t bytes)
{
	struct server *s = v->server;
	int64_t most = s->config.bodies_bytes > 0 ? s->config.bodies_bytes
						  : LIMIT_BODIES_BYTES;

	if ((int64_t)bytes > most - s->bodies_bytes)
		return false;
	v->kept_bytes += (int64_t)bytes;
	s->bodies_bytes += (int64_t)bytes;
	if (s->bodies_bytes > s->bodies_bytes_most)
		s->bodies_bytes_most = s->bodies_bytes;
	return true;
}

int64_t
visits_trim_due_ms(const struct server *s)
{
	int64_t left = s->trimmed_ms + LIMIT_TRIM_MS - s->now_ms;

	if (s->bodies_bytes > 0 || s->bodies_bytes_most < LIMIT_TRIM_BYTES)
		return -1;
	return left > 0 ? left : 0;
}

/* A pooled visit keeps its arena's first block only (arena_reset), but what
 * malloc was given back in small pieces it keeps. */
void
visits_trim(struct server *s)
{
	if (visits_trim_due_ms(s) != 0)
		return;
	(void)malloc_trim(0);
	s->trimmed_ms = s->now_ms;
	s->bodies_bytes_most = 0;
}
