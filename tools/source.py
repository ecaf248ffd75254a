# SPDX-License-Identifier: Apache-2.0
"""What the rules of `make lint` share: files, C text, faults and exceptions.

An exception is written in the C source, on the line it is for or alone on the
line before it, and an exception that excuses nothing is itself a fault:

    /* lint: allow banned — the reason */
"""
import pathlib
import re
import sys

RULES = ("layers", "sql", "wire", "length", "headers", "banned", "text", "format", "sources",
         "docs", "manual")
C_FOLDERS = ("src", "tests", "tools", "bench")
SKIPPED = {"build", "node_modules", "__pycache__", ".git", "corpus", "golden"}

ALLOW = re.compile(r"lint: allow (\w+)( — \S.*)?")
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
INCLUDE = re.compile(r"^\s*#\s*include\b")


def files(root, *suffixes, under=None):
    """Files of the tree as paths relative to root, sorted."""
    root = pathlib.Path(root)
    tops = [root / f for f in under] if under else [root]
    out = []
    for top in tops:
        for path in top.rglob("*"):
            relative = path.relative_to(root)
            if not SKIPPED.intersection(relative.parts) and path.is_file() and (
                    not suffixes or path.suffix in suffixes):
                out.append(relative)
    return sorted(out)


def c_files(root, *suffixes, under=C_FOLDERS):
    return files(root, *(suffixes or (".c", ".h")), under=under)


def read(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8", errors="replace")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """The text with comments blanked; positions and lines stay."""
    return TOKEN.sub(lambda m: _blank(m) if m.group(0)[0] == "/" else m.group(0), text)


def only_code(text):
    """The text with comments and literals blanked."""
    return TOKEN.sub(_blank, text)


def strings(text):
    """(line, content) of every string literal that is not an #include's."""
    lines = text.split("\n")
    for match in TOKEN.finditer(text):
        line = line_of(text, match.start())
        if match.group(0)[0] == '"' and not INCLUDE.match(lines[line - 1]):
            yield line, match.group(0)[1:-1]


class Rule:
    """Collects the faults of one rule and sets them against its exceptions."""

    def __init__(self, name, root):
        assert name in RULES
        self.name = name
        self.root = root
        self.faults = []

    def fault(self, path, line, what):
        self.faults.append((str(path), line, what))

    def _exceptions(self):
        """{(path, line excused): line of the comment}, and those without a reason."""
        found, unreasoned = {}, []
        for path in c_files(self.root):
            lines = read(self.root, path).split("\n")
            for i, text in enumerate(lines, 1):
                match = ALLOW.search(text)
                if not match or match.group(1) != self.name:
                    continue
                if not match.group(2):
                    unreasoned.append((str(path), i, "an exception needs a reason behind a dash"))
                alone = text.strip().startswith(("/*", "*", "//"))
                found[(str(path), i + 1 if alone else i)] = i
        return found, unreasoned

    def finish(self):
        """Prints what remains; returns how many faults that is."""
        excused, remaining = self._exceptions()
        remaining += [f for f in self.faults if (f[0], f[1]) not in excused]
        used = {(f[0], f[1]) for f in self.faults}
        for (path, line), at in excused.items():
            if (path, line) not in used:
                remaining.append((path, at, f"this exception from '{self.name}' excuses nothing"))
        for path, line, what in sorted(set(remaining)):
            print(f"{path}:{line}: {what}")
        return len(remaining)


def main(*checks):
    """Runs checks(root) -> Rule on the tree named on the command line, or ours."""
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    sys.exit(1 if sum(check(root).finish() for check in checks) else 0)
