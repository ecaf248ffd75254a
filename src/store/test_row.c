/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders and amendments to rows and back, through a database: nothing is lost,
 * and the statements' columns are those of the field table.
 */
#include <string.h>

#include "store/row.h"
#include "store/statements.h"
#include "store/test_world.h"

void
test_letters_are_those_of_the_field_table(void **state)
{
	static const char fixed[] = "iiiib";
	const char *letters = statements.rows[ST_ORDER_BY_ID].result;

	(void)state;
	assert_int_equal(strlen(letters), ORDER_ROW_COLUMNS);
	assert_memory_equal(letters, fixed, ORDER_ROW_FIXED);
	for (int f = 0; f < F__COUNT; f++) {
		enum field_kind kind = order_fields[f].kind;
		bool is_text = kind == FIELD_STR || kind == FIELD_LINES ||
		    kind == FIELD_ATTRIBUTES;

		assert_int_equal(letters[ORDER_ROW_FIXED + f],
		    is_text ? 's' : 'i');
	}
	assert_int_equal(letters[ORDER_ROW_COLUMNS - 1], 'i');
}

void
test_random_orders_come_back(void **state)
{
	struct sample_random r = {42};
	struct world world;

	(void)state;
	must_open_world(&world);
	for (int64_t id = 1; id <= 200; id++) {
		struct order *o = random_order(&world.a, &r, id);
		char name[ORDER_NAME_BYTES];

		must_change(&world, NULL, o);
		order_name_print(o, NAME_INTENT, name);
		check_same_order(must_find(&world, 7, NAME_INTENT, name), o);
		o = must_change_random(&world, &r, o);
		check_same_order(must_find(&world, 7, NAME_INTENT, name), o);
	}
	close_world(&world);
}

/* Each column alone: a swapped pair would go unseen where both are empty. */
void
test_every_field_has_its_own_column(void **state)
{
	struct world world;

	(void)state;
	must_open_world(&world);
	for (int f = 0; f < F__COUNT; f++) {
		struct order *o = sample_order(&world.a), *back;
		enum order_field field = (enum order_field)f;
		enum field_kind kind = order_fields[f].kind;

		o->id = 1000 + f;
		if (kind == FIELD_STR)
			*order_str(o, field) = STR("here");
		else if (kind == FIELD_INT || kind == FIELD_TIME)
			*order_int(o, field) = -7;
		must_change(&world, NULL, o);
		check_err(store_order_at(world.r, &world.a, 7, o->id, 1, &back,
			      &world.err),
		    ERR_OK);
		check_same_order(back, o);
	}
	close_world(&world);
}

static void
alter_field(struct order *o, enum order_field f)
{
	static struct attribute attribute = {STR_INIT("n"), STR_INIT("v")};

	switch (order_fields[f].kind) {
	case FIELD_STR:
		*order_str(o, f) = STR("altered");
		break;
	case FIELD_STATUS:
		o->status = ORDER_FAILED;
		break;
	case FIELD_STAGE:
		o->stage = STAGE_REFUND;
		break;
	case FIELD_LINES:
		o->lines[0].quantity++;
		check_err(order_sum(o), ERR_OK);
		break;
	case FIELD_ATTRIBUTES:
		o->attributes = &attribute;
		o->attribute_count = 1;
		break;
	default:
		++*order_int(o, f);
	}
}

/* Whichever statement a change is written by, it writes all of it. */
void
test_every_change_alone_is_written(void **state)
{
	struct world world;

	(void)state;
	must_open_world(&world);
	for (int f = 0; f < F__COUNT; f++) {
		enum order_field field = (enum order_field)f;
		struct order *o = sample_order(&world.a), *after, *back;

		/* Names do not change, and the total follows the lines. */
		if (field == F_PURCHASE_NO || field == F_TRADE_NO ||
		    field == F_PURCHASE_ORDER || field == F_TOTAL)
			continue;
		o->id = 1000 + f;
		must_change(&world, NULL, o);
		after = order_copy(&world.a, o);
		alter_field(after, field);
		must_change(&world, o, after);
		check_err(store_order_at(world.r, &world.a, 7, o->id, 2, &back,
			      &world.err),
		    ERR_OK);
		check_same_order(back, after);
	}
	close_world(&world);
}

void
test_largest_order_comes_back(void **state)
{
	struct world world;
	struct order *o;
	char *text;

	(void)state;
	must_open_world(&world);
	o = sample_order_of_lines(&world.a, LIMIT_LINES);
	text = arena_alloc(&world.a, LIMIT_TEXT_BYTES);
	memset(text, '"', LIMIT_TEXT_BYTES);
	for (size_t i = 0; i < o->line_count; i++)
		o->lines[i].title = (struct str){
		    text, LIMIT_BODY_BYTES / LIMIT_LINES};
	o->lines[0].price_e4 = LIMIT_PRICE_E4;
	o->lines[0].quantity = LIMIT_TOTAL_FEN / LIMIT_PRICE_E4 * 99;
	check_err(order_sum(o), ERR_OK);
	must_change(&world, NULL, o);
	check_same_order(must_find(&world, 7, NAME_INTENT, "intent_67890"), o);
	close_world(&world);
}

static void
check_same_change(const struct amendment_change *a,
    const struct amendment_change *b)
{
	assert_true(str_eq(a->field, b->field));
	assert_true(str_eq(a->from, b->from));
	assert_true(str_eq(a->to, b->to));
	assert_int_equal(a->personal, b->personal);
	assert_int_equal(a->erased_from, b->erased_from);
	assert_int_equal(a->erased_to, b->erased_to);
	assert_memory_equal(a->salt_from, b->salt_from, AMENDMENT_SALT_BYTES);
	assert_memory_equal(a->salt_to, b->salt_to, AMENDMENT_SALT_BYTES);
}

static const struct amendment_change every_change[] = {
    {.field = STR_INIT("quantity"), .from = STR_INIT("1"), .to = STR_INIT("2")},
    {.field = STR_INIT("attributes.a\"b"), .to = STR_INIT("\"")},
    {.field = STR_INIT("recipient.name"),
	.personal = true,
	.from = STR_INIT("张三"),
	.to = STR_INIT("李四"),
	.salt_from = {1, 2},
	.salt_to = {3, 0xff}},
    {.field = STR_INIT("remarks"),
	.personal = true,
	.to = STR_INIT(""),
	.salt_to = {9}},
    {.field = STR_INIT("recipient.phone"),
	.personal = true,
	.from = STR_INIT("0123456789abcdef0123456789abcde\xff"),
	.erased_from = true},
};

void
test_amendments_come_back(void **state)
{
	struct amendment m = {
	    .seq = 1,
	    .order = 5,
	    .app = 7,
	    .version = 1,
	    .at_ms = 99,
	    .dialect = STR("intents"),
	    .method = STR("PUT"),
	    .request_id = STR("r"),
	    .note = STR("\"n\""),
	    .changes = every_change,
	    .change_count = sizeof(every_change) / sizeof(every_change[0]),
	};
	struct amendment *ms[] = {&m};
	struct store_write w = {.amendments = ms, .amendment_count = 1};
	const struct amendment *back;
	struct feed_item *items;
	struct world world;
	size_t count;

	(void)state;
	must_open_world(&world);
	amendment_seal(&m);
	must_begin(&world);
	check_err(store_write(world.w, &w, &world.err), ERR_OK);
	must_commit(&world);
	check_err(
	    store_feed(world.r, &world.a, 7, 0, 10, &items, &count, &world.err),
	    ERR_OK);
	assert_int_equal(count, 1);
	back = &items[0].amendment;
	assert_int_equal(items[0].order, 5);
	assert_int_equal(back->change_count, m.change_count);
	for (size_t i = 0; i < m.change_count; i++)
		check_same_change(&back->changes[i], &m.changes[i]);
	check_str(back->dialect, "intents");
	check_str(back->method, "PUT");
	check_str(back->request_id, "r");
	check_str(back->trace_id, NULL);
	check_str(back->note, "\"n\"");
	assert_int_equal(back->at_ms, 99);
	assert_true(amendment_is_sealed(back));
	close_world(&world);
}
