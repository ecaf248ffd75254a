/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies to arguments, and the methods that change one order. */
#include "dialect/wangdian/test_call.h"

#define COUNT "{\"status\":1,\"message\":\"invalid argument count\"}"
#define MISMATCH "{\"status\":1,\"message\":\"argument type mismatch\"}"
#define NOW "system.Core.now"
#define CANCEL WANGDIAN_FAMILY "cancelOrder"

static void
check_refused(const char *method, const char *body, const char *expected)
{
	struct test_call t;

	call_method(&t, method, "", body);
	call_refused(&t, expected);
}

void
test_wangdian_no_arguments_in_four_ways(void **state)
{
	static const char *const bodies[] = {
	    "[]", "null", "[{}]", "", "{}", " [ ] "};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct test_call t;

		call_method(&t, NOW, "", bodies[i]);
		check_err(call_decode(&t), ERR_OK);
		assert_int_equal(t.call.command.kind, COMMAND_NONE);
		check_str(call_encode(&t),
		    "{\"status\":0,\"data\":\"2026-02-25 19:00:00\"}");
		call_fini(&t);
	}
}

void
test_wangdian_argument_counts(void **state)
{
	(void)state;
	check_refused(NOW, "[{\"a\":1}]", COUNT);
	check_refused(NOW, "[1]", COUNT);
	check_refused(NOW, "[null]", COUNT);
	check_refused(CALL_UPDATE, "[]", COUNT);
	check_refused(CALL_UPDATE, "null", COUNT);
	check_refused(CALL_UPDATE, "", COUNT);
	check_refused(CALL_UPDATE,
	    "[{\"purchase_no\":\"A\",\"flag_name\":\"aa\"},"
	    "{\"purchase_no\":\"B\",\"flag_name\":\"aa\"}]",
	    COUNT);
	check_refused(CANCEL, "[\"A\",\"B\"]", COUNT);
}

void
test_wangdian_argument_types(void **state)
{
	(void)state;
	check_refused(NOW, "5", MISMATCH);
	check_refused(NOW, "\"x\"", MISMATCH);
	check_refused(NOW, "{", MISMATCH);
	check_refused(CALL_UPDATE, "[\"CG1\"]", MISMATCH);
	check_refused(CALL_UPDATE, "[null]", MISMATCH);
	check_refused(CALL_UPDATE, "[[]]", MISMATCH);
	check_refused(CALL_UPDATE, "true", MISMATCH);
	check_refused(CALL_UPDATE, "[{}] x", MISMATCH);
	check_refused(CALL_UPDATE, "[{\"a\":1,\"a\":2}]", MISMATCH);
	check_refused(CANCEL, "[{}]", MISMATCH);
	check_refused(CANCEL, "[5]", MISMATCH);
	check_refused(WANGDIAN_FAMILY "pending", "[\"CG1\"]", MISMATCH);
	check_refused(WANGDIAN_FAMILY "pending", "[[1]]", MISMATCH);
}

void
test_wangdian_content_types(void **state)
{
	static const struct {
		const char *type;
		bool taken;
	} rows[] = {{"application/json", true},
	    {"application/json;charset=UTF-8", true},
	    {"Application/JSON; charset=utf-8", true},
	    {"application/x-www-form-urlencoded", false},
	    {"multipart/form-data; boundary=x", false}, {"text/plain", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_call t;

		call_method(&t, NOW, "", "[]");
		t.headers[0] = (struct header){
		    STR("Content-Type"), str_from(rows[i].type)};
		t.call.request.header_count = 1;
		if (rows[i].taken) {
			check_err(call_decode(&t), ERR_OK);
			call_fini(&t);
		} else {
			call_refused(&t, MISMATCH);
		}
	}
}

/* --- updatePurchaseInfo ----------------------------------------------------- */

static void
check_flag(const char *body, int64_t id)
{
	struct order *before;
	struct test_call t;

	call_method(&t, CALL_UPDATE, "", body);
	check_err(call_decode(&t), ERR_OK);
	assert_int_equal(t.call.command.kind, COMMAND_CHANGE);
	assert_int_equal(t.call.command.name_kind, NAME_PURCHASE_NO);
	check_str(t.call.command.name, "CG2204130001");
	assert_true(t.call.command.change.set == BIT64(F_FLAG));
	for (int s = 0; s < ORDER__COUNT; s++) {
		before = call_order(&t.arena);
		before->status = (enum order_status)s;
		before->flag = 77;
		check_err(call_apply(&t, before), ERR_OK);
		assert_int_equal(t.call.outcome.order->flag, id);
		check_str(call_encode(&t), "{\"status\":0}");
	}
	call_fini(&t);
}

void
test_wangdian_update_sets_the_flag(void **state)
{
	(void)state;
	check_flag("[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"aa\"}]",
	    1);
	check_flag("{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"加急\"}",
	    2);
	check_flag("[{\"flag_name\":\"\\u52a0\\u6025\",\"more\":[1],"
		   "\"purchase_no\":\"CG2204130001\"}]",
	    2);
	check_flag("[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"无\"}]",
	    FLAG_NONE);
	check_flag("[{\"purchase_no\":\"CG2204130001\","
		   "\"flag_name\":\"\\u65e0\"}]",
	    FLAG_NONE);
}

/* Told by the rules, so that a stored answer comes before it. */
static void
check_no_flag(const char *name)
{
	struct test_call t;
	char body[200], expected[200];

	snprintf(body, sizeof(body),
	    "[{\"purchase_no\":\"CG2204130001\","
	    "\"flag_name\":\"%s\"}]",
	    name);
	snprintf(expected, sizeof(expected),
	    "{\"status\":100,"
	    "\"message\":\"采购标记不存在:%s\"}",
	    name);
	call_method(&t, CALL_UPDATE, "", body);
	check_err(call_decode(&t), ERR_OK);
	check_err(call_apply(&t, call_order(&t.arena)), ERR_BAD_FIELD);
	check_str(call_encode(&t), expected);
	call_fini(&t);
}

void
test_wangdian_update_refuses_other_flags(void **state)
{
	(void)state;
	check_no_flag("采购量和到货量不一致");
	check_no_flag("旧标记");
	check_no_flag("退货");
	check_no_flag("a");
}

void
test_wangdian_update_needs_both(void **state)
{
	static const char *const empty[] = {
	    "", "\"purchase_no\":null,", "\"purchase_no\":\"\","};
	static const char *const flagless[] = {
	    "", ",\"flag_name\":null", ",\"flag_name\":\"\""};
	char body[100];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(body, sizeof(body), "[{%s\"flag_name\":\"aa\"}]",
		    empty[i]);
		check_refused(CALL_UPDATE, body,
		    "{\"status\":100,"
		    "\"message\":\"purchase_no不能为空\"}");
		snprintf(body, sizeof(body), "[{\"purchase_no\":\"A\"%s}]",
		    flagless[i]);
		check_refused(CALL_UPDATE, body,
		    "{\"status\":100,"
		    "\"message\":\"flag_name不能为空\"}");
	}
	check_refused(CALL_UPDATE, "[{}]",
	    "{\"status\":100,"
	    "\"message\":\"purchase_no不能为空;flag_name不能为空\"}");
	check_refused(CALL_UPDATE, "[{\"purchase_no\":5,\"flag_name\":\"xx\"}]",
	    "{\"status\":100,"
	    "\"message\":\"purchase_no类型错误;采购标记不存在:xx\"}");
}

/* --- cancelOrder ------------------------------------------------------------ */

void
test_wangdian_cancel_while_editing(void **state)
{
	(void)state;
	for (int s = 0; s < ORDER__COUNT; s++) {
		bool editing = s == ORDER_DRAFT || s == ORDER_SUBMITTED;
		struct order *before;
		struct test_call t;

		call_method(&t, CANCEL, "", "[\"CG2204130001\"]");
		check_err(call_decode(&t), ERR_OK);
		check_str(t.call.command.name, "CG2204130001");
		before = call_order(&t.arena);
		before->status = (enum order_status)s;
		check_err(call_apply(&t, before),
		    editing ? ERR_OK : ERR_BAD_STATE);
		check_str(call_encode(&t),
		    editing ? "{\"status\":0}"
			    : "{\"status\":100,"
			      "\"message\":\"采购单不是编辑中状态\"}");
		call_fini(&t);
	}
	check_refused(CANCEL, "[\"\"]",
	    "{\"status\":100,"
	    "\"message\":\"purchase_no不能为空\"}");
}
