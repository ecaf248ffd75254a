#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the unit tests (or, with --corpora, the fuzz corpora) of a build folder.

    tools/units.py DIR [--corpora] [--layer NAME]...

The programs run side by side, one per processor; each prints its cases. The
last line is the sum. A program that is missing, or that ends without its
totals, counts as one failed case.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

import list_tests

TOTALS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
PROGRAM_TIMEOUT_S = 900  # its cases have limits of their own


def command(kind, name, folder):
    if kind == "fuzz":
        return [f"{folder}/tests/replay_{name}", f"tests/corpus/{name}"]
    return [f"{folder}/tests/{name}"]


def run(argv):
    """(passed, failed, output) of one program."""
    if not os.access(argv[0], os.X_OK):
        return 0, 1, f"FAILED {argv[0]}: not built\n"
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace",
                              timeout=PROGRAM_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return 0, 1, f"FAILED {argv[0]}: still running after {PROGRAM_TIMEOUT_S} s\n"
    totals = TOTALS.findall(done.stdout)
    if not totals:
        return 0, 1, f"{done.stdout}FAILED {argv[0]}: exit {done.returncode}, no totals\n"
    passed, failed = map(int, totals[-1])
    cases = TOTALS.sub("", done.stdout).rstrip() + "\n"
    if done.returncode != 0 and failed == 0:
        return passed, 1, f"{cases}FAILED {argv[0]}: exit {done.returncode}\n"
    return passed, failed, cases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--corpora", action="store_true")
    parser.add_argument("--layer", action="append")
    args = parser.parse_args()
    os.chdir(pathlib.Path(__file__).parent.parent)
    kind = "fuzz" if args.corpora else "unit"
    programs = [command(k, name, args.folder) for k, layer, name, _ in list_tests.found()
                if k == kind and (not args.layer or layer in args.layer)]
    if not programs:
        print(f"FAILED {args.folder}: there is nothing to run")
        print("0 passed, 1 failed")
        return 1
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for p, f, output in pool.map(run, programs):
            sys.stdout.write(output)
            passed += p
            failed += f
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
