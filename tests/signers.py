# SPDX-License-Identifier: Apache-2.0
"""Clients of all four dialects for the tests, signing as the documents say and
sharing nothing with the program. Each call answers with an Answer."""

import datetime
import hashlib
import hmac
import http.client
import itertools
import json
import time
import urllib.parse

CHINA = datetime.timezone(datetime.timedelta(hours=8))
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Answer:
    """An HTTP status and the decoded body; `code` is the dialect's own, 0 for a
    success."""

    def __init__(self, status, body, code, headers):
        self.status, self.body, self.code, self.headers = status, body, code, headers

    def __str__(self):
        return f"HTTP {self.status} {json.dumps(self.body, ensure_ascii=False)[:300]}"


class Clock:
    """Milliseconds that never come twice: the same signed bytes are one request."""

    def __init__(self):
        self.last = 0

    def now_ms(self):
        self.last = max(self.last + 1, int(time.time() * 1000))
        return self.last


class Client:
    """One connection; the server may end it after a refusal."""

    clock = Clock()
    numbers = itertools.count(1)

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def exchange(self, method, target, body, headers):
        try:
            self.connection.request(method, target, body, headers)
            response = self.connection.getresponse()
        except (http.client.BadStatusLine, ConnectionError):
            self.connection.close()
            self.connection.request(method, target, body, headers)
            response = self.connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw), response.headers


def dumps(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Intents(Client):
    app, secret = "dev_app_local", "dev_secret_local_do_not_use_in_production"

    def call(self, method, target, body=None, headers=None):
        raw = b"" if body is None else dumps(body)
        at = str(self.clock.now_ms())
        text = method.encode() + target.encode() + at.encode() + raw
        signed = {"X-App-Id": self.app, "X-Timestamp": at,
                  "X-Signature": hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest(),
                  **(JSON if body is not None else {}), **(headers or {})}
        status, answer, got = self.exchange(method, target, raw or None, signed)
        return Answer(status, answer, answer["code"], got)


class Wangdian(Client):
    sid, key, secret, salt = "wdtapi3", "dev_wdt_key", "dev_wdt_secret", "dev_wdt_salt"

    def call(self, method, body, query=None):
        """`query` beyond what is signed with; a value of None leaves one out.
        Seconds tell requests apart, so each carries a number, too."""
        fields = {"sid": self.sid, "key": self.key, "salt": self.salt, "v": "1.0",
                  "method": method, "timestamp": str(int(time.time()) - 1325347200),
                  "n": str(next(self.numbers)), **(query or {})}
        fields = {k: v for k, v in fields.items() if v is not None}
        raw = dumps(body)
        whole = {**{k: v.encode() for k, v in fields.items()}, "body": raw}
        text = b"".join(k.encode() + whole[k] for k in sorted(whole))
        secret = self.secret.encode()
        fields["sign"] = hashlib.md5(secret + text + secret).hexdigest()
        status, answer, got = self.exchange("POST", "/openapi?" + urllib.parse.urlencode(fields),
                                            raw, JSON)
        return Answer(status, answer, answer["status"], got)


class Franchiser(Client):
    app, secret = "dev_em_appid", "dev_em_secret"

    def call(self, path, data):
        fields = {"appid": self.app, "timestamp": str(self.clock.now_ms()),
                  "request_data": dumps(data)}
        whole = {k: v if isinstance(v, bytes) else v.encode() for k, v in fields.items()}
        text = b"".join(k.encode() + whole[k] for k in sorted(whole))
        secret = self.secret.encode()
        fields["sign"] = hashlib.md5(secret + text + secret).hexdigest()
        status, answer, got = self.exchange("POST", f"/franchiser/api/{path}",
                                            urllib.parse.urlencode(fields), FORM)
        return Answer(status, answer, answer["statusCode"], got)


class Top(Client):
    app, secret, session = "10000001", "dev_top_secret", "dev_top_session"

    def call(self, method, parameters):
        """Seconds tell requests apart, so each carries a number, too."""
        now = datetime.datetime.now(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        fields = {"app_key": self.app, "session": self.session, "v": "2.0", "format": "json",
                  "method": method, "timestamp": now, "partner_id": str(next(self.numbers)),
                  **parameters}
        text = "".join(k + fields[k] for k in sorted(fields))
        fields["sign"] = hashlib.md5((self.secret + text + self.secret).encode()) \
            .hexdigest().upper()
        status, answer, got = self.exchange("POST", "/router/rest",
                                            urllib.parse.urlencode(fields), FORM)
        root = next(iter(answer.values()))
        code = root["code"] if "error_response" in answer else root.get("call_error_code", 0)
        return Answer(status, answer, code, got)
