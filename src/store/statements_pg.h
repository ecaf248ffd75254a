/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What PostgreSQL needs instead of a statement's own text, and the texts that
 * take many rows at once: those of every group. All others are carried out
 * once for each row, in one exchange.
 *
 *	X(name, text or NULL, text of a set or NULL)
 *
 * A set joins what unnest makes of its arrays by whole keys; the sessions'
 * settings keep the plan at that whatever the statistics are.
 */
#ifndef STORE_STATEMENTS_PG_H
#define STORE_STATEMENTS_PG_H

#include "store/statements.h"

/* clang-format off */
#define ORDER_ARRAYS                                                          \
	"$1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], "            \
	"$5::bytea[], $6::bigint[], $7::bigint[], $8::bigint[], "             \
	"$9::bigint[], $10::text[], $11::text[], $12::text[], "               \
	"$13::text[], $14::text[], $15::text[], $16::text[], "                \
	"$17::text[], $18::text[], $19::text[], $20::text[], "                \
	"$21::text[], $22::bigint[], $23::bigint[], "                         \
	"$24::bigint[], $25::text[], $26::text[], $27::text[], "              \
	"$28::text[], $29::text[], $30::text[], $31::bigint[], "              \
	"$32::bigint[], $33::text[], $34::text[], $35::bigint[], "            \
	"$36::bigint[], $37::bigint[], $38::text[], $39::text[], "            \
	"$40::text[], $41::bigint[], $42::bigint[], $43::bigint[]"

#define ORDER_UPDATE_ARRAYS                                                   \
	"$1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], "             \
	"$5::bigint[], $6::bigint[], $7::text[], $8::text[], "                \
	"$9::text[], $10::text[], $11::text[], $12::text[], "                 \
	"$13::text[], $14::text[], $15::text[], $16::text[], "                \
	"$17::bigint[], $18::bigint[], $19::bigint[], "                       \
	"$20::text[], $21::text[], $22::text[], $23::text[], "                \
	"$24::text[], $25::text[], $26::bigint[], $27::bigint[], "            \
	"$28::text[], $29::text[], $30::bigint[], $31::bigint[], "            \
	"$32::bigint[], $33::text[], $34::text[], $35::text[], "              \
	"$36::bigint[], $37::bigint[], $38::bigint[]"
#define ORDER_UPDATE_NAMES                                                    \
	"n_version, n_updated_ms, n_last_seq, n_last_hash, "                  \
	"n_cancelled_ms, n_stage, n_purchase_no, n_trade_no, "                \
	"n_purchase_order, n_product_url, n_recipient_name, "                 \
	"n_phone, n_province, n_city, n_district, n_address, "                \
	"n_warehouse, n_transport_way, n_logistics_company, "                 \
	"n_delivery_date, n_logistics_remark, "                               \
	"n_logistics_contact, n_logistics_phone, "                            \
	"n_logistics_car, n_remarks, n_flag, n_reserves, "                    \
	"n_vendor_order, n_alipay_order, n_item, "                            \
	"n_vendor_quantity, n_vendor_fee_fen, "                               \
	"n_logistics_numbers, n_lines, n_attributes, "                        \
	"n_total_fen, n_id, n_app"
#define ORDER_UPDATE_SET                                                      \
	"version = n_version, updated_ms = n_updated_ms, "                    \
	"last_seq = n_last_seq, last_hash = n_last_hash, "                    \
	"cancelled_ms = n_cancelled_ms, stage = n_stage, "                    \
	"purchase_no = n_purchase_no, trade_no = n_trade_no, "                \
	"purchase_order = n_purchase_order, "                                 \
	"product_url = n_product_url, "                                       \
	"recipient_name = n_recipient_name, phone = n_phone, "                \
	"province = n_province, city = n_city, "                              \
	"district = n_district, address = n_address, "                        \
	"warehouse = n_warehouse, "                                           \
	"transport_way = n_transport_way, "                                   \
	"logistics_company = n_logistics_company, "                           \
	"delivery_date = n_delivery_date, "                                   \
	"logistics_remark = n_logistics_remark, "                             \
	"logistics_contact = n_logistics_contact, "                           \
	"logistics_phone = n_logistics_phone, "                               \
	"logistics_car = n_logistics_car, remarks = n_remarks, "              \
	"flag = n_flag, reserves = n_reserves, "                              \
	"vendor_order = n_vendor_order, "                                     \
	"alipay_order = n_alipay_order, item = n_item, "                      \
	"vendor_quantity = n_vendor_quantity, "                               \
	"vendor_fee_fen = n_vendor_fee_fen, "                                 \
	"logistics_numbers = n_logistics_numbers, "                           \
	"lines = n_lines, attributes = n_attributes, "                        \
	"total_fen = n_total_fen"

#define AMENDMENT_ARRAYS                                                      \
	"$1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], "            \
	"$5::bigint[], $6::bigint[], $7::text[], $8::text[], "                \
	"$9::text[], $10::text[], $11::text[], $12::text[], "                 \
	"$13::bytea[]"

#define STATEMENT_PG_TABLE(X)                                                 \
	X(META_LOCK,                                                          \
	  "SELECT value FROM meta WHERE key = $1 FOR UPDATE", NULL)           \
	/* orders */                                                          \
	X(ORDER_BY_ID, NULL,                                                  \
	  "SELECT " ORDER_COLUMNS ", place"                                   \
	  " FROM unnest($1::bigint[], $2::bigint[])"                          \
	  " WITH ORDINALITY AS n(n_app, n_id, place)"                         \
	  " JOIN orders ON app = n_app AND id = n_id")                        \
	X(ORDER_BY_NAME, NULL,                                                \
	  "SELECT " ORDER_COLUMNS ", named, place FROM"                       \
	  " (SELECT x.app AS n_app, order_id AS named, place"                 \
	  " FROM unnest($1::bigint[], $2::bigint[], $3::text[])"              \
	  " WITH ORDINALITY AS n(n_app, n_kind, n_name, place) JOIN names x"  \
	  " ON x.app = n_app AND kind = n_kind AND name = n_name) AS k"       \
	  " LEFT JOIN orders ON app = n_app AND id = named")                  \
	X(ORDER_APP, NULL,                                                    \
	  "SELECT app, purchase_no, trade_no, purchase_order, place"          \
	  " FROM unnest($1::bigint[])"                                        \
	  " WITH ORDINALITY AS n(n_id, place) JOIN orders ON id = n_id")      \
	X(ORDERS_OF_APP,                                                      \
	  "SELECT " ORDER_COLUMNS " FROM orders"                              \
	  " WHERE app = $1 AND id > $2 ORDER BY id LIMIT $3", NULL)           \
	X(ORDER_INSERT, NULL,                                                 \
	  "INSERT INTO orders(" ORDER_INSERT_COLUMNS ")"                      \
	  " SELECT * FROM unnest(" ORDER_ARRAYS ")")                          \
	X(ORDER_UPDATE, NULL,                                                 \
	  "UPDATE orders SET " ORDER_UPDATE_SET                               \
	  " FROM unnest(" ORDER_UPDATE_ARRAYS ") AS n(" ORDER_UPDATE_NAMES ")" \
	  " WHERE app = n_app AND id = n_id")                                 \
	X(ORDER_UPDATE_LINES, NULL,                                           \
	  "UPDATE orders SET version = n_version, updated_ms = n_updated_ms," \
	  " last_seq = n_last_seq, last_hash = n_last_hash, lines = n_lines," \
	  " total_fen = n_total_fen FROM unnest($1::bigint[], $2::bigint[],"  \
	  " $3::bigint[], $4::bytea[], $5::text[], $6::bigint[],"             \
	  " $7::bigint[], $8::bigint[]) AS n(n_version, n_updated_ms,"        \
	  " n_last_seq, n_last_hash, n_lines, n_total_fen, n_id, n_app)"      \
	  " WHERE app = n_app AND id = n_id")                                 \
	X(ORDER_KEYS_SET, NULL,                                               \
	  "UPDATE orders SET status = n_status, price_e4 = n_price,"          \
	  " created_ms = n_created, user_id = n_user, platform = n_platform"  \
	  " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]," \
	  " $5::text[], $6::bigint[], $7::bigint[]) AS n(n_status, n_price,"  \
	  " n_created, n_user, n_platform, n_app, n_id)"                      \
	  " WHERE app = n_app AND id = n_id")                                 \
	X(ORDER_UPDATED, NULL,                                                \
	  "SELECT updated_ms, place FROM unnest($1::bigint[], $2::bigint[])"  \
	  " WITH ORDINALITY AS n(n_app, n_id, place)"                         \
	  " JOIN orders ON app = n_app AND id = n_id")                        \
	X(ORDER_LAST_SEQ, NULL,                                               \
	  "SELECT last_seq, place FROM unnest($1::bigint[], $2::bigint[])"    \
	  " WITH ORDINALITY AS n(n_app, n_id, place)"                         \
	  " JOIN orders ON app = n_app AND id = n_id")                        \
	X(ORDER_PRICE, NULL,                                                  \
	  "SELECT price_e4, place FROM unnest($1::bigint[], $2::bigint[])"    \
	  " WITH ORDINALITY AS n(n_app, n_id, place)"                         \
	  " JOIN orders ON app = n_app AND id = n_id")                        \
	X(COUNT_ADD, NULL,                                                    \
	  "INSERT INTO order_counts(app, status, n) SELECT * FROM"            \
	  " unnest($1::bigint[], $2::bigint[], $3::bigint[])"                 \
	  " ON CONFLICT(app, status) DO UPDATE"                               \
	  " SET n = order_counts.n + excluded.n")                             \
	X(NAME_INSERT, NULL,                                                  \
	  "INSERT INTO names(app, kind, name, order_id) SELECT * FROM"        \
	  " unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[])")    \
	/* Each app has a log of its own. */                                  \
	X(AMENDMENT_MOMENT,                                                   \
	  "SELECT at_ms FROM amendments WHERE app = $1 AND seq >= $2"         \
	  " ORDER BY seq LIMIT 1", NULL)                                      \
	X(LOG_LAST, "SELECT last_seq FROM lines WHERE app = $1", NULL)        \
	X(AMENDMENT_COUNT,                                                    \
	  "SELECT count(*) FROM amendments WHERE app = $1 AND seq <= $2",     \
	  NULL)                                                               \
	X(AMENDMENTS_AFTER,                                                   \
	  AMENDMENT_READ " WHERE a.app = $1 AND a.seq > $2"                   \
	  " ORDER BY a.seq LIMIT $3", NULL)                                   \
	X(TOMBS_AFTER,                                                        \
	  "SELECT order_id, app, last_seq FROM tombs"                         \
	  " WHERE app = $1 AND order_id > $2 ORDER BY order_id LIMIT $3",     \
	  NULL)                                                               \
	X(AMENDMENT_INSERT, NULL,                                             \
	  "INSERT INTO amendments(" AMENDMENT_COLUMNS ")"                     \
	  " SELECT * FROM unnest(" AMENDMENT_ARRAYS ")")                      \
	/* stored answers */                                                  \
	X(ANSWER_FIND, NULL,                                                  \
	  "SELECT order_id, version, body, items, kept_ms, place FROM"        \
	  " unnest($1::bigint[], $2::bigint[], $3::bytea[])"                  \
	  " WITH ORDINALITY AS n(n_at, n_app, n_digest, place) JOIN answers"  \
	  " ON at_ms = n_at AND app = n_app AND digest = n_digest")           \
	X(ANSWER_INSERT, NULL,                                                \
	  "INSERT INTO answers(at_ms, app, digest, order_id, version, body,"  \
	  " items, kept_ms) SELECT * FROM unnest($1::bigint[], $2::bigint[]," \
	  " $3::bytea[], $4::bigint[], $5::bigint[], $6::bytea[], $7::text[]," \
	  " $8::bigint[])")                                                   \
	X(ANSWERS_PRUNE_SIGNED,                                               \
	  "DELETE FROM answers WHERE (app, at_ms, digest) IN"                 \
	  " (SELECT app, at_ms, digest FROM answers WHERE app = $1"           \
	  " AND at_ms > 0 AND at_ms < $2 ORDER BY at_ms LIMIT $3)", NULL)     \
	X(ANSWERS_PRUNE_KEYED,                                                \
	  "DELETE FROM answers WHERE (app, at_ms, digest) IN"                 \
	  " (SELECT app, at_ms, digest FROM answers WHERE app = $1"           \
	  " AND at_ms = 0 AND kept_ms < $2 ORDER BY kept_ms LIMIT $3)", NULL) \
	/* Without a sequence: numbers have no gaps; whoever makes an app holds  \
	 * META_LOCK. */                                                      \
	X(APP_INSERT,                                                         \
	  "INSERT INTO apps(no, id, name, disabled, rate, policy, created_ms)" \
	  " SELECT coalesce(max(no), 0) + 1, $1::text, $2::text, $3::bigint," \
	  " $4::bigint, $5::text, $6::bigint FROM apps RETURNING no", NULL)   \
	/* stock */                                                           \
	X(STOCK_GET, NULL,                                                    \
	  "SELECT on_hand, reserved, place FROM"                              \
	  " unnest($1::bigint[], $2::bigint[], $3::text[])"                   \
	  " WITH ORDINALITY AS n(n_app, n_warehouse, n_product, place)"       \
	  " JOIN stock ON app = n_app AND warehouse = n_warehouse"            \
	  " AND product = n_product")                                         \
	X(STOCK_PUT, NULL,                                                    \
	  "INSERT INTO stock(app, warehouse, product, on_hand, reserved)"     \
	  " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[],"     \
	  " $4::bigint[], $5::bigint[])"                                      \
	  " ON CONFLICT(app, warehouse, product) DO UPDATE"                   \
	  " SET on_hand = excluded.on_hand, reserved = excluded.reserved")    \
	/* lines, always in the order of their apps */                        \
	X(LINE_LOCK, NULL,                                                    \
	  "SELECT app, last_seq, place FROM unnest($1::bigint[])"             \
	  " WITH ORDINALITY AS n(n_app, place) JOIN lines ON app = n_app"     \
	  " ORDER BY app FOR UPDATE OF lines")                                \
	X(LINE_NEW, NULL,                                                     \
	  "INSERT INTO lines(app, last_seq)"                                  \
	  " SELECT n_app, 0 FROM unnest($1::bigint[]) AS n(n_app)"            \
	  " ORDER BY n_app ON CONFLICT DO NOTHING")                           \
	X(LINE_PUT, NULL,                                                     \
	  "UPDATE lines SET last_seq = n_last"                                \
	  " FROM unnest($1::bigint[], $2::bigint[]) AS n(n_last, n_app)"      \
	  " WHERE app = n_app")
/* clang-format on */

#endif
