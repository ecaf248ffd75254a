/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One state of an embedded store that the point reads of one turn of the loop
 * share. To begin and end a read costs as much as to read an order, so it is
 * begun by the first of a turn and ended with the turn, unless something is
 * committed meanwhile: then the next read begins anew. So what was told as done
 * before a read came is seen by it.
 *
 * The loop's, but for view_outdate.
 */
#ifndef ENGINE_VIEW_H
#define ENGINE_VIEW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "engine/gate.h"
#include "store/store.h"

struct view {
	struct store_conn *conn; /* borrowed; a reader's */
	struct gate *gate;
	bool is_open;		  /* and inside the gate */
	uint64_t seen;		  /* commits when it was opened */
	_Atomic uint64_t commits; /* made so far */
};

/* conn can be read until view_close, and shows what was committed before this
 * call. The store's errors; the view is closed then. */
MUST_CHECK enum err_code view_open(struct view *v, struct err *err);
/* Lets go. Before the loop waits, before it passes the gate otherwise, and after
 * a read that failed; harmless when it is closed. */
void view_close(struct view *v);

/* Of the committer: something was committed and is about to be told. */
void view_outdate(struct view *v);

#endif
