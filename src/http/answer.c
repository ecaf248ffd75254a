/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reply on its way out. The body is sent from where the dialect wrote it: the
 * exchange's arena lives until libmicrohttpd says that the answer is sent.
 */
#include <sys/socket.h>

#include <assert.h>

#include "base/limits.h"
#include "http/server_impl.h"

#define RAW_HEAD_BYTES 4096

/* Each header costs libmicrohttpd three allocations. */
static bool
add_header(struct MHD_Response *response, const char *name, struct str value)
{
	return !str_is_null(value) &&
	    MHD_add_response_header(response, name, value.p) == MHD_YES;
}

static bool
has_header(const struct reply *reply, struct str name)
{
	for (size_t i = 0; i < reply->header_count; i++)
		if (str_eq_nocase(str_from(reply->headers[i].name), name))
			return true;
	return false;
}

static bool
add_headers(struct MHD_Response *response, struct visit *v)
{
	const struct call *call = &v->exchange.call;
	const struct reply *reply = &call->reply;
	struct arena *a = &v->exchange.arena;

	/* libmicrohttpd wants a NUL behind each value. */
	for (size_t i = 0; i < reply->header_count; i++)
		if (!add_header(response, reply->headers[i].name,
			arena_dup(a, reply->headers[i].value)))
			return false;
	if (reply->content_type != NULL &&
	    !add_header(
		response, "Content-Type", str_from(reply->content_type)))
		return false;
	if (!has_header(reply, STR("X-Request-Id")) &&
	    !add_header(response, "X-Request-Id",
		arena_dup(a, call->request.request_id)))
		return false;
	if (v->closes || v->server->drain_until != 0)
		return add_header(response, "Connection", STR("close"));
	return true;
}

enum MHD_Result
answer_queue(struct visit *v)
{
	const struct reply *reply = &v->exchange.call.reply;
	struct str body = buf_view(&reply->body);
	enum MHD_Result queued = MHD_NO;
	struct MHD_Response *response;

	assert(v->exchange.state == EXCHANGE_READY);
	/* libmicrohttpd's parameter is not const; it only reads. */
	response = MHD_create_response_from_buffer(body.n,
	    body.n > 0 ? reply->body.p : NULL, MHD_RESPMEM_PERSISTENT);
	if (response == NULL)
		return MHD_NO;
	v->step = VISIT_QUEUED;
	if (add_headers(response, v))
		queued = MHD_queue_response(v->mhd, (unsigned int)reply->status,
		    response);
	MHD_destroy_response(response);
	conn_wait(v->conn, WAIT_SEND);
	return queued;
}

static void
print_head(const struct visit *v, struct buf *out)
{
	const struct call *call = &v->exchange.call;
	const struct reply *reply = &call->reply;
	unsigned int status = (unsigned int)reply->status;

	buf_printf(out, "HTTP/1.1 %u %s\r\nConnection: close\r\n", status,
	    MHD_get_reason_phrase_for(status));
	for (size_t i = 0; i < reply->header_count; i++)
		buf_printf(out, "%s: %.*s\r\n", reply->headers[i].name,
		    STR_ARG(reply->headers[i].value));
	if (reply->content_type != NULL)
		buf_printf(out, "Content-Type: %s\r\n", reply->content_type);
	if (!has_header(reply, STR("X-Request-Id")))
		buf_printf(out, "X-Request-Id: %.*s\r\n",
		    STR_ARG(call->request.request_id));
	buf_printf(out, "Content-Length: %zu\r\n\r\n", reply->body.n);
}

void
answer_raw(struct visit *v)
{
	char room[RAW_HEAD_BYTES];
	struct str body;
	struct buf head;

	assert(v->exchange.state == EXCHANGE_READY);
	assert(v->step == VISIT_DROP);
	body = buf_view(&v->exchange.call.reply.body);
	buf_init_fixed(&head, room, sizeof(room));
	print_head(v, &head);
	/* The answers before this one have left: there is room for a small
	 * one, and nobody to be told if there is not. */
	if (!buf_failed(&head) &&
	    send(v->conn->fd, head.p, head.n, MSG_NOSIGNAL | MSG_MORE) ==
		(ssize_t)head.n)
		(void)send(v->conn->fd, body.p, body.n, MSG_NOSIGNAL);
	(void)shutdown(v->conn->fd, SHUT_WR);
	v->step = VISIT_LINGER;
	conn_wait(v->conn, WAIT_LINGER);
}
