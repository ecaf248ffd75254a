/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outcomes of the top dialect to replies, always with HTTP 200: a success by
 * the shape of its method, a refusal by the same shape with call_success false,
 * anything else as error_response. When it is not known yet which form the
 * client reads, it is XML, as on the platform.
 */
#include "dialect/top/top_impl.h"

#include "base/digest.h"
#include "base/limits.h"

#include <assert.h>

/* --- what the client reads ----------------------------------------------- */

/* The format of a request that was refused before open saw it: of its query,
 * if that can be read. */
static void
open_late(struct call *call)
{
	struct top_state *state;
	struct err why;

	if (call->state != NULL)
		return;
	state = ARENA_NEW(call->arena, struct top_state);
	if (state == NULL)
		return;
	form_init(&state->form, call->arena);
	call->state = state;
	/* What was read before an error is there all the same. */
	if (form_read_pairs(&state->form, call->request.query, &why) != ERR_OK)
		return;
}

static enum top_form
choose_form(const struct call *call)
{
	const struct top_state *state = call->state;
	struct str format, twice;

	if (state == NULL)
		return TOP_XML;
	format = top_param_find(call, "format");
	twice = form_find_duplicate(&state->form);
	if (!str_eq(format, STR("json")) || str_eq(twice, STR("format")))
		return TOP_XML;
	if (str_eq(top_param_find(call, "simplify"), STR("true")))
		return TOP_JSON_SIMPLE;
	return TOP_JSON;
}

/* --- request ids --------------------------------------------------------- */

#define REQUEST_ID_MIN 12
#define REQUEST_ID_MAX 14
#define REQUEST_ID_DIGITS 13 /* of base 36: 2^64 fits */

static bool
fits_platform(struct str id)
{
	if (id.n < REQUEST_ID_MIN || id.n > REQUEST_ID_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			return false;
	}
	return true;
}

/* The request's id, or one made of it in the platform's form. */
static struct str
print_request_id(struct str id, char room[REQUEST_ID_DIGITS])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	uint8_t whole[DIGEST_BYTES_MAX];
	struct digest d;
	uint64_t n;

	if (fits_platform(id))
		return id;
	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, id);
	(void)digest_end(&d, whole);
	memcpy(&n, whole, sizeof(n));
	for (int i = REQUEST_ID_DIGITS - 1; i >= 0; i--) {
		room[i] = digits[n % 36];
		n /= 36;
	}
	return (struct str){room, REQUEST_ID_DIGITS};
}

static void
put_request_id(struct top_writer *w, const struct call *call)
{
	char room[REQUEST_ID_DIGITS];

	top_write_text(w, "request_id",
	    print_request_id(call->request.request_id, room));
}

/* --- successes and refusals ---------------------------------------------- */

static void
put_leaf(struct top_writer *w, const struct call *call,
    const struct top_shape *s, size_t i)
{
	struct top_value v = {0};

	if (!s->get(call, i, &v))
		return;
	switch (s->kind) {
	case TOP_BOOL:
		top_write_bool(w, s->name, v.truth);
		return;
	case TOP_INTEGER:
		top_write_int(w, s->name, v.number);
		return;
	default:
		assert(s->kind == TOP_STRING);
		top_write_text(w, s->name,
		    str_is_null(v.text) ? STR("") : v.text);
	}
}

/* Shapes nest as deep as methods.c writes them. */
static void
put_members(struct top_writer *w, const struct call *call,
    const struct top_shape *shapes, size_t count, size_t i)
{
	for (const struct top_shape *s = shapes; s < shapes + count; s++) {
		size_t items = s->count != NULL ? s->count(call) : 0;

		if (s->kind == TOP_OBJECT && items > 0) {
			top_write_open(w, s->name);
			put_members(w, call, s->members, s->member_count, i);
			top_write_close(w);
		} else if (s->kind == TOP_LIST) {
			top_write_open_list(w, s->name, s->type);
			for (size_t k = 0; k < items; k++) {
				top_write_open_item(w, s->type);
				put_members(w, call, s->members, s->member_count,
				    k);
				top_write_close_item(w);
			}
			top_write_close_list(w);
		} else if (s->kind != TOP_OBJECT) {
			put_leaf(w, call, s, i);
		}
	}
}

static void
put_answer(struct top_writer *w, const struct call *call)
{
	const struct top_method *m = call->operation;

	assert(m != NULL);
	top_write_begin(w, m->root, false);
	put_members(w, call, m->answer, m->answer_count, 0);
	put_request_id(w, call);
	top_write_end(w);
}

/* --- errors -------------------------------------------------------------- */

/* What error_response says. */
struct complaint {
	enum top_error error;
	struct str argument;
	struct str sub_code; /* absent: the error's */
	struct str sub_msg;  /* absent: the error's */
};

static void
add_name(struct buf *names, struct str name)
{
	if (names->n > 0)
		buf_char(names, ',');
	buf_str(names, name);
}

/* One fault in words: "item_id:1 到 9223372036854775807 的整数". */
static void
add_fault(struct buf *words, const struct top_param *p, const struct fault *f)
{
	if (words->n > 0)
		buf_char(words, ';');
	if (p != NULL)
		buf_printf(words, "%s:", p->name);
	if (f->text != NULL)
		buf_str(words, str_from(f->text));
	else if (f->rule == RULE_REQUIRED)
		buf_str(words, STR("必填"));
	else if (f->rule == RULE_LENGTH)
		buf_str(words, STR("太多或太长"));
	else if (p != NULL)
		top_print_limits(words, p, true);
}

/*
 * Missing parameters are error 40, wrong ones 41, and what only the core or a
 * rule over several of them objects to is 50, as the seed shows. The first of
 * these that there is gives the code; the sub message tells all.
 */
static void
complain_of_fields(const struct call *call, struct complaint *c)
{
	const struct outcome *out = &call->outcome;
	const struct top_method *m = call->operation;
	struct buf missing, wrong, words;

	buf_init(&missing, call->arena, LIMIT_TEXT_BYTES);
	buf_init(&wrong, call->arena, LIMIT_TEXT_BYTES);
	buf_init(&words, call->arena, LIMIT_TEXT_BYTES);
	for (size_t i = 0; i < out->fault_count; i++) {
		const struct fault *f = &out->faults[i];
		const struct top_param *p = str_is_null(f->wire)
		    ? top_method_field(m, f->field)
		    : top_method_param(m, f->wire);

		add_fault(&words, p, f);
		if (!str_is_null(f->wire))
			add_name(f->rule == RULE_REQUIRED ? &missing : &wrong,
			    f->wire);
	}
	c->sub_msg = buf_view(&words);
	if (missing.n > 0) {
		c->error = TOP_NO_ARGUMENT;
		c->argument = buf_view(&missing);
	} else if (wrong.n > 0) {
		c->error = TOP_BAD_ARGUMENT;
		c->argument = buf_view(&wrong);
	} else {
		c->error = TOP_REMOTE;
		c->sub_msg = arena_printf(call->arena, "非法参数:%.*s",
		    STR_ARG(buf_view(&words)));
	}
}

static void
complain_of_rate(const struct call *call, struct complaint *c)
{
	int64_t wait_s = (call->rate.retry_ms + 999) / 1000;

	c->sub_msg = arena_printf(call->arena,
	    "This ban will last for %lld more seconds",
	    (long long)(wait_s > 0 ? wait_s : 1));
}

static struct complaint
find_complaint(const struct call *call)
{
	const struct top_state *state = call->state;
	const struct top_verdict *v = &top_verdicts[call->outcome.code];
	struct complaint c = {
	    .error = v->error,
	    .argument = str_from(v->argument),
	    .sub_code = str_from(v->sub_code),
	    .sub_msg = str_from(v->sub_msg),
	};

	if (state != NULL && state->error != TOP_NONE) {
		if (state->error != v->error)
			c.sub_code = c.sub_msg = STR_NONE;
		c.error = state->error;
		c.argument = state->argument;
		if (call->outcome.code == ERR_BAD_FIELD &&
		    c.error == TOP_BAD_ARGUMENT)
			c.sub_msg = STR("参数重复");
	} else if (call->outcome.code == ERR_BAD_FIELD &&
	    call->operation != NULL) {
		complain_of_fields(call, &c);
	} else if (call->outcome.code == ERR_RATE_LIMITED) {
		complain_of_rate(call, &c);
	}
	/* A refusal belongs to a method; without one only the code is left. */
	if (c.error == TOP_NONE)
		c.error = TOP_UNAVAILABLE;
	return c;
}

static struct str
print_named(const struct call *call, const char *text, bool is_named,
    struct str argument)
{
	if (text == NULL || !is_named || str_is_null(argument))
		return str_from(text);
	return arena_printf(call->arena, "%s%.*s", text, STR_ARG(argument));
}

static void
put_error(struct top_writer *w, struct call *call)
{
	struct complaint c = find_complaint(call);
	const struct top_error_row *row = &top_errors[c.error];
	struct str msg, sub_code, sub_msg;

	msg = print_named(call, row->msg, row->is_named, c.argument);
	sub_code = !str_is_null(c.sub_code)
	    ? c.sub_code
	    : print_named(call, row->sub_code, row->is_named, c.argument);
	sub_msg = !str_is_null(c.sub_msg) ? c.sub_msg : str_from(row->sub_msg);
	top_write_begin(w, "error_response", true);
	top_write_int(w, "code", row->code);
	top_write_text(w, "msg", str_is_null(msg) ? STR("") : msg);
	if (sub_code.n > 0)
		top_write_text(w, "sub_code", sub_code);
	if (sub_msg.n > 0)
		top_write_text(w, "sub_msg", sub_msg);
	if (!str_is_null(call->signed_text))
		top_write_text(w, "string_to_sign", call->signed_text);
	put_request_id(w, call);
	top_write_end(w);
	call->reply.code = row->code;
}

/* --- the reply ----------------------------------------------------------- */

/* Whether the outcome is told in the envelope of a success. */
static bool
is_answer(const struct call *call)
{
	const struct top_method *m = call->operation;
	enum err_code code = call->outcome.code;

	if (code == ERR_OK)
		return true;
	return m != NULL && m->kind != COMMAND_NONE &&
	    top_verdicts[code].refusal != NULL;
}

static void
put_answer_code(struct call *call)
{
	const char *refusal = top_verdicts[call->outcome.code].refusal;

	call->reply.code = 0;
	if (refusal != NULL &&
	    !str_parse_int(str_from(refusal), &call->reply.code))
		call->reply.code = -1;
}

/* Without memory for any other: as short as it can be. */
static void
encode_spare(struct call *call, enum top_form form)
{
	static char spare_xml[] =
	    "<?xml version=\"1.0\" encoding=\"utf-8\" ?><error_response>"
	    "<code>10</code><msg>Service currently unavailable</msg>"
	    "<sub_code>isp.memory-limit</sub_code></error_response>";
	static char spare_json[] = "{\"error_response\":{\"code\":10,"
				   "\"msg\":\"Service currently unavailable\","
				   "\"sub_code\":\"isp.memory-limit\"}}";
	bool is_xml = form == TOP_XML;
	struct buf *body = &call->reply.body;

	buf_init_fixed(body, is_xml ? spare_xml : spare_json,
	    is_xml ? sizeof(spare_xml) : sizeof(spare_json));
	body->n = is_xml ? sizeof(spare_xml) - 1 : sizeof(spare_json) - 1;
	call->reply.code = top_errors[TOP_UNAVAILABLE].code;
}

static bool
encode_body(struct call *call, enum top_form form)
{
	struct buf *body = &call->reply.body;
	struct top_writer *w;

	buf_init(body, call->arena, LIMIT_REPLY_BYTES);
	w = top_writer_new(call->arena, body, form);
	if (w == NULL)
		return false;
	if (is_answer(call)) {
		put_answer(w, call);
		put_answer_code(call);
	} else {
		put_error(w, call);
	}
	return !buf_failed(body) && !arena_failed(call->arena);
}

void
top_encode(struct call *call)
{
	struct reply *r = &call->reply;
	enum top_form form;

	assert(call != NULL);
	open_late(call);
	form = choose_form(call);
	r->status = 200;
	r->content_type = form == TOP_XML ? "text/xml;charset=UTF-8"
					  : "text/javascript;charset=UTF-8";
	if (!encode_body(call, form))
		encode_spare(call, form);
}
