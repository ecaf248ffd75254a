/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reader and the writer against each other. The first byte picks
 * the flags and how small the arena is.
 *
 *   1. A tree that was read, written and read again is written the same.
 *   2. Any bytes put as a string are valid JSON, and valid UTF-8 comes back.
 */
#include "base/json.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES ((size_t)4 * 1024 * 1024)

static void write_value(struct json_out *o, json_t *v);

static void
write_object(struct json_out *o, json_t *v)
{
	const char *key;
	json_t *member;

	/* json_key takes plain keys only, so an object becomes a list. */
	json_open(o, '[');
	json_object_foreach(v, key, member)
	{
		json_put_str(o, str_from(key));
		write_value(o, member);
	}
	json_close(o, ']');
}

static void
write_number(struct json_out *o, const json_t *v)
{
	char room[32];

	/* 15 digits of the highest doubles may round up over the highest. */
	if (fabs(json_number_value(v)) > 1e308)
		json_put_int(o, 0);
	else
		json_put_raw(o, json_number_text(v, room));
}

static void
write_value(struct json_out *o, json_t *v)
{
	json_t *item;
	size_t i;

	if (json_is_object(v)) {
		write_object(o, v);
	} else if (json_is_array(v)) {
		json_open(o, '[');
		json_array_foreach(v, i, item) write_value(o, item);
		json_close(o, ']');
	} else if (json_is_string(v)) {
		json_put_str(o, json_text(v));
	} else if (json_is_number(v)) {
		write_number(o, v);
	} else if (json_is_null(v)) {
		json_put_null(o);
	} else {
		json_put_bool(o, json_is_true(v));
	}
}

static struct str
write_tree(struct arena *a, json_t *tree)
{
	struct buf b;
	struct json_out o;

	buf_init(&b, a, ARENA_BYTES);
	json_out_init(&o, &b);
	write_value(&o, tree);
	assert(!buf_failed(&b));
	return buf_view(&b);
}

static void
check_round_trip(struct str text, unsigned flags)
{
	struct arena a;
	struct err e;
	json_t *tree;
	enum err_code rc;
	struct str first, second;

	arena_init(&a, ARENA_BYTES);
	rc = json_read(&a, text, flags, &tree, &e);
	if (rc == ERR_OK) {
		first = write_tree(&a, tree);
		rc = json_read(&a, first, flags, &tree, &e);
		assert(rc == ERR_OK);
		second = write_tree(&a, tree);
		assert(str_eq(first, second));
	} else {
		assert(e.code == rc);
	}
	arena_fini(&a);
}

static void
check_small_arena(struct str text, unsigned flags, size_t cap)
{
	struct arena a;
	json_t *tree;
	struct err e;

	arena_init(&a, cap);
	if (json_read(&a, text, flags, &tree, &e) != ERR_OK)
		assert(e.code == ERR_NO_MEMORY || e.code == ERR_BAD_BODY);
	arena_fini(&a);
}

static void
check_string(struct str text)
{
	struct arena a;
	struct buf b;
	struct json_out o;
	json_t *tree;
	struct err e;
	enum err_code rc;

	arena_init(&a, ARENA_BYTES);
	buf_init(&b, &a, ARENA_BYTES);
	json_out_init(&o, &b);
	json_put_str(&o, text);
	assert(!buf_failed(&b));
	rc = json_read(&a, buf_view(&b), 0, &tree, &e);
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		assert(rc == ERR_BAD_BODY); /* the reader refuses NUL */
	else
		assert(rc == ERR_OK);
	if (rc == ERR_OK && str_code_points(text) >= 0)
		assert(str_eq(json_text(tree), text));
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;
	unsigned flags;

	if (size == 0 || size > 64 * 1024)
		return 0;
	flags = data[0] & 1 ? JSON_READ_NUMBERS_AS_REAL : JSON_READ_EXACT;
	text = (struct str){(const char *)data + 1, size - 1};
	check_round_trip(text, flags);
	check_small_arena(text, flags, 16 * (size_t)(data[0] / 2 + 1));
	check_string(text);
	return 0;
}
