/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All calls of all dialects as one OpenAPI 3.1 document, written from what the
 * dialects say of themselves (dialect/spec.h), with golden conversations as
 * examples. Pure: no server is needed.
 *
 * Beyond the standard: "x-zh" is a description in Chinese; "x-errors" lists how
 * a call can end, "x-example" is its first example before it is signed, as raw
 * texts; "x-decimals" is how many decimals a number may have, "x-in-catalog"
 * marks what must be in the app's catalog and "x-empty-is-none" a text that may
 * be empty.
 */
#ifndef HTTP_OPENAPI_H
#define HTTP_OPENAPI_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct openapi_options {
	const char *version; /* the program's */
	struct str server;   /* "http://127.0.0.1:3000" */
};

/* ERR_NO_MEMORY; the buffer then holds no document. */
MUST_CHECK enum err_code openapi_print(const struct openapi_options *options,
    struct buf *out);

/* A golden conversation's first exchange, or the one that was asked for. Made
 * at build time by tools/examples.py; a row without a dialect ends them. */
struct openapi_example {
	const char *dialect;
	const char *call;
	const char *name;    /* the conversation's file */
	const char *en, *zh; /* what it shows */
	const char *target;  /* before signing */
	const char *content; /* likewise; NULL: no body */
	const char *request; /* the body as JSON of its schema; NULL: none */
	int status;
	const char *reply; /* JSON */
};

extern const struct openapi_example openapi_examples[];

#endif
