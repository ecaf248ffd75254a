# SPDX-License-Identifier: Apache-2.0
"""What the benches stand on: a store with orders of one app, the load client,
SQLite alone on a copy of that store, nginx, and figures with their spread."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests"))
from harness import Client, Server, check, create_app  # noqa: E402

NGINX = "/usr/sbin/nginx"
NGINX_CONF = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 20000; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_temp_path {folder};
  proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; default_type application/json;
    location / {{ {answer} }} }}
}}
"""


def spread(values):
    """Half the way from the least to the most, as a part of the median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle / 2 if middle else 0.0


class Figures:
    """name -> the values of all rounds."""

    def __init__(self):
        self.values = {}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self.values[name])

    def spread(self, name):
        return spread(self.values[name])

    def ratios(self, upper, lower):
        """One of each round: what was measured a minute apart is compared."""
        return [u / l for u, l in zip(self.values[upper], self.values[lower], strict=True)]

    def show(self):
        for name in sorted(self.values):
            print(f"{self.median(name):16.4f}  ±{self.spread(name) * 100:5.1f} %  {name}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS:"))


class Nginx:
    """A constant answer, from one worker without a log."""

    def __init__(self, folder, answer):
        self.port = free_port()
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(NGINX_CONF.format(folder=folder, port=self.port, answer=answer))
        self.process = subprocess.Popen([NGINX, "-p", folder, "-c", conf],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except ConnectionRefusedError:
                pass
        raise SystemExit("nginx did not start")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


class Mallocs:
    """A counter that a server started with `environment` shares with us."""

    def __init__(self, folder, library):
        self.path = os.path.join(folder, "mallocs")
        self.environment = {"LD_PRELOAD": os.path.abspath(library), "BENCH_MALLOCS": self.path}

    def count(self):
        with open(self.path, "rb") as f:
            return ctypes.c_uint64.from_buffer_copy(f.read(8)).value


class World:
    """One app with `orders` orders on one disk."""

    def __init__(self, arguments, orders):
        self.a = arguments
        self.folder = tempfile.mkdtemp(prefix="bench-", dir=os.path.abspath(arguments.folder))
        self.data = os.path.join(self.folder, "data")
        self.orders = os.path.join(self.folder, "orders")
        self.acks = os.path.join(self.folder, "acks")
        self.first = 2
        self.answered = 0
        server = Server(self.a.procured, self.data)
        self.app, self.secret = create_app(self.a.procured, self.data, "bench",
                                           "--rate", "unlimited")
        client = Client(server.port, self.app, self.secret)
        with open(self.orders, "w", encoding="ascii") as f:
            for _ in range(orders):
                f.write(client.create() + "\n")
        check(server.stop() == 0, "the server did not stop cleanly")

    def close(self):
        shutil.rmtree(self.folder)

    def store(self):
        return next(os.path.join(self.data, n) for n in os.listdir(self.data)
                    if n.endswith(".db"))

    def serve(self, environment=None):
        return Server(self.a.procured, self.data, env=environment)

    def load(self, kind, port, connections, seconds, *flags, orders=None):
        requests = int(self.a.requests_per_second * seconds)
        done = subprocess.run(
            [self.a.load, kind, "--port", str(port), "--app", self.app, "--secret", self.secret,
             "--orders", orders or self.orders, "--connections", str(connections),
             "--seconds", str(seconds), "--requests", str(requests),
             "--first", str(self.first), *flags],
            capture_output=True, text=True, check=False)
        self.first += requests
        check(done.returncode == 0, f"the load failed: {done.stderr[:500]}")
        return json.loads(done.stdout)

    def raw(self, group, seconds, *flags):
        """Raw SQLite on a copy of the store the server made, its log moved into it."""
        copy = os.path.join(self.folder, "raw.db")
        shutil.copy(self.store(), copy)
        if os.path.exists(self.store() + "-wal"):
            shutil.copy(self.store() + "-wal", copy + "-wal")
        db = sqlite3.connect(copy)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        os.sync()
        done = subprocess.run(
            [self.a.raw, "--db", copy, "--orders", self.orders, "--group", str(group),
             "--seconds", str(seconds), *flags], capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"raw failed: {done.stderr[:500]}")
        for name in os.listdir(self.folder):
            if name.startswith("raw.db"):
                os.unlink(os.path.join(self.folder, name))
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def changed(self):
        """A server to be changed; afterwards it is killed, and every acknowledged
        change must be stored."""
        if os.path.exists(self.acks):
            os.unlink(self.acks)
        self.answered = 0
        server = self.serve()
        try:
            # What earlier rounds left to be written would be written now, in bursts.
            os.sync()
            yield server
        finally:
            server.kill()
        self.look_for_acknowledged(self.answered)

    def put(self, server, connections, seconds, *flags):
        """(what the client saw, how the server's counters grew)"""
        before = server.metrics()
        got = self.load("put", server.port, connections, seconds, "--acks", self.acks, *flags)
        after = server.metrics()
        self.answered += got["answered"]
        return got, {name: after[name] - before.get(name, 0) for name in after}

    def look_for_acknowledged(self, at_least):
        db = sqlite3.connect(self.store())
        made = set()
        for order, changes in db.execute("SELECT order_id, changes FROM amendments"):
            if changes.startswith(('[["quantity","', '[["remarks",')):
                made.add((f"intent_{order}", json.loads(changes)[0][2]))
        db.close()
        with open(self.acks, encoding="ascii") as f:
            acknowledged = {tuple(line.split()) for line in f}
        check(len(acknowledged) >= at_least > 0,
              f"of {at_least} answers {len(acknowledged)} are written down")
        lost = acknowledged - made
        check(not lost, f"{len(lost)} acknowledged changes are not stored")
