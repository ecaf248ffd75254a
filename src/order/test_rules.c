/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands carried out: creating, changing, moving, deleting, and what is
 * refused in which order. Events have their own file, test_rules_event.c.
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
	memset(&out, 0x5a, sizeof(out));
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

static enum err_code
apply(const struct order *before, const struct command *c)
{
	enum err_code rc = order_apply(before, c, SAMPLE_NOW_MS + 1000, &arena,
	    &out);

	assert_int_equal(out.code, rc);
	return rc;
}

/* --- each field, in each state ------------------------------------------ */

static const struct line other_lines[] = {
    {.title = STR_INIT("A"), .price_e4 = 100, .quantity = 2},
    {.title = STR_INIT("B"), .price_e4 = 250, .quantity = 1},
};

static void
set_field(struct change *c, enum order_field f)
{
	static struct attribute at = {STR_INIT("k"), STR_INIT("v")};
	static struct line lines[2];

	memcpy(lines, other_lines, sizeof(lines));
	c->set = BIT64(f);
	c->to = (struct order){.lines = lines,
	    .line_count = 2,
	    .attributes = &at,
	    .attribute_count = 1,
	    .status = ORDER_FAILED,
	    .stage = STAGE_REFUND};
	if (order_fields[f].kind == FIELD_STR)
		*order_str(&c->to, f) = STR("other");
	else if (order_fields[f].kind == FIELD_INT ||
	    order_fields[f].kind == FIELD_FEN ||
	    order_fields[f].kind == FIELD_TIME)
		*order_int(&c->to, f) = 4711;
}

static void
check_field_in_state(enum order_field f, enum order_status status)
{
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);
	bool may = (order_fields[f].editable & BIT(status)) != 0;

	o->status = status;
	set_field(&c.change, f);
	check_err(apply(o, &c), may ? ERR_OK : ERR_BAD_STATE);
	assert_int_equal(out.changed, may);
	if (!may) {
		assert_int_equal(out.allowed, order_fields[f].editable);
		check_same_fields(out.order, o);
		return;
	}
	for (int g = 0; g < F__COUNT; g++)
		assert_int_equal(
		    order_field_is_equal(out.order, o, (enum order_field)g),
		    g != (int)f && !(f == F_LINES && g == F_TOTAL));
	assert_int_equal(out.order->version, 2);
}

void
test_rules_every_field_in_every_state(void **state)
{
	(void)state;
	for (int f = 0; f < F__COUNT; f++) {
		for (int s = 0; s < ORDER__COUNT; s++)
			check_field_in_state((enum order_field)f,
			    (enum order_status)s);
	}
}

/* --- what the catalog has against it -------------------------------------- */

void
test_rules_objection_refuses_before_all_else(void **state)
{
	(void)state;
	static const enum command_kind kinds[] = {
	    COMMAND_CREATE, COMMAND_MOVE, COMMAND_EVENT};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct order *o = sample_order(&arena);
		struct command c = sample_command(kinds[i], &policy);

		c.change.to = *o;
		c.change.note = STR("kept");
		c.has_version = true;
		c.version = 77;
		c.objection = (struct fault){
		    .rule = RULE_UNKNOWN, .wire = STR("flag")};
		check_err(apply(kinds[i] == COMMAND_CREATE ? NULL : o, &c),
		    ERR_BAD_FIELD);
		assert_int_equal(out.fault_count, 1);
		check_str(out.faults[0].wire, "flag");
		assert_int_equal(o->version, 1);
	}
}

void
test_rules_objection_to_a_change_comes_behind_its_state(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	c.change.set = BIT64(F_LINES); /* without any lines */
	c.objection = (struct fault){.rule = RULE_UNKNOWN, .wire = STR("item")};
	check_err(apply(o, &c), ERR_BAD_FIELD);
	check_str(out.faults[0].wire, "item");
	o->status = ORDER_PROCESSING;
	check_err(apply(o, &c), ERR_BAD_STATE);
	assert_int_equal(out.allowed, ORDER_OPEN);
	assert_int_equal(out.fault_count, 0);
}

void
test_rules_a_change_may_be_for_some_states_only(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	c.change.states = ORDER_OPEN;
	check_err(apply(o, &c), ERR_OK);
	assert_false(out.changed);
	o->status = ORDER_FAILED;
	check_err(apply(o, &c), ERR_BAD_STATE);
	assert_int_equal(out.allowed, ORDER_OPEN);
}

/* Which company carries by which way: of the change, of the order, of both. */
void
test_rules_carrier_must_fit_the_way(void **state)
{
	static const struct {
		int64_t way, company;	      /* of the order */
		int64_t new_way, new_company; /* -1: not told */
		bool fits;
	} rows[] = {
	    {2, 10, -1, -1, true},
	    {4, 10, -1, -1, true}, /* nobody asked */
	    {5, 0, 2, -1, false},
	    {2, 10, 2, -1, true},
	    {4, 5, 2, -1, false},
	    {2, 10, -1, 11, true},
	    {2, 10, -1, 5, false},
	    {2, 10, -1, 0, false},
	    {5, 0, -1, 10, false},
	    {0, 0, -1, 10, false},
	    {5, 0, -1, 0, true},
	    {5, 0, 4, 8, true},
	    {5, 0, 4, 6, false},
	    {2, 10, 1, 0, true},
	    {2, 10, 1, 10, false},
	};
	const struct catalog catalog = {.carriers = catalog_default_carriers,
	    .carrier_count = catalog_default_carrier_count};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order *o = sample_order(&arena);
		struct command c = sample_command(COMMAND_CHANGE, &policy);

		o->transport_way = rows[i].way;
		o->logistics_company = rows[i].company;
		if (rows[i].new_way >= 0)
			change_set_int(&c.change, F_TRANSPORT_WAY,
			    rows[i].new_way);
		if (rows[i].new_company >= 0)
			change_set_int(&c.change, F_LOGISTICS_COMPANY,
			    rows[i].new_company);
		check_err(apply(o, &c), ERR_OK);
		c.catalog = &catalog;
		c.objection.rule = RULE_NONE;
		check_err(apply(o, &c), rows[i].fits ? ERR_OK : ERR_BAD_FIELD);
		if (rows[i].fits)
			continue;
		assert_int_equal(out.fault_count, 1);
		assert_int_equal(out.faults[0].field, F_LOGISTICS_COMPANY);
	}
}

/* --- changes ------------------------------------------------------------- */

void
test_rules_quantity_changes_the_total(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	c.change.has_quantity = true;
	c.change.quantity = 2;
	change_set_str(&c.change, F_RECIPIENT_NAME, STR("李四"));
	check_err(apply(o, &c), ERR_OK);
	assert_true(out.changed);
	assert_int_equal(out.order->total_fen, 1799800);
	assert_int_equal(out.order->lines[0].total_fen, 1799800);
	assert_int_equal(out.order->version, 2);
	assert_int_equal(out.order->updated_ms, SAMPLE_NOW_MS + 1000);
	assert_int_equal(out.order->created_ms, SAMPLE_NOW_MS);
	check_str(out.order->recipient_name, "李四");
	check_str(out.order->phone, "13800138000");
	assert_int_equal(o->lines[0].quantity, 1);
	assert_int_equal(o->version, 1);
}

void
test_rules_same_values_change_nothing(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	check_err(apply(o, &c), ERR_OK);
	assert_false(out.changed);
	c.change.has_quantity = true;
	c.change.quantity = 1;
	change_set_str(&c.change, F_RECIPIENT_NAME, STR("张三"));
	change_set_str(&c.change, F_REMARKS, STR_NONE);
	check_err(apply(o, &c), ERR_OK);
	assert_false(out.changed);
	assert_int_equal(out.order->version, 1);
	assert_int_equal(out.order->updated_ms, SAMPLE_NOW_MS);
	check_same_fields(out.order, o);
}

void
test_rules_quantity_needs_one_line(void **state)
{
	(void)state;
	struct order *o = sample_order_of_lines(&arena, 2);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	c.change.has_quantity = true;
	c.change.quantity = 2;
	check_err(apply(o, &c), ERR_BAD_FIELD);
	assert_int_equal(out.fault_count, 1);
	assert_int_equal(out.faults[0].field, F_LINES);
	assert_int_equal(out.faults[0].rule, RULE_SINGLE_LINE);
	check_str(out.faults[0].wire, NULL);
	assert_false(out.changed);
}

void
test_rules_sum_too_large(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);
	struct line lines[LIMIT_LINES];

	for (size_t i = 0; i < LIMIT_LINES; i++)
		lines[i] = (struct line){
		    .price_e4 = LIMIT_PRICE_E4, .quantity = LIMIT_QUANTITY};
	c.change.set = BIT64(F_LINES);
	c.change.to.lines = lines;
	c.change.to.line_count = LIMIT_LINES;
	check_err(apply(o, &c), ERR_BAD_FIELD);
	assert_int_equal(out.faults[0].field, F_LINES);
	assert_int_equal(out.faults[0].rule, RULE_RANGE);
	check_same_fields(out.order, o);
}

void
test_rules_lines_are_replaced(void **state)
{
	(void)state;
	struct order *o = sample_order_of_lines(&arena, 3);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	set_field(&c.change, F_LINES);
	check_err(apply(o, &c), ERR_OK);
	assert_int_equal(out.order->line_count, 2);
	check_str(out.order->lines[1].title, "B");
	assert_int_equal(out.order->lines[1].total_fen, 3);
	assert_int_equal(out.order->total_fen, 5);
}

void
test_rules_attributes_are_merged(void **state)
{
	(void)state;
	struct attribute had[] = {{STR("b"), STR("1")}, {STR("d"), STR("2")}};
	struct attribute asked[] = {
	    {STR("d"), STR_NONE}, {STR("c"), STR("3")}, {STR("x"), STR_NONE}};
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	o->attributes = had;
	o->attribute_count = 2;
	c.change.set = BIT64(F_ATTRIBUTES);
	c.change.to.attributes = asked;
	c.change.to.attribute_count = 3;
	check_err(apply(o, &c), ERR_OK);
	assert_int_equal(out.order->attribute_count, 2);
	check_str(order_attribute(out.order, STR("b")), "1");
	check_str(order_attribute(out.order, STR("c")), "3");
	check_str(had[1].value, "2");
	check_err(apply(out.order, &c), ERR_OK);
	assert_false(out.changed);
}

void
test_rules_too_many_attributes(void **state)
{
	(void)state;
	struct attribute asked[LIMIT_ATTRIBUTES + 1];
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	for (size_t i = 0; i <= LIMIT_ATTRIBUTES; i++)
		asked[i] = (struct attribute){
		    arena_printf(&arena, "k%zu", i), STR("v")};
	c.change.set = BIT64(F_ATTRIBUTES);
	c.change.to.attributes = asked;
	c.change.to.attribute_count = LIMIT_ATTRIBUTES + 1;
	check_err(apply(o, &c), ERR_BAD_FIELD);
	assert_int_equal(out.faults[0].field, F_ATTRIBUTES);
	assert_int_equal(out.faults[0].rule, RULE_LENGTH);
	c.change.to.attribute_count = LIMIT_ATTRIBUTES;
	check_err(apply(o, &c), ERR_OK);
	assert_int_equal(out.order->attribute_count, LIMIT_ATTRIBUTES);
}

void
test_rules_time_does_not_run_backwards(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	o->updated_ms = SAMPLE_NOW_MS + 5000;
	change_set_int(&c.change, F_FLAG, 3);
	check_err(apply(o, &c), ERR_OK);
	assert_int_equal(out.order->updated_ms, SAMPLE_NOW_MS + 5000);
}

/* --- policies -------------------------------------------------------------- */

void
test_rules_policy_shipping_keeps_lines_in_submitted(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	policy.submitted_editable = EDITABLE_SHIPPING;
	change_set_str(&c.change, F_REMARKS, STR("x"));
	assert_int_equal(order_editable(&c.change, &policy), ORDER_OPEN);
	check_err(apply(o, &c), ERR_OK);
	c.change.has_quantity = true;
	c.change.quantity = 2;
	assert_int_equal(order_editable(&c.change, &policy), BIT(ORDER_DRAFT));
	check_err(apply(o, &c), ERR_BAD_STATE);
	assert_int_equal(out.allowed, BIT(ORDER_DRAFT));
	o->status = ORDER_DRAFT;
	check_err(apply(o, &c), ERR_OK);
	set_field(&c.change, F_LINES);
	c.change.has_quantity = false;
	assert_int_equal(order_editable(&c.change, &policy), BIT(ORDER_DRAFT));
}

void
test_rules_editable_is_the_meet_of_all_fields(void **state)
{
	(void)state;
	struct change c = {0};

	assert_int_equal(order_editable(&c, &policy), ORDER_ANY);
	change_set_int(&c, F_FLAG, 1);
	assert_int_equal(order_editable(&c, &policy), ORDER_ANY);
	change_set_str(&c, F_PHONE, STR("1"));
	assert_int_equal(order_editable(&c, &policy), ORDER_OPEN);
	change_set_str(&c, F_USER, STR("1"));
	assert_int_equal(order_editable(&c, &policy), 0);
}

void
test_rules_policy_may_demand_a_version(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	policy.require_if_match = 1;
	o->status = ORDER_COMPLETED;
	change_set_str(&c.change, F_PHONE, STR("1"));
	check_err(apply(o, &c), ERR_NEED_VERSION);
	c.has_version = true;
	c.version = 1;
	check_err(apply(o, &c), ERR_BAD_STATE);
	o->status = ORDER_SUBMITTED;
	check_err(apply(o, &c), ERR_OK);
	c.kind = COMMAND_MOVE;
	c.has_version = false;
	c.change = (struct change){.move = MOVE_CANCEL};
	check_err(apply(o, &c), ERR_OK);
}

/* --- versions ---------------------------------------------------------------- */

static void
check_conflict(size_t i, enum order_field f, const char *theirs,
    const char *yours, bool is_number)
{
	assert_true(i < out.conflict_count);
	assert_int_equal(out.conflicts[i].field, f);
	check_str(out.conflicts[i].theirs, theirs);
	check_str(out.conflicts[i].yours, yours);
	assert_int_equal(out.conflicts[i].is_number, is_number);
}

void
test_rules_another_version_lists_what_differs(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);
	struct attribute at = {STR("k"), STR("v")};

	o->version = 3;
	o->status = ORDER_CANCELLED; /* a conflict is told before the state */
	c.has_version = true;
	c.version = 2;
	c.change.has_quantity = true;
	c.change.quantity = 5;
	change_set_str(&c.change, F_PHONE, STR("13800138000"));
	change_set_str(&c.change, F_RECIPIENT_NAME, STR("李四"));
	change_set_str(&c.change, F_ADDRESS, STR_NONE);
	change_set_int(&c.change, F_FLAG, 4);
	c.change.set |= BIT64(F_ATTRIBUTES);
	c.change.to.attributes = &at;
	c.change.to.attribute_count = 1;
	check_err(apply(o, &c), ERR_CONFLICT);
	assert_int_equal(out.conflict_count, 5);
	check_conflict(0, F_LINES, "1", "5", true);
	check_conflict(1, F_RECIPIENT_NAME, "张三", "李四", false);
	check_conflict(2, F_ADDRESS, "浙江省杭州市余杭区文一西路969号", NULL,
	    false);
	check_conflict(3, F_FLAG, NULL, "4", true);
	check_conflict(4, F_ATTRIBUTES, NULL, "v", false);
	assert_int_equal(out.order->version, 3);
	check_same_fields(out.order, o);
}

void
test_rules_another_version_without_differences(void **state)
{
	(void)state;
	struct order *o = sample_order_of_lines(&arena, 2);
	struct command c = sample_command(COMMAND_CHANGE, &policy);

	c.has_version = true;
	c.version = 2;
	change_set_str(&c.change, F_PHONE, STR("13800138000"));
	check_err(apply(o, &c), ERR_CONFLICT);
	assert_int_equal(out.conflict_count, 0);
	set_field(&c.change, F_LINES);
	check_err(apply(o, &c), ERR_CONFLICT);
	assert_int_equal(out.conflict_count, 1);
	check_conflict(0, F_LINES, "3", "3", true);
}

/* --- creating, moving, deleting ---------------------------------------------- */

void
test_rules_create(void **state)
{
	(void)state;
	struct attribute asked[] = {
	    {STR("z"), STR("1")}, {STR("n"), STR_NONE}, {STR("a"), STR("2")}};
	struct command c = sample_command(COMMAND_CREATE, &policy);

	c.change.to = *sample_order(&arena);
	c.change.to.app = 0;
	c.change.to.total_fen = 0;
	c.change.to.lines[0].total_fen = 0;
	c.change.to.version = 0;
	c.change.to.created_ms = 0;
	c.change.to.attributes = asked;
	c.change.to.attribute_count = 3;
	check_err(apply(NULL, &c), ERR_OK);
	assert_true(out.changed);
	assert_int_equal(out.order->app, 7);
	assert_int_equal(out.order->id, 67890);
	assert_int_equal(out.order->version, 1);
	assert_int_equal(out.order->created_ms, SAMPLE_NOW_MS + 1000);
	assert_int_equal(out.order->updated_ms, SAMPLE_NOW_MS + 1000);
	assert_int_equal(out.order->total_fen, 899900);
	assert_int_equal(out.order->attribute_count, 2);
	check_str(out.order->attributes[0].name, "a");
	check_str(out.order->attributes[1].name, "z");
	assert_int_equal(out.order->status, ORDER_SUBMITTED);
}

void
test_rules_create_with_too_large_a_sum(void **state)
{
	(void)state;
	struct command c = sample_command(COMMAND_CREATE, &policy);

	c.change.to = *sample_order_of_lines(&arena, LIMIT_LINES);
	for (size_t i = 0; i < LIMIT_LINES; i++) {
		c.change.to.lines[i].price_e4 = LIMIT_PRICE_E4;
		c.change.to.lines[i].quantity = LIMIT_QUANTITY;
	}
	check_err(apply(NULL, &c), ERR_BAD_FIELD);
	assert_null(out.order);
	assert_int_equal(out.faults[0].rule, RULE_RANGE);
}

void
test_rules_move(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_MOVE, &policy);

	c.change.move = MOVE_CANCEL;
	change_set_str(&c.change, F_REMARKS, STR("too late"));
	check_err(apply(o, &c), ERR_OK);
	assert_true(out.changed);
	assert_int_equal(out.order->status, ORDER_CANCELLED);
	assert_int_equal(out.order->cancelled_ms, SAMPLE_NOW_MS + 1000);
	assert_int_equal(out.order->version, 2);
	check_str(out.order->remarks, "too late");
	assert_int_equal(o->status, ORDER_SUBMITTED);
	check_err(apply(out.order, &c), ERR_BAD_STATE);
	assert_int_equal(out.allowed,
	    BIT(ORDER_SUBMITTED) | BIT(ORDER_PROCESSING));
	assert_int_equal(out.order->version, 2);
}

void
test_rules_delete(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_MOVE, &policy);

	c.change.move = MOVE_DELETE;
	check_err(apply(o, &c), ERR_BAD_STATE);
	assert_int_equal(out.allowed, BIT(ORDER_DRAFT));
	o->status = ORDER_DRAFT;
	check_err(apply(o, &c), ERR_OK);
	assert_true(out.changed);
	assert_null(out.order);
}

/* Whatever allocation fails, the answer is NO_MEMORY and shows nothing. */
void
test_rules_full_arena(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct command c = sample_command(COMMAND_CHANGE, &policy);
	struct attribute at = {STR("k"), STR("v")};

	c.change.set = BIT64(F_ATTRIBUTES);
	c.change.to.attributes = &at;
	c.change.to.attribute_count = 1;
	for (int conflict = 0; conflict < 2; conflict++) {
		size_t cap = 1;
		enum err_code rc = ERR_NO_MEMORY;

		c.has_version = conflict != 0;
		c.version = 9;
		for (; rc == ERR_NO_MEMORY; cap += 64) {
			struct arena small;

			arena_init(&small, cap);
			rc = order_apply(o, &c, SAMPLE_NOW_MS, &small, &out);
			if (rc == ERR_NO_MEMORY)
				assert_null(out.order);
			arena_fini(&small);
		}
		check_err(rc, conflict ? ERR_CONFLICT : ERR_OK);
		assert_true(cap > sizeof(struct order));
	}
}
