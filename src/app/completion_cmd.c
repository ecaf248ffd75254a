/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured completion: scripts that complete commands, options, settings and
 * the words they take. Both shells' scripts hold the tables as data and a few
 * lines that look into them; what is no word of ours is a file.
 */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/man.h"
#include "dialect/dialect.h"

/* "a|b|c" is a choice; anything else stands for a value we don't know. */
static bool
is_choice(const char *value)
{
	return strchr(value, '|') != NULL &&
	    strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_|") ==
	    strlen(value);
}

static void
put_choice(struct buf *out, const char *value)
{
	if (!is_choice(value))
		return;
	for (const char *p = value; *p != '\0'; p++)
		buf_char(out, *p == '|' ? ' ' : *p);
}

static bool
setting_is_choice(const struct setting_row *row)
{
	return row->type == SETTING_IS_CHOICE || row->type == SETTING_IS_SWITCH;
}

/* --- the word behind a command ------------------------------------------------ */

typedef const char *first_word_f(size_t i);

static const char *
dialect_word(size_t i)
{
	return dialects[i] != NULL ? dialects[i]->name : NULL;
}

static const char *
shell_word(size_t i)
{
	static const char *const shells[] = {"bash", "zsh", NULL};

	return shells[i];
}

/* Commands whose first word is one of a table's; of others it is unknown. */
static const struct first {
	const char *command;
	first_word_f *word; /* NULL behind the last */
	bool or_file;	    /* a file may stand there too: --explain FILE */
} firsts[] = {
    {"send", dialect_word, false},
    {"sign", dialect_word, true},
    {"man", man_page_name, false},
    {"completion", shell_word, false},
};

#define FIRST_COUNT (sizeof(firsts) / sizeof(firsts[0]))

static void
put_first_words(struct buf *out, const struct first *f)
{
	for (size_t i = 0; f->word(i) != NULL; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", f->word(i));
}

/* In single quotes, as both shells read them. */
static void
put_quoted(struct buf *out, const char *text)
{
	buf_char(out, '\'');
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\'')
			buf_str(out, STR("'\\''"));
		else
			buf_char(out, *p);
	}
	buf_char(out, '\'');
}

/* --- bash -------------------------------------------------------------------- */

static void
bash_options(struct invocation *inv, const struct subcommand *row)
{
	struct str rest = str_from(row->options);
	struct option_spec spec;

	say(inv, "\t'%s') echo '", row->name);
	while (row->options[0] != '\0' && option_next(&rest, &spec))
		say(inv, "--%.*s ", STR_ARG(spec.name));
	say(inv, "--help' ;;\n");
}

static void
bash_values(struct invocation *inv, const char *flag, const char *values)
{
	say(inv, "\t%s) echo '", flag);
	put_choice(&inv->out, values);
	say(inv, "' ;;\n");
}

static void
bash_tables(struct invocation *inv)
{
	say(inv, "_procured_commands='");
	for (const struct subcommand *row = subcommands; row->name; row++)
		say(inv, "%s\n", row->name);
	say(inv, "'\n_procured_settings='");
	for (int i = 0; i < SETTING__COUNT; i++) {
		char flag[SETTING_FLAG_BYTES];

		setting_flag((enum setting)i, flag);
		say(inv, "%s ", flag);
	}
	say(inv, "'\n_procured_options() {\n\tcase \"$1\" in\n");
	for (const struct subcommand *row = subcommands; row->name; row++)
		bash_options(inv, row);
	say(inv, "\tesac\n}\n_procured_first() {\n\tcase \"$1\" in\n");
	for (size_t i = 0; i < FIRST_COUNT; i++) {
		say(inv, "\t%s) echo '", firsts[i].command);
		put_first_words(&inv->out, &firsts[i]);
		say(inv, "' ;;\n");
	}
	say(inv, "\tesac\n}\n_procured_values() {\n\tcase \"$1\" in\n");
	for (int i = 0; i < SETTING__COUNT; i++) {
		char flag[SETTING_FLAG_BYTES];

		setting_flag((enum setting)i, flag);
		if (setting_is_choice(&setting_rows[i]))
			bash_values(inv, flag, setting_rows[i].allowed);
	}
	for (size_t i = 0; i < option_row_count; i++) {
		char flag[64];

		(void)snprintf(flag, sizeof(flag), "--%s", option_rows[i].name);
		if (is_choice(option_rows[i].value))
			bash_values(inv, flag, option_rows[i].value);
	}
	say(inv, "\tesac\n}\n");
}

static const char bash_script[] =
    "_procured() {\n"
    "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "\tlocal first=${COMP_WORDS[1]} second=${COMP_WORDS[2]} words name\n"
    "\tCOMPREPLY=()\n"
    "\twords=$(_procured_values \"$before\")\n"
    "\tif [ -n \"$words\" ]; then\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "\t\twords=$(printf '%s' \"$_procured_commands\" | cut -d' ' -f1 | sort -u)\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "\t\treturn\n"
    "\tfi\n"
    "\twords=$(printf '%s' \"$_procured_commands\" |\n"
    "\t\tsed -n \"s/^$first \\(.*\\)/\\1/p\")\n"
    "\tif [ -n \"$words\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tname=$first\n"
    "\t[ -z \"$words\" ] || name=\"$first $second\"\n"
    "\tcase \"$word\" in\n"
    "\t-*)\n"
    "\t\twords=\"$(_procured_options \"$name\") $_procured_settings\"\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
    "\t*)\n"
    "\t\twords=\n"
    "\t\t[ \"$COMP_CWORD\" -ne 2 ] || words=$(_procured_first \"$first\")\n"
    "\t\tif [ -n \"$words\" ]; then\n"
    "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "\t\t\treturn\n"
    "\t\tfi\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
    "\tesac\n"
    "}\n"
    "complete -o filenames -F _procured procured\n";

static void
write_bash(struct invocation *inv)
{
	say(inv, "# bash: source <(procured completion bash)\n");
	bash_tables(inv);
	say(inv, "%s", bash_script);
}

/* --- zsh --------------------------------------------------------------------- */

/* An option of _arguments: '--name[help]:value:(words)'. */
static void
zsh_option(struct invocation *inv, const char *flag, const char *help,
    const char *value, bool choice, bool repeats)
{
	struct buf *out = &inv->out;
	struct buf spec;

	buf_init(&spec, inv->arena, LIMIT_COMMAND_ARENA_BYTES);
	buf_printf(&spec, "%s%s[", repeats ? "*" : "", flag);
	for (const char *p = help; *p != '\0'; p++) {
		if (strchr("[]:\\", *p) != NULL)
			buf_char(&spec, '\\');
		buf_char(&spec, *p);
	}
	buf_char(&spec, ']');
	if (value[0] != '\0') {
		buf_str(&spec, STR(":value:"));
		if (choice) {
			buf_char(&spec, '(');
			for (const char *p = value; *p != '\0'; p++)
				buf_char(&spec, *p == '|' ? ' ' : *p);
			buf_char(&spec, ')');
		} else {
			buf_str(&spec, STR("_files"));
		}
	}
	buf_char(&spec, '\0');
	buf_str(out, STR(" \\\n\t\t\t"));
	if (!buf_failed(&spec))
		put_quoted(out, spec.p);
}

static void
zsh_settings(struct invocation *inv)
{
	for (int i = 0; i < SETTING__COUNT; i++) {
		const struct setting_row *row = &setting_rows[i];
		char flag[SETTING_FLAG_BYTES];

		setting_flag((enum setting)i, flag);
		zsh_option(inv, flag,
		    TR(inv->language, row->help_en, row->help_zh),
		    setting_is_choice(row) ? row->allowed : "value",
		    setting_is_choice(row), false);
	}
}

/* The command itself is _arguments' first word. */
static void
zsh_first(struct invocation *inv, const struct subcommand *row)
{
	for (size_t i = 0; i < FIRST_COUNT; i++) {
		const struct first *f = &firsts[i];

		if (strcmp(f->command, row->name) != 0)
			continue;
		say(inv, " \\\n\t\t\t'2:word:%s",
		    f->or_file ? "{compadd " : "(");
		put_first_words(&inv->out, f);
		say(inv, "%s'", f->or_file ? "; _files}" : ")");
	}
}

static void
zsh_command(struct invocation *inv, const struct subcommand *row)
{
	struct str rest = str_from(row->options);
	struct option_spec spec;

	say(inv, "\t'%s')\n\t\t_arguments -s", row->name);
	while (row->options[0] != '\0' && option_next(&rest, &spec)) {
		const struct option_row *o = option_row_find(spec.name);
		char flag[64];

		(void)snprintf(flag, sizeof(flag), "--%s", o->name);
		zsh_option(inv, flag, TR(inv->language, o->help_en, o->help_zh),
		    o->value, is_choice(o->value), spec.repeats);
	}
	zsh_settings(inv);
	zsh_first(inv, row);
	say(inv, " \\\n\t\t\t'*:file:_files' ;;\n");
}

/* The words that commands begin with, each once, or the second words behind
 * one; with what they do where they are a whole command. */
static void
zsh_words(struct invocation *inv, const char *first)
{
	const char *before = "";

	for (const struct subcommand *row = subcommands; row->name; row++) {
		struct str rest = str_from(row->name);
		struct str word = str_cut(&rest, ' ');
		bool whole = str_is_null(rest);
		char text[64];

		if (first != NULL && (whole || !str_eq(word, str_from(first))))
			continue;
		if (first != NULL)
			word = rest;
		if (first == NULL && str_eq(word, str_from(before)))
			continue;
		(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(word));
		before = arena_dup(inv->arena, word).p;
		say(inv, "\t\t\t");
		if (whole || first != NULL)
			put_quoted(&inv->out,
			    arena_printf(inv->arena, "%s:%s%c", text,
				TR(inv->language, row->help_en, row->help_zh),
				'\0')
				.p);
		else
			put_quoted(&inv->out, text);
		buf_char(&inv->out, '\n');
	}
}

static void
zsh_groups(struct invocation *inv)
{
	const char *before = "";

	for (const struct subcommand *row = subcommands; row->name; row++) {
		struct str rest = str_from(row->name);
		struct str word = str_cut(&rest, ' ');
		const char *first;

		if (str_is_null(rest) || str_eq(word, str_from(before)))
			continue;
		first = arena_dup(inv->arena, word).p;
		before = first;
		say(inv, "\t%s)\n\t\tsecond=(\n", first);
		zsh_words(inv, first);
		say(inv, "\t\t) ;;\n");
	}
}

static void
write_zsh(struct invocation *inv)
{
	say(inv,
	    "#compdef procured\n"
	    "# zsh: procured completion zsh >~/.zfunc/_procured, with ~/.zfunc in fpath\n"
	    "_procured_second() {\n\tsecond=()\n\tcase $1 in\n");
	zsh_groups(inv);
	say(inv,
	    "\tesac\n}\n"
	    "_procured() {\n"
	    "\tlocal -a first second\n"
	    "\tlocal name=$words[2]\n"
	    "\tif ((CURRENT == 2)); then\n\t\tfirst=(\n");
	zsh_words(inv, NULL);
	say(inv,
	    "\t\t)\n\t\t_describe command first\n\t\treturn\n\tfi\n"
	    "\t_procured_second $name\n"
	    "\tif (($#second)); then\n"
	    "\t\tif ((CURRENT == 3)); then\n"
	    "\t\t\t_describe command second\n\t\t\treturn\n\t\tfi\n"
	    "\t\tname=\"$name $words[3]\"\n"
	    "\tfi\n"
	    "\tcase $name in\n");
	for (const struct subcommand *row = subcommands; row->name; row++)
		zsh_command(inv, row);
	say(inv,
	    "\tesac\n}\n"
	    "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
	    "\t_procured \"$@\"\nelse\n\tcompdef _procured procured\nfi\n");
}

int
completion_run(struct invocation *inv)
{
	const char *shell = arg_word(inv, 0);

	if (strcmp(shell, "bash") == 0)
		write_bash(inv);
	else if (strcmp(shell, "zsh") == 0)
		write_zsh(inv);
	else
		return misuse(inv,
		    TR(inv->language, "there is no completion for \"%s\"",
			"不支持为 \"%s\" 补全"),
		    shell);
	return EXIT_OK;
}
