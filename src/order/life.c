/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of life.h as arrays, and the two functions that change a state.
 * No condition on a state is written anywhere but in those tables, except the
 * two that the table of events cannot say: who hears no event at all, and that
 * a completed order stays completed.
 */
#include <assert.h>

#include "order/life.h"
#include "order/order.h"

static const char *const status_names[ORDER__COUNT] = {
#define X(name) [ORDER_##name] = #name,
    STATUS_TABLE(X)
#undef X
};

static const char *const stage_names[STAGE__COUNT] = {
#define X(name) [STAGE_##name] = #name,
    STAGE_TABLE(X)
#undef X
};

struct move_row {
	unsigned from;
	enum order_status to;
};

static const struct move_row moves[MOVE__COUNT] = {
#define X(name, mask, after) [MOVE_##name] = {.from = (mask), .to = (after)},
    MOVE_TABLE(X)
#undef X
};

static const char *const move_names[] = {
    [MOVE_SUBMIT] = "submit",
    [MOVE_EXECUTE] = "execute",
    [MOVE_COMPLETE] = "complete",
    [MOVE_FAIL] = "fail",
    [MOVE_CANCEL] = "cancel",
    [MOVE_WITHDRAW] = "withdraw",
    [MOVE_DELETE] = "delete",
};
static_assert(sizeof(move_names) / sizeof(move_names[0]) == MOVE__COUNT,
    "every move has a name");

struct event_row {
	unsigned at;   /* stages */
	unsigned with; /* states */
	enum vendor_stage stage;
	enum order_status status;
};

static const struct event_row events[EVENT__COUNT] = {
#define X(name, stages, states, to_stage, to_status) \
	[EVENT_##name] = {(stages), (states), (to_stage), (to_status)},
    EVENT_TABLE(X)
#undef X
};

/* The row of `names` that is `name`; `count` when there is none. */
static unsigned
find_name(const char *const *names, unsigned count, struct str name)
{
	unsigned i = 0;

	while (i < count && !str_eq(name, str_from(names[i])))
		i++;
	return i;
}

const char *
order_status_name(enum order_status status)
{
	assert((unsigned)status < ORDER__COUNT);
	return status_names[status];
}

bool
order_status_parse(struct str name, enum order_status *out)
{
	unsigned i = find_name(status_names, ORDER__COUNT, name);

	if (i == ORDER__COUNT)
		return false;
	*out = (enum order_status)i;
	return true;
}

const char *
vendor_stage_name(enum vendor_stage stage)
{
	assert((unsigned)stage < STAGE__COUNT);
	return stage_names[stage];
}

bool
vendor_stage_parse(struct str name, enum vendor_stage *out)
{
	unsigned i = find_name(stage_names, STAGE__COUNT, name);

	if (i == STAGE__COUNT)
		return false;
	*out = (enum vendor_stage)i;
	return true;
}

const char *
order_move_name(enum order_move move)
{
	assert((unsigned)move < MOVE__COUNT);
	return move_names[move];
}

unsigned
order_move_from(enum order_move move)
{
	assert((unsigned)move < MOVE__COUNT);
	return moves[move].from;
}

enum err_code
order_move(struct order *order, enum order_move move, int64_t now_ms)
{
	assert((unsigned)move < MOVE__COUNT);
	assert((unsigned)order->status < ORDER__COUNT);

	if ((moves[move].from & BIT(order->status)) == 0)
		return ERR_BAD_STATE;
	order->status = moves[move].to;
	if (order->status == ORDER_CANCELLED)
		order->cancelled_ms = now_ms;
	return ERR_OK;
}

unsigned
order_event_from(enum vendor_event event)
{
	assert((unsigned)event < EVENT__COUNT);
	return events[event].with;
}

enum event_effect
order_event_effect(const struct order *order, enum vendor_event event)
{
	assert((unsigned)event < EVENT__COUNT);
	assert((unsigned)order->stage < STAGE__COUNT);
	assert((unsigned)order->status < ORDER__COUNT);

	const struct event_row *row = &events[event];
	unsigned stage = BIT(order->stage);
	unsigned status = BIT(order->status);

	/* A vendor must be told, by a refusal, that nobody asked for the order
	 * yet or that it was called off, even when it only repeats itself. */
	if (status & (BIT(ORDER_DRAFT) | BIT(ORDER_CANCELLED)))
		return EVENT_REFUSED;
	if (order->stage == row->stage) {
		/* An order that somebody else closed takes no new facts. */
		bool open = (status & (row->with | BIT(row->status))) != 0;

		return open ? EVENT_REPEATS : EVENT_LATE;
	}
	if ((row->at & stage) && (row->with & status))
		return EVENT_MOVES;
	/* Stages stand in the order in which they come. */
	return row->stage < order->stage ? EVENT_LATE : EVENT_REFUSED;
}

void
order_event(struct order *order, enum vendor_event event)
{
	assert(order_event_effect(order, event) == EVENT_MOVES);

	order->stage = events[event].stage;
	if (order->status != ORDER_COMPLETED)
		order->status = events[event].status;
}
