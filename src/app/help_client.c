/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What help says of send and sign behind their usage: the words they take, exit
 * codes and examples, a row each, in both languages.
 */
#include "app/command.h"

#define COLUMN 26

enum of { OF_SEND = 1, OF_SIGN = 2, OF_BOTH = 3 };

struct told {
	enum of of;
	const char *word; /* as it is typed; NULL: a line of its own */
	const char *en;
	const char *zh;
};

/* clang-format off */
static const struct told rows[] = {
	{ OF_BOTH, NULL, "\nwords:\n", "\n参数:\n" },
	{ OF_BOTH, "DIALECT", "intents, wangdian, franchiser or top", "intents、wangdian、franchiser 或 top" },
	{ OF_BOTH, "METHOD", "intents: an HTTP method; wangdian, top: the method's name; franchiser: modify, create, …", "intents:HTTP 方法;wangdian、top:接口方法名;franchiser:modify、create 等" },
	{ OF_BOTH, "/TARGET", "the path, with its query; intents puts /api/v1 before it where it is missing", "路径及查询参数;intents 缺少 /api/v1 时自动补上" },
	{ OF_BOTH, "?QUERY", "parameters of the URL alone: ?page_size=10&page_no=0", "仅 URL 参数:?page_size=10&page_no=0" },
	{ OF_BOTH, "NAME=VALUE", "a text of the body (of the query, with GET); several make one object", "请求体中的文本(GET 时为查询参数);多个合成一个对象" },
	{ OF_BOTH, "NAME:=JSON", "the same with a number, list, object, true, false or null", "同上,值为数字、列表、对象、true、false 或 null" },
	{ OF_BOTH, "BODY", "the body itself, byte for byte", "请求体原文,逐字节使用" },
	{ OF_BOTH, "@FILE, @-", "a body out of a file or stdin; one line feed at its end is left out", "从文件或标准输入读取请求体;忽略末尾的一个换行" },
	{ OF_BOTH, NULL, "\nThe credential is the one of --secret, --credentials or --demo, else the store's: of --app, or the first.\n",
	  "\n凭据来自 --secret、--credentials 或 --demo,否则取自存储:--app 指定的应用,或第一个。\n" },
	{ OF_BOTH, "--demo", "an app of the demo, without looking into a store", "演示应用,不读取存储" },
	{ OF_SEND, NULL, "\nexit code:\n", "\n退出码:\n" },
	{ OF_SEND, "0", "the server did it", "成功" },
	{ OF_SEND, "1, 2", "nothing was sent: no credential or file; wrong words", "未发送:缺少凭据或文件;参数有误" },
	{ OF_SEND, "3", "the server answered and refused", "服务已应答并拒绝" },
	{ OF_SEND, "4", "no connection, or no answer", "无法连接或无应答" },
	{ OF_SIGN, NULL, "\nexit code of --explain:\n", "\n--explain 的退出码:\n" },
	{ OF_SIGN, "0", "the signature holds and the time is good", "签名与时间均正确" },
	{ OF_SIGN, "3", "something is wrong with it, and was told", "存在问题,已说明" },
	{ OF_SIGN, "1, 2", "there is no request or no credential; wrong words", "没有请求或凭据;参数有误" },
	{ OF_BOTH, NULL, "\nexamples:\n", "\n示例:\n" },
	{ OF_SEND, NULL,
	  "  procured send intents PUT /intents/intent_67890 '{\"quantity\":2}'\n"
	  "  procured send wangdian purchase.PurchaseOrder.updatePurchaseInfo purchase_no=CG2204130001 flag_name=aa\n"
	  "  procured send franchiser modify @order.json --show\n"
	  "  procured send top taobao.itemmarket.order.info.update purchase_order_id=67892 "
	  "vendor_order_id=3047544471326439704 event=VENDOR_PAID\n",
	  "  procured send intents PUT /intents/intent_67890 '{\"quantity\":2}'\n"
	  "  procured send wangdian purchase.PurchaseOrder.updatePurchaseInfo purchase_no=CG2204130001 flag_name=aa\n"
	  "  procured send franchiser modify @order.json --show\n"
	  "  procured send top taobao.itemmarket.order.info.update purchase_order_id=67892 "
	  "vendor_order_id=3047544471326439704 event=VENDOR_PAID\n" },
	{ OF_SIGN, NULL,
	  "  procured sign intents PUT /intents/intent_67890 '{\"quantity\":2}' --curl\n"
	  "  procured sign --explain request.txt\n",
	  "  procured sign intents PUT /intents/intent_67890 '{\"quantity\":2}' --curl\n"
	  "  procured sign --explain request.txt\n" },
};
/* clang-format on */

void
help_client(struct invocation *inv, const struct subcommand *row)
{
	enum of of = row->run == send_run ? OF_SEND : OF_SIGN;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = TR(inv->language, rows[i].en, rows[i].zh);

		if ((rows[i].of & of) == 0)
			continue;
		if (rows[i].word == NULL)
			say(inv, "%s", text);
		else
			say(inv, "  %-*s%s\n", COLUMN, rows[i].word, text);
	}
}
