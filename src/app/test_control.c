/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/command.h"
#include "app/control.h"
#include "base/when.h"
#include "tests/check.h"

/* A server's inside, without its listeners. */
struct world {
	struct arena arena;
	struct settings settings;
	struct data_dir dir;
	struct store *store;
	struct engine *engine;
	struct control *control;
	struct control_reply reply;
	struct err err;
	char folder[320];
};

static struct world w;

static void
must_open(void)
{
	static const uint8_t key[BOX_KEY_BYTES] = {7};
	const char *argv[] = {"procured", "--data", w.folder, NULL};
	int argc = 3;
	struct store_config store = {
	    .master_key = key, .backup_dir = w.folder, .now_ms = 1800000000000};
	struct engine_config engine = {.clock = clock_system,
	    .node = 1,
	    .queue_max = 16,
	    .group_max = 8,
	    .reader_threads = 1};

	check_err(settings_load(
		      &w.settings, &w.arena, LANGUAGE_EN, &argc, argv, &w.err),
	    ERR_OK);
	check_err(data_dir_open(&w.dir, w.folder, true, LANGUAGE_EN, &w.err),
	    ERR_OK);
	check_err(data_dir_lock(&w.dir, STR(""), &w.err), ERR_OK);
	store.url = setting_text(&w.settings, SETTING_STORE);
	check_err(store_open(&store, &w.store, &w.err), ERR_OK);
	engine.store = w.store;
	check_err(engine_open(&engine, &w.engine, &w.err), ERR_OK);
}

static void
must_control(void)
{
	struct control_config config = {.dir = &w.dir,
	    .settings = &w.settings,
	    .store = w.store,
	    .engine = w.engine};

	check_err(control_open(&config, &w.control, &w.err), ERR_OK);
}

int
setup(void **state)
{
	char base[] = "/tmp/procured-control-XXXXXX";

	(void)state;
	memset(&w, 0, sizeof(w));
	if (mkdtemp(base) == NULL)
		return -1;
	arena_init(&w.arena, LIMIT_COMMAND_ARENA_BYTES);
	/* Longer than a socket's address can be. */
	(void)snprintf(w.folder, sizeof(w.folder), "%s/%0200d", base, 0);
	must_open();
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int
teardown(void **state)
{
	(void)state;
	control_close(&w.control);
	engine_drain(w.engine);
	engine_reap(w.engine);
	engine_close(&w.engine);
	store_close(&w.store);
	data_dir_close(&w.dir);
	arena_fini(&w.arena);
	*strrchr(w.folder, '/') = '\0';
	return nftw(w.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static enum err_code
ask(const char *a, const char *b, const char *c, const char *d)
{
	const char *argv[] = {a, b, c, d};
	int argc = 0;

	while (argc < 4 && argv[argc] != NULL)
		argc++;
	return control_ask(&w.dir, LANGUAGE_EN, argv, argc, &w.arena, &w.reply,
	    &w.err);
}

void
test_nobody_there_is_not_found(void **state)
{
	(void)state;
	check_err(ask("app", "list", NULL, NULL), ERR_NOT_FOUND);
	must_control();
	check_err(ask("app", "list", NULL, NULL), ERR_OK);
	control_close(&w.control);
	check_err(ask("app", "list", NULL, NULL), ERR_NOT_FOUND);
}

void
test_socket_is_for_its_owner_alone(void **state)
{
	struct stat st;

	(void)state;
	must_control();
	assert_int_equal(fstatat(w.dir.fd, "procured.sock", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

void
test_socket_of_a_dead_server_is_replaced(void **state)
{
	int fd;

	(void)state;
	fd = control_socket(&w.dir, true);
	assert_true(fd >= 0);
	(void)close(fd);
	check_err(ask(NULL, NULL, NULL, NULL), ERR_NOT_FOUND);
	must_control();
	check_err(ask(NULL, NULL, NULL, NULL), ERR_OK);
	assert_true(str_starts(w.reply.out, STR("procured ")));
}

void
test_a_change_is_made_and_seen(void **state)
{
	(void)state;
	must_control();
	check_err(ask("app", "create", "--name=测试 \"quoted\"", "--id=one"),
	    ERR_OK);
	assert_int_equal(w.reply.exit, EXIT_OK);
	check_str(w.reply.err, "");
	check_err(ask("app", "list", "--json", NULL), ERR_OK);
	assert_non_null(strstr(w.reply.out.p, "\"app\":\"one\""));
	assert_non_null(strstr(w.reply.out.p, "测试 \\\"quoted\\\""));
	check_err(ask("app", "create", "--name=x", "--id=one"), ERR_OK);
	assert_int_equal(w.reply.exit, EXIT_FAILED);
	assert_non_null(strstr(w.reply.err.p, "there is an app \"one\""));
}

void
test_wrong_words_are_usage(void **state)
{
	(void)state;
	must_control();
	check_err(ask("app", "create", "--nam=x", NULL), ERR_OK);
	assert_int_equal(w.reply.exit, EXIT_USAGE);
	assert_non_null(strstr(w.reply.err.p, "did you mean --name?"));
}

void
test_what_needs_no_store_or_all_of_it_is_refused(void **state)
{
	(void)state;
	must_control();
	check_err(ask("restore", "/tmp/x", NULL, NULL), ERR_OK);
	assert_int_equal(w.reply.exit, EXIT_FAILED);
	assert_non_null(strstr(w.reply.err.p, "through a server"));
	check_err(ask("serve", NULL, NULL, NULL), ERR_OK);
	assert_int_equal(w.reply.exit, EXIT_FAILED);
	assert_non_null(strstr(w.reply.err.p, "through a server"));
	check_err(ask("nothing", NULL, NULL, NULL), ERR_OK);
	assert_int_equal(w.reply.exit, EXIT_FAILED);
}

void
test_words_that_are_not_utf8_are_not_sent(void **state)
{
	(void)state;
	must_control();
	check_err(ask("app", "show", "\xff", NULL), ERR_USAGE);
}

/* What a peer that means no good sends: the server drops it and goes on. */
void
test_bad_frames_do_no_harm(void **state)
{
	static const struct str frames[] = {
	    STR_INIT(""),
	    STR_INIT("\x00\x00"),
	    STR_INIT("\xff\xff\xff\xff{}"),
	    STR_INIT("\x00\x00\x00\x02[]"),
	    STR_INIT("\x00\x00\x00\x02{}"),
	    STR_INIT("\x00\x00\x00\x05{\"a\":"),
	    STR_INIT("\x00\x00\x00\x2b{\"argv\":[1],\"cwd\":\"/\","
		     "\"language\":\"en\"}      "),
	};

	(void)state;
	must_control();
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		int fd = control_socket(&w.dir, false);
		struct str answer;

		assert_true(fd >= 0);
		assert_int_equal(send(fd, frames[i].p, frames[i].n, 0),
		    frames[i].n);
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		answer = control_read(fd, &w.arena, LIMIT_CONTROL_REPLY_BYTES);
		assert_true(str_is_null(answer));
		(void)close(fd);
	}
	check_err(ask("app", "list", NULL, NULL), ERR_OK);
}

void
test_frames_carry_any_text(void **state)
{
	int fds[2];
	char *text = calloc(1, 100000);
	struct str got;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 100000);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_true(control_write(fds[0], (struct str){text, 100000}));
	got = control_read(fds[1], &w.arena, 100000);
	assert_int_equal(got.n, 100000);
	assert_true(control_write(fds[0], (struct str){text, 101}));
	assert_true(str_is_null(control_read(fds[1], &w.arena, 100)));
	(void)close(fds[0]);
	(void)close(fds[1]);
	free(text);
}
