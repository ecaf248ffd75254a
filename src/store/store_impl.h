/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder share.
 */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include "base/arena.h"
#include "base/digest.h"
#include "sql/sql.h"
#include "store/row.h"
#include "store/statements.h"
#include "store/store.h"

struct store {
	struct str url; /* owned */
	uint8_t key[BOX_KEY_BYTES];
	bool is_remote;
};

/* Rows of one statement at most. */
#define STORE_SET_ROWS 64
#define STORE_ROW_VALUES ORDER_INSERT_COLUMNS_COUNT

/* An app's place in the log, held by the transaction. */
struct store_line {
	int64_t app;
	int64_t stored_seq; /* as the row says */
	int64_t next_seq;
};

struct store_conn {
	struct store *store; /* outlives its connections */
	struct sql_db *db;
	enum store_role role;
	int64_t deadline_us; /* store_set_deadline's */
	/* Inside a transaction of a writer. An embedded store has one log, a
	 * shared one a line for each app that is held, by app. */
	bool is_writing;
	int64_t next_seq;
	struct store_line *lines;    /* heap, used again */
	struct sql_value *line_apps; /* the same apps, as they are asked for */
	size_t line_count, line_room;
	struct sql_cursor
	    *locking; /* the lines are asked for, see store_load */
	/* Of a writer: the rows of one statement, and their texts. */
	struct sql_value *values;
	struct row_text texts[STORE_SET_ROWS];
	bool apps_changed; /* by this transaction: the commit counts it */
	/* Taking back a long history copies the order from one to the other
	 * now and then, so that it needs little memory however long it is. */
	struct arena rewind[2];
	/* Of a check: counts the amendments that were taken back and are not
	 * what was sealed; NULL: they are not looked at. */
	int64_t *unsealed;
	int64_t rewind_left; /* amendments, see store_rewind_allow */
};

#define STORE_REWIND_ARENA_BYTES LIMIT_REQUEST_ARENA_BYTES

/* The name of this kind the order was given; absent when it has none. */
struct str store_given_name(const struct order *o, enum name_kind kind);

/* Waits for the lines that store_begin_load has asked for, if any are. */
MUST_CHECK enum err_code store_lines_take(struct store_conn *c,
    struct err *err);

/* The parts of store_load: what is asked, and taking it. */
struct answer_keys {
	struct sql_value *values; /* three of each */
	struct store_answer **answers;
	size_t count;
	struct sql_cursor *cursor;
};
MUST_CHECK enum err_code store_answers_ask(struct store_conn *c,
    struct arena *a, struct store_answer *answers, size_t count,
    struct answer_keys *k, struct err *err);
MUST_CHECK enum err_code store_answers_take(struct arena *a, int64_t now_ms,
    struct answer_keys *k, struct err *err);

/*
 * Rows for one statement, gathered until there are enough for one exchange.
 * They stand in conn->values, so one such set is open at a time; what values
 * point to must live until the flush: conn->texts has a place for each row.
 */
struct store_rows {
	struct store_conn *conn;
	enum statement statement;
	size_t width; /* values of a row */
	size_t count; /* of rows that are not sent */
};

void store_rows_init(struct store_rows *r, struct store_conn *c,
    enum statement statement);
/* Where the next row's values go; its texts are conn->texts[r->count]. */
struct sql_value *store_rows_next(struct store_rows *r);
/* That row is there: sends what is enough. */
MUST_CHECK enum err_code store_rows_add(struct store_rows *r, struct err *err);
MUST_CHECK enum err_code store_rows_put(struct store_rows *r,
    const struct sql_value *values, size_t count, struct err *err);
/* Sends what is left. */
MUST_CHECK enum err_code store_rows_flush(struct store_rows *r,
    struct err *err);

/* Writes rows of stock as they are. */
MUST_CHECK enum err_code store_stock_write(struct store_conn *c,
    const struct stock_row *const *rows, size_t count, struct err *err);
/* The step of store_check that adds up what orders hold; `report` as there. */
MUST_CHECK enum err_code store_stock_check(struct store_conn *c,
    store_report_f *report, void *arg, struct err *err);

/* One row of a statement with a single integer as its result; *found tells
 * whether there was one. */
MUST_CHECK enum err_code store_ask_int(struct store_conn *c,
    enum statement statement, const struct sql_value *args, size_t count,
    bool *found, int64_t *out, struct err *err);

/* Before a commit: counts that apps were changed, if they were. */
MUST_CHECK enum err_code store_count_revision(struct store_conn *c,
    struct err *err);

/* The app's order with this id; *out is NULL when there is none. */
MUST_CHECK enum err_code store_order_load(struct store_conn *c, struct arena *a,
    int64_t app, int64_t id, struct order **out, struct err *err);
/* The app's amendment with this seq, which must be there. */
MUST_CHECK enum err_code store_amendment_load(struct store_conn *c,
    struct arena *a, int64_t app, int64_t seq, struct amendment *out,
    struct err *err);

/*
 * Takes amendments of *order back until it has this version (0: until nothing
 * is left of it). Afterwards *order lives in c->rewind until the next call.
 * ERR_STORE_FAILED says what is wrong with the log.
 */
MUST_CHECK enum err_code store_rewind(struct store_conn *c, struct order *order,
    int64_t version, struct err *err);
/* Whether it is what was sealed, and links to something exactly when it must. */
bool store_amendment_is_whole(const struct amendment *m);
/* A deleted order as it was after its last amendment: empty, but for that. */
MUST_CHECK enum err_code store_tomb_load(struct store_conn *c, struct arena *a,
    int64_t app, int64_t id, struct order *out, bool *found, struct err *err);

/* Parts of store_check: the stored answers, and one app. */
MUST_CHECK enum err_code store_check_answers(struct store_conn *c,
    store_report_f *report, void *arg, struct err *err);
void store_check_app(const struct app_record *app, struct arena *a,
    store_report_f *report, void *arg);

/* Secrets of a credential: a box is tied to its row and column. */
struct str store_seal(const struct store *s, struct arena *a,
    const struct credential_record *r, const char *column, struct str plain);
/* ERR_STORE_FAILED when the box does not open. */
MUST_CHECK enum err_code store_unseal(const struct store *s, struct arena *a,
    const struct credential_record *r, const char *column, struct str box,
    struct str *plain_out, struct err *err);

#endif
