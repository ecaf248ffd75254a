/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the golden conversations, each in three modes, or in a fourth one where
 * there is a server (PROCURED_TEST_POSTGRES):
 *
 *	plain   as it stands
 *	bytes   the server reads its sockets byte by byte
 *	faults  for n = 1, 2, … the nth call of the database fails once. The
 *	        answer is then either the expected one or the dialect's "try
 *	        later"; sending the same bytes again must give the expected one.
 *
 *	postgres  as it stands, over a PostgreSQL store; only when asked for
 *
 *	golden [--mode NAME] [--print] FILE…
 *
 * After each conversation the whole store is verified: chains, totals, replay.
 * --print shows the answers as they came, for writing a new conversation.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/when.h"
#include "dialect/dialect.h"
#include "sql/sql_fault.h"
#include "tests/run/conversation.h"
#include "tests/run/world.h"

#define MESSAGE_BYTES_MAX (16 * 1024 * 1024)
#define ARENA_BYTES_MAX (256 * 1024 * 1024)
#define FAULTS_MAX 400 /* more calls than any conversation makes */

enum mode { MODE_PLAIN, MODE_BYTES, MODE_FAULTS, MODE_POSTGRES, MODE__COUNT };

static const char *const mode_names[MODE__COUNT] = {
    [MODE_PLAIN] = "plain",
    [MODE_BYTES] = "bytes",
    [MODE_FAULTS] = "faults",
    [MODE_POSTGRES] = "postgres",
};

struct play {
	struct arena arena;
	struct world *world;
	const struct conversation *conversation;
	struct captures captures;
	struct str sent;  /* bytes of the last send */
	struct str reply; /* to it */
	bool is_head;
	bool print;
	int64_t fault; /* database calls until one fails; 0: none does */
	bool faulted;  /* it has failed */
};

static bool
complain(const struct play *p, const struct step *s, const char *what)
{
	fprintf(stderr, "%.*s:%d: %s\n", STR_ARG(p->conversation->name),
	    s->line, what);
	return false;
}

/* --- sending ------------------------------------------------------------ */

/* The parts of a request as a conversation writes it. */
struct draft {
	struct str method;
	struct str target;
	struct str version;
	struct str headers; /* lines, "@sign" among them */
	struct str body;
	struct str sign; /* the @sign line, absent without one */
};

static struct draft
split_request(struct str text)
{
	struct draft d = {0};
	const char *blank = memmem(text.p, text.n, "\n\n", 2);
	struct str head = text, line, rest;

	if (blank != NULL) {
		head.n = (size_t)(blank - text.p);
		d.body = str_sub(text, head.n + 2, text.n);
	}
	line = str_cut(&head, '\n');
	d.method = str_cut(&line, ' ');
	d.target = str_cut(&line, ' ');
	d.version = line;
	d.headers = head;
	for (rest = head; !str_is_null(rest);) {
		line = str_cut(&rest, '\n');
		if (str_starts(line, STR("@sign")))
			d.sign = line;
	}
	return d;
}

static bool
has_header(struct str headers, const char *name)
{
	struct str n = str_from(name);

	while (!str_is_null(headers)) {
		struct str line = str_cut(&headers, '\n');

		if (line.n > n.n && line.p[n.n] == ':' &&
		    str_eq_nocase(str_sub(line, 0, n.n), n))
			return true;
	}
	return false;
}

/* Adds what a client of the path's dialect would add. */
static bool
add_signature(struct play *p, const struct step *s, struct draft *d,
    struct buf *out)
{
	struct str rest = d->sign, word, app = STR("dev_app_local"), path;
	struct sign_input in = {
	    .method = d->method, .target = d->target, .body = d->body};
	const struct dialect *dialect;
	struct sign_output signed_;
	struct err err = {0};

	in.at_ms = world_now_ms(p->world);
	(void)str_cut(&rest, ' ');
	while (!str_is_null(word = str_cut(&rest, ' '))) {
		int64_t shift;

		if (word.p[0] == '+' || word.p[0] == '-') {
			if (word.p[0] == '+')
				word = str_sub(word, 1, word.n);
			if (!str_parse_int(word, &shift))
				return complain(p, s, "@sign: bad shift");
			in.at_ms += shift;
		} else {
			app = word;
		}
	}
	path = d->target;
	path = str_cut(&path, '?');
	dialect = dialect_route(path);
	if (dialect == NULL ||
	    dialect->sign(&p->arena,
		world_credential(p->world, &p->arena, dialect->name, app), &in,
		&signed_, &err) != ERR_OK)
		return complain(p, s, "@sign failed");
	for (size_t i = 0; i < signed_.header_count; i++)
		if (!has_header(d->headers, signed_.headers[i].name.p))
			buf_printf(out, "%.*s: %.*s\r\n",
			    STR_ARG(signed_.headers[i].name),
			    STR_ARG(signed_.headers[i].value));
	d->target = signed_.target;
	d->body = signed_.body;
	return true;
}

static bool
build_request(struct play *p, const struct step *s, struct str text,
    struct str *out)
{
	struct draft d = split_request(text);
	struct buf head, extra;
	struct str rest, line;

	buf_init(&head, &p->arena, MESSAGE_BYTES_MAX);
	buf_init(&extra, &p->arena, MESSAGE_BYTES_MAX);
	p->is_head = str_eq(d.method, STR("HEAD"));
	if (!str_is_null(d.sign) && !add_signature(p, s, &d, &extra))
		return false;
	buf_printf(&head, "%.*s %.*s %.*s\r\n", STR_ARG(d.method),
	    STR_ARG(d.target), STR_ARG(d.version));
	for (rest = d.headers; !str_is_null(rest);) {
		line = str_cut(&rest, '\n');
		if (line.n > 0 && line.p[0] != '@')
			buf_printf(&head, "%.*s\r\n", STR_ARG(line));
	}
	buf_str(&head, buf_view(&extra));
	if (!has_header(d.headers, "Host") &&
	    !str_eq(d.version, STR("HTTP/1.0")))
		buf_str(&head, STR("Host: localhost\r\n"));
	if (d.body.n > 0 && !has_header(d.headers, "Content-Length") &&
	    !has_header(d.headers, "Transfer-Encoding"))
		buf_printf(&head, "Content-Length: %zu\r\n", d.body.n);
	buf_str(&head, STR("\r\n"));
	buf_str(&head, d.body);
	*out = buf_view(&head);
	return !buf_failed(&head);
}

/* "@raw": the text as it stands, lines ended as HTTP wants them. */
static struct str
raw_request(struct play *p, struct str text)
{
	struct buf b;

	(void)str_cut(&text, '\n');
	buf_init(&b, &p->arena, MESSAGE_BYTES_MAX);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n')
			buf_char(&b, '\r');
		buf_char(&b, text.p[i]);
	}
	buf_str(&b, STR("\r\n"));
	return buf_view(&b);
}

/*
 * Lets the server take up apps that were made or changed: the fault is meant
 * for the request, not for what the server does on the side before it.
 */
static void
settle(struct play *p)
{
	static const struct str request = STR_INIT(
	    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

	(void)world_exchange(p->world, &p->arena, request, false);
}

/* Sends what is in p->sent; only here do planted faults come. */
static void
exchange(struct play *p)
{
	if (p->fault > 0)
		settle(p);
	sql_fault_set(p->fault, ERR_STORE_FAILED);
	p->reply = world_exchange(p->world, &p->arena, p->sent, p->is_head);
	if (p->fault > 0) {
		p->fault = sql_fault_left();
		p->faulted = p->fault == 0;
	}
	sql_fault_set(0, ERR_OK);
}

static bool
play_send(struct play *p, const struct step *s)
{
	struct str text = conversation_expand(&p->arena, s->text, &p->captures);

	if (str_is_null(text))
		return complain(p, s, "the request can't be written out");
	if (str_starts(text, STR("@raw\n")))
		p->sent = raw_request(p, text);
	else if (!build_request(p, s, text, &p->sent))
		return complain(p, s, "the request can't be made");
	exchange(p);
	return true;
}

/* --- expecting ---------------------------------------------------------- */

static struct str
reply_head(struct str reply, struct str *body)
{
	const char *end = reply.n ? memmem(reply.p, reply.n, "\r\n\r\n", 4)
				  : NULL;

	if (end == NULL) {
		*body = STR("");
		return reply;
	}
	*body = str_sub(reply, (size_t)(end - reply.p) + 4, reply.n);
	return (struct str){reply.p, (size_t)(end - reply.p)};
}

static bool
holds(struct str text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* The dialect that knows no HTTP status says it by its error 10, or by the
 * SystemError of an unknown outcome. */
static bool
is_try_later(struct str reply)
{
	return str_starts(reply, STR("HTTP/1.1 5")) ||
	    holds(reply, "\r\n\r\n{\"status\":4,") ||
	    holds(reply, "\r\n\r\n{\"statusCode\":-1,") ||
	    holds(reply, "\"error_response\":{\"code\":10,") ||
	    holds(reply, "<error_response><code>10</code>") ||
	    holds(reply, "SystemError");
}

static bool
header_matches(struct play *p, struct str head, struct str wanted)
{
	size_t at;

	while (!str_is_null(head)) {
		struct str line = str_trim(str_cut(&head, '\n'));

		if (conversation_match(
			&p->arena, wanted, line, &p->captures, &at))
			return true;
	}
	return false;
}

/* A line "!Name" says that there is no such header. */
static bool
headers_match(struct play *p, const struct step *s, struct str head,
    struct str wanted)
{
	while (!str_is_null(wanted)) {
		struct str line = str_cut(&wanted, '\n');
		bool absent = str_starts(line, STR("!"));
		struct str rest = head, have;
		bool found = false;

		if (!absent && header_matches(p, head, line))
			continue;
		while (absent && !str_is_null(rest)) {
			have = str_cut(&rest, '\n');
			found |= str_eq_nocase(str_cut(&have, ':'),
			    str_sub(line, 1, line.n));
		}
		if (absent && !found)
			continue;
		fprintf(stderr, "header: %.*s\n", STR_ARG(line));
		return complain(p, s, "this header is not as expected");
	}
	return true;
}

static bool
check_reply(struct play *p, const struct step *s)
{
	const char *blank = memmem(s->text.p, s->text.n, "\n\n", 2);
	struct str wanted = s->text, wanted_body = STR(""), status, body, head;
	size_t at = 0;

	if (blank != NULL) {
		wanted.n = (size_t)(blank - s->text.p);
		wanted_body = str_sub(s->text, wanted.n + 2, s->text.n);
	}
	head = reply_head(p->reply, &body);
	status = str_cut(&wanted, '\n');
	if (!header_matches(p, str_cut(&head, '\n'), status))
		return complain(p, s, "another status than expected");
	if (!headers_match(p, s, head, wanted))
		return false;
	if (conversation_match(&p->arena, wanted_body, body, &p->captures, &at))
		return true;
	fprintf(stderr, "differs from here on: %.*s\n",
	    STR_ARG(str_sub(wanted_body, at, 60)));
	return complain(p, s, "another body than expected");
}

/*
 * In fault mode the answer may be "try later" once; the same bytes are then
 * sent again, and must be answered as if nothing had been.
 */
static bool
play_expect(struct play *p, const struct step *s)
{
	if (p->print)
		printf("%.*s\n\n", STR_ARG(p->reply));
	if (p->faulted && is_try_later(p->reply))
		exchange(p);
	if (check_reply(p, s))
		return true;
	fprintf(stderr, "--- sent\n%.*s\n--- received\n%.*s\n---\n",
	    STR_ARG(p->sent), STR_ARG(p->reply));
	return false;
}

/* --- the store ---------------------------------------------------------- */

static bool
fact_is(struct play *p, const struct order *o, struct str name,
    struct str wanted)
{
	struct buf b;
	bool known = false;

	buf_init(&b, &p->arena, 4096);
	if (str_eq(name, STR("version"))) {
		buf_int(&b, o->version);
		known = true;
	} else if (str_eq(name, STR("quantity"))) {
		buf_int(&b, order_quantity(o));
		known = true;
	}
	for (int f = 0; f < F__COUNT && !known; f++) {
		if (!str_eq(name, str_from(order_fields[f].name)))
			continue;
		known = true;
		if (order_fields[f].kind == FIELD_STR)
			buf_str(&b, order_get_str(o, (enum order_field)f));
		else if (order_fields[f].kind == FIELD_STATUS)
			buf_str(&b, str_from(order_status_name(o->status)));
		else if (order_fields[f].kind == FIELD_STAGE)
			buf_str(&b, str_from(vendor_stage_name(o->stage)));
		else
			buf_int(&b, order_get_int(o, (enum order_field)f));
	}
	if (known && str_eq(buf_view(&b), wanted))
		return true;
	fprintf(stderr, "stored: %.*s is \"%.*s\", not \"%.*s\"\n",
	    STR_ARG(name), STR_ARG(buf_view(&b)), STR_ARG(wanted));
	return false;
}

static bool
check_order(struct play *p, struct str words)
{
	struct str name = str_cut(&words, ' ');
	struct order *o = world_order(p->world, &p->arena, name);

	if (str_eq(words, STR("gone")))
		return o == NULL;
	if (o == NULL)
		return false;
	while (!str_is_null(words)) {
		struct str value = str_cut(&words, ';');
		struct str field = str_cut(&value, '=');

		if (!fact_is(p, o, str_trim(field), value))
			return false;
	}
	return true;
}

/* "WAREHOUSE PRODUCT ON_HAND RESERVED" */
static bool
check_stock(struct play *p, struct str words)
{
	struct str place = str_cut(&words, ' ');
	struct str product = str_cut(&words, ' ');
	int64_t warehouse, on_hand, reserved;
	struct str have;

	if (!str_parse_int(place, &warehouse))
		return false;
	world_stock(p->world, warehouse, product, &on_hand, &reserved);
	have = arena_printf(&p->arena, "%lld %lld", (long long)on_hand,
	    (long long)reserved);
	if (!str_eq(have, words))
		fprintf(stderr, "stored: stock is %.*s\n", STR_ARG(have));
	return str_eq(have, words);
}

static bool
play_stored(struct play *p, const struct step *s)
{
	struct str rest = conversation_expand(&p->arena, s->text, &p->captures);

	while (!str_is_null(rest)) {
		struct str line = str_cut(&rest, '\n'), words = line;
		struct str what = str_cut(&words, ' '), name;
		int64_t have, want;
		bool good;

		if (str_eq(what, STR("order"))) {
			good = check_order(p, words);
		} else if (str_eq(what, STR("stock"))) {
			good = check_stock(p, words);
		} else if (str_eq(what, STR("amendments"))) {
			name = str_cut(&words, ' ');
			have = world_amendments(p->world, &p->arena, name);
			good = str_parse_int(words, &want) && have == want;
		} else if (str_eq(what, STR("orders"))) {
			have = world_order_count(p->world, &p->arena);
			good = str_parse_int(words, &want) && have == want;
		} else {
			return complain(p, s, "no such fact");
		}
		if (!good) {
			fprintf(stderr, "stored: %.*s\n", STR_ARG(line));
			return complain(p, s, "the store holds something else");
		}
	}
	return true;
}

static bool
play_given(struct play *p, const struct step *s)
{
	struct str rest = s->text;

	while (!str_is_null(rest)) {
		struct str line = str_cut(&rest, '\n'), words = line;
		struct str first = str_cut(&words, ' ');
		int64_t at_ms;

		if (!str_eq(first, STR("clock"))) {
			if (!world_command(p->world, line))
				return complain(p, s, "the command failed");
		} else if (str_starts(words, STR("+")) &&
		    str_parse_int(str_sub(words, 1, words.n), &at_ms)) {
			world_set_now_ms(p->world,
			    world_now_ms(p->world) + at_ms);
		} else if (when_parse_iso(words, &at_ms)) {
			world_set_now_ms(p->world, at_ms);
		} else {
			return complain(p, s, "no such time");
		}
	}
	return true;
}

/* --- playing ------------------------------------------------------------ */

static bool
play_step(struct play *p, const struct step *s)
{
	switch (s->kind) {
	case STEP_ABOUT:
		return true;
	case STEP_GIVEN:
		return play_given(p, s);
	case STEP_SEND:
		return play_send(p, s);
	case STEP_EXPECT:
		return play_expect(p, s);
	case STEP_STORED:
		return play_stored(p, s);
	}
	return false;
}

/* True when the conversation went as written; *fault_hit tells whether the
 * fault that was asked for came. */
static bool
play_once(const struct conversation *c, enum mode mode, int64_t fault,
    bool print, bool *fault_hit)
{
	const struct world_config config = {
	    .one_byte_reads = mode == MODE_BYTES,
	    .shows_signing = c->is_demo,
	    .on_postgres = mode == MODE_POSTGRES};
	struct play p = {.conversation = c, .fault = fault, .print = print};
	bool good = true;

	arena_init(&p.arena, ARENA_BYTES_MAX);
	p.world = world_new(&config);
	for (int i = 0; i < c->step_count && good; i++)
		good = play_step(&p, &c->steps[i]);
	*fault_hit = p.faulted;
	if (good && !world_check(p.world)) {
		fprintf(stderr, "%.*s: the store is damaged\n",
		    STR_ARG(c->name));
		good = false;
	}
	world_free(&p.world);
	arena_fini(&p.arena);
	return good;
}

static bool
play_mode(const struct conversation *c, enum mode mode, bool print)
{
	bool fault_hit;

	if (mode == MODE_FAULTS && c->is_faultless)
		return true;
	if (mode != MODE_FAULTS)
		return play_once(c, mode, 0, print, &fault_hit);
	for (int64_t n = 1; n <= FAULTS_MAX; n++) {
		if (!play_once(c, mode, n, print, &fault_hit)) {
			fprintf(stderr, "with database call %lld failing\n",
			    (long long)n);
			return false;
		}
		if (!fault_hit)
			return true;
	}
	fprintf(stderr, "%.*s: faults have no end\n", STR_ARG(c->name));
	return false;
}

static void
drop_log(void *arg, struct str lines)
{
	(void)arg;
	(void)lines;
}

static enum mode
parse_mode(const char *name)
{
	for (int m = 0; m < MODE__COUNT; m++)
		if (strcmp(name, mode_names[m]) == 0)
			return (enum mode)m;
	fprintf(stderr, "golden: no mode %s\n", name);
	exit(2);
}

int
main(int argc, char **argv)
{
	int only = -1, passed = 0, failed = 0;
	bool print = false;

	if (getenv("GOLDEN_LOG") == NULL)
		log_set_sink(drop_log, NULL);
	for (int i = 1; i < argc; i++) {
		struct conversation c;
		struct arena a;

		if (strcmp(argv[i], "--print") == 0) {
			print = true;
			continue;
		}
		if (strcmp(argv[i], "--mode") == 0 && i + 1 < argc) {
			only = (int)parse_mode(argv[++i]);
			continue;
		}
		arena_init(&a, ARENA_BYTES_MAX);
		if (!conversation_read(&a, argv[i], &c))
			return 2;
		for (int m = 0; m < MODE__COUNT; m++) {
			bool good;

			if (only >= 0 ? m != only : m == MODE_POSTGRES)
				continue;
			good = play_mode(&c, (enum mode)m, print);
			printf("%s %.*s (%s)\n", good ? "ok" : "FAILED",
			    STR_ARG(c.name), mode_names[m]);
			fflush(stdout);
			passed += good;
			failed += !good;
		}
		arena_fini(&a);
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0 || passed == 0;
}
