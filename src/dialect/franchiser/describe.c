/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialect as data: its calls, fields, bounds and errors, out of the tables
 * that decode and encode. Only the words are here, and the shape of an answer.
 */
#include "dialect/franchiser/franchiser_impl.h"

#include <assert.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MUST .flags = SPEC_REQUIRED
#define MAY_NULL .flags = SPEC_REQUIRED | SPEC_NULLABLE

/* clang-format off */
static const struct spec_words words[] = {
    {"tradeno", "the order's number", "订单号"},
    {"warehouseid", "a warehouse of the catalog", "仓库 ID，须在仓库列表中"},
    {"transportway", "1 绿羽配送, 2 专用物流, 3 用户自提, 4 使用快递, 5 其它", "运输方式：1 绿羽配送、2 专用物流、3 用户自提、4 使用快递、5 其它"},
    {"logisticscompanyid", "a company of the way: 2 has 6, 7, 9, 10, 11; 4 has 5, 8; the others have 0", "物流公司：方式 2 为 6、7、9、10、11，方式 4 为 5、8，其余为 0"},
    {"receivername", "the recipient", "收货人"},
    {"mobile", "eleven digits", "手机号，11 位数字"},
    {"provincename", "the province; all three names or none", "省；省市区须同时传"},
    {"cityname", "the city", "市"},
    {"distrctname", "the district", "区"},
    {"address", "street and number", "详细地址"},
    {"deliverydate", "a date, yyyy-MM-dd", "交货日期，yyyy-MM-dd"},
    {"remark", "remarks for the carrier, or of a line", "物流备注；明细中为明细备注"},
    {"traderemark", "remarks of the order", "订单备注"},
    {"logisticscontact", "the carrier's contact", "物流联系人"},
    {"logisticscarnumber", "the car's number", "车牌号"},
    {"logisticsmobile", "the carrier's telephone", "物流联系电话"},
    {"items", "the lines, which replace all there were", "订单明细，整体替换"},
    {"outerpcode", "a product of the catalog", "产品编码，须在目录中"},
    {"mainmeasunitqty", "pieces", "数量"},
    {"appid", "the app", "应用 ID"},
    {"timestamp", "seconds since 1970; ten minutes off at most", "Unix 秒，误差不超过 10 分钟"},
    {"request_data", "the call's fields as JSON; signed as it is sent", "业务参数 JSON 文本，按原文签名"},
    {"sign", "lower-case MD5 of secret + every name and value sorted by name, sign left out + secret",
     "MD5 小写：密钥 + 除 sign 外按名称排序的参数名与值 + 密钥"},
    {NULL, NULL, NULL},
};

static const struct spec_words call_words[] = {
    {"trade/modify", "Change an order: only what is sent changes", "修改订单：只修改传入的字段"},
    {"trade/create", "Create an order", "创建订单"},
    {"trade/query", "Read an order", "查询订单"},
    {"trade/cancel", "Cancel an order", "取消订单"},
    {"warehouse/list", "The warehouses", "仓库列表"},
    {NULL, NULL, NULL},
};

static const struct spec line_members[] = {
    {.name = "outerpcode", .type = SPEC_TEXT, MAY_NULL},
    {.name = "mainmeasunitqty", .type = SPEC_INT, MUST},
    {.name = "remark", .type = SPEC_TEXT, MAY_NULL},
};

static const struct spec warehouse_members[] = {
    {.name = "id", .type = SPEC_INT, MUST},
    {.name = "name", .type = SPEC_TEXT, MAY_NULL},
};
/* clang-format on */

/* What a reader of fields.c reads. */
enum reader {
	READ_text,
	READ_mobile,
	READ_region,
	READ_date,
	READ_warehouse,
	READ_way,
	READ_company,
	READ_items
};

static const enum reader readers[] = {
#define X(wire, reader, member, least, most, needed) READ_##reader,
    FRANCHISER_FIELD_TABLE(X)
#undef X
};

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

/* --- requests --------------------------------------------------------------- */

static struct spec
item_spec(struct arena *a)
{
	struct spec members[ITEM__COUNT];

	for (int i = 0; i < ITEM__COUNT; i++) {
		const struct franchiser_item_field *row = &franchiser_items[i];

		members[i] = (struct spec){.name = row->name,
		    .type = i == ITEM_QUANTITY ? SPEC_INT : SPEC_TEXT,
		    .flags = SPEC_BOUNDED,
		    .min = row->min,
		    .max = row->max};
		spec_say(&members[i], words);
	}
	members[ITEM_CODE].flags |= SPEC_REQUIRED | SPEC_IN_CATALOG;
	members[ITEM_QUANTITY].flags |= SPEC_REQUIRED | SPEC_OR_TEXT;
	members[ITEM_REMARK].flags |= SPEC_NULLABLE;
	return closed(spec_object(a, NULL, members, ITEM__COUNT));
}

static struct spec
number_spec(enum reader reader)
{
	struct spec s = {.type = SPEC_INT, .flags = SPEC_OR_TEXT};

	if (reader == READ_way) {
		s.flags |= SPEC_BOUNDED;
		s.min = 1;
		s.max = FRANCHISER_WAY_LAST;
	} else {
		s.flags |= SPEC_IN_CATALOG;
	}
	return s;
}

static struct spec
text_spec(const struct franchiser_field *row, enum reader reader)
{
	struct spec s = {.type = SPEC_TEXT,
	    .flags = SPEC_BOUNDED,
	    .min = row->min,
	    .max = row->max};

	if (reader == READ_mobile)
		s.pattern = "^[0-9]{11}$";
	if (reader == READ_date)
		s.pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
	return s;
}

static struct spec
field_spec(struct arena *a, size_t i, bool creates)
{
	const struct franchiser_field *row = &franchiser_fields[i];
	enum reader reader = readers[i];
	unsigned flags = creates && row->required ? SPEC_REQUIRED
						  : SPEC_NULLABLE;
	struct spec s;

	if (reader == READ_items)
		s = spec_list(a, NULL, item_spec(a), 1, LIMIT_LINES);
	else if (reader == READ_warehouse || reader == READ_way ||
	    reader == READ_company)
		s = number_spec(reader);
	else
		s = text_spec(row, reader);
	s = named(row->name, s, flags);
	spec_say(&s, words);
	return s;
}

static struct spec
tradeno_spec(void)
{
	struct spec s = {.name = "tradeno",
	    .type = SPEC_TEXT,
	    .flags = SPEC_REQUIRED | SPEC_BOUNDED,
	    .min = 1,
	    .max = INT64_MAX};

	spec_say(&s, words);
	return s;
}

/* What is in request_data. */
static struct spec
data_spec(struct arena *a, const struct franchiser_call *c)
{
	bool modifies = c->decode == franchiser_decode_modify;
	bool creates = c->decode == franchiser_decode_create;
	struct spec *m = ARENA_ARRAY(a, franchiser_field_count + 1,
	    struct spec);
	size_t n = 0;

	if (m == NULL)
		return tradeno_spec();
	if (!creates && c->decode != franchiser_decode_list)
		m[n++] = tradeno_spec();
	for (size_t i = 0; (modifies || creates) && i < franchiser_field_count;
	     i++)
		m[n++] = field_spec(a, i, creates);
	return closed(spec_object(a, NULL, m, n));
}

static struct spec
form_spec(struct arena *a, const struct franchiser_call *c)
{
	static const char *const names[] = {
	    "appid", "timestamp", "request_data", "sign"};
	struct spec members[COUNT(names)];
	struct spec *data = ARENA_NEW(a, struct spec);

	for (size_t i = 0; i < COUNT(names); i++) {
		members[i] = (struct spec){
		    .name = names[i], .type = SPEC_TEXT, MUST};
		spec_say(&members[i], words);
	}
	if (data != NULL) {
		*data = data_spec(a, c);
		members[2].flags |= SPEC_HOLDS_JSON;
		members[2].members = data;
		members[2].member_count = 1;
	}
	return spec_object(a, NULL, members, COUNT(names));
}

/* --- answers ---------------------------------------------------------------- */

static struct spec
order_spec(struct arena *a)
{
	size_t n = 0;
	struct spec *m = ARENA_ARRAY(a, franchiser_field_count + 4,
	    struct spec);
	struct spec line = closed(
	    spec_object(a, NULL, line_members, COUNT(line_members)));

	if (m == NULL)
		return line;
	m[n++] = (struct spec){.name = "tradeno", .type = SPEC_TEXT, MUST};
	for (size_t i = 0; i < franchiser_field_count; i++) {
		const struct franchiser_field *row = &franchiser_fields[i];
		struct spec s = {.type = SPEC_TEXT, .flags = SPEC_NULLABLE};

		if (row->field == F_LINES)
			s = spec_list(a, NULL, line, 0, INT64_MAX);
		else if (order_fields[row->field].kind == FIELD_INT)
			s = (struct spec){.type = SPEC_INT};
		m[n++] = named(row->name, s, SPEC_REQUIRED);
	}
	m[n++] = (struct spec){.name = "status", .type = SPEC_TEXT, MUST};
	m[n++] = (struct spec){
	    .name = "totalamount", .type = SPEC_DECIMAL, .decimals = 2, MUST};
	m[n++] = (struct spec){.name = "createdate", .type = SPEC_TEXT, MUST};
	return closed(spec_object(a, "FranchiserOrder", m, n));
}

static struct spec
envelope(struct arena *a, const char *component, struct spec data, bool failed)
{
	const struct spec members[] = {
	    {.name = "statusCode",
		.type = SPEC_INT,
		.flags = SPEC_REQUIRED | (failed ? 0 : SPEC_BOUNDED)},
	    {.name = "message", .type = SPEC_TEXT, MUST},
	    named("data", data, SPEC_REQUIRED),
	};

	return closed(spec_object(a, component, members, COUNT(members)));
}

static struct spec
answer_spec(struct arena *a, const struct franchiser_call *c)
{
	struct spec data = {.type = SPEC_TEXT};

	if (c->put_data == franchiser_put_order)
		data = order_spec(a);
	else if (c->put_data == franchiser_put_warehouses)
		data = spec_list(a, NULL,
		    closed(spec_object(
			a, NULL, warehouse_members, COUNT(warehouse_members))),
		    0, INT64_MAX);
	else
		assert(c->put_data == franchiser_put_tradeno);
	return envelope(a, NULL, data, false);
}

/* --- errors ----------------------------------------------------------------- */

static unsigned
traits_of(const struct franchiser_call *c)
{
	unsigned traits = SPEC_TRAIT_SIGNED | SPEC_TRAIT_BODY |
	    SPEC_TRAIT_FIELDS | SPEC_TRAIT_STORE;
	bool has_items = c->kind == COMMAND_CHANGE || c->kind == COMMAND_CREATE;

	if (c->kind == COMMAND_CHANGE || c->kind == COMMAND_MOVE)
		traits |= SPEC_TRAIT_ORDER | SPEC_TRAIT_STATE |
		    SPEC_TRAIT_WRITE;
	if (c->kind == COMMAND_CHANGE)
		traits |= SPEC_TRAIT_VERSION;
	if (c->kind == COMMAND_READ)
		traits |= SPEC_TRAIT_ORDER;
	if (has_items)
		traits |= SPEC_TRAIT_STOCK | SPEC_TRAIT_WRITE;
	return traits;
}

/* Those that a function words. */
static const char *
message_of(enum err_code code)
{
	switch (code) {
	case ERR_BAD_STATE:
		return "订单[<tradeno>]当前状态[<status>]不允许修改";
	case ERR_NO_STOCK:
		return "产品[<outerpcode>]库存不足";
	default:
		assert(code == ERR_NOT_FOUND || code == ERR_NOT_YOURS);
		return "订单[<tradeno>]不存在";
	}
}

/* What else a field can be told than its format. */
static const struct {
	bool of_every_call; /* else of those that bring an order's fields */
	const char *code;
	const char *message;
} field_errors[] = {
    {false, "1002", "修改三级地址时,省市区名称均不能为空"},
    {false, "1006", "仓库[<id>]不存在"},
    {false, "1007", "运输方式[<v>]无效 / 物流公司[<id>]与运输方式[<n>]不匹配"},
    {false, "1008", "产品[<outerpcode>]不存在"},
    {true, "1009", "<field>格式错误"},
    {false, "1010", "订单明细不能为空 / 订单明细重复:<outerpcode>"},
    {true, "1011", "未知参数:<key>"},
    {true, "1013", "缺少参数:<field>"},
};

static void
add_field_errors(struct spec_call *c, struct spec_error *e, bool has_fields)
{
	for (size_t i = 0; i < COUNT(field_errors); i++) {
		if (!has_fields && !field_errors[i].of_every_call)
			continue;
		e[c->error_count++] = (struct spec_error){.when = ERR_BAD_FIELD,
		    .http = 200,
		    .code = field_errors[i].code,
		    .message = field_errors[i].message};
	}
}

static void
add_errors(struct arena *a, const struct franchiser_call *row,
    struct spec_call *c)
{
	struct spec_error *e = ARENA_ARRAY(a,
	    (size_t)ERR__COUNT + COUNT(field_errors), struct spec_error);

	c->errors = e;
	for (int i = ERR_OK + 1; e != NULL && i < ERR__COUNT; i++) {
		const char *message;
		int64_t code;

		if (!spec_can_fail(traits_of(row), (enum err_code)i))
			continue;
		if (i == ERR_BAD_FIELD) {
			add_field_errors(c, e,
			    row->kind == COMMAND_CHANGE ||
				row->kind == COMMAND_CREATE);
			continue;
		}
		franchiser_error_row((enum err_code)i, &code, &message);
		e[c->error_count++] = (struct spec_error){
		    .when = (enum err_code)i,
		    .http = 200,
		    .code = arena_printf(a, "%d", (int)code).p,
		    .message = message != NULL ? message
					       : message_of((enum err_code)i),
		};
	}
}

void
franchiser_describe(struct arena *a, struct dialect_spec *out)
{
	struct spec_call *calls = ARENA_ARRAY(a, franchiser_call_count,
	    struct spec_call);
	struct spec none = {.type = SPEC_ANY, .flags = SPEC_NULLABLE};

	assert(out != NULL);
	*out = (struct dialect_spec){
	    .calls = calls,
	};
	for (size_t i = 0; calls != NULL && i < franchiser_call_count; i++) {
		const struct franchiser_call *row = &franchiser_calls[i];
		struct spec name = {.name = row->path};
		struct spec_call c = {
		    .name = row->path,
		    .http_method = "POST",
		    .path =
			arena_printf(a, "%s%s", FRANCHISER_BASE, row->path).p,
		    .body_type = "application/x-www-form-urlencoded",
		    .body_required = true,
		    .body = form_spec(a, row),
		    .answer_type = "application/json",
		    .answer = answer_spec(a, row),
		    .failure = envelope(a, "FranchiserFailure", none, true),
		};

		spec_say(&name, call_words);
		c.en = name.en;
		c.zh = name.zh;
		add_errors(a, row, &c);
		calls[out->call_count++] = c;
	}
}
