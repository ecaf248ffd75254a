/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of the table is tried by tests/explain.py, with the program; here is
 * what a caller of explain() relies on. */
#include "dialect/dialect.h"
#include "dialect/explain.h"
#include "tests/check.h"

#define SECRET "dev_secret_local_do_not_use_in_production"
#define AT INT64_C(1708851000000)

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

/* The PUT of vectors/intents.json, explained with this signature. */
static struct explanation
explained(const char *signature, const char *body,
    const struct explain_secret *others, size_t other_count)
{
	const struct header headers[] = {
	    {STR("X-App-Id"), STR("dev_app_local")},
	    {STR("x-timestamp"), STR("1708851000000")},
	    {STR("X-Signature"), str_from(signature)},
	};
	const struct request r = {.method = STR("PUT"),
	    .target = STR("/api/v1/intents/intent_67890"),
	    .path = STR("/api/v1/intents/intent_67890"),
	    .body = str_from(body),
	    .headers = headers,
	    .header_count = 3};
	const struct credential c = {.secret = STR(SECRET)};
	struct examined x;
	struct explain_input in = {.request = &x,
	    .others = others,
	    .other_count = other_count,
	    .now_ms = AT};
	struct explanation out;
	struct err err;

	check_err(
	    dialect_find(STR("intents"))->examine(&arena, &r, &c, &x, &err),
	    ERR_OK);
	check_str(x.key, "dev_app_local");
	assert_true(x.has_time);
	assert_true(explain(&arena, &in, &out));
	return out;
}

static struct str
hmac_hex(struct str secret, struct str text)
{
	char *hex = arena_alloc(&arena, 2 * DIGEST_SHA256_BYTES + 1);
	uint8_t sum[DIGEST_BYTES_MAX];
	struct hmac_key key;
	struct hmac h;

	hmac_key_init(&key, DIGEST_SHA256, secret);
	hmac_init(&h, &key);
	hmac_add(&h, text);
	digest_hex_lower(sum, hmac_end(&h, sum), hex);
	return str_from(hex);
}

void
test_a_vector_holds(void **state)
{
	static const char good[] =
	    "5aed83fbf7997cb87ded9e195c605be44478dee1ff9ffcf627bc909861bcff68";
	struct explanation e = explained(good, "{\"quantity\":2}", NULL, 0);

	(void)state;
	assert_true(e.has_signature);
	assert_true(e.holds);
	assert_int_equal(e.mistake_count, 0);
	assert_null(e.time);
	assert_null(e.remark);
	check_str(e.expected, good);
}

void
test_one_mistake_is_named_alone(void **state)
{
	struct str text = STR("PUT/api/v1/intents/intent_678901708851000000"
			      "{\"quantity\": 2}");
	struct explanation e = explained(hmac_hex(STR(SECRET), text).p,
	    "{\"quantity\":2}", NULL, 0);

	(void)state;
	assert_false(e.holds);
	assert_int_equal(e.mistake_count, 1);
	assert_string_equal(e.mistakes[0].words->name, "json-blanks");
	assert_true(strlen(e.mistakes[0].words->zh) > 0);
}

void
test_two_mistakes_are_named_in_order(void **state)
{
	struct str text = STR("PUT/intents/intent_678901708851000000{}");
	struct explanation e = explained(hmac_hex(STR(SECRET "\n"), text).p,
	    "{}", NULL, 0);

	(void)state;
	assert_int_equal(e.mistake_count, 2);
	assert_string_equal(e.mistakes[0].words->name, "path-prefix");
	assert_string_equal(e.mistakes[1].words->name, "secret-blank");
}

void
test_whose_secret_it_was_is_noted(void **state)
{
	const struct explain_secret others[] = {
	    {STR("a"), STR("top"), STR("another one")},
	    {STR("b"), STR("wangdian"), STR("taken:salt")},
	};
	struct str text = STR("PUT/api/v1/intents/intent_678901708851000000x");
	struct explanation e = explained(hmac_hex(STR("taken"), text).p, "x",
	    others, 2);

	(void)state;
	assert_int_equal(e.mistake_count, 1);
	assert_string_equal(e.mistakes[0].words->name, "secret-of-another");
	check_str(e.mistakes[0].note, "b, wangdian");
}

void
test_an_unknown_mistake_has_no_name(void **state)
{
	struct explanation e = explained("zz", "{\"quantity\":2}", NULL, 0);

	(void)state;
	assert_true(e.has_signature);
	assert_false(e.holds);
	assert_int_equal(e.mistake_count, 0);
	e = explained("", "{\"quantity\":2}", NULL, 0);
	assert_false(e.has_signature);
	assert_false(e.holds);
}
