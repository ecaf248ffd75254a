/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a store and connecting to it: schema, the check of the master key,
 * read transactions, the write-ahead log.
 */
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/when.h"
#include "store/migrations.h"
#include "store/store_impl.h"

/* A known text, sealed with the master key, in `meta`. */
#define KEY_CHECK META_KEY_CHECK
#define KEY_CHECK_TEXT "procured master key 1"
#define KEY_CHECK_BOX_BYTES (sizeof(KEY_CHECK_TEXT) - 1 + BOX_EXTRA_BYTES)
#define KEY_CHECK_HEX_BYTES (2 * KEY_CHECK_BOX_BYTES + 1)
#define KEY_CHECK_ARENA_BYTES 4096

static enum err_code
no_box(struct err *err)
{
	return err_set(err, ERR_STORE_FAILED, NULL, "sealing failed");
}

/* The first process with a store decides which key it has. */
static enum err_code
put_key_check(const struct store *s, struct sql_db *db, struct arena *a,
    struct err *err)
{
	char hex[KEY_CHECK_HEX_BYTES];
	struct str box = box_seal(a, s->key, STR(KEY_CHECK_TEXT),
	    STR(KEY_CHECK));

	if (str_is_null(box))
		return no_box(err);
	assert(box.n == KEY_CHECK_BOX_BYTES);
	digest_hex_lower((const uint8_t *)box.p, box.n, hex);
	return meta_put(db, KEY_CHECK, hex, err);
}

static enum err_code
compare_key_check(const struct store *s, struct arena *a, struct str hex,
    struct err *err)
{
	uint8_t bytes[KEY_CHECK_BOX_BYTES];
	struct str box = {(const char *)bytes, sizeof(bytes)};
	struct str plain = STR_NONE;

	if (digest_hex_parse(hex, bytes, sizeof(bytes)))
		plain = box_open(a, s->key, box, STR(KEY_CHECK));
	if (str_eq(plain, STR(KEY_CHECK_TEXT)))
		return ERR_OK;
	return err_set(err, ERR_USAGE, "key",
	    "the master key is not the one this store's secrets are sealed"
	    " with; give --key the file that belongs to this store");
}

/* Seals the known text, unless another process has done so just now. */
static enum err_code
make_key_check(const struct store *s, struct sql_db *db, struct arena *a,
    struct err *err)
{
	char hex[KEY_CHECK_HEX_BYTES];
	enum err_code code = sql_begin(db, err);

	if (code != ERR_OK)
		return code;
	code = meta_lock(db, err);
	if (code == ERR_OK)
		code = meta_get(db, KEY_CHECK, hex, sizeof(hex), err);
	if (code == ERR_OK && hex[0] != '\0')
		code = compare_key_check(s, a, str_from(hex), err);
	else if (code == ERR_OK)
		code = put_key_check(s, db, a, err);
	if (code == ERR_OK)
		return sql_commit(db, err);
	sql_rollback(db);
	return code;
}

static enum err_code
check_key(const struct store *s, struct sql_db *db, struct err *err)
{
	char hex[KEY_CHECK_HEX_BYTES];
	struct arena a;
	enum err_code code;

	arena_init(&a, KEY_CHECK_ARENA_BYTES);
	code = meta_get(db, KEY_CHECK, hex, sizeof(hex), err);
	if (code == ERR_OK && hex[0] == '\0')
		code = make_key_check(s, db, &a, err);
	else if (code == ERR_OK)
		code = compare_key_check(s, &a, str_from(hex), err);
	arena_fini(&a);
	return code;
}

/* What a copy that was cut off has left is no store. */
static enum err_code
refuse_unfinished(struct sql_db *db, struct err *err)
{
	char of[KEY_CHECK_HEX_BYTES];
	enum err_code code = meta_get(db, META_COPY_OF, of, sizeof(of), err);

	if (code != ERR_OK || of[0] == '\0')
		return code;
	return err_set(err, ERR_USAGE, "store",
	    "the store is an unfinished copy; run the same `procured copy`"
	    " again, it begins anew");
}

/* The schema and the key, on a connection of their own. */
static enum err_code
set_up(struct store *s, const struct store_config *config, struct err *err)
{
	struct migrating how = {
	    .list = migrations,
	    .count = migration_count,
	    .backup_dir = config->backup_dir,
	    .now_ms = config->now_ms,
	};
	struct sql_db *db;
	enum err_code code = sql_open(s->url, SQL_CREATE, &statements_boot, &db,
	    err);

	if (code != ERR_OK)
		return code;
	s->is_remote = sql_is_remote(db);
	code = migrate(db, &how, err);
	if (code == ERR_OK)
		code = check_key(s, db, err);
	if (code == ERR_OK && !config->unfinished)
		code = refuse_unfinished(db, err);
	sql_close(&db);
	return code;
}

enum err_code
store_open(const struct store_config *config, struct store **out,
    struct err *err)
{
	struct store *s;
	enum err_code code;
	char *url;

	assert(config != NULL);
	assert(config->url.p != NULL);
	assert(config->master_key != NULL);
	assert(out != NULL);
	*out = NULL;
	s = calloc(1, sizeof(*s));
	url = strndup(config->url.p, config->url.n);
	if (s == NULL || url == NULL) {
		free(s);
		free(url);
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	}
	s->url = str_from(url);
	memcpy(s->key, config->master_key, sizeof(s->key));
	code = set_up(s, config, err);
	if (code == ERR_OK)
		*out = s;
	else
		store_close(&s);
	return code;
}

void
store_close(struct store **store)
{
	struct store *s;

	assert(store != NULL);
	s = *store;
	*store = NULL;
	if (s == NULL)
		return;
	digest_wipe(s->key, sizeof(s->key));
	free((void *)(uintptr_t)s->url.p);
	free(s);
}

bool
store_is_remote(const struct store *store)
{
	assert(store != NULL);
	return store->is_remote;
}

enum err_code
store_connect(struct store *store, enum store_role role,
    struct store_conn **out, struct err *err)
{
	enum sql_mode mode = role == STORE_WRITER ? SQL_WRITER : SQL_READER;
	struct store_conn *c;
	enum err_code code;

	assert(store != NULL);
	assert(out != NULL);
	*out = NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	c->store = store;
	c->role = role;
	c->rewind_left = INT64_MAX;
	for (int i = 0; i < STORE_SET_ROWS; i++)
		row_text_init(&c->texts[i]);
	for (int i = 0; i < 2; i++)
		arena_init(&c->rewind[i], STORE_REWIND_ARENA_BYTES);
	c->values = calloc(STORE_SET_ROWS,
	    STORE_ROW_VALUES * sizeof(*c->values));
	if (c->values == NULL) {
		store_disconnect(&c);
		return err_set(err, ERR_NO_MEMORY, NULL, "out of memory");
	}
	code = sql_open(store->url, mode,
	    store->is_remote ? &statements_shared : &statements, &c->db, err);
	if (code == ERR_OK)
		code = sql_prepare(c->db, err);
	if (code == ERR_OK)
		*out = c;
	else
		store_disconnect(&c);
	return code;
}

void
store_disconnect(struct store_conn **conn)
{
	struct store_conn *c;

	assert(conn != NULL);
	c = *conn;
	*conn = NULL;
	if (c == NULL)
		return;
	if (c->db != NULL)
		sql_rollback(c->db);
	sql_close(&c->db);
	for (int i = 0; i < STORE_SET_ROWS; i++)
		row_text_fini(&c->texts[i]);
	free(c->lines);
	free(c->line_apps);
	free(c->values);
	for (int i = 0; i < 2; i++)
		arena_fini(&c->rewind[i]);
	free(c);
}

enum err_code
store_ask_int(struct store_conn *c, enum statement statement,
    const struct sql_value *args, size_t count, bool *found, int64_t *out,
    struct err *err)
{
	struct sql_cursor *cursor;
	enum err_code code;

	*found = false;
	code = sql_start(c->db, (int)statement, args, count, &cursor, err);
	if (code == ERR_OK)
		code = sql_next(cursor, found, err);
	if (*found)
		*out = sql_get_int(cursor, 0);
	sql_done(&cursor);
	return code;
}

bool
store_conn_is_remote(const struct store_conn *c)
{
	assert(c != NULL);
	return c->store->is_remote;
}

void
store_url_show(struct str url, char *out, size_t out_bytes)
{
	sql_url_mask(url, out, out_bytes);
}

enum err_code
store_ping(struct store_conn *c, struct err *err)
{
	int64_t one;
	bool found;

	assert(c != NULL);
	return store_ask_int(c, ST_PING, NULL, 0, &found, &one, err);
}

void
store_set_deadline(struct store_conn *c, int64_t at_us)
{
	assert(c != NULL);
	c->deadline_us = at_us;
	sql_set_deadline(c->db, at_us);
}

enum err_code
store_read_begin(struct store_conn *c, struct err *err)
{
	assert(c != NULL);
	if (c->role == STORE_READER)
		sql_set_deadline(c->db,
		    when_monotonic_us() + LIMIT_READ_MS * INT64_C(1000));
	return sql_begin(c->db, err);
}

void
store_read_end(struct store_conn *c)
{
	assert(c != NULL);
	sql_rollback(c->db);
	if (c->role == STORE_READER)
		sql_set_deadline(c->db, 0);
}

int64_t
store_wal_bytes(struct store_conn *c)
{
	assert(c != NULL);
	return sql_wal_bytes(c->db);
}

enum err_code
store_checkpoint(struct store_conn *c, enum store_checkpoint how,
    struct err *err)
{
	static const enum sql_checkpoint kinds[] = {
	    [STORE_PASSIVE] = SQL_CHECKPOINT_PASSIVE,
	    [STORE_RESTART] = SQL_CHECKPOINT_RESTART,
	};

	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	return sql_checkpoint(c->db, kinds[how], err);
}

enum err_code
store_checkpoint_mark(struct store_conn *c, struct err *err)
{
	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	return sql_checkpoint_mark(c->db, err);
}

void
store_checkpoint_unmark(struct store_conn *c)
{
	assert(c != NULL);
	sql_checkpoint_unmark(c->db);
}

enum err_code
store_checkpoint_beside(struct store_conn *c, int64_t *moved_bytes,
    struct err *err)
{
	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	return sql_checkpoint_beside(c->db, moved_bytes, err);
}

enum err_code
store_checkpoint_flush(struct store_conn *c, const atomic_bool *hurry,
    struct err *err)
{
	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	return sql_checkpoint_flush(c->db, hurry, err);
}

enum err_code
store_backup(struct store_conn *c, const char *path, struct err *err)
{
	assert(c != NULL);
	assert(path != NULL);
	return sql_copy(c->db, path, err);
}

enum err_code
store_mark_get(struct store_conn *c, const char *name, int64_t *out,
    struct err *err)
{
	char text[32];
	enum err_code code;

	assert(c != NULL);
	assert(out != NULL);
	*out = 0;
	code = meta_get(c->db, name, text, sizeof(text), err);
	if (code != ERR_OK || text[0] == '\0' ||
	    str_parse_int(str_from(text), out))
		return code;
	return err_set(err, ERR_STORE_FAILED, NULL, "the mark %s is \"%s\"",
	    name, text);
}

enum err_code
store_mark_put(struct store_conn *c, const char *name, int64_t value,
    struct err *err)
{
	char text[32];

	assert(c != NULL);
	assert(c->role == STORE_WRITER);
	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	return meta_put(c->db, name, text, err);
}
