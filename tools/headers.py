#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rule headers: each header compiles alone and is guarded by a macro named for
its path; each C file tells its duty in a comment at its head (test_x.c is told
by its name).
"""
import concurrent.futures
import os
import re
import subprocess

from source import Rule, c_files, main, read

LIBRARIES = ("libmicrohttpd", "jansson", "sqlite3", "libcrypto", "libcurl", "libxml-2.0", "libpq", "libxxhash")


def compiler():
    flags = subprocess.run(["pkg-config", "--cflags", *LIBRARIES], capture_output=True, text=True,
                           check=True).stdout.split()
    return ["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-fsyntax-only",
            "-Isrc", "-I.", *flags, "-x", "c"]


def compile_alone(command, root, path):
    """"" or (line, message) of the first complaint."""
    # Through another file: "#pragma once in main file" and unused statics are no faults.
    done = subprocess.run([*command, "-"], input=f'#include "{path}"\n', cwd=root,
                          capture_output=True, text=True)
    if done.returncode == 0 and not done.stderr:
        return None
    match = re.search(r"^(\S+?):(\d+):\d+: (?:fatal )?(?:error|warning): (.*)$", done.stderr, re.M)
    if not match:
        return 1, done.stderr.split("\n")[0]
    where = int(match.group(2)) if match.group(1).endswith(str(path)) else 1
    return where, match.group(3)


def guard_fault(path, text):
    parts = path.parts[1:] if path.parts[0] == "src" else path.parts
    guard = re.sub(r"\W", "_", "/".join(parts)).upper()
    pattern = rf"^#ifndef {guard}\n#define {guard}\n.*^#endif\b[^\n]*\n*\Z"
    return None if re.search(pattern, text, re.M | re.S) else f"no guard {guard} around it"


def headers(root):
    rule = Rule("headers", root)
    for path in c_files(root):
        text = read(root, path)
        second = text.split("\n", 2)[1] if "\n" in text else ""
        if not second.startswith("/*") and not path.name.startswith("test_"):
            rule.fault(path, 2, "no head comment: what is this file responsible for?")
        if path.suffix == ".h":
            why = guard_fault(path, text)
            if why:
                rule.fault(path, 1, why)
    paths = c_files(root, ".h")
    command = compiler()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, found in zip(paths, pool.map(lambda p: compile_alone(command, root, p), paths)):
            if found:
                rule.fault(path, found[0], "does not compile alone: " + found[1])
    return rule


if __name__ == "__main__":
    main(headers)
