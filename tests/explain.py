#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes requests that are signed wrongly in one way each, with hashlib alone,
and wants `procured sign --explain` to name the mistake.

    tests/explain.py --procured build/procured
"""
import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Cases, check  # noqa: E402

AT_MS = 1772017200000
AT_S = AT_MS // 1000
EPOCH_2012 = 1325347200
CREDENTIALS = {
    "app": "mine",
    "intents": {"appId": "mine", "appSecret": "00112233445566778899aabbccddeeff"},
    "wangdian": {"sid": "sid1", "key": "wdt1", "appSecret": "wdt_secret_1:wdt_salt_1"},
    "franchiser": {"appid": "em1", "secret": "em_secret_number_1"},
    "top": {"appKey": "12345678", "appSecret": "top_secret_number_1", "session": "s1"},
}
SECRETS = {"intents": CREDENTIALS["intents"]["appSecret"], "wangdian": "wdt_secret_1",
           "franchiser": "em_secret_number_1", "top": "top_secret_number_1"}

procured = None
base = None


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def md5(text):
    return hashlib.md5(raw(text)).hexdigest()


def hmac_of(secret, text, kind=hashlib.sha256):
    return hmac.new(raw(secret), raw(text), kind).hexdigest()


def china(at_ms, hours=8):
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    return datetime.datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def explain(request, code, *said, flags=(), env=None, credentials=CREDENTIALS):
    """What it prints of a request; `said` is in it."""
    path = os.path.join(base, "credentials.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(credentials, f)
    clean = {k: v for k, v in os.environ.items()
             if not k.startswith(("PROCURED_", "LC_", "LANG"))}
    done = subprocess.run([procured, "sign", "--explain", "--credentials", path,
                           "--at", str(AT_MS), *flags], input=raw(request),
                          capture_output=True, timeout=60, env={**clean, **(env or {})})
    out = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    for part in said:
        check(part in out, f"\"{part}\" is not said of\n{raw(request).decode(errors='replace')}\n{out}")
    check(done.returncode == code, f"exit code {done.returncode}, wanted {code}:\n{out}")
    # A short secret is a word that a text may have by chance; these are not.
    for secret in SECRETS.values():
        check(secret not in out, f"a secret is told:\n{out}")
    return out


# --- the dialects, from their documents --------------------------------------------

def http(method, target, headers, body):
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    return (f"{method} {target} HTTP/1.1\r\nHost: erp.example:3000\r\n{head}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def intents(text=None, sign=None, method="PUT", target="/api/v1/intents/intent_67890",
            body=b'{"quantity":2}', at=str(AT_MS), secret=SECRETS["intents"]):
    """A request that signs `text`, or what it should."""
    body = raw(body)
    if text is None:
        text = (method + target + at).encode() + body
    sign = sign or hmac_of(secret, text)
    return http(method, target, {"X-App-Id": "mine", "X-Timestamp": at, "X-Signature": sign,
                                 "Content-Type": "application/json"}, body)


def joined(pairs, names=True, is_="", and_=""):
    return raw(and_).join((raw(k) + raw(is_) if names else b"") + raw(v) for k, v in pairs)


def sandwich(secret, pairs, front=True, end=True, **how):
    return (raw(secret) if front else b"") + joined(pairs, **how) + (raw(secret) if end else b"")


def wangdian_pairs(body=b'[{"purchase_no":"CG1","flag_name":"aa"}]', at=None, more=(), **changed):
    query = {"sid": "sid1", "key": "wdt1", "salt": "wdt_salt_1", "v": "1.0",
             "method": "purchase.PurchaseOrder.updatePurchaseInfo",
             "timestamp": at or str(AT_S - EPOCH_2012), **dict(more), **changed}
    return query, raw(body)


def wangdian(make=None, sign=None, secret=SECRETS["wangdian"], **changed):
    """make(sorted pairs) -> the text that is signed."""
    query, body = wangdian_pairs(**changed)
    pairs = sorted([*query.items(), ("body", body)], key=lambda p: raw(p[0]))
    text = make(pairs) if make else sandwich(secret, pairs)
    query["sign"] = sign(text) if sign else md5(text)
    return http("POST", "/openapi?" + urllib.parse.urlencode(query),
                {"Content-Type": "application/json"}, body)


def franchiser(make=None, sign=None, data='{"tradeno":"DD1","remark":"a b"}', at=str(AT_S),
               secret=SECRETS["franchiser"], **more):
    form = {"appid": "em1", "timestamp": at, "request_data": data, **more}
    pairs = sorted(form.items())
    text = make(pairs) if make else sandwich(secret, pairs)
    form["sign"] = sign(text) if sign else md5(text)
    return http("POST", "/franchiser/api/trade/modify",
                {"Content-Type": "application/x-www-form-urlencoded"},
                urllib.parse.urlencode(form).encode())


def top(make=None, sign=None, secret=SECRETS["top"], **changed):
    form = {"method": "taobao.itemmarket.order.info.update", "app_key": "12345678",
            "timestamp": china(AT_MS), "format": "json", "v": "2.0", "session": "s1",
            "vendor_order_id": "1 2", "event": "VENDOR_PAID", "purchase_order_id": "7", **changed}
    pairs = sorted(form.items())
    text = make(pairs) if make else sandwich(secret, pairs)
    form["sign"] = sign(text) if sign else md5(text).upper()
    return http("POST", "/router/rest", {"Content-Type": "application/x-www-form-urlencoded"},
                urllib.parse.urlencode(form).encode())


def without(*names):
    return lambda pairs: [p for p in pairs if p[0] not in names]


def values(change):
    return lambda pairs: [(k, change(v if isinstance(v, str) else v.decode())) for k, v in pairs]


# --- the mistakes --------------------------------------------------------------------

PUT = "PUT/api/v1/intents/intent_67890"
ALL = {"wangdian": wangdian, "franchiser": franchiser, "top": top}
CN_BODY = '[{"purchase_no":"采1","flag_name":"a/b"}]'
CN_DATA = '{"tradeno":"DD/1","remark":"红 色"}'


def of_pairs(name, change, dialects=ALL, **more):
    """The same mistake in each dialect that signs pairs."""
    return [(name, make(make=lambda pairs, d=d: change(SECRETS[d], pairs), **more))
            for d, make in ALL.items() if d in dialects]


def spelled(name, **how):
    """JSON that was written again for the request, or for the signature."""
    body = '{"b":"a/b 红","a":1}'
    if name == "json-order":
        signed = json.dumps(dict(sorted(json.loads(body).items())), ensure_ascii=False,
                            separators=(",", ":"))
    elif name == "json-slashes":
        signed = body.replace("/", "\\/")
    else:
        signed = json.dumps(json.loads(body), **how)
    found = [(name, intents(text=PUT + str(AT_MS) + signed, body=body))]
    found.append((name, wangdian(body="[" + body + "]", make=lambda p: sandwich(
        SECRETS["wangdian"], sorted([*without("body")(p), ("body", json.dumps(
            [json.loads(body)], **how) if how else "[" + signed + "]")])))))
    found.append((name, franchiser(data=body, make=lambda p: sandwich(
        SECRETS["franchiser"], sorted([*without("request_data")(p), ("request_data", signed)])))))
    found.append((name, top(sku_info=body, make=lambda p: sandwich(
        SECRETS["top"], sorted([*without("sku_info")(p), ("sku_info", signed)])))))
    return found


def mistakes():
    s = SECRETS["intents"]
    at = str(AT_MS)
    body = '{"quantity":2}'
    query = "/api/v1/intents?userId=%E5%BC%A0"
    yield "body-left-out", intents(text=PUT + at)
    yield from of_pairs("body-left-out", lambda k, p: sandwich(
        k, without("body", "request_data")(p)), ("wangdian", "franchiser"))
    yield "body-of-nothing", intents(text=PUT + at + "{}", body=b"")
    yield "body-of-nothing", intents(text="GET/api/v1/intents" + at + "null", body=b"",
                                     method="GET", target="/api/v1/intents")
    yield "body-newline", intents(text=PUT + at + body + "\n")
    yield "body-newline", intents(text=PUT + at + body, body=body + "\r\n")
    yield "body-hashed", intents(text=PUT + at + hashlib.sha256(body.encode()).hexdigest())
    yield "body-hashed", intents(text=PUT + at + md5(body).upper())
    yield from spelled("json-blanks", ensure_ascii=False)
    yield from spelled("json-blanks", ensure_ascii=False, indent=4)
    yield from spelled("json-unicode", separators=(",", ":"))
    yield from spelled("json-slashes")
    yield from spelled("json-order")
    yield "json-unicode", intents(text=PUT + at + '{"remarks":"a\\u003db"}',
                                  body='{"remarks":"a=b"}')
    yield "json-unicode", intents(text=PUT + at + '{"remarks":"红"}',
                                  body='{"remarks":"\\u7ea2"}')
    yield "charset", intents(text=(PUT + at + '{"remarks":"红"}').encode("gbk"),
                             body='{"remarks":"红"}')
    yield "charset", intents(text=PUT + at + '{"remarks":"红"}',
                             body='{"remarks":"红"}'.encode("gbk"))
    yield "charset", top(vendor_order_id="红", make=lambda p: sandwich(
        SECRETS["top"], [(k, v.encode("gbk")) for k, v in p]))
    yield "charset", wangdian(body=CN_BODY, make=lambda p: sandwich(
        SECRETS["wangdian"], [(k, raw(v).decode().encode("gbk")) for k, v in p]))
    yield "charset", franchiser(data=CN_DATA, make=lambda p: sandwich(
        SECRETS["franchiser"], [(k, v.replace("红", "?").replace("色", "?")) for k, v in p]))
    yield "url-encoding", intents(text="GET/api/v1/intents?userId=张" + at, method="GET",
                                  target=query, body=b"")
    yield "url-encoding", top(make=lambda p: sandwich(
        SECRETS["top"], values(urllib.parse.quote_plus)(p)))
    yield "url-encoding", top(make=lambda p: sandwich(
        SECRETS["top"], values(lambda v: urllib.parse.quote(v, safe=""))(p)))
    yield "url-encoding", franchiser(make=lambda p: sandwich(
        SECRETS["franchiser"], values(urllib.parse.quote_plus)(p)))
    yield "url-encoding", wangdian(more=[("x", "a b")], make=lambda p: sandwich(
        SECRETS["wangdian"], [(k, v if k == "body" else urllib.parse.quote_plus(v))
                              for k, v in p]))
    yield "query-left-out", intents(text="GET/api/v1/intents" + at, method="GET",
                                    target=query, body=b"")
    yield "path-prefix", intents(text="PUT/intents/intent_67890" + at + body)
    for scheme in ("http://", "https://", ""):
        yield "path-host", intents(
            text=f"PUT{scheme}erp.example:3000/api/v1/intents/intent_67890{at}{body}")
    yield "path-slash", intents(text=PUT + "/" + at + body)
    yield "path-slash", intents(text="PUTapi/v1/intents/intent_67890" + at + body)
    yield "method-case", intents(text="put/api/v1/intents/intent_67890" + at + body)
    yield "time-unit-signed", intents(text=PUT + str(AT_S) + body)
    yield "time-unit-signed", wangdian(make=lambda p: sandwich(
        SECRETS["wangdian"], [(k, str(AT_S) if k == "timestamp" else v) for k, v in p]))
    yield "time-unit-signed", franchiser(make=lambda p: sandwich(
        SECRETS["franchiser"], [(k, at if k == "timestamp" else v) for k, v in p]))
    yield "time-unit-signed", top(make=lambda p: sandwich(
        SECRETS["top"], [(k, at if k == "timestamp" else v) for k, v in p]))
    yield "time-zone-signed", top(make=lambda p: sandwich(
        SECRETS["top"], [(k, china(AT_MS, 0) if k == "timestamp" else v) for k, v in p]))
    yield "time-zone-signed", franchiser(make=lambda p: sandwich(
        SECRETS["franchiser"], [(k, str(AT_S + 28800) if k == "timestamp" else v) for k, v in p]))
    yield "time-twice", top(make=lambda p: sandwich(
        SECRETS["top"], [(k, china(AT_MS - 2000) if k == "timestamp" else v) for k, v in p]))
    yield "time-twice", wangdian(make=lambda p: sandwich(
        SECRETS["wangdian"], [(k, str(int(v) + 1) if k == "timestamp" else v) for k, v in p]))
    yield "salt-left-out", wangdian(make=lambda p: sandwich(
        SECRETS["wangdian"], without("salt")(p)))
    yield from of_pairs("sign-included", lambda k, p: sandwich(k, sorted(
        [*[(n, raw(v)) for n, v in p], ("sign", b"")])))
    for d, more in (("wangdian", {"more": [("page_no", "")]}), ("franchiser", {"token": ""})):
        yield "empty-values", ALL[d](make=lambda p, d=d: sandwich(
            SECRETS[d], [x for x in p if x[1] != ""]), **more)
    yield "field-left-out", intents(text=PUT + body)
    yield from of_pairs("field-left-out", lambda k, p: sandwich(k, without("method", "appid")(p)))
    yield "order", intents(text=at + PUT + body)
    yield "order", intents(text=PUT + body + at)
    yield from of_pairs("order", lambda k, p: sandwich(k, list(reversed(p))))
    yield "order", wangdian(make=lambda p: sandwich(
        SECRETS["wangdian"], [*without("body")(p), *[x for x in p if x[0] == "body"]]))
    yield "order", wangdian(more=[("Zone", "x")], make=lambda p: sandwich(
        SECRETS["wangdian"], sorted(p, key=lambda x: x[0].lower())))
    yield "order", top(make=lambda p: sandwich(SECRETS["top"], [
        (n, dict(p)[n]) for n in ("method", "app_key", "timestamp", "format", "v", "session",
                                  "vendor_order_id", "event", "purchase_order_id")]))
    yield from of_pairs("names-left-out", lambda k, p: sandwich(k, p, names=False))
    yield from of_pairs("separators", lambda k, p: sandwich(k, p, is_="=", and_="&"))
    yield "separators", intents(text="\n".join(["PUT", PUT[3:], at, body]))
    yield from of_pairs("secret-front-missing", lambda k, p: sandwich(k, p, front=False))
    yield from of_pairs("secret-end-missing", lambda k, p: sandwich(k, p, end=False))
    yield from of_pairs("secret-missing", lambda k, p: joined(p))
    for end in ("\n", "\r\n", " "):
        yield "secret-blank", intents(secret=s + end)
        yield from of_pairs("secret-blank", lambda k, p, end=end: sandwich(k + end, p))
    yield "secret-blank", intents(secret='"' + s + '"')
    yield "secret-whole", wangdian(secret="wdt_secret_1:wdt_salt_1")
    yield "secret-whole", wangdian(secret="wdt_salt_1")
    yield "secret-decoded", intents(secret=bytes.fromhex(s))
    yield "secret-of-another", intents(secret=SECRETS["top"])
    yield "secret-of-another", top(secret=SECRETS["franchiser"])
    yield "secret-of-another", franchiser(secret="wdt_secret_1:wdt_salt_1")
    yield "secret-of-another", wangdian(secret=s)
    yield "hash", intents(sign=md5(PUT + at + body + s))
    yield "hash", intents(sign=hashlib.sha256((PUT + at + body + s).encode()).hexdigest())
    yield "hash", intents(sign=hmac_of(s, PUT + at + body, hashlib.md5))
    yield "hash", top(sign_method="hmac-sha256")
    yield "hash", top(sign_method="md5", make=joined,
                      sign=lambda text: hmac_of(SECRETS["top"], text, hashlib.md5))
    for d, make in ALL.items():
        yield "hash", make(make=joined, sign=lambda text, d=d: hmac_of(SECRETS[d], text))
    yield "base64", intents(sign=base64.b64encode(hmac.new(
        s.encode(), (PUT + at + body).encode(), hashlib.sha256).digest()).decode())
    yield "base64", intents(sign=base64.urlsafe_b64encode(hmac_of(
        s, PUT + at + body).encode()).decode())
    for make in ALL.values():
        yield "base64", make(sign=lambda text: base64.b64encode(
            hashlib.md5(text).digest()).decode())
        yield "half", make(sign=lambda text: md5(text)[8:24])


NAMES = ("body-left-out", "body-of-nothing", "body-newline", "body-hashed", "json-blanks",
         "json-order", "json-slashes", "json-unicode", "charset", "url-encoding",
         "query-left-out", "path-prefix", "path-host", "path-slash", "method-case",
         "time-unit-signed", "time-zone-signed", "time-twice", "salt-left-out", "sign-included",
         "empty-values", "field-left-out", "order", "names-left-out", "separators",
         "secret-front-missing", "secret-end-missing", "secret-missing", "secret-blank",
         "secret-whole", "secret-decoded", "secret-of-another", "hash", "base64", "half")


def named(name):
    """A case: every request made with this mistake is told by its name, alone."""
    def case():
        made = [request for n, request in mistakes() if n == name]
        check(made, f"no request has the mistake {name}")
        for request in made:
            out = explain(request, 3, "does not hold", f"[{name}] ", "server signs")
            check(out.count("  [") == 1, f"more than {name} is told:\n{out}")
    case.__name__ = "names_" + name.replace("-", "_")
    return case


# --- all the rest --------------------------------------------------------------------

def good_requests_hold():
    for request in (intents(), intents(body=b""), wangdian(), franchiser(), top(),
                    top(make=lambda p: sandwich(SECRETS["top"], [x for x in p if x[1]]),
                        partner_id=""),
                    top(sign_method="hmac", make=joined,
                        sign=lambda t: hmac_of(SECRETS["top"], t, hashlib.md5).upper())):
        out = explain(request, 0, "the signature holds", "***" if b"appid" in request else "")
        check("  [" not in out, out)


def the_other_case_is_remarked():
    for request in (intents(sign=hmac_of(SECRETS["intents"], PUT + str(AT_MS)
                                         + '{"quantity":2}').upper()),
                    wangdian(sign=lambda t: md5(t).upper()), franchiser(
                        sign=lambda t: md5(t).upper()), top(sign=md5)):
        explain(request, 0, "the signature holds", "[hex-case]")


def ways_of_franchiser():
    secret = SECRETS["franchiser"]
    kv = lambda p: joined(p, is_="=", and_="&")  # noqa: E731
    for way, request in (
            ("md5-kv-amp-key-upper", franchiser(
                make=lambda p: kv(p) + f"&key={secret}".encode(),
                sign=lambda t: md5(t).upper())),
            ("hmac-sha256-kv-amp", franchiser(make=kv, sign=lambda t: hmac_of(secret, t)))):
        explain(request, 0, "the signature holds", flags=["--franchiser-sign", way])
        explain(request, 3, "does not hold", "[hash]" if "hmac" in way else "[")


def two_mistakes_are_found():
    at = str(AT_MS)
    body = '{"remarks":"红","quantity":2}'
    explain(intents(text=PUT + at + json.dumps(json.loads(body)), body=body), 3,
            "[json-blanks]", "[json-unicode]")
    explain(intents(text=PUT[:3] + PUT[10:] + at + body, secret=SECRETS["intents"] + "\n",
                    body=body), 3, "[path-prefix]", "[secret-blank]")
    explain(wangdian(make=lambda p: sandwich(SECRETS["wangdian"], without("salt")(p), end=False)),
            3, "[salt-left-out]", "[secret-end-missing]")


def nothing_fits():
    for request in (intents(sign="0" * 64), wangdian(sign=lambda t: "0" * 32),
                    franchiser(sign=lambda t: "zz"), top(sign=lambda t: "0" * 32)):
        out = explain(request, 3, "no usual mistake", "server signs    ", "server expects  ")
        check("  [" not in out, out)
    explain(intents(sign="0" * 64), 3,
            f"server signs    {PUT}{AT_MS}" + '{"quantity":2}\n')
    out = explain(wangdian(sign=lambda t: "0" * 32), 3, "server signs    ***body[{", "v1.0***\n")
    check(len(out.splitlines()) < 12, out)
    # A text too long for pairs of mistakes is still tried with single ones.
    long = '{"remarks":"' + 200000 * "a" + '"}'
    explain(intents(body=long, text=PUT + str(AT_MS)), 3, "[body-left-out]")
    explain(intents(body=long, sign="0" * 64), 3, "no usual mistake")


def times_are_told():
    for name, request in (
            ("time-in-seconds", intents(at=str(AT_S))),
            ("time-missing", intents(at="")),
            ("time-form", intents(at="2026-02-25T11:00:00Z")),
            ("time-zone", intents(at=str(AT_MS - 8 * 3600 * 1000))),
            ("time-old", intents(at=str(AT_MS - 301000))),
            ("time-ahead", intents(at=str(AT_MS + 301000))),
            ("time-since-1970", wangdian(at=str(AT_S))),
            ("time-since-1970", wangdian(at=str(AT_MS))),
            ("time-in-milliseconds", wangdian(at=str((AT_S - EPOCH_2012) * 1000))),
            ("time-old", wangdian(at=str(AT_S - EPOCH_2012 - 121))),
            ("time-old", franchiser(at=str(AT_S - 601))),
            ("time-form", franchiser(at="now")),
            ("time-zone", top(timestamp=china(AT_MS, 0))),
            ("time-form", top(timestamp="2026-02-25T19:00:00")),
            ("time-ahead", top(timestamp=china(AT_MS + 601000)))):
        out = explain(request, 3, "the signature holds", f"[{name}] ")
        check(out.count("  [") == 1, out)
    explain(intents(at=str(AT_MS - 300000)), 0, "the signature holds")


def objections_are_told():
    explain(wangdian(salt="other"), 3, "the signature holds", "[salt-differs]")
    explain(wangdian(more=[("body", "x")]), 3, "[name-twice]")
    explain(top(sign_method="sha1"), 3, "[sign-method-unknown]")
    explain(http("PUT", "/api/v1/intents/intent_67890", {"X-App-Id": "mine"}, b""), 3,
            "there is no signature", "[time-missing]")


def requests_in_other_clothes():
    request = intents().decode()
    head, body = request.split("\r\n\r\n")
    marked = "".join(f"> {line}\n" for line in head.splitlines() if "Length" not in line)
    explain(marked + ">\n" + body + "\n", 0, "the signature holds")
    explain("\n\n" + request.replace("\r\n", "\n"), 0, "the signature holds")
    fields = dict(line.split(": ") for line in head.splitlines()[1:])
    headers = " ".join(f"-H '{k}: {v}'" for k, v in fields.items()
                       if k not in ("Content-Length", "Host"))
    url = "http://erp.example:3000/api/v1/intents/intent_67890"
    explain(f"curl -sS -XPUT \\\n {headers} {url} \\\n --data-raw '{body}' | jq .", 0,
            "the signature holds")
    explain(f"curl --request PUT {headers} --json $'{{\"quantity\":2}}' --url {url}#x", 0,
            "the signature holds")
    form = franchiser().split(b"\r\n\r\n")[1].decode()
    explain(f"curl http://h/franchiser/api/trade/modify -d '{form}'", 0, "the signature holds")
    pairs = urllib.parse.parse_qsl(form)
    words = " ".join(f"--data-urlencode '{k}={v}'" for k, v in pairs)
    explain(f"$ curl http://h/franchiser/api/trade/modify {words}", 0, "the signature holds")
    form = top().split(b"\r\n\r\n")[1].decode()
    explain(f"curl -sG \"http://h/router/rest?\" -d '{form}'", 0, "the signature holds")


def what_is_no_request_is_told():
    for request, said in (("", "it is empty"), ("hello", "METHOD TARGET"),
                          ("GET /api/v1/intents HTTP/1.1\nnonsense\n\n", "line 2 is no header"),
                          ("GET /elsewhere HTTP/1.1\n\n", "no dialect has the path"),
                          ("GET /api/v1/intents HTTP/1.1\n\n", "names no app"),
                          ("curl -F a=b http://h/router/rest", "-F is not understood"),
                          ("curl -d @file http://h/router/rest", "-d is not understood"),
                          ("curl -s", "no URL")):
        explain(request, 1, said)
    path = os.path.join(base, "request.txt")
    with open(path, "wb") as f:
        f.write(intents())
    explain("", 0, "the signature holds", flags=[path])
    explain("", 1, "cannot read /nowhere/r", flags=["/nowhere/r"])
    explain("", 2, "one file", flags=[path, path])
    explain(intents(), 2, "--franchiser-sign", flags=["--franchiser-sign", "x"])


def it_speaks_chinese():
    explain(intents(text=PUT + str(AT_MS)), 3, "签名不正确", "[body-left-out] 待签名串缺少请求体",
            env={"LANG": "zh_CN.UTF-8"})
    explain(intents(at=str(AT_S)), 3, "时间戳单位是秒", env={"LANG": "zh_CN.UTF-8"})


CASES = [named(name) for name in NAMES] + [
    good_requests_hold, the_other_case_is_remarked, ways_of_franchiser, two_mistakes_are_found,
    nothing_fits, times_are_told, objections_are_told, requests_in_other_clothes,
    what_is_no_request_is_told, it_speaks_chinese]


def main():
    global procured, base
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--only", help="a part of the cases' names")
    options = parser.parse_args()
    procured = os.path.abspath(options.procured)
    base = tempfile.mkdtemp(prefix="procured-explain-")
    cases = Cases()
    for case in CASES:
        if not options.only or options.only in case.__name__:
            cases.run(case.__name__, case)
    shutil.rmtree(base, ignore_errors=True)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
