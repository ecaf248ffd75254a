/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entropy is drawn from the system in blocks and wiped as it is given out. An
 * id is a counter from a random start, scrambled by a bijection: it never
 * repeats, and neighbours look unrelated in a log.
 */
#include "http/ids.h"

#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"

#define ENTROPY_BLOCK_BYTES 4096 /* one call for 128 requests */
#define ENTROPY_TAKE_MAX 256
#define TRACEPARENT_BYTES 55
#define TRACE_ID_AT 3
#define TRACE_ID_BYTES 32

static _Thread_local uint8_t block[ENTROPY_BLOCK_BYTES];
static _Thread_local size_t block_left;
static _Thread_local uint64_t counter;

void
entropy_take(void *out, size_t n)
{
	uint8_t *from;

	assert(out != NULL);
	assert(n <= ENTROPY_TAKE_MAX);
	if (block_left < n) {
		random_bytes(block, sizeof(block));
		block_left = sizeof(block);
	}
	from = block + sizeof(block) - block_left;
	memcpy(out, from, n);
	memset(from, 0, n);
	block_left -= n;
}

/* The finaliser of splitmix64: every step can be undone. */
static uint64_t
scramble(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

static struct str
make_id(struct arena *a)
{
	static const char digits[] = "0123456789abcdef";
	char id[REQUEST_ID_BYTES];
	uint64_t bits;

	while (counter == 0)
		entropy_take(&counter, sizeof(counter));
	bits = scramble(counter);
	counter += UINT64_C(0x9E3779B97F4A7C15);
	for (size_t i = 0; i < sizeof(id); i++) {
		id[i] = digits[bits >> 60];
		bits <<= 4;
	}
	return arena_dup(a, (struct str){id, sizeof(id)});
}

static bool
is_sane(struct str id)
{
	if (id.p == NULL || id.n == 0 || id.n > LIMIT_REQUEST_ID_BYTES)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

struct str
request_id_choose(struct arena *a, struct str from_client)
{
	assert(a != NULL);
	return is_sane(from_client) ? from_client : make_id(a);
}

static bool
is_lower_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return true;
}

struct str
trace_id_find(struct str traceparent)
{
	const struct str none = STR("00000000000000000000000000000000");
	struct str s = str_trim(traceparent), id;

	/* Later versions may be longer and have the id at the same place. */
	if (s.p == NULL || s.n < TRACEPARENT_BYTES || s.p[2] != '-' ||
	    s.p[TRACE_ID_AT + TRACE_ID_BYTES] != '-')
		return STR_NONE;
	id = str_sub(s, TRACE_ID_AT, TRACE_ID_BYTES);
	if (!is_lower_hex(str_sub(s, 0, 2)) || !is_lower_hex(id) ||
	    str_eq(id, none))
		return STR_NONE;
	return id;
}
