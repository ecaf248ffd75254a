/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In a demo the reference in the browser can try calls: what is sent to
 * /docs/try/… is answered as the API answers what stands behind that, in the
 * same process and with all its checks. So the page needs no leave to talk to
 * another origin, and the API grants none to anybody.
 *
 * Who may ask:
 *
 *   a page whose name was made to resolve to us   its Host is not ours
 *   a page of another origin                      it can't set our header
 *       without asking first, and OPTIONS is answered with no leave; what the
 *       browser says of its origin must be ours, too
 *   a program on this machine                     as it may ask the API itself
 *
 * It gives nobody more than the API does: a request must be signed as ever, and
 * the page signs with the demo's published secrets or with what was typed.
 */
#include "http/admin_impl.h"

#include <assert.h>

#define HEADER "X-Procured-Docs"

bool
admin_is_try(const struct server *s, struct str target)
{
	return !str_is_null(s->config.docs_demo) &&
	    str_starts(target, STR(ADMIN_TRY "/"));
}

void *
admin_try_begin(struct server *s, const char *uri, struct MHD_Connection *mhd)
{
	struct visit *v = handler_uri(s, uri, mhd);
	struct request *r;

	if (v == NULL)
		return NULL;
	r = &v->exchange.call.request;
	r->target = str_sub(r->target, strlen(ADMIN_TRY), SIZE_MAX);
	return v;
}

static struct str
header(struct MHD_Connection *mhd, const char *name)
{
	const char *value = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND,
	    name);

	return value == NULL ? STR_NONE : str_trim(str_from(value));
}

/* "http://" and the Host that the request came to. */
static bool
is_own_origin(struct str origin, struct str host)
{
	struct str scheme = STR("http://");

	return str_starts(origin, scheme) &&
	    str_eq_nocase(str_sub(origin, scheme.n, SIZE_MAX), host);
}

bool
admin_try_is_allowed(const struct server *s, struct MHD_Connection *mhd)
{
	struct str origin = header(mhd, "Origin");
	struct str site = header(mhd, "Sec-Fetch-Site");

	assert(!str_is_null(s->config.docs_demo));
	if (!admin_is_our_host(s, mhd) || str_is_null(header(mhd, HEADER)))
		return false;
	if (!str_is_null(site) && !str_eq(site, STR("same-origin")))
		return false;
	return str_is_null(origin) ||
	    is_own_origin(origin, header(mhd, "Host"));
}
