/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app's operator may decide for it. Each row is a policy of `procured
 * app … --policy key=value`; docs/operations.md lists them all.
 */
#ifndef ORDER_POLICY_H
#define ORDER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A rate of this value has no limit. */
#define RATE_UNLIMITED 0

enum editable { EDITABLE_ALL, EDITABLE_SHIPPING };
enum top_session { TOP_SESSION_OPTIONAL, TOP_SESSION_REQUIRED };
enum top_sku_sum { TOP_SKU_SUM_ANY, TOP_SKU_SUM_STRICT };

/* clang-format off */
/*
 * member, kind (CHOICE: a word of `values`; RATE: requests, or "unlimited";
 * NUMBER: from `values`, as "1..9"; LIST: comma-separated words), key, default, values, what it does (en, zh).
 */
#define POLICY_TABLE(X)                                                              \
	X(submitted_editable, CHOICE, "submitted_editable", "all", "all|shipping",   \
	  "what may change in SUBMITTED: every field, or shipping data and remarks only", \
	  "已提交的订单可改什么:全部字段,或仅收货信息和备注")                        \
	X(require_if_match,   CHOICE, "require_if_match", "no", "no|yes",            \
	  "whether a change must name the version it is based on (428 otherwise)",   \
	  "更新是否必须带 If-Match(否则 428)")                                       \
	X(rate_put,           RATE,   "rate.put", "20", "",                          \
	  "PUTs of intents per second",                                              \
	  "采购意图更新的每秒上限")                                                  \
	X(rate_wangdian,      RATE,   "rate.wangdian_per_minute", "60", "",           \
	  "calls of one wangdian method per minute",                                 \
	  "旺店通每个接口每分钟的调用上限")                                          \
	X(wangdian_methods,   LIST,   "wangdian.methods", "", "",                    \
	  "wangdian methods the app may call; empty: all",                           \
	  "允许应用调用的旺店通接口;为空表示不限")                                   \
	X(top_session,        CHOICE, "top.session", "optional", "optional|required", \
	  "whether every call of top must carry a session (error 26 otherwise)",     \
	  "top 的每次调用是否必须带 session(否则错误 26)")                           \
	X(top_sku_sum,        CHOICE, "top.sku_sum", "any", "any|strict",            \
	  "whether the quantities of sku_info must add up to total_quantity",        \
	  "sku_info 的数量之和是否必须等于 total_quantity")                          \
	X(rate_franchiser,    RATE,   "rate.franchiser", "20", "",                   \
	  "calls of franchiser per second",                                          \
	  "分销接口每秒的调用上限")                                                  \
	X(franchiser_sign,    CHOICE, "franchiser.sign", "md5-sandwich-lower",       \
	  "md5-sandwich-lower|md5-sandwich-upper|md5-kv-amp-key-upper|hmac-sha256-kv-amp", \
	  "how requests of franchiser are signed",                                   \
	  "分销接口的签名算法")                                                      \
	X(franchiser_window_s, NUMBER, "franchiser.window_s", "600", "1..1200",      \
	  "seconds that a timestamp of franchiser may be off",                       \
	  "分销接口时间戳允许的偏差秒数")                                            \
	X(franchiser_error.system, NUMBER, "franchiser.error.system", "-1", "-99999..99999", \
	  "statusCode of: the store can't be written", \
	  "statusCode:存储暂不可用") \
	X(franchiser_error.format, NUMBER, "franchiser.error.format", "1000", "-99999..99999", \
	  "statusCode of: a request that can't be read", \
	  "statusCode:请求参数格式错误") \
	X(franchiser_error.bad_sign, NUMBER, "franchiser.error.bad_sign", "1001", "-99999..99999", \
	  "statusCode of: a signature that does not hold", \
	  "statusCode:签名验证失败") \
	X(franchiser_error.time, NUMBER, "franchiser.error.time", "1003", "-99999..99999", \
	  "statusCode of: a timestamp that is none or too old", \
	  "statusCode:时间戳无效或已过期") \
	X(franchiser_error.not_found, NUMBER, "franchiser.error.not_found", "1004", "-99999..99999", \
	  "statusCode of: no such order", \
	  "statusCode:订单不存在") \
	X(franchiser_error.state, NUMBER, "franchiser.error.state", "1005", "-99999..99999", \
	  "statusCode of: the order's state forbids it", \
	  "statusCode:订单状态不允许") \
	X(franchiser_error.warehouse, NUMBER, "franchiser.error.warehouse", "1006", "-99999..99999", \
	  "statusCode of: no such warehouse", \
	  "statusCode:仓库不存在") \
	X(franchiser_error.transport, NUMBER, "franchiser.error.transport", "1007", "-99999..99999", \
	  "statusCode of: a transport way or company that does not fit", \
	  "statusCode:运输方式或物流公司不符") \
	X(franchiser_error.product, NUMBER, "franchiser.error.product", "1008", "-99999..99999", \
	  "statusCode of: no such product", \
	  "statusCode:产品不存在") \
	X(franchiser_error.field, NUMBER, "franchiser.error.field", "1009", "-99999..99999", \
	  "statusCode of: a field that is malformed", \
	  "statusCode:字段格式错误") \
	X(franchiser_error.items, NUMBER, "franchiser.error.items", "1010", "-99999..99999", \
	  "statusCode of: items that are missing or doubled", \
	  "statusCode:订单明细为空或重复") \
	X(franchiser_error.unknown_key, NUMBER, "franchiser.error.unknown_key", "1011", "-99999..99999", \
	  "statusCode of: a parameter that is unknown", \
	  "statusCode:未知参数") \
	X(franchiser_error.rate, NUMBER, "franchiser.error.rate", "1012", "-99999..99999", \
	  "statusCode of: too many requests", \
	  "statusCode:请求过于频繁") \
	X(franchiser_error.missing, NUMBER, "franchiser.error.missing", "1013", "-99999..99999", \
	  "statusCode of: a parameter that is missing", \
	  "statusCode:缺少参数") \
	X(allow_ip,           LIST,   "allow_ip", "", "",                            \
	  "addresses or CIDR ranges that may use the app; empty: all",               \
	  "允许使用该应用的地址或网段;为空表示不限")
/* clang-format on */

enum franchiser_sign {
	FRANCHISER_SIGN_SANDWICH_LOWER,
	FRANCHISER_SIGN_SANDWICH_UPPER,
	FRANCHISER_SIGN_KV_KEY_UPPER,
	FRANCHISER_SIGN_HMAC,
	FRANCHISER_SIGN__COUNT
};

/* The codes that installations of that platform number as they like. */
struct franchiser_error {
	int64_t system;
	int64_t format;
	int64_t bad_sign;
	int64_t time;
	int64_t not_found;
	int64_t state;
	int64_t warehouse;
	int64_t transport;
	int64_t product;
	int64_t field;
	int64_t items;
	int64_t unknown_key;
	int64_t rate;
	int64_t missing;
};

struct policy {
	int64_t rate; /* `--rate`: requests per second over all dialects */
	int64_t submitted_editable; /* enum editable */
	int64_t require_if_match;
	int64_t rate_put;
	int64_t top_session; /* enum top_session */
	int64_t top_sku_sum; /* enum top_sku_sum */
	int64_t rate_wangdian;
	int64_t rate_franchiser;
	int64_t franchiser_sign; /* enum franchiser_sign */
	int64_t franchiser_window_s;
	struct franchiser_error franchiser_error;
	struct str wangdian_methods;
	struct str allow_ip;
};

struct policy_row {
	const char *key;
	const char *default_value;
	const char *values;
	const char *help_en;
	const char *help_zh;
};

extern const struct policy_row policy_rows[];
extern const size_t policy_row_count;

void policy_init(struct policy *p); /* the defaults */
/*
 * Sets one policy from text; strings are copied into the arena.
 * ERR_USAGE with a sentence that names the key and what is allowed, or
 * ERR_NO_MEMORY. A list's words are not looked into: who uses it does.
 */
MUST_CHECK enum err_code policy_set(struct policy *p, struct arena *a,
    struct str key, struct str value, struct err *err);
/* The value of row i as policy_set would take it. */
struct str policy_get(const struct policy *p, struct arena *a, size_t row);
/*
 * The policies that differ from their default as "key=value\n…", and back; this
 * is how a store keeps them. Reading sets those that are not told to their
 * defaults and leaves `rate` alone. An unknown key is ERR_USAGE. Printing gives
 * an absent string when there is no room.
 */
struct str policy_print(const struct policy *p, struct arena *a);
MUST_CHECK enum err_code policy_parse(struct policy *p, struct arena *a,
    struct str text, struct err *err);

#endif
