/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an amendment says of a change, and its seal.
 */
#include "order/test_sample.h"

static struct arena arena;
static const uint8_t entropy[32] = {1, 2, 3, 4, 5, 6, 7, 8};

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, SAMPLE_ARENA_BYTES);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct amendment
diff(const struct order *before, const struct order *after)
{
	struct amendment m;

	check_err(amendment_diff(&arena, before, after, entropy, &m), ERR_OK);
	return m;
}

static void
check_change(const struct amendment *m, size_t i, const char *field,
    const char *from, const char *to)
{
	assert_true(i < m->change_count);
	check_str(m->changes[i].field, field);
	check_str(m->changes[i].from, from);
	check_str(m->changes[i].to, to);
}

/* A change of quantity with all the words around it, sealed. */
static struct amendment
sealed_amendment(void)
{
	struct order *before = sample_order(&arena);
	struct order *after = order_copy(&arena, before);
	struct amendment m;

	after->lines[0].quantity = 2;
	after->phone = STR("13900139000");
	after->remarks = STR("ring twice");
	after->version = 2;
	check_err(order_sum(after), ERR_OK);
	m = diff(before, after);
	m.seq = 12;
	m.prev_seq = 11;
	m.dialect = STR("intents");
	m.method = STR("intent.update");
	m.request_id = STR("r1");
	m.trace_id = STR_NONE;
	m.note = STR("why not");
	amendment_seal(&m);
	return m;
}

/* --- differences ----------------------------------------------------------- */

void
test_amendment_of_a_quantity_is_short(void **state)
{
	(void)state;
	struct order *before = sample_order(&arena);
	struct order *after = order_copy(&arena, before);
	struct amendment m;

	before->last_seq = 5;
	before->last_hash[0] = 9;
	after->lines[0].quantity = 2;
	after->version = 2;
	after->updated_ms = SAMPLE_NOW_MS + 1;
	check_err(order_sum(after), ERR_OK);
	m = diff(before, after);
	assert_int_equal(m.change_count, 2);
	check_change(&m, 0, "quantity", "1", "2");
	check_change(&m, 1, "total", "899900", "1799800");
	assert_false(m.changes[0].personal);
	assert_int_equal(m.order, 67890);
	assert_int_equal(m.app, 7);
	assert_int_equal(m.version, 2);
	assert_int_equal(m.at_ms, SAMPLE_NOW_MS + 1);
	assert_int_equal(m.prev_seq, 5);
	assert_int_equal(m.prev_hash[0], 9);
}

void
test_amendment_of_nothing_is_empty(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);

	assert_int_equal(diff(o, order_copy(&arena, o)).change_count, 0);
}

void
test_amendment_of_creating_and_deleting(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct amendment m;

	o->status = ORDER_DRAFT;
	m = diff(NULL, o);
	assert_int_equal(m.change_count, 11);
	check_change(&m, 0, "createdAt", NULL, "1772015400000");
	check_change(&m, 1, "status", NULL, "DRAFT");
	check_change(&m, 2, "user", NULL, "user_12345");
	check_change(&m, 7, "title", NULL, "iPhone 15 Pro");
	check_change(&m, 8, "price", NULL, "89990000");
	check_change(&m, 9, "quantity", NULL, "1");
	check_change(&m, 10, "total", NULL, "899900");
	assert_int_equal(m.version, 1);
	m = diff(o, NULL);
	assert_int_equal(m.change_count, 11);
	check_change(&m, 1, "status", "DRAFT", NULL);
	check_change(&m, 10, "total", "899900", NULL);
	assert_int_equal(m.version, 2);
	assert_int_equal(m.order, 67890);
}

void
test_amendment_of_states(void **state)
{
	(void)state;
	struct order *before = sample_order(&arena);
	struct order *after = order_copy(&arena, before);
	struct amendment m;

	before->status = ORDER_DRAFT;
	after->stage = STAGE_PAID;
	after->status = ORDER_PROCESSING;
	m = diff(before, after);
	assert_int_equal(m.change_count, 2);
	check_change(&m, 0, "status", "DRAFT", "PROCESSING");
	check_change(&m, 1, "vendor.stage", NULL, "PAID");
}

void
test_amendment_of_lines_that_go_and_come(void **state)
{
	(void)state;
	struct order *one = sample_order_of_lines(&arena, 1);
	struct order *two = sample_order_of_lines(&arena, 2);
	struct amendment m;

	two->lines[1].remark = STR("给王五");
	two->lines[1].sku = 109;
	two->lines[1].product = STR("P-1");
	m = diff(one, two);
	assert_int_equal(m.change_count, 7);
	check_change(&m, 0, "lines[1].product", NULL, "P-1");
	check_change(&m, 1, "lines[1].sku", NULL, "109");
	check_change(&m, 2, "lines[1].title", NULL, "盒子");
	check_change(&m, 3, "lines[1].price", NULL, "12500");
	check_change(&m, 4, "lines[1].quantity", NULL, "2");
	check_change(&m, 5, "lines[1].remark", NULL, "给王五");
	check_change(&m, 6, "total", "125", "375");
	assert_true(m.changes[5].personal);
	assert_false(m.changes[2].personal);
	m = diff(two, one);
	assert_int_equal(m.change_count, 7);
	check_change(&m, 4, "lines[1].quantity", "2", NULL);
}

void
test_amendment_of_attributes(void **state)
{
	(void)state;
	struct attribute had[] = {
	    {STR("a"), STR("1")}, {STR("b"), STR("2")}, {STR("c"), STR("3")}};
	struct attribute has[] = {
	    {STR("b"), STR("2")}, {STR("c"), STR("4")}, {STR("d"), STR("5")}};
	struct order *before = sample_order(&arena);
	struct order *after = order_copy(&arena, before);
	struct amendment m;

	before->attributes = had;
	after->attributes = has;
	before->attribute_count = after->attribute_count = 3;
	m = diff(before, after);
	assert_int_equal(m.change_count, 3);
	check_change(&m, 0, "attributes.a", "1", NULL);
	check_change(&m, 1, "attributes.c", "3", "4");
	check_change(&m, 2, "attributes.d", NULL, "5");
}

void
test_amendment_salts_only_what_is_personal(void **state)
{
	(void)state;
	static const uint8_t none[AMENDMENT_SALT_BYTES];
	struct amendment m = sealed_amendment();
	const struct amendment_change *phone = &m.changes[0];
	const struct amendment_change *remarks = &m.changes[1];

	check_str(phone->field, "recipient.phone");
	check_str(remarks->field, "remarks");
	assert_memory_not_equal(phone->salt_from, none, sizeof(none));
	assert_memory_not_equal(phone->salt_to, none, sizeof(none));
	assert_memory_not_equal(phone->salt_from, phone->salt_to, sizeof(none));
	assert_memory_equal(remarks->salt_from, none, sizeof(none));
	assert_memory_not_equal(remarks->salt_to, phone->salt_to, sizeof(none));
	assert_memory_equal(m.changes[2].salt_to, none, sizeof(none));
}

void
test_amendment_diff_without_room(void **state)
{
	(void)state;
	struct order *o = sample_order(&arena);
	struct arena small;
	struct amendment m;

	arena_init(&small, 64);
	check_err(amendment_diff(&small, NULL, o, entropy, &m), ERR_NO_MEMORY);
	arena_fini(&small);
}

/* --- the seal ----------------------------------------------------------------- */

void
test_amendment_seal_holds(void **state)
{
	(void)state;
	struct amendment m = sealed_amendment();

	assert_true(amendment_is_sealed(&m));
	m.seq = 99; /* where it stands in the log is no part of it */
	m.prev_seq = 98;
	assert_true(amendment_is_sealed(&m));
}

/* A byte anywhere in *bytes: flipped the seal breaks, back it holds. */
static void
check_flips(const struct amendment *m, void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		((uint8_t *)bytes)[i] ^= 1;
		assert_false(amendment_is_sealed(m));
		((uint8_t *)bytes)[i] ^= 1;
	}
	assert_true(amendment_is_sealed(m));
}

static void
check_str_flips(const struct amendment *m, struct str *s)
{
	struct str kept = *s;
	struct str copy = arena_dup(&arena, kept);

	if (str_is_null(kept)) {
		*s = STR("");
		assert_false(amendment_is_sealed(m));
		*s = kept;
		return;
	}
	for (size_t i = 0; i < copy.n; i++) {
		char *bytes = arena_alloc(&arena, copy.n);

		memcpy(bytes, copy.p, copy.n);
		bytes[i] ^= 1;
		*s = (struct str){bytes, copy.n};
		assert_false(amendment_is_sealed(m));
	}
	*s = (struct str){kept.p, kept.n - 1};
	assert_false(amendment_is_sealed(m));
	*s = STR_NONE;
	assert_false(amendment_is_sealed(m));
	*s = kept;
	assert_true(amendment_is_sealed(m));
}

static void
check_change_flips(const struct amendment *m, struct amendment_change *c)
{
	bool *const flags[] = {&c->personal, &c->erased_from, &c->erased_to};

	check_str_flips(m, &c->field);
	check_str_flips(m, &c->from);
	check_str_flips(m, &c->to);
	check_flips(m, c->salt_from, sizeof(c->salt_from));
	check_flips(m, c->salt_to, sizeof(c->salt_to));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		*flags[i] = !*flags[i];
		assert_false(amendment_is_sealed(m));
		*flags[i] = !*flags[i];
	}
}

static struct amendment_change *
own_changes(struct amendment *m)
{
	struct amendment_change *own = ARENA_ARRAY(&arena, m->change_count,
	    struct amendment_change);

	memcpy(own, m->changes, m->change_count * sizeof(*own));
	m->changes = own;
	return own;
}

void
test_amendment_any_flipped_byte_breaks_the_seal(void **state)
{
	(void)state;
	struct amendment m = sealed_amendment();
	struct amendment_change *changes = own_changes(&m);

	check_flips(&m, &m.order, sizeof(m.order));
	check_flips(&m, &m.app, sizeof(m.app));
	check_flips(&m, &m.version, sizeof(m.version));
	check_flips(&m, &m.at_ms, sizeof(m.at_ms));
	check_flips(&m, m.prev_hash, sizeof(m.prev_hash));
	check_flips(&m, m.hash, sizeof(m.hash));
	check_str_flips(&m, &m.dialect);
	check_str_flips(&m, &m.method);
	check_str_flips(&m, &m.request_id);
	check_str_flips(&m, &m.trace_id);
	check_str_flips(&m, &m.note);
	for (size_t i = 0; i < m.change_count; i++)
		check_change_flips(&m, &changes[i]);
	m.change_count--;
	assert_false(amendment_is_sealed(&m));
}

/* Bytes that move from one text to the next are another amendment. */
void
test_amendment_seal_knows_where_texts_end(void **state)
{
	(void)state;
	struct amendment m = sealed_amendment();

	m.dialect = STR("intentsi");
	m.method = STR("ntent.update");
	assert_false(amendment_is_sealed(&m));
}

void
test_amendment_holds_when_a_person_is_erased(void **state)
{
	(void)state;
	struct amendment m = sealed_amendment();
	struct amendment_change *phone = own_changes(&m);
	uint8_t from[AMENDMENT_HASH_BYTES], to[AMENDMENT_HASH_BYTES];

	amendment_hide(phone->salt_from, phone->from, from);
	amendment_hide(phone->salt_to, phone->to, to);
	phone->from = (struct str){(const char *)from, sizeof(from)};
	phone->to = (struct str){(const char *)to, sizeof(to)};
	phone->erased_from = phone->erased_to = true;
	assert_false(amendment_is_sealed(&m)); /* the salts are still there */
	memset(phone->salt_from, 0, sizeof(phone->salt_from));
	memset(phone->salt_to, 0, sizeof(phone->salt_to));
	assert_true(amendment_is_sealed(&m));
	check_flips(&m, from, sizeof(from));
	phone->to.n--;
	assert_false(amendment_is_sealed(&m));
}

void
test_amendment_field_kinds(void **state)
{
	(void)state;
	assert_int_equal(amendment_field_kind(STR("total")), FIELD_FEN);
	assert_int_equal(amendment_field_kind(STR("status")), FIELD_STATUS);
	assert_int_equal(amendment_field_kind(STR("createdAt")), FIELD_TIME);
	assert_int_equal(amendment_field_kind(STR("price")), FIELD_E4);
	assert_int_equal(amendment_field_kind(STR("quantity")), FIELD_INT);
	assert_int_equal(amendment_field_kind(STR("lines[499].price")),
	    FIELD_E4);
	assert_int_equal(amendment_field_kind(STR("lines[0].title")),
	    FIELD_STR);
	assert_int_equal(amendment_field_kind(STR("attributes.x")), FIELD_STR);
	assert_int_equal(amendment_field_kind(STR("lines[500].price")),
	    FIELD_STR);
	assert_int_equal(amendment_field_kind(STR("lines")), FIELD_STR);
	assert_int_equal(amendment_field_kind(STR_NONE), FIELD_STR);
}
