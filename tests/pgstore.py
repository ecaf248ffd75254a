#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The PostgreSQL store as its operator meets it: copies between both kinds of
store, one role that migrates and another that runs, TLS by sslmode, and a
password that is never shown.

    tests/pgstore.py [--procured build/procured] [CASE…]
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cluster import ROOT_BECOMES, Cluster, wait_for  # noqa: E402
from harness import Cases, Failure, Server, check, run  # noqa: E402
from proxy import Proxy  # noqa: E402
from signed import DONE, App, unique  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ORDERS = 40
SECRET_WORD = "pa55word-nobody-sees"


class World:
    def __init__(self, procured):
        self.procured = os.path.abspath(procured)
        self.folder = tempfile.mkdtemp(prefix="procured-pgstore-")
        self.key = os.path.join(self.folder, "procured.key")
        self.made = 0
        with open(self.key, "w") as f:
            f.write(os.urandom(32).hex() + "\n")
        os.chmod(self.key, 0o600)
        self.cluster = Cluster()

    def close(self):
        self.cluster.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self):
        """A node's data directory that is not there yet."""
        self.made += 1
        folder = os.path.join(self.folder, f"node{self.made}")
        os.makedirs(folder)
        return os.path.join(folder, "data")

    def database(self):
        self.made += 1
        return self.cluster.create_database(f"db{self.made}")

    def file(self):
        self.made += 1
        return f"sqlite:{self.folder}/store{self.made}.db"

    def serve(self, url):
        return Server(self.procured, self.fresh(), "--store", url, "--key", self.key)

    def command(self, url, *words):
        return run(self.procured, self.fresh_made(), *words, "--store", url, "--key", self.key)

    def fresh_made(self):
        data = self.fresh()
        os.makedirs(data, mode=0o700)
        return data

    def fails(self, *words):
        """What a command says that must not work."""
        done = subprocess.run(
            [self.procured, *words, "--data", self.fresh_made(), "--key", self.key],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        check(done.returncode == 1, f"{words} ended with {done.returncode}: {done.stderr}")
        check(SECRET_WORD not in done.stdout + done.stderr, "a password was shown")
        return done.stderr

    def copy(self, source, target):
        return run(self.procured, self.fresh_made(), "copy", "--from", source, "--to", target,
                   "--key", self.key)


# --- copies ------------------------------------------------------------------

def make_apps(world, url):
    """Two apps with something in each table, made through a server."""
    server = world.serve(url)
    apps = []
    try:
        for name in ("one", "two"):
            made = json.loads(run(world.procured, server.data, "app", "create", "--name", name,
                                  "--json", "--rate", "unlimited"))
            catalog = os.path.join(world.folder, "catalog.csv")
            with open(catalog, "w", encoding="utf-8") as f:
                f.write("type,id,code,title,price,warehouse,on_hand\nwarehouse,5\n"
                        "product,,P1,产品,1.5\nstock,,P1,,,5,1000\n")
            run(world.procured, server.data, "catalog", "import", catalog, "--app", made["app"])
            run(world.procured, server.data, "catalog", "flag", "add", "aa", "--app", made["app"])
            apps.append(App(made))
        for app in apps:
            change_some(server.port, app)
    finally:
        check(server.stop() == 0, "the server did not stop cleanly")
    return apps


def done(request, port):
    answer = request.send(port)
    check(answer.verdict == DONE, f"{answer}")
    return answer.body


def change_some(port, app):
    for _ in range(ORDERS):
        name = done(app.create(), port)["data"]["id"]
        done(app.change(name, {"quantity": unique()}), port)
    draft = done(app.create(status="DRAFT"), port)["data"]["id"]
    done(app.intents("DELETE", f"/api/v1/intents/{draft}"), port)
    done(app.change(name, {"quantity": 7}, Idempotency_Key=f"k{unique()}"), port)
    done(app.batch([{"id": name, "quantity": unique()}]), port)
    done(app.franchiser("trade/create", {
        "warehouseid": 5, "receivername": "h", "mobile": "18817834074", "provincename": "a",
        "cityname": "b", "distrctname": "c", "address": "d", "deliverydate": "2026-03-01",
        "items": [{"outerpcode": "P1", "mainmeasunitqty": 3}]}), port)
    done(app.wangdian("purchase.PurchaseOrder.updatePurchaseInfo",
                      [{"purchase_no": "CG" + name.split("_")[1], "flag_name": "aa"}]), port)


def exported(world, url):
    path = os.path.join(world.folder, f"export{unique()}.ndjson")
    world.command(url, "order", "export", path)
    with open(path, encoding="utf-8") as f:
        return sorted(f.read().splitlines())


def feed(port, app, after=0):
    """(seq, intent, version) of all amendments behind `after`."""
    told = []
    while True:
        items = done(app.intents("GET", f"/api/v1/changes?after={after}&limit=50"),
                     port)["data"]["items"]
        if not items:
            return told
        told += [(i["seq"], i["intentId"], i["version"]) for i in items]
        after = items[-1]["seq"]


def state(world, url, apps):
    """Everything a client or an operator can see."""
    server = world.serve(url)
    try:
        feeds = [feed(server.port, app) for app in apps]
        shown = [run(world.procured, server.data, "app", "show", app.made["app"], "--secrets",
                     "--json") for app in apps]
        catalog = [run(world.procured, server.data, "catalog", "show", "--app",
                       app.made["app"], "--json") for app in apps]
    finally:
        server.stop()
    return {"orders": exported(world, url), "apps": shown, "catalog": catalog, "feeds": feeds}


def same(one, other, names):
    for name in names:
        check(one[name] == other[name], f"the copy has other {name}")


def copies_to_and_fro(world):
    """SQLite → PostgreSQL → PostgreSQL → SQLite, with changes on the way."""
    here, there, third, back = world.file(), world.database(), world.database(), world.file()
    apps = make_apps(world, here)
    before = state(world, here, apps)
    said = world.copy(here, there)
    check("all is well" in said and "The copy is whole" in said, said)
    same(before, state(world, there, apps), before)

    # The numbers stayed, so a client's place in the feed is still good; and a
    # request that was answered is still answered the same way.
    server = world.serve(there)
    retried = apps[0].create()
    first = done(retried, server.port)
    for app in apps:
        change_some(server.port, app)
    for app, old in zip(apps, before["feeds"]):
        check(feed(server.port, app)[:len(old)] == old, "the feed lost its beginning")
        fresh = feed(server.port, app, old[-1][0])
        check(len(fresh) > ORDERS, "the feed does not go on where it ended")
    server.stop()
    world.copy(there, third)
    later = state(world, there, apps)
    same(later, state(world, third, apps), later)

    # Numbers of several apps are the same ones on PostgreSQL, and one row in a
    # file: order by order nothing changes, and no number becomes less.
    said = world.copy(third, back)
    check("numbers" in said, said)
    last = state(world, back, apps)
    same(later, last, ("orders", "apps", "catalog"))
    for old, new in zip(later["feeds"], last["feeds"]):
        check([i[1:] for i in old] == [i[1:] for i in new], "the feed has another order")
        check(all(n[0] >= o[0] for o, n in zip(old, new)), "a number became less")
    server = world.serve(back)
    check(done(retried, server.port) == first, "a stored answer was lost")
    change_some(server.port, apps[0])
    server.stop()
    check("all is well" in world.command(back, "check"), "check")


def a_copy_that_is_cut_off(world):
    """kill -9 of a copy: nobody uses what is there, and it begins anew."""
    here, there = world.file(), world.database()
    apps = make_apps(world, here)
    proxy = Proxy(world.cluster.primary.port)
    name = there.rsplit("/", 1)[1]
    proxy.delay_s = 0.02
    late = world.cluster.url(name, instance=proxy)
    copy = subprocess.Popen([world.procured, "copy", "--from", here, "--to", late, "--data",
                             world.fresh_made(), "--key", world.key],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def has_begun():
        check(copy.poll() is None, "the copy has ended")
        return world.cluster.psql("SELECT to_regclass('public.meta')", name) == "meta" and \
            world.cluster.psql("SELECT count(*) FROM meta WHERE key = 'copy_of'", name) == "1"
    wait_for(has_begun, "the copy does not begin")
    copy.send_signal(signal.SIGKILL)
    copy.wait()
    proxy.close()
    for words in (["serve", "--listen", "127.0.0.1:0"], ["check"], ["app", "list"]):
        said = world.fails(*words, "--store", there)
        check("unfinished" in said, said)
    check("of another" in world.fails("copy", "--from", other_store(world), "--to", there), "")
    world.copy(here, there)
    same(state(world, here, apps), state(world, there, apps), ("orders", "feeds"))
    said = world.fails("copy", "--from", here, "--to", there)
    check("in the target already" in said, said)


def other_store(world):
    url = world.file()
    run(world.procured, world.fresh(), "app", "create", "--name", "x", "--store", url,
        "--key", world.key)
    return url


# --- roles ---------------------------------------------------------------------

def one_role_migrates_another_runs(world):
    psql = world.cluster.psql
    url = world.database()
    name = url.rsplit("/", 1)[1]
    psql("CREATE ROLE run_only LOGIN")
    as_runner = world.cluster.url(name, role="run_only")
    said = world.fails("serve", "--listen", "127.0.0.1:0", "--store", as_runner)
    check("migrate" in said, f"it is not said who makes the schema: {said}")
    psql("ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO run_only;"
         "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO run_only",
         name, "procured")
    world.command(url, "migrate")
    owned = psql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                 " AND relowner = 'run_only'::regrole", name)
    apps = make_apps(world, as_runner)
    check("all is well" in world.command(as_runner, "check"), "check")
    server = world.serve(as_runner)
    change_some(server.port, apps[1])
    server.stop()
    check(owned == psql("SELECT count(*) FROM pg_class WHERE relnamespace ="
                        " 'public'::regnamespace AND relowner = 'run_only'::regrole", name)
          == "0", "the run role owns something")
    psql("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM run_only", name, "procured")
    said = world.fails("serve", "--listen", "127.0.0.1:0", "--store", as_runner)
    check("permission denied" in said, f"it is not said what is missing: {said}")


# --- spread by app --------------------------------------------------------------

def sql_of_the_document(heading):
    """The first SQL block behind a heading of docs/scaling.md."""
    path = os.path.join(os.path.dirname(HERE), "docs", "scaling.md")
    with open(path, encoding="utf-8") as f:
        text = f.read().split(f"\n{heading}\n", 1)[1]
    return text.split("```sql\n", 1)[1].split("```", 1)[0]


def tables_are_spread_by_app(world):
    """What docs/scaling.md says to a database that spreads tables by the app is
    carried out with hash partitions, whose rules for keys are the same."""
    url = world.database()
    name = url.rsplit("/", 1)[1]
    world.command(url, "migrate")
    distributed = set(re.findall(r"create_distributed_table\('(\w+)', 'app'",
                                 sql_of_the_document("### Citus")))
    reference = set(re.findall(r"create_reference_table\('(\w+)'",
                               sql_of_the_document("### Citus")))
    tables = set(world.cluster.psql(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
        " 'public'::regnamespace", name).split())
    check(distributed | reference == tables, "the document and the schema differ:"
          f" {sorted((distributed | reference) ^ tables)}")
    keys = world.cluster.psql(
        "SELECT i.indrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN"
        " pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE"
        " i.indisunique AND c.relnamespace = 'public'::regnamespace AND a.attname <> 'app'",
        name).split()
    check(set(keys) <= reference, f"a key is not led by the app: {keys}")
    world.cluster.psql(sql_of_the_document("### Partitions"), name, "procured")
    apps = make_apps(world, url)
    check("all is well" in world.command(url, "check"), "check")
    server = world.serve(url)
    for app in apps:
        change_some(server.port, app)
    server.stop()
    check("all is well" in world.command(url, "check"), "check")


# --- TLS and passwords -------------------------------------------------------------

def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificate(world):
    """A server that takes no link but over TLS, with a certificate of its own."""
    folder = world.cluster.folder
    cert, key = (os.path.join(folder, f"server.{end}") for end in ("crt", "key"))
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
            "-out", cert)
    if os.geteuid() == 0:
        shutil.chown(key, ROOT_BECOMES)
    os.chmod(key, 0o600)
    hba = os.path.join(world.cluster.primary.data, "pg_hba.conf")
    with open(hba) as f:
        rules = f.read()
    with open(hba, "w") as f:
        f.write("local all postgres trust\nhostnossl all all all reject\n"
                "hostssl all procured all scram-sha-256\n" + rules)
    world.cluster.psql(
        f"ALTER ROLE procured PASSWORD '{SECRET_WORD}';"
        f"ALTER SYSTEM SET ssl_cert_file = '{cert}'")
    world.cluster.psql(f"ALTER SYSTEM SET ssl_key_file = '{key}'")
    world.cluster.psql("ALTER SYSTEM SET ssl = on")
    world.cluster.psql("SELECT pg_reload_conf()")
    wait_for(lambda: world.cluster.psql("SHOW ssl") == "on", "no TLS")
    return cert


def tls_by_sslmode(world):
    name = world.database().rsplit("/", 1)[1]
    cert = make_certificate(world)
    wrong = os.path.join(world.folder, "wrong.crt")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=other",
            "-keyout", wrong + ".key", "-out", wrong)

    def url(host, parameters, password=SECRET_WORD):
        return (f"postgresql://procured:{password}@{host}:{world.cluster.primary.port}/{name}"
                f"?{parameters}")
    good = url("localhost", f"sslmode=verify-full&sslrootcert={cert}")
    server = world.serve(good)
    try:
        links = world.cluster.psql(
            "SELECT count(*), count(*) FILTER (WHERE s.ssl) FROM pg_stat_activity a JOIN"
            f" pg_stat_ssl s USING (pid) WHERE a.datname = '{name}'"
            " AND a.usename = 'procured'").split("|")
        check(int(links[0]) > 0 and links[0] == links[1], f"links and TLS links: {links}")
    finally:
        server.stop()
    shown = world.command(good, "config", "dump")
    check("postgresql://" in shown and SECRET_WORD not in shown, "config dump shows a password")
    for flags, why in ((f"sslmode=verify-full&sslrootcert={wrong}", "certificate"),
                       ("sslmode=disable", "pg_hba")):
        said = world.fails("serve", "--listen", "127.0.0.1:0", "--store",
                           url("localhost", flags))
        check(why in said, f"{flags}: {said}")
    said = world.fails("serve", "--listen", "127.0.0.1:0", "--store", url(
        "127.0.0.1", f"sslmode=verify-full&sslrootcert={cert}"))
    check("127.0.0.1" in said, f"a certificate for another host: {said}")
    world.fails("serve", "--listen", "127.0.0.1:0", "--store", url(
        "localhost", f"sslmode=verify-full&sslrootcert={cert}", SECRET_WORD + "x"))
    for log in (os.path.join(at, n) for at, _, names in os.walk(world.folder) for n in names):
        with open(log, errors="replace") as f:
            check(SECRET_WORD not in f.read(), f"the password is in {log}")


CASES = (copies_to_and_fro, a_copy_that_is_cut_off, one_role_migrates_another_runs,
         tables_are_spread_by_app, tls_by_sslmode)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("cases", nargs="*", help=" ".join(c.__name__ for c in CASES))
    arguments = parser.parse_args()
    cases = Cases()
    start = time.monotonic()
    world = World(arguments.procured)
    try:
        for case in CASES:
            if not arguments.cases or case.__name__ in arguments.cases:
                cases.run(case.__name__, case, world)
    finally:
        world.close()
    print(f"{time.monotonic() - start:.1f} s", flush=True)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
