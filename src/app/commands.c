/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the words of a command line to a subcommand that runs: here, in the
 * server that holds the data directory, or here while we hold it.
 */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "app/command.h"
#include "app/commands.h"
#include "app/control.h"
#include "app/data_dir.h"
#include "base/when.h"

#define RETRY_MS 25

/* What the server said, as if we had said it. */
static int
pass_on(struct invocation *inv, const struct control_reply *reply)
{
	buf_str(&inv->out, reply->out);
	buf_str(&inv->err, reply->err);
	return reply->exit;
}

static bool
print_progress(void *arg, const char *text)
{
	(void)arg;
	(void)dprintf(STDERR_FILENO, "\r%s ", text);
	return true;
}

static int
run_alone(struct invocation *inv)
{
	const struct settings *s = inv->settings;
	struct backend backend;
	struct err err = {.code = ERR_OK};
	bool fresh = !store_is_there(setting_text(s, SETTING_STORE));
	enum err_code rc;
	int code;

	if (fresh && !inv->row->makes)
		return fail(inv,
		    TR(inv->language,
			"there is no store at %s yet; "
			"begin with `procured serve` or `procured app create`",
			"%s 处尚无存储;请先执行 `procured serve` 或 `procured app "
			"create`"),
		    setting_text(s, SETTING_STORE).p);
	rc = backend_unlock(&backend, s, inv->row->makes, inv->language, &err);
	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	inv->backend = &backend;
	code = inv->row->run(inv);
	inv->backend = NULL;
	backend_close(&backend);
	return code;
}

static int
run_held(struct invocation *inv)
{
	return inv->row->where == WHERE_OFFLINE ? inv->row->run(inv)
						: run_alone(inv);
}

static int
refuse_online(struct invocation *inv, const struct err *err)
{
	return fail(inv,
	    TR(inv->language,
		"%s; stop it first, then run "
		"`procured %s` again",
		"%s;请先停止它,再执行 `procured %s`"),
	    err->detail, inv->row->name);
}

/*
 * Holds the directory or asks who holds it. A server that is just starting or
 * ending does neither answer nor let go, so both are tried for a while.
 */
static int
run_where_held(struct invocation *inv, struct data_dir *dir,
    const char *const *argv, int argc)
{
	int64_t until_us = when_monotonic_us() + LIMIT_CONTROL_MS * 1000;
	struct control_reply reply;
	struct err err;
	struct err held;
	enum err_code rc;

	for (;;) {
		rc = data_dir_lock(dir,
		    setting_text(inv->settings, SETTING_STORE), &held);
		if (rc == ERR_OK)
			return run_held(inv);
		if (rc != ERR_BUSY)
			return fail_err(inv, rc, &held);
		if (inv->row->where == WHERE_OFFLINE)
			return refuse_online(inv, &held);
		rc = control_ask(dir, inv->language, argv, argc, inv->arena,
		    &reply, &err);
		if (rc == ERR_OK)
			return pass_on(inv, &reply);
		if (rc != ERR_NOT_FOUND)
			return fail(inv, "%s", err.detail);
		if (when_monotonic_us() >= until_us)
			return fail(inv,
			    TR(inv->language,
				"%s and does not answer; "
				"is it another subcommand at work? Try again when "
				"it has ended",
				"%s,且没有应答;是否有其他子命令正在执行?请待其结束后重试"),
			    held.detail);
		(void)poll(NULL, 0, RETRY_MS);
	}
}

static int
run_with_store(struct invocation *inv, const char *const *argv, int argc)
{
	struct data_dir dir;
	struct err err;
	int code;

	if (data_dir_open(&dir, setting_text(inv->settings, SETTING_DATA).p,
		inv->row->makes, inv->language, &err) != ERR_OK)
		return fail(inv, "%s", err.detail);
	code = run_where_held(inv, &dir, argv, argc);
	data_dir_close(&dir);
	return code;
}

int
commands_ask(struct invocation *inv, const char *const *argv, int argc,
    struct str *out)
{
	struct invocation asked = {.language = inv->language,
	    .arena = inv->arena,
	    .settings = inv->settings,
	    .cwd = inv->cwd};
	int used;
	int code = EXIT_USAGE;

	invocation_init(&asked);
	asked.row = subcommand_find(argv, argc, &used);
	assert(asked.row != NULL && asked.row->where == WHERE_STORE);
	if (args_parse(&asked, argv + used, argc - used))
		code = run_with_store(&asked, argv, argc);
	*out = arena_dup(inv->arena, buf_view(&asked.out));
	buf_str(&inv->err, buf_view(&asked.err));
	invocation_fini(&asked);
	return code == EXIT_OK && str_is_null(*out) ? EXIT_FAILED : code;
}

static bool
wants_help(const char *const *argv, int argc)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static int
show_help(struct invocation *inv, const char *const *argv, int argc)
{
	if (argc == 0 || argv[0][0] == '-') {
		help_short(inv);
		return EXIT_OK;
	}
	if (help_command(inv, argv, argc > 1 && argv[1][0] == '-' ? 1 : argc))
		return EXIT_OK;
	help_unknown(inv, argv, argc);
	return EXIT_USAGE;
}

/* No row is of these words. */
static int
refuse_words(struct invocation *inv, const char *const *argv, int argc,
    int used)
{
	if (argv[0][0] == '-') {
		(void)fail(inv,
		    TR(inv->language,
			"there is no option %s; "
			"`procured help` shows the commands",
			"没有选项 %s;`procured help` 列出全部命令"),
		    argv[0]);
		return EXIT_USAGE;
	}
	if (used == 1 && argc == 1) {
		(void)help_command(inv, argv, 1);
		return EXIT_USAGE;
	}
	help_unknown(inv, argv, argc);
	return EXIT_USAGE;
}

static int
dispatch(struct invocation *inv, int argc, const char **argv)
{
	struct settings settings;
	struct err err;
	int used;

	if (argc == 1 || wants_help(argv + 1, argc - 1))
		return show_help(inv, argv + 1, argc - 1);
	if (strcmp(argv[1], "--version") == 0)
		return version_run(inv);
	if (settings_load(&settings, inv->arena, inv->language, &argc, argv,
		&err) != ERR_OK) {
		(void)fail(inv, "%s", err.detail);
		return EXIT_USAGE;
	}
	argv++;
	argc--;
	if (argc == 0)
		return show_help(inv, argv, argc);
	inv->settings = &settings;
	inv->row = subcommand_find(argv, argc, &used);
	if (inv->row == NULL)
		return refuse_words(inv, argv, argc, used);
	if (!args_parse(inv, argv + used, argc - used))
		return EXIT_USAGE;
	if (isatty(STDERR_FILENO))
		inv->progress = print_progress;
	if (args_need_no_store(inv))
		return inv->row->run(inv);
	return run_with_store(inv, argv, argc);
}

/* Everything of the buffer to fd; what can't be written is lost, and told by
 * the exit code. */
static bool
print_all(int fd, const struct buf *b)
{
	struct str rest = buf_view(b);

	while (rest.n > 0) {
		ssize_t n = write(fd, rest.p, rest.n);

		if (n <= 0)
			return false;
		rest = str_sub(rest, (size_t)n, rest.n);
	}
	return true;
}

int
commands_main(int argc, const char **argv)
{
	struct arena arena;
	struct invocation inv = {
	    .language = language_of_environment(), .arena = &arena, .cwd = "."};
	bool cut;
	int code;

	assert(argc >= 1);
	arena_init(&arena, LIMIT_COMMAND_ARENA_BYTES);
	invocation_init(&inv);
	code = dispatch(&inv, argc, argv);
	cut = buf_failed(&inv.out);
	if (cut)
		code = fail(&inv,
		    TR(inv.language,
			"the answer is too large and "
			"was cut; ask for less at once",
			"结果过大,已被截断;请减少一次查询的数量"));
	if (!print_all(STDOUT_FILENO, &inv.out) && code == EXIT_OK)
		code = EXIT_FAILED;
	(void)print_all(STDERR_FILENO, &inv.err);
	invocation_fini(&inv);
	arena_fini(&arena);
	return code;
}
