/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stock in groups and batches on a real store: the last unit, commands of one
 * group that see each other, batches that are taken back, and what orders
 * without stock cost. After every case the whole store must verify.
 */
#include "engine/group.h"
#include "engine/stock.h"

#include "engine/test_world.h"

#define CALLS_MAX 8
#define PLACE 5

static struct world world;
static struct store_conn *conn;
static struct arena arena;
static struct ids ids = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .end_ms = INT64_MAX};
static struct call *calls[CALLS_MAX];
static size_t call_count;

static void
set_stock(const char *product, int64_t on_hand)
{
	struct stock_row row = {.app = WORLD_APP,
	    .warehouse = PLACE,
	    .product = str_from(product),
	    .on_hand = on_hand};

	check_err(store_begin(conn, world_apps, 1, NULL), ERR_OK);
	check_err(store_stock_put(conn, &row, NULL), ERR_OK);
	check_err(store_commit(conn, NULL), ERR_OK);
}

int
setup(void **state)
{
	(void)state;
	world_open(&world);
	check_err(store_connect(world.store, STORE_WRITER, &conn, NULL),
	    ERR_OK);
	arena_init(&arena, LIMIT_GROUP_ARENA_BYTES);
	set_stock("A", 10);
	return 0;
}

static void
forget(void)
{
	for (size_t i = 0; i < call_count; i++)
		call_free(calls[i]);
	call_count = 0;
}

int
teardown(void **state)
{
	(void)state;
	forget();
	world_check(&world);
	arena_fini(&arena);
	store_disconnect(&conn);
	store_close(&world.store);
	return 0;
}

static struct call *
add(struct call *c)
{
	assert_true(call_count < CALLS_MAX);
	return calls[call_count++] = c;
}

/* An order that holds `quantity` of A. */
static struct call *
add_create(const char *name, int64_t quantity)
{
	struct call *c = add(call_create(&world, name));

	c->line.product = STR("A");
	c->line.quantity = quantity;
	c->command.change.to.reserves = 1;
	c->command.change.to.warehouse = PLACE;
	return c;
}

static void
run(void)
{
	struct task *tasks[CALLS_MAX];
	struct group group = {.conn = conn,
	    .arena = &arena,
	    .ids = &ids,
	    .now_ms = ++world.now_ms};

	for (size_t i = 0; i < call_count; i++)
		tasks[i] = &calls[i]->task;
	check_err(group_run(&group, tasks, call_count, NULL), ERR_OK);
}

static void
check_stock(int64_t on_hand, int64_t reserved)
{
	struct stock_row row = {
	    .app = WORLD_APP, .warehouse = PLACE, .product = STR("A")};

	check_err(store_stock_load(conn, &row, 1, NULL), ERR_OK);
	assert_int_equal(row.on_hand, on_hand);
	assert_int_equal(row.reserved, reserved);
}

void
test_stock_last_unit_goes_to_one(void **state)
{
	struct call *first, *second;

	(void)state;
	first = add_create("P1", 10);
	second = add_create("P2", 1);
	run();
	check_err(first->outcome.code, ERR_OK);
	check_err(second->outcome.code, ERR_NO_STOCK);
	check_str(second->outcome.product, "A");
	assert_null(second->outcome.order);
	check_stock(10, 10);
}

void
test_stock_of_one_group_is_seen_by_its_commands(void **state)
{
	struct call *freed, *taken;

	(void)state;
	add_create("P1", 10);
	freed = add(call_quantity(&world, "P1", 4));
	taken = add_create("P2", 6);
	run();
	check_err(freed->outcome.code, ERR_OK);
	check_err(taken->outcome.code, ERR_OK);
	check_stock(10, 10);
	forget();
	add(call_move(&world, "P1", MOVE_CANCEL));
	add(call_move(&world, "P2", MOVE_EXECUTE));
	add(call_move(&world, "P2", MOVE_COMPLETE));
	run();
	check_stock(4, 0);
}

void
test_stock_refusal_shows_the_order_and_changes_nothing(void **state)
{
	struct call *c;

	(void)state;
	add_create("P1", 3);
	run();
	forget();
	c = add(call_quantity(&world, "P1", 11));
	c->command.has_version = true;
	c->command.version = 1;
	run();
	check_err(c->outcome.code, ERR_NO_STOCK);
	assert_int_equal(c->outcome.order->version, 1);
	assert_int_equal(c->outcome.order->lines[0].quantity, 3);
	assert_false(c->outcome.changed);
	check_stock(10, 3);
}

static struct call *
batch_of_two(bool atomic, int64_t first, int64_t second)
{
	struct call *c = call_new(&world, COMMAND_BATCH);
	struct command *list = ARENA_ARRAY(&c->arena, 2, struct command);

	for (int i = 0; i < 2; i++) {
		list[i].kind = COMMAND_CHANGE;
		list[i].name_kind = NAME_PURCHASE_NO;
		list[i].name = STR("P1");
		list[i].change.has_quantity = true;
		list[i].change.quantity = i == 0 ? first : second;
	}
	c->command.batch = list;
	c->command.batch_count = 2;
	c->command.atomic = atomic;
	return add(c);
}

/* What an atomic batch moved comes back, also for those behind it. */
void
test_stock_of_a_batch_that_is_taken_back(void **state)
{
	struct call *batch, *behind;

	(void)state;
	add_create("P1", 3);
	run();
	forget();
	batch = batch_of_two(true, 9, 11);
	behind = add_create("P2", 7);
	run();
	check_err(batch->outcome.code, ERR_NO_STOCK);
	check_err(behind->outcome.code, ERR_OK);
	check_stock(10, 10);
	forget();
	batch = batch_of_two(false, 2, 11);
	run();
	check_err(batch->outcome.code, ERR_OK);
	check_err(batch->outcome.batch[0].code, ERR_OK);
	check_err(batch->outcome.batch[1].code, ERR_NO_STOCK);
	check_stock(10, 9);
}

void
test_stock_of_creates_that_are_taken_back(void **state)
{
	struct call *c = call_new(&world, COMMAND_BATCH);
	struct command *list = ARENA_ARRAY(&c->arena, 2, struct command);
	struct call *made[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		made[i] = add_create(NULL, i == 0 ? 4 : 7);
		list[i] = made[i]->command;
	}
	call_count = 0;
	c->command.batch = list;
	c->command.batch_count = 2;
	c->command.atomic = true;
	add(c);
	add_create("P9", 10);
	run();
	check_err(c->outcome.code, ERR_NO_STOCK);
	check_err(calls[1]->outcome.code, ERR_OK);
	check_stock(10, 10);
	call_free(made[0]);
	call_free(made[1]);
}

static void
write_row(int64_t on_hand, int64_t reserved)
{
	const struct stock_row row = {.app = WORLD_APP,
	    .warehouse = PLACE,
	    .product = STR("A"),
	    .on_hand = on_hand,
	    .reserved = reserved};
	const struct stock_row *rows[] = {&row};
	struct store_write w = {.stock = rows, .stock_count = 1};

	check_err(store_begin(conn, world_apps, 1, NULL), ERR_OK);
	check_err(store_write(conn, &w, NULL), ERR_OK);
	check_err(store_commit(conn, NULL), ERR_OK);
}

/* The rows disagree with the orders: that command alone is refused. */
void
test_stock_that_is_damaged_refuses_its_orders_only(void **state)
{
	struct call *held, *other;

	(void)state;
	add_create("P1", 3);
	add(call_create(&world, "P2"));
	run();
	forget();
	write_row(3, 0);
	held = add(call_move(&world, "P1", MOVE_CANCEL));
	other = add(call_quantity(&world, "P2", 2));
	run();
	check_err(held->outcome.code, ERR_STORE_FAILED);
	check_err(other->outcome.code, ERR_OK);
	forget();
	write_row(3, 3);
}

/* Orders that hold none read no row of stock. */
void
test_stock_costs_other_orders_nothing(void **state)
{
	struct stock_book book;
	struct order order = {.status = ORDER_SUBMITTED, .app = WORLD_APP};
	struct outcome said = {0};

	(void)state;
	stock_book_init(&book, NULL, &arena);
	assert_false(stock_may_change(&order, &order));
	check_err(stock_book_move(&book, &order, &order, &said, NULL), ERR_OK);
	assert_int_equal(book.count, 0);
}
