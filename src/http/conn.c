/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections, and the sweeper. libmicrohttpd's own timeout is one of
 * inactivity, which a client that sends a byte now and then never meets, so it
 * is off, and every wait for a client is in one of the lists here instead.
 *
 * A connection is in no list while the engine works for it.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/server_impl.h"

static const int64_t wait_ms[WAIT__COUNT] = {
    [WAIT_RECEIVE] = LIMIT_REQUEST_MS,
    [WAIT_DROP] = LIMIT_DRAIN_MS,
    [WAIT_LINGER] = LIMIT_LINGER_MS,
    [WAIT_SEND] = LIMIT_SEND_MS,
};

static struct conn *
conn_cast(void *context)
{
	struct conn *c = context;

	assert(c == NULL || c->magic == CONN_MAGIC);
	return c;
}

struct conn *
conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? conn_cast(info->socket_context) : NULL;
}

/* Here once, for requests log the address and are many. */
static void
find_peer(struct conn *c, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (info != NULL && address_of(info->client_addr, &c->peer))
		(void)address_print(&c->peer, c->peer_text);
}

static struct conn *
conn_new(struct server *s, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *daemon = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_DAEMON);
	struct conn *c = calloc(1, sizeof(*c));

	assert(fd != NULL);
	assert(daemon != NULL);
	if (c == NULL)
		return NULL;
	c->magic = CONN_MAGIC;
	c->fd = fd->connect_fd;
	c->server = s;
	c->is_admin = daemon->daemon == s->admin;
	find_peer(c, mhd);
	if (!c->is_admin)
		s->metrics.connections = ++s->open_conns;
	conn_wait(c, WAIT_RECEIVE);
	return c;
}

static void
conn_free(struct conn *c)
{
	struct server *s = c->server;

	if (c->visit != NULL)
		visit_end(c->visit, false);
	conn_unwait(c);
	/* At its limit of connections libmicrohttpd listens no more, until it
	 * runs after one has gone. */
	if (c->is_admin) {
		s->admin_waits = true;
	} else {
		s->front_waits = true;
		s->metrics.connections = --s->open_conns;
	}
	c->magic = 0;
	free(c->target);
	free(c);
}

void
conn_notify(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct server *s = cls;

	assert(s != NULL);
	assert(context != NULL);
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = conn_new(s, mhd);
		return;
	}
	if (*context != NULL)
		conn_free(conn_cast(*context));
	*context = NULL;
}

void
conn_unwait(struct conn *c)
{
	list_remove(&c->link);
}

void
conn_wait(struct conn *c, enum wait_kind wait)
{
	struct server *s = c->server;
	int64_t ms = wait_ms[wait];

	if (s->config.sweep_ms > 0)
		ms = ms * s->config.sweep_ms / LIMIT_REQUEST_MS;
	list_remove(&c->link);
	c->wait = wait;
	c->until_ms = s->now_ms + ms;
	list_append(&s->waits[wait], &c->link);
}

void
conn_kill(struct conn *c)
{
	conn_unwait(c);
	(void)shutdown(c->fd, SHUT_RDWR);
}

static void
conn_expire(struct conn *c)
{
	if (c->wait == WAIT_DROP && c->visit != NULL)
		answer_raw(c->visit);
	else
		conn_kill(c);
}

void
conns_sweep(struct server *s)
{
	for (int i = 0; i < WAIT__COUNT; i++) {
		struct list *head = &s->waits[i];

		while (!list_is_empty(head)) {
			struct conn *c = LIST_ENTRY(head->next, struct conn,
			    link);

			if (c->until_ms > s->now_ms)
				break;
			conn_expire(c);
		}
	}
}

int64_t
conns_due_ms(const struct server *s)
{
	int64_t due = -1;

	for (int i = 0; i < WAIT__COUNT; i++) {
		const struct list *head = &s->waits[i];
		int64_t left;

		if (list_is_empty(head))
			continue;
		left = LIST_ENTRY(head->next, struct conn, link)->until_ms -
		    s->now_ms;
		if (left < 0)
			left = 0;
		if (due < 0 || left < due)
			due = left;
	}
	return due;
}

static bool
is_idle(const struct conn *c)
{
	int unread = 0;

	if (c->is_admin || c->visit != NULL)
		return false;
	return ioctl(c->fd, FIONREAD, &unread) != 0 || unread == 0;
}

void
conns_kill_idle(struct server *s)
{
	struct list *head = &s->waits[WAIT_RECEIVE];
	struct list *next;

	for (struct list *at = head->next; at != head; at = next) {
		struct conn *c = LIST_ENTRY(at, struct conn, link);

		next = at->next;
		if (is_idle(c))
			conn_kill(c);
	}
}

void
conns_kill_all(struct server *s)
{
	for (int i = 0; i < WAIT__COUNT; i++)
		while (!list_is_empty(&s->waits[i]))
			conn_kill(
			    LIST_ENTRY(s->waits[i].next, struct conn, link));
}
