/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A golden conversation as a file: steps, each begun by a line "== KIND".
 *
 *	== about     what is shown, in a sentence
 *	== given     lines that set the scene: "clock +5s", or a command line of
 *	             the program ("app set dev_app_local --policy …")
 *	== send      a request: start line, headers, blank line, body
 *	== expect    the answer: status line, headers that must be there, blank
 *	             line, the whole body
 *	== stored    facts about the store, one a line
 *
 * In what is sent, a line "@sign [APP] [+MS]" stands for the headers that a
 * client of the path's dialect adds, {{repeat TEXT N}} for a text N times, and
 * {{name}} for what an earlier expectation captured. In what is expected,
 * {{*}} stands for anything and {{name}} captures (or must equal) a value.
 * Host and Content-Length are added where they are missing; "@raw" as the first
 * line sends exactly what is written.
 */
#ifndef TESTS_RUN_CONVERSATION_H
#define TESTS_RUN_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

enum step_kind { STEP_ABOUT, STEP_GIVEN, STEP_SEND, STEP_EXPECT, STEP_STORED };

struct step {
	enum step_kind kind;
	int line; /* of its heading, for messages */
	struct str text;
};

#define STEPS_MAX 64

struct conversation {
	struct str name; /* the file's, without folder and ending */
	struct step steps[STEPS_MAX];
	int step_count;
	/* "@faultless: reason" in its about: sending again would not do. */
	bool is_faultless;
	/* "@demo" in its about: the server shows what a demo's shows. */
	bool is_demo;
};

#define CAPTURES_MAX 32

/* What {{name}} stands for, as the conversation goes on. */
struct captures {
	struct {
		struct str name;
		struct str value;
	} rows[CAPTURES_MAX];
	int count;
};

/* Reads a file; false with a message on stderr. Memory is the arena's. */
bool conversation_read(struct arena *a, const char *path,
    struct conversation *out);

/* The text with {{repeat …}} and {{name}} written out; absent with a message on
 * stderr when a name is unknown. */
struct str conversation_expand(struct arena *a, struct str text,
    const struct captures *captures);

/*
 * Whether `actual` is what `pattern` says; captures what it names. When it is
 * not, *at is where in the pattern the first difference was seen.
 */
bool conversation_match(struct arena *a, struct str pattern, struct str actual,
    struct captures *captures, size_t *at);

#endif
