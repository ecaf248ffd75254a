/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What help says of send and sign behind their usage: the words they take, every
 * option, exit codes and examples, a row each, in both languages.
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
	{ OF_BOTH, NULL, "\nwhose credential:\n", "\n凭据:\n" },
	{ OF_BOTH, "--app ID", "an app of the store, by its id or one of its keys; without it the first", "存储中的应用(ID 或任一 key);默认为第一个" },
	{ OF_BOTH, "--demo", "an app of the demo, without looking into a store", "演示应用,不读取存储" },
	{ OF_BOTH, "--credentials FILE", "what `procured app create --json` printed; - is stdin", "`procured app create --json` 的输出;- 为标准输入" },
	{ OF_BOTH, "--secret SECRET", "the secret itself; --app is then the public key (--sid, --session where there is one)", "直接给出密钥;此时 --app 为公开的 key(必要时加 --sid、--session)" },
	{ OF_BOTH, "--franchiser-sign WAY", "how franchiser signs, where the store does not say", "franchiser 的签名算法(未从存储得知时)" },
	{ OF_BOTH, NULL, "\nhow:\n", "\n选项:\n" },
	{ OF_BOTH, "--url URL", "the server; by default the one that holds the data directory, else http://127.0.0.1:3000", "服务地址;默认为持有数据目录的服务,否则 http://127.0.0.1:3000" },
	{ OF_BOTH, "--at MS", "sign for this moment, in milliseconds since 1970; with --explain: when it arrived", "按此时刻签名(1970 年起的毫秒数);与 --explain 连用时为到达时刻" },
	{ OF_SIGN, "--curl", "print a curl line that makes the call", "打印可直接执行的 curl 命令" },
	{ OF_SIGN, "--explain [FILE]", "read a raw HTTP request or a curl line, and say why its signature is refused", "读取原始 HTTP 请求或 curl 命令,说明其签名为何被拒" },
	{ OF_SEND, "--show", "show the string to sign (secret masked) and what went over the wire, on stderr", "在标准错误显示待签名串(密钥以 *** 代替)与收发的原文" },
	{ OF_SEND, "--pretty", "indent JSON; on a terminal that is so anyway", "缩进 JSON;输出到终端时默认如此" },
	{ OF_SEND, "--idempotency-key KEY", "header of intents: the same key has one effect, however often it is sent", "intents 请求头:同一 key 无论发送几次只生效一次" },
	{ OF_SEND, "--if-match VERSION", "header of intents: change only this version", "intents 请求头:仅当版本一致时更新" },
	{ OF_SEND, "-H 'Name: value'", "another header, or in the place of one of ours (--header)", "其他请求头,或替换默认请求头(--header)" },
	{ OF_SEND, "--timeout SECONDS", "how long to wait for the answer (30)", "等待应答的秒数(30)" },
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
