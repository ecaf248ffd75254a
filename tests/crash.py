# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again: no acknowledged change may be lost, none
doubled, every chain must be whole.

Each cycle starts the server, lets 64 connections change orders as fast as they
can, kills the server at a random moment, and then looks for every acknowledged
change in the store. Every request sets a quantity no other request ever sets,
so a change that is there twice shows. The requests that were in flight are then
sent again, byte for byte, to the next server: each must have one effect.
"""

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Cases, Client, Server, check, create_app, run  # noqa: E402

ORDERS = 200
FIRST_STEP = 200000  # more requests than a cycle can answer


class World:
    def __init__(self, arguments, folder):
        self.procured, self.load = arguments.procured, arguments.load
        self.random = random.Random(arguments.seed)
        self.folder = folder
        self.data = os.path.join(folder, "data")
        self.orders = os.path.join(folder, "orders")
        self.acks = os.path.join(folder, "acks")
        self.first = 2  # orders begin with a quantity of 1
        self.checked = 0  # bytes of the acks file that were looked at
        self.last_seq = 0
        self.seen = {}  # (order, quantity) -> amendments that set it
        self.retried = []
        server = Server(self.procured, self.data)
        self.app, self.secret = create_app(self.procured, self.data, "crash",
                                           "--rate", "unlimited")
        client = Client(server.port, self.app, self.secret)
        with open(self.orders, "w") as f:
            for _ in range(ORDERS):
                f.write(client.create() + "\n")
        check(server.stop() == 0, "the server did not stop cleanly")

    def cycle(self, number):
        server = Server(self.procured, self.data)
        try:
            self.retry_cut_off(server)
            self.shoot(server)
        finally:
            server.kill()
        run(self.procured, self.data, "check")
        self.look_for_acknowledged(number)

    def shoot(self, server):
        load = subprocess.Popen(
            [self.load, "put", "--port", str(server.port), "--app", self.app,
             "--secret", self.secret, "--orders", self.orders,
             "--connections", "64", "--seconds", "30",
             "--requests", str(FIRST_STEP), "--first", str(self.first),
             "--acks", self.acks, "--until-broken"],
            stdout=subprocess.PIPE, text=True)
        self.first += FIRST_STEP
        # Die at a moment chosen by how far the load has come, not by a clock.
        goal = server.metrics()["procured_amendments_total"] + \
            self.random.randint(1, 4000)
        deadline = time.monotonic() + 60
        while server.metrics()["procured_amendments_total"] < goal:
            check(time.monotonic() < deadline, "the load does not get on")
            check(load.poll() is None, "the load client ended early")
        server.process.kill()
        load.communicate(timeout=60)
        check(load.returncode == 0, "the load client saw a wrong answer")

    def retry_cut_off(self, server):
        """The same signed bytes before and after a crash are one change."""
        client = Client(server.port, self.app, self.secret)
        for order, body, at in self.retried:
            status, _, answer = client.call(
                "PUT", f"/api/v1/intents/{order}", body, at=at)
            check(status == 200, f"a retry answered {status}: {answer}")
            check(answer["data"]["quantity"] == body["quantity"],
                  "a retry was answered with another state of the order")
        self.retried = []
        with open(self.orders) as f:
            names = f.read().split()
        for _ in range(8):
            order = self.random.choice(names)
            body = {"quantity": self.first}
            self.first += 1
            at = str(int(time.time() * 1000))
            status, _, _ = client.call("PUT", f"/api/v1/intents/{order}", body,
                                       at=at)
            check(status == 200, f"a change answered {status}")
            with open(self.acks, "a") as f:
                f.write(f"{order} {body['quantity']}\n")
            self.retried.append((order, body, at))

    def read_log(self):
        db = sqlite3.connect(f"file:{self.store_file()}?mode=ro", uri=True)
        rows = db.execute(
            "SELECT seq, order_id, changes FROM amendments WHERE seq > ?"
            " ORDER BY seq", (self.last_seq,))
        for seq, order, changes in rows:
            self.last_seq = seq
            marker = '["quantity",'
            start = changes.find(marker)
            if start < 0:
                continue
            to = changes[start + len(marker):].split(",")[1].strip('"]')
            key = (f"intent_{order}", int(to))
            self.seen[key] = self.seen.get(key, 0) + 1
        db.close()

    def store_file(self):
        for name in os.listdir(self.data):
            if name.endswith(".db"):
                return os.path.join(self.data, name)
        raise FileNotFoundError("no store in the data directory")

    def look_for_acknowledged(self, number):
        self.read_log()
        with open(self.acks) as f:
            f.seek(self.checked)
            acknowledged = f.readlines()
            self.checked = f.tell()
        lost = doubled = 0
        for line in acknowledged:
            order, quantity = line.split()
            count = self.seen.get((order, int(quantity)), 0)
            lost += count == 0
            doubled += count > 1
        doubled += sum(1 for (_, q), n in self.seen.items() if n > 1 and q > 1)
        check(lost == 0, f"{lost} of {len(acknowledged)} acknowledged changes lost")
        check(doubled == 0, f"{doubled} changes were made twice")
        check(acknowledged, "no change was acknowledged: nothing was shown")
        print(f"cycle {number}: {len(acknowledged)} acknowledged, none lost,"
              " none doubled", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--load", default="build/bench/load")
    parser.add_argument("--cycles", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="procured-crash-")
    cases = Cases()
    try:
        world = World(arguments, folder)
        for number in range(1, arguments.cycles + 1):
            cases.run(f"crash cycle {number}", world.cycle, number)
            if cases.failed:
                print(f"the store is kept in {folder}")
                break
    finally:
        if not cases.failed:
            shutil.rmtree(folder)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
