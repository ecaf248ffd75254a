/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/limits.h"
#include "dialect/dialect.h"
#include "dialect/spec.h"
#include "http/openapi.h"
#include "tests/check.h"

static struct arena arena;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, (size_t)64 * 1024 * 1024);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* Its nesting is deeper than any request's, so the reader of requests is no
 * help; tests/docs/ holds it against outside validators. */
void
test_is_one_document(void **state)
{
	const struct openapi_options options = {
	    .version = "0.0.0", .server = STR("http://127.0.0.1:1")};
	struct str text;
	struct buf b;

	(void)state;
	buf_init(&b, &arena, LIMIT_OPENAPI_BYTES);
	check_err(openapi_print(&options, &b), ERR_OK);
	text = buf_view(&b);
	assert_true(str_starts(text, STR("{\"openapi\":\"3.1.0\",")));
	check_str(str_sub(text, text.n - 3, SIZE_MAX), "}}\n");
	assert_non_null(memmem(text.p, text.n, "http://127.0.0.1:1", 18));
}

static const struct openapi_example *
example_of(const char *dialect, const char *call)
{
	const struct openapi_example *e = openapi_examples;

	while (e->dialect != NULL &&
	    (strcmp(e->dialect, dialect) != 0 || strcmp(e->call, call) != 0))
		e++;
	return e;
}

/* Also that no example is of a call that is not there. */
void
test_every_call_has_words_an_example_and_errors(void **state)
{
	size_t calls = 0, found = 0;

	(void)state;
	for (size_t i = 0; dialects[i] != NULL; i++) {
		struct dialect_spec spec;

		dialects[i]->describe(&arena, &spec);
		assert_true(spec.call_count > 0);
		for (size_t k = 0; k < spec.call_count; k++) {
			const struct spec_call *c = &spec.calls[k];

			calls++;
			assert_non_null(c->en);
			assert_non_null(c->zh);
			assert_true(c->error_count > 2);
			if (example_of(dialects[i]->name, c->name)->dialect ==
			    NULL)
				fail_msg("%s has no example", c->name);
			for (const struct openapi_example *e = openapi_examples;
			     e->dialect != NULL; e++)
				found += strcmp(e->dialect,
					     dialects[i]->name) == 0 &&
				    strcmp(e->call, c->name) == 0;
		}
	}
	assert_true(calls >= 30);
	for (const struct openapi_example *e = openapi_examples;
	     e->dialect != NULL; e++)
		found--;
	assert_int_equal(found, 0);
}

static void
check_words(const struct spec *s)
{
	for (size_t i = 0; i < s->member_count; i++) {
		const struct spec *m = &s->members[i];

		if (m->name != NULL && m->fixed == NULL &&
		    (m->en == NULL || m->zh == NULL))
			fail_msg("%s has no words", m->name);
		check_words(m);
	}
}

void
test_every_field_has_words_in_both_languages(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i] != NULL; i++) {
		struct dialect_spec spec;

		dialects[i]->describe(&arena, &spec);
		for (size_t k = 0; k < spec.call_count; k++)
			check_words(&spec.calls[k].body);
		for (size_t k = 0; k < spec.key_count; k++) {
			assert_non_null(spec.keys[k].en);
			assert_non_null(spec.keys[k].zh);
		}
	}
}

/* What has no room is told, and leaves nothing behind. */
void
test_a_full_buffer_is_no_document(void **state)
{
	const struct openapi_options options = {
	    .version = "0.0.0", .server = STR("")};
	struct buf b;

	(void)state;
	buf_init(&b, NULL, 1000);
	check_err(openapi_print(&options, &b), ERR_NO_MEMORY);
	buf_fini(&b);
}
