/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of the intents dialect to commands: content type, then the body as
 * JSON, then fields and conditions, of which all faults are told together.
 */
#include "dialect/intents/intents_impl.h"

#include "dialect/form.h"

#include <assert.h>

/* The body as a JSON object; NULL where there is none and needs to be none. */
static enum err_code
read_body(struct call *call, const struct operation *op, json_t **out)
{
	struct str body = call->request.body;
	struct str type = request_header(&call->request, "Content-Type");
	enum err_code rc = ERR_OK;

	*out = NULL;
	if (op->body == BODY_IGNORED ||
	    (op->body == BODY_OPTIONAL && body.n == 0))
		return ERR_OK;
	if (body.n > 0 &&
	    !str_eq_nocase(form_media_type(type), STR("application/json")))
		return err_set(&call->err, ERR_BAD_TYPE, "Content-Type",
		    "not application/json");
	rc = json_read(call->arena, body, JSON_READ_NUMBERS_AS_REAL, out,
	    &call->err);
	if (rc == ERR_OK && !json_is_object(*out))
		rc = err_set(&call->err, ERR_BAD_BODY, "body",
		    "not a JSON object");
	return rc;
}

/* An order of one line, submitted unless the body says otherwise. */
static enum err_code
begin_create(struct call *call, struct line **line)
{
	struct order *to = &call->command.change.to;

	*line = ARENA_NEW(call->arena, struct line);
	if (*line == NULL)
		return err_set(&call->err, ERR_NO_MEMORY, NULL,
		    "the arena is full");
	to->status = ORDER_SUBMITTED;
	to->lines = *line;
	to->line_count = 1;
	return ERR_OK;
}

void
intents_finish_update(struct change *c, size_t member_count,
    const struct wire_sink *sink)
{
	if (member_count == 0)
		fields_fault(sink, RULE_REQUIRED, STR("body"),
		    "至少需要一个要更新的字段");
	if (!change_has(c, F_ADDRESS))
		return;
	/* What is sent here is the whole address. */
	change_set_str(c, F_PROVINCE, STR_NONE);
	change_set_str(c, F_CITY, STR_NONE);
	change_set_str(c, F_DISTRICT, STR_NONE);
}

static enum err_code
decode_call(struct call *call, const struct operation *op)
{
	struct command *c = &call->command;
	const struct intents_state *state = call->state;
	struct wire_sink sink = {
	    .arena = call->arena,
	    .change = &c->change,
	    .outcome = &call->outcome,
	};
	json_t *body;
	enum err_code rc;

	c->kind = op->kind;
	c->method = op->name;
	c->name_kind = NAME_INTENT;
	c->name = state->id;
	c->change.move = op->move;
	rc = read_body(call, op, &body);
	if (rc == ERR_OK && op->kind == COMMAND_CREATE)
		rc = begin_create(call, &sink.line);
	if (rc != ERR_OK)
		return rc;
	if (op->kind == COMMAND_BATCH)
		intents_batch_claim(call, body);
	if (body != NULL)
		(void)fields_decode(op->fields, body, &sink);
	if (op->kind == COMMAND_CHANGE)
		intents_finish_update(&c->change, json_object_size(body),
		    &sink);
	intents_decode_conditions(call, op, &sink);
	if (op->kind == COMMAND_BATCH && call->outcome.code == ERR_OK)
		rc = intents_decode_batch(call, body, &sink);
	if (rc != ERR_OK && rc != ERR_BAD_FIELD)
		return rc;
	if (arena_failed(call->arena))
		return err_set(&call->err, ERR_NO_MEMORY, NULL,
		    "the arena is full");
	return call->outcome.code;
}

enum err_code
intents_decode(struct call *call)
{
	const struct operation *op = call->operation;
	enum err_code rc;

	assert(op != NULL);
	assert(call->state != NULL);
	assert(call->outcome.code == ERR_OK);
	rc = decode_call(call, op);
	if (rc != ERR_OK && rc != ERR_BAD_FIELD)
		outcome_fail(&call->outcome, rc, &call->err);
	if (rc == ERR_BAD_FIELD)
		(void)err_set(&call->err, rc, "", "%zu fields",
		    call->outcome.fault_count);
	return rc;
}
