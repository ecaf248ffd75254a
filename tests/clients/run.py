#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make clients`: real clients of the dialects against a demo server.

    tests/clients/run.py [--procured build/procured] [NAME]…

Installs what the clients need (Debian's PHP, packages from npm), lets each one
run, and adds their totals up in the last line. A client is one row below.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
from harness import Server  # noqa: E402

TOTALS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)

# name -> what must be there first, and the command; {url} and {procured} stand
# for a running demo server and the program.
CLIENTS = {
    "franchiser": ("php", [sys.executable, "run.py", "--procured", "{procured}"]),
    "top": ("npm", ["node", "run.mjs", "--url", "{url}"]),
    "wangdian": ("php", [sys.executable, "run.py", "--procured", "{procured}"]),
    "franchiser": ("php", [sys.executable, "run.py", "--procured", "{procured}"]),
}


def install(kind, folder):
    if kind == "php":
        subprocess.run([TOP / "tools/deps", "php"], check=True)
        return
    if shutil.which("npm") is None:
        subprocess.run([TOP / "tools/deps", "node"], check=True)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
                   cwd=folder, check=True)


def run(name, procured, url):
    """(passed, failed) of one client."""
    kind, command = CLIENTS[name]
    folder = HERE / name
    try:
        install(kind, folder)
    except subprocess.CalledProcessError as fault:
        print(f"FAILED {name}: its packages cannot be installed: {fault}")
        return 0, 1
    done = subprocess.run([word.format(url=url, procured=procured) for word in command],
                          cwd=folder, stdout=subprocess.PIPE, text=True, timeout=300)
    print(done.stdout, end="", flush=True)
    totals = TOTALS.findall(done.stdout)
    if not totals or (done.returncode != 0) != (totals[-1][1] != "0"):
        print(f"FAILED {name}: ended with {done.returncode}")
        return 0, 1
    return int(totals[-1][0]), int(totals[-1][1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    procured = os.path.abspath(arguments.procured)
    folder = tempfile.mkdtemp(prefix="procured-clients-")
    server = Server(procured, os.path.join(folder, "data"), "--demo")
    passed = failed = 0
    try:
        for name in arguments.names or CLIENTS:
            good, bad = run(name, procured, server.url)
            passed, failed = passed + good, failed + bad
    finally:
        server.stop()
        shutil.rmtree(folder)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
