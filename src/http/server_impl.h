/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the server share; nobody else includes this. Everything
 * here belongs to the loop thread, server_stop's eventfd excepted.
 *
 *	server.c    open, close, the loop, the drain
 *	listen.c    sockets to listen on, limits of the process
 *	conn.c      connections, and the sweeper that ends slow ones
 *	visit.c     one request on a connection: its memory and its end
 *	handler.c   libmicrohttpd's calls for the public listener
 *	raw_head.c  the head out of libmicrohttpd's buffer
 *	answer.c    a reply as libmicrohttpd's response, or raw
 *	admin.c     the admin listener, with admin_*.c
 *	trickle.c   one_byte_reads
 */
#ifndef HTTP_SERVER_IMPL_H
#define HTTP_SERVER_IMPL_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "http/cidr.h"
#include "http/pipeline.h"
#include "http/server.h"

/* What the server waits for from a client, and for how long at most. Each kind
 * has one length, so its list is in order of time. */
enum wait_kind {
	WAIT_RECEIVE, /* a whole request, from accept or the last answer */
	WAIT_DROP,    /* the rest of a body that nobody wants */
	WAIT_LINGER,  /* the client's end, after an answer to half a request */
	WAIT_SEND,    /* the client to take its answer */
	WAIT__COUNT
};

struct server {
	struct server_config config;
	struct pipeline pipeline;
	struct metrics metrics;
	struct cidr trusted[SERVER_PROXIES_MAX];
	struct MHD_Daemon *front;
	struct MHD_Daemon *admin; /* NULL without an admin listener */
	int front_port;
	int admin_port;
	int connections_max;
	int poll_fd;   /* our epoll over all that follows */
	int stop_fd;   /* eventfd of server_stop */
	int accept_fd; /* the listener we accept from ourselves, or -1 */
	int rest_fd;   /* the listener of a drain, until it is empty, or -1 */
	int rest_left; /* connections a drain still takes from it */
	struct list waits[WAIT__COUNT]; /* struct conn, by time */
	struct list working;		/* struct visit, the engine has them */
	struct list free_visits;
	struct list trickles;
	int free_visit_count;
	int64_t open_conns;	   /* of the front */
	int64_t bodies_bytes;	   /* of bodies held by visits */
	int64_t bodies_bytes_most; /* since memory was last given back */
	int64_t trimmed_ms;
	int64_t now_ms;	     /* monotonic, of this turn */
	int64_t drain_until; /* of that clock; 0: not draining */
	bool front_waits;    /* for MHD_run, without an event */
	/* Requests that the engine works on and libmicrohttpd asks about at each
	 * run: as long as there are any, it says that there is more to do. Whether
	 * there was more than that in its last run. */
	int asked_count;
	bool front_moved;
	bool admin_waits;
};

/* --- conn.c ------------------------------------------------------------ */

#define CONN_MAGIC 0x434F4E4Eu

struct visit;

/* One client's connection; libmicrohttpd's socket context. */
struct conn {
	unsigned magic;
	int fd; /* borrowed */
	bool is_admin;
	struct server *server;
	struct address peer;
	char peer_text[ADDRESS_TEXT_BYTES]; /* empty: no internet address */
	struct visit *visit; /* the request being received or answered */
	struct list link;    /* of server.waits */
	enum wait_kind wait;
	int64_t until_ms;
	char *target;	       /* admin: of the request; of the heap */
	int64_t dropped_bytes; /* admin: of its body */
};

/* libmicrohttpd's notice of a connection that begins or ends. */
void conn_notify(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what);
/* The conn of a connection; NULL when there was no memory for it. */
struct conn *conn_of(struct MHD_Connection *mhd);

void conn_wait(struct conn *c, enum wait_kind wait);
void conn_unwait(struct conn *c);
/* Ends a connection from outside libmicrohttpd, which then finds it closed. */
void conn_kill(struct conn *c);

/* Ends what has waited long enough. */
void conns_sweep(struct server *s);
/* Milliseconds until conns_sweep is due; -1: never. */
int64_t conns_due_ms(const struct server *s);
/* Ends the front's connections on which no request has begun. */
void conns_kill_idle(struct server *s);
void conns_kill_all(struct server *s);

/* --- visit.c ------------------------------------------------------------ */

#define VISIT_MAGIC 0x56495354u

enum visit_step {
	VISIT_HEAD,   /* the request line was seen */
	VISIT_BODY,   /* the body is being gathered */
	VISIT_DROP,   /* the reply is ready, the body still comes */
	VISIT_LINGER, /* the reply was sent raw, the body still comes */
	VISIT_QUEUED, /* libmicrohttpd has the reply */
};

/* One request on a connection; pooled. */
struct visit {
	unsigned magic;
	enum visit_step step;
	struct server *server;
	struct conn *conn; /* NULL: it ended while the engine had the task */
	struct MHD_Connection *mhd;
	struct list link; /* of server.working or server.free_visits */
	struct buf body;
	int64_t body_bytes;	/* received, whether kept or not */
	int64_t kept_bytes;	/* its part of server.bodies_bytes */
	const char *raw_target; /* libmicrohttpd's, to be compared, not read */
	size_t raw_target_bytes;
	bool closes;	/* the connection ends with the reply */
	bool abandoned; /* the drain's time is over */
	/* While the engine works: asked about at each run, or suspended. */
	bool is_asked;
	bool is_suspended;
	int times_asked;
	struct exchange exchange;
};

/* NULL: no memory. */
struct visit *visit_new(struct conn *c, struct MHD_Connection *mhd);
/* Accounts for what is accountable and gives the memory back. */
void visit_end(struct visit *v, bool sent);
void visits_free(struct server *s);
/* The engine has begun to work on it. Called by libmicrohttpd's own call. */
void visit_wait(struct visit *v);
/* It is not asked about any more until the engine is done. Called likewise. */
void visit_suspend(struct visit *v);
/* It is not waited for any more. */
void visit_abandon(struct visit *v);
/* Counts a piece of a body that is about to be kept; false: it would pass
 * LIMIT_BODIES_BYTES. */
bool visit_reserve(struct visit *v, size_t bytes);
/* Gives memory back when no body is held any more, at times. */
void visits_trim(struct server *s);
/* Milliseconds until visits_trim is due; -1: never. */
int64_t visits_trim_due_ms(const struct server *s);

/* --- handler.c ---------------------------------------------------------- */

void *handler_uri(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result handler_access(void *cls, struct MHD_Connection *mhd,
    const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_bytes, void **context);
void handler_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode how);

/* --- raw_head.c --------------------------------------------------------- */

/*
 * Copies method and headers into the exchange: a task may outlive its
 * connection, and the buffer does not. ERR_BAD_REQUEST when the bytes were not
 * what libmicrohttpd says they were; the request is filled then, too.
 */
MUST_CHECK enum err_code raw_head_take(struct visit *v, const char *method,
    const char *version, struct err *err);

/* --- answer.c ----------------------------------------------------------- */

/* Hands the ready reply to libmicrohttpd. */
enum MHD_Result answer_queue(struct visit *v);
/* Sends the ready reply past libmicrohttpd, which takes none in the middle of a
 * body; then nothing more is sent, and the client's end is waited for. */
void answer_raw(struct visit *v);

/* --- admin.c ------------------------------------------------------------ */

void *admin_uri(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result admin_access(void *cls, struct MHD_Connection *mhd,
    const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_bytes, void **context);
void admin_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode how);

/* --- listen.c ----------------------------------------------------------- */

/* A listening socket. ERR_USAGE with what to do. */
MUST_CHECK enum err_code listen_open(struct str where, int *fd_out,
    int *port_out, struct err *err);
/* Raises the limit of open files if it must; how many connections it bears. */
int listen_connections_max(int wanted);

/* --- trickle.c ---------------------------------------------------------- */

/* Takes what waits on accept_fd. */
void trickles_accept(struct server *s);
/* Moves what can be moved; true: there may be more at once. */
bool trickles_run(struct server *s);
void trickles_free(struct server *s);

#endif
