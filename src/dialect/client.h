/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of a dialect: what `procured send` and `sign` need to be its
 * client. A person names a call, a target and a body or pairs; the dialect makes
 * of them what its sign takes, and tells whether an answer is a success.
 */
#ifndef DIALECT_CLIENT_H
#define DIALECT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct call_pair {
	struct str name;
	struct str value;
	bool is_json; /* name:=value: not a text */
};

/* A call as a person writes it: METHOD [TARGET] [BODY | NAME=VALUE …]. */
struct call_words {
	struct str method;
	struct str target; /* begins with '/' or '?'; absent without one */
	struct str body;   /* absent: the pairs are all there is */
	struct str only; /* all behind the target as it was written, if that is
			  * one word */
	const struct call_pair *pairs;
	size_t pair_count;
};

/* The pairs as one JSON object; absent when there is no room. */
struct str client_object(struct arena *a, const struct call_words *w);
/* Adds name=value to a query or a urlencoded body. */
void client_put_pair(struct buf *b, struct str name, struct str value);
/* All of them, joined with '&'; absent when there is no room. */
struct str client_pairs(struct arena *a, const struct call_words *w);

#endif
