/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of the franchiser dialect against the vectors that clients in
 * three languages agree on, in all four ways, and what of a request they
 * protect.
 */
#include "dialect/franchiser/test_call.h"

/* clang-format off */
static const struct {
	const char *id;
	int64_t timestamp;
	const char *request_data;
	const char *string_to_sign;
	const char *signs[FRANCHISER_SIGN__COUNT];
} vectors[] = {
    {"fr-1-full-sample", 1727164800,
	"{\"tradeno\":\"DD202409260001\",\"warehouseid\":\"5\",\"provincename\":\"上海\",\"cityname\":\"上海市\",\"distrctname\":\"嘉定区\",\"address\":\"商城路123123\",\"receivername\":\"hanson\",\"mobile\":\"18817834074\",\"transportway\":\"2\",\"logisticscompanyid\":\"10\",\"deliverydate\":\"2024-09-28\",\"traderemark\":\"订单备注\",\"logisticscontact\":\"hanson-w\",\"logisticsmobile\":\"18817834074\",\"logisticscarnumber\":\"沪A888888\",\"remark\":\"物流备注123\",\"items\":[{\"outerpcode\":\"ERP_1113005\",\"mainmeasunitqty\":\"1\",\"remark\":\"接口导入订单-修改明细3(数量3个改成1个)\"}]}",
	"appidEM10001request_data{\"tradeno\":\"DD202409260001\",\"warehouseid\":\"5\",\"provincename\":\"上海\",\"cityname\":\"上海市\",\"distrctname\":\"嘉定区\",\"address\":\"商城路123123\",\"receivername\":\"hanson\",\"mobile\":\"18817834074\",\"transportway\":\"2\",\"logisticscompanyid\":\"10\",\"deliverydate\":\"2024-09-28\",\"traderemark\":\"订单备注\",\"logisticscontact\":\"hanson-w\",\"logisticsmobile\":\"18817834074\",\"logisticscarnumber\":\"沪A888888\",\"remark\":\"物流备注123\",\"items\":[{\"outerpcode\":\"ERP_1113005\",\"mainmeasunitqty\":\"1\",\"remark\":\"接口导入订单-修改明细3(数量3个改成1个)\"}]}timestamp1727164800",
	{"dbef46fad891657ce73f7925060d05ef", "DBEF46FAD891657CE73F7925060D05EF",
	    "68340CB97656D50243FA935D62840D15",
	    "a96296753190c676e0dd0fd1420e4b9d2d22567ecdccc4fc27e713250f0d710f"}},
    {"fr-2-min-ascii", 1727164800,
	"{\"tradeno\":\"DD202409240007\",\"remark\":\"ASCII only\"}",
	"appidEM10001request_data{\"tradeno\":\"DD202409240007\",\"remark\":\"ASCII only\"}timestamp1727164800",
	{"e05cea3ae309a7689cf4b7617a76c6f5", "E05CEA3AE309A7689CF4B7617A76C6F5",
	    "DBDFBA97AEC50938FCE1A6E7F8FEC7AF",
	    "44da756acefc92bf92a83a20bd0478a4422785e18d073894d04d6b625c99981b"}},
    {"fr-3-pretty-json-specials", 1727164801,
	"{\n    \"tradeno\": \"DD202409240007\",\n    \"address\": \"商城路 738 号 & a=b+c%20\"\n}",
	"appidEM10001request_data{\n    \"tradeno\": \"DD202409240007\",\n    \"address\": \"商城路 738 号 & a=b+c%20\"\n}timestamp1727164801",
	{"510e1c8af9f9585ce9b6aef1d3d6a260", "510E1C8AF9F9585CE9B6AEF1D3D6A260",
	    "59431DC0A6144BD60139CC5D9857F21F",
	    "4cb67dd2930034f6a4fd3770e9cdde412bb37f1cb3a4feaea6649de0af21d72d"}},
};
/* clang-format on */

#define VECTOR_COUNT (sizeof(vectors) / sizeof(vectors[0]))

static void
sign_vector(struct test_call *t, size_t i, int64_t way, struct sign_output *out)
{
	call_init(t, CALL_MODIFY, str_from(vectors[i].request_data));
	t->credential.policy.franchiser_sign = way;
	call_sign(t, vectors[i].timestamp * 1000, out);
}

void
test_sign_makes_the_vectors(void **state)
{
	struct test_call t;
	struct sign_output out;

	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		for (int way = 0; way < FRANCHISER_SIGN__COUNT; way++) {
			sign_vector(&t, i, way, &out);
			check_str(out.signature, vectors[i].signs[way]);
			call_fini(&t);
		}
		sign_vector(&t, i, FRANCHISER_SIGN_SANDWICH_LOWER, &out);
		assert_int_equal(out.string_to_sign.n,
		    strlen(vectors[i].string_to_sign) +
			2 * strlen("em-test-secret-1"));
		check_str(
		    str_sub(out.string_to_sign, strlen("em-test-secret-1"),
			strlen(vectors[i].string_to_sign)),
		    vectors[i].string_to_sign);
		call_fini(&t);
	}
}

void
test_verify_takes_the_vectors(void **state)
{
	struct test_call t;
	struct sign_output out;

	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		for (int way = 0; way < FRANCHISER_SIGN__COUNT; way++) {
			sign_vector(&t, i, way, &out);
			check_err(dialect_franchiser.open(&t.call), ERR_OK);
			check_err(dialect_franchiser.verify(&t.call), ERR_OK);
			assert_true(t.call.command.identity.present);
			assert_int_equal(t.call.command.identity.at_ms,
			    vectors[i].timestamp * 1000);
			t.credential.policy.franchiser_sign = (way + 2) %
			    FRANCHISER_SIGN__COUNT;
			check_err(dialect_franchiser.verify(&t.call),
			    ERR_DENIED);
			call_fini(&t);
		}
	}
}

/* Each byte of the form counts, but for the case of hex digits. */
void
test_verify_refuses_every_altered_byte(void **state)
{
	struct test_call t;
	struct sign_output out;
	char *body;

	(void)state;
	sign_vector(&t, 1, 0, &out);
	body = arena_alloc(&t.arena, out.body.n);
	for (size_t i = 0; i < out.body.n; i++) {
		memcpy(body, out.body.p, out.body.n);
		body[i] = body[i] == 'x' ? 'y' : 'x';
		t.call.request.body = (struct str){body, out.body.n};
		t.call.claim_count = 0;
		if (dialect_franchiser.open(&t.call) == ERR_OK)
			assert_int_not_equal(dialect_franchiser.verify(&t.call),
			    ERR_OK);
		memset(&t.call.outcome, 0, sizeof(t.call.outcome));
	}
	call_fini(&t);
}

void
test_verify_refuses_an_unknown_app_with_any_signature(void **state)
{
	struct test_call t;
	struct sign_output out;

	(void)state;
	sign_vector(&t, 0, 0, &out);
	t.call.known = false;
	check_err(dialect_franchiser.open(&t.call), ERR_OK);
	check_err(dialect_franchiser.verify(&t.call), ERR_DENIED);
	check_str(call_reply(&t),
	    "{\"statusCode\":1001,\"message\":\"签名验证失败\","
	    "\"data\":null}");
	call_fini(&t);
}

/* The sign covers no path, the identity does. */
void
test_identity_has_the_route(void **state)
{
	struct test_call t;
	struct sign_output out;
	struct identity first;

	(void)state;
	sign_vector(&t, 1, 0, &out);
	check_err(dialect_franchiser.open(&t.call), ERR_OK);
	check_err(dialect_franchiser.verify(&t.call), ERR_OK);
	first = t.call.command.identity;
	t.call.claim_count = 0;
	check_err(dialect_franchiser.verify(&t.call), ERR_OK);
	assert_memory_equal(first.digest, t.call.command.identity.digest,
	    IDENTITY_BYTES);
	t.call.request.path = STR(FRANCHISER_BASE "trade/cancel");
	t.call.claim_count = 0;
	check_err(dialect_franchiser.open(&t.call), ERR_OK);
	check_err(dialect_franchiser.verify(&t.call), ERR_OK);
	assert_memory_not_equal(first.digest, t.call.command.identity.digest,
	    IDENTITY_BYTES);
	call_fini(&t);
}

void
test_sign_says_what_it_takes(void **state)
{
	struct test_call t;
	struct sign_output out;
	struct sign_input in = {.method = STR("POST")};
	struct err err = {0};

	(void)state;
	call_init(&t, CALL_MODIFY, STR(""));
	check_err(franchiser_sign(&t.arena, &t.credential, &in, &out, &err),
	    ERR_USAGE);
	in = (struct sign_input){
	    .method = STR("trade/query"), .body = STR("{}"), .at_ms = 1000};
	check_err(franchiser_sign(&t.arena, &t.credential, &in, &out, &err),
	    ERR_OK);
	check_str(out.target, FRANCHISER_BASE "trade/query");
	check_str(out.http_method, "POST");
	call_fini(&t);
}
