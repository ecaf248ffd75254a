/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema's history and what runs it. docs/store.md tells what each table
 * is for and why it is keyed as it is.
 */
#include "store/migrations.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "store/statements.h"

/* What databases name differently; these are SQLite's words. */
#define INT "INTEGER"
#define BYTES "BLOB"
#define ROW_ID "INTEGER PRIMARY KEY"
#define TABLE_END ") STRICT;"
/* A table that is its primary key's tree, without a second one beside it. */
#define KEYED_END ") STRICT, WITHOUT ROWID;"

/* clang-format off */
#define NUMBER(name) name " " INT " NOT NULL DEFAULT 0,"
#define TEXT(name) name " TEXT,"

static const char schema_1[] =
    "CREATE TABLE orders("
    "id " ROW_ID ","
    "app " INT " NOT NULL,"
    "version " INT " NOT NULL,"
    "updated_ms " INT " NOT NULL,"
    "last_seq " INT " NOT NULL,"
    "last_hash " BYTES " NOT NULL,"
    NUMBER("created_ms") NUMBER("cancelled_ms")
    NUMBER("status") NUMBER("stage")
    TEXT("purchase_no") TEXT("trade_no") TEXT("purchase_order")
    TEXT("user_id") TEXT("platform") TEXT("product_url")
    TEXT("recipient_name") TEXT("phone") TEXT("province") TEXT("city")
    TEXT("district") TEXT("address")
    NUMBER("warehouse") NUMBER("transport_way") NUMBER("logistics_company")
    TEXT("delivery_date") TEXT("logistics_remark")
    TEXT("logistics_contact") TEXT("logistics_phone")
    TEXT("logistics_car") TEXT("remarks")
    NUMBER("flag") NUMBER("reserves")
    TEXT("vendor_order") TEXT("alipay_order")
    NUMBER("item") NUMBER("vendor_quantity") NUMBER("vendor_fee_fen")
    TEXT("logistics_numbers")
    "lines TEXT NOT NULL,"
    TEXT("attributes")
    "total_fen " INT " NOT NULL"
    TABLE_END

    "CREATE TABLE amendments("
    "seq " ROW_ID ","
    "app " INT " NOT NULL,"
    "order_id " INT " NOT NULL,"
    "prev_seq " INT " NOT NULL,"
    "version " INT " NOT NULL,"
    "at_ms " INT " NOT NULL,"
    TEXT("dialect") TEXT("method") TEXT("request_id") TEXT("trace_id")
    TEXT("note")
    "changes TEXT NOT NULL,"
    "hash " BYTES " NOT NULL"
    TABLE_END
    "CREATE INDEX amendments_app ON amendments(app);"

    "CREATE TABLE tombs("
    "order_id " ROW_ID ","
    "app " INT " NOT NULL,"
    "last_seq " INT " NOT NULL"
    TABLE_END

    "CREATE TABLE names("
    "app " INT " NOT NULL,"
    "kind " INT " NOT NULL,"
    "name TEXT NOT NULL,"
    "order_id " INT " NOT NULL,"
    "PRIMARY KEY(app, kind, name)"
    KEYED_END

    "CREATE TABLE answers("
    "at_ms " INT " NOT NULL,"
    "app " INT " NOT NULL,"
    "digest " BYTES " NOT NULL,"
    "order_id " INT " NOT NULL,"
    "version " INT " NOT NULL,"
    "body " BYTES ","
    TEXT("items")
    "kept_ms " INT " NOT NULL,"
    "PRIMARY KEY(at_ms, app, digest)"
    KEYED_END
    "CREATE INDEX answers_kept ON answers(at_ms, kept_ms) WHERE at_ms = 0;"

    "CREATE TABLE apps("
    "no " ROW_ID ","
    "id TEXT NOT NULL UNIQUE,"
    "name TEXT NOT NULL,"
    "disabled " INT " NOT NULL,"
    "rate " INT " NOT NULL,"
    "policy TEXT NOT NULL,"
    "created_ms " INT " NOT NULL"
    TABLE_END

    "CREATE TABLE credentials("
    "dialect TEXT NOT NULL,"
    "key TEXT NOT NULL,"
    "app " INT " NOT NULL,"
    TEXT("scope")
    "secret_box " BYTES ","
    "session_box " BYTES ","
    "PRIMARY KEY(dialect, key)"
    KEYED_END;

/* What an app's orders may speak of. */
static const char schema_2[] =
    "CREATE TABLE flags("
    "app " INT " NOT NULL,"
    "id " INT " NOT NULL,"
    "name TEXT NOT NULL,"
    "kind " INT " NOT NULL,"
    "enabled " INT " NOT NULL,"
    "built_in " INT " NOT NULL,"
    "PRIMARY KEY(app, id),"
    "UNIQUE(app, name)"
    KEYED_END

    "CREATE TABLE warehouses("
    "app " INT " NOT NULL,"
    "id " INT " NOT NULL,"
    "no TEXT NOT NULL,"
    TEXT("name")
    "PRIMARY KEY(app, id),"
    "UNIQUE(app, no)"
    KEYED_END

    "CREATE TABLE providers("
    "app " INT " NOT NULL,"
    "no TEXT NOT NULL,"
    TEXT("name")
    "PRIMARY KEY(app, no)"
    KEYED_END;

/* Lists. Each index has what lists ask of an order, and nothing that a change
 * of quantity, text or time alters; the id is named because ties are broken by
 * it. */
static const char schema_3[] =
    "ALTER TABLE orders ADD COLUMN price_e4 " INT " NOT NULL DEFAULT -1;"
    "UPDATE orders SET price_e4 = json_extract(lines, '$[0][3]')"
    " WHERE json_array_length(lines) = 1;"
    "CREATE INDEX orders_created"
    " ON orders(app, created_ms, id, status, platform);"
    "CREATE INDEX orders_status"
    " ON orders(app, status, created_ms, id, platform);"
    "CREATE INDEX orders_user"
    " ON orders(app, user_id, created_ms, id, status, platform);"
    "CREATE INDEX orders_price"
    " ON orders(app, price_e4, id, status, platform, user_id, created_ms);"

    "CREATE TABLE order_counts("
    "app " INT " NOT NULL,"
    "status " INT " NOT NULL,"
    "n " INT " NOT NULL,"
    "PRIMARY KEY(app, status)"
    KEYED_END
    "INSERT INTO order_counts(app, status, n)"
    " SELECT app, status, count(*) FROM orders GROUP BY app, status;";

/* What franchisers' orders need. Orders that reserve were made before there was
 * any stock: then there is as much of everything as they hold. */
static const char schema_4[] =
    "CREATE TABLE products("
    "app " INT " NOT NULL,"
    "code TEXT NOT NULL,"
    TEXT("title")
    "price_e4 " INT " NOT NULL,"
    "enabled " INT " NOT NULL,"
    "PRIMARY KEY(app, code)"
    KEYED_END

    "CREATE TABLE carriers("
    "app " INT " NOT NULL,"
    "way " INT " NOT NULL,"
    "id " INT " NOT NULL,"
    TEXT("name")
    "PRIMARY KEY(app, way, id)"
    KEYED_END

    "CREATE TABLE stock("
    "app " INT " NOT NULL,"
    "warehouse " INT " NOT NULL,"
    "product TEXT NOT NULL,"
    "on_hand " INT " NOT NULL,"
    "reserved " INT " NOT NULL,"
    "PRIMARY KEY(app, warehouse, product)"
    KEYED_END
    "INSERT INTO stock(app, warehouse, product, on_hand, reserved)"
    " SELECT o.app, o.warehouse, json_extract(l.value, '$[0]'),"
    " sum(json_extract(l.value, '$[4]')), sum(json_extract(l.value, '$[4]'))"
    " FROM orders o, json_each(o.lines) l"
    " WHERE o.reserves = 1 AND o.warehouse > 0 AND o.status IN (1, 2)"
    " AND json_extract(l.value, '$[0]') IS NOT NULL GROUP BY 1, 2, 3;";

/* What nodes that share a store tell each other. */
static const char schema_5[] =
    "CREATE TABLE nodes("
    "node " INT " PRIMARY KEY,"
    "holder TEXT NOT NULL,"
    "until_ms " INT " NOT NULL,"
    "ids_ms " INT " NOT NULL"
    KEYED_END

    "CREATE TABLE rates("
    "app " INT " NOT NULL,"
    "name TEXT NOT NULL,"
    "lim " INT " NOT NULL,"
    "per_ms " INT " NOT NULL,"
    "at_ms " INT " NOT NULL,"
    "level " INT " NOT NULL,"
    "granted " INT " NOT NULL,"
    "PRIMARY KEY(app, name)"
    KEYED_END

    "CREATE TABLE revisions("
    "name TEXT PRIMARY KEY,"
    "n " INT " NOT NULL"
    KEYED_END;
/* clang-format on */

/* PostgreSQL begins with the whole of version 4. */
const struct migration migrations[] = {
    {1, schema_1, NULL},
    {2, schema_2, NULL},
    {3, schema_3, NULL},
    {4, schema_4, schema_pg_4},
    {5, schema_5, schema_pg_5},
};
const size_t migration_count = sizeof(migrations) / sizeof(migrations[0]);

#define SCHEMA_VERSION META_SCHEMA_VERSION

/* No row is written where the table is there already, nor a lock taken. */
static const char meta_script[] =
    "CREATE TABLE IF NOT EXISTS meta("
    "key TEXT PRIMARY KEY, value TEXT NOT NULL" TABLE_END;

/* The first row is what nodes that start at once wait for each other by. */
static const char meta_script_pg[] =
    "CREATE TABLE IF NOT EXISTS meta("
    "key TEXT COLLATE \"C\" PRIMARY KEY, value TEXT NOT NULL);"
    "INSERT INTO meta(key, value) VALUES('" META_SCHEMA_VERSION "', '0')"
    " ON CONFLICT(key) DO NOTHING;";

#define META_TRIES 10 /* two who make it at once: one of them fails */

static enum err_code
ask_meta(struct sql_db *db, enum statement how, const char *key, char *out,
    size_t out_bytes, struct err *err)
{
	struct sql_value args[] = {sql_text(str_from(key))};
	struct sql_cursor *c;
	enum err_code code;
	bool row = false;

	assert(out_bytes > 0);
	out[0] = '\0';
	code = sql_start(db, (int)how, args, 1, &c, err);
	if (code == ERR_OK)
		code = sql_next(c, &row, err);
	if (row)
		(void)snprintf(out, out_bytes, "%.*s",
		    STR_ARG(sql_get_str(c, 0)));
	sql_done(&c);
	return code;
}

enum err_code
meta_get(struct sql_db *db, const char *key, char *out, size_t out_bytes,
    struct err *err)
{
	return ask_meta(db, ST_META_GET, key, out, out_bytes, err);
}

enum err_code
meta_lock(struct sql_db *db, struct err *err)
{
	char text[32];

	return ask_meta(db, ST_META_LOCK, SCHEMA_VERSION, text, sizeof(text),
	    err);
}

enum err_code
meta_put(struct sql_db *db, const char *key, const char *value, struct err *err)
{
	struct sql_value args[] = {
	    sql_text(str_from(key)), sql_text(str_from(value))};

	return sql_run(db, ST_META_PUT, args, 2, err);
}

static enum err_code
read_version(struct sql_db *db, int64_t *out, struct err *err)
{
	char text[32];
	enum err_code code = meta_get(db, SCHEMA_VERSION, text, sizeof(text),
	    err);

	*out = 0;
	if (code != ERR_OK || text[0] == '\0')
		return code;
	if (str_parse_int(str_from(text), out) && *out >= 0)
		return ERR_OK;
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "the schema's version is \"%s\"", text);
}

static enum err_code
run_script(struct sql_db *db, const struct migration *m, struct err *err)
{
	char text[32];
	const char *script = sql_is_remote(db) ? m->script_pg : m->script;
	enum err_code code = script == NULL ? ERR_OK
					    : sql_script_run(db, script, err);

	if (code != ERR_OK)
		return code;
	(void)snprintf(text, sizeof(text), "%" PRId64, m->number);
	return meta_put(db, SCHEMA_VERSION, text, err);
}

/* One script, unless another process was quicker. */
static enum err_code
run_migration(struct sql_db *db, const struct migration *m, struct err *err)
{
	int64_t version = 0;
	enum err_code code = sql_begin(db, err);

	if (code != ERR_OK)
		return code;
	code = meta_lock(db, err);
	if (code == ERR_OK)
		code = read_version(db, &version, err);
	if (code == ERR_OK && version < m->number)
		code = run_script(db, m, err);
	if (code == ERR_OK)
		return sql_commit(db, err);
	sql_rollback(db);
	return code;
}

static enum err_code
keep_copy(struct sql_db *db, const struct migrating *how, int64_t version,
    struct err *err)
{
	char path[4096];
	int n;

	assert(how->backup_dir != NULL);
	n = snprintf(path, sizeof(path),
	    "%s/before-migration-%" PRId64 "-%" PRId64 ".db", how->backup_dir,
	    version + 1, how->now_ms);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(err, ERR_USAGE, NULL,
		    "the path of the backup directory is too long");
	return sql_copy(db, path, err);
}

/*
 * The table of marks, and what is asked of it. Where it is there already a
 * server is not asked to make it: a role that runs may not. Of several who make
 * it at once all but one fail, in one of three ways, and then find it there.
 */
static enum err_code
make_meta(struct sql_db *db, struct err *err)
{
	bool is_remote = sql_is_remote(db);
	enum err_code code = ERR_STORE_FAILED;

	for (int i = 0; i < META_TRIES; i++) {
		if (is_remote)
			code = sql_prepare(db, err);
		if (code != ERR_STORE_FAILED)
			return code;
		code = sql_script_run(db,
		    is_remote ? meta_script_pg : meta_script, err);
		if (code == ERR_OK)
			return sql_prepare(db, err);
		if (!is_remote ||
		    (code != ERR_STORE_CONFLICT && code != ERR_STORE_FAILED))
			return code;
		code = ERR_STORE_FAILED;
	}
	return code;
}

static enum err_code
bring_up(struct sql_db *db, const struct migrating *how, struct err *err)
{
	int64_t version = 0, newest;
	enum err_code code;

	assert(how->count > 0);
	newest = how->list[how->count - 1].number;
	assert(newest == (int64_t)how->count);
	code = make_meta(db, err);
	if (code == ERR_OK)
		code = read_version(db, &version, err);
	if (code != ERR_OK)
		return code;
	if (version > newest)
		return err_set(err, ERR_USAGE, "schema",
		    "the store has schema %" PRId64
		    ", this program knows %" PRId64
		    ": use a newer program, or the copy that was kept"
		    " before the migration",
		    version, newest);
	/* Of a server's data its own tools make copies. */
	if (version > 0 && version < newest && !sql_is_remote(db))
		code = keep_copy(db, how, version, err);
	for (size_t i = (size_t)version; i < how->count && code == ERR_OK; i++)
		code = run_migration(db, &how->list[i], err);
	return code;
}

/* A role that only runs meets a schema that is missing or old. */
static bool
is_not_allowed(const struct sql_db *db, const struct err *err)
{
	return sql_is_remote(db) && strstr(err->detail, "42501") != NULL;
}

enum err_code
migrate(struct sql_db *db, const struct migrating *how, struct err *err)
{
	struct err why = {.code = ERR_OK};
	enum err_code code = bring_up(db, how, &why);

	if (code == ERR_STORE_FAILED && is_not_allowed(db, &why))
		return err_set(err, ERR_USAGE, "role",
		    "the store's schema is missing or old, and this role may"
		    " not change it; run `procured migrate` as the role that"
		    " owns it, and give this one its rights (%.80s)",
		    why.detail);
	if (code != ERR_OK && err != NULL)
		*err = why;
	return code;
}
