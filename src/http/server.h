/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP front: libmicrohttpd under an epoll loop of our own, for the public
 * listener and the admin one. The loop thread does everything but committing
 * and slow reads; finished groups wake it once through engine_fd.
 *
 * What libmicrohttpd leaves open is closed here: routing on the raw target,
 * smuggling shapes, slow clients (a sweeper ends what takes longer than
 * LIMIT_REQUEST_MS), bodies over their limit. Its own 400, 414 and 431 answers
 * are HTML and pass no handler; that is the one documented exception.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "base/when.h"
#include "engine/engine.h"
#include "http/metrics.h"

struct server;

#define SERVER_PROXIES_MAX 16

struct server_config {
	struct engine *engine; /* borrowed */
	struct clock clock;
	struct str listen;   /* "127.0.0.1:3000", "[::1]:3000"; port 0: any */
	struct str admin;    /* the same; absent: no admin listener */
	const char *version; /* of the program, in /openapi.json; NULL: none */
	/* The demo's credentials as JSON, by dialect; absent where there is no
	 * demo. With them /docs/ can try calls. */
	struct str docs_demo;
	/* CIDR ranges whose X-Forwarded-For is believed. */
	struct str trusted_proxies[SERVER_PROXIES_MAX];
	int trusted_proxy_count;
	int connections_max; /* LIMIT_CONNECTIONS */
	/* A demo's: a signature that fails is answered with what was signed
	 * here, see struct call. */
	bool shows_signing;
	/* Every byte read from a socket alone: a test mode. */
	bool one_byte_reads;
	/* For tests; 0: as base/limits.h has them. What LIMIT_REQUEST_MS is,
	 * the other waits for a client in proportion, and a drain's limit. */
	int sweep_ms;
	int stop_ms;
	int64_t bodies_bytes;
};

/* Binds and prepares; nothing is answered yet. ERR_USAGE: the address can't be
 * read or bound, and the detail says why and what to do. */
MUST_CHECK enum err_code server_open(const struct server_config *config,
    struct server **out, struct err *err);
void server_close(struct server **server);

/* The bound ports, also when 0 was asked for; 0 without that listener. */
int server_port(const struct server *s);
int server_admin_port(const struct server *s);

/*
 * Answers until server_stop, then drains: no new connection is taken, all that
 * was accepted is answered (LIMIT_DRAIN_STOP_MS at most), then it returns.
 * `wake_fd` (or -1) is watched too; on_wake is called when it is readable
 * (signals of the program).
 */
void server_loop(struct server *s, int wake_fd,
    void (*on_wake)(struct server *s, void *arg), void *arg);
/* Asks the loop to drain and return; from its own thread (on_wake) or any. */
void server_stop(struct server *s);

/* libmicrohttpd's, "0.9.75". */
const char *server_library_version(void);

#endif
