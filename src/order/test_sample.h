/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders for the tests of this folder: one of a single line, and random ones
 * from a seeded generator.
 */
#ifndef ORDER_TEST_SAMPLE_H
#define ORDER_TEST_SAMPLE_H

#include <stdint.h>

#include "order/command.h"
#include "order/order.h"
#include "order/rules.h"
#include "tests/check.h"

#define SAMPLE_ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define SAMPLE_NOW_MS INT64_C(1772015400000)

/* xorshift64*: the same numbers everywhere for one seed. */
struct sample_random {
	uint64_t state;
};

static inline uint64_t
sample_next(struct sample_random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * UINT64_C(2685821657736338717);
}

static inline int64_t
sample_below(struct sample_random *r, int64_t n)
{
	return (int64_t)(sample_next(r) >> 33) % n;
}

static inline struct policy
sample_policy(void)
{
	struct policy p;

	policy_init(&p);
	return p;
}

/* A phone for 8999 yuan in SUBMITTED, as version 1. */
static inline struct order *
sample_order(struct arena *a)
{
	static struct line line = {
	    .title = STR_INIT("iPhone 15 Pro"),
	    .price_e4 = 89990000,
	    .quantity = 1,
	};
	static const struct order order = {
	    .id = 67890,
	    .app = 7,
	    .version = 1,
	    .updated_ms = SAMPLE_NOW_MS,
	    .created_ms = SAMPLE_NOW_MS,
	    .status = ORDER_SUBMITTED,
	    .user = STR_INIT("user_12345"),
	    .platform = STR_INIT("TAOBAO"),
	    .recipient_name = STR_INIT("张三"),
	    .phone = STR_INIT("13800138000"),
	    .address = STR_INIT("浙江省杭州市余杭区文一西路969号"),
	    .lines = &line,
	    .line_count = 1,
	};
	struct order *o = order_copy(a, &order);

	assert_non_null(o);
	check_err(order_sum(o), ERR_OK);
	order_check(o);
	return o;
}

/* The same with `count` lines, the k-th of quantity k + 1. */
static inline struct order *
sample_order_of_lines(struct arena *a, size_t count)
{
	struct order *o = sample_order(a);

	o->lines = ARENA_ARRAY(a, count, struct line);
	o->line_count = count;
	for (size_t i = 0; i < count; i++) {
		o->lines[i].title = STR("盒子");
		o->lines[i].price_e4 = 12500;
		o->lines[i].quantity = (int64_t)i + 1;
	}
	check_err(order_sum(o), ERR_OK);
	return o;
}

/* A command of this kind by the owner of the sample order. */
static inline struct command
sample_command(enum command_kind kind, const struct policy *policy)
{
	return (struct command){
	    .kind = kind,
	    .app = 7,
	    .policy = policy,
	    .dialect = "test",
	    .method = "test.method",
	    .request_id = STR("r1"),
	};
}

static inline void
check_same_fields(const struct order *a, const struct order *b)
{
	for (int f = 0; f < F__COUNT; f++) {
		if (!order_field_is_equal(a, b, (enum order_field)f))
			print_error("differs: %s\n", order_fields[f].name);
		assert_true(order_field_is_equal(a, b, (enum order_field)f));
	}
}

#endif
