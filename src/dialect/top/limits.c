/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a parameter may be, in words: for refusals and for the documentation.
 */
#include "dialect/top/top_impl.h"

#include "base/limits.h"
#include "base/money.h"

#include <assert.h>
#include <inttypes.h>

static void
print_fee(struct buf *out, const struct top_param *p, bool chinese)
{
	buf_str(out, chinese ? STR("") : STR("an amount from "));
	money_print(out, p->min, MONEY_FEN_DECIMALS);
	buf_str(out, chinese ? STR(" 到 ") : STR(" to "));
	money_print(out, p->max, MONEY_FEN_DECIMALS);
	buf_str(out,
	    chinese ? STR(" 的金额,最多 2 位小数")
		    : STR(" with at most 2 decimals"));
}

static void
print_events(struct buf *out, bool chinese)
{
	struct str comma = STR("");

	buf_str(out, chinese ? STR("") : STR("one of "));
#define X(name, at, with, stage, status) \
	buf_str(out, comma); \
	comma = STR(", "); \
	buf_str(out, STR("VENDOR_" #name));
	EVENT_TABLE(X)
#undef X
	buf_str(out, chinese ? STR(" 之一") : STR(""));
}

void
top_print_limits(struct buf *out, const struct top_param *p, bool chinese)
{
	assert((unsigned)p->kind < TOP_PARAM_KIND__COUNT);
	switch (p->kind) {
	case TOP_TEXT:
		buf_printf(out,
		    chinese ? "%" PRId64 " 到 %" PRId64 " 个字符,不含控制字符"
			    : "%" PRId64 " to %" PRId64
			      " characters, none of them a control character",
		    p->min, p->max);
		return;
	case TOP_NUMBER:
	case TOP_ORDER_ID:
	case TOP_VENDOR:
		buf_printf(out,
		    chinese ? "%" PRId64 " 到 %" PRId64 " 的整数"
			    : "an integer from %" PRId64 " to %" PRId64,
		    p->min, p->max);
		return;
	case TOP_FEE:
		print_fee(out, p, chinese);
		return;
	case TOP_EVENT:
		print_events(out, chinese);
		return;
	case TOP_WAYBILLS:
		buf_str(out,
		    chinese
			? STR("字符串的 JSON 数组或逗号分隔的列表,每个 1 到 64 "
			      "个字符,不含逗号")
			: STR("a JSON array of strings or a comma-separated "
			      "list, each of 1 to 64 characters without comma"));
		return;
	case TOP_SKUS:
		buf_str(out,
		    chinese
			? STR("形如 {\"sku_list\":[{\"id\":109,\"quantity\":5}]} "
			      "的 JSON,id 与 quantity 为正整数,id 不重复")
			: STR("JSON like {\"sku_list\":[{\"id\":109,"
			      "\"quantity\":5}]}, ids and quantities positive "
			      "integers, no id twice"));
		return;
	default:
		assert(p->kind == TOP_SUB_ORDERS);
		buf_printf(out,
		    chinese ? "逗号分隔的正整数,1 到 %d 个,不重复"
			    : "1 to %d positive integers with commas between "
			      "them, none twice",
		    LIMIT_LINES);
	}
}
