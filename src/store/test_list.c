/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists against the plainest possible answer: all orders of the app, tried one
 * by one and sorted in memory.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "sql/sql.h"
#include "store/migrations.h"
#include "store/statements.h"
#include "tests/check.h"

#define APP 3
#define OTHER_APP 4
#define ORDERS 120
#define T0 INT64_C(1772000000000)

static const uint8_t key[BOX_KEY_BYTES] = "a key for tests of lists";
static char folder[64];
static struct store *store;
static struct store_conn *conn;
static struct arena arena;
static struct order *orders[2 * ORDERS];
static size_t order_count;
static unsigned seed;

static unsigned
roll(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

int
setup(void **state)
{
	struct store_config config = {.master_key = key, .now_ms = T0};
	char url[128];

	(void)state;
	arena_init(&arena, 256 * 1024 * 1024);
	snprintf(folder, sizeof(folder), "/tmp/procured-list-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(url, sizeof(url), "sqlite:%s/s.db", folder);
	config.url = str_from(url);
	config.backup_dir = folder;
	order_count = 0;
	seed = 7;
	check_err(store_open(&config, &store, NULL), ERR_OK);
	check_err(store_connect(store, STORE_WRITER, &conn, NULL), ERR_OK);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	store_disconnect(&conn);
	store_close(&store);
	arena_fini(&arena);
	return 0;
}

/* Writes `after`, which was `before` (NULL: it is new, or with `gone` no
 * more), with its amendment. */
static void
write_one(const struct order *before, struct order *after, bool gone,
    bool tell_before)
{
	static const uint8_t entropy[32] = {1};
	struct amendment m;
	struct amendment *amendments[] = {&m};
	struct order *list[] = {after};
	enum store_order_write how = STORE_INSERT;
	struct store_write w = {.orders = list,
	    .order_writes = &how,
	    .befores = tell_before ? &before : NULL,
	    .order_count = 1,
	    .amendments = amendments,
	    .amendment_count = 1};

	if (before != NULL)
		how = gone ? STORE_DELETE : STORE_UPDATE;
	check_err(store_begin(conn, NULL, 0, NULL), ERR_OK);
	check_err(
	    amendment_diff(&arena, before, gone ? NULL : after, entropy, &m),
	    ERR_OK);
	m.order = after->id;
	m.app = after->app;
	m.version = after->version;
	m.at_ms = after->updated_ms;
	m.dialect = STR("test");
	m.method = STR("test");
	if (before != NULL) {
		m.prev_seq = before->last_seq;
		memcpy(m.prev_hash, before->last_hash, sizeof(m.prev_hash));
	}
	amendment_seal(&m);
	m.seq = store_next_seq(conn, m.app);
	after->last_seq = m.seq;
	memcpy(after->last_hash, m.hash, sizeof(after->last_hash));
	check_err(store_write(conn, &w, NULL), ERR_OK);
	check_err(store_commit(conn, NULL), ERR_OK);
}

static void
make_order(int64_t app, int64_t id)
{
	static const char *const users[] = {"u1", "u2", "u3", NULL};
	static const char *const platforms[] = {"TAOBAO", "JD", NULL};
	struct order *o = ARENA_NEW(&arena, struct order);
	size_t lines = 1 + (roll(8) == 0);

	o->id = id;
	o->app = app;
	o->version = 1;
	o->created_ms = T0 + roll(40) * 1000;
	o->updated_ms = T0 + 100000 + id * 10;
	o->status = (enum order_status)roll(ORDER__COUNT);
	o->cancelled_ms = o->status == ORDER_CANCELLED ? T0 : 0;
	o->user = str_from(users[roll(4)]);
	o->platform = str_from(platforms[roll(3)]);
	o->lines = ARENA_ARRAY(&arena, lines, struct line);
	o->line_count = lines;
	for (size_t i = 0; i < lines; i++) {
		o->lines[i].title = STR("t");
		o->lines[i].price_e4 = (1 + roll(9)) * 10000;
		o->lines[i].quantity = 1 + roll(5);
	}
	check_err(order_sum(o), ERR_OK);
	write_one(NULL, o, false, false);
	orders[order_count++] = o;
}

/* Another version of order number i. */
static void
alter(size_t i)
{
	struct order *after = order_copy(&arena, orders[i]);

	after->version++;
	/* A clock that is set back and forth, as far as lists allow for. */
	after->updated_ms = T0 + 200000 + (int64_t)i * 1000 +
	    roll(LIMIT_CLOCK_STEP_MS);
	if (roll(3) == 0)
		after->status = (enum order_status)roll(ORDER__COUNT);
	else if (roll(3) == 0)
		after->lines[0].price_e4 += 10000;
	after->lines[0].quantity++;
	check_err(order_sum(after), ERR_OK);
	write_one(orders[i], after, false, roll(2) == 0);
	orders[i] = after;
}

static void
make_world(void)
{
	for (int64_t id = 1; id <= ORDERS; id++)
		make_order(roll(6) == 0 ? OTHER_APP : APP, id * 3);
	for (size_t i = 0; i < ORDERS; i++)
		if (roll(4) > 0)
			alter(i);
}

/* --- the plain answer --------------------------------------------------------- */

static const struct order_filter *sorting;

static int64_t
key_of(const struct order *o)
{
	if (sorting->sort == SORT_PRICE)
		return order_list_price(o);
	return sorting->sort == SORT_CREATED ? o->created_ms : o->last_seq;
}

static int
compare(const void *a, const void *b)
{
	const struct order *x = *(struct order *const *)a;
	const struct order *y = *(struct order *const *)b;
	int order = key_of(x) != key_of(y) ? (key_of(x) < key_of(y) ? -1 : 1)
					   : (x->id < y->id ? -1 : 1);

	return sorting->descending ? -order : order;
}

static size_t
answer(const struct order_filter *f, struct order **out)
{
	size_t n = 0;

	for (size_t i = 0; i < order_count; i++)
		if (orders[i]->app == APP && order_filter_fits(f, orders[i]))
			out[n++] = orders[i];
	sorting = f;
	qsort(out, n, sizeof(*out), compare);
	return n;
}

static void
check_orders(const struct store_page *page, struct order *const *wanted,
    size_t count)
{
	assert_int_equal(page->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(page->orders[i]->id, wanted[i]->id);
		assert_int_equal(page->orders[i]->version, wanted[i]->version);
	}
}

static void
check_by_number(struct order_filter f)
{
	struct order *wanted[2 * ORDERS];
	size_t n = answer(&f, wanted);
	struct store_page page;

	f.total = TOTAL_COUNT;
	for (f.page = 0; f.page <= (int64_t)n / f.page_size; f.page++) {
		size_t first = (size_t)(f.page * f.page_size),
		       count = n - first;

		if (count > (size_t)f.page_size)
			count = (size_t)f.page_size;
		check_err(store_list(conn, &arena, APP, &f, &page, NULL),
		    ERR_OK);
		check_orders(&page, wanted + first, count);
		assert_int_equal(page.total, n);
		assert_true(page.total_is_exact);
		assert_false(page.has_cursor);
	}
}

static void
check_by_cursor(struct order_filter f)
{
	struct order *wanted[2 * ORDERS];
	size_t n = answer(&f, wanted), seen = 0;
	struct store_page page = {.has_cursor = true};

	f.by_cursor = true;
	while (page.has_cursor) {
		check_err(store_list(conn, &arena, APP, &f, &page, NULL),
		    ERR_OK);
		assert_true(seen + page.count <= n);
		check_orders(&page, wanted + seen, page.count);
		seen += page.count;
		f.has_cursor = true;
		f.cursor = page.cursor;
	}
	assert_int_equal(seen, n);
}

static void
roll_filter(struct order_filter *f)
{
	order_filter_init(f, 1 + roll(30));
	f->sort = (enum order_sort)roll(SORT__COUNT);
	f->descending = roll(2) == 0;
	if (roll(2) == 0)
		f->statuses = roll(4) == 0 ? roll(ORDER_ANY + 1)
					   : BIT(roll(ORDER__COUNT));
	if (roll(3) == 0)
		f->user = roll(2) == 0 ? STR("u1") : STR("u3");
	if (roll(3) == 0)
		f->platform = STR("JD");
	if (roll(3) == 0)
		f->created_from_ms = T0 + roll(40) * 1000;
	if (roll(3) == 0)
		f->created_to_ms = T0 + roll(60) * 1000;
	if (roll(4) == 0)
		f->updated_from_ms = T0 + 100000 + roll(80) * 4000;
	if (roll(4) == 0)
		f->updated_to_ms = T0 + 100000 + roll(100) * 4000;
}

void
test_lists_are_what_a_plain_search_finds(void **state)
{
	(void)state;
	make_world();
	for (int i = 0; i < 600; i++) {
		struct order_filter f;

		roll_filter(&f);
		check_by_number(f);
		check_by_cursor(f);
	}
}

static void
no_report(void *arg, const char *sentence)
{
	print_error("%s\n", sentence);
	++*(int *)arg;
}

static int
faults_of_check(void)
{
	int64_t seen_orders, amendments;
	int faults = 0;

	check_err(store_check(conn, no_report, &faults, &seen_orders,
		      &amendments, NULL),
	    ERR_OK);
	return faults;
}

void
test_counters_follow_every_change(void **state)
{
	struct order *gone;

	(void)state;
	make_world();
	assert_int_equal(faults_of_check(), 0);
	for (size_t i = 0; i < 10; i++) {
		gone = order_copy(&arena, orders[i]);
		gone->version++;
		write_one(orders[i], gone, true, i % 2 == 0);
	}
	assert_int_equal(faults_of_check(), 0);
}

void
test_a_wrong_counter_or_price_is_found(void **state)
{
	struct sql_db *db;
	char url[128];

	(void)state;
	make_world();
	snprintf(url, sizeof(url), "sqlite:%s/s.db", folder);
	check_err(sql_open(str_from(url), SQL_WRITER, &statements, &db, NULL),
	    ERR_OK);
	check_err(sql_script_run(db,
		      "UPDATE order_counts SET n = n + 1"
		      " WHERE app = 3 AND status = 1;"
		      "UPDATE orders SET price_e4 = 5 WHERE id = 30;",
		      NULL),
	    ERR_OK);
	sql_close(&db);
	assert_int_equal(faults_of_check(), 2);
}

void
test_a_page_too_deep_is_refused(void **state)
{
	struct order_filter f;
	struct store_page page;

	(void)state;
	make_world();
	order_filter_init(&f, 100);
	f.page = LIMIT_LIST_DEPTH / 100 - 1;
	check_err(store_list(conn, &arena, APP, &f, &page, NULL), ERR_OK);
	assert_int_equal(page.count, 0);
	f.page++;
	check_err(store_list(conn, &arena, APP, &f, &page, NULL),
	    ERR_BAD_FIELD);
	f.page = INT64_MAX / 200;
	check_err(store_list(conn, &arena, APP, &f, &page, NULL),
	    ERR_BAD_FIELD);
}

void
test_no_state_is_no_order(void **state)
{
	struct order_filter f;
	struct store_page page;

	(void)state;
	make_world();
	order_filter_init(&f, 100);
	f.statuses = 0;
	check_err(store_list(conn, &arena, APP, &f, &page, NULL), ERR_OK);
	assert_int_equal(page.count, 0);
	assert_int_equal(page.total, 0);
}

void
test_by_name_keeps_the_order_of_names(void **state)
{
	char texts[3][ORDER_NAME_BYTES];
	struct str names[4];
	struct order_filter f;
	struct store_page page;
	size_t n = 0;

	(void)state;
	make_world();
	order_filter_init(&f, 2);
	for (size_t i = 50; n < 3; i++) {
		if (orders[i]->app != APP)
			continue;
		order_name_print(orders[i], NAME_PURCHASE_NO, texts[2 - n]);
		names[2 - n] = str_from(texts[2 - n]);
		n++;
	}
	names[3] = STR("CG999999");
	f.names = names;
	f.name_count = 4;
	f.name_kind = NAME_PURCHASE_NO;
	check_err(store_list(conn, &arena, APP, &f, &page, NULL), ERR_OK);
	assert_int_equal(page.total, 3);
	assert_int_equal(page.count, 2);
	assert_true(page.orders[0]->id > page.orders[1]->id);
	f.page = 1;
	check_err(store_list(conn, &arena, APP, &f, &page, NULL), ERR_OK);
	assert_int_equal(page.count, 1);
}
