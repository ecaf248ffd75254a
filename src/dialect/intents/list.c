/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /intents: query parameters to a filter, and a page as JSON.
 *
 * Pages by number answer what the document says. `cursor=` begins paging by
 * cursor; its answers have `nextCursor` (null: that was all) instead of page
 * and totalPages, and a total only where one is known without counting.
 */
#include "dialect/intents/intents_impl.h"

#include "base/limits.h"
#include "base/when.h"

#include <assert.h>

#define PAGE_SIZE_DEFAULT 20 /* [contract] */
#define DAY_MS (24 * 3600 * INT64_C(1000))

static_assert(INTENTS_PAGE_SIZE_MAX <= LIMIT_ORDER_PAGE, "a page is a page");
static_assert(LIMIT_LIST_DEPTH == 10000, "told to clients below");

/* Too deep a page is told by intents_finish_list. */
bool
intents_take_page(struct call *call, const struct intents_value *v)
{
	struct intents_state *state = call->state;

	state->has_page = true;
	call->command.filter.page = v->number - 1;
	return true;
}

bool
intents_take_page_size(struct call *call, const struct intents_value *v)
{
	call->command.filter.page_size = v->number;
	return true;
}

bool
intents_take_status(struct call *call, const struct intents_value *v)
{
	enum order_status status;

	if (!order_status_parse(v->text, &status))
		return false;
	call->command.filter.statuses = BIT(status);
	return true;
}

bool
intents_take_user_id(struct call *call, const struct intents_value *v)
{
	call->command.filter.user = v->text;
	return true;
}

bool
intents_take_platform(struct call *call, const struct intents_value *v)
{
	call->command.filter.platform = v->text;
	return true;
}

bool
intents_take_start_date(struct call *call, const struct intents_value *v)
{
	call->command.filter.created_from_ms = v->number;
	return true;
}

/* The end is inclusive: a moment, or the whole of a day. */
bool
intents_take_end_date(struct call *call, const struct intents_value *v)
{
	call->command.filter.created_to_ms = v->number +
	    (when_is_date(v->text) ? DAY_MS : 1);
	return true;
}

bool
intents_take_sort_by(struct call *call, const struct intents_value *v)
{
	static const char *const names[SORT__COUNT] = {
	    [SORT_CREATED] = "createdAt",
	    [SORT_UPDATED] = "updatedAt",
	    [SORT_PRICE] = "price",
	};

	for (int i = 0; i < SORT__COUNT; i++) {
		if (!str_eq(v->text, str_from(names[i])))
			continue;
		call->command.filter.sort = (enum order_sort)i;
		return true;
	}
	return false;
}

bool
intents_take_order(struct call *call, const struct intents_value *v)
{
	call->command.filter.descending = str_eq(v->text, STR("desc"));
	return true;
}

/* What it means depends on the sort, which may come behind it. */
bool
intents_take_cursor(struct call *call, const struct intents_value *v)
{
	struct intents_state *state = call->state;

	state->cursor = v->text;
	return true;
}

void
intents_begin_list(struct call *call)
{
	assert(call != NULL);
	order_filter_init(&call->command.filter, PAGE_SIZE_DEFAULT);
	call->command.filter.total = TOTAL_COUNT;
}

static void
finish_cursor(struct call *call, const struct wire_sink *sink)
{
	const struct intents_state *state = call->state;
	struct order_filter *f = &call->command.filter;

	f->by_cursor = true;
	f->total = TOTAL_CHEAP;
	f->has_cursor = state->cursor.n > 0;
	if (state->has_page)
		fields_fault(sink, RULE_FORMAT, STR("cursor"),
		    "cursor与page不能同时使用");
	else if (f->has_cursor &&
	    !order_cursor_parse(
		state->cursor, f->sort, f->descending, &f->cursor))
		fields_fault(sink, RULE_FORMAT, STR("cursor"),
		    "必须为同一sortBy与order下上一页返回的nextCursor");
}

void
intents_finish_list(struct call *call, const struct wire_sink *sink)
{
	const struct intents_state *state = call->state;
	struct order_filter *f = &call->command.filter;

	if (f->created_to_ms != 0 && f->created_to_ms <= f->created_from_ms)
		fields_fault(sink, RULE_RANGE, STR("endDate"),
		    "不能早于startDate");
	if (!str_is_null(state->cursor))
		finish_cursor(call, sink);
	else if (f->page >= LIMIT_LIST_DEPTH / f->page_size)
		fields_fault(sink, RULE_TOO_DEEP, STR("page"),
		    "page×pageSize不能超过10000,请改用cursor翻页");
}

/* --- as JSON ---------------------------------------------------------------- */

static void
put_total(struct json_out *o, const struct outcome *out)
{
	json_key(o, "total");
	if (out->total < 0)
		json_put_null(o);
	else
		json_put_int(o, out->total);
}

static void
put_next(struct json_out *o, const struct outcome *out)
{
	char text[ORDER_CURSOR_BYTES];

	json_key(o, "nextCursor");
	if (!out->has_cursor) {
		json_put_null(o);
		return;
	}
	order_cursor_print(&out->cursor, text);
	json_put_str(o, str_from(text));
}

static void
put_pages(struct json_out *o, const struct order_filter *f,
    const struct outcome *out)
{
	json_key(o, "page");
	json_put_int(o, f->page + 1);
	json_key(o, "pageSize");
	json_put_int(o, f->page_size);
	json_key(o, "totalPages");
	json_put_int(o, (out->total + f->page_size - 1) / f->page_size);
	if (out->total_is_exact)
		return;
	json_key(o, "totalIsExact");
	json_put_bool(o, false);
}

void
intents_put_list(struct json_out *o, const struct call *call)
{
	const struct order_filter *f = &call->command.filter;
	const struct outcome *out = &call->outcome;

	json_open(o, '{');
	json_key(o, "items");
	json_open(o, '[');
	for (size_t i = 0; i < out->order_count; i++)
		intents_order_json(o, out->orders[i]);
	json_close(o, ']');
	put_total(o, out);
	if (f->by_cursor) {
		json_key(o, "pageSize");
		json_put_int(o, f->page_size);
		put_next(o, out);
	} else {
		put_pages(o, f, out);
	}
	json_close(o, '}');
}
