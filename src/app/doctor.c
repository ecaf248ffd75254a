/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured doctor: one line for each thing that must be right before a server
 * can start, and for what is wrong, what to do. It changes nothing.
 */
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "app/command.h"
#include "app/control.h"
#include "app/data_dir.h"
#include "base/when.h"

/* Less room than this and the write-ahead log may not fit beside a backup. */
#define FREE_BYTES_MIN (4LL * LIMIT_WAL_BYTES)
/* A clock further behind the files than this was set back. */
#define CLOCK_BACK_S 60

struct checkup {
	struct invocation *inv;
	struct data_dir dir;
	bool dir_is_good;
	bool held;    /* we hold the directory */
	bool serving; /* a server answers there */
	int problems;
};

enum verdict { VERDICT_OK, VERDICT_NOTE, VERDICT_PROBLEM };

static void tell(struct checkup *c, enum verdict verdict, const char *what,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

static void
tell(struct checkup *c, enum verdict verdict, const char *what, const char *fmt,
    ...)
{
	static const char *const words[][2] = {
	    [VERDICT_OK] = {"ok      ", "正常  "},
	    [VERDICT_NOTE] = {"note    ", "提示  "},
	    [VERDICT_PROBLEM] = {"problem ", "问题  "},
	};
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(c->inv, "%s %s: %s\n", words[verdict][c->inv->language], what,
	    text);
	if (verdict == VERDICT_PROBLEM)
		c->problems++;
}

/* Whether there is a server, or the store is ours to look at. */
static void
look_at_directory(struct checkup *c)
{
	enum language language = c->inv->language;
	const char *what = TR(language, "data directory", "数据目录");
	struct control_reply reply;
	struct err err;
	enum err_code rc = data_dir_open(&c->dir,
	    setting_text(c->inv->settings, SETTING_DATA).p, false, language,
	    &err);

	if (rc == ERR_NOT_FOUND) {
		tell(c, VERDICT_NOTE, what, "%s", err.detail);
		return;
	}
	if (rc == ERR_OK)
		rc = data_dir_lock(&c->dir,
		    setting_text(c->inv->settings, SETTING_STORE), &err);
	c->held = rc == ERR_OK;
	if (rc == ERR_BUSY) {
		rc = control_ask(&c->dir, language, NULL, 0, c->inv->arena,
		    &reply, &err);
		c->serving = rc == ERR_OK;
		if (rc == ERR_NOT_FOUND)
			(void)err_set(&err, rc, "",
			    TR(language,
				"%s is held by a process that is not a running "
				"server; wait for it",
				"%s 被某进程占用,但它不是运行中的服务;请等它结束"),
			    c->dir.path);
	}
	c->dir_is_good = rc == ERR_OK;
	if (!c->dir_is_good)
		tell(c, VERDICT_PROBLEM, what, "%s", err.detail);
	else if (c->serving)
		tell(c, VERDICT_OK, what,
		    TR(language, "%s, served by %.*s", "%s,正由 %.*s 提供服务"),
		    c->dir.path, STR_ARG(str_trim(reply.out)));
	else
		tell(c, VERDICT_OK, what, "%s", c->dir.path);
}

static void
look_at_key_and_store(struct checkup *c)
{
	const struct settings *s = c->inv->settings;
	enum language language = c->inv->language;
	struct str url = setting_text(s, SETTING_STORE);
	struct str shown = setting_store_shown(s, c->inv->arena);
	const char *store_word = TR(language, "store", "存储");
	struct backend b = {.engine = NULL};
	uint8_t key[BOX_KEY_BYTES];
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	if (!store_is_there(url)) {
		tell(c, VERDICT_NOTE, store_word,
		    TR(language,
			"%s is not there yet; the first `procured serve` makes it",
			"%s 尚不存在;首次执行 `procured serve` 时创建"),
		    shown.p);
		return;
	}
	rc = key_file_read(setting_text(s, SETTING_KEY).p, false, language, key,
	    &err);
	if (rc != ERR_OK) {
		tell(c, VERDICT_PROBLEM, TR(language, "key", "密钥"), "%s",
		    err.detail);
		return;
	}
	tell(c, VERDICT_OK, TR(language, "key", "密钥"), "%s",
	    setting_text(s, SETTING_KEY).p);
	/* A server has it open, and would not answer otherwise. */
	if (c->held)
		rc = backend_open(&b, s, key, &err);
	digest_wipe(key, sizeof(key));
	backend_close(&b);
	if (rc != ERR_OK)
		tell(c, VERDICT_PROBLEM, store_word, "%s", err.detail);
	else
		tell(c, VERDICT_OK, store_word,
		    TR(language, "%s; `procured check` verifies it in depth",
			"%s;`procured check` 可深入校验"),
		    shown.p);
}

static void
look_at_disk(struct checkup *c)
{
	const char *what = TR(c->inv->language, "disk", "磁盘");
	struct statvfs fs;
	long long bytes;

	if (!c->dir_is_good || fstatvfs(c->dir.fd, &fs) != 0)
		return;
	bytes = (long long)fs.f_bavail * (long long)fs.f_frsize;
	if (bytes < FREE_BYTES_MIN)
		tell(c, VERDICT_PROBLEM, what,
		    TR(c->inv->language,
			"only %lld MiB are free beside %s; free some",
			"仅剩 %lld MiB 可用(%s 所在磁盘);请清理"),
		    bytes >> 20, c->dir.path);
	else
		tell(c, VERDICT_OK, what,
		    TR(c->inv->language, "%lld MiB are free", "剩余 %lld MiB"),
		    bytes >> 20);
}

/* The store was written by this clock: one that is behind it was set back. */
static bool
is_set_back(struct checkup *c, time_t now)
{
	const char *path = store_path(
	    setting_text(c->inv->settings, SETTING_STORE));
	struct stat st;

	return path != NULL && stat(path, &st) == 0 &&
	    st.st_mtime > now + CLOCK_BACK_S;
}

static void
look_at_clock(struct checkup *c)
{
	const char *what = TR(c->inv->language, "clock", "时钟");
	int64_t now_ms = clock_now_ms(&clock_system);
	struct timex timex = {.modes = 0};
	char now[WHEN_ISO_BYTES];

	when_print_iso(now_ms, now);
	if (is_set_back(c, (time_t)(now_ms / 1000)))
		tell(c, VERDICT_PROBLEM, what,
		    TR(c->inv->language,
			"%s is before the store's last change; set the clock: "
			"signatures are good for minutes only",
			"%s 早于存储的最近变更;请校准时钟:签名仅在数分钟内有效"),
		    now);
	else if (adjtimex(&timex) == TIME_ERROR)
		tell(c, VERDICT_NOTE, what,
		    TR(c->inv->language,
			"%s, not known to be synchronised; signatures are good for "
			"minutes only, so run an NTP client",
			"%s,未确认已同步;签名仅在数分钟内有效,请启用 NTP"),
		    now);
	else
		tell(c, VERDICT_OK, what, "%s", now);
}

/* Whether the address can be bound now; false with errno or 0. */
static bool
can_bind(struct str host, int64_t port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char name[256];
	char service[16];
	int on = 1;
	bool done = false;
	int fd;

	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(host));
	(void)snprintf(service, sizeof(service), "%lld", (long long)port);
	errno = 0;
	if (getaddrinfo(name, service, &hints, &found) != 0)
		return false;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		done = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
			   sizeof(on)) == 0 &&
		    bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
		    listen(fd, 1) == 0;
	if (fd >= 0) {
		int why = errno;

		(void)close(fd);
		errno = why;
	}
	freeaddrinfo(found);
	return done;
}

static void
look_at_port(struct checkup *c, enum setting setting)
{
	struct str address = setting_text(c->inv->settings, setting);
	char flag[SETTING_FLAG_BYTES];
	struct str host;
	int64_t port;

	setting_flag(setting, flag);
	if (!address_split(address, &host, &port))
		return;
	if (can_bind(host, port))
		tell(c, VERDICT_OK, flag + 2,
		    TR(c->inv->language, "%.*s is free", "%.*s 可用"),
		    STR_ARG(address));
	else if (errno == EADDRINUSE && c->serving)
		tell(c, VERDICT_OK, flag + 2,
		    TR(c->inv->language,
			"%.*s is in use, as it should be while the server runs",
			"%.*s 正在使用(服务运行中)"),
		    STR_ARG(address));
	else
		tell(c, VERDICT_PROBLEM, flag + 2,
		    TR(c->inv->language,
			"%.*s cannot be listened on (%s); choose another one with %s",
			"无法监听 %.*s(%s);请用 %s 换一个"),
		    STR_ARG(address),
		    errno != 0 ? strerror(errno) : "unknown host", flag);
}

static void
look_at_files(struct checkup *c)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_max >= LIMIT_CONNECTIONS)
		return;
	tell(c, VERDICT_NOTE, TR(c->inv->language, "open files", "打开文件数"),
	    TR(c->inv->language,
		"%lld at most, so fewer than %d connections; "
		"raise it with `ulimit -n`",
		"上限 %lld,连接数将少于 %d;可用 `ulimit -n` 提高"),
	    (long long)limit.rlim_max, LIMIT_CONNECTIONS);
}

int
doctor_run(struct invocation *inv)
{
	struct checkup c = {.inv = inv};

	look_at_directory(&c);
	if (c.dir_is_good)
		look_at_key_and_store(&c);
	look_at_disk(&c);
	look_at_clock(&c);
	look_at_port(&c, SETTING_LISTEN);
	look_at_port(&c, SETTING_ADMIN);
	look_at_files(&c);
	data_dir_close(&c.dir);
	if (c.problems == 0)
		return EXIT_OK;
	return fail(inv, TR(inv->language, "%d problems", "%d 个问题"),
	    c.problems);
}
