/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods that speak of several orders: queryWithDetail asks for a page of
 * them, cancelByType cancels them in one batch, pending asks which there are.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"
#include "base/when.h"

#include <assert.h>

/* --- paging ---------------------------------------------------------------- */

enum err_code
wangdian_decode_paging(struct call *call)
{
	const struct wangdian_state *state = call->state;
	struct order_filter *f = &call->command.filter;
	struct str size = form_find(&state->query, STR("page_size"));
	struct str no = form_find(&state->query, STR("page_no"));

	order_filter_init(f, LIMIT_ORDER_PAGE);
	f->sort = SORT_UPDATED;
	f->descending = false;
	f->total = TOTAL_COUNT;
	if (size.n == 0 || no.n == 0)
		return wangdian_refuse(call, ERR_BAD_FIELD, WANGDIAN_BUSINESS,
		    "此方法仅支持分页查询");
	if (!str_parse_int(size, &f->page_size) || f->page_size < 1 ||
	    f->page_size > LIMIT_ORDER_PAGE)
		return wangdian_refuse(call, ERR_BAD_FIELD, WANGDIAN_BUSINESS,
		    "page_size应为1到%d的整数", LIMIT_ORDER_PAGE);
	if (!str_parse_int(no, &f->page) || f->page < 0 || f->page > INT32_MAX)
		return wangdian_refuse(call, ERR_BAD_FIELD, WANGDIAN_BUSINESS,
		    "page_no应为从0开始的整数");
	return ERR_OK;
}

/* --- queryWithDetail ------------------------------------------------------- */

const struct wangdian_text_row wangdian_query_purchase_no = {
    "purchase_no", false, LIMIT_NAME_BYTES};
const struct wangdian_text_row wangdian_query_start_time = {
    "start_time", false, WHEN_CHINA_BYTES - 1};
const struct wangdian_text_row wangdian_query_end_time = {
    "end_time", false, WHEN_CHINA_BYTES - 1};

/* All they have; we use some. */
const int64_t wangdian_statuses[] = {
    10, 20, 30, 35, 40, 43, 45, 48, 50, 60, 70, 80, 90, 0};

static bool
add_status(struct str text, unsigned *mask)
{
	bool known = false;
	int64_t wanted;

	if (!str_parse_int(str_trim(text), &wanted))
		return false;
	for (const int64_t *s = wangdian_statuses; *s != 0; s++)
		known = known || *s == wanted;
	for (int i = 0; i < ORDER__COUNT; i++) {
		if (wangdian_status_of[i] == wanted)
			*mask |= BIT(i);
	}
	return known;
}

/* "20,40", or one number. */
static void
decode_statuses(struct call *call, const json_t *argument,
    const struct wire_sink *sink)
{
	const json_t *json = json_object_get(argument, "status");
	unsigned *mask = &call->command.filter.statuses;
	struct str text = json_text(json);
	char room[32];

	*mask = ORDER_ANY;
	if (json_is_number(json))
		text = json_number_text(json, room);
	if (json == NULL || json_is_null(json) ||
	    (!str_is_null(text) && text.n == 0))
		return;
	*mask = 0;
	if (str_is_null(text)) {
		fields_fault(sink, RULE_TYPE, STR("status"), NULL);
		return;
	}
	while (!str_is_null(text)) {
		if (!add_status(str_cut(&text, ','), mask)) {
			fields_fault(sink, RULE_FORMAT, STR("status"), NULL);
			return;
		}
	}
}

static void
decode_time(const json_t *argument, const struct wangdian_text_row *row,
    int64_t *at_ms, const struct wire_sink *sink)
{
	struct str text = wangdian_text(sink, argument, row);

	if (!str_is_null(text) && !when_parse_china(text, at_ms))
		fields_fault(sink, RULE_FORMAT, str_from(row->name), NULL);
}

/* By the time of the last change, both ends included. */
static enum err_code
decode_times(struct call *call, const json_t *argument,
    const struct wire_sink *sink)
{
	struct order_filter *f = &call->command.filter;
	bool given = json_string_length(
			 json_object_get(argument, "start_time")) > 0 &&
	    json_string_length(json_object_get(argument, "end_time")) > 0;
	int64_t from_ms = 0, to_ms = 0;

	if (!given)
		return wangdian_refuse(call, ERR_BAD_FIELD, WANGDIAN_BUSINESS,
		    "参数中必须包含起止时间");
	decode_time(argument, &wangdian_query_start_time, &from_ms, sink);
	decode_time(argument, &wangdian_query_end_time, &to_ms, sink);
	if (call->outcome.code == ERR_BAD_FIELD)
		return ERR_OK;
	if (to_ms < from_ms)
		return wangdian_refuse(call, ERR_BAD_FIELD, WANGDIAN_BUSINESS,
		    "end_time不能早于start_time");
	if (to_ms - from_ms > LIMIT_WANGDIAN_SPAN_MS)
		return wangdian_refuse(call, ERR_BAD_FIELD, WANGDIAN_BUSINESS,
		    "您的查询时间过宽,查询时间不能大于30天");
	f->updated_from_ms = from_ms;
	/* Their seconds are whole, the filter's end is not in it. */
	f->updated_to_ms = to_ms + 1000;
	return ERR_OK;
}

/* What would narrow the answer and is not done here must not be dropped. */
static void
refuse_filters(const json_t *argument, const struct wire_sink *sink)
{
	static const char *const names[] = {
	    "provider_no", "expect_warehouse_no", "receive_warehouse_no"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const json_t *json = json_object_get(argument, names[i]);

		if (json == NULL || json_is_null(json) ||
		    (json_is_string(json) && json_string_length(json) == 0))
			continue;
		fields_fault(sink, RULE_UNKNOWN, str_from(names[i]),
		    "不支持作为查询条件");
	}
}

enum err_code
wangdian_decode_query(struct call *call, json_t *argument)
{
	struct wire_sink sink = wangdian_sink(call);
	struct order_filter *f = &call->command.filter;
	struct str *name = ARENA_NEW(call->arena, struct str);

	if (name == NULL)
		return ERR_OK; /* told by who called */
	*name = wangdian_text(&sink, argument, &wangdian_query_purchase_no);
	f->name_kind = NAME_PURCHASE_NO;
	decode_statuses(call, argument, &sink);
	refuse_filters(argument, &sink);
	if (str_is_null(*name))
		return decode_times(call, argument, &sink);
	f->names = name;
	f->name_count = 1;
	return ERR_OK;
}

/* --- several orders by name ------------------------------------------------ */

static bool
has_name(const struct wangdian_state *state, struct str name)
{
	for (size_t i = 0; i < state->name_count; i++) {
		if (str_eq(state->names[i], name))
			return true;
	}
	return false;
}

/* Each once, in the order they came. */
static void
decode_names(struct call *call, json_t *list, const char *field,
    const struct wire_sink *sink)
{
	struct wangdian_state *state = call->state;
	size_t count = json_array_size(list);
	struct str *names = ARENA_ARRAY(call->arena, count, struct str);

	if (list == NULL || json_is_null(list) ||
	    (json_is_array(list) && count == 0)) {
		fields_fault(sink, RULE_REQUIRED, str_from(field), NULL);
		return;
	}
	if (!json_is_array(list) || count > LIMIT_BATCH || names == NULL) {
		fields_fault(sink,
		    json_is_array(list) ? RULE_LENGTH : RULE_TYPE,
		    str_from(field), NULL);
		return;
	}
	state->names = names;
	for (size_t i = 0; i < count; i++) {
		struct str name = json_text(json_array_get(list, i));

		if (name.n == 0) {
			fields_fault(sink, RULE_FORMAT, str_from(field), NULL);
			return;
		}
		if (!has_name(state, name))
			names[state->name_count++] = name;
	}
}

/* Asks which of the names are orders; a change it is not. */
static void
ask_for_names(struct call *call)
{
	const struct wangdian_state *state = call->state;
	struct command *c = &call->command;

	c->kind = COMMAND_LIST;
	c->identity = (struct identity){0};
	order_filter_init(&c->filter, LIMIT_ORDER_PAGE);
	c->filter.name_kind = NAME_PURCHASE_NO;
	c->filter.names = state->names;
	c->filter.name_count = state->name_count;
}

enum err_code
wangdian_decode_pending(struct call *call, json_t *argument)
{
	struct wire_sink sink = wangdian_sink(call);

	decode_names(call, argument, "purchase_no_list", &sink);
	ask_for_names(call);
	return ERR_OK;
}

static void
withdraw_names(struct call *call)
{
	const struct wangdian_state *state = call->state;
	struct command *batch = ARENA_ARRAY(call->arena, state->name_count,
	    struct command);

	if (batch == NULL)
		return;
	for (size_t i = 0; i < state->name_count; i++) {
		batch[i].kind = COMMAND_MOVE;
		batch[i].name_kind = NAME_PURCHASE_NO;
		batch[i].name = state->names[i];
		batch[i].change.move = MOVE_WITHDRAW;
	}
	call->command.batch = batch;
	call->command.batch_count = state->name_count;
}

/* 0 cancels; 1 and 2 are about orders that arrived in part, and there are none
 * of those here. */
enum err_code
wangdian_decode_cancel_by_type(struct call *call, json_t *argument)
{
	struct wire_sink sink = wangdian_sink(call);
	const json_t *json = json_object_get(argument, "operate_type");
	char room[32];
	struct str type = json_is_string(json) ? json_text(json)
					       : json_number_text(json, room);

	decode_names(call, json_object_get(argument, "purchase_no_list"),
	    "purchase_no_list", &sink);
	if (json == NULL || json_is_null(json) ||
	    (json_is_string(json) && type.n == 0))
		fields_fault(&sink, RULE_REQUIRED, STR("operate_type"), NULL);
	else if (str_eq(type, STR("0")))
		withdraw_names(call);
	else if (str_eq(type, STR("1")) || str_eq(type, STR("2")))
		ask_for_names(call);
	else
		fields_fault(&sink, RULE_RANGE, STR("operate_type"), NULL);
	return ERR_OK;
}
