# SPDX-License-Identifier: Apache-2.0
"""Several nodes on one PostgreSQL under a load of every kind of change, and a
ledger of what was acknowledged.

Every client repeats its bytes, on one node after the other, until it knows that
they were done. So when all clients are at rest the ledger is exact: an order has
one version for its creation and one for each acknowledged change. A version
less is a change that was lost, one more a change that was made twice.
"""

import http.client
import itertools
import json
import os
import re
import shutil
import tempfile
import threading
import time

from cluster import Cluster, wait_for
from harness import Server, check, run
from signed import DONE, REFUSED, UNSURE, App, unique

NODES = 3
APPS = 3
SHARED = 6         # orders of an app that all its clients change
OWN = 4            # orders that one client alone changes
SETTLE_S = 90      # until a client must know
FLAGS = [f"flag{i}" for i in range(8)]


class World:
    """`url` makes the store's URL out of the cluster; the primary's and every
    standby's ports are in it."""

    def __init__(self, procured, standbys=1, nodes=NODES, url=None, settings=None):
        self.procured = os.path.abspath(procured)
        self.folder = tempfile.mkdtemp(prefix="procured-nodes-")
        self.nodes = []
        self.faults = []
        self.lock = threading.Lock()
        self.acked = {}     # order's number -> changes
        self.made = {}      # app's index -> orders
        self.told = {}      # verdict -> how often
        self.cluster = Cluster(settings=settings)
        try:
            for _ in range(standbys):
                self.cluster.add_standby()
            self.url = url(self.cluster) if url else self.cluster.url_of_all()
            self.key = os.path.join(self.folder, "procured.key")
            with open(os.path.join(self.folder, "procured.key"), "w") as f:
                f.write(os.urandom(32).hex() + "\n")
            os.chmod(self.key, 0o600)
            for _ in range(nodes):
                self.start_node()
            self.apps = [self.make_app(i) for i in range(APPS)]
            self.shared = [[self.make_order(i) for _ in range(SHARED)] for i in range(APPS)]
            self.asked = [self.make_order(0) for _ in range(4)]  # by no client
        except BaseException:
            self.close()
            raise

    def close(self):
        for node in self.nodes:
            if node.process.poll() is None:
                node.kill()
        self.cluster.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self):
        """Ends everything and leaves the nodes' logs for people."""
        logs = tempfile.mkdtemp(prefix="procured-logs-")
        for name in os.listdir(self.folder):
            log = os.path.join(self.folder, name, "server.log")
            if os.path.exists(log):
                shutil.copy(log, os.path.join(logs, f"{name}.log"))
        for name in os.listdir(self.cluster.folder):
            if name.endswith(".log"):
                shutil.copy(os.path.join(self.cluster.folder, name), logs)
        print(f"the logs are kept in {logs}", flush=True)

    # --- nodes and apps -------------------------------------------------------

    def start_node(self, url=None, at=None):
        number = len(self.nodes) if at is None else at
        folder = os.path.join(self.folder, f"node{number}")
        os.makedirs(folder, exist_ok=True)
        node = Server(self.procured, os.path.join(folder, "data"), "--store", url or self.url,
                      "--key", self.key)
        if at is None:
            self.nodes.append(node)
        else:
            self.nodes[at] = node
        return node

    def command(self, *words, url=None):
        """A subcommand beside the nodes, with a data directory of its own."""
        return run(self.procured, os.path.join(self.folder, "commands"), *words,
                   "--store", url or self.url, "--key", self.key)

    def make_app(self, number):
        made = json.loads(self.command("app", "create", "--name", f"app {number}", "--json",
                                       "--rate", "unlimited"))
        for flag in FLAGS:
            self.command("catalog", "flag", "add", flag, "--app", made["app"])
        self.made[number] = 0
        app = App(made)
        # Every node learns of it within a second.
        for node in self.nodes:
            wait_for(lambda n=node: app.intents("GET", "/api/v1/intents").send(n.port).status
                     == 200, "a node does not know a new app", 10)
        return app

    def make_order(self, app):
        answer = self.settle(app, lambda: self.apps[app].create())
        number = int(answer.body["data"]["id"].split("_")[1])
        with self.lock:
            self.made[app] += 1
            self.acked.setdefault(number, 0)
        return number

    # --- requests -------------------------------------------------------------

    def count(self, verdict):
        with self.lock:
            self.told[verdict] = self.told.get(verdict, 0) + 1

    def settle(self, first_node, make, again=None):
        """Sends until it is done, each time to the next node: the same bytes, or
        what `again` signs anew (where a key makes it the same request)."""
        request, deadline = make(), time.monotonic() + SETTLE_S
        for turn in itertools.count(first_node):
            node = self.nodes[turn % len(self.nodes)]
            try:
                answer = request.send(node.port)
            except OSError:
                self.count("no answer")
                answer = None
            else:
                self.count(answer.verdict)
                if answer.verdict == DONE:
                    return answer
                check(answer.verdict in (REFUSED, UNSURE), f"a wrong answer: {answer}")
            check(time.monotonic() < deadline,
                  f"no client may wait {SETTLE_S} s; the last answer: {answer}")
            time.sleep(0.05)
            if again is not None:
                request = again()

    def ack(self, *orders):
        with self.lock:
            for order in orders:
                self.acked[order] += 1

    # --- what is stored -------------------------------------------------------

    def rows(self, sql):
        text = self.cluster.psql(sql, "procured")
        return [line.split("|") for line in text.splitlines()]

    def check_ledger(self):
        """Every client is at rest: what is stored is what was acknowledged."""
        check(not self.faults, "; ".join(self.faults[:3]))
        stored = {int(i): int(v) for i, v in self.rows("SELECT id, version FROM orders")}
        lost = [o for o, n in self.acked.items() if stored.get(o, 0) < n + 1]
        doubled = [o for o, n in self.acked.items() if stored.get(o, 0) > n + 1]
        more = set(stored) - set(self.acked)
        check(not lost, f"{len(lost)} orders lost an acknowledged change: {lost[:5]}")
        check(not doubled, f"{len(doubled)} orders had a change twice: {doubled[:5]}")
        check(not more, f"{len(more)} orders were made twice: {list(more)[:5]}")
        broken = self.rows(
            "SELECT order_id, count(*), count(DISTINCT version), max(version), min(version)"
            " FROM amendments GROUP BY order_id HAVING count(*) <> max(version)"
            " OR count(DISTINCT version) <> count(*) OR min(version) <> 1")
        check(not broken, f"amendments are lost or doubled: {broken[:5]}")
        check(len(stored) == len(self.acked), "an order is missing")

    def check_store(self):
        said = self.command("check")
        check("all is well" in said, f"procured check: {said}")

    # --- health ---------------------------------------------------------------

    def health(self, node, path):
        """(status, seconds) of a health check."""
        port = int(node.admin.rsplit(":", 1)[1])
        start = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status, time.monotonic() - start

    def check_live(self):
        for node in self.nodes:
            status, took = self.health(node, "/livez")
            check(status == 200 and took < 1, f"/livez says {status} after {took:.2f} s")
            check(self.health(node, "/readyz")[1] < 1, "/readyz takes more than a second")

    def check_health(self, ready, nodes=None):
        """Within a second, whatever the database does; readyz tells it soon."""
        slowest = 0.0

        def is_told(node):
            nonlocal slowest
            live, took = self.health(node, "/livez")
            check(live == 200, f"/livez says {live}")
            status, long = self.health(node, "/readyz")
            slowest = max(slowest, took, long)
            check(slowest < 1, f"a health check took {slowest:.2f} s")
            return (status == 200) == ready

        for node in nodes or self.nodes:
            wait_for(lambda n=node: is_told(n),
                     f"/readyz does not become {200 if ready else 503}", 15)
        return slowest


class Client(threading.Thread):
    """Changes orders in one way until it is told to end, then is at rest."""

    def __init__(self, world, number, kind):
        super().__init__(daemon=True)
        self.world, self.number, self.app = world, number, number % APPS
        self.work = getattr(self, kind)
        self.end = threading.Event()
        self.steps = 0
        self.own = [[world.make_order(self.app), 1] for _ in range(OWN)]

    def run(self):
        try:
            while not self.end.is_set():
                self.work(self.world.apps[self.app])
                self.steps += 1
        except Exception as fault:  # told by who looks at the ledger
            self.world.faults.append(f"{self.work.__name__}: {fault!r}")

    def settle(self, make, again=None):
        return self.world.settle(self.number, make, again)

    def next_own(self):
        entry = self.own[self.steps % OWN]
        return entry, f"intent_{entry[0]}"

    def put(self, app):
        order = self.world.shared[self.app][self.steps % SHARED]
        self.settle(lambda: app.change(f"intent_{order}", {"quantity": unique()}))
        self.world.ack(order)

    def if_match(self, app):
        entry, name = self.next_own()
        answer = self.settle(lambda: app.change(name, {"quantity": unique()},
                                                If_Match=f'"{entry[1]}"'))
        entry[1] += 1
        check(answer.headers["ETag"] == f'"{entry[1]}"',
              f"version {entry[1]} is answered with {answer.headers['ETag']}")
        self.world.ack(entry[0])

    def keyed(self, app):
        """Signed anew each time; the key makes it one request."""
        entry, name = self.next_own()
        body, key = {"quantity": unique()}, f"k-{unique()}"

        def make():
            return app.change(name, body, Idempotency_Key=key)
        self.settle(make, make)
        self.world.ack(entry[0])

    def create(self, app):
        self.world.make_order(self.app)

    def batch(self, app):
        orders = self.world.shared[self.app][:3]
        items = [{"id": f"intent_{o}", "quantity": unique()} for o in orders]
        self.settle(lambda: app.batch(items))
        self.world.ack(*orders)

    def wangdian(self, app):
        entry, _ = self.next_own()
        flag = FLAGS[self.steps // OWN % len(FLAGS)]
        if flag == FLAGS[0] and self.steps % OWN == 0:
            time.sleep(1)  # the same flag in the same second is the same request
        self.settle(lambda: app.wangdian(
            "purchase.PurchaseOrder.updatePurchaseInfo",
            [{"purchase_no": f"CG{entry[0]}", "flag_name": flag}]))
        self.world.ack(entry[0])

    def franchiser(self, app):
        entry, _ = self.next_own()
        self.settle(lambda: app.franchiser(
            "trade/modify", {"tradeno": f"DD{entry[0]}", "traderemark": f"r{unique()}"}))
        self.world.ack(entry[0])

    def top(self, app):
        entry, _ = self.next_own()
        self.settle(lambda: app.top(
            "taobao.itemmarket.order.info.update", event="VENDOR_PAID",
            purchase_order_id=entry[0], vendor_order_id=entry[0], total_fee=unique()))
        self.world.ack(entry[0])


KINDS = ("put", "if_match", "keyed", "create", "batch", "wangdian", "franchiser", "top")


class Load:
    """Clients of every kind, each kind on another app; ends at rest."""

    def __init__(self, world, kinds=KINDS, of_each=2):
        self.world = world
        self.clients = [Client(world, i, kinds[i % len(kinds)])
                        for i in range(len(kinds) * of_each)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.end.set()
        for client in self.clients:
            client.join(SETTLE_S + 60)
            if client.is_alive():
                self.world.faults.append("a client does not come to rest")

    def steps(self):
        return sum(client.steps for client in self.clients)

    def wait_steps(self, more, seconds=60):
        """Until so many more changes were acknowledged."""
        goal = self.steps() + more

        def is_there():
            check(not self.world.faults, "; ".join(self.world.faults[:3]))
            return self.steps() >= goal
        wait_for(is_there, f"the load does not get on: {self.world.told}", seconds)


class Follower(threading.Thread):
    """Reads an app's feed from node after node: each amendment exactly once, and
    numbers that never go back."""

    def __init__(self, world, app):
        super().__init__(daemon=True)
        self.world, self.app = world, app
        self.seen, self.next = [], 0
        self.end = threading.Event()

    def page(self, turn):
        node = self.world.nodes[turn % len(self.world.nodes)]
        try:
            answer = self.world.apps[self.app].intents(
                "GET", f"/api/v1/changes?after={self.next}&limit=500").send(node.port)
        except OSError:
            return 0
        if answer.verdict != DONE:
            check(answer.verdict == REFUSED, f"the feed answers {answer}")
            return 0
        for item in answer.body["data"]["items"]:
            check(item["seq"] > self.next, f"the feed goes back to {item['seq']}")
            self.next = item["seq"]
            self.seen.append((item["seq"], int(re.sub(r"\D", "", item["intentId"])),
                              item["version"]))
        return len(answer.body["data"]["items"])

    def run(self):
        try:
            for turn in itertools.count():
                got = self.page(turn)
                if got == 0 and self.end.is_set():
                    return
                time.sleep(0.02)
        except Exception as fault:
            self.world.faults.append(f"feed: {fault!r}")

    def check_seen(self):
        number = self.world.rows("SELECT no FROM apps WHERE id ="
                                 f" '{self.world.apps[self.app].made['app']}'")[0][0]
        stored = [tuple(map(int, row)) for row in self.world.rows(
            f"SELECT seq, order_id, version FROM amendments WHERE app = {number} ORDER BY seq")]
        check(self.seen == stored, f"the feed told {len(self.seen)} amendments, stored are"
              f" {len(stored)}; first missing: {sorted(set(stored) - set(self.seen))[:3]}")
