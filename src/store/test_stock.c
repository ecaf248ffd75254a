/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of stock: set by an operator, taken up with orders from elsewhere. */
#include "store/test_world.h"

#define APP 7
#define PLACE 5

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

static struct stock_row
load(const char *product)
{
	struct stock_row row = {
	    .app = APP, .warehouse = PLACE, .product = str_from(product)};

	check_err(store_stock_load(world.w, &row, 1, &world.err), ERR_OK);
	return row;
}

static enum err_code
put(const char *product, int64_t on_hand)
{
	struct stock_row row = {.app = APP,
	    .warehouse = PLACE,
	    .product = str_from(product),
	    .on_hand = on_hand};

	return store_stock_put(world.w, &row, &world.err);
}

/* Takes up one order of `quantity` of A and as many of B. */
static void
take_up(enum order_status status, int64_t quantity)
{
	struct line lines[] = {
	    {.product = STR("A"), .title = STR("t"), .quantity = quantity},
	    {.product = STR("B"), .title = STR("t"), .quantity = quantity}};
	struct order order = {.app = APP,
	    .status = status,
	    .reserves = 1,
	    .warehouse = PLACE,
	    .lines = lines,
	    .line_count = 2};
	struct order *const orders[] = {&order};

	check_err(store_stock_take_up(world.w, &world.a, orders, 1, &world.err),
	    ERR_OK);
}

void
test_stock_is_set_within_bounds(void **state)
{
	struct stock_row *rows;
	size_t count;

	(void)state;
	must_begin(&world);
	assert_int_equal(load("A").on_hand, 0);
	check_err(put("A", 10), ERR_OK);
	check_err(put("A", -1), ERR_USAGE);
	check_err(put("A", LIMIT_STOCK + 1), ERR_USAGE);
	take_up(ORDER_SUBMITTED, 4);
	check_err(put("A", 3), ERR_USAGE);
	assert_non_null(strstr(world.err.detail, "orders hold 4"));
	check_err(put("A", 4), ERR_OK);
	assert_int_equal(load("A").reserved, 4);
	must_commit(&world);
	check_err(
	    store_stock(world.w, &world.a, APP, &rows, &count, &world.err),
	    ERR_OK);
	assert_int_equal(count, 2);
	check_str(rows[0].product, "A");
	assert_int_equal(rows[0].on_hand, 4);
	check_err(
	    store_stock(world.w, &world.a, APP + 1, &rows, &count, &world.err),
	    ERR_OK);
	assert_int_equal(count, 0);
}

void
test_stock_is_taken_up_with_orders(void **state)
{
	(void)state;
	must_begin(&world);
	check_err(put("A", 10), ERR_OK);
	take_up(ORDER_PROCESSING, 7);
	take_up(ORDER_COMPLETED, 5);
	take_up(ORDER_DRAFT, 5);
	assert_int_equal(load("A").on_hand, 10);
	assert_int_equal(load("A").reserved, 7);
	assert_int_equal(load("B").on_hand, 7);
	assert_int_equal(load("B").reserved, 7);
	take_up(ORDER_SUBMITTED, 7);
	assert_int_equal(load("A").on_hand, 14);
	assert_int_equal(load("A").reserved, 14);
	must_commit(&world);
}
