/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured serve: opens everything in order (data directory, key, store, demo
 * world, engine, listeners, control socket), says that it is ready, answers
 * until it is told to stop, and closes everything in the other order.
 *
 * What goes wrong before "ready" is told to the person who started it, on
 * stderr in plain words; afterwards the log speaks.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/command.h"
#include "app/control.h"
#include "app/data_dir.h"
#include "app/demo.h"
#include "app/signals.h"
#include "base/log.h"
#include "base/when.h"
#include "dialect/dialect.h"
#include "http/server.h"

#define DIALECTS_MAX 16
#define LOCK_RETRY_MS 20
#define LOCK_WAIT_MS 2000

enum { DEMO_NO, DEMO_YES, DEMO_RESET };

struct serving {
	struct invocation *inv;
	const struct settings *settings;
	struct settings bound; /* the same, with the ports that were bound */
	struct data_dir dir;
	struct backend backend;
	struct engine *engine;
	struct server *server;
	struct control *control;
	int signal_fd;
	bool stopping;
};

static int
refuse(struct serving *s, enum err_code rc, const struct err *err)
{
	return fail_err(s->inv, rc, err);
}

/* --- before the store ------------------------------------------------------- */

static int
check_demo(struct serving *s)
{
	struct str listen = setting_text(s->settings, SETTING_LISTEN);
	struct str admin = setting_text(s->settings, SETTING_ADMIN);
	struct str open = STR_NONE;

	if (setting_number(s->settings, SETTING_DEMO) == DEMO_NO)
		return EXIT_OK;
	if (!address_is_loopback(listen))
		open = listen;
	else if (!str_eq(admin, STR("none")) && !address_is_loopback(admin))
		open = admin;
	if (str_is_null(open))
		return EXIT_OK;
	(void)fail(s->inv,
	    TR(s->inv->language,
		"--demo makes apps with published secrets, so it listens on "
		"loopback only, not on %.*s; use 127.0.0.1, or leave --demo out",
		"--demo 会创建密钥公开的应用,因此只能监听本机回环地址,不能监听 %.*s;"
		"请改用 127.0.0.1,或去掉 --demo"),
	    STR_ARG(open));
	return EXIT_USAGE;
}

/* A subcommand may hold the directory for a moment. */
static int
hold_directory(struct serving *s)
{
	int64_t until_us = when_monotonic_us() + LOCK_WAIT_MS * 1000;
	struct err err;
	enum err_code rc = data_dir_open(&s->dir,
	    setting_text(s->settings, SETTING_DATA).p, true, s->inv->language,
	    &err);

	if (rc != ERR_OK)
		return refuse(s, rc, &err);
	while (
	    (rc = data_dir_lock(&s->dir,
		 setting_text(s->settings, SETTING_STORE), &err)) == ERR_BUSY &&
	    when_monotonic_us() < until_us)
		(void)poll(NULL, 0, LOCK_RETRY_MS);
	if (rc == ERR_BUSY)
		return fail(s->inv,
		    TR(s->inv->language,
			"%s; stop it, or give this one another --data",
			"%s;请停止它,或用 --data 指定其他目录"),
		    err.detail);
	return rc == ERR_OK ? EXIT_OK : refuse(s, rc, &err);
}

/* --- the store -------------------------------------------------------------- */

static enum err_code
open_backend(struct serving *s, struct err *err)
{
	int64_t demo = setting_number(s->settings, SETTING_DEMO);
	enum err_code rc = demo == DEMO_RESET ? demo_reset(s->settings, err)
					      : ERR_OK;

	/* After a reset the store is made anew, and the key is still good. */
	return rc == ERR_OK ? backend_unlock(&s->backend, s->settings, true,
				  s->inv->language, err)
			    : rc;
}

/* A store that once was a demo's and is now open to others. */
static enum err_code
warn_of_demo(struct serving *s, struct err *err)
{
	bool there;
	enum err_code rc;

	if (address_is_loopback(setting_text(s->settings, SETTING_LISTEN)))
		return ERR_OK;
	rc = demo_is_there(&s->backend, &there, err);
	if (rc == ERR_OK && there)
		log_message(LOG_WARN, "demo_apps",
		    "the store has the demo's "
		    "apps, whose secrets are published; `procured app disable "
		    "%s` and the other, or use another store",
		    demo_apps[0].id);
	return rc;
}

/* Opens the store and fills it; the writing connection is closed again, as the
 * engine will have the only one. */
static int
open_store(struct serving *s)
{
	struct err err = {.code = ERR_OK};
	enum err_code rc = open_backend(s, &err);

	if (rc == ERR_OK &&
	    setting_number(s->settings, SETTING_DEMO) != DEMO_NO)
		rc = demo_create(&s->backend, &err);
	if (rc == ERR_OK)
		rc = warn_of_demo(s, &err);
	if (rc != ERR_OK)
		return refuse(s, rc, &err);
	store_disconnect(&s->backend.conn);
	return EXIT_OK;
}

static int
open_engine(struct serving *s)
{
	struct engine_dialect list[DIALECTS_MAX];
	struct engine_config config = {
	    .dialects = list,
	    .store = s->backend.store,
	    .clock = clock_system,
	    .is_shared = store_is_remote(s->backend.store),
	    .node = setting_number(s->settings, SETTING_NODE),
	    .queue_max = (int)setting_number(s->settings, SETTING_QUEUE),
	    .group_max = (int)setting_number(s->settings, SETTING_GROUP),
	    .reader_threads = setting_readers(s->settings),
	    .committers = setting_committers(s->settings),
	};
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	for (; dialects[config.dialect_count] != NULL; config.dialect_count++) {
		const struct dialect *d = dialects[config.dialect_count];

		assert(config.dialect_count < DIALECTS_MAX);
		list[config.dialect_count] = (struct engine_dialect){
		    .name = d->name, .prepare = d->prepare};
	}
	rc = engine_open(&config, &s->engine, &err);
	return rc == ERR_OK ? EXIT_OK : refuse(s, rc, &err);
}

/* --- the listeners ------------------------------------------------------------ */

static int
too_many_proxies(struct serving *s)
{
	return fail(s->inv,
	    TR(s->inv->language,
		"--trusted-proxy: more than %d ranges; join some of them",
		"--trusted-proxy:超过 %d 个网段;请合并"),
	    SERVER_PROXIES_MAX);
}

static int
open_server(struct serving *s)
{
	struct str admin = setting_text(s->settings, SETTING_ADMIN);
	struct str proxies = setting_text(s->settings, SETTING_TRUSTED_PROXY);
	struct server_config config = {
	    .engine = s->engine,
	    .clock = clock_system,
	    .listen = setting_text(s->settings, SETTING_LISTEN),
	    .admin = str_eq(admin, STR("none")) ? STR_NONE : admin,
	    .shows_signing = setting_number(s->settings, SETTING_DEMO) !=
		DEMO_NO,
	    .version = PROCURED_VERSION,
	};
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	if (setting_number(s->settings, SETTING_DEMO) != DEMO_NO)
		config.docs_demo = demo_print_credentials(s->inv->arena);
	while (proxies.n > 0) {
		if (config.trusted_proxy_count == SERVER_PROXIES_MAX)
			return too_many_proxies(s);
		config.trusted_proxies[config.trusted_proxy_count++] = str_trim(
		    str_cut(&proxies, ','));
	}
	rc = server_open(&config, &s->server, &err);
	if (rc == ERR_OK)
		return EXIT_OK;
	(void)refuse(s, rc, &err);
	if (rc == ERR_USAGE)
		buf_printf(&s->inv->err, "%s",
		    TR(s->inv->language,
			"  choose other addresses with --listen HOST:PORT and "
			"--admin HOST:PORT (or none)\n",
			"  可用 --listen 主机:端口 和 --admin 主机:端口(或 none)更换地址\n"));
	return EXIT_FAILED;
}

/* The address with the port that was bound. */
static struct str
print_address(struct arena *a, struct str address, int port)
{
	struct str host = address;

	while (host.n > 0 && host.p[host.n - 1] != ':')
		host.n--;
	return arena_printf(a, "%.*s%d", STR_ARG(host), port);
}

/* Subcommands are told where the server really listens. */
static void
note_ports(struct serving *s)
{
	struct arena *a = s->inv->arena;
	struct setting_value *v = s->bound.values;

	s->bound = *s->settings;
	v[SETTING_LISTEN].text = print_address(a, v[SETTING_LISTEN].text,
	    server_port(s->server));
	if (server_admin_port(s->server) > 0)
		v[SETTING_ADMIN].text = print_address(a, v[SETTING_ADMIN].text,
		    server_admin_port(s->server));
}

static int
open_control(struct serving *s)
{
	struct control_config config = {.dir = &s->dir,
	    .settings = &s->bound,
	    .store = s->backend.store,
	    .engine = s->engine};
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	note_ports(s);
	rc = control_open(&config, &s->control, &err);
	return rc == ERR_OK ? EXIT_OK : refuse(s, rc, &err);
}

/* The one line programs wait for, and in a demo what people want to see. */
static void
say_ready(struct serving *s)
{
	struct arena *a = s->inv->arena;
	struct str admin = STR_NONE;
	struct str url = arena_printf(a, "http://%.*s",
	    STR_ARG(setting_text(&s->bound, SETTING_LISTEN)));
	struct buf text;

	if (server_admin_port(s->server) > 0)
		admin = arena_printf(a, "http://%.*s",
		    STR_ARG(setting_text(&s->bound, SETTING_ADMIN)));
	buf_init(&text, a, 16 * 1024);
	buf_printf(&text, "ready %.*s", STR_ARG(url));
	if (!str_is_null(admin))
		buf_printf(&text, " admin %.*s", STR_ARG(admin));
	buf_char(&text, '\n');
	if (setting_number(s->settings, SETTING_DEMO) != DEMO_NO)
		demo_print_hints(s->inv->language, url, admin, &text);
	(void)fwrite(text.p, 1, text.n, stdout);
	(void)fflush(stdout);
	log_message(LOG_INFO, "ready", "%.*s", STR_ARG(url));
	log_flush();
}

/* --- while it runs --------------------------------------------------------------- */

static void
log_restart_needed(const struct settings *now, const struct settings *wanted)
{
	for (int i = 0; i < SETTING__COUNT; i++) {
		if (setting_rows[i].reloadable ||
		    str_eq(now->values[i].text, wanted->values[i].text))
			continue;
		log_message(LOG_WARN, "reload",
		    "%s is another one now; it "
		    "takes a restart to follow",
		    setting_rows[i].name);
	}
}

static void
apply_reloadable(const struct settings *s)
{
	log_set_level((enum log_level)setting_number(s, SETTING_LOG_LEVEL));
}

/* Reads all settings again. What the process was started with (flags and
 * environment) still goes before the file. */
static void
reload(struct serving *s)
{
	const struct settings *now = s->settings;
	struct settings wanted;
	struct arena arena;
	struct err err = {.code = ERR_OK};

	arena_init(&arena, LIMIT_COMMAND_ARENA_BYTES);
	if (settings_again(&wanted, now, &arena, &err) != ERR_OK) {
		log_message(LOG_ERROR, "reload",
		    "the settings stay as they "
		    "were: %s",
		    err.detail);
	} else {
		log_restart_needed(now, &wanted);
		apply_reloadable(&wanted);
		log_message(LOG_INFO, "reload", "the settings were read again");
	}
	log_flush();
	arena_fini(&arena);
}

static void
stop(struct serving *s)
{
	/* Who asks twice has no patience for a drain; nothing acknowledged is
	 * lost by it. */
	if (s->stopping) {
		log_message(LOG_WARN, "stop", "asked twice: ending at once");
		log_drain();
		_exit(EXIT_FAILED);
	}
	s->stopping = true;
	log_message(LOG_INFO, "stop",
	    "answering what was accepted, then "
	    "ending");
	server_stop(s->server);
}

static void
on_wake(struct server *server, void *arg)
{
	struct serving *s = arg;
	enum signal_wish wish;

	(void)server;
	while ((wish = signals_next(s->signal_fd)) != SIGNAL_NONE) {
		if (wish == SIGNAL_RELOAD)
			reload(s);
		else
			stop(s);
	}
}

static int
open_all(struct serving *s)
{
	int (*const steps[])(struct serving *) = {check_demo, hold_directory,
	    open_store, open_engine, open_server, open_control};
	int code = EXIT_OK;

	for (size_t i = 0;
	     code == EXIT_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		code = steps[i](s);
	return code;
}

static void
close_all(struct serving *s)
{
	/* Subcommands first: they wait for the engine. */
	control_close(&s->control);
	if (s->engine != NULL) {
		engine_drain(s->engine);
		engine_reap(s->engine);
	}
	server_close(&s->server);
	engine_close(&s->engine);
	backend_close(&s->backend);
	data_dir_close(&s->dir);
	if (s->signal_fd >= 0)
		(void)close(s->signal_fd);
}

int
serve_run(struct invocation *inv)
{
	struct serving s = {.inv = inv,
	    .settings = inv->settings,
	    .dir = {.fd = -1, .lock_fd = -1, .store_lock_fd = -1}};
	int code;

	/* Whatever we make is for our user alone. */
	(void)umask(077);
	apply_reloadable(inv->settings);
	s.signal_fd = signals_open();
	if (s.signal_fd < 0)
		return fail(inv, "signals: %s", strerror(errno));
	code = open_all(&s);
	if (code == EXIT_OK) {
		say_ready(&s);
		server_loop(s.server, s.signal_fd, on_wake, &s);
		log_message(LOG_INFO, "stopped", "all answers were given");
	}
	close_all(&s);
	log_drain();
	return code;
}
