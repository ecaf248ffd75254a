/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies a store into another one, table by table in pages, and verifies it.
 *
 * What arrived is compared with what was sent by a sum over the digests of all
 * rows: it needs no order that both databases agree on. The source is read in
 * one transaction; whether somebody changed it meanwhile is looked at behind
 * it, as what came later would be missing in the copy.
 *
 * An embedded store's log has one row of numbers for all apps, another one a
 * row for each app. Copied out of the embedded store, numbers stay. Copied into
 * it, those of several apps collide: then each becomes number * apps + place of
 * the app, which keeps every app's order and is never less than before, so that
 * a client goes on from an old number and may see a change again, but misses
 * none.
 */
#include "store/copy.h"

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "store/copy_statements.h"
#include "store/migrations.h"
#include "store/store_impl.h"

#define PAGE_ROWS 256
#define PAGE_BYTES ((size_t)4 * 1024 * 1024) /* about; a row is whole */

static_assert(STORE_COPY_TABLES == COPY__COUNT, "one line for each table");
static_assert(COPY_COLUMNS_MAX >= AMENDMENT_ROW_COLUMNS, "rows fit");

/* Lanes of a sum over digests. */
struct row_sum {
	uint64_t lanes[4];
	int64_t rows;
};

struct copy {
	struct store_copying *how;
	struct sql_db *from;
	struct sql_db *to;
	struct arena arena; /* one page */
	struct sql_value *page;
	int64_t done;
	int64_t total;
	int64_t *apps; /* numbers of the source's, ascending, on the heap */
	int64_t app_count;
	struct row_sum sums[COPY__COUNT];
};

/* A page's key, kept while the arena is used again. */
struct page_key {
	struct sql_value values[COPY_KEY_MAX + 1];
	char text[COPY_KEY_MAX][LIMIT_TEXT_BYTES];
	size_t count;
};

static enum err_code
refuse(struct copy *k, enum store_copy_refusal why, struct err *err)
{
	k->how->refusal = why;
	return err_set(err, ERR_USAGE, NULL, "the copy was refused");
}

/* --- rows ------------------------------------------------------------------- */

static void
add_number(struct digest *d, uint64_t n)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(n >> (8 * i));
	digest_add(d, (struct str){(const char *)bytes, sizeof(bytes)});
}

static void
add_row(struct row_sum *sum, const struct sql_value *values, size_t count)
{
	uint8_t out[DIGEST_BYTES_MAX];
	struct digest d;

	digest_init(&d, DIGEST_SHA256);
	for (size_t i = 0; i < count; i++) {
		const struct sql_value *v = &values[i];

		add_number(&d, (uint64_t)v->kind);
		add_number(&d, v->kind == SQL_INT ? (uint64_t)v->i : v->s.n);
		if (v->kind == SQL_TEXT || v->kind == SQL_BYTES)
			digest_add(&d, v->s);
	}
	(void)digest_end(&d, out);
	for (int lane = 0; lane < 4; lane++) {
		uint64_t n = 0;

		for (int i = 0; i < 8; i++)
			n = n << 8 | out[8 * lane + i];
		sum->lanes[lane] += n;
	}
	sum->rows++;
}

static bool
is_sum_equal(const struct row_sum *a, const struct row_sum *b)
{
	return a->rows == b->rows &&
	    memcmp(a->lanes, b->lanes, sizeof(a->lanes)) == 0;
}

static void
read_row(struct sql_cursor *cursor, const char *letters, struct arena *a,
    struct sql_value *out)
{
	for (int i = 0; letters[i] != '\0'; i++) {
		if (letters[i] == 'i') {
			out[i] = sql_int(sql_get_int(cursor, i));
			continue;
		}
		struct str s = arena_dup(a, sql_get_str(cursor, i));

		out[i] = letters[i] == 's' ? sql_text(s) : sql_bytes(s);
	}
}

/* Before the first row. */
static void
begin_key(struct page_key *key, const struct copy_row *row)
{
	key->count = strlen(row->key_letters);
	for (size_t i = 0; i < key->count; i++) {
		if (row->key_letters[i] == 'i')
			key->values[i] = sql_int(INT64_MIN);
		else if (row->key_letters[i] == 's')
			key->values[i] = sql_text(STR(""));
		else
			key->values[i] = sql_bytes(STR(""));
	}
	key->values[key->count] = sql_int(PAGE_ROWS);
}

static enum err_code
keep_key(struct page_key *key, const struct copy_row *row,
    const struct sql_value *values, struct err *err)
{
	for (size_t i = 0; i < key->count; i++) {
		struct sql_value v = values[row->key[i]];

		if (v.kind != SQL_INT) {
			if (v.s.n > sizeof(key->text[i]))
				return err_set(err, ERR_STORE_FAILED, NULL,
				    "a key of table %s is too long",
				    row->table);
			if (v.s.n > 0)
				memcpy(key->text[i], v.s.p, v.s.n);
			v.s.p = key->text[i];
		}
		key->values[i] = v;
	}
	return ERR_OK;
}

/* The rows behind the key into k->page, as many as PAGE_BYTES allow. */
static enum err_code
read_page(struct copy *k, struct sql_db *db, enum copy_table table,
    struct page_key *key, size_t *rows, struct err *err)
{
	const struct copy_row *r = &copy_rows[table];
	size_t columns = strlen(r->letters);
	struct sql_cursor *cursor;
	bool row = true;
	enum err_code code;
	size_t bytes = 0;

	arena_reset(&k->arena);
	*rows = 0;
	code = sql_start(db, COPY_STATEMENT(table, COPY_PAGE), key->values,
	    key->count + 1, &cursor, err);
	while (code == ERR_OK && *rows < PAGE_ROWS && bytes < PAGE_BYTES) {
		struct sql_value *values = &k->page[*rows * columns];

		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		read_row(cursor, r->letters, &k->arena, values);
		for (size_t i = 0; i < columns; i++)
			bytes += values[i].s.n;
		++*rows;
	}
	sql_done(&cursor);
	if (code == ERR_OK && arena_failed(&k->arena))
		return err_set(err, ERR_NO_MEMORY, NULL, "a row of table %s",
		    r->table);
	if (code == ERR_OK && *rows > 0)
		code = keep_key(key, r, &k->page[(*rows - 1) * columns], err);
	return code;
}

/* --- numbers of the log ------------------------------------------------------ */

/* The place of an app among all, from 0. */
static int64_t
place_of(const struct copy *k, int64_t app)
{
	int64_t low = 0, high = k->app_count;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (k->apps[middle] < app)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
renumber(const struct copy *k, int64_t app, struct sql_value *seq)
{
	if (seq->i > 0)
		seq->i = seq->i * k->app_count + place_of(k, app);
}

static void
renumber_page(struct copy *k, enum copy_table table, size_t rows)
{
	size_t columns = strlen(copy_rows[table].letters);

	if (!k->how->renumbered)
		return;
	for (size_t i = 0; i < rows; i++) {
		struct sql_value *v = &k->page[i * columns];

		/* The app is the first column of all three. */
		if (table == COPY_ORDERS) {
			renumber(k, v[0].i, &v[3]);
		} else if (table == COPY_TOMBS) {
			renumber(k, v[0].i, &v[2]);
		} else if (table == COPY_AMENDMENTS) {
			renumber(k, v[0].i, &v[1]);
			renumber(k, v[0].i, &v[3]);
		}
	}
}

/* Numbers of nodes are free over there, and so is the time behind their ids. */
static void
free_nodes(struct copy *k, size_t rows)
{
	size_t columns = strlen(copy_rows[COPY_NODES].letters);

	for (size_t i = 0; i < rows; i++) {
		k->page[i * columns + 1] = sql_text(STR(""));
		k->page[i * columns + 2] = sql_int(0);
	}
}

static enum err_code
keep_apps(struct copy *k, size_t rows, struct err *err)
{
	size_t columns = strlen(copy_rows[COPY_APPS].letters);

	if (k->app_count + (int64_t)rows > LIMIT_APPS)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "there are more apps than %d", LIMIT_APPS);
	for (size_t i = 0; i < rows; i++)
		k->apps[k->app_count++] = k->page[i * columns].i;
	return ERR_OK;
}

/* --- meta -------------------------------------------------------------------- */

/* What each store has for itself. */
static bool
is_own(struct str key)
{
	return str_eq(key, STR(META_SCHEMA_VERSION)) ||
	    str_eq(key, STR(META_KEY_CHECK)) || str_eq(key, STR(META_COPY_OF));
}

/* Drops from the page of meta what is not to be moved. */
static size_t
drop_own(struct copy *k, size_t rows)
{
	size_t kept = 0;

	for (size_t i = 0; i < rows; i++) {
		if (is_own(k->page[2 * i].s))
			continue;
		k->page[2 * kept] = k->page[2 * i];
		k->page[2 * kept + 1] = k->page[2 * i + 1];
		kept++;
	}
	return kept;
}

static enum err_code
get_meta(struct copy *k, struct sql_db *db, const char *key, struct str *out,
    struct err *err)
{
	struct sql_value args[] = {sql_text(str_from(key))};
	struct sql_cursor *cursor;
	bool row = false;
	enum err_code code = sql_start(db, CS_META_GET, args, 1, &cursor, err);

	*out = STR_NONE;
	if (code == ERR_OK)
		code = sql_next(cursor, &row, err);
	if (row)
		*out = arena_dup(&k->arena, sql_get_str(cursor, 0));
	sql_done(&cursor);
	return code;
}

/* --- one table ---------------------------------------------------------------- */

static enum err_code
step(struct copy *k, size_t rows, struct err *err)
{
	k->done += (int64_t)rows;
	if (k->how->progress == NULL ||
	    k->how->progress(k->how->progress_arg, k->done, k->total))
		return ERR_OK;
	return refuse(k, COPY_GIVEN_UP, err);
}

/* One page is one transaction of the target. */
static enum err_code
write_page(struct copy *k, enum copy_table table, size_t rows, struct err *err)
{
	size_t columns = strlen(copy_rows[table].letters);
	enum err_code code = sql_begin(k->to, err);

	if (code != ERR_OK)
		return code;
	for (size_t i = 0; i < rows && code == ERR_OK; i++)
		code = sql_run(k->to, COPY_STATEMENT(table, COPY_WRITE),
		    &k->page[i * columns], columns, err);
	if (code == ERR_OK)
		return sql_commit(k->to, err);
	sql_rollback(k->to);
	return code;
}

/* What is read on its way, from either side, as the target has it. */
static enum err_code
take_page(struct copy *k, enum copy_table table, bool is_source, size_t *rows,
    struct err *err)
{
	enum err_code code = ERR_OK;

	if (table == COPY_META)
		*rows = drop_own(k, *rows);
	if (!is_source)
		return ERR_OK;
	if (table == COPY_APPS)
		code = keep_apps(k, *rows, err);
	if (table == COPY_NODES)
		free_nodes(k, *rows);
	renumber_page(k, table, *rows);
	return code;
}

static enum err_code
go_through(struct copy *k, enum copy_table table, bool is_source,
    struct row_sum *sum, struct err *err)
{
	size_t columns = strlen(copy_rows[table].letters);
	struct page_key key;
	enum err_code code = ERR_OK;
	size_t read = 1, rows;

	begin_key(&key, &copy_rows[table]);
	while (read > 0 && code == ERR_OK) {
		code = read_page(k, is_source ? k->from : k->to, table, &key,
		    &read, err);
		rows = read;
		if (code == ERR_OK)
			code = take_page(k, table, is_source, &rows, err);
		for (size_t i = 0; i < rows && code == ERR_OK; i++)
			add_row(sum, &k->page[i * columns], columns);
		if (code == ERR_OK && is_source && rows > 0)
			code = write_page(k, table, rows, err);
		if (code == ERR_OK)
			code = step(k, read, err);
	}
	return code;
}

static enum err_code
compare_table(struct copy *k, enum copy_table table, struct err *err)
{
	struct row_sum arrived = {.rows = 0};
	enum err_code code = go_through(k, table, false, &arrived, err);

	k->how->copied[table] = (struct store_copied){
	    .table = copy_rows[table].table, .rows = arrived.rows};
	if (code != ERR_OK || is_sum_equal(&arrived, &k->sums[table]))
		return code;
	k->how->table = copy_rows[table].table;
	return refuse(k, COPY_DIFFERS, err);
}

/* --- before and behind them --------------------------------------------------- */

static enum err_code
ask(struct sql_db *db, int statement, int64_t *a, int64_t *b, struct err *err)
{
	struct sql_cursor *cursor;
	bool row = false;
	enum err_code code = sql_start(db, statement, NULL, 0, &cursor, err);

	if (code == ERR_OK)
		code = sql_next(cursor, &row, err);
	if (row)
		*a = sql_get_int(cursor, 0);
	if (row && b != NULL)
		*b = sql_get_int(cursor, 1);
	sql_done(&cursor);
	return code;
}

static enum err_code
look_whether_empty(struct copy *k, struct err *err)
{
	enum err_code code = ERR_OK;

	for (int t = 0; t < COPY__COUNT && code == ERR_OK; t++) {
		struct page_key key;
		size_t rows = 0;

		begin_key(&key, &copy_rows[t]);
		code = read_page(k, k->to, (enum copy_table)t, &key, &rows,
		    err);
		if (t == COPY_META)
			rows = drop_own(k, rows);
		if (code == ERR_OK && rows > 0)
			code = refuse(k, COPY_TARGET_IN_USE, err);
	}
	return code;
}

/* Everything of a copy that was cut off. Its mark stays. */
static enum err_code
clear_target(struct copy *k, struct str mark, struct err *err)
{
	enum err_code code = sql_begin(k->to, err);
	struct sql_value args[] = {sql_text(STR(META_COPY_OF)), sql_text(mark)};

	if (code != ERR_OK)
		return code;
	for (int t = 0; t < COPY__COUNT && code == ERR_OK; t++)
		code = sql_run(k->to, COPY_STATEMENT(t, COPY_CLEAR), NULL, 0,
		    err);
	if (code == ERR_OK)
		code = sql_run(k->to, CS_LINES_CLEAR, NULL, 0, err);
	if (code == ERR_OK)
		code = sql_run(k->to, CS_META_PUT, args, 2, err);
	if (code == ERR_OK)
		return sql_commit(k->to, err);
	sql_rollback(k->to);
	return code;
}

/*
 * The target is empty, or what was left of a copy of the same source, which is
 * told by its sealed check text: no two stores have the same.
 */
static enum err_code
prepare_target(struct copy *k, struct err *err)
{
	struct str own, of, unfinished, mark;
	enum err_code code;
	struct arena keep;

	arena_init(&keep, LIMIT_TEXT_BYTES);
	code = get_meta(k, k->from, META_COPY_OF, &unfinished, err);
	if (code == ERR_OK && !str_is_null(unfinished))
		code = refuse(k, COPY_SOURCE_UNFINISHED, err);
	if (code == ERR_OK)
		code = get_meta(k, k->from, META_KEY_CHECK, &own, err);
	if (code == ERR_OK)
		code = get_meta(k, k->to, META_COPY_OF, &of, err);
	if (code == ERR_OK) {
		mark = arena_dup(&keep, own);
		if (str_is_null(of))
			code = look_whether_empty(k, err);
		else if (!str_eq(of, own))
			code = refuse(k, COPY_TARGET_OF_ANOTHER, err);
	}
	if (code == ERR_OK)
		code = clear_target(k, mark, err);
	arena_fini(&keep);
	return code;
}

static enum err_code
count_rows(struct copy *k, struct err *err)
{
	enum err_code code = ERR_OK;

	for (int t = 0; t < COPY__COUNT && code == ERR_OK; t++) {
		int64_t rows = 0;

		code = ask(k->from, COPY_STATEMENT(t, COPY_ROWS), &rows, NULL,
		    err);
		k->total += 2 * rows;
	}
	return code;
}

/* In one transaction of the source, which ends here. */
static enum err_code
copy_tables(struct copy *k, int64_t log[2], struct err *err)
{
	enum err_code code = sql_begin(k->from, err);

	if (code != ERR_OK)
		return code;
	code = count_rows(k, err);
	if (code == ERR_OK)
		code = ask(k->from, CS_LOG_SUM, &log[0], &log[1], err);
	for (int t = 0; t < COPY__COUNT && code == ERR_OK; t++) {
		code = go_through(k, (enum copy_table)t, true, &k->sums[t],
		    err);
		/* Known before the first table that has numbers of the log. */
		if (t == COPY_APPS)
			k->how->renumbered = k->app_count > 1 &&
			    sql_is_remote(k->from) && !sql_is_remote(k->to);
	}
	sql_rollback(k->from);
	return code;
}

static enum err_code
fill_lines(struct copy *k, struct err *err)
{
	enum err_code code = sql_begin(k->to, err);

	if (code != ERR_OK)
		return code;
	code = sql_run(k->to, CS_LINES_FILL, NULL, 0, err);
	if (code == ERR_OK)
		return sql_commit(k->to, err);
	sql_rollback(k->to);
	return code;
}

static enum err_code
copy_all(struct copy *k, struct err *err)
{
	int64_t log[2] = {0, 0}, later[2] = {0, 0};
	enum err_code code = prepare_target(k, err);

	if (code == ERR_OK)
		code = copy_tables(k, log, err);
	if (code == ERR_OK)
		code = fill_lines(k, err);
	for (int t = 0; t < COPY__COUNT && code == ERR_OK; t++)
		code = compare_table(k, (enum copy_table)t, err);
	if (code == ERR_OK)
		code = ask(k->from, CS_LOG_SUM, &later[0], &later[1], err);
	if (code == ERR_OK && memcmp(log, later, sizeof(log)) != 0)
		code = refuse(k, COPY_SOURCE_CHANGED, err);
	return code;
}

static enum err_code
open_side(struct store *s, enum sql_mode mode, struct sql_db **out,
    struct err *err)
{
	enum err_code code = sql_open(s->url, mode, &copy_statements, out, err);

	return code == ERR_OK ? sql_prepare(*out, err) : code;
}

enum err_code
store_copy(struct store_copying *how, struct err *err)
{
	struct copy k = {.how = how};
	enum err_code code = ERR_OK;

	assert(how != NULL);
	assert(how->from != NULL);
	assert(how->to != NULL);
	how->refusal = COPY_NOT_REFUSED;
	arena_init(&k.arena, LIMIT_GROUP_ARENA_BYTES);
	k.page = calloc((size_t)PAGE_ROWS * COPY_COLUMNS_MAX, sizeof(*k.page));
	k.apps = calloc(LIMIT_APPS, sizeof(*k.apps));
	if (k.page == NULL || k.apps == NULL)
		code = err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	if (code == ERR_OK)
		code = open_side(how->from, SQL_READER, &k.from, err);
	if (code == ERR_OK)
		/* Emptying a large store takes longer than a writer may. */
		code = open_side(how->to, SQL_CREATE, &k.to, err);
	if (code == ERR_OK)
		code = copy_all(&k, err);
	sql_close(&k.from);
	sql_close(&k.to);
	free(k.page);
	free(k.apps);
	arena_fini(&k.arena);
	return code;
}

enum err_code
store_copy_finish(struct store *to, struct err *err)
{
	struct sql_value args[] = {sql_text(STR(META_COPY_OF))};
	struct sql_db *db = NULL;
	enum err_code code;

	assert(to != NULL);
	code = open_side(to, SQL_WRITER, &db, err);
	if (code == ERR_OK)
		code = sql_begin(db, err);
	if (code == ERR_OK)
		code = sql_run(db, CS_META_DELETE, args, 1, err);
	if (code == ERR_OK)
		code = sql_commit(db, err);
	sql_close(&db);
	return code;
}
