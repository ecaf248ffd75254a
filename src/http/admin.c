/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin listener: probes and metrics, and the reference of the API, for
 * machines and people who run the server. Paths are a table; one that ends in
 * '/' has everything below it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "http/admin_impl.h"
#include "http/head.h"

#define TYPE_JSON "application/json"
#define TYPE_METRICS \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

struct admin_route {
	struct str path;
	void (*answer)(
	    struct server *s, struct str path, struct admin_reply *out);
};

/* Pages load nothing but what this listener has, and nothing frames them. */
#define PAGE_RULES \
	"default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src 'self'; connect-src 'self'; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'none'"

void
admin_say(struct admin_reply *out, int status, const char *word)
{
	out->status = status;
	out->content_type = TYPE_JSON;
	buf_printf(&out->body, "{\"status\":\"%s\"}\n", word);
}

/* The loop turns, or nobody would answer. */
static void
answer_livez(struct server *s, struct str path, struct admin_reply *out)
{
	(void)s;
	(void)path;
	admin_say(out, 200, "live");
}

static void
answer_readyz(struct server *s, struct str path, struct admin_reply *out)
{
	struct err err = {.code = ERR_OK};

	(void)path;
	if (s->drain_until != 0) {
		admin_say(out, 503, "draining");
	} else if (engine_ping(s->config.engine, &err) != ERR_OK) {
		log_message(LOG_WARN, "not_ready", "the store: %s", err.detail);
		admin_say(out, 503, "store_unavailable");
	} else {
		admin_say(out, 200, "ready");
	}
}

static void
answer_metrics(struct server *s, struct str path, struct admin_reply *out)
{
	static struct engine_stats stats; /* the loop thread's, and large */

	(void)path;
	engine_stats(s->config.engine, &stats);
	out->status = 200;
	out->content_type = TYPE_METRICS;
	metrics_print(&s->metrics, &stats, clock_now_ms(&s->config.clock),
	    &out->body);
}

static const struct admin_route routes[] = {
    {STR_INIT("/livez"), answer_livez},
    {STR_INIT("/readyz"), answer_readyz},
    {STR_INIT("/metrics"), answer_metrics},
    {STR_INIT("/openapi.json"), admin_answer_openapi},
    {STR_INIT("/docs"), admin_redirect_docs},
    {STR_INIT("/docs/"), admin_answer_docs},
};

static const struct admin_route *
find_route(struct str path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		struct str at = routes[i].path;

		if (str_eq(path, at) ||
		    (at.p[at.n - 1] == '/' && str_starts(path, at)))
			return &routes[i];
	}
	return NULL;
}

/* The host of "host", "host:port", "[v6]" and "[v6]:port"; brackets go. */
static struct str
host_of(struct str s)
{
	if (str_starts(s, STR("["))) {
		s = str_sub(s, 1, SIZE_MAX);
		return str_cut(&s, ']');
	}
	return str_cut(&s, ':');
}

/*
 * A browser can be led here by a page whose own name was made to resolve to
 * this address, and would let that page read the answer. Such a request has the
 * page's name as its host; people and machines come by an address, by localhost
 * or by the name that the listener was given.
 */
bool
admin_is_our_host(const struct server *s, struct MHD_Connection *mhd)
{
	const char *sent = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND,
	    "Host");
	struct address address;
	struct str host;

	if (sent == NULL)
		return true; /* HTTP/1.0: no browser */
	host = host_of(str_trim(str_from(sent)));
	return str_eq_nocase(host, STR("localhost")) ||
	    address_parse(host, &address) ||
	    (host.n > 0 && str_eq_nocase(host, host_of(s->config.admin)));
}

static void
make_reply(struct server *s, struct MHD_Connection *mhd, const char *method,
    struct str path, struct admin_reply *out)
{
	const struct admin_route *route = find_route(path);
	struct str word = str_from(method);

	*out = (struct admin_reply){.status = 0};
	buf_init(&out->body, NULL, LIMIT_METRICS_BYTES);
	if (!admin_is_our_host(s, mhd))
		admin_say(out, 421, "not_this_host");
	else if (str_eq(path, STR(ADMIN_TRY)))
		admin_say(out, 403, "only_from_the_page");
	else if (route == NULL)
		admin_say(out, 404, "no_such_path");
	else if (!str_eq(word, STR("GET")) && !str_eq(word, STR("HEAD")))
		admin_say(out, 405, "only_get");
	else
		route->answer(s, path, out);
}

static bool
add(struct MHD_Response *response, bool wanted, const char *name,
    const char *value)
{
	return !wanted ||
	    MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool
add_headers(struct MHD_Response *response, const struct server *s,
    const struct admin_reply *reply)
{
	return add(response, true, "Content-Type", reply->content_type) &&
	    add(response, true, "Cache-Control", "no-store") &&
	    add(response, true, "X-Content-Type-Options", "nosniff") &&
	    add(response, true, "Cross-Origin-Resource-Policy",
		"same-origin") &&
	    add(response, reply->is_page, "Content-Security-Policy",
		PAGE_RULES) &&
	    add(response, reply->is_page, "Referrer-Policy", "no-referrer") &&
	    add(response, reply->location != NULL, "Location",
		reply->location) &&
	    add(response, reply->status == 405, "Allow", "GET, HEAD") &&
	    add(response, s->drain_until != 0, "Connection", "close");
}

static enum MHD_Result
queue(struct MHD_Connection *mhd, struct server *s, struct admin_reply *reply)
{
	enum MHD_Result queued = MHD_NO;
	struct MHD_Response *response = NULL;

	if (!buf_failed(&reply->body))
		response = MHD_create_response_from_buffer(reply->body.n,
		    reply->body.p, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		buf_fini(&reply->body);
		return MHD_NO;
	}
	if (add_headers(response, s, reply))
		queued = MHD_queue_response(mhd, (unsigned int)reply->status,
		    response);
	MHD_destroy_response(response);
	return queued;
}

/* The target as it was sent: libmicrohttpd decodes it in its place. */
void *
admin_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct conn *c = conn_of(mhd);

	assert(cls != NULL);
	assert(uri != NULL);
	if (c == NULL)
		return NULL;
	free(c->target);
	c->target = NULL;
	c->dropped_bytes = 0;
	if (admin_is_try(cls, str_from(uri)))
		return admin_try_begin(cls, uri, mhd);
	c->target = strdup(uri);
	return NULL;
}

static char head_was_seen;

/* A request that was to be handed on and may not be: it is refused like any
 * other of ours. */
static enum MHD_Result
refuse_try(struct conn *c, void **context)
{
	visit_end(c->visit, false);
	c->target = strdup(ADMIN_TRY);
	*context = &head_was_seen;
	return c->target != NULL ? MHD_YES : MHD_NO;
}

/* A request is answered once it is complete, its body is dropped; its context
 * is only a mark that its head was seen. One that is handed on has its visit as
 * context, see admin_try.c. */
enum MHD_Result
admin_access(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_bytes, void **context)
{
	struct server *s = cls;
	struct admin_reply reply;
	struct conn *c = conn_of(mhd);
	struct str target;

	assert(s != NULL);
	if (c != NULL && c->visit != NULL) {
		if (c->visit->step == VISIT_HEAD &&
		    !admin_try_is_allowed(s, mhd))
			return refuse_try(c, context);
		return handler_access(cls, mhd, url, method, version, upload,
		    upload_bytes, context);
	}
	if (c == NULL || c->target == NULL)
		return MHD_NO;
	if (*context == NULL) {
		*context = &head_was_seen;
		return MHD_YES;
	}
	if (*upload_bytes > 0) {
		c->dropped_bytes += (int64_t)*upload_bytes;
		*upload_bytes = 0;
		return c->dropped_bytes > LIMIT_DRAIN_BYTES ? MHD_NO : MHD_YES;
	}
	target = head_origin_form(str_from(c->target));
	make_reply(s, mhd, method, str_cut(&target, '?'), &reply);
	conn_wait(c, WAIT_SEND);
	return queue(mhd, s, &reply);
}

void
admin_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode how)
{
	struct conn *c = conn_of(mhd);

	assert(cls != NULL);
	if (c != NULL && c->visit != NULL) {
		handler_completed(cls, mhd, context, how);
		return;
	}
	*context = NULL;
	if (c != NULL)
		conn_wait(c, WAIT_RECEIVE);
}
