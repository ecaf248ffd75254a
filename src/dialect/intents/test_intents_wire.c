/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of the intents dialect: a walk over each of its field tables, and
 * where values go and which words a client gets.
 */
#include "dialect/intents/intents_impl.h"
#include "dialect/test_walk.h"

static struct walk w;

int
setup(void **state)
{
	(void)state;
	walk_init(&w);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	walk_fini(&w);
	return 0;
}

void
test_every_table_keeps_its_word(void **state)
{
	(void)state;
	walk_table(&w, &intents_create_fields);
	walk_table(&w, &intents_update_fields);
	walk_table(&w, &intents_fail_fields);
	walk_table(&w, &intents_no_fields);
	walk_table(&w, &intents_batch_fields);
	walk_table(&w, &intents_item_fields);
}

/* What the documents say, apart from the tables. */
static const struct {
	const char *name;
	int64_t min;
	int64_t max;
} documented[] = {
    {"userId", 1, 100},
    {"title", 1, 200},
    {"productUrl", 1, 2000},
    {"price", 1, 999999999900},
    {"quantity", 1, 99999999},
    {"recipientName", 2, 50},
    {"address", 5, 200},
    {"phone", 11, 11},
    {"remarks", 0, 500},
    {"reason", 0, 500},
    {"id", 1, LIMIT_NAME_BYTES},
};

static void
check_documented(const struct wire_field *row)
{
	if (row->kind == WIRE_CHOICE || row->kind == WIRE_READ_ONLY ||
	    row->kind == WIRE_ANY)
		return;
	for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]);
	     i++) {
		if (strcmp(documented[i].name, row->name) != 0)
			continue;
		assert_int_equal(row->min, documented[i].min);
		assert_int_equal(row->max, documented[i].max);
		return;
	}
	print_error("%s is not documented\n", row->name);
	fail();
}

void
test_bounds_are_the_documented_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < intents_create_fields.count; i++)
		check_documented(&intents_create_fields.rows[i]);
	for (size_t i = 0; i < intents_update_fields.count; i++)
		check_documented(&intents_update_fields.rows[i]);
	for (size_t i = 0; i < intents_fail_fields.count; i++)
		check_documented(&intents_fail_fields.rows[i]);
	for (size_t i = 0; i < intents_item_fields.count; i++)
		check_documented(&intents_item_fields.rows[i]);
}

void
test_values_go_to_their_places(void **state)
{
	(void)state;
	(void)walk_decode(&w, &intents_create_fields,
	    "{\"userId\":\"u\",\"platform\":\"JD\",\"title\":\"t\","
	    "\"price\":99.99,\"quantity\":3e0,\"status\":\"DRAFT\","
	    "\"remarks\":\"r\"}");
	check_str(w.change.to.user, "u");
	check_str(w.change.to.platform, "JD");
	check_str(w.change.to.remarks, "r");
	check_str(w.line.title, "t");
	assert_int_equal(w.line.price_e4, 999900);
	assert_int_equal(w.line.quantity, 3);
	assert_int_equal(w.change.to.status, ORDER_DRAFT);
	assert_true(change_has(&w.change, F_USER));
	assert_false(change_has(&w.change, F_PHONE));
}

void
test_update_sets_only_what_was_sent(void **state)
{
	(void)state;
	assert_int_equal(
	    walk_decode(&w, &intents_update_fields, "{\"quantity\":2}"), 1);
	assert_true(w.change.has_quantity);
	assert_int_equal(w.change.quantity, 2);
	assert_int_equal(w.change.set, 0);
	(void)walk_decode(&w, &intents_update_fields,
	    "{\"phone\":\"13900139000\"}");
	assert_false(w.change.has_quantity);
	assert_true(w.change.set == BIT64(F_PHONE));
}

void
test_null_and_empty_text_clear(void **state)
{
	(void)state;
	(void)walk_decode(&w, &intents_update_fields, "{\"remarks\":null}");
	assert_true(w.change.set == BIT64(F_REMARKS));
	check_str(w.change.to.remarks, NULL);
	(void)walk_decode(&w, &intents_update_fields, "{\"remarks\":\"\"}");
	assert_true(w.change.set == BIT64(F_REMARKS));
	check_str(w.change.to.remarks, NULL);
}

void
test_all_faults_are_told_in_the_order_sent(void **state)
{
	(void)state;
	(void)walk_decode(&w, &intents_update_fields,
	    "{\"phone\":\"1\",\"x\":1,"
	    "\"price\":1,\"quantity\":\"2\",\"address\":\"五个字以上\"}");
	assert_int_equal(w.outcome.code, ERR_BAD_FIELD);
	assert_int_equal(w.outcome.fault_count, 4);
	check_str(w.outcome.faults[0].wire, "phone");
	check_str(w.outcome.faults[1].wire, "x");
	assert_int_equal(w.outcome.faults[1].rule, RULE_UNKNOWN);
	check_str(w.outcome.faults[2].wire, "price");
	assert_string_equal(w.outcome.faults[2].text, "该字段不可更新");
	check_str(w.outcome.faults[3].wire, "quantity");
	assert_string_equal(w.outcome.faults[3].text, "数量必须为正整数");
	assert_true(change_has(&w.change, F_ADDRESS));
	assert_false(w.change.has_quantity);
}

void
test_price_words_fit_the_fault(void **state)
{
	static const struct {
		const char *body;
		const char *text;
	} rows[] = {
	    {"{\"price\":0}", "价格必须大于0"},
	    {"{\"price\":-0.0}", "价格必须大于0"},
	    {"{\"price\":-5}", "价格必须大于0"},
	    {"{\"price\":\"5\"}", "价格必须大于0"},
	    {"{\"price\":1.005}", "价格最多两位小数"},
	    {"{\"price\":100000000}", "价格不能超过99999999.99"},
	    {"{\"price\":1e30}", "价格不能超过99999999.99"},
	    {"{\"price\":92233720368547758}", "价格不能超过99999999.99"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)walk_decode(&w, &intents_create_fields, rows[i].body);
		check_str(w.outcome.faults[0].wire, "price");
		assert_string_equal(w.outcome.faults[0].text, rows[i].text);
	}
}
