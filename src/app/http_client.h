/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP exchange as a client, by libcurl.
 */
#ifndef APP_HTTP_CLIENT_H
#define APP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "dialect/dialect.h"

struct http_question {
	struct str method;
	struct str url;	   /* scheme, host, port, perhaps a path before all */
	struct str target; /* behind it, exactly as it goes out */
	struct str body;   /* empty: none */
	const struct header *headers;
	size_t header_count;
	int64_t timeout_ms; /* for all of it */
	struct buf *raw; /* MAY. Takes what went over the wire, "> " and "< " */
};

struct http_reply {
	int status;
	struct str body; /* in the arena */
	bool connected;	 /* even where no answer came */
	bool tls_failed; /* no connection, but somebody was there */
};

/* http or https, with a host and no user, query or fragment. */
bool http_url_is_good(const char *url);

/*
 * ERR_BUSY       no connection, or no answer in time: err->detail says why, in
 *                libcurl's words
 * ERR_NO_MEMORY  there is no room for the answer
 */
MUST_CHECK enum err_code http_ask(struct arena *a,
    const struct http_question *question, struct http_reply *reply,
    struct err *err);

#endif
