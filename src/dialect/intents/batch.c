/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /intents/batch: {"items":[{"id","ifMatch",…fields}],"atomic":false}.
 *
 * Items that are wrong in themselves are refused here and never get to the
 * engine; the rest is one command. Each item is answered with what a PUT of it
 * would have been answered. An atomic batch with a refused item does nothing
 * and has status and code of the first refusal.
 */
#include "dialect/intents/intents_impl.h"

#include "base/limits.h"

#include <assert.h>

#define CODE_WITHHELD 40008
#define WITHHELD "同批其他项失败,本项未执行"

struct batch_item {
	struct str id;		 /* absent: it has none */
	struct outcome *refused; /* NULL: it is a command */
	size_t part;		 /* of the command's batch */
};

struct intents_batch {
	struct batch_item *items;
	size_t count;
	bool is_refused; /* atomic, and an item was wrong in itself */
};

static bool
is_tree(const json_t *items)
{
	return json_is_array(items) && json_array_size(items) >= 1 &&
	    json_array_size(items) <= LIMIT_BATCH_ITEMS;
}

void
intents_batch_claim(struct call *call, const json_t *body)
{
	const json_t *items = json_object_get(body, "items");

	/* The claim on changes is the last one. */
	if (call->claim_count > 0 && is_tree(items))
		call->claims[call->claim_count - 1].tokens = (int64_t)
		    json_array_size(items);
}

/* --- decoding --------------------------------------------------------------- */

/* A version as a number, "3" in its quotes as ETag has it, or "*". */
static void
take_version(struct command *c, const json_t *value,
    const struct wire_sink *sink)
{
	struct str text = json_text(value);
	double number = json_number_value(value);

	if (value == NULL || str_eq(text, STR("*")))
		return;
	if (json_is_number(value) && number >= 1 && number <= 1e15) {
		c->version = (int64_t)number;
		c->has_version = (double)c->version == number;
	} else if (!str_is_null(text)) {
		c->has_version = intents_parse_version(text, &c->version);
	}
	if (!c->has_version)
		fields_fault(sink, RULE_FORMAT, STR("ifMatch"),
		    "必须为版本号,例如3");
}

static void
decode_item(struct call *call, json_t *json, struct command *c,
    struct outcome *outcome)
{
	struct wire_sink sink = {
	    .arena = call->arena, .change = &c->change, .outcome = outcome};
	size_t others = 0;

	*c = (struct command){.kind = COMMAND_CHANGE, .name_kind = NAME_INTENT};
	if (!json_is_object(json)) {
		fields_fault(&sink, RULE_TYPE, STR("body"), "必须为JSON对象");
		return;
	}
	(void)fields_decode(&intents_item_fields, json, &sink);
	c->name = json_text(json_object_get(json, "id"));
	take_version(c, json_object_get(json, "ifMatch"), &sink);
	others += json_object_get(json, "id") != NULL;
	others += json_object_get(json, "ifMatch") != NULL;
	intents_finish_update(&c->change, json_object_size(json) - others,
	    &sink);
}

/* The commands of all items that are none of them wrong; false: no memory. */
static bool
decode_items(struct call *call, const json_t *items, struct intents_batch *b)
{
	struct outcome *scratch = ARENA_NEW(call->arena, struct outcome);
	struct command *parts = ARENA_ARRAY(call->arena, b->count,
	    struct command);
	struct command *batch = &call->command;

	if (scratch == NULL || parts == NULL)
		return false;
	for (size_t i = 0; i < b->count; i++) {
		struct command *c = &parts[batch->batch_count];
		struct batch_item *item = &b->items[i];

		*scratch = (struct outcome){0};
		decode_item(call, json_array_get(items, i), c, scratch);
		item->id = c->name;
		item->part = batch->batch_count;
		if (scratch->code == ERR_OK) {
			batch->batch_count++;
			continue;
		}
		item->refused = ARENA_NEW(call->arena, struct outcome);
		if (item->refused == NULL)
			return false;
		*item->refused = *scratch;
	}
	batch->batch = parts;
	return true;
}

static bool
take_atomic(struct call *call, const json_t *value,
    const struct wire_sink *sink)
{
	call->command.atomic = json_is_true(value);
	if (value == NULL || json_is_boolean(value))
		return true;
	fields_fault(sink, RULE_TYPE, STR("atomic"), "必须为true或false");
	return false;
}

enum err_code
intents_decode_batch(struct call *call, const json_t *body,
    const struct wire_sink *sink)
{
	const json_t *items = json_object_get(body, "items");
	struct intents_state *state = call->state;
	struct intents_batch *b = ARENA_NEW(call->arena, struct intents_batch);

	if (!is_tree(items))
		fields_fault(sink, RULE_RANGE, STR("items"),
		    "必须为1-500项的数组");
	if (!take_atomic(call, json_object_get(body, "atomic"), sink) ||
	    !is_tree(items))
		return ERR_BAD_FIELD;
	if (b != NULL) {
		b->count = json_array_size(items);
		b->items = ARENA_ARRAY(call->arena, b->count,
		    struct batch_item);
	}
	if (b == NULL || b->items == NULL || !decode_items(call, items, b))
		return err_set(&call->err, ERR_NO_MEMORY, NULL,
		    "the arena is full");
	state->batch = b;
	b->is_refused = call->command.atomic &&
	    call->command.batch_count < b->count;
	if (b->is_refused) {
		outcome_fail(&call->outcome, ERR_BAD_FIELD, NULL);
		return ERR_BAD_FIELD;
	}
	/* Nothing is left to carry out: the answer is all there. */
	if (call->command.batch_count == 0)
		call->command.kind = COMMAND_NONE;
	return ERR_OK;
}

/* --- as JSON ---------------------------------------------------------------- */

bool
intents_has_batch(const struct call *call)
{
	const struct intents_state *state = call->state;

	if (state == NULL || state->batch == NULL)
		return false;
	return state->batch->is_refused || call->outcome.batch != NULL ||
	    call->command.kind == COMMAND_NONE;
}

static void
put_result(struct json_out *o, const struct call *call)
{
	struct intents_verdict v = intents_judge(call);

	json_key(o, "code");
	json_put_int(o, v.code);
	json_key(o, "message");
	json_put_str(o, str_from(v.message));
	if (call->outcome.code == ERR_OK) {
		json_key(o, "version");
		json_put_int(o, call->outcome.order->version);
	}
	json_key(o, "data");
	if (call->outcome.code == ERR_OK)
		intents_put_order(o, call);
	else
		v.put_data(o, call);
}

static void
put_withheld(struct json_out *o)
{
	json_key(o, "code");
	json_put_int(o, CODE_WITHHELD);
	json_key(o, "message");
	json_put_str(o, STR(WITHHELD));
	json_key(o, "data");
	json_put_null(o);
}

/* An item as if it were a call of its own. */
static void
put_item(struct json_out *o, const struct call *call, struct call *own,
    const struct batch_item *item)
{
	const struct outcome *out = item->refused;

	if (out == NULL && call->outcome.batch != NULL)
		out = &call->outcome.batch[item->part];
	json_open(o, '{');
	json_key(o, "id");
	json_put_str(o, item->id);
	if (out == NULL ||
	    (out->code == ERR_OK && call->outcome.code != ERR_OK)) {
		put_withheld(o);
	} else {
		own->outcome = *out;
		own->command = item->refused != NULL
		    ? (struct command){.kind = COMMAND_CHANGE}
		    : call->command.batch[item->part];
		put_result(o, own);
	}
	json_close(o, '}');
}

void
intents_put_batch(struct json_out *o, const struct call *call)
{
	const struct intents_state *state = call->state;
	struct intents_state own_state = {.id = STR_NONE};
	struct call own = *call;

	assert(state->batch != NULL);
	own.state = &own_state;
	json_open(o, '{');
	json_key(o, "items");
	json_open(o, '[');
	for (size_t i = 0; i < state->batch->count; i++)
		put_item(o, call, &own, &state->batch->items[i]);
	json_close(o, ']');
	json_close(o, '}');
}
