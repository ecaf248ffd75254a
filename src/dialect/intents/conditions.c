/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What qualifies a call beside its body: query parameters, If-Match and
 * Idempotency-Key. Each that is wrong is a fault like a wrong field, and an
 * unknown parameter is never silently dropped.
 */
#include "dialect/intents/intents_impl.h"

#include "base/limits.h"
#include "base/when.h"
#include "dialect/form.h"

#include <assert.h>

static bool
take_dry_run(struct call *call, const struct intents_value *v)
{
	call->command.dry_run = str_eq(v->text, STR("true"));
	return true;
}

static bool
take_after(struct call *call, const struct intents_value *v)
{
	call->command.after = v->number;
	return true;
}

static bool
take_limit(struct call *call, const struct intents_value *v)
{
	call->command.limit = v->number;
	return true;
}

static bool
take_wait(struct call *call, const struct intents_value *v)
{
	call->command.wait_ms = v->number * 1000;
	return true;
}

static_assert(LIMIT_PAGE == 1000, "told to clients below");
static_assert(LIMIT_WAIT_S == 30, "told to clients below");
static_assert(INTENTS_PAGE_SIZE_MAX == 100, "told to clients below");
static_assert(INTENTS_USER_ID_MAX == 100, "told to clients below");

#define BAD_DATE "必须为ISO 8601时间或日期,例如2026-02-25T10:30:00.000Z"

/* clang-format off */
const struct intents_query intents_queries[QUERY__COUNT] = {
    [QUERY_DRY_RUN] = {"dryRun", QUERY_IS_CHOICE, 0, 0, "true|false",
	take_dry_run, "必须为true或false"},
    [QUERY_AFTER] = {"after", QUERY_IS_INT, 0, INT64_MAX, NULL,
	take_after, "必须为非负整数"},
    [QUERY_LIMIT] = {"limit", QUERY_IS_INT, 1, LIMIT_PAGE, NULL,
	take_limit, "必须为1-1000的整数"},
    [QUERY_WAIT] = {"wait", QUERY_IS_INT, 0, LIMIT_WAIT_S, NULL,
	take_wait, "必须为0-30的整数"},
    [QUERY_PAGE] = {"page", QUERY_IS_INT, 1, INT64_MAX, NULL,
	intents_take_page, "必须为正整数"},
    [QUERY_PAGE_SIZE] = {"pageSize", QUERY_IS_INT, 1, INTENTS_PAGE_SIZE_MAX, NULL,
	intents_take_page_size, "必须为1-100的整数"},
    [QUERY_STATUS] = {"status", QUERY_IS_CHOICE, 0, 0,
	"DRAFT|SUBMITTED|PROCESSING|COMPLETED|FAILED|CANCELLED",
	intents_take_status, "没有这个状态"},
    [QUERY_USER_ID] = {"userId", QUERY_IS_TEXT, 1, INTENTS_USER_ID_MAX, NULL,
	intents_take_user_id, "用户ID长度必须为1-100个字符"},
    [QUERY_PLATFORM] = {"platform", QUERY_IS_CHOICE, 0, 0, INTENTS_PLATFORMS,
	intents_take_platform, "电商平台必须为TAOBAO、JD或PDD"},
    [QUERY_START_DATE] = {"startDate", QUERY_IS_TIME, 0, 0, NULL,
	intents_take_start_date, BAD_DATE},
    [QUERY_END_DATE] = {"endDate", QUERY_IS_TIME, 0, 0, NULL,
	intents_take_end_date, BAD_DATE},
    [QUERY_SORT_BY] = {"sortBy", QUERY_IS_CHOICE, 0, 0, "createdAt|updatedAt|price",
	intents_take_sort_by, "必须为createdAt、updatedAt或price"},
    [QUERY_ORDER] = {"order", QUERY_IS_CHOICE, 0, 0, "asc|desc",
	intents_take_order, "必须为asc或desc"},
    [QUERY_CURSOR] = {"cursor", QUERY_IS_CURSOR, 0, 0, NULL,
	intents_take_cursor, ""},
};
/* clang-format on */

/* Whether the value is one that the row describes. */
static bool
read_value(const struct intents_query *row, struct str text,
    struct intents_value *out)
{
	int64_t length;

	*out = (struct intents_value){.text = text};
	switch (row->kind) {
	case QUERY_IS_INT:
		return str_parse_int(text, &out->number) &&
		    out->number >= row->min && out->number <= row->max;
	case QUERY_IS_CHOICE:
		return wire_has_choice(row->choices, text);
	case QUERY_IS_TEXT:
		length = str_code_points(text);
		return length >= row->min && length <= row->max;
	case QUERY_IS_TIME:
		return when_parse_iso(text, &out->number) && out->number >= 0;
	case QUERY_IS_CURSOR:
		break;
	}
	return true;
}

/* The row of this name among those the call takes, or QUERY__COUNT. */
static int
find_row(unsigned taken, struct str name)
{
	for (int i = 0; i < QUERY__COUNT; i++) {
		if ((taken & BIT(i)) &&
		    str_eq(str_from(intents_queries[i].name), name))
			return i;
	}
	return QUERY__COUNT;
}

static void
decode_parameter(struct call *call, unsigned taken,
    const struct form_field *field, const struct wire_sink *sink)
{
	int i = find_row(taken, field->name);
	struct intents_value value;

	if (i == QUERY__COUNT)
		fields_fault(sink, RULE_UNKNOWN, field->name, "未知参数");
	else if (!read_value(&intents_queries[i], field->value, &value) ||
	    !intents_queries[i].take(call, &value))
		fields_fault(sink, RULE_RANGE, field->name,
		    intents_queries[i].message);
}

static void
decode_query(struct call *call, const struct operation *op,
    const struct wire_sink *sink)
{
	struct str twice;
	struct form form;

	form_init(&form, call->arena);
	if (form_read_pairs(&form, call->request.query, &call->err) != ERR_OK) {
		fields_fault(sink, RULE_FORMAT, STR("query"),
		    "查询参数格式错误");
		return;
	}
	twice = form_find_duplicate(&form);
	if (!str_is_null(twice))
		fields_fault(sink, RULE_FORMAT, twice, "参数重复");
	for (size_t i = 0; i < form.count; i++)
		decode_parameter(call, op->query, &form.fields[i], sink);
}

struct str
intents_single_header(const struct request *r, const char *name, bool *repeated)
{
	struct str wanted = str_from(name);
	struct str value = STR_NONE;

	*repeated = false;
	for (size_t i = 0; i < r->header_count; i++) {
		if (!str_eq_nocase(r->headers[i].name, wanted))
			continue;
		*repeated = *repeated || !str_is_null(value);
		value = r->headers[i].value;
	}
	return value;
}

/* "<version>" in its quotes; versions start with 1 and have no zeros before. */
bool
intents_parse_version(struct str s, int64_t *out)
{
	if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return false;
	if (s.p[1] < '1' || s.p[1] > '9')
		return false;
	return str_parse_int(str_sub(s, 1, s.n - 2), out);
}

static void
decode_if_match(struct call *call, const struct wire_sink *sink)
{
	struct command *c = &call->command;
	bool repeated;
	struct str value = intents_single_header(&call->request, "If-Match",
	    &repeated);

	if (str_is_null(value) || (!repeated && str_eq(value, STR("*"))))
		return;
	c->has_version = intents_parse_version(value, &c->version);
	if (!c->has_version || repeated)
		fields_fault(sink, RULE_FORMAT, STR("If-Match"),
		    "必须为*或带引号的版本号,例如\"3\"");
}

static void
check_key(struct call *call, const struct wire_sink *sink)
{
	bool repeated;
	struct str key = intents_single_header(&call->request, "Idempotency-Key",
	    &repeated);

	if (str_is_null(key))
		return;
	if (repeated || key.n == 0 || key.n > LIMIT_IDEMPOTENCY_KEY_BYTES)
		fields_fault(sink, RULE_LENGTH, STR("Idempotency-Key"),
		    "长度必须为1-255个字节,且只能出现一次");
}

void
intents_decode_conditions(struct call *call, const struct operation *op,
    const struct wire_sink *sink)
{
	struct command *c = &call->command;

	assert(op != NULL);
	assert(sink != NULL);
	c->limit = LIMIT_PAGE_DEFAULT;
	if (c->kind == COMMAND_LIST)
		intents_begin_list(call);
	/* Probes put what they like behind the path of health. */
	if (!op->is_public)
		decode_query(call, op, sink);
	if (c->kind == COMMAND_LIST)
		intents_finish_list(call, sink);
	if (c->kind == COMMAND_CHANGE || c->kind == COMMAND_MOVE)
		decode_if_match(call, sink);
	if (c->identity.present)
		check_key(call, sink);
	/* Nothing is stored of a dry run, and no stored answer is looked for. */
	if (c->dry_run)
		c->identity = c->signed_identity = (struct identity){0};
}
