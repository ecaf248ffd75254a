# SPDX-License-Identifier: Apache-2.0
"""`make bench`: what the server does, as ratios to what it stands on.

Both sides of a ratio come from one round of this one run, on one disk, from the
same client; each figure, and each ratio, is the median of --rounds rounds, and its
spread is shown. After each loaded round the server is killed with SIGKILL and every
acknowledged change is looked for in the store: an answer whose row is not there
stops the bench. Prints a table and writes build/bench.json. docs/performance.md
tells what each figure is.
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys

from world import Figures, HERE, Mallocs, Nginx, World, resident_bytes, spread
from harness import Client, check  # world put tests/ on the path

ORDERS = 10000
IDLE_CONNECTIONS = 2000
# So long an open loop goes on before it is measured; raw SQLite goes at its full rate
# longer, for its log of 64 MiB should have been moved once.
WARMUP_SECONDS = 0.5
RAW_WARMUP_SECONDS = 1.5
LOG_NEVER_MOVED_MIB = 1 << 20
# A server's log has been moved by then.
WARM_MAX_SECONDS = 60

# what it is, upper figure, lower figure or None, sense, goal, stretch, which are None
# for what is only shown
RATIOS = (
    ("durable PUTs/s, 64 connections ÷ raw SQLite, one per commit",
     "put_per_second_64", "raw_per_second_1", "≥", 4, 6),
    ("durable PUTs/s, 64 connections ÷ raw SQLite, groups of 64",
     "put_per_second_64", "raw_per_second_64", "≥", 0.5, 0.8),
    ("durable PUTs/s, 256 connections ÷ raw SQLite, groups of 256",
     "put_per_second_256", "raw_per_second_256", "≥", 0.5, 0.8),
    ("flushes per acknowledged change, 64 connections",
     "flushes_per_change_64", None, "≤", 1 / 16, 1 / 32),
    ("p50 of one lonely client ÷ p50 of one raw commit",
     "put_p50_us_1", "raw_commit_us", "≤", 2.0, 1.3),
    ("GET one order, signed ÷ nginx, the same bytes",
     "get_per_second_64", "nginx_get_per_second_64", "≥", 0.4, 0.55),
    ("PostgreSQL, one app: PUTs/s ÷ pgbench, the same transaction, 64 clients",
     "postgres_ratio_1_apps", None, "≥", 1.5, 4),
    ("PostgreSQL, four apps: PUTs/s ÷ pgbench, the same transaction, 64 clients",
     "postgres_ratio_4_apps", None, "≥", 1.5, 4),
    ("refusing a bad signature ÷ nginx 403",
     "deny_per_second_64", "nginx_deny_per_second_64", "≥", 0.5, 0.9),
    ("p99 ÷ p50 of PUTs at 80 % of peak, open loop",
     "put_p99_us_at_80", "put_p50_us_at_80", "≤", 5, 3),
    ("the same rate over 512 connections, so that 64 that wait do not delay the next",
     "put_p99_us_at_80_over_512", "put_p50_us_at_80_over_512", "≤", None, None),
    ("the same of raw SQLite at 80 % of its peak in groups of 64",
     "raw_p99_us_at_80", "raw_p50_us_at_80", "≤", None, None),
    ("the same of raw SQLite that never moves its log",
     "raw_p99_us_unmoved_at_80", "raw_p50_us_unmoved_at_80", "≤", None, None),
    ("resident MB of an idle server", "idle_mb", None, "≤", 20, 10),
    ("KiB of an idle connection", "idle_connection_kib", None, "≤", 13, 12),
    ("allocations per PUT", "mallocs_per_put", None, "≤", 20, 16),
)


class Bench:
    def __init__(self, arguments):
        self.a = arguments
        self.figures = Figures()
        self.world = World(arguments, ORDERS)

    def note(self, name, got):
        for figure in ("per_second", "p50_us", "p99_us", "p999_us"):
            stem, _, rest = name.partition(" ")
            self.figures.add(f"{stem}_{figure}_{rest}", got[figure])

    def raw(self):
        one = self.world.raw(1, self.a.seconds)
        self.figures.add("raw_per_second_1", one["per_second"])
        self.figures.add("raw_commit_us", one["commit_us"])
        for group in (64, 256):
            self.figures.add(f"raw_per_second_{group}",
                             self.world.raw(group, self.a.seconds)["per_second"])

    def raw_open(self):
        """What open_loop does, by raw SQLite: up to 64 changes a commit. When it never
        moves its log, what is left of the tail is the machine's, and the growing file's."""
        for name, flags in (("", ()), ("_unmoved", ("--log-mib", str(LOG_NEVER_MOVED_MIB)))):
            flags += ("--warmup", str(RAW_WARMUP_SECONDS))
            peak = self.world.raw(64, self.a.seconds, *flags)["per_second"]
            got = self.world.raw(64, self.a.seconds, "--rate", str(int(peak * 0.8)), *flags)
            for figure in ("p50_us", "p99_us"):
                self.figures.add(f"raw_{figure}{name}_at_80", got[figure])

    def puts(self):
        for connections in (1, 256, 64):
            with self.world.changed() as server:
                got, grown = self.world.put(server, connections, self.a.seconds)
            self.note(f"put {connections}", got)
            self.figures.add(f"flushes_per_change_{connections}",
                             grown["procured_flush_seconds_count"] /
                             grown["procured_amendments_total"])

    def open_loop(self):
        """A server that was started a moment ago has nothing in its cache, and its
        log is a file that grows: what it falls behind then would be in the figures.
        So the peak is one it has when its log has been moved once, and what is a part
        of it follows at once: a minute later the machine may be another one."""
        with self.world.changed() as server:
            for _ in range(WARM_MAX_SECONDS):
                if server.metrics()["procured_checkpoint_seconds_count"] > 0:
                    break
                self.world.put(server, 64, 1)
            else:
                raise SystemExit("the server's log was never moved")
            got, _ = self.world.put(server, 64, self.a.seconds)
            self.note("put warm", got)
            peak = got["per_second"]
            for name, percent, connections in (("at_80", 80, 64), ("at_80_over_512", 80, 512),
                                               ("at_50", 50, 64)):
                got, _ = self.world.put(server, connections, self.a.seconds, "--rate",
                                        str(int(peak * percent / 100)),
                                        "--warmup", str(WARMUP_SECONDS))
                self.note(f"put {name}", got)

    def reads(self):
        server = self.world.serve()
        try:
            self.note("get 64", self.world.load("get", server.port, 64, self.a.seconds))
            self.note("deny 64", self.world.load("deny", server.port, 64, self.a.seconds))
        finally:
            server.stop()

    def nginx(self):
        """The same requests; for reads the very body that the server sends."""
        server = self.world.serve()
        client = Client(server.port, self.world.app, self.world.secret)
        with open(self.world.orders, encoding="ascii") as f:
            _, _, answer = client.call("GET", f"/api/v1/intents/{f.readline().strip()}")
        server.stop()
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).replace("'", " ")
        for name, words, flags in (("nginx_get 64", f"return 200 '{body}';", ()),
                                   ("nginx_deny 64", "return 403;", ("--expect", "403"))):
            nginx = Nginx(self.world.folder, words)
            try:
                self.note(name, self.world.load(name.partition("_")[2].split()[0], nginx.port, 64,
                                                self.a.seconds, *flags))
            finally:
                nginx.stop()

    def memory(self):
        server = self.world.serve()
        try:
            idle = resident_bytes(server.process.pid)
            self.figures.add("idle_mb", idle / 1e6)
            request = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
            sockets = []
            for _ in range(IDLE_CONNECTIONS):
                s = socket.create_connection(("127.0.0.1", server.port))
                s.sendall(request)
                s.recv(4096)
                sockets.append(s)
            grown = resident_bytes(server.process.pid) - idle
            self.figures.add("idle_connection_kib", grown / 1024 / IDLE_CONNECTIONS)
            for s in sockets:
                s.close()
        finally:
            server.stop()

    def mallocs(self):
        mallocs = Mallocs(self.world.folder, self.a.mallocs)
        server = self.world.serve(mallocs.environment)
        try:
            self.world.load("put", server.port, 64, 1)
            before = mallocs.count()
            got = self.world.load("put", server.port, 64, self.a.seconds)
            self.figures.add("mallocs_per_put", (mallocs.count() - before) / got["answered"])
        finally:
            server.stop()

    def round(self):
        self.raw()
        self.raw_open()
        self.puts()
        self.open_loop()
        self.reads()
        self.nginx()
        self.memory()
        self.mallocs()

    def instructions(self):
        """Counted, not timed, so once is enough. What the figure should be is
        for `make test` to say."""
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "instructions.py")],
                              capture_output=True, text=True, check=False)
        found = re.search(r"([\d,]+) instructions", done.stdout)
        check(found, f"no instructions are told: {done.stdout}{done.stderr}")
        self.figures.add("instructions_per_put", int(found[1].replace(",", "")))

    def postgres(self):
        """A bench of its own, with a cluster of its own; its rows go into our table."""
        out = os.path.join(self.world.folder, "pg.json")
        done = subprocess.run(
            [sys.executable, "-B", os.path.join(HERE, "pg.py"), "--procured", self.a.procured,
             "--load", self.a.load, "--folder", self.a.folder, "--out", out,
             "--rounds", str(self.a.rounds)], stdout=subprocess.PIPE, text=True, check=False)
        check(done.returncode == 0, f"bench/pg.py failed: {done.stdout[-800:]}")
        print(done.stdout, file=sys.stderr)
        with open(out, encoding="utf-8") as f:
            self.figures.values.update({f"postgres_{name}": values for name, values in
                                        json.load(f)["figures"].items()})

    def tell(self):
        rows = []
        for name, upper, lower, sense, goal, stretch in RATIOS:
            values = self.figures.ratios(upper, lower) if lower else self.figures.values[upper]
            value, noise = statistics.median(values), spread(values)
            met = [g is not None and (value >= g if sense == "≥" else value <= g)
                   for g in (goal, stretch)]
            verdict = ("stretch" if met[1] else "met" if met[0] else
                       "MISSED" if goal is not None else "")
            rows.append({"name": name, "value": value, "noise": noise, "sense": sense,
                         "goal": goal, "stretch": stretch, "verdict": verdict,
                         "numerator": upper, "denominator": lower})
            goals = (f"goal {sense} {goal:<7.4g} stretch {sense} {stretch:<7.4g} {verdict:<8}"
                     if goal is not None else "")
            print(f"{value:9.3f} ±{noise * 100:4.0f} %  {goals:40} {name}")
            if lower == upper.replace("p99", "p50"):
                print(f"{'':17}  single rounds: {' '.join(f'{v:.1f}' for v in sorted(values))}")
        print()
        self.figures.show()
        return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--load", default="build/bench/load")
    parser.add_argument("--raw", default="build/bench/raw")
    parser.add_argument("--mallocs", default="build/bench/mallocs.so")
    parser.add_argument("--folder", default="build",
                        help="where the stores go: one disk for both sides")
    parser.add_argument("--out", default="build/bench.json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--requests-per-second", type=int, default=90000)
    parser.add_argument("--only", default="", help="parts of a round, with commas")
    bench = Bench(parser.parse_args())
    parts = [p for p in bench.a.only.split(",") if p]
    try:
        for number in range(bench.a.rounds):
            print(f"round {number + 1} of {bench.a.rounds}", file=sys.stderr)
            if not parts:
                bench.round()
            for part in parts:
                getattr(bench, part)()
        if parts:
            bench.figures.show()
            return 0
        bench.instructions()
        bench.postgres()
        rows = bench.tell()
    finally:
        bench.world.close()
    with open(bench.a.out, "w", encoding="utf-8") as f:
        json.dump({"ratios": rows, "figures": bench.figures.values}, f, indent=1,
                  ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
