/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What orders hold, against a model that knows nothing of differences: it adds
 * up from the beginning what all orders hold, after each random step.
 */
#include "order/stock.h"
#include "order/test_sample.h"

#define ORDERS 6
#define WAREHOUSES 3 /* 1 and 2 are warehouses, 0 is none */
#define PRODUCTS 4
#define STEPS 20000
#define ON_HAND 14

static struct arena arena;
static struct policy policy;
static struct outcome out;
static const char *const codes[PRODUCTS] = {"A", "B", "C", "D"};

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, SAMPLE_ARENA_BYTES);
	policy = sample_policy();
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* --- single changes -------------------------------------------------------- */

static struct order *
order_of(enum order_status status, int64_t warehouse, const char *product,
    int64_t quantity)
{
	struct order *o = sample_order(&arena);

	o->status = status;
	o->reserves = 1;
	o->warehouse = warehouse;
	o->lines[0].product = str_from(product);
	o->lines[0].quantity = quantity;
	check_err(order_sum(o), ERR_OK);
	return o;
}

static void
check_one(const struct order *before, const struct order *after,
    int64_t reserved, int64_t on_hand)
{
	struct stock_change *list;
	size_t count;

	check_err(stock_changes(&arena, before, after, &list, &count), ERR_OK);
	if (reserved == 0 && on_hand == 0) {
		assert_int_equal(count, 0);
		return;
	}
	assert_int_equal(count, 1);
	assert_int_equal(list[0].reserved, reserved);
	assert_int_equal(list[0].on_hand, on_hand);
}

void
test_stock_follows_the_status(void **state)
{
	static const struct {
		enum order_status from, to;
		int64_t reserved, on_hand;
	} rows[] = {
	    {ORDER_DRAFT, ORDER_SUBMITTED, 3, 0},
	    {ORDER_SUBMITTED, ORDER_PROCESSING, 0, 0},
	    {ORDER_SUBMITTED, ORDER_CANCELLED, -3, 0},
	    {ORDER_PROCESSING, ORDER_FAILED, -3, 0},
	    {ORDER_PROCESSING, ORDER_COMPLETED, -3, -3},
	    {ORDER_SUBMITTED, ORDER_COMPLETED, -3, -3},
	    {ORDER_COMPLETED, ORDER_COMPLETED, 0, 0},
	    {ORDER_DRAFT, ORDER_CANCELLED, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_one(order_of(rows[i].from, 5, "A", 3),
		    order_of(rows[i].to, 5, "A", 3), rows[i].reserved,
		    rows[i].on_hand);
	check_one(NULL, order_of(ORDER_SUBMITTED, 5, "A", 3), 3, 0);
	check_one(NULL, order_of(ORDER_DRAFT, 5, "A", 3), 0, 0);
}

void
test_stock_of_orders_that_hold_none(void **state)
{
	struct order *o;

	(void)state;
	o = order_of(ORDER_SUBMITTED, 0, "A", 3);
	assert_false(stock_may_change(NULL, o));
	o = order_of(ORDER_SUBMITTED, 5, "A", 3);
	o->reserves = 0;
	assert_false(stock_may_change(NULL, o));
	check_one(NULL, o, 0, 0);
	o = order_of(ORDER_SUBMITTED, 5, NULL, 3);
	assert_true(stock_may_change(NULL, o));
	check_one(NULL, o, 0, 0);
}

/* Lines of one product are one row; those of the new order come first. */
void
test_stock_adds_lines_up_in_their_order(void **state)
{
	static struct line lines[3] = {
	    {.product = STR_INIT("B"), .quantity = 2},
	    {.product = STR_INIT("A"), .quantity = 1},
	    {.product = STR_INIT("B"), .quantity = 5},
	};
	struct order *before = order_of(ORDER_SUBMITTED, 5, "C", 3);
	struct order *after = order_of(ORDER_SUBMITTED, 6, "C", 3);
	struct stock_change *list;
	size_t count;

	(void)state;
	after->lines = lines;
	after->line_count = 3;
	check_err(stock_changes(&arena, before, after, &list, &count), ERR_OK);
	assert_int_equal(count, 3);
	check_str(list[0].product, "B");
	assert_int_equal(list[0].warehouse, 6);
	assert_int_equal(list[0].reserved, 7);
	check_str(list[1].product, "A");
	check_str(list[2].product, "C");
	assert_int_equal(list[2].warehouse, 5);
	assert_int_equal(list[2].reserved, -3);
}

void
test_stock_rows_stay_sound(void **state)
{
	struct stock_row row = {.on_hand = 10, .reserved = 7};

	(void)state;
	assert_true(
	    stock_suffices(&row, &(struct stock_change){.reserved = 3}));
	assert_false(
	    stock_suffices(&row, &(struct stock_change){.reserved = 4}));
	assert_true(
	    stock_suffices(&row, &(struct stock_change){.reserved = -7}));
	assert_false(stock_apply(&row, &(struct stock_change){.reserved = -8}));
	assert_false(stock_apply(&row, &(struct stock_change){.on_hand = -4}));
	assert_int_equal(row.reserved, 7);
	assert_true(stock_apply(&row, &(struct stock_change){.reserved = -3,
	    .on_hand = -3}));
	assert_int_equal(row.on_hand, 7);
	assert_int_equal(row.reserved, 4);
}

/* --- against the model ------------------------------------------------------ */

struct model {
	struct sample_random random;
	struct order *orders[ORDERS];
	struct stock_row rows[WAREHOUSES][PRODUCTS];
	int64_t gone[WAREHOUSES][PRODUCTS]; /* what completed orders took */
	int refused;
	int moved;
};

static int
code_index(struct str product)
{
	return product.p[0] - 'A';
}

static void
random_lines(struct model *m, struct order *o)
{
	size_t count = (size_t)sample_below(&m->random, 4) + 1;

	o->lines = ARENA_ARRAY(&arena, count, struct line);
	o->line_count = count;
	for (size_t i = 0; i < count; i++) {
		int64_t which = sample_below(&m->random, PRODUCTS + 1);

		o->lines[i] = (struct line){.product = which == PRODUCTS
			? STR_NONE
			: str_from(codes[which]),
		    .title = STR("t"),
		    .price_e4 = 10000,
		    .quantity = sample_below(&m->random, 9) + 1};
	}
}

static void
random_create(struct model *m, struct command *c)
{
	c->change.to = (struct order){.status = sample_below(&m->random, 4) == 0
		? ORDER_DRAFT
		: ORDER_SUBMITTED,
	    .reserves = sample_below(&m->random, 6) != 0,
	    .warehouse = sample_below(&m->random, WAREHOUSES)};
	random_lines(m, &c->change.to);
}

static void
random_change(struct model *m, struct command *c)
{
	int64_t what = sample_below(&m->random, 3);

	if (what != 1)
		change_set_int(&c->change, F_WAREHOUSE,
		    sample_below(&m->random, WAREHOUSES));
	if (what == 0)
		return;
	random_lines(m, &c->change.to);
	c->change.set |= BIT64(F_LINES);
	change_set_int(&c->change, F_RESERVES,
	    sample_below(&m->random, 9) != 0);
}

static struct command
random_command(struct model *m, const struct order *before)
{
	static const enum command_kind kinds[] = {
	    COMMAND_CHANGE, COMMAND_CHANGE, COMMAND_MOVE, COMMAND_EVENT};
	struct command c = sample_command(COMMAND_CREATE, &policy);

	if (before == NULL) {
		random_create(m, &c);
		return c;
	}
	c.kind = kinds[sample_below(&m->random, 4)];
	if (c.kind == COMMAND_CHANGE)
		random_change(m, &c);
	else if (c.kind == COMMAND_MOVE)
		c.change.move = (enum order_move)sample_below(&m->random,
		    MOVE__COUNT);
	else
		c.change.event = (enum vendor_event)sample_below(&m->random,
		    EVENT__COUNT);
	return c;
}

/* Moves what the change asks for, or nothing. */
static bool
move(struct model *m, const struct order *before, const struct order *after)
{
	struct stock_change *list;
	size_t count;

	check_err(stock_changes(&arena, before, after, &list, &count), ERR_OK);
	for (size_t i = 0; i < count; i++) {
		struct stock_row *row =
		    &m->rows[list[i].warehouse][code_index(list[i].product)];

		if (!stock_suffices(row, &list[i]))
			return false;
	}
	for (size_t i = 0; i < count; i++) {
		assert_true(stock_apply(
		    &m->rows[list[i].warehouse][code_index(list[i].product)],
		    &list[i]));
		m->gone[list[i].warehouse][code_index(list[i].product)] -=
		    list[i].on_hand;
	}
	m->moved += count > 0;
	return true;
}

static void
count_order(const struct order *o, int64_t held[WAREHOUSES][PRODUCTS])
{
	if (o == NULL || !o->reserves || o->warehouse == 0 ||
	    (o->status != ORDER_SUBMITTED && o->status != ORDER_PROCESSING))
		return;
	for (size_t i = 0; i < o->line_count; i++) {
		if (o->lines[i].product.n > 0)
			held[o->warehouse][code_index(o->lines[i].product)] +=
			    o->lines[i].quantity;
	}
}

static void
check_model(const struct model *m)
{
	int64_t held[WAREHOUSES][PRODUCTS] = {{0}};

	for (int i = 0; i < ORDERS; i++)
		count_order(m->orders[i], held);
	for (int w = 1; w < WAREHOUSES; w++) {
		for (int p = 0; p < PRODUCTS; p++) {
			const struct stock_row *row = &m->rows[w][p];

			assert_int_equal(row->reserved, held[w][p]);
			assert_int_equal(row->on_hand + m->gone[w][p], ON_HAND);
			assert_true(stock_is_sound(row));
		}
	}
}

/* What left the warehouses comes back to them. */
static void
deliver(struct model *m)
{
	for (int w = 0; w < WAREHOUSES; w++) {
		for (int p = 0; p < PRODUCTS; p++) {
			m->rows[w][p].on_hand += m->gone[w][p];
			m->gone[w][p] = 0;
		}
	}
}

static void
take_step(struct model *m)
{
	int64_t which = sample_below(&m->random, ORDERS);
	struct order *before = m->orders[which];
	struct command c;

	/* A closed order makes place for a new one. */
	if (before != NULL && sample_below(&m->random, 8) == 0 &&
	    before->status >= ORDER_COMPLETED)
		before = m->orders[which] = NULL;
	c = random_command(m, before);

	if (order_apply(before, &c, SAMPLE_NOW_MS, &arena, &out) != ERR_OK)
		return;
	if (!move(m, before, out.order)) {
		m->refused++;
		return;
	}
	m->orders[which] = out.order == NULL ? NULL
					     : order_copy(&arena, out.order);
}

static void
run_model(uint64_t seed)
{
	static struct model m;

	m = (struct model){.random = {seed}};
	for (int w = 0; w < WAREHOUSES; w++) {
		for (int p = 0; p < PRODUCTS; p++)
			m.rows[w][p].on_hand = ON_HAND;
	}
	for (int i = 0; i < STEPS; i++) {
		take_step(&m);
		check_model(&m);
		if (sample_below(&m.random, 40) == 0)
			deliver(&m);
		if (i % 64 == 63) {
			/* Orders are kept, what else there was is not. */
			struct arena fresh;

			arena_init(&fresh, SAMPLE_ARENA_BYTES);
			for (int k = 0; k < ORDERS; k++)
				if (m.orders[k] != NULL)
					m.orders[k] = order_copy(&fresh,
					    m.orders[k]);
			arena_fini(&arena);
			arena = fresh;
		}
	}
	assert_true(m.refused > 10);
	assert_true(m.moved > 50);
}

void
test_stock_is_what_orders_hold(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++)
		run_model(seed);
}
