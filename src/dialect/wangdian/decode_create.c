/* SPDX-License-Identifier: Apache-2.0 */
/*
 * createOrder: an order with lines, and attributes for what the core does not
 * understand. It is inbound goods and reserves nothing. Numbers come as numbers
 * or as texts. Whatever is wrong is told at once; unknown members are ignored,
 * as the platform's own samples need.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"
#include "base/money.h"
#include "base/when.h"

#include <assert.h>

#define WHOLE_NUMBER "应为1到99999999的整数"
#define TIME_LENGTH 19 /* "yyyy-MM-dd HH:mm:ss" */

static_assert(LIMIT_QUANTITY == 99999999, "told to clients below");
static_assert(LIMIT_PRICE_E4 == 999999999900LL, "told to clients below");

/* A field of the order; null and empty texts are as good as none. */
#define TEXT_ROW(wire, field_, max_) \
	{ \
		.name = (wire), .kind = WIRE_TEXT, .place = WIRE_TO_FIELD, \
		.field = (field_), .nullable = true, .max = (max_), \
		.message = "应为不超过" #max_ "个字符的文本", \
	}

static const struct wire_field create_rows[] = {
    TEXT_ROW("purchase_no", F_PURCHASE_NO, 40),
    TEXT_ROW("contact", F_RECIPIENT_NAME, 64),
    TEXT_ROW("telno", F_PHONE, 64),
    TEXT_ROW("receive_address", F_ADDRESS, 255),
    TEXT_ROW("remark", F_REMARKS, 255),
};

/* `num` is a decimal with four places on the wire and comes to the line as
 * such; whole_quantity makes pieces of it. */
static const struct wire_field line_rows[] = {
    {.name = "spec_no",
	.kind = WIRE_TEXT,
	.place = WIRE_TO_LINE,
	.offset = offsetof(struct line, product),
	.required = true,
	.min = 1,
	.max = 40,
	.message = "应为1到40个字符的文本"},
    {.name = "num",
	.kind = WIRE_PRICE,
	.place = WIRE_TO_LINE,
	.offset = offsetof(struct line, quantity),
	.required = true,
	.min = 1,
	.max = LIMIT_QUANTITY * WANGDIAN_NUM_SCALE,
	.decimals = MONEY_E4_DECIMALS,
	.message = WHOLE_NUMBER},
    {.name = "price",
	.kind = WIRE_PRICE,
	.place = WIRE_TO_LINE,
	.offset = offsetof(struct line, price_e4),
	.required = true,
	.min = 0,
	.max = LIMIT_PRICE_E4,
	.decimals = MONEY_E4_DECIMALS,
	.message = "应为0到99999999.99的数，最多四位小数"},
    {.name = "remark",
	.kind = WIRE_TEXT,
	.place = WIRE_TO_LINE,
	.offset = offsetof(struct line, remark),
	.nullable = true,
	.max = 255,
	.message = "应为不超过255个字符的文本"},
};

#define TABLE(row_array) \
	.rows = (row_array), \
	.count = sizeof(row_array) / sizeof((row_array)[0]), \
	.ignores_unknown = true, .required = "不能为空"

const struct wangdian_text_row wangdian_create_flag_name = {
    "flag_name", false, LIMIT_CATALOG_TEXT_BYTES};
const struct wire_table wangdian_create_fields = {TABLE(create_rows)};
const struct wire_table wangdian_line_fields = {
    TABLE(line_rows), .takes_text_numbers = true};

/* --- numbers and truths as they come --------------------------------------- */

static bool
is_nothing(const json_t *json)
{
	return json == NULL || json_is_null(json) ||
	    (json_is_string(json) && json_text(json).n == 0);
}

/* A text or number as text; `room` is a number's memory. */
static struct str
plain_text(const json_t *json, char room[32])
{
	return json_is_string(json) ? json_text(json)
				    : json_number_text(json, room);
}

/* An amount as text with four decimals; absent when it is none. */
static struct str
money_text(struct arena *a, const json_t *json)
{
	char room[32];
	struct str text = plain_text(json, room);
	struct buf b;
	int64_t e4;

	if (str_is_null(text) || !money_parse(text, MONEY_E4_DECIMALS, &e4) ||
	    e4 > LIMIT_PRICE_E4 || e4 < -LIMIT_PRICE_E4)
		return STR_NONE;
	buf_init(&b, a, 32);
	money_print_fixed(&b, e4, MONEY_E4_DECIMALS);
	return buf_view(&b);
}

/* true, 1, "1", "true" and their opposites; nothing is false. */
static void
decode_is_check(struct call *call, const json_t *argument,
    const struct wire_sink *sink)
{
	const json_t *json = json_object_get(argument, "is_check");
	struct order *to = &call->command.change.to;
	char room[32];
	struct str text = plain_text(json, room);

	to->status = ORDER_DRAFT;
	if (json_is_true(json) || str_eq(text, STR("1")) ||
	    str_eq(text, STR("true")))
		to->status = ORDER_SUBMITTED;
	else if (!is_nothing(json) && !json_is_false(json) &&
	    !str_eq(text, STR("0")) && !str_eq(text, STR("false")))
		fields_fault(sink, RULE_TYPE, STR("is_check"), NULL);
}

/* --- lines ----------------------------------------------------------------- */

static void
whole_quantity(struct line *line, const struct wire_sink *sink)
{
	if (line->quantity % WANGDIAN_NUM_SCALE != 0)
		fields_fault(sink, RULE_FORMAT, STR("num"), WHOLE_NUMBER);
	line->quantity /= WANGDIAN_NUM_SCALE;
}

static void
decode_line(struct call *call, json_t *json, size_t i, struct wire_sink *sink,
    struct buf *discounts)
{
	struct line *line = &call->command.change.to.lines[i];
	json_t *discount = json_object_get(json, "discount");
	struct str prefix = arena_printf(call->arena, "purchase_details[%zu].",
	    i);
	struct str text = STR("");

	if (str_is_null(prefix))
		return; /* the arena is full, which is told later */
	sink->prefix = NULL;
	sink->line = line;
	if (!json_is_object(json)) {
		prefix.n--; /* without the dot */
		fields_fault(sink, RULE_TYPE, prefix, NULL);
		return;
	}
	sink->prefix = prefix.p;
	(void)fields_decode(&wangdian_line_fields, json, sink);
	whole_quantity(line, sink);
	if (!is_nothing(discount)) {
		text = money_text(call->arena, discount);
		if (str_is_null(text))
			fields_fault(sink, RULE_FORMAT, STR("discount"), NULL);
	}
	if (i > 0)
		buf_char(discounts, ',');
	buf_str(discounts, text);
}

/* Whether any line has a discount: the list is more than its commas. */
static bool
has_discounts(struct str list)
{
	for (size_t i = 0; i < list.n; i++) {
		if (list.p[i] != ',')
			return true;
	}
	return false;
}

static void
put_attribute(struct order *to, const char *name, struct str value)
{
	to->attributes[to->attribute_count++] = (struct attribute){
	    str_from(name), value};
}

static void
decode_lines(struct call *call, const json_t *argument, struct wire_sink *sink)
{
	json_t *list = json_object_get(argument, "purchase_details");
	struct order *to = &call->command.change.to;
	size_t count = json_array_size(list);
	struct buf discounts;

	if (is_nothing(list) || (json_is_array(list) && count == 0)) {
		fields_fault(sink, RULE_REQUIRED, STR("purchase_details"),
		    NULL);
		return;
	}
	if (!json_is_array(list) || count > LIMIT_LINES) {
		fields_fault(sink,
		    json_is_array(list) ? RULE_LENGTH : RULE_TYPE,
		    STR("purchase_details"), NULL);
		return;
	}
	to->lines = ARENA_ARRAY(call->arena, count, struct line);
	if (to->lines == NULL)
		return;
	to->line_count = count;
	buf_init(&discounts, call->arena, LIMIT_BODY_BYTES);
	for (size_t i = 0; i < count; i++)
		decode_line(call, json_array_get(list, i), i, sink, &discounts);
	sink->prefix = NULL;
	if (buf_view(&discounts).n > LIMIT_TEXT_BYTES)
		fields_fault(sink, RULE_LENGTH, STR("purchase_details.discount"),
		    NULL);
	else if (has_discounts(buf_view(&discounts)))
		put_attribute(to, WANGDIAN_LINE_DISCOUNTS,
		    buf_view(&discounts));
}

/* --- attributes ------------------------------------------------------------ */

static bool
is_time(struct str text)
{
	int64_t at_ms;

	return when_is_date(text) ||
	    (text.n == TIME_LENGTH && when_parse_china(text, &at_ms));
}

/* A list of numbers as one text; absent when it is none. */
static struct str
numbers_text(struct arena *a, const json_t *json)
{
	struct buf b;

	if (!json_is_array(json))
		return json_text(json);
	buf_init(&b, a, LIMIT_TEXT_BYTES);
	for (size_t i = 0; i < json_array_size(json); i++) {
		struct str no = json_text(json_array_get(json, i));

		if (no.n == 0)
			return STR_NONE;
		if (i > 0)
			buf_char(&b, ',');
		buf_str(&b, no);
	}
	return buf_failed(&b) ? STR_NONE : buf_view(&b);
}

/* The attribute's value as it is kept; absent with a fault, or without one when
 * there is none. */
static struct str
decode_attribute(struct call *call, const json_t *argument,
    const struct wangdian_attribute *row, const struct wire_sink *sink)
{
	const json_t *json = json_object_get(argument, row->wire);
	struct str value = STR_NONE;

	if (row->kind == ATTRIBUTE_TEXT)
		return wangdian_text(sink, argument,
		    &(struct wangdian_text_row){
			row->wire, row->required, row->max});
	if (is_nothing(json))
		return STR_NONE;
	if (row->kind == ATTRIBUTE_MONEY)
		value = money_text(call->arena, json);
	else
		value = numbers_text(call->arena, json);
	if (str_is_null(value) ||
	    (row->kind == ATTRIBUTE_TIME && !is_time(value))) {
		fields_fault(sink, RULE_FORMAT, str_from(row->wire), NULL);
		return STR_NONE;
	}
	if (row->max > 0 && str_code_points(value) > row->max) {
		fields_fault(sink, RULE_LENGTH, str_from(row->wire), NULL);
		return STR_NONE;
	}
	return value.n > 0 ? value : STR_NONE;
}

static void
decode_attributes(struct call *call, const json_t *argument,
    const struct wire_sink *sink)
{
	struct order *to = &call->command.change.to;

	/* One more for the lines' discounts. */
	to->attributes = ARENA_ARRAY(call->arena, wangdian_attribute_count + 1,
	    struct attribute);
	for (size_t i = 0; i < wangdian_attribute_count; i++) {
		const struct wangdian_attribute *row = &wangdian_attributes[i];
		struct str value = decode_attribute(call, argument, row, sink);

		if (!str_is_null(value) && to->attributes != NULL)
			put_attribute(to, row->name, value);
	}
}

/* --- what the catalog has to know ------------------------------------------ */

static void
check_provider(struct call *call, const json_t *argument)
{
	struct str no = json_text(json_object_get(argument, "provider_no"));

	if (no.n > 0 && catalog_provider(call->credential->catalog, no) == NULL)
		wangdian_object(call, "供应商不存在");
}

static void
check_warehouses(struct call *call, struct str numbers)
{
	while (!str_is_null(numbers)) {
		struct str no = str_trim(str_cut(&numbers, ','));

		if (catalog_warehouse_numbered(call->credential->catalog, no) ==
		    NULL)
			wangdian_object(call, "仓库不存在:%.*s", STR_ARG(no));
	}
}

static void
check_catalog(struct call *call, const json_t *argument)
{
	const json_t *expected = json_object_get(argument,
	    "expect_warehouse_no");
	const json_t *receiving = json_object_get(argument,
	    "receive_warehouse_nos");
	struct str numbers;

	check_provider(call, argument);
	if (!is_nothing(receiving)) {
		numbers = numbers_text(call->arena, receiving);
		check_warehouses(call, numbers.n > 0 ? numbers : STR_NONE);
	}
	if (!is_nothing(expected))
		check_warehouses(call, json_text(expected));
}

/* --- the whole ------------------------------------------------------------- */

/* A name that is given must not be one that is derived from some order's id. */
static void
check_name(struct call *call, const struct wire_sink *sink)
{
	struct str name = call->command.change.to.purchase_no;

	if (name.n > LIMIT_NAME_BYTES)
		fields_fault(sink, RULE_LENGTH, STR("purchase_no"), NULL);
	else if (order_name_is_reserved(NAME_PURCHASE_NO, name))
		fields_fault(sink, RULE_FORMAT, STR("purchase_no"),
		    "不能为CG加16位以上数字，该形式由系统分配");
}

enum err_code
wangdian_decode_create(struct call *call, json_t *argument)
{
	struct wire_sink sink = wangdian_sink(call);

	call->command.change.to.reserves = 0;
	(void)fields_decode(&wangdian_create_fields, argument, &sink);
	check_name(call, &sink);
	decode_is_check(call, argument, &sink);
	decode_attributes(call, argument, &sink);
	if (arena_failed(call->arena))
		return ERR_OK; /* told by who called */
	decode_lines(call, argument, &sink);
	wangdian_put_flag(call,
	    wangdian_text(&sink, argument, &wangdian_create_flag_name));
	check_catalog(call, argument);
	return ERR_OK;
}
