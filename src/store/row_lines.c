/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of lines as this program writes them, read without a tree. This is the
 * dearest column of an order, and every change reads it. What is not exactly
 * as we write it (blanks, escapes, another number of members, a value out of
 * range) is left to the full reader of row.c, which takes it or tells what is
 * wrong with it; so nothing here says "damaged".
 */
#include <assert.h>

#include "base/limits.h"
#include "store/row.h"

/* What is left to read. */
struct scan {
	const char *p;
	const char *end;
};

static bool
take_char(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool
take_word(struct scan *s, struct str word)
{
	if ((size_t)(s->end - s->p) < word.n ||
	    memcmp(s->p, word.p, word.n) != 0)
		return false;
	s->p += word.n;
	return true;
}

static bool
take_text(struct scan *s, struct str *out)
{
	const char *from;

	if (!take_char(s, '"')) {
		*out = STR_NONE;
		return take_word(s, STR("null"));
	}
	from = s->p;
	while (s->p < s->end && *s->p != '"') {
		unsigned char u = (unsigned char)*s->p;
		size_t n = 1;

		if (u < ' ' || u == '\\')
			return false;
		if (u >= 0x80)
			n = str_utf8_length((struct str){s->p,
			    (size_t)(s->end - s->p)});
		if (n == 0)
			return false;
		s->p += n;
	}
	*out = (struct str){from, (size_t)(s->p - from)};
	return take_char(s, '"');
}

static bool
take_int(struct scan *s, int64_t min, int64_t *out)
{
	const char *from = s->p;

	while (s->p < s->end &&
	    ((*s->p >= '0' && *s->p <= '9') || *s->p == '-'))
		s->p++;
	return str_parse_int((struct str){from, (size_t)(s->p - from)}, out) &&
	    *out >= min;
}

static bool
take_line(struct scan *s, struct line *l)
{
	return take_char(s, '[') && take_text(s, &l->product) &&
	    take_char(s, ',') && take_int(s, INT64_MIN, &l->sku) &&
	    take_char(s, ',') && take_text(s, &l->title) && take_char(s, ',') &&
	    take_int(s, 0, &l->price_e4) && take_char(s, ',') &&
	    take_int(s, 1, &l->quantity) && take_char(s, ',') &&
	    take_text(s, &l->remark) && take_char(s, ']');
}

/* A list has no more lines than brackets that open; texts may have some too. */
static size_t
count_at_most(struct str text)
{
	size_t brackets = 0;

	for (size_t i = 0; i < text.n; i++)
		brackets += text.p[i] == '[';
	if (brackets <= 1)
		return 0;
	return brackets - 1 < LIMIT_LINES ? brackets - 1 : LIMIT_LINES;
}

bool
row_lines_scan(struct order *o, struct arena *a, struct str text)
{
	size_t most = count_at_most(text), n = 0;
	struct str copy = arena_dup(a, text);
	struct line *lines = ARENA_ARRAY(a, most, struct line);
	struct scan s = {copy.p, copy.p + copy.n};

	if (most == 0 || str_is_null(copy) || lines == NULL ||
	    !take_char(&s, '['))
		return false;
	do {
		if (n == most || !take_line(&s, &lines[n++]))
			return false;
	} while (take_char(&s, ','));
	if (!take_char(&s, ']') || s.p != s.end)
		return false;
	o->lines = lines;
	o->line_count = n;
	return true;
}
