/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the options of subcommands do. An option's name means the same wherever
 * it is taken; which subcommand takes which is in subcommands.c. Help, manual
 * and completion are made of both; lint compares them.
 */
#include <assert.h>

#include "app/command.h"

/* clang-format off */
/* name, value, help (en, zh) */
#define OPTION_TABLE(X)                                                       \
	X("after",    "ID|VERSION", "only what comes behind this one",            \
	  "只显示此 ID(或版本)之后的内容")                                     \
	X("app",      "ID",      "the app meant; needed only where there are several", \
	  "所属应用;有多个应用时才需要")                                       \
	X("at",       "MS",      "sign for this moment, in milliseconds since 1970; with --explain: when the request arrived", \
	  "签名时间(1970 年以来的毫秒数);与 --explain 连用时为请求到达时间")                                     \
	X("credentials", "FILE", "take the credential from what `procured app create --json` printed; - is stdin", \
	  "从 `procured app create --json` 的输出读取凭据;- 为标准输入") \
	X("curl",     "",        "print a curl command, ready to run",            \
	  "打印可直接执行的 curl 命令")                                         \
	X("explain", "", "read a raw HTTP request or a curl line, and say why its signature is refused", \
	  "读取原始 HTTP 请求或 curl 命令,说明其签名为何被拒") \
	X("format",   "ndjson|csv", "format of the file; by default its name tells", \
	  "文件格式;默认按文件名判断")                                         \
	X("from",     "URL",     "the store to copy; by default --store",         \
	  "要复制的存储;默认为 --store")                                     \
	X("franchiser-sign", "WAY", "how franchiser signs, where the store does not say (policy franchiser.sign)", \
	  "franchiser 的签名算法(未从存储得知时;同策略 franchiser.sign)") \
	X("header", "'Name: value'", "another header, or one in the place of ours; also -H; may be given again", \
	  "其他请求头,或替换默认请求头;亦可写作 -H;可重复") \
	X("id",       "ID",      "the app's public name; by default one is made",  \
	  "应用 ID;默认自动生成")                                              \
	X("idempotency-key", "KEY", "header of intents: the same key has one effect, however often it is sent", \
	  "intents 请求头:同一 key 无论发送几次只生效一次") \
	X("if-match", "VERSION", "header of intents: change only this version", \
	  "intents 请求头:仅当版本一致时更新") \
	X("json",     "",        "print JSON, for programs",                      \
	  "以 JSON 输出,供程序读取")                                           \
	X("kind",     "purchase|other", "what the flag is for",                   \
	  "标记的用途")                                                         \
	X("lang",     "en|zh",   "language of the page; by default the environment's", \
	  "手册页的语言;默认由环境决定")                                       \
	X("limit",    "N",       "at most so many",                               \
	  "最多显示的数量")                                                     \
	X("name",     "NAME",    "what people call the app",                      \
	  "应用的名称")                                                         \
	X("policy",   "KEY=VALUE,…", "what is decided for the app; may be given again", \
	  "应用的策略;可重复")                                                 \
	X("pretty", "", "indent JSON; on a terminal that is so anyway", \
	  "缩进 JSON;输出到终端时默认如此") \
	X("rate",     "unlimited|N", "requests a second over all dialects",       \
	  "全部接口合计的每秒请求上限")                                         \
	X("secret",   "SECRET",  "sign with this secret, --app being the public key; no store is needed then", \
	  "用此密钥签名,--app 为公开的 key;此时不需要存储")                                       \
	X("secret-file", "FILE", "take the secret that a client has already from this file's one line", \
	  "从此文件(仅一行)读取客户端已有的密钥")                               \
	X("secrets",  "",        "show the secrets too",                          \
	  "同时显示密钥")                                                         \
	X("session",  "SESSION", "with --secret: top's session",                  \
	  "与 --secret 连用:top 的 session")                                   \
	X("show",     "",        "show the string to sign, its secret masked, and what went over the wire, on stderr", \
	  "在标准错误显示待签名串(密钥以 *** 代替)与收发的原文")            \
	X("sid",      "SID",     "with --secret: wangdian's sid",                 \
	  "与 --secret 连用:wangdian 的 sid")                                  \
	X("timeout",  "SECONDS", "how long to wait for the answer (30)",          \
	  "等待应答的秒数(30)")                                                \
	X("to",       "URL",     "the empty store that the copy goes into",       \
	  "复制到的空存储")                                                   \
	X("url",      "URL",     "the server; by default the one that holds the data directory, else http://127.0.0.1:3000", \
	  "服务地址;默认为持有数据目录的服务,否则 http://127.0.0.1:3000")
/* clang-format on */

const struct option_row option_rows[] = {
#define X(name, value, en, zh) {name, value, en, zh},
    OPTION_TABLE(X)
#undef X
};

const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);

const struct option_row *
option_row_find(struct str name)
{
	for (size_t i = 0; i < option_row_count; i++)
		if (str_eq(name, str_from(option_rows[i].name)))
			return &option_rows[i];
	return NULL;
}
