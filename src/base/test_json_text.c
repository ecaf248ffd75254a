/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_text.h"
#include "tests/check.h"

static struct arena arena;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 1024 * 1024);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

void
test_members_are_found_in_their_text(void **state)
{
	struct str object = STR(
	    " { \"a\" : 1.50 , \"b\":[{\"c\":2}],\"d\":\"x,}\"}");
	struct str rest = object;
	struct json_member m;

	(void)state;
	check_str(json_text_member(object, STR("a")), "1.50");
	check_str(json_text_member(object, STR("b")), "[{\"c\":2}]");
	check_str(json_text_member(object, STR("d")), "\"x,}\"");
	check_str(json_text_member(object, STR("c")), NULL);
	assert_true(json_text_next(&rest, &m));
	check_str(m.whole, "\"a\" : 1.50");
	check_str(json_text_member(STR("[1]"), STR("a")), NULL);
	check_str(json_text_member(STR("{\"a\""), STR("a")), NULL);
	check_str(json_text_member(STR("{\"a\":\"b"), STR("a")), NULL);
	check_str(json_text_member(STR(""), STR("a")), NULL);
	check_str(json_text_member(STR("{}"), STR("a")), NULL);
	check_str(json_text_member(STR("{\"a\":1"), STR("a")), "1");
}

void
test_nested_is_one_object_or_list(void **state)
{
	(void)state;
	assert_true(json_text_is_nested(STR(" {\"a\":[1]}\n")));
	assert_true(json_text_is_nested(STR("[]")));
	assert_false(json_text_is_nested(STR("[] []")));
	assert_false(json_text_is_nested(STR("[")));
	assert_false(json_text_is_nested(STR("12")));
	assert_false(json_text_is_nested(STR("{\"a\":\"}")));
	assert_false(json_text_is_nested(STR("")));
}

void
test_each_spelling_changes_one_thing(void **state)
{
	static const struct {
		enum json_spelling how;
		const char *from, *to;
	} rows[] = {
	    {JSON_SPELL_COMPACT, "{ \"b\" : [ 1.0 , 2 ] ,\n \"a\":\" x\"}",
		"{\"b\":[1.0,2],\"a\":\" x\"}"},
	    {JSON_SPELL_BLANKS, "{\"b\":[1,{}],\"a\":\"x:,\"}",
		"{\"b\": [1, {}], \"a\": \"x:,\"}"},
	    {JSON_SPELL_INDENT_2, "{\"b\":[1,2],\"a\":{},\"c\":[]}",
		"{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": {},\n  \"c\": []\n}"},
	    {JSON_SPELL_INDENT_4, "[{\"b\":1}]",
		"[\n    {\n        \"b\": 1\n    }\n]"},
	    {JSON_SPELL_SORTED, "[{\"b\": {\"d\":1,\"c\":2}, \"a\":3}]",
		"[{\"a\":3, \"b\": {\"c\":2,\"d\":1}}]"},
	    {JSON_SPELL_ASCII, "{\"名\":\"😀\\n\"}",
		"{\"\\u540d\":\"\\ud83d\\ude00\\n\"}"},
	    {JSON_SPELL_ASCII_UPPER, "{\"名\":1}", "{\"\\u540D\":1}"},
	    {JSON_SPELL_UTF8,
		"[\"\\u540d\\ud83d\\ude00\\u003d\\u0022\\u000a\\ud800\"]",
		"[\"名😀=\\u0022\\u000a\\ud800\"]"},
	    {JSON_SPELL_HTML, "[\"a=b&<'>\"]",
		"[\"a\\u003db\\u0026\\u003c\\u0027\\u003e\"]"},
	    {JSON_SPELL_SLASHES, "{\"a\":\"1/2\\/3\"}",
		"{\"a\":\"1\\/2\\/3\"}"},
	    {JSON_SPELL_PLAIN_SLASHES, "{\"a\":\"1\\/2\\\\/\"}",
		"{\"a\":\"1/2\\\\/\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_str(json_text_spell(
			      &arena, str_from(rows[i].from), rows[i].how),
		    rows[i].to);
	check_str(json_text_spell(&arena, STR("12"), JSON_SPELL_COMPACT), NULL);
	check_str(json_text_spell(&arena, STR("{\"a"), JSON_SPELL_SORTED),
	    NULL);
}
