/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head as libmicrohttpd cut it up. Its parser ends names and values at a
 * NUL, takes a bare CR or LF for the end of a line, joins folded lines, and
 * skips blanks between method and target; another program may read all of that
 * differently. None of it shows in the strings we are given, but all of it in
 * where they lie, for a head of the one right form is cut up in place:
 *
 *	METHOD 0 target 0 version 00 name 0… value 00 name 0… value 00 00
 *
 * So each piece must begin where the one before it ends. Pointers into that
 * buffer are compared here and not followed.
 */
#include <assert.h>

#include "http/server_impl.h"

#define CRLF_BYTES 2

struct gather {
	struct header *headers; /* NULL: only measure */
	size_t count;
	char *bytes;
	size_t byte_count;
	const char *line_end; /* of the line before */
	bool is_odd;
};

static struct str
keep(struct gather *g, const char *p, size_t n)
{
	struct str kept = {g->bytes + g->byte_count, n};

	if (n > 0)
		memcpy(g->bytes + g->byte_count, p, n);
	g->byte_count += n;
	return kept;
}

static enum MHD_Result
measure_header(void *cls, enum MHD_ValueKind kind, const char *key,
    size_t key_bytes, const char *value, size_t value_bytes)
{
	struct gather *g = cls;

	(void)kind;
	if (key != g->line_end + CRLF_BYTES || value == NULL)
		g->is_odd = true;
	g->line_end = value + value_bytes;
	g->byte_count += key_bytes + value_bytes;
	g->count++;
	return MHD_YES;
}

static enum MHD_Result
keep_header(void *cls, enum MHD_ValueKind kind, const char *key,
    size_t key_bytes, const char *value, size_t value_bytes)
{
	struct gather *g = cls;
	struct header *h = &g->headers[g->count];

	(void)kind;
	h->name = keep(g, key, key_bytes);
	h->value = str_trim(keep(g, value, value_bytes));
	g->count++;
	return MHD_YES;
}

static bool
ends_at(const struct visit *v, const char *method, const char *line_end)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(v->mhd,
	    MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return info != NULL &&
	    line_end + 2 * CRLF_BYTES == method + info->header_size;
}

static bool
is_line_whole(const struct visit *v, const char *method, const char *version)
{
	return v->raw_target == method + strlen(method) + 1 &&
	    version == v->raw_target + v->raw_target_bytes + 1;
}

enum err_code
raw_head_take(struct visit *v, const char *method, const char *version,
    struct err *err)
{
	struct request *r = &v->exchange.call.request;
	struct arena *a = &v->exchange.arena;
	struct gather g = {.line_end = version + strlen(version)};

	assert(v->step == VISIT_HEAD);
	(void)MHD_get_connection_values_n(v->mhd, MHD_HEADER_KIND,
	    measure_header, &g);
	g.bytes = arena_alloc(a, g.byte_count);
	g.headers = ARENA_ARRAY(a, g.count, struct header);
	r->method = arena_dup(a, str_from(method));
	if (arena_failed(a))
		return ERR_NO_MEMORY;
	r->headers = g.headers;
	r->header_count = g.count;
	g.count = 0;
	g.byte_count = 0;
	(void)MHD_get_connection_values_n(v->mhd, MHD_HEADER_KIND, keep_header,
	    &g);
	assert(g.count == r->header_count);
	if (!is_line_whole(v, method, version))
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "a request line of another form");
	if (g.is_odd || !ends_at(v, method, g.line_end))
		return err_set(err, ERR_BAD_REQUEST, NULL,
		    "a header line of another form");
	return ERR_OK;
}
