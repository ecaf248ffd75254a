/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of methods: each with its parameters and the shape of its answer,
 * once. Decoding, the three forms of an answer and the documentation all come
 * from these rows.
 *
 * To add a parameter: one row. To add a method: its rows, one row in
 * top_methods, one golden conversation.
 */
#include "dialect/top/top_impl.h"

#include "base/limits.h"

#include <assert.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAME_CHARACTERS_MAX 64 /* of a vendor's or Alipay's order; 28 in use */
#define FEE_FEN_MAX INT64_C(9999999999999) /* 99,999,999,999.99 yuan */

/* --- taobao.itemmarket.order.info.update --------------------------------- */

static const struct top_param update_params[] = {
    {.name = "vendor_order_id",
	.kind = TOP_TEXT,
	.required = true,
	.min = 1,
	.max = NAME_CHARACTERS_MAX,
	.field = F_VENDOR_ORDER,
	.type = "String",
	.example = "3047544471326439704",
	.zh = "服务商订单 id;一个采购单只能绑定一个",
	.en = "the vendor's order; a purchase order is bound to one"},
    {.name = "logistics_order_id_list",
	.kind = TOP_WAYBILLS,
	.field = F_LOGISTICS_NUMBERS,
	.type = "String",
	.example = "[\"YT175361\", \"SF534400\"]",
	.zh = "物流单号列表;新单号会被追加",
	.en = "waybills; new ones are added"},
    {.name = "item_id",
	.kind = TOP_NUMBER,
	.min = 1,
	.max = INT64_MAX,
	.field = F_ITEM,
	.type = "Number",
	.example = "643888576658",
	.zh = "货品 id",
	.en = "the item"},
    {.name = "total_quantity",
	.kind = TOP_NUMBER,
	.min = 1,
	.max = LIMIT_QUANTITY,
	.field = F_VENDOR_QUANTITY,
	.type = "Number",
	.example = "15",
	.zh = "总数量",
	.en = "the quantity of all items"},
    {.name = "total_fee",
	.kind = TOP_FEE,
	.min = 0,
	.max = FEE_FEN_MAX,
	.field = F_VENDOR_FEE,
	.type = "BigDecimal",
	.example = "10.50",
	.zh = "总金额(元)",
	.en = "the fee in yuan"},
    {.name = "purchase_order_id",
	.kind = TOP_ORDER_ID,
	.required = true,
	.min = 1,
	.max = INT64_MAX,
	.type = "Number",
	.example = "3045861756863154425",
	.zh = "采购单 id",
	.en = "the purchase order"},
    {.name = "alipay_order_id",
	.kind = TOP_TEXT,
	.min = 1,
	.max = NAME_CHARACTERS_MAX,
	.field = F_ALIPAY_ORDER,
	.type = "String",
	.example = "2022112222001137391429021979",
	.zh = "支付宝订单 id",
	.en = "the order at Alipay"},
    {.name = "event",
	.kind = TOP_EVENT,
	.required = true,
	.type = "String",
	.example = "VENDOR_PAID",
	.zh = "服务商事件",
	.en = "the vendor's event"},
    {.name = "sku_info",
	.kind = TOP_SKUS,
	.type = "ImItemSkuInfoVO",
	.example = "{\"sku_list\":[{\"id\":109,\"quantity\":5}]}",
	.zh = "sku 信息",
	.en = "skus and their quantities"},
};

/* clang-format off */
/* What every answer about an order ends with. */
#define CALL_SHAPES                                \
	{ .name = "call_success",                  \
	  .kind = TOP_BOOL,                        \
	  .type = "Boolean",                       \
	  .get = top_get_success,                  \
	  .example = "true",                       \
	  .zh = "是否成功",                        \
	  .en = "whether it succeeded" },          \
	{ .name = "call_error_code",               \
	  .kind = TOP_STRING,                      \
	  .type = "String",                        \
	  .get = top_get_error_code,               \
	  .example = "1001",                       \
	  .zh = "错误码",                          \
	  .en = "the error, when it did not" },    \
	{ .name = "call_error_msg",                \
	  .kind = TOP_STRING,                      \
	  .type = "String",                        \
	  .get = top_get_error_msg,                \
	  .example = "SystemError",                \
	  .zh = "错误信息",                        \
	  .en = "the error in words" }
/* clang-format on */

static const struct top_shape update_answer[] = {CALL_SHAPES};

/* --- taobao.itemmarket.order.info.query ---------------------------------- */

static const struct top_param query_params[] = {
    {.name = "purchase_order_id",
	.kind = TOP_ORDER_ID,
	.required = true,
	.min = 1,
	.max = INT64_MAX,
	.type = "Number",
	.example = "34013691",
	.zh = "采购单 id",
	.en = "the purchase order"},
};

static const struct top_shape query_meta[] = {
    {.name = "purchase_order_id",
	.kind = TOP_INTEGER,
	.type = "Number",
	.get = top_get_order_id,
	.example = "34013691",
	.zh = "采购单 id",
	.en = "the purchase order"},
};

static const struct top_shape query_sub_meta[] = {
    {.name = "purchase_order_id",
	.kind = TOP_INTEGER,
	.type = "Number",
	.get = top_get_sub_id,
	.example = "35013691",
	.zh = "子采购单 id",
	.en = "the sub order"},
    {.name = "distribution_order_id",
	.kind = TOP_STRING,
	.type = "String",
	.get = top_get_vendor_order,
	.example = "65013691",
	.zh = "代发订单 id;未绑定服务商订单时没有",
	.en = "the vendor's order; absent until one is bound"},
};

static const struct top_shape query_order[] = {
    {.name = "meta",
	.kind = TOP_OBJECT,
	.type = "ImPurchaseOrderMeta",
	.members = query_meta,
	.member_count = COUNT(query_meta),
	.count = top_count_order,
	.zh = "元信息",
	.en = "the order itself"},
    {.name = "sub_meta_list",
	.kind = TOP_LIST,
	.type = "im_sub_purchase_order_meta",
	.members = query_sub_meta,
	.member_count = COUNT(query_sub_meta),
	.count = top_count_subs,
	.zh = "子采购单信息",
	.en = "its sub orders"},
};

static const struct top_shape query_result[] = {
    {.name = "content_list",
	.kind = TOP_LIST,
	.type = "im_purchase_order_v_o",
	.members = query_order,
	.member_count = COUNT(query_order),
	.count = top_count_order,
	.zh = "采购单信息",
	.en = "orders: exactly one"},
};

static const struct top_shape query_answer[] = {
    {.name = "result",
	.kind = TOP_OBJECT,
	.type = "ImPurchaseOrderResponse",
	.members = query_result,
	.member_count = COUNT(query_result),
	.count = top_count_order,
	.zh = "响应内容;失败时没有",
	.en = "the result; absent on failure"},
    CALL_SHAPES,
};

/* --- taobao.itemmarket.purchase.distributor.create ----------------------- */

static const struct top_param create_params[] = {
    {.name = "vendor_id",
	.kind = TOP_VENDOR,
	.min = 1,
	.max = INT64_MAX,
	.type = "Number",
	.example = "7",
	.zh = "服务商 id",
	.en = "the vendor"},
    {.name = "sub_order_id_list",
	.kind = TOP_SUB_ORDERS,
	.required = true,
	.type = "String",
	.example = "5404041050,5404041065",
	.zh = "采购子单 id 列表;每个子单成为一行,数量 1,价格 0",
	.en = "sub orders; each becomes a line of quantity 1 and price 0"},
};

static const struct top_shape create_result[] = {
    {.name = "purchase_order_id",
	.kind = TOP_INTEGER,
	.type = "Number",
	.get = top_get_order_id,
	.example = "5404041050",
	.zh = "采购单 id",
	.en = "the new purchase order"},
    {.name = "mobile_path_url",
	.kind = TOP_STRING,
	.type = "String",
	.get = top_get_page_url,
	.example = "/console/#/orders/5404041050",
	.zh = "移动端页面,相对控制台地址",
	.en = "its page for phones, relative to the console's address"},
    {.name = "pc_path_url",
	.kind = TOP_STRING,
	.type = "String",
	.get = top_get_page_url,
	.example = "/console/#/orders/5404041050",
	.zh = "PC 端页面,相对控制台地址",
	.en = "its page, relative to the console's address"},
};

static const struct top_shape create_answer[] = {
    {.name = "result",
	.kind = TOP_OBJECT,
	.type = "ImPurchaseOrderMeta",
	.members = create_result,
	.member_count = COUNT(create_result),
	.count = top_count_order,
	.zh = "返回结果;失败时没有",
	.en = "the result; absent on failure"},
    CALL_SHAPES,
};

/* --- taobao.time.get ----------------------------------------------------- */

static const struct top_shape time_answer[] = {
    {.name = "time",
	.kind = TOP_STRING,
	.type = "Date",
	.get = top_get_time,
	.example = "2026-02-25 18:30:00",
	.zh = "服务器时间,东八区",
	.en = "the server's time in China"},
};

/* ------------------------------------------------------------------------- */

const struct top_method top_methods[] = {
    {.name = "taobao.itemmarket.order.info.update",
	.root = "itemmarket_order_info_update_response",
	.kind = COMMAND_EVENT,
	.params = update_params,
	.param_count = COUNT(update_params),
	.answer = update_answer,
	.answer_count = COUNT(update_answer),
	.finish = top_check_sku_sum,
	.zh = "三方货源平台采购单信息更新",
	.en = "a vendor reports an event of a purchase order"},
    {.name = "taobao.itemmarket.order.info.query",
	.root = "itemmarket_order_info_query_response",
	.kind = COMMAND_READ,
	.params = query_params,
	.param_count = COUNT(query_params),
	.answer = query_answer,
	.answer_count = COUNT(query_answer),
	.zh = "查询采购单信息",
	.en = "reads a purchase order"},
    {.name = "taobao.itemmarket.purchase.distributor.create",
	.root = "itemmarket_purchase_distributor_create_response",
	.kind = COMMAND_CREATE,
	.needs_session = true,
	.params = create_params,
	.param_count = COUNT(create_params),
	.answer = create_answer,
	.answer_count = COUNT(create_answer),
	.zh = "创建采购单",
	.en = "makes a purchase order of sub orders"},
    {.name = "taobao.time.get",
	.root = "time_get_response",
	.kind = COMMAND_NONE,
	.answer = time_answer,
	.answer_count = COUNT(time_answer),
	.zh = "获取服务器时间",
	.en = "the server's time"},
};
const size_t top_method_count = COUNT(top_methods);

const struct top_method *
top_method_find(struct str name)
{
	for (size_t i = 0; i < top_method_count; i++) {
		if (str_eq(str_from(top_methods[i].name), name))
			return &top_methods[i];
	}
	return NULL;
}

const struct top_param *
top_method_param(const struct top_method *m, struct str name)
{
	assert(m != NULL);
	for (size_t i = 0; i < m->param_count; i++) {
		if (str_eq(str_from(m->params[i].name), name))
			return &m->params[i];
	}
	return NULL;
}

/* F_CREATED, the zero of its enum, is no parameter's field. */
const struct top_param *
top_method_field(const struct top_method *m, enum order_field field)
{
	static_assert(F_CREATED == 0, "a row without a field names F_CREATED");
	assert(m != NULL);
	for (size_t i = 0; i < m->param_count; i++) {
		if (field != F_CREATED && m->params[i].field == field)
			return &m->params[i];
	}
	return NULL;
}
