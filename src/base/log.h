/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: JSON, one line an event, on stderr (or where a test says). Lines
 * are gathered and written by log_flush, which the event loop calls once a
 * turn and every LOG_ERROR calls at once. Safe from any thread.
 *
 * A reader of stderr that stalls stops nobody: lines wait up to
 * LIMIT_LOG_BYTES, further ones are dropped, and as soon as there is room the
 * line {"event":"log_dropped","lines":N} tells how many.
 *
 *	struct log_line l;
 *	log_begin(&l, LOG_INFO, "request");
 *	log_str(&l, "path", path);
 *	log_int(&l, "status", 200);
 *	log_end(&l);
 *
 * Secrets never enter a line. Text that comes from a client goes through
 * log_masked, which hides what looks like a phone number.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG__COUNT };

#define LOG_LINE_BYTES_MAX 4096

struct log_line {
	struct buf buf;
	struct json_out json;
	enum log_level level;
	bool dropped; /* under the level */
	bool cut;     /* something did not fit */
	char room[LOG_LINE_BYTES_MAX];
};

/* Lines under `level` are dropped. Default LOG_INFO. */
void log_set_level(enum log_level level);
/* Where whole lines go; NULL is stderr. The bytes are borrowed. */
typedef void log_sink_f(void *arg, struct str lines);
void log_set_sink(log_sink_f *sink, void *arg);

void log_begin(struct log_line *l, enum log_level level, const char *event);
void log_put_str(struct log_line *l, struct str key, struct str value);
/* A word of the program's own: plain ASCII, no escape. */
void log_put_word(struct log_line *l, struct str key, struct str value);
void log_put_int(struct log_line *l, struct str key, int64_t value);
/*
 * With every run of digits that may be a phone's shortened to its first 3 and
 * last 2: 11 digits that begin with 1 (mobile), 13 that are such with 86 before,
 * 10 to 12 that begin with 0 (landline with its area), and 7 or 8 (without).
 * Others are ids, by which a line is tied to an order.
 */
void log_put_masked(struct log_line *l, struct str key, struct str value);
void log_end(struct log_line *l);
/* Writes what can be written without waiting. */
void log_flush(void);
/* Before the process ends: waits for the reader, LIMIT_LOG_DRAIN_MS at most. */
void log_drain(void);
/* Lines dropped for want of a reader since the start. */
int64_t log_dropped_lines(void);

/* The same; the compiler knows the length of a constant key. */
static inline void
log_str(struct log_line *l, const char *key, struct str value)
{
	log_put_str(l, str_from(key), value);
}

static inline void
log_word(struct log_line *l, const char *key, const char *value)
{
	log_put_word(l, str_from(key), str_from(value));
}

static inline void
log_int(struct log_line *l, const char *key, int64_t value)
{
	log_put_int(l, str_from(key), value);
}

static inline void
log_masked(struct log_line *l, const char *key, struct str value)
{
	log_put_masked(l, str_from(key), value);
}

/* One line with a message. */
void log_message(enum log_level level, const char *event, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif
