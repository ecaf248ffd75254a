/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs of a command line as JSON and as a form.
 */
#include "dialect/client.h"

#include "base/json.h"
#include "base/limits.h"

#include <assert.h>

static void
put_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~';

		if (plain)
			buf_char(b, c);
		else
			buf_printf(b, "%%%02X", (unsigned char)c);
	}
}

void
client_put_pair(struct buf *b, struct str name, struct str value)
{
	assert(b != NULL);
	if (b->n > 0 && b->p[b->n - 1] != '?')
		buf_char(b, '&');
	put_escaped(b, name);
	buf_char(b, '=');
	put_escaped(b, value);
}

struct str
client_pairs(struct arena *a, const struct call_words *w)
{
	struct buf b;

	buf_init(&b, a, 4 * (size_t)LIMIT_BODY_BYTES);
	for (size_t i = 0; i < w->pair_count; i++)
		client_put_pair(&b, w->pairs[i].name, w->pairs[i].value);
	return buf_failed(&b) ? STR_NONE : buf_view(&b);
}

struct str
client_object(struct arena *a, const struct call_words *w)
{
	struct json_out json;
	struct buf b;

	buf_init(&b, a, 4 * (size_t)LIMIT_BODY_BYTES);
	json_out_init(&json, &b);
	json_open(&json, '{');
	for (size_t i = 0; i < w->pair_count; i++) {
		const struct call_pair *p = &w->pairs[i];
		struct str name = arena_dup(a, p->name);

		if (str_is_null(name))
			return STR_NONE;
		json_key(&json, name.p);
		if (p->is_json)
			json_put_raw(&json, p->value);
		else
			json_put_str(&json, p->value);
	}
	json_close(&json, '}');
	return buf_failed(&b) ? STR_NONE : buf_view(&b);
}
