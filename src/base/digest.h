/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests, message codes, sealed boxes and random bytes, on OpenSSL's
 * libcrypto. Contexts are plain structs that may be copied, so that a keyed
 * context is prepared once per app and costs nothing per request.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <openssl/md5.h>
#include <openssl/sha.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define DIGEST_MD5_BYTES 16
#define DIGEST_SHA256_BYTES 32
#define DIGEST_BYTES_MAX 32

enum digest_kind { DIGEST_MD5, DIGEST_SHA256, DIGEST__COUNT };

/* A running hash. Copying the struct forks it. */
struct digest {
	enum digest_kind kind;
	union {
		MD5_CTX md5;
		SHA256_CTX sha256;
	} u;
};

void digest_init(struct digest *d, enum digest_kind kind);
void digest_add(struct digest *d, struct str bytes);
/* Writes 16 or 32 bytes, by kind, and returns how many. */
size_t digest_end(struct digest *d, uint8_t out[DIGEST_BYTES_MAX]);

/* An HMAC key, expanded once; read-only afterwards and shared freely. */
struct hmac_key {
	struct digest inner;
	struct digest outer;
};

void hmac_key_init(struct hmac_key *k, enum digest_kind kind, struct str key);

struct hmac {
	struct digest inner;
	const struct hmac_key *key; /* borrowed until hmac_end */
};

void hmac_init(struct hmac *h, const struct hmac_key *key);
void hmac_add(struct hmac *h, struct str bytes);
size_t hmac_end(struct hmac *h, uint8_t out[DIGEST_BYTES_MAX]);

/* n bytes as 2n hex digits and a NUL. */
void digest_hex_lower(const uint8_t *bytes, size_t n, char *out);
void digest_hex_upper(const uint8_t *bytes, size_t n, char *out);
/* Exactly 2n hex digits of either case into n bytes; false otherwise. */
bool digest_hex_parse(struct str hex, uint8_t *out, size_t n);

/* Compares n bytes in a time that does not depend on them. */
bool digest_equal(const void *a, const void *b, size_t n);
/* Overwrites secret bytes in a way the compiler keeps. */
void digest_wipe(void *bytes, size_t n);

/* Cryptographic random bytes; the process ends when the system has none. */
void random_bytes(void *out, size_t n);

#define BOX_KEY_BYTES 32
#define BOX_EXTRA_BYTES 28 /* nonce 12 + tag 16 */

/*
 * AES-256-GCM with a random nonce: nonce ‖ tag ‖ ciphertext. `bound` is data
 * that the box is tied to (a row's key), authenticated and not contained.
 * Absent on failure (arena or library).
 */
struct str box_seal(struct arena *a, const uint8_t key[BOX_KEY_BYTES],
    struct str plain, struct str bound);
/* Absent when key, bytes or `bound` do not match. */
struct str box_open(struct arena *a, const uint8_t key[BOX_KEY_BYTES],
    struct str box, struct str bound);

#endif
