#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists what the build finds by file name, one a line:

    unit LAYER NAME PATH      src/base/test_str.c   -> unit base base.test_str …
    fuzz LAYER NAME PATH      src/base/fuzz_json.c  -> fuzz base json …
"""
import pathlib
import sys


def found(root="."):
    """(kind, layer, name, path) of every test and fuzz target, sorted."""
    root = pathlib.Path(root)
    rows = []
    for path in sorted(root.glob("src/**/*.c")):
        path = path.relative_to(root)
        folders = path.parts[1:-1]
        if not folders:
            continue
        if path.stem.startswith("test_"):
            rows.append(("unit", folders[0], ".".join([*folders, path.stem]), str(path)))
        elif path.stem.startswith("fuzz_"):
            rows.append(("fuzz", folders[0], path.stem.removeprefix("fuzz_"), str(path)))
    names = [r[2] for r in rows]
    for row in rows:
        if names.count(row[2]) > 1:
            sys.exit(f"{row[3]}: another file gives the name {row[2]} too")
    return rows


if __name__ == "__main__":
    for row in found(sys.argv[1] if len(sys.argv) > 1 else "."):
        print(*row)
