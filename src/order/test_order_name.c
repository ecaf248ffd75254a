/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names given and derived, and ids.
 */
#include "order/order.h"
#include "tests/check.h"

static void
check_name(const struct order *o, enum name_kind kind, const char *want)
{
	char name[ORDER_NAME_BYTES];

	order_name_print(o, kind, name);
	assert_string_equal(name, want);
}

void
test_order_name_is_derived_from_the_id(void **state)
{
	(void)state;
	struct order o = {.id = 67890};

	check_name(&o, NAME_INTENT, "intent_67890");
	check_name(&o, NAME_PURCHASE_NO, "CG67890");
	check_name(&o, NAME_TRADE_NO, "DD67890");
	check_name(&o, NAME_PURCHASE_ORDER, "67890");
}

void
test_order_name_given_goes_first(void **state)
{
	(void)state;
	struct order o = {
	    .id = 67890,
	    .purchase_no = STR("PO-1"),
	    .trade_no = STR("T-1"),
	    .purchase_order = STR("3045861756863154425"),
	};

	check_name(&o, NAME_INTENT, "intent_67890");
	check_name(&o, NAME_PURCHASE_NO, "PO-1");
	check_name(&o, NAME_TRADE_NO, "T-1");
	check_name(&o, NAME_PURCHASE_ORDER, "3045861756863154425");
}

void
test_order_name_longest_fits(void **state)
{
	(void)state;
	char given[ORDER_NAME_BYTES] = {0};
	struct order o = {.id = INT64_MAX};

	check_name(&o, NAME_INTENT, "intent_9223372036854775807");
	memset(given, 'n', sizeof(given) - 1);
	o.trade_no = str_from(given);
	check_name(&o, NAME_TRADE_NO, given);
}

void
test_order_name_parses_what_it_prints(void **state)
{
	(void)state;
	static const int64_t ids[] = {1, 67890, INT64_MAX};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		for (int k = 0; k < NAME__COUNT; k++) {
			struct order o = {.id = ids[i]};
			char name[ORDER_NAME_BYTES];
			int64_t id = 0;

			order_name_print(&o, (enum name_kind)k, name);
			assert_true(order_name_parse((enum name_kind)k,
			    str_from(name), &id));
			assert_int_equal(id, ids[i]);
		}
	}
}

void
test_order_name_has_one_spelling(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "intent_", "intent_0",
	    "intent_01", "intent_-1", "intent_+1", "intent_1 ", "intent_1x",
	    "Intent_1", "CG1", "1", "intent_9223372036854775808"};
	int64_t id = 0;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(
		    order_name_parse(NAME_INTENT, str_from(wrong[i]), &id));
	assert_false(order_name_parse(NAME_PURCHASE_ORDER, STR_NONE, &id));
	assert_false(order_name_parse(NAME_PURCHASE_ORDER, STR("0"), &id));
	assert_false(order_name_parse(NAME_PURCHASE_ORDER, STR("CG1"), &id));
}

void
test_only_names_the_server_may_make_are_reserved(void **state)
{
	(void)state;
	assert_true(order_name_is_reserved(NAME_PURCHASE_NO,
	    STR("CG4503599627370496")));
	assert_true(order_name_is_reserved(NAME_PURCHASE_ORDER,
	    STR("911523468812345344")));
	assert_false(order_name_is_reserved(NAME_PURCHASE_NO,
	    STR("CG4503599627370495")));
	assert_false(
	    order_name_is_reserved(NAME_PURCHASE_NO, STR("CG2204130002")));
	assert_false(order_name_is_reserved(NAME_PURCHASE_NO,
	    STR("PO4503599627370496")));
	assert_false(order_name_is_reserved(NAME_PURCHASE_NO, STR_NONE));
}
