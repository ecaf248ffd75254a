#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rule docs: what a table in the source names, the documentation names too.

A row of TABLES: the file and macro of an X-macro table, which part of its rows
is the name, and the page that must have each name in backquotes (`name`, or
with something behind it: `name=value`, `--name FILE`). A page may be a pattern;
then any of its files will do.
"""
import pathlib
import re

from source import Rule, line_of, main, read, without_comments

FIRST = "first"    # the first column, in lower case where it is not a string
STRING = "string"  # the first string of the row

TABLES = (
    # table                macro            name    page
    ("src/app/settings.h", "SETTING_TABLE", FIRST,  "docs/operations.md"),
    ("src/order/policy.h", "POLICY_TABLE",  STRING, "docs/operations.md"),
    ("src/http/metrics.h", "METRIC_TABLE",  STRING, "docs/operations.md"),
    ("src/base/err.h",     "ERR_TABLE",     FIRST,  "docs/*.md"),
    ("src/dialect/franchiser/calls.h", "FRANCHISER_CALL_TABLE", STRING, "docs/dialect-franchiser.md"),
    ("src/dialect/franchiser/calls.h", "FRANCHISER_FIELD_TABLE", STRING, "docs/dialect-franchiser.md"),
    ("src/dialect/wangdian/methods.h", "WANGDIAN_METHOD_TABLE", STRING, "docs/dialect-wangdian.md"),
)

ROW = re.compile(r'\bX\(\s*(?P<first>"[^"]*"|\w+)(?P<rest>(?:"(?:\\.|[^"\\])*"|[^"()]|\([^()]*\))*)\)')


def names(text, macro, column):
    """(line, name) of each row, or None when there is no such table."""
    start = re.search(rf"^#define {macro}\(X\)", text, re.M)
    if not start:
        return None
    body = re.match(r"(?:.*\\\n)*.*", text[start.end():]).group(0)
    found = []
    for row in ROW.finditer(body):
        name = row["first"]
        if column == STRING:
            name = re.search(r'"[^"]*"', row.group(0))
            name = name.group(0) if name else ""
        name = name.strip('"') if name.startswith('"') else name.lower()
        found.append((line_of(text, start.end() + row.start()), name))
    return found


def is_told(name, pages):
    return re.search(rf"`(--)?{re.escape(name)}(?![\w.])[^`\n]*`", pages) is not None


def docs(root, tables=TABLES):
    rule = Rule("docs", root)
    root = pathlib.Path(root)
    for path, macro, column, page in tables:
        if not (root / path).is_file():
            rule.fault(path, 1, f"missing: {macro} should be here")
            continue
        rows = names(without_comments(read(root, path)), macro, column)
        if not rows:
            rule.fault(path, 1, f"{macro} is missing or has no rows")
            continue
        pages = sorted(root.glob(page))
        if not pages:
            rule.fault(page, 1, "missing: tables in the source are told about here")
            continue
        told = "\n".join(read(root, p.relative_to(root)) for p in pages)
        for line, name in rows:
            if not is_told(name, told):
                rule.fault(path, line, f"`{name}` is not told about in {page}")
    return rule


if __name__ == "__main__":
    main(docs)
