/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The view is the one point read that is inside the gate, for a turn at most.
 */
#include "engine/view.h"

#include <assert.h>

enum err_code
view_open(struct view *v, struct err *err)
{
	uint64_t commits;
	enum err_code code;

	assert(v != NULL);
	assert(v->conn != NULL);
	/* Looked at before the read begins: it may see more, never less. */
	commits = atomic_load(&v->commits);
	if (v->is_open && v->seen == commits)
		return ERR_OK;
	view_close(v);
	gate_enter(v->gate, GATE_POINT);
	code = store_read_begin(v->conn, err);
	if (code != ERR_OK) {
		gate_leave(v->gate, GATE_POINT);
		return code;
	}
	v->is_open = true;
	v->seen = commits;
	return ERR_OK;
}

void
view_close(struct view *v)
{
	assert(v != NULL);
	if (!v->is_open)
		return;
	v->is_open = false;
	store_read_end(v->conn);
	gate_leave(v->gate, GATE_POINT);
}

void
view_outdate(struct view *v)
{
	assert(v != NULL);
	atomic_fetch_add(&v->commits, 1);
}
