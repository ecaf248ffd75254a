/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and ranges: text, sockets, comparison. */
#include "http/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <assert.h>

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool
is_v4(const struct address *a)
{
	return memcmp(a->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

static void
set_v4(struct address *out, const void *four)
{
	memcpy(out->bytes, v4_prefix, sizeof(v4_prefix));
	memcpy(out->bytes + sizeof(v4_prefix), four, 4);
}

bool
address_parse(struct str text, struct address *out)
{
	char room[ADDRESS_TEXT_BYTES];
	struct in_addr v4;

	assert(out != NULL);
	if (text.p == NULL || text.n == 0 || text.n >= sizeof(room))
		return false;
	memcpy(room, text.p, text.n);
	room[text.n] = '\0';
	if (strlen(room) != text.n)
		return false;
	if (inet_pton(AF_INET, room, &v4) == 1) {
		set_v4(out, &v4);
		return true;
	}
	return inet_pton(AF_INET6, room, out->bytes) == 1;
}

bool
address_of(const struct sockaddr *peer, struct address *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	assert(out != NULL);
	if (peer == NULL)
		return false;
	if (peer->sa_family == AF_INET) {
		memcpy(&v4, peer, sizeof(v4));
		set_v4(out, &v4.sin_addr);
		return true;
	}
	if (peer->sa_family != AF_INET6)
		return false;
	memcpy(&v6, peer, sizeof(v6));
	memcpy(out->bytes, &v6.sin6_addr, sizeof(out->bytes));
	return true;
}

struct str
address_print(const struct address *a, char out[ADDRESS_TEXT_BYTES])
{
	const char *text;

	assert(a != NULL);
	assert(out != NULL);
	if (is_v4(a))
		text = inet_ntop(AF_INET, a->bytes + sizeof(v4_prefix), out,
		    ADDRESS_TEXT_BYTES);
	else
		text = inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT_BYTES);
	assert(text != NULL);
	return str_from(text);
}

bool
cidr_parse(struct str text, struct cidr *out)
{
	struct str rest = str_trim(text), base;
	int64_t bits, most;

	assert(out != NULL);
	base = str_cut(&rest, '/');
	if (!address_parse(base, &out->base))
		return false;
	most = is_v4(&out->base) && memchr(base.p, ':', base.n) == NULL ? 32
									: 128;
	bits = most;
	if (!str_is_null(rest) && !str_parse_int(rest, &bits))
		return false;
	if (bits < 0 || bits > most)
		return false;
	out->bits = (int)(bits + 128 - most);
	return true;
}

bool
cidr_has(const struct cidr *range, const struct address *a)
{
	size_t whole;
	int rest;

	assert(range != NULL);
	assert(a != NULL);
	assert(range->bits >= 0);
	assert(range->bits <= 128);
	whole = (size_t)range->bits / 8;
	rest = range->bits % 8;
	if (memcmp(range->base.bytes, a->bytes, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	return ((range->base.bytes[whole] ^ a->bytes[whole]) >> (8 - rest)) ==
	    0;
}

bool
cidr_list_has(struct str list, const struct address *a)
{
	struct cidr range;

	assert(a != NULL);
	while (!str_is_null(list))
		if (cidr_parse(str_cut(&list, ','), &range) &&
		    cidr_has(&range, a))
			return true;
	return false;
}
