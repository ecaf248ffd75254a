# SPDX-License-Identifier: Apache-2.0
"""Long polls of /changes, batches and retries against real processes.

  - many clients wait at once, at the cost of no thread; a change wakes those of
    its app, a drain answers all of them
  - whoever follows the feed sees every change once, in order, while others write
  - a batch that was answered and one that was cut off by kill -9 have one effect
    when their bytes come again
"""

import argparse
import json
import os
import random
import resource
import select
import shutil
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Cases, Client, Server, check, create_app, run  # noqa: E402


class World:
    def __init__(self, arguments):
        self.arguments = arguments
        self.folder = tempfile.mkdtemp(prefix="procured-waiting-")
        self.data = os.path.join(self.folder, "data")
        self.server = Server(arguments.procured, self.data)
        self.app, self.secret = create_app(arguments.procured, self.data,
                                           "waiting", "--rate", "unlimited")
        self.other = create_app(arguments.procured, self.data, "other",
                                "--rate", "unlimited")

    def client(self):
        return Client(self.server.port, self.app, self.secret)

    def threads(self):
        return len(os.listdir(f"/proc/{self.server.process.pid}/task"))

    def restart(self):
        self.server.kill()
        self.server = Server(self.arguments.procured, self.data)


def last_seq(client):
    after = 0
    while True:
        _, _, answer = client.call("GET", f"/api/v1/changes?after={after}&limit=1000")
        if not answer["data"]["items"]:
            return after
        after = answer["data"]["next"]


class Waiters:
    """Connections that each wait in one long poll."""

    def __init__(self, world, app, count, after, wait=30):
        self.sockets = []
        client = Client(world.server.port, *app)
        path = f"/api/v1/changes?after={after}&wait={wait}"
        for _ in range(count):
            at = str(int(time.time() * 1000))
            s = socket.create_connection(("127.0.0.1", world.server.port))
            s.sendall((f"GET {path} HTTP/1.1\r\nHost: x\r\nX-App-Id: {app[0]}\r\n"
                       f"X-Timestamp: {at}\r\nX-Signature: "
                       f"{client.sign('GET', path, at, b'')}\r\n\r\n").encode())
            self.sockets.append(s)

    def answers(self, seconds):
        """The decoded answers that come within this time."""
        poll = select.poll()
        by_fd = {s.fileno(): s for s in self.sockets}
        got = {}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        deadline = time.monotonic() + seconds
        answers = []
        while by_fd and time.monotonic() < deadline:
            for fd, _ in poll.poll(100):
                part = by_fd[fd].recv(65536)
                got[fd] = got.get(fd, b"") + part
                head, _, body = got[fd].partition(b"\r\n\r\n")
                length = [int(h.split(b":")[1]) for h in head.split(b"\r\n")
                          if h.lower().startswith(b"content-length:")]
                if part and not (length and len(body) >= length[0]):
                    continue
                poll.unregister(fd)
                del by_fd[fd]
                if part:
                    answers.append(json.loads(body))
        return answers

    def close(self):
        for s in self.sockets:
            s.close()


def until_waiting(world, count):
    deadline = time.monotonic() + 30
    while world.server.metrics().get("procured_waiting", 0) < count:
        check(time.monotonic() < deadline, f"{count} clients do not wait")
        time.sleep(0.05)


def case_wake(world):
    """A change wakes all who wait for this app, and nobody else."""
    count = world.arguments.waiters
    client = world.client()
    order = client.create()
    after = last_seq(client)
    before = world.threads()
    mine = Waiters(world, (world.app, world.secret), count, after)
    others = Waiters(world, world.other, 20, after)
    until_waiting(world, count + 20)
    check(world.threads() == before, "waiting clients cost threads")
    status, _, _ = client.call("PUT", f"/api/v1/intents/{order}", {"quantity": 7})
    check(status == 200, f"PUT answered {status}")
    answers = mine.answers(30)
    check(len(answers) == count, f"{len(answers)} of {count} were woken")
    check(all(len(a["data"]["items"]) == 1 for a in answers), "not one change each")
    check(not others.answers(0.5), "clients of another app were woken")
    until_waiting(world, 20)
    mine.close()
    others.close()


def case_time(world):
    """Nothing to tell: an empty answer when the time is over, `next` the same."""
    client = world.client()
    after = last_seq(client)
    began = time.monotonic()
    _, _, answer = client.call("GET", f"/api/v1/changes?after={after}&wait=1")
    took = time.monotonic() - began
    check(0.95 <= took < 3, f"it took {took:.2f} s")
    check(answer["data"] == {"next": after, "items": []}, f"{answer}")


def case_order(world):
    """Followers of the feed see every change once and in order."""
    writers, changes = 6, 150
    orders = [world.client().create() for _ in range(writers)]
    after = last_seq(world.client())
    faults, done = [], threading.Event()

    def follow():
        client, at, seen = world.client(), after, []
        while len(seen) < writers * changes:
            was_done = done.is_set()
            _, _, answer = client.call("GET", f"/api/v1/changes?after={at}&wait=5")
            for item in answer["data"]["items"]:
                if item["seq"] <= at:
                    faults.append(f"{item['seq']} came after {at}")
                at = item["seq"]
                seen.append((item["intentId"], item["version"]))
            if was_done and not answer["data"]["items"]:
                break
        if len(set(seen)) != writers * changes:
            faults.append(f"{len(set(seen))} of {writers * changes} were seen")

    def write(order):
        client = world.client()
        for n in range(changes):
            status, _, answer = client.call("PUT", f"/api/v1/intents/{order}",
                                            {"quantity": n + 2})
            if status != 200:
                faults.append(f"a change answered {status}: {answer}")

    followers = [threading.Thread(target=follow) for _ in range(4)]
    threads = [threading.Thread(target=write, args=(o,)) for o in orders]
    for t in followers + threads:
        t.start()
    for t in threads:
        t.join()
    done.set()
    for t in followers:
        t.join()
    check(not faults, "; ".join(faults[:3]))


def case_batch_retry(world):
    """The same batch before and after kill -9 is one batch."""
    client = world.client()
    orders = [client.create() for _ in range(20)]
    path = "/api/v1/intents/batch"
    for number in range(world.arguments.cycles):
        body = {"items": [{"id": o, "quantity": 100 + number} for o in orders]
                + [{"id": orders[0], "ifMatch": 1, "quantity": 5},
                   {"id": "intent_1", "quantity": 5}]}
        at = str(int(time.time() * 1000))
        first = None
        killer = threading.Timer(random.random() * 0.02, world.server.process.kill) \
            if number % 2 else None
        if killer:
            killer.start()
        try:
            status, _, first = world.client().call("POST", path, body, at=at)
            check(status == 200, f"the batch answered {status}")
        except OSError:
            pass
        except Exception as fault:  # the answer was cut off
            if not killer:
                raise fault
        if killer:
            killer.join()
        world.restart()
        client = world.client()
        status, _, again = client.call("POST", path, body, at=at)
        check(status == 200, f"the retry answered {status}")
        check(first is None or first == again, "the retry was told something else")
        for order in orders:
            _, _, log = client.call("GET", f"/api/v1/intents/{order}/amendments?limit=1000")
            made = [c["to"] for i in log["data"]["items"] for c in i["changes"]
                    if c["field"] == "quantity"]
            check(made.count(100 + number) == 1,
                  f"{order} was changed {made.count(100 + number)} times")


def case_drain(world):
    """SIGTERM answers all who wait."""
    count = 200
    client = world.client()
    waiters = Waiters(world, (world.app, world.secret), count, last_seq(client))
    until_waiting(world, count)
    began = time.monotonic()
    codes = []
    stop = threading.Thread(target=lambda: codes.append(world.server.stop()))
    stop.start()
    answers = waiters.answers(20)
    stop.join()
    took = time.monotonic() - began
    check(len(answers) == count, f"{len(answers)} of {count} were answered")
    check(all(a["data"]["items"] == [] for a in answers), "something else was told")
    check(codes == [0], f"the server ended with {codes}")
    check(took < 5, f"the drain took {took:.1f} s")
    run(world.arguments.procured, world.data, "check")
    world.server = Server(world.arguments.procured, world.data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--waiters", type=int, default=1000)
    parser.add_argument("--cycles", type=int, default=6)
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (min(hard, max(soft, 2 * arguments.waiters + 1000)), hard))
    cases = Cases()
    world = World(arguments)
    try:
        for case in (case_wake, case_time, case_order, case_batch_retry, case_drain):
            cases.run(case.__doc__.splitlines()[0].rstrip("."), case, world)
    finally:
        world.server.kill()
        if not cases.failed:
            shutil.rmtree(world.folder)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
