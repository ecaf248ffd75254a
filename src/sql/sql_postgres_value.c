/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values in PostgreSQL's binary form. Integers are big-endian; texts and bytes
 * stand as they are. An array of one dimension is
 *
 *	int32 dimensions (1; 0 when it is empty)
 *	int32 1 if any element is NULL
 *	int32 the elements' type
 *	int32 count, int32 lower bound (1)
 *	and for each element int32 length (-1: NULL) and its bytes.
 */
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sql/sql_postgres.h"

#define ARRAY_HEAD_BYTES 20
#define LENGTH_BYTES 4

struct letter_types {
	char letter;
	Oid element, array;
	Oid also[4]; /* results that read the same */
};

/* The numbers stand in the server's catalog and are fixed for ever. */
static const struct letter_types letter_types[] = {
    {'i', 20, 1016, {21, 23}},	       /* int8; int2, int4 */
    {'s', 25, 1009, {1043, 1042, 19}}, /* text; varchar, char, name */
    {'b', 17, 1001, {0}},	       /* bytea */
};

#define LETTER_COUNT (sizeof(letter_types) / sizeof(letter_types[0]))

static const struct letter_types *
types_of(char letter)
{
	for (size_t i = 0; i < LETTER_COUNT; i++)
		if (letter_types[i].letter == letter)
			return &letter_types[i];
	return NULL;
}

bool
value_type_fits(Oid type, char letter, bool is_result, bool is_array)
{
	const struct letter_types *t = types_of(letter);

	if (t == NULL)
		return false;
	if (is_array)
		return type == t->array;
	if (type == t->element)
		return true;
	for (size_t i = 0; is_result && i < 4; i++)
		if (t->also[i] != 0 && t->also[i] == type)
			return true;
	return false;
}

/* --- parameters ------------------------------------------------------------ */

static void
put_value(struct postgres_db *d, size_t i, const struct sql_value *v)
{
	d->formats[i] = 1;
	d->values[i] = NULL;
	d->lengths[i] = 0;
	if (v->kind == SQL_INT) {
		d->ints[i] = htobe64((uint64_t)v->i);
		d->values[i] = (const char *)&d->ints[i];
		d->lengths[i] = (int)sizeof(d->ints[i]);
	} else if (v->kind != SQL_NULL) {
		assert(v->s.n <= LIMIT_POSTGRES_ARRAY_BYTES);
		d->values[i] = v->s.p;
		d->lengths[i] = (int)v->s.n;
	}
}

void
values_put_row(struct postgres_db *d, const struct sql_value *values,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_value(d, i, &values[i]);
}

static char *
put_word(char *p, uint32_t word)
{
	word = htobe32(word);
	memcpy(p, &word, sizeof(word));
	return p + sizeof(word);
}

static char *
put_element(char *p, const struct sql_value *v)
{
	uint64_t number;

	switch (v->kind) {
	case SQL_INT:
		number = htobe64((uint64_t)v->i);
		p = put_word(p, sizeof(number));
		memcpy(p, &number, sizeof(number));
		return p + sizeof(number);
	case SQL_TEXT:
	case SQL_BYTES:
		p = put_word(p, (uint32_t)v->s.n);
		memcpy(p, v->s.p, v->s.n);
		return p + v->s.n;
	case SQL_NULL:
		break;
	}
	return put_word(p, UINT32_MAX);
}

/* What put_array writes of the same. */
static size_t
array_bytes(const struct sql_value *values, size_t step, size_t rows)
{
	size_t n = ARRAY_HEAD_BYTES + rows * LENGTH_BYTES;

	for (size_t r = 0; r < rows; r++) {
		const struct sql_value *v = &values[r * step];

		if (v->kind == SQL_INT)
			n += sizeof(uint64_t);
		else if (v->kind != SQL_NULL)
			n += v->s.n;
	}
	return n;
}

/* The column of `rows` values, one at least, that are `step` apart. */
static char *
put_array(char *p, char letter, const struct sql_value *values, size_t step,
    size_t rows)
{
	bool has_null = false;

	for (size_t r = 0; r < rows && !has_null; r++)
		has_null = values[r * step].kind == SQL_NULL;
	p = put_word(p, 1);
	p = put_word(p, has_null);
	p = put_word(p, types_of(letter)->element);
	p = put_word(p, (uint32_t)rows);
	p = put_word(p, 1);
	for (size_t r = 0; r < rows; r++)
		p = put_element(p, &values[r * step]);
	return p;
}

static bool
make_room(struct postgres_db *d, size_t bytes)
{
	char *p;

	if (bytes <= d->arrays_room)
		return true;
	if (bytes > LIMIT_POSTGRES_ARRAY_BYTES)
		return false;
	p = realloc(d->arrays, bytes);
	if (p == NULL)
		return false;
	d->arrays = p;
	d->arrays_room = bytes;
	return true;
}

enum err_code
values_put_set(struct postgres_db *d, const char *letters,
    const struct sql_value *values, size_t count, size_t rows)
{
	size_t total = 0;
	char *p;

	assert(rows > 0);
	for (size_t i = 0; i < count; i++)
		total += array_bytes(values + i, count, rows);
	if (!make_room(d, total))
		return ERR_NO_MEMORY;
	p = d->arrays;
	for (size_t i = 0; i < count; i++) {
		d->values[i] = p;
		p = put_array(p, letters[i], values + i, count, rows);
		d->lengths[i] = (int)(p - d->values[i]);
		d->formats[i] = 1;
	}
	assert(p == d->arrays + total);
	return ERR_OK;
}

/* --- columns ---------------------------------------------------------------- */

int64_t
value_get_int(const PGresult *result, int row, int column)
{
	const char *p = PQgetvalue(result, row, column);
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	if (PQgetisnull(result, row, column))
		return 0;
	switch (PQgetlength(result, row, column)) {
	case sizeof(eight):
		memcpy(&eight, p, sizeof(eight));
		return (int64_t)be64toh(eight);
	case sizeof(four):
		memcpy(&four, p, sizeof(four));
		return (int32_t)be32toh(four);
	default:
		assert(PQgetlength(result, row, column) == sizeof(two));
		memcpy(&two, p, sizeof(two));
		return (int16_t)be16toh(two);
	}
}

struct str
value_get_str(const PGresult *result, int row, int column)
{
	if (PQgetisnull(result, row, column))
		return STR_NONE;
	return (struct str){PQgetvalue(result, row, column),
	    (size_t)PQgetlength(result, row, column)};
}
