/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw HTTP/1.1, as lenient as a text that went through an editor needs it.
 */
#include "app/raw_request.h"

#include "base/buf.h"
#include "base/limits.h"
#include "http/head.h"

void
raw_request_split(struct request *r)
{
	struct str rest = head_origin_form(r->target);

	r->path = str_cut(&rest, '?');
	r->query = rest;
}

static struct str
cut_line(struct str *rest)
{
	struct str line = str_cut(rest, '\n');

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	/* As `curl -v` marks what it sends. */
	if (str_starts(line, STR("> ")))
		return str_sub(line, 2, SIZE_MAX);
	return str_eq(line, STR(">")) ? STR("") : line;
}

static bool
is_method(struct str word)
{
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < 'A' || word.p[i] > 'Z')
			return false;
	}
	return word.n > 0;
}

static enum err_code
read_start(struct str line, struct request *out, struct err *err)
{
	out->method = str_cut(&line, ' ');
	out->target = str_cut(&line, ' ');
	if (is_method(out->method) && out->target.n > 0)
		return ERR_OK;
	return err_set(err, ERR_BAD_REQUEST, NULL,
	    "the first line is not METHOD TARGET HTTP/1.1");
}

/* Until the blank line, or to the end. */
static enum err_code
read_headers(struct arena *a, struct str *rest, struct request *out,
    struct err *err)
{
	struct header *headers = ARENA_ARRAY(a, LIMIT_HEADERS, struct header);

	if (headers == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no memory");
	out->headers = headers;
	while (!str_is_null(*rest)) {
		struct str value = cut_line(rest);
		struct str name;

		if (value.n == 0)
			return ERR_OK;
		name = str_cut(&value, ':');
		if (str_is_null(value) || name.n == 0)
			return err_set(err, ERR_BAD_REQUEST, NULL,
			    "line %zu is no header: a name, a colon, a value",
			    out->header_count + 2);
		if (out->header_count == LIMIT_HEADERS)
			return err_set(err, ERR_BAD_REQUEST, NULL,
			    "more than %d headers", LIMIT_HEADERS);
		headers[out->header_count++] = (struct header){
		    name, str_trim(value)};
	}
	return ERR_OK;
}

/* The same mark before each line of the body. */
static struct str
unmark(struct arena *a, struct str rest)
{
	struct buf b;

	buf_init(&b, a, LIMIT_INPUT_BYTES + 1);
	while (!str_is_null(rest)) {
		struct str line = str_cut(&rest, '\n');

		if (str_starts(line, STR("> ")))
			line = str_sub(line, 2, SIZE_MAX);
		buf_str(&b, line);
		if (!str_is_null(rest))
			buf_char(&b, '\n');
	}
	return buf_view(&b);
}

static void
take_body(struct str rest, struct request *out)
{
	int64_t length;

	out->body = str_is_null(rest) ? STR("") : rest;
	if (str_parse_int(request_header(out, "Content-Length"), &length) &&
	    length >= 0) {
		out->body = str_sub(out->body, 0, (size_t)length);
		return;
	}
	if (out->body.n > 0 && out->body.p[out->body.n - 1] == '\n')
		out->body.n--;
	if (out->body.n > 0 && out->body.p[out->body.n - 1] == '\r')
		out->body.n--;
}

enum err_code
raw_request_read(struct arena *a, struct str text, struct request *out,
    struct err *err)
{
	struct str rest = text;
	bool marked;
	enum err_code rc;

	*out = (struct request){.body = STR("")};
	while (rest.n > 0 && (rest.p[0] == '\n' || rest.p[0] == '\r'))
		rest = str_sub(rest, 1, SIZE_MAX);
	if (rest.n == 0)
		return err_set(err, ERR_BAD_REQUEST, NULL, "it is empty");
	if (str_starts(rest, STR("curl ")) || str_starts(rest, STR("$ curl ")))
		return curl_line_read(a, rest, out, err);
	marked = str_starts(rest, STR("> "));
	rc = read_start(cut_line(&rest), out, err);
	if (rc == ERR_OK)
		rc = read_headers(a, &rest, out, err);
	if (rc != ERR_OK)
		return rc;
	take_body(marked ? unmark(a, rest) : rest, out);
	raw_request_split(out);
	return ERR_OK;
}
