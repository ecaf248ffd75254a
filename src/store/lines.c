/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions that change orders, and the lines they stand in. On a shared
 * store an app's line is one row: it is locked first, so that whatever is read
 * afterwards is what the one before has left, and its last_seq says where the
 * app's log ends. Statements behind it need no lock of their own, no order of
 * theirs can bring two transactions to a standstill, and an app's log is in the
 * order of its commits without a gap.
 *
 * An embedded store has one writer at a time by itself, and one log.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/when.h"
#include "store/store_impl.h"

/* --- an embedded store's ----------------------------------------------------- */

static enum err_code
check_last(int64_t app, int64_t last, struct err *err)
{
	if (last >= 0 && last < LIMIT_COUNTED)
		return ERR_OK;
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "the log's last number, %lld (app %lld), cannot be true",
	    (long long)last, (long long)app);
}

static enum err_code
begin_log(struct store_conn *c, struct err *err)
{
	struct sql_value all[] = {sql_int(0)};
	int64_t last = 0;
	bool found;
	enum err_code code = store_ask_int(c, ST_LOG_LAST, all, 1, &found, &last,
	    err);

	if (code == ERR_OK)
		code = check_last(0, last, err);
	c->next_seq = last + 1;
	return code;
}

/* --- lines -------------------------------------------------------------------- */

static struct store_line *
find_line(const struct store_conn *c, int64_t app)
{
	size_t low = 0, high = c->line_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->lines[middle].app < app)
			low = middle + 1;
		else
			high = middle;
	}
	assert(low < c->line_count);
	assert(c->lines[low].app == app);
	return &c->lines[low];
}

static enum err_code
make_room(struct store_conn *c, size_t count, struct err *err)
{
	struct store_line *lines;
	struct sql_value *apps;

	if (count <= c->line_room)
		return ERR_OK;
	lines = realloc(c->lines, count * sizeof(*lines));
	if (lines != NULL)
		c->lines = lines;
	apps = realloc(c->line_apps, count * sizeof(*apps));
	if (apps != NULL)
		c->line_apps = apps;
	if (lines == NULL || apps == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for lines");
	c->line_room = count;
	return ERR_OK;
}

/* Asks for those that are there. */
static enum err_code
ask_lines(struct store_conn *c, const struct sql_value *apps, struct err *err)
{
	return sql_start_each(c->db, ST_LINE_LOCK, apps, 1, c->line_count,
	    &c->locking, err);
}

/* They are locked now; next_seq stays 0 for the others. */
static enum err_code
take_lines(struct store_conn *c, struct err *err)
{
	bool row = c->locking != NULL;
	enum err_code code = ERR_OK;

	while (row && code == ERR_OK) {
		struct store_line *line;

		code = sql_next(c->locking, &row, err);
		if (code != ERR_OK || !row)
			break;
		line = find_line(c, sql_get_int(c->locking, 0));
		line->stored_seq = sql_get_int(c->locking, 1);
		line->next_seq = line->stored_seq + 1;
		code = check_last(line->app, line->stored_seq, err);
	}
	sql_done(&c->locking);
	return code;
}

static bool
all_are_held(const struct store_conn *c)
{
	for (size_t i = 0; i < c->line_count; i++)
		if (c->lines[i].next_seq == 0)
			return false;
	return true;
}

static enum err_code
set_lines(struct store_conn *c, const int64_t *apps, size_t count,
    struct err *err)
{
	enum err_code code = make_room(c, count, err);

	if (code != ERR_OK)
		return code;
	c->line_count = count;
	for (size_t i = 0; i < count; i++) {
		c->lines[i] = (struct store_line){.app = apps[i]};
		c->line_apps[i] = sql_int(apps[i]);
	}
	return ERR_OK;
}

/* An app's first change makes its line. */
static enum err_code
make_lines(struct store_conn *c, struct err *err)
{
	return sql_run_each(c->db, ST_LINE_NEW, c->line_apps, 1, c->line_count,
	    err);
}

static enum err_code
hold_lines(struct store_conn *c, const int64_t *apps, size_t count,
    struct err *err)
{
	enum err_code code = set_lines(c, apps, count, err);

	if (code == ERR_OK)
		code = ask_lines(c, c->line_apps, err);
	if (code == ERR_OK)
		code = take_lines(c, err);
	if (code == ERR_OK && !all_are_held(c)) {
		code = make_lines(c, err);
		if (code == ERR_OK)
			code = ask_lines(c, c->line_apps, err);
		if (code == ERR_OK)
			code = take_lines(c, err);
	}
	if (code == ERR_OK && !all_are_held(c))
		return err_set(err, ERR_STORE_CONFLICT, NULL,
		    "an app's line is gone");
	return code;
}

/* What was read along with the lines was read before those that were missing
 * could be held: they are made on their own, and all begins anew. */
enum err_code
store_lines_take(struct store_conn *c, struct err *err)
{
	enum err_code code = take_lines(c, err);

	if (code != ERR_OK || all_are_held(c))
		return code;
	code = make_lines(c, err);
	if (code == ERR_OK)
		code = sql_commit(c->db, err);
	/* The commit has ended it; a rollback that follows finds nothing. */
	return code != ERR_OK
	    ? code
	    : err_set(err, ERR_STORE_CONFLICT, NULL, "a line was made");
}

enum err_code
store_hold(struct store_conn *c, const int64_t *apps, size_t count,
    struct err *err)
{
	assert(c != NULL);
	assert(c->is_writing);
	assert(c->line_count == 0);
	for (size_t i = 0; i < count; i++) {
		assert(apps[i] > 0);
		assert(i == 0 || apps[i - 1] < apps[i]);
	}
	if (!c->store->is_remote || count == 0)
		return ERR_OK;
	return hold_lines(c, apps, count, err);
}

static enum err_code
begin(struct store_conn *c, struct err *err)
{
	int64_t until_us = when_monotonic_us() + (int64_t)LIMIT_AWAY_MS * 1000;
	enum err_code code;

	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	assert(!c->is_writing);
	if (c->deadline_us != 0 && c->deadline_us < until_us)
		until_us = c->deadline_us;
	/* Finding a server is cut sooner; the rest has its own limits. */
	if (c->store->is_remote)
		sql_set_deadline(c->db, until_us);
	code = sql_begin(c->db, err);
	if (c->store->is_remote)
		sql_set_deadline(c->db, c->deadline_us);
	if (code != ERR_OK)
		return code;
	c->is_writing = true;
	c->line_count = 0;
	c->next_seq = 0;
	return ERR_OK;
}

/* --- transactions --------------------------------------------------------------- */

enum err_code
store_begin(struct store_conn *c, const int64_t *apps, size_t count,
    struct err *err)
{
	enum err_code code = begin(c, err);

	if (code != ERR_OK)
		return code;
	code = c->store->is_remote ? store_hold(c, apps, count, err)
				   : begin_log(c, err);
	if (code != ERR_OK)
		store_rollback(c);
	return code;
}

enum err_code
store_begin_load(struct store_conn *c, const int64_t *apps, size_t count,
    struct err *err)
{
	enum err_code code;

	assert(count > 0);
	if (!c->store->is_remote)
		return store_begin(c, apps, count, err);
	code = begin(c, err);
	if (code != ERR_OK)
		return code;
	code = set_lines(c, apps, count, err);
	if (code == ERR_OK)
		code = ask_lines(c, c->line_apps, err);
	if (code != ERR_OK)
		store_rollback(c);
	return code;
}

int64_t
store_next_seq(struct store_conn *c, int64_t app)
{
	assert(c != NULL);
	assert(c->is_writing);
	assert(app > 0);
	return c->store->is_remote ? find_line(c, app)->next_seq++
				   : c->next_seq++;
}

void
store_seq_back(struct store_conn *c, int64_t app, int64_t seq)
{
	int64_t *next;

	assert(c != NULL);
	assert(c->is_writing);
	assert(seq > 0);
	next = c->store->is_remote ? &find_line(c, app)->next_seq
				   : &c->next_seq;
	assert(seq <= *next);
	*next = seq;
}

static enum err_code
save_lines(struct store_conn *c, bool all, struct err *err)
{
	struct sql_value *values = calloc(c->line_count + 1,
	    2 * sizeof(*values));
	enum err_code code;
	size_t rows = 0;

	if (values == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "no room for lines");
	for (size_t i = 0; i < c->line_count; i++) {
		struct store_line *line = &c->lines[i];

		if (!all && line->next_seq == line->stored_seq + 1)
			continue;
		line->stored_seq = line->next_seq - 1;
		values[2 * rows] = sql_int(line->stored_seq);
		values[2 * rows + 1] = sql_int(line->app);
		rows++;
	}
	code = sql_run_each(c->db, ST_LINE_PUT, values, 2, rows, err);
	free(values);
	return code;
}

enum err_code
store_lines_touch(struct store_conn *c, struct err *err)
{
	assert(c != NULL);
	assert(c->is_writing);
	return c->line_count == 0 ? ERR_OK : save_lines(c, true, err);
}

enum err_code
store_has_amendment(struct store_conn *c, int64_t app, int64_t seq,
    const uint8_t hash[AMENDMENT_HASH_BYTES], bool *has, struct err *err)
{
	struct sql_value args[] = {sql_int(app), sql_int(seq)};
	struct sql_cursor *cursor;
	enum err_code code;

	assert(c != NULL);
	assert(has != NULL);
	*has = false;
	code = sql_start(c->db, ST_AMENDMENT_HASH, args, 2, &cursor, err);
	if (code == ERR_OK)
		code = store_lines_take(c, err);
	if (code == ERR_OK)
		code = sql_next(cursor, has, err);
	if (*has)
		*has = str_eq(sql_get_str(cursor, 0),
		    (struct str){(const char *)hash, AMENDMENT_HASH_BYTES});
	sql_done(&cursor);
	return code;
}

enum err_code
store_commit(struct store_conn *c, struct err *err)
{
	enum err_code code = ERR_OK;

	assert(c != NULL);
	assert(c->is_writing);
	assert(c->locking == NULL);
	if (c->line_count > 0)
		code = save_lines(c, false, err);
	if (code == ERR_OK)
		code = store_count_revision(c, err);
	if (code != ERR_OK) {
		store_rollback(c);
		return code;
	}
	c->is_writing = false;
	return sql_commit(c->db, err);
}

void
store_rollback(struct store_conn *c)
{
	assert(c != NULL);
	sql_done(&c->locking);
	c->is_writing = false;
	c->apps_changed = false;
	sql_rollback(c->db);
}
