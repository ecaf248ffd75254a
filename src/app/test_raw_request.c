/* SPDX-License-Identifier: Apache-2.0 */
#include "app/raw_request.h"
#include "tests/check.h"

static struct arena arena;
static struct request r;
static struct err err;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 * 1024 * 1024);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static void
must_read(const char *text)
{
	check_err(raw_request_read(&arena, str_from(text), &r, &err), ERR_OK);
}

void
test_a_request_is_read_with_either_line_end(void **state)
{
	(void)state;
	must_read("PUT /a?b=c HTTP/1.1\r\nHost: h\r\nX:  y \r\n\r\nbody");
	check_str(r.method, "PUT");
	check_str(r.target, "/a?b=c");
	check_str(r.path, "/a");
	check_str(r.query, "b=c");
	check_str(request_header(&r, "x"), "y");
	check_str(r.body, "body");
	must_read("GET http://h/a HTTP/1.1\nHost: h\n");
	check_str(r.path, "/a");
	check_str(r.query, NULL);
	check_str(r.body, "");
}

void
test_the_files_own_line_end_is_no_body(void **state)
{
	(void)state;
	must_read("PUT / HTTP/1.1\n\nbody\n");
	check_str(r.body, "body");
	must_read("PUT / HTTP/1.1\nContent-Length: 5\n\nbody\n\n");
	check_str(r.body, "body\n");
	must_read("PUT / HTTP/1.1\nContent-Length: 4\n\nbody\n");
	check_str(r.body, "body");
	must_read("> PUT / HTTP/1.1\n> A: b\n> \n> one\n> two\n");
	check_str(request_header(&r, "A"), "b");
	check_str(r.body, "one\ntwo");
}

void
test_what_is_no_request_is_refused(void **state)
{
	static const char *const texts[] = {"", "\r\n\n", "GET",
	    "get / HTTP/1.1", "GET / HTTP/1.1\nX\n\n",
	    "GET / HTTP/1.1\n: y\n\n", "curl", "curl -s",
	    "curl --no-such http://h/", "curl -d @f http://h/", "curl -X"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_err(
		    raw_request_read(&arena, str_from(texts[i]), &r, &err),
		    ERR_BAD_REQUEST);
}

void
test_curl_lines_are_requests(void **state)
{
	(void)state;
	must_read(
	    "curl -sS -XPUT \\\n 'http://h:1/a b?c' -H 'A: b' -d '{\"x\":'\\''1'\\''}'");
	check_str(r.method, "PUT");
	check_str(r.target, "/a b?c");
	check_str(request_header(&r, "Host"), "h:1");
	check_str(request_header(&r, "A"), "b");
	check_str(request_header(&r, "Content-Type"),
	    "application/x-www-form-urlencoded");
	check_str(r.body, "{\"x\":'1'}");
	must_read("$ curl \"http://h?q=\\\"1\\\"\" | jq");
	check_str(r.method, "GET");
	check_str(r.target, "/?q=\"1\"");
	must_read("curl http://h/p -d a=b -d c=d --data-urlencode 'e= f'");
	check_str(r.method, "POST");
	check_str(r.body, "a=b&c=d&e=%20f");
	must_read("curl -Gs http://h/p?x=1 -d a=b#c");
	check_str(r.method, "GET");
	check_str(r.target, "/p?x=1&a=b#c");
	check_str(r.body, "");
	must_read("curl --json $'{\\'a\\':\\n\\u0021\\x41}' h/p#f");
	check_str(request_header(&r, "Content-Type"), "application/json");
	check_str(r.body, "{'a':\n!A}");
	check_str(r.target, "/p");
	must_read("curl -I http://h/p");
	check_str(r.method, "HEAD");
}
