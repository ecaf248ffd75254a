/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of this folder: an open store with a writer and a reader,
 * random orders with every member in use, and changes as an engine makes them.
 */
#ifndef STORE_TEST_WORLD_H
#define STORE_TEST_WORLD_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "order/test_sample.h"
#include "sql/sql_fault.h"
#include "store/store.h"
#include "tests/postgres.h"

static const uint8_t world_key[BOX_KEY_BYTES] =
    "0123456789abcdef0123456789abcde";

/* Whose orders tests change. */
static const int64_t world_apps[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
#define WORLD_APPS (sizeof(world_apps) / sizeof(world_apps[0]))

struct world {
	struct store *store;
	struct store_conn *w;
	struct store_conn *r;
	struct arena a;
	struct err err;
};

/* The database the contract is checked on: each case has its own folder, or
 * schema. */
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
must_open_world(struct world *world)
{
	struct store_config config = {.url = world_url(),
	    .master_key = world_key,
	    .backup_dir = ".",
	    .now_ms = 1};

	*world = (struct world){.store = NULL};
	arena_init(&world->a, SAMPLE_ARENA_BYTES);
	check_err(store_open(&config, &world->store, &world->err), ERR_OK);
	check_err(
	    store_connect(world->store, STORE_WRITER, &world->w, &world->err),
	    ERR_OK);
	check_err(
	    store_connect(world->store, STORE_READER, &world->r, &world->err),
	    ERR_OK);
}

static inline void
close_world(struct world *world)
{
	store_disconnect(&world->r);
	store_disconnect(&world->w);
	store_close(&world->store);
	arena_fini(&world->a);
}

static inline void
must_begin(struct world *world)
{
	check_err(store_begin(world->w, world_apps, WORLD_APPS, &world->err),
	    ERR_OK);
}

static inline void
must_commit(struct world *world)
{
	check_err(store_commit(world->w, &world->err), ERR_OK);
}

/* What only a file can show. */
static inline void
must_be_embedded(const struct world *world)
{
	if (store_is_remote(world->store))
		exit(TESTRUN_SKIPPED);
}

/* What is there already: an embedded store tells it at once, a server at the
 * latest with the commit, and as a conflict. */
static inline void
check_refused(struct world *world, enum err_code written, enum err_code want)
{
	if (store_is_remote(world->store)) {
		if (written == ERR_OK)
			written = store_commit(world->w, &world->err);
		else
			store_rollback(world->w);
		check_err(written, ERR_STORE_CONFLICT);
		return;
	}
	check_err(written, want);
	store_rollback(world->w);
}

/* --- random orders --------------------------------------------------------- */

static inline struct str
random_text(struct arena *a, struct sample_random *r)
{
	static const char *const pieces[] = {"张三", "a\"b\\", "\n\t", "🙂",
	    "plain text", "\x7f", "'", "\xC2\x80", "0"};
	struct buf b;

	if (sample_below(r, 4) == 0)
		return STR_NONE;
	buf_init(&b, a, 4096);
	for (int64_t i = sample_below(r, 5); i > 0; i--)
		buf_str(&b, str_from(pieces[sample_below(r, 9)]));
	return b.n > 0 ? buf_view(&b) : STR("");
}

static inline void
random_lists(struct arena *a, struct sample_random *r, struct order *o)
{
	o->line_count = (size_t)sample_below(r, 5) + 1;
	o->lines = ARENA_ARRAY(a, o->line_count, struct line);
	for (size_t i = 0; i < o->line_count; i++) {
		o->lines[i] = (struct line){
		    .product = random_text(a, r),
		    .sku = sample_below(r, INT32_MAX),
		    .title = random_text(a, r),
		    .price_e4 = sample_below(r, INT32_MAX) * 3,
		    .quantity = sample_below(r, 1000) + 1,
		    .remark = random_text(a, r),
		};
	}
	o->attribute_count = (size_t)sample_below(r, 4);
	o->attributes = ARENA_ARRAY(a, o->attribute_count, struct attribute);
	for (size_t i = 0; i < o->attribute_count; i++) {
		struct str value = random_text(a, r);

		o->attributes[i].name = arena_printf(a, "%zu \"名\"", i);
		o->attributes[i].value = value.p ? value : STR("");
	}
}

/* No names: those are given where a test wants them. */
static inline struct order *
random_order(struct arena *a, struct sample_random *r, int64_t id)
{
	struct order *o = ARENA_NEW(a, struct order);

	for (int f = 0; f < F__COUNT; f++) {
		enum order_field field = (enum order_field)f;
		enum field_kind kind = order_fields[f].kind;

		if (kind == FIELD_STR)
			*order_str(o, field) = random_text(a, r);
		else if (kind == FIELD_INT || kind == FIELD_TIME ||
		    kind == FIELD_FEN)
			*order_int(o, field) = sample_below(r, 3) == 0
			    ? 0
			    : sample_below(r, INT32_MAX) << 16;
	}
	o->id = id;
	o->app = 7;
	o->version = 1;
	o->updated_ms = SAMPLE_NOW_MS + sample_below(r, 1000);
	o->status = (enum order_status)sample_below(r, ORDER__COUNT);
	o->stage = (enum vendor_stage)sample_below(r, STAGE__COUNT);
	o->purchase_no = o->trade_no = o->purchase_order = STR_NONE;
	random_lists(a, r, o);
	check_err(order_sum(o), ERR_OK);
	order_check(o);
	return o;
}

static inline void
check_same_order(const struct order *a, const struct order *b)
{
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->app, b->app);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->updated_ms, b->updated_ms);
	assert_int_equal(a->last_seq, b->last_seq);
	assert_memory_equal(a->last_hash, b->last_hash, 32);
	check_same_fields(a, b);
}

/* --- changes ------------------------------------------------------------------ */

/*
 * Inside a transaction: makes the amendment from `before` (NULL: none) to
 * `after` (NULL: deleted), and writes both. `after` becomes the next version.
 */
static inline enum err_code
change(struct world *world, const struct order *before, struct order *after)
{
	static const uint8_t entropy[32] = {1};
	struct order gone;
	struct order *o = after;
	struct amendment m = {.note = STR_NONE};
	struct amendment *ms[] = {&m};
	enum store_order_write how[] = {before == NULL ? STORE_INSERT
		: after == NULL			       ? STORE_DELETE
						       : STORE_UPDATE};
	struct order *os[1];
	struct store_write w = {.orders = os,
	    .order_writes = how,
	    .befores = &before,
	    .order_count = 1,
	    .amendments = ms,
	    .amendment_count = 1};

	if (before != NULL && after != NULL)
		after->version = before->version + 1;
	check_err(amendment_diff(&world->a, before, after, entropy, &m),
	    ERR_OK);
	m.seq = store_next_seq(world->w, m.app);
	m.dialect = STR("test");
	m.method = STR("test.change");
	m.request_id = STR("r1");
	amendment_seal(&m);
	if (after == NULL) {
		gone = *before;
		o = &gone;
	}
	o->last_seq = m.seq;
	memcpy(o->last_hash, m.hash, sizeof(o->last_hash));
	os[0] = o;
	return store_write(world->w, &w, &world->err);
}

static inline void
must_change(struct world *world, const struct order *before,
    struct order *after)
{
	must_begin(world);
	check_err(change(world, before, after), ERR_OK);
	must_commit(world);
}

/* The order with other random content, one version on. */
static inline struct order *
must_change_random(struct world *world, struct sample_random *r,
    const struct order *before)
{
	struct order *after = random_order(&world->a, r, before->id);

	after->app = before->app;
	after->purchase_no = before->purchase_no;
	after->trade_no = before->trade_no;
	after->purchase_order = before->purchase_order;
	must_change(world, before, after);
	return after;
}

static inline struct order *
must_find(struct world *world, int64_t app, enum name_kind kind,
    const char *name)
{
	struct order *o;

	check_err(store_order_find(world->r, &world->a, app, kind,
		      str_from(name), &o, &world->err),
	    ERR_OK);
	return o;
}

static inline enum err_code
find_code(struct world *world, int64_t app, enum name_kind kind,
    const char *name)
{
	struct order *o;
	enum err_code code = store_order_find(world->r, &world->a, app, kind,
	    str_from(name), &o, &world->err);

	assert_true((code == ERR_OK) == (o != NULL));
	return code;
}

#endif
