/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that a person names: a file, or "-" for what comes on stdin.
 */
#ifndef APP_INPUT_H
#define APP_INPUT_H

#include "app/command.h"

/* All of it, up to LIMIT_INPUT_BYTES, with a NUL behind; absent when it can't be
 * read, which `err` then says. */
struct str input_read(struct invocation *inv, const char *path);

#endif
