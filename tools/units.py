#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the unit tests (or, with --corpora, the fuzz corpora) of a build folder.

    tools/units.py DIR [--corpora] [--layer NAME]...

The programs run side by side, one per processor; each prints its cases. The
last line is the sum, and a line "N skipped" stands before it if any were. A
program that is missing, or that ends without its totals, counts as one failed
case. Programs of layers that stand on a database get a temporary PostgreSQL,
unless PROCURED_TEST_POSTGRES is set already or PostgreSQL is not installed.
"""
import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import re
import subprocess
import sys

import list_tests

sys.path.append(str(pathlib.Path(__file__).parent.parent / "tests"))
import cluster  # noqa: E402 (the path above)

POSTGRES_LAYERS = {"sql", "store", "engine", "app"}
# The contract of the store and what stands on it: the same cases once more over
# PostgreSQL, where there is one.
ON_BOTH_STORES = {
    "store.test_store", "store.test_list", "store.test_gone", "store.test_stock",
    "store.test_catalog_store", "engine.test_engine", "engine.test_group",
    "engine.test_batch", "engine.test_stock", "engine.test_apps_catalog",
}
ON_POSTGRES = "PROCURED_TEST_ON_POSTGRES"
SKIPPED = re.compile(r"^(\d+) skipped\n", re.M)
TOTALS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
PROGRAM_TIMEOUT_S = 900  # its cases have limits of their own


def command(kind, name, folder):
    if kind == "fuzz":
        return [f"{folder}/tests/replay_{name}", f"tests/corpus/{name}"]
    return [f"{folder}/tests/{name}"]


def run(job):
    """(passed, failed, skipped, output) of one program, over one of the stores."""
    argv, on_postgres = job
    if not os.access(argv[0], os.X_OK):
        return 0, 1, 0, f"FAILED {argv[0]}: not built\n"
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace",
                              env={**os.environ, **({ON_POSTGRES: "1"} if on_postgres else {})},
                              timeout=PROGRAM_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return 0, 1, 0, f"FAILED {argv[0]}: still running after {PROGRAM_TIMEOUT_S} s\n"
    totals = TOTALS.findall(done.stdout)
    if not totals:
        return 0, 1, 0, f"{done.stdout}FAILED {argv[0]}: exit {done.returncode}, no totals\n"
    passed, failed = map(int, totals[-1])
    skipped = sum(map(int, SKIPPED.findall(done.stdout)))
    cases = SKIPPED.sub("", TOTALS.sub("", done.stdout)).rstrip() + "\n"
    if done.returncode != 0 and failed == 0:
        return passed, 1, skipped, f"{cases}FAILED {argv[0]}: exit {done.returncode}\n"
    return passed, failed, skipped, cases


@contextlib.contextmanager
def database(layers):
    """A server for those who need one, in the environment of what is run."""
    name = "PROCURED_TEST_POSTGRES"
    if name in os.environ or not POSTGRES_LAYERS & layers or not os.path.isdir(cluster.BIN):
        yield
        return
    with cluster.Cluster() as c:
        os.environ[name] = c.url()
        yield


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--corpora", action="store_true")
    parser.add_argument("--layer", action="append")
    args = parser.parse_args()
    os.chdir(pathlib.Path(__file__).parent.parent)
    kind = "fuzz" if args.corpora else "unit"
    chosen = [(layer, command(k, name, args.folder)) for k, layer, name, _ in list_tests.found()
              if k == kind and (not args.layer or layer in args.layer)]
    programs = [(argv, False) for _, argv in chosen]
    layers = {layer for layer, _ in chosen} if kind == "unit" else set()
    if not programs:
        print(f"FAILED {args.folder}: there is nothing to run")
        print("0 passed, 1 failed")
        return 1
    passed = failed = skipped = 0
    with database(layers), concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if "PROCURED_TEST_POSTGRES" in os.environ:
            programs += [(argv, True) for _, argv in chosen
                         if os.path.basename(argv[0]) in ON_BOTH_STORES]
        for p, f, s, output in pool.map(run, programs):
            sys.stdout.write(output)
            passed += p
            failed += f
            skipped += s
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
