/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of a copy, four for each table: a page of rows by key, a row
 * that is written as it was read, everything away, how many. They are prepared
 * by a copy alone, so that no server's connection carries them.
 *
 * A page's values are those of the key of the last row, as COPY_TABLE lists
 * them, and the most rows. INT64_MIN or "" is before the first.
 */
#ifndef STORE_COPY_STATEMENTS_H
#define STORE_COPY_STATEMENTS_H

#include "store/migrations.h"
#include "store/statements.h"

/* clang-format off */
#define COPY_AMENDMENT_COLUMNS                                                \
	"app, seq, order_id, prev_seq, version, at_ms, dialect, method,"      \
	" request_id, trace_id, note, changes, hash"

/*
 * name, table, letters and columns, places for them, the key's letters and
 * condition, its order, places of the key among the columns, what "everything"
 * is not.
 */
#define COPY_TABLE(X)                                                         \
	X(APPS, "apps", "issiisi",                                            \
	  "no, id, name, disabled, rate, policy, created_ms",                 \
	  "$1, $2, $3, $4, $5, $6, $7",                                       \
	  "i", "no > $1", "no LIMIT $2", {0}, "")                             \
	X(CREDENTIALS, "credentials", "isssbb",                               \
	  "app, dialect, key, scope, secret_box, session_box",                \
	  "$1, $2, $3, $4, $5, $6",                                           \
	  "ss", "(dialect, key) > ($1, $2)", "dialect, key LIMIT $3",         \
	  {1 COMMA 2}, "")                                                    \
	X(FLAGS, "flags", "iisiii",                                           \
	  "app, id, name, kind, enabled, built_in",                           \
	  "$1, $2, $3, $4, $5, $6",                                           \
	  "ii", "(app, id) > ($1, $2)", "app, id LIMIT $3", {0 COMMA 1}, "")  \
	X(WAREHOUSES, "warehouses", "iiss", "app, id, no, name",              \
	  "$1, $2, $3, $4",                                                   \
	  "ii", "(app, id) > ($1, $2)", "app, id LIMIT $3", {0 COMMA 1}, "")  \
	X(PROVIDERS, "providers", "iss", "app, no, name", "$1, $2, $3",       \
	  "is", "(app, no) > ($1, $2)", "app, no LIMIT $3", {0 COMMA 1}, "")  \
	X(PRODUCTS, "products", "issii", "app, code, title, price_e4, enabled", \
	  "$1, $2, $3, $4, $5",                                               \
	  "is", "(app, code) > ($1, $2)", "app, code LIMIT $3", {0 COMMA 1}, "") \
	X(CARRIERS, "carriers", "iiis", "app, way, id, name",                 \
	  "$1, $2, $3, $4",                                                   \
	  "iii", "(app, way, id) > ($1, $2, $3)", "app, way, id LIMIT $4",    \
	  {0 COMMA 1 COMMA 2}, "")                                            \
	X(STOCK, "stock", "iisii", "app, warehouse, product, on_hand, reserved", \
	  "$1, $2, $3, $4, $5",                                               \
	  "iis", "(app, warehouse, product) > ($1, $2, $3)",                  \
	  "app, warehouse, product LIMIT $4", {0 COMMA 1 COMMA 2}, "")        \
	X(ORDERS, "orders", ORDER_INSERT_LETTERS, ORDER_INSERT_COLUMNS,       \
	  ORDER_INSERT_PARAMETERS,                                            \
	  "i", "id > $1", "id LIMIT $2", {41}, "")                             \
	X(ORDER_COUNTS, "order_counts", "iii", "app, status, n",              \
	  "$1, $2, $3",                                                       \
	  "ii", "(app, status) > ($1, $2)", "app, status LIMIT $3",           \
	  {0 COMMA 1}, "")                                                    \
	X(NAMES, "names", "iisi", "app, kind, name, order_id",                \
	  "$1, $2, $3, $4",                                                   \
	  "iis", "(app, kind, name) > ($1, $2, $3)",                          \
	  "app, kind, name LIMIT $4", {0 COMMA 1 COMMA 2}, "")                \
	X(TOMBS, "tombs", "iii", "app, order_id, last_seq", "$1, $2, $3",     \
	  "i", "order_id > $1", "order_id LIMIT $2", {1}, "")                 \
	X(AMENDMENTS, "amendments", "iiiiiissssss" "b", COPY_AMENDMENT_COLUMNS, \
	  "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13",           \
	  "ii", "$1 IS NOT NULL AND seq > $2", "seq LIMIT $3", {0 COMMA 1}, "") \
	X(ANSWERS, "answers", "iibiibsi",                                     \
	  "app, at_ms, digest, order_id, version, body, items, kept_ms",      \
	  "$1, $2, $3, $4, $5, $6, $7, $8",                                   \
	  "iib", "(at_ms, app, digest) > ($1, $2, $3)",                       \
	  "at_ms, app, digest LIMIT $4", {1 COMMA 0 COMMA 2}, "")             \
	X(NODES, "nodes", "isii", "node, holder, until_ms, ids_ms",           \
	  "$1, $2, $3, $4",                                                   \
	  "i", "node > $1", "node LIMIT $2", {0}, "")                         \
	X(META, "meta", "ss", "key, value", "$1, $2",                         \
	  "s", "key > $1", "key LIMIT $2", {0},                               \
	  " WHERE key NOT IN ('" META_SCHEMA_VERSION "', '" META_KEY_CHECK "'," \
	  " '" META_COPY_OF "')")
#define COMMA ,

/* Not of a table. */
#define COPY_OTHER_TABLE(X)                                                   \
	X(META_GET, "s", "s", "SELECT value FROM meta WHERE key = $1")        \
	X(META_PUT, "ss", "",                                                 \
	  "INSERT INTO meta(key, value) VALUES($1, $2)"                       \
	  " ON CONFLICT(key) DO UPDATE SET value = excluded.value")           \
	X(META_DELETE, "s", "", "DELETE FROM meta WHERE key = $1")            \
	X(LOG_SUM, "", "ii",                                                  \
	  "SELECT count(*), coalesce(max(seq), 0) FROM amendments")           \
	/* Each app's line, which an embedded store has not. */               \
	X(LINES_CLEAR, "", "", "DELETE FROM meta WHERE key IS NULL")          \
	X(LINES_FILL, "", "", "DELETE FROM meta WHERE key IS NULL")

/* What PostgreSQL needs instead: pages in the order of its keys, and lines. */
#define COPY_PG_TABLE(X)                                                      \
	X(COPY_STATEMENT(COPY_AMENDMENTS, COPY_PAGE),                         \
	  "SELECT " COPY_AMENDMENT_COLUMNS " FROM amendments"                 \
	  " WHERE (app, seq) > ($1, $2) ORDER BY app, seq LIMIT $3")          \
	X(COPY_STATEMENT(COPY_ANSWERS, COPY_PAGE),                            \
	  "SELECT app, at_ms, digest, order_id, version, body, items, kept_ms" \
	  " FROM answers WHERE (app, at_ms, digest) > ($2, $1, $3)"           \
	  " ORDER BY app, at_ms, digest LIMIT $4")                            \
	X(CS_LINES_CLEAR, "DELETE FROM lines")                                \
	X(CS_LINES_FILL,                                                      \
	  "INSERT INTO lines(app, last_seq) SELECT no, last FROM (SELECT no," \
	  " (SELECT max(seq) FROM amendments WHERE app = no) AS last"         \
	  " FROM apps) l WHERE last IS NOT NULL")
/* clang-format on */

enum copy_table {
#define X(name, ...) COPY_##name,
	COPY_TABLE(X)
#undef X
	COPY__COUNT
};

/* Statement k of table t is COPY_STATEMENT(t, k). */
enum copy_verb { COPY_PAGE, COPY_WRITE, COPY_CLEAR, COPY_ROWS, COPY_VERBS };
#define COPY_STATEMENT(table, verb) ((int)(table)*COPY_VERBS + (int)(verb))

enum copy_other {
	CS__BEFORE = COPY__COUNT * COPY_VERBS - 1,
#define X(name, ...) CS_##name,
	COPY_OTHER_TABLE(X)
#undef X
	CS__COUNT
};

#define COPY_KEY_MAX 3
#define COPY_COLUMNS_MAX ORDER_INSERT_COLUMNS_COUNT

struct copy_row {
	const char *table;
	const char *letters;
	const char *key_letters;
	uint8_t key[COPY_KEY_MAX]; /* columns */
};

extern const struct copy_row copy_rows[COPY__COUNT];
extern const struct sql_table copy_statements;

#endif
