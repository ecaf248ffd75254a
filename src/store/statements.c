/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statement table as sql_open takes it.
 */
#include "store/statements.h"

#include <assert.h>

#include "store/statements_pg.h"
#include "store/statements_sqlite.h"

static const struct sql_statement rows[ST__COUNT] = {
#define X(name_, args_, result_, text_) \
	[ST_##name_] = { \
	    .name = #name_, \
	    .args = (args_), \
	    .result = (result_), \
	    .text = (text_), \
	},
    STATEMENT_TABLE(X) STATEMENT_SHARED_TABLE(X)
#undef X
};

static const struct sql_override overrides[] = {
#define X(name_, text_, set_) \
	{ \
	    .number = ST_##name_, \
	    .text = (text_), \
	    .set = (set_), \
	},
    STATEMENT_PG_TABLE(X) OVERRIDE_NODES_TABLE(X)
#undef X
};

#define OVERRIDE_COUNT (sizeof(overrides) / sizeof(overrides[0]))

static const struct sql_override sets[] = {
#define X(name_, set_) \
	{ \
	    .number = ST_##name_, \
	    .set = (set_), \
	},
    STATEMENT_SQLITE_TABLE(X)
#undef X
};

#define SET_COUNT (sizeof(sets) / sizeof(sets[0]))

const struct sql_table statements = {.rows = rows,
    .count = ST__EMBEDDED_COUNT,
    .sqlite = sets,
    .sqlite_count = SET_COUNT};

const struct sql_table statements_shared = {.rows = rows,
    .count = ST__COUNT,
    .postgres = overrides,
    .postgres_count = OVERRIDE_COUNT};

const struct sql_table statements_boot = {.rows = rows,
    .count = STATEMENT_BOOT_COUNT,
    .postgres = overrides,
    .postgres_count = OVERRIDE_COUNT};

static_assert((int)ST_META_GET < STATEMENT_BOOT_COUNT &&
	(int)ST_META_PUT < STATEMENT_BOOT_COUNT &&
	(int)ST_META_LOCK < STATEMENT_BOOT_COUNT,
    "what is asked before there is a schema comes first");
