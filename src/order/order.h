/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A purchase order, as every dialect means it. This folder knows neither JSON
 * nor HTTP nor SQL; dialects say what they want in terms of order/command.h,
 * and the store keeps what is here.
 *
 * Invariants, at every commit
 *   1. An order has 1 to LIMIT_LINES lines; each has a quantity >= 1.
 *   2. line.total_fen = price × quantity, rounded half up, once.
 *   3. total_fen is the sum of its lines' totals.
 *   4. version counts the amendments of the order, from 1.
 *
 * To add a field: one member, one row in ORDER_FIELD_TABLE, one column in the
 * store (store/statements.h and a migration), one golden conversation.
 */
#ifndef ORDER_ORDER_H
#define ORDER_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "order/life.h"

struct line {
	struct str product; /* product code of the catalog, or absent */
	int64_t sku;	    /* 0: none */
	struct str title;
	int64_t price_e4;
	int64_t quantity;
	struct str remark;
	int64_t total_fen; /* derived, see invariant 2 */
};

/* A named string the core keeps and does not understand. */
struct attribute {
	struct str name;
	struct str value;
};

/* 0 and absent mean "none" in every member that may be missing. */
struct order {
	int64_t id;	    /* time-ordered, unique across nodes */
	int64_t app;	    /* the number of the app that owns it */
	int64_t version;    /* 1 when created */
	int64_t updated_ms; /* time of the last amendment */
	int64_t last_seq;   /* the last amendment, see amendment.h */
	uint8_t last_hash[32];

	/* From here on: one row each in ORDER_FIELD_TABLE. */
	int64_t created_ms;
	int64_t cancelled_ms;
	enum order_status status;
	enum vendor_stage stage;
	struct str purchase_no; /* names given by the caller, see */
	struct str trade_no;	/* order_name_print for the others */
	struct str purchase_order;
	struct str user;
	struct str platform;
	struct str product_url;
	struct str recipient_name;
	struct str phone;
	struct str province;
	struct str city;
	struct str district;
	struct str address; /* the detail, or all where these are none */
	int64_t warehouse;
	int64_t transport_way;
	int64_t logistics_company;
	struct str delivery_date; /* yyyy-MM-dd */
	struct str logistics_remark;
	struct str logistics_contact;
	struct str logistics_phone;
	struct str logistics_car;
	struct str remarks;
	int64_t flag;
	int64_t reserves; /* 1: its lines hold stock while it is open */
	struct str vendor_order;
	struct str alipay_order;
	int64_t item;
	int64_t vendor_quantity;
	int64_t vendor_fee_fen;
	struct str logistics_numbers; /* joined with ',' */
	struct line *lines;
	size_t line_count;
	struct attribute *attributes; /* sorted by name */
	size_t attribute_count;
	int64_t total_fen; /* derived, see invariant 3 */
};

enum field_kind {
	FIELD_STR,
	FIELD_INT,
	FIELD_FEN,
	FIELD_TIME, /* int64_t milliseconds */
	FIELD_STATUS,
	FIELD_STAGE,
	FIELD_LINES,
	FIELD_ATTRIBUTES,
	FIELD_E4, /* 1/10000 yuan; only a line's price */
};

/* Whose: a person's data is hashed with a salt in the amendment chain. */
enum field_privacy { FIELD_PLAIN, FIELD_PERSONAL };

/* clang-format off */
/*
 * Every field of an order: the member it lives in (lines and attributes are
 * named by their pointer), its kind, the neutral name that amendments use, its
 * privacy, and the states in which a change may touch it (0: only moves,
 * events and derivation do).
 */
#define ORDER_FIELD_TABLE(X)                                                            \
	X(CREATED,           created_ms,        TIME,   "createdAt",         PLAIN,    0)          \
	X(CANCELLED,         cancelled_ms,      TIME,   "cancelledAt",       PLAIN,    0)          \
	X(STATUS,            status,            STATUS, "status",            PLAIN,    0)          \
	X(STAGE,             stage,             STAGE,  "vendor.stage",      PLAIN,    0)          \
	X(PURCHASE_NO,       purchase_no,       STR,    "name.purchase",     PLAIN,    0)          \
	X(TRADE_NO,          trade_no,          STR,    "name.trade",        PLAIN,    0)          \
	X(PURCHASE_ORDER,    purchase_order,    STR,    "name.purchaseOrder", PLAIN,   0)          \
	X(USER,              user,              STR,    "user",              PLAIN,    0)          \
	X(PLATFORM,          platform,          STR,    "platform",          PLAIN,    0)          \
	X(PRODUCT_URL,       product_url,       STR,    "product.url",       PLAIN,    0)          \
	X(RECIPIENT_NAME,    recipient_name,    STR,    "recipient.name",    PERSONAL, ORDER_OPEN) \
	X(PHONE,             phone,             STR,    "recipient.phone",   PERSONAL, ORDER_OPEN) \
	X(PROVINCE,          province,          STR,    "address.province",  PERSONAL, ORDER_OPEN) \
	X(CITY,              city,              STR,    "address.city",      PERSONAL, ORDER_OPEN) \
	X(DISTRICT,          district,          STR,    "address.district",  PERSONAL, ORDER_OPEN) \
	X(ADDRESS,           address,           STR,    "address.detail",    PERSONAL, ORDER_OPEN) \
	X(WAREHOUSE,         warehouse,         INT,    "warehouse",         PLAIN,    ORDER_OPEN) \
	X(TRANSPORT_WAY,     transport_way,     INT,    "transport.way",     PLAIN,    ORDER_OPEN) \
	X(LOGISTICS_COMPANY, logistics_company, INT,    "logistics.company", PLAIN,    ORDER_OPEN) \
	X(DELIVERY_DATE,     delivery_date,     STR,    "delivery.date",     PLAIN,    ORDER_OPEN) \
	X(LOGISTICS_REMARK,  logistics_remark,  STR,    "logistics.remark",  PERSONAL, ORDER_OPEN) \
	X(LOGISTICS_CONTACT, logistics_contact, STR,    "logistics.contact", PERSONAL, ORDER_OPEN) \
	X(LOGISTICS_PHONE,   logistics_phone,   STR,    "logistics.phone",   PERSONAL, ORDER_OPEN) \
	X(LOGISTICS_CAR,     logistics_car,     STR,    "logistics.car",     PERSONAL, ORDER_OPEN) \
	X(REMARKS,           remarks,           STR,    "remarks",           PERSONAL, ORDER_OPEN) \
	X(FLAG,              flag,              INT,    "flag",              PLAIN,    ORDER_ANY)  \
	X(RESERVES,          reserves,          INT,    "reserves",          PLAIN,    ORDER_OPEN) \
	X(VENDOR_ORDER,      vendor_order,      STR,    "vendor.order",      PLAIN,    0)          \
	X(ALIPAY_ORDER,      alipay_order,      STR,    "vendor.alipayOrder", PLAIN,   0)          \
	X(ITEM,              item,              INT,    "vendor.item",       PLAIN,    0)          \
	X(VENDOR_QUANTITY,   vendor_quantity,   INT,    "vendor.quantity",   PLAIN,    0)          \
	X(VENDOR_FEE,        vendor_fee_fen,    FEN,    "vendor.fee",        PLAIN,    0)          \
	X(LOGISTICS_NUMBERS, logistics_numbers, STR,    "logistics.numbers", PLAIN,    0)          \
	X(LINES,             lines,             LINES,  "lines",             PLAIN,    ORDER_OPEN) \
	X(ATTRIBUTES,        attributes,        ATTRIBUTES, "attributes",    PLAIN,    ORDER_OPEN) \
	X(TOTAL,             total_fen,         FEN,    "total",             PLAIN,    0)
/* clang-format on */

enum order_field {
#define X(name, member, kind, neutral, privacy, editable) F_##name,
	ORDER_FIELD_TABLE(X)
#undef X
	F__COUNT
};

/* A set of fields is one number. */
#define BIT64(n) (UINT64_C(1) << (n))
#define ORDER_ALL_FIELDS (BIT64(F__COUNT) - 1)

struct order_field_row {
	const char *name; /* neutral */
	size_t offset;
	enum field_kind kind;
	enum field_privacy privacy;
	unsigned editable; /* mask of BIT(status) */
};

extern const struct order_field_row order_fields[F__COUNT];

/* Members by field; the kind must fit (asserted). */
struct str *order_str(struct order *o, enum order_field f);
int64_t *order_int(struct order *o, enum order_field f);
struct str order_get_str(const struct order *o, enum order_field f);
/* Of INT, FEN, TIME, STATUS and STAGE fields. */
int64_t order_get_int(const struct order *o, enum order_field f);
/* Whether a and b hold the same in this field. */
bool order_field_is_equal(const struct order *a, const struct order *b,
    enum order_field f);
/* The set of the fields in which a and b differ. */
uint64_t order_differences(const struct order *a, const struct order *b);

/* The value of an attribute; absent when the order has none of this name. */
struct str order_attribute(const struct order *o, struct str name);
/* Sets an attribute, or removes it when `value` is absent. Strings are borrowed
 * and the array must have room for one more. */
void order_attribute_put(struct order *o, struct str name, struct str value);

/* Names an order has: one per dialect. */
enum name_kind {
	NAME_INTENT,	     /* intent_<id>; always derived */
	NAME_PURCHASE_NO,    /* CG<id> */
	NAME_TRADE_NO,	     /* DD<id> */
	NAME_PURCHASE_ORDER, /* <id> */
	NAME__COUNT
};

#define ORDER_NAME_BYTES 161

/* The order's own name of this kind, or the one derived from its id. */
void order_name_print(const struct order *o, enum name_kind kind,
    char out[ORDER_NAME_BYTES]);
/* The id when `name` has the derived form of this kind (no leading zeros). */
bool order_name_parse(enum name_kind kind, struct str name, int64_t *id_out);
/* Whether a caller may not choose this name: it is, or may yet be, the derived
 * one of an order that the server numbers. Short numbers are free, since real
 * systems name their orders CG2204130001 and the like. */
bool order_name_is_reserved(enum name_kind kind, struct str name);

/*
 * Line totals and the order's total from prices and quantities.
 * ERR_BAD_FIELD when the total passes LIMIT_TOTAL_FEN; the order is then
 * unusable.
 */
MUST_CHECK enum err_code order_sum(struct order *o);
/* Asserts the invariants above; before writing and after reading back. */
void order_check(const struct order *o);

/* A deep copy into the arena; NULL when it is full. */
struct order *order_copy(struct arena *a, const struct order *o);

/* Σ quantity over the lines. */
int64_t order_quantity(const struct order *o);

/*
 * Ids: milliseconds since 2020, node number, counter; strictly rising per
 * generator even when the clock steps back. One thread at a time. Smaller ones
 * than ORDER_ID_FIRST are never made; the demo's orders have such.
 */
#define ORDER_ID_FIRST (INT64_C(1) << 52)

struct order_ids {
	int64_t node; /* 0–1023 */
	int64_t last;
};

int64_t order_id_next(struct order_ids *ids, int64_t now_ms);
/* The millisecond since 1970 that an id was given, and a generator whose first
 * id has this one or a later. */
int64_t order_id_ms(int64_t id);
struct order_ids order_ids_from(int64_t node, int64_t first_ms);

#endif
