/* SPDX-License-Identifier: Apache-2.0 */
/* The file format of golden conversations; see conversation.h. */
#include "tests/run/conversation.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

static const char *const step_names[] = {
    [STEP_ABOUT] = "about",
    [STEP_GIVEN] = "given",
    [STEP_SEND] = "send",
    [STEP_EXPECT] = "expect",
    [STEP_STORED] = "stored",
};

#define STEP_KINDS ((int)(sizeof(step_names) / sizeof(step_names[0])))
#define FILE_BYTES_MAX (1024 * 1024)
#define EXPANDED_BYTES_MAX (16 * 1024 * 1024)

static struct str
read_file(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *bytes = arena_alloc(a, FILE_BYTES_MAX);
	size_t n;

	if (f == NULL || bytes == NULL) {
		perror(path);
		if (f != NULL)
			fclose(f);
		return STR_NONE;
	}
	n = fread(bytes, 1, FILE_BYTES_MAX, f);
	fclose(f);
	return (struct str){bytes, n};
}

static bool
heading_kind(struct str line, enum step_kind *out)
{
	if (!str_starts(line, STR("== ")))
		return false;
	for (int i = 0; i < STEP_KINDS; i++) {
		if (str_eq(str_sub(line, 3, line.n), str_from(step_names[i]))) {
			*out = (enum step_kind)i;
			return true;
		}
	}
	return false;
}

/* The text of a step without the line feed before the next heading. */
static void
end_step(struct conversation *c, const char *end)
{
	struct step *s;

	if (c->step_count == 0)
		return;
	s = &c->steps[c->step_count - 1];
	s->text.n = (size_t)(end - s->text.p);
	while (s->text.n > 0 && s->text.p[s->text.n - 1] == '\n')
		s->text.n--;
}

static struct str
base_name(struct str path)
{
	while (path.n > 0 && memchr(path.p, '/', path.n) != NULL)
		(void)str_cut(&path, '/');
	return str_sub(path, 0, path.n > 4 ? path.n - 4 : path.n);
}

bool
conversation_read(struct arena *a, const char *path, struct conversation *out)
{
	struct str rest = read_file(a, path), line;
	int number = 0;

	*out = (struct conversation){.name = base_name(str_from(path))};
	if (str_is_null(rest))
		return false;
	for (const char *end = rest.p + rest.n; !str_is_null(rest);) {
		enum step_kind kind;

		line = str_cut(&rest, '\n');
		number++;
		if (heading_kind(line, &kind)) {
			end_step(out, line.p);
			if (out->step_count == STEPS_MAX) {
				fprintf(stderr, "%s: too many steps\n", path);
				return false;
			}
			out->steps[out->step_count++] = (struct step){
			    .kind = kind,
			    .line = number,
			    .text = {str_is_null(rest) ? end : rest.p, 0},
			};
		} else if (out->step_count == 0 ||
		    str_starts(line, STR("== "))) {
			fprintf(stderr, "%s:%d: no such step\n", path, number);
			return false;
		}
		if (str_is_null(rest))
			end_step(out, end);
	}
	for (int i = 0; i < out->step_count; i++) {
		const struct step *s = &out->steps[i];

		if (s->kind != STEP_ABOUT)
			continue;
		out->is_faultless = out->is_faultless ||
		    memmem(s->text.p, s->text.n, "@faultless: ", 12) != NULL;
		out->is_demo = out->is_demo ||
		    memmem(s->text.p, s->text.n, "@demo", 5) != NULL;
	}
	return out->step_count > 0;
}

/* --- placeholders ------------------------------------------------------ */

/* The next {{…}} in text: what is before it, its inside, and what follows. */
static bool
next_placeholder(struct str text, struct str *before, struct str *inside,
    struct str *after)
{
	const char *open = text.n ? memmem(text.p, text.n, "{{", 2) : NULL;
	const char *end = text.p + text.n, *close;

	if (open == NULL)
		return false;
	close = memmem(open, (size_t)(end - open), "}}", 2);
	if (close == NULL)
		return false;
	*before = (struct str){text.p, (size_t)(open - text.p)};
	*inside = (struct str){open + 2, (size_t)(close - open - 2)};
	*after = (struct str){close + 2, (size_t)(end - close - 2)};
	return true;
}

/* JSON ends in "}}" too: a placeholder's inside is a plain word. */
static bool
is_word(struct str s)
{
	if (s.n == 0 || s.n > 64)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"' || s.p[i] == '{' || s.p[i] == '\n')
			return false;
	return true;
}

static struct str
captured(const struct captures *c, struct str name)
{
	for (int i = 0; i < c->count; i++)
		if (str_eq(c->rows[i].name, name))
			return c->rows[i].value;
	return STR_NONE;
}

static bool
expand_repeat(struct buf *b, struct str words)
{
	struct str text, count;
	int64_t n;

	(void)str_cut(&words, ' ');
	text = str_cut(&words, ' ');
	count = str_cut(&words, ' ');
	if (!str_parse_int(count, &n))
		return false;
	for (int64_t i = 0; i < n; i++)
		buf_str(b, text);
	return true;
}

struct str
conversation_expand(struct arena *a, struct str text,
    const struct captures *captures)
{
	struct str before, inside, after, value;
	struct buf b;

	buf_init(&b, a, EXPANDED_BYTES_MAX);
	while (next_placeholder(text, &before, &inside, &after)) {
		buf_str(&b, before);
		value = captured(captures, inside);
		if (!str_is_null(value)) {
			buf_str(&b, value);
		} else if (str_starts(inside, STR("repeat "))) {
			if (!expand_repeat(&b, inside))
				return STR_NONE;
		} else if (!is_word(inside)) {
			buf_str(&b, STR("{{"));
			after = (struct str){
			    inside.p, (size_t)(text.p + text.n - inside.p)};
		} else {
			fprintf(stderr, "nothing captured as %.*s\n",
			    STR_ARG(inside));
			return STR_NONE;
		}
		text = after;
	}
	buf_str(&b, text);
	return buf_failed(&b) ? STR_NONE : buf_view(&b);
}

static bool
capture(struct arena *a, struct captures *c, struct str name, struct str value)
{
	struct str known = captured(c, name);

	if (str_eq(name, STR("*")))
		return true;
	if (!str_is_null(known))
		return str_eq(known, value);
	if (c->count == CAPTURES_MAX)
		return false;
	c->rows[c->count].name = name;
	c->rows[c->count++].value = arena_dup(a, value);
	return true;
}

/* The literal text of the pattern up to the next real placeholder. */
static bool
split_pattern(struct str pattern, struct str *literal, struct str *name,
    struct str *rest)
{
	struct str from = pattern, before, after;

	while (next_placeholder(from, &before, name, &after)) {
		if (is_word(*name)) {
			*literal = (struct str){
			    pattern.p, (size_t)(name->p - 2 - pattern.p)};
			*rest = after;
			return true;
		}
		from = (struct str){
		    name->p, (size_t)(pattern.p + pattern.n - name->p)};
	}
	*literal = pattern;
	return false;
}

/* Where `literal` stands in `actual`: at its start, or anywhere behind what a
 * pending placeholder takes, or at the very end when it is the last. */
static const char *
find_literal(struct str actual, struct str literal, bool pending, bool last)
{
	if (literal.n > actual.n)
		return NULL;
	if (pending && last)
		actual = str_sub(actual, actual.n - literal.n, literal.n);
	else if (pending && literal.n > 0)
		return memmem(actual.p, actual.n, literal.p, literal.n);
	return memcmp(actual.p, literal.p, literal.n) == 0 ? actual.p : NULL;
}

static size_t
common_prefix(struct str a, struct str b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return n;
}

bool
conversation_match(struct arena *a, struct str pattern, struct str actual,
    struct captures *captures, size_t *at)
{
	const char *start = pattern.p;
	struct str literal, name = STR_NONE, rest, pending = STR_NONE;
	bool more = true;

	while (more) {
		const char *found;

		more = split_pattern(pattern, &literal, &name, &rest);
		*at = (size_t)(literal.p - start);
		found = find_literal(actual, literal, !str_is_null(pending),
		    !more);
		if (found == NULL) {
			*at += common_prefix(literal, actual);
			return false;
		}
		if (!str_is_null(pending) &&
		    !capture(a, captures, pending,
			(struct str){actual.p, (size_t)(found - actual.p)}))
			return false;
		actual = str_sub(actual, (size_t)(found - actual.p) + literal.n,
		    actual.n);
		pending = name;
		pattern = rest;
	}
	return actual.n == 0;
}
