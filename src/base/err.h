/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error enum of the program. Three kinds, never mixed: a bug is an
 * assert; an operating fault and a client's mistake are codes of this table.
 * What a client sees of a code is decided in one place per dialect, its error
 * table, which must have a row for every code (checked when compiling).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* clang-format off */
#define ERR_TABLE(X)                                                          \
	/* name          what went wrong, for the log */                      \
	X(OK,             "no error")                                         \
	/* the shape of the request */                                        \
	X(BAD_REQUEST,    "the HTTP request is malformed or ambiguous")       \
	X(NO_ROUTE,       "no such call")                                     \
	X(BAD_METHOD,     "the call exists, not with this HTTP method")       \
	X(BODY_TOO_LARGE, "the body passes its limit")                        \
	X(URL_TOO_LONG,   "the request target passes its limit")              \
	X(BAD_TYPE,       "the content type is not one this call reads")      \
	X(BAD_BODY,       "the body cannot be parsed")                        \
	/* who is asking */                                                   \
	X(NO_CREDENTIALS, "credentials are missing")                          \
	X(BAD_TIME,       "the signed time is malformed or out of its window") \
	X(DENIED,         "the signature does not hold or the app is unknown") \
	X(DISABLED,       "the app is disabled")                              \
	X(IP_DENIED,      "the client's address is not allowed")              \
	X(RATE_LIMITED,   "too many requests")                                \
	/* what is asked */                                                   \
	X(BAD_FIELD,      "a field is missing, unknown or out of range")      \
	X(NOT_FOUND,      "no such order")                                    \
	X(NOT_YOURS,      "the order belongs to another app")                 \
	X(BAD_STATE,      "the order's state forbids this")                   \
	X(CONFLICT,       "the order has changed since the version named")    \
	X(KEY_REUSED,     "the idempotency key came with another request")    \
	X(NEED_VERSION,   "the app's policy demands a version to match")      \
	X(NAME_TAKEN,     "another order has this name")                      \
	X(NO_STOCK,       "the warehouse has too little of a product")        \
	/* what the server can't do now; nothing was written unless UNSURE */ \
	X(BUSY,           "a queue is full")                                  \
	X(STORE_BUSY,     "the store is locked or too slow")                  \
	X(STORE_AWAY,     "the database is not there or takes no changes")    \
	X(STORE_CONFLICT, "the database wants the transaction once more")     \
	X(STORE_FULL,     "the disk is full")                                 \
	X(STORE_FAILED,   "the store failed")                                 \
	X(STORE_UNSURE,   "the store may or may not have committed")          \
	X(NO_MEMORY,      "a memory limit was reached")                       \
	X(USAGE,          "wrong command, flag or setting")                   \
	X(STOPPING,       "the server is shutting down")
/* clang-format on */

enum err_code {
#define X(name, text) ERR_##name,
	ERR_TABLE(X)
#undef X
	ERR__COUNT
};

/* Where in a text, and why, its reader stopped (base/json.h). */
struct err_place {
	int line;   /* from 1; 0: it is about no text */
	int column; /* from 1, in characters */
	unsigned why;
};

/* Details of one failure, fixed in size: the error path allocates nothing. */
struct err {
	enum err_code code;
	char field[64];	  /* path of the field in doubt, or "" */
	char detail[256]; /* for log and operator, not for API clients */
	struct err_place place;
};

/* Fills *e (which may be NULL) and returns `code`: return err_set(e, …); */
enum err_code err_set(struct err *e, enum err_code code, const char *field,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Lower-case name ("bad_field") and the table's text. */
const char *err_name(enum err_code code);
const char *err_text(enum err_code code);
/* True when the same request may succeed later without being altered. */
bool err_is_transient(enum err_code code);

#endif
