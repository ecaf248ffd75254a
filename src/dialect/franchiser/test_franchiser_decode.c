/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_data to commands, and outcomes to replies. What is refused, in which
 * words and in which order, is shown by the conversations in tests/golden.
 */
#include "dialect/franchiser/test_call.h"

void
test_modify_sets_what_is_sent(void **state)
{
	struct test_call t;
	const struct command *c = &t.call.command;
	const struct order *to = &c->change.to;

	(void)state;
	check_err(call_decode(&t, CALL_MODIFY,
		      "{\"tradeno\":\"DD1\",\"warehouseid\":\"5\","
		      "\"transportway\":3,\"remark\":\"\",\"items\":"
		      "[{\"outerpcode\":\"ERP_1113005\","
		      "\"mainmeasunitqty\":\"2\"}]}"),
	    ERR_OK);
	assert_int_equal(c->kind, COMMAND_CHANGE);
	check_str(c->name, "DD1");
	assert_int_equal(c->name_kind, NAME_TRADE_NO);
	assert_int_equal(c->change.states, ORDER_OPEN);
	assert_true(c->change.set ==
	    (BIT64(F_WAREHOUSE) | BIT64(F_TRANSPORT_WAY) |
		BIT64(F_LOGISTICS_COMPANY) | BIT64(F_LOGISTICS_REMARK) |
		BIT64(F_LINES) | BIT64(F_RESERVES)));
	assert_int_equal(to->warehouse, 5);
	assert_int_equal(to->logistics_company, 0);
	assert_true(str_is_null(to->logistics_remark));
	assert_int_equal(to->reserves, 1);
	assert_int_equal(to->line_count, 1);
	check_str(to->lines[0].title, "乙");
	assert_int_equal(to->lines[0].price_e4, 980000);
	assert_int_equal(to->lines[0].quantity, 2);
	assert_ptr_equal(c->catalog, &t.catalog);
	assert_int_equal(c->objection.rule, RULE_NONE);
	call_fini(&t);
}

/* What is wrong with a field waits for the order's state. */
void
test_modify_objects_to_the_first_fault(void **state)
{
	struct test_call t;
	const struct command *c = &t.call.command;

	(void)state;
	check_err(call_decode(&t, CALL_MODIFY,
		      "{\"items\":[],\"mobile\":\"1\",\"address\":\"\","
		      "\"tradeno\":\"DD1\"}"),
	    ERR_OK);
	assert_string_equal(c->objection.text, "mobile格式错误");
	assert_ptr_equal(c->catalog, &t.catalog);
	assert_true(change_has(&c->change, F_LINES));
	call_fini(&t);
	check_err(call_decode(&t, CALL_MODIFY,
		      "{\"tradeno\":\"DD1\",\"warehouseid\":6,"
		      "\"mobile\":\"1\"}"),
	    ERR_OK);
	assert_string_equal(c->objection.text, "仓库[6]不存在");
	assert_null(c->catalog);
	call_fini(&t);
}

void
test_create_makes_an_order_that_reserves(void **state)
{
	struct test_call t;
	const struct order *to = &t.call.command.change.to;

	(void)state;
	check_err(call_decode(&t, FRANCHISER_BASE "trade/create",
		      "{\"warehouseid\":22,\"receivername\":\"h\",\"mobile\":"
		      "\"18817834074\",\"provincename\":\"a\",\"cityname\":"
		      "\"b\",\"distrctname\":\"c\",\"address\":\"d\","
		      "\"deliverydate\":\"2024-02-29\",\"items\":["
		      "{\"outerpcode\":\"ERP_1113004\",\"mainmeasunitqty\":1}"
		      "]}"),
	    ERR_OK);
	assert_int_equal(t.call.command.kind, COMMAND_CREATE);
	assert_int_equal(t.call.command.objection.rule, RULE_NONE);
	assert_int_equal(to->status, ORDER_SUBMITTED);
	assert_int_equal(to->transport_way, 5);
	assert_int_equal(to->reserves, 1);
	check_err(order_apply(NULL, &t.call.command, CALL_NOW_MS, &t.arena,
		      &t.call.outcome),
	    ERR_OK);
	call_fini(&t);
}

void
test_disabled_product_is_none(void **state)
{
	struct test_call t;

	(void)state;
	check_err(call_decode(&t, CALL_MODIFY,
		      "{\"tradeno\":\"DD1\",\"items\":[{\"outerpcode\":"
		      "\"ERP_OLD\",\"mainmeasunitqty\":1}]}"),
	    ERR_OK);
	assert_string_equal(t.call.command.objection.text,
	    "产品[ERP_OLD]不存在");
	call_fini(&t);
}

/* 500 lines are taken, 501 are not; a code that is long is cut when told. */
void
test_items_have_their_limits(void **state)
{
	struct test_call t;
	struct buf b;
	struct sign_output out;

	(void)state;
	for (int n = 500; n <= 501; n++) {
		call_init(&t, CALL_MODIFY, STR(""));
		buf_init(&b, &t.arena, LIMIT_BODY_BYTES);
		buf_str(&b, STR("{\"tradeno\":\"DD1\",\"items\":["));
		for (int i = 0; i < n; i++)
			buf_printf(&b,
			    "%s{\"outerpcode\":\"P%d\",\"mainmeasunitqty\":1}",
			    i > 0 ? "," : "", i);
		buf_str(&b, STR("]}"));
		t.call.request.body = buf_view(&b);
		call_sign(&t, CALL_NOW_MS, &out);
		check_err(dialect_franchiser.open(&t.call), ERR_OK);
		check_err(dialect_franchiser.verify(&t.call), ERR_OK);
		check_err(dialect_franchiser.decode(&t.call), ERR_OK);
		assert_string_equal(t.call.command.objection.text,
		    n == 500 ? "产品[P0]不存在" : "items格式错误");
		call_fini(&t);
	}
}

/* Every error of the core has an answer in the envelope. */
void
test_every_error_is_answered(void **state)
{
	struct test_call t;
	json_t *tree;
	struct err err;

	(void)state;
	for (int code = ERR_OK + 1; code < ERR__COUNT; code++) {
		check_err(call_decode(&t, CALL_MODIFY, "{\"tradeno\":\"DD1\"}"),
		    ERR_OK);
		outcome_fail(&t.call.outcome, (enum err_code)code, NULL);
		check_err(json_read(&t.arena, call_reply(&t), JSON_READ_EXACT,
			      &tree, &err),
		    ERR_OK);
		assert_int_equal(json_object_size(tree), 3);
		assert_int_not_equal(
		    json_integer_value(json_object_get(tree, "statusCode")), 0);
		assert_true(
		    json_string_length(json_object_get(tree, "message")) > 0);
		assert_true(json_is_null(json_object_get(tree, "data")));
		call_fini(&t);
	}
}

void
test_codes_follow_the_policies(void **state)
{
	struct test_call t;

	(void)state;
	check_err(call_decode(&t, CALL_MODIFY, "{\"tradeno\":\"DD1\"}"),
	    ERR_OK);
	t.credential.policy.franchiser_error.not_found = -404;
	outcome_fail(&t.call.outcome, ERR_NOT_FOUND, NULL);
	check_str(call_reply(&t),
	    "{\"statusCode\":-404,\"message\":\"订单[DD1]不存在\","
	    "\"data\":null}");
	call_fini(&t);
}
