/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums, copies, access by field, attributes, and the invariants' asserts.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "order/test_sample.h"

static struct arena arena;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, SAMPLE_ARENA_BYTES);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

void
test_order_sum_rounds_each_line_once(void **state)
{
	(void)state;
	struct order *o = sample_order_of_lines(&arena, 3);

	o->lines[0].price_e4 = 50; /* half a fen each */
	o->lines[0].quantity = 1;
	o->lines[1].price_e4 = 49;
	o->lines[1].quantity = 1;
	o->lines[2].price_e4 = 12345;
	o->lines[2].quantity = 3;
	check_err(order_sum(o), ERR_OK);
	assert_int_equal(o->lines[0].total_fen, 1);
	assert_int_equal(o->lines[1].total_fen, 0);
	assert_int_equal(o->lines[2].total_fen, 370);
	assert_int_equal(o->total_fen, 371);
	assert_int_equal(order_quantity(o), 5);
}

void
test_order_sum_is_bounded(void **state)
{
	(void)state;
	struct order *o = sample_order_of_lines(&arena, LIMIT_LINES);

	for (size_t i = 0; i < o->line_count; i++) {
		o->lines[i].price_e4 = LIMIT_PRICE_E4;
		o->lines[i].quantity = LIMIT_QUANTITY;
	}
	check_err(order_sum(o), ERR_BAD_FIELD);
	o->line_count = 1;
	check_err(order_sum(o), ERR_BAD_FIELD);
	o->line_count = 2;
	o->lines[0].price_e4 = LIMIT_PRICE_E4;
	o->lines[0].quantity = 100000;
	o->lines[1].price_e4 = 9999900;
	o->lines[1].quantity = 1;
	check_err(order_sum(o), ERR_OK);
	assert_int_equal(o->total_fen, LIMIT_TOTAL_FEN);
	o->lines[1].price_e4 += 100;
	check_err(order_sum(o), ERR_BAD_FIELD);
}

void
test_order_copy_shares_nothing(void **state)
{
	(void)state;
	char name[] = "李四";
	char key[] = "provider";
	char value[] = "P1";
	char title[] = "盒子";
	struct attribute at = {{key, 8}, {value, 2}};
	struct order *o = sample_order(&arena);
	struct order *copy;

	o->recipient_name = (struct str){name, sizeof(name) - 1};
	o->attributes = &at;
	o->attribute_count = 1;
	o->lines[0].title = (struct str){title, sizeof(title) - 1};
	o->remarks = STR("");
	copy = order_copy(&arena, o);
	assert_non_null(copy);
	memset(name, 'x', sizeof(name));
	memset(key, 'x', sizeof(key));
	memset(value, 'x', sizeof(value));
	memset(title, 'x', sizeof(title));
	o->lines[0].quantity = 9;
	check_str(copy->recipient_name, "李四");
	check_str(copy->attributes[0].name, "provider");
	check_str(copy->attributes[0].value, "P1");
	check_str(copy->lines[0].title, "盒子");
	check_str(copy->remarks, "");
	check_str(copy->city, NULL);
	assert_int_equal(copy->lines[0].quantity, 1);
	assert_int_equal(copy->recipient_name.p[copy->recipient_name.n], 0);
}

void
test_order_copy_into_full_arena(void **state)
{
	(void)state;
	struct arena small;

	arena_init(&small, 64);
	assert_null(order_copy(&small, sample_order(&arena)));
	arena_fini(&small);
}

static void
put_first_attribute(struct order *o)
{
	o->attributes = ARENA_NEW(&arena, struct attribute);
	order_attribute_put(o, STR("k"), STR("v"));
}

/* Setting a field by its row changes that field and no other. */
void
test_order_fields_are_apart(void **state)
{
	(void)state;
	for (int f = 0; f < F__COUNT; f++) {
		struct order *a = sample_order(&arena);
		struct order *b = order_copy(&arena, a);
		enum field_kind kind = order_fields[f].kind;

		if (kind == FIELD_STR)
			*order_str(b, (enum order_field)f) = STR("other");
		else if (kind == FIELD_LINES)
			b->lines[0].quantity++;
		else if (kind == FIELD_ATTRIBUTES)
			put_first_attribute(b);
		else if (kind == FIELD_STATUS)
			b->status = ORDER_FAILED;
		else if (kind == FIELD_STAGE)
			b->stage = STAGE_REFUND;
		else
			(*order_int(b, (enum order_field)f))++;
		for (int g = 0; g < F__COUNT; g++)
			assert_int_equal(
			    order_field_is_equal(a, b, (enum order_field)g),
			    f != g);
		assert_int_equal(order_differences(a, b), BIT64(f));
		assert_int_equal(order_differences(a, a), 0);
	}
}

void
test_order_field_names_are_unique(void **state)
{
	(void)state;
	for (int f = 0; f < F__COUNT; f++) {
		for (int g = 0; g < f; g++)
			assert_string_not_equal(order_fields[f].name,
			    order_fields[g].name);
	}
}

void
test_order_lines_differ_by_each_member(void **state)
{
	(void)state;
	struct order *a = sample_order(&arena);
	struct order *b = order_copy(&arena, a);
	struct line kept = b->lines[0];

#define CHECK_DIFFERS(member, value) \
	b->lines[0].member = value; \
	assert_false(order_field_is_equal(a, b, F_LINES)); \
	b->lines[0] = kept; \
	assert_true(order_field_is_equal(a, b, F_LINES))

	CHECK_DIFFERS(product, STR("x"));
	CHECK_DIFFERS(sku, 5);
	CHECK_DIFFERS(title, STR("x"));
	CHECK_DIFFERS(price_e4, 5);
	CHECK_DIFFERS(quantity, 5);
	CHECK_DIFFERS(remark, STR("x"));
#undef CHECK_DIFFERS
	b->line_count = 0;
	assert_false(order_field_is_equal(a, b, F_LINES));
}

void
test_order_attributes_stay_sorted(void **state)
{
	(void)state;
	struct attribute room[8];
	struct order o = {.attributes = room};

	order_attribute_put(&o, STR("m"), STR("1"));
	order_attribute_put(&o, STR("z"), STR("2"));
	order_attribute_put(&o, STR("a"), STR("3"));
	order_attribute_put(&o, STR("m"), STR("4"));
	order_attribute_put(&o, STR("b"), STR_NONE);
	assert_int_equal(o.attribute_count, 3);
	check_str(o.attributes[0].name, "a");
	check_str(o.attributes[1].name, "m");
	check_str(o.attributes[2].name, "z");
	check_str(order_attribute(&o, STR("m")), "4");
	check_str(order_attribute(&o, STR("b")), NULL);
	order_attribute_put(&o, STR("a"), STR_NONE);
	order_attribute_put(&o, STR("z"), STR_NONE);
	assert_int_equal(o.attribute_count, 1);
	check_str(o.attributes[0].name, "m");
}

/* Whether order_check ends the process. */
static bool
check_aborts(const struct order *o)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		order_check(o);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

void
test_order_check_asserts_each_invariant(void **state)
{
	(void)state;
	struct attribute twice[] = {{STR("a"), STR("1")}, {STR("a"), STR("2")}};
	struct order *o = sample_order(&arena);
	struct order good = *o;

	assert_false(check_aborts(o));
	o->version = 0;
	assert_true(check_aborts(o));
	*o = good;
	o->total_fen++;
	assert_true(check_aborts(o));
	*o = good;
	o->line_count = 0;
	assert_true(check_aborts(o));
	*o = good;
	o->attributes = twice;
	o->attribute_count = 2;
	assert_true(check_aborts(o));
	*o = good;
	o->lines[0].total_fen++;
	assert_true(check_aborts(o));
	o->lines[0].total_fen--;
	o->lines[0].quantity = 0;
	assert_true(check_aborts(o));
}
