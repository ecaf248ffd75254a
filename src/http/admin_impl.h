/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the admin listener share.
 *
 *	admin.c      routes, probes, metrics; requests in and answers out
 *	admin_docs.c /docs/ and /openapi.json
 *	admin_try.c  /docs/try/…: in a demo, requests handed on to the API
 */
#ifndef HTTP_ADMIN_IMPL_H
#define HTTP_ADMIN_IMPL_H

#include "base/buf.h"
#include "http/server_impl.h"

struct admin_reply {
	int status;
	const char *content_type;
	const char *location; /* NULL: none */
	bool
	    is_page; /* what a browser shows: it gets rules for what it loads */
	struct buf body; /* of the heap */
};

/* {"status":"word"} */
void admin_say(struct admin_reply *out, int status, const char *word);

/* Whether the request came to a name that is ours; see admin.c. */
bool admin_is_our_host(const struct server *s, struct MHD_Connection *mhd);

/* admin_docs.c */
void admin_answer_docs(struct server *s, struct str path,
    struct admin_reply *out);
void admin_answer_openapi(struct server *s, struct str path,
    struct admin_reply *out);
void admin_redirect_docs(struct server *s, struct str path,
    struct admin_reply *out);

/* admin_try.c */
#define ADMIN_TRY "/docs/try"
/* Whether the target is one to be handed on. */
bool admin_is_try(const struct server *s, struct str target);
/* Begins such a request; what it returns is the request's context. */
void *admin_try_begin(struct server *s, const char *uri,
    struct MHD_Connection *mhd);
/* Whether it may be handed on. Asked once, when its head is there. */
bool admin_try_is_allowed(const struct server *s, struct MHD_Connection *mhd);

#endif
