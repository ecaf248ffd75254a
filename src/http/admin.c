/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin listener: probes and metrics, for machines and people who run the
 * server. Paths are a table; one that ends in '/' has everything below it.
 */
#include <assert.h>

#include "base/limits.h"
#include "base/log.h"
#include "http/server_impl.h"

#define TYPE_JSON "application/json"
#define TYPE_METRICS \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

struct admin_reply {
	int status;
	const char *content_type;
	struct buf body; /* of the heap */
};

struct admin_route {
	struct str path;
	void (*answer)(
	    struct server *s, struct str path, struct admin_reply *out);
};

static void
say_status(struct admin_reply *out, int status, const char *word)
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
	say_status(out, 200, "live");
}

static void
answer_readyz(struct server *s, struct str path, struct admin_reply *out)
{
	struct err err = {.code = ERR_OK};

	(void)path;
	if (s->drain_until != 0) {
		say_status(out, 503, "draining");
	} else if (engine_ping(s->config.engine, &err) != ERR_OK) {
		log_message(LOG_WARN, "not_ready", "the store: %s", err.detail);
		say_status(out, 503, "store_unavailable");
	} else {
		say_status(out, 200, "ready");
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

static void
make_reply(struct server *s, const char *method, struct str path,
    struct admin_reply *out)
{
	const struct admin_route *route = find_route(path);
	struct str word = str_from(method);

	buf_init(&out->body, NULL, LIMIT_METRICS_BYTES);
	if (route == NULL)
		say_status(out, 404, "no_such_path");
	else if (!str_eq(word, STR("GET")) && !str_eq(word, STR("HEAD")))
		say_status(out, 405, "only_get");
	else
		route->answer(s, path, out);
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
	if (MHD_add_response_header(
		response, "Content-Type", reply->content_type) == MHD_YES &&
	    MHD_add_response_header(response, "Cache-Control", "no-store") ==
		MHD_YES &&
	    (reply->status != 405 ||
		MHD_add_response_header(response, "Allow", "GET, HEAD") ==
		    MHD_YES) &&
	    (s->drain_until == 0 ||
		MHD_add_response_header(response, "Connection", "close") ==
		    MHD_YES))
		queued = MHD_queue_response(mhd, (unsigned int)reply->status,
		    response);
	MHD_destroy_response(response);
	return queued;
}

/* A request is answered once it is complete; it has no memory of ours, only a
 * mark that its head was seen. */
enum MHD_Result
admin_access(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_bytes, void **context)
{
	static char head_was_seen;
	struct server *s = cls;
	struct admin_reply reply;
	struct conn *c = conn_of(mhd);

	assert(s != NULL);
	(void)version;
	(void)upload;
	if (c == NULL)
		return MHD_NO;
	if (*context == NULL) {
		*context = &head_was_seen;
		return MHD_YES;
	}
	if (*upload_bytes > 0)
		return MHD_NO; /* no call here takes a body */
	make_reply(s, method, str_from(url), &reply);
	conn_wait(c, WAIT_SEND);
	return queue(mhd, s, &reply);
}

void
admin_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode how)
{
	struct conn *c = conn_of(mhd);

	assert(cls != NULL);
	(void)how;
	*context = NULL;
	if (c != NULL)
		conn_wait(c, WAIT_RECEIVE);
}
