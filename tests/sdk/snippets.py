# SPDX-License-Identifier: Apache-2.0
"""The code that the platform's page prints for its SDKs, out of seed-000.txt.

The page was saved as text, and each of its code blocks stands on one line: where
it had line breaks there are blanks. Python and `//` comments need the breaks, so
they are put back: before a statement and round a comment. Nothing else is done
to a block, and `blocks` makes sure of it: without its white space it is the
page's text still.
"""
import pathlib
import re

SEED = pathlib.Path(__file__).with_name("seed-000.txt")

# A comment goes on until the word that begins the next statement.
STATEMENT = r"(?:await |async function |const |client[. ]|client = )"


def typescript(line):
    broken = re.sub(rf"(// .*?) (?={STATEMENT})", r"\n\1\n", line)
    return re.sub(r"([;{}]) (?=//)", r"\1\n", broken)


def python(line):
    broken = re.sub(rf"(# .*?) (?={STATEMENT})", r"\n\1\n", line)
    # A statement that follows no comment.
    return re.sub(r"^(from procure_core import ProcureClient) ", r"\1\n", broken)


def squeezed(text):
    return "".join(text.split())


def blocks():
    """(main TypeScript, [helper functions], main Python)"""
    lines = SEED.read_text(encoding="utf-8").splitlines()
    scripts, helpers, pythons = [], [], []
    for line in lines:
        if line.startswith("import {"):
            scripts.append((line, typescript(line)))
        elif line.startswith("// "):
            helpers.append((line, typescript(line)))
        elif line.startswith("from procure_core"):
            pythons.append((line, python(line)))
    for line, block in scripts + helpers + pythons:
        if squeezed(line) != squeezed(block):
            raise AssertionError(f"more than white space was changed: {block}")
    if (len(scripts), len(helpers), len(pythons)) != (1, 4, 1):
        raise AssertionError("seed-000.txt is not the page it was")
    # Where Python sees an indent there was none: a block begins each line.
    return (scripts[0][1], [block for _, block in helpers],
            "\n".join(part.strip() for part in pythons[0][1].split("\n")))


if __name__ == "__main__":
    main, functions, script = blocks()
    print(main, *functions, script, sep="\n\n----\n")
