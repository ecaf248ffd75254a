/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: reading with jansson into an arena, writing straight into a buffer.
 *
 * Trees from json_read live in the arena they were read into: use jansson's
 * getters on them, never json_decref. Nothing else in the program calls
 * jansson's loaders.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum json_read_flags {
	/* A number that has no room (an integer in int64, another in a double)
	 * comes as the real 1e300: it is its field's error. */
	JSON_READ_EXACT = 0,
	/* Integers come as reals, too. */
	JSON_READ_NUMBERS_AS_REAL = 1 << 0,
};

/* err->place.why of ERR_BAD_BODY. */
enum json_fault {
	JSON_FAULT_SYNTAX,
	JSON_FAULT_UNFINISHED,
	JSON_FAULT_TRAILING,
	JSON_FAULT_DUPLICATE_KEY,
	JSON_FAULT_UTF8,
	JSON_FAULT_NUL,
	JSON_FAULT_TOO_DEEP,
	JSON_FAULT_TOO_MANY,
	JSON_FAULT__COUNT
};

/*
 * Parses exactly one JSON text: UTF-8, no duplicate keys, no NUL, nothing
 * behind it, at most LIMIT_JSON_DEPTH deep, at most LIMIT_JSON_VALUES values.
 * Scalars are taken too.
 *
 * ERR_BAD_BODY   with line, column and reason in err->detail and err->place
 * ERR_NO_MEMORY  the arena is full
 */
MUST_CHECK enum err_code json_read(struct arena *a, struct str text,
    unsigned flags, json_t **out, struct err *err);

/* A JSON string as a struct str (borrowed); absent when v is not one. */
struct str json_text(const json_t *v);
/*
 * The decimal text of a JSON number, as at most 15 significant digits, in
 * `out` (at least 32 bytes); absent when v is not a number.
 */
struct str json_number_text(const json_t *v, char out[32]);

/* A writer. Commas are put in by themselves. */
struct json_out {
	struct buf *buf;
	bool comma;
};

void json_out_init(struct json_out *o, struct buf *buf);
void json_open(struct json_out *o, char bracket);  /* '{' or '[' */
void json_close(struct json_out *o, char bracket); /* '}' or ']' */

/* Plain ASCII, no escape. Of a constant key the compiler knows the length. */
static inline void
json_key_str(struct json_out *o, struct str key)
{
	char *p;

	assert(!str_is_null(key));
	/* Two quotes, a colon, and the comma before. */
	if (!buf_reserve(o->buf, key.n + 3 + o->comma))
		return;
	p = o->buf->p + o->buf->n;
	*p = ',';
	p += o->comma;
	*p = '"';
	memcpy(p + 1, key.p, key.n);
	p[key.n + 1] = '"';
	p[key.n + 2] = ':';
	o->buf->n = (size_t)(p + key.n + 3 - o->buf->p);
	o->comma = false;
}

static inline void
json_key(struct json_out *o, const char *key)
{
	json_key_str(o, str_from(key));
}

void json_put_str(struct json_out *o, struct str s); /* absent: null */
/* A word of the program's own or digits: plain ASCII, no escape. */
void json_put_word(struct json_out *o, struct str s);
void json_put_int(struct json_out *o, int64_t v);
void json_put_bool(struct json_out *o, bool v);
void json_put_null(struct json_out *o);
/* A scaled decimal as a JSON number, see money_print. */
void json_put_money(struct json_out *o, int64_t value, int decimals);
/* Milliseconds since 1970 as "2026-02-25T10:30:00.000Z"; 0 gives null. */
void json_put_time(struct json_out *o, int64_t at_ms);
/* Bytes that are JSON already. */
void json_put_raw(struct json_out *o, struct str json);

#endif
