/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/limits.h"
#include "tests/check.h"

static struct arena arena;
static struct buf buf;
static struct json_out out;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&buf, &arena, 1 << 19);
	json_out_init(&out, &buf);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static json_t *
must_read(struct str text, unsigned flags)
{
	json_t *tree = NULL;
	struct err e;

	if (json_read(&arena, text, flags, &tree, &e) != ERR_OK)
		fail_msg("%.*s: %s", STR_ARG(text), e.detail);
	assert_non_null(tree);
	return tree;
}

void
test_json_read_takes_objects_and_scalars(void **state)
{
	json_t *t = must_read(STR("{\"a\":[1,2.5,\"x\\u4e2d\",null,true]}"), 0);
	json_t *a = json_object_get(t, "a");

	(void)state;
	assert_int_equal(json_array_size(a), 5);
	check_str(json_text(json_array_get(a, 2)), "x中");
	check_str(json_text(json_array_get(a, 0)), NULL);
	check_str(json_text(NULL), NULL);
	check_str(json_text(must_read(STR("\"\""), 0)), "");
	assert_true(json_is_null(must_read(STR(" null\n"), 0)));
}

void
test_json_read_refuses_bad_texts(void **state)
{
	static const struct str bad[] = {
	    {NULL, 0},
	    STR_INIT(""),
	    STR_INIT(" "),
	    STR_INIT("{"),
	    STR_INIT("{} x"),
	    STR_INIT("{}{}"),
	    STR_INIT("[1,]"),
	    STR_INIT("{\"a\":1,\"a\":1}"),
	    STR_INIT("{'a':1}"),
	    STR_INIT("[01]"),
	    STR_INIT("[+1]"),
	    STR_INIT("[.5]"),
	    STR_INIT("[1.]"),
	    STR_INIT("NaN"),
	    STR_INIT("tru"),
	    STR_INIT("\"\x80\""),
	    STR_INIT("\"\xED\xA0\x80\""),
	    STR_INIT("\"\\ud800\""),
	    STR_INIT("\"\\u0000\""),
	    STR_INIT("\"a\nb\""),
	    STR_INIT("\"\\x\""),
	    STR_INIT("1\0"),
	    STR_INIT("{}\0"),
	    STR_INIT("\"a\0b\""),
	    STR_INIT("]"),
	    STR_INIT("{\"a\":1]"),
	    STR_INIT("\xEF\xBB\xBF{}"),
	};
	json_t *tree = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = {0};

		if (json_read(&arena, bad[i], 0, &tree, &e) != ERR_BAD_BODY)
			fail_msg("case %zu was taken", i);
		check_err(e.code, ERR_BAD_BODY);
		assert_non_null(strstr(e.detail, "line "));
	}
	assert_null(tree);
	check_err(json_read(&arena, STR("{"), 0, &tree, NULL), ERR_BAD_BODY);
}

void
test_json_read_tells_the_place(void **state)
{
	struct err e;
	json_t *tree;

	(void)state;
	check_err(json_read(&arena, STR("{\n \"中\": ?}"), 0, &tree, &e),
	    ERR_BAD_BODY);
	assert_non_null(strstr(e.detail, "line 2 column 7: "));
	check_err(json_read(&arena, STR("{\n\"中\0\""), 0, &tree, &e),
	    ERR_BAD_BODY);
	assert_string_equal(e.detail, "line 2 column 3: NUL byte");
}

static struct str
nested(int depth, char open, char close)
{
	struct buf b;

	buf_init(&b, &arena, 300000);
	for (int i = 0; i < depth; i++)
		buf_char(&b, open);
	for (int i = 0; i < depth; i++)
		buf_char(&b, close);
	return buf_view(&b);
}

void
test_json_read_limits_depth(void **state)
{
	json_t *tree;
	struct err e;

	(void)state;
	must_read(nested(LIMIT_JSON_DEPTH, '[', ']'), 0);
	check_err(json_read(&arena, nested(LIMIT_JSON_DEPTH + 1, '[', ']'), 0,
		      &tree, &e),
	    ERR_BAD_BODY);
	assert_string_equal(e.detail, "line 1 column 17: nested too deep");
	check_err(json_read(&arena, nested(100000, '{', '}'), 0, &tree, &e),
	    ERR_BAD_BODY);
	must_read(STR("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]"),
	    0);
	must_read(STR("\"[[[[[[[[[[[[[[[[[[[[[[\""), 0);
	must_read(STR("\"\\\"[[[[[[[[[[[[[[[[[[[[\\\\\""), 0);
	check_err(json_read(&arena, STR("[\"\\\\\",[[[[[[[[[[[[[[[[[[[[["), 0,
		      &tree, &e),
	    ERR_BAD_BODY);
	assert_non_null(strstr(e.detail, "nested too deep"));
}

static struct str
repeated(const char *head, const char *piece, size_t times, const char *tail)
{
	struct buf b;

	buf_init(&b, &arena, 1 << 18);
	buf_str(&b, str_from(head));
	for (size_t i = 0; i < times; i++)
		buf_str(&b, str_from(piece));
	buf_str(&b, str_from(tail));
	assert_false(buf_failed(&b));
	return buf_view(&b);
}

void
test_json_read_limits_values(void **state)
{
	json_t *tree;
	struct err e;

	(void)state;
	arena_fini(&arena);
	arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
	must_read(repeated("[", "0,", LIMIT_JSON_VALUES - 2, "0]"), 0);
	check_err(
	    json_read(&arena, repeated("[", "0,", LIMIT_JSON_VALUES - 1, "0]"),
		0, &tree, &e),
	    ERR_BAD_BODY);
	assert_non_null(strstr(e.detail, ": too many values"));
	assert_int_equal(e.place.why, JSON_FAULT_TOO_MANY);
	check_err(
	    json_read(&arena, repeated("[", "{},", LIMIT_JSON_VALUES / 2, "0]"),
		0, &tree, &e),
	    ERR_BAD_BODY);
	/* The dearest ones that are taken fit a request. */
	must_read(repeated("[", "{},", LIMIT_JSON_VALUES / 2 - 1, "0]"), 0);
	must_read(repeated("\"", "[,{", LIMIT_JSON_VALUES, "\""), 0);
}

void
test_json_read_tells_the_kind(void **state)
{
	static const struct {
		struct str text;
		enum json_fault why;
		int line, column;
	} rows[] = {
	    {STR_INIT("{\"a\":1,\n\"a\":2}"), JSON_FAULT_DUPLICATE_KEY, 2, 3},
	    {STR_INIT("{} x"), JSON_FAULT_TRAILING, 1, 4},
	    {STR_INIT("[\"\x80\"]"), JSON_FAULT_UTF8, 1, 2},
	    {STR_INIT("{\"a\":"), JSON_FAULT_UNFINISHED, 1, 5},
	    {STR_INIT(""), JSON_FAULT_UNFINISHED, 1, 1},
	    {STR_INIT("{'a':1}"), JSON_FAULT_SYNTAX, 1, 2},
	    {STR_INIT("[1\0]"), JSON_FAULT_NUL, 1, 3},
	    {STR_INIT("[\"\\u0000\"]"), JSON_FAULT_NUL, 1, 9},
	};
	json_t *tree;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_err(json_read(&arena, rows[i].text, 0, &tree, &e),
		    ERR_BAD_BODY);
		if (e.place.why != rows[i].why ||
		    e.place.line != rows[i].line ||
		    e.place.column != rows[i].column)
			fail_msg("%zu: %u, %s", i, e.place.why, e.detail);
	}
}

/* Every size of arena, until the text fits: never a crash or half a tree. */
void
test_json_read_in_full_arena_at_any_point(void **state)
{
	const struct str text = STR(
	    "{\"a\":\"a string that grows the token's buffer\","
	    "\"b\":[1,-2.5e3,true,{\"c\":null,\"d\":\"\\u4e2d\\\"x\"}],"
	    "\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,\"k\":0}");
	enum err_code rc = ERR_NO_MEMORY;
	size_t cap;

	(void)state;
	for (cap = 16; rc == ERR_NO_MEMORY; cap += 16) {
		struct arena small;
		json_t *tree = NULL;
		struct err e;

		arena_init(&small, cap);
		rc = json_read(&small, text, 0, &tree, &e);
		if (rc == ERR_OK)
			assert_int_equal(json_object_size(tree), 9);
		else
			check_err(e.code, ERR_NO_MEMORY);
		assert_true((tree != NULL) == (rc == ERR_OK));
		arena_fini(&small);
	}
	check_err(rc, ERR_OK);
	assert_true(cap > 500);
}

/* The hooks stay installed; the heap must be whole for others. */
void
test_json_heap_works_outside_of_read(void **state)
{
	json_t *mine = json_pack("{s:s}", "a", "b");
	struct arena small;
	json_t *tree;

	(void)state;
	must_read(STR("[1]"), 0);
	arena_init(&small, 16);
	check_err(json_read(&small, STR("[1]"), 0, &tree, NULL), ERR_NO_MEMORY);
	arena_fini(&small);
	assert_int_equal(json_object_set_new(mine, "c", json_integer(1)), 0);
	json_decref(mine);
	mine = json_pack("[i]", 1);
	assert_non_null(mine);
	json_decref(mine);
}

static void
check_number(struct str text, unsigned flags, const char *expected)
{
	char room[32];

	check_str(json_number_text(must_read(text, flags), room), expected);
}

void
test_json_number_text_has_15_digits(void **state)
{
	(void)state;
	check_number(STR("9223372036854775807"), 0, "9223372036854775807");
	check_number(STR("-9223372036854775808"), 0, "-9223372036854775808");
	check_number(STR("99.9"), 0, "99.9");
	check_number(STR("0.1"), 0, "0.1");
	check_number(STR("99999999.99"), 0, "99999999.99");
	check_number(STR("1.10"), 0, "1.1");
	check_number(STR("2e0"), 0, "2");
	check_number(STR("-0.0"), 0, "0");
	check_number(STR("-0"), JSON_READ_NUMBERS_AS_REAL, "0");
	check_number(STR("0.30000000000000004"), 0, "0.3");
	check_number(STR("5"), JSON_READ_NUMBERS_AS_REAL, "5");
	check_number(STR("1e15"), 0, "1e+15");
	check_number(STR("123456789012345678901234567890"),
	    JSON_READ_NUMBERS_AS_REAL, "1.23456789012346e+29");
	check_number(STR("-1.7976931348623157e308"), 0,
	    "-1.79769313486232e+308");
	check_number(STR("\"5\""), 0, NULL);
}

void
test_json_read_takes_numbers_over_a_double(void **state)
{
	const unsigned reals = JSON_READ_NUMBERS_AS_REAL;
	json_t *tree, *t;
	struct err e;

	(void)state;
	check_number(STR("2e308"), reals, "1e+300");
	check_number(STR("-1E+400"), reals, "-1e+300");
	check_number(STR("1.5e99999999999999999999"), reals, "1e+300");
	check_number(repeated("1", "0", 400, ""), reals, "1e+300");
	check_number(repeated("1", "0", 400, "e-300"), reals, "1e+100");
	check_number(repeated("0.", "0", 400, "1"), reals, "0");
	check_number(STR("1e-9"), reals, "1e-09");
	t = must_read(STR("{\"a\\\"1e999\":\"1e999\",\"b\":[1e999,-1e999]}"),
	    reals);
	check_str(json_text(json_object_get(t, "a\"1e999")), "1e999");
	/* Exact integers, too, are their field's error when they have no room. */
	check_number(STR("1e999"), 0, "1e+300");
	check_number(STR("9223372036854775808"), 0, "1e+300");
	check_number(STR("-9223372036854775809"), 0, "-1e+300");
	check_number(STR("-99999999999999999999999"), 0, "-1e+300");
	t = must_read(STR("[9223372036854775807,-9223372036854775808]"), 0);
	assert_true(json_is_integer(json_array_get(t, 0)));
	assert_true(json_integer_value(json_array_get(t, 0)) == INT64_MAX);
	assert_true(json_integer_value(json_array_get(t, 1)) == INT64_MIN);
	check_err(json_read(&arena, STR("[1.e999]"), reals, &tree, &e),
	    ERR_BAD_BODY);
	check_err(json_read(&arena, STR("[01e999]"), reals, &tree, &e),
	    ERR_BAD_BODY);
	check_err(json_read(&arena, STR("[1e999x]"), reals, &tree, &e),
	    ERR_BAD_BODY);
	check_err(json_read(&arena, STR("1e999\\"), reals, &tree, &e),
	    ERR_BAD_BODY);
}

void
test_json_out_puts_commas(void **state)
{
	(void)state;
	json_open(&out, '{');
	json_key(&out, "a");
	json_open(&out, '[');
	json_put_word(&out, STR("w"));
	json_put_int(&out, -1);
	json_put_bool(&out, true);
	json_put_bool(&out, false);
	json_put_null(&out);
	json_open(&out, '{');
	json_close(&out, '}');
	json_open(&out, '[');
	json_close(&out, ']');
	json_put_word(&out, STR("v"));
	json_put_str(&out, STR("s"));
	json_close(&out, ']');
	json_key(&out, "m");
	json_put_money(&out, 899900, 2);
	json_key(&out, "t");
	json_put_time(&out, 1772015400000);
	json_key(&out, "u");
	json_put_time(&out, 0);
	json_key(&out, "n");
	json_put_str(&out, STR_NONE);
	json_key(&out, "r");
	json_put_raw(&out, STR("{\"x\":1}"));
	json_close(&out, '}');
	check_str(buf_view(&buf),
	    "{\"a\":[\"w\",-1,true,false,null,{},[],\"v\",\"s\"],\"m\":8999,"
	    "\"t\":\"2026-02-25T10:30:00.000Z\",\"u\":null,\"n\":null,"
	    "\"r\":{\"x\":1}}");
}

static void
check_put(struct str s, const char *expected)
{
	buf_reset(&buf);
	json_out_init(&out, &buf);
	json_put_str(&out, s);
	check_str(buf_view(&buf), expected);
}

void
test_json_put_str_escapes(void **state)
{
	(void)state;
	check_put(STR(""), "\"\"");
	check_put(STR("plain / text of more than eight bytes"),
	    "\"plain / text of more than eight bytes\"");
	check_put(STR("a\"b\\c"), "\"a\\\"b\\\\c\"");
	check_put(STR("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
	check_put(STR("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"");
	check_put(STR("a\0b"), "\"a\\u0000b\"");
	check_put(STR("中文é😀"), "\"中文é😀\"");
}

void
test_json_put_str_replaces_bad_utf8(void **state)
{
	(void)state;
	check_put(STR("a\x80z"), "\"a\xEF\xBF\xBDz\"");
	check_put(STR("\xE4\xB8"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
	check_put(STR("\xE4\xB8\xADx\xFF\xE4\xB8\xAD"),
	    "\"中x\xEF\xBF\xBD中\"");
	check_put(STR("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/* Every byte at every place of a word: what the fast path must not miss. */
void
test_json_put_str_reads_back_from_any_place(void **state)
{
	(void)state;
	for (int c = 1; c < 0x80; c++) {
		for (size_t i = 0; i < 20 * 20; i++) {
			char text[21] = "aaaaaaaaaaaaaaaaaaaa";
			size_t at = i % 20, n = i / 20 + 1;

			arena_reset(&arena);
			buf_init(&buf, &arena, 1000);
			json_out_init(&out, &buf);
			text[at] = (char)c;
			text[n] = '\0';
			json_put_str(&out, (struct str){text, n});
			check_str(json_text(must_read(buf_view(&buf), 0)),
			    text);
		}
	}
}
