/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scanner of JSON text and the writers on top of it. It is lenient: it finds
 * where strings, numbers and brackets end, and leaves the judging to json.c.
 */
#include "base/json_text.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"

#include <assert.h>
#include <stdlib.h>

#define TEXT_BYTES_MAX (16 * (size_t)LIMIT_BODY_BYTES)

/* --- scanning --------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_one_of(const char *set, char c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static struct str
skip_blanks(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = str_sub(s, 1, SIZE_MAX);
	return s;
}

/* The bytes of the string that s begins with, quotes included; 0: none. */
static size_t
string_length(struct str s)
{
	if (s.n == 0 || s.p[0] != '"')
		return 0;
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* The bytes of the value that s begins with; 0: none. */
static size_t
value_length(struct str s)
{
	size_t depth = 0;
	size_t i = 0;

	while (i < s.n) {
		char c = s.p[i];

		if (c == '"') {
			size_t n = string_length(str_sub(s, i, SIZE_MAX));

			if (n == 0)
				return 0;
			i += n;
		} else if (c == '{' || c == '[') {
			depth++;
			i++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return i;
			depth--;
			i++;
		} else if (depth == 0 && (c == ',' || is_blank(c))) {
			return i;
		} else {
			i++;
			if (depth == 0)
				continue;
		}
		if (depth == 0)
			return i;
	}
	return depth == 0 ? i : 0;
}

bool
json_text_next(struct str *rest, struct json_member *out)
{
	struct str s = skip_blanks(*rest);
	size_t n;

	if (s.n == 0 || (s.p[0] != '{' && s.p[0] != ','))
		return false;
	s = skip_blanks(str_sub(s, 1, SIZE_MAX));
	n = string_length(s);
	if (n == 0)
		return false;
	out->whole = s;
	out->key = str_sub(s, 1, n - 2);
	s = skip_blanks(str_sub(s, n, SIZE_MAX));
	if (s.n == 0 || s.p[0] != ':')
		return false;
	s = skip_blanks(str_sub(s, 1, SIZE_MAX));
	n = value_length(s);
	if (n == 0)
		return false;
	out->value = str_sub(s, 0, n);
	out->whole.n = (size_t)(s.p + n - out->whole.p);
	*rest = str_sub(s, n, SIZE_MAX);
	return true;
}

struct str
json_text_member(struct str object, struct str key)
{
	struct json_member m;

	while (json_text_next(&object, &m)) {
		if (str_eq(m.key, key))
			return m.value;
	}
	return STR_NONE;
}

bool
json_text_is_nested(struct str text)
{
	text = str_trim(text);
	return text.n > 1 && (text.p[0] == '{' || text.p[0] == '[') &&
	    value_length(text) == text.n;
}

/* --- blanks ----------------------------------------------------------------- */

struct layout {
	struct buf *out;
	struct str comma; /* and what is behind it on the same line */
	struct str colon;
	size_t indent; /* 0: all on one line */
	size_t depth;
};

static void
break_line(struct layout *l)
{
	if (l->indent == 0)
		return;
	buf_char(l->out, '\n');
	for (size_t i = 0; i < l->indent * l->depth; i++)
		buf_char(l->out, ' ');
}

/* A bracket, comma or colon; `next` is what follows it. */
static void
put_mark(struct layout *l, char c, char next)
{
	bool is_empty = (c == '{' && next == '}') || (c == '[' && next == ']');

	if (c == ',') {
		buf_str(l->out, l->comma);
		break_line(l);
	} else if (c == ':') {
		buf_str(l->out, l->colon);
	} else if (c == '{' || c == '[') {
		buf_char(l->out, c);
		l->depth++;
		if (!is_empty)
			break_line(l);
	} else {
		size_t n = l->out->n;
		char before = n > 0 ? l->out->p[n - 1] : '\0';

		l->depth -= l->depth > 0;
		if (before != '{' && before != '[')
			break_line(l);
		buf_char(l->out, c);
	}
}

static void
lay_out(struct layout *l, struct str s)
{
	for (s = skip_blanks(s); s.n > 0; s = skip_blanks(s)) {
		size_t n = string_length(s);

		if (n == 0 && is_one_of("{}[],:", s.p[0])) {
			struct str next = skip_blanks(str_sub(s, 1, SIZE_MAX));

			put_mark(l, s.p[0], next.n > 0 ? next.p[0] : '\0');
			n = 1;
		} else {
			if (n == 0)
				n = 1;
			buf_add(l->out, s.p, n);
		}
		s = str_sub(s, n, SIZE_MAX);
	}
}

/* --- characters of strings --------------------------------------------------- */

static uint32_t
code_point(const char *p, size_t n)
{
	static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (unsigned char)p[0] & first[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

static void
put_u(struct buf *out, uint32_t c, bool upper)
{
	const char *format = upper ? "\\u%04X" : "\\u%04x";

	if (c > 0xffff) {
		c -= 0x10000;
		buf_printf(out, format, 0xd800 + (c >> 10));
		c = 0xdc00 + (c & 0x3ff);
	}
	buf_printf(out, format, c);
}

static void
put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_char(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_char(out, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_char(out, (char)(0xe0 | c >> 12));
		buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_char(out, (char)(0xf0 | c >> 18));
		buf_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_char(out, (char)(0x80 | (c & 0x3f)));
}

/* The number of "\uXXXX" at the front of s; false: it is none. */
static bool
read_u(struct str s, uint32_t *out)
{
	uint8_t bytes[2];

	if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u' ||
	    !digest_hex_parse(str_sub(s, 2, 4), bytes, 2))
		return false;
	*out = (uint32_t)bytes[0] << 8 | bytes[1];
	return true;
}

/* An escape \uXXXX, or a pair of them, as the character where that can be;
 * returns how many bytes it was, 0: none of that kind. */
static size_t
put_character(struct buf *out, struct str s)
{
	uint32_t c, low;

	if (!read_u(s, &c) || c < ' ' || c == '"' || c == '\\')
		return 0;
	if (c < 0xd800 || c > 0xdfff) {
		put_utf8(out, c);
		return 6;
	}
	if (c > 0xdbff || !read_u(str_sub(s, 6, 6), &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return 0;
	put_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
	return 12;
}

/* The next character of a string's inside, as it is to be spelled; returns how
 * many bytes of s it took. */
static size_t
spell_character(struct buf *out, struct str s, enum json_spelling how)
{
	size_t n = str_utf8_length(s);

	if (s.p[0] == '\\') {
		n = s.n > 1 && s.p[1] == 'u' ? 6 : 2;
		if (how == JSON_SPELL_UTF8) {
			size_t took = put_character(out, s);

			if (took > 0)
				return took;
		}
		if (how == JSON_SPELL_PLAIN_SLASHES && s.n > 1 &&
		    s.p[1] == '/') {
			buf_char(out, '/');
			return 2;
		}
		n = n < s.n ? n : s.n;
	} else if (how == JSON_SPELL_SLASHES && s.p[0] == '/') {
		buf_char(out, '\\');
	} else if (how == JSON_SPELL_HTML && is_one_of("<>&='", s.p[0])) {
		put_u(out, (unsigned char)s.p[0], false);
		return 1;
	} else if (n > 1 &&
	    (how == JSON_SPELL_ASCII || how == JSON_SPELL_ASCII_UPPER)) {
		put_u(out, code_point(s.p, n), how == JSON_SPELL_ASCII_UPPER);
		return n;
	}
	if (n == 0)
		n = 1;
	buf_add(out, s.p, n);
	return n;
}

static void
spell_strings(struct buf *out, struct str s, enum json_spelling how)
{
	while (s.n > 0) {
		size_t n = string_length(s);

		if (n == 0) {
			buf_char(out, s.p[0]);
			s = str_sub(s, 1, SIZE_MAX);
			continue;
		}
		buf_char(out, '"');
		for (struct str in = str_sub(s, 1, n - 2); in.n > 0;)
			in = str_sub(in, spell_character(out, in, how),
			    SIZE_MAX);
		buf_char(out, '"');
		s = str_sub(s, n, SIZE_MAX);
	}
}

/* --- the order of members ------------------------------------------------------ */

static int
compare_keys(const void *a, const void *b)
{
	return str_cmp(((const struct json_member *)a)->key,
	    ((const struct json_member *)b)->key);
}

static void sort_value(struct arena *a, struct buf *out, struct str s,
    int depth);

/* The text with the objects in it sorted; what is no object stays. */
static void
sort_inside(struct arena *a, struct buf *out, struct str s, int depth)
{
	while (s.n > 0) {
		size_t n = string_length(s);

		if (n == 0 && s.p[0] == '{') {
			n = value_length(s);
			sort_value(a, out, str_sub(s, 0, n), depth);
		} else {
			n = n == 0 ? 1 : n;
			buf_add(out, s.p, n);
		}
		s = str_sub(s, n > 0 ? n : s.n, SIZE_MAX);
	}
}

/* What stands between members stays where it is. */
static void
sort_value(struct arena *a, struct buf *out, struct str s, int depth)
{
	struct str rest = s;
	struct json_member m, *sorted;
	size_t count = 0;
	const char *at = s.p;

	while (json_text_next(&rest, &m))
		count++;
	sorted = ARENA_ARRAY(a, 2 * count + 1, struct json_member);
	if (count == 0 || sorted == NULL || depth > LIMIT_JSON_DEPTH) {
		buf_str(out, s);
		return;
	}
	rest = s;
	for (size_t i = 0; i < count && json_text_next(&rest, &m); i++)
		sorted[i] = sorted[count + i] = m;
	qsort(sorted, count, sizeof(*sorted), compare_keys);
	for (size_t i = 0; i < count; i++) {
		struct str there = sorted[count + i].whole;

		buf_add(out, at, (size_t)(there.p - at));
		sort_inside(a, out, sorted[i].whole, depth + 1);
		at = there.p + there.n;
	}
	buf_add(out, at, (size_t)(s.p + s.n - at));
}

struct str
json_text_spell(struct arena *a, struct str text, enum json_spelling how)
{
	bool wide = how == JSON_SPELL_INDENT_2 || how == JSON_SPELL_INDENT_4;
	struct buf out;
	struct layout l = {.out = &out,
	    .comma = how == JSON_SPELL_BLANKS ? STR(", ") : STR(","),
	    .colon = how == JSON_SPELL_COMPACT ? STR(":") : STR(": "),
	    .indent = !wide		     ? 0
		: how == JSON_SPELL_INDENT_2 ? 2
					     : 4};

	assert((unsigned)how < JSON_SPELL__COUNT);
	if (!json_text_is_nested(text))
		return STR_NONE;
	buf_init(&out, a, TEXT_BYTES_MAX);
	if (wide || how == JSON_SPELL_COMPACT || how == JSON_SPELL_BLANKS)
		lay_out(&l, text);
	else if (how == JSON_SPELL_SORTED)
		sort_inside(a, &out, text, 0);
	else
		spell_strings(&out, text, how);
	return buf_failed(&out) ? STR_NONE : buf_view(&out);
}
