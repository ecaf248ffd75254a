/* SPDX-License-Identifier: Apache-2.0 */
/* A spec as a JSON Schema of the dialect that OpenAPI 3.1 speaks. */
#include "base/limits.h"
#include "base/money.h"
#include "http/openapi_impl.h"

#include <assert.h>
#include <string.h>

/* What is not blank for fields.c. */
#define NOT_BLANK "[^ \\t\\n\\v\\f\\r\\u00a0\\u3000]"

void
openapi_put_text(struct openapi *d, const char *key, const char *text)
{
	if (text == NULL)
		return;
	json_key(&d->out, key);
	json_put_str(&d->out, str_from(text));
}

void
openapi_put_texts(struct openapi *d, const char *key, const char *en,
    const char *zh)
{
	openapi_put_text(d, key, en);
	openapi_put_text(d, "x-zh", zh);
}

static void
put_flag(struct openapi *d, const char *key, const struct spec *s,
    enum spec_flag flag)
{
	if ((s->flags & flag) == 0)
		return;
	json_key(&d->out, key);
	json_put_bool(&d->out, true);
}

/* --- types ------------------------------------------------------------------ */

#define TYPES_MAX 5

static size_t
types_of(const struct spec *s, const char *types[TYPES_MAX])
{
	static const char *const names[] = {
	    [SPEC_ANY] = NULL,
	    [SPEC_TEXT] = "string",
	    [SPEC_INT] = "integer",
	    [SPEC_DECIMAL] = "number",
	    [SPEC_BOOL] = "boolean",
	    [SPEC_OBJECT] = "object",
	    [SPEC_LIST] = "array",
	};
	size_t n = 0;

	if (names[s->type] == NULL)
		return 0;
	types[n++] = names[s->type];
	if (s->flags & SPEC_OR_NUMBER)
		types[n++] = "integer";
	if (s->flags & SPEC_OR_TEXT)
		types[n++] = "string";
	if (s->flags & SPEC_OR_LIST)
		types[n++] = "array";
	if (s->flags & SPEC_NULLABLE)
		types[n++] = "null";
	assert(n <= TYPES_MAX);
	return n;
}

static void
put_type(struct openapi *d, const struct spec *s)
{
	const char *types[TYPES_MAX];
	size_t n = types_of(s, types);

	if (n == 0)
		return;
	json_key(&d->out, "type");
	if (n > 1)
		json_open(&d->out, '[');
	for (size_t i = 0; i < n; i++)
		json_put_str(&d->out, str_from(types[i]));
	if (n > 1)
		json_close(&d->out, ']');
	if (s->flags & SPEC_OR_LIST) {
		json_key(&d->out, "items");
		json_open(&d->out, '{');
		openapi_put_text(d, "type", "string");
		json_close(&d->out, '}');
	}
}

static void
put_choices(struct openapi *d, const struct spec *s)
{
	struct str rest = str_from(s->choices);

	json_key(&d->out, "enum");
	json_open(&d->out, '[');
	while (!str_is_null(rest))
		json_put_str(&d->out, str_cut(&rest, '|'));
	if (s->flags & SPEC_NULLABLE)
		json_put_null(&d->out);
	json_close(&d->out, ']');
}

/* --- bounds ----------------------------------------------------------------- */

/* A bound that every value keeps is none. */
static void
put_bound(struct openapi *d, const struct spec *s, const char *key,
    int64_t value)
{
	if (value == INT64_MAX || value == INT64_MIN)
		return;
	json_key(&d->out, key);
	if (s->type == SPEC_DECIMAL)
		json_put_money(&d->out, value, MONEY_E4_DECIMALS);
	else
		json_put_int(&d->out, value);
}

static void
put_bounds(struct openapi *d, const struct spec *s)
{
	static const struct {
		const char *min, *max;
		bool counts; /* 0 is no bound */
	} keys[] = {
	    [SPEC_TEXT] = {"minLength", "maxLength", true},
	    [SPEC_INT] = {"minimum", "maximum", false},
	    [SPEC_DECIMAL] = {"minimum", "maximum", false},
	    [SPEC_OBJECT] = {"minProperties", "maxProperties", true},
	    [SPEC_LIST] = {"minItems", "maxItems", true},
	};

	if ((s->flags & SPEC_BOUNDED) == 0)
		return;
	assert(s->type < sizeof(keys) / sizeof(keys[0]));
	assert(keys[s->type].min != NULL);
	if (s->min != 0 || !keys[s->type].counts)
		put_bound(d, s, keys[s->type].min, s->min);
	put_bound(d, s, keys[s->type].max, s->max);
}

static void
put_text_rules(struct openapi *d, const struct spec *s)
{
	if (s->choices != NULL)
		put_choices(d, s);
	openapi_put_text(d, "const", s->fixed);
	if (s->pattern != NULL)
		openapi_put_text(d, "pattern", s->pattern);
	else if (s->flags & SPEC_NOT_BLANK)
		openapi_put_text(d, "pattern", NOT_BLANK);
	if (s->flags & SPEC_HOLDS_JSON) {
		openapi_put_text(d, "contentMediaType", "application/json");
		json_key(&d->out, "contentSchema");
		openapi_put_schema(d, &s->members[0]);
	}
}

static void
put_number_rules(struct openapi *d, const struct spec *s)
{
	if (s->type == SPEC_INT)
		openapi_put_text(d, "format", "int64");
	if (s->type != SPEC_DECIMAL)
		return;
	json_key(&d->out, "x-decimals");
	json_put_int(&d->out, s->decimals);
}

/* --- what is inside --------------------------------------------------------- */

static void
put_required(struct openapi *d, const struct spec *s)
{
	bool begun = false;

	for (size_t i = 0; i < s->member_count; i++) {
		if ((s->members[i].flags & SPEC_REQUIRED) == 0)
			continue;
		if (!begun) {
			json_key(&d->out, "required");
			json_open(&d->out, '[');
			begun = true;
		}
		json_put_str(&d->out, str_from(s->members[i].name));
	}
	if (begun)
		json_close(&d->out, ']');
}

static void
put_members(struct openapi *d, const struct spec *s)
{
	json_key(&d->out, "properties");
	json_open(&d->out, '{');
	for (size_t i = 0; i < s->member_count; i++) {
		json_key(&d->out, s->members[i].name);
		openapi_put_schema(d, &s->members[i]);
	}
	json_close(&d->out, '}');
	put_required(d, s);
	if (s->flags & SPEC_CLOSED) {
		json_key(&d->out, "additionalProperties");
		json_put_bool(&d->out, false);
	}
}

void
openapi_put_whole_schema(struct openapi *d, const struct spec *s)
{
	json_open(&d->out, '{');
	put_type(d, s);
	put_bounds(d, s);
	if (s->type == SPEC_TEXT)
		put_text_rules(d, s);
	put_number_rules(d, s);
	if (s->type == SPEC_OBJECT)
		put_members(d, s);
	if (s->type == SPEC_LIST) {
		json_key(&d->out, "items");
		openapi_put_schema(d, &s->members[0]);
	}
	put_flag(d, "readOnly", s, SPEC_READ_ONLY);
	put_flag(d, "x-in-catalog", s, SPEC_IN_CATALOG);
	put_flag(d, "x-empty-is-none", s, SPEC_EMPTY_IS_NONE);
	openapi_put_texts(d, "description", s->en, s->zh);
	json_close(&d->out, '}');
}

static void
refer(struct openapi *d, const struct spec *s)
{
	for (size_t i = 0; i < d->component_count; i++) {
		if (strcmp(d->components[i]->component, s->component) == 0)
			return;
	}
	assert(d->component_count < OPENAPI_COMPONENTS_MAX);
	d->components[d->component_count++] = s;
}

void
openapi_put_schema(struct openapi *d, const struct spec *s)
{
	struct str at;

	if (s->component == NULL) {
		openapi_put_whole_schema(d, s);
		return;
	}
	refer(d, s);
	at = arena_printf(d->arena, "#/components/schemas/%s", s->component);
	json_open(&d->out, '{');
	json_key(&d->out, "$ref");
	json_put_str(&d->out, at);
	json_close(&d->out, '}');
}
