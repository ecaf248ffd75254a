/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured copy: a whole store into another one, of the same kind of database
 * or not. Both have the master key of the data directory.
 */
#include <assert.h>

#include "app/command.h"
#include "app/data_dir.h"
#include "base/when.h"
#include "store/copy.h"

/* A store that is held, where it is a file, and open. */
struct side {
	struct data_dir hold;
	struct store *store;
};

static void
close_side(struct side *s)
{
	store_close(&s->store);
	data_dir_close(&s->hold);
}

static enum err_code
open_side(struct side *s, struct invocation *inv, struct str url,
    bool is_target, const uint8_t key[BOX_KEY_BYTES], struct err *err)
{
	struct store_config config = {
	    .url = url,
	    .master_key = key,
	    .backup_dir = setting_text(inv->settings, SETTING_DATA).p,
	    .now_ms = clock_now_ms(&clock_system),
	    .unfinished = true,
	};
	enum err_code rc;

	if (!is_target && !store_is_there(url))
		return err_set(err, ERR_NOT_FOUND, "from",
		    TR(inv->language, "there is no store at %.*s",
			"%.*s 处没有存储"),
		    STR_ARG(url));
	rc = data_dir_hold_store(&s->hold, url, inv->language, err);
	return rc == ERR_OK ? store_open(&config, &s->store, err) : rc;
}

static const char *
refusal_text(enum language language, enum store_copy_refusal why)
{
	switch (why) {
	case COPY_TARGET_IN_USE:
		return TR(language,
		    "there is something in the target already; a copy goes into"
		    " an empty store",
		    "目标存储已有内容;只能复制到空存储");
	case COPY_TARGET_OF_ANOTHER:
		return TR(language,
		    "the target is an unfinished copy of another store; empty it"
		    " first",
		    "目标是另一个存储的未完成副本;请先清空它");
	case COPY_SOURCE_UNFINISHED:
		return TR(language,
		    "the source is an unfinished copy itself; finish it first",
		    "来源本身是未完成的副本;请先完成该复制");
	case COPY_SOURCE_CHANGED:
		return TR(language,
		    "the source was changed meanwhile; stop every server that"
		    " uses it, then copy again",
		    "复制期间来源发生了变更;请停止使用它的所有服务后重新复制");
	case COPY_GIVEN_UP:
		return TR(language, "given up; run it again to begin anew",
		    "已放弃;重新执行将从头开始");
	default:
		return TR(language,
		    "what arrived is not what was sent; copy again, and run"
		    " `procured check` on the source",
		    "目标内容与来源不一致;请重新复制,并对来源执行 `procured "
		    "check`");
	}
}

static int
tell_refusal(struct invocation *inv, const struct store_copying *how)
{
	const char *text = refusal_text(inv->language, how->refusal);

	if (how->refusal == COPY_DIFFERS)
		return fail(inv, TR(inv->language, "table %s: %s", "表 %s:%s"),
		    how->table, text);
	return fail(inv, "%s", text);
}

static bool
on_progress(void *arg, int64_t done, int64_t total)
{
	return show_progress(arg, done, total);
}

static void
print_copied(struct invocation *inv, const struct store_copying *how)
{
	for (int i = 0; i < STORE_COPY_TABLES; i++) {
		if (how->copied[i].rows > 0)
			say(inv, "%-14s%12lld\n", how->copied[i].table,
			    (long long)how->copied[i].rows);
	}
	if (how->renumbered)
		say(inv, "%s",
		    TR(inv->language,
			"The log of several apps became one: its numbers are "
			"other ones. A client that goes on from an old one may see "
			"changes again, and misses none.\n",
			"多个应用的变更日志已合并,序号随之改变:客户端从旧序号继续时"
			"可能重复看到变更,但不会遗漏。\n"));
}

/* The target is looked through as any store, and only then may be used. */
static int
finish(struct invocation *inv, struct store *to)
{
	struct store_conn *conn = NULL;
	struct err err = {.code = ERR_OK};
	enum err_code rc = store_connect(to, STORE_READER, &conn, &err);
	int code;

	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	code = print_check(inv, conn);
	store_disconnect(&conn);
	if (code != EXIT_OK)
		return code;
	rc = store_copy_finish(to, &err);
	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	say(inv, "%s",
	    TR(inv->language,
		"The copy is whole. Start the servers with --store set to it and"
		" the same key.\n",
		"复制完成且无误。请将 --store 指向它,并以同一密钥启动服务。\n"));
	return EXIT_OK;
}

static int
copy_sides(struct invocation *inv, struct side *from, struct side *to)
{
	struct store_copying how = {.from = from->store,
	    .to = to->store,
	    .progress = on_progress,
	    .progress_arg = inv};
	struct err err = {.code = ERR_OK};
	enum err_code rc = store_copy(&how, &err);

	if (rc != ERR_OK && how.refusal != COPY_NOT_REFUSED)
		return tell_refusal(inv, &how);
	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	print_copied(inv, &how);
	return finish(inv, to->store);
}

int
copy_run(struct invocation *inv)
{
	const char *from_text = arg_option(inv, "from");
	const char *to_text = arg_option(inv, "to");
	struct str from_url = from_text != NULL
	    ? str_from(from_text)
	    : setting_text(inv->settings, SETTING_STORE);
	struct side from = {
	    .hold = {.fd = -1, .lock_fd = -1, .store_lock_fd = -1}};
	struct side to = from;
	uint8_t key[BOX_KEY_BYTES];
	struct err err = {.code = ERR_OK};
	enum err_code rc;
	int code;

	if (to_text == NULL)
		return misuse(inv, "%s",
		    TR(inv->language, "--to names the store to copy into",
			"请用 --to 指定目标存储"));
	if (str_eq(from_url, str_from(to_text)))
		return misuse(inv, "%s",
		    TR(inv->language, "a store is not copied into itself",
			"不能将存储复制到其自身"));
	rc = key_file_read(setting_text(inv->settings, SETTING_KEY).p, false,
	    inv->language, key, &err);
	if (rc == ERR_OK)
		rc = open_side(&from, inv, from_url, false, key, &err);
	if (rc == ERR_OK)
		rc = open_side(&to, inv, str_from(to_text), true, key, &err);
	digest_wipe(key, sizeof(key));
	code = rc == ERR_OK ? copy_sides(inv, &from, &to)
			    : fail_err(inv, rc, &err);
	close_side(&to);
	close_side(&from);
	return code;
}
