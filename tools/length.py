#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rule length: a function has at most 70 lines, a C file at most 800."""
import re
import subprocess

from source import Rule, c_files, main, read

FUNCTION_LINES_MAX = 70  # what a reader can see at once
FILE_LINES_MAX = 800

TAG = re.compile(r"^(\S+)\t([^\t]+)\t.*\tline:(\d+)\t.*end:(\d+)", re.M)


def length(root):
    rule = Rule("length", root)
    paths = c_files(root)
    for path in paths:
        lines = read(root, path).count("\n")
        if lines > FILE_LINES_MAX:
            rule.fault(path, 1, f"the file has {lines} lines, more than {FILE_LINES_MAX}")
    tags = subprocess.run(
        ["ctags", "--options=NONE", "--languages=C", "--langmap=C:.c.h", "--c-kinds=f",
         "--fields=+ne", "-L", "-", "-f", "-"],
        cwd=root, input="\n".join(map(str, paths)), capture_output=True, text=True, check=True)
    for name, path, start, end in TAG.findall(tags.stdout):
        lines = int(end) - int(start) + 1
        if lines > FUNCTION_LINES_MAX:
            rule.fault(path, int(start),
                       f"{name} has {lines} lines, more than {FUNCTION_LINES_MAX}")
    return rule


if __name__ == "__main__":
    main(length)
