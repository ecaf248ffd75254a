/* SPDX-License-Identifier: Apache-2.0 */
/* Every error of the core as this dialect tells it. */
#include "dialect/wangdian/test_call.h"

#define BODY "[{\"purchase_no\":\"CG1\",\"flag_name\":\"aa\"}]"

static void
check_error(enum err_code code, const char *expected)
{
	struct test_call t;

	call_method(&t, CALL_UPDATE, "", BODY);
	check_err(call_decode(&t), ERR_OK);
	outcome_fail(&t.call.outcome, code, NULL);
	check_str(call_encode(&t), expected);
	call_fini(&t);
}

void
test_wangdian_errors_of_the_contract(void **state)
{
	(void)state;
	check_error(ERR_IP_DENIED, "{\"status\":6,\"message\":\"ip限制\"}");
	check_error(ERR_RATE_LIMITED,
	    "{\"status\":100,\"message\":"
	    "\"超过每分钟最大调用频率限制，请稍后重试\"}");
	check_error(ERR_NOT_FOUND,
	    "{\"status\":100,\"message\":"
	    "\"采购单号为 CG1 的单据不存在\"}");
	check_error(ERR_NOT_YOURS,
	    "{\"status\":100,\"message\":"
	    "\"采购单号为 CG1 的单据不存在\"}");
	check_error(ERR_BUSY, "{\"status\":4,\"message\":\"数据库错误\"}");
	check_error(ERR_STORE_FAILED,
	    "{\"status\":4,\"message\":\"数据库错误\"}");
}

/* Nothing but "nothing was written" is a 4. */
void
test_wangdian_unsure_is_not_a_4(void **state)
{
	(void)state;
	check_error(ERR_STORE_UNSURE,
	    "{\"status\":1,\"message\":"
	    "\"处理结果未知，请原样重发该请求以确认\"}");
}

void
test_wangdian_every_error_has_status_and_message(void **state)
{
	(void)state;
	for (int code = ERR_OK + 1; code < ERR__COUNT; code++) {
		struct test_call t;
		struct str body, message;
		json_t *tree;
		struct err err;

		call_method(&t, CALL_UPDATE, "", BODY);
		check_err(call_decode(&t), ERR_OK);
		outcome_fail(&t.call.outcome, (enum err_code)code, NULL);
		if (code == ERR_BAD_FIELD)
			outcome_add_fault(&t.call.outcome,
			    (struct fault){
				.rule = RULE_RANGE, .field = F_LINES});
		body = call_encode(&t);
		check_err(json_read(&t.arena, body, 0, &tree, &err), ERR_OK);
		assert_true(
		    json_integer_value(json_object_get(tree, "status")) > 0);
		assert_int_equal(t.call.reply.code,
		    json_integer_value(json_object_get(tree, "status")));
		message = json_text(json_object_get(tree, "message"));
		assert_true(message.n > 0);
		assert_int_equal(json_object_size(tree), 2);
		call_fini(&t);
	}
}

/* What the HTTP layer refuses before there is any state. */
void
test_wangdian_errors_before_open(void **state)
{
	struct test_call t;

	(void)state;
	call_init(&t, "/openapi", NULL);
	outcome_fail(&t.call.outcome, ERR_BODY_TOO_LARGE, NULL);
	check_str(call_encode(&t),
	    "{\"status\":1,\"message\":"
	    "\"请求体过大，不能超过1048576字节\"}");
	call_fini(&t);
	call_init(&t, "/openapi", NULL);
	outcome_fail(&t.call.outcome, ERR_URL_TOO_LONG, NULL);
	check_str(call_encode(&t),
	    "{\"status\":1,\"message\":"
	    "\"请求地址过长，不能超过8192字节\"}");
	call_fini(&t);
}

/* With any amount of memory there is an answer, and it is whole. */
void
test_wangdian_full_arenas_still_answer(void **state)
{
	for (size_t cap = 256; cap < 64 * 1024; cap += 256) {
		struct test_call t;
		struct arena small;
		struct str body;

		(void)state;
		call_method(&t, CALL_UPDATE, "", BODY);
		arena_init(&small, cap);
		t.call.arena = &small;
		if (call_decode(&t) == ERR_OK)
			outcome_fail(&t.call.outcome, ERR_NOT_FOUND, NULL);
		body = call_encode(&t);
		assert_true(body.n > 20);
		assert_true(str_starts(body, STR("{\"status\":")));
		assert_int_equal(body.p[body.n - 1], '}');
		arena_fini(&small);
		call_fini(&t);
	}
}
