# SPDX-License-Identifier: Apache-2.0
"""`make bench`: what the server does, as ratios to what it stands on.

Both sides of a ratio come from this one run, on one disk, from the same client;
each figure is the median of --rounds measurements taken in turn, and its spread
is shown. After each loaded round the server is killed with SIGKILL and every
acknowledged change is looked for in the store: an answer whose row is not there
stops the bench. Prints a table and writes build/bench.json.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests"))
from harness import Client, Server, check, create_app  # noqa: E402

ORDERS = 10000


class Figures:
    """name -> the values of all rounds."""

    def __init__(self):
        self.values = {}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self.values[name])

    def spread(self, name):
        values = self.values[name]
        return (max(values) - min(values)) / self.median(name)


class Bench:
    def __init__(self, arguments):
        self.a = arguments
        self.figures = Figures()
        self.folder = tempfile.mkdtemp(prefix="bench-", dir=arguments.folder)
        self.data = os.path.join(self.folder, "data")
        self.orders = os.path.join(self.folder, "orders")
        self.acks = os.path.join(self.folder, "acks")
        self.first = 2
        self.make_orders()

    def make_orders(self):
        server = Server(self.a.procured, self.data)
        self.app, self.secret = create_app(self.a.procured, self.data, "bench",
                                           "--rate", "unlimited")
        client = Client(server.port, self.app, self.secret)
        with open(self.orders, "w") as f:
            for _ in range(ORDERS):
                f.write(client.create() + "\n")
        check(server.stop() == 0, "the server did not stop cleanly")

    def store(self):
        return next(os.path.join(self.data, n) for n in os.listdir(self.data)
                    if n.endswith(".db"))

    def load(self, kind, server, connections, seconds, *flags):
        requests = int(self.a.requests_per_second * seconds)
        done = subprocess.run(
            [self.a.load, kind, "--port", str(server.port), "--app", self.app,
             "--secret", self.secret, "--orders", self.orders,
             "--connections", str(connections), "--seconds", str(seconds),
             "--requests", str(requests), "--first", str(self.first), *flags],
            capture_output=True, text=True)
        self.first += requests
        check(done.returncode == 0, f"the load failed: {done.stderr[:500]}")
        return json.loads(done.stdout)

    def raw(self, group):
        """Raw SQLite on a copy of the store the server made."""
        copy = os.path.join(self.folder, "raw.db")
        shutil.copy(self.store(), copy)
        done = subprocess.run(
            [self.a.raw, "--db", copy, "--orders", self.orders, "--group",
             str(group), "--seconds", str(self.a.seconds)],
            capture_output=True, text=True)
        check(done.returncode == 0, f"raw failed: {done.stderr[:500]}")
        for name in os.listdir(self.folder):
            if name.startswith("raw.db"):
                os.unlink(os.path.join(self.folder, name))
        return json.loads(done.stdout)

    def put_round(self, connections):
        """Loads, kills, and looks for every acknowledged change."""
        if os.path.exists(self.acks):
            os.unlink(self.acks)
        server = Server(self.a.procured, self.data)
        try:
            before = server.metrics()
            got = self.load("put", server, connections, self.a.seconds,
                            "--acks", self.acks)
            after = server.metrics()
        finally:
            server.kill()
        self.look_for_acknowledged()
        grown = {n: after[n] - before.get(n, 0) for n in after}
        changes = grown["procured_amendments_total"]
        self.figures.add(f"put_per_second_{connections}", got["per_second"])
        self.figures.add(f"put_p50_us_{connections}", got["p50_us"])
        self.figures.add(f"put_p99_us_{connections}", got["p99_us"])
        self.figures.add(f"flushes_per_change_{connections}",
                         grown["procured_flush_seconds_count"] / changes)

    def look_for_acknowledged(self):
        import sqlite3
        db = sqlite3.connect(self.store())
        made = set()
        for order, changes in db.execute("SELECT order_id, changes FROM amendments"):
            if changes.startswith('[["quantity","'):
                made.add((f"intent_{order}", changes.split('"')[5]))
        db.close()
        with open(self.acks) as f:
            lost = [line for line in f if tuple(line.split()) not in made]
        check(not lost, f"{len(lost)} acknowledged changes are not stored")

    def round(self):
        self.figures.add("raw_per_second_1", self.raw(1)["per_second"])
        self.figures.add("raw_commit_us", self.raw(1)["commit_us"])
        self.figures.add("raw_per_second_64", self.raw(64)["per_second"])
        self.figures.add("raw_per_second_256", self.raw(256)["per_second"])
        for connections in (1, 64, 256):
            self.put_round(connections)
        server = Server(self.a.procured, self.data)
        try:
            got = self.load("get", server, 64, self.a.seconds)
            self.figures.add("get_per_second_64", got["per_second"])
        finally:
            server.stop()

    RATIOS = (
        ("durable PUTs/s, 64 connections ÷ raw SQLite, one per commit",
         "put_per_second_64", "raw_per_second_1", "≥", 4),
        ("durable PUTs/s, 64 connections ÷ raw SQLite, groups of 64",
         "put_per_second_64", "raw_per_second_64", "≥", 0.5),
        ("durable PUTs/s, 256 connections ÷ raw SQLite, groups of 256",
         "put_per_second_256", "raw_per_second_256", "≥", 0.5),
        ("flushes per change, 64 connections",
         "flushes_per_change_64", None, "≤", 1 / 16),
        ("p50 of one lonely client ÷ one raw commit",
         "put_p50_us_1", "raw_commit_us", "≤", 2.0),
    )

    def tell(self):
        rows = []
        for name, upper, lower, sense, goal in self.RATIOS:
            value = self.figures.median(upper)
            if lower:
                value /= self.figures.median(lower)
            met = value >= goal if sense == "≥" else value <= goal
            rows.append({"name": name, "value": value, "goal": goal,
                         "sense": sense, "met": met})
            print(f"{value:10.3f}  goal {sense} {goal:<8.4g}"
                  f"{'met   ' if met else 'MISSED'}  {name}")
        print()
        for name in sorted(self.figures.values):
            print(f"{self.figures.median(name):14.4f}  "
                  f"±{self.figures.spread(name) * 50:5.1f} %  {name}")
        return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--load", default="build/bench/load")
    parser.add_argument("--raw", default="build/bench/raw")
    parser.add_argument("--folder", default="build",
                        help="where the stores go: one disk for both sides")
    parser.add_argument("--out", default="build/bench.json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--requests-per-second", type=int, default=80000)
    bench = Bench(parser.parse_args())
    try:
        for number in range(bench.a.rounds):
            print(f"round {number + 1} of {bench.a.rounds}", file=sys.stderr)
            bench.round()
        rows = bench.tell()
    finally:
        shutil.rmtree(bench.folder)
    with open(bench.a.out, "w") as f:
        json.dump({"ratios": rows, "figures": bench.figures.values}, f, indent=1,
                  ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
