#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rule format: C code is laid out by clang-format 14 and .clang-format.

    tools/format.py [ROOT]      tells the first line that differs in each file
    tools/format.py --fix       rewrites the files

Two habits of ours cannot be told to clang-format 14 and are put right here:
the last member of an enum that is filled by a table, and argument lists, which
begin behind their parenthesis and not on a line of their own.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

from source import Rule, c_files, main, read

FORMATTER = "clang-format-14"
COLUMNS = 80
TAB = 8

ENUM_END = re.compile(r"^(\t+)    (\w+__COUNT)$", re.M)
OPEN_END = re.compile(r"^(?P<head>[^\n#]*\w ?\()\n(?P<indent>\t*    )(?P<rest>[^\n]*[;{)])$", re.M)
# Up to a comma or an operator that is not inside parentheses or quotes.
PIECE = re.compile(r'(?:"(?:\\.|[^"\\])*"|' r"'(?:\\.|[^'\\])*'|" r'[^,"' r"'" r'()&|]|&(?!&)|\|(?!\|)|'
                   r'\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))+(?:,|&&|\|\|)')


def width(line):
    return len(line.expandtabs(TAB))


def fill(match):
    """Moves what fits of the second line up behind the parenthesis."""
    line, rest = match["head"], match["rest"]
    while (piece := PIECE.match(rest)) and width(line + piece.group(0).strip()) <= COLUMNS:
        moved = piece.group(0).strip()
        line += moved if line.endswith("(") else " " + moved
        rest = rest[piece.end():].lstrip()
    if line == match["head"]:
        return match.group(0)
    return f"{line}\n{match['indent']}{rest}"


def check_version():
    try:
        said = subprocess.run([FORMATTER, "--version"], capture_output=True, text=True).stdout
    except FileNotFoundError:
        sys.exit(f"tools/format.py:1: {FORMATTER} is missing: run tools/deps build test")
    if not re.search(r"\bversion 14\.", said):
        sys.exit(f"tools/format.py:1: version 14 is needed, {FORMATTER} says: {said.strip()}")


def formatted(root, path):
    style = pathlib.Path(__file__).resolve().parent.parent / ".clang-format"
    done = subprocess.run([FORMATTER, f"--style=file:{style}", str(path)], cwd=root,
                          capture_output=True, check=True)
    text = ENUM_END.sub(r"\1\2", done.stdout.decode())
    return OPEN_END.sub(fill, text)


def all_formatted(root, paths):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return zip(paths, pool.map(lambda p: formatted(root, p), paths))


def format_rule(root):
    check_version()
    rule = Rule("format", root)
    for path, wanted in all_formatted(root, c_files(root)):
        ours, theirs = read(root, path).split("\n"), wanted.split("\n")
        if ours == theirs:
            continue
        same = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b),
                    min(len(ours), len(theirs)) - 1)
        rule.fault(path, same + 1, "not as clang-format lays it out: run make fmt")
    return rule


def fix():
    check_version()
    root = pathlib.Path(__file__).parent.parent
    for path, wanted in all_formatted(root, c_files(root)):
        if wanted != read(root, path):
            (root / path).write_text(wanted, encoding="utf-8")
            print(f"formatted {path}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--fix"]:
        fix()
    else:
        main(format_rule)
