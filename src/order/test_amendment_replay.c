/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amendments replayed and undone: over random histories of an order, and on
 * logs that are damaged.
 */
#include "order/test_sample.h"

#define STEPS 120
#define SEEDS 300

static struct arena arena;
static struct err err;
static struct policy policy;

/* A history: the order after each amendment, as it was kept. */
struct history {
	size_t count;
	struct order *kept[STEPS]; /* NULL: deleted */
	struct amendment log[STEPS];
};

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 8 * SAMPLE_ARENA_BYTES);
	policy = sample_policy();
	err = (struct err){0};
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* --- random commands --------------------------------------------------------- */

static struct str
random_text(struct sample_random *r)
{
	static const struct str texts[] = {STR_INIT("a"), STR_INIT("李四"),
	    STR_INIT(""), STR_INIT("13900139000"), STR_INIT("x,y")};
	int64_t i = sample_below(r, 6);

	return i == 5 ? STR_NONE : texts[i];
}

static void
random_lines(struct sample_random *r, struct order *o)
{
	o->line_count = (size_t)(1 + sample_below(r, 4));
	o->lines = ARENA_ARRAY(&arena, o->line_count, struct line);
	for (size_t i = 0; i < o->line_count; i++)
		o->lines[i] = (struct line){
		    .product = random_text(r),
		    .sku = sample_below(r, 2),
		    .title = random_text(r),
		    .price_e4 = sample_below(r, 3) * 12345,
		    .quantity = 1 + sample_below(r, 3),
		    .remark = random_text(r),
		};
}

static void
random_attributes(struct sample_random *r, struct order *o)
{
	static const struct str names[] = {
	    STR_INIT("b"), STR_INIT("a"), STR_INIT("c.d")};
	size_t count = (size_t)(1 + sample_below(r, 3));

	o->attributes = ARENA_ARRAY(&arena, count, struct attribute);
	o->attribute_count = count;
	for (size_t i = 0; i < count; i++)
		o->attributes[i] = (struct attribute){names[i], random_text(r)};
}

static void
random_field(struct sample_random *r, struct change *c, enum order_field f)
{
	c->set |= BIT64(f);
	if (f == F_LINES)
		random_lines(r, &c->to);
	else if (f == F_ATTRIBUTES)
		random_attributes(r, &c->to);
	else if (order_fields[f].kind == FIELD_STR)
		*order_str(&c->to, f) = random_text(r);
	else
		*order_int(&c->to, f) = sample_below(r, 4);
}

static void
random_change(struct sample_random *r, struct command *c)
{
	c->kind = COMMAND_CHANGE;
	for (int f = 0; f < F__COUNT; f++) {
		if (order_fields[f].editable != 0 && sample_below(r, 8) == 0)
			random_field(r, &c->change, (enum order_field)f);
	}
	c->change.has_quantity = sample_below(r, 2) == 0;
	c->change.quantity = 1 + sample_below(r, 5);
}

static void
random_event(struct sample_random *r, struct command *c)
{
	c->kind = COMMAND_EVENT;
	c->change.event = (enum vendor_event)sample_below(r, EVENT__COUNT);
	change_set_str(&c->change, F_VENDOR_ORDER, STR("V1"));
	if (sample_below(r, 2) == 0)
		change_set_str(&c->change, F_LOGISTICS_NUMBERS, random_text(r));
	if (sample_below(r, 2) == 0)
		change_set_int(&c->change, F_VENDOR_FEE, sample_below(r, 3));
}

static struct command
random_command(struct sample_random *r)
{
	struct command c = sample_command(COMMAND_CHANGE, &policy);
	int64_t kind = sample_below(r, 20);

	if (kind == 0)
		random_event(r, &c);
	else if (kind == 1) {
		c.kind = COMMAND_MOVE;
		c.change.move = (enum order_move)sample_below(r, MOVE__COUNT);
	} else
		random_change(r, &c);
	return c;
}

/* --- a history ------------------------------------------------------------------ */

static void
append(struct history *h, struct sample_random *r, struct order *before,
    const struct order *after)
{
	struct amendment *m = &h->log[h->count];
	struct order *kept = after ? order_copy(&arena, after) : NULL;
	uint8_t entropy[32];

	for (size_t i = 0; i < sizeof(entropy); i++)
		entropy[i] = (uint8_t)sample_next(r);
	check_err(amendment_diff(&arena, before, kept, entropy, m), ERR_OK);
	assert_true(m->change_count > 0);
	m->seq = 100 + (int64_t)h->count;
	m->dialect = STR("test");
	m->note = random_text(r);
	amendment_seal(m);
	if (kept != NULL) {
		kept->last_seq = m->seq;
		memcpy(kept->last_hash, m->hash, sizeof(m->hash));
	}
	h->kept[h->count++] = kept;
}

static struct history *
random_history(uint64_t seed)
{
	struct sample_random r = {seed * 7919 + 1};
	struct history *h = ARENA_NEW(&arena, struct history);
	struct command create = sample_command(COMMAND_CREATE, &policy);
	struct outcome *out = ARENA_NEW(&arena, struct outcome);
	struct order *last;

	create.change.to = *sample_order(&arena);
	if (sample_below(&r, 2) == 0)
		create.change.to.status = ORDER_DRAFT;
	random_lines(&r, &create.change.to);
	check_err(order_apply(NULL, &create, SAMPLE_NOW_MS, &arena, out),
	    ERR_OK);
	append(h, &r, NULL, out->order);
	for (int i = 1; i < STEPS && h->kept[h->count - 1] != NULL; i++) {
		struct command c = random_command(&r);

		last = h->kept[h->count - 1];
		if (order_apply(last, &c, SAMPLE_NOW_MS + i, &arena, out) ==
			ERR_OK &&
		    out->changed)
			append(h, &r, last, out->order);
	}
	return h;
}

static void
check_same_order(const struct order *a, const struct order *b)
{
	check_same_fields(a, b);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->app, b->app);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->updated_ms, b->updated_ms);
	assert_int_equal(a->last_seq, b->last_seq);
	assert_memory_equal(a->last_hash, b->last_hash, sizeof(a->last_hash));
	for (size_t i = 0; i < a->line_count; i++)
		assert_int_equal(a->lines[i].total_fen, b->lines[i].total_fen);
}

static void
check_empty(const struct order *o)
{
	struct order none = {0};

	check_same_fields(o, &none);
}

static void
check_history(const struct history *h)
{
	struct order o = {0};

	for (size_t i = 0; i < h->count; i++) {
		const struct amendment *m = &h->log[i];

		assert_true(amendment_is_sealed(m));
		check_err(amendment_apply(m, &arena, &o, &err), ERR_OK);
		if (h->kept[i] != NULL) {
			order_check(&o);
			check_same_order(&o, h->kept[i]);
		} else {
			check_empty(&o);
		}
	}
	for (size_t i = h->count; i-- > 0;) {
		check_err(amendment_undo(&h->log[i],
			      i == 0 ? NULL : &h->log[i - 1], &arena, &o, &err),
		    ERR_OK);
		if (i > 0)
			check_same_order(&o, h->kept[i - 1]);
	}
	check_empty(&o);
	assert_int_equal(o.version, 0);
	assert_int_equal(o.last_seq, 0);
}

void
test_replay_of_random_histories(void **state)
{
	(void)state;
	size_t amendments = 0, deleted = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		const struct history *h = random_history(seed);

		check_history(h);
		amendments += h->count;
		deleted += h->kept[h->count - 1] == NULL;
		arena_reset(&arena);
	}
	/* The generator must reach what it is there for. */
	assert_true(amendments > 8 * SEEDS);
	assert_true(deleted > 0);
}

/* --- damaged logs ---------------------------------------------------------------- */

/* Version 1 and 2 of the sample order, the second with another phone. */
static struct history *
two_versions(struct order *o)
{
	struct sample_random r = {5};
	struct history *h = ARENA_NEW(&arena, struct history);
	struct order *next;

	append(h, &r, NULL, sample_order(&arena));
	next = order_copy(&arena, h->kept[0]);
	next->phone = STR("13900139000");
	next->lines[0].quantity = 3;
	next->version = 2;
	check_err(order_sum(next), ERR_OK);
	append(h, &r, h->kept[0], next);
	*o = (struct order){0};
	check_err(amendment_apply(&h->log[0], &arena, o, &err), ERR_OK);
	return h;
}

static void
check_damaged(const struct amendment *m, struct order *o)
{
	struct order before = *o;

	check_err(amendment_apply(m, &arena, o, &err), ERR_STORE_FAILED);
	assert_memory_equal(o, &before, sizeof(before));
	assert_int_equal(err.code, ERR_STORE_FAILED);
	assert_non_null(strstr(err.detail, "67890"));
}

/* The second amendment with its only interesting change put in `change`. */
static void
check_damaged_change(struct amendment_change change)
{
	struct order o;
	struct history *h = two_versions(&o);
	struct amendment m = h->log[1];

	m.changes = &change;
	m.change_count = 1;
	check_damaged(&m, &o);
}

#define CHANGE(name, before, after) \
	((struct amendment_change){ \
	    .field = STR_INIT(name), .from = before, .to = after})

void
test_replay_finds_damage(void **state)
{
	(void)state;
	check_damaged_change(CHANGE("nonsense", STR_NONE, STR("1")));
	check_damaged_change(CHANGE("lines", STR_NONE, STR("1")));
	check_damaged_change(CHANGE("lines[500].sku", STR_NONE, STR("1")));
	check_damaged_change(CHANGE("lines[0].nonsense", STR_NONE, STR("1")));
	check_damaged_change(CHANGE("recipient.phone", STR("1"), STR("2")));
	check_damaged_change(CHANGE("recipient.phone", STR_NONE, STR("2")));
	check_damaged_change(CHANGE("flag", STR("1"), STR("2")));
	check_damaged_change(CHANGE("flag", STR_NONE, STR("x")));
	check_damaged_change(CHANGE("status", STR("DRAFT"), STR("FAILED")));
	check_damaged_change(CHANGE("status", STR("SUBMITTED"), STR("DONE")));
	check_damaged_change(CHANGE("vendor.stage", STR_NONE, STR("SOON")));
	check_damaged_change(CHANGE("attributes.k", STR("1"), STR("2")));
	/* The lines no longer add up to the total. */
	check_damaged_change(CHANGE("quantity", STR("1"), STR("2")));
	check_damaged_change(CHANGE("total", STR("899900"), STR("1")));
	check_damaged_change(CHANGE("price", STR("89990000"), STR("-1")));
	/* A line without a quantity, and one with a gap before it. */
	check_damaged_change(CHANGE("quantity", STR("1"), STR_NONE));
	check_damaged_change(CHANGE("lines[2].quantity", STR_NONE, STR("1")));
}

void
test_replay_wants_the_next_amendment(void **state)
{
	(void)state;
	struct order o;
	struct history *h = two_versions(&o);
	struct amendment m = h->log[1];
	struct amendment none = {.version = 4};

	check_damaged(&h->log[0], &o);
	m.prev_hash[0] ^= 1;
	check_damaged(&m, &o);
	check_err(amendment_undo(&h->log[0], &none, &arena, &o, &err),
	    ERR_STORE_FAILED);
	check_err(amendment_undo(&h->log[1], &h->log[0], &arena, &o, &err),
	    ERR_STORE_FAILED);
	check_err(amendment_undo(&h->log[0], &h->log[1], &arena, &o, &err),
	    ERR_STORE_FAILED);
	check_err(amendment_undo(&h->log[0], NULL, &arena, &o, &err), ERR_OK);
}

void
test_replay_refuses_plain_names_among_several_lines(void **state)
{
	(void)state;
	struct order *o = sample_order_of_lines(&arena, 2);
	struct amendment_change change = CHANGE("title", STR("盒子"), STR("x"));
	struct amendment m = {.order = 67890,
	    .version = 2,
	    .changes = &change,
	    .change_count = 1};

	check_damaged(&m, o);
}

/* Erased values can't be checked, and come out as absent. */
void
test_replay_of_erased_values(void **state)
{
	(void)state;
	struct order o;
	struct history *h = two_versions(&o);
	struct amendment_change *c = ARENA_ARRAY(&arena, h->log[1].change_count,
	    struct amendment_change);
	struct str hash = {(const char *)h->log[1].hash, 32};

	memcpy(c, h->log[1].changes, h->log[1].change_count * sizeof(*c));
	check_str(c[0].field, "recipient.phone");
	c[0].from = c[0].to = hash;
	c[0].erased_from = c[0].erased_to = true;
	h->log[1].changes = c;
	check_err(amendment_apply(&h->log[1], &arena, &o, &err), ERR_OK);
	check_str(o.phone, NULL);
	assert_int_equal(o.lines[0].quantity, 3);
	check_err(amendment_undo(&h->log[1], &h->log[0], &arena, &o, &err),
	    ERR_OK);
	check_str(o.phone, NULL);
	assert_int_equal(o.version, 1);
}

void
test_replay_without_room(void **state)
{
	(void)state;
	struct order o;
	struct history *h = two_versions(&o);
	enum err_code rc = ERR_NO_MEMORY;
	size_t cap = 1;

	for (; rc == ERR_NO_MEMORY; cap += 32) {
		struct order tried = o;
		struct arena small;

		arena_init(&small, cap);
		rc = amendment_apply(&h->log[1], &small, &tried, &err);
		if (rc != ERR_OK)
			assert_memory_equal(&tried, &o, sizeof(o));
		arena_fini(&small);
	}
	check_err(rc, ERR_OK);
}
