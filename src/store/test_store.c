/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's contract, on whatever database STORE_TEST_URL names (SQLite when
 * it names none): reading, groups, names, answers, history, apps.
 */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/test_world.h"

static struct world world;

int
setup(void **state)
{
	(void)state;
	must_open_world(&world);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	close_world(&world);
	return 0;
}

/* An order of its own id, created. */
static struct order *
must_create(int64_t id, int64_t app)
{
	struct order *o = sample_order(&world.a);

	o->id = id;
	o->app = app;
	must_change(&world, NULL, o);
	return o;
}

/* --- opening ------------------------------------------------------------------ */

void
test_store_opens_again(void **state)
{
	struct order *o = must_create(5, 7);

	(void)state;
	close_world(&world);
	must_open_world(&world);
	check_err(store_ping(world.r, &world.err), ERR_OK);
	assert_int_equal(must_find(&world, 7, NAME_INTENT, "intent_5")->id, 5);
	(void)o;
}

void
test_another_key_is_refused(void **state)
{
	uint8_t other[BOX_KEY_BYTES] = {1};
	struct store_config config = {
	    .url = world_url(), .master_key = other, .backup_dir = "."};
	struct store *store;

	(void)state;
	check_err(store_open(&config, &store, &world.err), ERR_USAGE);
	assert_non_null(strstr(world.err.detail, "master key"));
	assert_null(store);
}

void
test_unknown_database_is_refused(void **state)
{
	struct store_config config = {
	    .url = STR("oracle:x"), .master_key = world_key, .backup_dir = "."};
	struct store *store;

	(void)state;
	check_err(store_open(&config, &store, &world.err), ERR_USAGE);
}

/* --- names -------------------------------------------------------------------- */

void
test_order_answers_to_its_derived_names(void **state)
{
	struct order *o = must_create(88, 7);

	(void)state;
	check_same_order(must_find(&world, 7, NAME_INTENT, "intent_88"), o);
	check_same_order(must_find(&world, 7, NAME_PURCHASE_NO, "CG88"), o);
	check_same_order(must_find(&world, 7, NAME_TRADE_NO, "DD88"), o);
	check_same_order(must_find(&world, 7, NAME_PURCHASE_ORDER, "88"), o);
	check_err(find_code(&world, 7, NAME_INTENT, "intent_89"),
	    ERR_NOT_FOUND);
	check_err(find_code(&world, 7, NAME_INTENT, "88"), ERR_NOT_FOUND);
	check_err(find_code(&world, 7, NAME_PURCHASE_NO, "nonsense"),
	    ERR_NOT_FOUND);
}

void
test_given_name_takes_the_derived_ones_place(void **state)
{
	struct order *o = sample_order(&world.a);

	(void)state;
	o->purchase_no = STR("CG2204130001");
	o->purchase_order = STR("3045861756863154425");
	must_change(&world, NULL, o);
	check_same_order(must_find(&world, 7, NAME_PURCHASE_NO, "CG2204130001"),
	    o);
	/* It has the form of an id, and yet it was given. */
	check_same_order(
	    must_find(&world, 7, NAME_PURCHASE_ORDER, "3045861756863154425"),
	    o);
	check_same_order(must_find(&world, 7, NAME_INTENT, "intent_67890"), o);
	check_same_order(must_find(&world, 7, NAME_TRADE_NO, "DD67890"), o);
	check_err(find_code(&world, 7, NAME_PURCHASE_NO, "CG67890"),
	    ERR_NOT_FOUND);
	check_err(find_code(&world, 7, NAME_PURCHASE_ORDER, "67890"),
	    ERR_NOT_FOUND);
	/* A name of one kind is none of another. */
	check_err(find_code(&world, 7, NAME_TRADE_NO, "CG2204130001"),
	    ERR_NOT_FOUND);
}

void
test_another_apps_order(void **state)
{
	struct order *o = sample_order(&world.a);

	(void)state;
	o->trade_no = STR("DD-mine");
	must_change(&world, NULL, o);
	check_err(find_code(&world, 8, NAME_INTENT, "intent_67890"),
	    ERR_NOT_YOURS);
	check_err(find_code(&world, 8, NAME_PURCHASE_NO, "CG67890"),
	    ERR_NOT_YOURS);
	check_err(find_code(&world, 8, NAME_TRADE_NO, "DD-mine"),
	    ERR_NOT_FOUND);
	check_err(find_code(&world, 8, NAME_TRADE_NO, "DD67890"),
	    ERR_NOT_FOUND);
}

void
test_name_is_taken_within_an_app_only(void **state)
{
	struct order *a = sample_order(&world.a);
	struct order *b = sample_order(&world.a);

	(void)state;
	a->purchase_no = b->purchase_no = STR("P-1");
	b->id = 2;
	must_change(&world, NULL, a);
	must_begin(&world);
	check_refused(&world, change(&world, NULL, b), ERR_NAME_TAKEN);
	check_err(find_code(&world, 7, NAME_INTENT, "intent_2"), ERR_NOT_FOUND);
	b->app = 8;
	must_change(&world, NULL, b);
	assert_int_equal(must_find(&world, 8, NAME_PURCHASE_NO, "P-1")->id, 2);
	assert_int_equal(must_find(&world, 7, NAME_PURCHASE_NO, "P-1")->id,
	    67890);
}

/* --- a group ---------------------------------------------------------------------- */

void
test_refs_to_one_order_share_it(void **state)
{
	struct store_ref refs[] = {
	    {.app = 7, .kind = NAME_INTENT, .name = STR("intent_5")},
	    {.app = 7, .kind = NAME_PURCHASE_NO, .name = STR("CG5")},
	    {.app = 7, .kind = NAME_INTENT, .name = STR("intent_6")},
	    {.app = 8, .kind = NAME_INTENT, .name = STR("intent_5")},
	    {.app = 7, .kind = NAME_TRADE_NO, .name = STR("DD7")},
	};

	(void)state;
	must_create(5, 7);
	must_create(7, 7);
	must_begin(&world);
	check_err(store_refs_load(world.w, &world.a, refs, 5, &world.err),
	    ERR_OK);
	store_rollback(world.w);
	check_err(refs[0].code, ERR_OK);
	assert_ptr_equal(refs[0].order, refs[1].order);
	check_err(refs[2].code, ERR_NOT_FOUND);
	check_err(refs[3].code, ERR_NOT_YOURS);
	assert_null(refs[3].order);
	assert_int_equal(refs[4].order->id, 7);
}

void
test_rollback_leaves_nothing_and_its_numbers_are_used_again(void **state)
{
	struct order *o = sample_order(&world.a);
	int64_t first;

	(void)state;
	must_begin(&world);
	check_err(change(&world, NULL, o), ERR_OK);
	first = o->last_seq;
	store_rollback(world.w);
	check_err(find_code(&world, 7, NAME_INTENT, "intent_67890"),
	    ERR_NOT_FOUND);
	must_change(&world, NULL, o);
	assert_int_equal(o->last_seq, first);
}

void
test_order_can_be_made_and_changed_in_one_group(void **state)
{
	struct order *o = sample_order(&world.a);
	struct order *changed = order_copy(&world.a, o);

	(void)state;
	changed->remarks = STR("quick");
	must_begin(&world);
	check_err(change(&world, NULL, o), ERR_OK);
	check_err(change(&world, o, changed), ERR_OK);
	must_commit(&world);
	check_same_order(must_find(&world, 7, NAME_INTENT, "intent_67890"),
	    changed);
	assert_int_equal(changed->last_seq, o->last_seq + 1);
}

void
test_reader_sees_one_state(void **state)
{
	struct order *o = must_create(5, 7), *then;
	struct sample_random r = {5};

	(void)state;
	check_err(store_read_begin(world.r, &world.err), ERR_OK);
	then = must_find(&world, 7, NAME_INTENT, "intent_5");
	must_change_random(&world, &r, o);
	check_same_order(must_find(&world, 7, NAME_INTENT, "intent_5"), then);
	store_read_end(world.r);
	assert_int_equal(must_find(&world, 7, NAME_INTENT, "intent_5")->version,
	    2);
}

void
test_long_read_is_cut(void **state)
{
	(void)state;
	must_create(5, 7);
	check_err(store_read_begin(world.r, &world.err), ERR_OK);
	(void)poll(NULL, 0, LIMIT_READ_MS + 50);
	check_err(find_code(&world, 7, NAME_INTENT, "intent_5"),
	    ERR_STORE_BUSY);
	store_read_end(world.r);
	check_err(find_code(&world, 7, NAME_INTENT, "intent_5"), ERR_OK);
}

void
test_log_is_counted_and_emptied(void **state)
{
	(void)state;
	must_be_embedded(&world);
	must_create(5, 7);
	assert_true(store_wal_bytes(world.w) > 0);
	check_err(store_checkpoint(world.w, STORE_RESTART, &world.err), ERR_OK);
	assert_int_equal(store_wal_bytes(world.w), 0);
	check_err(find_code(&world, 7, NAME_INTENT, "intent_5"), ERR_OK);
}

/* --- stored answers ---------------------------------------------------------------- */

static struct store_answer
answer_of(int64_t at_ms, int64_t app, uint8_t digest)
{
	return (struct store_answer){
	    .app = app,
	    .identity = {.present = true,
		.at_ms = at_ms,
		.kept_ms = SAMPLE_NOW_MS + LIMIT_KEY_KEPT_MS,
		.digest = {digest},
		.body = {digest, 9}},
	    .order = 5,
	    .version = 3,
	    .items = STR_NONE,
	};
}

static void
must_write_answers(const struct store_answer *answers, size_t count)
{
	struct store_write w = {.answers = answers, .answer_count = count};

	must_begin(&world);
	check_err(store_write(world.w, &w, &world.err), ERR_OK);
	must_commit(&world);
}

static bool
answer_is_there(struct store_answer *answer)
{
	must_begin(&world);
	check_err(
	    store_answers_find(world.w, &world.a, 0, answer, 1, &world.err),
	    ERR_OK);
	store_rollback(world.w);
	return answer->found;
}

void
test_answers_are_found_by_their_identity(void **state)
{
	struct store_answer signed_one = answer_of(SAMPLE_NOW_MS, 7, 1);
	struct store_answer keyed = answer_of(0, 7, 1);
	struct store_answer wanted[] = {answer_of(SAMPLE_NOW_MS, 7, 1),
	    answer_of(0, 7, 1), answer_of(SAMPLE_NOW_MS, 8, 1),
	    answer_of(SAMPLE_NOW_MS, 7, 2), answer_of(0, 7, 1)};

	(void)state;
	keyed.items = STR("[1,2]");
	must_write_answers(&signed_one, 1);
	must_write_answers(&keyed, 1);
	wanted[0].order = wanted[0].version = 0;
	wanted[4].identity.present = false;
	must_begin(&world);
	check_err(
	    store_answers_find(world.w, &world.a, 0, wanted, 5, &world.err),
	    ERR_OK);
	store_rollback(world.w);
	assert_true(wanted[0].found);
	assert_int_equal(wanted[0].order, 5);
	assert_int_equal(wanted[0].version, 3);
	check_str(wanted[0].items, NULL);
	assert_true(wanted[1].found);
	check_str(wanted[1].items, "[1,2]");
	assert_memory_equal(wanted[1].body, keyed.identity.body,
	    IDENTITY_BYTES);
	assert_false(wanted[2].found);
	assert_false(wanted[3].found);
	assert_false(wanted[4].found);
}

void
test_same_answer_twice_is_an_error(void **state)
{
	struct store_answer twice[] = {answer_of(1, 7, 1), answer_of(1, 7, 1)};
	struct store_write w = {.answers = twice, .answer_count = 2};

	(void)state;
	must_begin(&world);
	check_refused(&world, store_write(world.w, &w, &world.err),
	    ERR_STORE_CONFLICT);
	assert_false(answer_is_there(&twice[0]));
}

void
test_old_answers_are_forgotten(void **state)
{
	int64_t now_ms = SAMPLE_NOW_MS;
	struct store_answer all[] = {
	    answer_of(now_ms - LIMIT_ANSWER_KEPT_MS - 1, 7, 1),
	    answer_of(now_ms - LIMIT_ANSWER_KEPT_MS, 7, 2), answer_of(0, 7, 3),
	    answer_of(0, 7, 4)};

	(void)state;
	all[2].identity.kept_ms = now_ms - 1;
	all[3].identity.kept_ms = now_ms;
	must_write_answers(all, 4);
	must_begin(&world);
	check_err(store_prune(world.w, now_ms, 100, &world.err), ERR_OK);
	must_commit(&world);
	assert_false(answer_is_there(&all[0]));
	assert_true(answer_is_there(&all[1]));
	assert_false(answer_is_there(&all[2]));
	assert_true(answer_is_there(&all[3]));
}

void
test_forgetting_has_a_limit(void **state)
{
	struct store_answer all[10];
	int left = 0;

	(void)state;
	for (uint8_t i = 0; i < 10; i++)
		all[i] = answer_of(1 + i, 7, i);
	must_write_answers(all, 10);
	must_begin(&world);
	check_err(store_prune(world.w, SAMPLE_NOW_MS, 8, &world.err), ERR_OK);
	must_commit(&world);
	for (int i = 0; i < 10; i++)
		left += answer_is_there(&all[i]);
	assert_int_equal(left, 6);
	assert_false(answer_is_there(&all[0])); /* the oldest first */
}

/* --- history --------------------------------------------------------------------------- */

void
test_history_is_paged_oldest_first(void **state)
{
	struct sample_random r = {9};
	struct order *o = must_create(5, 7);
	struct feed_item *items;
	size_t count;
	bool more;

	(void)state;
	must_create(6, 7); /* between them in the log */
	while (o->version < 10)
		o = must_change_random(&world, &r, o);
	check_err(store_history(world.r, &world.a, o, 3, 4, &items, &count,
		      &more, &world.err),
	    ERR_OK);
	assert_int_equal(count, 4);
	assert_true(more);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(items[i].amendment.version, 4 + i);
		assert_int_equal(items[i].order, 5);
		assert_true(amendment_is_sealed(&items[i].amendment));
	}
	check_err(store_history(world.r, &world.a, o, 7, 4, &items, &count,
		      &more, &world.err),
	    ERR_OK);
	assert_int_equal(count, 3);
	assert_false(more);
	assert_int_equal(items[2].amendment.seq, o->last_seq);
	check_err(store_history(world.r, &world.a, o, 10, 4, &items, &count,
		      &more, &world.err),
	    ERR_OK);
	assert_int_equal(count, 0);
	assert_false(more);
}

void
test_feed_is_an_apps_own(void **state)
{
	struct feed_item *items;
	size_t count;

	(void)state;
	for (int64_t id = 1; id <= 9; id++)
		must_create(id, id % 3 == 0 ? 8 : 7);
	check_err(
	    store_feed(world.r, &world.a, 8, 0, 2, &items, &count, &world.err),
	    ERR_OK);
	assert_int_equal(count, 2);
	assert_int_equal(items[0].order, 3);
	assert_int_equal(items[1].order, 6);
	check_err(store_feed(world.r, &world.a, 8, items[1].amendment.seq, 2,
		      &items, &count, &world.err),
	    ERR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(items[0].order, 9);
	check_err(
	    store_feed(world.r, &world.a, 9, 0, 2, &items, &count, &world.err),
	    ERR_OK);
	assert_int_equal(count, 0);
}

void
test_every_version_can_be_had_again(void **state)
{
	struct sample_random r = {77};
	struct order *versions[201], *then;

	(void)state;
	versions[1] = must_create(5, 7);
	for (int v = 2; v <= 200; v++)
		versions[v] = must_change_random(&world, &r, versions[v - 1]);
	for (int v = 1; v <= 200; v += v < 190 ? 13 : 1) {
		check_err(store_order_at(
			      world.r, &world.a, 7, 5, v, &then, &world.err),
		    ERR_OK);
		check_same_order(then, versions[v]);
	}
	check_err(
	    store_order_at(world.r, &world.a, 7, 5, 201, &then, &world.err),
	    ERR_NOT_FOUND);
	check_err(store_order_at(world.r, &world.a, 7, 5, 0, &then, &world.err),
	    ERR_NOT_FOUND);
	check_err(store_order_at(world.r, &world.a, 8, 5, 1, &then, &world.err),
	    ERR_NOT_FOUND);
	check_err(store_order_at(world.r, &world.a, 7, 6, 1, &then, &world.err),
	    ERR_NOT_FOUND);
}

void
test_deleted_order_keeps_its_history(void **state)
{
	struct sample_random r = {3};
	struct order *first = sample_order(&world.a), *second, *then;

	(void)state;
	first->purchase_no = STR("P-1");
	must_change(&world, NULL, first);
	second = must_change_random(&world, &r, first);
	must_change(&world, second, NULL);
	check_err(find_code(&world, 7, NAME_INTENT, "intent_67890"),
	    ERR_NOT_FOUND);
	check_err(find_code(&world, 7, NAME_PURCHASE_NO, "P-1"), ERR_NOT_FOUND);
	check_err(
	    store_order_at(world.r, &world.a, 7, 67890, 1, &then, &world.err),
	    ERR_OK);
	check_same_order(then, first);
	check_err(
	    store_order_at(world.r, &world.a, 7, 67890, 2, &then, &world.err),
	    ERR_OK);
	check_same_order(then, second);
	check_err(
	    store_order_at(world.r, &world.a, 7, 67890, 3, &then, &world.err),
	    ERR_NOT_FOUND);
	/* The name is free again. */
	first->id = 2;
	first->last_seq = 0;
	memset(first->last_hash, 0, sizeof(first->last_hash));
	must_change(&world, NULL, first);
}

void
test_orders_are_listed_by_id(void **state)
{
	struct order *orders;
	size_t count;

	(void)state;
	for (int64_t id = 1; id <= 9; id++)
		must_create(id, id % 3 == 0 ? 8 : 7);
	check_err(store_orders(
		      world.r, &world.a, 0, 2, 3, &orders, &count, &world.err),
	    ERR_OK);
	assert_int_equal(count, 3);
	assert_int_equal(orders[0].id, 3);
	assert_int_equal(orders[2].id, 5);
	check_err(store_orders(world.r, &world.a, 8, 3, 100, &orders, &count,
		      &world.err),
	    ERR_OK);
	assert_int_equal(count, 2);
	assert_int_equal(orders[0].id, 6);
}

/* --- apps -------------------------------------------------------------------------------- */

static struct app_record
app_of(const char *id)
{
	return (struct app_record){.id = str_from(id),
	    .name = STR("名"),
	    .rate = 100,
	    .policy = STR("rate.put=5\n"),
	    .created_ms = 3};
}

static int64_t
must_put_app(const char *id)
{
	struct app_record app = app_of(id);

	must_begin(&world);
	check_err(store_app_put(world.w, &app, &world.err), ERR_OK);
	must_commit(&world);
	assert_true(app.no > 0);
	return app.no;
}

static struct credential_record
credential_of(int64_t app, const char *dialect, const char *key)
{
	return (struct credential_record){.app = app,
	    .dialect = str_from(dialect),
	    .key = str_from(key),
	    .secret = STR("hush-hush-very-secret")};
}

static enum err_code
put_credential(const struct credential_record *r)
{
	enum err_code code;

	must_begin(&world);
	code = store_credential_put(world.w, r, &world.err);
	if (code == ERR_OK)
		must_commit(&world);
	else
		store_rollback(world.w);
	return code;
}

void
test_apps_come_back_and_change(void **state)
{
	struct app_record *apps, app = app_of("one");
	struct credential_record *credentials;
	size_t app_count, credential_count;
	int64_t one = must_put_app("one");

	(void)state;
	must_put_app("two");
	must_begin(&world);
	check_err(store_app_put(world.w, &app, &world.err), ERR_NAME_TAKEN);
	app.no = one;
	app.disabled = true;
	app.rate = 0;
	check_err(store_app_put(world.w, &app, &world.err), ERR_OK);
	app.id = STR("two");
	check_err(store_app_put(world.w, &app, &world.err), ERR_NAME_TAKEN);
	must_commit(&world);
	check_err(store_apps(world.r, &world.a, &apps, &app_count, &credentials,
		      &credential_count, &world.err),
	    ERR_OK);
	assert_int_equal(app_count, 2);
	assert_int_equal(credential_count, 0);
	assert_int_equal(apps[0].no, one);
	check_str(apps[0].id, "one");
	check_str(apps[0].name, "名");
	assert_true(apps[0].disabled);
	assert_int_equal(apps[0].rate, 0);
	check_str(apps[0].policy, "rate.put=5\n");
	assert_int_equal(apps[0].created_ms, 3);
	assert_false(apps[1].disabled);
}

void
test_credentials_are_replaced_and_unique(void **state)
{
	int64_t one = must_put_app("one"), two = must_put_app("two");
	struct credential_record a = credential_of(one, "intents", "k1");
	struct credential_record b = credential_of(one, "top", "k1");
	struct credential_record *credentials;
	size_t app_count, credential_count;
	struct app_record *apps;

	(void)state;
	b.scope = STR("scope");
	b.session = STR("session");
	check_err(put_credential(&a), ERR_OK);
	check_err(put_credential(&b), ERR_OK);
	a.app = two;
	check_err(put_credential(&a), ERR_NAME_TAKEN);
	a = credential_of(one, "intents", "k2");
	a.secret = STR("new");
	check_err(put_credential(&a), ERR_OK);
	check_err(store_apps(world.r, &world.a, &apps, &app_count, &credentials,
		      &credential_count, &world.err),
	    ERR_OK);
	assert_int_equal(credential_count, 2);
	check_str(credentials[0].key, "k2");
	check_str(credentials[0].secret, "new");
	check_str(credentials[0].session, NULL);
	check_str(credentials[1].dialect, "top");
	check_str(credentials[1].scope, "scope");
	check_str(credentials[1].secret, "hush-hush-very-secret");
	check_str(credentials[1].session, "session");
	a = credential_of(two, "intents", "k1"); /* given up by the first */
	check_err(put_credential(&a), ERR_OK);
}

/* --- faults ------------------------------------------------------------------------------ */

static void
count_report(void *arg, const char *sentence)
{
	print_error("%s\n", sentence);
	++*(int *)arg;
}

static void
check_is_sound(int64_t want_orders, int64_t want_amendments)
{
	int64_t orders, amendments;
	int faults = 0;

	check_err(store_check(world.r, count_report, &faults, &orders,
		      &amendments, &world.err),
	    ERR_OK);
	assert_int_equal(faults, 0);
	assert_int_equal(orders, want_orders);
	assert_int_equal(amendments, want_amendments);
}

/* A group as the engine runs it; rolled back at the first error. */
static enum err_code
run_group(struct order *changed, struct order *created)
{
	struct store_answer answer = answer_of(1, 7, 1);
	struct store_write answers = {.answers = &answer, .answer_count = 1};
	struct store_ref ref = {
	    .app = 7, .kind = NAME_INTENT, .name = STR("intent_5")};
	enum err_code code = store_begin(world.w, world_apps, WORLD_APPS,
	    &world.err);

	if (code != ERR_OK)
		return code;
	code = store_answers_find(world.w, &world.a, 0, &answer, 1, &world.err);
	if (code == ERR_OK)
		code = store_refs_load(world.w, &world.a, &ref, 1, &world.err);
	if (code == ERR_OK)
		code = change(&world, ref.order, changed);
	if (code == ERR_OK)
		code = change(&world, NULL, created);
	if (code == ERR_OK)
		answer.version = changed->version;
	if (code == ERR_OK)
		code = store_write(world.w, &answers, &world.err);
	if (code == ERR_OK)
		code = store_commit(world.w, &world.err);
	store_rollback(world.w);
	return code;
}

void
test_fault_at_any_step_leaves_the_store_whole(void **state)
{
	struct order *before = must_create(5, 7);
	int64_t n = 0;
	enum err_code code;

	(void)state;
	do {
		struct order *changed = order_copy(&world.a, before);
		struct order *created = sample_order(&world.a);

		changed->remarks = STR("later");
		created->id = 6;
		created->purchase_no = STR("P-6");
		sql_fault_set(++n, ERR_STORE_FULL);
		code = run_group(changed, created);
		sql_fault_set(0, ERR_OK);
		if (code != ERR_OK) {
			check_err(code, ERR_STORE_FULL);
			check_is_sound(1, 1);
			check_same_order(
			    must_find(&world, 7, NAME_INTENT, "intent_5"),
			    before);
		}
	} while (code != ERR_OK);
	assert_true(n > 15); /* each statement twice, and the commit */
	check_is_sound(2, 3);
}

void
test_backup_is_a_store(void **state)
{
	struct store_config config = {.url = STR("sqlite:copy.db"),
	    .master_key = world_key,
	    .backup_dir = "."};
	struct store *store;

	(void)state;
	must_be_embedded(&world);
	must_create(5, 7);
	check_err(store_backup(world.r, "copy.db", &world.err), ERR_OK);
	check_err(store_backup(world.r, "copy.db", &world.err),
	    ERR_STORE_FAILED);
	must_create(6, 7);
	check_err(store_open(&config, &store, &world.err), ERR_OK);
	store_disconnect(&world.r);
	check_err(store_connect(store, STORE_READER, &world.r, &world.err),
	    ERR_OK);
	check_is_sound(1, 1);
	store_disconnect(&world.r);
	store_close(&store);
}

/* The whole file, searched for a secret that must not be in it. */
void
test_secrets_are_not_in_the_file(void **state)
{
	static const char secret[] = "hush-hush-very-secret";
	struct credential_record r = credential_of(must_put_app("one"),
	    "intents", "k1");
	size_t room = 1024 * 1024;
	char *bytes = arena_alloc(&world.a, room);
	ssize_t n;
	int fd;

	(void)state;
	must_be_embedded(&world);
	check_err(put_credential(&r), ERR_OK);
	check_err(store_backup(world.r, "copy.db", &world.err), ERR_OK);
	fd = open("copy.db", O_RDONLY);
	n = read(fd, bytes, room);
	close(fd);
	assert_true(n > 4096);
	assert_non_null(memmem(bytes, (size_t)n, "intents", 7));
	assert_null(memmem(bytes, (size_t)n, secret, sizeof(secret) - 1));
}
