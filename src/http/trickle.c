/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One byte at a time, a test mode. libmicrohttpd reads as much as there is, so
 * it is given one end of a pair of sockets, and the other end gets a client's
 * next byte when the last one was taken. Answers go back as they come.
 */
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/server_impl.h"

#define BACK_BYTES 16384

struct trickle {
	struct list link; /* of server.trickles */
	int client_fd;
	int inner_fd; /* the other end is libmicrohttpd's */
	bool client_ended;
};

static void
trickle_free(struct trickle *t)
{
	list_remove(&t->link);
	(void)close(t->client_fd);
	(void)close(t->inner_fd);
	free(t);
}

static void
trickle_new(struct server *s, int client_fd, const struct sockaddr *peer,
    socklen_t peer_bytes)
{
	struct trickle *t = calloc(1, sizeof(*t));
	int pair[2];

	if (t == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		(void)close(client_fd);
		free(t);
		return;
	}
	t->client_fd = client_fd;
	t->inner_fd = pair[0];
	list_append(&s->trickles, &t->link);
	/* It closes its end when it can't take it; then ours ends too. */
	(void)MHD_add_connection(s->front, pair[1], peer, peer_bytes);
}

void
trickles_accept(struct server *s)
{
	struct sockaddr_storage peer;
	socklen_t bytes = sizeof(peer);
	int fd;

	assert(s->accept_fd >= 0);
	while ((fd = accept4(s->accept_fd, (struct sockaddr *)&peer, &bytes,
		    SOCK_CLOEXEC)) >= 0) {
		trickle_new(s, fd, (struct sockaddr *)&peer, bytes);
		bytes = sizeof(peer);
	}
}

static bool
move_forward(struct trickle *t)
{
	int untaken = 1;
	char byte;
	ssize_t n;

	if (t->client_ended || ioctl(t->inner_fd, SIOCOUTQ, &untaken) != 0 ||
	    untaken != 0)
		return false;
	n = recv(t->client_fd, &byte, 1, MSG_DONTWAIT);
	if (n == 1)
		return send(t->inner_fd, &byte, 1, MSG_NOSIGNAL) == 1;
	if (n == 0) {
		t->client_ended = true;
		(void)shutdown(t->inner_fd, SHUT_WR);
	}
	return n == 0;
}

/* False: the trickle is over. */
static bool
move_back(struct trickle *t, bool *moved)
{
	char bytes[BACK_BYTES];
	ssize_t n = recv(t->inner_fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0)
		return false;
	if (n < 0)
		return true;
	*moved = true;
	/* May wait for a client that does not read; they do in tests. */
	return send(t->client_fd, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

bool
trickles_run(struct server *s)
{
	struct list *head = &s->trickles, *next;
	bool moved = false;

	for (struct list *at = head->next; at != head; at = next) {
		struct trickle *t = LIST_ENTRY(at, struct trickle, link);

		next = at->next;
		if (move_forward(t))
			moved = true;
		if (!move_back(t, &moved))
			trickle_free(t);
	}
	return moved;
}

void
trickles_free(struct server *s)
{
	while (!list_is_empty(&s->trickles))
		trickle_free(
		    LIST_ENTRY(s->trickles.next, struct trickle, link));
}
