/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an order: its states, the moves between them and the vendor's
 * events. Only order_move() and order_event() (life.c) change a state.
 *
 *             submit          execute             complete
 *   DRAFT ────────► SUBMITTED ───────► PROCESSING ────────► COMPLETED
 *     │ │               │  │             │   │                  │
 *     │ │ withdraw      │  │ cancel,     │   │ fail,            │ REFUND keeps
 *     │ ▼               │  │ withdraw    │   │ VENDOR_REFUND    ▼ it COMPLETED
 *     │ CANCELLED ◄─────┼──┘             │   └──► FAILED
 *     │     ▲           │     cancel     │
 *     │     └───────────┼────────────────┘
 *     │ delete          └──► PROCESSING (PAID, DELIVERING)
 *     ▼                 └──► COMPLETED  (DELIVERED)
 *   (gone, tombstone in the log)
 */
#ifndef ORDER_LIFE_H
#define ORDER_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct order;

#define BIT(n) (1u << (n))

/* clang-format off */
/* The order of the rows is stored: append only. */
#define STATUS_TABLE(X) \
	X(DRAFT)        \
	X(SUBMITTED)    \
	X(PROCESSING)   \
	X(COMPLETED)    \
	X(FAILED)       \
	X(CANCELLED)

enum order_status {
#define X(name) ORDER_##name,
	STATUS_TABLE(X)
#undef X
	ORDER__COUNT
};

/* How far a vendor has come with the order. Stored: append only. */
#define STAGE_TABLE(X) \
	X(NONE)        \
	X(PAID)        \
	X(DELIVERING)  \
	X(DELIVERED)   \
	X(REFUND)

enum vendor_stage {
#define X(name) STAGE_##name,
	STAGE_TABLE(X)
#undef X
	STAGE__COUNT
};

#define ORDER_OPEN (BIT(ORDER_DRAFT) | BIT(ORDER_SUBMITTED))
#define ORDER_ANY (BIT(ORDER__COUNT) - 1)

/*
 * Moves that are asked for by name. `from` is a mask of states. CANCEL is the
 * intents way, WITHDRAW that of wangdian and franchiser. DELETE leaves no order
 * behind: `to` only names what the tombstone says.
 */
#define MOVE_TABLE(X)                                                          \
	/* name     from                                          to */        \
	X(SUBMIT,   BIT(ORDER_DRAFT),                             ORDER_SUBMITTED)  \
	X(EXECUTE,  BIT(ORDER_SUBMITTED),                         ORDER_PROCESSING) \
	X(COMPLETE, BIT(ORDER_PROCESSING),                        ORDER_COMPLETED)  \
	X(FAIL,     BIT(ORDER_PROCESSING),                        ORDER_FAILED)     \
	X(CANCEL,   BIT(ORDER_SUBMITTED) | BIT(ORDER_PROCESSING), ORDER_CANCELLED)  \
	X(WITHDRAW, BIT(ORDER_DRAFT) | BIT(ORDER_SUBMITTED),      ORDER_CANCELLED)  \
	X(DELETE,   BIT(ORDER_DRAFT),                             ORDER_CANCELLED)

enum order_move {
#define X(name, from, to) MOVE_##name,
	MOVE_TABLE(X)
#undef X
	MOVE__COUNT
};

/*
 * What a vendor reports. An event is taken at the stages and with the states
 * of its row; the order then has `stage` and `status` (STAYS: a COMPLETED
 * order that is refunded stays COMPLETED).
 */
#define EVENT_TABLE(X)                                                               \
	/* name        at stages                                      with states                            stage       status */ \
	X(PAID,       BIT(STAGE_NONE),                                BIT(ORDER_SUBMITTED) | BIT(ORDER_PROCESSING), STAGE_PAID,       ORDER_PROCESSING) \
	X(DELIVERING, BIT(STAGE_NONE) | BIT(STAGE_PAID) | BIT(STAGE_DELIVERING), BIT(ORDER_SUBMITTED) | BIT(ORDER_PROCESSING), STAGE_DELIVERING, ORDER_PROCESSING) \
	X(DELIVERED,  BIT(STAGE_NONE) | BIT(STAGE_PAID) | BIT(STAGE_DELIVERING), BIT(ORDER_SUBMITTED) | BIT(ORDER_PROCESSING), STAGE_DELIVERED,  ORDER_COMPLETED)  \
	X(REFUND,     BIT(STAGE_PAID) | BIT(STAGE_DELIVERING) | BIT(STAGE_DELIVERED), BIT(ORDER_PROCESSING) | BIT(ORDER_COMPLETED), STAGE_REFUND, ORDER_FAILED)
/* clang-format on */

enum vendor_event {
#define X(name, at, with, stage, status) EVENT_##name,
	EVENT_TABLE(X)
#undef X
	EVENT__COUNT
};

const char *order_status_name(enum order_status status); /* "SUBMITTED" */
bool order_status_parse(struct str name, enum order_status *out);
const char *vendor_stage_name(enum vendor_stage stage);
bool vendor_stage_parse(struct str name, enum vendor_stage *out);
const char *order_move_name(enum order_move move); /* "submit" */

/* The states a move may start from, as a mask of BIT(status). */
unsigned order_move_from(enum order_move move);

/*
 * Moves the order's state, and sets cancelled_ms when it becomes CANCELLED.
 * ERR_BAD_STATE leaves it untouched.
 */
MUST_CHECK enum err_code order_move(struct order *order, enum order_move move,
    int64_t now_ms);

/* The states an event may find an order in, as a mask of BIT(status). */
unsigned order_event_from(enum vendor_event event);

enum event_effect {
	EVENT_MOVES,   /* the order goes to the event's stage */
	EVENT_REPEATS, /* it is the current stage's event: facts may change */
	EVENT_LATE,    /* an earlier stage's event, or the current one's when
			* another hand has closed the order: it must change no
			* fact */
	EVENT_REFUSED, /* also any event of a DRAFT or CANCELLED order */
};

/* What an event would do; changes nothing. */
enum event_effect order_event_effect(const struct order *order,
    enum vendor_event event);
/* Moves stage and status as the table says; the effect must be EVENT_MOVES. */
void order_event(struct order *order, enum vendor_event event);

#endif
