/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of the intents dialect: one row each. 404, 405 with Allow, rates,
 * what a wrong state answers and which fields a body has all come from here.
 */
#include "dialect/intents/intents_impl.h"

#include "base/buf.h"

#include <assert.h>

const struct str intents_http_methods[HTTP__COUNT] = {
    [HTTP_GET] = STR_INIT("GET"),
    [HTTP_POST] = STR_INIT("POST"),
    [HTTP_PUT] = STR_INIT("PUT"),
    [HTTP_DELETE] = STR_INIT("DELETE"),
};

/* HEAD is GET whose body the HTTP layer leaves out. */
static enum http_method
find_method(struct str name)
{
	int i = 0;

	if (str_eq(name, STR("HEAD")))
		return HTTP_GET;
	while (i < HTTP__COUNT && !str_eq(intents_http_methods[i], name))
		i++;
	return (enum http_method)i;
}

/* Whether the path, behind the base, has the pattern's form: the same bytes, a
 * segment that is not empty where {id} stands. */
static bool
path_fits(const char *pattern, struct str path, struct str *id)
{
	const char *end = path.p + path.n, *at = path.p, *from;

	while (*pattern != '\0' && at < end) {
		if (*pattern != '{') {
			if (*pattern++ != *at++)
				return false;
			continue;
		}
		assert(str_starts(str_from(pattern), STR("{id}")));
		pattern += strlen("{id}");
		from = at;
		while (at < end && *at != '/')
			at++;
		if (at == from)
			return false;
		*id = (struct str){from, (size_t)(at - from)};
	}
	return *pattern == '\0' && at == end;
}

/* The row of a method and a path behind the base, or NULL. */
static const struct operation *
find_row(enum http_method method, struct str path, struct str *id)
{
	for (size_t i = 0; i < intents_operation_count; i++) {
		const struct operation *op = &intents_operations[i];
		struct str found = STR_NONE;

		if (op->method != method || !path_fits(op->path, path, &found))
			continue;
		*id = found;
		return op;
	}
	return NULL;
}

static unsigned
methods_of(struct str path)
{
	unsigned methods = 0;
	struct str id;

	for (size_t i = 0; i < intents_operation_count; i++)
		if (path_fits(intents_operations[i].path, path, &id))
			methods |= BIT(intents_operations[i].method);
	return methods;
}

enum err_code
intents_find_operation(struct str method, struct str path, struct str *id,
    unsigned *methods, const struct operation **out)
{
	assert(id != NULL);
	assert(methods != NULL);
	assert(out != NULL);
	if (str_starts(path, STR(INTENTS_BASE)))
		path = str_sub(path, strlen(INTENTS_BASE), SIZE_MAX);
	*methods = 0;
	*out = find_row(find_method(method), path, id);
	if (*out != NULL)
		return ERR_OK;
	*methods = methods_of(path);
	return *methods == 0 ? ERR_NO_ROUTE : ERR_BAD_METHOD;
}

struct str
intents_print_methods(struct arena *a, unsigned methods)
{
	struct buf b;

	assert(a != NULL);
	buf_init(&b, a, 64);
	for (int i = 0; i < HTTP__COUNT; i++) {
		if ((methods & BIT(i)) == 0)
			continue;
		buf_str(&b, b.n > 0 ? STR(", ") : STR(""));
		buf_str(&b, intents_http_methods[i]);
		if (i == HTTP_GET)
			buf_str(&b, STR(", HEAD"));
	}
	return buf_view(&b);
}

const struct operation intents_operations[] = {
    {
	.name = "health",
	.method = HTTP_GET,
	.path = INTENTS_HEALTH,
	.kind = COMMAND_HEALTH,
	.is_public = true,
	.message = "服务正常运行",
	.put_data = intents_put_health,
    },
    {
	.name = "create",
	.method = HTTP_POST,
	.path = "/intents",
	.kind = COMMAND_CREATE,
	.body = BODY_REQUIRED,
	.fields = &intents_create_fields,
	.put_data = intents_put_order,
    },
    {
	.name = "get",
	.method = HTTP_GET,
	.path = "/intents/{id}",
	.kind = COMMAND_READ,
	.put_data = intents_put_order,
    },
    {
	.name = "update",
	.method = HTTP_PUT,
	.path = "/intents/{id}",
	.kind = COMMAND_CHANGE,
	.is_put = true,
	.body = BODY_REQUIRED,
	.fields = &intents_update_fields,
	.query = BIT(QUERY_DRY_RUN),
	.state_code = 40002,
	.state_message = "当前状态不允许更新",
	.put_data = intents_put_order,
    },
    {
	.name = "list",
	.method = HTTP_GET,
	.path = "/intents",
	.kind = COMMAND_LIST,
	.query = QUERY_OF_LISTS,
	.put_data = intents_put_list,
    },
    {
	.name = "batch",
	.method = HTTP_POST,
	.path = "/intents/batch",
	.kind = COMMAND_BATCH,
	.is_put = true,
	.body = BODY_REQUIRED,
	.fields = &intents_batch_fields,
	.query = BIT(QUERY_DRY_RUN),
	.state_code = 40002,
	.state_message = "当前状态不允许更新",
	.put_data = intents_put_batch,
    },
    {
	.name = "delete",
	.method = HTTP_DELETE,
	.path = "/intents/{id}",
	.kind = COMMAND_MOVE,
	.move = MOVE_DELETE,
	.body = BODY_OPTIONAL,
	.fields = &intents_no_fields,
	.state_code = 40007,
	.state_message = "当前状态不允许删除",
	.put_data = intents_put_null,
    },
    {
	.name = "cancel",
	.method = HTTP_POST,
	.path = "/intents/{id}/cancel",
	.kind = COMMAND_MOVE,
	.move = MOVE_CANCEL,
	.body = BODY_OPTIONAL,
	.fields = &intents_no_fields,
	.state_code = 40003,
	.state_message = "当前状态不允许取消",
	.put_data = intents_put_cancelled,
    },
    {
	.name = "execute",
	.method = HTTP_POST,
	.path = "/intents/{id}/execute",
	.kind = COMMAND_MOVE,
	.move = MOVE_EXECUTE,
	.body = BODY_OPTIONAL,
	.fields = &intents_no_fields,
	.state_code = 40004,
	.state_message = "当前状态不允许执行",
	.put_data = intents_put_order,
    },
    {
	.name = "submit",
	.method = HTTP_POST,
	.path = "/intents/{id}/submit",
	.kind = COMMAND_MOVE,
	.move = MOVE_SUBMIT,
	.body = BODY_OPTIONAL,
	.fields = &intents_no_fields,
	.state_code = 40005,
	.state_message = "当前状态不允许提交",
	.put_data = intents_put_order,
    },
    {
	.name = "complete",
	.method = HTTP_POST,
	.path = "/intents/{id}/complete",
	.kind = COMMAND_MOVE,
	.move = MOVE_COMPLETE,
	.body = BODY_OPTIONAL,
	.fields = &intents_no_fields,
	.state_code = 40006,
	.state_message = "当前状态不允许完成",
	.put_data = intents_put_order,
    },
    {
	.name = "fail",
	.method = HTTP_POST,
	.path = "/intents/{id}/fail",
	.kind = COMMAND_MOVE,
	.move = MOVE_FAIL,
	.body = BODY_OPTIONAL,
	.fields = &intents_fail_fields,
	.state_code = 40006,
	.state_message = "当前状态不允许标记失败",
	.put_data = intents_put_order,
    },
    {
	.name = "amendments",
	.method = HTTP_GET,
	.path = "/intents/{id}/amendments",
	.kind = COMMAND_HISTORY,
	.query = BIT(QUERY_AFTER) | BIT(QUERY_LIMIT),
	.put_data = intents_put_history,
    },
    {
	.name = "changes",
	.method = HTTP_GET,
	.path = "/changes",
	.kind = COMMAND_FEED,
	.query = BIT(QUERY_AFTER) | BIT(QUERY_LIMIT) | BIT(QUERY_WAIT),
	.put_data = intents_put_feed,
    },
};

const size_t intents_operation_count = sizeof(intents_operations) /
    sizeof(intents_operations[0]);
