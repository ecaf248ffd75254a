/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of subcommands, and finding a row by the words of a command line.
 */
#include <assert.h>

#include "app/command.h"

/* clang-format off */
const struct subcommand subcommands[] = {
	/* name, usage, options, words, where, makes, help (en, zh), function */
	{ "serve", "[--demo|--demo=reset] [--listen HOST:PORT] [--admin HOST:PORT] [--data DIR] …", "",
	  0, 0, WHERE_HERE, true,
	  "start the server",
	  "启动服务", serve_run },
	{ "app create", "--name NAME [--id ID] [--rate unlimited|N] [--policy KEY=VALUE,…] [--json]", "name: id: rate: policy:* json",
	  0, 0, WHERE_STORE, true,
	  "make an app and print its credentials for all four dialects",
	  "新建应用,并打印其四种接口的凭据", app_create_run },
	{ "app list", "[--json]", "json",
	  0, 0, WHERE_STORE, false,
	  "list the apps",
	  "列出应用", app_list_run },
	{ "app show", "ID [--secrets] [--json]", "secrets json",
	  1, 1, WHERE_STORE, false,
	  "show an app, its limits and its keys",
	  "查看应用的限额、策略和凭据", app_show_run },
	{ "app secrets", "[ID|KEY]", "",
	  0, 1, WHERE_STORE, false,
	  "print the credentials of the app with this id or key, as JSON for programs",
	  "以 JSON 打印某应用(按 ID 或任一 key 查找)的凭据,供程序使用", app_secrets_run },
	{ "app set", "ID [--name NAME] [--rate unlimited|N] [--policy KEY=VALUE,…]", "name: rate: policy:*",
	  1, 1, WHERE_STORE, false,
	  "change an app's name, rate or policies",
	  "修改应用的名称、限额或策略", app_set_run },
	{ "app disable", "ID", "",
	  1, 1, WHERE_STORE, false,
	  "refuse an app's requests from now on",
	  "停用应用", app_disable_run },
	{ "app enable", "ID", "",
	  1, 1, WHERE_STORE, false,
	  "take a disabled app's requests again",
	  "重新启用应用", app_enable_run },
	{ "app rotate", "ID [DIALECT [--secret-file FILE]] [--json]", "json secret-file:",
	  1, 2, WHERE_STORE, false,
	  "give an app new secrets, in all dialects or in one; the old ones end at once",
	  "更换应用的密钥(全部或某一接口),旧密钥立即失效", app_rotate_run },
	{ "order show", "NAME [--app ID] [--json]", "app: json",
	  1, 1, WHERE_STORE, false,
	  "show an order by any of its four names",
	  "按四种编号之一查看订单", order_show_run },
	{ "order list", "[--app ID] [--after ID] [--limit N] [--json]", "app: after: limit: json",
	  0, 0, WHERE_STORE, false,
	  "list orders by id",
	  "按 ID 列出订单", order_list_run },
	{ "order history", "NAME [--app ID] [--after VERSION] [--limit N] [--json]", "app: after: limit: json",
	  1, 1, WHERE_STORE, false,
	  "show what changed an order, oldest first",
	  "查看订单的变更记录,由旧到新", order_history_run },
	{ "catalog show", "[--app ID] [--json]", "app: json",
	  0, 0, WHERE_STORE, false,
	  "show an app's flags, warehouses, providers, products, stock and carriers",
	  "查看应用的标记、仓库、供应商、产品、库存和物流公司", catalog_show_run },
	{ "catalog adjust", "WAREHOUSE CODE +N|-N|=N [--app ID]", "app:",
	  3, 3, WHERE_STORE, true,
	  "set what a warehouse has of a product; never less than orders hold",
	  "调整某仓库中某产品的库存,不得低于已占用数量", catalog_adjust_run },
	{ "catalog import", "FILE [--app ID]", "app:",
	  1, 1, WHERE_STORE, true,
	  "add or change entries of a catalog: one JSON object a line, or CSV; all of them or none",
	  "导入目录(每行一个 JSON 对象,或 CSV),全部成功或全部不变", catalog_import_run },
	{ "catalog flag", "add|enable|disable|rename NAME [NEW] [--app ID] [--kind purchase|other]", "app: kind:",
	  2, 3, WHERE_STORE, true,
	  "keep an app's flags; a flag is disabled, never deleted",
	  "维护应用的标记;标记只停用,不删除", catalog_flag_run },
	{ "order import", "FILE --app ID [--format ndjson|csv]", "app: format:",
	  1, 1, WHERE_STORE, true,
	  "make the orders of a file; nothing is made when any of it is wrong, and an import that was cut off goes on",
	  "导入文件中的订单:有任何错误则不导入;中断后可继续", order_import_run },
	{ "order export", "FILE [--app ID] [--format ndjson|csv]", "app: format:",
	  1, 1, WHERE_STORE, false,
	  "write all orders into a file that import reads",
	  "导出全部订单到文件,可再导入", order_export_run },
	{ "send", "DIALECT METHOD [/TARGET|?QUERY] [BODY|@FILE|@-|NAME=VALUE…] [--app ID] [--demo] [--url URL] [--show] [-H 'Name: value'] …", "app: secret: sid: session: credentials: franchiser-sign: at: url: show pretty timeout: header:* idempotency-key: if-match:",
	  2, ARGS_MAX, WHERE_CLIENT, false,
	  "make a signed call to a server in any dialect; exit code 3: refused, 4: no answer",
	  "以任一接口向服务发送已签名的调用;退出码 3 为被拒绝,4 为无应答", send_run },
	{ "sign", "DIALECT METHOD [/TARGET|?QUERY] [BODY|@FILE|@-|NAME=VALUE…] [--app ID] [--secret S] [--at MS] [--curl] | --explain [FILE]", "app: secret: sid: session: credentials: franchiser-sign: at: url: curl explain",
	  0, ARGS_MAX, WHERE_CLIENT, false,
	  "sign a call: the string to sign, the signature, or a ready curl line; --explain says why a request's signature is refused",
	  "为调用签名:打印待签名串与签名,或可直接执行的 curl;--explain 说明某请求的签名为何被拒", sign_run },
	{ "openapi", "", "",
	  0, 0, WHERE_HERE, false,
	  "print the OpenAPI 3.1 document of every call",
	  "打印全部接口的 OpenAPI 3.1 文档", openapi_run },
	{ "backup", "FILE", "",
	  1, 1, WHERE_STORE, false,
	  "copy the store into a new file, also while the server runs; the key is not in it",
	  "备份存储到新文件(可在运行时进行);不含主密钥", backup_run },
	{ "restore", "FILE", "",
	  1, 1, WHERE_OFFLINE, true,
	  "put a backup in the store's place; the old store is kept beside it",
	  "用备份替换存储;旧存储保留在旁", restore_run },
	{ "check", "", "",
	  0, 0, WHERE_STORE, false,
	  "verify the store: the file, every chain of amendments, every total",
	  "校验存储:文件、每条变更链、每个金额", check_run },
	{ "migrate", "", "",
	  0, 0, WHERE_STORE, false,
	  "bring the store's schema up to this version (the server does it at its start)",
	  "将存储结构升级到本版本(服务启动时自动进行)", migrate_run },
	{ "copy", "--to URL [--from URL]", "from: to:",
	  0, 0, WHERE_HERE, false,
	  "move a whole store into an empty one of either kind, and verify it; the servers of both are stopped",
	  "将整个存储复制到另一个空存储(任一种类)并校验;须先停止双方的服务", copy_run },
	{ "doctor", "", "",
	  0, 0, WHERE_HERE, false,
	  "look at data directory, key, store, clock and ports, and say what to do",
	  "检查数据目录、密钥、存储、时钟和端口,并给出处理办法", doctor_run },
	{ "config dump", "", "",
	  0, 0, WHERE_HERE, false,
	  "print the settings in force and where each comes from",
	  "打印当前设置及其来源", config_dump_run },
	{ "config check", "", "",
	  0, 0, WHERE_HERE, false,
	  "check the settings without starting anything",
	  "检查设置", config_check_run },
	{ "config example", "", "",
	  0, 0, WHERE_HERE, false,
	  "print a configuration file with every setting",
	  "打印包含全部设置的示例配置文件", config_example_run },
	{ "version", "[--json]", "json",
	  0, 0, WHERE_HERE, false,
	  "print the version",
	  "打印版本", version_run },
	{ "man", "[PAGE] [--lang en|zh]", "lang:",
	  0, 1, WHERE_HERE, false,
	  "print a page of the manual (procured.1, procured.5, procured-dialects.7) for `man -l -`",
	  "打印手册页(procured.1、procured.5、procured-dialects.7),可用 `man -l -` 阅读", man_run },
	{ "completion", "bash|zsh", "",
	  1, 1, WHERE_HERE, false,
	  "print what makes the shell complete procured's words",
	  "打印命令补全脚本", completion_run },
	{ "help", "[COMMAND]", "",
	  0, 2, WHERE_HERE, false,
	  "show help, of one command or of all",
	  "显示帮助", help_run },
	{ NULL, NULL, NULL, 0, 0, WHERE_HERE, false, NULL, NULL, NULL },
};
/* clang-format on */

/* How many of argv's words make up `name`; 0 when they don't. *begun: the
 * first word of two agrees. */
static int
words_of(const char *name, const char *const *argv, int argc, bool *begun)
{
	struct str rest = str_from(name);
	struct str first = str_cut(&rest, ' ');

	if (argc < 1 || !str_eq(first, str_from(argv[0])))
		return 0;
	if (str_is_null(rest))
		return 1;
	*begun = true;
	return argc > 1 && str_eq(rest, str_from(argv[1])) ? 2 : 0;
}

const struct subcommand *
subcommand_find(const char *const *argv, int argc, int *used)
{
	bool begun = false;

	assert(used != NULL);
	for (const struct subcommand *row = subcommands; row->name != NULL;
	     row++) {
		*used = words_of(row->name, argv, argc, &begun);
		if (*used > 0)
			return row;
	}
	*used = begun ? 1 : 0;
	return NULL;
}
