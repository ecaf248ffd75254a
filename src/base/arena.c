/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas: a chain of blocks, the first of which serves small objects from its
 * unused end. Large objects have blocks of their own, chained behind it, so
 * that they never push a half-used block out of use.
 *
 *	blocks ──► in use ──► own of a large object ──► full ──► first
 *
 * The first block ever taken is small and survives arena_reset: a request of
 * the usual size takes no memory from the heap.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define RED_ZONE_BYTES 16
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define RED_ZONE_BYTES 0
#endif

#define ALIGN_BYTES ((size_t)16)
#define FIRST_BLOCK_BYTES ((size_t)8 * 1024)
#define BLOCK_BYTES_MAX ((size_t)1024 * 1024)

enum block_kind { BLOCK_FIRST, BLOCK_SHARED, BLOCK_OWN };

struct arena_block {
	struct arena_block *next;
	size_t room; /* of bytes[] */
	size_t used;
	enum block_kind kind;
	_Alignas(16) char bytes[];
};

/* What an object takes of a block; 0 when that is no size at all. */
static size_t
rounded(size_t bytes)
{
	if (bytes > SIZE_MAX / 2)
		return 0;
	if (bytes == 0)
		bytes = 1;
	return (bytes + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1);
}

static struct arena_block *
block_new(enum block_kind kind, size_t room)
{
	struct arena_block *block = malloc(sizeof(*block) + room);

	if (block == NULL)
		return NULL;
	block->next = NULL;
	block->room = room;
	block->used = 0;
	block->kind = kind;
	POISON(block->bytes, room);
	return block;
}

static void
block_free(struct arena_block *block)
{
	UNPOISON(block->bytes, block->room);
	free(block);
}

void
arena_init(struct arena *a, size_t cap_bytes)
{
	assert(a != NULL);
	assert(cap_bytes > 0);
	*a = (struct arena){.cap_bytes = cap_bytes};
}

void
arena_fini(struct arena *a)
{
	struct arena_block *block, *next;

	assert(a != NULL);
	for (block = a->blocks; block != NULL; block = next) {
		next = block->next;
		block_free(block);
	}
	a->blocks = NULL;
	a->used_bytes = 0;
}

void
arena_reset(struct arena *a)
{
	struct arena_block *block, *next, *kept = NULL;

	assert(a != NULL);
	for (block = a->blocks; block != NULL; block = next) {
		next = block->next;
		if (block->kind == BLOCK_FIRST)
			kept = block;
		else
			block_free(block);
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
		POISON(kept->bytes, kept->room);
	}
	a->blocks = kept;
	a->used_bytes = 0;
	a->failed = false;
}

static void *
fail(struct arena *a)
{
	a->failed = true;
	return NULL;
}

/* A block that becomes the one in use, twice as large as the last such. */
static struct arena_block *
push_block(struct arena *a)
{
	size_t bytes = FIRST_BLOCK_BYTES;
	struct arena_block *block;

	if (a->blocks != NULL)
		bytes = 2 * (a->blocks->room + sizeof(*block));
	if (bytes > BLOCK_BYTES_MAX)
		bytes = BLOCK_BYTES_MAX;
	block = block_new(a->blocks == NULL ? BLOCK_FIRST : BLOCK_SHARED,
	    bytes - sizeof(*block));
	if (block == NULL)
		return NULL;
	block->next = a->blocks;
	a->blocks = block;
	return block;
}

static void *
block_take(struct arena_block *block, size_t need, size_t bytes)
{
	char *p = block->bytes + block->used;

	block->used += need + RED_ZONE_BYTES;
	UNPOISON(p, bytes);
	return p;
}

static void *
alloc_own(struct arena *a, size_t need, size_t bytes)
{
	struct arena_block *block = block_new(BLOCK_OWN, need + RED_ZONE_BYTES);

	if (block == NULL)
		return NULL;
	assert(a->blocks != NULL);
	block->next = a->blocks->next;
	a->blocks->next = block;
	return block_take(block, need, bytes);
}

/* As arena_alloc, but not zeroed. */
static void *
take(struct arena *a, size_t bytes)
{
	size_t need = rounded(bytes);
	struct arena_block *block;
	void *p;

	assert(a != NULL);
	assert(a->cap_bytes > 0);
	if (a->failed || need == 0 || need > a->cap_bytes - a->used_bytes)
		return fail(a);
	block = a->blocks;
	if (block == NULL && (block = push_block(a)) == NULL)
		return fail(a);
	if (need + RED_ZONE_BYTES <= block->room - block->used) {
		p = block_take(block, need, bytes);
	} else if (need > block->room || need > BLOCK_BYTES_MAX / 4) {
		p = alloc_own(a, need, bytes);
	} else {
		block = push_block(a);
		p = block == NULL ? NULL : block_take(block, need, bytes);
	}
	if (p == NULL)
		return fail(a);
	a->used_bytes += need;
	return p;
}

void *
arena_alloc(struct arena *a, size_t bytes)
{
	void *p = take(a, bytes);

	return p != NULL ? memset(p, 0, bytes) : NULL;
}

void *
arena_array(struct arena *a, size_t count, size_t element_bytes)
{
	size_t bytes;

	assert(a != NULL);
	assert(element_bytes > 0);
	if (__builtin_mul_overflow(count, element_bytes, &bytes))
		return fail(a);
	return arena_alloc(a, bytes);
}

/* The last object of the block in use, longer without being moved? */
static bool
grow_in_block(struct arena *a, char *p, size_t old_bytes, size_t new_bytes)
{
	struct arena_block *block = a->blocks;
	size_t old_need = rounded(old_bytes) + RED_ZONE_BYTES;
	size_t more = rounded(new_bytes) - rounded(old_bytes);

	if (block->used < old_need ||
	    p != block->bytes + (block->used - old_need))
		return false;
	if (more > block->room - block->used)
		return false;
	block->used += more;
	UNPOISON(p, new_bytes);
	memset(p + old_bytes, 0, new_bytes - old_bytes);
	return true;
}

/* The place in the chain that points to p's own block, or NULL. */
static struct arena_block **
find_own(struct arena *a, const char *p)
{
	struct arena_block **at;

	for (at = &a->blocks; *at != NULL; at = &(*at)->next)
		if ((*at)->kind == BLOCK_OWN && (*at)->bytes == p)
			return at;
	return NULL;
}

/* An own block moves by realloc, which for large ones copies nothing. */
static void *
grow_own(struct arena_block **at, size_t old_bytes, size_t new_bytes)
{
	size_t room = rounded(new_bytes) + RED_ZONE_BYTES;
	struct arena_block *block;

	UNPOISON((*at)->bytes, (*at)->room);
	block = realloc(*at, sizeof(*block) + room);
	if (block == NULL)
		return NULL;
	*at = block;
	block->room = block->used = room;
	memset(block->bytes + old_bytes, 0, room - old_bytes);
	POISON(block->bytes + new_bytes, room - new_bytes);
	return block->bytes;
}

void *
arena_grow(struct arena *a, void *p, size_t old_bytes, size_t new_bytes)
{
	struct arena_block **own;
	size_t more;
	void *grown;

	assert(a != NULL);
	assert(new_bytes >= old_bytes);
	if (p == NULL) {
		assert(old_bytes == 0);
		return arena_alloc(a, new_bytes);
	}
	more = rounded(new_bytes) - rounded(old_bytes);
	if (a->failed || rounded(new_bytes) == 0 ||
	    more > a->cap_bytes - a->used_bytes)
		return fail(a);
	own = find_own(a, p);
	if (own != NULL || grow_in_block(a, p, old_bytes, new_bytes)) {
		grown = own ? grow_own(own, old_bytes, new_bytes) : p;
		a->used_bytes += grown ? more : 0;
		return grown ? grown : fail(a);
	}
	grown = take(a, new_bytes);
	if (grown == NULL)
		return NULL;
	memcpy(grown, p, old_bytes);
	memset((char *)grown + old_bytes, 0, new_bytes - old_bytes);
	POISON(p, rounded(old_bytes));
	return grown;
}

struct str
arena_dup(struct arena *a, struct str s)
{
	char *p;

	assert(a != NULL);
	if (s.p == NULL)
		return STR_NONE;
	assert(s.n < SIZE_MAX);
	p = take(a, s.n + 1);
	if (p == NULL)
		return STR_NONE;
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){p, s.n};
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	int n;
	char *p;

	assert(a != NULL);
	assert(fmt != NULL);
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	assert(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	if (p != NULL)
		(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return (struct str){p, p == NULL ? 0 : (size_t)n};
}
