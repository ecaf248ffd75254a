# SPDX-License-Identifier: Apache-2.0
"""`make bench-curve ORDERS=10000000`: how cost grows.

With the number of orders (10,000, 1,000,000, up to --orders), beside raw SQLite
on the very same file: bytes an order, start-up, PUT, GET and list rates. Then,
on the small store: with connections (1 to 10,000), with the size of a body (20
bytes to 1 MiB) and with an order's lines (1 to 500). Random keys throughout.
Medians of --rounds, taken in turn; writes build/curve.json.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from million import LISTS, SMALL, STATES, Bench, Side, write_orders  # noqa: F401
from world import Figures
from harness import Client, Server, check, run

CONNECTIONS = (1, 4, 16, 64, 256, 1000, 4000, 10000)
# With more, all of them would ask at once for more than the queue holds
# (LIMIT_QUEUE), and be refused: they ask at this rate together.
QUEUED_MAX, PACE = 4000, 5000
BODIES = (20, 200, 2000, 20000, 200000, 1 << 20)
LINES = (1, 10, 100, 500)
LINED_ORDERS = 300


class Curve(Bench):
    """A Bench whose folder has a store of each size."""

    def __init__(self, arguments):
        super().__init__(arguments)
        self.figures = Figures()

    def measure(self, name, kind, server, side, names, connections, *flags):
        got = self.load(kind, server, side, names, connections, *flags)
        for figure in ("per_second", "p50_us", "p99_us", "p999_us"):
            self.figures.add(f"{name}_{figure}", got[figure])
        return got

    # --- the number of orders ---

    def raw(self, side, names):
        """SQLite alone, on this file: it has no use as a store afterwards, so last."""
        done = subprocess.run([self.a.raw, "--db", os.path.join(side.data, "procured.db"),
                               "--orders", names, "--group", "64",
                               "--seconds", str(self.a.seconds)],
                              capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"raw failed: {done.stderr[:300]}")
        self.figures.add(f"raw_{side.count}_per_second", json.loads(done.stdout)["per_second"])

    def list_rate(self, server, side):
        client = Client(server.port, side.app, side.secret)
        began, pages = time.monotonic(), 0
        while time.monotonic() - began < self.a.seconds:
            query = LISTS[pages % len(LISTS)]
            status, _, _ = client.call("GET", f"/api/v1/intents?{query}&cursor=&pageSize=20")
            check(status == 200, f"a list answered {status}")
            pages += 1
        self.figures.add(f"list_{side.count}_per_second", pages / (time.monotonic() - began))

    def orders(self):
        counts = [n for n in (SMALL, 1000000, 10000000) if n <= self.a.orders]
        sides = [Side(self, n) for n in counts]
        names = {s.count: s.names(True) for s in sides}
        for side in sides:
            size = os.path.getsize(os.path.join(side.data, "procured.db"))
            self.figures.add(f"bytes_an_order_{side.count}", size / side.count)
        for _ in range(self.a.rounds):
            for side in sides:
                server = Server(self.a.procured, side.data)
                self.figures.add(f"start_ms_{side.count}", server.ready_seconds * 1000)
                self.load("get", server, side, names[side.count], 64)
                self.measure(f"get_{side.count}", "get", server, side, names[side.count], 64)
                self.measure(f"put_{side.count}", "put", server, side, names[side.count], 64)
                self.list_rate(server, side)
                server.stop()
        for _ in range(self.a.rounds):
            for side in sides:
                self.raw(side, names[side.count])
        for side in sides:
            ours, alone = (self.figures.median(f"{what}_{side.count}_per_second") /
                           self.figures.median(f"{what}_{SMALL}_per_second")
                           for what in ("put", "raw"))
            self.say(f"{side.count:>10,} orders: PUT rate {ours:.2f} of that at {SMALL:,}; raw SQLite's "
                     f"{alone:.2f}: {ours / alone:.2f} of its curve (goal ≥ 0.9, stretch ≥ 1)")
            shutil.rmtree(side.data)
            os.unlink(side.note)

    # --- connections, bodies, lines ---

    def small(self):
        return Side(self, SMALL)

    def connections(self):
        side = self.small()
        names = side.names(True)
        server = Server(self.a.procured, side.data)
        for _ in range(self.a.rounds):
            for n in CONNECTIONS:
                pace = () if n <= QUEUED_MAX else ("--rate", str(PACE))
                self.measure(f"put_with_{n}_connections", "put", server, side, names, n, *pace)
        server.stop()

    def bodies(self):
        side = self.small()
        names = side.names(True)
        server = Server(self.a.procured, side.data)
        self.a.requests = 2000
        for _ in range(self.a.rounds):
            for n in BODIES:
                self.measure(f"put_of_{n}_bytes", "put", server, side, names, 16, "--pad", str(n))
        server.stop()
        self.a.requests = 0

    def lines(self):
        side = self.small()
        files = {}
        for n in LINES:
            source = os.path.join(self.folder, f"lines-{n}.ndjson")
            with open(source, "w", encoding="utf-8") as f:
                for i in range(LINED_ORDERS):
                    f.write(json.dumps({
                        "id": 900000000 + n * 100000 + i, "createdAt": "2026-02-25T10:30:00.000Z",
                        "status": "SUBMITTED", "lines": [
                            {"title": f"Apple iPhone 15 Pro {k}", "price": 8999, "quantity": 1}
                            for k in range(n)]}) + "\n")
            run(self.a.procured, side.data, "order", "import", source, "--app", side.app)
            files[n] = os.path.join(self.folder, f"lines-{n}")
            with open(files[n], "w", encoding="ascii") as f:
                f.writelines(f"intent_{900000000 + n * 100000 + i}\n" for i in range(LINED_ORDERS))
        server = Server(self.a.procured, side.data)
        for _ in range(self.a.rounds):
            for n in LINES:
                self.measure(f"put_of_{n}_lines", "put", server, side, files[n], 64, "--remarks")
        server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--load", default="build/bench/load")
    parser.add_argument("--raw", default="build/bench/raw")
    parser.add_argument("--folder", default="build")
    parser.add_argument("--out", default="build/curve.json")
    parser.add_argument("--orders", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--requests", type=int, default=0, help="0: as many as the seconds take")
    parser.add_argument("--parts", default="orders,connections,bodies,lines")
    arguments = parser.parse_args()
    arguments.keep = tempfile.mkdtemp(prefix="curve-", dir=arguments.folder)
    curve = Curve(arguments)
    try:
        for part in arguments.parts.split(","):
            getattr(curve, part)()
    finally:
        # What a part has measured is told, whatever became of the next one.
        curve.figures.show()
        shutil.rmtree(arguments.keep)
    with open(arguments.out, "w", encoding="utf-8") as f:
        json.dump({name: statistics.median(values) for name, values in curve.figures.values.items()},
                  f, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
