#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives the built program as people and scripts do: every subcommand, with a
server on the data directory and without one; first steps that go wrong; what
signals do; what the demo world promises.

    tests/cli.py --procured build/procured
"""
import argparse
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Cases, Client, Server, check  # noqa: E402

LOCAL = ("dev_app_local", "dev_secret_local_do_not_use_in_production")
OTHER = ("dev_app_other", "dev_secret_local_do_not_use_in_production_other")
STATUSES = {67890: "SUBMITTED", 67891: "DRAFT", 67892: "PROCESSING",
            67893: "COMPLETED", 67894: "FAILED", 67895: "CANCELLED",
            99999: "SUBMITTED", 202409240007: "SUBMITTED",
            202409260001: "SUBMITTED"}

procured = None
base = None


class Done:
    """A subcommand that has ended."""

    def __init__(self, words, env=None, cwd=None):
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith(("PROCURED_", "LC_", "LANG"))}
        done = subprocess.run([procured, *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, cwd=cwd,
                              timeout=60, env={**clean, **(env or {})})
        self.words, self.code = words, done.returncode
        self.out, self.err = done.stdout, done.stderr

    def expect(self, code, out=(), err=()):
        told = (f"`{' '.join(self.words)}` ended with {self.code}:\n"
                f"{self.out}{self.err}")
        check(self.code == code, f"wanted exit {code}; {told}")
        for part in [out] if isinstance(out, str) else out:
            check(part in self.out, f"\"{part}\" is not said on stdout; {told}")
        for part in [err] if isinstance(err, str) else err:
            check(part in self.err, f"\"{part}\" is not said on stderr; {told}")
        return self

    def json(self):
        return json.loads(self.out)


def run(*words, **options):
    return Done(list(words), **options)


def fresh():
    """A path for a data directory that is not there yet."""
    return os.path.join(tempfile.mkdtemp(dir=base), "data")


def on(data, *words, **options):
    return run(*words, "--data", data, **options)


def log_of(server):
    with open(server.log.name, encoding="utf-8") as f:
        return f.read()


def wait_for(condition, text, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < until, text)
        time.sleep(0.02)


# --- words ---------------------------------------------------------------------

def help_is_everywhere():
    for words in ([], ["help"], ["--help"], ["-h"]):
        run(*words).expect(0, ["serve", "app create", "doctor", "To begin"])
    run("help", "serve").expect(0, ["usage: procured serve", "--listen",
                                    "127.0.0.1:3000"])
    run("app", "create", "--help").expect(0, ["--name", "submitted_editable"])
    run("app", "--help").expect(0, ["app create", "app rotate"])
    run("help", "app").expect(0, "app rotate")
    run("version").expect(0, "procured ")
    run("--version").expect(0, "procured ")


def version_is_told():
    number = run("version").expect(0).out.split()[1]
    check(run("--version").out == f"procured {number}\n", "--version")
    told = run("version", "--json").expect(0).json()
    check(list(told) == ["version", "sqlite", "libmicrohttpd"] and
          told["version"] == number and all(told.values()), f"{told}")


def help_is_chinese_where_asked():
    run(env={"LANG": "zh_CN.UTF-8"}).expect(0, ["用法", "启动服务"])
    run(env={"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}).expect(0, "usage")
    run("serv", env={"LC_ALL": "zh_CN.UTF-8"}).expect(2, err="是否想写")


def wrong_words_are_told():
    run("serv").expect(2, err="did you mean `procured serve`?")
    run("app", "creat").expect(2, err="did you mean `procured app create`?")
    run("zzzzzzzz").expect(2, err="`procured help` lists them")
    run("app").expect(2, "app create")
    run("--lisen", "x").expect(2, err="--lisen")
    run("serve", "--lisen", "x").expect(2, err="did you mean --listen?")
    run("serve", "--listen").expect(2, err="--listen needs a value")
    run("serve", "now").expect(2, err="one word too many")
    run("serve", "--listen", "3000").expect(2, err="host:port")
    data = fresh()
    on(data, "app", "create").expect(2, err="--name is missing")
    on(data, "app", "create", "--name").expect(2, err="--name needs a value")
    on(data, "app", "create", "--name=a", "--name=b").expect(2, err="twice")
    on(data, "app", "create", "--name", "a", "--rate", "0").expect(2, err="--rate")
    on(data, "app", "create", "--name", "a", "--id", "a b").expect(2, err="--id")
    on(data, "app", "create", "--name", "a", "--policy", "x=1").expect(
        2, err="there is no policy")
    on(data, "app", "create", "--name", "a", "--policy", "rate.put").expect(
        2, err="KEY=VALUE")
    on(data, "app", "show").expect(2, err="something is missing")
    on(data, "app", "set", "a").expect(2, err="nothing to set")
    on(data, "order", "list", "--limit", "0").expect(2, err="--limit")
    run("sign", "intent", "GET", "/x", "--secret=s").expect(
        2, err="there is no dialect")


def settings_are_shown_and_checked():
    conf = os.path.join(tempfile.mkdtemp(dir=base), "p.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write("# ours\nnode = 4\nqueue = 700\n")
    run("config", "check", "--config", conf).expect(0, "is good")
    run("config", "dump", "--config", conf, "--queue", "600",
        env={"PROCURED_NODE": "5"}).expect(0, [
            "node = 5  # PROCURED_NODE", "queue = 600  # --queue",
            "readers = 0  # default"])
    with open(conf, "a", encoding="utf-8") as f:
        f.write("lissten = 1\n")
    run("config", "check", "--config", conf).expect(
        2, err=[f"{conf}:4:", "did you mean \"listen\"?"])
    run("config", "check", "--config", conf + "x").expect(2, err=conf + "x")
    example = run("config", "example").expect(0, "# log_level = info").out
    with open(conf, "w", encoding="utf-8") as f:
        f.write(re.sub(r"(?m)^# (\w+ = \S)", r"\1", example))
    run("config", "check", "--config", conf).expect(0)


# --- without a server ------------------------------------------------------------

def first_steps_without_anything():
    data = fresh()
    for words in (["app", "list"], ["order", "list"], ["check"], ["migrate"],
                  ["backup", "x"], ["app", "disable", "a"]):
        on(data, *words).expect(1, err="there is no data directory")
    check(not os.path.exists(data), "looking made something")
    os.makedirs(data, 0o700)
    on(data, "app", "list").expect(1, err="procured serve")
    on("/proc/nothing", "app", "create", "--name", "x").expect(
        1, err="--data")


def made_files_are_private():
    data = fresh()
    on(data, "app", "create", "--name", "x").expect(0)
    check(stat.S_IMODE(os.stat(data).st_mode) == 0o700, "the directory is open")
    for name in os.listdir(data):
        mode = stat.S_IMODE(os.stat(os.path.join(data, name)).st_mode)
        check(mode == 0o600, f"{name} has mode {mode:03o}")


def app_life(data):
    """The same with and without a server."""
    made = on(data, "app", "create", "--name", "某 ERP", "--id", "erp_1",
              "--rate", "unlimited", "--policy",
              "allow_ip=10.0.0.1,10.0.0.2,rate.put=7", "--json").expect(0).json()
    shape = {"intents": ["appId", "appSecret"],
             "wangdian": ["sid", "key", "appSecret"],
             "franchiser": ["appid", "secret"],
             "top": ["appKey", "appSecret", "session"]}
    check(list(made) == ["app", *shape], f"keys are {list(made)}")
    for dialect, keys in shape.items():
        check(list(made[dialect]) == keys, f"{dialect} has {made[dialect]}")
    check(made["app"] == made["intents"]["appId"] == "erp_1", "the id")
    check(re.fullmatch(r"[1-9][0-9]{7}", made["top"]["appKey"]), "app_key")
    secrets = [made["intents"]["appSecret"], made["franchiser"]["secret"],
               made["top"]["appSecret"], made["top"]["session"],
               *made["wangdian"]["appSecret"].split(":")]
    check(len(set(secrets)) == 6, "secrets repeat")
    for secret in secrets:
        check(re.fullmatch(r"[A-Za-z0-9]{32,}", secret), f"secret {secret}")
    on(data, "app", "create", "--name", "y", "--id", "erp_1").expect(
        1, err="there is an app \"erp_1\" already")
    text = on(data, "app", "create", "--name", "z", "--id", "zz").expect(0).out
    check("appSecret" in text and "********" not in text, "no secrets in text")
    on(data, "app", "list").expect(0, ["erp_1", "unlimited", "某 ERP", "100/s"])
    listed = on(data, "app", "list", "--json").expect(0).json()
    check([a["app"] for a in listed][-2:] == ["erp_1", "zz"], f"{listed}")
    mine = listed[-2]
    check(mine["policy"]["allow_ip"] == "10.0.0.1,10.0.0.2" and
          mine["policy"]["rate.put"] == "7", f"policies {mine['policy']}")
    on(data, "app", "show", "erp_1").expect(0, ["********", "rate.put=7"])
    on(data, "app", "show", "erp_1", "--secrets").expect(0, secrets[0])
    shown = on(data, "app", "show", "erp_1", "--secrets", "--json").json()
    check(shown == made, "show --secrets --json differs from create's")
    on(data, "app", "show", "erp1").expect(1, err="did you mean \"erp_1\"?")
    on(data, "app", "set", "erp_1", "--rate", "50", "--policy",
       "submitted_editable=shipping").expect(
           0, ["50/s", "submitted_editable=shipping", "rate.put=7"])
    on(data, "app", "set", "erp_1", "--policy", "rate.put=none").expect(
        2, err="rate.put")
    on(data, "app", "disable", "erp_1").expect(0, "disabled")
    on(data, "app", "enable", "erp_1").expect(0, "enabled")
    on(data, "app", "disable", "nobody").expect(1, err="there is no app")
    turned = on(data, "app", "rotate", "erp_1", "top", "--json").expect(0).json()
    check(turned["top"]["appKey"] == made["top"]["appKey"], "app_key changed")
    check(turned["top"]["appSecret"] != made["top"]["appSecret"], "same secret")
    check(turned["intents"] == made["intents"], "rotate turned too much")
    turned = on(data, "app", "rotate", "erp_1", "--json").expect(0).json()
    for dialect in shape:
        check(turned[dialect] != made[dialect], f"{dialect} was not turned")
    on(data, "app", "rotate", "erp_1", "tip").expect(2, err="no dialect")
    own_secrets(data, turned)


def own_secrets(data, made):
    """A client of the platform keeps the secret it has."""
    file = os.path.join(os.path.dirname(data), "secret.txt")

    def give(dialect, secret):
        with open(file, "wb") as f:
            f.write(secret)
        words = (dialect,) if dialect else ()
        return on(data, "app", "rotate", "erp_1", *words, "--secret-file", file, "--json")

    for dialect, secret, key in (("intents", b"your_app_secret\n", "appSecret"),
                                 ("wangdian", b"a_secret:its_salt\r\n", "appSecret"),
                                 ("franchiser", b"x" * 256, "secret"),
                                 ("top", b"12345678", "appSecret")):
        turned = give(dialect, secret).expect(0).json()
        check(turned[dialect][key] == secret.decode().strip(), f"{dialect} has another secret")
    check(turned["intents"]["appId"] == made["intents"]["appId"], "the key changed")
    check(turned["intents"]["appSecret"] == "your_app_secret", "one too many was turned")
    for secret in (b"", b"short_1", b"x" * 257, b"two\nlines_of_it", b"with a blank", b"nul\0in it.",
                   "密钥密钥".encode(), b"two_breaks\n\n"):
        refused = give("intents", secret).expect(2, err="visible characters")
        check(len(secret) < 5 or secret.decode() not in refused.err, "the secret was told")
    give("wangdian", b"without_salt").expect(2, err="SECRET:SALT")
    give("wangdian", b"two:salts:in_it").expect(2, err="SECRET:SALT")
    give(None, b"your_app_secret").expect(2, err="one dialect")
    os.unlink(file)
    on(data, "app", "rotate", "erp_1", "top", "--secret-file", file).expect(1, err="secret.txt")
    shown = on(data, "app", "show", "erp_1", "--secrets", "--json").json()
    check(shown == turned, "a refused secret changed something")


def app_life_offline():
    app_life(fresh())


def app_life_online():
    data = fresh()
    server = Server(procured, data)
    app_life(data)
    check(server.stop() == 0, "exit code")


# --- with a server ------------------------------------------------------------------

def changed_apps_count_at_once():
    data = fresh()
    server = Server(procured, data, "--demo")
    status = lambda app: Client(server.port, *app).call(  # noqa: E731
        "GET", "/api/v1/intents/intent_67890")[0]
    check(status(LOCAL) == 200, "the demo's app")
    on(data, "app", "disable", LOCAL[0]).expect(0)
    check(status(LOCAL) != 200, "a disabled app is served")
    on(data, "app", "enable", LOCAL[0]).expect(0)
    check(status(LOCAL) == 200, "an enabled app is refused")
    made = on(data, "app", "rotate", LOCAL[0], "intents", "--json").json()
    check(status(LOCAL) == 401, "an old secret is good")
    check(status((LOCAL[0], made["intents"]["appSecret"])) == 200,
          "the new secret is refused")
    made = on(data, "app", "create", "--name", "n", "--json").json()["intents"]
    check(status((made["appId"], made["appSecret"])) == 403,
          "a new app is not known, or sees another's order")
    server.stop()


def orders_are_shown(data):
    for name in ("intent_67890", "67890", "CG2204130001", "3045861756863154425",
                 "DD67890"):
        order = on(data, "order", "show", name, "--json").expect(0).json()
        check(order["id"] == 67890, f"{name} leads to {order['id']}")
    check(order["app"] == LOCAL[0] and order["status"] == "SUBMITTED" and
          order["createdAt"] == "2026-02-25T10:30:00.000Z" and
          order["lines"][0]["price"] == 8999 and
          order["recipient.name"] == "张三", f"{order}")
    order = on(data, "order", "show", "DD202409260001", "--json").json()
    check((order["warehouse"], order["transport.way"],
           order["logistics.company"]) == (5, 2, 10), f"{order}")
    check((order["lines"][0]["product"], order["lines"][0]["quantity"]) ==
          ("ERP_1113005", 3), f"{order}")
    order = on(data, "order", "show", "DD202409240007", "--json").json()
    check((order["warehouse"], order["transport.way"],
           order["logistics.company"]) == (22, 5, 0), f"{order}")
    check((order["lines"][0]["product"], order["lines"][0]["quantity"]) ==
          ("ERP_1113004", 10), f"{order}")
    listed = on(data, "order", "list", "--json").expect(0).json()
    check({o["id"]: o["status"] for o in listed} == STATUSES, "the list")
    page = on(data, "order", "list", "--limit", "2", "--after", "67891",
              "--json").expect(0, err="--after 67893").json()
    check([o["id"] for o in page] == [67892, 67893], "a page")
    theirs = on(data, "order", "list", "--app", OTHER[0], "--json").json()
    check([o["id"] for o in theirs] == [99999], "the other app's list")
    on(data, "order", "list").expect(0, "Apple iPhone 15 Pro 256GB")
    on(data, "order", "show", "intent_67890").expect(0, ["CG2204130001", "张三"])
    on(data, "order", "show", "intent_1").expect(1, err="there is no order")
    on(data, "order", "list", "--app", "dev_app_loca").expect(
        1, err=f"did you mean \"{LOCAL[0]}\"?")
    history = on(data, "order", "history", "67893", "--json").expect(0).json()
    check([a["method"] for a in history] == ["create", "execute", "complete"],
          f"{history}")
    check(history[0]["previousHash"] == "0" * 64 and
          history[1]["previousHash"] == history[0]["hash"], "the chain")
    on(data, "order", "history", "67893", "--limit", "1").expect(
        0, err="--after 1")
    on(data, "check").expect(0, "9 orders, 15 amendments: all is well")
    on(data, "migrate").expect(0)


def orders_online_and_offline():
    data = fresh()
    server = Server(procured, data, "--demo")
    orders_are_shown(data)
    server.stop()
    orders_are_shown(data)


GOODS = """type,id,code,title,price,warehouse,on_hand,enabled
warehouse,7
product,,A-1,"Ball, white",12.5
stock,,A-1,,,7,30
product,,A-2,Net,3,,,false
"""


def catalog_goods():
    """Products and stock: all lines of a file or none, never below what orders hold."""
    data = fresh()
    server = Server(procured, data, "--demo")
    mine = ("--app", LOCAL[0])
    path = os.path.join(base, "goods.csv")

    def write(text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def shown():
        return on(data, "catalog", "show", *mine, "--json").expect(0).json()

    def stock():
        return {(s["warehouse"], s["code"]): (s["onHand"], s["reserved"])
                for s in shown()["stock"]}

    before = shown()
    check(len(before["carriers"]) == 7, f"{before['carriers']}")
    check(stock() == {(5, "ERP_1113005"): (10, 3), (22, "ERP_1113005"): (10, 0),
                      (5, "ERP_1113004"): (100, 0), (22, "ERP_1113004"): (100, 10)}, stock())
    for bad, said in ((GOODS + "stock,,A-3,,,7,1\n", "line 6: code: there is no product"),
                      (GOODS + "stock,,A-1,,,8,1\n", "line 6: warehouse: there is none"),
                      (GOODS + "stock,,ERP_1113005,,,5,2\n", "line 6: orders hold 3"),
                      (GOODS + "product,,A-4,x,1.23456\n", "line 6: a product needs a price")):
        write(bad)
        on(data, "catalog", "import", path, *mine).expect(2, err=said)
        check(shown() == before, "half imported")
    write(GOODS)
    on(data, "catalog", "import", path, *mine).expect(0, "4 entries")
    check(stock()[7, "A-1"] == (30, 0), stock())
    check({p["code"]: (p["price"], p["enabled"]) for p in shown()["products"]}["A-2"] ==
          (3, False), shown()["products"])
    on(data, "catalog", "show", *mine).expect(0, ["A-1", "30 on hand, 0 reserved", "货拉拉"])
    for words, said in ((("5", "ERP_1113005", "-8"), "orders hold 3"),
                        (("5", "ERP_1113005", "7"), "the amount is"),
                        (("5", "nope", "+1"), "there is no product"),
                        (("9", "A-1", "+1"), "there is none with the id 9"),
                        (("x", "A-1", "+1"), "a warehouse's id")):
        on(data, "catalog", "adjust", *words, *mine).expect(2, err=said)
    on(data, "catalog", "adjust", "5", "ERP_1113005", "-7", *mine).expect(0, "3 of ERP_1113005")
    on(data, "catalog", "adjust", "7", "A-1", "+5", *mine).expect(0, "has 35 of A-1")
    server.stop()
    on(data, "catalog", "adjust", "7", "A-1", "=0", *mine).expect(0, "has 0 of A-1")
    check(stock()[5, "ERP_1113005"] == (3, 3), stock())
    on(data, "check").expect(0)


def demo_keeps_what_was_changed():
    data = fresh()
    server = Server(procured, data, "--demo")
    client = Client(server.port, *LOCAL)
    check(client.call("PUT", "/api/v1/intents/intent_67890",
                      {"quantity": 2})[0] == 200, "the change")
    check(client.call("DELETE", "/api/v1/intents/intent_67891")[0] == 200,
          "deleting the draft")
    status, _, answer = client.call("GET", "/api/v1/intents/intent_99999")
    check(status == 403 and answer["code"] == 40301, f"{status} {answer}")
    on(data, "app", "rotate", OTHER[0], "--json").expect(0)
    server.stop()
    server = Server(procured, data, "--demo")
    client = Client(server.port, *LOCAL)
    _, _, answer = client.call("GET", "/api/v1/intents/intent_67890")
    check(answer["data"]["quantity"] == 2, "a restart undid a change")
    check(client.call("GET", "/api/v1/intents/intent_67891")[0] == 404,
          "a deleted order came back")
    check(Client(server.port, *OTHER).call(
        "GET", "/api/v1/intents/intent_99999")[0] == 401,
        "a restart undid a rotation")
    server.stop()
    on(data, "check").expect(0, "all is well")
    server = Server(procured, data, "--demo=reset")
    _, _, answer = Client(server.port, *LOCAL).call(
        "GET", "/api/v1/intents/intent_67890")
    check(answer["data"]["quantity"] == 1, "reset kept a change")
    check(server.stop() == 0, "exit code")
    check(os.path.exists(os.path.join(data, "procured.db.before-reset")),
          "the store before the reset is gone")
    orders_are_shown(data)


def demo_is_for_loopback_and_its_own_store():
    data = fresh()
    for flags in (["--listen", "0.0.0.0:0"],
                  ["--listen", "127.0.0.1:0", "--admin", "[::]:0"]):
        on(data, "serve", "--demo", *flags).expect(2, err="loopback only")
    check(not os.path.exists(data), "a refused demo left something behind")
    on(data, "app", "create", "--name", "real", "--id", "real").expect(0)
    on(data, "serve", "--demo=reset").expect(1, err="was not made by --demo")
    on(data, "app", "show", "real").expect(0)


def hints_work_as_pasted():
    server = Server(procured, fresh(), "--demo")
    wait_for(lambda: any(line.startswith("admin") for line in server.lines),
             "the hints do not end")
    text = "\n".join(server.lines)
    blocks = re.findall(r"(?ms)^# .*?\((\w+)\)\n(U=.*?)(?:\n\n|\Z)", text)
    check({name for name, _ in blocks} >= {"intents", "wangdian", "top"},
          f"{len(blocks)} snippets in:\n{text}")
    good = {"intents": '"quantity":2,', "wangdian": '{"status":0}',
            "franchiser": '"statusCode":0,', "top": '"call_success":true'}
    for shell in ("bash", "sh", "dash"):
        for name, block in blocks:
            done = subprocess.run([shell, "-c", block], capture_output=True,
                                  text=True, timeout=30)
            check(good[name] in done.stdout,
                  f"{name} in {shell}: {done.stdout}{done.stderr}")
    server.stop()


def sign_gives_what_the_server_takes():
    run("sign", "intents", "PUT", "/api/v1/intents/intent_67890",
        '{"quantity":2}', "--secret", LOCAL[1], "--app", LOCAL[0],
        "--at", "1708851000000").expect(0, [
            'PUT/api/v1/intents/intent_678901708851000000{"quantity":2}',
            "5aed83fbf7997cb87ded9e195c605be44478dee1ff9ffcf627bc909861bcff68"])
    data = fresh()
    on(data, "app", "create", "--name", "x", "--id", "first").expect(0)
    on(data, "sign", "intents", "GET", "/api/v1/intents").expect(0, "first")
    shutil.rmtree(data)
    server = Server(procured, data, "--demo")
    body = '{"remarks":"it\'s \\"here\\" $HOME"}'
    line = on(data, "sign", "intents", "PUT", "/api/v1/intents/intent_67890",
              body, "--app", LOCAL[0], "--curl").expect(0, "curl").out
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True,
                          timeout=30)
    check(json.loads(done.stdout)["data"]["remarks"] == 'it\'s "here" $HOME',
          done.stdout + done.stderr)
    on(data, "sign", "intents", "GET", "/", "--app", "x").expect(
        1, err="there is no app")
    server.stop()


# --- the whole store ---------------------------------------------------------------

def backup_and_restore():
    data, other = fresh(), fresh()
    where = os.path.dirname(data)
    copy = os.path.join(where, "copy.db")
    server = Server(procured, data, "--demo")
    client = Client(server.port, *LOCAL)
    on(data, "backup", "copy.db", cwd=where).expect(0, [copy, "procured.key"])
    check(stat.S_IMODE(os.stat(copy).st_mode) == 0o600, "a backup is open")
    on(data, "backup", copy).expect(1, err="is there already")
    on(data, "backup", "/nowhere/copy").expect(1, err="/nowhere/copy")
    client.call("PUT", "/api/v1/intents/intent_67890", {"quantity": 5})
    on(data, "restore", copy).expect(1, err="stop it first")
    server.stop()
    on(data, "restore", copy + "x").expect(1, err=["cannot copy", "nothing was"])
    with open(copy, "rb") as f:
        whole = f.read()
    with open(copy + ".bad", "wb") as f:
        f.write(whole[:len(whole) // 2])
    on(data, "restore", copy + ".bad").expect(1, err="nothing was changed")
    order = on(data, "order", "show", "67890", "--json").json()
    check(order["lines"][0]["quantity"] == 5, "a refused restore did something")
    on(data, "restore", "copy.db", cwd=where).expect(0, "before-restore-")
    order = on(data, "order", "show", "67890", "--json").json()
    check(order["lines"][0]["quantity"] == 1, "not the backup's order")
    on(data, "check").expect(0, "all is well")
    names = os.listdir(data)
    check(any(".before-restore-" in n for n in names), f"{names}")
    check(not any(".restoring" in n for n in names), f"{names}")
    on(other, "app", "create", "--name", "x").expect(0)
    on(other, "restore", copy).expect(1, err="--key")
    on(data, "backup", os.path.join(where, "second.db")).expect(0)


def copy_into_another_store():
    data = fresh()
    where = os.path.dirname(data)
    first, second = (f"sqlite:{where}/{n}.db" for n in ("first", "second"))
    server = Server(procured, data, "--demo")
    Client(server.port, *LOCAL).call("PUT", "/api/v1/intents/intent_67890", {"quantity": 5})
    on(data, "copy", "--to", first).expect(1, err="another procured")
    check(server.stop() == 0, "exit code")
    on(data, "copy").expect(2, err="--to")
    on(data, "copy", "--to", first, "--from", first).expect(2, err="into itself")
    on(data, "copy", "--to", first, "--from", second).expect(1, err="there is no store")
    on(data, "copy", "--to", first).expect(0, ["orders", "all is well", "The copy is whole"])
    on(data, "copy", "--to", first).expect(1, err="in the target already")
    on(data, "copy", "--from", first, "--to", second, env={"LANG": "zh_CN.UTF-8"}).expect(
        0, "复制完成且无误")
    for store in (first, second):
        order = on(data, "order", "show", "67890", "--json", "--store", store).json()
        check(order["lines"][0]["quantity"] == 5, "not the same order")
        check(on(data, "app", "list", "--json", "--store", store).out ==
              on(data, "app", "list", "--json").out, "other apps")
    other = fresh()
    on(other, "app", "create", "--name", "x").expect(0)
    on(other, "copy", "--from", first, "--to", f"sqlite:{where}/x.db").expect(1, err="--key")


def keys_are_looked_after():
    data, other = fresh(), fresh()
    key = os.path.join(data, "procured.key")
    for d in (data, other):
        on(d, "app", "create", "--name", "x").expect(0)
    on(data, "app", "list", "--key",
       os.path.join(other, "procured.key")).expect(1, err="--key")
    on(data, "serve", "--key",
       os.path.join(other, "procured.key")).expect(1, err="--key")
    os.chmod(key, 0o644)
    on(data, "serve").expect(1, err=f"chmod 600 {key}")
    on(data, "doctor").expect(1, f"chmod 600 {key}")
    os.chmod(key, 0o600)
    with open(key, encoding="ascii") as f:
        text = f.read()
    with open(key, "w", encoding="ascii") as f:
        f.write(text[:40])
    on(data, "app", "list").expect(1, err="64 hex digits")
    os.unlink(key)
    on(data, "serve").expect(1, err=f"there is no key file {key}")
    check(not os.path.exists(key), "a key was made for a store that has one")
    with open(key, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(key, 0o600)
    on(data, "app", "list").expect(0)
    os.chmod(data, 0o755)
    on(data, "app", "list").expect(1, err=f"chmod 700 {data}")


def doctor_looks_around():
    data = fresh()
    ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    on(data, "doctor", *ports).expect(0, "note")
    check(not os.path.exists(data), "the doctor made something")
    on(data, "app", "create", "--name", "x").expect(0)
    on(data, "doctor", *ports).expect(0, ["ok       data directory",
                                          "ok       key", "ok       store"])
    server = Server(procured, data)
    address = server.url.removeprefix("http://")
    on(data, "doctor", "--listen", address, "--admin", "none").expect(
        0, ["served by procured", "is in use, as it should be"])
    on(fresh(), "doctor", "--listen", address, "--admin", "none").expect(
        1, ["problem", "choose another one with --listen"])
    server.stop()


# --- the process --------------------------------------------------------------------

def taken_ports_name_their_flag():
    server = Server(procured, fresh(), "--demo")
    address = server.url.removeprefix("http://")
    on(fresh(), "serve", "--listen", address).expect(1, err="--listen")
    on(fresh(), "serve", "--listen", "127.0.0.1:0", "--admin", address).expect(
        1, err="--admin")
    on(server.data, "serve", "--listen", "127.0.0.1:0").expect(
        1, err=["holds the data directory", str(server.process.pid), "--data"])
    server.stop()


def one_store_has_one_writer():
    server = Server(procured, fresh(), "--demo")
    db, key = (os.path.join(server.data, f"procured.{n}") for n in ("db", "key"))
    there = ["--store", f"sqlite:{db}", "--key", key]
    told = [f"process {server.process.pid}", f"{db}.lock"]
    on(fresh(), "serve", "--listen", "127.0.0.1:0", *there).expect(1, err=told)
    other = fresh()
    on(other, "app", "create", "--name", "x", *there).expect(1, err=told)
    on(other, "migrate", *there).expect(1, err=told)
    on(other, "restore", db, *there).expect(1, err=told)
    on(other, "doctor", *there).expect(1, out=told)
    server.stop()
    on(other, "app", "create", "--name", "x", *there).expect(0)


def starting_is_fast():
    data = fresh()
    Server(procured, data, "--demo").stop()
    best = 9
    for _ in range(5):
        server = Server(procured, data, "--demo")
        best = min(best, server.ready_seconds)
        server.stop()
    check(best < 0.1 or os.environ.get("PROCURED_TEST_SLOW"),
          f"the best of five starts took {best:.3f} s")


def stopping_answers_and_tidies_up():
    for sent in (signal.SIGTERM, signal.SIGINT):
        data = fresh()
        server = Server(procured, data, "--demo")
        check(Client(server.port, *LOCAL).call(
            "PUT", "/api/v1/intents/intent_67890", {"quantity": 3})[0] == 200,
            "the change")
        server.process.send_signal(sent)
        check(server.process.wait(timeout=30) == 0, f"exit code after {sent}")
        check(not os.path.exists(os.path.join(data, "procured.sock")),
              "the socket is still there")
        order = on(data, "order", "show", "67890", "--json").expect(0).json()
        check(order["lines"][0]["quantity"] == 3, "the change is gone")


def killing_leaves_a_usable_directory():
    data = fresh()
    server = Server(procured, data, "--demo")
    server.kill()
    check(os.path.exists(os.path.join(data, "procured.sock")), "no socket left")
    on(data, "app", "create", "--name", "x", "--id", "after").expect(0)
    server = Server(procured, data, "--demo")
    on(data, "app", "show", "after").expect(0)
    server.stop()


def reload_takes_good_settings_only():
    data = fresh()
    conf = os.path.join(os.path.dirname(data), "p.conf")

    def write(text):
        with open(conf, "w", encoding="utf-8") as f:
            f.write(text)

    def reloaded(server, text):
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: text in log_of(server), f"no \"{text}\" in the log:\n"
                 + log_of(server))

    write("log_level = info\n")
    server = Server(procured, data, "--demo", "--config", conf)
    client = Client(server.port, *LOCAL)
    write("log_level = warn\nnode = 9\n")
    reloaded(server, "node is another one now")
    before = log_of(server).count('"event":"request"')
    client.call("GET", "/api/v1/intents/intent_67890")
    write("log_level = info\nlog_level = info\n")
    reloaded(server, f"{conf}:2")
    check(log_of(server).count('"event":"request"') == before,
          "the level of the log was not taken up, or not kept")
    write("log_level = info\n")
    reloaded(server, "the settings were read again")
    check(client.call("GET", "/api/v1/intents/intent_67890")[0] == 200,
          "it does not answer after reloading")
    wait_for(lambda: log_of(server).count('"event":"request"') > before,
             "the level of the log was not taken up")
    check(server.stop() == 0, "exit code")


def subcommands_wait_for_each_other():
    data = fresh()
    on(data, "app", "create", "--name", "x").expect(0)
    many = [subprocess.Popen([procured, "app", "create", "--name", str(i),
                              "--data", data], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
            for i in range(12)]
    for p in many:
        _, err = p.communicate(timeout=60)
        check(p.returncode == 0, f"one of many failed: {err}")
    check(len(on(data, "app", "list", "--json").json()) == 13, "apps are missing")


CASES = [
    help_is_everywhere, version_is_told, help_is_chinese_where_asked, wrong_words_are_told,
    settings_are_shown_and_checked, first_steps_without_anything,
    made_files_are_private, app_life_offline, app_life_online,
    changed_apps_count_at_once, orders_online_and_offline,
    demo_keeps_what_was_changed, demo_is_for_loopback_and_its_own_store,
    hints_work_as_pasted, sign_gives_what_the_server_takes, backup_and_restore,
    copy_into_another_store, keys_are_looked_after, doctor_looks_around, taken_ports_name_their_flag,
    one_store_has_one_writer,
    starting_is_fast, stopping_answers_and_tidies_up,
    killing_leaves_a_usable_directory, reload_takes_good_settings_only,
    subcommands_wait_for_each_other, catalog_goods,
]


def main():
    global procured, base
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--only", help="a part of the cases' names")
    options = parser.parse_args()
    procured = os.path.abspath(options.procured)
    base = tempfile.mkdtemp(prefix="procured-cli-")
    cases = Cases()
    for case in CASES:
        if not options.only or options.only in case.__name__:
            cases.run(case.__name__, case)
    shutil.rmtree(base, ignore_errors=True)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
