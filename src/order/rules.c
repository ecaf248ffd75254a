/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carrying out a command on an order. Each kind of command is one function that
 * either refuses or leaves in `next` the order as it wants it, still borrowing
 * texts and lines; settle() then copies it once, adds it up and compares.
 */
#include <assert.h>

#include "order/change.h"
#include "order/rules.h"

/* What a vendor's event may say about an order. */
#define EVENT_FACTS \
	(BIT64(F_VENDOR_ORDER) | BIT64(F_ALIPAY_ORDER) | BIT64(F_ITEM) | \
	    BIT64(F_VENDOR_QUANTITY) | BIT64(F_VENDOR_FEE) | \
	    BIT64(F_LOGISTICS_NUMBERS) | BIT64(F_ATTRIBUTES))

/* One command at work. */
struct work {
	const struct order *before; /* NULL: create */
	const struct command *command;
	const struct change *change;
	int64_t now_ms;
	struct arena *arena;
	struct outcome *out;
	struct order next;
};

static enum err_code
no_memory(struct work *w)
{
	w->out->order = NULL;
	w->out->conflicts = NULL;
	w->out->conflict_count = 0;
	outcome_fail(w->out, ERR_NO_MEMORY, NULL);
	return ERR_NO_MEMORY;
}

/* A refusal shows the order as it stands. */
static enum err_code
refuse(struct work *w, enum err_code code)
{
	outcome_fail(w->out, code, NULL);
	if (w->before != NULL)
		w->out->order = order_copy(w->arena, w->before);
	return arena_failed(w->arena) ? no_memory(w) : code;
}

static enum err_code
refuse_state(struct work *w, unsigned allowed)
{
	w->out->allowed = allowed;
	return refuse(w, ERR_BAD_STATE);
}

static enum err_code
refuse_field(struct work *w, struct fault fault)
{
	outcome_add_fault(w->out, fault);
	return refuse(w, ERR_BAD_FIELD);
}

unsigned
order_editable(const struct change *change, const struct policy *policy)
{
	bool lines = change->has_quantity || change_has(change, F_LINES);
	unsigned mask = change->states != 0 ? change->states : ORDER_ANY;

	for (int f = 0; f < F__COUNT; f++) {
		if (change_has(change, (enum order_field)f))
			mask &= order_fields[f].editable;
	}
	if (lines)
		mask &= order_fields[F_LINES].editable;
	if (lines && policy->submitted_editable == EDITABLE_SHIPPING)
		mask &= BIT(ORDER_DRAFT);
	return mask;
}

/* Whether the version named is the order's, and named where it has to be. */
static enum err_code
look_at_version(struct work *w)
{
	const struct command *c = w->command;
	struct outcome *out = w->out;

	if (!c->has_version) {
		if (c->kind == COMMAND_CHANGE && c->policy->require_if_match)
			return refuse(w, ERR_NEED_VERSION);
		return ERR_OK;
	}
	if (c->version == w->before->version)
		return ERR_OK;
	out->conflicts = change_conflicts(w->change, w->before,
	    c->kind == COMMAND_EVENT, w->arena, &out->conflict_count);
	return refuse(w, ERR_CONFLICT);
}

/* Whether the company carries by the way, as both would be: either of them may
 * be the order's and the other one the change's. */
static bool
carrier_fits_way(const struct work *w)
{
	const struct order *to = &w->change->to;
	const struct order *o = w->before;
	const struct catalog *catalog = w->command->catalog;
	bool way = o == NULL || change_has(w->change, F_TRANSPORT_WAY);
	bool company = o == NULL || change_has(w->change, F_LOGISTICS_COMPANY);

	if (catalog == NULL || (!way && !company))
		return true;
	return catalog_carrier_fits(catalog,
	    way ? to->transport_way : o->transport_way,
	    company ? to->logistics_company : o->logistics_company);
}

static enum err_code
look_at_catalog(struct work *w)
{
	struct fault misfit = {
	    .rule = RULE_FORMAT, .field = F_LOGISTICS_COMPANY};

	if (!carrier_fits_way(w))
		return refuse_field(w, misfit);
	if (w->command->objection.rule != RULE_NONE)
		return refuse_field(w, w->command->objection);
	return ERR_OK;
}

/* Puts the change's fields and quantity into `next`. */
static enum err_code
put_fields(struct work *w)
{
	bool adds = w->command->kind == COMMAND_EVENT;
	struct fault fault;

	if (!change_put(w->change, &w->next, adds, w->arena, &fault))
		return refuse_field(w, fault);
	if (w->change->has_quantity && w->next.line_count != 1) {
		fault = (struct fault){
		    .rule = RULE_SINGLE_LINE, .field = F_LINES};
		return refuse_field(w, fault);
	}
	return arena_failed(w->arena) ? no_memory(w) : ERR_OK;
}

static enum err_code
apply_change(struct work *w)
{
	unsigned allowed = order_editable(w->change, w->command->policy);
	enum err_code rc;

	if ((allowed & BIT(w->before->status)) == 0)
		return refuse_state(w, allowed);
	rc = look_at_catalog(w);
	return rc == ERR_OK ? put_fields(w) : rc;
}

static enum err_code
apply_move(struct work *w)
{
	enum order_move move = w->change->move;

	if (order_move(&w->next, move, w->now_ms) != ERR_OK)
		return refuse_state(w, order_move_from(move));
	return put_fields(w);
}

/* Whether the event tells anything that the order does not hold. */
static bool
has_new_facts(const struct work *w)
{
	for (int f = 0; f < F__COUNT; f++) {
		if (change_has(w->change, (enum order_field)f) &&
		    change_differs(
			w->change, w->before, (enum order_field)f, true))
			return true;
	}
	return false;
}

static enum err_code
apply_event(struct work *w)
{
	assert((w->change->set & ~EVENT_FACTS) == 0);
	assert(!w->change->has_quantity);

	enum vendor_event event = w->change->event;
	enum event_effect effect = order_event_effect(w->before, event);

	/* A vendor's order is bound once and for all. */
	if (change_has(w->change, F_VENDOR_ORDER) &&
	    !str_is_null(w->before->vendor_order) &&
	    change_differs(w->change, w->before, F_VENDOR_ORDER, true))
		return refuse(w, ERR_CONFLICT);
	if (effect == EVENT_REFUSED ||
	    (effect == EVENT_LATE && has_new_facts(w)))
		return refuse_state(w, order_event_from(event));
	if (effect == EVENT_MOVES)
		order_event(&w->next, event);
	return put_fields(w);
}

static enum err_code
apply_create(struct work *w)
{
	struct order *next = &w->next;
	struct fault fault;

	*next = w->change->to;
	assert(next->status == ORDER_DRAFT || next->status == ORDER_SUBMITTED);
	assert(next->stage == STAGE_NONE);
	assert(!w->change->has_quantity);

	next->app = w->command->app;
	next->version = 0;
	next->last_seq = 0;
	memset(next->last_hash, 0, sizeof(next->last_hash));
	next->created_ms = w->now_ms;
	next->cancelled_ms = 0;
	next->attribute_count = 0;
	if (!change_put_attributes(w->change, next, w->arena, &fault))
		return refuse_field(w, fault);
	return arena_failed(w->arena) ? no_memory(w) : ERR_OK;
}

/* Makes `next` the outcome's order: copied, added up, given its version. */
static enum err_code
settle(struct work *w)
{
	struct order *after = order_copy(w->arena, &w->next);
	struct fault too_large = {.rule = RULE_RANGE, .field = F_LINES};

	if (after == NULL)
		return no_memory(w);
	if (w->change->has_quantity)
		after->lines[0].quantity = w->change->quantity;
	if (order_sum(after) != ERR_OK)
		return refuse_field(w, too_large);
	w->out->order = after;
	w->out->changed = w->before == NULL ||
	    order_differences(w->before, after) != 0;
	if (w->out->changed) {
		after->version++;
		after->updated_ms = w->now_ms;
	}
	order_check(after);
	return ERR_OK;
}

/* A draft that is deleted leaves only a tombstone, which is not an order. */
static enum err_code delete (struct work *w) {
	enum order_move move = w->change->move;

	if (order_move(&w->next, move, w->now_ms) !=
	    ERR_OK) return refuse_state(w, order_move_from(move));
	w->out->changed = true;
	return ERR_OK;
}

static enum err_code
apply_to_before(struct work *w)
{
	enum command_kind kind = w->command->kind;
	enum err_code rc = look_at_version(w);

	if (rc != ERR_OK)
		return rc;
	if (kind == COMMAND_MOVE && w->change->move == MOVE_DELETE)
		return delete (w);
	if (kind == COMMAND_CHANGE)
		rc = apply_change(w);
	else if (kind == COMMAND_MOVE)
		rc = apply_move(w);
	else
		rc = apply_event(w);
	return rc == ERR_OK ? settle(w) : rc;
}

static void
begin_outcome(struct outcome *out)
{
	out->code = ERR_OK;
	out->err.code = ERR_OK;
	out->changed = false;
	out->order = NULL;
	out->allowed = 0;
	out->product = STR_NONE;
	out->fault_count = 0;
	out->conflicts = NULL;
	out->conflict_count = 0;
}

enum err_code
order_apply(const struct order *before, const struct command *command,
    int64_t now_ms, struct arena *a, struct outcome *out)
{
	enum command_kind kind = command->kind;

	assert(kind >= COMMAND_CREATE);
	assert(kind <= COMMAND_EVENT);
	assert((before == NULL) == (kind == COMMAND_CREATE));
	assert(!command->change.has_quantity || command->change.quantity >= 1);

	struct work w = {.before = before,
	    .command = command,
	    .change = &command->change,
	    .now_ms = now_ms,
	    .arena = a,
	    .out = out};
	enum err_code rc = ERR_OK;

	begin_outcome(out);
	if (kind != COMMAND_CHANGE)
		rc = look_at_catalog(&w);
	if (rc != ERR_OK)
		return rc;
	if (before == NULL) {
		rc = apply_create(&w);
		return rc == ERR_OK ? settle(&w) : rc;
	}
	/* Time does not run backwards within an order, whatever clocks do. */
	if (w.now_ms < before->updated_ms)
		w.now_ms = before->updated_ms;
	w.next = *before;
	return apply_to_before(&w);
}
