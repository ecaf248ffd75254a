#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the main() of a test file from the names of its test functions.

    testmain.py SUITE src/base/test_arena.c OUT.c

A case is a function defined as `test_something(void **state)` with its name
in column 0; `setup` and `teardown` of the same form run around each case.
A test_ function that is written differently would silently never run, so it
is an error here.
"""
import re
import sys

CASE = re.compile(r"^(test_\w+)\(void \*\*state\)\s*$", re.M)
LOOKS_LIKE_CASE = re.compile(r"^(?:static )?(?:void )?(test_\w+)\(.*$", re.M)
HOOK = r"^%s\(void \*\*state\)\s*$"


def generate(suite, text):
    cases = CASE.findall(text)
    odd = [m.group(0) for m in LOOKS_LIKE_CASE.finditer(text) if not CASE.match(m.group(0))]
    if odd:
        raise ValueError("not of the form test_x(void **state): " + odd[0])
    if not cases:
        raise ValueError("no test function")
    if len(set(cases)) != len(cases):
        raise ValueError("a test function is defined twice")
    hooks = [h for h in ("setup", "teardown") if re.search(HOOK % h, text, re.M)]
    out = ['#include "tools/testrun.h"', ""]
    out += [f"void {c}(void **state);" for c in cases]
    out += [f"int {h}(void **state);" for h in hooks]
    out += ["", "static const struct testrun_case cases[] = {"]
    out += [f'\t{{ "{c}", {c} }},' for c in cases]
    out += ["};", "", "static const struct testrun run = {", f'\t.suite = "{suite}",',
            "\t.cases = cases,", "\t.case_count = sizeof(cases) / sizeof(cases[0]),"]
    out += [f"\t.{h} = {h}," for h in hooks]
    out += ["};", "", "int", "main(int argc, char **argv)", "{",
            "\treturn testrun_main(&run, argc, argv);", "}", ""]
    return "\n".join(out)


def main():
    suite, source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as f:
        text = f.read()
    try:
        code = generate(suite, text)
    except ValueError as e:
        sys.exit(f"{source}: {e}")
    with open(target, "w", encoding="utf-8") as f:
        f.write(code)


if __name__ == "__main__":
    main()
