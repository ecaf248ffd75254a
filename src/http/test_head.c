/* SPDX-License-Identifier: Apache-2.0 */
/* Heads that are refused, and what a head says of its body. */
#include "http/head.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/ids.h"
#include "tests/check.h"

#define HEADERS_MAX 200

struct sample {
	struct request request;
	struct header headers[HEADERS_MAX];
	struct str version;
	struct err err;
};

static void
sample_init(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	s->request.method = STR("PUT");
	s->request.target = STR("/api/v1/intents/1?dryRun=true");
	s->request.headers = s->headers;
	s->version = STR("HTTP/1.1");
	s->headers[0] = (struct header){STR("Host"), STR("localhost")};
	s->request.header_count = 1;
}

static void
add(struct sample *s, const char *name, const char *value)
{
	assert_true(s->request.header_count < HEADERS_MAX);
	s->headers[s->request.header_count++] = (struct header){
	    str_from(name), str_from(value)};
}

static void
check_head(struct sample *s, enum err_code expected)
{
	memset(&s->err, 0, sizeof(s->err));
	check_err(head_check(&s->request, s->version, &s->err), expected);
	assert_int_equal(s->err.code, expected);
	assert_int_equal(s->err.detail[0] != '\0', expected != ERR_OK);
}

void
test_an_honest_head_passes(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	add(&s, "Content-Length", "14");
	add(&s, "Accept", "a");
	add(&s, "Accept", "b");
	add(&s, "Cookie", "a=1");
	add(&s, "Cookie", "b=2");
	add(&s, "X-Forwarded-For", "192.0.2.1");
	add(&s, "X-Forwarded-For", "192.0.2.2");
	check_head(&s, ERR_OK);
	s.version = STR("HTTP/1.0");
	check_head(&s, ERR_OK);
}

void
test_two_content_lengths_are_refused_even_when_equal(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	add(&s, "Content-Length", "14");
	add(&s, "content-length", "14");
	check_head(&s, ERR_BAD_REQUEST);
}

void
test_length_with_coding_is_refused(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	add(&s, "Transfer-Encoding", "chunked");
	check_head(&s, ERR_OK);
	add(&s, "Content-Length", "14");
	check_head(&s, ERR_BAD_REQUEST);
}

void
test_codings_other_than_chunked_are_refused(void **state)
{
	static const char *const bad[] = {"gzip", "gzip, chunked",
	    "chunked, chunked", "identity", "", "\"chunked\"", "chunked;q=1",
	    "xchunked"};
	struct sample s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sample_init(&s);
		add(&s, "Transfer-Encoding", bad[i]);
		check_head(&s, ERR_BAD_REQUEST);
	}
	sample_init(&s);
	add(&s, "Transfer-Encoding", "Chunked");
	check_head(&s, ERR_OK);
	s.version = STR("HTTP/1.0");
	check_head(&s, ERR_BAD_REQUEST);
}

void
test_a_length_that_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {"", "+5", "-5", "5 6", "0x10", "5,5"};
	struct sample s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sample_init(&s);
		add(&s, "Content-Length", bad[i]);
		check_head(&s, ERR_BAD_REQUEST);
	}
}

void
test_headers_that_decide_come_once(void **state)
{
	static const char *const names[] = {"X-Anything", "x-request-id",
	    "If-Match", "Idempotency-Key", "Authorization", "Content-Type",
	    "Expect"};
	struct sample s;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sample_init(&s);
		add(&s, names[i], "a");
		add(&s, "Accept", "a");
		check_head(&s, ERR_OK);
		add(&s, names[i], "b");
		check_head(&s, ERR_BAD_REQUEST);
	}
}

void
test_names_of_headers_are_tokens(void **state)
{
	static const char *const bad[] = {
	    "", "Content-Length ", " a", "a b", "a\tb", "a\"", "\xE5\xBC\xA0"};
	struct sample s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sample_init(&s);
		add(&s, bad[i], "1");
		check_head(&s, ERR_BAD_REQUEST);
	}
	sample_init(&s);
	add(&s, "a!#$%&'*+-.^_`|~Z9", "1");
	check_head(&s, ERR_OK);
}

void
test_values_of_headers_are_text(void **state)
{
	static const char *const bad[] = {"a\rb", "a\nb", "\x01", "a\x7f"};
	struct sample s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sample_init(&s);
		add(&s, "a", bad[i]);
		check_head(&s, ERR_BAD_REQUEST);
	}
	sample_init(&s);
	add(&s, "a", "b\tc \xE5\xBC\xA0");
	check_head(&s, ERR_OK);
}

/* RFC 9110, 5.6.2 and 5.5, byte by byte. */
static bool
may_name(unsigned char u)
{
	return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
	    (u >= '0' && u <= '9') ||
	    (u != 0 && strchr("!#$%&'*+-.^_`|~", u) != NULL);
}

static bool
may_value(unsigned char u)
{
	return u == '\t' || (u >= ' ' && u != 0x7F);
}

static bool
may_target(unsigned char u)
{
	return u > ' ' && u != 0x7F;
}

static void
check_byte(size_t at, unsigned char u)
{
	char name[] = "a-name-of-some-length", value[] = "a-value-of-that-too";
	char target[] = "/target/of/a/length";
	struct sample s;

	assert_true(at < sizeof(value) - 1);
	name[at] = value[at] = target[at] = (char)u;
	sample_init(&s);
	s.headers[s.request.header_count++] = (struct header){
	    {name, sizeof(name) - 1}, STR("1")};
	check_head(&s, may_name(u) ? ERR_OK : ERR_BAD_REQUEST);
	sample_init(&s);
	s.headers[s.request.header_count++] = (struct header){
	    STR("a"), {value, sizeof(value) - 1}};
	check_head(&s, may_value(u) ? ERR_OK : ERR_BAD_REQUEST);
	sample_init(&s);
	s.request.target = (struct str){target, sizeof(target) - 1};
	check_head(&s, may_target(u) ? ERR_OK : ERR_BAD_REQUEST);
}

void
test_every_byte_of_a_head_is_looked_at(void **state)
{
	(void)state;
	for (size_t at = 0; at < 19; at++)
		for (int u = 0; u < 256; u++)
			check_byte(at, (unsigned char)u);
}

void
test_host_comes_once_and_only_http_1_0_does_without(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	add(&s, "host", "localhost");
	check_head(&s, ERR_BAD_REQUEST);
	sample_init(&s);
	s.request.header_count = 0;
	check_head(&s, ERR_BAD_REQUEST);
	s.version = STR("HTTP/1.0");
	check_head(&s, ERR_OK);
}

void
test_too_many_headers_are_refused(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	for (int i = 1; i < LIMIT_HEADERS; i++)
		add(&s, "Accept", "a");
	check_head(&s, ERR_OK);
	add(&s, "Accept", "a");
	check_head(&s, ERR_BAD_REQUEST);
}

void
test_targets_that_read_two_ways_are_refused(void **state)
{
	static const char *const bad[] = {"", "/a%00", "/a%%00", "/a%1%00",
	    "/a?b=%00c", "/a b", "/a\tb", "/a\x7f", "/a\rb"};
	struct sample s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sample_init(&s);
		s.request.target = str_from(bad[i]);
		check_head(&s, ERR_BAD_REQUEST);
	}
	sample_init(&s);
	s.request.target = STR("/a%2500?b=%0");
	check_head(&s, ERR_OK);
	s.request.target = STR("/\xE5\xBC\xA0");
	check_head(&s, ERR_OK);
}

void
test_a_target_over_its_limit_is_told(void **state)
{
	static char target[LIMIT_URL_BYTES + 1];
	struct sample s;

	(void)state;
	memset(target, 'a', sizeof(target));
	sample_init(&s);
	s.request.target = (struct str){target, LIMIT_URL_BYTES};
	check_head(&s, ERR_OK);
	s.request.target.n++;
	check_head(&s, ERR_URL_TOO_LONG);
}

void
test_methods_and_versions_that_are_none_are_refused(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	s.request.method = STR("put");
	check_head(&s, ERR_BAD_REQUEST);
	s.request.method = STR("P\xC3\x9CT");
	check_head(&s, ERR_BAD_REQUEST);
	s.request.method = STR("ABCDEFGHIJKLMNOPQ");
	check_head(&s, ERR_BAD_REQUEST);
	s.request.method = STR("PURGE");
	check_head(&s, ERR_OK);
	s.version = STR("HTTP/2.0");
	check_head(&s, ERR_BAD_REQUEST);
	s.version = STR("");
	check_head(&s, ERR_BAD_REQUEST);
}

void
test_what_a_head_says_of_its_body(void **state)
{
	struct head_body b;
	struct sample s;

	(void)state;
	sample_init(&s);
	add(&s, "Expect", "100-continue");
	b = head_body(&s.request);
	assert_false(b.expected);
	assert_false(b.waits_for_us);
	add(&s, "Content-Length", "1048577");
	b = head_body(&s.request);
	assert_true(b.expected);
	assert_true(b.waits_for_us);
	assert_int_equal(b.bytes, 1048577);
	s.headers[2].value = STR("99999999999999999999");
	assert_true(head_body(&s.request).bytes > LIMIT_BODY_BYTES);
	s.headers[2].value = STR("0");
	assert_false(head_body(&s.request).expected);
	sample_init(&s);
	add(&s, "Transfer-Encoding", "chunked");
	b = head_body(&s.request);
	assert_true(b.expected);
	assert_false(b.waits_for_us);
	assert_int_equal(b.bytes, -1);
}

void
test_a_sane_request_id_is_kept_and_others_are_replaced(void **state)
{
	static const char *const bad[] = {"", "a b", "a\"", "a\n",
	    "\xE5\xBC\xA0",
	    "12345678901234567890123456789012345678901234567890123456789012345"};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	check_str(request_id_choose(&a, STR("A.z_0-9")), "A.z_0-9");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct str id = request_id_choose(&a, str_from(bad[i]));

		assert_int_equal(id.n, REQUEST_ID_BYTES);
		assert_false(str_eq(id, str_from(bad[i])));
	}
	arena_fini(&a);
}

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, REQUEST_ID_BYTES);
}

void
test_request_ids_never_repeat(void **state)
{
	enum { COUNT = 20000 };
	static char ids[COUNT][REQUEST_ID_BYTES];
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (int i = 0; i < COUNT; i++) {
		struct str id = request_id_choose(&a, STR_NONE);

		memcpy(ids[i], id.p, REQUEST_ID_BYTES);
		arena_reset(&a);
	}
	qsort(ids, COUNT, REQUEST_ID_BYTES, compare_ids);
	for (int i = 1; i < COUNT; i++)
		assert_true(compare_ids(ids[i - 1], ids[i]) != 0);
	arena_fini(&a);
}

void
test_a_trace_id_comes_from_a_traceparent_only(void **state)
{
	(void)state;
	check_str(trace_id_find(STR("00-0af7651916cd43dd8448eb211c80319c-"
				    "b7ad6b7169203331-01")),
	    "0af7651916cd43dd8448eb211c80319c");
	check_str(trace_id_find(STR_NONE), NULL);
	check_str(trace_id_find(STR("00-0af7651916cd43dd8448eb211c80319c")),
	    NULL);
	check_str(trace_id_find(STR("00-00000000000000000000000000000000-"
				    "b7ad6b7169203331-01")),
	    NULL);
	check_str(trace_id_find(STR("00-0AF7651916CD43DD8448EB211C80319C-"
				    "b7ad6b7169203331-01")),
	    NULL);
}

void
test_entropy_does_not_repeat_and_is_given_once(void **state)
{
	uint8_t last[32] = {0}, now[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		entropy_take(now, sizeof(now));
		assert_memory_not_equal(now, last, sizeof(now));
		memcpy(last, now, sizeof(now));
	}
}
