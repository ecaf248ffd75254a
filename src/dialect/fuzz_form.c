/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the form reader. The first byte picks the format and how small the
 * arena is; of multipart, the first line is the content type.
 *
 *   1. What was read, written again in full and read again is the same list.
 *   2. No name and no value but a file's holds a NUL, and the list is bounded.
 */
#include "dialect/form.h"

#include "base/buf.h"
#include "base/limits.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES ((size_t)8 * 1024 * 1024)
/* No input of a sane length holds it by chance, and others are left out. */
#define BOUNDARY "0123456789abcdef-again"

static void
check_fields(const struct form *f)
{
	assert(f->count <= LIMIT_FORM_FIELDS);
	for (size_t i = 0; i < f->count; i++) {
		const struct form_field *field = &f->fields[i];

		assert(field->name.p != NULL);
		assert(field->value.p != NULL);
		assert(memchr(field->name.p, 0, field->name.n) == NULL);
		if (field->is_file)
			continue;
		assert(memchr(field->value.p, 0, field->value.n) == NULL);
		assert(!str_is_null(form_find(f, field->name)));
	}
	(void)form_find_duplicate(f);
}

static void
check_equal(const struct form *a, const struct form *b)
{
	assert(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert(str_eq(a->fields[i].name, b->fields[i].name));
		assert(str_eq(a->fields[i].value, b->fields[i].value));
		assert(a->fields[i].is_file == b->fields[i].is_file);
	}
}

static void
write_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_printf(b, i % 2 ? "%%%02x" : "%%%02X",
		    (unsigned char)s.p[i]);
}

static void
check_pairs_again(const struct form *f, struct arena *a)
{
	struct form again;
	struct buf b;

	buf_init(&b, a, ARENA_BYTES);
	for (size_t i = 0; i < f->count; i++) {
		write_escaped(&b, f->fields[i].name);
		buf_char(&b, '=');
		write_escaped(&b, f->fields[i].value);
		buf_char(&b, '&');
	}
	form_init(&again, a);
	assert(form_read_pairs(&again, buf_view(&b), NULL) == ERR_OK);
	check_equal(f, &again);
}

static void
write_part(struct buf *b, const struct form_field *field)
{
	buf_str(b,
	    STR("--" BOUNDARY "\r\n"
		"Content-Disposition:form-data;name=\""));
	for (size_t i = 0; i < field->name.n; i++) {
		if (field->name.p[i] == '"' || field->name.p[i] == '\\')
			buf_char(b, '\\');
		buf_char(b, field->name.p[i]);
	}
	buf_str(b,
	    field->is_file ? STR("\";filename=x\r\n\r\n") : STR("\"\r\n\r\n"));
	buf_str(b, field->value);
	buf_str(b, STR("\r\n"));
}

static void
check_multipart_again(const struct form *f, struct arena *a)
{
	struct form again;
	struct buf b;

	buf_init(&b, a, ARENA_BYTES);
	for (size_t i = 0; i < f->count; i++)
		write_part(&b, &f->fields[i]);
	buf_str(&b, STR("--" BOUNDARY "--"));
	form_init(&again, a);
	assert(form_read_multipart(&again,
		   STR("multipart/form-data;boundary=\"" BOUNDARY "\""),
		   buf_view(&b), NULL) == ERR_OK);
	check_equal(f, &again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data + 1, size - 1};
	struct arena arena, own;
	struct str type;
	struct form f;
	enum err_code rc;
	bool is_multipart;

	if (size == 0 ||
	    memmem(data, size, BOUNDARY, sizeof(BOUNDARY) - 1) != NULL)
		return 0;
	is_multipart = (data[0] & 1) != 0;
	arena_init(&own, ARENA_BYTES);
	arena_init(&arena, data[0] & 2 ? (size_t)data[0] * 16 : ARENA_BYTES);
	form_init(&f, &arena);
	if (is_multipart) {
		type = str_cut(&text, '\n');
		rc = form_read_multipart(&f, type, text, NULL);
	} else {
		rc = form_read_pairs(&f, text, NULL);
	}
	assert(rc == ERR_OK || rc == ERR_BAD_BODY ||
	    (rc == ERR_NO_MEMORY && arena_failed(&arena)));
	check_fields(&f);
	if (rc == ERR_OK && is_multipart)
		check_multipart_again(&f, &own);
	else if (rc == ERR_OK)
		check_pairs_again(&f, &own);
	arena_fini(&arena);
	arena_fini(&own);
	return 0;
}
