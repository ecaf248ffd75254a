/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of the wangdian dialect against the vectors that three independent
 * clients agree on, and what of a request they protect.
 */
#include "dialect/wangdian/test_call.h"

/* clang-format off */
static const struct {
	const char *id;
	const char *appsecret, *sid, *key;
	const char *method;
	int64_t timestamp;
	const char *paging; /* as the query's end */
	const char *body;
	const char *string_to_sign;
	const char *sign;
} vectors[] = {
    {"G01-official-doc-example",
	"693f9fed686bfe13441385da98b436b6:dd488d0802b1e431e4c72cd355847853", "wdterp30", "czhc",
	"wms.stockout.Sales.weighingExt", 232623153,
	"",
	"[\"xc109393939393939\",\"\",1.2,0,false]",
	"693f9fed686bfe13441385da98b436b6body[\"xc109393939393939\",\"\",1.2,0,false]keyczhcmethodwms.stockout.Sales.weighingExtsaltdd488d0802b1e431e4c72cd355847853sidwdterp30timestamp232623153v1.0693f9fed686bfe13441385da98b436b6",
	"20f557aaf9190797c581bbceeb6d5a5c"},
    {"G02-core-now-empty-args",
	"aa:dd", "wdtapi3", "wdt_test",
	"system.Core.now", 100,
	"",
	"[]",
	"aabody[]keywdt_testmethodsystem.Core.nowsaltddsidwdtapi3timestamp100v1.0aa",
	"b5745bf1f4721a0d16e9a68cb7513032"},
    {"G04-updatePurchaseInfo-seed-ascii",
	"testsecret:testsalt", "wdtapi3", "wdt_test",
	"purchase.PurchaseOrder.updatePurchaseInfo", 450444516,
	"",
	"[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"aa\"}]",
	"testsecretbody[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"aa\"}]keywdt_testmethodpurchase.PurchaseOrder.updatePurchaseInfosalttestsaltsidwdtapi3timestamp450444516v1.0testsecret",
	"98421154e48d616164bacac3c8a3ae9f"},
    {"G05-updatePurchaseInfo-utf8",
	"testsecret:testsalt", "wdtapi3", "wdt_test",
	"purchase.PurchaseOrder.updatePurchaseInfo", 450444516,
	"",
	"[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"无\"}]",
	"testsecretbody[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"无\"}]keywdt_testmethodpurchase.PurchaseOrder.updatePurchaseInfosalttestsaltsidwdtapi3timestamp450444516v1.0testsecret",
	"6b207e82701d5625459657c57f3bd428"},
    {"G06-updatePurchaseInfo-uXXXX",
	"testsecret:testsalt", "wdtapi3", "wdt_test",
	"purchase.PurchaseOrder.updatePurchaseInfo", 450444516,
	"",
	"[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"\\u65e0\"}]",
	"testsecretbody[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"\\u65e0\"}]keywdt_testmethodpurchase.PurchaseOrder.updatePurchaseInfosalttestsaltsidwdtapi3timestamp450444516v1.0testsecret",
	"fc92fc5072d6a2aca4357dfe45e97161"},
    {"G07-updatePurchaseInfo-unknown-flag",
	"testsecret:testsalt", "wdtapi3", "wdt_test",
	"purchase.PurchaseOrder.updatePurchaseInfo", 450444516,
	"",
	"[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"采购量和到货量不一致\"}]",
	"testsecretbody[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"采购量和到货量不一致\"}]keywdt_testmethodpurchase.PurchaseOrder.updatePurchaseInfosalttestsaltsidwdtapi3timestamp450444516v1.0testsecret",
	"2776474793e7c4c91bde80d521f3fe30"},
    {"G08-queryWithDetail-paged",
	"testsecret:testsalt", "wdtapi3", "wdt_test",
	"purchase.PurchaseOrder.queryWithDetail", 450444516,
	"&page_size=2&page_no=0&calc_total=1",
	"[{\"start_time\":\"2020-01-01 00:00:00\",\"end_time\":\"2020-01-20 00:00:00\"}]",
	"testsecretbody[{\"start_time\":\"2020-01-01 00:00:00\",\"end_time\":\"2020-01-20 00:00:00\"}]calc_total1keywdt_testmethodpurchase.PurchaseOrder.queryWithDetailpage_no0page_size2salttestsaltsidwdtapi3timestamp450444516v1.0testsecret",
	"43dc78240f44e8d4be2fee90634ee6da"},
};
/* clang-format on */

#define VECTOR_COUNT (sizeof(vectors) / sizeof(vectors[0]))

static void
begin_vector(struct test_call *t, size_t i)
{
	call_init(t, "/openapi", vectors[i].body);
	t->credential.secret = str_from(vectors[i].appsecret);
	t->credential.scope = str_from(vectors[i].sid);
	t->credential.key = str_from(vectors[i].key);
	t->credential.prepared = wangdian_prepare(&t->arena, &t->credential);
	t->call.request.received_ms = (vectors[i].timestamp +
					  WANGDIAN_EPOCH_S) *
	    1000;
}

static void
sign_vector(struct test_call *t, size_t i, struct sign_output *out)
{
	struct sign_input in = {
	    .method = str_from(vectors[i].method),
	    .body = t->call.request.body,
	    .at_ms = t->call.request.received_ms,
	};

	if (vectors[i].paging[0] != '\0')
		in.target = arena_printf(&t->arena, "/openapi?%s",
		    vectors[i].paging + 1);
	check_err(wangdian_sign(&t->arena, &t->credential, &in, out, NULL),
	    ERR_OK);
}

static enum err_code
verify_target(struct test_call *t, struct str target)
{
	enum err_code rc;

	call_set_target(t, target);
	memset(&t->call.outcome, 0, sizeof(t->call.outcome));
	t->call.claim_count = 0;
	rc = dialect_wangdian.open(&t->call);
	return rc == ERR_OK ? dialect_wangdian.verify(&t->call) : rc;
}

void
test_wangdian_signs_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct sign_output out;
		struct test_call t;

		begin_vector(&t, i);
		sign_vector(&t, i, &out);
		check_str(out.string_to_sign, vectors[i].string_to_sign);
		check_str(out.signature, vectors[i].sign);
		check_str(out.http_method, "POST");
		check_str(out.body, vectors[i].body);
		call_fini(&t);
	}
}

void
test_wangdian_verifies_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTOR_COUNT; i++) {
		struct str target;
		struct test_call t;

		begin_vector(&t, i);
		target = arena_printf(&t.arena,
		    "/openapi?sign=%s&method=%s&timestamp=%lld&v=1.0%s"
		    "&sid=%s&key=%s&salt=%s",
		    vectors[i].sign, vectors[i].method,
		    (long long)vectors[i].timestamp, vectors[i].paging,
		    vectors[i].sid, vectors[i].key,
		    strchr(vectors[i].appsecret, ':') + 1);
		check_err(verify_target(&t, target), ERR_OK);
		call_fini(&t);
	}
}

/* Every byte of the body, and every one of the query but in the sign's own
 * upper or lower case, matters. */
void
test_wangdian_any_other_byte_fails(void **state)
{
	struct sign_output out;
	struct test_call t;
	char *body, *target;

	(void)state;
	begin_vector(&t, 3);
	sign_vector(&t, 3, &out);
	body = arena_alloc(&t.arena, out.body.n);
	memcpy(body, out.body.p, out.body.n);
	t.call.request.body = (struct str){body, out.body.n};
	for (size_t i = 0; i < out.body.n; i++) {
		body[i] ^= 1;
		check_err(verify_target(&t, out.target), ERR_DENIED);
		body[i] ^= 1;
	}
	check_err(verify_target(&t, out.target), ERR_OK);
	target = arena_alloc(&t.arena, out.target.n);
	memcpy(target, out.target.p, out.target.n);
	for (size_t i = strlen("/openapi?"); i < out.target.n; i++) {
		target[i] ^= 1;
		assert_int_not_equal(
		    verify_target(&t, (struct str){target, out.target.n}),
		    ERR_OK);
		target[i] ^= 1;
	}
	call_fini(&t);
}

void
test_wangdian_sign_takes_upper_case(void **state)
{
	struct sign_output out;
	struct test_call t;
	char *target;

	(void)state;
	begin_vector(&t, 2);
	sign_vector(&t, 2, &out);
	target = arena_alloc(&t.arena, out.target.n + 1);
	memcpy(target, out.target.p, out.target.n);
	for (char *p = strstr(target, "&sign=") + 6; *p != '\0'; p++) {
		if (*p >= 'a' && *p <= 'f')
			*p = (char)(*p - 'a' + 'A');
	}
	check_err(verify_target(&t, str_from(target)), ERR_OK);
	call_fini(&t);
}

/* Unknown parameters are signed like any other. */
void
test_wangdian_sign_covers_unknown_parameters(void **state)
{
	struct test_call t;
	struct str target;

	(void)state;
	call_method(&t, CALL_UPDATE, "&zeta=1", "[]");
	check_err(verify_target(&t, t.call.request.target), ERR_OK);
	target = arena_printf(&t.arena, "%.*s&more=1",
	    STR_ARG(t.call.request.target));
	check_err(verify_target(&t, target), ERR_DENIED);
	call_fini(&t);
}

/* A salt may hold what a query and a colon-separated pair give meaning to. */
void
test_wangdian_salts_of_all_kinds(void **state)
{
	static const char *const salts[] = {
	    "a:b", "a+b", "a=b", "a b", "盐", "&", "%41", "::"};

	(void)state;
	for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
		struct test_call t;

		call_init(&t, "/openapi?method=" CALL_UPDATE "&v=1.0", "[]");
		t.credential.secret = arena_printf(&t.arena, "s:%s", salts[i]);
		t.credential.prepared = wangdian_prepare(&t.arena,
		    &t.credential);
		call_sign(&t, CALL_NOW_MS);
		check_err(verify_target(&t, t.call.request.target), ERR_OK);
		call_fini(&t);
	}
}

/* Another salt that is signed with the right secret is still another salt. */
void
test_wangdian_wrong_salt_fails(void **state)
{
	static const char *const salts[] = {
	    "", "dev_wdt_sal", "dev_wdt_saltx", "x"};

	(void)state;
	for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
		struct test_call t;
		struct str target;

		call_init(&t, "/openapi", "[]");
		target = arena_printf(&t.arena,
		    "/openapi?method=" CALL_UPDATE "&v=1.0&salt=%s", salts[i]);
		call_set_target(&t, target);
		call_sign(&t, CALL_NOW_MS);
		check_err(verify_target(&t, t.call.request.target), ERR_DENIED);
		call_fini(&t);
	}
}

/* A secret without a salt verifies nobody, the stand-in's empty one least. */
void
test_wangdian_without_salt_nothing_verifies(void **state)
{
	static const char *const secrets[] = {"", "s", "s:"};

	(void)state;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		struct test_call t;

		call_init(&t, "/openapi?method=" CALL_UPDATE "&v=1.0", "[]");
		t.credential.secret = str_from(secrets[i]);
		t.credential.prepared = wangdian_prepare(&t.arena,
		    &t.credential);
		call_sign(&t, CALL_NOW_MS);
		check_err(verify_target(&t, t.call.request.target), ERR_DENIED);
		call_fini(&t);
	}
}

/* What could be read in two ways is no signature. */
void
test_wangdian_ambiguous_queries_fail(void **state)
{
	static const char *const more[] = {
	    "&key=dev_wdt_key", "&body=x", "&=x", "&zeta=1&zeta=2"};

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		struct test_call t;

		call_method(&t, CALL_UPDATE, "", "[]");
		call_set_target(&t,
		    arena_printf(&t.arena,
			"/openapi?method=" CALL_UPDATE "&v=1.0%s%s", more[i],
			i == 0 ? "&key=dev_wdt_key" : ""));
		call_sign(&t, CALL_NOW_MS);
		check_err(verify_target(&t, t.call.request.target), ERR_DENIED);
		call_fini(&t);
	}
}

void
test_wangdian_sign_says_what_it_needs(void **state)
{
	static const struct {
		const char *method, *target;
	} rows[] = {{"", "/openapi"}, {"POST", NULL}, {"POST", "openapi"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sign_input in = {.method = str_from(rows[i].method),
		    .target = str_from(rows[i].target)};
		struct sign_output out;
		struct test_call t;
		struct err err;

		call_init(&t, "/openapi", NULL);
		check_err(
		    wangdian_sign(&t.arena, &t.credential, &in, &out, &err),
		    ERR_USAGE);
		assert_non_null(strstr(err.detail, "updatePurchaseInfo"));
		call_fini(&t);
	}
}
