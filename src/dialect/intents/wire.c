/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of the dialect's bodies: one row each, with what a client is told
 * when it is wrong. Lengths are code points.
 */
#include "dialect/intents/intents_impl.h"

#include "base/limits.h"

#include <assert.h>

/* Four bytes a code point at most: such a text always fits LIMIT_TEXT_BYTES. */
#define URL_LENGTH_MAX 2000
static_assert(URL_LENGTH_MAX * 4 <= LIMIT_TEXT_BYTES, "a URL is a text");
static_assert(LIMIT_PRICE_E4 == 999999999900LL, "told to clients below");
static_assert(LIMIT_QUANTITY == 99999999, "told to clients below");

#define WORDS \
	.required = "该字段为必填项", .unknown = "未知字段", \
	.read_only = "该字段不可更新"

/* What creating and updating have in common. */
#define ROW_NAME \
	.name = "recipientName", .kind = WIRE_TEXT, .place = WIRE_TO_FIELD, \
	.field = F_RECIPIENT_NAME, .min = 2, .max = 50, \
	.message = "收货人姓名长度必须为2-50个字符"
#define ROW_ADDRESS \
	.name = "address", .kind = WIRE_TEXT, .place = WIRE_TO_FIELD, \
	.field = F_ADDRESS, .min = 5, .max = 200, \
	.message = "收货地址长度必须为5-200个字符"
#define ROW_PHONE \
	.name = "phone", .kind = WIRE_TEXT, .place = WIRE_TO_FIELD, \
	.field = F_PHONE, .min = 11, .max = 11, .form = wire_is_mobile, \
	.message = "联系电话必须为11位手机号码"
#define ROW_REMARKS \
	.name = "remarks", .kind = WIRE_TEXT, .place = WIRE_TO_FIELD, \
	.field = F_REMARKS, .nullable = true, .min = 0, .max = 500, \
	.message = "备注信息最长500个字符"
#define ROW_QUANTITY \
	.name = "quantity", .kind = WIRE_INT, .min = 1, .max = LIMIT_QUANTITY, \
	.message = "数量必须为正整数", .message_over = "数量不能超过99999999"

#define TABLE(row_array) \
	.rows = (row_array), \
	.count = sizeof(row_array) / sizeof((row_array)[0]), WORDS

static const struct wire_field create_rows[] = {
    {.name = "userId",
	.kind = WIRE_TEXT,
	.place = WIRE_TO_FIELD,
	.field = F_USER,
	.required = true,
	.min = 1,
	.max = INTENTS_USER_ID_MAX,
	.message = "用户ID长度必须为1-100个字符"},
    {.name = "platform",
	.kind = WIRE_CHOICE,
	.place = WIRE_TO_FIELD,
	.field = F_PLATFORM,
	.required = true,
	.choices = INTENTS_PLATFORMS,
	.message = "电商平台必须为TAOBAO、JD或PDD"},
    {.name = "productUrl",
	.kind = WIRE_TEXT,
	.place = WIRE_TO_FIELD,
	.field = F_PRODUCT_URL,
	.required = true,
	.min = 1,
	.max = URL_LENGTH_MAX,
	.form = wire_is_url,
	.message = "商品链接必须为http或https网址,最长2000个字符"},
    {.name = "title",
	.kind = WIRE_TEXT,
	.place = WIRE_TO_LINE,
	.offset = offsetof(struct line, title),
	.required = true,
	.min = 1,
	.max = 200,
	.message = "商品标题长度必须为1-200个字符"},
    {.name = "price",
	.kind = WIRE_PRICE,
	.place = WIRE_TO_LINE,
	.offset = offsetof(struct line, price_e4),
	.required = true,
	.min = 1,
	.max = LIMIT_PRICE_E4,
	.decimals = 2,
	.message = "价格必须大于0",
	.message_over = "价格不能超过99999999.99",
	.message_form = "价格最多两位小数"},
    {ROW_QUANTITY, .place = WIRE_TO_LINE,
	.offset = offsetof(struct line, quantity), .required = true},
    {ROW_NAME, .required = true},
    {ROW_ADDRESS, .required = true},
    {ROW_PHONE, .required = true},
    {ROW_REMARKS},
    {.name = "status",
	.kind = WIRE_CHOICE,
	.place = WIRE_TO_STATUS,
	.choices = "DRAFT|SUBMITTED",
	.message = "创建时状态只能为DRAFT或SUBMITTED"},
};

/* Whoever reads an intent, alters it and sends all of it back is told each
 * member that can't be altered. */
#define READ_ONLY_ROWS \
	{.name = "userId", .kind = WIRE_READ_ONLY}, \
	    {.name = "platform", .kind = WIRE_READ_ONLY}, \
	    {.name = "productUrl", .kind = WIRE_READ_ONLY}, \
	    {.name = "title", .kind = WIRE_READ_ONLY}, \
	    {.name = "price", .kind = WIRE_READ_ONLY}, \
	    {.name = "totalAmount", .kind = WIRE_READ_ONLY}, \
	    {.name = "status", .kind = WIRE_READ_ONLY}, \
	    {.name = "createdAt", .kind = WIRE_READ_ONLY}, \
	{ \
		.name = "updatedAt", .kind = WIRE_READ_ONLY \
	}

static const struct wire_field update_rows[] = {
    {ROW_QUANTITY, .place = WIRE_TO_QUANTITY},
    {ROW_NAME},
    {ROW_ADDRESS},
    {ROW_PHONE},
    {ROW_REMARKS},
    READ_ONLY_ROWS,
    {.name = "id", .kind = WIRE_READ_ONLY},
};

static_assert(LIMIT_BATCH_ITEMS == 500, "told to clients in batch.c");

static const struct wire_field batch_rows[] = {
    {.name = "items", .kind = WIRE_ANY, .required = true},
    {.name = "atomic", .kind = WIRE_ANY},
};

static const struct wire_field item_rows[] = {
    {.name = "id",
	.kind = WIRE_TEXT,
	.required = true,
	.min = 1,
	.max = LIMIT_NAME_BYTES,
	.message = "采购意图ID无效"},
    {.name = "ifMatch", .kind = WIRE_ANY},
    {ROW_QUANTITY, .place = WIRE_TO_QUANTITY},
    {ROW_NAME},
    {ROW_ADDRESS},
    {ROW_PHONE},
    {ROW_REMARKS},
    READ_ONLY_ROWS,
};

static const struct wire_field fail_rows[] = {
    {.name = "reason",
	.kind = WIRE_TEXT,
	.place = WIRE_TO_NOTE,
	.nullable = true,
	.min = 0,
	.max = 500,
	.message = "失败原因最长500个字符"},
};

const char *
intents_field_name(enum order_field field)
{
	switch (field) {
	case F_LINES:
		return "quantity";
	case F_USER:
		return "userId";
	case F_PRODUCT_URL:
		return "productUrl";
	case F_RECIPIENT_NAME:
		return "recipientName";
	case F_PHONE:
		return "phone";
	case F_PROVINCE:
	case F_CITY:
	case F_DISTRICT:
	case F_ADDRESS:
		return "address";
	case F_TOTAL:
		return "totalAmount";
	default:
		/* The neutral name is the dialect's, or the dialect has none. */
		return order_fields[field].name;
	}
}

const struct wire_table intents_create_fields = {TABLE(create_rows)};
const struct wire_table intents_update_fields = {TABLE(update_rows)};
const struct wire_table intents_fail_fields = {TABLE(fail_rows)};
const struct wire_table intents_no_fields = {WORDS};
const struct wire_table intents_batch_fields = {TABLE(batch_rows)};
const struct wire_table intents_item_fields = {TABLE(item_rows)};
