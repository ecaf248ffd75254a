/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured app list and app show: looking at apps.
 */
#include <assert.h>

#include "app/app_records.h"
#include "app/table.h"
#include "base/when.h"
#include "order/policy.h"

struct reading {
	struct invocation *inv;
	struct app_list list;
};

static enum err_code
list_job(struct store_conn *c, void *arg, struct err *err)
{
	struct reading *r = arg;

	return app_list_read(c, r->inv->arena, &r->list, err);
}

/* An app without its credentials. */
static void
put_record(struct json_out *json, struct arena *a, const struct app_record *r)
{
	struct policy p;
	bool known;

	policy_init(&p);
	known = policy_parse(&p, a, r->policy, NULL) == ERR_OK;
	json_open(json, '{');
	json_key(json, "app");
	json_put_str(json, r->id);
	json_key(json, "name");
	json_put_str(json, r->name);
	json_key(json, "disabled");
	json_put_bool(json, r->disabled);
	json_key(json, "rate");
	if (r->rate == RATE_UNLIMITED)
		json_put_str(json, STR("unlimited"));
	else
		json_put_int(json, r->rate);
	json_key(json, "policy");
	json_open(json, '{');
	for (size_t i = 0; known && i < policy_row_count; i++) {
		json_key(json, policy_rows[i].key);
		json_put_str(json, policy_get(&p, a, i));
	}
	json_close(json, '}');
	json_key(json, "createdAt");
	json_put_time(json, r->created_ms);
	json_close(json, '}');
}

static void
list_json(struct invocation *inv, const struct app_list *list)
{
	struct json_out json;

	json_out_init(&json, &inv->out);
	json_open(&json, '[');
	for (size_t i = 0; i < list->count; i++)
		put_record(&json, inv->arena, &list->apps[i].record);
	json_close(&json, ']');
	buf_char(&inv->out, '\n');
}

static void
list_text(struct invocation *inv, const struct app_list *list)
{
	static const char *const heads[][2] = {{"APP", "应用"},
	    {"STATE", "状态"}, {"RATE", "限额"}, {"CREATED", "创建于"},
	    {"NAME", "名称"}};
	struct table t;

	table_init(&t, inv->arena, 5);
	for (size_t i = 0; i < 5; i++)
		table_cell(&t, str_from(heads[i][inv->language]));
	for (size_t i = 0; i < list->count; i++) {
		const struct app_record *r = &list->apps[i].record;
		char created[WHEN_ISO_BYTES];

		when_print_iso(r->created_ms, created);
		table_cell(&t, r->id);
		table_cell(&t,
		    str_from(r->disabled
			    ? TR(inv->language, "disabled", "已停用")
			    : TR(inv->language, "enabled", "启用")));
		table_cell(&t, rate_text(inv->arena, r->rate));
		table_cell(&t, arena_dup(inv->arena, str_from(created)));
		table_cell(&t, r->name);
	}
	table_print(&t, &inv->out);
}

int
app_list_run(struct invocation *inv)
{
	struct reading r = {.inv = inv};
	struct err err = {.code = ERR_OK};
	enum err_code rc = backend_read(inv->backend, list_job, &r, &err);

	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	if (arg_option(inv, "json") != NULL)
		list_json(inv, &r.list);
	else if (r.list.count == 0)
		say(inv, "%s",
		    TR(inv->language,
			"There is no app yet; `procured "
			"app create --name NAME` makes one.\n",
			"还没有应用;`procured app create --name 名称` 可新建。\n"));
	else
		list_text(inv, &r.list);
	return EXIT_OK;
}

int
app_show_run(struct invocation *inv)
{
	struct reading r = {.inv = inv};
	const char *id = arg_word(inv, 0);
	bool secrets = arg_option(inv, "secrets") != NULL;
	struct err err = {.code = ERR_OK};
	const struct app_view *app;
	struct json_out json;
	enum err_code rc = backend_read(inv->backend, list_job, &r, &err);

	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	app = app_list_find(&r.list, str_from(id));
	if (app == NULL)
		return app_unknown(inv, &r.list, id);
	json_out_init(&json, &inv->out);
	if (arg_option(inv, "json") == NULL) {
		app_print_text(inv, app, secrets);
		return EXIT_OK;
	}
	if (secrets)
		app_print_json(app, &json);
	else
		put_record(&json, inv->arena, &app->record);
	buf_char(&inv->out, '\n');
	return EXIT_OK;
}
