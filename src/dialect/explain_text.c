/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mistakes in what is signed: a body that was written anew after it was signed,
 * a target without its query, values in another encoding, another time.
 */
#include "base/buf.h"
#include "base/digest.h"
#include "base/json_text.h"
#include "base/when.h"
#include "dialect/explain_impl.h"

#include <iconv.h>

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define TEXT_BYTES_MAX (8 * (size_t)LIMIT_BODY_BYTES)

static enum build
set_value(struct form_field *f, struct str value)
{
	if (str_is_null(value) || str_eq(value, f->value))
		return BUILD_SKIP;
	f->value = value;
	return BUILD_TRY;
}

static struct str
join(struct trial *t, struct str a, struct str b)
{
	return arena_printf(t->arena, "%.*s%.*s", STR_ARG(a), STR_ARG(b));
}

/* --- the body ------------------------------------------------------------------ */

enum build
build_body_left_out(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->body_name);

	if (variant > 0 || f == NULL || (t->s.only_values && f->value.n == 0))
		return BUILD_END;
	trial_drop(t, f);
	return BUILD_TRY;
}

enum build
build_body_of_nothing(struct trial *t, int variant)
{
	static const struct str texts[] = {STR_INIT("{}"), STR_INIT("null"),
	    STR_INIT("[]"), STR_INIT("undefined"), STR_INIT("\"\"")};
	struct form_field *f = trial_field(t, t->x->body_name);

	if (variant >= COUNT(texts) || f == NULL || f->value.n > 0)
		return BUILD_END;
	return set_value(f, texts[variant]);
}

enum build
build_body_newline(struct trial *t, int variant)
{
	static const struct str ends[] = {
	    STR_INIT("\n"), STR_INIT("\r\n"), STR_INIT(" ")};
	struct form_field *f = trial_field(t, t->x->body_name);

	if (variant > COUNT(ends) || f == NULL || f->value.n == 0)
		return BUILD_END;
	if (variant == COUNT(ends))
		return set_value(f, str_trim(f->value));
	return set_value(f, join(t, f->value, ends[variant]));
}

enum build
build_body_hashed(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->body_name);
	char *hex = arena_alloc(t->arena, 2 * DIGEST_BYTES_MAX + 1);
	uint8_t sum[DIGEST_BYTES_MAX];
	struct digest d;
	size_t n;

	if (variant > 3 || f == NULL || hex == NULL)
		return BUILD_END;
	digest_init(&d, variant & 1 ? DIGEST_MD5 : DIGEST_SHA256);
	digest_add(&d, f->value);
	n = digest_end(&d, sum);
	if (variant & 2)
		digest_hex_upper(sum, n, hex);
	else
		digest_hex_lower(sum, n, hex);
	return set_value(f, str_from(hex));
}

/* --- JSON ----------------------------------------------------------------------- */

/* Every value that is JSON, spelled otherwise. */
static enum build
spell(struct trial *t, const enum json_spelling *ways, int count, int variant)
{
	enum build b = BUILD_SKIP;

	if (variant >= count)
		return BUILD_END;
	for (size_t i = 0; i < t->s.count; i++) {
		struct str value = json_text_spell(t->arena, t->fields[i].value,
		    ways[variant]);

		if (set_value(&t->fields[i], value) == BUILD_TRY)
			b = BUILD_TRY;
	}
	return b;
}

enum build
build_json_blanks(struct trial *t, int variant)
{
	static const enum json_spelling ways[] = {JSON_SPELL_COMPACT,
	    JSON_SPELL_BLANKS, JSON_SPELL_INDENT_2, JSON_SPELL_INDENT_4};

	return spell(t, ways, COUNT(ways), variant);
}

enum build
build_json_order(struct trial *t, int variant)
{
	static const enum json_spelling ways[] = {JSON_SPELL_SORTED};

	return spell(t, ways, COUNT(ways), variant);
}

enum build
build_json_slashes(struct trial *t, int variant)
{
	static const enum json_spelling ways[] = {
	    JSON_SPELL_SLASHES, JSON_SPELL_PLAIN_SLASHES};

	return spell(t, ways, COUNT(ways), variant);
}

enum build
build_json_unicode(struct trial *t, int variant)
{
	static const enum json_spelling ways[] = {JSON_SPELL_ASCII,
	    JSON_SPELL_ASCII_UPPER, JSON_SPELL_UTF8, JSON_SPELL_HTML};

	return spell(t, ways, COUNT(ways), variant);
}

/* --- characters ------------------------------------------------------------------ */

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	}
	return true;
}

/* Absent when there is no such text in `to`, or no such charset here. */
static struct str
convert(struct arena *a, struct str text, const char *to, const char *from)
{
	size_t room = 4 * text.n + 16, left = room, in_left = text.n;
	struct str copy = arena_dup(a, text);
	char *out = arena_alloc(a, room);
	char *in = arena_alloc(a, text.n + 1), *to_p = out;
	iconv_t cd;
	size_t rc;

	if (str_is_null(copy) || out == NULL || in == NULL)
		return STR_NONE;
	memcpy(in, copy.p, text.n);
	cd = iconv_open(to, from);
	if (cd == (iconv_t)-1)
		return STR_NONE;
	rc = iconv(cd, &in, &in_left, &to_p, &left);
	(void)iconv_close(cd);
	return rc == (size_t)-1 ? STR_NONE : (struct str){out, room - left};
}

/* What a program prints that has no such characters. */
static struct str
with_question_marks(struct arena *a, struct str text)
{
	struct buf b;

	buf_init(&b, a, TEXT_BYTES_MAX);
	while (text.n > 0) {
		size_t n = str_utf8_length(text);

		buf_char(&b, n == 1 ? text.p[0] : '?');
		text = str_sub(text, n > 0 ? n : 1, SIZE_MAX);
	}
	return buf_view(&b);
}

enum build
build_charset(struct trial *t, int variant)
{
	static const struct {
		const char *to, *from;
	} ways[] = {
	    {"GBK", "UTF-8"},
	    {"UTF-8", "GBK"},
	    {"UTF-8", "ISO-8859-1"}, /* encoded twice */
	    {"ISO-8859-1", "UTF-8"},
	};
	enum build b = BUILD_SKIP;

	if (variant > COUNT(ways))
		return BUILD_END;
	for (size_t i = 0; i < t->s.count; i++) {
		struct form_field *f = &t->fields[i];
		struct str value;

		if (is_ascii(f->value))
			continue;
		value = variant == COUNT(ways)
		    ? with_question_marks(t->arena, f->value)
		    : convert(t->arena, f->value, ways[variant].to,
			  ways[variant].from);
		if (set_value(f, value) == BUILD_TRY)
			b = BUILD_TRY;
	}
	return b;
}

/* --- escapes of URLs -------------------------------------------------------------- */

/* With every byte escaped that is neither a letter nor a digit nor in `plain`. */
static struct str
escape(struct arena *a, struct str text, const char *plain, bool upper,
    bool plus)
{
	struct buf b;

	buf_init(&b, a, TEXT_BYTES_MAX);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool is_plain = (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr(plain, c) != NULL);

		if (is_plain)
			buf_char(&b, c);
		else if (c == ' ' && plus)
			buf_char(&b, '+');
		else
			buf_printf(&b, upper ? "%%%02X" : "%%%02x",
			    (unsigned char)c);
	}
	return buf_failed(&b) ? STR_NONE : buf_view(&b);
}

static struct str
unescape(struct arena *a, struct str text, bool plus)
{
	struct buf b;

	buf_init(&b, a, TEXT_BYTES_MAX);
	for (size_t i = 0; i < text.n; i++) {
		uint8_t byte;

		if (text.p[i] == '%' &&
		    digest_hex_parse(str_sub(text, i + 1, 2), &byte, 1)) {
			buf_char(&b, (char)byte);
			i += 2;
		} else {
			buf_char(&b, plus &&
			    text.p[i] == '+' ? ' ' : text.p[i]);
		}
	}
	return buf_failed(&b) ? STR_NONE : buf_view(&b);
}

static enum build
encode_target(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->target_name);

	if (variant > 3 || f == NULL)
		return BUILD_END;
	if (variant < 2)
		return set_value(f, unescape(t->arena, f->value, variant == 1));
	return set_value(f,
	    escape(t->arena, f->value, "-._~/?&=+%:,", variant == 2, false));
}

enum build
build_encoded(struct trial *t, int variant)
{
	bool upper = variant & 1, plus = variant & 2, all = variant & 4;
	enum build b = BUILD_SKIP;

	if (t->s.only_values)
		return encode_target(t, variant);
	if (variant > 8)
		return BUILD_END;
	for (size_t i = 0; i < t->s.count; i++) {
		struct form_field *f = &t->fields[i];
		struct str value;

		if (variant < 4 && !all && str_eq(f->name, t->x->body_name) &&
		    t->x->body_name.n > 0)
			continue;
		value = variant == 8
		    ? unescape(t->arena, f->value, true)
		    : escape(t->arena, f->value, "-._*", upper, plus);
		if (set_value(f, value) == BUILD_TRY)
			b = BUILD_TRY;
	}
	return b;
}

/* --- the target ------------------------------------------------------------------- */

enum build
build_query_left_out(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->target_name);
	struct str rest;

	if (variant > 0 || f == NULL)
		return BUILD_END;
	rest = f->value;
	return set_value(f, str_cut(&rest, '?'));
}

enum build
build_path_prefix(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->target_name);
	struct str base = t->x->base;

	if (variant > 0 || f == NULL || base.n == 0)
		return BUILD_END;
	if (str_starts(f->value, base))
		return set_value(f, str_sub(f->value, base.n, SIZE_MAX));
	return set_value(f, join(t, base, f->value));
}

enum build
build_path_host(struct trial *t, int variant)
{
	static const struct str schemes[] = {
	    STR_INIT("http://"), STR_INIT("https://"), STR_INIT("")};
	struct form_field *f = trial_field(t, t->x->target_name);

	if (variant >= COUNT(schemes) || f == NULL || t->x->host.n == 0)
		return BUILD_END;
	return set_value(f,
	    join(t, join(t, schemes[variant], t->x->host), f->value));
}

enum build
build_path_slash(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->target_name);
	struct str path, query;

	if (variant > 1 || f == NULL || f->value.n < 2)
		return BUILD_END;
	if (variant == 1)
		return set_value(f, str_sub(f->value, 1, SIZE_MAX));
	query = f->value;
	path = str_cut(&query, '?');
	query = str_sub(f->value, path.n, SIZE_MAX);
	if (path.p[path.n - 1] == '/')
		return set_value(f,
		    join(t, str_sub(path, 0, path.n - 1), query));
	return set_value(f, join(t, join(t, path, STR("/")), query));
}

enum build
build_method_case(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->method_name);
	struct buf b;

	if (variant > 0 || f == NULL)
		return BUILD_END;
	buf_init(&b, t->arena, LIMIT_URL_BYTES);
	for (size_t i = 0; i < f->value.n; i++) {
		char c = f->value.p[i];

		buf_char(&b, c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c);
	}
	return set_value(f, buf_view(&b));
}

/* --- the time ----------------------------------------------------------------------- */

#define EPOCH_2012_S INT64_C(1325347200)

static struct str
print_number(struct trial *t, int64_t n)
{
	return arena_printf(t->arena, "%lld", (long long)n);
}

static struct str
print_china(struct trial *t, int64_t at_ms)
{
	char text[WHEN_CHINA_BYTES];

	when_print_china(at_ms, text);
	return arena_dup(t->arena, str_from(text));
}

/* A time that was not the one sent; the note says which. */
static enum build
set_time(struct trial *t, struct form_field *f, struct str text)
{
	enum build b = set_value(f, text);

	t->note = f->value;
	return b;
}

enum build
build_time_unit(struct trial *t, int variant)
{
	struct form_field *f = trial_field(t, t->x->time_name);
	int64_t at_s, n;

	if (variant > 5 || f == NULL || !t->x->has_time)
		return BUILD_END;
	at_s = t->x->at_ms / 1000;
	n = variant == 0   ? at_s
	    : variant == 1 ? t->x->at_ms
	    : variant == 2 ? at_s - EPOCH_2012_S
			   : (at_s - EPOCH_2012_S) * 1000;
	if (variant < 4)
		return set_time(t, f, print_number(t, n));
	if (variant == 4)
		return set_time(t, f, print_china(t, t->x->at_ms));
	return set_time(t, f, print_number(t, at_s * 1000));
}

/* The same way of writing, `shift` seconds later. */
static enum build
shift_time(struct trial *t, int64_t shift_s)
{
	struct form_field *f = trial_field(t, t->x->time_name);
	int64_t n;

	if (!str_parse_int(f->value, &n))
		return set_time(t, f,
		    print_china(t, t->x->at_ms + shift_s * 1000));
	/* Thirteen digits are milliseconds everywhere. */
	return set_time(t, f,
	    print_number(t, n + shift_s * (f->value.n == 13 ? 1000 : 1)));
}

enum build
build_time_zone(struct trial *t, int variant)
{
	if (variant > 1 || trial_field(t, t->x->time_name) == NULL ||
	    !t->x->has_time)
		return BUILD_END;
	return shift_time(t, variant == 0 ? 8 * 3600 : -8 * 3600);
}

enum build
build_time_twice(struct trial *t, int variant)
{
	/* Where one step is a millisecond, there are too many to try. */
	if (variant > 9 || trial_field(t, t->x->time_name) == NULL ||
	    !t->x->has_time)
		return BUILD_END;
	return shift_time(t,
	    variant % 2 == 0 ? -1 - variant / 2 : 1 + variant / 2);
}
