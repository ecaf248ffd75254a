/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of an order that was deleted.
 */
#include "store/test_world.h"

void
test_deleted_order_is_found_for_its_app_alone(void **state)
{
	struct sample_random r = {5};
	struct order *o, *gone;
	struct world world;
	struct feed_item *items;
	size_t count;
	bool more;

	(void)state;
	must_open_world(&world);
	o = random_order(&world.a, &r, 5);
	must_change(&world, NULL, o);
	check_err(store_gone_find(
		      world.r, &world.a, 7, STR("intent_5"), &gone, &world.err),
	    ERR_NOT_FOUND);
	must_change(&world, o, NULL);
	check_err(store_gone_find(
		      world.r, &world.a, 8, STR("intent_5"), &gone, &world.err),
	    ERR_NOT_FOUND);
	check_err(store_gone_find(
		      world.r, &world.a, 7, STR("intent_x"), &gone, &world.err),
	    ERR_NOT_FOUND);
	check_err(store_gone_find(
		      world.r, &world.a, 7, STR("intent_5"), &gone, &world.err),
	    ERR_OK);
	assert_int_equal(gone->version, 2);
	check_err(store_history(world.r, &world.a, gone, 0, 10, &items, &count,
		      &more, &world.err),
	    ERR_OK);
	assert_int_equal(count, 2);
	assert_false(more);
	close_world(&world);
}
