/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder of flat JSON objects: a table has a row for each member that may
 * come, and one function reads all of them into a change. Every member that
 * fails is told, not the first one. Rules that look at two members are named
 * functions of the dialect, called afterwards.
 *
 * Read the JSON with JSON_READ_NUMBERS_AS_REAL: then 2, 2.0 and 2e0 are the
 * same number, 2.5 is none that a WIRE_INT takes, and one of 30 digits is its
 * member's fault.
 */
#ifndef DIALECT_FIELDS_H
#define DIALECT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "order/command.h"

enum wire_kind {
	WIRE_TEXT,	/* min, max: code points; min > 0: not all blank */
	WIRE_CHOICE,	/* one of the words of `choices` */
	WIRE_INT,	/* min, max: values */
	WIRE_PRICE,	/* yuan; min, max in 1/10000 yuan, at most `decimals` */
	WIRE_READ_ONLY, /* known, and refused */
	WIRE_ANY,	/* known, and read by the caller */
};

enum wire_place {
	WIRE_TO_NOWHERE,  /* READ_ONLY, ANY, or what is only looked at */
	WIRE_TO_FIELD,	  /* a text or number of the order: `field` */
	WIRE_TO_STATUS,	  /* the new order's state, by name */
	WIRE_TO_LINE,	  /* a member of a line: `offset` */
	WIRE_TO_QUANTITY, /* the quantity of the only line */
	WIRE_TO_NOTE,	  /* the amendment's note */
};

struct wire_field {
	const char *name; /* on the wire */
	enum wire_kind kind;
	enum wire_place place;
	enum order_field field;
	size_t offset;
	bool required;
	bool nullable; /* null is as good as none: it clears */
	int64_t min;
	int64_t max;
	int decimals;
	const char *choices;	  /* "A|B" */
	bool (*form)(struct str); /* MAY. A text's form */
	/* What the client is told; the others default to the first. */
	const char *message;
	const char *message_over; /* a number above max */
	const char *message_form; /* a number with too many decimals */
};

struct wire_table {
	const struct wire_field *rows;
	size_t count;		 /* at most 64 */
	bool takes_text_numbers; /* "5" is as good as 5 */
	bool ignores_unknown;
	/* What is told where no row has words. */
	const char *required;
	const char *unknown;
	const char *read_only;
};

/* Where the members go. */
struct wire_sink {
	struct arena *arena;
	const char *prefix; /* of names in faults: "items[2]."; NULL: none */
	struct change *change;
	struct line *line;	 /* NULL where no row needs one */
	struct outcome *outcome; /* takes the faults */
};

/*
 * Reads the members of an object. Texts are borrowed from the tree; an empty
 * text is as good as none. What was faulty is left out. Returns the rows that
 * were there, as a mask of BIT64(row index), faulty ones included.
 */
uint64_t fields_decode(const struct wire_table *t, json_t *object,
    const struct wire_sink *sink);

/* Adds a fault of a member outside any table ("body", "query"). A name that is
 * not ours is cut to LIMIT_NAME_BYTES. */
void fields_fault(const struct wire_sink *sink, enum rule rule, struct str name,
    const char *text);

/* Whether the word is one of "A|B". */
bool wire_has_choice(const char *choices, struct str word);

/* Forms. */
bool wire_is_mobile(struct str s); /* 11 digits, the first is 1 */
bool wire_is_url(struct str s);	   /* http:// or https://, and a host */

#endif
