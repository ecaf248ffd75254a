/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call on the command line, as `send` and `sign` both take it:
 *
 *	DIALECT METHOD [/TARGET | ?QUERY] [BODY | @FILE | @- | NAME=VALUE …]
 *
 * and from it the request, signed.
 */
#ifndef APP_CALL_LINE_H
#define APP_CALL_LINE_H

#include "app/command.h"
#include "app/credentials.h"
#include "dialect/dialect.h"

struct signed_call {
	const struct dialect *dialect;
	struct credentials credentials;
	struct credential credential; /* for the dialect */
	struct sign_output request;
};

/* Reads the words, finds the credential and signs. Returns an exit code, with a
 * sentence on `err` when it is not EXIT_OK. */
int call_line_sign(struct invocation *inv, struct signed_call *out);

/* The URL that requests go to, from --url or the settings: without a slash at its
 * end; absent with a sentence on `err` when it is none. */
struct str call_line_url(struct invocation *inv, const struct signed_call *c);

#endif
