/* SPDX-License-Identifier: Apache-2.0 */
/* A catalog's file in both formats, and what is said of wrong lines. */
#include "app/catalog_file.h"
#include "tests/check.h"

static struct arena arena;
static struct catalog_entry *entries;
static size_t count;
static struct err err;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, (size_t)8 * 1024 * 1024);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static enum err_code
read_text(const char *text)
{
	return catalog_file_read(&arena, str_from(text), LANGUAGE_EN, &entries,
	    &count, &err);
}

static void
check_entries(void)
{
	assert_int_equal(count, 4);
	assert_int_equal(entries[0].type, ENTRY_FLAG);
	check_str(entries[0].flag.name, "加急, \"now\"");
	assert_int_equal(entries[0].flag.kind, FLAG_PURCHASE);
	assert_true(entries[0].flag.enabled);
	assert_int_equal(entries[1].type, ENTRY_FLAG);
	check_str(entries[1].flag.name, "old");
	assert_int_equal(entries[1].flag.kind, FLAG_OTHER);
	assert_false(entries[1].flag.enabled);
	assert_int_equal(entries[2].type, ENTRY_WAREHOUSE);
	assert_int_equal(entries[2].warehouse.id, 5);
	check_str(entries[2].warehouse.no, "5");
	check_str(entries[2].warehouse.name, "北京");
	assert_int_equal(entries[3].type, ENTRY_PROVIDER);
	check_str(entries[3].provider.no, "P1");
	check_str(entries[3].provider.name, NULL);
}

void
test_catalog_file_of_json_lines(void **state)
{
	(void)state;
	check_err(
	    read_text("{\"type\":\"flag\",\"name\":\"加急, \\\"now\\\"\"}\n\n"
		      "{\"type\":\"flag\",\"name\":\"old\",\"kind\":\"other\","
		      "\"enabled\":false}\r\n"
		      "{\"type\":\"warehouse\",\"id\":5,\"name\":\"北京\"}\n"
		      "{\"type\":\"provider\",\"no\":\"P1\",\"name\":null}"),
	    ERR_OK);
	check_entries();
	assert_int_equal(entries[2].line, 4);
}

void
test_catalog_file_of_csv(void **state)
{
	(void)state;
	check_err(read_text("type,id,no,name,kind,enabled\n"
			    "flag,,,\"加急, \"\"now\"\"\",,\n"
			    "flag,,,old,other,false\n"
			    "warehouse,5,,北京\n\n"
			    "provider,,P1\n"),
	    ERR_OK);
	check_entries();
	assert_int_equal(entries[3].line, 6);
}

void
test_catalog_file_may_be_empty(void **state)
{
	(void)state;
	check_err(read_text(""), ERR_OK);
	assert_int_equal(count, 0);
	check_err(read_text("type,no\n\n"), ERR_OK);
	assert_int_equal(count, 0);
}

void
test_catalog_file_says_which_line(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
	    {"{\"type\":\"flag\",\"name\":\"a\"}\nx", "line 2"},
	    {"{\"type\":\"flag\"}", "line 1: a flag needs a name"},
	    {"{\"type\":\"flag\",\"name\":\"a\",\"color\":1}", "color"},
	    {"{\"type\":\"flag\",\"name\":[]}", "name"},
	    {"{\"type\":\"flag\",\"name\":\"a\",\"kind\":\"x\"}",
		"purchase or other, not x"},
	    {"{\"type\":\"flag\",\"name\":\"a\",\"enabled\":\"x\"}",
		"true or false, not x"},
	    {"{\"type\":\"warehouse\",\"no\":\"1\"}", "an id above 0"},
	    {"{\"type\":\"warehouse\",\"id\":0}", "an id above 0, not 0"},
	    {"{\"type\":\"provider\"}", "a provider needs a number"},
	    {"{\"type\":\"carrier\"}", "not carrier"},
	    {"{\"no\":\"1\"}", "type is flag"},
	    {"{", "no JSON object"},
	    {"kind,x\n", "there is no member x"},
	    {"type,no\nprovider,P1,more\n", "line 2: there are more cells"},
	    {"type,no\nprovider,\"P1\n", "line 2: a quote is not closed"},
	    {"type,no\nprovider,\"P1\"x\n", "a quote is not closed"},
	    {"type,id,no,name,kind,enabled,no\n", "twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_err(read_text(rows[i].text), ERR_USAGE);
		if (strstr(err.detail, rows[i].said) != NULL)
			continue;
		print_error("%s: %s\n", rows[i].text, err.detail);
		fail();
	}
}
