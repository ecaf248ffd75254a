/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors: RFC 1321 (MD5), FIPS 180 (SHA-256), RFC 2202 and RFC 4231 (HMAC).
 */
#include "base/digest.h"

#include "tests/check.h"

static struct arena arena;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct str
repeat(int c, size_t n)
{
	char *p = arena_alloc(&arena, n);

	assert_non_null(p);
	memset(p, c, n);
	return (struct str){p, n};
}

static void
check_hex(const uint8_t *bytes, size_t n, const char *expected)
{
	char hex[2 * DIGEST_BYTES_MAX + 1];

	digest_hex_lower(bytes, n, hex);
	assert_string_equal(hex, expected);
}

static void
check_digest(enum digest_kind kind, struct str text, const char *expected)
{
	uint8_t out[DIGEST_BYTES_MAX];
	struct digest d;

	digest_init(&d, kind);
	digest_add(&d, text);
	check_hex(out, digest_end(&d, out), expected);
}

void
test_digest_md5_vectors(void **state)
{
	(void)state;
	check_digest(DIGEST_MD5, STR(""), "d41d8cd98f00b204e9800998ecf8427e");
	check_digest(DIGEST_MD5, STR_NONE, "d41d8cd98f00b204e9800998ecf8427e");
	check_digest(DIGEST_MD5, STR("a"), "0cc175b9c0f1b6a831c399e269772661");
	check_digest(DIGEST_MD5, STR("abc"),
	    "900150983cd24fb0d6963f7d28e17f72");
	check_digest(DIGEST_MD5, STR("message digest"),
	    "f96b697d7cb7938d525a2f31aaf161d0");
	check_digest(DIGEST_MD5, STR("abcdefghijklmnopqrstuvwxyz"),
	    "c3fcd3d76192e4007dfb496cca67e13b");
	check_digest(DIGEST_MD5,
	    STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789"),
	    "d174ab98d277d9f5a5611c2c9f419d9f");
	check_digest(DIGEST_MD5,
	    STR("1234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890"),
	    "57edf4a22be3c955ac49da2e2107b67a");
}

void
test_digest_sha256_vectors(void **state)
{
	(void)state;
	check_digest(DIGEST_SHA256, STR(""),
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	check_digest(DIGEST_SHA256, STR("abc"),
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	check_digest(DIGEST_SHA256,
	    STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1");
	check_digest(DIGEST_SHA256, repeat('a', 1000000),
	    "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
}

void
test_digest_copies_are_forks(void **state)
{
	uint8_t out[DIGEST_BYTES_MAX];
	struct digest d, fork;

	(void)state;
	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, STR("ab"));
	fork = d;
	digest_add(&d, STR("X"));
	digest_add(&fork, STR("c"));
	check_hex(out, digest_end(&fork, out),
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}

/* In one piece, in two, and with the key used again. */
static void
check_hmac(enum digest_kind kind, struct str key, struct str text,
    const char *expected)
{
	uint8_t out[DIGEST_BYTES_MAX];
	struct hmac_key k;
	struct hmac h;

	hmac_key_init(&k, kind, key);
	for (size_t cut = 0; cut <= text.n; cut += text.n) {
		hmac_init(&h, &k);
		hmac_add(&h, str_sub(text, 0, cut));
		hmac_add(&h, str_sub(text, cut, SIZE_MAX));
		check_hex(out, hmac_end(&h, out), expected);
	}
}

void
test_hmac_md5_vectors(void **state)
{
	(void)state;
	check_hmac(DIGEST_MD5, repeat(0x0B, 16), STR("Hi There"),
	    "9294727a3638bb1c13f48ef8158bfc9d");
	check_hmac(DIGEST_MD5, STR("Jefe"), STR("what do ya want for nothing?"),
	    "750c783e6ab0b503eaa86e310a5db738");
	check_hmac(DIGEST_MD5, repeat(0xAA, 16), repeat(0xDD, 50),
	    "56be34521d144c88dbb8c733f0e8b3f6");
	check_hmac(DIGEST_MD5, repeat(0xAA, 80),
	    STR("Test Using Larger Than Block-Size Key - Hash Key First"),
	    "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
}

void
test_hmac_sha256_vectors(void **state)
{
	(void)state;
	check_hmac(DIGEST_SHA256, repeat(0x0B, 20), STR("Hi There"),
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	check_hmac(DIGEST_SHA256, STR("Jefe"),
	    STR("what do ya want for nothing?"),
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	check_hmac(DIGEST_SHA256, repeat(0xAA, 20), repeat(0xDD, 50),
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe");
	check_hmac(DIGEST_SHA256, repeat(0xAA, 131),
	    STR("Test Using Larger Than Block-Size Key - Hash Key First"),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}

void
test_digest_hex_goes_both_ways(void **state)
{
	const uint8_t bytes[] = {0x00, 0x9A, 0xFF};
	uint8_t back[3];
	char hex[7];

	(void)state;
	digest_hex_lower(bytes, 3, hex);
	assert_string_equal(hex, "009aff");
	digest_hex_upper(bytes, 3, hex);
	assert_string_equal(hex, "009AFF");
	assert_true(digest_hex_parse(STR("009aFF"), back, 3));
	assert_memory_equal(back, bytes, 3);
	assert_false(digest_hex_parse(STR("009aF"), back, 3));
	assert_false(digest_hex_parse(STR("009aFF0"), back, 3));
	assert_false(digest_hex_parse(STR("009aFg"), back, 3));
	assert_false(digest_hex_parse(STR("009a/F"), back, 3));
	assert_false(digest_hex_parse(STR("009a:F"), back, 3));
	assert_false(digest_hex_parse(STR("009a@F"), back, 3));
	assert_false(digest_hex_parse(STR("009a F"), back, 3));
	assert_false(digest_hex_parse(STR_NONE, back, 3));
}

void
test_digest_hex_takes_no_other_byte(void **state)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	(void)state;
	for (int c = 0; c < 256; c++) {
		const char pair[2][2] = {{(char)c, '7'}, {'7', (char)c}};
		bool is_digit = c != 0 && strchr(digits, c) != NULL;
		uint8_t byte;

		for (int i = 0; i < 2; i++)
			assert_int_equal(
			    digest_hex_parse(
				(struct str){pair[i], 2}, &byte, 1),
			    is_digit);
	}
}

void
test_digest_equal_and_wipe(void **state)
{
	char a[] = "secret", b[] = "secret";

	(void)state;
	assert_true(digest_equal(a, b, 6));
	b[5] = 'x';
	assert_false(digest_equal(a, b, 6));
	assert_true(digest_equal(a, b, 5));
	digest_wipe(a, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++)
		assert_int_equal(a[i], 0);
}

void
test_random_bytes_differ(void **state)
{
	uint8_t a[16] = {0}, b[16] = {0};

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

static const uint8_t box_key[BOX_KEY_BYTES] = {1, 2, 3};

void
test_box_opens_what_it_sealed(void **state)
{
	struct str box = box_seal(&arena, box_key, STR("secret"), STR("row 1"));
	struct str again = box_seal(&arena, box_key, STR("secret"),
	    STR("row 1"));

	(void)state;
	assert_int_equal(box.n, 6 + BOX_EXTRA_BYTES);
	assert_false(str_eq(box, again));
	check_str(box_open(&arena, box_key, box, STR("row 1")), "secret");
	check_str(box_open(&arena, box_key, again, STR("row 1")), "secret");
	box = box_seal(&arena, box_key, STR(""), STR_NONE);
	assert_int_equal(box.n, BOX_EXTRA_BYTES);
	check_str(box_open(&arena, box_key, box, STR_NONE), "");
}

void
test_box_opens_nothing_else(void **state)
{
	struct str box = box_seal(&arena, box_key, STR("secret"), STR("row 1"));
	uint8_t other_key[BOX_KEY_BYTES] = {1, 2, 4};

	(void)state;
	check_str(box_open(&arena, other_key, box, STR("row 1")), NULL);
	check_str(box_open(&arena, box_key, box, STR("row 2")), NULL);
	check_str(box_open(&arena, box_key, box, STR_NONE), NULL);
	check_str(box_open(&arena, box_key, STR_NONE, STR("row 1")), NULL);
	for (size_t i = 0; i < box.n; i++) {
		struct str bad = arena_dup(&arena, box);
		char *p = arena_alloc(&arena, bad.n);

		memcpy(p, bad.p, bad.n);
		p[i] ^= 1;
		bad.p = p;
		check_str(box_open(&arena, box_key, bad, STR("row 1")), NULL);
		check_str(
		    box_open(&arena, box_key, str_sub(box, 0, i), STR("row 1")),
		    NULL);
	}
}

void
test_box_in_full_arena_is_absent(void **state)
{
	struct str box = box_seal(&arena, box_key, STR("secret"), STR("r"));

	(void)state;
	assert_null(arena_alloc(&arena, 1 << 20));
	check_str(box_seal(&arena, box_key, STR("secret"), STR("r")), NULL);
	check_str(box_open(&arena, box_key, box, STR("r")), NULL);
}
