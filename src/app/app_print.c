/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An app's credentials, for programs and for people. The names here are those
 * that each dialect's own clients call them by; one table holds them all.
 */
#include <assert.h>
#include <stddef.h>

#include "app/app_records.h"
#include "app/table.h"

struct shown {
	enum access access;
	const char *name;
	size_t offset; /* in struct credential_record */
	bool secret;
};

#define SHOWN(access, name, member, secret) \
	{ \
		ACCESS_##access, name, \
		    offsetof(struct credential_record, member), secret \
	}

static const struct shown shown[] = {
    SHOWN(INTENTS, "appId", key, false),
    SHOWN(INTENTS, "appSecret", secret, true),
    SHOWN(WANGDIAN, "sid", scope, false),
    SHOWN(WANGDIAN, "key", key, false),
    SHOWN(WANGDIAN, "appSecret", secret, true),
    SHOWN(FRANCHISER, "appid", key, false),
    SHOWN(FRANCHISER, "secret", secret, true),
    SHOWN(TOP, "appKey", key, false),
    SHOWN(TOP, "appSecret", secret, true),
    SHOWN(TOP, "session", session, true),
};

static struct str
value_of(const struct app_view *app, const struct shown *s)
{
	const char *c = (const char *)&app->credentials[s->access];

	return *(const struct str *)(const void *)(c + s->offset);
}

void
app_put_credentials(const struct app_view *app, struct json_out *json)
{
	size_t i = 0;

	json_key(json, "app");
	json_put_str(json, app->record.id);
	for (int access = 0; access < ACCESS__COUNT; access++) {
		json_key(json, access_name((enum access)access));
		json_open(json, '{');
		for (; i < sizeof(shown) / sizeof(shown[0]) &&
		     (int)shown[i].access == access;
		     i++) {
			json_key(json, shown[i].name);
			json_put_str(json, value_of(app, &shown[i]));
		}
		json_close(json, '}');
	}
}

void
app_print_json(const struct app_view *app, struct json_out *json)
{
	json_open(json, '{');
	app_put_credentials(app, json);
	json_close(json, '}');
}

enum err_code
app_read_json(struct arena *a, struct str text, struct app_view *out,
    struct err *err)
{
	json_t *root;
	enum err_code rc = json_read(a, text, JSON_READ_EXACT, &root, err);

	*out = (struct app_view){.record = {.no = 0}};
	if (rc != ERR_OK)
		return rc;
	out->record.id = json_text(json_object_get(root, "app"));
	if (str_is_null(out->record.id))
		return err_set(err, ERR_USAGE, "app", "it has no \"app\"");
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const struct shown *s = &shown[i];
		const json_t *of = json_object_get(root,
		    access_name(s->access));
		char *c = (char *)&out->credentials[s->access];

		*(struct str *)(void *)(c + s->offset) = json_text(
		    json_object_get(of, s->name));
	}
	return ERR_OK;
}

struct str
rate_text(struct arena *a, int64_t rate)
{
	return rate == RATE_UNLIMITED
	    ? STR("unlimited")
	    : arena_printf(a, "%lld/s", (long long)rate);
}

static void
print_head(struct invocation *inv, const struct app_record *r)
{
	char created[WHEN_ISO_BYTES];
	struct str rest = r->policy;

	when_print_iso(r->created_ms, created);
	say(inv, TR(inv->language, "app      %.*s\n", "应用     %.*s\n"),
	    STR_ARG(r->id));
	say(inv, TR(inv->language, "name     %.*s\n", "名称     %.*s\n"),
	    STR_ARG(r->name));
	say(inv, TR(inv->language, "state    %s\n", "状态     %s\n"),
	    r->disabled ? TR(inv->language, "disabled", "已停用")
			: TR(inv->language, "enabled", "启用"));
	say(inv, TR(inv->language, "rate     %.*s\n", "限额     %.*s\n"),
	    STR_ARG(rate_text(inv->arena, r->rate)));
	say(inv, TR(inv->language, "created  %s\n", "创建于   %s\n"), created);
	while (!str_is_null(rest)) {
		struct str line = str_cut(&rest, '\n');

		if (line.n > 0)
			say(inv,
			    TR(inv->language, "policy   %.*s\n",
				"策略     %.*s\n"),
			    STR_ARG(line));
	}
}

void
app_print_text(struct invocation *inv, const struct app_view *app, bool secrets)
{
	struct table table;

	print_head(inv, &app->record);
	say(inv, "\n");
	table_init(&table, inv->arena, 3);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		bool hidden = shown[i].secret && !secrets;

		table_cell(&table, str_from(access_name(shown[i].access)));
		table_cell(&table, str_from(shown[i].name));
		table_cell(&table,
		    hidden ? STR("********") : value_of(app, &shown[i]));
	}
	table_print(&table, &inv->out);
	if (!secrets)
		say(inv, "%s",
		    TR(inv->language, "\n`--secrets` shows the secrets.\n",
			"\n加 `--secrets` 可显示密钥。\n"));
}
