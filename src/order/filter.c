/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of lists, and cursors as text: "<sort><direction>" as a letter, then
 * key and id in hexadecimal, so that nobody is tempted to count with them.
 */
#include "order/filter.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"

/* The letter of a cursor: two of them for each sort. */
#define FIRST_LETTER 'a'

void
order_filter_init(struct order_filter *f, int64_t page_size)
{
	assert(f != NULL);
	assert(page_size >= 1 && page_size <= LIMIT_ORDER_PAGE);
	*f = (struct order_filter){
	    .statuses = ORDER_ANY,
	    .sort = SORT_CREATED,
	    .descending = true,
	    .page_size = page_size,
	};
}

static bool
lies_between(int64_t at_ms, int64_t from_ms, int64_t to_ms)
{
	return at_ms >= from_ms && (to_ms == 0 || at_ms < to_ms);
}

bool
order_filter_fits(const struct order_filter *f, const struct order *o)
{
	assert(f != NULL);
	assert(o != NULL);
	if ((f->statuses & BIT(o->status)) == 0)
		return false;
	if (!str_is_null(f->user) && !str_eq(f->user, o->user))
		return false;
	if (!str_is_null(f->platform) && !str_eq(f->platform, o->platform))
		return false;
	return lies_between(
		   o->created_ms, f->created_from_ms, f->created_to_ms) &&
	    lies_between(o->updated_ms, f->updated_from_ms, f->updated_to_ms);
}

bool
order_filter_is_by_state(const struct order_filter *f)
{
	assert(f != NULL);
	return f->names == NULL && str_is_null(f->user) &&
	    str_is_null(f->platform) && f->created_from_ms == 0 &&
	    f->created_to_ms == 0 && f->updated_from_ms == 0 &&
	    f->updated_to_ms == 0;
}

int64_t
order_list_price(const struct order *o)
{
	assert(o != NULL);
	return o->line_count == 1 ? o->lines[0].price_e4 : -1;
}

static char
letter(enum order_sort sort, bool descending)
{
	return (char)(FIRST_LETTER + 2 * (int)sort + descending);
}

void
order_cursor_print(const struct order_cursor *c, char out[ORDER_CURSOR_BYTES])
{
	assert(c != NULL);
	assert((unsigned)c->sort < SORT__COUNT);
	/* The key may be -1: shifted, it never is. */
	(void)snprintf(out, ORDER_CURSOR_BYTES, "%c%" PRIx64 "z%" PRIx64,
	    letter(c->sort, c->descending), (uint64_t)c->key + 1,
	    (uint64_t)c->id);
}

/* Lower-case hex without zeros before, as it was printed. */
static bool
parse_hex(struct str s, uint64_t *out)
{
	*out = 0;
	if (s.n < 1 || s.n > 16 || (s.p[0] == '0' && s.n > 1))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*out = *out << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	return *out <= INT64_MAX;
}

bool
order_cursor_parse(struct str text, enum order_sort sort, bool descending,
    struct order_cursor *out)
{
	struct str rest = str_sub(text, 1, SIZE_MAX);
	uint64_t key, id;
	struct str first;

	assert(out != NULL);
	*out = (struct order_cursor){.sort = sort, .descending = descending};
	if (text.n < 1 || text.p[0] != letter(sort, descending))
		return false;
	first = str_cut(&rest, 'z');
	if (str_is_null(rest) || !parse_hex(first, &key) ||
	    !parse_hex(rest, &id))
		return false;
	out->key = (int64_t)key - 1;
	out->id = (int64_t)id;
	return true;
}
