#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rule banned: functions that C has and we do not use. Rule text: the licence
line, marks of unfinished work, paths of one machine, unknown exceptions.
"""
import re

from source import ALLOW, RULES, Rule, c_files, files, line_of, main, only_code, read

BANNED = {  # function: what to use, or why not
    "strcpy": "struct str and buf", "strcat": "buf", "sprintf": "snprintf or buf_printf",
    "vsprintf": "vsnprintf or buf_printf", "strncpy": "struct str and buf",
    "strtok": "str_cut", "gets": "fgets", "atoi": "str_parse_int", "atol": "str_parse_int",
    "atof": "money_parse", "alloca": "an arena", "setjmp": "an error code",
    "longjmp": "an error code", "system": "fork and exec", "popen": "fork and exec",
    "sleep": "a condition to wait for", "usleep": "a condition to wait for",
    "localtime": "when_print_china", "gmtime": "when_print_iso", "ctime": "when_print_iso",
    "asctime": "when_print_iso",
}
CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))

JANSSON = re.compile(r"\b(json_load\w+|json_decref|json_incref)\s*\(")
JANSSON_HOME = {"src/base/json.c", "src/base/test_json.c"}

SPDX_C = "/* SPDX-License-Identifier: Apache-2.0 */"
SPDX_SCRIPT = "# SPDX-License-Identifier: Apache-2.0"
SCRIPT_SUFFIXES = {".py", ".sh", ".build"}
SCRIPTS = {"Makefile", ".ci/run"}

# Written so that they do not find themselves.
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X)\b")
ONE_MACHINE = re.compile(r"(?<![\w.])/(work|root|home)/")
PROSE = {".md", ".txt", ".lock", ".json"}


def banned(root):
    rule = Rule("banned", root)
    for path in c_files(root):
        code = only_code(read(root, path))
        for match in CALL.finditer(code):
            name = match.group(1)
            rule.fault(path, line_of(code, match.start()), f"{name}: use {BANNED[name]}")
        if str(path) in JANSSON_HOME:
            continue
        for match in JANSSON.finditer(code):
            rule.fault(path, line_of(code, match.start()),
                       f"{match.group(1)}: only base/json.c loads and frees trees")
    return rule


def is_script(path):
    in_tools = path.parts[0] == "tools" and path.suffix == ""
    return path.suffix in SCRIPT_SUFFIXES or str(path) in SCRIPTS or in_tools


def text(root):
    rule = Rule("text", root)
    for path in files(root):
        if path.suffix in PROSE:
            continue
        lines = read(root, path).split("\n")
        if path.suffix in (".c", ".h") and lines[0] != SPDX_C:
            rule.fault(path, 1, f"the first line is not {SPDX_C}")
        if is_script(path) and SPDX_SCRIPT not in lines[:2]:
            rule.fault(path, 1, f"no line {SPDX_SCRIPT} at its head")
        for i, line in enumerate(lines, 1):
            if UNFINISHED.search(line):
                rule.fault(path, i, "unfinished work: finish it, or write an issue")
            if ONE_MACHINE.search(line):
                rule.fault(path, i, "a path of one machine")
            allow = ALLOW.search(line) if path.suffix in (".c", ".h") else None
            if allow and allow.group(1) not in RULES:
                rule.fault(path, i, f"an exception from a rule that does not exist: {allow[1]}")
    return rule


if __name__ == "__main__":
    main(banned, text)
