/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "tests/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

/* What the sink was given, and in how many calls. */
static char seen[2 * 1024 * 1024];
static size_t seen_n, seen_calls;
static struct arena arena;

static void
collect(void *arg, struct str lines)
{
	assert_ptr_equal(arg, &seen_n);
	assert_true(lines.n <= sizeof(seen) - seen_n);
	memcpy(seen + seen_n, lines.p, lines.n);
	seen_n += lines.n;
	seen_calls++;
}

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 8 << 20);
	seen_n = seen_calls = 0;
	log_set_level(LOG_INFO);
	log_set_sink(collect, &seen_n);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	arena_fini(&arena);
	return 0;
}

/* Everything logged so far as one JSON array of lines. */
static json_t *
must_parse_seen(void)
{
	struct buf b;
	struct str rest, line;
	json_t *tree;
	struct err e;

	log_flush();
	buf_init(&b, &arena, sizeof(seen) + 2);
	rest = (struct str){seen, seen_n};
	assert_int_equal(seen_n > 0 ? seen[seen_n - 1] : '\n', '\n');
	while ((line = str_cut(&rest, '\n')).n > 0) {
		assert_true(line.n < LOG_LINE_BYTES_MAX);
		buf_char(&b, b.n == 0 ? '[' : ',');
		buf_str(&b, line);
	}
	buf_char(&b, ']');
	if (json_read(&arena, buf_view(&b), 0, &tree, &e) != ERR_OK)
		fail_msg("%s in %.*s", e.detail, STR_ARG(buf_view(&b)));
	return tree;
}

static struct str
text_of(size_t line, const char *key)
{
	json_t *l = json_array_get(must_parse_seen(), line);

	return json_text(json_object_get(l, key));
}

void
test_log_line_is_json(void **state)
{
	struct log_line l;

	(void)state;
	log_begin(&l, LOG_INFO, "request");
	log_str(&l, "path", STR("/a\"b\n"));
	log_int(&l, "status", 200);
	log_str(&l, "none", STR_NONE);
	log_end(&l);
	assert_int_equal(seen_n, 0);
	log_flush();
	assert_int_equal(seen_calls, 1);
	seen[seen_n] = '\0';
	/* {"at":"2026-02-25T10:30:00.000Z" */
	assert_memory_equal(seen, "{\"at\":\"2", 8);
	assert_string_equal(seen + 32,
	    ",\"level\":\"info\",\"event\":\"request\","
	    "\"path\":\"/a\\\"b\\n\",\"status\":200,\"none\":null}\n");
	log_flush();
	assert_int_equal(seen_calls, 1);
}

void
test_log_level_drops_lines_under_it(void **state)
{
	struct log_line l;

	(void)state;
	log_begin(&l, LOG_DEBUG, "detail");
	log_str(&l, "a", STR("b"));
	log_int(&l, "c", 1);
	log_masked(&l, "d", STR("13812345678"));
	log_end(&l);
	log_message(LOG_DEBUG, "detail", "x");
	log_flush();
	assert_int_equal(seen_n, 0);
	log_set_level(LOG_DEBUG);
	log_message(LOG_DEBUG, "detail", "x");
	check_str(text_of(0, "level"), "debug");
	log_set_level(LOG_ERROR);
	log_message(LOG_WARN, "detail", "x");
	assert_int_equal(json_array_size(must_parse_seen()), 1);
}

void
test_log_error_is_written_at_once(void **state)
{
	(void)state;
	log_message(LOG_WARN, "first", "%d", 1);
	assert_int_equal(seen_calls, 0);
	log_message(LOG_ERROR, "second", "%d of %s", 2, "two");
	assert_int_equal(seen_calls, 1);
	check_str(text_of(0, "event"), "first");
	check_str(text_of(1, "level"), "error");
	check_str(text_of(1, "message"), "2 of two");
}

void
test_log_masked_hides_long_numbers(void **state)
{
	struct log_line l;

	(void)state;
	log_begin(&l, LOG_INFO, "x");
	log_masked(&l, "a", STR("tel 13812345678, 1234567;123456"));
	log_masked(&l, "b", STR("02112345678"));
	log_masked(&l, "c", STR_NONE);
	log_masked(&l, "d", STR(""));
	log_masked(&l, "e", STR("/intent_912112644943511552/19912345678"));
	log_masked(&l, "f", STR("010-12345678 +8613812345678"));
	log_masked(&l, "g", STR("1700000000000 29912345678 123456789"));
	log_end(&l);
	check_str(text_of(0, "a"), "tel 138**78, 123**67;123456");
	check_str(text_of(0, "b"), "021**78");
	check_str(text_of(0, "c"), NULL);
	check_str(text_of(0, "d"), "");
	check_str(text_of(0, "e"), "/intent_912112644943511552/199**78");
	check_str(text_of(0, "f"), "010-123**78 +861**78");
	check_str(text_of(0, "g"), "1700000000000 29912345678 123456789");
}

static struct str
long_text(const char *piece, size_t times)
{
	struct buf b;

	buf_init(&b, &arena, 1 << 20);
	for (size_t i = 0; i < times; i++)
		buf_str(&b, str_from(piece));
	assert_false(buf_failed(&b));
	return buf_view(&b);
}

static void
check_cut(size_t line, bool expected)
{
	json_t *l = json_array_get(must_parse_seen(), line);

	assert_non_null(l);
	assert_int_equal(json_is_true(json_object_get(l, "cut")), expected);
}

void
test_log_line_too_long_is_cut_and_json(void **state)
{
	struct log_line l;

	(void)state;
	log_begin(&l, LOG_INFO, "long");
	log_str(&l, "text", long_text("中", 5003));
	log_int(&l, "status", 200);
	log_end(&l);
	check_cut(0, true);
	assert_true(text_of(0, "text").n > 1000);
	assert_true(str_starts(long_text("中", 5003), text_of(0, "text")));
	log_message(LOG_INFO, "long", "%s", long_text("\x01", 2000).p);
	check_cut(1, true);
	log_message(LOG_INFO, "long", "%9000d", 1);
	check_cut(2, true);
	log_begin(&l, LOG_INFO, "masked");
	log_masked(&l, "text", long_text("13812345678 ", 1000));
	log_end(&l);
	check_cut(3, true);
	assert_null(strstr(seen, "138123"));
	log_message(LOG_INFO, "short", "x");
	check_cut(4, false);
}

/* Any length of text before the fields that may not fit. */
void
test_log_line_ends_well_at_any_length(void **state)
{
	struct log_line l;

	(void)state;
	for (size_t n = 3850; n < 4100; n++) {
		arena_reset(&arena);
		seen_n = 0;
		log_begin(&l, LOG_INFO, "edge");
		log_str(&l, "text", long_text("x", n));
		log_int(&l, "number", INT64_MIN);
		log_str(&l, "last", STR("0123456789"));
		log_end(&l);
		assert_int_equal(json_array_size(must_parse_seen()), 1);
		/* 122 bytes besides the text, 15 kept for the tail. */
		check_cut(0, n > LOG_LINE_BYTES_MAX - 122 - 15);
	}
}

/* A word is cut like any text, so the line is the same. */
void
test_log_word_is_cut_like_a_text(void **state)
{
	static char as_text[LOG_LINE_BYTES_MAX];
	struct log_line l;

	(void)state;
	for (size_t n = 3850; n < 4100; n++) {
		size_t as_text_n;

		arena_reset(&arena);
		log_begin(&l, LOG_INFO, "edge");
		log_str(&l, "text", long_text("x", n));
		log_str(&l, "last", STR("0123456789"));
		assert_true(l.buf.n < sizeof(as_text));
		/* What stands behind the moment, which goes on. */
		as_text_n = l.buf.n - 40;
		memcpy(as_text, l.room + 40, as_text_n);
		log_begin(&l, LOG_INFO, "edge");
		log_str(&l, "text", long_text("x", n));
		log_word(&l, "last", "0123456789");
		assert_int_equal(l.buf.n - 40, as_text_n);
		assert_memory_equal(l.room + 40, as_text, as_text_n);
		assert_int_equal(l.cut, n > LOG_LINE_BYTES_MAX - 92 - 15);
	}
}

void
test_log_is_flushed_when_full(void **state)
{
	(void)state;
	for (int i = 0; i < 4000; i++)
		log_message(LOG_INFO, "many", "line %d", i);
	assert_true(seen_calls >= 1);
	assert_int_equal(json_array_size(must_parse_seen()), 4000);
	check_str(text_of(3999, "message"), "line 3999");
}

static void *
write_lines(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++)
		log_message(LOG_INFO, "thread", "%d", i);
	return NULL;
}

void
test_log_threads_do_not_mix_lines(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, write_lines, NULL), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(json_array_size(must_parse_seen()), 2000);
}

static int saved_stderr;

static int
stderr_to_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	(void)close(ends[1]);
	log_set_sink(NULL, NULL);
	return ends[0];
}

/* All that the pipe holds, and what then follows into it. */
static void
read_pipe(int fd)
{
	size_t before;

	do {
		ssize_t n;

		before = seen_n;
		while ((n = read(fd, seen + seen_n, sizeof(seen) - seen_n)) > 0)
			seen_n += (size_t)n;
		log_flush();
	} while (seen_n > before);
	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(fd);
}

void
test_log_waits_for_no_reader(void **state)
{
	int fd = stderr_to_pipe();
	json_t *lines, *last;
	size_t kept;

	(void)state;
	(void)alarm(20); /* a blocked write would wait for ever */
	for (int i = 0; i < 10000; i++)
		log_message(i % 100 ? LOG_INFO : LOG_ERROR, "many", "line %d",
		    i);
	log_flush();
	assert_true(log_dropped_lines() > 0);
	read_pipe(fd);
	lines = must_parse_seen();
	kept = json_array_size(lines);
	assert_true(kept > 1000);
	check_str(text_of(kept - 1, "event"), "log_dropped");
	last = json_array_get(lines, kept - 1);
	assert_int_equal(json_integer_value(json_object_get(last, "lines")),
	    10000 - (int)(kept - 1));
	assert_int_equal(log_dropped_lines(), 10000 - (int)(kept - 1));
}

void
test_log_drain_gives_up(void **state)
{
	int fd = stderr_to_pipe();

	(void)state;
	(void)alarm(20);
	for (int i = 0; i < 3000; i++)
		log_message(LOG_INFO, "many", "line %d", i);
	log_drain();
	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(fd);
}

void
test_log_goes_to_stderr(void **state)
{
	int pipe_ends[2], saved = dup(STDERR_FILENO);
	char text[1000];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(dup2(pipe_ends[1], STDERR_FILENO), STDERR_FILENO);
	log_set_sink(NULL, NULL);
	log_message(LOG_ERROR, "to_stderr", "x");
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	n = read(pipe_ends[0], text, sizeof(text) - 1);
	(void)close(pipe_ends[0]);
	(void)close(pipe_ends[1]);
	(void)close(saved);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "\"event\":\"to_stderr\""));
	assert_int_equal(seen_n, 0);
}
