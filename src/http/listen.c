/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets to listen on. They are ours and not libmicrohttpd's own, so that
 * names, IPv6 and port 0 work and errors can say what to do.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "http/server_impl.h"

#define HOST_BYTES_MAX 256
#define PORT_MAX 65535
/* The store, its readers, logs, sockets of our own. */
#define FILES_BESIDE_CONNECTIONS 256

struct place {
	char host[HOST_BYTES_MAX];
	char port[8];
};

static enum err_code
refuse_place(struct str where, struct err *err)
{
	return err_set(err, ERR_USAGE, NULL,
	    "\"%.*s\" is no address to listen on; write ADDRESS:PORT, as "
	    "127.0.0.1:3000 or [::1]:3000",
	    STR_ARG(where));
}

static enum err_code
split(struct str where, struct place *out, struct err *err)
{
	size_t colon = where.n;
	struct str host;
	int64_t port;

	while (colon > 0 && where.p[colon - 1] != ':')
		colon--;
	if (colon < 2)
		return refuse_place(where, err);
	host = str_sub(where, 0, colon - 1);
	if (!str_parse_int(str_sub(where, colon, SIZE_MAX), &port) ||
	    port < 0 || port > PORT_MAX)
		return refuse_place(where, err);
	if (host.p[0] == '[' && host.n > 2 && host.p[host.n - 1] == ']')
		host = str_sub(host, 1, host.n - 2);
	else if (memchr(host.p, ':', host.n) != NULL)
		return refuse_place(where, err);
	if (host.n >= sizeof(out->host))
		return refuse_place(where, err);
	memcpy(out->host, host.p, host.n);
	out->host[host.n] = '\0';
	(void)snprintf(out->port, sizeof(out->port), "%d", (int)port);
	return ERR_OK;
}

static int
bind_one(const struct addrinfo *a)
{
	int one = 1, saved;
	int fd = socket(a->ai_family,
	    a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* Accepted sockets inherit it: an answer never waits for the last
	 * one's acknowledgement. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, LIMIT_BACKLOG) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

static int
port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t bytes = sizeof(address);
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(&address, 0, sizeof(address));
	if (getsockname(fd, (struct sockaddr *)&address, &bytes) != 0)
		return 0;
	if (address.ss_family == AF_INET) {
		memcpy(&v4, &address, sizeof(v4));
		return ntohs(v4.sin_port);
	}
	memcpy(&v6, &address, sizeof(v6));
	return ntohs(v6.sin6_port);
}

enum err_code
listen_open(struct str where, int *fd_out, int *port_out, struct err *err)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	struct place place;
	int fd = -1, failed;

	assert(fd_out != NULL);
	assert(port_out != NULL);
	if (split(where, &place, err) != ERR_OK)
		return ERR_USAGE;
	failed = getaddrinfo(place.host, place.port, &hints, &found);
	if (failed != 0)
		return err_set(err, ERR_USAGE, NULL,
		    "cannot listen on %.*s: %s; choose an address of this "
		    "machine",
		    STR_ARG(where), gai_strerror(failed));
	for (struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next)
		fd = bind_one(a);
	failed = errno;
	freeaddrinfo(found);
	if (fd < 0)
		return err_set(err, ERR_USAGE, NULL,
		    "cannot listen on %.*s: %s; stop what uses it or choose "
		    "another address",
		    STR_ARG(where), strerror(failed));
	*fd_out = fd;
	*port_out = port_of(fd);
	return ERR_OK;
}

int
listen_connections_max(int wanted)
{
	rlim_t need = (rlim_t)wanted + FILES_BESIDE_CONNECTIONS;
	struct rlimit limit;

	assert(wanted > 0);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
		return wanted;
	limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
		return wanted;
	wanted = (int)limit.rlim_cur - FILES_BESIDE_CONNECTIONS;
	if (wanted < 1)
		wanted = 1;
	log_message(LOG_WARN, "few_files",
	    "the limit of open files is %llu, so at most %d connections are "
	    "taken; raise it (ulimit -n, LimitNOFILE=)",
	    (unsigned long long)limit.rlim_cur, wanted);
	return wanted;
}
