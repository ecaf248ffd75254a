/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of names and values as the web sends them: a query, a body of
 * application/x-www-form-urlencoded, a body of multipart/form-data. All three
 * are read into one list, in the order they came.
 *
 * Values are bytes: whether they are UTF-8 is the reader's business, because
 * signatures are made over bytes. A NUL is refused in names and values (files
 * excepted), and so is a '%' that is not followed by two hex digits; nothing
 * is repaired.
 */
#ifndef DIALECT_FORM_H
#define DIALECT_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct form_field {
	struct str name;
	struct str value; /* decoded; never absent */
	bool is_file;	  /* a multipart part with a filename */
};

/* Zero or more readings add up to one list of LIMIT_FORM_FIELDS at most. */
struct form {
	struct arena *arena;
	struct form_field *fields;
	size_t count;
	size_t room;
};

void form_init(struct form *f, struct arena *a);

/*
 * All readers borrow from what they read and put what they decode into the
 * arena.
 *
 * ERR_BAD_BODY   not such a text, or too many fields: err->detail says what
 * ERR_NO_MEMORY  the arena is full
 */

/* "a=1&b=%20+c": a query, or a urlencoded body. Absent adds nothing; a piece
 * without '=' has an empty value; empty pieces are skipped. */
MUST_CHECK enum err_code form_read_pairs(struct form *f, struct str text,
    struct err *err);
/* The boundary is a parameter of the content type. */
MUST_CHECK enum err_code form_read_multipart(struct form *f,
    struct str content_type, struct str body, struct err *err);
/* Whichever the content type names; ERR_BAD_TYPE when it names neither. */
MUST_CHECK enum err_code form_read_body(struct form *f, struct str content_type,
    struct str body, struct err *err);

/* The value of the first field of this name that is no file; or absent. */
struct str form_find(const struct form *f, struct str name);
/* A name that is there more than once; absent when all differ. */
struct str form_find_duplicate(const struct form *f);

/* "Text/HTML; charset=x" -> "Text/HTML"; compare it without case. */
struct str form_media_type(struct str content_type);

#endif
