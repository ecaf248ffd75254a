#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that each rule of `make lint` can fail: a fault is planted in a small
clean tree, and the rule must name its line and nothing else.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
HEAD = SPDX + "/* A file of the clean tree. */\n"


def header(guard, body):
    return f"{HEAD}#ifndef {guard}\n#define {guard}\n\n{body}\n\n#endif\n"


CLEAN = {
    "src/base/a.h": header("BASE_A_H", "int a(void);"),
    "src/base/a.c": HEAD + '#include "base/a.h"\n\nint\na(void)\n{\n\treturn 1;\n}\n',
    "src/base/test_a.c": SPDX + '#include "tests/check.h"\n\n#include "base/a.h"\n',
    "src/base/meson.build": "# SPDX-License-Identifier: Apache-2.0\nbase_sources = files(\n"
                            "  'a.c',\n)\n",
    "src/base/err.h": header("BASE_ERR_H", "/* clang-format off */\n"
                             '#define ERR_TABLE(X) \\\n\tX(OK, "no error (at all)")\n'
                             "/* clang-format on */"),
    "src/app/settings.h": header("APP_SETTINGS_H", "/* clang-format off */\n"
                                 '#define SETTING_TABLE(X) \\\n\tX(LISTEN, "listen", "where")\n'
                                 "/* clang-format on */"),
    "src/order/policy.h": header("ORDER_POLICY_H", "/* clang-format off */\n"
                                 '#define POLICY_TABLE(X) \\\n\tX(RATE_PUT, "rate.put")\n'
                                 "/* clang-format on */"),
    "src/http/metrics.h": header("HTTP_METRICS_H", "/* clang-format off */\n"
                                 '#define METRIC_TABLE(X) \\\n\tX(N, "procured_n", "text")\n'
                                 "/* clang-format on */"),
    "src/dialect/wangdian/methods.h": header(
        "DIALECT_WANGDIAN_METHODS_H", "/* clang-format off */\n"
        '#define WANGDIAN_METHOD_TABLE(X) \\\n\tX("system.Core.now", NONE)\n'
        "/* clang-format on */"),
    "docs/dialect-wangdian.md": "`system.Core.now`\n",
    "src/dialect/franchiser/calls.h": header(
        "DIALECT_FRANCHISER_CALLS_H", "/* clang-format off */\n"
        '#define FRANCHISER_CALL_TABLE(X) \\\n\tX("trade/modify", CHANGE)\n'
        '#define FRANCHISER_FIELD_TABLE(X) \\\n\tX("mobile", text)\n'
        "/* clang-format on */"),
    "docs/dialect-franchiser.md": "`trade/modify` `mobile`\n",
    "docs/operations.md": "`ok` `--listen ADDRESS` `rate.put` `procured_n`\n",
    "src/app/subcommands.c": HEAD + "/* clang-format off */\n"
                             'const struct subcommand subcommands[] = {\n'
                             '\t{ "app list", "[--json]", "json:*",\n\t  0 },\n};\n',
    "src/app/meson.build": "# SPDX-License-Identifier: Apache-2.0\napp_sources = files(\n"
                           "  'options.c',\n  'subcommands.c',\n)\n",
    "src/app/options.c": HEAD + "/* clang-format off */\n"
                         '#define OPTION_TABLE(X) \\\n\tX("json", "", "print JSON", "JSON")\n',
    **{f"docs/man/{folder}{page}": text for folder in ("", "zh_CN/") for page, text in (
        ("procured.1", "\\fBapp list\\fR\n\\fB\\-\\-json\\fR\n"),
        ("procured.5", "\\fBlisten\\fR\n\\fBrate.put\\fR\n"),
        ("procured-dialects.7", '.SH "top"\n'))},
    "src/dialect/top/top.c": HEAD + '\nconst struct dialect dialect_top = {\n    .name = "top",\n};\n',
    "src/dialect/top/meson.build": "# SPDX-License-Identifier: Apache-2.0\ntop_sources = files(\n"
                                   "  'top.c',\n)\n",
    "tests/check.h": header("TESTS_CHECK_H", "struct check;"),
}

LONG = "int\nlong_one(void)\n{\n" + "\ta();\n" * 70 + "\treturn 1;\n}\n"
ALLOWED = HEAD + "int\nb(void)\n{\n\treturn %s; /* lint: allow banned — a test */\n}\n"

# rule, file, its planted text, the fault (or faults) that must be told
PLANTED = [
    ("layers", "src/base/b.c", HEAD + '#include "order/policy.h"\n',
     "src/base/b.c:3: base/ may not include order/"),
    ("layers", "src/engine/b.c", HEAD + '#include "sql/sql.h"\n',
     "src/engine/b.c:3: engine/ may not include sql/"),
    ("layers", "src/engine/b.c", HEAD + '#include "dialect/dialect.h"\n',
     "src/engine/b.c:3: engine/ may not include dialect/"),
    ("layers", "src/dialect/top/b.c", HEAD + '#include "dialect/intents/x.h"\n',
     "src/dialect/top/b.c:3: nothing but dialect/intents/"),
    ("layers", "src/http/b.c", HEAD + '#include "dialect/intents/x.h"\n',
     "src/http/b.c:3: nothing but dialect/intents/"),
    ("layers", "src/store/test_b.c", HEAD + '#include "engine/x.h"\n',
     "src/store/test_b.c:3: store/ may not include engine/"),
    ("layers", "src/order/b.c", HEAD + '#include "base/json.h"\n',
     "src/order/b.c:3: order/ may not know base/json.h"),
    ("layers", "src/store/b.c", HEAD + "#include <sqlite3.h>\n",
     "src/store/b.c:3: <sqlite3.h> belongs to sql/"),
    ("layers", "src/base/b.c", HEAD + '#include "a.h"\n',
     'src/base/b.c:3: "a.h": write the path from src/'),
    ("layers", "src/base/b.c", HEAD + '/* lint: allow layers — a test */\n#include "base/a.h"\n',
     "src/base/b.c:3: this exception from 'layers' excuses nothing"),
    ("layers", "src/engine/b.c", HEAD + 'const char *q = "SELECT 1 FROM t";\n',
     "src/engine/b.c:3: SQL (SELECT) outside src/store/"),
    ("layers", "src/sql/b.c", HEAD + 'const char *q = "DELETE FROM t";\n',
     "src/sql/b.c:3: SQL (DELETE FROM) outside src/store/"),
    ("layers", "src/engine/b.c", HEAD + 'const char *q = "BEGIN IMMEDIATE";\n',
     "src/engine/b.c:3: SQL (BEGIN) outside src/store/"),
    ("layers", "src/http/b.c", HEAD + 'const char *q = "X-App-Id";\n',
     'src/http/b.c:3: "X-App-Id" is a wire name'),
    ("length", "src/base/b.c", HEAD + "\n" + LONG,
     "src/base/b.c:5: long_one has 74 lines, more than 70"),
    ("length", "src/base/b.c", HEAD + "\n" * 800, "src/base/b.c:1: the file has 802 lines"),
    ("headers", "src/base/b.h", header("BASE_B_H", "size_t b(void);"),
     "src/base/b.h:6: does not compile alone"),
    ("headers", "src/base/b.h", header("B_H", "int b(void);"),
     "src/base/b.h:1: no guard BASE_B_H"),
    ("headers", "src/base/b.c", SPDX + "int b;\n", "src/base/b.c:2: no head comment"),
    ("banned", "src/base/b.c", HEAD + "int b = atoi(x);\n", "src/base/b.c:3: atoi: use"),
    ("banned", "tests/b.c", HEAD + "\nvoid b(void) { usleep (1); }\n",
     "tests/b.c:4: usleep: use"),
    ("banned", "src/http/b.c", HEAD + "json_t *b = json_loads(x, 0, NULL);\n",
     "src/http/b.c:3: json_loads: only base/json.c"),
    ("banned", "src/base/b.c", HEAD + "struct tm *b = gmtime(&x);\n",
     "src/base/b.c:3: gmtime: use"),
    ("banned", "src/base/b.c", ALLOWED % "1",
     "src/base/b.c:6: this exception from 'banned' excuses nothing"),
    ("banned", "src/base/b.c", (ALLOWED % "atoi(x)").replace(" — a test", ""),
     "src/base/b.c:6: an exception needs a reason"),
    ("banned", "src/base/b.c", HEAD + "/* lint: allow all — a test */\n",
     "src/base/b.c:3: an exception from a rule that does not exist: all"),
    ("banned", "src/base/b.c", "int b;\n", "src/base/b.c:1: the first line is not"),
    ("banned", "tools/b.py", "pass\n", "tools/b.py:1: no line # SPDX"),
    ("banned", "src/base/b.c", HEAD + "/* TO" + "DO */\n", "src/base/b.c:3: unfinished work"),
    ("banned", "tools/b.sh", "# SPDX-License-Identifier: Apache-2.0\ncd /ro" + "ot/x\n",
     "tools/b.sh:2: a path of one machine"),
    ("sources", "src/base/b.c", HEAD, "src/base/b.c:1: not listed in src/base/meson.build"),
    ("sources", "src/base/fuzz_b.c", HEAD, "src/base/fuzz_b.c:1: no corpus in tests/corpus/b/"),
    ("sources", "src/sql/b.c", HEAD, "src/sql/meson.build:1: missing"),
    ("sources", "src/base/meson.build", CLEAN["src/base/meson.build"] + "'gone.c'\n",
     "src/base/meson.build:5: gone.c is not there"),
    ("docs", "docs/operations.md", "`ok` `listening` `rate.put` `procured_n`\n",
     "src/app/settings.h:8: `listen` is not told about in docs/operations.md"),
    ("docs", "docs/operations.md", "`ok` `listen` `rate.put_x` `procured_n`\n",
     "src/order/policy.h:8: `rate.put` is not told"),
    ("docs", "docs/operations.md", "ok `listen` `rate.put` `procured_n`\n",
     "src/base/err.h:8: `ok` is not told about in docs/*.md"),
    ("docs", "docs/operations.md", None,
     ["docs/operations.md:1: missing", "src/base/err.h:8: `ok` is not told about in docs/*.md"]),
    ("docs", "docs/dialect-wangdian.md", "`system.Core.no`\n",
     "src/dialect/wangdian/methods.h:8: `system.Core.now` is not told"),
    ("docs", "docs/dialect-franchiser.md", "`trade/modify`\n",
     "src/dialect/franchiser/calls.h:10: `mobile` is not told"),
    ("docs", "src/http/metrics.h", None, "src/http/metrics.h:1: missing: METRIC_TABLE"),
    ("docs", "src/http/metrics.h", HEAD, "src/http/metrics.h:1: METRIC_TABLE is missing"),
    ("manual", "docs/man/procured.1", "\\fBapp list\\fR\n",
     "src/app/options.c:5: `--json` is not told about in docs/man/procured.1"),
    ("manual", "docs/man/zh_CN/procured.1", "\\fB\\-\\-json\\fR\n",
     "src/app/subcommands.c:5: `app list` is not told about in docs/man/zh_CN/procured.1"),
    ("manual", "docs/man/procured.5", "\\fBlisten\\fR\n",
     "src/order/policy.h:8: `rate.put` is not told about in docs/man/procured.5"),
    ("manual", "docs/man/zh_CN/procured-dialects.7", ".SH NAME\n",
     "src/dialect/top/top.c:5: `top` is not told about in docs/man/zh_CN/procured-dialects.7"),
    ("manual", "docs/man/zh_CN/procured-dialects.7", None,
     "docs/man/zh_CN/procured-dialects.7:1: missing"),
    ("manual", "src/app/options.c", HEAD + '#define OPTION_TABLE(X) \\\n\tX("all", "", "all", "all")\n',
     ["src/app/options.c:4: `--all` is not told", "src/app/options.c:4: `--all` is not told",
      "src/app/options.c:4: no command takes --all",
      "src/app/subcommands.c:5: --json of `app list` has no row"]),
    ("manual", "src/app/subcommands.c", HEAD,
     ["src/app/options.c:5: no command takes --json",
      "src/app/subcommands.c:1: the table of commands is missing"]),
    ("format", "src/base/b.c", HEAD + "\nint\nb(void) {\n\treturn 1;\n}\n",
     "src/base/b.c:5: not as clang-format lays it out"),
]

# Looks like a fault and is none.
INNOCENT = [
    ("layers", "src/sql/b.c", HEAD + 'const char *q = "PRAGMA synchronous=FULL";\n'),
    ("layers", "src/store/b.c", HEAD + 'const char *q = "SELECT 1";\n'),
    ("layers", "src/engine/test_b.c", HEAD + '#include "sql/sql.h"\n#include "tests/check.h"\n'),
    ("layers", "src/dialect/dialects.c", HEAD + '#include "dialect/top/top.h"\n'),
    ("layers", "src/engine/b.c", HEAD + '/* #include "app/x.h" and "SELECT" */\n'),
    ("banned", "src/base/b.c", HEAD + 'const char *b = "atoi(x)"; /* system(3) */\n'),
    ("banned", "src/base/b.c", HEAD + "int b = clock_system(x) + gmtime_r(a, b);\n"),
    ("banned", "src/base/b.c", ALLOWED % "atoi(x)"),
    ("length", "src/base/b.c", HEAD + "\n" + LONG.replace("\ta();\n" * 4, "", 1)),
    ("format", "src/base/b.c",
     HEAD + "\nenum b {\n#define X(name) B_##name,\n\tB_TABLE(X)\n#undef X\n\tB__COUNT\n};\n"),
    ("format", "src/base/b.h",
     header("BASE_B_H", "enum err_code base_something_long(struct something *s, int number,\n"
                        "    struct err *err);")),
]


def told(rule, tree):
    done = subprocess.run([sys.executable, "-B", TOOLS / f"{rule}.py", tree],
                          capture_output=True, text=True)
    lines = (done.stdout + done.stderr).splitlines()
    if (done.returncode != 0) != bool(lines):
        lines.append(f"exit status {done.returncode} with {len(lines)} faults")
    return lines


def plant(tree, path, text):
    shutil.rmtree(tree, ignore_errors=True)
    for name, content in {**CLEAN, path: text}.items():
        if content is not None:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(content, encoding="utf-8")


def run(tree):
    """(name, whether it is as it should be, what was told) of each case."""
    for rule in sorted({row[0] for row in PLANTED}):
        plant(tree, "src/base/a.h", CLEAN["src/base/a.h"])
        lines = told(rule, tree)
        yield f"{rule}: a clean tree", lines == [], lines
    for rule, path, text, fault in PLANTED:
        plant(tree, path, text)
        lines = told(rule, tree)
        faults = [fault] if isinstance(fault, str) else fault
        good = len(lines) == len(faults) and all(map(str.startswith, lines, faults))
        yield f"{rule}: {faults[0]}", good, lines
    for rule, path, text in INNOCENT:
        plant(tree, path, text)
        lines = told(rule, tree)
        yield f"{rule}: innocent: {text.splitlines()[-1].strip()}", lines == [], lines


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, good, lines in run(pathlib.Path(folder) / "tree"):
            print(f"{'ok' if good else 'FAILED'} {name}")
            if good:
                passed += 1
            else:
                failed += 1
                print("\n".join("    told: " + line for line in lines) or "    nothing told")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
