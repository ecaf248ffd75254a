/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every cell of the tables of moves and events, against tables written out by
 * hand: what is refused is as much part of them as what is allowed.
 */
#include <ctype.h>

#include "order/order.h"
#include "tests/check.h"

#define NO ORDER__COUNT

/* Where each move leads from each state; NO: refused. */
static const enum order_status moved_to[MOVE__COUNT][ORDER__COUNT] = {
    [MOVE_SUBMIT] = {ORDER_SUBMITTED, NO, NO, NO, NO, NO},
    [MOVE_EXECUTE] = {NO, ORDER_PROCESSING, NO, NO, NO, NO},
    [MOVE_COMPLETE] = {NO, NO, ORDER_COMPLETED, NO, NO, NO},
    [MOVE_FAIL] = {NO, NO, ORDER_FAILED, NO, NO, NO},
    [MOVE_CANCEL] = {NO, ORDER_CANCELLED, ORDER_CANCELLED, NO, NO, NO},
    [MOVE_WITHDRAW] = {ORDER_CANCELLED, ORDER_CANCELLED, NO, NO, NO, NO},
    [MOVE_DELETE] = {ORDER_CANCELLED, NO, NO, NO, NO, NO},
};

/*
 * What each event does at each stage, one letter a status in the order of
 * STATUS_TABLE (DRAFT SUBMITTED PROCESSING COMPLETED FAILED CANCELLED):
 * P, C, F  the order goes to PROCESSING, COMPLETED, FAILED
 * =        the current stage's event again
 * -        a late one
 * .        refused
 */
static const char *const event_effects[EVENT__COUNT][STAGE__COUNT] = {
    /*                    NONE      PAID      DELIVERING DELIVERED REFUND */
    [EVENT_PAID] = {".PP...", ".==--.", ".----.", ".----.", ".----."},
    [EVENT_DELIVERING] = {".PP...", ".PP...", ".==--.", ".----.", ".----."},
    [EVENT_DELIVERED] = {".CC...", ".CC...", ".CC...", ".===-.", ".----."},
    [EVENT_REFUND] = {"......", "..FC..", "..FC..", "..FC..", ".-===."},
};

static const enum vendor_stage event_stages[EVENT__COUNT] = {
    STAGE_PAID,
    STAGE_DELIVERING,
    STAGE_DELIVERED,
    STAGE_REFUND,
};

void
test_life_every_move_from_every_state(void **state)
{
	(void)state;
	for (int m = 0; m < MOVE__COUNT; m++) {
		for (int s = 0; s < ORDER__COUNT; s++) {
			enum order_status want = moved_to[m][s];
			struct order o = {.status = (enum order_status)s};
			unsigned from = order_move_from((enum order_move)m);
			enum err_code rc = order_move(&o, (enum order_move)m,
			    99);

			check_err(rc, want == NO ? ERR_BAD_STATE : ERR_OK);
			assert_int_equal(o.status, want == NO ? s : (int)want);
			assert_int_equal((from & BIT(s)) != 0, want != NO);
			assert_int_equal(o.cancelled_ms,
			    want == ORDER_CANCELLED ? 99 : 0);
		}
	}
}

static void
check_moved(struct order o, enum vendor_event event, enum order_status want)
{
	order_event(&o, event);
	assert_int_equal(o.stage, event_stages[event]);
	assert_int_equal(o.status, want);
}

static void
check_event(enum vendor_event event, enum vendor_stage stage,
    enum order_status status)
{
	struct order o = {.stage = stage, .status = status};
	enum event_effect effect = order_event_effect(&o, event);
	char want = event_effects[event][stage][status];

	switch (want) {
	case '=':
		assert_int_equal(effect, EVENT_REPEATS);
		break;
	case '-':
		assert_int_equal(effect, EVENT_LATE);
		break;
	case '.':
		assert_int_equal(effect, EVENT_REFUSED);
		break;
	default:
		assert_int_equal(effect, EVENT_MOVES);
		check_moved(o, event,
		    want == 'P'	      ? ORDER_PROCESSING
			: want == 'C' ? ORDER_COMPLETED
				      : ORDER_FAILED);
	}
}

void
test_life_every_event_at_every_stage_and_state(void **state)
{
	(void)state;
	for (int e = 0; e < EVENT__COUNT; e++) {
		for (int g = 0; g < STAGE__COUNT; g++) {
			for (int s = 0; s < ORDER__COUNT; s++)
				check_event((enum vendor_event)e,
				    (enum vendor_stage)g, (enum order_status)s);
		}
	}
}

void
test_life_states_an_event_is_taken_in(void **state)
{
	(void)state;
	unsigned sent = BIT(ORDER_SUBMITTED) | BIT(ORDER_PROCESSING);

	assert_int_equal(order_event_from(EVENT_PAID), sent);
	assert_int_equal(order_event_from(EVENT_DELIVERING), sent);
	assert_int_equal(order_event_from(EVENT_DELIVERED), sent);
	assert_int_equal(order_event_from(EVENT_REFUND),
	    BIT(ORDER_PROCESSING) | BIT(ORDER_COMPLETED));
}

void
test_life_names_of_states_and_stages(void **state)
{
	(void)state;
	for (int s = 0; s < ORDER__COUNT; s++) {
		const char *name = order_status_name((enum order_status)s);
		enum order_status back;

		assert_true(order_status_parse(str_from(name), &back));
		assert_int_equal(back, s);
	}
	for (int g = 0; g < STAGE__COUNT; g++) {
		const char *name = vendor_stage_name((enum vendor_stage)g);
		enum vendor_stage back;

		assert_true(vendor_stage_parse(str_from(name), &back));
		assert_int_equal(back, g);
	}
	assert_string_equal(order_status_name(ORDER_DRAFT), "DRAFT");
	assert_string_equal(order_status_name(ORDER_CANCELLED), "CANCELLED");
	assert_string_equal(vendor_stage_name(STAGE_REFUND), "REFUND");
}

void
test_life_strange_names_are_not_parsed(void **state)
{
	(void)state;
	enum order_status status = ORDER_FAILED;
	enum vendor_stage stage = STAGE_PAID;

	assert_false(order_status_parse(STR("draft"), &status));
	assert_false(order_status_parse(STR("DRAFTS"), &status));
	assert_false(order_status_parse(STR(""), &status));
	assert_false(order_status_parse(STR_NONE, &status));
	assert_int_equal(status, ORDER_FAILED);
	assert_false(vendor_stage_parse(STR("paid"), &stage));
	assert_false(vendor_stage_parse(STR_NONE, &stage));
	assert_int_equal(stage, STAGE_PAID);
}

/* The names are written by hand: each must be its enum's, in lower case. */
void
test_life_names_of_moves(void **state)
{
	(void)state;
	static const char *const tokens[] = {
#define X(name, from, to) #name,
	    MOVE_TABLE(X)
#undef X
	};

	for (int m = 0; m < MOVE__COUNT; m++) {
		const char *name = order_move_name((enum order_move)m);

		for (size_t i = 0; tokens[m][i] != '\0'; i++)
			assert_int_equal(name[i], tolower(tokens[m][i]));
		assert_int_equal(strlen(name), strlen(tokens[m]));
	}
}
