/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An amendment's row. Its changes are one column of JSON, see row.h.
 */
#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/limits.h"
#include "store/row.h"

#define CHANGE_PARTS 3		/* field, before, after */
#define CHANGE_PARTS_PERSONAL 5 /* and both salts */

static enum err_code
damaged(struct err *err, const struct amendment *m)
{
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "amendment %lld of order %lld cannot be read", (long long)m->seq,
	    (long long)m->order);
}

static enum err_code
no_memory(struct err *err, const struct amendment *m)
{
	return err_set(err, ERR_NO_MEMORY, NULL,
	    "amendment %lld of order %lld: no room for it", (long long)m->seq,
	    (long long)m->order);
}

/* --- out of an amendment --------------------------------------------------- */

static void
write_hex(struct json_out *json, const void *bytes, size_t n)
{
	char hex[2 * AMENDMENT_HASH_BYTES + 1];

	assert(n <= AMENDMENT_HASH_BYTES);
	digest_hex_lower(bytes, n, hex);
	json_put_str(json, (struct str){hex, 2 * n});
}

static void
write_value(struct json_out *json, struct str value, bool erased)
{
	if (!erased) {
		json_put_str(json, value);
		return;
	}
	assert(value.n == AMENDMENT_HASH_BYTES);
	json_open(json, '[');
	write_hex(json, value.p, value.n);
	json_close(json, ']');
}

/* A value that is absent or erased has none. */
static void
write_salt(struct json_out *json, const uint8_t salt[AMENDMENT_SALT_BYTES],
    struct str value, bool erased)
{
	if (str_is_null(value) || erased)
		json_put_null(json);
	else
		write_hex(json, salt, AMENDMENT_SALT_BYTES);
}

static void
write_change(struct json_out *json, const struct amendment_change *c)
{
	json_open(json, '[');
	json_put_str(json, c->field);
	write_value(json, c->from, c->erased_from);
	write_value(json, c->to, c->erased_to);
	if (c->personal) {
		write_salt(json, c->salt_from, c->from, c->erased_from);
		write_salt(json, c->salt_to, c->to, c->erased_to);
	}
	json_close(json, ']');
}

enum err_code
amendment_row_values(const struct amendment *m, struct row_text *t,
    struct sql_value out[AMENDMENT_ROW_COLUMNS], struct err *err)
{
	struct str hash = {(const char *)m->hash, sizeof(m->hash)};
	struct json_out json;

	assert(m->seq > 0);
	assert(m->order > 0);
	assert(m->version >= 1);
	buf_reset(&t->changes);
	json_out_init(&json, &t->changes);
	json_open(&json, '[');
	for (size_t i = 0; i < m->change_count; i++)
		write_change(&json, &m->changes[i]);
	json_close(&json, ']');
	if (buf_failed(&t->changes))
		return no_memory(err, m);
	out[0] = sql_int(m->seq);
	out[1] = sql_int(m->app);
	out[2] = sql_int(m->order);
	out[3] = sql_int(m->prev_seq);
	out[4] = sql_int(m->version);
	out[5] = sql_int(m->at_ms);
	out[6] = sql_text(m->dialect);
	out[7] = sql_text(m->method);
	out[8] = sql_text(m->request_id);
	out[9] = sql_text(m->trace_id);
	out[10] = sql_text(m->note);
	out[11] = sql_text(buf_view(&t->changes));
	out[12] = sql_bytes(hash);
	return ERR_OK;
}

/* --- into an amendment ------------------------------------------------------ */

static bool
read_salt(const json_t *v, uint8_t salt[AMENDMENT_SALT_BYTES])
{
	if (json_is_null(v))
		return true;
	return json_is_string(v) &&
	    digest_hex_parse(json_text(v), salt, AMENDMENT_SALT_BYTES);
}

static bool
read_erased(const json_t *v, struct arena *a, struct str *out)
{
	struct str hex = json_text(json_array_get(v, 0));
	uint8_t hash[AMENDMENT_HASH_BYTES];

	if (json_array_size(v) != 1 || str_is_null(hex) ||
	    !digest_hex_parse(hex, hash, sizeof(hash)))
		return false;
	*out = arena_dup(a, (struct str){(char *)hash, sizeof(hash)});
	return true;
}

static bool
read_value(const json_t *v, struct arena *a, struct str *out, bool *erased)
{
	*erased = json_is_array(v);
	if (*erased)
		return read_erased(v, a, out);
	*out = json_text(v);
	return json_is_null(v) || json_is_string(v);
}

static bool
read_change(const json_t *v, struct arena *a, struct amendment_change *c)
{
	size_t parts = json_array_size(v);

	c->personal = parts == CHANGE_PARTS_PERSONAL;
	if (parts != CHANGE_PARTS && !c->personal)
		return false;
	c->field = json_text(json_array_get(v, 0));
	if (str_is_null(c->field))
		return false;
	if (!read_value(json_array_get(v, 1), a, &c->from, &c->erased_from) ||
	    !read_value(json_array_get(v, 2), a, &c->to, &c->erased_to))
		return false;
	return !c->personal ||
	    (read_salt(json_array_get(v, 3), c->salt_from) &&
		read_salt(json_array_get(v, 4), c->salt_to));
}

static enum err_code
read_changes(struct amendment *m, struct arena *a, struct str text,
    struct err *err)
{
	struct amendment_change *changes;
	json_t *tree;
	enum err_code code = json_read(a, text, JSON_READ_EXACT, &tree, NULL);
	size_t count;

	if (code == ERR_NO_MEMORY)
		return no_memory(err, m);
	if (code != ERR_OK || !json_is_array(tree))
		return damaged(err, m);
	count = json_array_size(tree);
	changes = ARENA_ARRAY(a, count, struct amendment_change);
	if (changes == NULL)
		return no_memory(err, m);
	for (size_t i = 0; i < count; i++) {
		if (!read_change(json_array_get(tree, i), a, &changes[i]))
			return damaged(err, m);
	}
	m->changes = changes;
	m->change_count = count;
	return ERR_OK;
}

/* The hash of the amendment before; there is none before an order's first. */
static enum err_code
read_hashes(struct sql_cursor *c, struct amendment *m, struct err *err)
{
	struct str hash = sql_get_str(c, 12);
	struct str before = sql_get_str(c, 13);

	if (hash.n != AMENDMENT_HASH_BYTES)
		return damaged(err, m);
	memcpy(m->hash, hash.p, AMENDMENT_HASH_BYTES);
	if (before.n == AMENDMENT_HASH_BYTES) {
		memcpy(m->prev_hash, before.p, AMENDMENT_HASH_BYTES);
		return ERR_OK;
	}
	if (m->prev_seq == 0)
		return ERR_OK;
	return err_set(err, ERR_STORE_FAILED, NULL,
	    "amendment %lld of order %lld: amendment %lld before it is not"
	    " there",
	    (long long)m->seq, (long long)m->order, (long long)m->prev_seq);
}

enum err_code
amendment_row_read(struct sql_cursor *c, struct arena *a, struct amendment *out,
    struct err *err)
{
	enum err_code code;

	*out = (struct amendment){
	    .seq = sql_get_int(c, 0),
	    .app = sql_get_int(c, 1),
	    .order = sql_get_int(c, 2),
	    .prev_seq = sql_get_int(c, 3),
	    .version = sql_get_int(c, 4),
	    .at_ms = sql_get_int(c, 5),
	    .dialect = arena_dup(a, sql_get_str(c, 6)),
	    .method = arena_dup(a, sql_get_str(c, 7)),
	    .request_id = arena_dup(a, sql_get_str(c, 8)),
	    .trace_id = arena_dup(a, sql_get_str(c, 9)),
	    .note = arena_dup(a, sql_get_str(c, 10)),
	};
	if (out->version < 1 || out->version > LIMIT_COUNTED || out->seq < 1 ||
	    out->prev_seq < 0)
		return damaged(err, out);
	code = read_hashes(c, out, err);
	if (code != ERR_OK)
		return code;
	code = read_changes(out, a, sql_get_str(c, 11), err);
	if (code == ERR_OK && arena_failed(a))
		return no_memory(err, out);
	return code;
}
