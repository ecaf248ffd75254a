/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file: lines `name = value`, blank lines, and comments from
 * a '#' at the beginning of a line or behind a blank. A name may stand once,
 * but for lists, which grow. Faults are told as file:line.
 */
#include <assert.h>

#include "app/settings.h"
#include "store/store.h"

/* One file while it is read. */
struct reading {
	struct settings *settings;
	struct arena *arena;
	const char *path;
	int line;
	int set_at[SETTING__COUNT]; /* 0: not yet */
	struct err *err;
};

static struct str
without_comment(struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		bool begins = i == 0 || line.p[i - 1] == ' ' ||
		    line.p[i - 1] == '\t';

		if (line.p[i] == '#' && begins)
			return str_sub(line, 0, i);
	}
	return line;
}

static const char *
setting_name(const void *arg, size_t i)
{
	(void)arg;
	return i < SETTING__COUNT ? setting_rows[i].name : NULL;
}

static enum err_code
refuse_name(struct reading *r, struct str name)
{
	struct str copy = arena_dup(r->arena, str_sub(name, 0, 60));
	const char *meant = nearest(copy.p ? copy.p : "", setting_name, NULL);
	enum language language = r->settings->language;

	if (meant != NULL)
		return err_set(r->err, ERR_USAGE, "config",
		    TR(language,
			"%s:%d: there is no setting \"%.*s\"; did you "
			"mean \"%s\"?",
			"%s:%d:没有设置项 \"%.*s\";是否想写 \"%s\"?"),
		    r->path, r->line, STR_ARG(copy), meant);
	return err_set(r->err, ERR_USAGE, "config",
	    TR(language,
		"%s:%d: there is no setting \"%.*s\"; `procured config "
		"example` shows them all",
		"%s:%d:没有设置项 \"%.*s\";`procured config example` 列出全部设置"),
	    r->path, r->line, STR_ARG(copy));
}

static enum setting
find_setting(struct str name)
{
	int i = 0;

	while (i < SETTING__COUNT &&
	    !str_eq(name, str_from(setting_rows[i].name)))
		i++;
	return (enum setting)i;
}

static enum err_code
put(struct reading *r, enum setting i, struct str text)
{
	struct setting_value *v = &r->settings->values[i];
	bool grows = setting_rows[i].type == SETTING_IS_NETWORKS;

	if (r->set_at[i] > 0 && !grows)
		return err_set(r->err, ERR_USAGE, "config",
		    TR(r->settings->language,
			"%s:%d: %s was set before, in line "
			"%d; keep one of them",
			"%s:%d:%s 已在第 %d 行设置;请只保留一处"),
		    r->path, r->line, setting_rows[i].name, r->set_at[i]);
	if (r->set_at[i] > 0)
		text = arena_printf(r->arena, "%.*s,%.*s", STR_ARG(v->text),
		    STR_ARG(text));
	*v = (struct setting_value){.text = arena_dup(r->arena, text),
	    .where = arena_printf(r->arena, "%s:%d", r->path, r->line)};
	r->set_at[i] = r->line;
	return setting_check(r->settings, i, v, r->err);
}

static enum err_code
read_line(struct reading *r, struct str line)
{
	struct str value = str_trim(without_comment(line));
	bool has_sign = value.n > 0 && memchr(value.p, '=', value.n) != NULL;
	struct str name;
	enum setting i;

	if (value.n == 0)
		return ERR_OK;
	if (!has_sign)
		return err_set(r->err, ERR_USAGE, "config",
		    TR(r->settings->language,
			"%s:%d: this is not a line `name = value`; "
			"`procured config example` shows them all",
			"%s:%d:不是 `name = value` 形式的行;"
			"`procured config example` 列出全部设置"),
		    r->path, r->line);
	name = str_trim(str_cut(&value, '='));
	value = str_trim(value);
	i = find_setting(name);
	if (i == SETTING__COUNT)
		return refuse_name(r, name);
	if (i == SETTING_CONFIG)
		return err_set(r->err, ERR_USAGE, "config",
		    TR(r->settings->language,
			"%s:%d: a file cannot name another "
			"file; use --config",
			"%s:%d:配置文件中不能再指定配置文件;请用 --config"),
		    r->path, r->line);
	if (value.n == 0)
		return err_set(r->err, ERR_USAGE, "config",
		    TR(r->settings->language,
			"%s:%d: %s has no value; leave the "
			"line out for the default",
			"%s:%d:%s 没有值;要用默认值请删去此行"),
		    r->path, r->line, setting_rows[i].name);
	return put(r, i, value);
}

enum err_code
settings_read(struct settings *s, struct arena *a, const char *path,
    struct str text, struct err *err)
{
	struct reading r = {
	    .settings = s, .arena = a, .path = path, .err = err};
	struct str rest = text;

	assert(path != NULL);
	while (!str_is_null(rest)) {
		enum err_code rc;

		r.line++;
		rc = read_line(&r, str_cut(&rest, '\n'));
		if (rc != ERR_OK)
			return rc;
	}
	return ERR_OK;
}

void
settings_dump(const struct settings *s, struct buf *out)
{
	for (int i = 0; i < SETTING__COUNT; i++) {
		const struct setting_value *v = &s->values[i];
		bool is_set = !str_is_null(v->where);
		struct str text = v->text;
		char shown[1024];

		/* `config` is where the others came from, not one of a file. */
		if (i == SETTING_CONFIG || v->text.n == 0) {
			buf_printf(out, "# %s = %.*s\n", setting_rows[i].name,
			    STR_ARG(v->text));
			continue;
		}
		if (setting_rows[i].type == SETTING_IS_STORE) {
			store_url_show(text, shown, sizeof(shown));
			text = str_from(shown);
		}
		buf_printf(out, "%s = %.*s  # %.*s\n", setting_rows[i].name,
		    STR_ARG(text), is_set ? (int)v->where.n : 7,
		    is_set ? v->where.p : "default");
	}
}

void
settings_example(enum language language, struct buf *out)
{
	buf_printf(out, "%s",
	    TR(language,
		"# procured: every setting with its default. A flag or an\n"
		"# environment variable of the same name goes before this file.\n",
		"# procured:全部设置及其默认值。同名的命令行参数或环境变量优先于本文件。\n"));
	for (int i = 0; i < SETTING__COUNT; i++) {
		const struct setting_row *row = &setting_rows[i];
		char flag[SETTING_FLAG_BYTES];
		char env[SETTING_FLAG_BYTES];

		if (i == SETTING_CONFIG)
			continue;
		setting_flag((enum setting)i, flag);
		setting_env((enum setting)i, env);
		buf_printf(out, "\n# %s\n# %s, %s%s%s%s\n# %s = %s\n",
		    TR(language, row->help_en, row->help_zh), flag, env,
		    row->allowed[0] ? "; " : "", row->allowed,
		    row->reloadable
			? TR(language, "; SIGHUP applies it", ";SIGHUP 时生效")
			: "",
		    row->name, row->default_value);
	}
}
