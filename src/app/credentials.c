/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding credentials. Whoever holds the store tells them as `app secrets`
 * prints them; so this end works the same with and without a server.
 */
#include "app/credentials.h"

#include <assert.h>

#include "app/commands.h"
#include "app/demo.h"
#include "app/input.h"
#include "base/when.h"

static bool
add_other(struct invocation *inv, struct credentials *c, struct str app,
    enum access access, struct str secret)
{
	struct explain_secret *grown = arena_grow(inv->arena, c->others,
	    c->other_count * sizeof(*grown),
	    (c->other_count + 1) * sizeof(*grown));

	if (grown == NULL)
		return false;
	c->others = grown;
	c->others[c->other_count++] = (struct explain_secret){.app = app,
	    .dialect = str_from(access_name(access)),
	    .secret = secret};
	return true;
}

/* The secrets of an app as ones that might have been taken by mistake. */
static void
add_others(struct invocation *inv, struct credentials *c,
    const struct app_view *app)
{
	for (int i = 0; i < ACCESS__COUNT; i++) {
		struct str secret = app->credentials[i].secret;

		if (secret.n > 0 &&
		    !add_other(inv, c, app->record.id, (enum access)i, secret))
			return;
	}
}

static void
take_app(struct invocation *inv, const struct app_view *app,
    struct credentials *out)
{
	out->app = app->record.id;
	for (int i = 0; i < ACCESS__COUNT; i++) {
		const struct credential_record *r = &app->credentials[i];

		out->of[i] = (struct credential){.app_id = app->record.id,
		    .key = r->key,
		    .scope = r->scope,
		    .secret = r->secret,
		    .session = r->session};
	}
	add_others(inv, out, app);
}

static bool
has_key(const struct app_view *app, const char *key)
{
	if (str_eq(app->record.id, str_from(key)))
		return true;
	for (int i = 0; i < ACCESS__COUNT; i++) {
		if (str_eq(app->credentials[i].key, str_from(key)))
			return true;
	}
	return false;
}

/* --- from the words -------------------------------------------------------------- */

static int
take_words(struct invocation *inv, enum access access, const char *key,
    struct credentials *out)
{
	const char *app = arg_option(inv, "app");
	const char *sid = arg_option(inv, "sid");
	const char *session = arg_option(inv, "session");

	out->app = str_from(app != NULL ? app : key != NULL ? key : "app");
	out->of[access] = (struct credential){.app_id = out->app,
	    .key = out->app,
	    .secret = str_from(arg_option(inv, "secret")),
	    .scope = str_from(sid != NULL ? sid : ""),
	    .session = str_from(session)};
	return EXIT_OK;
}

/* --- from a file ----------------------------------------------------------------- */

static int
take_file(struct invocation *inv, struct credentials *out)
{
	const char *path = arg_option(inv, "credentials");
	struct str text = input_read(inv, path);
	struct app_view app;
	struct err err;

	if (str_is_null(text))
		return EXIT_FAILED;
	if (app_read_json(inv->arena, text, &app, &err) != ERR_OK)
		return fail(inv,
		    TR(inv->language,
			"%s is not what `procured app create --json` prints: %s",
			"%s 不是 `procured app create --json` 的输出:%s"),
		    path, err.detail);
	take_app(inv, &app, out);
	return EXIT_OK;
}

/* --- the demo's -------------------------------------------------------------------- */

static void
view_demo(const struct demo_app *row, struct app_view *out)
{
	*out = (struct app_view){.record = {.id = str_from(row->id)}};
	for (int i = 0; i < ACCESS__COUNT; i++) {
		const struct demo_credential *c = &row->credentials[i];

		out->credentials[c->access] = (struct credential_record){
		    .key = str_from(c->key),
		    .scope = str_from(c->scope != NULL ? c->scope : ""),
		    .secret = str_from(c->secret),
		    .session = str_from(c->session)};
	}
}

static int
take_demo(struct invocation *inv, const char *key, struct credentials *out)
{
	const char *wanted = key != NULL ? key : arg_option(inv, "app");
	bool found = false;

	for (size_t i = 0; i < demo_app_count; i++) {
		struct app_view app;

		view_demo(&demo_apps[i], &app);
		if (!found && (wanted == NULL || has_key(&app, wanted))) {
			take_app(inv, &app, out);
			found = true;
		} else {
			add_others(inv, out, &app);
		}
	}
	if (found)
		return EXIT_OK;
	return fail(inv,
	    TR(inv->language, "the demo has no app \"%s\"; it has %s and %s",
		"演示数据中没有应用 \"%s\";有 %s 和 %s"),
	    wanted, demo_apps[0].id, demo_apps[1].id);
}

/* --- the store's --------------------------------------------------------------------- */

static struct str
text_of(const json_t *object, const char *name)
{
	return json_text(json_object_get(object, name));
}

static void
read_others(struct invocation *inv, const json_t *list, struct credentials *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		enum access access;

		if (access_parse(text_of(row, "dialect"), &access) &&
		    text_of(row, "secret").n > 0)
			(void)add_other(inv, out, text_of(row, "app"), access,
			    text_of(row, "secret"));
	}
}

/* What `app secrets` prints. */
static bool
read_secrets(struct invocation *inv, struct str text, struct credentials *out)
{
	struct app_view app;
	struct err err;
	json_t *root;

	if (json_read(inv->arena, text, JSON_READ_EXACT, &root, &err) !=
		ERR_OK ||
	    app_read_json(inv->arena, text, &app, &err) != ERR_OK)
		return false;
	take_app(inv, &app, out);
	out->listen = text_of(root, "listen");
	read_others(inv, json_object_get(root, "others"), out);
	return policy_parse(&out->policy, inv->arena, text_of(root, "policy"),
		   &err) == ERR_OK;
}

static int
take_store(struct invocation *inv, const char *key, struct credentials *out)
{
	const char *wanted = key != NULL ? key : arg_option(inv, "app");
	const char *argv[] = {"app", "secrets", wanted, NULL};
	struct str told;
	int code = commands_ask(inv, argv, wanted != NULL ? 3 : 2, &told);

	if (code != EXIT_OK) {
		buf_printf(&inv->err, "%s",
		    TR(inv->language,
			"  --demo takes the demo's credentials, --app KEY with "
			"--secret SECRET your own, --credentials FILE a file's\n",
			"  --demo 使用演示凭据;--app KEY 与 --secret 密钥 使用自己的;"
			"--credentials 文件 从文件读取\n"));
		return code;
	}
	if (read_secrets(inv, told, out))
		return EXIT_OK;
	return fail(inv, "%s",
	    TR(inv->language,
		"the server's answer can't be read; is it of another version?",
		"无法读取服务的应答;版本是否不同?"));
}

/* --- all of it ------------------------------------------------------------------------ */

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7F;
}

/* A secret out of a file often brings its line feed, and nobody sees it. */
static bool
is_rough(struct str secret)
{
	for (size_t i = 0; i < secret.n; i++) {
		if (is_control(secret.p[i]))
			return true;
	}
	return secret.p[0] == ' ' || secret.p[secret.n - 1] == ' ';
}

/* An empty one is what a shell makes of a variable that is not set. */
static int
check_secret(struct invocation *inv, struct str secret)
{
	if (secret.n == 0 && arg_option(inv, "secret") != NULL)
		return misuse(inv, "%s",
		    TR(inv->language,
			"--secret is empty; is the variable set that it came "
			"from?",
			"--secret 为空;请确认其取值的变量已设置"));
	if (secret.n > 0 && is_rough(secret))
		return misuse(inv, "%s",
		    TR(inv->language,
			"the secret has a blank or a line feed around it, or a "
			"control character in it; take it without",
			"密钥首尾有空白或换行,或含有控制字符;请去除"));
	return EXIT_OK;
}

static int
take_sign_way(struct invocation *inv, struct credentials *out)
{
	const char *way = arg_option(inv, "franchiser-sign");
	struct err err;

	if (way == NULL ||
	    policy_set(&out->policy, inv->arena, STR("franchiser.sign"),
		str_from(way), &err) == ERR_OK)
		return EXIT_OK;
	return misuse(inv, "--franchiser-sign: %s", err.detail);
}

int
credentials_find(struct invocation *inv, enum access access, const char *key,
    struct credentials *out)
{
	int code;

	assert((unsigned)access < ACCESS__COUNT);
	*out = (struct credentials){.listen = STR_NONE};
	policy_init(&out->policy);
	if (arg_option(inv, "secret") != NULL)
		code = take_words(inv, access, key, out);
	else if (arg_option(inv, "credentials") != NULL)
		code = take_file(inv, out);
	else if (setting_number(inv->settings, SETTING_DEMO) != 0)
		code = take_demo(inv, key, out);
	else
		code = take_store(inv, key, out);
	if (code == EXIT_OK)
		code = check_secret(inv, out->of[access].secret);
	if (code == EXIT_OK)
		code = take_sign_way(inv, out);
	for (int i = 0; i < ACCESS__COUNT; i++)
		out->of[i].policy = out->policy;
	return code;
}
