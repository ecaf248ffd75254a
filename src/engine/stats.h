/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the committer counts, under one lock that it takes once per group.
 */
#ifndef ENGINE_STATS_H
#define ENGINE_STATS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"

struct stats {
	pthread_mutex_t lock;
	struct engine_stats values;
};

/* What one group came to. */
struct group_result {
	int64_t commits;
	int64_t amendments;
	int64_t replays;
	int64_t answers; /* stored */
	int64_t flush_us;
	bool store_failed;
};

void stats_init(struct stats *s);
void stats_fini(struct stats *s);

/* Before the tasks of the group are published; started_us is when the
 * committer took them. */
void stats_group(struct stats *s, const struct group_result *r,
    struct task *const *tasks, size_t count, int64_t started_us);
void stats_store_error(struct stats *s);
void stats_wal(struct stats *s, int64_t wal_bytes);
void stats_checkpoint(struct stats *s, int64_t took_us);
void stats_copy(struct stats *s, struct engine_stats *out);

#endif
