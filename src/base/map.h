/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map from bytes to a pointer, in an arena: it grows, nothing is ever
 * removed, and it goes with its arena. Hashing is seeded per process.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct map_slot {
	struct str key;
	uint64_t hash;
	void *value; /* NULL: the slot is free */
};

struct map {
	struct arena *arena;
	struct map_slot *slots;
	size_t slot_count; /* a power of two, or 0 */
	size_t used;
};

void map_init(struct map *m, struct arena *arena);
/* NULL when absent. */
void *map_find(const struct map *m, struct str key);
/*
 * Adds or replaces. The key's bytes are borrowed and must outlive the map;
 * value must not be NULL. ERR_NO_MEMORY leaves the map as it was.
 */
MUST_CHECK enum err_code map_put(struct map *m, struct str key, void *value);

/* Walks all entries: for (i = 0; (s = map_next(m, &i)) != NULL;) */
const struct map_slot *map_next(const struct map *m, size_t *position);

#endif
