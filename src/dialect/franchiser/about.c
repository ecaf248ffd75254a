/* SPDX-License-Identifier: Apache-2.0 */
/* What the manual says of this dialect. */
#include "dialect/dialect.h"
#include "dialect/franchiser/franchiser_impl.h"

const struct dialect_about franchiser_about = {
    .title_en = "EM distributor orders",
    .title_zh = "EM 分销订单",
    .route = "POST /franchiser/api/…",
    .credential_en =
	"appid and secret; the form fields appid, timestamp (seconds), "
	"request_data (JSON text) and sign",
    .credential_zh = "appid 与 secret;表单字段 appid、timestamp(秒)、"
		     "request_data(JSON 文本)、sign",
    .signature_en =
	"lower-case hex of MD5 over secret + names and values sorted "
	"by name, without sign + secret; request_data byte for byte as "
	"sent. The clock may be ten minutes off. The policies "
	"franchiser.sign and franchiser.window_s change both.",
    .signature_zh =
	"secret + 按名称排序的字段名与值(不含 sign)+ secret,取 MD5 "
	"小写十六进制;request_data 按发送的字节计算。时钟偏差不超过 10 "
	"分钟。策略 franchiser.sign 与 franchiser.window_s 可调整。",
    .answer_en = "HTTP 200 always, JSON with statusCode, message and data; "
		 "statusCode 0 is success.",
    .answer_zh = "始终 HTTP 200;JSON 含 statusCode、message、data;statusCode 0 "
		 "为成功。",
    .change_en =
	"POST /franchiser/api/trade/modify with tradeno and what is to "
	"change; items replaces all lines",
    .change_zh = "POST /franchiser/api/trade/modify,含 tradeno 及要修改的字段;"
		 "items 替换全部明细",
};
