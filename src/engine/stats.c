/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting. A group of n costs one lock and n additions to a histogram.
 */
#include "engine/stats.h"

#include <assert.h>

static void
must(int failed)
{
	assert(failed == 0);
}

void
stats_init(struct stats *s)
{
	assert(s != NULL);
	*s = (struct stats){0};
	must(pthread_mutex_init(&s->lock, NULL));
}

void
stats_fini(struct stats *s)
{
	assert(s != NULL);
	must(pthread_mutex_destroy(&s->lock));
}

static int64_t
not_negative(int64_t v)
{
	return v > 0 ? v : 0;
}

void
stats_group(struct stats *s, const struct group_result *r,
    struct task *const *tasks, size_t count, int64_t started_us)
{
	struct engine_stats *v = &s->values;

	assert(s != NULL);
	assert(count > 0);
	must(pthread_mutex_lock(&s->lock));
	v->groups++;
	v->group_commands += (int64_t)count;
	v->amendments += r->amendments;
	v->replays += r->replays;
	v->store_errors += r->store_failed;
	histogram_add(&v->group_size, (int64_t)count);
	if (r->commits > 0)
		histogram_add(&v->flush_us, not_negative(r->flush_us));
	for (size_t i = 0; i < count; i++)
		histogram_add(&v->queued_us,
		    not_negative(started_us - tasks[i]->queued_us));
	must(pthread_mutex_unlock(&s->lock));
}

void
stats_store_error(struct stats *s)
{
	assert(s != NULL);
	must(pthread_mutex_lock(&s->lock));
	s->values.store_errors++;
	must(pthread_mutex_unlock(&s->lock));
}

void
stats_wal(struct stats *s, int64_t wal_bytes)
{
	assert(s != NULL);
	must(pthread_mutex_lock(&s->lock));
	s->values.wal_bytes = wal_bytes;
	must(pthread_mutex_unlock(&s->lock));
}

void
stats_checkpoint(struct stats *s, int64_t took_us)
{
	assert(s != NULL);
	must(pthread_mutex_lock(&s->lock));
	s->values.checkpoints++;
	histogram_add(&s->values.checkpoint_us, not_negative(took_us));
	must(pthread_mutex_unlock(&s->lock));
}

void
stats_copy(struct stats *s, struct engine_stats *out)
{
	assert(s != NULL);
	assert(out != NULL);
	must(pthread_mutex_lock(&s->lock));
	*out = s->values;
	must(pthread_mutex_unlock(&s->lock));
}
