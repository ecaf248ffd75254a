/* SPDX-License-Identifier: Apache-2.0 */
/* Walking X-Forwarded-For backwards, over all lines of that header. */
#include "http/client.h"

#include <assert.h>

static bool
is_trusted(const struct address *a, const struct cidr *trusted, int count)
{
	for (int i = 0; i < count; i++)
		if (cidr_has(&trusted[i], a))
			return true;
	return false;
}

/* The last piece of *list, which becomes what stands before it. */
static struct str
cut_last(struct str *list)
{
	size_t comma = list->n;
	struct str piece;

	while (comma > 0 && list->p[comma - 1] != ',')
		comma--;
	piece = str_trim(str_sub(*list, comma, SIZE_MAX));
	*list = comma > 0 ? str_sub(*list, 0, comma - 1) : STR_NONE;
	return piece;
}

/* Some proxies add the port: "192.0.2.1:1234", "[2001:db8::1]:1234". */
static bool
parse_hop(struct str hop, struct address *out)
{
	const char *colon, *close;

	if (hop.n > 0 && hop.p[0] == '[') {
		close = memchr(hop.p, ']', hop.n);
		if (close == NULL)
			return false;
		return address_parse(
		    str_sub(hop, 1, (size_t)(close - hop.p) - 1), out);
	}
	colon = hop.n > 0 ? memchr(hop.p, ':', hop.n) : NULL;
	if (colon != NULL && memchr(hop.p, '.', (size_t)(colon - hop.p)))
		hop = str_sub(hop, 0, (size_t)(colon - hop.p));
	return address_parse(hop, out);
}

/* False: the walk ends here, *a is the client. */
static bool
walk_line(struct str list, const struct cidr *trusted, int count,
    struct address *a)
{
	struct address hop;

	while (!str_is_null(list)) {
		if (!is_trusted(a, trusted, count))
			return false;
		if (!parse_hop(cut_last(&list), &hop))
			return false;
		*a = hop;
	}
	return true;
}

void
client_find(const struct request *r, const struct cidr *trusted,
    int trusted_count, struct address *a)
{
	const struct str name = STR("x-forwarded-for");

	assert(r != NULL);
	assert(trusted != NULL || trusted_count == 0);
	assert(a != NULL);
	for (size_t i = r->header_count; i > 0; i--) {
		const struct header *h = &r->headers[i - 1];

		if (str_eq_nocase(h->name, name) &&
		    !walk_line(h->value, trusted, trusted_count, a))
			return;
	}
}
