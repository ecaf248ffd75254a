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
	X("at",       "MS",      "the moment of the signature, in milliseconds since 1970", \
	  "签名时间(1970 年以来的毫秒数)")                                     \
	X("curl",     "",        "print a curl command, ready to run",            \
	  "打印可直接执行的 curl 命令")                                         \
	X("format",   "ndjson|csv", "format of the file; by default its name tells", \
	  "文件格式;默认按文件名判断")                                         \
	X("id",       "ID",      "the app's public name; by default one is made",  \
	  "应用 ID;默认自动生成")                                              \
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
	X("rate",     "unlimited|N", "requests a second over all dialects",       \
	  "全部接口合计的每秒请求上限")                                         \
	X("secret",   "SECRET",  "sign with this secret; no store is needed then", \
	  "用此密钥签名;此时不需要存储")                                       \
	X("secret-file", "FILE", "take the secret that a client has already from this file's one line", \
	  "从此文件(仅一行)读取客户端已有的密钥")                               \
	X("secrets",  "",        "show the secrets too",                          \
	  "同时显示密钥")
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
