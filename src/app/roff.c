/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes man(7): which characters must be escaped, and where, is known here
 * only.
 */
#include "app/roff.h"

#include <string.h>

/* At a line's beginning a dot or quote would be a request. */
static void
escape(struct buf *out, const char *text, bool at_line_start)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (at_line_start && (*p == '.' || *p == '\''))
			buf_str(out, STR("\\&"));
		if (*p == '\\')
			buf_str(out, STR("\\e"));
		else if (*p == '-')
			buf_str(out, STR("\\-"));
		else if (*p == '~')
			buf_str(out, STR("\\(ti"));
		else if (*p == '^')
			buf_str(out, STR("\\(ha"));
		else if (*p == '`')
			buf_str(out, STR("\\(ga"));
		else
			buf_char(out, *p);
		at_line_start = *p == '\n';
	}
}

static void
quote(struct buf *out, const char *text)
{
	buf_char(out, '"');
	escape(out, text, false);
	buf_char(out, '"');
}

void
roff_title(struct buf *out, const char *name, const char *section,
    const char *date, const char *source, const char *manual)
{
	buf_printf(out, ".TH ");
	quote(out, name);
	buf_printf(out, " %s ", section);
	buf_printf(out, "%s", date);
	buf_char(out, ' ');
	quote(out, source);
	buf_char(out, ' ');
	quote(out, manual);
	/* Neither names of the wire nor Chinese bear hyphens or wide blanks. */
	buf_str(out, STR("\n.nh\n.ad l\n"));
}

static void
heading(struct buf *out, const char *macro, const char *title)
{
	buf_printf(out, ".%s ", macro);
	quote(out, title);
	buf_char(out, '\n');
}

void
roff_section(struct buf *out, const char *title)
{
	heading(out, "SH", title);
}

void
roff_subsection(struct buf *out, const char *title)
{
	heading(out, "SS", title);
}

void
roff_text(struct buf *out, const char *text)
{
	struct str rest = str_from(text);

	while (!str_is_null(rest) && rest.n > 0) {
		struct str line = str_cut(&rest, '\n');
		char copy[1024];
		size_t n = line.n < sizeof(copy) ? line.n : sizeof(copy) - 1;

		memcpy(copy, line.p, n);
		copy[n] = '\0';
		if (n == 0)
			buf_str(out, STR(".PP"));
		escape(out, copy, true);
		buf_char(out, '\n');
	}
}

void
roff_entry(struct buf *out, const char *tag, const char *value,
    const char *text)
{
	buf_str(out, STR(".TP\n\\fB"));
	escape(out, tag, false);
	buf_str(out, STR("\\fR"));
	if (value[0] != '\0') {
		buf_str(out, STR(" \\fI"));
		escape(out, value, false);
		buf_str(out, STR("\\fR"));
	}
	buf_char(out, '\n');
	escape(out, text, true);
	buf_char(out, '\n');
}

void
roff_entry_more(struct buf *out, const char *text)
{
	buf_str(out, STR(".br\n"));
	escape(out, text, true);
	buf_char(out, '\n');
}

void
roff_indent(struct buf *out)
{
	buf_str(out, STR(".RS\n"));
}

void
roff_outdent(struct buf *out)
{
	buf_str(out, STR(".RE\n"));
}

void
roff_example(struct buf *out, const char *lines)
{
	buf_str(out, STR(".PP\n.RS 4\n.nf\n"));
	escape(out, lines, true);
	buf_str(out, STR("\n.fi\n.RE\n"));
}
