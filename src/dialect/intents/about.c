/* SPDX-License-Identifier: Apache-2.0 */
/* What the manual says of this dialect. */
#include "dialect/dialect.h"
#include "dialect/intents/intents_impl.h"

const struct dialect_about intents_about = {
    .title_en = "procure-core purchase intents",
    .title_zh = "procure-core 采购意图",
    .route = "/api/v1/…",
    .credential_en = "an app id and an app secret; in the headers X-App-Id, "
		     "X-Timestamp (milliseconds) and X-Signature",
    .credential_zh =
	"appId 与 appSecret;通过请求头 X-App-Id、X-Timestamp(毫秒)和 "
	"X-Signature 传递",
    .signature_en =
	"lower-case hex of HMAC-SHA256 with the secret over METHOD + "
	"PATH + TIMESTAMP + BODY, nothing between them. PATH is the "
	"request target as sent, with /api/v1 and the query; BODY is "
	"the raw bytes. The clock may be five minutes off.",
    .signature_zh = "以 appSecret 为密钥,对 METHOD + PATH + TIMESTAMP + "
		    "BODY(无分隔符)计算 HMAC-SHA256,输出小写十六进制。PATH "
		    "为实际发送的路径(含 /api/v1 与查询串),BODY 为原始字节。"
		    "时钟偏差不超过 5 分钟。",
    .answer_en =
	"JSON with code, message and data. Success has HTTP 200 and "
	"code 0; a refusal has a code of five digits whose first three "
	"are the HTTP status, and its data names fields or states.",
    .answer_zh = "JSON:code、message、data。成功为 HTTP 200 且 code 0;失败时 "
		 "code 为五位数字,前三位即 HTTP 状态码,data 指明字段或状态。",
    .change_en =
	"PUT /api/v1/intents/{id} with any of quantity, recipientName, "
	"address, phone, remarks",
    .change_zh = "PUT /api/v1/intents/{id},可含 quantity、recipientName、"
		 "address、phone、remarks",
};
