/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the dialects' descriptions have in common: rows of a field table as
 * specs, and which errors a call can end with.
 */
#include "dialect/spec.h"

#include <assert.h>
#include <string.h>

static const unsigned can_fail[ERR__COUNT] = {
    [ERR_BAD_REQUEST] = SPEC_TRAIT_ALWAYS,
    [ERR_BODY_TOO_LARGE] = SPEC_TRAIT_BODY,
    [ERR_URL_TOO_LONG] = SPEC_TRAIT_ALWAYS,
    [ERR_BAD_TYPE] = SPEC_TRAIT_BODY,
    [ERR_BAD_BODY] = SPEC_TRAIT_BODY,
    [ERR_NO_CREDENTIALS] = SPEC_TRAIT_SIGNED,
    [ERR_BAD_TIME] = SPEC_TRAIT_SIGNED,
    [ERR_DENIED] = SPEC_TRAIT_SIGNED,
    [ERR_DISABLED] = SPEC_TRAIT_SIGNED,
    [ERR_IP_DENIED] = SPEC_TRAIT_SIGNED,
    [ERR_RATE_LIMITED] = SPEC_TRAIT_SIGNED,
    [ERR_BAD_FIELD] = SPEC_TRAIT_FIELDS,
    [ERR_NOT_FOUND] = SPEC_TRAIT_ORDER,
    [ERR_NOT_YOURS] = SPEC_TRAIT_ORDER,
    [ERR_BAD_STATE] = SPEC_TRAIT_STATE,
    [ERR_CONFLICT] = SPEC_TRAIT_VERSION,
    [ERR_KEY_REUSED] = SPEC_TRAIT_KEY,
    [ERR_NEED_VERSION] = SPEC_TRAIT_VERSION,
    [ERR_NAME_TAKEN] = SPEC_TRAIT_NAME,
    [ERR_NO_STOCK] = SPEC_TRAIT_STOCK,
    [ERR_BUSY] = SPEC_TRAIT_STORE,
    [ERR_STORE_BUSY] = SPEC_TRAIT_STORE,
    [ERR_STORE_FULL] = SPEC_TRAIT_WRITE,
    [ERR_STORE_FAILED] = SPEC_TRAIT_STORE,
    [ERR_STORE_UNSURE] = SPEC_TRAIT_WRITE,
    [ERR_NO_MEMORY] = SPEC_TRAIT_ALWAYS,
    [ERR_STOPPING] = SPEC_TRAIT_STORE,
};

bool
spec_can_fail(unsigned traits, enum err_code code)
{
	assert((unsigned)code < ERR__COUNT);
	return (can_fail[code] & (traits | SPEC_TRAIT_ALWAYS)) != 0;
}

void
spec_say(struct spec *s, const struct spec_words *words)
{
	assert(s != NULL);
	assert(s->name != NULL);
	while (words->name != NULL && strcmp(words->name, s->name) != 0)
		words++;
	assert(words->name != NULL);
	s->en = words->en;
	s->zh = words->zh;
}

/* Forms as expressions; what a form is, is in fields.c. */
static const char *
pattern_of(const struct wire_field *row)
{
	if (row->form == wire_is_mobile)
		return "^1[0-9]{10}$";
	if (row->form == wire_is_url)
		return "^[Hh][Tt][Tt][Pp][Ss]?://[^\\u0000-\\u0020\\u007f/?#:]"
		       "[^\\u0000-\\u0020\\u007f]*$";
	assert(row->form == NULL);
	return NULL;
}

static unsigned
flags_of(const struct wire_table *t, const struct wire_field *row)
{
	bool number = row->kind == WIRE_INT || row->kind == WIRE_PRICE;
	unsigned flags = 0;

	if (row->required)
		flags |= SPEC_REQUIRED;
	if (row->nullable)
		flags |= SPEC_NULLABLE;
	if (row->kind == WIRE_READ_ONLY)
		flags |= SPEC_READ_ONLY;
	if (row->kind == WIRE_TEXT || number)
		flags |= SPEC_BOUNDED;
	if (row->kind == WIRE_TEXT && row->min > 0)
		flags |= SPEC_NOT_BLANK;
	if (number && t->takes_text_numbers)
		flags |= SPEC_OR_TEXT;
	return flags;
}

struct spec
spec_of_field(const struct wire_table *t, const struct wire_field *row,
    const struct spec_words *words)
{
	static const enum spec_type types[] = {
	    [WIRE_TEXT] = SPEC_TEXT,
	    [WIRE_CHOICE] = SPEC_TEXT,
	    [WIRE_INT] = SPEC_INT,
	    [WIRE_PRICE] = SPEC_DECIMAL,
	    [WIRE_READ_ONLY] = SPEC_ANY,
	    [WIRE_ANY] = SPEC_ANY,
	};
	struct spec s = {
	    .name = row->name,
	    .type = types[row->kind],
	    .flags = flags_of(t, row),
	    .min = row->min,
	    .max = row->max,
	    .decimals = row->decimals,
	    .choices = row->kind == WIRE_CHOICE ? row->choices : NULL,
	    .pattern = row->kind == WIRE_TEXT ? pattern_of(row) : NULL,
	};

	spec_say(&s, words);
	return s;
}

struct spec
spec_of_table(struct arena *a, const struct wire_table *t,
    const struct spec_words *words)
{
	struct spec *members = ARENA_ARRAY(a, t->count + 1, struct spec);
	struct spec s = {.type = SPEC_OBJECT,
	    .flags = t->ignores_unknown ? 0 : SPEC_CLOSED,
	    .members = members};

	if (members == NULL)
		return s;
	for (size_t i = 0; i < t->count; i++)
		members[i] = spec_of_field(t, &t->rows[i], words);
	s.member_count = t->count;
	return s;
}

struct spec
spec_object(struct arena *a, const char *component, const struct spec *members,
    size_t count)
{
	struct spec *own = ARENA_ARRAY(a, count + 1, struct spec);
	struct spec s = {
	    .type = SPEC_OBJECT, .component = component, .members = own};

	if (own == NULL)
		return s;
	memcpy(own, members, count * sizeof(*own));
	s.member_count = count;
	return s;
}

struct spec
spec_list(struct arena *a, const char *name, struct spec item, int64_t min,
    int64_t max)
{
	struct spec *own = ARENA_NEW(a, struct spec);
	struct spec s = {.name = name,
	    .type = SPEC_LIST,
	    .flags = SPEC_BOUNDED,
	    .min = min,
	    .max = max,
	    .members = own};

	if (own == NULL)
		return s;
	*own = item;
	s.member_count = 1;
	return s;
}
