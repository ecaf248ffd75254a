/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialect as data: its methods, arguments, bounds and errors, out of the
 * tables that decode and encode. Only the words are here, and the shape of an
 * answer.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"

#include <assert.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MUST .flags = SPEC_REQUIRED

/* clang-format off */
static const struct spec_words words[] = {
    {"purchase_no", "the purchase order's number", "采购单号"},
    {"flag_name", "a flag of the catalog; 无 clears it", "采购标记；传“无”清除"},
    {"provider_no", "a provider of the catalog", "供应商编号，须在目录中"},
    {"receive_warehouse_nos", "warehouses of the catalog: a text \"5,22\" or a list", "收货仓库编号，“5,22”或列表"},
    {"expect_warehouse_no", "the warehouse it is expected at", "预计入库仓库编号"},
    {"purchaser_name", "who buys", "采购员"},
    {"contact", "the contact", "联系人"},
    {"telno", "the contact's telephone", "联系电话"},
    {"receive_address", "where to deliver", "收货地址"},
    {"remark", "remarks", "备注"},
    {"post_fee", "freight", "邮费"},
    {"other_fee", "other fees", "其他费用"},
    {"discount", "discount", "折扣"},
    {"logistics_no", "the waybill", "物流单号"},
    {"expect_time", "when it is expected: yyyy-MM-dd HH:mm:ss, or the day", "预计到货时间，yyyy-MM-dd HH:mm:ss 或日期"},
    {"prop1", "free text", "自定义字段"},
    {"prop2", "free text", "自定义字段"},
    {"prop3", "free text", "自定义字段"},
    {"prop4", "free text", "自定义字段"},
    {"prop5", "free text", "自定义字段"},
    {"prop6", "free text", "自定义字段"},
    {"is_check", "true submits the order, else it stays a draft", "是否提交审核；否则为编辑中"},
    {"purchase_details", "the lines", "采购明细"},
    {"spec_no", "the product's code", "商家编码"},
    {"num", "pieces", "数量"},
    {"price", "yuan, at most four decimals", "单价（元），最多四位小数"},
    {"start_time", "changed at or after, yyyy-MM-dd HH:mm:ss in China; needed without purchase_no", "最后修改时间起，北京时间；不传 purchase_no 时必传"},
    {"end_time", "changed at or before; at most 30 days after start_time", "最后修改时间止，跨度不超过 30 天"},
    {"status", "states of an order, \"20,40\"", "单据状态，如 20,40"},
    {"operate_type", "0 cancels; 1 and 2 are for orders that arrived in part", "0 取消；1、2 针对部分到货的单据"},
    {"purchase_no_list", "the orders", "采购单号列表"},
    {"page_size", "orders on a page", "每页条数"},
    {"page_no", "page number from 0", "页号，从 0 开始"},
    {"calc_total", "taken and not needed: total_count is always told", "兼容参数：总是返回 total_count"},
    {NULL, NULL, NULL},
};

static const struct spec_words method_words[] = {
    {"purchase.PurchaseOrder.updatePurchaseInfo", "Set or clear an order's flag", "修改采购单标记"},
    {"purchase.PurchaseOrder.createOrder", "Create a purchase order", "创建采购单"},
    {"purchase.PurchaseOrder.queryWithDetail", "Purchase orders with their lines, in pages", "分页查询采购单及明细"},
    {"purchase.PurchaseOrder.cancelOrder", "Cancel an order that is still edited", "取消编辑中的采购单"},
    {"purchase.PurchaseOrder.cancelByType", "Cancel several orders", "批量取消采购单"},
    {"purchase.PurchaseOrder.pending", "Stop deliveries of orders that arrived in part", "部分入库单据停止到货"},
    {"system.Core.now", "The server's time", "服务器时间"},
    {NULL, NULL, NULL},
};

static const struct spec_key keys[] = {
    {"sid", SPEC_IN_QUERY, false, "the seller", "卖家账号"},
    {"key", SPEC_IN_QUERY, false, "the app", "接口账号"},
    {"salt", SPEC_IN_QUERY, false, "what stands behind the colon of the appsecret", "appsecret 冒号后的盐"},
    {"timestamp", SPEC_IN_QUERY, false, "seconds since 2012-01-01 00:00:00 +08:00; 120 off at most",
     "自 2012-01-01 00:00:00（东八区）起的秒数，误差不超过 120 秒"},
    {"sign", SPEC_IN_QUERY, false,
     "lower-case MD5 of secret + every name and value sorted by name, the raw body as \"body\" among them + secret",
     "MD5 小写：密钥 + 按名称排序的参数名与值（原始请求体作为 body）+ 密钥"},
};

static const struct spec detail_members[] = {
    {.name = "spec_no", .type = SPEC_TEXT, MUST},
    {.name = "goods_name", .type = SPEC_TEXT, MUST},
    {.name = "num", .type = SPEC_INT, MUST},
    {.name = "purchase_price", .type = SPEC_TEXT, MUST},
    {.name = "price", .type = SPEC_TEXT, MUST},
    {.name = "amount", .type = SPEC_TEXT, MUST},
    {.name = "discount", .type = SPEC_TEXT, MUST},
    {.name = "remark", .type = SPEC_TEXT, MUST},
};

static const struct spec order_begin[] = {
    {.name = "purchase_no", .type = SPEC_TEXT, MUST},
    {.name = "status", .type = SPEC_INT, MUST},
    {.name = "flag_id", .type = SPEC_INT, MUST},
    {.name = "flag_name", .type = SPEC_TEXT, MUST},
    {.name = "provider_name", .type = SPEC_TEXT, MUST},
    {.name = "contact", .type = SPEC_TEXT, MUST},
    {.name = "telno", .type = SPEC_TEXT, MUST},
    {.name = "receive_address", .type = SPEC_TEXT, MUST},
    {.name = "remark", .type = SPEC_TEXT, MUST},
    {.name = "num", .type = SPEC_INT, MUST},
    {.name = "goods_fee", .type = SPEC_TEXT, MUST},
    {.name = "created", .type = SPEC_INT, MUST},
    {.name = "modified", .type = SPEC_INT, MUST},
};

static const struct spec created_members[] = {
    {.name = "message", .type = SPEC_TEXT, MUST},
    {.name = "status", .type = SPEC_INT, MUST},
};

static const struct spec cancelled_members[] = {
    {.name = "code", .type = SPEC_INT, MUST},
    {.name = "message", .type = SPEC_TEXT, MUST},
    {.name = "error_count", .type = SPEC_INT, MUST},
};

static const struct spec pending_members[] = {
    {.name = "order_no", .type = SPEC_TEXT, MUST},
    {.name = "message", .type = SPEC_TEXT, MUST},
};
/* clang-format on */

static struct spec
named(const char *name, struct spec s, unsigned flags)
{
	s.name = name;
	s.flags |= flags;
	return s;
}

static struct spec
closed(struct spec s)
{
	s.flags |= SPEC_CLOSED;
	return s;
}

/* --- arguments -------------------------------------------------------------- */

static struct spec
text_spec(const struct wangdian_text_row *row, unsigned flags)
{
	struct spec s = {.name = row->name,
	    .type = SPEC_TEXT,
	    .flags = flags | SPEC_BOUNDED,
	    .min = row->required ? 1 : 0,
	    .max = row->max};

	if (row->required)
		s.flags |= SPEC_REQUIRED;
	else
		s.flags |= SPEC_NULLABLE | SPEC_EMPTY_IS_NONE;
	spec_say(&s, words);
	return s;
}

static struct spec
money_spec(const char *name)
{
	struct spec s = {.name = name,
	    .type = SPEC_DECIMAL,
	    .flags = SPEC_NULLABLE | SPEC_OR_TEXT | SPEC_EMPTY_IS_NONE |
		SPEC_BOUNDED,
	    .min = -LIMIT_PRICE_E4,
	    .max = LIMIT_PRICE_E4,
	    .decimals = 4};

	spec_say(&s, words);
	return s;
}

static struct spec
attribute_spec(const struct wangdian_attribute *row)
{
	struct wangdian_text_row text = {row->wire, row->required, row->max};
	bool of_catalog = strstr(row->wire, "warehouse_no") != NULL ||
	    strcmp(row->wire, "provider_no") == 0;
	struct spec s;

	if (row->kind == ATTRIBUTE_MONEY)
		return money_spec(row->wire);
	s = text_spec(&text, of_catalog ? SPEC_IN_CATALOG : 0);
	if (row->kind == ATTRIBUTE_NUMBERS)
		s.flags |= SPEC_OR_LIST;
	if (row->kind == ATTRIBUTE_TIME)
		s.pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2}"
			    "( [0-9]{2}:[0-9]{2}:[0-9]{2})?)?$";
	return s;
}

static struct spec
line_spec(struct arena *a)
{
	struct spec table = spec_of_table(a, &wangdian_line_fields, words);
	struct spec *members = ARENA_ARRAY(a, table.member_count + 1,
	    struct spec);

	if (members == NULL)
		return table;
	memcpy(members, table.members, table.member_count * sizeof(*members));
	for (size_t i = 0; i < table.member_count; i++) {
		struct spec *m = &members[i];

		if (strcmp(m->name, "num") != 0)
			continue;
		m->type = SPEC_INT; /* whole_quantity takes no others */
		m->max /= WANGDIAN_NUM_SCALE;
	}
	members[table.member_count] = money_spec("discount");
	return spec_object(a, NULL, members, table.member_count + 1);
}

static struct spec
create_spec(struct arena *a)
{
	struct spec table = spec_of_table(a, &wangdian_create_fields, words);
	size_t n = 0, max = table.member_count + wangdian_attribute_count + 3;
	struct spec *m = ARENA_ARRAY(a, max, struct spec);

	if (m == NULL)
		return table;
	for (size_t i = 0; i < table.member_count; i++)
		m[n++] = table.members[i];
	for (size_t i = 0; i < wangdian_attribute_count; i++)
		m[n++] = attribute_spec(&wangdian_attributes[i]);
	m[n++] = text_spec(&wangdian_create_flag_name, SPEC_IN_CATALOG);
	m[n] = (struct spec){.name = "is_check",
	    .type = SPEC_BOOL,
	    .flags = SPEC_NULLABLE | SPEC_OR_TEXT | SPEC_OR_NUMBER |
		SPEC_EMPTY_IS_NONE};
	spec_say(&m[n++], words);
	m[n] = spec_list(a, "purchase_details", line_spec(a), 1, LIMIT_LINES);
	m[n].flags |= SPEC_REQUIRED;
	spec_say(&m[n++], words);
	assert(n == max);
	return spec_object(a, NULL, m, n);
}

static struct spec
query_spec(struct arena *a)
{
	struct spec status = {.name = "status",
	    .type = SPEC_TEXT,
	    .flags = SPEC_NULLABLE | SPEC_EMPTY_IS_NONE | SPEC_OR_NUMBER};
	struct spec start = text_spec(&wangdian_query_start_time, 0);
	struct spec end = text_spec(&wangdian_query_end_time, 0);
	struct buf b;

	buf_init(&b, a, 256);
	buf_str(&b, STR("^$|^("));
	for (const int64_t *s = wangdian_statuses; *s != 0; s++)
		buf_printf(&b, "%s%d", s == wangdian_statuses ? "" : "|",
		    (int)*s);
	/* Each of a list is one of these; the first is as good an example. */
	buf_str(&b, STR(")(,[0-9]+)*$"));
	status.pattern = arena_dup(a, buf_view(&b)).p;
	spec_say(&status, words);
	start.pattern = end.pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2} "
				      "[0-9]{2}:[0-9]{2}:[0-9]{2})?$";
	return spec_object(a, NULL,
	    (const struct spec[]){
		text_spec(&wangdian_query_purchase_no, 0), start, end, status},
	    4);
}

static struct spec
names_spec(struct arena *a, const char *name)
{
	struct spec item = {.type = SPEC_TEXT,
	    .flags = SPEC_BOUNDED,
	    .min = 1,
	    .max = INT64_MAX};
	struct spec s = spec_list(a, name, item, 1, LIMIT_BATCH);

	s.flags |= SPEC_REQUIRED;
	if (name != NULL)
		spec_say(&s, words);
	return s;
}

static struct spec
cancel_by_type_spec(struct arena *a)
{
	struct spec type = {.name = "operate_type",
	    .type = SPEC_INT,
	    .flags = SPEC_REQUIRED | SPEC_OR_TEXT | SPEC_BOUNDED,
	    .min = 0,
	    .max = 2};

	spec_say(&type, words);
	return spec_object(a, NULL,
	    (const struct spec[]){type, names_spec(a, "purchase_no_list")}, 2);
}

static struct spec
update_spec(struct arena *a)
{
	return spec_object(a, NULL,
	    (const struct spec[]){text_spec(&wangdian_update_purchase_no, 0),
		text_spec(&wangdian_update_flag_name, SPEC_IN_CATALOG)},
	    2);
}

/* The one argument in its list. */
static struct spec
body_spec(struct arena *a, const struct wangdian_method *m)
{
	struct spec item = {.type = SPEC_ANY};
	int64_t count = m->argument == ARGUMENT_NONE ? 0 : 1;

	if (m->decode == wangdian_decode_update)
		item = update_spec(a);
	else if (m->decode == wangdian_decode_create)
		item = create_spec(a);
	else if (m->decode == wangdian_decode_query)
		item = query_spec(a);
	else if (m->decode == wangdian_decode_cancel_by_type)
		item = cancel_by_type_spec(a);
	else if (m->argument == ARGUMENT_TEXTS)
		item = names_spec(a, NULL);
	else if (m->argument == ARGUMENT_TEXT)
		item = (struct spec){.type = SPEC_TEXT,
		    .flags = SPEC_BOUNDED,
		    .min = 1,
		    .max = INT64_MAX};
	return spec_list(a, NULL, item, count, count);
}

static struct spec_param
page_param(const char *name, int64_t min, int64_t max, bool required)
{
	struct spec_param p = {SPEC_IN_QUERY,
	    {.name = name,
		.type = required ? SPEC_INT : SPEC_ANY,
		.flags = required ? SPEC_REQUIRED | SPEC_BOUNDED : 0,
		.min = min,
		.max = max}};

	spec_say(&p.value, words);
	return p;
}

static void
add_params(struct arena *a, const struct wangdian_method *m,
    struct spec_call *c)
{
	struct spec_param *p = ARENA_ARRAY(a, 5, struct spec_param);

	c->params = p;
	if (p == NULL)
		return;
	*p++ = (struct spec_param){SPEC_IN_QUERY,
	    {.name = "method", .type = SPEC_TEXT, MUST, .fixed = m->name}};
	*p++ = (struct spec_param){SPEC_IN_QUERY,
	    {.name = "v", .type = SPEC_TEXT, MUST, .fixed = "1.0"}};
	if (m->paging == PAGING_PAGED) {
		*p++ = page_param("page_size", 1, LIMIT_ORDER_PAGE, true);
		*p++ = page_param("page_no", 0, INT32_MAX, true);
		*p++ = page_param("calc_total", 0, 0, false);
	}
	c->param_count = (size_t)(p - c->params);
}

/* --- answers ---------------------------------------------------------------- */

static struct spec
order_spec(struct arena *a)
{
	size_t n = 0, max = COUNT(order_begin) + wangdian_attribute_count + 1;
	struct spec *m = ARENA_ARRAY(a, max, struct spec);
	struct spec line = closed(
	    spec_object(a, NULL, detail_members, COUNT(detail_members)));

	if (m == NULL)
		return line;
	for (; n < COUNT(order_begin); n++)
		m[n] = order_begin[n];
	for (size_t i = 0; i < wangdian_attribute_count; i++)
		m[n++] = (struct spec){.name = wangdian_attributes[i].wire,
		    .type = SPEC_TEXT,
		    MUST};
	m[n++] = named("detail_list", spec_list(a, NULL, line, 0, INT64_MAX),
	    SPEC_REQUIRED);
	return closed(spec_object(a, "PurchaseOrder", m, n));
}

static struct spec
page_spec(struct arena *a)
{
	return closed(spec_object(a, NULL,
	    (const struct spec[]){
		{.name = "total_count", .type = SPEC_INT, MUST},
		named("order", spec_list(a, NULL, order_spec(a), 0, INT64_MAX),
		    SPEC_REQUIRED)},
	    2));
}

static struct spec
pending_spec(struct arena *a)
{
	struct spec item = spec_object(a, NULL, pending_members,
	    COUNT(pending_members));

	return closed(spec_object(a, NULL,
	    (const struct spec[]){
		named("error_info", spec_list(a, NULL, item, 0, INT64_MAX),
		    SPEC_REQUIRED),
		{.name = "status", .type = SPEC_INT, MUST}},
	    2));
}

static struct spec
answer_spec(struct arena *a, const struct wangdian_method *m)
{
	struct spec members[2] = {{.name = "status",
	    .type = SPEC_INT,
	    .flags = SPEC_REQUIRED | SPEC_BOUNDED}};
	struct spec data = {.type = SPEC_TEXT};

	if (m->put_data == NULL)
		return closed(spec_object(a, NULL, members, 1));
	if (m->put_data == wangdian_put_orders)
		data = page_spec(a);
	else if (m->put_data == wangdian_put_created)
		data = closed(spec_object(a, NULL, created_members,
		    COUNT(created_members)));
	else if (m->put_data == wangdian_put_cancelled)
		data = closed(spec_object(a, NULL, cancelled_members,
		    COUNT(cancelled_members)));
	else if (m->put_data == wangdian_put_pending)
		data = pending_spec(a);
	else
		assert(m->put_data == wangdian_put_now);
	members[1] = named("data", data, SPEC_REQUIRED);
	return closed(spec_object(a, NULL, members, 2));
}

static struct spec
failure_spec(struct arena *a)
{
	return closed(spec_object(a, "WangdianFailure",
	    (const struct spec[]){{.name = "status",
				      .type = SPEC_INT,
				      .flags = SPEC_REQUIRED | SPEC_BOUNDED,
				      .min = 1,
				      .max = INT64_MAX},
		{.name = "message", .type = SPEC_TEXT, MUST}},
	    2));
}

/* --- errors ----------------------------------------------------------------- */

static unsigned
traits_of(const struct wangdian_method *m)
{
	unsigned traits = SPEC_TRAIT_SIGNED | SPEC_TRAIT_BODY |
	    SPEC_TRAIT_STORE;

	if (m->argument != ARGUMENT_NONE)
		traits |= SPEC_TRAIT_FIELDS;
	if (m->kind == COMMAND_CHANGE || m->kind == COMMAND_MOVE)
		traits |= SPEC_TRAIT_ORDER;
	if (m->kind == COMMAND_CHANGE)
		traits |= SPEC_TRAIT_VERSION;
	if (m->bad_state != NULL)
		traits |= SPEC_TRAIT_STATE;
	if (m->kind == COMMAND_CREATE)
		traits |= SPEC_TRAIT_NAME;
	if (m->kind >= COMMAND_CREATE && m->kind <= COMMAND_BATCH)
		traits |= SPEC_TRAIT_WRITE;
	return traits;
}

/* Those that a function words. */
static const char *
message_of(const struct wangdian_method *m, enum err_code code)
{
	switch (code) {
	case ERR_BAD_FIELD:
		return "<field>不能为空 / <field>类型错误 / "
		       "<field>长度超出限制 / 采购标记不存在:<flag_name>";
	case ERR_BAD_STATE:
		return m->bad_state;
	case ERR_NAME_TAKEN:
		return "采购单号 <purchase_no> 已存在";
	default:
		assert(code == ERR_NOT_FOUND || code == ERR_NOT_YOURS);
		return "采购单号为 <purchase_no> 的单据不存在";
	}
}

static void
add_errors(struct arena *a, const struct wangdian_method *m,
    struct spec_call *c)
{
	struct spec_error *e = ARENA_ARRAY(a, ERR__COUNT, struct spec_error);

	c->errors = e;
	for (int i = ERR_OK + 1; e != NULL && i < ERR__COUNT; i++) {
		const char *message;
		int64_t status;

		if (!spec_can_fail(traits_of(m), (enum err_code)i))
			continue;
		wangdian_error_row((enum err_code)i, &status, &message);
		e[c->error_count++] = (struct spec_error){
		    .when = (enum err_code)i,
		    .http = 200,
		    .code = arena_printf(a, "%d", (int)status).p,
		    .message = message != NULL
			? message
			: message_of(m, (enum err_code)i),
		};
	}
}

void
wangdian_describe(struct arena *a, struct dialect_spec *out)
{
	struct spec_call *calls = ARENA_ARRAY(a, wangdian_method_count,
	    struct spec_call);

	assert(out != NULL);
	*out = (struct dialect_spec){
	    .keys = keys,
	    .key_count = COUNT(keys),
	    .calls = calls,
	};
	for (size_t i = 0; calls != NULL && i < wangdian_method_count; i++) {
		const struct wangdian_method *m = &wangdian_methods[i];
		struct spec name = {.name = m->name};
		struct spec_call c = {
		    .name = m->name,
		    .http_method = "POST",
		    .path = arena_printf(a, "%s#%s", WANGDIAN_PATH, m->name).p,
		    .body_type = "application/json",
		    .body_required = m->argument != ARGUMENT_NONE,
		    .body = body_spec(a, m),
		    .answer_type = "application/json",
		    .answer = answer_spec(a, m),
		    .failure = failure_spec(a),
		};

		spec_say(&name, method_words);
		c.en = name.en;
		c.zh = name.zh;
		add_params(a, m, &c);
		add_errors(a, m, &c);
		calls[out->call_count++] = c;
	}
}
