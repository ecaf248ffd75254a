/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is signed: every decoded parameter of the query but `sign`, unknown ones
 * and paging included, and the raw body as a parameter of the name "body". The
 * values stand one behind the other without separators, so a query in which a
 * name could be read in two ways is called ambiguous and never verifies.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include <assert.h>
#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
	return str_cmp(((const struct form_field *)a)->name,
	    ((const struct form_field *)b)->name);
}

void
wangdian_parameters_sort(struct wangdian_parameters *p, const struct form *query,
    struct str body)
{
	assert(p != NULL);
	assert(query->count <= LIMIT_FORM_FIELDS);
	p->count = 0;
	p->ambiguous = false;
	for (size_t i = 0; i < query->count; i++) {
		if (str_eq(query->fields[i].name, STR("sign")))
			continue;
		p->rows[p->count++] = query->fields[i];
	}
	p->rows[p->count++] = (struct form_field){
	    .name = STR("body"), .value = body};
	qsort(p->rows, p->count, sizeof(p->rows[0]), compare);
	p->ambiguous = p->rows[0].name.n == 0;
	for (size_t i = 1; i < p->count; i++) {
		if (str_eq(p->rows[i - 1].name, p->rows[i].name))
			p->ambiguous = true;
	}
}

struct signing
wangdian_signing(const struct wangdian_parameters *p, struct str secret)
{
	return (struct signing){.hash = SIGNING_MD5,
	    .head = secret,
	    .tail = secret,
	    .fields = p->rows,
	    .count = p->count};
}
