/* SPDX-License-Identifier: Apache-2.0 */
/* What the manual says of this dialect. */
#include "dialect/dialect.h"
#include "dialect/wangdian/wangdian_impl.h"

const struct dialect_about wangdian_about = {
    .title_en = "wangdian purchase orders",
    .title_zh = "旺店通旗舰版采购单",
    .route = "POST /openapi",
    .credential_en =
	"sid, key and an appsecret of the form secret:salt; sid, key, "
	"salt, method, timestamp, v=1.0 and sign stand in the query",
    .credential_zh = "sid、key 与形如 secret:salt 的 appsecret;sid、key、salt、"
		     "method、timestamp、v=1.0、sign 均在查询串中",
    .signature_en =
	"lower-case hex of MD5 over secret + every name and value of "
	"the query, sorted by name, without sign, with body = the raw "
	"body among them + secret. The timestamp is in seconds since "
	"2012-01-01 00:00:00 +08:00 and may be 120 seconds off.",
    .signature_zh =
	"secret + 按名称排序的查询参数名与值(不含 sign,另加 "
	"body=原始请求体)+ secret,取 MD5 小写十六进制。timestamp 为自 "
	"2012-01-01 00:00:00 +08:00 起的秒数,偏差不超过 120 秒。",
    .answer_en = "HTTP 200 always, JSON with an integer status: 0 is success, "
		 "anything else comes with a message.",
    .answer_zh =
	"始终 HTTP 200;JSON 中 status 为整数:0 为成功,其余带 message。",
    .change_en = "purchase.PurchaseOrder.updatePurchaseInfo with "
		 "[{\"purchase_no\":…,\"flag_name\":…}]; the body is the "
		 "array of the method's arguments",
    .change_zh = "purchase.PurchaseOrder.updatePurchaseInfo,参数 "
		 "[{\"purchase_no\":…,\"flag_name\":…}];请求体为方法参数数组",
};
