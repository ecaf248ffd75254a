/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters to a command: one reader per kind, called by the method's table.
 * Every parameter that is missing or wrong is told, not the first one.
 */
#include "dialect/top/top_impl.h"

#include "base/limits.h"
#include "base/money.h"

#include <assert.h>

/* Reads a value that is there; false when it is not one of its kind. */
typedef bool read_f(struct top_reader *r, const struct top_param *p,
    struct str value);

/* Control characters belong in no number, name or code, and XML has no way to
 * give them back. */
bool
top_is_text(struct str s)
{
	if (s.n == 0 || s.n > LIMIT_TEXT_BYTES || str_code_points(s) < 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == 0x7f)
			return false;
	}
	return true;
}

static bool
read_text(struct top_reader *r, const struct top_param *p, struct str value)
{
	int64_t n = str_code_points(value);

	if (!top_is_text(value) || n < p->min || n > p->max)
		return false;
	change_set_str(r->change, p->field, value);
	return true;
}

static bool
is_number(const struct top_param *p, struct str value, int64_t *out)
{
	return str_parse_int(value, out) && *out >= p->min && *out <= p->max;
}

static bool
read_number(struct top_reader *r, const struct top_param *p, struct str value)
{
	int64_t number;

	if (!is_number(p, value, &number))
		return false;
	change_set_int(r->change, p->field, number);
	return true;
}

static bool
read_fee(struct top_reader *r, const struct top_param *p, struct str value)
{
	int64_t fen;

	if (!money_parse(value, MONEY_FEN_DECIMALS, &fen) || fen < p->min ||
	    fen > p->max)
		return false;
	change_set_int(r->change, p->field, fen);
	return true;
}

static bool
read_event(struct top_reader *r, const struct top_param *p, struct str value)
{
	static const char *const names[EVENT__COUNT] = {
#define X(name, at, with, stage, status) [EVENT_##name] = "VENDOR_" #name,
	    EVENT_TABLE(X)
#undef X
	};

	(void)p;
	for (int i = 0; i < EVENT__COUNT; i++) {
		if (str_eq(value, str_from(names[i]))) {
			r->change->event = (enum vendor_event)i;
			return true;
		}
	}
	return false;
}

/* A number has one spelling, so it is its own name. */
static bool
read_order_id(struct top_reader *r, const struct top_param *p, struct str value)
{
	int64_t id;

	if (!is_number(p, value, &id))
		return false;
	r->call->command.name = value;
	return true;
}

static bool
read_vendor(struct top_reader *r, const struct top_param *p, struct str value)
{
	int64_t id;

	if (!is_number(p, value, &id))
		return false;
	top_reader_attribute(r, TOP_ATTRIBUTE_VENDOR, value);
	return true;
}

static read_f *const readers[TOP_PARAM_KIND__COUNT] = {
    [TOP_TEXT] = read_text,
    [TOP_NUMBER] = read_number,
    [TOP_FEE] = read_fee,
    [TOP_EVENT] = read_event,
    [TOP_ORDER_ID] = read_order_id,
    [TOP_WAYBILLS] = top_read_waybills,
    [TOP_SKUS] = top_read_skus,
    [TOP_SUB_ORDERS] = top_read_sub_orders,
    [TOP_VENDOR] = read_vendor,
};

void
top_reader_attribute(struct top_reader *r, const char *name, struct str value)
{
	assert(r->attribute_count < TOP_ATTRIBUTES_MAX);
	r->attributes[r->attribute_count++] = (struct attribute){
	    .name = str_from(name),
	    .value = value,
	};
}

static void
read_param(struct top_reader *r, const struct top_param *p)
{
	struct str value = top_param_find(r->call, p->name);
	struct fault fault = {.wire = str_from(p->name)};

	if (!str_is_null(value) && readers[p->kind](r, p, value))
		return;
	if (str_is_null(value) && !p->required)
		return;
	fault.rule = str_is_null(value) ? RULE_REQUIRED : RULE_FORMAT;
	outcome_add_fault(&r->call->outcome, fault);
}

/* Attributes live as long as the call. */
static void
put_attributes(struct top_reader *r)
{
	size_t bytes = r->attribute_count * sizeof(*r->attributes);
	struct attribute *kept;

	if (r->attribute_count == 0)
		return;
	kept = arena_alloc(r->arena, bytes);
	if (kept == NULL)
		return;
	memcpy(kept, r->attributes, bytes);
	r->change->to.attributes = kept;
	r->change->to.attribute_count = r->attribute_count;
	r->change->set |= BIT64(F_ATTRIBUTES);
}

static void
begin_command(struct call *call, const struct top_method *m)
{
	struct command *c = &call->command;

	c->kind = m->kind;
	c->name_kind = NAME_PURCHASE_ORDER;
	if (m->kind == COMMAND_CREATE)
		c->change.to.status = ORDER_SUBMITTED;
}

enum err_code
top_decode(struct call *call)
{
	const struct top_method *m = call->operation;
	struct top_reader r = {.call = call,
	    .arena = call->arena,
	    .change = &call->command.change};

	assert(m != NULL);
	assert(call->state != NULL);
	begin_command(call, m);
	for (size_t i = 0; i < m->param_count; i++)
		read_param(&r, &m->params[i]);
	put_attributes(&r);
	if (m->finish != NULL && call->outcome.fault_count == 0)
		m->finish(&r);
	if (arena_failed(call->arena)) {
		outcome_fail(&call->outcome, ERR_NO_MEMORY, NULL);
		return ERR_NO_MEMORY;
	}
	/* A new order takes all of `to`. */
	if (m->kind == COMMAND_CREATE)
		call->command.change.set = 0;
	if (call->outcome.fault_count == 0)
		return ERR_OK;
	return err_set(&call->err, ERR_BAD_FIELD, NULL, "%zu parameters",
	    call->outcome.fault_count);
}
