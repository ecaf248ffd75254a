/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Money is an int64_t: totals and fees in fen (1/100 yuan), prices in "e4"
 * (1/10000 yuan). No double ever holds money; a JSON number enters as the
 * decimal text of its 15 significant digits.
 */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define MONEY_FEN_DECIMALS 2
#define MONEY_E4_DECIMALS 4

/*
 * Decimal text to an integer scaled by 10^decimals: "99.9", 2 -> 9990. Takes an
 * optional '-', digits, an optional fraction and an optional exponent (as JSON
 * writes numbers: "1e2", "9.99E+1"). Exact or nothing: false when it is not
 * such a text, has more decimals than allowed, or does not fit.
 */
bool money_parse(struct str text, int decimals, int64_t *out);

/* 8999 fen, 2 -> "89.99"; without needless zeros: 899900, 2 -> "8999". */
void money_print(struct buf *out, int64_t value, int decimals);
/* With all its decimals: 899900, 2 -> "8999.00". */
void money_print_fixed(struct buf *out, int64_t value, int decimals);

/*
 * price_e4 × quantity in fen, rounded half up (away from zero below it). False
 * when it does not fit; both arguments must be >= 0.
 */
bool money_line_total(int64_t price_e4, int64_t quantity, int64_t *fen_out);
/* *sum += fen, false on overflow (then *sum is untouched). */
bool money_add(int64_t *sum_fen, int64_t fen);

#endif
