/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows for one statement, sent together.
 */
#include <assert.h>
#include <string.h>

#include "store/store_impl.h"

void
store_rows_init(struct store_rows *r, struct store_conn *c,
    enum statement statement)
{
	assert(c->values != NULL);
	*r = (struct store_rows){
	    .conn = c,
	    .statement = statement,
	    .width = strlen(statements_shared.rows[statement].args),
	};
	assert(r->width <= STORE_ROW_VALUES);
}

struct sql_value *
store_rows_next(struct store_rows *r)
{
	assert(r->count < STORE_SET_ROWS);
	return &r->conn->values[r->count * r->width];
}

enum err_code
store_rows_flush(struct store_rows *r, struct err *err)
{
	size_t count = r->count;

	r->count = 0;
	return sql_run_each(r->conn->db, (int)r->statement, r->conn->values,
	    r->width, count, err);
}

enum err_code
store_rows_add(struct store_rows *r, struct err *err)
{
	r->count++;
	return r->count < STORE_SET_ROWS ? ERR_OK : store_rows_flush(r, err);
}

enum err_code
store_rows_put(struct store_rows *r, const struct sql_value *values,
    size_t count, struct err *err)
{
	assert(count == r->width);
	memcpy(store_rows_next(r), values, count * sizeof(*values));
	return store_rows_add(r, err);
}
