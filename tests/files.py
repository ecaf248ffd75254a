# SPDX-License-Identifier: Apache-2.0
"""`order export` and `order import` with real processes: what is written is read
back, a faulty file changes nothing, and an import that is cut off goes on."""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Cases, Server, check, create_app, run  # noqa: E402

VOLATILE = ("version", "updatedAt", "app")


class World:
    def __init__(self, arguments):
        self.procured = arguments.procured
        self.folder = tempfile.mkdtemp(prefix="procured-files-")

    def path(self, name):
        return os.path.join(self.folder, name)

    def store(self, name):
        data = self.path(name)
        return data, create_app(self.procured, data, "files")[0]

    def orders(self, data):
        out = self.path("all.ndjson")
        run(self.procured, data, "order", "export", out)
        with open(out) as f:
            orders = [json.loads(line) for line in f]
        return [{k: v for k, v in o.items() if k not in VOLATILE} for o in orders]

    def attempt(self, data, *words):
        return subprocess.run([self.procured, *words, "--data", data],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)


def write(path, count, first=1):
    dice = random.Random(first)
    with open(path, "w") as f:
        for i in range(first, first + count):
            order = {"id": 1000 + i, "user": f"u{i % 7}", "status": dice.choice(["DRAFT", "COMPLETED"]),
                     "recipient.name": "张三, \"三\"", "remarks": "a\nb", "name.purchase": f"P-{i}",
                     "createdAt": f"2026-01-01T00:00:{i % 60:02d}.000Z",
                     "lines": [{"title": "t", "price": 9.99, "quantity": dice.randrange(1, 9)}
                               for _ in range(dice.choice([1, 1, 2]))]}
            f.write(json.dumps(order, ensure_ascii=False) + "\n")


def case_round_trip(world):
    """What is exported, in both formats, imports as the same orders."""
    first, app = world.store("first")
    source = world.path("source.ndjson")
    write(source, 500)
    run(world.procured, first, "order", "import", source, "--app", app)
    for ending in ("ndjson", "csv"):
        file = world.path(f"copy.{ending}")
        run(world.procured, first, "order", "export", file)
        second, other = world.store(f"second-{ending}")
        run(world.procured, second, "order", "import", file, "--app", other)
        check(world.orders(first) == world.orders(second), f"{ending} changed something")
        run(world.procured, second, "check")


def case_faults(world):
    """Every fault is told by line and field, and nothing is imported."""
    data, app = world.store("faulty")
    source = world.path("faulty.ndjson")
    write(source, 600)
    with open(source, "a") as f:
        f.write('{"lines":[]}\n\n{"lines":[{"title":"t","price":"x","quantity":0}]}\nnonsense\n')
    done = world.attempt(data, "order", "import", source, "--app", app)
    check(done.returncode == 1, f"it ended with {done.returncode}")
    for text in (":601: lines:", ":603: lines[0].price:", ":603: lines[0].quantity:", ":604: line:"):
        check(text in done.stderr, f"{text} is not told: {done.stderr}")
    check(world.orders(data) == [], "something was imported")
    write(source, 10)
    run(world.procured, data, "order", "import", source, "--app", app)
    twice = world.path("twice.ndjson")
    write(twice, 5, first=6)
    with open(twice, "a") as f:
        f.write('{"lines":[{"title":"t","price":1,"quantity":1}]}\n')
    done = world.attempt(data, "order", "import", twice, "--app", app)
    check(":1: id: is there already" in done.stderr, done.stderr)
    check(":5: name.purchase: is there already" in done.stderr, done.stderr)
    check(len(world.orders(data)) == 10, "something was imported")


def case_cut_off(world):
    """kill -9 in the middle: the same command goes on, each order is there once."""
    count = 60000
    data, app = world.store("cut")
    source = world.path("cut.ndjson")
    write(source, count)
    kills = 0
    for number in range(20):
        process = subprocess.Popen([world.procured, "order", "import", source, "--app", app,
                                    "--data", data], stdout=subprocess.PIPE, text=True)
        try:
            said = process.communicate(timeout=1.0 + number * 0.4)[0]
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
    check(process.returncode == 0, f"it ended with {process.returncode}")
    check(kills > 0, "it was never killed: nothing was shown")
    check(len(world.orders(data)) == count, f"not all are there: {said}")
    run(world.procured, data, "check")
    check(run(world.procured, data, "order", "import", source, "--app", app)
          .startswith("0 orders imported"), "a file was imported twice")


def case_many_lines(world):
    """Orders of 500 lines fill a chunk early"""
    data, app = world.store("lines")
    source = world.path("lines.ndjson")
    lines = [{"title": f"t{i}", "product": f"P{i}", "remark": "r" * 40, "price": 9.99, "quantity": 1}
             for i in range(500)]
    with open(source, "w", encoding="utf-8") as f:
        for i in range(700):
            f.write(json.dumps({"id": 1000 + i, "status": "COMPLETED", "lines": lines}) + "\n")
    run(world.procured, data, "order", "import", source, "--app", app)
    check(len(world.orders(data)) == 700, "not all are there")


def case_server(world):
    """The same beside a running server, with requests going on."""
    data, app = world.store("served")
    source = world.path("served.ndjson")
    write(source, 3000)
    server = Server(world.procured, data)
    try:
        run(world.procured, data, "order", "import", source, "--app", app)
        check(len(world.orders(data)) == 3000, "not all are there")
    finally:
        check(server.stop() == 0, "the server did not stop cleanly")
    run(world.procured, data, "check")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    cases = Cases()
    world = World(parser.parse_args())
    for case in (case_round_trip, case_faults, case_cut_off, case_many_lines, case_server):
        cases.run(case.__doc__.rstrip("."), case, world)
    if not cases.failed:
        shutil.rmtree(world.folder)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
