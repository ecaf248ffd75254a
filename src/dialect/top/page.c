/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialect's page of the documentation, written from the tables that decode
 * and encode, so that it cannot say anything else than they do.
 */
#include "dialect/top/top_impl.h"

#include "base/limits.h"

#include <assert.h>

/* Text in a cell: a '|' would end it. */
static void
put_cell(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '|')
			buf_char(out, '\\');
		buf_char(out, text.p[i]);
	}
}

static void
put_param(struct buf *out, const struct top_param *p)
{
	buf_printf(out, "| `%s` | %s | %s | `", p->name, p->type,
	    p->required ? "必须 yes" : "可选 no");
	put_cell(out, str_from(p->example));
	buf_printf(out, "` | %s<br>%s | ", p->zh, p->en);
	top_print_limits(out, p, true);
	buf_str(out, STR("<br>"));
	top_print_limits(out, p, false);
	buf_str(out, STR(" |\n"));
}

/* A member and all below it, named by its whole path. */
static void
put_shape(struct buf *out, const struct top_shape *s, struct str path)
{
	char room[256];
	struct buf whole;

	buf_init_fixed(&whole, room, sizeof(room));
	buf_str(&whole, path);
	buf_str(&whole, str_from(s->name));
	buf_str(&whole, s->kind == TOP_LIST ? STR("[]") : STR(""));
	buf_printf(out, "| `%.*s` | %s | ", STR_ARG(buf_view(&whole)), s->type);
	if (s->example != NULL)
		buf_printf(out, "`%s`", s->example);
	buf_printf(out, " | %s<br>%s |\n", s->zh, s->en);
	buf_char(&whole, '.');
	for (size_t i = 0; i < s->member_count; i++)
		put_shape(out, &s->members[i], buf_view(&whole));
}

static void
put_method(struct buf *out, const struct top_method *m)
{
	buf_printf(out, "\n## %s\n\n%s<br>%s\n", m->name, m->zh, m->en);
	if (m->needs_session)
		buf_str(out, STR("\n需要 session。<br>It needs a session.\n"));
	if (m->param_count > 0)
		buf_str(out,
		    STR("\n| 参数 parameter | 类型 type | 必须 required | "
			"示例 example | 描述 description | 限制 limits |\n"
			"|---|---|---|---|---|---|\n"));
	for (size_t i = 0; i < m->param_count; i++)
		put_param(out, &m->params[i]);
	buf_printf(out,
	    "\n`%s`:\n\n| 响应 answer | 类型 type | 示例 example | "
	    "描述 description |\n|---|---|---|---|\n",
	    m->root);
	for (size_t i = 0; i < m->answer_count; i++)
		put_shape(out, &m->answer[i], STR(""));
	buf_str(out,
	    STR("| `request_id` | String | `0a1b2c3d4e5f6` | 请求 id"
		"<br>the request's id |\n"));
}

static void
put_stages(struct buf *out, unsigned mask)
{
	const char *comma = "";

	for (int i = 0; i < STAGE__COUNT; i++) {
		if ((mask & BIT(i)) == 0)
			continue;
		buf_printf(out, "%s%s", comma,
		    vendor_stage_name((enum vendor_stage)i));
		comma = ", ";
	}
}

static void
put_states(struct buf *out, unsigned mask)
{
	const char *comma = "";

	for (int i = 0; i < ORDER__COUNT; i++) {
		if ((mask & BIT(i)) == 0)
			continue;
		buf_printf(out, "%s%s", comma,
		    order_status_name((enum order_status)i));
		comma = ", ";
	}
}

static void
put_events(struct buf *out)
{
	static const struct {
		const char *name;
		unsigned at, with;
		enum vendor_stage stage;
		enum order_status status;
	} rows[] = {
#define X(name, at, with, stage, status) \
	{"VENDOR_" #name, at, with, stage, status},
	    EVENT_TABLE(X)
#undef X
	};

	buf_str(out,
	    STR("\n## 服务商事件 Vendor events\n\n"
		"| 事件 event | 此前阶段 at stage | 订单状态 with status | "
		"此后阶段 then stage | 此后状态 then status |\n"
		"|---|---|---|---|---|\n"));
	for (size_t i = 0; i < EVENT__COUNT; i++) {
		buf_printf(out, "| `%s` | ", rows[i].name);
		put_stages(out, rows[i].at);
		buf_str(out, STR(" | "));
		put_states(out, rows[i].with);
		buf_printf(out, " | %s | %s |\n",
		    vendor_stage_name(rows[i].stage),
		    order_status_name(rows[i].status));
	}
	buf_str(out,
	    STR("\n当前阶段的事件可以更正信息、追加物流单号;信息相同则不产生变更。"
		"较早事件的迟到副本,信息相同即成功且不产生变更。其余后退一律 1003。"
		"已完成的订单退款后仍为 COMPLETED。\n\n"
		"The current stage's event again may correct facts and add "
		"waybills; with the same facts it changes nothing. A late copy "
		"of an earlier event with the facts it had is success without "
		"change. Any other step back is 1003. A COMPLETED order that "
		"is refunded stays COMPLETED.\n"));
}

static void
put_errors(struct buf *out)
{
	buf_str(out,
	    STR("\n## 平台错误 Errors of the platform\n\n"
		"| code | msg | sub_code |\n|---|---|---|\n"));
	for (size_t i = 1; i < TOP__COUNT; i++) {
		const struct top_error_row *row = &top_errors[i];

		buf_printf(out, "| %d | %s%s | ", (int)row->code, row->msg,
		    row->is_named ? "`<p>`" : "");
		if (row->sub_code != NULL)
			buf_printf(out, "%s%s", row->sub_code,
			    row->is_named ? "`<p>`" : "");
		buf_str(out, STR(" |\n"));
	}
}

static void
put_refusals(struct buf *out)
{
	struct str before = STR_NONE;

	buf_str(out,
	    STR("\n## 业务拒绝 Refusals in a success\n\n"
		"| call_error_code | call_error_msg |\n|---|---|\n"));
	for (int i = 0; i < ERR__COUNT; i++) {
		const struct top_verdict *v = &top_verdicts[i];
		struct str code = str_from(v->refusal);

		/* "Not there" and "not yours" are told alike. */
		if (!str_is_null(code) && !str_eq(code, before))
			buf_printf(out, "| %s | %s |\n", v->refusal,
			    v->refusal_msg);
		before = code;
	}
}

void
top_print_page(struct buf *out)
{
	assert(out != NULL);
	buf_str(out,
	    STR("# top: 淘宝开放平台网关 Taobao open platform gateway\n\n"
		"`POST` 或 `GET` `" TOP_PATH "`。本页由代码中的表生成。<br>"
		"`POST` or `GET` `" TOP_PATH
		"`. This page is written from the tables in the code.\n"));
	for (size_t i = 0; i < top_method_count; i++)
		put_method(out, &top_methods[i]);
	put_events(out);
	put_errors(out);
	put_refusals(out);
}
