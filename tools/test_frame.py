#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the frame around the tests tells the truth: a case that fails,
crashes, hangs or leaves things behind is one failure, its neighbours pass, and
the sums of tools/test.py hold.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import test as stages
import testmain

ROOT = pathlib.Path(__file__).resolve().parent.parent

FILE = """
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
setup(void **state)
{
	*state = "set up";
	return 0;
}

%s
"""

CASE = """
void
test_%s(void **state)
{
	(void)state;
	%s
}
"""

BODIES = {
    "good": 'assert_string_equal(*state, "set up");',
    "wrong": "assert_int_equal(1, 2);",
    "crash": "*(volatile int *)0 = 1;",
    "abort": "abort();",
    "exit": "exit(3);",
    "skip": "exit(77);",
    "hang": "for (;;) pause();",
    "file": 'assert_non_null(fopen("left", "wx"));',
    "file_again": 'assert_non_null(fopen("left", "wx"));',
}

WANTED = """ok x.test_x/test_good
FAILED x.test_x/test_wrong: exit status 1
FAILED x.test_x/test_crash: ended by signal 11 (Segmentation fault)
FAILED x.test_x/test_abort: ended by signal 6 (Aborted)
FAILED x.test_x/test_exit: exit status 3
skipped x.test_x/test_skip:
FAILED x.test_x/test_hang: still running after 1 s
ok x.test_x/test_file
ok x.test_x/test_file_again
1 skipped
3 passed, 5 failed""".splitlines()


def build(folder):
    text = FILE % "".join(CASE % item for item in BODIES.items())
    source, main = folder / "test_x.c", folder / "main.c"
    source.write_text(text)
    main.write_text(testmain.generate("x.test_x", text))
    program = folder / "test_x"
    subprocess.run(["gcc", "-D_GNU_SOURCE", f"-I{ROOT}", source, main, ROOT / "tools/testrun.c",
                    "-o", program, "-lcmocka"], check=True)
    return program


def run(program, *words):
    done = subprocess.run([program, *words], capture_output=True, text=True,
                          env={**os.environ, "TEST_TIMEOUT_S": "1"})
    lines = [line for line in done.stdout.splitlines()
             if line.startswith(("ok", "FAILED", "skipped", "1 skipped")) or "passed" in line.split("]")[0]]
    return done.returncode, [line for line in lines if "PASSED" not in line]


def refused(text):
    try:
        testmain.generate("x", text)
    except ValueError:
        return True
    return False


def cases(folder):
    program = build(folder)
    status, lines = run(program)
    yield "each kind of failure is told", (status, lines) == (1, WANTED), lines
    status, lines = run(program, "file")
    yield "a filter takes what it names", (status, lines[-1]) == (0, "2 passed, 0 failed"), lines
    status, lines = run(program, "no such case")
    yield "a filter that names nothing fails", status == 1, lines
    yield "a static case is refused", refused("static void\ntest_a(void **state)\n{\n}\n" +
                                              "static void test_b(void **state)\n{\n}\n"), ""
    yield "a case with other arguments is refused", refused("void\ntest_a(void)\n{\n}\n"), ""
    yield "a file without cases is refused", refused("int x;\n"), ""
    one, many = [stages.Stage("test", "x", "", c, "") for c in ("one", "cases")]
    for name, got, wanted in (
            ("totals are taken", stages.count(many, 0, "3 passed, 0 failed\n"), (3, 0)),
            ("the last totals count", stages.count(many, 1, "1 passed, 0 failed\n2 passed, 1 failed"),
             (2, 1)),
            ("good totals and a bad exit fail", stages.count(many, 1, "3 passed, 0 failed"), (3, 1)),
            ("no totals fail", stages.count(many, 0, "all is well"), (0, 1)),
            ("no cases fail", stages.count(many, 0, "0 passed, 0 failed"), (0, 1)),
            ("a stage that is one case passes", stages.count(one, 0, ""), (1, 0)),
            ("a stage that is one case fails", stages.count(one, 127, ""), (0, 1))):
        yield name, got == wanted, got


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, good, seen in cases(pathlib.Path(folder)):
            print(f"{'ok' if good else 'FAILED'} {name}")
            if not good:
                print(f"    seen: {seen}")
            passed, failed = passed + good, failed + (not good)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
