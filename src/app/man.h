/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of the manual; man_cmd.c has the table of them. */
#ifndef APP_MAN_H
#define APP_MAN_H

#include "app/language.h"
#include "base/buf.h"

struct man {
	struct buf *out;
	enum language language;
};

/* "procured.1"; NULL behind the last. */
const char *man_page_name(size_t i);

void man_page_1(struct man *m); /* the commands */
void man_page_5(struct man *m); /* settings and policies */
void man_page_7(struct man *m); /* the dialects */

#endif
