/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a dialect takes and answers, as data: for documents and tests that must
 * say what the decoders do. A dialect's describe hook makes it out of the very
 * tables it decodes with, so neither can say something else than the other.
 *
 * Everything is the arena's or static; texts come in both languages.
 */
#ifndef DIALECT_SPEC_H
#define DIALECT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "dialect/fields.h"

enum spec_type {
	SPEC_ANY,
	SPEC_TEXT,
	SPEC_INT,
	SPEC_DECIMAL,
	SPEC_BOOL,
	SPEC_OBJECT, /* members */
	SPEC_LIST,   /* of members[0] */
};

enum spec_flag {
	SPEC_REQUIRED = 1 << 0,
	SPEC_NULLABLE = 1 << 1,
	SPEC_READ_ONLY = 1 << 2,      /* known, and refused when it is sent */
	SPEC_CLOSED = 1 << 3,	      /* OBJECT: unknown members are refused */
	SPEC_OR_TEXT = 1 << 4,	      /* a number or truth as text is as good */
	SPEC_OR_NUMBER = 1 << 5,      /* a text as number is as good */
	SPEC_BOUNDED = 1 << 6,	      /* min and max hold */
	SPEC_NOT_BLANK = 1 << 7,      /* TEXT: not only white space */
	SPEC_HOLDS_JSON = 1 << 8,     /* TEXT: the JSON of members[0] */
	SPEC_IN_CATALOG = 1 << 9,     /* must be one the app's catalog has */
	SPEC_OR_LIST = 1 << 10,	      /* TEXT: a list of texts is as good */
	SPEC_EMPTY_IS_NONE = 1 << 11, /* TEXT: "" is as good as absent */
};

/* One value: a parameter, a member of a body, a member of an answer. */
struct spec {
	const char *name; /* NULL: an item, or the whole */
	enum spec_type type;
	unsigned flags;
	/* TEXT: code points. INT: values. DECIMAL: values in 1/10000. LIST:
	 * items. */
	int64_t min, max;
	int decimals;	       /* DECIMAL: at most */
	const char *choices;   /* TEXT: "A|B" */
	const char *pattern;   /* TEXT: a regular expression of ECMA-262 */
	const char *fixed;     /* TEXT: always this */
	const char *component; /* written once, under this name */
	const char *en, *zh;   /* NULL: nothing is to be said */
	const struct spec *members;
	size_t member_count;
};

enum spec_place { SPEC_IN_PATH, SPEC_IN_QUERY, SPEC_IN_HEADER };

struct spec_param {
	enum spec_place place;
	struct spec value;
};

/* An answer that is no success. */
struct spec_error {
	enum err_code when;
	int http;
	const char *code; /* in the dialect's own form */
	const char *message;
};

struct spec_call {
	const char *name; /* in logs and amendments, unique in the dialect */
	const char *http_method;
	/* As sent; where one path has several calls, "#name" tells them apart:
	 * no client sends what is behind it. */
	const char *path;
	const char *en, *zh;
	bool is_public;
	const struct spec_param *params;
	size_t param_count;
	const char *body_type; /* NULL: no body */
	bool body_required;
	struct spec body;
	const char *answer_type;
	struct spec answer;  /* whole, of a success */
	struct spec failure; /* whole, of a failure */
	const struct spec_error *errors;
	size_t error_count;
};

/* A part of the signature that is no field of the calls. */
struct spec_key {
	const char *name;
	enum spec_place place;
	bool optional;
	const char *en, *zh;
};

struct dialect_spec {
	const struct spec_key *keys;
	size_t key_count;
	const struct spec_call *calls;
	size_t call_count;
};

/* --- making one --------------------------------------------------------- */

/* What a call is like, for the errors that it can end with. */
enum spec_trait {
	SPEC_TRAIT_ALWAYS = 1 << 0,
	SPEC_TRAIT_SIGNED = 1 << 1,
	SPEC_TRAIT_BODY = 1 << 2,
	SPEC_TRAIT_FIELDS = 1 << 3,
	SPEC_TRAIT_ORDER = 1 << 4, /* it names an order */
	SPEC_TRAIT_STATE = 1 << 5, /* some states forbid it */
	SPEC_TRAIT_VERSION = 1 << 6,
	SPEC_TRAIT_WRITE = 1 << 7,
	SPEC_TRAIT_NAME = 1 << 8,  /* it gives an order a name */
	SPEC_TRAIT_STOCK = 1 << 9, /* it may take stock */
	SPEC_TRAIT_STORE = 1 << 10,
	SPEC_TRAIT_KEY = 1 << 11, /* it takes an idempotency key */
};

/* Whether a call of these traits can end with the code. */
bool spec_can_fail(unsigned traits, enum err_code code);

/* What a field is, in words; rows end with one without a name. */
struct spec_words {
	const char *name;
	const char *en, *zh;
};

/* Asserts that there is a row. */
void spec_say(struct spec *s, const struct spec_words *words);

/* The members that a table of fields takes, as an object's. */
struct spec spec_of_table(struct arena *a, const struct wire_table *t,
    const struct spec_words *words);
struct spec spec_of_field(const struct wire_table *t,
    const struct wire_field *row, const struct spec_words *words);
/* An object of `count` members; they are copied. */
struct spec spec_object(struct arena *a, const char *component,
    const struct spec *members, size_t count);
/* A list of items like this one. */
struct spec spec_list(struct arena *a, const char *name, struct spec item,
    int64_t min, int64_t max);

#endif
