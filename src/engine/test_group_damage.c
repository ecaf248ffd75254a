/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A damaged record in a sound database: who asks for it is refused, and nobody
 * else notices.
 */
#include <sqlite3.h>

#include "engine/group.h"
#include "engine/test_world.h"

static struct world world;
static struct store_conn *conn;
static struct arena arena;
static struct ids ids = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .end_ms = INT64_MAX};
static struct call *calls[4];
static struct group group;

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
	arena_fini(&arena);
	store_disconnect(&conn);
	store_close(&world.store);
	return 0;
}

static enum err_code
run(size_t count)
{
	struct task *tasks[4];
	struct err err = {0};

	group = (struct group){
	    .conn = conn, .arena = &arena, .ids = &ids, .now_ms = world.now_ms};
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

/* Two orders, "A" made under an identity. */
static void
make_orders(void)
{
	calls[0] = call_create(&world, "A");
	call_identity(calls[0], WORLD_NOW_MS, 1, 0);
	calls[1] = call_create(&world, "B");
	check_err(run(2), ERR_OK);
	check_err(calls[0]->outcome.code, ERR_OK);
	check_err(calls[1]->outcome.code, ERR_OK);
	forget(2);
}

static void
damage(const char *table, const char *set, const char *where)
{
	char script[256];
	sqlite3 *db;

	(void)snprintf(script, sizeof(script), "%s %s SET %s WHERE %s",
	    "UPDATE", table, set, where);
	assert_int_equal(sqlite3_open("test.db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_changes(db), 1);
	sqlite3_close(db);
}

static void
check_damaged(const struct call *c, const char *detail)
{
	check_err(c->outcome.code, ERR_STORE_FAILED);
	assert_false(c->outcome.changed);
	assert_false(c->outcome.replayed);
	assert_null(c->outcome.order);
	assert_non_null(strstr(c->outcome.err.detail, detail));
}

void
test_damaged_order_does_not_hurt_its_neighbours(void **state)
{
	(void)state;
	make_orders();
	damage("orders", "status = 9", "purchase_no = 'A'");
	calls[0] = call_quantity(&world, "A", 2);
	calls[1] = call_quantity(&world, "B", 2);
	calls[2] = call_create(&world, "A");
	calls[3] = call_create(&world, "C");
	check_err(run(4), ERR_OK);
	check_damaged(calls[0], "status");
	check_err(calls[1]->outcome.code, ERR_OK);
	assert_true(calls[1]->outcome.changed);
	check_damaged(calls[2], "status");
	check_err(calls[3]->outcome.code, ERR_OK);
	assert_false(group.result.store_failed);
	forget(4);
}

void
test_name_of_no_order_does_not_hurt_its_neighbours(void **state)
{
	(void)state;
	make_orders();
	damage("names", "order_id = 5", "name = 'A'");
	calls[0] = call_quantity(&world, "A", 2);
	calls[1] = call_quantity(&world, "B", 2);
	check_err(run(2), ERR_OK);
	check_damaged(calls[0], "not there");
	check_err(calls[1]->outcome.code, ERR_OK);
	forget(2);
}

void
test_answer_of_a_damaged_order_does_not_hurt_its_neighbours(void **state)
{
	(void)state;
	make_orders();
	damage("orders", "total_fen = 1", "purchase_no = 'A'");
	calls[0] = call_create(&world, "A");
	call_identity(calls[0], WORLD_NOW_MS, 1, 0);
	calls[1] = call_quantity(&world, "B", 2);
	check_err(run(2), ERR_OK);
	check_damaged(calls[0], "total");
	check_err(calls[1]->outcome.code, ERR_OK);
	forget(2);
}

void
test_damaged_log_does_not_hurt_neighbours_of_a_replay(void **state)
{
	(void)state;
	make_orders();
	calls[0] = call_quantity(&world, "A", 3);
	check_err(run(1), ERR_OK);
	forget(1);
	damage("amendments", "changes = '['", "version = 2");
	calls[0] = call_create(&world, "A");
	call_identity(calls[0], WORLD_NOW_MS, 1, 0);
	calls[1] = call_quantity(&world, "B", 2);
	check_err(run(2), ERR_OK);
	check_damaged(calls[0], "amendment");
	check_err(calls[1]->outcome.code, ERR_OK);
	forget(2);
}

void
test_order_of_the_last_version_does_not_end_us(void **state)
{
	(void)state;
	make_orders();
	damage("orders", "version = 9223372036854775807", "purchase_no = 'A'");
	calls[0] = call_quantity(&world, "A", 2);
	calls[1] = call_quantity(&world, "B", 2);
	check_err(run(2), ERR_OK);
	check_damaged(calls[0], "version");
	check_err(calls[1]->outcome.code, ERR_OK);
	forget(2);
}
