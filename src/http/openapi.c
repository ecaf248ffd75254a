/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document: its head, a path for each path of a dialect, and what they
 * refer to. One path may have several calls, by HTTP method; where a dialect
 * tells its calls apart by a parameter, each has a path of its own with the
 * call's name behind '#', which no client sends.
 */
#include "base/limits.h"
#include "http/openapi_impl.h"

#include <assert.h>
#include <string.h>

#define DIALECTS_MAX 16

static void
put_info(struct openapi *d)
{
	json_key(&d->out, "info");
	json_open(&d->out, '{');
	openapi_put_text(d, "title", "procured");
	openapi_put_text(d, "version", d->options->version);
	openapi_put_texts(d, "description",
	    "Purchase orders, changed safely through four APIs: one order, "
	    "four dialects. Written from the tables that decode the requests.",
	    "采购订单服务：四种接口，同一份订单。本文档由解码请求的表生成。");
	json_key(&d->out, "license");
	json_open(&d->out, '{');
	openapi_put_text(d, "name", "Apache-2.0");
	openapi_put_text(d, "identifier", "Apache-2.0");
	json_close(&d->out, '}');
	json_close(&d->out, '}');
	json_key(&d->out, "servers");
	json_open(&d->out, '[');
	json_open(&d->out, '{');
	json_key(&d->out, "url");
	json_put_str(&d->out, d->options->server);
	json_close(&d->out, '}');
	json_close(&d->out, ']');
}

static void
put_about(struct openapi *d, const struct dialect_about *about)
{
	struct str en = arena_printf(d->arena,
	    "%s, %s. Signature: %s Answers: %s", about->title_en, about->route,
	    about->signature_en, about->answer_en);
	struct str zh = arena_printf(d->arena, "%s，%s。签名：%s应答：%s",
	    about->title_zh, about->route, about->signature_zh,
	    about->answer_zh);

	openapi_put_texts(d, "description", en.p, zh.p);
}

static void
put_tags(struct openapi *d)
{
	json_key(&d->out, "tags");
	json_open(&d->out, '[');
	for (size_t i = 0; dialects[i] != NULL; i++) {
		json_open(&d->out, '{');
		openapi_put_text(d, "name", dialects[i]->name);
		put_about(d, dialects[i]->about);
		json_close(&d->out, '}');
	}
	json_close(&d->out, ']');
}

static bool
is_first_of_path(const struct dialect_spec *spec, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(spec->calls[k].path, spec->calls[i].path) == 0)
			return false;
	}
	return true;
}

static void
put_paths_of(struct openapi *d, const struct dialect *dialect,
    const struct dialect_spec *spec)
{
	for (size_t i = 0; i < spec->call_count; i++) {
		const char *path = spec->calls[i].path;

		if (!is_first_of_path(spec, i))
			continue;
		json_key(&d->out, path);
		json_open(&d->out, '{');
		for (size_t k = i; k < spec->call_count; k++)
			if (strcmp(spec->calls[k].path, path) == 0)
				openapi_put_call(d, dialect, spec,
				    &spec->calls[k]);
		json_close(&d->out, '}');
	}
}

static void
put_security_schemes(struct openapi *d, const struct dialect *dialect,
    const struct dialect_spec *spec)
{
	for (size_t i = 0; i < spec->key_count; i++) {
		const struct spec_key *key = &spec->keys[i];
		struct str name = arena_printf(d->arena, "%s.%s", dialect->name,
		    key->name);

		json_key(&d->out, str_is_null(name) ? "" : name.p);
		json_open(&d->out, '{');
		openapi_put_text(d, "type", "apiKey");
		openapi_put_text(d, "in", openapi_place(key->place));
		openapi_put_text(d, "name", key->name);
		openapi_put_texts(d, "description", key->en, key->zh);
		json_close(&d->out, '}');
	}
}

/* Writing one may refer to more of them. */
static void
put_components(struct openapi *d, const struct dialect_spec *specs)
{
	json_key(&d->out, "components");
	json_open(&d->out, '{');
	json_key(&d->out, "securitySchemes");
	json_open(&d->out, '{');
	for (size_t i = 0; dialects[i] != NULL; i++)
		put_security_schemes(d, dialects[i], &specs[i]);
	json_close(&d->out, '}');
	json_key(&d->out, "schemas");
	json_open(&d->out, '{');
	for (size_t i = 0; i < d->component_count; i++) {
		json_key(&d->out, d->components[i]->component);
		openapi_put_whole_schema(d, d->components[i]);
	}
	json_close(&d->out, '}');
	json_close(&d->out, '}');
}

enum err_code
openapi_print(const struct openapi_options *options, struct buf *out)
{
	struct dialect_spec specs[DIALECTS_MAX];
	struct arena arena;
	struct openapi d = {.arena = &arena, .options = options};
	bool failed;

	assert(options != NULL);
	assert(options->version != NULL);
	arena_init(&arena, LIMIT_OPENAPI_ARENA_BYTES);
	json_out_init(&d.out, out);
	for (size_t i = 0; dialects[i] != NULL; i++) {
		assert(i < DIALECTS_MAX);
		dialects[i]->describe(&arena, &specs[i]);
	}
	json_open(&d.out, '{');
	openapi_put_text(&d, "openapi", "3.1.0");
	put_info(&d);
	put_tags(&d);
	json_key(&d.out, "paths");
	json_open(&d.out, '{');
	for (size_t i = 0; dialects[i] != NULL; i++)
		put_paths_of(&d, dialects[i], &specs[i]);
	json_close(&d.out, '}');
	put_components(&d, specs);
	json_close(&d.out, '}');
	buf_char(out, '\n');
	failed = arena_failed(&arena) || buf_failed(out);
	arena_fini(&arena);
	if (failed)
		return ERR_NO_MEMORY;
	return ERR_OK;
}
