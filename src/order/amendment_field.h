/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How amendments name what lies in an order below its fields: the members of a
 * line, and attributes. Inner part of amendments, see amendment.h.
 */
#ifndef ORDER_AMENDMENT_FIELD_H
#define ORDER_AMENDMENT_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "order/order.h"

/* clang-format off */
/* Members of a line that amendments tell, in their order. A remark is free
 * text, and people write names into it. */
#define LINE_MEMBER_TABLE(X)                      \
	X(product,  STR, "product",  PLAIN)       \
	X(sku,      INT, "sku",      PLAIN)       \
	X(title,    STR, "title",    PLAIN)       \
	X(price_e4, E4,  "price",    PLAIN)       \
	X(quantity, INT, "quantity", PLAIN)       \
	X(remark,   STR, "remark",   PERSONAL)
/* clang-format on */

enum line_member {
#define X(member, kind, name, privacy) LINE_##member,
	LINE_MEMBER_TABLE(X)
#undef X
	LINE__COUNT
};

struct line_member_row {
	const char *name;
	size_t offset;
	enum field_kind kind;
	enum field_privacy privacy;
};

extern const struct line_member_row line_members[LINE__COUNT];

/* The longest "lines[499].quantity" with its NUL. */
#define LINE_FIELD_BYTES 32
#define ATTRIBUTE_PREFIX "attributes."

enum field_place { IN_ORDER, IN_LINE, IN_ATTRIBUTE };

/* What a name in an amendment means. */
struct field_ref {
	enum field_place place;
	enum order_field field;	 /* IN_ORDER */
	size_t line;		 /* IN_LINE: from 0 */
	bool is_plain;		 /* IN_LINE: named without a number */
	enum line_member member; /* IN_LINE */
	struct str attribute;	 /* IN_ATTRIBUTE: its name; borrowed */
};

/* False when no field has this name. */
bool field_ref_parse(struct str name, struct field_ref *out);

#endif
