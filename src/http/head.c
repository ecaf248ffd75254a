/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of head.h. Names of headers that appear here are HTTP's own;
 * those of the dialects begin with "x-" and are covered as a class.
 */
#include "http/head.h"

#include <assert.h>

#include "base/limits.h"
#include "base/word.h"

#define METHOD_BYTES_MAX 16

/* Headers that are looked at here, by these names. */
#define KNOWN_TABLE(X) \
	X(HOST, "host") \
	X(CONTENT_LENGTH, "content-length") \
	X(TRANSFER_ENCODING, "transfer-encoding") \
	X(CONTENT_ENCODING, "content-encoding") \
	X(EXPECT, "expect")

enum known {
#define X(symbol, name) KNOWN_##symbol,
	KNOWN_TABLE(X)
#undef X
	KNOWN__COUNT
};

/* Headers that decide what a request is or who sent it come once. */
/* clang-format off */
static const struct str single_headers[] = {
#define X(symbol, name) [KNOWN_##symbol] = STR_INIT(name),
    KNOWN_TABLE(X)
#undef X
    STR_INIT("content-type"),
    STR_INIT("authorization"),
    STR_INIT("if-match"),
    STR_INIT("idempotency-key"),
    STR_INIT("traceparent"),
};
/* clang-format on */

/* Which of the known ones a name may be, and one more. The compiler refuses a
 * second one of the same length. */
static const uint8_t known_by_length[] = {
#define X(symbol, name) [sizeof(name) - 1] = KNOWN_##symbol + 1,
    KNOWN_TABLE(X)
#undef X
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
	if (starts_nocase(name, STR("x-")))
		return !starts_nocase(name, STR("x-forwarded-"));
	for (size_t i = 0; i < SINGLE_HEADER_COUNT; i++)
		if (str_eq_nocase(name, single_headers[i]))
			return true;
	return false;
}

/* A letter, a digit or one of !#$%&'*+-.^_`|~ by its bit. */
static bool
is_token_char(char c)
{
	static const uint64_t bits[2] = {
	    UINT64_C(0x03FF6CFA00000000), UINT64_C(0x57FFFFFFC7FFFFFE)};
	const unsigned char u = (unsigned char)c;

	return u < 0x80 && (bits[u >> 6] >> (u & 63) & 1) != 0;
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

/* The bytes at the front of s that are no DEL and not under `least`. */
static size_t
run_from(struct str s, unsigned char least)
{
	size_t i = 0;

	for (; s.n - i >= WORD_BYTES; i += WORD_BYTES) {
		uint64_t w = word_at(s.p + i);

		if (word_is_marked(
			w | word_under(w, least) | word_equal(w, 0x7F)))
			break;
	}
	while (i < s.n && (unsigned char)s.p[i] >= least && s.p[i] != 0x7F)
		i++;
	return i;
}

/* A CR alone ends a line for some readers. */
static bool
is_text(struct str s)
{
	size_t run = run_from(s, ' ');

	while (run < s.n && s.p[run] == '\t') {
		s = str_sub(s, run + 1, SIZE_MAX);
		run = run_from(s, ' ');
	}
	return run == s.n;
}

static const struct header *
find_before(const struct request *r, size_t end, struct str name)
{
	for (size_t i = 0; i < end; i++)
		if (str_eq_nocase(r->headers[i].name, name))
			return &r->headers[i];
	return NULL;
}

/* The first value of each header that HTTP itself looks at; absent without. */
static void
find_known(const struct request *r, struct str out[KNOWN__COUNT])
{
	for (int k = 0; k < KNOWN__COUNT; k++)
		out[k] = STR_NONE;
	for (size_t i = r->header_count; i > 0; i--) {
		const struct header *h = &r->headers[i - 1];
		int k = h->name.n < sizeof(known_by_length)
		    ? known_by_length[h->name.n] - 1
		    : -1;

		if (k >= 0 && str_eq_nocase(h->name, single_headers[k]))
			out[k] = h->value;
	}
}

static enum err_code
check_headers(const struct request *r, struct str version, struct str host,
    struct err *err)
{
	if (str_eq(version, STR("HTTP/1.1")) && str_is_null(host))
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
check_length(struct str length, struct str coding, struct str version,
    struct err *err)
{
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
	const char *at;

	while (s.n > 0 && (at = memchr(s.p, '%', s.n)) != NULL) {
		s = str_sub(s, (size_t)(at - s.p), SIZE_MAX);
		if (str_starts(s, STR("%00")))
			return true;
		s = str_sub(s, 1, SIZE_MAX);
	}
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
	if (run_from(target, ' ' + 1) < target.n)
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "a control character in the target");
	/* For who decodes it, the target ends there. */
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
	struct str known[KNOWN__COUNT];
	enum err_code code;

	assert(r != NULL);
	assert(r->headers != NULL || r->header_count == 0);
	find_known(r, known);
	code = check_line(r, version, err);
	if (code == ERR_OK)
		code = check_headers(r, version, known[KNOWN_HOST], err);
	if (code == ERR_OK)
		code = check_length(known[KNOWN_CONTENT_LENGTH],
		    known[KNOWN_TRANSFER_ENCODING], version, err);
	return code;
}

static bool
says_continue(struct str expect)
{
	return str_eq_nocase(str_trim(expect), STR("100-continue"));
}

struct head_body
head_body(const struct request *r)
{
	struct str known[KNOWN__COUNT];
	struct head_body b = {.bytes = 0};
	struct str length, coding;

	assert(r != NULL);
	find_known(r, known);
	length = known[KNOWN_CONTENT_LENGTH];
	coding = known[KNOWN_CONTENT_ENCODING];
	if (!str_is_null(known[KNOWN_TRANSFER_ENCODING]))
		b.bytes = -1;
	else if (!str_is_null(length) && !str_parse_int(length, &b.bytes))
		b.bytes = INT64_MAX; /* more than fits is too large */
	b.expected = b.bytes != 0;
	b.waits_for_us = b.expected && says_continue(known[KNOWN_EXPECT]);
	b.is_coded = b.expected && !str_is_null(coding) &&
	    !str_eq_nocase(coding, STR("identity"));
	return b;
}

bool
head_expects(const struct request *r)
{
	struct str known[KNOWN__COUNT];

	assert(r != NULL);
	find_known(r, known);
	return says_continue(known[KNOWN_EXPECT]);
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
