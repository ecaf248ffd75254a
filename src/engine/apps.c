/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot is one arena: the store's records, the credentials made of them,
 * the apps' catalogs, maps from key to credential and of all scopes per dialect,
 * and one stand-in per dialect.
 */
#include "engine/apps.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"

struct entry {
	struct credential credential;
	struct apps *owner;
};

/* One dialect's view of the snapshot. */
struct dialect_apps {
	const char *name;
	credential_prepare_f *prepare;
	struct map by_key; /* of struct entry */
	struct map scopes; /* of any entry that has the scope */
	struct entry stand_in;
};

struct apps {
	struct arena arena;
	int held;
	struct dialect_apps *dialects;
	int dialect_count;
};

/* What the store gave, and the policies made of it. */
struct records {
	struct app_record *apps;
	size_t app_count;
	struct policy *policies;  /* one per app */
	struct catalog *catalogs; /* one per app */
	struct credential_record *credentials;
	size_t credential_count;
};

static struct dialect_apps *
find_dialect(struct apps *a, struct str name)
{
	for (int i = 0; i < a->dialect_count; i++)
		if (str_eq(str_from(a->dialects[i].name), name))
			return &a->dialects[i];
	return NULL;
}

/* A credential that cannot be prepared must not verify against nothing. */
static bool
prepare(struct apps *a, const struct dialect_apps *d, struct entry *e)
{
	e->owner = a;
	if (d->prepare == NULL)
		return true;
	e->credential.prepared = d->prepare(&a->arena, &e->credential);
	return e->credential.prepared != NULL;
}

static bool
add_dialects(struct apps *a, const struct engine_dialect *dialects, int count)
{
	const struct str nothing = STR("");

	a->dialects = ARENA_ARRAY(&a->arena, (size_t)count,
	    struct dialect_apps);
	if (a->dialects == NULL)
		return false;
	a->dialect_count = count;
	for (int i = 0; i < count; i++) {
		struct dialect_apps *d = &a->dialects[i];
		struct credential *c = &d->stand_in.credential;

		d->name = dialects[i].name;
		d->prepare = dialects[i].prepare;
		map_init(&d->by_key, &a->arena);
		map_init(&d->scopes, &a->arena);
		c->app_id = c->key = c->scope = nothing;
		c->secret = c->session = nothing;
		c->catalog = &catalog_empty;
		c->scopes = &d->scopes;
		policy_init(&c->policy);
		if (!prepare(a, d, &d->stand_in))
			return false;
	}
	return true;
}

static void
disable(struct app_record *app, const char *why)
{
	app->disabled = true;
	log_message(LOG_ERROR, "app_policy",
	    "app %.*s is disabled until its policies are mended: %s",
	    STR_ARG(app->id), why);
}

static void
read_policy(struct apps *a, struct app_record *app, struct policy *out)
{
	struct err err = {0};

	policy_init(out);
	if (app->rate < RATE_UNLIMITED || app->rate > LIMIT_RATE_MAX) {
		disable(app, "its rate is out of range");
		return;
	}
	out->rate = app->rate;
	if (str_is_null(app->policy) ||
	    policy_parse(out, &a->arena, app->policy, &err) == ERR_OK)
		return;
	disable(app, err.detail);
}

static int
compare_app(const void *no, const void *app)
{
	int64_t a = *(const int64_t *)no;
	int64_t b = ((const struct app_record *)app)->no;

	return (a > b) - (a < b);
}

static bool
add_credential(struct apps *a, const struct records *r,
    const struct credential_record *record)
{
	struct dialect_apps *d = find_dialect(a, record->dialect);
	const struct app_record *app;
	struct entry *e;

	app = bsearch(&record->app, r->apps, r->app_count, sizeof(*r->apps),
	    compare_app);
	if (d == NULL || app == NULL)
		return true; /* of a dialect this program does not speak */
	e = ARENA_NEW(&a->arena, struct entry);
	if (e == NULL)
		return false;
	e->credential = (struct credential){
	    .app = app->no,
	    .app_id = app->id,
	    .disabled = app->disabled,
	    .policy = r->policies[app - r->apps],
	    .key = record->key,
	    .scope = record->scope,
	    .secret = record->secret,
	    .session = record->session,
	    .catalog = &r->catalogs[app - r->apps],
	    .scopes = &d->scopes,
	};
	if (!str_is_null(record->scope) &&
	    map_put(&d->scopes, record->scope, e) != ERR_OK)
		return false;
	return prepare(a, d, e) &&
	    map_put(&d->by_key, record->key, e) == ERR_OK;
}

static enum err_code
read_catalogs(struct apps *a, struct store_conn *c, struct records *r,
    struct err *err)
{
	struct store_catalogs all;
	enum err_code code = store_catalogs_load(c, &a->arena, 0, &all, err);

	if (code != ERR_OK)
		return code;
	r->catalogs = ARENA_ARRAY(&a->arena, r->app_count, struct catalog);
	if (r->catalogs == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "too many apps");
	for (size_t i = 0; i < r->app_count; i++)
		store_catalog_of(&all, r->apps[i].no, &r->catalogs[i]);
	return ERR_OK;
}

static enum err_code
read_records(struct apps *a, struct store_conn *c, struct records *r,
    struct err *err)
{
	enum err_code code;

	code = store_apps(c, &a->arena, &r->apps, &r->app_count,
	    &r->credentials, &r->credential_count, err);
	if (code != ERR_OK)
		return code;
	r->policies = ARENA_ARRAY(&a->arena, r->app_count, struct policy);
	if (r->policies == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "too many apps");
	for (size_t i = 0; i < r->app_count; i++)
		read_policy(a, &r->apps[i], &r->policies[i]);
	return read_catalogs(a, c, r, err);
}

enum err_code
apps_load(struct store_conn *c, const struct engine_dialect *dialects,
    int dialect_count, struct apps **out, struct err *err)
{
	struct apps *a = calloc(1, sizeof(*a));
	struct records records = {0};
	enum err_code code;
	bool fits;

	assert(c != NULL);
	assert(dialect_count >= 0);
	assert(out != NULL);
	if (a == NULL)
		return err_set(err, ERR_NO_MEMORY, "", "no memory for apps");
	a->held = 1;
	arena_init(&a->arena, LIMIT_APPS_ARENA_BYTES);
	code = read_records(a, c, &records, err);
	fits = code == ERR_OK && add_dialects(a, dialects, dialect_count);
	for (size_t i = 0; fits && i < records.credential_count; i++)
		fits = add_credential(a, &records, &records.credentials[i]);
	if (code == ERR_OK && (!fits || arena_failed(&a->arena)))
		code = err_set(err, ERR_NO_MEMORY, "", "too many apps");
	if (code == ERR_OK)
		*out = a;
	else
		apps_free(&a);
	return code;
}

static void
let_go(struct apps *a)
{
	assert(a->held > 0);
	if (--a->held > 0)
		return;
	arena_fini(&a->arena);
	free(a);
}

const struct credential *
apps_find(struct apps *a, const char *dialect, struct str key, bool *known)
{
	struct dialect_apps *d = find_dialect(a, str_from(dialect));
	struct entry *e = NULL;

	assert(d != NULL);
	assert(known != NULL);
	if (!str_is_null(key))
		e = map_find(&d->by_key, key);
	*known = e != NULL;
	if (e == NULL)
		e = &d->stand_in;
	a->held++;
	return &e->credential;
}

void
apps_release(const struct credential *c)
{
	const struct entry *e = (const void *)c;

	static_assert(offsetof(struct entry, credential) == 0,
	    "a credential is found back to its entry");
	assert(c != NULL);
	let_go(e->owner);
}

void
apps_free(struct apps **a)
{
	assert(a != NULL);
	if (*a != NULL)
		let_go(*a);
	*a = NULL;
}

static void
offer(struct apps_handover *h, struct store_conn *c)
{
	struct apps *fresh = NULL, *old;
	struct err err = {0};
	enum err_code code;

	code = apps_load(c, h->dialects, h->dialect_count, &fresh, &err);
	if (code != ERR_OK) {
		log_message(LOG_ERROR, "apps_reload",
		    "the apps stay as they were for now: %s: %s",
		    err_name(code), err.detail);
		atomic_store(&h->missed, true);
		return;
	}
	atomic_store(&h->missed, false);
	old = atomic_exchange(&h->fresh, fresh);
	apps_free(&old);
}

void
apps_offer(struct apps_handover *h, struct store_conn *c)
{
	assert(h != NULL);
	(void)pthread_mutex_lock(&h->lock);
	offer(h, c);
	(void)pthread_mutex_unlock(&h->lock);
}
