/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are linked into the program, by tools/embed.py at build time.
 */
#ifndef HTTP_ASSET_H
#define HTTP_ASSET_H

#include <stddef.h>

struct asset {
	const char *name; /* NULL ends a table */
	const char *content_type;
	const unsigned char *bytes;
	size_t count;
};

/* The pages of /docs/, from src/http/page/. */
extern const struct asset page_assets[];

#endif
