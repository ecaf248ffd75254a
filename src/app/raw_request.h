/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request as people have it at hand when it failed: raw HTTP/1.1, as a proxy
 * or `curl -v` shows it, or the curl command line itself.
 */
#ifndef APP_RAW_REQUEST_H
#define APP_RAW_REQUEST_H

#include "base/arena.h"
#include "base/err.h"
#include "dialect/dialect.h"

/*
 * Fills method, target, path, query, headers and body; all of it borrows the text
 * or lies in the arena. Lines may end with LF or CRLF, and begin with "> ".
 * Without a Content-Length one line end behind the body is the file's own.
 *
 * ERR_BAD_REQUEST  it is no such text: err->detail says where
 * ERR_NO_MEMORY    the arena is full
 */
MUST_CHECK enum err_code raw_request_read(struct arena *a, struct str text,
    struct request *out, struct err *err);

/* The part of it for text that begins with the word curl (curl_line.c). */
MUST_CHECK enum err_code curl_line_read(struct arena *a, struct str text,
    struct request *out, struct err *err);
/* Path and query from the target; both readers end with it. */
void raw_request_split(struct request *r);

#endif
