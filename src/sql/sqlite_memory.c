/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block is preceded by its size. Freed blocks of the sizes below are kept by
 * the thread that frees them, at most KEPT_MAX of each, and given out again by
 * it; everything else, and what a thread that ends has kept, is malloc's.
 */
#include "sql/sqlite_memory.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* 64, 128 … 2048 bytes: cursors, records and texts of an order's row. */
#define CLASS_SHIFT 6
#define CLASS_COUNT 6
#define KEPT_MAX 64

struct block {
	union {
		size_t bytes;
		max_align_t align;
	} head;
	struct block *next; /* of a kept one; else the caller's first bytes */
};

#define HEAD_BYTES offsetof(struct block, next)

struct kept {
	struct block *first[CLASS_COUNT];
	int count[CLASS_COUNT];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static _Thread_local struct kept kept;
static _Thread_local bool is_known; /* the key has our destructor's argument */
static _Thread_local bool is_over;  /* the thread ends: nothing is kept now */

/* The class whose blocks hold so many bytes; CLASS_COUNT: none. */
static int
class_of(size_t bytes)
{
	int class = 0;

	while (class < CLASS_COUNT &&
	    bytes > (size_t)1 << (class + CLASS_SHIFT))
		class ++;
	return class;
}

static struct block *
block_of(void *p)
{
	return (struct block *)(void *)((char *)p - HEAD_BYTES);
}

static void
let_go(void *arg)
{
	struct kept *k = arg;

	is_over = true;
	for (int i = 0; i < CLASS_COUNT; i++) {
		while (k->first[i] != NULL) {
			struct block *b = k->first[i];

			k->first[i] = b->next;
			free(b);
		}
		k->count[i] = 0;
	}
}

static int
round_up(int bytes)
{
	int class = class_of((size_t)bytes);

	return class < CLASS_COUNT ? 1 << (class + CLASS_SHIFT)
				   : (bytes + 7) & ~7;
}

/* Without its statistics SQLite does not round sizes up itself. */
static void *
give(int asked)
{
	int bytes = round_up(asked);
	int class = class_of((size_t)bytes);
	struct block *b;

	if (class < CLASS_COUNT && kept.first[class] != NULL) {
		b = kept.first[class];
		kept.first[class] = b->next;
		kept.count[class]--;
	} else {
		b = malloc(HEAD_BYTES + (size_t)bytes);
		if (b == NULL)
			return NULL;
		b->head.bytes = (size_t)bytes;
	}
	return (char *)b + HEAD_BYTES;
}

static void
take_back(void *p)
{
	struct block *b;
	int class;

	if (p == NULL)
		return;
	b = block_of(p);
	class = class_of(b->head.bytes);
	if (class == CLASS_COUNT || is_over || kept.count[class] == KEPT_MAX) {
		free(b);
		return;
	}
	if (!is_known)
		is_known = pthread_setspecific(key, &kept) == 0;
	b->next = kept.first[class];
	kept.first[class] = b;
	kept.count[class]++;
}

static int
size_of(void *p)
{
	return p != NULL ? (int)block_of(p)->head.bytes : 0;
}

static void *
resize(void *p, int bytes)
{
	void *fresh;

	if (size_of(p) >= bytes && class_of((size_t)bytes) < CLASS_COUNT)
		return p;
	if (class_of((size_t)size_of(p)) == CLASS_COUNT &&
	    class_of((size_t)bytes) == CLASS_COUNT) {
		struct block *b = realloc(block_of(p),
		    HEAD_BYTES + (size_t)bytes);

		if (b == NULL)
			return NULL;
		b->head.bytes = (size_t)bytes;
		return (char *)b + HEAD_BYTES;
	}
	fresh = give(bytes);
	if (fresh == NULL)
		return NULL;
	memcpy(fresh, p, (size_t)(size_of(p) < bytes ? size_of(p) : bytes));
	take_back(p);
	return fresh;
}

static int
begin(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void
end(void *arg)
{
	(void)arg;
}

static void
configure(void)
{
	static const sqlite3_mem_methods methods = {
	    .xMalloc = give,
	    .xFree = take_back,
	    .xRealloc = resize,
	    .xSize = size_of,
	    .xRoundup = round_up,
	    .xInit = begin,
	    .xShutdown = end,
	};

	if (pthread_key_create(&key, let_go) != 0)
		return;
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

void
sqlite_memory_configure(void)
{
	(void)pthread_once(&once, configure);
}
