/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Laying out tables. Text comes from clients too: what a terminal would take
 * for a command is printed as a blank.
 */
#include <assert.h>

#include "app/table.h"

#define GAP 2
#define FIRST_CELLS 64

void
table_init(struct table *t, struct arena *a, size_t columns)
{
	assert(columns > 0);
	assert(columns <= TABLE_COLUMNS_MAX);
	*t = (struct table){.arena = a, .columns = columns};
}

void
table_cell(struct table *t, struct str text)
{
	if (t->used == t->room) {
		size_t room = t->room > 0 ? 2 * t->room : FIRST_CELLS;
		struct str *cells = arena_grow(t->arena, t->cells,
		    t->room * sizeof(*cells), room * sizeof(*cells));

		if (cells == NULL)
			return;
		t->cells = cells;
		t->room = room;
	}
	t->cells[t->used++] = text;
}

/* Columns a terminal gives to a character that takes `bytes` in UTF-8: three
 * bytes and more are, but for some signs, East Asian and wide. */
static size_t
width_of(size_t bytes)
{
	return bytes >= 3 ? 2 : 1;
}

static size_t
text_width(struct str text)
{
	size_t width = 0;

	while (text.n > 0) {
		size_t n = str_utf8_length(text);

		width += width_of(n);
		text = str_sub(text, n > 0 ? n : 1, text.n);
	}
	return width;
}

static void
print_text(struct buf *out, struct str text)
{
	while (text.n > 0) {
		size_t n = str_utf8_length(text);

		if (n == 0 || (unsigned char)text.p[0] < ' ' ||
		    text.p[0] == 0x7F)
			buf_char(out, ' ');
		else
			buf_add(out, text.p, n);
		text = str_sub(text, n > 0 ? n : 1, text.n);
	}
}

void
table_print(const struct table *t, struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0};

	assert(arena_failed(t->arena) || t->used % t->columns == 0);
	for (size_t i = 0; i < t->used; i++) {
		size_t width = text_width(t->cells[i]);
		size_t *widest = &widths[i % t->columns];

		if (width > *widest)
			*widest = width;
	}
	for (size_t i = 0; i < t->used; i++) {
		size_t column = i % t->columns;
		size_t pad = widths[column] + GAP - text_width(t->cells[i]);

		print_text(out, t->cells[i]);
		if (column + 1 == t->columns) {
			buf_char(out, '\n');
			continue;
		}
		while (pad-- > 0)
			buf_char(out, ' ');
	}
}
