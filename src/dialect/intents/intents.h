/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intents dialect: JSON under /api/v1, requests signed with HMAC-SHA256 in
 * headers. docs/conformance.md tells every decision about it.
 */
#ifndef DIALECT_INTENTS_INTENTS_H
#define DIALECT_INTENTS_INTENTS_H

#include "dialect/dialect.h"

extern const struct dialect dialect_intents;

#endif
