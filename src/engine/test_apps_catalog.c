/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hangs on a credential beside its secret: the app's catalog, and the
 * scopes of all credentials of its dialect.
 */
#include "engine/apps.h"
#include "engine/test_world.h"

static struct world world;
static struct store_conn *conn;
static struct apps *apps;

static const struct engine_dialect dialects[] = {
    {.name = "wangdian"}, {.name = "intents"}};

int
setup(void **state)
{
	struct err err = {0};

	(void)state;
	world_open(&world);
	check_err(store_connect(world.store, STORE_WRITER, &conn, &err),
	    ERR_OK);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	apps_free(&apps);
	store_disconnect(&conn);
	store_close(&world.store);
	return 0;
}

/* An app with a credential of this scope and a flag of this name. */
static void
add_app(const char *id, const char *scope, const char *flag_name)
{
	struct app_record app = {.id = str_from(id),
	    .name = str_from(id),
	    .rate = 100,
	    .policy = STR("")};
	struct credential_record credential = {.dialect = STR("wangdian"),
	    .key = str_from(id),
	    .scope = str_from(scope),
	    .secret = STR("s")};
	struct flag flag = {.name = str_from(flag_name), .enabled = true};
	struct err err = {0};

	check_err(store_begin(conn, NULL, 0, &err), ERR_OK);
	check_err(store_app_put(conn, &app, &err), ERR_OK);
	credential.app = app.no;
	check_err(store_credential_put(conn, &credential, &err), ERR_OK);
	if (flag_name != NULL)
		check_err(store_flag_put(conn, app.no, &flag, &err), ERR_OK);
	check_err(store_commit(conn, &err), ERR_OK);
}

static void
set_rate(int64_t rate)
{
	struct app_record *list;
	struct credential_record *credentials;
	size_t count, credential_count;
	struct arena a;
	struct err err = {0};

	arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
	check_err(store_begin(conn, NULL, 0, &err), ERR_OK);
	check_err(store_apps(conn, &a, &list, &count, &credentials,
		      &credential_count, &err),
	    ERR_OK);
	assert_int_equal(count, 1);
	list[0].rate = rate;
	check_err(store_app_put(conn, &list[0], &err), ERR_OK);
	check_err(store_commit(conn, &err), ERR_OK);
	arena_fini(&a);
}

static void
load(void)
{
	struct err err = {0};

	check_err(apps_load(conn, dialects, 2, &apps, &err), ERR_OK);
}

static void
check_credential(const char *dialect, const char *key, const char *flag,
    bool scopes)
{
	bool known;
	const struct credential *c = apps_find(apps, dialect, str_from(key),
	    &known);

	assert_non_null(c->catalog);
	if (flag != NULL)
		assert_non_null(
		    catalog_purchase_flag(c->catalog, str_from(flag)));
	else
		assert_int_equal(c->catalog->flag_count, 0);
	assert_int_equal(map_find(c->scopes, STR("sid1")) != NULL, scopes);
	assert_int_equal(map_find(c->scopes, STR("sid2")) != NULL, scopes);
	assert_null(map_find(c->scopes, STR("sid3")));
	apps_release(c);
}

void
test_credentials_have_their_apps_catalog(void **state)
{
	(void)state;
	add_app("one", "sid1", "aa");
	add_app("two", "sid2", NULL);
	add_app("three", NULL, "bb");
	load();
	check_credential("wangdian", "one", "aa", true);
	check_credential("wangdian", "two", NULL, true);
	check_credential("wangdian", "three", "bb", true);
	check_credential("wangdian", "nobody", NULL, true);
	check_credential("intents", "one", NULL, false);
}

void
test_no_apps_no_catalogs(void **state)
{
	bool known = true;
	const struct credential *c;

	(void)state;
	load();
	c = apps_find(apps, "wangdian", STR("x"), &known);
	assert_false(known);
	assert_ptr_equal(c->catalog, &catalog_empty);
	assert_null(map_find(c->scopes, STR("sid1")));
	apps_release(c);
}

void
test_app_with_a_rate_out_of_range_is_disabled(void **state)
{
	static const int64_t rates[] = {
	    -5, LIMIT_RATE_MAX + 1, 0, LIMIT_RATE_MAX};
	bool known;

	(void)state;
	add_app("one", NULL, NULL);
	for (size_t i = 0; i < 4; i++) {
		const struct credential *c;

		set_rate(rates[i]);
		apps_free(&apps);
		load();
		c = apps_find(apps, "wangdian", STR("one"), &known);
		assert_true(known);
		assert_int_equal(c->disabled, i < 2);
		assert_in_range(c->policy.rate, 0, LIMIT_RATE_MAX);
		apps_release(c);
	}
}
