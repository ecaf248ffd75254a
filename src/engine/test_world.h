/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of the engine stand on: a store in the case's own folder, a clock
 * that is set by hand, and calls: commands with all that belongs to them.
 */
#ifndef ENGINE_TEST_WORLD_H
#define ENGINE_TEST_WORLD_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "engine/engine.h"
#include "store/store.h"
#include "tests/check.h"
#include "tests/postgres.h"

#define WORLD_NOW_MS INT64_C(1772015400000)
#define WORLD_APP 7

/* Its line. */
static const int64_t world_apps[] __attribute__((unused)) = {WORLD_APP};

struct world {
	struct store *store;
	struct policy policy;
	int64_t now_ms;
};

/* A command on its way, with its arena. */
struct call {
	struct task task;
	struct command command;
	struct outcome outcome;
	struct arena arena;
	struct line line;
	char name[ORDER_NAME_BYTES];
	bool is_done;
};

static inline int64_t
world_now_ms(void *arg)
{
	return ((struct world *)arg)->now_ms;
}

static inline struct clock
world_clock(struct world *w)
{
	return (struct clock){world_now_ms, w};
}

/* The database the engine stands on: each case has its own folder, or schema. */
static inline struct str
world_url(void)
{
	static char url[POSTGRES_URL_BYTES];

	if (getenv("PROCURED_TEST_ON_POSTGRES") == NULL)
		return STR("sqlite:test.db");
	if (url[0] == '\0')
		postgres_schema(url, "");
	return str_from(url);
}

static inline void
world_open(struct world *w)
{
	static const uint8_t key[BOX_KEY_BYTES] = {1, 2, 3};
	struct store_config config = {.url = world_url(),
	    .master_key = key,
	    .backup_dir = ".",
	    .now_ms = WORLD_NOW_MS};
	struct err err = {0};

	w->now_ms = WORLD_NOW_MS;
	policy_init(&w->policy);
	check_err(store_open(&config, &w->store, &err), ERR_OK);
}

static inline void
world_report(void *arg, const char *sentence)
{
	(*(int *)arg)++;
	print_error("%s\n", sentence);
}

/* Everything stored must verify; gives the number of amendments. */
static inline int64_t
world_check(struct world *w)
{
	int64_t orders = 0, amendments = 0;
	struct store_conn *c;
	struct err err = {0};
	int faults = 0;

	check_err(store_connect(w->store, STORE_READER, &c, &err), ERR_OK);
	check_err(
	    store_check(c, world_report, &faults, &orders, &amendments, &err),
	    ERR_OK);
	assert_int_equal(faults, 0);
	store_disconnect(&c);
	return amendments;
}

static inline void
call_done(struct task *task)
{
	((struct call *)(void *)task)->is_done = true;
}

static inline struct call *
call_new(struct world *w, enum command_kind kind)
{
	static _Atomic uint8_t salt; /* writers may be threads */
	struct call *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	arena_init(&c->arena, LIMIT_REQUEST_ARENA_BYTES);
	c->command = (struct command){
	    .kind = kind,
	    .app = WORLD_APP,
	    .policy = &w->policy,
	    .dialect = "test",
	    .method = "test.method",
	    .request_id = STR("r1"),
	    .limit = 100,
	    .entropy = {(uint8_t)(atomic_fetch_add(&salt, 1) + 1)},
	};
	c->task = (struct task){
	    .command = &c->command,
	    .outcome = &c->outcome,
	    .arena = &c->arena,
	    .done = call_done,
	};
	return c;
}

static inline void
call_free(struct call *c)
{
	arena_fini(&c->arena);
	free(c);
}

static inline void
call_name(struct call *c, enum name_kind kind, const char *name)
{
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	c->command.name_kind = kind;
	c->command.name = str_from(c->name);
}

/* An order of one line; purchase_no NULL leaves all names derived. */
static inline struct call *
call_create(struct world *w, const char *purchase_no)
{
	struct call *c = call_new(w, COMMAND_CREATE);
	struct order *to = &c->command.change.to;

	c->line = (struct line){
	    .title = STR("iPhone 15 Pro"), .price_e4 = 89990000, .quantity = 1};
	to->status = ORDER_SUBMITTED;
	to->user = STR("user_12345");
	to->recipient_name = STR("张三");
	to->phone = STR("13800138000");
	to->address = STR("浙江省杭州市余杭区文一西路969号");
	to->lines = &c->line;
	to->line_count = 1;
	if (purchase_no != NULL) {
		(void)snprintf(c->name, sizeof(c->name), "%s", purchase_no);
		to->purchase_no = str_from(c->name);
	}
	return c;
}

static inline struct call *
call_quantity(struct world *w, const char *purchase_no, int64_t quantity)
{
	struct call *c = call_new(w, COMMAND_CHANGE);

	call_name(c, NAME_PURCHASE_NO, purchase_no);
	c->command.change.has_quantity = true;
	c->command.change.quantity = quantity;
	return c;
}

static inline struct call *
call_move(struct world *w, const char *purchase_no, enum order_move move)
{
	struct call *c = call_new(w, COMMAND_MOVE);

	call_name(c, NAME_PURCHASE_NO, purchase_no);
	c->command.change.move = move;
	return c;
}

/* Signed bytes when at_ms is not 0, else an Idempotency-Key. */
static inline void
call_identity(struct call *c, int64_t at_ms, uint8_t digest, uint8_t body)
{
	c->command.identity = (struct identity){
	    .present = true,
	    .at_ms = at_ms,
	    .kept_ms = WORLD_NOW_MS + LIMIT_KEY_KEPT_MS,
	    .digest = {digest},
	    .body = {body},
	};
}

#endif
