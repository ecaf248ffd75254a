/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signature is made over, as data: fields in their order, what stands
 * between and around them, and the hash. A dialect says once what its requests
 * sign; its verify, its sign, what a demo shows of a failure and `procured sign
 * --explain` all work from that.
 *
 *	md5 sandwich    md5(head name value name value … tail)
 *	md5 with a key  md5(name=value&name=value mark tail)
 *	hmac            hmac(key, name value …)
 */
#ifndef DIALECT_SIGNING_H
#define DIALECT_SIGNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "dialect/form.h"

struct call;

enum signing_hash {
	SIGNING_MD5,
	SIGNING_SHA256, /* no dialect's; clients try it */
	SIGNING_HMAC_MD5,
	SIGNING_HMAC_SHA256,
	SIGNING__COUNT
};

/* Borrows everything. The secret is in key, or in head and tail. */
struct signing {
	enum signing_hash hash;
	struct str key; /* of the hmacs; absent elsewhere */
	struct str head;
	struct str tail;
	struct str mark; /* before the tail */
	struct str is;	 /* between a name and its value */
	struct str and;	 /* between fields */
	bool only_values;
	bool
	    skips_empty; /* a field without a value is left out, its name too */
	const struct form_field *fields;
	size_t count;
};

typedef void signing_add_f(void *to, struct str bytes);

/* Gives the fields with what is between them, piece by piece, to a hash that
 * has taken head or key already. */
void signing_feed(const struct signing *s, signing_add_f *add, void *to);
signing_add_f signing_to_digest; /* of a struct digest */
signing_add_f signing_to_hmac;	 /* of a struct hmac */

/* All of it; writes 16 or 32 bytes and returns how many. */
size_t signing_digest(const struct signing *s, uint8_t out[DIGEST_BYTES_MAX]);
/* What is hashed, head and tail included; absent when there is no room. */
struct str signing_text(struct arena *a, const struct signing *s);
/*
 * The same to be shown: valid UTF-8 with *** for the secret wherever it stands
 * (in a field too, when it has LEAST bytes of its own), cut behind `most` bytes
 * with a word on how much is missing.
 */
#define SIGNING_SECRET_LEAST 8
struct str signing_shown(struct arena *a, const struct signing *s, size_t most);

/* Notes for encode what the server signed of a call whose signature failed; only
 * where the call shows that and its credential is known. */
void signing_note(struct call *call, const struct signing *s);

#endif
