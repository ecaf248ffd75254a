/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured backup, restore, check, migrate: the store as a whole.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/command.h"
#include "app/data_dir.h"
#include "base/when.h"

#define FILE_SIZE(st) ((long long)(st).st_size)

int
backup_run(struct invocation *inv)
{
	struct str path = path_from_cwd(inv, arg_word(inv, 0));
	struct err err = {.code = ERR_OK};
	struct stat st;
	enum err_code rc;

	if (str_is_null(path))
		return fail_err(inv, ERR_NO_MEMORY, &err);
	if (store_is_remote(inv->backend->store))
		return fail(inv, "%s",
		    TR(inv->language,
			"the store is a PostgreSQL database: back it up with "
			"pg_dump, or copy it with `procured copy` into an "
			"embedded store",
			"存储为 PostgreSQL 数据库:请用 pg_dump 备份,或用 "
			"`procured copy` 复制为内嵌存储"));
	if (access(path.p, F_OK) == 0)
		return fail(inv,
		    TR(inv->language,
			"%s is there already; a backup "
			"goes into a new file",
			"%s 已存在;备份须写入新文件"),
		    path.p);
	rc = store_backup(inv->backend->conn, path.p, &err);
	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	if (!sync_parent(path.p) || stat(path.p, &st) != 0)
		return fail(inv, "%s: %s", path.p, strerror(errno));
	say(inv,
	    TR(inv->language,
		"%s: %lld bytes. The key %s is not in it; keep a copy of that in "
		"another place.\n",
		"%s:%lld 字节。其中不含密钥文件 %s,请另行妥善保存。\n"),
	    path.p, FILE_SIZE(st), setting_text(inv->settings, SETTING_KEY).p);
	return EXIT_OK;
}

static void
report_fault(void *arg, const char *sentence)
{
	struct invocation *inv = arg;

	say(inv, TR(inv->language, "problem: %s\n", "问题:%s\n"), sentence);
}

int
print_check(struct invocation *inv, struct store_conn *conn)
{
	struct err err = {.code = ERR_OK};
	int64_t orders = 0;
	int64_t amendments = 0;
	size_t before = inv->out.n;
	enum err_code rc = store_check(conn, report_fault, inv, &orders,
	    &amendments, &err);
	bool clean = inv->out.n == before;

	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	say(inv,
	    TR(inv->language, "%lld orders, %lld amendments: %s\n",
		"%lld 个订单,%lld 条变更记录:%s\n"),
	    (long long)orders, (long long)amendments,
	    clean ? TR(inv->language, "all is well", "一切正常")
		  : TR(inv->language, "something is wrong", "发现问题"));
	return clean ? EXIT_OK : EXIT_FAILED;
}

int
check_run(struct invocation *inv)
{
	return print_check(inv, inv->backend->conn);
}

int
migrate_run(struct invocation *inv)
{
	/* Opening the store did it, here or when the server started. */
	say(inv, "%s",
	    TR(inv->language,
		"The store's schema is the one of this version.\n",
		"存储结构与本版本一致。\n"));
	return EXIT_OK;
}

/* --- restore ---------------------------------------------------------------- */

/* Bytes of a file into a new one, on disk when it returns. False with errno. */
static bool
copy_file(const char *from, const char *to)
{
	char chunk[64 * 1024];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = -1;
	ssize_t n = -1;
	int why;

	if (in >= 0)
		out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out >= 0) {
		while ((n = read(in, chunk, sizeof(chunk))) > 0) {
			if (write(out, chunk, (size_t)n) != n) {
				n = -1;
				break;
			}
		}
		if (n == 0 && fsync(out) != 0)
			n = -1;
	}
	why = errno;
	if (in >= 0)
		(void)close(in);
	if (out >= 0)
		(void)close(out);
	errno = why;
	return n == 0;
}

/* Opens the copy as a store and looks whether it is whole. */
static int
try_copy(struct invocation *inv, const char *path)
{
	struct settings s = *inv->settings;
	struct backend b = {.engine = NULL};
	uint8_t key[BOX_KEY_BYTES];
	struct err err = {.code = ERR_OK};
	enum err_code rc = key_file_read(setting_text(&s, SETTING_KEY).p, false,
	    inv->language, key, &err);
	int code;

	s.values[SETTING_STORE].text = arena_printf(inv->arena, "sqlite:%s",
	    path);
	if (rc == ERR_OK && str_is_null(setting_text(&s, SETTING_STORE)))
		rc = err_set(&err, ERR_NO_MEMORY, "", "no room for a path");
	if (rc == ERR_OK)
		rc = backend_open(&b, &s, key, &err);
	digest_wipe(key, sizeof(key));
	if (rc != ERR_OK)
		return fail(inv,
		    TR(inv->language,
			"%s can't be put in the store's place: %s",
			"%s 不能用作存储:%s"),
		    arg_word(inv, 0), err.detail);
	code = print_check(inv, b.conn);
	backend_close(&b);
	return code;
}

/* "20261121T210456Z", for the name of what is set aside. */
static void
print_stamp(char out[20])
{
	time_t now = (time_t)(clock_now_ms(&clock_system) / 1000);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(out, 20, "%Y%m%dT%H%M%SZ", &tm);
}

static int
put_in_place(struct invocation *inv, const char *fresh, const char *path)
{
	char suffix[48];
	char stamp[20];
	struct err err = {.code = ERR_OK};
	enum err_code rc = ERR_OK;
	bool had_one = access(path, F_OK) == 0;

	print_stamp(stamp);
	(void)snprintf(suffix, sizeof(suffix), "before-restore-%s", stamp);
	if (had_one)
		rc = store_set_aside(path, suffix, &err);
	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	if (rename(fresh, path) != 0 || !sync_parent(path))
		return fail(inv,
		    TR(inv->language,
			"cannot put %s in place: %s; the old store is %s.%s",
			"无法就位 %s:%s;旧存储为 %s.%s"),
		    fresh, strerror(errno), path, suffix);
	say(inv, TR(inv->language, "restored %s\n", "已恢复 %s\n"), path);
	if (had_one)
		say(inv,
		    TR(inv->language, "the old store is %s.%s\n",
			"旧存储保留为 %s.%s\n"),
		    path, suffix);
	return EXIT_OK;
}

static void
remove_copy(struct invocation *inv, const char *fresh)
{
	static const char *const endings[] = {
	    "", "-wal", "-shm", "-doublewrite"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct str name = arena_printf(inv->arena, "%s%s", fresh,
		    endings[i]);

		if (!str_is_null(name))
			(void)unlink(name.p);
	}
}

int
restore_run(struct invocation *inv)
{
	const char *path = store_path(
	    setting_text(inv->settings, SETTING_STORE));
	struct str from = path_from_cwd(inv, arg_word(inv, 0));
	struct str fresh;
	int code;

	if (path == NULL)
		return fail(inv,
		    TR(inv->language,
			"restore works on an embedded "
			"store (sqlite:PATH) only; of a PostgreSQL database "
			"use pg_restore, or `procured copy` into an empty one",
			"restore 仅用于内嵌存储(sqlite:路径);PostgreSQL "
			"数据库请用 pg_restore,或用 `procured copy` 复制到空库"));
	fresh = arena_printf(inv->arena, "%s.restoring", path);
	if (str_is_null(from) || str_is_null(fresh))
		return fail_err(inv, ERR_NO_MEMORY,
		    &(struct err){.code = ERR_OK});
	remove_copy(inv, fresh.p);
	if (!copy_file(from.p, fresh.p)) {
		code = fail(inv,
		    TR(inv->language,
			"cannot copy %s: %s; name a backup that is there",
			"无法复制 %s:%s;请指定存在的备份文件"),
		    from.p, strerror(errno));
	} else {
		code = try_copy(inv, fresh.p);
		if (code == EXIT_OK)
			return put_in_place(inv, fresh.p, path);
	}
	remove_copy(inv, fresh.p);
	buf_printf(&inv->err, "%s",
	    TR(inv->language, "  nothing was changed\n", "  未作任何改动\n"));
	return code;
}
