/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of queries and form bodies. Its formats:
 *
 *   pairs      name=value&name=value, '+' a space, %xx a byte
 *   multipart  [preamble CRLF] --boundary CRLF
 *              headers CRLF CRLF value CRLF --boundary CRLF …
 *              … value CRLF --boundary-- [epilogue]
 *
 * A part's name stands in its header Content-Disposition, in quotes or bare,
 * with or without blanks. What looks like a boundary but goes on with other
 * letters is part of the value.
 */
#include "dialect/form.h"

#include "base/digest.h"
#include "base/limits.h"

#include <assert.h>

#define BOUNDARY_BYTES_MAX 70 /* RFC 2046, 5.1.1 */

void
form_init(struct form *f, struct arena *a)
{
	assert(f != NULL);
	assert(a != NULL);
	*f = (struct form){.arena = a};
}

static enum err_code
refuse(struct err *err, const char *why)
{
	return err_set(err, ERR_BAD_BODY, NULL, "form: %s", why);
}

static enum err_code
no_memory(struct err *err)
{
	return err_set(err, ERR_NO_MEMORY, NULL, "form: the arena is full");
}

static bool
has_nul(struct str s)
{
	return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

static enum err_code
add_field(struct form *f, struct form_field field, struct err *err)
{
	if (has_nul(field.name) || (!field.is_file && has_nul(field.value)))
		return refuse(err, "a NUL in a name or value");
	if (f->count == LIMIT_FORM_FIELDS)
		return refuse(err, "too many fields");
	if (f->count == f->room) {
		size_t room = f->room == 0 ? 8 : f->room * 2;
		struct form_field *grown = arena_grow(f->arena, f->fields,
		    f->room * sizeof(*grown), room * sizeof(*grown));

		if (grown == NULL)
			return no_memory(err);
		f->fields = grown;
		f->room = room;
	}
	f->fields[f->count++] = field;
	return ERR_OK;
}

/* Decodes one name or value; what has nothing to decode is borrowed. */
static enum err_code
decode(struct arena *a, struct str in, struct str *out, struct err *err)
{
	size_t n = 0;
	char *p;

	*out = in;
	if (in.n == 0 ||
	    (memchr(in.p, '%', in.n) == NULL &&
		memchr(in.p, '+', in.n) == NULL))
		return ERR_OK;
	p = arena_alloc(a, in.n);
	if (p == NULL)
		return no_memory(err);
	for (size_t i = 0; i < in.n; i++) {
		uint8_t byte = (uint8_t)in.p[i];

		if (byte == '+') {
			byte = ' ';
		} else if (byte == '%') {
			if (!digest_hex_parse(str_sub(in, i + 1, 2), &byte, 1))
				return refuse(err, "a '%' without two digits");
			i += 2;
		}
		p[n++] = (char)byte;
	}
	*out = (struct str){p, n};
	return ERR_OK;
}

enum err_code
form_read_pairs(struct form *f, struct str text, struct err *err)
{
	assert(f != NULL);
	assert(f->arena != NULL);
	while (!str_is_null(text)) {
		struct form_field field = {0};
		struct str value = str_cut(&text, '&');
		struct str name;
		enum err_code rc;

		if (value.n == 0)
			continue;
		name = str_cut(&value, '=');
		if (str_is_null(value))
			value = STR("");
		rc = decode(f->arena, name, &field.name, err);
		if (rc == ERR_OK)
			rc = decode(f->arena, value, &field.value, err);
		if (rc == ERR_OK)
			rc = add_field(f, field, err);
		if (rc != ERR_OK)
			return rc;
	}
	return ERR_OK;
}

/* --- parameters of a header: ; name=value; name="quoted \" value" -------- */

/* Where the quoted string that s begins with ends: behind its last quote. */
static size_t
quoted_length(struct str s)
{
	size_t i = 1;

	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i + 1 : s.n;
}

/* The content of a quoted string; only \" and \\ are escapes. */
static struct str
unquote(struct arena *a, struct str quoted)
{
	size_t n = 0;
	char *p;

	quoted = str_sub(quoted, 1, SIZE_MAX);
	if (quoted.n > 0 && quoted.p[quoted.n - 1] == '"')
		quoted.n--;
	if (quoted.n == 0 || memchr(quoted.p, '\\', quoted.n) == NULL)
		return quoted;
	p = arena_alloc(a, quoted.n);
	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < quoted.n; i++) {
		char next = i + 1 < quoted.n ? quoted.p[i + 1] : '\0';

		if (quoted.p[i] == '\\' && (next == '"' || next == '\\'))
			i++;
		p[n++] = quoted.p[i];
	}
	return (struct str){p, n};
}

/* Takes the next parameter off *rest; false at the end. */
static bool
take_param(struct arena *a, struct str *rest, struct str *name,
    struct str *value)
{
	size_t n = 0;

	*rest = str_trim(*rest);
	while (rest->n > 0 && (rest->p[0] == ';' || rest->p[0] == ' '))
		*rest = str_sub(*rest, 1, SIZE_MAX);
	if (rest->n == 0)
		return false;
	while (n < rest->n && rest->p[n] != '=' && rest->p[n] != ';')
		n++;
	*name = str_trim(str_sub(*rest, 0, n));
	*rest = str_sub(*rest, n, SIZE_MAX);
	*value = STR("");
	if (rest->n == 0 || rest->p[0] == ';')
		return true;
	*rest = str_trim(str_sub(*rest, 1, SIZE_MAX));
	if (rest->n > 0 && rest->p[0] == '"') {
		n = quoted_length(*rest);
		*value = unquote(a, str_sub(*rest, 0, n));
	} else {
		for (n = 0; n < rest->n && rest->p[n] != ';';)
			n++;
		*value = str_trim(str_sub(*rest, 0, n));
	}
	*rest = str_sub(*rest, n, SIZE_MAX);
	return true;
}

/* The parameter of this name in a header's value; absent without it. */
static struct str
find_param(struct arena *a, struct str header, const char *wanted)
{
	struct str name, value;

	(void)str_cut(&header, ';');
	if (str_is_null(header))
		return STR_NONE;
	while (take_param(a, &header, &name, &value)) {
		if (str_eq_nocase(name, str_from(wanted)))
			return value;
	}
	return STR_NONE;
}

struct str
form_media_type(struct str content_type)
{
	return str_trim(str_cut(&content_type, ';'));
}

/* --- multipart ----------------------------------------------------------- */

struct multipart {
	struct str delimiter; /* CRLF "--" boundary */
	struct str rest;      /* what is not read yet */
	bool ended;	      /* the closing delimiter was read */
};

/* What may stand behind a delimiter: "--", or blanks and the line's end. The
 * bytes of it; 0 when this was no delimiter. */
static size_t
delimiter_tail(struct str s, bool *is_last)
{
	size_t n = 0;

	*is_last = str_starts(s, STR("--"));
	if (*is_last)
		return 2;
	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
		n++;
	return str_starts(str_sub(s, n, 2), STR("\r\n")) ? n + 2 : 0;
}

/* Reads on behind the next delimiter; *before is what stood before it. False
 * when there is no delimiter any more. */
static bool
take_delimiter(struct multipart *m, struct str *before)
{
	struct str text = m->rest;
	size_t from = 0;

	for (;;) {
		const char *at = memmem(text.p + from, text.n - from,
		    m->delimiter.p, m->delimiter.n);
		struct str behind;
		size_t tail;

		if (at == NULL)
			return false;
		*before = str_sub(text, 0, (size_t)(at - text.p));
		behind = str_sub(text, before->n + m->delimiter.n, SIZE_MAX);
		tail = delimiter_tail(behind, &m->ended);
		if (tail > 0) {
			m->rest = str_sub(behind, tail, SIZE_MAX);
			return true;
		}
		from = before->n + 1;
	}
}

/* Takes a line off *text, without its CRLF. */
static struct str
take_line(struct str *text)
{
	struct str line = str_cut(text, '\n');

	return str_trim(line);
}

/* The value of Content-Disposition among a part's headers. */
static struct str
find_disposition(struct str headers)
{
	while (!str_is_null(headers)) {
		struct str value = take_line(&headers);
		struct str name = str_trim(str_cut(&value, ':'));

		if (str_eq_nocase(name, STR("content-disposition")))
			return str_trim(value);
	}
	return STR_NONE;
}

/* One part: headers, an empty line, the value. */
static enum err_code
read_part(struct form *f, struct str part, struct err *err)
{
	const char *end = memmem(part.p, part.n, "\r\n\r\n", 4);
	struct form_field field = {0};
	struct str disposition;

	if (end == NULL)
		return refuse(err, "a part without an empty line");
	disposition = find_disposition(
	    str_sub(part, 0, (size_t)(end - part.p)));
	if (!str_eq_nocase(form_media_type(disposition), STR("form-data")))
		return refuse(err, "a part that is not form-data");
	field.name = find_param(f->arena, disposition, "name");
	field.value = str_sub(part, (size_t)(end - part.p) + 4, SIZE_MAX);
	field.is_file = !str_is_null(
	    find_param(f->arena, disposition, "filename"));
	if (arena_failed(f->arena))
		return no_memory(err);
	if (str_is_null(field.name))
		return refuse(err, "a part without a name");
	return add_field(f, field, err);
}

static enum err_code
multipart_begin(struct multipart *m, struct arena *a, struct str content_type,
    struct err *err)
{
	struct str boundary = find_param(a, content_type, "boundary");

	if (arena_failed(a))
		return no_memory(err);
	if (boundary.n == 0 || boundary.n > BOUNDARY_BYTES_MAX)
		return refuse(err, "no boundary, or one that is too long");
	m->delimiter = arena_printf(a, "\r\n--%.*s", STR_ARG(boundary));
	return str_is_null(m->delimiter) ? no_memory(err) : ERR_OK;
}

/* Reads on behind the first delimiter, which needs no line before it. */
static bool
take_first_delimiter(struct multipart *m, struct str body)
{
	struct str first = str_sub(m->delimiter, 2, SIZE_MAX);
	struct str preamble;

	m->rest = str_is_null(body) ? STR("") : body;
	if (str_starts(m->rest, first)) {
		struct str behind = str_sub(m->rest, first.n, SIZE_MAX);
		size_t tail = delimiter_tail(behind, &m->ended);

		m->rest = tail > 0 ? str_sub(behind, tail, SIZE_MAX) : m->rest;
		if (tail > 0)
			return true;
	}
	return take_delimiter(m, &preamble);
}

enum err_code
form_read_multipart(struct form *f, struct str content_type, struct str body,
    struct err *err)
{
	struct multipart m = {0};
	struct str part;
	enum err_code rc;

	assert(f != NULL);
	assert(f->arena != NULL);
	rc = multipart_begin(&m, f->arena, content_type, err);
	if (rc == ERR_OK && !take_first_delimiter(&m, body))
		rc = refuse(err, "no delimiter");
	while (rc == ERR_OK && !m.ended) {
		if (take_delimiter(&m, &part))
			rc = read_part(f, part, err);
		else
			rc = refuse(err, "the last delimiter is missing");
	}
	return rc;
}

enum err_code
form_read_body(struct form *f, struct str content_type, struct str body,
    struct err *err)
{
	struct str type = form_media_type(content_type);

	assert(f != NULL);
	if (str_eq_nocase(type, STR("application/x-www-form-urlencoded")))
		return form_read_pairs(f, body, err);
	if (str_eq_nocase(type, STR("multipart/form-data")))
		return form_read_multipart(f, content_type, body, err);
	return err_set(err, ERR_BAD_TYPE, NULL, "form: content type \"%.*s\"",
	    type.n > 100 ? 100 : (int)type.n, type.p ? type.p : "");
}

/* --- the list ------------------------------------------------------------ */

struct str
form_find(const struct form *f, struct str name)
{
	assert(f != NULL);
	for (size_t i = 0; i < f->count; i++) {
		if (!f->fields[i].is_file && str_eq(f->fields[i].name, name))
			return f->fields[i].value;
	}
	return STR_NONE;
}

struct str
form_find_duplicate(const struct form *f)
{
	assert(f != NULL);
	for (size_t i = 1; i < f->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (str_eq(f->fields[i].name, f->fields[j].name))
				return f->fields[i].name;
		}
	}
	return STR_NONE;
}
