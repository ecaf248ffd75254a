/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request ids, trace ids and random bytes for requests, cheap enough for every
 * one of them: no call into the kernel per request. Each thread has its own.
 */
#ifndef HTTP_IDS_H
#define HTTP_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define REQUEST_ID_BYTES 16

/* Cryptographic random bytes, drawn in bulk. At most 256 at a time. */
void entropy_take(void *out, size_t n);

/*
 * The client's own id when it is sane ([A-Za-z0-9._-], at most
 * LIMIT_REQUEST_ID_BYTES), else one of ours: 16 hex digits, never twice in one
 * thread. Absent when the arena is full.
 */
struct str request_id_choose(struct arena *a, struct str from_client);

/* The 32 hex digits in the middle of a W3C traceparent; absent when it is not
 * one. Borrowed from it. */
struct str trace_id_find(struct str traceparent);

#endif
