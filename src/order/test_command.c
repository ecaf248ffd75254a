/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helpers around commands and outcomes.
 */
#include "order/command.h"
#include "tests/check.h"

void
test_command_sets_fields(void **state)
{
	(void)state;
	struct change c = {0};

	change_set_str(&c, F_PHONE, STR("13800138000"));
	change_set_int(&c, F_FLAG, 4);
	assert_true(change_has(&c, F_PHONE));
	assert_true(change_has(&c, F_FLAG));
	assert_false(change_has(&c, F_REMARKS));
	assert_int_equal(c.set, BIT64(F_PHONE) | BIT64(F_FLAG));
	check_str(c.to.phone, "13800138000");
	assert_int_equal(c.to.flag, 4);
}

void
test_outcome_keeps_the_first_faults(void **state)
{
	(void)state;
	struct outcome o = {0};

	for (int i = 0; i < LIMIT_FAULTS + 3; i++)
		outcome_add_fault(&o,
		    (struct fault){.rule = RULE_RANGE,
			.field = i == 0 ? F_PHONE : F_FLAG});
	check_err(o.code, ERR_BAD_FIELD);
	assert_int_equal(o.fault_count, LIMIT_FAULTS);
	assert_int_equal(o.faults[0].field, F_PHONE);
	assert_int_equal(o.faults[LIMIT_FAULTS - 1].field, F_FLAG);
}

void
test_outcome_fail_takes_the_details(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct err err;

	err_set(&err, ERR_STORE_FULL, "orders", "no space");
	outcome_fail(&o, ERR_STORE_FULL, &err);
	check_err(o.code, ERR_STORE_FULL);
	assert_string_equal(o.err.detail, "no space");
	outcome_fail(&o, ERR_NOT_FOUND, NULL);
	check_err(o.code, ERR_NOT_FOUND);
	check_err(o.err.code, ERR_NOT_FOUND);
}
