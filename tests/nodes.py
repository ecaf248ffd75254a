# SPDX-License-Identifier: Apache-2.0
"""Three nodes on one PostgreSQL are one server.

  - one app's flood through all of them gets its limit, not three times that,
    and one node alone gets all of it
  - a secret that is changed on one is known on the others within a second
  - races with If-Match lose no change; the same signed bytes sent to all at once
    have one effect and one answer
  - the feed tells each amendment once and never goes back, whoever wrote it, and
    a long poll hears of what another node did
  - a node killed with SIGKILL leaves its number to another: ids stay unique

    python3 -B tests/nodes.py [--procured build/procured] [--long]
"""

import argparse
import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cluster import Cluster, ClusterError  # noqa: E402
from harness import Cases, Client, Failure, Server, check, run  # noqa: E402

NODES = 3
LEASE_S = 10  # of a node's number: LIMIT_NODE_LEASE_MS
RATE = 50
PUT_RATE = 20  # requests a second of class "put", whatever the app's rate


class World:
    def __init__(self, arguments):
        self.procured, self.long = arguments.procured, arguments.long
        self.folder = tempfile.mkdtemp(prefix="procured-three-")
        self.key = os.path.join(self.folder, "procured.key")
        with open(self.key, "w", encoding="ascii") as out:
            out.write(os.urandom(32).hex() + "\n")
        os.chmod(self.key, 0o600)
        self.nodes, self.numbers = [], itertools.count(1)
        os.chmod(self.folder, 0o711)  # servers of PostgreSQL are another user's
        self.cluster = Cluster(folder=self.folder)
        self.url = self.cluster.url()
        try:
            # All at once: only one of them may make the schema.
            all_at_once([self.start] * NODES)
        except BaseException:
            self.close()
            raise

    def start(self):
        folder = os.path.join(self.folder, f"node{next(self.numbers)}")
        os.makedirs(folder)
        node = Server(self.procured, os.path.join(folder, "data"), "--store", self.url,
                      "--key", self.key)
        self.nodes.append(node)
        return node

    def command(self, *words):
        """A subcommand of somebody who is beside no node."""
        return run(self.procured, os.path.join(self.folder, "tools"), *words,
                   "--store", self.url, "--key", self.key)

    def app(self, name, rate="unlimited"):
        """(id, secret) of a new app that all nodes know."""
        made = json.loads(self.command("app", "create", "--name", name, "--json",
                                       "--rate", rate))
        app = made["intents"]["appId"], made["intents"]["appSecret"]
        for node in self.nodes:
            self.until_status(node, app, 200)
        return app

    def client(self, node, app):
        return Client(self.nodes[node].port, *app)

    @staticmethod
    def until_status(node, app, wanted, seconds=5):
        """Asks until it is answered so; how long that took."""
        began, client = time.monotonic(), Client(node.port, *app)
        while True:
            status, _, answer = client.call("GET", "/api/v1/changes?after=0&limit=1")
            took = time.monotonic() - began
            if status == wanted:
                return took
            check(took < seconds, f"{status} instead of {wanted}: {answer}")
            time.sleep(0.01)

    def close(self):
        for node in self.nodes:
            if node.process.poll() is None:
                node.kill()
        self.cluster.close()


def version_of(answer):
    """By the ETag of (status, headers, body)."""
    check(answer[0] == 200, f"answered {answer[0]}: {answer[2]}")
    return int(answer[1]["ETag"].strip('"'))


def all_at_once(functions):
    """Runs them in threads; raises the first of their faults."""
    faults = []

    def guarded(function):
        try:
            function()
        except Exception as fault:  # told by the case
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(f,)) for f in functions]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if faults:
        raise Failure(f"{len(faults)} faults; the first: {faults[0]!r}")


def case_numbers(world):
    """Every node has a number of its own, and another key is refused"""
    numbers = sorted(n.metrics()["procured_node"] for n in world.nodes)
    check(numbers == [0, 1, 2], f"the nodes have the numbers {numbers}")
    other = os.path.join(world.folder, "other.key")
    with open(other, "w", encoding="ascii") as out:
        out.write(os.urandom(32).hex() + "\n")
    os.chmod(other, 0o600)
    done = subprocess.run(
        [world.procured, "serve", "--store", world.url, "--key", other, "--data",
         os.path.join(world.folder, "stranger"), "--listen", "127.0.0.1:0", "--admin", "none"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    check(done.returncode != 0 and "master key" in done.stderr,
          f"another key: {done.returncode} {done.stderr}")


# --- rates ---------------------------------------------------------------------

def flood(world, app, nodes, seconds, call, clients=3):
    """The monotonic times at which calls passed, and the refusals."""
    passed, refused, end = [], [], time.monotonic() + seconds

    def one(number):
        client = world.client(number, app)
        while time.monotonic() < end:
            status, headers, answer = call(client)
            if status == 200:
                passed.append(time.monotonic())
            elif status == 429:
                refused.append(headers)
            # A machine that is too busy for its turn says so; how much passes
            # all the same is looked at by check_rate.
            elif status != 503 or not headers.get("Retry-After"):
                raise Failure(f"a flood is answered {status}: {answer}")

    all_at_once([lambda n=n: one(n) for n in nodes for _ in range(clients)])
    return sorted(passed), refused


def check_rate(passed, limit, began, seconds, what):
    """What was saved up is gone by `began`. Asked for is 0.8 to 1.2; what is
    promised is the limit over a window that is 0.2 s longer."""
    got = sum(began <= at < began + seconds for at in passed)
    check(0.8 * limit * seconds <= got <= limit * (seconds + 0.2) + 2,
          f"{what}: {got} calls passed in {seconds} s, the limit is {limit}/s")
    for window in (0.1, 1, 3):
        most, first = limit + limit * (window + 0.2) + 1, 0
        for i, at in enumerate(passed):
            while at - passed[first] >= window:
                first += 1
            check(i - first + 1 <= most,
                  f"{what}: {i - first + 1} calls passed within {window} s, at most {most} may")
    return got / (limit * seconds)


def case_flood(world):
    """One app that floods all nodes gets its limit, and one node alone too"""
    app, seconds = world.app("flood", str(RATE)), 20 if world.long else 4
    shares = []
    for nodes in (range(NODES), [0], [2]):
        began = time.monotonic()
        passed, refused = flood(world, app, nodes, seconds + 1.5, lambda c: c.call(
            "GET", "/api/v1/changes?after=0&limit=1"))
        # The first second has what was saved up.
        shares.append(check_rate(passed, RATE, began + 1.2, seconds, f"nodes {list(nodes)}"))
        check(len(refused) > 100, "nothing was refused: that is no flood")
        for headers in refused[:50]:
            check(int(headers["Retry-After"]) == 1, "no Retry-After")
            check(headers["X-RateLimit-Limit"] == str(RATE) and
                  headers["X-RateLimit-Remaining"] == "0", f"headers {headers.items()}")
    print("  share of the limit: three nodes {:.2f}, one {:.2f}, another {:.2f}".format(*shares))


def case_flood_of_changes(world):
    """A class of calls has its limit across nodes beside that of its app"""
    app, seconds = world.app("changes", "1000"), 10 if world.long else 3
    orders = [world.client(n, app).create() for n in range(NODES)]
    numbers = iter(range(2, 10 ** 9))
    began = time.monotonic()
    passed, _ = flood(world, app, range(NODES), seconds + 1.5, lambda c: c.call(
        "PUT", f"/api/v1/intents/{orders[0]}", {"quantity": next(numbers)}), clients=2)
    check_rate(passed, PUT_RATE, began + 1.2, seconds, "changes")
    version = version_of(world.client(0, app).call("GET", f"/api/v1/intents/{orders[0]}"))
    check(version == len(passed) + 1, f"{len(passed)} changes passed, version {version}")


def case_away(world):
    """Without the database an app with a limit is told so, and soon"""
    app = world.app("away", "100")
    client = world.client(0, app)

    def must_be_told():
        for _ in range(5):
            began = time.monotonic()
            status, headers, answer = client.call("GET", "/api/v1/changes?after=0&limit=1")
            took = time.monotonic() - began
            check(status == 503 and int(headers["Retry-After"]) > 0 and took < 4,
                  f"{status} after {took:.1f} s: {answer}")

    world.cluster.primary.pause()  # it neither answers nor breaks its links
    try:
        must_be_told()
    finally:
        world.cluster.primary.resume()
    for node in world.nodes:
        world.until_status(node, app, 200, 20)
    world.cluster.kill9()
    try:
        must_be_told()
    finally:
        world.cluster.start()
    for node in world.nodes:
        world.until_status(node, app, 200, 20)


# --- credentials ----------------------------------------------------------------

def case_secret(world):
    """A rotated secret is known on all nodes within a second"""
    app, slowest = world.app("rotated"), 0.0
    for number in range(9 if world.long else 3):
        # At times through a node's own control socket, at times beside them.
        if number % 3 == 2:
            text = world.command("app", "rotate", app[0], "intents", "--json")
        else:
            node = world.nodes[number % NODES]
            text = run(world.procured, node.data, "app", "rotate", app[0], "intents", "--json",
                       "--store", world.url, "--key", world.key)
        began = time.monotonic()
        old, app = app, (app[0], json.loads(text)["intents"]["appSecret"])
        for node in world.nodes:
            world.until_status(node, app, 200)
            slowest = max(slowest, time.monotonic() - began)
            status = Client(node.port, *old).call("GET", "/api/v1/changes?after=0")[0]
            check(status == 401, f"the old secret is answered {status}")
    check(slowest < 1, f"a new secret was known after {slowest:.2f} s")
    print(f"  the slowest was {slowest:.2f} s")


# --- one truth --------------------------------------------------------------------

def case_if_match(world):
    """Races with If-Match on the same orders lose no change"""
    app = world.app("races")
    orders = [world.client(n % NODES, app).create() for n in range(10)]
    won = {o: [] for o in orders}
    rounds = 40 if world.long else 12
    conflicts = []

    def race(node, lane):
        client = world.client(node, app)
        for turn in range(rounds):
            for order in orders:
                at = version_of(client.call("GET", f"/api/v1/intents/{order}"))
                quantity = 2 + (node * 10 + lane) * 1000 + turn
                answer = client.call("PUT", f"/api/v1/intents/{order}", {"quantity": quantity},
                                     headers={"If-Match": f'"{at}"'})
                if answer[0] == 409 or answer[0] == 412:
                    conflicts.append(order)
                    continue
                check(version_of(answer) == at + 1, f"version {at} became {version_of(answer)}")
                won[order].append((at + 1, str(quantity)))

    all_at_once([lambda n=n, i=i: race(n, i) for n in range(NODES) for i in range(2)])
    check(conflicts, "nobody met anybody: that is no race")
    client = world.client(0, app)
    for order in orders:
        version = version_of(client.call("GET", f"/api/v1/intents/{order}"))
        log = client.call("GET", f"/api/v1/intents/{order}/amendments?limit=1000")[2]
        told = sorted((i["version"], str(c["to"])) for i in log["data"]["items"]
                      for c in i["changes"] if c["field"] == "quantity" and i["version"] > 1)
        check(told == sorted(won[order]),
              f"{order}: {len(won[order])} changes were acknowledged, {len(told)} are there")
        check(version == len(told) + 1, f"{order} has version {version}")
    print(f"  {sum(map(len, won.values()))} changes, {len(conflicts)} conflicts")


def case_same_request(world):
    """The same signed request to all nodes at once has one effect and one answer"""
    app = world.app("same")
    order, rounds = world.client(0, app).create(), 200 if world.long else 40
    clients = [world.client(n, app) for n in range(NODES)]
    for number in range(rounds):
        at, answers = str(int(time.time() * 1000)), [None] * NODES
        gate = threading.Barrier(NODES)

        def send(node):
            gate.wait()
            answers[node] = clients[node].call(
                "PUT", f"/api/v1/intents/{order}", {"quantity": number + 2}, at=at)

        all_at_once([lambda n=n: send(n) for n in range(NODES)])
        check([version_of(a) for a in answers] == [number + 2] * NODES,
              f"versions {[version_of(a) for a in answers]} after {number + 1} requests")
        check(all(a[2]["data"] == answers[0][2]["data"] for a in answers),
              f"different answers: {[a[2] for a in answers]}")
    replays = sum(n.metrics()["procured_replays_total"] for n in world.nodes)
    check(replays >= 2 * rounds, f"{replays} stored answers were given")


# --- the feed ------------------------------------------------------------------------

def case_feed(world):
    """The feed on one node tells what the others write, once and in order"""
    app, changes = world.app("feed"), 200 if world.long else 60
    orders = [world.client(n % 2, app).create() for n in range(6)]
    wrote = []
    done = threading.Event()
    seen = []

    def write(node, order):
        client = world.client(node, app)
        for n in range(changes):
            status, headers, answer = client.call("PUT", f"/api/v1/intents/{order}",
                                                  {"quantity": n + 2})
            check(status == 200, f"a change is answered {status}: {answer}")
            wrote.append((order, int(headers["ETag"].strip('"'))))

    def writers():
        try:
            all_at_once([lambda n=n, o=o: write(n % 2, o) for n, o in enumerate(orders)])
        finally:
            done.set()

    def follow():
        client, at = world.client(2, app), 0
        while True:
            was_done = done.is_set()
            answer = client.call("GET", f"/api/v1/changes?after={at}&wait=1&limit=50")[2]
            for item in answer["data"]["items"]:
                check(item["seq"] > at, f"{item['seq']} came after {at}")
                at = item["seq"]
                seen.append((item["intentId"], item["version"]))
            if was_done and not answer["data"]["items"]:
                return

    all_at_once([writers, follow])
    wrote += [(order, 1) for order in orders]
    check(len(seen) == len(set(seen)), "an amendment was told twice")
    check(set(seen) == set(wrote), f"{len(seen)} amendments were told, {len(wrote)} were made")


def case_long_poll(world):
    """A long poll hears of another node's change at once"""
    app = world.app("poll")
    order, late = world.client(1, app).create(), []
    reader, writer = world.client(0, app), world.client(1, app)
    at = reader.call("GET", "/api/v1/changes?after=0")[2]["data"]["next"]
    for number in range(30 if world.long else 10):
        got = []
        waiting = threading.Thread(target=lambda: got.append((reader.call(
            "GET", f"/api/v1/changes?after={at}&wait=20"), time.monotonic())))
        waiting.start()
        while world.nodes[0].metrics()["procured_waiting"] < 1:
            time.sleep(0.01)
        status, _, answer = writer.call("PUT", f"/api/v1/intents/{order}",
                                        {"quantity": number + 2})
        changed = time.monotonic()
        check(status == 200, f"{status}: {answer}")
        waiting.join()
        items = got[0][0][2]["data"]["items"]
        check(len(items) == 1 and items[0]["version"] == number + 2, f"told {items}")
        at = items[0]["seq"]
        late.append(got[0][1] - changed)
    late.sort()
    print(f"  after {late[len(late) // 2] * 1000:.0f} ms in the middle, {late[-1] * 1000:.0f} at most")
    check(late[len(late) // 2] < 0.15 and late[-1] < 1, f"told late: {late}")


# --- numbers -------------------------------------------------------------------------

def number_of(order):
    return int(order.split("_")[1]) >> 12 & 1023


def case_takeover(world):
    """A node killed with -9 and its number taken over: every id is unique"""
    app = world.app("ids")
    made, end, doomed, faults = [], threading.Event(), [], []

    def create(node):
        client = Client(node.port, *app)
        try:
            while not end.is_set():
                made.append(client.create())
        except (Failure, OSError, http.client.HTTPException) as fault:
            if node not in doomed:
                faults.append(fault)

    def creating(node):
        t = threading.Thread(target=create, args=(node,))
        t.start()
        return t

    threads = [creating(node) for node in world.nodes]
    time.sleep(0.5)
    victim = world.nodes.pop()
    doomed.append(victim)
    lost = int(victim.metrics()["procured_node"])
    victim.process.send_signal(signal.SIGKILL)
    victim.process.wait()
    killed = time.monotonic()
    try:
        replaced = world.start()
        check(replaced.metrics()["procured_node"] == NODES,
              "a number was taken over while its lease was good")
        threads.append(creating(replaced))
        while time.monotonic() < killed + LEASE_S + 0.5:
            time.sleep(0.1)
        heir = world.start()
        check(heir.metrics()["procured_node"] == lost,
              f"number {lost} was not taken over: {heir.metrics()['procured_node']}")
        before = max(o for o in map(int, (m.split("_")[1] for m in list(made)))
                     if o >> 12 & 1023 == lost)
        first = world.client(-1, app).create()
        check(number_of(first) == lost and int(first.split("_")[1]) > before,
              "the new holder's ids are not behind the former one's")
        threads.append(creating(heir))
        time.sleep(0.5)
    finally:
        end.set()
        for t in threads:
            t.join()
    made.append(first)
    check(not faults, f"a living node does not make orders: {faults}")
    check(len(made) == len(set(made)), "an id was made twice")
    check({number_of(m) for m in made} == {0, 1, 2, 3}, "not all nodes made ids")
    rows = world.cluster.psql("SELECT count(*), count(DISTINCT id) FROM orders", "procured")
    check(len(set(rows.strip().split("|"))) == 1, f"ids are stored twice: {rows}")
    heir.stop()
    world.nodes.remove(heir)
    again = world.start()
    check(again.metrics()["procured_node"] == lost, "a number given back was not taken at once")


def case_imports(world):
    """Imports on several machines at once make orders with ids of their own"""
    apps, count = [json.loads(world.command("app", "create", "--name", f"imports {n}",
                                            "--json"))["app"] for n in range(2)], 3000
    lines = "".join(json.dumps({"lines": [{"title": f"t{n}", "price": 1, "quantity": 1}]}) + "\n"
                    for n in range(count))

    def one(number):
        path = os.path.join(world.folder, f"orders{number}.ndjson")
        with open(path, "w", encoding="utf-8") as out:
            out.write(lines)
        run(world.procured, os.path.join(world.folder, f"importer{number}"), "order", "import",
            path, "--app", apps[number], "--store", world.url, "--key", world.key)

    before = int(world.cluster.psql("SELECT count(*) FROM orders", "procured"))
    all_at_once([lambda n=n: one(n) for n in range(2)])
    rows = world.cluster.psql("SELECT count(*), count(DISTINCT id) FROM orders", "procured")
    check(rows.strip() == "|".join([str(before + 2 * count)] * 2), f"stored: {before}, {rows}")


def case_check(world):
    """Everything stored verifies"""
    said = world.command("check")
    check("all is well" in said, f"procured check: {said}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("cases", nargs="*", help="only these, by their function's name")
    arguments = parser.parse_args()
    cases, world = Cases(), World(arguments)
    try:
        for case in (case_numbers, case_flood, case_flood_of_changes, case_secret,
                     case_if_match, case_same_request, case_feed, case_long_poll,
                     case_away, case_takeover, case_imports, case_check):
            if not arguments.cases or case.__name__ in arguments.cases:
                cases.run(case.__doc__.splitlines()[0].rstrip("."), case, world)
    finally:
        world.close()
        if not cases.failed:
            shutil.rmtree(world.folder, ignore_errors=True)
        else:
            print(f"  what is left is in {world.folder}")
    return cases.finish()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClusterError as fault:
        sys.exit(f"tests/nodes.py: {fault}")
