/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading apps out of the store and making the credentials of one.
 */
#include <assert.h>
#include <stdlib.h>

#include "app/app_records.h"

/* 40 letters and digits are 238 bits. Nothing but these, so that a secret goes
 * through URLs, shells and configuration files as it is. */
#define SECRET_LETTERS 40
#define KEY_LETTERS 12
static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static const char *const access_names[] = {
    [ACCESS_INTENTS] = "intents",
    [ACCESS_WANGDIAN] = "wangdian",
    [ACCESS_FRANCHISER] = "franchiser",
    [ACCESS_TOP] = "top",
};

static_assert(sizeof(access_names) / sizeof(access_names[0]) == ACCESS__COUNT,
    "every access has its name");

const char *
access_name(enum access access)
{
	assert(access < ACCESS__COUNT);
	return access_names[access];
}

bool
access_parse(struct str name, enum access *out)
{
	for (int i = 0; i < ACCESS__COUNT; i++) {
		if (str_eq(name, str_from(access_names[i]))) {
			*out = (enum access)i;
			return true;
		}
	}
	return false;
}

/* Apps come by number. */
static struct app_view *
find_number(const struct app_list *list, int64_t no)
{
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->apps[middle].record.no < no)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->count && list->apps[low].record.no == no
	    ? &list->apps[low]
	    : NULL;
}

enum err_code
app_list_read(struct store_conn *c, struct arena *a, struct app_list *out,
    struct err *err)
{
	struct app_record *records;
	struct credential_record *credentials;
	size_t credential_count;
	enum err_code rc = store_apps(c, a, &records, &out->count, &credentials,
	    &credential_count, err);

	if (rc != ERR_OK)
		return rc;
	out->apps = ARENA_ARRAY(a, out->count + 1, struct app_view);
	if (out->apps == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "too many apps");
	for (size_t i = 0; i < out->count; i++)
		out->apps[i].record = records[i];
	for (size_t i = 0; i < credential_count; i++) {
		struct app_view *app = find_number(out, credentials[i].app);
		enum access access;

		/* A later version may know more dialects than this one. */
		if (app != NULL &&
		    access_parse(credentials[i].dialect, &access))
			app->credentials[access] = credentials[i];
	}
	return ERR_OK;
}

struct app_view *
app_list_find(const struct app_list *list, struct str id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (str_eq(list->apps[i].record.id, id))
			return &list->apps[i];
	}
	return NULL;
}

static const char *
app_id_at(const void *arg, size_t i)
{
	const struct app_list *list = arg;

	return i < list->count ? list->apps[i].record.id.p : NULL;
}

int
app_unknown(struct invocation *inv, const struct app_list *list, const char *id)
{
	const char *meant = nearest(id, app_id_at, list);

	if (meant != NULL)
		return fail(inv,
		    TR(inv->language,
			"there is no app \"%s\"; did you mean \"%s\"?",
			"没有应用 \"%s\";是否想写 \"%s\"?"),
		    id, meant);
	return fail(inv,
	    TR(inv->language,
		"there is no app \"%s\"; `procured app list` shows them",
		"没有应用 \"%s\";`procured app list` 列出全部应用"),
	    id);
}

struct str
random_text(struct arena *a, size_t n)
{
	char *text = arena_alloc(a, n + 1);
	const unsigned most = 256 / (sizeof(letters) - 1) *
	    (sizeof(letters) - 1);
	size_t have = 0;

	if (text == NULL)
		return STR_NONE;
	while (have < n) {
		uint8_t byte;

		random_bytes(&byte, 1);
		/* The bytes beyond would prefer the first letters. */
		if (byte < most)
			text[have++] = letters[byte % (sizeof(letters) - 1)];
	}
	return (struct str){text, n};
}

static bool
is_key_used(const struct app_list *list, enum access access, struct str key)
{
	for (size_t i = 0; i < list->count; i++) {
		if (str_eq(list->apps[i].credentials[access].key, key))
			return true;
	}
	return false;
}

/* Eight digits, as the platform's own app keys look. */
static struct str
random_app_key(struct arena *a)
{
	uint32_t number;

	random_bytes(&number, sizeof(number));
	return arena_printf(a, "%u", 20000000 + number % 80000000);
}

static struct str
make_key(enum access access, const struct app_view *app, struct arena *a)
{
	switch (access) {
	case ACCESS_INTENTS:
		return app->record.id;
	case ACCESS_WANGDIAN:
		return arena_printf(a, "wdt_%.*s",
		    STR_ARG(random_text(a, KEY_LETTERS)));
	case ACCESS_FRANCHISER:
		return arena_printf(a, "em_%.*s",
		    STR_ARG(random_text(a, KEY_LETTERS)));
	default:
		return random_app_key(a);
	}
}

void
app_make_access(struct app_view *app, enum access access, struct arena *a,
    const struct app_list *others)
{
	struct credential_record *c = &app->credentials[access];

	assert(access < ACCESS__COUNT);
	c->app = app->record.no;
	c->dialect = str_from(access_name(access));
	if (str_is_null(c->key)) {
		do {
			c->key = make_key(access, app, a);
		} while (access != ACCESS_INTENTS &&
		    is_key_used(others, access, c->key));
	}
	c->secret = random_text(a, SECRET_LETTERS);
	if (access == ACCESS_WANGDIAN) {
		if (str_is_null(c->scope))
			c->scope = app->record.id;
		c->secret = arena_printf(a, "%.*s:%.*s", STR_ARG(c->secret),
		    STR_ARG(random_text(a, SECRET_LETTERS)));
	}
	if (access == ACCESS_TOP)
		c->session = random_text(a, SECRET_LETTERS);
}
