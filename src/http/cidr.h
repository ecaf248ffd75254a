/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Internet addresses and ranges of them. An IPv4 address is kept as its IPv6
 * form ::ffff:a.b.c.d, so that one comparison does for both.
 */
#ifndef HTTP_CIDR_H
#define HTTP_CIDR_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct address {
	uint8_t bytes[16];
};

struct cidr {
	struct address base;
	int bits; /* of 128 */
};

#define ADDRESS_TEXT_BYTES 46 /* the longest IPv6 text and a NUL */

/* "192.0.2.1", "2001:db8::1"; false for anything else, zones included. */
bool address_parse(struct str text, struct address *out);
/* The peer of a socket; false when it is no internet address. */
bool address_of(const struct sockaddr *peer, struct address *out);
/* IPv4 in its own form. */
struct str address_print(const struct address *a, char out[ADDRESS_TEXT_BYTES]);

/* An address, or "10.0.0.0/8". Bits of the address behind the prefix may be
 * set and do not count. */
bool cidr_parse(struct str text, struct cidr *out);
bool cidr_has(const struct cidr *range, const struct address *a);
/* Whether a comma-separated list of ranges has the address. What cannot be
 * read has none: a slip in an allow-list must not open it. */
bool cidr_list_has(struct str list, const struct address *a);

#endif
