/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of the manual in man(7), the macros that every man program reads. Text
 * is escaped on its way in, so a table's words can't turn into macros.
 */
#ifndef APP_ROFF_H
#define APP_ROFF_H

#include "base/buf.h"

/* The page's first line: "PROCURED", "1", the day of the release, "procured
 * 1.0", and what the manual is called. */
void roff_title(struct buf *out, const char *name, const char *section,
    const char *date, const char *source, const char *manual);
void roff_section(struct buf *out, const char *title);
void roff_subsection(struct buf *out, const char *title);
/* A section's text; an empty line in it begins another paragraph. */
void roff_text(struct buf *out, const char *text);
/* An entry of a list: its bold tag, what follows it in italics (""), and what
 * it means. */
void roff_entry(struct buf *out, const char *tag, const char *value,
    const char *text);
/* More about the last entry, in a paragraph of its own. */
void roff_entry_more(struct buf *out, const char *text);
/* Entries between these two are indented beneath the last one. */
void roff_indent(struct buf *out);
void roff_outdent(struct buf *out);
/* Lines as they are, for examples. */
void roff_example(struct buf *out, const char *lines);

#endif
