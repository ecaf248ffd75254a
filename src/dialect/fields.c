/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of a JSON object to members of a change, by table.
 *
 * A member goes through read (JSON to struct value, with all checks) and put
 * (struct value to its place); nothing is put that did not pass every check.
 */
#include "dialect/fields.h"

#include "base/limits.h"
#include "base/money.h"

#include <assert.h>

/* No row takes a number as large; a double tells it well enough. */
#define HUGE_NUMBER 1e15

/* A member that passed: absent text and 0 for null. */
struct value {
	struct str text;
	int64_t number;
};

static struct str
cut_name(struct str name)
{
	size_t n = 0;

	if (name.n <= LIMIT_NAME_BYTES)
		return name;
	for (;;) {
		size_t step = str_utf8_length(str_sub(name, n, 4));

		if (step == 0 || n + step > LIMIT_NAME_BYTES)
			return str_sub(name, 0, n);
		n += step;
	}
}

void
fields_fault(const struct wire_sink *sink, enum rule rule, struct str name,
    const char *text)
{
	struct fault fault = {
	    .rule = rule, .wire = cut_name(name), .text = text};

	assert(sink != NULL);
	assert(name.p != NULL);
	if (sink->prefix != NULL) {
		struct str path = arena_printf(sink->arena, "%s%.*s",
		    sink->prefix, STR_ARG(fault.wire));

		/* The bare name is better than none. */
		fault.wire = str_is_null(path) ? fault.wire : path;
	}
	outcome_add_fault(sink->outcome, fault);
}

bool
wire_has_choice(const char *choices, struct str word)
{
	struct str rest = str_from(choices);

	while (!str_is_null(rest)) {
		if (str_eq(str_cut(&rest, '|'), word))
			return true;
	}
	return false;
}

/* Nothing to be read: blanks, also the wide one and the one that holds. */
static bool
is_blank(struct str s)
{
	while (s.n > 0) {
		size_t n = strchr(" \t\n\v\f\r", s.p[0]) != NULL ? 1 : 0;

		if (str_starts(s, STR("\xE3\x80\x80")))
			n = 3;
		else if (str_starts(s, STR("\xC2\xA0")))
			n = 2;
		if (n == 0)
			return false;
		s = str_sub(s, n, SIZE_MAX);
	}
	return true;
}

static enum rule
read_text(const struct wire_field *row, const json_t *json, struct value *out)
{
	struct str text = json_text(json);
	int64_t length;

	if (str_is_null(text))
		return RULE_TYPE;
	length = str_code_points(text);
	if (length < row->min || length > row->max || text.n > LIMIT_TEXT_BYTES)
		return RULE_LENGTH;
	if (row->min > 0 && is_blank(text))
		return RULE_LENGTH;
	if (row->form != NULL && text.n > 0 && !row->form(text))
		return RULE_FORMAT;
	out->text = text.n > 0 ? text : STR_NONE;
	return RULE_NONE;
}

static enum rule
read_choice(const struct wire_field *row, const json_t *json, struct value *out)
{
	out->text = json_text(json);
	if (str_is_null(out->text))
		return RULE_TYPE;
	return wire_has_choice(row->choices, out->text) ? RULE_NONE
							: RULE_FORMAT;
}

/* The number's decimal text; `room` is its memory. Absent: not a number. */
static struct str
number_text(const json_t *json, bool takes_text, char room[32])
{
	if (json_is_string(json) && takes_text)
		return json_text(json);
	return json_number_text(json, room);
}

/*
 * The number as an integer scaled by 10^decimals. What is far too large is
 * out of range, whatever its form: it then counts as INT64_MAX.
 */
static enum rule
read_scaled(const json_t *json, bool takes_text, int decimals, int64_t *out)
{
	char room[32];
	struct str text = number_text(json, takes_text, room);
	bool plain;

	if (str_is_null(text))
		return RULE_TYPE;
	if (json_is_string(json) && decimals == 0)
		plain = str_parse_int(text, out);
	else
		plain = money_parse(text, decimals, out);
	if (plain)
		return RULE_NONE;
	if (json_number_value(json) < HUGE_NUMBER)
		return RULE_FORMAT;
	*out = INT64_MAX;
	return RULE_RANGE;
}

/* From `decimals` to four; what would overflow stays out of every range. */
static int64_t
to_e4(int64_t number, int decimals)
{
	for (int i = decimals; i < MONEY_E4_DECIMALS; i++)
		if (__builtin_mul_overflow(number, 10, &number))
			return number < 0 ? INT64_MIN : INT64_MAX;
	return number;
}

static enum rule
read_number(const struct wire_table *t, const struct wire_field *row,
    const json_t *json, struct value *out)
{
	int decimals = row->kind == WIRE_PRICE ? row->decimals : 0;
	enum rule rule = read_scaled(json, t->takes_text_numbers, decimals,
	    &out->number);

	if (rule != RULE_NONE)
		return rule;
	if (row->kind == WIRE_PRICE)
		out->number = to_e4(out->number, decimals);
	return out->number < row->min || out->number > row->max ? RULE_RANGE
								: RULE_NONE;
}

static enum rule
read_value(const struct wire_table *t, const struct wire_field *row,
    const json_t *json, struct value *out)
{
	if (row->kind == WIRE_READ_ONLY)
		return RULE_READ_ONLY;
	if (row->kind == WIRE_ANY)
		return RULE_NONE;
	if (json_is_null(json))
		return row->nullable ? RULE_NONE : RULE_TYPE;
	switch (row->kind) {
	case WIRE_TEXT:
		return read_text(row, json, out);
	case WIRE_CHOICE:
		return read_choice(row, json, out);
	default:
		assert(row->kind == WIRE_INT || row->kind == WIRE_PRICE);
		return read_number(t, row, json, out);
	}
}

static bool
is_number(const struct wire_field *row)
{
	return row->kind == WIRE_INT || row->kind == WIRE_PRICE;
}

static void
put_line(const struct wire_field *row, const struct value *v, struct line *line)
{
	char *member;

	assert(line != NULL);
	member = (char *)line + row->offset;
	if (is_number(row))
		*(int64_t *)(void *)member = v->number;
	else
		*(struct str *)(void *)member = v->text;
}

static void
put_status(const struct value *v, struct change *change)
{
	bool known = order_status_parse(v->text, &change->to.status);

	/* The row's choices are names of states. */
	assert(known);
	(void)known;
}

static void
put_value(const struct wire_field *row, const struct value *v,
    const struct wire_sink *sink)
{
	switch (row->place) {
	case WIRE_TO_FIELD:
		if (is_number(row))
			change_set_int(sink->change, row->field, v->number);
		else
			change_set_str(sink->change, row->field, v->text);
		break;
	case WIRE_TO_STATUS:
		put_status(v, sink->change);
		break;
	case WIRE_TO_LINE:
		put_line(row, v, sink->line);
		break;
	case WIRE_TO_QUANTITY:
		sink->change->has_quantity = true;
		sink->change->quantity = v->number;
		break;
	case WIRE_TO_NOTE:
		sink->change->note = v->text;
		break;
	case WIRE_TO_NOWHERE:
		break;
	}
}

static const char *
words(const struct wire_table *t, const struct wire_field *row, enum rule rule,
    const struct value *v)
{
	if (rule == RULE_READ_ONLY)
		return t->read_only;
	if (rule == RULE_RANGE && v->number > row->max &&
	    row->message_over != NULL)
		return row->message_over;
	if (rule == RULE_FORMAT && row->message_form != NULL)
		return row->message_form;
	return row->message;
}

/* The row's index, or t->count. */
static size_t
find_row(const struct wire_table *t, const char *name)
{
	size_t i = 0;

	while (i < t->count && strcmp(t->rows[i].name, name) != 0)
		i++;
	return i;
}

static void
decode_member(const struct wire_table *t, size_t i, const json_t *json,
    const struct wire_sink *sink)
{
	const struct wire_field *row = &t->rows[i];
	struct value value = {0};
	enum rule rule = read_value(t, row, json, &value);

	if (rule == RULE_NONE)
		put_value(row, &value, sink);
	else
		fields_fault(sink, rule, str_from(row->name),
		    words(t, row, rule, &value));
}

uint64_t
fields_decode(const struct wire_table *t, json_t *object,
    const struct wire_sink *sink)
{
	uint64_t seen = 0;

	assert(t != NULL);
	assert(t->count <= 64);
	assert(json_is_object(object));
	assert(sink != NULL);
	for (void *at = json_object_iter(object); at != NULL;
	     at = json_object_iter_next(object, at)) {
		const char *name = json_object_iter_key(at);
		size_t i = find_row(t, name);

		if (i < t->count) {
			seen |= BIT64(i);
			decode_member(t, i, json_object_iter_value(at), sink);
		} else if (!t->ignores_unknown) {
			fields_fault(sink, RULE_UNKNOWN, str_from(name),
			    t->unknown);
		}
	}
	for (size_t i = 0; i < t->count; i++) {
		if (t->rows[i].required && (seen & BIT64(i)) == 0)
			fields_fault(sink, RULE_REQUIRED,
			    str_from(t->rows[i].name), t->required);
	}
	return seen;
}

bool
wire_is_mobile(struct str s)
{
	if (s.n != 11 || s.p[0] != '1')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return true;
}

bool
wire_is_url(struct str s)
{
	struct str scheme = str_sub(s, 0, 8);
	struct str host;

	if (str_eq_nocase(scheme, STR("https://")))
		host = str_sub(s, 8, SIZE_MAX);
	else if (str_eq_nocase(str_sub(s, 0, 7), STR("http://")))
		host = str_sub(s, 7, SIZE_MAX);
	else
		return false;
	for (size_t i = 0; i < host.n; i++) {
		if ((unsigned char)host.p[i] <= ' ' || host.p[i] == '\x7F')
			return false;
	}
	return host.n > 0 && strchr("/?#:", host.p[0]) == NULL;
}
