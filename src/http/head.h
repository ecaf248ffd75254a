/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a request, looked at before anything is believed. Shapes that
 * two HTTP programs may read differently are refused: a proxy in front of us
 * and we must never see different requests in the same bytes.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dialect/dialect.h"

/*
 * ERR_BAD_REQUEST   and the detail says which rule was broken
 * ERR_URL_TOO_LONG  the target passes LIMIT_URL_BYTES
 * Both end the connection: where the next request begins is in doubt.
 */
MUST_CHECK enum err_code head_check(const struct request *r, struct str version,
    struct err *err);

/* What the head says of the body. */
struct head_body {
	bool expected;	   /* one will come */
	int64_t bytes;	   /* -1: chunked, or a length that is none */
	bool waits_for_us; /* Expect: 100-continue */
	bool is_coded;	   /* Content-Encoding, and not identity */
};

struct head_body head_body(const struct request *r);
/* Whether it says Expect: 100-continue, with a body or without. */
bool head_expects(const struct request *r);

/* Path and query of a target: an absolute one without scheme and authority
 * (RFC 9112, 3.2.2), any other as it is. */
struct str head_origin_form(struct str target);

#endif
