/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One state for the reads of a turn, and a new one as soon as something was
 * committed.
 */
#include "engine/view.h"

#include "engine/test_world.h"

static struct world world;
static struct store_conn *writer, *reader;
static struct gate gate;
static struct view view;

int
setup(void **state)
{
	struct err err = {0};

	(void)state;
	world_open(&world);
	check_err(store_connect(world.store, STORE_WRITER, &writer, &err),
	    ERR_OK);
	check_err(store_connect(world.store, STORE_READER, &reader, &err),
	    ERR_OK);
	gate_init(&gate);
	view.conn = reader;
	view.gate = &gate;
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	view_close(&view);
	gate_fini(&gate);
	store_disconnect(&reader);
	store_disconnect(&writer);
	store_close(&world.store);
	return 0;
}

static void
put(int64_t value)
{
	struct err err = {0};

	check_err(store_begin(writer, NULL, 0, &err), ERR_OK);
	check_err(store_mark_put(writer, "value", value, &err), ERR_OK);
	check_err(store_commit(writer, &err), ERR_OK);
}

static int64_t
see(void)
{
	struct err err = {0};
	int64_t value = -1;

	check_err(view_open(&view, &err), ERR_OK);
	check_err(store_mark_get(reader, "value", &value, &err), ERR_OK);
	return value;
}

void
test_reads_of_a_turn_see_one_state(void **state)
{
	(void)state;
	if (store_is_remote(world.store))
		skip();
	put(1);
	assert_int_equal(see(), 1);
	/* Not told yet by anybody. */
	put(2);
	assert_int_equal(see(), 1);
	view_close(&view);
	assert_int_equal(see(), 2);
}

void
test_what_was_told_is_seen_in_the_same_turn(void **state)
{
	(void)state;
	if (store_is_remote(world.store))
		skip();
	put(1);
	assert_int_equal(see(), 1);
	put(2);
	view_outdate(&view);
	assert_int_equal(see(), 2);
	assert_int_equal(see(), 2);
}

void
test_a_closed_view_is_outside_the_gate(void **state)
{
	(void)state;
	if (store_is_remote(world.store))
		skip();
	put(1);
	assert_int_equal(see(), 1);
	assert_int_equal(gate.inside[GATE_POINT], 1);
	view_outdate(&view);
	assert_int_equal(see(), 1);
	assert_int_equal(gate.inside[GATE_POINT], 1);
	view_close(&view);
	view_close(&view);
	assert_int_equal(gate.inside[GATE_POINT], 0);
	/* Returns at once. */
	gate_close(&gate);
	gate_open(&gate);
}
