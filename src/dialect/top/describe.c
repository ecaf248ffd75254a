/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialect as data: its methods, parameters, bounds and errors, out of the
 * tables that decode and encode. The answer is the JSON one without simplify.
 */
#include "dialect/top/top_impl.h"

#include "base/limits.h"

#include <assert.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MUST .flags = SPEC_REQUIRED
#define E4_PER_FEN 100

/* clang-format off */
static const struct spec_key keys[] = {
    {"app_key", SPEC_IN_QUERY, false, "the app; like all of these in the query or in the form", "应用；这些参数放在查询串或表单中均可"},
    {"timestamp", SPEC_IN_QUERY, false, "yyyy-MM-dd HH:mm:ss in China; ten minutes off at most", "东八区 yyyy-MM-dd HH:mm:ss，误差不超过 10 分钟"},
    {"sign", SPEC_IN_QUERY, false,
     "upper-case MD5 of secret + every name and value sorted by name + secret; sign_method hmac and hmac-sha256 are keyed by the secret",
     "MD5 大写：密钥 + 按名称排序的参数名与值 + 密钥；sign_method 可为 hmac、hmac-sha256"},
    {"session", SPEC_IN_QUERY, true, "the user's session", "用户会话"},
};

static const struct spec public_params[] = {
    {.name = "v", .type = SPEC_TEXT, MUST, .fixed = "2.0"},
    {.name = "format", .type = SPEC_TEXT, .choices = "json|xml",
     .en = "xml when it is absent", .zh = "缺省为 xml"},
    {.name = "sign_method", .type = SPEC_TEXT, .choices = "md5|hmac|hmac-sha256",
     .en = "md5 when it is absent", .zh = "缺省为 md5"},
    {.name = "simplify", .type = SPEC_TEXT,
     .en = "true takes root and list wrappers out of JSON", .zh = "true 时 JSON 去掉根与列表包装"},
    {.name = "partner_id", .type = SPEC_TEXT, .en = "signed, not used", .zh = "参与签名，不使用"},
    {.name = "target_app_key", .type = SPEC_TEXT, .en = "signed, not used", .zh = "参与签名，不使用"},
};

static const struct spec error_members[] = {
    {.name = "code", .type = SPEC_INT, MUST},
    {.name = "msg", .type = SPEC_TEXT, MUST},
    {.name = "sub_code", .type = SPEC_TEXT},
    {.name = "sub_msg", .type = SPEC_TEXT},
    {.name = "request_id", .type = SPEC_TEXT, MUST},
};
/* clang-format on */

static struct spec
closed(struct spec s)
{
	s.flags |= SPEC_CLOSED;
	return s;
}

/* --- requests --------------------------------------------------------------- */

static const char *
event_names(struct arena *a)
{
	const char *bar = "";
	struct buf b;

	buf_init(&b, a, 1024);
#define X(name, at, with, stage, status) \
	buf_printf(&b, "%sVENDOR_" #name, bar); \
	bar = "|";
	EVENT_TABLE(X)
#undef X
	return arena_dup(a, buf_view(&b)).p;
}

static struct spec
param_spec(struct arena *a, const struct top_param *p)
{
	struct spec s = {.name = p->name,
	    .type = SPEC_TEXT,
	    .min = p->min,
	    .max = p->max,
	    .en = p->en,
	    .zh = p->zh};

	if (p->required)
		s.flags |= SPEC_REQUIRED;
	switch (p->kind) {
	case TOP_TEXT:
		s.flags |= SPEC_BOUNDED;
		s.pattern = "^[^\\u0000-\\u001f\\u007f]*$";
		break;
	case TOP_NUMBER:
	case TOP_ORDER_ID:
	case TOP_VENDOR:
		s.flags |= SPEC_BOUNDED;
		s.type = SPEC_INT;
		break;
	case TOP_FEE:
		s.flags |= SPEC_BOUNDED;
		s.type = SPEC_DECIMAL;
		s.min *= E4_PER_FEN;
		s.max *= E4_PER_FEN;
		s.decimals = 2;
		break;
	case TOP_EVENT:
		s.choices = event_names(a);
		break;
	case TOP_SUB_ORDERS:
		s.pattern = "^ *[1-9][0-9]* *(, *[1-9][0-9]* *)*$";
		break;
	default:
		break; /* lists of their own spelling */
	}
	return s;
}

static struct spec
form_spec(struct arena *a, const struct top_method *m)
{
	size_t n = 0, max = COUNT(public_params) + m->param_count + 1;
	struct spec *own = ARENA_ARRAY(a, max, struct spec);

	if (own == NULL)
		return public_params[0];
	own[n++] = (struct spec){
	    .name = "method", .type = SPEC_TEXT, MUST, .fixed = m->name};
	for (size_t i = 0; i < COUNT(public_params); i++)
		own[n++] = public_params[i];
	for (size_t i = 0; i < m->param_count; i++)
		own[n++] = param_spec(a, &m->params[i]);
	return spec_object(a, NULL, own, n);
}

/* --- answers ---------------------------------------------------------------- */

static struct spec shapes_spec(struct arena *a, const struct top_shape *shapes,
    size_t count, bool is_root);

static struct spec
shape_spec(struct arena *a, const struct top_shape *s)
{
	static const enum spec_type leaves[] = {
	    [TOP_BOOL] = SPEC_BOOL,
	    [TOP_STRING] = SPEC_TEXT,
	    [TOP_INTEGER] = SPEC_INT,
	};
	struct spec out = {.type = SPEC_ANY};

	if (s->kind == TOP_OBJECT || s->kind == TOP_LIST)
		out = shapes_spec(a, s->members, s->member_count, false);
	else
		out.type = leaves[s->kind];
	if (s->kind == TOP_LIST) {
		out = spec_list(a, s->type, out, 0, INT64_MAX);
		out.flags |= SPEC_REQUIRED;
		out = closed(spec_object(a, NULL, &out, 1));
	}
	out.name = s->name;
	out.en = s->en;
	out.zh = s->zh;
	return out;
}

static struct spec
shapes_spec(struct arena *a, const struct top_shape *shapes, size_t count,
    bool is_root)
{
	struct spec *own = ARENA_ARRAY(a, count + 1, struct spec);

	if (own == NULL)
		return (struct spec){.type = SPEC_ANY};
	for (size_t i = 0; i < count; i++)
		own[i] = shape_spec(a, &shapes[i]);
	if (is_root)
		own[count++] = (struct spec){
		    .name = "request_id", .type = SPEC_TEXT, MUST};
	return closed(spec_object(a, NULL, own, count));
}

static struct spec
rooted(struct arena *a, const char *component, const char *root,
    struct spec inner)
{
	inner.name = root;
	inner.flags |= SPEC_REQUIRED;
	return closed(spec_object(a, component, &inner, 1));
}

/* --- errors ----------------------------------------------------------------- */

static unsigned
traits_of(const struct top_method *m)
{
	unsigned traits = SPEC_TRAIT_SIGNED | SPEC_TRAIT_BODY |
	    SPEC_TRAIT_STORE;

	if (m->param_count > 0)
		traits |= SPEC_TRAIT_FIELDS;
	if (m->kind == COMMAND_READ || m->kind == COMMAND_EVENT)
		traits |= SPEC_TRAIT_ORDER;
	if (m->kind == COMMAND_EVENT)
		traits |= SPEC_TRAIT_STATE | SPEC_TRAIT_VERSION;
	if (m->kind == COMMAND_EVENT || m->kind == COMMAND_CREATE)
		traits |= SPEC_TRAIT_WRITE;
	return traits;
}

/* A verdict is a refusal inside a success, or one of the platform's errors. */
static struct spec_error
error_of(struct arena *a, enum err_code code)
{
	const struct top_verdict *v = &top_verdicts[code];
	const struct top_error_row *row = &top_errors[v->error];
	struct spec_error e = {.when = code, .http = 200};

	if (v->refusal != NULL) {
		e.code = arena_printf(a, "call_error_code %s", v->refusal).p;
		e.message = v->refusal_msg;
		return e;
	}
	e.code = arena_printf(a, "%d", (int)row->code).p;
	e.message = arena_printf(a, "%s%s", row->msg,
	    row->is_named ? "<parameter>" : "")
			.p;
	return e;
}

/* What is told before any outcome is known. */
static const enum top_error early[] = {TOP_NO_METHOD, TOP_BAD_FORMAT,
    TOP_NO_SIGN, TOP_NO_TIMESTAMP, TOP_NO_VERSION, TOP_BAD_VERSION,
    TOP_BAD_APP_KEY, TOP_NO_SESSION, TOP_BAD_SESSION};

static void
add_errors(struct arena *a, const struct top_method *m, struct spec_call *c)
{
	struct spec_error *e = ARENA_ARRAY(a,
	    (size_t)ERR__COUNT + COUNT(early) + 1, struct spec_error);

	c->errors = e;
	for (size_t i = 0; e != NULL && i < COUNT(early); i++)
		e[c->error_count++] = (struct spec_error){
		    .when = ERR_NO_CREDENTIALS,
		    .http = 200,
		    .code =
			arena_printf(a, "%d", (int)top_errors[early[i]].code).p,
		    .message = top_errors[early[i]].msg};
	if (e != NULL && m->param_count > 0)
		e[c->error_count++] = (struct spec_error){.when = ERR_BAD_FIELD,
		    .http = 200,
		    .code = "40",
		    .message = "Missing required arguments:<parameter>"};
	for (int i = ERR_OK + 1; e != NULL && i < ERR__COUNT; i++)
		if (spec_can_fail(traits_of(m), (enum err_code)i))
			e[c->error_count++] = error_of(a, (enum err_code)i);
}

void
top_describe(struct arena *a, struct dialect_spec *out)
{
	struct spec_call *calls = ARENA_ARRAY(a, top_method_count,
	    struct spec_call);
	struct spec error = closed(
	    spec_object(a, NULL, error_members, COUNT(error_members)));

	assert(out != NULL);
	*out = (struct dialect_spec){
	    .keys = keys,
	    .key_count = COUNT(keys),
	    .calls = calls,
	};
	for (size_t i = 0; calls != NULL && i < top_method_count; i++) {
		const struct top_method *m = &top_methods[i];
		struct spec_call c = {
		    .name = m->name,
		    .http_method = "POST",
		    .path = arena_printf(a, "%s#%s", TOP_PATH, m->name).p,
		    .en = m->en,
		    .zh = m->zh,
		    .body_type = "application/x-www-form-urlencoded",
		    .body_required = true,
		    .body = form_spec(a, m),
		    .answer_type = "text/javascript",
		    .answer = rooted(a, NULL, m->root,
			shapes_spec(a, m->answer, m->answer_count, true)),
		    .failure = rooted(a, "TopFailure", "error_response", error),
		};

		add_errors(a, m, &c);
		calls[out->call_count++] = c;
	}
}
