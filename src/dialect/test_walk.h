/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of field tables: decoding a body with a table, and a walk over its
 * rows that sends each one its bounds, what lies beyond them, other JSON types
 * and null. Every dialect's tables are walked by a test beside them.
 */
#ifndef DIALECT_TEST_WALK_H
#define DIALECT_TEST_WALK_H

#include "base/money.h"
#include "dialect/fields.h"
#include "tests/check.h"

/* What a body was decoded into. */
struct walk {
	struct arena arena;
	struct change change;
	struct line line;
	struct outcome outcome;
};

static inline void
walk_init(struct walk *w)
{
	arena_init(&w->arena, (size_t)64 * 1024 * 1024);
}

static inline void
walk_fini(struct walk *w)
{
	arena_fini(&w->arena);
}

/* Decodes a body; what comes of it is in *w. */
static inline uint64_t
walk_decode_with(struct walk *w, const struct wire_table *t, const char *prefix,
    struct str body)
{
	struct wire_sink sink = {.arena = &w->arena,
	    .prefix = prefix,
	    .change = &w->change,
	    .line = &w->line,
	    .outcome = &w->outcome};
	struct err err;
	json_t *tree;

	memset(&w->change, 0, sizeof(w->change));
	memset(&w->line, 0, sizeof(w->line));
	memset(&w->outcome, 0, sizeof(w->outcome));
	check_err(
	    json_read(&w->arena, body, JSON_READ_NUMBERS_AS_REAL, &tree, &err),
	    ERR_OK);
	return fields_decode(t, tree, &sink);
}

static inline uint64_t
walk_decode(struct walk *w, const struct wire_table *t, const char *body)
{
	return walk_decode_with(w, t, NULL, str_from(body));
}

/* The rule that the row's value breaks, alone in a body. */
static inline enum rule
walk_rule_of(struct walk *w, const struct wire_table *t,
    const struct wire_field *row, struct str value)
{
	struct str body = arena_printf(&w->arena, "{\"%s\":%.*s}", row->name,
	    STR_ARG(value));

	(void)walk_decode_with(w, t, NULL, body);
	for (size_t i = 0; i < w->outcome.fault_count; i++) {
		const struct fault *f = &w->outcome.faults[i];

		assert_non_null(f->text);
		if (str_eq(f->wire, str_from(row->name)))
			return f->rule;
	}
	return RULE_NONE;
}

static inline void
walk_expect(struct walk *w, const struct wire_table *t,
    const struct wire_field *row, struct str value, bool taken)
{
	enum rule rule = walk_rule_of(w, t, row, value);

	if ((rule == RULE_NONE) == taken)
		return;
	print_error("%s: %.*s gives rule %d\n", row->name, STR_ARG(value),
	    rule);
	fail();
}

/* A JSON string of n code points that has the row's form where it can. */
static inline struct str
walk_text_of(struct walk *w, const struct wire_field *row, int64_t n)
{
	const char *start = row->form == wire_is_mobile ? "1"
	    : row->form == wire_is_url			? "http://"
							: "";
	const char *more = row->form == wire_is_mobile ? "3"
	    : row->form == wire_is_url		       ? "a"
						       : "国";
	struct buf b;

	buf_init(&b, &w->arena, 64 * 1024);
	buf_char(&b, '"');
	for (int64_t i = 0; i < n; i++) {
		size_t at = (size_t)i;

		if (at < strlen(start))
			buf_char(&b, start[at]);
		else
			buf_str(&b, str_from(more));
	}
	buf_char(&b, '"');
	return buf_view(&b);
}

static inline struct str
walk_number_of(struct walk *w, const struct wire_field *row, int64_t value)
{
	struct buf b;

	buf_init(&b, &w->arena, 64);
	if (row->kind == WIRE_PRICE)
		money_print(&b, value, MONEY_E4_DECIMALS);
	else
		buf_int(&b, value);
	return buf_view(&b);
}

static inline void
walk_text(struct walk *w, const struct wire_table *t,
    const struct wire_field *row)
{
	int64_t least = row->form == wire_is_url ? 8 : row->min;

	if (least > 0)
		walk_expect(w, t, row, walk_text_of(w, row, least - 1), false);
	walk_expect(w, t, row, walk_text_of(w, row, least), true);
	walk_expect(w, t, row, walk_text_of(w, row, row->max), true);
	walk_expect(w, t, row, walk_text_of(w, row, row->max + 1), false);
	walk_expect(w, t, row, STR("2"), false);
}

static inline void
walk_number(struct walk *w, const struct wire_table *t,
    const struct wire_field *row)
{
	/* One unit of the last decimal a client may write. */
	int64_t unit = row->kind == WIRE_PRICE ? 100 : 1;

	assert_true(row->kind == WIRE_INT || row->decimals == 2);
	walk_expect(w, t, row, walk_number_of(w, row, row->min - 1), false);
	walk_expect(w, t, row, walk_number_of(w, row, unit), true);
	walk_expect(w, t, row, walk_number_of(w, row, row->max), true);
	walk_expect(w, t, row, walk_number_of(w, row, row->max + unit), false);
	walk_expect(w, t, row, STR("-1"), false);
	walk_expect(w, t, row, STR("0.001"), false);
	walk_expect(w, t, row, STR("1e300"), false);
	walk_expect(w, t, row, STR("1e0"), true);
	walk_expect(w, t, row, STR("2.0"), true);
	walk_expect(w, t, row, STR("99999999999999999999999999"), false);
	walk_expect(w, t, row, STR("\"2\""), t->takes_text_numbers);
}

static inline void
walk_choice(struct walk *w, const struct wire_table *t,
    const struct wire_field *row)
{
	struct str rest = str_from(row->choices);

	while (!str_is_null(rest)) {
		struct str word = str_cut(&rest, '|');

		walk_expect(w, t, row,
		    arena_printf(&w->arena, "\"%.*s\"", STR_ARG(word)), true);
		walk_expect(w, t, row,
		    arena_printf(&w->arena, "\"%.*sx\"", STR_ARG(word)), false);
	}
	walk_expect(w, t, row, STR("\"\""), false);
	walk_expect(w, t, row, STR("1"), false);
}

static inline void
walk_row(struct walk *w, const struct wire_table *t,
    const struct wire_field *row)
{
	static const char *const others[] = {"true", "[]", "{}", "[1]"};

	if (row->kind == WIRE_ANY)
		return;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		walk_expect(w, t, row, str_from(others[i]), false);
	walk_expect(w, t, row, STR("null"), row->nullable);
	switch (row->kind) {
	case WIRE_TEXT:
		walk_text(w, t, row);
		break;
	case WIRE_CHOICE:
		walk_choice(w, t, row);
		break;
	case WIRE_INT:
	case WIRE_PRICE:
		walk_number(w, t, row);
		break;
	case WIRE_ANY:
		break;
	case WIRE_READ_ONLY:
		assert_int_equal(walk_rule_of(w, t, row, STR("\"x\"")),
		    RULE_READ_ONLY);
		break;
	}
}

/* An empty body lacks exactly the required rows. */
static inline void
walk_required(struct walk *w, const struct wire_table *t)
{
	size_t n = 0;

	assert_int_equal(walk_decode(w, t, "{}"), 0);
	for (size_t i = 0; i < t->count; i++) {
		if (!t->rows[i].required)
			continue;
		check_str(w->outcome.faults[n].wire, t->rows[i].name);
		assert_int_equal(w->outcome.faults[n].rule, RULE_REQUIRED);
		n++;
	}
	assert_int_equal(w->outcome.fault_count, n);
}

/* Every row by its bounds, its words and its name. */
static inline void
walk_table(struct walk *w, const struct wire_table *t)
{
	assert_non_null(t->required);
	assert_non_null(t->unknown);
	assert_non_null(t->read_only);
	for (size_t i = 0; i < t->count; i++) {
		assert_true(t->rows[i].message != NULL ||
		    t->rows[i].kind == WIRE_READ_ONLY ||
		    t->rows[i].kind == WIRE_ANY);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(t->rows[i].name,
			    t->rows[j].name);
		walk_row(w, t, &t->rows[i]);
	}
	walk_required(w, t);
}

#endif
