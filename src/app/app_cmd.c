/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured app …: making apps and changing them. Each change reads, decides and
 * writes inside one transaction.
 */
#include <assert.h>

#include "app/app_records.h"
#include "app/secret_file.h"
#include "base/when.h"
#include "order/policy.h"

/* One subcommand at work on one app. */
struct app_work {
	struct invocation *inv;
	const char *id;
	struct app_list list;
	struct app_view app;
	enum err_code (*edit)(struct app_work *w, struct err *err);
	bool unknown;	   /* refused because there is no such app */
	bool misused;	   /* refused because of the words */
	struct str secret; /* in place of a random one, when there is one */
};

static bool
is_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';

		if (!good)
			return false;
	}
	return id.n > 0 && id.n <= LIMIT_APP_ID_BYTES && id.p[0] != '-';
}

static bool
is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if ((unsigned char)name.p[i] < ' ')
			return false;
	}
	return name.n > 0 && name.n <= LIMIT_SECRET_BYTES &&
	    str_code_points(name) > 0;
}

static enum err_code
read_rate(struct app_work *w, int64_t *rate, struct err *err)
{
	const char *text = arg_option(w->inv, "rate");
	int64_t n;

	if (text == NULL)
		return ERR_OK;
	if (strcmp(text, "unlimited") == 0) {
		*rate = RATE_UNLIMITED;
		return ERR_OK;
	}
	if (str_parse_int(str_from(text), &n) && n >= 1 &&
	    n <= LIMIT_RATE_MAX) {
		*rate = n;
		return ERR_OK;
	}
	w->misused = true;
	return err_set(err, ERR_USAGE, "rate",
	    TR(w->inv->language,
		"--rate takes requests per second from 1 to %d, "
		"or unlimited; not \"%s\"",
		"--rate 应为每秒请求数(1 到 %d)或 unlimited,而不是 \"%s\""),
	    LIMIT_RATE_MAX, text);
}

/*
 * key=value pairs with commas between them. A piece without '=' belongs to the
 * value before it: allow_ip=10.0.0.1,10.0.0.2 is one pair.
 */
static enum err_code
set_policies(struct app_work *w, struct policy *p, struct str text,
    struct err *err)
{
	struct arena *a = w->inv->arena;
	struct str rest = text;

	while (!str_is_null(rest)) {
		struct str value = str_cut(&rest, ',');
		struct str key;
		enum err_code rc;

		while (!str_is_null(rest)) {
			struct str more = rest;
			struct str piece = str_cut(&more, ',');

			if (memchr(piece.p, '=', piece.n) != NULL)
				break;
			value.n += 1 + piece.n;
			rest = more;
		}
		key = str_trim(str_cut(&value, '='));
		if (str_is_null(value))
			return err_set(err, ERR_USAGE, "policy",
			    TR(w->inv->language,
				"--policy takes KEY=VALUE, not "
				"\"%.*s\"",
				"--policy 应为 键=值,而不是 \"%.*s\""),
			    STR_ARG(key));
		rc = policy_set(p, a, key, str_trim(value), err);
		if (rc != ERR_OK)
			return rc;
	}
	return ERR_OK;
}

static enum err_code
read_policies(struct app_work *w, struct str *policy, struct err *err)
{
	const struct args *args = &w->inv->args;
	struct policy p;
	enum err_code rc;

	policy_init(&p);
	rc = policy_parse(&p, w->inv->arena, *policy, err);
	for (size_t i = 0; rc == ERR_OK && i < args->count; i++) {
		const char *name = args->items[i].name;

		if (name != NULL && strcmp(name, "policy") == 0)
			rc = set_policies(w, &p, str_from(args->items[i].value),
			    err);
	}
	if (rc != ERR_OK) {
		w->misused = rc == ERR_USAGE;
		return rc;
	}
	*policy = policy_print(&p, w->inv->arena);
	return str_is_null(*policy)
	    ? err_set(err, ERR_NO_MEMORY, "policy", "the policies are too long")
	    : ERR_OK;
}

static enum err_code
read_name(struct app_work *w, struct str *name, struct err *err)
{
	const char *text = arg_option(w->inv, "name");

	if (text == NULL)
		return ERR_OK;
	*name = str_from(text);
	if (is_name(*name))
		return ERR_OK;
	w->misused = true;
	return err_set(err, ERR_USAGE, "name",
	    TR(w->inv->language, "--name takes 1 to %d bytes of text",
		"--name 应为 1 到 %d 字节的文本"),
	    LIMIT_SECRET_BYTES);
}

/* What create and set take alike, in the order it is told. */
static enum err_code
read_common(struct app_work *w, struct err *err)
{
	struct app_record *r = &w->app.record;
	enum err_code rc = read_name(w, &r->name, err);

	if (rc == ERR_OK)
		rc = read_rate(w, &r->rate, err);
	return rc == ERR_OK ? read_policies(w, &r->policy, err) : rc;
}

static enum err_code
put_access(struct store_conn *c, struct app_work *w, enum access access,
    struct err *err)
{
	app_make_access(&w->app, access, w->inv->arena, &w->list);
	if (!str_is_null(w->secret))
		w->app.credentials[access].secret = w->secret;
	if (arena_failed(w->inv->arena))
		return err_set(err, ERR_NO_MEMORY, "", "too many apps");
	return store_credential_put(c, &w->app.credentials[access], err);
}

static enum err_code
create_job(struct store_conn *c, void *arg, struct err *err)
{
	struct app_work *w = arg;
	enum err_code rc = app_list_read(c, w->inv->arena, &w->list, err);

	if (rc != ERR_OK)
		return rc;
	if (w->list.count >= LIMIT_APPS)
		return err_set(err, ERR_USAGE, "app",
		    "there are %d apps already", LIMIT_APPS);
	if (app_list_find(&w->list, w->app.record.id) != NULL)
		return err_set(err, ERR_NAME_TAKEN, "id",
		    TR(w->inv->language,
			"there is an app \"%.*s\" already; "
			"choose another --id, or see `procured app show %.*s`",
			"应用 \"%.*s\" 已存在;请换一个 --id,或执行 "
			"`procured app show %.*s` 查看"),
		    STR_ARG(w->app.record.id), STR_ARG(w->app.record.id));
	rc = store_app_put(c, &w->app.record, err);
	for (int i = 0; rc == ERR_OK && i < ACCESS__COUNT; i++)
		rc = put_access(c, w, (enum access)i, err);
	return rc;
}

static void
print_json(struct invocation *inv, const struct app_view *app)
{
	struct json_out json;

	json_out_init(&json, &inv->out);
	app_print_json(app, &json);
	buf_char(&inv->out, '\n');
}

static struct str
make_id(struct arena *a)
{
	char digits[17];
	uint8_t raw[8];

	random_bytes(raw, sizeof(raw));
	digest_hex_lower(raw, sizeof(raw), digits);
	return arena_printf(a, "app_%s", digits);
}

int
app_create_run(struct invocation *inv)
{
	const char *id = arg_option(inv, "id");
	struct app_work w = {.inv = inv};
	struct app_record *r = &w.app.record;
	struct err err = {.code = ERR_OK};
	enum err_code rc;

	if (arg_option(inv, "name") == NULL)
		return misuse(inv,
		    TR(inv->language,
			"--name is missing: what is "
			"the app called?",
			"缺少 --name:应用叫什么名字?"));
	*r = (struct app_record){.rate = LIMIT_RATE_APP,
	    .policy = STR(""),
	    .created_ms = clock_now_ms(&clock_system)};
	r->id = id != NULL ? str_from(id) : make_id(inv->arena);
	if (!is_id(r->id))
		return misuse(inv,
		    TR(inv->language,
			"--id takes 1 to %d letters, "
			"digits, '_', '-' and '.'; not \"%s\"",
			"--id 应为 1 到 %d 个字母、数字、'_'、'-'、'.',而不是 \"%s\""),
		    LIMIT_APP_ID_BYTES, id);
	rc = read_common(&w, &err);
	if (rc == ERR_USAGE)
		return misuse(inv, "%s", err.detail);
	if (rc == ERR_OK)
		rc = backend_change(inv->backend, create_job, &w, true, &err);
	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	if (arg_option(inv, "json") != NULL)
		print_json(inv, &w.app);
	else
		app_print_text(inv, &w.app, true);
	return EXIT_OK;
}

static enum err_code
edit_job(struct store_conn *c, void *arg, struct err *err)
{
	struct app_work *w = arg;
	const struct app_view *app;
	enum err_code rc = app_list_read(c, w->inv->arena, &w->list, err);

	if (rc != ERR_OK)
		return rc;
	app = app_list_find(&w->list, str_from(w->id));
	if (app == NULL) {
		w->unknown = true;
		return err_set(err, ERR_NOT_FOUND, "app", "no app \"%s\"",
		    w->id);
	}
	w->app = *app;
	rc = w->edit(w, err);
	return rc == ERR_OK ? store_app_put(c, &w->app.record, err) : rc;
}

/* How an edit that failed is told. */
static int
refuse_edit(struct app_work *w, enum err_code rc, const struct err *err)
{
	if (w->unknown)
		return app_unknown(w->inv, &w->list, w->id);
	if (w->misused)
		return misuse(w->inv, "%s", err->detail);
	return fail_err(w->inv, rc, err);
}

static int
edit(struct invocation *inv,
    enum err_code (*how)(struct app_work *w, struct err *err))
{
	struct app_work w = {.inv = inv, .id = arg_word(inv, 0), .edit = how};
	struct err err = {.code = ERR_OK};
	enum err_code rc = backend_change(inv->backend, edit_job, &w, true,
	    &err);

	if (rc != ERR_OK)
		return refuse_edit(&w, rc, &err);
	app_print_text(inv, &w.app, false);
	return EXIT_OK;
}

static enum err_code
edit_disable(struct app_work *w, struct err *err)
{
	(void)err;
	w->app.record.disabled = true;
	return ERR_OK;
}

static enum err_code
edit_enable(struct app_work *w, struct err *err)
{
	(void)err;
	w->app.record.disabled = false;
	return ERR_OK;
}

int
app_disable_run(struct invocation *inv)
{
	return edit(inv, edit_disable);
}

int
app_enable_run(struct invocation *inv)
{
	return edit(inv, edit_enable);
}

int
app_set_run(struct invocation *inv)
{
	if (arg_option(inv, "name") == NULL &&
	    arg_option(inv, "rate") == NULL &&
	    arg_option(inv, "policy") == NULL)
		return misuse(inv,
		    TR(inv->language,
			"nothing to set: give "
			"--name, --rate or --policy",
			"没有要修改的内容:请给出 --name、--rate 或 --policy"));
	return edit(inv, read_common);
}

/* Which dialects are to have new secrets. */
struct rotation {
	struct app_work work;
	bool chosen[ACCESS__COUNT];
};

static enum err_code
rotate_job(struct store_conn *c, void *arg, struct err *err)
{
	struct rotation *r = arg;
	struct app_work *w = &r->work;
	const struct app_view *app;
	enum err_code rc = app_list_read(c, w->inv->arena, &w->list, err);

	if (rc != ERR_OK)
		return rc;
	app = app_list_find(&w->list, str_from(w->id));
	if (app == NULL) {
		w->unknown = true;
		return err_set(err, ERR_NOT_FOUND, "app", "no app \"%s\"",
		    w->id);
	}
	w->app = *app;
	for (int i = 0; rc == ERR_OK && i < ACCESS__COUNT; i++) {
		if (r->chosen[i])
			rc = put_access(c, w, (enum access)i, err);
	}
	return rc;
}

int
app_rotate_run(struct invocation *inv)
{
	struct rotation r = {
	    .work = {.inv = inv, .id = arg_word(inv, 0)},
	};
	const char *dialect = arg_word(inv, 1);
	struct err err = {.code = ERR_OK};
	const char *file = arg_option(inv, "secret-file");
	enum access only = ACCESS__COUNT;
	enum err_code rc;
	int code;

	if (dialect != NULL && !access_parse(str_from(dialect), &only))
		return misuse(inv,
		    TR(inv->language,
			"there is no dialect \"%s\"; "
			"there are intents, wangdian, franchiser and top",
			"没有接口 \"%s\";可选 intents、wangdian、franchiser、top"),
		    dialect);
	if (file != NULL && dialect == NULL)
		return misuse(inv,
		    TR(inv->language,
			"--secret-file is of one dialect: name it",
			"--secret-file 只用于一种接口:请指定接口"));
	if (file != NULL &&
	    !secret_file_read(inv, file, only, &r.work.secret, &code))
		return code;
	for (int i = 0; i < ACCESS__COUNT; i++)
		r.chosen[i] = dialect == NULL || i == (int)only;
	rc = backend_change(inv->backend, rotate_job, &r, true, &err);
	if (rc != ERR_OK)
		return refuse_edit(&r.work, rc, &err);
	if (arg_option(inv, "json") != NULL)
		print_json(inv, &r.work.app);
	else
		app_print_text(inv, &r.work.app, true);
	return EXIT_OK;
}
