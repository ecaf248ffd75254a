/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves everything of one store into another one, of the same kind of database
 * or not: rows as they are, sealed secrets too, so both have the same master
 * key. What is left out are the target's own schema number and key check, and
 * what belongs to running servers: tokens of rates, and who holds which number
 * of a node. Ids that are made over there begin behind those made here.
 *
 * From its first row to store_copy_finish the target says that it is
 * unfinished, and store_open refuses it. A copy that was cut off begins anew:
 * the target is emptied first.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "base/arena.h"
#include "store/store.h"

/* Why nothing was copied. */
enum store_copy_refusal {
	COPY_NOT_REFUSED,
	COPY_TARGET_IN_USE,	/* it holds something */
	COPY_TARGET_OF_ANOTHER, /* an unfinished copy of another store */
	COPY_SOURCE_UNFINISHED, /* itself */
	COPY_SOURCE_CHANGED,	/* while it was copied: a server works on it */
	COPY_GIVEN_UP,		/* by the progress function */
	COPY_DIFFERS,		/* what arrived is not what was sent */
};

struct store_copied {
	const char *table;
	int64_t rows;
};

#define STORE_COPY_TABLES 16

struct store_copying {
	struct store *from;
	struct store *to; /* opened with `unfinished` */
	/* MAY. How many rows have gone through, of how many; each goes through
	 * twice: it is written, and it is read again. False: give up. */
	bool (*progress)(void *arg, int64_t done, int64_t total);
	void *progress_arg;
	/* Out */
	enum store_copy_refusal refusal;
	const char *table; /* that differs */
	struct store_copied copied[STORE_COPY_TABLES];
	bool renumbered; /* the log has other numbers, see docs/store.md */
};

/*
 * Copies, then reads both and compares every value of every row. ERR_USAGE:
 * `refusal` says what is in the way. The target is left unfinished.
 */
MUST_CHECK enum err_code store_copy(struct store_copying *how, struct err *err);
/* The target is whole and may be used from now on. */
MUST_CHECK enum err_code store_copy_finish(struct store *to, struct err *err);

#endif
