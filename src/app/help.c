/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help, all of it made from the tables of subcommands and settings.
 */
#include <assert.h>
#include <stdio.h>

#include "app/command.h"
#include "base/json.h"
#include "http/server.h"
#include "sql/sql.h"

#define NAME_COLUMN 16
#define OPTION_COLUMN 22

static const char *
help_of(const struct subcommand *row, enum language language)
{
	return TR(language, row->help_en, row->help_zh);
}

void
help_short(struct invocation *inv)
{
	say(inv, "%s",
	    TR(inv->language,
		"procured - purchase orders, changed safely through four APIs\n\n"
		"usage: procured COMMAND …\n\n",
		"procured - 采购订单服务:四种接口,同一份订单\n\n"
		"用法:procured 命令 …\n\n"));
	for (const struct subcommand *row = subcommands; row->name; row++)
		say(inv, "  %-*s%s\n", NAME_COLUMN, row->name,
		    help_of(row, inv->language));
	say(inv, "%s",
	    TR(inv->language,
		"\nTo begin: `procured serve --demo`, then follow what it prints.\n"
		"`procured help COMMAND` tells more.\n",
		"\n开始使用:`procured serve --demo`,然后按提示操作。\n"
		"`procured help 命令` 查看详细说明。\n"));
}

/* The settings that matter to the row, as flags. */
static void
list_settings(struct invocation *inv, const struct subcommand *row)
{
	say(inv, "%s", TR(inv->language, "\nsettings:\n", "\n设置:\n"));
	for (int i = 0; i < SETTING__COUNT; i++) {
		const struct setting_row *setting = &setting_rows[i];
		char flag[SETTING_FLAG_BYTES];
		bool of_all = i == SETTING_DATA || i == SETTING_STORE ||
		    i == SETTING_KEY || i == SETTING_CONFIG;

		if (row->run != serve_run && !of_all)
			continue;
		setting_flag((enum setting)i, flag);
		say(inv, "  %-*s%s%s%s%s\n", NAME_COLUMN + 2, flag,
		    TR(inv->language, setting->help_en, setting->help_zh),
		    setting->default_value[0] ? " (" : "",
		    setting->default_value,
		    setting->default_value[0] ? ")" : "");
	}
}

static void
list_policies(struct invocation *inv)
{
	say(inv, "%s", TR(inv->language, "\npolicies:\n", "\n策略:\n"));
	for (size_t i = 0; i < policy_row_count; i++) {
		const struct policy_row *p = &policy_rows[i];

		say(inv, "  %-20s%s%s%s%s\n", p->key,
		    TR(inv->language, p->help_en, p->help_zh),
		    p->default_value[0] ? " (" : "", p->default_value,
		    p->default_value[0] ? ")" : "");
	}
}

/* The row's own options. */
static void
list_options(struct invocation *inv, const struct subcommand *row)
{
	struct str rest = str_from(row->options);
	struct option_spec spec;

	if (row->options[0] == '\0')
		return;
	say(inv, "%s", TR(inv->language, "\noptions:\n", "\n选项:\n"));
	while (option_next(&rest, &spec)) {
		const struct option_row *o = option_row_find(spec.name);
		char flag[64];

		assert(o != NULL);
		(void)snprintf(flag, sizeof(flag), "--%s%s%s", o->name,
		    o->value[0] ? " " : "", o->value);
		say(inv, "  %-*s  %s\n", OPTION_COLUMN, flag,
		    TR(inv->language, o->help_en, o->help_zh));
	}
}

static void
help_row(struct invocation *inv, const struct subcommand *row)
{
	const struct subcommand *before = inv->row;

	inv->row = row;
	help_usage(inv, &inv->out);
	inv->row = before;
	say(inv, "  %s\n", help_of(row, inv->language));
	list_options(inv, row);
	if (strstr(row->options, "policy") != NULL)
		list_policies(inv);
	if (row->where == WHERE_CLIENT)
		help_client(inv, row);
	if (row->where != WHERE_HERE || row->run == serve_run ||
	    row->run == doctor_run)
		list_settings(inv, row);
}

void
help_usage(struct invocation *inv, struct buf *out)
{
	assert(inv->row != NULL);
	buf_printf(out, "%s procured %s%s%s\n",
	    TR(inv->language, "usage:", "用法:"), inv->row->name,
	    inv->row->args[0] ? " " : "", inv->row->args);
}

bool
help_command(struct invocation *inv, const char *const *argv, int argc)
{
	int used;
	const struct subcommand *found = subcommand_find(argv, argc, &used);
	size_t n = argc > 0 ? strlen(argv[0]) : 0;

	if (found != NULL) {
		help_row(inv, found);
		return true;
	}
	if (used == 0 || argc > 1)
		return false;
	for (const struct subcommand *row = subcommands; row->name; row++) {
		if (strncmp(row->name, argv[0], n) == 0 && row->name[n] == ' ')
			say(inv, "  %-*s%s\n", NAME_COLUMN, row->name,
			    help_of(row, inv->language));
	}
	return true;
}

static const char *
command_name(const void *arg, size_t i)
{
	(void)arg;
	return subcommands[i].name;
}

void
help_unknown(struct invocation *inv, const char *const *argv, int argc)
{
	struct str words = argc > 1 && argv[1][0] != '-'
	    ? arena_printf(inv->arena, "%s %s", argv[0], argv[1])
	    : str_from(argv[0]);
	const char *meant;

	if (str_is_null(words))
		return;
	meant = nearest(words.p, command_name, NULL);
	if (meant == NULL && argc > 0)
		meant = nearest(argv[0], command_name, NULL);
	if (meant != NULL)
		(void)fail(inv,
		    TR(inv->language,
			"there is no command \"%s\"; did you mean `procured %s`?",
			"没有命令 \"%s\";是否想写 `procured %s`?"),
		    words.p, meant);
	else
		(void)fail(inv,
		    TR(inv->language,
			"there is no command \"%s\"; `procured help` lists them",
			"没有命令 \"%s\";`procured help` 列出全部命令"),
		    words.p);
}

int
help_run(struct invocation *inv)
{
	const char *words[2];
	int count = 0;

	while (count < 2 && arg_word(inv, (size_t)count) != NULL) {
		words[count] = arg_word(inv, (size_t)count);
		count++;
	}
	if (count == 0) {
		help_short(inv);
		return EXIT_OK;
	}
	if (help_command(inv, words, count))
		return EXIT_OK;
	help_unknown(inv, words, count);
	return EXIT_USAGE;
}

int
version_run(struct invocation *inv)
{
	struct json_out json;

	if (arg_option(inv, "json") == NULL) {
		say(inv, "procured %s\n", PROCURED_VERSION);
		return EXIT_OK;
	}
	json_out_init(&json, &inv->out);
	json_open(&json, '{');
	json_key(&json, "version");
	json_put_str(&json, str_from(PROCURED_VERSION));
	json_key(&json, "sqlite");
	json_put_str(&json, str_from(sql_library_version()));
	json_key(&json, "libmicrohttpd");
	json_put_str(&json, str_from(server_library_version()));
	json_close(&json, '}');
	buf_char(&inv->out, '\n');
	return EXIT_OK;
}
