/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "dialect/dialect.h"
#include "dialect/signing.h"
#include "tests/check.h"

#define SECRET "a secret of some length"

static struct arena arena;

int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 16 * 1024 * 1024);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static const struct form_field fields[] = {
    {.name = STR_INIT("a"), .value = STR_INIT("1")},
    {.name = STR_INIT("b"), .value = STR_INIT("")},
    {.name = STR_INIT("c"), .value = STR_INIT("名")},
};

static struct signing
sandwich(void)
{
	return (struct signing){.hash = SIGNING_MD5,
	    .head = STR(SECRET),
	    .tail = STR(SECRET),
	    .fields = fields,
	    .count = 3};
}

void
test_text_is_what_is_hashed(void **state)
{
	struct signing s = sandwich();
	uint8_t sum[DIGEST_BYTES_MAX], want[DIGEST_BYTES_MAX];
	struct digest d;

	(void)state;
	check_str(signing_text(&arena, &s), SECRET "a1bc名" SECRET);
	digest_init(&d, DIGEST_MD5);
	digest_add(&d, STR(SECRET "a1bc名" SECRET));
	assert_int_equal(digest_end(&d, want), DIGEST_MD5_BYTES);
	assert_int_equal(signing_digest(&s, sum), DIGEST_MD5_BYTES);
	assert_memory_equal(sum, want, DIGEST_MD5_BYTES);
	s.skips_empty = true;
	check_str(signing_text(&arena, &s), SECRET "a1c名" SECRET);
	s.only_values = true;
	check_str(signing_text(&arena, &s), SECRET "1名" SECRET);
}

void
test_separators_stand_between_fields(void **state)
{
	struct signing s = {.hash = SIGNING_MD5,
	    .tail = STR(SECRET),
	    .mark = STR("&key="),
	    .is = STR("="),
	    .and = STR("&"),
	    .fields = fields,
	    .count = 3};

	(void)state;
	check_str(signing_text(&arena, &s), "a=1&b=&c=名&key=" SECRET);
	check_str(signing_shown(&arena, &s, SIZE_MAX), "a=1&b=&c=名&key=***");
	s.skips_empty = true;
	check_str(signing_text(&arena, &s), "a=1&c=名&key=" SECRET);
}

void
test_an_hmac_is_keyed_with_the_secret(void **state)
{
	static const char want[] =
	    "5aed83fbf7997cb87ded9e195c605be44478dee1ff9ffcf627bc909861bcff68";
	const struct form_field part = {.name = STR("x"),
	    .value = STR("PUT/api/v1/intents/intent_678901708851000000"
			 "{\"quantity\":2}")};
	struct signing s = {.hash = SIGNING_HMAC_SHA256,
	    .key = STR("dev_secret_local_do_not_use_in_production"),
	    .only_values = true,
	    .fields = &part,
	    .count = 1};
	uint8_t sum[DIGEST_BYTES_MAX];
	char hex[2 * DIGEST_BYTES_MAX + 1];

	(void)state;
	digest_hex_lower(sum, signing_digest(&s, sum), hex);
	assert_string_equal(hex, want);
}

void
test_what_is_shown_has_no_secret(void **state)
{
	struct form_field sent[] = {
	    {.name = STR("x"), .value = STR("<" SECRET ">" SECRET)},
	    {.name = STR(SECRET), .value = STR("a\xff\0b")},
	};
	struct signing s = sandwich();

	(void)state;
	s.fields = sent;
	s.count = 2;
	sent[1].value.n = 4;
	check_str(signing_shown(&arena, &s, SIZE_MAX),
	    "***x<***>******a\\xff\\x00b***");
	/* A short one may be any word of the text. */
	s.head = s.tail = STR("x");
	sent[0].value = STR("xyz");
	s.count = 1;
	check_str(signing_shown(&arena, &s, SIZE_MAX), "***xxyz***");
	s.head = s.tail = STR_NONE;
	s.key = STR("12345678");
	sent[0].value = STR("12345678");
	check_str(signing_shown(&arena, &s, SIZE_MAX), "x***");
}

void
test_what_is_shown_is_cut_between_characters(void **state)
{
	struct signing s = sandwich();

	(void)state;
	check_str(signing_shown(&arena, &s, 4), "***a…(6 bytes more)***");
	check_str(signing_shown(&arena, &s, 7), "***a1bc…(3 bytes more)***");
	check_str(signing_shown(&arena, &s, 8), "***a1bc名***");
}

void
test_only_a_demo_notes_and_only_of_whom_it_knows(void **state)
{
	struct signing s = sandwich();
	struct call call = {.arena = &arena};

	(void)state;
	signing_note(&call, &s);
	check_str(call.signed_text, NULL);
	call.known = true;
	signing_note(&call, &s);
	check_str(call.signed_text, NULL);
	call.shows_signing = true;
	call.known = false;
	signing_note(&call, &s);
	check_str(call.signed_text, NULL);
	call.known = true;
	signing_note(&call, &s);
	check_str(call.signed_text, "***a1bc名***");
}
