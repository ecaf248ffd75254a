/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of a PostgreSQL store: version 4 in one script, then what followed
 * (migrations.c has the other side). Every key is
 * led by the app, so that tables can be spread by it; orders and tombs have an
 * index by id beside it, for the question whose an id is.
 *
 * What nobody changes under a lock of its own is changed under the app's line
 * (lines.c). Rows that are changed again and again leave room in their pages:
 * as long as no column of an index changes, their new version stays there and
 * no index is touched.
 */
#include "store/migrations.h"

/* Texts are compared by their bytes, as SQLite does. */
#define TEXT_COLUMN " TEXT COLLATE \"C\""

/* clang-format off */
#define KEY(name) name " BIGINT NOT NULL,"
#define NUMBER(name) name " BIGINT NOT NULL DEFAULT 0,"
#define TEXT(name) name TEXT_COLUMN ","
#define WORD(name) name TEXT_COLUMN " NOT NULL,"

const char schema_pg_4[] =
    "CREATE TABLE lines("
    "app BIGINT PRIMARY KEY,"
    "last_seq BIGINT NOT NULL"
    ") WITH (fillfactor = 20);"

    "CREATE TABLE orders("
    KEY("id") KEY("app") KEY("version") KEY("updated_ms") KEY("last_seq")
    "last_hash BYTEA NOT NULL,"
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
    WORD("lines")
    TEXT("attributes")
    KEY("total_fen")
    "price_e4 BIGINT NOT NULL DEFAULT -1,"
    "PRIMARY KEY(app, id)"
    ") WITH (fillfactor = 80);"
    "CREATE INDEX orders_id ON orders(id);"
    "CREATE INDEX orders_created"
    " ON orders(app, created_ms, id) INCLUDE (status, platform);"
    "CREATE INDEX orders_status"
    " ON orders(app, status, created_ms, id) INCLUDE (platform);"
    "CREATE INDEX orders_user"
    " ON orders(app, user_id, created_ms, id) INCLUDE (status, platform);"
    "CREATE INDEX orders_price ON orders(app, price_e4, id)"
    " INCLUDE (status, platform, user_id, created_ms);"

    "CREATE TABLE order_counts("
    KEY("app") KEY("status") KEY("n")
    "PRIMARY KEY(app, status)"
    ") WITH (fillfactor = 50);"

    "CREATE TABLE amendments("
    KEY("app") KEY("seq") KEY("order_id") KEY("prev_seq") KEY("version")
    KEY("at_ms")
    TEXT("dialect") TEXT("method") TEXT("request_id") TEXT("trace_id")
    TEXT("note")
    WORD("changes")
    "hash BYTEA NOT NULL,"
    "PRIMARY KEY(app, seq)"
    ");"

    "CREATE TABLE tombs("
    KEY("app") KEY("order_id") KEY("last_seq")
    "PRIMARY KEY(app, order_id)"
    ");"
    "CREATE INDEX tombs_id ON tombs(order_id);"

    "CREATE TABLE names("
    KEY("app") KEY("kind") WORD("name") KEY("order_id")
    "PRIMARY KEY(app, kind, name)"
    ");"

    "CREATE TABLE answers("
    KEY("app") KEY("at_ms")
    "digest BYTEA NOT NULL,"
    KEY("order_id") KEY("version")
    "body BYTEA,"
    TEXT("items")
    KEY("kept_ms")
    "PRIMARY KEY(app, at_ms, digest)"
    ");"
    "CREATE INDEX answers_kept ON answers(app, kept_ms) WHERE at_ms = 0;"

    "CREATE TABLE stock("
    KEY("app") KEY("warehouse") WORD("product") KEY("on_hand")
    KEY("reserved")
    "PRIMARY KEY(app, warehouse, product)"
    ") WITH (fillfactor = 50);"

    "CREATE TABLE apps("
    "no BIGINT PRIMARY KEY,"
    "id" TEXT_COLUMN " NOT NULL UNIQUE,"
    WORD("name") KEY("disabled") KEY("rate") WORD("policy")
    "created_ms BIGINT NOT NULL"
    ");"

    "CREATE TABLE credentials("
    WORD("dialect") WORD("key") KEY("app") TEXT("scope")
    "secret_box BYTEA,"
    "session_box BYTEA,"
    "PRIMARY KEY(dialect, key)"
    ");"

    "CREATE TABLE flags("
    KEY("app") KEY("id") WORD("name") KEY("kind") KEY("enabled")
    KEY("built_in")
    "PRIMARY KEY(app, id),"
    "UNIQUE(app, name)"
    ");"

    "CREATE TABLE warehouses("
    KEY("app") KEY("id") WORD("no") TEXT("name")
    "PRIMARY KEY(app, id),"
    "UNIQUE(app, no)"
    ");"

    "CREATE TABLE providers("
    KEY("app") WORD("no") TEXT("name")
    "PRIMARY KEY(app, no)"
    ");"

    "CREATE TABLE products("
    KEY("app") WORD("code") TEXT("title") KEY("price_e4") KEY("enabled")
    "PRIMARY KEY(app, code)"
    ");"

    "CREATE TABLE carriers("
    KEY("app") KEY("way") KEY("id") TEXT("name")
    "PRIMARY KEY(app, way, id)"
    ");";

/* What nodes that share a store tell each other. */
const char schema_pg_5[] =
    "CREATE TABLE nodes("
    "node BIGINT PRIMARY KEY,"
    WORD("holder") KEY("until_ms")
    "ids_ms BIGINT NOT NULL"
    ");"

    "CREATE TABLE rates("
    KEY("app") WORD("name") KEY("lim") KEY("per_ms") KEY("at_ms") KEY("level")
    KEY("granted")
    "PRIMARY KEY(app, name)"
    ") WITH (fillfactor = 20);"

    "CREATE TABLE revisions("
    "name" TEXT_COLUMN " PRIMARY KEY,"
    "n BIGINT NOT NULL"
    ");";
/* clang-format on */
