/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of dialects, and what all of them need of a request and a reply.
 * This is the one file that knows every dialect; none knows another.
 */
#include "dialect/dialect.h"

#include "dialect/franchiser/franchiser.h"
#include "dialect/intents/intents.h"
#include "dialect/top/top.h"
#include "dialect/wangdian/wangdian.h"

#include <assert.h>

struct str
request_header_find(const struct request *r, struct str name)
{
	assert(r != NULL);
	assert(!str_is_null(name));
	for (size_t i = 0; i < r->header_count; i++) {
		if (str_eq_nocase(r->headers[i].name, name))
			return r->headers[i].value;
	}
	return STR_NONE;
}

void
reply_header(struct reply *r, const char *name, struct str value)
{
	assert(r != NULL);
	assert(name != NULL);
	assert(r->header_count < REPLY_HEADERS_MAX);
	r->headers[r->header_count].name = name;
	r->headers[r->header_count].value = value;
	r->header_count++;
}

const struct dialect *
dialect_find(struct str name)
{
	for (size_t i = 0; dialects[i] != NULL; i++) {
		if (str_eq(str_from(dialects[i]->name), name))
			return dialects[i];
	}
	return NULL;
}

const struct dialect *
dialect_route(struct str path)
{
	for (size_t i = 0; dialects[i] != NULL; i++) {
		if (dialects[i]->claims_path(path))
			return dialects[i];
	}
	return NULL;
}

const struct dialect *const dialects[] = {
    &dialect_intents,
    &dialect_wangdian,
    &dialect_franchiser,
    &dialect_top,
    NULL,
};
