#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""First steps that go wrong. Each row of STEPS is one: what somebody types,
the exit code, and three parts of what they read: what failed, why, what to do.
In a Chinese environment the same must be told in Chinese.

    tests/first_steps.py --procured build/procured
"""
import argparse
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cluster import Cluster  # noqa: E402
from harness import Cases, Client, Server, check  # noqa: E402


class Step(NamedTuple):
    name: str
    words: str   # {…}: what World makes; a pair: and a last word as it is
    code: int
    failed: str
    why: str
    do: str
    chinese: str  # a part of it in Chinese


STEPS = [Step(*row) for row in (
    # --- the words ---
    ("a command mistyped", "serv", 2,
     'no command "serv"', "", "did you mean `procured serve`?", "是否想写 `procured serve`"),
    ("an option mistyped", "serve --lisen x", 2,
     "there is no option --lisen", "", "did you mean --listen?", "是否想写 --listen"),
    ("a value forgotten", "serve --listen", 2,
     "--listen needs a value", "", "", "--listen 需要一个值"),
    ("half a command", "app", 2, "app create", "", "make an app", "新建应用"),
    ("a name forgotten", "app create --data {fresh}", 2,
     "--name is missing", "", "usage: procured app create --name NAME", "用法"),
    ("no such page of the manual", "man procured.9", 2,
     'there is no page "procured.9"', "", "usage: procured man", "没有手册页"),
    ("no such shell", "completion fish", 2,
     'no completion for "fish"', "", "bash|zsh", "不支持"),
    # --- settings ---
    ("an address without a host", "serve --data {fresh} --listen 3000", 2,
     "--listen", '"3000" does not fit', "host:port, like 127.0.0.1:3000", "127.0.0.1:3000"),
    ("a port that is none", "serve --data {fresh} --listen 127.0.0.1:99999", 2,
     "--listen", '"127.0.0.1:99999" does not fit', "host:port", "127.0.0.1:3000"),
    ("a host of elsewhere", "serve --data {fresh} --listen nosuch.invalid:3000", 1,
     "cannot listen on nosuch.invalid:3000", "not known", "address of this machine", "--listen"),
    ("a port taken", "serve --data {fresh} --listen {taken} --admin none", 1,
     "cannot listen on {taken}", "Address already in use", "choose other addresses with --listen", "--listen"),
    ("an admin port taken", "serve --data {fresh} --listen 127.0.0.1:0 --admin {taken}", 1,
     "cannot listen on {taken}", "Address already in use", "--admin HOST:PORT (or none)", "--admin"),
    ("a store of another kind", "serve --data {fresh} --store mysql://db/orders", 2,
     "--store", '"mysql://db/orders" does not fit', "sqlite:PATH", "sqlite:"),
    ("a store without its kind", "serve --data {fresh} --store orders.db", 2,
     "--store", '"orders.db" does not fit', "sqlite:PATH", "sqlite:"),
    ("a configuration that is not there", "serve --config {none}", 2,
     "cannot read the configuration file {none}", "No such file", "`procured config example`", "config example"),
    ("a setting mistyped in the file", "serve --config {lisen}", 2,
     '{lisen}:2: there is no setting "lisen"', "", 'did you mean "listen"?', "是否想写"),
    ("a setting that is too much", "serve --config {many}", 2,
     '{many}:1: "many" does not fit queue', "number", "1|1000000", "queue"),
    ("a line that is none", "serve --config {line}", 2,
     "{line}:1: this is not a line", "name = value", "`procured config example`", "config example"),
    ("the demo for all the world", "serve --demo --data {fresh} --listen 0.0.0.0:0", 2,
     "0.0.0.0:0", "published secrets", "use 127.0.0.1, or leave --demo out", "--demo"),
    # --- the data directory ---
    ("nothing there yet", "app list --data {fresh}", 1,
     "there is no data directory {fresh} yet", "", "begin with `procured serve`", "请先执行"),
    ("a directory without a store", "app list --data {empty}", 1,
     "there is no store", "yet", "begin with `procured serve`", "请先执行"),
    ("a file for a directory", "serve --data {file}", 1,
     "cannot open the data directory {file}", "Not a directory", "another one with --data", "--data"),
    ("a directory that can't be", "app create --name x --data {file}/sub", 1,
     "cannot make the data directory", "Not a directory", "another one with --data", "--data"),
    ("a directory open to all", "app list --data {open}", 1,
     "{open}", "others", "chmod 700", "chmod 700"),
    ("a server already there", "serve --data {running} --listen 127.0.0.1:0 --admin none", 1,
     "holds the data directory", "process", "--data", "--data"),
    # --- the store ---
    ("a store nowhere", "app create --name x --data {fresh} --store sqlite:{none}/x.db", 1,
     "cannot make {none}/x.db", "No such file", "is --store right", "--store"),
    ("a directory for a store", "app create --name x --data {made} --store sqlite:{empty}", 1,
     "{empty}", "unable to open", "is --store right", "--store"),
    ("a store where nothing can be written", "app create --name x --data {made} --store sqlite:{unwritable}/x.db", 1,
     "cannot make {unwritable}/x.db.lock", "{unwritable_why}", "may this user write there", "当前用户是否可写"),
    ("any file for a store", "app list --data {made} --store sqlite:{file}", 1,
     "{file}", "is not a SQLite database", "is --store right", "--store"),
    ("a store from the future", "serve --data {newer} --listen 127.0.0.1:0 --admin none", 1,
     "the store has schema 999", "this program knows", "use a newer program", "请使用更新的程序"),
    ("a store whose schema nobody made", "serve --data {old} --listen 127.0.0.1:0 --admin none", 1,
     'the schema\'s version is "x"', "", "`procured doctor` and `procured check` tell more", "procured doctor"),
    # --- a database server ---
    ("a database where nobody is", "serve --data {fresh} --store postgresql://u:Gehe1m@{nobody}/orders", 1,
     "connection to server", "Connection refused", "see that it runs and that the address is right", "地址正确"),
    ("a database on no host", "app list --data {made} --store postgresql://nosuch.invalid/orders", 1,
     "nosuch.invalid", "not known", "see that it runs and that the address is right", "地址正确"),
    ("a database's port that is a word", "app list --data {made} --store postgresql://127.0.0.1:db/orders", 1,
     "the store's address cannot be read", "a port is a number", "postgresql://USER@HOST:PORT/DATABASE", "postgresql://用户@主机"),
    ("a database's parameter mistyped", "app list --data {made} --store postgresql://127.0.0.1/orders?sslmod=require", 1,
     "the store's address cannot be read", "query parameter", "postgresql://USER@HOST:PORT/DATABASE", "postgresql://用户@主机"),
    ("a database's password that is wrong", "serve --data {fresh} --store postgresql://locked:Gehe1m@{postgres}/procured", 1,
     "password authentication failed", 'user "locked"', "is the role, its password", "口令"),
    ("a database's password forgotten", "serve --data {fresh} --store postgresql://locked@{postgres}/procured", 1,
     "no password supplied", "", "is the role, its password", "口令"),
    ("a database that is none", "serve --data {fresh} --store postgresql://procured@{postgres}/nosuch", 1,
     'database "nosuch" does not exist', "", "the database's name right", "数据库名"),
    # --- the key ---
    ("another store's key", "serve --data {made} --listen 127.0.0.1:0 --admin none --key {other_key}", 1,
     "the master key is not the one", "sealed with", "give --key the file that belongs", "请用 --key 指定"),
    ("a key that is none", "serve --data {made} --key {short_key}", 1,
     "{short_key} does not hold a key", "64 hex digits", "name it with --key", "--key"),
    ("a key for all to read", "serve --data {made} --key {open_key}", 1,
     "{open_key}", "can be read by others", "chmod 600 {open_key}", "chmod 600"),
    ("a key lost", "app list --data {made} --key {none}", 1,
     "there is no key file {none}", "can only be read with it", "put it back, or name it with --key", "--key"),
    # --- secrets and calls ---
    ("a secret with its line feed", ("sign intents GET /intents --app a --secret", "secret\n"), 2,
     "the secret", "a line feed around it", "take it without", "首尾有空白或换行"),
    ("a secret of two lines", ("send top taobao.x --app a --url http://127.0.0.1:1 --secret", "one\ntwo"), 2,
     "the secret", "a control character in it", "take it without", "控制字符"),
    ("a secret out of a variable that is not set", ("send intents GET /intents --app a --secret", ""), 2,
     "--secret is empty", "", "is the variable set", "变量已设置"),
    ("a secret's file of two lines", "app rotate shop intents --secret-file {two_lines} --data {made}", 2,
     "{two_lines}", "a secret is one line", "usage: procured app rotate", "密钥应为一行"),
    ("a secret's file that is not there", "app rotate shop intents --secret-file {none} --data {made}", 1,
     "cannot read the secret file {none}", "No such file", "--secret-file", "无法读取密钥文件"),
    ("a secret without its salt", "app rotate shop wangdian --secret-file {bare} --data {made}", 2,
     "{bare}", "wangdian's secret is SECRET:SALT", "usage: procured app rotate", "SECRET:SALT"),
    ("a URL without its scheme", "send --demo intents GET /intents --url localhost:3000", 2,
     "--url", 'not "localhost:3000"', "http://HOST:PORT", "http://主机:端口"),
    ("a URL with a port that is none", "send --demo intents GET /intents --url http://127.0.0.1:99999", 2,
     "--url", 'not "http://127.0.0.1:99999"', "http://HOST:PORT", "http://主机:端口"),
    ("a URL where nobody is", "send --demo intents GET /intents --url http://{nobody}", 4,
     "cannot reach http://{nobody}", "Failed to connect", "is the server running (`procured serve`)?", "服务是否已启动"),
    ("a URL with TLS where is none", "send --demo intents GET /intents --url https://{server}", 4,
     "no TLS with https://{server}", "SSL", "is http:// meant?", "是否应为 http://"),
    ("a dialect mistyped", "send --demo intent GET /intents", 2,
     'there is no dialect "intent"', "", "try intents", "可用 intents"),
    ("a request that is none", "sign --demo --explain {file}", 1,
     "this is no request that can be read", "the first line", "or a curl command line", "curl"),
    # --- apps and orders ---
    ("an app that is none", "app show nobody --data {made}", 1,
     'there is no app "nobody"', "", "`procured app list`", "procured app list"),
    ("an app twice", "app create --name x --id shop --data {made}", 1,
     'there is an app "shop" already', "", "choose another --id", "--id"),
    ("a rate of nothing", "app set shop --rate 0 --data {made}", 2,
     "--rate", 'not "0"', "from 1 to 1000000, or unlimited", "unlimited"),
    ("a policy mistyped", "app set shop --policy rate.putt=3 --data {made}", 2,
     'there is no policy "rate.putt"', "", "rate.put,", "rate.put"),
    ("a policy that can't be", "app set shop --policy rate.put=abc --data {made}", 2,
     "policy rate.put", 'not "abc"', "from 1 to 2147483647 or the word unlimited", "rate.put"),
    ("a file that is not there", "order import {none}.ndjson --app shop --data {made}", 1,
     "cannot read {none}.ndjson", "No such file", "name a file that is there", "无法读取"),
    ("a file that is wrong", "order import {bad} --app shop --data {made}", 1,
     "{bad}:1: a: is no field of an order", "", "nothing was imported", "未导入"),
    ("an order that is none", "order show intent_1 --data {made}", 1,
     "intent_1", "", "`procured order list`", "procured order list"),
    ("a backup over a file", "backup {file} --data {made}", 1,
     "{file} is there already", "", "into a new file", "新文件"),
    ("a backup that is none", "restore {file} --data {made}", 1,
     "{file} can't be put in the store's place", "is not a SQLite database", "nothing was changed", "未作任何改动"),
    ("a restore under a server", "restore {file} --data {running}", 1,
     "holds the data directory", "process", "stop it first", "请先停止"),
)]

WRONG_REQUESTS = (
    # name, path, headers over the right ones, seconds the clock is off, HTTP status, parts of the answer
    ("a path without its beginning", "/intents/intent_67890", {}, 0, 404, ("/api/v1",)),
    ("a clock ten minutes slow", "/api/v1/intents/intent_67890", {}, -600, 401, ("40103", "serverTime")),
    ("a signature that is wrong", "/api/v1/intents/intent_67890", {"X-Signature": "0" * 64}, 0, 401, ("40101",)),
    ("no signature", "/api/v1/intents/intent_67890", {"X-Signature": ""}, 0, 401, ("40102", "X-Signature")),
)


class World:
    """What the steps stumble over."""

    def __init__(self, procured, base):
        self.procured, self.base, self.count = procured, base, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.made = self.path("made/data")
        self.run("app", "create", "--name", "Shop", "--id", "shop", "--data", self.made)
        other = self.path("other/data")
        self.run("app", "create", "--name", "Other", "--data", other)
        self.server = Server(procured, self.path("running/data"), "--demo")
        newer = self.path("newer/data")
        self.run("app", "create", "--name", "New", "--data", newer)
        with sqlite3.connect(os.path.join(newer, "procured.db")) as db:
            changed = db.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
            check(changed.rowcount == 1, "the store keeps its schema's number elsewhere")
        db.close()
        old = self.path("old/data")
        self.run("app", "create", "--name", "Old", "--data", old)
        with sqlite3.connect(os.path.join(old, "procured.db")) as db:
            db.execute("UPDATE meta SET value = 'x' WHERE key = 'schema_version'")
        db.close()
        self.cluster = Cluster()
        with socket.create_server(("127.0.0.1", 0)) as free:
            nobody = f"127.0.0.1:{free.getsockname()[1]}"
        unwritable, why = self.unwritable()
        self.names = {
            "old": old, "nobody": nobody, "unwritable": unwritable, "unwritable_why": why,
            "server": self.server.url.removeprefix("http://"),
            "postgres": f"127.0.0.1:{self.cluster.primary.port}",
            "two_lines": self.file("two_lines", "secret-of-two\nlines-of-it\n"),
            "bare": self.file("bare", "secret-without-salt\n"),
            "taken": f"127.0.0.1:{self.socket.getsockname()[1]}",
            "made": self.made, "newer": newer, "running": self.server.data,
            "none": os.path.join(base, "none"),
            "empty": self.folder("empty", 0o700), "open": self.folder("open", 0o777),
            "file": self.file("file", "hello\n"),
            "other_key": os.path.join(other, "procured.key"),
            "short_key": self.file("short.key", "hello\n"),
            "open_key": self.file("open.key", open(os.path.join(self.made, "procured.key"),
                                                   encoding="ascii").read(), 0o644),
            "lisen": self.file("lisen.conf", "# ours\nlisen = 127.0.0.1:0\n"),
            "many": self.file("many.conf", "queue = many\n"),
            "line": self.file("line.conf", "listen\n"),
            "bad": self.file("bad.ndjson", '{"a":1}\n'),
        }

    def path(self, name):
        path = os.path.join(self.base, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def folder(self, name, mode):
        os.mkdir(self.path(name))
        os.chmod(self.path(name), mode)
        return self.path(name)

    def unwritable(self):
        """A folder that can't be written to, and why; root may write to all
        but the kernel's own."""
        if os.geteuid() == 0:
            return "/proc", "No such file"
        return self.folder("unwritable", 0o500), "Permission denied"

    def file(self, name, text, mode=0o600):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def fill(self, text):
        self.count += 1
        return text.format(fresh=self.path(f"fresh{self.count}/data"), **self.names)

    def run(self, *words, language="C"):
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith(("PROCURED_", "LC_", "LANG"))}
        return subprocess.run([self.procured, *words], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=20, env={**clean, "LC_ALL": language})

    def end(self):
        self.cluster.close()
        self.server.stop()
        self.socket.close()


def stumble(world, step):
    words, *last = (step.words,) if isinstance(step.words, str) else step.words
    filled = world.fill(words).split() + last
    fresh = next((w for w in filled if "/fresh" in w), "")
    for language, parts in (("C", step[3:6]), ("zh_CN.UTF-8", (step.chinese,))):
        done = world.run(*filled, language=language)
        said = done.stdout + done.stderr
        check(done.returncode == step.code,
              f"`procured {' '.join(filled)}` ended with {done.returncode}, not {step.code}:\n{said}")
        for part in parts:
            part = part.replace("{fresh}", fresh)
            part = part.format(**world.names) if "{" in part else part
            check(part in said, f"`procured {' '.join(filled)}` ({language}) does not say \"{part}\":\n{said}")
        check("Gehe1m" not in said, f"a password is told:\n{said}")
        check("Assertion" not in said and "Sanitizer" not in said, said)
    check(any("\u4e00" <= c <= "\u9fff" for c in said), f"not a Chinese word:\n{said}")


def ask_wrongly(world, path, headers, off, status, parts):
    client = Client(world.server.port, "dev_app_local", "dev_secret_local_do_not_use_in_production")
    at = str(int((time.time() + off) * 1000))
    got, _, answer = client.call("GET", path, headers=headers, at=at)
    check(got == status, f"GET {path} answered {got}: {answer}")
    for part in parts:
        check(part in str(answer), f"GET {path}: \"{part}\" is not told in {answer}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--only", help="a part of the cases' names")
    options = parser.parse_args()
    base = tempfile.mkdtemp(prefix="procured-steps-")
    cases = Cases()
    world = World(os.path.abspath(options.procured), base)
    for step in STEPS:
        if not options.only or options.only in step.name:
            cases.run(step.name, stumble, world, step)
    for name, *row in WRONG_REQUESTS:
        if not options.only or options.only in name:
            cases.run(name, ask_wrongly, world, *row)
    world.end()
    shutil.rmtree(base, ignore_errors=True)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
