/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading and saving what a group works on. Identities and names are collected
 * without doubles, since many commands of a group may speak of one order; names
 * that turn out to mean the same order are joined by its id.
 */
#include "engine/scope.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"

static enum err_code
no_memory(struct err *err)
{
	return err_set(err, ERR_NO_MEMORY, "",
	    "a group of commands needs too much memory");
}

/* How many commands a task stands for. */
static size_t
weight_of(const struct command *c)
{
	return c->kind == COMMAND_BATCH ? c->batch_count : 1;
}

static enum err_code
make_room(struct scope *s, struct task *const *tasks, size_t task_count)
{
	struct arena *a = s->arena;
	size_t count = 0, names_max;

	for (size_t i = 0; i < task_count; i++)
		count += weight_of(tasks[i]->command);
	names_max = count * SCOPE_NAMES_MAX;
	s->command_count = count;
	s->items = ARENA_ARRAY(a, task_count, struct scope_item);
	s->parts = ARENA_ARRAY(a, count, struct scope_item);
	s->part_commands = ARENA_ARRAY(a, count, struct command);
	s->answers = ARENA_ARRAY(a, 2 * task_count, struct scope_answer);
	s->stored_answers = ARENA_ARRAY(a, 2 * task_count, struct store_answer);
	s->names = ARENA_ARRAY(a, names_max, struct scope_name);
	s->refs = ARENA_ARRAY(a, names_max, struct store_ref);
	s->orders = ARENA_ARRAY(a, names_max + count, struct scope_order);
	s->amendments = ARENA_ARRAY(a, count, struct amendment *);
	return arena_failed(a) ? ERR_NO_MEMORY : ERR_OK;
}

/* --- identities ---------------------------------------------------------- */

/* What makes identities the same; no padding, since it is a map's key. */
struct identity_key {
	int64_t app;
	int64_t at_ms;
	uint8_t digest[IDENTITY_BYTES];
};

static_assert(sizeof(struct identity_key) == 16 + IDENTITY_BYTES,
    "an identity's key has padding");

static enum err_code
add_identity(struct scope *s, struct map *seen, int64_t app,
    const struct identity *identity, struct scope_answer **out)
{
	struct identity_key *key = ARENA_NEW(s->arena, struct identity_key);
	struct str bytes = {(const char *)key, sizeof(*key)};
	struct store_answer *stored;

	if (key == NULL)
		return ERR_NO_MEMORY;
	key->app = app;
	key->at_ms = identity->at_ms;
	memcpy(key->digest, identity->digest, IDENTITY_BYTES);
	*out = map_find(seen, bytes);
	if (*out != NULL)
		return ERR_OK;
	stored = &s->stored_answers[s->answer_count];
	stored->app = app;
	stored->identity = *identity;
	*out = &s->answers[s->answer_count++];
	(*out)->stored = stored;
	return map_put(seen, bytes, *out);
}

static enum err_code
add_identities(struct scope *s, struct map *seen, struct scope_item *item)
{
	const struct command *c = item->command;
	enum err_code code = ERR_OK;

	if (c->identity.present)
		code = add_identity(s, seen, c->app, &c->identity,
		    &item->answer);
	if (code == ERR_OK && c->signed_identity.present)
		code = add_identity(s, seen, c->app, &c->signed_identity,
		    &item->twin);
	return code;
}

static enum err_code
load_answers(struct scope *s, int64_t now_ms, struct err *err)
{
	struct map seen;
	enum err_code code = ERR_OK;

	map_init(&seen, s->arena);
	for (size_t i = 0; i < s->item_count && code == ERR_OK; i++)
		code = add_identities(s, &seen, &s->items[i]);
	if (code != ERR_OK)
		return no_memory(err);
	/* Across a network they are asked for along with the orders. */
	if (s->answer_count == 0 || store_conn_is_remote(s->conn))
		return ERR_OK;
	return store_answers_find(s->conn, s->arena, now_ms, s->stored_answers,
	    s->answer_count, err);
}

/* --- names ---------------------------------------------------------------- */

/* app, kind and the name's bytes, as a map's key. */
static struct str
name_key(struct arena *a, int64_t app, enum name_kind kind, struct str name)
{
	size_t n = sizeof(app) + 1 + name.n;
	char *p = arena_alloc(a, n);

	if (p == NULL)
		return STR_NONE;
	memcpy(p, &app, sizeof(app));
	p[sizeof(app)] = (char)kind;
	if (name.n > 0)
		memcpy(p + sizeof(app) + 1, name.p, name.n);
	return (struct str){p, n};
}

static enum err_code
add_name(struct scope *s, struct map *seen, struct scope_item *item,
    enum name_kind kind, struct str name)
{
	int64_t app = item->command->app;
	struct str key = name_key(s->arena, app, kind, name);
	struct scope_name *known;
	enum err_code code = ERR_OK;

	if (str_is_null(key))
		return ERR_NO_MEMORY;
	known = map_find(seen, key);
	if (known == NULL) {
		s->refs[s->name_count] = (struct store_ref){
		    .app = app, .kind = kind, .name = name};
		known = &s->names[s->name_count++];
		code = map_put(seen, key, known);
	}
	assert(item->name_count < SCOPE_NAMES_MAX);
	item->names[item->name_count++] = known;
	return code;
}

static enum err_code
add_given_names(struct scope *s, struct map *seen, struct scope_item *item)
{
	const struct order *to = &item->command->change.to;
	const struct str names[NAME__COUNT] = {
	    [NAME_PURCHASE_NO] = to->purchase_no,
	    [NAME_TRADE_NO] = to->trade_no,
	    [NAME_PURCHASE_ORDER] = to->purchase_order,
	};
	enum err_code code = ERR_OK;

	for (int k = 0; k < NAME__COUNT && code == ERR_OK; k++)
		if (!str_is_null(names[k]))
			code = add_name(s, seen, item, (enum name_kind)k,
			    names[k]);
	return code;
}

static enum err_code
add_names(struct scope *s, struct map *seen, struct scope_item *item)
{
	const struct command *c = item->command;
	enum err_code code = ERR_OK;

	if (c->kind == COMMAND_CREATE)
		return add_given_names(s, seen, item);
	if (c->kind != COMMAND_BATCH)
		return add_name(s, seen, item, c->name_kind, c->name);
	for (size_t i = 0; i < item->part_count && code == ERR_OK; i++)
		code = add_names(s, seen, &item->parts[i]);
	return code;
}

/* Commands whose answer is stored need no order, where that is known. */
static enum err_code
collect_names(struct scope *s)
{
	struct map seen;
	enum err_code code = ERR_OK;

	map_init(&seen, s->arena);
	for (size_t i = 0; i < s->item_count && code == ERR_OK; i++) {
		struct scope_item *item = &s->items[i];

		if (item->answer == NULL || !item->answer->stored->found)
			code = add_names(s, &seen, item);
	}
	return code;
}

/* One working copy per order, under however many names it was found. */
static enum err_code
join_orders(struct scope *s)
{
	struct map by_id;

	map_init(&by_id, s->arena);
	for (size_t i = 0; i < s->name_count; i++) {
		struct order *found = s->refs[i].order;
		struct scope_order *known;
		struct str id;

		s->names[i].code = s->refs[i].code;
		s->names[i].detail = s->refs[i].detail;
		if (s->refs[i].code != ERR_OK)
			continue;
		assert(found != NULL);
		id = (struct str){(const char *)&found->id, sizeof(found->id)};
		known = map_find(&by_id, id);
		if (known == NULL) {
			known = scope_order_new(s);
			known->order = found;
			known->loaded = found;
			if (map_put(&by_id, id, known) != ERR_OK)
				return ERR_NO_MEMORY;
		}
		s->names[i].order = known;
	}
	return ERR_OK;
}

static enum err_code
load_orders(struct scope *s, int64_t now_ms, struct err *err)
{
	enum err_code code;

	if (collect_names(s) != ERR_OK)
		return no_memory(err);
	if (store_conn_is_remote(s->conn))
		code = store_load(s->conn, s->arena, now_ms, s->stored_answers,
		    s->answer_count, s->refs, s->name_count, err);
	else
		code = store_refs_load(s->conn, s->arena, s->refs, s->name_count,
		    err);
	if (code != ERR_OK)
		return code;
	return join_orders(s) == ERR_OK ? ERR_OK : no_memory(err);
}

/* A batch's commands, each complete, from position `at` of all parts on. */
static void
make_parts(struct scope *s, struct scope_item *item, size_t at)
{
	item->parts = &s->parts[at];
	item->part_count = item->command->batch_count;
	for (size_t i = 0; i < item->part_count; i++) {
		struct command *c = &s->part_commands[at + i];

		command_part(item->command, i, c);
		item->parts[i] = (struct scope_item){
		    .command = c, .arena = item->arena};
	}
}

static void
make_items(struct scope *s, struct task *const *tasks)
{
	size_t parts = 0;

	for (size_t i = 0; i < s->item_count; i++) {
		struct scope_item *item = &s->items[i];

		*item = (struct scope_item){.command = tasks[i]->command,
		    .outcome = tasks[i]->outcome,
		    .arena = tasks[i]->arena};
		if (item->command->kind != COMMAND_BATCH)
			continue;
		make_parts(s, item, parts);
		parts += item->part_count;
	}
}

enum err_code
scope_load(struct scope *s, struct store_conn *c, struct arena *a,
    int64_t now_ms, struct task *const *tasks, size_t count, struct err *err)
{
	enum err_code code;

	assert(s != NULL);
	assert(count > 0);
	*s = (struct scope){.conn = c, .arena = a};
	stock_book_init(&s->stock, c, a);
	if (make_room(s, tasks, count) != ERR_OK)
		return no_memory(err);
	s->item_count = count;
	make_items(s, tasks);
	code = load_answers(s, now_ms, err);
	return code == ERR_OK ? load_orders(s, now_ms, err) : code;
}

struct scope_order *
scope_order_new(struct scope *s)
{
	assert(s != NULL);
	assert(s->order_count < s->name_count + s->command_count);
	return &s->orders[s->order_count++];
}

/* --- writing --------------------------------------------------------------- */

static size_t
count_new_answers(const struct scope *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->answer_count; i++)
		count += s->answers[i].is_new;
	return count;
}

bool
scope_has_news(const struct scope *s)
{
	assert(s != NULL);
	/* Every changed order has an amendment. */
	return s->amendment_count > 0 || count_new_answers(s) > 0;
}

/* An order that came and went in one group leaves its tombstone only. */
static enum store_order_write
what_to_write(const struct scope_order *o)
{
	if (!o->is_changed)
		return STORE_KEEP;
	if (o->is_gone)
		return STORE_DELETE;
	return o->is_new ? STORE_INSERT : STORE_UPDATE;
}

static enum err_code
list_orders(struct scope *s, struct store_write *w)
{
	struct order **orders = ARENA_ARRAY(s->arena, s->order_count,
	    struct order *);
	enum store_order_write *writes = ARENA_ARRAY(s->arena, s->order_count,
	    enum store_order_write);
	const struct order **befores = ARENA_ARRAY(s->arena, s->order_count,
	    const struct order *);

	if (orders == NULL || writes == NULL || befores == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < s->order_count; i++) {
		orders[i] = s->orders[i].order;
		writes[i] = what_to_write(&s->orders[i]);
		befores[i] = s->orders[i].loaded;
	}
	w->orders = orders;
	w->befores = befores;
	w->order_writes = writes;
	w->order_count = s->order_count;
	return ERR_OK;
}

static enum err_code
list_answers(struct scope *s, struct store_write *w)
{
	struct store_answer *list;
	size_t n = 0;

	list = ARENA_ARRAY(s->arena, s->answer_count, struct store_answer);
	if (list == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < s->answer_count; i++)
		if (s->answers[i].is_new)
			list[n++] = *s->answers[i].stored;
	w->answers = list;
	w->answer_count = n;
	return ERR_OK;
}

static enum err_code
list_stock(struct scope *s, struct store_write *w)
{
	if (s->stock.count == 0)
		return ERR_OK;
	w->stock = stock_book_news(&s->stock, &w->stock_count);
	return w->stock == NULL ? ERR_NO_MEMORY : ERR_OK;
}

enum err_code
scope_save(struct scope *s, struct err *err)
{
	struct store_write w = {
	    .amendments = s->amendments,
	    .amendment_count = s->amendment_count,
	};

	assert(s != NULL);
	assert(scope_has_news(s));
	if (list_orders(s, &w) != ERR_OK || list_answers(s, &w) != ERR_OK ||
	    list_stock(s, &w) != ERR_OK)
		return no_memory(err);
	return store_write(s->conn, &w, err);
}
