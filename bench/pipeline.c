/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline in process, to count its instructions: signed PUTs from memory
 * through dialect, engine and store and back to bytes, metrics and access log
 * included, in groups of exactly 32. No sockets; keys, moments and orders are
 * fixed, so that two runs differ in little more than entropy.
 *
 *	pipeline --folder DIR --groups N
 *
 * DIR is empty or absent; a store is made in it. Whatever N is, the same work
 * is done before the first group, so the difference of two runs is what the
 * groups cost alone: bench/instructions.py runs it under callgrind twice.
 */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/log.h"
#include "dialect/dialect.h"
#include "engine/engine.h"
#include "http/head.h"
#include "http/metrics.h"
#include "http/pipeline.h"
#include "store/store.h"

#define NOW_MS INT64_C(1772015400000)
#define GROUP LIMIT_GROUP_WHOLE
#define GROUPS_MAX 24
#define ORDERS (8 * GROUP)
#define PREPARED_BYTES ((size_t)256 * 1024 * 1024)
#define LINES_MAX 8

struct prepared {
	struct str target;
	struct str body;
	struct header headers[LINES_MAX];
	size_t header_count;
};

struct world {
	struct store *store;
	struct engine *engine;
	struct metrics metrics;
	struct pipeline pipeline;
	struct credential credential;
	struct arena arena;
	struct exchange exchanges[GROUP];
	int ready;
	struct prepared creates[ORDERS], puts[GROUPS_MAX * GROUP];
	/* The committer is held while a group is queued. */
	pthread_t holder;
	sem_t held, let_go;
};

static void
must(enum err_code code, const struct err *err)
{
	if (code == ERR_OK)
		return;
	fprintf(stderr, "pipeline: %s: %s\n", err_name(code), err->detail);
	exit(2);
}

static void
must_be(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "pipeline: %s\n", what);
	exit(2);
}

static int64_t
fixed_now_ms(void *arg)
{
	(void)arg;
	return NOW_MS;
}

/* --- the world ------------------------------------------------------------ */

static enum err_code
put_app(struct store_conn *c, void *arg, struct err *err)
{
	struct world *w = arg;
	struct policy policy;
	struct app_record app = {.id = w->credential.key,
	    .name = STR("bench"),
	    .rate = LIMIT_RATE_MAX};
	struct credential_record credential = {.dialect = STR("intents"),
	    .key = w->credential.key,
	    .secret = w->credential.secret};
	enum err_code code;

	policy_init(&policy);
	policy.rate_put = LIMIT_RATE_MAX;
	app.policy = policy_print(&policy, &w->arena);
	code = store_app_put(c, &app, err);
	credential.app = app.no;
	return code != ERR_OK ? code
			      : store_credential_put(c, &credential, err);
}

static void
open_world(struct world *w, const char *folder)
{
	static const uint8_t key[BOX_KEY_BYTES] = {1};
	const struct clock clock = {fixed_now_ms, NULL};
	const struct engine_dialect intents = {
	    "intents", dialect_find(STR("intents"))->prepare};
	struct store_config store = {
	    .master_key = key, .backup_dir = folder, .now_ms = NOW_MS};
	struct engine_config engine = {.dialects = &intents,
	    .dialect_count = 1,
	    .clock = clock,
	    .queue_max = LIMIT_QUEUE,
	    .group_max = LIMIT_GROUP,
	    .reader_threads = 1};
	struct err err = {.code = ERR_OK};

	arena_init(&w->arena, PREPARED_BYTES);
	(void)mkdir(folder, 0700);
	store.url = arena_printf(&w->arena, "sqlite:%s/bench.db", folder);
	w->credential.key = STR("bench_app");
	w->credential.secret = STR("bench_secret");
	must(store_open(&store, &w->store, &err), &err);
	engine.store = w->store;
	must(engine_open(&engine, &w->engine, &err), &err);
	must(engine_job(w->engine, put_app, w, true, &err), &err);
	metrics_init(&w->metrics, NOW_MS);
	w->pipeline = (struct pipeline){.engine = w->engine,
	    .metrics = &w->metrics,
	    .clock = clock,
	    .started_ms = NOW_MS};
	must_be(sem_init(&w->held, 0, 0) == 0, "no semaphore");
	must_be(sem_init(&w->let_go, 0, 0) == 0, "no semaphore");
}

static void
close_world(struct world *w)
{
	for (int i = 0; i < GROUP; i++)
		exchange_fini(&w->exchanges[i]);
	engine_drain(w->engine);
	engine_reap(w->engine);
	engine_close(&w->engine);
	metrics_fini(&w->metrics);
	store_close(&w->store);
	arena_fini(&w->arena);
}

/* --- requests ------------------------------------------------------------- */

static void
prepare(struct world *w, struct prepared *p, struct str method,
    struct str target, struct str body, int64_t at_ms)
{
	const struct sign_input in = {
	    .method = method, .target = target, .body = body, .at_ms = at_ms};
	struct sign_output out = {.header_count = 0};
	struct err err = {.code = ERR_OK};
	size_t n = 0;

	must(dialect_find(STR("intents"))
		 ->sign(&w->arena, &w->credential, &in, &out, &err),
	    &err);
	p->target = out.target;
	p->body = body;
	p->headers[n++] = (struct header){STR("Host"), STR("127.0.0.1")};
	for (size_t i = 0; i < out.header_count; i++)
		p->headers[n++] = out.headers[i];
	p->headers[n++] = (struct header){
	    STR("Content-Length"), arena_printf(&w->arena, "%zu", body.n)};
	p->header_count = n;
	must_be(n <= LINES_MAX && !arena_failed(&w->arena), "no room");
}

static void
prepare_creates(struct world *w)
{
	for (int i = 0; i < ORDERS; i++)
		prepare(w, &w->creates[i], STR("POST"), STR("/api/v1/intents"),
		    arena_printf(&w->arena,
			"{\"userId\":\"user_12345\",\"platform\":\"TAOBAO\","
			"\"productUrl\":\"https://item.taobao.com/"
			"item.htm?id=%d\",\"title\":\"Apple iPhone 15 Pro "
			"256GB\",\"price\":8999,\"quantity\":1,"
			"\"recipientName\":\"张三\",\"address\":\"浙江省杭州市"
			"余杭区文一西路969号\",\"phone\":\"13800138000\","
			"\"remarks\":\"请在工作日送达\"}",
			i),
		    NOW_MS - 1000);
}

/* Of orders in a fixed random order; no order twice in a group. */
static void
prepare_puts(struct world *w, const struct str *targets)
{
	for (int i = 0; i < GROUPS_MAX * GROUP; i++) {
		int order = (int)((int64_t)i * 389 % ORDERS);

		prepare(w, &w->puts[i], STR("PUT"), targets[order],
		    arena_printf(&w->arena, "{\"quantity\":%d}", 1000 + i),
		    NOW_MS + i / 8);
	}
}

/* --- exchanges ------------------------------------------------------------ */

static void
hear_reply(struct exchange *x)
{
	struct world *w = x->owner;

	w->ready++;
}

static enum err_code
hold(struct store_conn *c, void *arg, struct err *err)
{
	struct world *w = arg;

	(void)c;
	(void)err;
	(void)sem_post(&w->held);
	while (sem_wait(&w->let_go) != 0)
		;
	return ERR_OK;
}

static void *
run_holder(void *arg)
{
	struct world *w = arg;
	struct err err = {.code = ERR_OK};

	must(engine_job(w->engine, hold, w, false, &err), &err);
	return NULL;
}

/* As the server feeds it: head, body in one piece, run. */
static void
send_one(struct world *w, struct exchange *x, struct str method,
    const struct prepared *p)
{
	struct request *r = &x->call.request;
	struct err err = {.code = ERR_OK};

	(void)w;
	r->method = method;
	r->target = p->target;
	r->headers = p->headers;
	r->header_count = p->header_count;
	r->client_ip = STR("127.0.0.1");
	must(head_check(r, STR("HTTP/1.1"), &err), &err);
	must_be(!exchange_open(x), "refused at the head");
	r->body = p->body;
	must_be(!exchange_run(x), "refused before the engine");
}

/* One group: queued while the committer is held, so it is one commit. */
static void
run_group(struct world *w, struct str method, const struct prepared *p)
{
	struct pollfd wait = {.fd = engine_fd(w->engine), .events = POLLIN};

	must_be(pthread_create(&w->holder, NULL, run_holder, w) == 0,
	    "no thread");
	while (sem_wait(&w->held) != 0)
		;
	w->ready = 0;
	for (int i = 0; i < GROUP; i++)
		send_one(w, &w->exchanges[i], method, &p[i]);
	(void)sem_post(&w->let_go);
	while (w->ready < GROUP) {
		engine_rest(w->engine);
		(void)poll(&wait, 1, -1);
		engine_reap(w->engine);
	}
	(void)pthread_join(w->holder, NULL);
}

static void
end_group(struct world *w)
{
	for (int i = 0; i < GROUP; i++) {
		must_be(w->exchanges[i].call.reply.status == 200,
		    "an answer is not 200");
		exchange_account(&w->exchanges[i], true);
		exchange_reset(&w->exchanges[i]);
	}
	log_flush();
}

/* The path of the order an answer shows. */
static struct str
target_of(struct world *w, const struct exchange *x)
{
	struct str body = buf_view(&x->call.reply.body);
	const char *id = memmem(body.p, body.n, "\"id\":\"", 6);
	const char *end;

	must_be(id != NULL, "an answer without an id");
	id += 6;
	end = memchr(id, '"', body.n - (size_t)(id - body.p));
	must_be(end != NULL, "an id without an end");
	return arena_printf(&w->arena, "/api/v1/intents/%.*s", (int)(end - id),
	    id);
}

static void
run(struct world *w, int groups)
{
	struct str targets[ORDERS];

	prepare_creates(w);
	for (int g = 0; g < ORDERS / GROUP; g++) {
		run_group(w, STR("POST"), &w->creates[(ptrdiff_t)g * GROUP]);
		for (int i = 0; i < GROUP; i++)
			targets[g * GROUP + i] = target_of(w, &w->exchanges[i]);
		end_group(w);
	}
	prepare_puts(w, targets);
	for (int g = 0; g < groups; g++) {
		run_group(w, STR("PUT"), &w->puts[(ptrdiff_t)g * GROUP]);
		end_group(w);
	}
}

int
main(int argc, char **argv)
{
	const char *folder = NULL;
	struct world *w = calloc(1, sizeof(*w));
	int64_t groups = 0;
	bool known = w != NULL;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--folder") == 0)
			folder = argv[i + 1];
		else if (strcmp(argv[i], "--groups") == 0)
			known = known &&
			    str_parse_int(str_from(argv[i + 1]), &groups);
	}
	if (!known || folder == NULL || groups < 1 || groups > GROUPS_MAX) {
		fprintf(stderr, "usage: pipeline --folder DIR --groups 1–%d\n",
		    GROUPS_MAX);
		return 2;
	}
	open_world(w, folder);
	for (int i = 0; i < GROUP; i++) {
		exchange_init(&w->exchanges[i], &w->pipeline);
		w->exchanges[i].owner = w;
		w->exchanges[i].reply_ready = hear_reply;
	}
	run(w, (int)groups);
	close_world(w);
	free(w);
	return 0;
}
