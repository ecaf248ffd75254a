/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of explain share.
 *
 *   explain.c        the search: one mistake, then two
 *   explain_rows.c   the table of mistakes, in both languages
 *   explain_text.c   mistakes in what is signed: bodies, targets, values
 *   explain_shape.c  mistakes in how: order, separators, secret, hash
 *   explain_time.c   what is wrong with the time
 */
#ifndef DIALECT_EXPLAIN_IMPL_H
#define DIALECT_EXPLAIN_IMPL_H

#include "base/limits.h"
#include "dialect/explain.h"

/* A mistake may add a field or two. */
#define TRIAL_FIELDS_MAX (LIMIT_FORM_FIELDS + 4)

enum coding {
	CODING_HEX,
	CODING_BASE64,	   /* of the bytes */
	CODING_BASE64_HEX, /* of the lower-case hex text */
	CODING_HEX_MIDDLE, /* 16 digits out of the middle */
};

/* What is signed, on its way to being signed wrongly. */
struct trial {
	struct arena *arena;
	const struct explain_input *in;
	const struct examined *x;
	struct signing s; /* s.fields are these: */
	struct form_field fields[TRIAL_FIELDS_MAX];
	enum coding coding;
	struct str note;
};

enum build {
	BUILD_END,  /* there are no variants from here on */
	BUILD_SKIP, /* this one does not apply, the next may */
	BUILD_TRY,
};

/* One mistake: makes variant 0, 1, … of it in the trial. */
struct hypothesis {
	struct explain_words words;
	enum build (*build)(struct trial *t, int variant);
};

extern const struct hypothesis explain_hypotheses[];
extern const size_t explain_hypothesis_count;

/* explain.c */
/* The field of this name; NULL: none, or the name is absent. */
struct form_field *trial_field(struct trial *t, struct str name);
void trial_drop(struct trial *t, const struct form_field *field);
bool trial_add(struct trial *t, struct str name, struct str value);
/* Puts another secret where the secret is. */
void trial_set_secret(struct trial *t, struct str secret);

/* explain_time.c: NULL when the time is good. */
const struct explain_words *explain_time_fault(const struct examined *x,
    int64_t now_ms);

/* explain_text.c */
enum build build_body_left_out(struct trial *t, int variant);
enum build build_body_of_nothing(struct trial *t, int variant);
enum build build_body_newline(struct trial *t, int variant);
enum build build_body_hashed(struct trial *t, int variant);
enum build build_json_blanks(struct trial *t, int variant);
enum build build_json_order(struct trial *t, int variant);
enum build build_json_slashes(struct trial *t, int variant);
enum build build_json_unicode(struct trial *t, int variant);
enum build build_charset(struct trial *t, int variant);
enum build build_encoded(struct trial *t, int variant);
enum build build_query_left_out(struct trial *t, int variant);
enum build build_path_prefix(struct trial *t, int variant);
enum build build_path_host(struct trial *t, int variant);
enum build build_path_slash(struct trial *t, int variant);
enum build build_method_case(struct trial *t, int variant);
enum build build_time_unit(struct trial *t, int variant);
enum build build_time_zone(struct trial *t, int variant);
enum build build_time_twice(struct trial *t, int variant);

/* explain_shape.c */
enum build build_salt_left_out(struct trial *t, int variant);
enum build build_sign_included(struct trial *t, int variant);
enum build build_empty(struct trial *t, int variant);
enum build build_field_left_out(struct trial *t, int variant);
enum build build_order(struct trial *t, int variant);
enum build build_names(struct trial *t, int variant);
enum build build_separators(struct trial *t, int variant);
enum build build_secret_front(struct trial *t, int variant);
enum build build_secret_end(struct trial *t, int variant);
enum build build_secret_nowhere(struct trial *t, int variant);
enum build build_secret_blank(struct trial *t, int variant);
enum build build_secret_whole(struct trial *t, int variant);
enum build build_secret_decoded(struct trial *t, int variant);
enum build build_secret_other(struct trial *t, int variant);
enum build build_hash(struct trial *t, int variant);
enum build build_base64(struct trial *t, int variant);
enum build build_middle(struct trial *t, int variant);

#endif
