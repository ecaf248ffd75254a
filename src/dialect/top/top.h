/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The top dialect: the gateway of the Taobao open platform under /router/rest,
 * form parameters in, JSON or XML out, always with HTTP 200.
 * docs/conformance.md tells every decision about it.
 */
#ifndef DIALECT_TOP_TOP_H
#define DIALECT_TOP_TOP_H

#include "dialect/dialect.h"

extern const struct dialect dialect_top;

/*
 * The dialect's page of the documentation, in Markdown: every method with its
 * parameters and its answer, the errors, and what a vendor's event does. It is
 * written from the tables that decode and encode; docs/dialect-top.md holds it.
 */
void top_print_page(struct buf *out);

#endif
