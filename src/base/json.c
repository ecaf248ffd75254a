/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON in and out.
 *
 * Reading: jansson's allocator is ours. While json_read runs, the thread's
 * memory comes from the caller's arena and freeing does nothing; at all other
 * times it is the heap, so that other users of jansson stay correct.
 *
 * jansson does not survive a failed allocation everywhere: its token buffer
 * drops bytes and later runs over its end. So a full arena does not return to
 * jansson but jumps back out of it. That is sound because a parse holds
 * nothing but memory, and all of it is the arena's.
 */
#include "base/json.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/when.h"
#include "base/word.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

/* A parse under way on this thread. */
struct parse {
	struct arena *arena;
	jmp_buf full;
};

static _Thread_local struct parse *current;
static pthread_once_t jansson_once = PTHREAD_ONCE_INIT;

static void *
hook_malloc(size_t bytes)
{
	void *p;

	if (current == NULL)
		return malloc(bytes);
	p = arena_alloc(current->arena, bytes);
	/* jansson reads on after a failed allocation: there is no other way. */
	if (p == NULL)
		longjmp(current->full, 1); /* lint: allow banned — see above */
	return p;
}

static void
hook_free(void *p)
{
	if (current == NULL)
		free(p);
}

static void
init_jansson(void)
{
	uint32_t seed;

	random_bytes(&seed, sizeof(seed));
	json_object_seed(seed | 1); /* 0 would make it choose one itself */
	json_set_alloc_funcs(hook_malloc, hook_free);
}

/*
 * The offset of the first bracket that opens too deep a level, or of the first
 * value too many; SIZE_MAX for neither. Up to jansson's first error this sees
 * the same tokens as jansson, so it bounds jansson's recursion and memory
 * without being a parser.
 */
static size_t
find_excess(struct str text, enum json_fault *why)
{
	bool in_string = false;
	size_t depth = 0;
	size_t values = 1;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '"')
			in_string = !in_string;
		else if (in_string)
			i += c == '\\';
		else if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth > 0)
			depth--;
		/* A value stands behind a comma or is the first of a bracket. */
		if (!in_string && (c == '[' || c == '{' || c == ','))
			values++;
		*why = depth > LIMIT_JSON_DEPTH ? JSON_FAULT_TOO_DEEP
						: JSON_FAULT_TOO_MANY;
		if (depth > LIMIT_JSON_DEPTH || values > LIMIT_JSON_VALUES)
			return i;
	}
	return SIZE_MAX;
}

/* The same words about a place as jansson's errors. */
static enum err_code
refuse(struct err *err, int line, int column, enum json_fault why,
    const char *text)
{
	column = column > 0 ? column : 1;
	if (err != NULL) {
		(void)err_set(err, ERR_BAD_BODY, NULL, "line %d column %d: %s",
		    line, column, text);
		err->place = (struct err_place){line, column, why};
	}
	return ERR_BAD_BODY;
}

static enum err_code
refuse_at(struct err *err, struct str text, size_t at, enum json_fault why,
    const char *words)
{
	int line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		if (text.p[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text.p[i] & 0xC0) != 0x80) {
			column++;
		}
	}
	return refuse(err, line, column, why, words);
}

/* What jansson would get wrong: size, and NUL, which it can overlook. */
static enum err_code
check_text(struct str text, struct err *err)
{
	const char *nul = text.n ? memchr(text.p, '\0', text.n) : NULL;
	enum json_fault why;
	size_t at;

	if (nul != NULL)
		return refuse_at(err, text, (size_t)(nul - text.p),
		    JSON_FAULT_NUL, "NUL byte");
	at = find_excess(text, &why);
	if (at != SIZE_MAX)
		return refuse_at(err, text, at, why,
		    why == JSON_FAULT_TOO_DEEP ? "nested too deep"
					       : "too many values");
	return ERR_OK;
}

static enum json_fault
fault_of(const json_error_t *fault)
{
	switch (json_error_code(fault)) {
	case json_error_duplicate_key:
		return JSON_FAULT_DUPLICATE_KEY;
	case json_error_end_of_input_expected:
		return JSON_FAULT_TRAILING;
	case json_error_premature_end_of_input:
		return JSON_FAULT_UNFINISHED;
	case json_error_invalid_utf8:
		return JSON_FAULT_UTF8;
	case json_error_null_character:
		return JSON_FAULT_NUL;
	default:
		return JSON_FAULT_SYNTAX;
	}
}

/* --- numbers that have no room ------------------------------------------------ */

#define INT64_DIGITS 19
#define DOUBLE_DIGITS 300 /* no shorter number without exponent overflows */

static size_t
digits(const char *p)
{
	return strspn(p, "0123456789");
}

/* The length of the JSON number at p, 0 for none. p ends with a NUL. */
static size_t
number_length(const char *p)
{
	size_t n = p[0] == '-';
	size_t more = p[n] == '0' ? 1 : digits(p + n);

	if (more == 0)
		return 0;
	n += more;
	if (p[n] == '.') {
		more = digits(p + n + 1);
		if (more == 0)
			return 0;
		n += 1 + more;
	}
	if (p[n] == 'e' || p[n] == 'E') {
		size_t sign = p[n + 1] == '+' || p[n + 1] == '-';

		more = digits(p + n + 1 + sign);
		n = more > 0 ? n + 1 + sign + more : 0;
	}
	return n;
}

/* Whether jansson would have no room for it: as an int64 where it is whole and
 * integers are exact, as a double else. A NUL stands somewhere behind it. */
static bool
overflows(struct str number, bool exact)
{
	bool has_exponent = memchr(number.p, 'e', number.n) != NULL ||
	    memchr(number.p, 'E', number.n) != NULL;
	int64_t whole;

	if (exact && !has_exponent && memchr(number.p, '.', number.n) == NULL)
		return number.n >= INT64_DIGITS &&
		    !str_parse_int(number, &whole);
	if (!has_exponent && number.n <= DOUBLE_DIGITS)
		return false;
	return fabs(strtod(number.p, NULL)) == HUGE_VAL;
}

/*
 * Writes 1e300 over each number that overflows, which jansson would refuse
 * together with the whole text. The shortest of them is as long (2e308), so it
 * fits, and places stay what they are. `text` is ours and ends with NUL.
 */
static void
tame_numbers(char *text, bool exact)
{
	bool in_string = false;

	for (char *p = text; *p != '\0'; p++) {
		size_t n = in_string ? 0 : number_length(p);

		if (*p == '"')
			in_string = !in_string;
		else if (in_string && *p == '\\' && p[1] != '\0')
			p++;
		/* What begins like a number and is none: jansson tells. */
		if (n == 0 && !in_string && (*p == '-' || digits(p) > 0))
			return;
		if (n == 0)
			continue;
		if (overflows((struct str){p, n}, exact)) {
			size_t sign = *p == '-';

			memset(p + sign, ' ', n - sign);
			memcpy(p + sign, "1e300", 5);
		}
		p += n - 1;
	}
}

/* Only a text with an exponent or a long run of digits is copied. */
static bool
has_huge_number(struct str text, bool exact)
{
	size_t most = exact ? INT64_DIGITS - 1 : DOUBLE_DIGITS;
	size_t run = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool digit = c >= '0' && c <= '9';

		if (run > 0 && (run > most || c == 'e' || c == 'E'))
			return true;
		run = digit ? run + 1 : 0;
	}
	return run > most;
}

static enum err_code
tame_text(struct arena *a, struct str *text, bool exact, struct err *err)
{
	char *copy;

	if (!has_huge_number(*text, exact))
		return ERR_OK;
	copy = arena_alloc(a, text->n + 1);
	if (copy == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "the arena is full while reading JSON");
	memcpy(copy, text->p, text->n);
	copy[text->n] = '\0';
	tame_numbers(copy, exact);
	text->p = copy;
	return ERR_OK;
}

static size_t
jansson_flags(unsigned flags)
{
	size_t strict = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;

	if (flags & JSON_READ_NUMBERS_AS_REAL)
		return strict | JSON_DECODE_INT_AS_REAL;
	return strict;
}

enum err_code
json_read(struct arena *a, struct str text, unsigned flags, json_t **out,
    struct err *err)
{
	struct parse parse = {.arena = a};
	json_error_t fault;
	json_t *tree;

	assert(a != NULL);
	assert(out != NULL);
	assert((flags & ~(unsigned)JSON_READ_NUMBERS_AS_REAL) == 0);
	assert(current == NULL);
	if (check_text(text, err) != ERR_OK)
		return ERR_BAD_BODY;
	if (tame_text(a, &text, (flags & JSON_READ_NUMBERS_AS_REAL) == 0,
		err) != ERR_OK)
		return ERR_NO_MEMORY;
	(void)pthread_once(&jansson_once, init_jansson);
	/* lint: allow banned — the other end of hook_malloc's way out */
	if (setjmp(parse.full) != 0) {
		current = NULL;
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "the arena is full while reading JSON");
	}
	current = &parse;
	tree = json_loadb(text.p ? text.p : "", text.n, jansson_flags(flags),
	    &fault);
	current = NULL;
	if (tree == NULL)
		return refuse(err, fault.line, fault.column, fault_of(&fault),
		    fault.text);
	*out = tree;
	return ERR_OK;
}

struct str
json_text(const json_t *v)
{
	if (!json_is_string(v))
		return STR_NONE;
	return (struct str){json_string_value(v), json_string_length(v)};
}

/* What %.15g prints without point and exponent. */
static bool
is_whole(double v)
{
	return v > -1e15 && v < 1e15 && v == (double)(int64_t)v;
}

static struct str
whole_text(int64_t v, char out[32])
{
	struct buf b;

	buf_init_fixed(&b, out, 32);
	buf_int(&b, v);
	return buf_view(&b);
}

struct str
json_number_text(const json_t *v, char out[32])
{
	int n;

	assert(out != NULL);
	if (json_is_integer(v))
		n = snprintf(out, 32, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v) && is_whole(json_real_value(v)))
		return whole_text((int64_t)json_real_value(v), out);
	else if (json_is_real(v))
		/* Adding zero takes the sign off a negative zero. */
		n = snprintf(out, 32, "%.15g", json_real_value(v) + 0.0);
	else
		return STR_NONE;
	assert(n > 0 && n < 32);
	return (struct str){out, (size_t)n};
}

void
json_out_init(struct json_out *o, struct buf *buf)
{
	assert(o != NULL);
	assert(buf != NULL);
	*o = (struct json_out){.buf = buf};
}

/* The comma before a value or key, and none before what a key announces. */
static void
begin_value(struct json_out *o)
{
	assert(o != NULL);
	assert(o->buf != NULL);
	if (o->comma)
		buf_char(o->buf, ',');
	o->comma = true;
}

void
json_open(struct json_out *o, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	begin_value(o);
	buf_char(o->buf, bracket);
	o->comma = false;
}

void
json_close(struct json_out *o, char bracket)
{
	assert(o != NULL);
	assert(bracket == '}' || bracket == ']');
	buf_char(o->buf, bracket);
	o->comma = true;
}

static bool
is_plain(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x20 && u < 0x80 && u != '"' && u != '\\';
}

static bool
is_plain_word(const char *p)
{
	uint64_t w = word_at(p);

	return !word_is_marked(
	    w | word_under(w, 0x20) | word_equal(w, '"') | word_equal(w, '\\'));
}

/* How many bytes at p are plain ASCII that goes out as it is. */
static size_t
plain_length(const char *p, size_t n)
{
	size_t i = 0;

	while (n - i >= WORD_BYTES && is_plain_word(p + i))
		i += WORD_BYTES;
	/* The last bytes once more with those before them. */
	if (n >= WORD_BYTES && n - i < WORD_BYTES &&
	    is_plain_word(p + n - WORD_BYTES))
		return n;
	while (i < n && is_plain(p[i]))
		i++;
	return i;
}

/* Three bytes that are one character for sure: most of Chinese is such. */
static bool
is_common_triple(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	return n >= 3 && u[0] > 0xE0 && u[0] < 0xED && (u[1] & 0xC0) == 0x80 &&
	    (u[2] & 0xC0) == 0x80;
}

/* The bytes that need no escape: plain ones and valid UTF-8. */
static size_t
run_length(struct str s)
{
	size_t i = plain_length(s.p, s.n);

	while (i < s.n) {
		size_t step;

		if (is_common_triple(s.p + i, s.n - i))
			step = 3;
		else if ((unsigned char)s.p[i] >= 0x80)
			step = str_utf8_length(str_sub(s, i, 4));
		else
			step = plain_length(s.p + i, s.n - i);
		if (step == 0)
			break;
		i += step;
	}
	return i;
}

/* One byte that cannot stand for itself. */
static void
put_escape(struct buf *b, char c)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	const unsigned char u = (unsigned char)c;

	if (u >= 0x80) {
		buf_add(b, "\xEF\xBF\xBD", 3); /* U+FFFD */
		return;
	}
	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2) {
		if (shorts[i] == c) {
			buf_char(b, '\\');
			buf_char(b, shorts[i + 1]);
			return;
		}
	}
	buf_add(b, u < 0x10 ? "\\u000" : "\\u001", 5);
	buf_char(b, "0123456789abcdef"[u & 15]);
}

/* What begins with something that needs an escape, up to its end. */
static void
put_rest(struct buf *b, struct str s)
{
	while (s.n > 0) {
		size_t run = run_length(s);

		buf_add(b, s.p, run);
		if (run < s.n)
			put_escape(b, s.p[run++]);
		s = str_sub(s, run, SIZE_MAX);
	}
	buf_char(b, '"');
}

void
json_put_str(struct json_out *o, struct str s)
{
	size_t run;
	char *p;

	if (s.p == NULL) {
		json_put_null(o);
		return;
	}
	/* Two quotes, and the comma before. */
	if (!buf_reserve(o->buf, s.n + 2 + o->comma))
		return;
	run = run_length(s);
	p = o->buf->p + o->buf->n;
	if (o->comma)
		*p++ = ',';
	*p++ = '"';
	memcpy(p, s.p, run);
	p += run;
	if (run == s.n)
		*p++ = '"';
	o->buf->n = (size_t)(p - o->buf->p);
	o->comma = true;
	if (run < s.n)
		put_rest(o->buf, str_sub(s, run, SIZE_MAX));
}

void
json_put_word(struct json_out *o, struct str s)
{
	char *p;

	assert(!str_is_null(s));
	if (!buf_reserve(o->buf, s.n + 2 + o->comma))
		return;
	p = o->buf->p + o->buf->n;
	*p = ',';
	p += o->comma;
	*p = '"';
	memcpy(p + 1, s.p, s.n);
	p[s.n + 1] = '"';
	o->buf->n = (size_t)(p + s.n + 2 - o->buf->p);
	o->comma = true;
}

void
json_put_int(struct json_out *o, int64_t v)
{
	begin_value(o);
	buf_int(o->buf, v);
}

void
json_put_bool(struct json_out *o, bool v)
{
	begin_value(o);
	buf_str(o->buf, v ? STR("true") : STR("false"));
}

void
json_put_null(struct json_out *o)
{
	begin_value(o);
	buf_str(o->buf, STR("null"));
}

void
json_put_money(struct json_out *o, int64_t value, int decimals)
{
	begin_value(o);
	money_print(o->buf, value, decimals);
}

void
json_put_time(struct json_out *o, int64_t at_ms)
{
	char text[WHEN_ISO_BYTES];

	if (at_ms == 0) {
		json_put_null(o);
		return;
	}
	when_print_iso(at_ms, text);
	json_put_word(o, (struct str){text, WHEN_ISO_BYTES - 1});
}

void
json_put_raw(struct json_out *o, struct str json)
{
	assert(json.p != NULL);
	assert(json.n > 0);
	begin_value(o);
	buf_add(o->buf, json.p, json.n);
}
