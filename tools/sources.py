#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rule sources: every C file of src/ and tests/run/ is listed in its folder's
meson.build, which lists no file that is not there. Tests and fuzz targets are found by
name, and every fuzz target has a corpus.

    tools/sources.py --fix      writes the lists again
"""
import pathlib
import re
import sys

from source import Rule, c_files, line_of, main, read

LISTED = re.compile(r"'([\w-]+\.c)'")
BLOCK = re.compile(r"^(\w+_sources \+?= files\(\n).*?^\)", re.M | re.S)
MAIN = "src/app/main.c"  # not part of the library: tests have mains of their own
SPDX = "# SPDX-License-Identifier: Apache-2.0\n"


def by_folder(root):
    """{folder: names of the files its library is made of}"""
    out = {}
    for build in [*root.glob("src/*/**/meson.build"), *root.glob("tests/run/meson.build")]:
        out[build.parent.relative_to(root)] = set()
    for path in c_files(root, ".c", under=("src", "tests/run")):
        if not path.name.startswith(("test_", "fuzz_")) and str(path) != MAIN:
            out.setdefault(path.parent, set()).add(path.name)
    return out


def sources(root):
    root = pathlib.Path(root)
    rule = Rule("sources", root)
    for path in c_files(root, ".c", under=("src",)):
        if path.name.startswith("fuzz_"):
            corpus = pathlib.Path("tests/corpus") / path.stem.removeprefix("fuzz_")
            if not any((root / corpus).glob("*")):
                rule.fault(path, 1, f"no corpus in {corpus}/")
    for folder, names in by_folder(root).items():
        build = folder / "meson.build"
        if not (root / build).is_file():
            rule.fault(build, 1, "missing, and there are sources beside it")
            continue
        text = read(root, build)
        listed = {m.group(1): line_of(text, m.start()) for m in LISTED.finditer(text)}
        for name in names - listed.keys():
            rule.fault(folder / name, 1, f"not listed in {build}")
        for name in listed.keys() - names:
            rule.fault(build, listed[name], f"{name} is not there")
    return rule


def fix(root):
    for folder, names in sorted(by_folder(root).items()):
        build = root / folder / "meson.build"
        layer = folder.parts[1]
        if not build.is_file():
            assign = "=" if len(folder.parts) == 2 else "+="
            build.write_text(f"{SPDX}{layer}_sources {assign} files(\n)\n")
            if len(folder.parts) > 2:
                with open(build.parent.parent / "meson.build", "a", encoding="utf-8") as above:
                    above.write(f"subdir('{folder.name}')\n")
        text = build.read_text()
        lines = "".join(f"  '{name}',\n" for name in sorted(names))
        wanted = BLOCK.sub(lambda m: m.group(1) + lines + ")", text, count=1)
        if wanted != text:
            build.write_text(wanted)
            print(f"listed the sources of {folder}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--fix"]:
        fix(pathlib.Path(__file__).parent.parent)
    else:
        main(sources)
