/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of fields in amendments, read back.
 */
#include <assert.h>

#include "base/limits.h"
#include "order/amendment.h"
#include "order/amendment_field.h"

#define KIND_FITS(member, kind) \
	_Generic(((struct line *)0)->member, struct str \
		 : (kind) == FIELD_STR, int64_t \
		 : (kind) == FIELD_INT || (kind) == FIELD_E4)

#define X(member, kind, neutral, privacy) \
	static_assert(KIND_FITS(member, FIELD_##kind), \
	    "the kind of " neutral " does not fit its member");
LINE_MEMBER_TABLE(X)
#undef X

const struct line_member_row line_members[LINE__COUNT] = {
#define X(member, type, neutral, who) \
	[LINE_##member] = { \
	    .name = (neutral), \
	    .offset = offsetof(struct line, member), \
	    .kind = FIELD_##type, \
	    .privacy = FIELD_##who, \
	},
    LINE_MEMBER_TABLE(X)
#undef X
};

static bool
parse_member(struct str name, struct field_ref *out)
{
	for (int i = 0; i < LINE__COUNT; i++) {
		if (str_eq(name, str_from(line_members[i].name))) {
			out->place = IN_LINE;
			out->member = (enum line_member)i;
			return true;
		}
	}
	return false;
}

/* "[2].quantity" */
static bool
parse_line(struct str rest, struct field_ref *out)
{
	struct str number = str_cut(&rest, ']');
	int64_t line;

	if (!str_starts(number, STR("[")) || !str_starts(rest, STR(".")))
		return false;
	if (!str_parse_int(str_sub(number, 1, number.n), &line))
		return false;
	if (line < 0 || line >= LIMIT_LINES)
		return false;
	out->line = (size_t)line;
	return parse_member(str_sub(rest, 1, rest.n), out);
}

static bool
parse_order_field(struct str name, struct field_ref *out)
{
	for (int f = 0; f < F__COUNT; f++) {
		/* Lists are told by their elements. */
		if (order_fields[f].kind == FIELD_LINES ||
		    order_fields[f].kind == FIELD_ATTRIBUTES)
			continue;
		if (str_eq(name, str_from(order_fields[f].name))) {
			out->place = IN_ORDER;
			out->field = (enum order_field)f;
			return true;
		}
	}
	return false;
}

bool
field_ref_parse(struct str name, struct field_ref *out)
{
	struct str prefix = STR(ATTRIBUTE_PREFIX);

	*out = (struct field_ref){.place = IN_ORDER};
	if (str_is_null(name))
		return false;
	if (str_starts(name, prefix)) {
		out->place = IN_ATTRIBUTE;
		out->attribute = str_sub(name, prefix.n, name.n);
		return true;
	}
	if (str_starts(name, STR("lines[")))
		return parse_line(str_sub(name, 5, name.n), out);
	out->is_plain = parse_member(name, out);
	return out->is_plain || parse_order_field(name, out);
}

enum field_kind
amendment_field_kind(struct str field)
{
	struct field_ref ref;

	if (!field_ref_parse(field, &ref))
		return FIELD_STR;
	switch (ref.place) {
	case IN_ORDER:
		return order_fields[ref.field].kind;
	case IN_LINE:
		return line_members[ref.member].kind;
	default:
		return FIELD_STR;
	}
}
