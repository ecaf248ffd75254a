/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of commands on a real store: each rule, alone and against its
 * neighbours. After every case the whole store must verify.
 */
#include "engine/group.h"

#include "engine/test_world.h"

#define CALLS_MAX 64

static struct world world;
static struct store_conn *conn;
static struct arena arena;
static struct ids ids = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .end_ms = INT64_MAX};
static struct group group;
static struct call *calls[CALLS_MAX];
static size_t call_count;

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

static void
forget(void)
{
	for (size_t i = 0; i < call_count; i++)
		call_free(calls[i]);
	call_count = 0;
}

int
teardown(void **state)
{
	(void)state;
	forget();
	world_check(&world);
	arena_fini(&arena);
	store_disconnect(&conn);
	store_close(&world.store);
	return 0;
}

static struct call *
add(struct call *c)
{
	assert_true(call_count < CALLS_MAX);
	return calls[call_count++] = c;
}

static enum err_code
run(void)
{
	struct task *tasks[CALLS_MAX];
	struct err err = {0};

	for (size_t i = 0; i < call_count; i++)
		tasks[i] = &calls[i]->task;
	group = (struct group){.conn = conn,
	    .arena = &arena,
	    .ids = &ids,
	    .now_ms = world.now_ms,
	    .prune_rows = group.prune_rows};
	return group_run(&group, tasks, call_count, &err);
}

/* Runs what was added and forgets it; every command must be done. */
static void
run_all_ok(void)
{
	check_err(run(), ERR_OK);
	for (size_t i = 0; i < call_count; i++)
		check_err(calls[i]->outcome.code, ERR_OK);
	forget();
}

static enum err_code
find(const char *purchase_no, struct arena *a, struct order **out)
{
	struct err err = {0};

	return store_order_find(conn, a, WORLD_APP, NAME_PURCHASE_NO,
	    str_from(purchase_no), out, &err);
}

static void
check_stored(const char *purchase_no, int64_t version, int64_t quantity)
{
	struct order *o = NULL;
	struct arena a;

	arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
	check_err(find(purchase_no, &a, &o), ERR_OK);
	assert_int_equal(o->version, version);
	assert_int_equal(o->lines[0].quantity, quantity);
	assert_int_equal(o->total_fen, 899900 * quantity);
	arena_fini(&a);
}

static void
check_not_stored(const char *purchase_no)
{
	struct order *o;
	struct arena a;

	arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
	check_err(find(purchase_no, &a, &o), ERR_NOT_FOUND);
	arena_fini(&a);
}

static void
make(const char *purchase_no)
{
	add(call_create(&world, purchase_no));
	run_all_ok();
}

void
test_group_create_and_change_in_one(void **state)
{
	struct call *made, *changed;

	(void)state;
	made = add(call_create(&world, "A"));
	changed = add(call_quantity(&world, "A", 3));
	check_err(run(), ERR_OK);
	check_err(made->outcome.code, ERR_OK);
	check_err(changed->outcome.code, ERR_OK);
	assert_true(made->outcome.changed);
	assert_true(made->outcome.order->id > 0);
	assert_int_equal(made->outcome.order->version, 1);
	assert_int_equal(made->outcome.order->lines[0].quantity, 1);
	assert_int_equal(changed->outcome.order->id, made->outcome.order->id);
	assert_int_equal(changed->outcome.order->version, 2);
	assert_int_equal(changed->outcome.order->total_fen, 2699700);
	assert_int_equal(group.result.commits, 1);
	assert_int_equal(group.result.amendments, 2);
	check_stored("A", 2, 3);
}

void
test_group_change_before_create_finds_nothing(void **state)
{
	struct call *early;

	(void)state;
	early = add(call_quantity(&world, "A", 3));
	add(call_create(&world, "A"));
	check_err(run(), ERR_OK);
	check_err(early->outcome.code, ERR_NOT_FOUND);
	check_stored("A", 1, 1);
}

void
test_group_many_commands_on_one_order(void **state)
{
	(void)state;
	make("A");
	for (int i = 0; i < 50; i++)
		add(call_quantity(&world, "A", i + 2));
	check_err(run(), ERR_OK);
	for (int i = 0; i < 50; i++) {
		check_err(calls[i]->outcome.code, ERR_OK);
		assert_int_equal(calls[i]->outcome.order->version, i + 2);
		assert_int_equal(calls[i]->outcome.order->lines[0].quantity,
		    i + 2);
	}
	check_stored("A", 51, 51);
	assert_int_equal(world_check(&world), 51);
}

void
test_group_two_names_mean_one_order(void **state)
{
	struct call *by_id, *by_no;
	char name[ORDER_NAME_BYTES];

	(void)state;
	add(call_create(&world, "A"));
	check_err(run(), ERR_OK);
	order_name_print(calls[0]->outcome.order, NAME_INTENT, name);
	forget();
	by_no = add(call_quantity(&world, "A", 2));
	by_id = add(call_quantity(&world, "A", 3));
	call_name(by_id, NAME_INTENT, name);
	add(call_quantity(&world, "A", 4));
	check_err(run(), ERR_OK);
	assert_int_equal(by_no->outcome.order->version, 2);
	assert_int_equal(by_id->outcome.order->version, 3);
	check_stored("A", 4, 4);
}

void
test_group_same_identity_in_one(void **state)
{
	struct call *first, *again, *later;

	(void)state;
	make("A");
	first = add(call_quantity(&world, "A", 2));
	call_identity(first, WORLD_NOW_MS, 1, 0);
	add(call_quantity(&world, "A", 9));
	again = add(call_quantity(&world, "A", 2));
	call_identity(again, WORLD_NOW_MS, 1, 0);
	check_err(run(), ERR_OK);
	assert_true(first->outcome.changed);
	assert_false(first->outcome.replayed);
	check_err(again->outcome.code, ERR_OK);
	assert_true(again->outcome.replayed);
	assert_false(again->outcome.changed);
	/* As it was then, though it has moved on since. */
	assert_int_equal(again->outcome.order->version, 2);
	assert_int_equal(again->outcome.order->lines[0].quantity, 2);
	check_stored("A", 3, 9);
	forget();
	later = add(call_quantity(&world, "A", 2));
	call_identity(later, WORLD_NOW_MS, 1, 0);
	check_err(run(), ERR_OK);
	assert_true(later->outcome.replayed);
	assert_int_equal(later->outcome.order->version, 2);
	assert_int_equal(later->outcome.order->lines[0].quantity, 2);
	/* What is told as done is as safe as a commit, see group.c. */
	assert_int_equal(group.result.commits, group.is_shared ? 1 : 0);
	assert_int_equal(group.result.replays, 1);
	check_stored("A", 3, 9);
}

/* The stored answer is replayed while the same group changes its order. */
void
test_group_replay_beside_a_change(void **state)
{
	struct call *again;

	(void)state;
	make("A");
	call_identity(add(call_quantity(&world, "A", 2)), WORLD_NOW_MS, 1, 0);
	run_all_ok();
	add(call_quantity(&world, "A", 5));
	again = add(call_quantity(&world, "A", 2));
	call_identity(again, WORLD_NOW_MS, 1, 0);
	add(call_quantity(&world, "A", 6));
	check_err(run(), ERR_OK);
	assert_true(again->outcome.replayed);
	assert_int_equal(again->outcome.order->version, 2);
	assert_int_equal(again->outcome.order->lines[0].quantity, 2);
	check_stored("A", 4, 6);
}

void
test_group_create_is_replayed(void **state)
{
	struct call *again;
	int64_t id;

	(void)state;
	call_identity(add(call_create(&world, "A")), 0, 1, 1);
	check_err(run(), ERR_OK);
	id = calls[0]->outcome.order->id;
	forget();
	again = add(call_create(&world, "A"));
	call_identity(again, 0, 1, 1);
	check_err(run(), ERR_OK);
	check_err(again->outcome.code, ERR_OK);
	assert_true(again->outcome.replayed);
	assert_int_equal(again->outcome.order->id, id);
	assert_int_equal(world_check(&world), 1);
}

void
test_group_identities_of_apps_are_apart(void **state)
{
	struct call *other;

	(void)state;
	call_identity(add(call_create(&world, "A")), 0, 1, 1);
	other = add(call_create(&world, "A"));
	call_identity(other, 0, 1, 1);
	other->command.app = WORLD_APP + 1;
	check_err(run(), ERR_OK);
	check_err(other->outcome.code, ERR_OK);
	assert_false(other->outcome.replayed);
	assert_int_not_equal(other->outcome.order->id,
	    calls[0]->outcome.order->id);
}

void
test_group_key_reused(void **state)
{
	struct call *inside, *later;

	(void)state;
	make("A");
	call_identity(add(call_quantity(&world, "A", 2)), 0, 1, 1);
	inside = add(call_quantity(&world, "A", 3));
	call_identity(inside, 0, 1, 2);
	check_err(run(), ERR_OK);
	check_err(inside->outcome.code, ERR_KEY_REUSED);
	assert_null(inside->outcome.order);
	forget();
	later = add(call_quantity(&world, "A", 4));
	call_identity(later, 0, 1, 3);
	check_err(run(), ERR_OK);
	check_err(later->outcome.code, ERR_KEY_REUSED);
	check_stored("A", 2, 2);
}

void
test_group_refusals_store_no_answer(void **state)
{
	struct call *refused, *accepted;

	(void)state;
	make("A");
	refused = add(call_quantity(&world, "A", 2));
	refused->command.has_version = true;
	refused->command.version = 8;
	call_identity(refused, 0, 1, 1);
	/* The same key may now come with what it should have said. */
	accepted = add(call_quantity(&world, "A", 2));
	call_identity(accepted, 0, 1, 2);
	check_err(run(), ERR_OK);
	check_err(refused->outcome.code, ERR_CONFLICT);
	check_err(accepted->outcome.code, ERR_OK);
	assert_true(accepted->outcome.changed);
	forget();
	accepted = add(call_quantity(&world, "A", 2));
	call_identity(accepted, 0, 1, 2);
	check_err(run(), ERR_OK);
	assert_true(accepted->outcome.replayed);
	check_stored("A", 2, 2);
}

void
test_group_refusals_cost_neighbours_nothing(void **state)
{
	struct call *state_call, *missing, *foreign, *fields;
	char name[ORDER_NAME_BYTES];

	(void)state;
	add(call_create(&world, NULL));
	calls[0]->command.app = WORLD_APP + 1;
	check_err(run(), ERR_OK);
	order_name_print(calls[0]->outcome.order, NAME_INTENT, name);
	forget();
	make("A");
	add(call_quantity(&world, "A", 2));
	missing = add(call_quantity(&world, "B", 2));
	foreign = add(call_quantity(&world, "A", 2));
	call_name(foreign, NAME_INTENT, name);
	state_call = add(call_move(&world, "A", MOVE_COMPLETE));
	fields = add(call_quantity(&world, "A", LIMIT_QUANTITY));
	fields->command.change.quantity = INT64_MAX / 2;
	add(call_quantity(&world, "A", 3));
	check_err(run(), ERR_OK);
	check_err(missing->outcome.code, ERR_NOT_FOUND);
	check_err(foreign->outcome.code, ERR_NOT_YOURS);
	assert_null(foreign->outcome.order);
	check_err(state_call->outcome.code, ERR_BAD_STATE);
	assert_int_equal(state_call->outcome.allowed, BIT(ORDER_PROCESSING));
	assert_int_equal(state_call->outcome.order->version, 2);
	check_err(fields->outcome.code, ERR_BAD_FIELD);
	assert_int_equal(fields->outcome.fault_count, 1);
	check_stored("A", 3, 3);
}

/* What a conflict tells is still there when the group's memory is gone. */
void
test_group_conflict_outlives_its_group(void **state)
{
	struct call *c;

	(void)state;
	make("A");
	add(call_quantity(&world, "A", 2));
	run_all_ok();
	c = add(call_new(&world, COMMAND_CHANGE));
	call_name(c, NAME_PURCHASE_NO, "A");
	change_set_str(&c->command.change, F_REMARKS, STR("轻放"));
	change_set_str(&c->command.change, F_RECIPIENT_NAME, STR("李四"));
	c->command.has_version = true;
	c->command.version = 1;
	check_err(run(), ERR_OK);
	check_err(c->outcome.code, ERR_CONFLICT);
	assert_int_equal(c->outcome.order->version, 2);
	check_str(c->outcome.order->recipient_name, "张三");
	assert_int_equal(c->outcome.conflict_count, 2);
	assert_int_equal(c->outcome.conflicts[0].field, F_RECIPIENT_NAME);
	check_str(c->outcome.conflicts[0].theirs, "张三");
	check_str(c->outcome.conflicts[0].yours, "李四");
	check_str(c->outcome.conflicts[1].theirs, NULL);
}

void
test_group_no_op_stores_only_its_answer(void **state)
{
	struct call *c;

	(void)state;
	make("A");
	c = add(call_quantity(&world, "A", 1));
	call_identity(c, WORLD_NOW_MS, 1, 0);
	check_err(run(), ERR_OK);
	check_err(c->outcome.code, ERR_OK);
	assert_false(c->outcome.changed);
	assert_int_equal(c->outcome.order->version, 1);
	assert_int_equal(group.result.amendments, 0);
	assert_int_equal(group.result.commits, 1);
	forget();
	add(call_quantity(&world, "A", 5));
	run_all_ok();
	c = add(call_quantity(&world, "A", 1));
	call_identity(c, WORLD_NOW_MS, 1, 0);
	check_err(run(), ERR_OK);
	assert_true(c->outcome.replayed);
	assert_int_equal(c->outcome.order->version, 1);
	check_stored("A", 2, 5);
	forget();
	/* Without an identity there is nothing at all to write. */
	add(call_quantity(&world, "A", 5));
	check_err(run(), ERR_OK);
	/* What is told as done is as safe as a commit, see group.c. */
	assert_int_equal(group.result.commits, group.is_shared ? 1 : 0);
}

static struct call *
draft(const char *purchase_no)
{
	struct call *c = call_create(&world, purchase_no);

	c->command.change.to.status = ORDER_DRAFT;
	return c;
}

void
test_group_delete_leaves_a_tombstone(void **state)
{
	struct call *gone, *again, *late, *reborn;

	(void)state;
	add(draft("A"));
	run_all_ok();
	gone = add(call_move(&world, "A", MOVE_DELETE));
	call_identity(gone, WORLD_NOW_MS, 1, 0);
	again = add(call_move(&world, "A", MOVE_DELETE));
	call_identity(again, WORLD_NOW_MS, 1, 0);
	late = add(call_quantity(&world, "A", 2));
	check_err(run(), ERR_OK);
	check_err(gone->outcome.code, ERR_OK);
	assert_true(gone->outcome.changed);
	assert_null(gone->outcome.order);
	check_err(again->outcome.code, ERR_OK);
	assert_true(again->outcome.replayed);
	assert_null(again->outcome.order);
	check_err(late->outcome.code, ERR_NOT_FOUND);
	check_not_stored("A");
	forget();
	again = add(call_move(&world, "A", MOVE_DELETE));
	call_identity(again, WORLD_NOW_MS, 1, 0);
	check_err(run(), ERR_OK);
	check_err(again->outcome.code, ERR_OK);
	assert_true(again->outcome.replayed);
	assert_null(again->outcome.order);
	assert_int_equal(world_check(&world), 2);
	forget();
	/* The name is free again. */
	reborn = add(call_create(&world, "A"));
	check_err(run(), ERR_OK);
	check_err(reborn->outcome.code, ERR_OK);
	check_stored("A", 1, 1);
}

void
test_group_name_of_a_deleted_order_in_one(void **state)
{
	(void)state;
	add(draft("A"));
	run_all_ok();
	add(call_move(&world, "A", MOVE_DELETE));
	add(call_create(&world, "A"));
	add(call_quantity(&world, "A", 4));
	run_all_ok();
	check_stored("A", 2, 4);
	assert_int_equal(world_check(&world), 4);
}

void
test_group_create_and_delete_in_one(void **state)
{
	struct call *c;

	(void)state;
	call_identity(add(draft("A")), WORLD_NOW_MS, 1, 0);
	add(call_move(&world, "A", MOVE_DELETE));
	run_all_ok();
	check_not_stored("A");
	assert_int_equal(world_check(&world), 2);
	/* Its creation is still answered as it was. */
	c = add(draft("A"));
	call_identity(c, WORLD_NOW_MS, 1, 0);
	check_err(run(), ERR_OK);
	check_err(c->outcome.code, ERR_OK);
	assert_true(c->outcome.replayed);
	assert_int_equal(c->outcome.order->version, 1);
}

void
test_group_names_are_taken(void **state)
{
	struct call *stored, *inside;

	(void)state;
	make("A");
	stored = add(call_create(&world, "A"));
	add(call_create(&world, "B"));
	inside = add(call_create(&world, "B"));
	add(call_create(&world, "C"));
	check_err(run(), ERR_OK);
	check_err(stored->outcome.code, ERR_NAME_TAKEN);
	check_err(calls[1]->outcome.code, ERR_OK);
	check_err(inside->outcome.code, ERR_NAME_TAKEN);
	check_err(calls[3]->outcome.code, ERR_OK);
	assert_int_equal(world_check(&world), 3);
}

/* A group that does not fit its memory is carried out in parts. */
void
test_group_splits_when_it_does_not_fit(void **state)
{
	char name[8];

	(void)state;
	for (int i = 0; i < 16; i++) {
		(void)snprintf(name, sizeof(name), "B%d", i);
		add(call_create(&world, name));
	}
	arena_fini(&arena);
	arena_init(&arena, 24 * 1024);
	check_err(run(), ERR_OK);
	for (size_t i = 0; i < call_count; i++)
		check_err(calls[i]->outcome.code, ERR_OK);
	assert_true(group.result.commits > 1);
	assert_true(group.result.commits < 16);
	assert_int_equal(group.result.amendments, 16);
	assert_int_equal(world_check(&world), 16);
}

void
test_group_command_too_large_for_any_group(void **state)
{
	(void)state;
	make("A");
	arena_fini(&arena);
	arena_init(&arena, 512);
	add(call_quantity(&world, "A", 2));
	add(call_quantity(&world, "A", 3));
	check_err(run(), ERR_OK);
	check_err(calls[0]->outcome.code, ERR_NO_MEMORY);
	check_err(calls[1]->outcome.code, ERR_NO_MEMORY);
	check_stored("A", 1, 1);
}

void
test_group_memory_of_one_task_is_its_own_matter(void **state)
{
	struct call *small;

	(void)state;
	make("A");
	add(call_quantity(&world, "A", 2));
	small = add(call_quantity(&world, "A", 3));
	arena_init(&small->arena, 100);
	add(call_quantity(&world, "A", 4));
	check_err(run(), ERR_OK);
	check_err(calls[0]->outcome.code, ERR_OK);
	check_err(small->outcome.code, ERR_NO_MEMORY);
	check_err(calls[2]->outcome.code, ERR_OK);
	assert_int_equal(calls[2]->outcome.order->version, 3);
	check_stored("A", 3, 4);
}

void
test_group_event_and_moves(void **state)
{
	struct call *paid, *again;

	(void)state;
	make("A");
	paid = add(call_new(&world, COMMAND_EVENT));
	call_name(paid, NAME_PURCHASE_NO, "A");
	paid->command.change.event = EVENT_PAID;
	again = add(call_new(&world, COMMAND_EVENT));
	call_name(again, NAME_PURCHASE_NO, "A");
	again->command.change.event = EVENT_PAID;
	add(call_move(&world, "A", MOVE_COMPLETE));
	run_all_ok();
	check_stored("A", 3, 1);
}

void
test_group_time_does_not_run_backwards(void **state)
{
	(void)state;
	add(draft("A"));
	run_all_ok();
	world.now_ms -= 60000;
	add(call_quantity(&world, "A", 2));
	check_err(run(), ERR_OK);
	assert_int_equal(calls[0]->outcome.order->updated_ms, WORLD_NOW_MS);
	forget();
	add(call_move(&world, "A", MOVE_DELETE));
	run_all_ok();
}

void
test_group_prunes_old_answers(void **state)
{
	struct call *c;

	(void)state;
	make("A");
	call_identity(add(call_quantity(&world, "A", 2)), WORLD_NOW_MS, 1, 0);
	run_all_ok();
	world.now_ms += LIMIT_ANSWER_KEPT_MS + 1;
	group.prune_rows = 10;
	add(call_quantity(&world, "A", 3));
	run_all_ok();
	/* Forgotten: it would have an effect again, were it let in. */
	c = add(call_quantity(&world, "A", 2));
	call_identity(c, WORLD_NOW_MS, 1, 0);
	check_err(run(), ERR_OK);
	assert_false(c->outcome.replayed);
	check_stored("A", 4, 2);
}

void
test_group_amendments_say_who_and_how(void **state)
{
	struct feed_item *items;
	struct call *c;
	struct err err = {0};
	size_t count;

	(void)state;
	make("A");
	c = add(call_quantity(&world, "A", 2));
	c->command.trace_id = STR("t1");
	c->command.change.note = STR("因为");
	check_err(run(), ERR_OK);
	check_err(
	    store_feed(conn, &c->arena, WORLD_APP, 1, 10, &items, &count, &err),
	    ERR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(items[0].amendment.seq, 2);
	assert_int_equal(items[0].amendment.prev_seq, 1);
	assert_int_equal(items[0].amendment.at_ms, WORLD_NOW_MS);
	check_str(items[0].amendment.dialect, "test");
	check_str(items[0].amendment.method, "test.method");
	check_str(items[0].amendment.request_id, "r1");
	check_str(items[0].amendment.trace_id, "t1");
	check_str(items[0].amendment.note, "因为");
	assert_memory_equal(items[0].amendment.hash,
	    c->outcome.order->last_hash, AMENDMENT_HASH_BYTES);
}

/* An Idempotency-Key is good for its time, whether it was pruned or not. */
void
test_group_expired_key_is_a_new_request(void **state)
{
	struct call *again;
	int64_t first;

	(void)state;
	call_identity(add(call_create(&world, NULL)), 0, 1, 1);
	check_err(run(), ERR_OK);
	first = calls[0]->outcome.order->id;
	forget();
	world.now_ms = WORLD_NOW_MS + LIMIT_KEY_KEPT_MS;
	call_identity(add(call_create(&world, NULL)), 0, 1, 1);
	check_err(run(), ERR_OK);
	assert_true(calls[0]->outcome.replayed);
	forget();
	world.now_ms++;
	for (int i = 0; i < 2; i++) {
		again = add(call_create(&world, NULL));
		call_identity(again, 0, 1, 2);
		again->command.identity.kept_ms = world.now_ms + 1;
	}
	check_err(run(), ERR_OK);
	for (int i = 0; i < 2; i++) {
		check_err(calls[i]->outcome.code, ERR_OK);
		assert_true(calls[i]->outcome.order->id != first);
		assert_int_equal(calls[i]->outcome.replayed, i == 1);
	}
	forget();
	again = add(call_create(&world, NULL));
	call_identity(again, 0, 1, 2);
	check_err(run(), ERR_OK);
	assert_true(calls[0]->outcome.replayed);
}

/* A node that has no number now makes no orders; it changes those there are. */
void
test_group_without_ids(void **state)
{
	(void)state;
	add(call_create(&world, "CG1"));
	run_all_ok();
	ids_stop(&ids);
	add(call_create(&world, "CG2"));
	add(call_quantity(&world, "CG1", 5));
	check_err(run(), ERR_OK);
	check_err(calls[0]->outcome.code, ERR_STORE_BUSY);
	check_err(calls[1]->outcome.code, ERR_OK);
	forget();
	check_stored("CG1", 2, 5);
	ids_extend(&ids, INT64_MAX);
	add(call_create(&world, "CG2"));
	run_all_ok();
	check_stored("CG2", 1, 1);
}
