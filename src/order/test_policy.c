/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies: defaults, every value of every row, and what is refused.
 */
#include "base/limits.h"
#include "order/policy.h"
#include "tests/check.h"

static struct arena arena;
static struct err err;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, (size_t)1024 * 1024);
	err = (struct err){0};
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static enum err_code
set(struct policy *p, const char *key, const char *value)
{
	return policy_set(p, &arena, str_from(key), str_from(value), &err);
}

void
test_policy_defaults(void **state)
{
	(void)state;
	struct policy p;

	policy_init(&p);
	assert_int_equal(p.rate, LIMIT_RATE_APP);
	assert_int_equal(p.rate_put, LIMIT_RATE_PUT);
	assert_int_equal(p.submitted_editable, EDITABLE_ALL);
	assert_int_equal(p.require_if_match, 0);
	check_str(p.allow_ip, NULL);
	check_str(policy_print(&p, &arena), "");
}

/* Each default is a value of its own row, and given back as it is written. */
void
test_policy_rows_take_their_defaults(void **state)
{
	(void)state;
	struct policy p;

	policy_init(&p);
	for (size_t i = 0; i < policy_row_count; i++) {
		const struct policy_row *row = &policy_rows[i];

		check_err(set(&p, row->key, row->default_value), ERR_OK);
		check_str(policy_get(&p, &arena, i), row->default_value);
		assert_true(strlen(row->help_en) > 0);
		assert_true(strlen(row->help_zh) > 0);
	}
}

void
test_policy_set_each_kind(void **state)
{
	(void)state;
	struct policy p;

	policy_init(&p);
	check_err(set(&p, "submitted_editable", "shipping"), ERR_OK);
	assert_int_equal(p.submitted_editable, EDITABLE_SHIPPING);
	check_err(set(&p, "require_if_match", "yes"), ERR_OK);
	assert_int_equal(p.require_if_match, 1);
	check_err(set(&p, "rate.put", "unlimited"), ERR_OK);
	assert_int_equal(p.rate_put, RATE_UNLIMITED);
	check_err(set(&p, "rate.put", "500"), ERR_OK);
	assert_int_equal(p.rate_put, 500);
	check_err(set(&p, "allow_ip", "10.0.0.0/8,::1"), ERR_OK);
	check_str(p.allow_ip, "10.0.0.0/8,::1");
}

void
test_policy_refusals_change_nothing(void **state)
{
	(void)state;
	static const char *const wrong[][2] = {
	    {"submitted_editable", ""},
	    {"submitted_editable", "All"},
	    {"submitted_editable", "all|shipping"},
	    {"rate.put", "0"},
	    {"rate.put", "-1"},
	    {"rate.put", "1.5"},
	    {"rate.put", "2147483648"},
	    {"allow_ip", "10.0.0.1, ::1"},
	    {"allow_ip", "10.0.0.1,,::1"},
	    {"allow_ip", "10.0.0.1,"},
	    {"allow_ip", "10.0.0.1\nrate.put=1"},
	    {"rate_put", "1"},
	    {"", "1"},
	};
	struct policy p, before;

	policy_init(&p);
	check_err(set(&p, "allow_ip", "::1"), ERR_OK);
	before = p;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		check_err(set(&p, wrong[i][0], wrong[i][1]), ERR_USAGE);
		assert_memory_equal(&p, &before, sizeof(p));
	}
}

void
test_policy_refusals_say_what_is_allowed(void **state)
{
	(void)state;
	struct policy p;

	policy_init(&p);
	check_err(set(&p, "submitted_editable", "no"), ERR_USAGE);
	assert_string_equal(err.detail,
	    "policy submitted_editable is one of all|shipping, not \"no\"");
	check_err(set(&p, "ratio", "1"), ERR_USAGE);
	assert_non_null(strstr(err.detail, "\"ratio\""));
	assert_non_null(strstr(err.detail, "rate.put"));
	assert_non_null(strstr(err.detail, "allow_ip"));
}

void
test_policy_print_and_parse(void **state)
{
	(void)state;
	struct policy p, q;
	struct str text;

	policy_init(&p);
	check_err(set(&p, "rate.put", "unlimited"), ERR_OK);
	check_err(set(&p, "allow_ip", "10.0.0.1,::1"), ERR_OK);
	text = policy_print(&p, &arena);
	check_str(text, "rate.put=unlimited\nallow_ip=10.0.0.1,::1\n");
	policy_init(&q);
	q.rate = 5;
	q.require_if_match = 1;
	check_err(policy_parse(&q, &arena, text, &err), ERR_OK);
	assert_int_equal(q.rate, 5);
	assert_int_equal(q.require_if_match, 0);
	assert_int_equal(q.rate_put, RATE_UNLIMITED);
	check_str(q.allow_ip, "10.0.0.1,::1");
	check_err(policy_parse(&q, &arena, STR_NONE, &err), ERR_OK);
	assert_int_equal(q.rate_put, LIMIT_RATE_PUT);
	check_err(policy_parse(&q, &arena, STR("old=1\n"), &err), ERR_USAGE);
}

/* An allow-list that finds no room must not turn into "everybody". */
void
test_policy_list_without_room_keeps_the_old(void **state)
{
	(void)state;
	struct arena none;
	struct policy p;

	policy_init(&p);
	check_err(set(&p, "allow_ip", "::1"), ERR_OK);
	arena_init(&none, 1);
	check_err(policy_set(&p, &none, STR("allow_ip"),
		      STR("10.0.0.1,10.0.0.2,10.0.0.3"), &err),
	    ERR_NO_MEMORY);
	check_str(p.allow_ip, "::1");
	arena_fini(&none);
}
