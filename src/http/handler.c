/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd's calls for one request, in the order they come:
 *
 *	handler_uri        the request line is there: the raw target is copied
 *	handler_access     the head is there (VISIT_HEAD)
 *	handler_access     a piece of the body, any number of times
 *	handler_access     the request is complete; again until it is answered
 *	handler_completed  the answer was sent, or the connection broke
 *
 * A reply that is ready before the body was read (a refusal) goes out at once
 * to a client that waits to be asked for its body. Any other client may not be
 * reading yet: its body is read and dropped first.
 */
#include <assert.h>

#include "base/limits.h"
#include "http/client.h"
#include "http/head.h"
#include "http/server_impl.h"

static struct visit *
visit_cast(void *context)
{
	struct visit *v = context;

	assert(v == NULL || v->magic == VISIT_MAGIC);
	return v;
}

void *
handler_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct conn *c = conn_of(mhd);
	struct visit *v;

	assert(cls != NULL);
	assert(uri != NULL);
	if (c == NULL)
		return NULL;
	/* A head that libmicrohttpd refused by itself left one behind. */
	if (c->visit != NULL)
		visit_end(c->visit, false);
	v = visit_new(c, mhd);
	if (v == NULL)
		return NULL;
	c->server->front_moved = true;
	v->exchange.started_us = when_monotonic_us();
	v->raw_target = uri;
	v->raw_target_bytes = strlen(uri);
	v->exchange.call.request.target = arena_dup(&v->exchange.arena,
	    (struct str){uri, v->raw_target_bytes});
	return v;
}

static void
find_client(struct visit *v)
{
	struct request *r = &v->exchange.call.request;
	const struct server *s = v->server;
	const struct conn *c = v->conn;
	struct str ip = str_from(c->peer_text);
	char text[ADDRESS_TEXT_BYTES];
	struct address a = c->peer;

	if (ip.n > 0) {
		client_find(r, s->trusted, s->config.trusted_proxy_count, &a);
		if (memcmp(&a, &c->peer, sizeof(a)) != 0)
			ip = address_print(&a, text);
	}
	/* Not the connection's own text: the request may outlive it. */
	r->client_ip = arena_dup(&v->exchange.arena, ip);
}

static void
start_drop(struct visit *v)
{
	v->step = VISIT_DROP;
	conn_wait(v->conn, WAIT_DROP);
}

/*
 * The engine is still at it. To suspend the connection and resume it would cost
 * two epoll_ctl and a recv in vain, more than to be asked a few times.
 */
static enum MHD_Result
ask_again(struct visit *v)
{
	if (v->abandoned)
		return MHD_NO;
	if (++v->times_asked == LIMIT_ASKED)
		visit_suspend(v);
	return MHD_YES;
}

static enum MHD_Result
take_end(struct visit *v)
{
	struct exchange *x = &v->exchange;

	if (v->step == VISIT_LINGER)
		return MHD_NO;
	if (x->state == EXCHANGE_WAITING)
		return ask_again(v);
	if (x->state == EXCHANGE_READY)
		return answer_queue(v);
	x->call.request.body = buf_view(&v->body);
	if (exchange_run(x))
		return answer_queue(v);
	conn_unwait(v->conn);
	visit_wait(v);
	return MHD_YES;
}

/*
 * Asks to be told to go on with no body at all. libmicrohttpd would tell it so,
 * and with a next request behind this one call us in between, where it takes no
 * answer. Answered with the head, that never happens; but it closes then, and
 * says so.
 */
static bool
waits_in_vain(const struct visit *v)
{
	const struct request *r = &v->exchange.call.request;

	return head_expects(r) && !head_body(r).expected;
}

/* Not asked again, or what is waited for in vain would be sent meanwhile. */
static enum MHD_Result
take_end_now(struct visit *v)
{
	enum MHD_Result taken = take_end(v);

	if (v->is_asked)
		visit_suspend(v);
	return taken;
}

static enum MHD_Result
take_head(struct visit *v, const char *method, const char *version)
{
	struct exchange *x = &v->exchange;
	struct err err = {.code = ERR_OK};
	struct head_body body;
	enum err_code code;

	code = raw_head_take(v, method, version, &err);
	if (code == ERR_NO_MEMORY)
		return MHD_NO;
	find_client(v);
	v->step = VISIT_BODY;
	if (code == ERR_OK)
		code = head_check(&x->call.request, str_from(version), &err);
	if (code != ERR_OK) {
		v->closes = true;
		exchange_refuse(x, code, &err);
		return answer_queue(v);
	}
	if (!exchange_open(x))
		return waits_in_vain(v) ? take_end_now(v) : MHD_YES;
	body = head_body(&x->call.request);
	if (!body.expected)
		return waits_in_vain(v) ? take_end_now(v) : MHD_YES;
	v->closes = x->call.outcome.code == ERR_BODY_TOO_LARGE;
	if (body.waits_for_us)
		return answer_queue(v);
	start_drop(v);
	return MHD_YES;
}

static enum err_code
keep_piece(struct visit *v, struct str piece)
{
	if (!visit_reserve(v, piece.n))
		return ERR_BUSY;
	buf_add(&v->body, piece.p, piece.n);
	if (!buf_failed(&v->body))
		return ERR_OK;
	return arena_failed(&v->exchange.arena) ? ERR_NO_MEMORY
						: ERR_BODY_TOO_LARGE;
}

static void
take_body(struct visit *v, struct str piece)
{
	enum err_code code;

	v->body_bytes += (int64_t)piece.n;
	if (v->step == VISIT_BODY) {
		code = keep_piece(v, piece);
		if (code == ERR_OK)
			return;
		v->closes = true;
		exchange_refuse(&v->exchange, code, NULL);
		start_drop(v);
	}
	if (v->step == VISIT_DROP && v->body_bytes > LIMIT_DRAIN_BYTES)
		answer_raw(v);
}

enum MHD_Result
handler_access(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_bytes, void **context)
{
	struct visit *v = visit_cast(*context);

	assert(cls != NULL);
	assert(upload_bytes != NULL);
	(void)url; /* decoded and cut: never looked at */
	(void)mhd;
	if (v == NULL || str_is_null(v->exchange.call.request.target))
		return MHD_NO;
	if (v->exchange.state != EXCHANGE_WAITING)
		v->server->front_moved = true;
	if (v->step == VISIT_HEAD)
		return take_head(v, method, version);
	if (*upload_bytes == 0)
		return take_end(v);
	take_body(v, (struct str){upload, *upload_bytes});
	*upload_bytes = 0;
	return MHD_YES;
}

void
handler_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode how)
{
	struct visit *v = visit_cast(*context);
	struct conn *c;

	assert(cls != NULL);
	(void)mhd;
	*context = NULL;
	if (v == NULL)
		return;
	c = v->conn;
	assert(c != NULL);
	c->server->front_moved = true;
	conn_wait(c, WAIT_RECEIVE);
	visit_end(v,
	    how == MHD_REQUEST_TERMINATED_COMPLETED_OK ||
		v->step == VISIT_LINGER);
}
