#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rule manual: every command, option, setting, policy and dialect of the tables
has its entry in the pages of docs/man, in both languages, and every option of a
command says what it does. `tools/manual.py --fix` has build/procured write the
pages again.
"""
import pathlib
import re
import subprocess
import sys

from docs import names, STRING
from source import Rule, line_of, main, read, without_comments

PAGES = ("procured.1", "procured.5", "procured-dialects.7")
FOLDERS = (("en", "docs/man"), ("zh", "docs/man/zh_CN"))
COMMANDS = "src/app/subcommands.c"
OPTIONS = "src/app/options.c"
ROW = re.compile(r'^\t\{ "(?P<name>[^"]+)", "[^"]*", "(?P<options>[^"]*)"', re.M)
DIALECT = re.compile(r'\.name = "(\w+)"')


def entry(name):
    """How the page begins what it says of a name."""
    return "\\fB" + name.replace("-", "\\-") + "\\fR"


def told(rule, root, page, where, found):
    for _, folder in FOLDERS:
        path = f"{folder}/{page}"
        if not (root / path).is_file():
            rule.fault(path, 1, "missing: `tools/manual.py --fix` writes it")
            continue
        text = (root / path).read_text(encoding="utf-8")
        for line, name in found:
            if entry(name) not in text and f'.SH "{name}"' not in text:
                rule.fault(where, line, f"`{name}` is not told about in {path}")


def commands(rule, root):
    text = read(root, COMMANDS)
    rows = [(line_of(text, m.start()), m["name"], m["options"].split())
            for m in ROW.finditer(text)]
    known = names(without_comments(read(root, OPTIONS)), "OPTION_TABLE", STRING) or []
    taken = {option.rstrip(":*!") for _, _, options in rows for option in options}
    for line, name, options in rows:
        for option in options:
            if option.rstrip(":*!") not in {n for _, n in known}:
                rule.fault(COMMANDS, line, f"--{option.rstrip(':*!')} of `{name}` has no row in {OPTIONS}")
    for line, name in known:
        if name not in taken:
            rule.fault(OPTIONS, line, f"no command takes --{name}")
    if not rows:
        rule.fault(COMMANDS, 1, "the table of commands is missing or has no rows")
    told(rule, root, PAGES[0], COMMANDS, [(line, name) for line, name, _ in rows])
    told(rule, root, PAGES[0], OPTIONS, [(line, "--" + name) for line, name in known])


def manual(root):
    rule = Rule("manual", root)
    root = pathlib.Path(root)
    commands(rule, root)
    for path, macro in (("src/app/settings.h", "SETTING_TABLE"), ("src/order/policy.h", "POLICY_TABLE")):
        rows = names(without_comments(read(root, path)), macro, STRING)
        told(rule, root, PAGES[1], path, rows or [])
    for path in sorted(root.glob("src/dialect/*/*.c")):
        text = path.read_text(encoding="utf-8")
        if "\nconst struct dialect dialect_" in text:
            found = [(line_of(text, m.start()), m[1]) for m in DIALECT.finditer(text)][:1]
            told(rule, root, PAGES[2], str(path.relative_to(root)), found)
    return rule


def fix(root):
    for language, folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
        for page in PAGES:
            text = subprocess.run([root / "build/procured", "man", page, "--lang", language],
                                  check=True, capture_output=True).stdout
            (root / folder / page).write_bytes(text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--fix"]:
        fix(pathlib.Path(__file__).resolve().parents[1])
    else:
        main(manual)
