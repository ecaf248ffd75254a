/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash map: open addressing, the next slot on a collision, at most three
 * quarters full. The hash multiplies words of the key to 128 bits and folds
 * them, mixed with two random words, so that a client who picks the keys
 * cannot aim at one slot.
 */
#include "base/map.h"

#include "base/digest.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#define SLOTS_MIN 16

static uint64_t seeds[2];
static pthread_once_t seeds_once = PTHREAD_ONCE_INIT;

static void
make_seeds(void)
{
	random_bytes(seeds, sizeof(seeds));
}

static uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
hash(struct str key)
{
	uint64_t h = seeds[0] ^ key.n;
	uint64_t word;

	for (; key.n > sizeof(word); key.n -= sizeof(word)) {
		memcpy(&word, key.p, sizeof(word));
		h = fold(h ^ word, seeds[1] | 1) + word;
		key.p += sizeof(word);
	}
	word = 0;
	memcpy(&word, key.p, key.n);
	h = fold(h ^ word, seeds[1] | 1) + word;
	/* The low bits choose the slot: they must depend on all the others. */
	return fold(h ^ seeds[1], UINT64_C(0x9E3779B97F4A7C15));
}

void
map_init(struct map *m, struct arena *arena)
{
	assert(m != NULL);
	assert(arena != NULL);
	(void)pthread_once(&seeds_once, make_seeds);
	*m = (struct map){.arena = arena};
}

/* The key's slot, or the free one where it would go. There is a free one. */
static struct map_slot *
find_slot(const struct map *m, struct str key, uint64_t h)
{
	size_t mask = m->slot_count - 1;

	for (size_t i = h & mask;; i = (i + 1) & mask) {
		struct map_slot *slot = &m->slots[i];

		if (slot->value == NULL)
			return slot;
		if (slot->hash == h && str_eq(slot->key, key))
			return slot;
	}
}

void *
map_find(const struct map *m, struct str key)
{
	assert(m != NULL);
	if (m->slot_count == 0 || key.p == NULL)
		return NULL;
	return find_slot(m, key, hash(key))->value;
}

static enum err_code
grow(struct map *m)
{
	struct map bigger = *m;

	bigger.slot_count = m->slot_count ? 2 * m->slot_count : SLOTS_MIN;
	bigger.slots = ARENA_ARRAY(m->arena, bigger.slot_count,
	    struct map_slot);
	if (bigger.slots == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < m->slot_count; i++) {
		const struct map_slot *slot = &m->slots[i];

		if (slot->value != NULL)
			*find_slot(&bigger, slot->key, slot->hash) = *slot;
	}
	*m = bigger;
	return ERR_OK;
}

enum err_code
map_put(struct map *m, struct str key, void *value)
{
	struct map_slot *slot;
	uint64_t h;

	assert(m != NULL);
	assert(m->arena != NULL);
	assert(key.p != NULL);
	assert(value != NULL);
	h = hash(key);
	slot = m->slot_count > 0 ? find_slot(m, key, h) : NULL;
	if (slot == NULL || slot->value == NULL) {
		if (4 * (m->used + 1) > 3 * m->slot_count) {
			if (grow(m) != ERR_OK)
				return ERR_NO_MEMORY;
			slot = find_slot(m, key, h);
		}
		m->used++;
	}
	*slot = (struct map_slot){.key = key, .hash = h, .value = value};
	return ERR_OK;
}

const struct map_slot *
map_next(const struct map *m, size_t *position)
{
	assert(m != NULL);
	assert(position != NULL);
	while (*position < m->slot_count) {
		const struct map_slot *slot = &m->slots[(*position)++];

		if (slot->value != NULL)
			return slot;
	}
	return NULL;
}
