# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of the tests' own: a temporary primary, its standbys, and what
is done to them: kill -9, promotion, a standby that goes away.

    python3 -B tests/cluster.py [--fsync] [--standby] -- COMMAND…

starts one server, runs COMMAND with PROCURED_TEST_POSTGRES=URL (a role that
may make databases, an empty database) and ends the server with it.

Servers come from Debian's PostgreSQL 15, live in a new folder, listen on a free
port of 127.0.0.1 and a socket in that folder, and are ended by their pids: no
other server of the machine is ever touched. PostgreSQL refuses to run as root,
so root starts them as the user that the package made.
"""

import argparse
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failure  # noqa: E402

BIN = "/usr/lib/postgresql/15/bin"
ROOT_BECOMES = "postgres"
DEADLINE_S = 60
DATABASE = ROLE = "procured"
PR_SET_CHILD_SUBREAPER = 36

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": 200,
    "shared_buffers": "64MB",
    "wal_keep_size": "256MB",   # a standby that was away needs no slot
    "wal_retrieve_retry_interval": "100ms",  # or a promotion may take 5 s
    "max_wal_size": "512MB",
    "log_min_messages": "warning",
    "autovacuum_naptime": "10s",
}


class ClusterError(Failure):
    """A server that did not do as it was told; the text is for people."""


def as_server(command):
    """The command as the user that servers run as."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={ROOT_BECOMES}", f"--regid={ROOT_BECOMES}",
            "--init-groups", "--reset-env", *command]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """Asks until the condition holds; its value."""
    deadline = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise ClusterError(f"waited {deadline_s} s in vain: {what}")
        time.sleep(0.01)


def run_tool(name, *words):
    done = subprocess.run(as_server([f"{BIN}/{name}", *words]), cwd="/",
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise ClusterError(f"{name} ended with {done.returncode}: {done.stderr.strip()}")


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(word) for word in f.read().split()]
    except FileNotFoundError:
        return []


class Instance:
    """One server: a data directory, a port, at most one running process."""

    def __init__(self, folder, name, settings):
        self.folder, self.name, self.settings = folder, name, settings
        self.data = os.path.join(folder, name)
        self.port = free_port()
        self.process = None
        self.paused = []

    def start(self):
        command = [f"{BIN}/postgres", "-D", self.data, "-c", f"port={self.port}",
                   "-c", f"unix_socket_directories={self.folder}",
                   "-c", f"cluster_name={self.name}"]
        for key, value in self.settings.items():
            command += ["-c", f"{key}={value}"]
        with open(os.path.join(self.folder, f"{self.name}.log"), "ab") as log:
            # In our process group: who ends the whole test ends it too.
            self.process = subprocess.Popen(as_server(command), cwd="/", stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        wait_for(self._is_up, f"{self.name} does not start; see its log in {self.folder}")

    def _is_up(self):
        if self.process.poll() is not None:
            raise ClusterError(f"{self.name} ended with {self.process.returncode}: "
                               + self.log_tail())
        try:
            with open(os.path.join(self.data, "postmaster.pid")) as f:
                lines = f.read().split("\n")
        except FileNotFoundError:
            return False
        # The process id, so that a file left by a kill -9 does not count.
        return (len(lines) > 7 and lines[0] == str(self.process.pid)
                and lines[7].strip() in ("ready", "standby"))

    def log_tail(self):
        with open(os.path.join(self.folder, f"{self.name}.log"), errors="replace") as f:
            return f.read()[-2000:]

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """A fast shutdown."""
        if not self.is_running():
            return
        self.resume()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill9()

    def kill9(self):
        """As a machine dies: every process of the server at once. The parent is
        held still first, so that it starts and warns nobody."""
        if not self.is_running():
            return
        # Its orphans become ours to bury: not every container's first process
        # does that.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        os.kill(self.process.pid, signal.SIGSTOP)
        children = children_of(self.process.pid)
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.kill()
        self.process.wait()
        for pid in children:
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass
        self.paused = []

    def pause(self):
        """SIGSTOP to every process: the server is there and does not answer."""
        os.kill(self.process.pid, signal.SIGSTOP)
        self.paused = [self.process.pid, *children_of(self.process.pid)]
        for pid in self.paused[1:]:
            os.kill(pid, signal.SIGSTOP)

    def resume(self):
        for pid in self.paused:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        self.paused = []

    def conninfo(self, user=ROOT_BECOMES, database="postgres"):
        return (f"host={self.folder} port={self.port} user={user} dbname={database}"
                " connect_timeout=10")

    def psql(self, sql, user=ROOT_BECOMES, database="postgres"):
        """Runs it over the socket; its rows as text, columns parted by |."""
        done = subprocess.run(
            [f"{BIN}/psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1",
             "-d", self.conninfo(user, database), "-f", "-"],
            input=sql, capture_output=True, text=True)
        if done.returncode != 0:
            raise ClusterError(f"psql: {done.stderr.strip()} in {sql[:200]}")
        return done.stdout.strip()


class Cluster:
    """A primary and its standbys. fsync=False is faster and as good against
    kill -9 of a process, not against the loss of power."""

    def __init__(self, fsync=False, settings=None, folder=None):
        self.folder = tempfile.mkdtemp(prefix="procured-pg-", dir=folder and os.path.abspath(folder))
        self.settings = {**SETTINGS, "fsync": "on" if fsync else "off",
                         **(settings or {})}
        self.made = 0
        self.standbys = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(ROOT_BECOMES)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        os.chmod(self.folder, 0o755)  # clients are other users
        self.primary = self._new_instance()
        try:
            run_tool("initdb", "-D", self.primary.data, "-U", ROOT_BECOMES,
                     "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
                     "--no-instructions")
            self._lock_one_role()
            self.primary.start()
            self.psql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            self.psql(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        except BaseException:
            self.close()
            raise

    def _lock_one_role(self):
        """Everybody is trusted but the role "locked": it would need a password,
        and there is none that is right."""
        path = os.path.join(self.primary.data, "pg_hba.conf")
        with open(path, "r+", encoding="utf-8") as f:
            rules = f.read()
            f.seek(0)
            f.write("host all locked 127.0.0.1/32 scram-sha-256\n" + rules)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _new_instance(self):
        self.made += 1
        return Instance(self.folder, f"pg{self.made}", dict(self.settings))

    # --- one server -----------------------------------------------------------

    def start(self):
        self.primary.start()

    def stop(self):
        self.primary.stop()

    def kill9(self):
        self.primary.kill9()

    def psql(self, sql, database="postgres", user=ROOT_BECOMES):
        return self.primary.psql(sql, user, database)

    def url(self, database=DATABASE, role=ROLE, instance=None, parameters=""):
        at = instance or self.primary
        return (f"postgresql://{role}@127.0.0.1:{at.port}/{database}"
                + (f"?{parameters}" if parameters else ""))

    def url_of_all(self, database=DATABASE, role=ROLE, ports=None):
        """Every server; which one takes changes is found by who connects."""
        if ports is None:
            ports = sorted(i.port for i in (self.primary, *self.standbys))
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return (f"postgresql://{role}@{hosts}/{database}"
                "?target_session_attrs=read-write")

    def create_database(self, name, owner=ROLE):
        """An empty database; its URL."""
        self.psql(f"CREATE DATABASE {name} OWNER {owner}")
        return self.url(name)

    # --- standbys -------------------------------------------------------------

    def add_standby(self, synchronous=True, port=None):
        """A streaming standby out of a base backup, caught up when this returns.
        A synchronous one must have what a COMMIT wrote before it is answered."""
        standby = self._new_instance()
        if port is not None:
            standby.port = port
        run_tool("pg_basebackup", "-D", standby.data, "-R", "-X", "stream", "-c", "fast",
                 "--no-sync", "-d",
                 self.primary.conninfo() + f" application_name={standby.name}")
        # Promoted, it has no standby of its own yet and must not wait for one.
        with open(os.path.join(standby.data, "postgresql.auto.conf"), "a") as f:
            f.write("synchronous_standby_names = ''\n")
        self.standbys.append(standby)
        standby.start()
        if synchronous:
            self.require_standby("*")
        wait_for(lambda: self.sync_state(standby) in
                 (("sync", "quorum") if synchronous else ("sync", "async")),
                 f"{standby.name} does not stream")
        return standby

    def require_standby(self, names):
        """'*': a COMMIT waits for one; '': for none."""
        self.psql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.psql("SELECT pg_reload_conf()")

    def sync_state(self, standby):
        return self.psql("SELECT sync_state FROM pg_stat_replication WHERE state ="
                         f" 'streaming' AND application_name = '{standby.name}'")

    def promote(self, standby=None):
        """Makes a standby the primary; the old one is returned, ended or not."""
        standby = standby or self.standbys[0]
        old, self.primary = self.primary, standby
        self.standbys.remove(standby)
        standby.psql("SELECT pg_promote(true, 60)")
        wait_for(lambda: standby.psql("SELECT NOT pg_is_in_recovery()") == "t",
                 f"{standby.name} is not promoted")
        return old

    def rebuild(self, old):
        """What was the primary comes back as a synchronous standby, on its port."""
        old.kill9()
        shutil.rmtree(old.data)
        os.unlink(os.path.join(old.folder, f"{old.name}.log"))
        return self.add_standby(port=old.port)

    def close(self):
        for instance in (*self.standbys, self.primary):
            instance.resume()
            instance.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="Runs a command beside a new PostgreSQL.")
    parser.add_argument("--fsync", action="store_true")
    parser.add_argument("--standby", action="store_true",
                        help="with a synchronous standby; both are in the URL")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    # A stage that is ended early takes its server with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Cluster(fsync=arguments.fsync) as cluster:
        url = cluster.url()
        if arguments.standby:
            cluster.add_standby()
            url = cluster.url_of_all()
        return subprocess.run(arguments.command,
                              env={**os.environ, "PROCURED_TEST_POSTGRES": url}).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClusterError as fault:
        sys.exit(f"tests/cluster.py: {fault}")
