/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/command.h"
#include "app/settings.h"
#include "tests/check.h"

static struct arena arena;
static struct settings s;
static struct err err;
static char folder[] = "/tmp/procured-settings-XXXXXX";
static char path[64];

int
setup(void **state)
{
	(void)state;
	for (int i = 0; i < SETTING__COUNT; i++) {
		char name[SETTING_FLAG_BYTES];

		setting_env((enum setting)i, name);
		(void)unsetenv(name);
	}
	(void)setenv("HOME", "/someone", 1);
	(void)unsetenv("XDG_STATE_HOME");
	arena_init(&arena, 1024 * 1024);
	err = (struct err){.code = ERR_OK};
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/conf", folder);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)rmdir(folder);
	arena_fini(&arena);
	return 0;
}

static void
must_write(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Loads with these words behind the program's name; *left: words kept. */
static enum err_code
load(const char **words, int count, int *left)
{
	const char *argv[16] = {"procured"};
	int argc = 1 + count;
	enum err_code rc;

	for (int i = 0; i < count; i++)
		argv[i + 1] = words[i];
	rc = settings_load(&s, &arena, LANGUAGE_EN, &argc, argv, &err);
	for (int i = 1; i < argc && i <= count; i++)
		words[i - 1] = argv[i];
	if (left != NULL)
		*left = argc - 1;
	return rc;
}

static enum err_code
load_file(const char *text)
{
	const char *words[] = {"--config", path};

	must_write(text);
	return load(words, 2, NULL);
}

static void
check_detail(const char *part)
{
	if (strstr(err.detail, part) == NULL) {
		print_error("\"%s\" is not in \"%s\"\n", part, err.detail);
		fail();
	}
}

void
test_defaults_are_good_and_follow_the_data_directory(void **state)
{
	(void)state;
	check_err(load(NULL, 0, NULL), ERR_OK);
	check_str(setting_text(&s, SETTING_LISTEN), "127.0.0.1:3000");
	check_str(setting_text(&s, SETTING_DATA),
	    "/someone/.local/state/procured");
	check_str(setting_text(&s, SETTING_STORE),
	    "sqlite:/someone/.local/state/procured/procured.db");
	check_str(setting_text(&s, SETTING_KEY),
	    "/someone/.local/state/procured/procured.key");
	assert_int_equal(setting_number(&s, SETTING_NODE), 1);
	assert_int_equal(setting_number(&s, SETTING_QUEUE), LIMIT_QUEUE);
}

void
test_data_without_a_home_is_var_lib(void **state)
{
	(void)state;
	(void)unsetenv("HOME");
	check_err(load(NULL, 0, NULL), ERR_OK);
	check_str(setting_text(&s, SETTING_DATA), "/var/lib/procured");
	(void)setenv("XDG_STATE_HOME", "/state", 1);
	check_err(load(NULL, 0, NULL), ERR_OK);
	check_str(setting_text(&s, SETTING_DATA), "/state/procured");
}

void
test_flag_over_environment_over_file(void **state)
{
	const char *words[] = {"--config", path, "--node=3"};

	(void)state;
	must_write("node = 1\nqueue = 900\ngroup = 100\n");
	(void)setenv("PROCURED_NODE", "2", 1);
	(void)setenv("PROCURED_QUEUE", "800", 1);
	check_err(load(words, 3, NULL), ERR_OK);
	assert_int_equal(setting_number(&s, SETTING_NODE), 3);
	assert_int_equal(setting_number(&s, SETTING_QUEUE), 800);
	assert_int_equal(setting_number(&s, SETTING_GROUP), 100);
	check_str(s.values[SETTING_NODE].where, "--node");
	check_str(s.values[SETTING_QUEUE].where, "PROCURED_QUEUE");
	assert_true(str_starts(s.values[SETTING_GROUP].where, str_from(path)));
	assert_true(str_is_null(s.values[SETTING_LISTEN].where));
}

void
test_flags_are_taken_out_and_the_rest_stays(void **state)
{
	const char *words[] = {
	    "--data", "/d", "app", "--demo", "list", "--json", "--", "--data"};
	int left;

	(void)state;
	check_err(load(words, 8, &left), ERR_OK);
	assert_int_equal(left, 5);
	assert_string_equal(words[0], "app");
	assert_string_equal(words[1], "list");
	assert_string_equal(words[2], "--json");
	assert_string_equal(words[3], "--");
	assert_string_equal(words[4], "--data");
	check_str(setting_text(&s, SETTING_DATA), "/d");
	check_str(setting_text(&s, SETTING_DEMO), "yes");
}

void
test_flag_without_value_is_told(void **state)
{
	const char *words[] = {"serve", "--listen"};

	(void)state;
	check_err(load(words, 2, NULL), ERR_USAGE);
	check_detail("--listen needs a value");
}

void
test_repeated_networks_are_joined(void **state)
{
	const char *words[] = {
	    "--trusted-proxy", "10.0.0.0/8", "--trusted-proxy=::1"};

	(void)state;
	check_err(load(words, 3, NULL), ERR_OK);
	check_str(setting_text(&s, SETTING_TRUSTED_PROXY), "10.0.0.0/8,::1");
	check_err(load_file("trusted_proxy = 10.0.0.1\ntrusted_proxy=::1/64\n"),
	    ERR_OK);
	check_str(setting_text(&s, SETTING_TRUSTED_PROXY), "10.0.0.1,::1/64");
}

void
test_values_that_do_not_fit_name_place_and_choice(void **state)
{
	static const char *const bad[][2] = {
	    {"--node=1024", "0|1023"},
	    {"--node=x", "--node"},
	    {"--listen=3000", "host:port"},
	    {"--listen=127.0.0.1:65536", "host:port"},
	    {"--listen=127.0.0.1:-1", "host:port"},
	    {"--listen=::1:3000", "host:port"},
	    {"--listen=[::1]", "host:port"},
	    {"--listen=none", "host:port"},
	    {"--admin=off", "none"},
	    {"--demo=maybe", "no|yes|reset"},
	    {"--log-level=loud", "debug|info|warn|error"},
	    {"--trusted-proxy=10.0.0.0/33", "10.0.0.0/33"},
	    {"--trusted-proxy=nowhere", "nowhere"},
	    {"--group=5000", "larger than queue"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *words[] = {bad[i][0]};

		check_err(load(words, 1, NULL), ERR_USAGE);
		check_detail(bad[i][1]);
	}
}

void
test_addresses(void **state)
{
	struct str host;
	int64_t port;

	(void)state;
	assert_true(address_split(STR("[::1]:80"), &host, &port));
	check_str(host, "::1");
	assert_int_equal(port, 80);
	assert_true(address_is_loopback(STR("127.9.9.9:1")));
	assert_true(address_is_loopback(STR("localhost:1")));
	assert_true(address_is_loopback(STR("[::1]:1")));
	assert_false(address_is_loopback(STR("0.0.0.0:1")));
	assert_false(address_is_loopback(STR("[::]:1")));
	assert_false(address_is_loopback(STR("192.168.0.1:1")));
}

void
test_file_with_comments_blanks_and_line_ends(void **state)
{
	(void)state;
	check_err(load_file("# all of it\r\n\r\n  node=7 # seven\r\n"
			    "data = /a b#c\n\tlog_level\t=\twarn"),
	    ERR_OK);
	assert_int_equal(setting_number(&s, SETTING_NODE), 7);
	check_str(setting_text(&s, SETTING_DATA), "/a b#c");
	check_str(setting_text(&s, SETTING_LOG_LEVEL), "warn");
}

void
test_faults_of_a_file_have_a_line(void **state)
{
	static const char *const bad[][2] = {
	    {"\nlisten 1\n", "conf:2: this is not a line"},
	    {"lisen = 1.2.3.4:5\n", "did you mean \"listen\"?"},
	    {"zzzzzzzzzz = 1\n", "conf:1: there is no setting"},
	    {"node = 1\n\nnode = 2\n",
		"conf:3: node was set before, in "
		"line 1"},
	    {"node =\n", "conf:1: node has no value"},
	    {"\n\nnode = many\n", "conf:3: \"many\" does not fit node"},
	    {"config = other\n", "conf:1: a file cannot name another"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check_err(load_file(bad[i][0]), ERR_USAGE);
		check_detail(bad[i][1]);
	}
}

void
test_missing_and_huge_file_are_refused(void **state)
{
	const char *words[] = {"--config=/nowhere/conf"};
	char *text = calloc(1, LIMIT_CONFIG_BYTES + 2);

	(void)state;
	check_err(load(words, 1, NULL), ERR_USAGE);
	check_detail("/nowhere/conf");
	assert_non_null(text);
	memset(text, '\n', LIMIT_CONFIG_BYTES + 1);
	check_err(load_file(text), ERR_USAGE);
	check_detail("larger than");
	free(text);
}

void
test_reading_again_keeps_flags(void **state)
{
	const char *words[] = {"--config", path, "--node=3"};
	struct settings again;

	(void)state;
	must_write("node = 1\nlog_level = info\n");
	check_err(load(words, 3, NULL), ERR_OK);
	must_write("node = 2\nlog_level = debug\n");
	check_err(settings_again(&again, &s, &arena, &err), ERR_OK);
	assert_int_equal(setting_number(&again, SETTING_NODE), 3);
	check_str(setting_text(&again, SETTING_LOG_LEVEL), "debug");
	must_write("log_level = loud\n");
	check_err(settings_again(&again, &s, &arena, &err), ERR_USAGE);
	check_detail("conf:1");
}

void
test_dump_and_example_can_be_read_back(void **state)
{
	const char *words[] = {"--node=5", "--log-level=debug"};
	struct buf text;

	(void)state;
	buf_init(&text, &arena, LIMIT_CONFIG_BYTES);
	check_err(load(words, 2, NULL), ERR_OK);
	settings_dump(&s, &text);
	buf_char(&text, '\0');
	check_err(load_file(buf_view(&text).p), ERR_OK);
	assert_int_equal(setting_number(&s, SETTING_NODE), 5);
	check_str(setting_text(&s, SETTING_LOG_LEVEL), "debug");
	for (int language = 0; language < LANGUAGE__COUNT; language++) {
		buf_reset(&text);
		settings_example((enum language)language, &text);
		buf_char(&text, '\0');
		assert_false(buf_failed(&text));
		check_err(load_file(buf_view(&text).p), ERR_OK);
	}
}

void
test_no_subcommand_has_an_option_named_like_a_setting(void **state)
{
	(void)state;
	for (const struct subcommand *row = subcommands; row->name; row++) {
		struct str rest = str_from(row->options);

		while (rest.n > 0) {
			struct str word = str_cut(&rest, ' ');

			while (word.n > 0 &&
			    strchr(":*!", word.p[word.n - 1]) != NULL)
				word.n--;
			for (int i = 0; i < SETTING__COUNT; i++)
				assert_false(str_eq(word,
				    str_from(setting_rows[i].name)));
		}
	}
}

void
test_languages(void **state)
{
	(void)state;
	assert_int_equal(language_of("zh_CN.UTF-8"), LANGUAGE_ZH);
	assert_int_equal(language_of("C.UTF-8"), LANGUAGE_EN);
	(void)setenv("LC_ALL", "", 1);
	(void)setenv("LC_MESSAGES", "zh_TW", 1);
	(void)setenv("LANG", "en_US", 1);
	assert_int_equal(language_of_environment(), LANGUAGE_ZH);
	(void)setenv("LC_ALL", "C", 1);
	assert_int_equal(language_of_environment(), LANGUAGE_EN);
	(void)unsetenv("LC_ALL");
	(void)unsetenv("LC_MESSAGES");
	(void)unsetenv("LANG");
}
