/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing buffers. A write happens wholly or not at all. One byte more than
 * `room` is always there, so that printf may put its NUL behind the content.
 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN ((size_t)240)

void
buf_init(struct buf *b, struct arena *arena, size_t max)
{
	assert(b != NULL);
	assert(max > 0);
	assert(max < SIZE_MAX / 2);
	*b = (struct buf){.arena = arena, .max = max};
}

void
buf_init_fixed(struct buf *b, char *p, size_t bytes)
{
	assert(b != NULL);
	assert(p != NULL);
	assert(bytes > 1);
	*b = (struct buf){
	    .p = p, .room = bytes - 1, .max = bytes - 1, .fixed = true};
}

void
buf_fini(struct buf *b)
{
	assert(b != NULL);
	assert(b->arena == NULL);
	if (!b->fixed)
		free(b->p);
	*b = (struct buf){.max = b->max};
}

void
buf_reset(struct buf *b)
{
	assert(b != NULL);
	b->n = 0;
	b->failed = false;
}

bool
buf_grow(struct buf *b, size_t n)
{
	size_t room;
	char *p;

	assert(b != NULL);
	if (b->failed)
		return false;
	if (b->fixed || n > b->max - b->n) {
		b->failed = true;
		return false;
	}
	room = b->room * 2 > b->n + n ? b->room * 2 : b->n + n;
	room = room < ROOM_MIN ? ROOM_MIN : room;
	room = room > b->max ? b->max : room;
	if (b->arena != NULL)
		p = arena_grow(b->arena, b->p, b->p ? b->room + 1 : 0,
		    room + 1);
	else
		p = realloc(b->p, room + 1);
	if (p == NULL) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->room = room;
	return true;
}

void
buf_int(struct buf *b, int64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	assert(b != NULL);
	/* By twos: the divisions are what a number costs. */
	for (; rest >= 100; rest /= 100) {
		at -= 2;
		str_put_two(digits + at, (unsigned)(rest % 100));
	}
	if (rest >= 10) {
		at -= 2;
		str_put_two(digits + at, (unsigned)rest);
	} else {
		digits[--at] = (char)('0' + rest);
	}
	if (v < 0)
		digits[--at] = '-';
	buf_add(b, digits + at, sizeof(digits) - at);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	size_t spare;
	int n;

	assert(b != NULL);
	assert(fmt != NULL);
	if (b->failed)
		return;
	va_start(ap, fmt);
	va_copy(again, ap);
	spare = b->p == NULL ? 0 : b->room - b->n + 1;
	n = vsnprintf(spare ? b->p + b->n : NULL, spare, fmt, ap);
	assert(n >= 0);
	if (n > 0 && buf_reserve(b, (size_t)n)) {
		if ((size_t)n >= spare)
			(void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

struct str
buf_view(const struct buf *b)
{
	assert(b != NULL);
	return (struct str){b->p ? b->p : "", b->n};
}
