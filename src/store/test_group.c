/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which statements a group is made of, and in which order: against the scripted
 * driver, which refuses every other. What is written here is what a change
 * costs.
 */
#include "sql/sql_script.h"
#include "store/migrations.h"
#include "store/test_world.h"

/* Opening a store that nobody has opened before, up to its schema. */
static struct sql_value schema_version[1]; /* set before it is read */
#define OPENING \
	{.name = "script"}, \
	    {.name = "META_GET", .rows = schema_version, .row_count = 1}, \
	    {.name = "META_GET"}, {.name = "begin"}, {.name = "META_LOCK"}, \
	    {.name = "META_GET"}, {.name = "META_PUT"}, {.name = "commit"}, \
	{ \
		.name = "META_GET" \
	}

static const struct sql_value last_seq[] = {{.kind = SQL_INT, .i = 41}};
#define BEGIN \
	{.name = "begin"}, \
	{ \
		.name = "LOG_LAST", .rows = last_seq, .row_count = 1 \
	}

static void
must_open_scripted(struct world *world, struct sql_script *script)
{
	struct store_config config = {
	    .url = STR("script:"), .master_key = world_key, .backup_dir = "."};

	static char number[24];

	(void)snprintf(number, sizeof(number), "%zu", migration_count);
	schema_version[0] = sql_text(str_from(number));
	*world = (struct world){.store = NULL};
	arena_init(&world->a, SAMPLE_ARENA_BYTES);
	sql_script_use(script);
	check_err(store_open(&config, &world->store, &world->err), ERR_OK);
	check_err(
	    store_connect(world->store, STORE_WRITER, &world->w, &world->err),
	    ERR_OK);
}

static struct store_answer
sample_answer(void)
{
	return (struct store_answer){.app = 7,
	    .order = 67890,
	    .version = 2,
	    .identity = {.present = true, .at_ms = SAMPLE_NOW_MS}};
}

void
test_an_update_is_three_rows(void **state)
{
	static const struct sql_script_step steps[] = {
	    OPENING,
	    BEGIN,
	    {.name = "ANSWER_FIND"},
	    {.name = "ORDER_UPDATE"},
	    {.name = "AMENDMENT_INSERT"},
	    {.name = "ANSWER_INSERT"},
	    {.name = "commit"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct store_answer answer = sample_answer();
	struct store_write answers = {.answers = &answer, .answer_count = 1};
	struct order *before, *after;
	struct world world;

	(void)state;
	must_open_scripted(&world, &script);
	before = sample_order(&world.a);
	after = order_copy(&world.a, before);
	after->remarks = STR("x");
	must_begin(&world);
	check_err(
	    store_answers_find(world.w, &world.a, 0, &answer, 1, &world.err),
	    ERR_OK);
	assert_false(answer.found);
	check_err(change(&world, before, after), ERR_OK);
	assert_int_equal(after->last_seq, 42);
	check_err(store_write(world.w, &answers, &world.err), ERR_OK);
	must_commit(&world);
	check_str(sql_script_fault(&script), NULL);
	close_world(&world);
}

/* The usual change sets a few columns, by a statement of its own. */
void
test_another_quantity_is_a_narrow_row(void **state)
{
	static const struct sql_script_step steps[] = {
	    OPENING,
	    BEGIN,
	    {.name = "ORDER_UPDATE_LINES"},
	    {.name = "AMENDMENT_INSERT"},
	    {.name = "commit"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct order *before, *after;
	struct world world;

	(void)state;
	must_open_scripted(&world, &script);
	before = sample_order(&world.a);
	after = order_copy(&world.a, before);
	after->lines[0].quantity++;
	check_err(order_sum(after), ERR_OK);
	must_change(&world, before, after);
	check_str(sql_script_fault(&script), NULL);
	close_world(&world);
}

void
test_a_move_is_also_its_keys_and_two_counters(void **state)
{
	static const struct sql_value counts[] = {{.kind = SQL_INT, .i = 7},
	    {.kind = SQL_INT, .i = ORDER_SUBMITTED}, {.kind = SQL_INT, .i = -1},
	    {.kind = SQL_INT, .i = 7}, {.kind = SQL_INT, .i = ORDER_PROCESSING},
	    {.kind = SQL_INT, .i = 1}};
	static const struct sql_script_step steps[] = {
	    OPENING,
	    BEGIN,
	    {.name = "ORDER_UPDATE_LINES"},
	    {.name = "ORDER_KEYS_SET"},
	    {.name = "COUNT_ADD", .args = counts},
	    {.name = "AMENDMENT_INSERT"},
	    {.name = "commit"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct order *before, *after;
	struct world world;

	(void)state;
	must_open_scripted(&world, &script);
	before = sample_order(&world.a);
	after = order_copy(&world.a, before);
	after->status = ORDER_PROCESSING;
	must_change(&world, before, after);
	check_str(sql_script_fault(&script), NULL);
	close_world(&world);
}

void
test_another_price_is_also_its_keys(void **state)
{
	static const struct sql_script_step steps[] = {
	    OPENING,
	    BEGIN,
	    {.name = "ORDER_UPDATE_LINES"},
	    {.name = "ORDER_KEYS_SET"},
	    {.name = "AMENDMENT_INSERT"},
	    {.name = "commit"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct order *before, *after;
	struct world world;

	(void)state;
	must_open_scripted(&world, &script);
	before = sample_order(&world.a);
	after = order_copy(&world.a, before);
	after->lines[0].price_e4 += 10000;
	check_err(order_sum(after), ERR_OK);
	must_change(&world, before, after);
	check_str(sql_script_fault(&script), NULL);
	close_world(&world);
}

void
test_names_are_rows_of_those_given_only(void **state)
{
	static const struct sql_value name[] = {
	    {.kind = SQL_INT, .i = 7},
	    {.kind = SQL_INT, .i = NAME_TRADE_NO},
	    {SQL_TEXT, 0, STR_INIT("T-1")},
	    {.kind = SQL_INT, .i = 67890},
	};
	static const struct sql_script_step steps[] = {
	    OPENING,
	    BEGIN,
	    {.name = "ORDER_INSERT"},
	    {.name = "NAME_INSERT", .args = name},
	    {.name = "COUNT_ADD"},
	    {.name = "AMENDMENT_INSERT"},
	    {.name = "commit"},
	    BEGIN,
	    {.name = "NAME_DELETE"},
	    {.name = "ORDER_DELETE"},
	    {.name = "TOMB_INSERT"},
	    {.name = "COUNT_ADD"},
	    {.name = "AMENDMENT_INSERT"},
	    {.name = "commit"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct world world;
	struct order *o;

	(void)state;
	must_open_scripted(&world, &script);
	o = sample_order(&world.a);
	o->trade_no = STR("T-1");
	must_change(&world, NULL, o);
	must_change(&world, o, NULL);
	check_str(sql_script_fault(&script), NULL);
	close_world(&world);
}

void
test_names_are_looked_up_together(void **state)
{
	static const struct sql_script_step steps[] = {
	    OPENING,
	    BEGIN,
	    {.name = "ORDER_BY_ID"},   /* intent_5 and CG5 */
	    {.name = "ORDER_BY_NAME"}, /* CG5, if it was given, and P-1 */
	    {.name = "ORDER_APP"},     /* whose they are that were not found */
	    {.name = "rollback"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct store_ref refs[] = {
	    {.app = 7, .kind = NAME_INTENT, .name = STR("intent_5")},
	    {.app = 7, .kind = NAME_PURCHASE_NO, .name = STR("CG5")},
	    {.app = 7, .kind = NAME_PURCHASE_NO, .name = STR("P-1")},
	};
	struct world world;

	(void)state;
	must_open_scripted(&world, &script);
	must_begin(&world);
	check_err(store_refs_load(world.w, &world.a, refs, 3, &world.err),
	    ERR_OK);
	store_rollback(world.w);
	check_str(sql_script_fault(&script), NULL);
	close_world(&world);
}

void
test_an_unsure_commit_is_told_as_such(void **state)
{
	static const struct sql_script_step steps[] = {
	    OPENING,
	    BEGIN,
	    {.name = "commit", .fails = ERR_STORE_UNSURE},
	    {.name = "begin", .fails = ERR_STORE_BUSY},
	    {.name = "begin"},
	    {.name = "LOG_LAST", .fails = ERR_STORE_FAILED},
	    {.name = "rollback"},
	};
	struct sql_script script = SQL_SCRIPT(steps);
	struct world world;

	(void)state;
	must_open_scripted(&world, &script);
	must_begin(&world);
	check_err(store_commit(world.w, &world.err), ERR_STORE_UNSURE);
	check_err(store_begin(world.w, world_apps, WORLD_APPS, &world.err),
	    ERR_STORE_BUSY);
	check_err(store_begin(world.w, world_apps, WORLD_APPS, &world.err),
	    ERR_STORE_FAILED);
	check_str(sql_script_fault(&script), NULL);
	close_world(&world);
}
