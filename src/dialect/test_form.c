/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form reader, on what clients really send and on what they should not.
 */
#include "dialect/form.h"

#include "base/limits.h"
#include "tests/check.h"

#include <stdio.h>

#define MULTIPART "multipart/form-data; boundary=x"

static struct arena arena;
static struct form form;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 1024 * 1024);
	form_init(&form, &arena);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static void
must_read(const char *text)
{
	struct err err;

	check_err(form_read_pairs(&form, str_from(text), &err), ERR_OK);
}

static void
must_refuse(struct str text)
{
	struct err err;

	form_init(&form, &arena);
	check_err(form_read_pairs(&form, text, &err), ERR_BAD_BODY);
	assert_true(strlen(err.detail) > 0);
}

static enum err_code
read_multipart(const char *type, struct str body)
{
	struct err err;

	form_init(&form, &arena);
	return form_read_multipart(&form, str_from(type), body, &err);
}

void
test_pairs_are_decoded_in_order(void **state)
{
	(void)state;
	must_read("a=1&b=+x%20%e4%BD%a0&c&=d&&e=%3D=%26");
	assert_int_equal(form.count, 5);
	check_str(form.fields[0].name, "a");
	check_str(form.fields[0].value, "1");
	check_str(form_find(&form, STR("b")), " x 你");
	check_str(form_find(&form, STR("c")), "");
	check_str(form_find(&form, STR("")), "d");
	check_str(form_find(&form, STR("e")), "==&");
	check_str(form_find(&form, STR("f")), NULL);
}

void
test_pairs_names_are_decoded(void **state)
{
	(void)state;
	must_read("%61+b=1");
	check_str(form.fields[0].name, "a b");
}

void
test_pairs_absent_and_empty_are_no_fields(void **state)
{
	(void)state;
	must_read(NULL);
	must_read("");
	must_read("&&&");
	assert_int_equal(form.count, 0);
}

void
test_pairs_bad_escapes_are_refused(void **state)
{
	(void)state;
	must_refuse(STR("a=%"));
	must_refuse(STR("a=%4"));
	must_refuse(STR("a=%4g"));
	must_refuse(STR("%zz=1"));
}

void
test_pairs_nul_is_refused(void **state)
{
	(void)state;
	must_refuse(STR("a=%00"));
	must_refuse(STR("a%00b=1"));
	must_refuse(STR("a=x\0y"));
}

void
test_pairs_count_is_limited(void **state)
{
	struct err err;

	(void)state;
	for (int i = 0; i < LIMIT_FORM_FIELDS; i++)
		must_read("a=1");
	check_err(form_read_pairs(&form, STR("b=2"), &err), ERR_BAD_BODY);
	assert_int_equal(form.count, LIMIT_FORM_FIELDS);
}

void
test_pairs_full_arena_is_told(void **state)
{
	struct arena small;
	struct form f;
	struct err err;

	(void)state;
	arena_init(&small, 64);
	form_init(&f, &small);
	check_err(form_read_pairs(&f, STR("a=1&b=2"), &err), ERR_NO_MEMORY);
	arena_fini(&small);
}

void
test_duplicate_names_are_found(void **state)
{
	(void)state;
	must_read("a=1&b=2&c=3");
	check_str(form_find_duplicate(&form), NULL);
	must_read("b=4");
	check_str(form_find_duplicate(&form), "b");
	check_str(form_find(&form, STR("b")), "2");
}

void
test_multipart_usual_form(void **state)
{
	(void)state;
	check_err(read_multipart(MULTIPART,
		      STR("--x\r\n"
			  "Content-Disposition: form-data; name=\"a\"\r\n\r\n"
			  "1\r\n"
			  "--x\r\n"
			  "Content-Type: text/plain; charset=utf-8\r\n"
			  "content-disposition: Form-Data; name=\"b c\"\r\n\r\n"
			  "line\r\nline\r\n"
			  "--x--\r\n")),
	    ERR_OK);
	assert_int_equal(form.count, 2);
	check_str(form_find(&form, STR("a")), "1");
	check_str(form_find(&form, STR("b c")), "line\r\nline");
}

void
test_multipart_without_blanks_and_quotes(void **state)
{
	(void)state;
	check_err(read_multipart(MULTIPART,
		      STR("--x\r\n"
			  "Content-Disposition:form-data;name=a\r\n"
			  "Content-Type:text/plain\r\n\r\n"
			  "1\r\n--x--")),
	    ERR_OK);
	check_str(form_find(&form, STR("a")), "1");
}

void
test_multipart_boundary_spellings(void **state)
{
	static const char *const types[] = {
	    "multipart/form-data; boundary=x; charset=UTF-8",
	    "multipart/form-data;charset=UTF-8;boundary=x",
	    "multipart/form-data; boundary=\"x\"",
	    "multipart/form-data; Boundary=\"\\x\"",
	    "multipart/form-data;boundary = x ;",
	};
	struct str body = STR("--x\r\nContent-Disposition: form-data; "
			      "name=a\r\n\r\n1\r\n--x--");

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		enum err_code rc = read_multipart(types[i], body);

		/* Only quotes and backslashes are escaped. */
		check_err(rc, i == 3 ? ERR_BAD_BODY : ERR_OK);
	}
}

void
test_multipart_preamble_and_epilogue_are_dropped(void **state)
{
	(void)state;
	check_err(
	    read_multipart(MULTIPART,
		STR("--xy is no delimiter\r\n"
		    "--x  \r\nContent-Disposition: form-data; name=a\r\n\r\n"
		    "\r\n--x--\r\n--x\r\nafter")),
	    ERR_OK);
	assert_int_equal(form.count, 1);
	check_str(form_find(&form, STR("a")), "");
}

void
test_multipart_value_may_look_like_a_boundary(void **state)
{
	(void)state;
	check_err(read_multipart(MULTIPART,
		      STR("--x\r\n"
			  "Content-Disposition: form-data; name=a\r\n\r\n"
			  "--x\r\n--xx\r\n--x-\r\n\r\n--x--")),
	    ERR_BAD_BODY);
	check_err(read_multipart(MULTIPART,
		      STR("--x\r\n"
			  "Content-Disposition: form-data; name=a\r\n\r\n"
			  "1--x\r\n--xx\r\n--x-\r\n--x--")),
	    ERR_OK);
	check_str(form_find(&form, STR("a")), "1--x\r\n--xx\r\n--x-");
}

void
test_multipart_files_are_marked(void **state)
{
	(void)state;
	check_err(
	    read_multipart(MULTIPART,
		STR("--x\r\n"
		    "Content-Disposition: form-data; name=a; filename=\"c:\\d\"\r\n"
		    "\r\n\0\1\r\n--x--")),
	    ERR_OK);
	assert_int_equal(form.count, 1);
	assert_true(form.fields[0].is_file);
	assert_int_equal(form.fields[0].value.n, 2);
	check_str(form_find(&form, STR("a")), NULL);
}

void
test_multipart_escaped_quotes_in_names(void **state)
{
	(void)state;
	check_err(
	    read_multipart(MULTIPART,
		STR("--x\r\n"
		    "Content-Disposition: form-data; name=\"a;\\\"b\\\\\"\r\n\r\n"
		    "1\r\n--x--")),
	    ERR_OK);
	check_str(form.fields[0].name, "a;\"b\\");
}

void
test_multipart_damage_is_refused(void **state)
{
	static const char *const bodies[] = {
	    "",
	    "--x",
	    "--x\r\n",
	    "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x",
	    "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1--x--",
	    "--x\r\nContent-Disposition: form-data; name=a\r\n--x--",
	    "--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
	    "--x\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--x--",
	    "--x\r\nContent-Type: text/plain\r\n\r\n1\r\n--x--",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		if (read_multipart(MULTIPART, str_from(bodies[i])) ==
		    ERR_BAD_BODY)
			continue;
		print_error("taken: %s\n", bodies[i]);
		fail();
	}
	check_err(read_multipart("multipart/form-data", STR("--\r\n")),
	    ERR_BAD_BODY);
	check_err(
	    read_multipart("multipart/form-data; boundary=", STR("--\r\n")),
	    ERR_BAD_BODY);
}

void
test_multipart_boundary_length_is_limited(void **state)
{
	char type[200];

	(void)state;
	(void)snprintf(type, sizeof(type), "multipart/form-data; boundary=%071d",
	    0);
	check_err(read_multipart(type, STR("")), ERR_BAD_BODY);
}

void
test_body_is_read_by_its_type(void **state)
{
	struct err err;

	(void)state;
	check_err(form_read_body(&form,
		      STR("Application/X-WWW-Form-Urlencoded ; charset=x"),
		      STR("a=1"), &err),
	    ERR_OK);
	check_err(form_read_body(&form, STR(MULTIPART), STR("--x--"), &err),
	    ERR_OK);
	assert_int_equal(form.count, 1);
	check_err(
	    form_read_body(&form, STR("application/json"), STR("{}"), &err),
	    ERR_BAD_TYPE);
	check_err(form_read_body(&form, STR_NONE, STR("a=1"), &err),
	    ERR_BAD_TYPE);
}

void
test_media_type_ends_before_parameters(void **state)
{
	(void)state;
	check_str(form_media_type(STR(" text/html ; a=b")), "text/html");
	check_str(form_media_type(STR("text/html")), "text/html");
	check_str(form_media_type(STR_NONE), NULL);
}
