/* SPDX-License-Identifier: Apache-2.0 */
/* What the manual says of this dialect. */
#include "dialect/dialect.h"
#include "dialect/top/top_impl.h"

const struct dialect_about top_about = {
    .title_en = "Taobao open platform gateway",
    .title_zh = "淘宝开放平台网关",
    .route = "/router/rest",
    .credential_en =
	"app_key, app secret and, where an app's policy asks for it, a "
	"session; all parameters stand in the query or a form",
    .credential_zh = "app_key、secret,以及策略要求时的 session;"
		     "全部参数位于查询串或表单中",
    .signature_en =
	"upper-case hex over names and values sorted by name, without "
	"sign: md5 is MD5(secret + … + secret), hmac is HMAC-MD5, "
	"hmac-sha256 is HMAC-SHA256; sign_method says which. The "
	"timestamp is yyyy-MM-dd HH:mm:ss in GMT+8 and may be ten "
	"minutes off.",
    .signature_zh = "按名称排序的参数名与值(不含 sign),输出大写十六进制:md5 为 "
		    "MD5(secret + … + secret),hmac 为 HMAC-MD5,hmac-sha256 为 "
		    "HMAC-SHA256,由 sign_method 指定。timestamp 为东八区 "
		    "yyyy-MM-dd HH:mm:ss,偏差不超过 10 分钟。",
    .answer_en =
	"HTTP 200 always, XML or JSON by format. Success is "
	"<method>_response; a refusal of the gateway is error_response "
	"with code and sub_code; a refusal of the order is a success "
	"with call_success false.",
    .answer_zh = "始终 HTTP 200;按 format 返回 XML 或 JSON。成功为 "
		 "<method>_response;网关错误为 error_response(code、sub_code);"
		 "业务拒绝为 call_success=false。",
    .change_en = "taobao.itemmarket.order.info.update with vendor_order_id, "
		 "purchase_order_id and event",
    .change_zh = "taobao.itemmarket.order.info.update,含 vendor_order_id、"
		 "purchase_order_id、event",
};
