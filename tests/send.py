#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives `procured send` and `procured sign` against servers, a demo and a real
one: the known change of every dialect, whose credentials, what is shown and what
never is, what the exit code tells, and what is said when it goes wrong.

    tests/send.py --procured build/procured
"""
import argparse
import json
import os
import pty
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cli  # noqa: E402
from cli import LOCAL, fresh, on, run  # noqa: E402
from harness import Cases, Server, check  # noqa: E402

UPDATE = "purchase.PurchaseOrder.updatePurchaseInfo"
REPORT = "taobao.itemmarket.order.info.update"
VENDOR = "3047544471326439704"
SECRETS = ("dev_secret_local_do_not_use_in_production", "dev_wdt_secret",
           "dev_em_secret", "dev_top_secret")
CALLS = {
    "intents": (["PUT", "/intents/intent_67890", '{"quantity":2}'], '"quantity":2,'),
    "wangdian": ([UPDATE, "purchase_no=CG2204130001", "flag_name=aa"], '{"status":0}'),
    "franchiser": (["modify", "tradeno=DD202409260001", "traderemark=红 色"], '"statusCode":0'),
    "top": ([REPORT, "purchase_order_id=67892", f"vendor_order_id={VENDOR}",
             "event=VENDOR_PAID"], '"call_success":true'),
}

demo = None


def send(*words, **options):
    return on(demo.data, "send", *words, **options)


def fed(text, *words):
    """The same with something on stdin: (exit code, stdout, stderr)."""
    done = subprocess.run([cli.procured, *words], input=text, capture_output=True,
                          text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def known_changes():
    for dialect, (words, said) in CALLS.items():
        send(dialect, *words).expect(0, said)
    shown = on(demo.data, "order", "show", "67890", "--json").json()
    check(shown["lines"][0]["quantity"] == 2 and shown["flag"] == 1, f"{shown}")
    shown = on(demo.data, "order", "show", "DD202409260001", "--json").json()
    check(shown["remarks"] == "红 色", f"{shown}")
    shown = on(demo.data, "order", "show", "67892", "--json").json()
    check(str(shown["vendor.order"]) == VENDOR, f"{shown}")


def bodies_of_every_kind():
    where = tempfile.mkdtemp(dir=cli.base)
    path = os.path.join(where, "order.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write('{"tradeno": "DD202409260001", "remark": "文件"}\n')
    send("franchiser", "modify", "@" + path).expect(0, '"statusCode":0')
    send("franchiser", "modify", "@order.json", cwd=where).expect(0, '"statusCode":0')
    send("franchiser", "trade/modify", '{"tradeno":"DD202409260001","remark":"x"}').expect(0)
    send("franchiser", "POST", "/franchiser/api/warehouse/list", "{}").expect(0, "上海仓")
    send("franchiser", "list").expect(0, "上海仓")
    code, out, err = fed('{"quantity":3}\n', "send", "intents", "PUT", "/intents/intent_67890",
                         "@-", "--data", demo.data)
    check(code == 0 and '"quantity":3,' in out, out + err)
    send("intents", "PUT", "/api/v1/intents/intent_67890", "quantity:=4",
         "recipientName=李 四").expect(0, ['"quantity":4,', "李 四"])
    send("intents", "GET", "/intents", "status=SUBMITTED", "pageSize=1").expect(
        0, '"pageSize":1')
    send("intents", "GET", "/intents?pageSize=2", "userId=user_001").expect(0, '"pageSize":2')
    send("intents", "POST", "/intents/intent_67891/submit").expect(0, '"SUBMITTED"')
    send("intents", "GET", "/health").expect(0, "healthy")
    send("wangdian", "updatePurchaseInfo",
         '[{"purchase_no":"CG2204130001","flag_name":"无"}]').expect(0, '{"status":0}')
    send("wangdian", "queryWithDetail", "?page_size=10&page_no=0",
         "purchase_no=CG2204130001").expect(0, '"total_count":1')
    send("wangdian", "POST", "/openapi?method=system.Core.now&v=1.0").expect(0, '"status":0')
    send("wangdian", "system.Core.now").expect(0, '"status":0')
    send("top", REPORT, json.dumps({
        "purchase_order_id": 67892, "vendor_order_id": VENDOR, "event": "VENDOR_PAID",
        "sku_info": {"sku_list": [{"id": 109, "quantity": 5}]}})).expect(0, ":true")
    send("top", "taobao.time.get", "format=xml").expect(0, "<time>")
    send("top", "taobao.time.get", "simplify=true").expect(0, '{"time":')
    send("top", "GET", "/router/rest?method=taobao.time.get&format=json").expect(0, '"time"')
    send("top", "POST", "/router/rest", "method=taobao.time.get&format=json").expect(0, '"time"')


def refusals_have_their_code():
    for dialect, words, said in (
            ("intents", ["PUT", "/intents/intent_1", '{"quantity":2}'], "40401"),
            ("wangdian", [UPDATE, "purchase_no=no", "flag_name=aa"], '"status":100'),
            ("franchiser", ["modify", "tradeno=DD1"], '"statusCode":1004'),
            ("top", [REPORT, "purchase_order_id=1", "vendor_order_id=1", "event=VENDOR_PAID"],
             '"call_success":false'),
            ("top", [REPORT, "purchase_order_id=1", "vendor_order_id=1", "event=VENDOR_PAID",
                     "format=xml"], "<call_success>false"),
            ("top", [REPORT, "purchase_order_id=1", "vendor_order_id=1", "event=VENDOR_PAID",
                     "simplify=true"], '{"call_success":false'),
            ("top", ["taobao.no.such"], '"code":22'),
            ("top", ["taobao.no.such", "format=xml"], "<error_response>"),
            ("top", ["taobao.itemmarket.order.info.query", "purchase_order_id=1"],
             '"call_success":false')):
        send(dialect, *words).expect(3, said, "the server refused it (HTTP ")


def credentials_from_everywhere():
    url = ["--url", demo.url + "/"]
    nowhere = fresh()
    # As each dialect's documents write a base URL.
    for base, words in (("/api/v1", ("intents", "GET", "/intents/intent_67890")),
                        ("/openapi", ("wangdian", UPDATE, "purchase_no=CG2204130001", "flag_name=aa")),
                        ("/franchiser/api/", ("franchiser", "warehouse/list")),
                        ("/router/rest", ("top", "taobao.time.get"))):
        on(nowhere, "send", *words, "--demo", "--url", demo.url + base).expect(0)
    for dialect, (words, said) in CALLS.items():
        on(nowhere, "send", dialect, *words, "--demo", *url).expect(0, said)
    run("send", "intents", "PUT", "/intents/intent_67890", '{"quantity":2}', "--app", LOCAL[0],
        "--secret", LOCAL[1], *url).expect(0, '"quantity":2,')
    run("send", "wangdian", "system.Core.now", "--app", "dev_wdt_key", "--sid", "wdtapi3",
        "--secret", "dev_wdt_secret:dev_wdt_salt", *url).expect(0)
    run("send", "top", "taobao.time.get", "--app", "10000001", "--secret", "dev_top_secret",
        "--session", "dev_top_session", *url).expect(0)
    send("intents", "GET", "/intents/intent_99999", "--app", "dev_app_other").expect(0)
    send("intents", "GET", "/intents/intent_99999", "--app", "10000002").expect(0)
    on(nowhere, "send", "intents", "GET", "/intents/intent_99999", "--demo", "--app",
       "dev_wdt_key_other", *url).expect(0)
    made = on(demo.data, "app", "create", "--name", "mine", "--id", "mine", "--policy",
              "franchiser.sign=hmac-sha256-kv-amp", "--json").expect(0)
    path = os.path.join(tempfile.mkdtemp(dir=cli.base), "mine.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(made.out)
    file = ["--credentials", path, *url]
    run("send", "intents", "GET", "/intents", *file).expect(0, '"items":[]')
    run("send", "wangdian", "system.Core.now", *file).expect(0)
    run("send", "top", "taobao.time.get", *file).expect(0)
    send("franchiser", "list", "--app", "mine").expect(0)
    run("send", "franchiser", "list", *file).expect(3, "签名验证失败")
    run("send", "franchiser", "list", *file, "--franchiser-sign",
        "hmac-sha256-kv-amp").expect(0)
    on(demo.data, "app", "secrets", "10000001").expect(
        0, ['"app":"dev_app_local"', '"listen":"' + demo.url[7:] + '"'])


def show_masks_the_secret():
    for dialect, (words, said) in CALLS.items():
        done = send(dialect, *words, "--show").expect(
            0, said, ["string to sign  ", "\n> ", "\n< HTTP/1.1 200 OK\n", "\n< {"])
        check("***" in done.err or dialect == "intents", done.err)
        for secret in SECRETS:
            check(secret not in done.err + done.out, f"{dialect} shows its secret")
    send("intents", "PUT", "/intents/intent_67890", f'{{"remarks":"{LOCAL[1]}"}}',
         "--show").expect(0, err='{"remarks":"***"}')


def headers_go_along():
    put = ["intents", "PUT", "/intents/intent_67890"]
    key = ["--idempotency-key", "k1"]
    send(*put, '{"quantity":5}', *key).expect(0)
    send(*put, '{"quantity":6}', *key).expect(3, "42201")
    send(*put, '{"quantity":5}', *key).expect(0, '"quantity":5,')
    send(*put, '{"quantity":7}', "--if-match", "1").expect(3, "40901")
    send(*put, '{"quantity":7}', "--if-match", '"1"').expect(3, "40901")
    send(*put, '{"quantity":7}', "-H", "If-Match: *").expect(0)
    send(*put, '{"quantity":7}', "-H", "X-Request-Id: mine-1", "--header=X-Two:2",
         "--show").expect(0, err=["> X-Request-Id: mine-1\n", "> X-Two: 2\n",
                                  "< X-Request-Id: mine-1\n"])


def spoiled(dialect):
    """Words of a call whose signature does not hold."""
    words, _ = CALLS[dialect]
    return {"intents": [*words, "-H", "X-Signature: " + "0" * 64],
            "wangdian": [words[0], "?sign=" + "0" * 32, *words[1:]],
            "franchiser": words,
            "top": [*words, "sign=" + "0" * 32]}[dialect]


FIELDS = {"intents": "stringToSign", "wangdian": "string_to_sign",
          "franchiser": "stringToSign", "top": "string_to_sign"}


def demo_tells_what_it_signed():
    url = ["--url", demo.url]
    for dialect in CALLS:
        secret = ["--demo"] if dialect != "franchiser" else [
            "--app", "dev_em_appid", "--secret", "wrong"]
        done = run("send", dialect, *spoiled(dialect), *secret, *url).expect(
            3, FIELDS[dialect])
        check("***" in done.out or dialect == "intents", done.out)
        for s in SECRETS:
            check(s not in done.out, f"{dialect} tells its secret: {done.out}")
    for words in (["intents", "GET", "/intents"], ["franchiser", "list"]):
        done = run("send", *words, "--app", "nobody", "--secret", "x", *url).expect(3)
        check("tring" not in done.out, f"an unknown app learns something: {done.out}")


def nobody_else_does():
    data = fresh()
    on(data, "app", "create", "--name", "real", "--id", "real").expect(0)
    server = Server(cli.procured, data)
    keys = on(data, "app", "show", "real", "--secrets", "--json").json()
    for dialect in CALLS:
        words = spoiled(dialect)
        if dialect == "franchiser":
            words = [*words, "--app", keys["franchiser"]["appid"], "--secret", "wrong",
                     "--url", server.url]
        done = on(data, "send", dialect, *words).expect(3)
        check("tring" not in done.out and "***" not in done.out, f"{dialect}: {done.out}")
    server.stop()


def sign_takes_the_same_words():
    for dialect, (words, said) in CALLS.items():
        done = on(demo.data, "sign", dialect, *words).expect(
            0, ["string to sign  ", "signature       ", "request         "])
        check(len(done.out.splitlines()) >= 5, done.out)
        line = on(demo.data, "sign", dialect, *words, "--curl").expect(0, "curl -sS -X ").out
        told = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30)
        check(said in told.stdout, line + told.stdout + told.stderr)
        check(demo.url in line, line)
    run("sign", "top", "taobao.time.get", "--demo", "--curl", "--url",
        "https://h:1").expect(0, "'https://h:1/router/rest'")
    request = send("intents", "PUT", "/intents/intent_67890", '{"quantity":2}', "--show").err
    request = request[request.index("> PUT"):request.index("< HTTP")]
    code, out, err = fed(request, "sign", "--explain", "--data", demo.data)
    check(code == 0 and "the signature holds" in out, out + err)
    request = request.replace("quantity", "quantitx")
    code, out, err = fed(request, "sign", "--explain", "--data", demo.data)
    check(code == 3 and "does not hold" in out and "server signs    PUT/api" in out, out + err)
    code, out, err = fed(request.replace(LOCAL[0], "nobody"), "sign", "--explain", "--data",
                         demo.data)
    check(code == 1 and "no app" in err, out + err)


def json_is_pretty_for_people():
    call = ["intents", "GET", "/intents/intent_67890"]
    raw = send(*call).expect(0).out
    check(raw.count("\n") == 1, raw)
    pretty = send(*call, "--pretty").expect(0, '\n    "quantity": ').out
    check(json.loads(pretty) == json.loads(raw), "pretty is another text")
    mine, theirs = pty.openpty()
    done = subprocess.run([cli.procured, "send", *call, "--data", demo.data], stdout=theirs,
                          stdin=subprocess.DEVNULL, timeout=60)
    os.close(theirs)
    seen = os.read(mine, 65536).decode()
    os.close(mine)
    check(done.returncode == 0 and '\n    "quantity": ' in seen, seen)


def silence_has_its_code():
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{free.getsockname()[1]}"
    run("send", "intents", "GET", "/intents", "--demo", "--url", url).expect(
        4, err=[f"cannot reach {url}", "procured serve", "--url"])
    free.listen()
    run("send", "intents", "GET", "/intents", "--demo", "--url", url, "--timeout", "1").expect(
        4, err=["gave no whole answer", "--idempotency-key"])
    held = []

    def hang_up():
        held.append(free.accept()[0])
        held[0].recv(65536)
        held[0].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        held[0].close()

    while True:  # what the one before left in the backlog
        free.settimeout(0.2)
        try:
            free.accept()[0].close()
        except socket.timeout:
            break
    free.settimeout(None)
    thread = threading.Thread(target=hang_up)
    thread.start()
    run("send", "intents", "GET", "/intents", "--demo", "--url", url).expect(
        4, err="gave no whole answer")
    thread.join()
    free.close()


def wrong_words_are_told():
    put = ["intents", "PUT", "/intents/intent_67890"]
    send("intent", "GET", "/x").expect(2, err=["there is no dialect \"intent\"", "intents"])
    send("intents", "PUT").expect(2, err=["no such call", "send intents PUT /intents/"])
    send("intents", "GET", "/intents", "{}").expect(2, err="no such call")
    send("intents").expect(2, err="something is missing")
    send("wangdian", "updatePurchase").expect(2, err=["no method updatePurchase", UPDATE])
    send("franchiser", "modfy", "a=b").expect(2, err=["no call modfy", "send franchiser modify"])
    send("top", "time").expect(2, err=["no method time", REPORT])
    send(*put, "{}", "--app", "dev_app_loca").expect(1, err="did you mean \"dev_app_local\"?")
    send(*put, "{}", "--demo", "--app", "nobody").expect(1, err="the demo has no app")
    send(*put, "@/nowhere/x").expect(1, err="cannot read /nowhere/x: No such file")
    send(*put, "@/").expect(1, err="cannot read /: Is a directory")
    send(*put, "{}", "{}").expect(2, err="is a second body")
    send(*put, "{}", "a=b").expect(2, err="beside a body")
    send(*put, "a=b", "{}").expect(2, err="is a second body")
    send(*put, "quantity:=two").expect(2, err="is no JSON")
    for secret in ("s\n", " s", "s\r\n"):
        send(*put, "{}", "--secret", secret).expect(2, err="a blank or a line feed")
    send(*put, "{}", "--secret", "s\ns").expect(2, err="a control character")
    send(*put, "{}", "--secret", "").expect(2, err="--secret is empty")
    for url in ("localhost:3000", "ftp://h", "http://", "http://h:99999", "http://h h", "http://u@h",
                "http://h?a=b", "http://h#a"):
        send(*put, "{}", "--url", url).expect(2, err=["--url takes http://", url])
    send(*put, "{}", "-H", "nonsense").expect(2, err="-H takes")
    send(*put, "{}", "-H", "A: b\nC: d").expect(2, err="-H takes")
    send(*put, "{}", "-H").expect(2, err="--header needs a value")
    send(*put, "{}", "--idempotency-key", "").expect(2, err="--idempotency-key takes one line")
    send(*put, "{}", "--timeout", "0").expect(2, err="--timeout takes a number")
    send(*put, "{}", "--at", "x").expect(2, err="--at takes a number")
    send(*put, "{}", "--credentials", "/nowhere").expect(1, err="cannot read /nowhere")
    path = os.path.join(tempfile.mkdtemp(dir=cli.base), "x.json")
    for text, said in (("[]", "it has no \"app\""), ("{", "line 1"),
                       ('{"app":"x","intents":{"appId":"x","appSecret":"s\\n"}}', "line feed"),
                       ('{"app":"x"}', "has no credential for intents")):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        done = send(*put, "{}", "--credentials", path)
        check(done.code in (1, 2) and said in done.err, f"{text}: {done.err}")
    with open(path, "w", encoding="utf-8") as f:
        f.write("x" * 5 * 1024 * 1024)
    send(*put, "@" + path).expect(1, err="is larger than")
    data = fresh()
    on(data, "send", *put, "{}").expect(1, err=["no data directory", "--demo takes"])
    os.makedirs(data, 0o700)
    on(data, "send", *put, "{}").expect(1, err="--demo takes")
    on(data, "sign").expect(2, err="something is missing")


def help_tells_all():
    for language, words in (("C", ["exit code", "--idempotency-key", "@FILE", "examples:"]),
                            ("zh_CN.UTF-8", ["退出码", "--show", "待签名串", "示例"])):
        told = run("help", "send", env={"LANG": language}).expect(0, words).out
        options = ("--app", "--demo", "--credentials", "--secret", "--url", "--at", "--show",
                   "--pretty", "--if-match", "--header", "--timeout", "--franchiser-sign", "--data")
        check(all(f"  {option}" in told for option in options), told)
    run("sign", "--help").expect(0, ["--explain [FILE]", "--curl"])
    run("send", "intents", "GET", "/intents", "--demo", "--url", "http://127.0.0.1:1",
        env={"LANG": "zh_CN.UTF-8"}).expect(4, err="无法连接")


CASES = [known_changes, bodies_of_every_kind, refusals_have_their_code,
         credentials_from_everywhere, show_masks_the_secret, headers_go_along,
         demo_tells_what_it_signed, nobody_else_does, sign_takes_the_same_words,
         json_is_pretty_for_people, silence_has_its_code, wrong_words_are_told, help_tells_all]


def main():
    global demo
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--only", help="a part of the cases' names")
    options = parser.parse_args()
    cli.procured = os.path.abspath(options.procured)
    cli.base = tempfile.mkdtemp(prefix="procured-send-")
    demo = Server(cli.procured, fresh(), "--demo")
    cases = Cases()
    for case in CASES:
        if not options.only or options.only in case.__name__:
            cases.run(case.__name__, case)
    demo.stop()
    shutil.rmtree(cli.base, ignore_errors=True)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
