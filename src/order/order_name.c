/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of an order. One that was not given a name of some kind has the one
 * derived from its id, so that every dialect can speak of every order.
 */
#include <assert.h>

#include "base/buf.h"
#include "base/limits.h"
#include "order/order.h"

static_assert(ORDER_NAME_BYTES > LIMIT_NAME_BYTES, "a name and its NUL fit");

static const struct str prefixes[NAME__COUNT] = {
    [NAME_INTENT] = STR_INIT("intent_"),
    [NAME_PURCHASE_NO] = STR_INIT("CG"),
    [NAME_TRADE_NO] = STR_INIT("DD"),
    [NAME_PURCHASE_ORDER] = STR_INIT(""),
};

/* The name the order was given; absent when it has to be derived. */
static struct str
given_name(const struct order *o, enum name_kind kind)
{
	switch (kind) {
	case NAME_PURCHASE_NO:
		return o->purchase_no;
	case NAME_TRADE_NO:
		return o->trade_no;
	case NAME_PURCHASE_ORDER:
		return o->purchase_order;
	default:
		return STR_NONE;
	}
}

void
order_name_print(const struct order *o, enum name_kind kind,
    char out[ORDER_NAME_BYTES])
{
	assert((unsigned)kind < NAME__COUNT);

	struct str given = given_name(o, kind);

	if (str_is_null(given)) {
		struct buf b;

		buf_init_fixed(&b, out, ORDER_NAME_BYTES);
		buf_str(&b, prefixes[kind]);
		buf_int(&b, o->id);
		buf_char(&b, '\0');
		assert(!buf_failed(&b));
		return;
	}
	assert(given.n < ORDER_NAME_BYTES);
	memcpy(out, given.p, given.n);
	out[given.n] = '\0';
}

bool
order_name_parse(enum name_kind kind, struct str name, int64_t *id_out)
{
	assert((unsigned)kind < NAME__COUNT);

	struct str prefix = prefixes[kind];

	if (str_is_null(name) || !str_starts(name, prefix))
		return false;

	struct str digits = str_sub(name, prefix.n, name.n);

	/* A second spelling of an id would be a second name of the order. */
	if (digits.n == 0 || digits.p[0] < '1' || digits.p[0] > '9')
		return false;
	return str_parse_int(digits, id_out);
}

bool
order_name_is_reserved(enum name_kind kind, struct str name)
{
	int64_t id;

	return order_name_parse(kind, name, &id) && id >= ORDER_ID_FIRST;
}
