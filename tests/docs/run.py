#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The document of the calls before outside validators, and /docs/ in a browser.

    tests/docs/run.py [--procured build/procured] [--shots FOLDER]

Installs what the two Node.js programs beside it need, runs each, and adds their
totals up in the last line.
"""
import argparse
import hashlib
import hmac
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
from harness import Cases, Server, check, run  # noqa: E402
from signers import Intents  # noqa: E402

TOTALS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def install():
    """True; the lock file says what, so what is there and newer is enough."""
    if shutil.which("npm") is None:
        subprocess.run([TOP / "tools/deps", "node"], check=True)
    mark = HERE / "node_modules/.package-lock.json"
    if mark.exists() and mark.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime:
        return
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
                   cwd=HERE, check=True)


def node(cases, *words):
    """Runs a program of this folder and counts what it counted."""
    done = subprocess.run(["node", *map(str, words)], cwd=HERE, stdout=subprocess.PIPE,
                          text=True, timeout=300)
    print(TOTALS.sub("", done.stdout).strip(), flush=True)
    totals = TOTALS.findall(done.stdout)
    if not totals or (done.returncode != 0) != (totals[-1][1] != "0"):
        print(f"FAILED {words[0]} ended with {done.returncode}")
        cases.failed += 1
        return
    cases.passed += int(totals[-1][0])
    cases.failed += int(totals[-1][1])


def ask(admin, method, path, headers, timeout=10):
    """(status, headers) of a request as no browser would send it."""
    connection = http.client.HTTPConnection(admin.removeprefix("http://"), timeout=timeout)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers


def only_the_page_may_try(admin):
    own = {"X-Procured-Docs": "1"}
    rows = (
        (own, 200), ({}, 403),
        ({**own, "Origin": admin}, 200), ({**own, "Origin": "http://evil.example"}, 403),
        ({**own, "Origin": "null"}, 403), ({**own, "Sec-Fetch-Site": "same-origin"}, 200),
        ({**own, "Sec-Fetch-Site": "cross-site"}, 403), ({**own, "Sec-Fetch-Site": "same-site"}, 403),
        ({**own, "Host": "evil.example"}, 421), ({**own, "Host": "evil.example:80",
                                                  "Origin": "http://evil.example:80"}, 421),
    )
    for headers, wanted in rows:
        status, got = ask(admin, "GET", "/docs/try/health", headers)
        check(status == wanted, f"{headers} was answered {status} instead of {wanted}")
        check("Access-Control-Allow-Origin" not in got, f"{headers} was given leave")
    for method in ("OPTIONS", "POST", "PUT", "DELETE"):
        status, got = ask(admin, method, "/docs/try/api/v1/intents", {})
        check(status == 403 and not [h for h in got if h.lower().startswith("access-control")],
              f"{method} was answered {status}")
    check(ask(admin, "GET", "/docs/try/metrics", own)[0] == 404, "try reaches more than the API")
    status, _ = ask(admin, "GET", "/docs/try/api/v1/intents", own)
    check(status == 401, f"without a signature it was answered {status}")


def pages_load_nothing_else(admin):
    for path in ("/docs/", "/docs/page.js", "/docs/page.css"):
        status, headers = ask(admin, "GET", path, {})
        check(status == 200, f"{path}: {status}")
        rules = headers["Content-Security-Policy"]
        check("default-src 'none'" in rules and "unsafe" not in rules and "http" not in rules, rules)
        check(headers["X-Content-Type-Options"] == "nosniff", path)
    check(ask(admin, "GET", "/docs/nothing", {})[0] == 404, "what is not there")
    status, headers = ask(admin, "GET", "/docs", {})
    check(status == 301 and headers["Location"] == "/docs/", "/docs is no redirect")
    check(ask(admin, "POST", "/docs/", {})[0] == 405, "POST /docs/")


def the_document_is_served(procured, data, server):
    connection = http.client.HTTPConnection(server.admin.removeprefix("http://"), timeout=10)
    connection.request("GET", "/openapi.json")
    served = connection.getresponse().read().decode()
    connection.close()
    printed = run(procured, data, "openapi", "--listen", server.url.removeprefix("http://"))
    check(served == printed, "/openapi.json is not what `procured openapi` prints")
    return served


def a_waiting_try_is_drained(server):
    """A long poll that was handed on waits, suspended, on the admin listener."""
    client = Intents(server.port)
    seq, more = 0, True
    while more:
        page = client.call("GET", f"/api/v1/changes?limit=1000&after={seq}").body["data"]
        seq, more = page["next"], page["items"]
    at, stamp = f"/api/v1/changes?after={seq}&wait=30", str(client.clock.now_ms())
    sign = hmac.new(client.secret.encode(), f"GET{at}{stamp}".encode(), hashlib.sha256).hexdigest()
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(ask(
        server.admin, "GET", "/docs/try" + at,
        {"X-Procured-Docs": "1", "X-App-Id": client.app, "X-Timestamp": stamp,
         "X-Signature": sign}, 40)))
    waiter.start()
    while server.metrics().get("procured_waiting", 0) < 1:
        check(waiter.is_alive(), f"it did not wait: {answers}")
        time.sleep(0.02)
    check(server.stop() == 0, "the server did not drain")
    waiter.join(10)
    check(answers and answers[0][0] == 200, f"who waited got {answers}")


def no_secret_of_others_is_told(procured, data, admin):
    """The page of a demo knows the published keys only, whatever the store has."""
    run(procured, data, "app", "rotate", "dev_app_local", "top")
    shown = run(procured, data, "app", "show", "dev_app_local", "--secrets", "--json")
    connection = http.client.HTTPConnection(admin.removeprefix("http://"), timeout=10)
    connection.request("GET", "/docs/config.json")
    told = connection.getresponse().read().decode()
    connection.close()
    check("dev_top_secret" in told, told)
    check("dev_top_secret" not in shown, "the secret was not rotated")
    fresh = re.search(r'"appKey":"10000001","appSecret":"([^"]+)"', shown.replace(" ", ""))
    check(fresh and fresh.group(1) not in told, "the page knows a secret that is not published")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--shots", help="put pictures of the pages into this folder")
    arguments = parser.parse_args()
    procured = os.path.abspath(arguments.procured)
    folder = tempfile.mkdtemp(prefix="procured-docs-")
    cases = Cases()
    cases.run("what the tests need is installed", install)
    data = os.path.join(folder, "demo", "data")
    os.makedirs(os.path.dirname(data))
    os.makedirs(os.path.join(folder, "plain"))
    demo = Server(procured, data, "--demo")
    plain = Server(procured, os.path.join(folder, "plain", "data"))
    try:
        document = os.path.join(folder, "openapi.json")
        with open(document, "w", encoding="utf-8") as out:
            out.write(run(procured, data, "openapi"))
        node(cases, "validate.mjs", document)
        cases.run("the document is served as it is printed", the_document_is_served, procured, data, demo)
        cases.run("pages load nothing that is not ours", pages_load_nothing_else, demo.admin)
        cases.run("only the page may try", only_the_page_may_try, demo.admin)
        node(cases, "browser.mjs", "--admin", demo.admin, "--plain", plain.admin,
             *(["--shots", os.path.abspath(arguments.shots)] if arguments.shots else []))
        cases.run("no secret but the published is told", no_secret_of_others_is_told, procured, data,
                  demo.admin)
        cases.run("a waiting try is drained", a_waiting_try_is_drained, demo)
    finally:
        for server in (demo, plain):
            code = server.stop() if server.process.poll() is None else server.process.returncode
            cases.run("the server ends well", check, code == 0, f"it ended with {code}")
    shutil.rmtree(folder)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
