# SPDX-License-Identifier: Apache-2.0
"""What a large store costs: one app with --orders orders against one with 10,000.

Makes both by `procured order import`, then measures, both sides in turn in this
one run: GET by id, start-up, pages of lists by cursor with every sort and
filter, PUT with and without clients that list, and `procured check`. Prints a
table; times of lists are a client's, the server's are shorter.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests"))
from harness import Client, Server, check, create_app, run  # noqa: E402

SMALL = 10000
STATES = ["DRAFT", "SUBMITTED", "SUBMITTED", "SUBMITTED", "PROCESSING",
          "COMPLETED", "COMPLETED", "FAILED", "CANCELLED"]
LISTS = ["", "status=SUBMITTED", "status=DRAFT&platform=JD", "userId=user_77",
         "userId=user_77&status=COMPLETED", "platform=PDD",
         "startDate=2026-01-01&endDate=2026-02-01", "sortBy=updatedAt",
         "sortBy=price", "sortBy=price&order=asc&platform=TAOBAO",
         "sortBy=updatedAt&order=asc&status=FAILED", "sortBy=price&userId=user_5"]


def iso(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


def write_orders(path, count):
    dice = random.Random(5)
    begin = 1772000000000 - 1000 * count
    with open(path, "w") as f:
        for i in range(count):
            f.write(json.dumps({
                "id": 1000000 + 7 * i, "createdAt": iso(begin + 1000 * i),
                "status": dice.choice(STATES), "user": f"user_{dice.randrange(20000)}",
                "platform": dice.choice(["TAOBAO", "JD", "PDD"]),
                "product.url": f"https://item.taobao.com/item.htm?id={i}",
                "recipient.name": "张三", "recipient.phone": f"1380013{i % 10000:04d}",
                "address.detail": f"北京市朝阳区望京SOHO T1 {i}", "remarks": "请在工作日送达",
                "lines": [{"title": "Apple iPhone 15 Pro 256GB",
                           "price": dice.randrange(10, 9000) + 0.99,
                           "quantity": dice.randrange(1, 9)}]}, ensure_ascii=False) + "\n")


class Side:
    """A store with its app, made once and kept between runs with --keep."""

    def __init__(self, bench, count):
        self.bench, self.count = bench, count
        self.data = os.path.join(bench.folder, f"data-{count}")
        self.note = os.path.join(bench.folder, f"app-{count}.json")
        if not os.path.exists(self.note):
            self.make()
        with open(self.note) as f:
            self.app, self.secret = json.load(f)

    def make(self):
        source = os.path.join(self.bench.folder, f"orders-{self.count}.ndjson")
        write_orders(source, self.count)
        app = create_app(self.bench.a.procured, self.data, "million", "--rate",
                         "unlimited")
        began = time.monotonic()
        run(self.bench.a.procured, self.data, "order", "import", source, "--app", app[0])
        rate = self.count / (time.monotonic() - began)
        self.bench.say(f"import of {self.count}: {rate:,.0f} orders/s")
        os.unlink(source)
        with open(self.note, "w") as f:
            json.dump(app, f)

    def names(self, changeable):
        """A file of ids in random order."""
        path = os.path.join(self.bench.folder, f"ids-{self.count}-{changeable}")
        db = sqlite3.connect(f"file:{self.data}/procured.db?mode=ro", uri=True)
        wanted = [i for i, status in db.execute("SELECT id, status FROM orders")
                  if not changeable or status < 2]
        db.close()
        random.Random(9).shuffle(wanted)
        with open(path, "w") as f:
            f.writelines(f"intent_{i}\n" for i in wanted[:200000])
        return path


class Bench:
    def __init__(self, arguments):
        self.a = arguments
        self.folder = arguments.keep or tempfile.mkdtemp(prefix="million-", dir=arguments.folder)
        os.makedirs(self.folder, exist_ok=True)
        self.first = 100

    def say(self, text):
        print(text, flush=True)

    def load(self, kind, server, side, names, connections, *flags):
        requests = getattr(self.a, "requests", 0) or int(self.a.seconds * 60000)
        done = subprocess.run(
            [self.a.load, kind, "--port", str(server.port), "--app", side.app,
             "--secret", side.secret, "--orders", names, "--connections",
             str(connections), "--seconds", str(self.a.seconds), "--requests",
             str(requests), "--first", str(self.first), *flags], capture_output=True, text=True)
        self.first = (self.first + requests) % 90000000
        check(done.returncode == 0, f"the load failed: {done.stderr[:300]}")
        return json.loads(done.stdout)

    def get(self, sides):
        rates = {side.count: [] for side in sides}
        names = {side.count: side.names(False) for side in sides}
        for _ in range(self.a.rounds):
            for side in sides:
                server = Server(self.a.procured, side.data)
                self.load("get", server, side, names[side.count], 64)
                got = self.load("get", server, side, names[side.count], 64)
                rates[side.count].append(got["per_second"])
                server.stop()
        small, large = (statistics.median(rates[s.count]) for s in sides)
        self.say(f"GET/s: {small:,.0f} of {sides[0].count}, {large:,.0f} of "
                 f"{sides[1].count}: {small / large:.2f}× (goal ≤ 1.2)")

    def lists(self, side):
        server = Server(self.a.procured, side.data)
        server.stop()
        server = Server(self.a.procured, side.data)
        self.say(f"start-up: {server.ready_seconds:.3f} s (goal < 0.2)")
        client = Client(server.port, side.app, side.secret)
        every = []
        for query in LISTS:
            cursor, times = "", []
            for _ in range(self.a.pages):
                path = f"/api/v1/intents?{query}&pageSize=20&cursor={cursor}"
                began = time.perf_counter()
                status, _, answer = client.call("GET", path)
                times.append(time.perf_counter() - began)
                check(status == 200, f"{path} answered {status}")
                cursor = answer["data"]["nextCursor"]
                if not cursor:
                    break
            every += times
            times.sort()
            self.say(f"  {times[len(times) // 2] * 1000:7.2f} ms p50  "
                     f"{times[int(len(times) * 0.99)] * 1000:7.2f} ms p99  "
                     f"{len(times):4d} pages  {query or '(all)'}")
        every.sort()
        self.say(f"list pages by cursor: p99 {every[int(len(every) * 0.99)] * 1000:.2f} ms (goal < 5)")
        server.stop()

    def list_beside(self, server, side, path):
        """Four clients that list until they are ended, each answer checked."""
        with open(path, "w") as f:
            f.writelines(f"/api/v1/intents?{q}{'&' if q else ''}cursor=&pageSize=20\n"
                         for q in LISTS)
        return subprocess.Popen(
            [self.a.load, "get", "--port", str(server.port), "--app", side.app, "--secret",
             side.secret, "--orders", path, "--connections", "4", "--seconds",
             str(self.a.seconds + 1), "--requests", str(int(self.a.seconds * 5000)), "--rate",
             str(self.a.list_rate)], stdout=subprocess.PIPE, text=True)

    def put(self, side):
        """Paced, and as fast as 64 connections can; in turn without and with lists."""
        server = Server(self.a.procured, side.data)
        names = side.names(True)
        figures = {(rate, clients): [] for rate in (self.a.put_rate, 0) for clients in (0, 4)}
        for _ in range(self.a.rounds):
            for (rate, clients), rows in figures.items():
                listing = clients and self.list_beside(
                    server, side, os.path.join(self.folder, "lists"))
                got = self.load("put", server, side, names, 64, "--rate", str(rate))
                lists = json.loads(listing.communicate()[0]) if clients else {}
                check(lists.get("wrong", 0) == 0, "a list was answered wrongly")
                rows.append((got["per_second"], got["p50_us"], got["p99_us"],
                             lists.get("per_second", 0), lists.get("p99_us", 0)))
        for (rate, clients), rows in figures.items():
            put, p50, p99, lists, list_p99 = (statistics.median(r[i] for r in rows)
                                              for i in range(5))
            self.say(f"PUT ({'paced' if rate else 'saturated'}), {clients} clients listing: "
                     f"{put:,.0f}/s, p50 {p50 / 1000:.1f} ms, p99 {p99 / 1000:.1f} ms; "
                     f"lists {lists:,.0f}/s, p99 {list_p99 / 1000:.1f} ms")
        server.stop()

    def check(self, side):
        began = time.monotonic()
        said = run(self.a.procured, side.data, "check").strip()
        self.say(f"check: {time.monotonic() - began:.1f} s (goal < 60): {said}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--load", default="build/bench/load")
    parser.add_argument("--folder", default="build")
    parser.add_argument("--keep", help="a folder whose stores are made once and used again")
    parser.add_argument("--orders", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--parts", default="lists,get,put,check")
    parser.add_argument("--put-rate", type=int, default=1000)
    parser.add_argument("--list-rate", type=int, default=200,
                        help="of all four clients; 0: as fast as they can")
    parser.add_argument("--pages", type=int, default=200)
    bench = Bench(parser.parse_args())
    try:
        sides = [Side(bench, SMALL), Side(bench, bench.a.orders)]
        parts = {"lists": lambda: bench.lists(sides[1]), "get": lambda: bench.get(sides),
                 "put": lambda: bench.put(sides[1]), "check": lambda: bench.check(sides[1])}
        for name in bench.a.parts.split(","):
            parts[name]()
    finally:
        if not bench.a.keep:
            shutil.rmtree(bench.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
