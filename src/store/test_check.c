/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_check finds each kind of damage: a sound store is damaged in one place,
 * by SQL, and the sentence that must come is looked for.
 */
#include <sqlite3.h>

#include "store/test_world.h"

static struct world world;

/* Order 5 with three versions and a given name, order 6 with one, order 7
 * deleted after its second; an app with a credential. */
/* Of an order, of one that was deleted, and of a batch. */
static void
write_answers(void)
{
	struct store_answer answers[3] = {
	    {.app = 7, .order = 5, .version = 2},
	    {.app = 7, .order = 7, .version = 3},
	    {.app = 7, .items = STR_INIT("same 5 3\nnot_found 0 0\n")},
	};
	struct store_write w = {.answers = answers, .answer_count = 3};

	for (int i = 0; i < 3; i++) {
		answers[i].identity.present = true;
		answers[i].identity.digest[0] = (uint8_t)(i + 1);
	}
	check_err(store_write(world.w, &w, &world.err), ERR_OK);
}

int
setup(void **state)
{
	struct app_record app = {
	    .id = STR("one"), .name = STR("one"), .policy = STR("")};
	struct credential_record credential = {
	    .dialect = STR("intents"), .key = STR("k"), .secret = STR("s")};
	struct sample_random r = {11};
	struct order *o;

	(void)state;
	must_open_world(&world);
	o = random_order(&world.a, &r, 5);
	o->trade_no = STR("T-5");
	must_change(&world, NULL, o);
	o = must_change_random(&world, &r, o);
	must_change(&world, NULL, random_order(&world.a, &r, 6));
	o = must_change_random(&world, &r, o);
	o = random_order(&world.a, &r, 7);
	must_change(&world, NULL, o);
	o = must_change_random(&world, &r, o);
	must_change(&world, o, NULL);
	must_begin(&world);
	check_err(store_app_put(world.w, &app, &world.err), ERR_OK);
	credential.app = app.no;
	check_err(store_credential_put(world.w, &credential, &world.err),
	    ERR_OK);
	write_answers();
	must_commit(&world);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	close_world(&world);
	return 0;
}

struct reports {
	const char *wanted;
	int found;
	int count;
	char all[4096];
};

static void
take_report(void *arg, const char *sentence)
{
	struct reports *r = arg;
	size_t n = strlen(r->all);

	r->count++;
	r->found += r->wanted != NULL && strstr(sentence, r->wanted) != NULL;
	(void)snprintf(r->all + n, sizeof(r->all) - n, "  %s\n", sentence);
}

static void
damage(const char *script)
{
	char *text = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open("test.db", &db), SQLITE_OK);
	if (sqlite3_exec(db, script, NULL, NULL, &text) != SQLITE_OK)
		print_error("%s\n", text);
	assert_null(text);
	assert_int_equal(sqlite3_changes(db), 1);
	sqlite3_close(db);
}

static void
check_found(const char *script, const char *wanted)
{
	struct reports r = {.wanted = wanted};
	int64_t orders, amendments;

	damage(script);
	check_err(store_check(world.r, take_report, &r, &orders, &amendments,
		      &world.err),
	    ERR_OK);
	if (r.found == 0)
		print_error("after: %s\nwant \"%s\", got:\n%s", script, wanted,
		    r.all);
	assert_true(r.found > 0);
}

void
test_sound_store_has_no_faults(void **state)
{
	struct reports r = {.wanted = NULL};
	int64_t orders, amendments;

	(void)state;
	check_err(store_check(world.r, take_report, &r, &orders, &amendments,
		      &world.err),
	    ERR_OK);
	if (r.count > 0)
		print_error("%s", r.all);
	assert_int_equal(r.count, 0);
	assert_int_equal(orders, 2);
	assert_int_equal(amendments, 7);
}

/* Each damage is a case of its own, so that none hides behind another. */
void
test_changed_field_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET flag = flag + 1 WHERE id = 5",
	    "field \"flag\": the order holds another value");
}

void
test_changed_text_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET user_id = 'x' WHERE id = 6",
	    "field \"user\": the order holds another value");
}

void
test_changed_total_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET total_fen = total_fen + 1 WHERE id = 5",
	    "the stored total cannot be true");
}

void
test_changed_quantity_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET lines = json_set(lines, '$[0][4]', 0)"
		    " WHERE id = 5",
	    "the stored list of lines cannot be true");
}

void
test_broken_lines_are_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET lines = '[' WHERE id = 5",
	    "the stored list of lines cannot be true");
}

void
test_broken_attributes_are_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET attributes = '{\"b\":\"\",\"a\":\"\"}'"
		    " WHERE id = 5",
	    "the stored attributes cannot be true");
}

void
test_status_out_of_range_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET status = 99 WHERE id = 5",
	    "the stored status cannot be true");
}

void
test_changed_version_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET version = 4 WHERE id = 5",
	    "the order has another version");
}

void
test_version_out_of_range_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET version = 9223372036854775807"
		    " WHERE id = 5",
	    "order 5: the stored version cannot be true");
}

void
test_place_in_the_log_out_of_range_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET last_seq = 9223372036854775807"
		    " WHERE id = 5",
	    "order 5: the stored place in the log cannot be true");
}

void
test_amendment_version_out_of_range_is_found(void **state)
{
	(void)state;
	check_found("UPDATE amendments SET version = 9223372036854775807"
		    " WHERE seq = 6",
	    "amendment 6");
}

void
test_changed_time_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET updated_ms = 1 WHERE id = 5",
	    "not updated when amendment");
}

void
test_changed_hash_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET last_hash = zeroblob(32) WHERE id = 5",
	    "the chain of hashes is broken");
}

void
test_short_hash_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET last_hash = x'00' WHERE id = 5",
	    "the stored hash cannot be true");
}

void
test_head_of_another_order_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET last_seq = 3 WHERE id = 5",
	    "amendment 3 is of another order");
}

void
test_older_head_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET last_seq = 2 WHERE id = 5", "order 5");
}

void
test_another_owner_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET app = 8 WHERE id = 6",
	    "amendment 3 is not there");
}

void
test_lost_order_is_found(void **state)
{
	(void)state;
	check_found("DELETE FROM orders WHERE id = 6",
	    "some belong to no order");
}

void
test_lost_amendment_is_found(void **state)
{
	(void)state;
	check_found("DELETE FROM amendments WHERE seq = 2",
	    "amendment 2 before it is not there");
}

void
test_lost_first_amendment_is_found(void **state)
{
	(void)state;
	check_found("DELETE FROM amendments WHERE seq = 1",
	    "amendment 1 before it is not there");
}

void
test_lost_head_amendment_is_found(void **state)
{
	(void)state;
	check_found("DELETE FROM amendments WHERE seq = 4",
	    "amendment 4 is not there");
}

void
test_changed_value_in_the_log_is_found(void **state)
{
	(void)state;
	check_found("UPDATE amendments SET changes = json_set(changes,"
		    " '$[0][2]', '1') WHERE seq = 2",
	    "Amendment 2 of order 5 is not what was sealed");
}

void
test_changed_note_in_the_log_is_found(void **state)
{
	(void)state;
	check_found("UPDATE amendments SET note = 'x' WHERE seq = 3",
	    "Amendment 3 of order 6 is not what was sealed");
}

void
test_changed_log_of_a_deleted_order_is_found(void **state)
{
	(void)state;
	check_found("UPDATE amendments SET at_ms = 1 WHERE seq = 6",
	    "Amendment 6 of order 7 is not what was sealed");
}

void
test_broken_changes_are_found(void **state)
{
	(void)state;
	check_found("UPDATE amendments SET changes = '[[1]]' WHERE seq = 2",
	    "amendment 2 of order 5 cannot be read");
}

void
test_wrong_link_is_found(void **state)
{
	(void)state;
	check_found("UPDATE amendments SET prev_seq = 3 WHERE seq = 4",
	    "Amendment 4 of order 5 is not what was sealed");
}

void
test_forward_link_is_found(void **state)
{
	(void)state;
	check_found("UPDATE amendments SET prev_seq = 4 WHERE seq = 4",
	    "links forward");
}

void
test_cut_link_is_found(void **state)
{
	(void)state;
	check_found("UPDATE amendments SET prev_seq = 0 WHERE seq = 4",
	    "does not link to the version before");
}

void
test_amendment_left_over_is_found(void **state)
{
	(void)state;
	check_found(
	    "INSERT INTO amendments SELECT 100, app, order_id,"
	    " prev_seq, version, at_ms, dialect, method, request_id,"
	    " trace_id, note, changes, hash FROM amendments WHERE seq = 4",
	    "some belong to no order");
}

void
test_lost_tombstone_is_found(void **state)
{
	(void)state;
	check_found("DELETE FROM tombs WHERE order_id = 7",
	    "some belong to no order");
}

void
test_wrong_tombstone_is_found(void **state)
{
	(void)state;
	check_found("UPDATE tombs SET last_seq = 6 WHERE order_id = 7",
	    "some belong to no order");
}

void
test_lost_name_is_found(void **state)
{
	(void)state;
	check_found("DELETE FROM names WHERE name = 'T-5'",
	    "Order 5 is not found by its name \"T-5\"");
}

void
test_name_of_no_order_is_found(void **state)
{
	(void)state;
	check_found("INSERT INTO names VALUES(7, 2, 'T-9', 9)",
	    "The name \"T-9\" leads to order 9");
}

void
test_name_of_another_order_is_found(void **state)
{
	(void)state;
	check_found("UPDATE names SET order_id = 6 WHERE name = 'T-5'",
	    "The name \"T-5\" leads to order 6");
}

void
test_secret_of_another_row_is_found(void **state)
{
	(void)state;
	check_found("UPDATE credentials SET key = 'other'",
	    "does not open with the master key");
}

void
test_changed_secret_is_found(void **state)
{
	(void)state;
	check_found("UPDATE credentials SET secret_box = zeroblob(40)",
	    "the secret of intents credential \"k\"");
}

void
test_answer_of_no_order_is_found(void **state)
{
	(void)state;
	check_found("UPDATE answers SET order_id = 99 WHERE version = 2",
	    "order 99, version 2: there is no such order");
}

void
test_answer_of_a_version_to_come_is_found(void **state)
{
	(void)state;
	check_found("UPDATE answers SET version = 4 WHERE version = 2",
	    "order 5, version 4: it has no such version");
}

void
test_answer_of_a_deleted_order_is_looked_at(void **state)
{
	(void)state;
	check_found("UPDATE answers SET version = 4 WHERE version = 3",
	    "order 7, version 4: it has no such version");
}

void
test_answer_of_another_app_is_found(void **state)
{
	(void)state;
	check_found("UPDATE answers SET app = 8 WHERE version = 2",
	    "order 5, version 2: it is another app's");
}

void
test_answer_of_a_batch_is_looked_at(void **state)
{
	(void)state;
	check_found("UPDATE answers SET items = 'ok 5 9' WHERE order_id = 0",
	    "order 5, version 9: it has no such version");
}

void
test_list_of_an_answer_is_looked_at(void **state)
{
	(void)state;
	check_found("UPDATE answers SET items = 'ok' WHERE order_id = 0",
	    "its list can't be read");
}

void
test_rate_out_of_range_is_found(void **state)
{
	(void)state;
	check_found("UPDATE apps SET rate = -5", "its rate, -5, is out of");
}

void
test_broken_policies_are_found(void **state)
{
	(void)state;
	check_found("UPDATE apps SET policy = 'what=ever'",
	    "its policies can't be read");
}

void
test_reserved_without_orders_is_found(void **state)
{
	(void)state;
	check_found("INSERT INTO stock(app, warehouse, product, on_hand,"
		    " reserved) VALUES(1, 5, 'A', 9, 2)",
	    "2 reserved of 9 on hand, and orders hold 0");
}

void
test_more_reserved_than_on_hand_is_found(void **state)
{
	(void)state;
	check_found("INSERT INTO stock(app, warehouse, product, on_hand,"
		    " reserved) VALUES(1, 5, 'A', -1, 0)",
	    "0 reserved of -1 on hand");
}

void
test_held_without_a_row_is_found(void **state)
{
	(void)state;
	check_found("UPDATE orders SET reserves = 1, warehouse = 5, status = 1,"
		    " lines = '[[\"A\",0,\"t\",0,4,null]]', total_fen = 0"
		    " WHERE id = 6",
	    "0 reserved of 0 on hand, and orders hold 4");
}
