/* SPDX-License-Identifier: Apache-2.0 */
/* A whole server in this process; see world.h. */
#include "tests/run/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/command.h"
#include "app/demo.h"
#include "base/when.h"
#include "dialect/dialect.h"
#include "engine/engine.h"
#include "http/server.h"
#include "store/store.h"
#include "tests/run/schema.h"

/* Half an hour after the demo's first order was made. */
#define WORLD_BEGINS "2026-02-25T11:00:00.000Z"
#define READ_TIMEOUT_S 20
#define REPLY_BYTES_MAX (1024 * 1024)
#define ARGV_MAX 32

struct world {
	char folder[64];
	bool on_postgres;
	struct test_schema schema;
	_Atomic int64_t now_ms;
	struct clock clock;
	struct store *store;
	struct store_conn *reader;
	struct engine *engine;
	struct server *server;
	pthread_t loop;
	struct arena arena;
};

static _Noreturn void
die(const char *what, const struct err *err)
{
	fprintf(stderr, "world: %s: %s\n", what, err ? err->detail : "failed");
	exit(2);
}

static int64_t
world_clock(void *arg)
{
	return atomic_load(&((struct world *)arg)->now_ms);
}

static void *
run_loop(void *arg)
{
	server_loop(((struct world *)arg)->server, -1, NULL, NULL);
	return NULL;
}

static void
open_engine(struct world *w)
{
	struct engine_dialect rows[8];
	struct engine_config config = {.store = w->store,
	    .dialects = rows,
	    .clock = w->clock,
	    .node = 1,
	    .committers = 2,
	    .queue_max = LIMIT_QUEUE,
	    .group_max = LIMIT_GROUP,
	    .reader_threads = LIMIT_READERS};
	struct backend backend = {.store = w->store};
	struct err err = {0};

	for (int i = 0; dialects[i] != NULL; i++)
		rows[config.dialect_count++] = (struct engine_dialect){
		    dialects[i]->name, dialects[i]->prepare};
	if (engine_open(&config, &w->engine, &err) != ERR_OK)
		die("engine", &err);
	backend.engine = w->engine;
	if (demo_create(&backend, &err) != ERR_OK)
		die("demo", &err);
}

struct world *
world_new(const struct world_config *config)
{
	static const uint8_t key[BOX_KEY_BYTES] = "golden conversations";
	struct world *w = calloc(1, sizeof(*w));
	struct store_config store = {.master_key = key};
	struct server_config server = {.listen = STR("127.0.0.1:0"),
	    .connections_max = 64,
	    .one_byte_reads = config->one_byte_reads,
	    .shows_signing = config->shows_signing};
	struct err err = {0};
	int64_t begins_ms;

	if (w == NULL || !when_parse_iso(STR(WORLD_BEGINS), &begins_ms))
		die("memory", NULL);
	atomic_store(&w->now_ms, begins_ms);
	w->clock = (struct clock){world_clock, w};
	arena_init(&w->arena, LIMIT_GROUP_ARENA_BYTES);
	/* In memory where that can be: thousands of stores are made, and what
	 * a power cut does is looked at elsewhere. */
	snprintf(w->folder, sizeof(w->folder), "%s/procured-golden-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(w->folder) == NULL)
		die("folder", NULL);
	store.url = arena_printf(&w->arena, "sqlite:%s/procured.db", w->folder);
	w->on_postgres = config->on_postgres;
	if (w->on_postgres) {
		schema_make(&w->schema);
		store.url = str_from(w->schema.url);
	}
	store.backup_dir = w->folder;
	store.now_ms = begins_ms;
	if (store_open(&store, &w->store, &err) != ERR_OK ||
	    store_connect(w->store, STORE_READER, &w->reader, &err) != ERR_OK)
		die("store", &err);
	open_engine(w);
	server.engine = w->engine;
	server.clock = w->clock;
	if (server_open(&server, &w->server, &err) != ERR_OK)
		die("server", &err);
	if (pthread_create(&w->loop, NULL, run_loop, w) != 0)
		die("thread", NULL);
	return w;
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void
world_free(struct world **world)
{
	struct world *w = *world;

	server_stop(w->server);
	pthread_join(w->loop, NULL);
	server_close(&w->server);
	engine_close(&w->engine);
	store_disconnect(&w->reader);
	store_close(&w->store);
	if (w->on_postgres)
		schema_drop(&w->schema);
	nftw(w->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	arena_fini(&w->arena);
	free(w);
	*world = NULL;
}

int64_t
world_now_ms(const struct world *w)
{
	return atomic_load(&w->now_ms);
}

void
world_set_now_ms(struct world *w, int64_t at_ms)
{
	atomic_store(&w->now_ms, at_ms);
}

bool
world_command(struct world *w, struct str line)
{
	const char *argv[ARGV_MAX];
	struct backend backend = {.store = w->store, .engine = w->engine};
	struct invocation inv = {.language = LANGUAGE_EN,
	    .arena = &w->arena,
	    .backend = &backend,
	    .cwd = w->folder};
	int argc = 0, used = 0, code = EXIT_USAGE;

	while (!str_is_null(line) && argc < ARGV_MAX - 1)
		argv[argc++] = arena_dup(&w->arena, str_cut(&line, ' ')).p;
	argv[argc] = NULL;
	invocation_init(&inv);
	inv.row = subcommand_find(argv, argc, &used);
	if (inv.row != NULL && args_parse(&inv, argv + used, argc - used))
		code = inv.row->run(&inv);
	if (code != EXIT_OK)
		fprintf(stderr, "%.*s\n", STR_ARG(buf_view(&inv.err)));
	invocation_fini(&inv);
	return code == EXIT_OK;
}

/* --- talking to it ------------------------------------------------------ */

static int
dial(const struct world *w)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)server_port(w->server)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = READ_TIMEOUT_S};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect", NULL);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Whether the bytes so far are one whole answer. */
static bool
is_whole(struct str got, bool is_head)
{
	const char *end = got.n ? memmem(got.p, got.n, "\r\n\r\n", 4) : NULL,
		   *length;
	size_t head;

	if (end == NULL)
		return false;
	head = (size_t)(end - got.p) + 4;
	length = memmem(got.p, head, "Content-Length: ", 16);
	if (is_head)
		return true;
	return length != NULL && got.n >= head + strtoul(length + 16, NULL, 10);
}

struct str
world_exchange(struct world *w, struct arena *a, struct str bytes, bool is_head)
{
	int fd = dial(w);
	struct buf got;
	char part[16384];
	size_t sent = 0;
	ssize_t n;

	buf_init(&got, a, REPLY_BYTES_MAX);
	while (sent < bytes.n) {
		n = send(fd, bytes.p + sent, bytes.n - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break; /* the answer tells why */
		sent += (size_t)n;
	}
	while (!is_whole(buf_view(&got), is_head)) {
		n = recv(fd, part, sizeof(part), 0);
		if (n <= 0)
			break;
		buf_add(&got, part, (size_t)n);
	}
	close(fd);
	return buf_view(&got);
}

const struct credential *
world_credential(struct world *w, struct arena *a, const char *dialect,
    struct str app)
{
	struct app_record *apps;
	struct credential_record *rows;
	struct credential *c = ARENA_NEW(a, struct credential);
	size_t app_count, count;
	struct err err = {0};

	if (c == NULL ||
	    store_apps(w->reader, a, &apps, &app_count, &rows, &count, &err) !=
		ERR_OK)
		die("apps", &err);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < app_count; k++) {
			if (apps[k].no != rows[i].app ||
			    !str_eq(apps[k].id, app) ||
			    !str_eq(rows[i].dialect, str_from(dialect)))
				continue;
			*c = (struct credential){.app = apps[k].no,
			    .app_id = apps[k].id,
			    .key = rows[i].key,
			    .scope = rows[i].scope,
			    .secret = rows[i].secret,
			    .session = rows[i].session};
			return c;
		}
	}
	die("no such app to sign for", NULL);
}

/* --- looking into the store --------------------------------------------- */

struct order *
world_order(struct world *w, struct arena *a, struct str name)
{
	struct app_record *apps;
	struct credential_record *rows;
	size_t app_count, count;
	struct order *order;
	struct err err = {0};

	if (store_apps(w->reader, a, &apps, &app_count, &rows, &count, &err) !=
	    ERR_OK)
		die("apps", &err);
	for (size_t i = 0; i < app_count; i++)
		for (int kind = 0; kind < NAME__COUNT; kind++)
			if (store_order_find(w->reader, a, apps[i].no,
				(enum name_kind)kind, name, &order,
				&err) == ERR_OK)
				return order;
	return NULL;
}

int64_t
world_amendments(struct world *w, struct arena *a, struct str name)
{
	struct order *order = world_order(w, a, name);
	struct feed_item *items;
	size_t count;
	bool more;
	struct err err = {0};

	if (order == NULL)
		return -1;
	if (store_history(w->reader, a, order, 0, LIMIT_PAGE, &items, &count,
		&more, &err) != ERR_OK)
		die("history", &err);
	return (int64_t)count;
}

int64_t
world_order_count(struct world *w, struct arena *a)
{
	struct order *orders;
	size_t count;
	struct err err = {0};

	if (store_orders(w->reader, a, 0, 0, LIMIT_PAGE, &orders, &count,
		&err) != ERR_OK)
		die("orders", &err);
	return (int64_t)count;
}

void
world_stock(struct world *w, int64_t warehouse, struct str product,
    int64_t *on_hand, int64_t *reserved)
{
	struct stock_row row = {
	    .app = 1, .warehouse = warehouse, .product = product};
	struct err err = {0};

	if (store_stock_load(w->reader, &row, 1, &err) != ERR_OK)
		die("stock", &err);
	*on_hand = row.on_hand;
	*reserved = row.reserved;
}

static void
report(void *arg, const char *sentence)
{
	*(bool *)arg = false;
	fprintf(stderr, "%s\n", sentence);
}

bool
world_check(struct world *w)
{
	int64_t orders, amendments;
	bool good = true;
	struct err err = {0};

	if (store_check(w->reader, report, &good, &orders, &amendments, &err) !=
	    ERR_OK) {
		fprintf(stderr, "check: %s\n", err.detail);
		return false;
	}
	return good;
}
