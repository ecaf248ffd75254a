#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a table of files, to be linked into the program.

    tools/embed.py NAME OUT.c FILE…

The table is `const struct asset NAME[]` of src/http/asset.h, a row for each
file by its last name, and ends with a row without one.
"""
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def main():
    name, out, *files = sys.argv[1:]
    text = ["/* Made by tools/embed.py. */", '#include "http/asset.h"', ""]
    rows = []
    for i, path in enumerate(map(pathlib.Path, sorted(files))):
        if path.suffix not in TYPES:
            sys.exit(f"{path}: no content type for {path.suffix}; see TYPES in tools/embed.py")
        data = path.read_bytes()
        text.append(f"static const unsigned char file_{i}[] = {{")
        for at in range(0, len(data), 20):
            text.append("\t" + "".join(f"{byte}," for byte in data[at:at + 20]))
        text.append("};\n")
        rows.append(f'    {{"{path.name}", "{TYPES[path.suffix]}", file_{i}, sizeof(file_{i})}},')
    text += [f"const struct asset {name}[] = {{", *rows, "    {NULL, NULL, NULL, 0},", "};"]
    pathlib.Path(out).write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
