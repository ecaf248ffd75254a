#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the primary under load, again and again, and what else a database
does to its clients: nothing that was acknowledged is lost, nothing is doubled.

    tests/failover.py [--cycles 2] [--short] [--procured build/procured] [CASE…]

Each cycle: three nodes, clients of all four dialects, a PostgreSQL primary with
a synchronous standby. The primary dies with all its processes, each dialect is
asked and must refuse in its own form, the standby is promoted, the nodes find
it, every client repeats its bytes until it knows; then the ledger, the change
feed and `procured check` must agree, and the old primary comes back as standby.
"""

import argparse
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cluster import wait_for  # noqa: E402
from harness import Cases, check  # noqa: E402
from pgworld import APPS, FLAGS, Follower, Load, World  # noqa: E402
from proxy import Proxy  # noqa: E402
from signed import DONE, REFUSED, UNSURE, unique  # noqa: E402

REFUSES_WITHIN_S = 15  # whatever the database does: docs/scaling.md says 12
FINDS_WITHIN_S = 20    # nodes, the new primary
COMMIT_CUTS = 12
# The limits of docs/scaling.md, said otherwise by the role so that a short run
# need not wait for them.
SHORT_LIMITS = {"statement_timeout": "2s", "lock_timeout": "1s",
                "idle_in_transaction_session_timeout": "2s"}


def ask_all_dialects(world):
    """One change in each dialect while there is no database: how each is told,
    and what is still to be settled."""
    app = world.apps[0]
    orders = world.asked
    requests = (
        app.change(f"intent_{orders[0]}", {"quantity": unique()}),
        app.wangdian("purchase.PurchaseOrder.updatePurchaseInfo",
                     [{"purchase_no": f"CG{orders[1]}", "flag_name": FLAGS[unique() % 8]}]),
        app.franchiser("trade/modify", {"tradeno": f"DD{orders[2]}",
                                        "traderemark": f"r{unique()}"}),
        app.top("taobao.itemmarket.order.info.update", event="VENDOR_PAID",
                purchase_order_id=orders[3], vendor_order_id=orders[3], total_fee=unique()))

    return ask_at_once(world, list(zip(requests, orders)))


def ask_at_once(world, requests):
    """[(request, order)] → [(request, order, answer, seconds)], one try each."""
    asked = []

    def ask(number, request, order):
        start = time.monotonic()
        answer = request.send(world.nodes[number % len(world.nodes)].port)
        asked.append((request, order, answer, time.monotonic() - start))

    threads = [threading.Thread(target=ask, args=(number, request, order))
               for number, (request, order) in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return asked


def check_refused(asked):
    check(len(asked) == 4, "a dialect did not answer at all")
    for request, _, answer, took in asked:
        check(answer.verdict in (REFUSED, UNSURE),
              f"{request.dialect} does not refuse clearly: {answer}")
        check(took < REFUSES_WITHIN_S, f"{request.dialect} refused after {took:.1f} s")
    return max(took for *_, took in asked)


def settle_all(world, asked):
    for number, (request, order, *_) in enumerate(asked):
        world.settle(number, lambda r=request: r)
        world.ack(order)


# --- the primary dies ----------------------------------------------------------

def failover_cycle(world, dice, asks, silent):
    """`asks`: the standby is promoted only when every dialect has refused; else
    soon, while changes are still waiting for what became of theirs. `silent`: the
    old primary takes connections and never answers, as a machine that is gone."""
    followers = [Follower(world, app) for app in range(APPS)]
    for follower in followers:
        follower.start()
    before = world.told.copy()
    with Load(world) as load:
        load.wait_steps(dice.randint(50, 400))
        if silent:
            world.cluster.primary.pause()
        else:
            world.cluster.kill9()
        asked, slowest = [], 0
        if asks:
            asked = ask_all_dialects(world)
            slowest = check_refused(asked)
        health = world.check_health(False)
        time.sleep(dice.random() * (not asks))
        old = world.cluster.promote()
        start = time.monotonic()
        load.wait_steps(1, FINDS_WITHIN_S)
        found = time.monotonic() - start
        settle_all(world, asked)
        load.wait_steps(100)
        world.check_health(True)
    world.check_ledger()
    for follower in followers:
        follower.end.set()
    for follower in followers:
        follower.join(60)
        follower.check_seen()
    check(not world.faults, "; ".join(world.faults[:3]))
    world.check_store()
    told = {v: n - before.get(v, 0) for v, n in world.told.items()}
    print(f"  {told}; refused within {slowest:.1f} s, found in {found:.1f} s,"
          f" health within {health * 1000:.0f} ms", flush=True)
    world.cluster.rebuild(old)


def fail_over(arguments, cases):
    dice = random.Random(arguments.seed)
    world = World(arguments.procured)
    try:
        for number in range(1, arguments.cycles + 1):
            cases.run(f"failover cycle {number}", failover_cycle, world, dice,
                      number % 4 == 1, number % 4 == 2)
            if cases.failed:
                world.keep()
                break
    finally:
        world.close()


# --- the link is cut between a COMMIT and its answer ---------------------------

def cut_commits(world, proxy, cuts):
    with Load(world, of_each=1) as load:
        for _ in range(cuts):
            goal = proxy.cuts + 1
            proxy.cut_at_commit = 1
            wait_for(lambda g=goal: proxy.cuts >= g, "no COMMIT came by", 30)
            load.wait_steps(20)
    world.check_ledger()
    world.check_store()
    print(f"  {proxy.cuts} answers to COMMIT swallowed: {world.told}", flush=True)


# --- the synchronous standby goes away -----------------------------------------

def waiting_for_standby(world):
    return world.rows("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")


def standby_gone(world):
    """A COMMIT that only the primary has is not acknowledged."""
    standby = world.cluster.standbys[0]
    with Load(world, of_each=1) as load:
        load.wait_steps(50)
        standby.kill9()
        wait_for(lambda: waiting_for_standby(world), "no COMMIT waits for the standby")
        world.check_live()
        asked = ask_all_dialects(world)
        slowest = check_refused(asked)
        # The server's administrator gives up waiting: that is no confirmation.
        done = world.told.get(DONE, 0)
        for row in waiting_for_standby(world):
            world.cluster.psql(f"SELECT pg_cancel_backend({row[0]})")
        wait_for(lambda: waiting_for_standby(world), "no COMMIT waits again")
        check(all(node.process.poll() is None for node in world.nodes), "a node has ended")
        # Nor is what the primary has by now an answer to the same request again.
        check_refused(ask_at_once(world, [(r, o) for r, o, *_ in asked]))
        check(world.told.get(DONE, 0) == done, "a change was acknowledged that no standby has")
        standby.start()
        load.wait_steps(100)
        settle_all(world, asked)
    world.check_ledger()
    world.check_store()
    print(f"  refused within {slowest:.1f} s: {world.told}", flush=True)


# --- a node dies while it holds an app's line -----------------------------------

def holders(world):
    return world.rows("SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction'"
                      " AND application_name = 'procured'")


def node_dies(world, proxy, machine):
    """`machine`: its links stay open on the server's side, as when the whole
    machine dies; then PostgreSQL's own limits free the line."""
    victim = world.start_node(world.url_by(proxy))
    request = world.apps[0].change(f"intent_{world.shared[0][0]}", {"quantity": unique()})
    wait_for(lambda: request.send(victim.port).verdict == DONE, "the node works")
    world.ack(world.shared[0][0])
    proxy.keep_server = machine
    lost = world.apps[0].change(f"intent_{world.shared[0][0]}", {"quantity": unique()})

    def send_in_vain():
        try:
            lost.send(victim.port)
        except OSError:
            pass
    proxy.silent.set()
    thread = threading.Thread(target=send_in_vain)
    thread.start()
    wait_for(lambda: holders(world), "nobody holds the line", 10)
    victim.kill()
    world.nodes.pop()
    start = time.monotonic()
    proxy.silent.clear()
    answer = world.settle(0, lambda: lost)
    took = time.monotonic() - start
    world.ack(world.shared[0][0])
    check(answer.body["data"]["quantity"] > 0, f"no order: {answer}")
    thread.join()
    proxy.keep_server = False
    proxy.cut_all()
    world.check_ledger()
    print(f"  the line was free after {took:.1f} s: {world.told}", flush=True)


# --- the database is there, and slow ---------------------------------------------

def slow_database(world, proxy):
    """The health checks of nodes behind the proxy."""
    proxy.delay_s = 5
    slowest = world.check_health(False)
    proxy.delay_s = 0
    world.check_health(True)
    print(f"  answers 5 s late: health checks within {slowest * 1000:.0f} ms", flush=True)


def stopped_database(world, is_short):
    asked = []
    world.cluster.primary.pause()
    try:
        slowest = world.check_health(False)
        if not is_short:
            asked = ask_all_dialects(world)
            check_refused(asked)
    finally:
        world.cluster.primary.resume()
    world.check_health(True)
    settle_all(world, asked)
    world.check_ledger()
    print(f"  SIGSTOP: health checks within {slowest * 1000:.0f} ms", flush=True)


CASES = ("cut", "standby", "node", "machine", "slow", "stopped")
SLOW_CASES = ("standby", "machine")  # not in a short run that names none


def faults(arguments, cases, wanted):
    proxies = []

    def by_proxy(cluster):
        proxies.append(Proxy(cluster.primary.port))
        # The proxy reads the messages: none about TLS stands before them.
        return cluster.url(instance=proxies[0],
                           parameters="target_session_attrs=read-write&sslmode=disable")

    world = World(arguments.procured, url=by_proxy, nodes=2)
    world.url_by = lambda proxy: world.cluster.url(instance=proxy)
    second = Proxy(world.cluster.primary.port)
    for name, value in SHORT_LIMITS.items() if arguments.short else ():
        world.cluster.psql(f"ALTER ROLE procured SET {name} = '{value}'")
    table = {
        "cut": ("links cut between COMMIT and its answer", cut_commits, world, proxies[0],
                COMMIT_CUTS // (3 if arguments.short else 1)),
        "standby": ("the synchronous standby goes away", standby_gone, world),
        "node": ("a node dies and holds a line", node_dies, world, second, False),
        "machine": ("a node's machine dies and holds a line", node_dies, world, second, True),
        "slow": ("a slow database", slow_database, world, proxies[0]),
        "stopped": ("a database that does not answer", stopped_database, world,
                    arguments.short),
    }
    try:
        for name in wanted:
            before = cases.failed
            cases.run(*table[name])
            if cases.failed > before:
                world.keep()
                break
    finally:
        world.close()
        for proxy in (*proxies, second):
            proxy.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--cycles", type=int, default=2)
    parser.add_argument("--short", action="store_true", help="with shorter limits and less of it")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("cases", nargs="*", help=f"failover {' '.join(CASES)}")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    wanted = arguments.cases or ["failover", *CASES]
    if arguments.short and not arguments.cases:
        wanted = [name for name in wanted if name not in SLOW_CASES]
    cases = Cases()
    if "failover" in wanted:
        fail_over(arguments, cases)
    rest = [name for name in CASES if name in wanted]
    if rest and not cases.failed:
        faults(arguments, cases, rest)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
