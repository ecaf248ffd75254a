/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured app secrets: an app's credentials for the programs that sign with
 * them, found by its id or by one of its keys. `send` and `sign` ask for it.
 */
#include "app/app_records.h"
#include "base/when.h"

/* Apps whose secrets come along, for those who look for a mistake. */
#define OTHERS_MAX 50

struct secrets_work {
	struct invocation *inv;
	struct app_list list;
	const struct app_view *app;
};

static bool
has_key(const struct app_view *app, struct str key)
{
	for (int i = 0; i < ACCESS__COUNT; i++) {
		if (str_eq(app->credentials[i].key, key))
			return true;
	}
	return false;
}

static enum err_code
read_job(struct store_conn *c, void *arg, struct err *err)
{
	struct secrets_work *w = arg;
	const char *key = arg_word(w->inv, 0);
	enum err_code rc = app_list_read(c, w->inv->arena, &w->list, err);

	if (rc != ERR_OK)
		return rc;
	if (key == NULL) {
		w->app = w->list.count > 0 ? &w->list.apps[0] : NULL;
		return ERR_OK;
	}
	w->app = app_list_find(&w->list, str_from(key));
	for (size_t i = 0; w->app == NULL && i < w->list.count; i++) {
		if (has_key(&w->list.apps[i], str_from(key)))
			w->app = &w->list.apps[i];
	}
	return ERR_OK;
}

static void
put_others(const struct secrets_work *w, struct json_out *json)
{
	size_t told = 0;

	json_open(json, '[');
	for (size_t i = 0; i < w->list.count && told < OTHERS_MAX; i++) {
		const struct app_view *app = &w->list.apps[i];

		if (app == w->app)
			continue;
		told++;
		for (int k = 0; k < ACCESS__COUNT; k++) {
			json_open(json, '{');
			json_key(json, "app");
			json_put_str(json, app->record.id);
			json_key(json, "dialect");
			json_put_str(json,
			    str_from(access_name((enum access)k)));
			json_key(json, "secret");
			json_put_str(json, app->credentials[k].secret);
			json_close(json, '}');
		}
	}
	json_close(json, ']');
}

static void
print(const struct secrets_work *w)
{
	struct invocation *inv = w->inv;
	struct json_out json;

	json_out_init(&json, &inv->out);
	json_open(&json, '{');
	app_put_credentials(w->app, &json);
	json_key(&json, "policy");
	json_put_str(&json, w->app->record.policy);
	json_key(&json, "listen");
	json_put_str(&json, setting_text(inv->settings, SETTING_LISTEN));
	json_key(&json, "others");
	put_others(w, &json);
	json_close(&json, '}');
	buf_char(&inv->out, '\n');
}

int
app_secrets_run(struct invocation *inv)
{
	struct secrets_work w = {.inv = inv};
	struct err err = {.code = ERR_OK};
	enum err_code rc = backend_read(inv->backend, read_job, &w, &err);

	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	if (w.app == NULL && arg_word(inv, 0) != NULL)
		return app_unknown(inv, &w.list, arg_word(inv, 0));
	if (w.app == NULL)
		return fail(inv, "%s",
		    TR(inv->language,
			"there is no app to sign for; make one with `procured "
			"app create`",
			"还没有可用的应用;请先执行 `procured app create`"));
	print(&w);
	return EXIT_OK;
}
