/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, ranges, and who the client is behind proxies. */
#include "http/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "http/client.h"
#include "tests/check.h"

static bool
range_has(const char *range, const char *text)
{
	struct cidr c;
	struct address a;

	assert_true(cidr_parse(str_from(range), &c));
	assert_true(address_parse(str_from(text), &a));
	return cidr_has(&c, &a);
}

void
test_a_range_ends_where_its_prefix_says(void **state)
{
	(void)state;
	assert_true(range_has("10.0.0.0/8", "10.255.255.255"));
	assert_false(range_has("10.0.0.0/8", "11.0.0.0"));
	assert_true(range_has("192.0.2.128/25", "192.0.2.129"));
	assert_false(range_has("192.0.2.128/25", "192.0.2.127"));
	assert_true(range_has("192.0.2.7", "192.0.2.7"));
	assert_false(range_has("192.0.2.7", "192.0.2.6"));
	assert_true(range_has("192.0.2.7/31", "192.0.2.6"));
	assert_true(range_has("0.0.0.0/0", "203.0.113.9"));
	assert_true(range_has("2001:db8::/32", "2001:db8:ffff::1"));
	assert_false(range_has("2001:db8::/32", "2001:db9::1"));
	assert_true(range_has("::/0", "2001:db8::1"));
	assert_true(range_has(" 10.0.0.0/8 ", "10.1.2.3"));
}

/* 0.0.0.0/0 is all of IPv4 and nothing of IPv6. */
void
test_an_ipv4_range_has_no_ipv6_address(void **state)
{
	(void)state;
	assert_false(range_has("0.0.0.0/0", "2001:db8::1"));
	assert_true(range_has("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_true(range_has("::ffff:10.0.0.0/104", "10.1.2.3"));
}

void
test_what_is_no_range_is_refused(void **state)
{
	static const char *const bad[] = {"", "10", "10.0.0.0/33",
	    "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/x", "::/129",
	    "localhost", "10.0.0.256", "/8", "1.2.3.4.5", "fe80::1%eth0"};
	struct cidr c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cidr_parse(str_from(bad[i]), &c))
			fail_msg("%s was taken", bad[i]);
	assert_false(cidr_parse(STR("10.0.0.1\0x"), &c));
}

void
test_a_slip_in_a_list_opens_nothing(void **state)
{
	struct address a;

	(void)state;
	assert_true(address_parse(STR("192.0.2.7"), &a));
	assert_true(cidr_list_has(STR("10.0.0.0/8, 192.0.2.0/24"), &a));
	assert_true(cidr_list_has(STR("oops,192.0.2.7"), &a));
	assert_false(cidr_list_has(STR("10.0.0.0/8"), &a));
	assert_false(cidr_list_has(STR("192.0.2.0/33"), &a));
	assert_false(cidr_list_has(STR(""), &a));
}

void
test_addresses_are_printed_in_their_own_form(void **state)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr local = {.sa_family = AF_UNIX};
	char text[ADDRESS_TEXT_BYTES];
	struct address a;

	(void)state;
	v4.sin_addr.s_addr = htonl(0xC0000207);
	assert_true(address_of((struct sockaddr *)&v4, &a));
	check_str(address_print(&a, text), "192.0.2.7");
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr), 1);
	assert_true(address_of((struct sockaddr *)&v6, &a));
	check_str(address_print(&a, text), "2001:db8::1");
	assert_int_equal(inet_pton(AF_INET6, "::ffff:10.1.2.3", &v6.sin6_addr),
	    1);
	assert_true(address_of((struct sockaddr *)&v6, &a));
	check_str(address_print(&a, text), "10.1.2.3");
	assert_false(address_of(&local, &a));
	assert_false(address_of(NULL, &a));
}

/* The client that is found for a peer with these two lines of the header. */
static void
check_client(const char *peer, const char *first, const char *second,
    const char *expected)
{
	static struct cidr trusted[2];
	struct header headers[] = {
	    {STR("X-Forwarded-For"), str_from(first)},
	    {STR("Accept"), STR("*/*")},
	    {STR("x-forwarded-for"), str_from(second)},
	};
	struct request r = {.headers = headers, .header_count = 3};
	char text[ADDRESS_TEXT_BYTES];
	struct address a;

	if (second == NULL)
		r.header_count = first != NULL ? 2 : 0;
	assert_true(cidr_parse(STR("10.0.0.0/8"), &trusted[0]));
	assert_true(cidr_parse(STR("2001:db8::/32"), &trusted[1]));
	assert_true(address_parse(str_from(peer), &a));
	client_find(&r, trusted, 2, &a);
	check_str(address_print(&a, text), expected);
}

void
test_forwarded_for_counts_only_from_trusted_proxies(void **state)
{
	(void)state;
	check_client("192.0.2.1", "198.51.100.9", NULL, "192.0.2.1");
	check_client("10.0.0.1", "198.51.100.9", NULL, "198.51.100.9");
	check_client("10.0.0.1", NULL, NULL, "10.0.0.1");
}

void
test_forwarded_for_is_read_from_its_end(void **state)
{
	(void)state;
	/* The client wrote the first one itself. */
	check_client("10.0.0.1", "203.0.113.5, 198.51.100.9", NULL,
	    "198.51.100.9");
	check_client("10.0.0.1", "198.51.100.9,10.0.0.2 , 10.0.0.3", NULL,
	    "198.51.100.9");
	check_client("10.0.0.1", "203.0.113.5, 198.51.100.9", "10.0.0.2",
	    "198.51.100.9");
	check_client("10.0.0.1", "10.0.0.9", "10.0.0.2", "10.0.0.9");
}

void
test_forwarded_for_stops_at_what_is_no_address(void **state)
{
	(void)state;
	check_client("10.0.0.1", "198.51.100.9, unknown, 10.0.0.2", NULL,
	    "10.0.0.2");
	check_client("10.0.0.1", "", NULL, "10.0.0.1");
	check_client("10.0.0.1", "198.51.100.9,", NULL, "10.0.0.1");
	check_client("10.0.0.1", "198.51.100.9:4711", NULL, "198.51.100.9");
	check_client("10.0.0.1", "[2001:db9::7]:80, [2001:db8::7]", NULL,
	    "2001:db9::7");
	check_client("10.0.0.1", "[", NULL, "10.0.0.1");
}
