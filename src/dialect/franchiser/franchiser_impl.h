/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the franchiser dialect share.
 *
 *   franchiser.c  the hooks in a row: open, method, the struct dialect
 *   calls.c       finding a call's row; the rows are in calls.h
 *   signature.c   what is signed, in the four ways there are
 *   verify.c      who asks: time, signature, rates, identity
 *   sign.c        signing as a client
 *   client.c      words, answers, a request taken apart
 *   decode.c      request_data to a command
 *   fields.c      the fields of an order, one after the other
 *   items.c       its lines
 *   encode.c      outcomes to replies
 *   order_json.c  an order as query shows it
 *   errors.c      the error table, and a failure's words
 *   describe.c    all of it as data, from the tables
 */
#ifndef DIALECT_FRANCHISER_FRANCHISER_IMPL_H
#define DIALECT_FRANCHISER_FRANCHISER_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/limits.h"
#include "dialect/dialect.h"
#include "dialect/form.h"
#include "dialect/franchiser/calls.h"
#include "dialect/signing.h"
#include "dialect/spec.h"

/* What is wrong: each has its statusCode. */
enum franchiser_what {
	WHAT_SYSTEM, /* the first ones as in struct franchiser_error */
	WHAT_FORMAT,
	WHAT_BAD_SIGN,
	WHAT_TIME,
	WHAT_NOT_FOUND,
	WHAT_STATE,
	WHAT_WAREHOUSE,
	WHAT_TRANSPORT,
	WHAT_PRODUCT,
	WHAT_FIELD,
	WHAT_ITEMS,
	WHAT_UNKNOWN_KEY,
	WHAT_RATE,
	WHAT_MISSING,
	WHAT_ADDRESS, /* published: these have one code everywhere */
	WHAT_STOCK,
	WHAT_UNSURE, /* ours: neither done nor not done */
	WHAT__COUNT
};

struct franchiser_call {
	const char *path; /* behind the base; in logs and amendments, too */
	enum command_kind kind;
	enum err_code (*decode)(struct call *call, json_t *object);
	void (*put_data)(struct json_out *o, const struct call *call);
	const char *message;
};

/* A refusal in words of its own; absent message: none. */
struct franchiser_said {
	enum franchiser_what what;
	struct str message;
};

/* call->state: what open learns and later steps use. */
struct franchiser_state {
	struct form form;
	struct str timestamp;
	struct str request_data;
	struct str sign;
	struct franchiser_said refusal;
	/* What decode has against a field, told behind the order's state. */
	struct franchiser_said objection;
};

/* calls.c */
extern const struct franchiser_call franchiser_calls[];
extern const size_t franchiser_call_count;
const struct franchiser_call *franchiser_find_call(struct str path);

/* errors.c */
/* Refuses with words of its own; returns the code. */
enum err_code franchiser_refuse(struct call *call, enum err_code code,
    enum franchiser_what what, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The table's row with the default code: message is NULL where a function words
 * it. */
void franchiser_error_row(enum err_code code, int64_t *status_code,
    const char **message);
/* statusCode and message of the call's failure. */
int64_t franchiser_failure(const struct call *call, struct str *message);
/* What is repeated of a client's text: LIMIT_NAME_BYTES at most. */
struct str franchiser_cut(struct str text);

/* signature.c */
/*
 * What is signed: every field but `sign`, by name, which are put into `fields`
 * and must live as long as *s. `way` is an enum franchiser_sign.
 */
void franchiser_signing(struct signing *s,
    struct form_field fields[LIMIT_FORM_FIELDS], const struct form *form,
    struct str secret, int64_t way);
/* Fields but `sign` in the order of their names; returns how many. */
size_t franchiser_sort(const struct form *form,
    struct form_field out[LIMIT_FORM_FIELDS]);

/* verify.c, sign.c */
bool franchiser_parse_time(struct str text, int64_t *at_ms);
MUST_CHECK enum err_code franchiser_verify(struct call *call);
MUST_CHECK enum err_code franchiser_sign(struct arena *a,
    const struct credential *c, const struct sign_input *in,
    struct sign_output *out, struct err *err);

/* decode.c */
MUST_CHECK enum err_code franchiser_decode(struct call *call);
enum err_code franchiser_decode_modify(struct call *call, json_t *object);
enum err_code franchiser_decode_create(struct call *call, json_t *object);
enum err_code franchiser_decode_query(struct call *call, json_t *object);
enum err_code franchiser_decode_cancel(struct call *call, json_t *object);
enum err_code franchiser_decode_list(struct call *call, json_t *object);

/* fields.c */
/* The fields of one order on their way into a change. */
struct franchiser_decoding {
	struct call *call;
	struct change *change;
	const struct catalog *catalog;
	json_t *object;
	bool creates;
	/* The first fault, and the place of its row in the table. */
	struct franchiser_said fault;
	size_t fault_row;
	size_t row; /* the one being read */
};

struct franchiser_field {
	const char *name;
	/* `json` is NULL when the field is not there, or null. */
	void (*read)(struct franchiser_decoding *d,
	    const struct franchiser_field *row, const json_t *json);
	enum order_field field;
	int64_t min;
	int64_t max;
	bool required;
};

extern const struct franchiser_field franchiser_fields[];
extern const size_t franchiser_field_count;
bool franchiser_is_field(const char *name);
/* Reads all of them; what is wrong becomes the command's objection. */
void franchiser_read_fields(struct franchiser_decoding *d);
/* The first fault stands. */
void franchiser_fault(struct franchiser_decoding *d, enum franchiser_what what,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
void franchiser_bad_field(struct franchiser_decoding *d, const char *name);
/* 5 or "5"; no fraction, nothing behind it. */
bool franchiser_int(const json_t *json, int64_t *out);
/* A text of min to max characters; absent when it is none. */
struct str franchiser_text(const json_t *json, int64_t min, int64_t max);

#define FRANCHISER_WAY_LAST 5 /* of transportway, from 1 */

/* items.c */
/* A member of a line; all but the remark are required. */
struct franchiser_item_field {
	const char *name;
	int64_t min; /* of a number its value, of a text its characters */
	int64_t max;
};

enum franchiser_item { ITEM_CODE, ITEM_QUANTITY, ITEM_REMARK, ITEM__COUNT };

extern const struct franchiser_item_field franchiser_items[ITEM__COUNT];
void franchiser_read_items(struct franchiser_decoding *d,
    const struct franchiser_field *row, const json_t *json);
bool franchiser_is_item_field(const char *name);

/* describe.c */
void franchiser_describe(struct arena *a, struct dialect_spec *out);

/* encode.c, order_json.c */
void franchiser_encode(struct call *call);
void franchiser_put_tradeno(struct json_out *o, const struct call *call);
void franchiser_put_warehouses(struct json_out *o, const struct call *call);
void franchiser_put_order(struct json_out *o, const struct call *call);

/* about.c */
extern const struct dialect_about franchiser_about;

/* client.c: see struct dialect. */
MUST_CHECK enum err_code franchiser_compose(struct arena *a,
    const struct call_words *w, struct sign_input *in, struct err *err);
bool franchiser_succeeded(int status, struct str body);
MUST_CHECK enum err_code franchiser_examine(struct arena *a,
    const struct request *r, const struct credential *c, struct examined *out,
    struct err *err);

#endif
