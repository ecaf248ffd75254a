/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server counts, and how /metrics shows it (OpenMetrics text). The
 * table is the one list of metrics; docs/operations.md explains each row.
 */
#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/histogram.h"
#include "base/map.h"
#include "engine/engine.h"

/* clang-format off */
#define METRIC_TABLE(X)                                                           \
	/* symbol          name                          type       help */       \
	X(REQUESTS,        "procured_requests",          "counter",               \
	  "Requests answered, by dialect, method and outcome")                    \
	X(REQUEST_SECONDS, "procured_request_seconds",   "histogram",             \
	  "Time from the first byte to the answer, by dialect")                   \
	X(CONNECTIONS,     "procured_connections",       "gauge",                 \
	  "Open connections")                                                     \
	X(GROUP_SIZE,      "procured_group_commands",    "histogram",             \
	  "Commands carried out in one commit")                                   \
	X(FLUSH_SECONDS,   "procured_flush_seconds",     "histogram",             \
	  "Time of one commit")                                                   \
	X(QUEUED_SECONDS,  "procured_queued_seconds",    "histogram",             \
	  "Time a command waited for the committer")                              \
	X(QUEUE_DEPTH,     "procured_queue_depth",       "gauge",                 \
	  "Commands waiting now")                                                 \
	X(WAITING,         "procured_waiting",           "gauge",                 \
	  "Long polls waiting for a change")                                  \
	X(AMENDMENTS,      "procured_amendments",        "counter",               \
	  "Accepted changes")                                                     \
	X(REPLAYS,         "procured_replays",           "counter",               \
	  "Stored answers given again")                                           \
	X(STORE_ERRORS,    "procured_store_errors",      "counter",               \
	  "Failures of the store")                                                \
	X(WAL_BYTES,       "procured_wal_bytes",         "gauge",                 \
	  "Size of the write-ahead log")                                          \
	X(CHECKPOINTS,     "procured_checkpoints",       "counter",               \
	  "Checkpoints that changes waited for")                                  \
	X(CHECKPOINT_SECONDS, "procured_checkpoint_seconds", "histogram",         \
	  "Time of one such checkpoint")                                          \
	X(NODE,            "procured_node",              "gauge",                 \
	  "Number of this node, -1 while it has none")                            \
	X(NODE_SECONDS,    "procured_node_lease_seconds", "gauge",                \
	  "Time since the lease of that number was renewed")                      \
	X(PEERS_LAG,       "procured_peers_lag_seconds", "gauge",                 \
	  "Time since changes made by other nodes were looked for")               \
	X(RATE_TURNS,      "procured_rate_turns",        "counter",               \
	  "Statements that asked the store for tokens of rates")                  \
	X(RATE_TOKENS,     "procured_rate_tokens",       "counter",               \
	  "Tokens that the store gave")                                           \
	X(RATE_WAITS,      "procured_rate_waits",        "counter",               \
	  "Requests that waited for a token")                                     \
	X(LOG_DROPPED,     "procured_log_lines_dropped", "counter",               \
	  "Log lines dropped because nobody read stderr")                         \
	X(RESIDENT_BYTES,  "procured_resident_bytes",    "gauge",                 \
	  "Resident memory of the process")                                       \
	X(UPTIME_SECONDS,  "procured_uptime_seconds",    "gauge",                 \
	  "Seconds since the start")
/* clang-format on */

enum metric {
#define X(symbol, name, type, help) METRIC_##symbol,
	METRIC_TABLE(X)
#undef X
	METRIC__COUNT
};

#define METRICS_RECENT 32 /* a power of two; a server's calls are few */

struct counter;

/* Used by the loop thread alone. */
struct metrics {
	struct arena arena;
	struct map requests; /* "dialect\0method\0outcome" -> struct counter */
	struct map seconds;  /* dialect -> struct histogram, microseconds */
	/* Found lately, by the addresses of their names. */
	struct counter *recent[METRICS_RECENT];
	int64_t connections;
	int64_t started_ms;
};

void metrics_init(struct metrics *m, int64_t started_ms);
void metrics_fini(struct metrics *m);
/* One request answered. Names are program text, outcome is err_name's. */
void metrics_request(struct metrics *m, const char *dialect, const char *method,
    const char *outcome, int64_t took_us);
/* The whole page, "# EOF" at its end. */
void metrics_print(struct metrics *m, const struct engine_stats *engine,
    int64_t now_ms, struct buf *out);

#endif
