/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the wangdian dialect share.
 *
 *   wangdian.c       the hooks in a row: open, method, the struct dialect
 *   methods.c        finding a method's row; the rows are in methods.h
 *   parameters.c     the query's parameters in the order they are signed in
 *   verify.c         who asks: sid, key, time, version, signature
 *   sign.c           signing as a client
 *   client.c         words, answers, a request taken apart
 *   decode.c         the body to arguments; the short methods
 *   decode_create.c  createOrder
 *   decode_list.c    queryWithDetail, cancelByType, pending
 *   attributes.c     the attributes an order keeps for this dialect
 *   encode.c         outcomes to replies
 *   encode_list.c    the answers that speak of several orders
 *   order_json.c     an order as queryWithDetail shows it
 *   errors.c         the error table, and a failure's words
 *   describe.c       all of it as data, from the tables
 */
#ifndef DIALECT_WANGDIAN_WANGDIAN_IMPL_H
#define DIALECT_WANGDIAN_WANGDIAN_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "dialect/dialect.h"
#include "dialect/fields.h"
#include "dialect/form.h"
#include "dialect/signing.h"
#include "dialect/spec.h"
#include "dialect/wangdian/methods.h"

#define WANGDIAN_PATH "/openapi"
/* Where the vendor's own demonstration program ends up. */
#define WANGDIAN_PATH_TWICE "/openapi/openapi"

/* Their seconds count from 2012-01-01 00:00:00 +08:00. */
#define WANGDIAN_EPOCH_S INT64_C(1325347200)

/* What an order without a flag is called, and how a flag is cleared. */
#define WANGDIAN_NO_FLAG "无"

/* The statuses of their failures that we have a use for. */
enum wangdian_status {
	WANGDIAN_DONE = 0,
	WANGDIAN_REFUSED = 1, /* the request is not one, or not allowed */
	WANGDIAN_STORE = 4,
	WANGDIAN_IP = 6,
	WANGDIAN_TIME = 7,
	WANGDIAN_VERSION = 8,
	WANGDIAN_BUSINESS = 100,
};

enum argument { ARGUMENT_NONE, ARGUMENT_OBJECT, ARGUMENT_TEXT, ARGUMENT_TEXTS };

enum paging { PAGING_PLAIN, PAGING_PAGED };

/* One method. */
struct wangdian_method {
	const char *name; /* on the wire, in logs and amendments */
	enum argument argument;
	enum paging paging;
	enum command_kind kind;
	/* MUST. The argument (of the kind above; NULL for none) to the call's
	 * command. */
	enum err_code (*decode)(struct call *call, json_t *argument);
	/* MAY. Writes `data` of a success. */
	void (*put_data)(struct json_out *o, const struct call *call);
	const char *bad_state;
};

/* call->state: what open learns and later steps use. */
struct wangdian_state {
	struct form query; /* decoded */
	struct str sid;	   /* absent parameters are empty texts */
	struct str salt;
	struct str timestamp;
	struct str version;
	struct str sign;
	struct str method;
	/* A refusal that the error table has no words for. */
	int64_t status;	    /* 0: the table's */
	struct str message; /* absent: the table's */
	/* Of cancelByType: what was asked about, each once. */
	const struct str *names;
	size_t name_count;
	/* Of createOrder and updatePurchaseInfo: what the catalog lacks, as
	 * one text; absent when it lacks nothing. */
	struct str objection;
};

/* methods.c */
extern const struct wangdian_method wangdian_methods[];
extern const size_t wangdian_method_count;
/* NULL: no such method. */
const struct wangdian_method *wangdian_find_method(struct str name);

/* errors.c */
/*
 * Refuses with words of its own; returns the code. status 0 and a NULL format
 * stand for what the error table says of the code.
 */
enum err_code wangdian_refuse(struct call *call, enum err_code code,
    int64_t status, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Status and message of the call's failure. */
int64_t wangdian_failure(const struct call *call, struct str *message);
/* The table's row: message is NULL where a function words it. */
void wangdian_error_row(enum err_code code, int64_t *status,
    const char **message);
/* The same of one order's part in a batch. */
struct str wangdian_order_failure(const struct call *call, enum err_code code);

/* parameters.c: every parameter but `sign`, and the body as one more, in the
 * order of their names' bytes. */
struct wangdian_parameters {
	struct form_field rows[LIMIT_FORM_FIELDS + 1];
	size_t count;
	bool ambiguous; /* a name twice, a name "body", an empty name */
};

void wangdian_parameters_sort(struct wangdian_parameters *p,
    const struct form *query, struct str body);
/* What is signed of them with the secret before the colon; borrows both. */
struct signing wangdian_signing(const struct wangdian_parameters *p,
    struct str secret);

/* verify.c */
/* What a credential's secret is made of, see struct credential.prepared. */
struct wangdian_key {
	struct digest begun; /* has taken the secret */
	struct str secret;   /* before the first colon of the appsecret */
	struct str salt;     /* behind it; empty without one */
	uint8_t salt_digest[DIGEST_BYTES_MAX];
};

bool wangdian_parse_time(struct str text, int64_t *at_ms);
MUST_CHECK enum err_code wangdian_verify(struct call *call);
const void *wangdian_prepare(struct arena *a, const struct credential *c);
void wangdian_split_secret(struct str appsecret, struct wangdian_key *out);

/* sign.c */
MUST_CHECK enum err_code wangdian_sign(struct arena *a,
    const struct credential *c, const struct sign_input *in,
    struct sign_output *out, struct err *err);

/* decode.c */
MUST_CHECK enum err_code wangdian_decode(struct call *call);
struct wire_sink wangdian_sink(struct call *call);
/* A member that is a text; null and "" are as good as none. */
struct wangdian_text_row {
	const char *name;
	bool required;
	int64_t max; /* code points */
};

/* Absent when it is missing, or wrong, which adds a fault. */
struct str wangdian_text(const struct wire_sink *sink, const json_t *object,
    const struct wangdian_text_row *row);

extern const struct wangdian_text_row wangdian_update_purchase_no;
extern const struct wangdian_text_row wangdian_update_flag_name;
/* Sets the order's flag; what the catalog has against it becomes the call's
 * objection. Absent: does nothing. */
void wangdian_put_flag(struct call *call, struct str name);
/* Adds to the call's objection. */
void wangdian_object(struct call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum err_code wangdian_decode_update(struct call *call, json_t *argument);
enum err_code wangdian_decode_cancel(struct call *call, json_t *argument);
enum err_code wangdian_decode_now(struct call *call, json_t *argument);

/* decode_create.c */
extern const struct wire_table wangdian_create_fields;
extern const struct wire_table wangdian_line_fields;
/* num comes with as many decimals as a line's number has on the wire. */
#define WANGDIAN_NUM_SCALE 10000
extern const struct wangdian_text_row wangdian_create_flag_name;
enum err_code wangdian_decode_create(struct call *call, json_t *argument);

/* decode_list.c */
extern const struct wangdian_text_row wangdian_query_purchase_no;
extern const struct wangdian_text_row wangdian_query_start_time;
extern const struct wangdian_text_row wangdian_query_end_time;
/* Their statuses, ours among them; 0 at the end. */
extern const int64_t wangdian_statuses[];
enum err_code wangdian_decode_query(struct call *call, json_t *argument);
enum err_code wangdian_decode_cancel_by_type(struct call *call,
    json_t *argument);
enum err_code wangdian_decode_pending(struct call *call, json_t *argument);
/* page_size and page_no of a paged call to its filter. */
MUST_CHECK enum err_code wangdian_decode_paging(struct call *call);

/* attributes.c */
enum attribute_kind {
	ATTRIBUTE_TEXT,
	ATTRIBUTE_NUMBERS, /* of warehouses: a text "A,B", or a list */
	ATTRIBUTE_MONEY,   /* kept with four decimals */
	ATTRIBUTE_TIME,	   /* "yyyy-MM-dd HH:mm:ss", or the day alone */
};

struct wangdian_attribute {
	const char *wire;
	const char *name; /* in the order */
	enum attribute_kind kind;
	int64_t max; /* code points */
	bool required;
};

extern const struct wangdian_attribute wangdian_attributes[];
extern const size_t wangdian_attribute_count;
/* Discounts of the lines, joined with ','; true of the lines it was made for. */
#define WANGDIAN_LINE_DISCOUNTS "wangdian.detail_discounts"

/* encode.c */
void wangdian_encode(struct call *call);
void wangdian_put_created(struct json_out *o, const struct call *call);
void wangdian_put_now(struct json_out *o, const struct call *call);
void wangdian_purchase_no(struct json_out *o, const struct order *order);

/* encode_list.c */
void wangdian_put_orders(struct json_out *o, const struct call *call);
void wangdian_put_cancelled(struct json_out *o, const struct call *call);
void wangdian_put_pending(struct json_out *o, const struct call *call);

/* describe.c */
void wangdian_describe(struct arena *a, struct dialect_spec *out);

/* order_json.c */
extern const int wangdian_status_of[ORDER__COUNT];
void wangdian_order_json(struct json_out *o, const struct order *order,
    const struct catalog *catalog);

/* about.c */
extern const struct dialect_about wangdian_about;

/* client.c: see struct dialect. */
MUST_CHECK enum err_code wangdian_compose(struct arena *a,
    const struct call_words *w, struct sign_input *in, struct err *err);
bool wangdian_succeeded(int status, struct str body);
MUST_CHECK enum err_code wangdian_examine(struct arena *a,
    const struct request *r, const struct credential *c, struct examined *out,
    struct err *err);

#endif
