#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual and the shells' completion, as people meet them: pages that man
programs read without complaint, and words completed by real shells.

    tests/manual.py --procured build/procured
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Cases, check  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = ("procured.1", "procured.5", "procured-dialects.7")
FOLDERS = {"en": ROOT / "docs/man", "zh": ROOT / "docs/man/zh_CN"}

# What is typed, and what must be among the words offered; "!" must not be.
COMPLETED = (
    ("procured ", ("serve", "app", "order", "completion", "!create")),
    ("procured s", ("serve", "sign", "!app")),
    ("procured app ", ("create", "list", "rotate", "!serve")),
    ("procured app cr", ("create", "!list")),
    ("procured app create --", ("--name", "--policy", "--data", "!--after")),
    ("procured order list --", ("--after", "--json", "--store", "!--policy")),
    ("procured order export x --format ", ("ndjson", "csv", "!--app")),
    ("procured serve --log-level ", ("debug", "warn", "!yes")),
    ("procured serve --log-level w", ("warn", "!debug")),
    ("procured send ", ("intents", "wangdian", "franchiser", "top", "!Makefile")),
    ("procured sign w", ("wangdian", "!top")),
    ("procured man ", ("procured.1", "procured-dialects.7", "!README.md")),
    ("procured completion ", ("bash", "zsh", "!README.md")),
    ("procured serve --d", ("--data", "--demo", "!--listen")),
)

# A terminal's job, done by hand: the words, and where the cursor is.
BASH = """
source <("$1" completion bash)
COMP_WORDS=({words}) COMP_CWORD={last}
_procured
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

# zsh's own completion functions, replaced by ones that print what they are told.
ZSH = """
compdef() {{ }}
_describe() {{ print -l ${{(P)2}} }}
_arguments() {{ shift; print -l -- $@ }}
source <("$1" completion zsh)
words=({words}) CURRENT=$(({last} + 1))
_procured
"""


def said(procured, *words):
    done = subprocess.run([procured, *words], capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=20)
    check(done.returncode == 0, f"`procured {' '.join(words)}`: {done.stderr.decode()}")
    return done.stdout


def page_is_kept(procured, language, page):
    kept = (FOLDERS[language] / page).read_bytes()
    check(said(procured, "man", page, "--lang", language) == kept,
          f"{FOLDERS[language] / page} is not what is printed; `tools/manual.py --fix` writes it again")


def page_is_read(language, page):
    path = FOLDERS[language] / page
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], capture_output=True,
                          text=True, check=False, timeout=20)
    check(done.returncode == 0 and not done.stdout, done.stdout + done.stderr)
    text = subprocess.run(["mandoc", "-Tutf8", path], capture_output=True, text=True,
                          check=True, timeout=20).stdout
    check("procured" in text and "\\" not in text.replace("\\b", ""), "roff shows through")


def script(text, typed):
    words = typed.split(" ")
    return text.format(words=" ".join(f"'{w}'" for w in words), last=len(words) - 1)


def offered(shell, flags, text, procured, typed):
    done = subprocess.run([shell, *flags, "-c", script(text, typed), shell, procured],
                          capture_output=True, text=True, check=False, timeout=20,
                          stdin=subprocess.DEVNULL)
    check(done.returncode == 0 and not done.stderr, done.stderr)
    return done.stdout


def bash_completes(procured, typed, wanted):
    words = offered("bash", ("--norc",), BASH, procured, typed).split()
    for word in wanted:
        check((word[1:] not in words) if word[0] == "!" else word in words,
              f"\"{typed}\": {word} with {words}")


def zsh_completes(procured, typed, wanted):
    """zsh itself matches what is begun, so only what is on offer is looked at."""
    last = typed.split(" ")[-1]
    before = typed.split(" ")[-2]
    lines = offered("zsh", ("-f",), ZSH, procured, typed).splitlines()
    choices = [line.rsplit(":(", 1)[1].rstrip(")").split()
               for line in lines if line.lstrip("*").startswith(before + "[") and ":(" in line]
    # The word behind a command: '2:word:(…)', or '2:word:{compadd …; _files}'.
    choices += [re.findall(r"[\w.-]+", line.split(":")[2].replace("compadd", "").split(";")[0])
                for line in lines if line.startswith("2:word:") and not last.startswith("-")]
    names = choices[0] if choices else [line.lstrip("*").split("[")[0].split(":")[0] for line in lines]
    for word in wanted:
        if word[0] != "!":
            check(word in names, f"\"{typed}\": {word} with {names}")
        elif not word[1:].startswith("-") and not last:
            check(word[1:] not in names, f"\"{typed}\": {word} with {names}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--procured", default="build/procured")
    procured = os.path.abspath(parser.parse_args().procured)
    cases = Cases()
    for language in FOLDERS:
        for page in PAGES:
            cases.run(f"{language} {page} is kept", page_is_kept, procured, language, page)
            cases.run(f"{language} {page} is read", page_is_read, language, page)
    for typed, wanted in COMPLETED:
        cases.run(f"bash {typed!r}", bash_completes, procured, typed, wanted)
        cases.run(f"zsh {typed!r}", zsh_completes, procured, typed, wanted)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
