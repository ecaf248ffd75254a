/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is signed: every decoded field but `sign`, by name, empty ones included.
 *
 *   md5-sandwich-*       md5(secret name value name value … secret)
 *   md5-kv-amp-key-upper md5(name=value&…&key=secret)
 *   hmac-sha256-kv-amp   hmac(secret, name=value&…)
 */
#include "dialect/franchiser/franchiser_impl.h"

#include "base/digest.h"

#include <assert.h>
#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
	return str_cmp(((const struct form_field *)a)->name,
	    ((const struct form_field *)b)->name);
}

size_t
franchiser_sort(const struct form *form,
    struct form_field out[LIMIT_FORM_FIELDS])
{
	size_t count = 0;

	assert(form != NULL);
	assert(form->count <= LIMIT_FORM_FIELDS);
	for (size_t i = 0; i < form->count; i++) {
		if (!str_eq(form->fields[i].name, STR("sign")))
			out[count++] = form->fields[i];
	}
	if (count > 1)
		qsort(out, count, sizeof(out[0]), compare);
	return count;
}

/* How the ways differ. */
static const struct {
	enum signing_hash hash;
	bool has_key;  /* the hash takes the secret */
	bool has_head; /* the secret stands before the fields */
	bool has_tail; /* and behind them */
	struct str mark, is, and;
} ways[FRANCHISER_SIGN__COUNT] = {
    [FRANCHISER_SIGN_SANDWICH_LOWER] = {SIGNING_MD5, false, true, true,
	STR_INIT(""), STR_INIT(""), STR_INIT("")},
    [FRANCHISER_SIGN_SANDWICH_UPPER] = {SIGNING_MD5, false, true, true,
	STR_INIT(""), STR_INIT(""), STR_INIT("")},
    [FRANCHISER_SIGN_KV_KEY_UPPER] = {SIGNING_MD5, false, false, true,
	STR_INIT("&key="), STR_INIT("="), STR_INIT("&")},
    [FRANCHISER_SIGN_HMAC] = {SIGNING_HMAC_SHA256, true, false, false,
	STR_INIT(""), STR_INIT("="), STR_INIT("&")},
};

void
franchiser_signing(struct signing *s,
    struct form_field fields[LIMIT_FORM_FIELDS], const struct form *form,
    struct str secret, int64_t way)
{
	assert(way >= 0 && way < FRANCHISER_SIGN__COUNT);
	*s = (struct signing){
	    .hash = ways[way].hash,
	    .key = ways[way].has_key ? secret : STR_NONE,
	    .head = ways[way].has_head ? secret : STR_NONE,
	    .tail = ways[way].has_tail ? secret : STR_NONE,
	    .mark = ways[way].mark,
	    .is = ways[way].is,
	    .and = ways[way].and,
	    .fields = fields,
	    .count = franchiser_sort(form, fields),
	};
}
