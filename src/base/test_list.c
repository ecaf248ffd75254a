/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include "tests/check.h"

struct item {
	int number;
	struct list node;
};

static struct list head;
static struct item items[4];

int
setup(void **state)
{
	(void)state;
	list_init(&head);
	for (int i = 0; i < 4; i++)
		items[i] = (struct item){.number = i};
	return 0;
}

static void
check_takes(struct list *from, int number)
{
	struct list *node = list_take_first(from);

	assert_non_null(node);
	assert_int_equal(LIST_ENTRY(node, struct item, node)->number, number);
	assert_null(node->next);
	assert_null(node->prev);
}

void
test_list_is_first_in_first_out(void **state)
{
	(void)state;
	assert_true(list_is_empty(&head));
	for (int i = 0; i < 3; i++)
		list_append(&head, &items[i].node);
	assert_false(list_is_empty(&head));
	for (int i = 0; i < 3; i++)
		check_takes(&head, i);
	assert_true(list_is_empty(&head));
	assert_null(list_take_first(&head));
}

void
test_list_remove_from_the_middle_and_twice(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		list_append(&head, &items[i].node);
	list_remove(&items[1].node);
	list_remove(&items[1].node);
	list_remove(&items[3].node);
	list_append(&head, &items[1].node);
	check_takes(&head, 0);
	check_takes(&head, 2);
	check_takes(&head, 1);
	assert_true(list_is_empty(&head));
}

void
test_list_move_all_keeps_the_order(void **state)
{
	struct list other;

	(void)state;
	list_init(&other);
	list_move_all(&head, &other);
	assert_true(list_is_empty(&head));
	list_append(&head, &items[0].node);
	for (int i = 1; i < 4; i++)
		list_append(&other, &items[i].node);
	list_move_all(&head, &other);
	assert_true(list_is_empty(&other));
	for (int i = 0; i < 4; i++)
		check_takes(&head, i);
	assert_true(list_is_empty(&head));
}
