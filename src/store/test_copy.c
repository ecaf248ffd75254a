/* SPDX-License-Identifier: Apache-2.0 */
/* A whole store into another one: everything arrives, nothing half is used. */
#include "store/copy.h"
#include "store/nodes.h"
#include "store/test_world.h"

#define TARGET "sqlite:copy.db"
#define ORDERS 700 /* several pages */
#define IDS_END_MS INT64_C(4000000000000)

static struct world world;
static struct sample_random randoms;
static struct store_copying how;
static struct store *target;

int
setup(void **state)
{
	(void)state;
	must_open_world(&world);
	randoms = (struct sample_random){.state = 7};
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	store_close(&target);
	close_world(&world);
	return 0;
}

static enum err_code
open_target(const char *url, bool unfinished)
{
	struct store_config config = {.url = str_from(url),
	    .master_key = world_key,
	    .backup_dir = ".",
	    .now_ms = 1,
	    .unfinished = unfinished};

	store_close(&target);
	return store_open(&config, &target, &world.err);
}

static enum err_code
copy(const char *url)
{
	check_err(open_target(url, true), ERR_OK);
	how.from = world.store;
	how.to = target;
	return store_copy(&how, &world.err);
}

static void
refused(const char *url, enum store_copy_refusal why)
{
	check_err(copy(url), ERR_USAGE);
	assert_int_equal(how.refusal, why);
}

static int64_t
rows_of(const char *table)
{
	for (int i = 0; i < STORE_COPY_TABLES; i++) {
		if (strcmp(how.copied[i].table, table) == 0)
			return how.copied[i].rows;
	}
	fail_msg("no table %s", table);
	return -1;
}

/* --- a store with something in each table ------------------------------------- */

static void
make_app(const char *id)
{
	struct app_record app = {.id = str_from(id),
	    .name = STR("名"),
	    .policy = STR(""),
	    .rate = RATE_UNLIMITED};
	struct credential_record credential = {.dialect = STR("top"),
	    .key = str_from(id),
	    .secret = STR("s3cret"),
	    .session = STR("session")};

	must_begin(&world);
	check_err(store_app_put(world.w, &app, &world.err), ERR_OK);
	credential.app = app.no;
	check_err(store_credential_put(world.w, &credential, &world.err),
	    ERR_OK);
	must_commit(&world);
}

static void
make_catalog(void)
{
	struct flag flag = {.name = STR("f"), .enabled = true};
	struct warehouse warehouse = {1, STR("W1"), STR_NONE};
	struct provider provider = {STR("P1"), STR("p")};
	struct carrier carrier = {.way = 1, .id = 2, .name = STR("c")};
	struct product product = {
	    .code = STR("A"), .title = STR("t"), .price_e4 = 5};
	struct stock_row stock = {
	    .app = 1, .warehouse = 1, .product = STR("A"), .on_hand = 9};

	must_begin(&world);
	check_err(store_flag_put(world.w, 1, &flag, &world.err), ERR_OK);
	check_err(store_warehouse_put(world.w, 1, &warehouse, &world.err),
	    ERR_OK);
	check_err(store_provider_put(world.w, 1, &provider, &world.err),
	    ERR_OK);
	check_err(store_carrier_put(world.w, 1, &carrier, &world.err), ERR_OK);
	check_err(store_product_put(world.w, 1, &product, &world.err), ERR_OK);
	check_err(store_stock_put(world.w, &stock, &world.err), ERR_OK);
	check_err(store_mark_put(world.w, "a mark", 42, &world.err), ERR_OK);
	must_commit(&world);
}

static void
make_answer(void)
{
	struct store_answer answer = {.app = 1,
	    .identity = {.present = true,
		.at_ms = SAMPLE_NOW_MS,
		.kept_ms = SAMPLE_NOW_MS},
	    .order = 100,
	    .version = 1};
	struct store_write w = {.answers = &answer, .answer_count = 1};

	must_begin(&world);
	check_err(store_write(world.w, &w, &world.err), ERR_OK);
	must_commit(&world);
}

/* A node that has put time into ids until IDS_END_MS. */
static void
lease_node(struct store_conn *c, struct store_node *node)
{
	*node = (struct store_node){
	    .holder = STR("h"), .ids_end_ms = IDS_END_MS};
	check_err(store_node_lease(c, 1, 1000, node, &world.err), ERR_OK);
}

static void
fill(void)
{
	struct store_node node;

	make_app("one");
	make_app("two");
	make_catalog();
	must_begin(&world);
	for (int i = 0; i < ORDERS; i++) {
		struct order *o = random_order(&world.a, &randoms, 100 + i);

		o->app = 1 + i % 2;
		o->trade_no = arena_printf(&world.a, "T%d", i);
		o->reserves = 0;
		check_err(change(&world, NULL, o), ERR_OK);
	}
	must_commit(&world);
	must_change(&world, must_find(&world, 2, NAME_TRADE_NO, "T1"), NULL);
	make_answer();
	lease_node(world.w, &node);
}

static void
count_fault(void *arg, const char *sentence)
{
	print_message("%s\n", sentence);
	++*(int *)arg;
}

static void
check_target(int64_t want_orders)
{
	struct store_conn *conn;
	int64_t orders, amendments;
	int faults = 0;

	check_err(store_connect(target, STORE_READER, &conn, &world.err),
	    ERR_OK);
	check_err(store_check(conn, count_fault, &faults, &orders, &amendments,
		      &world.err),
	    ERR_OK);
	store_disconnect(&conn);
	assert_int_equal(faults, 0);
	assert_int_equal(orders, want_orders);
}

/* --- cases --------------------------------------------------------------------- */

void
test_everything_arrives(void **state)
{
	struct store_conn *conn;
	struct store_node node;
	struct order *there;
	int64_t mark;

	(void)state;
	fill();
	check_err(copy(TARGET), ERR_OK);
	for (int i = 0; i < STORE_COPY_TABLES; i++)
		assert_true(how.copied[i].rows > 0);
	assert_int_equal(rows_of("apps"), 2);
	assert_int_equal(rows_of("orders"), ORDERS - 1);
	assert_int_equal(rows_of("tombs"), 1);
	assert_int_equal(rows_of("amendments"), ORDERS + 1);
	assert_int_equal(rows_of("meta"), 1);
	check_target(ORDERS - 1);
	check_err(store_copy_finish(target, &world.err), ERR_OK);

	check_err(open_target(TARGET, false), ERR_OK);
	check_err(store_connect(target, STORE_READER, &conn, &world.err),
	    ERR_OK);
	check_err(store_order_find(conn, &world.a, 1, NAME_TRADE_NO, STR("T0"),
		      &there, &world.err),
	    ERR_OK);
	check_same_order(there, must_find(&world, 1, NAME_TRADE_NO, "T0"));
	check_err(store_mark_get(conn, "a mark", &mark, &world.err), ERR_OK);
	assert_int_equal(mark, 42);
	store_disconnect(&conn);

	/* The same moment again: the lease was not taken along, its ids were. */
	check_err(store_connect(target, STORE_WRITER, &conn, &world.err),
	    ERR_OK);
	lease_node(conn, &node);
	assert_int_equal(node.node, 0);
	assert_true(node.ids_begin_ms >= IDS_END_MS);
	store_disconnect(&conn);
}

void
test_unfinished_is_not_opened(void **state)
{
	(void)state;
	fill();
	check_err(copy(TARGET), ERR_OK);
	check_err(open_target(TARGET, false), ERR_USAGE);
	check_err(open_target(TARGET, true), ERR_OK);
	check_err(store_copy_finish(target, &world.err), ERR_OK);
	check_err(open_target(TARGET, false), ERR_OK);
}

void
test_target_must_be_empty(void **state)
{
	(void)state;
	fill();
	check_err(copy(TARGET), ERR_OK);
	check_err(store_copy_finish(target, &world.err), ERR_OK);
	refused(TARGET, COPY_TARGET_IN_USE);
	check_err(open_target(TARGET, false), ERR_OK);
}

static bool
give_up_in_the_midst(void *arg, int64_t done, int64_t total)
{
	(void)arg;
	return done < total / 2;
}

/* A copy that was cut off begins anew, with what the source is now. */
void
test_cut_off_copy_begins_anew(void **state)
{
	struct order *more;

	(void)state;
	fill();
	how.progress = give_up_in_the_midst;
	refused(TARGET, COPY_GIVEN_UP);
	how.progress = NULL;
	check_err(open_target(TARGET, false), ERR_USAGE);

	must_change(&world, must_find(&world, 1, NAME_TRADE_NO, "T0"), NULL);
	more = random_order(&world.a, &randoms, 5000);
	more->app = 1;
	more->reserves = 0;
	must_change(&world, NULL, more);
	check_err(copy(TARGET), ERR_OK);
	check_target(ORDERS - 1);
}

void
test_unfinished_copy_of_another_store_is_kept(void **state)
{
	struct store *other;
	struct store_config config = {.url = STR("sqlite:other.db"),
	    .master_key = world_key,
	    .backup_dir = ".",
	    .now_ms = 1};

	(void)state;
	fill();
	check_err(copy(TARGET), ERR_OK);
	check_err(store_open(&config, &other, &world.err), ERR_OK);
	how.from = other;
	check_err(store_copy(&how, &world.err), ERR_USAGE);
	assert_int_equal(how.refusal, COPY_TARGET_OF_ANOTHER);
	/* Nor is one the source of another copy. */
	how.from = target;
	how.to = other;
	check_err(store_copy(&how, &world.err), ERR_USAGE);
	assert_int_equal(how.refusal, COPY_SOURCE_UNFINISHED);
	store_close(&other);
}

static bool
change_behind(void *arg, int64_t done, int64_t total)
{
	bool *changed = arg;

	if (!*changed && done > total / 2 + 2) {
		*changed = true;
		must_change(&world, must_find(&world, 1, NAME_TRADE_NO, "T0"),
		    NULL);
	}
	return true;
}

void
test_changed_source_is_told(void **state)
{
	bool changed = false;

	(void)state;
	fill();
	how.progress = change_behind;
	how.progress_arg = &changed;
	refused(TARGET, COPY_SOURCE_CHANGED);
	how.progress = NULL;
	assert_true(changed);
	check_err(open_target(TARGET, false), ERR_USAGE);
}

static bool
damage_target(void *arg, int64_t done, int64_t total)
{
	struct store_conn *conn;
	int64_t *left = arg;

	/* Once, when all is written and nothing of it is read yet. */
	if (done < total / 2 || --*left != 0)
		return true;
	check_err(store_connect(target, STORE_WRITER, &conn, &world.err),
	    ERR_OK);
	check_err(store_begin(conn, NULL, 0, &world.err), ERR_OK);
	check_err(store_mark_put(conn, "a mark", 43, &world.err), ERR_OK);
	check_err(store_commit(conn, &world.err), ERR_OK);
	store_disconnect(&conn);
	return true;
}

void
test_difference_is_told(void **state)
{
	int64_t left = 2;

	(void)state;
	fill();
	how.progress = damage_target;
	how.progress_arg = &left;
	refused(TARGET, COPY_DIFFERS);
	how.progress = NULL;
	assert_string_equal(how.table, "meta");
}
