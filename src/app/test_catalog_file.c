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

static void
check_goods(void)
{
	assert_int_equal(count, 3);
	assert_int_equal(entries[0].type, ENTRY_PRODUCT);
	check_str(entries[0].product.code, "ERP_1");
	check_str(entries[0].product.title, "球");
	assert_int_equal(entries[0].product.price_e4, 123450);
	assert_false(entries[0].product.enabled);
	assert_int_equal(entries[1].type, ENTRY_STOCK);
	assert_int_equal(entries[1].stock.warehouse, 5);
	check_str(entries[1].stock.product, "ERP_1");
	assert_int_equal(entries[1].stock.on_hand, 10);
	assert_int_equal(entries[2].type, ENTRY_CARRIER);
	assert_int_equal(entries[2].carrier.way, 2);
	assert_int_equal(entries[2].carrier.id, 6);
	check_str(entries[2].carrier.name, "德邦物流");
}

void
test_catalog_file_of_goods(void **state)
{
	(void)state;
	check_err(
	    read_text("{\"type\":\"product\",\"code\":\"ERP_1\",\"title\":"
		      "\"球\",\"price\":12.345,\"enabled\":false}\n"
		      "{\"type\":\"stock\",\"code\":\"ERP_1\",\"warehouse\":5,"
		      "\"on_hand\":10}\n"
		      "{\"type\":\"carrier\",\"way\":2,\"id\":6,\"name\":"
		      "\"德邦物流\"}"),
	    ERR_OK);
	check_goods();
	check_err(
	    read_text("type,code,title,price,enabled,warehouse,on_hand,way,id,"
		      "name\n"
		      "product,ERP_1,球,12.345,false\n"
		      "stock,ERP_1,,,,5,10\n"
		      "carrier,,,,,,,2,6,德邦物流\n"),
	    ERR_OK);
	check_goods();
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
	    {"{\"type\":\"lorry\"}", "not lorry"},
	    {"{\"type\":\"product\"}", "a product needs a code"},
	    {"{\"type\":\"product\",\"code\":\"A\"}", "needs a title"},
	    {"type,code,title,price\nproduct,A,a,1.00001", "not 1.00001"},
	    {"type,code,title,price\nproduct,A,a,-1", "not -1"},
	    {"{\"type\":\"stock\"}", "stock needs a product's code"},
	    {"type,code,warehouse,on_hand\nstock,A,0,1", "warehouse: 0"},
	    {"type,code,warehouse,on_hand\nstock,A,5,-1", "on_hand: -1"},
	    {"type,code,warehouse,on_hand\nstock,A,5,1.5", "on_hand: 1.5"},
	    {"{\"type\":\"carrier\"}", "way: "},
	    {"{\"type\":\"carrier\",\"way\":2}", "id: "},
	    {"{\"no\":\"1\"}", "type is flag"},
	    {"{", "no JSON object"},
	    {"kind,x\n", "there is no member x"},
	    {"type,no\nprovider,P1,more\n", "line 2: there are more cells"},
	    {"type,no\nprovider,\"P1\n", "line 2: a quote is not closed"},
	    {"type,no\nprovider,\"P1\"x\n", "a quote is not closed"},
	    {"type,id,no,name,kind,enabled,code,title,price,way,warehouse,"
	     "on_hand,no\n",
		"twice"},
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
