#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the stages of a test run, sums their cases, and says so in its last line.

    tools/test.py [test|san|tsan|pg] [STAGE]...

A stage is one row below. It passes when its command exits with 0. A stage
marked "cases" must print "N passed, N failed" as its last such line, which is
added to the sum; any other stage is one case. A failing stage does not stop
the others, but those that need it fail with it. Every stage's whole output is
kept in build/log/.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from typing import NamedTuple

STAGE_TIMEOUT_S = 1800
SHOWN_LINES = 200  # of a failing stage; the rest is in its log


class Stage(NamedTuple):
    run: str      # which test run it belongs to
    name: str
    needs: str    # a stage of the same run, or ""
    counts: str   # "cases": prints its totals; "one": is one case
    command: str  # from the top of the tree


STAGES = [Stage(*row) for row in (
    # run     name           needs        counts   command
    ("test", "build",        "",          "one",   "tools/build build"),
    ("test", "lint",         "",          "one",   "tools/lint"),
    ("test", "lint-tests",   "",          "cases", "python3 tools/test_lint.py"),
    ("test", "frame-tests",  "",          "cases", "python3 tools/test_frame.py"),
    ("test", "unit",         "build",     "cases", "python3 tools/units.py build"),
    ("test", "corpora",      "build",     "cases", "python3 tools/units.py build --corpora"),
    ("test", "golden",       "build",     "cases",
     "python3 tools/golden.py build"),
    ("test", "san-build",    "",          "one",   "tools/build build/san-gcc"),
    ("test", "san-unit",     "san-build", "cases", "python3 tools/units.py build/san-gcc"),
    ("test", "san-corpora",  "san-build", "cases", "python3 tools/units.py build/san-gcc --corpora"),
    ("test", "san-golden",   "san-build", "cases",
     "python3 tools/golden.py build/san-gcc plain bytes"),
    ("test", "cli",          "build",     "cases",
     "python3 tests/cli.py --procured build/procured"),
    ("test", "first-steps",  "build",     "cases",
     "python3 -B tests/first_steps.py --procured build/procured"),
    ("test", "manual",       "build",     "cases",
     "python3 -B tests/manual.py --procured build/procured"),
    ("test", "send",         "build",     "cases",
     "python3 -B tests/send.py --procured build/procured"),
    ("test", "explain",      "build",     "cases",
     "python3 -B tests/explain.py --procured build/procured"),
    ("test", "clients",      "build",     "cases",
     "python3 -B tests/clients/run.py --procured build/procured"),
    ("test", "sdk",          "build",     "cases",
     "python3 -B tests/sdk/run.py --procured build/procured"),
    ("test", "stock",        "build",     "cases",
     "python3 -B tests/stock.py --seconds 5 --procured build/procured"),
    ("test", "crash",        "build",     "cases",
     "python3 tests/crash.py --cycles 3 --procured build/procured"),
    ("test", "waiting",      "build",     "cases",
     "python3 tests/waiting.py --cycles 4 --procured build/procured"),
    ("test", "files",        "build",     "cases",
     "python3 tests/files.py --procured build/procured"),
    ("test", "fields",       "build",     "cases",
     "python3 tests/fields.py --procured build/procured"),
    ("test", "docs",         "build",     "cases",
     "python3 -B tests/docs/run.py --procured build/procured"),
    ("test", "instructions", "build",     "one",   "python3 -B bench/instructions.py"),

    ("test", "pg-golden",    "build",     "cases",
     "python3 -B tests/cluster.py -- python3 tools/golden.py build postgres --every 8"),
    ("test", "pg-store",     "build",     "cases",
     "python3 -B tests/pgstore.py --procured build/procured"),
    ("test", "nodes",        "build",     "cases",
     "python3 -B tests/nodes.py --procured build/procured"),
    ("test", "failover",     "build",     "cases",
     "python3 -B tests/failover.py --cycles 1 --short --procured build/procured"),

    # PostgreSQL: each stage starts a server of its own, see tests/cluster.py.
    ("pg",   "build",        "",          "one",   "tools/build build"),
    ("pg",   "pg-unit",      "build",     "cases",
     "python3 -B tests/cluster.py -- python3 tools/units.py build --layer sql --layer store"
     " --layer engine"),
    ("pg",   "pg-golden",    "build",     "cases",
     "python3 -B tests/cluster.py -- python3 tools/golden.py build postgres"),
    ("pg",   "pg-store",     "build",     "cases",
     "python3 -B tests/pgstore.py --procured build/procured"),
    ("pg",   "pg-nodes",     "build",     "cases",
     "python3 -B tests/nodes.py --long --procured build/procured"),
    ("pg",   "pg-failover",  "build",     "cases",
     "python3 -B tests/failover.py --cycles ${CYCLES:-50} --procured build/procured"),

    ("san",  "gcc-build",    "",          "one",   "tools/build build/san-gcc"),
    ("san",  "gcc-unit",     "gcc-build", "cases", "python3 tools/units.py build/san-gcc"),
    ("san",  "gcc-corpora",  "gcc-build", "cases", "python3 tools/units.py build/san-gcc --corpora"),
    ("san",  "gcc-golden",   "gcc-build", "cases",
     "python3 tools/golden.py build/san-gcc"),
    ("san",  "clang-build",  "",          "one",   "tools/build build/san-clang"),
    ("san",  "clang-unit",   "clang-build", "cases", "python3 tools/units.py build/san-clang"),
    ("san",  "clang-corpora", "clang-build", "cases",
     "python3 tools/units.py build/san-clang --corpora"),
    ("san", "clang-golden", "clang-build", "cases",
     "python3 tools/golden.py build/san-clang"),

    # The layers that have threads. gcc 12's TSan needs addresses that are not
    # random where the kernel makes them very random; a container may forbid it.
    ("tsan", "tsan-build",   "",          "one",   "tools/build build/tsan"),
    ("tsan", "tsan-unit",    "tsan-build", "cases",
     "TEST_TIMEOUT_S=240 $(setarch -R true && echo setarch -R) python3 tools/units.py build/tsan --layer engine"),
)]

TOTALS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
SKIPPED = re.compile(r"^(\d+) skipped$", re.M)

GOOD_NEWS = re.compile(r"ok |\[\d+/\d+\] |(Compiler|Dependency|Program) .* YES")

ENVIRONMENT = {
    # A test may ask for more than there is, and wants NULL.
    "ASAN_OPTIONS": "allocator_may_return_null=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "second_deadlock_stack=1",
    "TZ": "America/New_York",  # a mistake in time zones shows
    "PYTHONDONTWRITEBYTECODE": "1",
}


def execute(stage, log):
    """Runs the command with its output in `log`; returns the exit status."""
    with open(log, "wb") as out:
        child = subprocess.Popen(["sh", "-c", stage.command], stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT,
                                 env={**os.environ, **ENVIRONMENT}, start_new_session=True)
        try:
            return child.wait(STAGE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            out.write(f"FAILED: still running after {STAGE_TIMEOUT_S} s\n".encode())
            return 124
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def count(stage, status, text):
    """(passed, failed) of a finished stage."""
    totals = TOTALS.findall(text)
    if not totals:
        good = status == 0 and stage.counts == "one"
        return (1, 0) if good else (0, 1)
    passed, failed = map(int, totals[-1])
    if status != 0 and failed == 0:
        failed = 1
    if passed + failed == 0:
        failed = 1
    return passed, failed


def show(text, log):
    lines = [line for line in text.splitlines() if not GOOD_NEWS.match(line)]
    if len(lines) > SHOWN_LINES:
        print(f"    … the whole output is in {log}")
    for line in lines[-SHOWN_LINES:]:
        print("    " + line)


def run(stage):
    """(passed, failed), having told about it."""
    log = pathlib.Path("build/log") / f"{stage.name}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    print(f"{stage.name:14}", end="", flush=True)
    start = time.monotonic()
    status = execute(stage, log)
    text = log.read_text(errors="replace")
    passed, failed = count(stage, status, text)
    skipped = SKIPPED.findall(text)
    print(f"{passed:6} passed {failed:4} failed {time.monotonic() - start:7.1f} s"
          + (f" ({skipped[-1]} skipped)" if skipped else ""), flush=True)
    if failed:
        if not TOTALS.search(text) and stage.counts == "cases":
            text += f"exit status {status}, and no line \"N passed, N failed\"\n"
        print(f"    $ {stage.command}")
        show(text, log)
    return passed, failed


def main():
    os.chdir(pathlib.Path(__file__).parent.parent)
    which = sys.argv[1] if len(sys.argv) > 1 else "test"
    only = sys.argv[2:]
    stages = [s for s in STAGES if s.run == which and (not only or s.name in only)]
    if not stages or not set(only) <= {s.name for s in stages}:
        sys.exit("tools/test.py: no such run or stage; see the table in it")
    passed = failed = 0
    broken = set()
    for stage in stages:
        if stage.needs in broken:
            p, f = 0, 1
            print(f"{stage.name:14}     0 passed    1 failed   not run: {stage.needs} failed")
        else:
            p, f = run(stage)
        if f:
            broken.add(stage.name)
        passed += p
        failed += f
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
