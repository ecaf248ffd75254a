/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a check that looks at what stands beside the orders: stored
 * answers must speak of versions their app's orders have had, and apps must
 * have rates and policies that can be read.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "order/policy.h"
#include "store/store_impl.h"

#define PAGE 256 /* rows looked at by one statement */

/* --- answers ---------------------------------------------------------------- */

struct answer_key {
	int64_t at_ms;
	int64_t app;
	uint8_t digest[IDENTITY_BYTES];
};

struct answers {
	struct store_conn *conn;
	store_report_f *report;
	void *report_arg;
	struct answer_key last;
};

static void
report_answer(struct answers *k, const char *what, int64_t order,
    int64_t version)
{
	char sentence[256];

	(void)snprintf(sentence, sizeof(sentence),
	    "A stored answer of app %" PRId64 ", signed at %" PRId64
	    ", tells of order %" PRId64 ", version %" PRId64 ": %s.",
	    k->last.app, k->last.at_ms, order, version, what);
	k->report(k->report_arg, sentence);
}

/* The order, or its tombstone, is the app's and has had the version. */
static enum err_code
check_told(struct answers *k, int64_t order, int64_t version, struct err *err)
{
	struct sql_value args[] = {sql_int(order)};
	struct sql_cursor *cursor;
	bool row = false;
	enum err_code code = sql_start(k->conn->db, ST_ORDER_STANDS, args, 1,
	    &cursor, err);

	if (code == ERR_OK)
		code = sql_next(cursor, &row, err);
	if (code == ERR_OK && !row)
		report_answer(k, "there is no such order", order, version);
	else if (row && sql_get_int(cursor, 0) != k->last.app)
		report_answer(k, "it is another app's", order, version);
	else if (row && (version < 1 || version > sql_get_int(cursor, 1)))
		report_answer(k, "it has no such version", order, version);
	sql_done(&cursor);
	return code;
}

/* A batch's answer has a line "WORD ID VERSION" for each of its commands; those
 * that led to no order have zeros. */
static enum err_code
check_list(struct answers *k, struct str items, struct err *err)
{
	enum err_code code = ERR_OK;

	while (items.n > 0 && code == ERR_OK) {
		struct str line = str_cut(&items, '\n');
		struct str word = str_cut(&line, ' ');
		struct str id = str_cut(&line, ' ');
		int64_t order = 0, version = 0;

		if (word.n == 0 || !str_parse_int(id, &order) ||
		    !str_parse_int(line, &version))
			report_answer(k, "its list can't be read", order,
			    version);
		else if (order != 0 || version != 0)
			code = check_told(k, order, version, err);
	}
	return code;
}

static enum err_code
check_answer(struct answers *k, struct sql_cursor *cursor, struct err *err)
{
	struct str digest = sql_get_str(cursor, 2);
	struct str items = sql_get_str(cursor, 5);
	int64_t order = sql_get_int(cursor, 3);
	int64_t version = sql_get_int(cursor, 4);

	k->last.at_ms = sql_get_int(cursor, 0);
	k->last.app = sql_get_int(cursor, 1);
	if (digest.n != IDENTITY_BYTES) {
		report_answer(k, "its digest has another length", order,
		    version);
		/* The key can't be held: goes on behind all that begin so. */
		memset(k->last.digest, 0xff, sizeof(k->last.digest));
		if (digest.n < IDENTITY_BYTES)
			memcpy(k->last.digest, digest.p, digest.n);
		return ERR_OK;
	}
	memcpy(k->last.digest, digest.p, digest.n);
	if (!str_is_null(items))
		return check_list(k, items, err);
	return check_told(k, order, version, err);
}

static enum err_code
check_page(struct answers *k, bool *more, struct err *err)
{
	struct str digest = {(const char *)k->last.digest, IDENTITY_BYTES};
	struct sql_value args[] = {sql_int(k->last.at_ms), sql_int(k->last.app),
	    sql_bytes(digest), sql_int(PAGE)};
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code;

	*more = false;
	code = sql_start(k->conn->db, ST_ANSWERS_AFTER, args, 4, &cursor, err);
	while (code == ERR_OK) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		*more = true;
		code = check_answer(k, cursor, err);
	}
	sql_done(&cursor);
	return code;
}

enum err_code
store_check_answers(struct store_conn *c, store_report_f *report, void *arg,
    struct err *err)
{
	struct answers k = {.conn = c,
	    .report = report,
	    .report_arg = arg,
	    .last.at_ms = INT64_MIN};
	enum err_code code = ERR_OK;
	bool more = true;

	assert(c != NULL);
	assert(report != NULL);
	while (more && code == ERR_OK)
		code = check_page(&k, &more, err);
	return code;
}

/* --- apps --------------------------------------------------------------------- */

void
store_check_app(const struct app_record *app, struct arena *a,
    store_report_f *report, void *arg)
{
	struct policy policy;
	struct err err = {0};
	char sentence[512];

	assert(app != NULL);
	assert(report != NULL);
	if (app->rate < RATE_UNLIMITED || app->rate > LIMIT_RATE_MAX) {
		(void)snprintf(sentence, sizeof(sentence),
		    "App %.*s: its rate, %" PRId64 ", is out of range.",
		    STR_ARG(app->id), app->rate);
		report(arg, sentence);
	}
	policy_init(&policy);
	if (str_is_null(app->policy) ||
	    policy_parse(&policy, a, app->policy, &err) == ERR_OK)
		return;
	(void)snprintf(sentence, sizeof(sentence),
	    "App %.*s: its policies can't be read: %s", STR_ARG(app->id),
	    err.detail);
	report(arg, sentence);
}
