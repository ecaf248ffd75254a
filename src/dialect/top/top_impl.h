/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the top dialect share.
 *
 *   top.c      the hooks in a row: open, method, the struct dialect
 *   verify.c   the checks before the business, in the platform's order
 *   sign.c     the three ways to sign, for checking and for making
 *   client.c   the program as a client: words, answers, a request apart
 *   methods.c  the table of methods: parameters in, shape of the answer out
 *   params.c   parameters of every kind, read by the table
 *   limits.c   what a parameter may be, in words
 *   lists.c    the parameters that are lists: waybills, skus, sub orders
 *   values.c   what the members of an answer say
 *   errors.c   the platform's errors, and what each outcome becomes
 *   encode.c   outcomes to replies
 *   writer.c   one way to write an answer, in three forms
 *   page.c     the documentation, from the tables
 *   describe.c the same as data
 */
#ifndef DIALECT_TOP_TOP_IMPL_H
#define DIALECT_TOP_TOP_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "dialect/dialect.h"
#include "dialect/form.h"
#include "dialect/signing.h"
#include "dialect/spec.h"
#include "dialect/top/top.h"

#define TOP_PATH "/router/rest"

/* --- errors -------------------------------------------------------------- */

/* clang-format off */
/*
 * The platform's errors: code, message, sub code, sub message (NULL: none).
 * NAMED ones end message and sub code with the names of parameters.
 */
#define TOP_ERROR_TABLE(X)                                                     \
	X(NONE,              0,  PLAIN, "", NULL, NULL)                        \
	X(LIMITED,           7,  PLAIN, "App Call Limited", "accesscontrol.limited-by-app-access-count", NULL) \
	X(HTTP_ACTION,       9,  PLAIN, "Http action not allowed", NULL, NULL) \
	X(UNAVAILABLE,       10, PLAIN, "Service currently unavailable", "isp.service-unavailable", NULL) \
	X(PERMISSION,        11, PLAIN, "Insufficient isv permissions", NULL, NULL) \
	X(NO_METHOD,         21, PLAIN, "Missing method", NULL, NULL)          \
	X(BAD_METHOD,        22, PLAIN, "Invalid method", NULL, NULL)          \
	X(BAD_FORMAT,        23, PLAIN, "Invalid format", NULL, NULL)          \
	X(NO_SIGN,           24, PLAIN, "Missing signature", NULL, NULL)       \
	X(BAD_SIGN,          25, PLAIN, "Invalid signature", NULL, NULL)       \
	X(NO_SESSION,        26, PLAIN, "Missing session", NULL, NULL)         \
	X(BAD_SESSION,       27, PLAIN, "Invalid session", NULL, NULL)         \
	X(NO_APP_KEY,        28, PLAIN, "Missing app key", NULL, NULL)         \
	X(BAD_APP_KEY,       29, PLAIN, "Invalid app Key", "isv.appkey-not-exists", NULL) \
	X(NO_TIMESTAMP,      30, PLAIN, "Missing timestamp", NULL, NULL)       \
	X(BAD_TIMESTAMP,     31, PLAIN, "Invalid timestamp", NULL, NULL)       \
	X(NO_VERSION,        32, PLAIN, "Missing version", NULL, NULL)         \
	X(BAD_VERSION,       33, PLAIN, "Invalid version", NULL, NULL)         \
	X(NO_ARGUMENT,       40, NAMED, "Missing required arguments:", "isv.missing-parameter:", NULL) \
	X(BAD_ARGUMENT,      41, NAMED, "Invalid arguments:", "isv.invalid-parameter:", NULL) \
	X(BAD_ENCODING,      47, PLAIN, "Invalid encoding", NULL, NULL)        \
	X(REMOTE,            50, PLAIN, "Remote service error", "isv.invalid-parameter", "非法参数")
/* clang-format on */

enum top_error {
#define X(name, code, naming, msg, sub_code, sub_msg) TOP_##name,
	TOP_ERROR_TABLE(X)
#undef X
	TOP__COUNT
};

struct top_error_row {
	int64_t code;
	bool is_named;
	const char *msg;
	const char *sub_code;
	const char *sub_msg;
};

extern const struct top_error_row top_errors[TOP__COUNT];

/* What an outcome becomes: a platform's error, or a refusal in the envelope of
 * a success. */
struct top_verdict {
	enum top_error error;
	const char *argument; /* of a NAMED error */
	const char *sub_code; /* NULL: the error's */
	const char *sub_msg;  /* NULL: the error's */
	const char *refusal;  /* call_error_code; NULL: an error */
	const char *refusal_msg;
};

extern const struct top_verdict top_verdicts[ERR__COUNT];

/* --- one call ------------------------------------------------------------ */

/* The parameters that are signed, sorted. */
struct top_signed {
	struct form_field *fields;
	size_t count;
	bool has_empty;
};

/* call->state: what open learns and later steps use. */
struct top_state {
	struct form form;
	enum top_error error;	  /* what open or verify refused with */
	struct str argument;	  /* of a NAMED error */
	int64_t at_ms;		  /* the signed time */
	struct top_signed listed; /* by verify; no fields before it */
};

/* The value of a parameter; absent when it is not there or empty, which is the
 * same because empty ones need not be signed. */
struct str top_param_find(const struct call *call, const char *name);

/* Makes the refusal the call's outcome, for encode; returns `code`. */
enum err_code top_refuse(struct call *call, enum top_error error,
    struct str argument, enum err_code code);

/* --- the table of methods ------------------------------------------------ */

enum top_param_kind {
	TOP_TEXT,	/* min, max: code points; no control characters */
	TOP_NUMBER,	/* min, max: values */
	TOP_FEE,	/* yuan with at most two decimals; min, max in fen */
	TOP_EVENT,	/* a vendor's event */
	TOP_ORDER_ID,	/* names the order */
	TOP_WAYBILLS,	/* JSON array of strings, or a comma list */
	TOP_SKUS,	/* JSON text of skus and quantities */
	TOP_SUB_ORDERS, /* comma list of numbers */
	TOP_VENDOR,	/* a number that is kept as an attribute */
	TOP_PARAM_KIND__COUNT
};

struct top_param {
	const char *name;
	enum top_param_kind kind;
	bool required;
	int64_t min, max;
	enum order_field field; /* where TEXT, NUMBER and FEE go */
	/* For the documentation. */
	const char *type;
	const char *example;
	const char *zh;
	const char *en;
};

enum top_shape_kind {
	TOP_BOOL,
	TOP_STRING,
	TOP_INTEGER,
	TOP_OBJECT,
	TOP_LIST, /* of objects */
};

/* What a leaf of an answer holds. */
struct top_value {
	struct str text;
	int64_t number;
	bool truth;
};

/* One member of an answer. */
struct top_shape {
	const char *name;
	enum top_shape_kind kind;
	const char
	    *type; /* for the documentation; a list's items' in wire form */
	/* OBJECT and LIST */
	const struct top_shape *members;
	size_t member_count;
	/* How many items a LIST has; an OBJECT with none is left out. MUST for
	 * both. */
	size_t (*count)(const struct call *call);
	/* Leaves: the value in item i of the list around it; false leaves it
	 * out. MUST for them. */
	bool (*get)(const struct call *call, size_t i, struct top_value *out);
	const char *example;
	const char *zh;
	const char *en;
};

struct top_reader;

struct top_method {
	const char *name;
	const char *root; /* of a success */
	enum command_kind kind;
	bool needs_session;
	const struct top_param *params;
	size_t param_count;
	const struct top_shape *answer;
	size_t answer_count;
	/* MAY. Rules that look at more than one parameter; adds faults. */
	void (*finish)(struct top_reader *r);
	const char *zh;
	const char *en;
};

extern const struct top_method top_methods[];
extern const size_t top_method_count;

/* NULL when there is none of this name. */
const struct top_method *top_method_find(struct str name);
/* The method's parameter of this name, or of this field; NULL: none. */
const struct top_param *top_method_param(const struct top_method *m,
    struct str name);
const struct top_param *top_method_field(const struct top_method *m,
    enum order_field field);

/* --- reading parameters -------------------------------------------------- */

#define TOP_ATTRIBUTES_MAX 4

/* Parameters on their way into a command. */
struct top_reader {
	struct call *call;
	struct arena *arena;
	struct change *change;
	struct attribute attributes[TOP_ATTRIBUTES_MAX];
	size_t attribute_count;
	bool has_skus;
	int64_t sku_sum;
};

/* Attributes of an order that this dialect keeps. */
#define TOP_ATTRIBUTE_SKUS "vendor.skus"	  /* "109:5,110:2" */
#define TOP_ATTRIBUTE_VENDOR "top.vendor_id"	  /* "7" */
#define TOP_ATTRIBUTE_SUB_ORDERS "top.sub_orders" /* "5404041050,5404041065" */

/* params.c */
MUST_CHECK enum err_code top_decode(struct call *call);
void top_reader_attribute(struct top_reader *r, const char *name,
    struct str value);
/* Whether it is 1 to LIMIT_TEXT_BYTES of UTF-8 without control characters. */
bool top_is_text(struct str s);

/* lists.c: false when the value is not such a list. */
bool top_read_waybills(struct top_reader *r, const struct top_param *p,
    struct str value);
bool top_read_skus(struct top_reader *r, const struct top_param *p,
    struct str value);
bool top_read_sub_orders(struct top_reader *r, const struct top_param *p,
    struct str value);
/* The quantities of sku_info add up to total_quantity, where policy asks. */
void top_check_sku_sum(struct top_reader *r);

/* limits.c: "1 到 64 个字符", "1 to 64 characters". */
void top_print_limits(struct buf *out, const struct top_param *p, bool chinese);

/* describe.c */
void top_describe(struct arena *a, struct dialect_spec *out);

/* --- verifying ----------------------------------------------------------- */

/* sign.c */
enum top_sign_method {
	TOP_SIGN_MD5,
	TOP_SIGN_HMAC_MD5,
	TOP_SIGN_HMAC_SHA256,
	TOP_SIGN__COUNT
};

/* An absent name is md5; false: there is none of this name. */
bool top_sign_method_parse(struct str name, enum top_sign_method *out);
MUST_CHECK enum err_code top_list_signed(struct arena *a,
    const struct form *form, struct top_signed *out);
/* What is signed of them, borrowed; empty ones with their names. */
struct signing top_signing(const struct top_signed *list,
    enum top_sign_method method, struct str secret);
MUST_CHECK enum err_code top_verify_signature(struct call *call);
/* The command's identity: what was signed, and when. */
void top_identify(struct call *call);
const void *top_prepare(struct arena *a, const struct credential *c);
MUST_CHECK enum err_code top_sign(struct arena *a, const struct credential *c,
    const struct sign_input *in, struct sign_output *out, struct err *err);

/* verify.c */
bool top_parse_time(struct str text, int64_t *at_ms);
MUST_CHECK enum err_code top_verify(struct call *call);

/* --- answering ----------------------------------------------------------- */

/* values.c: getters and counts of the shapes. */
bool top_get_success(const struct call *call, size_t i, struct top_value *v);
bool top_get_error_code(const struct call *call, size_t i, struct top_value *v);
bool top_get_error_msg(const struct call *call, size_t i, struct top_value *v);
bool top_get_time(const struct call *call, size_t i, struct top_value *v);
bool top_get_order_id(const struct call *call, size_t i, struct top_value *v);
bool top_get_sub_id(const struct call *call, size_t i, struct top_value *v);
bool top_get_vendor_order(const struct call *call, size_t i,
    struct top_value *v);
bool top_get_page_url(const struct call *call, size_t i, struct top_value *v);
size_t top_count_order(const struct call *call);
size_t top_count_subs(const struct call *call);

/* The forms of an answer. */
enum top_form { TOP_XML, TOP_JSON, TOP_JSON_SIMPLE };

/* An answer being written; mistakes of use are asserted, a full buffer or
 * arena shows in the buffer's failed mark. */
struct top_writer;

/* NULL when there is no memory for it. */
struct top_writer *top_writer_new(struct arena *a, struct buf *out,
    enum top_form form);
/* The root: an answer has exactly one. `is_error` keeps it in simple JSON. */
void top_write_begin(struct top_writer *w, const char *root, bool is_error);
void top_write_end(struct top_writer *w);
void top_write_open(struct top_writer *w, const char *name);
void top_write_close(struct top_writer *w);
/* A list, and its items of type `item`. */
void top_write_open_list(struct top_writer *w, const char *name,
    const char *item);
void top_write_close_list(struct top_writer *w);
void top_write_open_item(struct top_writer *w, const char *item);
void top_write_close_item(struct top_writer *w);
void top_write_text(struct top_writer *w, const char *name, struct str value);
void top_write_int(struct top_writer *w, const char *name, int64_t value);
void top_write_bool(struct top_writer *w, const char *name, bool value);

/* encode.c */
void top_encode(struct call *call);

/* about.c */
extern const struct dialect_about top_about;

/* client.c: see struct dialect. */
MUST_CHECK enum err_code top_compose(struct arena *a,
    const struct call_words *w, struct sign_input *in, struct err *err);
bool top_succeeded(int status, struct str body);
MUST_CHECK enum err_code top_examine(struct arena *a, const struct request *r,
    const struct credential *c, struct examined *out, struct err *err);

#endif
