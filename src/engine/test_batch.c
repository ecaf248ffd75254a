/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches on a real store: what each of their commands comes to, all or none,
 * and the same batch again. After every case the whole store must verify.
 */
#include "engine/group.h"

#include "engine/test_world.h"

#define PARTS_MAX 8

static struct world world;
static struct store_conn *conn;
static struct arena arena;
static struct ids ids = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .end_ms = INT64_MAX};
static struct call *last;

int
setup(void **state)
{
	(void)state;
	world_open(&world);
	check_err(store_connect(world.store, STORE_WRITER, &conn, NULL),
	    ERR_OK);
	arena_init(&arena, LIMIT_GROUP_ARENA_BYTES);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	if (last != NULL)
		call_free(last);
	last = NULL;
	world_check(&world);
	arena_fini(&arena);
	store_disconnect(&conn);
	store_close(&world.store);
	return 0;
}

static void
run(struct call *const *calls, size_t count)
{
	struct task *tasks[PARTS_MAX];
	struct group group = {.conn = conn,
	    .arena = &arena,
	    .ids = &ids,
	    .now_ms = ++world.now_ms};

	for (size_t i = 0; i < count; i++)
		tasks[i] = &calls[i]->task;
	check_err(group_run(&group, tasks, count, NULL), ERR_OK);
}

/* Runs one call; its outcome is there until the next. */
static const struct outcome *
run_one(struct call *c)
{
	run(&c, 1);
	if (last != NULL)
		call_free(last);
	last = c;
	return &c->outcome;
}

/* A batch of these, which it takes over. */
static struct call *
batch_of(struct call *const *parts, size_t count)
{
	struct call *c = call_new(&world, COMMAND_BATCH);
	struct command *list = ARENA_ARRAY(&c->arena, count, struct command);

	for (size_t i = 0; i < count; i++) {
		struct order *to = &parts[i]->command.change.to;

		list[i] = parts[i]->command;
		list[i].app = 99; /* the batch's counts */
		list[i].name = arena_dup(&c->arena, list[i].name);
		if (to->line_count > 0) {
			list[i].change.to.lines = ARENA_NEW(&c->arena,
			    struct line);
			*list[i].change.to.lines = to->lines[0];
		}
		list[i].change.to.purchase_no = arena_dup(&c->arena,
		    to->purchase_no);
		call_free(parts[i]);
	}
	c->command.batch = list;
	c->command.batch_count = count;
	return c;
}

#define BATCH(...) \
	batch_of((struct call *[]){__VA_ARGS__}, \
	    sizeof((struct call *[]){__VA_ARGS__}) / sizeof(struct call *))

static void
make(const char *name)
{
	check_err(run_one(call_create(&world, name))->code, ERR_OK);
}

static const struct order *
look(const char *name)
{
	struct order *o = NULL;

	arena_reset(&arena);
	if (store_order_find(conn, &arena, WORLD_APP, NAME_PURCHASE_NO,
		str_from(name), &o, NULL) != ERR_OK)
		return NULL;
	return o;
}

void
test_batch_each_for_itself(void **state)
{
	const struct outcome *o;

	(void)state;
	make("A");
	make("B");
	o = run_one(BATCH(call_quantity(&world, "A", 2),
	    call_move(&world, "B", MOVE_SUBMIT),
	    call_quantity(&world, "none", 2), call_create(&world, "C"),
	    call_quantity(&world, "C", 5), call_quantity(&world, "A", 2)));
	check_err(o->code, ERR_OK);
	assert_true(o->changed);
	assert_int_equal(o->batch_count, 6);
	check_err(o->batch[0].code, ERR_OK);
	assert_true(o->batch[0].changed);
	assert_int_equal(o->batch[0].order->version, 2);
	check_err(o->batch[1].code, ERR_BAD_STATE);
	assert_int_equal(o->batch[1].allowed, BIT(ORDER_DRAFT));
	check_err(o->batch[2].code, ERR_NOT_FOUND);
	check_err(o->batch[3].code, ERR_OK);
	assert_int_equal(o->batch[3].order->version, 1);
	check_err(o->batch[4].code, ERR_OK);
	assert_int_equal(o->batch[4].order->version, 2);
	assert_false(o->batch[5].changed);
	assert_int_equal(look("A")->version, 2);
	assert_int_equal(order_quantity(look("C")), 5);
	assert_int_equal(world_check(&world), 5);
}

void
test_batch_atomic_is_all(void **state)
{
	struct call *c;
	const struct outcome *o;

	(void)state;
	make("A");
	c = BATCH(call_quantity(&world, "A", 2), call_create(&world, "C"),
	    call_move(&world, "A", MOVE_CANCEL));
	c->command.atomic = true;
	o = run_one(c);
	check_err(o->code, ERR_OK);
	assert_true(o->changed);
	assert_int_equal(look("A")->status, ORDER_CANCELLED);
	assert_non_null(look("C"));
}

void
test_batch_atomic_is_none(void **state)
{
	struct call *c, *two[2];
	const struct outcome *o;

	(void)state;
	make("A");
	c = BATCH(call_quantity(&world, "A", 2), call_create(&world, "C"),
	    call_move(&world, "A", MOVE_CANCEL), call_quantity(&world, "C", 3),
	    call_quantity(&world, "A", 9));
	c->command.atomic = true;
	call_identity(c, 0, 1, 1);
	/* Neighbours before and after must not notice. */
	two[0] = c;
	two[1] = call_quantity(&world, "A", 7);
	run(two, 2);
	o = &c->outcome;
	check_err(o->code, ERR_BAD_STATE);
	assert_false(o->changed);
	for (size_t i = 0; i < 4; i++) {
		check_err(o->batch[i].code, ERR_OK);
		assert_false(o->batch[i].changed);
		assert_null(o->batch[i].order);
	}
	check_err(o->batch[4].code, ERR_BAD_STATE);
	check_err(two[1]->outcome.code, ERR_OK);
	call_free(c);
	call_free(two[1]);
	assert_int_equal(order_quantity(look("A")), 7);
	assert_int_equal(look("A")->version, 2);
	assert_null(look("C"));
	assert_int_equal(world_check(&world), 2);
}

void
test_batch_dry_run_changes_nothing(void **state)
{
	struct call *c;
	const struct outcome *o;

	(void)state;
	make("A");
	c = BATCH(call_quantity(&world, "A", 2), call_create(&world, "C"),
	    call_quantity(&world, "C", 3));
	c->command.dry_run = true;
	o = run_one(c);
	check_err(o->code, ERR_OK);
	assert_false(o->changed);
	assert_int_equal(order_quantity(o->batch[0].order), 2);
	assert_int_equal(order_quantity(o->batch[2].order), 3);
	assert_int_equal(look("A")->version, 1);
	assert_null(look("C"));
}

static struct call *
sample_batch(void)
{
	struct call *stale = call_quantity(&world, "A", 8);

	stale->command.has_version = true;
	stale->command.version = 1;
	return BATCH(call_quantity(&world, "A", 2),
	    call_quantity(&world, "A", 3), stale,
	    call_quantity(&world, "none", 2), call_create(&world, "C"),
	    call_move(&world, "B", MOVE_SUBMIT), call_quantity(&world, "A", 3));
}

static void
check_sample(const struct outcome *o)
{
	check_err(o->code, ERR_OK);
	assert_int_equal(o->batch_count, 7);
	assert_int_equal(o->batch[0].order->version, 2);
	assert_int_equal(order_quantity(o->batch[0].order), 2);
	assert_int_equal(o->batch[1].order->version, 3);
	check_err(o->batch[2].code, ERR_CONFLICT);
	assert_int_equal(o->batch[2].order->version, 3);
	assert_int_equal(o->batch[2].conflict_count, 1);
	check_str(o->batch[2].conflicts[0].theirs, "3");
	check_str(o->batch[2].conflicts[0].yours, "8");
	check_err(o->batch[3].code, ERR_NOT_FOUND);
	assert_int_equal(o->batch[4].order->version, 1);
	check_err(o->batch[5].code, ERR_BAD_STATE);
	assert_int_equal(o->batch[5].order->status, ORDER_SUBMITTED);
	assert_int_equal(o->batch[5].allowed, BIT(ORDER_DRAFT));
	check_err(o->batch[6].code, ERR_OK);
	assert_false(o->batch[6].changed);
}

void
test_batch_again_is_one_batch(void **state)
{
	struct call *c;

	(void)state;
	make("A");
	make("B");
	c = sample_batch();
	call_identity(c, 0, 1, 1);
	check_sample(run_one(c));
	/* Both go on. */
	(void)run_one(call_quantity(&world, "A", 50));
	(void)run_one(call_move(&world, "B", MOVE_CANCEL));
	c = sample_batch();
	call_identity(c, 0, 1, 1);
	check_sample(run_one(c));
	assert_true(last->outcome.replayed);
	c = sample_batch();
	call_identity(c, 0, 1, 2);
	check_err(run_one(c)->code, ERR_KEY_REUSED);
	assert_int_equal(world_check(&world), 7);
}

void
test_batch_twice_in_one_group(void **state)
{
	struct call *two[2];

	(void)state;
	make("A");
	make("B");
	for (int i = 0; i < 2; i++) {
		two[i] = sample_batch();
		call_identity(two[i], WORLD_NOW_MS, 1, 0);
	}
	run(two, 2);
	/* The second's may not lean on the first's memory. */
	check_sample(&two[0]->outcome);
	call_free(two[0]);
	check_sample(&two[1]->outcome);
	assert_true(two[1]->outcome.replayed);
	call_free(two[1]);
	assert_int_equal(world_check(&world), 5);
}

void
test_batch_of_refusals_stores_nothing(void **state)
{
	struct call *c;

	(void)state;
	make("A");
	for (int i = 0; i < 2; i++) {
		c = BATCH(call_quantity(&world, "none", 1),
		    call_move(&world, "A", MOVE_SUBMIT));
		call_identity(c, 0, 1, 1);
		check_err(run_one(c)->code, ERR_OK);
		assert_false(last->outcome.changed);
		assert_false(last->outcome.replayed);
	}
}

void
test_batch_salts_differ(void **state)
{
	struct call *parts[2], *c;
	struct feed_item *items;
	size_t count;

	(void)state;
	make("A");
	make("B");
	for (int i = 0; i < 2; i++) {
		parts[i] = call_new(&world, COMMAND_CHANGE);
		call_name(parts[i], NAME_PURCHASE_NO, i == 0 ? "A" : "B");
		change_set_str(&parts[i]->command.change, F_REMARKS,
		    STR("the same"));
	}
	c = batch_of(parts, 2);
	check_err(run_one(c)->code, ERR_OK);
	arena_reset(&arena);
	check_err(
	    store_feed(conn, &arena, WORLD_APP, 2, 10, &items, &count, NULL),
	    ERR_OK);
	assert_int_equal(count, 2);
	assert_memory_not_equal(items[0].amendment.changes[0].salt_to,
	    items[1].amendment.changes[0].salt_to, AMENDMENT_SALT_BYTES);
}
