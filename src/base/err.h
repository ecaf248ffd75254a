/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error enum of the program. Three kinds, never mixed: a bug is an
 * assert; an operating fault and a client's mistake are codes of this table.
 * What a client sees of a code is decided in one place per dialect, its error
 * table, which must have a row for every code (checked when compiling).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* clang-format off */
#define ERR_TABLE(X)                                                          \
	/* name          what went wrong, in English and in Chinese */          \
	X(OK,             "no error",                                         \
	  "没有错误")                                                         \
	/* the shape of the request */                                        \
	X(BAD_REQUEST,    "the HTTP request is malformed or ambiguous",       \
	  "HTTP 请求有误或有歧义")                                            \
	X(NO_ROUTE,       "no such call",                                     \
	  "没有这个接口")                                                     \
	X(BAD_METHOD,     "the call exists, not with this HTTP method",       \
	  "接口存在,但不支持该 HTTP 方法")                                    \
	X(BODY_TOO_LARGE, "the body passes its limit",                        \
	  "请求体超过上限")                                                   \
	X(URL_TOO_LONG,   "the request target passes its limit",              \
	  "请求地址超过上限")                                                 \
	X(BAD_TYPE,       "the content type is not one this call reads",      \
	  "接口不接受该内容类型")                                             \
	X(BAD_BODY,       "the body cannot be parsed",                        \
	  "请求体无法解析")                                                   \
	/* who is asking */                                                   \
	X(NO_CREDENTIALS, "credentials are missing",                          \
	  "缺少凭据")                                                         \
	X(BAD_TIME,       "the signed time is malformed or out of its window",\
	  "签名时间格式有误或超出时间窗口")                                   \
	X(DENIED,         "the signature does not hold or the app is unknown",\
	  "签名不正确或应用不存在")                                           \
	X(DISABLED,       "the app is disabled",                              \
	  "应用已停用")                                                       \
	X(IP_DENIED,      "the client's address is not allowed",              \
	  "不允许该客户端地址")                                               \
	X(RATE_LIMITED,   "too many requests",                                \
	  "请求过于频繁")                                                     \
	/* what is asked */                                                   \
	X(BAD_FIELD,      "a field is missing, unknown or out of range",      \
	  "字段缺失、未知或超出范围")                                         \
	X(NOT_FOUND,      "no such order",                                    \
	  "没有这张订单")                                                     \
	X(NOT_YOURS,      "the order belongs to another app",                 \
	  "订单属于其他应用")                                                 \
	X(BAD_STATE,      "the order's state forbids this",                   \
	  "订单状态不允许")                                                   \
	X(CONFLICT,       "the order has changed since the version named",    \
	  "订单版本已变化")                                                   \
	X(KEY_REUSED,     "the idempotency key came with another request",    \
	  "幂等键已用于其他请求")                                             \
	X(NEED_VERSION,   "the app's policy demands a version to match",      \
	  "应用的策略要求给出版本")                                           \
	X(NAME_TAKEN,     "another order has this name",                      \
	  "该编号已被其他订单使用")                                           \
	X(NO_STOCK,       "the warehouse has too little of a product",        \
	  "仓库中某产品数量不足")                                             \
	/* what the server can't do now; nothing was written unless UNSURE */ \
	X(BUSY,           "a queue is full",                                  \
	  "队列已满")                                                         \
	X(STORE_BUSY,     "the store is locked or too slow",                  \
	  "存储被锁定或过慢")                                                 \
	X(STORE_AWAY,     "the database is not there or takes no changes",    \
	  "数据库无法连接或不接受写入")                                       \
	X(STORE_CONFLICT, "the database wants the transaction once more",     \
	  "数据库要求重新执行事务")                                           \
	X(STORE_FULL,     "the disk is full",                                 \
	  "磁盘已满")                                                         \
	X(STORE_FAILED,   "the store failed",                                 \
	  "存储失败")                                                         \
	X(STORE_UNSURE,   "the store may or may not have committed",          \
	  "无法确定存储是否已提交")                                           \
	X(NO_MEMORY,      "a memory limit was reached",                       \
	  "达到内存上限")                                                     \
	X(USAGE,          "wrong command, flag or setting",                   \
	  "命令、选项或设置有误")                                             \
	X(STOPPING,       "the server is shutting down",                      \
	  "服务正在停止")
/* clang-format on */

enum err_code {
#define X(name, text, text_zh) ERR_##name,
	ERR_TABLE(X)
#undef X
	ERR__COUNT
};

/* Where in a text, and why, its reader stopped (base/json.h). */
struct err_place {
	int line;   /* from 1; 0: it is about no text */
	int column; /* from 1, in characters */
	unsigned why;
};

/* Details of one failure, fixed in size: the error path allocates nothing. */
struct err {
	enum err_code code;
	char field[64];	  /* path of the field in doubt, or "" */
	char detail[256]; /* for log and operator, not for API clients */
	struct err_place place;
};

/* Fills *e (which may be NULL) and returns `code`: return err_set(e, …); */
enum err_code err_set(struct err *e, enum err_code code, const char *field,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Lower-case name ("bad_field") and the table's texts. */
const char *err_name(enum err_code code);
const char *err_text(enum err_code code);
const char *err_text_zh(enum err_code code);
/* True when the same request may succeed later without being altered. */
bool err_is_transient(enum err_code code);

#endif
