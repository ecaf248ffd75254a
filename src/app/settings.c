/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where settings come from: the table's defaults, the file, the environment,
 * the flags, each over the one before it. What a value may be is decided in
 * settings_value.c, once all of them are there.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/settings.h"

const struct setting_row setting_rows[SETTING__COUNT] = {
#define X(symbol, name, type, value, allowed, reload, en, zh) \
	[SETTING_##symbol] = { \
	    name, SETTING_IS_##type, value, allowed, reload, en, zh},
    SETTING_TABLE(X)
#undef X
};

void
setting_flag(enum setting i, char out[SETTING_FLAG_BYTES])
{
	struct buf b;

	assert(i < SETTING__COUNT);
	buf_init_fixed(&b, out, SETTING_FLAG_BYTES);
	buf_printf(&b, "--%s", setting_rows[i].name);
	assert(!buf_failed(&b));
	for (char *p = out + 2; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
}

void
setting_env(enum setting i, char out[SETTING_FLAG_BYTES])
{
	struct buf b;

	assert(i < SETTING__COUNT);
	buf_init_fixed(&b, out, SETTING_FLAG_BYTES);
	buf_printf(&b, "PROCURED_%s", setting_rows[i].name);
	assert(!buf_failed(&b));
	for (char *p = out; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - ('a' - 'A'));
}

/* Puts a value in; a NETWORKS value of the same place is added to. */
static void
put(struct settings *s, struct arena *a, enum setting i, struct str text,
    struct str where)
{
	struct setting_value *v = &s->values[i];

	if (setting_rows[i].type == SETTING_IS_NETWORKS &&
	    str_eq(v->where, where) && v->text.n > 0)
		text = arena_printf(a, "%.*s,%.*s", STR_ARG(v->text),
		    STR_ARG(text));
	v->text = arena_dup(a, text);
	v->where = where;
}

/* Which setting a flag names; `value` is what follows '=', absent without. */
static enum setting
find_flag(const char *arg, struct str *value)
{
	struct str rest = str_from(arg);
	struct str name = str_cut(&rest, '=');

	for (int i = 0; i < SETTING__COUNT; i++) {
		char flag[SETTING_FLAG_BYTES];

		setting_flag((enum setting)i, flag);
		if (str_eq(name, str_from(flag))) {
			*value = rest;
			return (enum setting)i;
		}
	}
	return SETTING__COUNT;
}

/* The flags, taken out of argv. Read first, as --config is one of them; the
 * caller puts them over the rest. */
static enum err_code
take_flags(struct settings *s, struct arena *a, int *argc, const char **argv,
    struct err *err)
{
	int kept = 1;
	int i = 1;

	for (; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		struct str value;
		enum setting f = find_flag(argv[i], &value);
		char flag[SETTING_FLAG_BYTES];
		struct str where;

		if (f == SETTING__COUNT) {
			argv[kept++] = argv[i];
			continue;
		}
		if (str_is_null(value) &&
		    setting_rows[f].type == SETTING_IS_SWITCH)
			value = STR("yes");
		if (str_is_null(value) && i + 1 < *argc)
			value = str_from(argv[++i]);
		if (str_is_null(value))
			return err_set(err, ERR_USAGE, setting_rows[f].name,
			    TR(s->language, "%s needs a value",
				"%s 需要一个值"),
			    argv[i]);
		setting_flag(f, flag);
		where = arena_dup(a, str_from(flag));
		put(s, a, f, value, where);
		s->values[f].by_flag = true;
	}
	while (i < *argc)
		argv[kept++] = argv[i++];
	*argc = kept;
	argv[kept] = NULL;
	return ERR_OK;
}

static void
take_environment(struct settings *s, struct arena *a)
{
	for (int i = 0; i < SETTING__COUNT; i++) {
		char name[SETTING_FLAG_BYTES];
		const char *value;

		setting_env((enum setting)i, name);
		value = getenv(name);
		if (value != NULL && value[0] != '\0')
			put(s, a, (enum setting)i, str_from(value),
			    arena_dup(a, str_from(name)));
	}
}

/* The content of a small file; absent with *err filled when it can't be. */
static struct str
read_file(struct arena *a, const char *path, enum language language,
    struct err *err)
{
	char *text = arena_alloc(a, LIMIT_CONFIG_BYTES + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (text == NULL || fd < 0 ||
	    (n = read(fd, text, LIMIT_CONFIG_BYTES + 1)) < 0) {
		(void)err_set(err, ERR_USAGE, "config",
		    TR(language,
			"cannot read the configuration file %s: %s; `procured "
			"config example` prints one to begin with",
			"无法读取配置文件 %s:%s;`procured config example` "
			"可打印示例"),
		    path, strerror(errno));
		n = -1;
	} else if (n > LIMIT_CONFIG_BYTES) {
		(void)err_set(err, ERR_USAGE, "config",
		    TR(language,
			"%s is larger than %d bytes; is it a "
			"configuration file?",
			"%s 超过 %d 字节;这是配置文件吗?"),
		    path, LIMIT_CONFIG_BYTES);
		n = -1;
	}
	if (fd >= 0)
		(void)close(fd);
	return n < 0 ? STR_NONE : (struct str){text, (size_t)n};
}

/* Where the state of programs of this user goes. */
static struct str
default_data(struct arena *a)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state != NULL && state[0] == '/')
		return arena_printf(a, "%s/procured", state);
	if (home != NULL && home[0] == '/' && home[1] != '\0')
		return arena_printf(a, "%s/.local/state/procured", home);
	return STR("/var/lib/procured");
}

/* Defaults that follow from other settings. */
static void
derive(struct settings *s, struct arena *a)
{
	struct setting_value *v = s->values;

	if (v[SETTING_DATA].text.n == 0)
		v[SETTING_DATA].text = default_data(a);

	struct str data = v[SETTING_DATA].text;

	if (v[SETTING_STORE].text.n == 0)
		v[SETTING_STORE].text = arena_printf(a,
		    "sqlite:%.*s/procured.db", STR_ARG(data));
	if (v[SETTING_KEY].text.n == 0)
		v[SETTING_KEY].text = arena_printf(a, "%.*s/procured.key",
		    STR_ARG(data));
}

static enum err_code
check_all(struct settings *s, struct arena *a, struct err *err)
{
	for (int i = 0; i < SETTING__COUNT; i++) {
		enum err_code rc = setting_check(s, (enum setting)i,
		    &s->values[i], err);

		if (rc != ERR_OK)
			return rc;
	}
	if (setting_number(s, SETTING_GROUP) > setting_number(s, SETTING_QUEUE))
		return err_set(err, ERR_USAGE, "group",
		    TR(s->language,
			"group (%lld) is larger than queue (%lld); "
			"a group is taken out of the queue",
			"group(%lld)大于 queue(%lld);一次提交取自队列"),
		    (long long)setting_number(s, SETTING_GROUP),
		    (long long)setting_number(s, SETTING_QUEUE));
	return arena_failed(a) ? err_set(err, ERR_NO_MEMORY, "",
				     "the settings do not fit their memory")
			       : ERR_OK;
}

/* The file that flag or environment name, if any. */
static enum err_code
take_file(struct settings *s, struct arena *a, struct str path, struct err *err)
{
	struct str name = arena_dup(a, path);
	struct str text;

	if (str_is_null(name) || name.n == 0)
		return ERR_OK;
	text = read_file(a, name.p, s->language, err);
	if (str_is_null(text))
		return ERR_USAGE;
	return settings_read(s, a, name.p, text, err);
}

/* All the places, under flags that were read already. */
static enum err_code
gather(struct settings *s, const struct settings *flags, struct arena *a,
    struct err *err)
{
	struct settings environment = {.language = flags->language};
	struct str file = setting_text(flags, SETTING_CONFIG);
	enum err_code rc;

	*s = (struct settings){.language = flags->language};
	for (int i = 0; i < SETTING__COUNT; i++)
		s->values[i].text = str_from(setting_rows[i].default_value);
	take_environment(&environment, a);
	if (!flags->values[SETTING_CONFIG].by_flag)
		file = setting_text(&environment, SETTING_CONFIG);
	rc = take_file(s, a, file, err);
	if (rc != ERR_OK)
		return rc;
	for (int i = 0; i < SETTING__COUNT; i++) {
		if (!str_is_null(environment.values[i].where))
			s->values[i] = environment.values[i];
		if (flags->values[i].by_flag)
			s->values[i] = flags->values[i];
	}
	derive(s, a);
	return check_all(s, a, err);
}

enum err_code
settings_load(struct settings *s, struct arena *a, enum language language,
    int *argc, const char **argv, struct err *err)
{
	struct settings flags = {.language = language};
	enum err_code rc;

	assert(*argc >= 1);
	rc = take_flags(&flags, a, argc, argv, err);
	return rc == ERR_OK ? gather(s, &flags, a, err) : rc;
}

enum err_code
settings_again(struct settings *s, const struct settings *now, struct arena *a,
    struct err *err)
{
	assert(s != now);
	return gather(s, now, a, err);
}
