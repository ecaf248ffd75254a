/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests and boxes on libcrypto. The low-level hash contexts are used because
 * they are plain structs: a keyed context is copied for each request, where
 * EVP would allocate and look the algorithm up. HMAC is RFC 2104 over them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define HMAC_BLOCK_BYTES 64 /* of MD5 and of SHA-256 */
#define BOX_NONCE_BYTES 12
#define BOX_TAG_BYTES 16

static_assert(BOX_NONCE_BYTES + BOX_TAG_BYTES == BOX_EXTRA_BYTES,
    "the header tells the box's overhead");
static_assert(HMAC_BLOCK_BYTES == MD5_CBLOCK, "MD5 works on such blocks");
static_assert(HMAC_BLOCK_BYTES == SHA256_CBLOCK,
    "SHA-256 works on such blocks");

void
digest_init(struct digest *d, enum digest_kind kind)
{
	int ok;

	assert(d != NULL);
	assert(kind < DIGEST__COUNT);
	d->kind = kind;
	ok = kind == DIGEST_MD5 ? MD5_Init(&d->u.md5)
				: SHA256_Init(&d->u.sha256);
	assert(ok == 1);
	(void)ok;
}

void
digest_add(struct digest *d, struct str bytes)
{
	int ok;

	assert(d != NULL);
	assert(d->kind < DIGEST__COUNT);
	if (bytes.n == 0)
		return;
	ok = d->kind == DIGEST_MD5
	    ? MD5_Update(&d->u.md5, bytes.p, bytes.n)
	    : SHA256_Update(&d->u.sha256, bytes.p, bytes.n);
	assert(ok == 1);
	(void)ok;
}

size_t
digest_end(struct digest *d, uint8_t out[DIGEST_BYTES_MAX])
{
	int ok;

	assert(d != NULL);
	assert(d->kind < DIGEST__COUNT);
	assert(out != NULL);
	ok = d->kind == DIGEST_MD5 ? MD5_Final(out, &d->u.md5)
				   : SHA256_Final(out, &d->u.sha256);
	assert(ok == 1);
	(void)ok;
	return d->kind == DIGEST_MD5 ? DIGEST_MD5_BYTES : DIGEST_SHA256_BYTES;
}

static void
add_padded_key(struct digest *d, const uint8_t *key, uint8_t pad)
{
	uint8_t block[HMAC_BLOCK_BYTES];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	digest_add(d, (struct str){(const char *)block, sizeof(block)});
	digest_wipe(block, sizeof(block));
}

void
hmac_key_init(struct hmac_key *k, enum digest_kind kind, struct str key)
{
	uint8_t block[HMAC_BLOCK_BYTES] = {0};

	assert(k != NULL);
	digest_init(&k->inner, kind);
	digest_init(&k->outer, kind);
	if (key.n > sizeof(block)) {
		struct digest shortened = k->inner;

		digest_add(&shortened, key);
		(void)digest_end(&shortened, block);
		digest_wipe(&shortened, sizeof(shortened));
	} else if (key.n > 0) {
		memcpy(block, key.p, key.n);
	}
	add_padded_key(&k->inner, block, 0x36);
	add_padded_key(&k->outer, block, 0x5C);
	digest_wipe(block, sizeof(block));
}

void
hmac_init(struct hmac *h, const struct hmac_key *key)
{
	assert(h != NULL);
	assert(key != NULL);
	h->inner = key->inner;
	h->key = key;
}

void
hmac_add(struct hmac *h, struct str bytes)
{
	assert(h != NULL);
	assert(h->key != NULL);
	digest_add(&h->inner, bytes);
}

size_t
hmac_end(struct hmac *h, uint8_t out[DIGEST_BYTES_MAX])
{
	struct digest outer;
	size_t n;

	assert(h != NULL);
	assert(h->key != NULL);
	assert(out != NULL);
	n = digest_end(&h->inner, out);
	outer = h->key->outer;
	digest_add(&outer, (struct str){(const char *)out, n});
	h->key = NULL;
	return digest_end(&outer, out);
}

static void
print_hex(const uint8_t *bytes, size_t n, const char *digits, char *out)
{
	assert(bytes != NULL || n == 0);
	assert(out != NULL);
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

void
digest_hex_lower(const uint8_t *bytes, size_t n, char *out)
{
	print_hex(bytes, n, "0123456789abcdef", out);
}

void
digest_hex_upper(const uint8_t *bytes, size_t n, char *out)
{
	print_hex(bytes, n, "0123456789ABCDEF", out);
}

/* -1 of what is no digit. */
static int
hex_value(char c)
{
	/* clang-format off */
	static const int8_t more_by_one[256] = {
	    ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
	    ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	};
	/* clang-format on */

	return more_by_one[(unsigned char)c] - 1;
}

bool
digest_hex_parse(struct str hex, uint8_t *out, size_t n)
{
	assert(out != NULL);
	assert(n <= SIZE_MAX / 2);
	if (hex.p == NULL || hex.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(hex.p[2 * i]);
		int low = hex_value(hex.p[2 * i + 1]);

		if ((high | low) < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool
digest_equal(const void *a, const void *b, size_t n)
{
	assert(a != NULL);
	assert(b != NULL);
	return CRYPTO_memcmp(a, b, n) == 0;
}

void
digest_wipe(void *bytes, size_t n)
{
	assert(bytes != NULL || n == 0);
	OPENSSL_cleanse(bytes, n);
}

void
random_bytes(void *out, size_t n)
{
	assert(out != NULL);
	assert(n <= INT_MAX);
	if (RAND_bytes(out, (int)n) == 1)
		return;
	/* Guessable keys and ids are worse than no server. */
	(void)fputs("no random bytes from the system\n", stderr);
	abort();
}

/* The parts of a box in memory. */
struct box {
	const uint8_t *key;
	uint8_t *nonce;
	uint8_t *tag;
	uint8_t *text; /* encrypted or decrypted in place of `from` */
	struct str from;
	struct str bound;
};

/* Runs AES-256-GCM forth or back; true when done and, going back, genuine. */
static bool
box_run(const struct box *x, bool sealing)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = c != NULL &&
	    EVP_CipherInit_ex(
		c, EVP_aes_256_gcm(), NULL, x->key, x->nonce, sealing) == 1;

	if (ok && x->bound.n > 0)
		ok = EVP_CipherUpdate(c, NULL, &n, (const uint8_t *)x->bound.p,
			 (int)x->bound.n) == 1;
	if (ok && x->from.n > 0)
		ok = EVP_CipherUpdate(c, x->text, &n,
			 (const uint8_t *)x->from.p, (int)x->from.n) == 1;
	if (ok && !sealing)
		ok = EVP_CIPHER_CTX_ctrl(
			 c, EVP_CTRL_GCM_SET_TAG, BOX_TAG_BYTES, x->tag) == 1;
	ok = ok && EVP_CipherFinal_ex(c, x->text + x->from.n, &n) == 1;
	if (ok && sealing)
		ok = EVP_CIPHER_CTX_ctrl(
			 c, EVP_CTRL_GCM_GET_TAG, BOX_TAG_BYTES, x->tag) == 1;
	EVP_CIPHER_CTX_free(c);
	return ok;
}

struct str
box_seal(struct arena *a, const uint8_t key[BOX_KEY_BYTES], struct str plain,
    struct str bound)
{
	struct box x = {.key = key, .from = plain, .bound = bound};
	uint8_t *p;

	assert(a != NULL);
	assert(key != NULL);
	assert(plain.p != NULL);
	assert(plain.n <= INT_MAX - BOX_EXTRA_BYTES);
	assert(bound.n <= INT_MAX);
	p = arena_alloc(a, BOX_EXTRA_BYTES + plain.n);
	if (p == NULL)
		return STR_NONE;
	x.nonce = p;
	x.tag = p + BOX_NONCE_BYTES;
	x.text = p + BOX_EXTRA_BYTES;
	random_bytes(x.nonce, BOX_NONCE_BYTES);
	if (!box_run(&x, true))
		return STR_NONE;
	return (struct str){(const char *)p, BOX_EXTRA_BYTES + plain.n};
}

struct str
box_open(struct arena *a, const uint8_t key[BOX_KEY_BYTES], struct str box,
    struct str bound)
{
	struct box x = {.key = key, .bound = bound};
	uint8_t head[BOX_EXTRA_BYTES];

	assert(a != NULL);
	assert(key != NULL);
	assert(bound.n <= INT_MAX);
	if (box.p == NULL || box.n < BOX_EXTRA_BYTES || box.n > INT_MAX)
		return STR_NONE;
	memcpy(head, box.p, sizeof(head));
	x.nonce = head;
	x.tag = head + BOX_NONCE_BYTES;
	x.from = str_sub(box, BOX_EXTRA_BYTES, SIZE_MAX);
	x.text = arena_alloc(a, x.from.n + 1);
	if (x.text == NULL)
		return STR_NONE;
	if (!box_run(&x, false)) {
		digest_wipe(x.text, x.from.n);
		return STR_NONE;
	}
	return (struct str){(const char *)x.text, x.from.n};
}
