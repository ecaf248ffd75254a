/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of head.h. Names of headers that appear here are HTTP's own;
 * those of the dialects begin with "x-" and are covered as a class.
 */
#include "http/head.h"

#include <assert.h>

#include "base/limits.h"

#define METHOD_BYTES_MAX 16

/* Headers that decide what a request is or who sent it come once. */
static const struct str single_headers[] = {
    STR_INIT("host"),
    STR_INIT("content-length"),
    STR_INIT("transfer-encoding"),
    STR_INIT("content-type"),
    STR_INIT("content-encoding"),
    STR_INIT("authorization"),
    STR_INIT("expect"),
    STR_INIT("if-match"),
    STR_INIT("idempotency-key"),
    STR_INIT("traceparent"),
};

#define SINGLE_HEADER_COUNT (sizeof(single_headers) / sizeof(single_headers[0]))

static bool
starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n &&
	    str_eq_nocase(str_sub(s, 0, prefix.n), prefix);
}

static bool
is_single(struct str name)
{
	/* Each proxy on the way may write a line of its own. */
	if (starts_nocase(name, STR("x-forwarded-")))
		return false;
	if (starts_nocase(name, STR("x-")))
		return true;
	for (size_t i = 0; i < SINGLE_HEADER_COUNT; i++)
		if (str_eq_nocase(name, single_headers[i]))
			return true;
	return false;
}

static bool
is_token_char(char c)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' ||
	    memchr(marks, c, sizeof(marks) - 1) != NULL;
}

/* RFC 9110's token. A blank before the colon is no part of a name: a reader
 * who drops it sees another header than one who keeps it. */
static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return false;
	return s.n > 0;
}

/* A CR alone ends a line for some readers. */
static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') ||
		    s.p[i] == 0x7F)
			return false;
	return true;
}

static const struct header *
find_before(const struct request *r, size_t end, struct str name)
{
	for (size_t i = 0; i < end; i++)
		if (str_eq_nocase(r->headers[i].name, name))
			return &r->headers[i];
	return NULL;
}

static struct str
header_value(const struct request *r, struct str name)
{
	const struct header *h = find_before(r, r->header_count, name);

	return h != NULL ? h->value : STR_NONE;
}

static enum err_code
check_headers(const struct request *r, struct str version, struct err *err)
{
	if (str_eq(version, STR("HTTP/1.1")) &&
	    str_is_null(header_value(r, STR("host"))))
		return err_set(err, ERR_BAD_REQUEST, NULL, "no Host header");
	if (r->header_count > LIMIT_HEADERS)
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "more than %d headers", LIMIT_HEADERS);
	for (size_t i = 0; i < r->header_count; i++) {
		struct str name = r->headers[i].name;

		if (!is_token(name))
			return err_set(err, ERR_BAD_REQUEST, NULL,
			    "a header's name is no token");
		if (!is_text(r->headers[i].value))
			return err_set(err, ERR_BAD_REQUEST, NULL,
			    "a control character in a header");
		if (is_single(name) && find_before(r, i, name) != NULL)
			return err_set(err, ERR_BAD_REQUEST, NULL,
			    "header %.*s comes twice", STR_ARG(name));
	}
	return ERR_OK;
}

static enum err_code
check_length(const struct request *r, struct str version, struct err *err)
{
	struct str length = header_value(r, STR("content-length"));
	struct str coding = header_value(r, STR("transfer-encoding"));

	for (size_t i = 0; i < length.n; i++)
		if (length.p[i] < '0' || length.p[i] > '9')
			return err_set(err, ERR_BAD_REQUEST, NULL,
			    "Content-Length is no number");
	if (length.p != NULL && length.n == 0)
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "Content-Length is empty");
	if (str_is_null(coding))
		return ERR_OK;
	if (!str_is_null(length))
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "Content-Length with Transfer-Encoding");
	if (!str_eq_nocase(str_trim(coding), STR("chunked")))
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "a Transfer-Encoding other than chunked");
	if (!str_eq(version, STR("HTTP/1.1")))
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "Transfer-Encoding before HTTP/1.1");
	return ERR_OK;
}

static bool
has_encoded_nul(struct str s)
{
	for (size_t i = 0; i + 3 <= s.n; i++)
		if (s.p[i] == '%' && s.p[i + 1] == '0' && s.p[i + 2] == '0')
			return true;
	return false;
}

static enum err_code
check_target(struct str target, struct err *err)
{
	if (target.p == NULL || target.n == 0)
		return err_set(err, ERR_BAD_REQUEST, NULL, "no target");
	if (target.n > LIMIT_URL_BYTES)
		return err_set(err, ERR_URL_TOO_LONG, NULL,
		    "the target has more than %d bytes", LIMIT_URL_BYTES);
	for (size_t i = 0; i < target.n; i++)
		if ((unsigned char)target.p[i] <= ' ' || target.p[i] == 0x7F)
			return err_set(err, ERR_BAD_REQUEST, NULL,
			    "a control character in the target");
	/* libmicrohttpd's decoded url ends at it. */
	if (has_encoded_nul(target))
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "%%00 in the target");
	return ERR_OK;
}

static enum err_code
check_line(const struct request *r, struct str version, struct err *err)
{
	if (r->method.n == 0 || r->method.n > METHOD_BYTES_MAX)
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "a method of %zu bytes", r->method.n);
	for (size_t i = 0; i < r->method.n; i++)
		if (r->method.p[i] < 'A' || r->method.p[i] > 'Z')
			return err_set(err, ERR_BAD_REQUEST, NULL,
			    "a method that is no word of capitals");
	if (!str_eq(version, STR("HTTP/1.1")) &&
	    !str_eq(version, STR("HTTP/1.0")))
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "neither HTTP/1.1 nor HTTP/1.0");
	return check_target(r->target, err);
}

enum err_code
head_check(const struct request *r, struct str version, struct err *err)
{
	enum err_code code;

	assert(r != NULL);
	assert(r->headers != NULL || r->header_count == 0);
	code = check_line(r, version, err);
	if (code == ERR_OK)
		code = check_headers(r, version, err);
	if (code == ERR_OK)
		code = check_length(r, version, err);
	return code;
}

struct head_body
head_body(const struct request *r)
{
	struct head_body b = {.bytes = 0};
	struct str length, coding;

	assert(r != NULL);
	length = header_value(r, STR("content-length"));
	coding = header_value(r, STR("content-encoding"));
	if (!str_is_null(header_value(r, STR("transfer-encoding"))))
		b.bytes = -1;
	else if (!str_is_null(length) && !str_parse_int(length, &b.bytes))
		b.bytes = INT64_MAX; /* more than fits is too large */
	b.expected = b.bytes != 0;
	b.waits_for_us = b.expected && head_expects(r);
	b.is_coded = b.expected && !str_is_null(coding) &&
	    !str_eq_nocase(coding, STR("identity"));
	return b;
}

bool
head_expects(const struct request *r)
{
	assert(r != NULL);
	return str_eq_nocase(str_trim(header_value(r, STR("expect"))),
	    STR("100-continue"));
}

struct str
head_origin_form(struct str target)
{
	static const struct str schemes[] = {
	    STR_INIT("http://"), STR_INIT("https://")};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t at = schemes[i].n;

		if (!starts_nocase(target, schemes[i]))
			continue;
		while (at < target.n && target.p[at] != '/' &&
		    target.p[at] != '?')
			at++;
		/* No path is "/"; no dialect claims that, with a query or
		 * without. */
		return at < target.n && target.p[at] == '/'
		    ? str_sub(target, at, SIZE_MAX)
		    : STR("/");
	}
	return target;
}
