/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters to commands: every kind at its edges, and all mistakes at once.
 */
#include "dialect/top/test_call.h"

#include "base/limits.h"

static struct test_call t;

int
teardown(void **state)
{
	(void)state;
	call_fini(&t);
	return 0;
}

#define PAID CALL_UPDATE "&event=VENDOR_PAID"

static enum err_code
decode(const char *pairs)
{
	if (t.call.arena != NULL)
		call_fini(&t);
	call_post_signed(&t, pairs);
	return call_decode(&t);
}

/* Whether the update is refused because of this parameter alone. */
static void
check_refused(const char *name, const char *value)
{
	struct str pairs;
	struct arena a;

	arena_init(&a, 1024 * 1024);
	pairs = arena_printf(&a, "%s&%s=%s", PAID, name, value);
	check_err(decode(pairs.p), ERR_BAD_FIELD);
	assert_int_equal(t.call.outcome.fault_count, 1);
	check_str(t.call.outcome.faults[0].wire, name);
	arena_fini(&a);
}

static void
check_taken(const char *name, const char *value)
{
	struct str pairs;
	struct arena a;

	arena_init(&a, 1024 * 1024);
	pairs = arena_printf(&a, "%s&%s=%s", PAID, name, value);
	check_err(decode(pairs.p), ERR_OK);
	arena_fini(&a);
}

void
test_top_update_of_the_seed(void **state)
{
	(void)state;
	const struct command *c = &t.call.command;
	const struct order *to = &c->change.to;

	check_err(
	    decode(PAID
		"&logistics_order_id_list=[%22YT175361%22,%20%22SF534400%22]"
		"&item_id=643888576658&total_quantity=15&total_fee=10.50"
		"&alipay_order_id=2022112222001137391429021979"
		"&sku_info={%22sku_list%22:[{%22id%22:109,%22quantity%22:"
		"5}]}"),
	    ERR_OK);
	assert_int_equal(c->kind, COMMAND_EVENT);
	assert_int_equal(c->name_kind, NAME_PURCHASE_ORDER);
	check_str(c->name, "3045861756863154425");
	assert_int_equal(c->change.event, EVENT_PAID);
	assert_true(c->change.set ==
	    (BIT64(F_VENDOR_ORDER) | BIT64(F_LOGISTICS_NUMBERS) |
		BIT64(F_ITEM) | BIT64(F_VENDOR_QUANTITY) | BIT64(F_VENDOR_FEE) |
		BIT64(F_ALIPAY_ORDER) | BIT64(F_ATTRIBUTES)));
	check_str(to->vendor_order, "3047544471326439704");
	check_str(to->logistics_numbers, "YT175361,SF534400");
	assert_true(to->item == INT64_C(643888576658));
	assert_int_equal(to->vendor_quantity, 15);
	assert_int_equal(to->vendor_fee_fen, 1050);
	check_str(to->alipay_order, "2022112222001137391429021979");
	assert_int_equal(to->attribute_count, 1);
	check_str(to->attributes[0].name, "vendor.skus");
	check_str(to->attributes[0].value, "109:5");
	assert_true(c->identity.present);
}

void
test_top_events(void **state)
{
	(void)state;
	check_err(decode(CALL_UPDATE "&event=VENDOR_DELIVERING"), ERR_OK);
	assert_int_equal(t.call.command.change.event, EVENT_DELIVERING);
	check_err(decode(CALL_UPDATE "&event=VENDOR_DELIVERED"), ERR_OK);
	assert_int_equal(t.call.command.change.event, EVENT_DELIVERED);
	check_err(decode(CALL_UPDATE "&event=VENDOR_REFUND"), ERR_OK);
	assert_int_equal(t.call.command.change.event, EVENT_REFUND);
	check_err(decode(CALL_UPDATE "&event=vendor_paid"), ERR_BAD_FIELD);
	check_err(decode(CALL_UPDATE "&event=PAID"), ERR_BAD_FIELD);
}

/* All of them at once, in the table's order. */
void
test_top_every_fault_is_told(void **state)
{
	(void)state;
	const struct fault *f = t.call.outcome.faults;

	check_err(decode("method=taobao.itemmarket.order.info.update"
			 "&total_quantity=0&total_fee=-1&event="),
	    ERR_BAD_FIELD);
	assert_int_equal(t.call.outcome.fault_count, 5);
	check_str(f[0].wire, "vendor_order_id");
	assert_int_equal(f[0].rule, RULE_REQUIRED);
	check_str(f[1].wire, "total_quantity");
	assert_int_equal(f[1].rule, RULE_FORMAT);
	check_str(f[2].wire, "total_fee");
	check_str(f[3].wire, "purchase_order_id");
	check_str(f[4].wire, "event");
	assert_int_equal(f[4].rule, RULE_REQUIRED);
}

void
test_top_numbers(void **state)
{
	(void)state;
	check_taken("item_id", "9223372036854775807");
	assert_true(t.call.command.change.to.item == INT64_MAX);
	check_refused("item_id", "9223372036854775808");
	check_refused("item_id", "0");
	check_refused("item_id", "-1");
	check_refused("item_id", "1.0");
	check_refused("item_id", "%201");
	check_refused("item_id", "1e3");
	check_taken("total_quantity", "1");
	check_taken("total_quantity", "99999999");
	check_refused("total_quantity", "100000000");
	check_refused("total_quantity", "0");
}

/* An empty value is as good as none. */
void
test_top_empty_is_absent(void **state)
{
	(void)state;
	check_err(decode(PAID "&item_id=&total_fee=&sku_info="
			      "&logistics_order_id_list="),
	    ERR_OK);
	assert_true(t.call.command.change.set == BIT64(F_VENDOR_ORDER));
}

void
test_top_fees(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t fen;
	} rows[] = {
	    {"10.50", 1050},
	    {"10.5", 1050},
	    {"10", 1000},
	    {"0", 0},
	    {"0.01", 1},
	    {"1E%2B1", 1000},
	    {"99999999999.99", INT64_C(9999999999999)},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_taken("total_fee", rows[i].text);
		assert_true(
		    t.call.command.change.to.vendor_fee_fen == rows[i].fen);
	}
	check_refused("total_fee", "10.505");
	check_refused("total_fee", "-0.01");
	check_refused("total_fee", "100000000000");
	check_refused("total_fee", "1,000.00");
	check_refused("total_fee", "NaN");
}

void
test_top_waybills(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *list; /* NULL: nothing is said */
	} rows[] = {
	    {"[]", NULL},
	    {"[%20]", NULL},
	    {"[%22YT1%22]", "YT1"},
	    {"%20[%22YT1%22,%22%20SF2%20%22]", "YT1,SF2"},
	    {"[%22\\u4e2d%22]", "中"},
	    {"YT1", "YT1"},
	    {"YT1,SF2", "YT1,SF2"},
	    {"YT1,%20SF2,", "YT1,SF2"},
	    {",", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_taken("logistics_order_id_list", rows[i].text);
		assert_int_equal(
		    change_has(&t.call.command.change, F_LOGISTICS_NUMBERS),
		    rows[i].list != NULL);
		if (rows[i].list != NULL)
			check_str(t.call.command.change.to.logistics_numbers,
			    rows[i].list);
	}
	check_refused("logistics_order_id_list", "[%22YT1%22");
	check_refused("logistics_order_id_list", "[1]");
	check_refused("logistics_order_id_list", "[%22%22]");
	check_refused("logistics_order_id_list", "[%22A,B%22]");
	check_refused("logistics_order_id_list", "[%22A%22]x");
	check_refused("logistics_order_id_list", "[%22A\\nB%22]");
	check_refused("logistics_order_id_list", "A%09B");
	check_refused("logistics_order_id_list",
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

void
test_top_skus(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *kept; /* NULL: nothing is said */
	} rows[] = {
	    {"{}", NULL},
	    {"{%22sku_list%22:[]}", NULL},
	    {"{%22sku_list%22:null}", NULL},
	    {"{%20%22sku_list%22%20:%20[{%22id%22:%20109,%22quantity%22:5"
	     "}]%20}",
		"109:5"},
	    /* \/ is another spelling of a slash, numbers may be quoted */
	    {"{%22sku_list%22:[{%22id%22:%22109%22,%22quantity%22:%225%22,"
	     "%22a\\/b%22:1}]}",
		"109:5"},
	    /* Sorted: the same skus are the same fact. */
	    {"{%22sku_list%22:[{%22id%22:110,%22quantity%22:1},"
	     "{%22id%22:9223372036854775807,%22quantity%22:2},"
	     "{%22id%22:109,%22quantity%22:5}]}",
		"109:5,110:1,9223372036854775807:2"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct change *c = &t.call.command.change;

		check_taken("sku_info", rows[i].text);
		assert_int_equal(c->to.attribute_count, rows[i].kept != NULL);
		if (rows[i].kept != NULL)
			check_str(c->to.attributes[0].value, rows[i].kept);
	}
	check_refused("sku_info", "x");
	check_refused("sku_info", "[]");
	check_refused("sku_info", "{%22sku_list%22:1}");
	check_refused("sku_info", "{%22sku_list%22:{}}");
	check_refused("sku_info", "{%22sku_list%22:[1]}");
	check_refused("sku_info", "{%22sku_list%22:[{%22id%22:109}]}");
	check_refused("sku_info",
	    "{%22sku_list%22:[{%22id%22:0,%22quantity%22:5}]}");
	check_refused("sku_info",
	    "{%22sku_list%22:[{%22id%22:109,%22quantity%22:-5}]}");
	check_refused("sku_info",
	    "{%22sku_list%22:[{%22id%22:109,%22quantity%22:5.5}]}");
	check_refused("sku_info",
	    "{%22sku_list%22:[{%22id%22:9223372036854775808,%22quantity%22:"
	    "5}]}");
	check_refused("sku_info",
	    "{%22sku_list%22:[{%22id%22:109,%22quantity%22:5},"
	    "{%22id%22:109,%22quantity%22:5}]}");
}

#define SKU_5 "&sku_info={%22sku_list%22:[{%22id%22:109,%22quantity%22:5}]}"

void
test_top_sku_sum_by_policy(void **state)
{
	(void)state;
	check_err(decode(PAID "&total_quantity=15" SKU_5), ERR_OK);
	call_fini(&t);

	call_post_signed(&t, PAID "&format=json&total_quantity=15" SKU_5);
	t.credential.policy.top_sku_sum = TOP_SKU_SUM_STRICT;
	check_str(call_answer(&t),
	    "{\"error_response\":{\"code\":50,"
	    "\"msg\":\"Remote service error\","
	    "\"sub_code\":\"isv.invalid-parameter\","
	    "\"sub_msg\":\"非法参数:total_quantity:sku_info "
	    "的数量之和须等于 total_quantity\"," CALL_REQUEST_ID "}}");
	call_fini(&t);

	call_post_signed(&t, PAID "&total_quantity=5" SKU_5);
	t.credential.policy.top_sku_sum = TOP_SKU_SUM_STRICT;
	check_err(call_decode(&t), ERR_OK);
	call_fini(&t);

	/* There is nothing to compare with. */
	call_post_signed(&t, PAID SKU_5);
	t.credential.policy.top_sku_sum = TOP_SKU_SUM_STRICT;
	check_err(call_decode(&t), ERR_OK);
}

void
test_top_texts(void **state)
{
	(void)state;
	struct str long_id;
	struct arena a;

	check_taken("alipay_order_id", "%E4%B8%AD%2F+%231");
	check_str(t.call.command.change.to.alipay_order, "中/ #1");
	check_refused("alipay_order_id", "a%0Ab");
	check_refused("alipay_order_id", "%7F");
	arena_init(&a, 64 * 1024);
	long_id = arena_printf(&a, "%064d", 1);
	check_taken("alipay_order_id", long_id.p);
	long_id = arena_printf(&a, "%065d", 1);
	check_refused("alipay_order_id", long_id.p);
	arena_fini(&a);
}

/* One number has one name. */
void
test_top_order_ids(void **state)
{
	(void)state;
	check_err(decode("method=taobao.itemmarket.order.info.query"
			 "&purchase_order_id=7"),
	    ERR_OK);
	assert_int_equal(t.call.command.kind, COMMAND_READ);
	check_str(t.call.command.name, "7");
	assert_false(t.call.command.identity.present);
	check_err(decode("method=taobao.itemmarket.order.info.query"
			 "&purchase_order_id=007"),
	    ERR_BAD_FIELD);
	check_err(decode("method=taobao.itemmarket.order.info.query"
			 "&purchase_order_id=x"),
	    ERR_BAD_FIELD);
	check_err(decode("method=taobao.itemmarket.order.info.query"),
	    ERR_BAD_FIELD);
}

#define CREATE \
	"method=taobao.itemmarket.purchase.distributor.create" \
	"&session=dev_top_session"

void
test_top_create(void **state)
{
	(void)state;
	const struct command *c = &t.call.command;
	const struct order *to = &c->change.to;

	check_err(decode(CREATE "&vendor_id=7&sub_order_id_list=5404041050,"
				"%205404041065"),
	    ERR_OK);
	assert_int_equal(c->kind, COMMAND_CREATE);
	assert_int_equal(to->status, ORDER_SUBMITTED);
	assert_int_equal(to->line_count, 2);
	check_str(to->lines[1].title, "5404041065");
	assert_int_equal(to->lines[1].quantity, 1);
	assert_int_equal(to->attribute_count, 2);
	assert_true(c->change.set == 0);
	call_apply(&t, NULL);
	check_err(t.call.outcome.code, ERR_OK);
	check_str(order_attribute(t.call.outcome.order, STR("top.vendor_id")),
	    "7");
	check_str(order_attribute(t.call.outcome.order, STR("top.sub_orders")),
	    "5404041050,5404041065");

	check_err(decode(CREATE), ERR_BAD_FIELD);
	check_err(decode(CREATE "&sub_order_id_list=1,1"), ERR_BAD_FIELD);
	check_err(decode(CREATE "&sub_order_id_list=1,"), ERR_BAD_FIELD);
	check_err(decode(CREATE "&sub_order_id_list=0"), ERR_BAD_FIELD);
	check_err(decode(CREATE "&sub_order_id_list=a"), ERR_BAD_FIELD);
	check_err(decode(CREATE "&sub_order_id_list=1&vendor_id=x"),
	    ERR_BAD_FIELD);
}

/* Whatever does not fit the arena is refused before anything is done. */
void
test_top_full_arena(void **state)
{
	(void)state;
	for (size_t room = 16; room < 40000; room += 256) {
		enum err_code rc;
		struct arena small;

		call_post_signed(&t, PAID SKU_5 "&logistics_order_id_list=A,B");
		arena_init(&small, room);
		t.call.arena = &small;
		rc = call_decode(&t);
		assert_true(rc == ERR_OK || rc == ERR_NO_MEMORY);
		(void)call_encode(&t);
		assert_true(buf_view(&t.call.reply.body).n > 20);
		arena_fini(&small);
		call_fini(&t);
	}
	call_init(&t);
}
