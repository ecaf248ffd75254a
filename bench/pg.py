# SPDX-License-Identifier: Apache-2.0
"""Signed changes through HTTP on PostgreSQL, against pgbench doing the same
transaction on the same server from as many clients.

pgbench's transaction locks an order, updates it, inserts an amendment and a
stored answer: rows of the same sizes in tables with the same indexes, copied
from those the node made; prepared, one line of the script after the other, as a
program does that knows nothing of groups. Rounds of both are taken in turn, in
one run, on one disk with fsync on. After each round of HTTP every acknowledged
change is looked for. A last round, not part of the ratio, counts statements,
WAL and locks per change.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests"))
sys.path.insert(0, HERE)
from cluster import BIN, DATABASE, Cluster, children_of, wait_for  # noqa: E402
from harness import Client, Server, check, create_app  # noqa: E402
from run import Figures  # noqa: E402

GOAL = 1.5
CREATORS = 16

SETTINGS = {
    "shared_buffers": "512MB", "max_wal_size": "4GB", "checkpoint_timeout": "30min",
    "shared_preload_libraries": "pg_stat_statements", "max_connections": 300,
}

# Copies with the same indexes; ids from 1 so that the script can draw one.
PREPARE = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.orders (LIKE public.orders INCLUDING ALL);
ALTER TABLE bench.orders SET (fillfactor = {fillfactor});
CREATE TABLE bench.amendments (LIKE public.amendments INCLUDING ALL);
CREATE TABLE bench.answers (LIKE public.answers INCLUDING ALL);
CREATE SEQUENCE bench.seq CACHE 64;
CREATE TEMP TABLE numbered AS SELECT * FROM public.orders;
CREATE TEMP SEQUENCE number;
UPDATE numbered SET id = nextval('number');
INSERT INTO bench.orders SELECT * FROM numbered;
ANALYZE bench.orders;
"""

SCRIPT = """
\\set id random(1, {orders})
BEGIN;
SELECT * FROM bench.orders WHERE app = {app} AND id = :id FOR UPDATE;
UPDATE bench.orders SET version = version + 1, updated_ms = updated_ms + 1,
 last_seq = last_seq + 1, last_hash = '{hash}', lines = '{lines}', total_fen = total_fen + 1
 WHERE app = {app} AND id = :id;
INSERT INTO bench.amendments(seq, app, order_id, prev_seq, version, at_ms, dialect, method,
 request_id, trace_id, note, changes, hash) VALUES (nextval('bench.seq'), {app}, :id, 1, 2,
 {at_ms}, {dialect}, {method}, {request_id}, {trace_id}, {note}, '{changes}', '{hash}');
INSERT INTO bench.answers(at_ms, app, digest, order_id, version, body, items, kept_ms)
 VALUES ({at_ms}, {app}, decode(md5(random()::text) || md5(random()::text), 'hex'), :id, 2,
 {body}, NULL, {at_ms});
COMMIT;
"""


TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """What they have used so far, by their numbers."""
    used = {}
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as f:
                words = f.read().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        used[pid] = (int(words[11]) + int(words[12])) / TICKS
    return used


def cpu_between(before, after):
    return sum(seconds - before.get(pid, 0) for pid, seconds in after.items())


def quote(text):
    return "NULL" if text is None else "'" + str(text).replace("'", "''") + "'"


class Bench:
    def __init__(self, arguments):
        self.a = arguments
        self.figures = Figures()
        self.folder = tempfile.mkdtemp(prefix="bench-pg-", dir=os.path.abspath(arguments.folder))
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "node", "data")
        self.first = 2
        self.cluster = Cluster(fsync=True, settings=SETTINGS, folder=self.folder)
        self.cluster.psql("CREATE EXTENSION pg_stat_statements", DATABASE)
        self.count_statements("none")
        self.key = os.path.join(self.folder, "key")
        with open(self.key, "w") as f:
            f.write(os.urandom(32).hex() + "\n")
        os.chmod(self.key, 0o600)
        os.makedirs(os.path.dirname(self.data))
        self.flags = ("--store", self.cluster.url(), "--key", self.key)
        self.apps = []
        self.make_orders()

    def close(self):
        self.cluster.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def count_statements(self, which):
        """Counting has its price; no round of the ratio pays it."""
        self.cluster.psql(f"ALTER SYSTEM SET pg_stat_statements.track = '{which}'")
        self.cluster.psql("SELECT pg_reload_conf()")
        wait_for(lambda: self.cluster.psql("SHOW pg_stat_statements.track", DATABASE) == which,
                 "the server does not read its settings")

    def path(self, name, app):
        return os.path.join(self.folder, f"{name}-{app}")

    def make_orders(self):
        server = Server(self.a.procured, self.data, *self.flags)
        for number in range(self.a.apps):
            app, secret = create_app(self.a.procured, self.data, f"bench {number}",
                                     "--rate", "unlimited", *self.flags)
            self.apps.append((app, secret))
        for number, credentials in enumerate(self.apps):
            with open(self.path("orders", number), "w") as f:
                f.writelines(name + "\n" for name in self.create(server.port, *credentials))
        check(server.stop() == 0, "the server did not stop cleanly")

    def create(self, port, app, secret):
        """Some clients at once, so that their orders share commits."""
        def some(count):
            client = Client(port, app, secret)
            return [client.create() for _ in range(count)]
        wanted = self.a.orders // self.a.apps
        with concurrent.futures.ThreadPoolExecutor(CREATORS) as pool:
            return [name for names in pool.map(some, [wanted // CREATORS] * CREATORS)
                    for name in names]

    # --- the two sides --------------------------------------------------------

    def http(self, connections, apps):
        """Changes a second of `apps` apps together, and the acknowledged ones."""
        server = Server(self.a.procured, self.data, *self.flags)
        requests = int(self.a.requests_per_second * self.a.seconds)
        loads = []
        postgres = self.cluster.primary.process.pid
        try:
            cpu = [cpu_seconds([server.process.pid]),
                   cpu_seconds([postgres, *children_of(postgres)])]
            before = server.metrics()
            for number, (app, secret) in enumerate(self.apps[:apps]):
                acks = self.path("acks", number)
                if os.path.exists(acks):
                    os.unlink(acks)
                loads.append(subprocess.Popen(
                    [self.a.load, "put", "--port", str(server.port), "--app", app,
                     "--secret", secret, "--orders", self.path("orders", number),
                     "--connections", str(connections // apps),
                     "--seconds", str(self.a.seconds), "--requests", str(requests // apps),
                     "--first", str(self.first), "--acks", acks],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
            got = [load.communicate() for load in loads]
            after = server.metrics()
            self.cpu = [cpu_between(cpu[0], cpu_seconds([server.process.pid])),
                        cpu_between(cpu[1], cpu_seconds([postgres, *children_of(postgres)]))]
        finally:
            server.kill()
        self.first += requests
        for load, (_, err) in zip(loads, got):
            check(load.returncode == 0, f"the load failed: {err[:500]}")
        told = [json.loads(out) for out, _ in got]
        self.look_for_acknowledged(apps)
        self.grown = {n: after[n] - before.get(n, 0) for n in after}
        return (sum(t["per_second"] for t in told), max(t["p50_us"] for t in told),
                max(t["p99_us"] for t in told), sum(t["answered"] for t in told))

    def look_for_acknowledged(self, apps):
        rows = self.cluster.psql(
            "SELECT order_id, split_part(changes, '\"', 6) FROM amendments"
            " WHERE changes LIKE '[[\"quantity\",%'", DATABASE)
        made = {tuple(row.split("|")) for row in rows.splitlines()}
        for number in range(apps):
            with open(self.path("acks", number)) as f:
                acks = [line.split() for line in f]
            lost = [a for a in acks if (a[0][len("intent_"):], a[1]) not in made]
            check(acks and not lost, f"{len(lost)} acknowledged changes are not stored")

    def prepare_pgbench(self):
        """The script, with values as wide as those the node wrote."""
        psql = self.cluster.psql
        row = json.loads(psql(
            "SELECT row_to_json(x) FROM (SELECT o.app, o.lines, m.at_ms, m.dialect, m.method,"
            " m.request_id, m.trace_id, m.note, m.changes, encode(m.hash, 'hex') AS hash"
            " FROM amendments m JOIN orders o ON o.id = m.order_id AND o.app = m.app"
            " WHERE m.version > 2 ORDER BY m.at_ms DESC LIMIT 1) x", DATABASE))
        body = psql("SELECT max(octet_length(body)) FROM answers", DATABASE)
        fill = re.search(r"fillfactor=(\d+)", psql(
            "SELECT array_to_string(reloptions, ',') FROM pg_class WHERE relname = 'orders'"
            " AND relnamespace = 'public'::regnamespace", DATABASE) or "fillfactor=100")
        psql(PREPARE.format(fillfactor=fill.group(1)), DATABASE)
        orders = int(psql("SELECT count(*) FROM bench.orders", DATABASE))
        psql(f"UPDATE bench.orders SET app = {row['app']}; VACUUM FULL bench.orders", DATABASE)
        quoted = {n: quote(row[n])
                  for n in ("dialect", "method", "request_id", "trace_id", "note")}
        with open(self.path("script", 0), "w") as f:
            f.write(" ".join(SCRIPT.format(
                orders=orders, app=row["app"], at_ms=row["at_ms"], hash="\\x" + row["hash"],
                lines=row["lines"], changes=row["changes"],
                body=quote("\\x" + "5a" * int(body)) if body else "NULL",
                **quoted).replace("\n ", " ").splitlines(True)).replace("\n ", "\n"))

    def pgbench(self, clients):
        self.cluster.psql("TRUNCATE bench.amendments, bench.answers", DATABASE)
        done = subprocess.run(
            [f"{BIN}/pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2",
             "-T", str(int(self.a.seconds)), "-f", self.path("script", 0),
             self.cluster.primary.conninfo(database=DATABASE)],
            capture_output=True, text=True, env={**os.environ, "PGOPTIONS": ""})
        check(done.returncode == 0, f"pgbench failed: {done.stderr[-800:]}")
        return float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))

    def round(self):
        clients = self.a.clients
        self.figures.add("pgbench_tps", self.pgbench(clients))
        for apps in sorted({1, self.a.apps}):
            rate, p50, p99, _ = self.http(clients, apps)
            self.figures.add(f"http_per_second_{apps}_apps", rate)
            self.figures.add(f"http_p50_us_{apps}_apps", p50)
            self.figures.add(f"http_p99_us_{apps}_apps", p99)
            self.figures.add(f"ratio_{apps}_apps",
                             rate / self.figures.values["pgbench_tps"][-1])

    # --- what a change costs ----------------------------------------------------

    def costs(self, connections, apps):
        psql = self.cluster.psql
        psql("CHECKPOINT")
        self.count_statements("top")
        psql("SELECT pg_stat_statements_reset()", DATABASE)
        start = psql("SELECT pg_current_wal_insert_lsn()")
        changes = self.http(connections, apps)[3]
        wal = int(psql(f"SELECT pg_current_wal_insert_lsn() - '{start}'::pg_lsn"))
        rows = psql(
            "SELECT s.calls, s.rows, s.wal_bytes, s.wal_fpi, regexp_replace(left(s.query, 90),"
            " '\\s+', ' ', 'g') FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
            " WHERE r.rolname = 'procured' ORDER BY s.calls DESC", DATABASE)
        self.count_statements("none")
        calls = 0
        print(f"\nper change, {connections} connections, {apps} apps, {changes} changes:")
        for line in rows.splitlines():
            count, got, size, pages, text = line.split("|", 4)
            calls += int(count)
            if int(count) * 200 >= changes:
                print(f"{int(count) / changes:8.3f} calls {int(got) / changes:7.3f} rows"
                      f" {float(size) / changes:7.0f} B {int(pages) / changes:6.3f} pages  {text}")
        print(f"{calls / changes:8.3f} statements, {wal / changes:.0f} bytes of WAL per change")
        group = self.grown["procured_group_commands_sum"] / max(
            1, self.grown["procured_group_commands_count"])
        print(f"{self.cpu[0] / changes * 1e6:8.1f} µs of CPU in the node,"
              f" {self.cpu[1] / changes * 1e6:.1f} µs in PostgreSQL; {group:.1f} changes a commit")
        self.figures.add(f"node_cpu_us_per_change_{connections}_{apps}",
                         self.cpu[0] / changes * 1e6)
        self.figures.add(f"postgres_cpu_us_per_change_{connections}_{apps}",
                         self.cpu[1] / changes * 1e6)
        self.figures.add(f"changes_per_commit_{connections}_{apps}", group)
        self.figures.add(f"statements_per_change_{connections}_{apps}", calls / changes)
        self.figures.add(f"wal_bytes_per_change_{connections}_{apps}", wal / changes)

    def sizes(self):
        """Bytes of a row with its part of every index."""
        for table in ("orders", "amendments", "answers"):
            self.cluster.psql(f"VACUUM ANALYZE {table}", DATABASE)
            whole, plain, rows = self.cluster.psql(
                f"SELECT pg_total_relation_size('{table}'), pg_relation_size('{table}'),"
                f" count(*) FROM {table}", DATABASE).split("|")
            self.figures.add(f"bytes_per_row_{table}", int(whole) / int(rows))
            self.figures.add(f"bytes_per_row_{table}_without_indexes", int(plain) / int(rows))

    def tell(self):
        rows = []
        for apps in sorted({1, self.a.apps}):
            value = self.figures.median(f"ratio_{apps}_apps")
            met = value >= GOAL
            name = (f"signed PUTs/s of {apps} app{'s' * (apps > 1)}, {self.a.clients}"
                    f" connections ÷ pgbench, {self.a.clients} clients")
            rows.append({"name": name, "value": value, "goal": GOAL, "sense": "≥", "met": met})
            print(f"{value:10.3f}  goal ≥ {GOAL:<8.4g}{'met   ' if met else 'MISSED'}  {name}")
        print()
        for name in sorted(self.figures.values):
            values = self.figures.values[name]
            spread = (max(values) - min(values)) / (self.figures.median(name) or 1)
            print(f"{self.figures.median(name):14.4f}  ±{spread * 50:5.1f} %  {name}")
        return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--load", default="build/bench/load")
    parser.add_argument("--folder", default="build", help="where the server's files go")
    parser.add_argument("--out", default="build/bench-pg.json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--orders", type=int, default=10000)
    parser.add_argument("--apps", type=int, default=4)
    parser.add_argument("--requests-per-second", type=int, default=40000)
    bench = Bench(parser.parse_args())
    try:
        bench.http(bench.a.clients, bench.a.apps)  # rows to copy, warm caches
        bench.prepare_pgbench()
        for number in range(bench.a.rounds):
            print(f"round {number + 1} of {bench.a.rounds}", file=sys.stderr)
            bench.round()
        bench.costs(bench.a.clients, 1)
        bench.costs(bench.a.clients, bench.a.apps)
        bench.costs(1, 1)
        bench.sizes()
        rows = bench.tell()
    finally:
        bench.close()
    with open(bench.a.out, "w") as f:
        json.dump({"ratios": rows, "figures": bench.figures.values}, f, indent=1,
                  ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
