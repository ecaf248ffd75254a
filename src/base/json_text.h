/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as text: looking into it and writing it otherwise without touching the
 * rest. Numbers, escapes and blanks that are not asked about stay byte for byte;
 * that is what base/json.h, which reads values, cannot do.
 */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct json_member {
	struct str key; /* without its quotes, escapes as written */
	struct str value;
	struct str whole; /* key, colon and value */
};

/*
 * The first member of an object's text, then the ones behind it: *rest is the
 * object at first. False: there is none, or what follows is no JSON.
 */
bool json_text_next(struct str *rest, struct json_member *out);
/* The value of a member; absent: no object, or none of this key. */
struct str json_text_member(struct str object, struct str key);
/* Whether it is one object or list and nothing behind it. */
bool json_text_is_nested(struct str text);

enum json_spelling {
	JSON_SPELL_COMPACT, /* no blanks */
	JSON_SPELL_BLANKS,  /* {"a": 1, "b": 2} */
	JSON_SPELL_INDENT_2,
	JSON_SPELL_INDENT_4,
	JSON_SPELL_SORTED,	/* members by the bytes of their keys */
	JSON_SPELL_ASCII,	/* \u65e0 for what is not ASCII */
	JSON_SPELL_ASCII_UPPER, /* \u65E0 */
	JSON_SPELL_UTF8,	/* no \u where a character does */
	JSON_SPELL_HTML,	/* \u003d for < > & = ' */
	JSON_SPELL_SLASHES,	/* \/ */
	JSON_SPELL_PLAIN_SLASHES,
	JSON_SPELL__COUNT
};

/* Absent when the text is no object or list, or there is no room. */
struct str json_text_spell(struct arena *a, struct str text,
    enum json_spelling how);

#endif
