/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform's errors, and what each outcome of the core becomes: an error,
 * or a refusal inside a success (call_success false). A store that could not
 * say whether it wrote is SystemError, which the seed shows; when it surely
 * wrote nothing it is error 10, which clients send again.
 */
#include "dialect/top/top_impl.h"

const struct top_error_row top_errors[TOP__COUNT] = {
#define NAMED true
#define PLAIN false
#define X(name, code, naming, msg, sub_code, sub_msg) \
	[TOP_##name] = {code, naming, msg, sub_code, sub_msg},
    TOP_ERROR_TABLE(X)
#undef X
#undef PLAIN
#undef NAMED
};

#define NOT_WRITTEN "服务暂时不可用,未做任何修改,请稍后重试"

/* clang-format off */
/* code, error, argument, sub code, sub message */
#define ERRORS(E)                                                              \
	E(OK,             NONE,         NULL, NULL, NULL)                      \
	E(BAD_REQUEST,    BAD_ARGUMENT, "http", NULL, "HTTP 请求格式错误或有歧义") \
	E(NO_ROUTE,       BAD_METHOD,   NULL, NULL, NULL)                      \
	E(BAD_METHOD,     HTTP_ACTION,  NULL, NULL, "只支持 GET 与 POST")      \
	E(BODY_TOO_LARGE, BAD_ARGUMENT, "body", NULL, "请求体超过 1 MiB")      \
	E(URL_TOO_LONG,   BAD_ARGUMENT, "url", NULL, "请求地址超过 8192 字节") \
	E(BAD_TYPE,       BAD_ARGUMENT, "content-type", NULL, "只支持 application/x-www-form-urlencoded 与 multipart/form-data") \
	E(BAD_BODY,       BAD_ENCODING, NULL, NULL, NULL)                      \
	E(NO_CREDENTIALS, NO_APP_KEY,   NULL, NULL, NULL)                      \
	E(BAD_TIME,       BAD_TIMESTAMP, NULL, NULL, NULL)                     \
	E(DENIED,         BAD_SIGN,     NULL, NULL, NULL)                      \
	E(DISABLED,       PERMISSION,   NULL, "isv.permission-app-disabled", "应用已停用") \
	E(IP_DENIED,      PERMISSION,   NULL, "isv.permission-ip-whitelist-limit", "IP 不在白名单") \
	E(RATE_LIMITED,   LIMITED,      NULL, NULL, NULL)                      \
	E(BAD_FIELD,      BAD_ARGUMENT, NULL, NULL, NULL)                      \
	E(KEY_REUSED,     REMOTE,       NULL, NULL, NULL)                      \
	E(NEED_VERSION,   REMOTE,       NULL, NULL, NULL)                      \
	E(NAME_TAKEN,     REMOTE,       NULL, NULL, NULL)                      \
	E(NO_STOCK,       REMOTE,       NULL, NULL, NULL)                      \
	E(BUSY,           UNAVAILABLE,  NULL, "isp.service-busy", NOT_WRITTEN) \
	E(STORE_BUSY,     UNAVAILABLE,  NULL, "isp.store-busy", NOT_WRITTEN)   \
	E(STORE_AWAY,     UNAVAILABLE,  NULL, "isp.store-error", NOT_WRITTEN)  \
	E(STORE_CONFLICT, UNAVAILABLE,  NULL, "isp.store-busy", NOT_WRITTEN)   \
	E(STORE_FULL,     UNAVAILABLE,  NULL, "isp.store-full", NOT_WRITTEN)   \
	E(STORE_FAILED,   UNAVAILABLE,  NULL, "isp.store-error", NOT_WRITTEN)  \
	E(NO_MEMORY,      UNAVAILABLE,  NULL, "isp.memory-limit", NOT_WRITTEN) \
	E(USAGE,          REMOTE,       NULL, NULL, NULL)                      \
	E(STOPPING,       UNAVAILABLE,  NULL, "isp.service-stopping", NOT_WRITTEN)

/* code, call_error_code, call_error_msg */
#define REFUSALS(R)                                                            \
	R(NOT_FOUND,    "1002", "采购单不存在")                                \
	R(NOT_YOURS,    "1002", "采购单不存在")                                \
	R(BAD_STATE,    "1003", "当前状态不允许该事件")                        \
	R(CONFLICT,     "1004", "采购单已绑定其他服务商订单")                  \
	R(STORE_UNSURE, "1001", "SystemError")
/* clang-format on */

const struct top_verdict top_verdicts[ERR__COUNT] = {
#define E(err, name, arg, code, msg) \
	[ERR_##err] = {.error = TOP_##name, \
	    .argument = arg, \
	    .sub_code = code, \
	    .sub_msg = msg},
    ERRORS(E)
#undef E
#define R(err, code, msg) [ERR_##err] = {.refusal = code, .refusal_msg = msg},
	REFUSALS(R)
#undef R
};

enum {
#define E(err, name, arg, code, msg) +1
#define R(err, code, msg) +1
	rows = 0 ERRORS(E) REFUSALS(R)
#undef E
#undef R
};
static_assert((int)rows == (int)ERR__COUNT,
    "every outcome of the core has an answer");
