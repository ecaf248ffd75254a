/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that dies together: a request, a group of commands, a command of the
 * command line. Everything given out is zeroed and 16-byte aligned, and lives
 * until arena_reset or arena_fini. Under AddressSanitizer unused memory is
 * poisoned and objects are kept apart by red zones.
 *
 * An arena has a cap in bytes. Going over it (or malloc failing) sets a sticky
 * mark and yields NULL; callers may carry on where NULL is harmless and look
 * once at the end with arena_failed().
 *
 * One thread at a time may use an arena.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the one in use is the first */
	size_t used_bytes;
	size_t cap_bytes;
	bool failed;
};

/* No memory is taken before the first allocation. */
void arena_init(struct arena *a, size_t cap_bytes);
/* Frees everything; accepts a zeroed arena. */
void arena_fini(struct arena *a);
/* Forgets everything and the failed mark, keeps one block for reuse. */
void arena_reset(struct arena *a);

void *arena_alloc(struct arena *a, size_t bytes);
/* `count` zeroed elements; an overflowing product fails like the cap. */
void *arena_array(struct arena *a, size_t count, size_t element_bytes);
/*
 * p, the `old_bytes` last asked for it, made `new_bytes` long; in place where
 * that is possible. p is not to be used afterwards. On failure NULL, and p is
 * as it was. NULL with 0 bytes gives a new object.
 */
void *arena_grow(struct arena *a, void *p, size_t old_bytes, size_t new_bytes);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) \
	((type *)arena_array((a), (count), sizeof(type)))

/* A copy with a NUL behind it; absent stays absent; absent on failure. */
struct str arena_dup(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

static inline bool
arena_failed(const struct arena *a)
{
	return a->failed;
}

#endif
