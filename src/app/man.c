/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages 1 and 5 of the manual, made of the tables of subcommands, options,
 * settings and policies, so that it can't fall behind them. docs/man/ keeps the
 * pages for packages; a test compares them with what is printed here.
 */
#include <assert.h>
#include <stdio.h>

#include "app/command.h"
#include "app/man.h"
#include "app/roff.h"
#include "order/policy.h"

static void
option_entry(struct man *m, const struct option_spec *spec)
{
	const struct option_row *row = option_row_find(spec->name);
	char tag[64];

	assert(row != NULL);
	(void)snprintf(tag, sizeof(tag), "--%s", row->name);
	roff_entry(m->out, tag, row->value,
	    TR(m->language, row->help_en, row->help_zh));
}

static void
command_entry(struct man *m, const struct subcommand *row)
{
	struct str rest = str_from(row->options);
	struct option_spec spec;

	roff_entry(m->out, row->name, row->args,
	    TR(m->language, row->help_en, row->help_zh));
	if (row->options[0] == '\0')
		return;
	roff_indent(m->out);
	while (option_next(&rest, &spec))
		option_entry(m, &spec);
	roff_outdent(m->out);
}

static void
flag_entries(struct man *m)
{
	for (int i = 0; i < SETTING__COUNT; i++) {
		char flag[SETTING_FLAG_BYTES];

		setting_flag((enum setting)i, flag);
		roff_entry(m->out, flag, "",
		    TR(m->language, setting_rows[i].help_en,
			setting_rows[i].help_zh));
	}
}

static void
environment_entries(struct man *m)
{
	for (int i = 0; i < SETTING__COUNT; i++) {
		char flag[SETTING_FLAG_BYTES], env[SETTING_FLAG_BYTES];

		setting_flag((enum setting)i, flag);
		setting_env((enum setting)i, env);
		roff_entry(m->out, env, "", flag);
	}
	roff_entry(m->out, "LC_ALL, LC_MESSAGES, LANG", "",
	    TR(m->language,
		"Messages are Chinese where these begin with zh, else English.",
		"以 zh 开头时,提示为中文,否则为英文。"));
}

static void
file_entries(struct man *m)
{
	roff_entry(m->out, "DIR/procured.db", "",
	    TR(m->language,
		"The store, with -wal, -shm and -doublewrite beside it.",
		"存储文件,旁边有 -wal、-shm 和 -doublewrite。"));
	roff_entry(m->out, "DIR/procured.key", "",
	    TR(m->language,
		"The master key of the secrets in the store. No backup holds it: keep a copy.",
		"存储中密钥的主密钥。备份不含此文件,请另行保存。"));
	roff_entry(m->out, "DIR/procured.sock", "",
	    TR(m->language, "Subcommands talk to a running server through it.",
		"子命令通过它与运行中的服务通信。"));
}

static void
exit_entries(struct man *m)
{
	roff_entry(m->out, "0", "", TR(m->language, "Done.", "成功。"));
	roff_entry(m->out, "1", "",
	    TR(m->language, "It was tried and did not work.",
		"已执行但未成功。"));
	roff_entry(m->out, "2", "",
	    TR(m->language, "The words are wrong; nothing was tried.",
		"参数有误,未执行。"));
	roff_entry(m->out, "3", "",
	    TR(m->language,
		"send: the server answered and refused. sign --explain: something is wrong with the request.",
		"send:服务已应答并拒绝。sign --explain:请求存在问题。"));
	roff_entry(m->out, "4", "",
	    TR(m->language,
		"send: no connection, or no whole answer; the change may have been made.",
		"send:无法连接,或应答不完整;变更可能已生效。"));
}

void
man_page_1(struct man *m)
{
	roff_section(m->out, TR(m->language, "NAME", "名称"));
	roff_text(m->out,
	    TR(m->language,
		"procured - purchase orders, changed safely through four APIs",
		"procured - 采购订单服务:四种接口,同一份订单"));
	roff_section(m->out, TR(m->language, "SYNOPSIS", "概要"));
	roff_entry(m->out, "procured",
	    TR(m->language, "COMMAND [WORD …] [--OPTION …]",
		"命令 [参数 …] [--选项 …]"),
	    "");
	roff_section(m->out, TR(m->language, "DESCRIPTION", "说明"));
	roff_text(m->out,
	    TR(m->language,
		"One program that holds purchase orders and lets other systems change them\n"
		"through four API dialects that exist already; see procured-dialects(7).\n"
		"An order exists once: one life cycle, one history, four views of it.\n"
		"What is answered as changed is on disk.\n\n"
		"Begin with: procured serve --demo",
		"一个程序保存采购订单,其他系统通过四种已有接口进行变更,\n"
		"参见 procured-dialects(7)。订单只有一份:一个生命周期、一份历史、四种视图。\n"
		"凡应答“已变更”者,均已落盘。\n\n"
		"开始使用:procured serve --demo"));
	roff_section(m->out, TR(m->language, "COMMANDS", "命令"));
	for (const struct subcommand *row = subcommands; row->name; row++)
		command_entry(m, row);
	roff_section(m->out, TR(m->language, "SETTINGS", "设置"));
	roff_text(m->out,
	    TR(m->language,
		"Every command takes these; procured(5) tells what each may be. A flag goes\n"
		"before the environment, the environment before the file.",
		"所有命令均可使用;取值参见 procured(5)。优先级:选项、环境变量、配置文件。"));
	flag_entries(m);
	roff_section(m->out, TR(m->language, "ENVIRONMENT", "环境变量"));
	environment_entries(m);
	roff_section(m->out, TR(m->language, "FILES", "文件"));
	file_entries(m);
	roff_section(m->out, TR(m->language, "EXIT STATUS", "退出状态"));
	exit_entries(m);
	roff_section(m->out, TR(m->language, "SEE ALSO", "参见"));
	roff_text(m->out, "procured(5), procured-dialects(7)");
}

/* Whether the words of `allowed` are told as they are or as a range. */
static void
setting_entry(struct man *m, enum setting i)
{
	const struct setting_row *row = &setting_rows[i];
	char more[512], env[SETTING_FLAG_BYTES];
	struct buf b;

	setting_env(i, env);
	buf_init_fixed(&b, more, sizeof(more));
	buf_printf(&b, TR(m->language, "Environment %s", "环境变量 %s"), env);
	if (row->type == SETTING_IS_NUMBER) {
		struct str to = str_from(row->allowed);
		struct str from = str_cut(&to, '|');

		buf_printf(&b,
		    TR(m->language, "; from %.*s to %.*s", ";%.*s 到 %.*s"),
		    STR_ARG(from), STR_ARG(to));
	} else if (row->allowed[0] != '\0') {
		buf_printf(&b, TR(m->language, "; one of %s", ";可取 %s"),
		    row->allowed);
	}
	if (row->default_value[0] != '\0')
		buf_printf(&b, TR(m->language, "; default %s", ";默认 %s"),
		    row->default_value);
	if (row->reloadable)
		buf_printf(&b, "%s",
		    TR(m->language, "; taken up on SIGHUP",
			";可用 SIGHUP 重新读取"));
	buf_printf(&b, "%s", TR(m->language, ".", "。"));
	buf_char(&b, '\0');
	assert(!buf_failed(&b));
	roff_entry(m->out, row->name, "",
	    TR(m->language, row->help_en, row->help_zh));
	roff_entry_more(m->out, more);
}

static void
policy_entry(struct man *m, const struct policy_row *row)
{
	char more[256];

	roff_entry(m->out, row->key, row->values,
	    TR(m->language, row->help_en, row->help_zh));
	if (row->default_value[0] == '\0')
		return;
	(void)snprintf(more, sizeof(more),
	    TR(m->language, "Default %s.", "默认 %s。"), row->default_value);
	roff_entry_more(m->out, more);
}

void
man_page_5(struct man *m)
{
	roff_section(m->out, TR(m->language, "NAME", "名称"));
	roff_text(m->out,
	    TR(m->language, "procured - settings and policies of procured(1)",
		"procured - procured(1) 的设置与策略"));
	roff_section(m->out, TR(m->language, "DESCRIPTION", "说明"));
	roff_text(m->out,
	    TR(m->language,
		"The file that --config names has a line for each setting; what stands behind\n"
		"a # at a line's beginning is not read. procured config example prints a whole\n"
		"file, procured config check looks whether one is good.",
		"--config 指定的文件每行一个设置,以 # 开头的行不读取。\n"
		"procured config example 打印完整示例,procured config check 检查文件。"));
	roff_example(m->out, "listen = 0.0.0.0:3000\nlog_level = info");
	roff_section(m->out, TR(m->language, "SETTINGS", "设置"));
	for (int i = 0; i < SETTING__COUNT; i++)
		setting_entry(m, (enum setting)i);
	roff_section(m->out, TR(m->language, "POLICIES", "策略"));
	roff_text(m->out,
	    TR(m->language,
		"Decided for each app: procured app set ID --policy KEY=VALUE",
		"按应用设置:procured app set ID --policy 键=值"));
	for (size_t i = 0; i < policy_row_count; i++)
		policy_entry(m, &policy_rows[i]);
	roff_section(m->out, TR(m->language, "SEE ALSO", "参见"));
	roff_text(m->out, "procured(1), procured-dialects(7)");
}
