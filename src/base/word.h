/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight bytes of text looked at at once. What the functions here return has the
 * top bit of some byte set, a mark, when there is a byte of their kind; they may
 * be told apart no further. A byte that is not ASCII marks itself, and of words
 * with such a byte nothing else is told, so the word goes among the marks:
 *
 *	uint64_t w = word_at(p);
 *	if (word_is_marked(w | word_under(w, ' ') | word_equal(w, '"')))
 *		… one of the eight is none that goes out as it is
 */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_BYTES sizeof(uint64_t)
#define WORD_ONES UINT64_C(0x0101010101010101)

static inline uint64_t
word_at(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Of bytes under n, which is at most 128. A borrow may mark the byte above one
 * that is marked itself, and no other. */
static inline uint64_t
word_under(uint64_t w, unsigned char n)
{
	return w - WORD_ONES * n;
}

/* Of bytes that are c, which is ASCII. */
static inline uint64_t
word_equal(uint64_t w, unsigned char c)
{
	return (w ^ (WORD_ONES * c)) - WORD_ONES;
}

static inline bool
word_is_marked(uint64_t marks)
{
	return (marks & (WORD_ONES * 0x80)) != 0;
}

#endif
