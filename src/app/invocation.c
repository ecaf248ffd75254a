/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running subcommand has: its parsed words, and its two voices. The
 * tone of failures is set here: what failed and why, then what to do.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "app/command.h"
#include "base/when.h"

/* Between two words of progress. */
#define PROGRESS_US 250000

bool
option_next(struct str *rest, struct option_spec *out)
{
	struct str word = str_cut(rest, ' ');

	if (str_is_null(word) || word.n == 0)
		return false;
	*out = (struct option_spec){.name = word};
	for (; word.n > 0; word.n--) {
		char last = word.p[word.n - 1];

		if (last == ':')
			out->takes_value = true;
		else if (last == '*')
			out->repeats = true;
		else if (last == '!')
			out->frees = true;
		else
			break;
	}
	out->name = word;
	return true;
}

static bool
find_spec(const struct subcommand *row, struct str name,
    struct option_spec *out)
{
	struct str rest = str_from(row->options);

	while (option_next(&rest, out)) {
		if (str_eq(out->name, name))
			return true;
	}
	return false;
}

void
invocation_init(struct invocation *inv)
{
	buf_init(&inv->out, NULL, LIMIT_CONTROL_REPLY_BYTES / 2);
	buf_init(&inv->err, NULL, LIMIT_CONTROL_REPLY_BYTES / 2);
}

void
invocation_fini(struct invocation *inv)
{
	buf_fini(&inv->out);
	buf_fini(&inv->err);
}

static void
add_text(struct buf *b, const char *fmt, va_list ap)
{
	char text[4096];
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	/* Longer texts than this are client data; they are shown cut. */
	if (n >= (int)sizeof(text))
		n = (int)sizeof(text) - 1;
	if (n > 0)
		buf_add(b, text, (size_t)n);
	va_end(again);
}

void
say(struct invocation *inv, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(&inv->out, fmt, ap);
	va_end(ap);
}

static void
complain(struct invocation *inv, const char *fmt, va_list ap)
{
	buf_str(&inv->err, STR("procured: "));
	add_text(&inv->err, fmt, ap);
	buf_char(&inv->err, '\n');
}

int
fail(struct invocation *inv, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(inv, fmt, ap);
	va_end(ap);
	return EXIT_FAILED;
}

int
misuse(struct invocation *inv, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(inv, fmt, ap);
	va_end(ap);
	help_usage(inv, &inv->err);
	return EXIT_USAGE;
}

/* What the person can do about it. */
static const char *
advice(enum language language, enum err_code code, const char *field)
{
	if (code == ERR_STORE_FAILED && strcmp(field, "store.login") == 0)
		return TR(language,
		    "is the role, its password and the database's name right? "
		    "a password is taken from --store, PGPASSWORD or ~/.pgpass",
		    "请确认角色、口令和数据库名是否正确;"
		    "口令取自 --store、PGPASSWORD 或 ~/.pgpass");
	switch (code) {
	case ERR_STORE_BUSY:
		return TR(language,
		    "another process holds the store, or it is "
		    "too slow; try again",
		    "存储被其他进程占用或过慢;请重试");
	case ERR_STORE_AWAY:
		return TR(language,
		    "the database cannot be reached, or takes no changes; "
		    "see that it runs and that the address is right",
		    "数据库无法连接或不接受写入;请确认其正在运行且地址正确");
	case ERR_STORE_CONFLICT:
		return TR(language,
		    "others changed the same at the same time; try again",
		    "同一数据正被他人修改;请重试");
	case ERR_STORE_FULL:
		return TR(language,
		    "the disk is full; free some space and try "
		    "again; nothing was written",
		    "磁盘已满;请清理空间后重试;未写入任何内容");
	case ERR_STORE_FAILED:
		return TR(language,
		    "is --store right, and may this user read and write "
		    "there? `procured doctor` and `procured check` tell more",
		    "请确认 --store 是否正确、当前用户是否可读写;"
		    "`procured doctor` 和 `procured check` 可进一步检查");
	case ERR_NO_MEMORY:
		return TR(language,
		    "a limit was reached; ask for less at once "
		    "(--limit)",
		    "超过上限;请减少一次查询的数量(--limit)");
	case ERR_STOPPING:
		return TR(language,
		    "the server is stopping; try again once it "
		    "has",
		    "服务正在停止;请稍后重试");
	default:
		return NULL;
	}
}

/* What lower layers say of an operator's mistake is English and says what to
 * do; this says it again. */
static const char *
in_chinese(enum language language, const char *field)
{
	if (language != LANGUAGE_ZH)
		return NULL;
	if (strcmp(field, "key") == 0)
		return "主密钥与此存储不符;请用 --key 指定属于它的密钥文件";
	if (strcmp(field, "store.address") == 0)
		return "无法读取存储的地址;应为 postgresql://用户@主机:端口/数据库";
	if (strcmp(field, "role") == 0)
		return "存储结构缺失或过旧,而当前角色无权修改;"
		       "请以其所有者执行 `procured migrate`,再授予当前角色权限";
	if (strcmp(field, "schema") == 0)
		return "存储由更新的版本写成;请使用更新的程序,"
		       "或迁移前保留的副本";
	return NULL;
}

int
fail_err(struct invocation *inv, enum err_code code, const struct err *err)
{
	const char *detail = err->detail[0] != '\0' && err->code == code
	    ? err->detail
	    : TR(inv->language, err_text(code), err_text_zh(code));
	const char *what = code == ERR_USAGE
	    ? in_chinese(inv->language, err->field)
	    : advice(inv->language, code, err->field);
	int rc = fail(inv, "%s", detail);

	assert(code != ERR_OK);
	if (what != NULL)
		buf_printf(&inv->err, "  %s\n", what);
	return rc;
}

static const char *
option_name(const void *arg, size_t i)
{
	const struct invocation *inv = arg;
	struct str rest = str_from(inv->row->options);
	struct option_spec spec;

	while (option_next(&rest, &spec)) {
		if (i-- == 0) {
			struct str copy = arena_dup(inv->arena, spec.name);

			return copy.p;
		}
	}
	return i < SETTING__COUNT ? setting_rows[i].name : NULL;
}

static bool
refuse_option(struct invocation *inv, const char *word)
{
	const char *meant = nearest(word + 2, option_name, inv);

	if (meant != NULL)
		(void)misuse(inv,
		    TR(inv->language,
			"there is no option %s; did you mean --%s?",
			"没有选项 %s;是否想写 --%s?"),
		    word, meant);
	else
		(void)misuse(inv,
		    TR(inv->language, "there is no option %s here",
			"此处没有选项 %s"),
		    word);
	return false;
}

static bool
refuse_words(struct invocation *inv)
{
	const char *extra = arg_word(inv, inv->row->words_max);

	if (extra != NULL)
		(void)misuse(inv,
		    TR(inv->language, "\"%s\" is one word too many",
			"多余的参数 \"%s\""),
		    extra);
	else
		(void)misuse(inv,
		    TR(inv->language, "something is missing", "缺少参数"));
	return false;
}

/* The one short option there is, where the row has its long form. */
static bool
is_header(const struct invocation *inv, const char *word)
{
	struct option_spec spec;

	return strcmp(word, "-H") == 0 &&
	    find_spec(inv->row, STR("header"), &spec);
}

/* One option; *i moves on over its value. */
static bool
take_option(struct invocation *inv, const char *const *argv, int argc, int *i)
{
	struct str value = str_from(
	    is_header(inv, argv[*i]) ? "header" : argv[*i] + 2);
	struct str name = str_cut(&value, '=');
	struct arg *arg = &inv->args.items[inv->args.count];
	struct option_spec spec;

	if (!find_spec(inv->row, name, &spec))
		return refuse_option(inv, argv[*i]);
	arg->name = arena_dup(inv->arena, name).p;
	if (arg->name == NULL)
		return false;
	if (!spec.repeats && arg_option(inv, arg->name) != NULL) {
		(void)misuse(inv,
		    TR(inv->language, "--%s is there twice", "--%s 出现了两次"),
		    arg->name);
		return false;
	}
	arg->value = spec.takes_value && str_is_null(value) && *i + 1 < argc
	    ? argv[++*i]
	    : value.p;
	if (spec.takes_value != (arg->value != NULL)) {
		(void)misuse(inv,
		    spec.takes_value ? TR(inv->language, "--%s needs a value",
					   "--%s 需要一个值")
				     : TR(inv->language, "--%s takes no value",
					   "--%s 不接受值"),
		    arg->name);
		return false;
	}
	inv->args.count++;
	return true;
}

bool
args_parse(struct invocation *inv, const char *const *argv, int argc)
{
	bool only_words = false;

	assert(inv->row != NULL);
	inv->args.count = 0;
	inv->args.words = 0;
	for (int i = 0; i < argc; i++) {
		if (inv->args.count == ARGS_MAX) {
			(void)misuse(inv,
			    TR(inv->language, "more than %d words",
				"参数超过 %d 个"),
			    ARGS_MAX);
			return false;
		}
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
			continue;
		}
		if (!only_words &&
		    (strncmp(argv[i], "--", 2) == 0 ||
			is_header(inv, argv[i]))) {
			if (!take_option(inv, argv, argc, &i))
				return false;
			continue;
		}
		inv->args.items[inv->args.count++] = (struct arg){
		    .value = argv[i]};
		inv->args.words++;
	}
	if (inv->args.words < inv->row->words_min ||
	    inv->args.words > inv->row->words_max)
		return refuse_words(inv);
	return true;
}

const char *
arg_option(const struct invocation *inv, const char *name)
{
	for (size_t i = 0; i < inv->args.count; i++) {
		const struct arg *arg = &inv->args.items[i];

		if (arg->name != NULL && strcmp(arg->name, name) == 0)
			return arg->value != NULL ? arg->value : "";
	}
	return NULL;
}

const char *
arg_word(const struct invocation *inv, size_t i)
{
	for (size_t k = 0; k < inv->args.count; k++) {
		if (inv->args.items[k].name == NULL && i-- == 0)
			return inv->args.items[k].value;
	}
	return NULL;
}

bool
args_need_no_store(const struct invocation *inv)
{
	if (inv->row->where == WHERE_HERE || inv->row->where == WHERE_CLIENT)
		return true;
	for (size_t i = 0; i < inv->args.count; i++) {
		struct option_spec spec;

		if (inv->args.items[i].name != NULL &&
		    find_spec(
			inv->row, str_from(inv->args.items[i].name), &spec) &&
		    spec.frees)
			return true;
	}
	return false;
}

bool
arg_number(struct invocation *inv, const char *name, int64_t least,
    int64_t most, int64_t fallback, int64_t *out)
{
	const char *text = arg_option(inv, name);

	*out = fallback;
	if (text == NULL)
		return true;
	if (str_parse_int(str_from(text), out) && *out >= least && *out <= most)
		return true;
	(void)misuse(inv,
	    TR(inv->language,
		"--%s takes a number from %lld to %lld, not \"%s\"",
		"--%s 应为 %lld 到 %lld 的数字,而不是 \"%s\""),
	    name, (long long)least, (long long)most, text);
	return false;
}

struct str
path_from_cwd(struct invocation *inv, const char *path)
{
	if (path[0] == '/')
		return str_from(path);
	return arena_printf(inv->arena, "%s/%s", inv->cwd, path);
}

bool
show_progress(struct invocation *inv, int64_t done, int64_t total)
{
	int64_t now_us = when_monotonic_us();
	char text[64];

	if (inv->progress == NULL || now_us < inv->progress_due_us)
		return true;
	inv->progress_due_us = now_us + PROGRESS_US;
	if (total > 0)
		(void)snprintf(text, sizeof(text), "%lld / %lld  %lld%%",
		    (long long)done, (long long)total,
		    (long long)(done * 100 / total));
	else
		(void)snprintf(text, sizeof(text), "%lld", (long long)done);
	return inv->progress(inv->progress_arg, text);
}
