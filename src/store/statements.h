/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every SQL statement of the program, one row each: name, letters of its
 * parameters, letters of its columns, text. Letters are i (int64), s (text)
 * and b (bytes); parameters stand as $1 $2 … in order of first use.
 *
 * An order's row has the same columns in the same order in all its statements:
 * five of its own, one per row of ORDER_FIELD_TABLE, and the id last (where an
 * UPDATE needs it). row.c binds and reads them by position.
 *
 * To add a field of an order: its column at the same place in the five macros
 * below, and a migration.
 */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#include "sql/sql.h"
#include "store/statements_nodes.h"

/* clang-format off */
#define ORDER_LETTERS "iiiib" "iiii" "sss" "sss" "ssssss" "iii" "ssssss" \
	"ii" "ss" "iii" "s" "ss" "i" "i"

#define ORDER_COLUMNS                                                         \
	"app, version, updated_ms, last_seq, last_hash,"                      \
	" created_ms, cancelled_ms, status, stage,"                           \
	" purchase_no, trade_no, purchase_order,"                             \
	" user_id, platform, product_url,"                                    \
	" recipient_name, phone, province, city, district, address,"          \
	" warehouse, transport_way, logistics_company,"                       \
	" delivery_date, logistics_remark, logistics_contact,"                \
	" logistics_phone, logistics_car, remarks,"                           \
	" flag, reserves,"                                                    \
	" vendor_order, alipay_order,"                                        \
	" item, vendor_quantity, vendor_fee_fen,"                             \
	" logistics_numbers,"                                                 \
	" lines, attributes,"                                                 \
	" total_fen,"                                                         \
	" id"

#define ORDER_PARAMETERS                                                      \
	"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"   \
	" $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,"   \
	" $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41,"   \
	" $42"

/*
 * Of every order, for it is never NULL. SQLite finds where a row's columns begin
 * as far as it must to read one, and keeps that: a look at the last column first
 * finds all of them in one go, which is cheaper than one after the other.
 */
#define ORDER_LAST_COLUMN_FIRST "price_e4 = price_e4 AND "

/* What an order has for lists beside its own fields, behind the id. */
#define ORDER_INSERT_LETTERS ORDER_LETTERS "i"
#define ORDER_INSERT_COLUMNS ORDER_COLUMNS ", price_e4"
#define ORDER_INSERT_PARAMETERS ORDER_PARAMETERS ", $43"

/*
 * An UPDATE that names a column of an index rewrites the index's entry, whether
 * the value is another one or not. So those columns have a statement of their
 * own, ORDER_KEYS_SET, and are left out here, as app is, which never changes.
 * ORDER_KEY_FIELDS in row.h says the same.
 */
#define ORDER_UPDATE_LETTERS "iiib" "ii" "sss" "s" "ssssss" "iii" "ssssss" \
	"ii" "ss" "iii" "s" "ss" "i" "ii"
#define ORDER_ASSIGNMENTS                                                     \
	"version = $1, updated_ms = $2, last_seq = $3, last_hash = $4,"       \
	" cancelled_ms = $5, stage = $6,"                                     \
	" purchase_no = $7, trade_no = $8, purchase_order = $9,"              \
	" product_url = $10,"                                                 \
	" recipient_name = $11, phone = $12, province = $13, city = $14,"     \
	" district = $15, address = $16,"                                     \
	" warehouse = $17, transport_way = $18, logistics_company = $19,"     \
	" delivery_date = $20, logistics_remark = $21,"                       \
	" logistics_contact = $22, logistics_phone = $23,"                    \
	" logistics_car = $24, remarks = $25,"                                \
	" flag = $26, reserves = $27,"                                        \
	" vendor_order = $28, alipay_order = $29,"                            \
	" item = $30, vendor_quantity = $31, vendor_fee_fen = $32,"           \
	" logistics_numbers = $33,"                                           \
	" lines = $34, attributes = $35,"                                     \
	" total_fen = $36"

/* What the usual change sets: no other value is made and bound. */
#define ORDER_UPDATE_LINES_LETTERS "iiib" "s" "i" "ii"
#define ORDER_LINES_ASSIGNMENTS                                               \
	"version = $1, updated_ms = $2, last_seq = $3, last_hash = $4,"       \
	" lines = $5, total_fen = $6"

/* An amendment's row; the hash of the one before it is that one's own, and is
 * not stored twice. */
#define AMENDMENT_LETTERS "iiiiiissssss" "b"
#define AMENDMENT_COLUMNS                                                     \
	"seq, app, order_id, prev_seq, version, at_ms, dialect, method,"      \
	" request_id, trace_id, note, changes, hash"
#define AMENDMENT_READ_LETTERS AMENDMENT_LETTERS "b"
#define AMENDMENT_READ                                                        \
	"SELECT a.seq, a.app, a.order_id, a.prev_seq, a.version, a.at_ms,"    \
	" a.dialect, a.method, a.request_id, a.trace_id, a.note, a.changes,"  \
	" a.hash, p.hash"                                                     \
	" FROM amendments a LEFT JOIN amendments p"                           \
	" ON p.seq = a.prev_seq AND p.app = a.app"

#define STATEMENT_TABLE(X)                                                    \
	/* The first three are all that is asked before there is a schema. */ \
	X(META_GET, "s", "s",                                                 \
	  "SELECT value FROM meta WHERE key = $1")                            \
	X(META_PUT, "ss", "",                                                 \
	  "INSERT INTO meta(key, value) VALUES($1, $2)"                       \
	  " ON CONFLICT(key) DO UPDATE SET value = excluded.value")           \
	/* The same under a lock that other nodes' wait for. */               \
	X(META_LOCK, "s", "s",                                                \
	  "SELECT value FROM meta WHERE key = $1")                            \
	X(PING, "", "i", "SELECT CAST(1 AS BIGINT)")                          \
	/* orders */                                                          \
	X(ORDER_BY_ID, "ii", ORDER_LETTERS,                                   \
	  "SELECT " ORDER_COLUMNS " FROM orders"                              \
	  " WHERE " ORDER_LAST_COLUMN_FIRST "app = $1 AND id = $2")           \
	/* By a given name, and the id behind it: without an order it is a     \
	 * fault. */                                                          \
	X(ORDER_BY_NAME, "iis", ORDER_LETTERS "i",                            \
	  "SELECT " ORDER_COLUMNS ", named FROM (SELECT order_id AS named"    \
	  " FROM names WHERE app = $1 AND kind = $2 AND name = $3) x"         \
	  " LEFT JOIN orders o ON o.id = named AND o.app = $1")               \
	/* Whose an id is. */                                                 \
	X(ORDER_APP, "i", "isss",                                             \
	  "SELECT app, purchase_no, trade_no, purchase_order"                 \
	  " FROM orders WHERE id = $1")                                       \
	X(ORDERS_AFTER, "ii", ORDER_LETTERS,                                  \
	  "SELECT " ORDER_COLUMNS " FROM orders"                              \
	  " WHERE id > $1 ORDER BY id LIMIT $2")                              \
	X(ORDERS_OF_APP, "iii", ORDER_LETTERS,                                \
	  "SELECT " ORDER_COLUMNS " FROM orders"                              \
	  " WHERE +app = $1 AND id > $2 ORDER BY id LIMIT $3")                \
	X(ORDER_INSERT, ORDER_INSERT_LETTERS, "",                             \
	  "INSERT INTO orders(" ORDER_INSERT_COLUMNS ")"                      \
	  " VALUES(" ORDER_INSERT_PARAMETERS ")")                             \
	X(ORDER_UPDATE, ORDER_UPDATE_LETTERS, "",                             \
	  "UPDATE orders SET " ORDER_ASSIGNMENTS                              \
	  " WHERE " ORDER_LAST_COLUMN_FIRST "id = $37 AND app = $38")         \
	X(ORDER_UPDATE_LINES, ORDER_UPDATE_LINES_LETTERS, "",                 \
	  "UPDATE orders SET " ORDER_LINES_ASSIGNMENTS                        \
	  " WHERE " ORDER_LAST_COLUMN_FIRST "id = $7 AND app = $8")           \
	X(ORDER_KEYS, "ii", "iiiss",                                          \
	  "SELECT status, price_e4, created_ms, user_id, platform"            \
	  " FROM orders WHERE app = $1 AND id = $2")                          \
	X(ORDER_KEYS_SET, "iiissii", "",                                      \
	  "UPDATE orders SET status = $1, price_e4 = $2, created_ms = $3,"    \
	  " user_id = $4, platform = $5 WHERE app = $6 AND id = $7")          \
	X(ORDER_DELETE, "ii", "",                                             \
	  "DELETE FROM orders WHERE app = $1 AND id = $2")                    \
	/* lists: an access path from a place on, up and down. Key, id, status \
	 * and platform of each order; where the path does not ask for them,   \
	 * user and time of creation too; in the log, the time of the update. */ \
	X(LIST_CREATED_UP, "iiii", "iiis",                                    \
	  "SELECT created_ms, id, status, platform FROM orders"               \
	  " WHERE app = $1 AND (created_ms, id) > ($2, $3)"                   \
	  " ORDER BY created_ms, id LIMIT $4")                                \
	X(LIST_CREATED_DOWN, "iiii", "iiis",                                  \
	  "SELECT created_ms, id, status, platform FROM orders"               \
	  " WHERE app = $1 AND (created_ms, id) < ($2, $3)"                   \
	  " ORDER BY created_ms DESC, id DESC LIMIT $4")                      \
	X(LIST_STATUS_UP, "iiiii", "iiis",                                    \
	  "SELECT created_ms, id, status, platform FROM orders"               \
	  " WHERE app = $1 AND status = $2 AND (created_ms, id) > ($3, $4)"   \
	  " ORDER BY created_ms, id LIMIT $5")                                \
	X(LIST_STATUS_DOWN, "iiiii", "iiis",                                  \
	  "SELECT created_ms, id, status, platform FROM orders"               \
	  " WHERE app = $1 AND status = $2 AND (created_ms, id) < ($3, $4)"   \
	  " ORDER BY created_ms DESC, id DESC LIMIT $5")                      \
	X(LIST_USER_UP, "isiii", "iiis",                                      \
	  "SELECT created_ms, id, status, platform FROM orders"               \
	  " WHERE app = $1 AND user_id = $2 AND (created_ms, id) > ($3, $4)"  \
	  " ORDER BY created_ms, id LIMIT $5")                                \
	X(LIST_USER_DOWN, "isiii", "iiis",                                    \
	  "SELECT created_ms, id, status, platform FROM orders"               \
	  " WHERE app = $1 AND user_id = $2 AND (created_ms, id) < ($3, $4)"  \
	  " ORDER BY created_ms DESC, id DESC LIMIT $5")                      \
	X(LIST_PRICE_UP, "iiii", "iiissi",                                    \
	  "SELECT price_e4, id, status, platform, user_id, created_ms"        \
	  " FROM orders WHERE app = $1 AND (price_e4, id) > ($2, $3)"         \
	  " ORDER BY price_e4, id LIMIT $4")                                  \
	X(LIST_PRICE_DOWN, "iiii", "iiissi",                                  \
	  "SELECT price_e4, id, status, platform, user_id, created_ms"        \
	  " FROM orders WHERE app = $1 AND (price_e4, id) < ($2, $3)"         \
	  " ORDER BY price_e4 DESC, id DESC LIMIT $4")                        \
	X(LIST_LOG_UP, "iii", "iiissii",                                      \
	  "SELECT a.seq, o.id, o.status, o.platform, o.user_id, o.created_ms," \
	  " a.at_ms FROM amendments a LEFT JOIN orders o"                     \
	  " ON o.id = a.order_id AND o.last_seq = a.seq AND o.app = a.app"    \
	  " WHERE a.app = $1 AND a.seq > $2 ORDER BY a.seq LIMIT $3")         \
	X(LIST_LOG_DOWN, "iii", "iiissii",                                    \
	  "SELECT a.seq, o.id, o.status, o.platform, o.user_id, o.created_ms," \
	  " a.at_ms FROM amendments a LEFT JOIN orders o"                     \
	  " ON o.id = a.order_id AND o.last_seq = a.seq AND o.app = a.app"    \
	  " WHERE a.app = $1 AND a.seq < $2 ORDER BY a.seq DESC LIMIT $3")    \
	X(ORDER_UPDATED, "ii", "i",                                           \
	  "SELECT updated_ms FROM orders WHERE app = $1 AND id = $2")         \
	X(ORDER_LAST_SEQ, "ii", "i",                                          \
	  "SELECT last_seq FROM orders WHERE app = $1 AND id = $2")           \
	X(ORDER_PRICE, "ii", "i",                                             \
	  "SELECT price_e4 FROM orders WHERE app = $1 AND id = $2")           \
	/* Where all apps share one log, its number does not tell them apart. */ \
	X(AMENDMENT_MOMENT, "ii", "i",                                        \
	  "SELECT at_ms FROM amendments WHERE $1 IS NOT NULL AND seq >= $2"   \
	  " ORDER BY seq LIMIT 1")                                            \
	/* how many orders there are */                                       \
	X(COUNTS, "i", "ii",                                                  \
	  "SELECT status, n FROM order_counts WHERE app = $1")                \
	X(COUNT_ADD, "iii", "",                                               \
	  "INSERT INTO order_counts(app, status, n) VALUES($1, $2, $3)"       \
	  " ON CONFLICT(app, status) DO UPDATE"                               \
	  " SET n = order_counts.n + excluded.n")                             \
	X(COUNTS_WRONG, "", "iii",                                            \
	  "SELECT app, status, CAST(sum(n) AS BIGINT) FROM"                   \
	  " (SELECT app, status, n FROM order_counts UNION ALL"               \
	  " SELECT app, status, -count(*) FROM orders GROUP BY app, status)"  \
	  " AS k GROUP BY app, status HAVING sum(n) <> 0")                         \
	/* names that were given */                                           \
	X(NAME_FIND, "iis", "i",                                              \
	  "SELECT order_id FROM names"                                        \
	  " WHERE app = $1 AND kind = $2 AND name = $3")                      \
	X(NAME_INSERT, "iisi", "",                                            \
	  "INSERT INTO names(app, kind, name, order_id)"                      \
	  " VALUES($1, $2, $3, $4)")                                          \
	X(NAME_DELETE, "iis", "",                                             \
	  "DELETE FROM names WHERE app = $1 AND kind = $2 AND name = $3")     \
	X(NAMES_AFTER, "iisi", "iisi",                                        \
	  "SELECT app, kind, name, order_id FROM names"                       \
	  " WHERE (app, kind, name) > ($1, $2, $3)"                           \
	  " ORDER BY app, kind, name LIMIT $4")                               \
	/* orders that were deleted */                                        \
	X(TOMB_FIND, "ii", "iii",                                             \
	  "SELECT order_id, app, last_seq FROM tombs"                         \
	  " WHERE app = $1 AND order_id = $2")                                \
	X(TOMB_APP, "i", "i", "SELECT app FROM tombs WHERE order_id = $1")    \
	X(TOMBS_AFTER, "iii", "iii",                                          \
	  "SELECT order_id, app, last_seq FROM tombs"                         \
	  " WHERE $1 IS NOT NULL AND order_id > $2"                           \
	  " ORDER BY order_id LIMIT $3")                                      \
	X(TOMB_INSERT, "iii", "",                                             \
	  "INSERT INTO tombs(order_id, app, last_seq) VALUES($1, $2, $3)")    \
	/* the log of an app, or of all where they share one */               \
	X(LOG_LAST, "i", "i",                                                 \
	  "SELECT coalesce(max(seq), 0) FROM amendments"                      \
	  " WHERE $1 IS NOT NULL")                                            \
	X(AMENDMENT_COUNT, "ii", "i",                                         \
	  "SELECT count(*) FROM amendments"                                   \
	  " WHERE $1 IS NOT NULL AND seq <= $2")                              \
	X(AMENDMENT_PREV, "ii", "i",                                          \
	  "SELECT prev_seq FROM amendments WHERE app = $1 AND seq = $2")     \
	X(AMENDMENT_HASH, "ii", "b",                                          \
	  "SELECT hash FROM amendments WHERE app = $1 AND seq = $2")         \
	X(AMENDMENT_BY_SEQ, "ii", AMENDMENT_READ_LETTERS,                     \
	  AMENDMENT_READ " WHERE a.app = $1 AND a.seq = $2")                 \
	X(AMENDMENTS_AFTER, "iii", AMENDMENT_READ_LETTERS,                    \
	  AMENDMENT_READ " WHERE $1 IS NOT NULL AND a.seq > $2"               \
	  " ORDER BY a.seq LIMIT $3")                                         \
	/* From an amendment back, by its links. */                           \
	X(AMENDMENT_CHAIN, "iii", AMENDMENT_READ_LETTERS,                     \
	  "WITH RECURSIVE chain(seq, prev_seq, depth) AS ("                   \
	  "SELECT seq, prev_seq, CAST(1 AS BIGINT) FROM amendments"           \
	  " WHERE app = $1 AND seq = $2 UNION ALL"                           \
	  " SELECT m.seq, m.prev_seq, c.depth + 1 FROM chain c"               \
	  " JOIN amendments m ON m.app = $1 AND m.seq = c.prev_seq"          \
	  " WHERE c.depth < $3) "                                             \
	  "SELECT a.seq, a.app, a.order_id, a.prev_seq, a.version, a.at_ms,"  \
	  " a.dialect, a.method, a.request_id, a.trace_id, a.note, a.changes," \
	  " a.hash, p.hash FROM chain c"                                      \
	  " JOIN amendments a ON a.seq = c.seq AND a.app = $1"               \
	  " LEFT JOIN amendments p ON p.seq = a.prev_seq AND p.app = a.app"   \
	  " ORDER BY c.depth")                                                \
	X(FEED, "iii", AMENDMENT_READ_LETTERS,                                \
	  AMENDMENT_READ " WHERE a.app = $1 AND a.seq > $2"                   \
	  " ORDER BY a.seq LIMIT $3")                                         \
	X(AMENDMENT_INSERT, AMENDMENT_LETTERS, "",                            \
	  "INSERT INTO amendments(" AMENDMENT_COLUMNS ")"                     \
	  " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")  \
	/* stored answers */                                                  \
	X(ANSWER_FIND, "iib", "iibsi",                                        \
	  "SELECT order_id, version, body, items, kept_ms FROM answers"       \
	  " WHERE at_ms = $1 AND app = $2 AND digest = $3")                   \
	X(ANSWER_INSERT, "iibiibsi", "",                                      \
	  "INSERT INTO answers(at_ms, app, digest, order_id, version, body,"  \
	  " items, kept_ms) VALUES($1, $2, $3, $4, $5, $6, $7, $8)")          \
	X(ANSWER_DELETE, "iib", "",                                           \
	  "DELETE FROM answers"                                               \
	  " WHERE at_ms = $1 AND app = $2 AND digest = $3")                   \
	X(ANSWERS_AFTER, "iibi", "iibiis",                                    \
	  "SELECT at_ms, app, digest, order_id, version, items FROM answers"  \
	  " WHERE (at_ms, app, digest) > ($1, $2, $3)"                        \
	  " ORDER BY at_ms, app, digest LIMIT $4")                            \
	X(ORDER_STANDS, "i", "ii",                                            \
	  "SELECT app, version FROM orders WHERE id = $1 UNION ALL"           \
	  " SELECT t.app, m.version FROM tombs t"                             \
	  " JOIN amendments m ON m.seq = t.last_seq AND m.app = t.app"        \
	  " WHERE t.order_id = $1")                                           \
	/* of one app where each has a line, else of all */                   \
	X(ANSWERS_PRUNE_SIGNED, "iii", "",                                    \
	  "DELETE FROM answers WHERE (at_ms, app, digest) IN"                 \
	  " (SELECT at_ms, app, digest FROM answers WHERE $1 IS NOT NULL"     \
	  " AND at_ms > 0 AND at_ms < $2 ORDER BY at_ms LIMIT $3)")           \
	X(ANSWERS_PRUNE_KEYED, "iii", "",                                     \
	  "DELETE FROM answers WHERE (at_ms, app, digest) IN"                 \
	  " (SELECT at_ms, app, digest FROM answers WHERE $1 IS NOT NULL"     \
	  " AND at_ms = 0 AND kept_ms < $2 ORDER BY kept_ms LIMIT $3)")       \
	/* apps and their credentials */                                      \
	X(APPS, "", "issiisi",                                                \
	  "SELECT no, id, name, disabled, rate, policy, created_ms FROM apps" \
	  " ORDER BY no")                                                     \
	X(APP_COUNT, "", "i", "SELECT count(*) FROM apps")                    \
	X(APP_BY_ID, "s", "i", "SELECT no FROM apps WHERE id = $1")           \
	X(APP_INSERT, "ssiisi", "i",                                          \
	  "INSERT INTO apps(id, name, disabled, rate, policy, created_ms)"    \
	  " VALUES($1, $2, $3, $4, $5, $6) RETURNING no")                     \
	X(APP_UPDATE, "ssiisii", "",                                          \
	  "UPDATE apps SET id = $1, name = $2, disabled = $3, rate = $4,"     \
	  " policy = $5, created_ms = $6 WHERE no = $7")                      \
	X(CREDENTIALS, "", "isssbb",                                          \
	  "SELECT app, dialect, key, scope, secret_box, session_box"          \
	  " FROM credentials ORDER BY app, dialect, key")                     \
	X(CREDENTIAL_COUNT, "", "i", "SELECT count(*) FROM credentials")      \
	X(CREDENTIAL_OWNER, "ss", "i",                                        \
	  "SELECT app FROM credentials WHERE dialect = $1 AND key = $2")      \
	X(CREDENTIALS_DELETE, "is", "",                                       \
	  "DELETE FROM credentials WHERE app = $1 AND dialect = $2")          \
	X(CREDENTIAL_INSERT, "isssbb", "",                                    \
	  "INSERT INTO credentials(app, dialect, key, scope, secret_box,"     \
	  " session_box) VALUES($1, $2, $3, $4, $5, $6)")                     \
	/* catalogs, of the apps from $1 to $2 */                             \
	X(FLAGS, "ii", "iisiii",                                              \
	  "SELECT app, id, name, kind, enabled, built_in FROM flags"          \
	  " WHERE app >= $1 AND app <= $2 ORDER BY app, id")                  \
	X(FLAG_COUNT, "ii", "i",                                              \
	  "SELECT count(*) FROM flags WHERE app >= $1 AND app <= $2")         \
	X(FLAG_LAST, "i", "i",                                                \
	  "SELECT coalesce(max(id), 0) FROM flags WHERE app = $1")            \
	X(FLAG_BY_NAME, "is", "i",                                            \
	  "SELECT id FROM flags WHERE app = $1 AND name = $2")                \
	X(FLAG_PUT, "iisiii", "",                                             \
	  "INSERT INTO flags(app, id, name, kind, enabled, built_in)"         \
	  " VALUES($1, $2, $3, $4, $5, $6)"                                   \
	  " ON CONFLICT(app, id) DO UPDATE SET name = excluded.name,"         \
	  " kind = excluded.kind, enabled = excluded.enabled,"                \
	  " built_in = excluded.built_in")                                    \
	X(WAREHOUSES, "ii", "iiss",                                           \
	  "SELECT app, id, no, name FROM warehouses"                          \
	  " WHERE app >= $1 AND app <= $2 ORDER BY app, id")                  \
	X(WAREHOUSE_COUNT, "ii", "i",                                         \
	  "SELECT count(*) FROM warehouses WHERE app >= $1 AND app <= $2")    \
	X(WAREHOUSE_BY_NO, "is", "i",                                         \
	  "SELECT id FROM warehouses WHERE app = $1 AND no = $2")             \
	X(WAREHOUSE_PUT, "iiss", "",                                          \
	  "INSERT INTO warehouses(app, id, no, name) VALUES($1, $2, $3, $4)"  \
	  " ON CONFLICT(app, id) DO UPDATE SET no = excluded.no,"             \
	  " name = excluded.name")                                            \
	X(PROVIDERS, "ii", "iss",                                             \
	  "SELECT app, no, name FROM providers"                               \
	  " WHERE app >= $1 AND app <= $2 ORDER BY app, no")                  \
	X(PROVIDER_COUNT, "ii", "i",                                          \
	  "SELECT count(*) FROM providers WHERE app >= $1 AND app <= $2")     \
	X(PROVIDER_PUT, "iss", "",                                            \
	  "INSERT INTO providers(app, no, name) VALUES($1, $2, $3)"           \
	  " ON CONFLICT(app, no) DO UPDATE SET name = excluded.name")         \
	X(PRODUCTS, "ii", "issii",                                            \
	  "SELECT app, code, title, price_e4, enabled FROM products"          \
	  " WHERE app >= $1 AND app <= $2 ORDER BY app, code")                \
	X(PRODUCT_COUNT, "ii", "i",                                           \
	  "SELECT count(*) FROM products WHERE app >= $1 AND app <= $2")      \
	X(PRODUCT_PUT, "issii", "",                                           \
	  "INSERT INTO products(app, code, title, price_e4, enabled)"         \
	  " VALUES($1, $2, $3, $4, $5) ON CONFLICT(app, code) DO UPDATE"      \
	  " SET title = excluded.title, price_e4 = excluded.price_e4,"        \
	  " enabled = excluded.enabled")                                      \
	X(CARRIERS, "ii", "iiis",                                             \
	  "SELECT app, way, id, name FROM carriers"                           \
	  " WHERE app >= $1 AND app <= $2 ORDER BY app, way, id")             \
	X(CARRIER_COUNT, "ii", "i",                                           \
	  "SELECT count(*) FROM carriers WHERE app >= $1 AND app <= $2")      \
	X(CARRIER_PUT, "iiis", "",                                            \
	  "INSERT INTO carriers(app, way, id, name) VALUES($1, $2, $3, $4)"   \
	  " ON CONFLICT(app, way, id) DO UPDATE SET name = excluded.name")    \
	/* stock */                                                           \
	X(STOCK_GET, "iis", "ii",                                             \
	  "SELECT on_hand, reserved FROM stock"                               \
	  " WHERE app = $1 AND warehouse = $2 AND product = $3")              \
	X(STOCK_PUT, "iisii", "",                                             \
	  "INSERT INTO stock(app, warehouse, product, on_hand, reserved)"     \
	  " VALUES($1, $2, $3, $4, $5)"                                       \
	  " ON CONFLICT(app, warehouse, product) DO UPDATE"                   \
	  " SET on_hand = excluded.on_hand, reserved = excluded.reserved")    \
	X(STOCKS, "ii", "iisii",                                              \
	  "SELECT app, warehouse, product, on_hand, reserved FROM stock"      \
	  " WHERE app >= $1 AND app <= $2 ORDER BY app, warehouse, product")  \
	X(STOCK_COUNT, "ii", "i",                                             \
	  "SELECT count(*) FROM stock WHERE app >= $1 AND app <= $2")         \
	X(HOLDERS, "ii", ORDER_LETTERS,                                       \
	  "SELECT " ORDER_COLUMNS " FROM orders WHERE reserves = 1"           \
	  " AND warehouse > 0 AND status >= 1 AND status <= 2 AND id > $1"    \
	  " ORDER BY id LIMIT $2")                                            \
	X(STOCKS_AFTER, "iisi", "iisii",                                      \
	  "SELECT app, warehouse, product, on_hand, reserved FROM stock"      \
	  " WHERE (app, warehouse, product) > ($1, $2, $3)"                   \
	  " ORDER BY app, warehouse, product LIMIT $4")                       \
	STATEMENT_NODES_TABLE(X)

/* What only a store has that is shared by nodes; see lines.c. */
#define STATEMENT_SHARED_TABLE(X)                                             \
	X(LINE_LOCK, "i", "ii",                                               \
	  "SELECT app, last_seq FROM lines WHERE app = $1 FOR UPDATE")        \
	X(LINE_NEW, "i", "",                                                  \
	  "INSERT INTO lines(app, last_seq) VALUES($1, 0)"                    \
	  " ON CONFLICT DO NOTHING")                                          \
	X(LINE_PUT, "ii", "",                                                 \
	  "UPDATE lines SET last_seq = $1 WHERE app = $2")                    \
	X(LINES_AFTER, "ii", "ii",                                            \
	  "SELECT app, last_seq FROM lines WHERE app > $1"                    \
	  " ORDER BY app LIMIT $2")                                           \
	/* Logs whose last number is another one than their line says. */     \
	X(LINES_WRONG, "", "iii",                                             \
	  "SELECT k.app, coalesce(l.last_seq, -1), k.last FROM (SELECT app,"  \
	  " CAST(max(last) AS BIGINT) AS last FROM"                           \
	  " (SELECT app, max(seq) AS last FROM amendments GROUP BY app"       \
	  " UNION ALL SELECT app, 0 FROM orders GROUP BY app"                 \
	  " UNION ALL SELECT app, 0 FROM lines) AS a GROUP BY app) AS k"      \
	  " LEFT JOIN lines l ON l.app = k.app"                               \
	  " WHERE l.last_seq IS NULL OR l.last_seq <> k.last")
/* clang-format on */

enum statement {
#define X(name, args, result, text) ST_##name,
	STATEMENT_TABLE(X)
#undef X
	    ST__EMBEDDED_COUNT,
	ST__LAST_OF_EMBEDDED = ST__EMBEDDED_COUNT - 1,
#define X(name, args, result, text) ST_##name,
	STATEMENT_SHARED_TABLE(X)
#undef X
	ST__COUNT
};

/* META_GET, META_PUT and META_LOCK. */
#define STATEMENT_BOOT_COUNT 3

extern const struct sql_table statements;
extern const struct sql_table statements_shared;
/* Those that are asked before there is a schema. */
extern const struct sql_table statements_boot;

#endif
