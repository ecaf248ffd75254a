/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of log for each request. Secrets and what may be personal do not
 * enter it: of a query only short plain values of harmless names are shown,
 * and long runs of digits are shortened.
 */
#ifndef HTTP_ACCESS_LOG_H
#define HTTP_ACCESS_LOG_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/pipeline.h"

/* sent: the client was given the whole answer. */
void access_log_request(const struct exchange *x, const char *method,
    const char *outcome, int64_t took_us, bool sent);

/* The target as it may be logged. */
void access_log_mask(struct str target, struct buf *out);

#endif
