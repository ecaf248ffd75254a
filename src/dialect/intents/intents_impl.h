/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the intents dialect share.
 *
 *   intents.c     the hooks in a row: open, method, the struct dialect
 *   operations.c  the table of calls, and finding a request's row
 *   verify.c      signatures: checking, identity and rates, making
 *   client.c      the program as a client: words, answers, a request taken apart
 *   conditions.c  query parameters and headers that qualify a call
 *   decode.c      bodies to commands
 *   wire.c        the tables of body fields
 *   encode.c      outcomes to replies
 *   errors.c      the error table and what each error tells
 *   order_json.c  orders and amendments as JSON
 *   list.c        lists: from query parameters, and as JSON
 *   batch.c       batches: from a body, and as JSON
 *   describe.c    all of it as data, from the tables
 */
#ifndef DIALECT_INTENTS_INTENTS_IMPL_H
#define DIALECT_INTENTS_INTENTS_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "dialect/dialect.h"
#include "dialect/fields.h"
#include "dialect/signing.h"
#include "dialect/spec.h"

#define INTENTS_BASE "/api/v1"
/* Where load balancers look, too. */
#define INTENTS_HEALTH "/health"
#define TIMESTAMP_DIGITS 13 /* milliseconds, from 2001 to 2286 */

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP__COUNT };

enum query_name {
	QUERY_DRY_RUN,
	QUERY_AFTER,
	QUERY_LIMIT,
	QUERY_WAIT,
	/* of lists */
	QUERY_PAGE,
	QUERY_PAGE_SIZE,
	QUERY_STATUS,
	QUERY_USER_ID,
	QUERY_PLATFORM,
	QUERY_START_DATE,
	QUERY_END_DATE,
	QUERY_SORT_BY,
	QUERY_ORDER,
	QUERY_CURSOR,
	QUERY__COUNT
};

/* What a query parameter holds, which its row checks before it is taken. */
enum query_kind {
	QUERY_IS_INT,	 /* min, max: values */
	QUERY_IS_CHOICE, /* one of the words of `choices` */
	QUERY_IS_TEXT,	 /* min, max: code points */
	QUERY_IS_TIME,	 /* ISO 8601, or the day alone, from 1970 on */
	QUERY_IS_CURSOR, /* what an earlier answer gave */
};

struct intents_value {
	struct str text;
	int64_t number; /* of an INT; of a TIME its milliseconds */
};

struct intents_query {
	const char *name;
	enum query_kind kind;
	int64_t min;
	int64_t max;
	const char *choices;
	bool (*take)(struct call *call, const struct intents_value *v);
	const char *message;
};

#define INTENTS_PAGE_SIZE_MAX 100 /* [contract] */
#define INTENTS_USER_ID_MAX 100	  /* [contract] */
#define INTENTS_PLATFORMS "TAOBAO|JD|PDD"

#define QUERY_OF_LISTS (BIT(QUERY__COUNT) - BIT(QUERY_PAGE))

/* What a call does with a body. */
enum body_use {
	BODY_IGNORED,  /* of GET: neither read nor looked at */
	BODY_OPTIONAL, /* none is as good as {} */
	BODY_REQUIRED,
};

/* One call of the dialect. */
struct operation {
	const char *name; /* in logs, metrics and amendments */
	enum http_method method;
	const char *path; /* behind the base; {id} is any one segment */
	enum command_kind kind;
	enum order_move move; /* of COMMAND_MOVE */
	bool is_public;	      /* needs no credential, counts against no rate */
	bool is_put;	      /* counts against the app's rate.put too */
	enum body_use body;
	const struct wire_table *fields; /* of the body */
	unsigned query;			 /* mask of BIT(QUERY_x) it takes */
	int64_t state_code;		 /* what ERR_BAD_STATE becomes */
	const char *state_message;
	const char *message; /* of success; NULL: the usual one */
	/* MUST. Writes `data` of a success. */
	void (*put_data)(struct json_out *o, const struct call *call);
};

/* call->state: what open learns and later steps use. */
struct intents_state {
	struct str id; /* {id} of the path; absent without one */
	struct str timestamp;
	struct str signature;
	int64_t at_ms;
	/* Mask of BIT(HTTP_x): what the path takes, of a method that is none of
	 * them; else 0. */
	unsigned methods;
	struct intents_batch *batch; /* NULL: none, or not decoded */
	/* Of a list. */
	bool has_page;
	struct str cursor; /* as it came */
	char spare[512];   /* a reply when the arena is full */
};

/* operations.c */
extern const struct str intents_http_methods[HTTP__COUNT];
extern const struct operation intents_operations[];
extern const size_t intents_operation_count;
/*
 * The row of method and path, which is one that the dialect claims; *id and
 * *methods as in struct intents_state.
 * ERR_NO_ROUTE, ERR_BAD_METHOD.
 */
MUST_CHECK enum err_code intents_find_operation(struct str method,
    struct str path, struct str *id, unsigned *methods,
    const struct operation **out);
/* The methods of a mask as Allow lists them. */
struct str intents_print_methods(struct arena *a, unsigned methods);

/* intents.c */
bool intents_parse_time(struct str text, int64_t *at_ms);

/* verify.c */
/* The parts that are signed, in their order; the names are only ours. */
enum intents_part {
	INTENTS_PART_METHOD,
	INTENTS_PART_TARGET,
	INTENTS_PART_TIMESTAMP,
	INTENTS_PART_BODY,
	INTENTS_PART__COUNT
};

/* What is signed of a request; `parts` must live as long as what is returned,
 * and the rest is borrowed. */
struct signing intents_signing(struct form_field parts[INTENTS_PART__COUNT],
    const struct request *r, struct str timestamp, struct str secret);
MUST_CHECK enum err_code intents_verify(struct call *call);
const void *intents_prepare(struct arena *a, const struct credential *c);
MUST_CHECK enum err_code intents_sign(struct arena *a,
    const struct credential *c, const struct sign_input *in,
    struct sign_output *out, struct err *err);

/* "<version>" in its quotes, as ETag has it. */
bool intents_parse_version(struct str s, int64_t *out);
/* conditions.c */
extern const struct intents_query intents_queries[QUERY__COUNT];
/* Adds a fault for each one that is wrong. */
void intents_decode_conditions(struct call *call, const struct operation *op,
    const struct wire_sink *sink);
/* The value of a header that may come once; *repeated tells. */
struct str intents_single_header(const struct request *r, const char *name,
    bool *repeated);

/* wire.c */
extern const struct wire_table intents_create_fields;
extern const struct wire_table intents_update_fields;
extern const struct wire_table intents_fail_fields;
extern const struct wire_table intents_no_fields;
extern const struct wire_table intents_batch_fields; /* of the batch itself */
extern const struct wire_table intents_item_fields;  /* of one of its items */
/* The dialect's name of a core field, in faults and conflicts. */
const char *intents_field_name(enum order_field field);

/* list.c */
/* Each takes its parameter's value; false when it is none after all. */
bool intents_take_page(struct call *call, const struct intents_value *v);
bool intents_take_page_size(struct call *call, const struct intents_value *v);
bool intents_take_status(struct call *call, const struct intents_value *v);
bool intents_take_user_id(struct call *call, const struct intents_value *v);
bool intents_take_platform(struct call *call, const struct intents_value *v);
bool intents_take_start_date(struct call *call, const struct intents_value *v);
bool intents_take_end_date(struct call *call, const struct intents_value *v);
bool intents_take_sort_by(struct call *call, const struct intents_value *v);
bool intents_take_order(struct call *call, const struct intents_value *v);
bool intents_take_cursor(struct call *call, const struct intents_value *v);
/* Before and after the parameters: defaults, and what is looked at together. */
void intents_begin_list(struct call *call);
void intents_finish_list(struct call *call, const struct wire_sink *sink);
void intents_put_list(struct json_out *o, const struct call *call);

/* batch.c */
struct intents_batch;
/* Claims a token for each item; what is no batch keeps its one. */
void intents_batch_claim(struct call *call, const json_t *body);
MUST_CHECK enum err_code intents_decode_batch(struct call *call,
    const json_t *body, const struct wire_sink *sink);
/* Whether the outcome is told item by item. */
bool intents_has_batch(const struct call *call);
void intents_put_batch(struct json_out *o, const struct call *call);

/* decode.c */
/* Rules of an update that look at more than one field. */
void intents_finish_update(struct change *c, size_t member_count,
    const struct wire_sink *sink);
MUST_CHECK enum err_code intents_decode(struct call *call);

/* errors.c */
struct intents_error {
	int status; /* HTTP */
	int64_t code;
	int64_t retry_s; /* Retry-After; 0: none */
	const char *message;
	/* MUST. Writes `data`. */
	void (*put_data)(struct json_out *o, const struct call *call);
};

extern const struct intents_error intents_errors[ERR__COUNT];

/* encode.c */
void intents_encode(struct call *call);
/* What operations answer as data. */
void intents_put_health(struct json_out *o, const struct call *call);
void intents_put_order(struct json_out *o, const struct call *call);
void intents_put_cancelled(struct json_out *o, const struct call *call);
void intents_put_null(struct json_out *o, const struct call *call);
/* What a client is told of an outcome: the table's row, as the call words it. */
struct intents_verdict {
	const struct intents_error *row;
	int64_t code;
	const char *message;
	void (*put_data)(struct json_out *o, const struct call *call);
};

struct intents_verdict intents_judge(const struct call *call);
void intents_put_history(struct json_out *o, const struct call *call);
void intents_put_feed(struct json_out *o, const struct call *call);

/* describe.c */
void intents_describe(struct arena *a, struct dialect_spec *out);

/* order_json.c */
void intents_order_json(struct json_out *o, const struct order *order);
/* The order's address in one piece. */
struct str intents_whole_address(struct arena *a, const struct order *order);
void intents_id_json(struct json_out *o, int64_t order);
/* The members of an amendment, without the brackets. */
void intents_amendment_json(struct json_out *o, const struct amendment *m,
    const struct credential *c);

/* about.c */
extern const struct dialect_about intents_about;

/* client.c: see struct dialect. */
MUST_CHECK enum err_code intents_compose(struct arena *a,
    const struct call_words *w, struct sign_input *in, struct err *err);
bool intents_succeeded(int status, struct str body);
MUST_CHECK enum err_code intents_examine(struct arena *a,
    const struct request *r, const struct credential *c, struct examined *out,
    struct err *err);

#endif
