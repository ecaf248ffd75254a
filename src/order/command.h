/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a dialect asks for, and what came of it: the two types that pass
 * between dialects and the engine. A command is borrowed while it is carried
 * out; an outcome and all it points to live in the arena that came with it.
 */
#ifndef ORDER_COMMAND_H
#define ORDER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "order/amendment.h"
#include "order/catalog.h"
#include "order/filter.h"
#include "order/life.h"
#include "order/order.h"
#include "order/policy.h"

enum command_kind {
	COMMAND_NONE,	 /* answered by the dialect alone */
	COMMAND_HEALTH,	 /* is the store there? */
	COMMAND_CREATE,	 /* change.to is the new order */
	COMMAND_CHANGE,	 /* change the fields that are set */
	COMMAND_MOVE,	 /* change.move, fields may be set too */
	COMMAND_EVENT,	 /* change.event with the vendor's facts */
	COMMAND_BATCH,	 /* several of the four above, in one commit */
	COMMAND_READ,	 /* one order */
	COMMAND_LIST,	 /* orders of one app */
	COMMAND_HISTORY, /* amendments of one order */
	COMMAND_FEED,	 /* amendments of one app */
};

/*
 * A wish to change an order. `set` has BIT64(F_x) for each field of `to` that
 * counts. `quantity` is the quantity of an order's only line. F_LINES puts
 * `to`'s lines in the place of the order's. F_ATTRIBUTES speaks only of the
 * attributes named (in any order, each once): one with an absent value is
 * removed, those not named stay. COMMAND_CREATE takes all of `to` and no `set`.
 */
struct change {
	uint64_t set;
	bool has_quantity;
	int64_t quantity;
	enum order_move move;	 /* of COMMAND_MOVE */
	enum vendor_event event; /* of COMMAND_EVENT */
	struct str note;	 /* for the amendment; absent: none */
	/* Of COMMAND_CHANGE: the states it is for, as a mask, besides what its
	 * fields say; 0: any. */
	unsigned states;
	struct order to;
};

static inline bool
change_has(const struct change *c, enum order_field f)
{
	return (c->set & BIT64(f)) != 0;
}

/* Sets one field; its kind must fit (asserted). The string is borrowed. */
void change_set_str(struct change *c, enum order_field f, struct str value);
void change_set_int(struct change *c, enum order_field f, int64_t value);

#define IDENTITY_BYTES 16

/*
 * What makes two arrivals the same request. at_ms is the signed time, or 0 for
 * an Idempotency-Key; with at_ms, digest is over dialect, route and signed
 * bytes, else over dialect and key. `body` tells, under one key, whether the
 * request is another one. kept_ms: until when the answer must be kept.
 */
struct identity {
	bool present;
	int64_t at_ms;
	int64_t kept_ms;
	uint8_t digest[IDENTITY_BYTES];
	uint8_t body[IDENTITY_BYTES];
};

enum rule {
	RULE_NONE,
	RULE_REQUIRED,	  /* missing */
	RULE_TYPE,	  /* another type was expected */
	RULE_RANGE,	  /* a number out of its range, or a sum that is */
	RULE_LENGTH,	  /* a text too short or too long */
	RULE_FORMAT,	  /* a text of another form */
	RULE_UNKNOWN,	  /* no such field */
	RULE_READ_ONLY,	  /* the field can't be changed */
	RULE_SINGLE_LINE, /* needs an order of exactly one line */
	RULE_TOO_DEEP,	  /* a page too far from the list's beginning, or with
			   * too much to look through: page by cursor */
	RULE__COUNT
};

/*
 * One field that is wrong. Decoders give `wire` and `text` in their dialect's
 * words; the core gives `field` and `rule`, which the dialect words.
 */
struct fault {
	enum rule rule;
	enum order_field field; /* meaningless when wire is set */
	struct str wire;
	const char *text; /* NULL: worded by rule */
};

struct command {
	enum command_kind kind;

	/* Who, and through what: all of it goes into the amendment. */
	int64_t app;
	const struct policy *policy; /* the app's; borrowed */
	const char *dialect;
	const char *method; /* the dialect's name of the operation */
	struct str request_id;
	struct str trace_id; /* absent: none */

	/* Which order. */
	enum name_kind name_kind;
	struct str name;

	/* What to do with it. */
	struct change change;
	/* What the app's catalog has against the change; RULE_NONE: nothing.
	 * The catalog moves on while a stored answer stands, so this is told
	 * by the rules and not by the decoder. Of a CHANGE it is told behind
	 * the order's state; `set` may then name fields that have no value. */
	struct fault objection;
	/* MAY. Whose carriers a new transport way or company must fit, which
	 * is looked at before the objection; borrowed. */
	const struct catalog *catalog;
	bool has_version; /* If-Match: "<version>" */
	int64_t version;
	bool dry_run;
	struct identity identity;
	/* With an Idempotency-Key: the identity of the signed bytes, so that
	 * who repeats them under another key changes nothing a second time. */
	struct identity signed_identity;

	/* Of HISTORY (after a version) and FEED (after a seq). */
	int64_t after;
	int64_t limit;
	int64_t wait_ms; /* of FEED: how long to wait for the first one */

	struct order_filter filter; /* of LIST */

	/* Of BATCH: commands of kind CREATE, CHANGE, MOVE or EVENT as if each
	 * were sent alone, of which kind, names, change and version are looked
	 * at; the rest is the batch's. Two may mean one order: the later sees
	 * what the earlier made of it. */
	const struct command *batch;
	size_t batch_count; /* 1..LIMIT_BATCH_ITEMS */
	bool atomic;	    /* all of them or none */

	uint8_t entropy[32]; /* random; salts of personal values come from it */
};

/*
 * Where the order's present value and the one asked for differ, as text in the
 * manner of amendments. Of F_LINES it is the quantity of all lines, of
 * F_ATTRIBUTES the first attribute that differs.
 */
struct conflict {
	enum order_field field;
	struct str theirs;
	struct str yours;
	bool is_number;
};

struct feed_item {
	struct amendment amendment;
	int64_t order; /* id */
};

struct outcome {
	enum err_code code; /* ERR_OK: done, or nothing to do */
	struct err err;	    /* of an operating fault: details for the log */
	bool changed;	    /* false: a no-op, a read, a dry run */
	bool replayed;	    /* a stored answer was given */

	/* The order as it is after the command, or as it stands when refused
	 * with BAD_STATE or CONFLICT; NULL when there is none to show. */
	const struct order *order;

	/* BAD_STATE: the states that would do. */
	unsigned allowed;

	/* NO_STOCK: the product of the first line that lacks some. */
	struct str product;

	struct fault faults[LIMIT_FAULTS]; /* BAD_FIELD */
	size_t fault_count;

	const struct conflict *conflicts; /* CONFLICT */
	size_t conflict_count;

	/* HISTORY and FEED, oldest first. */
	const struct feed_item *items;
	size_t item_count;
	int64_t next; /* `after` of the following call; -1: the end */

	/* LIST: one page. A page that can't be reached by number is
	 * BAD_FIELD with the one fault TOO_DEEP of the wire's "page". */
	const struct order *const *orders;
	size_t order_count;
	int64_t total;	     /* -1: not known */
	bool total_is_exact; /* else there are at least so many */
	bool has_cursor;     /* by cursor: there may be more, behind `cursor` */
	struct order_cursor cursor;

	/* BATCH: one for each command, in their order. The batch's own code is
	 * ERR_OK when each was looked at, whatever came of it; an atomic one
	 * with a refusal has the code of the first, nothing was done, and the
	 * items that were in order say ERR_OK without having changed. */
	const struct outcome *batch;
	size_t batch_count;
};

/* Command number i of a batch, complete, as if it were sent alone but for an
 * identity. Texts are borrowed from both. */
void command_part(const struct command *batch, size_t i, struct command *out);

/* Adds a fault and sets the code to ERR_BAD_FIELD; past LIMIT_FAULTS the first
 * ones stand. */
void outcome_add_fault(struct outcome *o, struct fault fault);
/* Sets the code and, for an operating fault, copies details from err. */
void outcome_fail(struct outcome *o, enum err_code code, const struct err *err);

#endif
