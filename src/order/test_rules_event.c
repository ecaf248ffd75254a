/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a vendor reports: stages, facts, late copies and other vendors.
 */
#include "order/test_sample.h"

static struct arena arena;
static struct outcome out;
static struct policy policy;

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

/* Carries the event out, and makes what came of it the new *o. */
static enum err_code
tell(const struct order **o, enum vendor_event event, struct change facts)
{
	struct command c = sample_command(COMMAND_EVENT, &policy);
	enum err_code rc;

	c.change = facts;
	c.change.event = event;
	rc = order_apply(*o, &c, SAMPLE_NOW_MS + 1000, &arena, &out);
	*o = out.order;
	return rc;
}

static struct change
facts_of(const char *vendor_order, const char *numbers, int64_t quantity)
{
	struct change c = {0};

	change_set_str(&c, F_VENDOR_ORDER, str_from(vendor_order));
	change_set_int(&c, F_VENDOR_QUANTITY, quantity);
	if (numbers != NULL)
		change_set_str(&c, F_LOGISTICS_NUMBERS, str_from(numbers));
	return c;
}

void
test_event_goes_through_all_stages(void **state)
{
	(void)state;
	const struct order *o = sample_order(&arena);

	check_err(tell(&o, EVENT_PAID, facts_of("V1", NULL, 1)), ERR_OK);
	assert_int_equal(o->stage, STAGE_PAID);
	assert_int_equal(o->status, ORDER_PROCESSING);
	check_str(o->vendor_order, "V1");
	assert_int_equal(o->version, 2);
	check_err(tell(&o, EVENT_DELIVERING, facts_of("V1", "YT1,SF2", 1)),
	    ERR_OK);
	check_str(o->logistics_numbers, "YT1,SF2");
	check_err(tell(&o, EVENT_DELIVERED, facts_of("V1", NULL, 1)), ERR_OK);
	assert_int_equal(o->status, ORDER_COMPLETED);
	check_err(tell(&o, EVENT_REFUND, facts_of("V1", NULL, 1)), ERR_OK);
	assert_int_equal(o->stage, STAGE_REFUND);
	assert_int_equal(o->status, ORDER_COMPLETED);
	assert_int_equal(o->version, 5);
}

void
test_event_repeated_may_correct_facts(void **state)
{
	(void)state;
	const struct order *o = sample_order(&arena);

	check_err(tell(&o, EVENT_DELIVERING, facts_of("V1", "YT1", 1)), ERR_OK);
	check_err(tell(&o, EVENT_DELIVERING, facts_of("V1", "YT1", 1)), ERR_OK);
	assert_false(out.changed);
	assert_int_equal(o->version, 2);
	check_err(tell(&o, EVENT_DELIVERING, facts_of("V1", "SF2,YT1,,SF2", 2)),
	    ERR_OK);
	assert_true(out.changed);
	check_str(o->logistics_numbers, "YT1,SF2");
	assert_int_equal(o->vendor_quantity, 2);
	assert_int_equal(o->lines[0].quantity, 1);
	assert_int_equal(o->version, 3);
}

void
test_event_late_with_the_facts_it_had(void **state)
{
	(void)state;
	const struct order *o = sample_order(&arena);

	check_err(tell(&o, EVENT_PAID, facts_of("V1", NULL, 1)), ERR_OK);
	check_err(tell(&o, EVENT_DELIVERED, facts_of("V1", "YT1,SF2", 1)),
	    ERR_OK);
	check_err(tell(&o, EVENT_PAID, facts_of("V1", NULL, 1)), ERR_OK);
	assert_false(out.changed);
	check_err(tell(&o, EVENT_DELIVERING, facts_of("V1", "SF2", 1)), ERR_OK);
	assert_false(out.changed);
	assert_int_equal(o->stage, STAGE_DELIVERED);
	check_err(tell(&o, EVENT_DELIVERING, facts_of("V1", "SF3", 1)),
	    ERR_BAD_STATE);
	assert_int_equal(out.allowed,
	    BIT(ORDER_SUBMITTED) | BIT(ORDER_PROCESSING));
	check_str(o->logistics_numbers, "YT1,SF2");
	check_err(tell(&o, EVENT_PAID, facts_of("V1", NULL, 2)), ERR_BAD_STATE);
}

void
test_event_refused(void **state)
{
	(void)state;
	struct order *fresh = sample_order(&arena);
	const struct order *o = fresh;

	check_err(tell(&o, EVENT_REFUND, facts_of("V1", NULL, 1)),
	    ERR_BAD_STATE);
	assert_int_equal(out.allowed,
	    BIT(ORDER_PROCESSING) | BIT(ORDER_COMPLETED));
	check_same_fields(o, fresh);
	fresh->status = ORDER_DRAFT;
	o = fresh;
	check_err(tell(&o, EVENT_PAID, facts_of("V1", NULL, 1)), ERR_BAD_STATE);
	fresh->status = ORDER_CANCELLED;
	fresh->stage = STAGE_PAID;
	o = fresh;
	check_err(tell(&o, EVENT_PAID, (struct change){0}), ERR_BAD_STATE);
}

void
test_event_of_another_vendors_order(void **state)
{
	(void)state;
	const struct order *o = sample_order(&arena);

	check_err(tell(&o, EVENT_PAID, facts_of("V1", NULL, 1)), ERR_OK);
	check_err(tell(&o, EVENT_DELIVERING, facts_of("V2", NULL, 1)),
	    ERR_CONFLICT);
	assert_int_equal(out.conflict_count, 0);
	assert_null(out.conflicts);
	check_str(o->vendor_order, "V1");
	/* Even where the event itself would be refused. */
	check_err(tell(&o, EVENT_PAID, facts_of("V2", NULL, 1)), ERR_CONFLICT);
}

void
test_event_numbers_past_the_longest_text(void **state)
{
	(void)state;
	struct order *fresh = sample_order(&arena);
	const struct order *o = fresh;
	char *numbers = arena_alloc(&arena, LIMIT_TEXT_BYTES);

	memset(numbers, '1', LIMIT_TEXT_BYTES);
	fresh->logistics_numbers = (struct str){numbers, LIMIT_TEXT_BYTES};
	check_err(tell(&o, EVENT_PAID, facts_of("V1", "2", 1)), ERR_BAD_FIELD);
	assert_int_equal(out.faults[0].field, F_LOGISTICS_NUMBERS);
	assert_int_equal(out.faults[0].rule, RULE_LENGTH);
}

void
test_event_brings_attributes(void **state)
{
	(void)state;
	const struct order *o = sample_order(&arena);
	struct attribute at = {STR("top.sku"), STR("109:5")};
	struct change facts = {.set = BIT64(F_ATTRIBUTES),
	    .to = {.attributes = &at, .attribute_count = 1}};

	check_err(tell(&o, EVENT_PAID, facts), ERR_OK);
	check_str(order_attribute(o, STR("top.sku")), "109:5");
	check_err(tell(&o, EVENT_DELIVERED, (struct change){0}), ERR_OK);
	check_err(tell(&o, EVENT_PAID, facts), ERR_OK);
	assert_false(out.changed);
	at.value = STR("109:6");
	check_err(tell(&o, EVENT_PAID, facts), ERR_BAD_STATE);
}
