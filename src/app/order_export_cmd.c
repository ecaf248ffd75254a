/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured order export: all orders of an app, or of all, into a file that is
 * there whole or not at all.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/app_records.h"
#include "app/data_dir.h"
#include "app/order_record.h"
#include "base/when.h"

#define CHUNK_BYTES (64 * 1024 * 1024) /* a page of LIMIT_PAGE long orders */

struct export
{
	struct invocation *inv;
	const char *app_id; /* NULL: all apps */
	enum record_format format;
	const char *path;
	char part[4096]; /* the file while it is written */
	int fd;
	struct arena page;
	struct app_list apps;
	int64_t app;
	int64_t after;
	int64_t written;
	bool at_end;
	bool unknown_app;
	struct buf text;
};

static enum err_code
read_apps(struct store_conn *c, void *arg, struct err *err)
{
	struct export *e = arg;
	const struct app_view *only;
	enum err_code rc = app_list_read(c, e->inv->arena, &e->apps, err);

	if (rc != ERR_OK || e->app_id == NULL)
		return rc;
	only = app_list_find(&e->apps, str_from(e->app_id));
	e->unknown_app = only == NULL;
	if (only == NULL)
		return err_set(err, ERR_NOT_FOUND, "app", "no such app");
	e->app = only->record.no;
	return ERR_OK;
}

static struct str
owner_of(const struct export *e, const struct order *order)
{
	for (size_t i = 0; i < e->apps.count; i++)
		if (e->apps.apps[i].record.no == order->app)
			return e->apps.apps[i].record.id;
	return STR("");
}

static enum err_code
print_page(struct store_conn *c, void *arg, struct err *err)
{
	struct export *e = arg;
	struct order *orders;
	size_t count;
	enum err_code rc;

	arena_reset(&e->page);
	buf_reset(&e->text);
	rc = store_orders(c, &e->page, e->app, e->after, LIMIT_PAGE, &orders,
	    &count, err);
	if (rc != ERR_OK)
		return rc;
	for (size_t i = 0; i < count; i++)
		record_print(e->format, &orders[i], owner_of(e, &orders[i]),
		    &e->text);
	e->written += (int64_t)count;
	e->at_end = count < LIMIT_PAGE;
	if (count > 0)
		e->after = orders[count - 1].id;
	return buf_failed(&e->text)
	    ? err_set(err, ERR_NO_MEMORY, "", "orders too large to print")
	    : ERR_OK;
}

/* False with errno. */
static bool
write_text(const struct export *e)
{
	struct str rest = buf_view(&e->text);

	while (rest.n > 0) {
		ssize_t n = write(e->fd, rest.p, rest.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		rest = str_sub(rest, (size_t)n, rest.n);
	}
	return true;
}

static int
write_all(struct export *e)
{
	struct err err = {.code = ERR_OK};

	record_print_heading(e->format, &e->text);
	if (!write_text(e))
		return fail(e->inv, "%s: %s", e->part, strerror(errno));
	while (!e->at_end) {
		enum err_code rc = backend_read(e->inv->backend, print_page, e,
		    &err);

		if (rc != ERR_OK)
			return fail_err(e->inv, rc, &err);
		if (!write_text(e))
			return fail(e->inv, "%s: %s", e->part, strerror(errno));
		if (!show_progress(e->inv, e->written, 0))
			return fail(e->inv, "%s",
			    TR(e->inv->language, "given up", "已中止"));
	}
	if (fsync(e->fd) != 0 || rename(e->part, e->path) != 0 ||
	    !sync_parent(e->path))
		return fail(e->inv, "%s: %s", e->path, strerror(errno));
	say(e->inv,
	    TR(e->inv->language, "%s: %lld orders\n", "%s:%lld 个订单\n"),
	    e->path, (long long)e->written);
	return EXIT_OK;
}

int
order_export_run(struct invocation *inv)
{
	struct export e = {
	    .inv = inv, .app_id = arg_option(inv, "app"), .fd = -1};
	struct err err = {.code = ERR_OK};
	enum err_code rc;
	int code;

	e.path = path_from_cwd(inv, arg_word(inv, 0)).p;
	if (!record_format_of(arg_option(inv, "format"), e.path, &e.format))
		return misuse(inv, "--format ndjson|csv");
	rc = backend_read(inv->backend, read_apps, &e, &err);
	if (e.unknown_app)
		return app_unknown(inv, &e.apps, e.app_id);
	if (rc != ERR_OK)
		return fail_err(inv, rc, &err);
	(void)snprintf(e.part, sizeof(e.part), "%s.part", e.path);
	e.fd = open(e.part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (e.fd < 0)
		return fail(inv, "%s: %s", e.part, strerror(errno));
	arena_init(&e.page, LIMIT_COMMAND_ARENA_BYTES);
	buf_init(&e.text, NULL, CHUNK_BYTES);
	code = write_all(&e);
	buf_fini(&e.text);
	arena_fini(&e.page);
	(void)close(e.fd);
	if (code != EXIT_OK)
		(void)unlink(e.part);
	return code;
}
