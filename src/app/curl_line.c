/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A curl command line as the request it makes: the options that people write and
 * browsers copy; any other is refused by name, for it might change the request.
 */
#include "app/raw_request.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"
#include "dialect/client.h"

/* --- words of a shell ---------------------------------------------------------------- */

/* Inside $'…'. */
static size_t
put_escape(struct buf *out, struct str s)
{
	static const char letters[] = "nrt'\"\\";
	static const char means[] = "\n\r\t'\"\\";
	uint8_t bytes[2];
	const char *at = s.n > 1 && s.p[1] != '\0' ? strchr(letters, s.p[1])
						   : NULL;

	if (at != NULL) {
		buf_char(out, means[at - letters]);
		return 2;
	}
	if (s.n > 3 && s.p[1] == 'x' &&
	    digest_hex_parse(str_sub(s, 2, 2), bytes, 1)) {
		buf_char(out, (char)bytes[0]);
		return 4;
	}
	if (s.n > 5 && s.p[1] == 'u' &&
	    digest_hex_parse(str_sub(s, 2, 4), bytes, 2) && bytes[0] == 0 &&
	    bytes[1] < 0x80) {
		buf_char(out, (char)bytes[1]);
		return 6;
	}
	buf_char(out, '\\');
	return 1;
}

/* A quoted part; returns how long it is, quotes included. */
static size_t
put_quoted(struct buf *out, struct str s)
{
	bool dollar = s.p[0] == '$';
	char quote = s.p[dollar];
	size_t i = dollar ? 2 : 1;

	while (i < s.n && s.p[i] != quote) {
		struct str rest = str_sub(s, i, SIZE_MAX);

		if (dollar && s.p[i] == '\\') {
			i += put_escape(out, rest);
		} else if (quote == '"' && s.p[i] == '\\' && i + 1 < s.n &&
		    strchr("\"\\$`", s.p[i + 1]) != NULL) {
			buf_char(out, s.p[i + 1]);
			i += 2;
		} else {
			buf_char(out, s.p[i++]);
		}
	}
	return i < s.n ? i + 1 : s.n;
}

static bool
is_quote(struct str s)
{
	return s.n > 0 &&
	    (s.p[0] == '\'' || s.p[0] == '"' || str_starts(s, STR("$'")));
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word; absent at the end. */
static struct str
next_word(struct arena *a, struct str *rest)
{
	struct str s = *rest;
	struct buf word;

	buf_init(&word, a, LIMIT_INPUT_BYTES);
	while (s.n > 0 &&
	    (is_space(s.p[0]) || str_starts(s, STR("\\\n")) ||
		str_starts(s, STR("\\\r\n"))))
		s = str_sub(s, 1, SIZE_MAX);
	if (s.n == 0)
		return STR_NONE;
	while (s.n > 0 && !is_space(s.p[0])) {
		size_t n = 1;

		if (is_quote(s)) {
			n = put_quoted(&word, s);
		} else if (s.p[0] == '\\' && s.n > 1) {
			if (s.p[1] == '\n' || s.p[1] == '\r')
				break;
			buf_char(&word, s.p[1]);
			n = 2;
		} else {
			buf_char(&word, s.p[0]);
		}
		s = str_sub(s, n, SIZE_MAX);
	}
	*rest = s;
	return buf_view(&word);
}

/* --- options ------------------------------------------------------------------------- */

struct curl_line {
	struct arena *arena;
	struct request *out;
	struct header *headers;
	struct str url;
	struct buf data;
	bool has_data, is_json, puts_in_query, is_head;
};

typedef bool take_f(struct curl_line *c, struct str value);

static bool
take_method(struct curl_line *c, struct str value)
{
	c->out->method = value;
	return true;
}

static bool
take_header(struct curl_line *c, struct str value)
{
	struct str name = str_cut(&value, ':');

	if (c->out->header_count == LIMIT_HEADERS)
		return false;
	if (!str_is_null(value))
		c->headers[c->out->header_count++] = (struct header){
		    name, str_trim(value)};
	return true;
}

static bool
take_data(struct curl_line *c, struct str value)
{
	/* A file that is not here. */
	if (str_starts(value, STR("@")))
		return false;
	if (c->has_data)
		buf_char(&c->data, '&');
	buf_str(&c->data, value);
	c->has_data = true;
	return true;
}

static bool
take_raw_data(struct curl_line *c, struct str value)
{
	if (c->has_data)
		buf_char(&c->data, '&');
	buf_str(&c->data, value);
	c->has_data = true;
	return true;
}

static bool
take_json(struct curl_line *c, struct str value)
{
	c->is_json = true;
	return take_data(c, value);
}

static bool
take_encoded(struct curl_line *c, struct str value)
{
	struct str name = str_cut(&value, '=');

	if (str_is_null(value))
		return false;
	c->has_data = true;
	client_put_pair(&c->data, name, value);
	return true;
}

static bool
take_url(struct curl_line *c, struct str value)
{
	c->url = value;
	return true;
}

static bool
take_get(struct curl_line *c, struct str value)
{
	(void)value;
	c->puts_in_query = true;
	return true;
}

static bool
take_head(struct curl_line *c, struct str value)
{
	(void)value;
	c->is_head = true;
	return true;
}

/* What does not change the request's bytes as far as they are signed. */
static bool
take_nothing(struct curl_line *c, struct str value)
{
	(void)c;
	(void)value;
	return true;
}

static const struct {
	const char *name, *letter;
	bool has_value;
	take_f *take;
} options[] = {
    {"--request", "-X", true, take_method},
    {"--header", "-H", true, take_header},
    {"--data", "-d", true, take_data},
    {"--data-ascii", "", true, take_data},
    {"--data-binary", "", true, take_data},
    {"--data-raw", "", true, take_raw_data},
    {"--data-urlencode", "", true, take_encoded},
    {"--json", "", true, take_json},
    {"--url", "", true, take_url},
    {"--get", "-G", false, take_get},
    {"--head", "-I", false, take_head},
    {"--silent", "-s", false, take_nothing},
    {"--show-error", "-S", false, take_nothing},
    {"--verbose", "-v", false, take_nothing},
    {"--include", "-i", false, take_nothing},
    {"--insecure", "-k", false, take_nothing},
    {"--location", "-L", false, take_nothing},
    {"--fail", "-f", false, take_nothing},
    {"--globoff", "-g", false, take_nothing},
    {"--no-buffer", "-N", false, take_nothing},
    {"--compressed", "", false, take_nothing},
    {"--path-as-is", "", false, take_nothing},
    {"--http1.1", "", false, take_nothing},
    {"--max-time", "-m", true, take_nothing},
    {"--connect-timeout", "", true, take_nothing},
    {"--output", "-o", true, take_nothing},
    {"--write-out", "-w", true, take_nothing},
    {"--user-agent", "-A", true, take_nothing},
    {"--proxy", "-x", true, take_nothing},
    {"--cookie", "-b", true, take_nothing},
    {"--referer", "-e", true, take_nothing},
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static enum err_code
refuse(struct err *err, struct str word)
{
	return err_set(err, ERR_BAD_REQUEST, NULL,
	    "curl's %.*s is not understood here; take the raw request that "
	    "`curl -v` shows",
	    STR_ARG(str_sub(word, 0, 64)));
}

/* "--name value", "-x value", "-xvalue", "-sS". */
static enum err_code
take_option(struct curl_line *c, struct str word, struct str *rest,
    struct err *err)
{
	bool is_long = str_starts(word, STR("--"));

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		struct str letter = str_from(options[i].letter);
		struct str value = STR("");

		if (is_long ? !str_eq(word, str_from(options[i].name))
			    : letter.n == 0 || !str_starts(word, letter))
			continue;
		if (options[i].has_value && (is_long || word.n == 2))
			value = next_word(c->arena, rest);
		else if (!is_long)
			value = str_sub(word, 2, SIZE_MAX);
		if (str_is_null(value) || !options[i].take(c, value))
			return refuse(err, word);
		if (is_long || options[i].has_value || value.n == 0)
			return ERR_OK;
		/* More letters stand behind one without a value. */
		return take_option(c,
		    arena_printf(c->arena, "-%.*s", STR_ARG(value)), rest, err);
	}
	return refuse(err, word);
}

/* --- the request ----------------------------------------------------------------------- */

static bool
has_header(const struct request *r, const char *name)
{
	return !str_is_null(request_header(r, name));
}

static enum err_code
finish(struct curl_line *c, struct err *err)
{
	struct request *r = c->out;
	struct str rest = c->url, host;
	const char *scheme = c->url.n > 0 ? memmem(c->url.p, c->url.n, "://", 3)
					  : NULL;

	if (c->url.n == 0)
		return err_set(err, ERR_BAD_REQUEST, NULL, "it has no URL");
	if (scheme != NULL)
		rest = str_sub(c->url, (size_t)(scheme - c->url.p) + 3,
		    SIZE_MAX);
	rest = str_cut(&rest, '#');
	host = rest;
	for (size_t i = 0; i < rest.n; i++) {
		if (rest.p[i] == '/' || rest.p[i] == '?') {
			host.n = i;
			break;
		}
	}
	r->target = str_sub(rest, host.n, SIZE_MAX);
	if (r->target.n == 0 || r->target.p[0] == '?')
		r->target = arena_printf(c->arena, "/%.*s", STR_ARG(r->target));
	if (!has_header(r, "Host"))
		(void)take_header(c,
		    arena_printf(c->arena, "Host: %.*s", STR_ARG(host)));
	if (c->puts_in_query && c->data.n > 0)
		r->target = arena_printf(c->arena, "%.*s%s%.*s",
		    STR_ARG(r->target),
		    memchr(r->target.p, '?', r->target.n) ? "&" : "?",
		    STR_ARG(buf_view(&c->data)));
	else
		r->body = buf_view(&c->data);
	if (str_is_null(r->method))
		r->method = c->is_head		       ? STR("HEAD")
		    : c->has_data && !c->puts_in_query ? STR("POST")
						       : STR("GET");
	if (r->body.n > 0 && !has_header(r, "Content-Type"))
		(void)take_header(c,
		    c->is_json ? STR("Content-Type: application/json")
			       : STR("Content-Type: "
				     "application/x-www-form-urlencoded"));
	raw_request_split(r);
	return arena_failed(c->arena)
	    ? err_set(err, ERR_NO_MEMORY, NULL, "no memory")
	    : ERR_OK;
}

enum err_code
curl_line_read(struct arena *a, struct str text, struct request *out,
    struct err *err)
{
	struct curl_line c = {.arena = a, .out = out};
	struct str word;

	buf_init(&c.data, a, LIMIT_INPUT_BYTES);
	c.headers = ARENA_ARRAY(a, LIMIT_HEADERS + 2, struct header);
	out->headers = c.headers;
	if (c.headers == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no memory");
	do {
		word = next_word(a, &text);
	} while (!str_is_null(word) && !str_eq(word, STR("curl")));
	while (!str_is_null(word = next_word(a, &text))) {
		enum err_code rc = ERR_OK;

		if (str_eq(word, STR("|")) || str_eq(word, STR(";")))
			break;
		if (word.n > 1 && word.p[0] == '-')
			rc = take_option(&c, word, &text, err);
		else
			c.url = word;
		if (rc != ERR_OK)
			return rc;
	}
	return finish(&c, err);
}
