#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays all golden conversations, one process per processor, and sums them.

    tools/golden.py BUILD [MODE]… [--every N]

MODE is one of the modes of tests/golden.c; without one, all are played that need
no server. --every N plays one conversation of N.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOTALS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def play(job):
    """(passed, failed, what to show) of one conversation."""
    program, mode, path = job
    words = [program, *(["--mode", mode] if mode else []), str(path)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace")
    totals = TOTALS.findall(done.stdout)
    if not totals:
        return 0, 1, f"FAILED {path} ended with {done.returncode}\n{done.stdout}"
    passed, failed = map(int, totals[-1])
    return passed, failed, TOTALS.sub("", done.stdout).strip("\n") + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("mode", nargs="*")
    args = parser.parse_args()
    program = os.path.join(args.build, "tests/golden")
    files = sorted(ROOT.glob("tests/golden/*/*.txt"))[::args.every]
    jobs = [(program, mode, path) for path in files for mode in args.mode or [None]]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for good, bad, shown in pool.map(play, jobs):
            passed, failed = passed + good, failed + bad
            print(shown, end="", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
