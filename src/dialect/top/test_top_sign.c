/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures: the published vectors, both readings of empty parameters, and
 * that nothing of a request can be altered.
 */
#include "dialect/top/test_call.h"

#include "base/digest.h"

#define PARAMS_MAX 20
#define VECTOR_SECRET "helloworld"

struct vector {
	const char *name;
	struct {
		const char *name;
		const char *value;
	} params[PARAMS_MAX];
	const char *base;
	const char *sign;
};

static const struct vector vectors[] = {
    {
	.name = "top-1-md5-ascii",
	.params =
	    {
		{"method", "taobao.itemmarket.order.info.update"},
		{"app_key", "12345678"},
		{"session", "test"},
		{"timestamp", "2016-01-01 12:00:00"},
		{"format", "json"},
		{"v", "2.0"},
		{"vendor_order_id", "3047544471326439704"},
		{"purchase_order_id", "3045861756863154425"},
		{"event", "VENDOR_PAID"},
		{"total_fee", "10.50"},
		{"total_quantity", "15"},
		{"item_id", "643888576658"},
		{"alipay_order_id", "2022112222001137391429021979"},
		{"sign_method", "md5"},
	    },
	.base =
	    "alipay_order_id2022112222001137391429021979app_key12345678eventVENDOR_PAIDformatjsonitem_id643888576658methodtaobao.itemmarket.order.info.updatepurchase_order_id3045861756863154425sessiontestsign_methodmd5timestamp2016-01-01 12:00:00total_fee10.50total_quantity15v2.0vendor_order_id3047544471326439704",
	.sign = "937EF6208591EF5FB8791482F8C2F2D7",
    },
    {
	.name = "top-2-md5-chinese-json",
	.params =
	    {
		{"method", "taobao.itemmarket.order.info.update"},
		{"app_key", "12345678"},
		{"session", "test"},
		{"timestamp", "2016-01-01 12:00:00"},
		{"format", "json"},
		{"v", "2.0"},
		{"vendor_order_id", "绿羽订单-2024年/09月 24日#1"},
		{"purchase_order_id", "3045861756863154425"},
		{"event", "VENDOR_DELIVERING"},
		{"logistics_order_id_list", "[\"YT175361\", \"SF534400\"]"},
		{"sku_info", "{\"sku_list\":[{\"id\":109,\"quantity\":5}]}"},
		{"sign_method", "md5"},
	    },
	.base =
	    "app_key12345678eventVENDOR_DELIVERINGformatjsonlogistics_order_id_list[\"YT175361\", \"SF534400\"]methodtaobao.itemmarket.order.info.updatepurchase_order_id3045861756863154425sessiontestsign_methodmd5sku_info{\"sku_list\":[{\"id\":109,\"quantity\":5}]}timestamp2016-01-01 12:00:00v2.0vendor_order_id绿羽订单-2024年/09月 24日#1",
	.sign = "F87F96492A7D815C8742311A42C24A8B",
    },
    {
	.name = "top-3-hmac-ascii",
	.params =
	    {
		{"method", "taobao.itemmarket.order.info.update"},
		{"app_key", "12345678"},
		{"session", "test"},
		{"timestamp", "2016-01-01 12:00:00"},
		{"format", "json"},
		{"v", "2.0"},
		{"vendor_order_id", "3047544471326439704"},
		{"purchase_order_id", "3045861756863154425"},
		{"event", "VENDOR_PAID"},
		{"total_fee", "10.50"},
		{"total_quantity", "15"},
		{"item_id", "643888576658"},
		{"alipay_order_id", "2022112222001137391429021979"},
		{"sign_method", "hmac"},
	    },
	.base =
	    "alipay_order_id2022112222001137391429021979app_key12345678eventVENDOR_PAIDformatjsonitem_id643888576658methodtaobao.itemmarket.order.info.updatepurchase_order_id3045861756863154425sessiontestsign_methodhmactimestamp2016-01-01 12:00:00total_fee10.50total_quantity15v2.0vendor_order_id3047544471326439704",
	.sign = "F3DE809EC9815BBDBB40F174B83DCF89",
    },
    {
	.name = "top-5-sha256-ascii",
	.params =
	    {
		{"method", "taobao.itemmarket.order.info.update"},
		{"app_key", "12345678"},
		{"session", "test"},
		{"timestamp", "2016-01-01 12:00:00"},
		{"format", "json"},
		{"v", "2.0"},
		{"vendor_order_id", "3047544471326439704"},
		{"purchase_order_id", "3045861756863154425"},
		{"event", "VENDOR_PAID"},
		{"total_fee", "10.50"},
		{"total_quantity", "15"},
		{"item_id", "643888576658"},
		{"alipay_order_id", "2022112222001137391429021979"},
		{"partner_id", "top-sdk-java-dynamicVersionNo"},
		{"simplify", "true"},
		{"sign_method", "hmac-sha256"},
	    },
	.base =
	    "alipay_order_id2022112222001137391429021979app_key12345678eventVENDOR_PAIDformatjsonitem_id643888576658methodtaobao.itemmarket.order.info.updatepartner_idtop-sdk-java-dynamicVersionNopurchase_order_id3045861756863154425sessiontestsign_methodhmac-sha256simplifytruetimestamp2016-01-01 12:00:00total_fee10.50total_quantity15v2.0vendor_order_id3047544471326439704",
	.sign =
	    "52D2A8023392A87A6BFA252FC0CB687DD8B681A47865594B1B0DBB727F8F2D27",
    },
    {
	.name = "top-doc-example",
	.params =
	    {
		{"method", "taobao.item.seller.get"},
		{"app_key", "12345678"},
		{"session", "test"},
		{"timestamp", "2016-01-01 12:00:00"},
		{"format", "json"},
		{"v", "2.0"},
		{"sign_method", "md5"},
		{"fields", "num_iid,title,nick,price,num"},
		{"num_iid", "11223344"},
	    },
	.base =
	    "app_key12345678fieldsnum_iid,title,nick,price,numformatjsonmethodtaobao.item.seller.getnum_iid11223344sessiontestsign_methodmd5timestamp2016-01-01 12:00:00v2.0",
	.sign = "66987CB115214E59E6EC978214934FB8",
    },
};

#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static struct test_call t;

int
teardown(void **state)
{
	(void)state;
	call_fini(&t);
	return 0;
}

/* As a form, every byte escaped. */
static struct str
print_pairs(struct arena *a, const struct vector *v, bool with_sign)
{
	struct buf b;

	buf_init(&b, a, 64 * 1024);
	for (size_t i = 0; v->params[i].name != NULL; i++) {
		buf_printf(&b, "%s%s=", i > 0 ? "&" : "", v->params[i].name);
		for (const char *p = v->params[i].value; *p != '\0'; p++)
			buf_printf(&b, "%%%02x", (unsigned char)*p);
	}
	if (with_sign)
		buf_printf(&b, "&sign=%s", v->sign);
	assert_false(buf_failed(&b));
	return buf_view(&b);
}

static void
use_vector(const struct vector *v)
{
	call_init(&t);
	t.credential.secret = STR(VECTOR_SECRET);
	t.credential.prepared = top_prepare(&t.arena, &t.credential);
	call_header(&t, "Content-Type", CALL_FORM);
	t.call.request.body = print_pairs(&t.arena, v, true);
}

static enum err_code
verify_body(struct str body)
{
	t.call.request.body = body;
	t.call.outcome = (struct outcome){0};
	check_err(dialect_top.open(&t.call), ERR_OK);
	return top_verify_signature(&t.call);
}

void
test_top_vectors_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		use_vector(&vectors[i]);
		check_err(verify_body(t.call.request.body), ERR_OK);
		t.credential.prepared = NULL;
		check_err(verify_body(t.call.request.body), ERR_OK);
		call_fini(&t);
	}
}

void
test_top_vectors_are_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct sign_input in = {.method = STR("POST"),
		    .target = STR("/router/rest"),
		    .at_ms = CALL_NOW_MS};
		struct sign_output out;
		struct err err;

		use_vector(&vectors[i]);
		in.body = print_pairs(&t.arena, &vectors[i], false);
		check_err(top_sign(&t.arena, &t.credential, &in, &out, &err),
		    ERR_OK);
		check_str(out.string_to_sign, vectors[i].base);
		check_str(out.signature, vectors[i].sign);
		check_err(verify_body(out.body), ERR_OK);
		call_fini(&t);
	}
}

/* Any byte of any value, of the secret or of the signature. */
void
test_top_one_altered_byte_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		const struct form *form;

		use_vector(&vectors[i]);
		check_err(dialect_top.open(&t.call), ERR_OK);
		form = &((struct top_state *)t.call.state)->form;
		for (size_t f = 0; f < form->count; f++) {
			struct str text = form->fields[f].value;
			char *copy = arena_alloc(&t.arena, text.n);

			assert_true(text.n > 0);
			memcpy(copy, text.p, text.n);
			form->fields[f].value.p = copy;
			for (size_t k = 0; k < text.n; k++) {
				copy[k] ^= 1;
				check_err(top_verify_signature(&t.call),
				    ERR_DENIED);
				copy[k] ^= 1;
			}
			check_err(top_verify_signature(&t.call), ERR_OK);
		}
		call_fini(&t);
	}
}

void
test_top_another_secret_fails(void **state)
{
	(void)state;
	use_vector(&vectors[0]);
	t.credential.secret = STR("helloworle");
	t.credential.prepared = NULL;
	check_err(verify_body(t.call.request.body), ERR_DENIED);
}

void
test_top_signature_in_lower_case_verifies(void **state)
{
	(void)state;
	use_vector(&vectors[0]);
	check_err(dialect_top.open(&t.call), ERR_OK);

	const struct form *form = &((struct top_state *)t.call.state)->form;
	struct form_field *sign = &form->fields[form->count - 1];

	check_str(sign->name, "sign");
	sign->value = STR("937ef6208591ef5fb8791482f8c2f2d7");
	check_err(top_verify_signature(&t.call), ERR_OK);
	sign->value = STR("937ef6208591ef5fb8791482f8c2f2d");
	check_err(top_verify_signature(&t.call), ERR_DENIED);
	sign->value = STR("937ef6208591ef5fb8791482f8c2f2d7d7");
	check_err(top_verify_signature(&t.call), ERR_DENIED);
	sign->value = STR("g37ef6208591ef5fb8791482f8c2f2d7");
	check_err(top_verify_signature(&t.call), ERR_DENIED);
}

static void
md5_hex(const char *text, char hex[33])
{
	uint8_t out[DIGEST_BYTES_MAX];
	struct digest d;

	digest_init(&d, DIGEST_MD5);
	digest_add(&d, str_from(text));
	digest_hex_upper(out, digest_end(&d, out), hex);
}

#define EMPTY_PAIRS "method=m&app_key=1&session=&v=2.0&x="

/* Some clients sign the names of empty parameters, some leave them out. */
void
test_top_empty_parameters_signed_or_not(void **state)
{
	(void)state;
	char hex[33];

	call_init(&t);
	call_header(&t, "Content-Type", CALL_FORM);
	md5_hex("dev_top_secret"
		"app_key1methodmsessionv2.0x"
		"dev_top_secret",
	    hex);
	check_err(
	    verify_body(arena_printf(&t.arena, EMPTY_PAIRS "&sign=%s", hex)),
	    ERR_OK);
	md5_hex("dev_top_secret"
		"app_key1methodmv2.0"
		"dev_top_secret",
	    hex);
	check_err(
	    verify_body(arena_printf(&t.arena, EMPTY_PAIRS "&sign=%s", hex)),
	    ERR_OK);
	/* Some of them signed and some not is no reading. */
	md5_hex("dev_top_secret"
		"app_key1methodmsessionv2.0"
		"dev_top_secret",
	    hex);
	check_err(
	    verify_body(arena_printf(&t.arena, EMPTY_PAIRS "&sign=%s", hex)),
	    ERR_DENIED);
}

void
test_top_unknown_sign_method_is_an_invalid_signature(void **state)
{
	(void)state;
	call_init(&t);
	call_header(&t, "Content-Type", CALL_FORM);
	check_err(verify_body(STR("method=m&app_key=1&sign_method=sha1&sign="
				  "937EF6208591EF5FB8791482F8C2F2D7")),
	    ERR_DENIED);
	assert_int_equal(((struct top_state *)t.call.state)->error,
	    TOP_BAD_SIGN);
}

/* A method of the platform with its own parameters is made a whole request. */
void
test_top_sign_completes_a_request(void **state)
{
	(void)state;
	struct sign_input in = {.method = STR("taobao.time.get"),
	    .target = STR_NONE,
	    .body = STR("x=%E4%B8%AD+1"),
	    .at_ms = CALL_NOW_MS};
	struct sign_output out;
	struct err err;

	call_init(&t);
	check_err(top_sign(&t.arena, &t.credential, &in, &out, &err), ERR_OK);
	check_str(out.http_method, "POST");
	check_str(out.target, "/router/rest");
	check_str(out.string_to_sign,
	    "app_key10000001formatjsonmethodtaobao.time.get"
	    "sessiondev_top_sessionsign_methodmd5timestamp2026-02-25 19:00:00"
	    "v2.0x中 1");
	assert_int_equal(out.header_count, 1);
	assert_true(str_starts(out.body,
	    STR("x=%E4%B8%AD%201&method=taobao.time.get&app_key=10000001"
		"&session=dev_top_session&timestamp=2026-02-25%2019%3A00%3A00"
		"&format=json&v=2.0&sign_method=md5&sign=")));
	call_header(&t, "Content-Type", CALL_FORM);
	t.call.request.body = out.body;
	check_err(call_decode(&t), ERR_OK);
}

void
test_top_sign_get_goes_into_the_query(void **state)
{
	(void)state;
	struct sign_input in = {.method = STR("GET"),
	    .target = STR("/router/rest?method=taobao.time.get"),
	    .body = STR("format=json"),
	    .at_ms = CALL_NOW_MS};
	struct sign_output out;
	struct str rest;
	struct err err;

	call_init(&t);
	check_err(top_sign(&t.arena, &t.credential, &in, &out, &err), ERR_OK);
	check_str(out.body, "");
	rest = out.target;
	check_str(str_cut(&rest, '?'), "/router/rest");
	t.call.request.method = STR("GET");
	t.call.request.query = rest;
	check_err(call_decode(&t), ERR_OK);
}

void
test_top_sign_needs_a_method(void **state)
{
	(void)state;
	struct sign_input in = {.body = STR("a=1")};
	struct sign_output out;
	struct err err;

	call_init(&t);
	check_err(top_sign(&t.arena, &t.credential, &in, &out, &err),
	    ERR_USAGE);
}

/* Of the parameters as they are now, not as verify saw them. */
static void
identify_anew(void)
{
	((struct top_state *)t.call.state)->listed = (struct top_signed){0};
	top_identify(&t.call);
}

/* One request, one identity: whatever the order of its parameters, whichever
 * empty ones it has; another one with the same string to sign is another. */
void
test_top_identity(void **state)
{
	(void)state;
	struct identity first;
	struct form_field *fields, swap;

	call_post_signed(&t, CALL_UPDATE "&event=VENDOR_PAID&item_id=");
	check_err(call_decode(&t), ERR_OK);
	first = t.call.command.identity;
	assert_true(first.present);
	assert_int_equal(first.at_ms, CALL_NOW_MS);
	assert_true(first.kept_ms > CALL_NOW_MS + 20 * 60 * 1000);

	fields = ((struct top_state *)t.call.state)->form.fields;
	swap = fields[0];
	fields[0] = fields[1];
	fields[1] = swap;
	((struct top_state *)t.call.state)->form.count--; /* item_id stays */
	identify_anew();
	((struct top_state *)t.call.state)->form.count++;
	identify_anew();
	assert_memory_equal(first.digest, t.call.command.identity.digest,
	    IDENTITY_BYTES);

	/* vendor_order_id=3047… to vendor_order_id3=047… */
	fields[0].name = STR("vendor_order_id3");
	fields[0].value = STR("047544471326439704");
	identify_anew();
	assert_memory_not_equal(first.digest, t.call.command.identity.digest,
	    IDENTITY_BYTES);
}
