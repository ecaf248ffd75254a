/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Apps and their credentials. Secrets are sealed with the master key before
 * they become rows; a box opens only in the row and column it was made for.
 */
#include <assert.h>

#include "base/limits.h"
#include "store/migrations.h"
#include "store/store_impl.h"

#define SECRET_COLUMN "secret"
#define SESSION_COLUMN "session"

/* Boxes of one credential and what they are bound to. */
#define BOX_ARENA_BYTES ((size_t)64 * 1024)

static enum err_code
no_memory(struct err *err)
{
	return err_set(err, ERR_NO_MEMORY, NULL, "no room for the apps");
}

/* NULs between the parts: "ab", "c" is not "a", "bc". No part holds one. */
static struct str
bound_data(struct arena *a, const struct credential_record *r,
    const char *column)
{
	return arena_printf(a, "%.*s%c%.*s%c%s", STR_ARG(r->dialect), 0,
	    STR_ARG(r->key), 0, column);
}

struct str
store_seal(const struct store *s, struct arena *a,
    const struct credential_record *r, const char *column, struct str plain)
{
	if (str_is_null(plain))
		return STR_NONE;
	return box_seal(a, s->key, plain, bound_data(a, r, column));
}

enum err_code
store_unseal(const struct store *s, struct arena *a,
    const struct credential_record *r, const char *column, struct str box,
    struct str *plain_out, struct err *err)
{
	*plain_out = STR_NONE;
	if (str_is_null(box))
		return ERR_OK;
	*plain_out = box_open(a, s->key, box, bound_data(a, r, column));
	if (arena_failed(a))
		return no_memory(err);
	if (!str_is_null(*plain_out))
		return ERR_OK;
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "the %s of %.*s credential \"%.*s\" does not open with the master"
	    " key",
	    column, STR_ARG(r->dialect), STR_ARG(r->key));
}

/* --- reading --------------------------------------------------------------- */

static void
read_app(struct sql_cursor *cursor, struct arena *a, struct app_record *out)
{
	*out = (struct app_record){
	    .no = sql_get_int(cursor, 0),
	    .id = arena_dup(a, sql_get_str(cursor, 1)),
	    .name = arena_dup(a, sql_get_str(cursor, 2)),
	    .disabled = sql_get_int(cursor, 3) != 0,
	    .rate = sql_get_int(cursor, 4),
	    .policy = arena_dup(a, sql_get_str(cursor, 5)),
	    .created_ms = sql_get_int(cursor, 6),
	};
}

static enum err_code
read_credential(struct store_conn *c, struct sql_cursor *cursor,
    struct arena *a, struct credential_record *out, struct err *err)
{
	enum err_code code;

	*out = (struct credential_record){
	    .app = sql_get_int(cursor, 0),
	    .dialect = arena_dup(a, sql_get_str(cursor, 1)),
	    .key = arena_dup(a, sql_get_str(cursor, 2)),
	    .scope = arena_dup(a, sql_get_str(cursor, 3)),
	};
	code = store_unseal(c->store, a, out, SECRET_COLUMN,
	    sql_get_str(cursor, 4), &out->secret, err);
	if (code == ERR_OK)
		code = store_unseal(c->store, a, out, SESSION_COLUMN,
		    sql_get_str(cursor, 5), &out->session, err);
	return code;
}

/* Number of rows, for the array they are read into. */
static enum err_code
count_rows(struct store_conn *c, enum statement statement, size_t *out,
    struct err *err)
{
	int64_t count = 0;
	bool found;
	enum err_code code = store_ask_int(c, statement, NULL, 0, &found, &count,
	    err);

	if (code == ERR_OK && count > LIMIT_APPS)
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "there are more apps or credentials than %d", LIMIT_APPS);
	*out = (size_t)count;
	return code;
}

/* Rows that came since they were counted are left for the next time. */
static enum err_code
read_apps(struct store_conn *c, struct arena *a, struct app_record *apps,
    size_t *count, struct err *err)
{
	struct sql_cursor *cursor;
	size_t room = *count;
	bool row = true;
	enum err_code code = sql_start(c->db, ST_APPS, NULL, 0, &cursor, err);

	for (*count = 0; code == ERR_OK && *count < room; ++*count) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		read_app(cursor, a, &apps[*count]);
	}
	sql_done(&cursor);
	return code;
}

static enum err_code
read_credentials(struct store_conn *c, struct arena *a,
    struct credential_record *credentials, size_t *count, struct err *err)
{
	struct sql_cursor *cursor;
	size_t room = *count;
	bool row = true;
	enum err_code code = sql_start(c->db, ST_CREDENTIALS, NULL, 0, &cursor,
	    err);

	for (*count = 0; code == ERR_OK && *count < room; ++*count) {
		code = sql_next(cursor, &row, err);
		if (code != ERR_OK || !row)
			break;
		code = read_credential(c, cursor, a, &credentials[*count], err);
	}
	sql_done(&cursor);
	return code;
}

enum err_code
store_apps(struct store_conn *c, struct arena *a, struct app_record **apps,
    size_t *app_count, struct credential_record **credentials,
    size_t *credential_count, struct err *err)
{
	enum err_code code;

	assert(c != NULL);
	assert(a != NULL);
	code = count_rows(c, ST_APP_COUNT, app_count, err);
	if (code == ERR_OK)
		code = count_rows(c, ST_CREDENTIAL_COUNT, credential_count,
		    err);
	if (code != ERR_OK)
		return code;
	*apps = ARENA_ARRAY(a, *app_count, struct app_record);
	*credentials = ARENA_ARRAY(a, *credential_count,
	    struct credential_record);
	if (arena_failed(a))
		return no_memory(err);
	code = read_apps(c, a, *apps, app_count, err);
	if (code == ERR_OK)
		code = read_credentials(c, a, *credentials, credential_count,
		    err);
	if (code == ERR_OK && arena_failed(a))
		return no_memory(err);
	return code;
}

/* --- writing --------------------------------------------------------------- */

static enum err_code
insert_app(struct store_conn *c, struct app_record *app, struct err *err)
{
	struct sql_value args[] = {sql_text(app->id), sql_text(app->name),
	    sql_int(app->disabled), sql_int(app->rate), sql_text(app->policy),
	    sql_int(app->created_ms)};
	bool found;

	return store_ask_int(c, ST_APP_INSERT, args, 6, &found, &app->no, err);
}

static enum err_code
update_app(struct store_conn *c, const struct app_record *app, struct err *err)
{
	struct sql_value args[] = {sql_text(app->id), sql_text(app->name),
	    sql_int(app->disabled), sql_int(app->rate), sql_text(app->policy),
	    sql_int(app->created_ms), sql_int(app->no)};

	return sql_run(c->db, ST_APP_UPDATE, args, 7, err);
}

enum err_code
store_app_put(struct store_conn *c, struct app_record *app, struct err *err)
{
	struct sql_value id[] = {sql_text(app->id)};
	enum err_code code;
	int64_t no = 0;
	bool taken;

	assert(c != NULL);
	c->apps_changed = true;
	assert(app->id.n > 0 && app->id.n <= LIMIT_APP_ID_BYTES);
	assert(!str_is_null(app->name));
	assert(!str_is_null(app->policy));
	/* Two who make an app at once would take the same number. */
	code = app->no == 0 ? meta_lock(c->db, err) : ERR_OK;
	if (code == ERR_OK)
		code = store_ask_int(c, ST_APP_BY_ID, id, 1, &taken, &no, err);
	if (code != ERR_OK)
		return code;
	if (taken && no != app->no)
		return err_set(err, ERR_NAME_TAKEN, "id",
		    "another app has the id \"%.*s\"", STR_ARG(app->id));
	return app->no == 0 ? insert_app(c, app, err) : update_app(c, app, err);
}

/* Replaces what the app had by this dialect. */
static enum err_code
replace_credential(struct store_conn *c, const struct credential_record *r,
    struct arena *a, struct err *err)
{
	struct str secret = store_seal(c->store, a, r, SECRET_COLUMN,
	    r->secret);
	struct str session = store_seal(c->store, a, r, SESSION_COLUMN,
	    r->session);
	struct sql_value old[] = {sql_int(r->app), sql_text(r->dialect)};
	struct sql_value args[] = {sql_int(r->app), sql_text(r->dialect),
	    sql_text(r->key), sql_text(r->scope), sql_bytes(secret),
	    sql_bytes(session)};
	enum err_code code;

	if (str_is_null(secret) != str_is_null(r->secret) ||
	    str_is_null(session) != str_is_null(r->session))
		return err_set(err, ERR_STORE_FAILED, NULL,
		    "a secret could not be sealed");
	code = sql_run(c->db, ST_CREDENTIALS_DELETE, old, 2, err);
	if (code == ERR_OK)
		code = sql_run(c->db, ST_CREDENTIAL_INSERT, args, 6, err);
	return code;
}

enum err_code
store_credential_put(struct store_conn *c,
    const struct credential_record *credential, struct err *err)
{
	struct sql_value args[] = {
	    sql_text(credential->dialect), sql_text(credential->key)};
	struct arena a;
	enum err_code code;
	int64_t owner = 0;
	bool taken;

	assert(c != NULL);
	c->apps_changed = true;
	assert(credential->app > 0);
	assert(credential->dialect.n > 0);
	assert(credential->key.n > 0);
	code = store_ask_int(c, ST_CREDENTIAL_OWNER, args, 2, &taken, &owner,
	    err);
	if (code != ERR_OK)
		return code;
	if (taken && owner != credential->app)
		return err_set(err, ERR_NAME_TAKEN, "key",
		    "another app has the %.*s key \"%.*s\"",
		    STR_ARG(credential->dialect), STR_ARG(credential->key));
	arena_init(&a, BOX_ARENA_BYTES);
	code = replace_credential(c, credential, &a, err);
	arena_fini(&a);
	return code;
}
