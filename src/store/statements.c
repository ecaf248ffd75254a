/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statement table as an array, for sql_open.
 */
#include "store/statements.h"

#include <assert.h>

const struct sql_statement statements[ST__COUNT] = {
#define X(name_, args_, result_, text_) \
	[ST_##name_] = { \
	    .name = #name_, \
	    .args = (args_), \
	    .result = (result_), \
	    .text = (text_), \
	},
    STATEMENT_TABLE(X)
#undef X
};

static_assert((int)ST_META_GET < STATEMENT_BOOT_COUNT &&
	(int)ST_META_PUT < STATEMENT_BOOT_COUNT,
    "what is asked before there is a schema comes first");
