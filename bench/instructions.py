# SPDX-License-Identifier: Apache-2.0
"""Instructions of one PUT, counted by callgrind and compared with what is written down.

Runs build/bench/pipeline twice, with few groups and with many; the difference is
what the groups cost, without start-up. Nothing is timed, and the processor's own
extras (AVX, SHA) are switched off, so that machines and their load don't matter.
Fails when the figure is more than 10 % off bench/instructions.txt, in either
direction: who makes a PUT cheaper writes the new figure down (--renew).

The parts: what a PUT spends below these functions, libraries included.
"""
import argparse
import collections
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

FEW, MANY, GROUP = 4, 24, 32  # groups, and PUTs in each
OFF_MAX = 0.10
FIGURES = pathlib.Path(__file__).with_name("instructions.txt")
ENVIRONMENT = {
    "OPENSSL_ia32cap": "0:0",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX,-AVX2,-AVX2_Usable,-AVX512F,-AVX512VL,-AVX512BW,"
                      "-ERMS,-FSRM,-EVEX,-BMI2,-RTM,-MOVBE,-SSE4_2,-SSSE3",
}

# part -> the functions it begins with. "sqlite" is whatever enters that library,
# and is taken off "store", which alone calls it.
PARTS = {
    "head": ("head_check", "exchange_open"),
    "sign": ("intents_verify",),
    "decode": ("intents_decode",),
    "rules": ("order_apply", "amendment_diff", "amendment_seal"),
    "store": ("store_begin", "store_answers_find", "store_refs_load", "store_write",
              "store_prune", "store_commit"),
    "sqlite": (),
    "encode": ("intents_encode",),
    "log": ("access_log_request", "log_flush"),
}
SQLITE = re.compile(r"libsqlite3\.so")


class Profile:
    """Inclusive costs of calls, and the total, of one callgrind file."""

    def __init__(self, path):
        self.total = 0
        self.calls = collections.Counter()  # (caller's object, callee's object, callee)
        self.own = collections.Counter()    # function -> instructions of its own
        self.names = {}
        self.read(path)

    def name(self, kind, text):
        number, _, name = text.partition(" ")
        if name:
            self.names[kind, number] = name
        return self.names[kind, number]

    def read(self, path):
        ob = fn = callee = callee_ob = None
        is_call = False
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                line = line.rstrip("\n")
                key, _, rest = line.partition("=")
                if key == "ob":
                    ob = self.name("ob", rest)
                elif key == "fn":
                    fn = self.name("fn", rest)
                elif key == "cob":
                    callee_ob = self.name("ob", rest)
                elif key == "cfn":
                    callee = self.name("fn", rest)
                elif key == "calls":
                    is_call = True
                elif line[:1] in "0123456789+-*" and " " in line:
                    cost = int(line.split()[-1])
                    if is_call:
                        self.calls[ob, callee_ob or ob, callee] += cost
                        is_call, callee_ob = False, None
                    else:
                        self.total += cost
                        self.own[fn] += cost

    def part(self, functions):
        return sum(cost for (_, _, name), cost in self.calls.items() if name in functions)

    def sqlite(self):
        return sum(cost for (ob, callee_ob, _), cost in self.calls.items()
                   if SQLITE.search(callee_ob) and not SQLITE.search(ob))


def count(arguments, groups):
    """The profile of a run with so many groups."""
    folder = tempfile.mkdtemp(prefix="instructions-", dir=arguments.folder)
    try:
        out = os.path.join(folder, "callgrind.out")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--dump-line=no", f"--callgrind-out-file={out}",
             arguments.pipeline, "--folder", os.path.join(folder, "store"), "--groups",
             str(groups)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **ENVIRONMENT})
        if done.returncode != 0:
            sys.exit(f"instructions: the pipeline failed:\n{done.stderr[-2000:]}")
        return Profile(out)
    finally:
        shutil.rmtree(folder)


def split(few, many):
    """part -> instructions per PUT, the rest of the total as "rest"."""
    puts = (MANY - FEW) * GROUP
    parts = {}
    for name, functions in PARTS.items():
        parts[name] = (many.part(functions) - few.part(functions)) / puts
    parts["sqlite"] = (many.sqlite() - few.sqlite()) / puts
    parts["store"] -= parts["sqlite"]
    total = (many.total - few.total) / puts
    parts["rest"] = total - sum(parts.values())
    return total, parts


def written_down(kind):
    for line in FIGURES.read_text().splitlines():
        words = line.split()
        if words[:-1] == kind:
            return int(words[-1])
    return None


def write_down(kind, total):
    lines = FIGURES.read_text().splitlines()
    lines = [line for line in lines if line.split()[:-1] != kind]
    FIGURES.write_text("\n".join([*lines, f"{' '.join(kind)} {total:.0f}"]) + "\n")


def show_functions(few, many, shown):
    puts = (MANY - FEW) * GROUP
    costs = {f: (many.own[f] - few.own[f]) / puts for f in many.own}
    for name in sorted(costs, key=costs.get, reverse=True)[:shown]:
        print(f"{costs[name]:10.0f}  {name}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pipeline", default="build/bench/pipeline")
    parser.add_argument("--folder", default="build", help="where the stores go")
    parser.add_argument("--renew", action="store_true", help="write the figure down")
    parser.add_argument("--functions", type=int, default=0, help="show the dearest of them")
    arguments = parser.parse_args()
    few, many = count(arguments, FEW), count(arguments, MANY)
    total, parts = split(few, many)
    for name, cost in parts.items():
        print(f"{cost:10.0f}  {100 * cost / total:5.1f} %  {name}")
    show_functions(few, many, arguments.functions)
    with open("build/built-with", encoding="utf-8") as f:
        kind = [platform.machine(), f.read().split()[0]]
    if arguments.renew:
        write_down(kind, total)
    wanted = written_down(kind)
    if wanted is None:
        print(f"{total:.0f} instructions per PUT; no figure of {' '.join(kind)} to compare with")
        return 0
    off = total / wanted - 1
    print(f"{total:.0f} instructions per PUT, {100 * off:+.1f} % of {wanted} in {FIGURES.name}")
    if abs(off) <= OFF_MAX:
        return 0
    print("too far off: find out why; when it is meant, python3 bench/instructions.py --renew")
    return 1


if __name__ == "__main__":
    sys.exit(main())
