#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sixteen clients change four orders over one product as fast as they can.

    tests/stock.py [--seconds 60] [--procured build/procured]

At every moment looked at, what is reserved is the sum of the orders' lines and
never more than there is; afterwards no acknowledged change is lost, and the
store verifies. Two clients are then let race for the last unit. In the end the
cost of a change of 20 lines is compared with that of one.
"""
import argparse
import hashlib
import http.client
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Cases, Server, check, run  # noqa: E402

CLIENTS, ORDERS, ON_HAND, MOST = 16, 4, 100, 40
PLACE, CODE = 5, "P00"
ADDRESS = {"receivername": "h", "mobile": "18817834074", "provincename": "a", "cityname": "b",
           "distrctname": "c", "address": "d", "deliverydate": "2026-03-01"}


class Client:
    """One connection, written from the dialect's document."""

    def __init__(self, world):
        self.world = world
        self.connection = http.client.HTTPConnection("127.0.0.1", world.server.port, timeout=30)

    def call(self, call, data):
        fields = {"appid": self.world.appid, "timestamp": str(int(time.time() * 1000)),
                  "request_data": json.dumps(data)}
        text = "".join(name + fields[name] for name in sorted(fields))
        secret = self.world.secret
        fields["sign"] = hashlib.md5((secret + text + secret).encode()).hexdigest()
        self.connection.request("POST", f"/franchiser/api/{call}", urllib.parse.urlencode(fields),
                                {"Content-Type": "application/x-www-form-urlencoded"})
        return json.loads(self.connection.getresponse().read())

    def change(self, no, quantity, note):
        """The answer's code; `note` tells one change from all others."""
        return self.call("trade/modify", {"tradeno": no, "remark": note, "items": [
            {"outerpcode": CODE, "mainmeasunitqty": quantity}]})["statusCode"]

    def create(self, lines):
        made = self.call("trade/create", {"warehouseid": PLACE, "items": lines, **ADDRESS})
        check(made["statusCode"] == 0, made)
        return made["data"]


class World:
    def __init__(self, procured, folder):
        self.procured, self.data = procured, os.path.join(folder, "data")
        self.server = Server(procured, self.data)
        made = json.loads(run(procured, self.data, "app", "create", "--name", "stock", "--json",
                              "--rate", "unlimited"))
        self.appid, self.secret = made["franchiser"]["appid"], made["franchiser"]["secret"]
        path = os.path.join(folder, "catalog.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("type,id,code,title,price,warehouse,on_hand\n")
            f.write(f"warehouse,{PLACE}\n")
            for i in range(21):
                f.write(f"product,,P{i:02},Product,1.5\n")
                f.write(f"stock,,P{i:02},,,{PLACE},{ON_HAND if i == 0 else 10**6}\n")
        run(procured, self.data, "catalog", "import", path)

    def look(self):
        """(reserved, on hand, sum of the lines), all of one moment."""
        db = sqlite3.connect(f"file:{self.data}/procured.db?mode=ro", uri=True, timeout=10)
        try:
            return db.execute(
                "SELECT s.reserved, s.on_hand, (SELECT coalesce(sum(json_extract(l.value,"
                " '$[4]')), 0) FROM orders o, json_each(o.lines) l WHERE o.reserves = 1"
                " AND o.status IN (1, 2) AND o.warehouse = s.warehouse"
                " AND json_extract(l.value, '$[0]') = s.product)"
                " FROM stock s WHERE s.product = ?", (CODE,)).fetchone()
        finally:
            db.close()


class Storm:
    """All clients at work until `stop` is set."""

    def __init__(self, world, orders):
        self.world, self.orders = world, orders
        self.stop = threading.Event()
        self.accepted = {no: [] for no in orders}
        self.refused = 0
        self.faults = []
        self.lock = threading.Lock()

    def work(self, number):
        client, dice = Client(self.world), random.Random(number)
        step = 0
        while not self.stop.is_set():
            no, quantity = dice.choice(self.orders), dice.randint(1, MOST)
            step += 1
            note = f"{number}-{step}"
            code = client.change(no, quantity, note)
            with self.lock:
                if code == 0:
                    self.accepted[no].append(note)
                elif code == -10:
                    self.refused += 1
                else:
                    self.faults.append(code)
                    return

    def guarded(self, number):
        try:
            self.work(number)
        except Exception as fault:  # told by who waits
            self.faults.append(repr(fault))


def race(world, seconds):
    client = Client(world)
    orders = [client.create([{"outerpcode": CODE, "mainmeasunitqty": 1}]) for _ in range(ORDERS)]
    storm = Storm(world, orders)
    threads = [threading.Thread(target=storm.guarded, args=(i,)) for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    looked, until = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < until and not storm.faults:
            reserved, on_hand, lines = world.look()
            check(reserved == lines, f"{reserved} reserved, lines hold {lines}")
            check(0 <= reserved <= on_hand, f"{reserved} reserved of {on_hand}")
            looked += 1
    finally:
        storm.stop.set()
        for thread in threads:
            thread.join()
    check(not storm.faults, storm.faults[:3])
    check_nothing_lost(world, storm)
    accepted = sum(map(len, storm.accepted.values()))
    check(storm.refused > 0 and accepted > 0, "nobody won, or nobody lost")
    print(f"    {accepted} changes, {storm.refused} refused for lack of stock,"
          f" {looked} looks in {seconds} s")


def check_nothing_lost(world, storm):
    """Every accepted change is in its order's history, once, and no other."""
    for no, notes in storm.accepted.items():
        db = sqlite3.connect(f"file:{world.data}/procured.db?mode=ro", uri=True)
        try:
            rows = db.execute("SELECT changes FROM amendments WHERE order_id = ? AND version > 1",
                              (int(no[2:]),)).fetchall()
        finally:
            db.close()
        found = [change[2] for (text,) in rows for change in json.loads(text)
                 if change[0] == "logistics.remark"]
        check(sorted(found) == sorted(notes),
              f"{no}: {len(found)} changes stored, {len(notes)} acknowledged")


def last_unit(world):
    """Of two that want the last unit exactly one gets it."""
    clients = [Client(world), Client(world)]
    reserved, on_hand, _ = world.look()
    if on_hand > reserved:
        clients[0].create([{"outerpcode": CODE, "mainmeasunitqty": on_hand - reserved}])
    for _ in range(50):
        run(world.procured, world.data, "catalog", "adjust", str(PLACE), CODE, "+1")
        codes = [None, None]

        def take(i):
            codes[i] = clients[i].call("trade/create", {
                "warehouseid": PLACE, "items": [{"outerpcode": CODE, "mainmeasunitqty": 1}],
                **ADDRESS, "remark": str(i)})["statusCode"]

        threads = [threading.Thread(target=take, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(sorted(codes) == [-10, 0], codes)


def cost_of_lines(world, changes=300):
    """A change of 20 lines costs at most three times one of a single line."""
    client = Client(world)
    took = {}
    for count in (1, 20):
        lines = [{"outerpcode": f"P{20 - i:02}", "mainmeasunitqty": 1} for i in range(count)]
        no = client.create(lines)
        best = []
        for step in range(changes):
            for line in lines:
                line["mainmeasunitqty"] = 1 + step % 50
            started = time.perf_counter()
            answer = client.call("trade/modify", {"tradeno": no, "items": lines})
            best.append(time.perf_counter() - started)
            check(answer["statusCode"] == 0, answer)
        took[count] = sorted(best)[len(best) // 2]
    ratio = took[20] / took[1]
    print(f"    1 line {took[1] * 1e6:.0f} µs, 20 lines {took[20] * 1e6:.0f} µs: {ratio:.2f} times")
    check(ratio <= 3, f"20 lines cost {ratio:.2f} times one")


def verify(world):
    run(world.procured, world.data, "check")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    cases = Cases()
    folder = tempfile.mkdtemp(prefix="procured-stock-")
    world = World(os.path.abspath(arguments.procured), folder)
    try:
        cases.run("stock/race", race, world, arguments.seconds)
        cases.run("stock/last_unit", last_unit, world)
        cases.run("stock/cost_of_lines", cost_of_lines, world)
        cases.run("stock/verify", verify, world)
    finally:
        world.server.stop()
        shutil.rmtree(folder)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
