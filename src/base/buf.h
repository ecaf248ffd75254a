/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer, born with a maximum. Past it (or when memory ends) a
 * sticky mark is set and further writes do nothing, so that writers need no
 * checks; whoever uses the result looks once with buf_failed().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n;
	size_t room;
	size_t max;
	struct arena *arena; /* NULL: the heap, and buf_fini must be called */
	bool failed;
	bool fixed; /* p is the caller's and never grows */
};

/* arena may be NULL for a heap buffer. max is in bytes and not zero. */
void buf_init(struct buf *b, struct arena *arena, size_t max);
/* Over `bytes` bytes of the caller's, of which one is kept in reserve. */
void buf_init_fixed(struct buf *b, char *p, size_t bytes);
void buf_fini(struct buf *b);  /* heap buffers only; accepts zeroed */
void buf_reset(struct buf *b); /* empty again, memory kept, mark cleared */

/* Makes the buffer longer for n bytes more; false and the mark when it can't. */
bool buf_grow(struct buf *b, size_t n);

/* Is there room for n bytes more behind the content? Whoever writes them there
 * adds to b->n. */
static inline bool
buf_reserve(struct buf *b, size_t n)
{
	assert(b != NULL);
	if (!b->failed && n <= b->room - b->n)
		return true;
	return buf_grow(b, n);
}

static inline void
buf_add(struct buf *b, const void *bytes, size_t n)
{
	assert(bytes != NULL || n == 0);
	if (n == 0 || !buf_reserve(b, n))
		return;
	memcpy(b->p + b->n, bytes, n);
	b->n += n;
}

static inline void
buf_str(struct buf *b, struct str s) /* absent adds nothing */
{
	if (s.p != NULL)
		buf_add(b, s.p, s.n);
}

static inline void
buf_char(struct buf *b, char c)
{
	if (buf_reserve(b, 1))
		b->p[b->n++] = c;
}

void buf_int(struct buf *b, int64_t v); /* decimal */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The content, valid until the next write; never absent. */
struct str buf_view(const struct buf *b);

static inline bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

#endif
