/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the demo prints to be pasted into a shell: one change per dialect, each
 * signed afresh when it runs, with tools every system has, and such that it
 * succeeds however often it is pasted.
 */
#include "app/demo.h"
#include "base/json.h"
#include "dialect/dialect.h"

struct hint {
	const char *dialect; /* left out while the program does not speak it */
	const char *what_en;
	const char *what_zh;
	const char *script; /* $U is the server */
};

/* clang-format off */
static const struct hint hints[] = {
	{"intents", "change an order (intents)", "更新采购意图 (intents)",
	 "T=$(date +%s)000; P=/api/v1/intents/intent_67890; B='{\"quantity\":2}'; \\\n"
	 "S=$(printf %s \"PUT$P$T$B\" | openssl dgst -sha256 -r \\\n"
	 "  -hmac dev_secret_local_do_not_use_in_production | cut -c1-64); \\\n"
	 "curl -sS -X PUT \"$U$P\" -H 'X-App-Id: dev_app_local' \\\n"
	 "  -H \"X-Timestamp: $T\" -H \"X-Signature: $S\" \\\n"
	 "  -H 'Content-Type: application/json' -d \"$B\"; echo\n"},
	{"intents", "look at it", "查询",
	 "T=$(date +%s)000; P=/api/v1/intents/intent_67890; \\\n"
	 "S=$(printf %s \"GET$P$T\" | openssl dgst -sha256 -r \\\n"
	 "  -hmac dev_secret_local_do_not_use_in_production | cut -c1-64); \\\n"
	 "curl -sS \"$U$P\" -H 'X-App-Id: dev_app_local' \\\n"
	 "  -H \"X-Timestamp: $T\" -H \"X-Signature: $S\"; echo\n"},
	{"wangdian", "flag the same order (wangdian)", "给同一张单打标记 (wangdian)",
	 "T=$(($(date +%s) - 1325347200)); \\\n"
	 "M=purchase.PurchaseOrder.updatePurchaseInfo; \\\n"
	 "B='[{\"purchase_no\":\"CG2204130001\",\"flag_name\":\"aa\"}]'; \\\n"
	 "S=$(printf %s \"dev_wdt_secretbody${B}keydev_wdt_keymethod${M}\\\n"
	 "saltdev_wdt_saltsidwdtapi3timestamp${T}v1.0dev_wdt_secret\" \\\n"
	 "  | md5sum | cut -c1-32); \\\n"
	 "curl -sS \"$U/openapi?sid=wdtapi3&key=dev_wdt_key&salt=dev_wdt_salt&\\\n"
	 "method=$M&timestamp=$T&v=1.0&sign=$S\" \\\n"
	 "  -H 'Content-Type: application/json' -d \"$B\"; echo\n"},
	{"franchiser", "change an order's remark (franchiser)", "修改订单备注 (franchiser)",
	 "T=$(date +%s); B='{\"tradeno\":\"DD202409260001\",\"traderemark\":\"demo\"}'; \\\n"
	 "S=$(printf %s \"dev_em_secretappiddev_em_appidrequest_data${B}\\\n"
	 "timestamp${T}dev_em_secret\" | md5sum | cut -c1-32); \\\n"
	 "curl -sS \"$U/franchiser/api/trade/modify\" -d appid=dev_em_appid \\\n"
	 "  -d timestamp=$T -d sign=$S --data-urlencode \"request_data=$B\"; echo\n"},
	{"top", "report an order as paid (top)", "上报服务商已收款 (top)",
	 "T=$(TZ=UTC-8 date '+%F %T'); \\\n"
	 "M=taobao.itemmarket.order.info.update; \\\n"
	 "S=$(printf %s \"dev_top_secretapp_key10000001eventVENDOR_PAIDformatjson\\\n"
	 "method${M}purchase_order_id67892sessiondev_top_session\\\n"
	 "timestamp${T}v2.0vendor_order_id3047544471326439704dev_top_secret\" \\\n"
	 "  | md5sum | cut -c1-32); \\\n"
	 "curl -sS \"$U/router/rest\" -d app_key=10000001 -d method=$M \\\n"
	 "  -d session=dev_top_session -d format=json -d v=2.0 -d sign=$S \\\n"
	 "  --data-urlencode \"timestamp=$T\" -d event=VENDOR_PAID \\\n"
	 "  -d purchase_order_id=67892 -d vendor_order_id=3047544471326439704; echo\n"},
};
/* clang-format on */

#define HINT_COUNT (sizeof(hints) / sizeof(hints[0]))

struct str
demo_print_credentials(struct arena *a)
{
	struct app_view app = {.record.id = str_from(demo_apps[0].id)};
	struct json_out json;
	struct buf b;

	for (int i = 0; i < ACCESS__COUNT; i++) {
		const struct demo_credential *from =
		    &demo_apps[0].credentials[i];
		struct credential_record *to = &app.credentials[from->access];

		to->key = str_from(from->key);
		to->scope = str_from(from->scope);
		to->secret = str_from(from->secret);
		to->session = str_from(from->session);
	}
	buf_init(&b, a, 4096);
	json_out_init(&json, &b);
	app_print_json(&app, &json);
	return buf_failed(&b) ? STR_NONE : buf_view(&b);
}

void
demo_print_hints(enum language language, struct str url, struct str admin,
    struct buf *out)
{
	buf_str(out,
	    str_from(TR(language,
		"\nThe demo world is there. Paste into a shell, as often as "
		"you like:\n",
		"\n演示数据已就绪。以下命令可直接粘贴到终端,可反复执行:\n")));
	for (size_t i = 0; i < HINT_COUNT; i++) {
		if (dialect_find(str_from(hints[i].dialect)) == NULL)
			continue;
		buf_printf(out, "\n# %s\nU=%.*s; ",
		    TR(language, hints[i].what_en, hints[i].what_zh),
		    STR_ARG(url));
		buf_str(out, str_from(hints[i].script));
	}
	if (!str_is_null(admin))
		buf_printf(out,
		    TR(language,
			"\ndocs   %.*s/docs/  (every call, to read and to "
			"try in a browser)\nadmin  %.*s/\n",
			"\n文档    %.*s/docs/  (在浏览器中查看并试用全部接口)\n"
			"管理端  %.*s/\n"),
		    STR_ARG(admin), STR_ARG(admin));
}
