/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_data to a command. What is told here at once is what comes before the
 * order is looked at: the format, unknown keys, the order's number. Fields are
 * read here, too, but what is wrong with them is told by the core behind the
 * order's state, as the command's objection.
 */
#include "dialect/franchiser/franchiser_impl.h"

#include <assert.h>

#define DEFAULT_WAY 5 /* of an order that is made: 其它 */

static enum err_code
refuse_key(struct call *call, const char *key)
{
	struct str name = franchiser_cut(str_from(key));

	return franchiser_refuse(call, ERR_BAD_FIELD, WHAT_UNKNOWN_KEY,
	    "未知参数:%.*s", STR_ARG(name));
}

static bool
is_known(const char *key, bool has_tradeno, bool has_fields)
{
	if (strcmp(key, "tradeno") == 0)
		return has_tradeno;
	return has_fields && franchiser_is_field(key);
}

static enum err_code
check_item_keys(struct call *call, json_t *items)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *item = json_array_get(items, i);

		for (void *at = json_object_iter(item); at != NULL;
		     at = json_object_iter_next(item, at)) {
			const char *key = json_object_iter_key(at);

			if (!franchiser_is_item_field(key))
				return refuse_key(call, key);
		}
	}
	return ERR_OK;
}

static enum err_code
check_keys(struct call *call, json_t *object, bool has_tradeno, bool has_fields)
{
	for (void *at = json_object_iter(object); at != NULL;
	     at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at);

		if (!is_known(key, has_tradeno, has_fields))
			return refuse_key(call, key);
	}
	return has_fields
	    ? check_item_keys(call, json_object_get(object, "items"))
	    : ERR_OK;
}

static enum err_code
take_tradeno(struct call *call, const json_t *object)
{
	const json_t *json = json_object_get(object, "tradeno");
	struct str name = json_text(json);

	if (json != NULL && !json_is_null(json) && !json_is_string(json))
		return franchiser_refuse(call, ERR_BAD_FIELD, WHAT_FIELD, "%s",
		    "tradeno格式错误");
	if (name.n == 0)
		return franchiser_refuse(call, ERR_BAD_FIELD, WHAT_MISSING,
		    "%s", "缺少参数:tradeno");
	call->command.name = name;
	return ERR_OK;
}

/* --- the calls ------------------------------------------------------------- */

static void
read_fields(struct call *call, json_t *object, bool creates)
{
	struct franchiser_decoding d = {
	    .call = call,
	    .change = &call->command.change,
	    .catalog = call->credential->catalog,
	    .object = object,
	    .creates = creates,
	};

	franchiser_read_fields(&d);
}

enum err_code
franchiser_decode_modify(struct call *call, json_t *object)
{
	enum err_code rc = check_keys(call, object, true, true);

	if (rc == ERR_OK)
		rc = take_tradeno(call, object);
	if (rc != ERR_OK)
		return rc;
	call->command.change.states = ORDER_OPEN;
	read_fields(call, object, false);
	return ERR_OK;
}

enum err_code
franchiser_decode_create(struct call *call, json_t *object)
{
	struct change *change = &call->command.change;
	enum err_code rc = check_keys(call, object, false, true);

	if (rc != ERR_OK)
		return rc;
	change->to.status = ORDER_SUBMITTED;
	change->to.transport_way = DEFAULT_WAY;
	read_fields(call, object, true);
	return ERR_OK;
}

enum err_code
franchiser_decode_query(struct call *call, json_t *object)
{
	enum err_code rc = check_keys(call, object, true, false);

	return rc == ERR_OK ? take_tradeno(call, object) : rc;
}

enum err_code
franchiser_decode_cancel(struct call *call, json_t *object)
{
	call->command.change.move = MOVE_WITHDRAW;
	return franchiser_decode_query(call, object);
}

enum err_code
franchiser_decode_list(struct call *call, json_t *object)
{
	return check_keys(call, object, false, false);
}

enum err_code
franchiser_decode(struct call *call)
{
	const struct franchiser_call *c = call->operation;
	const struct franchiser_state *state = call->state;
	json_t *object = NULL;
	enum err_code rc;

	assert(c != NULL);
	assert(state != NULL);
	assert(call->credential != NULL);
	assert(call->credential->catalog != NULL);
	call->command.kind = c->kind;
	call->command.method = c->path;
	call->command.name_kind = NAME_TRADE_NO;
	rc = json_read(call->arena, state->request_data, JSON_READ_EXACT,
	    &object, &call->err);
	if (rc == ERR_NO_MEMORY) {
		outcome_fail(&call->outcome, rc, &call->err);
		return rc;
	}
	if (rc != ERR_OK || !json_is_object(object))
		return franchiser_refuse(call, ERR_BAD_BODY, WHAT_FORMAT, "%s",
		    "request_data不是JSON对象");
	return c->decode(call, object);
}
