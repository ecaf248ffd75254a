/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a signature does not hold. A dialect takes a request apart (its hook
 * examine); then one hypothesis after another is tried: the string is built as a
 * client with that one mistake would build it, and when its hash is the
 * signature that was sent, the mistake is known. Two mistakes at once are found
 * too. The hypotheses are the rows of explain_rows.c.
 */
#ifndef DIALECT_EXPLAIN_H
#define DIALECT_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "dialect/signing.h"

/* What is said to the developer, and a name for tests and scripts. */
struct explain_words {
	const char *name;
	const char *en;
	const char *zh;
};

/* How a dialect writes its time. */
enum explain_time {
	EXPLAIN_MS,	/* since 1970 */
	EXPLAIN_S,	/* since 1970 */
	EXPLAIN_S_2012, /* since 2012-01-01 +08:00 */
	EXPLAIN_CHINA,	/* yyyy-MM-dd HH:mm:ss in +08:00; either number too */
};

/* A request taken apart. What is absent is not in it, or not in the dialect. */
struct examined {
	struct str key;		/* the app it names */
	struct str signature;	/* as it was sent */
	struct signing signing; /* what the server signs */
	/* Names in signing.fields that hypotheses are about. */
	struct str method_name, target_name, time_name, body_name, salt_name;
	struct str sign_name; /* of the signature, where it is a field */
	/* The fields in the order they came, the signature among them. */
	const struct form_field *sent;
	size_t sent_count;
	struct str appsecret; /* as the app has it */
	struct str secret;    /* the part of it that is hashed */
	struct str salt;      /* the part that is sent */
	struct str host;      /* of the header */
	struct str base;      /* that paths begin with */
	struct str timestamp; /* as sent */
	enum explain_time time;
	bool has_time; /* the dialect can read it */
	int64_t at_ms;
	int64_t window_ms;
	bool upper;	    /* the dialect's signatures are in capitals */
	bool empty_is_none; /* a signature without empty fields holds too */
	/* MAY. What the dialect itself refuses before or beside the hash. */
	const struct explain_words *objection;
};

/* A secret that may have been taken by mistake. */
struct explain_secret {
	struct str app;
	struct str dialect;
	struct str secret;
};

struct explain_input {
	const struct examined *request;
	const struct explain_secret *others;
	size_t other_count;
	int64_t now_ms; /* when it arrived */
};

#define EXPLAIN_MISTAKES_MAX 2

struct explanation {
	bool has_signature;
	bool holds; /* as it was sent */
	/* Of a signature that does not hold: the mistakes, none when unknown. */
	struct {
		const struct explain_words *words;
		struct str note; /* a field's name, an app's …; may be absent */
	} mistakes[EXPLAIN_MISTAKES_MAX];
	size_t mistake_count;
	const struct explain_words *remark; /* of one that holds; or NULL */
	/* What is wrong with the time, or NULL; and by how much it is off. */
	const struct explain_words *time;
	int64_t off_ms;
	struct str expected; /* the signature the server would take */
};

/* False: there is no room. */
bool explain(struct arena *a, const struct explain_input *in,
    struct explanation *out);

#endif
