/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The credentials that `send` and `sign` work with: of the words themselves, of a
 * file, of the demo, or of the store, wherever that is open.
 */
#ifndef APP_CREDENTIALS_H
#define APP_CREDENTIALS_H

#include "app/app_records.h"
#include "app/command.h"
#include "dialect/explain.h"
#include "order/access.h"

/* An app's, all in the invocation's arena. */
struct credentials {
	struct str app;
	struct str listen; /* of the server that told; absent: nobody did */
	struct policy policy;
	struct credential of[ACCESS__COUNT]; /* an absent key: it has none */
	/* Other secrets, for those who look for a mistake. */
	struct explain_secret *others;
	size_t other_count;
};

/*
 * By the words of the command line: --secret (with --app as the public key, --sid
 * and --session), --credentials FILE, --demo, else the store; --franchiser-sign
 * goes before what the store says. `key` is one of the
 * app's keys; NULL: --app says which, or it is the first. Returns an exit code,
 * with a sentence on `err` when it is not EXIT_OK.
 */
int credentials_find(struct invocation *inv, enum access access,
    const char *key, struct credentials *out);

#endif
