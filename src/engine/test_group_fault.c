/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group while the store fails at each of its steps: whatever happens, every
 * command is told, and either all of them are stored or none.
 */
#include "engine/group.h"

#include "engine/test_world.h"
#include "sql/sql_fault.h"

#define COMMANDS 9

static struct world world;
static struct store_conn *conn;
static struct arena arena;
static struct ids ids = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .end_ms = INT64_MAX};
static struct call *calls[COMMANDS];

int
setup(void **state)
{
	struct err err = {0};

	(void)state;
	world_open(&world);
	check_err(store_connect(world.store, STORE_WRITER, &conn, &err),
	    ERR_OK);
	arena_init(&arena, LIMIT_GROUP_ARENA_BYTES);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	sql_fault_set(0, ERR_OK);
	arena_fini(&arena);
	store_disconnect(&conn);
	store_close(&world.store);
	return 0;
}

static enum err_code
run(size_t count)
{
	struct task *tasks[COMMANDS];
	struct group group = {.conn = conn,
	    .arena = &arena,
	    .ids = &ids,
	    .now_ms = world.now_ms,
	    .prune_rows = 4};
	struct err err = {0};

	for (size_t i = 0; i < count; i++)
		tasks[i] = &calls[i]->task;
	return group_run(&group, tasks, count, &err);
}

static void
forget(size_t count)
{
	for (size_t i = 0; i < count; i++)
		call_free(calls[i]);
}

/* An order "A<n>" that is changed, one "N<n>" that is made and changed, a draft
 * that is deleted, a replay, a no-op and a refusal. */
static void
prepare(int n)
{
	char a[16], made[16], drafted[16];

	(void)snprintf(a, sizeof(a), "A%d", n);
	(void)snprintf(made, sizeof(made), "N%d", n);
	(void)snprintf(drafted, sizeof(drafted), "D%d", n);
	sql_fault_set(0, ERR_OK);
	calls[0] = call_create(&world, a);
	call_identity(calls[0], WORLD_NOW_MS + n, 1, 0);
	calls[1] = call_create(&world, drafted);
	calls[1]->command.change.to.status = ORDER_DRAFT;
	check_err(run(2), ERR_OK);
	check_err(calls[0]->outcome.code, ERR_OK);
	check_err(calls[1]->outcome.code, ERR_OK);
	forget(2);
	calls[0] = call_quantity(&world, a, 2);
	call_identity(calls[0], WORLD_NOW_MS + n, 2, 0);
	calls[1] = call_create(&world, made);
	calls[2] = call_quantity(&world, made, 2);
	calls[3] = call_move(&world, drafted, MOVE_DELETE);
	calls[4] = call_create(&world, a); /* a replay */
	call_identity(calls[4], WORLD_NOW_MS + n, 1, 0);
	calls[5] = call_quantity(&world, a, 2); /* changes nothing */
	call_identity(calls[5], WORLD_NOW_MS + n, 3, 0);
	calls[6] = call_quantity(&world, "nobody's", 2);
	calls[7] = call_move(&world, a, MOVE_COMPLETE);
	calls[8] = call_quantity(&world, a, 2); /* seen in this group */
	call_identity(calls[8], WORLD_NOW_MS + n, 2, 0);
}

static void
check_done(void)
{
	for (size_t i = 0; i < 6; i++)
		check_err(calls[i]->outcome.code, ERR_OK);
	check_err(calls[6]->outcome.code, ERR_NOT_FOUND);
	check_err(calls[7]->outcome.code, ERR_BAD_STATE);
	assert_true(calls[4]->outcome.replayed);
	assert_true(calls[8]->outcome.replayed);
}

static void
check_failed(enum err_code code)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		check_err(calls[i]->outcome.code, code);
		assert_null(calls[i]->outcome.order);
		assert_false(calls[i]->outcome.changed);
		assert_false(calls[i]->outcome.replayed);
	}
}

static void
fail_at_each_step(enum err_code fault)
{
	int64_t before, after, n = 1;
	bool failed = true;

	for (; failed; n++) {
		prepare((int)n);
		before = world_check(&world);
		sql_fault_set(n, fault);
		failed = run(COMMANDS) != ERR_OK;
		assert_int_equal(sql_fault_left() == 0, failed);
		sql_fault_set(0, ERR_OK);
		after = world_check(&world);
		if (failed)
			check_failed(fault);
		else
			check_done();
		assert_int_equal(after - before, failed ? 0 : 4);
		/* The same again, as clients do: now it works. */
		check_err(run(COMMANDS), ERR_OK);
		check_err(calls[0]->outcome.code, ERR_OK);
		assert_int_equal(calls[0]->outcome.replayed, !failed);
		assert_int_equal(world_check(&world) - before, 4);
		forget(COMMANDS);
	}
	assert_true(n > 30);
}

void
test_group_fault_store_failed(void **state)
{
	(void)state;
	fail_at_each_step(ERR_STORE_FAILED);
}

void
test_group_fault_store_full(void **state)
{
	(void)state;
	fail_at_each_step(ERR_STORE_FULL);
}

void
test_group_fault_store_busy(void **state)
{
	(void)state;
	fail_at_each_step(ERR_STORE_BUSY);
}
