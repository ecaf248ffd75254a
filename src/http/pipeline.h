/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's life between the bytes and the engine, without sockets: route →
 * open → credential → verify → disabled, address, rate → decode → engine →
 * encode. server.c feeds it from libmicrohttpd; tests and the benchmark's guard
 * feed it from memory.
 */
#ifndef HTTP_PIPELINE_H
#define HTTP_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "dialect/dialect.h"
#include "engine/engine.h"
#include "http/metrics.h"

/* One per loop; everything in it is borrowed. */
struct pipeline {
	struct engine *engine;
	struct metrics *metrics;
	struct clock clock;
	int64_t started_ms;
	bool shows_signing; /* a demo's, see struct call */
};

enum exchange_state {
	EXCHANGE_NEW,
	EXCHANGE_OPENED, /* the head was looked at, the body may come */
	/* The engine has it, for its app's rates or to carry it out, and
	 * reply_ready will be called. */
	EXCHANGE_WAITING,
	EXCHANGE_READY, /* call.reply is complete */
};

/* The dialect of requests that no dialect claims, in logs and metrics. */
#define DIALECT_NONE "none"

/* One request with its memory; reused by its connection for the next. */
struct exchange {
	struct arena arena;
	struct call call;
	struct admission admission;
	struct task task;
	struct pipeline *pipeline;
	enum exchange_state state;
	int64_t started_us; /* first byte; set by exchange_open when it is 0 */
	bool unrouted; /* no dialect claims the path; the first one answers */
	bool holds_credential;
	int64_t taken[RATE_CLAIMS_MAX]; /* of each claim, before decode */
	/* MUST. Called on the loop thread when a WAITING exchange is READY. */
	void (*reply_ready)(struct exchange *x);
	void *owner; /* of reply_ready */
};

void exchange_init(struct exchange *x, struct pipeline *p);
void exchange_fini(struct exchange *x);
/* Ready for the next request; ends the last one (credential, arena). */
void exchange_reset(struct exchange *x);

/*
 * Of call.request method, target, headers and client_ip are filled and borrowed
 * until exchange_reset; the rest is found here. Finds dialect and operation and
 * refuses early what can be. True: READY, there is no need to read the body.
 */
bool exchange_open(struct exchange *x);
/*
 * The body is there (call.request.body). True: READY. False: WAITING, and
 * reply_ready will be called from engine_reap.
 */
bool exchange_run(struct exchange *x);
/* Makes the reply a refusal, at whatever point before WAITING; also of what was
 * never opened. */
void exchange_refuse(struct exchange *x, enum err_code code,
    const struct err *err);
/* After the reply was sent or given up: counts it and writes the access log.
 * Also for a request that ended before there was a reply. */
void exchange_account(struct exchange *x, bool sent);

#endif
