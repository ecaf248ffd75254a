/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database that follows a script: for tests of those who use sql.h, without
 * a database and with any answer or error a test wants. A test writes down the
 * calls it expects, in their order, and what each is to give:
 *
 *	static const struct sql_script_step steps[] = {
 *		{.name = "begin"},
 *		{.name = "ORDER_BY_ID", .rows = row, .row_count = 1},
 *		{.name = "commit", .fails = ERR_STORE_UNSURE},
 *	};
 *	struct sql_script script = SQL_SCRIPT(steps);
 *
 *	sql_script_use(&script);
 *	… sql_open(STR("script:"), …) …
 *	check_str(sql_script_fault(&script), NULL);
 *
 * A statement for many rows of values is one step, for none it is no step.
 * A call that is not the next one of the script fails with ERR_STORE_FAILED
 * and is kept as the script's fault, whatever the caller makes of it.
 */
#ifndef SQL_SQL_SCRIPT_H
#define SQL_SQL_SCRIPT_H

#include <stddef.h>

#include "sql/sql.h"

struct sql_script_step {
	/* A statement's name, or "begin", "commit", "rollback", "script",
	 * "checkpoint", "copy". */
	const char *name;
	const struct sql_value *args; /* NULL: any; else one per letter, row
				       * after row where many are given */
	const struct sql_value *rows; /* row after row, one per column */
	size_t row_count;
	const size_t *inputs; /* of each row, from 0; NULL: all of the first */
	enum err_code fails;  /* ERR_OK: it works */
};

struct sql_script {
	const struct sql_script_step *steps;
	size_t count;
	size_t at; /* the next step */
	char fault[256];
};

#define SQL_SCRIPT(steps_) \
	{ \
		.steps = (steps_), \
		.count = sizeof(steps_) / sizeof((steps_)[0]) \
	}

/* What connections of "script:" follow that are opened from now on; borrowed
 * while they are open. They share its place in the script. */
void sql_script_use(struct sql_script *script);
/* The first thing that went otherwise, or that steps are left over; absent
 * when all went as written. Lives in the script. */
struct str sql_script_fault(struct sql_script *script);

#endif
