/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured order import: reads the whole file first and tells everything that
 * is wrong with it, by line and field; only a file without a fault is written.
 * Then orders are made, so many in a transaction together with the note how far
 * the file has come: who runs the same command again goes on from there, and an
 * imported file is never imported twice.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_records.h"
#include "app/import_ids.h"
#include "app/order_record.h"
#include "base/json.h"
#include "base/when.h"

/* Orders in one transaction. Beside a server they keep its committer for 10 ms;
 * alone, the more the fewer pages of indexes are written twice. */
#define CHUNK_BESIDE 256
#define CHUNK 32768
#define FAULTS_TOLD 50
#define ENTROPY_BYTES 32

/* The file, and where in it we are. */
struct source {
	struct str whole;
	struct str rest;
	enum record_format format;
	int64_t line; /* of the record that was read last */
	int64_t next_line;
	int64_t count; /* of records read */
	struct str names[RECORD_COLUMNS_MAX];
	struct str cells[RECORD_COLUMNS_MAX];
	size_t name_count;
};

/* So many orders, ready to be written. */
struct chunk {
	struct arena arena;
	struct order *orders[CHUNK];
	struct amendment *amendments[CHUNK];
	size_t count;
	int64_t upto; /* records of the file, this one included */
	bool is_last; /* the file has ended */
	bool is_good; /* else the file is another one than was looked through */
};

struct import {
	struct invocation *inv;
	const char *path;
	const char *app_id;
	int64_t app;
	bool unknown_app;
	struct app_list apps;
	struct source source;
	char mark[64]; /* the note's name */
	int64_t done;  /* records that were imported before */
	int64_t faults;
	uint64_t *seen; /* hashes of ids and names */
	size_t seen_count, seen_room;

	size_t chunk; /* orders in one: CHUNK, or CHUNK_BESIDE */
	struct import_ids ids;
	bool out_of_ids;
	/* While one is written the other is read. */
	struct chunk chunks[2];
	struct chunk *reading;
};

/* --- the file ----------------------------------------------------------------- */

static void
tell_fault(void *arg, struct str field, const char *why)
{
	struct import *m = arg;

	if (m->faults++ < FAULTS_TOLD)
		buf_printf(&m->inv->err, "%s:%" PRId64 ": %.*s: %s\n", m->path,
		    m->source.line, STR_ARG(field), why);
}

static bool
read_heading(struct import *m)
{
	struct source *s = &m->source;
	int lines, n;

	s->rest = s->whole;
	s->line = s->next_line = 1;
	s->count = 0;
	/* A mark of byte order, as spreadsheets put it before a table. */
	if (str_starts(s->rest, STR("\xEF\xBB\xBF")))
		s->rest = str_sub(s->rest, 3, SIZE_MAX);
	if (s->format == RECORD_NDJSON || s->rest.n == 0)
		return true;
	n = record_split(m->inv->arena, &s->rest, s->names, &lines);
	if (n < 1) {
		tell_fault(m, STR("heading"), "is no row of a table");
		return false;
	}
	s->name_count = (size_t)n;
	s->next_line += lines;
	return true;
}

static bool
next_object(struct import *m, struct record *out)
{
	struct source *s = &m->source;
	struct str line = str_cut(&s->rest, '\n');
	struct err err = {.code = ERR_OK};

	s->line = s->next_line++;
	if (json_read(&m->reading->arena, line, JSON_READ_EXACT, &out->object,
		&err) != ERR_OK ||
	    !json_is_object(out->object)) {
		tell_fault(m, STR("line"),
		    err.code == ERR_OK ? "is no JSON object" : err.detail);
		out->object = NULL;
		return false;
	}
	return true;
}

static bool
next_row(struct import *m, struct record *out)
{
	struct source *s = &m->source;
	int lines;
	int n = record_split(&m->reading->arena, &s->rest, s->cells, &lines);

	s->line = s->next_line;
	s->next_line += lines;
	*out = (struct record){
	    .names = s->names, .cells = s->cells, .count = s->name_count};
	if (n == (int)s->name_count)
		return true;
	tell_fault(m, STR("line"),
	    n < 0 ? "has a cell without an end, or too many cells"
		  : "has not as many cells as the heading");
	/* Where the next row begins is not known. */
	if (n < 0)
		s->rest = STR_NONE;
	return false;
}

/* The next order: 1 good, 0 faulty, -1 there is none. */
static int
next_order(struct import *m, struct order *out)
{
	struct record_reader reader = {
	    .arena = &m->reading->arena, .fault = tell_fault, .arg = m};
	struct record record = {.object = NULL};
	struct source *s = &m->source;
	bool good;

	while (s->rest.n > 0 &&
	    (s->rest.p[0] == '\n' || s->rest.p[0] == '\r')) {
		s->next_line += s->rest.p[0] == '\n';
		s->rest = str_sub(s->rest, 1, SIZE_MAX);
	}
	if (s->rest.n == 0)
		return -1;
	good = s->format == RECORD_NDJSON ? next_object(m, &record)
					  : next_row(m, &record);
	if (!good)
		return 0;
	s->count++;
	return record_read(&reader, &record, out) ? 1 : 0;
}

/* --- looking through it ----------------------------------------------------------- */

/* Notes something that may be there once; its hash stands for it. */
static bool
note(struct import *m, int64_t kind, struct str text)
{
	uint8_t whole[DIGEST_BYTES_MAX];
	struct digest d;

	if (m->seen_count == m->seen_room) {
		size_t room = m->seen_room == 0 ? 4096 : m->seen_room * 2;
		uint64_t *grown = realloc(m->seen, room * sizeof(*grown));

		if (grown == NULL)
			return false;
		m->seen = grown;
		m->seen_room = room;
	}
	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, (struct str){(const char *)&kind, sizeof(kind)});
	digest_add(&d, text);
	(void)digest_end(&d, whole);
	memcpy(&m->seen[m->seen_count++], whole, sizeof(*m->seen));
	return true;
}

static const enum order_field given[] = {
    F_PURCHASE_NO, F_TRADE_NO, F_PURCHASE_ORDER};

#define GIVEN (sizeof(given) / sizeof(given[0]))

static bool
note_all(struct import *m, const struct order *o)
{
	bool good = true;

	if (o->id != 0)
		good = note(m, -1, (struct str){(const char *)&o->id,
		    sizeof(o->id)});
	for (size_t i = 0; i < GIVEN && good; i++)
		if (!str_is_null(order_get_str(o, given[i])))
			good = note(m, (int64_t)i, order_get_str(o, given[i]));
	return good;
}

static int
compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
has_doubles(struct import *m)
{
	qsort(m->seen, m->seen_count, sizeof(*m->seen), compare_hashes);
	for (size_t i = 1; i < m->seen_count; i++)
		if (m->seen[i] == m->seen[i - 1])
			return true;
	return false;
}

/* Is there an order with this id or one of these names? */
static enum err_code
look_in_store(struct import *m, struct store_conn *c, const struct order *o,
    struct err *err)
{
	enum err_code rc = ERR_OK;
	bool taken = false;

	if (o->id != 0)
		rc = store_id_is_taken(c, o->id, &taken, err);
	if (taken)
		tell_fault(m, STR("id"), "is there already");
	for (size_t i = 0; i < GIVEN && rc == ERR_OK; i++) {
		struct str name = order_get_str(o, given[i]);

		if (str_is_null(name))
			continue;
		rc = store_name_is_taken(c, m->app,
		    (enum name_kind)(NAME_PURCHASE_NO + (int)i), name, &taken,
		    err);
		if (rc == ERR_OK && taken)
			tell_fault(m, str_from(order_fields[given[i]].name),
			    "is there already");
	}
	return rc;
}

/* CHUNK records of the file, against the store. */
static enum err_code
look_through(struct store_conn *c, void *arg, struct err *err)
{
	struct import *m = arg;
	enum err_code rc = ERR_OK;

	for (m->reading->count = 0;
	     m->reading->count < m->chunk && rc == ERR_OK;
	     m->reading->count++) {
		struct order o;
		int read;

		arena_reset(&m->reading->arena);
		read = next_order(m, &o);
		if (read < 0)
			break;
		/* What was imported before is there, of course. */
		if (read == 0 || m->source.count <= m->done)
			continue;
		if (!note_all(m, &o))
			return err_set(err, ERR_NO_MEMORY, "", "no memory");
		rc = look_in_store(m, c, &o, err);
	}
	return rc;
}

static enum err_code
begin(struct store_conn *c, void *arg, struct err *err)
{
	struct import *m = arg;
	const struct app_view *app;
	enum err_code rc = app_list_read(c, m->inv->arena, &m->apps, err);

	if (rc != ERR_OK)
		return rc;
	app = app_list_find(&m->apps, str_from(m->app_id));
	m->unknown_app = app == NULL;
	if (app == NULL)
		return err_set(err, ERR_NOT_FOUND, "app", "no such app");
	m->app = app->record.no;
	return store_mark_get(c, m->mark, &m->done, err);
}

/* --- writing it --------------------------------------------------------------------- */

static bool
amend(struct chunk *c, struct order *o)
{
	struct amendment *a = ARENA_NEW(&c->arena, struct amendment);
	uint8_t entropy[ENTROPY_BYTES];

	random_bytes(entropy, sizeof(entropy));
	if (a == NULL ||
	    amendment_diff(&c->arena, NULL, o, entropy, a) != ERR_OK)
		return false;
	a->dialect = STR("procured");
	a->method = STR("order.import");
	amendment_seal(a);
	memcpy(o->last_hash, a->hash, sizeof(o->last_hash));
	c->orders[c->count] = o;
	c->amendments[c->count++] = a;
	return true;
}

/* Reads the next chunk of those that are not imported yet. */
static bool
prepare(struct import *m, struct chunk *c)
{
	int64_t now_ms = clock_now_ms(&clock_system);

	arena_reset(&c->arena);
	c->count = 0;
	c->is_last = false;
	while (c->count < m->chunk &&
	    c->arena.used_bytes < LIMIT_IMPORT_CHUNK_BYTES) {
		struct order *o = ARENA_NEW(&c->arena, struct order);
		int read = o == NULL ? 0 : next_order(m, o);

		c->upto = m->source.count;
		c->is_last = read < 0;
		if (c->is_last)
			return true;
		if (read == 0)
			return false;
		if (m->source.count <= m->done) {
			arena_reset(&c->arena);
			continue;
		}
		o->app = m->app;
		o->updated_ms = now_ms;
		if (o->created_ms == 0)
			o->created_ms = now_ms;
		if (o->id == 0)
			o->id = import_ids_next(&m->ids, now_ms);
		m->out_of_ids = o->id == 0;
		if (m->out_of_ids || !amend(c, o))
			return false;
	}
	return true;
}

static void *
prepare_thread(void *arg)
{
	struct import *m = arg;

	m->reading->is_good = prepare(m, m->reading);
	return NULL;
}

/* What write_chunk needs. */
struct writing {
	struct import *import;
	struct chunk *chunk;
};

static enum err_code
write_chunk(struct store_conn *c, void *arg, struct err *err)
{
	static enum store_order_write inserts[CHUNK];
	const struct writing *writing = arg;
	struct chunk *chunk = writing->chunk;
	struct store_write w = {
	    .orders = chunk->orders,
	    .order_writes = inserts,
	    .order_count = chunk->count,
	    .amendments = chunk->amendments,
	    .amendment_count = chunk->count,
	};
	int64_t app = writing->import->app;
	enum err_code rc = store_hold(c, &app, 1, err);

	if (rc != ERR_OK)
		return rc;
	for (size_t i = 0; i < chunk->count; i++) {
		inserts[i] = STORE_INSERT;
		chunk->amendments[i]->seq = store_next_seq(c, app);
		chunk->orders[i]->last_seq = chunk->amendments[i]->seq;
	}
	rc = store_write(c, &w, err);
	if (rc == ERR_OK)
		rc = store_stock_take_up(c, &chunk->arena, chunk->orders,
		    chunk->count, err);
	return rc == ERR_OK
	    ? store_mark_put(c, writing->import->mark, chunk->upto, err)
	    : rc;
}

/* --- all of it ------------------------------------------------------------------------ */

static int
tell_faults(struct import *m)
{
	struct invocation *inv = m->inv;

	if (m->faults > FAULTS_TOLD)
		buf_printf(&inv->err,
		    TR(inv->language, "… and %" PRId64 " more\n",
			"… 另有 %" PRId64 " 处\n"),
		    m->faults - FAULTS_TOLD);
	return fail(inv,
	    TR(inv->language, "%" PRId64 " faults in %s; nothing was imported",
		"%2$s 中有 %1$" PRId64 " 处错误;未导入任何订单"),
	    m->faults, m->path);
}

static int
look_at_all(struct import *m)
{
	struct invocation *inv = m->inv;
	struct err err = {.code = ERR_OK};

	do {
		enum err_code rc = backend_read(inv->backend, look_through, m,
		    &err);

		if (rc != ERR_OK)
			return fail_err(inv, rc, &err);
		if (!show_progress(inv, m->source.count, 0))
			return EXIT_FAILED;
	} while (m->reading->count == m->chunk);
	if (m->faults == 0 && has_doubles(m)) {
		m->source.line = 0;
		tell_fault(m, STR("id"),
		    "an id or a name is in the file twice");
	}
	return m->faults > 0 ? tell_faults(m) : EXIT_OK;
}

/* Writes a chunk while the next one is read, which is in m->reading then. */
static enum err_code
write_and_read(struct import *m, struct err *err)
{
	struct writing w = {m, m->reading};
	bool more = !w.chunk->is_last;
	enum err_code rc = ERR_OK;
	pthread_t thread;

	m->reading = w.chunk == &m->chunks[0] ? &m->chunks[1] : &m->chunks[0];
	m->reading->count = 0;
	m->reading->is_good = true;
	if (more)
		rc = import_ids_renew(&m->ids, err);
	if (rc != ERR_OK)
		return rc;
	if (more && pthread_create(&thread, NULL, prepare_thread, m) != 0)
		return err_set(err, ERR_USAGE, "", "no thread can be made");
	if (w.chunk->count > 0)
		rc = backend_change(m->inv->backend, write_chunk, &w, false,
		    err);
	if (more)
		(void)pthread_join(thread, NULL);
	return rc;
}

static int
tell_stopped(struct import *m)
{
	const struct invocation *inv = m->inv;

	if (!m->out_of_ids)
		return fail(m->inv, "%s changed while it was read", m->path);
	return fail(m->inv,
	    TR(inv->language,
		"the store took too long; run the same command again, it goes "
		"on where it ended",
		"存储响应过慢;请重新执行同一命令,将从中断处继续"));
}

static int
write_all(struct import *m)
{
	struct invocation *inv = m->inv;
	int64_t total = m->source.count, before = m->done;
	struct err err = {.code = ERR_OK};
	enum err_code opened = import_ids_open(&m->ids, inv->backend->store,
	    &err);

	if (opened != ERR_OK)
		return fail_err(inv, opened, &err);
	(void)read_heading(m);
	m->reading->is_good = prepare(m, m->reading);
	do {
		enum err_code rc;

		if (!m->reading->is_good)
			return tell_stopped(m);
		rc = write_and_read(m, &err);
		if (rc != ERR_OK)
			return fail_err(inv, rc, &err);
		if (!show_progress(inv, m->source.count, total))
			return EXIT_FAILED;
	} while (m->reading->count > 0 || !m->reading->is_good);
	say(inv,
	    TR(inv->language,
		"%" PRId64 " orders imported, %" PRId64 " were before\n",
		"已导入 %" PRId64 " 个订单,此前已有 %" PRId64 " 个\n"),
	    total - before, before);
	return EXIT_OK;
}

static int
import_source(struct import *m)
{
	struct err err = {.code = ERR_OK};
	uint8_t whole[DIGEST_BYTES_MAX];
	char hex[2 * 16 + 1];
	struct digest d;
	enum err_code rc;
	int code;

	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, str_from(m->app_id));
	digest_add(&d, STR("\0"));
	digest_add(&d, m->source.whole);
	(void)digest_end(&d, whole);
	digest_hex_lower(whole, 16, hex);
	(void)snprintf(m->mark, sizeof(m->mark), "import.%s", hex);
	rc = backend_read(m->inv->backend, begin, m, &err);
	if (m->unknown_app)
		return app_unknown(m->inv, &m->apps, m->app_id);
	if (rc != ERR_OK)
		return fail_err(m->inv, rc, &err);
	if (!read_heading(m))
		return tell_faults(m);
	code = look_at_all(m);
	if (code == EXIT_OK)
		code = write_all(m);
	import_ids_close(&m->ids);
	return code;
}

static int
import_file(struct import *m, int fd)
{
	struct stat st;
	void *p;
	int code;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return fail(m->inv,
		    TR(m->inv->language, "%s is empty, or no file",
			"%s 为空或不是文件"),
		    m->path);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return fail(m->inv, "%s: %s", m->path, strerror(errno));
	m->source.whole = (struct str){p, (size_t)st.st_size};
	m->reading = &m->chunks[0];
	for (int i = 0; i < 2; i++)
		arena_init(&m->chunks[i].arena, LIMIT_IMPORT_ARENA_BYTES);
	code = import_source(m);
	for (int i = 0; i < 2; i++)
		arena_fini(&m->chunks[i].arena);
	free(m->seen);
	(void)munmap(p, (size_t)st.st_size);
	return code;
}

int
order_import_run(struct invocation *inv)
{
	struct import *m = ARENA_NEW(inv->arena, struct import);
	struct err err = {.code = ERR_NO_MEMORY};
	int fd, code;

	if (m == NULL)
		return fail_err(inv, ERR_NO_MEMORY, &err);
	m->inv = inv;
	m->app_id = arg_option(inv, "app");
	m->path = path_from_cwd(inv, arg_word(inv, 0)).p;
	m->chunk = inv->backend->engine != NULL ? CHUNK_BESIDE : CHUNK;
	if (m->app_id == NULL)
		return misuse(inv,
		    TR(inv->language, "--app says whose orders they will be",
			"--app 指定订单所属应用"));
	if (!record_format_of(
		arg_option(inv, "format"), m->path, &m->source.format))
		return misuse(inv, "--format ndjson|csv");
	fd = open(m->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(inv,
		    TR(inv->language,
			"cannot read %s: %s; name a file that is there",
			"无法读取 %s:%s;请指定存在的文件"),
		    m->path, strerror(errno));
	code = import_file(m, fd);
	(void)close(fd);
	return code;
}
