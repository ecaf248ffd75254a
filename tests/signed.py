# SPDX-License-Identifier: Apache-2.0
"""Signed requests of all four dialects, and what their answers mean to a client
that repeats the same bytes until it knows what came of them.

Written from the dialects' documents, not from the server's code.
"""

import hashlib
import hmac
import http.client
import itertools
import json
import socket
import time
import urllib.parse

WANGDIAN_EPOCH = 1325347200
MADE = itertools.count(2)

DONE, REFUSED, UNSURE, WRONG = "done", "refused", "unsure", "wrong"


def unique():
    """A number that no other request of this run has."""
    return next(MADE)


class Answer:
    def __init__(self, verdict, status, headers, body):
        self.verdict, self.status, self.headers, self.body = verdict, status, headers, body

    def __str__(self):
        return f"{self.verdict}: {self.status} {self.body}"


class Request:
    """The bytes of one request; sent again they are the same ones."""

    def __init__(self, dialect, method, path, headers, body):
        self.dialect, self.method, self.path = dialect, method, path
        self.headers, self.body = headers, body

    def send(self, port, timeout=90):
        """The answer; OSError where there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.request(self.method, self.path, body=self.body, headers=self.headers)
            response = connection.getresponse()
            text = response.read()
        except http.client.HTTPException as fault:
            raise OSError(f"no whole answer: {fault!r}") from fault
        finally:
            connection.close()
        body = json.loads(text) if text else None
        verdict = VERDICTS[self.dialect](response.status, response.headers, body)
        return Answer(verdict, response.status, response.headers, body)


# --- what an answer means ----------------------------------------------------

def judge_intents(status, headers, body):
    if status == 200 and body["code"] == 0:
        items = (body["data"] or {}).get("items", [])
        return DONE if all(item.get("code", 0) == 0 for item in items) else WRONG
    if status == 503 and body["code"] == 50301:
        return REFUSED if int(headers.get("Retry-After", 0)) > 0 else WRONG
    return UNSURE if status == 500 and body["code"] == 50001 else WRONG


def judge_wangdian(status, _, body):
    if status != 200:
        return WRONG
    if body["status"] == 0:
        return DONE
    if body["status"] == 4:
        return REFUSED
    return UNSURE if "处理结果未知" in body["message"] else WRONG


def judge_franchiser(status, _, body):
    if status != 200:
        return WRONG
    return {0: DONE, -1: REFUSED, -2: UNSURE}.get(body["statusCode"], WRONG)


def judge_top(status, _, body):
    if status != 200:
        return WRONG
    if "error_response" in body:
        return REFUSED if body["error_response"]["code"] == 10 else WRONG
    answer = next(iter(body.values()))
    if answer["call_success"]:
        return DONE
    return UNSURE if answer["call_error_code"] == "1001" else WRONG


VERDICTS = {"intents": judge_intents, "wangdian": judge_wangdian,
            "franchiser": judge_franchiser, "top": judge_top}


# --- requests ----------------------------------------------------------------

class App:
    """The credentials that `procured app create --json` printed."""

    def __init__(self, made):
        self.made = made

    def intents(self, method, path, body=None, headers=None):
        raw = b"" if body is None else json.dumps(
            body, ensure_ascii=False, separators=(",", ":")).encode()
        keys, at = self.made["intents"], str(int(time.time() * 1000))
        text = method.encode() + path.encode() + at.encode() + raw
        sign = hmac.new(keys["appSecret"].encode(), text, hashlib.sha256).hexdigest()
        send = {"X-App-Id": keys["appId"], "X-Timestamp": at, "X-Signature": sign}
        if body is not None:
            send["Content-Type"] = "application/json"
        send.update(headers or {})
        return Request("intents", method, path, send, raw or None)

    def create(self, **fields):
        intent = {"userId": "user_001", "platform": "TAOBAO",
                  "productUrl": "https://item.taobao.com/item.htm?id=123456",
                  "title": "Apple iPhone 15 Pro 256GB", "price": 8999, "quantity": 1,
                  "recipientName": "张三", "address": "北京市朝阳区望京SOHO T1 1001",
                  "phone": "13800138000", "remarks": f"made {unique()}"}
        intent.update(fields)
        return self.intents("POST", "/api/v1/intents", intent)

    def change(self, order, body, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.intents("PUT", f"/api/v1/intents/{order}", body, named)

    def batch(self, items):
        return self.intents("POST", "/api/v1/intents/batch", {"items": items})

    def wangdian(self, method, arguments):
        keys = self.made["wangdian"]
        secret, salt = keys["appSecret"].split(":", 1)
        body = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
        query = {"sid": keys["sid"], "key": keys["key"], "salt": salt, "method": method,
                 "timestamp": str(int(time.time()) - WANGDIAN_EPOCH), "v": "1.0"}
        signed = {**query, "body": body}
        text = secret + "".join(k + signed[k] for k in sorted(signed)) + secret
        query["sign"] = hashlib.md5(text.encode()).hexdigest()
        return Request("wangdian", "POST", "/openapi?" + urllib.parse.urlencode(query),
                       {"Content-Type": "application/json"}, body.encode())

    def franchiser(self, call, data):
        keys = self.made["franchiser"]
        fields = {"appid": keys["appid"], "timestamp": str(int(time.time() * 1000)),
                  "request_data": json.dumps(data, ensure_ascii=False)}
        text = "".join(k + fields[k] for k in sorted(fields))
        sign = hashlib.md5((keys["secret"] + text + keys["secret"]).encode())
        fields["sign"] = sign.hexdigest()
        return Request("franchiser", "POST", f"/franchiser/api/{call}",
                       {"Content-Type": "application/x-www-form-urlencoded"},
                       urllib.parse.urlencode(fields).encode())

    def top(self, method, **arguments):
        keys = self.made["top"]
        china = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600))
        fields = {"app_key": keys["appKey"], "session": keys["session"], "method": method,
                  "format": "json", "v": "2.0", "timestamp": china, "sign_method": "md5",
                  **{k: str(v) for k, v in arguments.items()}}
        text = "".join(k + fields[k] for k in sorted(fields))
        sign = hashlib.md5((keys["appSecret"] + text + keys["appSecret"]).encode())
        fields["sign"] = sign.hexdigest().upper()
        return Request("top", "POST", "/router/rest",
                       {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
                       urllib.parse.urlencode(fields).encode())
