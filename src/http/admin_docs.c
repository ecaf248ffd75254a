/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference in the browser: files that are linked in, the document they are
 * drawn from, and what a demo adds. All of it is ours, so a browser is told to
 * load nothing else and to run no script that is not a file of it.
 */
#include "http/admin_impl.h"

#include "http/asset.h"
#include "http/openapi.h"

#include <assert.h>
#include <stdio.h>

/* "127.0.0.1:" of "127.0.0.1:0", and the port that was bound. */
static void
put_server_url(const struct server *s, char *out, size_t bytes)
{
	struct str host = s->config.listen;

	while (host.n > 0 && host.p[host.n - 1] != ':')
		host.n--;
	(void)snprintf(out, bytes, "http://%.*s%d", STR_ARG(host),
	    s->front_port);
}

void
admin_answer_openapi(struct server *s, struct str path, struct admin_reply *out)
{
	char url[320];
	struct openapi_options options = {
	    .version = s->config.version != NULL ? s->config.version : ""};

	(void)path;
	put_server_url(s, url, sizeof(url));
	options.server = str_from(url);
	out->status = 200;
	out->content_type = "application/json";
	if (openapi_print(&options, &out->body) != ERR_OK) {
		buf_reset(&out->body);
		admin_say(out, 500, "out_of_memory");
	}
}

void
admin_redirect_docs(struct server *s, struct str path, struct admin_reply *out)
{
	(void)s;
	(void)path;
	admin_say(out, 301, "moved");
	out->location = "/docs/";
}

static void
answer_config(const struct server *s, struct admin_reply *out)
{
	struct str demo = s->config.docs_demo;

	out->status = 200;
	out->content_type = "application/json";
	buf_str(&out->body, STR("{\"demo\":"));
	buf_str(&out->body, str_is_null(demo) ? STR("null") : demo);
	buf_str(&out->body, STR("}\n"));
}

void
admin_answer_docs(struct server *s, struct str path, struct admin_reply *out)
{
	struct str name = str_sub(path, strlen("/docs/"), SIZE_MAX);
	const struct asset *a = page_assets;

	if (str_eq(name, STR("config.json"))) {
		answer_config(s, out);
		return;
	}
	if (name.n == 0)
		name = STR("index.html");
	while (a->name != NULL && !str_eq(str_from(a->name), name))
		a++;
	if (a->name == NULL) {
		admin_say(out, 404, "no_such_path");
		return;
	}
	out->status = 200;
	out->content_type = a->content_type;
	out->is_page = true;
	buf_add(&out->body, a->bytes, a->count);
}
