/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log. A line is built on its caller's stack and joins the others in one
 * buffer under a lock; only whole lines leave it.
 *
 * A line never fails: a value that does not fit is halved until it does, or
 * left out, and the line then ends with "cut":true. The room for that tail is
 * kept aside from the beginning.
 *
 * A sink is called under the lock and must not log.
 *
 * Stderr is inherited and shared, so it is not ours to make non-blocking.
 * Instead poll is asked before each piece, and a piece is what a pipe with any
 * room takes whole: at most PIPE_BUF bytes.
 */
#include "base/log.h"

#include "base/limits.h"
#include "base/when.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A value cut under this length tells nothing any more. */
#define CUT_BYTES_MIN 8

static const char line_tail[] = ",\"cut\":true}\n";

static_assert(LIMIT_LOG_BYTES >= 2 * LOG_LINE_BYTES_MAX,
    "a line and the one about dropped ones fit the buffer");

static const struct str level_names[LOG__COUNT] = {
    [LOG_DEBUG] = STR_INIT("debug"),
    [LOG_INFO] = STR_INIT("info"),
    [LOG_WARN] = STR_INIT("warn"),
    [LOG_ERROR] = STR_INIT("error"),
};

static atomic_int threshold = LOG_INFO;

/* All below is guarded by the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static log_sink_f *sink;
static void *sink_arg;
static char gathered[LIMIT_LOG_BYTES];
static size_t gathered_n;
static int64_t dropped_untold;
static atomic_llong dropped_ever;

void
log_set_level(enum log_level level)
{
	assert(level >= LOG_DEBUG);
	assert(level < LOG__COUNT);
	atomic_store(&threshold, (int)level);
}

/* How much of s went, waiting at most until then. What can't ever be written
 * counts as gone: nobody is left to be told. */
static size_t
write_stderr(struct str s, int64_t until_us)
{
	size_t done = 0;

	while (done < s.n) {
		struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
		int64_t left_us = until_us ? until_us - when_monotonic_us() : 0;
		int ready = poll(&fd, 1,
		    left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
		struct str piece = str_sub(s, done, PIPE_BUF);
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return done;
		n = write(STDERR_FILENO, piece.p, piece.n);
		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			return done;
		else if (errno != EINTR)
			return s.n;
	}
	return done;
}

static void
write_gathered(int64_t until_us)
{
	struct str lines = {gathered, gathered_n};
	size_t done = gathered_n;

	if (gathered_n == 0)
		return;
	if (sink != NULL)
		sink(sink_arg, lines);
	else
		done = write_stderr(lines, until_us);
	gathered_n -= done;
	if (done > 0 && gathered_n > 0)
		memmove(gathered, gathered + done, gathered_n);
}

static bool
has_room(size_t bytes)
{
	return bytes <= sizeof(gathered) - gathered_n;
}

static void
gather(struct log_line *l)
{
	struct str tail = l->cut ? str_from(line_tail) : STR("}\n");

	assert(has_room(l->buf.n + tail.n));
	memcpy(gathered + gathered_n, l->room, l->buf.n);
	memcpy(gathered + gathered_n + l->buf.n, tail.p, tail.n);
	gathered_n += l->buf.n + tail.n;
}

/* Where lines are missing, one says so. */
static void
tell_dropped(void)
{
	struct log_line l;

	if (dropped_untold == 0 || !has_room(2 * LOG_LINE_BYTES_MAX))
		return;
	log_begin(&l, LOG_ERROR, "log_dropped");
	log_int(&l, "lines", dropped_untold);
	gather(&l);
	dropped_untold = 0;
}

static void
flush_locked(int64_t until_us)
{
	write_gathered(until_us);
	if (dropped_untold > 0) {
		tell_dropped();
		write_gathered(until_us);
	}
}

void
log_set_sink(log_sink_f *new_sink, void *arg)
{
	(void)pthread_mutex_lock(&lock);
	flush_locked(0);
	sink = new_sink;
	sink_arg = arg;
	(void)pthread_mutex_unlock(&lock);
}

void
log_flush(void)
{
	(void)pthread_mutex_lock(&lock);
	flush_locked(0);
	(void)pthread_mutex_unlock(&lock);
}

void
log_drain(void)
{
	(void)pthread_mutex_lock(&lock);
	flush_locked(when_monotonic_us() + LIMIT_LOG_DRAIN_MS * 1000);
	(void)pthread_mutex_unlock(&lock);
}

int64_t
log_dropped_lines(void)
{
	return atomic_load(&dropped_ever);
}

void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	assert(l != NULL);
	assert(level >= LOG_DEBUG);
	assert(level < LOG__COUNT);
	assert(event != NULL);
	l->level = level;
	l->cut = false;
	l->dropped = (int)level < atomic_load(&threshold);
	if (l->dropped)
		return;
	buf_init_fixed(&l->buf, l->room, sizeof(l->room) - sizeof(line_tail));
	json_out_init(&l->json, &l->buf);
	json_open(&l->json, '{');
	json_key(&l->json, "at");
	json_put_time(&l->json, clock_now_ms(&clock_system));
	json_key(&l->json, "level");
	json_put_word(&l->json, level_names[level]);
	json_key(&l->json, "event");
	json_put_word(&l->json, str_from(event));
	assert(!buf_failed(&l->buf));
}

/* Where the line ends before a field, to go back to when it does not fit. */
static void
take_back(struct log_line *l, size_t n)
{
	l->buf.n = n;
	l->buf.failed = false;
	l->json.comma = true;
	l->cut = true;
}

/* The first half, not ending inside a character. */
static struct str
first_half(struct str s)
{
	size_t n = s.n / 2;

	while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return str_sub(s, 0, n);
}

void
log_put_str(struct log_line *l, struct str key, struct str value)
{
	size_t before;

	assert(l != NULL);
	if (l->dropped)
		return;
	before = l->buf.n;
	for (;;) {
		json_key_str(&l->json, key);
		json_put_str(&l->json, value);
		if (!buf_failed(&l->buf))
			return;
		take_back(l, before);
		if (value.n < CUT_BYTES_MIN)
			return;
		value = first_half(value);
	}
}

void
log_put_word(struct log_line *l, struct str key, struct str value)
{
	size_t before;

	assert(l != NULL);
	if (l->dropped)
		return;
	before = l->buf.n;
	json_key_str(&l->json, key);
	json_put_word(&l->json, value);
	if (!buf_failed(&l->buf))
		return;
	/* Now it is cut as any other. */
	take_back(l, before);
	log_put_str(l, key, value);
}

void
log_put_int(struct log_line *l, struct str key, int64_t value)
{
	size_t before;

	assert(l != NULL);
	if (l->dropped)
		return;
	before = l->buf.n;
	json_key_str(&l->json, key);
	json_put_int(&l->json, value);
	if (buf_failed(&l->buf))
		take_back(l, before);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits that a person could be called by. */
static bool
is_phone(struct str digits)
{
	switch (digits.n) {
	case 7:
	case 8:
		return true;
	case 10:
		return digits.p[0] == '0';
	case 11:
	case 12:
		return digits.p[0] == '0' ||
		    (digits.n == 11 && digits.p[0] == '1');
	case 13:
		return str_starts(digits, STR("861"));
	default:
		return false;
	}
}

/* The first such run of digits; empty at the end when there is none. */
static struct str
find_phone(struct str s)
{
	size_t i = 0;

	while (i < s.n) {
		struct str run;

		while (i < s.n && !is_digit(s.p[i]))
			i++;
		run.p = s.p + i;
		while (i < s.n && is_digit(s.p[i]))
			i++;
		run.n = (size_t)(s.p + i - run.p);
		if (is_phone(run))
			return run;
	}
	return str_sub(s, s.n, 0);
}

static void
mask(struct buf *out, struct str value)
{
	while (value.n > 0 && !buf_failed(out)) {
		struct str phone = find_phone(value);
		size_t before = (size_t)(phone.p - value.p);
		size_t left = out->room - out->n;

		buf_add(out, value.p, before < left ? before : left);
		out->failed = out->failed || before > left;
		if (phone.n > 0) {
			buf_add(out, phone.p, 3);
			buf_add(out, "**", 2);
			buf_add(out, phone.p + phone.n - 2, 2);
		}
		value = str_sub(value, before + phone.n, SIZE_MAX);
	}
}

void
log_put_masked(struct log_line *l, struct str key, struct str value)
{
	char room[LOG_LINE_BYTES_MAX];
	struct buf masked;

	assert(l != NULL);
	if (l->dropped)
		return;
	/* What is longer than the room is cut first, and shows as cut. */
	if (value.p == NULL ||
	    (value.n < sizeof(room) && find_phone(value).n == 0)) {
		log_put_str(l, key, value);
		return;
	}
	buf_init_fixed(&masked, room, sizeof(room));
	mask(&masked, value);
	log_put_str(l, key, buf_view(&masked));
	l->cut = l->cut || buf_failed(&masked);
}

void
log_end(struct log_line *l)
{
	size_t bytes;

	assert(l != NULL);
	if (l->dropped)
		return;
	assert(!buf_failed(&l->buf));
	bytes = l->buf.n + sizeof(line_tail);
	(void)pthread_mutex_lock(&lock);
	if (!has_room(bytes))
		flush_locked(0);
	/* After a gap nothing goes before the line that tells of it. */
	tell_dropped();
	if (dropped_untold == 0 && has_room(bytes)) {
		gather(l);
	} else {
		dropped_untold++;
		atomic_fetch_add(&dropped_ever, 1);
	}
	if (l->level == LOG_ERROR)
		flush_locked(0);
	(void)pthread_mutex_unlock(&lock);
}

void
log_message(enum log_level level, const char *event, const char *fmt, ...)
{
	struct log_line l;
	char text[LOG_LINE_BYTES_MAX];
	va_list ap;
	int n;

	assert(fmt != NULL);
	log_begin(&l, level, event);
	if (l.dropped)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert(n >= 0);
	log_str(&l, "message", str_from(text));
	log_end(&l);
}
