/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids under a lock: creating an order costs far more than taking it.
 */
#include "engine/order_ids.h"

#include <assert.h>

void
ids_init(struct ids *ids, int64_t node)
{
	int failed;

	assert(ids != NULL);
	*ids = (struct ids){.made = {.node = node}, .end_ms = INT64_MAX};
	failed = pthread_mutex_init(&ids->lock, NULL);
	assert(failed == 0);
}

void
ids_fini(struct ids *ids)
{
	assert(ids != NULL);
	(void)pthread_mutex_destroy(&ids->lock);
}

void
ids_begin(struct ids *ids, int64_t node, int64_t begin_ms, int64_t end_ms)
{
	assert(ids != NULL);
	(void)pthread_mutex_lock(&ids->lock);
	ids->made = order_ids_from(node, begin_ms);
	ids->end_ms = end_ms;
	(void)pthread_mutex_unlock(&ids->lock);
}

void
ids_extend(struct ids *ids, int64_t end_ms)
{
	assert(ids != NULL);
	(void)pthread_mutex_lock(&ids->lock);
	ids->end_ms = end_ms;
	(void)pthread_mutex_unlock(&ids->lock);
}

void
ids_stop(struct ids *ids)
{
	ids_extend(ids, 0);
}

/* With the lock. */
static int64_t
make(const struct ids *ids, struct order_ids *made, int64_t now_ms)
{
	int64_t id;

	*made = ids->made;
	id = order_id_next(made, now_ms);
	return order_id_ms(id) < ids->end_ms ? id : 0;
}

int64_t
ids_next(struct ids *ids, int64_t now_ms)
{
	struct order_ids made;
	int64_t id;

	assert(ids != NULL);
	(void)pthread_mutex_lock(&ids->lock);
	id = make(ids, &made, now_ms);
	if (id != 0)
		ids->made = made;
	(void)pthread_mutex_unlock(&ids->lock);
	return id;
}

int64_t
ids_reached_ms(struct ids *ids)
{
	int64_t last;

	assert(ids != NULL);
	(void)pthread_mutex_lock(&ids->lock);
	last = ids->made.last;
	(void)pthread_mutex_unlock(&ids->lock);
	return last == 0 ? 0 : order_id_ms(last) + 1;
}

bool
ids_has_next(struct ids *ids, int64_t now_ms)
{
	struct order_ids made;
	bool has;

	assert(ids != NULL);
	(void)pthread_mutex_lock(&ids->lock);
	has = make(ids, &made, now_ms) != 0;
	(void)pthread_mutex_unlock(&ids->lock);
	return has;
}
