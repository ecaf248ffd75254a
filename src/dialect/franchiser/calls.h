/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of the franchiser dialect and the fields of its orders, one row
 * each. docs/dialect-franchiser.md tells each of them (`make lint` looks).
 */
#ifndef DIALECT_FRANCHISER_CALLS_H
#define DIALECT_FRANCHISER_CALLS_H

#define FRANCHISER_BASE "/franchiser/api/"

/* clang-format off */
/*
 * path behind the base, kind of command, decode_…, put_… (`data` of a success),
 * the message of a success.
 */
#define FRANCHISER_CALL_TABLE(X)                                               \
	X("trade/modify",   CHANGE, modify, tradeno,    "修改成功")            \
	X("trade/create",   CREATE, create, tradeno,    "创建成功")            \
	X("trade/query",    READ,   query,  order,      "查询成功")            \
	X("trade/cancel",   MOVE,   cancel, tradeno,    "取消成功")            \
	X("warehouse/list", NONE,   list,   warehouses, "查询成功")

/*
 * The fields of modify and create, in the order in which faults are told: name
 * on the wire, reader in fields.c, field of the order, least and greatest
 * length in characters, whether create needs it.
 */
#define FRANCHISER_FIELD_TABLE(X)                                              \
	X("warehouseid",        warehouse, F_WAREHOUSE,         0,   0, true)  \
	X("transportway",       way,       F_TRANSPORT_WAY,     0,   0, false) \
	X("logisticscompanyid", company,   F_LOGISTICS_COMPANY, 0,   0, false) \
	X("receivername",       text,      F_RECIPIENT_NAME,    1,  50, true)  \
	X("mobile",             mobile,    F_PHONE,            11,  11, true)  \
	X("provincename",       region,    F_PROVINCE,          1,  50, true)  \
	X("cityname",           region,    F_CITY,              1,  50, true)  \
	X("distrctname",        region,    F_DISTRICT,          1,  50, true)  \
	X("address",            text,      F_ADDRESS,           1, 200, true)  \
	X("deliverydate",       date,      F_DELIVERY_DATE,    10,  10, true)  \
	X("remark",             text,      F_LOGISTICS_REMARK,  0, 500, false) \
	X("traderemark",        text,      F_REMARKS,           0, 500, false) \
	X("logisticscontact",   text,      F_LOGISTICS_CONTACT, 0,  50, false) \
	X("logisticscarnumber", text,      F_LOGISTICS_CAR,     0,  50, false) \
	X("logisticsmobile",    text,      F_LOGISTICS_PHONE,   0,  50, false) \
	X("items",              items,     F_LINES,             0,   0, true)
/* clang-format on */

#endif
