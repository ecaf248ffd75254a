/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a request comes from: the socket's peer, or what trusted proxies say of
 * it in X-Forwarded-For. That list is read from its end, where our own proxies
 * wrote; the first address that is not one of them is the client. What stands
 * before it is the client's own claim and counts for nothing.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "dialect/dialect.h"
#include "http/cidr.h"

/* Turns *a, the peer, into the client. */
void client_find(const struct request *r, const struct cidr *trusted,
    int trusted_count, struct address *a);

#endif
