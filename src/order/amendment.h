/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amendments: each accepted change of an order, creating included, is one. They
 * are append-only, chained per order by hash, and are the change feed.
 *
 * A value is kept as text: numbers in decimal (fen and 1/10000 yuan as
 * integers), states by name, times in milliseconds. Replaying all amendments
 * over a zeroed order gives the stored order; undoing them leads back.
 *
 * Names of fields are the neutral ones of ORDER_FIELD_TABLE; a line's are
 * "lines[2].quantity" (the third line's), or plain "quantity", "title",
 * "price", "product", "sku", "remark" where there is no more than one line
 * before and after. Attributes are "attributes.<name>". Lines that
 * go or come are told member by member, from or to absent.
 */
#ifndef ORDER_AMENDMENT_H
#define ORDER_AMENDMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "order/order.h"

#define AMENDMENT_HASH_BYTES 32
#define AMENDMENT_SALT_BYTES 16

/* One field, before and after; an absent value is a field that was empty. */
struct amendment_change {
	struct str field;
	struct str from;
	struct str to;
	bool personal;
	/* Of personal values. What enters the hash is H(salt‖value), so a value
	 * can be erased and the chain still verify: then `from`/`to` holds the
	 * bytes of that hash, erased_x is set and the salt is zero (with it, a
	 * phone number could be guessed). Absent values have no salt either. */
	uint8_t salt_from[AMENDMENT_SALT_BYTES];
	uint8_t salt_to[AMENDMENT_SALT_BYTES];
	bool erased_from;
	bool erased_to;
};

struct amendment {
	int64_t seq;	  /* position in the log; rises with every amendment */
	int64_t prev_seq; /* the order's amendment before this one; 0: none */
	int64_t order;
	int64_t app;
	int64_t version; /* of the order, after it */
	int64_t at_ms;
	struct str dialect;
	struct str method;
	struct str request_id;
	struct str trace_id;
	struct str note;
	const struct amendment_change *changes;
	size_t change_count;
	uint8_t prev_hash[AMENDMENT_HASH_BYTES]; /* zeros for the first */
	uint8_t hash[AMENDMENT_HASH_BYTES];
};

/*
 * The differences from `before` (NULL: an order that was not there) to `after`
 * (NULL: one that is gone), in the order of the field table. No difference
 * gives change_count 0. Salts are drawn from `entropy`. Order, app, version,
 * time and the link to the amendment before it come from the orders (of one
 * that is gone: the next version, at its last time); the rest is the caller's.
 * Texts are borrowed from both orders.
 * ERR_NO_MEMORY when the arena is full.
 */
MUST_CHECK enum err_code amendment_diff(struct arena *a,
    const struct order *before, const struct order *after,
    const uint8_t entropy[32], struct amendment *out);

/* Computes `hash` from prev_hash and everything else but seq and prev_seq. */
void amendment_seal(struct amendment *m);
/* Whether hash is what amendment_seal gives, and no salt stands where none
 * belongs. */
bool amendment_is_sealed(const struct amendment *m);
/* H(salt‖value): what takes the place of a personal value that is erased. */
void amendment_hide(const uint8_t salt[AMENDMENT_SALT_BYTES], struct str value,
    uint8_t out[AMENDMENT_HASH_BYTES]);

/*
 * Applies the changes to an order (forward), or takes them back. Id, app,
 * version, time, seq and hash of the order follow; an erased value comes out as
 * absent. The order is untouched unless ERR_OK.
 *
 * ERR_STORE_FAILED  the log is damaged: a field is unknown or does not hold the
 *                   value the amendment starts from, the version or hash is not
 *                   the one it follows, or lines and total do not come out
 * ERR_NO_MEMORY     the arena is full
 */
MUST_CHECK enum err_code amendment_apply(const struct amendment *m,
    struct arena *a, struct order *order, struct err *err);
/* `before` is the amendment before m (NULL when m made the order). */
MUST_CHECK enum err_code amendment_undo(const struct amendment *m,
    const struct amendment *before, struct arena *a, struct order *order,
    struct err *err);

/* What kind of text a change's value is, for those who show it: FIELD_STR when
 * the field is not known. */
enum field_kind amendment_field_kind(struct str field);

#endif
